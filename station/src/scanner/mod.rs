//! Scanners: each is read by a thread of its own, which sends the codes it hears, and looks for its scanner again when
//! that is gone.

use std::{
    fmt, io,
    os::fd::BorrowedFd,
    path::PathBuf,
    thread::{self, JoinHandle},
    time::Duration,
};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TryRecvError, bounded, select};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
};

use crate::{clock, config, say::Trouble};
use framing::{Frame, Framing};

pub mod framing;
mod lines;
mod serial;
pub mod wedge;

/// How often a scanner that is gone is looked for.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Longest wait for a byte: after it the thread sees whether it shall stop.
const SLICE_US: i64 = 50_000;

/// Speed of a serial line whose speed is not given.
const BAUD: u32 = 9600;

/// Which scanner: as the configuration names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Spec {
    /// One that types.
    Evdev(Wedge),
    /// One on a serial line.
    Serial {
        /// Absolute path of the device.
        path: PathBuf,
        /// Bits a second.
        baud: u32,
    },
    /// Standard input.
    Stdin,
}

/// Which of the keyboards.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Wedge {
    /// Absolute path of the device.
    Path(PathBuf),
    /// USB identity.
    Usb {
        /// Vendor.
        vendor: u16,
        /// Product.
        product: u16,
    },
    /// The beginning of the name it gives itself.
    Name(String),
}

impl Spec {
    /// Reads `evdev:/dev/input/…`, `evdev:05e0:1200`, `evdev:name=NAME`, `serial:/dev/…`, `serial:/dev/…@9600`, `stdin`.
    ///
    /// # Errors
    /// Anything else.
    pub fn parse(text: &str) -> Result<Self, Trouble> {
        let spec = match text.split_once(':') {
            None if text == "stdin" => Some(Self::Stdin),
            Some(("evdev", device)) => wedge_of(device).map(Self::Evdev),
            Some(("serial", line)) => serial_of(line),
            _ => None,
        };
        spec.filter(|_| text.len() <= 1000 && !text.contains(char::is_control)).ok_or_else(|| {
            let shown: String = text.chars().take(80).filter(|c| !c.is_control()).collect();
            Trouble::new(
                format!(
                    "unknown scanner '{shown}': use evdev:/dev/input/by-id/NAME, evdev:05e0:1200 (vendor:product), evdev:name=NAME, serial:/dev/ttyACM0@9600 or stdin"
                ),
                format!(
                    "未知扫码枪“{shown}”：请使用 evdev:/dev/input/by-id/名称、evdev:05e0:1200（厂商:产品）、evdev:name=名称、serial:/dev/ttyACM0@9600 或 stdin"
                ),
            )
        })
    }
}

fn wedge_of(device: &str) -> Option<Wedge> {
    if let Some(name) = device.strip_prefix("name=") {
        return (!name.trim().is_empty()).then(|| Wedge::Name(name.to_owned()));
    }
    if device.starts_with('/') {
        return Some(Wedge::Path(device.into()));
    }
    let (vendor, product) = device.split_once(':')?;
    let id = |text: &str| {
        let digits = text.len() == 4 && text.bytes().all(|b| b.is_ascii_hexdigit());
        digits.then(|| u16::from_str_radix(text, 16).ok()).flatten()
    };
    Some(Wedge::Usb { vendor: id(vendor)?, product: id(product)? })
}

fn serial_of(line: &str) -> Option<Spec> {
    let (path, baud) = match line.rsplit_once('@') {
        Some((path, baud)) => (path, baud.parse().ok().filter(|baud| (300..=4_000_000).contains(baud))?),
        None => (line, BAUD),
    };
    (path.starts_with('/') && path.len() > 1).then(|| Spec::Serial { path: path.into(), baud })
}

