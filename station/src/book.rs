//! From the catalogue to the ledger: what the catalogue has for it is appended, in its order, and published by a
//! checkpoint.
//!
//! ```text
//! catalogue: START, END or tombstone with its entry, one transaction
//!     └► ledger: entries, checkpoint           START's before its first LINK
//!          └► catalogue: the ledger has so many
//! ```
//!
//! Benches share it: one that waits finds its entry published by the one before.

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use evidence::key::SigningKey;

use crate::{
    catalogue::{Catalogue, CatalogueError},
    ledger::{Ledger, LedgerFault, Newest, View},
};

/// Entries that are appended at once.
const BATCH: usize = 256;

/// Why the ledger cannot be extended.
#[derive(Debug, thiserror::Error)]
pub enum BookError {
    /// The ledger's.
    #[error(transparent)]
    Ledger(#[from] LedgerFault),
    /// The catalogue's.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    /// The catalogue was set back: the ledger knows more than it.
    #[error("the ledger has {ledger} entries, the catalogue knows of {catalogue}: the catalogue was set back")]
    SetBack {
        /// Entries that the newest checkpoint covers.
        ledger: u64,
        /// Entries that the catalogue has made.
        catalogue: u64,
    },
}

impl BookError {
    /// Whether the disk is full.
    pub fn is_full(&self) -> bool {
        match self {
            Self::Ledger(e) => e.is_full(),
            Self::Catalogue(e) => e.is_full(),
            Self::SetBack { .. } => false,
        }
    }

    /// Whether ledger and catalogue do not belong together any more: this key can go on with neither.
    pub fn needs_new_ledger(&self) -> bool {
        use LedgerFault::{Damaged, Forked, OtherKey, RolledBack};
        match self {
            Self::Ledger(fault) => matches!(fault, OtherKey(_) | Damaged(_) | RolledBack { .. } | Forked { .. }),
            Self::Catalogue(_) => false,
            Self::SetBack { .. } => true,
        }
    }
}

/// The ledger of a data folder that is recorded into.
#[derive(Debug)]
pub struct Book {
    folder: PathBuf,
    /// None until it is opened, and after it could not be extended.
    ledger: Mutex<Option<Ledger>>,
}

impl Book {
    /// The ledger in this data folder. Nothing is opened yet.
    pub fn new(root: &Path) -> Self {
        Self { folder: root.join("ledger"), ledger: Mutex::new(None) }
    }

    /// Appends what the catalogue has for it; all of it is on disk when this returns. After a failure the ledger is
    /// opened anew, which finds out how far it came.
    ///
    /// # Errors
    /// See [`BookError`]. No clip may be begun then.
    pub fn publish(&self, catalogue: &Catalogue, key: &SigningKey) -> Result<(), BookError> {
        let mut open = self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        let mut ledger = match open.take() {
            Some(ledger) => ledger,
            None => {
                let known = catalogue.newest_checkpoint(&key.verifier().signer().name)?;
                Ledger::open(&self.folder, key.verifier(), known.as_ref())?
            }
        };
        loop {
            let size = ledger.newest().map_or(0, |newest| newest.said.size);
            let (count, entries) = catalogue.entries(size, BATCH)?;
            if count < size {
                return Err(BookError::SetBack { ledger: size, catalogue: count });
            }
            if entries.is_empty() {
                break;
            }
            let newest = ledger.append(&entries, key)?;
            catalogue.published(&newest.said)?;
        }
        *open = Some(ledger);
        Ok(())
    }

    /// Its newest checkpoint; `None`: it has no entry, or could not be opened.
    pub fn newest(&self) -> Option<Newest> {
        let open = self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        open.as_ref().and_then(|ledger| ledger.newest().cloned())
    }

    /// The ledger as it is now, to read; `None`: it has no entry, or could not be opened.
    pub fn view(&self) -> Option<View> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner).as_ref().and_then(Ledger::view)
    }
}
