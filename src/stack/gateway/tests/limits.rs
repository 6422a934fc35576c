//! Limits under many clients at once, and their counters.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use http::Method;

use super::harness::World;
use crate::clock::{Clock, Timestamp};
use crate::limit::{Algorithm, Rate, Throttling};
use crate::stack::gateway::{Counters, Gateway};

const CLIENTS: usize = 64;
const CALLS_OF_A_CLIENT: usize = 4;

/// An answer without a backend, after a limit.
fn limited(limit: &str) -> String {
    format!("{limit}<return-response><set-status code=\"204\" /></return-response>")
}

/// A gateway with a clock of its own pace, and limits that count in their own
/// way.
async fn paced(world: &World, scale: f64, throttling: Throttling) -> (Gateway, Clock) {
    let clock = Clock::starting_at(Timestamp::parse("2026-09-01T08:00:00Z").expect("an instant"), scale);
    let mut options = world.options.clone();
    (options.clock, options.throttling) = (clock.clone(), throttling);
    (Gateway::start(options).await.expect("it started before"), clock)
}

/// Statuses and waits of all calls of all clients.
async fn burst(world: &World, gateway: &Gateway) -> Vec<(u16, Option<u64>)> {
    let client = || async {
        let mut answers = Vec::with_capacity(CALLS_OF_A_CLIENT);
        for _ in 0..CALLS_OF_A_CLIENT {
            let url = format!("{}/test/things", gateway.origin());
            let answer = world.client.request(Method::GET, &url).expect("loopback").send().await.expect("answered");
            let wait = answer.headers().get("retry-after").and_then(|w| w.to_str().ok()).and_then(|w| w.parse().ok());
            answers.push((answer.status().as_u16(), wait));
        }
        answers
    };
    join_all((0..CLIENTS).map(|_| client())).await.concat()
}

