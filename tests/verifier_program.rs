//! What people and programs get from packseal-verifier: words, JSON, exit status.

mod support;

#[path = "support/authority.rs"]
mod authority;
#[path = "support/program.rs"]
mod program;
#[path = "support/times.rs"]
mod times;

use std::{io::Read, process::Stdio};

use base64::{Engine, engine::general_purpose::STANDARD};
use evidence::{
    statement::{
        ClockKind, ClockState, Enrolment, Event, EventKind, Reason, Revocation, RevocationReason, Source, WeightState,
    },
    value::{Hash, Time},
};
use program::{Folder, Said, program, run, said};
use support::{
    forge::{Forge, Material, T0, key, seal, v},
    ledgers::{Ledger, only},
    proofs::{enrolled, root, with_enrolment},
};
use times::{Clock, S, ledger, naming, sealed};

const ORDER: &str = "SF1234567890";
const CLIP_ID: &str = "07070707070707070707070707070707";

fn forge() -> Forge {
    Forge::new(Material::from_mp4(include_bytes!("data/material.mp4"), 9000), 9000)
}

fn vkey() -> String {
    key(1).verifier().to_string()
}

/// Verifies this forged clip with its key and with more arguments.
fn verify(name: &str, clip: &[u8], more: &[&str]) -> Said {
    let folder = Folder::new(name);
    let file = folder.file("clip.mp4", clip);
    run(&[&["verify", &file, "--key", &vkey()], more].concat())
}

fn json(name: &str, clip: &[u8], more: &[&str]) -> serde_json::Value {
    let said = verify(name, clip, &[&["--json"], more].concat());
    let object: serde_json::Value = serde_json::from_str(&said.out).unwrap_or_else(|e| panic!("{e}: {said:?}"));
    assert_eq!(object["exit_status"], said.status, "{object}");
    object
}

fn codes(object: &serde_json::Value) -> Vec<&str> {
    object["findings"].as_array().unwrap().iter().map(|f| f["code"].as_str().unwrap()).collect()
}

/// A clip with one byte of a picture changed.
fn altered() -> Vec<u8> {
    let mut parts = forge().parts();
    let last = parts[4].len() - 1;
    parts[4][last] ^= 1;
    parts.concat()
}

/// Where the value of a row begins on its line.
fn row<'a>(text: &'a str, label: &str) -> &'a str {
    let line = text.lines().find(|l| l.trim_start().starts_with(label)).unwrap_or_else(|| panic!("{label}: {text}"));
    line.split_once(':').unwrap().1.trim()
}

#[test]
fn whole_clip_of_the_order_is_verified() {
    let said = verify("verified", &forge().clip(), &["--order", ORDER]);
    assert_eq!(said.status, 0, "{said:?}");
    assert!(said.out.starts_with("VERIFIED: "), "{}", said.out);
    assert_eq!(said.err, "");
    for (label, value) in [
        ("Pictures", "INTACT"),
        ("Coverage", "COMPLETE"),
        ("Source", "live camera (usb)"),
        ("Order", "MATCHES: SF1234567890"),
        ("Time", "DEVICE CLOCK ONLY"),
        ("Ledger", "NOT SHOWN"),
        ("Clip", "07070707070707070707070707070707, number 1 of this station"),
        ("From", "2026-10-30 02:00:00.000 UTC"),
        ("Camera", "usb:046d:0825:1234"),
        ("Closed", "next order scanned"),
    ] {
        assert_eq!(row(&said.out, label), value, "{}", said.out);
    }
    assert_eq!(row(&said.out, "Signer"), format!("TRUSTED: {}", key(1).verifier().signer().name));
    assert!(said.out.contains("Not proven, or not checked:"), "{}", said.out);
    assert!(said.out.contains("nothing about transport"), "{}", said.out);
    assert!(said.out.contains("bound by the scan"), "{}", said.out);
}

#[test]
fn changed_picture_is_rejected_with_its_place() {
    let said = verify("altered", &altered(), &[]);
    assert_eq!(said.status, 1, "{said:?}");
    assert!(said.out.starts_with("REJECTED: "), "{}", said.out);
    let tick: u64 = forge().spans[0].gop.as_ref().unwrap().ticks();
    assert_eq!(
        row(&said.out, "Pictures"),
        format!("ALTERED at second {:.1}, fragment 1", tick as f64 / 90_000.0),
        "{}",
        said.out
    );
    assert!(said.err.contains("fragment.digest"), "{}", said.err);
    assert!(said.out.contains("in the first statement:"), "{}", said.out);
    // Totals come from statements behind the change.
    assert!(!said.out.contains("Frames"), "{}", said.out);
}

#[test]
fn another_order_is_rejected_with_both_numbers() {
    let said = verify("differs", &forge().clip(), &["--order", "sf1234567890"]);
    assert_eq!(said.status, 1, "{said:?}");
    assert_eq!(row(&said.out, "Order"), "DIFFERS: asked for sf1234567890, the clip is of SF1234567890");
    assert!(said.err.contains("upper and lower case"), "{}", said.err);
}

#[test]
fn revoked_key_is_rejected() {
    let folder = Folder::new("revoked");
    let clip = folder.file("clip.mp4", &forge().clip());
    let trust = folder.file("trust", format!("# shop\nstation {0}\nrevoked {0}\n", vkey()).as_bytes());
    let said = run(&["verify", &clip, "--trust", &trust]);
    assert_eq!(said.status, 1, "{said:?}");
    assert!(row(&said.out, "Signer").starts_with("REVOKED: test-bench/"), "{}", said.out);
    assert!(said.out.contains("Signed with the revoked key:"), "{}", said.out);
}

/// Whatever only a signature proves.
fn secrets() -> [String; 6] {
    let station = key(1).verifier().signer().name.to_string();
    let [order, clip, camera, date] = [ORDER, CLIP_ID, "046d", "2026-10-30"].map(str::to_owned);
    [order, clip, camera, date, station, "test-bench".to_owned()]
}

