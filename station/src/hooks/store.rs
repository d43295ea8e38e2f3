//! `hooks.sqlite`: what each webhook is still to be told, how far it was told, and what could not be delivered.

use std::{
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use evidence::value::Time;
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};

use super::{attention::Change, message::Message};
use crate::{catalogue::CatalogueError, status::Attention};

/// Its name in the data folder.
pub const FILE: &str = "hooks.sqlite";

/// The layout of the tables this program knows.
const VERSION: i64 = 1;
const TABLES: &str = "
CREATE TABLE hook (
    hook         TEXT PRIMARY KEY,             -- SHA-256 of its address, which may hold a secret
    key          TEXT,                         -- the station's key; NULL: it is not told of clips
    next         INTEGER,                      -- in that key's ledger: ENDs from this place on are to be told
    success      INTEGER,                      -- when it took something last, us since 1970
    error        TEXT,                         -- why it did not, the last time
    error_time   INTEGER                       -- when
) STRICT;
CREATE TABLE delivery (
    id    TEXT PRIMARY KEY,
    hook  TEXT    NOT NULL REFERENCES hook ON DELETE CASCADE,
    event TEXT    NOT NULL,
    body  TEXT    NOT NULL,                    -- JSON
    since INTEGER NOT NULL,                    -- from when on it is tried, us since 1970
    due   INTEGER NOT NULL,                    -- when it is tried next, likewise
    tries INTEGER NOT NULL DEFAULT 0,
    dead  INTEGER,                             -- when it was given up; NULL: it waits
    error TEXT                                 -- why it was not taken, the last time
) STRICT;
CREATE INDEX delivery_due ON delivery (hook, due) WHERE dead IS NULL;
CREATE INDEX delivery_dead ON delivery (hook, dead) WHERE dead IS NOT NULL;
CREATE TABLE attention (
    bench  TEXT NOT NULL,
    reason TEXT NOT NULL,                      -- told, and not over yet
    PRIMARY KEY (bench, reason)
) STRICT;
";

/// Longest time between two tries, µs.
const LONGEST: i64 = 3_600_000_000;
/// How often something is tried.
const TRIES: u32 = 20;
/// For how long, µs.
const DAY: i64 = 86_400_000_000;
/// How many dead letters of a webhook are kept.
const DEAD: u32 = 10_000;

/// What cannot be noted.
#[derive(Debug, thiserror::Error)]
pub enum HookError {
    /// SQLite's.
    #[error("webhooks' outbox")]
    Sqlite(#[from] rusqlite::Error),
    /// The catalogue's.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    /// Made by another version of packseal.
    #[error("it was made by another version of packseal: update this one")]
    Version,
    /// It holds something that was never written so.
    #[error("it is damaged")]
    Damaged,
}

/// Something that waits to be delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Of the message.
    pub id: String,
    /// What it is about.
    pub event: String,
    /// JSON.
    pub body: String,
    /// How often it was tried.
    pub tries: u32,
    /// From when on.
    since: i64,
}

/// What became of a failed try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is tried again after so long.
    Again(Duration),
    /// It is not tried any more.
    Dead,
}

/// A message that could not be delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dead {
    /// Of the message.
    pub id: String,
    /// The webhook's name, see [`super::name_of`].
    pub hook: String,
    /// What it is about.
    pub event: String,
    /// JSON.
    pub body: String,
    /// When it was given up.
    pub time: Time,
    /// Why, the last time.
    pub error: String,
}

/// How a webhook stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// Messages that wait.
    pub waiting: u64,
    /// Messages that were given up.
    pub dead: u64,
    /// When it took something last.
    pub success: Option<Time>,
    /// When it last did not, and why.
    pub error: Option<(Time, String)>,
}

/// The database. Each call is a transaction of its own.
#[derive(Debug)]
pub struct Store {
    db: Mutex<Connection>,
}