/// As [`Spec::parse`] reads it.
impl fmt::Display for Spec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Evdev(Wedge::Path(path)) => write!(f, "evdev:{}", path.display()),
            Self::Evdev(Wedge::Usb { vendor, product }) => write!(f, "evdev:{vendor:04x}:{product:04x}"),
            Self::Evdev(Wedge::Name(name)) => write!(f, "evdev:name={name}"),
            Self::Serial { path, baud } => write!(f, "serial:{}@{baud}", path.display()),
            Self::Stdin => f.write_str("stdin"),
        }
    }
}

/// What a scanner's thread has to say. `scanner` is its [`Spec`] as text.
#[derive(Debug)]
pub enum Heard {
    /// A code, cleaned; see [`Frame::Code`].
    Code {
        /// The code.
        text: String,
        /// When its terminator came, or without one its last byte; µs of the monotonic clock.
        at_us: i64,
    },
    /// A code that came damaged, or is longer than any: the packer has to scan again.
    Dropped {
        /// Whose.
        scanner: String,
        /// As of a code.
        at_us: i64,
    },
    /// The scanner is gone, or was never there. Said once, until it is back.
    Lost {
        /// Which.
        scanner: String,
        /// Why, and what to do.
        detail: Trouble,
    },
    /// It is there, for the first time or again.
    There {
        /// Which.
        scanner: String,
        /// After it was lost.
        again: bool,
    },
}

/// A scanner that is listened to. Dropping it stops its thread and gives the device free.
#[derive(Debug)]
pub struct Scanner {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Starts to listen.
///
/// # Errors
/// No thread can be started. A scanner that is not there is no error: [`Heard::Lost`] says so.
pub fn start(spec: Spec, settings: &config::Scanner, heard: Sender<Heard>) -> Result<Scanner, Trouble> {
    let (stop, stopped) = bounded(0);
    let framing = Framing::new(settings);
    let thread = thread::Builder::new().name("scanner".to_owned()).spawn(move || {
        let _ = Thread { spec, heard, stopped, there: None }.run(framing);
    });
    let thread = thread.map_err(|e| {
        Trouble::new("cannot start a thread: close other programs", "无法启动线程：请关闭其他程序").because(e)
    })?;
    Ok(Scanner { stop: Some(stop), thread: Some(thread) })
}

impl Drop for Scanner {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Whether it can be opened now; it is let go at once.
///
/// # Errors
/// Why not, and what to do.
pub fn try_open(spec: &Spec) -> Result<(), Trouble> {
    Port::open(spec).map(drop)
}

/// What is connected that could be a scanner, as the configuration names it.
pub fn connected() -> Vec<String> {
    let lines = serialport::available_ports().unwrap_or_default();
    let lines = lines.into_iter().map(|line| format!("serial:{}", line.port_name));
    wedge::connected().into_iter().map(|wedge| Spec::Evdev(wedge).to_string()).chain(lines).collect()
}

/// What a read of a scanner gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Came {
    /// Nothing in time.
    Nothing,
    /// Bytes.
    Something,
    /// There will never be any more.
    End,
}

/// An opened scanner.
#[derive(Debug)]
enum Port {
    Wedge(wedge::Device),
    Serial(serial::Line),
    Lines(lines::Lines),
}

impl Port {
    fn open(spec: &Spec) -> Result<Self, Trouble> {
        match spec {
            Spec::Evdev(wanted) => wedge::Device::open(wanted).map(Self::Wedge),
            Spec::Serial { path, baud } => {
                serial::Line::open(path, *baud).map(Self::Serial).map_err(|e| trouble(spec, e))
            }
            Spec::Stdin => lines::Lines::open().map(Self::Lines).map_err(|e| trouble(spec, e)),
        }
    }

