//! The tables, and how those that an earlier version made become them.

use std::{path::Path, time::Duration};

use evidence::{
    note::Note,
    statement::{Start, Statement},
    value::Token,
};
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior, params};

use super::{CatalogueError, find};

/// The layout of the tables this program knows.
pub(super) const VERSION: i64 = 3;

const CLIP: &str = "
CREATE TABLE clip (
    sequence     INTEGER PRIMARY KEY,          -- of this station, from 1 without gaps
    clip         TEXT    NOT NULL UNIQUE,      -- random id
    order_number TEXT,                         -- NULL: not known
    state        TEXT    NOT NULL
                 CHECK (state IN ('open', 'sealed', 'damaged', 'never-written', 'deleting', 'deleted')),
    path         TEXT    NOT NULL UNIQUE,      -- below the data folder
    start        BLOB    NOT NULL,             -- START's note
    start_hash   TEXT    NOT NULL,
    first_time   INTEGER NOT NULL,             -- wall clock of the first frame, us since 1970
    links        INTEGER NOT NULL DEFAULT 0,   -- LINKs known to be on disk
    reason       TEXT,                         -- why it was closed
    last_time    INTEGER,                      -- wall clock of its end, us since 1970
    frames       INTEGER,
    lost         INTEGER,
    ticks        INTEGER,                      -- length, 1/90000 s
    bytes        INTEGER,
    end_hash     TEXT,
    tombstone    BLOB,                         -- of a clip that was never written, or is deleted
    start_entry  INTEGER,                      -- places in the ledger; NULL: not there, or before there was one
    end_entry    INTEGER,
    tombstone_entry INTEGER,                   -- likewise
    start_token  TEXT,                         -- SHA-256 of the time token that START names
    proven       INTEGER NOT NULL DEFAULT 0,   -- 1: the daemon has put PROOF behind it, or cannot
    direction    TEXT,                         -- these three as in START; NULL: it cannot be read
    bench        TEXT,
    operator     TEXT,                         -- NULL: nobody was signed on
    order_tail   TEXT,                         -- the order number from its end
    gaps         INTEGER,                      -- LINKs without pictures; NULL: not sealed, or not known
    label_frames INTEGER                       -- from which the order was read; NULL: as well where no reader said anything
) STRICT;
CREATE INDEX clip_by_order ON clip (order_number, first_time);
CREATE INDEX clip_by_end ON clip (last_time, bytes);
CREATE INDEX clip_sealed ON clip (last_time) WHERE state = 'sealed';
CREATE INDEX clip_by_end_entry ON clip (end_entry);
CREATE INDEX clip_by_token ON clip (start_token) WHERE start_token IS NOT NULL;
CREATE INDEX clip_due_for_proof ON clip (end_entry) WHERE state = 'sealed' AND proven = 0;
CREATE INDEX clip_unfinished ON clip (state) WHERE state IN ('open', 'deleting');
CREATE INDEX clip_by_head ON clip (sequence >> 13, order_number COLLATE NOCASE) WHERE order_number IS NOT NULL;
CREATE INDEX clip_by_tail ON clip (sequence >> 13, order_tail COLLATE NOCASE) WHERE order_tail IS NOT NULL;
CREATE INDEX clip_by_begin ON clip (sequence >> 13, first_time);
CREATE INDEX clip_of_bench ON clip (bench);
CREATE INDEX clip_of_operator ON clip (operator) WHERE operator IS NOT NULL;
CREATE INDEX clip_with_gaps ON clip (sequence, gaps) WHERE gaps > 0;
CREATE INDEX clip_not_read ON clip (sequence, label_frames) WHERE label_frames = 0;
CREATE INDEX clip_return ON clip (sequence, direction) WHERE direction = 'return';
CREATE INDEX clip_cancelled ON clip (sequence, reason) WHERE reason = 'cancelled';
CREATE INDEX clip_damaged ON clip (sequence, state, reason) WHERE state = 'damaged' OR reason = 'damaged';
CREATE INDEX clip_of_day ON clip (first_time, reason, direction, ticks, lost, gaps, label_frames, bench)
    WHERE reason IS NOT NULL;
";

const HOLD: &str = "
CREATE TABLE hold (
    hold           INTEGER PRIMARY KEY,
    target         TEXT    NOT NULL,           -- an order number or a clip's id
    reason         TEXT    NOT NULL,
    since          INTEGER NOT NULL,           -- us since 1970
    released       INTEGER,                    -- NULL: still on
    release_reason TEXT,
    held_by        TEXT,                       -- account or operator; NULL: a command on the station
    released_by    TEXT,
    CHECK ((released IS NULL) = (release_reason IS NULL))
) STRICT;
CREATE INDEX hold_by_target ON hold (target) WHERE released IS NULL;
CREATE INDEX hold_of_target ON hold (target);
";