impl Store {
    /// Opens it; makes it where there is none.
    ///
    /// # Errors
    /// SQLite's; [`HookError::Version`].
    pub fn open(path: &Path) -> Result<Self, HookError> {
        let mut db = Connection::open(path)?;
        db.busy_timeout(Duration::from_secs(5))?;
        db.pragma_update(None, "journal_mode", "WAL")?;
        db.pragma_update(None, "synchronous", "FULL")?;
        db.pragma_update(None, "foreign_keys", true)?;
        db.pragma_update(None, "cache_size", -256)?;
        let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        match transaction.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0))? {
            0 => transaction.execute_batch(TABLES)?,
            VERSION => {}
            _ => return Err(HookError::Version),
        }
        transaction.pragma_update(None, "user_version", VERSION)?;
        transaction.commit()?;
        Ok(Self { db: Mutex::new(db) })
    }

    fn db(&self) -> MutexGuard<'_, Connection> {
        // A thread that panicked left no half of a transaction: SQLite rolled it back.
        self.db.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// These webhooks are there, each told of clips or not, and no others. Who was not told of clips before is told of
    /// those from this place of this key's ledger on.
    ///
    /// # Errors
    /// SQLite's.
    pub fn settle(&self, hooks: &[(&str, bool)], key: &str, next: u64) -> Result<(), HookError> {
        let mut db = self.db();
        let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let known: Vec<String> = {
            let mut statement = transaction.prepare("SELECT hook FROM hook")?;
            statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?
        };
        for gone in known.iter().filter(|known| hooks.iter().all(|(hook, _)| hook != known)) {
            transaction.execute("DELETE FROM hook WHERE hook = ?1", [gone])?;
        }
        for (hook, sealed) in hooks {
            transaction.execute("INSERT INTO hook (hook) VALUES (?1) ON CONFLICT DO NOTHING", [hook])?;
            if *sealed {
                let begin = "UPDATE hook SET key = ?2, next = ?3 WHERE hook = ?1 AND key IS NULL";
                transaction.execute(begin, params![hook, key, next])?;
            } else {
                transaction.execute("UPDATE hook SET key = NULL, next = NULL WHERE hook = ?1", [hook])?;
            }
        }
        Ok(transaction.commit()?)
    }

    /// From which place of which key's ledger on this webhook is to be told; `None`: it is not.
    ///
    /// # Errors
    /// SQLite's.
    pub fn cursor(&self, hook: &str) -> Result<Option<(String, u64)>, HookError> {
        let db = self.db();
        let mut statement = db.prepare_cached("SELECT key, next FROM hook WHERE hook = ?1 AND key IS NOT NULL")?;
        Ok(statement.query_row([hook], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
    }

    /// Puts messages into a webhook's outbox and moves its cursor, at once.
    ///
    /// # Errors
    /// SQLite's.
    pub fn enqueue(
        &self,
        hook: &str,
        messages: &[Message],
        cursor: Option<(&str, u64)>,
        now: Time,
    ) -> Result<(), HookError> {
        let mut db = self.db();
        let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for Message { id, event, body } in messages {
            // One that is there already is the same: a folder that was set back comes by it again.
            transaction.execute(
                "INSERT INTO delivery (id, hook, event, body, since, due) VALUES (?1, ?2, ?3, ?4, ?5, ?5)
                 ON CONFLICT DO NOTHING",
                params![id, hook, event.as_str(), body, now.0],
            )?;
        }
        if let Some((key, next)) = cursor {
            transaction.execute("UPDATE hook SET key = ?2, next = ?3 WHERE hook = ?1", params![hook, key, next])?;
        }
        Ok(transaction.commit()?)
    }

    /// What was told to need attention and is not over yet.
    ///
    /// # Errors
    /// SQLite's.
    pub fn attention(&self) -> Result<Vec<(String, Attention)>, HookError> {
        let db = self.db();
        let mut statement = db.prepare("SELECT bench, reason FROM attention")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let rows: Vec<(String, String)> = rows.collect::<Result<_, _>>()?;
        let known = |word: &str| Attention::ALL.into_iter().find(|reason| reason.as_str() == word);
        Ok(rows.into_iter().filter_map(|(bench, word)| Some((bench, known(&word)?))).collect())
    }

    /// This is told.
    ///
    /// # Errors
    /// SQLite's.
    pub fn attend(&self, change: &Change) -> Result<(), HookError> {
        let sql = if change.begun {
            "INSERT INTO attention (bench, reason) VALUES (?1, ?2) ON CONFLICT DO NOTHING"
        } else {
            "DELETE FROM attention WHERE bench = ?1 AND reason = ?2"
        };
        self.db().execute(sql, params![change.bench, change.reason.as_str()])?;
        Ok(())
    }

    /// What this webhook is to be told now: what is due first.
    ///
    /// # Errors
    /// SQLite's.
    pub fn due(&self, hook: &str, now: Time) -> Result<Option<Delivery>, HookError> {
        let db = self.db();
        // What is due later than anything can be was put there by a clock that was ahead.
        let mut statement = db.prepare_cached(
            "SELECT id, event, body, tries, since FROM delivery
             WHERE hook = ?1 AND dead IS NULL AND (due <= ?2 OR due > ?2 + ?3) ORDER BY due, since, rowid LIMIT 1",
        )?;
        let read = |row: &Row<'_>| {
            let (id, event, body) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok(Delivery { id, event, body, tries: row.get(3)?, since: row.get(4)? })
        };
        Ok(statement.query_row(params![hook, now.0, LONGEST], read).optional()?)
    }

    /// The webhook took this.
    ///
    /// # Errors
    /// SQLite's.
    pub fn delivered(&self, hook: &str, id: &str, now: Time) -> Result<(), HookError> {
        let mut db = self.db();
        let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute("DELETE FROM delivery WHERE id = ?1", [id])?;
        transaction.execute("UPDATE hook SET success = ?2 WHERE hook = ?1", params![hook, now.0])?;
        Ok(transaction.commit()?)
    }

    /// The webhook did not take this, for this reason.
    ///
    /// # Errors
    /// SQLite's.
    pub fn failed(&self, hook: &str, delivery: &Delivery, error: &str, now: Time) -> Result<Fate, HookError> {
        let tries = delivery.tries + 1;
        let fate = fate(tries, now.0.saturating_sub(delivery.since));
        let (due, dead) = match fate {
            Fate::Again(wait) => (now.0 + i64::try_from(wait.as_micros()).unwrap_or(LONGEST), None),
            Fate::Dead => (now.0, Some(now.0)),
        };
        let mut db = self.db();
        let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute(
            "UPDATE delivery SET tries = ?2, due = ?3, dead = ?4, error = ?5 WHERE id = ?1",
            params![delivery.id, tries, due, dead, error],
        )?;
        transaction
            .execute("UPDATE hook SET error = ?2, error_time = ?3 WHERE hook = ?1", params![hook, error, now.0])?;
        if fate == Fate::Dead {
            transaction.execute(
                "DELETE FROM delivery WHERE rowid IN (SELECT rowid FROM delivery
                 WHERE hook = ?1 AND dead IS NOT NULL ORDER BY dead DESC LIMIT -1 OFFSET ?2)",
                params![hook, DEAD],
            )?;
        }
        transaction.commit()?;
        Ok(fate)
    }

    /// How a webhook stands.
    ///
    /// # Errors
    /// SQLite's.
    pub fn told(&self, hook: &str) -> Result<Told, HookError> {
        let db = self.db();
        let sql = "SELECT success, error_time, error,
            (SELECT count(*) FROM delivery WHERE hook = ?1 AND dead IS NULL),
            (SELECT count(*) FROM delivery WHERE hook = ?1 AND dead IS NOT NULL) FROM hook WHERE hook = ?1";
        let told = db.query_row(sql, [hook], |row| {
            let error = row.get::<_, Option<i64>>(1)?.zip(row.get::<_, Option<String>>(2)?);
            Ok(Told {
                waiting: row.get(3)?,
                dead: row.get(4)?,
                success: row.get::<_, Option<i64>>(0)?.map(Time),
                error: error.map(|(time, text)| (Time(time), text)),
            })
        });
        Ok(told.optional()?.unwrap_or_default())
    }

    /// So many dead letters, newest first.
    ///
    /// # Errors
    /// SQLite's.
    pub fn dead(&self, most: usize) -> Result<Vec<Dead>, HookError> {
        let db = self.db();
        let mut statement = db.prepare(
            "SELECT id, hook, event, body, dead, coalesce(error, '') FROM delivery
             WHERE dead IS NOT NULL ORDER BY dead DESC, rowid DESC LIMIT ?1",
        )?;
        let rows = statement.query_map([most as u64], |row| {
            let (id, hook, event, body) = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
            Ok(Dead { id, hook, event, body, time: Time(row.get(4)?), error: row.get(5)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Has a dead letter tried again, from the beginning: whether there is one of this id.
    ///
    /// # Errors
    /// SQLite's.
    pub fn retry(&self, id: &str, now: Time) -> Result<bool, HookError> {
        let sql = "UPDATE delivery SET dead = NULL, tries = 0, since = ?2, due = ?2
            WHERE id = ?1 AND dead IS NOT NULL";
        Ok(self.db().execute(sql, params![id, now.0])? > 0)
    }

    /// Throws a dead letter away: whether there is one of this id.
    ///
    /// # Errors
    /// SQLite's.
    pub fn drop_dead(&self, id: &str) -> Result<bool, HookError> {
        Ok(self.db().execute("DELETE FROM delivery WHERE id = ?1 AND dead IS NOT NULL", [id])? > 0)
    }
}

/// What becomes of what was tried so often, for so long (µs).
fn fate(tries: u32, age: i64) -> Fate {
    if tries >= TRIES || age >= DAY {
        return Fate::Dead;
    }
    let seconds = 1_u64 << tries.saturating_sub(1).min(12);
    Fate::Again(Duration::from_secs(seconds).min(Duration::from_micros(LONGEST.unsigned_abs())))
}

#[cfg(test)]
mod tests;
