//! Numbers as whole multiples of a decimal unit, so that bounds and
//! `multipleOf` are exact.

use rand::Rng;
use serde_json::{Map, Number, Value};

/// What is demanded of a number. All amounts are in units of `10^-scale`.
#[derive(Debug)]
pub(super) struct NumberShape {
    /// Whether only whole numbers are right.
    pub(super) integer: bool,
    scale: u32,
    step: i128,
    /// Whether `multipleOf` is declared.
    pub(super) multiple: bool,
    /// The lower bound's keyword, where there is one.
    pub(super) lower: Option<&'static str>,
    /// The upper bound's keyword, where there is one.
    pub(super) upper: Option<&'static str>,
    lo: i128,
    hi: i128,
    /// Whether whole numbers are wrong.
    fraction: bool,
    /// Multiples of these are wrong.
    off_steps: Vec<i128>,
}

/// A place on the range that a boundary or violating value takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Edge {
    /// The smallest.
    Min,
    /// The next one.
    AboveMin,
    /// The one before the largest.
    BelowMax,
    /// The largest.
    Max,
    /// Zero.
    Zero,
    /// Just outside below.
    UnderMin,
    /// Just outside above.
    OverMax,
    /// Between two multiples.
    OffStep,
}

/// A decimal fraction: `mantissa · 10^-scale`.
#[derive(Clone, Copy)]
struct Decimal {
    mantissa: i128,
    scale: u32,
}

impl Decimal {
    fn read(number: &Number) -> Option<Self> {
        let text = number.to_string().to_ascii_lowercase();
        let (digits, exponent) = text.split_once('e').map_or((text.as_str(), 0), |(d, e)| (d, e.parse().unwrap_or(99)));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let fraction = fraction.trim_end_matches('0');
        let mantissa: i128 = format!("{whole}{fraction}").parse().ok()?;
        let scale = fraction.len() as i32 - exponent;
        if !(-18..=12).contains(&scale) {
            return None;
        }
        if scale < 0 {
            return Some(Self { mantissa: mantissa.checked_mul(10_i128.pow(scale.unsigned_abs()))?, scale: 0 });
        }
        Some(Self { mantissa, scale: scale as u32 })
    }

    fn units(self, scale: u32) -> i128 {
        self.mantissa * 10_i128.pow(scale - self.scale)
    }
}

const DEFAULT_SPAN: i128 = 1_000_000;

impl NumberShape {
    /// From the keywords; the reason where no number keeps them.
    pub(super) fn compile(schema: &Map<String, Value>, integer: bool) -> Result<Self, String> {
        let read = |keyword: &str| match schema.get(keyword) {
            Some(Value::Number(number)) => {
                Decimal::read(number).map(Some).ok_or_else(|| format!("`{keyword}: {number}` is out of reach"))
            }
            _ => Ok(None),
        };
        let (min, above) = (read("minimum")?, read("exclusiveMinimum")?);
        let (max, below) = (read("maximum")?, read("exclusiveMaximum")?);
        let multiple = read("multipleOf")?;
        let declared = [min, above, max, below, multiple];
        let mut scale = declared.iter().flatten().map(|d| d.scale).max().unwrap_or(0);
        if !integer && multiple.is_none() {
            scale += 2;
        }
        let whole = if integer { 10_i128.pow(scale) } else { 1 };
        let step = multiple.map_or(whole, |m| lcm(m.units(scale).max(1), whole));
        let lower = tighter(min, above, scale, "minimum", "exclusiveMinimum", i128::gt);
        let upper = tighter(max, below, scale, "maximum", "exclusiveMaximum", i128::lt);
        let (span_lo, span_hi) = format_span(schema, 10_i128.pow(scale));
        let lo = lower.map(|(b, open, _)| if open { next_above(b, step) } else { ceil(b, step) });
        let hi = upper.map(|(b, open, _)| if open { -next_above(-b, step) } else { -ceil(-b, step) });
        let lo_default = ceil(hi.map_or(span_lo, |h| span_lo.min(h - DEFAULT_SPAN * step)), step);
        let hi_default = -ceil(-lo.map_or(span_hi, |l| span_hi.max(l + DEFAULT_SPAN * step)), step);
        let (lo, hi) = (lo.unwrap_or(lo_default), hi.unwrap_or(hi_default));
        if lo > hi {
            return Err("no number lies within its bounds".to_owned());
        }
        Ok(Self {
            integer,
            scale,
            step,
            multiple: multiple.is_some(),
            lower: lower.map(|l| l.2),
            upper: upper.map(|u| u.2),
            lo,
            hi,
            fraction: false,
            off_steps: Vec::new(),
        })
    }

    /// Whether every multiple of the step within the bounds is right.
    pub(super) fn is_plain(&self) -> bool {
        !self.fraction && self.off_steps.is_empty()
    }

    /// The multiples of the step that lie within: the first, the last, the
    /// step and the scale.
    pub(super) fn multiples(&self) -> (i128, i128, i128, u32) {
        (self.lo / self.step, self.hi / self.step, self.step, self.scale)
    }

    /// Some number within: small ones and edges are likelier.
    pub(super) fn draw(&self, rng: &mut impl Rng) -> Value {
        let (first, last) = (self.lo / self.step, self.hi / self.step);
        let near = 0_i128.clamp(first, last);
        let multiple = match rng.random_range(0..20) {
            0 => first,
            1 => last,
            2 => near,
            3..=9 => (near + rng.random_range(-100..=100)).clamp(first, last),
            10..=13 => (near + rng.random_range(-10_000..=10_000)).clamp(first, last),
            _ => rng.random_range(first..=last),
        };
        self.value(multiple * self.step, self.scale)
    }

