use proptest::{collection::vec, prelude::*};

use super::*;
use crate::config::{Config, SAMPLE};

/// As installed: quiet 220 ms, double reads 2000 ms, AIM identifiers cut off.
fn settings() -> config::Scanner {
    Config::parse(SAMPLE).unwrap().scanner
}

fn code(text: &str, at_us: i64) -> Frame {
    Frame::Code { text: text.to_owned(), at_us }
}

fn all(framing: &mut Framing) -> Vec<Frame> {
    std::iter::from_fn(|| framing.take()).collect()
}

/// What one read of these bytes at 7 µs, and quiet, becomes.
fn frames(settings: &config::Scanner, bytes: &[u8]) -> Vec<Frame> {
    let mut framing = Framing::new(settings);
    framing.feed(7, bytes);
    framing.tick(i64::MAX);
    assert_eq!(framing.due(), None);
    all(&mut framing)
}

/// The only code in these bytes.
#[track_caller]
fn one(settings: &config::Scanner, bytes: &[u8], text: &str) {
    assert_eq!(frames(settings, bytes), [code(text, 7)]);
}

#[test]
fn every_terminator_ends_a_code() {
    for end in ["\r", "\n", "\r\n", "\r\r", "\t", "\0", "\n\0\t\r\n"] {
        let mut framing = Framing::new(&settings());
        framing.feed(1, b"SF139000");
        assert_eq!((framing.take(), framing.due()), (None, Some(220_001)));
        framing.feed(2, format!("0000001{end}").as_bytes());
        assert_eq!((framing.take(), framing.take(), framing.due()), (Some(code("SF1390000000001", 2)), None, None));
    }
}

#[test]
fn quiet_ends_a_code_without_terminator() {
    let mut framing = Framing::new(&settings());
    framing.feed(1_000, b"YT12345");
    framing.tick(220_999);
    assert_eq!(framing.take(), None);
    // Read late, but before anybody saw that nothing came: one code.
    framing.feed(300_000, b"67890123");
    assert_eq!(framing.due(), Some(520_000));
    framing.tick(519_999);
    assert_eq!(framing.take(), None);
    framing.tick(520_000);
    assert_eq!(framing.take(), Some(code("YT1234567890123", 300_000)));
    framing.tick(900_000);
    framing.feed(900_001, b"\r\n");
    assert_eq!((framing.take(), framing.due()), (None, None));
}

#[test]
fn several_codes_in_one_shot() {
    let read = b"SF1390000000001\r\n6901234567892\r\nhttps://example.com\r\n\r\nlast";
    let codes = ["SF1390000000001", "6901234567892", "https://example.com", "last"];
    assert_eq!(frames(&settings(), read), codes.map(|text| code(text, 7)));
}

#[test]
fn what_is_no_part_of_a_code_is_cut_off() {
    let installed = settings();
    one(&installed, b"]C10106901234567892\x1d10ABC\x1e\x04\n", "010690123456789210ABC");
    one(&installed, b"\x02SF1390000000001\x03\r", "SF1390000000001");
    one(&installed, b"\x1b[ASF1390000000001\x7f\n", "[ASF1390000000001");
    one(&installed, b"  SF1390000000001 \t", "SF1390000000001");
    one(&installed, b" ]E0 6901234567892 \n", "6901234567892");
    // Once, and at the ends alone.
    one(&installed, b"]C1]C1X]C1\n", "]C1X]C1");
    one(&installed, "\u{85}码\u{9f}\u{3000}\n".as_bytes(), "码");
    for nothing in [&b""[..], b"\n", b"  \r\n", b"\x1d\x02\n", b"]C1\n", b" ]d2 \n"] {
        assert_eq!(frames(&installed, nothing), [], "{nothing:?}");
    }
    let mut own = settings();
    own.strip_prefixes = vec!["]C1".into(), "^".into(), "".into(), "no".into()];
    own.strip_suffixes = vec!["$".into(), "-X".into()];
    one(&own, b"]C1^SF1-X$\n", "SF1");
    one(&own, b"^]C1SF1$-X\n", "]C1SF1$");
    one(&own, b"nonsense-X\n", "nsense");
}

