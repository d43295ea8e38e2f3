//! Count: which clips of an order a station has recorded, as of a checkpoint of its ledger. Travels in PROOF.

use std::collections::HashSet;

use super::statement;
use crate::{
    ledger::tree,
    value::{Hash, Id, KeyName, Order, Value, choice},
};

/// Most clips of one order in a count.
pub const MAX_COUNTED: usize = 256;

choice!(
    /// What became of a clip.
    ClipState {
        /// Being recorded, or left so by a crash.
        Open = "open",
        /// Closed and signed.
        Sealed = "sealed",
        /// Likewise, by the CANCEL code.
        Cancelled = "cancelled",
        /// Set aside, unsigned.
        Damaged = "damaged",
        /// Nothing of it was recorded.
        NeverWritten = "never-written",
        /// Deleted; its tombstone is signed.
        Deleted = "deleted",
    }
);

/// One clip of the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CountedClip {
    /// Its id.
    pub id: Id,
    /// What became of it.
    pub state: ClipState,
}

/// 1 to [`MAX_COUNTED`] clips, each once, oldest first: `ID:STATE`, separated by one space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountedClips(pub Vec<CountedClip>);

impl Value for CountedClips {
    fn parse(text: &str) -> Option<Self> {
        let mut clips = Vec::new();
        let mut ids = HashSet::new();
        // One more than allowed is enough to refuse.
        for item in text.split(' ').take(MAX_COUNTED + 1) {
            let (id, state) = item.split_once(':')?;
            let clip = CountedClip { id: Id::parse(id)?, state: ClipState::parse(state)? };
            ids.insert(clip.id).then_some(())?;
            clips.push(clip);
        }
        (clips.len() <= MAX_COUNTED).then_some(Self(clips))
    }

    fn write(&self, to: &mut String) {
        for (i, CountedClip { id, state }) in self.0.iter().enumerate() {
            let space = if i > 0 { " " } else { "" };
            to.push_str(&format!("{space}{id}:{}", state.as_str()));
        }
    }
}

statement!(
    /// The station says which clips of an order there are: its own word.
    Count = "packseal/count/v1", rule: |c| (1..=tree::MAX_SIZE).contains(&c.size),
    {
        /// The signing key's name.
        "station" station: KeyName,
        /// The order.
        "order" order: Order,
        /// Entries of the checkpoint as of which it counts.
        "size" size: u64,
        /// Root of that checkpoint.
        "root" root: Hash,
        /// All clips of the order.
        "clips" clips: CountedClips,
    }
);
