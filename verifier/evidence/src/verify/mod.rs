//! Verification, step by step as FORMAT.md, section 5, numbers them.

mod crew;
mod fragment;
mod layout;
mod replay;
mod rules;
mod tail;

use std::{io, thread};

use crew::{Crew, Place};
pub use fragment::check_fragment;
use fragment::{Checker, Job};
use layout::{Layout, Next, Stop, Unit};
pub use replay::{ReplayError, replay};
use rules::Rules;
pub use rules::{EDGE, MAX_LINKS, MEDIA_TOLERANCE, WALL_TOLERANCE};

use crate::{
    bmff::{self, StatementBox},
    finding::{Code, Finding},
    h264::ParameterSets,
    key::VerifierKey,
    note::{Note, Signer},
    source::ReadAt,
    statement::{ClockKind, ClockState, End, Link, Proof, Start, Statement},
    trust::{Standing, Trust},
    value::{Hash, Order, Size},
    verdict::{OrderAnswer, Pictures, Report, SignerAnswer, Verdict, is_live},
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
        order: if request.order.is_some() { OrderAnswer::NotProven } else { OrderAnswer::NotAsked },
        findings: Vec::new(),
        facts: None,
        last: None,
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

/// Steps 1 to 4, before a key is looked up.
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

    /// Steps 3 to 8.
    fn verify<S: ReadAt + ?Sized>(
        self,
        layout: &Layout<'_, S>,
        request: Request<'_>,
        report: &mut Report,
    ) -> io::Result<()> {
        let (key, signer) = match request.trust.standing(&self.note.signer) {
            Standing::Trusted(key) => (Some(key), SignerAnswer::Trusted),
            Standing::Revoked(key) => (Some(key), SignerAnswer::Revoked),
            Standing::Unknown => (None, SignerAnswer::Unknown),
        };
        if let Some(key) = key
            && let Err(code) = self.note.verify(key)
        {
            // Whoever wrote this START, the key did not: nothing of it may be repeated.
            report.findings.push(Finding::of(code));
            return Ok(());
        }
        report.signer = signer;
        let mut body = Body {
            rules: Rules::new(self.start, self.note.hash),
            layout,
            sets: &self.sets,
            key,
            signer: &self.note.signer,
            end: None,
            tail: 0,
        };
        let refusal = body.check(self.end, request.threads, request.progress)?;
        report.last = Some(body.rules.last);
        if let Some(finding) = refusal {
            report.findings.push(finding);
        }
        report.pictures = match refusal {
            // Without a key anyone may have made these bonds.
            None if key.is_none() => Pictures::NotFullyChecked,
            None => Pictures::Intact,
            Some(finding) if is_contradiction(finding.code) => Pictures::NotFullyChecked,
            Some(_) => Pictures::Altered,
        };
        conclusions(report, &body, request.order, refusal.is_none());
        if key.is_some() {
            report.key = Some(self.note.signer.name.clone());
            report.facts = Some(body.rules.facts(body.end, body.tail));
        }
        Ok(())
    }
}

/// Refusals that speak of what the statements say, not of changed bytes.
fn is_contradiction(code: Code) -> bool {
    use Code::{OrderBinding, ProofNewer, TimeEdges, TimeFrames, TimeMedia, TimeWall};
    matches!(code, OrderBinding | ProofNewer | TimeEdges | TimeFrames | TimeMedia | TimeWall)
}

/// Step 8: what the statements amount to; where not the whole clip was checked, START alone.
fn conclusions<S: ReadAt + ?Sized>(report: &mut Report, body: &Body<'_, S>, asked: Option<&Order>, whole: bool) {
    let Body { rules, .. } = body;
    let start = rules.start();
    // Where checking stopped, a LINK may have been taken up whose signature was not looked at.
    let end = body.end.as_ref().filter(|_| whole);
    let bound = rules.bound().filter(|_| whole);
    // A late order is proven by END alone.
    let order = match end {
        Some(end) => end.order.as_ref(),
        None => start.order.as_ref(),
    };
    report.order = match (asked, order, bound) {
        (None, ..) => OrderAnswer::NotAsked,
        (Some(_), ..) if report.signer == SignerAnswer::Unknown => OrderAnswer::NotProven,
        (Some(asked), Some(order), _) if asked == order => OrderAnswer::Matches,
        (Some(_), Some(_), _) => OrderAnswer::Differs,
        (Some(asked), None, Some(named)) if asked != named => OrderAnswer::Differs,
        (Some(_), None, _) => OrderAnswer::NotProven,
    };
    let interrupted = rules.has_gaps() || end.is_some_and(|e| !e.reason.is_complete());
    let uncertain = matches!(start.clock_state, ClockState::Unsynchronised | ClockState::Unknown);
    let found = [
        (report.signer == SignerAnswer::Revoked, Code::SignerRevoked),
        (report.signer == SignerAnswer::Unknown, Code::SignerUnknown),
        (report.order == OrderAnswer::Differs, Code::OrderDiffers),
        (whole && rules.label_conflict, Code::OrderConflict),
        (whole && report.order == OrderAnswer::NotProven, Code::OrderNotProven),
        (whole && end.is_none(), Code::EndNotShown),
        (whole && interrupted, Code::Interrupted),
        (whole && rules.is_excerpt(), Code::Excerpt),
        (body.tail > 0, Code::UnprovenTail),
        (whole && rules.has_losses(), Code::FramesLost),
        (!is_live(start.source), Code::NotLive),
        (start.clock == ClockKind::Simulated, Code::SimulatedClock),
        (uncertain, Code::ClockUnsynchronised),
        (whole && rules.stepped, Code::ClockStepped),
        (true, Code::DeviceClock),
        (true, Code::LedgerNotShown),
    ];
    // What only a signature could prove is not repeated under an unknown key.
    let known = report.signer != SignerAnswer::Unknown;
    let sayable = |code: &Code| known || *code == Code::SignerUnknown;
    report
        .findings
        .extend(found.into_iter().filter(|(holds, _)| *holds).map(|(_, code)| code).filter(sayable).map(Finding::of));
}

