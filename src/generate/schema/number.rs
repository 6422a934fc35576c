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
    /// The lower bound's keyword, where one is declared.
    pub(super) lower: Option<&'static str>,
    /// The upper bound's keyword, where one is declared.
    pub(super) upper: Option<&'static str>,
    lo: i128,
    hi: i128,
    /// The bounds that hold, declared or implied.
    bounds: (Option<i128>, Option<i128>),
    /// Whether whole numbers are wrong.
    fraction: bool,
    /// Multiples of these are wrong.
    off_steps: Vec<i128>,
    /// `format: int32` or `format: float` or such.
    format: Option<String>,
}

/// Why there is no shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unfit {
    /// No number keeps the demands.
    Empty(String),
    /// It can't be computed here.
    OutOfReach(String),
}

/// What the keywords say about a number.
#[derive(Clone, Copy, Debug)]
pub(super) struct NumberDemands<'k> {
    /// The bounds, and under `multipleOf` a number or a list of them.
    pub(super) limits: &'k Map<String, Value>,
    /// Those that are declared and not only implied; none: all are.
    pub(super) said: Option<&'k [&'static str]>,
    /// Whether only whole numbers are right.
    pub(super) integer: bool,
    /// Whether whole numbers are wrong.
    pub(super) fraction: bool,
    /// Multiples of these are wrong.
    pub(super) off: &'k [&'k Number],
    /// `format`.
    pub(super) format: Option<&'k str>,
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
    /// The largest or smallest of a machine's whole numbers, or the next one.
    Machine(MachineEdge),
    /// Just outside below.
    UnderMin,
    /// Just outside above.
    OverMax,
    /// Between two multiples.
    OffStep,
}

/// Where whole numbers stop fitting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MachineEdge {
    /// -2^31.
    Int32Min,
    /// 2^31 - 1.
    Int32Max,
    /// 2^31.
    OverInt32,
    /// 2^53 - 1, the largest whole number that doubles count exactly.
    Safe,
    /// 2^53 + 1, which is no double.
    OverSafe,
    /// -2^63.
    Int64Min,
    /// 2^63 - 1.
    Int64Max,
}

impl MachineEdge {
    /// All of them.
    pub(super) const ALL: [Self; 7] =
        [Self::Int32Min, Self::Int32Max, Self::OverInt32, Self::Safe, Self::OverSafe, Self::Int64Min, Self::Int64Max];

    fn value(self) -> i128 {
        match self {
            Self::Int32Min => i128::from(i32::MIN),
            Self::Int32Max => i128::from(i32::MAX),
            Self::OverInt32 => i128::from(i32::MAX) + 1,
            Self::Safe => (1 << 53) - 1,
            Self::OverSafe => (1 << 53) + 1,
            Self::Int64Min => i128::from(i64::MIN),
            Self::Int64Max => i128::from(i64::MAX),
        }
    }
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
        if !(-18..=15).contains(&scale) || mantissa.abs() > MOST {
            return None;
        }
        if scale < 0 {
            return Some(Self { mantissa: mantissa.checked_mul(10_i128.pow(scale.unsigned_abs()))?, scale: 0 });
        }
        Some(Self { mantissa, scale: scale as u32 })
    }

    fn units(self, scale: u32) -> Option<i128> {
        self.mantissa.checked_mul(10_i128.pow(scale - self.scale)).filter(|units| units.abs() <= MOST)
    }
}

const DEFAULT_SPAN: i128 = 1_000_000;

/// Largest amount that is computed with: what is added to it stays far from
/// the end of the type.
const MOST: i128 = 10_i128.pow(32);

