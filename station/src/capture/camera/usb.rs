//! V4L2 cameras: nokhwa knows their formats and negotiates; frames are dequeued through `v4l`.
//!
//! nokhwa hands out whole buffers without the bytes used, without sequence numbers and without a time limit. A
//! truncated JPEG would be completed with what an older frame left in the buffer, and lost frames would go
//! unnoticed; so frames do not come through it.

mod controls;
pub(crate) mod find;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use ffmpeg::format::Pixel;
use ffmpeg::{Packet, codec, color, decoder, frame};
use ffmpeg_next as ffmpeg;
use nokhwa::utils::{CameraFormat, CameraIndex, FrameFormat, RequestedFormat, RequestedFormatType, Resolution};
use v4l::buffer::{Flags, Metadata, Type};
use v4l::io::mmap::Stream;
use v4l::io::traits::CaptureStream;
use v4l::video::Capture;
use v4l::video::capture::Parameters;
use v4l::{Device, Format, FourCC};

use super::{Camera, Fault, Frame, Info, Shot};
use crate::capture::clock::monotonic_us;
use crate::capture::gop::Rate;
use crate::capture::protocol::{Controls, Trouble};

/// A camera that gives no frame for this long is silent.
const SILENCE: Duration = Duration::from_secs(3);
/// A driver's time older than this, or in the future, is not believed.
const OLDEST_US: i64 = 1_000_000;
/// Formats that are taken, the preferred one first: JPEG is the only one USB has room for at 1080p30.
const FORMATS: [FrameFormat; 3] = [FrameFormat::MJPEG, FrameFormat::YUYV, FrameFormat::NV12];
/// Buffers the driver may fill while one is read.
const BUFFERS: u32 = 5;

/// Width, height and frames a second.
pub(crate) type Wanted = Option<(u32, u32, u32)>;

/// A camera that was found, and is not open.
pub(crate) struct Found {
    /// Its device node.
    pub(crate) node: PathBuf,
    /// The format it is to have.
    pub(crate) wanted: Wanted,
    /// What is set by hand.
    pub(crate) controls: Controls,
}

impl Found {
    /// Opens it and begins to stream.
    pub(crate) fn open(self, identity: String) -> Result<Usb, Trouble> {
        let name = self.node.display().to_string();
        let unreadable = |detail: String| Trouble::Unreadable { name: name.clone(), detail };
        let format = self.negotiate().map_err(unreadable)?;
        let device = Device::with_path(&self.node).map_err(|e| unreadable(e.to_string()))?;
        let usb = Usb::start(&device, format, &self.controls, identity).map_err(unreadable)?;
        Ok(usb)
    }

    /// Chooses among what the camera offers.
    fn negotiate(&self) -> Result<CameraFormat, String> {
        let offers = offers_of(&self.node)?;
        choose(&offers, self.wanted).ok_or_else(|| {
            let offered: Vec<String> = offers.iter().map(ToString::to_string).collect();
            format!("it has no such format; it offers: {}", offered.join("; "))
        })
    }
}

fn offers_of(node: &Path) -> Result<Vec<CameraFormat>, String> {
    let index = find::index_of(node).ok_or("this is no video device")?;
    // nokhwa panics at names that are no UTF-8, which a camera can have.
    let offers = catch_unwind(AssertUnwindSafe(|| {
        let request = RequestedFormat::with_formats(RequestedFormatType::AbsoluteHighestFrameRate, &FORMATS);
        nokhwa::Camera::new(CameraIndex::Index(index), request)?.compatible_camera_formats()
    }));
    offers.map_err(|_| "its answers make no sense".to_owned())?.map_err(|e| e.to_string())
}

/// The format wanted, or else the largest one up to 1080p at 30/s or the rate next to it.
fn choose(offers: &[CameraFormat], wanted: Wanted) -> Option<CameraFormat> {
    let preference = |offer: &CameraFormat| FORMATS.iter().rev().position(|&f| f == offer.format());
    let possible = offers.iter().copied().filter(|offer| preference(offer).is_some());
    match wanted {
        Some((width, height, rate)) => possible
            .filter(|o| o.resolution() == Resolution::new(width, height) && o.frame_rate() == rate)
            .max_by_key(preference),
        None => possible
            .filter(|o| o.width() <= 1920 && o.height() <= 1080 && (1..=120).contains(&o.frame_rate()))
            // Smooth first: a picture at 5/s shows less of what hands do than a smaller one at 30/s.
            .max_by_key(|o| {
                let rate = o.frame_rate();
                (rate.min(30), o.width() * o.height(), std::cmp::Reverse(rate), preference(o))
            }),
    }
}

