//! Statements in any but their one form, signed by the station itself.

use evidence::{finding::Code, statement::*, value::Hash};

use crate::support::{check::*, forge::*, notes::*};

const START: usize = 1;
const LINK: usize = 5;
const END: usize = 10;

/// The text so changed and signed anew is refused for its form.
#[track_caller]
fn refused(part: usize, change: impl Fn(&str) -> String) {
    let mut parts = forge().parts();
    let before = text(&parts[part]);
    resign(&mut parts[part], &key(1), change);
    assert_ne!(before, text(&parts[part]), "nothing was changed");
    // Where the value is empty, the line ends in a space: that is no note.
    let line_ends = text(&parts[part]).lines().any(|line| line.ends_with(' '));
    rejected(&parts.concat(), if line_ends { Code::NoteGrammar } else { Code::StatementGrammar });
}

/// The value of a key so changed.
#[track_caller]
fn value(part: usize, key: &str, new: &str) {
    refused(part, |text| {
        let line = text.lines().find(|line| line.starts_with(&format!("{key} "))).expect("a key of this name");
        text.replacen(&format!("{line}\n"), &format!("{key} {new}\n"), 1)
    });
}

#[test]
fn lines_missing_repeated_moved_added() {
    for part in [START, LINK, END] {
        let count = text(&forge().parts()[part]).lines().count();
        for i in 0..count {
            let edit = |change: fn(&mut Vec<String>, usize)| {
                refused(part, |text| {
                    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
                    change(&mut lines, i);
                    lines.iter().map(|line| format!("{line}\n")).collect()
                });
            };
            edit(|lines, i| drop(lines.remove(i)));
            edit(|lines, i| lines.insert(i, lines[i].clone()));
            edit(|lines, i| lines.insert(i + 1, "note hello".to_owned()));
            edit(|lines, i| {
                let next = (i + 1) % lines.len();
                lines.swap(i, next);
            });
            edit(|lines, i| lines[i] = lines[i].to_uppercase());
            edit(|lines, i| lines[i] = lines[i].split_once(' ').map_or("x", |(key, _)| key).to_owned());
            edit(|lines, i| lines[i].push_str(" x"));
        }
    }
}

#[test]
fn kind_of_another_statement() {
    refused(START, |text| text.replace("start/v1", "start/v2"));
    let mut parts = forge().parts();
    let end = text(&parts[END]);
    resign(&mut parts[LINK], &key(1), |_| end);
    rejected_at(&parts.concat(), Code::StatementGrammar, 1);
}

#[test]
fn numbers() {
    for bad in
        ["", "-1", "+1", "01", "1.0", "1e3", "0x1", "9007199254740992", "18446744073709551616", "1_000", "-0", "-"]
    {
        value(LINK, "index", bad);
        value(END, "links", bad);
    }
    for bad in ["-0", "+5", "--5", "-05", "-9007199254740992"] {
        value(START, "clock-offset", bad);
    }
    for bad in ["5", "5 6 7", "6  7", "5,6", "- -"] {
        value(LINK, "ticks", bad);
        value(LINK, "monotonic", bad);
    }
}

#[test]
fn largest_numbers_do_not_overflow() {
    let most = 9_007_199_254_740_991_u64;
    let edits: [fn(&mut Link, u64); 9] = [
        |link, n| link.index = n,
        |link, n| link.length = n,
        |link, n| link.frames = n,
        |link, n| link.first_frame = n,
        |link, n| link.lost = n,
        |link, n| link.ticks.1 = n,
        |link, n| link.monotonic.1 = n,
        |link, n| (link.ticks.1, link.monotonic.1) = (n, n),
        |link, n| (link.frames, link.lost, link.ticks.1, link.monotonic.1) = (n, n, n, n),
    ];
    for (i, edit) in edits.into_iter().enumerate() {
        for place in [0, 2] {
            let mut forge = forge();
            forge.edit_link = Box::new(move |link| {
                if link.index == place {
                    edit(link, most)
                }
            });
            assert_eq!(checked(&forge.clip()).verdict.exit_status(), 1, "edit {i} at {place}");
        }
    }
    // As large as they may be and not contradictory by themselves: lost frames of every LINK.
    let mut forge = forge();
    forge.edit_link =
        Box::new(move |link| (link.first_frame, link.lost) = (if link.index == 0 { most } else { 0 }, most));
    assert_eq!(checked(&forge.clip()).verdict.exit_status(), 1);
    let last = evidence::value::Time(253_370_764_799_999_999);
    let mut forge = self::forge();
    forge.edit_link = Box::new(move |link| link.time.1 = last);
    assert_eq!(checked(&forge.clip()).verdict.exit_status(), 1);
    let mut forge = self::forge();
    forge.spans[1].events = vec![
        Event { offset: 0, kind: EventKind::ClockStep(most as i64) },
        Event { offset: 0, kind: EventKind::ClockStep(most as i64) },
        Event { offset: 0, kind: EventKind::LabelRead(v("SF1234567890"), most) },
        Event { offset: 0, kind: EventKind::LabelRead(v("SF1234567890"), most) },
        Event { offset: 0, kind: EventKind::Weight(-(most as i64), WeightState::Stable) },
    ];
    rejected_at(&forge.clip(), Code::TimeWall, 1);
}