/// Steps 5 to 7.
struct Body<'a, S: ReadAt + ?Sized> {
    rules: Rules,
    layout: &'a Layout<'a, S>,
    sets: &'a ParameterSets,
    key: Option<&'a VerifierKey>,
    signer: &'a Signer,
    end: Option<End>,
    /// Bytes behind the last whole statement.
    tail: u64,
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
            let walked = self.walk(from, progress, &mut |place, job| crew.give(place, job, &mut own));
            drop(open);
            crew.work(&mut own);
            walked
        });
        // What the crew found lies before the place where the walk stopped.
        let (stop, (fragment, tick)) = match (crew.first_failure(), walked) {
            (Some(failure), _) => failure,
            (None, Err(stop)) => (stop, self.place()),
            (None, Ok(())) => return Ok(None),
        };
        match stop {
            Stop::Io(error) => Err(error),
            Stop::Elsewhere => Err(io::Error::other("a failure was lost")),
            Stop::Refused(code) => Ok(Some(Finding { code, fragment: Some(fragment), tick: Some(tick) })),
        }
    }

    fn place(&self) -> Place {
        (self.rules.links, self.rules.ticks)
    }

    /// Walks statement by statement; gives each LINK's own check away.
    fn walk(
        &mut self,
        from: u64,
        progress: &mut dyn FnMut(u64, u64),
        give: &mut dyn FnMut(Place, Job) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        let mut at = from;
        loop {
            progress(at, self.layout.length);
            let unit = match self.layout.next(at)? {
                Next::Nothing => break,
                Next::Cut if self.end.is_some() => return Err(Code::ContainerTrailing.into()),
                Next::Cut => {
                    tail::check(self.layout, at, self.sets, &self.rules, self.signer)?;
                    self.tail = self.layout.length - at;
                    break;
                }
                Next::Unit(unit) => unit,
            };
            at = unit.end;
            match unit.kind {
                StatementBox::Proof if self.end.is_some() => {
                    self.proof(&unit.note)?;
                    return if at == self.layout.length { Ok(()) } else { Err(Code::ContainerTrailing.into()) };
                }
                _ if self.end.is_some() => return Err(Code::ContainerTrailing.into()),
                StatementBox::Link => self.link(unit, give)?,
                StatementBox::End => self.end(&unit.note)?,
                StatementBox::Start | StatementBox::Proof => return Err(Code::ContainerBoxes.into()),
            }
        }
        if self.end.is_none() { Ok(self.rules.no_end()?) } else { Ok(()) }
    }

    fn note(&self, bytes: &[u8]) -> Result<Note, Code> {
        let note = Note::parse(bytes)?;
        (note.signer == *self.signer).then_some(note).ok_or(Code::NoteSigner)
    }

    fn link(&mut self, unit: Unit, give: &mut dyn FnMut(Place, Job) -> Result<(), Stop>) -> Result<(), Stop> {
        let note = self.note(&unit.note)?;
        let link = Link::parse(&note.text)?;
        let place = self.place();
        self.rules.link(&link, note.hash, unit.media.is_some())?;
        give(place, Job { note, link, media: unit.media })
    }

    fn end(&mut self, note: &[u8]) -> Result<(), Stop> {
        let note = self.note(note)?;
        let end = End::parse(&note.text)?;
        if let Some(key) = self.key {
            note.verify(key)?;
        }
        self.rules.end(&end, note.hash)?;
        self.end = Some(end);
        Ok(())
    }

    /// PROOF's own note and that its parts are those it lists. What they say is a later version's to know.
    fn proof(&self, content: &[u8]) -> Result<(), Stop> {
        let (length, rest) = content.split_first_chunk::<4>().ok_or(Code::ProofForm)?;
        let length = u32::from_be_bytes(*length) as usize;
        let (note, mut parts) = rest.split_at_checked(length).ok_or(Code::ProofForm)?;
        let note = self.note(note)?;
        let proof = Proof::parse(&note.text)?;
        if let Some(key) = self.key {
            note.verify(key)?;
        }
        for part in &proof.parts.0 {
            let length = usize::try_from(part.length).map_err(|_| Code::ProofForm)?;
            let (bytes, rest) = parts.split_at_checked(length).ok_or(Code::ProofForm)?;
            if Hash::of(bytes) != part.hash {
                return Err(Code::ProofForm.into());
            }
            parts = rest;
        }
        let fits = parts.is_empty() && proof.clip == self.rules.start().clip && proof.end == self.rules.last;
        Err(if fits { Code::ProofNewer } else { Code::ProofForm }.into())
    }
}
