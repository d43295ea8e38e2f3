//! A bench's computer: the disk that `make image` made, in QEMU, behind a server whose cache is lost with the power.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant, UNIX_EPOCH},
};

use serde_json::{Value, json};

use crate::{
    machine::Machine,
    random::Random,
    station_program::{Folder, Station},
};

/// How long anything may take that is not measured. The machine is slow, and another one runs beside it.
pub const LONG: Duration = Duration::from_secs(400);
/// Longest time from power on to a shell.
const BOOT: Duration = Duration::from_secs(600);
/// Times from power on at which a start is cut off, ms.
pub const START: (usize, usize) = (2000, 26_000);
/// Bytes of the disk: what the image takes, and a data partition of more than a gigabyte.
const DISK: u64 = 5 << 30;
/// Where the boot loader's partition is.
const ESP: &str = "@@2M";

/// A root shell on the second serial line: asked for on the kernel's command line, where whoever has the disk in their
/// hands can ask for it on any machine. An emulated processor has nothing that needs mitigating, and a fifth of its time
/// goes into it.
const SHELL: &str = "systemd.debug_shell=ttyS1 mitigations=off";
/// A name, and the kernel's test camera.
const CAMERA: &str = "systemd.hostname=shop-7 modules_load=vivid vivid.n_devs=1 vivid.node_types=0x1 vivid.num_inputs=1 vivid.input_types=0x0";

/// A bench that an emulated machine keeps up with.
const CONFIG: &str = r#"
[[bench]]
name = "bench-1"
camera = "usb"
format = "640x360@5"
scanners = ["evdev:/dev/packseal/scanner"]
[clip]
pre-roll-seconds = 1
[scanner]
quiet-ms = 2000
[encoder]
preset = "ultrafast"
[storage]
floor-mib = 64
warn-mib = 100
keep-free-mib = 0
[[code]]
name = "SF Express"
pattern = 'SF[0-9A-Z][0-9]{12}'
action = "order"
"#;

/// An order number of a part of the test. No key is typed twice in a row: that is what the emulated keyboard loses first.
/// One that was misread all the same is no order here, as it is shorter, and is scanned again.
pub fn order(part: usize, number: usize) -> String {
    let digit = |place: u32| {
        let five = (part * 15_625 + number) / 5_usize.pow(place) % 5;
        // Odd and even ones in turn.
        char::from(b'0' + (2 * five) as u8 + u8::from(place % 2 == 1))
    };
    format!("SF139{}", (0..10).rev().map(digit).collect::<String>())
}

/// Asks the daemon without starting a program: that takes an emulated machine half a second.
const STATUS: &str = "(exec 3<>/dev/tcp/127.0.0.1/8960 && printf 'GET /api/v1/status HTTP/1.0\\r\\nHost: \
    127.0.0.1:8960\\r\\n\\r\\n' >&3 && cat <&3) 2>/dev/null";

/// What happens to writes that nobody asked to be safe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiskKind {
    /// They are lost with the power; what was flushed stays.
    Honest,
    /// Also what was flushed is lost.
    Lying,
}

/// The computer, its disk, and what it takes to pull the plug.
pub struct Appliance {
    pub folder: Folder,
    pub disk: PathBuf,
    pub boots: u32,
    running: Option<(Machine, Child)>,
    /// A second disk.
    second: Option<PathBuf>,
    /// The stick that is plugged in, and how many were before it.
    stick: Option<PathBuf>,
    sticks: u32,
    /// µs that its clock is ahead of ours.
    ahead: i64,
}

impl Appliance {
    /// The image as it is, on a larger disk, as after `dd`, with the test's bench and camera.
    pub fn new(image: &Path) -> Self {
        let new = Self::bare(DISK, None);
        // Of a new disk all is zero already.
        new.put(image, "notrunc,sparse");
        new
    }

