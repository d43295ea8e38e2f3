//! The answers of a verification and the one word made of them (FORMAT.md, section 6).

use crate::{
    finding::{Code, Finding, Weight},
    key::VerifierKey,
    ledger::Checkpoint,
    statement::{CountedClip, End, Enrolment, EventKind, Revocation, Source, Start},
    value::{Hash, Order, Time},
};

/// The one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Intact, complete, trusted, of the order asked for, nothing contradicted.
    Verified,
    /// Altered, of another order, revoked or contradicted.
    Rejected,
    /// This program cannot say.
    CouldNotCheck,
    /// No trusted key.
    UnknownSigner,
    /// Authentic as far as it goes.
    Partial,
}

impl Verdict {
    /// As programs read it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Rejected => "rejected",
            Self::CouldNotCheck => "could-not-check",
            Self::UnknownSigner => "unknown-signer",
            Self::Partial => "partial",
        }
    }

    /// The program's exit status.
    pub fn exit_status(self) -> u8 {
        match self {
            Self::Verified => 0,
            Self::Rejected => 1,
            Self::CouldNotCheck => 2,
            Self::UnknownSigner => 3,
            Self::Partial => 4,
        }
    }
}

/// Whether the pictures are those that were signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pictures {
    /// Every byte up to the last whole statement is.
    Intact,
    /// Not all; the first refusal says where.
    Altered,
    /// As far as they were checked: the statements contradict each other, or the key is unknown.
    NotFullyChecked,
}

/// Who signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignerAnswer {
    /// A key given from outside, as a station's; or one that a root given from outside enrolled for this clip.
    Trusted,
    /// A key that a root given from outside enrolled, but not for this source or time.
    NotEnrolled,
    /// No key given from outside.
    Unknown,
    /// A key given from outside as revoked.
    Revoked,
}

/// Of which order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderAnswer {
    /// Of the one asked for.
    Matches,
    /// Of another one.
    Differs,
    /// The clip does not say, or not so that it is proven.
    NotProven,
    /// Nobody asked.
    NotAsked,
}

/// A span on the clip's own time line, in ticks of 1/90,000 s.
pub type Ticks = (u64, u64);

/// What the clip proves, gathered from checked statements; of a refused clip, those before the refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// First statement.
    pub start: Start,
    /// Last statement, if it is there.
    pub end: Option<End>,
    /// Whole spans that were checked.
    pub links: u64,
    /// Frames in them.
    pub frames: u64,
    /// Frames lost, as signed.
    pub lost: u64,
    /// End of the last of them.
    pub ticks: u64,
    /// Wall clock there.
    pub last_time: Time,
    /// Of an excerpt: the span it shows.
    pub shown: Option<Ticks>,
    /// Spans in which nothing was recorded, the first hundred.
    pub gaps: Vec<Ticks>,
    /// How many there are.
    pub gap_count: u64,
    /// Spans in which frames were lost, and how many; the first hundred.
    pub losses: Vec<(Ticks, u64)>,
    /// What happened, and when, in ticks; the first thousand.
    pub events: Vec<(u64, EventKind)>,
    /// How many events there are, those beyond 64 in a LINK included.
    pub event_count: u64,
    /// Frames from which the order was read.
    pub label_frames: u64,
    /// Bytes behind the last whole statement, unproven.
    pub tail: u64,
    /// Bytes of PROOF, its header included.
    pub proof: u64,
}

/// What the ledger shows of a clip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Included {
    /// The checkpoint that covers it.
    pub checkpoint: Checkpoint,
    /// Place of START's entry, from 0.
    pub start: u64,
    /// Place of END's entry.
    pub end: u64,
}

/// A bound by a trusted authority's time token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedTime {
    /// The authority's time, widened by the accuracy that it states.
    pub time: Time,
    /// Subject of its certificate, safe to print.
    pub authority: String,
}

/// What trusted time says of when a clip was sealed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bracket {
    /// START names a token of this time: it was signed after.
    pub after: Option<TrustedTime>,
    /// A checkpoint that covers END has a token of this time: END was signed before.
    pub before: Option<TrustedTime>,
    /// Entries of that checkpoint, where `before` is there.
    pub size: Option<u64>,
}

