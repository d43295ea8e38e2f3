//! Content credentials, checked by the program: files signed here, changed here, with signers that are trusted or not.
//! Needs the feature `c2pa` (`make c2pa`).

#[path = "support/authority.rs"]
mod authority;
#[path = "support/credentials.rs"]
mod credentials;
#[path = "support/program.rs"]
mod program;

use std::{
    fs,
    io::Cursor,
    net::TcpListener,
    ops::Range,
    process::Command,
    thread,
    time::{Duration, SystemTime},
};

use ::inspect::{
    report::{Credentials, Found, Inspected, Kind, Verdict},
    words::sections,
};
use c2pa::{Builder, BuilderIntent, Context, DigitalSourceType, Reader, jumbf_io::load_jumbf_from_stream};
use credentials::*;
use evidence::words::Lang;
use program::{Folder, run};
use serde_json::{Value, json};

/// What the program says of these files.
fn inspected(files: &[String], anchors: &[&str]) -> Vec<Value> {
    let mut args = vec!["inspect", "--json"];
    anchors.iter().for_each(|anchors| args.extend(["--c2pa-anchors", anchors]));
    args.extend(files.iter().map(String::as_str));
    let said = run(&args);
    assert_eq!(said.status, 0, "{}", said.err);
    assert_eq!(said.err, "");
    serde_json::from_str::<Vec<Value>>(&said.out).unwrap()
}

/// Binding, signature, trust, validity, and the words.
#[track_caller]
fn is(said: &Value, answers: [&str; 4], words: &[&str]) {
    let credentials = &said["credentials"];
    let got = ["binding", "signature", "trust", "validity"].map(|question| credentials[question].as_str().unwrap());
    assert_eq!(got, answers, "{credentials:#}");
    assert_eq!(said["verdicts"], json!(words), "{credentials:#}");
}

fn codes(said: &Value) -> Vec<&str> {
    said["credentials"]["codes"].as_array().unwrap().iter().map(|code| code.as_str().unwrap()).collect()
}

const GOOD: [&str; 4] = ["yes", "yes", "yes", "yes"];
const VALID: [&str; 2] = ["declared", "credentials-valid"];
const UNTRUSTED: [&str; 2] = ["declared", "credentials-untrusted"];
const INVALID: [&str; 2] = ["declared", "credentials-invalid"];

/// Signed files of all kinds, and their paths.
fn all_kinds(folder: &Folder, issuers: &Issuers) -> Vec<(&'static str, Vec<u8>, String)> {
    let signer = issuers.signer("signer", &[], Some("stamper"));
    let of = |kind| {
        let file = signed(builder(), &signer, kind, &plain(folder, kind, "testsrc"));
        let path = folder.file(&format!("signed.{kind}"), &file);
        (kind, file, path)
    };
    KINDS.map(of).to_vec()
}

#[test]
fn four_answers_of_each_kind_of_file() {
    let (folder, issuers) = (Folder::new("c2pa-kinds"), Issuers::new("c2pa-kinds-issuers"));
    let files = all_kinds(&folder, &issuers);
    let paths: Vec<_> = files.iter().map(|(.., path)| path.clone()).collect();
    for (said, (kind, ..)) in inspected(&paths, &[&issuers.pem("anchor")]).iter().zip(&files) {
        is(said, GOOD, &VALID);
        let credentials = &said["credentials"];
        assert_eq!(credentials["signer"], "signer, packseal test", "{kind}");
        assert_eq!(credentials["program"], format!("{PROGRAM} 7"), "{kind}");
        assert!(credentials["time"].as_str().unwrap().ends_with("(timeStamp.trusted)"), "{kind}: {credentials}");
        assert!(!codes(said).iter().any(|code| code.contains("mismatch")), "{kind}: {credentials}");
    }
    for said in inspected(&paths, &[&issuers.pem("stranger")]).iter().chain(&inspected(&paths, &[])) {
        is(said, ["yes", "yes", "no", "yes"], &UNTRUSTED);
        assert_eq!(codes(said)[0], "signingCredential.untrusted");
        assert!(said["credentials"]["time"].as_str().unwrap().ends_with("(timeStamp.untrusted)"));
    }
    // One byte of the picture.
    let picture = |(kind, file, _): &(&str, Vec<u8>, String)| {
        let plain = plain(&folder, kind, "testsrc");
        let middle = plain.len() / 2;
        folder.file(&format!("picture.{kind}"), &changed(file, &plain[middle..middle + 24]))
    };
    for said in inspected(&files.iter().map(picture).collect::<Vec<_>>(), &[&issuers.pem("anchor")]) {
        is(&said, ["no", "yes", "yes", "yes"], &INVALID);
        assert!(codes(&said)[0].ends_with("Hash.mismatch"), "{said:#}");
    }
    // One byte of the claim, and one of an assertion.
    for what in [PROGRAM, NOTE] {
        let one = |(kind, file, _): &(&str, Vec<u8>, String)| {
            folder.file(&format!("said.{kind}"), &changed(file, what.as_bytes()))
        };
        for said in inspected(&files.iter().map(one).collect::<Vec<_>>(), &[&issuers.pem("anchor")]) {
            assert_eq!(said["credentials"]["signature"], "no", "{what}: {said:#}");
            assert_eq!(said["credentials"]["binding"], "yes", "{what}: {said:#}");
            assert_eq!(said["verdicts"], json!(INVALID), "{what}: {said:#}");
        }
    }
}

