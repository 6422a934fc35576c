//! Texts that match a pattern, drawn at random.

use rand::Rng;
use regex_syntax::hir::{Class, Hir, HirKind};

/// The most repetitions of what a pattern leaves unbounded.
const UNBOUNDED: u32 = 8;

/// A pattern that texts are made of: literals, classes, repetitions and
/// alternatives. Anchors are taken as met.
#[derive(Clone, Debug)]
pub(super) struct Pattern(Hir);

impl Pattern {
    /// Reads a regular expression; the fault is in its words.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        // Case and Unicode as written: `\d` is ten digits here.
        let hir = regex_syntax::ParserBuilder::new().unicode(true).build().parse(&ascii(text));
        hir.map(Self).map_err(|fault| fault.to_string())
    }

    /// A text that matches.
    pub(super) fn draw(&self, random: &mut impl Rng) -> String {
        let mut text = String::new();
        draw(&self.0, random, &mut text);
        text
    }
}

/// Digits and letters of ASCII where a pattern says `\d` and `\w`.
fn ascii(text: &str) -> String {
    text.replace("\\d", "[0-9]").replace("\\w", "[A-Za-z0-9]")
}

fn draw(hir: &Hir, random: &mut impl Rng, text: &mut String) {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => text.push_str(&String::from_utf8_lossy(&literal.0)),
        HirKind::Class(class) => text.extend(character(class, random)),
        HirKind::Repetition(repetition) => {
            let most = repetition.max.unwrap_or(repetition.min + UNBOUNDED);
            for _ in 0..random.random_range(repetition.min..=most) {
                draw(&repetition.sub, random, text);
            }
        }
        HirKind::Capture(capture) => draw(&capture.sub, random, text),
        HirKind::Concat(parts) => parts.iter().for_each(|part| draw(part, random, text)),
        HirKind::Alternation(parts) => {
            let chosen = random.random_range(0..parts.len());
            draw(&parts[chosen], random, text);
        }
    }
}

fn character(class: &Class, random: &mut impl Rng) -> Option<char> {
    let ranges: Vec<(u32, u32)> = match class {
        Class::Unicode(class) => class.ranges().iter().map(|r| (r.start().into(), r.end().into())).collect(),
        Class::Bytes(class) => class.ranges().iter().map(|r| (r.start().into(), r.end().into())).collect(),
    };
    let total: u32 = ranges.iter().map(|(from, to)| to - from + 1).sum();
    let mut chosen = random.random_range(0..total.max(1));
    for (from, to) in ranges {
        let size = to - from + 1;
        if chosen < size {
            return char::from_u32(from + chosen);
        }
        chosen -= size;
    }
    None
}
