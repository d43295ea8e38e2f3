//! Ledgers in memory, honest ones and others, and the PROOFs that a station would make of them.

use evidence::{
    ledger::{Checkpoint, Entry, EntryKind, Hashes, Inclusion, Salts, Span, order_tag, tree},
    statement::*,
    value::{Hash, Id, Order, Time},
};

use super::{check::*, forge::*, proofs::proof_of};

/// The order of forged clips.
pub const ORDER: &str = "SF1234567890";
/// In µs.
pub const DAY: i64 = 86_400_000_000;

/// The salt of a day: every day has another.
pub fn salt(day: &str) -> [u8; 32] {
    Hash::of(day.as_bytes()).0
}

/// An entry of this clip; its statement is made up.
pub fn entry(kind: EntryKind, sequence: u64, order: Option<&str>, after_t0: i64) -> Entry {
    let time = Time(T0 + after_t0);
    Entry {
        kind,
        clip: Some(id(sequence)),
        sequence: Some(sequence),
        time,
        statement: Hash::of(format!("{kind:?} {sequence}").as_bytes()),
        order_tag: order.map(|order| order_tag(&salt(&time.day()), &v::<Order>(order))),
    }
}

/// The id of a clip in a forged ledger; that of number 3 is the forged clip's.
pub fn id(sequence: u64) -> Id {
    Id([sequence as u8 + 4; 16])
}

/// A clip with a PROOF of everything about its ledger, to be changed before it is made.
pub struct Ledger {
    pub forge: Forge,
    /// All entries; START of the clip is at 4, its END at 6.
    pub entries: Vec<Entry>,
    /// Where PROOF says that they are.
    pub places: (u64, u64),
    pub states: Vec<(u64, ClipState)>,
    /// Changes the count before it is signed.
    pub edit_count: Edit<Count>,
    pub span: (u64, u64),
    pub salts: Salts,
    /// Changes the parts before PROOF is signed.
    pub edit_parts: Edit<Vec<(&'static str, Vec<u8>)>>,
}

impl Ledger {
    /// Five clips of the order: this one, one that was sealed and deleted before it, one that got its order late, one that
    /// was never written, and one that is open; and two of another order.
    pub fn new() -> Self {
        use EntryKind::{Clock, End, Start, Tombstone};
        let (this, other) = (Some(ORDER), Some("SF9"));
        let mut forge = forge();
        forge.edit_start =
            Box::new(|start| (start.sequence, start.previous_start) = (3, Some(Hash::of(b"the one before"))));
        let mut entries = vec![
            entry(Start, 1, other, -2 * DAY),
            entry(End, 1, other, -2 * DAY + 9),
            entry(Start, 2, this, -3_600_000_000),
            entry(End, 2, this, -3_500_000_000),
            entry(Start, 3, this, 0),
            entry(Start, 4, other, 2_000_000),
            entry(End, 3, this, 4_000_000),
            entry(Start, 5, None, DAY),
            entry(End, 4, other, DAY + 1),
            entry(End, 5, this, DAY + 2),
            entry(Start, 6, this, DAY + 3),
            entry(Tombstone, 6, None, DAY + 4),
            entry(Tombstone, 2, None, DAY + 5),
            Entry { clip: None, sequence: None, ..entry(Clock, 0, None, DAY + 6) },
            entry(Start, 7, this, DAY + 7),
        ];
        let clip = forge.parts();
        entries[4].statement = Hash::of(&clip[1][24..]);
        entries[6].statement = Hash::of(&clip[clip.len() - 1][24..]);
        let days = entries.iter().filter(|e| e.order_tag.is_some()).map(|e| e.day());
        let salts = Salts(days.map(|day| (day.clone(), salt(&day))).collect());
        use ClipState::{Deleted, NeverWritten, Open, Sealed};
        Self {
            forge,
            span: (0, entries.len() as u64),
            entries,
            places: (4, 6),
            states: vec![(2, Deleted), (3, Sealed), (5, Sealed), (6, NeverWritten), (7, Open)],
            edit_count: Box::new(|_| ()),
            salts,
            edit_parts: Box::new(|_| ()),
        }
    }

    /// The leaves of its tree.
    pub fn leaves(&self) -> Vec<Hash> {
        self.entries.iter().map(|entry| tree::leaf(entry.text().as_bytes())).collect()
    }

