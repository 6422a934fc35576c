//! Making tokens: good ones, and those that must be refused.

use std::sync::{Mutex, PoisonError};

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::super::certificate::CertificateError;
use super::directory::{IssuerNames, Lifetime, Registered, TokenVersion, application_id, object_id};
use super::forged;
use super::keys::KeyRing;
use crate::clock::{Clock, Timestamp};
use crate::door::Origin;
use crate::stack::identity::FOREIGN_TENANT;
use crate::wire::TokenKind;

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
    /// Good, or what is wrong with it. What is only shown in another way is
    /// made good.
    #[serde(default)]
    pub kind: TokenKind,
}

/// A token and how long it lives.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Minted {
    /// The token.
    pub token: String,
    /// Seconds of the shared clock.
    pub expires_in: u64,
}

/// What a good token says.
#[derive(Clone, Debug)]
pub(super) struct Wanted<'a> {
    /// Whose it is, by application id.
    pub(super) client: &'a str,
    /// The object id of its service principal.
    pub(super) object: &'a str,
    pub(super) audience: &'a str,
    pub(super) roles: &'a [String],
    pub(super) version: TokenVersion,
    /// `1`: a secret, `2`: a certificate.
    pub(super) method: &'static str,
    pub(super) idtyp: bool,
    /// Seconds that it lives.
    pub(super) lifetime: u64,
}

/// The audience of Microsoft Graph: a frequent real mistake (reference §7.5).
const GRAPH: &str = "00000003-0000-0000-c000-000000000000";

/// Seconds that a token is dated back (reference §7.3).
pub(super) const BACKDATED: i64 = 300;

/// Makes and signs tokens.
#[derive(Debug)]
pub(super) struct Mint {
    pub(super) keys: KeyRing,
    pub(super) base: String,
    clock: Clock,
    /// Lifetimes are drawn; a stack that is started again draws the same.
    lifetimes: Mutex<ChaCha8Rng>,
}

impl Mint {
    /// With the keys of this process; making them takes a moment, once.
    pub(super) fn new(origin: &Origin, clock: Clock) -> Result<Self, CertificateError> {
        let lifetimes = Mutex::new(ChaCha8Rng::seed_from_u64(0));
        Ok(Self { keys: KeyRing::new()?, base: origin.to_string(), clock, lifetimes })
    }

