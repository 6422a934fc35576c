//! The issuer over a real socket.

use std::time::Duration;

use base64::Engine as _;
use http::{HeaderMap, Method};
use serde_json::{Value, json};

use super::super::identity::{
    DATA_API_AUDIENCE, DATA_API_ROLE, DATAVERSE_RESOURCE, GATEWAY_IDENTITY, SERVICE_CLIENT, TENANT,
};
use super::super::jwt::{SigningKey, VerifyingKey, decode_unverified, verify};
use super::super::tls::Tls;
use super::{Issuer, IssuerOptions, Rollover, Throttle};
use crate::clock::{Clock, Timestamp};
use crate::door::{Door, RestClient};

struct Rig {
    issuer: Issuer,
    client: RestClient,
    clock: Clock,
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

impl Rig {
    async fn start() -> Self {
        let clock = Clock::starting_at(Timestamp::from_seconds(1_788_249_600), 1.0);
        let listen = "127.0.0.1:0".parse().expect("valid");
        let issuer = Issuer::start(IssuerOptions::shipped(listen, clock.clone())).await.expect("starts");
        Self { issuer, client: RestClient::new(&Door::loopback(), Duration::from_secs(10)), clock }
    }

    fn base(&self) -> String {
        format!("{}/{TENANT}", self.issuer.origin())
    }

    fn secret(&self, client: &str) -> String {
        self.issuer.tenant().secret(client).expect("a secret").expose().to_owned()
    }

    async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: String) -> Answer {
        let url = format!("{}{path}", self.base());
        let mut request = self.client.request(method, &url).expect("allowed").body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.expect("answers");
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let body = answer.json().await.expect("JSON");
        Answer { status, headers, body }
    }

    async fn ask(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let answer =
            self.send(Method::POST, path, &[("content-type", "application/x-www-form-urlencoded")], body).await;
        assert_eq!(answer.headers["cache-control"], "no-store, no-cache");
        answer
    }

    async fn read(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], String::new()).await
    }

    /// The public keys, as a gateway reads them.
    async fn keys(&self) -> Vec<VerifyingKey> {
        let read = self.read("/discovery/v2.0/keys").await.body;
        read["keys"].as_array().expect("a list").iter().map(|jwk| VerifyingKey::from_jwk(jwk).expect("a key")).collect()
    }

    async fn token(&self) -> String {
        let secret = self.secret("flow");
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", FLOW),
            ("client_secret", secret.as_str()),
            ("scope", "api://bulk-update/.default"),
        ];
        let granted = self.ask("/oauth2/v2.0/token", &form).await;
        granted.body["access_token"].as_str().unwrap_or_else(|| panic!("{}", granted.body)).to_owned()
    }
}

/// What is tried: its name, changed parameters, status, error, AADSTS code.
type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], u16, &'a str, u32);

const FLOW: &str = "0c5e7d1a-93b4-4f86-8a2d-1e6f0b7c4d38";
const RETIRED: &str = "a3d96c07-1f4e-4b28-9c5b-08e7d2f1b643";
const STRANGER: &str = "4b8f2e60-7d1c-4a95-b0e3-5c9a6f27d814";

