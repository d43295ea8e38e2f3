//! Room on the disk: which clips go, and how a clip goes.
//!
//! A clip goes when it is older than `keep-days`; and while less than `keep-free-mib` is free, the oldest one goes.
//! None goes that is on hold, open, or ended less than a day ago: today's work is never eaten, the disk is full then,
//! and that is said. What stands in `damaged/` never goes by itself: it is evidence of trouble, for a person to look at.
//!
//! Each step may be cut off, and is finished at the next start:
//!
//! ```text
//! tombstone signed, row deleting     one transaction, which also finds that no hold came
//! file removed                       with the torn tail that recovery may have kept beside it
//! row deleted
//! ```

use std::{fs, io};

use evidence::{
    statement::{Reason, TombstoneReason},
    value::Time,
};
use serde::{Deserialize, Serialize};

use crate::{
    catalogue::{Catalogue, CatalogueError, Clip, State},
    config::Storage,
    data::Locked,
    durable::{self, DurableError},
};

/// µs.
const DAY: i64 = 86_400_000_000;
/// Most deletions of one call: each writes to the disk that is recorded on.
pub const MOST: usize = 16;
/// Days over which the use of the disk is measured.
const WEEK: i64 = 7;

/// How much room there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Enough.
    Ok,
    /// Below `warn-mib`.
    Low,
    /// Below `floor-mib`.
    Full,
}

impl Level {
    /// Every case.
    pub const ALL: [Self; 3] = [Self::Ok, Self::Low, Self::Full];

    /// Where this much is free.
    pub fn of(free_mib: u64, rules: &Storage) -> Self {
        match free_mib {
            free if free < rules.floor_mib => Self::Full,
            free if free < rules.warn_mib => Self::Low,
            _ => Self::Ok,
        }
    }

    /// In one word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Low => "low",
            Self::Full => "full",
        }
    }
}

/// A clip that was deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deleted {
    /// Its number.
    pub sequence: u64,
    /// Where it was, below the data folder.
    pub path: String,
    /// Bytes that it took.
    pub bytes: u64,
}

/// How the disk stands after a round.
#[derive(Debug)]
pub struct Kept {
    /// What was deleted, oldest first.
    pub deleted: Vec<Deleted>,
    /// Whether more is due: call again soon.
    pub more: bool,
    /// Clips that would be due, but for a hold.
    pub held: u64,
    /// Their bytes.
    pub held_bytes: u64,
    /// Whether less than `keep-free-mib` is free and none may go for it.
    pub stuck: bool,
    /// Why a clip could not be deleted. No further one was tried.
    pub failed: Option<StorageError>,
    /// MiB free.
    pub free_mib: u64,
    /// What that is.
    pub level: Level,
    /// Days until the floor is met at the use of the last 7 days, were nothing deleted; `None` where there was none.
    pub days_left: Option<f64>,
}

/// What can fail.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The disk's.
    #[error(transparent)]
    Disk(#[from] DurableError),
    /// The catalogue's.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    /// The free space cannot be read.
    #[error("read the free space")]
    Free(#[source] io::Error),
}

/// Deletes what is due, at most [`MOST`] clips, and says how the disk stands.
///
/// # Errors
/// Free space or catalogue cannot be read. Where only a deletion fails, [`Kept::failed`] says so.
pub fn keep(station: &Locked, now: Time, rules: &Storage) -> Result<Kept, StorageError> {
    let mut round = Round { station, now, deleted: Vec::new(), more: false, stuck: false };
    let aged = (rules.keep_days > 0).then(|| before(now, i64::from(rules.keep_days)));
    let failed = round.delete_due(aged, rules.keep_free_mib).err();
    let Round { deleted, more, stuck, .. } = round;
    remove_empty_folders(station, now);
    let due = if stuck { Some(before(now, 1)) } else { aged };
    let (held, held_bytes) = due.map_or(Ok((0, 0)), |due| station.catalogue.held_before(due))?;
    // For the next tombstone on a disk that someone fills to the last byte. Where it is full by now, there is none.
    let _ = station.keep_reserve();
    let free_mib = free(station)?;
    let level = Level::of(free_mib, rules);
    let days_left = days_left(&station.catalogue, now, free_mib.saturating_sub(rules.floor_mib))?;
    Ok(Kept { deleted, more, held, held_bytes, stuck, failed, free_mib, level, days_left })
}

/// So many days before.
fn before(now: Time, days: i64) -> Time {
    Time(now.0.saturating_sub(days.saturating_mul(DAY)))
}

fn free(station: &Locked) -> Result<u64, StorageError> {
    station.data.free_mib().map_err(StorageError::Free)
}

struct Round<'a> {
    station: &'a Locked,
    now: Time,
    deleted: Vec<Deleted>,
    more: bool,
    stuck: bool,
}

