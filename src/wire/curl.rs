//! The curl line that repeats a request.

use std::fmt::Write;

use super::{Body, Headers, Redactor, Request};

/// Texts up to this size stand on the command line itself. Linux refuses
/// single arguments beyond 128 KiB, and people read the line.
const INLINE: usize = 16 * 1024;

/// A line longer than this helps nobody: then it names a file for the body.
const LONGEST: usize = 64 * 1024;

/// Bytes beyond which a body is not looked at.
const LOOKED_AT: usize = 1024 * 1024;

/// So many equal bytes are made by `head` and `tr` instead of written out.
const RUN: usize = 256;

/// A command for a POSIX shell that sends the request again to `origin`.
///
/// Values are quoted so that the bytes arrive unchanged, whatever they are. The
/// line has printable characters only, so escaping it for a screen changes
/// nothing: what is no plain text comes from `printf` (whose format reads the
/// same in every shell), long runs of one byte from `head`. Secret header
/// fields stand in double quotes as `$TOKEN`-like variables that the shell
/// fills in; other secrets are masked by the `redactor`. A body that is too
/// long for a command line is named as the file `body.bin`.
pub fn curl_line(origin: &str, request: &Request, redactor: &Redactor) -> String {
    if let Body::Handwritten(_) = &request.body {
        return raw_line(origin, request, redactor);
    }
    line_of(Feed::of(&request.body, redactor), origin, request, redactor)
}

/// The same line, with a body that is too long for it in a file: then that
/// file's content comes with it.
pub fn curl_line_with(origin: &str, request: &Request, redactor: &Redactor, file: &str) -> (String, Option<Vec<u8>>) {
    let feed = Feed::of(&request.body, redactor);
    let content = match &request.body {
        Body::Bytes(bytes) | Body::Chunked(bytes) if !feed.note.is_empty() => redacted(bytes, redactor),
        _ => return (curl_line(origin, request, redactor), None),
    };
    let feed = Feed { option: format!(" --data-binary {}", word(&format!("@{file}"))), ..Feed::default() };
    (line_of(feed, origin, request, redactor), Some(content))
}

fn line_of(feed: Feed, origin: &str, request: &Request, redactor: &Redactor) -> String {
    let mut line = feed.before;
    line.push_str("curl -sS -g --path-as-is");
    push_method(&mut line, request);
    push_target(&mut line, origin, &redactor.text(&request.target));
    for (name, value) in request.headers.iter() {
        let _ = write!(line, " -H {}", field(name, value, redactor));
    }
    push_framing(&mut line, &request.headers, &request.body);
    line.push_str(&feed.option);
    line.push_str(&feed.note);
    line
}

/// What curl would put right is written onto a connection by `nc`.
fn raw_line(origin: &str, request: &Request, redactor: &Redactor) -> String {
    let authority = origin.split_once("://").map_or(origin, |(_, authority)| authority);
    let (host, port) = authority.rsplit_once(':').unwrap_or((authority, "80"));
    let mut shown = request.clone();
    shown.headers = Headers::new();
    let mut tokens = Vec::new();
    for (name, value) in request.headers.iter() {
        if Redactor::is_secret_name(name) {
            // Put in by the shell, as in a curl line.
            let bearer = value.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("bearer "));
            shown.headers.append(name, if bearer { "Bearer %s" } else { "%s" });
            let variable = if bearer { "TOKEN".to_owned() } else { name.to_ascii_uppercase().replace('-', "_") };
            tokens.push((format!("{name}: "), bearer, variable));
        } else {
            shown.headers.append(name, redactor.text(value));
        }
    }
    let (bytes, _) = shown.written(authority);
    let redacted = redacted(&bytes, redactor);
    if redacted.len() > INLINE {
        return format!("# {} bytes, too long for a command line; the replay command sends them", redacted.len());
    }
    let mut format = format_of(&redacted);
    for (field, bearer, _) in &tokens {
        let scheme = if *bearer { "Bearer " } else { "" };
        format = format.replacen(&format!("{field}{scheme}%%s"), &format!("{field}{scheme}%s"), 1);
    }
    let arguments = tokens.iter().fold(String::new(), |all, (_, _, variable)| format!("{all} \"${variable}\""));
    format!("printf '{format}'{arguments} | nc -w 5 {} {port}", host.trim_matches(['[', ']']))
}

