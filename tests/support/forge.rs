//! Makes sealed clips for tests: honest ones, and ones in which the station itself signs something misleading.
//!
//! The pictures come out of any fragmented H.264 MP4 (FFmpeg's `frag_keyframe`), or out of a sealed clip.

use evidence::{
    bmff::{self, Sample, StatementBox},
    h264::ParameterSets,
    key::SigningKey,
    statement::*,
    value::{Camera, Hash, Id, Order, Rate, Time, Token, Value},
};

/// One GOP: its samples and their bytes.
#[derive(Debug, Clone)]
pub struct Gop {
    pub samples: Vec<Sample>,
    pub media: Vec<u8>,
}

impl Gop {
    pub fn ticks(&self) -> u64 {
        self.samples.iter().map(|s| u64::from(s.duration)).sum()
    }
}

/// Pictures to make clips of.
#[derive(Debug, Clone)]
pub struct Material {
    pub sps: Vec<u8>,
    pub pps: Vec<u8>,
    pub gops: Vec<Gop>,
}

fn u32_at(b: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(b[at..at + 4].try_into().unwrap())
}

/// Type and content of the boxes in `bytes`.
pub fn boxes(bytes: &[u8]) -> Vec<([u8; 4], &[u8])> {
    let mut rest = bytes;
    let mut found = Vec::new();
    while !rest.is_empty() {
        let size = u32_at(rest, 0) as usize;
        found.push((rest[4..8].try_into().unwrap(), &rest[8..size]));
        rest = &rest[size..];
    }
    found
}

fn find<'a>(bytes: &'a [u8], path: &[&[u8; 4]]) -> &'a [u8] {
    path.iter().fold(bytes, |b, kind| boxes(b).into_iter().find(|(k, _)| k == *kind).unwrap().1)
}

impl Material {
    /// Takes the pictures out of a fragmented MP4 with one H.264 track; the frames stand `tick` ticks apart.
    pub fn from_mp4(file: &[u8], tick: u32) -> Self {
        let moov = find(file, &[b"moov"]);
        let stsd = find(moov, &[b"trak", b"mdia", b"minf", b"stbl", b"stsd"]);
        let avc1 = find(&stsd[8..], &[b"avc1"]);
        let avcc = find(&avc1[78..], &[b"avcC"]);
        let sps_end = 8 + usize::from(u16::from_be_bytes([avcc[6], avcc[7]]));
        let sps = avcc[8..sps_end].to_vec();
        let pps_length = usize::from(u16::from_be_bytes([avcc[sps_end + 1], avcc[sps_end + 2]]));
        let pps = avcc[sps_end + 3..sps_end + 3 + pps_length].to_vec();
        let (mut gops, mut traf) = (Vec::new(), None);
        for (kind, content) in boxes(file) {
            match &kind {
                b"moof" => traf = Some(find(content, &[b"traf"])),
                b"mdat" => gops.push(Self::gop(traf.unwrap(), content, tick)),
                _ => {}
            }
        }
        Self { sps, pps, gops }
    }

    fn gop(traf: &[u8], mdat: &[u8], tick: u32) -> Gop {
        let (tfhd, trun) = (find(traf, &[b"tfhd"]), find(traf, &[b"trun"]));
        let flags = u32_at(trun, 0) & 0xff_ffff;
        let count = u32_at(trun, 4) as usize;
        let mut at = 8 + if flags & 1 != 0 { 4 } else { 0 } + if flags & 4 != 0 { 4 } else { 0 };
        let tfhd_flags = u32_at(tfhd, 0) & 0xff_ffff;
        let mut defaults = [0; 2];
        let mut d = 8 + if tfhd_flags & 1 != 0 { 8 } else { 0 } + if tfhd_flags & 2 != 0 { 4 } else { 0 };
        for (i, flag) in [(0, 8), (1, 0x10)] {
            if tfhd_flags & flag != 0 {
                defaults[i] = u32_at(tfhd, d);
                d += 4;
            }
        }
        let (mut sizes, mut shown, mut decoded) = (Vec::new(), Vec::new(), 0_i64);
        for _ in 0..count {
            let mut field = |flag: u32, default: u32| {
                if flags & flag == 0 {
                    return default;
                }
                at += 4;
                u32_at(trun, at - 4)
            };
            let duration = field(0x100, defaults[0]);
            sizes.push(field(0x200, defaults[1]));
            field(0x400, 0);
            shown.push(decoded + i64::from(field(0x800, 0) as i32));
            decoded += i64::from(duration);
        }
        // Only the order counts; times are laid out anew.
        let mut by: Vec<usize> = (0..count).collect();
        by.sort_by_key(|&i| shown[i]);
        let mut ticks = vec![0; count];
        for (place, i) in by.into_iter().enumerate() {
            ticks[i] = place as i64 * i64::from(tick);
        }
        let samples =
            bmff::place(&ticks, &sizes, count as i64 * i64::from(tick)).expect("frames that follow each other");
        Gop { samples, media: mdat.to_vec() }
    }
}

