//! Strings that match a `pattern`, of a given length.

use rand::Rng;
use rand::seq::{IndexedRandom, SliceRandom};
use regex_syntax::hir::{Class, Hir, HirKind, Look};

/// A compiled `pattern`.
#[derive(Debug)]
pub(super) struct Pattern {
    hir: Hir,
    regex: Matcher,
    anchored: (bool, bool),
}

/// What says whether a text matches.
#[derive(Debug)]
enum Matcher {
    /// A plain pattern.
    Plain(regex::Regex),
    /// One with look-around or back references: texts are made without them
    /// and tried.
    Tried(Box<jsonschema::Validator>),
}

/// Shortest and longest match in code points; `usize::MAX`: no end.
type Span = (usize, usize);

impl Pattern {
    /// Reads an ECMA-262 pattern; the reason where it is none, or out of
    /// reach.
    pub(super) fn parse(source: &str) -> Result<Self, String> {
        let translated = translate(source);
        let fault = |e: &dyn std::fmt::Display| {
            let text = e.to_string();
            format!("`pattern: {source}`: {}", text.lines().last().unwrap_or_default().trim())
        };
        let plain = regex_syntax::Parser::new().parse(&translated).ok().zip(regex::Regex::new(&translated).ok());
        let (hir, regex) = if let Some((hir, regex)) = plain {
            (hir, Matcher::Plain(regex))
        } else {
            let hir = regex_syntax::Parser::new().parse(&without_looks(&translated)).map_err(|e| fault(&e))?;
            let check =
                jsonschema::draft202012::new(&serde_json::json!({ "pattern": source })).map_err(|e| fault(&e))?;
            (hir, Matcher::Tried(Box::new(check)))
        };
        let properties = hir.properties();
        let anchored =
            (properties.look_set_prefix().contains(Look::Start), properties.look_set_suffix().contains(Look::End));
        Ok(Self { hir, regex, anchored })
    }

    /// Whether what it is made of says it all.
    pub(super) fn is_plain(&self) -> bool {
        matches!(self.regex, Matcher::Plain(_))
    }

    /// What it is made of.
    pub(super) fn hir(&self) -> &Hir {
        &self.hir
    }

    /// Whether a text matches somewhere.
    pub(super) fn matches(&self, text: &str) -> bool {
        match &self.regex {
            Matcher::Plain(regex) => regex.is_match(text),
            Matcher::Tried(check) => check.is_valid(&serde_json::Value::from(text)),
        }
    }

    /// Lengths that matching texts can have.
    pub(super) fn span(&self) -> Span {
        let (min, max) = span(&self.hir);
        if self.anchored == (true, true) { (min, max) } else { (min, usize::MAX) }
    }

    /// A matching text of exactly this many code points, where one is found.
    pub(super) fn draw(&self, length: usize, rng: &mut impl Rng) -> Option<String> {
        let (shortest, longest) = span(&self.hir);
        let whole = self.anchored == (true, true);
        (0..8).find_map(|_| {
            let most = length.min(longest);
            let core = if whole || shortest >= most || rng.random() { most } else { rng.random_range(shortest..=most) };
            let mut text = String::with_capacity(length);
            if !write(&self.hir, core, rng, &mut text) {
                return None;
            }
            let padding: String = (core..length).map(|_| rng.random_range('a'..='z')).collect();
            let ahead = self.anchored.1 || (!self.anchored.0 && rng.random());
            let text = if ahead { padding + &text } else { text + &padding };
            self.matches(&text).then_some(text)
        })
    }

    /// A text close to a matching one that does not match, of a length within
    /// the bounds where that is possible.
    pub(super) fn miss(&self, matching: &str, lengths: Span, rng: &mut impl Rng) -> Option<String> {
        let mut near: Vec<String> = Vec::new();
        let chars: Vec<char> = matching.chars().collect();
        for wrong in ['!', 'é', '0', 'x', ' ', '~'] {
            if !chars.is_empty() {
                let mut changed = chars.clone();
                let at = rng.random_range(0..changed.len());
                changed[at] = wrong;
                near.push(changed.iter().collect());
                changed.clone_from(&chars);
                changed[0] = wrong;
                near.push(changed.iter().collect());
            }
            near.push(format!("{matching}{wrong}"));
            near.push(format!("{wrong}{matching}"));
        }
        near.push(matching.to_lowercase());
        near.push(chars.iter().skip(1).collect());
        near.push("!".repeat(lengths.0.clamp(1, 64)));
        near.push(String::new());
        near.retain(|text| !self.matches(text));
        near.shuffle(rng);
        let fits = |text: &&String| (lengths.0..=lengths.1).contains(&text.chars().count());
        near.iter().find(fits).or_else(|| near.first()).cloned()
    }
}

