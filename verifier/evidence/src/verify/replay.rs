//! Hands out a clip's statements after its verification, each checked again: the file may have changed since.

use std::io;

use super::layout::{Layout, Next, Stop};
use crate::{
    bmff::StatementBox,
    key::VerifierKey,
    note::Note,
    source::ReadAt,
    statement::{End, Link, Start, Statement},
    value::Hash,
};

/// Why not all statements were handed out.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The clip cannot be read.
    #[error("cannot read")]
    Read(#[source] io::Error),
    /// The bytes are not those that were verified.
    #[error("changed while it was read")]
    Changed,
    /// Whoever takes the statements cannot.
    #[error("cannot write")]
    Give(#[source] io::Error),
}

impl From<Stop> for ReplayError {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Io(error) => Self::Read(error),
            Stop::Refused(_) | Stop::Elsewhere => Self::Changed,
        }
    }
}

/// Gives each note from START to the one with statement hash `last`, by this key only; both are those of a report.
///
/// # Errors
/// See [`ReplayError`]; what was given before it was signed by the key and hangs together.
pub fn replay<S: ReadAt + ?Sized>(
    source: &S,
    key: &VerifierKey,
    last: Hash,
    give: &mut dyn FnMut(&[u8]) -> io::Result<()>,
) -> Result<(), ReplayError> {
    let layout = Layout::new(source).map_err(ReplayError::Read)?;
    let mut at = layout.init()?.len() as u64;
    let mut before: Option<Note> = None;
    while before.as_ref().is_none_or(|note| note.hash != last) {
        let Next::Unit(unit) = layout.next(at)? else { return Err(ReplayError::Changed) };
        let note = Note::parse(&unit.note).map_err(Stop::from)?;
        note.verify(key).map_err(Stop::from)?;
        let previous = match (unit.kind, &before) {
            (StatementBox::Start, None) => Start::parse(&note.text).map(|_| None),
            (StatementBox::Link, Some(_)) => Link::parse(&note.text).map(|link| Some(link.previous)),
            (StatementBox::End, Some(_)) => End::parse(&note.text).map(|end| Some(end.previous)),
            _ => return Err(ReplayError::Changed),
        };
        if previous.map_err(Stop::from)? != before.map(|note| note.hash) {
            return Err(ReplayError::Changed);
        }
        give(&unit.note).map_err(ReplayError::Give)?;
        at = unit.end;
        before = Some(note);
    }
    Ok(())
}
