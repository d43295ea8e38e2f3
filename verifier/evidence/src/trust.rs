//! Keys given from outside (FORMAT.md, section 5; nothing that comes with a clip is trusted).
//!
//! A trust file has one `ROLE VKEY` a line, ROLE `station`, `root`, `witness` or `revoked`; lines that begin with `#`
//! and empty lines are comments. A file of one bare key means a station's.

use crate::{
    key::{KeyError, Signer, VerifierKey},
    value::choice,
};

choice!(
    /// What a key is trusted for.
    Role {
        /// Signs clips.
        Station = "station",
        /// Enrols stations.
        Root = "root",
        /// Countersigns checkpoints.
        Witness = "witness",
        /// Signs nothing any more.
        Revoked = "revoked",
    }
);

/// Why a trust file or key was not taken.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum TrustError {
    /// No key in it.
    #[error("no key in it: write a line like 'station NAME+KEYID+BASE64'")]
    Empty,
    /// A line is neither comment nor key.
    #[error("line {line}: unknown role '{role}': use station, root, witness or revoked")]
    Role {
        /// From 1.
        line: usize,
        /// What stands there.
        role: String,
    },
    /// A key does not parse.
    #[error("line {line}: {source}")]
    Key {
        /// From 1.
        line: usize,
        /// Why not.
        source: KeyError,
    },
    /// Two keys share name and key id.
    #[error("line {line}: another key has the same name and key id")]
    Clash {
        /// From 1.
        line: usize,
    },
    /// One key in two roles; only revoked may stand beside another.
    #[error("line {line}: this key already has another role: a key has one")]
    TwoRoles {
        /// From 1.
        line: usize,
    },
}

/// What is known of a signer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing<'a> {
    /// Listed as a station.
    Trusted(&'a VerifierKey),
    /// Listed as revoked, which beats everything else.
    Revoked(&'a VerifierKey),
    /// Not listed for this.
    Unknown,
}

/// The keys a verifier was given.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    keys: Vec<(Role, VerifierKey)>,
}

impl Trust {
    /// Adds the keys of a trust file.
    ///
    /// # Errors
    /// See [`TrustError`]; nothing of a refused file may be used.
    pub fn add_file(&mut self, text: &str) -> Result<(), TrustError> {
        let lines = || {
            text.lines()
                .enumerate()
                .map(|(i, l)| (i + 1, l.trim_end()))
                .filter(|(_, l)| !l.is_empty() && !l.starts_with('#'))
        };
        let bare = lines().count() == 1;
        if lines().next().is_none() {
            return Err(TrustError::Empty);
        }
        for (line, content) in lines() {
            let (role, key) = match content.split_once(' ') {
                Some((role, key)) => {
                    let known = <Role as crate::value::Value>::parse(role);
                    (known.ok_or_else(|| TrustError::Role { line, role: role.chars().take(40).collect() })?, key)
                }
                None if bare => (Role::Station, content),
                None => return Err(TrustError::Role { line, role: content.chars().take(40).collect() }),
            };
            self.add(role, key, line)?;
        }
        Ok(())
    }

    /// Adds one station's key text.
    ///
    /// # Errors
    /// See [`TrustError`]; its line is 1.
    pub fn add_station(&mut self, key: &str) -> Result<(), TrustError> {
        self.add(Role::Station, key, 1)
    }

    fn add(&mut self, role: Role, key: &str, line: usize) -> Result<(), TrustError> {
        let key = VerifierKey::parse(key).map_err(|source| TrustError::Key { line, source })?;
        for (other_role, other) in &self.keys {
            if other.signer() == key.signer() && *other != key {
                return Err(TrustError::Clash { line });
            }
            let revocation = role == Role::Revoked || *other_role == Role::Revoked;
            if *other == key && *other_role != role && !revocation {
                return Err(TrustError::TwoRoles { line });
            }
        }
        if !self.keys.contains(&(role, key.clone())) {
            self.keys.push((role, key));
        }
        Ok(())
    }

    /// What is known of this signer of a clip.
    pub fn standing(&self, signer: &Signer) -> Standing<'_> {
        let find = |role| self.keys.iter().find(|(r, key)| *r == role && key.signer() == signer).map(|(_, key)| key);
        match (find(Role::Revoked), find(Role::Station)) {
            (Some(key), _) => Standing::Revoked(key),
            (None, Some(key)) => Standing::Trusted(key),
            (None, None) => Standing::Unknown,
        }
    }
}
