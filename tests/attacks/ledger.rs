//! What PROOF shows of the ledger: that a clip's START and END stand in it.

use evidence::{
    finding::Code,
    ledger::{Entry, EntryKind},
    trust::Trust,
    value::{Hash, Id},
    verdict::{Included, Verdict},
};

use crate::support::{check::*, forge::*, ledgers::*};

#[track_caller]
fn refused(ledger: &Ledger, code: Code) {
    let report = rejected(&ledger.clip(), code);
    assert!(report.included.is_none(), "{report:?}");
}

/// Changes the part of this kind.
#[track_caller]
fn part_refused(kind: &'static str, change: impl Fn(&mut Vec<u8>) + 'static, code: Code) {
    let mut ledger = Ledger::new();
    ledger.edit_parts =
        Box::new(move |parts| change(&mut parts.iter_mut().find(|(k, _)| *k == kind).expect("such a part").1));
    refused(&ledger, code);
}

/// Another text in its place, where there is that one.
fn replace(from: &'static str, to: &'static str) -> impl Fn(&mut Vec<u8>) {
    move |bytes| {
        let text = String::from_utf8(bytes.clone()).unwrap();
        assert!(text.contains(from), "{text}");
        *bytes = text.replacen(from, to, 1).into_bytes();
    }
}

#[test]
fn a_clip_is_shown_in_its_ledger() {
    let ledger = Ledger::new();
    let report = verified(&ledger.clip(), &[Code::LedgerOthers]);
    let Included { checkpoint, start, end } = report.included.clone().unwrap();
    assert_eq!((checkpoint.size, start, end), (6, 2, 4));
    assert!(!report.has(Code::LedgerNotShown));
    // Without PROOF it is not, and that is no fault.
    assert!(verified(&ledger.forge.clip(), &[Code::LedgerNotShown]).included.is_none());
    // Under a key that is not known nothing of it is proven.
    let unknown = report_of(&ledger);
    assert_eq!((unknown.verdict, unknown.included), (Verdict::UnknownSigner, None));
    // In any order.
    let mut ledger = Ledger::new();
    ledger.edit_parts = Box::new(|parts| parts.reverse());
    assert!(verified(&ledger.clip(), &[]).included.is_some());
}

fn report_of(ledger: &Ledger) -> evidence::verdict::Report {
    report(&ledger.clip(), &Trust::default(), None)
}

#[test]
fn entries_of_another_clip_number_statement_or_kind() {
    let with = |place: usize, edit: fn(&mut Entry)| {
        let mut ledger = Ledger::new();
        edit(&mut ledger.entries[place]);
        refused(&ledger, Code::LedgerEntry);
        // Without a key the bonds are held against each other all the same.
        assert_eq!(report_of(&ledger).refusal().map(|f| f.code), Some(Code::LedgerEntry));
    };
    for place in [2, 4] {
        with(place, |entry| entry.clip = Some(Id([9; 16])));
        with(place, |entry| entry.sequence = Some(2));
        with(place, |entry| entry.statement = Hash([1; 32]));
        with(place, |entry| entry.kind = EntryKind::Tombstone);
    }
    with(2, |entry| entry.kind = EntryKind::End);
    with(4, |entry| entry.kind = EntryKind::Start);
    // Those of another clip, and the two in each other's place.
    for places in [(0, 1), (3, 4), (2, 5), (4, 2), (2, 2), (4, 4)] {
        refused(&Ledger { places, ..Ledger::new() }, Code::LedgerEntry);
    }
}

#[test]
fn an_entry_that_is_not_the_one_that_stands_there() {
    for kind in ["start-entry", "end-entry"] {
        // What it says of the clip is right.
        part_refused(kind, replace("time 2026-", "time 2025-"), Code::LedgerInclusion);
        part_refused(kind, replace("packseal/entry/v1", "packseal/entry/v2"), Code::LedgerEntry);
        part_refused(kind, replace("\nkind", "\n\nkind"), Code::LedgerEntry);
        part_refused(kind, |bytes| bytes.push(b'\n'), Code::LedgerEntry);
        part_refused(kind, |bytes| bytes.push(0xff), Code::LedgerEntry);
    }
}

#[test]
fn a_wrong_place_root_or_path() {
    for (kind, here, next, other) in
        [("start-inclusion", "index 2\n", "index 3\n", 4), ("end-inclusion", "index 4\n", "index 5\n", 2)]
    {
        let change = |change: &dyn Fn(&mut Vec<u8>)| {
            let mut ledger = Ledger::new();
            let at = ledger.parts().iter().position(|(k, _)| *k == kind).unwrap();
            let mut bytes = ledger.parts()[at].1.clone();
            change(&mut bytes);
            ledger.edit_parts = Box::new(move |parts| parts[at].1 = bytes.clone());
            refused(&ledger, Code::LedgerInclusion);
            // Also without a key.
            assert_eq!(report_of(&ledger).refusal().map(|f| f.code), Some(Code::LedgerInclusion));
        };
        change(&replace(here, next));
        change(&replace("tlog-proof@v1", "tlog-proof@v2"));
        // A hash less, one more, and one changed.
        let first = |bytes: &[u8]| bytes.windows(here.len()).position(|w| w == here.as_bytes()).unwrap() + here.len();
        change(&|bytes| drop(bytes.drain(first(bytes)..first(bytes) + 45)));
        change(&|bytes| {
            let (at, hash) = (first(bytes), bytes[first(bytes)..first(bytes) + 45].to_vec());
            bytes.splice(at..at, hash);
        });
        change(&|bytes| {
            let at = first(bytes);
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        });
        // The size, and so what is signed.
        change(&replace("\n6\n", "\n5\n"));
        change(&|bytes| *bytes = Ledger::new().inclusion(other));
    }
}

#[test]
fn a_checkpoint_of_another_key_or_two_checkpoints() {
    let with = |edit: fn(&mut Ledger), changed: &'static [usize]| {
        let mut other = Ledger::new();
        edit(&mut other);
        let proofs = [2, 4].map(|place| other.inclusion(place));
        let mut ledger = Ledger::new();
        ledger.edit_parts = Box::new(move |parts| changed.iter().for_each(|&n| parts[2 * n + 1].1 = proofs[n].clone()));
        refused(&ledger, Code::LedgerInclusion);
    };
    // The whole ledger is another station's; or each proof is good, but not of one moment.
    with(|other| other.forge.key = key(2), &[0, 1]);
    for changed in [&[0][..], &[1]] {
        with(|other| other.forge.key = key(2), changed);
        with(|other| other.entries.truncate(5), changed);
    }
}

#[test]
fn end_stands_before_start() {
    let mut ledger = Ledger::new();
    ledger.entries.swap(2, 4);
    ledger.places = (4, 2);
    refused(&ledger, Code::LedgerInclusion);
}

#[test]
fn all_four_parts_once_or_none() {
    for n in 0..4 {
        let mut ledger = Ledger::new();
        ledger.edit_parts = Box::new(move |parts| drop(parts.remove(n)));
        refused(&ledger, Code::StatementGrammar);
        ledger.edit_parts = Box::new(move |parts| parts.push(parts[n].clone()));
        refused(&ledger, Code::StatementGrammar);
    }
}