#[test]
fn unknown_key_gives_no_statement_value_away() {
    let folder = Folder::new("unknown");
    let clip = folder.file("clip.mp4", &forge().clip());
    let mut all = forge();
    all.edit_start =
        Box::new(|s| (s.source, s.clock, s.clock_state) = (Source::File, ClockKind::Simulated, ClockState::Simulated));
    let film = folder.file("film.mp4", &all.clip());
    let broken = folder.file("broken.mp4", &altered());
    let other = key(2).verifier().to_string();
    for (clip, status) in [(&clip, 3), (&film, 3), (&broken, 1)] {
        for more in [&[][..], &["--json"], &["--lang", "zh"], &["--order", "XY-1"], &["--key", &other]] {
            for command in ["verify", "show"] {
                if command == "show" && (more.contains(&"--json") || more.contains(&"--order")) {
                    continue;
                }
                let said = run(&[&[command, clip.as_str()], more].concat());
                assert_eq!(said.status, status, "{said:?}");
                assert_eq!(command == "show", said.out.is_empty(), "{said:?}");
                for secret in secrets() {
                    assert!(!said.out.contains(&secret) && !said.err.contains(&secret), "{secret}: {said:?}");
                }
                for word in ["INTACT", "COMPLETE\n", "live camera", "LIVE", "MATCHES", "DIFFERS", "\"usb\""] {
                    assert!(!said.out.contains(word), "{word}: {said:?}");
                }
            }
        }
    }
    let said = run(&["verify", &clip, "--order", ORDER]);
    assert_eq!(row(&said.out, "Order"), "NOT PROVEN: asked for SF1234567890");
    assert!(said.err.contains("--trust FILE"), "{}", said.err);
}

#[test]
fn first_statement_of_another_hand_gives_nothing_away() {
    let mut forge = forge();
    forge.edit_start = Box::new(|s| s.bench = v("forged-bench"));
    let clip = forge.clip();
    let other = {
        let mut honest = forge;
        honest.edit_start = Box::new(|s| s.bench = v("another-bench"));
        honest.clip()
    };
    // The text of one START with the signature of the other.
    let text = String::from_utf8_lossy(&clip).into_owned();
    let line = |clip: &[u8]| {
        let text = String::from_utf8_lossy(clip).into_owned();
        let at = text.find("\u{2014} test-bench/").unwrap();
        text[at..].lines().next().unwrap().to_owned()
    };
    assert!(text.contains("forged-bench"));
    let bytes = replace(&clip, line(&clip).as_bytes(), line(&other).as_bytes());
    let said = verify("another-hand", &bytes, &[]);
    assert_eq!(said.status, 1, "{said:?}");
    assert!(said.err.contains("note.signature"), "{}", said.err);
    for secret in secrets().iter().map(String::as_str).chain(["forged-bench"]) {
        assert!(!said.out.contains(secret), "{secret}: {}", said.out);
    }
}

fn replace(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let at = bytes.windows(from.len()).position(|w| w == from).unwrap();
    [&bytes[..at], to, &bytes[at + from.len()..]].concat()
}

#[test]
fn clip_cut_off_is_partial() {
    let mut parts = forge().parts();
    parts.pop();
    let said = verify("cut", &parts.concat(), &[]);
    assert_eq!(said.status, 4, "{said:?}");
    assert!(row(&said.out, "Coverage").starts_with("END NOT SHOWN"), "{}", said.out);
    let torn = [parts.concat(), forge().parts().pop().unwrap()[..30].to_vec()].concat();
    let said = verify("torn", &torn, &[]);
    assert_eq!(said.status, 4, "{said:?}");
    assert!(said.out.contains("30 unproven bytes"), "{}", said.out);
    assert_eq!(json("torn-json", &torn, &[])["facts"]["recorded"]["unproven_bytes"], 30);
}

#[test]
fn late_order_is_proven_by_the_end_alone() {
    let mut forge = forge();
    forge.order = None;
    forge.end_order = Some(Some(v(ORDER)));
    forge.spans[0].events.push(Event { offset: 5, kind: EventKind::OrderScan(v(ORDER)) });
    assert_eq!(verify("late", &forge.clip(), &["--order", ORDER]).status, 0);
    forge.reason = None;
    let said = verify("late-cut", &forge.clip(), &["--order", ORDER]);
    assert_eq!(said.status, 4, "{said:?}");
    assert_eq!(row(&said.out, "Order"), "NOT PROVEN: asked for SF1234567890");
}

#[test]
fn excerpt_says_which_seconds_it_shows() {
    let mut forge = forge();
    let ticks: Vec<u64> = forge.spans.iter().map(|s| s.gop.as_ref().unwrap().ticks()).collect();
    assert!(ticks.len() > 2, "the material has GOPs to withhold");
    forge.spans[0].withheld = true;
    let whole: u64 = ticks.iter().sum();
    let said = verify("excerpt", &forge.clip(), &[]);
    let s = |ticks: u64| ticks as f64 / 90_000.0;
    assert_eq!(said.status, 4, "{said:?}");
    assert_eq!(
        row(&said.out, "Coverage"),
        format!("EXCERPT: shows {:.1} s to {:.1} s of {:.1} s", s(ticks[0]), s(whole), s(whole))
    );
    let object = json("excerpt-json", &forge.clip(), &[]);
    assert_eq!(object["coverage"], serde_json::json!(["excerpt"]));
    assert_eq!(object["facts"]["recorded"]["shown"], serde_json::json!({"from": s(ticks[0]), "to": s(whole)}));
}

#[test]
fn gaps_and_lost_frames_are_listed_with_their_seconds() {
    let mut forge = forge();
    let gap = support::forge::Span { gop: None, gap_ticks: 180_000, events: vec![], lost: 0, withheld: false };
    let first = forge.spans[0].gop.as_ref().unwrap().ticks();
    forge.spans.insert(1, gap);
    forge.spans[0].lost = 3;
    let said = verify("gaps", &forge.clip(), &[]);
    let s = |ticks: u64| ticks as f64 / 90_000.0;
    assert_eq!(said.status, 4, "{said:?}");
    assert!(
        row(&said.out, "Coverage").starts_with("INTERRUPTED: spans in which nothing was recorded: 1"),
        "{}",
        said.out
    );
    let line = format!("nothing recorded from {:.1} s to {:.1} s", s(first), s(first + 180_000));
    assert!(said.out.contains(&line), "{line}: {}", said.out);
    assert!(said.out.contains(&format!("frames lost between 0.0 s and {:.1} s: 3", s(first))), "{}", said.out);
    let object = json("gaps-json", &forge.clip(), &[]);
    assert_eq!(object["coverage"], serde_json::json!(["interrupted"]));
    let recorded = &object["facts"]["recorded"];
    assert_eq!(recorded["gaps"], serde_json::json!([{"from": s(first), "to": s(first + 180_000)}]));
    assert_eq!(recorded["losses"], serde_json::json!([{"from": 0.0, "to": s(first), "frames": 3}]));
}

#[test]
fn events_are_listed_for_programs() {
    let mut forge = forge();
    forge.spans[1].events = vec![Event { offset: 500_000, kind: EventKind::Weight(-1_250, WeightState::Stable) }];
    let object = json("events", &forge.clip(), &[]);
    let recorded = &object["facts"]["recorded"];
    assert_eq!(recorded["events"], serde_json::json!([{"second": 1.5, "event": "weight:-1250:stable"}]));
    assert_eq!(recorded["event_count"], 1);
}

