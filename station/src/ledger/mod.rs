//! The ledger on disk (FORMAT.md, section 7), in the layout of c2sp.org/tlog-tiles. Whoever writes it holds the data
//! folder's lock; others may read it meanwhile ([`View`]).
//!
//! ```text
//! checkpoint                       the newest one; what it covers is on disk
//! checkpoint.new                   the next one, for a moment
//! tile/entries/<N>[.p/<W>]         entries, 256 a bundle
//! tile/<L>/<N>[.p/<W>]             hashes, 256 a tile
//! ```
//!
//! A batch is appended in steps that each stay within one bundle:
//!
//! ```text
//! 1  create bundle, tile, tile above …   files that are not there yet; no other is touched
//! 2  create checkpoint.new               a cut before this is whole: opening removes the files of 1
//! 3  rename it to checkpoint             a cut after 2: opening does this
//! 4  remove narrower files of a bundle or tile that became full; a cut: opening does this
//! ```
//!
//! So opening signs nothing, whoever touched the disk: the tree grows only by what the running station signed. What
//! anybody can have seen as `checkpoint` was durable as `checkpoint.new` before, so no cut takes it back. The cost of
//! a step is that of its bundle and tiles, a few dozen KiB, whatever the size of the ledger.
//!
//! The tiles are not those of a library for the reasons given in [`evidence::ledger`]; paths and edges are a page.

mod proofs;
mod tiles;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use evidence::{
    key::{SigningKey, VerifierKey},
    ledger::{Checkpoint, Entry, LedgerError, SignedCheckpoint},
    statement::Statement,
    value::Hash,
};

use crate::durable::{self, DurableError};
pub use proofs::View;
use tiles::{Edge, TILE};

/// Why a ledger cannot be opened, extended or read.
#[derive(Debug, thiserror::Error)]
pub enum LedgerFault {
    /// The disk's.
    #[error(transparent)]
    Disk(#[from] DurableError),
    /// The checkpoint is of another key: a data folder that was restored or cloned gets a ledger of its own.
    #[error("{} was signed by another key than this station's", .0.display())]
    OtherKey(PathBuf),
    /// A file is not there, or not what the checkpoint says.
    #[error("{} is damaged or gone", .0.display())]
    Damaged(PathBuf),
    /// There are fewer entries than are known to have been there.
    #[error("the ledger has {here} entries, but had {known}: it was set back")]
    RolledBack {
        /// Entries that the newest checkpoint covers.
        here: u64,
        /// Entries that there were at least.
        known: u64,
    },
    /// This station's key has signed two trees, neither of which begins with the other.
    #[error("the ledger is not the one that was signed at {size} entries: there are two")]
    Forked {
        /// Entries of the checkpoint that does not fit.
        size: u64,
    },
    /// An earlier append failed; the ledger must be opened anew.
    #[error("the ledger could not be extended before, and is not until the station starts again")]
    Stopped,
    /// A batch without entries, or one that says what its kind must not say; nothing was appended.
    #[error("an entry that the format does not allow, or none at all")]
    Refused,
    /// No such entries in the ledger.
    #[error("the ledger has no such entries")]
    Beyond,
}

impl LedgerFault {
    /// Whether the disk is full.
    pub fn is_full(&self) -> bool {
        matches!(self, Self::Disk(e) if e.is_full())
    }
}

/// The newest checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Newest {
    /// What it says.
    pub said: Checkpoint,
    /// Its exact bytes.
    pub note: Vec<u8>,
}

/// A ledger that can be extended.
#[derive(Debug)]
pub struct Ledger {
    folder: PathBuf,
    key: VerifierKey,
    edge: Edge,
    newest: Option<Newest>,
    /// An append failed, or is under way.
    stopped: bool,
}

impl Ledger {
    /// Opens the ledger of this key, or begins one where there is none, and finishes or undoes what a cut left half
    /// done. `known` is the newest checkpoint that is remembered elsewhere.
    ///
    /// # Errors
    /// See [`LedgerFault`]. Nothing may be appended to such a ledger, and no other begun in its place by this key.
    pub fn open(folder: &Path, key: &VerifierKey, known: Option<&Checkpoint>) -> Result<Self, LedgerFault> {
        let (path, next) = (folder.join("checkpoint"), folder.join("checkpoint.new"));
        let newest = read_checkpoint(&path, key)?.map(|read| read.ok_or(LedgerFault::Damaged(path.clone())));
        let mut newest = newest.transpose()?;
        let pending = read_checkpoint(&next, key)?;
        if let Some(Some(pending)) = pending.clone() {
            let size = newest.as_ref().map_or(0, |newest| newest.said.size);
            if pending.said.size > size {
                let edge = Edge::load(folder, &pending.said, true)?;
                agrees(&View::new(folder, edge, pending.clone()), newest.as_ref().map(|newest| &newest.said))?;
                durable::move_file(&next, &path)?;
                newest = Some(pending);
            } else if let Some(newest) = &newest {
                // No cut leaves this. If it is of the same tree it is a copy somebody made.
                let edge = Edge::load(folder, &newest.said, true)?;
                agrees(&View::new(folder, edge, newest.clone()), Some(&pending.said))?;
                durable::remove(&next)?;
            }
        } else if pending.is_some() {
            durable::remove(&next)?;
        }

        let edge = match &newest {
            Some(newest) => Edge::load(folder, &newest.said, true)?,
            None => Edge::default(),
        };
        let size = edge.size;
        if let Some(known) = known.filter(|known| known.size > size) {
            return Err(LedgerFault::RolledBack { here: size, known: known.size });
        }
        if let Some(newest) = &newest {
            agrees(&View::new(folder, edge.clone(), newest.clone()), known)?;
        }
        tiles::cut_back(folder, size)?;
        Ok(Self { folder: folder.to_owned(), key: key.clone(), edge, newest, stopped: false })
    }

