//! All that a report says, in its order.

use evidence::{
    verdict::Verdict,
    words::{Lang, Text as Words, moment, seconds},
};

use super::{
    Kind, Subject,
    block::{Block, Table, visible},
    clip::Checked,
    drafts, received,
    texts::Text,
};

/// The report.
pub fn blocks(subject: &Subject<'_>, lang: Lang) -> Vec<Block> {
    let clips = checked(subject, lang);
    let say = |text: Text| text.of(lang).to_owned();
    let mut all = vec![Block::Title(say(Text::Title))];
    first(subject, &clips, lang, &mut all);
    received::received(subject, lang, &mut all);
    all.extend([Block::Page, Block::Head(say(Text::Detail))]);
    for (i, clip) in clips.iter().enumerate() {
        if clips.len() > 1 {
            all.push(Block::Head(Text::DetailOf.with(lang, &[&(i + 1).to_string(), &visible(&clip.piece.name)])));
        }
        clip.detail(&mut all);
    }
    files(subject, lang, &mut all);
    custody(subject, lang, &mut all);
    all.push(Block::Head(say(Text::Check)));
    all.push(Block::List(vec![
        Text::CheckKey.with(lang, &[&subject.station.to_string()]),
        Text::CheckProgram.with(lang, &[subject.order.as_str()]),
        say(Text::CheckPage),
        say(Text::CheckSums),
    ]));
    drafts::drafts(subject, word(&clips, lang), lang, &mut all);
    all
}

fn checked<'a>(subject: &'a Subject<'a>, lang: Lang) -> Vec<Checked<'a>> {
    subject.clips.iter().map(|piece| Checked::new(piece, subject.order, lang)).collect()
}

