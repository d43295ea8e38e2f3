//! The questions of FORMAT.md, section 6, with their answers as lines, and what is not proven.

use super::{Answers, Label, Lang, Text, moment, seconds};
use crate::{
    certificate::Certificate,
    finding::Code,
    value::Value,
    verdict::{Bracket, Counted, Included, OrderAnswer, Pictures, SignerAnswer, TrustedTime},
};

/// Each question and its answer: the first line answers, the others say more.
pub fn questions(answers: &Answers<'_>, lang: Lang) -> Vec<(Text, Vec<String>)> {
    vec![
        (Text::Pictures, vec![pictures(answers, lang)]),
        (Text::Coverage, coverage(answers, lang)),
        (Text::SourceLabel, source(answers, lang)),
        (Text::Signer, signer(answers, lang)),
        (Text::Order, order(answers, lang)),
        (Text::Time, time(answers, lang)),
        (Text::Ledger, ledger(answers, lang)),
    ]
}

/// Entries are counted from 1 for people.
fn ledger(answers: &Answers<'_>, lang: Lang) -> Vec<String> {
    let with = |text: Text, words: &[&dyn ToString]| {
        let words: Vec<String> = words.iter().map(|word| word.to_string()).collect();
        text.with(lang, &words.iter().map(String::as_str).collect::<Vec<_>>())
    };
    if answers.ledger_contradicted {
        return vec![Text::LedgerContradicted.of(lang).to_owned()];
    }
    let Some(Included { checkpoint, start, end }) = answers.included else {
        return vec![Text::NotShown.of(lang).to_owned()];
    };
    let size = checkpoint.size;
    let mut lines = vec![with(Text::Included, &[&(start + 1), &(end + 1), &size])];
    let Some(Counted { clips, this, audited }) = answers.counted else { return lines };
    lines.push(with(Text::OrderStated, &[&(this + 1), &clips.len()]));
    let others = clips.iter().enumerate().filter(|(i, _)| i != this);
    lines.extend(others.map(|(i, c)| with(Text::OtherClip, &[&(i + 1), &c.id, &Text::of_state(c.state).of(lang)])));
    if let Some(audited) = audited {
        let (from, to) = (moment(audited.time.0), moment(audited.time.1));
        let entries = [audited.first + 1, audited.end];
        lines.push(with(Text::OrderAudited, &[&entries[0], &entries[1], &from, &to, &size]));
        lines.push(with(Text::AuditedStarts, &[&audited.starts.0, &audited.starts.1]));
    }
    lines
}

fn pictures(answers: &Answers<'_>, lang: Lang) -> String {
    let place = answers.altered.and_then(|f| Some((f.tick?, f.fragment?)));
    match (answers.pictures, place) {
        (Pictures::Intact, _) => Text::Intact.of(lang).to_owned(),
        (Pictures::Altered, Some((tick, fragment))) => {
            Text::AlteredAt.with(lang, &[&seconds(tick), &fragment.to_string()])
        }
        (Pictures::Altered, None) => Text::Altered.of(lang).to_owned(),
        (Pictures::NotFullyChecked, _) if answers.facts.is_none() => Text::NoKeyPictures.of(lang).to_owned(),
        (Pictures::NotFullyChecked, _) => Text::Contradictory.of(lang).to_owned(),
    }
}

/// What is said of questions that were not reached.
fn unanswered(answers: &Answers<'_>, lang: Lang) -> String {
    let no_key = answers.signer == SignerAnswer::Unknown && answers.altered.is_none();
    if no_key { Text::NoKey } else { Text::NotDetermined }.of(lang).to_owned()
}

