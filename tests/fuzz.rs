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
    note::Note,
    statement::{End, Enrolment, Link, Proof, Revocation, RevocationReason, Start, Statement, Tombstone},
    trust::Trust,
    value::Time,
    verdict::Verdict,
};
use support::{check::*, forge::*, nal, notes, proofs::*, random::*};

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
        scope.spawn(|| proofs(&random, rounds(3000)));
    });
}
