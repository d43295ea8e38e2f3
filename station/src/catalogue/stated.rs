//! Statements that stand in no clip, each written in the transaction of its ledger entry.

use std::time::{Duration, Instant};

use evidence::{
    ledger::EntryKind,
    value::{Hash, Id, Value},
};
use rusqlite::{ErrorCode, OptionalExtension, Row, Transaction, TransactionBehavior, params};

use super::{
    Catalogue, CatalogueError,
    entry::{self, About},
    sql,
};

/// Steps of SQLite's between two looks at the time.
const STEPS: i32 = 1000;

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stated {
    /// Its place in the ledger.
    pub entry: u64,
    /// What it is about.
    pub kind: EntryKind,
    /// Its statement hash.
    pub hash: Hash,
    /// Its note.
    pub note: Vec<u8>,
}

/// Keeps a statement, about this clip or none, and adds its entry.
pub(super) fn add(
    transaction: &Transaction<'_>,
    (kind, clip): (EntryKind, Option<Id>),
    note: &[u8],
    hash: Hash,
) -> Result<u64, CatalogueError> {
    let entry = entry::add(transaction, &About { kind, clip, sequence: None, statement: hash, order: None })?;
    let insert = "INSERT INTO stated (entry, kind, hash, note, clip) VALUES (?1, ?2, ?3, ?4, ?5)";
    let clip = clip.map(|clip| clip.to_string());
    transaction.execute(insert, params![entry, kind.as_str(), hash.to_string(), note, clip])?;
    Ok(entry)
}

impl Catalogue {
    /// Keeps a statement of this kind, signed, with its entry for the ledger: all of it is on disk when this returns.
    ///
    /// # Errors
    /// SQLite's.
    pub fn state(&self, kind: EntryKind, note: &[u8], hash: Hash) -> Result<(), CatalogueError> {
        let mut db = self.db();
        let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        add(&transaction, (kind, None), note, hash)?;
        Ok(transaction.commit()?)
    }

    /// Keeps the statements that these clips were exported, each with its entry, all or none.
    ///
    /// # Errors
    /// SQLite's.
    pub fn exported(&self, exports: &[(Id, Vec<u8>, Hash)]) -> Result<(), CatalogueError> {
        let mut db = self.db();
        let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for (clip, note, hash) in exports {
            add(&transaction, (EntryKind::Export, Some(*clip)), note, *hash)?;
        }
        Ok(transaction.commit()?)
    }

    /// Notes of a clip's exports, oldest first.
    ///
    /// # Errors
    /// SQLite's.
    pub fn exports(&self, clip: Id) -> Result<Vec<Vec<u8>>, CatalogueError> {
        let db = self.db();
        let mut query = db.prepare_cached(sql::EXPORTS)?;
        let notes = query.query_map([clip.to_string()], |row| row.get(0))?;
        Ok(notes.collect::<Result<_, _>>()?)
    }

    /// Acts, newest first: up to `most` of those before this place in the ledger, each with its place and its note.
    ///
    /// # Errors
    /// SQLite's.
    pub fn acts(&self, before: Option<u64>, most: usize) -> Result<Vec<(u64, Vec<u8>)>, CatalogueError> {
        let db = self.db();
        let mut query = db.prepare_cached(sql::ACTS)?;
        // No place is beyond SQLite's numbers.
        let newest = i64::MAX.unsigned_abs();
        let rows = query.query_map(params![before.unwrap_or(newest).min(newest), most as u64], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Statement hash of the newest environment statement.
    ///
    /// # Errors
    /// SQLite's; a damaged row.
    pub fn environment(&self) -> Result<Option<Hash>, CatalogueError> {
        let newest = "SELECT entry, hash FROM stated WHERE kind = ?1 ORDER BY entry DESC LIMIT 1";
        let db = self.db();
        let found = db
            .query_row(newest, [EntryKind::Environment.as_str()], |row| {
                Ok((row.get::<_, u64>(0)?, row.get::<_, String>(1)?))
            })
            .optional()?;
        found.map(|(entry, hash)| Hash::parse(&hash).ok_or(CatalogueError::Entry(entry))).transpose()
    }

    /// The one that the ledger begins with, if it does.
    ///
    /// # Errors
    /// SQLite's; a damaged row.
    pub fn first_stated(&self) -> Result<Option<Stated>, CatalogueError> {
        let first = "SELECT kind, hash, note FROM stated WHERE entry = 0";
        let found = self.db().query_row(first, [], |row| stated(row, 0)).optional()?;
        found.map(|first| first.ok_or(CatalogueError::Entry(0))).transpose()
    }

    /// All statements that stand in no clip, oldest first.
    ///
    /// # Errors
    /// SQLite's; a damaged row.
    pub fn stated(&self) -> Result<Vec<Stated>, CatalogueError> {
        let db = self.db();
        let mut query = db.prepare("SELECT entry, kind, hash, note FROM stated ORDER BY entry")?;
        let mut rows = query.query([])?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            let entry = row.get("entry")?;
            all.push(stated(row, entry)?.ok_or(CatalogueError::Entry(entry))?);
        }
        Ok(all)
    }

    /// Whether SQLite finds its file in order, as far as that is seen without its indexes. All of it is read, about
    /// 400 MB/s at best; `None`: that took longer than `within`.
    ///
    /// # Errors
    /// SQLite's.
    pub fn is_sound(&self, within: Option<Duration>) -> Result<Option<bool>, CatalogueError> {
        let (mut db, began) = (self.db(), Instant::now());
        let late = within.map(|within| move || began.elapsed() >= within);
        db.progress_handler(STEPS, late)?;
        let said = db.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0));
        db.progress_handler(STEPS, None::<fn() -> bool>)?;
        match said {
            Err(e) if e.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) => Ok(None),
            said => Ok(Some(said? == "ok")),
        }
    }
}

/// `None` where a value is not of its alphabet.
fn stated(row: &Row<'_>, entry: u64) -> rusqlite::Result<Option<Stated>> {
    let (kind, hash): (String, String) = (row.get("kind")?, row.get("hash")?);
    let (Some(kind), Some(hash)) = (EntryKind::parse(&kind), Hash::parse(&hash)) else { return Ok(None) };
    Ok(Some(Stated { entry, kind, hash, note: row.get("note")? }))
}
