//! `validate-jwt`: a call must bring a token that an issuer signed.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

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
    /// Keys that stand in the document.
    pub keys: Vec<InlineKey>,
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

/// A key that stands in the document.
#[derive(Clone, Debug)]
pub struct InlineKey {
    /// What a token's `kid` is compared with; without one, the key is tried
    /// for every token.
    pub id: Option<Arc<str>>,
    /// The key itself.
    pub kind: InlineKeyKind,
}

/// What a key in the document is.
#[derive(Clone, Debug)]
pub enum InlineKeyKind {
    /// A secret of HMAC as base64 text.
    Secret(GivenText),
    /// An RSA key: modulus and exponent, big-endian.
    Rsa {
        /// The modulus.
        modulus: Arc<[u8]>,
        /// The public exponent.
        exponent: Arc<[u8]>,
    },
}

/// A claim that is demanded.
#[derive(Clone, Debug)]
pub struct RequiredClaim {
    /// Its name.
    pub name: Arc<str>,
    /// Whether all values must be there (`all`), or any one (`any`).
    pub matching: GivenText,
    /// What separates values in a claim that is one text.
    pub separator: Option<Arc<str>>,
    /// The values; none: the claim must be there.
    pub values: Vec<GivenText>,
}

impl ValidateJwt {
    /// A policy that demands nothing yet, which reads its token from a source.
    pub(super) fn reading(source: TokenSource) -> Self {
        Self {
            source,
            code: Given::Fixed(401),
            message: None,
            require_expiration: Given::Fixed(true),
            require_scheme: None,
            require_signed: Given::Fixed(true),
            clock_skew: Given::Fixed(0),
            output: None,
            openid_configs: Vec::new(),
            keys: Vec::new(),
            audiences: Vec::new(),
            issuers: Vec::new(),
            claims: Vec::new(),
        }
    }

    /// Whether a token that was accepted once is accepted until it expires:
    /// no expression has a say in what is demanded of it.
    pub fn is_fixed(&self) -> bool {
        let claims = self.claims.iter().flat_map(|c| c.values.iter().chain([&c.matching]));
        self.audiences.iter().chain(&self.issuers).chain(claims).all(|text| text.fixed().is_some())
            && self.has_fixed_keys()
    }

    /// Whether the keys that stand in the document are the same for every
    /// call.
    pub fn has_fixed_keys(&self) -> bool {
        let fixed = |key: &InlineKey| match &key.kind {
            InlineKeyKind::Secret(secret) => secret.fixed().is_some(),
            InlineKeyKind::Rsa { .. } => true,
        };
        self.keys.iter().all(fixed) && self.require_signed.fixed().is_some()
    }
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
    let mut policy = ValidateJwt::reading(source?);
    refusal(reader, &mut policy);
    policy.require_expiration = reader.flag("require-expiration-time").unwrap_or(policy.require_expiration);
    policy.require_scheme = reader.text("require-scheme");
    policy.require_signed = reader.flag("require-signed-tokens").unwrap_or(policy.require_signed);
    policy.clock_skew = clock_skew(reader).unwrap_or(policy.clock_skew);
    children(reader, &mut policy);
    let unsigned = matches!(policy.require_signed, Given::Fixed(false));
    let has_keys = reader.element.elements().any(|e| &*e.name == "issuer-signing-keys");
    if policy.openid_configs.is_empty() && !has_keys && !unsigned {
        let notice = Diagnostic::notice(reader.place(), "`validate-jwt` knows no keys, and refuses every token");
        reader.fault(notice.expected("`<openid-config url=\"…\" />` or `<issuer-signing-keys>`"));
    }
    Some(Action::ValidateJwt(Box::new(policy)))
}

/// What `validate-jwt` and `validate-azure-ad-token` say about a refusal and
/// about the token's variable.
pub(super) fn refusal(reader: &mut Reader<'_, '_, '_>, policy: &mut ValidateJwt) {
    policy.code = reader.number("failed-validation-httpcode", 100..=599).unwrap_or(Given::Fixed(401));
    policy.message = reader.text("failed-validation-error-message");
    policy.output = reader.literal("output-token-variable-name");
}

/// Seconds, or a span of time as .NET writes it: `00:05:00`.
fn clock_skew(reader: &mut Reader<'_, '_, '_>) -> Option<Given<i64>> {
    let written = reader.element.attribute("clock-skew").map(|a| a.value.text.trim().to_owned());
    let parts: Vec<i64> = written.as_deref().unwrap_or_default().split(':').map_while(|p| p.parse().ok()).collect();
    if let ([hours, minutes, seconds], Some(2)) = (parts.as_slice(), written.map(|w| w.matches(':').count())) {
        reader.literal("clock-skew");
        return Some(Given::Fixed(hours * 3600 + minutes * 60 + seconds));
    }
    reader.number("clock-skew", 0..=i64::from(u32::MAX))
}

fn source(reader: &mut Reader<'_, '_, '_>) -> Option<TokenSource> {
    let found = token_source(reader);
    if found.is_none() {
        let fault = Diagnostic::error(reader.place(), "the token has no source");
        reader.fault(fault.expected(ONE_SOURCE));
    }
    found
}

