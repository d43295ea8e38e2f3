//! Start codes within NAL units (ITU-T H.264, 7.4.1): a player that looks for them must find the same units as one
//! that goes by their lengths.

/// Looks at the bytes of one unit as they come by.
#[derive(Debug, Default)]
pub(super) struct Emulation {
    zeros: u32,
    /// The bytes before are 00 00 03.
    escaped: bool,
}

/// How many bytes are looked at together; the compiler makes vector instructions of it.
const BLOCK: usize = 128;

/// Whether two bytes that are 0 follow each other among these.
fn has_zeros(block: &[u8; BLOCK + 1]) -> bool {
    let pairs = block[..BLOCK].iter().zip(&block[1..]);
    pairs.fold(u8::MAX, |least, (a, b)| least.min(a | b)) == 0
}

impl Emulation {
    /// Takes the next bytes; false where the unit is none.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> bool {
        let mut rest = bytes;
        loop {
            // Two zeros are rare: as long as there are none, there is nothing to judge. A block is looked at with the
            // byte behind it.
            while let Some((block, _)) = rest.split_first_chunk::<{ BLOCK + 1 }>()
                && !self.escaped
                && (self.zeros == 0 || self.zeros == 1 && block[0] != 0)
                && !has_zeros(block)
            {
                self.zeros = u32::from(block[BLOCK - 1] == 0);
                rest = &rest[BLOCK..];
            }
            let (some, more) = rest.split_at(rest.len().min(BLOCK));
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

#[cfg(test)]
mod tests {
    use super::*;

    /// What ITU-T H.264, 7.3.1, allows, written down as it stands there.
    fn allowed(unit: &[u8]) -> bool {
        let starts = unit.windows(3).any(|w| matches!(w, [0, 0, 0..=2]));
        let escapes = unit.windows(4).all(|w| !w.starts_with(&[0, 0, 3]) || w[3] <= 3);
        !starts && escapes
    }

    #[test]
    fn blocks_and_cuts_change_nothing() {
        let mut seed = 1_u64;
        let mut next = |n: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) as usize % n
        };
        let mut told = [0, 0];
        for _ in 0..20_000 {
            // Few zeros in long units, so that whole blocks are without and what matters stands anywhere.
            let zeros = [3, 20, 100][next(3)];
            let unit: Vec<u8> =
                (0..next(600)).map(|_| if next(zeros) < 2 { 0 } else { [1, 2, 3, 3, 4, 9][next(6)] }).collect();
            let mut emulation = Emulation::default();
            let (first, second) = unit.split_at(next(unit.len() + 1));
            let fits = emulation.feed(first) && emulation.feed(second);
            assert_eq!(fits, allowed(&unit), "{unit:?}");
            told[usize::from(fits)] += 1;
        }
        assert!(told.iter().all(|&n| n > 1000), "{told:?}");
    }
}
