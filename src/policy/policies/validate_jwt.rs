//! `validate-jwt`: a token must be there, signed by a known issuer, in its
//! lifetime, for the audience and with the claims that are demanded.

use std::sync::Arc;

use super::table::{EVERYWHERE, Emulation, INBOUND, PolicyKind};
use crate::diagnose::Diagnostic;
use crate::policy::reader::Reader;
use crate::policy::statement::{Action, Given, GivenText};

/// `validate-jwt`.
#[derive(Clone, Debug)]
pub struct ValidateJwt {
    /// Where the token is.
    pub source: TokenSource,
    /// The status of a refusal.
    pub code: Given<i64>,
    /// The message of a refusal; without one, it depends on the reason.
    pub message: Option<GivenText>,
    /// Whether a token must say when it expires.
    pub require_expiration: Given<bool>,
    /// The scheme that must stand before the token.
    pub require_scheme: Option<GivenText>,
    /// Whether a token must be signed.
    pub require_signed: Given<bool>,
    /// How many seconds clocks may differ.
    pub clock_skew: Given<i64>,
    /// The variable that takes the token.
    pub output: Option<Arc<str>>,
    /// URLs of discovery documents.
    pub openid_configs: Vec<GivenText>,
    /// Audiences that are accepted; none: any.
    pub audiences: Vec<GivenText>,
    /// Issuers that are accepted beside those of the discovery documents.
    pub issuers: Vec<GivenText>,
    /// Claims that are demanded.
    pub claims: Vec<RequiredClaim>,
}

/// Where the token is.
#[derive(Clone, Debug)]
pub enum TokenSource {
    /// In a header field.
    Header(GivenText),
    /// In a query parameter.
    Query(GivenText),
    /// The value of an expression.
    Value(GivenText),
}

/// A claim that is demanded.
#[derive(Clone, Debug)]
pub struct RequiredClaim {
    /// Its name.
    pub name: Arc<str>,
    /// Whether all values must be there, or any one.
    pub all: bool,
    /// What separates values in a claim that is one text.
    pub separator: Option<Arc<str>>,
    /// The values; none: the claim must be there.
    pub values: Vec<GivenText>,
}

pub(super) const KIND: PolicyKind = PolicyKind {
    name: "validate-jwt",
    sections: INBOUND,
    scopes: EVERYWHERE,
    emulation: Emulation::Approximated("the texts of the token library (IDX...) are shortened in LastError.Message"),
    compile,
};

fn compile(reader: &mut Reader<'_, '_, '_>) -> Option<Action> {
    let source = source(reader);
    let mut policy = ValidateJwt {
        source: source?,
        code: reader.number("failed-validation-httpcode", 100..=599).unwrap_or(Given::Fixed(401)),
        message: reader.text("failed-validation-error-message"),
        require_expiration: reader.flag("require-expiration-time").unwrap_or(Given::Fixed(true)),
        require_scheme: reader.text("require-scheme"),
        require_signed: reader.flag("require-signed-tokens").unwrap_or(Given::Fixed(true)),
        clock_skew: reader.number("clock-skew", 0..=i64::from(u32::MAX)).unwrap_or(Given::Fixed(0)),
        output: reader.literal("output-token-variable-name"),
        openid_configs: Vec::new(),
        audiences: Vec::new(),
        issuers: Vec::new(),
        claims: Vec::new(),
    };
    children(reader, &mut policy);
    if policy.openid_configs.is_empty() {
        let fault = Diagnostic::error(reader.place(), "`validate-jwt` knows no keys");
        reader.fault(fault.expected("`<openid-config url=\"…\" />`; keys in the document are not emulated"));
    }
    Some(Action::ValidateJwt(Box::new(policy)))
}

fn source(reader: &mut Reader<'_, '_, '_>) -> Option<TokenSource> {
    let header = reader.text("header-name").map(TokenSource::Header);
    let query = reader.text("query-parameter-name").map(TokenSource::Query);
    let value = reader.text("token-value").map(TokenSource::Value);
    let mut given = [header, query, value].into_iter().flatten();
    match (given.next(), given.next()) {
        (Some(source), None) => Some(source),
        (one, _) => {
            let what = if one.is_some() { "the token has several sources" } else { "the token has no source" };
            let fault = Diagnostic::error(reader.place(), what);
            reader.fault(fault.expected("one of `header-name`, `query-parameter-name`, `token-value`"));
            None
        }
    }
}

fn children(reader: &mut Reader<'_, '_, '_>, policy: &mut ValidateJwt) {
    for element in reader.children(&["openid-config", "audiences", "issuers", "required-claims"]) {
        reader.within(element, |child| match &*element.name {
            "openid-config" => {
                let url = child.text("url");
                policy.openid_configs.extend(child.required("url", url));
                child.children(&[]);
            }
            "audiences" => {
                let children = child.children(&["audience"]);
                policy.audiences = child.values(children);
            }
            "issuers" => {
                let children = child.children(&["issuer"]);
                policy.issuers = child.values(children);
            }
            _ => {
                for element in child.children(&["claim"]) {
                    policy.claims.extend(child.within(element, claim));
                }
            }
        });
    }
}

fn claim(reader: &mut Reader<'_, '_, '_>) -> Option<RequiredClaim> {
    let children = reader.children(&["value"]);
    let values = reader.values(children);
    let all = reader.word("match", &["all", "any"]) != Some("any");
    let separator = reader.literal("separator");
    let name = reader.literal("name");
    let name = reader.required("name", name)?;
    Some(RequiredClaim { name, all, separator, values })
}
