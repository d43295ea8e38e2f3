//! One picture as JPEG.

use std::fs;

use ffmpeg::{Packet, codec, encoder, format::Pixel, frame};
use ffmpeg_next as ffmpeg;

use super::{Job, Jpeg, Made, Picture, mark, mark::Marker, place, seconds};

/// Quantiser scales that are tried, best first, before the picture is made smaller.
const SCALES: [i32; 5] = [2, 3, 5, 8, 12];
/// How much smaller each time.
const SMALLER: f64 = 0.8;
/// Says in the file what it is.
const COMMENT: &str = "DERIVED: made from a sealed clip; see the note beside this file. ";

/// Writes a picture with its mark.
pub(super) fn write(job: &Job, file: &Jpeg, picture: &Picture) -> Result<Made, String> {
    let text = format!("{}  {}", job.caption, seconds(picture.tick));
    let whole = (picture.frame.width(), picture.frame.height());
    let mut height = file.limit.height;
    loop {
        let mut marker = Marker::new(&picture.frame, mark::inner(whole, height), Pixel::YUVJ420P)?;
        let marked = marker.mark(&picture.frame, &text)?;
        if let Some(made) = save(job, file, &marked, (picture.tick, picture.tick), &text)? {
            return Ok(made);
        }
        height = Some(smaller(marked.height())?);
    }
}

/// Rows for another try.
pub(super) fn smaller(height: u32) -> Result<u32, String> {
    let height = (f64::from(height) * SMALLER) as u32;
    if height < 120 { Err("no picture is small enough for the limit".into()) } else { Ok(height) }
}

/// Saves a picture, as good as it fits; `None` where it does not.
pub(super) fn save(
    job: &Job,
    file: &Jpeg,
    picture: &frame::Video,
    ticks: (u64, u64),
    text: &str,
) -> Result<Option<Made>, String> {
    let Jpeg { name, limit } = file;
    for scale in SCALES {
        let jpeg = commented(&encode(picture, scale)?, text);
        if limit.bytes.is_none_or(|most| jpeg.len() as u64 <= most) {
            fs::write(place(job, name), &jpeg).map_err(|e| e.to_string())?;
            let (size, how) = ((picture.width(), picture.height()), format!("jpeg,q={scale}"));
            return Ok(Some(Made { name: name.clone(), size, ticks, how }));
        }
    }
    Ok(None)
}

fn encode(picture: &frame::Video, scale: i32) -> Result<Vec<u8>, String> {
    let said = |e: ffmpeg::Error| e.to_string();
    let codec = encoder::find(codec::Id::MJPEG).ok_or("this FFmpeg has no JPEG encoder")?;
    let mut video = codec::Context::new_with_codec(codec).encoder().video().map_err(said)?;
    video.set_width(picture.width());
    video.set_height(picture.height());
    video.set_format(Pixel::YUVJ420P);
    video.set_time_base((1, 25));
    // No rate is aimed at: this scale and no other.
    video.set_qmin(scale);
    video.set_qmax(scale);
    let mut encoder = video.open().map_err(said)?;
    let mut picture = picture.clone();
    picture.set_pts(Some(0));
    encoder.send_frame(&picture).map_err(said)?;
    encoder.send_eof().map_err(said)?;
    let mut packet = Packet::empty();
    encoder.receive_packet(&mut packet).map_err(said)?;
    Ok(packet.data().unwrap_or_default().to_vec())
}

/// With a comment behind the start of the image.
fn commented(jpeg: &[u8], text: &str) -> Vec<u8> {
    let comment = format!("{COMMENT}{text}");
    let length = (comment.len() + 2) as u16;
    let (start, rest) = jpeg.split_at(2.min(jpeg.len()));
    [start, &[0xff, 0xfe], &length.to_be_bytes(), comment.as_bytes(), rest].concat()
}
