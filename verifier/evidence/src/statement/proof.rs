//! PROOF's own first note: what the parts behind it are.

use super::statement;
use crate::value::{Hash, Id, Value};

/// Most parts.
const MAX_PARTS: usize = 64;

/// One part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What it is: `[a-z0-9-]{1,32}`.
    pub kind: String,
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
            let kind = words.next()?;
            let letters = kind.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
            let kind = Some(kind).filter(|k| letters && (1..=32).contains(&k.len()))?.to_owned();
            parts.push(Part { kind, length: Value::parse(words.next()?)?, hash: Value::parse(words.next()?)? });
        }
        (parts.len() <= MAX_PARTS).then_some(Self(parts))
    }

    fn write(&self, to: &mut String) {
        for (i, part) in self.0.iter().enumerate() {
            if i > 0 {
                to.push(' ');
            }
            to.push_str(&format!("{}:{}:{}", part.kind, part.length, part.hash));
        }
    }
}

statement!(
    /// What the parts of a PROOF are and which clip they belong to.
    Proof = "packseal/proof/v1", rule: |_| true,
    {
        /// That of START.
        "clip" clip: Id,
        /// Statement hash of END.
        "end" end: Hash,
        /// The parts.
        "parts" parts: Parts,
    }
);
