//! Spans: all entries from one place of the ledger to another, with the hashes that bind them to its root. Who holds a
//! span knows that none of its entries is missing.

use super::{Checkpoint, LedgerError, MAX_ENTRY, tree};
use crate::{
    statement::{Statement, statement},
    value::{Hash, Value},
};

/// Hashes of subtrees, from the left to the right, separated by one space; `-` for none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hashes(pub Vec<Hash>);

impl Value for Hashes {
    fn parse(text: &str) -> Option<Self> {
        if text == "-" {
            return Some(Self::default());
        }
        // One more than allowed is enough to refuse.
        let hashes = text.split(' ').take(tree::MAX_PROOF + 1).map(Hash::parse).collect::<Option<Vec<_>>>()?;
        (hashes.len() <= tree::MAX_PROOF).then_some(Self(hashes))
    }

    fn write(&self, to: &mut String) {
        if self.0.is_empty() {
            to.push('-');
        }
        for (i, hash) in self.0.iter().enumerate() {
            if i > 0 {
                to.push(' ');
            }
            hash.write(to);
        }
    }
}

statement!(
    /// The head of a span. Nobody signs it: it leads to a checkpoint's root, or it does not.
    Span = "packseal/span/v1",
    rule: |s| (1..=tree::MAX_SIZE).contains(&s.size) && s.span.0 < s.span.1 && s.span.1 <= s.size,
    {
        /// Entries of the ledger.
        "size" size: u64,
        /// Places of the first entry and of the one behind the last.
        "span" span: (u64, u64),
        /// Subtrees before the first.
        "left" left: Hashes,
        /// Subtrees behind the last.
        "right" right: Hashes,
    }
);

impl Span {
    /// The written form, with these entries.
    pub fn write<'a>(&self, entries: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
        let mut bytes = self.text().into_bytes();
        bytes.push(b'\n');
        entries.for_each(|entry| put_entry(entry, &mut bytes));
        bytes
    }

    /// Takes a span apart: its head, and its entries in order.
    ///
    /// # Errors
    /// [`LedgerError::SpanForm`] for every form but the one the specification allows.
    pub fn read(bytes: &[u8]) -> Result<(Self, Vec<&[u8]>), LedgerError> {
        let read = || {
            let end = bytes.windows(2).take(MAX_HEAD).position(|pair| pair == b"\n\n")? + 1;
            let span = <Self as Statement>::parse(std::str::from_utf8(&bytes[..end]).ok()?).ok()?;
            let entries = entries(&bytes[end + 1..])?;
            (entries.len() as u64 == span.span.1 - span.span.0).then_some((span, entries))
        };
        read().ok_or(LedgerError::SpanForm)
    }

    /// Checks that these are the entries of the span in the ledger of this checkpoint.
    ///
    /// # Errors
    /// [`LedgerError::Root`].
    pub fn verify(&self, entries: &[&[u8]], checkpoint: &Checkpoint) -> Result<(), LedgerError> {
        let leaves: Vec<Hash> = entries.iter().map(|entry| tree::leaf(entry)).collect();
        let all = entries.len() as u64 == self.span.1 - self.span.0 && self.size == checkpoint.size;
        let root = tree::span_root(self.size, self.span.0, &leaves, &self.left.0, &self.right.0);
        (all && root == Some(checkpoint.root)).then_some(()).ok_or(LedgerError::Root)
    }
}

/// Longest head, in bytes: twice [`tree::MAX_PROOF`] hashes of 65, and the rest.
const MAX_HEAD: usize = 2 * tree::MAX_PROOF * 65 + 128;

/// Appends an entry (1 to [`MAX_ENTRY`] bytes; a longer one is cut and will fit no hash) behind its length in 2 bytes,
/// as spans and the ledger's bundles have them.
pub fn put_entry(entry: &[u8], to: &mut Vec<u8>) {
    let entry = &entry[..entry.len().min(MAX_ENTRY)];
    to.extend_from_slice(&(entry.len() as u16).to_be_bytes());
    to.extend_from_slice(entry);
}

/// The entries of a bundle; `None` where one is empty, or the last is not whole.
pub fn entries(mut bytes: &[u8]) -> Option<Vec<&[u8]>> {
    let mut entries = Vec::new();
    while let Some((length, rest)) = bytes.split_first_chunk::<2>() {
        let length = usize::from(u16::from_be_bytes(*length));
        let (entry, rest) = rest.split_at_checked(length).filter(|_| length > 0)?;
        entries.push(entry);
        bytes = rest;
    }
    bytes.is_empty().then_some(entries)
}
