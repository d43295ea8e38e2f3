//! The container (FORMAT.md, sections 1, 1.1 and 1.2): box headers, the one allowed `ftyp` and `moov`, the one
//! allowed `moof`. What is written is rendered here, and what is read is compared with what would be rendered.

use crate::{
    finding::Code,
    h264::ParameterSets,
    value::{Size, unhex},
};

/// Ticks of the clip's time line in a second.
pub const TICKS: u64 = 90_000;
/// Most samples in a fragment.
pub const MAX_SAMPLES: usize = 240;
/// Most bytes in a fragment.
pub const MAX_FRAGMENT: u64 = 64 * 1024 * 1024;
/// Longest sample, in ticks.
pub const MAX_DURATION: u32 = 90_000;
/// Longest fragment, in ticks.
pub const MAX_SPAN: u64 = 180_000;
/// Bytes of a box header.
pub const HEADER: u64 = 8;
/// Bytes of a `uuid` box's header.
pub const UUID_HEADER: u64 = 24;

const MATRIX: &str = "00010000 0000000000000000 00000000 00010000 0000000000000000 00000000 40000000";
const SYNC: u32 = 0x0200_0000;
const NOT_SYNC: u32 = 0x0101_0000;

/// The four boxes that hold a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatementBox {
    /// START.
    Start,
    /// LINK.
    Link,
    /// END.
    End,
    /// PROOF.
    Proof,
}

impl StatementBox {
    const ALL: [Self; 4] = [Self::Start, Self::Link, Self::End, Self::Proof];

    /// The box's user type.
    pub fn user_type(self) -> [u8; 16] {
        let digits = match self {
            Self::Start => "8cb39b470df28682a7aff066b61ee3de",
            Self::Link => "2709ebc2723d80978c10b4e53b9a8036",
            Self::End => "56a1f22bacf58fce9ae92649434f5c3f",
            Self::Proof => "f25b7558718e81aa834b37cbde94082c",
        };
        unhex(digits).unwrap_or_default()
    }

    /// Which of them a user type announces.
    pub fn of(user_type: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|b| b.user_type() == user_type)
    }

    /// The whole box around a statement's note.
    pub fn wrap(self, note: &[u8]) -> Vec<u8> {
        boxed(b"uuid", &[&self.user_type()[..], note].concat())
    }
}

/// A box of this type and content.
fn boxed(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    // No box rendered here comes near 4 GiB: statements are at most 16 KiB, parameter sets at most 512 bytes.
    let size = u32::try_from(content.len() + 8).unwrap_or(u32::MAX);
    [&size.to_be_bytes()[..], kind, content].concat()
}

/// The bytes of hexadecimal digits, with spaces between them for the reader.
fn bytes(digits: &str) -> Vec<u8> {
    let digits: Vec<u8> = digits.bytes().filter(u8::is_ascii_hexdigit).collect();
    let value = |b: u8| char::from(b).to_digit(16).unwrap_or(0) as u8;
    digits.chunks_exact(2).map(|pair| value(pair[0]) << 4 | value(pair[1])).collect()
}

/// The one allowed `ftyp` and `moov` of a clip with these parameter sets.
pub fn init(sets: &ParameterSets) -> Vec<u8> {
    let Size { width, height } = sets.size();
    let zeros = |n: usize| vec![0; n];
    let mut avcc = vec![1];
    avcc.extend(&sets.sps()[1..4]);
    for (head, set) in [(&[0xff, 0xe1][..], sets.sps()), (&[1][..], sets.pps())] {
        avcc.extend(head);
        avcc.extend((set.len() as u16).to_be_bytes());
        avcc.extend(set);
    }
    if sets.is_high() {
        avcc.extend([0xfd, 0xf8, 0xf8, 0]);
    }
    let sides = [width.to_be_bytes(), height.to_be_bytes()].concat();
    let avc1 = boxed(
        b"avc1",
        &[
            bytes("000000000000 0001"),
            zeros(16),
            sides,
            bytes("00480000 00480000 00000000 0001"),
            zeros(32),
            bytes("0018 ffff"),
            boxed(b"avcC", &avcc),
        ]
        .concat(),
    );
    let stbl = [
        boxed(b"stsd", &[bytes("00000000 00000001"), avc1].concat()),
        boxed(b"stts", &zeros(8)),
        boxed(b"stsc", &zeros(8)),
        boxed(b"stsz", &zeros(12)),
        boxed(b"stco", &zeros(8)),
    ]
    .concat();
    let dref = [bytes("00000000 00000001"), boxed(b"url ", &bytes("00000001"))].concat();
    let minf = [
        boxed(b"vmhd", &bytes("00000001 0000000000000000")),
        boxed(b"dinf", &boxed(b"dref", &dref)),
        boxed(b"stbl", &stbl),
    ]
    .concat();
    let mdia = [
        boxed(b"mdhd", &[zeros(12), bytes("00015f90 00000000 55c4 0000")].concat()),
        boxed(b"hdlr", &[zeros(8), b"vide".to_vec(), zeros(12), b"VideoHandler\0".to_vec()].concat()),
        boxed(b"minf", &minf),
    ]
    .concat();
    let tkhd = [
        bytes("00000003 0000000000000000 00000001 0000000000000000"),
        zeros(16),
        bytes(MATRIX),
        width.to_be_bytes().to_vec(),
        zeros(2),
        height.to_be_bytes().to_vec(),
        zeros(2),
    ]
    .concat();
    let mvhd = [
        zeros(12),
        bytes("00015f90 00000000 00010000 0100 00000000000000000000"),
        bytes(MATRIX),
        zeros(24),
        bytes("00000002"),
    ]
    .concat();
    let moov = [
        boxed(b"mvhd", &mvhd),
        boxed(b"trak", &[boxed(b"tkhd", &tkhd), boxed(b"mdia", &mdia)].concat()),
        boxed(b"mvex", &boxed(b"trex", &[bytes("00000000 00000001 00000001"), zeros(12)].concat())),
    ]
    .concat();
    [boxed(b"ftyp", b"iso6\0\0\0\x01iso6mp41"), boxed(b"moov", &moov)].concat()
}

