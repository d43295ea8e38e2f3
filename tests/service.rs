//! The station as a service: what it tells the service manager, and what the files say that make it one.

use std::{
    fs,
    os::unix::{
        fs::{MetadataExt, PermissionsExt},
        net::UnixDatagram,
    },
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

#[path = "support/daemon.rs"]
mod daemon;
#[path = "support/parts.rs"]
mod parts;
#[path = "support/pictures.rs"]
mod pictures;
#[path = "support/station.rs"]
mod station_program;

use rustix::process::{Signal, kill_process};

use daemon::{Daemon, LONG, configure};
use pictures::ffmpeg;
use station_program::{Folder, ORDER, Station};

/// What the unit allows is 30 s; the tests have less patience.
const PATIENCE: Duration = Duration::from_secs(4);

/// A service manager: hears what the daemon tells.
struct Manager {
    socket: UnixDatagram,
    path: PathBuf,
    _folder: Folder,
}

impl Manager {
    fn new() -> Self {
        let folder = Folder::new("manager");
        // A socket's path is short.
        let path =
            std::env::temp_dir().join(format!("packseal-{}-{:?}", std::process::id(), std::thread::current().id()));
        let _ = fs::remove_file(&path);
        let socket = UnixDatagram::bind(&path).unwrap();
        Self { socket, path, _folder: folder }
    }

    fn start(&self, station: &Station, patience: Duration) -> Daemon {
        let patience = patience.as_micros().to_string();
        let path = self.path.to_str().unwrap();
        Daemon::start_in(station, &[], &[("NOTIFY_SOCKET", path), ("WATCHDOG_USEC", &patience)])
    }

    /// All that is told within this time.
    fn hear(&self, within: Duration) -> Vec<String> {
        let until = Instant::now() + within;
        let mut heard = Vec::new();
        while let Some(left) = until.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
            self.socket.set_read_timeout(Some(left)).unwrap();
            let mut text = [0; 1000];
            let Ok(length) = self.socket.recv(&mut text) else { break };
            heard.extend(String::from_utf8_lossy(&text[..length]).lines().map(str::to_owned));
        }
        heard
    }

    /// Waits until this is told; what was told until then.
    #[track_caller]
    fn until(&self, what: &str) -> Vec<String> {
        let began = Instant::now();
        let mut heard = Vec::new();
        while !heard.iter().any(|line: &String| line.contains(what)) {
            assert!(began.elapsed() < LONG, "never {what}: {heard:?}");
            heard.extend(self.hear(Duration::from_millis(100)));
        }
        heard
    }

    /// How often it is told within this time that the station is alive.
    fn fed(&self, within: Duration) -> usize {
        self.hear(within).iter().filter(|line| *line == "WATCHDOG=1").count()
    }
}

