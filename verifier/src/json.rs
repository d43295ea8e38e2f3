//! The report for programs (FORMAT.md, section 6.2). Keys are stable: always there, `null` where nothing is proven.

use evidence::{
    certificate::Certificate,
    finding::Finding,
    statement::{ClockKind, CountedClip, End, Enrolment, EventKind, Revocation, Source, Start},
    verdict::{
        Audited, Bracket, Counted, Facts, Included, OrderAnswer, Pictures, Report, SignerAnswer, Ticks, TrustedTime,
    },
    verify::{Derived, DerivedVerdict},
    words::{Answers, Label},
};
use serde::Serialize;

#[derive(Serialize)]
struct Object<'a> {
    verdict: &'static str,
    exit_status: u8,
    pictures: &'static str,
    coverage: Vec<&'static str>,
    source: Option<&'static str>,
    clock: Option<&'static str>,
    signer: &'static str,
    key: Option<&'a str>,
    enrolled_by: Option<&'a str>,
    enrolment: Option<EnrolmentObject>,
    certificate: Option<CertificateObject<'a>>,
    revocation: Option<RevocationObject<'a>>,
    order: OrderObject<'a>,
    time: Option<&'static str>,
    bracket: Option<BracketObject<'a>>,
    ledger: &'static str,
    included: Option<IncludedObject>,
    counted: Option<CountedObject>,
    findings: Vec<FindingObject>,
    facts: Option<FactsObject<'a>>,
}

#[derive(Serialize)]
struct DerivedObject<'a, O> {
    verdict: &'static str,
    exit_status: u8,
    signer: &'static str,
    findings: Vec<FindingObject>,
    derivation: Option<DerivationObject<'a>>,
    original: Option<O>,
}

/// Links are places, ticks 1/90,000 s.
#[derive(Serialize)]
struct DerivationObject<'a> {
    station: &'a str,
    clip: String,
    end: String,
    order: Option<&'a str>,
    kind: &'static str,
    links: (u64, u64),
    ticks: (u64, u64),
    size: String,
    how: &'a str,
    software: &'a str,
    program: String,
    time: String,
    length: u64,
    file: String,
}

#[derive(Serialize)]
struct EnrolmentObject {
    not_before: String,
    not_after: Option<String>,
    sources: Vec<&'static str>,
    certificate: Option<String>,
}

#[derive(Serialize)]
struct CertificateObject<'a> {
    subject: &'a str,
    issuer: &'a str,
    serial: &'a str,
    not_before: String,
    not_after: Option<String>,
}

/// Places in the ledger, from 0.
#[derive(Serialize)]
struct IncludedObject {
    start: u64,
    end: u64,
    size: u64,
    root: String,
}

#[derive(Serialize)]
struct BracketObject<'a> {
    after: Option<TrustedTimeObject<'a>>,
    before: Option<TrustedTimeObject<'a>>,
    seconds: Option<f64>,
    size: Option<u64>,
}

#[derive(Serialize)]
struct TrustedTimeObject<'a> {
    time: String,
    authority: &'a str,
}

#[derive(Serialize)]
struct CountedObject {
    clips: Vec<CountedClipObject>,
    this: usize,
    audited: Option<AuditedObject>,
}

#[derive(Serialize)]
struct CountedClipObject {
    clip: String,
    state: &'static str,
}

/// Places in the ledger, from 0; `last` is the last one that was looked at.
#[derive(Serialize)]
struct AuditedObject {
    first: u64,
    last: u64,
    from: String,
    to: String,
    first_start: u64,
    last_start: u64,
}

#[derive(Serialize)]
struct RevocationObject<'a> {
    root: &'a str,
    time: String,
    reason: &'static str,
}

#[derive(Serialize)]
struct OrderObject<'a> {
    asked: Option<&'a str>,
    answer: &'static str,
    value: Option<&'a str>,
    label: Option<&'static str>,
    label_frames: Option<u64>,
}

