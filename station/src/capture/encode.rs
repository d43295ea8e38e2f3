//! x264 by way of FFmpeg: closed GOPs, a delay bounded in seconds, parameter sets outside the stream.

use std::collections::VecDeque;
use std::thread;

use ffmpeg::codec::{self, encoder};
use ffmpeg::{Dictionary, Packet, Rational, color, format, frame, picture};
use ffmpeg_next as ffmpeg;

use super::gop::Rate;
use super::libav;
use super::nal::{self, ParameterSets};
use super::protocol;

/// Ticks of the encoder's time base in a second.
const TICKS: i64 = 90_000;

/// Most frames that x264 looks ahead; more cost memory and gain nothing.
const LOOK_AHEAD: usize = 20;

/// What x264 is told beside preset and rate factor; measured on footage of a desk and of a street.
///
/// Fidelity before looks: no psychovisual tuning, which spends bytes on grain that was not there, and fewer of them
/// for flat walls (`aq-strength`). The key frame, which a whole second of little movement leans on, gets more
/// (`ipratio`, `qcomp`, `deadzone-intra`); faint changes are kept (`dct-decimate`) so that they are not made again in
/// each frame; B-frames follow the movement (`direct`) and are taken a little oftener.
/// And no thread of its own for the look-ahead: its queue would hold frames that nobody looks at yet.
const SETTINGS: &str = "psy=0:aq-strength=0.7:ipratio=1.6:qcomp=0.5:deadzone-intra=8:dct-decimate=0:direct=temporal:\
                        b-bias=20:sync-lookahead=0";

/// What an encoder is made for; a frame of another shape needs another encoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Width in pixels, even.
    pub(crate) width: u32,
    /// Height in pixels, even.
    pub(crate) height: u32,
    /// One of the formats x264 takes without conversion.
    pub(crate) format: format::Pixel,
    /// Black is 0 and white 255, not 16 and 235.
    pub(crate) full_range: bool,
    /// How colours were made luma and chroma.
    pub(crate) matrix: color::Space,
    /// The three base colours.
    pub(crate) primaries: color::Primaries,
    /// The transfer curve.
    pub(crate) transfer: color::TransferCharacteristic,
}

/// The settings that decide how many frames the encoder holds back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Delay {
    threads: usize,
    look_ahead: usize,
    b_frames: usize,
}

impl Delay {
    /// As much look-ahead as there is time for, while a GOP, the frames within the encoder and one more last at most
    /// 1.65 s. So a power cut costs less than 2 s.
    pub(crate) fn bounded(rate: Rate, preset: &str, cores: usize) -> Self {
        let budget = (1.65 * rate.per_second() - f64::from(rate.gop_frames()) - 1.0).max(0.0) as usize;
        let (look_ahead, b_frames) = match preset {
            "ultrafast" => (0, 0),
            "superfast" => (0, 3),
            // Further than the preset does by itself: what is looked at anyway gives more for its bytes.
            _ => (LOOK_AHEAD, 3),
        };
        // Few frames: one thread, which costs no delay and is enough for so few.
        let (threads, b_frames) = match budget {
            0..=4 => (1, 0),
            5..=8 => (1, b_frames),
            9..=16 => (2, b_frames),
            17..=29 => (3, b_frames),
            _ => (6, b_frames),
        };
        // x264's own choice of threads; more cost delay and gain nothing.
        let threads = threads.min(cores * 3 / 2).max(1);
        Delay { threads, look_ahead: look_ahead.min(budget.saturating_sub(threads)), b_frames }
    }

    /// Frames the encoder holds back at most.
    pub(crate) fn frames(self) -> usize {
        // One for a frame's duration, which is known only when the next one comes.
        self.look_ahead.max(self.b_frames) + self.threads - 1 + 1
    }

    /// How x264 places B-frames: 2, by trying all ways, where the look-ahead is at least as long as that needs.
    fn b_adapt(self) -> usize {
        if self.look_ahead >= 4 * 3 { 2 } else { 1 }
    }
}

/// A picture that came out.
pub(crate) struct Encoded {
    packet: Packet,
    /// The time of its frame.
    pub(crate) time_us: i64,
}

impl Encoded {
    /// Appends its sample to `to`.
    pub(crate) fn write(&self, to: &mut Vec<u8>) {
        for nal in nal::annex_b(self.packet.data().unwrap_or_default()) {
            nal::append(to, nal);
        }
    }
}

/// An open encoder.
pub(crate) struct X264 {
    encoder: encoder::Video,
    shape: Shape,
    delay: Delay,
    sets: ParameterSets,
    settings: protocol::Encoder,
    rate: Rate,
    /// Time of the first frame: tick zero.
    zero_us: Option<i64>,
    /// Frames since the last key frame.
    since_key: u32,
    /// Ticks and times of the frames within.
    within: VecDeque<(i64, i64)>,
}