impl Drop for Manager {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

fn pattern(station: &Station) {
    configure(station, "[[bench]]\nname = \"bench-1\"\ncamera = \"pattern:320x240@10\"\nscanners = []\n");
}

#[test]
fn it_says_when_it_is_ready_that_it_is_alive_and_that_it_ends() {
    let (manager, station) = (Manager::new(), Station::new("service"));
    pattern(&station);
    let daemon = manager.start(&station, PATIENCE);
    let heard = manager.until("READY=1");
    let first = heard.iter().find(|line| !line.starts_with("STATUS="));
    assert_eq!(first.map(String::as_str), Some("READY=1"), "alive before it was ready: {heard:?}");
    manager.until("STATUS=bench-1: ready");
    // Every second here: a quarter of the patience.
    let fed = manager.fed(Duration::from_secs(6));
    assert!((4..=7).contains(&fed), "{fed} times in 6 s");
    daemon.scan(ORDER);
    let heard = manager.until("STATUS=bench-1: recording");
    assert!(!heard.iter().any(|line| line.contains(ORDER)), "an order is told: {heard:?}");

    // Stopped as a whole it says nothing, as it must.
    daemon.signal(Signal::STOP);
    manager.hear(Duration::from_millis(500));
    assert_eq!(manager.fed(Duration::from_secs(3)), 0);
    daemon.signal(Signal::CONT);
    manager.until("WATCHDOG=1");

    manager.hear(Duration::from_millis(100));
    let (status, _) = daemon.stop();
    let heard = manager.hear(Duration::from_millis(100));
    assert_eq!((status, heard.last().map(String::as_str)), (0, Some("STOPPING=1")), "{heard:?}");
}

#[test]
fn a_lost_camera_is_no_reason_to_start_anew() {
    let (manager, station, folder) = (Manager::new(), Station::new("service-lost"), Folder::new("film"));
    let (here, away) = (folder.path("camera.avi"), folder.path("away.avi"));
    let source = "testsrc2=size=320x240:rate=10:duration=4";
    ffmpeg(&["-f", "lavfi", "-i", source, "-c:v", "mjpeg", here.to_str().unwrap()]);
    configure(
        &station,
        &format!("[[bench]]\nname = \"bench-1\"\ncamera = \"file:{}\"\nscanners = []\n", here.display()),
    );
    let daemon = manager.start(&station, PATIENCE);
    manager.until("STATUS=bench-1: ready");
    fs::rename(&here, &away).unwrap();
    // What is open plays on: unplugged is a camera whose process ends.
    daemon.captures().into_iter().for_each(|process| kill_process(process, Signal::KILL).unwrap());
    daemon.until("lost", |bench| bench["camera"]["state"] == "lost");
    // Longer than the longest wait between two tries.
    let fed = manager.fed(Duration::from_secs(12));
    assert!(fed >= 9, "{fed} times in 12 s: {}", daemon.said());
    assert_eq!(daemon.bench()["camera"]["state"], "lost");
    fs::rename(&away, &here).unwrap();
    daemon.until("live", |bench| bench["camera"]["state"] == "live");
}

/// A disk that can be made to stand still: whoever writes to it hangs in the kernel. Needs to be root, for `mount`.
struct Disk {
    at: PathBuf,
    _folder: Folder,
}

impl Disk {
    fn new() -> Self {
        let folder = Folder::new("standing");
        let (image, at) = (folder.path("image"), folder.path("disk"));
        fs::create_dir(&at).unwrap();
        fs::File::create(&image).unwrap().set_len(64 << 20).unwrap();
        does("mkfs.ext4", &["-q".as_ref(), &image]);
        does("mount", &["-o".as_ref(), "loop".as_ref(), &image, &at]);
        Self { at, _folder: folder }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.at).status();
    }
}

/// It stands still until this is dropped.
struct Frozen<'a>(&'a Disk);

impl<'a> Frozen<'a> {
    fn new(disk: &'a Disk) -> Self {
        does("fsfreeze", &["--freeze".as_ref(), &disk.at]);
        Self(disk)
    }
}

impl Drop for Frozen<'_> {
    fn drop(&mut self) {
        let _ = Command::new("fsfreeze").arg("--unfreeze").arg(&self.0.at).status();
    }
}

