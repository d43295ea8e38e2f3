//! What PROOF shows of the ledger: that a clip's START and END stand in it.

use evidence::{
    finding::Code,
    ledger::{Entry, EntryKind},
    statement::Statement,
    trust::Trust,
    value::{Hash, Id},
    verdict::{Included, Report, Verdict},
};

use crate::support::{check::*, forge::*, ledgers::*, proofs};

const FOUR: [&str; 4] = ["start-entry", "start-inclusion", "end-entry", "end-inclusion"];

/// A ledger of which PROOF shows the clip's own entries.
fn ledger() -> Ledger {
    let mut ledger = Ledger::new();
    ledger.edit_parts = only(&FOUR);
    ledger
}

/// Changes an entry that PROOF shows, and the ledger with it: only what it says is wrong.
#[track_caller]
fn entry_refused(place: usize, edit: impl FnOnce(&mut Entry)) {
    let mut ledger = ledger();
    edit(&mut ledger.entries[place]);
    refused(&ledger.clip(), Code::LedgerEntry);
}

#[track_caller]
fn refused(clip: &[u8], code: Code) -> Report {
    let report = rejected(clip, code);
    assert!(report.included.is_none() && report.counted.is_none(), "{report:?}");
    report
}

#[test]
fn a_clip_is_shown_in_its_ledger() {
    let ledger = ledger();
    let report = verified(&ledger.clip(), &[Code::LedgerOthers]);
    let Included { checkpoint, start, end } = report.included.clone().unwrap();
    assert_eq!((checkpoint.size, start, end), (15, 4, 6));
    assert_eq!(checkpoint.root, ledger.count().root);
    assert!(report.counted.is_none() && !report.has(Code::LedgerNotShown));
    // Without PROOF it is not, and that is no fault.
    assert!(verified(&ledger.forge.clip(), &[Code::LedgerNotShown]).included.is_none());
    // Under a key that is not known nothing of it is proven.
    let unknown = crate::support::check::report(&ledger.clip(), &Trust::default(), None);
    assert_eq!((unknown.verdict, unknown.included), (Verdict::UnknownSigner, None));
}

#[test]
fn entries_of_another_clip_number_statement_or_kind() {
    for place in [4, 6] {
        entry_refused(place, |entry| entry.clip = Some(Id([9; 16])));
        entry_refused(place, |entry| entry.sequence = Some(2));
        entry_refused(place, |entry| entry.statement = Hash([1; 32]));
        entry_refused(place, |entry| (entry.kind, entry.order_tag) = (EntryKind::Tombstone, None));
    }
    entry_refused(4, |entry| entry.kind = EntryKind::End);
    entry_refused(6, |entry| entry.kind = EntryKind::Start);
    // START's hash in END's entry.
    let start = Ledger::new().entries[4].statement;
    entry_refused(6, |entry| entry.statement = start);
    // Those of another clip of the order, and the two in each other's place.
    for places in [(2, 3), (4, 3), (2, 6), (6, 4), (4, 4), (6, 6)] {
        let mut ledger = ledger();
        ledger.places = places;
        refused(&ledger.clip(), Code::LedgerEntry);
    }
}

#[test]
fn an_entry_that_is_not_the_one_that_stands_there() {
    for kind in ["start-entry", "end-entry"] {
        let edit = |from: &'static str, to: &'static str| {
            let mut ledger = ledger();
            ledger.edit_parts = part(kind, move |bytes| {
                let text = String::from_utf8(bytes.clone()).unwrap();
                assert!(text.contains(from));
                *bytes = text.replacen(from, to, 1).into_bytes();
            });
            ledger.clip()
        };
        // What it says of the clip is right.
        refused(&edit("time 2026-", "time 2025-"), Code::LedgerInclusion);
        refused(&edit("packseal/entry/v1", "packseal/entry/v2"), Code::LedgerEntry);
        refused(&edit("\nkind", "\n\nkind"), Code::LedgerEntry);
        for more in [&b"\n"[..], b"more 1\n", b"\xff"] {
            let mut ledger = ledger();
            ledger.edit_parts = part(kind, move |bytes| bytes.extend_from_slice(more));
            refused(&ledger.clip(), Code::LedgerEntry);
        }
    }
}

#[test]
fn a_wrong_place_root_or_path() {
    for (kind, other) in [("start-inclusion", 6), ("end-inclusion", 4)] {
        let change = |change: fn(&mut String)| {
            let mut ledger = ledger();
            ledger.edit_parts = part(kind, move |bytes| {
                let mut text = String::from_utf8(bytes.clone()).unwrap();
                change(&mut text);
                *bytes = text.into_bytes();
            });
            refused(&ledger.clip(), Code::LedgerInclusion);
        };
        change(|text| *text = text.replacen("index 4", "index 5", 1).replacen("index 6", "index 7", 1));
        change(|text| *text = text.replacen("index ", "index 1", 1));
        change(|text| *text = text.replacen("tlog-proof@v1", "tlog-proof@v2", 1));
        // A hash less, one more, and one changed.
        change(|text| {
            let at = text.find("index").unwrap() + 8;
            text.replace_range(at..at + 45, "");
        });
        change(|text| {
            let at = text.find("index").unwrap() + 8;
            let hash = text[at..at + 45].to_owned();
            text.insert_str(at, &hash);
        });
        change(|text| {
            let at = text.find("index").unwrap() + 8;
            let letter = if text[at..].starts_with('A') { "B" } else { "A" };
            text.replace_range(at..=at, letter);
        });
        // The size, and so what is signed.
        change(|text| *text = text.replacen("\n15\n", "\n14\n", 1));
        let mut ledger = ledger();
        let proof = ledger.inclusion(other);
        ledger.edit_parts = part(kind, move |bytes| *bytes = proof.clone());
        refused(&ledger.clip(), Code::LedgerInclusion);
    }
}

