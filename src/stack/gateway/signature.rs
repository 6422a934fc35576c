//! Signatures of tokens: which key and which algorithm prove one (RFC 7515,
//! 7518 §3).

use std::sync::Arc;

use aws_lc_rs::hmac;
use aws_lc_rs::rsa::PublicKeyComponents;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ECDSA_P521_SHA512_FIXED, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384,
    RSA_PSS_2048_8192_SHA512, RsaParameters, UnparsedPublicKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value as Json;

use crate::stack::jwt::{Token, decode_unverified};

/// A key that proves signatures.
#[derive(Clone, Debug)]
pub(super) struct TokenKey {
    /// What a token's `kid` is compared with; without one, the key is tried
    /// for every token.
    pub(super) id: Option<Arc<str>>,
    /// `alg` of the key, where it has one: it serves for no other.
    algorithm: Option<Arc<str>>,
    material: Material,
}

#[derive(Clone, Debug)]
enum Material {
    Rsa(PublicKeyComponents<Arc<[u8]>>),
    /// The curve's name and an uncompressed point.
    Curve(Arc<str>, Arc<[u8]>),
    Secret(Arc<[u8]>),
}

/// Why a token's signature proves nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum SignatureFault {
    /// The text is no token in compact form.
    Malformed,
    /// `alg` is `none`.
    Unsigned,
    /// No key has the token's key id.
    UnknownKey(String),
    /// The key is known and the signature is not its own, or is made with an
    /// algorithm that the key is not for.
    Wrong(&'static str),
}

impl TokenKey {
    /// A secret of HMAC.
    pub(super) fn secret(id: Option<Arc<str>>, secret: Vec<u8>) -> Self {
        Self { id, algorithm: None, material: Material::Secret(secret.into()) }
    }

    /// An RSA key.
    pub(super) fn rsa(id: Option<Arc<str>>, modulus: &Arc<[u8]>, exponent: &Arc<[u8]>) -> Self {
        let components = PublicKeyComponents { n: Arc::clone(modulus), e: Arc::clone(exponent) };
        Self { id, algorithm: None, material: Material::Rsa(components) }
    }

    /// From a JSON Web Key (RFC 7517); `None` for keys of other kinds and for
    /// encryption. A secret never comes from an issuer's public key set.
    pub(super) fn from_jwk(jwk: &Json) -> Option<Self> {
        let member = |name: &str| jwk.get(name).and_then(Json::as_str);
        let number = |name: &str| URL_SAFE_NO_PAD.decode(member(name)?.trim_end_matches('=')).ok();
        if member("use").is_some_and(|use_| use_ != "sig") {
            return None;
        }
        let material = match member("kty")? {
            "RSA" => Material::Rsa(PublicKeyComponents { n: number("n")?.into(), e: number("e")?.into() }),
            "EC" => {
                let (x, y) = (number("x")?, number("y")?);
                let point: Vec<u8> = [&[4], x.as_slice(), y.as_slice()].concat();
                Material::Curve(member("crv")?.into(), point.into())
            }
            _ => return None,
        };
        Some(Self { id: member("kid").map(Into::into), algorithm: member("alg").map(Into::into), material })
    }

    /// Whether this key made a signature with an algorithm; `None` where the
    /// key is not for it. An RSA key is never taken for a secret.
    fn made(&self, algorithm: &str, signed: &[u8], signature: &[u8]) -> Option<bool> {
        if self.algorithm.as_deref().is_some_and(|own| own != algorithm) {
            return None;
        }
        match &self.material {
            Material::Rsa(key) => Some(key.verify(rsa_parameters(algorithm)?, signed, signature).is_ok()),
            Material::Curve(curve, point) => {
                let parameters = match (&**curve, algorithm) {
                    ("P-256", "ES256") => &ECDSA_P256_SHA256_FIXED,
                    ("P-384", "ES384") => &ECDSA_P384_SHA384_FIXED,
                    ("P-521", "ES512") => &ECDSA_P521_SHA512_FIXED,
                    _ => return None,
                };
                Some(UnparsedPublicKey::new(parameters, &**point).verify(signed, signature).is_ok())
            }
            Material::Secret(secret) => {
                let digest = match algorithm {
                    "HS256" => hmac::HMAC_SHA256,
                    "HS384" => hmac::HMAC_SHA384,
                    "HS512" => hmac::HMAC_SHA512,
                    _ => return None,
                };
                Some(hmac::verify(&hmac::Key::new(digest, secret), signed, signature).is_ok())
            }
        }
    }
}

