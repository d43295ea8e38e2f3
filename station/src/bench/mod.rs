//! One bench: codes and pictures in, clips and prompts out. A thread of its own, which never waits for another bench.
//!
//! ```text
//! scanners, HTTP ─► codes ─► session ─► actions ─► recorder ─► clips
//! camera ─► GOPs ──────────────────────────────────┘
//! ```

mod camera;
mod plan;

use std::{
    io::{IsTerminal, stderr},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, select};
use evidence::{
    statement::{EventKind, Reason},
    value::{Hash, Order, Time},
};

use self::camera::{Camera, Fault};
pub use self::plan::Plan;
use crate::{
    capture::protocol::Notice,
    child::Arrival,
    clip::{ClipError, Gop, Opening},
    clock::{self, Clock},
    code::{Code, Rules},
    config::Config,
    data::Locked,
    http,
    prompt::{Prompt, Weight},
    recorder::Recorder,
    say::Lang,
    scanner::{Heard, Repeats},
    session::{self, Action, Input, Refusal, Session},
    status::{self, Status},
};

/// How often the bench looks at its clock.
const TICK: Duration = Duration::from_millis(50);
/// How long a capture process that was asked to end may take to send what it has.
const DRAIN: Duration = Duration::from_millis(1200);
/// µs of a day.
const DAY_US: i64 = 86_400_000_000;
/// A hold-up of ourselves that a camera is not blamed for.
const HELD_UP: Duration = Duration::from_millis(250);

/// What the benches of a station share.
#[derive(Debug, Clone)]
pub struct Shared {
    /// Key, catalogue, data folder.
    pub station: Arc<Locked>,
    /// What is told to whoever asks.
    pub status: Arc<Status>,
    /// What a code is.
    pub rules: Arc<Rules>,
    /// Which clock the pictures' times are of.
    pub clock: Clock,
    /// SHA-256 of this program.
    pub program: Hash,
    /// Set: seal everything and end.
    pub stop: Arc<AtomicBool>,
}

/// A bench at work.
#[derive(Debug)]
pub struct Bench {
    index: usize,
    plan: Plan,
    shared: Shared,
    camera: Camera,
    /// Since when there are no pictures, by the bench's clock; from the beginning until the first one.
    away_us: Option<i64>,
    session: Session,
    recorder: Recorder,
    repeats: Repeats,
    /// End of the newest GOP: the time of a simulated clock.
    newest_us: i64,
    newest: Instant,
    /// The clip is to be held, once its order is known.
    hold: bool,
}

impl Bench {
    /// A bench that has not begun. `index`: its place in the configuration and the status.
    pub fn new(index: usize, plan: Plan, shared: Shared) -> Self {
        let config = &shared.station.data.config;
        let setup = crate::cmd::setup(&shared.station, plan.source.clone(), shared.clock, plan.overlay);
        Self {
            index,
            camera: Camera::new(setup, shared.clock),
            away_us: Some(i64::MIN),
            session: Session::new(settings(config)),
            recorder: Recorder::new(shared.station.clone()),
            repeats: Repeats::new(config.scanner.double_read_ms),
            newest_us: 0,
            newest: Instant::now(),
            hold: false,
            plan,
            shared,
        }
    }

    /// Works until it is told to stop, then seals what is open.
    pub fn run(mut self, heard: &Receiver<Heard>, scans: &Receiver<http::Scan>) {
        self.away_us = Some(self.now());
        while !self.shared.stop.load(Ordering::Relaxed) {
            let arrivals = self.camera.arrivals();
            let mut reply = None;
            select! {
                recv(heard) -> heard => if let Ok(heard) = heard { self.hear(heard) },
                recv(scans) -> scan => if let Ok(scan) = scan {
                    self.code(&scan.text, scan.at_us);
                    reply = Some(scan.reply);
                },
                recv(arrivals) -> arrival => self.arrival(arrival.unwrap_or(Arrival::Gone)),
                default(TICK) => {}
            }
            let began = Instant::now();
            self.tick();
            self.tell();
            // Who asked may have gone.
            reply.map(|reply| reply.send(()));
            if began.elapsed() > HELD_UP {
                self.camera.excuse(began.elapsed());
            }
        }
        self.shutdown();
    }

    /// The bench's clock, µs: the monotonic one, or that of the pictures.
    fn now(&self) -> i64 {
        match self.shared.clock {
            Clock::System => clock::monotonic(),
            Clock::Simulated { .. } => self.newest_us,
        }
    }