fn push_method(line: &mut String, request: &Request) {
    match (request.method.as_str(), &request.body) {
        // With `-X HEAD` curl waits for content that never comes.
        ("HEAD", Body::Empty) => line.push_str(" -I"),
        ("HEAD", _) => line.push_str(" -i -X HEAD -m 10"),
        (method, _) if method.chars().all(|c| c.is_ascii_alphanumeric()) => {
            let _ = write!(line, " -i -X {method}");
        }
        (method, _) => {
            let _ = write!(line, " -i -X {}", word(method));
        }
    }
}

/// A target that curl would change or refuse as a part of a URL is given
/// apart.
fn push_target(line: &mut String, origin: &str, target: &str) {
    let in_a_url = |c: char| c.is_ascii_graphic() && !matches!(c, '#' | '"' | '<' | '>' | '\\' | '^' | '`' | '|');
    if target.starts_with('/') && target.chars().all(in_a_url) {
        let _ = write!(line, " {}", filled(word(&format!("{origin}{target}"))));
    } else {
        let _ = write!(line, " --request-target {} {}", filled(word(target)), word(origin));
    }
}

fn push_framing(line: &mut String, headers: &Headers, body: &Body) {
    if matches!(body, Body::Empty) {
        return;
    }
    let chunked = matches!(body, Body::Chunked(_) | Body::Filler { length: false, .. });
    if chunked && !headers.contains("transfer-encoding") {
        line.push_str(" -H 'Transfer-Encoding: chunked'");
    }
    if !headers.contains("content-type") {
        line.push_str(" -H 'Content-Type:'");
    }
    // curl asks for leave before it sends a megabyte.
    if body.len() >= 1_000_000 && !headers.contains("expect") {
        line.push_str(" -H 'Expect:'");
    }
}

/// A header field as one word of the shell.
fn field(name: &str, value: &str, redactor: &Redactor) -> String {
    if Redactor::is_secret_name(name) {
        let scheme = value.split_once(' ').map_or("", |(scheme, _)| scheme);
        let shown = match scheme.to_ascii_lowercase().as_str() {
            "bearer" => "Bearer $TOKEN".to_owned(),
            "basic" => "Basic $CREDENTIALS".to_owned(),
            _ => format!("${}", name.to_ascii_uppercase().replace('-', "_")),
        };
        return format!("\"{name}: {shown}\"");
    }
    // `Name:` takes a field away, `Name;` sends it empty.
    match redactor.text(value).trim_matches([' ', '\t']) {
        "" => word(&format!("{name};")),
        value => filled(word(&format!("{name}: {value}"))),
    }
}

/// A word in which the shell fills in what was taken out of it.
fn filled(word: String) -> String {
    if word.starts_with('\'') { word.replace("[redacted]", "'\"$KEY\"'") } else { word }
}

/// What feeds curl.
#[derive(Default)]
struct Feed {
    /// A pipe into its standard input, or nothing.
    before: String,
    /// The option that carries the body.
    option: String,
    /// A comment at the end of the line.
    note: String,
}

