//! The issuer over a real socket.

use std::collections::BTreeMap;
use std::time::Duration;

use http::Method;
use serde_json::Value;

use super::super::identity::{
    DATA_API_AUDIENCE, DATA_API_ROLE, DATA_API_URI, DATAVERSE_RESOURCE, GATEWAY_IDENTITY, SERVICE_CLIENT, TENANT,
};
use super::super::jwt::{VerifyingKey, verify};
use super::{Application, Issuer, IssuerOptions};
use crate::clock::{Clock, Timestamp};
use crate::door::{Door, RestClient};
use crate::wire::Secret;

const SECRET: &str = "a+secret/with signs";

async fn issuer() -> (Issuer, RestClient) {
    let roles = BTreeMap::from([(DATA_API_AUDIENCE.to_owned(), vec![DATA_API_ROLE.to_owned()])]);
    let options = IssuerOptions {
        listen: "127.0.0.1:0".parse().expect("valid"),
        clock: Clock::starting_at(Timestamp::from_seconds(1_788_249_600), 1.0),
        applications: vec![Application { id: SERVICE_CLIENT.into(), secret: Secret::new(SECRET), roles }],
    };
    let issuer = Issuer::start(options).await.expect("starts");
    (issuer, RestClient::new(&Door::loopback(), Duration::from_secs(10)))
}

async fn ask(client: &RestClient, url: &str, form: &[(&str, &str)]) -> (u16, Value) {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let answer = client
        .request(Method::POST, url)
        .expect("allowed")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body)
        .send()
        .await
        .expect("answers");
    assert_eq!(answer.headers()["cache-control"], "no-store, no-cache");
    (answer.status().as_u16(), answer.json().await.expect("JSON"))
}

async fn read(client: &RestClient, url: &str) -> Value {
    client.request(Method::GET, url).expect("allowed").send().await.expect("answers").json().await.expect("JSON")
}

#[tokio::test]
async fn a_token_verifies_by_the_key_that_discovery_leads_to() {
    let (issuer, client) = issuer().await;
    let base = format!("{}/{TENANT}", issuer.origin());
    let discovery = read(&client, &format!("{base}/v2.0/.well-known/openid-configuration")).await;
    assert_eq!(discovery["issuer"], format!("{base}/v2.0"));
    let keys = read(&client, discovery["jwks_uri"].as_str().expect("text")).await;
    let key = VerifyingKey::from_jwk(&keys["keys"][0]).expect("a key");

    let scope = format!("{DATA_API_URI}/.default");
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", SERVICE_CLIENT),
        ("client_secret", SECRET),
        ("scope", &scope),
    ];
    let (status, granted) = ask(&client, discovery["token_endpoint"].as_str().expect("text"), &form).await;
    assert_eq!((status, &granted["token_type"], &granted["expires_in"]), (200, &"Bearer".into(), &3599.into()));
    assert_eq!(granted.as_object().map(serde_json::Map::len), Some(4));
    let claims = verify(granted["access_token"].as_str().expect("text"), &[key]).expect("verifies");
    assert_eq!(claims["aud"], DATA_API_AUDIENCE);
    assert_eq!(claims["roles"], serde_json::json!([DATA_API_ROLE]));
    assert_eq!(claims["azp"], SERVICE_CLIENT);

    let v1 = [form[0], form[1], form[2], ("resource", DATAVERSE_RESOURCE)];
    let (status, granted) = ask(&client, &format!("{base}/oauth2/token"), &v1).await;
    assert_eq!((status, &granted["expires_in"]), (200, &"3599".into()));
    issuer.stop().await;
}

#[tokio::test]
async fn each_mistake_is_refused_in_the_words_of_the_reference() {
    let (issuer, client) = issuer().await;
    let url = format!("{}/{TENANT}/oauth2/v2.0/token", issuer.origin());
    let good = [
        ("grant_type", "client_credentials"),
        ("client_id", SERVICE_CLIENT),
        ("client_secret", SECRET),
        ("scope", "api://dataverse-data/.default"),
    ];
    let cases: [(&str, Option<&str>, u16, &str, u32); 11] = [
        ("client_secret", Some("other"), 401, "invalid_client", 7_000_215),
        ("client_secret", None, 401, "invalid_client", 7_000_216),
        ("client_id", Some(GATEWAY_IDENTITY), 400, "unauthorized_client", 700_016),
        ("client_id", None, 400, "invalid_request", 900_144),
        ("scope", Some("api://dataverse-data"), 400, "invalid_scope", 1_002_012),
        ("scope", Some("api://nobody/.default"), 400, "invalid_resource", 500_011),
        ("scope", Some("api://a/.default api://b/.default"), 400, "invalid_scope", 700_022),
        ("scope", None, 400, "invalid_request", 900_144),
        ("grant_type", Some("password"), 400, "unsupported_grant_type", 70_003),
        ("grant_type", None, 400, "invalid_request", 900_144),
        ("client_secret", Some(""), 401, "invalid_client", 7_000_216),
    ];
    for (name, value, status, error, code) in cases {
        let form: Vec<_> =
            good.iter().filter_map(|(n, v)| if *n == name { value.map(|v| (*n, v)) } else { Some((*n, *v)) }).collect();
        let (found, body) = ask(&client, &url, &form).await;
        assert_eq!((found, &body["error"], &body["error_codes"][0]), (status, &error.into(), &code.into()), "{name}");
        let text = body["error_description"].as_str().expect("text");
        assert!(text.starts_with(&format!("AADSTS{code}: ")), "{text}");
        assert!(text.contains(body["trace_id"].as_str().expect("text")), "{text}");
        assert_eq!(body["timestamp"], "2026-09-01 08:00:00Z");
    }
    let (status, body) = ask(&client, &url.replace(TENANT, "elsewhere"), &good).await;
    assert_eq!((status, &body["error_codes"][0]), (400, &90_002.into()));
    issuer.stop().await;
}

#[tokio::test]
async fn a_port_that_is_taken_is_named_with_what_to_do() {
    let (issuer, _) = issuer().await;
    let listen = format!("127.0.0.1:{}", issuer.origin().port).parse().expect("valid");
    let options = IssuerOptions { listen, clock: Clock::system(), applications: Vec::new() };
    let fault = Issuer::start(options).await.map(|_| ()).expect_err("taken").to_string();
    assert!(fault.contains(&listen.to_string()) && fault.contains("choose another port"), "{fault}");
    issuer.stop().await;
}
