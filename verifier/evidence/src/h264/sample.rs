//! The samples of a fragment, walked as their bytes come by.

use super::{
    emulation::Emulation,
    nal,
    sets::{ParameterSets, PictureOrder},
    slice::{self, Picture},
};
use crate::{
    bmff::{self, Sample},
    finding::Code,
};

/// Longest SEI unit, in bytes.
const MAX_SEI: usize = 4096;
/// Oldest x264 whose text is allowed: with older ones in it, FFmpeg decodes some pictures otherwise.
const OLDEST_X264: u32 = 151;
/// x264's own version text.
const X264: [u8; 16] = [0xdc, 0x45, 0xe9, 0xbd, 0xe6, 0xd9, 0x48, 0xb7, 0x96, 0x2c, 0xd8, 0x20, 0xd9, 0x23, 0xee, 0xef];

/// Checks the media of one fragment piece by piece, in bounded memory.
pub struct Walker<'a> {
    sets: &'a ParameterSets,
    samples: &'a [Sample],
    /// Sample we are in.
    index: usize,
    /// Bytes of it still to come.
    sample_left: u64,
    /// Bytes of the unit still to come; `None`: in its length.
    unit_left: Option<u64>,
    /// Bytes of the unit's length, then of the unit, kept for judging it.
    kept: Vec<u8>,
    /// How many bytes of this unit are wanted.
    want: usize,
    units: usize,
    picture: Option<(u32, Picture)>,
    /// Picture order of each sample so far.
    orders: Vec<i64>,
    previous_reference: (i64, u32),
    /// Pictures so far that others may refer to.
    references: i64,
    emulation: Emulation,
}

impl<'a> Walker<'a> {
    /// For the samples of one fragment.
    pub fn new(sets: &'a ParameterSets, samples: &'a [Sample]) -> Self {
        Self {
            sets,
            samples,
            index: 0,
            sample_left: samples.first().map_or(0, |s| s.size.into()),
            unit_left: None,
            kept: Vec::new(),
            want: 4,
            units: 0,
            picture: None,
            orders: Vec::with_capacity(samples.len()),
            previous_reference: (0, 0),
            references: 0,
            emulation: Emulation::default(),
        }
    }

    /// Takes the next bytes of `mdat`'s content.
    ///
    /// # Errors
    /// The code of the first rule that does not hold.
    pub fn feed(&mut self, mut bytes: &[u8]) -> Result<(), Code> {
        while !bytes.is_empty() {
            if self.index >= self.samples.len() {
                return Err(Code::H264Sample);
            }
            // Bytes that matter are kept, all others are stepped over.
            let missing = self.want - self.kept.len();
            let open = self.unit_left.unwrap_or(missing as u64).min(self.sample_left);
            let step = if missing > 0 { open.min(missing as u64) } else { open };
            let step = usize::try_from(step).unwrap_or(usize::MAX).min(bytes.len());
            if step == 0 {
                return Err(Code::H264Sample);
            }
            let (taken, rest) = bytes.split_at(step);
            bytes = rest;
            if missing > 0 {
                self.kept.extend_from_slice(taken);
            }
            self.sample_left -= step as u64;
            match &mut self.unit_left {
                Some(left) => {
                    *left -= step as u64;
                    let ends = *left == 0;
                    if !self.emulation.feed(taken) || ends && !self.emulation.end() {
                        return Err(Code::H264Nal);
                    }
                    if ends {
                        self.unit_ends()?;
                    } else if self.kept.len() == 1 && self.want == 1 {
                        self.want = self.unit_begins()?;
                    }
                }
                None if self.kept.len() == 4 => self.length_ends()?,
                None => {}
            }
            if self.sample_left == 0 {
                self.sample_ends()?;
            }
        }
        Ok(())
    }

    /// All bytes were fed.
    ///
    /// # Errors
    /// [`Code::H264Sample`] where samples are missing, [`Code::H264Order`] where pictures are shown in another order
    /// than the decoder's.
    pub fn finish(self) -> Result<(), Code> {
        if self.index != self.samples.len() {
            return Err(Code::H264Sample);
        }
        let (_, shown) = bmff::times(self.samples);
        let rank = |of: &[i64]| {
            let mut by: Vec<usize> = (0..of.len()).collect();
            by.sort_by_key(|&i| of[i]);
            by
        };
        let mut distinct = self.orders.clone();
        distinct.sort_unstable();
        distinct.dedup();
        let same = distinct.len() == self.orders.len() && rank(&self.orders) == rank(&shown);
        // A player that was told of fewer shows a picture that comes later than that at the wrong time, or never.
        let held = |(i, order): (usize, &i64)| self.orders[..i].iter().filter(|before| *before > order).count();
        let most = self.orders.iter().enumerate().map(held).max().unwrap_or(0);
        (same && most <= self.sets.reorder as usize).then_some(()).ok_or(Code::H264Order)
    }

    fn length_ends(&mut self) -> Result<(), Code> {
        let length = self.kept[..4].iter().fold(0, |n, &b| n << 8 | u64::from(b));
        if length == 0 || length > self.sample_left {
            return Err(Code::H264Sample);
        }
        self.unit_left = Some(length);
        self.kept.clear();
        self.want = 1;
        Ok(())
    }

