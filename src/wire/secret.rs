//! Secrets: wrapped at birth, redacted at the door of the recorded run.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, LazyLock, RwLock};

use regex::{Captures, Regex};

/// A text that is never printed by accident: `Debug` and `Display` show
/// `[redacted]`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Arc<str>);

impl Secret {
    /// Wraps a text.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the wire only.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// Header fields whose values are never shown.
const SECRET_HEADERS: [&str; 10] = [
    "authorization",
    "proxy-authorization",
    "ocp-apim-subscription-key",
    "cookie",
    "set-cookie",
    "x-functions-key",
    "x-gateway-key",
    "x-api-key",
    "api-key",
    "x-ms-authorization-auxiliary",
];

/// Query parameters and form fields whose values are never shown.
const SECRET_PARAMETERS: [&str; 13] = [
    "subscription-key",
    "client_secret",
    "client_assertion",
    "access_token",
    "refresh_token",
    "id_token",
    "token",
    "api_key",
    "apikey",
    "password",
    "sharedaccesskey",
    "sharedaccesssignature",
    "accountkey",
];

/// Query parameters that are secret in a URL and harmless words elsewhere
/// (`code` is in every error of OData).
const SECRET_IN_URLS: [&str; 3] = ["sig", "code", "key"];

/// Takes secrets out of texts. Knows fields, parameters and JSON members that
/// are secret by name, everything that looks like a JSON Web Token or stands
/// after `Bearer`, user and password of a URL, and each value that was
/// registered, also percent-encoded or escaped as in JSON. Redacting twice
/// changes nothing.
#[derive(Clone, Debug, Default)]
pub struct Redactor(Arc<RwLock<Vec<Known>>>);

/// A registered value in the spellings in which it may stand in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Known(Vec<Secret>);

impl Redactor {
    /// Knows no values yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on this value is taken out wherever it stands. Values of less
    /// than six bytes are not: they stand everywhere by chance.
    pub fn register(&self, secret: &Secret) {
        if secret.expose().len() < 6 {
            return;
        }
        let spelled = Known(spellings(secret.expose()));
        let mut known = self.0.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        if !known.contains(&spelled) {
            known.push(spelled);
            // The longest first: one secret may be a part of another.
            known.sort_by_key(|spelled| std::cmp::Reverse(spelled.0[0].expose().len()));
        }
    }

    /// Whether a header field, parameter or JSON member of this name is secret
    /// as a whole.
    pub fn is_secret_name(name: &str) -> bool {
        SECRET_HEADERS.iter().chain(&SECRET_PARAMETERS).any(|secret| name.eq_ignore_ascii_case(secret))
    }

    /// A header field's value as it may be shown.
    pub fn header(&self, name: &str, value: &str) -> String {
        if Self::is_secret_name(name) { MASK.to_owned() } else { self.text(value) }
    }

    /// Any text as it may be shown.
    pub fn text(&self, text: &str) -> String {
        let mut shown = text.to_owned();
        // A run mints many tokens; most texts hold none.
        let tokens = text.contains("eyJ");
        for known in self.0.read().unwrap_or_else(std::sync::PoisonError::into_inner).iter() {
            for spelling in &known.0 {
                if !tokens && spelling.expose().starts_with("eyJ") {
                    continue;
                }
                if shown.contains(spelling.expose()) {
                    shown = shown.replace(spelling.expose(), MASK);
                }
            }
        }
        if shown.contains(':') {
            shown = changed(shown, |text| MEMBER.replace_all(text, "$1\"[redacted]\""));
            shown = changed(shown, |text| FIELD.replace_all(text, mask_field));
            shown = changed(shown, |text| USER.replace_all(text, "://[redacted]@"));
        }
        shown = changed(shown, |text| BEARER.replace_all(text, mask_bearer));
        if shown.contains('=') {
            shown = mask_parameters(&shown);
        }
        if tokens { mask_tokens(&shown) } else { shown }
    }
}

/// A text after a replacement; not copied where nothing was replaced, as in
/// nearly every row of a run.
fn changed(text: String, replace: impl for<'t> FnOnce(&'t str) -> Cow<'t, str>) -> String {
    let changed = match replace(&text) {
        Cow::Owned(changed) => Some(changed),
        Cow::Borrowed(_) => None,
    };
    changed.unwrap_or(text)
}

