//! Runs `packseal-station run` in a data folder of the test's own, scans codes at it and reads its status.
// Each test binary includes all of this and uses a part of it.
#![allow(dead_code)]

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    path::PathBuf,
    process::{Child, ChildStdin, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::station_program::{Station, children, program};

/// How long anything may take that is not measured.
pub const LONG: Duration = Duration::from_secs(30);

/// A running daemon. Killed when dropped.
pub struct Daemon {
    child: Child,
    stdin: Option<ChildStdin>,
    address: SocketAddr,
    said: Arc<Mutex<String>>,
}

/// Writes a configuration: the sample with these sections in place of its own, on a port of its own.
pub fn configure(station: &Station, text: &str) {
    // Nobody but this machine, unless the test says so.
    let office = if text.contains("[office]") { "" } else { "[office]\nlisten = \"\"\n" };
    let text = format!("{text}\n[http]\nlisten = \"127.0.0.1:0\"\n{office}");
    fs::write(station.data.join("station.toml"), text).unwrap();
}

impl Daemon {
    /// Starts it and waits until it is ready.
    #[track_caller]
    pub fn start(station: &Station, more: &[&str]) -> Self {
        Self::start_in(station, more, &[])
    }

    /// The same in an environment that has these as well.
    #[track_caller]
    pub fn start_in(station: &Station, more: &[&str], environment: &[(&str, &str)]) -> Self {
        let args = [&["run", "--data", station.path()], more].concat();
        let mut child = program(&args)
            .envs(environment.iter().copied())
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (said, err) = (Arc::new(Mutex::new(String::new())), child.stderr.take().unwrap());
        let (to, ready) = std::sync::mpsc::channel();
        let log = said.clone();
        thread::spawn(move || {
            for line in BufReader::new(err).lines().map_while(Result::ok) {
                let address = line.split("http://").nth(1).and_then(|rest| rest.split('/').next()?.parse().ok());
                log.lock().unwrap().push_str(&format!("{line}\n"));
                // Behind the line itself: whoever waits for it may read it.
                if let Some(address) = address.filter(|_| line.contains("ready")) {
                    let _ = to.send(address);
                }
            }
        });
        let stdin = child.stdin.take();
        let address = ready.recv_timeout(LONG).ok();
        let daemon = Self { child, stdin, address: address.unwrap_or(([127, 0, 0, 1], 1).into()), said };
        assert!(address.is_some(), "it is not ready: {}", daemon.said());
        daemon
    }

    /// Where it answers on this machine.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it wrote to its log.
    pub fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    /// Waits until this stands in its log, which comes here by a thread of its own.
    #[track_caller]
    pub fn says(&self, text: &str) {
        let began = Instant::now();
        while !self.said().contains(text) {
            assert!(began.elapsed() < LONG, "never {text}: {}", self.said());
            thread::sleep(Duration::from_millis(10));
        }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// An answer of its status interface: status and body.
    pub fn ask(&self, request: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(LONG)).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let status = answer.split(' ').nth(1).and_then(|n| n.parse().ok()).unwrap_or(0);
        (status, answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default())
    }

    pub fn get(&self, path: &str) -> String {
        let host = self.address;
        let (status, body) = self.ask(&format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"));
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// Scans a code at the bench: the bench's status right after.
    #[track_caller]
    pub fn scan_at(&self, bench: &str, code: &str) -> Value {
        let (host, body) = (self.address, json!({ "bench": bench, "code": code }).to_string());
        let (status, answer) = self.ask(&format!(
            "POST /api/v1/scan HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        ));
        assert_eq!(status, 200, "{code}: {answer}\n{}", self.said());
        serde_json::from_str(&answer).unwrap()
    }

    /// Scans a code at the only bench.
    #[track_caller]
    pub fn scan(&self, code: &str) -> Value {
        self.scan_at("bench-1", code)
    }

    /// Types on its standard input.
    pub fn type_in(&mut self, text: &str) {
        self.stdin.as_mut().unwrap().write_all(text.as_bytes()).unwrap();
    }

    pub fn status(&self) -> Value {
        serde_json::from_str(&self.get("/api/v1/status")).unwrap()
    }

    /// The first bench's status.
    pub fn bench(&self) -> Value {
        self.status()["benches"][0].take()
    }

    /// Waits until the first bench's status is so.
    #[track_caller]
    pub fn until(&self, what: &str, is: impl Fn(&Value) -> bool) -> Value {
        let began = Instant::now();
        loop {
            let bench = self.bench();
            if is(&bench) {
                return bench;
            }
            assert!(began.elapsed() < LONG, "never {what}: {bench:#}\n{}", self.said());
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits until it can record at once, with so many seconds in the ring.
    #[track_caller]
    pub fn ready(&self, ring: Duration) {
        self.until("ready", |bench| bench["state"] == "ready" && bench["camera"]["state"] == "live");
        thread::sleep(ring);
    }

    /// Waits until the open clip is so many seconds long.
    #[track_caller]
    pub fn recorded(&self, seconds: f64) -> Value {
        self.until("recorded", |bench| {
            bench["state"] == "recording" && bench["clip"]["seconds"].as_f64().is_some_and(|s| s >= seconds)
        })
    }

    /// Waits until so many clips were sealed, for whatever reason.
    #[track_caller]
    pub fn sealed(&self, clips: u64) {
        self.until("sealed", |bench| {
            let parcels = bench["counters"]["parcels"].as_object().unwrap();
            parcels.values().map(|n| n.as_u64().unwrap()).sum::<u64>() >= clips
        });
    }

    /// Waits until it has put PROOF behind every sealed clip, but for those that it never will. It waits itself, for
    /// authorities.
    #[track_caller]
    pub fn proven(&self, station: &Station) {
        let began = Instant::now();
        while !station.catalogue().due_for_proof(i64::MAX as u64, 1).unwrap().is_empty() {
            assert!(began.elapsed() < LONG * 2, "it never proves them: {}", self.said());
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Waits for a prompt of this key, counted from the start.
    #[track_caller]
    pub fn prompted(&self, key: &str, times: u64) {
        self.until(key, |bench| bench["counters"]["prompts"][key].as_u64().unwrap_or(0) >= times);
    }

    /// The capture processes of its benches.
    pub fn captures(&self) -> Vec<Pid> {
        children(self.child.id())
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Asks it to end and waits: its exit status, and how long it took.
    #[track_caller]
    pub fn stop(mut self) -> (i32, Duration) {
        self.signal(Signal::TERM);
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                let took = began.elapsed();
                assert!(!self.said().contains("panicked"), "{}", self.said());
                return (status.code().unwrap_or(-1), took);
            }
            assert!(began.elapsed() < LONG, "it does not end: {}", self.said());
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Kills it at once.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Files of the clips of this order, oldest first.
pub fn clips_of(station: &Station, order: &str) -> Vec<PathBuf> {
    let clips = station.clips().into_iter().filter(|clip| clip.order.as_ref().is_some_and(|o| o.as_str() == order));
    clips.map(|clip| station.data.join(clip.path)).collect()
}