#[test]
fn times() {
    for bad in [
        "2026-10-30T02:00:00Z",
        "2026-10-30T02:00:00.00000Z",
        "2026-10-30T02:00:00.0000000Z",
        "2026-10-30t02:00:00.000000Z",
        "2026-10-30 02:00:00.000000Z",
        "2026-10-30T02:00:00.000000z",
        "2026-10-30T02:00:00,000000Z",
        "2026-13-30T02:00:00.000000Z",
        "2026-02-29T02:00:00.000000Z",
        "2026-10-30T24:00:00.000000Z",
        "2026-10-30T23:59:60.000000Z",
        "1969-12-31T23:59:59.999999Z",
        "12026-10-30T02:00:00.00000Z",
        "-026-10-30T02:00:00.000000Z",
        "9999-01-01T00:00:00.000000Z",
        "9999-12-31T23:59:59.999999Z",
        "-",
    ] {
        value(START, "first-frame-time", bad);
        value(END, "time", bad);
    }
}

#[test]
fn hashes_and_ids() {
    for bad in [&"A".repeat(64), &"a".repeat(63), &"a".repeat(65), &"g".repeat(64), "-"] {
        value(LINK, "previous", bad);
        value(START, "init", bad);
    }
    for bad in [&"A".repeat(32), &"a".repeat(31), "-"] {
        value(START, "clip", bad);
        value(END, "clip", bad);
    }
}

#[test]
fn words() {
    for (key, bad) in [
        ("order", "a/b"),
        ("order", ""),
        ("order", "SF 1"),
        ("opened", "SCAN"),
        ("opened", "-"),
        ("direction", "both"),
        ("session", "1234"),
        ("role", "-"),
        ("bench", ""),
        ("operator", "a b"),
        ("source", "screen"),
        ("clock", "fake"),
        ("camera", "-"),
        ("camera", "usb 1"),
        ("codec", "h265"),
        ("encoding", "both"),
        ("size", "128X96"),
        ("size", "0128x96"),
        ("size", "128x70000"),
        ("frame-rate", "10"),
        ("frame-rate", "20/2"),
        ("frame-rate", "1/2"),
        ("frame-rate", "121/1"),
        ("frame-rate", "10/0"),
        ("overlay", "none"),
        ("audio", "-"),
        ("clock-state", "exact"),
        ("key-protection", "none"),
        ("sequence", "0"),
        ("station", "test-bench"),
    ] {
        value(START, key, bad);
    }
    value(START, "order", &"a".repeat(65));
    value(START, "camera", &"a".repeat(201));
    for bad in ["unknown", "-", "NEXT-SCAN"] {
        value(END, "reason", bad);
    }
}

#[test]
fn values_that_contradict_each_other_in_start() {
    let edits: [fn(&mut Start); 9] = [
        |s| s.sequence = 2,
        |s| s.previous_start = Some(Hash([1; 32])),
        |s| s.clock = ClockKind::Simulated,
        |s| s.clock_state = ClockState::Simulated,
        |s| (s.source, s.clock) = (Source::File, ClockKind::Simulated),
        |s| (s.clock, s.clock_state) = (ClockKind::Simulated, ClockState::Simulated),
        |s| s.encoding = Encoding::PassedThrough,
        |s| s.time_token = Some(Hash([1; 32])),
        |s| s.time_token_time = Some(s.opened_time),
    ];
    for edit in edits {
        let mut forge = forge();
        forge.edit_start = Box::new(edit);
        rejected(&forge.clip(), Code::StatementGrammar);
    }
}

#[test]
fn values_that_contradict_each_other_in_end() {
    let edits: [fn(&mut End); 7] = [
        |e| e.links = 0,
        |e| e.frames = 0,
        |e| e.discarded = 1,
        |e| e.last_frame_time = Some(e.time),
        |e| e.recovered_time = Some(e.time),
        |e| e.reason = Reason::Recovered,
        |e| (e.reason, e.last_frame_time) = (Reason::Recovered, Some(e.time)),
    ];
    for edit in edits {
        let mut forge = forge();
        forge.edit_end = Box::new(edit);
        rejected_at(&forge.clip(), Code::StatementGrammar, 4);
    }
}