#[tokio::test]
async fn a_token_verifies_by_the_key_that_discovery_leads_to() {
    let rig = Rig::start().await;
    let discovery = rig.read("/v2.0/.well-known/openid-configuration").await;
    assert_eq!(discovery.headers["cache-control"], "max-age=86400, private");
    let discovery = discovery.body;
    assert_eq!(discovery["issuer"], format!("{}/v2.0", rig.base()));
    assert_eq!(discovery["jwks_uri"], format!("{}/discovery/v2.0/keys", rig.base()));
    let keys = rig.keys().await;
    assert_eq!(keys.len(), 2);

    let secret = rig.secret("service");
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", SERVICE_CLIENT),
        ("client_secret", secret.as_str()),
        ("scope", "api://dataverse-data/.default"),
    ];
    let granted = rig.ask("/oauth2/v2.0/token", &form).await;
    let members: Vec<&String> = granted.body.as_object().expect("an object").keys().collect();
    assert_eq!(granted.status, 200);
    assert_eq!(members, ["token_type", "expires_in", "ext_expires_in", "access_token"]);
    assert_eq!((&granted.body["token_type"], &granted.body["expires_in"]), (&json!("Bearer"), &json!(3599)));
    let claims = verify(granted.body["access_token"].as_str().expect("text"), &keys).expect("verifies");
    assert_eq!((&claims["aud"], &claims["roles"]), (&json!(DATA_API_AUDIENCE), &json!([DATA_API_ROLE])));
    assert_eq!((&claims["azp"], &claims["azpacr"]), (&json!(SERVICE_CLIENT), &json!("1")));

    // By the tenant's domain, at the version 1 endpoint, for version 1 claims.
    let form = [form[0], form[1], form[2], ("resource", DATAVERSE_RESOURCE)];
    let granted = rig.ask("/../contoso.example/oauth2/token", &form).await.body;
    assert_eq!((&granted["expires_in"], &granted["resource"]), (&json!("3599"), &json!(DATAVERSE_RESOURCE)));
    let number = |name: &str| granted[name].as_str().expect("text").parse::<i64>().expect("a number");
    assert_eq!(number("expires_on") - number("not_before"), 3900);
    let claims = verify(granted["access_token"].as_str().expect("text"), &keys).expect("verifies");
    assert_eq!((&claims["ver"], &claims["appid"]), (&json!("1.0"), &json!(SERVICE_CLIENT)));
    assert_eq!(claims["exp"], number("expires_on"));
    rig.issuer.stop().await;
}

#[tokio::test]
async fn each_mistake_is_refused_in_the_words_of_the_reference() {
    let rig = Rig::start().await;
    let secret = rig.secret("flow");
    let (stranger, retired) = (rig.secret("stranger"), rig.secret("retired"));
    let expired = rig.issuer.tenant().principals()["clients"][1]["secrets"]["last-year"].clone();
    let good = [
        ("grant_type", "client_credentials"),
        ("client_id", FLOW),
        ("client_secret", secret.as_str()),
        ("scope", "api://bulk-update/.default"),
    ];
    let cases: [Case<'_>; 16] = [
        ("wrong secret", &[("client_secret", "other")], 401, "invalid_client", 7_000_215),
        ("expired secret", &[("client_secret", expired.as_str().expect("text"))], 401, "invalid_client", 7_000_222),
        ("no secret", &[("client_secret", "")], 401, "invalid_client", 7_000_216),
        ("unknown client", &[("client_id", DATA_API_AUDIENCE)], 400, "unauthorized_client", 700_016),
        ("no client", &[("client_id", "")], 400, "invalid_request", 900_144),
        ("disabled", &[("client_id", RETIRED), ("client_secret", &retired)], 400, "unauthorized_client", 7_000_112),
        ("no suffix", &[("scope", "api://bulk-update")], 400, "invalid_scope", 1_002_012),
        ("unknown resource", &[("scope", "api://nobody/.default")], 400, "invalid_resource", 500_011),
        ("two resources", &[("scope", "api://a/.default api://b/.default")], 400, "invalid_scope", 700_022),
        ("no scope", &[("scope", "")], 400, "invalid_request", 900_144),
        ("a resource here", &[("resource", "api://bulk-update")], 400, "invalid_request", 901_002),
        ("grant type", &[("grant_type", "password")], 400, "unsupported_grant_type", 70_003),
        ("no grant type", &[("grant_type", "")], 400, "invalid_request", 900_144),
        ("somebody else's secret", &[("client_secret", &stranger)], 401, "invalid_client", 7_000_215),
        (
            "not assigned",
            &[("client_id", STRANGER), ("client_secret", &stranger), ("scope", "api://dataverse-data/.default")],
            400,
            "invalid_grant",
            501_051,
        ),
        ("assertion type", &[("client_assertion", "x")], 400, "invalid_request", 900_144),
    ];
    for (what, changes, status, error, code) in cases {
        let kept = good.iter().filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
        let form: Vec<(&str, &str)> = kept.chain(changes).copied().collect();
        let found = rig.ask("/oauth2/v2.0/token", &form).await;
        assert_eq!((found.status, &found.body["error"]), (status, &json!(error)), "{what}");
        assert_eq!(found.body["error_codes"], json!([code]), "{what}");
        let text = found.body["error_description"].as_str().expect("text");
        assert!(text.starts_with(&format!("AADSTS{code}: ")), "{text}");
        assert!(text.contains(found.body["trace_id"].as_str().expect("text")), "{text}");
        assert_eq!(found.headers["x-ms-request-id"], found.body["trace_id"].as_str().expect("text"));
        assert!(found.body["timestamp"].as_str().expect("text").starts_with("2026-09-01 08:00:0"));
    }
    // A token without a role, where none is demanded.
    let form = [good[0], ("client_id", STRANGER), ("client_secret", &stranger), good[3]];
    let granted = rig.ask("/oauth2/v2.0/token", &form).await.body;
    let claims = decode_unverified(granted["access_token"].as_str().expect("text")).expect("a token").claims;
    assert_eq!(claims.get("roles"), None);
    let found = rig.ask("/../elsewhere/oauth2/v2.0/token", &good).await;
    assert_eq!(
        (found.status, &found.body["error"], &found.body["error_codes"]),
        (400, &json!("invalid_request"), &json!([90_002]))
    );
    let found = rig.ask("/../common/oauth2/v2.0/token", &good).await;
    assert_eq!(found.body["error_codes"], json!([50_059]));
    let found = rig.read("/../elsewhere/v2.0/.well-known/openid-configuration").await;
    assert_eq!((found.status, &found.body["error"]), (400, &json!("invalid_tenant")));
    rig.issuer.stop().await;
}