    /// `iss` of a tenant's tokens (reference §7.3).
    pub(super) fn issuer_of(&self, names: IssuerNames, tenant: &str, version: TokenVersion) -> String {
        match (names, version) {
            (_, TokenVersion::V1) => format!("https://sts.windows.net/{tenant}/"),
            (IssuerNames::Entra, TokenVersion::V2) => format!("https://login.microsoftonline.com/{tenant}/v2.0"),
            (IssuerNames::Local, TokenVersion::V2) => format!("{}/{tenant}/v2.0", self.base),
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// How long the next token lives, in seconds.
    pub(super) fn lifetime(&self, of: Lifetime) -> u64 {
        if of.from == of.to {
            return of.from;
        }
        self.lifetimes.lock().unwrap_or_else(PoisonError::into_inner).random_range(of.from..=of.to)
    }

    /// A good token, signed by today's key.
    pub(super) fn issue(&self, tenant: &Registered, wanted: &Wanted<'_>) -> Minted {
        let claims = self.claims(&tenant.id, tenant.issuer, wanted, 0);
        minted(self.sign(&claims, wanted.version), wanted.lifetime)
    }

    fn sign(&self, claims: &Value, version: TokenVersion) -> String {
        let key = self.keys.signing();
        key.sign_under(header(key.kid(), version), claims)
    }

    /// A token of a tenant as the control surface asks for it; `None` where
    /// none is wanted.
    pub(super) fn mint(&self, tenant: &Registered, wanted: &MintRequest) -> Option<Minted> {
        let client = match tenant.client_named(&wanted.client) {
            Some(known) => known.application_id.clone(),
            None => application_id(&wanted.client),
        };
        let object = tenant.client(&client).map_or_else(|| object_id(&client), |known| known.object_id.clone());
        let resource = tenant.resource(&wanted.audience);
        let version = resource.map_or(TokenVersion::V2, |r| r.version);
        let good = Wanted {
            client: &client,
            object: &object,
            audience: &wanted.audience,
            roles: &wanted.roles,
            version: if wanted.kind == TokenKind::OtherVersion { other(version) } else { version },
            method: "1",
            idtyp: resource.is_some_and(|r| r.idtyp),
            lifetime: self.lifetime(tenant.lifetime),
        };
        self.spoilt(tenant, wanted, &good)
    }

    fn spoilt(&self, tenant: &Registered, wanted: &MintRequest, good: &Wanted<'_>) -> Option<Minted> {
        let claims = self.wrong_claims(tenant, wanted, good);
        let (key, foreign) = (self.keys.signing(), self.keys.foreign());
        let right = || self.sign(&claims, good.version);
        let text = match wanted.kind {
            TokenKind::None => return None,
            TokenKind::Expired => return Some(minted(right(), 0)),
            TokenKind::ForeignIssuer | TokenKind::UnknownKey => {
                foreign.sign_under(header(foreign.kid(), good.version), &claims)
            }
            TokenKind::BadSignature => forged::signature(&right()),
            TokenKind::TamperedPayload => forged::payload(&right(), &wanted.roles),
            TokenKind::Unsigned => forged::unsigned(&claims),
            TokenKind::PublicKeyAsSecret => forged::by_public_key(&claims, &key),
            TokenKind::EmbeddedKey => foreign.sign(&claims, &forged::header("jwk", foreign.jwk())),
            TokenKind::KeyByAddress => {
                let address = format!("{}/{FOREIGN_TENANT}/discovery/v2.0/keys", self.base);
                foreign.sign(&claims, &forged::header("jku", address.into()))
            }
            TokenKind::BorrowedKeyId => foreign.sign(&claims, &forged::header("kid", key.kid().into())),
            TokenKind::Malformed => "not-a-token".to_owned(),
            TokenKind::Truncated => {
                let whole = right();
                whole[..whole.len() / 2].to_owned()
            }
            TokenKind::Oversized => "x".repeat(16 * 1024),
            _ => right(),
        };
        Some(minted(text, good.lifetime))
    }

    fn wrong_claims(&self, tenant: &Registered, wanted: &MintRequest, good: &Wanted<'_>) -> Value {
        let foreign = matches!(wanted.kind, TokenKind::ForeignIssuer | TokenKind::ForeignTenant);
        let id = if foreign { FOREIGN_TENANT } else { &tenant.id };
        let shift = match wanted.kind {
            TokenKind::Expired => -2 * good.lifetime as i64,
            TokenKind::NotYetValid => 2 * good.lifetime as i64,
            _ => 0,
        };
        let mut claims = self.claims(id, tenant.issuer, good, shift);
        if let Value::Object(claims) = &mut claims {
            spoil(claims, wanted.kind, tenant, good);
        }
        claims
    }

    /// The claims of reference §7.3, in the order of captured tokens.
    fn claims(&self, tenant: &str, names: IssuerNames, wanted: &Wanted<'_>, shift: i64) -> Value {
        let issued = self.clock.now().seconds() - BACKDATED + shift;
        let opaque = || Uuid::new_v4().simple().to_string();
        let mut claims = json!({
            "aud": wanted.audience,
            "iss": self.issuer_of(names, tenant, wanted.version),
            "iat": issued,
            "nbf": issued,
            "exp": issued + BACKDATED + wanted.lifetime as i64,
            "aio": opaque(),
        });
        let mut set = |name: &str, value: Value| claims[name] = value;
        match wanted.version {
            TokenVersion::V1 => {
                set("appid", wanted.client.into());
                set("appidacr", wanted.method.into());
                set("idp", format!("https://sts.windows.net/{tenant}/").into());
            }
            TokenVersion::V2 => {
                set("azp", wanted.client.into());
                set("azpacr", wanted.method.into());
            }
        }
        if wanted.idtyp {
            set("idtyp", "app".into());
        }
        set("oid", wanted.object.into());
        set("rh", format!("1.{}.", opaque()).into());
        // Absent rather than empty.
        if !wanted.roles.is_empty() {
            set("roles", json!(wanted.roles));
        }
        set("sub", wanted.object.into());
        set("tid", tenant.into());
        set("uti", opaque().into());
        set("ver", if wanted.version == TokenVersion::V1 { "1.0" } else { "2.0" }.into());
        claims
    }
}

/// Version 1 tokens name their key twice (reference §7.3).
fn header(kid: &str, version: TokenVersion) -> Map<String, Value> {
    let names: &[&str] = if version == TokenVersion::V1 { &["x5t", "kid"] } else { &["kid"] };
    let fixed = [("typ", "JWT"), ("alg", "RS256")];
    let members = fixed.into_iter().chain(names.iter().map(|name| (*name, kid)));
    members.map(|(name, value)| (name.to_owned(), value.into())).collect()
}

fn other(version: TokenVersion) -> TokenVersion {
    match version {
        TokenVersion::V1 => TokenVersion::V2,
        TokenVersion::V2 => TokenVersion::V1,
    }
}

/// The claim that names the client.
fn party(version: TokenVersion) -> &'static str {
    if version == TokenVersion::V1 { "appid" } else { "azp" }
}

/// Changes what a kind has wrong in its claims.
fn spoil(claims: &mut Map<String, Value>, kind: TokenKind, tenant: &Registered, good: &Wanted<'_>) {
    let mut set = |name: &str, value: Value| {
        claims.insert(name.to_owned(), value);
    };
    match kind {
        TokenKind::WrongAudience => set("aud", GRAPH.into()),
        TokenKind::OtherAudiences => {
            let another = tenant.resources.iter().find(|r| r.application_id != good.audience);
            set("aud", json!([GRAPH, another.map_or("api://unknown", |r| &r.application_id)]));
        }
        TokenKind::UriAudience => {
            let uri = tenant.resource(good.audience).and_then(|r| r.uris.first());
            set("aud", uri.map_or("api://unknown", String::as_str).into());
        }
        TokenKind::WrongRole => set("roles", json!(["Jobs.Read", "Files.Read"])),
        TokenKind::Delegated => {
            set("scp", "user_impersonation".into());
            set("sub", Uuid::new_v4().to_string().into());
            claims.shift_remove("roles");
        }
        TokenKind::IdToken => {
            set("aud", good.client.into());
            set("nonce", "678910".into());
            claims.shift_remove("roles");
            claims.shift_remove(party(good.version));
        }
        TokenKind::MissingRole | TokenKind::TamperedPayload => {
            claims.shift_remove("roles");
        }
        TokenKind::NoExpiry => {
            claims.shift_remove("exp");
        }
        TokenKind::NoClient => {
            claims.shift_remove(party(good.version));
        }
        _ => {}
    }
}

fn minted(token: String, lifetime: u64) -> Minted {
    // One second less than the token lives, as the real endpoint says 3599.
    Minted { token, expires_in: lifetime.saturating_sub(1) }
}

#[cfg(test)]
mod tests {
    use super::super::super::jwt::{Claims, JwtError, decode_unverified};
    use super::super::directory::Directory;
    use super::*;
    use crate::stack::identity::{DATAVERSE_RESOURCE, TENANT};

