//! The daemon at its bench: how soon a scan is answered, what stands before it, what is lost between two clips, and
//! whether a long day leaves it as small as it was.

use std::{
    fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use evidence::{value::Order, verdict::Verdict};

use crate::{
    Outcome,
    daemon::{Daemon, configure},
    measure::{ms, p99},
    pictures::counters,
    station_program::Station,
    table::Row,
};

/// Daemons that work side by side, each with its own station.
const BENCHES: usize = 4;
/// Parcels of each; every one is a switch from the one before.
const SWITCHES: usize = 126;
/// Seconds of the pre-roll.
const PRE_ROLL: f64 = 3.0;
/// A drawn bench whose frames carry a counter.
const PATTERN: &str = "[[bench]]\ncamera = \"pattern:320x240@10\"\n";
/// Parcels of the long day, and after how many it must not grow any more.
const PARCELS: usize = 2000;
const SETTLED: usize = 200;
/// Seconds of each of them, on the simulated clock.
const PARCEL: f64 = 8.0;

/// Measures.
///
/// # Errors
/// A daemon that does not start; a clip that cannot be read.
pub fn rows() -> Outcome<Vec<Row>> {
    let mut rows = switches()?;
    rows.extend(day()?);
    Ok(rows)
}

/// What one bench's parcels came to.
#[derive(Default)]
struct Switched {
    /// ms from the end of a code to "recording" of it on the status interface.
    answered: Vec<f64>,
    /// s from the first frame to the scan.
    before: Vec<f64>,
    /// Frames missing within a clip, or between one and the next.
    lost: f64,
}

fn switches() -> Outcome<Vec<Row>> {
    println!("{BENCHES} daemons (pattern, 320x240 at 10/s), {SWITCHES} parcels each, a scan every 1.0 to 1.4 s");
    let workers: Vec<_> = (0..BENCHES).map(|number| thread::spawn(move || bench(number))).collect();
    let mut all = Switched::default();
    for worker in workers {
        let one = worker.join().map_err(|_| "a bench failed")?.map_err(|e| e.to_string())?;
        all.answered.extend(one.answered);
        all.before.extend(one.before);
        all.lost += one.lost;
    }
    let most = all.before.iter().copied().fold(f64::MIN, f64::max);
    let least = all.before.iter().copied().fold(f64::MAX, f64::min);
    let short: Vec<f64> = all.before.iter().map(|s| PRE_ROLL - s).collect();
    Ok(vec![
        Row {
            what: "bench: scan to recording, p99".into(),
            value: p99(&all.answered),
            samples: all.answered,
            goal: 50.0,
            unit: "ms",
        },
        Row {
            what: "bench: 3 s less the pre-roll, most".into(),
            value: PRE_ROLL - least,
            samples: short,
            goal: 0.0,
            unit: "s",
        },
        Row { what: "bench: pre-roll, most".into(), value: most, samples: all.before, goal: 4.5, unit: "s" },
        Row::median("bench: frames lost in and between clips", vec![all.lost], 0.0, ""),
    ])
}

fn bench(number: usize) -> Result<Switched, String> {
    let station = Station::new(&format!("switches-{number}"));
    configure(&station, PATTERN);
    let mut daemon = Daemon::start(&station, &[]);
    daemon.ready(Duration::from_millis(4500));
    let mut switched = Switched::default();
    let order = |n: usize| format!("SF13{number:02}00{n:05}");
    for n in 0..SWITCHES {
        daemon.type_in(&format!("{}\r", order(n)));
        let begun = Instant::now();
        loop {
            let bench = daemon.bench();
            if bench["clip"]["order"] == order(n) && bench["state"] == "recording" {
                break;
            }
            if begun.elapsed() > Duration::from_secs(30) {
                return Err(format!("no answer to {}: {bench}", order(n)));
            }
        }
        switched.answered.push(ms(begun.elapsed()));
        // Not in step with the GOPs.
        thread::sleep(Duration::from_millis(1000 + (n as u64 * 37) % 400));
    }
    daemon.scan("PACKSEAL-END");
    daemon.sealed(SWITCHES as u64);
    daemon.stop();
    let mut shown = None;
    for clip in station.clips() {
        let path = station.data.join(&clip.path);
        let facts = verified(&station, &path, clip.order.as_ref().map(Order::as_str))?;
        switched.before.push((facts.start.opened_time.0 - facts.start.first_frame_time.0) as f64 / 1e6);
        for (counter, _) in counters(&path) {
            // A clip begins before the one before it ends.
            if let Some(shown) = shown.filter(|shown| counter > shown + 1) {
                switched.lost += f64::from(counter - shown - 1);
            }
            shown = shown.max(Some(counter));
        }
    }
    Ok(switched)
}

fn verified(station: &Station, clip: &Path, order: Option<&str>) -> Result<evidence::verdict::Facts, String> {
    let report = station.report_of(clip, order);
    let facts = report.facts.filter(|_| report.verdict == Verdict::Verified);
    facts.ok_or_else(|| format!("{}: {:?}", clip.display(), report.findings))
}

/// Resident KiB and open descriptors.
fn size(process: u32) -> Outcome<(f64, f64)> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    let resident = resident.trim().trim_end_matches(" kB").parse()?;
    Ok((resident, fs::read_dir(format!("/proc/{process}/fd"))?.count() as f64))
}

fn day() -> Outcome<Vec<Row>> {
    println!("{PARCELS} parcels of {PARCEL} s (pattern, 320x240 at 10/s) on the simulated clock");
    let station = Station::new("long-day");
    configure(&station, &format!("{PATTERN}[clip]\npre-roll-seconds = 1\n[storage]\nkeep-free-mib = 0\n"));
    let daemon = Daemon::start(&station, &["--fast"]);
    daemon.ready(Duration::ZERO);
    let (mut resident, mut open) = (Vec::new(), Vec::new());
    for n in 0..PARCELS {
        daemon.scan(&format!("SF1390000{n:06}"));
        daemon.recorded(PARCEL);
        if n + 1 >= SETTLED {
            let (kib, descriptors) = size(daemon.id())?;
            resident.push(kib);
            open.push(descriptors);
        }
    }
    daemon.scan("PACKSEAL-END");
    daemon.sealed(PARCELS as u64);
    daemon.stop();
    let ends = |samples: &[f64]| {
        let part = 100.min(samples.len() / 2);
        let most = |samples: &[f64]| samples.iter().copied().fold(f64::MIN, f64::max);
        most(&samples[samples.len() - part..]) / most(&samples[..part])
    };
    println!("daemon: {} KiB after {SETTLED} parcels, {} KiB at the end", resident[0], resident[resident.len() - 1]);
    let check = station.check();
    println!("{}", check.out.trim_end());
    let mut bad = 0.0;
    for clip in station.clips() {
        let order = clip.order.as_ref().map(Order::as_str);
        bad += f64::from(u8::from(verified(&station, &station.data.join(&clip.path), order).is_err()));
    }
    let missing = PARCELS as f64 - station.clips().len() as f64;
    Ok(vec![
        Row::median(format!("bench: memory after {PARCELS} of {SETTLED} parcels"), vec![ends(&resident)], 1.05, "x"),
        Row::median(format!("bench: descriptors after {PARCELS} of {SETTLED}"), vec![ends(&open)], 1.0, "x"),
        Row::median("bench: check, status", vec![f64::from(check.status)], 0.0, ""),
        Row::median("bench: clips missing or not VERIFIED", vec![bad + missing.abs()], 0.0, ""),
    ])
}