/// The formats that this camera offers and the station takes, as people write them; without a device, those of the
/// first camera.
///
/// # Errors
/// No such camera, or one that does not answer.
pub fn offers(device: Option<&str>) -> Result<Vec<String>, Trouble> {
    let node = find::node(device)?;
    let offers = offers_of(&node).map_err(|detail| Trouble::Unreadable { name: node.display().to_string(), detail })?;
    let mut offers: Vec<_> = offers.into_iter().filter(|offer| FORMATS.contains(&offer.format())).collect();
    offers.sort_by_key(|o| std::cmp::Reverse((o.width() * o.height(), o.frame_rate())));
    let text = |o: &CameraFormat| format!("{}x{}@{} {}", o.width(), o.height(), o.frame_rate(), o.format());
    Ok(offers.iter().map(text).collect())
}

/// An open camera.
pub(crate) struct Usb {
    info: Info,
    stream: Stream<'static>,
    decode: Decode,
    /// Sequence number the next frame should have.
    expected: Option<u32>,
}

/// How the bytes of a frame become a picture.
enum Decode {
    Jpeg(Box<decoder::Video>),
    Raw { format: Pixel, width: u32, height: u32, stride: usize },
}

impl Usb {
    fn start(device: &Device, wanted: CameraFormat, set: &Controls, identity: String) -> Result<Self, String> {
        let said = |e: std::io::Error| e.to_string();
        let code = match wanted.format() {
            FrameFormat::MJPEG => b"MJPG",
            FrameFormat::YUYV => b"YUYV",
            _ => b"NV12",
        };
        let fourcc = FourCC::new(code);
        let format = device.set_format(&Format::new(wanted.width(), wanted.height(), fourcc)).map_err(said)?;
        if (format.width, format.height, format.fourcc) != (wanted.width(), wanted.height(), fourcc) {
            return Err(format!("it offers {wanted} and sets {}x{} {}", format.width, format.height, format.fourcc));
        }
        let got = device.set_params(&Parameters::with_fps(wanted.frame_rate())).map_err(said)?;
        let rate = match (got.interval.denominator, got.interval.numerator) {
            (frames @ 1.., seconds @ 1..) if (1..=120).contains(&(frames / seconds)) => Rate { frames, seconds },
            _ => Rate { frames: wanted.frame_rate(), seconds: 1 },
        };
        let raw = |pixel| Decode::Raw {
            format: pixel,
            width: format.width,
            height: format.height,
            stride: format.stride as usize,
        };
        let decode = match wanted.format() {
            FrameFormat::MJPEG => Decode::Jpeg(Box::new(jpeg_decoder().map_err(|e| e.to_string())?)),
            FrameFormat::YUYV => raw(Pixel::YUYV422),
            _ => raw(Pixel::NV12),
        };
        // Behind the format, which some cameras set them back with.
        let unsupported = controls::apply(device, set);
        let mut stream = Stream::with_buffers(device, Type::VideoCapture, BUFFERS).map_err(said)?;
        stream.set_timeout(SILENCE);
        let info = Info { identity, rate, audio_dropped: false, live: true, unsupported };
        Ok(Usb { info, stream, decode, expected: None })
    }
}

fn jpeg_decoder() -> Result<decoder::Video, ffmpeg::Error> {
    let codec = decoder::find(codec::Id::MJPEG).ok_or(ffmpeg::Error::DecoderNotFound)?;
    let mut context = codec::Context::new_with_codec(codec);
    context.set_threading(codec::threading::Config::count(1));
    let mut decoder = context.decoder();
    // Else a JPEG that lacks a piece is completed with what an older picture left in the memory.
    decoder.check(decoder::Check::EXPLODE);
    decoder.video()
}

impl Camera for Usb {
    fn info(&self) -> &Info {
        &self.info
    }