#[derive(Serialize)]
struct FindingObject {
    code: &'static str,
    message: &'static str,
    fragment: Option<u64>,
    second: Option<f64>,
}

/// Seconds on the clip's own time line.
#[derive(Serialize)]
struct Span {
    from: f64,
    to: f64,
}

#[derive(Serialize)]
struct Loss {
    from: f64,
    to: f64,
    frames: u64,
}

#[derive(Serialize)]
struct EventObject {
    second: f64,
    event: String,
}

#[derive(Serialize)]
struct FactsObject<'a> {
    station: &'a str,
    clip: String,
    sequence: u64,
    direction: &'static str,
    opened: &'static str,
    opened_time: String,
    session: Option<String>,
    role: &'a str,
    bench: &'a str,
    operator: Option<&'a str>,
    camera: &'a str,
    codec: &'static str,
    encoding: &'static str,
    width: u16,
    height: u16,
    frame_rate: String,
    overlay: Option<&'static str>,
    audio: &'static str,
    first_frame_time: String,
    clock_state: &'static str,
    clock_offset_us: Option<i64>,
    clock_uncertainty_us: Option<u64>,
    clock_source: Option<&'a str>,
    software: &'a str,
    program: String,
    key_protection: &'static str,
    recorded: Option<Recorded>,
}

/// What takes all statements to say.
#[derive(Serialize)]
struct Recorded {
    last_time: String,
    seconds: f64,
    links: u64,
    frames: u64,
    lost: u64,
    losses: Vec<Loss>,
    gap_count: u64,
    gaps: Vec<Span>,
    event_count: u64,
    events: Vec<EventObject>,
    shown: Option<Span>,
    unproven_bytes: u64,
    close: Option<Close>,
}

#[derive(Serialize)]
struct Close {
    reason: &'static str,
    time: String,
    recovered_time: Option<String>,
    discarded_bytes: u64,
}

/// One object and a line feed.
pub fn text(object: &impl Serialize) -> String {
    // Strings, numbers and arrays: there is nothing that cannot be written.
    let mut text = serde_json::to_string_pretty(object).unwrap_or_default();
    // JSON lets these stand, in strings; a terminal would obey some of them.
    for control in ('\u{7f}'..='\u{9f}').filter(|c| text.contains(*c)).collect::<Vec<_>>() {
        text = text.replace(control, &format!("\\u{:04x}", u32::from(control)));
    }
    format!("{text}\n")
}

fn signer(signer: SignerAnswer) -> &'static str {
    match signer {
        SignerAnswer::Trusted => "trusted",
        SignerAnswer::NotEnrolled => "not-enrolled",
        SignerAnswer::Unknown => "unknown",
        SignerAnswer::Revoked => "revoked",
    }
}

/// A derived file (FORMAT.md, section 9).
pub fn derived(
    Derived { verdict: word, signer: who, refusal, derivation }: &Derived,
    original: Option<impl Serialize>,
) -> impl Serialize {
    DerivedObject {
        verdict: match word {
            DerivedVerdict::Derived => "derived",
            DerivedVerdict::Rejected => "rejected",
            DerivedVerdict::UnknownSigner => "unknown-signer",
        },
        exit_status: word.exit_status(),
        signer: signer(*who),
        findings: refusal.iter().map(|code| finding(&Finding::of(*code))).collect(),
        derivation: derivation.as_ref().map(|d| DerivationObject {
            station: d.station.as_str(),
            clip: d.clip.to_string(),
            end: d.end.to_string(),
            order: d.order.as_ref().map(|order| order.as_str()),
            kind: d.kind.as_str(),
            links: d.links,
            ticks: d.ticks,
            size: d.size.to_string(),
            how: d.how.as_str(),
            software: d.software.as_str(),
            program: d.program.to_string(),
            time: d.time.to_string(),
            length: d.length,
            file: d.file.to_string(),
        }),
        original,
    }
}

