//! What a webhook is told, as JSON. Names of fields are stable.

use evidence::{
    note::Note,
    statement::{Start, Statement},
    value::{Hash, Time},
};
use serde::Serialize;

use super::{Event, attention::Change};
use crate::{
    catalogue::Clip,
    clock,
    say::Lang,
    status::{Attention, Moment},
};

/// A message on its way to one webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// 32 hex digits. The same again where the same thing is told to the same webhook again.
    pub id: String,
    /// What happened.
    pub event: Event,
    /// The JSON.
    pub body: String,
}

#[derive(Serialize)]
struct Body<'a, T: Serialize> {
    event: Event,
    id: &'a str,
    /// When it was noticed.
    time: Moment,
    station: &'a str,
    #[serde(flatten)]
    about: T,
}

#[derive(Serialize)]
struct Sealed<'a> {
    clip: Whole<'a>,
}

/// The clip that was sealed.
#[derive(Serialize)]
struct Whole<'a> {
    sequence: u64,
    id: String,
    order: Option<&'a str>,
    direction: &'static str,
    bench: String,
    operator: Option<String>,
    reason: &'static str,
    first_time: Moment,
    last_time: Moment,
    seconds: f64,
    frames: u64,
    lost: u64,
    bytes: u64,
}

#[derive(Serialize)]
struct Attended<'a> {
    bench: &'a str,
    reason: Attention,
    state: &'static str,
    since: Moment,
    /// In the station's language.
    text: &'a str,
    remedy: &'a str,
}

impl Message {
    fn new(hook: &str, station: &str, event: Event, same: &str, about: impl Serialize) -> Option<Self> {
        let digest = Hash::of(format!("{hook}\n{}\n{same}", event.as_str()).as_bytes()).to_string();
        let id = digest.get(..32)?.to_owned();
        let body = Body { event, id: &id, time: Moment(clock::wall()), station, about };
        let body = serde_json::to_string(&body).ok()?;
        Some(Self { id, event, body })
    }

    /// This clip is whole. `None`: its row says that it is not.
    pub fn sealed(hook: &str, station: &str, clip: &Clip) -> Option<Self> {
        let closing = clip.closing.as_ref()?;
        let start = Note::parse(&clip.start).and_then(|note| Start::parse(&note.text)).ok()?;
        let whole = Whole {
            sequence: clip.sequence,
            id: clip.id.to_string(),
            order: clip.order.as_ref().map(|order| order.as_str()),
            direction: start.direction.as_str(),
            bench: start.bench.to_string(),
            operator: start.operator.as_ref().map(ToString::to_string),
            reason: closing.reason.as_str(),
            first_time: Moment(Time(clip.first_time)),
            last_time: Moment(Time(closing.last_time)),
            seconds: closing.seconds(),
            frames: closing.frames,
            lost: closing.lost,
            bytes: closing.bytes,
        };
        Self::new(hook, station, Event::Sealed, &closing.end_hash.to_string(), Sealed { clip: whole })
    }

    /// A bench needs attention, or does not any more.
    pub fn attention(hook: &str, station: &str, change: &Change, lang: Lang) -> Self {
        let Change { bench, reason, begun, since } = change;
        let state = if *begun { "begun" } else { "over" };
        let (text, remedy) = (reason.text(lang), remedy(*reason, lang));
        let remedy = if *begun { remedy } else { "" };
        let about = Attended { bench, reason: *reason, state, since: Moment(*since), text, remedy };
        let same = format!("{bench}\n{}\n{state}\n{}", reason.as_str(), since.0);
        // Plain words and numbers are JSON.
        Self::new(hook, station, Event::Attention, &same, about).unwrap_or_else(|| unreachable!("it is JSON"))
    }
}

/// What to do about it.
fn remedy(reason: Attention, lang: Lang) -> &'static str {
    match reason {
        Attention::NothingSealed => lang.pick(
            "pack nothing until it records again: look at the bench's camera and the station's disk, then scan again",
            "恢复录制前请勿打包：检查工位摄像头和站点磁盘，然后重新扫码",
        ),
        Attention::Camera => lang.pick(
            "pack nothing until it records again: check the camera's cable and power, light and lens",
            "恢复录制前请勿打包：检查摄像头的线缆、电源、光线和镜头",
        ),
        Attention::StorageFull => lang.pick(
            "make room: release holds that are over, or give the data folder a larger disk",
            "请腾出空间：解除已无必要的保留，或为数据文件夹更换更大的磁盘",
        ),
    }
}