/// A signing key for tests; its seed is public.
pub fn key(n: u8) -> SigningKey {
    SigningKey::from_seed("test-bench", &[n; 32]).unwrap()
}

/// A value of its written form.
pub fn v<T: Value>(text: &str) -> T {
    T::parse(text).unwrap_or_else(|| panic!("not a value: {text}"))
}

/// One span of a clip, before it is signed.
#[derive(Debug, Clone)]
pub struct Span {
    /// Pictures; `None`: nothing was recorded.
    pub gop: Option<Gop>,
    /// Length where nothing was recorded, in ticks.
    pub gap_ticks: u64,
    pub events: Vec<Event>,
    pub lost: u64,
    /// Media is left out of the file.
    pub withheld: bool,
}

/// A span in which nothing was recorded.
pub fn gap(ticks: u64) -> Span {
    Span { gop: None, gap_ticks: ticks, events: vec![], lost: 0, withheld: false }
}

/// Changes what is about to be signed.
pub type Edit<T> = Box<dyn Fn(&mut T)>;

/// Changes `moof` with the header of `mdat`, and media, of a LINK of this index.
pub type FragmentEdit = Box<dyn Fn(u64, &mut Vec<u8>, &mut Vec<u8>)>;

/// Changes a LINK, and the code that this is refused for.
pub type Refused = (fn(&mut Link), evidence::finding::Code);

/// A clip to be forged: change its fields, then [`Forge::clip`].
pub struct Forge {
    pub material: Material,
    pub key: SigningKey,
    pub order: Option<Order>,
    pub end_order: Option<Option<Order>>,
    pub spans: Vec<Span>,
    pub reason: Option<Reason>,
    pub rate: Rate,
    pub edit_init: Edit<Vec<u8>>,
    pub edit_start: Edit<Start>,
    /// `moof` and `mdat` header, and media, before they are hashed and signed.
    pub edit_fragment: FragmentEdit,
    pub edit_link: Edit<Link>,
    pub edit_end: Edit<End>,
}

/// Wall clock of the first frame of forged clips.
pub const T0: i64 = 1_793_325_600_000_000;

impl Forge {
    /// An honest clip of all the material.
    pub fn new(material: Material, tick: u32) -> Self {
        let span = |gop: &Gop| Span { gop: Some(gop.clone()), gap_ticks: 0, events: vec![], lost: 0, withheld: false };
        Self {
            key: key(1),
            order: Some(v("SF1234567890")),
            end_order: None,
            spans: material.gops.iter().map(span).collect(),
            material,
            reason: Some(Reason::NextScan),
            rate: Rate::new(90_000, tick).unwrap(),
            edit_init: Box::new(|_| ()),
            edit_start: Box::new(|_| ()),
            edit_fragment: Box::new(|_, _, _| ()),
            edit_link: Box::new(|_| ()),
            edit_end: Box::new(|_| ()),
        }
    }

    /// The file.
    pub fn clip(&self) -> Vec<u8> {
        self.parts().concat()
    }

