//! Broken statements, notes, keys and PROOFs: what one side takes, the other takes.

use std::{collections::BTreeMap, fs};

use evidence::{key::VerifierKey, note::Note, statement::*, trust::Trust};
use serde_json::json;

use crate::{
    scripts::b64,
    support::{
        check::{add_file, forge, trust},
        forge::{gap, key},
        judge::{ask, report},
        ledgers::Ledger,
        notes,
        proofs::{enrolled, proof_of, root, with_enrolment},
        random::{Random, rounds},
    },
    times::{Clock, S, naming, sealed},
};

const EVENTS: &str = "0:order-scan:SF1 1:order-api:SF1 2:next-scan 3:other-code:item:12 4:control:hold 5:operator:Li-1 \
    6:operator-off 7:label-read:SF1:3 8:label-conflict:9:2 9:weight:-120:stable 10:frozen 11:unfrozen 12:dark 13:lit \
    14:still 15:moving 16:camera-lost 17:camera-stalled 18:camera-back 19:capture-restarted 20:clock-step:-5";

/// A good text of each kind, and some with more in them.
fn texts() -> Vec<(String, String)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors");
    let mut texts = vec![];
    for kind in ["start", "link", "end", "environment", "renewal", "enrolment", "revocation", "count", "act"] {
        let file = fs::read_to_string(format!("{folder}/{kind}-good.txt")).unwrap();
        let (text, _) = file.split_once("---\n").unwrap().1.split_once("\n\n").unwrap();
        texts.push((kind.to_owned(), format!("{text}\n")));
    }
    let find = |kind: &str| texts.iter().find(|(k, _)| k == kind).unwrap().1.clone();
    texts.push(("link".into(), find("link").replace("events -", &format!("events {EVENTS}"))));
    let hash = "ab".repeat(32);
    let proof = [
        format!("packseal/proof/v1\nclip {}\nend {hash}\nparts enrolment:12:{hash} later:9:{hash}", "07".repeat(16)),
        ["start-entry", "start-inclusion", "end-entry", "end-inclusion", "stated", "audit", "salts", "time-token"]
            .map(|kind| format!(" {kind}:9:{hash}"))
            .concat(),
    ];
    texts.push(("proof".into(), format!("{}\n", proof.concat())));
    let tombstone = format!(
        "packseal/tombstone/v1\nstation test-bench/0123456789abcdef\nclip {}\nsequence 3\nstart {hash}\n\
        reason retention\ntime 2026-10-29T02:00:00.000000Z\n",
        "07".repeat(16)
    );
    texts.push(("tombstone".into(), tombstone));
    texts
}

fn parses(kind: &str, text: &str) -> (bool, bool) {
    fn one<T: Statement>(text: &str) -> (bool, bool) {
        (T::parse(text).is_ok(), T::is_prefix(text))
    }
    match kind {
        "start" => one::<Start>(text),
        "link" => one::<Link>(text),
        "end" => one::<End>(text),
        "tombstone" => one::<Tombstone>(text),
        "environment" => one::<Environment>(text),
        "renewal" => one::<Renewal>(text),
        "enrolment" => one::<Enrolment>(text),
        "revocation" => one::<Revocation>(text),
        "count" => one::<Count>(text),
        "act" => one::<Act>(text),
        _ => one::<Proof>(text),
    }
}

/// Another value for one key, out of another line; a digit more, or less; or broken anyhow.
fn changed(random: &mut Random, texts: &[(String, String)], text: &str) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    // Nothing is left of it.
    if lines.is_empty() {
        return text.to_owned();
    }
    let other: Vec<&str> = texts[random.below(texts.len())].1.lines().collect();
    let (at, from) = (random.below(lines.len()), other[random.below(other.len())]);
    let key = lines[at].split(' ').next().unwrap().to_owned();
    let broken = |random: &mut Random, text: &str| {
        let mut bytes = text.as_bytes().to_vec();
        random.change(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    };
    match random.below(7) {
        0 => lines[at] = format!("{key} {}", from.split_once(' ').map_or("-", |(_, value)| value)),
        1 => lines[at] = format!("{key} -"),
        2 => lines[at] = format!("{key} {}", random.next() >> random.below(64)),
        3 => lines[at] = lines[at].replacen(['0', '1', '2'], &random.below(10).to_string(), 1 + random.below(3)),
        4 => lines[at] = broken(random, &lines[at]),
        5 => return broken(random, text),
        _ => lines.swap(at, random.below(other.len()).min(text.lines().count() - 1)),
    }
    lines.join("\n") + "\n"
}

