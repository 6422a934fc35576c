//! Secrets: wrapped at birth, redacted at the door of the recorded run.

use std::fmt;
use std::sync::{Arc, RwLock};

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
const SECRET_HEADERS: [&str; 9] = [
    "authorization",
    "proxy-authorization",
    "ocp-apim-subscription-key",
    "cookie",
    "set-cookie",
    "x-functions-key",
    "x-gateway-key",
    "x-api-key",
    "api-key",
];

/// Query parameters and form fields whose values are never shown.
const SECRET_PARAMETERS: [&str; 8] =
    ["sig", "code", "subscription-key", "client_secret", "client_assertion", "access_token", "token", "api_key"];

/// Takes secrets out of texts. Knows fields and parameters that are secret by
/// name, everything that looks like a JSON Web Token, and each value that was
/// registered.
#[derive(Clone, Debug, Default)]
pub struct Redactor(Arc<RwLock<Vec<Secret>>>);

impl Redactor {
    /// Knows no values yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on this value is taken out wherever it stands.
    pub fn register(&self, secret: &Secret) {
        if secret.expose().len() < 6 {
            return;
        }
        let mut known = self.0.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        if !known.contains(secret) {
            known.push(secret.clone());
        }
    }

    /// A header field's value as it may be shown.
    pub fn header(&self, name: &str, value: &str) -> String {
        if SECRET_HEADERS.iter().any(|h| name.eq_ignore_ascii_case(h)) {
            return MASK.to_owned();
        }
        self.text(value)
    }

    /// Any text as it may be shown.
    pub fn text(&self, text: &str) -> String {
        let mut shown = text.to_owned();
        for secret in self.0.read().unwrap_or_else(std::sync::PoisonError::into_inner).iter() {
            if shown.contains(secret.expose()) {
                shown = shown.replace(secret.expose(), MASK);
            }
        }
        mask_tokens(&mask_parameters(&shown))
    }
}

const MASK: &str = "[redacted]";

/// Masks `name=value` pairs of secret parameters, as URLs and forms have them.
fn mask_parameters(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(equals) = rest.find('=') {
        let (head, tail) = rest.split_at(equals + 1);
        shown.push_str(head);
        let name_at =
            head[..equals].rfind(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))).map_or(0, |i| i + 1);
        let name = head.get(name_at..equals).unwrap_or("");
        rest = tail;
        if SECRET_PARAMETERS.iter().any(|p| name.eq_ignore_ascii_case(p)) {
            let end = tail
                .find(|c: char| c == '&' || c == '#' || c == '"' || c == '\'' || c.is_whitespace())
                .unwrap_or(tail.len());
            if end > 0 {
                shown.push_str(MASK);
            }
            rest = &tail[end..];
        }
    }
    shown.push_str(rest);
    shown
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
}