#[track_caller]
fn does(program: &str, args: &[&Path]) -> Output {
    let output = Command::new(program).args(args).stdin(Stdio::null()).output();
    let output = output.unwrap_or_else(|e| panic!("{program}: {e}"));
    assert!(output.status.success(), "{program} {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

#[test]
fn a_bench_that_hangs_is_not_called_alive() {
    let manager = Manager::new();
    let disk = Disk::new();
    let station = Station::at(&disk.at.join("data"));
    configure(
        &station,
        "[storage]\nfloor-mib = 1\nwarn-mib = 2\nkeep-free-mib = 1\n\
         [[bench]]\nname = \"bench-1\"\ncamera = \"pattern:320x240@10\"\nscanners = []\n",
    );
    let daemon = manager.start(&station, PATIENCE);
    manager.until("STATUS=bench-1: ready");
    daemon.scan(ORDER);
    daemon.recorded(2.0);
    let frozen = Frozen::new(&disk);
    // The bench's thread hangs with its next GOP; for the time it would have frames after that, it counts as alive.
    let mut heard = manager.hear(Duration::from_secs(5));
    let later = manager.hear(Duration::from_secs(4));
    assert!(!later.iter().any(|line| line == "WATCHDOG=1"), "{}", daemon.said());
    // The rest of the daemon goes on, and says what is wrong.
    heard.extend(later);
    assert!(heard.iter().any(|line| line.contains("nothing is being sealed")), "{heard:?}");
    daemon.says("this bench hangs");
    drop(frozen);
    manager.until("WATCHDOG=1");
}

/// What an operator installs.
fn config(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../config").join(name)
}

#[test]
fn the_unit_is_confined() {
    let unit = config("packseal-station.service");
    let security =
        does("systemd-analyze", &["security".as_ref(), "--offline=true".as_ref(), "--threshold=25".as_ref(), &unit]);
    let said = String::from_utf8(security.stdout).unwrap();
    let exposure = said.lines().find(|line| line.contains("Overall exposure level")).expect("an exposure");
    eprintln!("{exposure}");
    // What it must keep in spite of that.
    let text = fs::read_to_string(unit).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    for line in [
        "Type=notify",
        "WatchdogSec=30",
        "DevicePolicy=closed",
        "DeviceAllow=char-81 rw",
        "DeviceAllow=char-13 r",
        "SupplementaryGroups=video input dialout audio",
        "LimitCORE=0",
    ] {
        assert!(lines.contains(&line), "{line} is not in the unit");
    }
    assert!(!text.contains("\nProtectClock=") && !text.contains("\nPrivateDevices="));
}

/// Its own words about a copy of the unit and its timer that name a program which is there.
fn verified(unit: &str) -> (bool, String) {
    let folder = Folder::new("unit");
    let here = folder.path("packseal-station.service");
    fs::write(&here, unit.replace("/usr/bin/packseal-station", env!("CARGO_BIN_EXE_packseal-station"))).unwrap();
    fs::copy(config("packseal-station-retry.timer"), folder.path("packseal-station-retry.timer")).unwrap();
    let output = Command::new("systemd-analyze").args(["verify", "--man=no"]).arg(&here).output().unwrap();
    (output.status.success(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn the_unit_holds() {
    let unit = fs::read_to_string(config("packseal-station.service")).unwrap();
    assert_eq!(verified(&unit), (true, String::new()));
    // It would have said.
    let (_, said) = verified(&unit.replace("WatchdogSec=", "WatchdogSeconds="));
    assert!(said.contains("WatchdogSeconds"), "{said}");
}

#[test]
fn users_and_folders_are_made_from_their_files() {
    let folder = Folder::new("root");
    let root = folder.path("");
    let root = format!("--root={}", root.display());
    for (path, text) in [("etc/group", "root:x:0:\n"), ("etc/passwd", "root:x:0:0::/root:/bin/sh\n")] {
        fs::create_dir_all(folder.path("etc")).unwrap();
        fs::write(folder.path(path), text).unwrap();
    }
    does("systemd-sysusers", &[root.as_ref(), &config("packseal.sysusers")]);
    let (users, groups) =
        (fs::read_to_string(folder.path("etc/passwd")).unwrap(), fs::read_to_string(folder.path("etc/group")).unwrap());
    assert!(users.contains("packseal:x:") && users.contains("/nologin"), "{users}");
    for group in ["video", "input", "dialout", "audio"] {
        let line = groups.lines().find(|line| line.starts_with(&format!("{group}:"))).expect(group);
        assert!(line.ends_with(":packseal"), "{line}");
    }
    does("systemd-tmpfiles", &["--create".as_ref(), root.as_ref(), &config("packseal.tmpfiles")]);
    let made = fs::metadata(folder.path("var/lib/packseal")).unwrap();
    assert_eq!(made.permissions().mode() & 0o7777, 0o750);
    assert_ne!(made.uid(), 0);
}

/// What udev says of rules when it reads them; they alone are added to the system's, in a file system of the test's own.
fn rules_said(text: &str) -> String {
    let folder = Folder::new("rules");
    let rules = folder.path("60-packseal.rules");
    fs::write(&rules, text).unwrap();
    let read = "mount -t tmpfs none /run && mkdir -p /run/udev/rules.d && cp \"$0\" /run/udev/rules.d && \
                udevadm test --action=add /sys/devices/virtual/mem/null 2>&1";
    let output = does("unshare", &["--mount", "sh", "-c", read, rules.to_str().unwrap()].map(Path::new));
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("Reading rules file: /run/udev/rules.d/60-packseal.rules"), "{said}");
    said.lines().filter(|line| line.starts_with("/run/udev/rules.d/")).collect()
}

#[test]
fn the_rules_hold() {
    let rules = fs::read_to_string(config("60-packseal.rules")).unwrap();
    assert_eq!(rules_said(&rules), "");
    // It would have said.
    assert!(rules_said(&rules.replace("IMPORT{", "IMPORTT{")).contains("IMPORTT"));
}
