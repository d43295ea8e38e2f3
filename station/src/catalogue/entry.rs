//! The ledger's entries, written in the transaction of what they are about. From here they are appended to the ledger
//! in this order ([`crate::book`]): a crash in between loses none, changes none and moves none.

use evidence::{
    ledger::{Checkpoint, Entry, EntryKind, order_tag},
    statement::Statement,
    value::{Hash, Id, KeyName, Order, Value},
};
use rusqlite::{OptionalExtension, Transaction, params};

use super::{Catalogue, CatalogueError};
use crate::clock;

/// A statement that the ledger shall keep.
pub(super) struct About<'a> {
    pub kind: EntryKind,
    /// The clip.
    pub clip: Option<Id>,
    /// START's number, where an entry of this kind has it.
    pub sequence: Option<u64>,
    pub statement: Hash,
    /// The order that it names.
    pub order: Option<&'a Order>,
}

/// Adds an entry: its place in the ledger.
pub(super) fn add(transaction: &Transaction<'_>, about: &About<'_>) -> Result<u64, CatalogueError> {
    let time = clock::wall();
    let order_tag = match about.order {
        Some(order) => Some(order_tag(&salt(transaction, &time.day())?, order)),
        None => None,
    };
    let About { kind, clip, sequence, statement, .. } = *about;
    let entry = Entry { kind, clip, sequence, time, statement, order_tag };
    let next = "UPDATE ledger SET entries = entries + 1 RETURNING entries - 1";
    let number: u64 = transaction.query_row(next, [], |row| row.get(0))?;
    transaction.execute("INSERT INTO entry (number, text) VALUES (?1, ?2)", params![number, entry.text()])?;
    Ok(number)
}

/// The salt of a day, made on its first use.
fn salt(transaction: &Transaction<'_>, day: &str) -> Result<[u8; 32], CatalogueError> {
    let found = transaction.query_row("SELECT salt FROM salt WHERE day = ?1", [day], |row| row.get(0)).optional()?;
    if let Some(salt) = found {
        return Ok(salt);
    }
    let mut salt = [0; 32];
    getrandom::fill(&mut salt).map_err(|_| CatalogueError::Random)?;
    transaction.execute("INSERT INTO salt (day, salt) VALUES (?1, ?2)", params![day, salt])?;
    Ok(salt)
}

impl Catalogue {
    /// How many entries there are, and of these up to `most` from place `from` on.
    ///
    /// # Errors
    /// SQLite's; a damaged entry.
    pub fn entries(&self, from: u64, most: usize) -> Result<(u64, Vec<Entry>), CatalogueError> {
        let db = self.db();
        let count = db.query_row("SELECT entries FROM ledger", [], |row| row.get(0))?;
        let mut statement =
            db.prepare_cached("SELECT number, text FROM entry WHERE number >= ?1 ORDER BY number LIMIT ?2")?;
        let mut rows = statement.query(params![from, most as u64])?;
        let mut entries = Vec::new();
        while let Some(row) = rows.next()? {
            let (number, text): (u64, String) = (row.get(0)?, row.get(1)?);
            // A gap would move every entry behind it.
            let follows = number == from + entries.len() as u64;
            let entry = Entry::parse(&text).ok().filter(|_| follows);
            entries.push(entry.ok_or(CatalogueError::Entry(number))?);
        }
        Ok((count, entries))
    }

    /// The salt of a UTC day, `YYYY-MM-DD`; none was made where no entry of it has a tag.
    ///
    /// # Errors
    /// SQLite's.
    pub fn salt(&self, day: &str) -> Result<Option<[u8; 32]>, CatalogueError> {
        let sql = "SELECT salt FROM salt WHERE day = ?1";
        Ok(self.db().query_row(sql, [day], |row| row.get(0)).optional()?)
    }

    /// The newest checkpoint that was told by [`Self::published`].
    ///
    /// # Errors
    /// SQLite's; a damaged row.
    pub fn newest_checkpoint(&self, origin: &KeyName) -> Result<Option<Checkpoint>, CatalogueError> {
        let (size, root): (u64, Option<String>) =
            self.db().query_row("SELECT size, root FROM ledger", [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let Some(root) = root else { return Ok(None) };
        let root = Hash::parse(&root).ok_or(CatalogueError::Entry(size))?;
        Ok(Some(Checkpoint { origin: origin.clone(), size, root }))
    }

    /// The ledger has these entries now: it will not be believed with fewer, and they are not kept here any more.
    ///
    /// # Errors
    /// SQLite's.
    pub fn published(&self, checkpoint: &Checkpoint) -> Result<(), CatalogueError> {
        let mut db = self.db();
        let transaction = db.transaction()?;
        let Checkpoint { size, root, .. } = checkpoint;
        transaction.execute("UPDATE ledger SET size = ?1, root = ?2", params![size, root.to_string()])?;
        transaction.execute("DELETE FROM entry WHERE number < ?1", [size])?;
        Ok(transaction.commit()?)
    }
}