#[test]
fn early_close_names_its_reason() {
    for (reason, words) in
        [(Reason::CameraLost, "the camera was lost"), (Reason::Recovered, "found open when the station")]
    {
        let mut forge = forge();
        forge.reason = Some(reason);
        let said = verify(&format!("early-{}", reason.as_str()), &forge.clip(), &[]);
        assert_eq!(said.status, 4, "{said:?}");
        assert!(row(&said.out, "Coverage").starts_with(&format!("INTERRUPTED: {words}")), "{}", said.out);
    }
}

#[test]
fn source_is_printed_whatever_it_is() {
    for (source, simulated, line) in [
        (Source::Rtsp, false, "live camera (rtsp)"),
        (Source::File, false, "NOT A LIVE CAMERA (file)"),
        (Source::Pattern, true, "NOT A LIVE CAMERA (pattern)"),
    ] {
        let mut forge = forge();
        forge.edit_start = Box::new(move |s| {
            s.source = source;
            if simulated {
                (s.clock, s.clock_state) = (ClockKind::Simulated, ClockState::Simulated);
            }
        });
        let said = verify(&format!("source-{}", source.as_str()), &forge.clip(), &[]);
        assert_eq!((said.status, row(&said.out, "Source")), (0, line), "{said:?}");
        assert_eq!(said.out.contains("SIMULATED CLOCK"), simulated, "{}", said.out);
    }
}

#[test]
fn order_read_from_the_picture_is_said_and_a_conflict_refuses() {
    let mut forge = forge();
    forge.spans[1].events.push(Event { offset: 7, kind: EventKind::LabelRead(v(ORDER), 12) });
    let said = verify("label", &forge.clip(), &["--order", ORDER]);
    assert_eq!(said.status, 0, "{said:?}");
    assert!(said.out.contains("read from the picture in 12 frames"), "{}", said.out);
    assert!(!said.out.contains("bound by the scan"), "{}", said.out);
    forge.spans[1].events.push(Event { offset: 9, kind: EventKind::LabelConflict(12, 4) });
    let object = json("conflict", &forge.clip(), &["--order", ORDER]);
    assert_eq!((&object["verdict"], &object["order"]["label"]), (&"rejected".into(), &"conflict".into()));
}

#[test]
fn what_the_ledger_shows_is_said_and_no_more() {
    let of = |kinds: &'static [&'static str]| {
        let mut ledger = Ledger::new();
        if !kinds.is_empty() {
            ledger.edit_parts = only(kinds);
        }
        ledger
    };
    let four = &["start-entry", "start-inclusion", "end-entry", "end-inclusion"];
    let five = &["start-entry", "start-inclusion", "end-entry", "end-inclusion", "stated"];
    let included = "INCLUDED: entries 5 and 7 of the station's ledger, as of 15 entries";
    let excluded = "Other clips of this order are not excluded";
    let said = verify("ledger-included", &of(four).clip(), &[]);
    assert!(said.status == 0 && row(&said.out, "Ledger").ends_with(included), "{}", said.out);
    assert!(said.out.contains(excluded) && !said.out.contains("ORDER COMPLETE"), "{}", said.out);
    assert_eq!(json("ledger-included-json", &of(four).clip(), &[])["ledger"], "included");

    let said = verify("ledger-stated", &of(five).clip(), &[]);
    let stated = "ORDER COMPLETE (STATED): clip 2 of 5 of this order, by the station's signed count\n";
    assert!(said.status == 0 && said.out.contains(included) && said.out.contains(stated), "{}", said.out);
    for (number, id, state) in [(1, 6, "deleted"), (3, 9, "sealed"), (4, 10, "begun, nothing"), (5, 11, "open: ")] {
        let line = format!("not part of this check: number {number}, {}, {state}", format!("{id:02x}").repeat(16));
        assert!(said.out.contains(&line), "{line}: {}", said.out);
    }
    assert!(said.out.contains(excluded) && !said.out.contains("missing"), "{}", said.out);
    assert_eq!(json("ledger-stated-json", &of(five).clip(), &[])["ledger"], "order-stated");

    let said = verify("ledger-audited", &of(&[]).clip(), &[]);
    assert!(said.status == 0 && said.out.contains(included) && said.out.contains(stated), "{}", said.out);
    let audited = "ORDER COMPLETE (AUDITED): all entries 1 to 15, from 2026-10-28 02:00:00.000 UTC to 2026-10-31 \
                   02:00:00.000 UTC, as of 15: no clip but those counted carries this order; nothing of it is missing there";
    assert!(said.out.contains(audited) && said.out.contains("every clip from number 1 to 7"), "{}", said.out);
    assert!(!said.out.contains(excluded) && said.out.contains("outside the audited entries"), "{}", said.out);
    assert_eq!(json("ledger-audited-json", &of(&[]).clip(), &[])["ledger"], "order-audited");
    let said = verify("ledger-zh", &of(&[]).clip(), &["--lang", "zh"]);
    assert!(said.out.contains("为该单号第 2 段，共 5 段") && said.out.contains("已审核"), "{}", said.out);

    // What the ledger contradicts.
    let mut withheld = of(&[]);
    withheld.states.pop();
    let said = verify("ledger-contradicted", &withheld.clip(), &[]);
    assert_eq!((said.status, row(&said.out, "Ledger")), (1, "CONTRADICTED"), "{}", said.out);
    assert!(said.err.contains("ledger.count") && said.err.contains("Ask the shop for every clip"), "{}", said.err);
    let object = json("ledger-contradicted-json", &withheld.clip(), &[]);
    assert_eq!((&object["ledger"], &object["counted"]), (&"contradicted".into(), &serde_json::Value::Null));
    assert!(!codes(&object).contains(&"ledger.not-shown"), "{object}");
}

