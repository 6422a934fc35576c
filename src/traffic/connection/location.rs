//! Where a `Location` leads, and the request that asks there again.

use http::Method;

use crate::door::Origin;
use crate::wire::{Body, Headers, Request};

/// The origin and the request that follow a `Location` (RFC 9110 §10.2.2), which
/// may be absolute or relative to the request's own target. The header fields
/// are the request's own, without those of its content; `Authorization` goes
/// to the first origin only. `None` where the `Location` leads nowhere.
pub(in crate::traffic) fn follow(origin: &Origin, request: &Request, location: &str) -> Option<(Origin, Request)> {
    let base = url::Url::parse(&format!("{origin}{}", request.target)).ok()?;
    let url = base.join(location).ok()?;
    let there = Origin::parse(url.as_str())?;
    let query = url.query().map(|q| format!("?{q}")).unwrap_or_default();
    let target = format!("{}{query}", url.path());
    let stays = there == *origin;
    let headers: Headers = request
        .headers
        .iter()
        .filter(|(name, _)| !name.to_ascii_lowercase().starts_with("content-"))
        .filter(|(name, _)| stays || !name.eq_ignore_ascii_case("authorization"))
        .collect();
    Some((there, Request { method: Method::GET, target, headers, body: Body::Empty }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_is_followed_and_the_token_stays_with_its_origin() {
        let origin = Origin::parse("http://127.0.0.1:80").unwrap();
        let headers: Headers =
            [("Authorization", "Bearer x"), ("Content-Type", "a/b"), ("X-Id", "1")].into_iter().collect();
        let request =
            Request { method: Method::POST, target: "/v2/batches?x=1".to_owned(), headers, body: Body::Empty };
        let fields = |location: &str| {
            let (there, next) = follow(&origin, &request, location).unwrap();
            let names: Vec<String> = next.headers.iter().map(|(n, _)| n.to_owned()).collect();
            (there.to_string(), next.target, names.join(" "))
        };
        let here = "http://127.0.0.1".to_owned();
        assert_eq!(fields("batches/7"), (here.clone(), "/v2/batches/7".into(), "Authorization X-Id".into()));
        assert_eq!(fields("/j/7?a=b"), (here.clone(), "/j/7?a=b".into(), "Authorization X-Id".into()));
        assert_eq!(fields("http://127.0.0.1/j"), (here, "/j".into(), "Authorization X-Id".into()));
        assert_eq!(fields("http://other.example/j"), ("http://other.example".into(), "/j".into(), "X-Id".into()));
        assert_eq!(follow(&origin, &request, "ftp://x/y"), None);
    }
}
