//! Checkpoints (c2sp.org/tlog-checkpoint): size and root of a ledger, signed by its station.

use base64::{Engine, engine::general_purpose::STANDARD};

use super::{LedgerError, tree};
use crate::{
    key::{Signer, SigningKey, VerifierKey},
    note::{self, Note},
    value::{Hash, KeyName, Value},
};

/// Most further signature lines, of witnesses.
pub const MAX_COSIGNATURES: usize = 16;

/// What a checkpoint says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The ledger's name, which is its station's key name.
    pub origin: KeyName,
    /// Entries, 1 or more.
    pub size: u64,
    /// Root of the tree over them.
    pub root: Hash,
}

impl Checkpoint {
    fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, STANDARD.encode(self.root.0))
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.strip_suffix('\n')?.split('\n');
        let (origin, size, root) = (lines.next()?, lines.next()?, lines.next()?);
        let size = u64::parse(size).filter(|n| (1..=tree::MAX_SIZE).contains(n))?;
        let checkpoint = Self { origin: KeyName::parse(origin)?, size, root: base64_hash(root)? };
        lines.next().is_none().then_some(checkpoint)
    }

    /// The checkpoint of this key's ledger, signed.
    pub fn seal(size: u64, root: Hash, key: &SigningKey) -> Vec<u8> {
        let checkpoint = Self { origin: key.verifier().signer().name.clone(), size, root };
        note::sign(&checkpoint.text(), key)
    }
}

/// A checkpoint's note taken apart, its signature not yet checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    /// What it says; nothing is proven before [`Self::verify`].
    pub checkpoint: Checkpoint,
    /// SHA-256 of all its bytes, the lines of witnesses included.
    pub hash: Hash,
    /// Text and first signature.
    note: Note,
}

impl SignedCheckpoint {
    /// Takes a checkpoint's note apart.
    ///
    /// # Errors
    /// [`LedgerError::CheckpointForm`] for every form but the one the specification allows.
    pub fn parse(bytes: &[u8]) -> Result<Self, LedgerError> {
        Self::parts(bytes).ok_or(LedgerError::CheckpointForm)
    }

    fn parts(bytes: &[u8]) -> Option<Self> {
        if bytes.len() > note::MAX_LENGTH {
            return None;
        }
        let whole = std::str::from_utf8(bytes).ok()?;
        let signatures = whole.find("\n\n")? + 2;
        let first = signatures + whole[signatures..].find('\n')? + 1;
        // Text and station's line are an ordinary note.
        let note = Note::parse(&bytes[..first]).ok()?;
        let checkpoint = Checkpoint::parse(&note.text)?;
        let origin = checkpoint.origin.as_str();
        let others = whole[first..].split_terminator('\n');
        let good = whole.ends_with('\n')
            && note.signer.name == checkpoint.origin
            && others.clone().count() <= MAX_COSIGNATURES
            && others.clone().all(|line| is_cosignature(line, origin));
        good.then(|| Self { checkpoint, hash: Hash::of(bytes), note })
    }

    /// Whose signature it claims to have.
    pub fn signer(&self) -> &Signer {
        &self.note.signer
    }

    /// Checks the station's signature; what witnesses say is not looked at.
    ///
    /// # Errors
    /// [`LedgerError::Key`] for another key's checkpoint, [`LedgerError::Signature`].
    pub fn verify(&self, key: &VerifierKey) -> Result<&Checkpoint, LedgerError> {
        if self.note.signer != *key.signer() {
            return Err(LedgerError::Key);
        }
        self.note.verify(key).map_err(|_| LedgerError::Signature)?;
        Ok(&self.checkpoint)
    }
}

/// Whether this is a line that another than the ledger's station may have added, as c2sp.org/signed-note writes it.
fn is_cosignature(line: &str, origin: &str) -> bool {
    let parts = || line.strip_prefix(note::DASH)?.split_once(' ');
    let Some((name, base64)) = parts() else { return false };
    let visible = name.bytes().all(|b| b.is_ascii_graphic() && b != b'+');
    let named = visible && (1..=255).contains(&name.len()) && name != origin;
    // A key id of four bytes and something behind it.
    named && STANDARD.decode(base64).is_ok_and(|signature| signature.len() > 4)
}

/// Reads a hash as checkpoints and proofs of inclusion write it.
pub(super) fn base64_hash(text: &str) -> Option<Hash> {
    Some(Hash(STANDARD.decode(text).ok()?.try_into().ok()?))
}
