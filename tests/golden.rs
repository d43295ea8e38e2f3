//! A clip sealed by the first version of the station, which every later version must verify in the same way.
//!
//! It was made once, and is not to be made anew; a later format gets files of its own beside it. Its key is known to
//! everybody, its seed being 32 times the byte 7:
//!
//! ```text
//! packseal-station init --data DIR --station golden
//! echo PRIVATE+KEY+golden/fe812c12f3ab4ce6+f64a2a9c+AQcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcH > DIR/keys/station.key
//! packseal-station record --data DIR --order GOLDEN-1 --source pattern:320x240@10 --seconds 3
//! packseal-station key --data DIR > golden-v1.vkey
//! ```

use std::path::{Path, PathBuf};

use evidence::{
    finding::Code,
    key::SigningKey,
    statement::{ClockKind, Reason, Source},
    trust::Trust,
    value::{Order, Value},
    verdict::{Report, Verdict},
    verify::{Request, verify},
};

#[allow(dead_code, reason = "shared by tests that need different parts of it")]
#[path = "support/program.rs"]
mod program;

use program::{Folder, run};

const CLIP: &[u8] = include_bytes!("data/golden-v1.mp4");
const KEY: &str = include_str!("data/golden-v1.vkey");
const ORDER: &str = "GOLDEN-1";

fn report(order: &str) -> Report {
    let mut trust = Trust::default();
    trust.add_station(KEY.trim_end()).unwrap();
    let order = Order::parse(order);
    verify(CLIP, Request { trust: &trust, order: order.as_ref(), threads: 1, progress: &mut |_, _| () }).unwrap()
}

#[test]
fn it_is_of_the_key_that_everybody_knows() {
    assert_eq!(SigningKey::from_seed("golden", &[7; 32]).unwrap().verifier().to_string(), KEY.trim_end());
    assert!(CLIP.len() <= 60_000);
}

/// The notes in the clip, read with nothing but the sizes of its boxes.
fn notes() -> Vec<String> {
    let mut rest = CLIP;
    let mut notes = Vec::new();
    while let Some(size) = rest.first_chunk::<4>() {
        let (whole, behind) = rest.split_at(u32::from_be_bytes(*size) as usize);
        if &whole[4..8] == b"uuid" {
            notes.push(String::from_utf8(whole[24..].to_vec()).unwrap());
        }
        rest = behind;
    }
    notes
}

#[test]
fn it_is_the_example_of_the_specification() {
    let page = include_str!("../verifier/FORMAT.md");
    let notes = notes();
    for note in [notes.first(), notes.get(1), notes.last()].into_iter().flatten() {
        assert!(page.contains(&format!("```text\n{note}```\n")), "FORMAT.md, Example, should show:\n{note}");
    }
}

#[test]
fn it_is_verified_and_says_what_it_said() {
    let report = report(ORDER);
    assert_eq!(report.verdict, Verdict::Verified, "{:?}", report.findings);
    let codes: Vec<Code> = report.findings.iter().map(|f| f.code).collect();
    assert_eq!(codes, [Code::NotLive, Code::ClockUnsynchronised, Code::DeviceClock, Code::LedgerNotShown]);
    let facts = report.facts.unwrap();
    let start = &facts.start;
    assert_eq!((start.source, start.clock, start.sequence), (Source::Pattern, ClockKind::Real, 1));
    assert_eq!((start.size.width, start.size.height), (320, 240));
    assert_eq!(start.order.as_ref().map(|o| o.as_str()), Some(ORDER));
    assert_eq!((facts.links, facts.frames, facts.lost), (3, 30, 0));
    assert_eq!(facts.end.map(|end| end.reason), Some(Reason::Timeout));
}

fn data(name: &str) -> String {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data").join(name);
    path.to_str().unwrap().to_owned()
}

#[test]
fn the_program_answers_with_every_status() {
    let folder = Folder::new("golden");
    let (clip, key) = (data("golden-v1.mp4"), KEY.trim_end());
    let status = |file: &str, more: &[&str], word: &str| {
        let said = run(&[&["verify", file], more].concat());
        assert!(said.out.contains(word) || said.err.contains(word), "{said:?}");
        said.status
    };
    assert_eq!(status(&clip, &["--key", key, "--order", ORDER], "VERIFIED"), 0);
    assert_eq!(status(&clip, &["--key", key, "--order", "GOLDEN-2"], "REJECTED"), 1);
    assert_eq!(status(&clip, &["--order", ORDER], "UNKNOWN SIGNER"), 3);
    let half = folder.file("half.mp4", &CLIP[..CLIP.len() / 2]);
    assert_eq!(status(&half, &["--key", key, "--order", ORDER], "PARTIAL"), 4);
    let mut changed = CLIP.to_vec();
    changed[CLIP.len() / 2] ^= 1;
    let changed = folder.file("changed.mp4", &changed);
    assert_eq!(status(&changed, &["--key", key, "--order", ORDER], "REJECTED"), 1);
    let text = folder.file("text.mp4", b"no clip, but text");
    assert_eq!(status(&text, &["--key", key], ""), 2);
}