#[test]
fn the_walker_finds_the_same_store_and_without_the_check_nothing_is_decided() {
    let (folder, issuers) = (Folder::new("c2pa-walker"), Issuers::new("c2pa-walker-issuers"));
    for (kind, file, path) in all_kinds(&folder, &issuers) {
        let store = load_jumbf_from_stream(kind, &mut Cursor::new(&file)).unwrap();
        let found = ::inspect::inspect(&fs::File::open(&path).unwrap(), "").unwrap();
        let [label] = &found.labels.iter().filter(|label| label.kind == Kind::C2pa).collect::<Vec<_>>()[..] else {
            panic!("{kind}: {:?}", found.labels)
        };
        let (at, length) = (label.place.offset as usize, label.place.length as usize);
        assert_eq!(&file[at..at + length], &store[..length], "{kind}");
        // GIF has it in pieces, and the place is that of the first.
        assert_eq!(length, if kind == "gif" { 255 } else { store.len() }, "{kind}");
        let reader = Reader::from_context(Context::new()).with_stream(kind, Cursor::new(&file)).unwrap();
        assert_eq!(Some(&*label.value), reader.active_label(), "{kind}");
        assert_eq!(found.unread, [], "{kind}");
        // What a program without the feature says.
        assert_eq!(found.verdicts(None), [Verdict::Declared, Verdict::Undecided], "{kind}");
        let unchecked = inspected_without(&path, found);
        let text = format!("{:?}", sections(&unchecked, Lang::En));
        assert!(text.contains("whether they hold was not checked"), "{kind}: {text}");
        assert!(!text.contains("Signer is trusted"), "{kind}: {text}");
    }
}

fn inspected_without(path: &str, found: Found) -> Inspected {
    Inspected {
        file: path.to_owned(),
        error: None,
        length: None,
        sha256: None,
        received: None,
        verdicts: found.verdicts(None),
        found,
        credentials: None::<Credentials>,
    }
}

#[test]
fn credentials_of_another_picture_do_not_fit() {
    let (folder, issuers) = (Folder::new("c2pa-copied"), Issuers::new("c2pa-copied-issuers"));
    let one = signed(builder(), &issuers.signer("signer", &[], None), "png", &plain(&folder, "png", "testsrc"));
    let other = plain(&folder, "png", "smptebars");
    // The chunk stands behind IHDR.
    let at = one.windows(4).position(|w| w == b"caBX").unwrap() - 4;
    assert_eq!(at, 33);
    let length = u32::from_be_bytes(one[at..at + 4].try_into().unwrap()) as usize;
    let copied = [&other[..at], &one[at..at + length + 12], &other[at..]].concat();
    let files = [
        folder.file("copied.png", &copied),
        folder.file("twice.png", &{ [&one[..at], &one[at..at + length + 12], &one[at..]].concat() }),
    ];
    let [copied, twice] = &inspected(&files, &[&issuers.pem("anchor")])[..] else { panic!() };
    is(copied, ["no", "yes", "yes", "yes"], &INVALID);
    assert_eq!(codes(copied)[0], "assertion.dataHash.mismatch");
    // Two stores: whichever counts, it is not as it was signed.
    assert_ne!(twice["verdicts"], json!(VALID), "{twice:#}");
}

