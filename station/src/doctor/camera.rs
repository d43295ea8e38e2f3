//! The camera: who it is, what it offers, what it gives, and how well it sees.

use std::time::{Duration, Instant};

use super::{Doctor, Grade};
use crate::{
    bench::Plan,
    capture::{
        self, Sight,
        protocol::{self, End, Setup, Source},
    },
    child::{Arrival, Capture},
    clock::Clock,
    config, source,
    status::{Bench, CameraState},
};

/// How long a camera may take to its first picture.
const FIRST: Duration = Duration::from_secs(20);
/// For how long its frames are counted.
const COUNTED: Duration = Duration::from_secs(4);
/// So much of the promised rate must come: a camera that exposes longer in the dark gives less.
const ENOUGH: f64 = 0.9;
/// Edges wider than this, px: small print cannot be read.
const BLURRED: f64 = 6.0;

/// What a camera was seen to do.
struct Seen {
    identity: String,
    /// Frames a second.
    rate: f64,
    /// What it promised, where that is known.
    promised: Option<f64>,
    lost: u64,
    unsupported: Vec<String>,
    sight: Option<Sight>,
}

pub(super) fn examine(doctor: &mut Doctor, plan: &Plan, encoder: &config::Encoder, at_work: Option<&Bench>) {
    let seen = match at_work {
        Some(bench) => at_the_bench(bench),
        None => tried(plan, encoder),
    };
    match seen {
        Ok(seen) => judge(doctor, &seen),
        Err((en, zh)) => doctor.bad(
            "camera",
            Grade::Fail,
            (en, zh),
            (
                "plug it in again, try another USB socket, or correct bench.camera",
                "请重新插拔、换一个 USB 口，或改正 bench.camera",
            ),
        ),
    }
    if let Source::Usb { device, .. } = &plan.source {
        match capture::offers(device.as_deref()) {
            Ok(offers) if !offers.is_empty() => {
                let offers = offers.join(", ");
                doctor.ok("camera-formats", offers.clone(), offers);
            }
            Ok(_) => doctor.bad(
                "camera-formats",
                Grade::Fail,
                ("none that the station takes", "没有本程序支持的格式"),
                ("use a camera with MJPEG, YUYV or NV12", "请使用支持 MJPEG、YUYV 或 NV12 的摄像头"),
            ),
            // Some drivers tell their formats only to whoever has the camera.
            Err(_) if at_work.is_some() => doctor.bad(
                "camera-formats",
                Grade::Warn,
                ("not told while the station has the camera", "录制端占用摄像头时无法读取"),
                (
                    "to see them, stop the station and run this again: systemctl stop packseal-station",
                    "如需查看，请先停止：systemctl stop packseal-station，再运行本命令",
                ),
            ),
            Err(trouble) => doctor.trouble("camera-formats", Grade::Fail, &source::trouble(&trouble)),
        }
    }
}

fn at_the_bench(bench: &Bench) -> Result<Seen, (String, String)> {
    let camera = &bench.camera;
    if matches!(camera.state, CameraState::Starting | CameraState::Stalled | CameraState::Lost) {
        let state = camera.state.as_str();
        return Err((format!("the station says: {state}"), format!("录制端报告：{state}")));
    }
    Ok(Seen {
        identity: camera.identity.clone().unwrap_or_default(),
        rate: camera.frames_per_second,
        promised: None,
        lost: camera.lost_frames,
        unsupported: Vec::new(),
        sight: camera.sight,
    })
}

