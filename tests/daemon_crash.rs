//! The daemon is killed at any moment of a busy bench: while clips open, close and switch, its capture process hangs or
//! dies, the disk is full or has just been emptied. What was sealed stays sealed, and `check` is clean each time.
//!
//! Moments and doings are random: `PACKSEAL_SEED` repeats them. `PACKSEAL_SOAK=1` kills ten times as often.

use std::{
    collections::BTreeMap,
    thread,
    time::{Duration, Instant},
};

use evidence::{statement::Reason, verdict::Verdict};
use rustix::process::{Signal, kill_process};
use station::catalogue::State;

#[path = "support/daemon.rs"]
mod daemon;
#[path = "support/disk.rs"]
mod disk;
#[path = "support/parts.rs"]
mod parts;
#[path = "support/random.rs"]
mod random;
#[path = "support/station.rs"]
mod station_program;

use daemon::{Daemon, configure};
use disk::Disk;
use random::Random;
use station_program::{Station, run};

/// Stations that are killed at once.
const AT_ONCE: usize = 4;
/// Longest time before a kill, ms.
const LATEST: usize = 7000;
/// MiB that must stay free.
const FLOOR: u64 = 24;

/// Kills of each station.
fn kills() -> usize {
    if std::env::var_os("PACKSEAL_SOAK").is_some() { 50 } else { 5 }
}

/// What happens at the bench meanwhile.
fn happen(daemon: &Daemon, disk: &Disk, random: &mut Random, order: &mut u32, full: &mut bool) {
    match random.below(12) {
        0..=4 => {
            *order += 1;
            daemon.scan(&format!("SF1390000{order:06}"));
        }
        5 => drop(daemon.scan("PACKSEAL-START")),
        6 => drop(daemon.scan("PACKSEAL-END")),
        7 => drop(daemon.scan("PACKSEAL-CANCEL")),
        8 => drop(daemon.scan("PACKSEAL-RETURN")),
        9 | 10 => {
            let signal = if random.below(2) == 0 { Signal::KILL } else { Signal::STOP };
            // It may be starting just now.
            if let Some(&capture) = daemon.captures().first() {
                let _ = kill_process(capture, signal);
            }
        }
        _ if *full => {
            disk.empty();
            *full = false;
        }
        _ => {
            disk.fill(FLOOR * 1024 / 2);
            *full = true;
        }
    }
}

fn work(number: usize, random: &Random) {
    let mut random = random.at(number);
    let disk = Disk::new(128 * 1024);
    let station = Station::at(&disk.at.join("data"));
    let config = "[[bench]]\ncamera = \"pattern:320x240@10\"\n[clip]\npre-roll-seconds = 1\n[scanner]\ndouble-read-ms = 0\n\
        one-shot-ms = 0\n";
    configure(&station, &format!("{config}[storage]\nfloor-mib = {FLOOR}\nwarn-mib = {FLOOR}\nkeep-free-mib = 0\n"));
    let (mut order, mut full) = (0, false);
    // Bytes of the clips that were sealed, as they are told before each kill.
    let mut sealed = BTreeMap::new();
    for kill in 0..kills() {
        let daemon = Daemon::start(&station, &[]);
        daemon.until("live", |bench| bench["camera"]["state"] == "live");
        let moment = Duration::from_millis(random.below(LATEST) as u64);
        let began = Instant::now();
        while began.elapsed() < moment {
            happen(&daemon, &disk, &mut random, &mut order, &mut full);
            let rest = moment.saturating_sub(began.elapsed());
            thread::sleep(rest.min(Duration::from_millis(100 + random.below(900) as u64)));
        }
        for clip in station.clips().into_iter().filter(|clip| clip.state == State::Sealed) {
            sealed.insert(clip.sequence, std::fs::read(station.data.join(&clip.path)).unwrap().len());
        }
        let links: BTreeMap<u64, u64> = station.clips().iter().map(|clip| (clip.sequence, clip.links)).collect();
        daemon.kill();
        if full {
            disk.empty();
            full = false;
        }
        let said = station.check();
        assert_eq!(said.status, 0, "station {number}, kill {kill} after {moment:?}: {said:?}");
        let said = station.check();
        assert!(said.status == 0 && said.err.is_empty(), "station {number}, kill {kill}: {said:?}");
        for clip in station.clips() {
            let was = links.get(&clip.sequence).copied().unwrap_or(0);
            let what = format!("station {number}, kill {kill}, clip {}: {:?}", clip.sequence, clip.state);
            match clip.state {
                State::Sealed => assert!(clip.links >= was, "{what}: {} LINKs of {was}", clip.links),
                State::NeverWritten => assert_eq!(was, 0, "{what}"),
                _ => panic!("{what}"),
            }
            if let Some(&bytes) = sealed.get(&clip.sequence) {
                let there = std::fs::metadata(station.data.join(&clip.path)).unwrap().len();
                assert_eq!(there, bytes as u64, "{what}: a sealed clip changed");
            }
        }
    }
    // Each is what anybody would find it to be.
    let mut reasons: BTreeMap<&str, u32> = BTreeMap::new();
    for clip in station.clips().into_iter().filter(|clip| clip.state == State::Sealed) {
        let reason = clip.closing.as_ref().unwrap().reason;
        *reasons.entry(reason.as_str()).or_default() += 1;
        let order = clip.order.as_ref().map(|order| order.as_str());
        let report = station.report_of(&station.data.join(&clip.path), order);
        let whole = reason.is_complete() && report.facts.as_ref().unwrap().gap_count == 0;
        let expected = if whole { Verdict::Verified } else { Verdict::Partial };
        assert_eq!(report.verdict, expected, "clip {} ({reason:?}): {:?}", clip.sequence, report.findings);
    }
    println!("station {number}: {reasons:?}");
    assert!(reasons.contains_key(Reason::Recovered.as_str()), "{reasons:?}: no clip was open when it was killed");
    let listed = run(&["list", "--data", station.path(), "--json"]).out;
    let rows: Vec<serde_json::Value> = serde_json::from_str(&listed).unwrap();
    assert_eq!(rows.len(), station.clips().len());
}

#[test]
fn killed_at_any_moment_of_a_busy_bench() {
    let random = Random::by_the_clock("killed daemon");
    thread::scope(|scope| {
        for number in 0..AT_ONCE {
            let random = &random;
            scope.spawn(move || work(number, random));
        }
    });
}
