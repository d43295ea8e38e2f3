//! The station in a small machine with USB cameras and a USB keyboard, as a packing bench has them.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    initramfs::Initramfs,
    machine::Machine,
    station_program::{Folder, Station},
    usb_camera::{self, PICTURES},
};

/// How long anything may take that is not measured. The machine is slow.
pub const LONG: Duration = Duration::from_secs(60);
/// Longer than the pre-roll.
pub const RING: Duration = Duration::from_secs(6);
/// What the kernel of Debian has as modules: USB, cameras, the virtual cable, keyboards, and the way in and out.
const MODULES: [&str; 9] =
    ["xhci-pci", "usbhid", "hid-generic", "evdev", "vhci-hcd", "uvcvideo", "virtio_pci", "9pnet_virtio", "9p"];

/// One machine at a time: it takes all processors.
static ONE: Mutex<()> = Mutex::new(());

/// The machine and its station.
pub struct Rig {
    /// Ends before its folder goes.
    pub machine: Machine,
    /// On this side, as it was when the machine's was brought out last.
    pub station: Station,
    folder: Folder,
    _packed: Arc<Folder>,
    _one: MutexGuard<'static, ()>,
}

impl Rig {
    /// Boots the machine, with its keyboard plugged in. Nothing of the station runs yet.
    #[track_caller]
    pub fn boot(name: &str) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let packed = packed(root);
        let one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = Folder::new(name);
        let station = Station::at(&share(&folder).join("data"));
        let initramfs = packed.path("initramfs");
        let mut machine = Machine::boot(&root.join("target/kernel/vmlinuz"), &initramfs, &folder.path(""));
        // The station itself moves, and no copy of it goes on.
        machine.sh("cp -r /share/data/. /data && rm /data/keys/home");
        machine.plug_keyboard("scanner");
        machine.until("test -e /dev/input/event0", LONG);
        Self { machine, station, folder, _packed: packed, _one: one }
    }

    /// Plugs a camera into this port, 0 to 7. `like`: product, serial number, and what it lacks.
    #[track_caller]
    pub fn camera(&mut self, port: u32, like: &str) {
        usb_camera::plug(&mut self.machine, port, "usb-camera", "/pictures", like);
    }

    /// Starts the station with one bench of these settings.
    #[track_caller]
    pub fn start(&mut self, bench: &str) {
        let config = format!(
            "[[bench]]\n{bench}\n[scanner]\nquiet-ms = 2000\n[encoder]\npreset = \"ultrafast\"\n\
             [storage]\nfloor-mib = 8\nwarn-mib = 16\nkeep-free-mib = 0\n"
        );
        fs::write(share(&self.folder).join("station.toml"), config).unwrap();
        self.machine.sh("cp /share/station.toml /data/station.toml");
        self.machine
            .sh("packseal-station run --data /data >>/run/station.log 2>&1 </dev/null & echo $! >/run/station.pid");
        self.machine.until("wget -qO /dev/null http://127.0.0.1:8960/api/v1/status", LONG);
    }

    /// Ends the station, and brings out what it recorded.
    #[track_caller]
    pub fn stop(&mut self) {
        let (_, status) = self.machine.run("kill -TERM $(cat /run/station.pid); wait $(cat /run/station.pid)");
        assert_eq!(status, 0, "{}", self.said());
        self.machine.sh("cp -r /data/. /share/data && rm /share/data/keys/home");
    }

    /// The station's log.
    pub fn said(&mut self) -> String {
        self.machine.run("cat /run/station.log").0
    }

    /// The bench's status.
    #[track_caller]
    pub fn bench(&mut self) -> Value {
        let said = self.machine.sh("wget -qO - http://127.0.0.1:8960/api/v1/status");
        let mut status: Value = serde_json::from_str(&said).unwrap_or_else(|e| panic!("{e}: {said}"));
        status["benches"][0].take()
    }

    /// Waits until the bench's status is so.
    #[track_caller]
    pub fn until(&mut self, what: &str, is: impl Fn(&Value) -> bool) -> Value {
        let began = Instant::now();
        loop {
            let bench = self.bench();
            if is(&bench) {
                return bench;
            }
            assert!(began.elapsed() < LONG, "never {what}: {bench:#}\n{}\n{}", self.said(), self.machine.console());
            thread::sleep(Duration::from_millis(100));
        }
    }

    /// Waits until it can record.
    #[track_caller]
    pub fn ready(&mut self) {
        self.until("ready", |bench| bench["state"] == "ready" && bench["camera"]["state"] == "live");
    }

    /// Types a code, and waits until this order is recorded for so many seconds.
    #[track_caller]
    pub fn record(&mut self, order: &str, seconds: f64) {
        self.machine.type_line(order);
        self.until(order, |bench| bench["clip"]["order"] == order);
        self.recorded(seconds);
    }

    /// Waits until the open clip is so many seconds long.
    #[track_caller]
    pub fn recorded(&mut self, seconds: f64) -> f64 {
        let bench = self.until("recorded", |bench| {
            bench["state"] == "recording" && bench["clip"]["seconds"].as_f64().is_some_and(|s| s >= seconds)
        });
        bench["clip"]["seconds"].as_f64().unwrap()
    }

    /// Scans END, and waits until so many clips are sealed.
    #[track_caller]
    pub fn end(&mut self, sealed: u64) {
        self.machine.type_line("PACKSEAL-END");
        self.until("sealed", |bench| {
            let parcels = bench["counters"]["parcels"].as_object().unwrap();
            parcels.values().map(|n| n.as_u64().unwrap()).sum::<u64>() >= sealed
        });
    }

    /// Waits for a prompt of this key, counted from the start.
    #[track_caller]
    pub fn prompted(&mut self, key: &str, times: u64) {
        self.until(key, |bench| bench["counters"]["prompts"][key].as_u64().unwrap_or(0) >= times);
    }
}

