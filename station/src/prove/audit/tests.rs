//! Which span is chosen where all of the ledger does not fit.

use std::{fs, path::PathBuf};

use evidence::{
    key::SigningKey,
    ledger::{EntryKind, order_tag},
    value::{Hash, Id, Order, Value},
};

use super::*;
use crate::ledger::Ledger;

/// Entries that are about three times what a PROOF can hold.
const ENTRIES: u64 = 36_000;
/// Between two entries, in µs: an hour, so that there are many days.
const APART: i64 = 3_600_000_000;
const ZERO: i64 = 1_764_000_000_000_000;

struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn entry(n: u64) -> Entry {
    let time = Time(ZERO + n as i64 * APART);
    let order = Order::parse(&format!("ORDER-{}", n / 2)).unwrap();
    Entry {
        kind: if n.is_multiple_of(2) { EntryKind::Start } else { EntryKind::End },
        clip: Some(Id(u128::from(n / 2).to_be_bytes())),
        sequence: Some(n / 2 + 1),
        time,
        statement: Hash::of(&n.to_be_bytes()),
        order_tag: Some(order_tag(&Hash::of(time.day().as_bytes()).0, &order)),
    }
}

#[test]
fn the_span_reaches_the_newest_entry_or_ends_early_and_is_always_around_the_clip() {
    let scratch = Scratch(std::env::temp_dir().join(format!("packseal-audit-{}", std::process::id())));
    fs::create_dir_all(&scratch.0).unwrap();
    let key = SigningKey::from_seed("bench", &[1; 32]).unwrap();
    let entries: Vec<Entry> = (0..ENTRIES).map(entry).collect();
    let mut ledger = Ledger::open(&scratch.0.join("ledger"), key.verifier(), None).unwrap();
    ledger.append(&entries, &key).unwrap();
    let path = scratch.0.join("catalogue.sqlite");
    let catalogue = Catalogue::create(&path).unwrap();
    let mut db = rusqlite::Connection::open(&path).unwrap();
    let transaction = db.transaction().unwrap();
    let mut days: Vec<String> = entries.iter().map(Entry::day).collect();
    days.dedup();
    for day in &days {
        let salt = Hash::of(day.as_bytes()).0;
        transaction.execute("INSERT INTO salt VALUES (?1, ?2)", rusqlite::params![day, salt]).unwrap();
    }
    transaction.commit().unwrap();

    let view = ledger.view().unwrap();
    let checkpoint = view.newest().said.clone();
    let used = 20_000;
    let span = |start: u64, since: u64| {
        let shown = Shown { view: view.clone(), checkpoint: checkpoint.clone(), places: (start, start + 1) };
        let made = make(&catalogue, &shown, Time(ZERO + since as i64 * APART), used).unwrap();
        let (parts, covered) = made.unwrap();
        let [(PartKind::Audit, audit), (PartKind::Salts, salts)] = &parts[..] else { panic!() };
        assert!(audit.len() + salts.len() <= MAX_PROOF as usize - used);
        let (head, held) = Span::read(audit).unwrap();
        head.verify(&held, &checkpoint).unwrap();
        assert_eq!((head.span, covered.end), ((covered.first, covered.end), head.span.1));
        let times = [covered.first, covered.end - 1].map(|place| entry(place).time);
        assert_eq!((covered.time.0, covered.time.1), (times[0], times[1]));
        assert!(covered.first <= start && start + 2 <= covered.end);
        // Nothing more would have fitted, where something is left out.
        let room = MAX_PROOF as usize - used - note::MAX_LENGTH;
        let tight = audit.len() + salts.len() + 1000 > room;
        (covered.first, covered.end, tight)
    };
    // All of what was asked for, to the entry.
    assert_eq!(span(ENTRIES - 100, ENTRIES - 300), (ENTRIES - 300, ENTRIES, false));
    // Never later than the clip.
    assert_eq!(span(ENTRIES - 100, ENTRIES - 2), (ENTRIES - 100, ENTRIES, false));
    assert_eq!(span(ENTRIES - 100, ENTRIES + 9), (ENTRIES - 100, ENTRIES, false));
    // Not so far back.
    let (first, end, tight) = span(ENTRIES - 100, 0);
    assert!(end == ENTRIES && tight && (ENTRIES - 14_000..ENTRIES - 10_000).contains(&first), "{first}");
    // An old clip: from the day that was asked for, to as far as there is room.
    let (first, end, tight) = span(500, 400);
    assert!(first == 400 && tight && (10_000..14_000).contains(&end), "{end}");
    // What came before it is less than what came since.
    let (first, end, tight) = span(16_000, 0);
    assert!(first == 16_000 && tight && (26_000..30_000).contains(&end), "{end}");
    // It is open while more happens than a PROOF can hold.
    let shown = Shown { view: view.clone(), checkpoint, places: (0, ENTRIES - 2) };
    assert!(make(&catalogue, &shown, Time(0), used).unwrap().is_none());
    // Without the salt of a day nothing can be told of it.
    db.execute("DELETE FROM salt WHERE day = ?1", [&days[days.len() - 2]]).unwrap();
    let shown = Shown { places: (ENTRIES - 100, ENTRIES - 99), ..shown };
    assert!(make(&catalogue, &shown, Time(ZERO + (ENTRIES - 300) as i64 * APART), used).is_err());
}
