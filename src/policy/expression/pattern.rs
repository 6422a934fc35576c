//! Regular expressions as .NET writes them, compiled once: for literals when a
//! document is loaded.
//!
//! What is executed takes time linear in the text, so nothing of a document can
//! hang the gateway; look-around and references back are refused for that.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use regex::{Regex, RegexBuilder};

use super::compiled::Expr;
use super::members::{Op, PatternOp};

/// Bits of `RegexOptions`, with .NET's values.
const IGNORE_CASE: i64 = 1;
const MULTILINE: i64 = 2;
const EXPLICIT_CAPTURE: i64 = 4;
const SINGLELINE: i64 = 16;
const IGNORE_WHITESPACE: i64 = 32;

/// How many patterns are kept compiled; more come only from expressions that
/// make them at run time.
const MAX_KEPT: usize = 1000;

/// The longest pattern.
const MAX_LENGTH: usize = 10_000;

/// A compiled pattern.
#[derive(Debug)]
pub struct Pattern {
    regex: Regex,
    text: Arc<str>,
    /// Groups in .NET's order, named ones last: their indices in `regex`.
    groups: Vec<usize>,
}

/// Where a match and its groups stand, in bytes, in .NET's order of groups.
pub type Captured = Vec<Option<(usize, usize)>>;

type Kept = RwLock<HashMap<(Arc<str>, i64), Arc<Pattern>>>;

impl Pattern {
    /// Compiles a pattern with the bits of its `RegexOptions`, or gives the one
    /// that is known.
    ///
    /// # Errors
    /// What .NET would refuse, or what is not emulated.
    pub fn of(text: &Arc<str>, options: i64) -> Result<Arc<Self>, String> {
        static KEPT: LazyLock<Kept> = LazyLock::new(Kept::default);
        let key = (Arc::clone(text), options);
        if let Some(known) = KEPT.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(Arc::clone(known));
        }
        let pattern = Arc::new(Self::compile(text, options)?);
        let mut kept = KEPT.write().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < MAX_KEPT {
            kept.insert(key, Arc::clone(&pattern));
        }
        Ok(pattern)
    }

    fn compile(text: &Arc<str>, options: i64) -> Result<Self, String> {
        if text.len() > MAX_LENGTH {
            return Err("the pattern is too long".to_owned());
        }
        let translated = Translation { rest: text, out: String::new(), explicit: options & EXPLICIT_CAPTURE != 0 };
        let regex = RegexBuilder::new(&translated.run()?)
            .case_insensitive(options & IGNORE_CASE != 0)
            .multi_line(options & MULTILINE != 0)
            .dot_matches_new_line(options & SINGLELINE != 0)
            .ignore_whitespace(options & IGNORE_WHITESPACE != 0)
            .build()
            .map_err(|e| format!("the pattern can't be compiled: {}", last_line(&e.to_string())))?;
        let named = |named: bool| {
            let names = regex.capture_names().enumerate().skip(1);
            names.filter(move |(_, name)| name.is_some() == named).map(|(at, _)| at)
        };
        let groups = std::iter::once(0).chain(named(false)).chain(named(true)).collect();
        Ok(Self { text: Arc::clone(text), groups, regex })
    }

    /// As it was written.
    pub fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// Whether it matches anywhere.
    pub fn is_match(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }

    /// The first match at or after a byte.
    pub fn find(&self, text: &str, from: usize) -> Option<Captured> {
        let captures = self.regex.captures_at(text, from)?;
        Some(self.groups.iter().map(|at| captures.get(*at).map(|m| (m.start(), m.end()))).collect())
    }

    /// The place of a named or numbered group among those of a match.
    pub fn group(&self, name: &str) -> Option<usize> {
        if let Ok(number) = name.parse::<usize>() {
            return (number < self.groups.len()).then_some(number);
        }
        let index = self.regex.capture_names().position(|n| n == Some(name))?;
        self.groups.iter().position(|at| *at == index)
    }

    /// The name of a group, or its number.
    pub fn name(&self, group: usize) -> String {
        let index = self.groups.get(group).copied().unwrap_or(0);
        self.regex.capture_names().nth(index).flatten().map_or_else(|| group.to_string(), str::to_owned)
    }
}

