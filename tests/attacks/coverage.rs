//! How much of a recording a clip shows: gaps, losses, excerpts, reasons, sources.

use evidence::{
    finding::Code,
    statement::{ClockKind, ClockState, Control, Event, EventKind, Reason, Source},
};

use crate::support::{check::*, forge::*};

/// A clip with the media of these spans withheld.
fn excerpt(withheld: &[usize]) -> Forge {
    let mut forge = forge();
    for i in withheld {
        forge.spans[*i].withheld = true;
    }
    forge
}

#[test]
fn excerpts_of_one_run() {
    for (withheld, shown) in [
        (&[1, 2, 3][..], (0, 90_000)),
        (&[0], (90_000, 360_000)),
        (&[3], (0, 270_000)),
        (&[0, 3], (90_000, 270_000)),
        (&[0, 1, 2], (270_000, 360_000)),
    ] {
        let report = partial(&excerpt(withheld).clip(), &[Code::Excerpt]);
        let facts = report.facts.unwrap();
        assert_eq!((facts.shown, facts.links, facts.frames), (Some(shown), 4, 40));
    }
}

#[test]
fn anyone_can_cut_an_excerpt() {
    let mut parts = forge().parts();
    parts[2].clear();
    parts[8].clear();
    assert_eq!(parts.concat(), excerpt(&[0, 3]).clip());
}

#[test]
fn montage_by_excerpt() {
    rejected_at(&excerpt(&[1]).clip(), Code::ExcerptRun, 2);
    rejected_at(&excerpt(&[1, 2]).clip(), Code::ExcerptRun, 3);
    rejected_at(&excerpt(&[0, 2]).clip(), Code::ExcerptRun, 3);
}

#[test]
fn excerpt_of_nothing() {
    rejected_at(&excerpt(&[0, 1, 2, 3]).clip(), Code::ExcerptRun, 4);
}

#[test]
fn excerpt_without_end() {
    for withheld in [0, 3] {
        let mut forge = excerpt(&[withheld]);
        forge.reason = None;
        rejected(&forge.clip(), Code::ExcerptRun);
    }
}

#[test]
fn excerpt_across_a_gap() {
    let mut forge = excerpt(&[0]);
    forge.spans.insert(2, gap(90_000));
    let report = partial(&forge.clip(), &[Code::Excerpt, Code::Interrupted]);
    assert_eq!(report.facts.unwrap().shown, Some((90_000, 450_000)));
}

#[test]
fn withheld_in_a_gap() {
    // Nothing was recorded, so nothing can be withheld: the gap is a gap, whether the flag is set or not.
    let mut forge = forge();
    forge.spans.insert(2, Span { withheld: true, ..gap(90_000) });
    let report = partial(&forge.clip(), &[Code::Interrupted]);
    assert!(!report.has(Code::Excerpt));
}

#[test]
fn withheld_link_says_more_than_a_fragment_can_hold() {
    // Of media that nobody sees, the statement still has to be possible.
    let mut forge = excerpt(&[3]);
    forge.edit_link = Box::new(|link| {
        if link.index == 3 {
            link.length = 64 * 1024 * 1024 + 1
        }
    });
    rejected_at(&forge.clip(), Code::StatementGrammar, 3);
    let mut forge = excerpt(&[3]);
    forge.edit_link = Box::new(|link| {
        if link.index == 3 {
            link.ticks.1 += 360_000;
            link.monotonic.1 += 4_000_000;
            link.time.1.0 += 4_000_000;
        }
    });
    forge.edit_end = Box::new(|end| {
        end.ticks += 360_000;
        end.time.0 += 4_000_000;
    });
    rejected_at(&forge.clip(), Code::StatementGrammar, 3);
    let mut forge = excerpt(&[3]);
    forge.rate = v("120/1");
    forge.edit_link = Box::new(|link| {
        if link.index == 3 {
            link.frames = 241;
        }
    });
    rejected_at(&forge.clip(), Code::StatementGrammar, 3);
}

#[test]
fn gaps_are_listed() {
    let mut forge = forge();
    forge.spans.insert(1, gap(45_000));
    forge.spans.push(gap(324_000_000));
    let report = partial(&forge.clip(), &[Code::Interrupted]);
    let facts = report.facts.unwrap();
    assert_eq!((facts.gap_count, facts.gaps), (2, vec![(90_000, 135_000), (405_000, 324_405_000)]));
}

#[test]
fn a_gap_longer_than_an_hour() {
    let mut forge = forge();
    forge.spans.push(gap(324_000_001));
    rejected_at(&forge.clip(), Code::StatementGrammar, 4);
}

#[test]
fn many_gaps() {
    let mut forge = forge();
    forge.spans.extend((0..150).map(|_| gap(9000)));
    let facts = partial(&forge.clip(), &[]).facts.unwrap();
    assert_eq!((facts.gap_count, facts.gaps.len()), (150, 100));
}

#[test]
fn nothing_but_gaps() {
    let mut forge = forge();
    forge.spans = vec![gap(90_000)];
    rejected_at(&forge.clip(), Code::StatementGrammar, 1);
    forge.reason = None;
    partial(&forge.clip(), &[Code::EndNotShown, Code::Interrupted]);
}

#[test]
fn no_span_at_all() {
    let mut forge = forge();
    forge.spans.clear();
    rejected_at(&forge.clip(), Code::StatementGrammar, 0);
    forge.reason = None;
    let facts = partial(&forge.clip(), &[Code::EndNotShown]).facts.unwrap();
    assert_eq!((facts.links, facts.frames), (0, 0));
}

