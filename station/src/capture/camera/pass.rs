//! Pass-through: a source's own H.264, handed on untouched, GOP by GOP, as long as it fits a sealed clip.

use evidence::{bmff, h264};
use ffmpeg::codec::packet::Packet;
use ffmpeg::codec::{self, decoder};
use ffmpeg::{Rational, Rescale, frame};
use ffmpeg_next as ffmpeg;

use super::Shot;
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
    /// The same as the verifier reads them.
    rules: h264::ParameterSets,
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
        let rules = h264::ParameterSets::parse(&sets.sps, &sets.pps).ok()?;
        let held = Vec::new();
        Some(Passing {
            sets,
            rules,
            layout,
            parameters,
            time_base,
            frame_us,
            held,
            begin: None,
            next_us: None,
            fits: true,
        })
    }

    /// Whether all that is held can still be passed through.
    pub(super) fn fits(&self) -> bool {
        self.fits
    }

    /// Whether nothing was given yet: then the time line begins anew with what is decoded.
    pub(super) fn is_fresh(&self) -> bool {
        self.next_us.is_none()
    }

    /// Whether nothing is held.
    pub(super) fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    /// Gives up what is held, to be decoded.
    pub(super) fn into_packets(self) -> Vec<Packet> {
        self.held.into_iter().map(|held| held.packet).collect()
    }

    /// Takes in the next packet. Gives the GOP before it, if it begins another; else says that it is held. `None`: the
    /// sealer asked to stop.
    pub(super) fn take(
        &mut self,
        packet: Packet,
        line: &mut TimeLine,
        pace: &mut Pace,
        control: &Control,
    ) -> Option<Shot> {
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
        if (decodes && matches!(pace, Pace::Unpaced { .. })) || (self.held.is_empty() && self.is_fresh()) {
            line.begin(stamp_us);
        }
        let begun = self.begin.is_some_and(|begin| begin < self.held.len());
        // In its own time, so that a file which is read in real time is not read ahead.
        let time_us = pace.wait(line.peek(stamp_us), control)?;
        self.held.push(Held { packet, stamp_us });
        let oldest_us = self.held.first().map_or(stamp_us, |held| held.stamp_us);
        let most_us = if self.is_fresh() { JUDGED_US } else { LONGEST_GOP_US };
        if key && begun {
            let gop = self.finish(Some(stamp_us), line, pace, control);
            self.fits &= gop.is_some();
            return Some(gop.map_or(Shot::Held(time_us), Shot::Gop));
        }
        self.fits &= stamp_us - oldest_us <= most_us;
        Some(Shot::Held(time_us))
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
        let mut payload = Vec::with_capacity(held.iter().map(|held| held.packet.size() + 16).sum());
        let sizes: Vec<u32> = held
            .iter()
            .map(|held| {
                let before = payload.len();
                self.layout.all(held.packet.data().unwrap_or_default(), |nal| {
                    nal::append(&mut payload, nal);
                    true
                });
                (payload.len() - before) as u32
            })
            .collect();
        let mut ahead = *line;
        let offsets: Vec<i64> = stamps.iter().map(|&stamp| ahead.place(Some(stamp))).collect();
        let (&first, &last) = (offsets.first()?, offsets.last()?);
        let in_order = first_in_order == stamps.first().copied()
            && stamps.is_sorted_by(|a, b| a < b)
            && offsets.is_sorted_by(|a, b| b - a <= LONGEST_SAMPLE_US)
            // No picture of this GOP is shown after the next one began.
            && next_us.is_none_or(|next| stamps.last().is_none_or(|&last| last < next))
            && !dense(stamps.len(), last - first, self.frame_us);
        // When each picture is shown, from the GOP's first.
        let shown: Vec<i64> =
            held.iter().map(|held| offsets[stamps.partition_point(|&stamp| stamp < held.stamp_us)] - first).collect();
        let span = last + self.frame_us - first;
        if !in_order || span > LONGEST_GOP_US || !self.can_be_sealed(&shown, &sizes, span, &payload) {
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

        let samples =
            shown.iter().zip(&sizes).map(|(shown, &size)| Sample { time_us: first_us + shown, size }).collect();
        self.held.drain(..behind);
        self.begin = Some(0);
        self.next_us = Some(end.unwrap_or(end_us).max(end_us));
        Some(PassedGop { sets: self.sets.clone(), samples, payload, end_us })
    }

    /// Whether the verifier would accept these pictures, shown at these µs from the first for so many µs.
    fn can_be_sealed(&self, shown: &[i64], sizes: &[u32], span: i64, payload: &[u8]) -> bool {
        let ticks = |us: i64| us * 9 / 100;
        let shown: Vec<i64> = shown.iter().map(|&us| ticks(us)).collect();
        let Some(samples) = bmff::place(&shown, sizes, ticks(span)) else { return false };
        let mut walker = h264::Walker::new(&self.rules, &samples);
        walker.feed(payload).and_then(|()| walker.finish()).is_ok()
    }

    /// Whether this key frame decodes alone.
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
        picture().is_ok_and(|picture| picture.is_key() && !picture.has_decode_errors())
    }
}

/// Whether a NAL unit may be part of a sample, or be left away from it, in a stream of these parameter sets. Whole GOPs
/// are judged by the verifier's rules; this tells early, and knows what is left away.
fn fits(sets: &ParameterSets, nal: &[u8]) -> bool {
    match nal::kind_of(nal) {
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
    }
}