/// Runs it for some seconds.
fn tried(plan: &Plan, encoder: &config::Encoder) -> Result<Seen, (String, String)> {
    let said = |en: &str, zh: &str| (en.to_owned(), zh.to_owned());
    let setup = Setup {
        source: plan.source.clone(),
        overlay: None,
        encoder: protocol::Encoder { preset: encoder.preset.clone(), crf: encoder.crf },
        fast: false,
        begin_us: 0,
        wall_at_zero_us: None,
    };
    let capture = Capture::start(&setup, Clock::System, std::sync::Arc::default())
        .map_err(|e| (format!("its capture process does not start: {e}"), format!("采集进程无法启动：{e}")))?;
    let begun = Instant::now();
    let (mut stream, mut first, mut last) = (None, None, None);
    while first.map_or(begun.elapsed() < FIRST, |(at, _): (Instant, u64)| at.elapsed() < COUNTED) {
        match capture.wait(Duration::from_millis(200)) {
            Arrival::Stream(said) => stream = Some(said),
            Arrival::Alive(alive) => {
                if alive.frames > 0 && first.is_none() {
                    first = Some((Instant::now(), alive.frames));
                }
                last = Some((Instant::now(), alive));
            }
            Arrival::End(End::CouldNotStart(trouble)) => {
                let trouble = source::trouble(&trouble);
                return Err((trouble.en, trouble.zh));
            }
            Arrival::End(End::CameraStalled { detail } | End::CameraLost { detail }) => {
                return Err((detail.clone(), detail));
            }
            // A file that ended was read.
            Arrival::End(End::SourceEnd) if first.is_some() => break,
            Arrival::End(End::SourceEnd) | Arrival::Gone => return Err(said("it ended at once", "一开始就结束了")),
            Arrival::Gop(_) | Arrival::Nothing => {}
        }
    }
    let (Some(stream), Some((from, before)), Some((to, alive))) = (stream, first, last) else {
        return Err(said("it gives no picture", "没有画面"));
    };
    let seconds = (to - from).as_secs_f64();
    Ok(Seen {
        identity: stream.camera,
        rate: if seconds > 0.0 { (alive.frames - before) as f64 / seconds } else { 0.0 },
        promised: Some(f64::from(stream.rate.0) / f64::from(stream.rate.1.max(1))),
        lost: alive.lost,
        unsupported: stream.unsupported,
        sight: alive.sight,
    })
}

fn judge(doctor: &mut Doctor, seen: &Seen) {
    let Seen { identity, rate, promised, lost, unsupported, sight } = seen;
    doctor.ok("camera", format!("{identity} gives pictures"), format!("{identity} 有画面"));
    for setting in unsupported {
        doctor.bad(
            "camera-settings",
            Grade::Warn,
            (format!("it does not take {setting}"), format!("不接受设置 {setting}")),
            (
                "set it to \"auto\" in station.toml, or to a value it takes",
                "请在 station.toml 中设为 \"auto\"，或改为其支持的值",
            ),
        );
    }
    let promise = promised.map_or(String::new(), |promised| format!(" / {promised:.1}"));
    let text =
        (format!("{rate:.1}{promise} frames/s, {lost} lost"), format!("每秒 {rate:.1}{promise} 帧，丢失 {lost} 帧"));
    if promised.is_some_and(|promised| *rate < promised * ENOUGH) {
        doctor.bad(
            "camera-rate",
            Grade::Warn,
            text,
            (
                "more light, a fixed exposure, or a smaller format; a USB socket of its own",
                "请增加光照、固定曝光或选用较小格式；使用单独的 USB 口",
            ),
        );
    } else {
        doctor.ok("camera-rate", text.0, text.1);
    }
    match sight {
        Some(sight) => see(doctor, *sight),
        None => doctor.bad(
            "camera-light",
            Grade::Warn,
            ("light and focus are not known: its pictures are not decoded here", "未检查光照与对焦：此处不解码其画面"),
            ("look at a clip", "请查看一段录像"),
        ),
    }
}

fn see(doctor: &mut Doctor, sight: Sight) {
    let (light, white) = (sight.light_percent, sight.white_percent);
    let text = (format!("brightness {light} %, blown out {white} %"), format!("亮度 {light}%，过曝 {white}%"));
    let advice = match (light, white) {
        (0..=15, _) => Some(("too dark: more light on the table", "太暗：请增加台面照明")),
        (_, 26..) => Some((
            "too bright: print on white labels is lost; less light, or a shorter exposure",
            "太亮：白色面单上的字迹会丢失；请减弱光照或缩短曝光",
        )),
        _ => None,
    };
    match advice {
        Some(advice) => doctor.bad("camera-light", Grade::Warn, text, advice),
        None => doctor.ok("camera-light", text.0, text.1),
    }
    let Some(tenths) = sight.edge_tenth_pixels else {
        return doctor.bad(
            "camera-focus",
            Grade::Warn,
            ("cannot be judged: there is hardly an edge in view", "无法判断：画面中几乎没有清晰边缘"),
            ("lay a printed label before the camera and try again", "请在镜头前放一张面单后重试"),
        );
    };
    let pixels = f64::from(tenths) / 10.0;
    let text = (format!("edges are {pixels:.1} pixels wide"), format!("边缘宽 {pixels:.1} 像素"));
    if pixels > BLURRED {
        doctor.bad(
            "camera-focus",
            Grade::Warn,
            text,
            ("out of focus: set bench.focus, or wipe the lens", "未对准焦：请设置 bench.focus，或擦拭镜头"),
        );
    } else {
        doctor.ok("camera-focus", text.0, text.1);
    }
}
