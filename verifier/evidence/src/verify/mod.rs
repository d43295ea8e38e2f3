//! Verification, step by step as FORMAT.md, section 5, numbers them.

mod count;
mod crew;
mod derived;
mod excerpt;
mod fragment;
mod layout;
mod proof;
mod replay;
mod rules;
mod tail;
mod time;

use std::{io, thread};

use crew::Crew;
pub use derived::{Derived, DerivedVerdict, derived};
pub use excerpt::{ExcerptError, excerpt};
pub use fragment::check_fragment;
use fragment::{Checker, Job};
use layout::{Layout, Next, Stop, Unit};
pub use proof::Taken;
pub use replay::{ReplayError, replay};
pub use rules::{EDGE, MAX_LINKS, MEDIA_TOLERANCE, WALL_TOLERANCE, too_few_frames, too_many_frames};
use rules::{Rules, SoFar};
pub use time::LATE_START;
use time::{Fit, Times};

use crate::{
    bmff::{self, StatementBox},
    finding::{Code, Finding},
    h264::ParameterSets,
    key::{Signer, VerifierKey},
    note::Note,
    source::ReadAt,
    statement::{ClockKind, ClockState, End, Enrolment, Link, PartKind, Start, Statement},
    trust::{Standing, Trust},
    value::{Hash, Order, Size},
    verdict::{Bracket, Counted, Included, OrderAnswer, Pictures, Report, SignerAnswer, Verdict, is_live},
};

/// What is asked of a clip.
pub struct Request<'a> {
    /// Keys given from outside.
    pub trust: &'a Trust,
    /// The order it should be of.
    pub order: Option<&'a Order>,
    /// How many threads hash, at least 1.
    pub threads: usize,
    /// Called with the bytes seen and the bytes there are.
    pub progress: &'a mut dyn FnMut(u64, u64),
}

/// Verifies a clip. Memory is bounded however long it is; no input makes it panic.
///
/// # Errors
/// Where the clip cannot be read. A clip that can be read always gets a report.
pub fn verify<S: ReadAt + ?Sized>(source: &S, request: Request<'_>) -> io::Result<Report> {
    let mut report = Report {
        verdict: Verdict::CouldNotCheck,
        pictures: Pictures::Altered,
        signer: SignerAnswer::Unknown,
        key: None,
        enrolment: None,
        revocation: None,
        order: if request.order.is_some() { OrderAnswer::NotProven } else { OrderAnswer::NotAsked },
        findings: Vec::new(),
        facts: None,
        last: None,
        bound: None,
        included: None,
        bracket: Bracket::default(),
        counted: None,
    };
    let layout = Layout::new(source)?;
    match Opening::read(&layout) {
        Ok(opening) => opening.verify(&layout, request, &mut report)?,
        Err(Stop::Refused(code)) => report.findings.push(Finding::of(code)),
        Err(Stop::Io(error)) => return Err(error),
        Err(Stop::Elsewhere) => return Err(io::Error::other("a failure was lost")),
    }
    Ok(report.conclude())
}

/// Steps 1 to 3 and 5, which need no key.
struct Opening {
    sets: ParameterSets,
    note: Note,
    start: Start,
    /// The place behind START.
    end: u64,
}

impl Opening {
    fn read<S: ReadAt + ?Sized>(layout: &Layout<'_, S>) -> Result<Self, Stop> {
        let init = layout.init()?;
        let sets = bmff::parse_init(&init)?;
        let unit = match layout.next(init.len() as u64)? {
            Next::Unit(unit) if unit.kind == StatementBox::Start => unit,
            Next::Unit(_) => return Err(Code::ContainerBoxes.into()),
            Next::Nothing | Next::Cut => return Err(Code::ContainerTruncated.into()),
        };
        let note = Note::parse(&unit.note)?;
        let start = Start::parse(&note.text)?;
        if start.station != note.signer.name {
            return Err(Code::NoteSigner.into());
        }
        if (start.init_length, start.init) != (init.len() as u64, Hash::of(&init)) {
            return Err(Code::StartInit.into());
        }
        let Size { width, height } = sets.size();
        if start.size != (Size { width, height }) {
            return Err(Code::StartSize.into());
        }
        Ok(Self { sets, note, start, end: unit.end })
    }

