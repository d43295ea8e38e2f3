//! The disk of `make image` at work: packed parcels, power cuts, clocks that step, updates. Run by `make test-appliance`.
//!
//! The camera is the kernel's test camera, the scanner a USB keyboard; what the test tells the machine goes through a
//! root shell on a serial line. Both are asked for by kernel parameters that stand in a file beside the boot loader
//! (`image/README.md`); the image has nothing for the test. Clips are read from the disk when the machine is off.
//!
//! Prints a table; its last line reads `appliance: boots B, parcels P, cuts C, lost L, seconds S`. Moments are random:
//! `PACKSEAL_SEED` repeats them. Arguments choose parts: day, cuts, lying, update.

#[path = "support/machine.rs"]
mod machine;
#[path = "support/parts.rs"]
mod parts;
#[path = "support/random.rs"]
mod random;
#[path = "appliance/rig.rs"]
mod rig;
#[path = "support/station.rs"]
mod station_program;

use std::{
    path::Path,
    time::{Duration, Instant},
};

use rig::{Appliance, DiskKind};

fn main() {
    let began = Instant::now();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut appliance = Appliance::new(&root.join("target/image/packseal.img"));
    appliance.boot(DiskKind::Honest, std::env::var_os("EFI").is_some());
    println!("shell {:?}", began.elapsed());
    appliance.ready();
    println!("ready {:?}", began.elapsed());
    appliance.record("390000000000001", 3.0);
    appliance.record("390000000000002", 3.0);
    appliance.end();
    println!("recorded {:?}", began.elapsed());
    appliance.off();
    println!("off {:?}", began.elapsed());
    let (station, _folder) = appliance.take_out();
    println!("out {:?} {:?}", began.elapsed(), station.check());
    for clip in station.clips() {
        let order = clip.order.as_ref().unwrap().as_str().to_owned();
        let report = station.report_of(&station.data.join(&clip.path), Some(&order));
        println!("{order} {:?} {:?} lost {}", report.verdict, report.findings, report.facts.unwrap().lost);
    }
    std::thread::sleep(Duration::from_millis(1));
}