fn admitted(answers: &[(u16, Option<u64>)]) -> u64 {
    answers.iter().filter(|(status, _)| *status == 204).count() as u64
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_clients_are_admitted_exactly_as_often_as_the_window_allows() {
    for limit in [
        r#"<rate-limit-by-key calls="100" renewal-period="300" counter-key="all" />"#,
        r#"<quota-by-key calls="100" renewal-period="3600" counter-key="all" />"#,
    ] {
        let world = World::with_policies(&limited(limit), "", "").await;
        for scale in [1.0, 20.0] {
            let (gateway, clock) = paced(&world, scale, Throttling::default()).await;
            let answers = burst(&world, &gateway).await;
            assert_eq!(admitted(&answers), 100, "{limit} at {scale}");
            let shortest = answers.iter().filter_map(|(_, wait)| *wait).min().expect("somebody was refused");
            clock.jump(Duration::from_secs(shortest));
            let again = burst(&world, &gateway).await;
            assert!(admitted(&again) > 0, "the wait that is told is enough");
            clock.jump(Duration::from_hours(1));
            assert_eq!(admitted(&burst(&world, &gateway).await), 100, "{limit} at {scale}, a window later");
            gateway.stop().await;
        }
        world.gateway.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn units_admit_a_burst_within_the_range_that_is_told() {
    let limit = r#"<rate-limit-by-key calls="20" renewal-period="300" counter-key="all" />"#;
    let world = World::with_policies(&limited(limit), "", "").await;
    let throttling =
        Throttling { units: 4, rates_synchronised_every: Duration::from_hours(1), ..Throttling::default() };
    let (gateway, _) = paced(&world, 1.0, throttling.clone()).await;
    let admitted = admitted(&burst(&world, &gateway).await);
    let rate = Rate { calls: 20, period: Duration::from_mins(5) };
    let told = throttling.admitted(rate, (CLIENTS * CALLS_OF_A_CLIENT) as u64);
    assert_eq!(told, 20..=80);
    assert!(told.contains(&admitted) && admitted > 20, "{admitted}");
    assert_eq!(gateway.counters().snapshot(Timestamp::default(), 1)[0].admits, Some([20, 80]));
    gateway.stop().await;
    world.gateway.stop().await;
}

#[tokio::test]
async fn a_limit_with_expressions_is_one_call_late_where_that_is_asked_for() {
    let limit = r#"<rate-limit-by-key calls="20" renewal-period="300" counter-key="all" increment-count="@(1)" />"#;
    let world = World::with_policies(&limited(limit), "", "").await;
    for (late_by_one, expected) in [(false, 20), (true, 21)] {
        let (gateway, _) = paced(&world, 1.0, Throttling { late_by_one, ..Throttling::default() }).await;
        let mut passed = 0;
        for _ in 0..30 {
            let url = format!("{}/test/things", gateway.origin());
            let answer = world.client.request(Method::GET, &url).expect("loopback").send().await.expect("answered");
            passed += u64::from(answer.status() == 204);
        }
        assert_eq!(passed, expected);
        gateway.stop().await;
    }
    world.gateway.stop().await;
}

#[tokio::test]
async fn a_bucket_gives_a_call_back_for_each_part_of_the_period() {
    let limit = r#"<rate-limit-by-key calls="60" renewal-period="300" counter-key="all" />"#;
    let world = World::with_policies(&limited(limit), "", "").await;
    let throttling = Throttling { algorithm: Algorithm::TokenBucket, ..Throttling::default() };
    let (gateway, clock) = paced(&world, 0.01, throttling).await;
    let answers = burst(&world, &gateway).await;
    assert_eq!(admitted(&answers), 60);
    assert!(answers.iter().all(|(status, wait)| *status == 204 || *wait == Some(5)), "{answers:?}");
    clock.jump(Duration::from_secs(50));
    assert_eq!(admitted(&burst(&world, &gateway).await), 10);
    gateway.stop().await;
    world.gateway.stop().await;
}

/// Waits until something holds; the test's own time limit ends it where it
/// never does.
async fn until(holds: impl Fn() -> bool) {
    while !holds() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn whoever_is_inside_leaves_when_it_is_through_has_failed_or_its_client_goes() {
    let world = World::with_document(
        r#"<policies><inbound><set-backend-service backend-id="dataverse" /></inbound>
             <backend><limit-concurrency key="@(context.Api.Id)" max-count="1"><forward-request timeout="20" /></limit-concurrency></backend>
             <outbound /><on-error /></policies>"#,
    )
    .await;
    let counters = Arc::clone(world.gateway.counters());
    let get = |path: &str| world.request(Method::GET, path).send();
    assert_eq!(get("/test/things").await.expect("answered").status(), 200);
    let slow = tokio::spawn(get("/test/things/slow"));
    until(|| world.backend.seen().len() == 2).await;
    let refused = get("/test/things").await.expect("answered");
    assert_eq!((refused.status().as_u16(), refused.headers().get("retry-after")), (429, None));
    let body = refused.text().await.expect("a body");
    assert_eq!(body, r#"{ "statusCode": 429, "message": "Too many requests" }"#);
    let reading = &counters.snapshot(world.clock.now(), 9)[0];
    assert_eq!(
        (reading.policy, reading.key.as_str(), reading.used, reading.limit),
        ("limit-concurrency", "test-v1", 1, Some(1))
    );
    slow.abort();
    until(|| counters.is_empty()).await;
    assert_eq!(get("/test/things").await.expect("answered").status(), 200);
    world.gateway.stop().await;
}

#[tokio::test]
async fn counters_show_what_is_used_and_go_with_their_window() {
    let world = World::with_policies(
        &limited(
            r#"<rate-limit-by-key calls="10" renewal-period="60" counter-key="@("client " + context.Request.Method)" />
               <quota-by-key calls="4" renewal-period="3600" counter-key="@("client " + context.Request.Method)" />"#,
        ),
        "",
        "",
    )
    .await;
    for method in [Method::GET, Method::GET, Method::POST] {
        assert_eq!(world.request(method, "/test/things").send().await.expect("answered").status(), 204);
    }
    let counters: &Counters = world.gateway.counters();
    let now = world.clock.now();
    let shown = counters.snapshot(now, 2);
    let told: Vec<_> = shown.iter().map(|c| (c.policy, c.key.as_str(), c.used, c.limit, c.remaining)).collect();
    let expected =
        [("quota-by-key", "client GET", 2, Some(4), Some(2)), ("quota-by-key", "client POST", 1, Some(4), Some(3))];
    assert_eq!(told, expected);
    assert_eq!(shown[0].resets_at, Timestamp::parse("2026-09-01T09:00:00Z"));
    assert_eq!(counters.snapshot(now, 100).len(), 4);
    counters.restart();
    assert_eq!(counters.snapshot(now, 100).len(), 2, "rates are lost, quotas stay");
    assert_eq!(world.request(Method::PUT, "/test/things").send().await.expect("answered").status(), 404);
    counters.sweep(world.clock.now().plus(Duration::from_hours(2)));
    assert!(counters.is_empty());
    world.gateway.stop().await;
}