    /// Step 4, then 6 to 9.
    fn verify<S: ReadAt + ?Sized>(
        self,
        layout: &Layout<'_, S>,
        request: Request<'_>,
        report: &mut Report,
    ) -> io::Result<()> {
        let trust = request.trust;
        let standing = trust.standing(&self.note.signer);
        // A key that was revoked at a time may be good for what was sealed before; then it needs to be trusted as well.
        let needs_root = match standing {
            Standing::Unknown => true,
            Standing::Revoked(_, revocation) => revocation.is_some() && trust.station(&self.note.signer).is_none(),
            Standing::Trusted(_) => false,
        };
        // The only thing that is read before the key is known: a root's signature makes it known, or nothing does.
        let through_root = match needs_root && trust.has_root() {
            true => proof::enrolment_of(layout, self.end, trust, &self.note.signer)?,
            false => None,
        };
        let (key, signer) = match (standing, &through_root) {
            (Standing::Trusted(key), _) => (Some(key), SignerAnswer::Trusted),
            (Standing::Revoked(key, _), _) => (Some(key), SignerAnswer::Revoked),
            (Standing::Unknown, Some(enrolment)) => (Some(&enrolment.station), SignerAnswer::Trusted),
            (Standing::Unknown, None) => (None, SignerAnswer::Unknown),
        };
        if let Some(key) = key
            && let Err(code) = self.note.verify(key)
        {
            // Whoever wrote this START, the key did not: nothing of it may be repeated.
            report.findings.push(Finding::of(code));
            return Ok(());
        }
        report.signer = signer;
        if let Standing::Revoked(_, revocation) = standing {
            report.revocation = revocation.cloned();
        }
        let mut body = Body {
            rules: Rules::new(self.start, self.note.hash),
            layout,
            sets: &self.sets,
            trust,
            key,
            signer: &self.note.signer,
            close: Close::default(),
        };
        let refusal = body.check(self.end, request.threads, request.progress)?;
        report.last = Some(body.rules.so_far.last);
        if let Some(finding) = refusal {
            report.findings.push(finding);
        }
        report.pictures = match refusal {
            // Whether anything is as it was signed, only the key can tell.
            None if key.is_none() => Pictures::NotFullyChecked,
            None => Pictures::Intact,
            Some(finding) if is_contradiction(finding.code) => Pictures::NotFullyChecked,
            Some(_) => Pictures::Altered,
        };
        let fit = match &body.close.end {
            Some(end) => {
                let SoFar { ticks, stepped, .. } = body.rules.so_far;
                time::fit(&body.close.times.bracket, (body.rules.start(), end), ticks, stepped)
            }
            None => Fit::Within,
        };
        let before = body.close.times.bracket.before.as_ref().map(|before| before.time);
        if let Standing::Revoked(_, Some(revocation)) = standing
            && refusal.is_none()
            && fit != Fit::NoRoom
            && before.is_some_and(|before| before < revocation.time)
            && (through_root.is_some() || trust.station(&self.note.signer).is_some())
        {
            report.signer = SignerAnswer::Trusted;
        }
        if let Some(enrolment) = &through_root
            && report.signer == SignerAnswer::Trusted
            && enrolment.covers(body.rules.start(), body.close.end.as_ref()).is_err()
        {
            report.signer = SignerAnswer::NotEnrolled;
        }
        conclusions(report, &body, request.order, fit);
        if let Some(key) = key {
            report.key = Some(key.clone());
            report.enrolment = body.close.enrolment;
            report.included = body.close.included;
            report.bracket = body.close.times.bracket;
            report.counted = body.close.counted;
            report.bound = body.rules.bound().cloned();
            let Close { end, tail, proof, .. } = body.close;
            report.facts = Some(body.rules.facts(end, tail, proof));
        }
        Ok(())
    }
}

