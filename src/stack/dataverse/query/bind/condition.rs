//! A condition on rows, and whether a row meets it.

use smallvec::SmallVec;

use super::super::super::schema::{Property, Reach};
use super::super::super::store::Row;
use super::super::syntax::Comparison;
use super::super::view::{Scope, View};
use super::constant::{Constant, Kind, Value, fold};

/// From a row to the one that a single-valued navigation property leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::stack::dataverse::query) struct Step {
    pub(in crate::stack::dataverse::query) reach: Reach,
}

/// A property of a row, or of one that can be reached from it.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::stack::dataverse::query) struct Field {
    /// Which of the rows that are looked at together.
    pub(in crate::stack::dataverse::query) source: usize,
    pub(in crate::stack::dataverse::query) steps: SmallVec<[Step; 1]>,
    /// The table of the last row.
    pub(in crate::stack::dataverse::query) table: usize,
    pub(in crate::stack::dataverse::query) property: Property,
    pub(in crate::stack::dataverse::query) kind: Kind,
}

/// How a text is looked for.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::stack::dataverse::query) enum How {
    Contains,
    Starts,
    Ends,
    /// `%` is any text, `_` any character.
    Like,
}

/// A condition. Where a value is nothing it may be neither true nor false;
/// only what is true is given.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::stack::dataverse::query) enum Condition {
    Always(bool),
    Compare(Field, Comparison, Constant),
    Fields(Field, Comparison, Field),
    /// One of these, in their order.
    OneOf(Field, Vec<Constant>),
    /// The text is folded.
    Text(Field, How, Box<str>),
    /// One of these numbers of a choice of many.
    Choices(Field, Vec<i64>),
    /// Of the rows that a collection-valued navigation property of the row at
    /// the end of the steps leads to, one (`every`: each) meets the condition.
    Lambda {
        steps: SmallVec<[Step; 1]>,
        reach: Reach,
        every: bool,
        body: Option<Box<Condition>>,
    },
    And(Vec<Condition>),
    Or(Vec<Condition>),
    Not(Box<Condition>),
}

impl Condition {
    /// Whether the rows meet it; `None` where that can't be said, since a value
    /// is nothing.
    pub(in crate::stack::dataverse::query) fn holds(&self, view: View<'_>, scope: Scope<'_, '_>) -> Option<bool> {
        match self {
            Self::Always(answer) => Some(*answer),
            Self::And(parts) => all(parts.iter().map(|part| part.holds(view, scope))),
            Self::Or(parts) => all(parts.iter().map(|part| part.holds(view, scope).map(|h| !h))).map(|none| !none),
            Self::Not(inner) => inner.holds(view, scope).map(|holds| !holds),
            Self::Compare(field, comparison, constant) => {
                compare(view.value(field, scope), *comparison, constant.value())
            }
            Self::Fields(left, comparison, right) => {
                compare(view.value(left, scope), *comparison, view.value(right, scope))
            }
            Self::OneOf(field, constants) => match view.value(field, scope) {
                Value::Null => None,
                value => Some(constants.binary_search_by(|c| c.value().sort(value)).is_ok()),
            },
            Self::Text(field, how, wanted) => match view.value(field, scope) {
                Value::Text(text) => Some(finds(text, how, wanted)),
                _ => None,
            },
            Self::Choices(field, numbers) => match view.value(field, scope) {
                Value::Text(text) => {
                    let mut chosen = text.split(',').filter_map(|n| n.trim().parse::<i64>().ok());
                    Some(chosen.any(|n| numbers.contains(&n)))
                }
                _ => None,
            },
            Self::Lambda { steps, reach, every, body } => {
                let Some(row) = view.follow(steps, scope.first().copied().flatten()) else { return Some(*every) };
                let met = |row: &Row| body.as_ref().is_none_or(|body| body.holds(view, &[Some(row)]) == Some(true));
                let mut rows = view.reached(*reach, row);
                Some(if *every { rows.all(met) } else { rows.any(met) })
            }
        }
    }

    /// Whether it is true of one row.
    pub(in crate::stack::dataverse::query) fn admits(&self, view: View<'_>, row: &Row) -> bool {
        self.holds(view, &[Some(row)]) == Some(true)
    }

    /// The parts of which each must hold.
    pub(in crate::stack::dataverse::query) fn required(&self) -> &[Condition] {
        match self {
            Self::And(parts) => parts,
            one => std::slice::from_ref(one),
        }
    }
}

/// Three-valued `and`.
fn all(parts: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut answer = Some(true);
    for part in parts {
        match part {
            Some(false) => return Some(false),
            None => answer = None,
            Some(true) => {}
        }
    }
    answer
}