    /// A new disk of so many bytes, with nothing on it, and a second one.
    pub fn bare(bytes: u64, second: Option<PathBuf>) -> Self {
        let folder = Folder::new("appliance");
        let disk = folder.path("disk.img");
        fs::File::create(&disk).unwrap_or_else(|e| panic!("{}: {e}", disk.display())).set_len(bytes).unwrap();
        Self { folder, disk, boots: 0, running: None, second, stick: None, sticks: 0, ahead: 0 }
    }

    /// Writes the image over the disk, whatever is on it.
    #[track_caller]
    pub fn write(&self, image: &Path) {
        self.put(image, "notrunc");
    }

    #[track_caller]
    fn put(&self, image: &Path, how: &str) {
        assert!(image.exists(), "{}: make image first", image.display());
        let (from, to) = (format!("if={}", image.display()), format!("of={}", self.disk.display()));
        done(Command::new("dd").args([&*from, &to, &format!("conv={how}"), "bs=4M", "status=none"]));
        self.own(CAMERA);
        self.beside("station.toml", CONFIG, "::");
    }

    /// Kernel parameters of this machine alone, and the shell of the test.
    #[track_caller]
    pub fn own(&self, kernel: &str) {
        self.beside("custom.cfg", &format!("set append=\"{SHELL} {kernel}\"\n"), "::grub/");
    }

    /// Puts a file beside the boot loader.
    #[track_caller]
    fn beside(&self, name: &str, text: &str, to: &str) {
        assert!(self.running.is_none(), "it is on");
        let file = self.folder.path(name);
        fs::write(&file, text).unwrap();
        done(Command::new("mcopy").arg("-oi").arg(esp(&self.disk)).arg(&file).arg(to));
    }

    /// Power on.
    pub fn power(&mut self, kind: DiskKind, efi: bool) {
        assert!(self.running.is_none(), "it is on");
        self.boots += 1;
        let path = |name: &str| self.folder.path(name).to_str().unwrap().to_owned();
        for old in ["nbd", "line", "monitor"] {
            let _ = fs::remove_file(path(old));
        }
        let cache = if kind == DiskKind::Honest { "cache=writeback" } else { "cache=unsafe" };
        let mut server = Command::new("setpriv");
        server.args(["--pdeathsig", "KILL", "nbdkit", "-f", "-U", &path("nbd"), "--filter=cache", "file"]);
        server.arg(&self.disk).arg(cache).env("TMPDIR", self.folder.path("")).stdin(Stdio::null());
        let server = server.spawn().unwrap();
        let began = Instant::now();
        while !self.folder.path("nbd").exists() {
            assert!(began.elapsed() < LONG, "nbdkit does not start");
            thread::sleep(Duration::from_millis(20));
        }

        let socket = |id: &str| format!("socket,id={id},path={},server=on,wait=off", path(id));
        let mut qemu = Command::new("setpriv");
        qemu.args(["--pdeathsig", "KILL", "qemu-system-x86_64", "-nodefaults", "-machine", "q35,i8042=off"]);
        // One processor: two machines run side by side on two. Emulated processors that wait for each other have stood
        // still for minutes.
        qemu.args(["-accel", "tcg", "-cpu", "Nehalem", "-smp", "1", "-m", "1536"]);
        qemu.args(["-display", "none", "-vga", "std"]);
        qemu.args(["-drive", &format!("file=nbd+unix:///?socket={},format=raw,if=none,id=disk", path("nbd"))]);
        qemu.args(["-device", "virtio-blk-pci,drive=disk,bootindex=0"]);
        qemu.args(["-netdev", "user,id=cable,restrict=on", "-device", "virtio-net-pci,netdev=cable,romfile="]);
        if efi {
            qemu.args(["-drive", "if=pflash,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE.fd"]);
        }
        qemu.args(["-serial", &format!("file:{}", path("console"))]);
        qemu.args(["-chardev", &socket("line"), "-serial", "chardev:line"]);
        qemu.args(["-chardev", &socket("monitor"), "-mon", "chardev=monitor,mode=control"]);
        qemu.args(["-device", "qemu-xhci,id=usb", "-device", "usb-kbd,id=scanner,bus=usb.0"]);
        if let Some(second) = &self.second {
            qemu.args(["-drive", &format!("file={},format=raw,if=virtio,read-only=on", second.display())]);
        }
        if let Some(stick) = &self.stick {
            let id = format!("stick-{}", self.sticks);
            let file = format!("driver=raw,read-only=on,file.driver=file,file.filename={}", stick.display());
            qemu.args(["-blockdev", &format!("node-name={id},{file}")]);
            qemu.args(["-device", &format!("usb-storage,drive={id},id={id},bus=usb.0")]);
        }
        let machine = Machine::start(qemu, &self.folder.path(""));
        self.running = Some((machine, server));
    }

