//! A clip's row.

use evidence::{
    bmff::TICKS,
    key::SigningKey,
    statement::{Direction, End, EventKind, Link, Reason, Tombstone, TombstoneReason},
    value::{Hash, Id, Order, Time, Token, Value},
    verdict::Facts,
};
use rusqlite::{Row, Rows};

use super::CatalogueError;

/// State of a clip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Being recorded, or left so by a crash.
    Open,
    /// Closed and signed.
    Sealed,
    /// Set aside.
    Damaged,
    /// Nothing was recorded.
    NeverWritten,
    /// Its tombstone is signed; its file may still be there.
    Deleting,
    /// Its file is gone.
    Deleted,
}

impl State {
    const ALL: [Self; 6] = [Self::Open, Self::Sealed, Self::Damaged, Self::NeverWritten, Self::Deleting, Self::Deleted];

    /// As it stands in the row.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Sealed => "sealed",
            Self::Damaged => "damaged",
            Self::NeverWritten => "never-written",
            Self::Deleting => "deleting",
            Self::Deleted => "deleted",
        }
    }
}

/// One clip's row.
#[derive(Debug, Clone)]
pub struct Clip {
    /// Of this station.
    pub sequence: u64,
    /// Random id.
    pub id: Id,
    /// If it was ever known.
    pub order: Option<Order>,
    /// Where it stands.
    pub state: State,
    /// Below the data folder.
    pub path: String,
    /// START's note.
    pub start: Vec<u8>,
    /// Its statement hash.
    pub start_hash: Hash,
    /// Wall clock of the first frame, µs since 1970.
    pub first_time: i64,
    /// LINKs known to be on disk.
    pub links: u64,
    /// What END said; only of a clip that was sealed, also where it is deleted since.
    pub closing: Option<Closing>,
    /// Places of its START and END in the ledger; none of clips from before there was one.
    pub entries: (Option<u64>, Option<u64>),
    /// Place of its tombstone there.
    pub tombstone_entry: Option<u64>,
    /// What stands for it; only where nothing was recorded, or it is deleted.
    pub tombstone: Option<Vec<u8>>,
    /// What START says of where it was recorded.
    pub at: At,
    /// The daemon has put PROOF behind it, or never will.
    pub proven: bool,
}

/// Where a clip was recorded, as START says it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct At {
    /// A parcel packed, or a return; `None`: START cannot be read.
    pub direction: Option<Direction>,
    /// Which bench; `None`: START cannot be read.
    pub bench: Option<Token>,
    /// Who was signed on.
    pub operator: Option<Token>,
}

/// What a clip's LINKs say in sum.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seen {
    /// Spans in which nothing was recorded.
    pub gaps: u64,
    /// Frames from which the order was read; `None`: no reader said anything.
    pub label_frames: Option<u64>,
}

impl Seen {
    /// This LINK was written.
    pub fn add(&mut self, link: &Link) {
        self.gaps += u64::from(link.length == 0);
        link.events.0.iter().for_each(|event| self.event(&event.kind));
    }

    /// Of a clip that was verified.
    pub fn of(facts: &Facts) -> Self {
        let mut seen = Self { gaps: facts.gap_count, label_frames: None };
        facts.events.iter().for_each(|(_, kind)| seen.event(kind));
        // Those events are the first thousand; this counts all.
        let read = Some(facts.label_frames).filter(|frames| *frames > 0);
        Self { label_frames: read.or(seen.label_frames), ..seen }
    }

    /// This event stands in a LINK.
    pub(super) fn event(&mut self, kind: &EventKind) {
        let frames = match kind {
            EventKind::LabelRead(_, frames) => *frames,
            EventKind::LabelConflict(..) => 0,
            _ => return,
        };
        self.label_frames = Some(self.label_frames.unwrap_or(0).saturating_add(frames));
    }
}

