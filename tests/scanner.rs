//! Scanners as they are plugged in: serial ones on pseudo-terminals, keyboards by what a kernel recorded of one.

use std::{
    fs,
    io::Write,
    mem::MaybeUninit,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, RecvTimeoutError, bounded, unbounded};
use rustix::fs::inotify;
use serialport::{SerialPort, TTYPort};
use station::{
    clock,
    config::{self, Config, SAMPLE},
    say::Lang,
    scanner::{
        self, Heard, Scanner, Spec,
        framing::{Frame, Framing},
        wedge::{Keys, Typed},
    },
};

/// Longer than anything here takes, also on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// As installed: quiet after 220 ms.
fn settings() -> config::Scanner {
    Config::parse(SAMPLE).unwrap().scanner
}

/// A place where a scanner is plugged in, and what is heard of it.
struct Plug {
    folder: PathBuf,
    link: PathBuf,
    spec: Spec,
    heard: Receiver<Heard>,
    scanner: Option<Scanner>,
}

/// A scanner that is plugged in; without it, its line hangs up.
struct Plugged {
    master: TTYPort,
    /// Keeps what is sent before somebody listens.
    _line: TTYPort,
}

impl Plug {
    /// Somebody listens to what is, or will be, plugged in here.
    fn new(name: &str, settings: &config::Scanner, plugged: bool) -> (Self, Option<Plugged>) {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}-{number}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let link = folder.join("ttyACM0");
        let (sender, heard) = unbounded();
        let spec = Spec::parse(&format!("serial:{}@9600", link.display())).unwrap();
        let mut plug = Self { folder, link, spec: spec.clone(), heard, scanner: None };
        let there = plugged.then(|| plug.plug_in());
        plug.scanner = Some(scanner::start(spec, settings, sender).unwrap());
        if plugged {
            plug.there(false);
        }
        (plug, there)
    }

    fn plug_in(&self) -> Plugged {
        let (master, line) = TTYPort::pair().unwrap();
        symlink(line.name().unwrap(), &self.link).unwrap();
        Plugged { master, _line: line }
    }

    fn unplug(&self, plugged: Plugged) {
        fs::remove_file(&self.link).unwrap();
        drop(plugged);
    }

    #[track_caller]
    fn next(&self) -> Heard {
        self.heard.recv_timeout(PATIENCE).expect("nothing heard")
    }

    /// The next thing heard is a code.
    #[track_caller]
    fn code(&self) -> (String, i64) {
        match self.next() {
            Heard::Code { text, at_us } => (text, at_us),
            other => panic!("{other:?}"),
        }
    }

    #[track_caller]
    fn codes(&self, expected: &[&str]) {
        for text in expected {
            assert_eq!(self.code().0, *text);
        }
    }

    #[track_caller]
    fn lost(&self, says: &str) {
        match self.next() {
            Heard::Lost { scanner, detail } => {
                let line = detail.line(Lang::En);
                assert_eq!(scanner, self.spec.to_string());
                assert!(line.contains(&scanner) && line.contains(says) && !line.contains('\n'), "{line}");
                assert!(detail.line(Lang::Zh).contains('：'));
            }
            other => panic!("{other:?}"),
        }
    }

    #[track_caller]
    fn there(&self, after_it_was_lost: bool) {
        match self.next() {
            Heard::There { scanner, again } => {
                assert_eq!((scanner, again), (self.spec.to_string(), after_it_was_lost));
            }
            other => panic!("{other:?}"),
        }
    }

    /// Nothing is heard for so long.
    #[track_caller]
    fn silent(&self, time: Duration) {
        let heard = self.heard.recv_timeout(time);
        assert!(matches!(heard, Err(RecvTimeoutError::Timeout)), "{heard:?}");
    }
}

