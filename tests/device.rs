//! The station on a real kernel, with a real V4L2 device and a real USB keyboard: Debian's kernel under QEMU, whose
//! `uvcvideo` drives a USB camera of ours, and whose keyboard types what QEMU is told.

#[path = "support/daemon.rs"]
mod daemon;
#[path = "support/initramfs.rs"]
mod initramfs;
#[path = "support/machine.rs"]
mod machine;
#[path = "support/parts.rs"]
mod parts;
#[path = "support/pictures.rs"]
mod pictures;
#[path = "device/rig.rs"]
mod rig;
#[path = "support/station.rs"]
mod station_program;

use rig::{KEYBOARD, Rig};

#[test]
fn smoke() {
    let mut rig = Rig::boot("smoke");
    println!("{}", rig.machine.sh("uname -a"));
    rig.camera(0, "product=0001 serial=ONE");
    println!("{:?}", rig.camera_said(0));
    rig.start(&format!("camera = \"usb\"\nformat = \"640x360@10\"\nexposure = 156\nfocus = 40\nwhite-balance = 5000\nscanners = [\"{KEYBOARD}\"]"));
    let t = std::time::Instant::now();
    rig.ready();
    println!("ready {:?} {:?}", t.elapsed(), rig.camera_said(0));
    rig.record("SF1390000000001", 6.0);
    println!("{}", rig.machine.sh("top -bn1 | head -20"));
    rig.end(1);
    println!("{:#}", rig.bench());
    rig.stop();
    println!("{}", rig.said());
    println!("{:?}", rig.camera_said(0));
    let clip = &daemon::clips_of(&rig.station, "SF1390000000001")[0];
    println!("{:?}", rig.station.report_of(clip, Some("SF1390000000001")));
    println!("{:?}", pictures::counters(clip));
}