/// The ledger's entries that are not in it yet, and what is known of it.
const LEDGER: &str = "
CREATE TABLE entry (
    number INTEGER PRIMARY KEY,                -- its place in the ledger, from 0 without gaps
    text   TEXT NOT NULL
) STRICT;
CREATE TABLE ledger (
    one     INTEGER PRIMARY KEY CHECK (one = 1),
    entries INTEGER NOT NULL,                  -- how many there are: the next one's place
    size    INTEGER NOT NULL,                  -- of the newest checkpoint that was told here
    root    TEXT                               -- its root; NULL: none yet
) STRICT;
INSERT INTO ledger (one, entries, size) VALUES (1, 0, 0);
CREATE TABLE salt (
    day  TEXT PRIMARY KEY,                     -- UTC, YYYY-MM-DD
    salt BLOB NOT NULL
) STRICT;
";

/// Statements that stand in no clip. Here and not in files, for each is written with its entry, in one transaction.
const STATED: &str = "
CREATE TABLE stated (
    entry INTEGER PRIMARY KEY,                 -- its place in the ledger
    kind  TEXT    NOT NULL,                    -- that of the entry
    hash  TEXT    NOT NULL,                    -- its statement hash
    note  BLOB    NOT NULL,
    clip  TEXT                                 -- the clip that was exported; else NULL
) STRICT;
CREATE INDEX stated_of_clip ON stated (clip) WHERE clip IS NOT NULL;
";

/// Time tokens, each with the exact checkpoint it is over.
const TOKEN: &str = "
CREATE TABLE token (
    number     INTEGER PRIMARY KEY,            -- in the order they came
    hash       TEXT    NOT NULL UNIQUE,        -- SHA-256 of the token
    authority  TEXT    NOT NULL,               -- the address it came from
    time       INTEGER NOT NULL,               -- the authority's, us since 1970
    size       INTEGER NOT NULL,               -- entries of the checkpoint
    behind     INTEGER NOT NULL,               -- place of the first entry that no token before it covers
    checkpoint BLOB    NOT NULL,               -- its note, the exact bytes
    der        BLOB    NOT NULL
) STRICT;
CREATE INDEX token_by_size ON token (size);
CREATE INDEX token_by_authority ON token (authority, size);
";

/// Keys that the station had before, and what was recorded under each: the columns of the tables above.
const RETIRED: &str = "
CREATE TABLE retired (
    number INTEGER PRIMARY KEY,                -- in the order of their end
    vkey   TEXT    NOT NULL UNIQUE,
    moved  INTEGER NOT NULL                    -- 0: its files are not in their place yet
) STRICT;
CREATE TABLE retired_clip (
    key          INTEGER NOT NULL REFERENCES retired,
    sequence     INTEGER NOT NULL,
    clip         TEXT    NOT NULL,
    order_number TEXT,
    state        TEXT    NOT NULL,
    path         TEXT    NOT NULL,
    start        BLOB    NOT NULL,
    start_hash   TEXT    NOT NULL,
    first_time   INTEGER NOT NULL,
    links        INTEGER NOT NULL,
    reason       TEXT,
    last_time    INTEGER,
    frames       INTEGER,
    lost         INTEGER,
    ticks        INTEGER,
    bytes        INTEGER,
    end_hash     TEXT,
    tombstone    BLOB,
    start_entry  INTEGER,
    end_entry    INTEGER,
    tombstone_entry INTEGER,
    start_token  TEXT,
    proven       INTEGER NOT NULL,
    direction    TEXT,
    bench        TEXT,
    operator     TEXT,
    order_tail   TEXT,
    gaps         INTEGER,
    label_frames INTEGER,
    PRIMARY KEY (key, sequence)
) STRICT;
CREATE INDEX retired_clip_by_id ON retired_clip (clip);
CREATE INDEX retired_clip_by_order ON retired_clip (order_number);
CREATE TABLE retired_entry (
    key    INTEGER NOT NULL REFERENCES retired,
    number INTEGER NOT NULL,
    text   TEXT    NOT NULL,
    PRIMARY KEY (key, number)
) STRICT;
CREATE TABLE retired_salt (
    key  INTEGER NOT NULL REFERENCES retired,
    day  TEXT    NOT NULL,
    salt BLOB    NOT NULL,
    PRIMARY KEY (key, day)
) STRICT;
CREATE TABLE retired_stated (
    key   INTEGER NOT NULL REFERENCES retired,
    entry INTEGER NOT NULL,
    kind  TEXT    NOT NULL,
    hash  TEXT    NOT NULL,
    note  BLOB    NOT NULL,
    clip  TEXT,
    PRIMARY KEY (key, entry)
) STRICT;
CREATE TABLE retired_token (
    key        INTEGER NOT NULL REFERENCES retired,
    number     INTEGER NOT NULL,
    hash       TEXT    NOT NULL,
    authority  TEXT    NOT NULL,
    time       INTEGER NOT NULL,
    size       INTEGER NOT NULL,
    behind     INTEGER NOT NULL,
    checkpoint BLOB    NOT NULL,
    der        BLOB    NOT NULL,
    PRIMARY KEY (key, number)
) STRICT;
";