/// Bytes of the one allowed `ftyp`.
pub const FTYP: u64 = 24;
/// Largest `ftyp` and `moov` together: two parameter sets of at most 512 bytes, and the rest.
pub const MAX_INIT: u64 = 2048;
/// Where the SPS begins, from the start of the file: everything before it has a fixed length.
const SPS_OFFSET: usize = 515;

/// Takes the parameter sets out of `ftyp` and `moov`, and holds these against the one allowed form.
///
/// # Errors
/// [`Code::ContainerInit`] for any other form, the rules' own codes for the parameter sets.
pub fn parse_init(init: &[u8]) -> Result<ParameterSets, Code> {
    let set = |at: usize| {
        let length = usize::from(u16::from_be_bytes(init.get(at..at + 2)?.try_into().ok()?));
        init.get(at + 2..at + 2 + length)
    };
    let sps = set(SPS_OFFSET - 2).ok_or(Code::ContainerInit)?;
    let pps = set(SPS_OFFSET + sps.len() + 1).ok_or(Code::ContainerInit)?;
    let sets = ParameterSets::parse(sps, pps)?;
    (self::init(&sets) == init).then_some(sets).ok_or(Code::ContainerInit)
}

/// One sample of a fragment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// Ticks until the next sample is decoded.
    pub duration: u32,
    /// Bytes.
    pub size: u32,
    /// Presentation time less decode time, in ticks.
    pub offset: i32,
}

/// Bytes of `moof` and of the header of `mdat` for so many samples.
pub fn fragment_header_length(samples: usize) -> u64 {
    96 + 16 * samples as u64
}

/// The one allowed `moof`, and the header of `mdat`, of these samples at this place.
pub fn fragment_header(index: u64, first_tick: u64, samples: &[Sample]) -> Vec<u8> {
    let count = samples.len() as u32;
    let mut trun = bytes("01000f01");
    trun.extend(count.to_be_bytes());
    trun.extend((96 + 16 * count).to_be_bytes());
    for (i, sample) in samples.iter().enumerate() {
        trun.extend(sample.duration.to_be_bytes());
        trun.extend(sample.size.to_be_bytes());
        trun.extend(if i == 0 { SYNC } else { NOT_SYNC }.to_be_bytes());
        trun.extend(sample.offset.to_be_bytes());
    }
    let traf = [
        boxed(b"tfhd", &bytes("00020000 00000001")),
        boxed(b"tfdt", &[bytes("01000000"), first_tick.to_be_bytes().to_vec()].concat()),
        boxed(b"trun", &trun),
    ]
    .concat();
    // An index fits: a clip has at most 100,000 LINKs.
    let mfhd = [vec![0; 4], (index as u32).wrapping_add(1).to_be_bytes().to_vec()].concat();
    let mut header = boxed(b"moof", &[boxed(b"mfhd", &mfhd), boxed(b"traf", &traf)].concat());
    let media: u64 = samples.iter().map(|s| u64::from(s.size)).sum();
    header.extend(u32::try_from(media + HEADER).unwrap_or(u32::MAX).to_be_bytes());
    header.extend(b"mdat");
    header
}

