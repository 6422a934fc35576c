//! Trees of actions, as they are written and as they are refused.

use super::*;
use crate::flow::{Kind, RetryPolicy, Status};

fn file(flows: &str) -> String {
    format!("format: seamstress/scenario/1\nname: n\ndescription: d\nflows:\n{flows}")
}

/// One flow with these actions, each line a part of the list.
fn flow(actions: &[&str]) -> Result<Scenario, String> {
    let lines = actions.join("\n      ");
    let flows =
        format!("  - name: a\n    start: {{ burst: {{ runs: 1, within: 1 s }} }}\n    actions:\n      {lines}\n");
    load("s.yaml", &file(&flows)).map_err(|faults| faults.to_string())
}

const CALL: &str = "- { contract: a/v1, operation: b }";

#[test]
fn actions_follow_each_other_unless_they_say_otherwise() {
    let scenario = flow(&[
        CALL,
        "- { contract: a/v1, operation: b, after: {} }",
        "- { contract: a/v1, operation: b, name: Told, after: { b: failed, b_2: [succeeded, skipped] } }",
    ])
    .unwrap_or_else(|faults| panic!("{faults}"));
    let definition = &scenario.flows[0].definition;
    let names: Vec<&str> = definition.nodes().iter().map(|node| &*node.name).collect();
    assert_eq!(names, ["b", "b_2", "Told"]);
    let after = &definition.nodes()[2].after;
    assert!(definition.nodes()[1].after.is_empty() && after.len() == 2);
    assert!(after[0].statuses.contains(Status::Failed) && !after[0].statuses.contains(Status::Succeeded));
    assert!(after[1].statuses.contains(Status::Skipped));
}

#[test]
fn an_action_has_its_own_policy_limit_and_manners() {
    let scenario = flow(&[
        "- { contract: a/v1, operation: b, retry: none, timeout: 10 min, async: off }",
        "- { wait: 5 s }",
        CALL,
    ])
    .unwrap_or_else(|faults| panic!("{faults}"));
    let nodes = scenario.flows[0].definition.nodes();
    let Kind::Call(own) = &nodes[0].kind else { panic!("a call") };
    assert_eq!((own.retry, own.polled), (RetryPolicy::NONE, false));
    assert_eq!(own.limit, Some(std::time::Duration::from_mins(10)));
    let Kind::Call(usual) = &nodes[2].kind else { panic!("a call") };
    assert_eq!((usual.retry, usual.polled, usual.limit), (RetryPolicy::PA_MEDIUM, true, None));
    assert_eq!((usual.chunked, usual.pages), (None, None));
    let told = |keys: &str| flow(&[&format!("- {{ contract: a/v1, operation: b, {keys} }}")]);
    let scenario = told("chunked: 64, pages: 900").unwrap_or_else(|faults| panic!("{faults}"));
    let Kind::Call(large) = &scenario.flows[0].definition.nodes()[0].kind else { panic!("a call") };
    assert_eq!((large.chunked, large.pages), (Some(64), Some(900)));
    assert!(told("chunked: yes").expect_err("neither").contains("whether content goes in parts"));
}

#[test]
fn a_choice_has_a_share_for_each_way() {
    let ways = |choice: &str| {
        let own = format!("- {{ choice: {choice}, actions: [{{ contract: a/v1, operation: b }}, {{ wait: 5 s }}] }}");
        flow(&[CALL, &own])
    };
    let read = |choice: &str| {
        let scenario = ways(choice).unwrap_or_else(|faults| panic!("{faults}"));
        let node = scenario.flows[0].definition.nodes().iter().find(|node| &*node.name == "Condition");
        let Some(Kind::Choice { shares, actions }) = node.map(|node| node.kind.clone()) else { panic!("a choice") };
        (shares, actions.len())
    };
    assert_eq!(read("[70%, 20%]"), (vec![0.7, 0.2], 2));
    assert_eq!(read("even"), (vec![0.5, 0.5], 2));
    for choice in ["[70%]", "[70%, 40%]", "[]", "often"] {
        assert!(ways(choice).expect_err(choice).contains("s.yaml:9:"), "{choice}");
    }
}

#[test]
fn every_fault_of_a_tree_is_told_at_once_with_its_place() {
    let told = flow(&[
        "- { contract: a/v1, operation: b, name: One }",
        "- { contract: a/v1, operation: b, name: One }",
        "- { contract: a/v1, scope: [] }",
        "- { wait: 5 s, after: { Onne: succeeded } }",
        "- { each: { items: 2, concurrency: 51 }, actions: [{ contract: a/v1, operation: b, weight: 2 }] }",
        "- { until: { count: 9000 }, actions: [{ wait: soon }] }",
        "- { contract: a/v1, operation: b, name: \"größer\" }",
        "- { child: nobody }",
    ])
    .expect_err("broken");
    for words in [
        "another action has this name",
        "it must be clear what the action is",
        "there is no action `Onne` in this list",
        "did you mean `One`?",
        "from 1 to 50",
        "users choose between whole actions",
        "from 1 to 5000",
        "no name that a header field can carry",
        "there is no flow `nobody`",
    ] {
        assert!(told.contains(words), "{words} is not in\n{told}");
    }
}

#[test]
fn flows_that_would_run_themselves_and_actions_in_a_circle_are_refused() {
    let told = flow(&["- { child: a }"]).expect_err("it runs itself");
    assert!(told.contains("`a` would run itself and never end"), "{told}");
    let told = flow(&[
        "- { wait: 1 s, name: One, after: { Two: succeeded } }",
        "- { contract: a/v1, operation: b, name: Two, after: { One: succeeded } }",
    ])
    .expect_err("a circle");
    assert!(told.contains("would never begin") && told.contains("s.yaml:"), "{told}");
    let told = flow(&["- { wait: 1 s }"]).expect_err("it calls nothing");
    assert!(told.contains("the flow calls nothing"), "{told}");
}
