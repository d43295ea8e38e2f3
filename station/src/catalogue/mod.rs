//! The catalogue: which clips there are, and which of them are on hold. A clip's row is its commit point.
//!
//! ```text
//! open           START's bytes and the sequence number are here, durably, before START reaches a file
//!   ├► sealed          END is on disk; then the row says so
//!   │    └► deleting      its tombstone is here; then the file goes
//!   │         └► deleted     the file is gone
//!   ├► damaged         set aside, unsigned
//!   └► never-written   nothing of it was recorded; its tombstone is here
//! ```
//!
//! The daemon and commands use it at the same time: SQLite locks it, for one transaction each.

mod day;
mod entry;
mod find;
mod hold;
mod retention;
mod retired;
mod row;
mod schema;
mod sql;
mod stated;
mod token;

pub use day::Parcel;
pub use find::{Mark, Page, Shown, Sought};
pub use hold::{Found, Hold, is_reason};
pub use retired::Retired;
pub use row::{At, Clip, Closing, Seen, State};
pub use stated::Stated;
pub use token::HeldToken;

use std::{
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use evidence::{
    key::{SigningKey, VerifierKey},
    ledger::EntryKind,
    statement::{Start, Statement, Tombstone},
    value::{Hash, Id, Order, Token, Value},
};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use self::entry::About;

/// What the catalogue cannot do.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// SQLite's.
    #[error("catalogue")]
    Sqlite(#[from] rusqlite::Error),
    /// Made by a later version.
    #[error("the catalogue was made by a newer version of packseal: update this one")]
    Newer,
    /// A database of something else.
    #[error("this is no catalogue of packseal: restore it from a backup")]
    Alien,
    /// A reason for a hold that cannot be kept; see [`is_reason`].
    #[error("a reason is 1 to 500 characters on one line")]
    Reason,
    /// A row holds something that was never written so.
    #[error("the catalogue's row {0} is damaged")]
    Row(u64),
    /// An entry for the ledger that was never written so.
    #[error("the catalogue's entry {0} for the ledger is damaged")]
    Entry(u64),
    /// A retired key that was never written so.
    #[error("the catalogue's retired key {0} is damaged")]
    Key(u64),
    /// A time token's row holds something that was never written so.
    #[error("the catalogue's time token {0} is damaged")]
    Token(u64),
    /// The system gives no random numbers.
    #[error("no random numbers")]
    Random,
    /// A statement broke its own grammar.
    #[error("a statement cannot be signed: {0:?}")]
    Statement(evidence::finding::Code),
}

impl CatalogueError {
    /// Whether there is no room left.
    pub fn is_full(&self) -> bool {
        matches!(self, Self::Sqlite(e) if e.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull))
    }
}

/// The catalogue's file. Benches share it: each call is a transaction of its own.
#[derive(Debug)]
pub struct Catalogue {
    db: Mutex<Connection>,
}

impl Catalogue {
    /// Makes a new one.
    ///
    /// # Errors
    /// SQLite's.
    pub fn create(path: &Path) -> Result<Self, CatalogueError> {
        let mut db = schema::connect(path, rusqlite::OpenFlags::default())?;
        schema::create(&mut db)?;
        Ok(Self { db: Mutex::new(db) })
    }

    /// Opens one that is there; one that an earlier version made becomes one of this version.
    ///
    /// # Errors
    /// SQLite's; [`CatalogueError::Newer`], [`CatalogueError::Alien`].
    pub fn open(path: &Path) -> Result<Self, CatalogueError> {
        // A lock of SQLite's own is not needed behind ours.
        let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_WRITE | rusqlite::OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut db = schema::connect(path, flags)?;
        schema::upgrade(&mut db)?;
        Ok(Self { db: Mutex::new(db) })
    }

    /// Closes it: then its one file holds all of it.
    ///
    /// # Errors
    /// SQLite's.
    pub fn close(self) -> Result<(), CatalogueError> {
        let db = self.db.into_inner().unwrap_or_else(PoisonError::into_inner);
        Ok(db.close().map_err(|(_, e)| e)?)
    }

