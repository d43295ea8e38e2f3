//! What is said of one bench.

use std::collections::{BTreeMap, VecDeque};

use evidence::{
    statement::{CodeClass, Direction, Reason},
    value::{Order, Time, Token},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Moment, Parcel, Word, parcel::PARCELS};
use crate::{capture::Sight, prompt::Prompt, say::Lang};

/// µs after which what arrived last counts for nothing any more: a GOP is about a second.
const SILENT: i64 = 3_000_000;

/// How many prompts are remembered.
const PROMPTS: usize = 20;

/// A bench. Times called `…_us` are of the system's monotonic clock, also where those of a clip are simulated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Bench {
    /// As the configuration calls it.
    pub name: String,
    /// Worked out when it is read.
    state: State,
    /// Why it needs attention; empty where it does not. Worked out when it is read.
    attention: Vec<Attention>,
    /// The same for a person, what is at the bottom of it first.
    remedies: Vec<Remedy>,
    /// The clip that is open or asked for.
    pub clip: Option<Clip>,
    /// What the order of that clip holds, as it was looked up; `null`: not known.
    #[serde(default)]
    pub expected: Option<Vec<Item>>,
    /// Who is signed on.
    pub operator: Option<String>,
    /// Its camera.
    pub camera: Camera,
    /// Its scanners.
    pub scanners: Vec<Scanner>,
    /// Since the start.
    pub counters: Counters,
    /// What it told the packer last, oldest first; at most 20.
    #[schema(value_type = Vec<Said>)]
    pub prompts: VecDeque<Said>,
    /// What was packed at it last, also before the start, oldest first; at most 5.
    #[schema(value_type = Vec<Parcel>)]
    pub parcels: VecDeque<Parcel>,
    #[serde(skip)]
    runs: bool,
}

/// What a bench is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = BenchState)]
pub enum State {
    /// Waits for a scan.
    Ready,
    /// A clip is open, and a GOP of it was sealed less than 3 s ago.
    Recording,
    /// Somebody must look: what is packed now may not be recorded.
    Attention,
    /// Not running.
    Stopped,
}

impl State {
    /// Every case.
    pub const ALL: [Self; 4] = [Self::Ready, Self::Recording, Self::Attention, Self::Stopped];

    /// As JSON says it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Recording => "recording",
            Self::Attention => "attention",
            Self::Stopped => "stopped",
        }
    }
}

/// Why a bench needs attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Attention {
    /// A clip is open or asked for, and nothing of it was sealed for 3 s.
    NothingSealed,
    /// The camera is not live.
    Camera,
    /// There is no room for clips.
    StorageFull,
}

impl Attention {
    /// Every case.
    pub const ALL: [Self; 3] = [Self::NothingSealed, Self::Camera, Self::StorageFull];

    /// As JSON says it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NothingSealed => "nothing-sealed",
            Self::Camera => "camera",
            Self::StorageFull => "storage-full",
        }
    }

    /// For a person.
    pub fn text(self, lang: Lang) -> &'static str {
        match self {
            Self::NothingSealed => lang.pick("nothing is being sealed", "没有画面被封存"),
            Self::Camera => lang.pick("check the camera", "请检查摄像头"),
            Self::StorageFull => lang.pick("make room on the disk", "请腾出磁盘空间"),
        }
    }
}

/// A text for a person, in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Texts {
    /// English.
    #[schema(value_type = String)]
    pub en: Word,
    /// Chinese.
    #[schema(value_type = String)]
    pub zh: Word,
}

/// What is wrong, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Remedy {
    /// Why the bench needs attention.
    pub reason: Attention,
    /// What is wrong.
    pub what: Texts,
    /// What to do now.
    pub remedy: Texts,
}

