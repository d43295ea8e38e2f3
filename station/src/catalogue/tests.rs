use std::time::Duration;

use evidence::{
    bmff::StatementBox,
    ledger::{Checkpoint, EntryKind},
    note::Note,
    statement::{Reason, TombstoneReason},
    value::{Id, Time},
};
use rusqlite::types::Value as Cell;

use super::{schema::VERSION, *};

/// START of a clip that was sealed once, with its note.
fn start() -> (Start, Vec<u8>, Hash) {
    let clip = include_bytes!("../../../tests/data/golden-v1.mp4");
    let kind = StatementBox::Start.user_type();
    let at = clip.windows(16).position(|w| w == kind).unwrap();
    let size = u32::from_be_bytes(clip[at - 8..at - 4].try_into().unwrap()) as usize;
    let note = &clip[at + 16..at - 8 + size];
    let parsed = Note::parse(note).unwrap();
    (Start::parse(&parsed.text).unwrap(), note.to_vec(), parsed.hash)
}

/// Allocates a clip of this id: the number and the hash before that it was given.
fn allocate(catalogue: &Catalogue, id: u8) -> Result<(u64, Option<Hash>), CatalogueError> {
    catalogue.allocate(|sequence, previous| {
        let (mut start, note, _) = start();
        start.clip = Id([id; 16]);
        Ok((start, note, Hash([id; 32]), format!("clips/{id}.mp4"), (sequence, previous)))
    })
}

/// A new catalogue in a folder that is gone with it.
struct Scratch(std::path::PathBuf, Catalogue);