    /// The checkpoint of all entries, by the clip's key.
    pub fn checkpoint(&self) -> Vec<u8> {
        Checkpoint::seal(self.entries.len() as u64, root(&self.leaves()), &self.forge.key)
    }

    /// A proof that the entry at this place stands there.
    pub fn inclusion(&self, place: u64) -> Vec<u8> {
        Inclusion::text(place, &path(place as usize, &self.leaves()), &self.checkpoint())
    }

    /// The count.
    pub fn count(&self) -> Count {
        let clips = self.states.iter().map(|(sequence, state)| CountedClip { id: id(*sequence), state: *state });
        let mut count = Count {
            station: self.forge.key.verifier().signer().name.clone(),
            order: v(ORDER),
            size: self.entries.len() as u64,
            root: root(&self.leaves()),
            clips: CountedClips(clips.collect()),
        };
        (self.edit_count)(&mut count);
        count
    }

    /// The span.
    pub fn audit(&self) -> Vec<u8> {
        let mut outside = [Vec::new(), Vec::new()];
        outside_of(0, &self.leaves(), self.span, &mut outside);
        let [left, right] = outside.map(Hashes);
        let texts: Vec<String> =
            self.entries[self.span.0 as usize..self.span.1 as usize].iter().map(Entry::text).collect();
        let span = Span { size: self.entries.len() as u64, span: self.span, left, right };
        span.write(texts.iter().map(|text| text.as_bytes()))
    }

    /// The parts of PROOF.
    pub fn parts(&self) -> Vec<(&'static str, Vec<u8>)> {
        let (start, end) = self.places;
        let text = |place: u64| self.entries[place as usize].text().into_bytes();
        let mut parts = vec![
            ("start-entry", text(start)),
            ("start-inclusion", self.inclusion(start)),
            ("end-entry", text(end)),
            ("end-inclusion", self.inclusion(end)),
            ("stated", seal(&self.count(), &self.forge.key).0),
            ("audit", self.audit()),
            ("salts", self.salts.write()),
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

/// Changes one part.
pub fn part(kind: &'static str, change: impl Fn(&mut Vec<u8>) + 'static) -> Edit<Vec<(&'static str, Vec<u8>)>> {
    Box::new(move |parts| change(&mut parts.iter_mut().find(|(k, _)| *k == kind).expect("such a part").1))
}

/// Leaves out all but these.
pub fn only(kinds: &'static [&'static str]) -> Edit<Vec<(&'static str, Vec<u8>)>> {
    Box::new(move |parts| parts.retain(|(kind, _)| kinds.contains(kind)))
}

/// Of a tree, without any path.
pub fn root(leaves: &[Hash]) -> Hash {
    tree::span_root(leaves.len() as u64, 0, leaves, &[], &[]).expect("a tree")
}

/// From the leaf up.
pub fn path(place: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() == 1 {
        return Vec::new();
    }
    let (left, right) = leaves.split_at(tree::split(leaves.len() as u64) as usize);
    let (mut path, other) =
        if place < left.len() { (path(place, left), right) } else { (path(place - left.len(), right), left) };
    path.push(root(other));
    path
}

/// RFC 6962's proof that a tree begins with so many of its leaves.
pub fn consistency(old: u64, leaves: &[Hash]) -> Vec<Hash> {
    // SUBPROOF(m, D[n], b) of section 2.1.2.
    fn sub(old: usize, leaves: &[Hash], whole: bool) -> Vec<Hash> {
        if old == leaves.len() {
            return if whole { Vec::new() } else { vec![root(leaves)] };
        }
        let (left, right) = leaves.split_at(tree::split(leaves.len() as u64) as usize);
        let (mut path, other) = if old <= left.len() {
            (sub(old, left, whole), right)
        } else {
            (sub(old - left.len(), right, false), left)
        };
        path.push(root(other));
        path
    }
    sub(old as usize, leaves, true)
}

fn outside_of(from: u64, leaves: &[Hash], span: (u64, u64), outside: &mut [Vec<Hash>; 2]) {
    let to = from + leaves.len() as u64;
    if to <= span.0 {
        outside[0].push(root(leaves));
    } else if from >= span.1 {
        outside[1].push(root(leaves));
    } else if leaves.len() > 1 {
        let (left, right) = leaves.split_at(tree::split(leaves.len() as u64) as usize);
        outside_of(from, left, span, outside);
        outside_of(from + left.len() as u64, right, span, outside);
    }
}
