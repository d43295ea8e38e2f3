//! The station as a service: says when it is ready, what it does and that it is alive. Where nobody listens, nothing is
//! said.
//!
//! Alive means: each bench has frames, or looks for its camera. A camera that is unplugged is no reason to start the
//! station anew, which would help nobody; a bench's thread that hangs is. Both are seen in what that thread writes down
//! while it goes round ([`Pulse`]), never in what it said before it hung.

use std::time::{Duration, Instant};

use sd_notify::NotifyState;

use crate::{
    clock,
    say::Lang,
    status::{Pulse, Snapshot, State, Status},
};

/// A bench that has its camera takes frames at least this often, µs.
const FRAMES: i64 = 3_000_000;
/// A bench without its camera looks for it at least this often, µs.
const TRIES: i64 = 10_000_000;
/// How often the line about what the station does is brought up to date.
const TELL: Duration = Duration::from_secs(1);

/// Whether the bench's thread does its work at this time.
pub fn is_alive(pulse: Pulse, at_us: i64) -> bool {
    let within = |since: Option<i64>, most: i64| since.is_some_and(|since| at_us.saturating_sub(since) <= most);
    within(pulse.frames_us, FRAMES) || (pulse.away && within(pulse.tried_us, TRIES))
}

/// Tells the service manager.
#[derive(Debug)]
pub struct Service {
    lang: Lang,
    /// How often it wants to hear that the station is alive, if it does.
    every: Option<Duration>,
    fed: Option<Instant>,
    told: Option<Instant>,
    line: String,
    ready: bool,
}

impl Service {
    /// As the environment says.
    pub fn new(lang: Lang) -> Self {
        // Four times within its patience: a machine that is busy for a while is not killed for it.
        let every = sd_notify::watchdog_enabled().map(|patience| patience / 4);
        Self { lang, every, fed: None, told: None, line: String::new(), ready: false }
    }

    /// Called all the time: says what is due.
    pub fn tick(&mut self, status: &Status) {
        let due = |last: Option<Instant>, every: Duration| last.is_none_or(|last| last.elapsed() >= every);
        let pulses = status.pulses();
        if !self.ready && pulses.iter().all(|(_, pulse)| pulse.is_some()) {
            self.ready = true;
            say(&[NotifyState::Ready]);
        }
        let now = clock::monotonic();
        if self.ready && self.every.is_some_and(|every| due(self.fed, every)) {
            let hangs = pulses.iter().find(|(_, pulse)| !pulse.is_some_and(|pulse| is_alive(pulse, now)));
            match hangs {
                None => {
                    self.fed = Some(Instant::now());
                    say(&[NotifyState::Watchdog]);
                }
                Some((bench, _)) => tracing::error!(bench, cause = "watchdog", "this bench hangs"),
            }
        }
        if due(self.told, TELL) {
            self.told = Some(Instant::now());
            let line = line(&status.snapshot(now), self.lang);
            if line != self.line {
                say(&[NotifyState::Status(&line)]);
                self.line = line;
            }
        }
    }

    /// It was asked to end.
    pub fn stopping(&self) {
        say(&[NotifyState::Stopping]);
    }
}

fn say(what: &[NotifyState<'_>]) {
    if let Err(e) = sd_notify::notify(what) {
        tracing::warn!(cause = "service", "the service manager cannot be told: {e}");
    }
}

/// What each bench does, in one line, without orders: whoever is on the machine can read it.
fn line(snapshot: &Snapshot, lang: Lang) -> String {
    let benches = snapshot.benches.iter().map(|bench| {
        let reasons = bench.attention().iter().map(|reason| reason.text(lang));
        let what = match bench.state() {
            State::Ready => lang.pick("ready", "就绪").to_owned(),
            State::Recording => lang.pick("recording", "正在录制").to_owned(),
            State::Stopped => lang.pick("stopped", "已停止").to_owned(),
            State::Attention => reasons.collect::<Vec<_>>().join(lang.pick(", ", "，")),
        };
        lang.pick(format!("{}: {what}", bench.name), format!("{}：{what}", bench.name))
    });
    benches.collect::<Vec<_>>().join(lang.pick("; ", "；"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_000_000_000;

    fn pulse(frames: Option<i64>, away: bool, tried: Option<i64>) -> Pulse {
        let ago = |seconds: Option<i64>| seconds.map(|seconds| NOW - seconds * 1_000_000);
        Pulse { frames_us: ago(frames), away, tried_us: ago(tried) }
    }

    #[test]
    fn a_bench_with_frames_is_alive() {
        assert!(is_alive(pulse(Some(0), false, None), NOW));
        assert!(is_alive(pulse(Some(3), false, Some(500)), NOW));
        // A clock read a moment before the other thread's.
        assert!(is_alive(pulse(Some(-1), false, None), NOW));
    }

    #[test]
    fn a_bench_that_looks_for_its_camera_is_alive() {
        assert!(is_alive(pulse(None, true, Some(0)), NOW));
        assert!(is_alive(pulse(Some(500), true, Some(10)), NOW));
    }

    #[test]
    fn a_thread_that_hangs_is_not() {
        // With a camera: what it said of the camera before does not count.
        assert!(!is_alive(pulse(Some(4), false, Some(1)), NOW));
        // Without one.
        assert!(!is_alive(pulse(Some(500), true, Some(11)), NOW));
        assert!(!is_alive(pulse(None, true, None), NOW));
        assert!(!is_alive(pulse(None, false, Some(1)), NOW));
    }
}
