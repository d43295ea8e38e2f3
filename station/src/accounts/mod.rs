//! Who may use the pages and the interface: accounts, their sessions, and how often a password may be tried.
//!
//! ```text
//! name, password ─► Argon2id ─► session: 32 random bytes for the client, their SHA-256 here
//! ```
//!
//! They stand in a database of their own, `accounts.sqlite`: what was recorded does not depend on it, and a backup of
//! the catalogue gives nobody a password's hash.
//!
//! Whatever changes them is noted by the caller (`note`) before it is done, and not done where that fails.

mod attempts;
mod password;
mod session;

pub use attempts::{Attempt, Attempts};
pub use session::{Session, Token};

use std::{
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use evidence::value::{Time, Token as Name, Value};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use crate::acts::ActError;

/// The layout of the tables this program knows.
const VERSION: i64 = 1;
const TABLES: &str = "
CREATE TABLE account (
    name TEXT PRIMARY KEY,
    role TEXT    NOT NULL CHECK (role IN ('packer', 'service', 'admin')),
    hash TEXT    NOT NULL,                     -- Argon2id, in the PHC format
    made INTEGER NOT NULL                      -- us since 1970
) STRICT;
CREATE TABLE session (
    token   BLOB PRIMARY KEY,                  -- SHA-256 of what the client has
    account TEXT    NOT NULL REFERENCES account ON DELETE CASCADE,
    made    INTEGER NOT NULL,                  -- us since 1970
    used    INTEGER NOT NULL                   -- likewise
) STRICT;
CREATE INDEX session_of_account ON session (account);
";

/// Bytes of the longest password: hashing longer ones is work for nothing.
pub const LONGEST: usize = 256;
/// Characters of the shortest password.
pub const SHORTEST: usize = 10;
/// Passwords that are hashed at a time: each takes 19 MiB, and a core from the benches.
const HASHING: usize = 2;

/// What an account may do; each may what those before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Sees bench screens and scans.
    Packer,
    /// Finds, plays, verifies, holds and exports clips.
    Service,
    /// Makes accounts, and sees what was done.
    Admin,
}

impl Role {
    /// Every case.
    pub const ALL: [Self; 3] = [Self::Packer, Self::Service, Self::Admin];

    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Packer => "packer",
            Self::Service => "service",
            Self::Admin => "admin",
        }
    }

    /// Reads it.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }
}

/// Somebody with an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Of the alphabet of tokens, so that it may stand in statements.
    pub name: Name,
    /// What they may do.
    pub role: Role,
}

/// What accounts cannot do.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// SQLite's.
    #[error("accounts")]
    Sqlite(#[from] rusqlite::Error),
    /// Made by a later version, or no database of accounts.
    #[error("the accounts were made by another version of packseal: update this one")]
    Version,
    /// There is an account of this name.
    #[error("there is an account of this name already")]
    Taken,
    /// There is none.
    #[error("there is no account of this name")]
    Unknown,
    /// It is the last one that may make others.
    #[error("it is the only administrator's account: make another one first")]
    LastAdmin,
    /// Too short or too long.
    #[error("a password has 10 characters or more, and 256 bytes at most")]
    Password,
    /// It cannot be noted, and is not done.
    #[error(transparent)]
    Act(#[from] ActError),
    /// The system gives no random numbers, or no memory for hashing.
    #[error("a password cannot be hashed")]
    Hash,
}

/// An account as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Whose.
    pub account: Account,
    /// When it was made.
    pub made: Time,
}

/// The accounts' file.
#[derive(Debug)]
pub struct Accounts {
    db: Mutex<Connection>,
    /// Asked for each request that has a session: it never waits for a write to be on disk.
    reader: Mutex<Connection>,
    /// How often a password may be tried.
    pub attempts: Attempts,
    /// Permits to hash a password.
    pub hashing: Arc<Semaphore>,
}

