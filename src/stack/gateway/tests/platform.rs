//! Policies against the platform: statuses, bodies and header fields to the
//! byte.

use std::time::Duration;

use http::Method;
use serde_json::json;

use super::harness::{Answered, World, send};

async fn get(world: &World, path: &str) -> Answered {
    send(world.request(Method::GET, path)).await
}

fn told(answer: &Answered) -> (u16, &str) {
    assert_eq!(answer.header("content-type"), Some("application/json"));
    (answer.status, &answer.body)
}

#[tokio::test]
async fn a_call_is_forwarded_without_hop_by_hop_fields() {
    let world = World::with_policies("", "", "").await;
    let request = world
        .request(Method::GET, "/test/things/a%20b?x=1&y=%2F")
        .header("X-Forwarded-For", "192.0.2.7")
        .header("Connection", "keep-alive, X-Hop")
        .header("X-Hop", "1")
        .header("TE", "trailers");
    let answer = send(request).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "answered"));
    assert_eq!(answer.header("x-served-by"), Some("backend"));
    assert_eq!(answer.header("keep-alive"), None);
    let seen = world.backend.last();
    assert_eq!((seen.method.as_str(), seen.target.as_str()), ("GET", "/things/a%20b?x=1&y=%2F"));
    assert_eq!(seen.header("x-forwarded-for"), "192.0.2.7, 127.0.0.1");
    assert!(seen.header("host").starts_with("127.0.0.1:"), "the backend's own authority");
    assert_ne!(seen.header("host"), world.gateway.origin().authority());
    for gone in ["x-hop", "te", "connection"] {
        assert_eq!(seen.header(gone), "", "{gone}");
    }
    world.gateway.stop().await;
}

