//! The capture process as the sealer sees it: `packseal-station capture`, spoken to by its protocol.

use std::fs;
use std::io::{BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustix::process::{Pid, Signal, kill_process};
use station::capture::protocol::{
    self, Alive, Controls, Encoder, End, Gop, Message, Notice, Overlay, Setup, Source, Stream, Trouble,
};
use station::capture::strip::read_counter;

#[path = "support/pictures.rs"]
mod pictures;

use pictures::slices;

/// A running capture process.
struct Capture {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

/// All that a capture process said.
struct Said {
    alive: Vec<Alive>,
    streams: Vec<Stream>,
    gops: Vec<(Gop, Vec<u8>)>,
    end: Option<End>,
}

fn setup(source: Source) -> Setup {
    let encoder = Encoder { preset: "veryfast".into(), crf: 25.0 };
    let wall_at_zero_us = Some(1_700_000_000_000_000);
    Setup { source, overlay: None, encoder, fast: true, begin_us: 0, wall_at_zero_us }
}

fn pattern() -> Source {
    Source::Pattern { width: 640, height: 360, rate: 10 }
}

fn file(path: &Path) -> Source {
    Source::File { path: path.to_str().unwrap().into(), repeat: false }
}

/// A file that begins again at its end.
fn repeated(path: &Path) -> Source {
    Source::File { path: path.to_str().unwrap().into(), repeat: true }
}

impl Capture {
    fn start(setup: &Setup) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_packseal-station"))
            .arg("capture")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        writeln!(input, "{}", serde_json::to_string(setup).unwrap()).unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Capture { child, input: Some(input), output }
    }

    fn next(&mut self) -> Option<(Message, Vec<u8>)> {
        let mut payload = Vec::new();
        protocol::read(&mut self.output, &mut payload).unwrap().map(|message| (message, payload))
    }

    /// Listens to the end; asks to stop after so many GOPs.
    fn listen(mut self, stop_after: usize) -> Said {
        let mut said = Said { alive: Vec::new(), streams: Vec::new(), gops: Vec::new(), end: None };
        while let Some((message, payload)) = self.next() {
            assert!(said.end.is_none(), "a message after the last one");
            match message {
                Message::Stream(stream) => said.streams.push(stream),
                Message::Gop(gop) => said.gops.push((gop, payload)),
                Message::Alive(alive) => said.alive.push(alive),
                Message::Picture { .. } => panic!("nobody looks"),
                Message::End(end) => said.end = Some(end),
            }
            if said.gops.len() >= stop_after {
                self.input = None;
            }
        }
        assert!(self.child.wait().unwrap().success());
        said
    }
}

impl Said {
    /// The pictures as an Annex B stream.
    fn annex_b(&self) -> Vec<u8> {
        let mut stream = Vec::new();
        for set in [&self.streams[0].sps, &self.streams[0].pps] {
            stream.extend([0, 0, 0, 1]);
            stream.extend(STANDARD.decode(set).unwrap());
        }
        for nal in self.nals() {
            stream.extend([0, 0, 0, 1]);
            stream.extend(nal);
        }
        stream
    }

    fn nals(&self) -> Vec<&[u8]> {
        let mut nals = Vec::new();
        for (_, payload) in &self.gops {
            let mut rest = &payload[..];
            while let Some((length, after)) = rest.split_first_chunk::<4>() {
                let (nal, after) = after.split_at(u32::from_be_bytes(*length) as usize);
                nals.push(nal);
                rest = after;
            }
        }
        nals
    }

    /// What the protocol promises of the times.
    fn check(&self) {
        let mut before = i64::MIN;
        for (gop, payload) in &self.gops {
            let mut times: Vec<i64> = gop.samples.iter().map(|s| s.time_us).collect();
            let first = times[0];
            times.sort_unstable();
            assert!(first >= before && first == times[0]);
            times.push(gop.end_us);
            assert!(times.is_sorted_by(|a, b| a < b && b - a <= 1_000_000), "{times:?}");
            assert!(gop.end_us - first <= 2_000_000);
            assert_eq!(gop.samples.iter().map(|s| s.size as usize).sum::<usize>(), payload.len());
            before = gop.end_us;
        }
    }
}

/// A file of this test's own.
fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("capture");
    fs::create_dir_all(&folder).unwrap();
    folder.join(name)
}

