//! Passwords and their hashes: Argon2id with the parameters that OWASP advises (19 MiB, 2 passes).

use std::sync::LazyLock;

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};

use super::{AccountError, LONGEST, SHORTEST};

/// What a password is held against where there is no account: it takes as long as one.
static NOBODY: LazyLock<String> = LazyLock::new(|| hash("no password is this").unwrap_or_default());

pub(super) fn hash(password: &str) -> Result<String, AccountError> {
    if password.chars().count() < SHORTEST || password.len() > LONGEST {
        return Err(AccountError::Password);
    }
    let hash = Argon2::default().hash_password(password.as_bytes()).map_err(|_| AccountError::Hash)?;
    Ok(hash.to_string())
}

pub(super) fn fits(password: &str, hash: Option<&str>) -> bool {
    let known = PasswordHash::new(hash.unwrap_or(&NOBODY));
    let fits = known.is_ok_and(|known| {
        password.len() <= LONGEST && Argon2::default().verify_password(password.as_bytes(), &known).is_ok()
    });
    fits && hash.is_some()
}