#[test]
fn a_certificate_is_valid_when_it_was_used_or_not_at_all() {
    let (folder, issuers) = (Folder::new("c2pa-over"), Issuers::new("c2pa-over-issuers"));
    let plain = plain(&folder, "jpg", "testsrc");
    let over = issuers.soon_over("brief", 3);
    let files = [None, Some("stamper"), Some("clock")].map(|clock| {
        let file = signed(builder(), &issuers.signer("brief", &[], clock), "jpg", &plain);
        folder.file(&format!("{}.jpg", clock.unwrap_or("none")), &file)
    });
    while SystemTime::now() <= over {
        thread::sleep(Duration::from_millis(100));
    }
    let [none, stamped, by_clock] = &inspected(&files, &[&issuers.pem("anchor")])[..] else { panic!() };
    is(none, ["yes", "yes", "yes", "no"], &INVALID);
    assert_eq!(codes(none)[0], "signingCredential.expired");
    assert_eq!(none["credentials"]["time"], Value::Null);
    is(stamped, GOOD, &VALID);
    // A time that only somebody unknown says.
    is(by_clock, ["yes", "yes", "yes", "unknown"], &["declared", "undecided"]);
    let both = [&*issuers.pem("anchor"), &issuers.pem("stranger")];
    is(&inspected(&files[2..], &both)[0], GOOD, &VALID);
    is(&inspected(&files[1..2], &[])[0], ["yes", "yes", "no", "unknown"], &UNTRUSTED);
}

#[test]
fn a_trusted_signer_is_no_authority() {
    let (folder, issuers) = (Folder::new("c2pa-chain"), Issuers::new("c2pa-chain-issuers"));
    let issuer = format!("{}subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n", authority::CA);
    issuers.issue("between", "anchor", &issuer);
    issuers.issue("below", "between", SIGNER);
    issuers.issue("made-up", "signer", SIGNER);
    let plain = plain(&folder, "jpg", "testsrc");
    let sign = |name: &str, behind: &[&str]| {
        folder.file(&format!("{name}.jpg"), &signed(builder(), &issuers.signer(name, behind, None), "jpg", &plain))
    };
    let files = [sign("below", &["between"]), sign("below", &["between", "anchor"]), sign("made-up", &["signer"])];
    let [below, whole, made_up] = &inspected(&files, &[&issuers.pem("anchor")])[..] else { panic!() };
    is(below, GOOD, &VALID);
    is(whole, GOOD, &VALID);
    is(made_up, ["yes", "yes", "no", "yes"], &UNTRUSTED);
    assert_eq!(codes(made_up)[0], "signingCredential.untrusted");
}

#[test]
fn what_a_file_was_made_of_does_not_count_against_it() {
    let (folder, issuers) = (Folder::new("c2pa-parts"), Issuers::new("c2pa-parts-issuers"));
    let plain = plain(&folder, "jpg", "testsrc");
    let [signer, other] = ["signer", "other"].map(|name| issuers.signer(name, &[], None));
    let [ours, theirs] = [&signer, &other].map(|signer| signed(builder(), signer, "jpg", &plain));
    let mut broken = theirs.clone();
    let end = broken.len() - 8;
    broken[end] ^= 0x10;
    let edit = |by: &Stamping<'_>, file: &[u8]| {
        let definition = json!({ "claim_generator_info": [{ "name": "editor" }] });
        let mut builder = Builder::from_context(Context::new()).with_definition(definition).unwrap();
        builder.set_intent(BuilderIntent::Edit);
        signed(builder, by, "jpg", file)
    };
    let made = [edit(&signer, &theirs), edit(&other, &ours), edit(&signer, &broken)];
    let files = [0, 1, 2].map(|n| folder.file(&format!("{n}.jpg"), &made[n]));
    let [upon_theirs, upon_ours, upon_broken] = &inspected(&files, &[&issuers.pem("anchor")])[..] else { panic!() };
    is(upon_theirs, GOOD, &VALID);
    assert!(codes(upon_theirs).contains(&"ingredient:signingCredential.untrusted"), "{upon_theirs:#}");
    is(upon_ours, ["yes", "yes", "no", "yes"], &UNTRUSTED);
    is(upon_broken, GOOD, &VALID);
    assert!(codes(upon_broken).contains(&"ingredient:assertion.dataHash.mismatch"), "{upon_broken:#}");
    for (said, file) in [upon_theirs, upon_ours].iter().zip(&made) {
        let reader = Reader::from_context(Context::new()).with_stream("jpg", Cursor::new(file)).unwrap();
        assert_eq!(reader.iter_manifests().count(), 2);
        let active = reader.active_label().unwrap();
        assert!(said["labels"].as_array().unwrap().iter().any(|label| label["value"] == active), "{active}: {said:#}");
        assert_eq!(said["credentials"]["program"], "editor");
    }
}

