//! Every bit of a small clip flipped, every length cut, and bytes appended: never VERIFIED, never a crash, and the
//! refusal names the place.

mod support;

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use evidence::{
    finding::Code,
    statement::Reason,
    trust::Trust,
    verdict::{Report, Verdict},
    verify::{Request, verify},
};
use support::{check::*, forge::*, random::*};

/// Runs `each` for all numbers below `count`, on two threads.
fn all(count: usize, each: impl Fn(usize, &Trust) + Sync) {
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let trust = trust();
                loop {
                    let i = next.fetch_add(1, Ordering::Relaxed);
                    if i >= count {
                        return;
                    }
                    each(i, &trust);
                }
            });
        }
    });
}

/// On one thread: the test itself uses all of them.
fn alone(clip: &[u8], trust: &Trust) -> Report {
    verify(clip, Request { trust, order: None, threads: 1, progress: &mut |_, _| () }).expect("a report")
}

/// A clip of three GOPs, the last one short, with a gap behind the first.
fn small() -> Forge {
    let mut forge = forge();
    forge.spans.truncate(3);
    forge.spans.insert(1, gap(45_000));
    forge
}

/// What stands at each place: `None` before the first LINK, else the LINK's index (their number for END).
fn places(parts: &[Vec<u8>]) -> Vec<Option<u64>> {
    let place = |part: usize| part.checked_sub(2).map(|p| p as u64 / 2);
    parts.iter().enumerate().flat_map(|(i, part)| vec![place(i); part.len()]).collect()
}

#[test]
fn every_flipped_bit_is_rejected_at_its_place() {
    let parts = small().parts();
    let (clip, places) = (parts.concat(), places(&parts));
    assert_eq!(clip.len(), places.len());
    println!("{} bytes, {} flips", clip.len(), clip.len() * 8);
    all(clip.len(), |byte, trust| {
        let mut clip = clip.clone();
        for bit in 0..8 {
            clip[byte] ^= 1 << bit;
            let report = alone(&clip, trust);
            clip[byte] ^= 1 << bit;
            let what = || format!("byte {byte} bit {bit}: {:?} {:?}", report.verdict, report.findings);
            if (4..8).contains(&byte) {
                assert_eq!(report.findings[0].code, Code::NotAClip, "{}", what());
                assert_eq!(report.verdict.exit_status(), 2, "{}", what());
                continue;
            }
            assert_eq!(report.verdict.exit_status(), 1, "{}", what());
            let found = report.refusal().expect("a refusal").fragment;
            // Another key id in START is noticed at the first LINK, which still has the true one.
            let fits = found == places[byte] || places[byte].is_none() && found == Some(0);
            assert!(fits, "{}", what());
        }
    });
}

/// Cuts a clip at every length and holds the answers against the specification's Tail rule.
fn cut_everywhere(forge: &Forge) {
    let parts = forge.parts();
    let clip = parts.concat();
    let opening = parts[0].len() + parts[1].len();
    // Where each LINK ends.
    let mut ends = Vec::new();
    let mut at = opening;
    for (i, part) in parts.iter().enumerate().skip(2) {
        at += part.len();
        if i % 2 == 1 && ends.len() < forge.spans.len() {
            ends.push(at);
        }
    }
    all(clip.len(), |length, trust| {
        let report = alone(&clip[..length], trust);
        let what = || format!("cut at {length}: {:?} {:?}", report.verdict, report.findings);
        if length < 8 {
            assert_eq!(report.verdict.exit_status(), 2, "{}", what());
            assert!(report.has(Code::NotAClip), "{}", what());
        } else if length < opening {
            assert_eq!(report.verdict.exit_status(), 1, "{}", what());
            assert!(report.has(Code::ContainerTruncated), "{}", what());
            assert!(report.facts.is_none(), "{}", what());
        } else {
            assert_eq!(report.verdict.exit_status(), 4, "{}", what());
            assert!(report.has(Code::EndNotShown), "{}", what());
            let whole: Vec<_> = ends.iter().filter(|end| **end <= length).collect();
            let facts = report.facts.as_ref().expect("facts");
            assert_eq!(facts.links, whole.len() as u64, "{}", what());
            let tail = length - *whole.last().copied().unwrap_or(&opening);
            assert_eq!(facts.tail, tail as u64, "{}", what());
            assert_eq!(report.has(Code::UnprovenTail), tail > 0, "{}", what());
            assert!(facts.end.is_none(), "{}", what());
        }
    });
}