#[test]
fn texts_of_other_alphabets_are_kept_as_far_as_they_can_be_read() {
    one(&settings(), "顺丰 SF1390000000001\n".as_bytes(), "顺丰 SF1390000000001");
    // 顺丰 in GBK, of which two bytes are some other character in UTF-8, then half a character.
    one(&settings(), b"\xcb\xb3\xb7\xe1SF1390000000001\xe4\xb8\n", "\u{2f3}\u{fffd}\u{fffd}SF1390000000001\u{fffd}");
    one(&settings(), &[0xff; 3], "\u{fffd}\u{fffd}\u{fffd}");
}

#[test]
fn codes_that_are_too_long_are_dropped_and_said() {
    let longest = "码".repeat(LONGEST);
    one(&settings(), format!("]C1 {longest} \n").as_bytes(), &longest);
    for more in ["码".repeat(LONGEST + 1), "1".repeat(LONGEST + 1), "\u{fffd}".repeat(9 * LONGEST), "1".repeat(1 << 20)]
    {
        let got = frames(&settings(), format!("before\n{more}\nafter\n").as_bytes());
        assert_eq!(got, [code("before", 7), Frame::Dropped { at_us: 7 }, code("after", 7)]);
    }
    // Nothing of it is kept meanwhile.
    let mut framing = Framing::new(&settings());
    for at in 0..1000 {
        framing.feed(at, &[b'1'; 1000]);
        assert!(framing.bytes.capacity() <= 4 * MOST_BYTES && framing.ready.is_empty());
    }
}

#[test]
fn a_code_of_which_a_part_was_lost_is_dropped_and_said() {
    let mut framing = Framing::new(&settings());
    framing.feed(1, b"SF139000");
    framing.spoil(2);
    framing.feed(3, b"00001\nSF1390000000002\n");
    assert_eq!(all(&mut framing), [Frame::Dropped { at_us: 3 }, code("SF1390000000002", 3)]);
    // Its end may have been lost as well.
    framing.spoil(4);
    assert_eq!(framing.due(), Some(220_004));
    framing.tick(220_004);
    assert_eq!(all(&mut framing), [Frame::Dropped { at_us: 4 }]);
}

#[test]
fn what_was_under_way_is_forgotten_when_the_scanner_is_gone() {
    let mut framing = Framing::new(&settings());
    framing.feed(1, b"SF1390\nSF139");
    framing.reset();
    framing.tick(i64::MAX);
    framing.finish();
    assert_eq!((framing.take(), framing.due()), (None, None));
    framing.feed(2, b"000\n");
    assert_eq!(framing.take(), Some(code("000", 2)));
    // The end of standard input is an end like any other.
    framing.feed(3, b"last");
    framing.finish();
    assert_eq!(framing.take(), Some(code("last", 3)));
}

#[test]
fn double_reads_count_from_the_last_read() {
    let mut repeats = Repeats::new(&settings());
    let s = |seconds: f64| (seconds * 1e6) as i64;
    for (at, text, again) in [
        (0.0, "A", false),
        (1.9, "A", true),
        // Held before the label: each read puts it off.
        (3.8, "A", true),
        (3.9, "B", false),
        (5.7, "A", true),
        (5.8, "B", true),
        (7.7, "A", false),
        (7.8, "B", false),
        // Another scanner's read that was told late.
        (7.6, "B", true),
        (9.7, "B", true),
        (11.7, "B", false),
    ] {
        assert_eq!(repeats.again(text, s(at)), again, "{text} at {at} s");
    }
    let mut off = settings();
    off.double_read_ms = 0;
    let mut repeats = Repeats::new(&off);
    assert!(!repeats.again("A", 1) && !repeats.again("A", 1));
    // However many come, few are kept, the latest of them.
    let mut repeats = Repeats::new(&settings());
    for n in 0..10_000 {
        assert!(!repeats.again(&n.to_string(), n));
        assert!(repeats.read.len() <= MOST_REPEATS);
    }
    assert!(repeats.again("9999", 10_000) && repeats.again("9950", 10_000));
}

