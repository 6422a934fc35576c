//! Who may call: security schemes and what demands them.

use super::cursor::Cursor;
use super::parameter::place;
use super::{OpenApi, Operation, SecurityKind, SecurityScheme};
use crate::diagnose::{Diagnostic, Diagnostics};

/// Reads `components.securitySchemes`.
pub(super) fn schemes(root: &Cursor<'_>, notices: &mut Diagnostics) -> Vec<SecurityScheme> {
    let Some(schemes) = root.get("components").and_then(|c| c.get("securitySchemes")) else { return Vec::new() };
    let mut found = Vec::new();
    for (name, _, at) in schemes.entries() {
        if let Some(at) = at.follow("the security scheme", notices) {
            found.push(SecurityScheme { name, kind: kind(&at, notices) });
        }
    }
    found
}

fn kind(at: &Cursor<'_>, notices: &mut Diagnostics) -> SecurityKind {
    let lower = |text: &str| text.to_ascii_lowercase();
    match at.text("type", notices).map(lower).as_deref() {
        Some("apikey") => {
            let within = at.text("in", notices).and_then(place);
            match (within, at.text("name", notices)) {
                (Some(within), Some(name)) => SecurityKind::ApiKey(within, name.to_owned()),
                _ => unknown(at, "the key lacks its name or place", notices),
            }
        }
        Some("http") => match at.text("scheme", notices) {
            Some(scheme) => SecurityKind::Http(lower(scheme)),
            None => unknown(at, "the scheme of `Authorization` is missing", notices),
        },
        Some("oauth2") => SecurityKind::OAuth2,
        Some("openidconnect") => SecurityKind::OpenIdConnect,
        Some("mutualtls") => SecurityKind::MutualTls,
        _ => unknown(at, "this kind of security is not known", notices),
    }
}

fn unknown(at: &Cursor<'_>, what: &str, notices: &mut Diagnostics) -> SecurityKind {
    notices.push(
        Diagnostic::warning(at.node.place.clone(), what)
            .expected("`type` with one of `apiKey`, `http`, `oauth2`, `openIdConnect`, `mutualTLS`"),
    );
    SecurityKind::Unknown
}

/// The ways to be let in that `security` names; `None` where it is not there.
pub(super) fn requirements(at: &Cursor<'_>) -> Option<Vec<Vec<String>>> {
    let ways = at.get("security")?.elements();
    Some(ways.iter().map(|way| way.entries().into_iter().map(|(name, ..)| name).collect()).collect())
}

/// Whether something is demanded: some way stands there and none is free.
pub(super) fn secured(ways: &[Vec<String>]) -> bool {
    !ways.is_empty() && ways.iter().all(|way| !way.is_empty())
}

impl OpenApi {
    /// A security scheme by its name.
    pub fn security_scheme(&self, name: &str) -> Option<&SecurityScheme> {
        self.security_schemes.iter().find(|scheme| scheme.name == name)
    }

    /// What an operation demands and a caller does not send: for each way to
    /// be let in the schemes that are missing; empty where one way is open.
    /// `sends` says whether something of a kind is sent.
    pub fn missing_security(&self, operation: &Operation, sends: impl Fn(&SecurityKind) -> bool) -> Vec<String> {
        let missing = |way: &Vec<String>| -> Vec<String> {
            let sent = |name: &str| self.security_scheme(name).is_some_and(|scheme| sends(&scheme.kind));
            way.iter().filter(|name| !sent(name)).cloned().collect()
        };
        let ways: Vec<Vec<String>> = operation.security.iter().map(missing).collect();
        if ways.iter().any(Vec::is_empty) {
            return Vec::new();
        }
        ways.into_iter().map(|way| way.join(" and ")).collect()
    }
}