    fn db(&self) -> MutexGuard<'_, Connection> {
        // A thread that panicked left no half of a transaction: SQLite rolled it back.
        self.db.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the next sequence number: `make` gets it with the hash of the START before and answers START with its
    /// note, its statement hash and its path. All is on disk when this returns; no number is taken where it fails.
    ///
    /// # Errors
    /// SQLite's, and those of `make`.
    pub fn allocate<T>(
        &self,
        make: impl FnOnce(u64, Option<Hash>) -> Result<(Start, Vec<u8>, Hash, String, T), CatalogueError>,
    ) -> Result<T, CatalogueError> {
        let mut db = self.db();
        let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let newest = transaction
            .query_row("SELECT sequence, start_hash FROM clip ORDER BY sequence DESC LIMIT 1", [], |row| {
                Ok((row.get::<_, u64>(0)?, row.get::<_, String>(1)?))
            })
            .optional()?;
        let (sequence, previous) = match newest {
            None => (1, None),
            Some((before, hash)) => (before + 1, Some(Hash::parse(&hash).ok_or(CatalogueError::Row(before))?)),
        };
        let (start, note, hash, path, made) = make(sequence, previous)?;
        let order = start.order.as_ref();
        let about =
            About { kind: EntryKind::Start, clip: Some(start.clip), sequence: Some(sequence), statement: hash, order };
        let entry = entry::add(&transaction, &about)?;
        transaction.execute(
            "INSERT INTO clip (sequence, clip, order_number, state, path, start, start_hash, first_time, start_entry,
             start_token, direction, bench, operator, order_tail)
             VALUES (?1, ?2, ?3, 'open', ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
            params![
                sequence,
                start.clip.to_string(),
                start.order.as_ref().map(Order::as_str),
                path,
                note,
                hash.to_string(),
                start.first_frame_time.0,
                entry,
                start.time_token.map(|hash| hash.to_string()),
                start.direction.as_str(),
                start.bench.as_str(),
                start.operator.as_ref().map(Token::as_str),
                order.map(tail),
            ],
        )?;
        transaction.commit()?;
        Ok(made)
    }

    /// So many LINKs of this clip are on disk: recovery will not sign less.
    ///
    /// # Errors
    /// SQLite's.
    pub fn progress(&self, sequence: u64, links: u64) -> Result<(), CatalogueError> {
        let db = self.db();
        let mut statement = db.prepare_cached("UPDATE clip SET links = ?2 WHERE sequence = ?1")?;
        statement.execute(params![sequence, links])?;
        Ok(())
    }

    /// The order of this open clip became known.
    ///
    /// # Errors
    /// SQLite's.
    pub fn bind(&self, sequence: u64, order: &Order) -> Result<(), CatalogueError> {
        self.db().execute(
            "UPDATE clip SET order_number = ?2, order_tail = ?3 WHERE sequence = ?1 AND state = 'open'",
            params![sequence, order.as_str(), tail(order)],
        )?;
        Ok(())
    }

    /// The commit point of a clip.
    ///
    /// # Errors
    /// SQLite's.
    pub fn seal(
        &self,
        sequence: u64,
        links: u64,
        order: Option<&Order>,
        closing: &Closing,
    ) -> Result<(), CatalogueError> {
        let c = closing;
        let mut db = self.db();
        let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let clip: String =
            transaction.query_row("SELECT clip FROM clip WHERE sequence = ?1", [sequence], |row| row.get(0))?;
        let clip = Id::parse(&clip).ok_or(CatalogueError::Row(sequence))?;
        let about =
            About { kind: EntryKind::End, clip: Some(clip), sequence: Some(sequence), statement: c.end_hash, order };
        let entry = entry::add(&transaction, &about)?;
        transaction.execute(
            "UPDATE clip SET state = 'sealed', order_number = ?2, reason = ?3, last_time = ?4, frames = ?5, lost = ?6,
             ticks = ?7, bytes = ?8, end_hash = ?9, links = ?10, end_entry = ?11, order_tail = ?12, gaps = ?13,
             label_frames = ?14 WHERE sequence = ?1",
            params![
                sequence,
                order.map(Order::as_str),
                c.reason.as_str(),
                c.last_time,
                c.frames,
                c.lost,
                c.ticks,
                c.bytes,
                c.end_hash.to_string(),
                links,
                entry,
                order.map(tail),
                c.seen.map(|seen| seen.gaps),
                c.seen.and_then(|seen| seen.label_frames),
            ],
        )?;
        Ok(transaction.commit()?)
    }

    /// The clip was set aside to this path.
    ///
    /// # Errors
    /// SQLite's.
    pub fn damaged(&self, sequence: u64, path: &str) -> Result<(), CatalogueError> {
        self.db()
            .execute("UPDATE clip SET state = 'damaged', path = ?2 WHERE sequence = ?1", params![sequence, path])?;
        Ok(())
    }

    /// Nothing of the clip was recorded.
    ///
    /// # Errors
    /// SQLite's; a tombstone that cannot be signed.
    pub fn never_written(&self, tombstone: &Tombstone, key: &SigningKey) -> Result<(), CatalogueError> {
        self.bury("UPDATE clip SET state = 'never-written', tombstone = ?2 WHERE sequence = ?1", tombstone, key)?;
        Ok(())
    }