impl NumberShape {
    /// From the keywords; the reason where no number keeps them.
    pub(super) fn compile(demands: &NumberDemands<'_>) -> Result<Self, Unfit> {
        let multiples = read_multiples(demands.limits)?;
        let off: Vec<Decimal> = demands.off.iter().filter_map(|n| Decimal::read(n)).collect();
        let bound = |keyword: &str| read_bound(demands.limits, keyword);
        let (min, above) = (bound("minimum")?, bound("exclusiveMinimum")?);
        let (max, below) = (bound("maximum")?, bound("exclusiveMaximum")?);
        let declared = [min, above, max, below].into_iter().flatten();
        let mut scale = declared.chain(multiples.iter().chain(&off).copied()).map(|d| d.scale).max().unwrap_or(0);
        if !demands.integer && multiples.is_empty() {
            scale += 2;
        }
        let far = || Unfit::OutOfReach("its numbers are too large to be exact".to_owned());
        let units = |d: Decimal| d.units(scale).ok_or_else(far);
        let mut step = if demands.integer { 10_i128.pow(scale) } else { 1 };
        for multiple in &multiples {
            step = lcm(units(*multiple)?.max(1), step).filter(|s| *s <= MOST).ok_or_else(far)?;
        }
        let exact = |d: Option<Decimal>| d.map(units).transpose();
        let lower = tighter(exact(min)?, exact(above)?, ["minimum", "exclusiveMinimum"], i128::gt);
        let upper = tighter(exact(max)?, exact(below)?, ["maximum", "exclusiveMaximum"], i128::lt);
        let off_steps = off.iter().map(|d| units(*d)).collect::<Result<Vec<_>, _>>()?;
        let said = |bound: Bound| bound.map(|b| b.2).filter(|name| demands.said.is_none_or(|s| s.contains(name)));
        let lo = lower.map(|(b, open, _)| if open { next_above(b, step) } else { ceil(b, step) });
        let hi = upper.map(|(b, open, _)| if open { -next_above(-b, step) } else { -ceil(-b, step) });
        let mut shape = Self {
            integer: demands.integer,
            scale,
            step,
            multiple: !multiples.is_empty(),
            lower: said(lower),
            upper: said(upper),
            lo: 0,
            hi: 0,
            bounds: (lo, hi),
            fraction: demands.fraction,
            off_steps,
            format: demands.format.map(str::to_owned),
        };
        shape.span()?;
        Ok(shape)
    }

    /// Fills in the range that values are drawn from.
    fn span(&mut self) -> Result<(), Unfit> {
        let (lo, hi) = self.bounds;
        let (step, whole) = (self.step, 10_i128.pow(self.scale));
        let (span_lo, span_hi) = format_span(self.format.as_deref(), whole);
        let lo_default = ceil(hi.map_or(span_lo, |h| span_lo.min(h - DEFAULT_SPAN * step)), step);
        let hi_default = -ceil(-lo.map_or(span_hi, |l| span_hi.max(l + DEFAULT_SPAN * step)), step);
        (self.lo, self.hi) = (lo.unwrap_or(lo_default), hi.unwrap_or(hi_default));
        if self.lo > self.hi {
            return Err(Unfit::Empty("no number lies within its bounds".to_owned()));
        }
        if self.off_steps.iter().any(|off| step % off == 0) || (self.fraction && step % whole == 0) {
            return Err(Unfit::Empty("every number within its bounds is a wrong multiple".to_owned()));
        }
        Ok(())
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

    fn is_off(&self, units: i128) -> bool {
        (self.fraction && units % 10_i128.pow(self.scale) == 0) || self.off_steps.iter().any(|off| units % off == 0)
    }

    /// Some number within: small ones and edges are likelier. None where all
    /// tries hit a wrong multiple.
    pub(super) fn draw(&self, rng: &mut impl Rng) -> Option<Value> {
        let (first, last) = (self.lo / self.step, self.hi / self.step);
        let near = 0_i128.clamp(first, last);
        for _ in 0..64 {
            let multiple = match rng.random_range(0..20) {
                0 => first,
                1 => last,
                2 => near,
                3..=9 => (near + rng.random_range(-100..=100)).clamp(first, last),
                10..=13 => (near + rng.random_range(-10_000..=10_000)).clamp(first, last),
                _ => rng.random_range(first..=last),
            };
            if !self.is_off(multiple * self.step) {
                return Some(self.value(multiple * self.step, self.scale));
            }
        }
        None
    }

    /// The number at an edge; none where there is none.
    pub(super) fn at(&self, edge: Edge) -> Option<Value> {
        let units = match edge {
            Edge::Min => self.lo,
            Edge::Max => self.hi,
            Edge::AboveMin => self.lo + self.step,
            Edge::BelowMax => self.hi - self.step,
            Edge::Zero => 0,
            Edge::Machine(machine) => machine.value() * 10_i128.pow(self.scale),
            Edge::UnderMin => self.lower.map(|_| self.lo - self.step)?,
            Edge::OverMax => self.upper.map(|_| self.hi + self.step)?,
            Edge::OffStep => return self.off_step(),
        };
        if let Edge::Machine(machine) = edge {
            let (lo, hi) = self.bounds;
            let narrow = self.format.as_deref() == Some("int32") && !(self.lo..=self.hi).contains(&units);
            let inside = lo.is_none_or(|lo| lo <= units) && hi.is_none_or(|hi| units <= hi);
            let right = self.integer && inside && !narrow && units % self.step == 0 && !self.is_off(units);
            return right.then(|| self.value(machine.value(), 0));
        }
        if matches!(edge, Edge::UnderMin | Edge::OverMax) {
            return Some(self.value(units, self.scale));
        }
        ((self.lo..=self.hi).contains(&units) && !self.is_off(units)).then(|| self.value(units, self.scale))
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
            let large = || u64::try_from(whole).map_or_else(|_| Value::from(whole as f64), Value::from);
            return i64::try_from(whole).map_or_else(|_| large(), Value::from);
        }
        let sign = if units < 0 { "-" } else { "" };
        let (whole, fraction) = (units.abs() / power, units.abs() % power);
        let text = format!("{sign}{whole}.{fraction:0width$}", width = scale as usize);
        Value::from(text.parse::<f64>().expect("a decimal fraction is a number"))
    }
}