impl Drop for Plug {
    fn drop(&mut self) {
        let begin = Instant::now();
        self.scanner = None;
        // Its thread is gone: nobody can send any more.
        while self.heard.recv().is_ok() {}
        if !std::thread::panicking() {
            assert!(begin.elapsed() < Duration::from_secs(2), "stopped after {:?}", begin.elapsed());
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// What a recording types. Files of tests/data/scanner hold `struct input_event` (64 bit, little-endian) as Linux 6.1
/// gave them of a USB keyboard, QEMU's, that typed at 30 ms a key: scan codes, keys, repetitions, reports, lights.
fn replay(file: &str) -> Vec<Frame> {
    let bytes = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/scanner").join(file)).unwrap();
    let (mut keys, mut framing, mut frames) = (Keys::default(), Framing::new(&settings()), Vec::new());
    let (events, rest) = bytes.as_chunks::<24>();
    assert!(rest.is_empty() && events.len() > 100);
    for event in events {
        let long = |at: usize| i64::from_le_bytes(event[at..at + 8].try_into().unwrap());
        let short = |at: usize| u16::from_le_bytes(event[at..at + 2].try_into().unwrap());
        let at_us = long(0) * 1_000_000 + long(8);
        let typed = keys.event(short(16), short(18), i32::from_le_bytes(event[20..].try_into().unwrap()));
        // Where events were dropped it was not quiet before.
        if typed != Typed::Missed {
            framing.tick(at_us);
        }
        match typed {
            Typed::Nothing => {}
            Typed::Text(text) => framing.feed(at_us, text.to_string().as_bytes()),
            Typed::Missed => framing.spoil(at_us),
        }
        frames.extend(std::iter::from_fn(|| framing.take()));
    }
    framing.finish();
    frames.extend(std::iter::from_fn(|| framing.take()));
    frames
}

/// The codes alone; a dropped one is `None`.
fn texts(frames: &[Frame]) -> Vec<Option<&str>> {
    fn text(frame: &Frame) -> Option<&str> {
        match frame {
            Frame::Code { text, .. } => Some(text.as_str()),
            Frame::Dropped { .. } => None,
        }
    }
    frames.iter().map(text).collect()
}

#[test]
fn what_a_kernel_recorded_of_a_scanner_that_types() {
    let expected = [
        // Shift for each letter; caps lock on and off around small letters, Tab; the keypad and its Enter.
        "SF1390000000001",
        "JDV000123456789-1-1-",
        "YT1234567890123",
        "1234567890",
        "https://example.com/t?no=1&x={2}",
        // A key held down for 1.5 s, so it is quiet behind it; shift held over several keys.
        "a",
        "12",
        "ABCd",
        // No Enter, and 1.5 s of quiet; Enter; the key that ended the recording types nothing.
        "EA123456789CN",
        "last",
    ];
    let frames = replay("usb-keyboard.events");
    assert_eq!(texts(&frames), expected.map(Some));
    let at = |n: usize| match frames[n] {
        Frame::Code { at_us, .. } | Frame::Dropped { at_us } => at_us,
    };
    // The one without Enter is of its last key.
    assert!((1_400_000..2_500_000).contains(&(at(9) - at(8))), "{}", at(9) - at(8));
}

#[test]
fn what_a_kernel_recorded_while_nobody_read() {
    // One key, then nobody read for 12 s while two codes were typed: what is left is the end of the second, which would
    // have passed for a number.
    let frames = replay("usb-keyboard-dropped.events");
    assert_eq!(texts(&frames), [None, Some("000"), Some("SF1390000000003")]);
}

#[test]
fn a_serial_scanner_with_every_terminator() {
    let (plug, there) = Plug::new("terminators", &settings(), true);
    let mut there = there.unwrap();
    for (number, end) in ["\r", "\n", "\r\n", "\t", "\0", "\r\r"].iter().enumerate() {
        let text = format!("SF139000000000{number}");
        let before = clock::monotonic();
        there.master.write_all(format!("{text}{end}").as_bytes()).unwrap();
        let (heard, at_us) = plug.code();
        assert_eq!(heard, text);
        assert!((before..=clock::monotonic()).contains(&at_us));
    }
    // Several in one shot, two prefixes, control characters, spaces, an empty one, Chinese in UTF-8 and in GBK.
    there.master.write_all(b"]C1\x02SF1\x1d390000000001\x03 \r\n\r\n6901234567892\rhttps://a.b/c\n").unwrap();
    plug.codes(&["SF1390000000001", "6901234567892", "https://a.b/c"]);
    there.master.write_all("顺丰\n".as_bytes()).unwrap();
    there.master.write_all(b"\xcb\xb3\xb7\xe1\n").unwrap();
    plug.codes(&["顺丰", "\u{2f3}\u{fffd}\u{fffd}"]);
    // One that is too long is said, and the next is heard.
    there.master.write_all(&[b'1'; 5000]).unwrap();
    there.master.write_all(b"\nnext\n").unwrap();
    assert!(matches!(plug.next(), Heard::Dropped { scanner, .. } if scanner == plug.spec.to_string()));
    plug.codes(&["next"]);
}

#[test]
fn a_serial_scanner_without_terminator() {
    let (plug, there) = Plug::new("quiet", &settings(), true);
    let mut there = there.unwrap();
    for text in ["SF1390000000001", "YT1234567890123"] {
        there.master.write_all(text.as_bytes()).unwrap();
        let (heard, at_us) = plug.code();
        let waited = clock::monotonic() - at_us;
        assert_eq!(heard, text);
        // Told after 220 ms of quiet, and said to be of before them.
        assert!((220_000..2_000_000).contains(&waited), "{waited} µs");
    }
}

#[test]
fn bytes_that_come_one_by_one() {
    let (plug, there) = Plug::new("torn", &config::Scanner { quiet_ms: 5000, ..settings() }, true);
    let mut there = there.unwrap();
    for byte in b"SF1390000000001\r\nYT1234567890123\t" {
        there.master.write_all(&[*byte]).unwrap();
        std::thread::sleep(Duration::from_millis(2));
    }
    plug.codes(&["SF1390000000001", "YT1234567890123"]);
}

#[test]
fn unplugged_and_plugged_in_again() {
    let (plug, there) = Plug::new("replug", &settings(), true);
    let mut there = there.unwrap();
    there.master.write_all(b"one\n").unwrap();
    plug.codes(&["one"]);
    for round in 0..2 {
        // Half a code, and gone.
        there.master.write_all(b"ha").unwrap();
        std::thread::sleep(Duration::from_millis(60));
        plug.unplug(there);
        plug.lost("plug it in again");
        // Said once, however often it is looked for.
        plug.silent(Duration::from_millis(if round == 0 { 2500 } else { 10 }));
        let begin = Instant::now();
        there = plug.plug_in();
        plug.there(true);
        assert!(begin.elapsed() < Duration::from_secs(5), "back after {:?}", begin.elapsed());
        there.master.write_all(b"two\n").unwrap();
        plug.codes(&["two"]);
    }
    plug.silent(Duration::from_millis(300));
}

#[test]
fn not_there_at_the_start() {
    let (plug, none) = Plug::new("late", &settings(), false);
    assert!(none.is_none());
    plug.lost("is not there");
    plug.silent(Duration::from_millis(1500));
    let mut there = plug.plug_in();
    plug.there(true);
    there.master.write_all(b"SF1390000000001\n").unwrap();
    plug.codes(&["SF1390000000001"]);
}

#[test]
fn a_line_that_is_open_already_is_left_alone() {
    let (plug, there) = Plug::new("busy", &settings(), true);
    let mut there = there.unwrap();
    there.master.write_all(b"one\n").unwrap();
    plug.codes(&["one"]);
    let (sender, second) = unbounded();
    let other = scanner::start(plug.spec.clone(), &settings(), sender).unwrap();
    let heard = second.recv_timeout(PATIENCE).unwrap();
    assert!(matches!(&heard, Heard::Lost { detail, .. } if detail.en.contains("another program")), "{heard:?}");
    there.master.write_all(b"two\n").unwrap();
    plug.codes(&["two"]);
    drop(other);
    assert!(second.recv().is_err());
}

#[test]
fn what_is_no_scanner_is_said_once() {
    let texts = [
        "evdev:/dev/null",
        "evdev:/dev/input/by-id/none",
        "evdev:ffff:ffff",
        "evdev:name=None Such",
        "serial:/dev/null",
        "serial:/proc/self/stat",
    ];
    let (sender, heard) = unbounded();
    let specs: Vec<Spec> = texts.iter().map(|text| Spec::parse(text).unwrap()).collect();
    let all: Vec<Scanner> =
        specs.iter().map(|s| scanner::start(s.clone(), &settings(), sender.clone()).unwrap()).collect();
    drop(sender);
    let mut lost: Vec<String> = Vec::new();
    let end = Instant::now() + Duration::from_secs(3);
    while let Ok(heard) = heard.recv_deadline(end) {
        match heard {
            Heard::Lost { scanner, detail } => {
                assert!(!detail.line(Lang::En).contains('\n') && detail.line(Lang::Zh).contains('：'));
                lost.push(scanner);
            }
            other => panic!("{other:?}"),
        }
    }
    let mut expected: Vec<String> = specs.iter().map(Spec::to_string).collect();
    expected.sort();
    lost.sort();
    assert_eq!(lost, expected);
    drop(all);
    assert!(heard.recv().is_err());
}

#[test]
fn it_is_looked_for_once_a_second() {
    let (plug, _) = Plug::new("hot", &settings(), false);
    plug.lost("is not there");
    // A file is no line: each look opens it, and finds that out.
    fs::write(&plug.link, "").unwrap();
    let watch = inotify::init(inotify::CreateFlags::NONBLOCK).unwrap();
    // Opening alone would be one event, however often it happens.
    inotify::add_watch(&watch, &plug.link, inotify::WatchFlags::OPEN | inotify::WatchFlags::CLOSE).unwrap();
    plug.silent(Duration::from_millis(3500));
    let mut space = [MaybeUninit::uninit(); 4096];
    let mut events = inotify::Reader::new(&watch, &mut space);
    let mut looks = 0;
    while let Ok(event) = events.next() {
        looks += u32::from(event.events().contains(inotify::ReadFlags::OPEN));
    }
    assert!((1..=4).contains(&looks), "opened {looks} times in 3.5 s");
}

#[test]
fn a_bench_that_does_not_listen_can_be_left() {
    // Nobody takes the second code, and the thread must stop all the same.
    let (sender, heard) = bounded(1);
    let (master, line) = TTYPort::pair().unwrap();
    let spec = Spec::Serial { path: line.name().unwrap().into(), baud: 9600 };
    let scanner = scanner::start(spec, &settings(), sender).unwrap();
    let mut there = Plugged { master, _line: line };
    there.master.write_all(b"one\ntwo\nthree\n").unwrap();
    let end = Instant::now() + PATIENCE;
    while !heard.is_full() {
        assert!(Instant::now() < end, "nothing heard");
        std::thread::yield_now();
    }
    let begin = Instant::now();
    drop(scanner);
    assert!(begin.elapsed() < Duration::from_secs(2), "stopped after {:?}", begin.elapsed());
    assert_eq!(heard.try_iter().count(), 1);
    assert!(heard.recv().is_err());
}

#[test]
fn from_the_terminator_to_the_bench() {
    let (plug, there) = Plug::new("latency", &settings(), true);
    let mut there = there.unwrap();
    let mut all = Vec::new();
    for number in 0..200 {
        let text = format!("SF{number:013}");
        there.master.write_all(text.as_bytes()).unwrap();
        std::thread::sleep(Duration::from_millis(2));
        let begin = clock::monotonic();
        there.master.write_all(b"\r").unwrap();
        let (heard, at_us) = plug.code();
        let end = clock::monotonic();
        assert_eq!(heard, text);
        assert!((begin..=end).contains(&at_us));
        all.push(end - begin);
    }
    all.sort_unstable();
    let [median, p99] = [all[all.len() / 2], all[all.len() * 99 / 100]];
    println!("terminator sent to code received: median {median} µs, p99 {p99} µs");
    assert!(median < 10_000, "median {median} µs");
}