fn ffmpeg(arguments: &[&str]) {
    let done = Command::new("ffmpeg").args(["-v", "error", "-nostdin", "-y"]).args(arguments).status().unwrap();
    assert!(done.success(), "ffmpeg {arguments:?}");
}

/// A test film of eight seconds at 10/s, coded with these options.
fn film(name: &str, options: &[&str]) -> PathBuf {
    let path = scratch(name);
    let source = ["-f", "lavfi", "-i", "testsrc2=size=320x240:rate=10:duration=8", "-pix_fmt", "yuv420p"];
    let codec = ["-c:v", "libx264", "-preset", "veryfast"];
    ffmpeg(&[&source[..], &codec, options, &[path.to_str().unwrap()]].concat());
    path
}

#[test]
fn every_frame_of_the_pattern_arrives_and_says_which_it_is() {
    let mut asked = setup(pattern());
    asked.overlay = Some(Overlay { station: "bench-1".into() });
    let said = Capture::start(&asked).listen(3);
    said.check();
    assert_eq!(said.end, Some(End::SourceEnd));
    assert!(said.streams[0].overlay && !said.streams[0].passed_through);
    assert_eq!(said.streams[0].camera, "pattern");

    let (coded, raw) = (scratch("pattern.h264"), scratch("pattern.gray"));
    fs::write(&coded, said.annex_b()).unwrap();
    let output = ["-f", "rawvideo", "-pix_fmt", "gray", "-fps_mode", "passthrough", raw.to_str().unwrap()];
    ffmpeg(&[&["-i", coded.to_str().unwrap()], &output[..]].concat());
    let read: Vec<_> =
        fs::read(&raw).unwrap().chunks(640 * 360).map(|luma| read_counter(luma, 640, 360).unwrap()).collect();
    assert_eq!(read.len(), said.gops.iter().map(|(gop, _)| gop.samples.len()).sum::<usize>());
    for (number, (counter, clock_ms)) in read.into_iter().enumerate() {
        assert_eq!(counter as usize, number);
        assert_eq!(clock_ms, 1_700_000_000_000 + 100 * number as u64);
    }
}

#[test]
fn in_real_time_the_pattern_keeps_to_the_clock() {
    let mut asked = setup(pattern());
    asked.fast = false;
    let begun = std::time::Instant::now();
    let said = Capture::start(&asked).listen(2);
    said.check();
    let frames: usize = said.gops.iter().map(|(gop, _)| gop.samples.len()).sum();
    let seconds = begun.elapsed().as_secs_f64();
    assert!((frames - 1) as f64 / 10.0 <= seconds && seconds < frames as f64 / 10.0 + 1.0, "{frames} in {seconds} s");
    assert_eq!(said.gops.iter().map(|(gop, _)| gop.lost).sum::<u64>(), 0);
    let last = said.alive.last().unwrap();
    assert!(said.alive.len() >= 3 && last.lost == 0 && last.silent_us < 1_000_000, "{:?}", said.alive);
    assert!((1..=frames as u64).contains(&last.frames), "{last:?}");
}

/// Which frame a JPEG of 960x540 shows, and its clock in ms.
fn shown(jpeg: &[u8]) -> (u32, u64) {
    let path = scratch("live.jpeg");
    fs::write(&path, jpeg).unwrap();
    let luma = pictures::ffmpeg(&["-i", path.to_str().unwrap(), "-f", "rawvideo", "-pix_fmt", "gray", "-"]);
    read_counter(&luma, 960, 540).expect("a picture of 960x540 with its strips")
}

