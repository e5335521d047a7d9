//! Numbers that follow from a seed: SplitMix64 (Steele, Lea, Flood 2014).

/// A small generator; equal seeds give equal numbers, on every machine.
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Returns a number in `0.0..1.0`.
    pub(super) fn unit(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1u32 << 24) as f32
    }

    /// Returns a number between `low` and `high`.
    pub(super) fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    /// Returns a whole number below `count`, or 0.
    pub(super) const fn below(&mut self, count: usize) -> usize {
        if count == 0 { 0 } else { (self.next() % count as u64) as usize }
    }

    /// Says yes with this probability.
    pub(super) fn chance(&mut self, probability: f32) -> bool {
        self.unit() < probability
    }

    /// Returns a number of about the standard normal distribution.
    pub(super) fn normal(&mut self) -> f32 {
        // The sum of four uniform numbers has a variance of a third.
        let bits = self.next();
        let sum: u32 = [bits, bits >> 16, bits >> 32, bits >> 48].iter().map(|part| u32::from(*part as u16)).sum();
        (sum as f32 / 65_536.0 - 2.0) * 1.732
    }
}
