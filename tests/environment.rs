//! What a station runs on, stated at each start: in the ledger, named by START, and found by `check`.

use std::time::Duration;

use evidence::{
    ledger::{Entry, EntryKind},
    note::Note,
    statement::{Environment, Outcome, Start, Statement},
    value::Hash,
};
use station::{catalogue::Stated, data::Data, ledger::View};

#[path = "support/daemon.rs"]
mod daemon;
#[path = "support/station.rs"]
mod station_program;

use daemon::{Daemon, configure};
use station_program::{Station, run};

const BENCH: &str = "language = \"en\"\n[[bench]]\nname = \"bench-1\"\ncamera = \"pattern:320x240@10\"\n\
    scanners = []\n[clip]\npre-roll-seconds = 1\n";

/// The environments that the station keeps, each with its entry.
fn kept(station: &Station) -> Vec<(Stated, Environment)> {
    let key = Data::open(&station.data).unwrap().key().unwrap();
    let view = View::open(&station.data.join("ledger"), key.verifier()).unwrap();
    let read = |stated: Stated| {
        let note = Note::parse(&stated.note).unwrap();
        note.verify(key.verifier()).unwrap();
        let entry = Entry::parse(std::str::from_utf8(&view.entry(stated.entry).unwrap()).unwrap()).unwrap();
        assert_eq!((entry.kind, entry.statement, entry.clip), (EntryKind::Environment, note.hash, None));
        assert_eq!(stated.hash, note.hash);
        (stated, Environment::parse(&note.text).unwrap())
    };
    station.catalogue().stated().unwrap().into_iter().map(read).collect()
}

/// What the STARTs of all clips name.
fn named(station: &Station) -> Vec<Option<Hash>> {
    let start = |note: &[u8]| Start::parse(&Note::parse(note).unwrap().text).unwrap();
    station.clips().iter().map(|clip| start(&clip.start).environment).collect()
}

/// Starts the daemon, records a clip, stops it.
fn work(station: &Station, order: &str) {
    let daemon = Daemon::start(station, &[]);
    daemon.ready(Duration::from_secs(1));
    daemon.scan(order);
    daemon.recorded(1.0);
    assert_eq!(daemon.stop().0, 0);
}

#[test]
fn each_start_states_it_before_the_first_clip() {
    let station = Station::new("environment");
    // Without a daemon there is none.
    station.record("pattern:320x240@10", &["--seconds", "1", "--fast"]);
    assert_eq!(named(&station), [None]);
    configure(&station, BENCH);
    work(&station, "SF1390000000001");
    let first = kept(&station);
    let [(stated, environment)] = &first[..] else { panic!("{first:?}") };
    assert_eq!(named(&station), [None, Some(stated.hash)]);

    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
    let text = environment.text();
    for line in [
        &format!("kernel {}", kernel.trim()),
        "cameras bench-1 pattern:320x240@10 pattern",
        "disk-access read-write",
        "disk-health unknown",
        "self-test sign:ok hash:ok catalogue:ok ledger:ok",
    ] {
        assert!(text.lines().any(|there| there == line), "{line}: {text}");
    }
    assert!(environment.os.is_some() && environment.disk_free.is_some_and(|free| free > 0), "{text}");
    assert!(environment.self_test.0.iter().all(|(_, outcome)| *outcome == Outcome::Ok));
    let start = |n: usize| Start::parse(&Note::parse(&station.clips()[n].start).unwrap().text).unwrap();
    assert_eq!((&environment.program, &environment.software), (&start(1).program, &start(1).software));
    assert!(environment.time < start(1).opened_time);

    // A second start, a second statement; then `record` names the newest.
    work(&station, "SF1390000000002");
    station.record("pattern:320x240@10", &["--seconds", "1", "--fast"]);
    let both = kept(&station);
    assert_eq!((both.len(), &both[0]), (2, &first[0]));
    let hash = |n: usize| Some(both[n].0.hash);
    assert_eq!(named(&station), [None, hash(0), hash(1), hash(1)]);
    station.clean(4, 0, 0);
}

#[test]
fn a_statement_that_does_not_hold_is_told() {
    let station = Station::new("environment-broken");
    configure(&station, BENCH);
    work(&station, "SF1390000000001");
    station.clean(1, 0, 0);
    let whole = station.copy("environment-broken");
    for (break_it, told) in [
        ("DELETE FROM stated", "the environment that its START names is not held"),
        (
            "UPDATE stated SET note = CAST(replace(CAST(note AS TEXT), 'read-write', 'read-only') AS BLOB)",
            "does not hold",
        ),
        ("UPDATE stated SET kind = 'key'", "does not hold"),
        ("UPDATE stated SET entry = 1", "is not the statement that the ledger knows"),
        ("UPDATE stated SET entry = 1", "the environment that its START names is not held"),
    ] {
        let station = whole.copy("environment-broken");
        station.sql(break_it);
        let said = station.check();
        assert!(said.status == 1 && said.out.contains(told), "{break_it}: {said:?}");
        let zh = run(&["check", "--data", station.path(), "--lang", "zh"]);
        assert!(zh.out.contains("声明"), "{zh:?}");
    }
}
