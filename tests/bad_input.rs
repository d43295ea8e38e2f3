//! What cannot be done is refused with one clear line, status 2, and nothing left behind.

use std::{fs, os::unix::fs::PermissionsExt, path::Path, process::Stdio};

#[path = "support/pictures.rs"]
mod pictures;
#[path = "support/station.rs"]
mod station_program;

use pictures::ffmpeg;
use station_program::{Folder, ORDER, Station, program, run};

/// In both languages: one line that says this, status 2, and no secret.
#[track_caller]
fn one_line(args: &[&str], says: &str) {
    for lang in ["en", "zh"] {
        let said = run(&[args, &["--lang", lang]].concat());
        let line = said.err.strip_suffix('\n').unwrap_or_else(|| panic!("{args:?}: no line: {said:?}"));
        assert_eq!((said.status, said.out.as_str()), (2, ""), "{args:?}: {said:?}");
        assert!(line.starts_with("packseal-station: ") && !line.contains('\n'), "{args:?}: {said:?}");
        assert!(!line.contains("geheim"), "{args:?}: {said:?}");
        // Names may be in any language; the colon before the advice is not.
        assert_eq!(line.contains('：'), lang == "zh", "{args:?}: {said:?}");
        if lang == "en" {
            assert!(line.contains(says), "{args:?}: {says} is not in: {line}");
        }
    }
}

/// [`one_line`], and the station is as it was.
#[track_caller]
fn refused(station: &Station, args: &[&str], says: &str) {
    let (files, rows) = (station.files(), station.clips().len());
    one_line(args, says);
    assert!(station.files() == files, "{args:?} left something behind");
    assert_eq!(station.clips().len(), rows);
}

/// A recording from this source is refused.
#[track_caller]
fn bad_source(station: &Station, source: &str, more: &[&str], says: &str) {
    refused(station, &station.record_args(source, more), says);
}

#[test]
fn sources() {
    let (station, folder) = (Station::new("bad-sources"), Folder::new("bad"));
    for unknown in ["", "webcam", "usb:video0", "rtsp:/x", "rtsp://", "http://127.0.0.1/x", "file"] {
        bad_source(&station, unknown, &[], "unknown source");
    }
    for size in [
        "pattern:",
        "pattern:0x0@0",
        "pattern:321x240@10",
        "pattern:640x360@61",
        "pattern:640x360",
        "pattern:9999x9999@9",
    ] {
        bad_source(&station, size, &[], &format!("'{size}'"));
    }
    bad_source(&station, "usb:/dev/video99", &[], "/dev/video99 is not there");
    // The machines that test have no camera; one that has would record from it.
    if !fs::read_dir("/dev").unwrap().flatten().any(|e| e.file_name().to_string_lossy().starts_with("video")) {
        bad_source(&station, "usb", &[], "no camera found");
    }
    bad_source(&station, "usb:/dev/null", &[], "/dev/null");

    let file = |name: &str| format!("file:{}", folder.path(name).display());
    fs::write(folder.path("empty.mp4"), "").unwrap();
    fs::write(folder.path("text.mp4"), "no film at all\n".repeat(100)).unwrap();
    ffmpeg(&["-f", "lavfi", "-i", "sine=duration=1", folder.path("sound.wav").to_str().unwrap()]);
    bad_source(&station, &file("missing.mp4"), &[], "cannot open the source file");
    bad_source(&station, "file:", &[], "cannot open the source file");
    bad_source(&station, &file(""), &[], "is not a file");
    bad_source(&station, &file("empty.mp4"), &[], "cannot be read as video");
    bad_source(&station, &file("text.mp4"), &[], "cannot be read as video");
    bad_source(&station, &file("sound.wav"), &[], "has no picture");

    bad_source(&station, "rtsp://127.0.0.1:1/cam", &[], "rtsp:127.0.0.1:1/cam is not there (Connection refused)");
    for password in ["rtsp://u:geheim@127.0.0.1/cam", "rtsp://u:pa/geheim@127.0.0.1/cam", "rtsp://geheim@127.0.0.1/cam"]
    {
        bad_source(&station, password, &[], "keys/cameras");
    }
    bad_source(&station, "RTSP://u:geheim@127.0.0.1/cam", &[], "unknown source");
    for live in ["usb", "usb:/dev/video99", "rtsp://127.0.0.1:1/cam"] {
        bad_source(&station, live, &["--fast"], "--fast is for files and the pattern");
    }
    station.clean(0, 0, 0);
}

