//! The bench screen: from a scan to the order in Chromium, the age of the live picture on it, and what viewers cost.

use std::{
    fs,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use serde_json::json;

use crate::{
    Outcome,
    browser::Browser,
    daemon::{Daemon, configure},
    measure::p99,
    station_program::Station,
    table::Row,
    viewer::{Events, picture},
};

/// Scans that are typed.
const SCANS: usize = 120;
/// How often the age on the screen is read, and for how long.
const AGES: usize = 400;
/// Viewers beside the first one.
const FURTHER: usize = 10;
/// How long the processor is looked at.
const WINDOW: Duration = Duration::from_secs(20);
/// Ticks of a second in `/proc`.
const TICKS: f64 = 100.0;
/// A drawn bench as large as a camera of 720p.
const PATTERN: &str = "[[bench]]\ncamera = \"pattern:1280x720@30\"\noverlay = true\n";

/// Sends a scan as the page does, and waits for the frame of the screen that shows its order: ms.
const SCAN: &str = "const [order, done] = arguments, began = performance.now();
    const line = document.getElementById('line');
    const look = () => line.textContent === order ? requestAnimationFrame(() => done(performance.now() - began))
        : performance.now() - began > 10000 ? done(null) : requestAnimationFrame(look);
    fetch('/api/v1/scan', { method: 'POST', headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ code: order }) });
    look();";
/// The age that stands on the screen, so many times: ms, as it grows until the next picture comes.
const AGE: &str = "const [count, done] = arguments, ages = [];
    const read = () => {
        ages.push(document.getElementById('live').dataset.age);
        if (ages.length < count) setTimeout(read, 47); else done(ages);
    };
    read();";

/// Measures.
///
/// # Errors
/// A daemon that does not start, a page that does not show what it should.
pub fn rows() -> Outcome<Vec<Row>> {
    println!("pattern, 1280x720 at 30/s; Chromium at 1280x720");
    let station = Station::new("screen");
    configure(&station, PATTERN);
    let daemon = Daemon::start(&station, &[]);
    daemon.ready(Duration::from_secs(4));
    let mut rows = viewers(&daemon)?;

    let browser = Browser::new();
    browser.resize(1280, 720);
    browser.visit(&format!("http://{}/bench/bench-1", daemon.address()));
    let mut shown = Vec::new();
    for number in 0..SCANS {
        let order = format!("SF13900{number:06}");
        shown.push(browser.run(SCAN, vec![json!(order)]).as_f64().ok_or_else(|| format!("{order} is never shown"))?);
        // Not in step with the GOPs.
        thread::sleep(Duration::from_millis(400 + (number as u64 * 37) % 400));
    }
    let ages = browser.run(AGE, vec![json!(AGES)]);
    let ages: Option<Vec<f64>> =
        ages.as_array().and_then(|ages| ages.iter().map(|age| age.as_str()?.parse().ok()).collect());
    let ages = ages.ok_or("there was no picture on the screen")?;
    let lost = lost(&daemon)?;
    rows.extend([
        Row {
            what: "screen: scan to its order, p99".into(),
            value: p99(&shown),
            samples: shown,
            goal: 150.0,
            unit: "ms",
        },
        Row {
            what: "screen: age of the picture, p99".into(),
            value: p99(&ages),
            samples: ages,
            goal: 300.0,
            unit: "ms",
        },
        Row::median("screen: frames lost meanwhile", vec![lost], 0.0, ""),
    ]);
    drop(browser);
    daemon.stop();
    Ok(rows)
}

/// Somebody who looks: events and pictures, until told to stop. Gives the pictures that came.
fn viewer(address: SocketAddr, stop: Arc<AtomicBool>) -> usize {
    let mut events = Events::of(address, "bench-1");
    let listener = thread::spawn({
        let stop = stop.clone();
        move || {
            while !stop.load(Ordering::Relaxed) {
                events.line();
            }
        }
    });
    let (mut after, mut seen) = (0, 0);
    while !stop.load(Ordering::Relaxed) {
        let answer = picture(address, "bench-1", after);
        if let Some(number) =
            answer.header("x-picture").and_then(|number| number.parse().ok()).filter(|_| answer.status == 200)
        {
            (after, seen) = (number, seen + 1);
        }
    }
    let _ = listener.join();
    seen
}

/// Seconds of the processor that this process took.
fn taken(process: i32) -> Outcome<f64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok()).ok_or("no times in stat");
    Ok((ticks(11)? + ticks(12)?) / TICKS)
}

/// Frames that the bench lost since the start.
fn lost(daemon: &Daemon) -> Outcome<f64> {
    Ok(daemon.bench()["camera"]["lost_frames"].as_f64().ok_or("no count of lost frames")?)
}

/// Percent of a core that the daemon and its capture process take while so many look.
fn load(daemon: &Daemon, count: usize) -> Outcome<f64> {
    let stop = Arc::new(AtomicBool::new(false));
    let viewers: Vec<_> = (0..count)
        .map(|_| {
            let (address, stop) = (daemon.address(), stop.clone());
            thread::spawn(move || viewer(address, stop))
        })
        .collect();
    // Until nobody counts as looking any more, or everybody does.
    thread::sleep(Duration::from_secs(5));
    let captures = daemon.captures();
    let processes = || std::iter::once(daemon.id() as i32).chain(captures.iter().map(|id| id.as_raw_nonzero().get()));
    let all = || processes().map(taken).sum::<Outcome<f64>>();
    let lost_before = lost(daemon)?;
    let (begun, before) = (Instant::now(), all()?);
    thread::sleep(WINDOW);
    let (took, after) = (begun.elapsed(), all()?);
    let lost = lost(daemon)? - lost_before;
    stop.store(true, Ordering::Relaxed);
    let seen: Vec<usize> = viewers.into_iter().filter_map(|viewer| viewer.join().ok()).collect();
    println!(
        "{count} viewers: {:.1} % of a core, {lost} frames lost, pictures {seen:?}",
        (after - before) / took.as_secs_f64() * 100.0
    );
    if seen.iter().any(|&seen| seen < WINDOW.as_secs() as usize * 5) {
        return Err("a viewer saw too few pictures for this to mean something".into());
    }
    Ok((after - before) / took.as_secs_f64() * 100.0)
}

fn viewers(daemon: &Daemon) -> Outcome<Vec<Row>> {
    let (mut first, mut further) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        let (none, one, many) = (load(daemon, 0)?, load(daemon, 1)?, load(daemon, 1 + FURTHER)?);
        first.push(one - none);
        further.push((many - one) / FURTHER as f64);
    }
    Ok(vec![
        Row::median("screen: processor for the first viewer", first, 10.0, "%"),
        Row::median("screen: processor for each further one", further, 1.0, "%"),
    ])
}
