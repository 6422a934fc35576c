//! Making tokens: good ones, and those that must be refused.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::super::identity::{FOREIGN_TENANT, TENANT};
use super::super::jwt::{JwtError, SigningKey, VerifyingKey};
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

/// Good, or what is wrong with a token.
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

/// Makes and signs tokens.
#[derive(Clone, Debug)]
pub(super) struct Mint {
    key: SigningKey,
    foreign: SigningKey,
    base: String,
    clock: Clock,
}

impl Mint {
    /// With new keys; making them takes a moment.
    pub(super) fn new(origin: &Origin, clock: Clock) -> Result<Self, JwtError> {
        let kid = |tenant: &str| uuid::Uuid::new_v5(&uuid::Uuid::new_v4(), tenant.as_bytes()).simple().to_string();
        Ok(Self {
            key: SigningKey::generate(&kid(TENANT))?,
            foreign: SigningKey::generate(&kid(FOREIGN_TENANT))?,
            base: origin.to_string(),
            clock,
        })
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
        let foreign = wanted.kind == MintKind::ForeignIssuer;
        let tenant = if foreign { FOREIGN_TENANT } else { TENANT };
        let claims = self.claims(wanted, tenant);
        let key = if foreign { &self.foreign } else { &self.key };
        let token = key.sign(&claims, &Map::new());
        match wanted.kind {
            MintKind::None => None,
            MintKind::BadSignature => Some(minted(tampered(&token), LIFETIME)),
            MintKind::Expired => Some(minted(token, 0)),
            _ => Some(minted(token, LIFETIME)),
        }
    }

    fn claims(&self, wanted: &MintRequest, tenant: &str) -> Value {
        let client = application_id(&wanted.client);
        let object = object_id(&client);
        let aged = if wanted.kind == MintKind::Expired { 2 * LIFETIME } else { 0 };
        let issued = self.clock.now().seconds() - BACKDATED - aged;
        let audience = if wanted.kind == MintKind::WrongAudience { GRAPH } else { &wanted.audience };
        let mut claims = json!({
            "aud": audience,
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
        if !wanted.roles.is_empty() && wanted.kind != MintKind::MissingRole {
            claims["roles"] = json!(wanted.roles);
        }
        claims
    }
}

fn minted(token: String, lifetime: i64) -> Minted {
    // One second less than the token lives, as the real endpoint says 3599.
    Minted { token, expires_in: (lifetime - 1).max(0) as u64 }
}

/// Another signature of the same length: the first character after the last
/// dot is exchanged.
fn tampered(token: &str) -> String {
    let at = token.rfind('.').map_or(0, |dot| dot + 1);
    let other = if token[at..].starts_with('A') { "B" } else { "A" };
    format!("{}{other}{}", &token[..at], &token[at + 1..])
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
        assert_eq!(verify(&token(MintKind::BadSignature), &keys), Err(JwtError::Signature));
        let foreign = token(MintKind::ForeignIssuer);
        assert!(matches!(verify(&foreign, &keys), Err(JwtError::UnknownKey(_))));
        assert_eq!(decode_unverified(&foreign).unwrap().claims["tid"], FOREIGN_TENANT);
    }
}