fn coverage(answers: &Answers<'_>, lang: Lang) -> Vec<String> {
    let (Some(coverage), Some(facts)) = (answers.coverage, answers.checked()) else {
        return vec![unanswered(answers, lang)];
    };
    let mut lines = Vec::new();
    if coverage == Default::default() {
        lines.push(Text::Complete.of(lang).to_owned());
    }
    if coverage.end_not_shown {
        lines.push(Text::EndNotShown.of(lang).to_owned());
    }
    if let Some(reason) = coverage.interrupted {
        lines.push(Text::InterruptedBy.with(lang, &[Text::of_reason(reason).of(lang)]));
    }
    if coverage.gaps > 0 {
        lines.push(Text::InterruptedGaps.with(lang, &[&coverage.gaps.to_string()]));
    }
    if let Some((from, to)) = coverage.excerpt {
        lines.push(Text::Excerpt.with(lang, &[&seconds(from), &seconds(to), &seconds(facts.ticks)]));
    }
    lines.extend(facts.gaps.iter().map(|(from, to)| Text::Gap.with(lang, &[&seconds(*from), &seconds(*to)])));
    if facts.gap_count > facts.gaps.len() as u64 {
        lines.push(Text::MoreGaps.with(lang, &[&(facts.gap_count - facts.gaps.len() as u64).to_string()]));
    }
    if facts.lost > 0 {
        lines.push(Text::LostInAll.with(lang, &[&facts.lost.to_string()]));
    }
    lines.extend(
        facts
            .losses
            .iter()
            .map(|((from, to), frames)| Text::Lost.with(lang, &[&frames.to_string(), &seconds(*from), &seconds(*to)])),
    );
    if facts.tail > 0 {
        lines.push(Text::Tail.with(lang, &[&facts.tail.to_string()]));
    }
    lines
}

fn source(answers: &Answers<'_>, lang: Lang) -> Vec<String> {
    let Some(facts) = answers.facts else { return vec![unanswered(answers, lang)] };
    let source = facts.start.source;
    let mut lines = vec![Text::of_source(source).with(lang, &[source.as_str()])];
    if answers.is_simulated() {
        lines.push(Text::SimulatedClock.of(lang).to_owned());
    }
    lines
}

fn signer(answers: &Answers<'_>, lang: Lang) -> Vec<String> {
    let name = answers.key.unwrap_or_default();
    let mut lines = vec![match (answers.signer, answers.revocation) {
        (SignerAnswer::Trusted, _) => Text::Trusted.with(lang, &[name]),
        (SignerAnswer::NotEnrolled, _) => Text::NotEnrolled.with(lang, &[name]),
        (SignerAnswer::Revoked, None) => Text::Revoked.with(lang, &[name]),
        (SignerAnswer::Revoked, Some(r)) => {
            let reason = Text::of_revocation(r.reason).of(lang);
            Text::RevokedBy.with(lang, &[name, r.root.as_str(), &moment(r.time), reason])
        }
        (SignerAnswer::Unknown, _) => Text::UnknownKey.of(lang).to_owned(),
    }];
    if let (SignerAnswer::Trusted, Some(r)) = (answers.signer, answers.revocation) {
        let reason = Text::of_revocation(r.reason).of(lang);
        lines.push(Text::RevokedLater.with(lang, &[r.root.as_str(), &moment(r.time), reason]));
    }
    if let Some(enrolment) = answers.enrolment {
        let mut sources = String::new();
        enrolment.sources.write(&mut sources);
        lines.push(Text::EnrolledBy.with(lang, &[enrolment.root.as_str(), &sources]));
        let before = moment(enrolment.not_before);
        lines.push(match enrolment.not_after {
            Some(after) => Text::EnrolledUntil.with(lang, &[&before, &moment(after)]),
            None => Text::EnrolledSince.with(lang, &[&before]),
        });
        if let Some(certificate) = enrolment.certificate {
            lines.push(Text::Certificate.with(lang, &[&certificate.to_string()]));
        }
        lines.extend(answers.certificate.into_iter().flat_map(|certificate| certified(certificate, lang)));
    }
    lines
}

/// What a certificate says, which nobody checked.
fn certified(certificate: &Certificate, lang: Lang) -> Vec<String> {
    let Certificate { subject, issuer, serial, not_before, not_after, .. } = certificate;
    let after = not_after.map_or_else(|| Text::NoEnd.of(lang).to_owned(), moment);
    vec![
        Text::CertificateShown.of(lang).to_owned(),
        Text::CertificateSubject.with(lang, &[subject]),
        Text::CertificateIssuer.with(lang, &[issuer]),
        Text::CertificateSerial.with(lang, &[serial]),
        Text::CertificateValidity.with(lang, &[&moment(*not_before), &after]),
    ]
}

