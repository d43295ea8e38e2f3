//! The head of a slice (ITU-T H.264, 7.3.3): what tells pictures apart, and what it does to other pictures.

use super::{
    bits::Bits,
    nal,
    sets::{ParameterSets, PictureOrder},
};

/// How many bytes of a slice are read at most: far more than a head takes that does not repeat itself. A longer one is
/// refused.
pub(super) const HEAD: usize = 1024;

/// Nearly every head ends within so many bytes.
const SHORT: usize = 64;

/// What the slices of one picture have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Picture {
    pub(super) reference: bool,
    pub(super) frame_num: u32,
    idr_pic_id: Option<u32>,
    pub(super) order_low_bits: Option<u32>,
    /// Short-term references that are given up.
    released: Vec<u32>,
}

/// `Some` where a rule holds.
fn must(holds: bool) -> Option<()> {
    holds.then_some(())
}

/// First macroblock and picture of a slice, of whose NAL unit this is the beginning.
pub(super) fn parse(nal: &[u8], sets: &ParameterSets) -> Option<(u32, Picture)> {
    // A head that can be read in a part of the bytes reads the same in all of them.
    nal.get(..SHORT).and_then(|part| head(part, sets)).or_else(|| head(nal, sets))
}

fn head(nal: &[u8], sets: &ParameterSets) -> Option<(u32, Picture)> {
    let header = *nal.first()?;
    let idr = header & 0x1f == nal::IDR;
    let reference = header & 0x60 != 0;
    let mut b = Bits::of_nal(nal);
    let first = b.ue().filter(|&n| n < sets.macroblocks)?;
    let kind = b.ue().filter(|&t| t <= 9)? % 5;
    let (p, bi, i) = (kind == 0, kind == 1, kind == 2);
    must(p || bi || i)?;
    must(b.ue()? == 0)?; // pic_parameter_set_id
    let frame_num = b.bits(sets.frame_num_bits)?;
    let idr_pic_id = if idr { Some(b.ue()?) } else { None };
    let order_low_bits = match sets.order {
        PictureOrder::LowBits(n) => Some(b.bits(n)?),
        PictureOrder::AsDecoded => None,
    };
    if idr {
        must(i && reference && frame_num == 0)?;
    }
    let mut counts = sets.default_references;
    if bi {
        b.bit()?; // direct_spatial_mv_pred
    }
    if !i && b.bit()? == 1 {
        for count in counts.iter_mut().take(if bi { 2 } else { 1 }) {
            *count = b.ue().filter(|&n| n <= 31)? + 1;
        }
    }
    let lists = usize::from(!i) + usize::from(bi);
    for _ in 0..lists {
        modification(&mut b)?;
    }
    if p && sets.weighted_pred || bi && sets.weighted_bipred {
        weights(&mut b, &counts[..lists])?;
    }
    let released = match (reference, idr) {
        (false, _) => Vec::new(),
        (true, true) => {
            must(b.bits(2)? == 0)?; // no_output_of_prior_pics, long_term_reference
            Vec::new()
        }
        (true, false) => marking(&mut b)?,
    };
    Some((first, Picture { reference, frame_num, idr_pic_id, order_low_bits, released }))
}

/// Reference picture list modification: short-term pictures only.
fn modification(b: &mut Bits) -> Option<()> {
    if b.bit()? == 0 {
        return Some(());
    }
    // The bits of the head are bounded, so the loop is.
    loop {
        match b.ue()? {
            0 | 1 => b.ue()?,
            3 => return Some(()),
            _ => return None,
        };
    }
}

/// Prediction weights.
fn weights(b: &mut Bits, counts: &[u32]) -> Option<()> {
    must(b.ue()? <= 7 && b.ue()? <= 7)?;
    for count in counts {
        for _ in 0..*count {
            for values in [2, 4] {
                if b.bit()? == 1 {
                    for _ in 0..values {
                        b.se()?;
                    }
                }
            }
        }
    }
    Some(())
}

/// Reference picture marking: a short-term picture may be given up. Long-term pictures and operation 5, after which
/// pictures are counted anew, are not allowed.
fn marking(b: &mut Bits) -> Option<Vec<u32>> {
    let mut released = Vec::new();
    if b.bit()? == 0 {
        return Some(released);
    }
    loop {
        match b.ue()? {
            0 => return Some(released),
            1 => released.push(b.ue()?),
            _ => return None,
        }
    }
}
