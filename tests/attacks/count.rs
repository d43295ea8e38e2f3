//! How many clips of an order there are: the station's count, and the ledger that is held against it.

use evidence::{
    finding::Code,
    ledger::{Entry, EntryKind, order_tag},
    note,
    statement::{ClipState, Count, Reason, Statement},
    trust::Trust,
    value::{Hash, Id, Time},
    verdict::{Audited, Report, SignerAnswer, Verdict},
};

use crate::support::{check::*, forge::*, ledgers::*};

const STATED: &[&str] = &["start-entry", "start-inclusion", "end-entry", "end-inclusion", "stated"];

#[track_caller]
fn refused(ledger: &Ledger, code: Code) -> Report {
    let report = rejected(&ledger.clip(), code);
    assert!(report.counted.is_none(), "{report:?}");
    report
}

/// With this change.
fn changed(edit: impl FnOnce(&mut Ledger)) -> Ledger {
    let mut ledger = Ledger::new();
    edit(&mut ledger);
    ledger
}

/// The count alone, with this change.
fn stated(edit: impl Fn(&mut Count) + 'static) -> Ledger {
    changed(|ledger| {
        ledger.edit_count = Box::new(edit);
        ledger.edit_parts = only(STATED);
    })
}

#[test]
fn a_count_says_which_other_clips_there_are() {
    let report = verified(&stated(|_| ()).clip(), &[Code::LedgerOtherClips, Code::LedgerOwnCount]);
    let counted = report.counted.clone().unwrap();
    assert_eq!((counted.clips.len(), counted.this, counted.audited), (5, 1, None));
    assert_eq!((counted.clips[0].id, counted.clips[0].state), (id(2), ClipState::Deleted));
    assert!(!report.has(Code::LedgerOthers) && !report.has(Code::LedgerSpanOnly));
    // Of one clip alone there are no others.
    let alone = stated(|count| count.clips.0.retain(|clip| clip.id == id(3)));
    assert!(!verified(&alone.clip(), &[Code::LedgerOwnCount]).has(Code::LedgerOtherClips));
    // Under a key that is not known nothing of it is said.
    let unknown = report_of(&stated(|_| ()));
    assert!(unknown.signer == SignerAnswer::Unknown && unknown.counted.is_none());
    assert!(!unknown.has(Code::LedgerOtherClips));
}

fn report_of(ledger: &Ledger) -> Report {
    report(&ledger.clip(), &Trust::default(), None)
}

#[test]
fn an_audit_shows_that_no_other_clip_is_there() {
    let report = verified(&Ledger::new().clip(), &[Code::LedgerOtherClips]);
    let audited = report.counted.clone().unwrap().audited.unwrap();
    let time = (Time(T0 - 2 * DAY), Time(T0 + DAY + 7));
    assert_eq!(audited, Audited { first: 0, end: 15, time, starts: (1, 7) });
    assert!(!report.has(Code::LedgerOwnCount) && !report.has(Code::LedgerSpanOnly));
    // Also of a part, which is said; the clips whose entries lie outside are the station's word.
    for span in [(1, 15), (2, 15), (3, 15), (4, 15), (4, 14), (4, 12), (4, 11), (4, 10), (4, 9), (4, 8), (4, 7), (0, 7)]
    {
        let ledger = changed(|ledger| {
            ledger.span = span;
            trim(ledger);
        });
        let report = verified(&ledger.clip(), &[Code::LedgerSpanOnly]);
        let audited = report.counted.unwrap().audited.unwrap();
        assert_eq!((audited.first, audited.end), span);
    }
}

/// Only the salts that the span needs.
fn trim(ledger: &mut Ledger) {
    let entries = &ledger.entries[ledger.span.0 as usize..ledger.span.1 as usize];
    let days: Vec<String> = entries.iter().filter(|e| e.order_tag.is_some()).map(Entry::day).collect();
    ledger.salts.0.retain(|day, _| days.contains(day));
}

#[test]
fn a_count_of_something_else() {
    let bad = |edit: fn(&mut Count)| refused(&stated(edit), Code::LedgerStated);
    bad(|count| count.order = v("SF1234567891"));
    // Of another checkpoint: an older one, a later one, a fork.
    bad(|count| count.size -= 1);
    bad(|count| count.size += 1);
    bad(|count| count.root = Hash([1; 32]));
    bad(|count| (count.size, count.root) = (10, root_of(10)));
    bad(|count| count.station = key(2).verifier().signer().name.clone());
    // Without this clip, or with another state than END gives it.
    bad(|count| count.clips.0.retain(|clip| clip.id != id(3)));
    bad(|count| count.clips.0[1].id = Id([99; 16]));
    for state in ClipState::ALL.iter().filter(|state| **state != ClipState::Sealed) {
        let ledger = changed(|ledger| {
            ledger.states[1].1 = *state;
            ledger.edit_parts = only(STATED);
        });
        refused(&ledger, Code::LedgerStated);
    }
}

