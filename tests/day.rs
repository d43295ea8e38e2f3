//! A day at one bench, as fast as it can be sealed: sixty parcels on real footage, with everything that goes wrong on a
//! long day. In the evening every order is found, and every clip is verified, or partial for the reason it had.
//!
//! Prints a table; its last line reads `day: parcels N, verified V, partial P, lost L`. The parcels' lengths are random:
//! `PACKSEAL_SEED` repeats a day.

use std::{
    path::Path,
    process::ExitCode,
    time::{Duration, Instant},
};

use evidence::{statement::Reason, verdict::Verdict};
use rustix::process::{Signal, kill_process};

#[path = "support/daemon.rs"]
mod daemon;
#[path = "support/disk.rs"]
mod disk;
#[path = "support/parts.rs"]
mod parts;
#[path = "support/random.rs"]
mod random;
#[path = "support/station.rs"]
mod station_program;

use daemon::{Daemon, clips_of, configure};
use disk::Disk;
use random::Random;
use station_program::Station;

/// A fixed camera over a place where people move.
const FOOTAGE: &str = "/usr/share/doc/opencv-doc/examples/data/vtest.avi";
/// Parcels of the day.
const PARCELS: usize = 60;
/// Shortest and longest parcel, s.
const PARCEL: (usize, usize) = (20, 45);
/// MiB that must stay free.
const FLOOR: u64 = 64;

/// What is not as usual with a parcel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    Usual,
    /// The scanner reads the label twice.
    DoubleScan,
    /// Articles, web addresses and nonsense are scanned in between.
    WrongCodes,
    /// START first, the label is printed last.
    LateLabel,
    /// An article first, then the label.
    ItemFirst,
    /// The packer cancels it.
    Cancelled,
    /// A return is opened.
    Return,
    /// It is put on hold.
    Hold,
    /// The capture process is killed.
    CameraLost,
    /// The capture process hangs.
    CameraStalled,
    /// The disk fills; when there is room again, the packer scans once more.
    DiskFull,
    /// The daemon is killed; when it is back, the packer scans once more.
    Killed,
}

impl Turn {
    fn of(parcel: usize) -> Self {
        match parcel {
            17 => Self::CameraLost,
            29 => Self::DiskFull,
            41 => Self::CameraStalled,
            50 => Self::Killed,
            _ => match parcel % 10 {
                2 => Self::DoubleScan,
                3 => Self::WrongCodes,
                4 => Self::LateLabel,
                5 => Self::ItemFirst,
                6 => Self::Cancelled,
                7 => Self::Return,
                8 => Self::Hold,
                _ => Self::Usual,
            },
        }
    }

    /// Verdicts and reasons of its clips, oldest first. The next scan ends what nothing else did.
    fn clips(self, last: bool) -> Vec<(Verdict, Reason)> {
        let usual = if last { Reason::EndCode } else { Reason::NextScan };
        match self {
            Self::Cancelled => vec![(Verdict::Verified, Reason::Cancelled)],
            Self::CameraLost | Self::CameraStalled => vec![(Verdict::Partial, usual)],
            Self::DiskFull => vec![(Verdict::Partial, Reason::DiskFull), (Verdict::Verified, usual)],
            Self::Killed => vec![(Verdict::Partial, Reason::Recovered), (Verdict::Verified, usual)],
            _ => vec![(Verdict::Verified, usual)],
        }
    }
}

/// The bench of the day.
struct Day {
    station: Station,
    disk: Disk,
    daemon: Option<Daemon>,
    random: Random,
}

impl Day {
    fn begin() -> Self {
        let disk = Disk::new(2 * 1024 * 1024);
        let station = Station::at(&disk.at.join("data"));
        let config = format!(
            "[[bench]]\ncamera = \"file:{FOOTAGE}\"\n[storage]\nfloor-mib = {FLOOR}\nwarn-mib = {FLOOR}\nkeep-free-mib = 0\n"
        );
        configure(&station, &config);
        let mut day = Self { station, disk, daemon: None, random: Random::by_the_clock("day") };
        day.start();
        day
    }

    fn start(&mut self) {
        self.daemon = None;
        let daemon = Daemon::start(&self.station, &["--fast"]);
        daemon.ready(Duration::ZERO);
        self.daemon = Some(daemon);
    }

    fn daemon(&self) -> &Daemon {
        self.daemon.as_ref().unwrap()
    }

    /// The packer works for so long.
    fn pack(&mut self) {
        let seconds = PARCEL.0 + self.random.below(PARCEL.1 - PARCEL.0);
        self.work(seconds as f64 / 2.0);
    }

    /// So many seconds more are sealed.
    fn work(&self, seconds: f64) {
        let so_far = self.daemon().recorded(0.1)["clip"]["seconds"].as_f64().unwrap();
        self.daemon().recorded(so_far + seconds);
    }

