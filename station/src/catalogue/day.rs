//! What was recorded in a span of time, for the overview: from one index, which holds all of it.

use evidence::{
    statement::{Direction, Reason},
    value::{Time, Value},
};
use rusqlite::Row;

use super::{Catalogue, CatalogueError, Seen, sql};

/// A sealed clip, in what is counted of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parcel {
    /// When it began.
    pub begun: Time,
    /// Why it was closed.
    pub reason: Reason,
    /// Whether it is a return.
    pub is_return: bool,
    /// Length, 1/90,000 s.
    pub ticks: u64,
    /// Frames lost.
    pub lost: u64,
    /// What its LINKs say; `None`: not known.
    pub seen: Option<Seen>,
    /// Which bench; `None`: START cannot be read.
    pub bench: Option<String>,
}

impl Parcel {
    /// Whether it counts as a parcel: it was not cancelled, and no other clip of the same parcel follows.
    pub fn counts(&self) -> bool {
        !matches!(self.reason, Reason::Cancelled | Reason::FormatChanged)
    }
}

impl Catalogue {
    /// The sealed clips that began in this span, oldest first; also those that are deleted since.
    ///
    /// # Errors
    /// SQLite's; a damaged row.
    pub fn begun_between(&self, from: Time, until: Time) -> Result<Vec<Parcel>, CatalogueError> {
        let db = self.db();
        let mut statement = db.prepare_cached(sql::DAY)?;
        let mut rows = statement.query([from.0, until.0])?;
        let mut parcels = Vec::new();
        while let Some(row) = rows.next()? {
            // Whoever wrote no reason of the alphabet wrote no row: `check` tells which.
            parcels.extend(parcel(row)?);
        }
        Ok(parcels)
    }

    /// How many of them count as parcels.
    ///
    /// # Errors
    /// SQLite's.
    pub fn parcels_between(&self, from: Time, until: Time) -> Result<u64, CatalogueError> {
        let db = self.db();
        Ok(db.prepare_cached(sql::PARCELS)?.query_row([from.0, until.0], |row| row.get(0))?)
    }

    /// How many entries the ledger shall have, and how many of them it has.
    ///
    /// # Errors
    /// SQLite's.
    pub fn ledger_size(&self) -> Result<(u64, u64), CatalogueError> {
        Ok(self.db().query_row("SELECT entries, size FROM ledger", [], |row| Ok((row.get(0)?, row.get(1)?)))?)
    }
}

fn parcel(row: &Row<'_>) -> rusqlite::Result<Option<Parcel>> {
    // By place, for there are thousands: as `sql::DAY` names them.
    let Some(reason) = Reason::parse(row.get_ref(1)?.as_str()?) else { return Ok(None) };
    let seen = match row.get(5)? {
        Some(gaps) => Some(Seen { gaps, label_frames: row.get(6)? }),
        None => None,
    };
    Ok(Some(Parcel {
        begun: Time(row.get(0)?),
        reason,
        is_return: row.get_ref(2)?.as_str_or_null()? == Some(Direction::Return.as_str()),
        ticks: row.get(3)?,
        lost: row.get(4)?,
        seen,
        bench: row.get(7)?,
    }))
}
