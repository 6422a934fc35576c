//! The shipped documents: what the four APIs and the governed route do, and
//! what each overlay breaks.

use std::time::Duration;

use http::Method;
use serde_json::json;

use super::harness::{Answered, CORRELATION, World, send};

#[tokio::test]
async fn a_good_call_reaches_the_service_and_the_answer_says_what_it_must() {
    let world = World::shipped(&[]).await;
    let answer = send(world.submit("v1", &world.token(&json!({}))).header("User-Agent", "flow")).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "answered"));
    assert_eq!(answer.header("x-correlation-id"), Some(CORRELATION));
    assert_eq!(answer.header("deprecation"), Some("@1782777600"));
    assert_eq!(answer.header("sunset"), Some("Wed, 31 Mar 2027 00:00:00 GMT"));
    assert_eq!(answer.header("link"), Some("</bulk-update/v2>; rel=\"successor-version\""));
    let seen = world.backend.last();
    assert_eq!((seen.target.as_str(), seen.header("x-gateway-key")), ("/bulk-update/v1/batches", "the-key"));
    assert_eq!(seen.header("x-forwarded-host"), world.gateway.origin().authority());
    assert!(seen.header("authorization").starts_with("Bearer "));

    let row = world.rows.all().pop().expect("a row");
    assert_eq!((row.api_id.as_str(), row.operation_id.as_str()), ("bulk-update-v1", "submitBatch"));
    assert_eq!((row.response_code, row.backend_response_code, row.is_request_success), (200, 200, true));
    assert_eq!(
        (row.request_headers["x-correlation-id"].as_str(), row.request_headers["user-agent"].as_str()),
        (CORRELATION, "flow")
    );
    assert_eq!((row.traced("applicationId"), row.traced("correlationId")), (Some("client-1"), Some(CORRELATION)));
    assert!(row.response_size > 8, "its head counts as well: {}", row.response_size);

    let answer = send(world.submit("v2", &world.token(&json!({})))).await;
    assert_eq!((answer.status, answer.header("deprecation"), answer.header("sunset")), (200, None, None));
}

fn problem(answer: &Answered, status: u16, failure: &str) {
    assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{answer:?}");
    let body = answer.json();
    let members: Vec<&String> = body.as_object().expect("an object").keys().collect();
    assert_eq!(answer.failure(), (status, failure.to_owned()), "{body}");
    assert_eq!(body["type"], format!("urn:seamstress:failure:{failure}"));
    assert_eq!(body["status"], status);
    assert!(members.contains(&&"title".to_owned()) && members.contains(&&"detail".to_owned()));
    assert_eq!(answer.header("x-served-by"), None);
}

#[tokio::test]
async fn every_refusal_has_the_one_shape() {
    let world = World::shipped(&[]).await;
    let good = world.token(&json!({}));
    let path = "/bulk-update/v1/batches";
    let bare = send(world.request(Method::POST, path).bearer_auth(&good).body("{}")).await;
    problem(&bare, 400, "correlation_id_missing");
    assert_eq!((bare.json().get("correlationId"), bare.header("x-correlation-id")), (None, None));
    let malformed = send(world.request(Method::POST, path).header("X-Correlation-Id", "x\"y").bearer_auth(&good)).await;
    problem(&malformed, 400, "correlation_id_missing");
    assert_eq!(malformed.json()["correlationId"], "x\"y");

    let now = world.clock.now().seconds();
    for changes in [json!({ "exp": now - 5 }), json!({ "aud": "x" }), json!({ "iss": "x" })] {
        let answer = send(world.submit("v1", &world.token(&changes))).await;
        problem(&answer, 401, "unauthorized");
        assert_eq!(
            (answer.header("www-authenticate"), answer.header("x-correlation-id")),
            (Some("Bearer"), Some(CORRELATION))
        );
        assert_eq!(answer.header("sunset"), Some("Wed, 31 Mar 2027 00:00:00 GMT"));
    }
    let anonymous = world.request(Method::POST, path).header("X-Correlation-Id", CORRELATION).body("{}");
    problem(&send(anonymous).await, 401, "unauthorized");
    for changes in [json!({ "roles": null }), json!({ "roles": ["Other"] })] {
        problem(&send(world.submit("v1", &world.token(&changes))).await, 403, "forbidden");
    }
    let unknown = world.request(Method::DELETE, path).header("X-Correlation-Id", CORRELATION);
    let unknown = send(unknown).await;
    problem(&unknown, 404, "not_found");
    assert_eq!(unknown.json()["correlationId"], CORRELATION);
    problem(&send(world.request(Method::GET, "/nowhere")).await, 404, "not_found");
    assert!(world.backend.seen().is_empty());
}

