//! Tombstone: what became of a START whose clip is not there. Kept by the station.

use super::statement;
use crate::value::{Hash, Id, KeyName, Time, choice};

choice!(
    /// Why there is no clip.
    TombstoneReason {
        /// The station stopped before a picture of it was on disk.
        NeverWritten = "never-written",
        /// Its time was over.
        Retention = "retention",
        /// A person removed it.
        Withdrawn = "withdrawn",
    }
);

statement!(
    /// Stands for a clip that is not there.
    Tombstone = "packseal/tombstone/v1", rule: |t| t.sequence >= 1,
    {
        /// The signing key's name.
        "station" station: KeyName,
        /// That of START.
        "clip" clip: Id,
        /// That of START.
        "sequence" sequence: u64,
        /// Statement hash of START.
        "start" start: Hash,
        /// Why.
        "reason" reason: TombstoneReason,
        /// When.
        "time" time: Time,
    }
);
