//! `packseal-verifier verify --note`: files that a station derived from a clip, with their notes; and what is none.

mod support;

#[path = "support/browser.rs"]
mod browser;
#[path = "support/program.rs"]
mod program;

use evidence::{
    key::SigningKey,
    statement::{Derivation, DerivedKind},
    value::{Hash, Size, Time},
};
use program::{Folder, Said, run};
use serde_json::{Value, json};
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

/// A file, a note and a trust file, with the clip that it should be of: what must be said of them.
struct Case {
    file: Vec<u8>,
    note: Vec<u8>,
    trust: String,
    original: Option<Vec<u8>>,
    status: i32,
    code: Option<&'static str>,
}

/// Everything that is refused, and two that are not.
fn cases() -> Vec<Case> {
    let of = derivation(&key(1));
    let (note, _) = seal(&of, &key(1));
    let (key1, clip) = (vkey(1), forge().clip());
    let known = format!("station {key1}\n");
    let case =
        |file: &[u8], note: &[u8], trust: &str, original: Option<&[u8]>, (status, code): (i32, &'static str)| Case {
            file: file.to_vec(),
            note: note.to_vec(),
            trust: trust.to_owned(),
            original: original.map(<[u8]>::to_vec),
            status,
            code: (!code.is_empty()).then_some(code),
        };
    let text = String::from_utf8(note.clone()).unwrap();
    let line = String::from_utf8(seal(&Derivation { length: 10, ..of.clone() }, &key(1)).0).unwrap();
    // The name of the one, the signature of the other.
    let moved = text.split_once("\n\n").unwrap().0.to_owned() + "\n\n" + line.split_once("\n\n").unwrap().1;
    let (mut open, mut altered) = (forge(), clip.clone());
    open.reason = None;
    let middle = altered.len() / 2;
    altered[middle] ^= 1;
    let revoked = format!("station {key1}\nrevoked {key1}\n");
    let original = Some(&*clip);
    let mut all = vec![
        case(FILE, &note, &known, None, (4, "")),
        case(FILE, &note, &known, original, (4, "")),
        case(b"another picture", &note, &known, None, (1, "derived.file")),
        case(b"a Picture", &note, &known, None, (1, "derived.file")),
        case(FILE, &note[1..], &known, None, (1, "statement.grammar")),
        case(FILE, b"", &known, None, (1, "note.grammar")),
        case(FILE, &vec![b'a'; 1 << 20], &known, None, (1, "note.grammar")),
        case(FILE, &seal(&of, &key(2)).0, &known, None, (1, "note.signer")),
        case(FILE, moved.as_bytes(), &known, None, (1, "note.signature")),
        case(FILE, &note, &format!("station {}\n", vkey(2)), None, (3, "signer.unknown")),
        case(FILE, &note, &revoked, None, (1, "signer.revoked")),
        case(FILE, &note, &known, Some(&open.clip()), (1, "derived.original")),
        case(FILE, &note, &known, Some(&altered), (1, "derived.original")),
    ];
    // Places that the clip does not have, and another clip.
    for wrong in [
        Derivation { links: (1, 5), ..of.clone() },
        Derivation { ticks: (0, 360_001), ..of.clone() },
        Derivation { end: Hash([1; 32]), ..of.clone() },
        Derivation { clip: evidence::value::Id([1; 16]), ..of.clone() },
    ] {
        all.push(case(FILE, &seal(&wrong, &key(1)).0, &known, original, (1, "derived.original")));
    }
    all
}

#[test]
fn what_is_not_as_the_note_says_is_refused() {
    let folder = Folder::new("derived-refused");
    let id = derivation(&key(1)).clip.to_string();
    for (at, Case { file, note, trust, original, status, code }) in cases().into_iter().enumerate() {
        let trust = folder.file("trust", trust.as_bytes());
        let mut more = vec!["--trust", &*trust];
        let original = original.map(|clip| folder.file("clip.mp4", &clip));
        more.extend(original.iter().flat_map(|clip| ["--original", &**clip]));
        let said = verify(&folder, &file, &note, &more);
        assert_eq!(said.status, status, "{at}: {said:?}");
        let Some(code) = code else { continue };
        assert!(said.err.contains(&format!("  {code}: ")) && said.err.contains("  → "), "{at}: {said:?}");
        // Nothing of the note is repeated.
        assert!(original.is_some() || !said.out.contains(&id), "{at}: {}", said.out);
        let json: Value =
            serde_json::from_str(&verify(&folder, &file, &note, &[&more[..], &["--json"]].concat()).out).unwrap();
        assert_eq!((&json["derivation"], json["findings"][0]["code"].as_str()), (&Value::Null, Some(code)), "{at}");
        assert_eq!(json["exit_status"], status);
    }
}

