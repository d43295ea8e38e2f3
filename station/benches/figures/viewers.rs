//! A bench at work while many look on: 50 event viewers, 5 picture viewers and somebody who searches without a pause.
//! What is lost in and between its clips, and which of them began late.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use evidence::{
    value::{Token, Value},
    verdict::Verdict,
};
use station::{
    accounts::{Account, Accounts, Role},
    clock,
};

use crate::{
    Outcome,
    daemon::{Daemon, configure},
    pictures::counters,
    station_program::Station,
    table::Row,
};

const EVENTS: usize = 50;
const PICTURES: usize = 5;
/// Parcels, each a switch from the one before.
const PARCELS: usize = 20;
/// Seconds of the pre-roll.
const PRE_ROLL: f64 = 3.0;
/// A drawn bench whose frames carry a counter.
const PATTERN: &str = "[[bench]]\ncamera = \"pattern:1280x720@15\"\n";
const NAME: &str = "figures";
const PASSWORD: &str = "viewers and a search";

/// What the viewers came to.
#[derive(Default)]
struct Seen {
    over: AtomicBool,
    events: AtomicU64,
    pictures: AtomicU64,
    searches: AtomicU64,
}

/// Measures.
///
/// # Errors
/// A daemon that does not start; a viewer that is not served; a clip that cannot be read.
pub fn rows() -> Outcome<Vec<Row>> {
    println!(
        "pattern, 1280x720 at 15/s; {PARCELS} parcels; {EVENTS} event viewers, {PICTURES} picture viewers, a search"
    );
    let station = Station::new("viewers");
    configure(&station, PATTERN);
    let accounts = Accounts::open(&station.data.join("accounts.sqlite"))?;
    let name = Token::parse(NAME).ok_or("a name")?;
    accounts.add(&Account { name, role: Role::Service }, PASSWORD, clock::wall().0, || Ok(()))?;
    let session = accounts.log_in(NAME, PASSWORD, clock::wall().0, |_| Ok(()))?.ok_or("no session")?;
    let daemon = Daemon::start(&station, &[]);
    daemon.ready(Duration::from_millis(4500));
    let (address, seen) = (daemon.address(), Arc::new(Seen::default()));
    let bearer = format!("Authorization: Bearer {}\r\n", session.token.as_str());
    let mut viewers = Vec::new();
    for _ in 0..EVENTS {
        let seen = seen.clone();
        viewers.push(thread::spawn(move || events(address, &seen)));
    }
    for _ in 0..PICTURES {
        let seen = seen.clone();
        viewers.push(thread::spawn(move || {
            again(address, &seen.over, &seen.pictures, "", |newest| {
                format!("/api/v1/benches/bench-1/picture?after={newest}")
            })
        }));
    }
    {
        let seen = seen.clone();
        viewers.push(thread::spawn(move || {
            again(address, &seen.over, &seen.searches, &bearer, |n| format!("/api/v1/orders?q=SF13{}", n % 100))
        }));
    }
    let order = |n: usize| format!("SF13900000{n:05}");
    for n in 0..PARCELS {
        daemon.scan(&order(n));
        // Not in step with the GOPs.
        thread::sleep(Duration::from_millis(2500 + (n as u64 * 370) % 1000));
    }
    daemon.scan("PACKSEAL-END");
    daemon.sealed(PARCELS as u64);
    seen.over.store(true, Ordering::Relaxed);
    let counts = [&seen.events, &seen.pictures, &seen.searches].map(|count| count.load(Ordering::Relaxed));
    daemon.stop();
    for viewer in viewers {
        viewer.join().map_err(|_| "a viewer failed")?.map_err(|e| e.to_string())?;
    }
    let [events, pictures, searches] = counts;
    println!("{events} events, {pictures} pictures, {searches} searches were answered");
    if events < 50 * EVENTS as u64 || pictures < 50 * PICTURES as u64 || searches < 100 {
        return Err("the viewers were not served: nothing was measured".into());
    }
    let (mut lost, mut late, mut shown) = (0.0, 0.0, None);
    for clip in station.clips() {
        let path = station.data.join(&clip.path);
        let report = station.report_of(&path, clip.order.as_ref().map(|order| order.as_str()));
        let facts = report.facts.filter(|_| report.verdict == Verdict::Verified).ok_or("a clip is not VERIFIED")?;
        lost += facts.lost as f64;
        let before = (facts.start.opened_time.0 - facts.start.first_frame_time.0) as f64 / 1e6;
        late += f64::from(u8::from(before < PRE_ROLL));
        for (counter, _) in counters(&path) {
            // A clip begins before the one before it ends.
            if let Some(shown) = shown.filter(|shown| counter > shown + 1) {
                lost += f64::from(counter - shown - 1);
            }
            shown = shown.max(Some(counter));
        }
    }
    Ok(vec![
        Row::median("viewers: frames lost in and between clips", vec![lost], 0.0, ""),
        Row::median("viewers: clips that begin less than 3 s before their scan", vec![late], 0.0, ""),
    ])
}

type Viewed = Result<(), String>;

/// Reads events until it is over.
fn events(address: SocketAddr, seen: &Seen) -> Viewed {
    let failed = |e: std::io::Error| e.to_string();
    let mut stream = TcpStream::connect(address).map_err(failed)?;
    let head =
        format!("GET /api/v1/events?bench=bench-1 HTTP/1.1\r\nHost: {address}\r\nAccept: text/event-stream\r\n\r\n");
    stream.write_all(head.as_bytes()).map_err(failed)?;
    for line in BufReader::new(stream).lines() {
        let over = seen.over.load(Ordering::Relaxed);
        match line {
            Ok(line) if line.starts_with("data:") => _ = seen.events.fetch_add(1, Ordering::Relaxed),
            Ok(_) => {}
            Err(_) if over => break,
            Err(e) => return Err(failed(e)),
        }
        if over {
            break;
        }
    }
    if seen.over.load(Ordering::Relaxed) { Ok(()) } else { Err("the events ended".into()) }
}

/// Asks over one connection again and again until it is over; each time for what `path` makes of the newest picture, or
/// of how often it was asked.
fn again(
    address: SocketAddr,
    over: &AtomicBool,
    answered: &AtomicU64,
    more: &str,
    path: impl Fn(u64) -> String,
) -> Viewed {
    let failed = |e: std::io::Error| e.to_string();
    let mut stream = BufReader::new(TcpStream::connect(address).map_err(failed)?);
    let mut newest = 0;
    while !over.load(Ordering::Relaxed) {
        let path = path(newest);
        let head = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n{more}\r\n");
        stream.get_mut().write_all(head.as_bytes()).map_err(failed)?;
        let (mut length, mut number, mut status) = (0, None, String::new());
        stream.read_line(&mut status).map_err(failed)?;
        loop {
            let mut line = String::new();
            stream.read_line(&mut line).map_err(failed)?;
            let Some((name, value)) = line.trim_end().split_once(": ") else { break };
            match &*name.to_ascii_lowercase() {
                "content-length" => length = value.parse().map_err(|_| "a length")?,
                "x-picture" => number = value.parse().ok(),
                _ => {}
            }
        }
        std::io::copy(&mut (&mut stream).take(length), &mut std::io::sink()).map_err(failed)?;
        match status.split(' ').nth(1) {
            Some("200") => _ = answered.fetch_add(1, Ordering::Relaxed),
            Some("204") => {}
            _ if over.load(Ordering::Relaxed) => break,
            _ => return Err(format!("{path}: {status}")),
        }
        newest = number.unwrap_or(newest + 1);
    }
    Ok(())
}