#[test]
fn pictures_come_while_somebody_looks_and_cost_no_frame() {
    let mut asked = setup(Source::Pattern { width: 1280, height: 720, rate: 15 });
    (asked.fast, asked.wall_at_zero_us) = (false, None);
    let mut capture = Capture::start(&asked);
    let say = |capture: &mut Capture, live: bool| {
        writeln!(capture.input.as_mut().unwrap(), "{{\"live\":{live}}}").unwrap();
    };
    // GOPs and pictures until so many more GOPs came.
    let listen = |capture: &mut Capture, more: usize| {
        let (mut gops, mut pictures) = (Vec::new(), Vec::new());
        while gops.len() < more {
            match capture.next().expect("it goes on") {
                (Message::Gop(gop), _) => gops.push(gop),
                (Message::Picture { time_us }, jpeg) => pictures.push((time_us, jpeg)),
                (Message::Stream(_) | Message::Alive(_), _) => {}
                (Message::End(end), _) => panic!("{end:?}"),
            }
        }
        (gops, pictures)
    };
    let (mut gops, none) = listen(&mut capture, 2);
    assert!(none.is_empty(), "nobody looks");
    say(&mut capture, true);
    let (watched, pictures) = listen(&mut capture, 4);
    say(&mut capture, false);
    let (more, late) = listen(&mut capture, 2);
    let (rest, none) = listen(&mut capture, 2);
    assert!(none.is_empty() && late.len() <= 10, "{} after nobody looked", none.len());
    capture.input = None;

    gops.extend(watched.into_iter().chain(more).chain(rest));
    let frames: Vec<i64> = gops.iter().flat_map(|gop| gop.samples.iter().map(|sample| sample.time_us)).collect();
    assert_eq!(gops.iter().map(|gop| gop.lost).sum::<u64>(), 0);
    // Every other frame of fifteen a second, each one that is sealed, in order.
    let times: Vec<i64> = pictures.iter().chain(&late).map(|(time_us, _)| *time_us).collect();
    assert!((20..=45).contains(&times.len()), "{}", times.len());
    assert!(times.windows(2).all(|pair| pair[1] - pair[0] >= 90_000), "{times:?}");
    for (time_us, jpeg) in pictures.iter().take(3) {
        let offset = station::clock::wall().0 - station::clock::monotonic();
        let ms = (time_us + offset) / 1000;
        assert!(frames.contains(time_us) && shown(jpeg).1.abs_diff(ms as u64) <= 2, "{time_us}");
        assert!(jpeg.len() < 200_000, "{}", jpeg.len());
    }
}

#[test]
fn counted_time_has_no_live_picture() {
    let mut capture = Capture::start(&setup(pattern()));
    writeln!(capture.input.as_mut().unwrap(), "{{\"live\":true}}").unwrap();
    // It would be a panic.
    assert!(capture.listen(20).gops.len() >= 20);
}

#[test]
fn the_heart_beats_in_real_time_under_fast_too_and_stops_with_the_process() {
    for fast in [false, true] {
        let mut asked = setup(pattern());
        asked.fast = fast;
        let mut capture = Capture::start(&asked);
        let process = Pid::from_child(&capture.child);
        let (sender, heard) = mpsc::channel();
        let mut output = capture.output;
        let listener = thread::spawn(move || {
            let mut payload = Vec::new();
            while let Ok(Some(message)) = protocol::read(&mut output, &mut payload) {
                if let Message::Alive(alive) = message {
                    let _ = sender.send((Instant::now(), alive));
                }
            }
        });
        let beat = || heard.recv_timeout(Duration::from_secs(10)).unwrap();
        let beats: Vec<_> = (0..5).map(|_| beat()).collect();
        let took = beats[4].0 - beats[0].0;
        assert!((Duration::from_millis(1900)..Duration::from_secs(4)).contains(&took), "fast {fast}: {took:?}");
        assert!(beats[4].1.frames > beats[1].1.frames && beats[4].1.last_frame_us > beats[1].1.last_frame_us);

        kill_process(process, Signal::STOP).unwrap();
        // What was sent already still comes; then there is silence.
        let pause = Duration::from_millis(1500);
        let begun = Instant::now();
        while heard.recv_timeout(pause).is_ok() {
            assert!(begun.elapsed() < Duration::from_secs(10), "fast {fast}: it goes on");
        }
        kill_process(process, Signal::CONT).unwrap();
        beat();
        capture.input = None;
        listener.join().unwrap();
        assert!(capture.child.wait().unwrap().success());
    }
}