#[test]
fn orders() {
    let station = Station::new("bad-orders");
    let long = "A".repeat(65);
    for order in ["", "-", "A B", "A/B", "../x", "单号", "A\nB", &long] {
        let order = format!("--order={order}");
        refused(&station, &["record", "--data", station.path(), &order, "--source", "pattern"], "not an order number");
        refused(&station, &["list", "--data", station.path(), &order], "not an order number");
    }
    let said = run(&station.record_args("pattern", &["--seconds", "0"]));
    assert!(said.status == 2 && said.err.contains("0.1 to 86400"), "{said:?}");
    station.clean(0, 0, 0);
}

#[test]
fn folders() {
    let folder = Folder::new("bad-folders");
    let (full, new) = (folder.path("full"), folder.path("new"));
    fs::create_dir(&full).unwrap();
    fs::write(full.join("something"), "else").unwrap();
    let full = full.to_str().unwrap();
    let new = new.to_str().unwrap();
    one_line(&["init", "--data", full, "--station", "bench-1"], "is not empty");
    assert_eq!(fs::read_dir(full).unwrap().count(), 1);
    let long = "a".repeat(41);
    for name in ["", "Bench", "a b", "a/b", "a\nb", "工位", &long] {
        let name = format!("--station={name}");
        one_line(&["init", "--data", new, &name], "cannot be a station's name");
        assert!(!Path::new(new).exists());
    }
    // Where no folder can be made, none is left.
    let below = folder.path("full/something/data");
    one_line(&["init", "--data", below.to_str().unwrap(), "--station", "bench-1"], "cannot use");
    for none in [full, new] {
        let commands =
            [vec!["record", "--order", ORDER, "--source", "pattern"], vec!["key"], vec!["list"], vec!["check"]];
        for command in commands {
            one_line(&[&command[..], &["--data", none]].concat(), "is not a station's data folder");
        }
    }
    assert!(!Path::new(new).exists());
    assert_eq!(fs::read_dir(full).unwrap().count(), 1);
}

#[test]
fn configuration() {
    let cases = [
        ("crf = 25.0", "crf = 52.0", "encoder.crf is 0 to 51"),
        ("crf = 25.0", "crf = \"25\"", "expected f32 in `encoder.crf`"),
        ("crf = 25.0", "crf = 25.0\nbitrate = 1", "unknown key encoder.bitrate"),
        ("[storage]", "[store]", "unknown key store; did you mean storage?"),
        ("preset = \"veryfast\"", "preset = \"placebo\"", "encoder.preset is one of"),
        ("pre-roll-seconds = 3.0", "pre-roll-seconds = 30.1", "clip.pre-roll-seconds is 0 to 30"),
        ("pre-roll-seconds = 3.0", "pre-roll-seconds = nan", "clip.pre-roll-seconds is 0 to 30"),
        ("overlap = true", "overlap = maybe", "string values must be quoted"),
        ("floor-mib = 512", "floor-mib = -1", "storage.floor-mib"),
        ("floor-mib = 512", "floor-mib = 99999999999", "no room to start"),
    ];
    let template = Station::new("bad-configuration");
    for (from, to, says) in cases {
        let station = template.copy("bad-configuration");
        station.configure(from, to);
        refused(&station, &station.record_args("pattern", &["--fast", "--seconds", "1"]), says);
    }
}