/// ECMA-262's `\d`, `\w` and `\/` in the words of the regex crate: `\d` and
/// `\w` mean ASCII there.
fn translate(source: &str) -> String {
    let mut out = String::with_capacity(source.len() + 8);
    let mut in_class = false;
    let mut chars = source.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('d') => out.push_str(if in_class { "0-9" } else { "[0-9]" }),
                Some('w') => out.push_str(if in_class { "A-Za-z0-9_" } else { "[A-Za-z0-9_]" }),
                Some('D') => out.push_str("[^0-9]"),
                Some('W') => out.push_str("[^A-Za-z0-9_]"),
                Some('/') => out.push('/'),
                Some(other) => out.extend(['\\', other]),
                None => out.push('\\'),
            },
            '[' if in_class => out.push_str("\\["),
            '[' => {
                in_class = true;
                out.push('[');
            }
            ']' => {
                in_class = false;
                out.push(']');
            }
            other => out.push(other),
        }
    }
    out
}

/// A pattern without its look-around groups; what it matches is tried then.
fn without_looks(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(next) = rest.chars().next() {
        if ["(?=", "(?!", "(?<=", "(?<!"].iter().any(|look| rest.starts_with(look)) {
            rest = &rest[group_end(rest)..];
            continue;
        }
        let length =
            if next == '\\' { 1 + rest[1..].chars().next().map_or(0, char::len_utf8) } else { next.len_utf8() };
        out.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    out
}

/// Where the group that a text begins with ends.
fn group_end(text: &str) -> usize {
    let (mut open, mut escaped, mut in_class) = (0_u32, false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '[' => in_class = true,
            ']' => in_class = false,
            '(' if !in_class => open += 1,
            ')' if !in_class => {
                open -= 1;
                if open == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
    }
    text.len()
}

fn span(hir: &Hir) -> Span {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => (0, 0),
        HirKind::Literal(literal) => {
            let count = String::from_utf8_lossy(&literal.0).chars().count();
            (count, count)
        }
        HirKind::Class(_) => (1, 1),
        HirKind::Capture(capture) => span(&capture.sub),
        HirKind::Repetition(repetition) => {
            let (min, max) = span(&repetition.sub);
            let most = match repetition.max {
                Some(times) => max.saturating_mul(times as usize),
                None if max == 0 => 0,
                None => usize::MAX,
            };
            (min.saturating_mul(repetition.min as usize), most)
        }
        HirKind::Concat(parts) => parts.iter().map(span).fold((0, 0), |a, b| (a.0 + b.0, a.1.saturating_add(b.1))),
        HirKind::Alternation(parts) => {
            parts.iter().map(span).fold((usize::MAX, 0), |a, b| (a.0.min(b.0), a.1.max(b.1)))
        }
    }
}

/// Writes a match of exactly `length` code points.
fn write(hir: &Hir, length: usize, rng: &mut impl Rng, out: &mut String) -> bool {
    let (min, max) = span(hir);
    if length < min || length > max {
        return false;
    }
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => true,
        HirKind::Literal(literal) => {
            out.push_str(&String::from_utf8_lossy(&literal.0));
            true
        }
        HirKind::Class(class) => pick(class, rng).map(|c| out.push(c)).is_some(),
        HirKind::Capture(capture) => write(&capture.sub, length, rng, out),
        HirKind::Concat(parts) => {
            let spans: Vec<Span> = parts.iter().map(span).collect();
            let lengths = split(length, &spans, rng);
            parts.iter().zip(lengths).all(|(part, length)| write(part, length, rng, out))
        }
        HirKind::Alternation(parts) => {
            let mut order: Vec<&Hir> = parts.iter().collect();
            order.shuffle(rng);
            let start = out.len();
            order.into_iter().any(|part| {
                out.truncate(start);
                write(part, length, rng, out)
            })
        }
        HirKind::Repetition(repetition) => {
            let (sub_min, sub_max) = span(&repetition.sub);
            let least = if sub_max == 0 { 0 } else { length.div_ceil(sub_max) };
            let most = length.checked_div(sub_min).unwrap_or(length);
            let least = least.max(repetition.min as usize);
            let most = most.min(repetition.max.map_or(usize::MAX, |m| m as usize)).max(repetition.min as usize);
            if least > most {
                return false;
            }
            let times = rng.random_range(least..=most);
            let lengths = split(length, &vec![(sub_min, sub_max); times], rng);
            lengths.into_iter().all(|length| write(&repetition.sub, length, rng, out))
        }
    }
}

