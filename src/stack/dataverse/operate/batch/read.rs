//! `multipart/mixed` as clients send it to `$batch`, as plain values (reference
//! A7).
//!
//! Lines end with CRLF or LF; request lines may hold spaces that nobody
//! escaped, and absolute URLs. Bodies are not copied.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};

use super::super::super::answer::Preferences;
use super::super::super::error::Refusal;

/// The most operations of one batch.
pub(in crate::stack::dataverse) const MOST: usize = 1000;

/// One request inside of a batch.
#[derive(Clone, Debug)]
pub(in crate::stack::dataverse) struct Inner {
    /// What `Content-ID` says.
    pub(in crate::stack::dataverse) content_id: Option<String>,
    pub(in crate::stack::dataverse) method: Method,
    /// As the request line has it: absolute, a path, relative, or `$ID…`.
    pub(in crate::stack::dataverse) target: String,
    pub(in crate::stack::dataverse) headers: HeaderMap,
    pub(in crate::stack::dataverse) body: Bytes,
}

/// One part of a batch.
#[derive(Clone, Debug)]
pub(in crate::stack::dataverse) enum Part {
    /// A request by itself.
    One(Inner),
    /// Requests that stand or fall together, with their boundary.
    ChangeSet(Arc<str>, Vec<Inner>),
}

/// Reads a whole batch; nothing of it has been done when one part is wrong.
pub(in crate::stack::dataverse) fn read(content_type: Option<&str>, body: &Bytes) -> Result<Vec<Part>, Refusal> {
    let boundary = content_type
        .filter(|value| value.trim_start().to_ascii_lowercase().starts_with("multipart/mixed"))
        .and_then(boundary_of)
        .ok_or_else(|| {
            let found = content_type.unwrap_or("nothing");
            malformed(&format!(
                "The Content-Type of a batch must be 'multipart/mixed' with a boundary, and it is '{found}'."
            ))
        })?;
    let mut parts = Vec::new();
    for section in sections(body, boundary)? {
        parts.push(part(&section)?);
    }
    let operations: usize = parts.iter().map(Part::len).sum();
    if operations == 0 {
        return Err(malformed("The batch holds no operation."));
    }
    if operations > MOST {
        return Err(malformed(&format!(
            "Number of operations in a batch request exceeded the maximum batch size allowed. The batch has \
             {operations}, the maximum is {MOST}."
        )));
    }
    Ok(parts)
}

impl Inner {
    /// Whether its error is to carry annotations.
    pub(super) fn annotated(&self) -> bool {
        Preferences::parse(&self.headers).annotated()
    }
}

impl Part {
    fn len(&self) -> usize {
        match self {
            Self::One(_) => 1,
            Self::ChangeSet(_, inner) => inner.len(),
        }
    }
}

pub(super) fn malformed(why: &str) -> Refusal {
    Refusal::bad_batch(why)
}

fn part(section: &Bytes) -> Result<Part, Refusal> {
    let (headers, rest) = fields(section)?;
    let Some(kind) = text_of(&headers, "content-type") else {
        return Err(malformed("A part of the batch has no Content-Type."));
    };
    if !kind.to_ascii_lowercase().starts_with("multipart/mixed") {
        return inner(&headers, kind, &rest).map(Part::One);
    }
    let boundary = boundary_of(kind).ok_or_else(|| malformed("The Content-Type of a change set has no boundary."))?;
    let mut set: Vec<Inner> = Vec::new();
    for section in sections(&rest, boundary)? {
        let (headers, rest) = fields(&section)?;
        let kind = text_of(&headers, "content-type").unwrap_or_default();
        if kind.to_ascii_lowercase().starts_with("multipart/") {
            return Err(malformed("Nested change sets are not supported."));
        }
        let request = inner(&headers, kind, &rest)?;
        if matches!(request.method, Method::GET | Method::HEAD) {
            return Err(malformed(&format!(
                "An invalid HTTP method '{}' was detected for a request in a change set. Requests in change sets only \
                 support the HTTP methods 'POST', 'PUT', 'DELETE', and 'PATCH'.",
                request.method
            )));
        }
        if let Some(id) = &request.content_id
            && set.iter().any(|other| other.content_id.as_ref() == Some(id))
        {
            return Err(malformed(&format!(
                "The content ID '{id}' was found more than once in the same change set. Content IDs have to be unique \
                 across all operations of a change set."
            )));
        }
        set.push(request);
    }
    Ok(Part::ChangeSet(boundary.into(), set))
}

