//! What generating programs, messengers and screens leave in a file.

use crate::{
    bytes::{Bytes, Walk},
    places::Reads,
    report::{Declares, Way},
    sink::Sink,
};

/// Names of generating programs and services that are nobody's and nothing else's.
const GENERATORS: [&str; 34] = [
    "stable diffusion",
    "comfyui",
    "invokeai",
    "automatic1111",
    "novelai",
    "midjourney",
    "dall-e",
    "dall·e",
    "gpt-image",
    "adobe firefly",
    "google gemini",
    "google imagen",
    "nano banana",
    "with google ai",
    "openai sora",
    "xai grok",
    "flux.1",
    "ideogram ai",
    "leonardo.ai",
    "runwayml",
    "hailuo",
    "kling ai",
    "klingai",
    "jimeng",
    "doubao",
    "seedream",
    "hunyuan",
    "wanx",
    "gpt-4o",
    "grok imagine",
    "gemini flash image",
    "即梦",
    "通义万相",
    "文心一格",
];

/// Names that are a generating program's where a program's name stands and nothing else.
const PROGRAMS: [&str; 10] =
    ["sora", "grok", "gemini", "firefly", "imagen", "ideogram", "runway", "kling", "豆包", "可灵"];

/// Whether a name or a credit has that of a generating program in it, as words.
pub fn is_credit(name: &str) -> bool {
    let name = name.to_lowercase();
    // Chinese has no spaces: `即梦AI` has the name in it as a word.
    let is_word = |at: usize, word: &str| {
        let beside = |c: Option<char>| c.is_none_or(|c| !c.is_ascii_alphanumeric());
        !word.starts_with(|c: char| c.is_ascii())
            || beside(name[..at].chars().next_back()) && beside(name[at + word.len()..].chars().next())
    };
    GENERATORS.iter().any(|word| name.match_indices(word).any(|(at, _)| is_word(at, word))) || is_version(&name)
}

/// One of the programs, and its version: `kling 2.1`.
fn is_version(name: &str) -> bool {
    let (program, version) = name.split_once(' ').unwrap_or_default();
    PROGRAMS.contains(&program) && !version.contains(' ') && version.contains(|c: char| c.is_ascii_digit())
}

/// Whether a program's name is that of a generating one.
pub fn is_generator(name: &str) -> bool {
    is_credit(name) || PROGRAMS.contains(&&*name.to_lowercase())
}

/// Whether it is an address on the web, and nothing else.
pub fn is_address(text: &str) -> bool {
    (text.starts_with("https://") || text.starts_with("http://")) && !text.contains(char::is_whitespace)
}

/// Settings of Stable Diffusion web UI: a line with them ends the prompt.
pub fn is_parameters(text: &str) -> bool {
    let settings = text.find("Steps: ").map(|at| &text[at..]);
    settings.is_some_and(|rest| {
        rest["Steps: ".len()..].starts_with(|c: char| c.is_ascii_digit())
            && ["Sampler: ", "CFG scale: ", "Seed: "].iter().filter(|name| rest.contains(**name)).count() >= 2
    })
}

/// A graph of ComfyUI, plain or behind `prompt:` or `workflow:`.
pub fn is_graph(text: &str) -> bool {
    let names = ["prompt", "workflow", "Prompt", "Workflow"];
    let json = names.iter().find_map(|name| text.strip_prefix(name)?.strip_prefix(':')).unwrap_or(text).trim_start();
    // It may be megabytes, with NaN in it: what makes it a graph stands early in each node.
    json.starts_with('{')
        && (json.contains("\"class_type\"") || (json.contains("\"nodes\"") && json.contains("\"links\"")))
}

/// What an IPTC digital source type declares, where it is one of a generator.
pub fn source_type(text: &str) -> Option<Declares> {
    let name = text.trim_end_matches('/').rsplit(['/', ':']).next().unwrap_or(text);
    Some(match name {
        "trainedAlgorithmicMedia" => Declares::Generated,
        "compositeWithTrainedAlgorithmicMedia" | "compositeSynthetic" => Declares::Composite,
        "algorithmicMedia" => Declares::Algorithmic,
        _ => return None,
    })
}

/// A signature of Grok.
pub fn is_signature(text: &str) -> bool {
    text.strip_prefix("Signature:").map(str::trim).is_some_and(|text| {
        text.len() >= 40
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=' | b'-' | b'_'))
    })
}

