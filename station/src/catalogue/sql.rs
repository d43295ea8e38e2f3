//! Queries that must not read the whole table; a test asks SQLite how it answers each.

/// Clips of an order, oldest first.
pub(super) const OF_ORDER: &str = "SELECT * FROM clip WHERE order_number = ?1 ORDER BY sequence";

/// Clips of an order number or id, oldest first.
pub(super) const NAMED: &str = "SELECT * FROM clip WHERE order_number = ?1 OR clip = ?1 ORDER BY sequence";

/// The clip of an id.
pub(super) const OF_ID: &str = "SELECT * FROM clip WHERE clip = ?1";

/// The same among those of keys that the station had before.
pub(super) const RETIRED_OF_ID: &str = "SELECT * FROM retired_clip WHERE clip = ?1";

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

/// Acts before a place in the ledger, newest first.
pub(super) const ACTS: &str =
    "SELECT entry, note FROM stated WHERE kind = 'act' AND entry < ?1 ORDER BY entry DESC LIMIT ?2";

/// Notes of a clip's exports, oldest first.
pub(super) const EXPORTS: &str = "SELECT note FROM stated WHERE clip = ?1 ORDER BY entry";

/// Holds of a target, released ones too, oldest first.
pub(super) const HOLDS_OF: &str = "SELECT * FROM hold WHERE target = ?1 ORDER BY hold";

/// How many targets are on hold.
pub(super) const ON_HOLD: &str = "SELECT count(DISTINCT target) FROM hold WHERE released IS NULL";

/// Whether a clip's id or order number is on hold.
pub(super) const IS_HELD: &str = "SELECT EXISTS (SELECT 1 FROM hold WHERE released IS NULL AND target IN (?1, ?2))";

/// Numbers of all clips on hold.
pub(super) const ALL_HELD: &str = "SELECT clip.sequence FROM hold CROSS JOIN clip ON clip.order_number = hold.target
    WHERE hold.released IS NULL
    UNION SELECT clip.sequence FROM hold CROSS JOIN clip ON clip.clip = hold.target
    WHERE hold.released IS NULL AND length(hold.target) = 32 ORDER BY 1";

/// Clips of an order, of retired keys.
pub(super) const RETIRED_OF_ORDER: &str = "SELECT * FROM retired_clip WHERE order_number = ?1 ORDER BY key, sequence";

/// Clips of a block whose order number begins so, or ends so: from the first text up to before the second.
pub(super) const HEAD: &str = "SELECT sequence FROM clip INDEXED BY clip_by_head
    WHERE sequence >> 13 = ?1 AND order_number >= ?2 COLLATE NOCASE AND order_number < ?3 COLLATE NOCASE";
pub(super) const TAIL: &str = "SELECT sequence FROM clip INDEXED BY clip_by_tail
    WHERE sequence >> 13 = ?1 AND order_tail >= ?2 COLLATE NOCASE AND order_tail < ?3 COLLATE NOCASE";

/// Those that began in a span.
pub(super) const BEGUN: &str = "SELECT sequence FROM clip INDEXED BY clip_by_begin
    WHERE sequence >> 13 = ?1 AND first_time >= ?2 AND first_time < ?3";

/// Those of a bench, and of an operator.
pub(super) const OF_BENCH: &str = "SELECT sequence FROM clip INDEXED BY clip_of_bench
    WHERE bench = ?2 AND sequence BETWEEN ?1 << 13 AND (?1 << 13) + 8191";
pub(super) const OF_OPERATOR: &str = "SELECT sequence FROM clip INDEXED BY clip_of_operator
    WHERE operator = ?2 AND sequence BETWEEN ?1 << 13 AND (?1 << 13) + 8191";

/// Those with a gap, and so on.
pub(super) const WITH_GAPS: &str = "SELECT sequence FROM clip INDEXED BY clip_with_gaps
    WHERE gaps > 0 AND sequence BETWEEN ?1 << 13 AND (?1 << 13) + 8191";
pub(super) const NOT_READ: &str = "SELECT sequence FROM clip INDEXED BY clip_not_read
    WHERE label_frames = 0 AND sequence BETWEEN ?1 << 13 AND (?1 << 13) + 8191";
pub(super) const RETURN: &str = "SELECT sequence FROM clip INDEXED BY clip_return
    WHERE direction = 'return' AND sequence BETWEEN ?1 << 13 AND (?1 << 13) + 8191";
pub(super) const CANCELLED: &str = "SELECT sequence FROM clip INDEXED BY clip_cancelled
    WHERE reason = 'cancelled' AND sequence BETWEEN ?1 << 13 AND (?1 << 13) + 8191";
pub(super) const DAMAGED: &str = "SELECT sequence FROM clip INDEXED BY clip_damaged
    WHERE (state = 'damaged' OR reason = 'damaged') AND sequence BETWEEN ?1 << 13 AND (?1 << 13) + 8191";

/// The newest number.
pub(super) const NEWEST: &str = "SELECT max(sequence) FROM clip";

/// A clip's row.
pub(super) const ROW: &str = "SELECT * FROM clip WHERE sequence = ?1";

/// The benches, and the operators, of all clips: from each straight to the next.
pub(super) const BENCHES: &str = "WITH RECURSIVE one (name) AS (SELECT min(bench) FROM clip
    UNION ALL SELECT (SELECT min(bench) FROM clip WHERE bench > one.name) FROM one WHERE one.name IS NOT NULL)
    SELECT name FROM one WHERE name IS NOT NULL LIMIT 1000";
pub(super) const OPERATORS: &str = "WITH RECURSIVE one (name) AS (
    SELECT min(operator) FROM clip WHERE operator IS NOT NULL
    UNION ALL SELECT (SELECT min(operator) FROM clip WHERE operator > one.name) FROM one WHERE one.name IS NOT NULL)
    SELECT name FROM one WHERE name IS NOT NULL LIMIT 1000";

/// The newest sealed clips of a bench, also those that are deleted since.
pub(super) const LAST_SEALED: &str = "SELECT * FROM clip INDEXED BY clip_of_bench
    WHERE bench = ?1 AND end_hash IS NOT NULL ORDER BY sequence DESC LIMIT ?2";

/// Sealed clips that began in a span, oldest first; and how many are parcels, each of which has one that ends as this
/// says.
pub(super) const DAY: &str = "SELECT first_time, reason, direction, ticks, lost, gaps, label_frames, bench FROM clip
    WHERE first_time >= ?1 AND first_time < ?2 AND reason IS NOT NULL ORDER BY first_time";
pub(super) const PARCELS: &str = "SELECT count(*) FROM clip
    WHERE first_time >= ?1 AND first_time < ?2 AND reason NOT IN ('cancelled', 'format-changed')";
