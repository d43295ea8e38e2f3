//! Keeps the ring of the last GOPs and writes every GOP to the clips it belongs to.
//!
//! ```text
//! GOP ─► open clip ──────────────┐ scan
//!     ─► clips that still close ◄┘ each to the GOP that holds the moment of its closing
//!     ─► ring                      from which the next clip begins before its scan
//! ```

use std::{collections::VecDeque, sync::Arc};

use evidence::{
    finding::Code,
    statement::{EventKind, Reason},
};

use crate::{
    capture::protocol,
    clip::{ClipError, ClipWriter, Gop, Opening, Sealed, Stream},
    data::Locked,
    say::Trouble,
};

/// How late a scan may be handled and still have all of its pre-roll, µs: a disk may hang for a while.
const LATE: i64 = 3_000_000;

/// A clip to which GOPs are still added although its end is decided.
#[derive(Debug)]
struct ClosingClip {
    clip: ClipWriter,
    until_us: i64,
    reason: Reason,
}

/// A clip that was asked for and waits for its first GOP.
#[derive(Debug)]
struct Pending {
    opening: Opening,
    /// When it was asked for, by the monotonic clock.
    at_us: i64,
    /// It begins with the first GOP that ends after this time of the monotonic clock.
    from_us: i64,
    /// The event that gave it its order since, and when.
    bound: Option<(i64, EventKind)>,
    /// What happened in it since.
    events: Vec<(i64, EventKind)>,
    /// Where its end is decided already: when, and why.
    until: Option<(i64, Reason)>,
}

impl Pending {
    fn new(opening: Opening, at_us: i64, from_us: i64) -> Self {
        Self { opening, at_us, from_us, bound: None, events: Vec::new(), until: None }
    }
}

/// Writes GOPs to clips.
#[derive(Debug)]
pub struct Recorder {
    station: Arc<Locked>,
    stream: Option<Arc<Stream>>,
    ring: VecDeque<Arc<Gop>>,
    /// Oldest first: two scans may fall into one GOP.
    pending: VecDeque<Pending>,
    open: Option<ClipWriter>,
    /// What opened it, should a new stream ask for another clip.
    opening: Option<Opening>,
    closing: Vec<ClosingClip>,
    sealed: Vec<Sealed>,
    /// What happened to the camera within the ring's time.
    camera: Vec<(i64, EventKind)>,
    /// Monotonic clock at the end of the clip that was closed last.
    last_end_us: i64,
}

impl Recorder {
    /// Records into this station.
    pub fn new(station: Arc<Locked>) -> Self {
        Self {
            station,
            stream: None,
            ring: VecDeque::new(),
            pending: VecDeque::new(),
            open: None,
            opening: None,
            closing: Vec::new(),
            sealed: Vec::new(),
            camera: Vec::new(),
            last_end_us: i64::MIN,
        }
    }

    /// The clips that were closed since this was asked last.
    pub fn sealed(&mut self) -> Vec<Sealed> {
        std::mem::take(&mut self.sealed)
    }

    /// Whether a clip is open, asked for or still closing.
    pub fn is_busy(&self) -> bool {
        self.open.is_some() || !self.pending.is_empty() || !self.closing.is_empty()
    }

    /// Whether a clip is open or still closing.
    pub fn is_open(&self) -> bool {
        self.open.is_some() || !self.closing.is_empty()
    }

    /// Whether a clip is open or asked for whose end is not decided.
    pub fn is_recording(&self) -> bool {
        self.open.is_some() || self.pending.back().is_some_and(|pending| pending.until.is_none())
    }

    /// The clip that is open: pictures of it are sealed.
    pub fn current(&self) -> Option<&ClipWriter> {
        self.open.as_ref()
    }

    /// Length of the open clip so far, µs.
    pub fn length_us(&self) -> i64 {
        self.open.as_ref().map_or(0, ClipWriter::length_us)
    }

