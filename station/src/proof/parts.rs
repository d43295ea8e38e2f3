//! What a PROOF is put together of: everything that the station holds for a clip. `seal-proof` and `prove` both begin
//! here.

use std::path::Path;

use evidence::{
    finding::Code,
    key::SigningKey,
    ledger::{Checkpoint, Consistency, Inclusion},
    statement::{MAX_TIME_TOKENS, PartKind},
    verdict::Report,
};

use super::ProofError;
use crate::{
    catalogue::{Catalogue, Clip},
    enrolment::{self, Held},
    ledger::{Newest, View},
};

/// Parts of a PROOF.
pub(crate) type Parts = Vec<(PartKind, Vec<u8>)>;

/// The parts, and what they are.
#[derive(Debug)]
pub(crate) struct Assembled {
    /// In the order of the box; there may be none.
    pub parts: Parts,
    /// There is an enrolment among them.
    pub enrolment: bool,
    /// They show the clip in the ledger.
    pub ledger: Option<Shown>,
}

/// As of what a PROOF shows the clip in the ledger.
#[derive(Debug)]
pub(crate) struct Shown {
    /// The ledger; it may have more entries.
    pub view: View,
    /// The checkpoint of both inclusions.
    pub checkpoint: Checkpoint,
    /// Places of START and END.
    pub places: (u64, u64),
}

/// Puts the parts together for a sealed clip, of which `bare` is the report of the sealed part alone.
///
/// # Errors
/// [`ProofError::Refused`] where that is not the clip of this row; the ledger's and the catalogue's.
pub(crate) fn assemble(
    (root, key): (&Path, &SigningKey),
    catalogue: &Catalogue,
    row: &Clip,
    bare: &Report,
    held: &[Held],
) -> Result<Assembled, ProofError> {
    let facts = bare.facts.as_ref().ok_or(ProofError::Refused(Code::SignerUnknown))?;
    let is_rows = |last| row.closing.as_ref().is_some_and(|closing| closing.end_hash == last);
    let end = facts.end.as_ref().filter(|_| facts.start.clip == row.id && bare.last.is_some_and(is_rows));
    let end = end.ok_or(ProofError::Refused(Code::LinkChain))?;
    let enrolment = enrolment::of_clip(held, &facts.start, end);
    let (shown, included) = ledger_parts(root, key, catalogue, row)?.unzip();
    let token = facts.start.time_token.map(|hash| catalogue.token(&hash)).transpose()?.flatten();
    let mut parts = Vec::new();
    parts.extend(enrolment.map(|held| (PartKind::Enrolment, held.note.clone())));
    parts.extend(included.into_iter().flatten());
    parts.extend(token.map(|token| (PartKind::StartToken, token.der)));
    Ok(Assembled { parts, enrolment: enrolment.is_some(), ledger: shown })
}

/// Where START and END stand in the ledger, as of its newest checkpoint; and the time tokens of the first checkpoint that
/// covers them, with what binds the two.
fn ledger_parts(
    root: &Path,
    key: &SigningKey,
    catalogue: &Catalogue,
    row: &Clip,
) -> Result<Option<(Shown, Parts)>, ProofError> {
    // A clip of before there was a ledger is not in it.
    let (Some(start), Some(end)) = row.entries else { return Ok(None) };
    let view = View::open(&root.join("ledger"), key.verifier())?;
    let Newest { said, note } = view.newest();
    // END's entry may wait in the catalogue, for the next start.
    if end >= said.size {
        return Ok(None);
    }
    let mut parts = Vec::new();
    for (place, entry, inclusion) in
        [(start, PartKind::StartEntry, PartKind::StartInclusion), (end, PartKind::EndEntry, PartKind::EndInclusion)]
    {
        parts.push((entry, view.entry(place)?));
        parts.push((inclusion, Inclusion::text(place, &view.inclusion(place, said.size)?, note)));
    }
    let tokens = catalogue.tokens_covering(end)?;
    // A token can be over more than this view of the ledger has.
    if let Some(first) = tokens.first().filter(|token| token.size <= said.size) {
        if first.size < said.size {
            let path = view.consistency(first.size, said.size)?;
            parts.push((PartKind::TimeCheckpoint, Consistency::text(&path, &first.checkpoint)));
        }
        parts.extend(tokens.into_iter().take(MAX_TIME_TOKENS).map(|token| (PartKind::TimeToken, token.der)));
    }
    let checkpoint = said.clone();
    Ok(Some((Shown { view, checkpoint, places: (start, end) }, parts)))
}