/// The page judges each as the program does.
#[test]
fn the_page_says_the_same() {
    let (folder, browser) = (Folder::new("derived-page"), browser::Browser::new());
    let page = folder.path("verify.html");
    assert_eq!(run(&["page", "-o", &page]).status, 0);
    browser.open(&page);
    let script = "const [file, note, texts, clip, done] = arguments;
        const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
        (async () => {
            const given = await trust.parse(texts);
            const original = clip && await verify(new Blob([bytes(clip)]), { trust: given });
            const said = await derived.check(new Blob([bytes(file)]), bytes(note), { trust: given, original });
            return [said.exit_status, said.signer, said.findings.map(({ code }) => code), said.derivation];
        })().then(done, (error) => done(String(error.stack)));";
    let b64 = |bytes: &[u8]| base64::Engine::encode(&base64::engine::general_purpose::STANDARD, bytes);
    for (at, case) in cases().into_iter().enumerate() {
        let mut trust = evidence::trust::Trust::default();
        trust.add_file(&case.trust).unwrap();
        let report = case.original.as_ref().map(|clip| report(clip, &trust, None));
        let file = (case.file.len() as u64, Hash::of(&case.file));
        let ours = evidence::verify::derived(&case.note, file, &trust, report.as_ref());
        let args = [
            json!(b64(&case.file)),
            json!(b64(&case.note)),
            json!([case.trust]),
            json!(case.original.map(|c| b64(&c))),
        ];
        let theirs = browser.run(script, args.to_vec());
        assert_eq!(theirs[0], ours.verdict.exit_status(), "{at}: {theirs}");
        let signer = format!("{:?}", ours.signer).to_lowercase();
        let codes: Vec<&str> = ours.refusal.iter().map(|code| code.as_str()).collect();
        assert_eq!((&theirs[1], &theirs[2]), (&json!(signer), &json!(codes)), "{at}");
        let told = ours
            .derivation
            .as_ref()
            .map(|d| json!([d.clip.to_string(), d.ticks.1, d.time.to_string(), d.size.to_string()]));
        let said = &theirs[3];
        let read = (!said.is_null()).then(|| json!([said["clip"], said["ticks"][1], said["time"], said["size"]]));
        assert_eq!(read, told, "{at}");
    }
    // As people use it: a file, its note and its clip together.
    let (note, _) = seal(&derivation(&key(1)), &key(1));
    let paths = [
        folder.file("still.jpg", FILE),
        folder.file("still.jpg.note", &note),
        folder.file("clip.mp4", &forge().clip()),
    ];
    let field = "const [text, done] = arguments, field = document.querySelector('#key');
        field.value = text; field.dispatchEvent(new Event('change')); done();";
    browser.run(field, vec![json!(vkey(1))]);
    browser.choose("#clips", &paths.join("\n"));
    let look = "const [done] = arguments, look = () => {
            const all = [...document.querySelectorAll('.clip')];
            if (all.length < 2) return setTimeout(look, 50);
            for (const one of all) one.open = true;
            setTimeout(() => done(all.map((one) => [one.dataset.verdict, one.textContent])), 300);
        };
        look();";
    let said = browser.run(look, vec![]);
    assert_eq!((&said[0][0], &said[1][0]), (&json!("verified"), &json!("derived")), "{said}");
    let text = said[1][1].as_str().unwrap();
    assert!(text.contains(&derivation(&key(1)).clip.to_string()) && text.contains("every byte is as"), "{text}");
    assert!(!text.contains("NOT CHECKED"), "{text}");
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
