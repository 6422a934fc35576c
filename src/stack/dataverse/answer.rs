//! Answers: bodies of rows, and the header fields that the platform sends
//! (reference A3, A4).

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use serde_json::Value;

use super::body::AnswerBody;
use super::error::Refusal;
use super::head::{ADDRESS, Head, Told};

/// The media type of bodies (reference A3).
const JSON: &str = "application/json; odata.metadata=minimal";

/// An answer before the common header fields.
#[derive(Debug, Default)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    /// Empty where there is none.
    pub(super) body: Bytes,
    pub(super) cost: Cost,
    pub(super) aftermath: Aftermath,
}

/// What faults of its parts do to the answer of a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Aftermath {
    /// How much later it comes, in real time.
    pub(super) delay: Duration,
    /// Whether it is lost.
    pub(super) lost: bool,
}

/// What was done for an answer: what limits count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cost {
    /// Operations, those of a batch and the rows of a bulk action one by one;
    /// 0 says as much as 1.
    pub(super) operations: u32,
    /// Rows that were read.
    pub(super) read: u32,
    /// Rows that were written.
    pub(super) written: u32,
}

impl Cost {
    /// Of several operations together.
    pub(super) fn of_all(parts: impl IntoIterator<Item = Self>) -> Self {
        parts.into_iter().fold(Self::default(), |sum, part| Self {
            operations: sum.operations + part.operations.max(1),
            read: sum.read + part.read,
            written: sum.written + part.written,
        })
    }
}

impl Answer {
    /// A body that is JSON already.
    pub(super) fn bytes(status: u16, body: Bytes) -> Self {
        Self { status, headers: Vec::new(), body, cost: Cost::default(), aftermath: Aftermath::default() }
    }

    pub(super) fn json(status: u16, body: &Value) -> Self {
        Self::bytes(status, Bytes::from(body.to_string()))
    }

    pub(super) fn empty(status: u16) -> Self {
        Self::bytes(status, Bytes::new())
    }

    /// The media type of the body: JSON, where nothing else was said.
    pub(super) fn media_type(&self) -> &str {
        self.headers.iter().find(|(name, _)| *name == "content-type").map_or(JSON, |(_, value)| value)
    }

    /// What was done for it.
    #[must_use]
    pub(super) fn costing(mut self, cost: Cost) -> Self {
        self.cost = cost;
        self
    }

    #[must_use]
    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(super) fn refusal(refusal: &Refusal, annotated: bool) -> Self {
        let answer = Self::json(refusal.status, &refusal.body(annotated));
        match refusal.retry_after {
            Some(seconds) => answer.with("retry-after", seconds.to_string()),
            None => answer,
        }
    }
}

/// What the `Prefer` field asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Preferences {
    pub(super) representation: bool,
    pub(super) page: Option<usize>,
    pub(super) annotations: Option<String>,
    /// `odata.track-changes`.
    pub(super) track_changes: bool,
    /// `odata.continue-on-error`.
    pub(super) continue_on_error: bool,
    /// `respond-async`.
    pub(super) respond_async: bool,
}

impl Preferences {
    pub(super) fn parse(headers: &http::HeaderMap) -> Self {
        let mut found = Self::default();
        let values = headers.get_all("prefer").iter().filter_map(|v| v.to_str().ok());
        for preference in values.flat_map(unquoted_parts) {
            let (name, value) = preference.split_once('=').unwrap_or((preference, ""));
            let value = value.trim().trim_matches('"');
            match name.trim().to_ascii_lowercase().as_str() {
                "return" => found.representation = value == "representation",
                "odata.maxpagesize" => found.page = value.parse().ok().map(|n: usize| n.clamp(1, 5000)),
                "odata.include-annotations" => found.annotations = Some(value.to_owned()),
                "odata.track-changes" => found.track_changes = true,
                // What follows a semicolon says who is to be called back.
                "respond-async" => found.respond_async = true,
                // `odata.continue-on-error=false` is said as well.
                "odata.continue-on-error" => found.continue_on_error = !value.eq_ignore_ascii_case("false"),
                _ => {}
            }
        }
        found
    }

    pub(super) fn annotated(&self) -> bool {
        self.annotations.as_deref() == Some("*")
    }

    /// What `Preference-Applied` says; nothing where nothing was applied.
    pub(super) fn applied(&self, representation: bool) -> Option<String> {
        let parts = [
            (representation && self.representation).then(|| "return=representation".to_owned()),
            self.page.map(|n| format!("odata.maxpagesize={n}")),
            self.annotations.as_ref().map(|a| format!("odata.include-annotations=\"{a}\"")),
            self.track_changes.then(|| "odata.track-changes".to_owned()),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join(","))
    }
}

/// The parts between commas; those in quotes don't count.
fn unquoted_parts(text: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    text.split(move |c| {
        quoted ^= c == '"';
        c == ',' && !quoted
    })
}

/// A version as an `ETag`.
pub(super) fn etag(version: u64) -> String {
    format!("W/\"{version}\"")
}

/// The answer as it goes out, with the header fields that every answer has.
pub(super) fn respond(answer: Answer, head: &Head, told: &Told<'_>) -> Response<AnswerBody> {
    let is_json = !answer.body.is_empty() && !answer.headers.iter().any(|(name, _)| *name == "content-type");
    let mut response = Response::new(AnswerBody::whole(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    *headers = head.fields(told);
    if !answer.headers.iter().any(|(name, _)| ADDRESS == *name) {
        headers.remove(ADDRESS);
    }
    if is_json {
        headers.append(header::CONTENT_TYPE, HeaderValue::from_static(JSON));
    }
    for (name, value) in answer.headers {
        let Ok(value) = HeaderValue::from_maybe_shared(Bytes::from(value)) else { continue };
        if ADDRESS == name {
            headers.insert(ADDRESS, value);
        } else {
            headers.append(HeaderName::from_static(name), value);
        }
    }
    response
}

/// Digits with a separator of thousands.
pub(super) fn grouped(digits: &str) -> String {
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn preferences_are_read_from_one_field_or_several() {
        let mut headers = http::HeaderMap::new();
        headers.append("prefer", "return=representation, odata.maxpagesize=9999".parse().expect("valid"));
        headers.append("prefer", "odata.include-annotations=\"a.*,b\",odata.track-changes".parse().expect("valid"));
        let found = Preferences::parse(&headers);
        let annotations = Some("a.*,b".to_owned());
        let expected = Preferences {
            representation: true,
            page: Some(5000),
            annotations,
            track_changes: true,
            continue_on_error: false,
            respond_async: false,
        };
        assert_eq!(found, expected);
        let applied = "odata.maxpagesize=5000,odata.include-annotations=\"a.*,b\",odata.track-changes";
        assert_eq!(found.applied(false).as_deref(), Some(applied));
    }
}
