//! Keys given from outside (FORMAT.md, section 5; nothing that comes with a clip is trusted).
//!
//! A trust file has one `ROLE VKEY` a line, ROLE `station`, `root`, `witness` or `revoked`; or `revocation BASE64`, the
//! bytes of a revocation's note by a root of the same file or one given before it; or `tsa BASE64`, the root certificate
//! of a time authority. Lines that begin with `#` and empty lines are comments. A file of one bare key means a station's.

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::{
    key::{KeyError, Signer, VerifierKey},
    note::Note,
    statement::{Revocation, Statement},
    token::Root,
    value::{Value, choice},
};

/// Begins a line with a revocation's note.
const REVOCATION: &str = "revocation";
/// Begins a line with the root certificate of a time authority.
const TSA: &str = "tsa";

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
    #[error("line {line}: unknown role '{role}': use station, root, witness, revoked, revocation or tsa")]
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
    /// Not the base64 of a revocation's note.
    #[error("line {line}: not a revocation: copy the whole line again")]
    Revocation {
        /// From 1.
        line: usize,
    },
    /// Not the base64 of an authority's root certificate.
    #[error("line {line}: not the root certificate of a time authority: copy the whole line again")]
    Authority {
        /// From 1.
        line: usize,
    },
    /// The same authority twice in one file.
    #[error("line {line}: this time authority stands there already: take the line away")]
    AuthorityTwice {
        /// From 1.
        line: usize,
    },
    /// A revocation by a key that is no root here, or whose signature is not that root's.
    #[error("line {line}: the revocation is not signed by a root listed here: list that root, or take the line away")]
    RevocationRoot {
        /// From 1.
        line: usize,
    },
}

/// What is known of a signer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing<'a> {
    /// Listed as a station.
    Trusted(&'a VerifierKey),
    /// Revoked, which beats everything else; by a root's word, or simply listed as such.
    Revoked(&'a VerifierKey, Option<&'a Revocation>),
    /// Not listed as a station.
    Unknown,
}

/// The keys a verifier was given.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Trust {
    keys: Vec<(Role, VerifierKey)>,
    /// By roots.
    revocations: Vec<Revocation>,
    /// Time authorities.
    authorities: Vec<Root>,
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
        let (mut revocations, mut authorities) = (Vec::new(), Vec::new());
        for (line, content) in lines() {
            let (role, key) = match content.split_once(' ') {
                // Its root may stand behind it.
                Some((REVOCATION, note)) => {
                    revocations.push((line, note));
                    continue;
                }
                Some((TSA, certificate)) => {
                    let root = STANDARD.decode(certificate).ok().and_then(|der| Root::parse(&der).ok());
                    let root = root.ok_or(TrustError::Authority { line })?;
                    if authorities.contains(&root) {
                        return Err(TrustError::AuthorityTwice { line });
                    }
                    authorities.push(root);
                    continue;
                }
                Some((role, key)) => {
                    let known = <Role as Value>::parse(role);
                    (known.ok_or_else(|| TrustError::Role { line, role: role.chars().take(40).collect() })?, key)
                }
                None if bare => (Role::Station, content),
                None => return Err(TrustError::Role { line, role: content.chars().take(40).collect() }),
            };
            self.add(role, key, line)?;
        }
        authorities.into_iter().for_each(|root| self.add_authority(root));
        revocations.into_iter().try_for_each(|(line, note)| self.add_revocation(note, line))
    }

    /// Adds a time authority. The same from two files is one.
    pub fn add_authority(&mut self, root: Root) {
        if !self.authorities.contains(&root) {
            self.authorities.push(root);
        }
    }

    /// The time authorities.
    pub fn authorities(&self) -> &[Root] {
        &self.authorities
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
        if self.revocations.iter().any(|r| r.station.signer() == key.signer() && r.station != key) {
            return Err(TrustError::Clash { line });
        }
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

    fn add_revocation(&mut self, base64: &str, line: usize) -> Result<(), TrustError> {
        let bytes = STANDARD.decode(base64).map_err(|_| TrustError::Revocation { line })?;
        let note = Note::parse(&bytes).map_err(|_| TrustError::Revocation { line })?;
        let revocation = Revocation::parse(&note.text).map_err(|_| TrustError::Revocation { line })?;
        // A root that is itself revoked may still take trust away; it gives none.
        let root = self.listed(Role::Root, &note.signer).filter(|_| revocation.root == note.signer.name);
        if root.is_none_or(|root| note.verify(root).is_err()) {
            return Err(TrustError::RevocationRoot { line });
        }
        let known = self.keys.iter().map(|(_, key)| key).chain(self.revocations.iter().map(|r| &r.station));
        if known.into_iter().any(|key| key.signer() == revocation.station.signer() && *key != revocation.station) {
            return Err(TrustError::Clash { line });
        }
        self.revocations.push(revocation);
        Ok(())
    }

    fn listed(&self, role: Role, signer: &Signer) -> Option<&VerifierKey> {
        self.keys.iter().find(|(r, key)| *r == role && key.signer() == signer).map(|(_, key)| key)
    }

    /// What is known of this signer of a clip.
    pub fn standing(&self, signer: &Signer) -> Standing<'_> {
        let revocations = self.revocations.iter().filter(|r| r.station.signer() == signer);
        // Of several the earliest; none of them weakens a line that says revoked, whenever.
        match (self.listed(Role::Revoked, signer), revocations.min_by_key(|r| r.time)) {
            (Some(key), _) => Standing::Revoked(key, None),
            (None, Some(revocation)) => Standing::Revoked(&revocation.station, Some(revocation)),
            (None, None) => self.station(signer).map_or(Standing::Unknown, Standing::Trusted),
        }
    }

    /// The key of this signer that is listed as a station's, whatever else is said of it.
    pub fn station(&self, signer: &Signer) -> Option<&VerifierKey> {
        self.listed(Role::Station, signer)
    }

    /// Whether there is a root.
    pub fn has_root(&self) -> bool {
        self.keys.iter().any(|(role, _)| *role == Role::Root)
    }

    /// The root of this signer, unless it is revoked.
    pub fn root(&self, signer: &Signer) -> Option<&VerifierKey> {
        self.listed(Role::Root, signer).filter(|_| !matches!(self.standing(signer), Standing::Revoked(..)))
    }

    /// Whether this key has any role.
    pub fn lists(&self, key: &VerifierKey) -> bool {
        self.keys.iter().any(|(_, listed)| listed == key)
    }
}
