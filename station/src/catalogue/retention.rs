//! What deleting asks of the catalogue and tells it: by index, whatever its size.

use evidence::{
    key::SigningKey,
    statement::Tombstone,
    value::{Order, Time},
};
use rusqlite::{OptionalExtension, TransactionBehavior, params};

use super::{Catalogue, CatalogueError, Clip, row, sql, token};

impl Catalogue {
    /// When the newest clip of this order began, if not before `since`; whether or not it is kept.
    ///
    /// # Errors
    /// SQLite's.
    pub fn last_recorded(&self, order: &Order, since: Time) -> Result<Option<Time>, CatalogueError> {
        let db = self.db();
        let mut statement = db.prepare_cached(sql::LAST_RECORDED)?;
        Ok(statement.query_row(params![order.as_str(), since.0], |row| row.get(0).map(Time)).optional()?)
    }

    /// When the clip that ended last did so. A wall clock before it was set back.
    ///
    /// # Errors
    /// SQLite's.
    pub fn newest_end(&self) -> Result<Option<Time>, CatalogueError> {
        Ok(self.db().query_row(sql::NEWEST_END, [], |row| Ok(row.get::<_, Option<i64>>(0)?.map(Time)))?)
    }

    /// When the first clip of this station began.
    ///
    /// # Errors
    /// SQLite's.
    pub fn first_begin(&self) -> Result<Option<Time>, CatalogueError> {
        let sql = "SELECT first_time FROM clip WHERE sequence = 1";
        Ok(self.db().query_row(sql, [], |row| row.get(0).map(Time)).optional()?)
    }

    /// Bytes of the clips that ended between these times, deleted ones too.
    ///
    /// # Errors
    /// SQLite's.
    pub fn recorded(&self, from: Time, to: Time) -> Result<u64, CatalogueError> {
        Ok(self.db().query_row(sql::RECORDED, [from.0, to.0], |row| row.get(0))?)
    }

    /// The oldest sealed clip that ended before then and is not on hold.
    ///
    /// # Errors
    /// SQLite's; a damaged row.
    pub fn oldest_deletable(&self, before: Time) -> Result<Option<Clip>, CatalogueError> {
        let db = self.db();
        let found = row::clips(db.prepare_cached(sql::OLDEST)?.query([before.0])?)?;
        Ok(found.into_iter().next())
    }

    /// How many sealed clips that ended before then are on hold, and how many bytes they have.
    ///
    /// # Errors
    /// SQLite's.
    pub fn held_before(&self, before: Time) -> Result<(u64, u64), CatalogueError> {
        Ok(self.db().query_row(sql::HELD, [before.0], |row| Ok((row.get(0)?, row.get(1)?)))?)
    }

    /// The clip will be deleted: its tombstone is signed and on disk. `false`, and nothing is changed, where it is not
    /// sealed or was put on hold meanwhile.
    ///
    /// # Errors
    /// SQLite's; a tombstone that cannot be signed.
    pub fn deleting(&self, tombstone: &Tombstone, key: &SigningKey) -> Result<bool, CatalogueError> {
        self.bury(sql::DELETING, tombstone, key)
    }

    /// The file of a clip that is being deleted is gone; time tokens that only it needed go as well.
    ///
    /// # Errors
    /// SQLite's.
    pub fn deleted(&self, sequence: u64) -> Result<(), CatalogueError> {
        let mut db = self.db();
        let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction
            .execute("UPDATE clip SET state = 'deleted' WHERE sequence = ?1 AND state = 'deleting'", [sequence])?;
        token::forget(&transaction, sequence)?;
        Ok(transaction.commit()?)
    }
}