    fn parcel(&mut self, order: &str, turn: Turn) {
        let opens = match turn {
            Turn::LateLabel => Some("PACKSEAL-START"),
            Turn::ItemFirst => Some("6901234567892"),
            Turn::Return => Some("PACKSEAL-RETURN"),
            _ => None,
        };
        if let Some(code) = opens {
            self.daemon().scan(code);
            self.pack();
        }
        self.daemon().scan(order);
        self.pack();
        match turn {
            Turn::DoubleScan => drop(self.daemon().scan(order)),
            Turn::WrongCodes => {
                for code in ["6901234567892", "https://example.com/p?id=1", "?", "PACKSEAL", "12"] {
                    self.daemon().scan(code);
                }
            }
            Turn::Hold => drop(self.daemon().scan("PACKSEAL-HOLD")),
            Turn::CameraLost | Turn::CameraStalled => {
                let signal = if turn == Turn::CameraLost { Signal::KILL } else { Signal::STOP };
                let prompts = self.daemon().bench()["counters"]["prompts"]["camera-back"].as_u64().unwrap_or(0);
                kill_process(self.daemon().captures()[0], signal).unwrap();
                self.daemon().prompted("camera-back", prompts + 1);
            }
            Turn::DiskFull => {
                self.disk.fill(FLOOR * 1024 / 2);
                self.daemon().prompted("stopped-disk-full", 1);
                self.disk.empty();
                self.again(order);
            }
            Turn::Killed => {
                self.daemon.take().unwrap().kill();
                self.start();
                self.again(order);
            }
            _ => {}
        }
        self.pack();
        if turn == Turn::Cancelled {
            self.daemon().scan("PACKSEAL-CANCEL");
        }
    }

    /// The packer scans the order once more.
    fn again(&self, order: &str) {
        let bench = self.daemon().scan(order);
        assert_eq!(bench["clip"]["order"], order, "{bench:#}");
    }
}

fn main() -> ExitCode {
    // Whoever lists tests finds one.
    if std::env::args().any(|arg| arg == "--list") {
        println!("day: test");
        return ExitCode::SUCCESS;
    }
    assert!(Path::new(FOOTAGE).exists(), "{FOOTAGE} is missing: run .ci/setup.sh");
    let began = Instant::now();
    let mut day = Day::begin();
    let orders: Vec<String> = (1..=PARCELS).map(|n| format!("SF1390000{n:06}")).collect();
    for (n, order) in orders.iter().enumerate() {
        day.parcel(order, Turn::of(n));
    }
    day.daemon().scan("PACKSEAL-END");
    let (status, _) = day.daemon.take().unwrap().stop();
    assert_eq!(status, 0);
    let packed = began.elapsed();

    println!("{:<17} {:<14} {:<26} {:>9} {:>6}", "order", "what happened", "clips", "seconds", "lost");
    let (mut verified, mut partial, mut lost) = (0, 0, 0);
    let mut wrong = Vec::new();
    for (n, order) in orders.iter().enumerate() {
        let turn = Turn::of(n);
        let reports: Vec<_> =
            clips_of(&day.station, order).iter().map(|clip| day.station.report_of(clip, Some(order))).collect();
        let told: Vec<_> = reports
            .iter()
            .map(|r| (r.verdict, r.facts.as_ref().and_then(|f| f.end.as_ref()).map(|end| end.reason)))
            .collect();
        let expected: Vec<_> = turn.clips(n + 1 == PARCELS).into_iter().map(|(v, r)| (v, Some(r))).collect();
        if told != expected {
            wrong.push(format!("{order} ({turn:?}): {told:?}, not {expected:?}"));
        }
        let any = |verdict| told.iter().any(|(told, _)| *told == verdict);
        *match (any(Verdict::Verified), any(Verdict::Partial)) {
            (true, _) => &mut verified,
            (false, true) => &mut partial,
            (false, false) => &mut lost,
        } += 1;
        let clips: Vec<_> = told.iter().map(|(v, r)| format!("{v:?} {}", r.map_or("-", |r| r.as_str()))).collect();
        let facts: Vec<_> = reports.iter().filter_map(|r| r.facts.as_ref()).collect();
        let seconds: f64 = facts.iter().map(|f| f.ticks as f64 / 90_000.0).sum();
        let frames: u64 = facts.iter().map(|f| f.lost).sum();
        println!("{order:<17} {:<14} {:<26} {seconds:>9.1} {frames:>6}", format!("{turn:?}"), clips.join(", "));
    }
    let check = day.station.check();
    print!("{}", check.out);
    println!("{:.0} s for {PARCELS} parcels", packed.as_secs_f64());
    for line in &wrong {
        println!("not as it should be: {line}");
    }
    println!("day: parcels {PARCELS}, verified {verified}, partial {partial}, lost {lost}");
    if wrong.is_empty() && lost == 0 && check.status == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
