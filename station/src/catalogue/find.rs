//! Finding clips, newest first, as fast as somebody types: whatever is asked, of a million clips.
//!
//! ```text
//! block of 8,192 numbers, newest first
//!     beginning or end of the order number ─┐
//!     begun in these days ──────────────────┤
//!     bench ────────────────────────────────┼─► a bit for each clip ─► those in all of them
//!     operator ─────────────────────────────┤
//!     gap, return, hold, … ─────────────────┘
//! ```
//!
//! One index for each question alone is not enough: an index over order numbers finds what begins with `SF` at once, but
//! that may be a third of all clips, and the newest fifty of them are known only when all were sorted. Going from the
//! newest clip back finds those fifty at once, but reads all clips for a number of three months ago. No choice between
//! the two is right for both, or for an operator of three clips, or for two filters that never meet.
//!
//! So the indexes over order numbers and times begin with the block, and those over benches, operators and events are in
//! the order of the numbers anyway. Within a block each filter reads its own index and nothing else, at most 8,192
//! entries of some twenty bytes; rows, which are large, are read of the clips alone that are shown. A filter that finds
//! nothing in a block costs one step down a tree, some microseconds: a million clips are 123 blocks. The filter that met
//! least in the block before is asked first, and the others only where it found something. So the dearest search is one
//! whose filters are all common and never meet.
//!
//! That one ends by the clock, between two blocks: it says how far it came, and goes on from there when it is asked to.
//! A block takes some milliseconds at most, so that SQLite need not be interrupted within one; and one block is always
//! looked through, so that each search gets on. Clips on hold are few and are gathered once, before the first block.
//!
//! Letters are found whether they are typed large or small; no carrier has two numbers that differ in that.

use std::time::{Duration, Instant};

use evidence::value::{Id, Order, Time, Token};
use rusqlite::{Connection, OptionalExtension, Params, params};

use super::{Catalogue, CatalogueError, Clip, row, sql};

/// Numbers of a block: 2 to this power. The schema's indexes and the queries say so as well.
const POWER: u32 = 13;
/// As many.
const BLOCK: usize = 1 << POWER;

/// What is looked for: clips that are all of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sought {
    /// How the order number begins or ends.
    pub text: Option<Order>,
    /// Begun then or later.
    pub from: Option<Time>,
    /// Begun before then.
    pub until: Option<Time>,
    /// Recorded there.
    pub bench: Option<Token>,
    /// Who was signed on.
    pub operator: Option<Token>,
    /// What is the matter with it.
    pub mark: Option<Mark>,
    /// With a number below this: where a search goes on.
    pub before: Option<u64>,
    /// As many at most.
    pub most: usize,
}

/// What may be the matter with a clip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Spans in which nothing was recorded.
    Gap,
    /// A reader looked for the order number in the picture and did not find it.
    NoLabel,
    /// A return.
    Return,
    /// On hold.
    Hold,
    /// Cancelled by the packer.
    Cancelled,
    /// Set aside, or closed because the disk failed.
    Damaged,
}

impl Mark {
    /// Every case.
    pub const ALL: [Self; 6] = [Self::Gap, Self::NoLabel, Self::Return, Self::Hold, Self::Cancelled, Self::Damaged];

    /// In one word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gap => "gap",
            Self::NoLabel => "no-label",
            Self::Return => "return",
            Self::Hold => "hold",
            Self::Cancelled => "cancelled",
            Self::Damaged => "damaged",
        }
    }

    /// Reads it.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mark| mark.as_str() == text)
    }
}

/// A clip, and whether it is on hold.
#[derive(Debug, Clone)]
pub struct Shown {
    /// Its row.
    pub clip: Clip,
    /// It or its order is on hold.
    pub held: bool,
}

/// What a search found.
#[derive(Debug)]
pub struct Page {
    /// Newest first.
    pub clips: Vec<Shown>,
    /// Where to go on, as [`Sought::before`]; `None`: there are no more.
    pub next: Option<u64>,
    /// `false`: the time ended before so many were found.
    pub complete: bool,
}

/// The order number's characters from the last to the first.
pub(super) fn from_its_end(order: &str) -> String {
    order.chars().rev().collect()
}

/// A set of a block's clips.
struct Bits([u64; BLOCK / 64]);

impl Bits {
    const NONE: Self = Self([0; BLOCK / 64]);