    fn next(&mut self) -> Result<Option<Shot>, Fault> {
        let mut lost = 0;
        loop {
            let (buffer, meta) = self.stream.next().map_err(|e| match e.kind() {
                std::io::ErrorKind::TimedOut => Fault::Silent(format!("no frame for {} s", SILENCE.as_secs())),
                _ => Fault::Lost(e.to_string()),
            })?;
            let time_us = time_of(meta, monotonic_us());
            lost += u64::from(self.expected.map_or(0, |expected| skipped(expected, meta.sequence)));
            self.expected = Some(meta.sequence.wrapping_add(1));
            let whole = !meta.flags.contains(Flags::ERROR);
            let used = buffer.get(..meta.bytesused as usize).filter(|_| whole);
            if let Some(picture) = used.and_then(|bytes| self.decode.picture(bytes)) {
                return Ok(Some(Shot::Frame(Frame { picture, time_us, lost, held: false })));
            }
            lost += 1;
        }
    }
}

/// When a frame was taken: the driver's monotonic time, if it is one.
fn time_of(meta: &Metadata, now_us: i64) -> i64 {
    let stamp_us = meta.timestamp.sec * 1_000_000 + meta.timestamp.usec;
    let monotonic = meta.flags & Flags::TIMESTAMP_MASK == Flags::TIMESTAMP_MONOTONIC;
    if monotonic && (now_us - OLDEST_US..=now_us).contains(&stamp_us) { stamp_us } else { now_us }
}

/// Frames between the sequence number expected and the one that came. A number that went back is a driver's restart.
fn skipped(expected: u32, came: u32) -> u32 {
    let ahead = came.wrapping_sub(expected);
    if ahead < u32::MAX / 2 { ahead } else { 0 }
}

/// The JPEG in these bytes without padding; `None` if it is cut off.
fn whole_jpeg(bytes: &[u8]) -> Option<&[u8]> {
    let end = bytes.iter().rposition(|&b| b != 0)? + 1;
    (bytes.starts_with(&[0xff, 0xd8]) && bytes[..end].ends_with(&[0xff, 0xd9])).then_some(&bytes[..end])
}

