//! Repeatable chance: the seed is printed, so that a failure can be run again.
#![allow(dead_code, reason = "shared by tests that need different parts of it")]

use std::env;

/// How often a random test is run: `PACKSEAL_FUZZ_ROUNDS` times as often as usual, for the soak.
pub fn rounds(usual: usize) -> usize {
    let factor = env::var("PACKSEAL_FUZZ_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(1);
    usual.saturating_mul(factor)
}

/// SplitMix64: small, repeatable, good enough to choose bytes to break.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// Seeded by `PACKSEAL_SEED`, else by a fixed number.
    pub fn new(what: &str) -> Self {
        Self::seeded(what, || 20_261_122)
    }

    /// Seeded by `PACKSEAL_SEED`, else by the clock: every run tries something else.
    pub fn by_the_clock(what: &str) -> Self {
        Self::seeded(what, || std::time::UNIX_EPOCH.elapsed().map_or(0, |t| t.as_micros() as u64))
    }

    fn seeded(what: &str, otherwise: impl FnOnce() -> u64) -> Self {
        let seed = env::var("PACKSEAL_SEED").ok().and_then(|n| n.parse().ok()).unwrap_or_else(otherwise);
        println!("{what}: PACKSEAL_SEED={seed}");
        Self(seed)
    }

    /// The generator of round `i`.
    pub fn at(&self, i: usize) -> Self {
        let mut random = Self(self.0 ^ (i as u64).wrapping_mul(0xd134_2543_de82_ef95));
        random.next();
        random
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }

    pub fn bytes(&mut self, n: usize) -> Vec<u8> {
        (0..n).map(|_| self.next() as u8).collect()
    }

    /// Changes a text or file in one of the ways that break parsers.
    pub fn change(&mut self, bytes: &mut Vec<u8>) {
        let at = self.below(bytes.len());
        let end = (at + 1 + self.below(40)).min(bytes.len());
        match self.below(8) {
            _ if bytes.is_empty() => bytes.push(self.next() as u8),
            0 => bytes[at] ^= 1 << self.below(8),
            1 => bytes[at] = self.next() as u8,
            2 => {
                bytes[at] =
                    *[0, 1, 0x7f, 0x80, 0xff, b'\n', b' ', b'-', b'0', b'9', b':'].get(self.below(11)).unwrap_or(&0)
            }
            3 => drop(bytes.drain(at..end)),
            4 => {
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
            5 => bytes.truncate(at),
            6 => bytes.insert(at, self.next() as u8),
            _ => {
                let from = self.below(bytes.len());
                let piece: Vec<u8> = bytes[from..].iter().copied().take(end - at).collect();
                bytes[at..at + piece.len().min(end - at)].copy_from_slice(&piece[..piece.len().min(end - at)]);
            }
        }
    }
}
