//! What a plain service demands of its callers, and what was given for it.

use base64::Engine as _;

use super::options::SchemeKey;
use super::{RunError, TargetChoice};
use crate::contract::Contract;
use crate::contract::openapi::{OpenApi, ParameterIn, SecurityKind};
use crate::diagnose::{Diagnostic, Diagnostics};
use crate::wire::{Headers, Keys, Redactor, Secret};

/// What every request carries: the given header fields, and what is given for
/// the document's security schemes, each where its scheme has it. What comes
/// to be a secret on the way is known to the redactor.
pub(super) fn shown(
    contracts: &[Contract],
    headers: &Headers,
    given: &[SchemeKey],
    redactor: &Redactor,
) -> Result<(Headers, Keys), RunError> {
    let (mut headers, mut keys) = (headers.clone(), Keys::default());
    for SchemeKey { scheme, secret, .. } in given {
        let kind = contracts.iter().find_map(|contract| contract.openapi.security_scheme(scheme)).map(|s| &s.kind);
        let field = |value: String| {
            redactor.register(&Secret::new(value.as_str()));
            value
        };
        match kind.ok_or_else(|| unknown(contracts, scheme))? {
            SecurityKind::ApiKey(ParameterIn::Header, name) => headers.set(name, secret.expose()),
            SecurityKind::ApiKey(ParameterIn::Query, name) => keys.add_query(name, secret.clone()),
            SecurityKind::ApiKey(ParameterIn::Cookie, name) => keys.add_cookie(name, secret.clone()),
            SecurityKind::Http(kind) if kind == "basic" => {
                let credentials = field(base64::engine::general_purpose::STANDARD.encode(secret.expose()));
                headers.set("Authorization", format!("Basic {credentials}"));
            }
            kind if kind.is_bearer() => headers.set("Authorization", format!("Bearer {}", secret.expose())),
            SecurityKind::Http(kind) => headers.set("Authorization", format!("{kind} {}", secret.expose())),
            _ => {
                return Err(RunError::Usage(format!(
                    "--key-env {scheme}: what this scheme demands can't be given by a key"
                )));
            }
        }
    }
    Ok((headers, keys))
}

fn unknown(contracts: &[Contract], scheme: &str) -> RunError {
    let all = contracts.iter().flat_map(|contract| &contract.openapi.security_schemes);
    let known: Vec<String> = all.map(|known| format!("`{}`", known.name)).collect();
    let known = if known.is_empty() { "it has none".to_owned() } else { format!("it has {}", known.join(", ")) };
    RunError::Usage(format!("--key-env: the document has no security scheme `{scheme}`: {known}"))
}

/// Whether something is given for a scheme of this kind.
fn is_given(openapi: &OpenApi, keys: &[SchemeKey], kind: &SecurityKind) -> bool {
    keys.iter().any(|key| openapi.security_scheme(&key.scheme).is_some_and(|scheme| scheme.kind == *kind))
}

/// Tells which security schemes operations of a lone document demand although
/// nothing was given for them: those operations will be refused.
pub(super) fn unmet(contract: &Contract, target: &TargetChoice, notices: &mut Diagnostics) {
    let TargetChoice::Url { headers, token, keys, .. } = target else { return };
    let openapi = &contract.openapi;
    let sends = |kind: &SecurityKind| {
        (kind.is_bearer() && token.is_some())
            || kind.header().is_some_and(|name| headers.get(name).is_some())
            || is_given(openapi, keys, kind)
    };
    let mut told: Vec<(Vec<String>, usize)> = Vec::new();
    for operation in &openapi.operations {
        let missing = openapi.missing_security(operation, sends);
        if missing.is_empty() {
            continue;
        }
        match told.iter_mut().find(|(known, _)| *known == missing) {
            Some((_, count)) => *count += 1,
            None => told.push((missing, 1)),
        }
    }
    for (missing, count) in told {
        let name = missing.first().and_then(|way| way.split(" and ").next()).unwrap_or_default();
        let demand = if count == 1 { "operation demands" } else { "operations demand" };
        let what = format!("{count} {demand} `{}`, for which nothing was given", missing.join("` or `"));
        let place = openapi.place(&format!("/components/securitySchemes/{name}"));
        let kind = openapi.security_scheme(name).map(|scheme| &scheme.kind);
        notices.push(Diagnostic::notice(place, what).hint(hint(name, kind)));
    }
}

