//! Servers: the path in front of an operation. Which host is called is the
//! user's to say.

use std::sync::Arc;

use super::OpenApi;
use super::cursor::Cursor;
use crate::diagnose::{Diagnostic, Diagnostics, Value};

/// The first server that is declared at a place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Server {
    /// Its host and port; empty where the URL is relative.
    pub(super) host: String,
    /// The path of its URL, without a trailing slash.
    pub(super) path: String,
}

/// The first of the `servers` of a document, path item or operation, its
/// variables replaced by their defaults; `None` where none is declared.
pub(super) fn server(at: &Cursor<'_>, notices: &mut Diagnostics) -> Option<Server> {
    let server = at.get("servers")?.elements().into_iter().next()?;
    let mut url = server.text("url", notices)?.trim().to_owned();
    for (name, _, variable) in server.get("variables").map(|v| v.entries()).unwrap_or_default() {
        let default = variable.node.get("default").filter(|d| !matches!(d.value, Value::Null));
        let first = variable.node.get("enum").and_then(|values| values.as_sequence()?.first());
        if let Some(value) = default.or(first) {
            url = url.replace(&format!("{{{name}}}"), &value.key_text());
        }
    }
    let absolute = url.split_once("://").map(|(_, rest)| rest).or_else(|| url.strip_prefix("//"));
    let (host, path) = match absolute {
        Some(rest) => rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len())),
        None => ("", url.as_str()),
    };
    let path = path.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    // A relative URL is one to the document's own place, which nobody knows.
    let named =
        |segment: &&str| !segment.is_empty() && !segment.contains(['{', '}']) && !matches!(*segment, "." | "..");
    let kept: Vec<&str> = path.split('/').filter(named).collect();
    if path.contains(['{', '}']) {
        let place = server.node.place.clone();
        let what = format!("the server's path `{path}` has variables without a default; they are left out");
        notices.push(Diagnostic::warning(place, what).hint("give each variable a default"));
    }
    let path = kept.iter().fold(String::new(), |path, segment| path + "/" + segment);
    Some(Server { host: host.to_owned(), path })
}

/// The server of a path item or operation, where it has one of its own; that
/// it stands on another host than the document's is told.
pub(super) fn own_server(at: &Cursor<'_>, whole: &Server, notices: &mut Diagnostics) -> Option<Server> {
    let own = server(at, notices)?;
    if !own.host.is_empty() && own.host != whole.host {
        let place = at.get("servers").map_or_else(|| at.node.place.clone(), |servers| servers.node.place.clone());
        let under = if own.path.is_empty() { String::new() } else { format!(", under `{}`", own.path) };
        let what =
            format!("these operations stand on another host, `{}`; they are called at the target{under}", own.host);
        let hint = "to test that host, name it with `--url` and these operations with `--operation`";
        notices.push(Diagnostic::notice(place, what).hint(hint));
    }
    Some(own)
}

impl OpenApi {
    /// Puts another path in front of the operations, in the place of the
    /// document's own. Operations with servers of their own keep what these
    /// have beyond it.
    pub fn rebase(&mut self, path: &str) {
        let whole = std::mem::replace(&mut self.base_path, path.to_owned());
        for operation in &mut self.operations {
            let base = rebased(&whole, &operation.base_path, path);
            if base != operation.base_path {
                Arc::make_mut(operation).base_path = base;
            }
        }
    }
}

fn rebased(whole: &str, own: &str, path: &str) -> String {
    if let Some(rest) = own.strip_prefix(whole).filter(|rest| rest.is_empty() || rest.starts_with('/')) {
        return format!("{path}{rest}");
    }
    // Where the given path is the document's behind something, so is this one.
    path.strip_suffix(whole).map_or_else(|| own.to_owned(), |before| format!("{before}{own}"))
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::*;

    const DOCUMENT: &str = r#"
openapi: 3.1.0
info: { title: t, version: "1" }
servers: [{ url: "https://{region}.example/{stage}/v1/", variables: { region: { default: eu }, stage: { enum: [prod, test] } } }]
paths:
  /a: { get: { responses: {} } }
  /b:
    servers: [{ url: /uploads }]
    get: { responses: {} }
    put: { servers: [{ url: "//eu.example/prod/v1/large" }], responses: {} }
    post: { servers: [{ url: "https://files.example/v2" }], responses: {} }
"#;

    #[test]
    fn each_operation_has_the_path_of_its_nearest_server() {
        let mut openapi = OpenApi::parse("a.yaml", DOCUMENT).unwrap_or_else(|e| panic!("{e}"));
        let bases = |openapi: &OpenApi| openapi.operations.iter().map(|o| o.base_path.clone()).collect::<Vec<_>>();
        assert_eq!(bases(&openapi), ["/prod/v1", "/uploads", "/prod/v1/large", "/v2"]);
        let notices = openapi.notices.to_string();
        assert!(
            notices.contains("another host, `files.example`; they are called at the target, under `/v2`"),
            "{notices}"
        );
        assert_eq!(notices.matches("another host").count(), 1, "{notices}");
        let meant = |openapi: &OpenApi, method: Method, path: &str| {
            openapi.match_inside(&method, path).map(|(operation, _)| operation.id.to_string())
        };
        assert_eq!(meant(&openapi, Method::PUT, "/prod/v1/large/b").as_deref(), Some("PUT /b"));
        assert_eq!(meant(&openapi, Method::PUT, "/prod/v1/b"), None);
        openapi.rebase("/proxy/prod/v1");
        assert_eq!(bases(&openapi), ["/proxy/prod/v1", "/proxy/uploads", "/proxy/prod/v1/large", "/proxy/v2"]);
        let mut openapi = OpenApi::parse("a.yaml", DOCUMENT).unwrap_or_else(|e| panic!("{e}"));
        openapi.rebase("");
        assert_eq!(bases(&openapi), ["", "/uploads", "/large", "/v2"]);
        assert_eq!(meant(&openapi, Method::GET, "/uploads/b").as_deref(), Some("GET /b"));
    }
}
