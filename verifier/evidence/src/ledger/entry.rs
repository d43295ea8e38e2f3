//! Entry: one line of the ledger's book.

use sha2::{Digest, Sha256};

use crate::{
    statement::statement,
    value::{Hash, Id, Order, Time, Value, choice},
};

choice!(
    /// What an entry is about.
    EntryKind {
        /// A START.
        Start = "start",
        /// An END.
        End = "end",
        /// A START whose clip is not there.
        Tombstone = "tombstone",
        /// A clip that left the station.
        Export = "export",
        /// A key: enrolled, or the ledger that this one follows.
        Key = "key",
        /// The wall clock.
        Clock = "clock",
        /// Machine and software.
        Environment = "environment",
        /// What somebody did at the station.
        Act = "act",
    }
);

statement!(
    /// What the ledger keeps of a statement: that it is there, when, and a tag of its order. It is not signed by
    /// itself; the checkpoints that cover it are.
    Entry = "packseal/entry/v1",
    rule: |e| {
        use EntryKind::{End, Export, Start, Tombstone};
        let clip = matches!(e.kind, Start | End | Tombstone | Export);
        let sequence = clip && e.kind != Export;
        e.clip.is_some() == clip
            && e.sequence.is_some() == sequence
            && e.sequence != Some(0)
            && (e.order_tag.is_none() || matches!(e.kind, Start | End))
    },
    {
        /// What it is about.
        "kind" kind: EntryKind,
        /// The clip, for `start`, `end`, `tombstone` and `export`.
        "clip" clip: Option<Id>,
        /// START's number, for `start`, `end` and `tombstone`.
        "sequence" sequence: Option<u64>,
        /// When the station made this entry.
        "time" time: Time,
        /// Statement hash of the note it is about.
        "statement" statement: Hash,
        /// [`order_tag`] of the order that this START or END names.
        "order-tag" order_tag: Option<OrderTag>,
    }
);

/// Says of which order an entry is, to those who know the salt of its UTC day; to others only which entries of a day are
/// of one order. It holds its station to that salt: shown with another one, it would be of no order at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderTag {
    /// SHA-256 of the salt.
    pub salt: Hash,
    /// SHA-256 of the salt and the order.
    pub tag: Hash,
}

impl OrderTag {
    /// Whether it is of this order; `None` where this is not its salt.
    pub fn is_of(&self, salt: &[u8; 32], order: &Order) -> Option<bool> {
        let of_it = order_tag(salt, order);
        (of_it.salt == self.salt).then_some(of_it.tag == self.tag)
    }
}

impl Value for OrderTag {
    fn parse(text: &str) -> Option<Self> {
        let (salt, tag) = text.split_once(':')?;
        Some(Self { salt: Hash::parse(salt)?, tag: Hash::parse(tag)? })
    }

    fn write(&self, to: &mut String) {
        self.salt.write(to);
        to.push(':');
        self.tag.write(to);
    }
}

/// The tag of an order under the salt of a UTC day.
pub fn order_tag(salt: &[u8; 32], order: &Order) -> OrderTag {
    let tag = Sha256::new().chain_update(salt).chain_update(order.as_str()).finalize();
    OrderTag { salt: Hash::of(salt), tag: Hash(tag.into()) }
}

impl Entry {
    /// The UTC day of its time, `YYYY-MM-DD`: that of its salt.
    pub fn day(&self) -> String {
        self.time.day()
    }
}
