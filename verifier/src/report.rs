//! The report for people: one word and its meaning, the table of answers, the facts, and what is not proven.

use evidence::words::{Answers, Lang, Text, facts, limits, questions};

/// A label and its values, each on a line of its own.
pub type Row = (Text, Vec<String>);

pub fn text(answers: &Answers<'_>, lang: Lang) -> String {
    let mut text = format!("{}\n\n", Text::of_verdict(answers.verdict).of(lang));
    table(&mut text, &questions(answers, lang), lang);
    if let Some((head, rows)) = facts(answers, lang) {
        text.push_str(&format!("\n{}\n", head.of(lang)));
        let rows: Vec<Row> = rows.into_iter().map(|(label, value)| (label, vec![value])).collect();
        table(&mut text, &rows, lang);
    }
    text.push_str(&format!("\n{}\n", Text::LimitsHead.of(lang)));
    for limit in limits(answers) {
        text.push_str(&format!("  - {}\n", limit.of(lang)));
    }
    text
}

/// Labels in one column, values behind them.
pub fn table(text: &mut String, rows: &[Row], lang: Lang) {
    let width = rows.iter().map(|(label, _)| columns(label.of(lang))).max().unwrap_or(0);
    for (label, values) in rows {
        let label = label.of(lang);
        for (i, value) in values.iter().enumerate() {
            let (label, mark) = if i == 0 { (label, ':') } else { ("", ' ') };
            let space = width - columns(label);
            text.push_str(&format!("  {label}{mark}{:space$} {value}\n", ""));
        }
    }
}

/// Columns on a terminal: the labels are ASCII or Chinese, which is twice as wide.
pub fn columns(text: &str) -> usize {
    text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum()
}
