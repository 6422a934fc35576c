//! An exchange as reports show it: header fields without secrets, bodies cut.

use serde::Serialize;

use crate::clock::Timestamp;
use crate::wire::{Body, Exchange, Headers, Redactor, Tier};

/// Bodies are cut at so many bytes.
const MOST: usize = 2048;

/// One request and what came of it.
#[derive(Clone, Debug, Serialize)]
pub struct ExchangeRecord {
    /// From 1; a retry counts up.
    pub attempt: u32,
    /// What the shared clock showed when it was sent.
    pub sent_at: Timestamp,
    /// From due to done, in real milliseconds.
    pub latency_ms: f64,
    /// Who answered, where that can be told.
    pub tier: Option<Tier>,
    /// What was sent.
    pub request: RequestRecord,
    /// The answer.
    pub response: Option<ResponseRecord>,
    /// Why there is none.
    pub failure: Option<String>,
}

/// What was sent.
#[derive(Clone, Debug, Serialize)]
pub struct RequestRecord {
    /// The method.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// Header fields in order.
    pub headers: Vec<(String, String)>,
    /// The body's beginning.
    pub body: BodyRecord,
}

/// The answer.
#[derive(Clone, Debug, Serialize)]
pub struct ResponseRecord {
    /// The status.
    pub status: u16,
    /// Header fields in order.
    pub headers: Vec<(String, String)>,
    /// The body's beginning.
    pub body: BodyRecord,
}

/// The beginning of a body.
#[derive(Clone, Debug, Serialize)]
pub struct BodyRecord {
    /// How many bytes the whole has.
    pub bytes: u64,
    /// What is shown of it; bytes that are no text show as U+FFFD.
    pub text: String,
    /// What was left out or changed for showing it.
    pub note: Option<String>,
}

impl ExchangeRecord {
    /// An exchange as it may be shown.
    pub fn of(exchange: &Exchange, redactor: &Redactor) -> Self {
        Self {
            attempt: exchange.attempt,
            sent_at: exchange.sent_at,
            latency_ms: exchange.latency().as_micros() as f64 / 1e3,
            tier: exchange.tier,
            request: RequestRecord {
                method: exchange.request.method.to_string(),
                target: redactor.text(&exchange.request.target),
                headers: fields(&exchange.request.headers, redactor),
                body: request_body(&exchange.request.body, redactor),
            },
            response: exchange.response().map(|response| ResponseRecord {
                status: response.status,
                headers: fields(&response.headers, redactor),
                body: excerpt(&response.body, response.truncated, redactor),
            }),
            failure: exchange
                .outcome
                .as_ref()
                .err()
                .map(|failure| redactor.text(&format!("{}: {}", failure.kind.word(), failure.detail))),
        }
    }
}

fn fields(headers: &Headers, redactor: &Redactor) -> Vec<(String, String)> {
    headers.iter().map(|(name, value)| (redactor.text(name), redactor.header(name, value))).collect()
}

fn request_body(body: &Body, redactor: &Redactor) -> BodyRecord {
    match body {
        Body::Empty => BodyRecord { bytes: 0, text: String::new(), note: None },
        Body::Bytes(bytes) => excerpt(bytes, false, redactor),
        Body::Chunked(bytes) => {
            let mut record = excerpt(bytes, false, redactor);
            record.note = Some(record.note.map_or("sent in chunks".into(), |note| format!("sent in chunks; {note}")));
            record
        }
        Body::Handwritten(by_hand) => {
            let mut record = excerpt(&by_hand.content, false, redactor);
            let lines: Vec<String> =
                by_hand.lines.iter().map(|line| redactor.text(&String::from_utf8_lossy(line))).collect();
            let said = if lines.is_empty() { String::new() } else { format!(", with the lines {}", lines.join(" | ")) };
            let more = by_hand.content_len() - by_hand.content.len() as u64;
            let left_out = if more == 0 { String::new() } else { format!("; {more} bytes that follow are left out") };
            let note = format!("written byte by byte as {}{said}{left_out}", by_hand.version);
            record.note = Some(record.note.map_or(note.clone(), |more| format!("{note}; {more}")));
            record
        }
        Body::Filler { head, fill, length, .. } => {
            let mut record = excerpt(head, false, redactor);
            let how = if *length { "with its length" } else { "in chunks" };
            record.bytes = body.len();
            record.note = Some(format!("sent {how}; {fill} filling bytes and what follows them are left out"));
            record
        }
    }
}

/// Redacts first and cuts then: half a secret would not be recognised.
fn excerpt(bytes: &[u8], truncated: bool, redactor: &Redactor) -> BodyRecord {
    let whole = redactor.text(&String::from_utf8_lossy(bytes));
    let mut notes = Vec::new();
    if std::str::from_utf8(bytes).is_err() {
        notes.push("bytes that are no text are shown as \u{fffd}".to_owned());
    }
    let mut end = whole.len().min(MOST);
    while !whole.is_char_boundary(end) {
        end -= 1;
    }
    if end < whole.len() {
        notes.push(format!("cut after {end} of {} bytes", whole.len()));
    }
    if truncated {
        notes.push("the client stopped reading before its end".to_owned());
    }
    let note = (!notes.is_empty()).then(|| notes.join("; "));
    BodyRecord { bytes: bytes.len() as u64, text: whole[..end].to_owned(), note }
}
