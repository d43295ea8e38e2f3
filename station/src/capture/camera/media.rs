//! Files and network cameras, by way of FFmpeg.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use ffmpeg::{Dictionary, Packet, Rescale, format, frame};
use ffmpeg_next as ffmpeg;

use super::film::Film;
use super::pass::Passing;
use super::rtsp::Address;
use super::timeline::{Pace, TimeLine};
use super::{Camera, Fault, Frame, Info, Shot, identity};
use crate::capture::clock::monotonic_us;
use crate::capture::control::Control;
use crate::capture::protocol::Trouble;

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
    film: Film,
    /// The file that begins again at its end.
    again: Option<String>,
    /// Its own H.264 may be passed through, as far as it fitted until now.
    may_pass: bool,
    /// Collects the source's own GOPs, until one does not fit.
    passing: Option<Passing>,
    /// Packets that were read already.
    waiting: VecDeque<Packet>,
    /// Until then frames may be late because we held them.
    catching_up_us: i64,
    info: Info,
    line: TimeLine,
    /// The time line where this round began.
    round: TimeLine,
    pace: Pace,
    control: Arc<Control>,
    /// When waiting for a network camera ends.
    deadline: Arc<AtomicI64>,
    /// A network camera sent nothing until the deadline.
    silent: bool,
    /// Packets that did not decode since the last frame; those before the first frame do not count.
    lost: u64,
    /// A picture was given, of this round of a file that is repeated.
    begun: bool,
    /// The decoder knows that there are no more packets.
    ended: bool,
}

impl Media {
    /// Opens a file.
    pub(crate) fn file(
        path: &str,
        repeat: bool,
        may_pass: bool,
        pace: Pace,
        control: Arc<Control>,
    ) -> Result<Self, Trouble> {
        let base = Path::new(path).file_name().map_or(path.into(), |base| base.to_string_lossy());
        let identity = identity(&format!("file:{base}"));
        let mut media = Media::new(Film::open(path)?, identity, may_pass, pace, control, Arc::default());
        media.info.live = repeat;
        media.again = repeat.then(|| path.to_owned());
        Ok(media)
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
        let film = Film::new(input, &name, true)?;
        let mut media = Media::new(film, name.clone(), may_pass, pace, control, deadline);
        media.set_clock().map_err(|fault| Trouble::Unreadable { name, detail: fault.into_detail() })?;
        Ok(media)
    }

    /// Sets a network camera's clock. The first packets came together, while FFmpeg looked at the stream, so they are
    /// no measure of it; one that had to be waited for is, unless it was ourselves who were held up. So all packets of
    /// a while are held against their arrival, and the one that was least under way sets the clock.
    fn set_clock(&mut self) -> Result<(), Fault> {
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
        let frame = self.info.rate.frame_us().rescale((1, 1_000_000), self.film.time_base);
        let second = self.waiting.iter().skip(1).filter_map(Packet::pts).min();
        if let Some(first) = self.waiting.front_mut().filter(|first| first.pts().is_none()) {
            first.set_pts(second.map(|second| second - frame));
        }
        let stamp = |packet: &Packet| Some(packet.pts()?.rescale(self.film.time_base, (1, 1_000_000)));
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
        film: Film,
        identity: String,
        may_pass: bool,
        pace: Pace,
        control: Arc<Control>,
        deadline: Arc<AtomicI64>,
    ) -> Self {
        let live = matches!(pace, Pace::Arrival { .. });
        let line = TimeLine::new(film.rate.frame_us());
        let info = Info { identity, rate: film.rate, audio_dropped: film.audio, live, unsupported: Vec::new() };
        let mut media = Media {
            film,
            again: None,
            may_pass,
            passing: None,
            waiting: VecDeque::new(),
            catching_up_us: i64::MIN,
            info,
            line,
            round: line,
            pace,
            control,
            deadline,
            silent: false,
            lost: 0,
            begun: false,
            ended: false,
        };
        media.begin_passing();
        media
    }

    fn begin_passing(&mut self) {
        let Film { parameters, time_base, rate, .. } = &self.film;
        let passing = || Passing::new(parameters.clone(), *time_base, rate.frame_us());
        self.passing = self.may_pass.then(passing).flatten();
    }

    /// At the end of a file that is repeated: opens it anew. Its times go on behind those of the round before, and what
    /// its beginning and its end do not give is not lost. False: it is not repeated.
    fn rewind(&mut self) -> Result<bool, String> {
        let Some(path) = &self.again else { return Ok(false) };
        if !self.begun {
            return Err("no picture in it can be decoded".into());
        }
        let film = Film::open(path).map_err(|trouble| match trouble {
            Trouble::NotFound { detail, .. } | Trouble::Unreadable { detail, .. } => detail,
            _ => "it has no picture any more".into(),
        })?;
        if film.rate != self.info.rate {
            return Err("it has another frame rate now".into());
        }
        self.film = film;
        self.line.again();
        self.round = self.line;
        (self.lost, self.begun, self.ended) = (0, false, false);
        self.begin_passing();
        Ok(true)
    }

