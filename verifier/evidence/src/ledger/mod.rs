//! The ledger (FORMAT.md, section 7): entries, tree, checkpoints and proofs. It is checked here; the station stores it.
//!
//! The tree is RFC 6962's, in [`tree`], as own code of a hundred lines, and not the crate `tlog_tiles` 0.2 (Cloudflare,
//! April 2025, few users). Its mathematics are right: both were made to answer for the same proofs, good and broken, and
//! agreed. But it would take this folder from 28 foreign crates to 68: for its own tests' sake it depends on `url`, with
//! the tables of Unicode, and on `serde_json`, and it brings second versions of base64 and thiserror. It asserts where
//! an argument is wrong, writes the paths of tiles as Go's checksum database does (`tile/8/0/000`) and not as C2SP, and
//! proves no spans. `ct-merkle` 0.3 needs a second SHA-256 and keeps the tree in memory. `signed_note` 0.2 reads notes
//! less strictly than [`crate::note`] must.

mod checkpoint;
mod consistency;
mod entry;
mod inclusion;
mod salts;
mod span;
pub mod tree;

pub use checkpoint::{Checkpoint, MAX_COSIGNATURES, SignedCheckpoint};
pub use consistency::Consistency;
pub use entry::{Entry, EntryKind, OrderTag, order_tag};
pub use inclusion::Inclusion;
pub use salts::Salts;
pub use span::{Hashes, Span, entries, put_entry};

/// Longest entry, in bytes: its length is written in 16 bits.
pub const MAX_ENTRY: usize = 65_535;

/// Why something that claims to be of a ledger was not taken.
#[derive(Debug, Clone, Copy, thiserror::Error, PartialEq, Eq)]
pub enum LedgerError {
    /// Not the one form of a checkpoint.
    #[error("not a checkpoint of the one form")]
    CheckpointForm,
    /// Not the one form of a proof of inclusion.
    #[error("not a proof of inclusion of the one form")]
    InclusionForm,
    /// Not the one form of a proof of consistency.
    #[error("not a proof of consistency of the one form")]
    ConsistencyForm,
    /// Not the one form of a span.
    #[error("not a span of a ledger of the one form")]
    SpanForm,
    /// The checkpoint is of another key.
    #[error("the checkpoint is of another key")]
    Key,
    /// The checkpoint was not signed by this key.
    #[error("the checkpoint's signature is not that of its key")]
    Signature,
    /// The hashes lead to another root, or to none.
    #[error("what it proves is not in the ledger of this checkpoint")]
    Root,
}

#[cfg(test)]
mod tests;