    /// The number at an edge; none where there is none.
    pub(super) fn at(&self, edge: Edge) -> Option<Value> {
        let units = match edge {
            Edge::Min => self.lo,
            Edge::Max => self.hi,
            Edge::AboveMin => self.lo + self.step,
            Edge::BelowMax => self.hi - self.step,
            Edge::Zero => 0,
            Edge::UnderMin => self.lower.map(|_| self.lo - self.step)?,
            Edge::OverMax => self.upper.map(|_| self.hi + self.step)?,
            Edge::OffStep => return self.off_step(),
        };
        let inside = (self.lo..=self.hi).contains(&units);
        (inside != matches!(edge, Edge::UnderMin | Edge::OverMax)).then(|| self.value(units, self.scale))
    }

    fn off_step(&self) -> Option<Value> {
        if !self.multiple {
            return None;
        }
        let whole = 10_i128.pow(self.scale);
        if self.integer {
            let units = if self.lo + whole <= self.hi { self.lo + whole } else { self.lo - whole };
            return (units % self.step != 0).then(|| self.value(units, self.scale));
        }
        let half = self.step * 5;
        let units = if self.lo * 10 + half <= self.hi * 10 { self.lo * 10 + half } else { self.lo * 10 - half };
        Some(self.value(units, self.scale + 1))
    }

    #[expect(clippy::unused_self, reason = "reads as what the shape makes of its units")]
    fn value(&self, units: i128, scale: u32) -> Value {
        let power = 10_i128.pow(scale);
        if units % power == 0 {
            let whole = units / power;
            return i64::try_from(whole).map_or_else(|_| Value::from(whole as f64), Value::from);
        }
        let sign = if units < 0 { "-" } else { "" };
        let (whole, fraction) = (units.abs() / power, units.abs() % power);
        let text = format!("{sign}{whole}.{fraction:0width$}", width = scale as usize);
        Value::from(text.parse::<f64>().expect("a decimal fraction is a number"))
    }
}

type Bound = Option<(i128, bool, &'static str)>;

/// The tighter of an inclusive and an exclusive bound.
fn tighter(
    inclusive: Option<Decimal>,
    exclusive: Option<Decimal>,
    scale: u32,
    name: &'static str,
    exclusive_name: &'static str,
    inner: fn(&i128, &i128) -> bool,
) -> Bound {
    let inclusive = inclusive.map(|d| (d.units(scale), false, name));
    let exclusive = exclusive.map(|d| (d.units(scale), true, exclusive_name));
    match (inclusive, exclusive) {
        (Some(a), Some(b)) => Some(if inner(&a.0, &b.0) { a } else { b }),
        (a, b) => a.or(b),
    }
}

/// The range of an undeclared bound: `format` says more than nothing.
fn format_span(schema: &Map<String, Value>, whole: i128) -> (i128, i128) {
    match schema.get("format").and_then(Value::as_str) {
        Some("int32") => (i128::from(i32::MIN) * whole, i128::from(i32::MAX) * whole),
        _ => (-DEFAULT_SPAN * whole, DEFAULT_SPAN * whole),
    }
}

fn ceil(value: i128, step: i128) -> i128 {
    -(-value).div_euclid(step) * step
}

fn next_above(value: i128, step: i128) -> i128 {
    value.div_euclid(step) * step + step
}

fn lcm(a: i128, b: i128) -> i128 {
    let (mut x, mut y) = (a, b);
    while y != 0 {
        (x, y) = (y, x % y);
    }
    a / x * b
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shape(schema: &Value, integer: bool) -> NumberShape {
        NumberShape::compile(schema.as_object().expect("an object"), integer).expect("satisfiable")
    }

    #[test]
    fn edges_of_a_decimal_range() {
        let amount = shape(&json!({"exclusiveMinimum": 0, "maximum": 1_000_000, "multipleOf": 0.01}), false);
        assert_eq!(amount.at(Edge::Min), Some(json!(0.01)));
        assert_eq!(amount.at(Edge::Max), Some(json!(1_000_000)));
        assert_eq!(amount.at(Edge::UnderMin), Some(json!(0)));
        assert_eq!(amount.at(Edge::OverMax), Some(json!(1_000_000.01)));
        assert_eq!(amount.at(Edge::OffStep), Some(json!(0.015)));
        assert_eq!((amount.lower, amount.upper), (Some("exclusiveMinimum"), Some("maximum")));
    }

    #[test]
    fn edges_of_an_integer_range() {
        let limit = shape(&json!({"minimum": -7.5, "maximum": 20, "multipleOf": 5}), true);
        assert_eq!(limit.at(Edge::Min), Some(json!(-5)));
        assert_eq!(limit.at(Edge::UnderMin), Some(json!(-10)));
        assert_eq!(limit.at(Edge::OverMax), Some(json!(25)));
        assert_eq!(limit.at(Edge::OffStep), Some(json!(-4)));
        assert_eq!(limit.at(Edge::Zero), Some(json!(0)));
        assert!(
            NumberShape::compile(json!({"minimum": 1, "maximum": 4, "multipleOf": 5}).as_object().expect("o"), true)
                .is_err()
        );
    }
}
