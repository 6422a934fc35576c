//! Secrets are planted in everything that carries some, a target repeats them in
//! all that it answers, and all output is searched.

use wiremock::matchers::{any, method};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::support::{Ran, seamstress_with};

const TOKEN: &str = "planted.token-7Jq/2w+bearer==";
const FIELD: &str = "planted field value, \"quoted\"";
const CUSTOM: &str = "planted-custom-5521";
const CLIENT_SECRET: &str = "planted~client&secret=8";
const GRANTED: &str = "planted-granted-0f83aa";
const SIGNATURE: &str = "planted-sig-66fa";

const DOCUMENT: &str = r"
openapi: 3.1.0
info: { title: Orders, version: '1' }
paths:
  /orders:
    post:
      operationId: createOrder
      requestBody:
        required: true
        content:
          application/json:
            schema: { type: object, required: [sku], properties: { sku: { type: string, maxLength: 9 } } }
      responses:
        '201':
          description: made
          content:
            application/json:
              schema: { type: object, required: [id], properties: { id: { type: integer } } }
        '400': { description: refused }
";

/// Says back what it was sent: in fields, as text, as JSON, as a URL.
fn indiscreet(status: u16) -> impl Fn(&Request) -> ResponseTemplate {
    move |request| {
        let fields: Vec<(String, String)> = request
            .headers
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap_or_default().to_owned()))
            .collect();
        let said: Vec<String> = fields.iter().map(|(name, value)| format!("{name} was {value}")).collect();
        let text = said.join("; ");
        let credentials = fields.iter().map(|(_, value)| value.rsplit(' ').next().unwrap_or_default());
        let query: String = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(credentials.map(|value| ("seen", value)))
            .finish();
        ResponseTemplate::new(status)
            .insert_header(
                "X-Seen",
                request.headers.get("authorization").cloned().unwrap_or_else(|| "none".parse().expect("plain")),
            )
            .insert_header("Location", format!("https://example.org/login?{query}&sig={SIGNATURE}").as_str())
            .set_body_json(serde_json::json!({ "detail": text, "fields": fields, "link": format!("/x?{query}") }))
    }
}

/// No output holds any of these, in any spelling.
fn search(ran: &Ran, secrets: &[&str]) {
    let screen = [("stdout".into(), ran.out.clone().into_bytes()), ("stderr".into(), ran.err.clone().into_bytes())];
    for secret in secrets {
        let json = serde_json::to_string(secret).expect("a text is JSON");
        let encoded: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        for spelling in [*secret, json.trim_matches('"'), &encoded, &encoded.replace('+', "%20")] {
            for (place, bytes) in ran.files().iter().chain(&screen) {
                let found = bytes.windows(spelling.len()).position(|window| window == spelling.as_bytes());
                if let Some(at) = found {
                    let around = &bytes[at.saturating_sub(120)..(at + 160).min(bytes.len())];
                    panic!("{} tells `{spelling}`: …{}…", place.display(), String::from_utf8_lossy(around));
                }
            }
        }
    }
}

async fn run(variables: Vec<(&'static str, &'static str)>, args: Vec<String>) -> Ran {
    tokio::task::spawn_blocking(move || {
        seamstress_with(&variables, &args.iter().map(String::as_str).collect::<Vec<_>>())
    })
    .await
    .expect("it ran")
}

