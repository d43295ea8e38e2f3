//! A network camera: recorded, cut off in the middle, and with a login that nobody else learns.
//!
//! The camera is GStreamer's RTSP server, which .ci/setup.sh installs.

use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use evidence::{
    finding::Code,
    statement::{ClockKind, Reason, Source},
    verdict::is_live,
};

#[path = "support/pictures.rs"]
mod pictures;
#[path = "support/station.rs"]
mod station_program;

use pictures::decoded;
use station_program::{Said, Station, children, program, run};

/// A network camera. Gone when dropped.
struct Camera {
    server: Child,
    port: u16,
}

impl Camera {
    fn start(login: &[&str]) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/support/rtsp_server.py");
        let mut command = Command::new("/usr/bin/python3");
        let mut server = command.arg(script).args(login).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut port = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut port).unwrap();
        let port = port.trim_end().parse().expect("GStreamer's RTSP server: run .ci/setup.sh");
        Self { server, port }
    }

    fn address(&self) -> String {
        format!("rtsp://127.0.0.1:{}/cam", self.port)
    }
}

impl Drop for Camera {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

#[test]
fn a_network_camera_is_recorded() {
    let (station, camera) = (Station::new("rtsp"), Camera::start(&[]));
    for (overlay, more) in [(true, &["--seconds", "3"][..]), (false, &["--seconds", "3", "--no-overlay"])] {
        let clip = station.record(&camera.address(), more);
        let facts = station.verified(&clip);
        assert_eq!(decoded(&clip), facts.frames);
        let start = &facts.start;
        assert_eq!((start.source, start.clock), (Source::Rtsp, ClockKind::Real));
        assert_eq!(start.camera.to_string(), format!("rtsp:127.0.0.1:{}/cam", camera.port));
        assert!(is_live(start.source) && !station.report(&clip).has(Code::NotLive));
        assert_eq!(start.overlay.is_some(), overlay);
        let seconds = facts.ticks as f64 / 90_000.0;
        assert!((3.0..4.5).contains(&seconds), "{seconds} s");
        // Ten frames a second, none lost.
        assert!((facts.frames as f64 - 10.0 * seconds).abs() < 4.0, "{} frames in {seconds} s", facts.frames);
        assert_eq!(facts.lost, 0);
    }
    station.clean(2, 0, 0);
}

#[test]
fn a_camera_that_goes_away_ends_its_clip_early() {
    let (station, mut camera) = (Station::new("rtsp-lost"), Camera::start(&[]));
    let mut recording = station.start(&camera.address(), &[]);
    recording.wait_begun();
    std::thread::sleep(Duration::from_millis(1500));
    let gone = jiff::Timestamp::now().as_microsecond();
    camera.server.kill().unwrap();
    let said = recording.end(Duration::from_secs(15));
    assert_eq!(said.status, 4, "{said:?}");
    assert!(said.err.contains("camera-lost"), "{said:?}");
    let clip = PathBuf::from(said.out.trim_end());
    let facts = station.partial(&clip);
    assert_eq!(facts.end.as_ref().map(|end| end.reason), Some(Reason::CameraLost));
    assert_eq!(decoded(&clip), facts.frames);
    // What had come is sealed: the last frame is not two seconds older than the loss.
    let last = facts.last_time.0.min(gone);
    assert!(gone - last < 2_000_000 && facts.gap_count <= 1, "{} us lost", gone - last);
    station.clean(1, 0, 0);
}

/// Writes the logins of cameras.
fn logins(station: &Station, lines: &str) {
    let path = station.data.join("keys/cameras");
    fs::write(&path, lines).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
}

/// The password does not stand there, neither as it is nor as addresses have it.
#[track_caller]
fn secret(bytes: &[u8], what: &str) {
    for word in ["geheim", "Z2VoZWlt"] {
        assert!(!bytes.windows(word.len()).any(|w| w == word.as_bytes()), "the password stands in {what}");
    }
}

#[track_caller]
fn all_secret(said: &Said) {
    secret(said.out.as_bytes(), "standard output");
    secret(said.err.as_bytes(), "standard error");
}

#[test]
fn a_login_is_used_and_not_shown() {
    let (station, camera) = (Station::new("rtsp-login"), Camera::start(&["admin", "geheim/p@ss:1"]));
    let host = format!("127.0.0.1:{}", camera.port);
    for wrong in ["".to_owned(), format!("{host} admin geheim-wrong\n"), "127.0.0.2 admin geheim/p@ss:1\n".into()] {
        logins(&station, &wrong);
        let said = run(&station.record_args(&camera.address(), &[]));
        assert_eq!((said.status, said.out.as_str()), (2, ""), "{said:?}");
        assert!(said.err.contains("keys/cameras") && said.err.lines().count() == 1, "{said:?}");
        all_secret(&said);
        station.clean(0, 0, 0);
    }
    logins(&station, &format!("# the camera above the bench\n127.0.0.2 other word\n{host} admin geheim/p@ss:1\n"));
    let mut recording = station.start(&camera.address(), &["--seconds", "3"]);
    recording.wait_begun();
    let processes = children(recording.child.id());
    assert_eq!(processes.len(), 1);
    for process in [recording.child.id(), processes[0].as_raw_nonzero().get().unsigned_abs()] {
        secret(&fs::read(format!("/proc/{process}/cmdline")).unwrap(), "the command line");
        secret(&fs::read(format!("/proc/{process}/environ")).unwrap(), "the environment");
    }
    let said = recording.end(Duration::from_secs(20));
    assert_eq!(said.status, 0, "{said:?}");
    all_secret(&said);
    let clip = PathBuf::from(said.out.trim_end());
    station.verified(&clip);
    for (path, content) in station.files() {
        if path != Path::new("keys/cameras") {
            secret(&content, &path.display().to_string());
        }
    }
    for args in [vec!["list", "--json", "--data", station.path()], vec!["check", "--data", station.path()]] {
        let output = program(&args).output().unwrap();
        secret(&output.stdout, "standard output");
    }
    secret(&fs::read(station.data.join("catalogue.sqlite")).unwrap(), "the catalogue");
    station.clean(1, 0, 0);
}