#[test]
fn what_is_passed_through_is_not_silent_while_its_gop_is_collected() {
    let path = film("two-seconds.mp4", &["-g", "20"]);
    let mut asked = setup(file(&path));
    asked.fast = false;
    let said = Capture::start(&asked).listen(2);
    assert!(said.streams[0].passed_through);
    let silent: Vec<u64> = said.alive.iter().map(|alive| alive.silent_us).collect();
    assert!(silent.len() >= 6 && silent.iter().all(|&us| us < 1_000_000), "{silent:?}");
    let times: Vec<_> = said.alive.iter().map(|alive| alive.last_frame_us).collect();
    assert!(times[1..].is_sorted_by(|a, b| a < b), "{times:?}");
}

/// People who walk, then the same picture for five seconds with noise and flicker, then they go on.
#[test]
fn stillness_is_told_in_noise_and_flicker_and_motion_at_once() {
    let path = scratch("people.avi");
    let parts = "split=3[a][b][c];[a]trim=0:4[a];\
        [b]select=eq(n\\,40),loop=49:1,setpts=N/10/TB,noise=alls=20:allf=t,\
        eq=gamma='1+0.1*sin(20*t)':brightness='0.02*sin(9*t)':eval=frame[b];\
        [c]trim=4:7,setpts=PTS-STARTPTS[c];[a][b][c]concat=n=3";
    let footage = "/usr/share/doc/opencv-doc/examples/data/vtest.avi";
    ffmpeg(&["-i", footage, "-filter_complex", parts, "-c:v", "mjpeg", "-q:v", "5", path.to_str().unwrap()]);
    let said = Capture::start(&setup(file(&path))).listen(usize::MAX);
    let notices = said.gops.iter().flat_map(|(gop, _)| gop.events.iter().map(|e| (e.what, e.at_us)));
    let notices: Vec<(Notice, i64)> = notices.collect();
    let [(Notice::Still, still_us), (Notice::Moving, moving_us)] = notices[..] else { panic!("{notices:?}") };
    assert!((5_700_000..=6_300_000).contains(&still_us), "{notices:?}");
    assert!((8_900_000..=9_200_000).contains(&moving_us), "{notices:?}");
}

#[test]
fn fitting_h264_passes_through_bit_by_bit() {
    for name in ["fits.mp4", "fits.mkv", "fits.ts"] {
        let path = film(name, &["-g", "10"]);
        let said = Capture::start(&setup(file(&path))).listen(usize::MAX);
        said.check();
        assert!(said.streams.len() == 1 && said.streams[0].passed_through, "{name}");
        let copy = scratch(&format!("{name}.h264"));
        ffmpeg(&["-i", path.to_str().unwrap(), "-c", "copy", "-f", "h264", copy.to_str().unwrap()]);
        let ours: Vec<Vec<u8>> =
            said.nals().into_iter().filter(|nal| matches!(nal[0] & 0x1f, 1 | 5)).map(<[u8]>::to_vec).collect();
        assert_eq!(ours.len(), 80, "{name}");
        assert!(ours == slices(&fs::read(&copy).unwrap()), "{name}: the slices differ");
    }
}

#[test]
fn what_does_not_fit_is_encoded_anew_without_losing_a_frame() {
    let cases: [(&str, &[&str]); 5] = [
        ("long-gop.mp4", &["-g", "50"]),
        ("open-gop.mp4", &["-x264-params", "open-gop=1:keyint=10"]),
        ("interlaced.mp4", &["-g", "10", "-flags", "+ildct+ilme"]),
        ("wide-pixels.mp4", &["-g", "10", "-vf", "setsar=4/3"]),
        ("ten-bit.mp4", &["-g", "10", "-pix_fmt", "yuv420p10le"]),
    ];
    for (name, options) in cases {
        let said = Capture::start(&setup(file(&film(name, options)))).listen(usize::MAX);
        said.check();
        assert!(said.streams.len() == 1 && !said.streams[0].passed_through, "{name}");
        assert_eq!(said.gops.iter().map(|(gop, _)| gop.samples.len()).sum::<usize>(), 80, "{name}");
    }
}

