//! Broken input for every parser: none may panic, and what is taken must be the one written form.
//!
//! `PACKSEAL_FUZZ_ROUNDS` multiplies the rounds, `PACKSEAL_SEED` chooses others.

mod support;

use std::thread;

use base64::{Engine, engine::general_purpose::STANDARD};
use evidence::{
    bmff,
    h264::{ParameterSets, Walker},
    key::{SigningKey, VerifierKey},
    ledger::{
        Checkpoint, Entry, EntryKind, Hashes, Inclusion, Salts, SignedCheckpoint, Span, entries, order_tag, put_entry,
        tree,
    },
    note::Note,
    statement::{End, Enrolment, Link, Proof, Revocation, RevocationReason, Start, Statement, Tombstone},
    trust::Trust,
    value::{Hash, Id, Time},
    verdict::Verdict,
};
use support::{check::*, forge::*, ledgers, nal, notes, proofs::*, random::*};

/// Breaks one of the seeds, once or several times.
fn broken(random: &mut Random, seeds: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = seeds[random.below(seeds.len())].clone();
    for _ in 0..1 + random.below(4) {
        random.change(&mut bytes);
    }
    bytes
}

fn statement<T: Statement>(text: &str) {
    if let Ok(statement) = T::parse(text) {
        assert_eq!(statement.text(), text);
        assert!(T::is_prefix(text));
    }
    T::is_prefix(text);
}

fn notes_and_statements(random: &Random, rounds: usize, parts: &[Vec<u8>]) {
    let notes: Vec<Vec<u8>> = parts.iter().filter(|p| p[4..8] == *b"uuid").map(|p| p[24..].to_vec()).collect();
    let texts: Vec<Vec<u8>> =
        parts.iter().filter(|p| p[4..8] == *b"uuid").map(|p| notes::text(p).into_bytes()).collect();
    let by_root = [enrolment().text().into_bytes(), revocation().text().into_bytes()];
    let key = key(1);
    for i in 0..rounds {
        let mut random = random.at(i);
        let bytes = broken(&mut random, &notes);
        if let Ok(note) = Note::parse(&bytes)
            && note.verify(key.verifier()).is_ok()
        {
            assert!(notes.contains(&bytes), "round {i}: another form of a signed note");
        }
        let text = String::from_utf8_lossy(&broken(&mut random, &texts)).into_owned();
        statement::<Start>(&text);
        statement::<Link>(&text);
        statement::<End>(&text);
        statement::<Proof>(&text);
        statement::<Tombstone>(&text);
        let text = String::from_utf8_lossy(&broken(&mut random, &by_root)).into_owned();
        statement::<Enrolment>(&text);
        statement::<Revocation>(&text);
    }
}

fn headers_and_sets(random: &Random, rounds: usize, parts: &[Vec<u8>]) {
    let inits = [parts[0].clone()];
    let material = material();
    let sps = [material.sps.clone(), nal::Sps::default().nal()];
    let pps = [material.pps.clone(), nal::Pps::default().nal()];
    let headers = [bmff::fragment_header(0, 0, &material.gops[0].samples)];
    for i in 0..rounds {
        let mut random = random.at(i);
        let init = broken(&mut random, &inits);
        if let Ok(sets) = bmff::parse_init(&init) {
            assert_eq!(bmff::init(&sets), init, "round {i}");
        }
        let (sps, pps) = (broken(&mut random, &sps), broken(&mut random, &pps));
        for (sps, pps) in [(&sps, &material.pps), (&material.sps, &pps), (&sps, &pps)] {
            if let Ok(sets) = ParameterSets::parse(sps, pps) {
                assert_eq!(bmff::parse_init(&bmff::init(&sets)), Ok(sets), "round {i}");
            }
        }
        let header = broken(&mut random, &headers);
        if let Ok(samples) = bmff::parse_fragment_header(&header, 0, 0) {
            assert_eq!(bmff::fragment_header(0, 0, &samples), header, "round {i}");
        }
    }
}

fn walks(random: &Random, rounds: usize) {
    let material = material();
    let sets = ParameterSets::parse(&material.sps, &material.pps).expect("parameter sets");
    for i in 0..rounds {
        let mut random = random.at(i);
        let gop = &material.gops[random.below(4)];
        // Mostly the heads of units, where something is decided.
        let mut media = gop.media.clone();
        for _ in 0..1 + random.below(4) {
            let sample = random.below(gop.samples.len());
            let begin: usize = gop.samples[..sample].iter().map(|s| s.size as usize).sum();
            let at = (begin + random.below(24)).min(media.len() - 1);
            media[at] = random.next() as u8;
        }
        let walk = |piece: usize| {
            let mut walker = Walker::new(&sets, &gop.samples);
            media.chunks(piece).try_for_each(|bytes| walker.feed(bytes)).and_then(|()| walker.finish())
        };
        assert_eq!(walk(media.len()), walk(1 + random.below(100)), "round {i}");
    }
}

