//! Clocks and numbers of frames that disagree.

use evidence::{
    finding::Code,
    statement::{Event, EventKind, Reason},
};

use crate::support::{check::*, forge::*};

/// µs of a span's monotonic clock from the beginning of forged clips.
fn since(us: u64) -> u64 {
    us - 5_000_000
}

#[test]
fn ten_seconds_signed_as_ten_minutes() {
    // Both clocks run 60 times as long as the pictures play.
    let mut forge = forge();
    forge.edit_link = Box::new(|link| {
        for us in [&mut link.monotonic.0, &mut link.monotonic.1] {
            *us = 5_000_000 + 60 * since(*us);
        }
        for time in [&mut link.time.0.0, &mut link.time.1.0] {
            *time = T0 + 60 * (*time - T0);
        }
    });
    rejected_at(&forge.clip(), Code::TimeMedia, 0);
    // Only the wall clock does.
    let mut forge = self::forge();
    forge.edit_link = Box::new(|link| {
        for time in [&mut link.time.0.0, &mut link.time.1.0] {
            *time = T0 + 60 * (*time - T0);
        }
    });
    rejected_at(&forge.clip(), Code::TimeWall, 0);
    // The pictures are signed to last as long.
    let mut forge = self::forge();
    forge.edit_link = Box::new(|link| {
        link.ticks = (link.ticks.0 * 60, link.ticks.1 * 60);
        for us in [&mut link.monotonic.0, &mut link.monotonic.1] {
            *us = 5_000_000 + 60 * since(*us);
        }
        for time in [&mut link.time.0.0, &mut link.time.1.0] {
            *time = T0 + 60 * (*time - T0);
        }
    });
    assert_eq!(checked(&forge.clip()).verdict.exit_status(), 1);
}

#[test]
fn monotonic_drift_up_to_ten_milliseconds() {
    for (us, code) in [(10_000, None), (10_001, Some(Code::TimeMedia))] {
        let mut forge = forge();
        forge.edit_link = Box::new(move |link| {
            if link.index == 2 {
                link.monotonic.1 += us;
            } else if link.index == 3 {
                link.monotonic = (link.monotonic.0 + us, link.monotonic.1 + us);
            }
        });
        match code {
            None => drop(verified(&forge.clip(), &[])),
            Some(code) => drop(rejected_at(&forge.clip(), code, 2)),
        }
    }
}

#[test]
fn drift_that_adds_up() {
    let mut forge = forge();
    forge.edit_link = Box::new(|link| {
        link.monotonic = (link.monotonic.0 + 4000 * link.index, link.monotonic.1 + 4000 * (link.index + 1));
    });
    rejected_at(&forge.clip(), Code::TimeMedia, 2);
}

/// The wall clock jumps by `us` in span 1, with this event or none.
fn stepped(us: i64, signed: Option<i64>) -> Forge {
    let mut forge = forge();
    forge.spans[1].events =
        signed.map(|us| Event { offset: 500_000, kind: EventKind::ClockStep(us) }).into_iter().collect();
    forge.edit_link = Box::new(move |link| {
        let jump = |time: &mut i64| *time += us;
        match link.index {
            0 => {}
            1 => jump(&mut link.time.1.0),
            _ => {
                jump(&mut link.time.0.0);
                jump(&mut link.time.1.0);
            }
        }
    });
    forge.edit_end = Box::new(move |end| end.time.0 += us);
    forge
}

#[test]
fn clock_steps() {
    for us in [3_600_000_000, -3_600_000_000, -10_000_000, 200_000] {
        verified(&stepped(us, Some(us)).clip(), &[Code::ClockStepped]);
        rejected_at(&stepped(us, None).clip(), Code::TimeWall, 1);
        rejected_at(&stepped(us, Some(-us)).clip(), Code::TimeWall, 1);
        rejected_at(&stepped(us, Some(us + 100_001)).clip(), Code::TimeWall, 1);
    }
    // A signed step that did not happen.
    rejected_at(&stepped(0, Some(1_000_000)).clip(), Code::TimeWall, 1);
    // Slewing within a tenth of a second needs no word.
    verified(&stepped(100_000, None).clip(), &[]);
    rejected_at(&stepped(100_001, None).clip(), Code::TimeWall, 1);
}