    fn hear(&mut self, heard: Heard) {
        match heard {
            Heard::Code { text, at_us } => self.code(&text, at_us),
            Heard::Lost { scanner, detail } => {
                tracing::warn!(bench = self.plan.name.as_str(), cause = scanner, "scanner: {detail}");
                self.shared.status.update(self.index, |bench| bench.scanner(&scanner, false));
                self.prompt(&Prompt::ScannerLost { name: scanner });
            }
            Heard::Back { scanner } => {
                self.shared.status.update(self.index, |bench| bench.scanner(&scanner, true));
                self.prompt(&Prompt::ScannerBack { name: scanner });
            }
        }
    }

    /// A code was read at this time of the monotonic clock.
    fn code(&mut self, text: &str, at_us: i64) {
        let at_us = if self.shared.clock == Clock::System { at_us } else { self.now() };
        if self.repeats.is_double(text, at_us) {
            return self.shared.status.update(self.index, |bench| bench.double_reads += 1);
        }
        let scan = self.shared.rules.read(text);
        self.shared.status.update(self.index, |bench| bench.scanned(scan.class()));
        tracing::debug!(bench = self.plan.name.as_str(), rule = scan.rule, length = scan.length, "scan");
        let before = match &scan.code {
            Code::Order(order) if self.session.order() != Some(order) => self.days_since(order, at_us),
            _ => None,
        };
        self.step(at_us, Input::Scan { scan, before });
    }

    /// Days since this order was recorded last, if that is to be warned of.
    fn days_since(&self, order: &Order, at_us: i64) -> Option<u64> {
        let days = i64::from(self.shared.station.data.config.clip.duplicate_days);
        let now = at_us + self.shared.clock.offset();
        let since = Time(now - days * DAY_US);
        // A catalogue that fails is told where it is written.
        let last = self.shared.station.catalogue.last_recorded(order, since).ok().flatten().filter(|_| days > 0)?;
        Some(u64::try_from((now - last.0) / DAY_US).unwrap_or(0))
    }

    fn step(&mut self, at_us: i64, input: Input) {
        let actions = self.session.step(at_us, input);
        let goes_on = actions.iter().any(|action| matches!(action, Action::Open { .. }));
        for action in actions {
            let done = match action {
                Action::Open { order, opened, direction } => {
                    self.hold = false;
                    self.camera.order(order.as_ref().map(Order::as_str));
                    let opening = Opening {
                        order,
                        opened,
                        direction,
                        bench: self.plan.name.clone(),
                        operator: self.session.operator().cloned(),
                        time: Time(at_us + self.shared.clock.offset()),
                        source: self.plan.kind,
                        clock: self.shared.clock,
                        program: self.shared.program,
                    };
                    self.open(opening, at_us)
                }
                Action::Bind(order) => {
                    self.camera.order(Some(order.as_str()));
                    self.bind(at_us, order)
                }
                Action::Note(kind) => {
                    self.recorder.event(at_us, kind);
                    Ok(())
                }
                Action::Close(reason) => {
                    if !goes_on {
                        self.camera.order(None);
                    }
                    self.recorder.close(self.end_of(at_us, goes_on), reason)
                }
                Action::Hold => {
                    self.hold = true;
                    self.keep_hold()
                }
                Action::Operator(_) => Ok(()),
                Action::Prompt(prompt) => {
                    self.prompt(&prompt);
                    Ok(())
                }
            };
            if let Err(error) = done {
                self.failed(at_us, error);
                return;
            }
        }
    }

    /// When a clip ends whose end was asked for now: something more is seen, where the next clip does not begin there.
    fn end_of(&self, at_us: i64, goes_on: bool) -> i64 {
        let clip = &self.shared.station.data.config.clip;
        if goes_on && !clip.overlap { at_us } else { at_us + (clip.post_roll_seconds * 1e6) as i64 }
    }

    fn open(&mut self, opening: Opening, at_us: i64) -> Result<(), ClipError> {
        let floor = self.shared.station.data.config.storage.floor_mib;
        if self.shared.station.data.free_mib().is_ok_and(|free| free < floor) {
            return Err(ClipError::NoRoom);
        }
        self.recorder.open(opening, at_us)
    }

    fn bind(&mut self, at_us: i64, order: Order) -> Result<(), ClipError> {
        self.recorder.bind(at_us, order.clone());
        if let Some(clip) = self.recorder.current() {
            self.shared.station.catalogue.bind(clip.sequence(), &order)?;
        }
        if self.hold { self.keep_hold() } else { Ok(()) }
    }

