//! Sequence and picture parameter sets (ITU-T H.264, 7.3.2.1, 7.3.2.2, E.1), read to their last bit.

use super::{bits::Bits, emulation::Emulation, nal};
use crate::{finding::Code, value::Size};

/// Longest parameter set, in bytes.
const MAX_SET: usize = 512;

/// The one SPS and the one PPS of a clip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParameterSets {
    sps: Vec<u8>,
    pps: Vec<u8>,
    size: Size,
    pub(super) frame_num_bits: u32,
    pub(super) order: PictureOrder,
    /// How many pictures may be decoded before one and shown behind it.
    pub(super) reorder: u32,
    pub(super) macroblocks: u32,
    /// Of both lists of reference pictures.
    pub(super) default_references: [u32; 2],
    pub(super) weighted_pred: bool,
    /// Explicitly, in each slice.
    pub(super) weighted_bipred: bool,
}

/// How the order of pictures is written in slices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PictureOrder {
    /// Type 0: its low bits, so many.
    LowBits(u32),
    /// Type 2: as decoded.
    AsDecoded,
}

struct Sps {
    size: Size,
    frame_num_bits: u32,
    order: PictureOrder,
    reorder: u32,
    macroblocks: u32,
}

struct Pps {
    references: [u32; 2],
    weighted_pred: bool,
    weighted_bipred: bool,
}

impl ParameterSets {
    /// Reads both, each a NAL unit without start code or length.
    ///
    /// # Errors
    /// [`Code::H264Sps`] and [`Code::H264Pps`] where one is none, or says what the specification does not allow.
    pub fn parse(sps: &[u8], pps: &[u8]) -> Result<Self, Code> {
        let Sps { size, frame_num_bits, order, reorder, macroblocks } = parse_sps(sps).ok_or(Code::H264Sps)?;
        let high = sps.get(1) == Some(&100);
        let Pps { references, weighted_pred, weighted_bipred } = parse_pps(pps, high).ok_or(Code::H264Pps)?;
        Ok(Self {
            sps: sps.to_vec(),
            pps: pps.to_vec(),
            size,
            frame_num_bits,
            order,
            reorder,
            macroblocks,
            default_references: references,
            weighted_pred,
            weighted_bipred,
        })
    }

    /// The SPS as a NAL unit.
    pub fn sps(&self) -> &[u8] {
        &self.sps
    }

    /// The PPS as a NAL unit.
    pub fn pps(&self) -> &[u8] {
        &self.pps
    }

    /// Picture size after cropping.
    pub fn size(&self) -> Size {
        self.size
    }

    /// Whether this is High profile.
    pub(crate) fn is_high(&self) -> bool {
        self.sps[1] == 100
    }
}

/// `Some` where a rule holds.
fn must(holds: bool) -> Option<()> {
    holds.then_some(())
}

/// A whole NAL unit of a parameter set: bounded, of this type, no emulation prevention cut off at its end.
fn set(nal: &[u8], kind: u8) -> Option<Bits> {
    let header = *nal.first()?;
    // nal_ref_idc of a parameter set is not 0, the forbidden bit is.
    let mut emulation = Emulation::default();
    must(nal.len() <= MAX_SET && header & 0x9f == kind && header & 0x60 != 0)?;
    must(emulation.feed(nal) && emulation.end())?;
    Some(Bits::of_nal(nal))
}

fn parse_sps(nal: &[u8]) -> Option<Sps> {
    let mut b = set(nal, nal::SPS)?;
    let profile = b.bits(8)?;
    must(matches!(profile, 66 | 77 | 100))?;
    // constraint_set flags, the last two bits reserved and zero; level_idc is any.
    must(b.bits(8)? & 3 == 0)?;
    b.bits(8)?;
    must(b.ue()? == 0)?; // seq_parameter_set_id
    if profile == 100 {
        must(b.ue()? == 1)?; // chroma_format_idc: 4:2:0
        must(b.ue()? == 0 && b.ue()? == 0)?; // bit depths: 8
        must(b.bit()? == 0)?; // qpprime_y_zero_transform_bypass
        scaling_matrix(&mut b, 8)?;
    }
    let frame_num_bits = b.ue()?.checked_add(4).filter(|&n| n <= 16)?;
    let order = match b.ue()? {
        0 => PictureOrder::LowBits(b.ue()?.checked_add(4).filter(|&n| n <= 16)?),
        2 => PictureOrder::AsDecoded,
        _ => return None,
    };
    let references = b.ue().filter(|&n| n <= 16)?; // max_num_ref_frames
    must(b.bit()? == 0)?; // gaps_in_frame_num_value_allowed
    let width = b.ue()?.checked_add(1).filter(|&n| n <= 256)? * 16;
    let height = b.ue()?.checked_add(1).filter(|&n| n <= 144)? * 16;
    must(b.bit()? == 1)?; // frame_mbs_only
    b.bit()?; // direct_8x8_inference
    let (mut right, mut bottom) = (0, 0);
    if b.bit()? == 1 {
        let left = b.ue()?;
        right = b.ue()?;
        let top = b.ue()?;
        bottom = b.ue()?;
        must(left == 0 && top == 0 && right < 8 && bottom < 8)?; // in units of 2 luma samples
    }
    // Where nothing is said, players guess; so nothing may depend on it.
    let reorder = if b.bit()? == 1 { vui(&mut b, references)? } else { 0 };
    b.ends()?;
    let side = |coded: u32, cut: u32| u16::try_from(coded - 2 * cut).ok().filter(|&n| n >= 16);
    let size = Size { width: side(width, right)?, height: side(height, bottom)? };
    Some(Sps { size, frame_num_bits, order, reorder, macroblocks: width / 16 * (height / 16) })
}

