//! A `$batch` as text, as the platform documents it: requests go out as
//! `multipart/mixed`, and the answers are read from it.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use uuid::Uuid;

use super::super::link::Reply;
use super::client::{Ask, WEB_API};

/// What a batch says of one of its requests. For a change set that failed there
/// is one, whichever of its requests did not hold.
#[derive(Clone, Debug)]
pub(super) struct PartReply {
    /// The number that the request had, where the answer names it.
    pub(super) number: Option<usize>,
    pub(super) reply: Reply,
}

/// Media type and body of a batch. The requests are numbered; `sets` says how
/// many stand or fall together, in their order. Without it each is done for
/// itself.
pub(super) fn compose(asks: &[(usize, Ask)], sets: &[usize]) -> (String, Bytes) {
    let batch = format!("batch_{}", Uuid::new_v4());
    let mut out = String::with_capacity(asks.len() * 640);
    if sets.is_empty() {
        asks.iter().for_each(|(_, ask)| request(&mut out, &batch, ask, None));
    }
    let mut rest = asks;
    for size in sets {
        let set = rest.split_off(..(*size).min(rest.len())).unwrap_or_default();
        let boundary = format!("changeset_{}", Uuid::new_v4());
        push(&mut out, &["--", &batch, "\r\nContent-Type: multipart/mixed; boundary=", &boundary, "\r\n\r\n"]);
        set.iter().for_each(|(number, ask)| request(&mut out, &boundary, ask, Some(*number)));
        push(&mut out, &["--", &boundary, "--\r\n"]);
    }
    push(&mut out, &["--", &batch, "--\r\n"]);
    (format!("multipart/mixed; boundary={batch}"), out.into())
}

fn push(out: &mut String, texts: &[&str]) {
    texts.iter().for_each(|text| out.push_str(text));
}

fn request(out: &mut String, boundary: &str, ask: &Ask, number: Option<usize>) {
    push(out, &["--", boundary, "\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n"]);
    if let Some(number) = number {
        push(out, &["Content-ID: ", &(number + 1).to_string(), "\r\n"]);
    }
    push(out, &["\r\n", ask.method.as_str(), " ", WEB_API, &ask.path, " HTTP/1.1\r\n"]);
    push(out, &["Content-Type: application/json; type=entry\r\n"]);
    for (name, value) in &ask.fields {
        push(out, &[name.as_str(), ": ", value, "\r\n"]);
    }
    let body = ask.body.as_deref().map(String::from_utf8_lossy).unwrap_or_default();
    push(out, &["\r\n", &body, "\r\n"]);
}

/// The parts of an answer, change sets laid open; `None` where it is no batch's
/// answer, or can't be read.
pub(super) fn parse(reply: &Reply) -> Option<Vec<PartReply>> {
    let kind = reply.headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let mut parts = Vec::new();
    sections(kind, std::str::from_utf8(&reply.body).ok()?, &mut parts)?;
    Some(parts)
}

fn sections(kind: &str, text: &str, parts: &mut Vec<PartReply>) -> Option<()> {
    let (_, boundary) = kind.strip_prefix("multipart/mixed")?.split_once("boundary=")?;
    let delimiter = format!("--{}", boundary.split(';').next()?.trim().trim_matches('"'));
    // What stands before the first delimiter is nothing.
    for section in text.split(&delimiter).skip(1) {
        if section.starts_with("--") {
            return Some(());
        }
        let (fields, rest) = fields(section.trim_start_matches(['\r', '\n']))?;
        let kind = fields.get(header::CONTENT_TYPE)?.to_str().ok()?;
        if kind.starts_with("multipart/mixed") {
            sections(kind, rest, parts)?;
        } else {
            parts.push(part(&fields, rest)?);
        }
    }
    None
}