    /// Holds the clip's order; while it is not known, the clip.
    fn keep_hold(&self) -> Result<(), ClipError> {
        let order = self.session.order().map(|order| order.as_str().to_owned());
        let target = order.or_else(|| self.recorder.current().map(|clip| clip.id().to_string()));
        let Some(target) = target else { return Ok(()) };
        let now = Time(self.now() + self.shared.clock.offset());
        Ok(self.shared.station.catalogue.hold(&target, "HOLD", now)?)
    }

    /// What was asked for could not be done: the packer is told, and nothing counts as recorded.
    fn failed(&mut self, at_us: i64, error: ClipError) {
        let bench = self.plan.name.as_str();
        let refusal = match &error {
            error if error.is_full() => Refusal::NoRoom,
            ClipError::Refused(_) => Refusal::Pictures,
            _ => Refusal::Disk,
        };
        tracing::error!(bench, cause = "clip", "{}", crate::cmd::refused_or(error).line(Lang::En));
        if !self.recorder.is_recording() && self.session.is_recording() {
            self.step(at_us, Input::Refused(refusal));
        }
    }

    fn arrival(&mut self, arrival: Arrival) {
        match arrival {
            Arrival::Alive(alive) => {
                let rate = self.camera.alive(&alive);
                self.shared.status.update(self.index, |bench| bench.camera.alive(&alive, rate));
            }
            Arrival::Stream(stream) => {
                for control in &stream.unsupported {
                    tracing::warn!(bench = self.plan.name.as_str(), cause = control, "the camera has no such control");
                }
                self.shared.status.update(self.index, |bench| bench.camera.identity.clone_from(&stream.camera));
                if let Err(error) = self.recorder.stream(stream) {
                    self.failed(self.now(), error);
                }
            }
            Arrival::Gop(gop) => self.gop(&gop),
            Arrival::End(end) => {
                let fault = self.camera.ended(Some(end));
                self.away(&fault);
            }
            Arrival::Gone => {
                let fault = self.camera.ended(None);
                self.away(&fault);
            }
            Arrival::Nothing => {}
        }
    }

    fn gop(&mut self, gop: &Arc<Gop>) {
        if self.away_us.take().is_some() {
            self.back(gop.start_us());
        }
        self.camera.works();
        self.newest_us = gop.head.end_us;
        self.newest = Instant::now();
        match self.recorder.gop(gop.clone()) {
            Ok(None) => self.shared.status.update(self.index, |bench| bench.sealed_at = Some(Instant::now())),
            Ok(Some((reason, error))) => {
                let why = crate::cmd::refused_or(error);
                tracing::error!(bench = self.plan.name.as_str(), cause = reason.as_str(), "{}", why.line(Lang::En));
                self.closed(reason);
            }
            Err(error) => {
                self.failed(self.now(), error);
                self.closed(Reason::Damaged);
            }
        }
        for noticed in &gop.head.events {
            self.noticed(noticed.what);
        }
    }

    /// The recorder closed the clip itself.
    fn closed(&mut self, reason: Reason) {
        if self.session.is_recording() && !self.recorder.is_recording() {
            self.camera.order(None);
            self.step(self.now(), Input::Closed(reason));
        }
    }

    fn noticed(&mut self, notice: Notice) {
        let now = self.now();
        let (picture, prompt) = match notice {
            Notice::Still => return self.step(now, Input::Still),
            Notice::Moving => return self.step(now, Input::Moving),
            Notice::Frozen => (status::Picture::Frozen, Prompt::CameraFrozen),
            Notice::Unfrozen => (status::Picture::Good, Prompt::CameraUnfrozen),
            Notice::Dark => (status::Picture::Dark, Prompt::PictureDark),
            Notice::Lit => (status::Picture::Good, Prompt::PictureLit),
        };
        self.shared.status.update(self.index, |bench| bench.camera.picture = picture);
        self.prompt(&prompt);
    }

    /// There are no pictures any more. Said once, however often starting again fails.
    fn away(&mut self, fault: &Fault) {
        let (Fault::Stalled(detail) | Fault::Lost(detail)) = fault;
        tracing::warn!(bench = self.plan.name.as_str(), cause = "camera", "camera: {detail}");
        let stalled = matches!(fault, Fault::Stalled(_));
        self.shared.status.update(self.index, |bench| bench.camera.fault(stalled));
        if self.away_us.is_some() {
            return;
        }
        let now = self.now();
        self.away_us = Some(now);
        let (kind, prompt) = if stalled {
            (EventKind::CameraStalled, Prompt::CameraStalled)
        } else {
            (EventKind::CameraLost, Prompt::CameraLost)
        };
        self.recorder.camera(now, kind);
        self.prompt(&prompt);
    }