/// OData 4.01, 5.1.1.1: `eq` and `ne` always answer, also where there is
/// nothing; the others don't.
pub(in crate::stack::dataverse::query) fn compare(
    left: Value<'_>,
    comparison: Comparison,
    right: Value<'_>,
) -> Option<bool> {
    let order = left.compare(right);
    match comparison {
        Comparison::Eq => Some(order.map_or(left == Value::Null && right == Value::Null, std::cmp::Ordering::is_eq)),
        Comparison::Ne => Some(order.map_or(left != Value::Null || right != Value::Null, std::cmp::Ordering::is_ne)),
        Comparison::Gt => order.map(std::cmp::Ordering::is_gt),
        Comparison::Ge => order.map(std::cmp::Ordering::is_ge),
        Comparison::Lt => order.map(std::cmp::Ordering::is_lt),
        Comparison::Le => order.map(std::cmp::Ordering::is_le),
    }
}

fn finds(text: &str, how: &How, wanted: &str) -> bool {
    if text.is_ascii() {
        let (text, wanted) = (text.as_bytes(), wanted.as_bytes());
        match how {
            How::Starts => {
                return text.get(..wanted.len()).is_some_and(|start| start.eq_ignore_ascii_case(wanted));
            }
            How::Ends if wanted.len() > text.len() => return false,
            How::Ends => return text[text.len() - wanted.len()..].eq_ignore_ascii_case(wanted),
            How::Contains if wanted.is_empty() => return true,
            How::Contains => return text.windows(wanted.len()).any(|part| part.eq_ignore_ascii_case(wanted)),
            How::Like => {}
        }
    }
    let text = fold(text);
    match how {
        How::Starts => text.starts_with(wanted),
        How::Ends => text.ends_with(wanted),
        How::Contains => text.contains(wanted),
        How::Like => like(&text, wanted),
    }
}

/// `LIKE` of SQL: `%` and `_`, and sets such as `[a-c]` or `[%]`.
fn like(text: &str, pattern: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let pattern = parts(pattern);
    let (mut t, mut p) = (0, 0);
    // Where the last `%` stands, and how far it has reached.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(Part::Any) => {
                star = Some((p, t));
                p += 1;
            }
            Some(part) if part.takes(text[t]) => {
                t += 1;
                p += 1;
            }
            _ => {
                let Some((at, reached)) = star else { return false };
                star = Some((at, reached + 1));
                t = reached + 1;
                p = at + 1;
            }
        }
    }
    pattern[p..].iter().all(|part| matches!(part, Part::Any))
}

enum Part {
    Any,
    One,
    Char(char),
    /// Ranges of characters, or all but them.
    Set(Vec<(char, char)>, bool),
}

impl Part {
    fn takes(&self, found: char) -> bool {
        match self {
            Self::Any => false,
            Self::One => true,
            Self::Char(wanted) => *wanted == found,
            Self::Set(ranges, but) => ranges.iter().any(|(a, b)| (*a..=*b).contains(&found)) != *but,
        }
    }
}

fn parts(pattern: &str) -> Vec<Part> {
    let chars: Vec<char> = pattern.chars().collect();
    let mut parts = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let close = chars[at..].iter().position(|c| *c == ']').map(|n| at + n);
        at += match (chars[at], close) {
            ('%', _) => {
                parts.push(Part::Any);
                1
            }
            ('_', _) => {
                parts.push(Part::One);
                1
            }
            ('[', Some(close)) if close > at + 1 => {
                let but = chars[at + 1] == '^';
                let set = &chars[at + 1 + usize::from(but)..close];
                parts.push(Part::Set(ranges(set), but));
                close + 1 - at
            }
            (other, _) => {
                parts.push(Part::Char(other));
                1
            }
        };
    }
    parts
}

fn ranges(set: &[char]) -> Vec<(char, char)> {
    let mut ranges = Vec::new();
    let mut at = 0;
    while at < set.len() {
        if at + 2 < set.len() && set[at + 1] == '-' {
            ranges.push((set[at], set[at + 2]));
            at += 3;
        } else {
            ranges.push((set[at], set[at]));
            at += 1;
        }
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn like_is_that_of_sql() {
        for (text, pattern, found) in [
            ("abc", "a%", true),
            ("abc", "%b%", true),
            ("abc", "a_c", true),
            ("abc", "_", false),
            ("", "%", true),
            ("100%", "%[%]", true),
            ("abc", "[a-b]bc", true),
            ("abc", "[^a]bc", false),
            ("aab", "%ab", true),
            ("abab", "a%b", true),
            ("straße", "%ß%", true),
        ] {
            assert_eq!(finds(text, &How::Like, pattern), found, "{text} like {pattern}");
        }
    }

    #[test]
    fn nothing_is_equal_to_nothing_and_less_than_nothing() {
        let (one, null) = (Value::Integer(1), Value::Null);
        assert_eq!(compare(null, Comparison::Eq, null), Some(true));
        assert_eq!(compare(null, Comparison::Ne, one), Some(true));
        assert_eq!(compare(one, Comparison::Ne, null), Some(true));
        assert_eq!(compare(null, Comparison::Gt, one), None);
        assert_eq!(all([Some(true), None].into_iter()), None);
        assert_eq!(all([None, Some(false)].into_iter()), Some(false));
    }
}
