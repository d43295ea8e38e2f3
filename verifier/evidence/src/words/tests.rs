use super::*;

/// The places of a text, in order of their numbers.
fn places(text: &str) -> Vec<usize> {
    let number = |(turn, piece): (usize, &str)| piece.split_once('}').unwrap().0.parse().unwrap_or(turn);
    let mut places: Vec<usize> = text.split('{').skip(1).enumerate().map(number).collect();
    places.sort_unstable();
    places
}

#[test]
fn both_languages_take_the_same_values() {
    for text in Text::ALL {
        assert_eq!(places(text.of(Lang::En)), places(text.of(Lang::Zh)), "{text:?}");
    }
}

#[test]
fn no_text_promises_what_no_seal_can() {
    let texts = Text::ALL.iter().flat_map(|t| Lang::ALL.map(|lang| t.of(lang)));
    for text in texts.chain(Code::ALL.iter().flat_map(|c| [c.en(), c.zh()])) {
        assert!(!promises(text), "{text}");
    }
    for text in ["Guaranteed.", "A real one", "画面真实", "100 % sure"] {
        assert!(promises(text), "{text}");
    }
    assert!(!promises("really"));
}

#[test]
fn values_are_put_in_their_places_and_not_read_again() {
    assert_eq!(Text::Lost.with(Lang::En, &["{1}", "2.0", "3.0"]), "frames lost between 2.0 s and 3.0 s: {1}");
    assert_eq!(Text::Lost.with(Lang::Zh, &["7", "2.0", "3.0"]), "第 2.0 秒至第 3.0 秒之间丢失 7 帧");
}