fn words(args: &[&str]) -> Vec<String> {
    args.iter().map(|arg| (*arg).to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_plain_service_repeats_stays_out_of_all_output() {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(indiscreet(500)).mount(&server).await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("orders.yaml");
    std::fs::write(&file, DOCUMENT).expect("written");
    let (file, url) = (file.to_str().expect("plain"), server.uri());
    for format in ["human", "json"] {
        let (field, custom) = (format!("X-Api-Key: {FIELD}"), format!("X-Shop-Session: {CUSTOM}"));
        let args = words(&[
            "check",
            file,
            "--url",
            &url,
            "--seed",
            "1",
            "--cases",
            "30",
            "-v",
            "--format",
            format,
            "-H",
            &field,
            "-H",
            &custom,
            "--token-env",
            "PLANTED_TOKEN",
        ]);
        let ran = run(vec![("PLANTED_TOKEN", TOKEN)], args).await;
        assert_eq!(ran.code, 1, "{}", ran.all());
        assert!(ran.out.contains("[redacted]"), "nothing was repeated, so nothing was tried: {}", ran.all());
        search(&ran, &[TOKEN, FIELD, CUSTOM, SIGNATURE]);
    }
    let sent = server.received_requests().await.unwrap_or_default();
    let has = |name: &str, value: &str| sent.iter().all(|r| r.headers.get(name).is_some_and(|v| v == value));
    assert!(has("x-api-key", FIELD) && has("x-shop-session", CUSTOM), "the fields go along with every call");
    assert!(sent.iter().any(|r| r.headers.get("authorization").is_some_and(|v| *v == format!("Bearer {TOKEN}"))));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_client_secret_and_the_token_of_an_environment_stay_out_of_all_output() {
    let (issuer, gateway) = (MockServer::start().await, MockServer::start().await);
    let granted =
        ResponseTemplate::new(200).set_body_json(serde_json::json!({ "access_token": GRANTED, "expires_in": "3599" }));
    Mock::given(method("POST")).respond_with(granted).mount(&issuer).await;
    Mock::given(any()).respond_with(indiscreet(500)).mount(&gateway).await;
    let ran = against(&issuer, &gateway).await;
    assert_eq!(ran.code, 1, "{}", ran.all());
    search(&ran, &[CLIENT_SECRET, GRANTED, SIGNATURE]);
    let asked = issuer.received_requests().await.unwrap_or_default();
    let form: Vec<(String, String)> =
        url::form_urlencoded::parse(&asked.first().expect("a token was asked for").body).into_owned().collect();
    assert!(form.contains(&("client_secret".to_owned(), CLIENT_SECRET.to_owned())), "{form:?}");
    let sent = gateway.received_requests().await.unwrap_or_default();
    assert!(sent.iter().any(|r| r.headers.get("authorization").is_some_and(|v| *v == format!("Bearer {GRANTED}"))));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_that_repeats_the_secret_is_not_believed() {
    let (issuer, gateway) = (MockServer::start().await, MockServer::start().await);
    let repeats = |request: &Request| {
        let form = String::from_utf8_lossy(&request.body).into_owned();
        ResponseTemplate::new(401).set_body_string(format!("invalid_client: {CLIENT_SECRET} is wrong. You sent {form}"))
    };
    Mock::given(any()).respond_with(repeats).mount(&issuer).await;
    let ran = against(&issuer, &gateway).await;
    assert_eq!(ran.code, 3, "{}", ran.all());
    assert!(ran.out.contains("invalid_client"), "the issuer's words are told: {}", ran.all());
    search(&ran, &[CLIENT_SECRET]);
}

async fn against(issuer: &MockServer, gateway: &MockServer) -> Ran {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("s.toml");
    let text = format!(
        "[environments.dev]\ngateway = \"{}\"\ntoken-endpoint = \"{}/token\"\nclient-id = \"tester\"\nclient-secret-env = \"PLANTED_SECRET\"\n",
        gateway.uri(),
        issuer.uri()
    );
    std::fs::write(&file, text).expect("written");
    let args = words(&[
        "check",
        "--settings",
        file.to_str().expect("plain"),
        "--env",
        "dev",
        "--seed",
        "1",
        "--cases",
        "12",
        "--operation",
        "bulk-update/v1",
        "-v",
    ]);
    run(vec![("PLANTED_SECRET", CLIENT_SECRET)], args).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_url_that_carries_a_secret_is_refused_without_showing_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("orders.yaml");
    std::fs::write(&file, DOCUMENT).expect("written");
    for url in [
        format!("http://127.0.0.1:1/orders?code={SIGNATURE}"),
        format!("http://127.0.0.1:1/?api-version=1&sig={SIGNATURE}"),
        format!("http://tester:{SIGNATURE}@127.0.0.1:1/"),
        format!("ftp://tester:{SIGNATURE}@127.0.0.1/?code={SIGNATURE}"),
    ] {
        let ran = run(Vec::new(), words(&["check", file.to_str().expect("plain"), "--url", &url])).await;
        assert_eq!(ran.code, 2, "{}", ran.all());
        assert!(ran.err.contains("--url"), "{}", ran.err);
        search(&ran, &[SIGNATURE]);
    }
}
