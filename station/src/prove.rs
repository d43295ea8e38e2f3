//! Every clip of an order handed out, each a copy with a PROOF of its own: which clips of the order there are, and, where it
//! is asked for, the ledger's entries that show that there are no others. The station's own files stay as they are, and
//! others may record meanwhile.
//!
//! ```text
//! clip verified ─► parts ─► count as of their checkpoint ─► copied to NAME.new ─► copy verified ─► NAME
//! ```
//!
//! So what has its name in the folder is whole, and was accepted by a verification of the copy itself.

mod audit;
mod output;

use std::path::{Path, PathBuf};

use evidence::{
    bmff::StatementBox,
    finding::Code,
    key::SigningKey,
    ledger::Checkpoint,
    statement::{ClipState, Count, CountedClip, CountedClips, MAX_COUNTED, PartKind, Proof, Reason, Statement},
    value::{Order, Time},
    verdict::Report,
};

use crate::{
    catalogue::{Catalogue, CatalogueError, Clip, State},
    durable::{self, DurableError},
    enrolment::{self, Held},
    proof::{self, Assembled, ProofError},
    recovery::verify_by,
};
pub use audit::Covered;
use output::Output;

/// Why an order cannot be handed out; nothing is left in the folder.
#[derive(Debug, thiserror::Error)]
pub enum ProveError {
    /// The station never had a clip of it.
    #[error("no clip of this order")]
    Unknown,
    /// More than a count can have.
    #[error("the order has more than {MAX_COUNTED} clips")]
    Many,
    /// Something is in the folder, or it is a file.
    #[error("the folder is not empty")]
    NotEmpty(PathBuf),
    /// The folder's disk.
    #[error(transparent)]
    Output(DurableError),
    /// The station's disk.
    #[error(transparent)]
    Disk(DurableError),
    /// The catalogue's.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
}

/// What became of one clip of the order.
#[derive(Debug)]
pub struct Proven {
    /// Its row.
    pub clip: Clip,
    /// Its copy, or why there is none.
    pub outcome: Result<Handed, Missing>,
}

/// Why a clip is not handed out.
#[derive(Debug)]
pub enum Missing {
    /// There is no sealed file of it: its row's state says why.
    NoFile,
    /// Its file is there and was not taken.
    Refused(ProofError),
    /// Its audit does not fit into a PROOF.
    TooLarge,
}

/// A copy of a clip, and what its PROOF shows.
#[derive(Debug)]
pub struct Handed {
    /// The copy.
    pub file: PathBuf,
    /// It has an enrolment.
    pub enrolment: bool,
    /// What the ledger shows of it; not of a clip that is not in it (yet).
    pub ledger: Option<Counted>,
}

/// What the ledger shows of a clip and its order.
#[derive(Debug)]
pub struct Counted {
    /// As of so many entries.
    pub size: u64,
    /// Which clip of the order it is, from 1.
    pub this: usize,
    /// Of how many.
    pub of: usize,
    /// The audit's span, if it was asked for.
    pub audited: Option<Covered>,
}

/// The day before the order's first clip, in µs: where an audit begins that nobody gave a beginning.
const DAY_BEFORE: i64 = 86_400_000_000;

/// Hands out all clips of an order, of the station in this data folder, into a folder, which is new or empty; with the ledger's entries since this moment, or
/// since a day before the order's first clip, where `audit` is given. Of each clip, oldest first, what became of it.
///
/// # Errors
/// See [`ProveError`]. A clip that cannot be handed out is no error: what is wrong is with it.
pub fn prove(
    root: &Path,
    key: &SigningKey,
    catalogue: Catalogue,
    order: &Order,
    folder: &Path,
    audit: Option<Option<Time>>,
) -> Result<Vec<Proven>, ProveError> {
    let rows = catalogue.clips(Some(order))?;
    let first = rows.first().ok_or(ProveError::Unknown)?;
    let since = audit.map(|since| since.unwrap_or(Time(first.first_time - DAY_BEFORE)));
    let held = enrolment::held(root, key.verifier()).map_err(ProveError::Disk)?;
    let mut desk = Desk { root, key, catalogue, order, held, since, output: Output::open(folder)? };
    let mut all = Vec::new();
    for clip in rows {
        let outcome = desk.hand_out(&clip)?;
        all.push(Proven { clip, outcome });
    }
    // An empty folder is not left behind.
    if all.iter().any(|clip| clip.outcome.is_ok()) {
        desk.output.keep();
    }
    Ok(all)
}

/// What it takes to hand a clip out.
struct Desk<'a> {
    root: &'a Path,
    key: &'a SigningKey,
    catalogue: Catalogue,
    order: &'a Order,
    held: Vec<Held>,
    since: Option<Time>,
    output: Output,
}