fn share(folder: &Folder) -> PathBuf {
    folder.path("share")
}

/// The folder with the machine's root, packed once for all tests that run or wait for the machine.
#[track_caller]
fn packed(root: &Path) -> Arc<Folder> {
    static PACKED: Mutex<Weak<Folder>> = Mutex::new(Weak::new());
    let mut packed = PACKED.lock().unwrap_or_else(PoisonError::into_inner);
    packed.upgrade().unwrap_or_else(|| {
        let kernel = Command::new(root.join(".ci/kernel.sh")).status().unwrap();
        assert!(kernel.success(), "no kernel: see above");
        let folder = Arc::new(Folder::new("initramfs"));
        pack(root, &folder.path("initramfs"), &folder);
        *packed = Arc::downgrade(&folder);
        folder
    })
}

/// Packs the machine's root: kernel modules, the station with its libraries, the camera and its pictures.
fn pack(root: &Path, initramfs: &Path, folder: &Folder) {
    let scratch = folder.path("");
    let mut archive = Initramfs::new(initramfs);
    archive.file("/init", &root.join("tests/device/init.sh"));
    for module in MODULES {
        archive.module(&root.join("target/kernel/modules"), module);
    }
    archive.program("/bin/packseal-station", Path::new(env!("CARGO_BIN_EXE_packseal-station")), &scratch);
    archive.program("/bin/usb-camera", &usb_camera::program(root), &scratch);
    // Nobody counts those of the large one.
    for (format, pictures) in
        [("mjpeg-640x360@30,15,10,5", PICTURES), ("mjpeg-1280x720@30,15,10,5", 20), ("yuyv-320x240@10,5", PICTURES)]
    {
        usb_camera::draw(&scratch, format, pictures);
        archive.all_of(&format!("/pictures/{format}"), &folder.path(format));
        fs::remove_dir_all(folder.path(format)).unwrap();
    }
    archive.finish();
}
