//! The Merkle tree of RFC 6962, section 2: hashes, and what they prove.
//!
//! Proofs are checked by the loops of RFC 9162, sections 2.1.3.2 and 2.1.4.2: the number of steps is that of the hashes
//! given, and these are at most [`MAX_PROOF`].

use sha2::{Digest, Sha256};

use crate::value::{Hash, MAX_NUMBER};

/// Most entries of a ledger.
pub const MAX_SIZE: u64 = MAX_NUMBER;

/// Most hashes in one proof, or on one side of a span. A tree of [`MAX_SIZE`] needs 53.
pub const MAX_PROOF: usize = 64;

/// Hash of an entry.
pub fn leaf(entry: &[u8]) -> Hash {
    Hash(Sha256::new().chain_update([0]).chain_update(entry).finalize().into())
}

/// Hash of a node above two others.
pub fn node(left: &Hash, right: &Hash) -> Hash {
    Hash(Sha256::new().chain_update([1]).chain_update(left.0).chain_update(right.0).finalize().into())
}

/// Entries in the left part of a tree of this size, which is 2 or more: the largest power of two below it.
pub fn split(size: u64) -> u64 {
    1 << (size.max(2) - 1).ilog2()
}

/// The root of a tree of `size` entries in which `path` leads up from this leaf at `index`; `None` where no tree of
/// that size has such a path.
pub fn included_root(index: u64, size: u64, leaf: Hash, path: &[Hash]) -> Option<Hash> {
    if index >= size || size > MAX_SIZE || path.len() > MAX_PROOF {
        return None;
    }
    let (mut at, mut last, mut root) = (index, size - 1, leaf);
    for sibling in path {
        if last == 0 {
            return None;
        }
        if at & 1 == 1 || at == last {
            root = node(sibling, &root);
            // The last node of a level, if it has no sibling, is that of the level above too.
            while at & 1 == 0 && at != 0 {
                (at, last) = (at >> 1, last >> 1);
            }
        } else {
            root = node(&root, sibling);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    (last == 0).then_some(root)
}

/// Whether `path` proves that the tree of `new.0` entries and root `new.1` begins with all entries of the tree `old`.
pub fn is_consistent(old: (u64, Hash), new: (u64, Hash), path: &[Hash]) -> bool {
    if old.0 == 0 || old.0 > new.0 || new.0 > MAX_SIZE || path.len() > MAX_PROOF {
        return false;
    }
    if old.0 == new.0 {
        return path.is_empty() && old.1 == new.1;
    }
    let shift = (old.0 - 1).trailing_ones();
    let (mut at, mut last) = ((old.0 - 1) >> shift, (new.0 - 1) >> shift);
    // A whole tree is itself the node that the path begins with.
    let (first, path) = if old.0.is_power_of_two() {
        (old.1, path)
    } else {
        let Some((first, path)) = path.split_first() else { return false };
        (*first, path)
    };
    let (mut old_root, mut new_root) = (first, first);
    for sibling in path {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            old_root = node(sibling, &old_root);
            new_root = node(sibling, &new_root);
            while at & 1 == 0 && at != 0 {
                (at, last) = (at >> 1, last >> 1);
            }
        } else {
            new_root = node(&new_root, sibling);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    last == 0 && old_root == old.1 && new_root == new.1
}

/// The root of a tree of `size` entries that has these leaves from `first` on; `left` and `right` are the hashes of the
/// subtrees before and behind them. `None` where no tree of that size has so many.
pub fn span_root(size: u64, first: u64, leaves: &[Hash], left: &[Hash], right: &[Hash]) -> Option<Hash> {
    let end = first.checked_add(leaves.len() as u64).filter(|&end| end <= size)?;
    if leaves.is_empty() || size > MAX_SIZE || left.len() > MAX_PROOF || right.len() > MAX_PROOF {
        return None;
    }
    let mut walk = Walk { first, end, leaves: leaves.iter(), left: left.iter(), right: right.iter() };
    let root = walk.root(0, size)?;
    let all_used = walk.leaves.next().is_none() && walk.left.next().is_none() && walk.right.next().is_none();
    all_used.then_some(root)
}

struct Walk<'a> {
    first: u64,
    end: u64,
    leaves: std::slice::Iter<'a, Hash>,
    left: std::slice::Iter<'a, Hash>,
    right: std::slice::Iter<'a, Hash>,
}

impl Walk<'_> {
    /// Of the subtree over these entries. It calls itself at most 53 deep, as each split at least halves a power of two.
    fn root(&mut self, from: u64, to: u64) -> Option<Hash> {
        if to <= self.first {
            return self.left.next().copied();
        }
        if from >= self.end {
            return self.right.next().copied();
        }
        if to - from == 1 {
            return self.leaves.next().copied();
        }
        let middle = from + split(to - from);
        Some(node(&self.root(from, middle)?, &self.root(middle, to)?))
    }
}
