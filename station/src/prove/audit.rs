//! Which entries of the ledger a PROOF shows, and their salts.
//!
//! Whoever judges a dispute asks for the days around the order, and for whatever came since: a parcel is packed again
//! within hours, and comes back within weeks. So the span reaches from a day before the order's first clip to the newest
//! entry. Where that is too much for a PROOF, its beginning comes nearer, up to the clip itself; where even that is too
//! much, for an old clip of a busy station, it ends earlier. The clip is always within.

use std::collections::{BTreeMap, BTreeSet};

use evidence::{
    ledger::{Entry, Salts, Span},
    note,
    statement::{MAX_PROOF, PartKind, Statement},
    value::Time,
};

use crate::{
    catalogue::Catalogue,
    ledger::{LedgerFault, View},
    proof::{Parts, ProofError, Shown},
};

/// Entries that a span covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Covered {
    /// Place of the first one, from 0.
    pub first: u64,
    /// Place behind the last one.
    pub end: u64,
    /// When these two were made.
    pub time: (Time, Time),
}

/// No entry is shorter, in bytes.
const SHORTEST: u64 = 200;

/// The parts `audit` and `salts`, beside others of so many bytes; `None` where not even the clip's own entries fit.
pub(super) fn make(
    catalogue: &Catalogue,
    shown: &Shown,
    since: Time,
    used: usize,
) -> Result<Option<(Parts, Covered)>, ProofError> {
    // Length and note of PROOF itself.
    let room = MAX_PROOF.saturating_sub((4 + note::MAX_LENGTH + used) as u64);
    let maker = Maker { catalogue, shown, room };
    let ((start, end), size) = (shown.places, shown.checkpoint.size);
    let wanted = place_of(&shown.view, size, since)?.min(start);
    let (first, last) = if maker.fits(start, size)? {
        // The first place from which all fits.
        (maker.search(wanted, start, |first| maker.fits(first, size))?, size)
    } else {
        let first = if maker.fits(wanted, end + 1)? { wanted } else { start };
        if !maker.fits(first, end + 1)? {
            return Ok(None);
        }
        // The last end up to which all fits is before the first one up to which it does not.
        let beyond = maker.search(end + 2, size, |last| Ok(!maker.fits(first, last)?))?;
        (first, beyond - 1)
    };
    maker.make(first, last)
}

/// The place of the first entry since this moment. Where the clock was set back this may be another one that is near:
/// what is covered is said.
fn place_of(view: &View, size: u64, since: Time) -> Result<u64, LedgerFault> {
    let (mut low, mut high) = (0, size);
    while low < high {
        let middle = low + (high - low) / 2;
        if read(&view.entry(middle)?)?.time < since { low = middle + 1 } else { high = middle }
    }
    Ok(low)
}

fn read(entry: &[u8]) -> Result<Entry, LedgerFault> {
    let entry = std::str::from_utf8(entry).ok().and_then(|text| Entry::parse(text).ok());
    entry.ok_or(LedgerFault::Refused)
}

struct Maker<'a> {
    catalogue: &'a Catalogue,
    shown: &'a Shown,
    /// Bytes for both parts.
    room: u64,
}

impl Maker<'_> {
    /// The first of these places for which it holds, where it holds from some place on; `to` if for none before it.
    fn search(
        &self,
        mut from: u64,
        mut to: u64,
        holds: impl Fn(u64) -> Result<bool, ProofError>,
    ) -> Result<u64, ProofError> {
        while from < to {
            let middle = from + (to - from) / 2;
            if holds(middle)? { to = middle } else { from = middle + 1 }
        }
        Ok(to)
    }

    fn fits(&self, first: u64, end: u64) -> Result<bool, ProofError> {
        Ok(self.make(first, end)?.is_some())
    }

    /// Span and salts, if there is room for them.
    fn make(&self, first: u64, end: u64) -> Result<Option<(Parts, Covered)>, ProofError> {
        if (end - first).saturating_mul(SHORTEST) > self.room {
            return Ok(None);
        }
        let span = self.shown.view.span(first, end, self.shown.checkpoint.size)?;
        let (_, entries) = Span::read(&span).map_err(|_| LedgerFault::Refused)?;
        let entries = entries.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let days: BTreeSet<String> = entries.iter().filter(|e| e.order_tag.is_some()).map(Entry::day).collect();
        let mut salts = BTreeMap::new();
        for day in days {
            // A catalogue that lost it cannot tell the orders of that day.
            let salt = self.catalogue.salt(&day)?.ok_or(LedgerFault::Refused)?;
            salts.insert(day, salt);
        }
        let salts = Salts(salts).write();
        let [from, .., to] = &entries[..] else { return Ok(None) };
        let covered = Covered { first, end, time: (from.time, to.time) };
        let fits = (span.len() + salts.len()) as u64 <= self.room;
        Ok(fits.then(|| (vec![(PartKind::Audit, span), (PartKind::Salts, salts)], covered)))
    }
}

#[cfg(test)]
mod tests;