#[test]
fn json_has_the_documented_keys() {
    let keys = |value: &serde_json::Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let top = "bracket certificate clock counted coverage enrolled_by enrolment exit_status facts findings included key \
               ledger order pictures revocation signer source time verdict";
    let included = "end root size start";
    let counted = "audited clips this";
    let audited = "first first_start from last last_start to";
    let facts = "audio bench camera clip clock_offset_us clock_source clock_state clock_uncertainty_us codec direction \
                 encoding first_frame_time frame_rate height key_protection opened opened_time operator overlay \
                 program recorded role sequence session software station width";
    let recorded =
        "close event_count events frames gap_count gaps last_time links losses lost seconds shown unproven_bytes";
    let verified = json("json", &forge().clip(), &["--order", ORDER]);
    assert_eq!(keys(&verified).join(" "), top);
    assert_eq!(keys(&verified["facts"]).join(" "), facts);
    assert_eq!(keys(&verified["facts"]["recorded"]).join(" "), recorded);
    assert_eq!(keys(&verified["order"]).join(" "), "answer asked label label_frames value");
    assert_eq!(verified["verdict"], "verified");
    assert_eq!(verified["coverage"], serde_json::json!(["complete"]));
    assert_eq!(verified["order"]["value"], ORDER);
    assert_eq!(codes(&verified), ["time.device-clock-only", "ledger.not-shown"]);

    let ledger = json("json-ledger", &Ledger::new().clip(), &["--order", ORDER]);
    assert_eq!(keys(&ledger).join(" "), top);
    assert_eq!(keys(&ledger["included"]).join(" "), included);
    assert_eq!(keys(&ledger["counted"]).join(" "), counted);
    assert_eq!(keys(&ledger["counted"]["audited"]).join(" "), audited);
    assert_eq!(keys(&ledger["counted"]["clips"][0]).join(" "), "clip state");
    assert_eq!(codes(&ledger), ["time.device-clock-only", "ledger.other-clips"]);

    let altered = json("json-altered", &altered(), &[]);
    assert_eq!(keys(&altered).join(" "), top);
    assert_eq!(keys(&altered["findings"][0]).join(" "), "code fragment message second");
    assert_eq!((&altered["findings"][0]["fragment"], &altered["facts"]["recorded"]), (&1.into(), &().into()));

    let folder = Folder::new("json-unknown");
    let said = run(&["verify", &folder.file("clip.mp4", &forge().clip()), "--json"]);
    let unknown: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(keys(&unknown).join(" "), top);
    for key in ["facts", "source", "clock", "time", "bracket", "key"] {
        assert!(unknown[key].is_null(), "{key}: {unknown}");
    }
    assert_eq!(unknown["pictures"], "not-fully-checked");

    // Every key is in the specification.
    let page = include_str!("../verifier/FORMAT.md");
    let section = page.split_once("### 6.2").expect("section 6.2").1;
    for key in [
        top,
        facts,
        recorded,
        included,
        counted,
        audited,
        "clip state",
        "answer asked label label_frames value",
        "code fragment message second",
    ]
    .iter()
    .flat_map(|keys| keys.split_whitespace())
    {
        assert!(section.contains(&format!("`{key}`")), "{key} is not documented");
    }
}

#[test]
fn input_that_cannot_be_checked_says_what_to_do() {
    let folder = Folder::new("input");
    let clip = folder.file("clip.mp4", &forge().clip());
    let good = format!("station {}\n", vkey());
    let two_lines = folder.file("bad-key", format!("# keys\n{good}station nonsense\n").as_bytes());
    let role = folder.file("bad-role", format!("{good}friend {}\n", vkey()).as_bytes());
    let empty_trust = folder.file("no-keys", b"# nothing\n");
    let binary = folder.file("binary", b"\xff\xfe\x00");
    let huge = folder.file("huge", &vec![b'#'; (1 << 20) + 1]);
    let (missing, dir) = (folder.path("missing.mp4"), folder.path("."));
    let (empty, text) = (folder.file("empty.mp4", b""), folder.file("notes.txt", b"a text, not a film\n"));
    for (args, words) in [
        (vec!["verify", &missing], "no such file"),
        (vec!["verify", &dir], "not a file"),
        (vec!["verify", "/dev/null"], "not a file"),
        (vec!["verify", &empty], "Not a sealed clip"),
        (vec!["verify", &text], "Not a sealed clip"),
        (vec!["verify", &clip, "--trust", &missing], "no such file"),
        (vec!["verify", &clip, "--trust", &dir], "not a file"),
        (vec!["verify", &clip, "--trust", &two_lines], "line 3: not a key of the form NAME+KEYID+BASE64"),
        (vec!["verify", &clip, "--trust", &role], "line 2: unknown role 'friend'"),
        (vec!["verify", &clip, "--trust", &empty_trust], "no key in it"),
        (vec!["verify", &clip, "--trust", &binary], "not text"),
        (vec!["verify", &clip, "--trust", &huge], "larger than 1 MiB"),
        (vec!["verify", &clip, "--key", "nonsense"], "--key: not a key of the form"),
        (vec!["verify", &clip, "--order", "SF 1"], "cannot be an order number"),
        (vec!["verify", &clip, "--order", ""], "cannot be an order number"),
        (vec!["show", &missing], "no such file"),
        (vec!["show", &empty], "Not a sealed clip"),
        (vec!["verify"], "CLIP"),
        (vec!["verify", &clip, "--lang", "xx"], "possible values: en, zh"),
        (vec!["dance"], "dance"),
        (vec![], "Usage"),
    ] {
        let said = run(&args);
        assert_eq!(said.status, 2, "{args:?}: {said:?}");
        assert_eq!(said.out, "", "{args:?}");
        assert!(said.err.contains(words), "{args:?}: {}", said.err);
    }
    assert_eq!(run(&["verify", &clip, "--order", "SF 1"]).err.lines().count(), 1);
    assert_eq!(run(&["verify", &empty, "--json"]).status, 2);
}

/// A box of JUMBF: its length, its type and what is in it.
#[cfg(not(feature = "c2pa"))]
fn jumbf(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    [&(content.len() as u32 + 8).to_be_bytes()[..], kind, content].concat()
}

/// A program without the feature checks no credentials, takes no anchors, and promises neither.
#[cfg(not(feature = "c2pa"))]
#[test]
fn content_credentials_that_are_not_checked_decide_nothing() {
    let folder = Folder::new("credentials");
    let of = |kind: &[u8; 4], label: &str| {
        let uuid = [&kind[..], b"\x00\x11\x00\x10\x80\x00\x00\xAA\x00\x38\x9B\x71\x03"].concat();
        jumbf(b"jumd", &[&uuid, label.as_bytes(), b"\0"].concat())
    };
    let manifest = jumbf(b"jumb", &of(b"c2ma", "urn:c2pa:1"));
    let store = jumbf(b"jumb", &[of(b"c2pa", "c2pa"), manifest].concat());
    let chunk =
        |kind: &[u8; 4], content: &[u8]| [&(content.len() as u32).to_be_bytes()[..], kind, content, &[0; 4]].concat();
    let chunks = [chunk(b"IHDR", &[0; 13]), chunk(b"caBX", &store), chunk(b"IEND", &[])].concat();
    let file = folder.file("signed.png", &[b"\x89PNG\r\n\x1a\n", &chunks[..]].concat());
    let said: serde_json::Value = serde_json::from_str(&run(&["inspect", "--json", &file]).out).unwrap();
    assert_eq!(said[0]["labels"][0]["value"], "urn:c2pa:1", "{said:#}");
    assert_eq!((&said[0]["credentials"], &said[0]["verdicts"][0]), (&serde_json::Value::Null, &"undecided".into()));
    let page = run(&["inspect", &file]).out;
    assert!(page.starts_with("CANNOT BE DECIDED\n") && page.contains("whether they hold was not checked"), "{page}");
    let refused = run(&["inspect", &file, "--c2pa-anchors", &file]);
    assert_eq!((refused.status, &*refused.out), (2, ""));
    assert!(refused.err.lines().next().unwrap().contains("--c2pa-anchors"), "{}", refused.err);
    assert!(!run(&["inspect", "--help"]).out.contains("anchors"));
}