impl X264 {
    /// Opens one.
    pub(crate) fn open(shape: Shape, rate: Rate, settings: &protocol::Encoder) -> Result<Self, String> {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let delay = Delay::bounded(rate, &settings.preset, cores);
        let said = |e: ffmpeg::Error| format!("{e} (preset {}, crf {})", settings.preset, settings.crf);
        let codec = encoder::find_by_name("libx264").ok_or("this FFmpeg has no libx264")?;
        let mut video = codec::Context::new_with_codec(codec).encoder().video().map_err(said)?;
        video.set_width(shape.width);
        video.set_height(shape.height);
        video.set_format(shape.format);
        video.set_color_range(if shape.full_range { color::Range::JPEG } else { color::Range::MPEG });
        video.set_colorspace(shape.matrix);
        video.set_color_primaries(shape.primaries);
        video.set_color_transfer_characteristic(shape.transfer);
        video.set_aspect_ratio((1, 1));
        video.set_time_base((1, TICKS as i32));
        video.set_frame_rate(Some(Rational(rate.frames as i32, rate.seconds as i32)));
        video.set_gop(rate.gop_frames());
        video.set_max_b_frames(delay.b_frames);
        video.set_threading(codec::threading::Config::count(delay.threads));
        video.set_flags(codec::Flags::GLOBAL_HEADER | codec::Flags::CLOSED_GOP);

        let mut options = Dictionary::new();
        options.set("preset", &settings.preset);
        options.set("crf", &settings.crf.to_string());
        options.set("forced-idr", "1");
        options.set("sc_threshold", "0");
        options.set("a53cc", "0");
        options.set("rc-lookahead", &delay.look_ahead.to_string());
        options.set("b_strategy", &delay.b_adapt().to_string());
        options.set("x264-params", &format!("lookahead-threads={}:{SETTINGS}", delay.threads.min(cores)));
        let encoder = video.open_with(options).map_err(said)?;
        let sets =
            ParameterSets::from_nals(nal::annex_b(&libav::extradata(&encoder))).ok_or("x264 gave no parameter sets")?;
        let settings = settings.clone();
        Ok(X264 { encoder, shape, delay, sets, settings, rate, zero_us: None, since_key: 0, within: VecDeque::new() })
    }

    /// Opens it anew with the same settings, after [`X264::drain`], which leaves an encoder that takes nothing more.
    pub(crate) fn reopen(&mut self) -> Result<(), String> {
        *self = X264::open(self.shape, self.rate, &self.settings)?;
        Ok(())
    }

    /// What it was made for.
    pub(crate) fn shape(&self) -> Shape {
        self.shape
    }

    /// Its parameter sets.
    pub(crate) fn sets(&self) -> &ParameterSets {
        &self.sets
    }

    /// Frames it may hold back.
    pub(crate) fn delay(&self) -> usize {
        self.delay.frames()
    }

    /// Takes in one frame, of this encoder's shape, later than the one before. `key`: it begins a GOP.
    pub(crate) fn push(&mut self, frame: &mut frame::Video, time_us: i64, key: bool) -> Result<(), String> {
        let zero_us = *self.zero_us.get_or_insert(time_us);
        let mut tick = (time_us - zero_us) * TICKS / 1_000_000;
        if let Some(&(last, _)) = self.within.back() {
            tick = tick.max(last + 1);
        }
        frame.set_pts(Some(tick));
        // What the source made of a picture is not what we make of it.
        // A key frame that comes in its turn is not asked for: of one that is, x264's look-ahead makes less.
        let in_turn = self.since_key == self.rate.gop_frames();
        frame.set_kind(if key && !in_turn { picture::Type::I } else { picture::Type::None });
        self.since_key = if key { 1 } else { self.since_key + 1 };
        self.encoder.send_frame(frame).map_err(|e| e.to_string())?;
        self.within.push_back((tick, time_us));
        Ok(())
    }

    /// Makes all frames within come out.
    pub(crate) fn drain(&mut self) -> Result<(), String> {
        self.encoder.send_eof().map_err(|e| e.to_string())
    }

    /// The next picture that is ready, in decoding order.
    pub(crate) fn pull(&mut self) -> Result<Option<Encoded>, String> {
        let mut packet = Packet::empty();
        match self.encoder.receive_packet(&mut packet) {
            Ok(()) => {}
            Err(ffmpeg::Error::Other { errno: ffmpeg::error::EAGAIN } | ffmpeg::Error::Eof) => return Ok(None),
            Err(e) => return Err(e.to_string()),
        }
        let at = self.within.iter().position(|&(tick, _)| Some(tick) == packet.pts());
        let (_, time_us) = at.and_then(|at| self.within.remove(at)).ok_or("x264 gave a picture it was not given")?;
        Ok(Some(Encoded { packet, time_us }))
    }
}

#[cfg(test)]
mod tests;
