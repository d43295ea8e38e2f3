//! `record`: one clip, then exit.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use evidence::statement::{Direction, Opened, Reason};

use super::{Status, bench, open, program, require_room};
use crate::{
    capture::protocol::End,
    child::{Arrival, Capture},
    clip::Opening,
    clock::{self, Clock},
    data::Place,
    recorder::{self, Recorder},
    say::{Lang, Trouble},
    source,
};

/// How long a source may take to its first GOP: a network camera connects and waits for a key frame.
const FIRST: Duration = Duration::from_secs(20);
/// How long may pass between GOPs before the capture process counts as hanging.
const NEXT: Duration = Duration::from_secs(5);

/// How long a capture process that was asked to end may take to send what it has.
const DRAIN: Duration = Duration::from_millis(1500);

fn patience(began: bool, asked_to_end: bool) -> Duration {
    match (asked_to_end, began) {
        (true, _) => DRAIN,
        (false, true) => NEXT,
        (false, false) => FIRST,
    }
}

/// What to record.
#[derive(Debug)]
pub struct Recording<'a> {
    /// The order number.
    pub order: &'a str,
    /// The `--source` argument.
    pub source: &'a str,
    /// Stop after so many seconds.
    pub seconds: Option<f64>,
    /// As fast as the disk and the processor go, on the simulated clock.
    pub fast: bool,
    /// Draw order number, station and time into the picture.
    pub overlay: bool,
}

/// Records one clip.
///
/// # Errors
/// What keeps it from starting. Once pictures are sealed, there is a [`Status`].
pub fn run(place: &Place, recording: &Recording<'_>, lang: Lang) -> Result<Status, Trouble> {
    let order = super::order(recording.order)?;
    let station = open(place, lang)?;
    let source = source::parse(recording.source, &station.data)?;
    require_room(&station.data)?;
    let kind = source::kind(&source);
    let live = evidence::verdict::is_live(kind);
    if recording.fast && live {
        return Err(Trouble::new(
            "--fast is for files and the pattern: a camera runs in its own time",
            "--fast 仅用于文件和测试图：摄像头按自身时间运行",
        ));
    }
    let clock = if recording.fast { Clock::Simulated { zero: clock::wall() } } else { Clock::System };
    let cannot = |e| Trouble::new("cannot start the capture process", "无法启动采集进程").because(e);
    let opening = Opening {
        order: Some(order.clone()),
        opened: Opened::Api,
        direction: Direction::Outgoing,
        bench: bench(&station)?,
        operator: None,
        time: clock::wall(),
        source: kind,
        clock,
        program: program().map_err(cannot)?,
    };
    let (stop, shutdown) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    for (signal, flag) in [(signal_hook::consts::SIGINT, &stop), (signal_hook::consts::SIGTERM, &shutdown)] {
        signal_hook::flag::register(signal, flag.clone()).map_err(cannot)?;
    }
    let mut capture = Capture::start(&source::setup(&station, source, clock, recording.overlay), clock, Arc::default())
        .map_err(cannot)?;
    capture.order(Some(order.as_str()));

    let mut recorder = Recorder::new(Arc::new(station));
    recorder.open(opening, i64::MIN / 2).map_err(recorder::trouble)?;
    let mut last = Instant::now();
    let mut began = false;
    // Why the clip will be closed, once its end is decided.
    let mut decided: Option<Reason> = None;
    let reason = loop {
        let asked = [(&stop, Reason::Stopped), (&shutdown, Reason::Shutdown)]
            .into_iter()
            .find(|(flag, _)| flag.load(Ordering::Relaxed));
        if let (Some((_, reason)), None) = (asked, decided) {
            capture.stop();
            last = Instant::now();
            decided = Some(reason);
        }
        match capture.wait(Duration::from_millis(100)) {
            Arrival::Stream(stream) => recorder.stream(stream).map_err(recorder::trouble)?,
            Arrival::Gop(gop) => {
                last = Instant::now();
                if let Some((reason, error)) = recorder.gop(gop).map_err(recorder::trouble)? {
                    eprintln!("packseal-station: {}", recorder::trouble(error).line(lang));
                    break reason;
                }
                if !began {
                    began = true;
                    eprintln!("{}", lang.pick(format!("recording {order}"), format!("正在录制 {order}")));
                }
                let long = recording.seconds.is_some_and(|s| recorder.length_us() as f64 >= s * 1e6);
                // The recorder itself closes a clip of more than a day.
                if (long || !recorder.is_busy()) && decided.is_none() {
                    break Reason::Timeout;
                }
            }
            Arrival::End(End::CouldNotStart(trouble)) if !began => return Err(source::trouble(&trouble)),
            Arrival::End(End::SourceEnd) => break decided.unwrap_or(Reason::SourceEnd),
            Arrival::End(_) | Arrival::Gone => break decided.unwrap_or(Reason::CameraLost),
            Arrival::Nothing if last.elapsed() > patience(began, decided.is_some()) => {
                break decided.unwrap_or(Reason::CameraLost);
            }
            Arrival::Nothing | Arrival::Alive(_) => {}
        }
    };
    drop(capture);
    recorder.close_all(reason).map_err(recorder::trouble)?;
    let sealed = recorder.sealed();
    if sealed.is_empty() {
        return Err(nothing_recorded(reason));
    }
    let early = sealed.iter().any(|clip| !clip.reason.is_complete());
    for clip in sealed {
        let (path, reason) = (clip.path.display(), clip.reason.as_str());
        super::print(path)?;
        eprintln!("{}", lang.pick(format!("sealed ({reason})"), format!("已封存（{reason}）")));
    }
    Ok(if early { Status::SealedEarly } else { Status::Done })
}

/// Why there is no clip.
fn nothing_recorded(reason: Reason) -> Trouble {
    match reason {
        Reason::Stopped | Reason::Shutdown => Trouble::new(
            "stopped before the first picture: nothing was recorded",
            "在首个画面之前停止：没有录制任何内容",
        ),
        Reason::DiskFull => {
            Trouble::new("the disk is full, nothing was recorded: make room", "磁盘已满，没有录制任何内容：请腾出空间")
        }
        Reason::Damaged => Trouble::new(
            "the disk or the catalogue failed, nothing was recorded: check the disk, then try again",
            "磁盘或目录出错，没有录制任何内容：请检查磁盘后重试",
        ),
        _ => Trouble::new(
            "the source gave no picture: check that it plays elsewhere",
            "来源没有画面：请确认其在别处可以播放",
        ),
    }
}
