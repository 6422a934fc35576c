//! Chance from a seed, as cheap as it gets.

/// `SplitMix64` (Steele, Lea, Flood: "Fast splittable pseudorandom number
/// generators", 2014): the same seed gives the same numbers everywhere.
pub(super) struct Dice(u64);

impl Dice {
    /// Seeds that stand next to each other give nothing alike.
    pub(super) fn new(seed: u64) -> Self {
        let mut dice = Self(seed ^ 0x5ea3_57e5_5bad_5eed);
        Self(dice.next().rotate_left(17) ^ seed)
    }

    /// The next 64 bits.
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, which is above 0.
    pub(super) fn below(&mut self, bound: u32) -> u32 {
        (((self.next() >> 32) * u64::from(bound)) >> 32) as u32
    }

    /// A number from `low` to `high`, both included.
    pub(super) fn within(&mut self, low: i64, high: i64) -> i64 {
        let span = i128::from(high) - i128::from(low) + 1;
        let more = (u128::from(self.next()) * span as u128) >> 64;
        (i128::from(low) + more as i128) as i64
    }

    /// One of some.
    pub(super) fn of<'s, T>(&mut self, some: &'s [T]) -> Option<&'s T> {
        if some.is_empty() { None } else { some.get(self.below(some.len() as u32) as usize) }
    }
}
