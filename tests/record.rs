//! Clips of every kind of source: each is VERIFIED, plays as long as it says, and every frame of it decodes.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use evidence::{
    finding::Code,
    statement::{Audio, ClockKind, Encoding, Reason, Source},
    value::Rate,
    verdict::{Facts, is_live},
};
use rustix::process::Signal;

#[path = "support/pictures.rs"]
mod pictures;
#[path = "support/station.rs"]
mod station_program;

use pictures::{consecutive, counters, decoded, duration, ffmpeg, slices};
use station_program::{Folder, ORDER, Station, run};

/// The clip is VERIFIED, and what players find is what its statements say.
#[track_caller]
fn sound(station: &Station, clip: &Path) -> Facts {
    let facts = station.verified(clip);
    assert_eq!(decoded(clip), facts.frames, "{}", clip.display());
    let (said, shown) = (facts.ticks as f64 / 90_000.0, duration(clip));
    assert!((said - shown).abs() < 0.002, "{}: {said} s signed, {shown} s played", clip.display());
    assert_eq!(facts.start.order.as_ref().map(|o| o.as_str()), Some(ORDER));
    facts
}

#[test]
fn the_pattern_at_every_size_and_rate() {
    let station = Station::new("record-pattern");
    let cases = [(320, 240, 5), (640, 360, 10), (1280, 720, 15), (322, 242, 30), (640, 360, 60)];
    for (place, (width, height, rate)) in cases.into_iter().enumerate() {
        let source = format!("pattern:{width}x{height}@{rate}");
        let overlay = place % 2 == 0;
        let more = ["--fast", "--seconds", "3", "--no-overlay"];
        let clip = station.record(&source, if overlay { &more[..3] } else { &more });
        let facts = sound(&station, &clip);
        let start = &facts.start;
        assert_eq!((start.source, start.clock), (Source::Pattern, ClockKind::Simulated));
        assert_eq!((start.audio, start.encoding), (Audio::None, Encoding::ReEncoded));
        assert_eq!(start.overlay.is_some(), overlay, "{source}");
        assert_eq!((start.size.width, start.size.height), (width, height));
        assert_eq!(Some(start.frame_rate), Rate::new(rate, 1));
        let read = counters(&clip);
        consecutive(&read);
        assert_eq!((read[0].0, read.len() as u64, facts.lost), (0, facts.frames, 0), "{source}");
        // The picture's own clock is that of the statements.
        assert!((read[0].1 as i64 - start.first_frame_time.0 / 1000).abs() <= 1, "{source}");
    }
    station.clean(cases.len() as u64, 0, 0);
}

/// A film: name, FFmpeg's options, frames.
type Film<'a> = (&'a str, &'a [&'a str], Option<u64>);

/// Makes the film and records it as fast as it goes.
#[track_caller]
fn film(station: &Station, folder: &Folder, (name, options, frames): Film<'_>, overlay: bool) -> Facts {
    let path = folder.path(name);
    ffmpeg(&[options, &[path.to_str().unwrap()]].concat());
    let source = format!("file:{}", path.display());
    let more = ["--fast", "--no-overlay"];
    let clip = station.record(&source, if overlay { &more[..1] } else { &more });
    let facts = sound(station, &clip);
    let start = &facts.start;
    assert_eq!((start.source, start.clock), (Source::File, ClockKind::Simulated));
    assert_eq!(start.overlay.is_some(), overlay, "{name}");
    let audio = !pictures::probe_streams(&path, "a").is_empty();
    assert_eq!(start.audio == Audio::Dropped, audio, "{name}");
    assert_eq!(facts.end.as_ref().map(|end| end.reason), Some(Reason::SourceEnd));
    if let Some(frames) = frames {
        assert_eq!((facts.frames, facts.lost), (frames, 0), "{name}");
    }
    let (theirs, ours) = (duration(&path), facts.ticks as f64 / 90_000.0);
    let most = if frames.is_some() { 0.25 } else { 1.0 };
    assert!((theirs - ours).abs() < most, "{name}: lasts {theirs} s, sealed {ours} s");
    facts
}

