//! Strings as JSON: plain ones and formats.

use super::super::format::is_made;
use super::super::model::TextShape;
use super::dice::Dice;
use super::pattern::{Strand, lengths, strands_of, weave};

/// How a string is written.
#[derive(Debug)]
pub(super) enum Text {
    /// So many code points of any text.
    Plain { min: usize, max: usize },
    /// A format.
    Format(Format),
    /// A pattern, part by part.
    Pattern(Vec<Strand>),
}

/// Formats that are written here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Uuid,
    Date,
    DateTime,
    Time,
    Email,
    Uri,
    Hostname,
    Ipv4,
    Ipv6,
}

/// Longest plain string, in code points.
pub(super) const LONGEST: usize = 4096;

impl Text {
    /// From what is demanded; none where it is not plain.
    pub(super) fn build(shape: &TextShape) -> Option<Self> {
        let most = shape.max.unwrap_or(usize::MAX);
        let known = shape.format.as_deref().filter(|format| is_made(format));
        match (shape.patterns.as_slice(), known) {
            ([], None) => (shape.min <= LONGEST)
                .then_some(Self::Plain { min: shape.min, max: most.min(shape.min.saturating_add(64).max(LONGEST)) }),
            ([], Some(name)) => {
                let format = Format::named(name)?;
                let (short, long) = format.lengths();
                (shape.min <= short && long <= most).then_some(Self::Format(format))
            }
            ([pattern], None) => {
                let strands = strands_of(pattern.hir())?;
                let (short, long) = lengths(&strands);
                (shape.min <= short && long <= most).then_some(Self::Pattern(strands))
            }
            _ => None,
        }
    }

    /// Writes one, with its quotes.
    pub(super) fn write(&self, dice: &mut Dice, out: &mut Vec<u8>) {
        out.push(b'"');
        match self {
            Self::Plain { min, max } => plain(length(*min, *max, dice), dice, out),
            Self::Format(format) => format.write(dice, out),
            Self::Pattern(strands) => weave(strands, dice, out),
        }
        out.push(b'"');
    }
}

/// A length within the bounds: short ones are likelier.
fn length(min: usize, max: usize, dice: &mut Dice) -> usize {
    let more = match dice.below(16) {
        0 => 0,
        1 => 256,
        2..=5 => 40,
        _ => 12,
    };
    let most = (max - min).min(more);
    min + dice.below(most as u32 + 1) as usize
}

const ALNUM: &[u8; 64] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 -";

/// Letters beyond ASCII and marks, each as JSON; every one is one code point.
const RARE: [&[&str]; 6] = [
    &["ä", "ö", "ü", "ß", "é", "ñ", "ø", "ł", "Ж", "щ", "Ω", "λ", " "],
    &["東", "京", "都", "こ", "ん", "に", "ち", "は", "한", "국", "어"],
    &["e", "\u{301}", "a", "\u{308}", "n", "\u{303}"],
    &["😀", "🧵", "🪡", "👩", "\u{200d}", "🔧", "𝔘", "𐍈"],
    &["ש", "ל", "ו", "ם", " ", "م", "ر", "ح"],
    &[
        ".", ",", ";", ":", "'", "\\\"", "<", ">", "&", "%", "$", "#", "@", "!", "?", "(", ")", "/", "\\\\", "|", "{",
        "[",
    ],
];

fn plain(length: usize, dice: &mut Dice, out: &mut Vec<u8>) {
    if dice.below(4) == 0
        && let Some(letters) = dice.of(&RARE)
    {
        for _ in 0..length {
            let letter = letters[dice.below(letters.len() as u32) as usize];
            out.extend_from_slice(letter.as_bytes());
        }
        return;
    }
    let mut left = length;
    while left > 0 {
        let mut bits = dice.next();
        for _ in 0..left.min(10) {
            out.push(ALNUM[(bits & 63) as usize]);
            bits >>= 6;
        }
        left -= left.min(10);
    }
}

