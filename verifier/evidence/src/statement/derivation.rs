//! Derivation: a file that the station made from a sealed clip, for those who cannot take the clip itself. Stands beside
//! that file.

use super::statement;
use crate::value::{Hash, Id, KeyName, Order, Size, Time, Token, Visible, choice};

choice!(
    /// What was made.
    DerivedKind {
        /// A copy of one continuous span, coded anew, that fits where the clip does not.
        Share = "share",
        /// One picture.
        Still = "still",
        /// Pictures of the whole clip, side by side.
        Sheet = "sheet",
    }
);

statement!(
    /// Which file was made from which part of which clip, and how.
    Derivation = "packseal/derivation/v1",
    rule: |d| d.links.0 < d.links.1 && d.ticks.0 <= d.ticks.1 && d.length >= 1,
    {
        /// The signing key's name.
        "station" station: KeyName,
        /// That of START.
        "clip" clip: Id,
        /// Statement hash of END.
        "end" end: Hash,
        /// The order that END names.
        "order" order: Option<Order>,
        /// What was made.
        "kind" kind: DerivedKind,
        /// Index of the first LINK whose pictures are in it, and the one behind the last.
        "links" links: (u64, u64),
        /// The first and the last moment that it shows, on the clip's own time line.
        "ticks" ticks: (u64, u64),
        /// Pixels of the file made.
        "size" size: Size,
        /// How it was made.
        "how" how: Visible,
        /// Version of the station's software.
        "software" software: Token,
        /// SHA-256 of its program file.
        "program" program: Hash,
        /// When.
        "time" time: Time,
        /// Bytes of the file made.
        "length" length: u64,
        /// SHA-256 of it.
        "file" file: Hash,
    }
);
