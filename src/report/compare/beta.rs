//! The distributions that intervals are made of: beta, Student's t, normal.

/// The logarithm of the gamma function for a positive argument (Lanczos, g = 7,
/// nine terms: 15 digits).
fn ln_gamma(x: f64) -> f64 {
    const TERMS: [f64; 8] = [
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    let x = x - 1.0;
    let sum: f64 = TERMS.iter().enumerate().map(|(i, term)| term / (x + i as f64 + 1.0)).sum();
    let t = x + 7.5;
    0.5 * (2.0 * std::f64::consts::PI).ln() + (x + 0.5) * t.ln() - t + (sum + 0.999_999_999_999_809_9).ln()
}

/// The regularised incomplete beta function: the chance that a value of the
/// beta distribution with `a` and `b` is at most `x`.
pub(super) fn beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    let front = (ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * (-x).ln_1p()).exp();
    if x < (a + 1.0) / (a + b + 2.0) {
        front * fraction(a, b, x) / a
    } else {
        1.0 - front * fraction(b, a, 1.0 - x) / b
    }
}

/// Its continued fraction, by Lentz's method.
fn fraction(a: f64, b: f64, x: f64) -> f64 {
    let away = |value: f64| if value.abs() < 1e-300 { 1e-300 } else { value };
    let (mut above, mut below) = (1.0, 1.0 / away(1.0 - (a + b) * x / (a + 1.0)));
    let mut value = below;
    for step in 1..10_000 {
        let m = f64::from(step);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        for term in [even, odd] {
            below = 1.0 / away(1.0 + term * below);
            above = away(1.0 + term / above);
            value *= below * above;
        }
        if (below * above - 1.0).abs() < 1e-14 {
            break;
        }
    }
    value
}

/// The chance that Student's t with `freedom` lies above `t`, for a positive
/// `t`.
fn t_above(t: f64, freedom: f64) -> f64 {
    0.5 * beta(freedom / 2.0, 0.5, freedom / (freedom + t * t))
}

/// The value that Student's t exceeds in the share `tail` of all cases.
pub(super) fn t_beyond(tail: f64, freedom: f64) -> f64 {
    bisect(0.0, 30.0, |log| t_above(log.exp_m1(), freedom) > tail).exp_m1()
}

/// The value that a normal one exceeds in the share `tail` of all cases.
pub(super) fn normal_beyond(tail: f64) -> f64 {
    bisect(0.0, 40.0, |z| normal_above(z) > tail)
}

/// The share of all cases in which a normal value exceeds a positive `z` (the
/// approximation of Press and others, 7 digits).
pub(super) fn normal_above(z: f64) -> f64 {
    const TERMS: [f64; 10] = [
        0.170_872_77,
        -0.822_152_23,
        1.488_515_87,
        -1.135_203_98,
        0.278_868_07,
        -0.186_288_06,
        0.096_784_18,
        0.374_091_96,
        1.000_023_68,
        -1.265_512_23,
    ];
    let t = 1.0 / (1.0 + 0.5 * z / std::f64::consts::SQRT_2);
    let sum = TERMS.iter().fold(0.0, |sum, term| sum * t + term);
    0.5 * t * (sum - z * z / 2.0).exp()
}

/// The edge up to which `holds` does; it holds at the low end.
pub(super) fn bisect(mut low: f64, mut high: f64, holds: impl Fn(f64) -> bool) -> f64 {
    while high - low > 1e-9 * (1.0 + low) {
        let middle = 0.5 * (low + high);
        if holds(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(value: f64, wanted: f64) {
        assert!((value - wanted).abs() < 1e-4 * wanted.abs().max(1e-9), "{value}, not {wanted}");
    }

    #[test]
    fn values_of_the_tables_in_books() {
        near(ln_gamma(10.0), 362_880_f64.ln());
        near(beta(2.0, 3.0, 0.5), 0.6875);
        // P(Bin(10, 0.3) >= 4)
        near(beta(4.0, 7.0, 0.3), 0.350_389_3);
        near(t_beyond(0.025, 9.0), 2.262_157);
        near(t_beyond(0.0005, 3.0), 12.923_98);
        near(normal_beyond(0.025), 1.959_964);
        near(normal_above(4.0), 3.167_1e-5);
    }
}
