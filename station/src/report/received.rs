//! What a report says of the buyer's files: what each says about itself, in the words of the inspection.

use evidence::words::{Lang, moment};
use inspect::words::{Section, head, sections};

use super::{
    LeftOut, Received, Subject,
    block::{Block, visible},
    texts::Text,
};

/// Most rows of a part that are listed; the file's own report has all.
const MAX_ROWS: usize = 12;

/// The section about them; nothing where there are none.
pub fn received(subject: &Subject<'_>, lang: Lang, to: &mut Vec<Block>) {
    if subject.received.is_empty() {
        return;
    }
    to.extend([
        Block::Page,
        Block::Head(Text::Buyers.of(lang).to_owned()),
        Block::Aside(Text::BuyersAside.of(lang).to_owned()),
    ]);
    for (number, one) in subject.received.iter().enumerate() {
        file(&(number + 1).to_string(), one, lang, to);
    }
}

fn file(number: &str, one: &Received, lang: Lang, to: &mut Vec<Block>) {
    let say = |text: Text| text.of(lang).to_owned();
    to.push(Block::Head(Text::BuyersFile.with(lang, &[number, &visible(&one.inspected.file)])));
    let place = match (&one.name, one.left_out) {
        (_, Some(LeftOut::Large)) => say(Text::LeftOutLarge),
        (_, Some(LeftOut::Changed)) => say(Text::LeftOutChanged),
        (name, None) => visible(name.as_deref().unwrap_or_default()),
    };
    let mut parts = sections(&one.inspected, lang).into_iter();
    let (mut says, mut rows) = (vec![head(&one.inspected, lang)], Vec::new());
    for (label, lines) in parts.next().into_iter().flat_map(|first| first.rows) {
        let lines = lines.iter().map(|line| visible(line));
        if label.is_empty() { says.extend(lines) } else { rows.push((label, lines.collect())) }
    }
    rows.insert(0, (say(Text::SaysOfItself), says));
    rows.extend(one.taken.as_ref().map(|(time, by)| {
        let by = by.as_deref().map_or_else(|| say(Text::Unknown), visible);
        (say(Text::TakenIn), vec![Text::TakenInAt.with(lang, &[&moment(*time), &by])])
    }));
    rows.push((say(Text::InBundle), vec![place]));
    to.push(Block::Pairs(rows));
    parts.for_each(|section| part(section, lang, to));
}

/// Rows with labels side by side, lines without one as points.
fn part(section: Section, lang: Lang, to: &mut Vec<Block>) {
    if !section.head.is_empty() {
        to.push(Block::Sub(section.head));
    }
    let more = section.rows.len().saturating_sub(MAX_ROWS);
    let shown = |line: String| visible(line.strip_prefix("- ").unwrap_or(&line));
    let (alone, beside): (Vec<_>, Vec<_>) =
        section.rows.into_iter().take(MAX_ROWS).partition(|(label, _)| label.is_empty());
    let points: Vec<String> = alone.into_iter().flat_map(|(_, lines)| lines.into_iter().map(shown)).collect();
    if !points.is_empty() {
        to.push(Block::List(points));
    }
    if !beside.is_empty() {
        let row = |(label, lines): (String, Vec<String>)| (label, lines.into_iter().map(shown).collect());
        to.push(Block::Pairs(beside.into_iter().map(row).collect()));
    }
    if more > 0 {
        to.push(Block::Aside(Text::MoreRows.with(lang, &[&more.to_string()])));
    }
}