/// Splits a length over parts, each within its span; the sum of the spans
/// holds it.
fn split(length: usize, spans: &[Span], rng: &mut impl Rng) -> Vec<usize> {
    let mut lengths: Vec<usize> = spans.iter().map(|s| s.0).collect();
    let mut left = length.saturating_sub(lengths.iter().sum());
    let mut order: Vec<usize> = (0..spans.len()).filter(|i| spans[*i].0 < spans[*i].1).collect();
    order.shuffle(rng);
    for (rank, i) in order.iter().enumerate() {
        let room = (spans[*i].1 - spans[*i].0).min(left);
        let more = if rank + 1 == order.len() { room } else { rng.random_range(0..=room) };
        lengths[*i] += more;
        left -= more;
    }
    for i in order {
        let more = (spans[i].1 - lengths[i]).min(left);
        lengths[i] += more;
        left -= more;
    }
    lengths
}

/// A character of a class; those people type are likelier.
fn pick(class: &Class, rng: &mut impl Rng) -> Option<char> {
    let ranges: Vec<(u32, u32)> = match class {
        Class::Unicode(class) => class.ranges().iter().map(|r| (r.start() as u32, r.end() as u32)).collect(),
        Class::Bytes(class) => class.ranges().iter().map(|r| (u32::from(r.start()), u32::from(r.end()))).collect(),
    };
    let typed: Vec<(u32, u32)> =
        ranges.iter().map(|(a, b)| ((*a).max(0x20), (*b).min(0x7e))).filter(|(a, b)| a <= b).collect();
    let from = if typed.is_empty() || rng.random_range(0..16) == 0 { &ranges } else { &typed };
    (0..8).find_map(|_| {
        let (start, end) = from.choose(rng)?;
        char::from_u32(rng.random_range(*start..=*end)).filter(|c| !c.is_control() || typed.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    const SOURCES: [&str; 8] = [
        r"^[A-Z]{2}-[0-9]{6}$",
        r"^INV-[0-9A-F]{12}$",
        r"^\d{3}(-\d{4})?$",
        r"^(foo|barbar|[a-c]+)x*$",
        r"\w+@\w+",
        r"^[^/]{1,20}$",
        r"abc$",
        r"^(ab){2,5}(c|dd)$",
    ];

    proptest! {
        #[test]
        fn what_is_drawn_matches_and_has_its_length(seed: u64, which in 0..SOURCES.len(), more in 0_usize..30) {
            let pattern = Pattern::parse(SOURCES[which]).expect("valid");
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let (min, max) = pattern.span();
            let length = min.saturating_add(more).min(max);
            if let Some(text) = pattern.draw(length, &mut rng) {
                prop_assert!(pattern.matches(&text));
                prop_assert_eq!(text.chars().count(), length);
                let missed = pattern.miss(&text, (0, 64), &mut rng).expect("some text does not match");
                prop_assert!(!pattern.matches(&missed));
            } else {
                prop_assert!(which == 7 || which == 2, "lengths between alternatives may be out of reach");
            }
        }
    }

    #[test]
    fn look_ahead_is_tried() {
        let pattern = Pattern::parse("^(?!ab)[a-c]{3}$").expect("valid");
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let made: Vec<String> = (0..40).filter_map(|_| pattern.draw(3, &mut rng)).collect();
        assert!(made.len() > 30 && made.iter().all(|text| !text.starts_with("ab")), "{made:?}");
        assert!(Pattern::parse("(").is_err());
    }
}