    /// Length of the ring, µs.
    pub fn ring_us(&self) -> i64 {
        match (self.ring.front(), self.ring.back()) {
            (Some(first), Some(last)) => last.head.end_us - first.start_us(),
            _ => 0,
        }
    }

    /// A stream begins. Where it is the one before, as when the capture process was started anew, clips go on. Other
    /// parameters close the open clip, and another one of the same order opens.
    ///
    /// # Errors
    /// See [`ClipError`].
    pub fn stream(&mut self, head: protocol::Stream) -> Result<(), ClipError> {
        if self.stream.as_ref().is_some_and(|stream| stream.is(&head)) {
            return Ok(());
        }
        self.stream = Some(Arc::new(Stream::new(head)?));
        // GOPs of the old stream cannot stand in a clip of the new one.
        self.ring.clear();
        // A clip that waits for its first GOP goes on waiting; an open one goes on in another clip.
        let again = self.opening.clone().filter(|_| self.open.is_some());
        let again = again.map(|opening| Pending::new(opening, i64::MAX, i64::MIN));
        again.into_iter().for_each(|again| self.pending.push_front(again));
        self.close_open(Reason::FormatChanged)
    }

    /// Opens a clip at this time of the monotonic clock, with what the ring holds of the time before.
    ///
    /// # Errors
    /// See [`ClipError`].
    pub fn open(&mut self, opening: Opening, at_us: i64) -> Result<(), ClipError> {
        let clip = &self.station.data.config.clip;
        let pre_roll = (clip.pre_roll_seconds * 1e6) as i64;
        self.pending.push_back(Pending::new(opening, at_us, at_us - pre_roll));
        let begun = self.begin();
        if begun.is_err() {
            // Not tried again: the packer is told, and scans again.
            self.pending.pop_back();
        }
        begun
    }

    /// Opens the pending clips whose first GOP is there.
    fn begin(&mut self) -> Result<(), ClipError> {
        let overlap = self.station.data.config.clip.overlap;
        while let (Some(pending), Some(stream)) = (self.pending.front(), &self.stream) {
            if !overlap && !self.closing.is_empty() {
                break;
            }
            // Without overlap the GOP that holds the scan belongs to the clip before.
            let free_us = if overlap { i64::MIN } else { self.last_end_us };
            let from_us = pending.from_us.max(free_us);
            let gops: Vec<_> = self.ring.iter().filter(|g| g.head.end_us > from_us).cloned().collect();
            let Some(first) = gops.first() else { break };
            self.station.keep_reserve()?;
            let mut clip = ClipWriter::open(&self.station, stream.clone(), &pending.opening, first)?;
            let camera = self.camera.iter().filter(|(at_us, _)| *at_us > first.start_us());
            for (at_us, kind) in camera.chain(&pending.events) {
                clip.event(*at_us, kind.clone());
            }
            if let Some((at_us, kind)) = pending.bound.clone() {
                clip.bind(at_us, kind);
            }
            let taken = clip.append_first(&self.station, &gops)?;
            let other = gops.get(taken).map(|gop| gop.start_us());
            let Some(Pending { mut opening, bound, until, .. }) = self.pending.pop_front() else { break };
            opening.order = opening.order.or(bound.and_then(|(_, kind)| kind.binds().cloned()));
            if let Some(from_us) = other {
                self.seal(clip, Reason::FormatChanged)?;
                self.pending.push_front(Pending { until, ..Pending::new(opening, i64::MAX, from_us) });
                continue;
            }
            match until {
                None => {
                    self.open = Some(clip);
                    self.opening = Some(opening);
                }
                Some((until_us, reason)) => {
                    self.closing.push(ClosingClip { clip, until_us, reason });
                    self.close_due()?;
                }
            }
        }
        Ok(())
    }

    /// The order of the clip that was opened last became known by this event.
    pub fn bind(&mut self, at_us: i64, kind: EventKind) {
        if let Some(clip) = &mut self.open {
            // Should a new stream ask for another clip, it has its order from the beginning.
            if let Some(opening) = &mut self.opening {
                opening.order = kind.binds().cloned();
            }
            clip.bind(at_us, kind);
        } else if let Some(pending) = self.pending.back_mut() {
            pending.bound = Some((at_us, kind));
        }
    }

