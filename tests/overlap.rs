//! Parcels one after the other: where a clip begins and ends, read from the frame counters in its pictures.

use std::{
    io::{BufReader, Write},
    path::PathBuf,
    process::{Child, ChildStdout, Stdio},
    sync::Arc,
};

use evidence::{
    statement::{Direction, Opened, Reason, Source},
    value::{Hash, Order, Time, Token, Value},
};
use station::{
    capture::protocol::{self, Encoder, Message, Setup, Stream},
    clip::{Gop, Opening},
    clock::Clock,
    data::Data,
    recorder::Recorder,
};

#[path = "support/pictures.rs"]
mod pictures;
#[path = "support/station.rs"]
mod station_program;

use pictures::{consecutive, counters};
use station_program::{ORDER, Station, program};

/// Wall clock at zero of the simulated one.
const ZERO: Time = Time(1_800_000_000_000_000);

/// A capture process that draws the pattern at ten frames a second, as fast as it can.
struct Capture {
    child: Child,
    output: BufReader<ChildStdout>,
}

impl Capture {
    fn start() -> Self {
        let setup = Setup {
            source: protocol::Source::Pattern { width: 320, height: 240, rate: 10 },
            overlay: None,
            encoder: Encoder { preset: "ultrafast".into(), crf: 25.0 },
            fast: true,
            begin_us: 0,
            wall_at_zero_us: Some(ZERO.0),
        };
        let mut child = program(&["capture"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        writeln!(child.stdin.as_mut().unwrap(), "{}", serde_json::to_string(&setup).unwrap()).unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self { child, output }
    }

    fn next(&mut self) -> (Message, Vec<u8>) {
        let mut media = Vec::new();
        loop {
            // How often it says that it is alive is a matter of real time.
            match protocol::read(&mut self.output, &mut media).unwrap().unwrap() {
                Message::Alive(_) | Message::Picture { .. } => {}
                message => break (message, media),
            }
        }
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A bench at which parcels are scanned at these times (us), and the last one is closed at the last of them: where the
/// clips of the parcels are, with the first and the last frame of each. Each scan is handled so late (us).
fn parcels(station: &Station, scans: &[i64], late: i64) -> Vec<(u32, u32)> {
    let locked = Data::open(&station.data).unwrap().lock().unwrap();
    let mut recorder = Recorder::new(Arc::new(locked));
    let mut capture = Capture::start();
    let mut scans = scans.iter().copied().peekable();
    let mut now = 0;
    loop {
        // What is scanned after the newest GOP came is known before the next one comes.
        while let Some(at) = scans.next_if(|&at| at + late <= now + 900_000 && now > 0) {
            recorder.close(at, Reason::NextScan).unwrap();
            if scans.peek().is_some() {
                recorder.open(opening(at), at).unwrap();
            }
        }
        if scans.peek().is_none() && !recorder.is_busy() {
            break;
        }
        match capture.next() {
            (Message::Stream(stream), _) => recorder.stream(stream).unwrap(),
            (Message::Gop(head), media) => {
                now = head.end_us;
                assert!(recorder.gop(Arc::new(Gop { head, media, offset: ZERO.0 })).unwrap().is_none());
            }
            (Message::Alive(_) | Message::Picture { .. }, _) => {}
            (Message::End(end), _) => panic!("{end:?}"),
        }
    }
    let sealed = recorder.sealed();
    drop(recorder);
    let paths: Vec<PathBuf> = sealed.into_iter().map(|clip| clip.path).collect();
    station.clean(paths.len() as u64, 0, 0);
    let ends = paths.iter().map(|clip| {
        let facts = station.verified(clip);
        assert_eq!(facts.end.unwrap().reason, Reason::NextScan);
        let read = counters(clip);
        consecutive(&read);
        assert_eq!(read.len() as u64, facts.frames);
        (read[0].0, read[read.len() - 1].0)
    });
    ends.collect()
}

/// Number of the frame that is shown at this time.
fn frame(us: i64) -> u32 {
    (us / 100_000) as u32
}

fn opening(at: i64) -> Opening {
    Opening {
        order: Order::parse(ORDER),
        opened: Opened::Scan,
        direction: Direction::Outgoing,
        bench: Token::parse("bench-1").unwrap(),
        operator: None,
        time: Time(ZERO.0 + at),
        source: Source::Pattern,
        clock: Clock::Simulated { zero: ZERO },
        program: Hash([0; 32]),
    }
}

/// A camera that promises 60 frames a second, gives 10, and from the third second on, in the dark, 5.
#[test]
fn a_camera_slower_than_it_promised_gets_clips_of_its_own_rate() {
    let station = Station::new("slow");
    let mut recorder = Recorder::new(Arc::new(Data::open(&station.data).unwrap().lock().unwrap()));
    let mut capture = Capture::start();
    recorder.open(opening(0), 0).unwrap();
    let slowed = |us: i64| if us > 2_000_000 { 2 * us - 2_000_000 } else { us };
    for _ in 0..13 {
        match capture.next() {
            (Message::Stream(stream), _) => recorder.stream(Stream { rate: (60, 1), ..stream }).unwrap(),
            (Message::Gop(mut head), media) => {
                head.samples.iter_mut().for_each(|sample| sample.time_us = slowed(sample.time_us));
                head.end_us = slowed(head.end_us);
                assert!(recorder.gop(Arc::new(Gop { head, media, offset: ZERO.0 })).unwrap().is_none());
            }
            (Message::Alive(_) | Message::Picture { .. }, _) => {}
            (Message::End(end), _) => panic!("{end:?}"),
        }
    }
    recorder.close_all(Reason::Stopped).unwrap();
    let sealed = recorder.sealed();
    drop(recorder);
    station.clean(sealed.len() as u64, 0, 0);
    let [first, second] = &sealed[..] else { panic!("{sealed:?}") };
    assert_eq!((first.reason, second.reason), (Reason::FormatChanged, Reason::Stopped));
    let (first, second) = (station.partial(&first.path), station.verified(&second.path));
    assert_eq!((first.start.frame_rate.num, second.start.frame_rate.num), (60, 5));
    assert_eq!(first.frames + second.frames, 120);
}

const SCANS: [i64; 4] = [8_400_000, 13_700_000, 14_200_000, 19_050_000];

/// Each clip holds its parcel, and begins so many seconds before its scan and at most a GOP earlier.
#[track_caller]
fn begins_before(clips: &[(u32, u32)], seconds: i64) {
    assert_eq!(clips.len(), SCANS.len() - 1);
    for (clip, scans) in clips.iter().zip(SCANS.windows(2)) {
        let pre_roll = scans[0] - seconds * 1_000_000;
        assert!(clip.0 <= frame(pre_roll) && clip.0 + 10 > frame(pre_roll), "{clip:?}, scanned at {scans:?}");
        assert!(clip.1 >= frame(scans[1] - 1) && clip.1 < frame(scans[1]) + 10, "{clip:?}, scanned at {scans:?}");
    }
}

#[test]
fn with_overlap_a_clip_begins_before_its_scan() {
    let station = Station::new("overlap");
    let clips = parcels(&station, &SCANS, 0);
    begins_before(&clips, 3);
    // Both show what was before the scan.
    assert!(clips.windows(2).all(|pair| pair[1].0 <= pair[0].1), "{clips:?}");
}

#[test]
fn the_length_of_the_pre_roll_is_that_of_the_configuration() {
    for seconds in [0, 6] {
        let station = Station::new("pre-roll");
        station.configure("pre-roll-seconds = 3.0", &format!("pre-roll-seconds = {seconds}"));
        begins_before(&parcels(&station, &SCANS, 0), seconds);
    }
}

#[test]
fn a_scan_that_is_handled_late_has_all_of_its_pre_roll() {
    let station = Station::new("late");
    let clips = parcels(&station, &SCANS, 2_900_000);
    for (clip, scan) in clips.iter().zip(SCANS) {
        assert!((frame(scan - 4_000_000)..=frame(scan - 3_000_000)).contains(&clip.0), "{clip:?}, scanned at {scan}");
    }
}

#[test]
fn without_overlap_a_clip_begins_where_the_last_one_ended() {
    let station = Station::new("no-overlap");
    station.configure("overlap = true", "overlap = false");
    let clips = parcels(&station, &SCANS, 0);
    assert_eq!(clips.len(), 3);
    assert!(clips[0].0 <= frame(SCANS[0] - 3_000_000), "{clips:?}");
    assert!(clips.windows(2).all(|pair| pair[1].0 == pair[0].1 + 1), "{clips:?}");
    assert!(clips[2].1 >= frame(SCANS[3] - 1), "{clips:?}");
}