#[tokio::test]
async fn requests_are_judged_by_method_media_type_and_basic_credentials() {
    let rig = Rig::start().await;
    let path = "/oauth2/v2.0/token";
    let form = "grant_type=client_credentials&scope=api%3A%2F%2Fbulk-update%2F.default".to_owned();
    let media = ("content-type", "application/x-www-form-urlencoded");
    let credentials = |secret: &str| {
        format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{FLOW}:{secret}")))
    };
    let (right, wrong) = (credentials(&rig.secret("flow")), credentials("wrong"));
    let answer = rig.send(Method::POST, path, &[media, ("authorization", &right)], form.clone()).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let id = "0b8ea11a-93ab-4c05-a1c5-5dbb0e4ad4f1";
    let sent = [media, ("authorization", &wrong), ("client-request-id", id), ("return-client-request-id", "true")];
    let answer = rig.send(Method::POST, path, &sent, form.clone()).await;
    assert_eq!((answer.status, &answer.body["correlation_id"]), (401, &json!(id)));
    assert_eq!(answer.headers["client-request-id"], id);
    assert!(answer.body["error_description"].as_str().expect("text").contains(id));
    let uri = "https://login.microsoftonline.com/error?code=7000215";
    assert_eq!((&answer.body["error_codes"], &answer.body["error_uri"]), (&json!([7_000_215]), &json!(uri)));
    let json = rig.send(Method::POST, path, &[("content-type", "application/json")], "{}".to_owned()).await;
    assert_eq!((json.status, &json.body["error_codes"]), (400, &json!([9_002_313])));
    let get = rig.send(Method::GET, path, &[], String::new()).await;
    assert_eq!((get.status, &get.body["error_codes"]), (400, &json!([900_561])));

    rig.issuer.tenant().throttle(Throttle { times: 1, retry_after: 7 });
    let throttled = rig.send(Method::POST, path, &[media, ("authorization", &right)], form.clone()).await;
    assert_eq!((throttled.status, &throttled.headers["retry-after"]), (429, &"7".parse().expect("a value")));
    let again = rig.send(Method::POST, path, &[media, ("authorization", &right)], form).await;
    assert_eq!(again.status, 200);
    rig.issuer.stop().await;
}

/// The key of the client `flow`, as it reads it from its file.
fn own_key(rig: &Rig) -> (aws_lc_rs::rsa::KeyPair, Vec<u8>) {
    use rustls::pki_types::pem::PemObject as _;
    let pem = rig.issuer.tenant().certificate("flow").expect("randomness").expect("one is made");
    let key = rustls::pki_types::PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).expect("a key");
    let certificate = rustls::pki_types::CertificateDer::from_pem_slice(pem.as_bytes()).expect("a certificate");
    let pair = aws_lc_rs::rsa::KeyPair::from_pkcs8(key.secret_pkcs8_der()).expect("a key");
    (pair, certificate.to_vec())
}