    /// Power on, until somebody listens on the second serial line.
    pub fn boot(&mut self, kind: DiskKind, efi: bool) {
        self.power(kind, efi);
        self.shell();
    }

    pub fn machine(&mut self) -> &mut Machine {
        &mut self.running.as_mut().expect("it is on").0
    }

    /// Waits for a shell, after the start or a restart.
    #[track_caller]
    pub fn shell(&mut self) {
        self.machine().shell(BOOT);
        self.set_our_clock();
    }

    /// Compares its clock with ours.
    pub fn set_our_clock(&mut self) {
        let before = now();
        let its: i64 = self.machine().sh("date +%s%6N").trim().parse().unwrap();
        self.ahead = its - (before + now()) / 2;
    }

    /// Waits until the daemon answers.
    #[track_caller]
    pub fn station(&mut self) {
        let began = Instant::now();
        while self.machine().run(STATUS).1 != 0 {
            assert!(began.elapsed() < LONG, "no station: {}", self.log());
            thread::sleep(Duration::from_millis(300));
        }
    }

    /// What the machine wrote to its log last.
    fn log(&mut self) -> String {
        self.machine().run("systemctl --no-pager --failed; journalctl -b --no-pager -o short-monotonic | tail -n 80").0
    }

    /// What the daemon says.
    #[track_caller]
    pub fn status(&mut self) -> Value {
        let said = self.machine().sh(STATUS);
        let body = said.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        serde_json::from_str(body).unwrap_or_else(|e| panic!("{e}: {said}"))
    }

    /// Waits until the bench's status is so.
    #[track_caller]
    pub fn until(&mut self, what: &str, is: impl Fn(&Value) -> bool) -> Value {
        let began = Instant::now();
        loop {
            let bench = self.status()["benches"][0].take();
            if is(&bench) {
                return bench;
            }
            if began.elapsed() > LONG {
                panic!("never {what}: {bench:#}\n{}", self.log());
            }
            thread::sleep(Duration::from_millis(200));
        }
    }

    /// Waits until it can record.
    #[track_caller]
    pub fn ready(&mut self) {
        self.station();
        self.until("ready", |bench| bench["state"] == "ready" && bench["camera"]["state"] == "live");
    }

    /// Scans a code until the bench's status is so. It is scanned again where it was misread: the emulated keyboard loses
    /// keys when the machine stands still for long.
    #[track_caller]
    pub fn scan(&mut self, code: &str, is: impl Fn(&Value) -> bool) {
        let began = Instant::now();
        let mut before = misread(&self.status()["benches"][0]);
        self.machine().type_line(code);
        loop {
            let bench = self.status()["benches"][0].take();
            if is(&bench) {
                return;
            }
            if misread(&bench) > before {
                before = misread(&bench);
                println!("{code} was misread, and is scanned again");
                self.machine().type_line(code);
            }
            assert!(began.elapsed() < LONG, "never taken: {code}: {bench:#}\n{}", self.log());
            thread::sleep(Duration::from_millis(200));
        }
    }

    /// Scans an order, and waits until it is recorded for so many seconds.
    #[track_caller]
    pub fn record(&mut self, order: &str, seconds: f64) {
        self.scan(order, |bench| bench["clip"]["order"] == order);
        self.until(order, |bench| {
            bench["clip"]["order"] == order
                && bench["state"] == "recording"
                && bench["clip"]["seconds"].as_f64().is_some_and(|s| s >= seconds)
        });
    }

