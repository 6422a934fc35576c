//! How a table is written, where the caller says so beside it.

use serde_json::Value;

use super::OperationGenerator;
use super::draft::Draft;
use crate::contract::openapi::ParameterIn;

/// How a table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Spelling {
    /// What separates the columns of text.
    pub(crate) delimiter: u8,
    /// Whether dates may stand as `15.10.2026` too.
    pub(crate) day_first: bool,
}

impl Spelling {
    /// As tables are written where nothing is said.
    pub(crate) const PLAIN: Self = Self { delimiter: b',', day_first: false };
}

impl OperationGenerator {
    /// What a draft says of its table: a query parameter `delimiter` with the
    /// value `semicolon`, a query parameter `dateFormat` with the value `dmy`.
    pub(crate) fn spelling(&self, draft: &Draft) -> Spelling {
        let said = |name: &str, values: &[&str]| {
            self.parameters.iter().zip(&draft.parameters).any(|(parameter, value)| {
                let spec = &parameter.parameter;
                spec.within == ParameterIn::Query
                    && spec.name == name
                    && value.as_ref().and_then(Value::as_str).is_some_and(|value| values.contains(&value))
            })
        };
        let delimiter = if said("delimiter", &["semicolon", ";"]) { b';' } else { b',' };
        Spelling { delimiter, day_first: said("dateFormat", &["dmy"]) }
    }
}

/// `2026-10-15` as `15.10.2026`; none for what is no such text.
pub(super) fn day_first(text: &str) -> Option<String> {
    let (year, month, day) = shaped(text, "0000-00-00").then(|| (&text[..4], &text[5..7], &text[8..]))?;
    Some(format!("{day}.{month}.{year}"))
}

/// `15.10.2026` as `2026-10-15`; none for what is no such text.
pub(super) fn year_first(text: &str) -> Option<String> {
    let (day, month, year) = shaped(text, "00.00.0000").then(|| (&text[..2], &text[3..5], &text[6..]))?;
    Some(format!("{year}-{month}-{day}"))
}

fn shaped(text: &str, pattern: &str) -> bool {
    let fits = |(t, p): (u8, u8)| if p == b'0' { t.is_ascii_digit() } else { t == p };
    text.len() == pattern.len() && text.bytes().zip(pattern.bytes()).all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_turn_both_ways() {
        assert_eq!(day_first("2026-10-15").as_deref(), Some("15.10.2026"));
        assert_eq!(year_first("15.10.2026").as_deref(), Some("2026-10-15"));
        for odd in ["2026-1-05", "2026-10-15T", "15.10.26", "äääää"] {
            assert_eq!((day_first(odd), year_first(odd)), (None, None), "{odd}");
        }
    }
}
