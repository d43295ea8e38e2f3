//! Pass-through: a source's own H.264, handed on untouched, GOP by GOP, as long as it fits a sealed clip.

use ffmpeg::codec::packet::Packet;
use ffmpeg::codec::{self, decoder};
use ffmpeg::format::Pixel;
use ffmpeg::{Rational, Rescale, color, frame};
use ffmpeg_next as ffmpeg;

use super::timeline::{Pace, TimeLine};
use crate::capture::control::Control;
use crate::capture::gop::LONGEST_SAMPLE_US;
use crate::capture::gop::dense;
use crate::capture::libav;
use crate::capture::nal::{self, ParameterSets, kind};
use crate::capture::protocol::Sample;

/// Longest GOP a sealed clip may hold.
const LONGEST_GOP_US: i64 = 2_000_000;
/// What is held while the first GOP that fits is looked for.
const JUDGED_US: i64 = 2_500_000;

/// A GOP as the source coded it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PassedGop {
    /// The parameter sets it is decoded with.
    pub(crate) sets: ParameterSets,
    /// Its samples in decoding order.
    pub(crate) samples: Vec<Sample>,
    /// Their bytes.
    pub(crate) payload: Vec<u8>,
    /// When its last picture ends.
    pub(crate) end_us: i64,
}

/// A packet that is held until its GOP is complete.
struct Held {
    packet: Packet,
    stamp_us: i64,
}

/// Collects packets to GOPs, and judges whether they fit.
pub(super) struct Passing {
    sets: ParameterSets,
    layout: Layout,
    /// What a picture is decoded with, to try the first key frame.
    parameters: codec::Parameters,
    time_base: Rational,
    frame_us: i64,
    held: Vec<Held>,
    /// Where among them the GOP begins; unknown until a key frame decodes.
    begin: Option<usize>,
    /// Time of the next GOP's first picture, once a GOP was given.
    next_us: Option<i64>,
    fits: bool,
}

/// How NAL units are told apart in a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    AnnexB,
    /// Each behind its length in so many bytes.
    Length(usize),
}

impl Layout {
    /// Calls `each` with every NAL unit; false if one is cut off, or `each` said so.
    fn all<'a>(self, packet: &'a [u8], mut each: impl FnMut(&'a [u8]) -> bool) -> bool {
        match self {
            Layout::AnnexB => nal::annex_b(packet).all(each),
            Layout::Length(size) => nal::length_prefixed(packet, size).all(|nal| nal.is_some_and(&mut each)),
        }
    }
}

impl Passing {
    /// For a stream of these parameters; `None` if it is nothing that could be passed through.
    pub(super) fn new(parameters: codec::Parameters, time_base: Rational, frame_us: i64) -> Option<Self> {
        if parameters.id() != codec::Id::H264 {
            return None;
        }
        let context = codec::Context::from_parameters(parameters.clone()).ok()?;
        let (sets, layout) = parameter_sets(&libav::extradata(&context))?;
        let held = Vec::new();
        Some(Passing { sets, layout, parameters, time_base, frame_us, held, begin: None, next_us: None, fits: true })
    }

    /// Whether all that is held can still be passed through.
    pub(super) fn fits(&self) -> bool {
        self.fits
    }

    /// Whether nothing was given yet: then the time line begins anew with what is decoded.
    pub(super) fn is_fresh(&self) -> bool {
        self.next_us.is_none()
    }

    /// Gives up what is held, to be decoded.
    pub(super) fn into_packets(self) -> Vec<Packet> {
        self.held.into_iter().map(|held| held.packet).collect()
    }

