//! The head of a slice (ITU-T H.264, 7.3.3), as far as it tells pictures apart.

use super::{
    bits::Bits,
    nal,
    sets::{ParameterSets, PictureOrder},
};

/// How many bytes of a slice hold all that is read here: at most 4 Exp-Golomb codes of 63 bits and 34 more bits,
/// with emulation prevention; 64 is more than that.
pub(super) const HEAD: usize = 64;

/// What the slices of one picture have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Picture {
    pub(super) reference: bool,
    frame_num: u32,
    idr_pic_id: Option<u32>,
    pub(super) order_low_bits: Option<u32>,
}

/// First macroblock and picture of a slice, of whose NAL unit this is the beginning.
pub(super) fn parse(nal: &[u8], sets: &ParameterSets) -> Option<(u32, Picture)> {
    let header = *nal.first()?;
    let idr = header & 0x1f == nal::IDR;
    let reference = header & 0x60 != 0;
    let mut b = Bits::of_nal(nal);
    let first = b.ue()?;
    let kind = b.ue().filter(|&t| t <= 9)?;
    (b.ue()? == 0).then_some(())?; // pic_parameter_set_id
    let frame_num = b.bits(sets.frame_num_bits)?;
    let idr_pic_id = if idr { Some(b.ue()?) } else { None };
    let order_low_bits = match sets.order {
        PictureOrder::LowBits(n) => Some(b.bits(n)?),
        PictureOrder::AsDecoded => None,
    };
    if idr {
        // An I slice has nothing between here and dec_ref_pic_marking.
        let intra = kind % 5 == 2;
        let keeps_output = b.bits(2)? == 0; // no_output_of_prior_pics, long_term_reference
        (intra && reference && frame_num == 0 && keeps_output).then_some(())?;
    }
    Some((first, Picture { reference, frame_num, idr_pic_id, order_low_bits }))
}