/// The lowest of the clips' verdicts: one that is refused must not hide behind one that could not be checked.
fn lowest(clips: &[Checked<'_>]) -> Verdict {
    let rank = |verdict: &Verdict| match verdict {
        Verdict::Rejected => 0,
        Verdict::CouldNotCheck => 1,
        Verdict::UnknownSigner => 2,
        Verdict::Partial => 3,
        Verdict::Verified => 4,
    };
    clips.iter().map(|clip| clip.answers.verdict).min_by_key(rank).unwrap_or(Verdict::CouldNotCheck)
}

fn word(clips: &[Checked<'_>], lang: Lang) -> &'static str {
    Words::of_verdict(lowest(clips)).word(lang)
}

/// Sentences one after the other.
fn join(sentences: &[String], lang: Lang) -> String {
    sentences.join(lang.pick(" ", ""))
}

/// With a capital at its beginning.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn first(subject: &Subject<'_>, clips: &[Checked<'_>], lang: Lang, to: &mut Vec<Block>) {
    let say = |text: Text| text.of(lang).to_owned();
    let verdict = Words::of_verdict(lowest(clips)).of(lang);
    let limit = say(Text::Limit);
    let (meaning, text) = match clips {
        [] => (say(Text::NoClips), limit),
        [clip] => {
            let meaning = verdict.split_once([':', '：']).map_or(verdict, |(_, meaning)| meaning.trim());
            let mut sentences = clip.sentences();
            sentences.push(limit);
            (sentence(meaning), join(&sentences, lang))
        }
        _ => (Text::Lowest.with(lang, &[&clips.len().to_string()]), limit),
    };
    let is_verified = lowest(clips) == Verdict::Verified;
    to.extend([Block::Verdict { word: word(clips, lang).to_owned(), meaning, is_verified }, Block::Text(text)]);
    let mut rows = vec![(say(Text::Order), vec![subject.order.to_string()])];
    if clips.len() != 1 {
        rows.push((say(Text::Clips), vec![clips.len().to_string()]));
    }
    rows.extend([
        (say(Text::Station), vec![subject.station.signer().name.to_string()]),
        (say(Text::Made), vec![Text::MadeAt.with(lang, &[&moment(subject.made)])]),
    ]);
    to.push(Block::Pairs(rows));
    if let [clip] = clips {
        clip.first(to);
        return;
    }
    overview(clips, lang, to);
    for (i, clip) in clips.iter().enumerate() {
        let name = visible(&clip.piece.name);
        to.push(Block::Head(Text::ClipHead.with(lang, &[&(i + 1).to_string(), &name])));
        to.push(Block::Pairs(vec![(say(Text::Verdict), vec![clip.word().to_owned()])]));
        to.push(Block::Text(join(&clip.sentences(), lang)));
        clip.first(to);
    }
}

/// All clips, a row each.
fn overview(clips: &[Checked<'_>], lang: Lang, to: &mut Vec<Block>) {
    let row = |(i, clip): (usize, &Checked<'_>)| {
        let length = clip.answers.checked().map_or_else(|| "-".to_owned(), |facts| seconds(facts.ticks));
        vec![(i + 1).to_string(), clip.word().to_owned(), length, visible(&clip.piece.name)]
    };
    let head = [Text::Index, Text::Verdict, Text::Seconds, Text::Name].map(|text| text.of(lang).to_owned()).to_vec();
    let rows: Vec<_> = clips.iter().enumerate().map(row).collect();
    if !rows.is_empty() {
        let (widths, mono) = (vec![0.08, 0.3, 0.12, 0.5], vec![true, false, true, false]);
        to.push(Block::Table(Table { head, rows, widths, mono }));
    }
}

/// What a file is, in words.
pub fn kind(kind: Kind, lang: Lang) -> String {
    let text = match kind {
        Kind::Clip => Text::KindClip,
        Kind::Copy => Text::KindCopy,
        Kind::Still => Text::KindStill,
        Kind::Tool => Text::KindTool,
        Kind::Other => Text::KindOther,
    };
    text.of(lang).to_owned()
}

fn files(subject: &Subject<'_>, lang: Lang, to: &mut Vec<Block>) {
    if subject.files.is_empty() {
        return;
    }
    let row = |file: &super::Listed| {
        vec![visible(&file.name), kind(file.kind, lang), file.bytes.to_string(), file.sha256.to_string()]
    };
    let head = [Text::Name, Text::Kind, Text::Size].map(|text| text.of(lang).to_owned());
    let head = head.into_iter().chain(["SHA-256".to_owned()]).collect();
    let rows = subject.files.iter().map(row).collect();
    to.push(Block::Head(Text::Files.of(lang).to_owned()));
    to.push(Block::Aside(Text::FilesAside.of(lang).to_owned()));
    let (widths, mono) = (vec![0.27, 0.2, 0.13, 0.4], vec![false, false, true, true]);
    to.push(Block::Table(Table { head, rows, widths, mono }));
}

fn custody(subject: &Subject<'_>, lang: Lang, to: &mut Vec<Block>) {
    if subject.exports.is_empty() {
        return;
    }
    let row = |export: &super::Custody| {
        let unknown = || Text::Unknown.of(lang).to_owned();
        let who = export.who.as_deref().map_or_else(unknown, visible);
        let hash = export.hash.map_or_else(|| Text::NotYet.of(lang).to_owned(), |hash| hash.to_string());
        vec![moment(export.time), who, visible(&export.preset), hash]
    };
    let head = [Text::Time, Text::Who, Text::Preset, Text::ListHash].map(|text| text.of(lang).to_owned()).to_vec();
    let rows = subject.exports.iter().map(row).collect();
    to.push(Block::Head(Text::Custody.of(lang).to_owned()));
    to.push(Block::Aside(Text::CustodyAside.of(lang).to_owned()));
    let (widths, mono) = (vec![0.25, 0.17, 0.16, 0.42], vec![false, false, false, true]);
    to.push(Block::Table(Table { head, rows, widths, mono }));
}

/// In few characters: the word, the order and the limit always, of the rest what fits.
pub fn summary(subject: &Subject<'_>, lang: Lang, most: usize) -> String {
    let clips = checked(subject, lang);
    let count = clips.len().to_string();
    let mut lines = vec![Text::SummaryHead.with(lang, &[word(&clips, lang), subject.order.as_str(), &count])];
    let tail = [Text::Limit.of(lang).to_owned(), Text::Details.of(lang).to_owned()];
    let length = |lines: &[String]| join(lines, lang).chars().count();
    let room = most.saturating_sub(length(&tail) + 1);
    let more = match &clips[..] {
        [] => vec![Text::NoClips.of(lang).to_owned()],
        [clip] => clip.sentences(),
        clips => clips
            .iter()
            .enumerate()
            .map(|(i, clip)| {
                let name = visible(&clip.piece.name);
                format!("{}: {}.", Text::ClipHead.with(lang, &[&(i + 1).to_string(), &name]), clip.word())
            })
            .collect(),
    };
    for sentence in more {
        lines.push(sentence);
        if length(&lines) > room {
            lines.pop();
            break;
        }
    }
    lines.extend(tail);
    join(&lines, lang)
}