#[test]
fn a_stream_that_stops_fitting_goes_on_encoded() {
    let path = film("stops-fitting.mp4", &["-g", "500", "-force_key_frames", "0,1,2,3"]);
    let said = Capture::start(&setup(file(&path))).listen(usize::MAX);
    said.check();
    assert_eq!(said.streams.iter().map(|s| s.passed_through).collect::<Vec<_>>(), [true, false]);
    assert_eq!(said.gops.iter().map(|(gop, _)| gop.samples.len()).sum::<usize>(), 80);
    assert_eq!(said.gops.iter().map(|(gop, _)| gop.lost).sum::<u64>(), 0);
}

#[test]
fn a_file_that_is_repeated_goes_on_as_one_stream_on_one_time_line() {
    // Passed through; encoded anew; with pictures that come in another order, and a beginning that does not decode.
    let headless = scratch("headless.ts");
    let whole = fs::read(film("whole.ts", &["-g", "25", "-bf", "2"])).unwrap();
    // Cut within the first GOP, between two packets of the transport stream.
    fs::write(&headless, &whole[whole.len() / 8 / 188 * 188..]).unwrap();
    // A last picture that does not decode, and a film shorter than what counts as a jump of its clock.
    let tailless = film("tailless.avi", &["-c:v", "mjpeg", "-pix_fmt", "yuvj420p"]);
    let mut bytes = fs::read(&tailless).unwrap();
    let last = |mark: &[u8]| bytes.windows(mark.len()).rposition(|window| window == mark).unwrap();
    let picture = last(&[0xff, 0xd8, 0xff])..last(b"idx1");
    bytes[picture].fill(0);
    fs::write(&tailless, bytes).unwrap();
    let cases = [
        (film("again-short.mp4", &["-g", "10", "-t", "0.5"]), true, 5),
        (film("again-short.avi", &["-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-t", "0.5"]), false, 5),
        (tailless, false, 79),
        (film("again.mp4", &["-g", "10"]), true, 80),
        (film("again-b.mp4", &["-g", "10", "-bf", "3"]), true, 80),
        (film("again-long.mp4", &["-g", "50"]), false, 80),
        (film("again.avi", &["-c:v", "mjpeg", "-pix_fmt", "yuvj420p"]), false, 80),
        (headless, false, 60),
    ];
    for (path, passed_through, at_least) in cases {
        let mut asked = setup(repeated(&path));
        asked.begin_us = 5_000_000;
        let said = Capture::start(&asked).listen(30);
        let name = path.display();
        said.check();
        assert_eq!(said.end, Some(End::SourceEnd), "{name}");
        assert!(said.streams.len() == 1 && said.streams[0].passed_through == passed_through, "{name}");
        // The last GOP was cut off where we asked to stop, in decoding order.
        let whole = &said.gops[..said.gops.len() - 1];
        let mut times: Vec<i64> = whole.iter().flat_map(|(gop, _)| &gop.samples).map(|s| s.time_us).collect();
        times.sort_unstable();
        // Three rounds at least.
        assert!(times.len() > 3 * at_least, "{name}: {}", times.len());
        assert!((5_000_000..5_300_000).contains(&times[0]), "{name}: {}", times[0]);
        // Of a millisecond a container may know.
        assert!(times.is_sorted_by(|a, b| (99_000..=101_000).contains(&(b - a))), "{name}: {times:?}");
        let mut next = said.gops[0].0.first_frame;
        for (gop, _) in &said.gops {
            assert_eq!((gop.first_frame, gop.lost), (next, 0), "{name}");
            next += gop.samples.len() as u64;
        }
    }
}

#[test]
fn a_repeated_file_that_stops_fitting_stays_encoded() {
    let path = film("again-stops.mp4", &["-g", "500", "-force_key_frames", "0,1,2,3"]);
    let said = Capture::start(&setup(repeated(&path))).listen(30);
    said.check();
    assert_eq!(said.streams.iter().map(|s| s.passed_through).collect::<Vec<_>>(), [true, false]);
    assert_eq!(said.gops.iter().map(|(gop, _)| gop.lost).sum::<u64>(), 0);
    assert!(said.gops.windows(2).all(|pair| pair[1].0.samples[0].time_us == pair[0].0.end_us));
}

