//! From frames to messages: the thread that draws, encodes and writes.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ffmpeg_next::frame;
use jiff::tz::TimeZone;
use thiserror::Error;

use super::camera::pass::PassedGop;
use super::camera::{Camera, Fault, Frame, Info};
use super::clock::{Wall, monotonic_us};
use super::control::Control;
use super::convert::Converter;
use super::encode::X264;
use super::gop::{Assembly, Finished, Taken};
use super::live::Live;
use super::nal::ParameterSets;
use super::overlay::Overlay;
use super::protocol::{self, Alive, End, Gop, Message, Setup, Stream, Trouble};
use super::reader::{self, Read};
use super::sight::Sight;
use super::watch::Watch;

/// How often the queue's reader looks up.
const TICK: Duration = Duration::from_millis(50);
/// Without a frame for this long, what the encoder holds is handed over.
const IDLE: Duration = Duration::from_millis(700);
/// A camera without a frame for this long is lost. Its reader notices after 3 s, unless it hangs in the driver.
const STALLED: Duration = Duration::from_millis(3500);
/// How often the sealer is told that this process runs.
const BEAT: Duration = Duration::from_millis(500);
/// How often light and focus are looked at, µs of the frames.
const SIGHT_US: i64 = 1_000_000;
/// How long the reader may take to give what it holds when it is asked to stop.
const GRACE: Duration = Duration::from_millis(300);
/// Longest time from the oldest frame that is not handed over to the newest one, as far as the encoder decides.
const LONGEST_LOSS_US: i64 = 1_750_000;

/// Why the pipeline ended before its source.
#[derive(Debug, Error)]
pub(crate) enum Failure {
    /// The sealer is gone.
    #[error("cannot write to the sealer")]
    Sealer(#[from] io::Error),
    /// The encoder does not do its work.
    #[error("encoder: {0}")]
    Encoder(String),
}

/// Everything between the queue and standard output.
pub(crate) struct Pipeline<W> {
    out: W,
    setup: Setup,
    info: Info,
    wall: Wall,
    control: Arc<Control>,
    overlay: Option<Overlay>,
    converter: Converter,
    watch: Watch,
    live: Live,
    encoder: Option<X264>,
    /// Parameter sets of the source's own GOPs, while those are passed through.
    passing: Option<ParameterSets>,
    assembly: Assembly,
    /// A frame was handed to the sealer, or is on its way.
    begun: bool,
    /// What the next heartbeat says.
    alive: Alive,
    /// Time of the picture that was looked at for it.
    sight_us: Option<i64>,
    /// The encoder holds nothing and must be opened anew for the next frame.
    drained: bool,
}

/// Runs the camera to its end. Gives the last message.
pub(crate) fn run(
    out: impl Write,
    camera: Box<dyn Camera>,
    setup: Setup,
    wall: Wall,
    zone: TimeZone,
    control: Arc<Control>,
) -> Result<End, Failure> {
    let info = camera.info().clone();
    let overlay = setup.overlay.as_ref().map(|o| Overlay::new(&o.station, zone));
    let mut pipeline = Pipeline {
        out,
        info,
        wall,
        overlay,
        control: Arc::clone(&control),
        converter: Converter::default(),
        watch: Watch::default(),
        live: Live::default(),
        encoder: None,
        passing: None,
        assembly: Assembly::new(camera.info().rate),
        begun: false,
        alive: Alive { frames: 0, last_frame_us: None, lost: 0, silent_us: 0, sight: None },
        sight_us: None,
        drained: false,
        setup,
    };
    let result = pipeline.follow(camera);
    match result {
        Err(Failure::Encoder(detail)) if !pipeline.begun => Ok(End::CouldNotStart(Trouble::Encoder { detail })),
        other => other,
    }
}

impl<W: Write> Pipeline<W> {
    fn follow(&mut self, camera: Box<dyn Camera>) -> Result<End, Failure> {
        let queue = reader::start(camera, self.setup.fast, Arc::clone(&self.control))?;
        let mut heard = Instant::now();
        let mut beaten = None;
        let mut stopped = None;
        loop {
            if beaten.is_none_or(|beaten: Instant| beaten.elapsed() >= BEAT) {
                protocol::write(&mut self.out, &Message::Alive(self.alive), &[])?;
                beaten = Some(Instant::now());
            }
            if stopped.is_none() && self.control.stopped() {
                stopped = Some(Instant::now());
            }
            let read = queue.recv_timeout(TICK);
            if read.is_ok() {
                heard = Instant::now();
            }
            // Asked for only where the queue is empty: while the sealer holds this thread up, nobody is silent.
            self.alive.silent_us = if read.is_ok() { 0 } else { heard.elapsed().as_micros() as u64 };
            match read {
                Ok(Read::Frame(frame, number)) => self.frame(frame, number)?,
                Ok(Read::Gop(gop, number)) => self.passed(gop, number)?,
                Ok(Read::Held(time_us)) => self.seen(time_us),
                Ok(Read::End(next_number, result)) => {
                    self.drain(Some(next_number))?;
                    return Ok(self.end(result));
                }
                Err(RecvTimeoutError::Disconnected) => {
                    return Ok(self.end(Err(Fault::Lost("its reader failed".into()))));
                }
                Err(RecvTimeoutError::Timeout) if stopped.is_some_and(|since| since.elapsed() >= GRACE) => {
                    // The reader hangs in the camera.
                    self.drain(None)?;
                    return Ok(End::SourceEnd);
                }
                Err(RecvTimeoutError::Timeout) if self.setup.fast => {}
                Err(RecvTimeoutError::Timeout) => {
                    if heard.elapsed() >= IDLE {
                        self.drain(None)?;
                    }
                    if self.info.live && self.begun && heard.elapsed() >= STALLED {
                        let detail = format!("no frame for {} s", STALLED.as_secs_f32());
                        return Ok(self.end(Err(Fault::Silent(detail))));
                    }
                }
            }
        }
    }

