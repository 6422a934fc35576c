//! Making tokens: good ones, and those that must be refused.

use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::super::identity::{DATA_API_AUDIENCE, FOREIGN_TENANT, RESOURCES, TENANT};
use super::super::jwt::{JwtError, SigningKey, VerifyingKey};
use super::forged;
use super::registry::{application_id, object_id};
use crate::clock::{Clock, Timestamp};
use crate::door::Origin;

/// Which token is wanted.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MintRequest {
    /// The client's name or application id; a name always gives the same id.
    pub client: String,
    /// `aud`.
    pub audience: String,
    /// `roles`.
    #[serde(default)]
    pub roles: Vec<String>,
    /// Good, or what is wrong with it.
    #[serde(default)]
    pub kind: MintKind,
}

/// Good, or what is wrong with a token (reference §7.5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MintKind {
    /// Nothing is wrong.
    #[default]
    Good,
    /// No token at all: can't be minted.
    None,
    /// `exp` has passed.
    Expired,
    /// `aud` is another API.
    WrongAudience,
    /// `iss` is another tenant, signed by its key.
    ForeignIssuer,
    /// The signature was tampered with.
    BadSignature,
    /// No `roles`.
    MissingRole,
    /// Another role.
    WrongRole,
    /// `alg` is `none`, without a signature.
    Unsigned,
    /// The claims and the issuer of version 1.
    OtherVersion,
    /// `nbf` lies an hour ahead.
    NotYetValid,
    /// `tid` and `iss` are another tenant's, signed by the right key.
    ForeignTenant,
    /// Signed by a key that is not published, under its own id.
    UnknownKey,
    /// `roles` were added after it was signed.
    TamperedPayload,
    /// HS256 with the public key as the secret.
    PublicKeyAsSecret,
    /// Signed by a key that stands in the header as `jwk`.
    EmbeddedKey,
    /// Signed by a key that `jku` names the address of.
    KeyByAddress,
    /// Signed by another key, under the id of the right one.
    BorrowedKeyId,
    /// `scp` instead of `roles`, for a user.
    Delegated,
    /// An ID token: for the client itself, with a nonce.
    IdToken,
    /// `aud` is the application id URI.
    UriAudience,
    /// `aud` is a list without the API.
    OtherAudiences,
    /// No `exp`.
    NoExpiry,
    /// No `azp`.
    NoClient,
    /// Text that is no token.
    Malformed,
    /// The first half of a good one.
    Truncated,
    /// 16 KiB of text.
    Oversized,
}

/// A token and how long it lives.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Minted {
    /// The token.
    pub token: String,
    /// Seconds of the shared clock.
    pub expires_in: u64,
}

/// The audience of Microsoft Graph: a frequent real mistake (reference §7.5).
const GRAPH: &str = "00000003-0000-0000-c000-000000000000";

/// Seconds that a token lives, and that it is dated back (reference §7.3).
const LIFETIME: i64 = 3600;
const BACKDATED: i64 = 300;

/// The tenant's key and the foreign one. All issuers of a process share them, as
/// all of Entra's front doors do: two RSA keys take a third of a stack's start.
fn keys() -> Result<(SigningKey, SigningKey), JwtError> {
    static KEYS: Mutex<Option<(SigningKey, SigningKey)>> = Mutex::new(None);
    let mut keys = KEYS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(made) = &*keys {
        return Ok(made.clone());
    }
    let kid = |tenant: &str| uuid::Uuid::new_v5(&uuid::Uuid::new_v4(), tenant.as_bytes()).simple().to_string();
    let made = (SigningKey::generate(&kid(TENANT))?, SigningKey::generate(&kid(FOREIGN_TENANT))?);
    Ok(keys.insert(made).clone())
}

/// Makes and signs tokens.
#[derive(Clone, Debug)]
pub(super) struct Mint {
    key: SigningKey,
    foreign: SigningKey,
    base: String,
    clock: Clock,
}

impl Mint {
    /// With the keys of this process; making them takes a moment, once.
    pub(super) fn new(origin: &Origin, clock: Clock) -> Result<Self, JwtError> {
        let (key, foreign) = keys()?;
        Ok(Self { key, foreign, base: origin.to_string(), clock })
    }

    pub(super) fn jwk(&self) -> Value {
        self.key.jwk()
    }

    pub(super) fn verifying(&self) -> VerifyingKey {
        self.key.verifying()
    }