/// Scaling lists: their presence flag, then as many lists as there may be.
fn scaling_matrix(b: &mut Bits, lists: usize) -> Option<()> {
    if b.bit()? == 0 {
        return Some(());
    }
    for i in 0..lists {
        if b.bit()? == 0 {
            continue;
        }
        let (mut last, mut next) = (8, 8);
        for _ in 0..if i < 6 { 16 } else { 64 } {
            if next != 0 {
                next = (last + b.se().filter(|d| (-128..128).contains(d))? + 256) % 256;
            }
            last = if next == 0 { last } else { next };
        }
    }
    Some(())
}

/// Video usability information; answers max_num_reorder_frames.
fn vui(b: &mut Bits, references: u32) -> Option<u32> {
    if b.bit()? == 1 {
        must(b.bits(8)? <= 1)?; // aspect_ratio_idc: unspecified or square
    }
    if b.bit()? == 1 {
        must(b.bit()? == 0)?; // overscan_appropriate would let a player cut the edges off
    }
    if b.bit()? == 1 {
        b.bits(4)?; // video_format, video_full_range
        if b.bit()? == 1 {
            must(matches!(b.bits(8)?, 1 | 2 | 5 | 6))?; // colour_primaries
            must(matches!(b.bits(8)?, 1 | 2 | 4 | 5 | 6 | 13))?; // transfer_characteristics
            must(matches!(b.bits(8)?, 1 | 2 | 5 | 6))?; // matrix_coefficients
        }
    }
    if b.bit()? == 1 {
        must(b.ue()? <= 5 && b.ue()? <= 5)?; // chroma_sample_loc_type
    }
    if b.bit()? == 1 {
        // timing_info: the container's times count.
        b.bits(32)?;
        b.bits(32)?;
        b.bit()?;
    }
    let nal = b.bit()?;
    if nal == 1 {
        hrd(b)?;
    }
    let vcl = b.bit()?;
    if vcl == 1 {
        hrd(b)?;
    }
    if nal == 1 || vcl == 1 {
        b.bit()?; // low_delay_hrd
    }
    b.bit()?; // pic_struct_present: picture timing SEI is refused
    if b.bit()? == 0 {
        return Some(0);
    }
    b.bit()?; // motion_vectors_over_pic_boundaries
    for _ in 0..4 {
        must(b.ue()? <= 16)?; // bytes and bits at most, lengths of motion vectors
    }
    let reorder = b.ue()?;
    let buffering = b.ue()?; // max_dec_frame_buffering
    must(reorder <= buffering && references <= buffering && buffering <= 16)?;
    Some(reorder)
}

fn hrd(b: &mut Bits) -> Option<()> {
    let count = b.ue()?.checked_add(1).filter(|&n| n <= 32)?;
    b.bits(8)?;
    for _ in 0..count {
        b.ue()?;
        b.ue()?;
        b.bit()?;
    }
    b.bits(20)?;
    Some(())
}

fn parse_pps(nal: &[u8], high: bool) -> Option<Pps> {
    let mut b = set(nal, nal::PPS)?;
    must(b.ue()? == 0 && b.ue()? == 0)?; // pic_parameter_set_id, seq_parameter_set_id
    b.bit()?; // entropy_coding_mode
    must(b.bit()? == 0)?; // bottom_field_pic_order_in_frame_present
    must(b.ue()? == 0)?; // one slice group
    let mut count = || b.ue().filter(|&n| n <= 31).map(|n| n + 1); // num_ref_idx_default_active
    let references = [count()?, count()?];
    let weighted_pred = b.bit()? == 1;
    let weighted_bipred = b.bits(2).filter(|&n| n <= 2)? == 1;
    must((-26..=25).contains(&b.se()?) && (-26..=25).contains(&b.se()?))?; // pic_init_qp, pic_init_qs
    must((-12..=12).contains(&b.se()?))?; // chroma_qp_index_offset
    b.bits(2)?; // deblocking_filter_control_present, constrained_intra_pred
    must(b.bit()? == 0)?; // redundant_pic_cnt_present
    if b.more() {
        must(high)?;
        let transform_8x8 = b.bit()? as usize;
        scaling_matrix(&mut b, 6 + 2 * transform_8x8)?;
        must((-12..=12).contains(&b.se()?))?; // second_chroma_qp_index_offset
    }
    b.ends()?;
    Some(Pps { references, weighted_pred, weighted_bipred })
}
