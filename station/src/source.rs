//! The `--source` argument.

use std::path::Path;

use evidence::statement;

use crate::{
    capture::{
        UsbId,
        protocol::{self, Controls, Encoder, Overlay, Setup, Source},
    },
    clock::Clock,
    data::{Data, Locked},
    say::Trouble,
};

/// Size and frame rate of the pattern.
const PATTERN: (u32, u32, u32) = (640, 360, 10);

/// Reads `usb`, `usb:/dev/video0`, `usb:046d:085e`, `usb:046d:085e:SERIAL`, `file:PATH` (played once),
/// `rtsp://HOST/PATH`, `pattern` or `pattern:640x360@10`. A USB camera is as it likes to be: see [`parse_format`].
///
/// # Errors
/// Anything else; a file that is not there; credentials on the command line.
pub fn parse(text: &str, data: &Data) -> Result<Source, Trouble> {
    if text.starts_with("rtsp://") {
        return rtsp(text, data);
    }
    match text.split_once(':') {
        None if text == "usb" => Ok(usb(None)),
        None if text == "pattern" => Ok(pattern(PATTERN)),
        Some(("usb", device)) if device.starts_with("/dev/") || UsbId::parse(device).is_some() => Ok(usb(Some(device))),
        Some(("file", path)) => file(path),
        Some(("pattern", size)) => pattern_size(size).map(pattern).ok_or_else(|| {
            let shown: String = text.chars().take(80).filter(|c| !c.is_control()).collect();
            Trouble::new(
                format!("'{shown}' is no pattern: use even sizes from pattern:320x240@1 to pattern:1920x1080@60"),
                format!("“{shown}”不是有效的测试图：请使用 pattern:320x240@1 到 pattern:1920x1080@60，宽高须为偶数"),
            )
        }),
        _ => Err(unknown(text)),
    }
}

fn usb(device: Option<&str>) -> Source {
    Source::Usb { device: device.map(str::to_owned), format: None, controls: Controls::default() }
}

fn pattern((width, height, rate): (u32, u32, u32)) -> Source {
    Source::Pattern { width, height, rate }
}

/// Reads the format of a USB camera: `auto`, which is `Some(None)`, or width, height and frames a second as in
/// `1280x720@30`. `None`: it is neither.
pub fn parse_format(text: &str) -> Option<Option<(u32, u32, u32)>> {
    if text == "auto" {
        return Some(None);
    }
    let fits = |&(width, height, rate): &(u32, u32, u32)| {
        (16..=8192).contains(&width) && (16..=8192).contains(&height) && (1..=120).contains(&rate)
    };
    size_and_rate(text).filter(fits).map(Some)
}

fn pattern_size(text: &str) -> Option<(u32, u32, u32)> {
    let fits = |&(width, height, rate): &(u32, u32, u32)| {
        (320..=1920).contains(&width) && (240..=1080).contains(&height) && (1..=60).contains(&rate)
    };
    size_and_rate(text).filter(fits).filter(|size| size.0 % 2 == 0 && size.1 % 2 == 0)
}

/// `640x360@10`
fn size_and_rate(text: &str) -> Option<(u32, u32, u32)> {
    let number = |text: &str| text.parse().ok().filter(|_| text.bytes().all(|b| b.is_ascii_digit()));
    let (size, rate) = text.split_once('@')?;
    let (width, height) = size.split_once('x')?;
    Some((number(width)?, number(height)?, number(rate)?))
}

fn unknown(text: &str) -> Trouble {
    // Nothing of what might be a password is repeated.
    let shown = text.split('@').next_back().unwrap_or_default();
    Trouble::new(
        format!(
            "unknown source '{shown}': use usb, usb:/dev/video0, usb:VENDOR:PRODUCT, file:PATH, rtsp://HOST/PATH or pattern"
        ),
        format!(
            "未知来源“{shown}”：请使用 usb、usb:/dev/video0、usb:厂商:产品、file:路径、rtsp://主机/路径 或 pattern"
        ),
    )
}

fn file(path: &str) -> Result<Source, Trouble> {
    // FFmpeg takes more than paths; a station opens files only.
    let absolute = Path::new(path).canonicalize().map_err(|e| {
        Trouble::new(
            format!("cannot open the source file {path}: check the path"),
            format!("无法打开来源文件 {path}：请检查路径"),
        )
        .because(e)
    })?;
    match absolute.to_str() {
        Some(path) if absolute.is_file() => Ok(Source::File { path: path.to_owned(), repeat: false }),
        _ => Err(Trouble::new(
            format!("the source {path} is not a file: name a video file"),
            format!("来源 {path} 不是文件：请指定视频文件"),
        )),
    }
}

