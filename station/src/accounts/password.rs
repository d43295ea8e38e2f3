//! Passwords and their hashes: Argon2id with the parameters that OWASP advises (19 MiB, 2 passes).

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};

use super::{AccountError, LONGEST, SHORTEST};

/// What a password is held against where there is no account: it takes as long as one, and nothing has this hash.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

pub(super) fn hash(password: &str) -> Result<String, AccountError> {
    if password.chars().count() < SHORTEST || password.len() > LONGEST {
        return Err(AccountError::Password);
    }
    let hash = Argon2::default().hash_password(password.as_bytes()).map_err(|_| AccountError::Hash)?;
    Ok(hash.to_string())
}

pub(super) fn fits(password: &str, hash: Option<&str>) -> bool {
    let known = PasswordHash::new(hash.unwrap_or(NOBODY));
    let fits = known.is_ok_and(|known| {
        password.len() <= LONGEST && Argon2::default().verify_password(password.as_bytes(), &known).is_ok()
    });
    fits && hash.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_fits_its_own_hash_and_no_other() {
        let hash = hash("correct horse").unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$") && !hash.contains("horse"), "{hash}");
        assert!(fits("correct horse", Some(&hash)));
        for (password, hash) in [("correct horsf", Some(&*hash)), ("", Some(&*hash)), ("x", Some("")), ("x", None)] {
            assert!(!fits(password, hash), "{password} {hash:?}");
        }
        // It is a hash, and asks for the same work.
        let (nobody, of_it) = (PasswordHash::new(NOBODY).unwrap(), PasswordHash::new(&hash).unwrap());
        assert_eq!((nobody.algorithm, nobody.version, nobody.params), (of_it.algorithm, of_it.version, of_it.params));
        assert_eq!(nobody.hash.unwrap().len(), of_it.hash.unwrap().len());
    }

    #[test]
    fn passwords_are_neither_short_nor_long() {
        for (password, taken) in [
            ("123456789", false),
            ("1234567890", true),
            ("一二三四五六七八九十", true),
            (&"x".repeat(256), true),
            (&"x".repeat(257), false),
        ] {
            assert_eq!(hash(password).is_ok(), taken, "{password}");
        }
    }
}