fn read_multiples(limits: &Map<String, Value>) -> Result<Vec<Decimal>, Unfit> {
    let list = match limits.get("multipleOf") {
        Some(Value::Array(list)) => list.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    };
    let numbers = list.iter().filter_map(|v| if let Value::Number(n) = v { Some(n) } else { None });
    let read =
        |n: &Number| Decimal::read(n).ok_or_else(|| Unfit::OutOfReach(format!("`multipleOf: {n}` is out of reach")));
    numbers.map(read).collect()
}

/// A bound; one that lies further out than any number that is made is none.
fn read_bound(limits: &Map<String, Value>, keyword: &str) -> Result<Option<Decimal>, Unfit> {
    let Some(Value::Number(number)) = limits.get(keyword) else { return Ok(None) };
    let read = Decimal::read(number);
    let value = number.as_f64().unwrap_or(0.0);
    let lower = keyword == "minimum" || keyword == "exclusiveMinimum";
    match read {
        Some(read) => Ok(Some(read)),
        None if value.abs() > 1e30 && (value < 0.0) == lower => Ok(None),
        // Closer to zero than anything that is made.
        None if value.abs() < 1e-12 => Ok(Some(Decimal { mantissa: 0, scale: 0 })),
        None => Err(Unfit::OutOfReach(format!("`{keyword}: {number}` is out of reach"))),
    }
}

type Bound = Option<(i128, bool, &'static str)>;

/// The tighter of an inclusive and an exclusive bound.
fn tighter(
    inclusive: Option<i128>,
    exclusive: Option<i128>,
    [name, exclusive_name]: [&'static str; 2],
    inner: fn(&i128, &i128) -> bool,
) -> Bound {
    let inclusive = inclusive.map(|units| (units, false, name));
    let exclusive = exclusive.map(|units| (units, true, exclusive_name));
    match (inclusive, exclusive) {
        (Some(a), Some(b)) => Some(if inner(&a.0, &b.0) { a } else { b }),
        (a, b) => a.or(b),
    }
}

/// The range of an undeclared bound: `format` says more than nothing.
fn format_span(format: Option<&str>, whole: i128) -> (i128, i128) {
    match format {
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

fn lcm(a: i128, b: i128) -> Option<i128> {
    let (mut x, mut y) = (a, b);
    while y != 0 {
        (x, y) = (y, x % y);
    }
    (a / x).checked_mul(b)
}

#[cfg(test)]
#[path = "number_tests.rs"]
mod tests;