/// A clip (FORMAT.md, section 6.2).
pub fn object<'a>(report: &'a Report, answers: &Answers<'a>) -> impl Serialize + use<'a> {
    let start = answers.facts.map(|f| &f.start);
    Object {
        verdict: answers.verdict.as_str(),
        exit_status: answers.verdict.exit_status(),
        pictures: match answers.pictures {
            Pictures::Intact => "intact",
            Pictures::Altered => "altered",
            Pictures::NotFullyChecked => "not-fully-checked",
        },
        coverage: answers.coverage.map_or_else(Vec::new, |c| c.words()),
        source: start.map(|s| s.source.as_str()),
        clock: start.map(|s| if s.clock == ClockKind::Simulated { "simulated" } else { "device" }),
        signer: signer(answers.signer),
        key: answers.key,
        enrolled_by: answers.enrolment.map(|e| e.root.as_str()),
        enrolment: answers.enrolment.map(enrolment),
        certificate: answers.certificate.map(certificate),
        revocation: answers.revocation.map(revocation),
        order: order(answers),
        time: start.map(|_| time(answers)),
        bracket: Some(answers.bracket).filter(|bracket| !bracket.is_empty()).map(bracket),
        ledger: ledger(answers),
        included: answers.included.map(included),
        counted: answers.counted.map(counted),
        findings: report.findings.iter().map(finding).collect(),
        facts: answers.facts.map(|f| facts(f, answers.whole)),
    }
}

fn enrolment(enrolment: &Enrolment) -> EnrolmentObject {
    EnrolmentObject {
        not_before: enrolment.not_before.to_string(),
        not_after: enrolment.not_after.map(|time| time.to_string()),
        sources: enrolment.sources.iter().map(Source::as_str).collect(),
        certificate: enrolment.certificate.map(|hash| hash.to_string()),
    }
}

fn certificate(certificate: &Certificate) -> CertificateObject<'_> {
    CertificateObject {
        subject: &certificate.subject,
        issuer: &certificate.issuer,
        serial: &certificate.serial,
        not_before: certificate.not_before.to_string(),
        not_after: certificate.not_after.map(|time| time.to_string()),
    }
}

fn included(Included { checkpoint, start, end }: &Included) -> IncludedObject {
    IncludedObject { start: *start, end: *end, size: checkpoint.size, root: checkpoint.root.to_string() }
}

fn time(answers: &Answers<'_>) -> &'static str {
    match answers.bracket {
        _ if answers.time_contradicted => "contradicted",
        Bracket { after: Some(_), before: Some(_), .. } => "between",
        Bracket { before: Some(_), .. } => "before",
        Bracket { after: Some(_), .. } => "after",
        _ => "device-clock-only",
    }
}

fn bracket(bracket: &Bracket) -> BracketObject<'_> {
    fn one(TrustedTime { time, authority }: &TrustedTime) -> TrustedTimeObject<'_> {
        TrustedTimeObject { time: time.to_string(), authority }
    }
    BracketObject {
        after: bracket.after.as_ref().map(one),
        before: bracket.before.as_ref().map(one),
        seconds: bracket.width().map(|us| us as f64 / 1e6),
        size: bracket.size,
    }
}

fn ledger(answers: &Answers<'_>) -> &'static str {
    match (answers.included, answers.counted) {
        _ if answers.ledger_contradicted => "contradicted",
        (None, _) => "not-shown",
        (Some(_), None) => "included",
        (Some(_), Some(Counted { audited: None, .. })) => "order-stated",
        (Some(_), Some(Counted { audited: Some(_), .. })) => "order-audited",
    }
}

fn counted(Counted { clips, this, audited }: &Counted) -> CountedObject {
    let clip = |c: &CountedClip| CountedClipObject { clip: c.id.to_string(), state: c.state.as_str() };
    let audited = audited.as_ref().map(|Audited { first, end, time, starts }| AuditedObject {
        first: *first,
        last: end - 1,
        from: time.0.to_string(),
        to: time.1.to_string(),
        first_start: starts.0,
        last_start: starts.1,
    });
    CountedObject { clips: clips.iter().map(clip).collect(), this: *this, audited }
}

fn revocation(revocation: &Revocation) -> RevocationObject<'_> {
    RevocationObject {
        root: revocation.root.as_str(),
        time: revocation.time.to_string(),
        reason: revocation.reason.as_str(),
    }
}