/// What END said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closing {
    /// Why.
    pub reason: Reason,
    /// Wall clock, µs since 1970.
    pub last_time: i64,
    /// Frames.
    pub frames: u64,
    /// Frames lost.
    pub lost: u64,
    /// Length, 1/90,000 s.
    pub ticks: u64,
    /// Bytes of the file.
    pub bytes: u64,
    /// END's statement hash.
    pub end_hash: Hash,
    /// What its LINKs say; `None`: it was sealed before this was kept.
    pub seen: Option<Seen>,
}

impl Closing {
    /// Its length, s.
    pub fn seconds(&self) -> f64 {
        self.ticks as f64 / TICKS as f64
    }

    /// What this END and the LINKs before it say of a file of so many bytes.
    pub fn of(end: &End, end_hash: Hash, bytes: u64, seen: Seen) -> Self {
        let End { reason, frames, lost, ticks, time, .. } = *end;
        Self { reason, last_time: time.0, frames, lost, ticks, bytes, end_hash, seen: Some(seen) }
    }
}

impl Clip {
    /// Where its file goes where it is damaged, below the data folder.
    pub fn aside(&self) -> String {
        let name = self.path.rsplit('/').next().unwrap_or(&self.path);
        format!("damaged/{name}")
    }

    /// Where recovery keeps the torn tail that it cut off, below the data folder.
    pub fn tail(&self) -> String {
        format!("{}.tail", self.aside())
    }

    /// What shall stand for it.
    pub fn tombstone(&self, key: &SigningKey, reason: TombstoneReason, time: Time) -> Tombstone {
        let station = key.verifier().signer().name.clone();
        Tombstone { station, clip: self.id, sequence: self.sequence, start: self.start_hash, reason, time }
    }
}

/// Reads whole rows.
pub(super) fn clips(mut rows: Rows<'_>) -> Result<Vec<Clip>, CatalogueError> {
    let mut clips = Vec::new();
    while let Some(row) = rows.next()? {
        let sequence = row.get("sequence")?;
        clips.push(clip(row, sequence)?.ok_or(CatalogueError::Row(sequence))?);
    }
    Ok(clips)
}

/// `None` where a value is not of its alphabet.
fn clip(row: &Row<'_>, sequence: u64) -> rusqlite::Result<Option<Clip>> {
    fn value<T: Value>(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<T>> {
        Ok(row.get::<_, Option<String>>(column)?.and_then(|text| T::parse(&text)))
    }
    let state = row.get_ref("state")?.as_str()?;
    let Some(state) = State::ALL.into_iter().find(|known| known.as_str() == state) else { return Ok(None) };
    let was_sealed = matches!(state, State::Sealed | State::Deleting | State::Deleted);
    let closing = match (was_sealed, value(row, "reason")?, value(row, "end_hash")?) {
        (true, Some(reason), Some(end_hash)) => Some(Closing {
            reason,
            last_time: row.get("last_time")?,
            frames: row.get("frames")?,
            lost: row.get("lost")?,
            ticks: row.get("ticks")?,
            bytes: row.get("bytes")?,
            end_hash,
            seen: match row.get("gaps")? {
                Some(gaps) => Some(Seen { gaps, label_frames: row.get("label_frames")? }),
                None => None,
            },
        }),
        (true, ..) => return Ok(None),
        (false, ..) => None,
    };
    let (Some(id), Some(start_hash)) = (value(row, "clip")?, value(row, "start_hash")?) else { return Ok(None) };
    Ok(Some(Clip {
        sequence,
        id,
        order: value(row, "order_number")?,
        state,
        path: row.get("path")?,
        start: row.get("start")?,
        start_hash,
        first_time: row.get("first_time")?,
        links: row.get("links")?,
        closing,
        entries: (row.get("start_entry")?, row.get("end_entry")?),
        tombstone_entry: row.get("tombstone_entry")?,
        tombstone: row.get("tombstone")?,
        at: At { direction: value(row, "direction")?, bench: value(row, "bench")?, operator: value(row, "operator")? },
        proven: row.get("proven")?,
    }))
}
