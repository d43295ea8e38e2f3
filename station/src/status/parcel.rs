//! The parcels that a bench packed last.

use evidence::{
    note::Note,
    statement::{Start, Statement},
    value::{Time, Token},
};
use serde::{Deserialize, Serialize};

use super::{Moment, Word};
use crate::catalogue::{Catalogue, CatalogueError, Clip};

/// How many parcels are remembered.
pub(super) const PARCELS: usize = 5;

/// A parcel whose clip is sealed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Parcel {
    /// Its clip's number.
    pub sequence: u64,
    /// `null`: it was never known.
    pub order: Option<String>,
    /// `outgoing` or `return`.
    #[schema(value_type = String)]
    pub direction: Word,
    /// Seconds sealed.
    pub seconds: f64,
    /// Why the clip ended.
    #[schema(value_type = String)]
    pub reason: Word,
    /// When it ended.
    pub time: Moment,
    /// END's statement hash, hex: everything that was recorded of the parcel hangs on it.
    pub seal: String,
}

impl Parcel {
    /// What the catalogue says of this clip. `None`: it was not sealed.
    pub fn of(clip: &Clip) -> Option<Self> {
        let closing = clip.closing.as_ref()?;
        let note = Note::parse(&clip.start).ok()?;
        let start = Start::parse(&note.text).ok()?;
        Some(Self {
            sequence: clip.sequence,
            order: clip.order.as_ref().map(ToString::to_string),
            direction: start.direction.as_str().into(),
            seconds: closing.seconds(),
            reason: closing.reason.as_str().into(),
            time: Moment(Time(closing.last_time)),
            seal: closing.end_hash.to_string(),
        })
    }

    /// The last of this bench, oldest first.
    ///
    /// # Errors
    /// The catalogue's.
    pub fn last_of(bench: &Token, catalogue: &Catalogue) -> Result<Vec<Self>, CatalogueError> {
        let clips = catalogue.last_sealed(bench, PARCELS)?;
        Ok(clips.iter().rev().filter_map(Self::of).collect())
    }
}
