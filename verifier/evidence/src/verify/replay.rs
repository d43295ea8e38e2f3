//! Reads a clip's statements again after its verification, each checked again: the file may have changed since.

use std::io;

use super::layout::{Layout, Next, Stop, Unit};
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

/// A statement that was read again.
pub(super) enum Read {
    Start(Box<Start>),
    Link(Link),
    End(End),
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
    let begin = layout.init()?.len() as u64;
    walk(&layout, begin, last, &mut |unit, note, _| {
        note.verify(key).map_err(Stop::from)?;
        give(&unit.note).map_err(ReplayError::Give)
    })?;
    Ok(())
}

/// Gives each statement from the place of START to the one with this hash, with the note that holds it: the place behind.
/// That one binds all before it; until it comes, none of them is known to be as it was verified.
pub(super) fn walk<S: ReadAt + ?Sized, E: From<ReplayError>>(
    layout: &Layout<'_, S>,
    begin: u64,
    last: Hash,
    give: &mut dyn FnMut(Unit, &Note, Read) -> Result<(), E>,
) -> Result<u64, E> {
    let mut at = begin;
    let mut before: Option<Hash> = None;
    while before != Some(last) {
        let changed = |stop: Stop| E::from(ReplayError::from(stop));
        let Next::Unit(unit) = layout.next(at).map_err(changed)? else { return Err(ReplayError::Changed.into()) };
        let note = Note::parse(&unit.note).map_err(|code| changed(code.into()))?;
        let read = match (unit.kind, &before) {
            (StatementBox::Start, None) => Start::parse(&note.text).map(|start| (None, Read::Start(Box::new(start)))),
            (StatementBox::Link, Some(_)) => {
                Link::parse(&note.text).map(|link| (Some(link.previous), Read::Link(link)))
            }
            (StatementBox::End, Some(_)) => End::parse(&note.text).map(|end| (Some(end.previous), Read::End(end))),
            _ => return Err(ReplayError::Changed.into()),
        };
        let (previous, read) = read.map_err(|code| changed(code.into()))?;
        if previous != before {
            return Err(ReplayError::Changed.into());
        }
        at = unit.end;
        before = Some(note.hash);
        give(unit, &note, read)?;
    }
    Ok(at)
}
