//! A season of clips, put straight into a catalogue's tables: order numbers as carriers give them, 6 benches, 20 operators,
//! 2 % returns, 0.5 % with gaps, over 90 days.
#![allow(dead_code, reason = "shared by tests that need different parts of it")]

use std::path::Path;

use rusqlite::{Connection, params};

/// When it begins, µs since 1970: 2026-09-01T00:00:00Z.
pub const BEGIN: i64 = 1_788_220_800_000_000;
/// µs of a day.
pub const DAY: i64 = 86_400_000_000;
/// Days that it lasts.
pub const DAYS: i64 = 90;

/// What is searched for of a clip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    pub sequence: u64,
    pub order: Option<String>,
    pub begun: i64,
    pub bench: String,
    pub operator: Option<String>,
    pub is_return: bool,
    pub gaps: u64,
    pub label_frames: Option<u64>,
    pub state: &'static str,
    pub reason: &'static str,
}

/// The clip of this number of a season of so many.
pub fn sent(sequence: u64, of: u64) -> Sent {
    let mut dice = Dice(sequence);
    // Carriers hand their numbers out in order, to all their customers.
    let carrier = dice.below(100);
    let order = match carrier {
        0..35 => format!("SF{:013}", 1_400_000_000_000 + sequence * 977 + dice.below(977)),
        35..60 => format!("YT{:013}", 8_800_000_000_000 + sequence * 1_301 + dice.below(1_301)),
        60..75 => format!("7731{:011}", 20_000_000_000 + sequence * 2_903 + dice.below(2_903)),
        75..85 => format!("JDVA{:011}", 20_000_000_000 + sequence * 31 + dice.below(31)),
        85..95 => format!("43{:011}", dice.below(100_000_000_000)),
        95..99 => format!("ord_{}-{}.{}", dice.below(900) + 100, sequence, dice.below(9)),
        _ => String::new(),
    };
    let operator = dice.below(21);
    let label = dice.below(10);
    // A bench that lost its disk, and packers who changed their mind.
    let fate = dice.below(1000);
    let (state, reason) = match fate {
        0 => ("damaged", ""),
        1 => ("sealed", "damaged"),
        2..7 => ("sealed", "cancelled"),
        _ => ("sealed", "next-scan"),
    };
    Sent {
        sequence,
        order: Some(order).filter(|order| !order.is_empty()),
        begun: BEGIN + (DAYS * DAY / of as i64) * (sequence as i64 - 1),
        bench: format!("bench-{}", dice.below(6) + 1),
        operator: (operator < 20).then(|| format!("op-{operator:02}")),
        is_return: dice.below(50) == 0,
        gaps: u64::from(dice.below(200) == 0) * (dice.below(3) + 1),
        label_frames: (label > 0).then(|| if label == 1 { 0 } else { label * 7 }),
        state,
        reason,
    }
}

/// Fills a new catalogue with a season of so many clips, each with a note of so many bytes, at once and without making it
/// durable; every 2,000th order is on hold.
pub fn fill(path: &Path, clips: u64, note: usize) -> rusqlite::Result<()> {
    let mut db = Connection::open(path)?;
    db.pragma_update(None, "journal_mode", "OFF")?;
    db.pragma_update(None, "synchronous", "OFF")?;
    db.pragma_update(None, "cache_size", -200_000)?;
    let transaction = db.transaction()?;
    let mut insert = transaction.prepare(
        "INSERT INTO clip (sequence, clip, order_number, state, path, start, start_hash, first_time, links, reason,
         last_time, frames, lost, ticks, bytes, end_hash, start_entry, end_entry, proven, direction, bench, operator,
         order_tail, gaps, label_frames)
         VALUES (?1, ?2, ?3, ?4, ?2, ?5, ?6, ?7, 60, ?8, ?9, 1800, ?10, ?11, 22000000, ?12, ?13, ?14, 1, ?15, ?16, ?17,
         ?18, ?19, ?20)",
    )?;
    let note = vec![0_u8; note];
    for sequence in 1..=clips {
        let sent = sent(sequence, clips);
        let (id, hash) = (format!("{sequence:032x}"), format!("{sequence:064x}"));
        let sealed = (sent.state == "sealed").then_some(());
        let seconds = 40 + sequence % 61;
        insert.execute(params![
            sequence,
            id,
            sent.order,
            sent.state,
            note,
            hash,
            sent.begun,
            sealed.map(|()| sent.reason),
            sealed.map(|()| sent.begun + seconds as i64 * 1_000_000),
            sealed.map(|()| u64::from(sequence % 100 == 0)),
            sealed.map(|()| seconds * 90_000),
            sealed.map(|()| &hash),
            sequence * 2,
            sequence * 2 + 1,
            if sent.is_return { "return" } else { "outgoing" },
            sent.bench,
            sent.operator,
            sent.order.as_ref().map(|order| order.chars().rev().collect::<String>()),
            sealed.map(|()| sent.gaps),
            sealed.and(sent.label_frames),
        ])?;
    }
    drop(insert);
    transaction.execute(
        "INSERT INTO hold (target, reason, since) SELECT coalesce(order_number, clip), 'dispute', first_time
         FROM clip WHERE sequence % 2000 = 7",
        [],
    )?;
    transaction.commit()
}

/// SplitMix64.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % most
    }
}
