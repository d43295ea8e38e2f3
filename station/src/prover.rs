//! Puts PROOF behind clips as soon as there is all to show ([`crate::proof`]).
//!
//! One thread of the daemon, which gives way to the benches. A clip's turn comes when the newest checkpoint covers its END;
//! where there are time authorities, when each of them has given a token since. One that gives none is waited for a while
//! from the first token on, and no longer. What is missing then, and enrolments that come later, `seal-proof` and `prove`
//! still add.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, RecvTimeoutError};

use crate::{
    catalogue::{CatalogueError, Clip},
    data::Locked,
    enrolment,
    proof::{ProofError, Proofs},
    recovery::said,
};

/// How often it looks.
const TICK: Duration = Duration::from_secs(1);
/// How long the first token waits for those of other authorities.
const PATIENCE: Duration = Duration::from_secs(20);
/// When it tries again what concerns every clip: a full disk, a catalogue or ledger that cannot be read.
const AGAIN: Duration = Duration::from_secs(60);
/// Clips that are looked at together.
const LOOK: usize = 16;
/// How much this thread gives way to others.
const NICE: i32 = 10;
/// After a clip it rests so many times as long as that took: clips that waited for weeks leave the disk to the benches.
const REST: u32 = 3;

/// Puts PROOF behind clips until it is told to stop; one that was begun is finished.
pub fn keep(station: &Locked, stopped: &Receiver<()>) {
    // On Linux this thread's alone. Where it is refused, the benches still come first most of the time.
    let _ = rustix::process::nice(NICE);
    let mut waiting = Waiting::default();
    let mut pause = TICK;
    while stopped.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
        let began = Instant::now();
        pause = match next(station, &mut waiting).map(|row| row.map(|row| prove(station, &row))) {
            Ok(Some(Ok(true))) => began.elapsed() * REST,
            Ok(None | Some(Ok(false))) => TICK,
            Ok(Some(Err(e))) => later(&e),
            Err(e) => later(&e.into()),
        };
    }
}

fn later(error: &ProofError) -> Duration {
    tracing::error!(cause = "proof", "no proofs can be put behind clips: {}", said(error));
    AGAIN
}

/// Clips that an authority has given a token over, but not each of them; and since when.
#[derive(Debug, Default)]
struct Waiting(BTreeMap<u64, Instant>);

impl Waiting {
    /// The first of these clips whose turn it is. `all`: every authority covers the ledger before this place.
    fn first(&mut self, rows: Vec<Clip>, all: u64, now: Instant) -> Option<Clip> {
        self.0.retain(|sequence, _| rows.iter().any(|row| row.sequence == *sequence));
        rows.into_iter().find(|row| {
            let since = self.0.entry(row.sequence).or_insert(now);
            row.entries.1.is_some_and(|end| end < all) || now.saturating_duration_since(*since) >= PATIENCE
        })
    }
}

/// The clip whose turn it is.
fn next(station: &Locked, waiting: &mut Waiting) -> Result<Option<Clip>, CatalogueError> {
    let Some(newest) = station.book.newest() else { return Ok(None) };
    let authorities = &station.data.config.time.authorities;
    let covered = authorities.iter().map(|address| station.catalogue.covered_by(address));
    let covered = covered.collect::<Result<Vec<_>, _>>()?;
    let [any, all] = [covered.iter().max(), covered.iter().min()].map(|size| *size.unwrap_or(&newest.said.size));
    let rows = station.catalogue.due_for_proof(any, LOOK)?;
    Ok(waiting.first(rows, all, Instant::now()))
}

/// Puts PROOF behind a clip; `false`: another process writes some.
///
/// # Errors
/// What another clip would not fare better with.
fn prove(station: &Locked, row: &Clip) -> Result<bool, ProofError> {
    let Some(proofs) = Proofs::try_open(&station.data.root, &station.key)? else { return Ok(false) };
    let held = enrolment::held(&station.data.root, station.key.verifier())?;
    match proofs.seal(&station.catalogue, row, &held) {
        Ok(_) => tracing::debug!("{}: proof sealed", row.path),
        Err(e @ (ProofError::Catalogue(_) | ProofError::Ledger(_))) => return Err(e),
        Err(ProofError::Disk(e)) if e.is_full() => return Err(e.into()),
        // Deleted meanwhile, or a clip that 'check' finds fault with: the others do not wait for it.
        Err(e) => tracing::warn!(cause = row.sequence, "{}: no proof: {}", row.path, said(&e)),
    }
    station.catalogue.proven(row.sequence)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use evidence::value::{Hash, Id};

    use super::*;
    use crate::catalogue::{At, State};

    /// A sealed clip whose END stands at this place of the ledger.
    fn row(sequence: u64, end: u64) -> Clip {
        Clip {
            sequence,
            id: Id([0; 16]),
            order: None,
            state: State::Sealed,
            path: String::new(),
            start: Vec::new(),
            start_hash: Hash([0; 32]),
            first_time: 0,
            links: 1,
            closing: None,
            entries: (Some(end - 1), Some(end)),
            tombstone_entry: None,
            tombstone: None,
            at: At::default(),
            proven: false,
        }
    }

    #[test]
    fn a_silent_authority_is_waited_for_a_while_from_the_first_token_on() {
        let (begin, mut waiting) = (Instant::now(), Waiting::default());
        let mut first = |seconds, rows: &[(u64, u64)], all| {
            let rows = rows.iter().map(|(sequence, end)| row(*sequence, *end)).collect();
            waiting.first(rows, all, begin + Duration::from_secs(seconds)).map(|row| row.sequence)
        };
        let both = [(1, 2), (2, 4)];
        // Every authority covers the first, none of them silent; the second one waits.
        assert_eq!(first(0, &both[..1], 3), Some(1));
        assert_eq!(first(0, &both[..1], 2), None);
        assert_eq!(first(10, &both, 2), None);
        assert_eq!(first(19, &both, 2), None);
        assert_eq!(first(20, &both, 2), Some(1));
        assert_eq!(first(20, &both[1..], 2), None);
        assert_eq!(first(29, &both[1..], 2), None);
        assert_eq!(first(29, &both[1..], 5), Some(2));
        assert_eq!(first(30, &both[1..], 2), Some(2));
        // One that comes again begins anew.
        assert_eq!(first(40, &both[..1], 2), None);
    }
}
