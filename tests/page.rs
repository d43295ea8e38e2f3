//! The page's own reading of clips against the program's: every attack and every vector, cuts, single bytes.

#[path = "support/authority.rs"]
mod authority;
#[path = "support/browser.rs"]
mod browser;
#[path = "support/scripts.rs"]
mod scripts;
#[path = "support/times.rs"]
mod times;

/// As for other tests, but what is reported is held against the page.
#[allow(dead_code, clippy::type_complexity, reason = "each test uses a part of it")]
#[path = "support"]
mod support {
    pub mod boxes;
    pub mod check;
    pub mod forge;
    #[path = "beside.rs"]
    pub mod judge;
    pub mod ledgers;
    #[path = "../../verifier/evidence/src/h264/tests/build.rs"]
    pub mod nal;
    pub mod notes;
    pub mod proofs;
    pub mod random;
}

#[allow(dead_code, reason = "the program's")]
#[path = "../verifier/src/json.rs"]
mod json;

#[path = "page/chance.rs"]
mod chance;

#[path = "attacks/count.rs"]
mod count;
#[path = "attacks/coverage.rs"]
mod coverage;
#[path = "attacks/enrolment.rs"]
mod enrolment;
#[path = "attacks/fragment.rs"]
mod fragment;
#[path = "attacks/header.rs"]
mod header;
#[path = "attacks/ledger.rs"]
mod ledger;
#[path = "attacks/note.rs"]
mod note;
#[path = "attacks/order.rs"]
mod order;
#[path = "attacks/picture.rs"]
mod picture;
#[path = "attacks/proof.rs"]
mod proof;
#[path = "attacks/sequence.rs"]
mod sequence;
#[path = "attacks/statement.rs"]
mod statement;
#[path = "attacks/time.rs"]
mod time;
#[path = "attacks/trust.rs"]
mod trust;
#[path = "attacks/trusted_time.rs"]
mod trusted_time;

use evidence::{
    finding::{Code, Weight},
    trust::Trust,
    value::hex,
};
use scripts::b64;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use support::{
    judge::{add_file, ask, report},
    random::{Random, rounds},
};

const CLIP: &[u8] = include_bytes!("data/golden-v1.mp4");
const ORDER: &str = "GOLDEN-1";

fn golden() -> Trust {
    let mut trust = Trust::default();
    add_file(&mut trust, include_str!("data/golden-v1.vkey")).unwrap();
    trust
}

#[test]
fn golden_clip_and_its_cuts() {
    let trust = golden();
    for cut in (0..CLIP.len()).step_by(997).chain([CLIP.len()]) {
        report(&CLIP[..cut], &trust, Some(ORDER));
    }
    report(CLIP, &trust, Some("GOLDEN-2"));
    report(CLIP, &Trust::default(), Some(ORDER));
    report(&[CLIP, b"more than a header"].concat(), &trust, None);
}

#[test]
fn single_bytes() {
    let (trust, random) = (golden(), Random::by_the_clock("single bytes"));
    for i in 0..rounds(60) {
        let (mut random, mut clip) = (random.at(i), CLIP.to_vec());
        let at = random.below(clip.len());
        clip[at] ^= 1 << random.below(8);
        report(&clip, &trust, Some(ORDER));
    }
}

/// Of a file in `tests/vectors`: its header's fields, and the bytes.
fn vector(file: &[u8]) -> Value {
    let cut = file.windows(5).position(|w| w == b"\n---\n").expect("a line ---");
    let (head, body) = (std::str::from_utf8(&file[..cut]).unwrap(), &file[cut + 5..]);
    let field = |name: &str| head.lines().find_map(|line| line.strip_prefix(&format!("{name}: "))).expect(name);
    let bytes = match field("form") {
        "hex" => body.chunks(2).map(|c| u8::from_str_radix(std::str::from_utf8(c).unwrap(), 16).unwrap()).collect(),
        _ => body.to_vec(),
    };
    json!({ "kind": field("kind"), "key": field("key"), "expect": field("expect"), "bytes": b64(&bytes) })
}

#[test]
fn vectors() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let vector = vector(&std::fs::read(&path).unwrap());
        let said = ask(
            "if (a.kind === 'key') return await note.VKEY(value.latin(bytes(a.bytes))) ? 'ok' : 'key';
            try {
                const read = await note.parse(bytes(a.bytes));
                await statement.parse(a.kind, read.text);
                await note.verify(read, await note.VKEY(a.key));
                return 'ok';
            } catch (error) { return error.code || error.stack; }",
            vector.clone(),
        );
        assert_eq!(said, vector["expect"], "{}", path.display());
        count += 1;
    }
    assert!(count > 100, "{count} vectors");
}

#[test]
fn codes_and_their_words() {
    let weight = |code: &Code| match code.weight() {
        Weight::CannotCheck => "cannot-check",
        Weight::Rejected => "rejected",
        Weight::UnknownSigner => "unknown-signer",
        Weight::Partial => "partial",
        Weight::Note => "note",
    };
    let ours: Vec<Value> =
        Code::ALL.iter().map(|code| json!([code.as_str(), weight(code), code.en(), code.zh()])).collect();
    let said = ask("return codes.all.map((code) => [code, ...Object.values(codes.of(code))]);", json!(null));
    assert_eq!(said, json!(ours));
}

#[test]
fn code_of_others_is_as_published() {
    let file = include_str!("../verifier/page/vendor/noble-ed25519.js");
    let own =
        file.splitn(4, '\n').nth(3).and_then(|rest| rest.strip_suffix("})();\n")).expect("a head and a last line");
    let own = own.replace("\nreturn { etc,", "\nexport { etc,");
    let hash = hex(&Sha256::digest(own));
    let readme = include_str!("../verifier/page/vendor/README.md");
    assert!(readme.contains(&hash), "{hash}");
}
