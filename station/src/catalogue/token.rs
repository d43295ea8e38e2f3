//! The time tokens that this station holds (FORMAT.md, section 8), each with the exact checkpoint it is over.
//!
//! A token comes every few seconds, about 6 KiB each, so most go again. These stay:
//!
//! - one that the START of a clip names: without it nobody can prove what START says of it;
//! - those of the first checkpoint with a token that covers a clip's END: the earliest time before which it was sealed,
//!   for a PROOF that is made at any time later;
//! - the newest few, of which the next START takes one.
//!
//! Both of the first go with their clip.

use evidence::value::{Hash, Time, Value};
use rusqlite::{OptionalExtension, Row, Transaction, TransactionBehavior, params};

use super::{Catalogue, CatalogueError};

/// The newest tokens, which stay whatever they are for: a START may be about to name one.
const NEWEST: u32 = 16;
/// How many of those behind them are looked at when one comes: all that can have become old since the last time, and
/// those that a crash of the clock or of the program left.
const LOOK: u32 = 16;

/// Of these tokens those that are not needed: no clip that is kept names one of them, and none of them is over the
/// first checkpoint with a token that covers the END of a clip that is kept.
const NOT_NEEDED: &str = "NOT EXISTS (SELECT 1 FROM clip WHERE start_token = token.hash AND state <> 'deleted')
    AND NOT EXISTS (SELECT 1 FROM clip WHERE end_entry >= token.behind AND end_entry < token.size
        AND state <> 'deleted')
    AND number <= (SELECT max(number) FROM token) - ?1";

/// A token, verified by whoever got it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldToken {
    /// The authority's address.
    pub authority: String,
    /// The authority's time in it.
    pub time: Time,
    /// Entries of the checkpoint it is over.
    pub size: u64,
    /// That checkpoint's note, its exact bytes.
    pub checkpoint: Vec<u8>,
    /// The token.
    pub der: Vec<u8>,
}

impl HeldToken {
    /// SHA-256 of the token.
    pub fn hash(&self) -> Hash {
        Hash::of(&self.der)
    }
}

fn held(row: &Row<'_>) -> rusqlite::Result<HeldToken> {
    let (time, der) = (Time(row.get("time")?), row.get("der")?);
    Ok(HeldToken {
        authority: row.get("authority")?,
        time,
        size: row.get("size")?,
        checkpoint: row.get("checkpoint")?,
        der,
    })
}

impl Catalogue {
    /// Keeps a token, and lets those go that are not needed any more. It is on disk when this returns.
    ///
    /// # Errors
    /// SQLite's.
    pub fn keep_token(&self, token: &HeldToken) -> Result<(), CatalogueError> {
        let HeldToken { authority, time, size, checkpoint, der } = token;
        let mut db = self.db();
        let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // ENDs before a smaller checkpoint with a token have theirs; so has this checkpoint where it is the authority's
        // second over it.
        transaction.execute(
            "INSERT INTO token (hash, authority, time, size, behind, checkpoint, der) VALUES (?1, ?2, ?3, ?4,
             iif(EXISTS (SELECT 1 FROM token WHERE authority = ?2 AND size = ?4), ?4,
                 coalesce((SELECT max(size) FROM token WHERE size < ?4), 0)), ?5, ?6)",
            params![token.hash().to_string(), authority, time.0, size, checkpoint, der],
        )?;
        let old = "SELECT number FROM token ORDER BY number DESC LIMIT ?2 OFFSET ?1";
        transaction
            .execute(&format!("DELETE FROM token WHERE number IN ({old}) AND {NOT_NEEDED}"), params![NEWEST, LOOK])?;
        Ok(transaction.commit()?)
    }

    /// SHA-256 and time of the token that came last.
    ///
    /// # Errors
    /// SQLite's; a damaged row.
    pub fn newest_token(&self) -> Result<Option<(Hash, Time)>, CatalogueError> {
        let newest =
            self.db().query_row("SELECT hash, time, number FROM token ORDER BY number DESC LIMIT 1", [], |row| {
                Ok((row.get::<_, String>(0)?, Time(row.get(1)?), row.get::<_, u64>(2)?))
            });
        let Some((hash, time, number)) = newest.optional()? else { return Ok(None) };
        Ok(Some((Hash::parse(&hash).ok_or(CatalogueError::Token(number))?, time)))
    }

    /// The token of this SHA-256.
    ///
    /// # Errors
    /// SQLite's.
    pub fn token(&self, hash: &Hash) -> Result<Option<HeldToken>, CatalogueError> {
        let db = self.db();
        let found = db.query_row("SELECT * FROM token WHERE hash = ?1", [hash.to_string()], held);
        Ok(found.optional()?)
    }

    /// The tokens over the first checkpoint with one that covers the entry at this place, the first of each authority.
    ///
    /// # Errors
    /// SQLite's.
    pub fn tokens_covering(&self, entry: u64) -> Result<Vec<HeldToken>, CatalogueError> {
        let db = self.db();
        let mut statement = db.prepare_cached(super::sql::COVERING)?;
        let rows = statement.query_map([entry], held)?.collect::<rusqlite::Result<Vec<_>>>()?;
        let mut first: Vec<HeldToken> = Vec::new();
        for token in rows {
            let same = first.first().is_none_or(|one| one.checkpoint == token.checkpoint);
            if same && first.iter().all(|one| one.authority != token.authority) {
                first.push(token);
            }
        }
        Ok(first)
    }

    /// Entries of the largest checkpoint that this authority gave a token over; 0: none.
    ///
    /// # Errors
    /// SQLite's.
    pub fn covered_by(&self, authority: &str) -> Result<u64, CatalogueError> {
        let sql = "SELECT coalesce(max(size), 0) FROM token WHERE authority = ?1";
        Ok(self.db().query_row(sql, [authority], |row| row.get(0))?)
    }

    /// Place in the ledger of the newest END.
    ///
    /// # Errors
    /// SQLite's.
    pub fn newest_end_entry(&self) -> Result<Option<u64>, CatalogueError> {
        Ok(self.db().query_row(super::sql::NEWEST_END_ENTRY, [], |row| row.get(0))?)
    }
}

/// Lets the tokens go that only this clip, deleted now, needed.
pub(super) fn forget(transaction: &Transaction<'_>, sequence: u64) -> rusqlite::Result<()> {
    let of_clip = "SELECT token.number FROM clip JOIN token ON token.hash = clip.start_token WHERE clip.sequence = ?2
        UNION ALL SELECT token.number FROM token WHERE size = (SELECT min(size) FROM token
            WHERE size > (SELECT end_entry FROM clip WHERE sequence = ?2))";
    transaction.execute(
        &format!("DELETE FROM token WHERE number IN ({of_clip}) AND {NOT_NEEDED}"),
        params![NEWEST, sequence],
    )?;
    Ok(())
}
