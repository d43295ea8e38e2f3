//! The page's own reading of PROOF against the program's: time tokens, the ledger's trees, whole PROOFs.

mod support;

#[path = "support/authority.rs"]
mod authority;
#[path = "support/browser.rs"]
mod browser;
#[path = "support/scripts.rs"]
mod scripts;
#[path = "support/times.rs"]
mod times;

use authority::*;
use evidence::{
    finding::Code,
    ledger::tree,
    statement::{ClipState, Enrolment},
    token::{Root, TokenError, verify},
    trust::Trust,
    value::{Hash, Id, Time},
};
use scripts::{Page, b64};
use serde_json::{Value, json};
use support::{
    check::*,
    forge::*,
    ledgers::{self, Ledger, consistency, only, part},
    proofs::*,
    random::{Random, rounds},
};
use times::{Clock, S, naming, sealed};

/// The page's code of the same fault.
fn code(error: &TokenError) -> String {
    let name = format!("{error:?}");
    let name = name.split('(').next().unwrap();
    let mut code = String::from("token.");
    for (i, c) in name.char_indices() {
        if i > 0 && c.is_ascii_uppercase() {
            code.push('-');
        }
        code.push(c.to_ascii_lowercase());
    }
    code
}

/// What both say of these tokens: name, token, root, and whether the code must be the same, too.
fn compare(page: &Page, of: &Hash, cases: &[(String, Vec<u8>, Vec<u8>, bool)]) {
    let list: Vec<Value> = cases.iter().map(|(_, token, root, _)| json!([b64(token), b64(root)])).collect();
    let said = page.run(
        "const found = [];
        for (const [der, root] of a.cases) {
            try {
                const said = await token.verify(bytes(der), bytes(a.of), [bytes(root)]);
                found.push(`${said.time} ${said.accuracy} ${said.authority}`);
            } catch (error) { found.push(error.code || 'FAILED ' + error.stack); }
        }
        return found;",
        json!({ "of": b64(&of.0), "cases": list }),
    );
    let mut wrong = vec![];
    for (i, (name, token, root, exact)) in cases.iter().enumerate() {
        let ours = verify(token, Some(of), &[Root::parse(root).unwrap()]);
        let theirs = said[i].as_str().unwrap_or("nothing");
        let (ours, agrees) = match &ours {
            Ok(t) => {
                let accuracy = t.accuracy.map_or("null".to_owned(), |us| us.to_string());
                let text = format!("{} {accuracy} {}", t.time.0, t.authority);
                (text.clone(), text == theirs)
            }
            Err(error) => {
                let ours = code(error);
                let agrees = if *exact { ours == theirs } else { theirs.starts_with("token.") };
                (ours, agrees)
            }
        };
        if *exact {
            println!("{name:<24} | {ours}");
        }
        if !agrees {
            wrong.push(format!("{name}: program {ours}, page {theirs}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn time_tokens() {
    const NOON: &str = "20260601120000.25Z";
    let authority = Authority::new("page-tokens");
    let short = ["20200101000000Z", "20210101000000Z"];
    authority.certificate("p384", Wanted { key: P384, ..Wanted::default() });
    authority.certificate("expired", Wanted { valid: short, ..Wanted::default() });
    let server = "basicConstraints=critical,CA:false\nextendedKeyUsage=critical,serverAuth\n";
    authority.certificate("server", Wanted { extensions: server, ..Wanted::default() });
    let lax = "basicConstraints=critical,CA:false\nextendedKeyUsage=timeStamping\n";
    authority.certificate("lax", Wanted { extensions: lax, ..Wanted::default() });
    authority.certificate("other", Wanted { key: RSA, issuer: "", extensions: CA, ..Wanted::default() });
    authority.certificate("middle", Wanted { key: P384, extensions: CA, ..Wanted::default() });
    authority.certificate("below", Wanted { issuer: "middle", ..Wanted::default() });
    let odd = " odd, \"name\" <x>; ";
    authority.certificate(odd, Wanted::default());
    let of = Hash::of(b"a checkpoint");
    let plain = Info::new(&of.0, NOON);
    let sign = |signer: &str, info: &Info| authority.token(&[signer], &[], &["-cades"], &info.to_der());
    let root = |name: &str| authority.read(&format!("{name}.der"));
    let with = |change: &dyn Fn(&mut Info)| {
        let mut info = plain.clone();
        change(&mut info);
        sign("p256", &info)
    };
    let mut cases = vec![];
    let mut case = |name: &str, token: Vec<u8>, root: Vec<u8>| cases.push((name.to_owned(), token, root, true));
    for signer in ["rsa", "p256", "p384", "expired", "server", "lax"] {
        case(signer, sign(signer, &plain), root("root"));
    }
    case("an odd name", sign(odd, &plain), root("root"));
    case("unknown root", sign("p256", &plain), root("other"));
    case("by a middle one", authority.token(&["below"], &["middle"], &["-cades"], &plain.to_der()), root("root"));
    case("without the middle one", sign("below", &plain), root("root"));
    let pss = ["-cades", "-keyopt", "rsa_padding_mode:pss"];
    case("PSS", authority.token(&["rsa"], &[], &pss, &plain.to_der()), root("root"));
    let sha512 = ["-cades", "-md", "sha512"];
    case("SHA-512", authority.token(&["p384"], &[], &sha512, &plain.to_der()), root("root"));
    case("by key identifier", authority.token(&["p256"], &[], &["-cades", "-keyid"], &plain.to_der()), root("root"));
    case("two signers", authority.token(&["p256", "rsa"], &[], &["-cades"], &plain.to_der()), root("root"));
    case("wrong imprint", with(&|i| i.hash = vec![7; 32]), root("root"));
    case("SM3 imprint", with(&|i| i.algorithm = SM3.to_vec()), root("root"));
    case("SHA-512 imprint", with(&|i| (i.algorithm, i.hash) = (SHA512.to_vec(), vec![7; 64])), root("root"));
    case("version 2", with(&|i| i.version = der(2, &[2])), root("root"));
    case("accuracy", with(&|i| i.rest = der(0x30, &[der(2, &[1]), der(0x80, &[5])].concat())), root("root"));
    case("no such day", with(&|i| i.time = der(0x18, b"20260631120000Z")), root("root"));
    case("fraction ends with 0", with(&|i| i.time = der(0x18, b"20260601120000.50Z")), root("root"));
    let good: Vec<Vec<u8>> = [0, 1, 7].iter().map(|i: &usize| cases[*i].1.clone()).collect();
    let random = Random::new("mutated tokens");
    for i in 0..rounds(400) {
        let (mut random, mut token) = (random.at(i), good[i % good.len()].clone());
        random.change(&mut token);
        cases.push((format!("mutated {i}"), token, root("root"), false));
    }
    let page = Page::new();
    compare(&page, &of, &cases);
    println!("{} tokens: both say the same", cases.len());
}

#[test]
fn proofs_in_the_tree() {
    let leaves: Vec<Hash> = (0..300_u32).map(|n| tree::leaf(&n.to_be_bytes())).collect();
    let page = Page::new();
    let mut random = Random::new("places in the tree");
    let hex = |hashes: &[Hash]| hashes.iter().map(|h| b64(&h.0)).collect::<Vec<_>>();
    let (mut cases, mut expected) = (vec![], vec![]);
    for size in 1..=300_u64 {
        let (leaves, new_root) = (&leaves[..size as usize], ledgers::root(&leaves[..size as usize]));
        for place in [0, size - 1, random.below(size as usize) as u64] {
            let mut path = ledgers::path(place as usize, leaves);
            let at = if random.below(4) == 0 { random.below(size as usize + 1) as u64 } else { place };
            if random.below(8) == 0 {
                path.pop();
            }
            let root = tree::included_root(at, size, leaves[place as usize], &path);
            cases.push(json!(["in", at, size, b64(&leaves[place as usize].0), hex(&path)]));
            expected.push(root.map_or(Value::Null, |root| json!(b64(&root.0))));
        }
        for old in [1, size, 1 + random.below(size as usize) as u64] {
            let mut path = consistency(old, leaves);
            match random.below(8) {
                0 => drop(path.pop()),
                1 => path.push(leaves[0]),
                _ => {}
            }
            let claimed = if random.below(6) == 0 { 1 + random.below(size as usize) as u64 } else { old };
            let old_root = ledgers::root(&leaves[..old as usize]);
            let holds = tree::is_consistent((claimed, old_root), (size, new_root), &path);
            cases.push(json!(["con", claimed, b64(&old_root.0), size, b64(&new_root.0), hex(&path)]));
            expected.push(json!(holds));
        }
    }
    let said = page.run(
        "const found = [];
        for (const [kind, ...c] of a) {
            if (kind === 'in') {
                const root = await proof.includedRoot(BigInt(c[0]), BigInt(c[1]), bytes(c[2]), c[3].map(bytes));
                found.push(root && btoa(String.fromCharCode(...root)));
            } else {
                found.push(await proof.isConsistent(BigInt(c[0]), bytes(c[1]), BigInt(c[2]), bytes(c[3]), c[4].map(bytes)));
            }
        }
        return found;",
        json!(cases),
    );
    for (i, expected) in expected.iter().enumerate() {
        assert_eq!(&said[i], expected, "{}", cases[i]);
    }
    let bad = expected.iter().filter(|e| **e == Value::Null || **e == json!(false)).count();
    println!("{} proofs, {bad} of them wrong: both say the same", expected.len());
}

/// The contents of a clip's statements.
fn statements(clip: &[u8]) -> Vec<&[u8]> {
    let (mut found, mut at) = (vec![], 0);
    while at + 8 <= clip.len() {
        let size = u32::from_be_bytes(clip[at..at + 4].try_into().unwrap()) as usize;
        if &clip[at + 4..at + 8] == b"uuid" {
            found.push(&clip[at + 24..at + size]);
        }
        at += size;
    }
    found
}

/// What it is, and a clip.
type Whole = (String, Vec<u8>);

fn whole(page: &Page, trust: &Trust, authority: &[u8], clips: &[Whole]) {
    let mut wrong = vec![];
    for (name, clip) in clips {
        let ours = report(clip, trust, None);
        let notes = [Code::ProofNewer].into_iter().find(|code| ours.has(*code));
        let ours_said = ours.refusal().map(|f| f.code).or(notes).map_or("fine", Code::as_str);
        let parts = statements(clip);
        let [start, .., end, proof] = &parts[..] else { panic!("a clip with a PROOF") };
        let station = key(1).verifier().to_string();
        let said = page.run(
            "const read = async (kind, text) => statement.parse(kind, (await note.parse(bytes(text))).text);
            const [start, end] = [await read('start', a.start), await read('end', a.end)], found = proof.nothing();
            const key = await note.VKEY(a.key), given = await trust.parse([a.trust]);
            const ctx = { start, end, startHash: a.startHash, endHash: a.endHash, signer: key, key, trust: given };
            try {
                await proof.check(bytes(a.proof), ctx, found);
                const fit = proof.fit(found.times, start, end, end.ticks, false);
                const code = { 'no-room': 'time.bracket', contradicted: 'time.clock' }[fit] || 'fine';
                return plain([code, found.times.after, found.times.before, found.included && found.included.end, found.counted]);
            } catch (error) { return [error.code || 'FAILED ' + error.stack]; }",
            json!({
                "start": b64(start), "end": b64(end), "proof": b64(proof), "key": station,
                "trust": format!("root {}\ntsa {}", root(1).verifier(), b64(authority)),
                "startHash": Hash::of(start).to_string(), "endHash": Hash::of(end).to_string(),
            }),
        );
        let mut agrees = said[0] == json!(ours_said);
        if agrees && ours_said == "fine" {
            let time = |at: usize| said[at]["time"].as_str().map(|us| Time(us.parse().unwrap()));
            agrees = time(1) == ours.bracket.after.as_ref().map(|t| t.time)
                && time(2) == ours.bracket.before.as_ref().map(|t| t.time)
                && said[3].as_str().map(|n| n.parse().unwrap()) == ours.included.as_ref().map(|i| i.end)
                && said[4]["this"].as_u64() == ours.counted.as_ref().map(|c| c.this as u64);
        }
        println!("{name:<28} | {ours_said}");
        if !agrees {
            wrong.push(format!("{name}: program {ours_said}, page {said}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn whole_proofs() {
    let clock = Clock::new("page-proofs");
    let authority = clock.0.read("root.der");
    let mut trust = trust();
    trust.add_file(&format!("root {}\n", root(1).verifier())).unwrap();
    trust.add_authority(Root::parse(&authority).unwrap());
    let mut clips: Vec<Whole> = vec![];
    let end = T0 + 4 * S;
    let mut time = |name: &str, after: i64, before: i64, signer: &str| {
        let start = clock.token_by("p256", &Hash::of(b"an older checkpoint"), after, 1);
        let forge = naming(forge(), &start, after);
        let clip = sealed(&forge, &[("start-token", &start)], |of| vec![clock.token_by(signer, of, before, 1)]);
        clips.push((name.to_owned(), clip));
    };
    time("between", T0 - 20 * S, end + 2 * S, "p256");
    time("between, RSA", T0 - 20 * S, end + 2 * S, "rsa");
    time("no room", T0 + 3 * S, T0, "p256");
    time("long before", T0 - 400 * S, T0 - 300 * S, "p256");
    clips.push(("of other data".into(), sealed(&forge(), &[], |_| vec![clock.token(&Hash([7; 32]), end)])));
    clips.push(("no token".into(), sealed(&forge(), &[("time-token", b"0")], |_| vec![])));

    let mut enrolment = |name: &str, note: Vec<u8>| clips.push((name.into(), with_enrolment(&forge().clip(), &note)));
    enrolment("enrolled", enrolled(|_| ()));
    enrolment("enrolled too late", enrolled(|e| e.not_before = Time(T0 + 9 * S)));
    enrolment("enrolled for a short time", enrolled(|e| e.not_after = Some(Time(T0))));
    enrolment("enrolled for files", enrolled(|e| e.sources = v("file")));
    enrolment("another key enrolled", enrolled(|e| e.station = key(2).verifier().clone()));
    enrolment("an unknown root", seal(&enrolment_of(2), &root(2)).0);
    enrolment("no enrolment", b"nothing".to_vec());

    let mut ledger = |name: &str, change: &dyn Fn(&mut Ledger)| {
        let mut ledger = Ledger::new();
        change(&mut ledger);
        clips.push((name.into(), ledger.clip()));
    };
    ledger("audited", &|_| ());
    ledger("stated", &|l| {
        l.edit_parts = only(&["start-entry", "start-inclusion", "end-entry", "end-inclusion", "stated"]);
    });
    ledger("included", &|l| l.edit_parts = only(&["start-entry", "start-inclusion", "end-entry", "end-inclusion"]));
    ledger("half of it", &|l| l.edit_parts = only(&["start-entry", "start-inclusion"]));
    ledger("other places", &|l| l.places = (4, 8));
    ledger("a clip withheld", &|l| l.states.retain(|(n, _)| *n != 5));
    ledger("a clip invented", &|l| l.states.push((9, ClipState::Sealed)));
    ledger("another state", &|l| l.states[0].1 = ClipState::Sealed);
    ledger("this one is open", &|l| l.states[1].1 = ClipState::Open);
    ledger("another size", &|l| l.edit_count = Box::new(|count| count.size -= 1));
    ledger("another order", &|l| l.edit_count = Box::new(|count| count.order = v("SF9")));
    ledger("a shorter span", &|l| l.span = (2, 15));
    ledger("a span without END", &|l| l.span = (0, 6));
    ledger("a salt changed", &|l| l.salts.0.values_mut().for_each(|salt| salt[0] ^= 1));
    ledger("a salt missing", &|l| drop(l.salts.0.pop_first()));
    ledger("an entry left out", &|l| {
        l.entries.remove(2);
        (l.places, l.span) = ((3, 5), (0, 14));
    });
    ledger("a number twice", &|l| l.entries[7].clip = Some(Id([99; 16])));
    for kind in ["start-entry", "start-inclusion", "end-inclusion", "stated", "audit", "salts"] {
        for at in [0, 30, 150] {
            ledger(&format!("{kind} changed at {at}"), &|l| {
                l.edit_parts = part(kind, move |bytes| {
                    let at = at.min(bytes.len() - 1);
                    bytes[at] ^= 1;
                });
            });
        }
    }
    let page = Page::new();
    whole(&page, &trust, &authority, &clips);
    println!("{} whole PROOFs: both say the same", clips.len());
}

/// By this root.
fn enrolment_of(n: u8) -> Enrolment {
    Enrolment { root: root(n).verifier().signer().name.clone(), ..support::proofs::enrolment() }
}