impl Remedy {
    fn of(reason: Attention, camera: CameraState) -> Self {
        let (what, remedy) = match (reason, camera) {
            (Attention::StorageFull, _) => (
                ("The disk is full.", "磁盘已满。"),
                ("Stop packing and call the administrator.", "请停止打包并联系管理员。"),
            ),
            (Attention::Camera, CameraState::Starting) => (
                ("The camera is starting.", "摄像头正在启动。"),
                ("Wait a moment. If it stays so, check its cable.", "请稍候。若一直如此，请检查连线。"),
            ),
            (Attention::Camera, CameraState::Lost) => {
                (("No camera.", "摄像头断开。"), ("Stop packing and check its cable.", "请停止打包并检查连线。"))
            }
            (Attention::Camera, CameraState::Frozen) => (
                ("The picture is frozen.", "画面卡住。"),
                ("Stop packing and plug the camera in again.", "请停止打包并重新插拔摄像头。"),
            ),
            (Attention::Camera, CameraState::Dark) => {
                (("The picture is black.", "画面全黑。"), ("Check the light and the lens.", "请检查灯光和镜头。"))
            }
            (Attention::Camera, CameraState::Stalled | CameraState::Live) => (
                ("The camera sends no picture.", "摄像头没有画面。"),
                (
                    "Stop packing. If it does not come back, plug it in again.",
                    "请停止打包。若未恢复，请重新插拔摄像头。",
                ),
            ),
            (Attention::NothingSealed, _) => (
                ("What is packed now is not being sealed.", "当前打包画面没有被封存。"),
                ("Stop packing. If it stays so, call the administrator.", "请停止打包。若一直如此，请联系管理员。"),
            ),
        };
        let texts = |(en, zh): (&'static str, &'static str)| Texts { en: en.into(), zh: zh.into() };
        Self { reason, what: texts(what), remedy: texts(remedy) }
    }
}

/// The clip that is open or asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = OpenClip)]
pub struct Clip {
    /// `null`: not known yet.
    pub order: Option<String>,
    /// `outgoing` or `return`.
    #[schema(value_type = String)]
    pub direction: Word,
    /// When it was asked for.
    pub since: Moment,
    /// Its number; `null`: nothing of it is sealed yet.
    pub sequence: Option<u64>,
    /// Seconds sealed, with what was before the scan.
    pub seconds: f64,
    #[serde(skip)]
    sealed_us: Option<i64>,
}

/// What an order holds, by what was looked up: for the packer's eyes, and nowhere signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Item {
    /// As it is scanned; at most 64 characters.
    pub code: String,
    /// What it is called; at most 120 characters, and none is a control character.
    pub name: String,
    /// How many of it.
    pub quantity: u32,
}

/// A bench's camera.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Camera {
    /// As it is known; `live` turns to `stalled` when it is read 3 s after the last frame.
    pub state: CameraState,
    /// Make, model, serial number; `null`: not known yet.
    pub identity: Option<String>,
    /// As measured; 0 where none come.
    pub frames_per_second: f64,
    /// How well it sees, in pictures that are decoded; `null`: not known.
    pub sight: Option<Sight>,
    /// Milliseconds since the last frame came; `null`: none has. Worked out when it is read.
    last_frame_ms: Option<u64>,
    /// How often its capture process was started again.
    pub restarts: u64,
    /// Frames lost since the start, as counted by the driver, the reader and the encoder.
    pub lost_frames: u64,
    #[serde(skip)]
    last_frame_us: Option<i64>,
    #[serde(skip)]
    tried_us: Option<i64>,
}

/// What a camera is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CameraState {
    /// No picture yet.
    Starting,
    /// Pictures come.
    Live,
    /// It is there and sends nothing.
    Stalled,
    /// It is gone.
    Lost,
    /// One identical picture again and again.
    Frozen,
    /// The picture is black.
    Dark,
}

impl CameraState {
    /// Every case.
    pub const ALL: [Self; 6] = [Self::Starting, Self::Live, Self::Stalled, Self::Lost, Self::Frozen, Self::Dark];

    /// As JSON says it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Live => "live",
            Self::Stalled => "stalled",
            Self::Lost => "lost",
            Self::Frozen => "frozen",
            Self::Dark => "dark",
        }
    }
}

/// A scanner.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Scanner {
    /// As the configuration names it.
    pub name: String,
    /// What it is doing.
    pub state: ScannerState,
}

/// What a scanner is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ScannerState {
    /// Codes can come.
    Connected,
    /// It is not there.
    Lost,
}

/// Counted since the start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Counters {
    /// Parcels whose clip was sealed, by the reason of its end.
    #[schema(value_type = BTreeMap<String, u64>)]
    pub parcels: BTreeMap<Word, u64>,
    /// Codes, by what they were.
    #[schema(value_type = BTreeMap<String, u64>)]
    pub scans: BTreeMap<Word, u64>,
    /// The same code again at once.
    pub double_reads: u64,
    /// What was told to the packer, by its key.
    #[schema(value_type = BTreeMap<String, u64>)]
    pub prompts: BTreeMap<Word, u64>,
}

/// A prompt that was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Said {
    /// Stable name of its kind.
    #[schema(value_type = String)]
    pub key: Word,
    /// How much it wants to be heard: `info`, `warn` or `alarm`.
    #[schema(value_type = String)]
    pub weight: Word,
    /// What it carries. It may name an order.
    #[schema(value_type = BTreeMap<String, String>)]
    pub parameters: BTreeMap<Word, String>,
    /// In the station's language.
    pub text: String,
    /// In both.
    pub texts: Texts,
    /// When.
    pub time: Moment,
}