/// Another digit somewhere behind the first line.
fn digit(random: &mut Random, text: &str) -> String {
    // What was changed before may have neither lines nor digits left.
    let line = text.find('\n').unwrap_or(0);
    let digits: Vec<usize> = text.match_indices(char::is_numeric).map(|(at, _)| at).filter(|at| *at > line).collect();
    let mut bytes = text.as_bytes().to_vec();
    if !digits.is_empty() {
        bytes[digits[random.below(digits.len())]] = b'0' + random.below(10) as u8;
    }
    String::from_utf8(bytes).unwrap()
}

#[test]
fn broken_statements() {
    let (random, texts) = (Random::by_the_clock("broken statements"), texts());
    assert!(texts.iter().all(|(kind, text)| parses(kind, text).0), "good texts");
    let (mut cases, mut expected, mut taken) = (vec![], vec![], BTreeMap::new());
    for i in 0..rounds(6000) {
        let mut random = random.at(i);
        let (kind, text) = &texts[i % texts.len()];
        let mut text = text.clone();
        for _ in 0..random.below(3) {
            text = changed(&mut random, &texts, &text);
        }
        if random.below(4) == 0 {
            text.truncate((0..=random.below(text.len() + 1)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0));
        }
        // Notes have nothing else.
        if !text.is_ascii() {
            continue;
        }
        let mut says = parses(kind, &text);
        // No other stands in a tail.
        says.1 &= kind == "link" || kind == "end";
        *taken.entry(says).or_insert(0) += 1;
        expected.push(says);
        cases.push(json!([kind, text]));
    }
    // A value that is a list of nothing, which no note can hold: its line would end with a space.
    let (kind, text) = texts.iter().find(|(kind, _)| kind == "enrolment").unwrap();
    let text = text.replace("sources usb,rtsp", "sources ");
    assert!(text.contains("sources \n"), "{text}");
    expected.push((parses(kind, &text).0, false));
    cases.push(json!([kind, text]));
    println!("taken, a beginning: {taken:?}");
    let said = ask(
        "const found = [];
        for (const [kind, text] of a) {
            const isTaken = await statement.parse(kind, text).then(() => true, (error) => (error.code ? false : error.stack));
            found.push([isTaken, (kind === 'link' || kind === 'end') && statement.isPrefix(kind, text)]);
        }
        return found;",
        json!(cases),
    );
    for (i, (parses, is_prefix)) in expected.iter().enumerate() {
        assert_eq!(said[i], json!([parses, is_prefix]), "page (left) and program on {}", cases[i]);
    }
}

#[test]
fn broken_notes_and_keys() {
    let (random, parts) = (Random::by_the_clock("broken notes and keys"), forge().parts());
    let note = parts[3][24..].to_vec();
    let vkey = key(1).verifier().to_string().into_bytes();
    let (mut cases, mut expected) = (vec![], vec![]);
    for i in 0..rounds(1500) {
        let (mut random, mut bytes) = (random.at(i), if i % 3 == 0 { vkey.clone() } else { note.clone() });
        random.change(&mut bytes);
        expected.push(if i % 3 == 0 {
            let key = std::str::from_utf8(&bytes).ok().and_then(|text| VerifierKey::parse(text).ok());
            json!(key.is_some())
        } else {
            Note::parse(&bytes).map_or_else(
                |code| json!(code.as_str()),
                |note| json!([note.hash.to_string(), note.verify(key(1).verifier()).is_ok()]),
            )
        });
        cases.push(json!([i % 3 == 0, b64(&bytes)]));
    }
    let said = ask(
        "const found = [], key = await note.VKEY(a.key);
        for (const [isKey, text] of a.cases) {
            try {
                const all = bytes(text);
                if (isKey) { found.push(Boolean(await note.VKEY(value.latin(all)))); continue; }
                const read = await note.parse(all);
                found.push([read.hash, await note.verify(read, key).then(() => true, () => false)]);
            } catch (error) { found.push(error.code || error.stack); }
        }
        return found;",
        json!({ "key": key(1).verifier().to_string(), "cases": cases }),
    );
    for (i, expected) in expected.iter().enumerate() {
        assert_eq!(&said[i], expected, "page (left) and program on {}", cases[i]);
    }
}