impl Feed {
    fn of(body: &Body, redactor: &Redactor) -> Self {
        let pipe = match body {
            Body::Empty | Body::Handwritten(_) => return Self::default(),
            Body::Bytes(bytes) | Body::Chunked(bytes) if bytes.len() > LOOKED_AT => return Self::file(body.len()),
            Body::Bytes(bytes) | Body::Chunked(bytes) => {
                let bytes = redacted(bytes, redactor);
                match std::str::from_utf8(&bytes) {
                    Ok(text) if text.len() <= INLINE && text.chars().all(is_plain) && !text.starts_with('@') => {
                        return Self { option: format!(" --data-binary {}", quote(text)), ..Self::default() };
                    }
                    _ => pieces(&bytes),
                }
            }
            Body::Filler { head, tail, .. } if head.len().max(tail.len()) > LOOKED_AT => return Self::file(body.len()),
            Body::Filler { head, fill, tail, .. } => {
                let mut pieces_of_all = pieces(&redacted(head, redactor));
                if *fill > 0 {
                    pieces_of_all.push(repeated(b'x', *fill));
                }
                pieces_of_all.extend(pieces(&redacted(tail, redactor)));
                pieces_of_all
            }
        };
        let before = match pipe.as_slice() {
            [] => "printf '' | ".to_owned(),
            [one] => format!("{one} | "),
            many => format!("{{ {}; }} | ", many.join("; ")),
        };
        if before.len() > LONGEST {
            return Self::file(body.len());
        }
        Self { before, option: " --data-binary @-".to_owned(), note: String::new() }
    }

    fn file(length: u64) -> Self {
        Self {
            before: String::new(),
            option: " --data-binary @body.bin".to_owned(),
            note: format!("  # body.bin: {length} bytes, too long for a command line; the replay command sends them"),
        }
    }
}

/// Bytes without secrets; bytes that are no text stay.
fn redacted(bytes: &[u8], redactor: &Redactor) -> Vec<u8> {
    let mut shown = Vec::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        shown.extend(redactor.text(chunk.valid()).into_bytes());
        shown.extend(chunk.invalid());
    }
    shown
}

/// Commands that write the bytes one after the other.
fn pieces(bytes: &[u8]) -> Vec<String> {
    let mut commands = Vec::new();
    let mut written = 0;
    let mut at = 0;
    while at < bytes.len() {
        let length = bytes[at..].iter().take_while(|byte| **byte == bytes[at]).count();
        if length >= RUN {
            commands.extend(printf(&bytes[written..at]));
            commands.push(repeated(bytes[at], length as u64));
            written = at + length;
        }
        at += length;
    }
    commands.extend(printf(&bytes[written..]));
    commands
}

/// A command that writes one byte many times.
fn repeated(byte: u8, times: u64) -> String {
    let byte = if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("'\\{byte:03o}'") };
    format!("head -c {times} /dev/zero | tr '\\000' {byte}")
}

/// A `printf` that writes the bytes; nothing for none.
fn printf(bytes: &[u8]) -> Option<String> {
    (!bytes.is_empty()).then(|| format!("printf '{}'", format_of(bytes)))
}

/// Bytes as a format of `printf`. The percent sign is doubled, never written as
/// an escape: whether escapes are read before directives differs.
fn format_of(bytes: &[u8]) -> String {
    let mut format = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '%' => format.push_str("%%"),
                '\\' => format.push_str("\\\\"),
                '\n' => format.push_str("\\n"),
                '\r' => format.push_str("\\r"),
                '\t' => format.push_str("\\t"),
                // A format that begins with `-` would be an option.
                '-' if format.is_empty() => format.push_str("\\055"),
                '\'' => format.push_str("\\047"),
                c if is_plain(c) => format.push(c),
                c => push_octal(&mut format, c.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        push_octal(&mut format, chunk.invalid());
    }
    format
}

fn push_octal(format: &mut String, bytes: &[u8]) {
    for byte in bytes {
        let _ = write!(format, "\\{byte:03o}");
    }
}

/// Characters that every screen and browser shows and copies as they are:
/// printable ASCII, and letters and digits but for the fillers among them.
fn is_plain(c: char) -> bool {
    let filler = matches!(c, '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}');
    c == ' ' || c.is_ascii_graphic() || (!c.is_ascii() && c.is_alphanumeric() && !filler)
}

/// A text as one word of a POSIX shell.
fn word(text: &str) -> String {
    if text.chars().all(is_plain) { quote(text) } else { format!("\"$(printf '{}')\"", format_of(text.as_bytes())) }
}

fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
#[path = "curl_tests.rs"]
mod tests;
