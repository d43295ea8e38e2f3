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

use crossbeam_channel::{Receiver, select_biased};
use evidence::{
    statement::{EventKind, Reason},
    value::{Hash, Order, Time, Value},
};

use self::camera::{Camera, Fault};
pub use self::plan::Plan;
use crate::{
    capture::protocol::Notice,
    child::Arrival,
    clip::{self, ClipError, Gop, Opening},
    clock::{self, Clock},
    code::{Code, Rules},
    config::Config,
    data::Locked,
    http,
    lookup::Lookup,
    prompt::{Prompt, Weight},
    recorder::Recorder,
    say::Lang,
    scanner::{Heard, framing::Repeats},
    session::{self, Action, Input, Refusal, Session, Via},
    status::{self, CameraState, Parcel, ScannerState, Status},
    storage::Level,
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
    /// Where an order's items are asked for, if anywhere.
    pub lookup: Option<Lookup>,
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
    /// Wall clock less monotonic clock when the newest GOP came, µs.
    offset: Option<i64>,
    /// When a GOP was sealed last, µs of the monotonic clock.
    sealed_us: i64,
    /// The camera gave pictures before.
    seen: bool,
    /// The clip is to be held, once its order is known.
    hold: bool,
    /// What the room on the disk was when it was looked at last.
    level: Level,
}

impl Shared {
    fn lang(&self) -> Lang {
        self.station.data.config.language
    }
}

impl Bench {
    /// A bench that has not begun. `index`: its place in the configuration and the status.
    pub fn new(index: usize, plan: Plan, shared: Shared) -> Self {
        let config = &shared.station.data.config;
        let setup = crate::source::setup(&shared.station, plan.source.clone(), shared.clock, plan.overlay);
        Self {
            index,
            camera: Camera::new(setup, shared.clock, shared.status.live(index).unwrap_or_default()),
            away_us: Some(i64::MIN),
            session: Session::new(settings(config)),
            recorder: Recorder::new(shared.station.clone()),
            repeats: Repeats::new(&config.scanner),
            newest_us: 0,
            newest: Instant::now(),
            offset: None,
            sealed_us: i64::MIN,
            seen: false,
            hold: false,
            level: Level::Ok,
            plan,
            shared,
        }
    }

    /// Works until it is told to stop, then seals what is open.
    pub fn run(mut self, heard: &Receiver<Heard>, scans: &Receiver<http::Scan>) {
        self.away_us = Some(self.now());
        self.status(status::Bench::started);
        self.remember();
        let mut looked = Instant::now();
        while !self.shared.stop.load(Ordering::Relaxed) {
            let arrivals = self.camera.arrivals();
            let mut asked = None;
            // Codes first: behind a hold-up, the GOPs that came since would push out of the ring what was before the scan.
            select_biased! {
                recv(heard) -> heard => if let Ok(heard) = heard { self.hear(heard) },
                recv(scans) -> scan => if let Some(scan) = scan.ok().filter(http::Scan::is_awaited) {
                    self.code(&scan.text, Via::Api, scan.at_us);
                    asked = Some(scan);
                },
                recv(arrivals) -> arrival => self.arrival(arrival.unwrap_or(Arrival::Gone)),
                default(TICK) => {}
            }
            // Each round lasts a tick and what there was to do: one that lasted longer was held up, by a slow disk or by
            // a machine that was busy or asleep.
            let round = std::mem::replace(&mut looked, Instant::now()).elapsed();
            if round > HELD_UP {
                self.camera.excuse(round);
            }
            self.tick();
            self.tell();
            asked.into_iter().for_each(http::Scan::handled);
        }
        self.shutdown();
    }