    /// Waits until the open clip is so many seconds longer than now.
    #[track_caller]
    pub fn recorded(&mut self, seconds: f64) {
        let long = self.until("recorded", |bench| bench["state"] == "recording")["clip"]["seconds"].as_f64().unwrap();
        self.until("recorded", |bench| bench["clip"]["seconds"].as_f64().is_some_and(|s| s >= long + seconds));
    }

    /// Scans END, and waits until its clip is sealed.
    #[track_caller]
    pub fn end(&mut self) {
        let sealed = |bench: &Value| {
            bench["counters"]["parcels"].as_object().unwrap().values().filter_map(Value::as_u64).sum::<u64>()
        };
        let before = sealed(&self.status()["benches"][0]);
        self.scan("PACKSEAL-END", |bench| bench["clip"].is_null() && sealed(bench) > before);
    }

    /// Waits for a prompt of this key, counted from the daemon's start.
    #[track_caller]
    pub fn prompted(&mut self, key: &str, times: u64) {
        self.until(key, |bench| bench["counters"]["prompts"][key].as_u64().unwrap_or(0) >= times);
    }

    /// Power on, and off again after so long.
    pub fn power_for(&mut self, moment: Duration) {
        self.power(DiskKind::Honest, false);
        thread::sleep(moment);
        self.cut();
    }

    /// The key that proves this station's clips, as the machine itself says.
    #[track_caller]
    pub fn key(&mut self) -> String {
        self.machine().sh("packseal-station key --config /etc/packseal/station.toml").trim().to_owned()
    }

    /// µs of its clock.
    pub fn its_now(&self) -> i64 {
        now() + self.ahead
    }

    /// What is on the screen.
    #[track_caller]
    pub fn screen(&mut self) -> String {
        self.machine().sh("cat /dev/vcs1")
    }

    /// Waits until this is written on the serial line, as on the screen, behind a mark: where it ends.
    #[track_caller]
    pub fn shows(&mut self, text: &str, mark: usize, within: Duration) -> usize {
        let began = Instant::now();
        loop {
            let said = self.machine().console();
            if let Some(at) = said.get(mark..).and_then(|new| new.find(text)) {
                return mark + at + text.len();
            }
            assert!(began.elapsed() < within, "never on the serial line: {text}: {said}");
            thread::sleep(Duration::from_millis(200));
        }
    }

    /// Pulls the plug: first nothing reaches the disk any more, then the machine is gone. The moment, on its clock.
    pub fn cut(&mut self) -> i64 {
        let (machine, mut server) = self.running.take().expect("it is on");
        server.kill().unwrap();
        let at = self.its_now();
        server.wait().unwrap();
        drop(machine);
        at
    }

    /// Switches it off as an operator does.
    #[track_caller]
    pub fn off(&mut self) {
        self.machine().ask("system_powerdown", Value::Object(Default::default()));
        let (mut machine, mut server) = self.running.take().unwrap();
        let began = Instant::now();
        while !machine.ended() {
            assert!(began.elapsed() < LONG, "it does not go off: {}", machine.console());
            thread::sleep(Duration::from_millis(50));
        }
        // It ends with its last client's flush done.
        server.kill().unwrap();
        server.wait().unwrap();
    }

