use evidence::{
    statement::{CodeClass, Direction, Reason},
    value::{Order, Time, Token, Value},
};
use serde_json::json;

use super::*;
use crate::prompt::Prompt;

/// 1 s.
const S: i64 = 1_000_000;

/// A station with one bench that runs and whose camera gave its last frame at 100 s.
fn status() -> Status {
    let status = Status::new("shop-7", Lang::En, Clock::System, ["bench-1"]);
    status.update(0, |bench| {
        bench.started();
        bench.camera.state = CameraState::Live;
        bench.camera.frame(100 * S);
    });
    status
}

fn open(status: &Status) {
    status.update(0, |bench| bench.clip_opened(Order::parse("SF1").as_ref(), Direction::Outgoing, Time(0)));
}

fn bench(status: &Status, at_us: i64) -> Bench {
    status.snapshot(at_us).benches.remove(0)
}

fn state(status: &Status, at_us: i64) -> (State, Vec<Attention>) {
    let bench = bench(status, at_us);
    (bench.state(), bench.attention().to_vec())
}

#[test]
fn recording_is_said_for_less_than_three_seconds_after_a_sealed_gop() {
    let status = status();
    assert_eq!(state(&status, 100 * S), (State::Ready, vec![]));
    open(&status);
    assert_eq!(state(&status, 100 * S), (State::Attention, vec![Attention::NothingSealed]), "nothing is sealed yet");
    status.update(0, |bench| bench.clip_sealed(7, 3.5, 101 * S));
    // Frames come all the while: it is the sealing that counts.
    for (at_us, expected) in [
        (101 * S, (State::Recording, vec![])),
        (104 * S - 1, (State::Recording, vec![])),
        (104 * S, (State::Attention, vec![Attention::NothingSealed])),
        (104 * S + 1, (State::Attention, vec![Attention::NothingSealed])),
        (i64::MAX, (State::Attention, vec![Attention::NothingSealed])),
    ] {
        status.update(0, |bench| bench.camera.frame(at_us));
        assert_eq!(state(&status, at_us), expected, "{at_us}");
    }
    status.update(0, |bench| bench.clip_sealed(7, 4.5, i64::MAX));
    assert_eq!(state(&status, i64::MAX), (State::Recording, vec![]));
    // The next clip has nothing sealed, whatever the one before had.
    open(&status);
    assert_eq!(state(&status, i64::MAX).0, State::Attention);
    status.update(0, Bench::clip_closed);
    assert_eq!(state(&status, i64::MAX), (State::Ready, vec![]));
}

#[test]
fn nothing_but_a_live_camera_is_ready_or_recording() {
    for camera in CameraState::ALL {
        for clip in [false, true] {
            let status = status();
            if clip {
                open(&status);
                status.update(0, |bench| bench.clip_sealed(1, 1.0, 100 * S));
            }
            status.update(0, |bench| bench.camera.state = camera);
            let expected = match (camera, clip) {
                (CameraState::Live, true) => (State::Recording, vec![]),
                (CameraState::Live, false) => (State::Ready, vec![]),
                _ => (State::Attention, vec![Attention::Camera]),
            };
            assert_eq!(state(&status, 100 * S), expected, "{camera:?} {clip}");
        }
    }
}

#[test]
fn a_camera_without_frames_is_not_live_whoever_says_so() {
    let status = status();
    status.update(0, |bench| bench.camera.rate(30, S));
    let seen = |at_us| {
        let camera = bench(&status, at_us).camera;
        (camera.state, camera.frames_per_second, camera.last_frame_ms())
    };
    assert_eq!(seen(100 * S + 40_000), (CameraState::Live, 30.0, Some(40)));
    assert_eq!(seen(103 * S - 1), (CameraState::Live, 30.0, Some(2999)));
    assert_eq!(seen(103 * S), (CameraState::Stalled, 0.0, Some(3000)));
    assert_eq!(state(&status, 103 * S), (State::Attention, vec![Attention::Camera]));
    // A frame is back, and an older word of one changes nothing.
    status.update(0, |bench| {
        bench.camera.frame(104 * S);
        bench.camera.frame(90 * S);
    });
    assert_eq!(seen(104 * S), (CameraState::Live, 30.0, Some(0)));
    status.update(0, |bench| {
        bench.camera.rate(1, 0);
        bench.camera.state = CameraState::Lost;
    });
    assert_eq!(seen(110 * S), (CameraState::Lost, 0.0, Some(6000)), "lost is not called stalled");
    let fresh = Status::new("shop-7", Lang::En, Clock::System, ["bench-1"]);
    assert_eq!(bench(&fresh, 0).camera.last_frame_ms(), None);
}

