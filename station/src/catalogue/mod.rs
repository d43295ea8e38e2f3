//! The catalogue: which clips there are. A clip's row is its commit point.
//!
//! ```text
//! open           START's bytes and the sequence number are here, durably, before START reaches a file
//!   ├► sealed          END is on disk; then the row says so
//!   ├► damaged         set aside, unsigned
//!   └► never-written   nothing of it was recorded; its tombstone is here
//! ```

use std::{
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use evidence::{
    statement::{End, Reason, Start, Statement, Tombstone},
    value::{Hash, Id, Order, Value},
};
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};

/// The layout of the tables this program knows.
const VERSION: i64 = 1;

const SCHEMA: &str = "
CREATE TABLE clip (
    sequence     INTEGER PRIMARY KEY,          -- of this station, from 1 without gaps
    clip         TEXT    NOT NULL UNIQUE,      -- random id
    order_number TEXT,                         -- NULL: not known
    state        TEXT    NOT NULL CHECK (state IN ('open', 'sealed', 'damaged', 'never-written')),
    path         TEXT    NOT NULL UNIQUE,      -- below the data folder
    start        BLOB    NOT NULL,             -- START's note
    start_hash   TEXT    NOT NULL,
    first_time   INTEGER NOT NULL,             -- wall clock of the first frame, us since 1970
    links        INTEGER NOT NULL DEFAULT 0,   -- LINKs known to be on disk
    reason       TEXT,                         -- why it was closed
    last_time    INTEGER,                      -- wall clock of its end, us since 1970
    frames       INTEGER,
    lost         INTEGER,
    ticks        INTEGER,                      -- length, 1/90000 s
    bytes        INTEGER,
    end_hash     TEXT,
    tombstone    BLOB
) STRICT;
CREATE INDEX clip_by_order ON clip (order_number);
";

/// What the catalogue cannot do.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// SQLite's.
    #[error("catalogue")]
    Sqlite(#[from] rusqlite::Error),
    /// Made by a later version.
    #[error("the catalogue was made by a newer version of packseal: update this one")]
    Newer,
    /// A row holds something that was never written so.
    #[error("the catalogue's row {0} is damaged")]
    Row(u64),
    /// A statement broke its own grammar.
    #[error("a statement cannot be signed: {0:?}")]
    Statement(evidence::finding::Code),
}

/// State of a clip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Being recorded, or left so by a crash.
    Open,
    /// Closed and signed.
    Sealed,
    /// Set aside.
    Damaged,
    /// Nothing was recorded.
    NeverWritten,
}

impl State {
    /// As it stands in the row.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Sealed => "sealed",
            Self::Damaged => "damaged",
            Self::NeverWritten => "never-written",
        }
    }
}

/// One clip's row.
#[derive(Debug, Clone)]
pub struct Clip {
    /// Of this station.
    pub sequence: u64,
    /// Random id.
    pub id: Id,
    /// If it was ever known.
    pub order: Option<Order>,
    /// Where it stands.
    pub state: State,
    /// Below the data folder.
    pub path: String,
    /// START's note.
    pub start: Vec<u8>,
    /// Its statement hash.
    pub start_hash: Hash,
    /// Wall clock of the first frame, µs since 1970.
    pub first_time: i64,
    /// LINKs known to be on disk.
    pub links: u64,
    /// What END said; only where sealed.
    pub closing: Option<Closing>,
    /// What stands for it; only where nothing was recorded.
    pub tombstone: Option<Vec<u8>>,
}

/// What END said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closing {
    /// Why.
    pub reason: Reason,
    /// Wall clock, µs since 1970.
    pub last_time: i64,
    /// Frames.
    pub frames: u64,
    /// Frames lost.
    pub lost: u64,
    /// Length, 1/90,000 s.
    pub ticks: u64,
    /// Bytes of the file.
    pub bytes: u64,
    /// END's statement hash.
    pub end_hash: Hash,
}

impl Closing {
    /// What this END says of a file of so many bytes.
    pub fn of(end: &End, end_hash: Hash, bytes: u64) -> Self {
        let End { reason, frames, lost, ticks, time, .. } = *end;
        Self { reason, last_time: time.0, frames, lost, ticks, bytes, end_hash }
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
        let db = connect(path, rusqlite::OpenFlags::default())?;
        db.execute_batch(&format!("BEGIN IMMEDIATE; {SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;"))?;
        Ok(Self { db: Mutex::new(db) })
    }