impl Scratch {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("packseal-catalogue-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let catalogue = Catalogue::create(&folder.join("catalogue.sqlite")).unwrap();
        Self(folder, catalogue)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn numbers_have_no_gaps_and_each_start_follows_the_one_before() {
    let scratch = Scratch::new("numbers");
    assert_eq!(allocate(&scratch.1, 7).unwrap(), (1, None));
    assert_eq!(allocate(&scratch.1, 8).unwrap(), (2, Some(Hash([7; 32]))));
    let (start, note, hash) = start();
    // Nothing is taken where START cannot be made, and where the row cannot be written: this id is there.
    let failed = scratch.1.allocate::<()>(|sequence, _| Err(CatalogueError::Row(sequence)));
    assert!(matches!(failed, Err(CatalogueError::Row(3))));
    let twice = scratch.1.allocate(|_, _| {
        let start = Start { clip: Id([7; 16]), ..start.clone() };
        Ok((start, note.clone(), hash, "clips/other.mp4".to_owned(), ()))
    });
    assert!(matches!(twice, Err(CatalogueError::Sqlite(_))));
    assert_eq!(allocate(&scratch.1, 9).unwrap(), (3, Some(Hash([8; 32]))));
    let rows = scratch.1.clips(None).unwrap();
    assert_eq!(rows.iter().map(|row| row.sequence).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(rows.iter().all(|row| row.state == State::Open && row.start == note && row.links == 0));
    // Another process sees them.
    let other = Catalogue::open(&scratch.0.join("catalogue.sqlite")).unwrap();
    assert_eq!(other.clips(None).unwrap().len(), 3);
    assert_eq!(other.clips(Order::parse("GOLDEN-1").as_ref()).unwrap().len(), 3);
    assert_eq!(other.clips(Order::parse("GOLDEN-2").as_ref()).unwrap().len(), 0);
}

/// What END says of a clip of 1000 bytes that ended then.
fn closing(last_time: i64) -> Closing {
    Closing {
        reason: Reason::Stopped,
        last_time,
        frames: 30,
        lost: 1,
        ticks: 270_000,
        bytes: 1000,
        end_hash: Hash([4; 32]),
        seen: Some(Seen { gaps: 0, label_frames: None }),
    }
}

fn order(text: &str) -> Order {
    Order::parse(text).unwrap()
}

#[test]
fn a_clip_is_sealed_damaged_or_never_written() {
    let scratch = Scratch::new("states");
    for id in 1..=3 {
        allocate(&scratch.1, id).unwrap();
    }
    let closing = closing(5);
    scratch.1.progress(1, 2).unwrap();
    scratch.1.seal(1, 3, Order::parse("A1").as_ref(), &closing).unwrap();
    scratch.1.damaged(2, "damaged/2.mp4").unwrap();
    let rows = scratch.1.clips(None).unwrap();
    assert_eq!(rows.iter().map(|row| row.state).collect::<Vec<_>>(), [State::Sealed, State::Damaged, State::Open]);
    assert_eq!((rows[0].links, rows[0].closing.as_ref()), (3, Some(&closing)));
    assert_eq!((rows[1].path.as_str(), rows[1].closing.as_ref()), ("damaged/2.mp4", None));
}

#[test]
fn what_a_newer_version_made_is_left_alone() {
    let scratch = Scratch::new("newer");
    scratch.1.db().pragma_update(None, "user_version", VERSION + 1).unwrap();
    assert!(matches!(Catalogue::open(&scratch.0.join("catalogue.sqlite")), Err(CatalogueError::Newer)));
    assert!(Catalogue::open(&scratch.0.join("none.sqlite")).is_err());
    assert!(!scratch.0.join("none.sqlite").exists());
    scratch.1.db().pragma_update(None, "user_version", 0).unwrap();
    assert!(matches!(Catalogue::open(&scratch.0.join("catalogue.sqlite")), Err(CatalogueError::Alien)));
}

#[test]
fn a_row_that_was_never_written_so_is_told() {
    for change in ["clip = 'x'", "start_hash = ''", "state = 'sealed'"] {
        let scratch = Scratch::new("row");
        allocate(&scratch.1, 1).unwrap();
        scratch.1.db().execute_batch(&format!("UPDATE clip SET {change}")).unwrap();
        assert!(matches!(scratch.1.clips(None), Err(CatalogueError::Row(1))), "{change}");
    }
}

#[test]
fn an_order_is_bound_while_the_clip_is_open() {
    let scratch = Scratch::new("bind");
    let (catalogue, other) = (&scratch.1, order("LATE-1"));
    allocate(catalogue, 1).unwrap();
    allocate(catalogue, 2).unwrap();
    catalogue.bind(1, &other).unwrap();
    assert_eq!(catalogue.clips(Some(&other)).unwrap().iter().map(|c| c.sequence).collect::<Vec<_>>(), [1]);
    catalogue.seal(2, 1, Some(&order("A1")), &closing(5)).unwrap();
    catalogue.bind(2, &other).unwrap();
    assert_eq!(catalogue.clip(2).unwrap().unwrap().order, Some(order("A1")), "a sealed clip was bound anew");
}

#[test]
fn the_newest_clip_of_an_order() {
    let scratch = Scratch::new("newest");
    let (catalogue, golden) = (&scratch.1, order("GOLDEN-1"));
    assert_eq!((catalogue.newest_end().unwrap(), catalogue.first_begin().unwrap()), (None, None));
    for id in 1..=4 {
        allocate(catalogue, id).unwrap();
        catalogue.db().execute("UPDATE clip SET first_time = ?1 * 100 WHERE sequence = ?1", [id]).unwrap();
    }
    let last = |since| catalogue.last_recorded(&golden, Time(since)).unwrap();
    assert_eq!((last(0), last(400), last(401)), (Some(Time(400)), Some(Time(400)), None));
    assert_eq!(catalogue.last_recorded(&order("GOLDEN-2"), Time(0)).unwrap(), None);
    // Of the fourth nothing was recorded; the third was deleted, but it was packed.
    catalogue.seal(3, 1, Some(&golden), &closing(350)).unwrap();
    catalogue.seal(1, 1, Some(&golden), &closing(150)).unwrap();
    catalogue.db().execute_batch("UPDATE clip SET state = 'never-written' WHERE sequence = 4").unwrap();
    catalogue.db().execute_batch("UPDATE clip SET state = 'deleted' WHERE sequence = 3").unwrap();
    assert_eq!(last(0), Some(Time(300)));
    assert_eq!((catalogue.newest_end().unwrap(), catalogue.first_begin().unwrap()), (Some(Time(350)), Some(Time(100))));
    let recorded = |from, to| catalogue.recorded(Time(from), Time(to)).unwrap();
    assert_eq!((recorded(0, 350), recorded(151, 349), recorded(150, 349)), (2000, 0, 1000));
}

#[test]
fn a_hold_is_on_an_order_or_on_a_clip() {
    let scratch = Scratch::new("hold");
    let catalogue = &scratch.1;
    // 1 and 2 of one order, 3 of another, 4 of none; each ended at its number.
    for id in 1..=4 {
        allocate(catalogue, id).unwrap();
        let order = match id {
            1 | 2 => Some(order("A1")),
            3 => Some(order("B1")),
            _ => None,
        };
        catalogue.seal(id.into(), 1, order.as_ref(), &closing(id.into())).unwrap();
    }
    let oldest = |before| catalogue.oldest_deletable(Time(before)).unwrap().map(|clip| clip.sequence);
    let held = |before| catalogue.held_before(Time(before)).unwrap();
    assert_eq!((oldest(9), oldest(1), held(9)), (Some(1), None, (0, 0)));
    let a1 = order("A1");
    assert_eq!(catalogue.hold(&a1, "chargeback 77", None, Time(10)).unwrap(), Found { kept: 2, deleted: 0 });
    assert_eq!((oldest(9), held(9), held(2)), (Some(3), (2, 2000), (1, 1000)));
    // The clip of no order, by its id; A1 once more, by somebody else; and what is not there yet.
    let id = order(&Id([4; 16]).to_string());
    assert_eq!(catalogue.hold(&id, "police", None, Time(11)).unwrap(), Found { kept: 1, deleted: 0 });
    assert_eq!(catalogue.hold(&a1, "insurance", None, Time(12)).unwrap(), Found { kept: 2, deleted: 0 });
    assert_eq!(catalogue.hold(&order("C1"), "return", None, Time(13)).unwrap(), Found { kept: 0, deleted: 0 });
    // Twice for the same reason is once.
    assert_eq!(catalogue.hold(&a1, "insurance", None, Time(13)).unwrap(), Found { kept: 2, deleted: 0 });
    assert_eq!((oldest(9), held(9)), (Some(3), (3, 3000)));
    let (key, row) = (SigningKey::from_seed("bench-1", &[1; 32]).unwrap(), catalogue.clip(3).unwrap().unwrap());
    let tombstone = |row: &Clip| row.tombstone(&key, TombstoneReason::Retention, Time(20));
    assert!(catalogue.deleting(&tombstone(&row), &key).unwrap());
    assert!(!catalogue.deleting(&tombstone(&row), &key).unwrap(), "deleted twice");
    let kept = catalogue.clip(1).unwrap().unwrap();
    assert!(!catalogue.deleting(&tombstone(&kept), &key).unwrap(), "a clip on hold was deleted");
    assert_eq!(catalogue.unfinished().unwrap().iter().map(|c| c.sequence).collect::<Vec<_>>(), [3]);
    catalogue.deleted(3).unwrap();
    catalogue.deleted(1).unwrap();
    assert_eq!((oldest(9), catalogue.unfinished().unwrap().len(), held(9)), (None, 0, (3, 3000)));
    assert_eq!(catalogue.hold(&order("B1"), "late", None, Time(14)).unwrap(), Found { kept: 0, deleted: 1 });

    // A release ends all holds of this target and no other; all of them stay readable.
    let released = catalogue.release(&a1, "settled", None, Time(30)).unwrap();
    assert_eq!(released.iter().map(|h| h.reason.as_str()).collect::<Vec<_>>(), ["chargeback 77", "insurance"]);
    assert_eq!((oldest(9), held(9)), (Some(1), (1, 1000)));
    assert!(catalogue.release(&a1, "settled", None, Time(31)).unwrap().is_empty());
    assert!(catalogue.release(&order("a1"), "settled", None, Time(31)).unwrap().is_empty());
    let holds = catalogue.holds().unwrap();
    assert_eq!(holds.iter().map(Hold::is_on).collect::<Vec<_>>(), [false, true, false, true, true]);
    let first = Hold {
        target: "A1".to_owned(),
        reason: "chargeback 77".to_owned(),
        since: Time(10),
        released: Some((Time(30), "settled".to_owned())),
        by: None,
        released_by: None,
    };
    assert_eq!(holds[0], first);
}

#[test]
fn a_reason_is_one_line_that_can_be_read() {
    let scratch = Scratch::new("reason");
    let long = "理".repeat(500);
    for good in ["x", "客户称少件", "it's \"late\"; -- DROP", &long] {
        scratch.1.hold(&order("A1"), good, None, Time(1)).unwrap();
        scratch.1.release(&order("A1"), good, None, Time(1)).unwrap();
    }
    let count = scratch.1.holds().unwrap().len();
    for bad in ["", " ", " x", "x ", "a\nb", "a\u{7}b", "a\u{1b}[2Jb", "a\u{202e}b", "a\u{2028}b", &(long + "长")] {
        assert!(matches!(scratch.1.hold(&order("A1"), bad, None, Time(1)), Err(CatalogueError::Reason)), "{bad:?}");
        assert!(matches!(scratch.1.release(&order("A1"), bad, None, Time(1)), Err(CatalogueError::Reason)), "{bad:?}");
    }
    assert_eq!(scratch.1.holds().unwrap().len(), count);
}

/// How SQLite answers a query.
fn plan(catalogue: &Catalogue, query: &str) -> Vec<String> {
    let db = catalogue.db();
    let mut statement = db.prepare(&format!("EXPLAIN QUERY PLAN {query}")).unwrap();
    let values = vec![1; statement.parameter_count()];
    let plan = statement.query_map(rusqlite::params_from_iter(values), |row| row.get::<_, String>("detail"));
    plan.unwrap().map(Result::unwrap).collect()
}

#[test]
fn what_is_read_too_long_is_not_judged() {
    let scratch = Scratch::new("sound");
    let many = "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 20000)
        INSERT INTO hold (target, reason, since) SELECT 'SF' || n, 'held', n FROM n";
    scratch.1.db().execute(many, []).unwrap();
    assert_eq!(scratch.1.is_sound(Some(Duration::ZERO)).unwrap(), None);
    assert_eq!(scratch.1.is_sound(None).unwrap(), Some(true));
    assert_eq!(scratch.1.is_sound(Some(Duration::from_secs(60))).unwrap(), Some(true));
    // A page of a table in another one's place.
    let file = scratch.0.join("catalogue.sqlite");
    scratch.1.db().execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    let mut bytes = std::fs::read(&file).unwrap();
    let at = bytes.len() / 2 / 4096 * 4096;
    bytes.copy_within(..4096, at);
    std::fs::write(&file, bytes).unwrap();
    assert_eq!(Catalogue::open(&file).unwrap().is_sound(None).unwrap(), Some(false));
}

/// How SQLite answers each query that must not read the whole table.
#[test]
fn queries_go_by_index() {
    let scratch = Scratch::new("index");
    for (query, index) in [
        (sql::OF_ORDER, "clip_by_order"),
        (sql::NAMED, "clip_by_order"),
        (sql::OF_ID, "sqlite_autoindex_clip"),
        (sql::RETIRED_OF_ID, "retired_clip_by_id"),
        (sql::UNFINISHED, "clip_unfinished"),
        (sql::LAST_RECORDED, "clip_by_order"),
        (sql::NEWEST_END, "clip_by_end"),
        (sql::RECORDED, "clip_by_end"),
        (sql::OLDEST, "clip_sealed"),
        (sql::HELD, "hold_by_target"),
        (sql::KEPT, "clip_by_order"),
        (sql::NEWEST_END_ENTRY, "clip_by_end_entry"),
        (sql::DUE_FOR_PROOF, "clip_due_for_proof"),
        (sql::ENDED_FROM, "clip_by_end_entry"),
        (sql::ENDED_FROM_RETIRED, "sqlite_autoindex_retired_clip_1"),
        (sql::COVERING, "token_by_size"),
        (sql::EXPORTS, "stated_of_clip"),
        (sql::HOLDS_OF, "hold_of_target"),
        (sql::ON_HOLD, "hold_by_target"),
        (sql::IS_HELD, "hold_by_target"),
        (sql::ALL_HELD, "hold_by_target"),
        (sql::OF_ID, "sqlite_autoindex_clip_1"),
        (sql::RETIRED_OF_ID, "retired_clip_by_id"),
        (sql::RETIRED_OF_ORDER, "retired_clip_by_order"),
        (sql::LAST_SEALED, "clip_of_bench"),
    ] {
        let plan = plan(&scratch.1, query);
        assert!(plan.iter().any(|line| line.contains(index)), "{query}: {plan:#?}");
        // Only the holds, which are few, and the one newest end are met without a search.
        let scans = plan.iter().filter(|line| line.contains("SCAN"));
        let few =
            |line: &&String| line.starts_with("SCAN hold") || *line == "SCAN CONSTANT ROW" || query == sql::UNFINISHED;
        assert!(scans.clone().all(|line| few(&line)), "{query}: {plan:#?}");
    }
}

/// The tables as version 1 made them.
const VERSION_1: &str = "
CREATE TABLE clip (
    sequence     INTEGER PRIMARY KEY,          -- of this station, from 1 without gaps
    clip         TEXT    NOT NULL UNIQUE,      -- random id
    order_number TEXT,                         -- NULL: not known
    state        TEXT    NOT NULL CHECK (state IN ('open', 'sealed', 'damaged', 'never-written')),
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
    tombstone    BLOB
) STRICT;
CREATE INDEX clip_by_order ON clip (order_number);
PRAGMA user_version = 1;
";

/// The tables as version 2 made them.
const VERSION_2: &str = "
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
    tombstone    BLOB                          -- of a clip that was never written, or is deleted
) STRICT;
CREATE INDEX clip_by_order ON clip (order_number, first_time);
CREATE INDEX clip_by_end ON clip (last_time, bytes);
CREATE INDEX clip_sealed ON clip (last_time) WHERE state = 'sealed';
CREATE INDEX clip_unfinished ON clip (state) WHERE state IN ('open', 'deleting');

CREATE TABLE hold (
    hold           INTEGER PRIMARY KEY,
    target         TEXT    NOT NULL,           -- an order number or a clip's id
    reason         TEXT    NOT NULL,
    since          INTEGER NOT NULL,           -- us since 1970
    released       INTEGER,                    -- NULL: still on
    release_reason TEXT,
    CHECK ((released IS NULL) = (release_reason IS NULL))
) STRICT;
CREATE INDEX hold_by_target ON hold (target) WHERE released IS NULL;
PRAGMA user_version = 2;
";

/// A catalogue of version 1 with so many clips of each state, in this folder.
fn version_1(folder: &Path, each: u64) -> Connection {
    old_version(folder, each, VERSION_1)
}

/// A catalogue of these tables.
fn old_version(folder: &Path, each: u64, tables: &str) -> Connection {
    std::fs::create_dir_all(folder).unwrap();
    let mut db = schema::connect(&folder.join("catalogue.sqlite"), rusqlite::OpenFlags::default()).unwrap();
    db.execute_batch(tables).unwrap();
    let (start, note, _) = start();
    let transaction = db.transaction().unwrap();
    for sequence in 1..=4 * each {
        let state = ["open", "sealed", "damaged", "never-written"][sequence as usize % 4];
        let sealed = (state == "sealed").then(|| closing(sequence as i64 + 7));
        let sealed = sealed.as_ref();
        transaction
            .execute(
                "INSERT INTO clip VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
                params![
                    sequence,
                    format!("{sequence:032x}"),
                    (sequence % 3 > 0).then(|| start.order.as_ref().map(Order::as_str)),
                    state,
                    format!("clips/{sequence}.mp4"),
                    note,
                    Hash([sequence as u8; 32]).to_string(),
                    start.first_frame_time.0 + sequence as i64,
                    sequence * 2,
                    sealed.map(|c| c.reason.as_str()),
                    sealed.map(|c| c.last_time),
                    sealed.map(|c| c.frames),
                    sealed.map(|c| c.lost),
                    sealed.map(|c| c.ticks),
                    sealed.map(|c| c.bytes),
                    sealed.map(|c| c.end_hash.to_string()),
                    (state == "never-written").then_some(&note),
                ],
            )
            .unwrap();
    }
    transaction.commit().unwrap();
    db
}

/// Every value of every row, of the columns that version 1 had.
fn cells(db: &Connection) -> Vec<Vec<Cell>> {
    let mut statement = db.prepare("SELECT * FROM clip ORDER BY sequence").unwrap();
    let columns = 17;
    let rows = statement.query_map([], |row| (0..columns).map(|i| row.get::<_, Cell>(i)).collect());
    rows.unwrap().map(Result::unwrap).collect()
}

/// Its version, and each of its tables and indexes.
fn layout(db: &Connection) -> (i64, Vec<(String, Option<String>)>) {
    let version = db.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    let mut statement = db.prepare("SELECT name, sql FROM sqlite_schema ORDER BY name").unwrap();
    let parts = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect();
    (version, parts)
}

/// What START says is taken over, so that what an earlier version recorded is found; what only LINKs say is not known.
fn searchable(catalogue: &Catalogue) {
    let (start, ..) = start();
    let at = At { direction: Some(start.direction), bench: Some(start.bench.clone()), operator: start.operator };
    let clips = catalogue.clips(None).unwrap();
    assert!(clips.iter().all(|clip| clip.at == at && clip.closing.as_ref().is_none_or(|c| c.seen.is_none())));
    let by = |text: &str, bench: &Token| {
        let sought = Sought { text: Some(order(text)), bench: Some(bench.clone()), most: 100, ..Sought::default() };
        catalogue.find(&sought, Duration::from_secs(60)).unwrap().clips.len()
    };
    let named = clips.iter().filter(|clip| clip.order.is_some()).count();
    assert!(named > 0 && named < clips.len());
    let other = Token::parse("another").unwrap();
    assert_eq!((by("golden", &start.bench), by("n-1", &start.bench), by("golden", &other)), (named, named, 0));
}

#[test]
fn a_catalogue_of_version_2_becomes_one_of_this_version() {
    let scratch = Scratch::new("version-2");
    let folder = scratch.0.join("old");
    let old = old_version(&folder, 5, VERSION_2);
    old.execute("INSERT INTO hold (target, reason, since) VALUES ('GOLDEN-1', 'x', 1)", []).unwrap();
    let before = cells(&old);
    drop(old);
    let catalogue = Catalogue::open(&folder.join("catalogue.sqlite")).unwrap();
    assert!(cells(&catalogue.db()) == before, "a value was changed");
    assert_eq!(layout(&catalogue.db()), layout(&scratch.1.db()));
    assert_eq!(catalogue.holds().unwrap().len(), 1);
    searchable(&catalogue);
    // What was recorded before is in no ledger; what comes now is.
    assert!(catalogue.clips(None).unwrap().iter().all(|row| row.entries == (None, None)));
    allocate(&catalogue, 200).unwrap();
    assert_eq!(outbox(&catalogue, 0), [(EntryKind::Start, 21, Hash([200; 32]), true)]);
}

#[test]
fn a_catalogue_of_version_1_becomes_one_of_this_version() {
    let scratch = Scratch::new("version-1");
    let folder = scratch.0.join("old");
    let old = version_1(&folder, 5);
    let before = cells(&old);
    drop(old);
    // Two processes at once, such as the daemon and a command.
    let path = folder.join("catalogue.sqlite");
    let opened = std::thread::scope(|scope| {
        let threads = [0, 1].map(|_| scope.spawn(|| Catalogue::open(&path).unwrap()));
        threads.map(|thread| thread.join().unwrap())
    });
    for catalogue in opened {
        assert!(cells(&catalogue.db()) == before, "a value was changed");
        assert_eq!(layout(&catalogue.db()), layout(&scratch.1.db()));
        searchable(&catalogue);
        let states = catalogue.clips(None).unwrap().iter().map(|clip| clip.state).collect::<Vec<_>>();
        assert_eq!(states[..4], [State::Sealed, State::Damaged, State::NeverWritten, State::Open]);
        assert_eq!(catalogue.oldest_deletable(Time(i64::MAX)).unwrap().unwrap().sequence, 1);
    }
    // It goes on: the next number, and a hold.
    let catalogue = Catalogue::open(&path).unwrap();
    assert_eq!(allocate(&catalogue, 200).unwrap(), (21, Some(Hash([20; 32]))));
    catalogue.hold(&order("GOLDEN-1"), "x", None, Time(1)).unwrap();
}

#[test]
fn a_crash_while_it_becomes_one_leaves_version_1_or_this_one() {
    let scratch = Scratch::new("migration");
    let folder = scratch.0.join("old");
    let mut old = version_1(&folder, 60);
    let (before, one, two) = (cells(&old), layout(&old), layout(&scratch.1.db()));
    old.pragma_update(None, "wal_checkpoint", "TRUNCATE").unwrap();
    // Pages reach the disk before the commit where they do not fit into memory.
    old.pragma_update(None, "cache_size", 10).unwrap();
    old.pragma_update(None, "wal_autocheckpoint", 0).unwrap();
    schema::upgrade(&mut old).unwrap();
    // What is on the disk after a crash: the log up to any frame of it, and a part of the next.
    let [database, log] = ["catalogue.sqlite", "catalogue.sqlite-wal"].map(|n| std::fs::read(folder.join(n)).unwrap());
    let frame = 4096 + 24;
    assert!(log.len() > 50 * frame, "{} bytes of log", log.len());
    let mut seen = [0, 0];
    for cut in (0..log.len()).step_by(frame / 2 + 1).chain([log.len()]) {
        let crashed = scratch.0.join("crashed");
        std::fs::create_dir_all(&crashed).unwrap();
        let path = crashed.join("catalogue.sqlite");
        std::fs::write(&path, &database).unwrap();
        std::fs::write(crashed.join("catalogue.sqlite-wal"), &log[..cut]).unwrap();
        let db = schema::connect(&path, rusqlite::OpenFlags::SQLITE_OPEN_READ_WRITE).unwrap();
        let found = layout(&db);
        assert!(found == one || found == two, "cut at {cut}: {found:?}");
        assert!(cells(&db) == before, "cut at {cut}: a row was lost");
        drop(db);
        if seen[0] % 10 == 0 {
            assert!(cells(&Catalogue::open(&path).unwrap().db()) == before, "cut at {cut}: a row was lost afterwards");
        }
        seen[usize::from(found == two)] += 1;
        std::fs::remove_dir_all(&crashed).unwrap();
    }
    assert!(seen[0] > 50 && seen[1] == 1, "{seen:?}");
}

/// What the ledger gets: kind, number, statement, and whether it has a tag.
fn outbox(catalogue: &Catalogue, from: u64) -> Vec<(EntryKind, u64, Hash, bool)> {
    let (_, entries) = catalogue.entries(from, 100).unwrap();
    entries.into_iter().map(|e| (e.kind, e.sequence.unwrap(), e.statement, e.order_tag.is_some())).collect()
}

#[test]
fn each_statement_has_its_entry_in_the_same_transaction() {
    let scratch = Scratch::new("entries");
    let catalogue = &scratch.1;
    let key = SigningKey::from_seed("golden", &[1; 32]).unwrap();
    for id in 1..=3 {
        allocate(catalogue, id).unwrap();
    }
    // Nothing of a START that is not taken.
    let failed = catalogue.allocate::<()>(|sequence, _| Err(CatalogueError::Row(sequence)));
    assert!(failed.is_err());
    catalogue.seal(1, 1, Some(&order("A1")), &closing(5)).unwrap();
    catalogue.seal(2, 1, None, &closing(6)).unwrap();
    let rows = catalogue.clips(None).unwrap();
    let stone = |row: &Clip, reason| row.tombstone(&key, reason, Time(7));
    let never = stone(&rows[2], TombstoneReason::NeverWritten);
    catalogue.never_written(&never, &key).unwrap();
    let retention = stone(&rows[0], TombstoneReason::Retention);
    assert!(catalogue.deleting(&retention, &key).unwrap());
    // A deletion that is not taken is none.
    assert!(!catalogue.deleting(&retention, &key).unwrap());

    use EntryKind::{End, Start, Tombstone};
    let hash = |tombstone: &evidence::statement::Tombstone| tombstone.seal(&key).unwrap().1;
    let expected = [
        (Start, 1, Hash([1; 32]), true),
        (Start, 2, Hash([2; 32]), true),
        (Start, 3, Hash([3; 32]), true),
        (End, 1, Hash([4; 32]), true),
        (End, 2, Hash([4; 32]), false),
        (Tombstone, 3, hash(&never), false),
        (Tombstone, 1, hash(&retention), false),
    ];
    assert_eq!(outbox(catalogue, 0), expected);
    assert_eq!(outbox(catalogue, 5), expected[5..]);
    let places: Vec<_> = catalogue.clips(None).unwrap().into_iter().map(|row| row.entries).collect();
    assert_eq!(places, [(Some(0), Some(3)), (Some(1), Some(4)), (Some(2), None)]);
    let stones: Vec<_> = catalogue.clips(None).unwrap().into_iter().map(|row| row.tombstone_entry).collect();
    assert_eq!(stones, [Some(6), None, Some(5)]);

    // One order has one tag on one day, another order another one.
    let (count, entries) = catalogue.entries(0, 100).unwrap();
    assert_eq!((count, entries[0].order_tag), (7, entries[1].order_tag));
    assert_ne!(entries[0].order_tag, entries[3].order_tag);
    let salt = catalogue.salt(&entries[3].day()).unwrap().unwrap();
    assert_eq!(entries[3].order_tag.unwrap().is_of(&salt, &order("A1")), Some(true));
    assert_eq!(catalogue.salt("1970-01-01").unwrap(), None);

    // What is published is kept in the ledger alone; the next entry's place does not change.
    let origin = key.verifier().signer().name.clone();
    assert_eq!(catalogue.newest_checkpoint(&origin).unwrap(), None);
    let checkpoint = Checkpoint { origin: origin.clone(), size: 6, root: Hash([9; 32]) };
    catalogue.published(&checkpoint).unwrap();
    assert_eq!(catalogue.newest_checkpoint(&origin).unwrap(), Some(checkpoint));
    assert_eq!(outbox(catalogue, 6), expected[6..]);
    allocate(catalogue, 4).unwrap();
    assert_eq!(catalogue.entries(6, 1).unwrap(), (8, vec![catalogue.entries(6, 9).unwrap().1[0].clone()]));
    assert_eq!(catalogue.clip(4).unwrap().unwrap().entries, (Some(7), None));
    // A gap would move every entry behind it.
    catalogue.db().execute("DELETE FROM entry WHERE number = 6", []).unwrap();
    assert!(matches!(catalogue.entries(6, 9), Err(CatalogueError::Entry(7))));
}

#[test]
fn a_retired_key_takes_all_that_was_recorded_with_it() {
    use evidence::key::SigningKey;
    let scratch = Scratch::new("retired");
    let (_, catalogue) = (&scratch.0, &scratch.1);
    // Each table of retired keys has the columns of the one that it takes rows from.
    for table in ["clip", "entry", "salt", "stated", "token"] {
        let columns = |table: &str| -> Vec<(String, String)> {
            let db = catalogue.db();
            let mut statement = db.prepare("SELECT name, type FROM pragma_table_info(?1) ORDER BY cid").unwrap();
            let rows = statement.query_map([table], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
            rows.map(Result::unwrap).collect()
        };
        let retired = columns(&format!("retired_{table}"));
        assert_eq!(retired[0].0, "key");
        assert_eq!(retired[1..], columns(table), "{table}");
    }
    let keys = [1, 2].map(|n| SigningKey::from_seed("bench", &[n; 32]).unwrap().verifier().clone());
    for (n, key) in keys.iter().enumerate() {
        assert!(catalogue.retiring().unwrap().is_none());
        let id = n as u8 + 1;
        assert_eq!(allocate(catalogue, id).unwrap(), (1, None), "numbers begin anew");
        catalogue.seal(1, 3, Some(&order("A1")), &closing(5)).unwrap();
        catalogue.hold(&order(&format!("A{n}")), "dispute", None, Time(1)).unwrap();
        let clip = catalogue.clips(None).unwrap().remove(0);
        catalogue.renew(key, b"note", Hash([id; 32])).unwrap();
        assert_eq!(catalogue.retiring().unwrap().as_ref(), Some(key));
        let retired = catalogue.retired(None).unwrap();
        assert_eq!((retired.len(), retired[n].key.clone()), (n + 1, key.clone()));
        assert!(catalogue.retired(Some(&order("B1"))).unwrap()[n].clips.is_empty());
        assert_eq!(catalogue.retired(Some(&order("A1"))).unwrap()[n].clips.len(), 1);
        let kept = &retired[n].clips;
        assert_eq!((kept.len(), kept[0].id, &kept[0].closing), (1, clip.id, &clip.closing));
        assert_eq!(catalogue.of_id(clip.id).unwrap().map(|shown| shown.clip.path), Some(kept[0].path.clone()));
        assert_eq!(catalogue.retired_keys().unwrap(), keys[..=n]);
        assert_eq!(kept[0].entries, clip.entries);
        assert!(catalogue.clips(None).unwrap().is_empty());
        // The ledger is a new one, and begins with the statement of the new key.
        let (count, entries) = catalogue.entries(0, 9).unwrap();
        assert_eq!((count, entries[0].kind, entries[0].statement), (1, EntryKind::Key, Hash([id; 32])));
        assert_eq!(catalogue.newest_checkpoint(&key.signer().name).unwrap(), None);
        // Once for each key.
        assert!(catalogue.renew(key, b"note", Hash([9; 32])).is_err());
        assert_eq!(catalogue.entries(0, 9).unwrap().0, 1);
        catalogue.retire(key).unwrap();
    }
    assert_eq!(catalogue.holds().unwrap().len(), 2);
}
#[path = "../../../tests/support/random.rs"]
mod random;
#[path = "tests/search.rs"]
mod search;
#[path = "../../../tests/support/season.rs"]
mod season;
#[path = "tests/tokens.rs"]
mod tokens;