/// Refusals that speak of what the statements say, not of changed bytes.
fn is_contradiction(code: Code) -> bool {
    use Code::*;
    let of_enrolment = matches!(code, EnrolmentKey | EnrolmentPeriod | EnrolmentSource);
    let of_ledger =
        matches!(code, LedgerEntry | LedgerInclusion | LedgerStated | LedgerAudit | LedgerEntries | LedgerCount);
    of_enrolment
        || of_ledger
        || matches!(code, OrderBinding | ProofNewer | TimeEdges | TimeFrames | TimeMedia | TimeWall)
        || matches!(code, TimeStartToken | TimeToken | TimeCheckpoint)
}

/// Step 9: what the whole statements amount to.
fn conclusions<S: ReadAt + ?Sized>(report: &mut Report, body: &Body<'_, S>, asked: Option<&Order>, fit: Fit) {
    let Body { rules, close: Close { end, tail, unknown_root, included, counted, times, .. }, .. } = body;
    let start = rules.start();
    // A late order is proven by END alone.
    let order = match end {
        Some(end) => end.order.as_ref(),
        None => start.order.as_ref(),
    };
    // What only a signature could prove is not repeated under an unknown key.
    let known = report.signer != SignerAnswer::Unknown;
    report.order = match (asked, order, rules.bound()) {
        (None, ..) => OrderAnswer::NotAsked,
        _ if !known => OrderAnswer::NotProven,
        (Some(asked), Some(order), _) if asked == order => OrderAnswer::Matches,
        (Some(_), Some(_), _) => OrderAnswer::Differs,
        (Some(asked), None, Some(named)) if asked != named => OrderAnswer::Differs,
        (Some(_), None, _) => OrderAnswer::NotProven,
    };
    let excerpt = rules.is_excerpt();
    let interrupted = rules.has_gaps() || end.as_ref().is_some_and(|e| !e.reason.is_complete());
    let uncertain = matches!(start.clock_state, ClockState::Unsynchronised | ClockState::Unknown);
    let refused = report.refusal().is_some();
    let contradicted = report.has(Code::LedgerEntries) || report.has(Code::LedgerCount);
    let found = [
        (report.signer == SignerAnswer::Revoked, Code::SignerRevoked),
        (report.signer == SignerAnswer::Unknown, Code::SignerUnknown),
        (fit == Fit::NoRoom, Code::TimeBracket),
        (fit == Fit::Outside { is_contradicted: true }, Code::TimeClock),
        (report.order == OrderAnswer::Differs, Code::OrderDiffers),
        (rules.so_far.label_conflict, Code::OrderConflict),
        (report.order == OrderAnswer::NotProven && !refused, Code::OrderNotProven),
        (report.signer == SignerAnswer::Trusted && report.revocation.is_some(), Code::SignerRevokedLater),
        (end.is_none() && !refused, Code::EndNotShown),
        (interrupted, Code::Interrupted),
        (excerpt, Code::Excerpt),
        (*tail > 0, Code::UnprovenTail),
        (rules.has_losses(), Code::FramesLost),
        (!is_live(start.source), Code::NotLive),
        (start.clock == ClockKind::Simulated, Code::SimulatedClock),
        (uncertain, Code::ClockUnsynchronised),
        (rules.so_far.stepped, Code::ClockStepped),
        (*unknown_root, Code::EnrolmentUnknownRoot),
        (fit == Fit::Outside { is_contradicted: false }, Code::TimeClockOff),
        (times.unknown_authority, Code::TimeUnknownAuthority),
        (times.cannot_check, Code::TimeAlgorithm),
        (times.bracket.is_empty(), Code::DeviceClock),
        (included.is_none() && !contradicted, Code::LedgerNotShown),
        (included.is_some() && counted.is_none(), Code::LedgerOthers),
        (counted.as_ref().is_some_and(|c| c.clips.len() > 1), Code::LedgerOtherClips),
        (counted.as_ref().is_some_and(|c| c.audited.is_none()), Code::LedgerOwnCount),
        (is_part(included.as_ref(), counted.as_ref()), Code::LedgerSpanOnly),
    ];
    let sayable = |code: &Code| known || matches!(code, Code::SignerUnknown | Code::EnrolmentUnknownRoot);
    report
        .findings
        .extend(found.into_iter().filter(|(holds, _)| *holds).map(|(_, code)| code).filter(sayable).map(Finding::of));
}