#[test]
fn a_full_disk_and_a_bench_that_stands_still_are_told() {
    let status = status();
    status.storage(|storage| storage.level = Level::Low);
    assert_eq!(state(&status, 100 * S), (State::Ready, vec![]));
    status.storage(|storage| storage.level = Level::Full);
    assert_eq!(state(&status, 100 * S), (State::Attention, vec![Attention::StorageFull]));
    open(&status);
    assert_eq!(
        state(&status, 200 * S),
        (State::Attention, vec![Attention::NothingSealed, Attention::Camera, Attention::StorageFull])
    );
    status.update(0, Bench::stopped);
    assert_eq!(state(&status, 100 * S), (State::Stopped, vec![]));
    assert_eq!(bench(&status, 100 * S).clip, None);
}

#[test]
fn benches_are_found_by_name_and_the_only_one_without() {
    let two = Status::new("shop-7", Lang::En, Clock::System, ["left", "right"]);
    assert_eq!(
        [Some("left"), Some("right"), Some("Left"), None].map(|name| two.bench(name)),
        [Some(0), Some(1), None, None]
    );
    assert_eq!(status().bench(None), Some(0));
    two.update(1, Bench::started);
    two.update(2, |_| panic!("there is no third bench"));
    let states: Vec<_> = two.snapshot(0).benches.iter().map(Bench::state).collect();
    assert_eq!(states, [State::Stopped, State::Attention]);
}

/// One that was packed.
fn parcel(sequence: u64) -> Parcel {
    Parcel {
        sequence,
        order: Some(format!("SF{sequence}")),
        direction: "return".into(),
        seconds: 42.5,
        reason: "next-scan".into(),
        time: Moment(Time(sequence as i64 * S)),
        seal: "00ff".to_owned(),
    }
}

#[test]
fn the_last_five_parcels_are_kept() {
    let status = status();
    (1..=7).for_each(|sequence| status.update(0, |bench| bench.packed(parcel(sequence))));
    let kept: Vec<_> = bench(&status, 0).parcels.iter().map(|parcel| parcel.sequence).collect();
    assert_eq!(kept, [3, 4, 5, 6, 7]);
}

#[test]
fn what_an_order_should_hold_goes_with_its_clip() {
    let status = status();
    let order = |text| Order::parse(text).unwrap();
    let item = || vec![Item { code: "1".to_owned(), name: "cup".to_owned(), quantity: 1 }];
    let expected = || bench(&status, 100 * S).expected;
    // Nothing is open, and then something else.
    status.update(0, |bench| bench.expected(&order("SF1"), item()));
    assert_eq!(expected(), None);
    open(&status);
    status.update(0, |bench| bench.expected(&order("SF2"), item()));
    assert_eq!(expected(), None);
    for end in [
        open as fn(&Status),
        |status| status.update(0, Bench::clip_closed),
        |status| {
            status.update(0, Bench::stopped);
        },
    ] {
        open(&status);
        status.update(0, |bench| bench.expected(&order("SF1"), item()));
        assert_eq!(expected(), Some(item()));
        end(&status);
        assert_eq!(expected(), None);
    }
}

#[test]
fn whatever_is_wrong_has_a_remedy_in_both_languages_the_cause_first() {
    let status = status();
    let mut seen = std::collections::BTreeSet::new();
    for camera in CameraState::ALL {
        for level in [Level::Ok, Level::Full] {
            for clip in [false, true] {
                status.update(0, |bench| bench.camera.state = camera);
                status.storage(|storage| storage.level = level);
                status.update(0, Bench::clip_closed);
                if clip {
                    open(&status);
                }
                let bench = bench(&status, 100 * S);
                let reasons: Vec<_> = bench.remedies().iter().rev().map(|remedy| remedy.reason).collect();
                assert_eq!(reasons, bench.attention(), "{camera:?} {level:?} {clip}");
                for Remedy { what, remedy, .. } in bench.remedies() {
                    for text in [&what.en, &remedy.en] {
                        assert!(text.is_ascii() && text.ends_with('.') && text.len() < 80, "{text}");
                    }
                    for text in [&what.zh, &remedy.zh] {
                        assert!(text.ends_with('。') && text.chars().count() < 40, "{text}");
                    }
                    seen.insert(what.en.clone());
                }
            }
        }
    }
    // Each state of the camera but live, the disk, and that nothing is sealed.
    assert_eq!(seen.len(), CameraState::ALL.len() - 1 + 2, "{seen:?}");
}

