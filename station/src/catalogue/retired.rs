//! Keys that the station had before, with all that was recorded under each. Nothing of it changes any more: who has such
//! a key may be another machine by now.

use evidence::{
    key::VerifierKey,
    ledger::EntryKind,
    value::{Hash, Order, Value},
};
use rusqlite::{OptionalExtension, TransactionBehavior, params};

use super::{Catalogue, CatalogueError, Clip, row, stated};

/// What moves, each table to its own of retired keys.
const MOVE: [&str; 5] = ["clip", "entry", "salt", "stated", "token"];

/// A key that the station had before.
#[derive(Debug, Clone)]
pub struct Retired {
    /// Its public half.
    pub key: VerifierKey,
    /// Its clips, oldest first.
    pub clips: Vec<Clip>,
}

impl Catalogue {
    /// The commit point of a renewal: what was recorded so far is the old key's, and nothing is the new one's but this
    /// statement of it, the first entry of its ledger. Holds stay: they are on orders.
    ///
    /// # Errors
    /// SQLite's.
    pub fn renew(&self, old: &VerifierKey, note: &[u8], hash: Hash) -> Result<(), CatalogueError> {
        let mut db = self.db();
        let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let insert = "INSERT INTO retired (vkey, moved) VALUES (?1, 0) RETURNING number";
        let number: u64 = transaction.query_row(insert, [old.to_string()], |row| row.get(0))?;
        for table in MOVE {
            transaction.execute(&format!("INSERT INTO retired_{table} SELECT ?1, * FROM {table}"), [number])?;
            transaction.execute(&format!("DELETE FROM {table}"), [])?;
        }
        transaction.execute("UPDATE ledger SET entries = 0, size = 0, root = NULL", [])?;
        stated::add(&transaction, (EntryKind::Key, None), note, hash)?;
        Ok(transaction.commit()?)
    }

    /// The key whose files are not in their place among the retired yet.
    ///
    /// # Errors
    /// SQLite's; a damaged row.
    pub fn retiring(&self) -> Result<Option<VerifierKey>, CatalogueError> {
        let db = self.db();
        let query = "SELECT number, vkey FROM retired WHERE moved = 0";
        let found = db.query_row(query, [], |row| Ok((row.get::<_, u64>(0)?, row.get::<_, String>(1)?))).optional()?;
        found.map(|(number, key)| read(number, &key)).transpose()
    }

    /// Its files are there now.
    ///
    /// # Errors
    /// SQLite's.
    pub fn retire(&self, key: &VerifierKey) -> Result<(), CatalogueError> {
        self.db().execute("UPDATE retired SET moved = 1 WHERE vkey = ?1", params![key.to_string()])?;
        Ok(())
    }

    /// All retired keys, oldest first.
    ///
    /// # Errors
    /// SQLite's; a damaged row.
    pub fn retired_keys(&self) -> Result<Vec<VerifierKey>, CatalogueError> {
        let db = self.db();
        let mut query = db.prepare_cached("SELECT number, vkey FROM retired ORDER BY number")?;
        let rows = query.query_map([], |row| Ok((row.get::<_, u64>(0)?, row.get::<_, String>(1)?)))?;
        let rows = rows.collect::<Result<Vec<_>, _>>()?;
        rows.iter().map(|(number, key)| read(*number, key)).collect()
    }

    /// All retired keys with their clips, or those of one order; oldest first.
    ///
    /// # Errors
    /// SQLite's; a damaged row.
    pub fn retired(&self, order: Option<&Order>) -> Result<Vec<Retired>, CatalogueError> {
        let db = self.db();
        let mut query = db.prepare("SELECT number, vkey FROM retired ORDER BY number")?;
        let mut rows = query.query([])?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            let (number, key): (u64, String) = (row.get(0)?, row.get(1)?);
            let mut clips = db.prepare(
                "SELECT * FROM retired_clip WHERE key = ?1 AND (?2 IS NULL OR order_number = ?2) ORDER BY sequence",
            )?;
            let clips = row::clips(clips.query(params![number, order.map(Order::as_str)])?)?;
            all.push(Retired { key: read(number, &key)?, clips });
        }
        Ok(all)
    }
}

fn read(number: u64, key: &str) -> Result<VerifierKey, CatalogueError> {
    <VerifierKey as Value>::parse(key).ok_or(CatalogueError::Key(number))
}
