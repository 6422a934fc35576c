//! Values of a request that come back, by their place in it.

use std::time::Duration;

use serde_json::Value;

use crate::clock::Timestamp;
use crate::generate::cells_of_workbook;
use crate::wire::Request;

/// From so many characters on a value is looked for inside longer texts too.
const LONG: usize = 16;

/// An instant so near to the moment of the call is that moment.
const NEAR: Duration = Duration::from_hours(24);

/// What a request said, and when.
pub(super) struct Echo {
    correlation: Option<String>,
    /// Text, and how it is told: the first place of each.
    leaves: Vec<(String, String)>,
    at: Timestamp,
}

impl Echo {
    pub(super) fn of(request: &Request, correlation: Option<&str>, at: Timestamp) -> Self {
        let mut echo = Self { correlation: correlation.map(str::to_owned), leaves: Vec::new(), at };
        let content = request.body.bytes().map_or(&[][..], |bytes| bytes);
        match serde_json::from_slice::<Value>(content) {
            Ok(body) => echo.walk(&body, ""),
            Err(_) => match cells_of_workbook(content) {
                Some(rows) => echo.rows(rows),
                None => echo.lines(content),
            },
        }
        echo
    }

    fn walk(&mut self, value: &Value, place: &str) {
        match value {
            Value::String(text) => self.add(text, format!("<request {place}>")),
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(index, item)| self.walk(item, &format!("{place}/{index}")));
            }
            Value::Object(members) => members.iter().for_each(|(name, member)| {
                self.walk(member, &format!("{place}/{}", name.replace('~', "~0").replace('/', "~1")));
            }),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// Lines of values under a header, as CSV has them.
    fn lines(&mut self, content: &[u8]) {
        let content = content.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(content);
        let first = content.split(|byte| *byte == b'\n').next().unwrap_or_default();
        // What separates the names is not in them.
        let delimiter = if first.contains(&b';') && !first.contains(&b',') { b';' } else { b',' };
        let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(content);
        let Ok(header) = reader.headers().cloned() else { return };
        for (row, record) in reader.records().map_while(Result::ok).enumerate() {
            for (value, column) in record.iter().zip(&header) {
                self.add(value, format!("<request row {} {column}>", row + 1));
            }
        }
    }

    /// Rows of a workbook.
    fn rows(&mut self, rows: Vec<Vec<(String, String)>>) {
        for (row, cells) in rows.into_iter().enumerate() {
            for (column, value) in cells {
                self.add(&value, format!("<request row {} {column}>", row + 1));
            }
        }
    }

    fn add(&mut self, text: &str, told: String) {
        if !text.is_empty() && !self.leaves.iter().any(|(known, _)| known == text) {
            self.leaves.push((text.to_owned(), told));
        }
    }

    /// A text as it is told.
    pub(super) fn told(&self, text: &str) -> String {
        if let Some(told) = self.whole(text) {
            return told;
        }
        let mut shown = text.to_owned();
        for (known, told) in self.named().filter(|(known, _)| known.chars().count() >= LONG) {
            if shown.contains(known) {
                shown = shown.replace(known, told);
            }
        }
        shown
    }

    fn whole(&self, text: &str) -> Option<String> {
        let echoed = self.named().find(|(known, _)| *known == text).map(|(_, told)| told.to_owned());
        echoed.or_else(|| {
            let instant = Timestamp::parse_http_date(text).or_else(|| Timestamp::parse(text))?;
            (instant.since(self.at) <= NEAR && self.at.since(instant) <= NEAR).then(|| "<now>".to_owned())
        })
    }

    fn named(&self) -> impl Iterator<Item = (&str, &str)> {
        let correlation = self.correlation.as_deref().map(|id| (id, "<correlation>"));
        correlation.into_iter().chain(self.leaves.iter().map(|(known, told)| (known.as_str(), told.as_str())))
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::Method;
    use serde_json::json;

    use super::*;
    use crate::wire::{Body, Headers};

    fn echo(body: &[u8]) -> Echo {
        let body = Body::Bytes(Bytes::copy_from_slice(body));
        let request = Request { method: Method::POST, target: "/".into(), headers: Headers::new(), body };
        Echo::of(&request, Some("0b5c1a52-7a52-4d27-9a4e-5d0f5a1c2e3f"), Timestamp::from_seconds(1_788_249_600))
    }

    #[test]
    fn what_comes_back_is_told_by_its_place() {
        let id = "6f1c2a94-3b57-4e0d-9a41-0c8d5e2f7b13";
        let echo = echo(json!({"records": [{"id": id, "a/b": "on"}]}).to_string().as_bytes());
        assert_eq!(echo.told(id), "<request /records/0/id>");
        assert_eq!(echo.told("on"), "<request /records/0/a~1b>");
        assert_eq!(echo.told(&format!("/v2/{id}/on")), "/v2/<request /records/0/id>/on");
        assert_eq!(echo.told("0b5c1a52-7a52-4d27-9a4e-5d0f5a1c2e3f"), "<correlation>");
        assert_eq!(echo.told("2026-09-01T08:00:03Z"), "<now>");
        assert_eq!(echo.told("2027-03-31T00:00:00Z"), "2027-03-31T00:00:00Z");
    }

    #[test]
    fn values_of_lines_are_told_by_row_and_column() {
        let echo = echo(b"number;customer\nINV-0001;\"Smith; Jones\"\nINV-0002;x\n");
        assert_eq!(echo.told("Smith; Jones"), "<request row 1 customer>");
        assert_eq!(echo.told("INV-0002"), "<request row 2 number>");
    }
}
