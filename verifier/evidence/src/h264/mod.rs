//! H.264 (ITU-T H.264), as far as it decides what a player shows (FORMAT.md, section 1.3).

mod bits;
mod emulation;
mod sample;
mod sets;
mod slice;

pub use sample::Walker;
pub use sets::ParameterSets;

/// Type of a NAL unit.
mod nal {
    pub(super) const SLICE: u8 = 1;
    pub(super) const IDR: u8 = 5;
    pub(super) const SEI: u8 = 6;
    pub(super) const SPS: u8 = 7;
    pub(super) const PPS: u8 = 8;
    pub(super) const DELIMITER: u8 = 9;
}

#[cfg(test)]
mod tests;
