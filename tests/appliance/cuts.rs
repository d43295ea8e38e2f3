//! The power goes: while parcels are recorded, and while the machine starts. One start recovers what the cut before it
//! left, and records for the next.

use std::{
    collections::BTreeMap,
    thread::{self, ScopedJoinHandle},
    time::Instant,
};

use crate::{
    Tally, image,
    judge::{Found, judge},
    random::Random,
    rig::{Appliance, DiskKind, START, milliseconds, misread, order},
};

/// Cuts while something is recorded, unless `PACKSEAL_CUTS` wants another number.
const RECORDING: usize = 20;
/// Cuts of the first start, which makes the data partition.
const FIRST: usize = 1;
/// One of so many starts is cut off as well.
const STARTS: usize = 10;
/// Longest time from a scan to its cut, ms.
const LATEST: usize = 9000;
/// Most that a cut may cost, s.
const LOSS: f64 = 2.0;

/// What the station said before the power went, and when that was.
struct Told {
    /// Orders in the sequence they were scanned, with the seconds that were said to be sealed.
    orders: Vec<(String, f64)>,
    scanned: i64,
    cut: i64,
}

/// Scans orders until the power goes, at a random moment.
fn work(bench: &mut Appliance, random: &mut Random, next: &mut usize) -> Told {
    let moment = milliseconds(random, (0, LATEST));
    // In half of them the packer goes on to another parcel, so that clips are closing as well.
    let again = (random.below(2) == 0).then(|| milliseconds(random, (0, LATEST)));
    let mut told = Told { orders: Vec::new(), scanned: 0, cut: 0 };
    let mut scan = |bench: &mut Appliance, told: &mut Told| {
        *next += 1;
        let order = order(4, *next);
        bench.machine().type_line(&order);
        told.orders.push((order, 0.0));
        told.scanned = bench.its_now();
    };
    let mut misreads = misread(&bench.status()["benches"][0]);
    scan(bench, &mut told);
    let began = Instant::now();
    while began.elapsed() < moment {
        if told.orders.len() == 1 && again.is_some_and(|again| again < began.elapsed()) {
            scan(bench, &mut told);
        }
        let status = bench.status()["benches"][0].take();
        if misread(&status) > misreads {
            // Nothing was asked for: the keyboard lost keys.
            misreads = misread(&status);
            let (order, _) = told.orders.last().unwrap();
            bench.machine().type_line(order);
            told.scanned = bench.its_now();
        }
        let clip = &status["clip"];
        if let Some(said) = told.orders.iter_mut().find(|(order, _)| clip["order"] == **order) {
            said.1 = clip["seconds"].as_f64().unwrap();
        }
        thread::sleep(milliseconds(random, (0, 200)).min(moment.saturating_sub(began.elapsed())));
    }
    told.cut = bench.cut();
    told
}

/// Seconds between the last picture that is there and the cut.
fn loss(told: &Told, found: &[Found]) -> f64 {
    let newest = found.iter().rev().find(|clip| told.orders.last().is_some_and(|(order, _)| *order == clip.order));
    let until = newest.map_or(told.scanned, |clip| clip.facts().last_time.0);
    (told.cut - until) as f64 / 1e6
}

/// Orders of which less is there than the station had said was sealed, and how much less.
fn missing(told: &Told, found: &[Found]) -> Vec<(String, f64)> {
    let there = |order: &str| found.iter().filter(|clip| clip.order == order).map(Found::seconds).sum::<f64>();
    let less = told.orders.iter().map(|(order, seconds)| (order.clone(), seconds - there(order)));
    less.filter(|(_, less)| *less > 0.01).collect()
}

/// What one cut left.
struct Judged {
    cut: usize,
    told: Told,
    found: Vec<Found>,
    wrong: Vec<String>,
}

/// What all cuts left.
#[derive(Default)]
struct Seen {
    /// LINKs of the clips that were recovered on this side: recovered there, they are as long.
    links: BTreeMap<String, u64>,
    worst: f64,
    /// Parcels of which something sealed was lost.
    lost: usize,
}

