//! Every key of `config/station.toml` has an effect that a test sees: [`KEYS`] says which test, and the tests here are
//! those of keys that no other test is about.

use std::{
    collections::BTreeSet,
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use evidence::{
    statement::{Encoding, EventKind, Opened, Reason},
    value::{Order, Value},
    verdict::Facts,
};
use rustix::process::{Signal, kill_process};
use station::config::SAMPLE;
use toml::Table;

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
use pictures::ffmpeg;
use station_program::{Folder, Station, run};

/// Keys, and the test that sees what each does: a file of this folder or of `station/src`, and a function.
const KEYS: &[(&str, &str, &str)] = &[
    ("language", "keys.rs", "prompts_are_in_the_language"),
    ("data", "keys.rs", "the_configuration_names_the_data_folder"),
    ("http.listen", "keys.rs", "the_status_is_served_where_the_configuration_says"),
    ("office.listen", "access.rs", "the_office_is_served_encrypted_once_there_is_an_administrator"),
    ("office.certificate", "access.rs", "a_certificate_of_the_shop_is_shown_and_a_broken_one_stops_no_bench"),
    ("office.key", "access.rs", "a_certificate_of_the_shop_is_shown_and_a_broken_one_stops_no_bench"),
    ("orders.source", "lookup.rs", "a_shop_is_asked_for_each_order_and_what_it_says_is_bounded"),
    ("bench.name", "bench.rs", "benches_of_one_machine_do_not_mind_each_other"),
    ("bench.camera", "bench.rs", "benches_of_one_machine_do_not_mind_each_other"),
    ("bench.format", "device.rs", "every_usb_setting_reaches_the_camera_that_is_meant"),
    ("bench.exposure", "device.rs", "every_usb_setting_reaches_the_camera_that_is_meant"),
    ("bench.focus", "device.rs", "every_usb_setting_reaches_the_camera_that_is_meant"),
    ("bench.white-balance", "device.rs", "every_usb_setting_reaches_the_camera_that_is_meant"),
    ("bench.overlay", "keys.rs", "without_overlay_what_fits_is_sealed_as_it_came"),
    ("bench.scanners", "bench.rs", "benches_of_one_machine_do_not_mind_each_other"),
    ("clip.pre-roll-seconds", "overlap.rs", "the_length_of_the_pre_roll_is_that_of_the_configuration"),
    ("clip.post-roll-seconds", "keys.rs", "a_clip_goes_on_behind_its_end"),
    ("clip.overlap", "overlap.rs", "without_overlap_a_clip_begins_where_the_last_one_ended"),
    ("clip.same-code", "keys.rs", "the_same_code_again"),
    ("clip.duplicate-days", "keys.rs", "an_order_that_was_recorded_before"),
    ("clip.still-seconds", "keys.rs", "a_forgotten_clip_ends_when_nothing_moves"),
    ("clip.longest-seconds", "keys.rs", "a_forgotten_clip_ends_when_it_is_long"),
    ("clip.answer-seconds", "keys.rs", "a_forgotten_clip_ends_when_nothing_moves"),
    ("clip.camera-lost-seconds", "keys.rs", "a_clip_waits_for_its_camera"),
    ("scanner.quiet-ms", "keys.rs", "what_scanners_send"),
    ("scanner.double-read-ms", "keys.rs", "what_scanners_send"),
    ("scanner.one-shot-ms", "keys.rs", "what_scanners_send"),
    ("scanner.strip-prefixes", "keys.rs", "what_scanners_send"),
    ("scanner.strip-suffixes", "keys.rs", "what_scanners_send"),
    ("control.start", "keys.rs", "control_codes_of_ones_own"),
    ("control.end", "keys.rs", "control_codes_of_ones_own"),
    ("control.cancel", "keys.rs", "control_codes_of_ones_own"),
    ("control.return", "keys.rs", "control_codes_of_ones_own"),
    ("control.hold", "keys.rs", "control_codes_of_ones_own"),
    ("control.shift", "keys.rs", "control_codes_of_ones_own"),
    ("encoder.preset", "record.rs", "every_setting_of_the_encoder"),
    ("encoder.crf", "record.rs", "every_setting_of_the_encoder"),
    ("storage.floor-mib", "disk_full.rs", "below_the_floor_the_clip_is_sealed"),
    ("storage.warn-mib", "keys.rs", "room_that_gets_short_is_said"),
    ("storage.keep-days", "storage.rs", "clips_go_by_age"),
    ("storage.keep-free-mib", "storage.rs", "clips_go_by_space"),
    ("time.authorities", "time.rs", "a_clip_is_sealed_between_two_trusted_times"),
    ("time.certificates", "time.rs", "tokens_that_do_not_hold_are_not_kept"),
    ("time.interval-seconds", "time.rs", "a_clip_is_sealed_between_two_trusted_times"),
    ("preset.name", "export.rs", "a_preset_of_ones_own"),
    ("preset.video-seconds", "export.rs", "a_preset_of_ones_own"),
    ("preset.video-mb", "export.rs", "a_preset_of_ones_own"),
    ("preset.video-height", "export.rs", "a_preset_of_ones_own"),
    ("preset.pictures", "export.rs", "a_preset_of_ones_own"),
    ("preset.picture-height", "export.rs", "a_preset_of_ones_own"),
    ("preset.file-mb", "export.rs", "a_preset_of_ones_own"),
    ("preset.total-mb", "export.rs", "a_preset_of_ones_own"),
    ("preset.pdf", "export.rs", "a_preset_of_ones_own"),
    ("preset.received-mb", "export.rs", "what_the_buyer_sent_goes_beside_the_evidence"),
    ("preset.text-characters", "export.rs", "a_preset_of_ones_own"),
    ("code.name", "keys.rs", "rules_of_ones_own"),
    ("code.pattern", "keys.rs", "rules_of_ones_own"),
    ("code.action", "keys.rs", "rules_of_ones_own"),
];

const A: &str = "SF1390000000001";
const B: &str = "SF1390000000002";
/// A drawn bench; something always moves.
const PATTERN: &str = "[[bench]]\ncamera = \"pattern:320x240@10\"\n";

fn station(name: &str, config: &str) -> Station {
    let station = Station::new(name);
    configure(&station, config);
    station
}

/// A daemon at work on this configuration, as fast as it can be.
fn fast(name: &str, config: &str) -> (Station, Daemon) {
    let station = station(name, config);
    let daemon = Daemon::start(&station, &["--fast"]);
    daemon.ready(Duration::ZERO);
    (station, daemon)
}

/// What the clips of this order say, oldest first; each is intact.
#[track_caller]
fn facts(station: &Station, order: &str) -> Vec<(Facts, PathBuf)> {
    let read = |clip: PathBuf| {
        let report = station.report_of(&clip, Some(order));
        (report.facts.unwrap_or_else(|| panic!("{order}: {:?}", report.findings)), clip)
    };
    clips_of(station, order).into_iter().map(read).collect()
}

#[track_caller]
fn only(station: &Station, order: &str) -> (Facts, PathBuf) {
    let mut all = facts(station, order);
    assert_eq!(all.len(), 1, "clips of {order}");
    all.remove(0)
}

fn reason(facts: &Facts) -> Reason {
    facts.end.as_ref().unwrap().reason
}

fn seconds(facts: &Facts) -> f64 {
    facts.ticks as f64 / 90_000.0
}

fn prompts(daemon: &Daemon, key: &str) -> u64 {
    daemon.bench()["counters"]["prompts"][key].as_u64().unwrap_or(0)
}

#[test]
fn every_key_has_a_test() {
    let sample: Table = toml::from_str(SAMPLE).unwrap();
    let mut keys = BTreeSet::new();
    for (section, value) in &sample {
        let table = value.as_table().or_else(|| value.as_array()?.first()?.as_table());
        match table {
            Some(table) => keys.extend(table.keys().map(|key| format!("{section}.{key}"))),
            None => _ = keys.insert(section.clone()),
        }
    }
    let listed: BTreeSet<String> = KEYS.iter().map(|(key, ..)| (*key).to_owned()).collect();
    assert_eq!(keys, listed, "keys of the sample, and keys with a test");
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests");
    for (key, file, test) in KEYS {
        let text = fs::read_to_string(tests.join(file)).unwrap_or_else(|e| panic!("{key}: {file}: {e}"));
        assert!(text.contains(&format!("#[test]\nfn {test}(")), "{key}: {file} has no test {test}");
    }
}

#[test]
fn prompts_are_in_the_language() {
    for (language, text) in [("en", "New order."), ("zh", "新订单。")] {
        let (_station, daemon) = fast("language", &format!("language = \"{language}\"\n{PATTERN}"));
        assert_eq!(daemon.scan(A)["prompts"][0]["text"], text);
    }
}

#[test]
fn the_configuration_names_the_data_folder() {
    let station = Station::new("names");
    let folder = Folder::new("elsewhere");
    let config = folder.path("station.toml");
    fs::write(&config, format!("data = \"{}\"\n", station.path())).unwrap();
    let by_config = run(&["key", "--config", config.to_str().unwrap()]);
    let by_data = run(&["key", "--data", station.path()]);
    assert_eq!((by_config.status, by_config.err.as_str()), (0, ""));
    assert!(by_config.out.starts_with("bench-1/") && by_config.out == by_data.out, "{}", by_config.out);
}

#[test]
fn the_status_is_served_where_the_configuration_says() {
    let free = TcpListener::bind("127.0.0.3:0").unwrap().local_addr().unwrap();
    let station = Station::new("listen");
    fs::write(station.data.join("station.toml"), format!("{PATTERN}[http]\nlisten = \"{free}\"\n")).unwrap();
    let daemon = Daemon::start(&station, &["--fast"]);
    daemon.says(&format!("http://{free}"));
    daemon.ready(Duration::ZERO);
    let asked = run(&["status", "--data", station.path()]);
    assert_eq!((asked.status, asked.err.as_str()), (0, ""));
    assert!(asked.out.contains("bench-1: ready"), "{}", asked.out);
}

#[test]
fn without_overlay_what_fits_is_sealed_as_it_came() {
    let folder = Folder::new("fits");
    let film = folder.path("fits.mp4");
    let source = ["-f", "lavfi", "-i", "testsrc2=size=320x240:rate=10:duration=20"];
    let coded = ["-c:v", "libx264", "-g", "10", "-bf", "0", "-pix_fmt", "yuv420p"];
    ffmpeg(&[&source[..], &coded, &[film.to_str().unwrap()]].concat());
    for (overlay, encoding) in [(true, Encoding::ReEncoded), (false, Encoding::PassedThrough)] {
        let config = format!("[[bench]]\ncamera = \"file:{}\"\noverlay = {overlay}\n", film.display());
        let (station, daemon) = fast("overlay", &config);
        daemon.scan(A);
        daemon.recorded(5.0);
        daemon.stop();
        let (facts, _) = only(&station, A);
        assert_eq!(facts.start.encoding, encoding);
        assert_eq!(facts.start.overlay.is_some(), overlay);
    }
}

#[test]
fn a_clip_goes_on_behind_its_end() {
    for (post_roll, least, most) in [(0.0, 0.0, 2.0), (5.0, 4.5, 7.0)] {
        let config = format!("{PATTERN}[clip]\npost-roll-seconds = {post_roll:?}\n");
        let station = station("post-roll", &config);
        let daemon = Daemon::start(&station, &[]);
        daemon.ready(Duration::ZERO);
        daemon.scan(A);
        let so_far = daemon.recorded(2.0)["clip"]["seconds"].as_f64().unwrap();
        daemon.scan("PACKSEAL-END");
        daemon.sealed(1);
        daemon.stop();
        let behind = seconds(&only(&station, A).0) - so_far;
        assert!((least..=most).contains(&behind), "{behind} s behind END, post-roll-seconds {post_roll}");
    }
}

#[test]
fn the_same_code_again() {
    let own = || EventKind::OrderApi(Order::parse(A).unwrap());
    for (policy, scans, open, why, signed) in [
        ("ignore", 3, true, Reason::EndCode, 2),
        ("stop", 2, false, Reason::SameCode, 0),
        ("ask", 2, true, Reason::EndCode, 1),
        ("ask", 3, false, Reason::SameCode, 1),
    ] {
        let config =
            format!("{PATTERN}[clip]\nsame-code = \"{policy}\"\nanswer-seconds = 600\n[scanner]\ndouble-read-ms = 0\n");
        let (station, daemon) = fast("same-code", &config);
        for scan in 0..scans {
            daemon.scan(A);
            if scan + 1 < scans {
                let so_far = daemon.bench()["clip"]["seconds"].as_f64().unwrap();
                daemon.recorded(so_far + 2.0);
            }
        }
        assert_eq!(daemon.bench()["clip"].is_object(), open, "{policy} after {scans} scans");
        assert_eq!(prompts(&daemon, "same-code-ask"), u64::from(policy == "ask"), "{policy}");
        if open {
            daemon.scan("PACKSEAL-END");
        }
        daemon.sealed(1);
        daemon.stop();
        let (facts, clip) = only(&station, A);
        assert_eq!((reason(&facts), facts.start.opened), (why, Opened::Api), "{policy}");
        let again = events(&clip).into_iter().filter(|(_, kind)| *kind == own()).count();
        assert_eq!(again, signed, "{policy}: scans of its own order that are signed");
    }
}

#[test]
fn an_order_that_was_recorded_before() {
    for (days, warned) in [(30, 1), (0, 0)] {
        let (station, daemon) = fast("duplicate", &format!("{PATTERN}[clip]\nduplicate-days = {days}\n"));
        for _ in 0..2 {
            daemon.scan(A);
            daemon.recorded(5.0);
            daemon.scan("PACKSEAL-END");
        }
        daemon.sealed(2);
        assert_eq!(prompts(&daemon, "duplicate-order"), warned, "{days} days");
        daemon.stop();
        // It records all the same.
        assert_eq!(facts(&station, A).len(), 2);
    }
}

/// How long a clip is that nobody ends, with these settings, before it was asked `question`; and what the prompt said.
fn forgotten(camera: &str, settings: &str, question: &str) -> (f64, String) {
    let (station, daemon) = fast("forgotten", &format!("[[bench]]\ncamera = \"{camera}\"\n[clip]\n{settings}"));
    daemon.scan(A);
    daemon.prompted("timed-out", 1);
    daemon.sealed(1);
    let said = daemon.bench()["prompts"].as_array().unwrap().iter().find(|said| said["key"] == question).cloned();
    let said = said.unwrap_or_else(|| panic!("never asked: {question}"));
    daemon.stop();
    let (facts, _) = only(&station, A);
    assert_eq!(reason(&facts), Reason::Timeout);
    let scanned = (facts.start.opened_time.0 - facts.start.first_frame_time.0) as f64 / 1e6;
    (seconds(&facts) - scanned, said["parameters"]["seconds"].as_str().unwrap().to_owned())
}

#[test]
fn a_forgotten_clip_ends_when_nothing_moves() {
    let folder = Folder::new("still");
    let film = folder.path("still.mkv");
    // The noise of a sensor, and nothing else.
    let still = "smptebars=size=320x240:rate=10:duration=60,noise=alls=4:allf=t";
    ffmpeg(&["-f", "lavfi", "-i", still, "-c:v", "mjpeg", "-q:v", "3", film.to_str().unwrap()]);
    let camera = format!("file:{}", film.display());
    let after = |still: u32, answer: u32| {
        let settings = format!("still-seconds = {still}\nanswer-seconds = {answer}\npost-roll-seconds = 0.0\n");
        let (lasted, asked) = forgotten(&camera, &settings, "still-ask");
        assert_eq!(asked, answer.to_string());
        let (least, most) = (f64::from(still + answer) - 1.0, f64::from(still + answer) + 5.0);
        assert!((least..=most).contains(&lasted), "{lasted} s, still-seconds {still}, answer-seconds {answer}");
    };
    after(5, 2);
    after(30, 2);
    after(5, 30);
}

#[test]
fn a_forgotten_clip_ends_when_it_is_long() {
    for longest in [10, 40] {
        let settings = format!("longest-seconds = {longest}\nanswer-seconds = 3\npost-roll-seconds = 0.0\n");
        let (lasted, asked) = forgotten("pattern:320x240@10", &settings, "longest-ask");
        assert_eq!(asked, "3");
        let least = f64::from(longest) + 2.5;
        assert!((least..=least + 4.0).contains(&lasted), "{lasted} s, longest-seconds {longest}");
    }
}

#[test]
fn a_clip_waits_for_its_camera() {
    let folder = Folder::new("waits");
    let film = folder.path("film.mkv");
    let source = "testsrc2=size=320x240:rate=10:duration=30";
    ffmpeg(&["-f", "lavfi", "-i", source, "-c:v", "mjpeg", film.to_str().unwrap()]);
    for patience in [5, 9] {
        let camera = format!("[[bench]]\ncamera = \"file:{}\"\n", film.display());
        let station = station("camera-lost", &format!("{camera}[clip]\ncamera-lost-seconds = {patience}\n"));
        let daemon = Daemon::start(&station, &[]);
        daemon.ready(Duration::ZERO);
        daemon.scan(A);
        daemon.recorded(2.0);
        fs::rename(&film, folder.path("away")).unwrap();
        kill_process(daemon.captures()[0], Signal::KILL).unwrap();
        daemon.prompted("camera-lost", 1);
        let lost = Instant::now();
        daemon.prompted("stopped-camera-lost", 1);
        let waited = lost.elapsed().as_secs_f64();
        daemon.sealed(1);
        fs::rename(folder.path("away"), &film).unwrap();
        daemon.stop();
        let least = f64::from(patience) - 0.5;
        assert!((least..=least + 2.0).contains(&waited), "{waited} s, camera-lost-seconds {patience}");
        assert_eq!(reason(&only(&station, A).0), Reason::CameraLost);
    }
}

/// A daemon on the system's clock, whose scanner is its standard input.
fn typed(name: &str, settings: &str) -> (Station, Daemon) {
    let station = station(name, &format!("{PATTERN}[scanner]\n{settings}"));
    let daemon = Daemon::start(&station, &[]);
    daemon.ready(Duration::ZERO);
    (station, daemon)
}

#[test]
fn what_scanners_send() {
    // Quiet ends a code that has no end of its own.
    for (quiet_ms, least, most) in [(20, 0.0, 1.5), (3000, 2.5, 4.5)] {
        let (_station, mut daemon) = typed("quiet", &format!("quiet-ms = {quiet_ms}\n"));
        daemon.type_in(A);
        let typed = Instant::now();
        daemon.until("scanned", |bench| bench["clip"]["order"] == A);
        let took = typed.elapsed().as_secs_f64();
        assert!((least..=most).contains(&took), "{took} s, quiet-ms {quiet_ms}");
    }
    // The same code again is a double read, or a scan.
    for (double_read_ms, doubles) in [(60_000, 1), (0, 0)] {
        let settings = format!("double-read-ms = {double_read_ms}\none-shot-ms = 0\n");
        let (_station, mut daemon) = typed("double", &settings);
        daemon.type_in(&format!("{A}\r{A}\r"));
        let scans = 2 - doubles;
        let bench = daemon.until("both", |bench| {
            let counters = &bench["counters"];
            (counters["double_reads"].as_u64(), counters["scans"]["order"].as_u64()) == (Some(doubles), Some(scans))
        });
        assert_eq!(bench["clip"]["order"], A);
    }
    // Two orders at once are one shot, of which the first counts, or two scans.
    for (one_shot_ms, stays, told) in [(2000, A, 1), (0, B, 0)] {
        let (station, mut daemon) = typed("shot", &format!("one-shot-ms = {one_shot_ms}\n"));
        daemon.type_in(&format!("{A}\r{B}\r"));
        daemon.until("both", |bench| bench["counters"]["scans"]["order"] == 2);
        daemon.until("the order", |bench| bench["clip"]["order"] == stays && bench["clip"]["sequence"].is_u64());
        assert_eq!(prompts(&daemon, "several-orders"), told, "one-shot-ms {one_shot_ms}");
        daemon.stop();
        assert_eq!(only(&station, stays).0.start.opened, Opened::Scan);
    }
    // What a scanner puts around a code is cut off.
    let (_station, mut daemon) = typed("strip", "strip-prefixes = [\"@@\"]\nstrip-suffixes = [\"##\"]\n");
    daemon.type_in(&format!("@@{A}##\r"));
    daemon.until("scanned", |bench| bench["clip"]["order"] == A);
    // The sample's are not cut off any more.
    daemon.type_in(&format!("]C1{B}\r"));
    daemon.until("unknown", |bench| {
        bench["counters"]["scans"]["unknown"] == 1 || bench["counters"]["scans"]["ignored"] == 1
    });
}

#[test]
fn control_codes_of_ones_own() {
    let config = format!(
        "{PATTERN}[control]\nstart = \"GO\"\nend = \"STOP\"\ncancel = \"NO\"\nreturn = \"BACK\"\nhold = \"KEEP\"\nshift = \"WHO\"\n"
    );
    let (station, daemon) = fast("control", &config);
    assert_eq!(daemon.scan("WHO-ann")["operator"], "ann");
    assert_eq!(daemon.scan("GO")["clip"]["direction"], "outgoing");
    daemon.recorded(1.0);
    daemon.scan(A);
    daemon.scan("KEEP");
    assert_eq!(prompts(&daemon, "hold-set"), 1);
    daemon.scan("NO");
    daemon.sealed(1);
    assert_eq!(daemon.scan("BACK")["clip"]["direction"], "return");
    daemon.recorded(1.0);
    daemon.scan(B);
    // The sample's codes are none any more.
    for (code, unknown) in [("PACKSEAL-END", 1), ("PACKSEAL-CANCEL", 2), ("PACKSEAL-START", 3), ("PACKSEAL-RETURN", 4)]
    {
        let bench = daemon.scan(code);
        assert_eq!(
            (&bench["clip"]["order"], &bench["counters"]["scans"]["unknown"]),
            (&B.into(), &unknown.into()),
            "{code}"
        );
    }
    assert!(daemon.scan("STOP")["clip"].is_null());
    assert!(daemon.scan("WHO")["operator"].is_null());
    daemon.sealed(2);
    daemon.stop();
    assert_eq!(reason(&only(&station, A).0), Reason::Cancelled);
    assert_eq!(reason(&only(&station, B).0), Reason::EndCode);
}

#[test]
fn room_that_gets_short_is_said() {
    for (warn_mib, level, told) in [(900_000_000, "low", 1), (0, "ok", 0)] {
        let config = format!("{PATTERN}[storage]\nfloor-mib = 0\nwarn-mib = {warn_mib}\nkeep-free-mib = 0\n");
        let (_station, daemon) = fast("warn", &config);
        daemon.until("looked at", |_| daemon.status()["storage"]["level"] == level);
        daemon.scan(A);
        daemon.recorded(2.0);
        assert_eq!(prompts(&daemon, "storage-low"), told, "warn-mib {warn_mib}");
    }
}

#[test]
fn rules_of_ones_own() {
    let rule = |name: &str, pattern: &str, action: &str| {
        format!("[[code]]\nname = \"{name}\"\npattern = '{pattern}'\naction = \"{action}\"\n")
    };
    let rules = [
        rule("nothing", "Q0.*", "ignore"),
        rule("ours", "Q(?P<order>[0-9]{5})X", "order"),
        rule("part", "P[0-9]+", "item"),
        rule("theirs", "FINISH", "end"),
    ];
    let station = station("rules", &format!("{PATTERN}{}", rules.concat()));
    let daemon = Daemon::start(&station, &["--fast", "--log", "debug"]);
    daemon.ready(Duration::ZERO);
    assert_eq!(daemon.scan("Q12345X")["clip"]["order"], "12345");
    assert_eq!(daemon.scan("Q02345X")["clip"]["order"], "12345");
    daemon.scan("P1");
    // The sample's rules are not there any more.
    let scans = &daemon.scan(A)["counters"]["scans"];
    assert_eq!([&scans["order"], &scans["ignored"], &scans["item"], &scans["unknown"]], [1, 1, 1, 1]);
    assert!(daemon.scan("FINISH")["clip"].is_null());
    for rule in ["ours", "nothing", "part", "-", "theirs"] {
        daemon.says(&format!(" rule={rule} "));
    }
}