/// What is wrong with the pattern that a call names, where that is a literal,
/// and which of the operands it is.
pub(super) fn refused(op: Op, operands: &[Expr]) -> Option<(usize, String)> {
    use PatternOp as P;
    let Op::Pattern(op) = op else { return None };
    let at = match op {
        P::New => 0,
        P::StaticIsMatch | P::StaticMatch | P::StaticMatches | P::StaticReplace | P::StaticSplit => 1,
        _ => return None,
    };
    match operands.get(at) {
        Some(Expr::Text(pattern)) => Pattern::of(pattern, 0).err().map(|what| (at, what)),
        _ => None,
    }
}

fn last_line(text: &str) -> &str {
    text.lines().last().unwrap_or_default().trim_start_matches("error: ")
}

/// From .NET's syntax to that of what is executed.
struct Translation<'p> {
    rest: &'p str,
    out: String,
    explicit: bool,
}

impl Translation<'_> {
    fn run(mut self) -> Result<String, String> {
        while let Some(first) = self.rest.chars().next() {
            match first {
                '\\' => self.escape(false)?,
                '[' => self.class()?,
                '(' => self.group()?,
                '{' if !is_quantifier(self.rest) => {
                    self.out.push_str("\\{");
                    self.rest = &self.rest[1..];
                }
                _ => self.copy(first.len_utf8()),
            }
        }
        Ok(self.out)
    }

    fn copy(&mut self, length: usize) {
        let (taken, rest) = self.rest.split_at(length);
        self.out.push_str(taken);
        self.rest = rest;
    }

    /// At the backslash.
    fn escape(&mut self, in_class: bool) -> Result<(), String> {
        let Some(escaped) = self.rest[1..].chars().next() else {
            return Err("the pattern ends with `\\`".to_owned());
        };
        let length = 1 + escaped.len_utf8();
        match escaped {
            'k' | '1'..='9' if !in_class => {
                return Err("references back to a group are not emulated".to_owned());
            }
            'G' if !in_class => return Err("`\\G` is not emulated".to_owned()),
            'Z' if !in_class => self.out.push_str("\\z"),
            'e' => self.out.push_str("\\x1B"),
            'b' if in_class => self.out.push_str("\\x08"),
            '0' => self.out.push_str("\\x00"),
            'p' | 'P' | 'x' | 'u' | 'd' | 'D' | 'w' | 'W' | 's' | 'S' | 'b' | 'B' | 'A' | 'z' | 'n' | 'r' | 't'
            | 'f' | 'v' | 'a' => {
                self.copy(length);
                return Ok(());
            }
            c if c.is_ascii_alphanumeric() => return Err(format!("`\\{c}` is no escape of a pattern")),
            c => self.out.push_str(&regex::escape(c.encode_utf8(&mut [0; 4]))),
        }
        self.rest = &self.rest[length..];
        Ok(())
    }

    /// `[…]`; .NET takes `[`, `&&` and `~~` inside as they stand.
    fn class(&mut self) -> Result<(), String> {
        self.copy(1);
        if self.rest.starts_with('^') {
            self.copy(1);
        }
        let mut first = true;
        while let Some(c) = self.rest.chars().next() {
            match c {
                ']' if !first => {
                    self.copy(1);
                    return Ok(());
                }
                ']' => {
                    self.out.push_str("\\]");
                    self.rest = &self.rest[1..];
                }
                '\\' => self.escape(true)?,
                '-' if self.rest.starts_with("-[") => {
                    // `[a-z-[aeiou]]` takes characters away.
                    self.out.push_str("--");
                    self.rest = &self.rest[1..];
                    self.class()?;
                }
                '[' | '&' | '~' => {
                    self.out.push('\\');
                    self.copy(1);
                }
                _ => self.copy(c.len_utf8()),
            }
            first = false;
        }
        Err("`[` is not closed".to_owned())
    }

    fn group(&mut self) -> Result<(), String> {
        let rest = self.rest;
        for (begin, what) in [
            ("(?=", "look-ahead"),
            ("(?!", "look-ahead"),
            ("(?<=", "look-behind"),
            ("(?<!", "look-behind"),
            ("(?>", "a group without backtracking"),
            ("(?(", "an alternative by condition"),
        ] {
            if rest.starts_with(begin) {
                return Err(format!("{what} (`{begin}`) is not emulated"));
            }
        }
        if rest.starts_with("(?#") {
            let end = rest.find(')').ok_or("`(?#` is not closed")?;
            self.rest = &rest[end + 1..];
        } else if let Some(named) = rest.strip_prefix("(?'") {
            let end = named.find('\'').ok_or("the name of a group is not closed")?;
            self.out.push_str("(?<");
            self.out.push_str(&named[..end]);
            self.out.push('>');
            self.rest = &named[end + 1..];
        } else if self.explicit && !rest.starts_with("(?") {
            self.out.push_str("(?:");
            self.rest = &rest[1..];
        } else {
            self.copy(1);
        }
        Ok(())
    }
}

