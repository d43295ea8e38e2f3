//! `packseal-verifier verify --note`: files that a station derived from a clip, with their notes; and what is none.

mod support;

#[path = "support/program.rs"]
mod program;

use evidence::{
    key::SigningKey,
    statement::{Derivation, DerivedKind},
    value::{Hash, Size, Time},
};
use program::{Folder, Said, run};
use serde_json::Value;
use support::{check::*, forge::*};

const FILE: &[u8] = b"a picture";

/// The note of [`FILE`] as it is made of the honest clip, by this key.
fn derivation(key: &SigningKey) -> Derivation {
    let report = checked(&forge().clip());
    let facts = report.facts.unwrap();
    Derivation {
        station: key.verifier().signer().name.clone(),
        clip: facts.start.clip,
        end: report.last.unwrap(),
        order: facts.end.unwrap().order,
        kind: DerivedKind::Still,
        links: (1, 2),
        ticks: (90_000, 90_000),
        size: Size { width: 320, height: 240 },
        how: v("jpeg"),
        software: v("0.1.0"),
        program: Hash([7; 32]),
        time: Time(1_790_000_000_000_000),
        length: FILE.len() as u64,
        file: Hash::of(FILE),
    }
}

fn vkey(n: u8) -> String {
    key(n).verifier().to_string()
}

/// Verifies a file with this note.
fn verify(folder: &Folder, file: &[u8], note: &[u8], more: &[&str]) -> Said {
    let (file, note) = (folder.file("still.jpg", file), folder.file("still.jpg.note", note));
    run(&[&["verify", &file, "--note", &note], more].concat())
}

/// Refused with this status and this code, and nothing of the note is repeated.
#[track_caller]
fn refused(folder: &Folder, file: &[u8], note: &[u8], more: &[&str], (status, code): (i32, &str)) {
    let said = verify(folder, file, note, more);
    assert_eq!(said.status, status, "{said:?}");
    assert!(said.err.contains(&format!("  {code}: ")) && said.err.contains("  → "), "{said:?}");
    let clip = derivation(&key(1)).clip.to_string();
    assert!(!said.out.contains(&clip), "{}", said.out);
    let json: Value = serde_json::from_str(&verify(folder, file, note, &[more, &["--json"]].concat()).out).unwrap();
    assert_eq!((&json["derivation"], json["findings"][0]["code"].as_str()), (&Value::Null, Some(code)));
    assert_eq!(json["exit_status"], status);
}

#[test]
fn a_file_with_its_note_names_its_clip() {
    let folder = Folder::new("derived-good");
    let (note, _) = seal(&derivation(&key(1)), &key(1));
    let of = derivation(&key(1));
    let (key1, clip) = (vkey(1), folder.file("clip.mp4", &forge().clip()));
    let said = verify(&folder, FILE, &note, &["--key", &key1]);
    assert_eq!((said.status, said.err.as_str()), (4, ""), "{said:?}");
    assert!(said.out.starts_with("DERIVED: "), "{}", said.out);
    for line in [&*of.clip.to_string(), &of.end.to_string(), "second 1.0 to 1.0, fragments 1 to 1", "NOT CHECKED"] {
        assert!(said.out.contains(line), "{line}: {}", said.out);
    }
    let said = verify(&folder, FILE, &note, &["--key", &key1, "--original", &clip]);
    assert!(said.status == 4 && said.out.contains("VERIFIED: every byte"), "{said:?}");
    assert!(!said.out.contains("NOT CHECKED"), "{}", said.out);
    let zh = verify(&folder, FILE, &note, &["--key", &key1, "--lang", "zh"]);
    assert!(zh.status == 4 && zh.out.starts_with("派生 (DERIVED)："), "{zh:?}");
    let json = verify(&folder, FILE, &note, &["--key", &key1, "--original", &clip, "--json"]);
    let json: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!((&json["verdict"], &json["original"]["verdict"]), (&"derived".into(), &"verified".into()));
    assert_eq!(json["derivation"]["file"], Hash::of(FILE).to_string());
    // Of an excerpt of that clip as well: START and END are the same.
    let mut excerpt = forge();
    excerpt.spans[0].withheld = true;
    let excerpt = folder.file("excerpt.mp4", &excerpt.clip());
    assert_eq!(verify(&folder, FILE, &note, &["--key", &key1, "--original", &excerpt]).status, 4);
}

