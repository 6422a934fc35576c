//! Public keys of clients, by which their assertions are proven.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use aws_lc_rs::rsa::PublicKeyComponents;
use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, RsaParameters};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustls::pki_types::CertificateDer;
use rustls::server::ParsedCertificate;
use serde_json::{Map, Value};

/// A public RSA key, and the names that an assertion's header may give it.
/// Clones share it.
#[derive(Clone, Debug)]
pub struct ClientKey(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    /// `x5t`: SHA-1 of the certificate. A client may also put it into `kid`.
    x5t: Option<String>,
    /// `x5t#S256`: SHA-256 of the certificate.
    x5t_s256: Option<String>,
    kid: Option<String>,
    pkcs1: ParsedPublicKey,
    pss: ParsedPublicKey,
}

impl ClientKey {
    /// Out of an X.509 certificate in DER; `None` where it is none or its key
    /// is no RSA key of 2048 bits or more. Who signed it does not matter: it is
    /// registered.
    pub fn of_certificate(der: &[u8]) -> Option<Self> {
        let certificate = CertificateDer::from(der.to_vec());
        let info = ParsedCertificate::try_from(&certificate).ok()?.subject_public_key_info();
        let parsed = |algorithm: &'static RsaParameters| ParsedPublicKey::new(algorithm, info.as_ref()).ok();
        Some(Self(Arc::new(Parts {
            x5t: Some(thumbprint(der)),
            x5t_s256: Some(URL_SAFE_NO_PAD.encode(digest(&SHA256, der))),
            kid: None,
            pkcs1: parsed(&RSA_PKCS1_2048_8192_SHA256)?,
            pss: parsed(&RSA_PSS_2048_8192_SHA256)?,
        })))
    }

    /// Out of a JSON Web Key (RFC 7517) with `kty` `RSA`.
    pub fn of_jwk(jwk: &Value) -> Option<Self> {
        let member = |name: &str| jwk.get(name).and_then(Value::as_str);
        if member("kty") != Some("RSA") {
            return None;
        }
        let number = |name| URL_SAFE_NO_PAD.decode(member(name)?).ok();
        let components = PublicKeyComponents { n: number("n")?, e: number("e")? };
        let parsed = |algorithm: &'static RsaParameters| components.to_parsed_public_key(algorithm).ok();
        Some(Self(Arc::new(Parts {
            x5t: member("x5t").map(str::to_owned),
            x5t_s256: member("x5t#S256").map(str::to_owned),
            kid: member("kid").map(str::to_owned),
            pkcs1: parsed(&RSA_PKCS1_2048_8192_SHA256)?,
            pss: parsed(&RSA_PSS_2048_8192_SHA256)?,
        })))
    }

    /// Whether an assertion's header names this key, in one of the ways that
    /// clients do.
    pub(in crate::stack::issuer) fn is_named_by(&self, header: &Map<String, Value>) -> bool {
        // MSAL for Python pads the thumbprints, which RFC 7515 does not.
        let named = |name: &str| header.get(name).and_then(Value::as_str).map(|text| text.trim_end_matches('='));
        let same = |wanted: Option<&str>, own: &Option<String>| wanted.is_some() && wanted == own.as_deref();
        let key = &*self.0;
        same(named("x5t#S256"), &key.x5t_s256)
            || same(named("x5t"), &key.x5t)
            || same(named("kid"), &key.kid)
            || same(named("kid"), &key.x5t)
            || named("kid").is_some_and(|kid| key.x5t.as_deref().is_some_and(|own| hex(own).eq_ignore_ascii_case(kid)))
    }

    /// Whether this key signed a text with one of the two algorithms that
    /// Entra ID takes for assertions.
    pub(in crate::stack::issuer) fn signed(&self, algorithm: &str, text: &[u8], signature: &[u8]) -> bool {
        let key = match algorithm {
            "RS256" => &self.0.pkcs1,
            "PS256" => &self.0.pss,
            _ => return false,
        };
        key.verify_sig(text, signature).is_ok()
    }

    /// SHA-1 of the certificate in hexadecimal, as the portal shows it.
    pub fn thumbprint(&self) -> Option<String> {
        self.0.x5t.as_deref().map(hex)
    }
}

/// `x5t` of a certificate in DER.
pub(in crate::stack) fn thumbprint(der: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, der))
}

/// Base64url as hexadecimal in capital letters.
fn hex(base64: &str) -> String {
    use std::fmt::Write as _;
    let bytes = URL_SAFE_NO_PAD.decode(base64).unwrap_or_default();
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02X}");
        text
    })
}