    /// Something happened to the camera: all clips of this time say so, also those that begin later.
    pub fn camera(&mut self, at_us: i64, kind: EventKind) {
        let clips = self.open.iter_mut().chain(self.closing.iter_mut().map(|c| &mut c.clip));
        clips.for_each(|clip| clip.event(at_us, kind.clone()));
        self.camera.push((at_us, kind));
    }

    /// Gives up the clips that wait for their first GOP since before this time of the monotonic clock: how many.
    pub fn give_up(&mut self, before_us: i64) -> usize {
        let waiting = self.pending.len();
        self.pending.retain(|pending| pending.at_us >= before_us);
        waiting - self.pending.len()
    }

    /// Something happened in the clip that was opened last.
    pub fn event(&mut self, at_us: i64, kind: EventKind) {
        if let Some(clip) = &mut self.open {
            clip.event(at_us, kind);
        } else if let Some(pending) = self.pending.back_mut() {
            pending.events.push((at_us, kind));
        }
    }

    /// Closes the clip that was opened last with the GOP that holds this time of the monotonic clock.
    ///
    /// # Errors
    /// See [`ClipError`].
    pub fn close(&mut self, at_us: i64, reason: Reason) -> Result<(), ClipError> {
        if let Some(clip) = self.open.take() {
            self.closing.push(ClosingClip { clip, until_us: at_us, reason });
        } else if let Some(pending) = self.pending.back_mut() {
            pending.until.get_or_insert((at_us, reason));
        }
        self.close_due()
    }

    fn close_due(&mut self) -> Result<(), ClipError> {
        let (due, rest): (Vec<_>, Vec<_>) = self.closing.drain(..).partition(|c| c.clip.end_us() >= c.until_us);
        self.closing = rest;
        for ClosingClip { clip, reason, .. } in due {
            self.seal(clip, reason)?;
        }
        Ok(())
    }

    fn seal(&mut self, clip: ClipWriter, reason: Reason) -> Result<(), ClipError> {
        // Whatever fills the disk: END and its row find room.
        self.station.give_up_reserve();
        self.last_end_us = clip.end_us();
        self.sealed.push(clip.close(&self.station, reason)?);
        Ok(())
    }

    /// Closes every clip where it stands, and forgets those that wait.
    ///
    /// # Errors
    /// See [`Self::close_open`].
    pub fn close_all(&mut self, reason: Reason) -> Result<(), ClipError> {
        self.pending.clear();
        self.close_open(reason)
    }

    /// Closes every clip where it stands; those that wait for their first GOP go on waiting.
    ///
    /// # Errors
    /// See [`ClipError`]: the first; the other clips were closed all the same.
    pub fn close_open(&mut self, reason: Reason) -> Result<(), ClipError> {
        let closing = std::mem::take(&mut self.closing).into_iter().map(|c| (c.clip, c.reason));
        let all: Vec<_> = closing.chain(self.open.take().map(|clip| (clip, reason))).collect();
        all.into_iter().map(|(clip, reason)| self.seal(clip, reason)).fold(Ok(()), Result::and)
    }

    /// Takes a GOP. `Some`: it could not be sealed, or there is no room for another; every clip was closed for this
    /// reason, and this is why.
    ///
    /// # Errors
    /// See [`ClipError`]: the clips could not even be closed, and are left for recovery.
    pub fn gop(&mut self, gop: Arc<Gop>) -> Result<Option<(Reason, ClipError)>, ClipError> {
        let error = match self.write(&gop).and_then(|()| self.require_room()) {
            Ok(()) => return Ok(None),
            Err(error) => error,
        };
        let reason = if error.is_full() { Reason::DiskFull } else { Reason::Damaged };
        for closing in &mut self.closing {
            closing.reason = reason;
        }
        self.close_all(reason)?;
        Ok(Some((reason, error)))
    }