    /// The first so many.
    fn first(count: usize) -> Self {
        let mut bits = Self::NONE;
        for (at, word) in bits.0.iter_mut().enumerate() {
            *word = match count.saturating_sub(at * 64) {
                0 => 0,
                n if n >= 64 => u64::MAX,
                n => (1 << n) - 1,
            };
        }
        bits
    }

    fn insert(&mut self, sequence: u64) {
        let at = (sequence % BLOCK as u64) as usize;
        self.0[at / 64] |= 1 << (at % 64);
    }

    /// Keeps what is in both: whether that is anything.
    fn keep(&mut self, other: &Self) -> bool {
        self.0.iter_mut().zip(&other.0).for_each(|(word, other)| *word &= other);
        self.0.iter().any(|word| *word > 0)
    }

    /// Takes the last one out.
    fn pop(&mut self) -> Option<u64> {
        let at = self.0.iter().rposition(|word| *word > 0)?;
        let bit = self.0[at].ilog2();
        self.0[at] ^= 1 << bit;
        Some(at as u64 * 64 + u64::from(bit))
    }
}

/// One condition.
struct Filter {
    by: By,
    /// Clips that it met in the last block it was asked about.
    met: usize,
}

/// How its clips are found.
enum By {
    /// By the order number: from and up to before these, forwards; the same backwards.
    Text([(String, String); 2]),
    /// By the time of the beginning.
    Begun(i64, i64),
    /// By a query that takes the block and this name.
    Named(&'static str, String),
    /// By a query that takes the block.
    Marked(&'static str),
    /// They are these, in order.
    These(Vec<u64>),
}

impl Filter {
    /// Its clips of a block.
    fn bits(&mut self, db: &Connection, block: u64) -> rusqlite::Result<Bits> {
        let mut bits = Bits::NONE;
        match &self.by {
            By::Text([(head, head_end), (tail, tail_end)]) => {
                self.met = read(db, sql::HEAD, params![block, head, head_end], &mut bits)?
                    + read(db, sql::TAIL, params![block, tail, tail_end], &mut bits)?;
            }
            By::Begun(from, until) => self.met = read(db, sql::BEGUN, params![block, from, until], &mut bits)?,
            By::Named(query, name) => self.met = read(db, query, params![block, name], &mut bits)?,
            By::Marked(query) => self.met = read(db, query, params![block], &mut bits)?,
            By::These(sequences) => {
                let from = sequences.partition_point(|sequence| sequence >> POWER < block);
                let here = sequences[from..].iter().take_while(|sequence| **sequence >> POWER == block);
                here.for_each(|sequence| bits.insert(*sequence));
                self.met = 0;
            }
        }
        Ok(bits)
    }
}

/// Adds the numbers that a query answers: how many.
fn read(db: &Connection, query: &str, values: impl Params, bits: &mut Bits) -> rusqlite::Result<usize> {
    let mut statement = db.prepare_cached(query)?;
    let mut rows = statement.query(values)?;
    let mut met = 0;
    while let Some(row) = rows.next()? {
        bits.insert(row.get(0)?);
        met += 1;
    }
    Ok(met)
}

/// Texts that begin so are from this one up to before that one, where large letters count as small ones.
fn beginning(text: &str) -> (String, String) {
    let from = text.to_ascii_lowercase();
    // Behind each of an order number's characters stands another one that is no large letter.
    let mut until = from.clone();
    let last = until.pop().map(|last| char::from(last as u8 + 1));
    until.extend(last);
    (from, until)
}

impl Sought {
    fn filters(&self, db: &Connection) -> rusqlite::Result<Vec<Filter>> {
        let mut all = Vec::new();
        if let Some(mark) = self.mark {
            all.push(match mark {
                Mark::Gap => By::Marked(sql::WITH_GAPS),
                Mark::NoLabel => By::Marked(sql::NOT_READ),
                Mark::Return => By::Marked(sql::RETURN),
                Mark::Cancelled => By::Marked(sql::CANCELLED),
                Mark::Damaged => By::Marked(sql::DAMAGED),
                Mark::Hold => {
                    let mut held = db.prepare_cached(sql::ALL_HELD)?;
                    By::These(held.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
                }
            });
        }
        if self.from.is_some() || self.until.is_some() {
            all.push(By::Begun(
                self.from.map_or(i64::MIN, |from| from.0),
                self.until.map_or(i64::MAX, |until| until.0),
            ));
        }
        if let Some(text) = &self.text {
            all.push(By::Text([beginning(text.as_str()), beginning(&from_its_end(text.as_str()))]));
        }
        all.extend(self.operator.iter().map(|name| By::Named(sql::OF_OPERATOR, name.to_string())));
        all.extend(self.bench.iter().map(|name| By::Named(sql::OF_BENCH, name.to_string())));
        Ok(all.into_iter().map(|by| Filter { by, met: 0 }).collect())
    }
}

impl Catalogue {
    /// Looks for clips of the station's key, newest first, until enough are found or so much time went by.
    ///
    /// # Errors
    /// SQLite's; a damaged row.
    pub fn find(&self, sought: &Sought, within: Duration) -> Result<Page, CatalogueError> {
        let mut db = self.db();
        // Waiting for another search is no part of it.
        let begun = Instant::now();
        // One view of the catalogue for all its queries; to begin one for each costs more than most of them.
        let db = db.transaction()?;
        let newest: Option<u64> = db.query_row(sql::NEWEST, [], |row| row.get(0))?;
        let end = newest.map_or(0, |newest| newest + 1).min(sought.before.unwrap_or(u64::MAX));
        let mut filters = sought.filters(&db)?;
        let mut clips = Vec::new();
        for block in (0..end.div_ceil(BLOCK as u64)).rev() {
            let first = block << POWER;
            let mut bits = Bits::first((end - first).min(BLOCK as u64) as usize);
            filters.sort_by_key(|filter| filter.met);
            for filter in &mut filters {
                if !bits.keep(&filter.bits(&db, block)?) {
                    break;
                }
            }
            while let Some(sequence) = bits.pop().map(|at| first + at) {
                clips.extend(shown(&db, sequence)?);
                if clips.len() >= sought.most {
                    let next = Some(sequence).filter(|sequence| *sequence > 1);
                    return Ok(Page { clips, next, complete: true });
                }
            }
            if block > 0 && begun.elapsed() >= within {
                return Ok(Page { clips, next: Some(first), complete: false });
            }
        }
        Ok(Page { clips, next: None, complete: true })
    }

    /// The clip of an id, also one of a retired key.
    ///
    /// # Errors
    /// SQLite's; a damaged row.
    pub fn of_id(&self, id: Id) -> Result<Option<Shown>, CatalogueError> {
        let db = self.db();
        for query in [sql::OF_ID, sql::RETIRED_OF_ID] {
            if let Some(clip) = row::clips(db.prepare_cached(query)?.query([id.to_string()])?)?.pop() {
                return Ok(Some(with_hold(&db, clip)?));
            }
        }
        Ok(None)
    }

    /// The clips of an order, oldest first, those of retired keys before the others.
    ///
    /// # Errors
    /// SQLite's; a damaged row.
    pub fn of_order(&self, order: &Order) -> Result<Vec<Shown>, CatalogueError> {
        let db = self.db();
        let mut clips = Vec::new();
        for query in [sql::RETIRED_OF_ORDER, sql::OF_ORDER] {
            clips.extend(row::clips(db.prepare_cached(query)?.query([order.as_str()])?)?);
        }
        clips.into_iter().map(|clip| with_hold(&db, clip)).collect()
    }

    /// The newest sealed clips of a bench, newest first; also those that are deleted since.
    ///
    /// # Errors
    /// SQLite's; a damaged row.
    pub fn last_sealed(&self, bench: &Token, most: usize) -> Result<Vec<Clip>, CatalogueError> {
        row::clips(self.db().prepare_cached(sql::LAST_SEALED)?.query(params![bench.as_str(), most as u64])?)
    }

    /// Names of the benches and of the operators that clips have, each in order.
    ///
    /// # Errors
    /// SQLite's.
    pub fn names(&self) -> Result<(Vec<String>, Vec<String>), CatalogueError> {
        let db = self.db();
        let names = |query| {
            let mut statement = db.prepare_cached(query)?;
            statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<String>>>()
        };
        Ok((names(sql::BENCHES)?, names(sql::OPERATORS)?))
    }
}

fn shown(db: &Connection, sequence: u64) -> Result<Option<Shown>, CatalogueError> {
    let clip = row::clips(db.prepare_cached(sql::ROW)?.query([sequence])?)?.pop();
    clip.map(|clip| with_hold(db, clip)).transpose()
}

fn with_hold(db: &Connection, clip: Clip) -> Result<Shown, CatalogueError> {
    let mut statement = db.prepare_cached(sql::IS_HELD)?;
    let order = clip.order.as_ref().map(Order::as_str);
    let held = statement.query_row(params![clip.id.to_string(), order], |row| row.get(0)).optional()?;
    Ok(Shown { clip, held: held.unwrap_or(false) })
}
