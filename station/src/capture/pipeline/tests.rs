use std::thread;

use ffmpeg_next::format::Pixel;
use ffmpeg_next::frame;

use super::*;
use crate::capture::camera::Shot;
use crate::capture::clock::monotonic_us;
use crate::capture::gop::Rate;
use crate::capture::protocol::{Encoder, Notice, Source};

/// A camera that plays a script: wait so many ms, then give a frame of this size, after losing so many.
struct Script {
    info: Info,
    steps: std::vec::IntoIter<(u64, u32, u64)>,
    end: Result<(), Fault>,
}

impl Camera for Script {
    fn info(&self) -> &Info {
        &self.info
    }

    fn next(&mut self) -> Result<Option<Shot>, Fault> {
        let Some((wait_ms, width, lost)) = self.steps.next() else { return self.end.clone().map(|()| None) };
        thread::sleep(Duration::from_millis(wait_ms));
        let mut picture = frame::Video::new(Pixel::YUV420P, width, 240);
        for plane in 0..3 {
            picture.data_mut(plane).fill(100);
        }
        Ok(Some(Shot::Frame(Frame { picture, time_us: monotonic_us(), lost, held: false })))
    }
}

/// Plays a script at ten frames a second: the messages but for the heartbeat, and the end.
fn play(steps: Vec<(u64, u32, u64)>, live: bool, end: Result<(), Fault>) -> (Vec<Message>, End) {
    let (mut messages, end) = play_all(steps, live, end);
    messages.retain(|message| !matches!(message, Message::Alive(_)));
    (messages, end)
}

/// The same with the heartbeat.
fn play_all(steps: Vec<(u64, u32, u64)>, live: bool, end: Result<(), Fault>) -> (Vec<Message>, End) {
    let setup = Setup {
        source: Source::Pattern { width: 320, height: 240, rate: 10 },
        overlay: None,
        encoder: Encoder { preset: "veryfast".into(), crf: 30.0 },
        fast: false,
        begin_us: 0,
        wall_at_zero_us: None,
    };
    let rate = Rate { frames: 10, seconds: 1 };
    let info = Info { identity: "script".into(), rate, audio_dropped: false, live, unsupported: Vec::new() };
    let camera = Box::new(Script { info, steps: steps.into_iter(), end });
    let mut out = Vec::new();
    let last = run(&mut out, camera, setup, Wall::System, TimeZone::UTC, Arc::default()).unwrap();
    let (mut out, mut payload, mut messages) = (&out[..], Vec::new(), Vec::new());
    while let Some(message) = protocol::read(&mut out, &mut payload).unwrap() {
        messages.push(message);
    }
    (messages, last)
}

fn gops(messages: &[Message]) -> Vec<&Gop> {
    messages.iter().filter_map(|m| if let Message::Gop(gop) = m { Some(gop) } else { None }).collect()
}

#[test]
fn a_pause_hands_over_what_was_read_and_the_stream_goes_on_unchanged() {
    let (messages, end) =
        play([vec![(100, 320, 0); 4], vec![(1200, 320, 0); 1], vec![(100, 320, 0); 2]].concat(), false, Ok(()));
    let gops = gops(&messages);
    assert_eq!(gops.iter().map(|g| g.samples.len()).collect::<Vec<_>>(), [4, 3]);
    assert_eq!(messages.len(), 3, "the stream is told once");
    assert!(gops[1].samples[0].time_us - gops[0].end_us > 900_000, "the pause is in no GOP");
    assert_eq!(end, End::SourceEnd);
}

#[test]
fn a_camera_far_slower_than_it_said_is_not_held_back() {
    // 2.5 frames a second where ten were promised: five frames of delay would be two seconds.
    let (messages, _) = play(vec![(400, 320, 0); 9], false, Ok(()));
    assert_eq!(gops(&messages).iter().map(|g| g.samples.len()).collect::<Vec<_>>(), [3, 3, 3]);
}

#[test]
fn lost_frames_and_a_camera_that_dies_are_told() {
    let steps = vec![(50, 320, 0), (50, 320, 3), (50, 320, 0)];
    let (messages, end) = play(steps, true, Err(Fault::Lost("No such device".into())));
    let gops = gops(&messages);
    assert_eq!((gops.len(), gops[0].samples.len(), gops[0].lost), (1, 3, 3));
    assert_eq!(end, End::CameraLost { detail: "No such device".into() });
}

#[test]
fn a_camera_that_falls_silent_has_stalled() {
    let begun = Instant::now();
    let (messages, end) = play(vec![(10, 320, 0), (8000, 320, 0)], true, Ok(()));
    assert!(matches!(end, End::CameraStalled { .. }), "{end:?}");
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert_eq!(gops(&messages).len(), 1);
}

#[test]
fn a_reader_that_hangs_stops_no_heartbeat_and_each_says_how_long() {
    let (messages, _) = play_all(vec![(200, 320, 0), (100, 320, 2), (100, 320, 0), (8000, 320, 0)], true, Ok(()));
    let alive: Vec<Alive> =
        messages.iter().filter_map(|m| if let Message::Alive(alive) = m { Some(*alive) } else { None }).collect();
    assert_eq!(alive[0], Alive { frames: 0, last_frame_us: None, lost: 0, silent_us: 0, sight: None });
    let last_us = gops(&messages)[0].samples.iter().map(|s| s.time_us).max();
    // 0.4 s with frames, 3.5 s of silence until the camera counts as lost.
    let silent: Vec<&Alive> = alive.iter().filter(|alive| alive.silent_us >= 500_000).collect();
    assert!((4..=6).contains(&silent.len()), "{alive:?}");
    for (before, after) in silent.iter().zip(&silent[1..]) {
        assert!(after.silent_us - before.silent_us >= 500_000, "{alive:?}");
    }
    for alive in &silent {
        assert_eq!((alive.frames, alive.last_frame_us, alive.lost), (3, last_us, 2));
    }
    assert!(silent[silent.len() - 1].silent_us >= 2_500_000, "{alive:?}");
}

#[test]
fn a_new_size_is_a_new_stream() {
    let (messages, _) = play([vec![(100, 320, 0); 3], vec![(100, 352, 0); 2]].concat(), false, Ok(()));
    let kinds: Vec<bool> = messages.iter().map(|m| matches!(m, Message::Stream(_))).collect();
    assert_eq!(kinds, [true, false, true, false]);
    assert_eq!(gops(&messages).iter().map(|g| g.samples.len()).collect::<Vec<_>>(), [3, 2]);
}

#[test]
fn a_frozen_camera_is_noticed_in_the_gop_where_it_shows() {
    let (messages, _) = play(vec![(100, 320, 0); 36], false, Ok(()));
    let told: Vec<(i64, &Gop)> = gops(&messages).iter().flat_map(|g| g.events.iter().map(|e| (e.at_us, *g))).collect();
    let [(at_us, gop)] = told[..] else { panic!("{told:?}") };
    assert_eq!(gop.events[0].what, Notice::Frozen);
    assert!((gop.samples[0].time_us..gop.end_us).contains(&at_us));
}

#[test]
fn a_source_without_a_picture_could_not_start() {
    let (messages, end) = play(Vec::new(), false, Ok(()));
    assert!(messages.is_empty());
    assert!(matches!(end, End::CouldNotStart(Trouble::Unreadable { .. })), "{end:?}");
}