fn rtsp(text: &str, data: &Data) -> Result<Source, Trouble> {
    let place = text["rtsp://".len()..].split('?').next().unwrap_or_default();
    let authority = place.split('/').next().unwrap_or_default();
    // A password may hold a slash: before the query no '@' is taken for a part of the path.
    if place.contains('@') {
        let folder = data.root.join("keys/cameras");
        let file = folder.display();
        return Err(Trouble::new(
            format!(
                "a password on the command line is seen by every user: write 'HOST USER PASSWORD' into {file} (mode 600) and give the address without it"
            ),
            format!("命令行中的密码会被其他用户看到：请将“主机 用户 密码”写入 {file}（权限 600），地址中不要带密码"),
        ));
    }
    if authority.is_empty() || !text.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(unknown(text));
    }
    Ok(Source::Rtsp { url: text.to_owned(), login: data.camera_login(authority)? })
}

/// As START says it.
pub fn kind(source: &Source) -> statement::Source {
    match source {
        Source::Usb { .. } => statement::Source::Usb,
        Source::File { .. } => statement::Source::File,
        Source::Rtsp { .. } => statement::Source::Rtsp,
        Source::Pattern { .. } => statement::Source::Pattern,
    }
}

/// What the capture process needs for this source.
pub fn setup(station: &Locked, source: Source, clock: Clock, overlay: bool) -> Setup {
    let encoder = &station.data.config.encoder;
    let name = station.key.verifier().signer().name.station().to_owned();
    Setup {
        source,
        overlay: overlay.then_some(Overlay { station: name }),
        encoder: Encoder { preset: encoder.preset.clone(), crf: encoder.crf },
        fast: clock != Clock::System,
        begin_us: 0,
        wall_at_zero_us: match clock {
            Clock::System => None,
            Clock::Simulated { zero } => Some(zero.0),
        },
    }
}

/// What a person is told where the capture process could not start.
pub fn trouble(trouble: &protocol::Trouble) -> Trouble {
    match trouble {
        protocol::Trouble::NoCamera => Trouble::new(
            "no camera found: plug one in and look for /dev/video0",
            "未找到摄像头：请插入摄像头并检查 /dev/video0",
        ),
        protocol::Trouble::NotFound { name, detail } => Trouble::new(
            format!("{name} is not there ({detail}): check the name and the cable"),
            format!("找不到 {name}（{detail}）：请检查名称和连线"),
        ),
        protocol::Trouble::Unreadable { name, detail } => Trouble::new(
            format!("{name} cannot be read as video ({detail}): try another source"),
            format!("{name} 无法作为视频读取（{detail}）：请换用其他来源"),
        ),
        protocol::Trouble::NoVideo { name } => Trouble::new(
            format!("{name} has no picture: try another source"),
            format!("{name} 没有画面：请换用其他来源"),
        ),
        protocol::Trouble::Login { name } => Trouble::new(
            format!(
                "{name} does not let this login in: write 'HOST USER PASSWORD' into keys/cameras of the data folder (mode 600), HOST with its port as in the address"
            ),
            format!(
                "{name} 拒绝登录：请将“主机 用户 密码”写入数据文件夹的 keys/cameras（权限 600），主机及端口须与地址一致"
            ),
        ),
        protocol::Trouble::Encoder { detail } => Trouble::new(
            format!("the encoder does not start ({detail}): check [encoder] in station.toml"),
            format!("编码器无法启动（{detail}）：请检查 station.toml 的 [encoder]"),
        ),
        protocol::Trouble::Confinement { detail } => Trouble::new(
            format!(
                "the capture process cannot confine itself ({detail}): it needs landlock and seccomp (Linux 5.13 or newer)"
            ),
            format!("采集进程无法自我限制（{detail}）：需要 landlock 和 seccomp（Linux 5.13 或更新）"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_auto_or_sides_and_rate() {
        assert_eq!(parse_format("auto"), Some(None));
        assert_eq!(parse_format("1280x720@30"), Some(Some((1280, 720, 30))));
        for bad in ["", "1280x720", "1280x720@0", "1280x720@+30", "1280x720@30 ", "0x720@30", "99999x720@30", "AUTO"] {
            assert_eq!(parse_format(bad), None, "{bad}");
        }
    }
}