impl Bracket {
    /// µs from the one to the other; negative where they contradict each other.
    pub fn width(&self) -> Option<i64> {
        Some(self.before.as_ref()?.time.0 - self.after.as_ref()?.time.0)
    }

    /// Whether there is neither.
    pub fn is_empty(&self) -> bool {
        self.after.is_none() && self.before.is_none()
    }
}

/// The clips of this clip's order, by the station's signed count as of [`Included::checkpoint`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// All of them, oldest first, this one among them.
    pub clips: Vec<CountedClip>,
    /// Which of them this is, from 0.
    pub this: usize,
    /// Where the ledger itself was looked through for them.
    pub audited: Option<Audited>,
}

/// Entries of the ledger among which no other clip of the order is than those counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audited {
    /// Place of the first one, from 0.
    pub first: u64,
    /// Place behind the last one.
    pub end: u64,
    /// When the station made the first and the last one, by its own clock.
    pub time: (Time, Time),
    /// Sequence numbers of the first and the last START among them: all between are there.
    pub starts: (u64, u64),
}

/// All answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The one word.
    pub verdict: Verdict,
    /// Whether the pictures are those that were signed.
    pub pictures: Pictures,
    /// Who signed.
    pub signer: SignerAnswer,
    /// The signer's key, where it is known.
    pub key: Option<VerifierKey>,
    /// The enrolment in PROOF, by a root given from outside; it holds for this clip.
    pub enrolment: Option<Enrolment>,
    /// What the ledger shows of the clip, where PROOF has it and the key is known.
    pub included: Option<Included>,
    /// When it was sealed, by authorities given from outside; only where the key is known.
    pub bracket: Bracket,
    /// Which clips of its order there are, where PROOF says so.
    pub counted: Option<Counted>,
    /// What revokes the signer's key, where that is a revocation given from outside. The signer may be trusted all the
    /// same, for a clip that was sealed before.
    pub revocation: Option<Revocation>,
    /// Of which order.
    pub order: OrderAnswer,
    /// What was found, refusals first.
    pub findings: Vec<Finding>,
    /// What is proven; `None` where the key is unknown or START is not whole.
    pub facts: Option<Facts>,
    /// Statement hash of the last whole statement.
    pub last: Option<Hash>,
    /// The order that START or an event names, proven or not; only where the key is known.
    pub bound: Option<Order>,
}

impl Report {
    /// Whether this was found.
    pub fn has(&self, code: Code) -> bool {
        self.findings.iter().any(|f| f.code == code)
    }

    /// The first finding that refuses the clip.
    pub fn refusal(&self) -> Option<&Finding> {
        self.findings.iter().find(|f| f.code.weight() == Weight::Rejected)
    }

    pub(crate) fn conclude(mut self) -> Self {
        let any = |weight| self.findings.iter().any(|f| f.code.weight() == weight);
        self.verdict = if any(Weight::CannotCheck) {
            Verdict::CouldNotCheck
        } else if any(Weight::Rejected) {
            Verdict::Rejected
        } else if self.signer != SignerAnswer::Trusted {
            Verdict::UnknownSigner
        } else if !any(Weight::Partial) && self.is_verified() {
            Verdict::Verified
        } else {
            Verdict::Partial
        };
        self
    }

    /// The positive list.
    fn is_verified(&self) -> bool {
        let order = matches!(self.order, OrderAnswer::Matches | OrderAnswer::NotAsked);
        let complete = self.facts.as_ref().is_some_and(|f| {
            let closed = f.end.as_ref().is_some_and(|end| end.reason.is_complete() && end.links == f.links);
            closed && f.frames > 0 && f.shown.is_none() && f.gap_count == 0 && f.tail == 0
        });
        self.pictures == Pictures::Intact && self.signer == SignerAnswer::Trusted && order && complete
    }
}

/// Whether these pictures come from a camera that was there.
pub fn is_live(source: Source) -> bool {
    matches!(source, Source::Usb | Source::Rtsp)
}