    /// The unit's first byte is there: how many of its bytes must be seen?
    fn unit_begins(&mut self) -> Result<usize, Code> {
        let length = 1 + self.unit_left.and_then(|n| usize::try_from(n).ok()).ok_or(Code::H264Sample)?;
        let whole = |most: usize| (length <= most).then_some(length).ok_or(Code::H264Nal);
        match self.kept[0] & 0x1f {
            nal::SLICE | nal::IDR => Ok(length.min(slice::HEAD)),
            nal::SEI => whole(MAX_SEI),
            nal::SPS => whole(self.sets.sps().len()),
            nal::PPS => whole(self.sets.pps().len()),
            nal::DELIMITER => whole(2),
            _ => Err(Code::H264Nal),
        }
    }

    fn unit_ends(&mut self) -> Result<(), Code> {
        let unit = &self.kept[..];
        let header = unit[0];
        let first = self.index == 0;
        let good = match header & 0x1f {
            nal::SLICE if !first => true,
            nal::IDR if first => true,
            nal::SEI => header & 0x60 == 0 && is_x264_text(unit),
            nal::SPS => unit == self.sets.sps(),
            nal::PPS => unit == self.sets.pps(),
            // One byte alone would make the length before it a start code. Three bits, any value, and the stop bit.
            nal::DELIMITER => {
                self.units == 0 && header & 0x60 == 0 && matches!(unit, [_, types] if types & 0x1f == 0x10)
            }
            _ => false,
        };
        if !good || header & 0x80 != 0 {
            return Err(Code::H264Nal);
        }
        if matches!(header & 0x1f, nal::SLICE | nal::IDR) {
            let (macroblock, picture) = slice::parse(unit, self.sets).ok_or(Code::H264Slice)?;
            let fits = match &self.picture {
                None => macroblock == 0,
                Some((before, same)) => macroblock > *before && picture == *same,
            };
            if !fits {
                return Err(Code::H264Slice);
            }
            self.picture = Some((macroblock, picture));
        } else if self.picture.is_some() {
            // Parameter sets, SEI and delimiters stand before the picture.
            return Err(Code::H264Nal);
        }
        self.units += 1;
        self.unit_left = None;
        self.kept.clear();
        self.want = 4;
        Ok(())
    }

    fn sample_ends(&mut self) -> Result<(), Code> {
        let (true, Some((_, picture))) = (self.unit_left.is_none() && self.kept.is_empty(), self.picture.take()) else {
            return Err(Code::H264Sample);
        };
        // Pictures are numbered by the reference pictures before them, without gaps.
        let number = self.references.rem_euclid(1 << self.sets.frame_num_bits);
        let order = self.order(&picture);
        if i64::from(picture.frame_num) != number || self.index == 0 && order != 0 {
            return Err(Code::H264Order);
        }
        self.references += i64::from(picture.reference);
        self.orders.push(order);
        self.units = 0;
        self.index += 1;
        self.sample_left = self.samples.get(self.index).map_or(0, |s| s.size.into());
        Ok(())
    }

    /// Picture order count (ITU-T H.264, 8.2.1.1 and 8.2.1.3).
    fn order(&mut self, picture: &Picture) -> i64 {
        let (PictureOrder::LowBits(bits), Some(low)) = (self.sets.order, picture.order_low_bits) else {
            return 2 * self.references - i64::from(!picture.reference);
        };
        let (high, previous) = self.previous_reference;
        let half = 1 << (bits - 1);
        let high = if low < previous && previous - low >= half {
            high + (1 << bits)
        } else if low > previous && low - previous > half {
            high - (1 << bits)
        } else {
            high
        };
        if picture.reference {
            self.previous_reference = (high, low);
        }
        high + i64::from(low)
    }
}

/// Whether this SEI unit holds one message and that is x264's version text.
fn is_x264_text(unit: &[u8]) -> bool {
    let mut bytes = unit.iter().skip(1).copied();
    if bytes.next() != Some(5) {
        return false;
    }
    let mut size = 0_usize;
    loop {
        match bytes.next() {
            Some(255) => size += 255,
            Some(last) => break size += usize::from(last),
            None => return false,
        }
    }
    let payload: Vec<u8> = bytes.collect();
    // The text holds no zero bytes, so no emulation prevention, but its closing one; then the stop bit.
    let text = payload.get(..size).and_then(|p| p.strip_prefix(&X264));
    let text = text.and_then(|t| t.strip_suffix(&[0])).and_then(|t| std::str::from_utf8(t).ok());
    let version = text.and_then(|t| t.strip_prefix("x264 - core ")).and_then(|t| t.split(' ').next());
    let known = version.is_some_and(|v| v.bytes().all(|b| b.is_ascii_digit()))
        && version.and_then(|v| v.parse().ok()).is_some_and(|v: u32| v >= OLDEST_X264);
    known && text.is_some_and(|t| t.bytes().all(|b| (0x20..0x7f).contains(&b))) && payload.get(size..) == Some(&[0x80])
}