/// A request out of a part of the type `application/http`.
fn inner(outer: &HeaderMap, kind: &str, section: &Bytes) -> Result<Inner, Refusal> {
    if !kind.to_ascii_lowercase().starts_with("application/http") {
        return Err(malformed(&format!(
            "A part of a batch must be of type 'application/http' or 'multipart/mixed', and it is '{kind}'."
        )));
    }
    let mut at = 0;
    let line = loop {
        let Some((line, next)) = line_at(section, at) else {
            return Err(malformed("A part of the batch has no request line."));
        };
        at = next;
        if !line.is_empty() {
            break line;
        }
    };
    let wrong = || malformed(&format!("'{}' is no request line.", String::from_utf8_lossy(line)));
    let line = std::str::from_utf8(line).map_err(|_| wrong())?.trim();
    let (method, rest) = line.split_once(' ').ok_or_else(wrong)?;
    // Clients leave spaces of a filter as they are, so the version is looked
    // for from the end.
    let (target, version) = rest.rsplit_once(' ').ok_or_else(wrong)?;
    let method = Method::from_bytes(method.as_bytes()).map_err(|_| wrong())?;
    if !version.starts_with("HTTP/") || target.trim().is_empty() {
        return Err(wrong());
    }
    let (headers, body) = fields(&section.slice(at..))?;
    let content_id = text_of(outer, "content-id").or_else(|| text_of(&headers, "content-id")).map(str::to_owned);
    Ok(Inner { content_id, method, target: target.trim().to_owned(), headers, body })
}

/// Header fields up to the empty line, and what follows it.
fn fields(section: &Bytes) -> Result<(HeaderMap, Bytes), Refusal> {
    let mut headers = HeaderMap::new();
    let mut at = 0;
    while let Some((line, next)) = line_at(section, at) {
        at = next;
        if line.is_empty() {
            return Ok((headers, section.slice(at..)));
        }
        let wrong = || malformed(&format!("'{}' is no header field.", String::from_utf8_lossy(line)));
        let colon = line.iter().position(|byte| *byte == b':').ok_or_else(wrong)?;
        let name = HeaderName::from_bytes(line[..colon].trim_ascii()).map_err(|_| wrong())?;
        let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).map_err(|_| wrong())?;
        headers.append(name, value);
    }
    Ok((headers, Bytes::new()))
}

fn text_of<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim).filter(|text| !text.is_empty())
}

/// The boundary that a media type names, quoted or not.
pub(super) fn boundary_of(kind: &str) -> Option<&str> {
    let parameter = kind.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("boundary").then_some(value.trim())
    })?;
    let value = parameter.strip_prefix('"').map_or(Some(parameter), |rest| rest.strip_suffix('"'))?;
    (!value.is_empty() && value.len() <= 70).then_some(value)
}

/// What stands between the delimiters of a boundary; the line break before a
/// delimiter belongs to it.
fn sections(body: &Bytes, boundary: &str) -> Result<Vec<Bytes>, Refusal> {
    let mut sections = Vec::new();
    let mut from = None;
    let mut at = 0;
    while let Some((line, next)) = line_at(body, at) {
        if let Some(last) = delimiter(line, boundary) {
            if let Some(from) = from {
                sections.push(body.slice(from..before_break(body, at).max(from)));
            }
            if last {
                return Ok(sections);
            }
            from = Some(next);
        }
        at = next;
    }
    let text = match from {
        None => format!("The body of the batch has no delimiter '--{boundary}'."),
        Some(_) => format!("The body of the batch ends without its closing delimiter '--{boundary}--'."),
    };
    Err(malformed(&text))
}

/// Whether the line is a delimiter, and whether it is the closing one.
fn delimiter(line: &[u8], boundary: &str) -> Option<bool> {
    let rest = line.strip_prefix(b"--")?.strip_prefix(boundary.as_bytes())?.trim_ascii_end();
    match rest {
        b"" => Some(false),
        b"--" => Some(true),
        _ => None,
    }
}

fn before_break(body: &[u8], at: usize) -> usize {
    let end = if at > 0 && body[at - 1] == b'\n' { at - 1 } else { at };
    if end > 0 && body[end - 1] == b'\r' { end - 1 } else { end }
}

