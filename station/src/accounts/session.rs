//! Sessions: who proved a password, for a while.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rusqlite::{OptionalExtension, params};
use sha2::{Digest, Sha256};

use super::{Account, AccountError, Accounts, account};

/// µs without a request after which a session has ended.
const IDLE: i64 = 12 * 3_600_000_000;
/// µs after which it has ended anyhow.
const LONGEST: i64 = 7 * 86_400_000_000;
/// µs between two notes of its use: a page that asks each second is not a write each second.
const NOTED: i64 = 60_000_000;

/// What the client has: it is never kept here, nor logged.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// Reads one that came.
    pub fn of(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// For the client.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(…)")
    }
}

/// A session that began.
#[derive(Debug, Clone)]
pub struct Session {
    /// For the client.
    pub token: Token,
    /// Whose it is.
    pub account: Account,
}

impl Accounts {
    /// Begins a session of this account; drops those that have ended.
    ///
    /// # Errors
    /// SQLite's; [`AccountError::Hash`] without random numbers.
    pub fn begin(&self, account: Account, now_us: i64) -> Result<Session, AccountError> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|_| AccountError::Hash)?;
        let token = Token(URL_SAFE_NO_PAD.encode(bytes));
        let db = self.db();
        db.execute("DELETE FROM session WHERE used < ?1 OR made < ?2", params![now_us - IDLE, now_us - LONGEST])?;
        db.execute(
            "INSERT INTO session (token, account, made, used) VALUES (?1, ?2, ?3, ?3)",
            params![token.digest(), account.name.as_str(), now_us],
        )?;
        Ok(Session { token, account })
    }

    /// Whose session this is, if it lasts.
    ///
    /// # Errors
    /// SQLite's.
    pub fn session(&self, token: &Token, now_us: i64) -> Result<Option<Account>, AccountError> {
        let db = self.db();
        let sql = "SELECT account.name, account.role, session.used FROM session JOIN account ON account.name = account
            WHERE token = ?1 AND used >= ?2 AND session.made >= ?3";
        let mut statement = db.prepare_cached(sql)?;
        let found: Option<(String, String, i64)> = statement
            .query_row(params![token.digest(), now_us - IDLE, now_us - LONGEST], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })
            .optional()?;
        let Some((name, role, used)) = found else { return Ok(None) };
        if now_us - used > NOTED {
            db.execute("UPDATE session SET used = ?2 WHERE token = ?1", params![token.digest(), now_us])?;
        }
        Ok(account(&name, &role))
    }

    /// Ends a session.
    ///
    /// # Errors
    /// SQLite's.
    pub fn end(&self, token: &Token) -> Result<(), AccountError> {
        self.db().execute("DELETE FROM session WHERE token = ?1", params![token.digest()])?;
        Ok(())
    }
}
