//! Export: a clip was handed out. Kept by the station; the ledger has an entry about it.

use super::statement;
use crate::value::{Hash, Id, KeyName, Order, Time, Token};

statement!(
    /// To whom nobody knows: who did it, when, and what.
    Export = "packseal/export/v1", rule: |e| e.files >= 1,
    {
        /// The signing key's name.
        "station" station: KeyName,
        /// The order that was asked for.
        "order" order: Order,
        /// That of START.
        "clip" clip: Id,
        /// Statement hash of END.
        "end" end: Hash,
        /// The preset's name.
        "preset" preset: Token,
        /// Who did it, as told.
        "by" by: Option<Token>,
        /// When.
        "time" time: Time,
        /// How many files with pictures were handed out, the clips themselves included.
        "files" files: u64,
        /// SHA-256 of their list: a line `HASH SP SP NAME LF` for each, as `sha256sum` writes it.
        "list" list: Hash,
    }
);