/// The root of the first so many entries.
fn root_of(size: usize) -> Hash {
    let mut older = Ledger::new();
    older.entries.truncate(size);
    older.count().root
}

#[test]
fn a_stale_count() {
    // All of it is good, as of an older checkpoint than the clip's place is shown in.
    let mut older = Ledger::new();
    older.entries.truncate(10);
    let note = seal(&older.count(), &key(1)).0;
    let mut ledger = Ledger::new();
    ledger.edit_parts = Box::new(move |parts| {
        parts.truncate(5);
        parts[4].1 = note.clone();
    });
    refused(&ledger, Code::LedgerStated);
}

#[test]
fn a_cancelled_clip_is_counted_as_such() {
    let make = |state| {
        changed(|ledger| {
            ledger.forge.reason = Some(Reason::Cancelled);
            let parts = ledger.forge.parts();
            ledger.entries[6].statement = Hash::of(&parts[parts.len() - 1][24..]);
            ledger.states[1].1 = state;
        })
    };
    verified(&make(ClipState::Cancelled).clip(), &[]);
    refused(&make(ClipState::Sealed), Code::LedgerStated);
}

#[test]
fn a_count_that_the_station_did_not_sign() {
    for (signer, code) in [(key(2), Code::NoteSigner), (key(1), Code::NoteSignature)] {
        let text = Ledger::new().count().text();
        let mut note = String::from_utf8(note::sign(&text, &signer)).unwrap();
        if code == Code::NoteSignature {
            note = note.replacen(":deleted", ":damaged", 1);
        }
        let mut ledger = Ledger::new();
        ledger.edit_parts = part("stated", move |bytes| *bytes = note.clone().into_bytes());
        refused(&ledger, code);
    }
    // Another statement in its place, or none.
    for (bytes, code) in [
        (seal(&crate::support::proofs::enrolment(), &key(1)).0, Code::StatementGrammar),
        (Vec::new(), Code::NoteGrammar),
        (Ledger::new().checkpoint(), Code::StatementGrammar),
    ] {
        let mut ledger = Ledger::new();
        ledger.edit_parts = part("stated", move |part| *part = bytes.clone());
        refused(&ledger, code);
    }
}

#[test]
fn a_clip_without_an_order_is_in_no_count() {
    let ledger = changed(|ledger| {
        ledger.forge.order = None;
        let parts = ledger.forge.parts();
        ledger.entries[4].statement = Hash::of(&parts[1][24..]);
        ledger.entries[6].statement = Hash::of(&parts[parts.len() - 1][24..]);
    });
    refused(&ledger, Code::LedgerStated);
}

#[test]
fn parts_that_do_not_stand_alone() {
    for kinds in [
        &["stated"][..],
        &["audit", "salts"],
        &["start-entry", "start-inclusion", "end-entry", "stated"],
        &["start-entry", "start-inclusion", "end-entry", "end-inclusion", "audit", "salts"],
        &["start-entry", "start-inclusion", "end-entry", "end-inclusion", "stated", "audit"],
        &["start-entry", "start-inclusion", "end-entry", "end-inclusion", "stated", "salts"],
        &["start-entry", "start-inclusion", "end-entry", "end-inclusion", "salts"],
    ] {
        let ledger = changed(|ledger| ledger.edit_parts = only(kinds));
        refused(&ledger, Code::StatementGrammar);
    }
    for again in 4..7 {
        let twice = changed(|ledger| ledger.edit_parts = Box::new(move |parts| parts.push(parts[again].clone())));
        refused(&twice, Code::StatementGrammar);
    }
}

#[test]
fn a_count_that_withholds_a_clip_that_the_ledger_shows() {
    for withheld in [2, 5, 6, 7] {
        let ledger = changed(|ledger| ledger.states.retain(|(sequence, _)| *sequence != withheld));
        let report = refused(&ledger, Code::LedgerCount);
        assert_eq!(report.verdict, Verdict::Rejected);
        // Without the audit it is the station's word, and is said to be.
        let alone = changed(|ledger| {
            ledger.states.retain(|(sequence, _)| *sequence != withheld);
            ledger.edit_parts = only(STATED);
        });
        verified(&alone.clip(), &[Code::LedgerOwnCount]);
    }
    // Of the one before it only END, or only the tombstone, lies in the span: the tombstone has no tag.
    for (span, code) in [((3, 15), Some(Code::LedgerCount)), ((4, 15), None)] {
        let ledger = changed(|ledger| {
            ledger.states.remove(0);
            ledger.span = span;
            trim(ledger);
        });
        match code {
            Some(code) => drop(refused(&ledger, code)),
            None => drop(verified(&ledger.clip(), &[Code::LedgerSpanOnly])),
        }
    }
}