impl Decode {
    /// The picture in the bytes of one frame; `None` if they are not one whole picture.
    fn picture(&mut self, bytes: &[u8]) -> Option<frame::Video> {
        match *self {
            Decode::Jpeg(ref mut decoder) => {
                let mut picture = frame::Video::empty();
                decoder.send_packet(&Packet::copy(whole_jpeg(bytes)?)).ok()?;
                decoder.receive_frame(&mut picture).ok()?;
                Some(picture)
            }
            Decode::Raw { format, width, height, stride } => {
                let (wide, rows) = match format {
                    Pixel::NV12 => (width as usize, height as usize * 3 / 2),
                    _ => (2 * width as usize, height as usize),
                };
                if stride < wide || bytes.len() < stride * (rows - 1) + wide {
                    return None;
                }
                let mut picture = frame::Video::new(format, width, height);
                picture.set_color_range(color::Range::MPEG);
                let mut from = bytes.chunks(stride);
                for plane in 0..picture.planes() {
                    let to = picture.stride(plane);
                    for (to, from) in picture.data_mut(plane).chunks_exact_mut(to).zip(&mut from) {
                        to[..wide].copy_from_slice(&from[..wide]);
                    }
                }
                Some(picture)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jpeg_without_its_end_is_no_picture() {
        assert_eq!(whole_jpeg(&[0xff, 0xd8, 1, 0xff, 0xd9, 0, 0]), Some(&[0xff, 0xd8, 1, 0xff, 0xd9][..]));
        assert_eq!(whole_jpeg(&[0xff, 0xd8, 1, 2, 3]), None);
        assert_eq!(whole_jpeg(&[1, 0xff, 0xd9]), None);
        assert_eq!(whole_jpeg(&[]), None);
    }

    /// A JPEG of coarse noise.
    fn jpeg() -> Vec<u8> {
        let codec = ffmpeg::encoder::find(codec::Id::MJPEG).unwrap();
        let mut encoder = codec::Context::new_with_codec(codec).encoder().video().unwrap();
        encoder.set_width(160);
        encoder.set_height(120);
        encoder.set_format(Pixel::YUVJ420P);
        encoder.set_time_base((1, 10));
        let mut encoder = encoder.open().unwrap();
        let mut picture = frame::Video::new(Pixel::YUVJ420P, 160, 120);
        for plane in 0..3 {
            for (place, sample) in picture.data_mut(plane).iter_mut().enumerate() {
                *sample = (place / 4 * 97 % 251) as u8;
            }
        }
        encoder.send_frame(&picture).unwrap();
        let mut packet = Packet::empty();
        encoder.receive_packet(&mut packet).unwrap();
        packet.data().unwrap().to_vec()
    }

    #[test]
    fn a_jpeg_that_lacks_a_piece_is_no_picture_and_the_next_one_is() {
        let mut decode = Decode::Jpeg(Box::new(jpeg_decoder().unwrap()));
        let whole = jpeg();
        let third = whole.len() / 3;
        let torn = [&whole[..third], &whole[2 * third..]].concat();
        for _ in 0..3 {
            assert!(decode.picture(&whole).is_some());
            assert!(decode.picture(&torn).is_none(), "completed by what the one before left");
        }
    }

    #[test]
    fn skipped_numbers_are_counted_across_the_wrap() {
        assert_eq!(skipped(7, 7), 0);
        assert_eq!(skipped(7, 10), 3);
        assert_eq!(skipped(u32::MAX, 1), 2);
        assert_eq!(skipped(100, 0), 0);
    }

    #[test]
    fn only_a_recent_monotonic_time_is_believed() {
        let meta =
            |sec, flags| Metadata { timestamp: v4l::timestamp::Timestamp::new(sec, 5), flags, ..Metadata::default() };
        assert_eq!(time_of(&meta(99, Flags::TIMESTAMP_MONOTONIC), 99_900_000), 99_000_005);
        assert_eq!(time_of(&meta(99, Flags::TIMESTAMP_UNKNOWN), 99_900_000), 99_900_000);
        assert_eq!(time_of(&meta(100, Flags::TIMESTAMP_MONOTONIC), 99_900_000), 99_900_000);
        assert_eq!(time_of(&meta(90, Flags::TIMESTAMP_MONOTONIC), 99_900_000), 99_900_000);
    }

    #[test]
    fn a_raw_picture_that_is_too_short_is_dropped() {
        let mut decode = Decode::Raw { format: Pixel::YUYV422, width: 4, height: 2, stride: 10 };
        let bytes: Vec<u8> = (0..20).collect();
        let picture = decode.picture(&bytes).unwrap();
        assert_eq!(picture.data(0)[..8], bytes[..8]);
        assert_eq!(picture.data(0)[picture.stride(0)..][..8], bytes[10..18]);
        assert!(decode.picture(&bytes[..18]).is_some());
        assert!(decode.picture(&bytes[..17]).is_none());
        let mut decode = Decode::Raw { format: Pixel::NV12, width: 4, height: 4, stride: 4 };
        let bytes: Vec<u8> = (0..24).collect();
        let picture = decode.picture(&bytes).unwrap();
        assert_eq!(picture.data(1)[picture.stride(1)..][..4], bytes[20..24]);
    }

    #[test]
    fn smooth_comes_before_large_and_jpeg_before_raw() {
        let offer = |w, h, format, rate| CameraFormat::new(Resolution::new(w, h), format, rate);
        let offers = [
            offer(3840, 2160, FrameFormat::MJPEG, 30),
            offer(1920, 1080, FrameFormat::YUYV, 5),
            offer(1920, 1080, FrameFormat::MJPEG, 60),
            offer(1920, 1080, FrameFormat::MJPEG, 30),
            offer(640, 480, FrameFormat::YUYV, 30),
            offer(640, 480, FrameFormat::MJPEG, 30),
        ];
        assert_eq!(choose(&offers, None), Some(offers[3]));
        assert_eq!(choose(&offers, Some((640, 480, 30))), Some(offers[5]));
        assert_eq!(choose(&offers, Some((640, 480, 25))), None);
        assert_eq!(choose(&offers[1..2], None), Some(offers[1]));
        assert_eq!(choose(&[], None), None);
    }
}
