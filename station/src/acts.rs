//! What people did at the station, as statements with entries in the ledger: nobody can take one back unseen.
//!
//! The notes are kept here, the ledger has their hashes: what is shown to others names no order and no person.

use evidence::{
    finding::Code,
    key::SigningKey,
    ledger::EntryKind,
    note::Note,
    statement::{Act, ActKind, Statement},
    value::{Token, Value},
};

use crate::{
    catalogue::{Catalogue, CatalogueError},
    clock,
};

/// Why an act cannot be kept. What cannot be noted must not be done.
#[derive(Debug, thiserror::Error)]
pub enum ActError {
    /// The catalogue's.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    /// It breaks the grammar of its statement.
    #[error("this act cannot be stated")]
    Grammar,
}

impl From<Code> for ActError {
    fn from(_: Code) -> Self {
        Self::Grammar
    }
}

/// Notes what somebody did, to an account, order or clip: it is on disk when this returns, and in the ledger with what the
/// station publishes next.
///
/// # Errors
/// See [`ActError`].
pub fn note(
    (catalogue, key): (&Catalogue, &SigningKey),
    who: Option<&Token>,
    kind: ActKind,
    about: Option<&str>,
) -> Result<(), ActError> {
    let about = about.map(|about| Token::parse(about).ok_or(ActError::Grammar)).transpose()?;
    let station = key.verifier().signer().name.clone();
    let act = Act { station, time: clock::wall(), who: who.cloned(), kind, about };
    let (note, hash) = act.seal(key)?;
    Ok(catalogue.state(EntryKind::Act, &note, hash)?)
}

/// Acts, newest first: up to `most` of those before this place in the ledger, each with its place.
///
/// # Errors
/// The catalogue's; [`ActError::Grammar`] for a damaged note.
pub fn read(catalogue: &Catalogue, before: Option<u64>, most: usize) -> Result<Vec<(u64, Act)>, ActError> {
    let read = |(entry, note): (u64, Vec<u8>)| Ok((entry, Act::parse(&Note::parse(&note)?.text)?));
    catalogue.acts(before, most)?.into_iter().map(read).collect()
}