fn config() -> ProptestConfig {
    // Failures print their input; nothing is kept in the tree.
    let rounds = std::env::var("PACKSEAL_FUZZ_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(1);
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256 * rounds) }
}

/// Bytes as scanners send them, and any others.
fn noise() -> impl Strategy<Value = Vec<u8>> {
    let likely = prop::sample::select(b"\r\n \x1d]C1\xe4".to_vec());
    vec(prop_oneof![any::<u8>(), 0x20..0x7f_u8, likely], 0..80)
}

/// What can stand between codes.
fn terminator() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["\r", "\n", "\r\n", "\n\r", "\t", "\0", "\r\r", "\r\n\t"]).prop_map(str::to_owned)
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn random_bytes_become_clean_codes_or_nothing(
        reads in vec((noise(), 0..600_000_i64, any::<bool>(), 1..400_usize), 0..60),
        quiet_ms in 20..5000_u32,
    ) {
        let settings = config::Scanner { quiet_ms, ..settings() };
        let mut framing = Framing::new(&settings);
        let mut at = 0;
        let mut last = 0;
        for (bytes, pause, tick, times) in reads {
            at += pause;
            if tick {
                framing.tick(at);
            }
            // Mostly short codes, now and then one beyond any length.
            let bytes = bytes.repeat(if times > 390 { times } else { 1 });
            framing.feed(at, &bytes);
            for frame in all(&mut framing) {
                let at_us = match frame {
                    Frame::Dropped { at_us } => at_us,
                    Frame::Code { text, at_us } => {
                        prop_assert!((1..=LONGEST).contains(&text.chars().count()), "{text:?}");
                        prop_assert!(!text.contains(char::is_control) && text.trim() == text, "{text:?}");
                        at_us
                    }
                };
                prop_assert!((last..=at).contains(&at_us));
                last = at_us;
            }
            prop_assert!(framing.due().is_none_or(|due| due > at || !tick || !bytes.is_empty()));
        }
    }

    #[test]
    fn codes_come_out_whole_however_they_are_torn(
        codes in vec(("[!-~]([ -~]{0,60}[!-~])?", terminator()), 1..20),
        cuts in vec(1..40_usize, 1..400),
        pauses in vec(0..220_000_i64, 1..50),
    ) {
        let settings = config::Scanner { strip_prefixes: vec![], ..settings() };
        let whole: String = codes.iter().map(|(code, end)| format!("{code}{end}")).collect();
        let mut framing = Framing::new(&settings);
        let mut rest = whole.as_bytes();
        let mut at = 0;
        for (cut, pause) in cuts.iter().cycle().zip(pauses.iter().cycle()) {
            if rest.is_empty() {
                break;
            }
            // Shorter than quiet, and looked at as late as can be.
            at += pause;
            framing.tick(at);
            let (now, later) = rest.split_at((*cut).min(rest.len()));
            framing.feed(at, now);
            rest = later;
        }
        let texts: Vec<String> = all(&mut framing).into_iter().map(|frame| match frame {
            Frame::Code { text, .. } => text,
            Frame::Dropped { .. } => "dropped".to_owned(),
        }).collect();
        prop_assert_eq!(texts, codes.into_iter().map(|(code, _)| code).collect::<Vec<_>>());
    }

    #[test]
    fn codes_without_terminator_come_out_whole(
        codes in vec("[!-~]([ -~]{0,60}[!-~])?", 1..20),
        cut in 1..40_usize,
        pause in 0..220_000_i64,
        late in 0..500_000_i64,
    ) {
        let settings = config::Scanner { strip_prefixes: vec![], ..settings() };
        let mut framing = Framing::new(&settings);
        let mut at = 0;
        for text in codes {
            for piece in text.as_bytes().chunks(cut) {
                at += pause;
                framing.tick(at);
                framing.feed(at, piece);
            }
            framing.tick(at + 219_999);
            prop_assert_eq!(framing.take(), None);
            framing.tick(at + 220_000 + late);
            prop_assert_eq!(framing.take(), Some(code(&text, at)));
            at += 220_000 + late;
        }
    }
}