impl Desk<'_> {
    fn hand_out(&mut self, row: &Clip) -> Result<Result<Handed, Missing>, ProveError> {
        let path = self.root.join(&row.path);
        let Some(closing) = row.closing.as_ref().filter(|_| row.state == State::Sealed) else {
            return Ok(Err(Missing::NoFile));
        };
        let assembled = proof::read(self.key, &path, closing)
            .and_then(|(bare, _)| proof::assemble(self.root, self.key, row, &bare, &self.held));
        let Assembled { mut parts, enrolment, ledger } = match assembled {
            Ok(assembled) => assembled,
            Err(error) => return Ok(Err(Missing::Refused(error))),
        };
        let mut counted = None;
        if let Some(shown) = &ledger {
            let count = count(&self.catalogue, self.order, &shown.checkpoint)?;
            let of = count.clips.0.len();
            let this = count.clips.0.iter().position(|clip| clip.id == row.id).map_or(0, |at| at + 1);
            parts.push((PartKind::Stated, count.seal(self.key).map_err(CatalogueError::Statement)?.0));
            let used = parts.iter().map(|(_, bytes)| bytes.len()).sum();
            let audited = match self.since.map(|since| audit::make(&self.catalogue, shown, since, used)) {
                None => None,
                Some(Ok(Some((audit, covered)))) => {
                    parts.extend(audit);
                    Some(covered)
                }
                Some(Ok(None)) => return Ok(Err(Missing::TooLarge)),
                Some(Err(error)) => return Ok(Err(Missing::Refused(error))),
            };
            counted = Some(Counted { size: shown.checkpoint.size, this, of, audited });
        }
        let proof = if parts.is_empty() {
            Vec::new()
        } else {
            match Proof::content(row.id, closing.end_hash, &parts, self.key) {
                Ok(content) => StatementBox::Proof.wrap(&content),
                Err(code) => return Ok(Err(Missing::Refused(ProofError::Refused(code)))),
            }
        };
        let name = Path::new(&row.path).file_name().unwrap_or_default();
        let new = self.output.path(name, ".new");
        if let Err(error) = durable::copy(&path, closing.bytes, &proof, &new) {
            return if error.path == path {
                self.output.remove(&new);
                Ok(Err(Missing::Refused(ProofError::Disk(error))))
            } else {
                Err(ProveError::Output(error))
            };
        }
        let report = std::fs::File::open(&new).and_then(|copy| verify_by(self.key, &copy));
        let report = report.map_err(|e| ProveError::Output(durable::at("read", &new)(e)))?;
        if let Some(code) = refused(&report, row, &proof, counted.as_ref()) {
            self.output.remove(&new);
            return Ok(Err(Missing::Refused(ProofError::Refused(code))));
        }
        let file = self.output.finish(&new, name)?;
        Ok(Ok(Handed { file, enrolment, ledger: counted }))
    }
}

/// The count of all clips of an order as of a checkpoint that was read before. The rows are read now: they know all that
/// the checkpoint covers, and of what came later which places it has.
///
/// # Errors
/// [`ProveError::Many`]; the catalogue's.
pub fn count(catalogue: &Catalogue, order: &Order, checkpoint: &Checkpoint) -> Result<Count, ProveError> {
    let rows = catalogue.clips(Some(order))?;
    let state = |clip: &Clip| Some(CountedClip { id: clip.id, state: state_as_of(clip, checkpoint.size)? });
    let clips: Vec<CountedClip> = rows.iter().filter_map(state).collect();
    if clips.len() > MAX_COUNTED {
        return Err(ProveError::Many);
    }
    let Checkpoint { origin, size, root } = checkpoint.clone();
    Ok(Count { station: origin, order: order.clone(), size, root, clips: CountedClips(clips) })
}

/// What had become of a clip when the ledger had so many entries; `None`: it had not begun. A clip of before there was a
/// ledger has no places in it, and was what it was from the first entry on.
#[must_use]
pub fn state_as_of(clip: &Clip, size: u64) -> Option<ClipState> {
    let came = |place: Option<u64>| place.is_none_or(|place| place < size);
    let (start, end) = clip.entries;
    if !came(start) {
        return None;
    }
    let sealed = || match &clip.closing {
        Some(closing) if came(end) && closing.reason == Reason::Cancelled => ClipState::Cancelled,
        Some(_) if came(end) => ClipState::Sealed,
        _ => ClipState::Open,
    };
    Some(match clip.state {
        State::Deleting | State::Deleted if came(clip.tombstone_entry) => ClipState::Deleted,
        State::NeverWritten if came(clip.tombstone_entry) => ClipState::NeverWritten,
        State::Damaged => ClipState::Damaged,
        _ => sealed(),
    })
}

/// Why a copy is not what it was meant to be.
fn refused(report: &Report, row: &Clip, proof: &[u8], counted: Option<&Counted>) -> Option<Code> {
    if let Some(code) = proof::refusal(report) {
        return Some(code);
    }
    let whole = row.closing.as_ref().map(|closing| closing.end_hash) == report.last;
    let proof_length = report.facts.as_ref().map(|facts| facts.proof);
    let audited = |c: &evidence::verdict::Counted| c.audited.is_some();
    let shows = report.counted.is_some() == counted.is_some()
        && report.counted.as_ref().is_some_and(audited) == counted.is_some_and(|c| c.audited.is_some());
    (!whole || !shows || proof_length != Some(proof.len() as u64)).then_some(Code::ProofForm)
}

#[cfg(test)]
mod tests;
