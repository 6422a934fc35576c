//! What stands inside of an output or a tag: values, paths, filters,
//! conditions.

use std::sync::Arc;

use super::filter::FILTERS;
use super::template::{Comparison, Condition, Filtered, Operand, PathStep};
use crate::diagnose::closest;

/// What is wrong, by its offset in the template.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    pub(super) offset: usize,
    pub(super) what: String,
    pub(super) expected: Option<String>,
    pub(super) hint: Option<String>,
    /// Whether it is fine on the platform, and not emulated.
    pub(super) unsupported: bool,
}

impl Fault {
    pub(super) fn at(offset: usize, what: impl Into<String>) -> Self {
        Self { offset, what: what.into(), expected: None, hint: None, unsupported: false }
    }

    pub(super) fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// How deep ranges and indexes may nest.
const MAX_DEPTH: usize = 32;

/// Reads markup from left to right.
pub(super) struct Markup<'t> {
    text: &'t str,
    offset: usize,
    at: usize,
    depth: usize,
    /// Whether `body` and `context` were named.
    pub(super) named: [bool; 2],
}

impl<'t> Markup<'t> {
    pub(super) fn new(offset: usize, text: &'t str) -> Self {
        Self { text, offset, at: 0, depth: 0, named: [false; 2] }
    }