impl Accounts {
    /// Opens it; makes it where there is none.
    ///
    /// # Errors
    /// SQLite's; [`AccountError::Version`].
    pub fn open(path: &Path) -> Result<Self, AccountError> {
        let mut db = connect(path)?;
        let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        match transaction.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0))? {
            0 => transaction.execute_batch(TABLES)?,
            VERSION => {}
            _ => return Err(AccountError::Version),
        }
        transaction.pragma_update(None, "user_version", VERSION)?;
        transaction.commit()?;
        let reader = connect(path)?;
        reader.pragma_update(None, "query_only", true)?;
        let (db, reader) = (Mutex::new(db), Mutex::new(reader));
        Ok(Self { db, reader, attempts: Attempts::default(), hashing: Arc::new(Semaphore::new(HASHING)) })
    }

    fn db(&self) -> MutexGuard<'_, Connection> {
        // A thread that panicked left no half of a transaction: SQLite rolled it back.
        self.db.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reader(&self) -> MutexGuard<'_, Connection> {
        self.reader.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes an account.
    ///
    /// # Errors
    /// See [`AccountError`].
    pub fn add(
        &self,
        account: &Account,
        password: &str,
        now_us: i64,
        note: impl FnOnce() -> Result<(), ActError>,
    ) -> Result<(), AccountError> {
        let hash = password::hash(password)?;
        let mut db = self.db();
        let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let insert = "INSERT INTO account (name, role, hash, made) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";
        let made = transaction.execute(insert, params![account.name.as_str(), account.role.as_str(), hash, now_us])?;
        if made == 0 {
            return Err(AccountError::Taken);
        }
        note()?;
        Ok(transaction.commit()?)
    }

    /// All of them, by name.
    ///
    /// # Errors
    /// SQLite's.
    pub fn all(&self) -> Result<Vec<Listed>, AccountError> {
        let db = self.reader();
        let mut statement = db.prepare("SELECT name, role, made FROM account ORDER BY name")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let rows: Vec<(String, String, i64)> = rows.collect::<Result<_, _>>()?;
        let listed = |(name, role, made): &(String, String, i64)| {
            Some(Listed { account: account(name, role)?, made: Time(*made) })
        };
        Ok(rows.iter().filter_map(listed).collect())
    }

    /// Whether there is an account of this name.
    ///
    /// # Errors
    /// SQLite's.
    pub fn knows(&self, name: &str) -> Result<bool, AccountError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM account WHERE name = ?1)";
        Ok(self.reader().query_row(sql, [name], |row| row.get(0))?)
    }

    /// Whether somebody can make accounts.
    ///
    /// # Errors
    /// SQLite's.
    pub fn has_admin(&self) -> Result<bool, AccountError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM account WHERE role = 'admin')";
        Ok(self.reader().query_row(sql, [], |row| row.get(0))?)
    }

    /// The account whose name and password these are, with the hash that says so. Takes as long where there is no such
    /// name.
    ///
    /// # Errors
    /// SQLite's.
    fn check(&self, name: &str, password: &str) -> Result<Option<(Account, String)>, AccountError> {
        let sql = "SELECT role, hash FROM account WHERE name = ?1";
        let found: Option<(String, String)> =
            self.db().query_row(sql, [name], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        let fits = password::fits(password, found.as_ref().map(|(_, hash)| &**hash));
        let found = found.filter(|_| fits);
        Ok(found.and_then(|(role, hash)| Some((account(name, &role)?, hash))))
    }

    /// Begins a session of whom name and password fit.
    ///
    /// # Errors
    /// SQLite's; [`AccountError::Hash`] without random numbers; [`AccountError::Act`].
    pub fn log_in(
        &self,
        name: &str,
        password: &str,
        now_us: i64,
        note: impl FnOnce(&Name) -> Result<(), ActError>,
    ) -> Result<Option<Session>, AccountError> {
        match self.check(name, password)? {
            Some((account, hash)) => self.begin(account, &hash, now_us, note),
            None => Ok(None),
        }
    }

    /// Sets another password, and ends the account's sessions.
    ///
    /// # Errors
    /// See [`AccountError`].
    pub fn set_password(
        &self,
        name: &str,
        password: &str,
        note: impl FnOnce() -> Result<(), ActError>,
    ) -> Result<(), AccountError> {
        let hash = password::hash(password)?;
        let mut db = self.db();
        let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if transaction.execute("UPDATE account SET hash = ?2 WHERE name = ?1", params![name, hash])? == 0 {
            return Err(AccountError::Unknown);
        }
        transaction.execute("DELETE FROM session WHERE account = ?1", [name])?;
        note()?;
        Ok(transaction.commit()?)
    }

    /// Sets another password for whoever knows the one before; all sessions end, and a new one begins. `None`: they do
    /// not know it.
    ///
    /// # Errors
    /// See [`AccountError`].
    pub fn change_password(
        &self,
        name: &str,
        (old, new): (&str, &str),
        now_us: i64,
        note: impl FnOnce() -> Result<(), ActError>,
    ) -> Result<Option<Session>, AccountError> {
        if self.check(name, old)?.is_none() {
            return Ok(None);
        }
        self.set_password(name, new, note)?;
        self.log_in(name, new, now_us, |_| Ok(()))
    }

    /// Removes an account with its sessions.
    ///
    /// # Errors
    /// See [`AccountError`].
    pub fn remove(&self, name: &str, note: impl FnOnce() -> Result<(), ActError>) -> Result<(), AccountError> {
        let mut db = self.db();
        let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if transaction.execute("DELETE FROM account WHERE name = ?1", [name])? == 0 {
            return Err(AccountError::Unknown);
        }
        let admins: u64 =
            transaction.query_row("SELECT count(*) FROM account WHERE role = 'admin'", [], |row| row.get(0))?;
        // Not committed: nothing was removed.
        if admins == 0 {
            return Err(AccountError::LastAdmin);
        }
        note()?;
        Ok(transaction.commit()?)
    }
}

fn connect(path: &Path) -> Result<Connection, AccountError> {
    let db = Connection::open(path)?;
    db.busy_timeout(Duration::from_secs(5))?;
    db.pragma_update(None, "journal_mode", "WAL")?;
    db.pragma_update(None, "foreign_keys", true)?;
    Ok(db)
}

fn account(name: &str, role: &str) -> Option<Account> {
    Some(Account { name: Name::parse(name)?, role: Role::parse(role)? })
}