#[test]
fn a_step_excuses_the_wall_clock_only() {
    let mut forge = stepped(1_000_000, Some(1_000_000));
    let wall = forge.edit_link;
    forge.edit_link = Box::new(move |link| {
        wall(link);
        if link.index == 1 {
            link.monotonic.1 += 1_000_000;
        }
    });
    rejected_at(&forge.clip(), Code::TimeMedia, 1);
}

#[test]
fn opening() {
    for (us, good) in [(0, true), (60_000_000, true), (60_000_001, false)] {
        let mut forge = forge();
        forge.edit_start = Box::new(move |start| start.opened_time.0 = T0 - us);
        if good {
            verified(&forge.clip(), &[])
        } else {
            rejected_at(&forge.clip(), Code::TimeEdges, 4)
        };
    }
    // Opened after it was closed.
    let mut forge = forge();
    forge.edit_start = Box::new(|start| start.opened_time.0 = T0 + 4_000_001);
    rejected_at(&forge.clip(), Code::TimeEdges, 4);
    // The first frame is not where START says.
    let mut forge = self::forge();
    forge.edit_start = Box::new(|start| start.first_frame_time.0 += 1);
    assert_eq!(checked(&forge.clip()).verdict.exit_status(), 1);
}

#[test]
fn closing() {
    for (us, good) in [(0, true), (60_000_000, true), (60_000_001, false), (-1, false)] {
        let mut forge = forge();
        forge.edit_end = Box::new(move |end| end.time.0 += us);
        if good {
            verified(&forge.clip(), &[])
        } else {
            rejected_at(&forge.clip(), Code::TimeEdges, 4)
        };
    }
}

#[test]
fn closing_of_a_recovered_clip() {
    for change in [0, 1, 2] {
        let mut forge = forge();
        forge.reason = Some(Reason::Recovered);
        forge.edit_end = Box::new(move |end| match change {
            0 => end.recovered_time.as_mut().unwrap().0 += 86_400_000_000,
            1 => end.time.0 += 1,
            _ => end.last_frame_time.as_mut().unwrap().0 -= 1,
        });
        if change == 0 {
            partial(&forge.clip(), &[Code::Interrupted]);
        } else {
            rejected_at(&forge.clip(), Code::TimeEdges, 4);
        }
    }
}

#[test]
fn more_or_fewer_frames_than_the_rate() {
    // Ten frames in a second, stated as 4 (allowed), 3 and 100 a second, 120.
    for (rate, place) in [("4/1", None), ("3/1", Some(0)), ("84/1", None), ("85/1", Some(4)), ("120/1", Some(4))] {
        let mut forge = forge();
        forge.rate = v(rate);
        match place {
            None => drop(verified(&forge.clip(), &[])),
            Some(place) => drop(rejected_at(&forge.clip(), Code::TimeFrames, place)),
        }
    }
}

#[test]
fn time_stands_still_or_runs_backwards() {
    let mut forge = forge();
    forge.edit_link = Box::new(|link| {
        if link.index == 1 {
            link.monotonic.1 = link.monotonic.0
        }
    });
    rejected_at(&forge.clip(), Code::StatementGrammar, 1);
    let mut forge = self::forge();
    forge.edit_link = Box::new(|link| {
        if link.index == 1 {
            link.monotonic.1 = link.monotonic.0 - 1
        }
    });
    rejected_at(&forge.clip(), Code::StatementGrammar, 1);
    let mut forge = self::forge();
    forge.edit_link = Box::new(|link| {
        if link.index == 1 {
            link.ticks.1 = link.ticks.0
        }
    });
    rejected_at(&forge.clip(), Code::StatementGrammar, 1);
    let mut forge = self::forge();
    forge.spans.push(gap(1));
    forge.edit_link = Box::new(|link| {
        if link.index == 4 {
            link.ticks.1 = link.ticks.0
        }
    });
    rejected_at(&forge.clip(), Code::StatementGrammar, 4);
}