#[test]
fn control_characters_do_not_reach_the_terminal() {
    let folder = Folder::new("control");
    let clip = folder.file("clip.mp4", &forge().clip());
    let trust = folder.file("trust", b"\x1b[31mred \x07key\n");
    for args in [["verify", &clip, "--trust", &trust], ["verify", "\x1b[2J.mp4", "--order", "\x1b[1m"]] {
        let said = run(&args);
        assert_eq!(said.status, 2, "{said:?}");
        assert!(!said.err.contains('\x1b') && !said.err.contains('\x07'), "{said:?}");
    }
}

#[test]
fn trust_file_may_be_one_bare_key() {
    let folder = Folder::new("bare");
    let clip = folder.file("clip.mp4", &forge().clip());
    let trust = folder.file("bench.vkey", format!("{}\n", vkey()).as_bytes());
    assert_eq!(run(&["verify", &clip, "--trust", &trust]).status, 0);
    let root = folder.file("root", format!("root {}\n", vkey()).as_bytes());
    assert_eq!(run(&["verify", &clip, "--trust", &root]).status, 3, "a root's key signs no clips");
}

#[test]
fn help_and_version_are_no_failure() {
    for args in [&["--help"][..], &["--version"], &["verify", "--help"], &["show", "--help"], &["help", "verify"]] {
        let said = run(args);
        assert_eq!((said.status, said.err.as_str()), (0, ""), "{args:?}");
        assert!(said.out.contains("packseal-verifier"), "{}", said.out);
    }
}

#[test]
fn language_comes_from_the_argument_then_from_the_environment() {
    let folder = Folder::new("language");
    let clip = folder.file("clip.mp4", &forge().clip());
    let with = |env: &[(&str, &str)], more: &[&str]| {
        let mut command = program(&[&["verify", clip.as_str(), "--key", &vkey()], more].concat());
        command.envs(env.iter().copied());
        let said = said(command);
        assert_eq!(said.status, 0, "{said:?}");
        said.out.starts_with("已验证")
    };
    assert!(!with(&[], &[]));
    assert!(with(&[("LANG", "zh_CN.UTF-8")], &[]));
    assert!(!with(&[("LC_ALL", "C"), ("LANG", "zh_CN.UTF-8")], &[]));
    assert!(with(&[("LC_ALL", ""), ("LC_MESSAGES", "zh_TW"), ("LANG", "en_GB")], &[]));
    assert!(with(&[], &["--lang", "zh"]));
    assert!(!with(&[("LANG", "zh_CN.UTF-8")], &["--lang", "en"]));
}

#[test]
fn both_languages_give_every_verdict_and_promise_nothing() {
    let mut partial = forge();
    partial.reason = None;
    let folder = Folder::new("words");
    let other = key(2).verifier().to_string();
    for (name, clip, key, status, zh) in [
        ("whole", forge().clip(), vkey(), 0, "已验证"),
        ("altered", altered(), vkey(), 1, "不予采信"),
        ("unknown", forge().clip(), other, 3, "签名者未知"),
        ("partial", partial.clip(), vkey(), 4, "部分证明"),
    ] {
        let file = folder.file(name, &clip);
        for lang in ["en", "zh"] {
            let said = run(&["verify", &file, "--key", &key, "--lang", lang, "--order", ORDER]);
            assert_eq!(said.status, status, "{said:?}");
            assert_eq!(said.out.starts_with(zh), lang == "zh", "{}", said.out);
            let text = format!("{}{}", said.out, said.err).to_lowercase();
            for word in ["fake", "fraud", "100 %", "guarantee", "真图", "假图", "伪造", "诈骗"] {
                assert!(!text.contains(word), "{word}: {text}");
            }
            assert!(!text.split(|c: char| !c.is_alphabetic()).any(|word| word == "real"), "{text}");
            // Nobody waits at a terminal: no bar, no escape sequence, no carriage return.
            assert!(!text.contains('\x1b') && !text.contains('\r'), "{text:?}");
            if lang == "zh" {
                assert!(text.contains("摘要") || text.contains("不证明运输中或签收后的状态"), "{text}");
            }
        }
    }
}

#[test]
fn show_prints_exactly_the_signed_notes() {
    let folder = Folder::new("show");
    let clip = forge().clip();
    let file = folder.file("clip.mp4", &clip);
    let said = run(&["show", &file, "--key", &vkey()]);
    assert_eq!((said.status, said.err.as_str()), (0, ""), "{said:?}");
    let kinds: Vec<_> = said.out.lines().filter(|l| l.starts_with("packseal/")).collect();
    let links = forge().spans.len();
    assert_eq!(kinds.len(), links + 2);
    assert_eq!((kinds[0], kinds[1], kinds[links + 1]), ("packseal/start/v1", "packseal/link/v1", "packseal/end/v1"));
    // Byte for byte: the hash of what is printed of START is what the first LINK names.
    let start = said.out.split_inclusive("\n\npackseal/link").next().unwrap();
    let start = start.strip_suffix("\npackseal/link").unwrap();
    assert!(said.out.contains(&format!("previous {}\n", Hash::of(start.as_bytes()))), "{start:?}");

    let said = run(&["show", &folder.file("altered.mp4", &altered()), "--key", &vkey()]);
    assert_eq!((said.status, said.out.as_str()), (1, ""));
    assert!(said.err.contains("REJECTED"), "{}", said.err);
    let revoked = folder.file("revoked", format!("revoked {}", vkey()).as_bytes());
    let said = run(&["show", &file, "--trust", &revoked]);
    assert_eq!((said.status, said.out.as_str()), (1, ""));
    let mut cut = forge();
    cut.reason = None;
    let said = run(&["show", &folder.file("cut.mp4", &cut.clip()), "--key", &vkey()]);
    assert_eq!(said.status, 4, "{said:?}");
    assert!(said.out.contains("packseal/link/v1") && !said.out.contains("packseal/end/v1"), "{}", said.out);
}

