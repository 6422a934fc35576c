//! Strings: of any length, in the scripts people write, and of the formats
//! that JSON Schema names.

use rand::Rng;
use rand::seq::IndexedRandom;

use super::model::TextShape;

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
    let least = if medium == Medium::Any { shape.min } else { shape.min.max(1) };
    if let Some(first) = shape.patterns.first() {
        return by_pattern(shape, first.span(), exactly, rng);
    }
    if let Some(text) = shape.format.as_deref().and_then(|f| of_format(f, rng)) {
        return Some(text);
    }
    let length = exactly.unwrap_or_else(|| length(least, shape.max, rng));
    (length <= LONGEST).then(|| plain(length, medium, rng))
}

fn by_pattern(shape: &TextShape, span: (usize, usize), exactly: Option<usize>, rng: &mut impl Rng) -> Option<String> {
    let least = shape.min.max(span.0);
    let most = shape.max.unwrap_or(usize::MAX).min(span.1);
    if least > most {
        return None;
    }
    (0..16).find_map(|_| {
        let length = exactly.unwrap_or_else(|| length(least, (most < usize::MAX).then_some(most), rng));
        let text = shape.patterns[0].draw(length.min(LONGEST), rng)?;
        shape.patterns[1..].iter().all(|p| p.matches(&text)).then_some(text)
    })
}

fn word(rng: &mut impl Rng) -> String {
    let length = rng.random_range(1..10);
    (0..length).map(|_| rng.random_range('a'..='z')).collect()
}

/// A value of a format; none for formats that are not known here, which are
/// annotations then.
pub(super) fn of_format(format: &str, rng: &mut impl Rng) -> Option<String> {
    Some(match format {
        "uuid" => uuid::Builder::from_random_bytes(rng.random()).into_uuid().to_string(),
        "date" => date(rng),
        "date-time" => {
            let zone = *["Z", "+00:00", "+02:00", "-11:30"].choose(rng).expect("not empty");
            format!("{}T{}{zone}", date(rng), clock_time(rng))
        }
        "time" => format!("{}Z", clock_time(rng)),
        "email" | "idn-email" => format!("{}.{}@{}.example", word(rng), word(rng), word(rng)),
        "uri" | "iri" | "uri-reference" | "iri-reference" => {
            format!("https://{}.example/{}?q={}#{}", word(rng), word(rng), rng.random_range(0..100), word(rng))
        }
        "hostname" | "idn-hostname" => format!("{}.{}.example", word(rng), word(rng)),
        "ipv4" => std::net::Ipv4Addr::from(rng.random::<u32>()).to_string(),
        "ipv6" => std::net::Ipv6Addr::from(rng.random::<u128>()).to_string(),
        _ => return None,
    })
}

fn date(rng: &mut impl Rng) -> String {
    let (year, month) = (rng.random_range(1990..2060), rng.random_range(1..=12));
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    let day = if rng.random_range(0..8) == 0 { days } else { rng.random_range(1..=days) };
    format!("{year:04}-{month:02}-{day:02}")
}

fn clock_time(rng: &mut impl Rng) -> String {
    let fraction = if rng.random_bool(0.3) { format!(".{:03}", rng.random_range(0..1000)) } else { String::new() };
    format!("{:02}:{:02}:{:02}{fraction}", rng.random_range(0..24), rng.random_range(0..60), rng.random_range(0..60))
}

/// Texts that break a format, the likeliest first.
pub(super) fn off_format(format: &str, rng: &mut impl Rng) -> Option<String> {
    let good = of_format(format, rng)?;
    let wrong = match format {
        "uuid" => vec![good.replace('-', "_"), format!("{}g", &good[..35]), good[..30].to_owned()],
        "date" => {
            vec!["2026-02-30".to_owned(), "2026-13-01".to_owned(), good.replace('-', "/"), "30.06.2026".to_owned()]
        }
        "date-time" => vec!["2026-02-30T10:00:00Z".to_owned(), good.replace('T', "_"), good[..10].to_owned()],
        "time" => vec!["25:00:00Z".to_owned(), "noon".to_owned()],
        "email" | "idn-email" => vec![good.replace('@', "-"), format!("@{good}")],
        "hostname" | "idn-hostname" => vec!["-bad-.example".to_owned(), "a..example".to_owned()],
        "ipv4" => vec!["256.1.1.1".to_owned(), "1.2.3".to_owned()],
        "ipv6" => vec!["1::2::3".to_owned(), "12345::".to_owned()],
        _ => vec!["no uri, only words".to_owned(), "http//[".to_owned()],
    };
    wrong.choose(rng).cloned()
}

/// Whether values of a format can be made, and broken.
pub(super) fn is_known(format: &str) -> bool {
    matches!(
        format,
        "uuid"
            | "date"
            | "date-time"
            | "time"
            | "email"
            | "idn-email"
            | "uri"
            | "iri"
            | "uri-reference"
            | "iri-reference"
            | "hostname"
            | "idn-hostname"
            | "ipv4"
            | "ipv6"
    )
}