/// Version 1 knew no holds and no deletions, version 2 no ledger and no search. A CHECK cannot be changed in place: the
/// tables are made anew.
const ASIDE: &str = "ALTER TABLE clip RENAME TO clip_before; DROP INDEX clip_by_order;
    DROP INDEX IF EXISTS clip_by_end; DROP INDEX IF EXISTS clip_sealed; DROP INDEX IF EXISTS clip_unfinished;";
const BACK: &str = "
    INSERT INTO clip (sequence, clip, order_number, state, path, start, start_hash, first_time, links, reason,
        last_time, frames, lost, ticks, bytes, end_hash, tombstone, direction, bench, operator, order_tail)
    SELECT sequence, clip, order_number, state, path, start, start_hash, first_time, links, reason,
        last_time, frames, lost, ticks, bytes, end_hash, tombstone, ?2, ?3, ?4, ?5
    FROM clip_before WHERE sequence = ?1";
const HOLD_ASIDE: &str = "ALTER TABLE hold RENAME TO hold_before; DROP INDEX hold_by_target;";
const HOLD_BACK: &str = "
    INSERT INTO hold (hold, target, reason, since, released, release_reason)
    SELECT hold, target, reason, since, released, release_reason FROM hold_before;
    DROP TABLE hold_before;";

/// Connects to a catalogue as all processes must.
pub(super) fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, CatalogueError> {
    let db = Connection::open_with_flags(path, flags)?;
    db.busy_timeout(Duration::from_secs(5))?;
    db.pragma_update(None, "journal_mode", "WAL")?;
    db.pragma_update(None, "synchronous", "FULL")?;
    // KiB of pages in memory: rows are read one by one, and a daemon that runs for months stays as small as it was.
    db.pragma_update(None, "cache_size", -256)?;
    // A search asks up to eight queries in turn.
    db.set_prepared_statement_cache_capacity(32);
    Ok(db)
}

/// Makes the tables.
pub(super) fn create(db: &mut Connection) -> Result<(), CatalogueError> {
    let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for tables in [CLIP, HOLD, LEDGER, STATED, TOKEN, RETIRED] {
        transaction.execute_batch(tables)?;
    }
    commit(transaction)
}

/// Brings the tables up to this version, in one transaction: a crash leaves those that were there.
pub(super) fn upgrade(db: &mut Connection) -> Result<(), CatalogueError> {
    if version(db)? == VERSION {
        return Ok(());
    }
    let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Asked again now that no other process can do the same.
    match version(&transaction)? {
        VERSION => Ok(()),
        before @ (1 | 2) => {
            let (aside, back) = if before == 1 { ("", "") } else { (HOLD_ASIDE, HOLD_BACK) };
            for step in [ASIDE, CLIP, aside, HOLD, back, LEDGER, STATED, TOKEN, RETIRED] {
                transaction.execute_batch(step)?;
            }
            clips_back(&transaction)?;
            commit(transaction)
        }
        newer if newer > VERSION => Err(CatalogueError::Newer),
        _ => Err(CatalogueError::Alien),
    }
}

/// Takes over each clip's row, and what its START says of where it was recorded.
fn clips_back(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    let mut read = transaction.prepare("SELECT sequence, order_number, start FROM clip_before ORDER BY sequence")?;
    let mut insert = transaction.prepare(BACK)?;
    let mut rows = read.query([])?;
    while let Some(row) = rows.next()? {
        let (sequence, order, start): (u64, Option<String>, Vec<u8>) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let start = Note::parse(&start).and_then(|note| Start::parse(&note.text)).ok();
        let start = start.as_ref();
        insert.execute(params![
            sequence,
            start.map(|start| start.direction.as_str()),
            start.map(|start| start.bench.as_str()),
            start.and_then(|start| start.operator.as_ref()).map(Token::as_str),
            order.as_deref().map(find::from_its_end),
        ])?;
    }
    drop(rows);
    transaction.execute_batch("DROP TABLE clip_before")
}

fn version(db: &Connection) -> rusqlite::Result<i64> {
    db.pragma_query_value(None, "user_version", |row| row.get(0))
}

fn commit(transaction: Transaction<'_>) -> Result<(), CatalogueError> {
    transaction.pragma_update(None, "user_version", VERSION)?;
    Ok(transaction.commit()?)
}
