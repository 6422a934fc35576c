//! The curl line that repeats a request.

use std::fmt::Write;

use super::{Body, Redactor, Request};

/// A command for a POSIX shell that sends the request again to `origin`.
///
/// Values are quoted so that the bytes arrive unchanged, whatever they are;
/// secret header fields are shown as `$TOKEN`-like placeholders by the
/// `redactor`. A body of filling bytes is made by `head` on `/dev/zero` and
/// sent from standard input; bytes that are no text come from `printf`.
pub fn curl_line(origin: &str, request: &Request, redactor: &Redactor) -> String {
    let mut line = String::new();
    let data = feed(&mut line, &request.body);
    let _ = write!(
        line,
        "curl -sS -i --path-as-is -X {} {}",
        request.method,
        quote(&format!("{origin}{}", request.target))
    );
    for (name, value) in request.headers.iter() {
        let value = redactor.header(name, value);
        let field = if value.is_empty() { format!("{name};") } else { format!("{name}: {value}") };
        let _ = write!(line, " -H {}", quote(&field));
    }
    if matches!(request.body, Body::Chunked(_) | Body::Filler { length: false, .. }) {
        line.push_str(" -H 'Transfer-Encoding: chunked'");
    }
    if !request.headers.contains("content-type") && !matches!(request.body, Body::Empty) {
        line.push_str(" -H 'Content-Type:'");
    }
    line.push_str(&data);
    line
}

/// Writes what feeds curl's standard input, if anything, and gives the option
/// that carries the body.
fn feed(line: &mut String, body: &Body) -> String {
    match body {
        Body::Empty => String::new(),
        Body::Bytes(bytes) | Body::Chunked(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) if !text.contains('\0') && !text.starts_with('@') => {
                format!(" --data-binary {}", quote(text))
            }
            _ => {
                let _ = write!(line, "printf '{}' | ", octal(bytes));
                " --data-binary @-".to_owned()
            }
        },
        Body::Filler { head, fill, tail, .. } => {
            let _ = write!(
                line,
                "{{ printf '{}'; head -c {fill} /dev/zero | tr '\\0' x; printf '{}'; }} | ",
                octal(head),
                octal(tail)
            );
            " --data-binary @-".to_owned()
        }
    }
}

/// Bytes as `printf` escapes that every shell reads alike.
fn octal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 4), |mut text, byte| {
        let _ = write!(text, "\\{byte:03o}");
        text
    })
}

/// A text as one word of a POSIX shell.
fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