    /// `iss` of a tenant's tokens.
    pub(super) fn issuer_of(&self, tenant: &str) -> String {
        format!("{}/{tenant}/v2.0", self.base)
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A token; `None` where none is wanted.
    pub(super) fn mint(&self, wanted: &MintRequest) -> Option<Minted> {
        let claims = self.claims(wanted);
        let good = || self.key.sign(&claims, &Map::new());
        let text = match wanted.kind {
            MintKind::None => return None,
            MintKind::Expired => return Some(minted(good(), 0)),
            MintKind::ForeignIssuer | MintKind::UnknownKey => self.foreign.sign(&claims, &Map::new()),
            MintKind::BadSignature => forged::signature(&good()),
            MintKind::TamperedPayload => forged::payload(&good(), &wanted.roles),
            MintKind::Unsigned => forged::unsigned(&claims),
            MintKind::PublicKeyAsSecret => forged::by_public_key(&claims, &self.key),
            MintKind::EmbeddedKey => self.foreign.sign(&claims, &forged::header("jwk", self.foreign.jwk())),
            MintKind::KeyByAddress => {
                let address = format!("{}/{FOREIGN_TENANT}/discovery/v2.0/keys", self.base);
                self.foreign.sign(&claims, &forged::header("jku", address.into()))
            }
            MintKind::BorrowedKeyId => self.foreign.sign(&claims, &forged::header("kid", self.key.kid().into())),
            MintKind::Malformed => "not-a-token".to_owned(),
            MintKind::Truncated => {
                let whole = good();
                whole[..whole.len() / 2].to_owned()
            }
            MintKind::Oversized => "x".repeat(16 * 1024),
            _ => good(),
        };
        Some(minted(text, LIFETIME))
    }

    fn claims(&self, wanted: &MintRequest) -> Value {
        let client = application_id(&wanted.client);
        let object = object_id(&client);
        let foreign = matches!(wanted.kind, MintKind::ForeignIssuer | MintKind::ForeignTenant);
        let tenant = if foreign { FOREIGN_TENANT } else { TENANT };
        let shift = match wanted.kind {
            MintKind::Expired => -2 * LIFETIME,
            MintKind::NotYetValid => 2 * LIFETIME,
            _ => 0,
        };
        let issued = self.clock.now().seconds() - BACKDATED + shift;
        let mut claims = json!({
            "aud": &wanted.audience,
            "iss": self.issuer_of(tenant),
            "iat": issued,
            "nbf": issued,
            "exp": issued + BACKDATED + LIFETIME,
            "aio": uuid::Uuid::new_v4().simple().to_string(),
            "azp": client,
            "azpacr": "1",
            "oid": object,
            "sub": object,
            "tid": tenant,
            "uti": uuid::Uuid::new_v4().simple().to_string(),
            "ver": "2.0",
        });
        // `roles` is absent rather than empty.
        if !wanted.roles.is_empty() {
            claims["roles"] = json!(wanted.roles);
        }
        if let Value::Object(claims) = &mut claims {
            spoil(claims, wanted);
        }
        claims
    }
}

/// Changes what a kind has wrong in its claims.
fn spoil(claims: &mut Map<String, Value>, wanted: &MintRequest) {
    let mut set = |name: &str, value: Value| {
        claims.insert(name.to_owned(), value);
    };
    match wanted.kind {
        MintKind::WrongAudience => set("aud", GRAPH.into()),
        MintKind::OtherAudiences => set("aud", json!([GRAPH, DATA_API_AUDIENCE])),
        MintKind::UriAudience => {
            let uri = RESOURCES.iter().find(|r| r.audience == wanted.audience).map_or("api://unknown", |r| r.uri);
            set("aud", uri.into());
        }
        MintKind::WrongRole => set("roles", json!(["Jobs.Read", "Files.Read"])),
        MintKind::OtherVersion => {
            set("ver", "1.0".into());
            set("iss", format!("https://sts.windows.net/{TENANT}/").into());
            let client = claims.shift_remove("azp").unwrap_or_default();
            claims.shift_remove("azpacr");
            claims.insert("appid".to_owned(), client);
            claims.insert("appidacr".to_owned(), "1".into());
        }
        MintKind::Delegated => {
            set("scp", "user_impersonation".into());
            set("sub", uuid::Uuid::new_v4().to_string().into());
            claims.shift_remove("roles");
        }
        MintKind::IdToken => {
            let client = claims.get("azp").cloned().unwrap_or_default();
            claims.insert("aud".to_owned(), client);
            claims.insert("nonce".to_owned(), "678910".into());
            claims.shift_remove("roles");
            claims.shift_remove("azp");
        }
        MintKind::MissingRole | MintKind::TamperedPayload => {
            claims.shift_remove("roles");
        }
        MintKind::NoExpiry => {
            claims.shift_remove("exp");
        }
        MintKind::NoClient => {
            claims.shift_remove("azp");
        }
        _ => {}
    }
}

fn minted(token: String, lifetime: i64) -> Minted {
    // One second less than the token lives, as the real endpoint says 3599.
    Minted { token, expires_in: (lifetime - 1).max(0) as u64 }
}

#[cfg(test)]
mod tests {
    use super::super::super::jwt::{decode_unverified, verify};
    use super::*;