#[tokio::test]
async fn a_backend_that_is_down_is_unavailable_and_says_when_to_come_again() {
    let world = World::shipped_before(&[], Some("http://127.0.0.1:1")).await;
    let answer = send(world.submit("v2", &world.token(&json!({})))).await;
    problem(&answer, 503, "downstream_unavailable");
    assert_eq!(answer.header("retry-after"), Some("5"));
}

#[test]
fn every_defect_of_the_gateway_has_an_overlay_and_the_other_way_round() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("mocks/gateway/defects");
    let overlays: std::collections::BTreeSet<String> = std::fs::read_dir(folder)
        .expect("there")
        .map(|e| e.expect("readable").path().file_stem().expect("a name").to_string_lossy().into_owned())
        .collect();
    let of_the_gateway = crate::stack::defects::DEFECTS.iter().filter(|d| d.tier == crate::wire::Tier::Gateway);
    let changed = of_the_gateway.filter(|d| !crate::stack::gateway::RowLog::has_defect(d.name));
    assert_eq!(overlays, changed.map(|d| d.name.to_owned()).collect());
}

/// A body that declares no length.
fn chunked(bytes: usize) -> reqwest::Body {
    reqwest::Body::wrap_stream(futures_util::stream::iter([Ok::<_, std::io::Error>(vec![b'x'; bytes])]))
}

#[tokio::test]
async fn bodies_are_limited_by_length_and_type_before_the_service() {
    let world = World::shipped(&[]).await;
    let token = world.token(&json!({}));
    problem(&send(world.submit("v1", &token).body(chunked(10))).await, 411, "length_required");
    problem(&send(world.submit("v1", &token).body(vec![b'x'; 1024 * 1024 + 1])).await, 413, "payload_too_large");
    let typed = world.request(Method::POST, "/bulk-update/v1/batches").header("X-Correlation-Id", CORRELATION);
    let typed = typed.bearer_auth(&token).header("Content-Type", "text/plain").body("{}");
    problem(&send(typed).await, 415, "unsupported_media_type");
    assert!(world.backend.seen().is_empty());
    assert_eq!(send(world.submit("v1", &token).body(vec![b'x'; 1024 * 1024])).await.status, 200);
    assert_eq!(send(world.submit("v2", &token).body(vec![b'x'; 1024 * 1024 + 1])).await.status, 200);
    let charset = world.request(Method::POST, "/bulk-update/v2/batches").header("X-Correlation-Id", CORRELATION);
    let charset = charset.bearer_auth(&token).header("Content-Type", "Application/JSON; charset=utf-8").body("{}");
    assert_eq!(send(charset).await.status, 200);
    let id = "/bulk-update/v1/batches/0b8ea11a-93ab-4c05-a1c5-5dbb0e4ad4f1";
    let get = world.request(Method::GET, id).header("X-Correlation-Id", CORRELATION).bearer_auth(&token);
    assert_eq!(send(get).await.status, 200);
}

async fn exhaust(world: &World, token: &str) -> Answered {
    for _ in 0..600 {
        assert_eq!(send(world.submit("v1", token)).await.status, 200);
    }
    send(world.submit("v1", token)).await
}

#[tokio::test]
async fn six_hundred_calls_a_minute_and_client_are_admitted() {
    let world = World::shipped(&[]).await;
    let token = world.token(&json!({}));
    let refused = exhaust(&world, &token).await;
    problem(&refused, 429, "throttled");
    let seconds = refused.header("retry-after").expect("told").parse().expect("seconds");
    assert_eq!(send(world.submit("v1", &world.token(&json!({ "azp": "client-2" })))).await.status, 200);
    assert_eq!(send(world.submit("v2", &token)).await.status, 200, "another version has a limit of its own");
    world.clock.jump(Duration::from_secs(seconds));
    assert_eq!(send(world.submit("v1", &token)).await.status, 200);
}

#[tokio::test]
async fn a_version_is_gone_after_its_sunset() {
    let world = World::shipped(&[]).await;
    world.clock.jump(Duration::from_hours(212 * 24));
    let token = world.token(&json!({}));
    let answer = send(world.submit("v1", &token)).await;
    problem(&answer, 410, "gone");
    assert_eq!(answer.header("link"), Some("</bulk-update/v2>; rel=\"successor-version\""));
    assert_eq!(send(world.submit("v2", &token)).await.status, 200);
}

