//! The header fields that the platform sends with every answer (reference A3).
//!
//! There are some twenty, most of them always the same. They are laid out once,
//! with marks where a value differs, and copied: to enter them one by one took
//! more than the write that is answered.

use std::sync::{PoisonError, RwLock};

use bytes::{Bytes, BytesMut};
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use uuid::Uuid;

use crate::clock::Timestamp;
use crate::limit::Standing;

/// A field whose value differs from answer to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    /// The id of the request; one of its two ids has a field of its own.
    Request,
    /// A new id.
    Fresh,
    /// The cookie of the request.
    RequestCookie,
    /// The cookie of the server.
    Affinity,
    Date,
    /// Seconds of execution that are left.
    Time,
    /// Requests that are left.
    Requests,
}

const MARKS: [(Mark, &str); 7] = [
    (Mark::Request, "{request}"),
    (Mark::Fresh, "{fresh}"),
    (Mark::RequestCookie, "{request-cookie}"),
    (Mark::Affinity, "{affinity}"),
    (Mark::Date, "{date}"),
    (Mark::Time, "{time}"),
    (Mark::Requests, "{requests}"),
];

/// The field with the address of a row that was written.
pub(super) const ADDRESS: HeaderName = HeaderName::from_static("odata-entityid");

const TIME: HeaderName = HeaderName::from_static("x-ms-ratelimit-time-remaining-xrm-requests");
const REQUESTS: HeaderName = HeaderName::from_static("x-ms-ratelimit-burst-remaining-xrm-requests");

/// The header fields of every answer.
#[derive(Debug)]
pub(super) struct Head {
    fields: HeaderMap,
    /// What each of them is, in the order in which they are walked over.
    marks: Vec<Option<Mark>>,
    /// The second that was told last, and how it is written.
    date: RwLock<(i64, HeaderValue)>,
}

/// What differs from answer to answer.
#[derive(Clone, Debug)]
pub(super) struct Told<'a> {
    pub(super) now: Timestamp,
    /// What is left to the principal; `None` where nobody knows who it is.
    pub(super) standing: Option<Standing>,
    /// The cookie of the server that answers.
    pub(super) affinity: &'a HeaderValue,
}

impl Head {
    /// Lays them out for an environment.
    pub(super) fn new(organization: Uuid, dop_hint: u32) -> Self {
        let mut fields = HeaderMap::with_capacity(64);
        let mut put = |name: &'static str, value: &'static str| {
            fields.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        };
        put("cache-control", "no-cache");
        put("expires", "-1");
        put("vary", "Accept-Encoding");
        put("strict-transport-security", "max-age=31536000; includeSubDomains");
        put("crm.serviceid", "framework");
        put("odata-version", "4.0");
        put("set-cookie", "{affinity}");
        put("set-cookie", "{request-cookie}");
        put("x-ms-service-request-id", "{request}");
        put("x-ms-service-request-id", "{fresh}");
        put("req_id", "{request}");
        put("authactivityid", "{fresh}");
        put("public", "OPTIONS,GET,HEAD,POST");
        put("date", "{date}");
        put("x-ms-ratelimit-time-remaining-xrm-requests", "{time}");
        put("x-ms-ratelimit-burst-remaining-xrm-requests", "{requests}");
        let cookie = HeaderValue::from_str(&format!("orgId={organization}; path=/; secure; HttpOnly"));
        fields.append(header::SET_COOKIE, cookie.expect("digits and letters are a header's"));
        fields.append("x-ms-dop-hint", dop_hint.into());
        fields.append(ADDRESS, HeaderValue::from_static(""));
        let mark = |value: &HeaderValue| MARKS.iter().find(|(_, text)| value == text).map(|(mark, _)| *mark);
        let marks = fields.values().map(mark).collect();
        Self { fields, marks, date: RwLock::new((i64::MIN, HeaderValue::from_static(""))) }
    }

    /// An instant as a date, written once for each second.
    fn date(&self, now: Timestamp) -> HeaderValue {
        let second = now.seconds();
        let (known, value) = self.date.read().unwrap_or_else(PoisonError::into_inner).clone();
        if known == second {
            return value;
        }
        let value = HeaderValue::try_from(now.http_date()).expect("digits and letters are a header's");
        *self.date.write().unwrap_or_else(PoisonError::into_inner) = (second, value.clone());
        value
    }

    /// The fields of one answer. The last of them is an empty [`ADDRESS`], which
    /// is there to be filled or removed: an entry more would move all others.
    pub(super) fn fields(&self, told: &Told<'_>) -> HeaderMap {
        let mut values = Values::new(self.date(told.now));
        let mut fields = self.fields.clone();
        for (mark, value) in self.marks.iter().zip(fields.values_mut()) {
            if let Some(mark) = mark {
                *value = values.of(*mark, told);
            }
        }
        if told.standing.is_none() {
            fields.remove(TIME);
            fields.remove(REQUESTS);
        }
        fields
    }
}

