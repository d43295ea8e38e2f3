//! What a report says of one clip.

use evidence::{
    finding::{Code, Weight},
    note::Note,
    statement::{Link, Statement as _},
    value::Order,
    verdict::{Bracket, OrderAnswer, SignerAnswer, Verdict},
    words::{Answers, Label, Lang, Text as Words, facts, limits, message, moment, questions, seconds},
};

use super::{
    Piece, Sight, Still,
    block::{Block, Picture, Table, visible},
    strip::{Mark, Strip},
    texts::Text,
};

/// Most LINKs that are listed: an hour.
const MAX_LINKS: usize = 3_600;
/// Most events that are listed; the strip has all that are known.
const MAX_EVENTS: usize = 100;

/// Pictures side by side.
const IN_A_ROW: usize = 3;

/// A clip with its answers.
pub struct Checked<'a> {
    /// The clip.
    pub piece: &'a Piece<'a>,
    /// What came of its verification.
    pub answers: Answers<'a>,
    order: &'a Order,
    lang: Lang,
}

impl<'a> Checked<'a> {
    /// Draws the answers from the clip's report.
    pub fn new(piece: &'a Piece<'a>, order: &'a Order, lang: Lang) -> Self {
        let asked = (piece.report.order != OrderAnswer::NotAsked).then_some(order);
        Self { piece, answers: Answers::of(piece.report, asked), order, lang }
    }

    fn say(&self, text: Text) -> String {
        text.of(self.lang).to_owned()
    }

    /// The answer in sentences, the most important one first.
    pub fn sentences(&self) -> Vec<String> {
        let (answers, lang) = (&self.answers, self.lang);
        let why = |weight| {
            let finding = answers.findings().iter().find(|finding| finding.code.weight() == weight);
            finding.map_or("", |finding| message(finding.code, lang))
        };
        match answers.verdict {
            Verdict::CouldNotCheck => return vec![Text::CannotCheck.with(lang, &[why(Weight::CannotCheck)])],
            Verdict::Rejected => return vec![Text::Refused.with(lang, &[why(Weight::Rejected)])],
            Verdict::UnknownSigner => return vec![self.say(Text::NoKey)],
            Verdict::Verified | Verdict::Partial => {}
        }
        let mut all = vec![self.sealed()];
        let is_whole = answers.coverage == Some(Default::default());
        if !is_whole {
            // What is missing, without the list of places.
            let kinds = answers.coverage.map_or(0, |c| {
                let each = [c.end_not_shown, c.interrupted.is_some(), c.gaps > 0, c.excerpt.is_some()];
                each.into_iter().filter(|holds| *holds).count()
            });
            let coverage: Vec<String> = self.question(Words::Coverage).into_iter().take(kinds).collect();
            all.push(Text::NotAll.with(lang, &[&coverage.join(lang.pick("; ", "；"))]));
        }
        all.push(match (answers.stated, answers.label) {
            (Some(order), Label::Read(frames)) => Text::OrderRead.with(lang, &[order.as_str(), &frames.to_string()]),
            (Some(order), _) => Text::OrderScanned.with(lang, &[order.as_str()]),
            (None, _) => Text::OrderOpen.with(lang, &[self.order.as_str()]),
        });
        if answers.has(Code::NotLive) {
            all.push(message(Code::NotLive, lang).to_owned());
        }
        all
    }

    /// When it was sealed, by whose word, and that it is unchanged.
    fn sealed(&self) -> String {
        let (answers, lang) = (&self.answers, self.lang);
        let what = if answers.verdict == Verdict::Verified { Text::ThisClip } else { Text::ThisPart }.of(lang);
        let Bracket { after, before, .. } = answers.bracket;
        let from = answers.facts.map_or_else(String::new, |facts| moment(facts.start.first_frame_time));
        let to = answers.facts.map_or_else(String::new, |facts| moment(facts.last_time));
        match (after, before) {
            (Some(after), Some(before)) => {
                Text::SealedBetween.with(lang, &[what, &moment(after.time), &moment(before.time)])
            }
            (None, Some(before)) => Text::SealedBefore.with(lang, &[what, &moment(before.time)]),
            (Some(after), None) => Text::BegunAfter.with(lang, &[what, &moment(after.time)]),
            (None, None) if answers.is_simulated() => Text::NoClock.with(lang, &[what]),
            (None, None) => Text::OwnClock.with(lang, &[what, &from, &to]),
        }
    }

    /// The lines that answer this question.
    pub fn question(&self, question: Words) -> Vec<String> {
        let all = questions(&self.answers, self.lang);
        all.into_iter().find(|(label, _)| *label == question).map(|(_, lines)| lines).unwrap_or_default()
    }