#[test]
fn a_file_that_cannot_begin_again_is_a_camera_that_is_lost() {
    let path = film("goes-away.mp4", &["-g", "10"]);
    let mut capture = Capture::start(&setup(repeated(&path)));
    while !matches!(capture.next().unwrap().0, Message::Gop(_)) {}
    fs::remove_file(&path).unwrap();
    let said = capture.listen(usize::MAX);
    assert!(matches!(&said.end, Some(End::CameraLost { .. })), "{:?}", said.end);
}

#[test]
fn one_that_is_started_anew_goes_on_behind_the_one_before() {
    for source in [pattern(), file(&film("behind.mp4", &["-g", "10"])), file(&film("behind-long.mp4", &["-g", "50"]))] {
        let mut asked = setup(source);
        asked.begin_us = 86_400_000_000;
        let said = Capture::start(&asked).listen(2);
        said.check();
        let mut times: Vec<i64> = said.gops[0].0.samples.iter().map(|s| s.time_us).collect();
        times.sort_unstable();
        assert_eq!(times[..3], [86_400_000_000, 86_400_100_000, 86_400_200_000]);
    }
}

#[test]
fn what_cannot_be_recorded_is_told_apart() {
    let trouble = |source| match Capture::start(&setup(source)).listen(usize::MAX).end {
        Some(End::CouldNotStart(trouble)) => trouble,
        other => panic!("{other:?}"),
    };
    let (empty, sound, slow) = (scratch("empty.mp4"), scratch("sound.wav"), scratch("slow.mp4"));
    fs::write(&empty, "").unwrap();
    ffmpeg(&["-f", "lavfi", "-i", "sine=duration=1", sound.to_str().unwrap()]);
    ffmpeg(&["-f", "lavfi", "-i", "testsrc2=rate=1/2:duration=8", slow.to_str().unwrap()]);
    assert!(matches!(trouble(file(&scratch("missing.mp4"))), Trouble::NotFound { .. }));
    assert!(matches!(trouble(file(&empty)), Trouble::Unreadable { .. }));
    assert!(matches!(trouble(file(&sound)), Trouble::NoVideo { .. }));
    let Trouble::Unreadable { detail, .. } = trouble(file(&slow)) else { panic!() };
    assert!(detail.contains("0.50 frames a second"), "{detail}");
    for device in ["/dev/video987", "ffff:ffff", "ffff:ffff:1"] {
        let no_device = Source::Usb { device: Some(device.into()), format: None, controls: Controls::default() };
        assert!(matches!(trouble(no_device), Trouble::NotFound { .. }), "{device}");
    }
    // A file that is repeated has no picture any oftener.
    assert!(matches!(trouble(repeated(&empty)), Trouble::Unreadable { .. }));
    let nobody = Source::Rtsp { url: "rtsp://127.0.0.1:1/x".into(), login: Some(("u".into(), "secret".into())) };
    let nobody = trouble(nobody);
    assert!(matches!(nobody, Trouble::NotFound { .. }) && !format!("{nobody:?}").contains("secret"), "{nobody:?}");
}

#[test]
fn all_its_threads_are_confined() {
    let mut asked = setup(pattern());
    asked.fast = false;
    let mut capture = Capture::start(&asked);
    // With the first message, the encoder's threads are there too.
    capture.next().unwrap();
    let threads = fs::read_dir(format!("/proc/{}/task", capture.child.id())).unwrap();
    let states: Vec<String> =
        threads.map(|thread| fs::read_to_string(thread.unwrap().path().join("status")).unwrap()).collect();
    assert!(states.len() >= 3, "{}", states.len());
    for state in states {
        assert!(state.contains("NoNewPrivs:\t1") && state.contains("Seccomp:\t2"), "{state}");
    }
    capture.listen(0);
}

#[test]
fn a_process_without_a_setup_ends_with_status_2() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_packseal-station"))
        .arg("capture")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    writeln!(child.stdin.take().unwrap(), "no setup").unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(2));
}
