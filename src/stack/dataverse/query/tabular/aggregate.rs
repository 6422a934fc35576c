//! Aggregates of groups.

use std::collections::HashSet;

use super::super::bind::{Constant, Value, fold};
use super::super::cookie;

/// What is made of the values of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    /// Of rows, or of values that are something.
    Count,
    CountDistinct,
    Sum,
    Average,
    Minimum,
    Maximum,
}

impl Function {
    /// By any of its names, in small letters.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "count" | "countcolumn" | "$count" => Self::Count,
            "countdistinct" => Self::CountDistinct,
            "sum" => Self::Sum,
            "avg" | "average" => Self::Average,
            "min" => Self::Minimum,
            "max" => Self::Maximum,
            _ => return None,
        })
    }
}

/// An aggregate that is being made.
#[derive(Debug)]
pub(super) struct Running {
    function: Function,
    count: u64,
    whole: i128,
    fraction: f64,
    fractional: bool,
    best: Constant,
    seen: HashSet<String>,
}

impl Running {
    pub(super) fn new(function: Function) -> Self {
        let (best, seen) = (Constant::Null, HashSet::new());
        Self { function, count: 0, whole: 0, fraction: 0.0, fractional: false, best, seen }
    }

    /// A row, of which nothing is looked at.
    pub(super) fn row(&mut self) {
        self.count += 1;
    }

    /// A value; those that are nothing don't count.
    pub(super) fn value(&mut self, value: Value<'_>) {
        if value == Value::Null {
            return;
        }
        match self.function {
            Function::Count => self.count += 1,
            Function::CountDistinct => {
                if self.seen.insert(key(value)) {
                    self.count += 1;
                }
            }
            Function::Sum | Function::Average => {
                self.count += 1;
                match value {
                    Value::Integer(number) => self.whole += i128::from(number),
                    other => {
                        self.fraction += other.number().unwrap_or_default();
                        self.fractional = true;
                    }
                }
            }
            Function::Minimum => self.keep(value, std::cmp::Ordering::Less),
            Function::Maximum => self.keep(value, std::cmp::Ordering::Greater),
        }
    }

    fn keep(&mut self, value: Value<'_>, wanted: std::cmp::Ordering) {
        if self.best == Constant::Null || value.compare(self.best.value()) == Some(wanted) {
            self.best = owned(value);
        }
    }

    pub(super) fn done(self) -> Constant {
        let sum = self.whole as f64 + self.fraction;
        match self.function {
            Function::Count | Function::CountDistinct => whole(self.count.into()),
            Function::Sum | Function::Average if self.count == 0 => Constant::Null,
            Function::Sum if self.fractional => Constant::Float(sum),
            Function::Sum => whole(self.whole),
            Function::Average => Constant::Float(sum / self.count as f64),
            Function::Minimum | Function::Maximum => self.best,
        }
    }
}

fn whole(number: i128) -> Constant {
    Constant::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}

pub(super) fn owned(value: Value<'_>) -> Constant {
    match value {
        Value::Null => Constant::Null,
        Value::Bool(value) => Constant::Bool(value),
        Value::Integer(number) => Constant::Integer(number),
        Value::Float(number) => Constant::Float(number),
        Value::Text(text) => Constant::Text(text.into()),
        Value::Id(id) => Constant::Id(id),
        Value::Instant(at) => Constant::Instant(at),
    }
}

/// A text that is the same for values that are equal, and for no others of the
/// same kind.
pub(super) fn key(value: Value<'_>) -> String {
    match value {
        Value::Null => "\u{0}".to_owned(),
        Value::Integer(number) => (number as f64).to_string(),
        Value::Float(number) => number.to_string(),
        Value::Text(text) => fold(text).into_owned(),
        other => cookie::text(other).unwrap_or_default(),
    }
}
