//! How long the machine itself holds up whoever computes a little and syncs a file: what a station on it suffers too.

use std::{
    fs::File,
    io::Write,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use crate::station_program::Folder;

/// Processor time that is taken each round.
const WORK: Duration = Duration::from_millis(2);

/// Watches the machine until it is dropped.
pub struct Strain {
    /// When a round ended, and how long it was held up.
    rounds: Arc<Mutex<Vec<(Instant, Duration)>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Strain {
    pub fn watch() -> Self {
        let (rounds, stop) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (out, asked) = (Arc::clone(&rounds), Arc::clone(&stop));
        let thread = thread::spawn(move || {
            let folder = Folder::new("strain");
            let mut file = File::create(folder.path("file")).unwrap();
            while !asked.load(Ordering::Relaxed) {
                let began = Instant::now();
                let mut number = 0_u64;
                for _ in 0..500_000 {
                    number = std::hint::black_box(number.wrapping_mul(31).wrapping_add(7));
                }
                file.write_all(&number.to_le_bytes()).and_then(|()| file.sync_data()).unwrap();
                thread::sleep(Duration::from_millis(20));
                let held = began.elapsed().saturating_sub(WORK + Duration::from_millis(20));
                out.lock().unwrap().push((Instant::now(), held));
            }
        });
        Self { rounds, stop, thread: Some(thread) }
    }

    /// How long it held up in the last so many seconds, ms, at its worst.
    pub fn worst(&self, seconds: u64) -> i64 {
        let now = Instant::now();
        let rounds = self.rounds.lock().unwrap();
        let late = rounds.iter().rev().take_while(|(at, _)| now - *at < Duration::from_secs(seconds));
        late.map(|(_, held)| held.as_millis() as i64).max().unwrap_or(0)
    }
}

impl Drop for Strain {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ = self.thread.take().map(JoinHandle::join);
    }
}