#[test]
fn a_checkpoint_of_another_key_or_two_checkpoints() {
    // The whole ledger is another station's, or its key another one of this station's name.
    for signer in [|| key(2), || proofs::root(1)] {
        for both in [false, true] {
            let mut foreign = Ledger::new();
            foreign.forge.key = signer();
            let [start, end] = [4, 6].map(|place| foreign.inclusion(place));
            let mut ledger = ledger();
            ledger.edit_parts = Box::new(move |parts| {
                parts.retain(|(kind, _)| FOUR.contains(kind));
                parts[3].1 = end.clone();
                if both {
                    parts[1].1 = start.clone();
                }
            });
            refused(&ledger.clip(), Code::LedgerInclusion);
        }
    }
    // Each is good, of one ledger, but not of one moment.
    for kind in ["start-inclusion", "end-inclusion"] {
        let mut older = Ledger::new();
        older.entries.truncate(10);
        let proof = older.inclusion(if kind == "start-inclusion" { 4 } else { 6 });
        let mut ledger = ledger();
        ledger.edit_parts = Box::new(move |parts| {
            parts.retain(|(kind, _)| FOUR.contains(kind));
            parts.iter_mut().find(|(k, _)| *k == kind).unwrap().1 = proof.clone();
        });
        refused(&ledger.clip(), Code::LedgerInclusion);
    }
}

#[test]
fn end_stands_before_start() {
    let mut ledger = ledger();
    ledger.entries.swap(4, 6);
    ledger.places = (6, 4);
    refused(&ledger.clip(), Code::LedgerInclusion);
}

#[test]
fn all_four_parts_or_none() {
    for left_out in 0..4 {
        let mut ledger = ledger();
        ledger.edit_parts = Box::new(move |parts| {
            parts.retain(|(kind, _)| FOUR.contains(kind));
            parts.remove(left_out);
        });
        refused(&ledger.clip(), Code::StatementGrammar);
        let mut ledger = Ledger::new();
        ledger.edit_parts = Box::new(move |parts| {
            parts.retain(|(kind, _)| FOUR.contains(kind));
            parts.push(parts[left_out].clone());
        });
        refused(&ledger.clip(), Code::StatementGrammar);
    }
    // In any order.
    let mut ledger = ledger();
    ledger.edit_parts = Box::new(|parts| {
        parts.retain(|(kind, _)| FOUR.contains(kind));
        parts.reverse();
    });
    assert!(verified(&ledger.clip(), &[]).included.is_some());
}

#[test]
fn proofs_of_two_clips_swapped() {
    // Another clip of the same station and order, with a PROOF of its own.
    let mut other = Ledger::new();
    other.forge.edit_start = Box::new(|start| {
        (start.sequence, start.previous_start) = (3, Some(Hash::of(b"the one before")));
        start.operator = Some(v("ann"));
    });
    let parts = other.forge.parts();
    other.entries[4].statement = Hash::of(&parts[1][24..]);
    other.entries[6].statement = Hash::of(&parts[parts.len() - 1][24..]);
    let (one, two) = (Ledger::new(), other);
    verified(&one.clip(), &[]);
    verified(&two.clip(), &[]);
    for (clip, foreign) in [(&one, &two), (&two, &one)] {
        let bare = clip.forge.clip();
        let proof = foreign.clip()[foreign.forge.clip().len()..].to_vec();
        rejected(&[bare.clone(), proof].concat(), Code::ProofForm);
        // Signed for this clip, with the other one's parts.
        let parts = foreign.parts();
        let parts: Vec<(&str, &[u8])> = parts.iter().map(|(kind, bytes)| (*kind, &bytes[..])).collect();
        refused(&[bare.clone(), proofs::proof_of(&bare, &parts, &key(1))].concat(), Code::LedgerEntry);
    }
}

#[test]
fn without_a_key_the_bonds_are_still_held_against_each_other() {
    let mut ledger = ledger();
    ledger.entries[4].statement = Hash([1; 32]);
    let report = report(&ledger.clip(), &Trust::default(), None);
    assert_eq!(report.refusal().map(|f| f.code), Some(Code::LedgerEntry));
    // A checkpoint of another key id: it is not START's.
    let mut ledger = Ledger::new();
    ledger.edit_parts = Box::new(|parts| {
        parts.retain(|(kind, _)| FOUR.contains(kind));
        for (_, bytes) in parts.iter_mut().filter(|(kind, _)| kind.ends_with("inclusion")) {
            let at = bytes.iter().rposition(|b| *b == b' ').unwrap() + 1;
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        }
    });
    let unknown = crate::support::check::report(&ledger.clip(), &Trust::default(), None);
    assert_eq!(unknown.refusal().map(|f| f.code), Some(Code::LedgerInclusion));
    // A statement in an entry's place.
    let mut ledger = Ledger::new();
    let count = ledger.count().text().into_bytes();
    ledger.edit_parts = part("start-entry", move |bytes| *bytes = count.clone());
    refused(&ledger.clip(), Code::LedgerEntry);
}