#[test]
fn lost_frames_are_counted() {
    let mut forge = forge();
    forge.spans[1].lost = 3;
    assert_eq!(verified(&forge.clip(), &[Code::FramesLost]).facts.unwrap().lost, 3);
}

#[test]
fn events_are_listed_with_their_ticks() {
    let mut forge = forge();
    let event = |offset, kind| Event { offset, kind };
    forge.spans[0].events = vec![event(0, EventKind::Still), event(1_000_000, EventKind::Moving)];
    forge.spans[2].events = vec![event(300_000, EventKind::Control(Control::Hold))];
    let facts = verified(&forge.clip(), &[]).facts.unwrap();
    let hold = (207_000, EventKind::Control(Control::Hold));
    assert_eq!(facts.events, [(0, EventKind::Still), (90_000, EventKind::Moving), hold]);
    assert_eq!(facts.event_count, 3);

    // Of a refused clip nothing behind the refusal, whether the walk or the crew found it.
    let first = facts.events[..2].to_vec();
    let mut parts = forge.parts();
    let last = parts[6].len() - 1;
    parts[6][last] ^= 1;
    assert_eq!(rejected_at(&parts.concat(), Code::FragmentDigest, 2).facts.unwrap().events, first);
    forge.edit_link = Box::new(|link| link.first_frame += u64::from(link.index == 2));
    assert_eq!(rejected_at(&forge.clip(), Code::LinkContinuity, 2).facts.unwrap().events, first);
}

#[test]
fn more_events_than_are_listed() {
    let mut forge = forge();
    forge.spans = (0..20).flat_map(|_| forge.spans.clone()).collect();
    for span in &mut forge.spans {
        span.events = vec![Event { offset: 1_000, kind: EventKind::Still }; 64];
    }
    forge.edit_link = Box::new(|link| link.events_dropped = link.index);
    let facts = verified(&forge.clip(), &[]).facts.unwrap();
    assert_eq!(facts.events.len(), 1_000);
    assert_eq!(facts.event_count, 80 * 64 + (0..80).sum::<u64>());
}

#[test]
fn every_reason() {
    for reason in Reason::ALL {
        let mut forge = forge();
        forge.reason = Some(*reason);
        if reason.is_complete() {
            verified(&forge.clip(), &[]);
        } else {
            partial(&forge.clip(), &[Code::Interrupted]);
        }
    }
}

#[test]
fn pictures_of_a_file_or_pattern() {
    for source in [Source::File, Source::Pattern] {
        let mut forge = forge();
        forge.edit_start = Box::new(move |start| start.source = source);
        verified(&forge.clip(), &[Code::NotLive]);
        forge.edit_start = Box::new(move |start| {
            (start.source, start.clock, start.clock_state) = (source, ClockKind::Simulated, ClockState::Simulated);
        });
        verified(&forge.clip(), &[Code::NotLive, Code::SimulatedClock]);
    }
    for source in [Source::Usb, Source::Rtsp] {
        let mut forge = forge();
        forge.edit_start = Box::new(move |start| start.source = source);
        assert!(!verified(&forge.clip(), &[]).has(Code::NotLive));
    }
}

#[test]
fn clock_that_was_not_set() {
    for state in [ClockState::Unsynchronised, ClockState::Unknown] {
        let mut forge = forge();
        forge.edit_start = Box::new(move |start| start.clock_state = state);
        verified(&forge.clip(), &[Code::ClockUnsynchronised]);
    }
}

#[test]
fn nothing_of_a_refused_clip_is_a_fact_behind_the_refusal() {
    // LINK 1 is changed; what LINKs 1 to 3 and END say is not proven.
    let mut forge = forge();
    forge.spans[1].lost = 5;
    forge.spans[2].lost = 7;
    let mut parts = forge.parts();
    let last = parts[4].len() - 1;
    parts[4][last] ^= 1;
    let report = rejected_at(&parts.concat(), Code::FragmentDigest, 1);
    let facts = report.facts.unwrap();
    assert_eq!((facts.links, facts.frames, facts.lost, facts.ticks, facts.end), (1, 10, 0, 90_000, None));
    assert!(!report.findings.iter().any(|f| f.code == Code::FramesLost));
}

#[test]
fn an_unsigned_change_is_no_contradiction_of_the_station() {
    use crate::support::notes::edit_note;
    use evidence::verdict::Pictures;
    let mut parts = self::forge().parts();
    edit_note(&mut parts[5], |note| {
        let text = String::from_utf8(note.clone()).unwrap().replace("events -", "events 0:order-scan:SF0");
        *note = text.into_bytes();
    });
    let report = rejected_at(&parts.concat(), Code::NoteSignature, 1);
    assert_eq!(report.pictures, Pictures::Altered);
}

#[test]
fn more_links_than_allowed() {
    let mut forge = forge();
    forge.reason = None;
    forge.spans = vec![gap(900); 100_001];
    let mut clip = forge.parts();
    // Signatures are not what this is about, and under no key they take no time.
    let unsigned = |clip: &[Vec<u8>]| report(&clip.concat(), &evidence::trust::Trust::default(), None);
    let refused = unsigned(&clip);
    assert_eq!(refused.refusal().map(|f| (f.code, f.fragment)), Some((Code::ContainerLimits, Some(100_000))));
    assert_eq!(refused.verdict.exit_status(), 1);
    clip.truncate(clip.len() - 2);
    assert_eq!(unsigned(&clip).verdict.exit_status(), 3);
}