#[test]
fn reader_that_stops_reading_is_no_failure() {
    let folder = Folder::new("pipe");
    let file = folder.file("clip.mp4", &forge().clip());
    for command in ["verify", "show"] {
        let mut child =
            program(&[command, &file, "--key", &vkey()]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let mut err = String::new();
        child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        assert_eq!((child.wait().unwrap().code(), err.as_str()), (Some(0), ""), "{command}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn report_that_cannot_be_written_is_a_failure() {
    let folder = Folder::new("full");
    let file = folder.file("clip.mp4", &forge().clip());
    for command in ["verify", "show"] {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let output = program(&[command, &file, "--key", &vkey()]).stdout(full).output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{command}: {err}");
        assert!(err.contains("could not be written"), "{err}");
    }
}

/// A trust file of the root that enrols forged clips.
fn root_file(folder: &Folder, more: &str) -> String {
    folder.file("root.keys", format!("root {}\n{more}", root(1).verifier()).as_bytes())
}

#[test]
fn station_trusted_through_a_root_says_so() {
    let folder = Folder::new("root");
    let edit =
        |e: &mut Enrolment| (e.not_after, e.certificate) = (Some(Time(T0 + 86_400_000_000)), Some(Hash([5; 32])));
    let clip = folder.file("clip.mp4", &with_enrolment(&forge().clip(), &enrolled(edit)));
    let trust = root_file(&folder, "");
    let said = run(&["verify", &clip, "--trust", &trust, "--order", ORDER]);
    assert_eq!((said.status, said.err.as_str()), (0, ""));
    let (station, root) = (key(1).verifier().signer().name.clone(), root(1).verifier().signer().name.clone());
    assert_eq!(row(&said.out, "Signer"), format!("TRUSTED: {station}"));
    for line in [
        format!("enrolled by {root}, for pictures of usb,rtsp"),
        "enrolled from 2026-10-29 02:00:00.000 UTC to 2026-10-31 02:00:00.000 UTC".to_owned(),
        format!("SHA-256 {}", "05".repeat(32)),
    ] {
        assert!(said.out.contains(&line), "{line}: {}", said.out);
    }
    let said = run(&["verify", &clip, "--trust", &trust, "--lang", "zh"]);
    assert!(said.out.contains(&format!("由 {root} 登记")), "{}", said.out);
    let said = run(&["verify", &clip, "--trust", &trust, "--json"]);
    let object: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!((&object["signer"], &object["enrolled_by"]), (&"trusted".into(), &root.as_str().into()));
    let enrolment = object["enrolment"].as_object().unwrap();
    assert_eq!(
        enrolment.keys().map(String::as_str).collect::<Vec<_>>(),
        ["certificate", "not_after", "not_before", "sources"]
    );
    assert_eq!(enrolment["sources"], serde_json::json!(["usb", "rtsp"]));
    assert!(object["revocation"].is_null());
    // Its statements are shown with the enrolled key.
    let said = run(&["show", &clip, "--trust", &trust]);
    assert_eq!((said.status, said.out.matches("packseal/link/v1").count()), (0, 4));
    // Without the PROOF nobody enrolled it.
    let bare = folder.file("bare.mp4", &forge().clip());
    let said = run(&["verify", &bare, "--trust", &trust]);
    assert_eq!((said.status, row(&said.out, "Signer")), (3, "UNKNOWN KEY"));
}

/// A certificate over a key, made by OpenSSL: its PEM file.
fn openssl_certificate(folder: &Folder, name: &str, subject: &str) -> String {
    let (key, pem) = (folder.path(&format!("{name}.key")), folder.path(&format!("{name}.pem")));
    let args = ["req", "-x509", "-newkey", "ed25519", "-nodes", "-days", "30", "-utf8", "-set_serial", "0x1234abcd"];
    let made = std::process::Command::new("openssl")
        .args(args)
        .args(["-subj", subject, "-keyout", &key, "-out", &pem])
        .output()
        .expect("openssl");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    pem
}

#[test]
fn a_certificate_is_shown_where_the_enrolment_names_it() {
    let folder = Folder::new("certificate");
    let pem = openssl_certificate(&folder, "ca", "/C=CN/O=上海某数字证书认证中心/CN=Shop 7\u{202e}\u{7}, Inc.");
    let other = openssl_certificate(&folder, "other", "/CN=Shop 8");
    let der = folder.path("ca.der");
    let convert = ["x509", "-in", &pem, "-outform", "DER", "-out", &der];
    assert!(std::process::Command::new("openssl").args(convert).status().unwrap().success());
    let bytes = |path: &str| std::fs::read(path).unwrap();
    let chain = folder.file("chain.pem", &[&b"Bag Attributes\n"[..], &bytes(&pem), &bytes(&other)].concat());
    let trust = root_file(&folder, "");
    let clip_of = |name: &str, hash: Option<Hash>| {
        let clip = with_enrolment(&forge().clip(), &enrolled(|e: &mut Enrolment| e.certificate = hash));
        folder.file(name, &clip)
    };
    let dates = |option: &str| {
        let args = ["x509", "-in", &pem, "-noout", option, "-dateopt", "iso_8601"];
        let said = std::process::Command::new("openssl").args(args).output().unwrap();
        let text = String::from_utf8(said.stdout).unwrap();
        text.trim().split_once('=').unwrap().1.trim_end_matches('Z').to_owned()
    };
    // PEM, DER, and the first of several, each named by the hash of its own file.
    for file in [&pem, &der, &chain] {
        let clip = clip_of("clip.mp4", Some(Hash::of(&bytes(file))));
        let said = run(&["verify", &clip, "--trust", &trust, "--certificate", file]);
        assert_eq!((said.status, said.err.as_str()), (0, ""), "{file}");
        assert!(said.out.contains("shown, not checked against its authority"), "{}", said.out);
        for line in ["subject CN=Shop 7?\\07\\, Inc.,O=上海某数字证书认证中心,C=CN", "serial 1234abcd"] {
            assert!(said.out.contains(line), "{line}: {}", said.out);
        }
        assert!(
            said.out.contains(&format!("valid from {}.000 UTC to {}.000 UTC", dates("-startdate"), dates("-enddate"))),
            "{}",
            said.out
        );
        assert!(!said.out.contains(['\u{202e}', '\u{7}']));
        let said = run(&["verify", &clip, "--trust", &trust, "--certificate", file, "--lang", "zh"]);
        assert!(said.status == 0 && said.out.contains("仅展示，未向其签发机构核验"), "{}", said.out);
        let said = run(&["verify", &clip, "--trust", &trust, "--certificate", file, "--json"]);
        let object: serde_json::Value = serde_json::from_str(&said.out).unwrap();
        let names = object["certificate"].as_object().unwrap().keys().map(String::as_str).collect::<Vec<_>>();
        assert_eq!(names, ["issuer", "not_after", "not_before", "serial", "subject"]);
        assert_eq!(object["certificate"]["serial"], "1234abcd");
        // Without the option nothing of it is known.
        let said = run(&["verify", &clip, "--trust", &trust, "--json"]);
        assert!(serde_json::from_str::<serde_json::Value>(&said.out).unwrap()["certificate"].is_null());
    }
    // Another one, the same in another form, and one where the enrolment names none, or where there is no enrolment:
    // no verdict is given beside it.
    let named = clip_of("clip.mp4", Some(Hash::of(&bytes(&pem))));
    let unnamed = clip_of("unnamed.mp4", None);
    let bare = folder.file("bare.mp4", &forge().clip());
    for (clip, file, key) in
        [(&named, &other, None), (&named, &der, None), (&unnamed, &pem, None), (&bare, &pem, Some(vkey()))]
    {
        let mut args = vec!["verify", clip, "--trust", &trust, "--certificate", file];
        args.extend(key.iter().flat_map(|key| ["--key", key]));
        let said = run(&args);
        assert_eq!((said.status, said.out.as_str()), (2, ""), "{clip} {file}");
        assert!(said.err.contains("is not the one that a valid enrolment in the clip names"), "{}", said.err);
        let said = run(&[&args[..], &["--lang", "zh", "--json"]].concat());
        assert!(
            said.status == 2 && said.out.is_empty() && said.err.contains("不是录像中有效登记所指的证书"),
            "{}",
            said.err
        );
    }
    // What is worse is said as ever.
    let mut altered = std::fs::read(&named).unwrap();
    altered[4000] ^= 1;
    for (clip, status) in [(folder.file("altered.mp4", &altered), 1), (bare.clone(), 3)] {
        let said = run(&["verify", &clip, "--trust", &trust, "--certificate", &other]);
        assert_eq!(said.status, status, "{}", said.err);
        assert!(said.err.contains("the certificate was not compared"), "{}", said.err);
        assert!(!said.out.contains("Shop"), "{}", said.out);
    }
    // What is no certificate: not a word about the clip.
    let text = String::from_utf8(bytes(&pem)).unwrap();
    let mut cut = bytes(&der);
    cut.pop();
    for (name, content) in [
        ("empty", Vec::new()),
        ("key", bytes(&folder.path("ca.key"))),
        ("cut", cut),
        ("behind", [&bytes(&der)[..], b"x"].concat()),
        ("half", text.as_bytes()[..text.len() / 2].to_vec()),
        ("label", text.replace("CERTIFICATE", "X509 CRL").into_bytes()),
        ("base64", text.replacen("MII", "M!I", 1).replacen("MIH", "M!H", 1).into_bytes()),
        ("large", vec![b'\n'; 65 * 1024]),
        ("deep", [[0x30, 0x80]; 500].concat()),
    ] {
        let file = folder.file(name, &content);
        let said = run(&["verify", &named, "--trust", &trust, "--certificate", &file]);
        assert_eq!((said.status, said.out.as_str()), (2, ""), "{name}");
        assert!(said.err.contains("not an X.509 certificate"), "{name}: {}", said.err);
    }
    let said = run(&["verify", &named, "--trust", &trust, "--certificate", &folder.path("none")]);
    assert!(said.status == 2 && said.err.contains("no such file"), "{}", said.err);
}

#[test]
fn station_not_enrolled_for_the_source_is_rejected_with_the_reason() {
    let folder = Folder::new("root-source");
    let mut forge = forge();
    forge.edit_start = Box::new(|start| start.source = Source::Pattern);
    let clip = folder.file("clip.mp4", &with_enrolment(&forge.clip(), &enrolled(|_| ())));
    for (lang, word, reason) in [
        ("en", "NOT ENROLLED", "enrolment.source: The station's key is not enrolled for pictures of this source."),
        ("zh", "未就该录像登记", "enrolment.source: 录制端密钥的登记不包括该画面来源。"),
    ] {
        let said = run(&["verify", &clip, "--trust", &root_file(&folder, ""), "--lang", lang]);
        assert_eq!(said.status, 1);
        assert!(said.out.contains(word) && said.err.contains(reason), "{}{}", said.out, said.err);
        assert!(!said.out.contains("TRUSTED"), "{}", said.out);
    }
    let said = run(&["verify", &clip, "--trust", &root_file(&folder, ""), "--json"]);
    let object: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!((&object["signer"], &object["enrolled_by"]), (&"not-enrolled".into(), &().into()));
}

#[test]
fn revocation_by_a_root_is_said_with_its_reason() {
    let folder = Folder::new("root-revoked");
    let clip = folder.file("clip.mp4", &forge().clip());
    let revocation = |by: u8| {
        let root_name = root(by).verifier().signer().name.clone();
        let (station, time) = (key(1).verifier().clone(), Time(T0));
        let revocation = Revocation { root: root_name, station, time, reason: RevocationReason::Stolen };
        format!("revocation {}\n", STANDARD.encode(seal(&revocation, &root(by)).0))
    };
    let trust = root_file(&folder, &revocation(1));
    let said = run(&["verify", &clip, "--trust", &trust, "--key", &vkey()]);
    assert_eq!(said.status, 1);
    let (station, name) = (key(1).verifier().signer().name.clone(), root(1).verifier().signer().name.clone());
    let wanted = format!("REVOKED: {station}, by {name}, from 2026-10-30 02:00:00.000 UTC on: stolen");
    assert_eq!(row(&said.out, "Signer"), wanted);
    let said = run(&["verify", &clip, "--trust", &trust, "--lang", "zh"]);
    assert!(said.out.contains("被盗"), "{}", said.out);
    let said = run(&["verify", &clip, "--trust", &trust, "--json"]);
    let object: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    let wanted = serde_json::json!({"root": name.as_str(), "time": "2026-10-30T02:00:00.000000Z", "reason": "stolen"});
    assert_eq!((&object["signer"], &object["revocation"]), (&"revoked".into(), &wanted));
    // By a root that is not listed: not a word about the clip.
    for (lang, why) in [("en", "line 2: the revocation is not signed by a root"), ("zh", "第 2 行：该吊销声明未由")]
    {
        let said = run(&["verify", &clip, "--trust", &root_file(&folder, &revocation(2)), "--lang", lang]);
        assert_eq!((said.status, said.out.as_str()), (2, ""));
        assert!(said.err.contains(why), "{}", said.err);
        let said = run(&["verify", &clip, "--trust", &root_file(&folder, "revocation AAAA"), "--lang", lang]);
        assert_eq!((said.status, said.out.as_str()), (2, ""));
    }
}

#[test]
fn trusted_time_is_said_with_its_authority() {
    let (folder, clock) = (Folder::new("time"), Clock::new("program-time"));
    let root = clock.0.path("root.pem").to_str().unwrap().to_owned();
    let end = T0 + 4 * S;
    let start = clock.token_by("rsa", &Hash([1; 32]), T0 - S, 1);
    let named = naming(forge(), &start, T0 - S);
    let token = |of: &Hash| vec![clock.token_by("p256", of, end, 1)];
    let both = folder.file("both.mp4", &sealed(&named, &[("start-token", &start)], token));
    let after = folder.file("after.mp4", &sealed(&named, &[("start-token", &start)], |_| vec![]));
    let before = folder.file("before.mp4", &sealed(&forge(), &[], token));
    let late = folder.file("late.mp4", &sealed(&forge(), &[], |of| vec![clock.token(of, T0 - 60 * S)]));
    let neither = folder.file("neither.mp4", &sealed(&named, &[], |_| vec![]));
    let (from, to) = ("2026-10-30 01:59:58.000 UTC", "2026-10-30 02:00:05.000 UTC");
    let (between, last) = (format!("SEALED BETWEEN {from} AND {to} (7.0 s)"), format!("SEALED BEFORE {to}"));
    let first = format!("BEGUN AFTER {from}");
    let by_start = format!("its first statement names a time token of {from}, by CN=rsa,O=packseal test");
    let by_end =
        format!("the ledger as of checkpoint of 2 entries has a time token of {to}, by CN=p256,O=packseal test");
    for (clip, status, time, answer, lines) in [
        (&both, 0, "between", &between[..], &[&by_start, &by_end][..]),
        (&after, 0, "after", &first, &[&by_start]),
        (&before, 0, "before", &last, &[&by_end]),
        (&late, 1, "contradicted", "CONTRADICTED", &[]),
        (&neither, 0, "device-clock-only", "DEVICE CLOCK ONLY", &[]),
    ] {
        let args = ["verify", clip, "--key", &vkey(), "--tsa", &root];
        let said = run(&args);
        assert_eq!((said.status, row(&said.out, "Time")), (status, answer), "{said:?}");
        lines.iter().for_each(|line| assert!(said.out.contains(&line[..]), "{line}: {}", said.out));
        let trusted = said.out.contains("Trusted time bounds when the clip was sealed");
        assert!(trusted != said.out.contains("no outside time was checked"), "{}", said.out);
        let zh = run(&[&args[..], &["--lang", "zh"]].concat());
        assert!(zh.out.contains("时间") && !zh.out.contains("{}"), "{zh:?}");
        let object: serde_json::Value = serde_json::from_str(&run(&[&args[..], &["--json"]].concat()).out).unwrap();
        assert_eq!((&object["time"], object["bracket"].is_null()), (&time.into(), time == "device-clock-only"));
        // Nobody's authority.
        let said = run(&args[..4]);
        let unknown = said.out.contains("by an authority that is not trusted here was left out");
        assert_eq!((said.status, row(&said.out, "Time"), unknown), (0, "DEVICE CLOCK ONLY", clip != &neither));
    }
    let object: serde_json::Value =
        serde_json::from_str(&run(&["verify", &both, "--key", &vkey(), "--tsa", &root, "--json"]).out).unwrap();
    let wanted = serde_json::json!({
        "after": {"time": "2026-10-30T01:59:58.000000Z", "authority": "CN=rsa,O=packseal test"},
        "before": {"time": "2026-10-30T02:00:05.000000Z", "authority": "CN=p256,O=packseal test"},
        "seconds": 7.0,
        "size": 2,
    });
    assert_eq!((&object["bracket"], &object["included"]["size"]), (&wanted, &2.into()));
    // In a trust file it is as good.
    let line = format!("station {}\ntsa {}\n", vkey(), STANDARD.encode(clock.0.read("root.der")));
    let trust = folder.file("trust", line.as_bytes());
    assert_eq!(row(&run(&["verify", &both, "--trust", &trust]).out, "Time"), between);
    // Refused: a token that is none, with the reason.
    let bad = sealed(&forge(), &[], |_| vec![b"a token".to_vec()]);
    let said = run(&["verify", &folder.file("bad.mp4", &bad), "--key", &vkey()]);
    assert!(said.status == 1 && said.err.contains("time.token: A time token in the proof is malformed"), "{said:?}");
    // Authorities that are none.
    let twice = folder.file("twice", format!("{line}{}", line.lines().last().unwrap()).as_bytes());
    let broken = folder.file("broken", format!("tsa {}\n", vkey()).as_bytes());
    for (option, file, why, zh) in [
        ("--trust", &twice, "line 3: this time authority stands there already", "第 3 行：该时间戳机构已列出"),
        ("--trust", &broken, "line 1: not the root certificate of a time authority", "第 1 行：不是时间戳机构的根证书"),
        ("--tsa", &trust, "not the root certificate of a time authority in PEM or DER", "不是 PEM 或 DER 格式"),
        ("--tsa", &folder.path("missing"), "no such file", "没有这个文件"),
    ] {
        for (lang, why) in [("en", why), ("zh", zh)] {
            let said = run(&["verify", &both, "--key", &vkey(), option, file, "--lang", lang]);
            assert_eq!((said.status, said.out.as_str(), said.err.lines().count()), (2, "", 1), "{said:?}");
            assert!(said.err.contains(why), "{why}: {}", said.err);
        }
    }
    assert_eq!(ledger(&forge().parts()).0.len(), 4);
}

#[test]
fn a_key_revoked_after_the_clip_was_sealed_says_so() {
    let (folder, clock) = (Folder::new("time-revoked"), Clock::new("program-revoked"));
    let token = |of: &Hash| vec![clock.token(of, T0 + 4 * S)];
    let clip = folder.file("clip.mp4", &sealed(&forge(), &[], token));
    let name = root(1).verifier().signer().name.clone();
    let (station, time) = (key(1).verifier().clone(), Time(T0 + 3_600 * S));
    let revocation = Revocation { root: name.clone(), station, time, reason: RevocationReason::Stolen };
    let line = format!("revocation {}\n", STANDARD.encode(seal(&revocation, &root(1)).0));
    let trust = root_file(&folder, &line);
    let tsa = clock.0.path("root.der").to_str().unwrap().to_owned();
    let args = ["verify", &clip, "--trust", &trust, "--key", &vkey(), "--tsa", &tsa];
    let said = run(&args);
    assert_eq!((said.status, said.err.as_str()), (0, ""), "{said:?}");
    assert!(row(&said.out, "Signer").starts_with("TRUSTED: test-bench/"), "{}", said.out);
    let words =
        format!("revoked by {name}, from 2026-10-30 03:00:00.000 UTC on (stolen); sealed before by trusted time");
    assert!(said.out.contains(&words), "{words}: {}", said.out);
    let said = run(&[&args[..], &["--lang", "zh"]].concat());
    assert!(said.out.contains(&format!("已由 {name} 吊销")), "{}", said.out);
    let object: serde_json::Value = serde_json::from_str(&run(&[&args[..], &["--json"]].concat()).out).unwrap();
    assert_eq!((&object["signer"], &object["revocation"]["reason"]), (&"trusted".into(), &"stolen".into()));
    let said = run(&args[..6]);
    assert!(said.status == 1 && row(&said.out, "Signer").starts_with("REVOKED: test-bench/"), "{said:?}");
}
