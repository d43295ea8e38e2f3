//! Files and network cameras, by way of FFmpeg.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use ffmpeg::{Dictionary, Packet, Rational, Rescale, codec, decoder, format, frame, media};
use ffmpeg_next as ffmpeg;

use super::pass::Passing;
use super::rtsp::Address;
use super::timeline::{Pace, TimeLine};
use super::{Camera, Frame, Info, Shot, identity};
use crate::capture::clock::monotonic_us;
use crate::capture::control::Control;
use crate::capture::gop::Rate;
use crate::capture::protocol::Trouble;

/// Slowest and fastest frame rate that is recorded.
const SLOWEST: f64 = 1.0;
const FASTEST: f64 = 120.0;

/// A network camera must be open after this time, and then send something at least this often.
const OPEN_US: i64 = 10_000_000;
const SILENCE_US: i64 = 3_000_000;
/// Longest time FFmpeg looks at a network camera to find out what it sends.
const LOOK_US: i64 = 2_000_000;
/// A packet that took this long to read was not there yet.
const WAITED_US: i64 = 5_000;
/// A network camera's clock is set by the packets of at least this time.
const SETTLE_US: i64 = 300_000;
/// Time to encode what was held to be passed through, and turned out not to fit.
const CATCH_UP_US: i64 = 3_000_000;

/// An open file or network camera.
pub(crate) struct Media {
    input: format::context::Input,
    stream: usize,
    time_base: Rational,
    decoder: decoder::Video,
    /// Collects the source's own GOPs, until one does not fit.
    passing: Option<Passing>,
    /// Packets that were read already.
    waiting: VecDeque<Packet>,
    /// Until then frames may be late because we held them.
    catching_up_us: i64,
    info: Info,
    line: TimeLine,
    pace: Pace,
    control: Arc<Control>,
    /// When waiting for a network camera ends.
    deadline: Arc<AtomicI64>,
    /// A network camera sent nothing until the deadline.
    silent: bool,
    /// Packets that did not decode since the last frame; those before the first frame do not count.
    lost: u64,
    begun: bool,
    ended: bool,
}

impl Media {
    /// Opens a file.
    pub(crate) fn file(path: &str, may_pass: bool, pace: Pace, control: Arc<Control>) -> Result<Self, Trouble> {
        let name = path.to_owned();
        // `file:` so that no name can be taken for another of FFmpeg's protocols.
        let input = format::input(&format!("file:{path}")).map_err(|e| match e {
            ffmpeg::Error::Other { errno: ffmpeg::error::ENOENT | ffmpeg::error::ENOTDIR } => {
                Trouble::NotFound { name: name.clone(), detail: e.to_string() }
            }
            e => Trouble::Unreadable { name: name.clone(), detail: e.to_string() },
        })?;
        let base = Path::new(path).file_name().map_or(path.into(), |base| base.to_string_lossy());
        let identity = identity(&format!("file:{base}"));
        Media::new(input, name, identity, may_pass, pace, control, Arc::default())
    }

    /// Opens a network camera. RTP comes within the TCP connection: over UDP it would lose packets.
    pub(crate) fn rtsp(address: &Address, may_pass: bool, control: Arc<Control>) -> Result<Self, Trouble> {
        let name = address.identity();
        let deadline = Arc::new(AtomicI64::new(monotonic_us() + OPEN_US));
        let mut options = Dictionary::new();
        options.set("rtsp_transport", "tcp");
        options.set("analyzeduration", &LOOK_US.to_string());
        options.set("protocol_whitelist", "rtsp,rtp,tcp,tls");
        let (until, asked) = (Arc::clone(&deadline), Arc::clone(&control));
        let give_up = move || monotonic_us() > until.load(Ordering::Relaxed) || asked.stopped();
        let opened = format::input_with_interrupt_and_dictionary(&address.with_login(), give_up, options);
        let input = opened.map_err(|e| match e {
            ffmpeg::Error::Exit => {
                Trouble::NotFound { name: name.clone(), detail: format!("no answer within {} s", OPEN_US / 1_000_000) }
            }
            ffmpeg::Error::Other { .. } => Trouble::NotFound { name: name.clone(), detail: e.to_string() },
            ffmpeg::Error::HttpUnauthorized | ffmpeg::Error::HttpForbidden => Trouble::Login { name: name.clone() },
            e => Trouble::Unreadable { name: name.clone(), detail: e.to_string() },
        })?;
        let pace = Pace::Arrival { zero_us: None };
        let mut media = Media::new(input, name.clone(), name.clone(), may_pass, pace, control, deadline)?;
        media.set_clock().map_err(|detail| Trouble::Unreadable { name, detail })?;
        Ok(media)
    }

