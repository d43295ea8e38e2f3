//! Proofs of consistency: an older checkpoint of the same ledger (FORMAT.md, section 7.8).

use base64::{Engine, engine::general_purpose::STANDARD};

use super::{Checkpoint, LedgerError, SignedCheckpoint, checkpoint::base64_hash, tree};
use crate::{note, value::Hash};

/// Longest proof, in bytes.
const MAX_LENGTH: usize = tree::MAX_PROOF * 45 + 1 + note::MAX_LENGTH;

/// An older checkpoint with what binds a newer one to it, taken apart; nothing of it checked yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consistency {
    /// The hashes of RFC 6962's proof, in its order.
    pub path: Vec<Hash>,
    /// The older checkpoint.
    pub checkpoint: SignedCheckpoint,
}

impl Consistency {
    /// The written form, with the exact bytes of the older checkpoint.
    pub fn text(path: &[Hash], checkpoint: &[u8]) -> Vec<u8> {
        let hashes: String = path.iter().map(|hash| STANDARD.encode(hash.0) + "\n").collect();
        [hashes.as_bytes(), b"\n", checkpoint].concat()
    }

    /// Takes it apart.
    ///
    /// # Errors
    /// [`LedgerError::ConsistencyForm`] for every other form.
    pub fn parse(bytes: &[u8]) -> Result<Self, LedgerError> {
        Self::parts(bytes).ok_or(LedgerError::ConsistencyForm)
    }

    fn parts(bytes: &[u8]) -> Option<Self> {
        if bytes.len() > MAX_LENGTH {
            return None;
        }
        let (head, checkpoint) = std::str::from_utf8(bytes).ok()?.split_once("\n\n")?;
        let path = head.split('\n').map(base64_hash).collect::<Option<Vec<Hash>>>()?;
        let checkpoint = SignedCheckpoint::parse(checkpoint.as_bytes()).ok()?;
        (path.len() <= tree::MAX_PROOF).then_some(Self { path, checkpoint })
    }

    /// Whether the ledger of this newer checkpoint begins with all entries of the older one; who signed either is not
    /// asked.
    pub fn leads_to(&self, newer: &Checkpoint) -> bool {
        let old = &self.checkpoint.checkpoint;
        old.origin == newer.origin
            && old.size < newer.size
            && tree::is_consistent((old.size, old.root), (newer.size, newer.root), &self.path)
    }
}