#[test]
fn whoever_looks_is_told_of_changes_and_not_of_time() {
    let status = status();
    let mut changes = status.changes(0).unwrap();
    assert!(!changes.has_changed().unwrap() && status.changes(1).is_none() && status.live(1).is_none());
    status.storage(|storage| storage.level = Level::Low);
    assert!(changes.has_changed().unwrap());
    changes.mark_unchanged();
    let of = |at_us| status.of_bench(0, at_us).unwrap();
    let before = of(100 * S);
    assert_eq!(before, bench(&status, 100 * S));
    status.update(0, |bench| {
        bench.camera.frame(101 * S);
        bench.camera.tried(101 * S);
    });
    assert!(changes.has_changed().unwrap() && of(101 * S).is_as(&before));
    assert!(!of(110 * S).is_as(&before), "the camera is stalled");
    open(&status);
    status.update(0, |bench| bench.clip_sealed(7, 3.5, 101 * S));
    let sealed = of(101 * S);
    assert!(!sealed.is_as(&before));
    // The same again, as the bench says it with each look at its clock.
    status.update(0, |bench| bench.clip_sealed(7, 3.5, 102 * S));
    assert!(of(102 * S).is_as(&sealed));
    status.update(0, |bench| bench.clip_sealed(7, 4.5, 102 * S));
    assert!(!of(102 * S).is_as(&sealed));
}

#[test]
fn the_last_twenty_prompts_and_all_counts_are_kept() {
    let status = status();
    for length in 0..25 {
        status.update(0, |bench| bench.prompt(&Prompt::UnknownCode { length }, Lang::En, Time(length as i64)));
    }
    status.update(0, |bench| {
        bench.parcel(Reason::NextScan);
        bench.parcel(Reason::NextScan);
        bench.parcel(Reason::DiskFull);
        bench.scan(CodeClass::Order);
        bench.double_read();
        bench.scanner("stdin", ScannerState::Connected);
        bench.scanner("wedge", ScannerState::Connected);
        bench.scanner("stdin", ScannerState::Lost);
    });
    let bench = bench(&status, 0);
    let numbers: Vec<_> = bench.prompts.iter().map(|said| said.parameters["length"].as_str()).collect();
    assert_eq!(numbers.len(), 20);
    assert_eq!((numbers[0], numbers[19]), ("5", "24"));
    let counters = &bench.counters;
    assert_eq!((counters.prompts["unknown-code"], counters.scans["order"], counters.double_reads), (25, 1, 1));
    assert_eq!((counters.parcels["next-scan"], counters.parcels["disk-full"]), (2, 1));
    assert_eq!((counters.parcels.len(), counters.parcels["shutdown"]), (Reason::ALL.len(), 0));
    let scanners: Vec<_> = bench.scanners.iter().map(|s| (s.name.as_str(), s.state)).collect();
    assert_eq!(scanners, [("stdin", ScannerState::Lost), ("wedge", ScannerState::Connected)]);
}

