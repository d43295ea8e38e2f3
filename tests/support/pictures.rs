//! What FFmpeg finds in a clip: the second opinion on pictures, times and frames.
#![allow(dead_code)]

use std::{path::Path, process::Command};

use station::capture::strip::read_counter;

/// Runs ffmpeg; what it wrote to standard output.
#[track_caller]
pub fn ffmpeg(args: &[&str]) -> Vec<u8> {
    let done = Command::new("ffmpeg").args(["-v", "error", "-nostdin", "-y"]).args(args).output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "ffmpeg {args:?}: {said}");
    done.stdout
}

/// Decodes every frame and fails at the first error: how many there are.
#[track_caller]
pub fn decoded(clip: &Path) -> u64 {
    let name = clip.to_str().unwrap();
    let frames = ["-map", "0:v:0", "-fps_mode", "passthrough", "-f", "framecrc", "-"];
    let said = ffmpeg(&[&["-xerror", "-err_detect", "explode", "-i", name], &frames[..]].concat());
    String::from_utf8(said).unwrap().lines().filter(|line| !line.starts_with('#')).count() as u64
}

/// What ffprobe says of the first stream, as numbers in this order.
#[track_caller]
pub fn probe(file: &Path, entries: &str) -> Vec<f64> {
    let args = ["-v", "error", "-select_streams", "v:0", "-of", "csv=p=0", "-show_entries", entries];
    let done = Command::new("ffprobe").args(args).arg(file).output().unwrap();
    assert!(done.status.success(), "ffprobe {}", file.display());
    let said = String::from_utf8(done.stdout).unwrap();
    said.trim().split([',', '\n']).filter_map(|n| n.parse().ok()).collect()
}

/// Names of the codecs of these streams (`a`: sound).
#[track_caller]
pub fn probe_streams(file: &Path, which: &str) -> Vec<String> {
    let args = ["-v", "error", "-select_streams", which, "-of", "csv=p=0", "-show_entries", "stream=codec_name"];
    let done = Command::new("ffprobe").args(args).arg(file).output().unwrap();
    assert!(done.status.success(), "ffprobe {}", file.display());
    String::from_utf8(done.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// Seconds that a player shows.
#[track_caller]
pub fn duration(file: &Path) -> f64 {
    probe(file, "format=duration")[0]
}

/// Counter and wall clock (ms since 1970) of each frame of the pattern, read from the pictures.
#[track_caller]
pub fn counters(clip: &Path) -> Vec<(u32, u64)> {
    let size = probe(clip, "stream=width,height");
    let (width, height) = (size[0] as usize, size[1] as usize);
    let name = clip.to_str().unwrap();
    let raw = ["-map", "0:v:0", "-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "gray", "-"];
    let luma = ffmpeg(&[&["-i", name], &raw[..]].concat());
    let read = |picture| read_counter(picture, width, height).expect("the strips of the pattern");
    luma.chunks(width * height).map(read).collect()
}

/// No frame is missing between the first and the last one.
#[track_caller]
pub fn consecutive(counters: &[(u32, u64)]) {
    assert!(!counters.is_empty());
    for pair in counters.windows(2) {
        assert!(pair[1].0 == pair[0].0 + 1 && pair[1].1 > pair[0].1, "{pair:?}");
    }
}

/// The coded pictures of an Annex B stream.
pub fn slices(stream: &[u8]) -> Vec<Vec<u8>> {
    let mut nals = Vec::new();
    let mut begin = None;
    let mut at = 0;
    while at + 3 <= stream.len() {
        if stream[at..at + 3] == [0, 0, 1] {
            nals.extend(begin.map(|begin: usize| stream[begin..at].to_vec()));
            begin = Some(at + 3);
            at += 3;
        } else {
            at += 1;
        }
    }
    nals.extend(begin.map(|begin| stream[begin..].to_vec()));
    for nal in &mut nals {
        // The fourth byte of the next start code.
        while nal.last() == Some(&0) {
            nal.pop();
        }
    }
    nals.retain(|nal| matches!(nal[0] & 0x1f, 1 | 5));
    nals
}
