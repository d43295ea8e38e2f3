//! Writes one sealed clip: START, a LINK behind every GOP, END. Each statement is on disk before the next GOP is taken.

use std::{path::PathBuf, sync::Arc};

use evidence::{
    bmff::{self, StatementBox},
    finding::Code,
    h264::ParameterSets,
    statement::{
        Audio, Codec, Direction, Encoding, End, Event, EventKind, Events, Link, MAX_EVENTS, Opened, Overlay, Reason,
        Source, Start, Statement,
    },
    value::{Camera, Hash, Id, Order, Rate, Time, Token, Value},
    verify,
};
use sha2::{Digest, Sha256};

use crate::{
    book::BookError,
    capture::protocol,
    catalogue::{CatalogueError, Closing, Seen},
    claims::Claim,
    clock::{self, Clock, Quality},
    data::Locked,
    durable::{AppendFile, DurableError, create_folder},
};

/// A clock step from here on is signed, µs. Well below what the format lets pass unsigned.
pub const STEP: i64 = verify::WALL_TOLERANCE as i64 / 2;

/// Why a clip cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum ClipError {
    /// The disk's.
    #[error(transparent)]
    Disk(#[from] DurableError),
    /// The catalogue's.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    /// The ledger's.
    #[error(transparent)]
    Ledger(#[from] BookError),
    /// The capture process sent something that no verifier would accept; it was not signed.
    #[error("the capture process sent pictures that cannot be sealed: {}", .0.as_str())]
    Refused(Code),
    /// Less room is left than the configuration keeps free.
    #[error("the disk has less room than storage.floor-mib keeps free")]
    NoRoom,
}

impl From<Code> for ClipError {
    fn from(code: Code) -> Self {
        Self::Refused(code)
    }
}

impl ClipError {
    /// Whether the disk is full.
    pub fn is_full(&self) -> bool {
        match self {
            Self::Disk(e) => e.is_full(),
            Self::Catalogue(e) => e.is_full(),
            Self::Ledger(e) => e.is_full(),
            Self::NoRoom => true,
            _ => false,
        }
    }
}

/// A GOP as it came from the capture process.
#[derive(Debug)]
pub struct Gop {
    /// What the capture process says of it.
    pub head: protocol::Gop,
    /// Its samples, one after the other.
    pub media: Vec<u8>,
    /// Wall clock less monotonic clock when it came, µs.
    pub offset: i64,
}

impl Gop {
    /// When its first frame was taken, µs of the monotonic clock.
    pub fn start_us(&self) -> i64 {
        self.head.samples.first().map_or(self.head.end_us, |s| s.time_us)
    }

    fn frames(&self) -> u64 {
        self.head.samples.len() as u64
    }

    fn ticks(&self) -> u64 {
        u64::try_from((self.head.end_us - self.start_us()) * 9 / 100).unwrap_or(0)
    }

    /// This nominal rate, or where this GOP does not fit it (a camera in the dark gives far fewer frames than it
    /// promised), the rate of the GOP itself.
    fn rate(&self, nominal: Rate) -> Rate {
        let (frames, ticks) = (self.frames(), self.ticks());
        let fits = !verify::too_few_frames(nominal, frames, ticks) && !verify::too_many_frames(nominal, frames, ticks);
        let own = u32::try_from((frames * 90_000).div_ceil(ticks.max(1)).clamp(1, 120)).ok();
        own.filter(|_| !fits).and_then(|own| Rate::new(own, 1)).unwrap_or(nominal)
    }
}

/// The stream that GOPs belong to.
#[derive(Debug)]
pub struct Stream {
    sets: ParameterSets,
    rate: Rate,
    camera: Camera,
    head: protocol::Stream,
}

impl Stream {
    /// Judges what the capture process says of its stream.
    ///
    /// # Errors
    /// The rule of the format that it breaks.
    pub fn new(head: protocol::Stream) -> Result<Self, Code> {
        use base64::{Engine, engine::general_purpose::STANDARD};
        let set = |text: &str| STANDARD.decode(text).map_err(|_| Code::H264Sps);
        let sets = ParameterSets::parse(&set(&head.sps)?, &set(&head.pps)?)?;
        let rate = Rate::new(head.rate.0, head.rate.1).ok_or(Code::StatementGrammar)?;
        let camera = Camera::parse(&head.camera).ok_or(Code::StatementGrammar)?;
        Ok(Self { sets, rate, camera, head })
    }

    /// Whether this is what the capture process said of it.
    pub fn is(&self, head: &protocol::Stream) -> bool {
        self.head == *head
    }
}

/// What opens a clip.
#[derive(Debug, Clone)]
pub struct Opening {
    /// Order number, if it is known.
    pub order: Option<Order>,
    /// What.
    pub opened: Opened,
    /// A parcel packed, or a return opened.
    pub direction: Direction,
    /// Which bench.
    pub bench: Token,
    /// Who is signed on.
    pub operator: Option<Token>,
    /// When, by the wall clock.
    pub time: Time,
    /// Where the pictures come from.
    pub source: Source,
    /// Which clock their times are of.
    pub clock: Clock,
    /// SHA-256 of this program.
    pub program: Hash,
}

/// A clip being written.
#[derive(Debug)]
pub struct ClipWriter {
    file: AppendFile,
    stream: Arc<Stream>,
    clock: Clock,
    /// As START states it.
    rate: Rate,
    /// Ticks of the GOPs.
    recorded: u64,
    sequence: u64,
    id: Id,
    order: Option<Order>,
    /// Statement hash of the last statement.
    previous: Hash,
    /// Monotonic clock of the first frame.
    origin_us: i64,
    /// Monotonic clock at the end of the last LINK.
    end_us: i64,
    end_time: Time,
    /// Wall clock less monotonic clock that signed steps account for.
    offset: i64,
    links: u64,
    ticks: u64,
    next_frame: u64,
    frames: u64,
    lost: u64,
    seen: Seen,
    /// Not yet in a LINK: monotonic clock and kind.
    events: Vec<(i64, EventKind)>,
    /// Nobody recovers it meanwhile. A new number is nobody else's: there always is one.
    _claim: Option<Claim>,
}

/// A clip that was closed.
#[derive(Debug, Clone)]
pub struct Sealed {
    /// Sequence number.
    pub sequence: u64,
    /// The file.
    pub path: PathBuf,
    /// Why it was closed.
    pub reason: Reason,
}

impl ClipWriter {
    /// Begins a clip whose first GOP will be `first`.
    ///
    /// # Errors
    /// See [`ClipError`]. A file that was begun stays for recovery.
    pub fn open(station: &Locked, stream: Arc<Stream>, opening: &Opening, first: &Gop) -> Result<Self, ClipError> {
        let origin_us = first.start_us();
        let first_time = Time(origin_us + first.offset);
        let rate = first.rate(stream.rate);
        let init = bmff::init(&stream.sets);
        let mut id = [0; 16];
        getrandom::fill(&mut id).map_err(|_| Code::StatementGrammar)?;
        let id = Id(id);
        let Quality { state, offset, uncertainty, source } = clock::quality(opening.clock);
        let Locked { key, catalogue, data, .. } = station;
        let (time_token, time_token_time) = catalogue.newest_token()?.unzip();
        let token = |text: &str| Token::parse(text).ok_or(CatalogueError::Statement(Code::StatementGrammar));
        let environment = catalogue.environment()?;
        let (sequence, path, note, hash, claim) = catalogue.allocate(|sequence, previous_start| {
            let start = Start {
                station: key.verifier().signer().name.clone(),
                clip: id,
                sequence,
                previous_start,
                environment,
                order: opening.order.clone(),
                opened: opening.opened,
                opened_time: opening.time,
                direction: opening.direction,
                session: None,
                role: token("main")?,
                bench: opening.bench.clone(),
                operator: opening.operator.clone(),
                source: opening.source,
                clock: opening.clock.kind(),
                camera: stream.camera.clone(),
                codec: Codec::H264,
                encoding: if stream.head.passed_through { Encoding::PassedThrough } else { Encoding::ReEncoded },
                size: stream.sets.size(),
                frame_rate: rate,
                overlay: stream.head.overlay.then_some(Overlay::OrderStationTime),
                audio: if stream.head.audio_dropped { Audio::Dropped } else { Audio::None },
                init_length: init.len() as u64,
                init: Hash::of(&init),
                first_frame_time: first_time,
                clock_state: state,
                clock_offset: offset,
                clock_uncertainty: uncertainty,
                clock_source: source,
                time_token,
                time_token_time,
                software: token(env!("CARGO_PKG_VERSION"))?,
                program: opening.program,
                key_protection: evidence::statement::KeyProtection::File,
            };
            let (note, hash) = start.seal(key).map_err(CatalogueError::Statement)?;
            let path = relative_path(&start);
            Ok((start, note.clone(), hash, path.clone(), (sequence, path, note, hash, station.claims.take(sequence))))
        })?;
        // A crash from here on leaves a row without a whole file: recovery gives it a tombstone.
        station.publish()?;
        let path = data.root.join(path);
        create_folder(path.parent().unwrap_or(&data.root))?;
        let mut file = AppendFile::create(&path)?;
        file.append(&[&init, &StatementBox::Start.wrap(&note)])?;
        Ok(Self {
            file,
            clock: opening.clock,
            rate,
            recorded: 0,
            sequence,
            id,
            order: opening.order.clone(),
            previous: hash,
            origin_us,
            end_us: origin_us,
            end_time: first_time,
            offset: first.offset,
            links: 0,
            ticks: 0,
            next_frame: first.head.first_frame,
            frames: 0,
            lost: 0,
            seen: Seen::default(),
            events: Vec::new(),
            _claim: claim,
            stream,
        })
    }

    /// Monotonic clock at the end of what is sealed, µs.
    pub fn end_us(&self) -> i64 {
        self.end_us
    }

    /// Length of what is sealed, µs.
    pub fn length_us(&self) -> i64 {
        self.end_us - self.origin_us
    }

    /// Whether it is about as long as a clip may be (more than a day).
    pub fn is_long(&self) -> bool {
        // Gaps may take LINKs of their own while the last GOPs come in.
        self.links + 100 >= verify::MAX_LINKS
    }

    /// The order became known, at this time of the monotonic clock: `scan` says how. END repeats it.
    pub fn bind(&mut self, at_us: i64, scan: EventKind) {
        self.order = scan.binds().cloned();
        self.event(at_us, scan);
    }

    /// Number of the clip.
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// Its random id.
    pub fn id(&self) -> Id {
        self.id
    }

    /// Something happened, at this time of the monotonic clock. The LINK of its span will say so.
    pub fn event(&mut self, at_us: i64, kind: EventKind) {
        self.events.push((at_us, kind));
    }

    /// Seals a GOP. It is on disk when this returns, and the catalogue knows.
    ///
    /// # Errors
    /// See [`ClipError`]; nothing of the GOP is sealed then.
    pub fn append(&mut self, station: &Locked, gop: &Gop) -> Result<(), ClipError> {
        self.seal(station, gop)?;
        self.count(station)
    }

    /// Seals what was recorded before the clip was opened, as [`Self::append`] does, as far as it has room for it: how
    /// many GOPs. A scan waits for this: the catalogue counts them all at once.
    ///
    /// # Errors
    /// See [`ClipError`].
    pub fn append_first(&mut self, station: &Locked, gops: &[Arc<Gop>]) -> Result<usize, ClipError> {
        let mut taken = 0;
        for gop in gops {
            if !self.has_room_for(gop) {
                break;
            }
            self.seal(station, gop)?;
            taken += 1;
        }
        self.count(station).map(|()| taken)
    }

    /// The catalogue knows how many LINKs are on disk: none of them can be lost unseen.
    fn count(&self, station: &Locked) -> Result<(), ClipError> {
        Ok(station.catalogue.progress(self.sequence, self.links)?)
    }

    /// Writes a GOP and its LINK. Where nothing was recorded since the last one, a LINK says so first.
    fn seal(&mut self, station: &Locked, gop: &Gop) -> Result<(), ClipError> {
        let start_us = gop.start_us();
        if start_us > self.end_us {
            self.gap(station, start_us, gop.offset)?;
        }
        let head = &gop.head;
        let first = self.ticks as i64;
        let shown: Vec<i64> = head.samples.iter().map(|s| self.tick(s.time_us) - first).collect();
        let sizes: Vec<u32> = head.samples.iter().map(|s| s.size).collect();
        let end = self.tick(head.end_us);
        let samples = bmff::place(&shown, &sizes, end - first).ok_or(Code::FragmentTimes)?;
        let header = bmff::fragment_header(self.links, self.ticks, &samples);
        for noticed in &head.events {
            self.events.push((noticed.at_us, event_of(noticed.what)));
        }
        let digest = Sha256::new().chain_update(&header).chain_update(&gop.media).finalize();
        let mut link = self.link(head.end_us, gop.offset);
        link.length = (header.len() + gop.media.len()) as u64;
        link.fragment = Some(Hash(digest.into()));
        link.frames = samples.len() as u64;
        link.lost = head.lost;
        if link.length > bmff::MAX_FRAGMENT {
            return Err(Code::ContainerLimits.into());
        }
        // What the verifier would refuse is never signed, whatever the capture process sent.
        verify::check_fragment(&self.stream.sets, &link, &header, &gop.media)?;
        self.write(station, link, &[&header, &gop.media], head.end_us, gop.offset)?;
        self.recorded += gop.ticks();
        Ok(())
    }

    /// Whether the clip still has as many frames as its rate says when this GOP is in it. Where it has not, another
    /// clip must take it, of a rate of its own.
    pub fn has_room_for(&self, gop: &Gop) -> bool {
        let (frames, ticks) = (gop.frames(), gop.ticks());
        let all = self.frames + self.lost + frames + gop.head.lost;
        !verify::too_many_frames(self.rate, frames, ticks)
            // Each LINK's ticks are rounded, by less than one.
            && !verify::too_few_frames(self.rate, all, self.recorded + ticks + self.links + 1)
    }

    /// Seals a span in which nothing was recorded, up to this time of the monotonic clock.
    ///
    /// # Errors
    /// See [`ClipError`].
    pub fn gap(&mut self, station: &Locked, until_us: i64, offset: i64) -> Result<(), ClipError> {
        let link = self.link(until_us, offset);
        self.write(station, link, &[], until_us, offset)
    }

    /// Tick of a time of the monotonic clock on the clip's own time line.
    fn tick(&self, us: i64) -> i64 {
        (us - self.origin_us) * 9 / 100
    }

    /// The next LINK up to this time, without pictures.
    fn link(&mut self, end_us: i64, offset: i64) -> Link {
        if (offset - self.offset).abs() > STEP {
            self.events.push((self.end_us, EventKind::ClockStep(offset - self.offset)));
            self.offset = offset;
        }
        let (events, events_dropped) = self.take_events(end_us);
        let monotonic = |us: i64| u64::try_from(us).unwrap_or(0);
        Link {
            clip: self.id,
            index: self.links,
            previous: self.previous,
            length: 0,
            fragment: None,
            frames: 0,
            first_frame: self.next_frame,
            lost: 0,
            ticks: (self.ticks, u64::try_from(self.tick(end_us)).unwrap_or(0)),
            monotonic: (monotonic(self.end_us), monotonic(end_us)),
            time: (self.end_time, Time(end_us + offset)),
            events,
            events_dropped,
        }
    }

    /// The events before this time, as a LINK has them, and how many had no room.
    fn take_events(&mut self, end_us: i64) -> (Events, u64) {
        let (mut now, later): (Vec<_>, Vec<_>) = self.events.drain(..).partition(|(us, _)| *us <= end_us);
        self.events = later;
        // Where there are too many, those that the verdict rests on come first.
        let matters = |kind: &EventKind| matches!(kind, EventKind::ClockStep(_)) || kind.binds().is_some();
        now.sort_by_key(|(us, kind)| (!matters(kind), *us));
        let dropped = now.len().saturating_sub(MAX_EVENTS);
        now.truncate(MAX_EVENTS);
        now.sort_by_key(|(us, _)| *us);
        let offset = |us: i64| u64::try_from(us - self.end_us).unwrap_or(0);
        let events = now.into_iter().map(|(us, kind)| Event { offset: offset(us), kind }).collect();
        (Events(events), dropped as u64)
    }

    fn write(
        &mut self,
        station: &Locked,
        link: Link,
        fragment: &[&[u8]],
        end_us: i64,
        offset: i64,
    ) -> Result<(), ClipError> {
        let (note, hash) = link.seal(&station.key)?;
        let statement = StatementBox::Link.wrap(&note);
        let parts: Vec<&[u8]> = fragment.iter().copied().chain([&statement[..]]).collect();
        self.file.append(&parts)?;
        self.previous = hash;
        self.links += 1;
        self.ticks = link.ticks.1;
        self.end_us = end_us;
        self.end_time = Time(end_us + offset);
        self.frames += link.frames;
        self.lost += link.lost;
        self.seen.add(&link);
        self.next_frame += link.frames + link.lost;
        Ok(())
    }

    /// Signs END. It is on disk, and the clip's row says so, when this returns.
    ///
    /// # Errors
    /// See [`ClipError`]; the clip is then left for recovery.
    pub fn close(mut self, station: &Locked, reason: Reason) -> Result<Sealed, ClipError> {
        // Events behind the last LINK's end belong to a span of their own only where one follows.
        self.file.cut_back()?;
        let now = if self.clock == Clock::System { clock::monotonic() } else { self.end_us };
        // END's order must stand in a LINK: where the scan came after the last one, one more says so.
        let unsigned = self.events.iter().filter(|(_, kind)| kind.binds().is_some()).map(|(us, _)| *us).max();
        // A LINK lasts at least a tick.
        let now = now.max(unsigned.map_or(self.end_us, |us| us.max(self.end_us + 1000)));
        if now - self.end_us > verify::EDGE || unsigned.is_some() {
            self.gap(station, now, self.clock.offset())?;
        }
        let end = End {
            clip: self.id,
            links: self.links,
            previous: self.previous,
            order: self.order.clone(),
            reason,
            frames: self.frames,
            lost: self.lost,
            ticks: self.ticks,
            time: Time(self.end_time.0 + now - self.end_us),
            last_frame_time: None,
            recovered_time: None,
            discarded: 0,
        };
        let (note, hash) = end.seal(&station.key)?;
        self.file.append(&[&StatementBox::End.wrap(&note)])?;
        let closing = Closing::of(&end, hash, self.file.length(), self.seen);
        station.catalogue.seal(self.sequence, self.links, self.order.as_ref(), &closing)?;
        // The clip is sealed, whatever becomes of this: what is late is published before the next clip begins.
        if let Err(e) = station.publish() {
            tracing::error!(cause = "ledger", "the ledger cannot be extended: {e}");
        }
        Ok(Sealed { sequence: self.sequence, path: self.file.path().to_owned(), reason })
    }
}

/// Where a clip's file stands below the data folder: findable by date, number and order without the catalogue.
fn relative_path(start: &Start) -> String {
    let date = start.first_frame_time.to_string();
    let order = start.order.as_ref().map_or("-", Order::as_str);
    let id = start.clip.to_string();
    format!("clips/{}/{:06}_{order}_{}.mp4", &date[..10], start.sequence, &id[..8])
}

fn event_of(notice: protocol::Notice) -> EventKind {
    match notice {
        protocol::Notice::Frozen => EventKind::Frozen,
        protocol::Notice::Unfrozen => EventKind::Unfrozen,
        protocol::Notice::Dark => EventKind::Dark,
        protocol::Notice::Lit => EventKind::Lit,
        protocol::Notice::Still => EventKind::Still,
        protocol::Notice::Moving => EventKind::Moving,
    }
}