#[test]
fn films_of_every_rate_length_and_coding() {
    let (station, folder) = (Station::new("record-films"), Folder::new("films"));
    let made = |what: &'static str| ["-f", "lavfi", "-i", what];
    let h264 = ["-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p"];
    let mjpeg = ["-c:v", "mjpeg", "-q:v", "4"];
    let sound = ["-f", "lavfi", "-i", "sine=duration=2"];
    let drop = ["-vf", "select='not(mod(n,3))+not(mod(n,7))'", "-fps_mode", "vfr"];
    let films: [(&str, Vec<&str>, u64); 11] = [
        ("5.avi", [&made("testsrc2=size=320x240:rate=5:duration=3")[..], &mjpeg].concat(), 15),
        ("short.mp4", [&made("testsrc2=size=320x240:rate=10:duration=0.3")[..], &h264].concat(), 3),
        ("15.mkv", [&made("testsrc2=size=640x360:rate=15:duration=4")[..], &mjpeg].concat(), 60),
        ("ntsc.mp4", [&made("testsrc2=size=640x360:rate=30000/1001:duration=3")[..], &h264].concat(), 90),
        ("long.mp4", [&made("testsrc2=size=320x240:rate=30:duration=30")[..], &h264].concat(), 900),
        ("60.mp4", [&made("testsrc2=size=320x240:rate=60:duration=2")[..], &h264].concat(), 120),
        ("60.mkv", [&made("testsrc2=size=320x240:rate=60:duration=2")[..], &mjpeg].concat(), 120),
        (
            "sound.mp4",
            [&made("testsrc2=size=320x240:rate=10:duration=2")[..], &sound, &h264, &["-c:a", "aac"]].concat(),
            20,
        ),
        (
            "odd.mkv",
            [&made("testsrc2=size=321x241:rate=10:duration=2")[..], &mjpeg, &["-pix_fmt", "yuvj444p"]].concat(),
            20,
        ),
        ("vfr.mp4", [&made("testsrc2=size=320x240:rate=30:duration=7")[..], &drop, &h264].concat(), 90),
        ("vfr.mkv", [&made("testsrc2=size=320x240:rate=30:duration=7")[..], &drop, &mjpeg].concat(), 90),
    ];
    for (place, (name, options, frames)) in films.iter().enumerate() {
        let facts = film(&station, &folder, (name, options, Some(*frames)), place % 2 == 0);
        assert!(!is_live(facts.start.source));
    }
    station.clean(films.len() as u64, 0, 0);
}