/// Whether only a part of the ledger was looked through.
fn is_part(included: Option<&Included>, counted: Option<&Counted>) -> bool {
    let audited = counted.and_then(|counted| counted.audited.as_ref());
    audited.zip(included).is_some_and(|(a, i)| (a.first, a.end) != (0, i.checkpoint.size))
}

/// Steps 6 to 8.
struct Body<'a, S: ReadAt + ?Sized> {
    rules: Rules,
    layout: &'a Layout<'a, S>,
    sets: &'a ParameterSets,
    trust: &'a Trust,
    key: Option<&'a VerifierKey>,
    signer: &'a Signer,
    close: Close,
}

/// What stands behind the LINKs.
#[derive(Default)]
struct Close {
    end: Option<End>,
    /// Bytes behind the last whole statement.
    tail: u64,
    /// Bytes of PROOF.
    proof: u64,
    /// PROOF's, by a trusted root.
    enrolment: Option<Enrolment>,
    /// PROOF has one by another root.
    unknown_root: bool,
    /// PROOF's, of the ledger.
    included: Option<Included>,
    /// PROOF's time tokens.
    times: Times,
    /// PROOF's, of its order.
    counted: Option<Counted>,
}

impl<S: ReadAt + ?Sized> Body<'_, S> {
    /// The first refusal in the clip's own order, if there is one.
    fn check(&mut self, from: u64, threads: usize, progress: &mut dyn FnMut(u64, u64)) -> io::Result<Option<Finding>> {
        let (source, sets, key) = (self.layout.source, self.sets, self.key);
        let crew = Crew::new(threads);
        let walked = thread::scope(|scope| {
            let open = crew.open();
            for _ in 1..threads {
                scope.spawn(|| crew.work(&mut Checker::new(source, sets, key)));
            }
            let mut own = Checker::new(source, sets, key);
            let walked = self.walk(from, progress, &mut |before, job| crew.give(before, job, &mut own));
            drop(open);
            crew.work(&mut own);
            walked
        });
        // What the crew found lies before the place where the walk stopped. What the walk saw behind it is not
        // proven, so nothing of it is kept.
        let stop = match (crew.first_failure(), walked) {
            (Some((stop, before)), _) => {
                (self.rules.so_far, self.close) = (before, Close::default());
                stop
            }
            (None, Err(stop)) => stop,
            (None, Ok(())) => return Ok(None),
        };
        match stop {
            Stop::Io(error) => Err(error),
            Stop::Elsewhere => Err(io::Error::other("a failure was lost")),
            Stop::Refused(code) => {
                let SoFar { links, ticks, .. } = self.rules.so_far;
                Ok(Some(Finding { code, fragment: Some(links), tick: Some(ticks) }))
            }
        }
    }

    /// Walks statement by statement; gives each LINK's own check away.
    fn walk(
        &mut self,
        from: u64,
        progress: &mut dyn FnMut(u64, u64),
        give: &mut dyn FnMut(SoFar, Job) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        let mut at = from;
        loop {
            progress(at, self.layout.length);
            let unit = match self.layout.next(at)? {
                Next::Nothing => break,
                Next::Cut if self.close.end.is_some() => return Err(Code::ContainerTrailing.into()),
                Next::Cut => {
                    tail::check(self.layout, at, self.sets, &self.rules, self.signer)?;
                    self.close.tail = self.layout.length - at;
                    break;
                }
                Next::Unit(unit) => unit,
            };
            let begin = std::mem::replace(&mut at, unit.end);
            match unit.kind {
                StatementBox::Proof if self.close.end.is_some() && at == self.layout.length => {
                    self.proof(&unit.note)?;
                    self.close.proof = at - begin;
                }
                _ if self.close.end.is_some() => return Err(Code::ContainerTrailing.into()),
                StatementBox::Link => self.link(unit, give)?,
                StatementBox::End => self.end(&unit.note)?,
                StatementBox::Start | StatementBox::Proof => return Err(Code::ContainerBoxes.into()),
            }
        }
        if self.close.end.is_none() { Ok(self.rules.no_end()?) } else { Ok(()) }
    }

    fn note(&self, bytes: &[u8]) -> Result<Note, Code> {
        let note = Note::parse(bytes)?;
        (note.signer == *self.signer).then_some(note).ok_or(Code::NoteSigner)
    }

    fn link(&mut self, unit: Unit, give: &mut dyn FnMut(SoFar, Job) -> Result<(), Stop>) -> Result<(), Stop> {
        let note = self.note(&unit.note)?;
        let link = Link::parse(&note.text)?;
        let before = self.rules.so_far.clone();
        if let Err(code) = self.rules.link(&link, note.hash, unit.media.is_some()) {
            self.rules.so_far = before;
            // Only what the station signed can contradict it; anything else was changed.
            if let Some(key) = self.key {
                note.verify(key)?;
            }
            return Err(code.into());
        }
        give(before, Job { note, link, media: unit.media })
    }

    fn end(&mut self, note: &[u8]) -> Result<(), Stop> {
        let note = self.note(note)?;
        let end = End::parse(&note.text)?;
        if let Some(key) = self.key {
            note.verify(key)?;
        }
        self.rules.end(&end, note.hash)?;
        self.close.end = Some(end);
        Ok(())
    }

    /// PROOF's own note, that its parts are those it lists and of this clip, and what they say.
    fn proof(&mut self, content: &[u8]) -> Result<(), Stop> {
        let taken = Taken::of(content)?;
        if taken.note.signer != *self.signer {
            return Err(Code::NoteSigner.into());
        }
        if let Some(key) = self.key {
            taken.note.verify(key)?;
        }
        let start = self.rules.start();
        let Some(end) = &self.close.end else { return Err(Code::ContainerBoxes.into()) };
        if (taken.proof.clip, taken.proof.end) != (start.clip, self.rules.so_far.last) {
            return Err(Code::ProofForm.into());
        }
        let mut newer = false;
        for (part, bytes) in taken.parts() {
            match part.kind {
                PartKind::Enrolment => {
                    let found = proof::check_enrolment(bytes, self.trust, self.signer, self.key, (start, end))?;
                    self.close.unknown_root = found.is_none();
                    self.close.enrolment = found;
                }
                // Together, below.
                PartKind::StartEntry | PartKind::StartInclusion | PartKind::EndEntry | PartKind::EndInclusion => {}
                PartKind::StartToken | PartKind::TimeCheckpoint | PartKind::TimeToken => {}
                PartKind::Stated | PartKind::Audit | PartKind::Salts => {}
                PartKind::Newer(_) => newer = true,
            }
        }
        let mut checkpoint = None;
        if let Some((included, newest)) =
            proof::check_included(&taken, self.signer, self.key, (start, self.rules.start_hash))?
        {
            let counted = count::check(&taken, self.signer, self.key, (start, end), &included)?;
            checkpoint = Some(proof::time_checkpoint(&taken, self.signer, self.key, &included, newest)?);
            (self.close.included, self.close.counted) = (Some(included), counted);
        }
        self.close.times = Times::of(&taken, start, self.trust.authorities(), checkpoint.as_ref())?;
        if newer { Err(Code::ProofNewer.into()) } else { Ok(()) }
    }
}
