//! The report of an order in a dispute, for whoever judges it: what is proven of its clips, what is not, and what was not
//! checked. It says nothing that is not in the results of a verification.
//!
//! ```text
//! Subject ─► content ─► blocks ─┬─► html
//!                               └─► pdf
//! ```
//!
//! So both say the same.

mod block;
mod clip;
mod content;
mod drafts;
mod html;
mod pdf;
mod received;
mod strip;
mod texts;
mod wrap;

use evidence::{
    key::VerifierKey,
    value::{Hash, Order, Time},
    verdict::Report,
    words::Lang,
};

use inspect::report::Inspected;

pub use block::visible;

use crate::say::Trouble;

/// What a report is about.
pub struct Subject<'a> {
    /// The order that was asked for.
    pub order: &'a Order,
    /// When the report is made, by the station's clock.
    pub made: Time,
    /// The station's key, under which its clips were verified.
    pub station: &'a VerifierKey,
    /// The clips that were handed out, oldest first.
    pub clips: Vec<Piece<'a>>,
    /// The buyer's files, which are no evidence of the station.
    pub received: Vec<Received>,
    /// The files that go with the report.
    pub files: Vec<Listed>,
    /// Exports of this order, oldest first, this one last.
    pub exports: Vec<Custody>,
}

/// A clip.
pub struct Piece<'a> {
    /// Of its file.
    pub name: String,
    /// Of its file.
    pub sha256: Hash,
    /// Of its file, in bytes.
    pub length: u64,
    /// Its verification, asked for the order.
    pub report: &'a Report,
    /// Its notes in full, as [`evidence::verify::replay`] gives them.
    pub statements: Vec<String>,
    /// Pictures out of it.
    pub stills: Vec<Still>,
}

/// A picture out of a clip.
pub struct Still {
    /// The file.
    pub jpeg: Vec<u8>,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// Of the clip.
    pub second: f64,
    /// Why this one.
    pub what: Sight,
}

/// What a still shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// The first frame.
    First,
    /// When the order's code was scanned.
    Scan,
    /// When the order was read from the picture.
    Label,
    /// When the scale said a weight.
    Weight,
    /// None of these.
    Between,
    /// The last frame.
    Last,
}

/// A file of the buyer's, and what it says about itself.
pub struct Received {
    /// In the folder; `None`: it is left out.
    pub name: Option<String>,
    /// Why it is left out.
    pub left_out: Option<LeftOut>,
    /// Of its bytes as they were received.
    pub sha256: Hash,
    /// What packseal-verifier said of it.
    pub inspected: Inspected,
    /// When the desk took it in, and whose account that was; `None`: it was handed over with the export.
    pub taken: Option<(Time, Option<String>)>,
}

/// Why a file of the buyer's is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeftOut {
    /// The preset takes none as large.
    Large,
    /// The one that was kept is gone, or is not any more what was received.
    Changed,
}

/// A file of the bundle.
pub struct Listed {
    /// In the folder.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// Its digest.
    pub sha256: Hash,
    /// What it is.
    pub kind: Kind,
}

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The clip as it was sealed: the original.
    Clip,
    /// A copy that is smaller or shorter.
    Copy,
    /// A picture out of a clip.
    Still,
    /// For checking.
    Tool,
    /// Anything else.
    Other,
}

/// An export.
pub struct Custody {
    /// When, by the station's clock.
    pub time: Time,
    /// Who asked for it, where that is known.
    pub who: Option<String>,
    /// For whom.
    pub preset: String,
    /// Of its list of files (`SHA256SUMS`), or of its entry in the ledger.
    pub hash: Option<Hash>,
}

/// As one HTML file that needs no other.
pub fn html(subject: &Subject<'_>, lang: Lang) -> String {
    html::render(&content::blocks(subject, lang), lang)
}

/// As PDF/A on A4, with its fonts in it.
///
/// # Errors
/// A picture that is not a JPEG.
pub fn pdf(subject: &Subject<'_>, lang: Lang) -> Result<Vec<u8>, Trouble> {
    pdf::render(&content::blocks(subject, lang), subject, lang)
}

/// Fewest characters that a summary may be given.
pub const MIN_SUMMARY: usize = 400;

/// In at most so many characters, [`MIN_SUMMARY`] or more, for forms on the web.
pub fn summary(subject: &Subject<'_>, lang: Lang, most: usize) -> String {
    content::summary(subject, lang, most)
}

#[cfg(test)]
mod tests;