fn revocation() -> Revocation {
    let Enrolment { root, station, not_before, .. } = enrolment();
    Revocation { root, station, time: Time(not_before.0 + 1), reason: RevocationReason::Lost }
}

fn trust_and_keys(random: &Random, rounds: usize) {
    let (one, two) = (key(1).verifier().to_string(), key(2).verifier().to_string());
    let revoking = STANDARD.encode(seal(&revocation(), &root(1)).0);
    let by_root = format!("root {}\nrevocation {revoking}\n", root(1).verifier());
    Trust::default().add_file(&by_root).expect("a trust file");
    let files = [
        format!("# bench\nstation {one}\nrevoked {two}\n").into_bytes(),
        one.clone().into_bytes(),
        by_root.into_bytes(),
    ];
    let secret = key(1).to_secret_text().into_bytes();
    for i in 0..rounds {
        let mut random = random.at(i);
        let text = String::from_utf8_lossy(&broken(&mut random, &files)).into_owned();
        let _ = Trust::default().add_file(&text);
        let key = String::from_utf8_lossy(&broken(&mut random, &files[1..2])).into_owned();
        if let Ok(read) = VerifierKey::parse(&key) {
            assert_eq!(read.to_string(), key, "round {i}");
        }
        let key = String::from_utf8_lossy(&broken(&mut random, std::slice::from_ref(&secret))).into_owned();
        if let Ok(read) = SigningKey::parse(&key) {
            assert_eq!(read.to_secret_text(), key, "round {i}");
        }
    }
}

fn ledger_entry(n: u64) -> Entry {
    Entry {
        kind: EntryKind::Start,
        clip: Some(Id([7; 16])),
        sequence: Some(n + 1),
        time: Time(1_764_000_000_000_000),
        statement: Hash([n as u8; 32]),
        order_tag: Some(order_tag(&[9; 32], &v("SF1"))),
    }
}

/// A line that a witness added to a checkpoint.
const COSIGNATURE: &str = "\u{2014} witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlr\
    DJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n";

fn ledgers(random: &Random, rounds: usize) {
    let key = key(1);
    let texts: Vec<String> = (0..5).map(|n| ledger_entry(n).text()).collect();
    let leaves: Vec<Hash> = texts.iter().map(|text| tree::leaf(text.as_bytes())).collect();
    let (pairs, halves) = (tree::node(&leaves[0], &leaves[1]), tree::node(&leaves[2], &leaves[3]));
    let root = tree::node(&tree::node(&pairs, &halves), &leaves[4]);
    let checkpoint = Checkpoint::seal(5, root, &key);
    let cosigned = [&checkpoint[..], COSIGNATURE.as_bytes()].concat();
    let path = [leaves[3], pairs, leaves[4]];
    let proofs = [&checkpoint, &cosigned].map(|note| Inclusion::text(2, &path, note));
    let span = Span { size: 5, span: (2, 4), left: Hashes(vec![pairs]), right: Hashes(vec![leaves[4]]) };
    let spans = [span.write(texts[2..4].iter().map(|text| text.as_bytes()))];
    let heads = [span.text().into_bytes(), texts[0].clone().into_bytes()];
    let salts = [ledgers::Ledger::new().salts.write()];
    let said = SignedCheckpoint::parse(&checkpoint).expect("a checkpoint").checkpoint;
    let notes = [checkpoint, cosigned];
    let mut taken = [0; 3];
    for i in 0..rounds {
        let mut random = random.at(i);
        let text = String::from_utf8_lossy(&broken(&mut random, &heads)).into_owned();
        statement::<Entry>(&text);
        statement::<Span>(&text);
        let bytes = broken(&mut random, &notes);
        if let Ok(note) = SignedCheckpoint::parse(&bytes)
            && note.verify(key.verifier()).is_ok()
        {
            // Only what witnesses say may be another.
            assert!(bytes.starts_with(&notes[0]), "round {i}: another form of a signed checkpoint");
            assert!(note.checkpoint == said && note.hash == Hash::of(&bytes), "round {i}");
            taken[0] += 1;
        }
        let bytes = broken(&mut random, &proofs);
        if let Ok(proof) = Inclusion::parse(&bytes) {
            let note = bytes.windows(2).position(|pair| pair == b"\n\n").expect("an empty line") + 2;
            assert_eq!(Inclusion::text(proof.index, &proof.path, &bytes[note..]), bytes, "round {i}");
            if proof.verify(texts[2].as_bytes(), key.verifier()).is_ok() {
                assert!(bytes.starts_with(&proofs[0]), "round {i}: another form of a proof");
                taken[1] += 1;
            }
        }
        let bytes = broken(&mut random, &spans);
        if let Ok((span, held)) = Span::read(&bytes) {
            assert_eq!(span.write(held.iter().copied()), bytes, "round {i}");
            assert!(span.verify(&held, &said).is_err() || bytes == spans[0], "round {i}: another form of a span");
            taken[2] += 1;
        }
        if let Some(held) = entries(&bytes) {
            let mut again = Vec::new();
            held.iter().for_each(|entry| put_entry(entry, &mut again));
            assert_eq!(again, bytes, "round {i}");
        }
        let bytes = broken(&mut random, &salts);
        if let Some(salts) = Salts::parse(&bytes) {
            assert_eq!(salts.write(), bytes, "round {i}: another form of salts");
        }
        // Any hashes at any place.
        let (index, size) = (random.next() >> random.below(64), random.next() >> random.below(64));
        let hashes: Vec<Hash> = (0..random.below(70)).map(|n| leaves[n % 5]).collect();
        let (left, right) = hashes.split_at(random.below(hashes.len()).min(hashes.len()));
        let strange = tree::included_root(index, size, leaves[0], &hashes) == Some(root)
            || tree::is_consistent((index, leaves[0]), (size, root), &hashes)
            || tree::span_root(size, index, left, right, &hashes) == Some(root);
        assert!(!strange, "round {i}: {index} of {size} by chance");
    }
    println!("ledgers: of {rounds} each, {taken:?} checkpoints, proofs and spans were taken, in their one form");
}

