//! The answers of FORMAT.md, section 6, drawn from a report; what is printed and what is JSON both come from here.

use crate::{
    certificate::Certificate,
    finding::{Code, Finding},
    statement::{ClockKind, Enrolment, Reason, Revocation},
    value::Order,
    verdict::{Bracket, Counted, Facts, Included, OrderAnswer, Pictures, Report, SignerAnswer, Ticks, Verdict},
};

/// All answers.
pub struct Answers<'a> {
    /// The one word.
    pub verdict: Verdict,
    /// Whether they are those that were signed.
    pub pictures: Pictures,
    /// The first refusal, where the pictures are altered.
    pub altered: Option<&'a Finding>,
    /// `None`: not determined.
    pub coverage: Option<Coverage>,
    /// Who signed.
    pub signer: SignerAnswer,
    /// The signer's name, where its key was given.
    pub key: Option<&'a str>,
    /// By a root that was given.
    pub enrolment: Option<&'a Enrolment>,
    /// The certificate that was given and that the enrolment names.
    pub certificate: Option<&'a Certificate>,
    /// What revokes the signer's key.
    pub revocation: Option<&'a Revocation>,
    /// What the ledger shows of the clip.
    pub included: Option<&'a Included>,
    /// Which clips of its order there are.
    pub counted: Option<&'a Counted>,
    /// The ledger contradicts itself or the count.
    pub ledger_contradicted: bool,
    /// Of which order.
    pub order: OrderAnswer,
    /// The order that was asked for.
    pub asked: Option<&'a Order>,
    /// The order that the clip proves to be of.
    pub stated: Option<&'a Order>,
    /// Whether the order was read from the picture.
    pub label: Label,
    /// The times contradict each other.
    pub time_contradicted: bool,
    /// By trusted authorities.
    pub bracket: &'a Bracket,
    /// During the recording.
    pub clock_stepped: bool,
    /// What the checked statements say.
    pub facts: Option<&'a Facts>,
    /// Whether all of `facts` is proven, or START alone.
    pub whole: bool,
    report: &'a Report,
}

/// What of the recording is here. None of these: complete.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Coverage {
    /// There is no END.
    pub end_not_shown: bool,
    /// By its closing reason.
    pub interrupted: Option<Reason>,
    /// By spans in which nothing was recorded.
    pub gaps: u64,
    /// The span that is shown, if not all is.
    pub excerpt: Option<Ticks>,
}

/// Whether the order was read from the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Label {
    /// In so many frames.
    Read(u64),
    /// Another one was read.
    Conflict,
    /// It was not.
    NotRead,
    /// The statements that would say so were not checked.
    Unknown,
}

impl<'a> Answers<'a> {
    /// Of this report, where this order was asked for.
    pub fn of(report: &'a Report, asked: Option<&'a Order>) -> Self {
        let facts = report.facts.as_ref();
        // Where checking stopped, counts and totals would be those up to there: they are left out.
        let whole = facts.is_some() && report.pictures == Pictures::Intact;
        let checked = facts.filter(|_| whole);
        let contradiction = |f: &Finding| {
            let own = matches!(f.code, Code::TimeMedia | Code::TimeWall | Code::TimeEdges | Code::TimeFrames);
            own || matches!(f.code, Code::TimeBracket | Code::TimeClock)
        };
        Self {
            verdict: report.verdict,
            pictures: report.pictures,
            altered: report.refusal().filter(|_| report.pictures == Pictures::Altered),
            coverage: checked.map(Coverage::of),
            signer: report.signer,
            key: report.key.as_ref().map(|key| key.signer().name.as_str()),
            enrolment: report.enrolment.as_ref(),
            certificate: None,
            revocation: report.revocation.as_ref(),
            included: report.included.as_ref(),
            counted: report.counted.as_ref(),
            ledger_contradicted: report.has(Code::LedgerEntries) || report.has(Code::LedgerCount),
            order: report.order,
            asked,
            stated: match checked.and_then(|f| f.end.as_ref()) {
                Some(end) => end.order.as_ref(),
                None => facts.and_then(|f| f.start.order.as_ref()),
            },
            label: match checked {
                None => Label::Unknown,
                Some(_) if report.has(Code::OrderConflict) => Label::Conflict,
                Some(f) if f.label_frames > 0 => Label::Read(f.label_frames),
                Some(_) => Label::NotRead,
            },
            time_contradicted: report.findings.iter().any(contradiction),
            bracket: &report.bracket,
            clock_stepped: checked.is_some() && report.has(Code::ClockStepped),
            facts,
            whole,
            report,
        }
    }

    /// Whether this was found.
    pub fn has(&self, code: Code) -> bool {
        self.report.has(code)
    }

    /// What was found, refusals first.
    pub fn findings(&self) -> &'a [Finding] {
        &self.report.findings
    }

    /// Everything the statements say, where all of it is proven.
    pub fn checked(&self) -> Option<&'a Facts> {
        self.facts.filter(|_| self.whole)
    }

    /// Whether its times were counted by the frames.
    pub fn is_simulated(&self) -> bool {
        self.facts.is_some_and(|f| f.start.clock == ClockKind::Simulated)
    }
}

impl Coverage {
    fn of(facts: &Facts) -> Self {
        Self {
            end_not_shown: facts.end.is_none(),
            interrupted: facts.end.as_ref().map(|end| end.reason).filter(|reason| !reason.is_complete()),
            gaps: facts.gap_count,
            excerpt: facts.shown,
        }
    }

    /// Stable words; several may hold.
    pub fn words(&self) -> Vec<&'static str> {
        if *self == Self::default() {
            return vec!["complete"];
        }
        let words = [
            (self.end_not_shown, "end-not-shown"),
            (self.interrupted.is_some() || self.gaps > 0, "interrupted"),
            (self.excerpt.is_some(), "excerpt"),
        ];
        words.into_iter().filter(|(holds, _)| *holds).map(|(_, word)| word).collect()
    }
}