#[tokio::test]
async fn the_governed_route_lets_through_what_is_declared_with_the_gateways_identity() {
    let world = World::shipped(&[]).await;
    let token = world
        .token(&json!({ "aud": "c7a0f1de-2f64-4f3b-9a35-8e5b0d6a4c12", "roles": ["Data.Write"], "azp": "service" }));
    let call = |method: Method, path: &str| {
        let request = world.request(method, &format!("/data/api/data/v9.2/{path}"));
        request.header("X-Correlation-Id", CORRELATION).bearer_auth(&token)
    };
    for _ in 0..2 {
        let key = "accounts(0b8ea11a-93ab-4c05-a1c5-5dbb0e4ad4f1)?$select=name";
        assert_eq!(send(call(Method::PATCH, key).header("If-Match", "*").body("{}")).await.status, 200);
    }
    let seen = world.backend.last();
    assert_eq!(seen.target, "/api/data/v9.2/accounts(0b8ea11a-93ab-4c05-a1c5-5dbb0e4ad4f1)?$select=name");
    assert_eq!((seen.header("authorization"), seen.header("if-match")), ("Bearer identity-token", "*"));
    assert_eq!(seen.header("x-gateway-key"), "");
    let asked: Vec<String> =
        world.issuer.asked.lock().unwrap().iter().filter(|a| a.contains("token")).cloned().collect();
    assert_eq!(asked.len(), 1, "the token is kept");
    assert!(asked[0].contains("client_secret=the-secret") && asked[0].contains("org.crm.dynamics.example%2F.default"));
    assert_eq!(send(call(Method::POST, "new_invoices").body("{}")).await.status, 200);
    assert_eq!(send(call(Method::PATCH, "new_invoices(new_number='INV-1')").body("{}")).await.status, 200);
    assert_eq!(send(call(Method::POST, "$batch").body("--b--")).await.status, 200);
    for (method, path) in [
        (Method::DELETE, "accounts(1)"),
        (Method::GET, "contacts"),
        (Method::GET, "$batch"),
        (Method::GET, "accounts(1)/x"),
    ] {
        problem(&send(call(method, path)).await, 404, "not_found");
    }
    let wrong = world.request(Method::GET, "/data/api/data/v9.2/accounts").header("X-Correlation-Id", CORRELATION);
    problem(&send(wrong.bearer_auth(world.token(&json!({})))).await, 401, "unauthorized");
}

#[tokio::test]
async fn each_defect_breaks_what_it_names_and_nothing_else() {
    let world = World::shipped(&["anonymous-accepted"]).await;
    let anonymous = || world.request(Method::POST, "/bulk-update/v1/batches").header("X-Correlation-Id", CORRELATION);
    assert_eq!(send(anonymous().header("Content-Type", "application/json").body("{}")).await.status, 200);
    problem(&send(world.submit("v1", &world.token(&json!({ "aud": "x" })))).await, 401, "unauthorized");

    let world = World::shipped(&["wrong-audience-accepted"]).await;
    assert_eq!(send(world.submit("v1", &world.token(&json!({ "aud": "x" })))).await.status, 200);
    problem(&send(world.submit("v1", &world.token(&json!({ "iss": "x" })))).await, 401, "unauthorized");

    let world = World::shipped(&["oversized-body-forwarded"]).await;
    let token = world.token(&json!({}));
    assert_eq!(send(world.submit("v1", &token).body(vec![b'x'; 2 * 1024 * 1024])).await.status, 200);
    assert_eq!(send(world.submit("v1", &token).body(chunked(10))).await.status, 200);
    assert_eq!(world.backend.last().body.len(), 10);

    let world = World::shipped(&["sunset-missing"]).await;
    let answer = send(world.submit("v1", &world.token(&json!({})))).await;
    assert_eq!((answer.status, answer.header("sunset")), (200, None));
    assert_eq!(answer.header("deprecation"), Some("@1782777600"));
}

#[tokio::test]
async fn each_defect_of_throttling_breaks_what_it_names() {
    let world = World::shipped(&["retry-after-missing"]).await;
    let refused = exhaust(&world, &world.token(&json!({}))).await;
    problem(&refused, 429, "throttled");
    assert_eq!(refused.header("retry-after"), None);

    let world = World::shipped(&["retry-after-too-short"]).await;
    let refused = exhaust(&world, &world.token(&json!({}))).await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("1")));

    let world = World::shipped(&["limit-shared"]).await;
    let refused = exhaust(&world, &world.token(&json!({}))).await;
    assert_eq!(refused.status, 429);
    assert_eq!(send(world.submit("v1", &world.token(&json!({ "azp": "client-2" })))).await.status, 429);
}
