//! `packseal-station doctor`: what is wrong is found, each thing by its name, with what to do.

use std::{fs, net::TcpListener, os::unix::fs::PermissionsExt};

#[path = "support/daemon.rs"]
mod daemon;
#[path = "support/parts.rs"]
mod parts;
#[path = "support/pictures.rs"]
mod pictures;
#[path = "support/station.rs"]
mod station_program;

use serde_json::Value;

use daemon::Daemon;
use pictures::ffmpeg;
use station_program::{Folder, Station, run};

const PATTERN: &str = "[[bench]]\nname = \"bench-1\"\ncamera = \"pattern:320x240@10\"\nscanners = []\n";

/// A port that nobody uses now.
fn port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn configure(station: &Station, text: &str) {
    let listen = format!("[http]\nlisten = \"127.0.0.1:{}\"\n", port());
    fs::write(station.data.join("station.toml"), format!("{text}\n{listen}")).unwrap();
}

/// Status and findings.
#[track_caller]
fn doctor(station: &Station) -> (i32, Vec<Value>) {
    let said = run(&["doctor", "--json", "--data", station.path()]);
    let findings = serde_json::from_str(&said.out).unwrap_or_else(|e| panic!("{e}: {} {}", said.out, said.err));
    (said.status, findings)
}

/// The grade of this check, and what was found.
#[track_caller]
fn of<'a>(findings: &'a [Value], check: &str) -> (&'a str, &'a str) {
    let finding = findings.iter().find(|f| f["check"] == check).unwrap_or_else(|| panic!("no {check}: {findings:#?}"));
    (finding["grade"].as_str().unwrap(), finding["found"].as_str().unwrap())
}

#[test]
fn a_station_that_is_well_has_no_failure() {
    let station = Station::new("doctor");
    configure(&station, PATTERN);
    let (status, findings) = doctor(&station);
    assert_eq!(status, 0, "{findings:#?}");
    for check in ["config", "key", "permissions", "disk-room", "camera", "camera-rate"] {
        assert_eq!(of(&findings, check).0, "ok", "{findings:#?}");
    }
    // Whatever this machine has, it is said.
    for check in ["disk-speed", "tpm", "clock", "watchdog", "hardware-watchdog", "camera-light", "camera-focus"] {
        of(&findings, check);
    }
    let rate: f64 = of(&findings, "camera-rate").1.split(' ').next().unwrap().parse().unwrap();
    assert!((8.0..=12.0).contains(&rate), "{rate}");
    assert_eq!(of(&findings, "station").0, "warn");
    // Whatever is not right says what to do, in a line of its own or in what was found.
    assert!(findings.iter().all(|f| f["grade"] == "ok" || f["advice"].is_string()), "{findings:#?}");
    assert!(!station.data.join("doctor.tmp").exists());

    let said = run(&["doctor", "--lang", "zh", "--data", station.path()]);
    assert!(said.out.contains("正常  bench-1 camera-rate: 每秒"), "{}", said.out);
}

#[test]
fn a_running_station_is_asked() {
    let station = Station::new("doctor-running");
    configure(&station, &PATTERN.replace("[]", "[\"stdin\", \"evdev:name=no such scanner\"]"));
    let daemon = Daemon::start(&station, &[]);
    daemon.until("live", |bench| bench["camera"]["state"] == "live" && bench["camera"]["sight"].is_object());
    let (status, findings) = doctor(&station);
    assert_eq!((status, of(&findings, "station").0), (1, "ok"), "{findings:#?}");
    assert_eq!(of(&findings, "camera").0, "ok");
    let scanners: Vec<_> = findings.iter().filter(|f| f["check"] == "scanner").map(|f| &f["grade"]).collect();
    assert_eq!(scanners, ["ok", "fail"], "{findings:#?}");
    assert_eq!(daemon.bench()["camera"]["restarts"], 0);

    // It holds the folder and cannot be asked: its devices are left alone.
    configure(&station, PATTERN);
    let (status, findings) = doctor(&station);
    assert_eq!((status, of(&findings, "station").0), (1, "fail"), "{findings:#?}");
    assert!(!findings.iter().any(|f| f["check"] == "camera"), "{findings:#?}");
}

#[test]
fn what_is_wrong_is_found() {
    let station = Station::new("doctor-wrong");
    let key = station.data.join("keys/station.key");
    let mode = |path: &std::path::Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();

    configure(&station, &PATTERN.replace("pattern:320x240@10", "usb:/dev/no-such-camera"));
    let (status, findings) = doctor(&station);
    assert_eq!((status, of(&findings, "camera").0), (1, "fail"));
    assert_eq!(of(&findings, "camera-formats").0, "fail");

    configure(&station, &PATTERN.replace("[]", "[\"serial:/dev/no-such-line\"]"));
    let (status, findings) = doctor(&station);
    let (grade, found) = of(&findings, "scanner");
    assert_eq!((status, grade), (1, "fail"));
    assert!(found.contains("no-such-line") && found.contains("plug it in"), "{found}");

    configure(&station, PATTERN);
    mode(&key, 0o440);
    let (status, findings) = doctor(&station);
    assert_eq!((status, of(&findings, "key").0), (1, "fail"));
    mode(&key, 0o400);

    mode(&station.data.join("clips"), 0o770);
    let (status, findings) = doctor(&station);
    assert_eq!((status, of(&findings, "permissions").0), (1, "fail"));
    mode(&station.data.join("clips"), 0o755);

    configure(&station, &format!("{PATTERN}[storage]\nfloor-mib = 900000000\nwarn-mib = 900000001\n"));
    let (status, findings) = doctor(&station);
    assert_eq!((status, of(&findings, "disk-room").0), (1, "fail"));

    configure(&station, "[[bench]]\nname = \"bench 1\"\n");
    let (status, findings) = doctor(&station);
    assert_eq!((status, findings.len(), of(&findings, "config").0), (1, 1, "fail"));

    fs::remove_file(station.data.join("catalogue.sqlite")).unwrap();
    configure(&station, PATTERN);
    let (status, findings) = doctor(&station);
    assert_eq!((status, of(&findings, "data").0), (1, "fail"));
}

#[test]
fn darkness_and_a_lens_out_of_focus_are_told() {
    let (station, folder) = (Station::new("doctor-sight"), Folder::new("doctor-film"));
    let film = folder.path("film.avi");
    let graded = |filter: &str| {
        let source = format!("testsrc2=size=640x480:rate=10:duration=6,{filter}");
        let path = film.to_str().unwrap();
        ffmpeg(&["-y", "-f", "lavfi", "-i", &source, "-c:v", "mjpeg", "-q:v", "3", path]);
        configure(&station, &PATTERN.replace("pattern:320x240@10", &format!("file:{path}")));
        let (status, findings) = doctor(&station);
        let grade = |check| of(&findings, check).0.to_owned();
        let grades = (status, grade("camera-light"), grade("camera-focus"));
        eprintln!("{filter}: {} {}", of(&findings, "camera-light").1, of(&findings, "camera-focus").1);
        grades
    };
    let expected = |light: &str, focus: &str| (0, light.to_owned(), focus.to_owned());
    assert_eq!(graded("null"), expected("ok", "ok"));
    assert_eq!(graded("gblur=sigma=5"), expected("ok", "warn"));
    // Hardly anything can be seen, so nothing is said of the lens but that.
    assert_eq!(graded("eq=brightness=-0.45:contrast=0.3"), expected("warn", "warn"));
}
