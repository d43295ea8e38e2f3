//! PROOF: which clips of this clip's order there are, by the station's count and by its ledger (FORMAT.md, section 4,
//! rule N).

use std::collections::{BTreeSet, HashMap};

use super::Taken;
use crate::{
    finding::Code,
    key::{Signer, VerifierKey},
    ledger::{Entry, EntryKind, Salts, Span},
    note::Note,
    statement::{ClipState, Count, CountedClip, End, PartKind, Reason, Start, Statement},
    value::{Id, Order},
    verdict::{Audited, Counted, Included},
};

/// Holds PROOF's count against the clip, and the ledger's entries against the count: `None` where there is no count.
///
/// # Errors
/// [`Code::LedgerStated`], [`Code::LedgerAudit`], [`Code::LedgerEntries`], [`Code::LedgerCount`]; what is wrong with the
/// count's note.
pub(super) fn check(
    taken: &Taken<'_>,
    signer: &Signer,
    key: Option<&VerifierKey>,
    (start, end): (&Start, &End),
    included: &Included,
) -> Result<Option<Counted>, Code> {
    let Some(stated) = taken.part(&PartKind::Stated) else { return Ok(None) };
    let note = Note::parse(stated)?;
    let count = Count::parse(&note.text)?;
    if note.signer != *signer {
        return Err(Code::NoteSigner);
    }
    if let Some(key) = key {
        note.verify(key)?;
    }
    let checkpoint = &included.checkpoint;
    let said = (&count.station, count.size, count.root);
    if said != (&signer.name, checkpoint.size, checkpoint.root) || end.order.as_ref() != Some(&count.order) {
        return Err(Code::LedgerStated);
    }
    let clips = count.clips.0;
    let this = clips.iter().position(|clip| clip.id == start.clip).ok_or(Code::LedgerStated)?;
    let state = if end.reason == Reason::Cancelled { ClipState::Cancelled } else { ClipState::Sealed };
    if clips[this].state != state {
        return Err(Code::LedgerStated);
    }
    let audited = match (taken.part(&PartKind::Audit), taken.part(&PartKind::Salts)) {
        (Some(span), Some(salts)) => Some(audit(span, salts, included, (&count.order, &clips))?),
        _ => None,
    };
    Ok(Some(Counted { clips, this, audited }))
}

/// What a span has of one clip.
#[derive(Debug, Default)]
struct Seen {
    sequence: u64,
    start: Option<Named>,
    end: Option<Named>,
    tombstone: bool,
}

/// Whether a START or END is of the order asked for; `None`: it names no order.
type Named = Option<bool>;

/// Looks a span through for clips of this order; those counted must be all.
fn audit(
    span: &[u8],
    salts: &[u8],
    included: &Included,
    (order, counted): (&Order, &[CountedClip]),
) -> Result<Audited, Code> {
    let (span, entries) = Span::read(span).map_err(|_| Code::LedgerAudit)?;
    span.verify(&entries, &included.checkpoint).map_err(|_| Code::LedgerAudit)?;
    let (first, end) = span.span;
    if included.start < first || included.end >= end {
        return Err(Code::LedgerAudit);
    }
    let salts = Salts::parse(salts).ok_or(Code::LedgerAudit)?;
    let mut book = Book::default();
    let mut time = None;
    for bytes in entries {
        let text = std::str::from_utf8(bytes).map_err(|_| Code::LedgerAudit)?;
        let entry = Entry::parse(text).map_err(|_| Code::LedgerAudit)?;
        let (from, _) = time.unwrap_or((entry.time, entry.time));
        time = Some((from, entry.time));
        book.enter(&entry, &salts, order)?;
    }
    if !salts.0.keys().eq(&book.days) {
        return Err(Code::LedgerAudit);
    }
    let starts = book.close()?;
    let (reaches, whole) = (end == span.size, first == 0 && end == span.size && starts.0 == 1);
    let is_counted = |id: &Id| counted.iter().any(|clip| clip.id == *id);
    let all_counted = book.seen.iter().all(|(id, seen)| !seen.is_of_order() || is_counted(id));
    let agree = |clip: &CountedClip| match book.seen.get(&clip.id) {
        Some(seen) => seen.is_as_counted(clip.state, reaches),
        None => !whole,
    };
    if !all_counted || !counted.iter().all(agree) {
        return Err(Code::LedgerCount);
    }
    // A span has at least one entry.
    let time = time.ok_or(Code::LedgerAudit)?;
    Ok(Audited { first, end, time, starts })
}