    fn mint() -> Mint {
        let origin = Origin::parse("http://127.0.0.1:1").expect("valid");
        Mint::new(&origin, Clock::starting_at(Timestamp::from_seconds(1_788_249_600), 1.0)).expect("keys")
    }

    fn proven(mint: &Mint, token: &str) -> Result<Claims, JwtError> {
        mint.keys.verify(token, mint.now())
    }

    fn token(mint: &Mint, audience: &str, kind: TokenKind) -> Minted {
        let wanted = MintRequest { client: "flow-1".into(), audience: audience.into(), roles: vec!["R".into()], kind };
        mint.mint(Directory::shipped().home(), &wanted).expect("a token")
    }

    #[test]
    fn a_good_token_has_the_claims_of_an_app_only_version_2_token() {
        let mint = mint();
        let token = token(&mint, "a", TokenKind::Good);
        let parsed = decode_unverified(&token.token).expect("a token");
        assert_eq!(parsed.header.keys().collect::<Vec<_>>(), ["typ", "alg", "kid"]);
        let claims = Value::Object(proven(&mint, &token.token).expect("its key"));
        let names: Vec<&String> = claims.as_object().unwrap().keys().collect();
        let expected = [
            "aud", "iss", "iat", "nbf", "exp", "aio", "azp", "azpacr", "oid", "rh", "roles", "sub", "tid", "uti", "ver",
        ];
        assert_eq!(names, expected);
        assert_eq!(token.expires_in, 3599);
        assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 3900);
        assert_eq!(claims["oid"], claims["sub"]);
        assert_eq!(claims["azp"], application_id("flow-1"));
        assert_eq!(claims["iss"], format!("http://127.0.0.1:1/{TENANT}/v2.0"));
        assert_eq!((&claims["roles"], &claims["ver"], claims.get("scp")), (&json!(["R"]), &json!("2.0"), None));
    }