/// The line that begins here, without its end, and where the next one begins.
fn line_at(text: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let rest = text.get(at..).filter(|rest| !rest.is_empty())?;
    let (line, next) = match rest.iter().position(|byte| *byte == b'\n') {
        Some(end) => (&rest[..end], at + end + 1),
        None => (rest, text.len()),
    };
    Some((line.strip_suffix(b"\r").unwrap_or(line), next))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BATCH: &str = "--b\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n\
        GET https://o/api/data/v9.2/tasks?$filter=a eq 'x y' HTTP/1.1\r\nAccept: application/json\r\n\r\n\r\n\
        --b\r\nContent-Type: multipart/mixed;boundary=c\r\n\r\n\
        --c\r\nContent-Type: application/http\r\nContent-ID: 1\r\n\r\n\
        POST /api/data/v9.2/tasks HTTP/1.1\r\nContent-Type: application/json; type=entry\r\n\r\n{\"a\":1}\r\n\
        --c\r\nContent-Type: application/http\r\nContent-ID: 2\r\n\r\nDELETE $1 HTTP/1.1\r\n\r\n--c--\r\n--b--\r\n";

    fn parts(text: &str) -> Result<Vec<Part>, Refusal> {
        read(Some("multipart/mixed; boundary=\"b\""), &Bytes::from(text.to_owned()))
    }

    #[test]
    fn requests_and_change_sets_are_read_with_either_line_end() {
        for text in [BATCH.to_owned(), BATCH.replace("\r\n", "\n"), format!("preamble\r\n{BATCH}epilogue")] {
            let parts = parts(&text).expect("well formed");
            let Part::One(get) = &parts[0] else { panic!("a request first") };
            assert_eq!(
                (get.method.as_str(), get.target.as_str()),
                ("GET", "https://o/api/data/v9.2/tasks?$filter=a eq 'x y'")
            );
            assert_eq!(get.headers["accept"], "application/json");
            let Part::ChangeSet(_, set) = &parts[1] else { panic!("a change set second") };
            let told: Vec<_> = set.iter().map(|i| (i.content_id.as_deref(), &*i.target, &*i.body)).collect();
            let body: &[u8] = b"{\"a\":1}";
            assert_eq!(told, [(Some("1"), "/api/data/v9.2/tasks", body), (Some("2"), "$1", b"")]);
        }
    }

    #[test]
    fn what_is_malformed_is_told_with_its_reason() {
        let get_in_set = BATCH.replace("DELETE $1", "GET $1");
        let twice = BATCH.replace("Content-ID: 2", "Content-ID: 1");
        let open = BATCH.replace("--b--", "");
        let many = "--b\nContent-Type: application/http\n\nGET a HTTP/1.1\n\n".repeat(1001) + "--b--\n";
        let cases = [
            ("", "no delimiter"),
            ("--b--\r\n", "no operation"),
            (&open, "closing delimiter"),
            (&get_in_set, "invalid HTTP method 'GET'"),
            (&twice, "more than once"),
            (&many, "has 1001, the maximum is 1000"),
            ("--b\nContent-Type: application/http\n\nnonsense\n--b--", "'nonsense' is no request line."),
            ("--b\nContent-Type: text/plain\n\nx\n--b--", "and it is 'text/plain'"),
            ("--b\nnonsense\n\nx\n--b--", "'nonsense' is no header field."),
            ("--b\nContent-Type: application/http\n\n--b--", "no request line"),
        ];
        for (text, expected) in cases {
            let refusal = parts(text).expect_err("malformed");
            assert_eq!((refusal.status, refusal.code), (400, "0x80048d19"));
            assert!(refusal.message.contains(expected), "{} lacks {expected}", refusal.message);
        }
        for kind in [None, Some("application/json"), Some("multipart/mixed"), Some("multipart/mixed; boundary=\"b")] {
            assert!(read(kind, &Bytes::from_static(BATCH.as_bytes())).is_err(), "{kind:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(cut in 0..BATCH.len(), at in 0..BATCH.len(), byte: u8) {
            let mut bytes = BATCH.as_bytes()[..cut].to_vec();
            if let Some(found) = bytes.get_mut(at) {
                *found = byte;
            }
            let _ = read(Some("multipart/mixed; boundary=b"), &Bytes::from(bytes));
        }
    }
}
