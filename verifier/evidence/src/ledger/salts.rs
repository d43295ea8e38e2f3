//! Salts: what lets a reader find an order's entries in a span (FORMAT.md, section 7.7).

use std::collections::BTreeMap;

use crate::value::{Hash, Value};

/// The salt of each UTC day, `YYYY-MM-DD`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Salts(pub BTreeMap<String, [u8; 32]>);

impl Salts {
    /// The written form: a line for each day, ascending.
    pub fn write(&self) -> Vec<u8> {
        let lines = self.0.iter().map(|(day, salt)| format!("{day} {}\n", Hash(*salt)));
        lines.collect::<String>().into_bytes()
    }

    /// Reads it; `None` for any other form. Which days there are is for the span to say, and a day of no calendar is none
    /// of these.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?.strip_suffix('\n')?;
        let mut salts = BTreeMap::new();
        for line in text.split('\n') {
            let (day, salt) = line.split_once(' ')?;
            let ascends = salts.last_key_value().is_none_or(|(last, _): (&String, _)| last.as_str() < day);
            ascends.then_some(())?;
            salts.insert(day.to_owned(), Hash::parse(salt)?.0);
        }
        Some(Self(salts))
    }
}
