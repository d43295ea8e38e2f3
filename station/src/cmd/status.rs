//! `status`: asks the running station what it is doing.

use super::Status;
use crate::{
    data::Place,
    say::{Lang, Trouble},
    status::{self, Bench, CameraState, Level, Renewed, ScannerState, Snapshot, State},
};

/// Prints what the station at the configuration's address says.
///
/// # Errors
/// A configuration that does not hold; no station answers.
pub fn run(place: &Place, json: bool, lang: Lang) -> Result<Status, Trouble> {
    let listen = place.read()?.config.http.listen;
    let text = status::ask(listen).map_err(|e| {
        Trouble::new(
            format!("no station answers at {listen}: start it with 'packseal-station run', or check http.listen"),
            format!("{listen} 没有工作站响应：请用 packseal-station run 启动，或检查 http.listen"),
        )
        .because(e)
    })?;
    let snapshot: Snapshot = serde_json::from_str(&text).map_err(|e| {
        Trouble::new(
            format!("what answers at {listen} is not this version of packseal-station: restart it"),
            format!("{listen} 上响应的不是此版本的 packseal-station：请重新启动"),
        )
        .because(e)
    })?;
    super::print(if json { text } else { summary(&snapshot, lang) })?;
    let well = |bench: &Bench| matches!(bench.state(), State::Ready | State::Recording);
    Ok(if snapshot.benches.iter().all(well) { Status::Done } else { Status::Attention })
}

/// For people: the machine, its disk, a paragraph for each bench.
fn summary(Snapshot { station, storage, time, benches }: &Snapshot, lang: Lang) -> String {
    let clock = match &*station.clock {
        "synchronised" => lang.pick("synchronised", "已同步"),
        "unsynchronised" => lang.pick("not synchronised", "未同步"),
        "simulated" => lang.pick("simulated", "模拟"),
        _ => lang.pick("unknown", "未知"),
    };
    let (name, version, started) = (&station.name, &station.version, local(station.started.0.0));
    let mut lines = vec![lang.pick(
        format!("{name}: packseal-station {version} since {started}, clock {clock}"),
        format!("{name}：packseal-station {version}，启动于 {started}，时钟{clock}"),
    )];
    if let Some(Renewed { key, previous, reason, time }) = &station.renewed {
        let since = local(time.0.0);
        let why = match &**reason {
            "restored" => lang.pick("the data folder was restored or copied", "数据文件夹是恢复或复制而来"),
            _ => lang.pick("asked for", "应要求更换"),
        };
        lines.push(lang.pick(
            format!("key {key} since {since}, in place of {previous} ({why}): it needs an enrolment of its own"),
            format!("密钥 {key} 自 {since} 起取代 {previous}（{why}）：须另行登记"),
        ));
    }
    let level = match storage.level {
        Level::Ok => lang.pick("enough room", "空间充足"),
        Level::Low => lang.pick("LITTLE ROOM", "空间不足"),
        Level::Full => lang.pick("FULL", "已满"),
    };
    let mut disk = lang.pick(format!("disk: {level}"), format!("磁盘：{level}"));
    if let Some(free) = storage.free_mib {
        disk += &lang.pick(format!(", {free} MiB free"), format!("，剩余 {free} MiB"));
    }
    if let Some(days) = storage.days_left {
        disk += &lang.pick(format!(", full in about {days:.0} days"), format!("，约 {days:.0} 天后用完"));
    }
    let (deleted, held) = (storage.clips_deleted, storage.clips_on_hold);
    disk += &lang
        .pick(format!("; clips deleted {deleted}, on hold {held}"), format!("；已删除 {deleted} 段，保留 {held} 段"));
    lines.push(disk);
    let age = time.newest_token_age_seconds;
    match (time.authorities, age) {
        (0, _) => {}
        (_, Some(age)) => lines.push(lang.pick(
            format!("trusted time: newest token {age:.0} s old"),
            format!("可信时间：最新时间戳为 {age:.0} 秒前"),
        )),
        (_, None) => lines.push(lang.pick("trusted time: NO TOKEN YET".into(), "可信时间：尚无时间戳".into())),
    }
    for bench in benches {
        lines.push(String::new());
        lines.extend(paragraph(bench, lang));
    }
    lines.join("\n")
}

