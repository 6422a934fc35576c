//! JSON Web Tokens signed with RS256 (RFC 7515, 7518 §3.3, 7519), for the
//! issuer that signs them and the gateway that verifies them.
//!
//! In: claims and a key; or a token's text and keys. Out: a token; or its
//! claims. Signature and key only: lifetime, audience and issuer are the
//! policies' matter.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize, PublicKeyComponents};
use aws_lc_rs::signature::{KeyPair as _, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};

/// A token's claims, in the order of the token.
pub type Claims = Map<String, Value>;

/// Why a token or a key is not usable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwtError {
    /// The text has not three parts of base64url, or the first two hold no
    /// JSON objects.
    #[error("the text is no JSON Web Token in compact form")]
    Malformed,
    /// Signed otherwise than with RS256, or not at all.
    #[error("tokens signed with `{0}` are not accepted")]
    Algorithm(String),
    /// No key has the token's key id.
    #[error("no key has the id `{0}`")]
    UnknownKey(String),
    /// The signature is not that of the key.
    #[error("the signature is not that of the key")]
    Signature,
    /// A JSON Web Key that is no RSA key.
    #[error("the key is no RSA key for signatures")]
    Key,
    /// The system could not make a key.
    #[error("no key could be made")]
    KeyGeneration,
}

/// A key that signs. Clones share it.
#[derive(Clone)]
pub struct SigningKey {
    kid: Arc<str>,
    pair: Arc<KeyPair>,
    /// In DER, for `x5c`.
    certificate: Option<Arc<[u8]>>,
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("kid", &self.kid).finish_non_exhaustive()
    }
}

impl SigningKey {
    /// Makes a new RSA key of 2048 bits under a key id.
    ///
    /// # Errors
    /// The system's randomness fails.
    pub fn generate(kid: &str) -> Result<Self, JwtError> {
        let pair = KeyPair::generate(KeySize::Rsa2048).map_err(|_| JwtError::KeyGeneration)?;
        Ok(Self { kid: kid.into(), pair: Arc::new(pair), certificate: None })
    }

    /// A key under the thumbprint of its certificate, which is given in DER.
    pub(in crate::stack) fn certified(pair: KeyPair, thumbprint: &str, certificate: &[u8]) -> Self {
        Self { kid: thumbprint.into(), pair: Arc::new(pair), certificate: Some(certificate.into()) }
    }

    /// The key's id.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// Signs claims with RS256. Members of `header_overrides` replace those of
    /// the header `{"typ":"JWT","alg":"RS256","kid":…}`, null removes one: for
    /// tokens that are wrong on purpose. The signature stays RS256.
    pub fn sign(&self, claims: &Value, header_overrides: &Map<String, Value>) -> String {
        let mut header = Map::new();
        header.insert("typ".into(), "JWT".into());
        header.insert("alg".into(), "RS256".into());
        header.insert("kid".into(), self.kid.as_ref().into());
        for (name, value) in header_overrides {
            if value.is_null() {
                header.shift_remove(name);
            } else {
                header.insert(name.clone(), value.clone());
            }
        }
        self.sign_under(header, claims)
    }

    /// Signs claims with RS256 under a header of the caller's making.
    ///
    /// # Panics
    /// Never: signing with a complete RSA key of 2048 bits does not fail.
    pub fn sign_under(&self, header: Map<String, Value>, claims: &Value) -> String {
        let mut token = URL_SAFE_NO_PAD.encode(Value::Object(header).to_string());
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(claims.to_string(), &mut token);
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), token.as_bytes(), &mut signature)
            .expect("a complete RSA key signs");
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(&signature, &mut token);
        token
    }

    /// The public half as a JSON Web Key (RFC 7517): `kty`, `use`, `kid`,
    /// `x5t`, `n`, `e`, and `x5c` where there is a certificate. As with Entra
    /// ID, `x5t` equals `kid` and there is no `alg`.
    pub fn jwk(&self) -> Value {
        let (modulus, exponent) = rsa_components(self.pair.public_key().as_ref());
        let mut jwk = json!({
            "kty": "RSA", "use": "sig", "kid": &*self.kid, "x5t": &*self.kid,
            "n": URL_SAFE_NO_PAD.encode(modulus), "e": URL_SAFE_NO_PAD.encode(exponent),
        });
        if let Some(certificate) = &self.certificate {
            jwk["x5c"] = json!([STANDARD.encode(certificate)]);
        }
        jwk
    }

    /// The public half, ready to verify.
    ///
    /// # Panics
    /// Never: the public half of a generated key is well formed.
    pub fn verifying(&self) -> VerifyingKey {
        VerifyingKey::from_jwk(&self.jwk()).expect("a generated key has a well-formed public half")
    }
}

/// Modulus and exponent out of a DER `RSAPublicKey` (RFC 8017 appendix A.1.1):
/// a sequence of two positive integers, which may begin with a zero byte.
fn rsa_components(der: &[u8]) -> (&[u8], &[u8]) {
    let (sequence, _) = der_content(der);
    let (modulus, rest) = der_content(sequence);
    let (exponent, _) = der_content(rest);
    (unsigned(modulus), unsigned(exponent))
}

/// The content of the DER value that a text begins with, and what follows it.
fn der_content(der: &[u8]) -> (&[u8], &[u8]) {
    let (first, rest) = (usize::from(der[1]), &der[2..]);
    if first < 0x80 {
        return rest.split_at(first);
    }
    let (length, rest) = rest.split_at(first & 0x7f);
    rest.split_at(length.iter().fold(0, |n, byte| n << 8 | usize::from(*byte)))
}

fn unsigned(integer: &[u8]) -> &[u8] {
    integer.strip_prefix(&[0]).unwrap_or(integer)
}