#[test]
fn a_counted_clip_that_the_ledger_does_not_show() {
    // The ledger is shown from its first START to its end, and this clip is not there.
    let invented = changed(|ledger| ledger.states.push((9, ClipState::Sealed)));
    refused(&invented, Code::LedgerCount);
    // One of another order.
    let other = changed(|ledger| ledger.states.push((4, ClipState::Sealed)));
    refused(&other, Code::LedgerCount);
    // One that has no order at all.
    let late = changed(|ledger| {
        ledger.entries[9].order_tag = None;
    });
    refused(&late, Code::LedgerCount);
    // A START of before the span may be of any order.
    let before = changed(|ledger| {
        ledger.span = (3, 15);
        ledger.states.insert(0, (1, ClipState::Sealed));
        trim(ledger);
    });
    verified(&before.clip(), &[Code::LedgerSpanOnly]);
}

#[test]
fn states_that_the_ledger_contradicts() {
    use ClipState::*;
    let good = [(0, [Deleted].as_slice()), (2, &[Sealed, Cancelled]), (3, &[NeverWritten]), (4, &[Open, Damaged])];
    for (place, fit) in good {
        for state in ClipState::ALL {
            let ledger = changed(|ledger| ledger.states[place].1 = *state);
            if fit.contains(state) {
                verified(&ledger.clip(), &[]);
            } else {
                refused(&ledger, Code::LedgerCount);
            }
        }
    }
    // What came behind the span is not known: the clip that was sealed may be deleted there, the open one anything.
    for (span, place, fit) in
        [((4, 11), 2, &[Sealed, Cancelled, Deleted][..]), ((4, 8), 2, ClipState::ALL), ((4, 11), 3, ClipState::ALL)]
    {
        for state in ClipState::ALL {
            let ledger = changed(|ledger| {
                (ledger.span, ledger.states[place].1) = (span, *state);
                trim(ledger);
            });
            if fit.contains(state) {
                verified(&ledger.clip(), &[]);
            } else {
                refused(&ledger, Code::LedgerCount);
            }
        }
    }
}

#[test]
fn a_span_that_leaves_an_entry_out() {
    // Neither first, last nor one between; whether or not the head says so.
    for left_out in [0, 9, 14] {
        let mut whole = Ledger::new();
        let audit = {
            let mut short = Ledger::new();
            short.entries.remove(left_out);
            short.span = (0, 14);
            String::from_utf8_lossy(&short.audit()).replacen("size 14", "size 15", 1).into_bytes()
        };
        whole.edit_parts = part("audit", move |bytes| *bytes = audit.clone());
        refused(&whole, Code::LedgerAudit);
    }
    let edits: [fn(&mut Vec<u8>); 5] = [
        |bytes| bytes.clear(),
        |bytes| bytes.truncate(bytes.len() - 1),
        |bytes| bytes.push(0),
        |bytes| *bytes.last_mut().unwrap() ^= 1,
        |bytes| bytes[20] ^= 1,
    ];
    for edit in edits {
        let ledger = changed(|ledger| ledger.edit_parts = part("audit", edit));
        refused(&ledger, Code::LedgerAudit);
    }
    // Of an older checkpoint, all of it.
    let audit = changed(|ledger| {
        ledger.entries.truncate(10);
        ledger.span = (0, 10);
    })
    .audit();
    let ledger = changed(|ledger| ledger.edit_parts = part("audit", move |bytes| *bytes = audit.clone()));
    refused(&ledger, Code::LedgerAudit);
    // One that is not around the clip.
    for span in [(5, 15), (0, 6), (0, 4), (7, 15)] {
        let ledger = changed(|ledger| {
            ledger.span = span;
            trim(ledger);
        });
        refused(&ledger, Code::LedgerAudit);
    }
}

#[test]
fn entries_swapped() {
    // In the part alone: it leads to another root.
    let mut other = Ledger::new();
    other.entries.swap(8, 9);
    let audit = other.audit();
    let ledger = changed(|ledger| ledger.edit_parts = part("audit", move |bytes| *bytes = audit.clone()));
    refused(&ledger, Code::LedgerAudit);
}

