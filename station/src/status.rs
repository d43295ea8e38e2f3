//! What the station is doing: every part writes its piece, the status interface reads all of it.
//!
//! The types are the JSON of `GET /api/v1/status`. Names of fields are stable; so are the words of the format
//! ([`evidence::statement`]), which stand as they are written there. What must not be believed a moment too long, such
//! as "recording", is not stored: it is worked out whenever somebody reads.
//!
//! ```text
//! bench threads ─► update ──┐              ┌─► snapshot ─► HTTP, metrics
//! storage thread ► storage ─┼─► Status ────┴─► changes ─► events of a bench screen
//! tokens' thread ► token ───┘
//! capture's listener ► show ──► Live ────────► live picture of a bench screen
//! ```

mod bench;
mod live;
mod parcel;

use std::{
    borrow::Cow,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use evidence::{
    statement::Renewal,
    value::{Time, Value},
};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use utoipa::ToSchema;

pub use bench::{
    Attention, Bench, Camera, CameraState, Clip, Counters, Item, Pulse, Remedy, Said, Scanner, ScannerState, State,
    Texts,
};
pub use live::{Live, Picture};
pub use parcel::Parcel;

pub use crate::storage::Level;

use crate::{
    clock::{self, Clock},
    say::Lang,
};

/// How long the station may take to answer.
const PATIENCE: Duration = Duration::from_secs(3);
/// Bytes of the longest answer.
const LONGEST: u64 = 16 * 1024 * 1024;

/// A word that stands in the program, or that was read.
pub type Word = Cow<'static, str>;

/// A moment of the wall clock: `YYYY-MM-DDTHH:MM:SS.ffffffZ`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(into = "String", try_from = "String")]
#[schema(value_type = String, format = DateTime)]
pub struct Moment(pub Time);

impl From<Moment> for String {
    fn from(moment: Moment) -> Self {
        moment.0.to_string()
    }
}

impl TryFrom<String> for Moment {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Time::parse(&text).map(Self).ok_or("YYYY-MM-DDTHH:MM:SS.ffffffZ")
    }
}

/// All of it at one moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Snapshot {
    /// The machine.
    pub station: Station,
    /// Its disk.
    pub storage: Storage,
    /// Trusted time.
    pub time: TrustedTime,
    /// Its benches, in the order of the configuration.
    pub benches: Vec<Bench>,
}

/// The machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Station {
    /// Its name.
    pub name: String,
    /// Of the program.
    #[schema(value_type = String)]
    pub version: Word,
    /// When it was started.
    pub started: Moment,
    /// When this was read.
    pub time: Moment,
    /// What is known of its wall clock: `synchronised`, `unsynchronised`, `unknown` or `simulated`.
    #[schema(value_type = String)]
    pub clock: Word,
    /// Where its key took the place of another: both, and why.
    #[serde(default)]
    pub renewed: Option<Renewed>,
}

/// A key that took the place of another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Renewed {
    /// Its name.
    pub key: String,
    /// The name of the one before.
    pub previous: String,
    /// Why: `restored` or `requested`.
    #[schema(value_type = String)]
    pub reason: Word,
    /// When.
    pub time: Moment,
}

impl From<&Renewal> for Renewed {
    fn from(said: &Renewal) -> Self {
        Self {
            key: said.station.to_string(),
            previous: said.previous.to_string(),
            reason: said.reason.as_str().into(),
            time: Moment(said.time),
        }
    }
}

/// Room for clips.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Storage {
    /// What the room left means.
    pub level: Level,
    /// MiB free beside what the station keeps back; `null`: not known.
    pub free_mib: Option<u64>,
    /// Days until it is full, as it goes now; `null`: not known.
    pub days_left: Option<f64>,
    /// Clips deleted since the start; each left a tombstone.
    pub clips_deleted: u64,
    /// Clips that are not deleted because somebody wants them kept.
    pub clips_on_hold: u64,
}

/// Trusted time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TrustedTime {
    /// Authorities that are asked for tokens.
    pub authorities: u64,
    /// The authority's time in the token that came last; `null`: none is held.
    pub newest_token: Option<Moment>,
    /// Seconds since it came; `null`: none is held.
    pub newest_token_age_seconds: Option<f64>,
    /// When it came, µs of the monotonic clock.
    #[serde(skip)]
    came_us: Option<i64>,
}

/// The snapshot that all parts share.
#[derive(Debug)]
pub struct Status {
    lang: Lang,
    clock: Clock,
    data: Mutex<Snapshot>,
    /// Of each bench: what tells of a change, and its live picture.
    beside: Vec<(watch::Sender<()>, Arc<Live>)>,
}