    /// The last message, when the reader ended like this.
    fn end(&self, result: Result<(), Fault>) -> End {
        let name = self.info.identity.clone();
        match result {
            _ if self.control.stopped() => End::SourceEnd,
            Ok(()) if !self.begun => {
                End::CouldNotStart(Trouble::Unreadable { name, detail: "no picture in it can be decoded".into() })
            }
            Err(fault) if !self.begun => End::CouldNotStart(Trouble::Unreadable { name, detail: fault.into_detail() }),
            Ok(()) if self.info.live => End::CameraLost { detail: "it ended".into() },
            Ok(()) => End::SourceEnd,
            Err(Fault::Silent(detail)) if self.info.live => End::CameraStalled { detail },
            Err(Fault::Lost(detail)) if self.info.live => End::CameraLost { detail },
            // A file that breaks off has been read as far as it goes.
            Err(_) => End::SourceEnd,
        }
    }

    fn frame(&mut self, frame: Frame, number: u64) -> Result<(), Failure> {
        let (mut picture, shape) = self.converter.convert(frame.picture).map_err(Failure::Encoder)?;
        if self.encoder.as_ref().is_none_or(|encoder| encoder.shape() != shape) {
            self.drain(None)?;
            let encoder = X264::open(shape, self.info.rate, &self.setup.encoder).map_err(Failure::Encoder)?;
            self.stream(encoder.sets(), false)?;
            self.encoder = Some(encoder);
            self.passing = None;
            self.drained = false;
        }
        if self.assembly.is_too_dense(frame.time_us) {
            return self.pull();
        }
        let slow = self.too_slow();
        let (time_us, key) = self.assembly.frame(Taken { time_us: frame.time_us, number });
        self.count(1, number + 1, time_us);
        if key && slow {
            self.flush()?;
        }
        for noticed in self.watch.look(&picture, shape.full_range, time_us) {
            self.assembly.notice(noticed);
        }
        if self.sight_us.is_none_or(|last| time_us - last >= SIGHT_US) {
            self.sight_us = Some(time_us);
            let (luma, stride, width) = (picture.data(0), picture.stride(0), picture.width() as usize);
            self.alive.sight = Some(Sight::of(luma, stride, width, shape.full_range));
        }
        if let Some(overlay) = &mut self.overlay {
            let order = self.control.order();
            let drawn = overlay.draw(&mut picture, order.as_deref(), self.wall.of(time_us));
            drawn.map_err(|e| Failure::Encoder(e.to_string()))?;
        }
        if let Some(encoder) = &mut self.encoder {
            if std::mem::take(&mut self.drained) {
                encoder.reopen().map_err(Failure::Encoder)?;
            }
            encoder.push(&mut picture, time_us, key).map_err(Failure::Encoder)?;
        }
        self.begun = true;
        self.pull()?;
        self.show(&picture, shape.full_range, time_us)
    }

