//! The README's way from a bare machine to the first sealed parcel, word for word, with the image's own configuration
//! and a USB camera; then what happens to a USB camera.
//!
//! The camera is the tests' own: the kernel's `uvcvideo` drives it over the kernel's virtual USB cable. Its program and
//! pictures are on a second disk.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant},
};

use evidence::{
    finding::Code,
    statement::{EventKind, Reason},
    verdict::Verdict,
};
use serde_json::Value;

use crate::{
    Tally,
    judge::{Found, judge},
    rig::{self, Appliance, DiskKind, LONG, done},
    root,
    station_program::Folder,
    usb_camera::{self, PICTURES, lost, numbers},
};

/// Bytes of the disk: what is recorded must leave as much free as the image's configuration wants.
const DISK: u64 = 10 << 30;
/// All it has: what an emulated machine keeps up with.
const FORMAT: &str = "mjpeg-320x240@5";
/// Longer than what the next clip begins before its scan.
const RING: Duration = Duration::from_secs(5);
/// Parcels that are tried.
const PARCELS: usize = 3;

fn order(number: usize) -> String {
    rig::order(2, number)
}

/// A disk with the camera.
fn camera(folder: &Folder) -> PathBuf {
    let (tree, disk) = (folder.path("camera"), folder.path("camera.img"));
    usb_camera::draw(&tree.join("pictures"), FORMAT, PICTURES);
    done(Command::new("strip").arg("-o").arg(tree.join("usb-camera")).arg(usb_camera::program(root())));
    done(Command::new("mke2fs").args(["-q", "-t", "ext4", "-d"]).arg(&tree).arg(&disk).arg("64M"));
    disk
}

/// Writes the image as the README says, where `sdX` is this disk.
fn as_the_readme_says(disk: &Path) {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let bytes = fs::metadata(disk).unwrap().len();
    let line = readme.lines().find(|line| line.starts_with("dd ")).unwrap();
    assert!(line.contains("of=/dev/sdX"), "{line}");
    let line = line.replace("/dev/sdX", disk.to_str().unwrap());
    done(Command::new("sh").arg("-c").arg(line).current_dir(root()));
    // Writing does not make a disk smaller.
    fs::OpenOptions::new().write(true).open(disk).unwrap().set_len(bytes).unwrap();
}

/// How often each prompt was given.
#[track_caller]
fn prompts(bench: &mut Appliance) -> Value {
    bench.status()["benches"][0]["counters"]["prompts"].take()
}

/// How often something was said of the camera.
#[track_caller]
fn said_of_camera(bench: &mut Appliance) -> u64 {
    let prompts = prompts(bench);
    let of_camera = prompts.as_object().unwrap().iter().filter(|(key, _)| key.starts_with("camera-"));
    of_camera.filter_map(|(_, times)| times.as_u64()).sum()
}

/// Records a whole parcel of a camera that is well, with its pre-roll, and does this meanwhile. A machine in software
/// stands still now and then, and the station rightly says that the camera did, and starts it anew: then another parcel is
/// recorded, three at most. The last one's number, from this one on.
#[track_caller]
fn well(bench: &mut Appliance, first: usize, mut meanwhile: impl FnMut(&mut Appliance)) -> usize {
    for number in first..first + PARCELS {
        let began = Instant::now();
        let (mut said, mut since) = (said_of_camera(bench), Instant::now());
        while since.elapsed() < RING {
            thread::sleep(Duration::from_millis(500));
            let now = said_of_camera(bench);
            if now != std::mem::replace(&mut said, now) {
                since = Instant::now();
            }
            assert!(began.elapsed() < LONG, "the camera does not settle");
        }
        bench.record(&order(number), 0.0);
        meanwhile(bench);
        bench.end();
        if said_of_camera(bench) == said {
            return number;
        }
        println!(
            "the machine stood still: {}",
            bench.machine().sh("journalctl -b --no-pager | grep camera: | tail -n 4")
        );
    }
    first + PARCELS - 1
}