/// One part of a PROOF broken, and all of it signed anew.
#[test]
fn broken_parts_of_a_proof() {
    let (random, clock) = (Random::by_the_clock("broken parts of a PROOF"), Clock::new("page-chance"));
    let mut all = trust();
    for line in [format!("root {}", root(1).verifier()), format!("tsa {}", b64(&clock.0.read("root.der")))] {
        add_file(&mut all, &line).unwrap();
    }
    let unknown = Trust::default();
    let start = crate::support::forge::T0;
    let token = clock.token(&evidence::value::Hash::of(b"before"), start - 5 * S);
    let timed = naming(forge(), &token, start - 5 * S);
    let clip = timed.clip();
    let whole = sealed(&timed, &[("start-token", &token)], |of| vec![clock.token(of, start + 5 * S)]);
    let taken = evidence::verify::Taken::of(&whole[clip.len() + 24..]).unwrap();
    let note = enrolled(|_| ());
    let mut timed: Vec<(String, Vec<u8>)> =
        taken.parts().map(|(part, bytes)| (part.kind.as_str().to_owned(), bytes.to_vec())).collect();
    timed.push(("enrolment".into(), note.clone()));
    let ledger = Ledger::new();
    let counted: Vec<(String, Vec<u8>)> =
        ledger.parts().into_iter().map(|(kind, bytes)| (kind.to_owned(), bytes)).collect();
    let clips = [(clip, timed), (ledger.forge.clip(), counted)];
    report(&whole, &all, None);
    report(&with_enrolment(&clips[0].0, &note), &all, None);
    for i in 0..rounds(90) {
        let mut random = random.at(i);
        let (clip, parts) = &clips[i % 2];
        let mut parts = parts.clone();
        let at = random.below(parts.len());
        match random.below(8) {
            0 => drop(parts.remove(at)),
            1 => parts.push(parts[at].clone()),
            2 => parts[at].0 = "later".into(),
            _ => random.change(&mut parts[at].1),
        }
        let parts: Vec<(&str, &[u8])> = parts.iter().map(|(kind, bytes)| (kind.as_str(), &bytes[..])).collect();
        // Well formed only where it may be: `proof_of` signs what it is given.
        let Ok(proof) = std::panic::catch_unwind(|| proof_of(clip, &parts, &key(1))) else { continue };
        report(&[&clip[..], &proof].concat(), if i % 5 == 0 { &unknown } else { &all }, None);
    }
}

/// LINKs and END with other values, signed by the station.
#[test]
fn other_values_well_signed() {
    let (random, texts) = (Random::by_the_clock("other values"), texts());
    let mut forge = forge();
    forge.spans.insert(1, gap(9000));
    let honest: Vec<Vec<u8>> = forge.parts();
    let places: Vec<usize> = (0..honest.len()).filter(|i| honest[*i].get(4..8) == Some(b"uuid")).collect();
    let trust = trust();
    let mut codes: BTreeMap<String, u32> = BTreeMap::new();
    for i in 0..rounds(90) {
        let (mut random, mut parts) = (random.at(i), honest.clone());
        let at = places[random.below(places.len())];
        notes::resign(&mut parts[at], &key(1), |text| {
            let mut text = text.to_owned();
            for _ in 0..1 + random.below(2) {
                text =
                    if random.below(4) == 0 { changed(&mut random, &texts, &text) } else { digit(&mut random, &text) };
            }
            text
        });
        if random.below(3) == 0 {
            parts.truncate(at + 1);
        }
        let said = report(&parts.concat(), &trust, Some("SF1234567890"));
        *codes.entry(said.refusal().map_or("none".into(), |f| f.code.as_str().to_owned())).or_default() += 1;
    }
    println!("{codes:?}");
}

/// A clip cut off anywhere, and what is left of it changed near its end.
#[test]
fn broken_tails() {
    let (random, trust) = (Random::by_the_clock("broken tails"), trust());
    let mut forge = forge();
    forge.spans.insert(1, gap(9000));
    let clip = forge.clip();
    for i in 0..rounds(90) {
        let (mut random, mut cut) = (random.at(i), clip.clone());
        cut.truncate(random.below(clip.len()));
        if let Some(at) = cut.len().checked_sub(1 + random.below(80)) {
            match random.below(3) {
                0 => {}
                1 => cut[at] = random.next() as u8,
                _ => cut[at] ^= 1 << random.below(8),
            }
        }
        report(&cut, &trust, None);
    }
}
