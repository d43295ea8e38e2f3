//! Which order a clip is of.

use evidence::{
    finding::Code,
    statement::{Event, EventKind},
    verdict::{OrderAnswer, Report},
};

use crate::support::{check::*, forge::*, notes::*};

const ORDER: &str = "SF1234567890";

fn event(kind: EventKind) -> Event {
    Event { offset: 10, kind }
}

/// A clip whose START does not know the order, with these events in span 1 and this order in END.
fn late(events: Vec<EventKind>, end: Option<&str>) -> Forge {
    let mut forge = forge();
    forge.order = None;
    forge.spans[1].events = events.into_iter().map(event).collect();
    forge.end_order = Some(end.map(v));
    forge
}

#[track_caller]
fn asked(clip: &[u8], order: &str, status: u8, answer: OrderAnswer) -> Report {
    let report = report(clip, &trust(), Some(order));
    assert_eq!((report.verdict.exit_status(), report.order), (status, answer), "{:?}", report.findings);
    report
}

#[test]
fn matches_differs_and_not_asked() {
    let clip = forge().clip();
    asked(&clip, ORDER, 0, OrderAnswer::Matches);
    for other in ["SF1234567891", "sf1234567890", "SF123456789", "SF12345678900", "-SF1234567890"] {
        assert!(asked(&clip, other, 1, OrderAnswer::Differs).has(Code::OrderDiffers));
    }
    assert_eq!(verified(&clip, &[]).order, OrderAnswer::NotAsked);
}

#[test]
fn order_swapped_by_a_stranger() {
    for part in [1, 10] {
        let mut parts = forge().parts();
        edit_note(&mut parts[part], |note| {
            let text = String::from_utf8(note.clone()).unwrap().replace(ORDER, "SF1234567891");
            *note = text.into_bytes();
        });
        rejected(&parts.concat(), Code::NoteSignature);
    }
}

#[test]
fn end_names_another_order() {
    for end in [None, Some("SF1234567891")] {
        let mut forge = forge();
        forge.end_order = Some(end.map(v));
        rejected_at(&forge.clip(), Code::OrderBinding, 4);
    }
}

#[test]
fn late_order_is_bound_by_an_event_and_end() {
    let kinds: [fn() -> EventKind; 3] =
        [|| EventKind::OrderScan(v(ORDER)), || EventKind::OrderApi(v(ORDER)), || EventKind::LabelRead(v(ORDER), 3)];
    for kind in kinds {
        let clip = late(vec![kind()], Some(ORDER)).clip();
        asked(&clip, ORDER, 0, OrderAnswer::Matches);
        asked(&clip, "SF0", 1, OrderAnswer::Differs);
    }
}

#[test]
fn late_order_without_end_is_not_proven() {
    let mut forge = late(vec![EventKind::OrderScan(v(ORDER))], Some(ORDER));
    forge.reason = None;
    let report = asked(&forge.clip(), ORDER, 4, OrderAnswer::NotProven);
    assert!(report.has(Code::OrderNotProven));
    // The event is signed, though: of another order it certainly is.
    asked(&forge.clip(), "SF0", 1, OrderAnswer::Differs);
    // START's own order counts without END.
    let mut forge = self::forge();
    forge.reason = None;
    let report = asked(&forge.clip(), ORDER, 4, OrderAnswer::Matches);
    assert!(!report.has(Code::OrderNotProven));
}

#[test]
fn no_order_at_all_is_not_proven() {
    let clip = late(vec![], None).clip();
    assert!(asked(&clip, ORDER, 4, OrderAnswer::NotProven).has(Code::OrderNotProven));
    verified(&clip, &[]);
}

#[test]
fn end_claims_what_no_event_says() {
    rejected_at(&late(vec![], Some(ORDER)).clip(), Code::OrderBinding, 4);
    rejected_at(&late(vec![EventKind::OrderScan(v(ORDER))], None).clip(), Code::OrderBinding, 4);
    rejected_at(&late(vec![EventKind::OrderScan(v("SF0"))], Some(ORDER)).clip(), Code::OrderBinding, 4);
    // Codes that are not taken as the order bind nothing.
    rejected_at(&late(vec![EventKind::NextScan], Some(ORDER)).clip(), Code::OrderBinding, 4);
}

#[test]
fn events_that_contradict_each_other() {
    let two = vec![EventKind::OrderScan(v(ORDER)), EventKind::OrderApi(v("SF0"))];
    rejected_at(&late(two, Some(ORDER)).clip(), Code::OrderBinding, 1);
    let read = vec![EventKind::OrderScan(v(ORDER)), EventKind::LabelRead(v("SF0"), 1)];
    rejected_at(&late(read, Some(ORDER)).clip(), Code::OrderBinding, 1);
    let mut forge = forge();
    forge.spans[2].events = vec![event(EventKind::OrderScan(v("SF0")))];
    rejected_at(&forge.clip(), Code::OrderBinding, 2);
}

#[test]
fn label_of_another_order_in_the_picture() {
    let mut forge = forge();
    forge.spans[2].events = vec![event(EventKind::LabelConflict(12, 5))];
    rejected(&forge.clip(), Code::OrderConflict);
    let report = asked(&forge.clip(), ORDER, 1, OrderAnswer::Matches);
    assert!(report.has(Code::OrderConflict));
}

#[test]
fn nothing_is_said_of_the_order_under_an_unknown_key() {
    let mut forge = forge();
    forge.key = key(2);
    for order in [ORDER, "SF0"] {
        let report = asked(&forge.clip(), order, 3, OrderAnswer::NotProven);
        assert!(report.facts.is_none());
        let codes: Vec<_> = report.findings.iter().map(|f| f.code).collect();
        assert_eq!(codes, [Code::SignerUnknown]);
    }
}