    fn rest(&mut self) -> &'t str {
        let rest = &self.text[self.at..];
        let trimmed = rest.trim_start();
        self.at += rest.len() - trimmed.len();
        trimmed
    }

    pub(super) fn fault(&self, what: impl Into<String>) -> Fault {
        Fault::at(self.offset + self.at, what)
    }

    fn take(&mut self, prefix: &str) -> bool {
        let found = self.rest().starts_with(prefix);
        if found {
            self.at += prefix.len();
        }
        found
    }

    /// A word: letters, digits, `_` and `-`.
    pub(super) fn word(&mut self) -> Option<&'t str> {
        let rest = self.rest();
        let end = rest.find(|c: char| !(c.is_alphanumeric() || "_-?".contains(c))).unwrap_or(rest.len());
        let word = &rest[..end];
        if !word.starts_with(|c: char| c.is_alphabetic() || c == '_') {
            return None;
        }
        self.at += end;
        Some(word)
    }

    /// Takes a word, if it comes next.
    pub(super) fn keyword(&mut self, word: &str) -> bool {
        let before = self.at;
        let found = self.word() == Some(word);
        if !found {
            self.at = before;
        }
        found
    }

    /// Takes `=` of `assign`, `:` of a named argument.
    pub(super) fn mark(&mut self, mark: &str) -> bool {
        self.take(mark)
    }

    /// Nothing may follow.
    pub(super) fn end(&mut self) -> Result<(), Fault> {
        let rest = self.rest();
        if rest.is_empty() { Ok(()) } else { Err(self.fault(format!("`{rest}` is not understood"))) }
    }

    /// A value with its filters.
    pub(super) fn filtered(&mut self) -> Result<Filtered, Fault> {
        let operand = self.operand()?;
        let mut filters = Vec::new();
        while self.take("|") {
            let Some(name) = self.word() else {
                return Err(self.fault("no filter's name stands after `|`"));
            };
            let Some((_, filter, min, max)) = FILTERS.iter().find(|(n, ..)| *n == name) else {
                return Err(self.unknown_filter(name));
            };
            let mut arguments = Vec::new();
            if self.take(":") {
                arguments.push(self.operand()?);
                while self.take(",") {
                    arguments.push(self.operand()?);
                }
            }
            if !(*min..=*max).contains(&arguments.len()) {
                let expected = if min == max { format!("{min}") } else { format!("{min} to {max}") };
                let what = format!("filter `{name}` has {} arguments", arguments.len());
                return Err(self.fault(what).expected(expected));
            }
            filters.push((*filter, arguments));
        }
        Ok(Filtered { operand, filters })
    }

    fn unknown_filter(&mut self, name: &str) -> Fault {
        self.at -= name.len();
        let fault = self.fault(format!("filter `{name}` is unknown or not emulated"));
        let known = FILTERS.iter().map(|(n, ..)| *n);
        if let Some(same) = known.clone().find(|n| n.eq_ignore_ascii_case(&name.replace('_', ""))) {
            return fault.hint(format!("write `{same}`: API Management reads filters in C# naming"));
        }
        let mut fault = fault.expected(format!("one of {}", known.clone().collect::<Vec<_>>().join(", ")));
        fault.unsupported = true;
        match closest(name, known) {
            Some(near) => fault.hint(format!("did you mean `{near}`?")),
            None => fault,
        }
    }

    /// A value.
    pub(super) fn operand(&mut self) -> Result<Operand, Fault> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.fault("this nests too deep"));
        }
        let operand = self.operand_inside()?;
        self.depth -= 1;
        Ok(operand)
    }

    fn operand_inside(&mut self) -> Result<Operand, Fault> {
        let rest = self.rest();
        match rest.chars().next() {
            Some(quote @ ('"' | '\'')) => {
                let Some(end) = rest[1..].find(quote) else {
                    return Err(self.fault("the string is not closed").expected(format!("`{quote}`")));
                };
                self.at += end + 2;
                Ok(Operand::Text(rest[1..=end].into()))
            }
            Some('0'..='9' | '-') => self.number(),
            Some('(') => {
                self.at += 1;
                let from = self.operand()?;
                if !self.take("..") {
                    return Err(self.fault("no `..` stands in the range").expected("`(from..to)`"));
                }
                let to = self.operand()?;
                if !self.take(")") {
                    return Err(self.fault("the range is not closed").expected("`)`"));
                }
                Ok(Operand::Range(Box::new((from, to))))
            }
            _ => match self.word() {
                Some("nil" | "null") => Ok(Operand::Nil),
                Some("empty" | "blank") => Ok(Operand::Empty),
                Some("true") => Ok(Operand::Bool(true)),
                Some("false") => Ok(Operand::Bool(false)),
                Some(name) => self.path(name),
                None => Err(self.fault("no value stands here").expected("a name, a string or a number")),
            },
        }
    }

    fn number(&mut self) -> Result<Operand, Fault> {
        let rest = self.rest();
        let digits = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let sign = usize::from(rest.starts_with('-'));
        let mut end = sign + digits(&rest[sign..]);
        let fraction = rest[end..].strip_prefix('.').map_or(0, digits);
        if fraction > 0 {
            end += 1 + fraction;
        }
        let text = &rest[..end];
        let number = match fraction {
            0 => text.parse().ok().map(Operand::Int),
            _ => text.parse().ok().map(Operand::Double),
        };
        let number = number.ok_or_else(|| self.fault(format!("`{text}` is no number")))?;
        self.at += end;
        Ok(number)
    }

    fn path(&mut self, name: &str) -> Result<Operand, Fault> {
        self.named[0] |= name == "body";
        self.named[1] |= name == "context";
        let mut steps = Vec::new();
        loop {
            // A dot belongs to the path only where a name follows at once.
            let rest = &self.text[self.at..];
            if rest.starts_with('.') && !rest.starts_with("..") {
                self.at += 1;
                let Some(name) = self.word() else {
                    return Err(self.fault("no name stands after `.`"));
                };
                steps.push(PathStep::Name(name.into()));
            } else if rest.starts_with('[') {
                self.at += 1;
                steps.push(PathStep::Index(self.operand()?));
                if !self.take("]") {
                    return Err(self.fault("the index is not closed").expected("`]`"));
                }
            } else {
                return Ok(Operand::Path(name.into(), steps));
            }
        }
    }

    /// A condition. As in Liquid, `and` and `or` have one rank and the right
    /// side is taken together first.
    pub(super) fn condition(&mut self) -> Result<Condition, Fault> {
        let mut parts = vec![self.comparison()?];
        let mut joins = Vec::new();
        while let Some(is_and) = self.join() {
            joins.push(is_and);
            parts.push(self.comparison()?);
        }
        let mut condition = parts.pop().expect("there is one at least");
        while let (Some(left), Some(is_and)) = (parts.pop(), joins.pop()) {
            let both = Box::new((left, condition));
            condition = if is_and { Condition::And(both) } else { Condition::Or(both) };
        }
        Ok(condition)
    }

    fn join(&mut self) -> Option<bool> {
        if self.keyword("and") { Some(true) } else { self.keyword("or").then_some(false) }
    }

    fn comparison(&mut self) -> Result<Condition, Fault> {
        let left = self.operand()?;
        Ok(match self.operator() {
            Some(operator) => Condition::Compare(left, operator, self.operand()?),
            None => Condition::Holds(left),
        })
    }

    fn operator(&mut self) -> Option<Comparison> {
        use Comparison as C;
        let marks = [
            ("==", C::Equal),
            ("!=", C::NotEqual),
            ("<>", C::NotEqual),
            ("<=", C::LessOrEqual),
            (">=", C::GreaterOrEqual),
            ("<", C::Less),
            (">", C::Greater),
        ];
        let words = [("contains", C::Contains), ("startswith", C::StartsWith), ("endswith", C::EndsWith)];
        if let Some((_, operator)) = marks.into_iter().find(|(mark, _)| self.take(mark)) {
            return Some(operator);
        }
        let before = self.at;
        let word = self.word().unwrap_or_default();
        let found = words.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(word)).map(|(_, operator)| operator);
        if found.is_none() {
            self.at = before;
        }
        found
    }

    /// A name that a tag gives.
    pub(super) fn name(&mut self, tag: &str) -> Result<Arc<str>, Fault> {
        self.word().map(Arc::from).ok_or_else(|| self.fault(format!("`{tag}` names no variable")))
    }
}