    /// Shows what was packed here before the start.
    fn remember(&self) {
        match Parcel::last_of(&self.plan.name, &self.shared.station.catalogue) {
            Ok(parcels) => self.status(|bench| parcels.into_iter().for_each(|parcel| bench.packed(parcel))),
            Err(e) => tracing::error!(bench = self.name(), cause = "catalogue", "past parcels cannot be read: {e}"),
        }
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
            Heard::Code { text, at_us } => self.code(&text, Via::Scanner, at_us),
            Heard::Dropped { scanner, .. } => self.prompt(&Prompt::CodeDropped { name: scanner }),
            Heard::Lost { scanner, detail } => {
                tracing::warn!(bench = self.name(), cause = scanner, "scanner: {}", detail.line(self.shared.lang()));
                self.status(|bench| bench.scanner(&scanner, ScannerState::Lost));
                self.prompt(&Prompt::ScannerLost { name: scanner });
            }
            Heard::There { scanner, again } => {
                self.status(|bench| bench.scanner(&scanner, ScannerState::Connected));
                if again {
                    self.prompt(&Prompt::ScannerBack { name: scanner });
                }
            }
        }
    }

    fn name(&self) -> &str {
        self.plan.name.as_str()
    }

    fn status(&self, change: impl FnOnce(&mut status::Bench)) {
        self.shared.status.update(self.index, change);
    }

    /// A code was read at this time of the monotonic clock.
    fn code(&mut self, text: &str, via: Via, at_us: i64) {
        let at_us = if self.shared.clock == Clock::System { at_us } else { self.now() };
        if self.repeats.again(text, at_us) {
            return self.status(status::Bench::double_read);
        }
        let scan = self.shared.rules.read(text);
        self.status(|bench| bench.scan(scan.class()));
        tracing::debug!(bench = self.name(), rule = scan.rule, length = scan.length, "scan");
        let before = match &scan.code {
            Code::Order(order) if self.session.order() != Some(order) => self.days_since(order, at_us),
            _ => None,
        };
        self.step(at_us, Input::Scan { scan, via, before });
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
                    let since = Time(at_us + self.shared.clock.offset());
                    self.status(|bench| bench.clip_opened(order.as_ref(), direction, since));
                    self.look_up(order.as_ref());
                    let opening = Opening {
                        order,
                        opened,
                        direction,
                        bench: self.plan.name.clone(),
                        operator: self.session.operator().cloned(),
                        time: since,
                        source: self.plan.kind,
                        clock: self.shared.clock,
                        program: self.shared.program,
                    };
                    self.open(opening, at_us)
                }
                Action::Bind(order, via) => {
                    self.camera.order(Some(order.as_str()));
                    self.status(|bench| bench.clip_bound(&order));
                    self.look_up(Some(&order));
                    self.bind(at_us, order, via)
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
                Action::Operator(who) => {
                    self.status(|bench| bench.operator(who.as_ref()));
                    Ok(())
                }
                Action::Prompt(prompt) => {
                    self.prompt(&prompt);
                    Ok(())
                }
            };
            if let Err(error) = done {
                self.failed(at_us, error);
                break;
            }
        }
        if !self.session.is_recording() {
            self.status(status::Bench::clip_closed);
        }
    }

    /// Has the items of this order looked up, which comes to the status by itself.
    fn look_up(&self, order: Option<&Order>) {
        if let Some((lookup, order)) = self.shared.lookup.as_ref().zip(order) {
            lookup.ask(self.index, order);
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
        self.recorder.open(opening, at_us)?;
        if self.recorder.current().is_some() {
            self.sealed_us = clock::monotonic();
        }
        Ok(())
    }

    fn bind(&mut self, at_us: i64, order: Order, via: Via) -> Result<(), ClipError> {
        self.recorder.bind(at_us, via.taken(order.clone()));
        if let Some(clip) = self.recorder.current() {
            self.shared.station.catalogue.bind(clip.sequence(), &order)?;
        }
        if self.hold { self.keep_hold() } else { Ok(()) }
    }

    /// Holds the clip's order; while it is not known, the clip.
    fn keep_hold(&self) -> Result<(), ClipError> {
        let order = self.session.order().map(|order| order.as_str().to_owned());
        let target = order.or_else(|| self.recorder.current().map(|clip| clip.id().to_string()));
        // A clip's id is of the alphabet of orders.
        let Some(target) = target.and_then(|target| Order::parse(&target)) else { return Ok(()) };
        let now = Time(self.now() + self.shared.clock.offset());
        self.shared.station.catalogue.hold(&target, "HOLD", self.session.operator(), now)?;
        Ok(())
    }

    /// What was asked for could not be done: the packer is told, and nothing counts as recorded.
    fn failed(&mut self, at_us: i64, error: ClipError) {
        let bench = self.name();
        let refusal = match &error {
            error if error.is_full() => Refusal::NoRoom,
            ClipError::Refused(_) => Refusal::Pictures,
            _ => Refusal::Disk,
        };
        tracing::error!(bench, cause = "clip", "{}", crate::recorder::trouble(error).line(Lang::En));
        if !self.recorder.is_recording() && self.session.is_recording() {
            self.step(at_us, Input::Refused(refusal));
        }
    }

    fn arrival(&mut self, arrival: Arrival) {
        match arrival {
            Arrival::Alive(alive) => {
                let spoken = self.camera.alive(&alive);
                self.status(|bench| {
                    bench.camera.rate(spoken.frames, spoken.us);
                    bench.camera.lost_frames += spoken.lost;
                    bench.camera.sight = alive.sight;
                    if spoken.frames > 0 {
                        bench.camera.frame(clock::monotonic());
                    }
                });
            }
            Arrival::Stream(stream) => {
                for control in &stream.unsupported {
                    tracing::warn!(bench = self.name(), cause = control, "the camera does not take this setting");
                }
                self.status(|bench| bench.camera.identity = Some(stream.camera.clone()));
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
        // Clips sign it themselves; the packer is told even where none is open.
        let step = gop.offset - self.offset.replace(gop.offset).unwrap_or(gop.offset);
        if step.abs() > clip::STEP {
            self.prompt(&Prompt::ClockStepped { seconds: format!("{:+.1}", step as f64 / 1e6) });
        }
        match self.recorder.gop(gop.clone()) {
            Ok(None) => self.sealed_us = clock::monotonic(),
            Ok(Some((reason, error))) => {
                let why = crate::recorder::trouble(error);
                tracing::error!(bench = self.name(), cause = reason.as_str(), "{}", why.line(Lang::En));
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
            Notice::Frozen => (CameraState::Frozen, Prompt::CameraFrozen),
            Notice::Unfrozen => (CameraState::Live, Prompt::CameraUnfrozen),
            Notice::Dark => (CameraState::Dark, Prompt::PictureDark),
            Notice::Lit => (CameraState::Live, Prompt::PictureLit),
        };
        self.status(|bench| bench.camera.state = picture);
        self.prompt(&prompt);
    }

    /// There are no pictures any more. Said once, however often starting again fails.
    fn away(&mut self, fault: &Fault) {
        let (state, kind, input, detail) = match fault {
            Fault::Stalled(detail) => (CameraState::Stalled, EventKind::CameraStalled, Input::CameraStalled, detail),
            Fault::Lost(detail) => (CameraState::Lost, EventKind::CameraLost, Input::CameraLost, detail),
        };
        tracing::warn!(bench = self.name(), cause = "camera", "camera: {detail}");
        self.status(|bench| {
            bench.camera.state = state;
            bench.camera.restarts += 1;
        });
        let now = self.now();
        if self.away_us.is_none() {
            self.recorder.camera(now, kind);
        }
        self.away_us.get_or_insert(now);
        self.step(now, input);
    }

    /// There are pictures again, from this time on.
    fn back(&mut self, at_us: i64) {
        self.status(|bench| bench.camera.state = CameraState::Live);
        if std::mem::replace(&mut self.seen, true) {
            self.recorder.camera(at_us, EventKind::CaptureRestarted);
            self.recorder.camera(at_us, EventKind::CameraBack);
        }
        self.step(at_us, Input::CameraBack);
    }

    fn tick(&mut self) {
        // On a simulated clock the time without pictures counts as it really went by.
        let begin_us = self.newest_us + self.newest.elapsed().as_micros() as i64;
        if let Some(fault) = self.camera.watch(begin_us) {
            self.away(&fault);
        }
        if self.camera.tries() {
            self.status(|bench| bench.camera.tried(clock::monotonic()));
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
        self.camera.look();
        self.look_at_disk();
        // The recorder ends what lasts longer than a clip can.
        self.closed(Reason::Timeout);
        if self.session.due().is_some_and(|due| due <= now) {
            self.step(now, Input::Tick);
        }
        self.count_sealed();
    }

    /// Tells the packer when room gets short, and when there is room again.
    fn look_at_disk(&mut self) {
        let storage = self.shared.status.room();
        let before = std::mem::replace(&mut self.level, storage.level);
        match (before, storage.level) {
            (before, now) if before == now => {}
            (_, Level::Full) => self.prompt(&Prompt::StorageFull),
            (_, Level::Low) => self.prompt(&Prompt::StorageLow { mib: storage.free_mib.unwrap_or(0) }),
            (_, Level::Ok) => self.prompt(&Prompt::StorageBack),
        }
    }

    fn count_sealed(&mut self) {
        for clip in self.recorder.sealed() {
            let (path, reason) = (clip.path.display(), clip.reason);
            // Each clip is a cause of its own.
            tracing::info!(bench = self.name(), cause = clip.sequence, reason = reason.as_str(), "sealed {path}");
            // A catalogue that fails is told where it is written.
            let row = self.shared.station.catalogue.clip(clip.sequence).ok().flatten();
            let parcel = row.as_ref().and_then(Parcel::of);
            self.status(|bench| {
                bench.parcel(reason);
                parcel.into_iter().for_each(|parcel| bench.packed(parcel));
            });
        }
    }

    /// Brings the status up to date: what was sealed last, and when.
    fn tell(&mut self) {
        if let Some(clip) = self.recorder.current() {
            let (sequence, seconds) = (clip.sequence(), clip.length_us() as f64 / 1e6);
            self.status(|bench| bench.clip_sealed(sequence, seconds, self.sealed_us));
        }
    }

    fn prompt(&self, prompt: &Prompt) {
        let (key, parameters, text) = (prompt.key(), prompt.parameters(), prompt.text(self.shared.lang()));
        // Each order is a cause of its own.
        let cause = parameters.iter().fold(key.to_owned(), |cause, (_, value)| format!("{cause} {value}"));
        match prompt.weight() {
            Weight::Info => tracing::info!(bench = self.name(), cause, "{text}"),
            Weight::Warn => tracing::warn!(bench = self.name(), cause, "{text}"),
            Weight::Alarm => tracing::error!(bench = self.name(), cause, "{text}"),
        }
        if prompt.weight() != Weight::Info && stderr().is_terminal() {
            eprint!("\x07");
        }
        let time = Time(self.now() + self.shared.clock.offset());
        self.status(|bench| bench.prompt(prompt, self.shared.lang(), time));
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
        self.status(status::Bench::stopped);
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