#[test]
fn nothing_is_fetched() {
    let (folder, issuers) = (Folder::new("c2pa-network"), Issuers::new("c2pa-network-issuers"));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/store.c2pa", listener.local_addr().unwrap());
    let mut elsewhere = builder();
    elsewhere.set_remote_url(&url).set_no_embed(true);
    let remote = signed(elsewhere, &issuers.signer("signer", &[], None), "jpg", &plain(&folder, "jpg", "testsrc"));
    let remote = folder.file("remote.jpg", &remote);
    let mut files = vec![remote.clone()];
    files.extend(all_kinds(&folder, &issuers).into_iter().map(|(.., path)| path));
    let trace = |args: &[&str]| {
        let log = folder.path("trace");
        let done = Command::new("strace").args(["-f", "-e", "trace=network", "-o", &log]).args(args).output().unwrap();
        (done, fs::read_to_string(log).unwrap())
    };
    // That it would be seen.
    let (_, trace_of_curl) = trace(&["curl", "-s", "--max-time", "1", "http://127.0.0.1:9/"]);
    assert!(trace_of_curl.contains("connect("), "{trace_of_curl}");
    let anchor = issuers.pem("anchor");
    let mut args = vec![env!("CARGO_BIN_EXE_packseal-verifier"), "inspect", "--json", "--c2pa-anchors", &anchor];
    args.extend(files.iter().map(String::as_str));
    let (done, trace) = trace(&args);
    assert!(done.status.success(), "{done:?}");
    assert!(trace.contains("exited with 0"), "{trace}");
    assert!(!["socket(", "connect(", "sendto(", "sendmsg("].iter().any(|call| trace.contains(call)), "{trace}");
    listener.set_nonblocking(true).unwrap();
    assert!(listener.accept().is_err());
    let said: Vec<Value> = serde_json::from_slice(&done.stdout).unwrap();
    is(&said[0], ["unknown"; 4], &["undecided"]);
    assert_eq!(codes(&said[0]), ["manifest.inaccessible"]);
    assert!(said[0]["labels"].to_string().contains(&url), "{:#}", said[0]);
    said[1..].iter().for_each(|said| is(said, GOOD, &VALID));
}

/// What is signed, in a store: the contents of boxes, but for the signature's own.
fn contents(boxes: &[u8], mut at: usize, signature: bool, contents: &mut Vec<Range<usize>>) {
    let end = at + boxes.len();
    let mut rest = boxes;
    let mut signature = signature;
    while at < end {
        let length = u32::from_be_bytes(rest[..4].try_into().unwrap()) as usize;
        match &rest[4..8] {
            b"jumd" => signature |= rest[8..12] == *b"c2cs",
            b"jumb" => self::contents(&rest[8..length], at + 8, signature, contents),
            _ if !signature => contents.push(at + 8..at + length),
            _ => {}
        }
        (at, rest) = (at + length, &rest[length..]);
    }
}