/// The entries of a span, as they come.
#[derive(Default)]
struct Book {
    seen: HashMap<Id, Seen>,
    /// Which clip has which number.
    numbers: HashMap<u64, Id>,
    /// Numbers of the first and the newest START.
    starts: Option<(u64, u64)>,
    /// Days of the entries that have a tag.
    days: BTreeSet<String>,
}

impl Book {
    /// Takes the next entry. Numbers follow each other without a gap, for a station takes a number and enters its START
    /// in one step: so a START that was kept out of the ledger is missed.
    fn enter(&mut self, entry: &Entry, salts: &Salts, order: &Order) -> Result<(), Code> {
        let (Some(clip), Some(sequence)) = (entry.clip, entry.sequence) else { return Ok(()) };
        let named = match &entry.order_tag {
            None => None,
            Some(tag) => {
                let day = entry.day();
                let salt = salts.0.get(&day).ok_or(Code::LedgerAudit)?;
                let is_of = tag.is_of(salt, order).ok_or(Code::LedgerAudit)?;
                self.days.insert(day);
                Some(is_of)
            }
        };
        let one_clip = *self.numbers.entry(sequence).or_insert(clip) == clip;
        let seen = self.seen.entry(clip).or_insert_with(|| Seen { sequence, ..Seen::default() });
        let follows = match entry.kind {
            EntryKind::Start => {
                let follows = self.starts.is_none_or(|(_, newest)| sequence == newest + 1);
                self.starts = Some((self.starts.map_or(sequence, |(first, _)| first), sequence));
                let first = seen.start.is_none() && seen.end.is_none() && !seen.tombstone;
                seen.start = Some(named);
                follows && first
            }
            EntryKind::End => {
                // END repeats the order that START has.
                let repeats = seen.start.flatten().is_none_or(|of_it| named == Some(of_it));
                let first = seen.end.is_none() && !seen.tombstone;
                seen.end = Some(named);
                repeats && first
            }
            EntryKind::Tombstone => !std::mem::replace(&mut seen.tombstone, true),
            _ => true,
        };
        if one_clip && seen.sequence == sequence && follows { Ok(()) } else { Err(Code::LedgerEntries) }
    }

    /// The numbers of the first and the last START. A clip whose START is not here began before the first one.
    fn close(&self) -> Result<(u64, u64), Code> {
        // The clip's own START is among them.
        let starts = self.starts.ok_or(Code::LedgerAudit)?;
        let in_order = self.seen.values().all(|seen| seen.start.is_some() || seen.sequence < starts.0);
        if in_order { Ok(starts) } else { Err(Code::LedgerEntries) }
    }
}

impl Seen {
    fn is_of_order(&self) -> bool {
        self.start == Some(Some(true)) || self.end == Some(Some(true))
    }

    /// Whether a clip of the order in this state has these entries; a span that `reaches` the checkpoint has its last
    /// ones.
    fn is_as_counted(&self, state: ClipState, reaches: bool) -> bool {
        use ClipState::*;
        let named = match (self.start, self.end) {
            (Some(Some(false)), _) | (_, Some(Some(false))) => false,
            // One that got its order late has it in END.
            (_, Some(None)) => false,
            (Some(_) | None, None) | (_, Some(Some(true))) => true,
        };
        named
            && match (self.end.is_some(), self.tombstone) {
                (true, true) => state == Deleted,
                (false, true) => state == NeverWritten || state == Deleted && self.start.is_none(),
                (true, false) => matches!(state, Sealed | Cancelled) || state == Deleted && !reaches,
                (false, false) => matches!(state, Open | Damaged) || !reaches,
            }
    }
}