#[test]
fn what_is_not_as_the_note_says_is_refused() {
    let folder = Folder::new("derived-refused");
    let of = derivation(&key(1));
    let (note, _) = seal(&of, &key(1));
    let (key1, clip) = (vkey(1), folder.file("clip.mp4", &forge().clip()));
    let known = ["--key", &*key1];
    refused(&folder, b"another picture", &note, &known, (1, "derived.file"));
    refused(&folder, b"a Picture", &note, &known, (1, "derived.file"));
    refused(&folder, FILE, &note[1..], &known, (1, "statement.grammar"));
    refused(&folder, FILE, b"", &known, (1, "note.grammar"));
    refused(&folder, FILE, &vec![b'a'; 1 << 20], &known, (1, "note.grammar"));
    let (by_other, _) = seal(&of, &key(2));
    refused(&folder, FILE, &by_other, &known, (1, "note.signer"));
    // The name of the one, the signature of the other.
    let text = String::from_utf8(note.clone()).unwrap();
    let line = String::from_utf8(seal(&Derivation { length: 10, ..of.clone() }, &key(1)).0).unwrap();
    let moved = text.split_once("\n\n").unwrap().0.to_owned() + "\n\n" + line.split_once("\n\n").unwrap().1;
    refused(&folder, FILE, moved.as_bytes(), &known, (1, "note.signature"));
    refused(&folder, FILE, &note, &["--key", &vkey(2)], (3, "signer.unknown"));
    let revoked = folder.file("revoked", format!("station {key1}\nrevoked {key1}\n").as_bytes());
    refused(&folder, FILE, &note, &["--trust", &revoked], (1, "signer.revoked"));
    // Another clip, one without END, one that was altered, and places that it does not have.
    let mut other = forge();
    other.reason = None;
    let open = folder.file("open.mp4", &other.clip());
    refused(&folder, FILE, &note, &["--key", &key1, "--original", &open], (1, "derived.original"));
    let mut bytes = forge().clip();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let altered = folder.file("altered.mp4", &bytes);
    refused(&folder, FILE, &note, &["--key", &key1, "--original", &altered], (1, "derived.original"));
    for wrong in [
        Derivation { links: (1, 5), ..of.clone() },
        Derivation { ticks: (0, 360_001), ..of.clone() },
        Derivation { end: Hash([1; 32]), ..of.clone() },
        Derivation { clip: evidence::value::Id([1; 16]), ..of.clone() },
    ] {
        let (note, _) = seal(&wrong, &key(1));
        refused(&folder, FILE, &note, &["--key", &key1, "--original", &clip], (1, "derived.original"));
    }
}

#[test]
fn a_derived_file_alone_is_pointed_to_its_note() {
    let folder = Folder::new("derived-hint");
    let (note, _) = seal(&derivation(&key(1)), &key(1));
    let file = folder.file("still.jpg", FILE);
    let without = run(&["verify", &file, "--key", &vkey(1)]);
    assert!(without.status == 2 && !without.err.contains("--note"), "{without:?}");
    folder.file("still.jpg.note", &note);
    let with = run(&["verify", &file, "--key", &vkey(1)]);
    assert!(with.status == 2 && with.err.contains("--note"), "{with:?}");
    let missing = run(&["verify", &file, "--note", &folder.path("none"), "--key", &vkey(1)]);
    assert!(missing.status == 2 && missing.err.contains("no such file"), "{missing:?}");
    let lone = run(&["verify", &file, "--original", &file, "--key", &vkey(1)]);
    assert!(lone.status == 2 && lone.err.contains("--note"), "{lone:?}");
}