fn hint(name: &str, kind: Option<&SecurityKind>) -> String {
    // A name that a shell would read otherwise stands in quotes.
    let word = if name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c)) {
        format!("{name}=VAR")
    } else {
        format!("'{name}=VAR'")
    };
    let key = format!("give the name of the variable that holds it: `--key-env {word}`");
    match kind {
        Some(kind) if kind.is_bearer() => {
            "give the name of the variable that holds a token: `--token-env NAME`".to_owned()
        }
        Some(SecurityKind::Http(scheme)) if scheme == "basic" => format!("{key}, with `user:password` in it"),
        Some(SecurityKind::ApiKey(ParameterIn::Header, name)) => format!("{key}, or the field: `-H '{name}: …'`"),
        Some(SecurityKind::MutualTls) => "client certificates can't be given; those calls will be refused".to_owned(),
        Some(SecurityKind::Unknown) => "it can't be given; those calls will be refused".to_owned(),
        Some(_) => key,
        None => "the document does not describe this scheme".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::contract::ContractId;
    use crate::contract::openapi::OpenApi;
    use crate::door::Origin;
    use crate::wire::Headers;

    #[test]
    fn what_nothing_was_given_for_is_told_once() {
        let text = r#"
openapi: 3.1.0
info: { title: t, version: "1" }
security: [{ key: [] }, { token: [] }]
paths:
  /a: { get: { responses: {} }, post: { responses: {} } }
  /b: { get: { security: [], responses: {} } }
components:
  securitySchemes: { key: { type: apiKey, in: header, name: X-Key }, token: { type: http, scheme: bearer } }
"#;
        let openapi = OpenApi::parse("a.yaml", text).expect("loads");
        let id = ContractId::new("a", "");
        let contract = Contract {
            id,
            path: "a.yaml".into(),
            openapi: Arc::new(openapi),
            behaviour: None,
            callee: None,
            recorded: None,
        };
        let told = |headers: Headers| {
            let origin = Origin::parse("http://127.0.0.1:1").expect("an origin");
            let (base_path, allowed_hosts, keys) = (String::new(), Vec::new(), Vec::new());
            let target = TargetChoice::Url {
                origin,
                base_path,
                headers,
                token: None,
                token_env: None,
                keys,
                allowed_hosts,
                ca_file: None,
            };
            let mut notices = Diagnostics::new();
            unmet(&contract, &target, &mut notices);
            notices.to_string()
        };
        let missing = told(Headers::new());
        assert!(missing.contains("2 operations demand `key` or `token`, for which nothing was given"), "{missing}");
        assert!(missing.contains("a.yaml:9:") && missing.contains("-H 'X-Key: …'"), "{missing}");
        let mut headers = Headers::new();
        headers.set("X-Key", "k");
        assert_eq!(told(headers), "");
    }

    #[test]
    fn each_scheme_is_shown_where_the_document_has_it() {
        let text = r#"
openapi: 3.1.0
info: { title: t, version: "1" }
paths: {}
components:
  securitySchemes:
    head: { type: apiKey, in: header, name: X-Key }
    query: { type: apiKey, in: query, name: appid }
    cookie: { type: apiKey, in: cookie, name: sid }
    user: { type: http, scheme: basic }
    oauth: { type: oauth2, flows: {} }
    cert: { type: mutualTLS }
"#;
        let openapi = Arc::new(OpenApi::parse("a.yaml", text).expect("loads"));
        let id = ContractId::new("a", "");
        let contract = Contract { id, path: "a.yaml".into(), openapi, behaviour: None, callee: None, recorded: None };
        let redactor = Redactor::new();
        let shown = |scheme: &str, secret: &str| {
            let key = SchemeKey { scheme: scheme.into(), variable: "V".into(), secret: Secret::new(secret) };
            let contracts = std::slice::from_ref(&contract);
            let (headers, keys) = shown(contracts, &Headers::new(), &[key], &redactor).map_err(|e| e.to_string())?;
            let method = http::Method::GET;
            let mut request =
                crate::wire::Request { method, target: "/a".into(), headers, body: crate::wire::Body::Empty };
            keys.show(&mut request);
            let fields: Vec<String> = request.headers.iter().map(|(n, v)| format!("{n}: {v}")).collect();
            Ok::<_, String>(format!("{} {}", request.target, fields.join(" ")))
        };
        assert_eq!(shown("head", "abc").as_deref(), Ok("/a X-Key: abc"));
        assert_eq!(shown("query", "abc").as_deref(), Ok("/a?appid=abc "));
        assert_eq!(shown("cookie", "abc").as_deref(), Ok("/a Cookie: sid=abc"));
        assert_eq!(shown("user", "bob:s3cret").as_deref(), Ok("/a Authorization: Basic Ym9iOnMzY3JldA=="));
        assert_eq!(redactor.text("sent Ym9iOnMzY3JldA== once"), "sent [redacted] once");
        assert_eq!(shown("oauth", "t").as_deref(), Ok("/a Authorization: Bearer t"));
        assert!(shown("cert", "t").is_err_and(|e| e.contains("can't be given")));
        assert!(shown("none", "t").is_err_and(|e| e.contains("it has `head`, `query`")));
    }
}
