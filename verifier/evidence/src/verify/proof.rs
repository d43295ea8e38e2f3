//! PROOF: taken apart, and what its parts say of the clip.

use std::io;

use super::layout::{Layout, Next, Stop};
use crate::{
    bmff::StatementBox,
    finding::Code,
    key::{Signer, VerifierKey},
    ledger::{Consistency, Entry, EntryKind, Inclusion, SignedCheckpoint},
    note::Note,
    source::ReadAt,
    statement::{End, Enrolment, Part, PartKind, Proof, Start, Statement},
    trust::Trust,
    value::{Hash, Time},
    verdict::Included,
};

/// PROOF's content taken apart: each part has the length and hash that its note lists. No signature is checked yet.
#[derive(Debug)]
pub struct Taken<'a> {
    /// Its note.
    pub note: Note,
    /// What the note says.
    pub proof: Proof,
    parts: Vec<&'a [u8]>,
}

impl<'a> Taken<'a> {
    /// Takes the content of a PROOF's box apart (FORMAT.md, section 3.4).
    ///
    /// # Errors
    /// [`Code::ProofForm`], or what is wrong with its note.
    pub fn of(content: &'a [u8]) -> Result<Self, Code> {
        let (length, rest) = content.split_first_chunk::<4>().ok_or(Code::ProofForm)?;
        let (note, mut rest) = rest.split_at_checked(u32::from_be_bytes(*length) as usize).ok_or(Code::ProofForm)?;
        let note = Note::parse(note)?;
        let proof = Proof::parse(&note.text)?;
        let mut parts = Vec::new();
        for part in &proof.parts.0 {
            let length = usize::try_from(part.length).map_err(|_| Code::ProofForm)?;
            let (bytes, behind) = rest.split_at_checked(length).ok_or(Code::ProofForm)?;
            if Hash::of(bytes) != part.hash {
                return Err(Code::ProofForm);
            }
            parts.push(bytes);
            rest = behind;
        }
        if rest.is_empty() { Ok(Self { note, proof, parts }) } else { Err(Code::ProofForm) }
    }

    /// The parts with their bytes, in the order of the box.
    pub fn parts(&self) -> impl Iterator<Item = (&Part, &'a [u8])> {
        self.proof.parts.0.iter().zip(self.parts.iter().copied())
    }

    /// The first part of this kind.
    pub(super) fn part(&self, kind: &PartKind) -> Option<&'a [u8]> {
        self.parts().find(|(part, _)| part.kind == *kind).map(|(_, bytes)| bytes)
    }
}

/// The enrolment that makes START's key known (section 5, step 4): in the PROOF at the end of the file, of exactly this
/// signer, signed by a trusted root, and of a key that is listed as nothing else. Whatever is not as it must be is
/// found again on the way there: here it only makes the key unknown.
pub(super) fn enrolment_of<S: ReadAt + ?Sized>(
    layout: &Layout<'_, S>,
    from: u64,
    trust: &Trust,
    signer: &Signer,
) -> io::Result<Option<Enrolment>> {
    let Some(content) = find(layout, from)? else { return Ok(None) };
    let Ok(taken) = Taken::of(&content) else { return Ok(None) };
    let note = taken.part(&PartKind::Enrolment);
    let enrolment = note.and_then(|note| read_enrolment(note, trust).ok()).filter(|(_, is_by_root)| *is_by_root);
    let enrolment = enrolment.map(|(enrolment, _)| enrolment);
    Ok(enrolment.filter(|e| e.station.signer() == signer && !trust.lists(&e.station)))
}

/// The content of the PROOF at the end of the file, looked for by the headers of the boxes behind START; as many
/// as a clip can have, for the walk refuses more.
fn find<S: ReadAt + ?Sized>(layout: &Layout<'_, S>, from: u64) -> io::Result<Option<Vec<u8>>> {
    let mut at = from;
    for _ in 0..super::MAX_LINKS + 2 {
        match layout.next(at) {
            Ok(Next::Unit(unit)) if unit.kind == StatementBox::Proof => return Ok(Some(unit.note)),
            Ok(Next::Unit(unit)) => at = unit.end,
            Err(Stop::Io(error)) => return Err(error),
            Ok(Next::Nothing | Next::Cut) | Err(Stop::Refused(_) | Stop::Elsewhere) => break,
        }
    }
    Ok(None)
}

/// An enrolment, and whether a trusted root signed it; by any other one it proves nothing.
fn read_enrolment(note: &[u8], trust: &Trust) -> Result<(Enrolment, bool), Code> {
    let note = Note::parse(note)?;
    let enrolment = Enrolment::parse(&note.text)?;
    if enrolment.root != note.signer.name {
        return Err(Code::NoteSignature);
    }
    let root = trust.root(&note.signer);
    if let Some(root) = root {
        note.verify(root)?;
    }
    Ok((enrolment, root.is_some()))
}

