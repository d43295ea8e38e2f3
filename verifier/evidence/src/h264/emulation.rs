//! Start codes within NAL units (ITU-T H.264, 7.4.1): a player that looks for them must find the same units as one
//! that goes by their lengths.

/// Looks at the bytes of one unit as they come by.
#[derive(Debug, Default)]
pub(super) struct Emulation {
    zeros: u32,
    /// The bytes before are 00 00 03.
    escaped: bool,
}

/// Whether a word holds a byte that is 0.
fn has_zero(word: u64) -> bool {
    let ones = u64::from_ne_bytes([0x01; 8]);
    let highs = u64::from_ne_bytes([0x80; 8]);
    word.wrapping_sub(ones) & !word & highs != 0
}

impl Emulation {
    /// Takes the next bytes; false where the unit is none.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> bool {
        let mut rest = bytes;
        loop {
            // Coded pictures hold few zeros: eight bytes at a time without one.
            while self.zeros == 0
                && !self.escaped
                && let Some((word, more)) = rest.split_first_chunk::<8>()
                && !has_zero(u64::from_ne_bytes(*word))
            {
                rest = more;
            }
            let (some, more) = rest.split_at(rest.len().min(8));
            if some.is_empty() {
                return true;
            }
            if !some.iter().all(|&b| self.byte(b)) {
                return false;
            }
            rest = more;
        }
    }

    fn byte(&mut self, byte: u8) -> bool {
        let (zeros, escaped) = (self.zeros, self.escaped);
        self.escaped = zeros == 2 && byte == 3;
        self.zeros = if byte == 0 { zeros + 1 } else { 0 };
        if escaped { byte <= 3 } else { zeros < 2 || byte >= 3 }
    }

    /// Whether the unit may end here, and begins the next.
    pub(super) fn end(&mut self) -> bool {
        let whole = self.zeros == 0;
        *self = Self::default();
        whole
    }
}