#[test]
fn every_cut_of_a_closed_clip_is_partial() {
    let mut forge = forge();
    forge.spans.truncate(2);
    cut_everywhere(&forge);
}

#[test]
fn every_cut_of_a_clip_with_a_gap_is_partial() {
    let mut forge = forge();
    forge.spans = vec![gap(45_000), forge.spans[0].clone(), gap(90_000)];
    cut_everywhere(&forge);
}

#[test]
fn every_cut_of_an_open_clip_is_partial() {
    let mut forge = forge();
    forge.spans.truncate(2);
    forge.reason = None;
    cut_everywhere(&forge);
}

#[test]
fn every_cut_of_an_interrupted_clip_is_partial() {
    let mut forge = forge();
    forge.spans.truncate(1);
    forge.reason = Some(Reason::Recovered);
    cut_everywhere(&forge);
}

#[test]
fn appended_bytes_are_never_verified() {
    let mut forge = forge();
    forge.spans.truncate(2);
    let clip = forge.clip();
    forge.reason = None;
    let open = forge.clip();
    let foreign = support::check::forge();
    // A fragment and its LINK, START, END and `ftyp` of another clip.
    let parts = foreign.parts();
    let tails = [
        parts[2..4].concat(),
        parts[6..8].concat(),
        parts[1].clone(),
        parts[parts.len() - 1].clone(),
        parts[0].clone(),
    ];
    let most = tails.iter().map(Vec::len).max().unwrap_or(0);
    all(most, |i, trust| {
        for tail in tails.iter().filter(|tail| i < tail.len()) {
            let report = alone(&[&clip[..], &tail[..=i]].concat(), trust);
            assert_eq!(report.verdict, Verdict::Rejected, "{} bytes appended", i + 1);
            let report = alone(&[&open[..], &tail[..=i]].concat(), trust);
            assert!(matches!(report.verdict, Verdict::Rejected | Verdict::Partial), "{:?}", report.findings);
        }
    });
    let random = Random::new("appended");
    all(2000, |i, trust| {
        let noise = random.at(i).bytes(1 + i % 300);
        assert_eq!(alone(&[&clip[..], &noise].concat(), trust).verdict, Verdict::Rejected, "{i}");
        let report = alone(&[&open[..], &noise].concat(), trust);
        assert!(matches!(report.verdict, Verdict::Rejected | Verdict::Partial), "{i}: {:?}", report.findings);
    });
}

#[test]
fn random_changes_of_several_bytes_are_rejected() {
    let clip = small().clip();
    // As each statement names it: the line's dash, name and space, and of base64 what holds the key's id alone.
    let dash = clip.windows(4).position(|bytes| bytes == "\u{2014} ".as_bytes()).expect("a signature");
    let space = clip[dash + 4..].iter().position(|&b| b == b' ').expect("a name");
    let signer = &clip[dash..dash + 4 + space + 1 + 5];
    let random = Random::new("several bytes");
    all(rounds(20_000), |i, trust| {
        let mut random = random.at(i);
        let mut changed = clip.clone();
        for _ in 0..1 + random.below(8) {
            random.change(&mut changed);
        }
        if changed == clip {
            return;
        }
        let report = alone(&changed, trust);
        let status = report.verdict.exit_status();
        // Where the end was cut off as well, what is proven must be the untouched beginning.
        let proven = changed.len() - report.facts.as_ref().map_or(0, |f| f.tail as usize);
        let partial = status == 4 && clip.starts_with(&changed[..proven]);
        // Where START alone is left, and names another key, nothing contradicts it: it proves nothing.
        let unknown = status == 3 && !changed.windows(signer.len()).any(|bytes| bytes == signer);
        assert!(matches!(status, 1 | 2) || partial || unknown, "round {i}: {:?} {:?}", report.verdict, report.findings);
    });
}

#[test]
fn any_number_of_threads_says_the_same() {
    let clip = small().clip();
    let random = Random::new("threads");
    let trust = trust();
    for i in 0..300 {
        let mut random = random.at(i);
        let mut changed = clip.clone();
        for _ in 0..1 + random.below(3) {
            let at = random.below(clip.len());
            changed[at] ^= 1 << random.below(8);
        }
        let one = alone(&changed, &trust);
        for threads in [2, 3, 8] {
            let request = Request { trust: &trust, order: None, threads, progress: &mut |_, _| () };
            assert_eq!(verify(&changed[..], request).expect("a report"), one, "round {i}, {threads} threads");
        }
    }
}
