use evidence::{
    finding::Code,
    words::{Text as Words, promises},
};

use super::texts::Text;
use crate::pen::Fonts;

fn all() -> Vec<&'static str> {
    let own = Text::ALL.iter().flat_map(|text| Lang::ALL.map(|lang| text.of(lang)));
    let words = Words::ALL.iter().flat_map(|text| Lang::ALL.map(|lang| text.of(lang)));
    let inspection = inspect::words::Text::ALL.iter().flat_map(|text| Lang::ALL.map(|lang| text.of(lang)));
    own.chain(words).chain(inspection).chain(Code::ALL.iter().flat_map(|code| [code.en(), code.zh()])).collect()
}

use super::*;

#[test]
fn the_fonts_have_every_letter_of_every_text() {
    let fonts = Fonts::new().unwrap();
    let ascii: String = (' '..='~').collect();
    for text in all().into_iter().chain([&*ascii, "；"]) {
        for face in [&fonts.regular, &fonts.bold] {
            assert!(face.has(text), "make the fonts anew (station/fonts): {text}");
        }
    }
    assert!(fonts.mono.has(&ascii) && fonts.mono.has("\u{2014}"));
    for face in [&fonts.regular, &fonts.bold, &fonts.mono] {
        assert!(!face.has("雪"), "they hold what they need, not more");
        assert_eq!(face.spelled("a雪b"), "a<U+96EA>b");
    }
}

#[test]
fn no_text_promises_what_no_seal_can() {
    for text in all() {
        assert!(!promises(text), "{text}");
    }
}

#[test]
fn both_languages_take_the_same_values() {
    let values = ["{v}", "{w}", "{x}"];
    for text in Text::ALL {
        let [en, zh] = Lang::ALL.map(|lang| values.map(|value| text.with(lang, &values).contains(value)));
        assert_eq!(en, zh, "{text:?}");
    }
}
