//! The live picture: some of the frames as small JPEGs, while somebody looks.
//!
//! They are the frames as they are sealed, overlay included: who sees the time run in it sees what is in the clip. They
//! are made in passing and never at the cost of sealing: none is made of a frame that has waited, so a machine that is
//! too slow for both shows less, and loses no frame for it.

use ffmpeg::software::scaling;
use ffmpeg::{Dictionary, Packet, codec, encoder, format::Pixel, frame};
use ffmpeg_next as ffmpeg;

use super::protocol::MAX_PICTURE;

/// Time from one picture to the next, µs.
const EVERY_US: i64 = 100_000;
/// A frame that comes so little before its turn is taken: cameras do not tick exactly.
const EARLY_US: i64 = 8_000;
/// Of a frame this old no picture is made, µs. A frame is dropped, where the encoder is behind, at twice that.
const LATE_US: i64 = 250_000;
/// Pixels of a picture's longest row.
const WIDEST: u32 = 960;
/// Quantiser scale of the JPEG: about 50 KB for a desk at 960x540.
const SCALE: i32 = 6;

/// Makes the pictures.
#[derive(Default)]
pub(crate) struct Live {
    /// When the next one is due.
    due_us: i64,
    press: Option<Press>,
    /// There is no way to make pictures of these frames.
    failed: Option<Source>,
}

/// Format, width and height of frames, and whether their range is full.
type Source = (Pixel, u32, u32, bool);

/// Scaler and encoder for frames of one kind.
struct Press {
    source: Source,
    scaler: scaling::Context,
    encoder: encoder::Video,
    made: i64,
}

impl Live {
    /// A JPEG of this frame, which was taken then, if one is due now. Without one where none can be made: sealing goes on.
    pub(crate) fn picture(
        &mut self,
        frame: &frame::Video,
        full_range: bool,
        time_us: i64,
        now_us: i64,
    ) -> Option<Vec<u8>> {
        let source = (frame.format(), frame.width(), frame.height(), full_range);
        if time_us < self.due_us - EARLY_US || now_us - time_us >= LATE_US || self.failed == Some(source) {
            return None;
        }
        // In turn, so that there are never more than ten in a second, and not in a hurry after a pause.
        self.due_us = (self.due_us + EVERY_US).max(time_us + EVERY_US - EARLY_US);
        if self.press.as_ref().is_none_or(|press| press.source != source) {
            self.press = Press::new(source).ok();
        }
        let jpeg = self.press.as_mut().and_then(|press| press.jpeg(frame).ok());
        if jpeg.is_none() {
            (self.press, self.failed) = (None, Some(source));
        }
        jpeg.filter(|jpeg| jpeg.len() <= MAX_PICTURE as usize)
    }
}

/// Sides of the picture, even, of a frame of these.
fn sides(width: u32, height: u32) -> (u32, u32) {
    let scaled = WIDEST.min(width);
    (scaled & !1, ((u64::from(height) * u64::from(scaled) / u64::from(width.max(1))) as u32 & !1).max(2))
}

impl Press {
    fn new(source: Source) -> Result<Self, ffmpeg::Error> {
        let (format, width, height, full_range) = source;
        let (across, down) = sides(width, height);
        // The scaler makes full range of limited range only if the format is called so; where the range is full already,
        // it must be kept from doing that.
        let target = if full_range && format != Pixel::YUVJ420P { Pixel::YUV420P } else { Pixel::YUVJ420P };
        // Not its fast way, which makes code while it runs: that is forbidden here.
        let scaler = scaling::Context::get(format, width, height, target, across, down, scaling::Flags::BILINEAR)?;
        let codec = encoder::find(codec::Id::MJPEG).ok_or(ffmpeg::Error::EncoderNotFound)?;
        let mut video = codec::Context::new_with_codec(codec).encoder().video()?;
        video.set_width(across);
        video.set_height(down);
        video.set_format(Pixel::YUVJ420P);
        video.set_time_base((1, 10));
        video.set_qmin(SCALE);
        video.set_qmax(SCALE);
        let mut options = Dictionary::new();
        // Tables of its own for each picture are a third smaller to send and cost as much again to make.
        options.set("huffman", "default");
        Ok(Self { source, scaler, encoder: video.open_with(options)?, made: 0 })
    }