impl Seen {
    fn weigh(&mut self, tally: &mut Tally, judged: ScopedJoinHandle<'_, Judged>) {
        let Judged { cut, told, found, wrong } = judged.join().unwrap();
        tally.wrong.extend(wrong);
        let what = format!("cut {cut}");
        for clip in &found {
            let new = clip.facts().links;
            let was = *self.links.entry(clip.order.clone()).or_insert(new);
            tally.expect(&format!("{what}: {} as long as before", clip.order), was == new, &(was, new));
        }
        let gone: Vec<_> = self.links.keys().filter(|order| !found.iter().any(|clip| clip.order == **order)).collect();
        tally.expect(&format!("{what}: clips of before"), gone.is_empty(), &gone);
        let (lost, less) = (loss(&told, &found), missing(&told, &found));
        self.worst = self.worst.max(lost);
        tally.expect(&format!("{what}: loss"), lost <= LOSS, &lost);
        tally.expect(&format!("{what}: sealed seconds"), less.is_empty(), &less);
        self.lost += less.len();
        tally.lost += less.len();
        tally.parcels += told.orders.len();
        let of_this: Vec<_> = found.iter().filter(|c| told.orders.iter().any(|(o, _)| *o == c.order)).collect();
        let clips: Vec<_> = of_this.iter().map(|c| format!("{} {:.1} s", c.reason.as_str(), c.seconds())).collect();
        tally.row(&what, &format!("{lost:.2} s not sealed; {}", clips.join(", ")));
    }
}

pub fn run(tally: &mut Tally) {
    let mut random = Random::by_the_clock("appliance: cuts");
    let mut bench = Appliance::new(&image());
    for cut in 1..=FIRST {
        let moment = milliseconds(&mut random, START);
        bench.power_for(moment);
        tally.row(&format!("first start, cut {cut}"), &format!("after {:.1} s", moment.as_secs_f64()));
        tally.cuts += 1;
    }
    let cuts = std::env::var("PACKSEAL_CUTS").ok().and_then(|n| n.parse().ok()).unwrap_or(RECORDING);
    let (mut key, mut next) = (String::new(), 0);
    let mut seen = Seen::default();
    thread::scope(|scope| {
        let mut judged = None;
        for cut in 1..=cuts {
            if cut % STARTS == 0 {
                let moment = milliseconds(&mut random, START);
                bench.power_for(moment);
                tally.row("start, cut", &format!("after {:.1} s", moment.as_secs_f64()));
                tally.cuts += 1;
            }
            bench.boot(DiskKind::Honest, false);
            bench.ready();
            if key.is_empty() {
                key = bench.key();
            }
            let told = work(&mut bench, &mut random, &mut next);
            tally.cuts += 1;
            // While the machine starts again, what it left is looked at.
            if let Some(judged) = judged.take() {
                seen.weigh(tally, judged);
            }
            let (data, key) = (bench.data(), key.clone());
            judged = Some(scope.spawn(move || {
                let mut tally = Tally::default();
                let found = judge(&mut tally, &format!("cut {cut}"), &data, &key);
                Judged { cut, told, found, wrong: tally.wrong }
            }));
        }
        seen.weigh(tally, judged.unwrap());
    });
    let Seen { worst, lost, .. } = seen;
    let came = format!("at most {worst:.2} s not sealed; of what was sealed {lost} parcels lost something");
    tally.row(&format!("{cuts} cuts while recording"), &came);

    // A disk that says it has written and has not: the same cut must lose what was sealed, or the others prove nothing.
    bench.boot(DiskKind::Lying, false);
    bench.ready();
    let last = order(5, 1);
    bench.record(&last, 4.0);
    let told = Told { orders: vec![(last, 4.0)], scanned: 0, cut: bench.cut() };
    let found = judge(tally, "lying disk", &bench.data(), &key);
    let less = missing(&told, &found);
    tally.expect("lying disk: it must lose what was sealed", !less.is_empty(), &less);
    tally.row("control: cut on a lying disk", &format!("lost of what was sealed: {less:?} s"));
    tally.cuts += 1;
    tally.boots += bench.boots;
}