const MASK: &str = "[redacted]";

/// A text as it is, as JSON writes it, and percent-encoded in both cases.
fn spellings(text: &str) -> Vec<Secret> {
    let json = serde_json::to_string(text).expect("a text is JSON");
    let encoded = percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
    // What encoders leave alone: RFC 3986 §2.3.
    let unreserved = encoded.replace("%2D", "-").replace("%2E", ".").replace("%5F", "_").replace("%7E", "~");
    let lower = percent_lower(&unreserved);
    let mut all = vec![text.to_owned()];
    for spelling in [json[1..json.len() - 1].to_owned(), encoded, unreserved, lower] {
        if !all.contains(&spelling) {
            all.push(spelling);
        }
    }
    all.into_iter().map(Secret::new).collect()
}

/// Percent-encoding with its hexadecimal digits in lower case.
fn percent_lower(encoded: &str) -> String {
    let mut parts = encoded.split('%');
    let mut lower = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (digits, rest) = part.split_at(part.len().min(2));
        lower.push('%');
        lower.push_str(&digits.to_ascii_lowercase());
        lower.push_str(rest);
    }
    lower
}

/// `"name": "value"` of JSON, for every secret name.
static MEMBER: LazyLock<Regex> = LazyLock::new(|| {
    let names = SECRET_HEADERS.iter().chain(&SECRET_PARAMETERS).map(|name| regex::escape(name));
    let names = names.collect::<Vec<_>>().join("|");
    Regex::new(&format!(r#"(?i)("(?:{names})"\s*:\s*)"(?:[^"\\]|\\.)*""#)).expect("the pattern is valid")
});

/// `Name: value` of a header field, to the end of the line or of the quotes
/// around it.
static FIELD: LazyLock<Regex> = LazyLock::new(|| {
    let names = SECRET_HEADERS.map(regex::escape).join("|");
    Regex::new(&format!(r#"(?i)\b((?:{names}):[ \t]*)((?:bearer |basic )?)([^\s'"`][^\r\n'"`]*)"#))
        .expect("the pattern is valid")
});

/// `Bearer` and what looks like a credential.
static BEARER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?i)\b(bearer )([a-z0-9._~+/-]{8,}=*)").expect("the pattern is valid"));

/// User and password of a URL.
static USER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"://[^/\s:@'"\[]+:[^/\s@'"]+@"#).expect("the pattern is valid"));

/// Leaves alone what a shell fills in.
fn mask_field(found: &Captures<'_>) -> String {
    if found[3].starts_with('$') { found[0].to_owned() } else { format!("{}{}{MASK}", &found[1], &found[2]) }
}

/// Leaves alone plain words after `bearer`: credentials have digits or are
/// long.
fn mask_bearer(found: &Captures<'_>) -> String {
    let looks_secret = found[2].len() >= 20 || found[2].contains(|c: char| c.is_ascii_digit());
    if looks_secret { format!("{}{MASK}", &found[1]) } else { found[0].to_owned() }
}

/// Masks `name=value` pairs of secret parameters, as URLs, forms and connection
/// strings have them.
fn mask_parameters(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    let mut before = ' ';
    while let Some(equals) = rest.find('=') {
        let (head, tail) = rest.split_at(equals + 1);
        shown.push_str(head);
        rest = tail;
        if is_secret_parameter(&head[..equals], before) {
            let end = tail
                .find(|c: char| matches!(c, '&' | '#' | '"' | '\'' | '`' | '<' | '\\' | ';') || c.is_whitespace())
                .unwrap_or(tail.len());
            if end > 0 && !tail.starts_with('$') {
                shown.push_str(MASK);
                rest = &tail[end..];
            }
        }
        before = shown.chars().next_back().unwrap_or(' ');
    }
    shown.push_str(rest);
    shown
}

/// Whether the name at the end of `head` is a secret parameter's; `before` is
/// the character that stands before `head`.
fn is_secret_parameter(head: &str, before: char) -> bool {
    let at = head.rfind(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-')));
    let start = at.map_or(0, |i| i + head[i..].chars().next().map_or(1, char::len_utf8));
    let before = head[..start].chars().next_back().unwrap_or(before);
    let is = |names: &[&str]| names.iter().any(|name| head[start..].eq_ignore_ascii_case(name));
    is(&SECRET_PARAMETERS) || (matches!(before, '?' | '&') && is(&SECRET_IN_URLS))
}

/// Masks everything that looks like a JSON Web Token: `eyJ`, and two dots in
/// base64url.
fn mask_tokens(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("eyJ") {
        let token = &rest[start..];
        let end =
            token.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))).unwrap_or(token.len());
        shown.push_str(&rest[..start]);
        if token[..end].matches('.').count() >= 2 {
            shown.push_str(MASK);
        } else {
            shown.push_str(&token[..end]);
        }
        rest = &token[end..];
    }
    shown.push_str(rest);
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_taken_out_by_name_by_look_and_by_value() {
        let redactor = Redactor::new();
        redactor.register(&Secret::new("hunter2-hunter2"));
        assert_eq!(redactor.header("Authorization", "Bearer abc"), "[redacted]");
        assert_eq!(redactor.text("https://h/p?a=1&sig=s3cr3t&b=2"), "https://h/p?a=1&sig=[redacted]&b=2");
        assert_eq!(redactor.text("t: eyJhbGciOi.eyJhdWQi.c2ln!"), "t: [redacted]!");
        assert_eq!(redactor.text("pw hunter2-hunter2."), "pw [redacted].");
        assert_eq!(redactor.text("plain=1 eyJust text"), "plain=1 eyJust text");
        assert_eq!(format!("{:?}", Secret::new("x")), "[redacted]");
    }

    #[test]
    fn a_registered_value_is_found_in_every_spelling() {
        let redactor = Redactor::new();
        redactor.register(&Secret::new("a\"b/c d-é~"));
        for text in
            [r#"{"x":"a\"b/c d-é~"}"#, "/p?x=a%22b%2Fc%20d-%C3%A9~&y", "/p?x=a%22b%2fc%20d-%c3%a9~", "a\"b/c d-é~"]
        {
            assert!(redactor.text(text).contains(MASK), "{text}");
        }
        redactor.register(&Secret::new("a\"b/c d-é~-longer"));
        assert_eq!(redactor.text("a\"b/c d-é~-longer"), MASK);
    }

    #[test]
    fn fields_members_and_credentials_are_masked_in_running_text() {
        let redactor = Redactor::new();
        for (text, shown) in [
            ("-H 'Authorization: Bearer abc' -d x", "-H 'Authorization: Bearer [redacted]' -d x"),
            (r#"-H "Authorization: Bearer $TOKEN" -d x"#, r#"-H "Authorization: Bearer $TOKEN" -d x"#),
            ("X-Api-Key: k k\nnext", "X-Api-Key: [redacted]\nnext"),
            (r#"{"access_token": "a\"b", "code": "0x80"}"#, r#"{"access_token": "[redacted]", "code": "0x80"}"#),
            ("sent Bearer abcdefgh1 twice", "sent Bearer [redacted] twice"),
            ("a bearer authentication fails", "a bearer authentication fails"),
            ("http://user:pass@host/p", "http://[redacted]@host/p"),
            ("code=0x80072322, /f?code=abc==&x", "code=0x80072322, /f?code=[redacted]&x"),
            ("Endpoint=sb://x/;SharedAccessKey=abc=;E=1", "Endpoint=sb://x/;SharedAccessKey=[redacted];E=1"),
            ("ü=1&token=t", "ü=1&token=[redacted]"),
        ] {
            assert_eq!(redactor.text(text), shown);
            assert_eq!(redactor.text(shown), shown, "twice is once");
        }
    }
}