impl Round<'_> {
    fn delete_due(&mut self, aged: Option<Time>, keep_free_mib: u64) -> Result<(), StorageError> {
        let catalogue = &self.station.catalogue;
        // What an earlier round could not finish.
        for row in catalogue.unfinished()?.iter().filter(|row| row.state == State::Deleting) {
            self.deleted.push(finish(self.station, row)?);
        }
        if let Some(aged) = aged {
            while let Some(row) = self.next(aged)? {
                self.delete(&row)?;
            }
        }
        let (free_before, freed_before) = (free(self.station)?, self.bytes());
        loop {
            // Some file systems give the room back later: what was deleted counts at once.
            let freed = (self.bytes() - freed_before) >> 20;
            if free(self.station)?.max(free_before + freed) >= keep_free_mib || self.more {
                return Ok(());
            }
            let Some(row) = self.next(before(self.now, 1))? else {
                self.stuck = !self.more;
                return Ok(());
            };
            self.delete(&row)?;
        }
    }

    fn bytes(&self) -> u64 {
        self.deleted.iter().map(|deleted| deleted.bytes).sum()
    }

    /// The next one of those that ended before then, if this round may take another one.
    fn next(&mut self, ended: Time) -> Result<Option<Clip>, CatalogueError> {
        let next = self.station.catalogue.oldest_deletable(ended)?;
        self.more = next.is_some() && self.deleted.len() >= MOST;
        Ok(next.filter(|_| !self.more))
    }

    fn delete(&mut self, row: &Clip) -> Result<(), StorageError> {
        let Self { station, now, .. } = *self;
        let tombstone = row.tombstone(&station.key, TombstoneReason::Retention, now);
        let sign = || station.catalogue.deleting(&tombstone, &station.key);
        let signed = sign().or_else(|e| {
            // On a disk without any room the tombstone itself needs some.
            if !e.is_full() {
                return Err(e);
            }
            station.give_up_reserve();
            sign()
        })?;
        // Otherwise a hold came first: it is not due any more.
        if signed {
            self.deleted.push(finish(station, row)?);
        }
        Ok(())
    }
}

/// Removes the file of a clip whose tombstone is signed; again, where that was cut off.
///
/// # Errors
/// See [`StorageError`]; it can be called again.
pub fn finish(station: &Locked, row: &Clip) -> Result<Deleted, StorageError> {
    let recovered = row.closing.as_ref().is_some_and(|closing| closing.reason == Reason::Recovered);
    let mut bytes = 0;
    for name in [recovered.then(|| row.tail()), Some(row.path.clone())].into_iter().flatten() {
        let path = station.data.root.join(name);
        bytes += fs::metadata(&path).map_or(0, |file| file.len());
        durable::remove(&path)?;
    }
    station.catalogue.deleted(row.sequence)?;
    Ok(Deleted { sequence: row.sequence, path: row.path.clone(), bytes })
}

/// Removes the empty folders of past days. Into those of today and yesterday a clip may be about to be written.
fn remove_empty_folders(station: &Locked, now: Time) {
    let clips = station.data.root.join("clips");
    let limit = before(now, 1).to_string();
    let days = fs::read_dir(&clips).into_iter().flatten().flatten();
    let past = days.filter(|day| day.file_name().len() == 10 && limit.get(..10).is_some_and(|l| *day.file_name() < *l));
    // One that is not empty stays; that its removal was lost in a crash is found the next time.
    past.for_each(|day| drop(fs::remove_dir(day.path())));
}

/// Days until so much room is used up at the use of the last 7 days; `None` where there was none.
///
/// # Errors
/// The catalogue's.
pub fn days_left(catalogue: &Catalogue, now: Time, room_mib: u64) -> Result<Option<f64>, CatalogueError> {
    let bytes = catalogue.recorded(before(now, WEEK), now)?;
    let Some(first) = catalogue.first_begin()? else { return Ok(None) };
    // A new station has not used it for as long.
    let days = ((now.0.saturating_sub(first.0)) as f64 / DAY as f64).clamp(1.0, WEEK as f64);
    Ok((bytes > 0).then(|| room_mib as f64 * 1_048_576.0 * days / bytes as f64))
}