fn order<'a>(answers: &Answers<'a>) -> OrderObject<'a> {
    OrderObject {
        asked: answers.asked.map(|order| order.as_str()),
        answer: match answers.order {
            OrderAnswer::Matches => "matches",
            OrderAnswer::Differs => "differs",
            OrderAnswer::NotProven => "not-proven",
            OrderAnswer::NotAsked => "not-asked",
        },
        value: answers.stated.map(|order| order.as_str()),
        label: match answers.label {
            Label::Read(_) => Some("read"),
            Label::Conflict => Some("conflict"),
            Label::NotRead => Some("not-read"),
            Label::Unknown => None,
        },
        label_frames: answers.checked().map(|f| f.label_frames),
    }
}

fn finding(finding: &Finding) -> FindingObject {
    FindingObject {
        code: finding.code.as_str(),
        message: finding.code.en(),
        fragment: finding.fragment,
        second: finding.tick.map(seconds),
    }
}

fn seconds(ticks: u64) -> f64 {
    ticks as f64 / 90_000.0
}

fn span((from, to): Ticks) -> Span {
    Span { from: seconds(from), to: seconds(to) }
}

fn facts(facts: &Facts, whole: bool) -> FactsObject<'_> {
    let start: &Start = &facts.start;
    FactsObject {
        station: start.station.as_str(),
        clip: start.clip.to_string(),
        sequence: start.sequence,
        direction: start.direction.as_str(),
        opened: start.opened.as_str(),
        opened_time: start.opened_time.to_string(),
        session: start.session.map(|id| id.to_string()),
        role: start.role.as_str(),
        bench: start.bench.as_str(),
        operator: start.operator.as_ref().map(|o| o.as_str()),
        camera: start.camera.as_str(),
        codec: start.codec.as_str(),
        encoding: start.encoding.as_str(),
        width: start.size.width,
        height: start.size.height,
        frame_rate: start.frame_rate.to_string(),
        overlay: start.overlay.map(|o| o.as_str()),
        audio: start.audio.as_str(),
        first_frame_time: start.first_frame_time.to_string(),
        clock_state: start.clock_state.as_str(),
        clock_offset_us: start.clock_offset,
        clock_uncertainty_us: start.clock_uncertainty,
        clock_source: start.clock_source.as_ref().map(|t| t.as_str()),
        software: start.software.as_str(),
        program: start.program.to_string(),
        key_protection: start.key_protection.as_str(),
        recorded: whole.then(|| recorded(facts)),
    }
}

fn recorded(facts: &Facts) -> Recorded {
    let loss = |&((from, to), frames): &(Ticks, u64)| Loss { from: seconds(from), to: seconds(to), frames };
    Recorded {
        last_time: facts.last_time.to_string(),
        seconds: seconds(facts.ticks),
        links: facts.links,
        frames: facts.frames,
        lost: facts.lost,
        losses: facts.losses.iter().map(loss).collect(),
        gap_count: facts.gap_count,
        gaps: facts.gaps.iter().copied().map(span).collect(),
        event_count: facts.event_count,
        events: facts.events.iter().map(event).collect(),
        shown: facts.shown.map(span),
        unproven_bytes: facts.tail,
        close: facts.end.as_ref().map(close),
    }
}

fn event((tick, kind): &(u64, EventKind)) -> EventObject {
    let mut event = String::new();
    kind.write(&mut event);
    EventObject { second: seconds(*tick), event }
}

fn close(end: &End) -> Close {
    Close {
        reason: end.reason.as_str(),
        time: end.time.to_string(),
        recovered_time: end.recovered_time.map(|t| t.to_string()),
        discarded_bytes: end.discarded,
    }
}