fn rsa_parameters(algorithm: &str) -> Option<&'static RsaParameters> {
    Some(match algorithm {
        "RS256" => &RSA_PKCS1_2048_8192_SHA256,
        "RS384" => &RSA_PKCS1_2048_8192_SHA384,
        "RS512" => &RSA_PKCS1_2048_8192_SHA512,
        "PS256" => &RSA_PSS_2048_8192_SHA256,
        "PS384" => &RSA_PSS_2048_8192_SHA384,
        "PS512" => &RSA_PSS_2048_8192_SHA512,
        _ => return None,
    })
}

/// The token, if one of the keys signed it. The token's `kid` chooses the
/// keys; where none has it, those without an id are tried. Where tokens need
/// not be signed, one without a signature is taken as it is.
pub(super) fn verify<'k>(
    text: &str,
    keys: impl Iterator<Item = &'k TokenKey> + Clone,
    signed: bool,
) -> Result<Token, SignatureFault> {
    let token = decode_unverified(text).map_err(|_| SignatureFault::Malformed)?;
    let header = |name: &str| token.header.get(name).and_then(Json::as_str).unwrap_or_default();
    let (algorithm, kid) = (header("alg"), header("kid"));
    if algorithm.is_empty() || algorithm.eq_ignore_ascii_case("none") {
        return if signed { Err(SignatureFault::Unsigned) } else { Ok(token) };
    }
    let (content, signature) = text.rsplit_once('.').ok_or(SignatureFault::Malformed)?;
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| SignatureFault::Malformed)?;
    let named = |key: &&TokenKey| !kid.is_empty() && key.id.as_deref() == Some(kid);
    let (mut candidates, mut suitable) = (0, 0);
    let exact = keys.clone().any(|key| named(&key));
    let chosen = keys.filter(|key| if exact { named(key) } else { kid.is_empty() || key.id.is_none() });
    for key in chosen {
        candidates += 1;
        match key.made(algorithm, content.as_bytes(), &signature) {
            Some(true) => return Ok(token),
            Some(false) => suitable += 1,
            None => {}
        }
    }
    Err(match (candidates, suitable) {
        (0, _) => SignatureFault::UnknownKey(kid.to_owned()),
        (_, 0) => SignatureFault::Wrong("the key is not for the token's algorithm"),
        _ => SignatureFault::Wrong("the signature is not that of the key"),
    })
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::rsa::{KeyPair, KeySize};
    use aws_lc_rs::signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA512, RSA_PSS_SHA256,
    };
    use serde_json::{Map, json};

    use super::*;
    use crate::stack::jwt::SigningKey;

    fn content(algorithm: &str, kid: &str) -> String {
        let header = json!({ "alg": algorithm, "kid": kid }).to_string();
        format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(r#"{"sub":"s"}"#))
    }

    fn with(content: &str, signature: &[u8]) -> String {
        format!("{content}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    fn verified(text: &str, keys: &[TokenKey]) -> Result<(), SignatureFault> {
        verify(text, keys.iter(), true).map(|_| ())
    }

    #[test]
    fn a_secret_proves_the_three_hmacs_and_nothing_else() {
        let secret = b"0123456789abcdef0123456789abcdef".to_vec();
        let keys = [TokenKey::secret(None, secret.clone())];
        for (name, digest) in [("HS256", hmac::HMAC_SHA256), ("HS384", hmac::HMAC_SHA384), ("HS512", hmac::HMAC_SHA512)]
        {
            let content = content(name, "any");
            let tag = hmac::sign(&hmac::Key::new(digest, &secret), content.as_bytes());
            assert_eq!(verified(&with(&content, tag.as_ref()), &keys), Ok(()));
            let other = [TokenKey::secret(None, b"another secret of some length...".to_vec())];
            assert!(matches!(verified(&with(&content, tag.as_ref()), &other), Err(SignatureFault::Wrong(_))));
        }
    }

    #[test]
    fn an_rsa_key_proves_pkcs1_and_pss_and_is_never_a_secret() {
        let pair = KeyPair::generate(KeySize::Rsa2048).expect("randomness");
        // DER of 2048 bits: a sequence of the modulus, after a zero byte, and the exponent.
        let der = pair.public_key().as_ref();
        let (n, e): (Arc<[u8]>, Arc<[u8]>) = (der[9..265].into(), der[267..270].into());
        let keys = [TokenKey::rsa(Some("k".into()), &n, &e)];
        for (name, encoding) in [("RS512", &RSA_PKCS1_SHA512), ("PS256", &RSA_PSS_SHA256)] {
            let content = content(name, "k");
            let mut signature = vec![0; pair.public_modulus_len()];
            pair.sign(encoding, &SystemRandom::new(), content.as_bytes(), &mut signature).expect("signs");
            assert_eq!(verified(&with(&content, &signature), &keys), Ok(()));
            signature[7] ^= 1;
            assert!(verified(&with(&content, &signature), &keys).is_err());
        }
        let content = content("HS256", "k");
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &n), content.as_bytes());
        let confused = verified(&with(&content, tag.as_ref()), &keys);
        assert_eq!(confused, Err(SignatureFault::Wrong("the key is not for the token's algorithm")));
    }

    #[test]
    fn a_curve_of_an_issuers_key_set_proves_es256() {
        let random = SystemRandom::new();
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).expect("randomness");
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref()).expect("a key");
        let point = pair.public_key().as_ref();
        let text = |part: &[u8]| URL_SAFE_NO_PAD.encode(part);
        let jwk = json!({ "kty": "EC", "crv": "P-256", "kid": "c", "x": text(&point[1..33]), "y": text(&point[33..]) });
        let keys = [TokenKey::from_jwk(&jwk).expect("a key")];
        let content = content("ES256", "c");
        let signature = pair.sign(&random, content.as_bytes()).expect("signs");
        assert_eq!(verified(&with(&content, signature.as_ref()), &keys), Ok(()));
        assert!(TokenKey::from_jwk(&json!({ "kty": "oct", "k": "c2VjcmV0" })).is_none(), "a secret is not published");
    }

    #[test]
    fn key_ids_choose_and_unsigned_tokens_pass_only_where_they_may() {
        let key = SigningKey::generate("k1").expect("randomness");
        let keys = [TokenKey::from_jwk(&key.jwk()).expect("a key")];
        let token = key.sign(&json!({}), &Map::new());
        assert_eq!(verified(&token, &keys), Ok(()));
        let renamed = key.sign(&json!({}), &Map::from_iter([("kid".to_owned(), json!("k2"))]));
        assert_eq!(verified(&renamed, &keys), Err(SignatureFault::UnknownKey("k2".into())));
        let nameless = [TokenKey { id: None, ..keys[0].clone() }];
        assert_eq!(verified(&renamed, &nameless), Ok(()), "a key without an id is tried for every token");
        let unsigned = with(&content("none", ""), b"");
        assert_eq!(verified(&unsigned, &keys), Err(SignatureFault::Unsigned));
        assert!(verify(&unsigned, keys.iter(), false).is_ok());
        assert_eq!(verified("a.b", &keys), Err(SignatureFault::Malformed));
    }
}