    /// Takes in the next packet. Gives the GOP before it, if it begins another.
    pub(super) fn take(
        &mut self,
        packet: Packet,
        line: &mut TimeLine,
        pace: &mut Pace,
        control: &Control,
    ) -> Option<PassedGop> {
        let mut key = false;
        let fits = self.layout.all(packet.data().unwrap_or_default(), |nal| {
            key |= nal::kind_of(nal) == kind::IDR;
            fits(&self.sets, nal)
        });
        let stamp_us = packet.pts().map(|pts| pts.rescale(self.time_base, (1, 1_000_000)));
        self.fits &= fits && stamp_us.is_some();
        let stamp_us = stamp_us.unwrap_or_default();
        let decodes = self.begin.is_none() && key && self.fits && self.decodes(&packet);
        if decodes {
            self.begin = Some(self.held.len());
        }
        // In real time what is left away at the beginning takes its time all the same.
        if (decodes && matches!(pace, Pace::Unpaced)) || (self.held.is_empty() && self.is_fresh()) {
            line.begin(stamp_us);
        }
        let begun = self.begin.is_some_and(|begin| begin < self.held.len());
        // In its own time, so that a file which is read in real time is not read ahead.
        pace.wait(line.peek(stamp_us), control)?;
        self.held.push(Held { packet, stamp_us });
        let oldest_us = self.held.first().map_or(stamp_us, |held| held.stamp_us);
        let most_us = if self.is_fresh() { JUDGED_US } else { LONGEST_GOP_US };
        if key && begun {
            let gop = self.finish(Some(stamp_us), line, pace, control);
            self.fits &= gop.is_some();
            return gop;
        }
        self.fits &= stamp_us - oldest_us <= most_us;
        None
    }

    /// The GOP that is held, complete or as far as it goes. `next_us`: timestamp of the key frame behind it.
    pub(super) fn finish(
        &mut self,
        next_us: Option<i64>,
        line: &mut TimeLine,
        pace: &mut Pace,
        control: &Control,
    ) -> Option<PassedGop> {
        let begin = self.begin?;
        let behind = self.held.len() - usize::from(next_us.is_some());
        let held = self.held.get(begin..behind).filter(|held| !held.is_empty())?;
        let mut stamps: Vec<i64> = held.iter().map(|held| held.stamp_us).collect();
        let first_in_order = stamps.first().copied();
        stamps.sort_unstable();
        let mut ahead = *line;
        let offsets: Vec<i64> = stamps.iter().map(|&stamp| ahead.place(Some(stamp))).collect();
        let (&first, &last) = (offsets.first()?, offsets.last()?);
        let in_order = first_in_order == stamps.first().copied()
            && stamps.is_sorted_by(|a, b| a < b)
            && offsets.is_sorted_by(|a, b| b - a <= LONGEST_SAMPLE_US)
            // No picture of this GOP is shown after the next one began.
            && next_us.is_none_or(|next| stamps.last().is_none_or(|&last| last < next))
            && !dense(stamps.len(), last - first, self.frame_us);
        if !in_order || last + self.frame_us - first > LONGEST_GOP_US {
            return None;
        }
        *line = ahead;
        let end = next_us.and_then(|next| pace.wait(ahead.peek(next), control));
        let first_us = match self.next_us {
            Some(first_us) => first_us,
            None => pace.wait(last, control)? - (last - first),
        };
        let last_us = first_us + last - first;
        let close = |end: &i64| (1..=LONGEST_SAMPLE_US).contains(&(end - last_us)) && end - first_us <= LONGEST_GOP_US;
        let end_us = end.filter(close).unwrap_or(last_us + self.frame_us);

        let mut payload = Vec::with_capacity(held.iter().map(|held| held.packet.size() + 16).sum());
        let mut samples = Vec::with_capacity(held.len());
        for held in held {
            let before = payload.len();
            self.layout.all(held.packet.data().unwrap_or_default(), |nal| {
                nal::append(&mut payload, nal);
                true
            });
            let place = stamps.partition_point(|&stamp| stamp < held.stamp_us);
            let time_us = first_us + offsets[place] - first;
            samples.push(Sample { time_us, size: (payload.len() - before) as u32 });
        }
        self.held.drain(..behind);
        self.begin = Some(0);
        self.next_us = Some(end.unwrap_or(end_us).max(end_us));
        Some(PassedGop { sets: self.sets.clone(), samples, payload, end_us })
    }

    /// Whether this key frame decodes alone, to a picture a sealed clip may hold.
    fn decodes(&self, packet: &Packet) -> bool {
        let picture = || -> Result<frame::Video, ffmpeg::Error> {
            let mut context = codec::Context::from_parameters(self.parameters.clone())?;
            context.set_threading(codec::threading::Config::count(1));
            let mut decoder: decoder::Video = context.decoder().video()?;
            decoder.send_packet(packet)?;
            decoder.send_eof()?;
            let mut picture = frame::Video::empty();
            decoder.receive_frame(&mut picture)?;
            Ok(picture)
        };
        picture().is_ok_and(|picture| picture.is_key() && !picture.has_decode_errors() && shown_as_it_is(&picture))
    }
}

