//! `demo`: the main job on the embedded default. Two parcels, one after the other, each sealed, then verified. Then, if
//! asked, a station at work with the same pattern as its bench, to be tried in a browser.

mod serve;

use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use evidence::{
    bmff::TICKS,
    finding::Weight,
    statement::{Control, Direction, EventKind, Opened, Reason},
    verdict::Verdict,
};

use super::{Status, bench, open, order, program, require_room};
use crate::{
    capture::protocol::End,
    child::{Arrival, Capture},
    clip::Opening,
    clock::{self, Clock},
    data::{Data, Place},
    recorder::{self, Recorder},
    recovery::verify_own,
    say::{Lang, Trouble},
    source,
};

/// The two parcels.
const ORDERS: [&str; 2] = ["SF1390000000001", "SF1390000000002"];
/// Seconds a parcel takes.
const PARCEL: i64 = 5;

/// What is due at the demo's bench.
#[derive(Debug, Clone, Copy)]
enum Due {
    /// The packer scans this parcel.
    Scan(usize),
    /// The packer scans END.
    End,
    /// Nothing more but the last clip's last GOP.
    Rest,
}

/// Records and verifies.
///
/// # Errors
/// What keeps it from starting, and clips that do not verify.
pub fn run(root: Option<&Path>, serve: bool, lang: Lang) -> Result<Status, Trouble> {
    let root =
        root.map_or_else(|| std::env::temp_dir().join(format!("packseal-demo-{}", std::process::id())), PathBuf::from);
    let place = Place::Folder(root.clone());
    let is_new = !root.join("station.toml").exists();
    if is_new {
        Data::init(&place, "demo-bench")?;
    }
    if !serve {
        return parcels(&place, lang);
    }
    if is_new {
        parcels(&place, lang)?;
    }
    serve::serve(&place, lang)
}

/// Packs both.
fn parcels(place: &Place, lang: Lang) -> Result<Status, Trouble> {
    let station = Arc::new(open(place, lang)?);
    require_room(&station.data)?;
    let vkey = station.key.verifier().to_string();
    let cannot = |e| Trouble::new("cannot start the capture process", "无法启动采集进程").because(e);
    let program = program().map_err(cannot)?;
    let source = source::parse("pattern", &station.data)?;
    let kind = source::kind(&source);
    let pre_roll = (station.data.config.clip.pre_roll_seconds * 1e6) as i64;
    super::print(lang.pick(
        "A drawn bench, 640x360, 10 frames a second. Two parcels are packed; this takes about 15 seconds.",
        "内置的测试工位，640x360，每秒 10 帧。将打包两个包裹，约需 15 秒。",
    ))?;
    let mut capture =
        Capture::start(&source::setup(&station, source, Clock::System, true), Clock::System, Arc::default())
            .map_err(cannot)?;
    let bench = bench(&station)?;
    let mut recorder = Recorder::new(station.clone());
    let mut due = Due::Scan(0);
    let mut next_us = i64::MAX;
    loop {
        match capture.wait(Duration::from_millis(20)) {
            Arrival::Stream(stream) => recorder.stream(stream).map_err(recorder::trouble)?,
            Arrival::Gop(gop) => {
                if recorder.gop(gop).map_err(recorder::trouble)?.is_some() {
                    return Err(Trouble::new("the disk is full or failing: make room", "磁盘已满或故障：请腾出空间"));
                }
                if next_us == i64::MAX && recorder.ring_us() >= pre_roll {
                    next_us = clock::monotonic();
                }
            }
            Arrival::Nothing | Arrival::Alive(_) => {}
            Arrival::End(End::CouldNotStart(trouble)) => return Err(source::trouble(&trouble)),
            Arrival::End(_) | Arrival::Gone => return Err(Trouble::new("the capture process ended", "采集进程已结束")),
        }
        let now = clock::monotonic();
        if now >= next_us {
            next_us = now + PARCEL * 1_000_000;
            due = match due {
                Due::Scan(n) => {
                    recorder.event(now, EventKind::NextScan);
                    recorder.close(now, Reason::NextScan).map_err(recorder::trouble)?;
                    capture.order(Some(ORDERS[n]));
                    let opening = Opening {
                        order: Some(order(ORDERS[n])?),
                        opened: Opened::Scan,
                        direction: Direction::Outgoing,
                        bench: bench.clone(),
                        operator: None,
                        time: clock::wall(),
                        source: kind,
                        clock: Clock::System,
                        program,
                    };
                    recorder.open(opening, now).map_err(recorder::trouble)?;
                    super::print(
                        lang.pick(format!("scan {}: recording", ORDERS[n]), format!("扫描 {}：开始录制", ORDERS[n])),
                    )?;
                    if n + 1 < ORDERS.len() { Due::Scan(n + 1) } else { Due::End }
                }
                Due::End => {
                    recorder.event(now, EventKind::Control(Control::End));
                    recorder.close(now, Reason::EndCode).map_err(recorder::trouble)?;
                    super::print(lang.pick("scan END: sealing", "扫描 END：封存"))?;
                    Due::Rest
                }
                Due::Rest => Due::Rest,
            };
        }
        if matches!(due, Due::Rest) && !recorder.is_busy() {
            break;
        }
    }
    drop(capture);
    let sealed = recorder.sealed();
    let mut verified = 0;
    for clip in &sealed {
        let unreadable = |e| Trouble::new("a clip cannot be read back", "录像无法读回").because(e);
        let file = File::open(&clip.path).map_err(unreadable)?;
        let report = verify_own(&station, &file).map_err(unreadable)?;
        let Some(facts) = &report.facts else { continue };
        verified += u64::from(report.verdict == Verdict::Verified);
        let name = facts.start.order.as_ref().map_or("-", |o| o.as_str());
        let seconds = facts.ticks as f64 / TICKS as f64;
        let before = (facts.start.opened_time.0 - facts.start.first_frame_time.0) as f64 / 1e6;
        let (frames, lost) = (facts.frames, facts.lost);
        let verdict = if report.verdict == Verdict::Verified { "VERIFIED" } else { "NOT VERIFIED" };
        super::print(format_args!("\n{name}  {verdict}"))?;
        super::print(lang.pick(
            format!("  {seconds:.1} s, {frames} frames, {lost} lost, from {before:.1} s before its scan"),
            format!("  {seconds:.1} 秒，{frames} 帧，丢失 {lost} 帧，自扫描前 {before:.1} 秒开始"),
        ))?;
        for finding in report.findings.iter().filter(|f| f.code.weight() != Weight::Rejected) {
            super::print(format_args!("  {}", lang.pick(finding.code.en(), finding.code.zh())))?;
        }
        super::print(format_args!("  {}", clip.path.display()))?;
    }
    super::print(
        lang.pick("\nCheck one yourself, with the key given from outside:", "\n您可以用外部提供的公钥自行核验："),
    )?;
    if let Some(clip) = sealed.first() {
        let (path, order) = (clip.path.display(), ORDERS[0]);
        super::print(format_args!("  packseal-verifier verify {path} --key {vkey} --order {order}"))?;
    }
    if verified == ORDERS.len() as u64 { Ok(Status::Done) } else { Ok(Status::Disagreement) }
}
