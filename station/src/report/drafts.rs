//! Papers that a person completes and signs. They are drafts and say so.

use evidence::words::Lang;

use super::{
    Subject,
    block::{Block, Table, visible},
    content::kind,
    texts::Text,
};

/// Those of this language's courts.
pub fn drafts(subject: &Subject<'_>, word: &str, lang: Lang, to: &mut Vec<Block>) {
    match lang {
        Lang::Zh => {
            explanation(subject, word, lang, to);
            list(subject, lang, to);
        }
        Lang::En => certification(subject, lang, to),
    }
}

fn blanks(lang: Lang, labels: &[Text]) -> Block {
    Block::Blanks(labels.iter().map(|label| label.of(lang).to_owned()).collect())
}

fn begin(head: Text, lang: Lang, to: &mut Vec<Block>) {
    to.extend([Block::Page, Block::Head(head.of(lang).to_owned()), Block::Notice(Text::Draft.of(lang).to_owned())]);
}

fn explanation(subject: &Subject<'_>, word: &str, lang: Lang, to: &mut Vec<Block>) {
    begin(Text::ExplainHead, lang, to);
    let count = subject.clips.len().to_string();
    let station = subject.station.signer().name.to_string();
    to.extend([
        Block::Text(Text::ExplainWhat.with(lang, &[&count, subject.order.as_str(), &station])),
        Block::Text(Text::ExplainHow.of(lang).to_owned()),
        Block::Text(Text::ExplainResult.with(lang, &[word])),
        blanks(lang, &[Text::ExplainAim]),
        Block::Text(Text::ExplainLimit.of(lang).to_owned()),
        blanks(lang, &[Text::SignName, Text::SignRole, Text::SignHand, Text::SignDate]),
    ]);
}

fn list(subject: &Subject<'_>, lang: Lang, to: &mut Vec<Block>) {
    begin(Text::ListHead, lang, to);
    let row = |(i, file): (usize, &super::Listed)| {
        let number = (i + 1).to_string();
        vec![number, visible(&file.name), kind(file.kind, lang), file.sha256.to_string(), String::new()]
    };
    let head = [Text::Index, Text::Name, Text::Kind].map(|text| text.of(lang).to_owned());
    let head = head.into_iter().chain(["SHA-256".to_owned(), Text::Aim.of(lang).to_owned()]).collect();
    let rows = subject.files.iter().enumerate().map(row).collect();
    let (widths, mono) = (vec![0.08, 0.2, 0.14, 0.38, 0.2], vec![true, false, false, true, false]);
    to.push(Block::Table(Table { head, rows, widths, mono }));
    to.push(blanks(lang, &[Text::SignName, Text::SignHand, Text::SignDate, Text::SignTaker]));
}

fn certification(subject: &Subject<'_>, lang: Lang, to: &mut Vec<Block>) {
    begin(Text::CertHead, lang, to);
    to.extend([
        Block::Text(Text::CertWho.of(lang).to_owned()),
        Block::Text(Text::CertSystem.with(lang, &[subject.order.as_str(), &subject.station.to_string()])),
        Block::Text(Text::CertCopy.of(lang).to_owned()),
        Block::Text(Text::CertOath.of(lang).to_owned()),
        blanks(lang, &[Text::SignName, Text::SignRole, Text::SignHand, Text::SignDate]),
    ]);
}