    /// The verdict's word.
    pub fn word(&self) -> &'static str {
        Words::of_verdict(self.answers.verdict).word(self.lang)
    }

    /// The stills that tell most, in their own order: one row, so that all answers stand on the first page.
    fn telling(&self) -> Vec<&Still> {
        let rank = |still: &Still| match still.what {
            Sight::Label => 0,
            Sight::Last => 1,
            Sight::Scan | Sight::First => 2,
            Sight::Between | Sight::Weight => 3,
        };
        let mut order: Vec<usize> = (0..self.piece.stills.len()).collect();
        order.sort_by_key(|at| self.piece.stills.get(*at).map(rank));
        order.truncate(IN_A_ROW);
        order.sort_unstable();
        order.into_iter().filter_map(|at| self.piece.stills.get(at)).collect()
    }

    /// For the first pages.
    pub fn first(&self, to: &mut Vec<Block>) {
        let lang = self.lang;
        let is_accepted = matches!(self.answers.verdict, Verdict::Verified | Verdict::Partial);
        if !self.piece.stills.is_empty() && !is_accepted {
            to.push(Block::Aside(self.say(Text::StillsLeftOut)));
        } else if !self.piece.stills.is_empty() {
            to.push(Block::Pictures(self.telling().into_iter().map(|still| picture(still, lang)).collect()));
        }
        if let Some(facts) = self.answers.checked() {
            to.push(Block::Sub(self.say(Text::TimeLine)));
            to.push(Block::Strip(Strip::of(facts, lang)));
        }
        let rows = questions(&self.answers, lang).into_iter().map(|(label, lines)| (label.of(lang).to_owned(), lines));
        to.extend([Block::Sub(self.say(Text::Answers)), Block::Pairs(rows.collect())]);
        let limits = limits(&self.answers).into_iter().map(|limit| limit.of(lang).to_owned()).collect();
        let lists = [(Text::Proven, self.proven()), (Text::NotProven, limits), (Text::NotChecked, self.not_checked())];
        for (head, mut points) in lists {
            if points.is_empty() {
                points.push(self.say(Text::Nothing));
            }
            to.extend([Block::Sub(self.say(head)), Block::List(points)]);
        }
    }

    fn proven(&self) -> Vec<String> {
        let (answers, lang) = (&self.answers, self.lang);
        let key = answers.key.unwrap_or_default();
        let is_good = matches!(answers.signer, SignerAnswer::Trusted | SignerAnswer::NotEnrolled);
        if answers.facts.is_none() || !is_good {
            return Vec::new();
        }
        if !answers.whole {
            return vec![Text::ProvenFirst.with(lang, &[key])];
        }
        let mut all = vec![self.say(Text::ProvenBytes)];
        let is_complete = answers.coverage == Some(Default::default());
        all.extend(is_complete.then(|| self.say(Text::ProvenWhole)));
        all.push(Text::ProvenSigner.with(lang, &[key]));
        all.extend(answers.stated.map(|order| Text::ProvenOrder.with(lang, &[order.as_str()])));
        if let Label::Read(frames) = answers.label {
            all.push(Text::ProvenLabel.with(lang, &[&frames.to_string()]));
        }
        if !answers.bracket.is_empty() && !answers.time_contradicted {
            all.extend(self.question(Words::Time).into_iter().next());
        }
        if answers.included.is_some() && !answers.ledger_contradicted {
            all.extend(self.question(Words::Ledger).into_iter().next());
        }
        all
    }

    fn not_checked(&self) -> Vec<String> {
        let (answers, lang) = (&self.answers, self.lang);
        let unsigned = matches!(answers.verdict, Verdict::UnknownSigner | Verdict::CouldNotCheck);
        let certificate = answers.enrolment.and_then(|enrolment| enrolment.certificate);
        let notes = [
            (unsigned, self.say(Text::SignatureNotChecked)),
            (true, self.say(Text::GoodsNotChecked)),
            (true, self.say(Text::CarrierNotChecked)),
            (!answers.bracket.is_empty(), self.say(Text::AuthorityNotChecked)),
            (answers.has(Code::TimeUnknownAuthority), Words::UnknownAuthority.of(lang).to_owned()),
            (answers.has(Code::TimeAlgorithm), Words::TimeAlgorithm.of(lang).to_owned()),
        ];
        let mut all: Vec<String> = notes.into_iter().filter(|(holds, _)| *holds).map(|(_, text)| text).collect();
        all.extend(certificate.map(|hash| Words::Certificate.with(lang, &[&hash.to_string()])));
        all
    }

    /// For whoever looks closer.
    pub fn detail(&self, to: &mut Vec<Block>) {
        let lang = self.lang;
        let file = [(Text::Name, visible(&self.piece.name)), (Text::Size, self.piece.length.to_string())];
        let mut rows: Vec<(String, Vec<String>)> =
            file.into_iter().map(|(label, value)| (self.say(label), vec![value])).collect();
        rows.push(("SHA-256".to_owned(), vec![self.piece.sha256.to_string()]));
        to.push(Block::Pairs(rows));
        if let Some((head, rows)) = facts(&self.answers, lang) {
            // The verifier's heading stands before a list there.
            to.push(Block::Sub(head.of(lang).trim_end_matches([':', '：']).to_owned()));
            to.push(Block::Pairs(
                rows.into_iter().map(|(label, value)| (label.of(lang).to_owned(), vec![value])).collect(),
            ));
        }
        let is_accepted = matches!(self.answers.verdict, Verdict::Verified | Verdict::Partial);
        if is_accepted && !self.piece.stills.is_empty() {
            to.push(Block::Sub(self.say(Text::Stills)));
            to.push(Block::Aside(self.say(Text::StillsAside)));
            to.push(Block::Pictures(self.piece.stills.iter().map(|still| picture(still, lang)).collect()));
        }
        self.findings(to);
        self.events(to);
        self.statements(to);
    }

    fn findings(&self, to: &mut Vec<Block>) {
        let lang = self.lang;
        let rows = self.answers.findings().iter().map(|finding| {
            let place = finding.tick.zip(finding.fragment).map_or_else(String::new, |(tick, fragment)| {
                format!(" ({})", Text::Place.with(lang, &[&seconds(tick), &fragment.to_string()]))
            });
            vec![finding.code.as_str().to_owned(), format!("{}{place}", message(finding.code, lang))]
        });
        let rows: Vec<Vec<String>> = rows.collect();
        if !rows.is_empty() {
            to.push(Block::Sub(self.say(Text::Findings)));
            let head = vec![self.say(Text::Code), self.say(Text::Message)];
            to.push(Block::Table(Table { head, rows, widths: vec![0.32, 0.68], mono: vec![true, false] }));
        }
    }

    fn events(&self, to: &mut Vec<Block>) {
        let Some(facts) = self.answers.checked().filter(|facts| facts.event_count > 0) else { return };
        let row = |(tick, kind): &(u64, _)| {
            let mut signed = String::new();
            evidence::statement::EventKind::write(kind, &mut signed);
            vec![seconds(*tick), self.say(Mark::of(kind).text()), signed]
        };
        let rows: Vec<_> = facts.events.iter().take(MAX_EVENTS).map(row).collect();
        let more = facts.event_count.saturating_sub(rows.len() as u64);
        let head = [Text::Second, Text::What, Text::Signed].map(|text| self.say(text)).to_vec();
        to.push(Block::Sub(self.say(Text::Events)));
        to.push(Block::Table(Table { head, rows, widths: vec![0.12, 0.38, 0.5], mono: vec![true, false, true] }));
        if more > 0 {
            to.push(Block::Aside(Text::MoreEvents.with(self.lang, &[&more.to_string()])));
        }
    }

    fn statements(&self, to: &mut Vec<Block>) {
        if self.piece.statements.is_empty() {
            return;
        }
        to.push(Block::Sub(self.say(Text::Statements)));
        to.push(Block::Aside(self.say(Text::StatementsAside)));
        let (mut notes, mut rows, mut more) = (Vec::new(), Vec::new(), 0);
        for note in &self.piece.statements {
            let link = Note::parse(note.as_bytes()).ok().and_then(|note| Link::parse(&note.text).ok());
            let title = match &link {
                Some(_) if rows.len() == MAX_LINKS => {
                    more += 1;
                    continue;
                }
                Some(link) => format!("LINK {}", link.index),
                None if note.starts_with("packseal/start/") => "START".to_owned(),
                None => "END".to_owned(),
            };
            let text = note.trim_end().to_owned();
            notes.push(Block::Statement { title, text, is_on_paper: link.is_none() });
            rows.extend(link.map(row));
        }
        to.extend(notes);
        if !rows.is_empty() {
            let head = [Text::Index, Text::Seconds, Text::Frames, Text::Lost, Text::Events, Text::Digest];
            let head = head.map(|text| self.say(text)).to_vec();
            to.push(Block::Sub(self.say(Text::Links)));
            let widths = vec![0.1, 0.24, 0.11, 0.11, 0.12, 0.32];
            to.push(Block::Table(Table { head, rows, widths, mono: vec![true; 6] }));
        }
        if more > 0 {
            to.push(Block::Aside(Text::MoreLinks.with(self.lang, &[&more.to_string()])));
        }
    }
}

/// A LINK in short.
fn row(link: Link) -> Vec<String> {
    let events = (link.events.0.len() as u64).saturating_add(link.events_dropped);
    let digest = link.fragment.map_or_else(|| "-".to_owned(), |hash| hash.to_string().chars().take(16).collect());
    let span = format!("{} - {}", seconds(link.ticks.0), seconds(link.ticks.1));
    let [index, frames, lost, events] = [link.index, link.frames, link.lost, events].map(|number| number.to_string());
    vec![index, span, frames, lost, events, digest]
}

fn picture(still: &Still, lang: Lang) -> Picture {
    let what = match still.what {
        Sight::First => Text::SightFirst,
        Sight::Scan => Text::SightScan,
        Sight::Label => Text::SightLabel,
        Sight::Weight => Text::SightWeight,
        Sight::Between => Text::SightBetween,
        Sight::Last => Text::SightLast,
    };
    let caption = Text::Still.with(lang, &[&format!("{:.1}", still.second), what.of(lang)]);
    Picture { jpeg: still.jpeg.clone(), size: (still.width, still.height), caption }
}