#[test]
fn keys_and_catalogue() {
    let template = Station::new("bad-keys");
    let record = |station: &Station, says: &str| {
        refused(station, &station.record_args("pattern", &["--fast", "--seconds", "1"]), says);
    };
    let readable = template.copy("bad-keys");
    let key = readable.data.join("keys/station.key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    record(&readable, "can be read by others");
    one_line(&["key", "--data", readable.path()], "can be read by others");

    let secret = fs::read_to_string(template.data.join("keys/station.key")).unwrap();
    for broken in ["", "geheim", &secret[..secret.len() - 6], &secret.replace("bench-1", "bench-2")] {
        let station = template.copy("bad-keys");
        fs::write(station.data.join("keys/station.key"), broken).unwrap();
        record(&station, "is not a station's key");
    }
    let station = template.copy("bad-keys");
    fs::remove_file(station.data.join("keys/station.key")).unwrap();
    record(&station, "keys/station.key");

    let newer = template.copy("bad-keys");
    newer.sql("PRAGMA user_version = 99");
    let files = newer.files();
    one_line(&newer.record_args("pattern", &["--fast"]), "newer version of packseal");
    one_line(&["check", "--data", newer.path()], "newer version of packseal");
    one_line(&["list", "--data", newer.path()], "newer version of packseal");
    assert!(newer.files() == files);

    let broken = template.copy("bad-keys");
    fs::write(broken.data.join("catalogue.sqlite"), "no database, but text of some length".repeat(200)).unwrap();
    one_line(&broken.record_args("pattern", &["--fast"]), "catalogue.sqlite");

    let logins = template.copy("bad-keys");
    let cameras = logins.data.join("keys/cameras");
    fs::write(&cameras, "127.0.0.1 admin geheim\n").unwrap();
    fs::set_permissions(&cameras, fs::Permissions::from_mode(0o640)).unwrap();
    bad_source(&logins, "rtsp://127.0.0.1/cam", &[], "can be read by others");
}

#[test]
fn a_second_process() {
    let station = Station::new("second-process");
    let mut recording = station.start("pattern:320x240@10", &["--seconds", "4"]);
    recording.wait_begun();
    one_line(&station.record_args("pattern", &["--fast", "--seconds", "1"]), "another process records");
    one_line(&["check", "--data", station.path()], "another process records");
    let said = run(&["list", "--data", station.path()]);
    assert!(said.status == 0 && said.out.contains(ORDER) && said.out.contains("open"), "{said:?}");
    let said = recording.end(std::time::Duration::from_secs(15));
    assert_eq!(said.status, 0, "{said:?}");
    station.verified(Path::new(said.out.trim_end()));
    station.clean(1, 0, 0);
}

#[test]
fn benches_that_share_a_camera_or_a_scanner() {
    let station = Station::new("bad-benches");
    let bench = |name: &str, camera: &str, scanner: &str| {
        format!("[[bench]]\nname = \"{name}\"\ncamera = \"{camera}\"\nscanners = [\"{scanner}\"]\n")
    };
    let check = ["config", "check", "--data", station.path()];
    let cases = [
        (
            ["usb:046d:085e", "evdev:05e0:1200"],
            ["usb:/dev/video0", "evdev:05e0:1200"],
            "evdev:05e0:1200 is named twice",
        ),
        (["pattern", "stdin"], ["pattern", "stdin"], "the scanner stdin is named twice"),
        (["usb:046d:085e", "evdev:05e0:1200"], ["usb:046d:085e", "stdin"], "usb:046d:085e is named twice"),
        (["usb:046d:085e", "evdev:05e0:1200"], ["usb", "stdin"], "one names it only \"usb\""),
        (["usb", "evdev:05e0:1200"], ["usb", "stdin"], "one names it only \"usb\""),
    ];
    for ([a, a_scanner], [b, b_scanner], says) in cases {
        fs::write(station.data.join("station.toml"), bench("a", a, a_scanner) + &bench("b", b, b_scanner)).unwrap();
        one_line(&check, says);
    }
    fs::write(
        station.data.join("station.toml"),
        bench("a", "usb", "stdin") + &bench("b", "pattern", "evdev:05e0:1200"),
    )
    .unwrap();
    let said = run(&check);
    assert_eq!((said.status, said.err.as_str()), (0, ""), "{}", said.out);
}

#[test]
fn a_reader_that_stopped_reading_has_what_it_wanted() {
    let station = Station::new("closed-pipe");
    for args in [&["list", "--json"][..], &["check"], &["key"], &["config", "check"]] {
        let mut child = program(&[args, &["--data", station.path()]].concat())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let done = child.wait_with_output().unwrap();
        assert_eq!((done.status.code(), String::from_utf8_lossy(&done.stderr).as_ref()), (Some(0), ""), "{args:?}");
    }
}