    /// Plugs a stick with this update in; one that was there is pulled out. It stays in when the power goes.
    #[track_caller]
    pub fn plug_stick(&mut self, bundle: &Path) {
        self.sticks += 1;
        let (before, id) = (self.sticks - 1, format!("stick-{}", self.sticks));
        let stick = self.folder.path(&format!("{id}.img"));
        let size = fs::metadata(bundle).unwrap().len() + (16 << 20);
        fs::File::create(&stick).unwrap().set_len(size).unwrap();
        done(Command::new("mkfs.vfat").args(["-n", "PACKSEAL-UP"]).arg(&stick));
        done(Command::new("mcopy").arg("-i").arg(&stick).arg(bundle).arg("::"));
        if self.stick.replace(stick.clone()).is_some() {
            self.machine().ask("device_del", json!({ "id": format!("stick-{before}") }));
        }
        let file = json!({ "driver": "file", "filename": stick });
        let node = json!({ "driver": "raw", "node-name": id, "read-only": true, "file": file });
        self.machine().ask("blockdev-add", node);
        self.machine().ask("device_add", json!({ "driver": "usb-storage", "id": id, "drive": id, "bus": "usb.0" }));
    }

    /// The version that runs, and its slot.
    #[track_caller]
    pub fn version(&mut self) -> (String, String) {
        let version = self.machine().sh("sed -n 's/^IMAGE_VERSION=//p' /etc/os-release");
        let slot = self.machine().sh("sed 's/.*rauc.slot=\\([AB]\\).*/\\1/' /proc/cmdline");
        (version.trim().to_owned(), slot.trim().to_owned())
    }

    /// Waits until this version, in this slot, has been confirmed.
    #[track_caller]
    pub fn confirmed(&mut self, version: &str) {
        self.machine().until(&format!("grep -qx '{version}' /data/rauc/confirmed"), LONG);
    }

    /// A copy of the data partition of the disk, which is off.
    #[track_caller]
    pub fn data(&self) -> Folder {
        assert!(self.running.is_none(), "it is on");
        let folder = Folder::new("data");
        let said = output(Command::new("sgdisk").arg("-i").arg("5").arg(&self.disk));
        let first = said.lines().find_map(|line| line.strip_prefix("First sector: ")?.split(' ').next()?.parse().ok());
        let first: u64 = first.unwrap_or_else(|| panic!("no data partition: {said}"));
        let (from, skip) = (format!("if={}", self.disk.display()), format!("skip={}", first * 512));
        let to = format!("of={}", folder.path("data.img").display());
        done(Command::new("dd").args([&*from, &to, &skip, "bs=1M", "iflag=skip_bytes", "conv=sparse", "status=none"]));
        folder
    }
}

/// Codes that were read and are none of an order or of control.
pub fn misread(bench: &Value) -> u64 {
    let scans = &bench["counters"]["scans"];
    ["unknown", "item"].iter().filter_map(|class| scans[class].as_u64()).sum()
}

/// What is in the copy of a data partition: its file system must be whole once the journal is played back.
#[track_caller]
pub fn take_out(folder: &Folder) -> Station {
    let (image, out) = (folder.path("data.img"), folder.path("out"));
    let check = Command::new("e2fsck").arg("-p").arg(&image).output().unwrap();
    assert!(matches!(check.status.code(), Some(0 | 1)), "{}", String::from_utf8_lossy(&check.stdout));
    done(Command::new("e2fsck").arg("-fn").arg(&image));
    fs::create_dir(&out).unwrap();
    let dump = format!("rdump /packseal /config {}", out.display());
    done(Command::new("debugfs").arg("-R").arg(dump).arg(&image));
    fs::remove_file(&image).unwrap();
    let data = out.join("packseal");
    fs::copy(out.join("config/station.toml"), data.join("station.toml")).unwrap();
    // To recover what is open here is not to copy the station: what tells it from a copy stays behind.
    let _ = fs::remove_file(data.join("keys/home"));
    Station::found(&data)
}

fn esp(disk: &Path) -> String {
    format!("{}{ESP}", disk.display())
}

/// µs of our clock.
fn now() -> i64 {
    UNIX_EPOCH.elapsed().unwrap().as_micros() as i64
}

#[track_caller]
pub fn output(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
    said
}

#[track_caller]
pub fn done(command: &mut Command) {
    output(command);
}

/// A random time between two.
pub fn milliseconds(random: &mut Random, (from, to): (usize, usize)) -> Duration {
    Duration::from_millis((from + random.below(to - from)) as u64)
}