    /// Writes a tombstone where this statement finds the clip to be one for it: whether it did.
    fn bury(&self, update: &str, tombstone: &Tombstone, key: &SigningKey) -> Result<bool, CatalogueError> {
        let (note, statement) = tombstone.seal(key).map_err(CatalogueError::Statement)?;
        let Tombstone { clip, sequence, .. } = *tombstone;
        let mut db = self.db();
        let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if transaction.execute(update, params![sequence, note])? == 0 {
            return Ok(false);
        }
        let about =
            About { kind: EntryKind::Tombstone, clip: Some(clip), sequence: Some(sequence), statement, order: None };
        let entry = entry::add(&transaction, &about)?;
        transaction.execute("UPDATE clip SET tombstone_entry = ?2 WHERE sequence = ?1", [sequence, entry])?;
        transaction.commit()?;
        Ok(true)
    }

    /// All clips, or those of one order, oldest first.
    ///
    /// # Errors
    /// SQLite's; a damaged row.
    pub fn clips(&self, order: Option<&Order>) -> Result<Vec<Clip>, CatalogueError> {
        let db = self.db();
        match order {
            None => row::clips(db.prepare("SELECT * FROM clip ORDER BY sequence")?.query([])?),
            Some(order) => row::clips(db.prepare(sql::OF_ORDER)?.query([order.as_str()])?),
        }
    }

    /// The clips of an order number, or the one of this id.
    ///
    /// # Errors
    /// SQLite's; a damaged row.
    pub fn named(&self, name: &Order) -> Result<Vec<Clip>, CatalogueError> {
        row::clips(self.db().prepare(sql::NAMED)?.query([name.as_str()])?)
    }

    /// The clip of this path below the data folder.
    ///
    /// # Errors
    /// SQLite's; a damaged row.
    pub fn at(&self, path: &str) -> Result<Option<Clip>, CatalogueError> {
        let db = self.db();
        let found = row::clips(db.prepare("SELECT * FROM clip WHERE path = ?1")?.query([path])?)?;
        Ok(found.into_iter().next())
    }

    /// The clip of this number.
    ///
    /// # Errors
    /// SQLite's; a damaged row.
    pub fn clip(&self, sequence: u64) -> Result<Option<Clip>, CatalogueError> {
        let db = self.db();
        let found = row::clips(db.prepare("SELECT * FROM clip WHERE sequence = ?1")?.query([sequence])?)?;
        Ok(found.into_iter().next())
    }

    /// So many of the sealed clips that are not proven yet and whose END is before this place in the ledger, oldest
    /// first.
    ///
    /// # Errors
    /// SQLite's; a damaged row.
    pub fn due_for_proof(&self, before: u64, most: usize) -> Result<Vec<Clip>, CatalogueError> {
        row::clips(self.db().prepare_cached(sql::DUE_FOR_PROOF)?.query(params![before, most as u64])?)
    }

    /// So many of the clips whose END stands at this place of the ledger of `key` or behind it, in that order, also those
    /// that were deleted since. `key`: the station's, or one that it had before.
    ///
    /// # Errors
    /// SQLite's; a damaged row.
    pub fn ended_from(&self, key: &VerifierKey, place: u64, most: usize) -> Result<Vec<Clip>, CatalogueError> {
        let (db, key) = (self.db(), key.to_string());
        let (place, most) = (place, most as u64);
        let retired: bool = db
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM retired WHERE vkey = ?1)")?
            .query_row([&key], |row| row.get(0))?;
        if retired {
            row::clips(db.prepare_cached(sql::ENDED_FROM_RETIRED)?.query(params![place, most, key])?)
        } else {
            row::clips(db.prepare_cached(sql::ENDED_FROM)?.query(params![place, most])?)
        }
    }

    /// The daemon has put PROOF behind this clip, or never will.
    ///
    /// # Errors
    /// SQLite's.
    pub fn proven(&self, sequence: u64) -> Result<(), CatalogueError> {
        self.db().execute("UPDATE clip SET proven = 1 WHERE sequence = ?1", [sequence])?;
        Ok(())
    }

    /// Clips that are open or being deleted, oldest first.
    ///
    /// # Errors
    /// SQLite's; a damaged row.
    pub fn unfinished(&self) -> Result<Vec<Clip>, CatalogueError> {
        row::clips(self.db().prepare(sql::UNFINISHED)?.query([])?)
    }
}

/// The order number from its end, as it is searched for by its last digits.
fn tail(order: &Order) -> String {
    find::from_its_end(order.as_str())
}

#[cfg(test)]
mod tests;
