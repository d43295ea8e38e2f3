//! What a report is made of. HTML and PDF are made of the same blocks.

use super::strip::Strip;

/// A part of a report, from the top to the bottom.
pub enum Block {
    /// The first line.
    Title(String),
    /// The one word, whether it is VERIFIED, and its sentence.
    Verdict {
        /// Large.
        word: String,
        /// Below.
        meaning: String,
        /// Whether nothing is left to say against it.
        is_verified: bool,
    },
    /// A heading.
    Head(String),
    /// A smaller one.
    Sub(String),
    /// A paragraph.
    Text(String),
    /// A paragraph that explains.
    Aside(String),
    /// A paragraph that nobody may miss.
    Notice(String),
    /// Its points.
    List(Vec<String>),
    /// Labels with their lines.
    Pairs(Vec<(String, Vec<String>)>),
    /// Rows below a head.
    Table(Table),
    /// Pictures side by side.
    Pictures(Vec<Picture>),
    /// When what happened.
    Strip(Strip),
    /// A signed note in full.
    Statement {
        /// Which.
        title: String,
        /// The note.
        text: String,
        /// On paper its row in a table is enough.
        is_on_paper: bool,
    },
    /// Lines to be filled in by hand, with their labels.
    Blanks(Vec<String>),
    /// What follows begins a page.
    Page,
}

/// A table.
#[derive(Default)]
pub struct Table {
    /// Of the columns.
    pub head: Vec<String>,
    /// As many cells each.
    pub rows: Vec<Vec<String>>,
    /// Of the columns, in parts of the whole.
    pub widths: Vec<f32>,
    /// Whether a column is of digits and digests.
    pub mono: Vec<bool>,
}

/// A picture with its caption.
pub struct Picture {
    /// The file.
    pub jpeg: Vec<u8>,
    /// Width and height in pixels.
    pub size: (u32, u32),
    /// Below.
    pub caption: String,
}

/// Without control characters and what turns the direction of writing, which names of files may hold.
pub fn visible(text: &str) -> String {
    let turns = |c| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if c.is_control() || turns(c) { '\u{fffd}' } else { c }).collect()
}