/// How many samples the `moof` of this many bytes has.
///
/// # Errors
/// [`Code::FragmentMoof`] where that is no number of samples, or too many.
pub fn samples_of(moof: u64) -> Result<usize, Code> {
    let table = moof.checked_sub(88).filter(|t| t % 16 == 0).ok_or(Code::FragmentMoof)?;
    usize::try_from(table / 16).ok().filter(|n| (1..=MAX_SAMPLES).contains(n)).ok_or(Code::FragmentMoof)
}

/// Reads the samples out of a whole `moof` with the header of its `mdat`, and holds it against the one allowed form.
///
/// # Errors
/// [`Code::FragmentMoof`] for any other form, [`Code::FragmentTimes`] where durations or times break a rule.
pub fn parse_fragment_header(header: &[u8], index: u64, first_tick: u64) -> Result<Vec<Sample>, Code> {
    let count = samples_of((header.len() as u64).saturating_sub(HEADER))?;
    let samples = rows(header.get(88..88 + 16 * count).ok_or(Code::FragmentMoof)?);
    if fragment_header(index, first_tick, &samples) != header {
        return Err(Code::FragmentMoof);
    }
    check_times(&samples)?;
    Ok(samples)
}

/// The whole rows of a `trun`.
fn rows(table: &[u8]) -> Vec<Sample> {
    let word = |row: &[u8], i: usize| u32::from_be_bytes([row[i], row[i + 1], row[i + 2], row[i + 3]]);
    let sample = |row: &[u8]| Sample { duration: word(row, 0), size: word(row, 4), offset: word(row, 12) as i32 };
    table.chunks_exact(16).map(sample).collect()
}

/// Whether `bytes`, a `moof` of `count` samples and the header of its `mdat` cut off at any byte, may be the beginning
/// of the one allowed form.
pub(crate) fn is_fragment_header_prefix(bytes: &[u8], index: u64, first_tick: u64, count: usize) -> bool {
    let mut samples = rows(bytes.get(88..bytes.len().min(88 + 16 * count)).unwrap_or_default());
    let whole = samples.len();
    if whole == count && check_times(&samples).is_err() {
        return false;
    }
    samples.resize(count, Sample { duration: 0, size: 0, offset: 0 });
    let form = fragment_header(index, first_tick, &samples);
    // Of the row that was cut only the flags, bytes 8 to 11 of 16, are known beforehand.
    let cut = 88 + 16 * whole..88 + 16 * count;
    let free = |i: usize| cut.contains(&i) && !(8..12).contains(&((i - 88) % 16));
    bytes.len() <= form.len() && bytes.iter().enumerate().all(|(i, b)| free(i) || form[i] == *b)
}

/// The rules on durations and times of section 1.2.
fn check_times(samples: &[Sample]) -> Result<(), Code> {
    let span: u64 = samples.iter().map(|s| u64::from(s.duration)).sum();
    let each = samples.iter().all(|s| (1..=MAX_DURATION).contains(&s.duration));
    let (decoded, shown) = times(samples);
    let mut sorted = shown;
    sorted.sort_unstable();
    let fits = each && span <= MAX_SPAN && samples[0].offset == 0 && sorted == decoded;
    fits.then_some(()).ok_or(Code::FragmentTimes)
}

/// Decode and presentation times of samples in ticks from the fragment's first.
pub(crate) fn times(samples: &[Sample]) -> (Vec<i64>, Vec<i64>) {
    let mut now = 0;
    let step = |s: &Sample| {
        let decoded = now;
        now += i64::from(s.duration);
        (decoded, decoded + i64::from(s.offset))
    };
    samples.iter().map(step).unzip()
}

/// The samples of a fragment whose pictures, in decoding order, are shown at these ticks (from its first) with these
/// sizes, and which lasts `span` ticks. `None` where they cannot follow each other so.
pub fn place(shown: &[i64], sizes: &[u32], span: i64) -> Option<Vec<Sample>> {
    let mut decoded = shown.to_vec();
    decoded.sort_unstable();
    let ends = decoded.iter().skip(1).copied().chain([span]);
    let rows = shown.iter().zip(sizes).zip(decoded.iter().zip(ends));
    let samples: Option<Vec<Sample>> = rows
        .map(|((shown, size), (decoded, end))| {
            let offset = i32::try_from(shown - decoded).ok()?;
            Some(Sample { duration: u32::try_from(end - decoded).ok()?, size: *size, offset })
        })
        .collect();
    samples.filter(|s| !s.is_empty() && s.len() <= MAX_SAMPLES && check_times(s).is_ok())
}