fn part(outer: &HeaderMap, text: &str) -> Option<PartReply> {
    let (line, rest) = text.split_once("\r\n")?;
    let status = line.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
    let (headers, body) = fields(rest)?;
    let body = Bytes::copy_from_slice(body.strip_suffix("\r\n").unwrap_or(body).as_bytes());
    let number: Option<usize> = outer.get("content-id").and_then(|id| id.to_str().ok()?.trim().parse().ok());
    Some(PartReply { number: number.and_then(|id| id.checked_sub(1)), reply: Reply { status, headers, body } })
}

/// Header fields up to an empty line, and what follows it.
fn fields(text: &str) -> Option<(HeaderMap, &str)> {
    let (head, rest) = match text.strip_prefix("\r\n") {
        Some(rest) => ("", rest),
        None => text.split_once("\r\n\r\n")?,
    };
    let mut fields = HeaderMap::new();
    for line in head.split("\r\n").filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once(':')?;
        let name = HeaderName::from_bytes(name.trim().as_bytes()).ok()?;
        fields.append(name, HeaderValue::from_str(value.trim()).ok()?);
    }
    Some((fields, rest))
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::*;

    fn ask(key: &str) -> Ask {
        Ask {
            method: Method::PATCH,
            path: format!("accounts({key})"),
            fields: vec![(header::IF_MATCH, "W/\"7\"".to_owned())],
            body: Some(Bytes::from_static(b"{}")),
            again: false,
        }
    }

    #[test]
    fn a_batch_holds_its_requests_in_their_order_and_in_their_sets() {
        let asks: Vec<_> = ["a", "b", "c"].map(ask).into_iter().enumerate().collect();
        let (kind, body) = compose(&asks, &[1, 2]);
        let text = String::from_utf8(body.to_vec()).expect("text");
        let batch = kind.strip_prefix("multipart/mixed; boundary=").expect("a boundary");
        assert!(
            text.starts_with(&format!("--{batch}\r\nContent-Type: multipart/mixed; boundary=changeset_")),
            "{text}"
        );
        assert!(text.ends_with(&format!("--\r\n--{batch}--\r\n")), "{text}");
        let line = "Content-ID: 2\r\n\r\nPATCH /api/data/v9.2/accounts(b) HTTP/1.1\r\n";
        assert!(text.contains(line) && text.contains("if-match: W/\"7\"\r\n\r\n{}\r\n--changeset_"), "{text}");
        assert_eq!(text.matches("multipart/mixed").count(), 2);
        let (_, body) = compose(&asks, &[]);
        let text = String::from_utf8(body.to_vec()).expect("text");
        assert_eq!((text.matches("PATCH").count(), text.contains("Content-ID")), (3, false));
    }

    #[test]
    fn an_answer_is_read_part_by_part() {
        let made =
            "Content-Type: application/http\r\nContent-ID: 1\r\n\r\nHTTP/1.1 204 No Content\r\nETag: x\r\n\r\n\r\n";
        let refused =
            "Content-Type: application/http\r\n\r\nHTTP/1.1 429 Too Many Requests\r\nRetry-After: 3\r\n\r\n{}\r\n";
        let set = format!("Content-Type: multipart/mixed; boundary=s\r\n\r\n--s\r\n{made}--s--\r\n");
        let text = format!("--b\r\n{set}--b\r\n{refused}--b--\r\n");
        let headers =
            HeaderMap::from_iter([(header::CONTENT_TYPE, "multipart/mixed; boundary=b".parse().expect("text"))]);
        let reply = |text: &str| Reply { status: 200, headers: headers.clone(), body: text.to_owned().into() };
        let parts = parse(&reply(&text)).expect("parts");
        let told: Vec<_> = parts.iter().map(|part| (part.number, part.reply.status)).collect();
        assert_eq!(told, [(Some(0), 204), (None, 429)]);
        assert_eq!(
            (&parts[1].reply.body[..], &parts[1].reply.headers["retry-after"]),
            (&b"{}"[..], &"3".parse().expect("text"))
        );
        for wrong in ["", "--b\r\n", &text.replace("--b--", ""), &text.replace("HTTP/1.1", "SPDY")] {
            assert!(parse(&reply(wrong)).is_none(), "{wrong}");
        }
    }
}