/// `{n}`, `{n,}`, `{n,m}`; every other brace stands for itself.
fn is_quantifier(rest: &str) -> bool {
    let Some(end) = rest.find('}') else { return false };
    let (least, most) = rest[1..end].split_once(',').unwrap_or((&rest[1..end], ""));
    !least.is_empty() && least.bytes().chain(most.bytes()).all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(pattern: &str, options: i64, text: &str) -> Result<Option<String>, String> {
        let pattern = Pattern::of(&pattern.into(), options)?;
        Ok(pattern.find(text, 0).and_then(|c| c[0]).map(|(from, to)| text[from..to].to_owned()))
    }

    #[test]
    fn patterns_of_dot_net_are_understood() {
        for (pattern, options, text, found) in [
            (r"(?<y>\d{4})-(?'m'\d\d)", 0, "on 2026-11-22", Some("2026-11")),
            (r"a{b}\/\<x\>", 0, "a{b}/<x>", Some("a{b}/<x>")),
            (r"[[&~]+", 0, "x[&~y", Some("[&~")),
            (r"[a-z-[aeiou]]+", 0, "aeixyz", Some("xyz")),
            ("ABC", IGNORE_CASE, "xabc", Some("abc")),
            (r"^b.c$", MULTILINE | SINGLELINE, "a\nb\nc\nd", Some("b\nc")),
            (r"(?#comment)a b", 0, "a b", Some("a b")),
            (r"a \# b", IGNORE_WHITESPACE, "a#b", Some("a#b")),
            (r"^\w+@\w+\.com\Z", 0, "me@host.com", Some("me@host.com")),
        ] {
            assert_eq!(first(pattern, options, text), Ok(found.map(str::to_owned)), "{pattern}");
        }
    }

    #[test]
    fn what_is_not_emulated_is_told() {
        for pattern in [r"(?=a)", r"(?<!a)b", r"(a)\1", r"\k<x>", "(", "[a", r"\q", "(?>a)"] {
            assert!(first(pattern, 0, "").is_err(), "{pattern}");
        }
    }

    #[test]
    fn named_groups_are_numbered_last() {
        let pattern = Pattern::of(&r"(?<a>x)(y)".into(), 0).expect("a pattern");
        assert_eq!(pattern.find("xy", 0), Some(vec![Some((0, 2)), Some((1, 2)), Some((0, 1))]));
        assert_eq!((pattern.group("a"), pattern.group("1"), pattern.group("b")), (Some(2), Some(1), None));
        assert_eq!(pattern.name(2), "a");
    }
}