    /// There are pictures again, from this time on.
    fn back(&mut self, at_us: i64) {
        let first = self.shared.status.update(self.index, |bench| bench.camera.live());
        if !first {
            self.recorder.camera(at_us, EventKind::CaptureRestarted);
            self.recorder.camera(at_us, EventKind::CameraBack);
            self.prompt(&Prompt::CameraBack);
        }
    }

    fn tick(&mut self) {
        // On a simulated clock the time without pictures counts as it really went by.
        let begin_us = self.newest_us + self.newest.elapsed().as_micros() as i64;
        if let Some(fault) = self.camera.watch(begin_us) {
            self.away(&fault);
        }
        let now = self.now();
        let patience = i64::from(self.shared.station.data.config.clip.camera_lost_seconds) * 1_000_000;
        let waited = if self.shared.clock == Clock::System { now } else { begin_us };
        if self.away_us.is_some_and(|since| waited - since > patience) && self.recorder.is_open() {
            if let Err(error) = self.recorder.close_open(Reason::CameraLost) {
                self.failed(now, error);
            }
            self.closed(Reason::CameraLost);
        }
        if self.recorder.give_up(waited - patience) > 0 && !self.recorder.is_recording() {
            self.step(now, Input::Refused(Refusal::Camera));
        }
        // The recorder ends what lasts longer than a clip can.
        self.closed(Reason::Timeout);
        if self.session.due().is_some_and(|due| due <= now) {
            self.step(now, Input::Tick);
        }
        self.count_sealed();
    }

    fn count_sealed(&mut self) {
        for clip in self.recorder.sealed() {
            let (bench, path) = (self.plan.name.as_str(), clip.path.display());
            tracing::info!(bench, sequence = clip.sequence, reason = clip.reason.as_str(), "sealed {path}");
            self.shared.status.update(self.index, |bench| bench.sealed(clip.reason));
        }
    }

    /// Brings the status up to date.
    fn tell(&self) {
        let clip = self.recorder.current();
        let session = &self.session;
        self.shared.status.update(self.index, |bench| {
            bench.wanted = session.is_recording();
            bench.order = session.order().map(|order| order.as_str().to_owned());
            bench.direction = session.direction();
            bench.operator = session.operator().map(|operator| operator.as_str().to_owned());
            bench.clip = clip.map(|clip| (clip.sequence(), clip.length_us()));
            bench.now_us = self.now() + self.shared.clock.offset();
        });
    }

    fn prompt(&self, prompt: &Prompt) {
        let lang = self.shared.station.data.config.language;
        let (bench, key, text) = (self.plan.name.as_str(), prompt.key(), prompt.text(lang));
        match prompt.weight() {
            Weight::Info => tracing::info!(bench, cause = key, "{text}"),
            Weight::Warn => tracing::warn!(bench, cause = key, "{text}"),
            Weight::Alarm => tracing::error!(bench, cause = key, "{text}"),
        }
        if prompt.weight() != Weight::Info && stderr().is_terminal() {
            eprint!("\x07");
        }
        self.shared.status.prompt(self.index, key, prompt.parameters(), text);
    }

    /// Takes what the camera still gives and seals everything, within 2 s.
    fn shutdown(mut self) {
        let until = Instant::now() + DRAIN;
        self.camera.stop();
        let arrivals = self.camera.arrivals();
        while let Ok(arrival) = arrivals.recv_deadline(until) {
            match arrival {
                Arrival::Gop(gop) => self.gop(&gop),
                Arrival::End(_) | Arrival::Gone => break,
                Arrival::Stream(_) | Arrival::Alive(_) | Arrival::Nothing => {}
            }
        }
        if let Err(error) = self.recorder.close_all(Reason::Shutdown) {
            self.failed(self.now(), error);
        }
        self.count_sealed();
        self.shared.status.update(self.index, |bench| bench.stopped = true);
    }
}

fn settings(config: &Config) -> session::Settings {
    let seconds = |seconds: u32| i64::from(seconds) * 1_000_000;
    session::Settings {
        same_code: config.clip.same_code,
        still_us: Some(seconds(config.clip.still_seconds)).filter(|&us| us > 0),
        longest_us: seconds(config.clip.longest_seconds),
        answer_us: seconds(config.clip.answer_seconds),
        one_shot_us: i64::from(config.scanner.one_shot_ms) * 1000,
    }
}