    /// Room is watched, not waited for: END and the catalogue need some.
    fn require_room(&self) -> Result<(), ClipError> {
        let free = self.station.data.free_mib();
        let short = free.is_ok_and(|free| free < self.station.data.config.storage.floor_mib);
        if short && self.is_busy() { Err(ClipError::NoRoom) } else { Ok(()) }
    }

    /// Closes the clips whose rate this GOP does not fit; an open one goes on in another clip.
    fn make_room(&mut self, gop: &Gop) -> Result<(), ClipError> {
        let fits = |clip: &ClipWriter| clip.has_room_for(gop);
        if let Some(clip) = self.open.take_if(|clip| !fits(clip)) {
            self.seal(clip, Reason::FormatChanged)?;
            self.pending.extend(self.opening.clone().map(|opening| Pending::new(opening, i64::MAX, gop.start_us())));
        }
        let (rest, others): (Vec<_>, Vec<_>) = self.closing.drain(..).partition(|closing| fits(&closing.clip));
        self.closing = rest;
        for ClosingClip { clip, .. } in others {
            self.seal(clip, Reason::FormatChanged)?;
        }
        Ok(())
    }

    fn write(&mut self, gop: &Arc<Gop>) -> Result<(), ClipError> {
        self.make_room(gop)?;
        let clips = self.open.iter_mut().chain(self.closing.iter_mut().map(|c| &mut c.clip));
        for clip in clips {
            // The end of another clip may have taken it.
            self.station.keep_reserve()?;
            clip.append(&self.station, gop)?;
        }
        self.ring.push_back(gop.clone());
        let keep = (self.station.data.config.clip.pre_roll_seconds * 1e6) as i64 + LATE;
        // What is left reaches back at least as far as the pre-roll of a scan that comes late.
        while self.ring.get(1).is_some_and(|second| gop.head.end_us - second.start_us() >= keep) {
            self.ring.pop_front();
        }
        let oldest_us = self.ring.front().map_or(i64::MAX, |gop| gop.start_us());
        self.camera.retain(|(at_us, _)| *at_us > oldest_us);
        if self.open.as_ref().is_some_and(ClipWriter::is_long) {
            self.close(i64::MIN, Reason::Timeout)?;
        }
        self.close_due()?;
        self.begin()
    }
}

/// The pictures cannot be sealed: what a person is told.
pub fn refused(code: Code) -> Trouble {
    Trouble::new(
        format!(
            "the source's pictures cannot be sealed ({}): report this with the source's make and model",
            code.as_str()
        ),
        format!("无法封存该来源的画面（{}）：请反馈该来源的品牌和型号", code.as_str()),
    )
}

/// What a person is told where a clip cannot go on.
pub fn trouble(error: ClipError) -> Trouble {
    match error {
        ClipError::Refused(code) => refused(code),
        error if error.is_full() => Trouble::new(
            "the disk is full: make room, or lower storage.floor-mib in station.toml",
            "磁盘已满：请腾出空间，或调低 station.toml 中的 storage.floor-mib",
        ),
        ClipError::Ledger(error) if error.needs_new_ledger() => Trouble::new(
            "the ledger cannot be extended, and nothing is recorded without it: put the newest data folder back, or run \
             'packseal-station renew-key' to go on with a new key and ledger",
            "账本无法追加，因此不能录制：请恢复最新的数据文件夹，或运行 packseal-station renew-key，以新密钥和新账本继续",
        )
        .because(error),
        ClipError::Ledger(error) => Trouble::new(
            "the ledger cannot be extended, and nothing is recorded without it: run 'packseal-station check'",
            "账本无法追加，因此不能录制：请运行 packseal-station check",
        )
        .because(error),
        error => Trouble::new(
            "the disk or the catalogue failed: run 'packseal-station check' when it works again",
            "磁盘或目录出错：恢复正常后请运行 packseal-station check",
        )
        .because(error),
    }
}
