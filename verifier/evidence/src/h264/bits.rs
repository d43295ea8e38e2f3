//! Bits of a NAL unit, emulation prevention removed; bounded, never past the end.

/// A reader of bits. Every read answers `None` behind the end.
pub(super) struct Bits {
    bytes: Vec<u8>,
    at: usize,
}

impl Bits {
    /// The payload of a NAL unit behind its header byte, without emulation prevention bytes.
    pub(super) fn of_nal(nal: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(nal.len());
        let mut zeros = 0;
        for &b in nal.iter().skip(1) {
            if zeros >= 2 && b == 3 {
                zeros = 0;
                continue;
            }
            zeros = if b == 0 { zeros + 1 } else { 0 };
            bytes.push(b);
        }
        Self { bytes, at: 0 }
    }

    pub(super) fn bit(&mut self) -> Option<u32> {
        let byte = self.bytes.get(self.at / 8)?;
        let bit = byte >> (7 - self.at % 8) & 1;
        self.at += 1;
        Some(u32::from(bit))
    }

    /// `n` ≤ 32 bits, first one highest.
    pub(super) fn bits(&mut self, n: u32) -> Option<u32> {
        let mut value = 0;
        for _ in 0..n {
            value = value << 1 | self.bit()?;
        }
        Some(value)
    }

    /// Exp-Golomb, unsigned.
    pub(super) fn ue(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while self.bit()? == 0 {
            zeros += 1;
            if zeros > 31 {
                return None;
            }
        }
        Some((1_u32 << zeros) - 1 + self.bits(zeros)?)
    }

    /// Exp-Golomb, signed.
    pub(super) fn se(&mut self) -> Option<i32> {
        let code = i64::from(self.ue()?);
        i32::try_from(if code % 2 == 1 { (code + 1) / 2 } else { -code / 2 }).ok()
    }

    /// Whether more stands before the stop bit.
    pub(super) fn more(&self) -> bool {
        let last = self.bytes.iter().rposition(|&b| b != 0);
        last.is_some_and(|i| self.at < i * 8 + 7 - self.bytes[i].trailing_zeros() as usize)
    }

    /// The stop bit and nothing but zeros up to the end of its byte, which is the last one.
    pub(super) fn ends(&mut self) -> Option<()> {
        let stop = self.bit()? == 1;
        while !self.at.is_multiple_of(8) {
            if self.bit()? == 1 {
                return None;
            }
        }
        (stop && self.at / 8 == self.bytes.len()).then_some(())
    }
}