/// A key that verifies, parsed once. Clones share it.
#[derive(Clone, Debug)]
pub struct VerifyingKey {
    kid: Option<Arc<str>>,
    key: Arc<ParsedPublicKey>,
}

impl VerifyingKey {
    /// From a JSON Web Key with `kty` `RSA`, `n` and `e`.
    ///
    /// # Errors
    /// It is no RSA key, or none for signatures.
    pub fn from_jwk(jwk: &Value) -> Result<Self, JwtError> {
        let member = |name: &str| jwk.get(name).and_then(Value::as_str);
        if member("kty") != Some("RSA") || member("use").is_some_and(|use_| use_ != "sig") {
            return Err(JwtError::Key);
        }
        let number = |name| URL_SAFE_NO_PAD.decode(member(name).unwrap_or_default()).map_err(|_| JwtError::Key);
        let components = PublicKeyComponents { n: number("n")?, e: number("e")? };
        let key = components.to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256).map_err(|_| JwtError::Key)?;
        Ok(Self { kid: member("kid").map(Into::into), key: Arc::new(key) })
    }

    /// The key's id, where it has one.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }
}

/// A token taken apart; nothing about it is proven.
#[derive(Clone, Debug, PartialEq)]
pub struct Token {
    /// The JOSE header.
    pub header: Map<String, Value>,
    /// The claims.
    pub claims: Claims,
    signature: Vec<u8>,
}

impl Token {
    /// The signature's bytes.
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// A member of the header that is text, or `""`.
    fn header_text(&self, name: &str) -> &str {
        self.header.get(name).and_then(Value::as_str).unwrap_or_default()
    }
}

/// Takes a token in compact form apart and proves nothing.
///
/// # Errors
/// It is none.
pub fn decode_unverified(token: &str) -> Result<Token, JwtError> {
    let mut parts = token.split('.');
    let (Some(header), Some(claims), Some(signature), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(JwtError::Malformed);
    };
    let object = |part: &str| {
        let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| JwtError::Malformed)?;
        serde_json::from_slice::<Map<String, Value>>(&bytes).map_err(|_| JwtError::Malformed)
    };
    Ok(Token {
        header: object(header)?,
        claims: object(claims)?,
        signature: URL_SAFE_NO_PAD.decode(signature).map_err(|_| JwtError::Malformed)?,
    })
}

/// Proves that one of the keys signed a token with RS256, and gives its
/// claims. The token's `kid` chooses the key; without one, any key will do.
///
/// # Errors
/// It is no token, not signed with RS256, by an unknown key, or wrongly.
pub fn verify(token: &str, keys: &[VerifyingKey]) -> Result<Claims, JwtError> {
    let parsed = decode_unverified(token)?;
    if parsed.header_text("alg") != "RS256" {
        return Err(JwtError::Algorithm(parsed.header_text("alg").to_owned()));
    }
    let kid = parsed.header_text("kid");
    let signed = &token.as_bytes()[..token.rfind('.').ok_or(JwtError::Malformed)?];
    let mut candidates = keys.iter().filter(|k| kid.is_empty() || k.kid() == Some(kid)).peekable();
    if candidates.peek().is_none() {
        return Err(JwtError::UnknownKey(kid.to_owned()));
    }
    if candidates.any(|k| k.key.verify_sig(signed, &parsed.signature).is_ok()) {
        return Ok(parsed.claims);
    }
    Err(JwtError::Signature)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn overrides(value: &Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap_or_default()
    }

    #[test]
    fn what_is_signed_verifies_and_what_was_changed_does_not() {
        let key = SigningKey::generate("k1").expect("randomness");
        let token = key.sign(&json!({ "aud": "a", "n": 1 }), &Map::new());
        let keys = [key.verifying()];
        assert_eq!(verify(&token, &keys).map(Value::Object), Ok(json!({ "aud": "a", "n": 1 })));
        assert_eq!(Value::Object(decode_unverified(&token).unwrap().header)["kid"], "k1");

        let forged = URL_SAFE_NO_PAD.encode(json!({ "aud": "b" }).to_string());
        let parts: Vec<&str> = token.split('.').collect();
        assert_eq!(verify(&format!("{}.{forged}.{}", parts[0], parts[2]), &keys), Err(JwtError::Signature));
        assert_eq!(verify(&token[..token.len() - 2], &keys), Err(JwtError::Signature));
        assert_eq!(verify("Bearer x", &keys), Err(JwtError::Malformed));
    }

    #[test]
    fn another_key_another_algorithm_and_an_unknown_key_id_are_told_apart() {
        let (key, other) = (SigningKey::generate("k1").unwrap(), SigningKey::generate("k1").unwrap());
        let claims = json!({});
        let keys = [key.verifying()];
        assert_eq!(verify(&other.sign(&claims, &Map::new()), &keys), Err(JwtError::Signature));
        let unknown = key.sign(&claims, &overrides(&json!({ "kid": "k9" })));
        assert_eq!(verify(&unknown, &keys), Err(JwtError::UnknownKey("k9".into())));
        for alg in ["none", "HS256"] {
            let token = key.sign(&claims, &overrides(&json!({ "alg": alg })));
            assert_eq!(verify(&token, &keys), Err(JwtError::Algorithm(alg.into())));
        }
        assert!(verify(&key.sign(&claims, &overrides(&json!({ "kid": null }))), &keys).is_ok());
    }

    #[test]
    fn a_key_for_encryption_is_refused() {
        let mut jwk = SigningKey::generate("k1").unwrap().jwk();
        jwk["use"] = "enc".into();
        assert_eq!(VerifyingKey::from_jwk(&jwk).unwrap_err(), JwtError::Key);
    }
}