    /// Sets a network camera's clock. The first packets came together, while FFmpeg looked at the stream, so they are
    /// no measure of it; one that had to be waited for is, unless it was ourselves who were held up. So all packets of
    /// a while are held against their arrival, and the one that was least under way sets the clock.
    fn set_clock(&mut self) -> Result<(), String> {
        let began_us = monotonic_us();
        let mut arrivals = Vec::new();
        loop {
            let before_us = monotonic_us();
            let Some(packet) = self.read_input()? else { break };
            self.waiting.push_back(packet);
            let now_us = monotonic_us();
            arrivals.push(now_us);
            let (waited, took) = (now_us - before_us > WAITED_US, now_us - began_us);
            if (waited && took > SETTLE_US) || took > LOOK_US {
                break;
            }
        }
        // FFmpeg gives the first packet of RTP no time.
        let frame = self.info.rate.frame_us().rescale((1, 1_000_000), self.time_base);
        let second = self.waiting.iter().skip(1).filter_map(Packet::pts).min();
        if let Some(first) = self.waiting.front_mut().filter(|first| first.pts().is_none()) {
            first.set_pts(second.map(|second| second - frame));
        }
        let stamp = |packet: &Packet| Some(packet.pts()?.rescale(self.time_base, (1, 1_000_000)));
        if let Some(first_us) = self.waiting.front().and_then(stamp) {
            self.line.begin(first_us);
            let held = self.waiting.iter().zip(arrivals);
            let zeros = held.filter_map(|(packet, at_us)| Some(at_us - self.line.peek(stamp(packet)?)));
            self.pace = Pace::Arrival { zero_us: zeros.min() };
        }
        self.catching_up_us = monotonic_us() + CATCH_UP_US;
        Ok(())
    }

    fn new(
        input: format::context::Input,
        name: String,
        identity: String,
        may_pass: bool,
        pace: Pace,
        control: Arc<Control>,
        deadline: Arc<AtomicI64>,
    ) -> Result<Self, Trouble> {
        let unreadable = |detail: String| Trouble::Unreadable { name: name.clone(), detail };
        let live = matches!(pace, Pace::Arrival { .. });
        let best = input.streams().best(media::Type::Video);
        let stream = best.ok_or_else(|| Trouble::NoVideo { name: name.clone() })?;
        let rate = rate_of(stream.avg_frame_rate(), stream.rate(), live).map_err(unreadable)?;
        let mut context =
            codec::Context::from_parameters(stream.parameters()).map_err(|e| unreadable(e.to_string()))?;
        // One thread decodes what a camera sends; more would hold frames back.
        context.set_threading(codec::threading::Config::count(1));
        let mut decoder = context.decoder();
        decoder.set_packet_time_base(stream.time_base());
        let decoder = decoder.video().map_err(|e| unreadable(e.to_string()))?;
        let passing =
            may_pass.then(|| Passing::new(stream.parameters(), stream.time_base(), rate.frame_us())).flatten();
        let audio_dropped = input.streams().best(media::Type::Audio).is_some();
        Ok(Media {
            stream: stream.index(),
            time_base: stream.time_base(),
            decoder,
            passing,
            waiting: VecDeque::new(),
            catching_up_us: i64::MIN,
            info: Info { identity, rate, audio_dropped, live },
            line: TimeLine::new(rate.frame_us()),
            pace,
            control,
            deadline,
            silent: false,
            lost: 0,
            begun: false,
            ended: false,
            input,
        })
    }

    /// The next packet of the video stream, those first that are held. `None`: the file has no more.
    fn read(&mut self) -> Result<Option<Packet>, String> {
        match self.waiting.pop_front() {
            Some(packet) => Ok(Some(packet)),
            None => self.read_input(),
        }
    }

    fn read_input(&mut self) -> Result<Option<Packet>, String> {
        let silence = || format!("no picture for {} s", SILENCE_US / 1_000_000);
        if self.silent {
            return Err(silence());
        }
        let deadline_us = monotonic_us() + SILENCE_US;
        self.deadline.store(deadline_us, Ordering::Relaxed);
        let mut packet = Packet::empty();
        loop {
            match packet.read(&mut self.input) {
                Ok(()) if packet.stream() == self.stream => {
                    // When it is interrupted, FFmpeg gives what it still has before it says so.
                    self.silent = self.info.live && monotonic_us() > deadline_us;
                    return Ok(Some(packet));
                }
                Ok(()) => {}
                // A damaged part of a file, which FFmpeg steps over.
                Err(ffmpeg::Error::InvalidData) if !self.info.live => {}
                Err(ffmpeg::Error::Eof) if !self.info.live => return Ok(None),
                Err(ffmpeg::Error::Exit) => return Err(silence()),
                Err(e) => return Err(e.to_string()),
            }
        }
    }

    /// What is passed through next. `None`: what was read, and all that follows, is to be decoded, or the sealer asked
    /// to stop.
    fn pass(&mut self) -> Result<Option<Shot>, String> {
        if self.passing.as_ref().is_some_and(|passing| !passing.fits()) {
            self.stop_passing();
        }
        if self.passing.is_none() || self.control.stopped() {
            return Ok(None);
        }
        let Some(packet) = self.read()? else {
            let last = self.finish_passing();
            self.stop_passing();
            return Ok(last);
        };
        let passing = self.passing.as_mut();
        Ok(passing.and_then(|passing| passing.take(packet, &mut self.line, &mut self.pace, &self.control)))
    }

