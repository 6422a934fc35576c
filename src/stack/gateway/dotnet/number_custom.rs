//! Custom number formats: `0.00`, `#,##0`, `0;(0)`.

use super::digits::{Digits, grouped};
use super::number::Number;

/// What a section of a format holds.
#[derive(Default)]
struct Section<'p> {
    parts: Vec<Part<'p>>,
    whole_zeros: usize,
    /// Digits after the point: in all, and those that always stand.
    fraction: usize,
    fraction_zeros: usize,
    groups: bool,
    /// Powers of ten: percent adds, commas before the point take away.
    scale: i32,
    has_digits: bool,
}

enum Part<'p> {
    Literal(&'p str),
    /// Where the number stands; everything of it.
    Number,
}

/// A custom format; `None` is a `FormatException`.
pub(super) fn custom(number: Number, pattern: &str) -> Option<String> {
    let sections = sections(pattern);
    let mut digits = Digits::of(number);
    let choice = match sections.len() {
        3.. if digits.is_zero() => 2,
        2.. if digits.negative && !digits.is_zero() => 1,
        _ => 0,
    };
    let text = sections.get(choice).filter(|s| !s.is_empty()).or(sections.first())?;
    let section = read(text)?;
    if !digits.is_zero() {
        digits.point += section.scale;
    }
    digits.round_fraction(section.fraction);
    let mut out = String::new();
    if digits.negative && !digits.is_zero() && choice == 0 {
        out.push('-');
    }
    for part in &section.parts {
        match part {
            Part::Literal(text) => out.push_str(text),
            Part::Number => write(&digits, &section, &mut out),
        }
    }
    Some(out)
}

/// The parts between semicolons that stand outside of quotes.
fn sections(pattern: &str) -> Vec<&str> {
    let (mut sections, mut from, mut quote, mut escaped) = (Vec::new(), 0, None, false);
    for (at, c) in pattern.char_indices() {
        match (quote, c) {
            _ if escaped => escaped = false,
            (_, '\\') => escaped = true,
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => quote = Some(c),
            (None, ';') => {
                sections.push(&pattern[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    sections.push(&pattern[from..]);
    sections
}

fn read(text: &str) -> Option<Section<'_>> {
    let mut section = Section::default();
    let mut after_point = false;
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let from = at;
        at += c.len_utf8();
        match c {
            '0' | '#' => {
                digit(&mut section, c, after_point);
            }
            '.' => after_point = true,
            ',' if section.has_digits && !after_point => {
                let more = text[at..].starts_with(['0', '#', ','])
                    && text[at..].trim_start_matches(',').starts_with(['0', '#']);
                section.groups |= more;
                section.scale -= if more { 0 } else { 3 };
            }
            ',' => {}
            '%' => {
                section.scale += 2;
                section.parts.push(Part::Literal(&text[from..at]));
            }
            '\'' | '"' => {
                let end = text[at..].find(c)?;
                section.parts.push(Part::Literal(&text[at..at + end]));
                at += end + 1;
            }
            '\\' => {
                let escaped = text[at..].chars().next()?;
                section.parts.push(Part::Literal(&text[at..at + escaped.len_utf8()]));
                at += escaped.len_utf8();
            }
            _ => section.parts.push(Part::Literal(&text[from..at])),
        }
    }
    Some(section)
}

fn digit(section: &mut Section<'_>, c: char, after_point: bool) {
    if !section.has_digits {
        section.has_digits = true;
        section.parts.push(Part::Number);
    }
    if after_point {
        section.fraction += 1;
        if c == '0' {
            section.fraction_zeros = section.fraction;
        }
    } else if c == '0' || section.whole_zeros > 0 {
        section.whole_zeros += 1;
    }
}

fn write(digits: &Digits, section: &Section<'_>, out: &mut String) {
    let whole = digits.whole(section.whole_zeros);
    out.push_str(&if section.groups { grouped(&whole) } else { whole });
    let shown = digits.fraction_length().clamp(section.fraction_zeros, section.fraction);
    if shown > 0 {
        out.push('.');
        out.push_str(&digits.fraction(shown));
    }
}