pub fn run(tally: &mut Tally) {
    let folder = Folder::new("camera");
    let mut bench = Appliance::bare(DISK, Some(camera(&folder)));
    as_the_readme_says(&bench.disk);
    bench.own("");
    bench.boot(DiskKind::Honest, true);
    let began = Instant::now();
    bench.machine().sh("mkdir /run/camera && mount -o ro /dev/vdb /run/camera && modprobe vhci-hcd");
    let camera = |bench: &mut Appliance, command: &str| usb_camera::tell(bench.machine(), 0, command);
    let like = "product=0001 serial=ONE";
    usb_camera::plug(bench.machine(), 0, "/run/camera/usb-camera", "/run/camera/pictures", like);
    bench.ready();
    let key = bench.key();
    let shows = |bench: &mut Appliance, text: &str| {
        let began = Instant::now();
        while !bench.screen().contains(text) {
            assert!(began.elapsed() < LONG, "never on the screen: {text}: {}", bench.screen());
            thread::sleep(Duration::from_millis(500));
        }
    };
    shows(&mut bench, &key);
    shows(&mut bench, "bench-1: ready");
    bench.record(&order(1), 0.0);
    shows(&mut bench, "RECORDING");
    bench.recorded(3.0);
    bench.record(&order(2), 0.0);
    bench.until("sealed", |bench| bench["counters"]["parcels"]["next-scan"].as_u64() == Some(1));
    let took = began.elapsed().as_secs_f64();
    tally.row(
        "as the README says",
        &format!("key and state on the screen; first parcel sealed {took:.0} s after the shell"),
    );

    // Pictures that come cut, torn, or not at all.
    let mut told = Vec::new();
    let damaged = well(&mut bench, 3, |bench| {
        usb_camera::said(bench.machine(), 0);
        for damage in ["cut 1", "drop 3", "cut 4", "tear 2"] {
            bench.recorded(1.5);
            camera(bench, damage);
        }
        bench.recorded(3.0);
        told = usb_camera::said(bench.machine(), 0);
    });

    // Pulled out and put back; stalled, and well again.
    let mut number = damaged;
    let faults = [("unplug", "plug", "camera-lost"), ("stall", "resume", "camera-stalled")].map(|fault| {
        let (from, to, prompt) = fault;
        number += 1;
        let faulty = number;
        bench.record(&order(faulty), 3.0);
        let [gone, back] = [prompt, "camera-back"].map(|key| prompts(&mut bench)[key].as_u64().unwrap_or(0));
        camera(&mut bench, from);
        bench.prompted(prompt, gone + 1);
        // What hangs is ended before it is tried again.
        thread::sleep(Duration::from_secs(3));
        camera(&mut bench, to);
        bench.prompted("camera-back", back + 1);
        bench.recorded(2.0);
        bench.end();
        number = well(&mut bench, number + 1, |bench| bench.recorded(6.0));
        (faulty, number)
    });
    bench.off();
    tally.boots += bench.boots;

    let data = bench.data();
    let found = judge(tally, "usb", &data, &key);
    let orders: Vec<&str> = found.iter().map(|clip| clip.order.as_str()).collect();
    let expected: Vec<String> = (1..=number).map(order).collect();
    tally.expect("usb: orders as they were scanned", orders == expected, &orders);
    tally.parcels += expected.len();
    tally.lost += expected.iter().filter(|order| !orders.contains(&order.as_str())).count();
    if found.len() != number {
        return;
    }
    let (first, damaged) = (&found[0], &found[damaged - 1]);

    let verified = |clip: &Found| clip.report.verdict == Verdict::Verified && clip.reason != Reason::Recovered;
    tally.expect("usb: the first parcel", verified(first), &first.report.findings);
    tally.row("MJPEG of a USB camera", &format!("{:?}, live camera", first.report.verdict));

    let missing = lost(&damaged.path, damaged.facts());
    let mut came = Vec::new();
    for word in ["cut ", "torn ", "dropped "] {
        let numbers = numbers(&told, word);
        let signed = !numbers.is_empty() && numbers.iter().all(|number| missing.contains(number));
        tally.expect(&format!("usb: {word}is signed as lost"), signed, &(&numbers, &missing));
        came.push(format!("{word}{}", numbers.len()));
    }
    let links = damaged.facts().losses.len();
    tally.expect("usb: lost where they were", links >= 3, &damaged.facts().losses);
    tally.row(
        "pictures damaged or lost",
        &format!("{}; {} signed as lost, in {links} LINKs", came.join(", "), missing.len()),
    );

    use EventKind::{CameraBack, CameraLost, CameraStalled};
    for ((faulty, after), fault, what) in
        [(faults[0], CameraLost, "unplugged and plugged in"), (faults[1], CameraStalled, "stalled and well again")]
    {
        let (clip, next) = (&found[faulty - 1], &found[after - 1]);
        let signed = clip.events.contains(&fault) && clip.events.contains(&CameraBack);
        // One for each time that it was gone.
        let backs = clip.events.iter().filter(|event| **event == CameraBack).count() as u64;
        let gap = clip.facts().gap_count == backs && clip.report.has(Code::Interrupted);
        tally.expect(&format!("usb: {what}"), signed && gap, &(&clip.events, clip.facts().gap_count));
        tally.expect(&format!("usb: after it was {what}"), verified(next), &(&next.events, &next.report.findings));
        tally.row(
            &format!("USB camera {what}"),
            &format!("{:?}, gap signed; next parcel {:?}", clip.report.verdict, next.report.verdict),
        );
    }
}