    fn read(&mut self, within: Duration, framing: &mut Framing) -> io::Result<Came> {
        match self {
            Self::Wedge(device) => device.read(within, framing),
            Self::Serial(line) => line.read(within, framing),
            Self::Lines(lines) => lines.read(within, framing),
        }
    }
}

/// It shall stop, or nobody listens any more.
struct Stop;

struct Thread {
    spec: Spec,
    heard: Sender<Heard>,
    stopped: Receiver<()>,
    /// Whether it was there when that was said last.
    there: Option<bool>,
}

impl Thread {
    fn run(&mut self, mut framing: Framing) -> Result<(), Stop> {
        loop {
            let detail = match Port::open(&self.spec) {
                Ok(port) => match self.listen(port, &mut framing)? {
                    Some(error) => trouble(&self.spec, error),
                    None => return Ok(()),
                },
                Err(trouble) => trouble,
            };
            // What was under way will not go on when it is back.
            framing.reset();
            if self.there.replace(false) != Some(false) {
                self.say(Heard::Lost { scanner: self.spec.to_string(), detail })?;
            }
            if self.stopped.recv_timeout(LOOK_AGAIN) != Err(RecvTimeoutError::Timeout) {
                return Err(Stop);
            }
        }
    }

    /// Listens until the scanner is gone, for this reason, or for good.
    fn listen(&mut self, mut port: Port, framing: &mut Framing) -> Result<Option<io::Error>, Stop> {
        loop {
            if self.stopped.try_recv() != Err(TryRecvError::Empty) {
                return Err(Stop);
            }
            let asked = clock::monotonic();
            let within = framing.due().map_or(SLICE_US, |due| (due - asked).clamp(0, SLICE_US));
            let came = port.read(Duration::from_micros(within.unsigned_abs()), framing);
            match came {
                Ok(Came::Something) => {}
                // Nothing came until then, however late this thread gets to know it.
                Ok(Came::Nothing) => framing.tick(asked + within),
                Ok(Came::End) => framing.finish(),
                Err(ref e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => return Ok(Some(e)),
            }
            let before = self.there.replace(true);
            if before != Some(true) {
                self.say(Heard::There { scanner: self.spec.to_string(), again: before.is_some() })?;
            }
            while let Some(frame) = framing.take() {
                self.say(match frame {
                    Frame::Code { text, at_us } => Heard::Code { text, at_us },
                    Frame::Dropped { at_us } => Heard::Dropped { scanner: self.spec.to_string(), at_us },
                })?;
            }
            if matches!(came, Ok(Came::End)) {
                return Ok(None);
            }
        }
    }

    /// Says it, as soon as somebody listens.
    fn say(&self, heard: Heard) -> Result<(), Stop> {
        select! {
            send(self.heard, heard) -> sent => sent.map_err(|_| Stop),
            recv(self.stopped) -> _ => Err(Stop),
        }
    }
}

/// Waits for something to read, or for the other side to be gone.
fn readable(fd: BorrowedFd<'_>, within: Duration) -> io::Result<bool> {
    let within = Timespec::try_from(within).map_err(|_| Errno::INVAL)?;
    Ok(poll(&mut [PollFd::new(&fd, PollFlags::IN)], Some(&within))? > 0)
}

/// Why a scanner cannot be heard, and what to do.
fn trouble(spec: &Spec, error: io::Error) -> Trouble {
    let (en, zh) = match error.kind() {
        io::ErrorKind::NotFound => (
            "is not there: plug it in, or correct its name in station.toml",
            "未找到：请插好，或在 station.toml 中改正名称",
        ),
        io::ErrorKind::PermissionDenied => (
            "may not be opened: add this user to the groups input and dialout",
            "没有权限打开：请将当前用户加入 input 和 dialout 组",
        ),
        io::ErrorKind::ResourceBusy => ("is used by another program: end that one", "正被其他程序占用：请先关闭该程序"),
        _ => (
            "cannot be heard: plug it in again, and check its name in station.toml",
            "无法读取：请重新插拔，并检查 station.toml 中的名称",
        ),
    };
    // Where nothing is there, the system has no more to say.
    let more = (error.kind() != io::ErrorKind::NotFound).then_some(error);
    let trouble = Trouble::new(format!("the scanner {spec} {en}"), format!("扫码枪 {spec} {zh}"));
    match more {
        Some(error) => trouble.because(error),
        None => trouble,
    }
}

#[cfg(test)]
mod tests;
