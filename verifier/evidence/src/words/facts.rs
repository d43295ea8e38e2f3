//! What the checked statements say, as rows for people.

use super::{Answers, Lang, Text, seconds};
use crate::{
    value::{Rate, Time},
    verdict::{Facts, SignerAnswer},
};

/// Heading and rows; `None` where no statement was checked.
pub fn facts(answers: &Answers<'_>, lang: Lang) -> Option<(Text, Vec<(Text, String)>)> {
    let facts = answers.facts?;
    let head = match (answers.signer, answers.whole) {
        (SignerAnswer::Revoked, _) => Text::FactsRevokedHead,
        (_, true) => Text::FactsHead,
        (_, false) => Text::FactsStartHead,
    };
    let mut rows = what(answers, facts, lang);
    if answers.whole {
        rows.extend(when(facts, lang));
    }
    rows.extend(how(facts, lang));
    Some((head, rows))
}

fn what(answers: &Answers<'_>, facts: &Facts, lang: Lang) -> Vec<(Text, String)> {
    let start = &facts.start;
    let number = [start.clip.to_string(), start.sequence.to_string()];
    let opened = Text::of_opened(start.opened).of(lang);
    vec![
        (Text::Station, start.station.to_string()),
        (Text::Clip, Text::ClipNumber.with(lang, &[&number[0], &number[1]])),
        (Text::Order, answers.stated.map_or(Text::NoOrder.of(lang).to_owned(), |order| order.to_string())),
        (Text::Parcel, Text::of_direction(start.direction).with(lang, &[opened, start.bench.as_str()])),
        (Text::From, moment(start.first_frame_time)),
    ]
}

fn how(facts: &Facts, lang: Lang) -> Vec<(Text, String)> {
    let start = &facts.start;
    let size = start.size.to_string();
    let overlay = if start.overlay.is_some() { Text::OverlayDrawn } else { Text::OverlayNone };
    vec![
        (Text::Camera, start.camera.to_string()),
        (Text::Picture, Text::PictureIs.with(lang, &[&size, &rate(start.frame_rate)])),
        (Text::Encoding, Text::of_encoding(start.encoding).of(lang).to_owned()),
        (Text::Overlay, overlay.of(lang).to_owned()),
        (Text::Clock, Text::of_clock(start.clock_state).of(lang).to_owned()),
        (Text::Software, start.software.to_string()),
    ]
}

fn when(facts: &Facts, lang: Lang) -> Vec<(Text, String)> {
    let frames = Text::FramesIn.with(lang, &[&facts.frames.to_string(), &seconds(facts.ticks)]);
    let mut rows = vec![(Text::To, moment(facts.last_time)), (Text::Frames, frames)];
    if let Some(end) = &facts.end {
        rows.push((Text::Closed, Text::of_reason(end.reason).of(lang).to_owned()));
    }
    rows
}

/// With its date, always, to the millisecond.
pub fn moment(time: Time) -> String {
    let text = time.to_string();
    match (text.get(..10), text.get(11..23)) {
        (Some(date), Some(time)) => format!("{date} {time} UTC"),
        _ => text,
    }
}

fn rate(rate: Rate) -> String {
    if rate.den == 1 { rate.num.to_string() } else { format!("{:.2}", f64::from(rate.num) / f64::from(rate.den)) }
}