    /// The file in parts: `ftyp` and `moov`, START's box, then media (may be empty) and LINK's box for each span, then
    /// END's box if there is one.
    pub fn parts(&self) -> Vec<Vec<u8>> {
        let sets = ParameterSets::parse(&self.material.sps, &self.material.pps).expect("parameter sets that fit");
        let mut init = bmff::init(&sets);
        (self.edit_init)(&mut init);
        let mut start = Start {
            station: self.key.verifier().signer().name.clone(),
            clip: Id([7; 16]),
            sequence: 1,
            previous_start: None,
            environment: None,
            order: self.order.clone(),
            opened: Opened::Scan,
            opened_time: Time(T0 + 500_000),
            direction: Direction::Outgoing,
            session: None,
            role: v("main"),
            bench: v("bench-1"),
            operator: None,
            source: Source::Usb,
            clock: ClockKind::Real,
            camera: v::<Camera>("usb:046d:0825:1234"),
            codec: Codec::H264,
            encoding: Encoding::ReEncoded,
            size: sets.size(),
            frame_rate: self.rate,
            overlay: Some(Overlay::OrderStationTime),
            audio: Audio::None,
            init_length: init.len() as u64,
            init: Hash::of(&init),
            first_frame_time: Time(T0),
            clock_state: ClockState::Synchronised,
            clock_offset: Some(-12),
            clock_uncertainty: Some(900),
            clock_source: Some(v::<Token>("ntp")),
            time_token: None,
            time_token_time: None,
            software: v("0.1.0"),
            program: Hash([9; 32]),
            key_protection: KeyProtection::File,
        };
        (self.edit_start)(&mut start);
        let (note, mut previous) = seal(&start, &self.key);
        let mut parts = vec![init, StatementBox::Start.wrap(&note)];
        let (mut ticks, mut frame, mut frames, mut lost) = (0, 0, 0, 0);
        let us = |ticks: u64| ticks * 100 / 9;
        for (i, span) in self.spans.iter().enumerate() {
            let i = i as u64;
            let end = ticks + span.gop.as_ref().map_or(span.gap_ticks, Gop::ticks);
            let (mut header, mut media) = match &span.gop {
                Some(gop) => (bmff::fragment_header(i, ticks, &gop.samples), gop.media.clone()),
                None => (vec![], vec![]),
            };
            (self.edit_fragment)(i, &mut header, &mut media);
            let fragment = [header, media].concat();
            let count = span.gop.as_ref().map_or(0, |g| g.samples.len() as u64);
            let mut link = Link {
                clip: start.clip,
                index: i,
                previous,
                length: fragment.len() as u64,
                fragment: (!fragment.is_empty()).then(|| Hash::of(&fragment)),
                frames: count,
                first_frame: frame,
                lost: span.lost,
                ticks: (ticks, end),
                monotonic: (5_000_000 + us(ticks), 5_000_000 + us(end)),
                time: (Time(T0 + us(ticks) as i64), Time(T0 + us(end) as i64)),
                events: Events(span.events.clone()),
                events_dropped: 0,
            };
            (self.edit_link)(&mut link);
            let (note, hash) = seal(&link, &self.key);
            parts.push(if span.withheld { vec![] } else { fragment });
            parts.push(StatementBox::Link.wrap(&note));
            (previous, ticks) = (hash, end);
            frame += count + span.lost;
            frames += count;
            lost += span.lost;
        }
        if let Some(reason) = self.reason {
            let time = Time(T0 + us(ticks) as i64);
            let recovered = reason == Reason::Recovered;
            let mut end = End {
                clip: start.clip,
                links: self.spans.len() as u64,
                previous,
                order: self.end_order.clone().unwrap_or_else(|| self.order.clone()),
                reason,
                frames,
                lost,
                ticks,
                time,
                last_frame_time: recovered.then_some(time),
                recovered_time: recovered.then_some(time),
                discarded: 0,
            };
            (self.edit_end)(&mut end);
            parts.push(StatementBox::End.wrap(&seal(&end, &self.key).0));
        }
        parts
    }
}

/// Signs whatever a statement says, right or wrong.
pub fn seal(statement: &impl Statement, key: &SigningKey) -> (Vec<u8>, Hash) {
    let note = evidence::note::sign(&statement.text(), key);
    let hash = Hash::of(&note);
    (note, hash)
}
