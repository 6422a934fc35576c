//! What is kept of the last calls.

use http::Method;

use super::harness::{World, send};

#[tokio::test]
async fn each_policy_that_ran_is_told_with_its_place_its_time_and_what_it_raised() {
    let inbound = r#"
        <choose><when condition="@(true)"><set-variable name="a" value="1" /></when></choose>
        <check-header name="X-Needed" failed-check-httpcode="400" failed-check-error-message="no" ignore-case="true" />"#;
    let world = World::with_policies(inbound, "", "").await;
    let id = "11111111-2222-3333-4444-555555555555";
    let answer = send(world.request(Method::GET, "/test/things?x=1").header("X-Correlation-Id", id)).await;
    assert_eq!(answer.status, 400);
    send(world.request(Method::GET, "/test/things").header("X-Needed", "y")).await;
    let calls = world.traces.last(0, &[], 10);
    assert_eq!(calls.iter().map(|call| call.number).collect::<Vec<_>>(), [1, 2]);
    let refused = &calls[0];
    assert_eq!((refused.path.as_str(), refused.status, refused.correlation_id.as_str()), ("/test/things?x=1", 400, id));
    let policies: Vec<&str> = refused.steps.iter().map(|step| step.policy.as_str()).collect();
    let ours = policies.iter().position(|policy| *policy == "choose").expect("it ran");
    assert_eq!(policies[ours..ours + 3], ["choose", "set-variable", "check-header"]);
    let raised = &refused.steps[ours + 2];
    assert!(raised.raised.contains("X-Needed") && raised.section == "inbound", "{raised:?}");
    assert!(raised.place.contains(".xml:"), "{raised:?}");
    assert!(refused.steps.iter().all(|step| step.began + step.micros <= refused.micros));
    assert_eq!(refused.last_error.as_ref().map(|error| error.reason.as_str()), Some("HeaderNotFound"));
    assert!(calls[1].steps.iter().any(|step| step.policy == "forward-request"), "{:?}", calls[1]);
    assert_eq!(world.traces.last(1, &[], 10).len(), 1);
    assert_eq!(world.traces.last(0, &[id.to_uppercase()], 10).len(), 1);
    assert_eq!(world.traces.last(0, &[], 1)[0].number, 2);
    world.gateway.stop().await;
}
