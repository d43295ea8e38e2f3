//! Ledgers in memory, honest ones and others, and the PROOFs that a station would make of them.

use evidence::{
    ledger::{Checkpoint, Entry, EntryKind, Inclusion, tree},
    statement::Statement,
    value::{Hash, Id, Time},
};

use super::{check::*, forge::*, proofs::proof_of};

/// Parts of a PROOF.
pub type Parts = Vec<(&'static str, Vec<u8>)>;

/// An entry of this clip; its statement is made up.
fn entry(kind: EntryKind, clip: u8, sequence: u64) -> Entry {
    let statement = Hash::of(format!("{kind:?} {sequence}").as_bytes());
    Entry { kind, clip: Some(Id([clip; 16])), sequence: Some(sequence), time: Time(T0), statement, order_tag: None }
}

/// A clip with a PROOF of its place in the ledger, to be changed before it is made.
pub struct Ledger {
    pub forge: Forge,
    /// All entries; START of the clip is at 2, its END at 4.
    pub entries: Vec<Entry>,
    /// Where PROOF says that they are.
    pub places: (u64, u64),
    /// Changes the parts before PROOF is signed.
    pub edit_parts: Edit<Parts>,
}

impl Ledger {
    /// The forged clip, one before it, and one that began while it was recorded.
    pub fn new() -> Self {
        use EntryKind::{End, Start, Tombstone};
        let forge = forge();
        let (start, end) = (entry(Start, 7, 1), entry(End, 7, 1));
        let mut entries =
            vec![entry(Start, 8, 9), entry(End, 8, 9), start, entry(Start, 9, 2), end, entry(Tombstone, 9, 2)];
        let clip = forge.parts();
        entries[2].statement = Hash::of(&clip[1][24..]);
        entries[4].statement = Hash::of(&clip[clip.len() - 1][24..]);
        Self { forge, entries, places: (2, 4), edit_parts: Box::new(|_| ()) }
    }

    fn leaves(&self) -> Vec<Hash> {
        self.entries.iter().map(|entry| tree::leaf(entry.text().as_bytes())).collect()
    }

    /// A proof, by the clip's key, that the entry at this place stands there.
    pub fn inclusion(&self, place: u64) -> Vec<u8> {
        let leaves = self.leaves();
        let checkpoint = Checkpoint::seal(leaves.len() as u64, root(&leaves), &self.forge.key);
        Inclusion::text(place, &path(place as usize, &leaves), &checkpoint)
    }

    /// The parts of PROOF.
    pub fn parts(&self) -> Parts {
        let (start, end) = self.places;
        let text = |place: u64| self.entries[place as usize].text().into_bytes();
        let mut parts = vec![
            ("start-entry", text(start)),
            ("start-inclusion", self.inclusion(start)),
            ("end-entry", text(end)),
            ("end-inclusion", self.inclusion(end)),
        ];
        (self.edit_parts)(&mut parts);
        parts
    }

    /// The clip with its PROOF.
    pub fn clip(&self) -> Vec<u8> {
        let clip = self.forge.clip();
        let parts = self.parts();
        let parts: Vec<(&str, &[u8])> = parts.iter().map(|(kind, bytes)| (*kind, &bytes[..])).collect();
        let proof = proof_of(&clip, &parts, &self.forge.key);
        [clip, proof].concat()
    }
}

/// Of a tree, without any path.
fn root(leaves: &[Hash]) -> Hash {
    tree::span_root(leaves.len() as u64, 0, leaves, &[], &[]).expect("a tree")
}

fn path(place: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() == 1 {
        return Vec::new();
    }
    let (left, right) = leaves.split_at(tree::split(leaves.len() as u64) as usize);
    let (mut path, other) =
        if place < left.len() { (path(place, left), right) } else { (path(place - left.len(), right), left) };
    path.push(root(other));
    path
}
