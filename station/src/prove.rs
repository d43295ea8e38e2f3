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

use std::{
    fs::File,
    path::{Path, PathBuf},
};

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
    catalogue::{Catalogue, CatalogueError, Clip, Closing, State},
    durable::{self, DurableError},
    enrolment::{self, Held},
    proof::{self, Assembled, Parts, ProofError, Shown},
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

/// Hands out all clips of an order, of the station in the data folder `root`, into a folder that is new or empty. Where
/// `audit` is given, with the ledger's entries since that moment, or since a day before the order's first clip. Of each
/// clip, oldest first, what became of it.
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
        let outcome = match desk.hand_out(&clip) {
            Ok(handed) => Ok(handed),
            Err(Failure::One(missing)) => Err(missing),
            Err(Failure::All(error)) => return Err(error),
        };
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

/// Why a clip is not handed out: for a reason of its own, or of the disk's or catalogue's, which ends all.
enum Failure {
    One(Missing),
    All(ProveError),
}

impl From<ProofError> for Failure {
    fn from(error: ProofError) -> Self {
        Self::One(Missing::Refused(error))
    }
}

impl From<Code> for Failure {
    fn from(code: Code) -> Self {
        ProofError::Refused(code).into()
    }
}

impl From<ProveError> for Failure {
    fn from(error: ProveError) -> Self {
        Self::All(error)
    }
}

impl Desk<'_> {
    fn hand_out(&mut self, row: &Clip) -> Result<Handed, Failure> {
        let closing = row.closing.as_ref().filter(|_| row.state == State::Sealed);
        let closing = closing.ok_or(Failure::One(Missing::NoFile))?;
        let path = self.root.join(&row.path);
        let (bare, _) = proof::read(self.key, &path, closing)?;
        let Assembled { mut parts, enrolment, ledger } =
            proof::assemble((self.root, self.key), &self.catalogue, row, &bare, &self.held)?;
        let ledger = ledger.map(|shown| self.add_count(row, &shown, &mut parts)).transpose()?;
        let proof = if parts.is_empty() {
            Vec::new()
        } else {
            StatementBox::Proof.wrap(&Proof::content(row.id, closing.end_hash, &parts, self.key)?)
        };
        let file = self.copy(row, closing, &proof, ledger.as_ref())?;
        Ok(Handed { file, enrolment, ledger })
    }

    /// Puts the count, and the audit if it is asked for, behind the parts that show a clip in the ledger.
    fn add_count(&self, row: &Clip, shown: &Shown, parts: &mut Parts) -> Result<Counted, Failure> {
        let count = count(&self.catalogue, self.order, &shown.checkpoint)?;
        let of = count.clips.0.len();
        let this = count.clips.0.iter().position(|clip| clip.id == row.id).map_or(0, |at| at + 1);
        parts.push((PartKind::Stated, count.seal(self.key)?.0));
        let mut counted = Counted { size: shown.checkpoint.size, this, of, audited: None };
        if let Some(since) = self.since {
            let used = parts.iter().map(|(_, bytes)| bytes.len()).sum();
            let audit = audit::make(&self.catalogue, shown, since, used)?;
            let (audit, covered) = audit.ok_or(Failure::One(Missing::TooLarge))?;
            parts.extend(audit);
            counted.audited = Some(covered);
        }
        Ok(counted)
    }

    /// Copies a clip with this PROOF, and gives the copy its name once it verifies.
    fn copy(
        &mut self,
        row: &Clip,
        closing: &Closing,
        proof: &[u8],
        ledger: Option<&Counted>,
    ) -> Result<PathBuf, Failure> {
        let path = self.root.join(&row.path);
        let name = path.file_name().unwrap_or_default();
        let new = self.output.path(name, ".new");
        let copied = durable::copy(&path, closing.bytes, proof, &new);
        let verified = copied.map_err(|error| match error.path == path {
            true => ProofError::Disk(error).into(),
            false => Failure::All(ProveError::Output(error)),
        });
        let verified = verified.and_then(|()| {
            let report = File::open(&new).and_then(|copy| verify_by(self.key, &copy));
            let report = report.map_err(|e| ProveError::Output(durable::at("read", &new)(e)))?;
            Ok(self.is_as_meant(&report, closing, proof, ledger)?)
        });
        match verified {
            Ok(()) => Ok(self.output.finish(&new, name)?),
            Err(failure) => {
                self.output.remove(&new);
                Err(failure)
            }
        }
    }

    /// Whether the copy is accepted, is the clip of this order that was to be handed out, and shows what it shall.
    fn is_as_meant(
        &self,
        report: &Report,
        closing: &Closing,
        proof: &[u8],
        ledger: Option<&Counted>,
    ) -> Result<(), Code> {
        if let Some(code) = proof::refusal(report) {
            return Err(code);
        }
        let end = report.facts.as_ref().and_then(|facts| facts.end.as_ref());
        if end.and_then(|end| end.order.as_ref()) != Some(self.order) {
            return Err(Code::OrderDiffers);
        }
        let proof_length = report.facts.as_ref().map(|facts| facts.proof);
        let shown = report.counted.as_ref().map(|counted| counted.audited.is_some());
        let meant = ledger.map(|counted| counted.audited.is_some());
        let whole = report.last == Some(closing.end_hash) && proof_length == Some(proof.len() as u64);
        if whole && shown == meant { Ok(()) } else { Err(Code::ProofForm) }
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

#[cfg(test)]
mod tests;
