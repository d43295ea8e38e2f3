//! Queries that must not read the whole table; a test asks SQLite how it answers each.

/// Clips of an order, oldest first.
pub(super) const OF_ORDER: &str = "SELECT * FROM clip WHERE order_number = ?1 ORDER BY sequence";

/// Clips of an order number or id, oldest first.
pub(super) const NAMED: &str = "SELECT * FROM clip WHERE order_number = ?1 OR clip = ?1 ORDER BY sequence";

/// Clips that are open or being deleted, oldest first.
pub(super) const UNFINISHED: &str = "SELECT * FROM clip WHERE state IN ('open', 'deleting') ORDER BY sequence";

/// When the newest clip of an order since then began.
pub(super) const LAST_RECORDED: &str = "SELECT first_time FROM clip
    WHERE order_number = ?1 AND first_time >= ?2 AND state <> 'never-written' ORDER BY first_time DESC LIMIT 1";

/// When the newest clip ended.
pub(super) const NEWEST_END: &str = "SELECT max(last_time) FROM clip";

/// Bytes of the clips that ended in a span.
pub(super) const RECORDED: &str = "SELECT coalesce(sum(bytes), 0) FROM clip WHERE last_time BETWEEN ?1 AND ?2";

/// The oldest sealed clip that ended before then and is not on hold.
pub(super) const OLDEST: &str = "SELECT * FROM clip WHERE state = 'sealed' AND last_time < ?1
    AND NOT EXISTS (SELECT 1 FROM hold WHERE released IS NULL AND target IN (clip.clip, clip.order_number))
    ORDER BY last_time LIMIT 1";

/// A sealed clip that is not on hold is being deleted.
pub(super) const DELETING: &str = "UPDATE clip SET state = 'deleting', tombstone = ?2
    WHERE sequence = ?1 AND state = 'sealed'
    AND NOT EXISTS (SELECT 1 FROM hold WHERE released IS NULL AND target IN (clip.clip, clip.order_number))";

/// Sealed clips on hold that ended before then, and their bytes. CROSS JOIN and `+` keep SQLite from other ways than
/// from the few holds to their clips.
pub(super) const HELD: &str = "SELECT count(*), coalesce(sum(bytes), 0) FROM clip
    WHERE state = 'sealed' AND +last_time < ?1 AND sequence IN (
        SELECT clip.sequence FROM hold CROSS JOIN clip ON clip.order_number = hold.target WHERE hold.released IS NULL
        UNION SELECT clip.sequence FROM hold CROSS JOIN clip ON clip.clip = hold.target WHERE hold.released IS NULL)";

/// Clips of an order number or id: how many have a file, and how many were deleted.
pub(super) const KEPT: &str = "SELECT
    coalesce(sum(state IN ('open', 'sealed', 'damaged')), 0), coalesce(sum(state IN ('deleting', 'deleted')), 0)
    FROM clip WHERE order_number = ?1 OR clip = ?1";

/// Place in the ledger of the newest END.
pub(super) const NEWEST_END_ENTRY: &str = "SELECT max(end_entry) FROM clip";

/// Sealed clips that the daemon has not put PROOF behind and whose END is before this place in the ledger, oldest first.
pub(super) const DUE_FOR_PROOF: &str = "SELECT * FROM clip WHERE state = 'sealed' AND proven = 0 AND end_entry < ?1
    ORDER BY end_entry LIMIT ?2";

/// Clips whose END stands at this place of the ledger or behind it, in that order.
pub(super) const ENDED_FROM: &str = "SELECT * FROM clip WHERE end_entry >= ?1 ORDER BY end_entry LIMIT ?2";

/// The same of a key that the station had before.
pub(super) const ENDED_FROM_RETIRED: &str = "SELECT * FROM retired_clip
    WHERE key = (SELECT number FROM retired WHERE vkey = ?3) AND end_entry >= ?1 ORDER BY end_entry LIMIT ?2";

/// Time tokens over the first checkpoint with one that covers the entry at a place, as they came.
pub(super) const COVERING: &str = "SELECT * FROM token
    WHERE size = (SELECT min(size) FROM token WHERE size > ?1) ORDER BY number";

/// Notes of a clip's exports, oldest first.
pub(super) const EXPORTS: &str = "SELECT note FROM stated WHERE clip = ?1 ORDER BY entry";