    /// Opens one that is there.
    ///
    /// # Errors
    /// SQLite's; [`CatalogueError::Newer`].
    pub fn open(path: &Path) -> Result<Self, CatalogueError> {
        let db = connect(path, rusqlite::OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let version: i64 = db.pragma_query_value(None, "user_version", |r| r.get(0))?;
        // Version 1 is the first: older ones, brought up step by step, will stand here.
        if version == VERSION { Ok(Self { db: Mutex::new(db) }) } else { Err(CatalogueError::Newer) }
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
        transaction.execute(
            "INSERT INTO clip (sequence, clip, order_number, state, path, start, start_hash, first_time)
             VALUES (?1, ?2, ?3, 'open', ?4, ?5, ?6, ?7)",
            params![
                sequence,
                start.clip.to_string(),
                start.order.as_ref().map(Order::as_str),
                path,
                note,
                hash.to_string(),
                start.first_frame_time.0,
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
        self.db().execute(
            "UPDATE clip SET state = 'sealed', order_number = ?2, reason = ?3, last_time = ?4, frames = ?5, lost = ?6,
             ticks = ?7, bytes = ?8, end_hash = ?9, links = ?10 WHERE sequence = ?1",
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
            ],
        )?;
        Ok(())
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
    pub fn never_written(&self, tombstone: &Tombstone, key: &evidence::key::SigningKey) -> Result<(), CatalogueError> {
        let (note, _) = tombstone.seal(key).map_err(CatalogueError::Statement)?;
        self.db().execute(
            "UPDATE clip SET state = 'never-written', tombstone = ?2 WHERE sequence = ?1",
            params![tombstone.sequence, note],
        )?;
        Ok(())
    }

    /// All clips, or those of one order, oldest first.
    ///
    /// # Errors
    /// SQLite's; a damaged row.
    pub fn clips(&self, order: Option<&Order>) -> Result<Vec<Clip>, CatalogueError> {
        let db = self.db();
        let mut statement = db.prepare("SELECT * FROM clip WHERE ?1 IS NULL OR order_number = ?1 ORDER BY sequence")?;
        let mut rows = statement.query([order.map(Order::as_str)])?;
        let mut clips = Vec::new();
        while let Some(row) = rows.next()? {
            let sequence = row.get("sequence")?;
            clips.push(clip(row, sequence)?.ok_or(CatalogueError::Row(sequence))?);
        }
        Ok(clips)
    }
}

fn connect(path: &Path, flags: rusqlite::OpenFlags) -> Result<Connection, CatalogueError> {
    let db = Connection::open_with_flags(path, flags)?;
    db.busy_timeout(Duration::from_secs(5))?;
    db.pragma_update(None, "journal_mode", "WAL")?;
    db.pragma_update(None, "synchronous", "FULL")?;
    Ok(db)
}

/// `None` where a value is not of its alphabet.
fn clip(row: &Row<'_>, sequence: u64) -> rusqlite::Result<Option<Clip>> {
    fn value<T: Value>(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<T>> {
        Ok(row.get::<_, Option<String>>(column)?.and_then(|text| T::parse(&text)))
    }
    let state = match row.get_ref("state")?.as_str()? {
        "open" => State::Open,
        "sealed" => State::Sealed,
        "damaged" => State::Damaged,
        "never-written" => State::NeverWritten,
        _ => return Ok(None),
    };
    let closing = match (state, value(row, "reason")?, value(row, "end_hash")?) {
        (State::Sealed, Some(reason), Some(end_hash)) => Some(Closing {
            reason,
            last_time: row.get("last_time")?,
            frames: row.get("frames")?,
            lost: row.get("lost")?,
            ticks: row.get("ticks")?,
            bytes: row.get("bytes")?,
            end_hash,
        }),
        (State::Sealed, ..) => return Ok(None),
        _ => None,
    };
    let (Some(id), Some(start_hash)) = (value(row, "clip")?, value(row, "start_hash")?) else { return Ok(None) };
    Ok(Some(Clip {
        sequence,
        id,
        order: value(row, "order_number")?,
        state,
        path: row.get("path")?,
        start: row.get("start")?,
        start_hash,
        first_time: row.get("first_time")?,
        links: row.get("links")?,
        closing,
        tombstone: row.get("tombstone")?,
    }))
}

#[cfg(test)]
mod tests;