    /// The GOP that is held, as far as it goes, if it fits.
    fn finish_passing(&mut self) -> Option<Shot> {
        let passing = self.passing.as_mut().filter(|passing| passing.fits())?;
        passing.finish(None, &mut self.line, &mut self.pace, &self.control).map(Shot::Gop)
    }

    /// From here on packets are decoded, those first that are held.
    fn stop_passing(&mut self) {
        let Some(passing) = self.passing.take() else { return };
        if passing.is_fresh() && matches!(self.pace, Pace::Unpaced) {
            self.line = TimeLine::new(self.info.rate.frame_us());
        }
        let later = std::mem::replace(&mut self.waiting, passing.into_packets().into());
        self.waiting.extend(later);
        self.catching_up_us = monotonic_us() + CATCH_UP_US;
    }

    /// Gives the decoder the next packet, or tells it that there are no more.
    fn feed(&mut self) -> Result<(), String> {
        match self.read()? {
            Some(packet) => {
                if self.decoder.send_packet(&packet).is_err() {
                    self.lost += u64::from(self.begun);
                }
            }
            None => self.end_decoder(),
        }
        Ok(())
    }

    fn end_decoder(&mut self) {
        if !self.ended {
            self.ended = true;
            // It fails only when told twice.
            let _ = self.decoder.send_eof();
        }
    }

    /// The frame of this decoded picture, when it is due.
    fn frame(&mut self, picture: frame::Video) -> Option<Shot> {
        self.begun = true;
        let stamp = picture.timestamp().map(|stamp| stamp.rescale(self.time_base, (1, 1_000_000)));
        let offset_us = self.line.place(stamp);
        let time_us = self.pace.wait(offset_us, &self.control)?;
        let lost = std::mem::take(&mut self.lost);
        let held = monotonic_us() < self.catching_up_us;
        Some(Shot::Frame(Frame { picture, time_us, lost, held }))
    }
}

impl Camera for Media {
    fn info(&self) -> &Info {
        &self.info
    }

    fn next(&mut self) -> Result<Option<Shot>, String> {
        if let Some(shot) = self.pass()? {
            return Ok(Some(shot));
        }
        if self.passing.is_some() {
            return Ok(None);
        }
        let mut picture = frame::Video::empty();
        loop {
            match self.decoder.receive_frame(&mut picture) {
                Ok(()) => return Ok(self.frame(picture)),
                Err(ffmpeg::Error::Other { errno: ffmpeg::error::EAGAIN }) => self.feed()?,
                Err(_) if self.ended => return Ok(None),
                Err(_) => {
                    self.lost += u64::from(self.begun);
                    self.feed()?;
                }
            }
        }
    }

    fn rest(&mut self) -> Option<Shot> {
        if let Some(last) = self.finish_passing() {
            return Some(last);
        }
        self.stop_passing();
        let mut picture = frame::Video::empty();
        loop {
            match self.decoder.receive_frame(&mut picture) {
                Ok(()) => return self.frame(picture),
                Err(_) if self.ended => return None,
                // What does not decode here is no picture that could be given.
                Err(_) => match self.waiting.pop_front() {
                    Some(packet) => drop(self.decoder.send_packet(&packet)),
                    None => self.end_decoder(),
                },
            }
        }
    }
}

/// The nominal rate, of the average one and the one the timestamps are made for.
fn rate_of(average: Rational, base: Rational, live: bool) -> Result<Rate, String> {
    let known = |r: Rational| r.numerator() > 0 && r.denominator() > 0;
    let per_second = |r: Rational| f64::from(r.numerator()) / f64::from(r.denominator());
    let rate = match (known(average), known(base)) {
        // The base is the rounder number, where it tells the same.
        (true, true) if (per_second(base) / per_second(average) - 1.0).abs() < 0.05 => base,
        (true, _) => average,
        (false, true) if per_second(base) <= FASTEST => base,
        // Network cameras need not say; GOPs are cut by time as well.
        _ if live => Rational(25, 1),
        _ => return Err("its frame rate is not known".into()),
    };
    if !(SLOWEST..=FASTEST).contains(&per_second(rate)) {
        return Err(format!("{:.2} frames a second; {SLOWEST} to {FASTEST} can be recorded", per_second(rate)));
    }
    let rate = rate.reduce();
    Ok(Rate { frames: rate.numerator().unsigned_abs(), seconds: rate.denominator().unsigned_abs() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rounder_rate_is_taken_where_both_agree() {
        let rate = |a, b, live| rate_of(a, b, live).map(|r| (r.frames, r.seconds));
        assert_eq!(rate(Rational(456_000, 15_217), Rational(30_000, 1001), false), Ok((30_000, 1001)));
        assert_eq!(rate(Rational(10, 1), Rational(90_000, 1), false), Ok((10, 1)));
        assert_eq!(rate(Rational(0, 0), Rational(25, 1), false), Ok((25, 1)));
        assert_eq!(rate(Rational(0, 0), Rational(90_000, 1), true), Ok((25, 1)));
        assert!(rate(Rational(0, 0), Rational(90_000, 1), false).is_err());
        assert!(rate(Rational(1, 2), Rational(1, 2), false).is_err());
        assert!(rate(Rational(240, 1), Rational(240, 1), false).is_err());
    }
}