const ONE_SOURCE: &str = "one of `header-name`, `query-parameter-name`, `token-value`";

/// The source that is named; several are a fault.
pub(super) fn token_source(reader: &mut Reader<'_, '_, '_>) -> Option<TokenSource> {
    let header = reader.text("header-name").map(TokenSource::Header);
    let query = reader.text("query-parameter-name").map(TokenSource::Query);
    let value = reader.text("token-value").map(TokenSource::Value);
    let mut given = [header, query, value].into_iter().flatten();
    let first = given.next();
    if given.next().is_some() {
        let fault = Diagnostic::error(reader.place(), "the token has several sources");
        reader.fault(fault.expected(ONE_SOURCE));
    }
    first
}

fn children(reader: &mut Reader<'_, '_, '_>, policy: &mut ValidateJwt) {
    let known = ["openid-config", "issuer-signing-keys", "decryption-keys", "audiences", "issuers", "required-claims"];
    for element in reader.children(&known) {
        reader.within(element, |child| match &*element.name {
            "openid-config" => {
                let url = child.text("url");
                let url = child.required("url", url);
                if let Some(url) = &url {
                    child.reaches("openid-config", url);
                }
                policy.openid_configs.extend(url);
                child.children(&[]);
            }
            "issuer-signing-keys" => {
                for element in child.children(&["key"]) {
                    policy.keys.extend(child.within(element, key));
                }
            }
            "decryption-keys" => no_decryption(child),
            "audiences" => policy.audiences = listed(child, "audience"),
            "issuers" => policy.issuers = listed(child, "issuer"),
            _ => policy.claims = claims(child),
        });
    }
}

/// Encrypted tokens are not emulated.
pub(super) fn no_decryption(reader: &mut Reader<'_, '_, '_>) {
    let fault = Diagnostic::error(reader.place(), "encrypted tokens are not emulated")
        .hint("have the issuer sign tokens without encrypting them, or leave `decryption-keys` out for tests");
    reader.fault(fault.unsupported());
    for element in reader.children(&["key"]) {
        reader.within(element, |key| {
            key.literal("certificate-id");
            key.text("id");
            key.content();
        });
    }
}

/// The texts of children of one name.
pub(super) fn listed(reader: &mut Reader<'_, '_, '_>, name: &'static str) -> Vec<GivenText> {
    let children = reader.children(&[name]);
    reader.values(children)
}

/// The claims that are demanded.
pub(super) fn claims(reader: &mut Reader<'_, '_, '_>) -> Vec<RequiredClaim> {
    let children = reader.children(&["claim"]);
    children.into_iter().filter_map(|element| reader.within(element, claim)).collect()
}

fn claim(reader: &mut Reader<'_, '_, '_>) -> Option<RequiredClaim> {
    let children = reader.children(&["value"]);
    let values = reader.values(children);
    let written = reader.element.attribute("match");
    let matching = if written.is_some_and(|a| a.value.is_expression()) {
        reader.text("match").unwrap_or_else(|| Given::Fixed("all".into()))
    } else {
        Given::Fixed(reader.word("match", &["all", "any"]).unwrap_or("all").into())
    };
    let separator = reader.literal("separator");
    let name = reader.literal("name");
    let name = reader.required("name", name)?;
    Some(RequiredClaim { name, matching, separator, values })
}

fn key(reader: &mut Reader<'_, '_, '_>) -> Option<InlineKey> {
    let id = reader.literal("id");
    if let Some(certificate) = reader.literal("certificate-id") {
        let fault = Diagnostic::error(reader.place(), format!("certificate `{certificate}` is not known here"))
            .expected("the key's modulus and exponent: `<key n=\"…\" e=\"AQAB\" />`")
            .hint("certificates of an instance can't be exported; write the public key of the local issuer instead");
        reader.fault(fault.unsupported());
        return None;
    }
    let (modulus, exponent) = (reader.literal("n"), reader.literal("e"));
    let kind = match (modulus, exponent) {
        (Some(modulus), Some(exponent)) => {
            InlineKeyKind::Rsa { modulus: number(reader, &modulus)?, exponent: number(reader, &exponent)? }
        }
        (None, None) => {
            let text = reader.content()?;
            if let Given::Fixed(fixed) = &text {
                number(reader, fixed)?;
            }
            InlineKeyKind::Secret(text)
        }
        _ => {
            let fault = Diagnostic::error(reader.place(), "an RSA key has a modulus and an exponent");
            reader.fault(fault.expected("`n` and `e`"));
            return None;
        }
    };
    Some(InlineKey { id, kind })
}

fn number(reader: &mut Reader<'_, '_, '_>, text: &str) -> Option<Arc<[u8]>> {
    let bytes = from_base64(text);
    if bytes.is_none() {
        let fault = Diagnostic::error(reader.place(), "the key is no base64 text");
        reader.fault(fault.expected("base64 or base64url"));
    }
    bytes.map(Into::into)
}

/// The bytes of base64 or base64url text, padded or not; `None` where it is
/// neither, or empty.
pub fn from_base64(text: &str) -> Option<Vec<u8>> {
    let text = text.trim();
    let bytes = [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD].into_iter();
    bytes.filter_map(|engine| engine.decode(text).ok()).find(|bytes| !bytes.is_empty())
}
