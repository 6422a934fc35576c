//! Header fields of the issuer's answers, as captured (reference §7.1, §7.4).

use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use uuid::Uuid;

/// Of discovery documents and key sets.
pub(super) fn cacheable(mut answer: Response) -> Response {
    let headers = answer.headers_mut();
    for (name, value) in [
        ("cache-control", "max-age=86400, private"),
        ("content-type", "application/json; charset=utf-8"),
        ("access-control-allow-origin", "*"),
        ("access-control-allow-methods", "GET, OPTIONS"),
        ("strict-transport-security", "max-age=31536000; includeSubDomains"),
        ("x-content-type-options", "nosniff"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    answer
}

/// Of the token endpoint. `client-request-id` comes back where the caller asks
/// for it by `return-client-request-id`.
pub(super) fn uncacheable(mut answer: Response, trace: &str, asked: &HeaderMap) -> Response {
    let headers = answer.headers_mut();
    for (name, value) in [
        ("cache-control", "no-store, no-cache"),
        ("pragma", "no-cache"),
        ("content-type", "application/json; charset=utf-8"),
        ("expires", "-1"),
        ("strict-transport-security", "max-age=31536000; includeSubDomains"),
        ("x-content-type-options", "nosniff"),
        ("p3p", "CP=\"DSP CUR OTPi IND OTRi ONL FIN\""),
        ("x-ms-ests-server", "2.1.0 - EUS ProdSlices"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert("x-ms-request-id", HeaderValue::from_str(trace).expect("a UUID is a valid header value"));
    let fpc = format!("fpc={}; path=/; secure; HttpOnly; SameSite=None", Uuid::new_v4().simple());
    headers.append("set-cookie", HeaderValue::try_from(fpc).expect("a UUID is a valid header value"));
    for cookie in
        ["x-ms-gateway-slice=estsfd; path=/; secure; httponly", "stsservicecookie=estsfd; path=/; secure; httponly"]
    {
        headers.append("set-cookie", HeaderValue::from_static(cookie));
    }
    let wanted = asked.get("return-client-request-id").is_some_and(|v| v.as_bytes().eq_ignore_ascii_case(b"true"));
    if let Some(id) = asked.get("client-request-id").filter(|_| wanted) {
        headers.insert("client-request-id", id.clone());
    }
    answer
}
