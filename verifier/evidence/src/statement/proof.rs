//! PROOF's own first note: what the parts behind it are.

use super::{Statement, statement};
use crate::{
    finding::Code,
    key::SigningKey,
    value::{Hash, Id, Value},
};

/// Most parts.
const MAX_PARTS: usize = 64;
/// Most time tokens over the checkpoint, each by another authority.
pub const MAX_TIME_TOKENS: usize = 4;
/// Most bytes of a PROOF's content.
pub const MAX_PROOF: u64 = 4 * 1024 * 1024;

/// What a part is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PartKind {
    /// A root's enrolment of the station's key: a note.
    Enrolment,
    /// START's entry in the ledger: its text.
    StartEntry,
    /// Where it stands there: a proof of inclusion.
    StartInclusion,
    /// END's entry in the ledger: its text.
    EndEntry,
    /// Where it stands there, under the same checkpoint: a proof of inclusion.
    EndInclusion,
    /// The time token that START names: its DER.
    StartToken,
    /// The checkpoint that the time tokens are over, where it is older than that of the inclusions: a proof of
    /// consistency.
    TimeCheckpoint,
    /// A time token over that checkpoint: its DER.
    TimeToken,
    /// How many clips of this order there are, by the station's own count under that checkpoint: a note.
    Stated,
    /// All entries of a part of the ledger, under that checkpoint: a span.
    Audit,
    /// What tells the orders of these entries: a salt for each day.
    Salts,
    /// A later version's: `[a-z0-9-]{1,32}`.
    Newer(String),
}

impl PartKind {
    /// What the ledger shows of a clip: all of them, or none.
    pub const LEDGER: [Self; 4] = [Self::StartEntry, Self::StartInclusion, Self::EndEntry, Self::EndInclusion];
    const KNOWN: [Self; 11] = [
        Self::Enrolment,
        Self::StartEntry,
        Self::StartInclusion,
        Self::EndEntry,
        Self::EndInclusion,
        Self::StartToken,
        Self::TimeCheckpoint,
        Self::TimeToken,
        Self::Stated,
        Self::Audit,
        Self::Salts,
    ];

    /// The written word.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Enrolment => "enrolment",
            Self::StartEntry => "start-entry",
            Self::StartInclusion => "start-inclusion",
            Self::EndEntry => "end-entry",
            Self::EndInclusion => "end-inclusion",
            Self::StartToken => "start-token",
            Self::TimeCheckpoint => "time-checkpoint",
            Self::TimeToken => "time-token",
            Self::Stated => "stated",
            Self::Audit => "audit",
            Self::Salts => "salts",
            Self::Newer(word) => word,
        }
    }

    /// How many of them a PROOF may have.
    fn most(&self) -> usize {
        match self {
            Self::Newer(_) => MAX_PARTS,
            Self::TimeToken => MAX_TIME_TOKENS,
            _ => 1,
        }
    }
}

impl Value for PartKind {
    fn parse(text: &str) -> Option<Self> {
        let letters = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        let known = Self::KNOWN.into_iter().find(|kind| kind.as_str() == text);
        match known {
            Some(kind) => Some(kind),
            None => (letters && (1..=32).contains(&text.len())).then(|| Self::Newer(text.to_owned())),
        }
    }

    fn write(&self, to: &mut String) {
        to.push_str(self.as_str());
    }
}

/// One part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What it is.
    pub kind: PartKind,
    /// Bytes.
    pub length: u64,
    /// SHA-256.
    pub hash: Hash,
}

/// The parts in the order of the box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts(pub Vec<Part>);

impl Value for Parts {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = Vec::new();
        for item in text.split(' ') {
            let mut words = item.splitn(3, ':');
            let kind = Value::parse(words.next()?)?;
            parts.push(Part { kind, length: Value::parse(words.next()?)?, hash: Value::parse(words.next()?)? });
        }
        (parts.len() <= MAX_PARTS).then_some(Self(parts))
    }

    fn write(&self, to: &mut String) {
        for (i, part) in self.0.iter().enumerate() {
            if i > 0 {
                to.push(' ');
            }
            to.push_str(&format!("{}:{}:{}", part.kind.as_str(), part.length, part.hash));
        }
    }
}

statement!(
    /// What the parts of a PROOF are and which clip they belong to.
    Proof = "packseal/proof/v1",
    rule: |p| {
        let count = |kind: &PartKind| p.parts.0.iter().filter(|part| part.kind == *kind).count();
        let ledger = PartKind::LEDGER.iter().filter(|kind| count(kind) > 0).count();
        let (stated, audit, salts) = (count(&PartKind::Stated), count(&PartKind::Audit), count(&PartKind::Salts));
        let time_tokens = count(&PartKind::TimeToken);
        p.parts.0.iter().all(|part| count(&part.kind) <= part.kind.most())
            && (ledger == 0 || ledger == PartKind::LEDGER.len())
            && (ledger > 0 || time_tokens == 0)
            // Each says something of the one before.
            && (time_tokens > 0 || count(&PartKind::TimeCheckpoint) == 0)
            && stated <= ledger
            && audit <= stated
            && salts == audit
    },
    {
        /// That of START.
        "clip" clip: Id,
        /// Statement hash of END.
        "end" end: Hash,
        /// The parts.
        "parts" parts: Parts,
    }
);

impl Proof {
    /// The content of a PROOF's box: the length of its note, the note, the parts.
    ///
    /// # Errors
    /// [`Code::StatementGrammar`] where a kind stands too often, or no part; [`Code::ContainerLimits`] where it is too
    /// large.
    pub fn content(clip: Id, end: Hash, parts: &[(PartKind, Vec<u8>)], key: &SigningKey) -> Result<Vec<u8>, Code> {
        let listed = |(kind, bytes): &(PartKind, Vec<u8>)| Part {
            kind: kind.clone(),
            length: bytes.len() as u64,
            hash: Hash::of(bytes),
        };
        let (note, _) = Self { clip, end, parts: Parts(parts.iter().map(listed).collect()) }.seal(key)?;
        // A note has at most 16 KiB.
        let mut content = (note.len() as u32).to_be_bytes().to_vec();
        content.extend(note);
        parts.iter().for_each(|(_, bytes)| content.extend(bytes));
        if content.len() as u64 > MAX_PROOF { Err(Code::ContainerLimits) } else { Ok(content) }
    }
}
