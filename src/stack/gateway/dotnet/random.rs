//! `Random`: .NET's own generator, so that a seed gives .NET's numbers.

/// Knuth's subtractive generator, as .NET has had it for every seed.
#[derive(Clone, Debug)]
pub(in crate::stack::gateway) struct Random {
    table: [i32; 56],
    next: usize,
    other: usize,
}

impl Random {
    /// `new Random(seed)`.
    pub(in crate::stack::gateway) fn new(seed: i32) -> Self {
        let mut table = [0_i32; 56];
        let mut last = 161_803_398_i32.wrapping_sub(seed.checked_abs().unwrap_or(i32::MAX));
        table[55] = last;
        let mut following = 1;
        for i in 1..55 {
            let at = 21 * i % 55;
            table[at] = following;
            following = last.wrapping_sub(following);
            if following < 0 {
                following = following.wrapping_add(i32::MAX);
            }
            last = table[at];
        }
        for _ in 1..5 {
            for i in 1..56 {
                table[i] = table[i].wrapping_sub(table[1 + (i + 30) % 55]);
                if table[i] < 0 {
                    table[i] = table[i].wrapping_add(i32::MAX);
                }
            }
        }
        Self { table, next: 0, other: 21 }
    }

    /// `Next()`: from 0 to below `int.MaxValue`.
    pub(in crate::stack::gateway) fn next(&mut self) -> i32 {
        let step = |at: usize| if at + 1 >= 56 { 1 } else { at + 1 };
        (self.next, self.other) = (step(self.next), step(self.other));
        let mut drawn = self.table[self.next].wrapping_sub(self.table[self.other]);
        if drawn == i32::MAX {
            drawn -= 1;
        }
        if drawn < 0 {
            drawn = drawn.wrapping_add(i32::MAX);
        }
        self.table[self.next] = drawn;
        drawn
    }

    /// `NextDouble()`: from 0 to below 1.
    pub(in crate::stack::gateway) fn next_double(&mut self) -> f64 {
        f64::from(self.next()) * (1.0 / f64::from(i32::MAX))
    }

    /// `Next(min, max)`: `max` itself is never drawn.
    pub(in crate::stack::gateway) fn between(&mut self, min: i32, max: i32) -> i32 {
        let range = i64::from(max) - i64::from(min);
        if range <= i64::from(i32::MAX) {
            return (self.next_double() * range as f64) as i32 + min;
        }
        let drawn = self.next();
        let drawn = if self.next() % 2 == 0 { -drawn } else { drawn };
        let share = (f64::from(drawn) + f64::from(i32::MAX - 1)) / (2.0 * f64::from(i32::MAX) - 1.0);
        ((share * range as f64) as i64 + i64::from(min)) as i32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_dot_nets_numbers() {
        assert_eq!(Random::new(0).next(), 1_559_595_546);
        let mut random = Random::new(42);
        assert_eq!(random.next(), 1_434_747_710);
        assert_eq!(Random::new(42).between(0, 100), 66);
        assert_eq!(Random::new(-42).next(), 1_434_747_710);
        let mut wide = Random::new(1);
        assert!((0..100).all(|_| wide.between(i32::MIN, i32::MAX) < i32::MAX));
    }
}
