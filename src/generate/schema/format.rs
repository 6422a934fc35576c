//! Strings of the formats that JSON Schema and OpenAPI name.
//!
//! JSON Schema 2020-12 (Validation, §7.3) and the OpenAPI format registry.

use std::collections::HashMap;
use std::sync::LazyLock;

use base64::Engine;
use rand::Rng;
use rand::seq::IndexedRandom;

/// Formats whose values are checked, so that they can be broken.
const CHECKED: [&str; 17] = [
    "date-time",
    "date",
    "time",
    "duration",
    "email",
    "hostname",
    "ipv4",
    "ipv6",
    "uri",
    "uri-reference",
    "iri",
    "iri-reference",
    "uuid",
    "json-pointer",
    "relative-json-pointer",
    "regex",
    "uri-template",
];

/// Whether values of a format can be made, and broken.
pub(super) fn is_known(format: &str) -> bool {
    CHECKED.contains(&format)
}

/// Whether values of a format are made as it says, and not only of any length.
pub(super) fn is_made(format: &str) -> bool {
    is_known(format) || matches!(format, "idn-email" | "idn-hostname" | "byte")
}

/// Whether a text is of a format; what is not checked always is.
pub(super) fn holds(format: &str, text: &str) -> bool {
    static CHECKS: LazyLock<HashMap<&'static str, jsonschema::Validator>> = LazyLock::new(|| {
        let check = |format: &str| {
            jsonschema::options()
                .with_draft(jsonschema::Draft::Draft202012)
                .should_validate_formats(true)
                .build(&serde_json::json!({ "format": format }))
                .ok()
        };
        CHECKED.iter().filter_map(|format| Some((*format, check(format)?))).collect()
    });
    CHECKS.get(format).is_none_or(|check| check.is_valid(&serde_json::Value::from(text)))
}

/// Values at the edges of a format, each right.
#[expect(clippy::too_many_lines, reason = "one list a format")]
pub(super) fn edges(format: &str) -> &'static [&'static str] {
    match format {
        "date-time" => &[
            "2024-02-29T23:59:59Z",
            "2016-12-31T23:59:60Z",
            "2000-02-29T00:00:00+00:00",
            "1999-12-31T23:59:59.999999999-00:00",
            "0001-01-01T00:00:00Z",
            "9999-12-31T23:59:59.999Z",
            "2026-03-29T02:30:00+01:00",
            "2026-06-30T12:00:00+14:00",
            "2026-06-30T12:00:00-12:00",
            "1970-01-01T00:00:00.000Z",
            "2038-01-19T03:14:08Z",
            "2026-06-30t12:00:00z",
        ],
        "date" => &["2024-02-29", "2000-02-29", "0001-01-01", "9999-12-31", "1970-01-01", "1900-02-28", "2026-12-31"],
        "time" => &[
            "23:59:60Z",
            "00:00:00Z",
            "23:59:59.999999999Z",
            "12:00:00+00:00",
            "12:00:00-00:00",
            "08:30:06+14:00",
            "00:00:00z",
        ],
        "duration" => &["P1Y", "PT0S", "P1Y2M3DT4H5M6S", "P4W", "PT36H", "P0D", "PT1M", "P1M"],
        "email" => &[
            "a@b.example",
            "a+tag@b.example",
            "first.last@sub.domain.example",
            "o'hara@b.example",
            "\"joe bloggs\"@b.example",
            "x_y-z!#$%&*/=?^`{|}~@b.example",
        ],
        "idn-email" => &["실례@실례.테스트", "bücher@bücher.example"],
        "hostname" => &[
            "a",
            "localhost",
            "xn--bcher-kva.example",
            "1host.example",
            "a-b.c-d.example",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb.ccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc.ddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd",
        ],
        "idn-hostname" => &["bücher.example", "실례.테스트", "localhost"],
        "ipv4" => &["0.0.0.0", "255.255.255.255", "127.0.0.1", "10.0.0.1"],
        "ipv6" => &["::", "::1", "2001:db8::1", "fe80::", "::ffff:192.0.2.1", "1:2:3:4:5:6:7:8", "2001:DB8::A"],
        "uri" => &[
            "urn:isbn:9780141036144",
            "http://[2001:db8::1]:8080/",
            "https://user@host.example:0/%C3%A4?x=%20&y#",
            "mailto:a@b.example",
            "file:///",
            "tel:+49-30-1",
        ],
        "uri-reference" => &["", "#", "?", "/", "//host.example", "../a/./b", "a:b", "%C3%A4"],
        "iri" => &["https://bücher.example/ä?ö#ü", "http://例え.example/"],
        "iri-reference" => &["", "#ä", "/ä/ö", "//bücher.example"],
        "uuid" => &[
            "00000000-0000-0000-0000-000000000000",
            "ffffffff-ffff-ffff-ffff-ffffffffffff",
            "2EB8AA08-AA98-11EA-B4AA-73B441D16380",
        ],
        "json-pointer" => &["", "/", "/a~1b~0c", "//", "/ä/0", "/a b"],
        "relative-json-pointer" => &["0", "0#", "1/a", "10/~1"],
        "regex" => &["", "^$", "a|b", "[^/]+", "\\d{1,3}", "(a(b))*", "^\\S+$"],
        "uri-template" => &["", "{a}", "/x{?a,b*}", "{+path}/y", "{#f:3}"],
        _ => &[],
    }
}

fn word(rng: &mut impl Rng) -> String {
    let length = rng.random_range(1..10);
    (0..length).map(|_| rng.random_range('a'..='z')).collect()
}