#[tokio::test]
async fn an_assertion_proves_a_client_and_each_mistake_in_it_is_told() {
    let rig = Rig::start().await;
    let (pair, certificate) = own_key(&rig);
    let key = SigningKey::certified(pair, &super::directory::thumbprint(&certificate), &certificate);
    let other = SigningKey::generate(key.kid()).expect("randomness");
    let now = rig.clock.now().seconds();
    let good = json!({
        "aud": format!("{}/oauth2/v2.0/token", rig.base()), "iss": FLOW, "sub": FLOW, "jti": "1",
        "nbf": now - 1, "exp": now + 600,
    });
    let header =
        |alg: &str| json!({ "alg": alg, "typ": "JWT", "x5t": key.kid() }).as_object().cloned().expect("an object");
    let with = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        key.sign_under(header("RS256"), &claims)
    };
    let cases: [(&str, String, u32); 11] = [
        ("good", key.sign_under(header("RS256"), &good), 0),
        ("for the issuer", with("aud", format!("{}/v2.0", rig.base()).into()), 0),
        ("for Entra ID", with("aud", format!("https://login.microsoftonline.com/{TENANT}/oauth2/token").into()), 0),
        ("another key", other.sign_under(header("RS256"), &good), 700_027),
        ("another algorithm", key.sign_under(header("HS256"), &good), 700_027),
        ("unnamed key", key.sign_under(json!({ "alg": "RS256" }).as_object().cloned().expect("one"), &good), 700_027),
        ("expired", with("exp", (now - 600).into()), 700_024),
        ("another audience", with("aud", "https://elsewhere.example/token".into()), 700_023),
        ("another subject", with("sub", GATEWAY_IDENTITY.into()), 700_021),
        ("another issuer", with("iss", "https://token.actions.example".into()), 70_021),
        ("no jti", with("jti", Value::Null), 50_027),
    ];
    for (what, assertion, code) in cases {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", FLOW),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", assertion.as_str()),
            ("scope", "api://bulk-update/.default"),
        ];
        let answer = rig.ask("/oauth2/v2.0/token", &form).await;
        if code == 0 {
            assert_eq!(answer.status, 200, "{what}: {}", answer.body);
            let token = answer.body["access_token"].as_str().expect("text");
            assert_eq!(decode_unverified(token).expect("a token").claims["azpacr"], "2");
        } else {
            assert_eq!((answer.status, &answer.body["error_codes"]), (401, &json!([code])), "{what}");
        }
    }
    rig.issuer.stop().await;
}

#[tokio::test]
async fn keys_roll_on_command_and_the_old_one_stays_for_a_while() {
    let rig = Rig::start().await;
    let (tenant, first) = (rig.issuer.tenant().clone(), rig.token().await);
    let kid = |token: &str| decode_unverified(token).expect("a token").header["kid"].clone();
    let old_set = rig.keys().await;
    tenant.roll(Rollover::default()).expect("randomness");
    let second = rig.token().await;
    assert_ne!(kid(&first), kid(&second));
    // Who keeps the old set does not know the new key; who reads it again does.
    assert!(verify(&second, &old_set).is_err());
    let new_set = rig.keys().await;
    assert!(verify(&first, &new_set).is_ok() && verify(&second, &new_set).is_ok());
    assert_eq!(new_set.len(), 3);
    rig.clock.jump(Duration::from_hours(24));
    assert!(verify(&first, &rig.keys().await).is_err());

    // One that was announced is known before it signs.
    tenant.roll(Rollover { announce: true, withdraw: false }).expect("randomness");
    let announced = rig.keys().await;
    assert_eq!(kid(&rig.token().await), kid(&second));
    tenant.roll(Rollover { announce: false, withdraw: true }).expect("randomness");
    let third = rig.token().await;
    assert!(kid(&third) != kid(&second) && verify(&third, &announced).is_ok());
    assert!(verify(&second, &rig.keys().await).is_err());
    rig.issuer.stop().await;
}