#[test]
fn any_byte_of_the_credentials_may_be_changed() {
    let (folder, issuers) = (Folder::new("c2pa-bytes"), Issuers::new("c2pa-bytes-issuers"));
    let signer = issuers.signer("signer", &[], None);
    let file = signed(builder(), &signer, "png", &plain(&folder, "png", "testsrc"));
    let store = load_jumbf_from_stream("png", &mut Cursor::new(&file)).unwrap();
    let begins = file.windows(store.len()).position(|w| w == store).unwrap();
    let mut signed = Vec::new();
    contents(&store, 0, false, &mut signed);
    // The end is room that was kept for a longer signature: zeros that say nothing.
    let room = store.iter().rev().take_while(|byte| **byte == 0).count();
    let seed = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().subsec_nanos() as usize;
    println!("seed {seed}");
    let places: Vec<_> = (0..store.len() - room).skip(seed % 3).step_by(3).collect();
    let of = |place: &usize| {
        let mut file = file.clone();
        file[begins + place] ^= 1 << (seed % 8);
        folder.file(&format!("{place}.png"), &file)
    };
    let mut files = vec![folder.file("whole.png", &file)];
    files.extend(places.iter().map(of));
    let all = inspected(&files, &[&issuers.pem("anchor")]);
    is(&all[0], GOOD, &VALID);
    let mut still = 0;
    for (said, place) in all[1..].iter().zip(&places) {
        if signed.iter().any(|range| range.contains(place)) {
            let last = said["verdicts"].as_array().unwrap().last().unwrap();
            assert!(last == "credentials-invalid" || last == "undecided", "byte {place} of the store: {said:#}");
        } else if said["verdicts"] == json!(VALID) {
            // Names of boxes outside of the claim, and room: nothing that is said rests on them.
            assert_eq!(said["credentials"], all[0]["credentials"], "byte {place} of the store");
            still += 1;
        }
    }
    let signed = places.iter().filter(|place| signed.iter().any(|range| range.contains(place))).count();
    println!("{} bytes changed, {signed} of them in what is signed; {still} mattered to nothing", places.len());
    assert!(signed > 50, "{signed}");
}

#[test]
fn pages_and_options() {
    let (folder, issuers) = (Folder::new("c2pa-options"), Issuers::new("c2pa-options-issuers"));
    let mut builder = builder();
    builder.set_intent(BuilderIntent::Create(DigitalSourceType::DigitalCapture));
    let file = signed(builder, &issuers.signer("signer", &[], None), "jpg", &plain(&folder, "jpg", "testsrc"));
    let path = folder.file("signed.jpg", &file);
    let anchor = issuers.pem("anchor");
    let page = run(&["inspect", &path, "--c2pa-anchors", &anchor]).out;
    assert!(page.starts_with("CREDENTIALS VALID\n"), "{page}");
    let trusted = |line: &str| line.starts_with("  Signer is trusted: ") && line.ends_with(" yes");
    assert!(page.contains("\nContent credentials\n") && page.lines().any(trusted), "{page}");
    let page = run(&["inspect", &path, "--lang", "zh"]).out;
    assert!(page.starts_with("凭证不可信\n"), "{page}");
    // With comments between several certificates, as lists of trust are published.
    let many =
        ["stranger", "anchor"].map(|name| format!("# {name}\n{}\n", fs::read_to_string(issuers.pem(name)).unwrap()));
    let many = folder.file("many.pem", many.concat().as_bytes());
    is(&inspected(&[path.clone()], &[&many])[0], GOOD, &["credentials-valid"]);
    let cut = fs::read_to_string(&anchor).unwrap().replace("-----END CERTIFICATE-----", "");
    let key = folder.file("key.pem", &issuers.0.read("anchor.key"));
    for bad in [folder.file("cut.pem", cut.as_bytes()), key, folder.path("none.pem"), folder.file("empty.pem", b"")] {
        let said = run(&["inspect", &path, "--c2pa-anchors", &anchor, "--c2pa-anchors", &bad]);
        assert_eq!((said.status, &*said.out), (2, ""), "{bad}: {}", said.err);
        assert!(said.err.lines().count() == 1 && said.err.contains(&bad), "{bad}: {}", said.err);
    }
    // Larger than is taken into memory.
    let large = folder.file("large.jpg", &file);
    fs::OpenOptions::new().write(true).open(&large).unwrap().set_len((256 << 20) + 1).unwrap();
    is(&inspected(&[large], &[&anchor])[0], ["unknown"; 4], &["undecided"]);
    // None, and of a kind that has none.
    let plain = inspected(&[folder.file("plain.jpg", &plain(&folder, "jpg", "testsrc"))], &[&anchor]);
    assert_eq!((&plain[0]["credentials"], &plain[0]["verdicts"]), (&Value::Null, &json!(["not-found"])));
}
