//! A bench's camera: its capture process is started, watched, killed where it hangs, and started again.
//!
//! ```text
//! start ─► waiting ─► live ─► stalled or lost ─► start …   at once, then after 0.5 s, 1 s … 5 s
//! ```

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, never};

use crate::{
    capture::protocol::{Alive, End, Setup},
    child::{Arrival, Capture},
    clock::{self, Clock},
    status::Live,
};

/// A capture process that says nothing for this long hangs: it speaks twice a second.
const SILENT: Duration = Duration::from_secs(2);
/// A camera without a frame for this long has stalled. With the time to start anew it is back within 3 s.
const STALLED: Duration = Duration::from_millis(2500);
/// How long a camera may take to its first frame: a network camera connects and waits for a key frame.
const FIRST: Duration = Duration::from_secs(20);
/// Shortest and longest time before another start, where one failed.
const RETRY: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(5));

/// Why there are no pictures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The capture process or its camera hangs; it was killed.
    Stalled(String),
    /// The camera is gone, or cannot be opened.
    Lost(String),
}

/// What the capture process said of the time since it spoke before.
#[derive(Debug, Clone, Copy)]
pub struct Spoken {
    /// Frames read.
    pub frames: u64,
    /// Within so many µs.
    pub us: i64,
    /// Frames lost.
    pub lost: u64,
}

/// The camera and its capture process.
#[derive(Debug)]
pub struct Camera {
    setup: Setup,
    clock: Clock,
    order: Option<String>,
    live: Arc<Live>,
    /// Its capture process was told that somebody looks.
    watched: bool,
    capture: Option<Capture>,
    started: Instant,
    /// When the process spoke last.
    heard: Option<Instant>,
    /// When frames came last, and how many there were.
    frames: Option<(Instant, u64)>,
    /// Frames it had lost when it spoke last.
    lost: u64,
    /// It was started since [`Self::tries`] was asked.
    tried: bool,
    /// When to start again, and how long to wait after that.
    retry: (Instant, Duration),
}

impl Camera {
    /// Not started yet. Its live picture goes here.
    pub fn new(setup: Setup, clock: Clock, live: Arc<Live>) -> Self {
        let now = Instant::now();
        Self {
            setup,
            clock,
            order: None,
            live,
            watched: false,
            capture: None,
            started: now,
            heard: None,
            frames: None,
            lost: 0,
            tried: false,
            retry: (now, Duration::ZERO),
        }
    }

    /// What comes from it.
    pub fn arrivals(&self) -> Receiver<Arrival> {
        self.capture.as_ref().map_or_else(never, |capture| capture.arrivals().clone())
    }

    /// The order number that stands in the picture from now on.
    pub fn order(&mut self, order: Option<&str>) {
        self.order = order.map(str::to_owned);
        if let Some(capture) = &mut self.capture {
            capture.order(order);
        }
    }

    /// Tells the capture process when somebody begins or ceases to look.
    pub fn look(&mut self) {
        let watched = self.live.is_watched(clock::monotonic());
        if let Some(capture) = self.capture.as_mut().filter(|_| watched != self.watched) {
            capture.live(watched);
            self.watched = watched;
        }
    }

    /// It spoke: frames read since it spoke before, in how many µs, and how many were lost meanwhile.
    pub fn alive(&mut self, alive: &Alive) -> Spoken {
        let now = Instant::now();
        let since = self.heard.replace(now).unwrap_or(self.started);
        let (at, before) = self.frames.unwrap_or((now, 0));
        let frames = alive.frames.saturating_sub(before);
        if alive.frames > 0 {
            self.frames = Some((if frames > 0 { now } else { at }, alive.frames));
        }
        let lost = alive.lost.saturating_sub(std::mem::replace(&mut self.lost, alive.lost));
        Spoken { frames, us: i64::try_from((now - since).as_micros()).unwrap_or(i64::MAX), lost }
    }

    /// A GOP came: the next fault is met with a start at once.
    pub fn works(&mut self) {
        self.retry.1 = Duration::ZERO;
    }

    /// It was we ourselves who did not listen for so long.
    pub fn excuse(&mut self, took: Duration) {
        self.started += took;
        self.heard = self.heard.map(|heard| heard + took);
        self.frames = self.frames.map(|(at, frames)| (at + took, frames));
    }

    /// Starts a capture process where one is due, whose frames begin at `begin_us` on a simulated clock, and kills one
    /// that hangs.
    pub fn watch(&mut self, begin_us: i64) -> Option<Fault> {
        let now = Instant::now();
        if self.capture.is_none() {
            return if now >= self.retry.0 { self.start(now, begin_us) } else { None };
        }
        let longer = |since: Instant, than: Duration| now.saturating_duration_since(since) > than;
        let detail = match (self.heard, self.frames) {
            (None, _) if longer(self.started, FIRST) => "its capture process does not answer",
            (Some(heard), _) if longer(heard, SILENT) => "its capture process does not answer any more",
            (Some(_), None) if longer(self.started, FIRST) => "it gives no picture",
            (Some(_), Some((at, _))) if longer(at, STALLED) => "it gives no picture any more",
            _ => return None,
        };
        Some(self.give_up(Fault::Stalled(detail.to_owned())))
    }

    fn start(&mut self, now: Instant, begin_us: i64) -> Option<Fault> {
        self.setup.begin_us = begin_us;
        self.tried = true;
        (self.started, self.heard, self.frames, self.lost) = (now, None, None, 0);
        self.watched = false;
        match Capture::start(&self.setup, self.clock, self.live.clone()) {
            Ok(mut capture) => {
                capture.order(self.order.as_deref());
                self.capture = Some(capture);
                None
            }
            Err(e) => Some(self.give_up(Fault::Lost(e.to_string()))),
        }
    }

    /// It was started since this was asked before, or its first picture is waited for, which [`Self::watch`] limits.
    pub fn tries(&mut self) -> bool {
        std::mem::take(&mut self.tried) || (self.capture.is_some() && self.frames.is_none())
    }

    /// It ended by itself.
    pub fn ended(&mut self, end: Option<End>) -> Fault {
        let detail = match end {
            // Its own limit can pass before ours, where the machine itself stood still.
            Some(End::CameraStalled { detail }) => return self.give_up(Fault::Stalled(detail)),
            Some(End::CameraLost { detail }) => detail,
            Some(End::CouldNotStart(trouble)) => crate::source::trouble(&trouble).en,
            Some(End::SourceEnd) => "it ended".to_owned(),
            None => "its capture process is gone".to_owned(),
        };
        self.give_up(Fault::Lost(detail))
    }

    /// Kills what is left and plans the next start.
    fn give_up(&mut self, fault: Fault) -> Fault {
        self.capture = None;
        let wait = self.retry.1;
        self.retry = (Instant::now() + wait, (wait * 2).clamp(RETRY.0, RETRY.1));
        fault
    }

    /// Asks it to send what it has and to end.
    pub fn stop(&mut self) {
        if let Some(capture) = &mut self.capture {
            capture.stop();
        }
    }
}