    fn jpeg(&mut self, frame: &frame::Video) -> Result<Vec<u8>, ffmpeg::Error> {
        let mut scaled = frame::Video::empty();
        self.scaler.run(frame, &mut scaled)?;
        scaled.set_format(Pixel::YUVJ420P);
        scaled.set_pts(Some(self.made));
        self.made += 1;
        self.encoder.send_frame(&scaled)?;
        let mut packet = Packet::empty();
        self.encoder.receive_packet(&mut packet)?;
        Ok(packet.data().unwrap_or_default().to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A grey frame.
    fn grey(format: Pixel, (width, height): (u32, u32), level: u8) -> frame::Video {
        let mut frame = frame::Video::new(format, width, height);
        for plane in 0..frame.planes() {
            frame.data_mut(plane).fill(if plane == 0 { level } else { 128 });
        }
        frame
    }

    /// Sides and mean level of a JPEG.
    fn seen(jpeg: &[u8]) -> (u32, u32, u64) {
        let codec = codec::decoder::find(codec::Id::MJPEG).unwrap();
        let mut decoder = codec::Context::new_with_codec(codec).decoder().video().unwrap();
        decoder.send_packet(&Packet::copy(jpeg)).unwrap();
        let mut frame = frame::Video::empty();
        decoder.receive_frame(&mut frame).unwrap();
        let (width, stride) = (frame.width() as usize, frame.stride(0));
        let rows = frame.data(0).chunks(stride).take(frame.height() as usize);
        let sum: u64 = rows.flat_map(|row| &row[..width]).map(|&level| u64::from(level)).sum();
        (frame.width(), frame.height(), sum / u64::from(frame.width() * frame.height()))
    }

    #[test]
    fn pictures_are_small_and_as_bright_as_the_frame_of_either_range() {
        // 16 to 235 of limited range is 0 to 255 of a JPEG.
        for (format, full_range, level, expected) in [
            (Pixel::YUV420P, false, 126, 128),
            (Pixel::NV12, false, 235, 255),
            (Pixel::YUVJ420P, true, 235, 235),
            (Pixel::YUV420P, true, 235, 235),
            (Pixel::NV12, true, 60, 60),
        ] {
            let frame = grey(format, (1280, 720), level);
            let (width, height, mean) = seen(&Live::default().picture(&frame, full_range, 0, 0).unwrap());
            assert_eq!((width, height), (960, 540));
            assert!(mean.abs_diff(expected) <= 2, "{format:?} {full_range} {level}: {mean}");
        }
        for (size, expected) in [((320, 240), (320, 240)), ((1920, 1080), (960, 540)), ((4096, 16), (960, 2))] {
            assert_eq!(sides(size.0, size.1), expected);
            let (width, height, _) =
                seen(&Live::default().picture(&grey(Pixel::YUV420P, size, 90), false, 0, 0).unwrap());
            assert_eq!((width, height), expected);
        }
    }

    #[test]
    fn ten_a_second_at_most_and_none_of_a_frame_that_waited() {
        let frame = grey(Pixel::YUV420P, (64, 48), 100);
        for rate in [5, 10, 12, 15, 24, 25, 30, 50, 60] {
            let mut live = Live::default();
            // A camera's clock that shakes.
            let times = (0..rate * 10).map(|n| n * 1_000_000 / rate + n * 7919 % 6000);
            let made: Vec<i64> = times.filter(|&us| live.picture(&frame, false, us, us).is_some()).collect();
            let most = if rate % 10 == 0 || rate < 10 { rate.min(10) } else { rate / (rate / 10 + 1) } as usize * 10;
            assert!(made.len() <= 101 && made.len() + 2 >= most, "{rate} a second: {} of {most}", made.len());
        }
        let mut live = Live::default();
        assert!(live.picture(&frame, false, 1_000_000, 1_250_000).is_none());
        assert!(live.picture(&frame, false, 1_000_000, 1_249_999).is_some());
        // After a pause there is no hurry.
        let burst = (0..18).filter(|n| live.picture(&frame, false, 9_000_000 + n * 10_000, 9_200_000).is_some());
        assert_eq!(burst.count(), 2);
    }

    #[test]
    fn other_frames_get_another_press() {
        let mut live = Live::default();
        let sizes = [(320, 240), (640, 360), (320, 240)];
        for (n, size) in (0..).zip(sizes) {
            let us = n * 200_000;
            let jpeg = live.picture(&grey(Pixel::YUV420P, size, 100), false, us, us).unwrap();
            assert_eq!((seen(&jpeg).0, seen(&jpeg).1), size);
        }
    }
}