    /// The newest checkpoint; `None` before the first entry.
    pub fn newest(&self) -> Option<&Newest> {
        self.newest.as_ref()
    }

    /// The ledger as it is now, to read.
    pub fn view(&self) -> Option<View> {
        self.newest.clone().map(|newest| View::new(&self.folder, self.edge.clone(), newest))
    }

    /// Appends these entries; they and the checkpoint over them are on disk when it returns.
    ///
    /// # Errors
    /// The disk's; from then on [`LedgerFault::Stopped`], until the ledger is opened anew. A part of the entries may
    /// have been appended by then. [`LedgerFault::OtherKey`] for a key that is not the ledger's,
    /// [`LedgerFault::Refused`] for an entry that breaks the grammar.
    pub fn append(&mut self, entries: &[Entry], key: &SigningKey) -> Result<&Newest, LedgerFault> {
        if self.stopped {
            return Err(LedgerFault::Stopped);
        }
        if *key.verifier() != self.key {
            return Err(LedgerFault::OtherKey(self.folder.join("checkpoint")));
        }
        if entries.iter().any(|entry| Entry::parse(&entry.text()).as_ref() != Ok(entry)) {
            return Err(LedgerFault::Refused);
        }
        let mut rest = entries;
        while !rest.is_empty() {
            let room = TILE - self.edge.size % TILE;
            let (now, later) = rest.split_at(rest.len().min(room as usize));
            // A failed fsync is not tried again: only opening looks at what is there.
            self.stopped = true;
            self.step(now, key)?;
            self.stopped = false;
            rest = later;
        }
        self.newest.as_ref().filter(|_| !entries.is_empty()).ok_or(LedgerFault::Refused)
    }

    /// Appends entries that fit into the last bundle.
    fn step(&mut self, entries: &[Entry], key: &SigningKey) -> Result<(), LedgerFault> {
        let mut edge = self.edge.clone();
        let files = edge.extend(entries.iter().map(Entry::text));
        for (tile, content) in &files {
            let path = tile.path(&self.folder);
            durable::create_folder(path.parent().unwrap_or(&self.folder))?;
            durable::create(&path, content, false)?;
        }
        let note = Checkpoint::seal(edge.size, edge.root(), key);
        durable::replace(&self.folder.join("checkpoint"), &note)?;
        let origin = self.key.signer().name.clone();
        self.newest = Some(Newest { said: Checkpoint { origin, size: edge.size, root: edge.root() }, note });
        self.edge = edge;
        for (tile, _) in files.iter().filter(|(tile, _)| tile.width == TILE) {
            tile.remove_narrower(&self.folder);
        }
        Ok(())
    }
}

/// Reads a checkpoint of this key: none where there is no file, and none within where it was cut while it was written.
fn read_checkpoint(path: &Path, key: &VerifierKey) -> Result<Option<Option<Newest>>, LedgerFault> {
    let note = match fs::read(path) {
        Ok(note) => note,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(durable::at("read", path)(e).into()),
    };
    let Ok(signed) = SignedCheckpoint::parse(&note) else { return Ok(Some(None)) };
    let said = signed.verify(key).map_err(|e| match e {
        LedgerError::Key => LedgerFault::OtherKey(path.to_owned()),
        _ => LedgerFault::Damaged(path.to_owned()),
    })?;
    Ok(Some(Some(Newest { said: said.clone(), note })))
}

/// Whether the ledger goes on from this checkpoint, which has not more entries.
fn agrees(view: &View, before: Option<&Checkpoint>) -> Result<(), LedgerFault> {
    let Some(before) = before else { return Ok(()) };
    let root: Hash = view.root(before.size)?;
    if root == before.root { Ok(()) } else { Err(LedgerFault::Forked { size: before.size }) }
}

#[cfg(test)]
mod tests;
