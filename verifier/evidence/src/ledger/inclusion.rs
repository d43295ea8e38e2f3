//! Proofs of inclusion (c2sp.org/tlog-proof): this entry stands at this place of the ledger.

use base64::{Engine, engine::general_purpose::STANDARD};

use super::{Checkpoint, LedgerError, SignedCheckpoint, checkpoint::base64_hash, tree};
use crate::{
    key::VerifierKey,
    note,
    value::{Hash, Value},
};

const FIRST_LINE: &str = "c2sp.org/tlog-proof@v1";

/// Longest proof, in bytes: two lines, [`tree::MAX_PROOF`] hashes of 45 with their line feeds, a checkpoint.
const MAX_LENGTH: usize = 64 + tree::MAX_PROOF * 45 + note::MAX_LENGTH;

/// A proof of inclusion taken apart, nothing of it checked yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inclusion {
    /// The entry's place, from 0.
    pub index: u64,
    /// Hashes from its sibling up to below the root.
    pub path: Vec<Hash>,
    /// The checkpoint whose root they lead to.
    pub checkpoint: SignedCheckpoint,
}

impl Inclusion {
    /// The written form, with the exact bytes of a checkpoint.
    pub fn text(index: u64, path: &[Hash], checkpoint: &[u8]) -> Vec<u8> {
        let hashes: String = path.iter().map(|hash| STANDARD.encode(hash.0) + "\n").collect();
        let mut text = format!("{FIRST_LINE}\nindex {index}\n{hashes}\n").into_bytes();
        text.extend_from_slice(checkpoint);
        text
    }

    /// Takes it apart. The extra data that the C2SP form allows is refused: nothing would cover it.
    ///
    /// # Errors
    /// [`LedgerError::InclusionForm`] for every form but the one the specification allows.
    pub fn parse(bytes: &[u8]) -> Result<Self, LedgerError> {
        Self::parts(bytes).ok_or(LedgerError::InclusionForm)
    }

    fn parts(bytes: &[u8]) -> Option<Self> {
        if bytes.len() > MAX_LENGTH {
            return None;
        }
        let (head, checkpoint) = std::str::from_utf8(bytes).ok()?.split_once("\n\n")?;
        let mut lines = head.split('\n');
        (lines.next()? == FIRST_LINE).then_some(())?;
        let index = u64::parse(lines.next()?.strip_prefix("index ")?)?;
        let path = lines.map(base64_hash).collect::<Option<Vec<Hash>>>()?;
        let checkpoint = SignedCheckpoint::parse(checkpoint.as_bytes()).ok()?;
        let fits = path.len() <= tree::MAX_PROOF && index < checkpoint.checkpoint.size;
        fits.then_some(Self { index, path, checkpoint })
    }

    /// Checks that this entry, of these exact bytes, stands at its place of the ledger of this key.
    ///
    /// # Errors
    /// See [`SignedCheckpoint::verify`], and [`LedgerError::Root`].
    pub fn verify(&self, entry: &[u8], key: &VerifierKey) -> Result<&Checkpoint, LedgerError> {
        let checkpoint = self.checkpoint.verify(key)?;
        self.leads_to_root(entry).then_some(checkpoint).ok_or(LedgerError::Root)
    }

    /// Whether this entry at its place leads to the root that the checkpoint names; who signed that is not asked.
    pub fn leads_to_root(&self, entry: &[u8]) -> bool {
        let Checkpoint { size, root, .. } = self.checkpoint.checkpoint;
        tree::included_root(self.index, size, tree::leaf(entry), &self.path) == Some(root)
    }
}
