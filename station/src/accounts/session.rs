//! Sessions: who proved a password, for a while.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rusqlite::{OptionalExtension, TransactionBehavior, params};
use sha2::{Digest, Sha256};

use super::{Account, AccountError, Accounts, Name, account};
use crate::acts::ActError;

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
    /// Begins a session of this account, while this is still its password's hash; drops those that have ended.
    pub(super) fn begin(
        &self,
        account: Account,
        hash: &str,
        now_us: i64,
        note: impl FnOnce(&Name) -> Result<(), ActError>,
    ) -> Result<Option<Session>, AccountError> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|_| AccountError::Hash)?;
        let token = Token(URL_SAFE_NO_PAD.encode(bytes));
        let mut db = self.db();
        let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction
            .execute("DELETE FROM session WHERE used < ?1 OR made < ?2", params![now_us - IDLE, now_us - LONGEST])?;
        let begun = transaction.execute(
            "INSERT INTO session (token, account, made, used) SELECT ?1, name, ?3, ?3 FROM account
             WHERE name = ?2 AND hash = ?4",
            params![token.digest(), account.name.as_str(), now_us, hash],
        )?;
        if begun == 0 {
            return Ok(None);
        }
        note(&account.name)?;
        transaction.commit()?;
        Ok(Some(Session { token, account }))
    }

    /// Whose session this is, if it lasts, and whether its use is to be noted ([`Self::used`]).
    ///
    /// # Errors
    /// SQLite's.
    pub fn session(&self, token: &Token, now_us: i64) -> Result<Option<(Account, bool)>, AccountError> {
        let db = self.reader();
        let sql = "SELECT account.name, account.role, session.used FROM session JOIN account ON account.name = account
            WHERE token = ?1 AND used >= ?2 AND session.made >= ?3";
        let mut statement = db.prepare_cached(sql)?;
        let found: Option<(String, String, i64)> = statement
            .query_row(params![token.digest(), now_us - IDLE, now_us - LONGEST], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })
            .optional()?;
        Ok(found.and_then(|(name, role, used)| Some((account(&name, &role)?, now_us - used > NOTED))))
    }

    /// Notes that a session was used.
    ///
    /// # Errors
    /// SQLite's.
    pub fn used(&self, token: &Token, now_us: i64) -> Result<(), AccountError> {
        self.db().execute("UPDATE session SET used = ?2 WHERE token = ?1", params![token.digest(), now_us])?;
        Ok(())
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

#[cfg(test)]
mod tests {
    use evidence::value::Value as _;

    use super::*;
    use crate::accounts::Role;

    const PASSWORD: &str = "a long password";

    struct Scratch(std::path::PathBuf, Accounts);

    impl Scratch {
        fn new(name: &str) -> Self {
            let folder = std::env::temp_dir().join(format!("packseal-accounts-{name}-{}", std::process::id()));
            std::fs::create_dir_all(&folder).unwrap();
            let accounts = Accounts::open(&folder.join("accounts.sqlite")).unwrap();
            accounts
                .add(&Account { name: Name::parse("anna").unwrap(), role: Role::Admin }, PASSWORD, 0, || Ok(()))
                .unwrap();
            Self(folder, accounts)
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    fn log_in(accounts: &Accounts, password: &str, now: i64) -> Option<Token> {
        accounts.log_in("anna", password, now, |_| Ok(())).unwrap().map(|session| session.token)
    }

    #[test]
    fn a_session_ends_unused_and_anyhow_and_with_its_password() {
        let scratch = Scratch::new("session");
        let accounts = &scratch.1;
        let now = 1_800_000_000_000_000;
        let session =
            |token: &Token, at| accounts.session(token, at).unwrap().map(|(account, noted)| (account.role, noted));
        let token = log_in(accounts, PASSWORD, now).unwrap();
        assert_eq!(session(&token, now + NOTED), Some((Role::Admin, false)));
        assert_eq!(session(&token, now + NOTED + 1), Some((Role::Admin, true)));
        assert_eq!(session(&token, now + IDLE + 1), None);
        // Used all the time, it lasts, and then it does not.
        let mut at = now;
        while at + IDLE <= now + LONGEST {
            at += IDLE;
            assert!(session(&token, at).is_some(), "{at}");
            accounts.used(&token, at).unwrap();
        }
        assert_eq!(session(&token, now + LONGEST + 1), None);
        // What the client has is not here.
        let file = std::fs::read(scratch.0.join("accounts.sqlite-wal")).unwrap();
        assert!(!file.windows(20).any(|part| part == &token.as_str().as_bytes()[..20]));
        let [first, second] = [(); 2].map(|()| log_in(accounts, PASSWORD, now).unwrap());
        accounts.end(&first).unwrap();
        assert!(session(&first, now).is_none() && session(&second, now).is_some());
        accounts.set_password("anna", "another password", || Ok(())).unwrap();
        assert!(session(&second, now).is_none());
        assert!(log_in(accounts, PASSWORD, now).is_none());
    }

    #[test]
    fn no_session_begins_under_a_password_that_was_just_replaced() {
        let scratch = Scratch::new("race");
        let (account, hash) = scratch.1.check("anna", PASSWORD).unwrap().unwrap();
        scratch.1.set_password("anna", "another password", || Ok(())).unwrap();
        assert!(scratch.1.begin(account, &hash, 0, |_| Ok(())).unwrap().is_none());
        assert!(log_in(&scratch.1, "another password", 0).is_some());
    }

    #[test]
    fn what_cannot_be_noted_is_not_done() {
        let scratch = Scratch::new("noted");
        let accounts = &scratch.1;
        let failed = || Err(ActError::Grammar);
        let ben = Account { name: Name::parse("ben").unwrap(), role: Role::Admin };
        let not_done = |done: Result<(), AccountError>| assert!(matches!(done, Err(AccountError::Act(_))), "{done:?}");
        not_done(accounts.add(&ben, PASSWORD, 0, failed));
        assert!(!accounts.knows("ben").unwrap());
        accounts.add(&ben, PASSWORD, 0, || Ok(())).unwrap();
        not_done(accounts.remove("ben", failed));
        assert!(accounts.knows("ben").unwrap());
        let token = log_in(accounts, PASSWORD, 0).unwrap();
        not_done(accounts.set_password("anna", "another password", failed));
        assert!(accounts.session(&token, 0).unwrap().is_some() && log_in(accounts, PASSWORD, 0).is_some());
        not_done(accounts.log_in("anna", PASSWORD, 0, |_| failed()).map(|_| ()));
        let sessions: u64 = accounts.db().query_row("SELECT count(*) FROM session", [], |row| row.get(0)).unwrap();
        assert_eq!(sessions, 2);
        // Nor is what is refused noted.
        let unasked = || -> Result<(), ActError> { panic!("it was noted") };
        assert!(matches!(accounts.add(&ben, PASSWORD, 0, unasked), Err(AccountError::Taken)));
        accounts.remove("ben", || Ok(())).unwrap();
        assert!(matches!(accounts.remove("ben", unasked), Err(AccountError::Unknown)));
        assert!(matches!(accounts.remove("anna", unasked), Err(AccountError::LastAdmin)));
        assert!(matches!(accounts.set_password("ben", PASSWORD, unasked), Err(AccountError::Unknown)));
    }
}
