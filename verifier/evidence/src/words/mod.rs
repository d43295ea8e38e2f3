//! What a verification says to people, in English and Chinese: the verifier prints it and the station's report repeats
//! it, so it is worded once.

mod answers;
mod facts;
mod questions;
mod text;

pub use answers::{Answers, Coverage, Label};
pub use facts::{facts, moment};
pub use questions::{limits, questions};
pub use text::Text;

use crate::finding::Code;

/// A language of the reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lang {
    /// English.
    En,
    /// Chinese.
    Zh,
}

impl Lang {
    /// Both.
    pub const ALL: [Self; 2] = [Self::En, Self::Zh];

    /// Its code (ISO 639).
    pub fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Zh => "zh",
        }
    }

    /// The environment's: the first of LC_ALL, LC_MESSAGES and LANG that says something.
    pub fn of_environment() -> Self {
        let says = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(says);
        if locale.is_some_and(|locale| locale.starts_with("zh")) { Self::Zh } else { Self::En }
    }

    /// One of two texts.
    pub fn pick<T>(self, en: T, zh: T) -> T {
        match self {
            Self::En => en,
            Self::Zh => zh,
        }
    }
}

/// A finding's message.
pub fn message(code: Code, lang: Lang) -> &'static str {
    lang.pick(code.en(), code.zh())
}

/// A tick of the clip's time line in seconds.
pub fn seconds(tick: u64) -> String {
    format!("{:.1}", tick as f64 / 90_000.0)
}

/// A text with its places filled: `{}` in turn, `{0}` by number.
pub fn fill(text: &str, values: &[&str]) -> String {
    let mut pieces = text.split('{');
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for (turn, piece) in pieces.enumerate() {
        let (number, rest) = piece.split_once('}').unwrap_or_default();
        text.push_str(values.get(number.parse().unwrap_or(turn)).unwrap_or(&""));
        text.push_str(rest);
    }
    text
}

/// Words that no text may have, in lower case: what they promise, no seal can keep.
pub const BANNED: &[&str] = &[
    "fake",
    "fraud",
    "100 %",
    "100%",
    "guarantee",
    "真图",
    "假图",
    "真实",
    "伪造",
    "诈骗",
    "欺诈",
    "百分之百",
    "保证",
];

/// Whether a text promises what no seal can keep.
pub fn promises(text: &str) -> bool {
    let lower = text.to_lowercase();
    BANNED.iter().any(|word| lower.contains(word))
        || lower.split(|c: char| !c.is_alphabetic()).any(|word| word == "real")
}

/// Texts for people as an enum: `Case, "English", "中文";` each.
#[macro_export]
macro_rules! texts {
    ($(#[$doc:meta])* $name:ident; $($case:ident, $en:literal, $zh:literal;)+) => {
        $(#[$doc])*
        // What a case says stands beside it.
        #[allow(missing_docs)]
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name { $($case),+ }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$case),+];

            /// In this language.
            pub fn of(self, lang: $crate::words::Lang) -> &'static str {
                use $crate::words::Lang;
                match (self, lang) { $((Self::$case, Lang::En) => $en, (Self::$case, Lang::Zh) => $zh),+ }
            }

            /// With its places filled, as [`fill`]($crate::words::fill) does.
            pub fn with(self, lang: $crate::words::Lang, values: &[&str]) -> String {
                $crate::words::fill(self.of(lang), values)
            }
        }
    };
}

#[cfg(test)]
mod tests;