/// Whether players show this picture in one way only: progressive 4:2:0 in 8 bits, square pixels, common colours.
fn shown_as_it_is(picture: &frame::Video) -> bool {
    use color::{Primaries, Space, TransferCharacteristic as Transfer};
    let pixel = picture.aspect_ratio();
    matches!(picture.format(), Pixel::YUV420P | Pixel::YUVJ420P)
        && !picture.is_interlaced()
        && (pixel.numerator() == 0 || pixel.numerator() == pixel.denominator())
        && matches!(picture.color_space(), Space::Unspecified | Space::BT709 | Space::BT470BG | Space::SMPTE170M)
        && matches!(
            picture.color_primaries(),
            Primaries::Unspecified | Primaries::BT709 | Primaries::BT470BG | Primaries::SMPTE170M
        )
        && matches!(
            picture.color_transfer_characteristic(),
            Transfer::Unspecified | Transfer::BT709 | Transfer::GAMMA22 | Transfer::GAMMA28 | Transfer::SMPTE170M
        )
}

/// Whether a NAL unit may be part of a sample, or be left away from it, in a stream of these parameter sets.
///
/// SEAM: the strict rules of H.264 in a sealed clip belong to `evidence` (no cropping on the left or top, no
/// interlacing in the parameter set, and so on). Until they are asked here, this looks at types, profile and
/// identity of the parameter sets only, and [`shown_as_it_is`] at the first picture.
fn fits(sets: &ParameterSets, nal: &[u8]) -> bool {
    // Baseline, Main and High.
    let profile = sets.sps.get(1).is_some_and(|profile| [66, 77, 100].contains(profile));
    profile
        && match nal::kind_of(nal) {
            kind::SLICE | kind::IDR | kind::DELIMITER => true,
            kind::SEI => nal::is_x264_text(nal),
            kind::SPS => nal == sets.sps,
            kind::PPS => nal == sets.pps,
            _ => false,
        }
}

/// The parameter sets in a stream's extradata, and the layout of its packets.
fn parameter_sets(extradata: &[u8]) -> Option<(ParameterSets, Layout)> {
    if extradata.first() != Some(&1) {
        return Some((ParameterSets::from_nals(nal::annex_b(extradata))?, Layout::AnnexB));
    }
    // ISO 14496-15 avcC: version, profile, compatibility, level, size of lengths, and the sets by kind.
    let (head, mut rest) = extradata.split_at_checked(5)?;
    let mut nals = Vec::new();
    for mask in [0x1f, 0xff] {
        let (count, mut after) = rest.split_first()?;
        for _ in 0..count & mask {
            let (length, data) = after.split_first_chunk::<2>()?;
            let (nal, data) = data.split_at_checked(u16::from_be_bytes(*length).into())?;
            nals.push(nal);
            after = data;
        }
        rest = after;
    }
    Some((ParameterSets::from_nals(nals.into_iter())?, Layout::Length(usize::from(head[4] & 3) + 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameter_sets_are_read_in_both_layouts() {
        let sets = ParameterSets { sps: vec![0x67, 100, 0, 30], pps: vec![0x68, 1] };
        let avcc = [1, 100, 0, 30, 0xff, 0xe1, 0, 4, 0x67, 100, 0, 30, 1, 0, 2, 0x68, 1];
        assert_eq!(parameter_sets(&avcc), Some((sets.clone(), Layout::Length(4))));
        let annex_b = [0, 0, 0, 1, 0x67, 100, 0, 30, 0, 0, 1, 0x68, 1];
        assert_eq!(parameter_sets(&annex_b), Some((sets, Layout::AnnexB)));
        for cut in 0..avcc.len() {
            assert_eq!(parameter_sets(&avcc[..cut]), None, "{cut}");
        }
    }

    #[test]
    fn what_a_player_might_show_otherwise_does_not_fit() {
        let sets = ParameterSets { sps: vec![0x67, 100, 0, 30], pps: vec![0x68, 1] };
        assert!(fits(&sets, &[0x65, 1]) && fits(&sets, &[0x41, 1]) && fits(&sets, &sets.pps));
        // Display orientation, another parameter set, an extension slice, nothing.
        for nal in [&[6, 47, 1, 0, 0x80][..], &[0x68, 2], &[0x74, 1], &[]] {
            assert!(!fits(&sets, nal), "{nal:?}");
        }
        let high_10 = ParameterSets { sps: vec![0x67, 110, 0, 30], pps: vec![0x68, 1] };
        assert!(!fits(&high_10, &[0x65, 1]));
    }
}