    /// Whether it is a network camera.
    fn is_network(&self) -> bool {
        matches!(self.pace, Pace::Arrival { .. })
    }

    /// The next packet of the video stream, those first that are held. `None`: the file has no more.
    fn read(&mut self) -> Result<Option<Packet>, Fault> {
        match self.waiting.pop_front() {
            Some(packet) => Ok(Some(packet)),
            None => self.read_input(),
        }
    }

    fn read_input(&mut self) -> Result<Option<Packet>, Fault> {
        let silence = || Fault::Silent(format!("no picture for {} s", SILENCE_US / 1_000_000));
        if self.silent {
            return Err(silence());
        }
        let deadline_us = monotonic_us() + SILENCE_US;
        self.deadline.store(deadline_us, Ordering::Relaxed);
        let network = self.is_network();
        let mut packet = Packet::empty();
        loop {
            match packet.read(&mut self.film.input) {
                Ok(()) if packet.stream() == self.film.stream => {
                    // When it is interrupted, FFmpeg gives what it still has before it says so.
                    self.silent = network && monotonic_us() > deadline_us;
                    return Ok(Some(packet));
                }
                Ok(()) => {}
                // A damaged part of a file, which FFmpeg steps over.
                Err(ffmpeg::Error::InvalidData) if !network => {}
                Err(ffmpeg::Error::Eof) if !network => return Ok(None),
                Err(ffmpeg::Error::Exit) => return Err(silence()),
                Err(e) => return Err(Fault::Lost(e.to_string())),
            }
        }
    }

    /// What is passed through next. `None`: what was read, and all that follows, is to be decoded, or the sealer asked
    /// to stop.
    fn pass(&mut self) -> Result<Option<Shot>, Fault> {
        if self.passing.as_ref().is_some_and(|passing| !passing.fits()) {
            self.stop_passing();
        }
        while self.passing.is_some() && !self.control.stopped() {
            if let Some(packet) = self.read()? {
                let Some(passing) = &mut self.passing else { break };
                let shot = passing.take(packet, &mut self.line, &mut self.pace, &self.control);
                self.begun |= matches!(shot, Some(Shot::Gop(_)));
                return Ok(shot);
            }
            if let Some(last) = self.finish_passing() {
                // The next call comes here again.
                return Ok(Some(last));
            }
            if self.passing.as_ref().is_some_and(|passing| !passing.is_empty()) || !self.rewind()? {
                self.stop_passing();
            }
        }
        Ok(None)
    }

    /// The GOP that is held, as far as it goes, if it fits.
    fn finish_passing(&mut self) -> Option<Shot> {
        let passing = self.passing.as_mut().filter(|passing| passing.fits())?;
        let last = passing.finish(None, &mut self.line, &mut self.pace, &self.control)?;
        self.begun = true;
        Some(Shot::Gop(last))
    }

    /// From here on packets are decoded, those first that are held.
    fn stop_passing(&mut self) {
        let Some(passing) = self.passing.take() else { return };
        // One stream or the other, not now this and now that.
        self.may_pass = false;
        if passing.is_fresh() && matches!(self.pace, Pace::Unpaced { .. }) {
            self.line = self.round;
        }
        let later = std::mem::replace(&mut self.waiting, passing.into_packets().into());
        self.waiting.extend(later);
        self.catching_up_us = monotonic_us() + CATCH_UP_US;
    }

    /// Gives the decoder the next packet, or tells it that there are no more.
    fn feed(&mut self) -> Result<(), Fault> {
        match self.read()? {
            Some(packet) => {
                if self.film.decoder.send_packet(&packet).is_err() {
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
            let _ = self.film.decoder.send_eof();
        }
    }

    /// The frame of this decoded picture, when it is due.
    fn frame(&mut self, picture: frame::Video) -> Option<Shot> {
        self.begun = true;
        let stamp = picture.timestamp().map(|stamp| stamp.rescale(self.film.time_base, (1, 1_000_000)));
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

    fn next(&mut self) -> Result<Option<Shot>, Fault> {
        if let Some(shot) = self.pass()? {
            return Ok(Some(shot));
        }
        if self.passing.is_some() {
            return Ok(None);
        }
        let mut picture = frame::Video::empty();
        loop {
            match self.film.decoder.receive_frame(&mut picture) {
                Ok(()) => return Ok(self.frame(picture)),
                Err(ffmpeg::Error::Other { errno: ffmpeg::error::EAGAIN }) => self.feed()?,
                Err(_) if self.ended => {
                    if !self.rewind()? {
                        return Ok(None);
                    }
                    return self.next();
                }
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
            match self.film.decoder.receive_frame(&mut picture) {
                Ok(()) => return self.frame(picture),
                Err(_) if self.ended => return None,
                // What does not decode here is no picture that could be given.
                Err(_) => match self.waiting.pop_front() {
                    Some(packet) => drop(self.film.decoder.send_packet(&packet)),
                    None => self.end_decoder(),
                },
            }
        }
    }
}