/// A UUID in its usual form.
pub fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| group.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// Comments that systems give to pictures of a screen.
pub fn is_screenshot(text: &str) -> bool {
    ["screenshot", "screen capture", "屏幕截图", "截屏"].contains(&&*text.to_lowercase())
}

/// What a program's name says about a file's way.
pub fn way_of_program(name: &str) -> Option<Way> {
    let lower = name.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if has(&["screenshot", "screen capture", "snipping", "snipaste", "截图", "截屏", "flameshot"]) {
        Some(Way::Screenshot)
    } else if has(&["screen record", "录屏", "replaykit", "obs studio"]) {
        Some(Way::ScreenRecording)
    } else if has(&["wechat", "微信"]) {
        Some(Way::WeChat)
    } else if has(&["whatsapp"]) {
        Some(Way::WhatsApp)
    } else if has(&["telegram"]) {
        Some(Way::Telegram)
    } else if lower == "line" {
        Some(Way::Line)
    } else if has(&["gd-jpeg", "lavf", "lavc", "handbrake", "imagemagick", "libvips", "tinypng", "compressor"]) {
        Some(Way::Converted)
    } else {
        None
    }
}

/// What a file's name says about its way. Anyone can give it another one.
pub fn way_of_name(name: &str) -> Option<Way> {
    let lower = name.to_lowercase();
    let begins = |words: &[&str]| words.iter().any(|word| lower.starts_with(word));
    let whatsapp = lower.split("-wa").nth(1).is_some_and(|rest| rest.get(..4).is_some_and(digits));
    if begins(&[
        "screenshot",
        "screen shot",
        "screen_shot",
        "截屏",
        "截图",
        "屏幕截图",
        "屏幕快照",
        "qq截图",
        "微信截图",
    ]) {
        Some(Way::Screenshot)
    } else if begins(&["screenrecord", "screen recording", "screen_recording", "录屏", "屏幕录制", "rpreplay"]) {
        Some(Way::ScreenRecording)
    } else if begins(&["mmexport", "wx_camera_", "微信图片", "微信视频", "wechat", "weixin"]) {
        Some(Way::WeChat)
    } else if begins(&["qq图片", "qq视频", "qq_image_"]) {
        Some(Way::Qq)
    } else if whatsapp || begins(&["whatsapp "]) {
        Some(Way::WhatsApp)
    } else if begins(&["photo_20", "video_20"]) && lower.contains('-') {
        Some(Way::Telegram)
    } else if begins(&["fb_img_", "received_"]) {
        Some(Way::Facebook)
    } else if begins(&["signal-20"]) {
        Some(Way::Signal)
    } else if begins(&["line_album_", "line_movie_", "s__"]) {
        Some(Way::Line)
    } else {
        None
    }
}

fn digits(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

/// Whether some bytes stand anywhere in a value.
///
/// # Errors
/// As [`Bytes::value`].
pub fn contains(value: &Bytes<'_>, what: &[u8]) -> Walk<bool> {
    Ok(memchr::memmem::find(&value.value()?, what).is_some())
}

/// ImageMagick's way to keep a profile in PNG text: a name, a length, and hexadecimal digits.
///
/// # Errors
/// As [`Bytes::value`].
pub fn raw_profile(sink: &mut Sink, path: &str, value: &Bytes<'_>) -> Walk {
    let text = value.value()?;
    let mut lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    let (name, length) = (lines.next(), lines.next());
    let digits: Vec<u8> = lines.flatten().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let length = length.and_then(|length| str::from_utf8(length).ok()?.parse::<usize>().ok());
    let digit = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
    let (pairs, rest) = digits.as_chunks::<2>();
    let bytes: Option<Vec<u8>> = pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect();
    let bytes = bytes.filter(|bytes| rest.is_empty() && length == Some(bytes.len()) && name.is_some());
    let bytes = value.unpacked(bytes.ok_or_else(|| value.broken(0))?)?;
    if let Some(row) = begins_like_segment(&bytes)? {
        return sink.read(row.0, path, &bytes.rest(row.1)?);
    }
    sink.read(if bytes.is(0, b"<")? { Reads::Xmp } else { Reads::Exif }, path, &bytes)
}

/// Profiles keep the name that an APP segment has.
fn begins_like_segment(bytes: &Bytes<'_>) -> Walk<Option<(Reads, u64)>> {
    let heads = [("Exif\0\0", Reads::Exif), (crate::places::XMP_SEGMENT, Reads::Xmp)];
    for (head, reads) in heads {
        if bytes.is(0, head.as_bytes())? {
            return Ok(Some((reads, head.len() as u64)));
        }
    }
    Ok(None)
}