/// The names of fields that others read: a change here breaks them.
#[test]
fn json_is_as_documented() {
    let status = status();
    open(&status);
    status.update(0, |bench| {
        let order = Order::parse("SF1390000000001").unwrap();
        bench.clip_bound(&order);
        let item = Item { code: "6901234567892".to_owned(), name: "Cup".to_owned(), quantity: 2 };
        bench.expected(&order, vec![item]);
        // What comes too late is not of this clip.
        bench.expected(&Order::parse("SF1390000000000").unwrap(), vec![]);
        bench.clip_sealed(12, 4.25, 100 * S);
        bench.operator(Token::parse("ann").as_ref());
        bench.camera.identity = Some("046d:085e".to_owned());
        bench.camera.rate(30, 1_001_000);
        bench.camera.sight =
            Some(crate::capture::Sight { light_percent: 48, white_percent: 0, edge_tenth_pixels: Some(22) });
        bench.scanner("stdin", ScannerState::Connected);
        bench.prompt(&Prompt::OperatorOn { operator: Token::parse("ann").unwrap() }, Lang::En, Time(S));
        bench.expected(
            &Order::parse("SF1390000000001").unwrap(),
            vec![Item { code: "6901".to_owned(), name: "茶杯".to_owned(), quantity: 2 }],
        );
        bench.packed(parcel(11));
    });
    status.storage(|storage| {
        storage.free_mib = Some(41_210);
        storage.days_left = Some(23.5);
    });
    status.authorities(1);
    status.token(Time(2 * S), 60 * S);
    let snapshot = status.snapshot(100 * S + 33_400);
    let mut json = serde_json::to_value(&snapshot).unwrap();
    let station = json["station"].take();
    assert_eq!(station["name"], "shop-7");
    assert_eq!(station["version"], env!("CARGO_PKG_VERSION"));
    assert!(["synchronised", "unsynchronised", "unknown"].contains(&station["clock"].as_str().unwrap()));
    for moment in ["started", "time"] {
        assert!(Time::parse(station[moment].as_str().unwrap()).is_some(), "{station}");
    }
    let counters = json["benches"][0]["counters"].take();
    assert_eq!((&counters["prompts"]["operator-on"], &counters["parcels"]["end-code"]), (&json!(1), &json!(0)));
    let expected = json!({
        "station": null,
        "storage": {
            "level": "ok", "free_mib": 41210, "days_left": 23.5, "clips_deleted": 0, "clips_on_hold": 0,
        },
        "time": {
            "authorities": 1,
            "newest_token": "1970-01-01T00:00:02.000000Z",
            "newest_token_age_seconds": 40.0334,
        },
        "benches": [{
            "name": "bench-1",
            "state": "recording",
            "attention": [],
            "remedies": [],
            "clip": {
                "order": "SF1390000000001",
                "direction": "outgoing",
                "since": "1970-01-01T00:00:00.000000Z",
                "sequence": 12,
                "seconds": 4.25,
            },
            "expected": [{ "code": "6901", "name": "茶杯", "quantity": 2 }],
            "operator": "ann",
            "camera": {
                "state": "live",
                "identity": "046d:085e",
                "frames_per_second": 29.97,
                "sight": { "light_percent": 48, "white_percent": 0, "edge_tenth_pixels": 22 },
                "last_frame_ms": 33,
                "restarts": 0,
                "lost_frames": 0,
            },
            "scanners": [{ "name": "stdin", "state": "connected" }],
            "counters": null,
            "prompts": [{
                "key": "operator-on",
                "weight": "info",
                "parameters": { "operator": "ann" },
                "text": "Signed on: ann.",
                "texts": { "en": "Signed on: ann.", "zh": "已签到：ann。" },
                "time": "1970-01-01T00:00:01.000000Z",
            }],
            "parcels": [{
                "sequence": 11,
                "order": "SF11",
                "direction": "return",
                "seconds": 42.5,
                "reason": "next-scan",
                "time": "1970-01-01T00:00:11.000000Z",
                "seal": "00ff",
            }],
        }],
    });
    assert_eq!(json, expected);
    // And read back, as `packseal-station status` does.
    let text = serde_json::to_string(&snapshot).unwrap();
    let read: Snapshot = serde_json::from_str(&text).unwrap();
    assert_eq!(serde_json::to_string(&read).unwrap(), text);
    assert_eq!(read.benches[0].state(), State::Recording);
}

#[test]
fn the_newest_token_grows_old_while_nobody_writes() {
    let status = status();
    let time = |at_us| status.snapshot(at_us).time;
    assert_eq!((time(100 * S).newest_token, time(100 * S).newest_token_age_seconds), (None, None));
    status.authorities(2);
    status.token(Time(7), 100 * S);
    let read = time(145 * S);
    assert_eq!(
        (read.authorities, read.newest_token, read.newest_token_age_seconds),
        (2, Some(Moment(Time(7))), Some(45.0))
    );
    // The clock of a reader that is late.
    assert_eq!(time(99 * S).newest_token_age_seconds, Some(0.0));
}
