//! The disk of `make image` at work: packed parcels, power cuts, clocks that step, updates. Run by `make test-appliance`.
//!
//! The camera is the kernel's test camera, the scanner a USB keyboard; what the test tells the machine goes through a
//! root shell on a serial line. Both are asked for by kernel parameters that stand in a file beside the boot loader
//! (`image/README.md`); the image has nothing for the test. Clips are read from the disk when the machine is off.
//!
//! Prints a table; its last line reads `appliance: boots B, parcels P, cuts C, lost L, seconds S`. Moments are random:
//! `PACKSEAL_SEED` repeats them, `PACKSEAL_CUTS` is how many cuts. Arguments choose parts: day, cuts, update.

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

#[path = "appliance/cuts.rs"]
mod cuts;
#[path = "appliance/day.rs"]
mod day;
#[path = "appliance/judge.rs"]
mod judge;
#[path = "appliance/update.rs"]
mod update;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
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

fn main() -> ExitCode {
    let began = Instant::now();
    let chosen: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let mut tally = Tally::default();
    let parts: [Part; 3] = [("day", day::run), ("cuts", cuts::run), ("update", update::run)];
    for (name, part) in parts {
        if chosen.is_empty() || chosen.iter().any(|chosen| chosen == name) {
            let began = Instant::now();
            part(&mut tally);
            tally.row(name, &format!("took {:.0} s", began.elapsed().as_secs_f64()));
        }
    }
    for line in &tally.wrong {
        println!("not as it should be: {line}");
    }
    let Tally { boots, parcels, cuts, lost, wrong } = tally;
    let seconds = began.elapsed().as_secs();
    println!("appliance: boots {boots}, parcels {parcels}, cuts {cuts}, lost {lost}, seconds {seconds}");
    if wrong.is_empty() && lost == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