/// A value of a format; none for formats that are not known here, which are
/// annotations then.
pub(super) fn of_format(format: &str, rng: &mut impl Rng) -> Option<String> {
    if rng.random_range(0..16) == 0
        && let Some(edge) = edges(format).choose(rng)
    {
        return Some((*edge).to_owned());
    }
    Some(match format {
        "uuid" => uuid::Builder::from_random_bytes(rng.random()).into_uuid().to_string(),
        "date" => date(rng),
        "date-time" => {
            let zone = *["Z", "+00:00", "+02:00", "-11:30"].choose(rng).expect("not empty");
            format!("{}T{}{zone}", date(rng), clock_time(rng))
        }
        "time" => format!("{}{}", clock_time(rng), ["Z", "+00:00", "-05:00"].choose(rng).expect("not empty")),
        "duration" => duration(rng),
        "email" | "idn-email" => format!("{}.{}@{}.example", word(rng), word(rng), word(rng)),
        "uri" | "iri" => {
            format!("https://{}.example/{}?q={}#{}", word(rng), word(rng), rng.random_range(0..100), word(rng))
        }
        "uri-reference" | "iri-reference" => format!("{}/{}?q={}", word(rng), word(rng), rng.random_range(0..100)),
        "hostname" | "idn-hostname" => format!("{}.{}.example", word(rng), word(rng)),
        "ipv4" => std::net::Ipv4Addr::from(rng.random::<u32>()).to_string(),
        "ipv6" => std::net::Ipv6Addr::from(rng.random::<u128>()).to_string(),
        "json-pointer" => format!("/{}/{}", word(rng), rng.random_range(0..100)),
        "relative-json-pointer" => format!("{}/{}", rng.random_range(0..9), word(rng)),
        "regex" => format!("^{}[a-{}]{{1,{}}}$", word(rng), rng.random_range('b'..='z'), rng.random_range(1..9)),
        "uri-template" => format!("/{}/{{{}}}", word(rng), word(rng)),
        "byte" => {
            let bytes: Vec<u8> = (0..rng.random_range(0..24)).map(|_| rng.random()).collect();
            base64::engine::general_purpose::STANDARD.encode(bytes)
        }
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

fn duration(rng: &mut impl Rng) -> String {
    let mut n = |most: u32| rng.random_range(0..most);
    match n(4) {
        0 => format!("P{}W", n(100)),
        1 => format!("P{}Y{}M{}D", n(30), n(12), n(31)),
        2 => format!("PT{}H{}M{}S", n(48), n(60), n(60)),
        _ => format!("P{}DT{}H", n(400), n(24)),
    }
}

/// Texts that break a format.
pub(super) fn off_format(format: &str, rng: &mut impl Rng) -> Option<String> {
    if !is_known(format) {
        return None;
    }
    let good = of_format(format, rng)?;
    let wrong: Vec<String> = match format {
        "uuid" => vec![good.replace('-', "_"), format!("{}g", &good[..35]), good[..30].to_owned()],
        "date" => {
            vec!["2026-02-30".to_owned(), "2026-13-01".to_owned(), good.replace('-', "/"), "30.06.2026".to_owned()]
        }
        "date-time" => {
            vec!["2026-02-30T10:00:00Z".to_owned(), good.replacen(['T', 't'], "_", 1), good[..10].to_owned()]
        }
        "time" => vec!["25:00:00Z".to_owned(), "noon".to_owned(), "12:00:60Z".to_owned(), "08:30".to_owned()],
        "duration" => vec!["P".to_owned(), "PT".to_owned(), "1D".to_owned(), "P1D2H".to_owned(), "P2YT".to_owned()],
        "email" => vec![good.replace('@', "-"), format!("@{good}"), "a@".to_owned()],
        "hostname" => vec!["-bad-.example".to_owned(), "a..example".to_owned()],
        "ipv4" => vec!["256.1.1.1".to_owned(), "1.2.3".to_owned(), "01.2.3.4".to_owned()],
        "ipv6" => vec!["1::2::3".to_owned(), "12345::".to_owned(), "1:2:3:4:5:6:7".to_owned()],
        "json-pointer" => vec!["a".to_owned(), "/~2".to_owned(), "/a~".to_owned(), "#/a".to_owned()],
        "relative-json-pointer" => vec!["-1/a".to_owned(), "a".to_owned(), "01".to_owned(), "/a".to_owned()],
        "regex" => vec!["(".to_owned(), "[a".to_owned(), "a**".to_owned(), "*".to_owned()],
        "uri-template" => vec!["{a".to_owned(), "a}".to_owned(), "{".to_owned()],
        "uri-reference" | "iri-reference" => vec!["\\\\host\\share".to_owned(), "http://[".to_owned()],
        _ => vec!["no uri, only words".to_owned(), "/relative".to_owned(), "\\\\host".to_owned()],
    };
    wrong.choose(rng).cloned()
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use serde_json::json;

    use super::*;

    #[test]
    fn formats_are_kept_and_broken() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut wrong = Vec::new();
        for format in CHECKED {
            let check = jsonschema::options()
                .with_draft(jsonschema::Draft::Draft202012)
                .should_validate_formats(true)
                .build(&json!({"format": format}))
                .expect("a schema");
            let made = (0..200).filter_map(|_| of_format(format, &mut rng));
            wrong.extend(
                edges(format).iter().map(|e| (*e).to_owned()).chain(made).filter(|t| !check.is_valid(&json!(t))),
            );
            let broken = (0..100).filter_map(|_| off_format(format, &mut rng));
            wrong.extend(broken.filter(|t| check.is_valid(&json!(t))).map(|t| format!("{format} is kept by {t}")));
        }
        assert_eq!(wrong, Vec::<String>::new());
    }
}
