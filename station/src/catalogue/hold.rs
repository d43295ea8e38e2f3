//! Holds: clips that no rule may delete, for a dispute. A released hold stays, with its time and reason.
//!
//! A hold is on an order number or on a clip's id, which is 32 of an order number's characters: a clip is on hold where
//! either is. So later clips of the order are held as well. The same may be held for several reasons; a release ends all.

use evidence::value::{Order, Time, Token};
use rusqlite::{TransactionBehavior, params};

use super::{Catalogue, CatalogueError, sql};

/// One hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// Order number or clip id.
    pub target: String,
    /// Why.
    pub reason: String,
    /// Since when.
    pub since: Time,
    /// When it was released, and why.
    pub released: Option<(Time, String)>,
    /// Account or operator that asked for it; `None`: a command on the station did.
    pub by: Option<String>,
    /// Who released it, likewise.
    pub released_by: Option<String>,
}

impl Hold {
    /// Whether it is on.
    pub fn is_on(&self) -> bool {
        self.released.is_none()
    }
}

/// What a hold finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// Clips with a file.
    pub kept: u64,
    /// Clips that were deleted before.
    pub deleted: u64,
}

/// Whether this can be the reason of a hold or a release: 1 to 500 characters that show on one line, as they stand.
pub fn is_reason(text: &str) -> bool {
    let hides = |c: char| {
        c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    (1..=500).contains(&text.chars().count()) && text.trim() == text && !text.contains(hides)
}

impl Catalogue {
    /// Holds an order number, or a clip by its id, from now on; nothing of it need be recorded yet. Where it is on hold
    /// for this reason already, it stays so, by whom it was. `by`: see [`Hold::by`].
    ///
    /// # Errors
    /// SQLite's; [`CatalogueError::Reason`].
    pub fn hold(&self, target: &Order, reason: &str, by: Option<&Token>, time: Time) -> Result<Found, CatalogueError> {
        if !is_reason(reason) {
            return Err(CatalogueError::Reason);
        }
        let mut db = self.db();
        let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute(
            "INSERT INTO hold (target, reason, since, held_by) SELECT ?1, ?2, ?3, ?4
             WHERE NOT EXISTS (SELECT 1 FROM hold WHERE released IS NULL AND target = ?1 AND reason = ?2)",
            params![target.as_str(), reason, time.0, by.map(Token::as_str)],
        )?;
        let found = transaction
            .query_row(sql::KEPT, [target.as_str()], |row| Ok(Found { kept: row.get(0)?, deleted: row.get(1)? }))?;
        transaction.commit()?;
        Ok(found)
    }

    /// Releases every hold of this order number or clip id: which they were, oldest first.
    ///
    /// # Errors
    /// SQLite's; [`CatalogueError::Reason`].
    pub fn release(
        &self,
        target: &Order,
        reason: &str,
        by: Option<&Token>,
        time: Time,
    ) -> Result<Vec<Hold>, CatalogueError> {
        if !is_reason(reason) {
            return Err(CatalogueError::Reason);
        }
        let mut db = self.db();
        let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let sql = "UPDATE hold SET released = ?2, release_reason = ?3, released_by = ?4
                   WHERE target = ?1 AND released IS NULL RETURNING *";
        let mut released = {
            let mut statement = transaction.prepare(sql)?;
            let rows = statement.query_map(params![target.as_str(), time.0, reason, by.map(Token::as_str)], hold)?;
            rows.collect::<Result<Vec<_>, _>>()?
        };
        transaction.commit()?;
        released.sort_by_key(|(number, _)| *number);
        Ok(released.into_iter().map(|(_, hold)| hold).collect())
    }

    /// All holds, also those that were released, oldest first.
    ///
    /// # Errors
    /// SQLite's.
    pub fn holds(&self) -> Result<Vec<Hold>, CatalogueError> {
        let db = self.db();
        let mut statement = db.prepare("SELECT * FROM hold ORDER BY hold")?;
        let rows = statement.query_map([], hold)?;
        Ok(rows.map(|row| row.map(|(_, hold)| hold)).collect::<Result<_, _>>()?)
    }

    /// All holds of this order number or clip id, also those that were released, oldest first.
    ///
    /// # Errors
    /// SQLite's.
    pub fn holds_of(&self, target: &str) -> Result<Vec<Hold>, CatalogueError> {
        let db = self.db();
        let mut statement = db.prepare_cached(sql::HOLDS_OF)?;
        let rows = statement.query_map([target], hold)?;
        Ok(rows.map(|row| row.map(|(_, hold)| hold)).collect::<Result<_, _>>()?)
    }

    /// How many order numbers and clips are on hold.
    ///
    /// # Errors
    /// SQLite's.
    pub fn on_hold(&self) -> Result<u64, CatalogueError> {
        Ok(self.db().query_row(sql::ON_HOLD, [], |row| row.get(0))?)
    }
}

/// With its number.
fn hold(row: &rusqlite::Row<'_>) -> rusqlite::Result<(u64, Hold)> {
    let released = row.get::<_, Option<i64>>("released")?.map(Time).zip(row.get("release_reason")?);
    let hold = Hold {
        target: row.get("target")?,
        reason: row.get("reason")?,
        since: Time(row.get("since")?),
        released,
        by: row.get("held_by")?,
        released_by: row.get("released_by")?,
    };
    Ok((row.get("hold")?, hold))
}