#[tokio::test]
async fn both_versions_are_discovered_with_all_members_in_order() {
    let rig = Rig::start().await;
    let v2 = rig.read("/v2.0/.well-known/openid-configuration").await.body;
    let v1 = rig.read(&format!("/.well-known/openid-configuration?appid={FLOW}")).await.body;
    let names = |document: &Value| document.as_object().expect("an object").keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&v2)[..3], ["token_endpoint", "token_endpoint_auth_methods_supported", "jwks_uri"]);
    assert_eq!(
        (names(&v2).len(), names(&v2)[8..11].join(" ")),
        (23, "issuer request_uri_parameter_supported userinfo_endpoint".into())
    );
    assert_eq!(v1["issuer"], format!("https://sts.windows.net/{TENANT}/"));
    assert_eq!(v1["jwks_uri"], format!("{}/discovery/keys?appid={FLOW}", rig.base()));
    assert_eq!(v1["token_endpoint"], format!("{}/oauth2/token", rig.base()));
    let common = rig.read("/../common/v2.0/.well-known/openid-configuration").await.body;
    assert_eq!(common["issuer"], format!("{}/{{tenantid}}/v2.0", rig.issuer.origin()));
    assert_eq!((&common["tenant_region_scope"], &v2["tenant_region_scope"]), (&Value::Null, &json!("EU")));

    let keys = rig.read("/discovery/v2.0/keys").await.body;
    let key = &keys["keys"][0];
    let members: Vec<&String> = key.as_object().expect("an object").keys().collect();
    assert_eq!(members, ["kty", "use", "kid", "x5t", "n", "e", "x5c", "issuer"]);
    assert_eq!((&key["kid"], &key["issuer"]), (&key["x5t"], &v2["issuer"]));
    let v1_keys = rig.read("/discovery/keys").await.body;
    assert_eq!(v1_keys["keys"][0].get("issuer"), None);
    // The certificate holds the key, and its thumbprint is the key's id.
    let der = base64::engine::general_purpose::STANDARD.decode(key["x5c"][0].as_str().expect("text")).expect("base64");
    assert_eq!(key["kid"], super::directory::thumbprint(&der));
    assert!(super::ClientKey::of_certificate(&der).is_some());
    let instance = rig.read("/../common/discovery/instance?api-version=1.1").await.body;
    assert!(instance["tenant_discovery_endpoint"].as_str().expect("text").ends_with("/openid-configuration"));
    rig.issuer.stop().await;
}

#[tokio::test]
async fn one_port_speaks_both_and_only_the_authority_is_believed() {
    let listen: std::net::SocketAddr = "127.0.0.1:0".parse().expect("valid");
    let tls = Tls::make(listen.ip(), Timestamp::system_now()).expect("randomness");
    let options = IssuerOptions { tls: Some(tls.clone()), ..IssuerOptions::shipped(listen, Clock::system()) };
    let issuer = Issuer::start(options).await.expect("starts");
    let origin = issuer.origin().clone();
    assert!(origin.to_string().starts_with("https://localhost:"), "{origin}");
    let path = format!("/{TENANT}/v2.0/.well-known/openid-configuration");
    let read = async |door: Door, url: String| {
        let client = RestClient::new(&door, Duration::from_secs(10));
        client.request(Method::GET, &url).expect("allowed").send().await
    };
    let believing = Door::loopback().trusting(tls.authority()).expect("a certificate");
    for url in [format!("{origin}{path}"), format!("https://127.0.0.1:{}{path}", origin.port)] {
        let document: Value = read(believing.clone(), url).await.expect("answers").json().await.expect("JSON");
        assert_eq!(document["issuer"], format!("{origin}/{TENANT}/v2.0"));
    }
    assert!(read(Door::loopback(), format!("{origin}{path}")).await.is_err());
    let plain = read(Door::loopback(), format!("http://127.0.0.1:{}{path}", origin.port)).await;
    assert_eq!(plain.expect("answers").status().as_u16(), 200);
    assert!(matches!(believing.open(&origin).await, Ok(crate::door::Connection::Tls(_))));
    issuer.stop().await;
}

#[tokio::test]
async fn a_port_that_is_taken_is_named_with_what_to_do() {
    let rig = Rig::start().await;
    let listen = format!("127.0.0.1:{}", rig.issuer.origin().port).parse().expect("valid");
    let fault = Issuer::start(IssuerOptions::shipped(listen, Clock::system())).await;
    let fault = fault.map(|_| ()).expect_err("taken").to_string();
    assert!(fault.contains(&listen.to_string()) && fault.contains("choose another port"), "{fault}");
    rig.issuer.stop().await;
}
