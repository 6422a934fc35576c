//! Tokens that nobody could have got from the issuer: signatures and headers
//! that are wrong on purpose.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::super::jwt::SigningKey;

/// Another signature of the same length: the first character after the last
/// dot is exchanged.
pub(super) fn signature(token: &str) -> String {
    let at = token.rfind('.').map_or(0, |dot| dot + 1);
    let other = if token[at..].starts_with('A') { "B" } else { "A" };
    format!("{}{other}{}", &token[..at], &token[at + 1..])
}

/// The same signature under claims that have these roles on top.
pub(super) fn payload(token: &str, roles: &[String]) -> String {
    let parts: Vec<&str> = token.split('.').collect();
    let claims = parts.get(1).and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
    let claims = claims.and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
    let mut claims = claims.unwrap_or_else(|| json!({}));
    claims["roles"] = json!(roles);
    let (header, signature) = (parts.first().unwrap_or(&""), parts.last().unwrap_or(&""));
    format!("{header}.{}.{signature}", encoded(&claims))
}

/// `alg` is `none`, and the signature empty (RFC 7519 §6).
pub(super) fn unsigned(claims: &Value) -> String {
    format!("{}.{}.", encoded(&json!({ "typ": "JWT", "alg": "none" })), encoded(claims))
}

/// HS256 with the modulus of the public key as the secret: accepted by who lets
/// the token choose the algorithm (RFC 8725 §2.1).
pub(super) fn by_public_key(claims: &Value, key: &SigningKey) -> String {
    let signed = format!("{}.{}", encoded(&json!({ "typ": "JWT", "alg": "HS256", "kid": key.kid() })), encoded(claims));
    let public = key.jwk()["n"].as_str().unwrap_or_default().to_owned();
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, public.as_bytes()), signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag))
}

/// One member for a token's header.
pub(super) fn header(name: &str, value: Value) -> Map<String, Value> {
    Map::from_iter([(name.to_owned(), value)])
}

fn encoded(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}
