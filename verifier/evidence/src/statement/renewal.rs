//! Renewal: a station's new key says after which one it comes. The first entry of the new key's ledger is about it.

use super::statement;
use crate::value::{Hash, KeyName, Time, choice};

choice!(
    /// Why there is a new key.
    RenewalReason {
        /// The data folder was restored from a backup, or copied.
        Restored = "restored",
        /// A person asked for it.
        Requested = "requested",
    }
);

statement!(
    /// A new key names the one before, and how far that one's ledger was known.
    Renewal = "packseal/key/v1",
    rule: |r| r.previous != r.station && (r.previous_size == 0) == r.previous_root.is_none(),
    {
        /// The signing key's name: the new one.
        "station" station: KeyName,
        /// The key before.
        "previous" previous: KeyName,
        /// Entries of its ledger's last checkpoint that is known here; 0: none.
        "previous-size" previous_size: u64,
        /// That checkpoint's root.
        "previous-root" previous_root: Option<Hash>,
        /// Why.
        "reason" reason: RenewalReason,
        /// When.
        "time" time: Time,
    }
);