fn clips(random: &Random, rounds: usize) {
    let mut forge = forge();
    forge.spans.insert(1, gap(9000));
    let clips = [forge.clip(), {
        forge.reason = None;
        forge.clip()
    }];
    for i in 0..rounds {
        let mut random = random.at(i);
        let clip = broken(&mut random, &clips);
        if !clips.contains(&clip) {
            assert_ne!(checked(&clip).verdict, Verdict::Verified, "round {i}");
        }
    }
}

/// Broken PROOFs of a ledger: nothing but the whole clip is VERIFIED.
fn ledger_proofs(random: &Random, rounds: usize) {
    let ledger = ledgers::Ledger::new();
    let (clip, whole) = (ledger.forge.clip(), ledger.clip());
    let proof = [whole[clip.len()..].to_vec()];
    assert_eq!(checked(&whole).verdict, Verdict::Verified);
    for i in 0..rounds {
        // Also with parts that are broken and well signed: no panic, and never a count of other clips.
        let mut random = random.at(i);
        let broken_clip = [&clip[..], &broken(&mut random, &proof)].concat();
        if broken_clip != whole && broken_clip != clip {
            assert_eq!(checked(&broken_clip).verdict, Verdict::Rejected, "round {i}");
        }
        let mut parts = ledger.parts();
        let at = random.below(parts.len());
        parts[at].1 = broken(&mut random, &[parts[at].1.clone()]);
        let parts: Vec<(&str, &[u8])> = parts.iter().map(|(kind, bytes)| (*kind, &bytes[..])).collect();
        let report = checked(&[&clip[..], &proof_of(&clip, &parts, &key(1))].concat());
        if let Some(counted) = report.counted {
            assert_eq!((counted.clips.len(), report.verdict), (5, Verdict::Verified), "round {i}");
        }
    }
}

/// Broken PROOFs under the root alone: nothing but the whole clip is VERIFIED.
fn proofs(random: &Random, rounds: usize) {
    let clip = forge().clip();
    let whole = with_enrolment(&clip, &enrolled(|_| ()));
    let mut trust = Trust::default();
    trust.add_file(&format!("root {}", root(1).verifier())).expect("a trust file");
    let proof = [whole[clip.len()..].to_vec()];
    let verdict = |clip: &[u8]| report(clip, &trust, None).verdict;
    assert_eq!(verdict(&whole), Verdict::Verified);
    for i in 0..rounds {
        let clip = [&clip[..], &broken(&mut random.at(i), &proof)].concat();
        if clip != whole {
            assert!(!matches!(verdict(&clip), Verdict::Verified | Verdict::Partial), "round {i}");
        }
    }
}

#[test]
fn fuzz_parsers() {
    let random = Random::new("fuzz_parsers");
    let parts: Vec<Vec<u8>> = forge().parts().into_iter().filter(|part| !part.is_empty()).collect();
    thread::scope(|scope| {
        scope.spawn(|| notes_and_statements(&random, rounds(60_000), &parts));
        scope.spawn(|| headers_and_sets(&random, rounds(40_000), &parts));
        scope.spawn(|| walks(&random, rounds(30_000)));
        scope.spawn(|| trust_and_keys(&random, rounds(15_000)));
        scope.spawn(|| clips(&random, rounds(6000)));
        scope.spawn(|| ledgers(&random, rounds(60_000)));
        scope.spawn(|| proofs(&random, rounds(3000)));
        scope.spawn(|| ledger_proofs(&random, rounds(2000)));
    });
}
