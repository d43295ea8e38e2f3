//! Repeatable chance: the seed is printed, and `PACKSEAL_SEED` sets it.
#![allow(dead_code)]

/// SplitMix64.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// Seeded by `PACKSEAL_SEED`, else by the clock: every run tries other moments.
    pub fn new(what: &str) -> Self {
        let clock = || std::time::UNIX_EPOCH.elapsed().map_or(0, |t| t.as_micros() as u64);
        let seed = std::env::var("PACKSEAL_SEED").ok().and_then(|n| n.parse().ok()).unwrap_or_else(clock);
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

    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n.max(1)
    }
}