    #[test]
    fn a_resource_that_wants_version_1_gets_its_claims() {
        let mint = mint();
        let token = token(&mint, DATAVERSE_RESOURCE, TokenKind::Good);
        let parsed = decode_unverified(&token.token).expect("a token");
        assert_eq!(parsed.header.keys().collect::<Vec<_>>(), ["typ", "alg", "x5t", "kid"]);
        assert_eq!(parsed.header["x5t"], parsed.header["kid"]);
        let claims = Value::Object(proven(&mint, &token.token).expect("its key"));
        let issuer = format!("https://sts.windows.net/{TENANT}/");
        assert_eq!((&claims["iss"], &claims["idp"]), (&json!(issuer), &json!(issuer)));
        assert_eq!((&claims["ver"], &claims["appidacr"], claims.get("azp")), (&json!("1.0"), &json!("1"), None));
        assert_eq!((&claims["aud"], &claims["appid"]), (&json!(DATAVERSE_RESOURCE), &json!(application_id("flow-1"))));
    }

    #[test]
    fn each_kind_is_wrong_in_its_own_way_and_right_otherwise() {
        let mint = mint();
        let token = |kind| token(&mint, "a", kind).token;
        let claims = |kind| Value::Object(proven(&mint, &token(kind)).expect("its key"));
        let none = MintRequest { client: "c".into(), audience: "a".into(), roles: Vec::new(), kind: TokenKind::None };
        assert!(mint.mint(Directory::shipped().home(), &none).is_none());
        assert!(claims(TokenKind::Expired)["exp"].as_i64().unwrap() < mint.now().seconds() - 300);
        assert_ne!(claims(TokenKind::WrongAudience)["aud"], "a");
        assert_eq!(claims(TokenKind::MissingRole).get("roles"), None);
        for forged in [TokenKind::BadSignature, TokenKind::TamperedPayload, TokenKind::BorrowedKeyId] {
            assert_eq!(proven(&mint, &token(forged)), Err(JwtError::Signature), "{forged:?}");
        }
        for unknown in [TokenKind::UnknownKey, TokenKind::EmbeddedKey, TokenKind::KeyByAddress] {
            assert!(matches!(proven(&mint, &token(unknown)), Err(JwtError::UnknownKey(_))), "{unknown:?}");
        }
        for (kind, algorithm) in [(TokenKind::Unsigned, "none"), (TokenKind::PublicKeyAsSecret, "HS256")] {
            assert_eq!(proven(&mint, &token(kind)), Err(JwtError::Algorithm(algorithm.to_owned())));
        }
        assert_eq!(claims(TokenKind::OtherVersion)["iss"], format!("https://sts.windows.net/{TENANT}/"));
        assert_eq!((claims(TokenKind::Delegated).get("roles"), claims(TokenKind::NoExpiry).get("exp")), (None, None));
        assert!(claims(TokenKind::NotYetValid)["nbf"].as_i64().unwrap() > mint.now().seconds());
        assert_eq!(claims(TokenKind::ForeignTenant)["tid"], FOREIGN_TENANT);
        let foreign = token(TokenKind::ForeignIssuer);
        assert!(matches!(proven(&mint, &foreign), Err(JwtError::UnknownKey(_))));
        assert_eq!(decode_unverified(&foreign).unwrap().claims["tid"], FOREIGN_TENANT);
    }

    #[test]
    fn a_drawn_lifetime_stays_in_its_range() {
        let mint = mint();
        let drawn: Vec<u64> = (0..50).map(|_| mint.lifetime(Lifetime { from: 3600, to: 5400 })).collect();
        assert!(drawn.iter().all(|l| (3600..=5400).contains(l)) && drawn.windows(2).any(|pair| pair[0] != pair[1]));
    }
}