#[test]
fn totals() {
    let edits: [fn(&mut End); 4] = [|e| e.links += 1, |e| e.frames -= 1, |e| e.lost += 1, |e| e.ticks += 1];
    for edit in edits {
        let mut forge = forge();
        forge.edit_end = Box::new(edit);
        rejected_at(&forge.clip(), Code::EndTotals, 4);
    }
}

#[test]
fn events() {
    for bad in [
        "",
        "next-scan",
        "0:",
        "0:unknown",
        "0:next-scan:SF1",
        "0:order-scan",
        "0:order-scan:",
        "0:order-scan:a:b",
        "0:other-code:order:0",
        "0:other-code:order:4097",
        "0:other-code:parcel:5",
        "0:other-code:order:05",
        "0:control:START",
        "0:operator:",
        "0:label-read:SF1:0",
        "0:label-read:SF1",
        "0:label-conflict:0:1",
        "0:label-conflict:5",
        "0:weight:-0:stable",
        "0:weight:5",
        "0:weight:5:resting",
        "0:clock-step:0",
        "0:frozen:1",
        "0:dark  0:lit",
        "0:dark,0:lit",
        "5:dark 4:lit",
        "1000001:dark",
        "-1:dark",
        "0:dark -",
        "- 0:dark",
    ] {
        value(LINK, "events", bad);
    }
    value(LINK, "events", &vec!["0:dark"; 65].join(" "));
    value(LINK, "events-dropped", "1");
}

#[test]
fn all_events_are_honest() {
    let order = || v("SF1234567890");
    let kinds = [
        EventKind::OrderScan(order()),
        EventKind::OrderApi(order()),
        EventKind::OtherCode(CodeClass::Item, 4096),
        EventKind::Control(Control::Hold),
        EventKind::Operator(v("anna+1")),
        EventKind::OperatorOff,
        EventKind::LabelRead(order(), 1),
        EventKind::Weight(-5, WeightState::Moving),
        EventKind::Frozen,
        EventKind::Unfrozen,
        EventKind::Dark,
        EventKind::Lit,
        EventKind::Still,
        EventKind::Moving,
        EventKind::CameraLost,
        EventKind::CameraStalled,
        EventKind::CameraBack,
        EventKind::CaptureRestarted,
        EventKind::ClockStep(-5),
        EventKind::NextScan,
    ];
    let mut forge = forge();
    let events = kinds.into_iter().enumerate().map(|(i, kind)| Event { offset: 1000 * i as u64, kind });
    forge.spans[1].events = events.collect();
    assert_eq!(verified(&forge.clip(), &[]).facts.unwrap().label_frames, 1);
    // 64 of them, at the very end of the span, and more that were dropped.
    forge.spans[2].events = vec![Event { offset: 1_000_000, kind: EventKind::Dark }; 64];
    forge.edit_link = Box::new(|link| {
        if link.index == 2 {
            link.events_dropped = 7
        }
    });
    verified(&forge.clip(), &[]);
}

#[test]
fn another_clips_numbers() {
    let edits: [Refused; 9] = [
        (|l| l.clip.0[0] ^= 1, Code::LinkChain),
        (|l| l.index = 3, Code::LinkChain),
        (|l| l.previous.0[0] ^= 1, Code::LinkChain),
        (|l| l.first_frame += 1, Code::LinkContinuity),
        (|l| l.ticks.0 += 1, Code::LinkContinuity),
        (|l| l.ticks = (l.ticks.0 + 1, l.ticks.1 + 1), Code::LinkContinuity),
        (|l| l.monotonic.0 += 1, Code::LinkContinuity),
        (|l| l.time.0.0 += 1, Code::LinkContinuity),
        (|l| l.fragment = Some(Hash([0; 32])), Code::FragmentDigest),
    ];
    for (edit, code) in edits {
        let mut forge = forge();
        forge.edit_link = Box::new(move |link| {
            if link.index == 2 {
                edit(link)
            }
        });
        rejected_at(&forge.clip(), code, 2);
    }
    let mut forge = forge();
    forge.edit_end = Box::new(|end| end.clip.0[0] ^= 1);
    rejected_at(&forge.clip(), Code::LinkChain, 4);
    let mut forge = self::forge();
    forge.edit_start = Box::new(|start| start.init_length += 1);
    rejected(&forge.clip(), Code::StartInit);
}

#[test]
fn first_tick_is_not_0() {
    let mut forge = forge();
    forge.edit_link = Box::new(|link| link.ticks = (link.ticks.0 + 9000, link.ticks.1 + 9000));
    rejected_at(&forge.clip(), Code::LinkContinuity, 0);
}
