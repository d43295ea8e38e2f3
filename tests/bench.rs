//! The bench daemon, end to end: codes in, sealed clips out, whatever happens to camera, disk and packer.

use std::{
    fs,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use evidence::{
    statement::{CodeClass, Control, Direction, EventKind, Opened, Reason},
    value::{Token, Value},
    verdict::{Facts, Verdict},
};
use rustix::process::{Signal, kill_process};

#[path = "support/daemon.rs"]
mod daemon;
#[path = "support/parts.rs"]
mod parts;
#[path = "support/pictures.rs"]
mod pictures;
#[path = "support/station.rs"]
mod station_program;

use daemon::{Daemon, clips_of, configure};
use parts::events;
use pictures::{consecutive, counters, ffmpeg};
use station_program::{Folder, Station, run, runs};

/// A drawn bench whose frames carry a counter.
const PATTERN: &str = "[[bench]]\ncamera = \"pattern:320x240@10\"\n";
/// Longer than the pre-roll.
const RING: Duration = Duration::from_millis(4500);

fn station(name: &str, config: &str) -> Station {
    let station = Station::new(name);
    configure(&station, config);
    station
}

/// The only clip of this order, VERIFIED for it: its facts and its file.
#[track_caller]
fn verified(station: &Station, order: &str) -> (Facts, PathBuf) {
    judged(station, order, Verdict::Verified)
}

#[track_caller]
fn judged(station: &Station, order: &str, verdict: Verdict) -> (Facts, PathBuf) {
    let clips = clips_of(station, order);
    let [clip] = &clips[..] else { panic!("{order}: {clips:?}") };
    let report = station.report_of(clip, Some(order));
    assert_eq!(report.verdict, verdict, "{order}: {:?}", report.findings);
    (report.facts.unwrap(), clip.clone())
}

fn reason(facts: &Facts) -> Reason {
    facts.end.as_ref().unwrap().reason
}

fn kinds(clip: &Path) -> Vec<EventKind> {
    events(clip).into_iter().map(|(_, kind)| kind).collect()
}

/// Seconds of the clip before its scan.
fn pre_roll(facts: &Facts) -> f64 {
    (facts.start.opened_time.0 - facts.start.first_frame_time.0) as f64 / 1e6
}

#[test]
fn a_scan_begins_a_clip_and_the_next_one_ends_it() {
    let station = station("scan-pack-scan", PATTERN);
    let daemon = Daemon::start(&station, &[]);
    daemon.ready(RING);
    let bench = daemon.scan("SF1390000000001");
    assert_eq!((&bench["state"], &bench["clip"]["order"]), (&"recording".into(), &"SF1390000000001".into()));
    daemon.recorded(6.0);
    daemon.scan("SF1390000000002");
    daemon.recorded(6.0);
    daemon.scan("SF1390000000003");
    daemon.recorded(6.0);
    let bench = daemon.scan("PACKSEAL-END");
    assert_eq!((&bench["state"], &bench["clip"]), (&"ready".into(), &serde_json::Value::Null));
    daemon.sealed(3);
    assert_eq!(daemon.stop().0, 0);

    let mut all = Vec::new();
    for (order, why) in [(1, Reason::NextScan), (2, Reason::NextScan), (3, Reason::EndCode)] {
        let (facts, clip) = verified(&station, &format!("SF139000000000{order}"));
        assert_eq!((reason(&facts), facts.lost, facts.start.opened), (why, 0, Opened::Api));
        assert!((3.0..4.5).contains(&pre_roll(&facts)), "{}", pre_roll(&facts));
        let read = counters(&clip);
        consecutive(&read);
        all.push((read[0].0, read[read.len() - 1].0));
        // What ended it is said, and no other order is named.
        let said = if why == Reason::NextScan { EventKind::NextScan } else { EventKind::Control(Control::End) };
        assert_eq!(kinds(&clip), [said]);
        assert!(!String::from_utf8_lossy(&fs::read(&clip).unwrap()).contains(&format!("SF139000000000{}", order + 1)));
    }
    // Each begins before the last one ended.
    assert!(all[1].0 < all[0].1 && all[2].0 < all[1].1, "{all:?}");
    station.clean(3, 0, 0);
}

#[test]
fn the_order_may_come_late_and_control_codes_do_what_they_say() {
    let station = station("late", PATTERN);
    let daemon = Daemon::start(&station, &[]);
    daemon.ready(Duration::ZERO);
    let bench = daemon.scan("PACKSEAL-START");
    assert_eq!((&bench["clip"]["order"], &bench["clip"]["direction"]), (&serde_json::Value::Null, &"outgoing".into()));
    daemon.recorded(1.0);
    daemon.scan("6901234567892");
    let bench = daemon.scan("SF1390000000001");
    assert_eq!(bench["clip"]["order"], "SF1390000000001");
    daemon.scan("PACKSEAL-HOLD");
    daemon.recorded(2.0);
    daemon.scan("PACKSEAL-CANCEL");
    daemon.sealed(1);
    daemon.scan("PACKSEAL-SHIFT-ann");
    daemon.scan("PACKSEAL-RETURN");
    let bench = daemon.scan("SF1390000000002");
    assert_eq!((&bench["clip"]["direction"], &bench["operator"]), (&"return".into(), &"ann".into()));
    daemon.recorded(1.0);
    daemon.scan("PACKSEAL-END");
    daemon.sealed(2);
    // Bound and ended at once, before another GOP: the order is signed all the same.
    daemon.scan("PACKSEAL-START");
    daemon.recorded(1.0);
    daemon.scan("SF1390000000003");
    assert_eq!(daemon.stop().0, 0);

    let (late, clip) = verified(&station, "SF1390000000001");
    assert_eq!((late.start.order, late.start.opened), (None, Opened::Api));
    assert_eq!(late.end.as_ref().unwrap().reason, Reason::Cancelled);
    let said = kinds(&clip);
    let order = late.end.unwrap().order.unwrap();
    let expected = [
        EventKind::OtherCode(CodeClass::Item, 13),
        EventKind::OrderApi(order.clone()),
        EventKind::Control(Control::Hold),
        EventKind::Control(Control::Cancel),
    ];
    assert_eq!(said, expected);
    let listed = run(&["list", "--data", station.path(), "--order", order.as_str(), "--json"]).out;
    assert!(listed.contains("\"reason\": \"HOLD\""), "{listed}");

    let (returned, clip) = verified(&station, "SF1390000000002");
    assert_eq!((returned.start.direction, returned.start.operator), (Direction::Return, Token::parse("ann")));
    assert!(kinds(&clip).contains(&EventKind::Control(Control::End)));

    let (cut, _) = judged(&station, "SF1390000000003", Verdict::Partial);
    assert_eq!(reason(&cut), Reason::Shutdown);
    station.clean(3, 0, 0);
}

#[test]
fn a_capture_process_that_hangs_is_killed_and_started_again_within_3_s() {
    let station = station("hangs", PATTERN);
    let daemon = Daemon::start(&station, &[]);
    daemon.ready(RING);
    daemon.scan("SF1390000000001");
    daemon.recorded(5.0);
    let [before] = daemon.captures()[..] else { panic!() };
    kill_process(before, Signal::STOP).unwrap();
    let began = Instant::now();
    let another = || daemon.captures().iter().any(|&capture| capture != before);
    while !another() {
        // It is never "recording" when nothing is sealed.
        let bench = daemon.bench();
        let silent = began.elapsed() > Duration::from_millis(3200);
        assert!(!(silent && bench["state"] == "recording"), "{bench:#}");
        thread::sleep(Duration::from_millis(10));
    }
    let took = began.elapsed();
    println!("started again after {} ms", took.as_millis());
    assert!(took < Duration::from_secs(3), "{took:?}");
    assert!(!runs(before));
    daemon.prompted("camera-stalled", 1);
    daemon.prompted("camera-back", 1);
    let seconds = daemon.recorded(1.0)["clip"]["seconds"].as_f64().unwrap();
    daemon.recorded(seconds + 2.0);
    // And gone altogether.
    let [capture] = daemon.captures()[..] else { panic!() };
    kill_process(capture, Signal::KILL).unwrap();
    daemon.prompted("camera-lost", 1);
    daemon.prompted("camera-back", 2);
    let seconds = daemon.recorded(1.0)["clip"]["seconds"].as_f64().unwrap();
    // Its pre-roll does not reach back to the gap.
    daemon.recorded(seconds + 6.0);
    daemon.scan("SF1390000000002");
    daemon.recorded(4.0);
    daemon.scan("PACKSEAL-END");
    daemon.sealed(2);
    assert_eq!(daemon.stop().0, 0);

    let (facts, clip) = judged(&station, "SF1390000000001", Verdict::Partial);
    assert_eq!(reason(&facts), Reason::NextScan);
    use EventKind::{CameraBack, CameraLost, CameraStalled, CaptureRestarted, NextScan};
    let expected = [CameraStalled, CaptureRestarted, CameraBack, CameraLost, CaptureRestarted, CameraBack, NextScan];
    assert_eq!(kinds(&clip), expected);
    // The next parcel does not suffer for it.
    verified(&station, "SF1390000000002");
    station.clean(2, 0, 0);
}

#[test]
fn a_camera_is_not_blamed_for_a_hold_up_of_the_station() {
    let station = station("held-up", PATTERN);
    let daemon = Daemon::start(&station, &[]);
    daemon.ready(Duration::ZERO);
    daemon.scan("SF1390000000001");
    daemon.recorded(2.0);
    let before = daemon.captures();
    // Somebody else writes the catalogue, for as long as a slow disk may take: the bench waits for its turn.
    let other = rusqlite::Connection::open(station.data.join("catalogue.sqlite")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    thread::sleep(Duration::from_secs(4));
    other.execute_batch("COMMIT").unwrap();
    let seconds = daemon.recorded(0.0)["clip"]["seconds"].as_f64().unwrap();
    daemon.recorded(seconds + 7.0);
    assert_eq!(daemon.captures(), before);
    daemon.scan("PACKSEAL-END");
    daemon.sealed(1);
    daemon.stop();
    let (_, clip) = verified(&station, "SF1390000000001");
    assert_eq!(kinds(&clip), [EventKind::Control(Control::End)]);
}

#[test]
fn asked_to_stop_it_seals_what_is_open_within_2_s() {
    let station = station("shutdown", PATTERN);
    for round in 1..=3 {
        let daemon = Daemon::start(&station, &[]);
        daemon.ready(Duration::ZERO);
        daemon.scan(&format!("SF139000000000{round}"));
        daemon.recorded(1.0 + 0.4 * f64::from(round));
        let (status, took) = daemon.stop();
        assert!(status == 0 && took < Duration::from_secs(2), "{status}, {took:?}");
        let (facts, _) = judged(&station, &format!("SF139000000000{round}"), Verdict::Partial);
        assert_eq!(reason(&facts), Reason::Shutdown);
    }
    station.clean(3, 0, 0);
}

#[test]
fn a_frozen_and_a_dark_picture_are_told_and_signed() {
    let folder = Folder::new("frozen");
    let film = folder.path("frozen.mkv");
    // It moves, stands quite still for five seconds, moves, and goes black.
    let frozen = "testsrc2=size=320x240:rate=10:duration=14,loop=loop=50:size=1:start=40,\
        setpts=N/(10*TB),drawbox=t=fill:color=black:enable='between(t,12,14.5)'";
    ffmpeg(&["-f", "lavfi", "-i", frozen, "-t", "17", "-c:v", "ffv1", film.to_str().unwrap()]);
    let station = station("frozen", &format!("[[bench]]\ncamera = \"file:{}\"\noverlay = true\n", film.display()));
    let daemon = Daemon::start(&station, &[]);
    daemon.ready(Duration::ZERO);
    daemon.scan("SF1390000000001");
    daemon.until("frozen", |bench| bench["camera"]["state"] == "frozen" && bench["state"] == "attention");
    daemon.prompted("camera-unfrozen", 1);
    daemon.until("dark", |bench| bench["camera"]["state"] == "dark" && bench["state"] == "attention");
    daemon.prompted("picture-lit", 1);
    daemon.scan("PACKSEAL-END");
    daemon.sealed(1);
    daemon.stop();
    let (_, clip) = verified(&station, "SF1390000000001");
    let told = kinds(&clip);
    let places: Vec<_> = [EventKind::Frozen, EventKind::Unfrozen, EventKind::Dark, EventKind::Lit]
        .iter()
        .map(|kind| told.iter().position(|told| told == kind))
        .collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{told:?}");
}

#[test]
fn benches_of_one_machine_do_not_mind_each_other() {
    let config = "[[bench]]\nname = \"left\"\ncamera = \"pattern:320x240@10\"\nscanners = []\n\
        [[bench]]\nname = \"right\"\ncamera = \"pattern:320x240@5\"\nscanners = [\"stdin\"]\n";
    let station = station("two", config);
    let mut daemon = Daemon::start(&station, &[]);
    daemon.until("live", |_| {
        daemon.status()["benches"].as_array().unwrap().iter().all(|bench| bench["state"] == "ready")
    });
    daemon.scan_at("left", "SF1390000000001");
    daemon.type_in("SF1390000000002\r\n");
    thread::sleep(Duration::from_secs(4));
    assert_eq!(daemon.captures().len(), 2);
    daemon.scan_at("left", "PACKSEAL-END");
    daemon.scan_at("right", "PACKSEAL-END");
    daemon.sealed(1);
    daemon.stop();
    let benches = [("SF1390000000001", "left", 10, Opened::Api), ("SF1390000000002", "right", 5, Opened::Scan)];
    for (order, bench, rate, opened) in benches {
        let (facts, _) = verified(&station, order);
        assert_eq!((facts.start.bench.as_str(), facts.start.frame_rate.num, facts.start.opened), (bench, rate, opened));
    }
    station.clean(2, 0, 0);
}