    /// Sends the picture to whoever looks. Behind the encoder, which works on it meanwhile.
    fn show(&mut self, picture: &frame::Video, full_range: bool, time_us: i64) -> Result<(), Failure> {
        // Counted time says nothing of how old a picture is.
        if self.setup.fast || !self.control.live() {
            return Ok(());
        }
        match self.live.picture(picture, full_range, time_us, monotonic_us()) {
            Some(jpeg) => Ok(protocol::write(&mut self.out, &Message::Picture { time_us }, &jpeg)?),
            None => Ok(()),
        }
    }

    fn passed(&mut self, passed: PassedGop, number: u64) -> Result<(), Failure> {
        if self.passing.as_ref() != Some(&passed.sets) {
            self.drain(None)?;
            self.encoder = None;
            self.stream(&passed.sets, true)?;
            self.passing = Some(passed.sets);
        }
        let PassedGop { samples, payload, end_us, .. } = passed;
        let newest_us = samples.iter().map(|sample| sample.time_us).max();
        self.count(samples.len(), number + samples.len() as u64, newest_us.unwrap_or(end_us));
        let mut gop = Gop { first_frame: number, lost: 0, end_us, samples, events: Vec::new() };
        self.assembly.passed(&mut gop);
        self.begun = true;
        self.write(Finished { gop, payload })
    }

    /// Counts frames that were taken, the newest of this time, before the one of this number.
    fn count(&mut self, frames: usize, next_number: u64, newest_us: i64) {
        self.alive.frames += frames as u64;
        self.alive.lost = next_number.saturating_sub(self.alive.frames);
        self.seen(newest_us);
    }

    /// A frame of this time came.
    fn seen(&mut self, time_us: i64) {
        self.alive.last_frame_us = self.alive.last_frame_us.max(Some(time_us));
    }

    /// Whether frames come so slowly that a GOP and the encoder's delay, which is counted in frames, together last too
    /// long. A camera in the dark may give a third of the frames it promised.
    fn too_slow(&mut self) -> bool {
        let Some(encoder) = &self.encoder else { return false };
        let Some((span_us, frames)) = self.assembly.open_span() else { return false };
        let (delay, frames) = (encoder.delay() as i64, frames as i64);
        frames > 1 && (frames + delay + 1) * span_us / (frames - 1) > LONGEST_LOSS_US
    }

    /// Writes what comes out of the encoder.
    fn pull(&mut self) -> Result<(), Failure> {
        while let Some(encoder) = &mut self.encoder
            && let Some(encoded) = encoder.pull().map_err(Failure::Encoder)?
        {
            if let Some(finished) = self.assembly.sample(encoded.time_us, |to| encoded.write(to)) {
                self.write(finished)?;
            }
        }
        while let Some(finished) = self.assembly.finished() {
            self.write(finished)?;
        }
        Ok(())
    }

    /// Makes the encoder give out everything, without closing the open GOP.
    fn flush(&mut self) -> Result<(), Failure> {
        if let Some(encoder) = &mut self.encoder
            && !self.drained
        {
            encoder.drain().map_err(Failure::Encoder)?;
            self.drained = true;
        }
        self.pull()
    }

    /// Closes the open GOP and hands over everything read so far.
    fn drain(&mut self, next_number: Option<u64>) -> Result<(), Failure> {
        self.assembly.close(None, next_number);
        self.flush()
    }

    fn stream(&mut self, sets: &ParameterSets, passed_through: bool) -> Result<(), Failure> {
        let stream = Stream {
            camera: self.info.identity.clone(),
            rate: (self.info.rate.frames, self.info.rate.seconds),
            passed_through,
            audio_dropped: self.info.audio_dropped,
            overlay: self.overlay.is_some() && !passed_through,
            sps: STANDARD.encode(&sets.sps),
            pps: STANDARD.encode(&sets.pps),
            unsupported: self.info.unsupported.clone(),
        };
        Ok(protocol::write(&mut self.out, &Message::Stream(stream), &[])?)
    }

    fn write(&mut self, finished: Finished) -> Result<(), Failure> {
        Ok(protocol::write(&mut self.out, &Message::Gop(finished.gop), &finished.payload)?)
    }
}

#[cfg(test)]
mod tests;