/// What a bench's thread last wrote down; times are µs of the monotonic clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pulse {
    /// When it knew of frames that came.
    pub frames_us: Option<i64>,
    /// It has said that its camera is starting, stalled or lost.
    pub away: bool,
    /// When it started the camera, or saw to one that is starting within its time.
    pub tried_us: Option<i64>,
}

/// Whether this time lies 3 s and more before that one.
fn silent(since_us: Option<i64>, at_us: i64) -> bool {
    since_us.is_none_or(|since| at_us.saturating_sub(since) >= SILENT)
}

impl Bench {
    pub(super) fn new(name: String) -> Self {
        let zero = |words: &[&'static str]| words.iter().map(|&word| (word.into(), 0)).collect();
        let reasons: Vec<_> = Reason::ALL.iter().map(|r| r.as_str()).collect();
        let classes: Vec<_> = CodeClass::ALL.iter().map(|c| c.as_str()).collect();
        Self {
            name,
            state: State::Stopped,
            attention: Vec::new(),
            remedies: Vec::new(),
            clip: None,
            expected: None,
            operator: None,
            camera: Camera {
                state: CameraState::Starting,
                identity: None,
                frames_per_second: 0.0,
                sight: None,
                last_frame_ms: None,
                restarts: 0,
                lost_frames: 0,
                last_frame_us: None,
                tried_us: None,
            },
            scanners: Vec::new(),
            // All at 0: who counts what happened sees the first one happen.
            counters: Counters {
                parcels: zero(&reasons),
                scans: zero(&classes),
                double_reads: 0,
                prompts: BTreeMap::new(),
            },
            prompts: VecDeque::new(),
            parcels: VecDeque::new(),
            runs: false,
        }
    }

    /// What it is doing, in a snapshot.
    pub fn state(&self) -> State {
        self.state
    }

    /// Why it needs attention, in a snapshot.
    pub fn attention(&self) -> &[Attention] {
        &self.attention
    }

    /// What is wrong and what to do, in a snapshot.
    pub fn remedies(&self) -> &[Remedy] {
        &self.remedies
    }

    /// Whether it is what that snapshot said of it, but for how long ago the last frame came.
    pub fn is_as(&self, before: &Self) -> bool {
        let mut now = self.clone();
        (now.camera.last_frame_ms, now.camera.last_frame_us) =
            (before.camera.last_frame_ms, before.camera.last_frame_us);
        now.camera.tried_us = before.camera.tried_us;
        if let (Some(now), Some(before)) = (&mut now.clip, &before.clip) {
            now.sealed_us = before.sealed_us;
        }
        now == *before
    }

    /// What its thread last wrote down, while it runs. Not of a snapshot, which judges what is written.
    pub(super) fn pulse(&self) -> Option<Pulse> {
        let camera = &self.camera;
        let away = matches!(camera.state, CameraState::Starting | CameraState::Stalled | CameraState::Lost);
        self.runs.then_some(Pulse { frames_us: camera.last_frame_us, away, tried_us: camera.tried_us })
    }

    /// It runs from now on.
    pub fn started(&mut self) {
        self.runs = true;
    }

    /// It runs no more, and has no clip.
    pub fn stopped(&mut self) {
        self.runs = false;
        self.clip_closed();
    }

    /// A clip is asked for. Where one was open, it is that one's turn to be closed.
    pub fn clip_opened(&mut self, order: Option<&Order>, direction: Direction, since: Time) {
        self.expected = None;
        self.clip = Some(Clip {
            order: order.map(ToString::to_string),
            direction: direction.as_str().into(),
            since: Moment(since),
            sequence: None,
            seconds: 0.0,
            sealed_us: None,
        });
    }

    /// The order of the open clip is known now.
    pub fn clip_bound(&mut self, order: &Order) {
        if let Some(clip) = &mut self.clip {
            clip.order = Some(order.to_string());
        }
    }

    /// The order of the open clip holds these. Of another order, they come too late and are nobody's.
    pub fn expected(&mut self, order: &Order, items: Vec<Item>) {
        if self.clip.as_ref().is_some_and(|clip| clip.order.as_deref() == Some(order.as_str())) {
            self.expected = Some(items);
        }
    }

    /// At this time a GOP of the open clip was on disk with its signature; the clip has this number, and so many
    /// seconds of it are sealed.
    pub fn clip_sealed(&mut self, sequence: u64, seconds: f64, at_us: i64) {
        if let Some(clip) = &mut self.clip {
            clip.sequence = Some(sequence);
            clip.seconds = seconds;
            clip.sealed_us = Some(at_us);
        }
    }

    /// No clip is open any more. What is counted of it is [`Self::parcel`].
    pub fn clip_closed(&mut self) {
        (self.clip, self.expected) = (None, None);
    }

    /// Somebody signed on, or off.
    pub fn operator(&mut self, who: Option<&Token>) {
        self.operator = who.map(ToString::to_string);
    }

    /// A clip has its END, for this reason.
    pub fn parcel(&mut self, reason: Reason) {
        *self.counters.parcels.entry(reason.as_str().into()).or_default() += 1;
    }

    /// This was packed, after all before it.
    pub fn packed(&mut self, parcel: Parcel) {
        if self.parcels.len() == PARCELS {
            self.parcels.pop_front();
        }
        self.parcels.push_back(parcel);
    }

    /// A code of this class came.
    pub fn scan(&mut self, class: CodeClass) {
        *self.counters.scans.entry(class.as_str().into()).or_default() += 1;
    }

    /// A code came again at once, and was left out.
    pub fn double_read(&mut self) {
        self.counters.double_reads += 1;
    }

    /// A scanner is there, or not.
    pub fn scanner(&mut self, name: &str, state: ScannerState) {
        match self.scanners.iter_mut().find(|scanner| scanner.name == name) {
            Some(scanner) => scanner.state = state,
            None => self.scanners.push(Scanner { name: name.to_owned(), state }),
        }
    }

    /// The packer was told this, at a station of this language.
    pub fn prompt(&mut self, prompt: &Prompt, lang: Lang, time: Time) {
        let key = prompt.key();
        *self.counters.prompts.entry(key.into()).or_default() += 1;
        if self.prompts.len() == PROMPTS {
            self.prompts.pop_front();
        }
        let parameters = prompt.parameters().into_iter().map(|(name, value)| (name.into(), value)).collect();
        let [en, zh] = [Lang::En, Lang::Zh].map(|lang| prompt.text(lang));
        self.prompts.push_back(Said {
            key: key.into(),
            weight: prompt.weight().as_str().into(),
            parameters,
            text: lang.pick(&en, &zh).clone(),
            texts: Texts { en: en.into(), zh: zh.into() },
            time: Moment(time),
        });
    }

    /// Works out what is only true at this time.
    pub(super) fn judge(&mut self, at_us: i64, storage_full: bool) {
        self.camera.judge(at_us);
        let sealing = self.clip.as_ref().is_none_or(|clip| !silent(clip.sealed_us, at_us));
        let reasons = [
            (!sealing, Attention::NothingSealed),
            (self.camera.state != CameraState::Live, Attention::Camera),
            (storage_full, Attention::StorageFull),
        ];
        let reasons = reasons.into_iter().filter(|(holds, _)| self.runs && *holds);
        self.attention = reasons.map(|(_, reason)| reason).collect();
        // That nothing is sealed is what comes of the others.
        self.remedies = self.attention.iter().rev().map(|&reason| Remedy::of(reason, self.camera.state)).collect();
        self.state = match (self.runs, self.attention.is_empty(), &self.clip) {
            (false, _, _) => State::Stopped,
            (true, false, _) => State::Attention,
            (true, true, Some(_)) => State::Recording,
            (true, true, None) => State::Ready,
        };
    }
}

impl Camera {
    /// Milliseconds since the last frame came, in a snapshot.
    pub fn last_frame_ms(&self) -> Option<u64> {
        self.last_frame_ms
    }

    /// A frame had come at this time, or the capture process says that one did.
    pub fn frame(&mut self, at_us: i64) {
        self.last_frame_us = self.last_frame_us.max(Some(at_us));
    }

    /// At this time it was started, or was starting within its time.
    pub fn tried(&mut self, at_us: i64) {
        self.tried_us = Some(at_us);
    }

    /// So many frames came in so many µs.
    pub fn rate(&mut self, frames: u64, us: i64) {
        self.frames_per_second = if us > 0 { (frames as f64 * 1e9 / us as f64).round() / 1e3 } else { 0.0 };
    }

    fn judge(&mut self, at_us: i64) {
        self.last_frame_ms = self.last_frame_us.map(|last| at_us.saturating_sub(last).max(0) as u64 / 1000);
        if silent(self.last_frame_us, at_us) {
            self.frames_per_second = 0.0;
            self.sight = None;
            // Whoever should say so may hang as well.
            if matches!(self.state, CameraState::Live | CameraState::Frozen | CameraState::Dark) {
                self.state = CameraState::Stalled;
            }
        }
    }
}
