//! Keys that prove who calls and go into the query or a cookie.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{Request, Secret};

/// What stands in a query as it is (RFC 3986 §2.3).
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Keys that go along with every request. A request that has a query parameter
/// or cookie of the same name keeps its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keys {
    query: Vec<(String, Secret)>,
    cookies: Vec<(String, Secret)>,
}

impl Keys {
    /// One more, as a query parameter.
    pub fn add_query(&mut self, name: &str, key: Secret) {
        self.query.push((name.to_owned(), key));
    }

    /// One more, as a cookie.
    pub fn add_cookie(&mut self, name: &str, key: Secret) {
        self.cookies.push((name.to_owned(), key));
    }

    /// Adds the keys to a request.
    pub fn show(&self, request: &mut Request) {
        for (name, key) in &self.query {
            push_query(request, name, key.expose());
        }
        for (name, key) in &self.cookies {
            push_cookie(request, name, key.expose());
        }
    }
}

/// Adds a query parameter, unless there is one of its name. What is no path is
/// left alone.
pub fn push_query(request: &mut Request, name: &str, value: &str) {
    let target = &mut request.target;
    let (path, query) = target.split_once('?').map_or((target.as_str(), None), |(path, query)| (path, Some(query)));
    let there = query.is_some_and(|query| url::form_urlencoded::parse(query.as_bytes()).any(|(sent, _)| sent == name));
    if there || !path.starts_with('/') || target.contains('#') {
        return;
    }
    let joint = match query {
        None => "?",
        Some("") => "",
        Some(_) => "&",
    };
    let encoded = |text: &str| utf8_percent_encode(text, UNRESERVED).to_string();
    *target = format!("{target}{joint}{}={}", encoded(name), encoded(value));
}

/// Adds a cookie to those of the request, unless there is one of its name.
pub fn push_cookie(request: &mut Request, name: &str, value: &str) {
    let all = request.headers.get("cookie").unwrap_or_default().to_owned();
    if all.split(';').any(|cookie| cookie.trim().split('=').next() == Some(name)) {
        return;
    }
    let joint = if all.is_empty() { "" } else { "; " };
    request.headers.set("Cookie", format!("{all}{joint}{name}={value}"));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Body, Headers};

    #[test]
    fn keys_join_what_is_there_and_never_replace_it() {
        let mut keys = Keys::default();
        keys.add_query("api key", Secret::new("a/b"));
        keys.add_cookie("sid", Secret::new("s1"));
        let shown = |target: &str, cookie: Option<&str>| {
            let headers = cookie.map(|c| ("Cookie", c)).into_iter().collect::<Headers>();
            let mut request = Request { method: http::Method::GET, target: target.into(), headers, body: Body::Empty };
            keys.show(&mut request);
            (request.target, request.headers.get("cookie").unwrap_or_default().to_owned())
        };
        assert_eq!(shown("/a", None), ("/a?api%20key=a%2Fb".into(), "sid=s1".into()));
        assert_eq!(shown("/a?b=c", Some("x=1")), ("/a?b=c&api%20key=a%2Fb".into(), "x=1; sid=s1".into()));
        assert_eq!(shown("/a?api+key=w", Some("sid=w")), ("/a?api+key=w".into(), "sid=w".into()));
        assert_eq!(shown("*", None).0, "*");
    }
}