fn paragraph(bench: &Bench, lang: Lang) -> Vec<String> {
    let state = match bench.state() {
        State::Ready => lang.pick("ready", "就绪"),
        State::Recording => lang.pick("RECORDING", "正在录制"),
        State::Attention => lang.pick("NEEDS ATTENTION", "需要处理"),
        State::Stopped => lang.pick("stopped", "已停止"),
    };
    let mut first = lang.pick(format!("{}: {state}", bench.name), format!("{}：{state}", bench.name));
    let reasons = bench.attention().iter().map(|reason| reason.text(lang));
    let reasons: Vec<_> = reasons.collect();
    if !reasons.is_empty() {
        first += &lang.pick(format!(" ({})", reasons.join(", ")), format!("（{}）", reasons.join("，")));
    }
    let mut lines = vec![first];
    if let Some(clip) = &bench.clip {
        let order = clip.order.as_deref().unwrap_or(lang.pick("order not known yet", "单号未知"));
        let kind =
            if clip.direction == "return" { lang.pick("return", "退货") } else { lang.pick("parcel", "包裹") };
        let (since, seconds) = (local(clip.since.0.0), clip.seconds);
        lines.push(lang.pick(
            format!("  {kind} {order}, since {since}, {seconds:.0} s sealed"),
            format!("  {kind} {order}，始于 {since}，已封存 {seconds:.0} 秒"),
        ));
    }
    let camera = &bench.camera;
    let what = match camera.state {
        CameraState::Starting => lang.pick("starting", "启动中"),
        CameraState::Live => lang.pick("live", "正常"),
        CameraState::Stalled => lang.pick("SENDS NOTHING", "无画面"),
        CameraState::Lost => lang.pick("LOST", "断开"),
        CameraState::Frozen => lang.pick("FROZEN", "画面卡住"),
        CameraState::Dark => lang.pick("DARK", "画面全黑"),
    };
    let mut line = lang.pick(format!("  camera {what}"), format!("  摄像头{what}"));
    if let Some(identity) = &camera.identity {
        line += &lang.pick(format!(" ({identity})"), format!("（{identity}）"));
    }
    let (rate, lost, restarts) = (camera.frames_per_second, camera.lost_frames, camera.restarts);
    line += &lang.pick(
        format!(", {rate:.1} frames/s, {lost} lost, {restarts} restarts"),
        format!("，每秒 {rate:.1} 帧，丢失 {lost} 帧，重启 {restarts} 次"),
    );
    lines.push(line);
    for scanner in &bench.scanners {
        let what = match scanner.state {
            ScannerState::Connected => lang.pick("connected", "已连接"),
            ScannerState::Lost => lang.pick("LOST", "断开"),
        };
        lines.push(
            lang.pick(format!("  scanner {}: {what}", scanner.name), format!("  扫码枪 {}：{what}", scanner.name)),
        );
    }
    if let Some(who) = &bench.operator {
        lines.push(lang.pick(format!("  operator {who}"), format!("  操作员 {who}")));
    }
    let parcels: u64 = bench.counters.parcels.values().sum();
    lines.push(
        lang.pick(format!("  clips sealed since the start: {parcels}"), format!("  启动以来已封存 {parcels} 段录像")),
    );
    if let Some(said) = bench.prompts.back() {
        let (text, time) = (&said.text, local(said.time.0.0));
        lines.push(lang.pick(format!("  last said, {time}: {text}"), format!("  最近提示（{time}）：{text}")));
    }
    lines
}

/// A moment as clocks on walls show it.
fn local(us: i64) -> String {
    let time = jiff::Timestamp::from_microsecond(us).map(|time| time.to_zoned(jiff::tz::TimeZone::system()));
    time.map_or_else(|_| "-".to_owned(), |time| time.strftime("%Y-%m-%d %H:%M:%S").to_string())
}
