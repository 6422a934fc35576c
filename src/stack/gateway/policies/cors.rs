//! `cors`.

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};

use crate::policy::{Cors, GivenText};
use crate::stack::gateway::answer::Answer;
use crate::stack::gateway::call::Call;
use crate::stack::gateway::execute::Flow;
use crate::stack::gateway::raised::Raised;

/// Notes what the answer must say to a script of another origin. A reading
/// call of an origin that is not allowed ends here with an empty 200, unless
/// the policy says otherwise; other methods go on without (reference §2.15).
pub(in crate::stack::gateway) fn cors<'p>(call: &mut Call, policy: &Cors) -> Result<Flow<'p>, Raised> {
    let Some(origin) = origin(call) else { return Ok(Flow::Continue) };
    if let Some(allowed) = allowed_origin(call, policy, &origin)? {
        let mut headers = HeaderMap::new();
        allow_origin(call, policy, &allowed, &mut headers)?;
        let expose = texts(call, &policy.expose)?;
        put(&mut headers, header::ACCESS_CONTROL_EXPOSE_HEADERS, &expose.join(","));
        call.limit_headers.extend(headers);
        return Ok(Flow::Continue);
    }
    let reads = matches!(call.method, Method::GET | Method::HEAD);
    if reads && call.flag(&policy.terminate_unmatched)? {
        call.response = Some(Answer::new(StatusCode::OK));
        return Ok(Flow::End);
    }
    Ok(Flow::Continue)
}

/// Answers a preflight request; `None` where the policy leaves it to another
/// one.
pub(in crate::stack::gateway) fn preflight(call: &mut Call, policy: &Cors) -> Result<Option<Answer>, Raised> {
    let mut answer = Answer::new(StatusCode::OK);
    let origin = origin(call).unwrap_or_default();
    let Some(allowed) = allowed_origin(call, policy, &origin)? else {
        return Ok(call.flag(&policy.terminate_unmatched)?.then_some(answer));
    };
    let wanted = |call: &Call, name: HeaderName| {
        let value = call.request_headers.get(name);
        value.map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned()).unwrap_or_default()
    };
    allow_origin(call, policy, &allowed, &mut answer.headers)?;
    let mut methods = texts(call, &policy.methods)?;
    if methods.is_empty() {
        methods = vec!["GET".to_owned(), "POST".to_owned()];
    }
    let headers = texts(call, &policy.headers)?;
    for (name, listed, asked) in [
        (header::ACCESS_CONTROL_ALLOW_METHODS, methods, header::ACCESS_CONTROL_REQUEST_METHOD),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, headers, header::ACCESS_CONTROL_REQUEST_HEADERS),
    ] {
        let any = listed.iter().any(|l| l == "*");
        let text = if any { wanted(call, asked) } else { listed.join(",") };
        put(&mut answer.headers, name, &text);
    }
    let max_age = call.number(&policy.max_age)?;
    if max_age > 0 {
        answer.headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from(max_age));
    }
    Ok(Some(answer))
}

/// Whether a call is a preflight request.
pub(in crate::stack::gateway) fn is_preflight(call: &Call) -> bool {
    call.method == Method::OPTIONS
        && call.request_headers.contains_key(header::ORIGIN)
        && call.request_headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

fn origin(call: &Call) -> Option<String> {
    call.request_headers.get(header::ORIGIN).map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned())
}

fn texts(call: &mut Call, given: &[GivenText]) -> Result<Vec<String>, Raised> {
    given.iter().map(|g| Ok(call.text_or_empty(g)?.trim().to_owned())).collect()
}

/// What `Access-Control-Allow-Origin` says, where the origin is allowed. With
/// credentials `*` is not allowed to be the answer.
fn allowed_origin(call: &mut Call, policy: &Cors, origin: &str) -> Result<Option<String>, Raised> {
    let listed = texts(call, &policy.origins)?;
    if listed.iter().any(|l| l == "*") {
        let any = !call.flag(&policy.allow_credentials)?;
        return Ok(Some(if any { "*".to_owned() } else { origin.to_owned() }));
    }
    Ok(listed.iter().any(|l| is_same(l, origin)).then(|| origin.to_owned()))
}

/// Whether two origins are one: scheme, host and port, 80 and 443 being those
/// of their schemes.
fn is_same(a: &str, b: &str) -> bool {
    let parts = |text: &str| {
        let url = url::Url::parse(text.trim_end_matches('/')).ok()?;
        Some((url.scheme().to_owned(), url.host_str()?.to_owned(), url.port_or_known_default()))
    };
    a == b || parts(a).is_some_and(|of| parts(b) == Some(of))
}

fn allow_origin(call: &mut Call, policy: &Cors, allowed: &str, headers: &mut HeaderMap) -> Result<(), Raised> {
    if allowed != "*" {
        headers.insert(header::VARY, HeaderValue::from_static("Origin"));
    }
    put(headers, header::ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
    if call.flag(&policy.allow_credentials)? {
        headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    }
    Ok(())
}

fn put(headers: &mut HeaderMap, name: HeaderName, text: &str) {
    if let (false, Ok(value)) = (text.is_empty(), HeaderValue::try_from(text)) {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_compared_with_their_default_ports() {
        assert!(is_same("https://a.example:443/", "https://a.example"));
        assert!(is_same("http://A.example", "http://a.example:80"));
        assert!(!is_same("http://a.example", "https://a.example"));
        assert!(!is_same("https://a.example", "https://a.example:8443"));
        assert!(is_same("null", "null"));
    }
}
