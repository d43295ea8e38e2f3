//! The disk of `make image` at work: packed parcels, power cuts, clocks that step, updates, USB cameras. Run by
//! `make test-appliance`.
//!
//! The scanner is a USB keyboard, the camera the kernel's test camera or a USB one of the tests; what the test tells the
//! machine goes through a root shell on a serial line. Shell and test camera are asked for by kernel parameters that
//! stand in a file beside the boot loader (`image/README.md`); the image has nothing for the test. Clips are read from
//! the disk when the machine is off.
//!
//! Two machines run side by side, as there are two processors. Prints a table; its last line reads
//! `appliance: boots B, parcels P, cuts C, lost L, seconds S`. Moments are random: `PACKSEAL_SEED` repeats them,
//! `PACKSEAL_CUTS` is how many cuts. Arguments choose parts: day, usb, update, cuts.

#[path = "support/machine.rs"]
mod machine;
#[path = "support/parts.rs"]
mod parts;
#[path = "support/pictures.rs"]
mod pictures;
#[path = "support/random.rs"]
mod random;
#[path = "appliance/rig.rs"]
mod rig;
#[path = "support/station.rs"]
mod station_program;
#[path = "support/usb_camera.rs"]
mod usb_camera;

#[path = "appliance/cuts.rs"]
mod cuts;
#[path = "appliance/day.rs"]
mod day;
#[path = "appliance/judge.rs"]
mod judge;
#[path = "appliance/update.rs"]
mod update;
#[path = "appliance/usb.rs"]
mod usb;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    process::ExitCode,
    thread,
    time::Instant,
};

/// What was counted, and what is not as it should be.
#[derive(Default)]
pub struct Tally {
    boots: u32,
    parcels: usize,
    cuts: usize,
    /// Parcels of which less was found than the station had said was sealed.
    lost: usize,
    wrong: Vec<String>,
}

impl Tally {
    /// A line of the table.
    fn row(&self, what: &str, came: &str) {
        println!("{what:<34} {came}");
    }

    fn expect(&mut self, what: &str, is: bool, seen: &dyn std::fmt::Debug) {
        if !is {
            println!("not as it should be: {what}: {seen:?}");
            self.wrong.push(format!("{what}: {seen:?}"));
        }
    }

    fn add(&mut self, other: Self) {
        self.boots += other.boots;
        self.parcels += other.parcels;
        self.cuts += other.cuts;
        self.lost += other.lost;
        self.wrong.extend(other.wrong);
    }
}

/// The folder of the project.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// The disk that is tested.
fn image() -> PathBuf {
    root().join("target/image/packseal.img")
}

/// A part of the test and its name.
type Part = (&'static str, fn(&mut Tally));

/// Parts that run one after the other, beside those of the other lane; both take about as long.
const LANES: [&[Part]; 2] = [&[("cuts", cuts::run)], &[("day", day::run), ("usb", usb::run), ("update", update::run)]];

/// What a kernel says on its console whose processor, a program here, stood still.
const HUNG: &str = "BUG: soft lockup";

/// Runs a part; one that panics has gone wrong, and the others go on. One whose machine hung says nothing of the
/// station: it is told, and begins anew, once.
fn run(&(name, part): &Part) -> Tally {
    let began = Instant::now();
    let mut tries = 0;
    let tally = loop {
        tries += 1;
        let mut tally = Tally::default();
        let Err(panic) = catch_unwind(AssertUnwindSafe(|| part(&mut tally))) else { break tally };
        let hung = panic.downcast_ref::<String>().is_some_and(|said| said.contains(HUNG));
        if !hung || tries == 2 {
            tally.wrong.push(format!("{name} did not end: see above"));
            break tally;
        }
        tally.row(name, "the emulated processor stood still; once more");
    };
    tally.row(name, &format!("took {:.0} s", began.elapsed().as_secs_f64()));
    tally
}

fn main() -> ExitCode {
    let began = Instant::now();
    let chosen: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let wanted = |name: &str| chosen.is_empty() || chosen.iter().any(|chosen| chosen == name);
    let mut tally = Tally::default();
    thread::scope(|scope| {
        let lane = |lane: &'static [Part]| {
            scope.spawn(move || lane.iter().filter(|(name, _)| wanted(name)).map(run).collect::<Vec<_>>())
        };
        for lane in LANES.map(lane) {
            lane.join().unwrap().into_iter().for_each(|part| tally.add(part));
        }
    });
    for line in &tally.wrong {
        println!("not as it should be: {line}");
    }
    let Tally { boots, parcels, cuts, lost, wrong } = tally;
    let seconds = began.elapsed().as_secs();
    println!("appliance: boots {boots}, parcels {parcels}, cuts {cuts}, lost {lost}, seconds {seconds}");
    if wrong.is_empty() && lost == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