#[tokio::test]
async fn unknown_paths_and_methods_are_not_found() {
    let world = World::with_policies("", "", "").await;
    for (method, path) in [
        (Method::GET, "/nowhere"),
        (Method::GET, "/test"),
        (Method::GET, "/test/things/"),
        (Method::GET, "/testing/things"),
        (Method::DELETE, "/test/things"),
        (Method::GET, "/test/things/1/2"),
    ] {
        let answer = send(world.request(method.clone(), path)).await;
        assert_eq!(
            told(&answer),
            (404, r#"{ "statusCode": 404, "message": "Resource not found" }"#),
            "{method} {path}"
        );
    }
    assert!(world.backend.seen().is_empty());
    let row = &world.rows.all()[0];
    assert_eq!(
        (row.last_error_source.as_str(), row.last_error_reason.as_str()),
        ("configuration", "OperationNotFound")
    );
    assert_eq!(row.last_error_section, "backend");
}

#[tokio::test]
async fn check_header_refuses_absent_fields_and_other_values() {
    let world = World::with_policies(
        r#"<check-header name="X-Key" failed-check-httpcode="418" failed-check-error-message="No." ignore-case="true">
             <value>a</value><value>B</value></check-header>"#,
        "",
        "",
    )
    .await;
    assert_eq!(told(&get(&world, "/test/things").await), (418, r#"{ "statusCode": 418, "message": "No." }"#));
    let with = |value: &'static str| send(world.request(Method::GET, "/test/things").header("X-Key", value));
    assert_eq!(with("b").await.status, 200);
    assert_eq!(with("c").await.status, 418);
    let reasons: Vec<_> = world.rows.all().iter().map(|r| r.last_error_reason.clone()).collect();
    assert_eq!(reasons, ["HeaderNotFound", "", "HeaderValueNotAllowed"]);
    assert_eq!(world.rows.all()[2].last_error_message, "Header X-Key value of c is not allowed. Access denied.");
}

#[tokio::test]
async fn rate_limit_by_key_slides_and_names_honest_seconds() {
    let world = World::with_policies(
        r#"<rate-limit-by-key calls="2" renewal-period="60" remaining-calls-header-name="X-Left" total-calls-header-name="X-All"
             counter-key="@(context.Request.Headers.GetValueOrDefault("X-Client", "nobody"))" />"#,
        "",
        "",
    )
    .await;
    let call = |client: &'static str| send(world.request(Method::GET, "/test/things").header("X-Client", client));
    let first = call("a").await;
    assert_eq!((first.status, first.header("x-left"), first.header("x-all")), (200, Some("1"), Some("2")));
    assert_eq!(call("a").await.header("x-left"), Some("0"));
    let refused = call("a").await;
    let seconds: u64 = refused.header("retry-after").expect("told").parse().expect("seconds");
    assert!((59..=60).contains(&seconds));
    let body =
        format!(r#"{{ "statusCode": 429, "message": "Rate limit is exceeded. Try again in {seconds} seconds." }}"#);
    assert_eq!(told(&refused), (429, body.as_str()));
    assert_eq!(call("b").await.status, 200);
    world.clock.jump(Duration::from_secs(seconds));
    assert_eq!(call("a").await.status, 200);
    let row = &world.rows.all()[2];
    assert_eq!(
        (row.last_error_source.as_str(), row.last_error_reason.as_str()),
        ("rate-limit-by-key", "RateLimitExceeded")
    );
    assert_eq!(row.last_error_message, "Rate limit is exceeded");
}

#[tokio::test]
async fn a_condition_on_the_response_counts_after_it() {
    let world = World::with_policies(
        r#"<rate-limit-by-key calls="1" renewal-period="60" counter-key="k" increment-condition="@(context.Response.StatusCode == 418)" />"#,
        "",
        "",
    )
    .await;
    for _ in 0..3 {
        assert_eq!(get(&world, "/test/things").await.status, 200);
    }
    assert_eq!(get(&world, "/test/things/teapot").await.status, 418);
    assert_eq!(get(&world, "/test/things").await.status, 429);
}

#[tokio::test]
async fn quota_by_key_refuses_with_403_until_the_period_ends() {
    let world = World::with_policies(
        r#"<quota-by-key calls="1" renewal-period="3600" counter-key="k" first-period-start="2026-09-01T07:30:00Z" />"#,
        "",
        "",
    )
    .await;
    assert_eq!(get(&world, "/test/things").await.status, 200);
    let refused = get(&world, "/test/things").await;
    let seconds: u64 = refused.header("retry-after").expect("told").parse().expect("seconds");
    assert!((1799..=1800).contains(&seconds));
    let span = format!("00:{:02}:{:02}", seconds / 60, seconds % 60);
    let body = format!(
        r#"{{ "statusCode": 403, "message": "Out of call volume quota. Quota will be replenished in {span}." }}"#
    );
    assert_eq!(told(&refused), (403, body.as_str()));
    world.clock.jump(Duration::from_secs(seconds));
    assert_eq!(get(&world, "/test/things").await.status, 200);
}

#[tokio::test]
async fn validate_jwt_tells_two_texts_and_logs_the_reason() {
    let world = World::with_policies(
        r#"<validate-jwt header-name="Authorization" output-token-variable-name="jwt">
             <openid-config url="{{issuer}}/v2.0/.well-known/openid-configuration" />
             <audiences><audience>3f2a6c1e-8b1d-4c57-9c3e-5a0d7f4e2b91</audience></audiences>
             <required-claims><claim name="roles" match="any"><value>Jobs.Submit</value></claim></required-claims>
           </validate-jwt>
           <set-header name="X-Azp"><value>@(((Jwt)context.Variables["jwt"]).Claims["azp"][0])</value></set-header>"#,
        "",
        "",
    )
    .await;
    let now = world.clock.now().seconds();
    let unknown = serde_json::Map::from_iter([("kid".to_owned(), json!("k9"))]);
    let none = serde_json::Map::from_iter([("alg".to_owned(), json!("none"))]);
    let claims = super::harness::claims(&world.issuer.origin, world.clock.now(), &json!({}));
    let cases = [
        (String::new(), "TokenNotPresent"),
        ("Bearer x.y.z".to_owned(), "JwtInvalid"),
        (format!("Bearer {}", world.token(&json!({ "exp": now - 1 }))), "TokenExpired"),
        (format!("Bearer {}", world.token(&json!({ "nbf": now + 60 }))), "JwtInvalid"),
        (format!("Bearer {}", world.token(&json!({ "exp": null }))), "JwtInvalid"),
        (format!("Bearer {}", world.token(&json!({ "aud": "other" }))), "TokenAudienceNotAllowed"),
        (format!("Bearer {}", world.token(&json!({ "iss": "https://sts.example/" }))), "TokenIssuerNotAllowed"),
        (format!("Bearer {}", world.token(&json!({ "roles": null }))), "TokenClaimNotFound"),
        (format!("Bearer {}", world.token(&json!({ "roles": ["Other"] }))), "TokenClaimValueNotAllowed"),
        (format!("Bearer {}", world.issuer.key.sign(&claims, &unknown)), "TokenSignatureKeyNotFound"),
        (format!("Bearer {}", world.issuer.key.sign(&claims, &none)), "TokenSignatureInvalid"),
        (format!("Bearer {}AAAA", world.token(&json!({}))), "TokenSignatureInvalid"),
    ];
    for (authorization, reason) in &cases {
        let mut request = world.request(Method::GET, "/test/things");
        if !authorization.is_empty() {
            request = request.header("Authorization", authorization);
        }
        let text = if authorization.is_empty() { "JWT not present." } else { "Invalid JWT." };
        let body = format!(r#"{{ "statusCode": 401, "message": "{text}" }}"#);
        assert_eq!(told(&send(request).await), (401, body.as_str()), "{reason}");
        assert_eq!(world.rows.all().pop().expect("a row").last_error_reason, *reason, "{authorization}");
    }
    assert!(world.backend.seen().is_empty());
    for _ in 0..2 {
        let good = world.request(Method::GET, "/test/things").bearer_auth(world.token(&json!({})));
        assert_eq!(send(good).await.status, 200);
    }
    assert_eq!(world.backend.last().header("x-azp"), "client-1");
    let fetches = world.issuer.asked.lock().unwrap().len();
    assert_eq!(fetches, 2, "discovery document and keys once; an unknown key waits five minutes");
    world.clock.jump(Duration::from_secs(301));
    let again = world.request(Method::GET, "/test/things").bearer_auth(world.issuer.key.sign(&claims, &unknown));
    assert_eq!(send(again).await.status, 401);
    assert_eq!(world.issuer.asked.lock().unwrap().len(), 4);
}

#[tokio::test]
async fn timeouts_refusals_and_exceptions_are_500_with_an_activity_id() {
    let world = World::with_policies(
        r#"<set-variable name="n" value="@(int.Parse(context.Request.Headers.GetValueOrDefault("X-N", "1")))" />"#,
        "",
        "",
    )
    .await;
    let slow = get(&world, "/test/things/slow").await;
    let row = world.rows.all().pop().expect("a row");
    let body = format!(
        r#"{{ "statusCode": 500, "message": "Internal server error", "activityId": "{}" }}"#,
        row.correlation_id
    );
    assert_eq!(told(&slow), (500, body.as_str()));
    assert_eq!((row.last_error_source.as_str(), row.last_error_reason.as_str()), ("forward-request", "Timeout"));
    assert_eq!(row.last_error_section, "backend");
    let thrown = send(world.request(Method::GET, "/test/things").header("X-N", "x")).await;
    assert_eq!(thrown.status, 500);
    let row = world.rows.all().pop().expect("a row");
    assert_eq!(row.last_error_reason, "ExpressionValueEvaluationFailure");
    assert_eq!(row.last_error_source, "set-variable");
}

#[tokio::test]
async fn fields_status_body_query_and_path_are_set() {
    let world = World::with_policies(
        r#"<set-header name="X-Many"><value>a</value><value>@("b" + context.Request.MatchedParameters["id"])</value></set-header>
           <set-header name="X-Null"><value>@((string)null)</value></set-header>
           <set-header name="User-Agent" exists-action="skip"><value>other</value></set-header>
           <set-header name="X-Gone" exists-action="delete" />
           <rewrite-uri template="/other/{id}?z=9" />
           <set-query-parameter name="x"><value>2 3</value></set-query-parameter>
           <set-query-parameter name="y" exists-action="delete" />"#,
        r#"<set-status code="201" reason="Made" />
           <set-header name="X-Secret" exists-action="delete" />
           <set-body>@($"{context.Response.StatusCode}: {context.Response.Body.As<string>()}")</set-body>"#,
        "",
    )
    .await;
    let request =
        world.request(Method::GET, "/test/things/7?x=1&y=2").header("User-Agent", "test").header("X-Gone", "1");
    let answer = send(request).await;
    assert_eq!((answer.status, answer.body.as_str()), (201, "201: answered"));
    assert_eq!(answer.header("x-secret"), None);
    let seen = world.backend.last();
    assert_eq!(seen.target, "/other/7?z=9&x=2+3");
    assert_eq!((seen.header("x-many"), seen.header("user-agent")), ("a,b7", "test"));
    assert!(!seen.headers.contains_key("x-null") && !seen.headers.contains_key("x-gone"));
}

#[tokio::test]
async fn return_response_ends_the_pipeline_and_on_error_sees_what_was_raised() {
    let world = World::with_policies(
        r#"<choose>
             <when condition="@(context.Request.Url.Query.GetValueOrDefault("end") == "1")">
               <return-response><set-status code="202" /><set-header name="X-A"><value>b</value></set-header><set-body>done</set-body></return-response>
             </when>
             <when condition="@(context.Request.Url.Query.ContainsKey("fail"))">
               <check-header id="the-check" name="X-No" failed-check-httpcode="400" failed-check-error-message="m" ignore-case="false" />
             </when>
           </choose>"#,
        r#"<set-header name="X-Outbound"><value>1</value></set-header>"#,
        r#"<set-status code="499" />
           <set-body>@($"{context.LastError.Source}|{context.LastError.Reason}|{context.LastError.Section}|{context.LastError.Scope}|{context.LastError.Path}|{context.LastError.PolicyId}|{context.Response.StatusCode}")</set-body>"#,
    )
    .await;
    let ended = get(&world, "/test/things?end=1").await;
    assert_eq!((ended.status, ended.body.as_str(), ended.header("x-a")), (202, "done", Some("b")));
    assert_eq!(ended.header("x-outbound"), None);
    let failed = get(&world, "/test/things?fail=1").await;
    assert_eq!(failed.status, 499);
    let text = "check-header|HeaderNotFound|inbound|global|choose[2]/when[2]/check-header[1]|the-check|499";
    assert_eq!(failed.body, text);
    assert_eq!(get(&world, "/test/things").await.header("x-outbound"), Some("1"));
}