#[test]
fn salts_that_are_wrong_missing_of_another_day_or_too_many() {
    let days: Vec<String> = Ledger::new().salts.0.into_keys().collect();
    assert_eq!(days.len(), 3);
    for day in &days {
        // With a wrong salt every entry of its day would be of another order.
        let wrong = changed(|ledger| _ = ledger.salts.0.insert(day.clone(), [1; 32]));
        refused(&wrong, Code::LedgerAudit);
        let missing = changed(|ledger| _ = ledger.salts.0.remove(day));
        refused(&missing, Code::LedgerAudit);
        let other = days.iter().find(|other| *other != day).unwrap();
        let of_another_day = changed(|ledger| _ = ledger.salts.0.insert(day.clone(), salt(other)));
        refused(&of_another_day, Code::LedgerAudit);
    }
    for more in ["2026-01-01", "2999-12-31", "", "tomorrow"] {
        let more = changed(|ledger| _ = ledger.salts.0.insert(more.to_owned(), [1; 32]));
        refused(&more, Code::LedgerAudit);
    }
    let edits: [fn(&mut Vec<u8>); 3] =
        [|bytes| bytes.clear(), |bytes| bytes.push(b'\n'), |bytes| bytes.truncate(bytes.len() - 1)];
    for edit in edits {
        let ledger = changed(|ledger| ledger.edit_parts = part("salts", edit));
        refused(&ledger, Code::LedgerAudit);
    }
    // The station withholds a clip and discloses another salt for its day alone: no entry of this clip is of that day.
    let hidden = changed(|ledger| {
        ledger.states.retain(|(sequence, _)| [2, 3].contains(sequence));
        ledger.salts.0.insert(days[2].clone(), [1; 32]);
    });
    refused(&hidden, Code::LedgerAudit);
    // Two salts on one day.
    let two = changed(|ledger| ledger.entries[10].order_tag = Some(order_tag(&[1; 32], &v(ORDER))));
    refused(&two, Code::LedgerAudit);
}

#[test]
fn a_ledger_that_contradicts_itself() {
    use EntryKind::{End, Start, Tombstone};
    let day = DAY + 8;
    // Each as one more entry at the end, which the station signed.
    for more in [
        // A number taken twice, by another clip and by the same one; a clip with two numbers.
        Entry { clip: Some(Id([99; 16])), ..entry(Start, 7, None, day) },
        entry(Start, 7, Some(ORDER), day),
        Entry { clip: Some(id(7)), ..entry(Start, 8, None, day) },
        Entry { clip: Some(id(3)), ..entry(Start, 8, Some(ORDER), day) },
        // A START that was kept out of the ledger, or number 3 again.
        entry(Start, 9, None, day),
        Entry { clip: Some(Id([99; 16])), ..entry(Start, 3, Some(ORDER), day) },
        // END twice, of another number, behind a tombstone; a clip that never began.
        entry(End, 3, Some(ORDER), day),
        Entry { sequence: Some(4), ..entry(End, 7, Some(ORDER), day) },
        entry(End, 6, Some(ORDER), day),
        entry(End, 8, None, day),
        entry(Tombstone, 8, None, day),
        entry(Tombstone, 2, None, day),
        // END of another order than START, and of none.
        entry(End, 7, Some("SF9"), day),
        entry(End, 7, None, day),
    ] {
        let ledger = changed(|ledger| {
            ledger.entries.push(more.clone());
            ledger.span.1 += 1;
        });
        refused(&ledger, Code::LedgerEntries);
    }
    // END before START.
    let swapped = changed(|ledger| {
        ledger.entries.push(entry(End, 8, None, day));
        ledger.entries.push(entry(Start, 8, None, day));
        ledger.span.1 += 2;
    });
    refused(&swapped, Code::LedgerEntries);
    // A START left out between two others.
    let gap = changed(|ledger| {
        ledger.entries.remove(5);
        ledger.entries.remove(7);
        ledger.places = (4, 5);
        ledger.span.1 = 13;
    });
    refused(&gap, Code::LedgerEntries);
    // What is no entry of the one form.
    let good = changed(|ledger| {
        ledger.entries.push(entry(End, 7, Some(ORDER), day));
        ledger.span.1 += 1;
        ledger.states[4].1 = ClipState::Sealed;
    });
    verified(&good.clip(), &[]);
}

#[test]
fn without_a_key_a_wrong_count_is_refused_as_well() {
    let ledger = changed(|ledger| ledger.states.truncate(4));
    assert_eq!(report_of(&ledger).refusal().map(|f| f.code), Some(Code::LedgerCount));
    assert_eq!(report_of(&Ledger::new()).verdict, Verdict::UnknownSigner);
}