/// The values of one answer, in one piece of memory.
struct Values {
    text: BytesMut,
    request: HeaderValue,
    date: HeaderValue,
}

impl Values {
    fn new(date: HeaderValue) -> Self {
        let mut values = Self { text: BytesMut::with_capacity(320), request: HeaderValue::from_static(""), date };
        values.request = values.fresh();
        values
    }

    fn of(&mut self, mark: Mark, told: &Told<'_>) -> HeaderValue {
        match mark {
            Mark::Request => self.request.clone(),
            Mark::Fresh => self.fresh(),
            Mark::RequestCookie => {
                let request = self.request.clone();
                self.written(|text| {
                    text.extend_from_slice(b"ReqClientId=");
                    text.extend_from_slice(request.as_bytes());
                    text.extend_from_slice(b"; path=/; secure; HttpOnly");
                })
            }
            Mark::Affinity => told.affinity.clone(),
            Mark::Date => self.date.clone(),
            Mark::Time => {
                let left = told.standing.map(|standing| standing.left.execution().as_micros() as u64);
                self.written(|text| seconds(left.unwrap_or_default(), text))
            }
            Mark::Requests => told.standing.map_or(0, |standing| standing.left.requests).into(),
        }
    }

    fn fresh(&mut self) -> HeaderValue {
        let id = Uuid::new_v4();
        self.written(|text| {
            let mut buffer = Uuid::encode_buffer();
            text.extend_from_slice(id.hyphenated().encode_lower(&mut buffer).as_bytes());
        })
    }

    /// What is written here and now as a value.
    fn written(&mut self, write: impl FnOnce(&mut BytesMut)) -> HeaderValue {
        write(&mut self.text);
        let text: Bytes = self.text.split().freeze();
        HeaderValue::from_maybe_shared(text).expect("digits and letters are a header's")
    }
}

/// Microseconds as the platform writes seconds: a thousands separator and two
/// decimals, `1,200.00` (reference A3).
fn seconds(micros: u64, out: &mut BytesMut) {
    let hundredths = (micros + 5_000) / 10_000;
    // Without `format!`, which takes longer than all the rest of it.
    let mut digits = [0_u8; 32];
    let (mut left, mut at) = (hundredths / 100, digits.len());
    for place in 0.. {
        if place > 0 && left == 0 {
            break;
        }
        if place > 0 && place % 3 == 0 {
            at -= 1;
            digits[at] = b',';
        }
        at -= 1;
        digits[at] = b'0' + (left % 10) as u8;
        left /= 10;
    }
    out.extend_from_slice(&digits[at..]);
    out.extend_from_slice(&[b'.', b'0' + (hundredths / 10 % 10) as u8, b'0' + (hundredths % 10) as u8]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_have_a_separator_and_two_decimals() {
        for (value, text) in [
            (1_200_000_000, "1,200.00"),
            (1_199_456_000, "1,199.46"),
            (7_000_000, "7.00"),
            (1_234_567_000_000, "1,234,567.00"),
        ] {
            let mut out = BytesMut::new();
            seconds(value, &mut out);
            assert_eq!(&out[..], text.as_bytes());
        }
    }

    #[test]
    fn every_mark_has_a_value_and_requests_have_ids_of_their_own() {
        let head = Head::new(Uuid::nil(), 48);
        let affinity = HeaderValue::from_static("ARRAffinity=1");
        let told = Told { now: Timestamp::from_seconds(0), standing: None, affinity: &affinity };
        let (one, other) = (head.fields(&told), head.fields(&told));
        assert!(one.values().all(|value| !value.as_bytes().starts_with(b"{")), "{one:?}");
        assert_eq!(head.marks.iter().flatten().count(), 9);
        let ids: Vec<&HeaderValue> = one.get_all("x-ms-service-request-id").iter().collect();
        assert!(ids.len() == 2 && *ids[0] == one["req_id"] && ids[0] != ids[1], "{ids:?}");
        assert_ne!(one["req_id"], other["req_id"]);
        let cookies: Vec<&[u8]> = one.get_all("set-cookie").iter().map(HeaderValue::as_bytes).collect();
        assert!(cookies.len() == 3 && cookies[1].starts_with(b"ReqClientId="), "{cookies:?}");
        assert!(!one.contains_key(TIME) && one["date"] == "Thu, 01 Jan 1970 00:00:00 GMT");
    }
}
