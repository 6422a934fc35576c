//! Service protection and entitlements, over HTTP.

use std::time::Duration;

use serde_json::Value;

use super::rig::{Reply, Rig};

async fn ask(rig: &Rig) -> Reply {
    rig.get("/WhoAmI").await
}

fn left(reply: &Reply) -> (&str, &str) {
    (
        reply.header("x-ms-ratelimit-burst-remaining-xrm-requests"),
        reply.header("x-ms-ratelimit-time-remaining-xrm-requests"),
    )
}

fn wait(reply: &Reply) -> u64 {
    reply.header("retry-after").parse().expect("seconds")
}

#[tokio::test]
async fn requests_are_counted_and_the_wait_is_honest() {
    let rig = Rig::protected("service_protection: { requests: 2 }\n").await;
    assert_eq!(left(&ask(&rig).await), ("1", "1,199.98"));
    assert_eq!(left(&ask(&rig).await), ("0", "1,199.96"));
    let refused = ask(&rig).await;
    let message = "Number of requests exceeded the limit of 2 over time window of 300 seconds.";
    assert_eq!(refused.error(), (429, "0x80072322", message));
    assert_eq!(left(&refused).0, "0");
    let first = wait(&refused);
    for _ in 0..30 {
        ask(&rig).await;
    }
    let longer = wait(&ask(&rig).await);
    assert!((299..=300).contains(&first) && longer >= first, "{first}, then {longer}");
    rig.clock.jump(Duration::from_secs(longer));
    assert_eq!(ask(&rig).await.status, 200);
    rig.stop().await;
}

#[tokio::test]
async fn execution_time_is_counted_by_what_operations_take() {
    let settings = "service_protection: { execution_time: 50 ms, costs: { operation: 20 ms } }\n";
    let rig = Rig::protected(settings).await;
    assert_eq!(left(&ask(&rig).await).1, "0.03");
    assert_eq!((ask(&rig).await.status, ask(&rig).await.status), (200, 200));
    let refused = ask(&rig).await;
    let message = "Combined execution time of incoming requests exceeded limit of 50  milliseconds over time window of \
                   300 seconds. Decrease number of concurrent requests or reduce the duration of requests and try again \
                   later.";
    assert_eq!(refused.error(), (429, "0x80072321", message));
    assert_eq!(left(&refused).1, "0.00");
    rig.clock.jump(Duration::from_secs(wait(&refused)));
    assert_eq!(ask(&rig).await.status, 200);
    rig.stop().await;
}

#[tokio::test]
async fn searches_have_a_limit_of_their_own() {
    let rig = Rig::protected("service_protection: { requests: 1 }\n").await;
    let search = || rig.send("POST", "/../../search/v1.0/query", &[], serde_json::json!({ "search": "a" }));
    assert_eq!(search().await.status, 501);
    let refused = search().await;
    assert_eq!((refused.error().0, refused.error().1, wait(&refused)), (429, "0x80072322", 1));
    rig.clock.jump(Duration::from_secs(1));
    assert_eq!((search().await.status, ask(&rig).await.status), (501, 200));
    rig.stop().await;
}

#[tokio::test]
async fn too_many_at_once_are_refused() {
    let settings = "service_protection: { concurrent: 1, costs: { operation: PT1H, waits: true } }\n";
    let rig = Rig::protected(settings).await;
    let under_way = || rig.handle().limits().servers[0].principals.iter().map(|p| p.under_way).sum::<u64>();
    let refused = async {
        while under_way() == 0 {
            tokio::task::yield_now().await;
        }
        let refused = ask(&rig).await;
        rig.clock.jump(Duration::from_hours(1));
        refused
    };
    let (first, refused) = tokio::join!(ask(&rig), refused);
    assert_eq!(first.status, 200);
    assert_eq!(refused.error(), (429, "0x80072326", "Number of concurrent requests exceeded the limit of 1."));
    assert_eq!((wait(&refused), under_way()), (1, 0));
    rig.stop().await;
}

#[tokio::test]
async fn each_server_counts_for_itself_and_the_cookie_leads_back() {
    for (affinity, expected) in [("cookie", ["99", "98", "97"]), ("none", ["99", "99", "98"])] {
        let rig =
            Rig::protected(&format!("service_protection: {{ requests: 100, servers: 2, affinity: {affinity} }}\n"))
                .await;
        let first = ask(&rig).await;
        let cookie = first.header("set-cookie").split(';').next().expect("a cookie").to_owned();
        assert!(cookie.starts_with("ARRAffinity="), "{cookie}");
        let fields = [("cookie", cookie.as_str())];
        let again = || rig.send("GET", "/WhoAmI", &fields, Value::Null);
        let (second, third) = (again().await, again().await);
        assert_eq!([left(&first).0, left(&second).0, left(&third).0], expected, "{affinity}");
        rig.stop().await;
    }
}

#[tokio::test]
async fn a_budget_of_the_day_is_told_and_refuses_where_it_is_to() {
    for (enforcement, status) in [("warn", 200), ("refuse", 429)] {
        let settings = format!(
            "entitlement: {{ enforcement: {enforcement}, window: PT10M, budgets: {{ robot: 2 }}, identities: {{ gateway: robot }} }}\n"
        );
        let rig = Rig::protected(&settings).await;
        assert_eq!((ask(&rig).await.status, ask(&rig).await.status, ask(&rig).await.status), (200, 200, status));
        let budgets = rig.handle().limits().entitlements;
        let shown = (budgets[0].budget, budgets[0].used, budgets[0].exceeded);
        assert_eq!(shown, if status == 200 { (2, 3, true) } else { (2, 2, false) });
        rig.clock.jump(Duration::from_mins(11));
        assert_eq!(ask(&rig).await.status, 200);
        rig.stop().await;
    }
}
