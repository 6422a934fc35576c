//! Strings: of any length, in the scripts people write, with patterns and
//! formats kept.

use rand::Rng;
use rand::seq::IndexedRandom;

use super::format::{self, of_format};
use super::model::TextShape;
use super::pattern::Pattern;

/// What a string travels in; some characters can't go everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Medium {
    /// Any text: JSON, text, form fields.
    Any,
    /// A header field or cookie: visible ASCII.
    Field,
    /// A path segment: nothing that routing could read.
    Segment,
}

/// Longest string that is made, in code points.
pub(super) const LONGEST: usize = 200_000;

/// Alphabets: plain ones are likelier.
const ALPHABETS: [&str; 9] = [
    "abcdefghijklmnopqrstuvwxyz",
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
    "abc ABC.,;:-_'\"<>&%$#@!?()[]{}/\\|+*=~^`",
    "äöüßéèêñçøåłžđÄÖÜ ЖЯщъ Ωλψ",
    "東京都 こんにちは 한국어 中文",
    "e\u{301}a\u{308}n\u{303}o\u{302}",
    "😀🧵🪡👩\u{200d}🔧𝔘𐍈",
    "שלום مرحبا",
    "0123456789-",
];

/// Texts that are easily broken on the way: quotes, escapes, control
/// characters, line separators, no character at all, astral and combining
/// ones, both directions of writing.
pub(super) const PECULIAR: [&str; 16] = [
    "\"",
    "\\",
    "\\\"\\",
    "'",
    "\u{0}",
    "\u{1}\u{1f}",
    "\t\r\n",
    "\u{7f}",
    "\u{85}",
    "\u{2028}\u{2029}",
    "\u{feff}x",
    "\u{fffd}\u{ffff}",
    "𝔘😀\u{10ffff}",
    "e\u{301}\u{323}",
    "\u{202e}abc\u{202c} שלום",
    " x ",
];

/// Some text of this many code points, without control characters and without
/// space at its ends.
pub(super) fn plain(length: usize, medium: Medium, rng: &mut impl Rng) -> String {
    let alphabet = match medium {
        Medium::Segment => ALPHABETS[usize::from(rng.random_bool(0.5))],
        Medium::Field => *ALPHABETS[..3].choose(rng).expect("not empty"),
        Medium::Any if rng.random_bool(0.5) => ALPHABETS[rng.random_range(0..2)],
        Medium::Any => *ALPHABETS.choose(rng).expect("not empty"),
    };
    let letters: Vec<char> = alphabet.chars().filter(|c| medium != Medium::Field || !";,\"\\".contains(*c)).collect();
    let firm: Vec<char> = letters.iter().copied().filter(|c| !c.is_whitespace()).collect();
    (0..length)
        .map(|i| {
            let from = if i == 0 || i + 1 == length { &firm } else { &letters };
            *from.choose(rng).expect("an alphabet has letters")
        })
        .collect()
}

/// A length within the bounds: short ones are likelier.
pub(super) fn length(min: usize, max: Option<usize>, rng: &mut impl Rng) -> usize {
    let most = max.unwrap_or(min.saturating_add(64)).min(LONGEST).max(min);
    let upto = match rng.random_range(0..16) {
        0 => return min,
        1 => most.min(min + 256),
        2..=5 => most.min(min + 40),
        _ => most.min(min + 12),
    };
    rng.random_range(min..=upto)
}

/// A string that keeps what is demanded; with `exactly`, of that length.
pub(super) fn draw(shape: &TextShape, exactly: Option<usize>, medium: Medium, rng: &mut impl Rng) -> Option<String> {
    if shape.patterns.is_empty() && shape.format.is_none() && shape.off_patterns.is_empty() {
        return (0..8).find_map(|_| free(shape, exactly, medium, rng).filter(|text| keeps_formats(shape, text)));
    }
    (0..64).find_map(|attempt| {
        let text = candidate(shape, exactly, medium, attempt, rng)?;
        keeps(shape, exactly, &text).then_some(text)
    })
}

/// Any text of the right length.
fn free(shape: &TextShape, exactly: Option<usize>, medium: Medium, rng: &mut impl Rng) -> Option<String> {
    let least = if medium == Medium::Any { shape.min } else { shape.min.max(1) };
    let length = exactly.unwrap_or_else(|| length(least, shape.max, rng));
    (length <= LONGEST).then(|| plain(length, medium, rng))
}

/// A text that may keep what is demanded.
fn candidate(
    shape: &TextShape,
    exactly: Option<usize>,
    medium: Medium,
    attempt: usize,
    rng: &mut impl Rng,
) -> Option<String> {
    if !shape.patterns.is_empty() {
        let first = &shape.patterns[if attempt < 8 { 0 } else { rng.random_range(0..shape.patterns.len()) }];
        return by_pattern(shape, first, exactly, rng).or_else(|| free(shape, exactly, medium, rng));
    }
    if let Some(text) = shape.format.as_deref().and_then(|f| of_format(f, rng)) {
        return Some(text);
    }
    let text = free(shape, exactly, medium, rng)?;
    match shape.off_patterns.choose(rng) {
        Some(off) if attempt % 2 == 1 => off.miss(&text, (shape.min, shape.max.unwrap_or(usize::MAX)), rng),
        _ => Some(text),
    }
}

fn by_pattern(shape: &TextShape, pattern: &Pattern, exactly: Option<usize>, rng: &mut impl Rng) -> Option<String> {
    let span = pattern.span();
    let least = shape.min.max(span.0);
    let most = shape.max.unwrap_or(usize::MAX).min(span.1);
    if least > most {
        return None;
    }
    let length = exactly.unwrap_or_else(|| length(least, (most < usize::MAX).then_some(most), rng));
    pattern.draw(length.min(LONGEST), rng)
}

fn keeps(shape: &TextShape, exactly: Option<usize>, text: &str) -> bool {
    let length = text.chars().count();
    exactly.map_or_else(|| length >= shape.min && shape.max.is_none_or(|max| length <= max), |n| length == n)
        && shape.patterns.iter().all(|p| p.matches(text))
        && !shape.off_patterns.iter().any(|p| p.matches(text))
        && keeps_formats(shape, text)
}

fn keeps_formats(shape: &TextShape, text: &str) -> bool {
    // A text made from its format alone has it.
    let made = shape.patterns.is_empty();
    let formats = shape.format.iter().filter(|_| !made).chain(&shape.more_formats);
    formats.into_iter().all(|f| format::holds(f, text)) && !shape.off_formats.iter().any(|f| format::holds(f, text))
}
