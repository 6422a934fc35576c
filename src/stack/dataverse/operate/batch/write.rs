//! The answer to a batch as bytes (reference A7). It begins with
//! `--batchresponse_`: clients look for it there.

use std::fmt::Write;

use bytes::Bytes;
use http::StatusCode;
use uuid::Uuid;

use super::super::super::answer::{Answer, Cost};

/// The answer to one part of a batch.
#[derive(Debug)]
pub(in crate::stack::dataverse) enum PartAnswer {
    /// To a request, with its `Content-ID`.
    One(Option<String>, Answer),
    /// To a change set that stands; one that fails has one answer.
    ChangeSet(Vec<(Option<String>, Answer)>),
}

impl PartAnswer {
    /// The status, where it is a failure.
    pub(in crate::stack::dataverse) fn failure(&self) -> Option<u16> {
        match self {
            Self::One(_, answer) => (answer.status >= 400).then_some(answer.status),
            Self::ChangeSet(_) => None,
        }
    }

    /// What was done for it.
    pub(in crate::stack::dataverse) fn cost(&self) -> Cost {
        match self {
            Self::One(_, answer) => answer.cost,
            Self::ChangeSet(set) => Cost::of_all(set.iter().map(|(_, answer)| answer.cost)),
        }
    }
}

/// Media type and body.
pub(in crate::stack::dataverse) fn write(answers: &[PartAnswer]) -> (String, Bytes) {
    let boundary = format!("batchresponse_{}", Uuid::new_v4());
    let mut out = Vec::with_capacity(answers.len() * 320);
    for answer in answers {
        put(&mut out, &["--", &boundary, "\r\n"]);
        match answer {
            PartAnswer::One(content_id, answer) => part(&mut out, content_id.as_deref(), answer),
            PartAnswer::ChangeSet(set) => {
                let inner = format!("changesetresponse_{}", Uuid::new_v4());
                put(&mut out, &["Content-Type: multipart/mixed; boundary=", &inner, "\r\n\r\n"]);
                for (content_id, answer) in set {
                    put(&mut out, &["--", &inner, "\r\n"]);
                    part(&mut out, content_id.as_deref(), answer);
                }
                put(&mut out, &["--", &inner, "--\r\n"]);
            }
        }
    }
    put(&mut out, &["--", &boundary, "--\r\n"]);
    (format!("multipart/mixed; boundary={boundary}"), out.into())
}

fn put(out: &mut Vec<u8>, texts: &[&str]) {
    texts.iter().for_each(|text| out.extend_from_slice(text.as_bytes()));
}

fn part(out: &mut Vec<u8>, content_id: Option<&str>, answer: &Answer) {
    put(out, &["Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n"]);
    if let Some(id) = content_id {
        put(out, &["Content-ID: ", id, "\r\n"]);
    }
    let reason = StatusCode::from_u16(answer.status).ok().and_then(|s| s.canonical_reason()).unwrap_or("Unknown");
    let mut head = String::with_capacity(256);
    // Writing to a `String` does not fail.
    let _ = write!(head, "\r\nHTTP/1.1 {} {reason}\r\n", answer.status);
    if answer.status >= 400 {
        let _ = write!(head, "REQ_ID: {}\r\n", Uuid::new_v4());
    }
    if !answer.body.is_empty() {
        let _ = write!(head, "Content-Type: {}\r\n", answer.media_type());
    }
    head.push_str("OData-Version: 4.0\r\n");
    for (name, value) in answer.headers.iter().filter(|(name, _)| *name != "content-type") {
        if *name == "odata-entityid" {
            let _ = write!(head, "Location: {value}\r\nOData-EntityId: {value}\r\n");
        } else {
            let _ = write!(head, "{}: {value}\r\n", spelled(name));
        }
    }
    head.push_str("\r\n");
    out.extend_from_slice(head.as_bytes());
    out.extend_from_slice(&answer.body);
    out.extend_from_slice(b"\r\n");
}

/// Header names as the platform writes them inside of a batch.
fn spelled(name: &str) -> &str {
    match name {
        "etag" => "ETag",
        "preference-applied" => "Preference-Applied",
        "retry-after" => "Retry-After",
        "location" => "Location",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn parts_are_written_as_clients_read_them() {
        let made = || Answer::empty(204).with("odata-entityid", "http://o/api/data/v9.2/accounts(x)");
        let set = PartAnswer::ChangeSet(vec![(Some("1".into()), made())]);
        let failed = PartAnswer::One(None, Answer::json(400, &json!({ "error": { "code": "c" } })));
        assert_eq!((set.failure(), failed.failure()), (None, Some(400)));
        let (kind, body) = write(&[set, failed]);
        let text = String::from_utf8(body.to_vec()).expect("text");
        let boundary = kind.strip_prefix("multipart/mixed; boundary=").expect("a boundary");
        assert!(boundary.starts_with("batchresponse_") && text.starts_with(&format!("--{boundary}\r\n")));
        assert!(text.ends_with(&format!("--{boundary}--\r\n")));
        let address = "http://o/api/data/v9.2/accounts(x)";
        let expected = format!(
            "Content-ID: 1\r\n\r\nHTTP/1.1 204 No Content\r\nOData-Version: 4.0\r\nLocation: \
             {address}\r\nOData-EntityId: {address}\r\n\r\n\r\n--changesetresponse_"
        );
        assert!(text.contains(&expected), "{text}");
        assert!(text.contains("HTTP/1.1 400 Bad Request\r\nREQ_ID: "));
        assert!(
            text.contains("odata.metadata=minimal\r\nOData-Version: 4.0\r\n\r\n{\"error\":{\"code\":\"c\"}}\r\n--")
        );
    }
}
