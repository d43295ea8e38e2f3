//! The signed statements (FORMAT.md, section 3), a file each.

mod act;
mod count;
mod derivation;
mod end;
mod enrolment;
mod environment;
mod event;
mod export;
mod link;
mod proof;
mod renewal;
mod start;
mod tombstone;

pub use act::{Act, ActKind};
pub use count::{ClipState, Count, CountedClip, CountedClips, MAX_COUNTED};
pub use derivation::{Derivation, DerivedKind};
pub use end::{End, Reason};
pub use enrolment::{Enrolment, Revocation, RevocationReason, Sources};
pub use environment::{BenchCamera, BenchCameras, DiskAccess, DiskHealth, Environment, MAX_CAMERAS, Outcome, SelfTest};
pub use event::{CodeClass, Control, Event, EventKind, Events, MAX_EVENTS, WeightState};
pub use export::Export;
pub use link::Link;
pub use proof::{MAX_PROOF, MAX_TIME_TOKENS, Part, PartKind, Parts, Proof};
pub use renewal::{Renewal, RenewalReason};
pub use start::{
    Audio, ClockKind, ClockState, Codec, Direction, Encoding, KeyProtection, Opened, Overlay, Source, Start,
};
pub use tombstone::{Tombstone, TombstoneReason};

use crate::{finding::Code, key::SigningKey, note, value::Hash};

/// A kind of statement.
pub trait Statement: Sized + PartialEq {
    /// Its text, to be signed.
    fn text(&self) -> String;

    /// Reads its text.
    ///
    /// # Errors
    /// [`Code::StatementGrammar`] for every form but the one the specification allows.
    fn parse(text: &str) -> Result<Self, Code>;

    /// Whether `text`, cut off at any byte, may be the beginning of such a statement's text: its whole lines are good,
    /// the cut one has the key and a printable value.
    fn is_prefix(text: &str) -> bool;

    /// The signed note of it and its statement hash.
    ///
    /// # Errors
    /// [`Code::StatementGrammar`] where its values break the grammar: such a statement is never signed.
    fn seal(&self, key: &SigningKey) -> Result<(Vec<u8>, Hash), Code> {
        let text = self.text();
        let reads_back = Self::parse(&text).as_ref() == Ok(self);
        let note = note::sign(&text, key);
        if !reads_back || note.len() > note::MAX_LENGTH {
            return Err(Code::StatementGrammar);
        }
        let hash = Hash::of(&note);
        Ok((note, hash))
    }
}

/// Declares a statement: its first line, its keys in order, and the rule between its values.
macro_rules! statement {
    (
        $(#[$doc:meta])* $name:ident = $kind:literal, rule: $rule:expr,
        { $($(#[$field_doc:meta])* $key:literal $field:ident: $type:ty,)+ }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name { $($(#[$field_doc])* pub $field: $type,)+ }

        impl $crate::statement::Statement for $name {
            fn text(&self) -> String {
                let mut text = String::from(concat!($kind, "\n"));
                $(
                    text.push_str(concat!($key, " "));
                    $crate::value::Value::write(&self.$field, &mut text);
                    text.push('\n');
                )+
                text
            }

            fn parse(text: &str) -> Result<Self, $crate::finding::Code> {
                let read = || {
                    let mut lines = text.strip_suffix('\n')?.split('\n');
                    (lines.next()? == $kind).then_some(())?;
                    let statement = Self {
                        $($field: $crate::value::Value::parse(lines.next()?.strip_prefix(concat!($key, " "))?)?,)+
                    };
                    let rule: fn(&Self) -> bool = $rule;
                    (lines.next().is_none() && rule(&statement)).then_some(statement)
                };
                read().ok_or($crate::finding::Code::StatementGrammar)
            }

            fn is_prefix(text: &str) -> bool {
                let lines: &[$crate::statement::Line] = &[
                    $((concat!($key, " "), |value| <$type as $crate::value::Value>::parse(value).is_some()),)+
                ];
                $crate::statement::is_prefix(text, $kind, lines)
            }
        }

    };
}
pub(crate) use statement;

/// A line's key with its space, and whether a value is good.
pub(crate) type Line = (&'static str, fn(&str) -> bool);

pub(crate) fn is_prefix(text: &str, kind: &str, lines: &[Line]) -> bool {
    let mut parts = text.split('\n');
    let last = parts.next_back().unwrap_or_default();
    let mut whole = 0;
    for (i, line) in parts.enumerate() {
        let good = match i.checked_sub(1) {
            None => line == kind,
            Some(i) => lines.get(i).is_some_and(|(key, good)| line.strip_prefix(key).is_some_and(good)),
        };
        if !good {
            return false;
        }
        whole = i + 1;
    }
    match whole.checked_sub(1) {
        None => kind.starts_with(last),
        Some(i) => match lines.get(i) {
            Some((key, _)) => {
                let value = last.strip_prefix(key);
                // Not every beginning of a value is known as one; that it is text is.
                let text = |value: &str| !value.starts_with(' ') && value.bytes().all(|b| (0x20..0x7f).contains(&b));
                key.starts_with(last) || value.is_some_and(text)
            }
            None => last.is_empty(),
        },
    }
}

#[cfg(test)]
mod tests;