#[test]
fn a_film_whose_rate_changes() {
    let (station, folder) = (Station::new("record-changing"), Folder::new("changing"));
    let source = ["-f", "lavfi", "-i", "testsrc2=size=320x240:rate=60:duration=8"];
    // Its average is far from both of its rates.
    let slow_first = ["-vf", "select='if(lt(t,6),not(mod(n,12)),1)'", "-fps_mode", "vfr"];
    let fast_first = ["-vf", "select='if(lt(t,2),1,not(mod(n,30)))'", "-fps_mode", "vfr"];
    let h264 = ["-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "veryfast"];
    let films = [
        ("slow-first.mp4", [&source[..], &slow_first, &h264].concat(), 150),
        ("fast-first.mp4", [&source[..], &fast_first, &h264].concat(), 132),
    ];
    for (place, (name, options, all)) in films.iter().enumerate() {
        let facts = film(&station, &folder, (name, options, None), place == 0);
        assert!(facts.lost > 0 && facts.frames + facts.lost == *all, "{name}: {} and {}", facts.frames, facts.lost);
    }
    // Of its own GOPs those that fit are passed through, and the others go on in a clip of their own.
    let path = folder.path("passed.mp4");
    let keys = ["-force_key_frames", "expr:gte(t,n_forced)", path.to_str().unwrap()];
    ffmpeg(&[&source[..], &slow_first, &h264, &keys].concat());
    let said = run(&station.record_args(&format!("file:{}", path.display()), &["--fast", "--no-overlay"]));
    let clips: Vec<&Path> = said.out.lines().map(Path::new).collect();
    assert_eq!((said.status, clips.len()), (4, 2), "{said:?}");
    let (passed, encoded) = (station.partial(clips[0]), sound(&station, clips[1]));
    assert_eq!(passed.end.map(|end| end.reason), Some(Reason::FormatChanged));
    assert_eq!((passed.start.encoding, encoded.start.encoding), (Encoding::PassedThrough, Encoding::ReEncoded));
    assert_eq!(passed.frames + encoded.frames + encoded.lost, 150);
}

/// Footage of Debian's opencv-doc, which .ci/setup.sh installs.
const BOX: &str = "/usr/share/doc/opencv-doc/opencv4/html/box.mp4.gz";
const VTEST: &str = "/usr/share/doc/opencv-doc/examples/data/vtest.avi";

#[test]
fn footage_of_real_cameras() {
    let (station, folder) = (Station::new("record-footage"), Folder::new("footage"));
    let hands = folder.path("hands.mp4");
    let packed = std::process::Command::new("gzip").args(["-dc", BOX]).output().unwrap();
    assert!(packed.status.success(), "{BOX} is missing: run .ci/setup.sh");
    fs::write(&hands, packed.stdout).unwrap();
    let hands = hands.to_str().unwrap();
    let copy = ["-c", "copy"];
    let mjpeg = ["-c:v", "mjpeg", "-q:v", "4", "-pix_fmt", "yuvj420p", "-c:a", "copy"];
    // Its first packets do not decode.
    let hands = ["-i", hands];
    let facts = film(&station, &folder, ("box.mp4", &[&hands[..], &copy].concat(), None), true);
    assert_eq!((facts.start.size.width, facts.start.size.height), (640, 480));
    assert!(facts.frames > 400, "{}", facts.frames);
    film(&station, &folder, ("box.mkv", &[&hands[..], &mjpeg].concat(), None), false);
    let street = ["-i", VTEST];
    film(&station, &folder, ("street.avi", &[&street[..], &copy].concat(), Some(795)), false);
    film(&station, &folder, ("street.mkv", &[&street[..], &["-t", "20"], &mjpeg].concat(), Some(200)), true);
    station.clean(4, 0, 0);
}

#[test]
fn every_setting_of_the_encoder() {
    let station = Station::new("record-settings");
    let (mut preset, mut crf) = ("veryfast", "25.0");
    let mut lengths = Vec::new();
    let settings = [
        ("ultrafast", "20.0"),
        ("superfast", "25.0"),
        ("veryfast", "45.0"),
        ("faster", "1.5"),
        ("fast", "25.0"),
        ("medium", "35.0"),
    ];
    for (new_preset, new_crf) in settings {
        station.configure(&format!("preset = \"{preset}\""), &format!("preset = \"{new_preset}\""));
        station.configure(&format!("crf = {crf}"), &format!("crf = {new_crf}"));
        (preset, crf) = (new_preset, new_crf);
        let clip = station.record("pattern:320x240@15", &["--fast", "--seconds", "2"]);
        sound(&station, &clip);
        consecutive(&counters(&clip));
        lengths.push(fs::metadata(&clip).unwrap().len());
        // The version text that x264 writes into its stream says what it was asked for.
        let bytes = fs::read(&clip).unwrap();
        let said = format!("crf={new_crf}");
        assert!(bytes.windows(said.len()).any(|w| w == said.as_bytes()), "{said}");
    }
    assert!(lengths[3] > 2 * lengths[2], "crf changes nothing: {lengths:?}");
}

/// A film of H.264 in GOPs of a second, which fits as it is.
fn fitting(folder: &Folder, seconds: u32) -> PathBuf {
    let path = folder.path("fits.mp4");
    let source = format!("testsrc2=size=320x240:rate=10:duration={seconds}");
    let h264 = ["-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "veryfast", "-g", "10"];
    ffmpeg(&[&["-f", "lavfi", "-i", &source], &h264[..], &[path.to_str().unwrap()]].concat());
    path
}

/// The coded pictures of a file, as FFmpeg takes them out.
fn slices_of(file: &Path) -> Vec<Vec<u8>> {
    let copy = ["-map", "0:v:0", "-c", "copy", "-bsf:v", "h264_mp4toannexb", "-f", "h264", "-"];
    slices(&ffmpeg(&[&["-i", file.to_str().unwrap()], &copy[..]].concat()))
}

#[test]
fn fitting_h264_is_sealed_bit_by_bit() {
    let (station, folder) = (Station::new("record-passed"), Folder::new("passed"));
    let film = fitting(&folder, 6);
    let source = format!("file:{}", film.display());
    let clip = station.record(&source, &["--fast", "--no-overlay"]);
    let facts = sound(&station, &clip);
    assert_eq!((facts.start.encoding, facts.start.overlay), (Encoding::PassedThrough, None));
    assert_eq!(facts.frames, 60);
    assert!(slices_of(&clip) == slices_of(&film), "the slices differ");
    // What is drawn in must be encoded.
    let clip = station.record(&source, &["--fast"]);
    assert_eq!(sound(&station, &clip).start.encoding, Encoding::ReEncoded);
    assert!(slices_of(&clip) != slices_of(&film));
}

#[test]
fn in_real_time_on_the_real_clock() {
    let (station, folder) = (Station::new("record-real"), Folder::new("real"));
    let film = fitting(&folder, 3);
    for (source, more) in [(format!("file:{}", film.display()), ["--no-overlay"]), ("pattern".into(), ["--seconds=2"])]
    {
        let began = Instant::now();
        let clip = station.record(&source, &more);
        let took = began.elapsed().as_secs_f64();
        let facts = sound(&station, &clip);
        assert_eq!((facts.start.clock, facts.lost), (ClockKind::Real, 0), "{source}");
        let seconds = facts.ticks as f64 / 90_000.0;
        assert!(took >= seconds - 0.2 && took < seconds + 5.0, "{source}: {seconds} s in {took} s");
        let report = station.report(&clip);
        assert!(report.has(Code::NotLive) && !report.has(Code::SimulatedClock), "{source}");
    }
}

#[test]
fn seconds_are_kept_within_a_gop() {
    let station = Station::new("record-seconds");
    for seconds in [0.5, 2.0, 4.7] {
        for rate in [5, 30] {
            let clip =
                station.record(&format!("pattern:320x240@{rate}"), &["--fast", "--seconds", &seconds.to_string()]);
            let facts = sound(&station, &clip);
            assert_eq!(facts.end.unwrap().reason, Reason::Timeout);
            let length = facts.ticks as f64 / 90_000.0;
            assert!(length >= seconds && length < seconds + 1.05, "{seconds} s at {rate}/s: {length} s");
        }
    }
}

#[test]
fn ctrl_c_closes_and_a_shutdown_interrupts() {
    let station = Station::new("record-signals");
    let cases = [(Signal::INT, 0, Reason::Stopped), (Signal::TERM, 4, Reason::Shutdown)];
    for (signal, status, reason) in cases {
        let mut recording = station.start("pattern:320x240@10", &[]);
        recording.wait_begun();
        std::thread::sleep(Duration::from_millis(700));
        let at = jiff::Timestamp::now().as_millisecond();
        recording.signal(signal);
        let said = recording.end(Duration::from_secs(10));
        assert_eq!(said.status, status, "{signal:?}: {}", said.err);
        let clip = PathBuf::from(said.out.trim_end());
        let facts = if status == 0 { sound(&station, &clip) } else { station.partial(&clip) };
        assert_eq!(facts.end.as_ref().map(|end| end.reason), Some(reason));
        // Asked to stop, it seals all that it has seen.
        let read = counters(&clip);
        consecutive(&read);
        let lost = at - read[read.len() - 1].1 as i64;
        assert!((-200..=300).contains(&lost), "{signal:?}: the last frame is of {lost} ms before");
        assert_eq!(facts.frames, read.len() as u64);
    }
    station.clean(2, 0, 0);
}