impl Format {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "uuid" => Self::Uuid,
            "date" => Self::Date,
            "date-time" => Self::DateTime,
            "time" => Self::Time,
            "email" | "idn-email" => Self::Email,
            "uri" | "iri" | "uri-reference" | "iri-reference" => Self::Uri,
            "hostname" | "idn-hostname" => Self::Hostname,
            "ipv4" => Self::Ipv4,
            "ipv6" => Self::Ipv6,
            _ => return None,
        })
    }

    /// Shortest and longest that is written.
    fn lengths(self) -> (usize, usize) {
        match self {
            Self::Uuid => (36, 36),
            Self::Date => (10, 10),
            Self::DateTime => (20, 29),
            Self::Time => (9, 13),
            Self::Email => (13, 37),
            Self::Uri => (23, 47),
            Self::Hostname => (11, 27),
            Self::Ipv4 => (7, 15),
            Self::Ipv6 => (39, 39),
        }
    }

    fn write(self, dice: &mut Dice, out: &mut Vec<u8>) {
        match self {
            Self::Uuid => uuid(dice, out),
            Self::Date => date(dice, out),
            Self::DateTime => {
                date(dice, out);
                out.push(b'T');
                clock_time(dice, out);
                let zones: [&[u8]; 4] = [b"Z", b"+00:00", b"+02:00", b"-11:30"];
                out.extend_from_slice(zones[dice.below(4) as usize]);
            }
            Self::Time => {
                clock_time(dice, out);
                out.push(b'Z');
            }
            Self::Email => {
                word(dice, out);
                out.push(b'.');
                word(dice, out);
                out.push(b'@');
                word(dice, out);
                out.extend_from_slice(b".example");
            }
            Self::Uri => {
                out.extend_from_slice(b"https://");
                word(dice, out);
                out.extend_from_slice(b".example/");
                word(dice, out);
                out.extend_from_slice(b"?q=");
                word(dice, out);
            }
            Self::Hostname => {
                word(dice, out);
                out.push(b'.');
                word(dice, out);
                out.extend_from_slice(b".example");
            }
            Self::Ipv4 => {
                let bits = dice.next();
                for part in 0..4 {
                    if part > 0 {
                        out.push(b'.');
                    }
                    digits(out, u64::from((bits >> (8 * part)) as u8));
                }
            }
            Self::Ipv6 => {
                for group in 0..8 {
                    if group > 0 {
                        out.push(b':');
                    }
                    let bits = dice.next() as u16;
                    (0..4).rev().for_each(|nibble| out.push(hex(u64::from(bits >> (4 * nibble)))));
                }
            }
        }
    }
}

/// A number in decimal digits.
pub(super) fn digits(out: &mut Vec<u8>, mut number: u64) {
    let mut buffer = [0; 20];
    let mut at = buffer.len();
    loop {
        at -= 1;
        buffer[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(&buffer[at..]);
}

fn hex(bits: u64) -> u8 {
    b"0123456789abcdef"[(bits & 15) as usize]
}

/// RFC 9562, version 4.
fn uuid(dice: &mut Dice, out: &mut Vec<u8>) {
    let (high, low) = (dice.next(), dice.next());
    let mut text = [b'-'; 36];
    let mut at = 0;
    for nibble in 0..32 {
        if matches!(nibble, 8 | 12 | 16 | 20) {
            at += 1;
        }
        let bits = if nibble < 16 { high >> (4 * nibble) } else { low >> (4 * (nibble - 16)) };
        text[at] = match nibble {
            12 => b'4',
            16 => b"89ab"[(bits & 3) as usize],
            _ => hex(bits),
        };
        at += 1;
    }
    out.extend_from_slice(&text);
}

/// Two digits.
fn pair(out: &mut Vec<u8>, number: u32) {
    out.extend_from_slice(&[b'0' + (number / 10) as u8, b'0' + (number % 10) as u8]);
}

fn date(dice: &mut Dice, out: &mut Vec<u8>) {
    let (year, month) = (1990 + dice.below(70), 1 + dice.below(12));
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    let day = if dice.below(8) == 0 { days } else { 1 + dice.below(days) };
    pair(out, year / 100);
    pair(out, year % 100);
    out.push(b'-');
    pair(out, month);
    out.push(b'-');
    pair(out, day);
}

fn clock_time(dice: &mut Dice, out: &mut Vec<u8>) {
    let bits = dice.next();
    pair(out, (bits & 0xffff) as u32 % 24);
    out.push(b':');
    pair(out, ((bits >> 16) & 0xffff) as u32 % 60);
    out.push(b':');
    pair(out, ((bits >> 32) & 0xffff) as u32 % 60);
    if bits >> 62 == 0 {
        out.push(b'.');
        let millis = ((bits >> 48) & 0x3fff) as u32 % 1000;
        out.push(b'0' + (millis / 100) as u8);
        pair(out, millis % 100);
    }
}

/// One to nine small letters.
fn word(dice: &mut Dice, out: &mut Vec<u8>) {
    let mut bits = dice.next();
    let count = 1 + bits % 9;
    bits >>= 8;
    for _ in 0..count {
        out.push(b'a' + (bits % 26) as u8);
        bits /= 26;
    }
}