    fn mint() -> Mint {
        let origin = Origin::parse("http://127.0.0.1:1").expect("valid");
        Mint::new(&origin, Clock::starting_at(Timestamp::from_seconds(1_788_249_600), 1.0)).expect("keys")
    }

    fn wanted(kind: MintKind) -> MintRequest {
        MintRequest { client: "flow-1".into(), audience: "a".into(), roles: vec!["R".into()], kind }
    }

    #[test]
    fn a_good_token_has_the_claims_of_an_app_only_version_2_token() {
        let mint = mint();
        let token = mint.mint(&wanted(MintKind::Good)).expect("a token");
        let claims = Value::Object(verify(&token.token, &[mint.verifying()]).expect("its key"));
        assert_eq!(token.expires_in, 3599);
        assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 3900);
        assert_eq!(claims["oid"], claims["sub"]);
        assert_eq!(claims["azp"], application_id("flow-1"));
        assert_eq!(claims["iss"], format!("http://127.0.0.1:1/{TENANT}/v2.0"));
        assert_eq!((&claims["roles"], &claims["ver"], claims.get("scp")), (&json!(["R"]), &json!("2.0"), None));
    }

    #[test]
    fn each_kind_is_wrong_in_its_own_way_and_right_otherwise() {
        let mint = mint();
        let keys = [mint.verifying()];
        let token = |kind| mint.mint(&wanted(kind)).expect("a token").token;
        let claims = |kind| Value::Object(verify(&token(kind), &keys).expect("its key"));
        assert!(mint.mint(&wanted(MintKind::None)).is_none());
        assert!(claims(MintKind::Expired)["exp"].as_i64().unwrap() < mint.now().seconds() - 300);
        assert_ne!(claims(MintKind::WrongAudience)["aud"], "a");
        assert_eq!(claims(MintKind::MissingRole).get("roles"), None);
        for forged in [MintKind::BadSignature, MintKind::TamperedPayload, MintKind::BorrowedKeyId] {
            assert_eq!(verify(&token(forged), &keys), Err(JwtError::Signature), "{forged:?}");
        }
        for unknown in [MintKind::UnknownKey, MintKind::EmbeddedKey, MintKind::KeyByAddress] {
            assert!(matches!(verify(&token(unknown), &keys), Err(JwtError::UnknownKey(_))), "{unknown:?}");
        }
        for (kind, algorithm) in [(MintKind::Unsigned, "none"), (MintKind::PublicKeyAsSecret, "HS256")] {
            assert_eq!(verify(&token(kind), &keys), Err(JwtError::Algorithm(algorithm.to_owned())));
        }
        assert_eq!(claims(MintKind::OtherVersion)["iss"], format!("https://sts.windows.net/{TENANT}/"));
        assert_eq!((claims(MintKind::Delegated).get("roles"), claims(MintKind::NoExpiry).get("exp")), (None, None));
        assert!(claims(MintKind::NotYetValid)["nbf"].as_i64().unwrap() > mint.now().seconds());
        assert_eq!(claims(MintKind::ForeignTenant)["tid"], FOREIGN_TENANT);
        let foreign = token(MintKind::ForeignIssuer);
        assert!(matches!(verify(&foreign, &keys), Err(JwtError::UnknownKey(_))));
        assert_eq!(decode_unverified(&foreign).unwrap().claims["tid"], FOREIGN_TENANT);
    }
}