/// Holds PROOF's enrolment against the clip: `None` where its root is not trusted.
///
/// # Errors
/// What is wrong with it, whoever signed it.
pub(super) fn check_enrolment(
    note: &[u8],
    trust: &Trust,
    signer: &Signer,
    key: Option<&VerifierKey>,
    (start, end): (&Start, &End),
) -> Result<Option<Enrolment>, Code> {
    let (enrolment, is_by_root) = read_enrolment(note, trust)?;
    let is_of_it = match key {
        Some(key) => enrolment.station == *key,
        // Two keys of one name and key id are told apart where the key is known.
        None => enrolment.station.signer() == signer,
    };
    if !is_of_it {
        return Err(Code::EnrolmentKey);
    }
    enrolment.covers(start, Some(end))?;
    Ok(is_by_root.then_some(enrolment))
}

impl Enrolment {
    /// Whether it holds for what these statements say (FORMAT.md, section 4, rule E): the source is one of its, and
    /// all times of opening and closing are within its own.
    ///
    /// # Errors
    /// [`Code::EnrolmentSource`], [`Code::EnrolmentPeriod`].
    pub fn covers(&self, start: &Start, end: Option<&End>) -> Result<(), Code> {
        if !self.sources.contains(start.source) {
            return Err(Code::EnrolmentSource);
        }
        let closing = end.into_iter().flat_map(|end| [Some(end.time), end.recovered_time]).flatten();
        let mut times = [start.opened_time, start.first_frame_time].into_iter().chain(closing);
        let within = |time: Time| self.not_before <= time && self.not_after.is_none_or(|after| time <= after);
        if times.all(within) { Ok(()) } else { Err(Code::EnrolmentPeriod) }
    }
}

/// Holds PROOF's entries of the ledger against the clip (FORMAT.md, section 4, rule L): what they show, and the note of
/// that checkpoint; `None` where there are none.
///
/// # Errors
/// [`Code::LedgerEntry`], [`Code::LedgerInclusion`].
pub(super) fn check_included(
    taken: &Taken<'_>,
    signer: &Signer,
    key: Option<&VerifierKey>,
    (start, start_hash): (&Start, Hash),
) -> Result<Option<(Included, SignedCheckpoint)>, Code> {
    let one = |kind, entry: &[u8], inclusion: &[u8], statement| {
        let text = std::str::from_utf8(entry).map_err(|_| Code::LedgerEntry)?;
        let read = Entry::parse(text).map_err(|_| Code::LedgerEntry)?;
        let said = (read.kind, read.clip, read.sequence, read.statement);
        if said != (kind, Some(start.clip), Some(start.sequence), statement) {
            return Err(Code::LedgerEntry);
        }
        let inclusion = Inclusion::parse(inclusion).map_err(|_| Code::LedgerInclusion)?;
        let holds = match key {
            Some(key) => inclusion.verify(entry, key).is_ok(),
            None => inclusion.leads_to_root(entry) && inclusion.checkpoint.signer() == signer,
        };
        if holds { Ok(inclusion) } else { Err(Code::LedgerInclusion) }
    };
    let [Some(start_entry), Some(start_inclusion), Some(end_entry), Some(end_inclusion)] =
        PartKind::LEDGER.map(|kind| taken.part(&kind))
    else {
        return Ok(None);
    };
    let first = one(EntryKind::Start, start_entry, start_inclusion, start_hash)?;
    let last = one(EntryKind::End, end_entry, end_inclusion, taken.proof.end)?;
    let (start, end) = (first.index, last.index);
    if start >= end || first.checkpoint != last.checkpoint {
        return Err(Code::LedgerInclusion);
    }
    Ok(Some((Included { checkpoint: last.checkpoint.checkpoint.clone(), start, end }, last.checkpoint)))
}

/// The checkpoint that PROOF's time tokens must be over (rule B): that of the inclusions, or an older one that the
/// station's ledger passed through with END in it.
///
/// # Errors
/// [`Code::TimeCheckpoint`].
pub(super) fn time_checkpoint(
    taken: &Taken<'_>,
    signer: &Signer,
    key: Option<&VerifierKey>,
    included: &Included,
    newest: SignedCheckpoint,
) -> Result<SignedCheckpoint, Code> {
    let Some(bytes) = taken.part(&PartKind::TimeCheckpoint) else { return Ok(newest) };
    let older = Consistency::parse(bytes).map_err(|_| Code::TimeCheckpoint)?;
    let by_station = match key {
        Some(key) => older.checkpoint.verify(key).is_ok(),
        None => older.checkpoint.signer() == signer,
    };
    let has_end = included.end < older.checkpoint.checkpoint.size;
    // So its place in the newer one is its place in the older one.
    if by_station && has_end && older.leads_to(&included.checkpoint) {
        Ok(older.checkpoint)
    } else {
        Err(Code::TimeCheckpoint)
    }
}
