use evidence::value::Value;

use super::*;

fn codes() -> ControlCodes {
    crate::config::Config::parse(crate::config::SAMPLE).unwrap().control
}

#[test]
fn the_fonts_have_every_letter_that_is_printed() {
    let fonts = Fonts::new().unwrap();
    let ascii: String = (' '..='~').collect();
    let card = |card: Card| [card.name.0, card.name.1.to_owned(), card.note.0.to_owned(), card.note.1.to_owned()];
    let badge = Card::badge("S", &Token::parse("ann").unwrap());
    let texts: Vec<_> = controls(&codes()).into_iter().chain([badge]).flat_map(card).collect();
    for text in texts.iter().map(String::as_str).chain([&*ascii, HINT, "控制条码操作员·"]) {
        for face in [&fonts.regular, &fonts.bold] {
            assert!(face.has(text), "{text}");
        }
    }
    assert!(!fonts.regular.has("雪"), "it holds what it needs, not more");
}

#[test]
fn notes_stay_on_their_card() {
    let fonts = Fonts::new().unwrap();
    let room = WIDTH / 2.0 - 3.0;
    for card in controls(&codes()) {
        for note in [card.note.0, card.note.1] {
            assert!(fonts.regular.width(NOTE, note) < room, "{note}");
        }
    }
    let cards = TOP + CARDS as f32 * (CARD.0 + CARD.1);
    assert!(cards < PAPER.1 - 13.0, "they leave the foot of the page: {cards} mm");
}

#[test]
fn a_text_that_no_paper_holds_is_refused() {
    let fits = |length: usize| bars(&"A".repeat(length));
    let most = (1..200).take_while(|length| fits(*length).is_ok()).count();
    let modules = fits(most).unwrap().len() + QUIET;
    let (room, one_more) = (WIDTH - INDENT, (modules + 11) as f32);
    assert!(modules as f32 * MODULE.0 <= room && one_more * MODULE.0 > room, "{most} characters");
    assert!(INDENT >= QUIET as f32 * MODULE.1);
    let line = fits(most + 1).unwrap_err().line(crate::say::Lang::En);
    assert!(line.contains(&format!("at most {most} characters")), "{line}");
    for text in ["START\n", "开始", "\u{181}", "\u{7f}", "A\u{c0}B"] {
        let line = bars(text).unwrap_err().line(crate::say::Lang::En);
        assert!(!line.contains('\n'), "{line}");
    }
    let long = Token::parse(&"a".repeat(64)).unwrap();
    assert!(pdf(&codes(), &[long], Time(0)).is_err());
}

#[test]
fn the_same_input_makes_the_same_file() {
    let operators: Vec<_> = ["ann", "bo"].iter().filter_map(|name| Token::parse(name)).collect();
    let made = |at| pdf(&codes(), &operators, Time(at)).unwrap();
    // Whole files are nothing to print.
    assert!(made(0) == made(0));
    assert!(made(0) != made(86_400_000_000), "its date is in it");
    assert!(made(i64::MAX).starts_with(b"%PDF"));
}