impl Status {
    /// Of this station, with these benches, none of which runs yet.
    pub fn new<N: Into<String>>(
        station: impl Into<String>,
        lang: Lang,
        clock: Clock,
        benches: impl IntoIterator<Item = N>,
    ) -> Self {
        let now = Moment(clock::wall());
        let station = Station {
            name: station.into(),
            version: env!("CARGO_PKG_VERSION").into(),
            started: now,
            time: now,
            clock: Word::default(),
            renewed: None,
        };
        let storage = Storage { level: Level::Ok, free_mib: None, days_left: None, clips_deleted: 0, clips_on_hold: 0 };
        let benches: Vec<_> = benches.into_iter().map(|name| Bench::new(name.into())).collect();
        let beside = benches.iter().map(|_| Default::default()).collect();
        let time = TrustedTime { authorities: 0, newest_token: None, newest_token_age_seconds: None, came_us: None };
        Self { lang, clock, data: Mutex::new(Snapshot { station, storage, time, benches }), beside }
    }

    /// The station's language.
    pub fn lang(&self) -> Lang {
        self.lang
    }

    fn data(&self) -> MutexGuard<'_, Snapshot> {
        // Whoever panicked left plain values behind, no half of anything.
        self.data.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes what is said of the bench with this number. Keep it short: readers wait meanwhile.
    pub fn update(&self, bench: usize, change: impl FnOnce(&mut Bench)) {
        if let Some(bench) = self.data().benches.get_mut(bench) {
            change(bench);
        }
        if let Some((changed, _)) = self.beside.get(bench) {
            changed.send_replace(());
        }
    }

    /// Tells whenever something of the bench with this number may have changed.
    pub fn changes(&self, bench: usize) -> Option<watch::Receiver<()>> {
        self.beside.get(bench).map(|(changed, _)| changed.subscribe())
    }

    /// The live picture of the bench with this number.
    pub fn live(&self, bench: usize) -> Option<Arc<Live>> {
        self.beside.get(bench).map(|(_, live)| live.clone())
    }

    /// Says that the station's key took the place of another.
    pub fn renewed(&self, renewal: &Renewal) {
        self.data().station.renewed = Some(renewal.into());
    }

    /// Changes what is said of the disk.
    pub fn storage(&self, change: impl FnOnce(&mut Storage)) {
        change(&mut self.data().storage);
        self.beside.iter().for_each(|(changed, _)| changed.send_replace(()));
    }

    /// What is said of the disk.
    pub fn room(&self) -> Storage {
        self.data().storage.clone()
    }

    /// So many time authorities are asked.
    pub fn authorities(&self, count: usize) {
        self.data().time.authorities = count as u64;
    }

    /// A token of this time came, at this time of the monotonic clock, µs.
    pub fn token(&self, time: Time, came_us: i64) {
        let mut data = self.data();
        (data.time.newest_token, data.time.came_us) = (Some(Moment(time)), Some(came_us));
    }

    /// The number of the bench of this name, or of the only one there is.
    pub fn bench(&self, name: Option<&str>) -> Option<usize> {
        let data = self.data();
        match name {
            Some(name) => data.benches.iter().position(|bench| bench.name == name),
            None => (data.benches.len() == 1).then_some(0),
        }
    }

    /// What each bench's thread last wrote down; `None`: it does not run.
    pub fn pulses(&self) -> Vec<(String, Option<Pulse>)> {
        self.data().benches.iter().map(|bench| (bench.name.clone(), bench.pulse())).collect()
    }

    /// All of it, as it is at this time of the system's monotonic clock, µs.
    pub fn snapshot(&self, at_us: i64) -> Snapshot {
        let mut snapshot = self.data().clone();
        snapshot.station.time = Moment(clock::wall());
        snapshot.station.clock = clock::quality(self.clock).state.as_str().into();
        let age = |came_us: i64| at_us.saturating_sub(came_us).max(0) as f64 / 1e6;
        snapshot.time.newest_token_age_seconds = snapshot.time.came_us.map(age);
        let full = snapshot.storage.level == Level::Full;
        for bench in &mut snapshot.benches {
            bench.judge(at_us, full);
        }
        snapshot
    }

    /// What the snapshot says of the bench with this number.
    pub fn of_bench(&self, bench: usize, at_us: i64) -> Option<Bench> {
        let data = self.data();
        let (mut bench, level) = (data.benches.get(bench)?.clone(), data.storage.level);
        drop(data);
        bench.judge(at_us, level == Level::Full);
        Some(bench)
    }
}

/// The running station's status, as JSON.
///
/// # Errors
/// No station answers at this address.
pub fn ask(listen: SocketAddr) -> Result<String, ureq::Error> {
    let config = ureq::Agent::config_builder().timeout_global(Some(PATIENCE)).max_redirects(0).proxy(None).build();
    let mut answer = config.new_agent().get(format!("http://{listen}/api/v1/status")).call()?;
    answer.body_mut().with_config().limit(LONGEST).read_to_string()
}

#[cfg(test)]
mod tests;
