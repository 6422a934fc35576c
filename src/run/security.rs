//! What a plain service demands of its callers, and what was given for it.

use super::TargetChoice;
use crate::contract::Contract;
use crate::contract::openapi::{ParameterIn, SecurityKind};
use crate::diagnose::{Diagnostic, Diagnostics};

/// Tells which security schemes operations of a lone document demand although
/// nothing was given for them: those operations will be refused.
pub(super) fn unmet(contract: &Contract, target: &TargetChoice, notices: &mut Diagnostics) {
    let TargetChoice::Url { headers, token, .. } = target else { return };
    let sends = |kind: &SecurityKind| {
        (kind.is_bearer() && token.is_some()) || kind.header().is_some_and(|name| headers.get(name).is_some())
    };
    let openapi = &contract.openapi;
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
        notices.push(Diagnostic::notice(place, what).hint(hint(kind)));
    }
}

fn hint(kind: Option<&SecurityKind>) -> String {
    match kind {
        Some(kind) if kind.is_bearer() => {
            "give the name of the variable that holds a token: `--token-env NAME`".to_owned()
        }
        Some(SecurityKind::ApiKey(ParameterIn::Query, name)) => {
            format!("a key in the query (`{name}`) can't be given; call a service that takes it in a header field")
        }
        Some(SecurityKind::ApiKey(ParameterIn::Cookie, name)) => format!("give it: `-H 'Cookie: {name}=…'`"),
        Some(kind) => match kind.header() {
            Some(name) => format!("give it: `-H '{name}: …'`"),
            None => "it can't be given; those calls will be refused".to_owned(),
        },
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
            let (base_path, allowed_hosts) = (String::new(), Vec::new());
            let target = TargetChoice::Url { origin, base_path, headers, token: None, token_env: None, allowed_hosts };
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
}