fn order(answers: &Answers<'_>, lang: Lang) -> Vec<String> {
    let asked = answers.asked.map_or("", |order| order.as_str());
    let mut lines = vec![match (answers.order, answers.stated) {
        (OrderAnswer::Matches, _) => Text::Matches.with(lang, &[asked]),
        (OrderAnswer::Differs, Some(stated)) => Text::DiffersStated.with(lang, &[asked, stated.as_str()]),
        (OrderAnswer::Differs, None) => Text::Differs.with(lang, &[asked]),
        (OrderAnswer::NotProven, _) => Text::NotProven.with(lang, &[asked]),
        (OrderAnswer::NotAsked, _) => Text::NotAsked.of(lang).to_owned(),
    }];
    match answers.label {
        Label::Read(frames) => lines.push(Text::LabelRead.with(lang, &[&frames.to_string()])),
        Label::Conflict => lines.push(Text::LabelConflict.of(lang).to_owned()),
        Label::NotRead => lines.push(Text::LabelNotRead.of(lang).to_owned()),
        Label::Unknown => {}
    }
    lines
}

fn time(answers: &Answers<'_>, lang: Lang) -> Vec<String> {
    if answers.facts.is_none() {
        return vec![unanswered(answers, lang)];
    }
    let Bracket { after, before, size } = answers.bracket;
    let at = |bound: &TrustedTime| moment(bound.time);
    let mut lines = vec![match (after, before) {
        _ if answers.time_contradicted => Text::TimeContradicted.of(lang).to_owned(),
        (Some(after), Some(before)) => {
            let width = answers.bracket.width().unwrap_or(0) as f64 / 1e6;
            Text::SealedBetween.with(lang, &[&at(after), &at(before), &format!("{width:.1}")])
        }
        (None, Some(before)) => Text::SealedBefore.with(lang, &[&at(before)]),
        (Some(after), None) => Text::BegunAfter.with(lang, &[&at(after)]),
        (None, None) => Text::DeviceClock.of(lang).to_owned(),
    }];
    lines.extend(after.as_ref().map(|bound| Text::AfterBy.with(lang, &[&at(bound), &bound.authority])));
    if let (Some(bound), Some(size)) = (before, size) {
        lines.push(Text::BeforeBy.with(lang, &[&at(bound), &bound.authority, &size.to_string()]));
    }
    let notes = [
        (answers.clock_stepped, Text::ClockStepped),
        (answers.has(Code::TimeClock) || answers.has(Code::TimeClockOff), Text::ClockOff),
        (answers.has(Code::TimeUnknownAuthority), Text::UnknownAuthority),
        (answers.has(Code::TimeAlgorithm), Text::TimeAlgorithm),
    ];
    lines.extend(notes.into_iter().filter(|(holds, _)| *holds).map(|(_, text)| text.of(lang).to_owned()));
    lines
}

/// What is not proven, or was not checked.
pub fn limits(answers: &Answers<'_>) -> Vec<Text> {
    if answers.facts.is_none() {
        return vec![Text::LimitNoKey, Text::LimitTransport];
    }
    let read = matches!(answers.label, Label::Read(_));
    let audited = answers.counted.and_then(|counted| counted.audited.as_ref());
    let all = [
        (!answers.whole, Text::LimitAltered),
        (true, Text::LimitTransport),
        (answers.stated.is_some() && !read, Text::LimitScan),
        (answers.stated.is_some(), Text::LimitNumber),
        (answers.is_simulated(), Text::LimitSimulated),
        (!answers.is_simulated() && answers.bracket.is_empty(), Text::LimitTime),
        (!answers.bracket.is_empty(), Text::LimitBracket),
        (audited.is_none(), Text::LimitOthers),
        (audited.is_some(), Text::LimitAudited),
        (true, Text::LimitProgram),
        (true, Text::LimitOwner),
    ];
    all.into_iter().filter(|(holds, _)| *holds).map(|(_, text)| text).collect()
}
