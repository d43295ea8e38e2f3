use evidence::{
    statement::{CodeClass, Direction, Reason},
    value::{Order, Time, Token, Value},
};
use serde_json::json;

use super::*;

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

#[test]
fn the_last_twenty_prompts_and_all_counts_are_kept() {
    let status = status();
    for number in 0..25 {
        status.update(0, |bench| {
            bench.prompt("unknown-code", vec![("length", number.to_string())], format!("Code {number}."), Time(number));
        });
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
        bench.prompt("operator-on", vec![("operator", "ann".to_owned())], "Signed on: ann.".to_owned(), Time(S));
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
            "clip": {
                "order": "SF1390000000001",
                "direction": "outgoing",
                "since": "1970-01-01T00:00:00.000000Z",
                "sequence": 12,
                "seconds": 4.25,
            },
            "expected": [{ "code": "6901234567892", "name": "Cup", "quantity": 2 }],
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
                "parameters": { "operator": "ann" },
                "text": "Signed on: ann.",
                "time": "1970-01-01T00:00:01.000000Z",
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
