//! Behaviour files as users write them, broken ones too.

use std::path::Path;
use std::time::Duration;

use super::{
    AfterSunset, Behaviour, CorrelationCarrier, LifecycleStatus, OnInvalid, OtherContent, PoolSource, Retry,
    RunningPolicy, Selector, Sizes, TypeName,
};
use crate::wire::Tier;

fn shipped(contract: &str) -> Behaviour {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("contracts").join(contract).join("behaviour.yaml");
    Behaviour::load(&path).unwrap_or_else(|faults| panic!("{faults}"))
}

#[test]
fn a_shipped_file_says_what_it_promises_and_where() {
    let behaviour = shipped("bulk-update/v1");
    let lifecycle = behaviour.lifecycle.as_ref().expect("declared");
    assert_eq!(lifecycle.status, LifecycleStatus::Deprecated);
    assert_eq!(lifecycle.since.expect("declared").to_string(), "2026-06-30T00:00:00.000000Z");
    assert_eq!(lifecycle.after_sunset, Some(AfterSunset::Type(TypeName::new("gone"))));
    let idempotency = behaviour.idempotency.as_ref().expect("declared");
    assert_eq!(idempotency.item, Selector::parse("body /records/*/id"));
    assert_eq!(idempotency.other_content, Some(OtherContent::Type(TypeName::new("idempotency_conflict"))));
    assert_eq!(idempotency.window, Duration::from_hours(24));
    let forgotten: Vec<_> = idempotency.not_remembered.iter().map(ToString::to_string).collect();
    let expected = ["throttled", "in_progress", "downstream_unavailable", "timeout", "internal", "quota_exceeded"];
    assert_eq!(forgotten, expected);
    assert_eq!(behaviour.errors.len(), 17);
    let throttled = behaviour.error(&TypeName::new("throttled")).expect("declared");
    assert_eq!((throttled.status, throttled.tier, throttled.retry), (429, Some(Tier::Gateway), Retry::Policy));
    assert!(throttled.retry_after);
    let limits = behaviour.limits.as_ref().expect("declared");
    assert_eq!(limits.body, Some(1 << 20));
    assert_eq!(limits.items, [(Selector::parse("body /records").expect("valid"), 500)]);
    assert_eq!(behaviour.throttling.as_ref().and_then(|t| t.quota).map(|q| q.per), Some(Duration::from_hours(720)));
    let effects = behaviour.effects.as_ref().expect("declared");
    assert_eq!(effects.correlated_by, CorrelationCarrier::Column("new_correlationid".to_owned()));
    assert_eq!(behaviour.objectives[0].quantiles[1], (0.99, Duration::from_millis(1500)));
    assert!((behaviour.objectives[0].errors.expect("declared") - 0.001).abs() < 1e-12);
    assert_eq!(behaviour.place("/limits/body").line, 70);
    assert_eq!(behaviour.place("/limits/none").line, behaviour.place("/limits").line);
}

#[test]
fn versions_differ_where_they_promise_differently() {
    let batches = shipped("bulk-update/v2");
    assert_eq!(batches.idempotency.as_ref().and_then(|i| i.while_running.clone()), Some(RunningPolicy::SameLocation));
    let on_invalid = batches.effects.as_ref().map(|e| e.on_invalid.clone());
    assert_eq!(on_invalid, Selector::parse("body /onInvalid").map(OnInvalid::Caller));
    let files = shipped("tabular-intake/v2");
    assert_eq!(files.idempotency.as_ref().and_then(|i| i.item.clone()), Some(Selector::Digest));
    assert_eq!(files.limits.as_ref().map(|l| l.items.clone()), Some(vec![(Selector::Body(vec![]), 1000)]));
    assert_eq!(files.pools[0].source, PoolSource::Fresh("INV-".to_owned()));
    assert_eq!(files.effects.as_ref().and_then(|e| e.business_key.clone()), Selector::parse("body /*/invoiceNumber"));
    assert!(shipped("tabular-intake/v1").effects.is_some_and(|e| e.business_key.is_none()));
}

#[test]
fn every_fault_is_told_at_once_with_its_place() {
    let text = r"format: seamstress/behavior/1
lifecycle: { status: depricated, sunset: soon, after_sunset: gon }
corelation: { header: X-Correlation-Id }
idempotency:
  scope: [principal, tenant]
  request: cookie id
  item: column name
  same_item_same_content: already_procesed
  while_running: 3
  window: one day
  not_remembered: [policies, later]
errors:
  types:
    throttled: { status: 429, tier: edge, retry: policy, retry_after: yes please }
    already_processed: { status: 200, retry: never }
    gone: { status: 410 }
    Not-Found: { status: 404, retry: never }
limits: { body: 4 MIB, items: { records: 0 }, content_types: [json] }
throttling: { per: client, rate: { calls: many, per: PT60S } }
effects: { table: accounts, columns: name, once: twice, on_invalid: caller, correlated_by: row }
data: { pools: { account: { from: mock accounts } } }
objectives:
  - { at: 20, p95: 500, errors: 0.1 }
  - { at: 5/s }
";
    let faults = Behaviour::parse("behaviour.yaml", text).expect_err("broken");
    insta::assert_snapshot!(faults.to_string());
}

#[test]
fn no_text_makes_the_loader_panic() {
    let shipped = include_str!("../../../contracts/bulk-update/v1/behaviour.yaml");
    for line in 0..shipped.lines().count() {
        let without: Vec<&str> =
            shipped.lines().enumerate().filter(|(i, _)| *i != line).map(|(_, text)| text).collect();
        let _ = Behaviour::parse("a.yaml", &without.join("\n"));
    }
    for text in ["", "[]", "format", "format: [", "errors: { types: [] }", "\u{0}", "limits: { items: { \"\": 1 } }"] {
        assert!(Behaviour::parse("a.yaml", text).is_err(), "{text:?}");
    }
}

#[test]
fn what_is_promised_about_jobs_callbacks_and_data_is_read() {
    let text = r"format: seamstress/behaviour/1
role: consumer
errors: { types: { queue_full: { status: 503, retry: policy, retry_after: required } } }
limits: { body: 1 MiB, nesting: 32, headers: 16 KiB, header: 8 KiB, behind: { body: 2 MiB, nesting: 64 } }
callback:
  of: bulk-update/v2
  operation: submitBatch
  once_per: body /batchId
  resend: [lost_answer, 429, 5xx]
  address: configured
determinism: { same: [body /input, body /promptVersion], gives: [body /decision] }
jobs:
  status: body /status
  ends: [completed, failed]
  failed: [failed]
  queue: { full: queue_full, size: 16 }
  poll_at_least: 1 s
  ends_within: PT5M
data:
  pools:
    customer_id: { from: set_up, applies_to: [path id], operations: [getCustomer] }
    order_id: { from: get listOrders /items/*/id }
    code: { from: file data/codes.csv /*/code }
    plain: { from: file data/plain.txt }
  set_up:
    - { operation: createCustomer, times: 3, save: { customer_id: body /id } }
    - { method: PUT, path: '/customers/{customer_id}', body: { name: '{fresh}' }, expect: [200, 204] }
  clean_up:
    - { method: DELETE, path: '/customers/{customer_id}', for_each: customer_id, expect: 2xx }
";
    let behaviour = Behaviour::parse("behaviour.yaml", text).unwrap_or_else(|faults| panic!("{faults}"));
    let callback = behaviour.callback.expect("declared");
    assert_eq!((callback.of.to_string().as_str(), callback.address_configured), ("bulk-update/v2", true));
    assert!(callback.accepts(204) && !callback.accepts(302));
    let again: Vec<bool> = [None, Some(429), Some(503), Some(400)].map(|s| callback.is_sent_again(s)).to_vec();
    assert_eq!(again, [true, true, true, false]);
    let jobs = behaviour.jobs.expect("declared");
    assert_eq!((jobs.queue_full, jobs.queue_size), (Some(TypeName::new("queue_full")), Some(16)));
    assert_eq!(jobs.location, Selector::Header("Location".into()));
    let limits = behaviour.limits.expect("declared");
    assert_eq!((limits.nesting, limits.headers, limits.header), (Some(32), Some(16 << 10), Some(8 << 10)));
    assert_eq!(limits.behind, Some(Sizes { body: Some(2 << 20), nesting: Some(64), ..Sizes::default() }));
    assert_eq!(behaviour.determinism.expect("declared").same.len(), 2);
    assert_eq!(behaviour.pools[0].applies_to, [Selector::Path("id".into())]);
    let values = Selector::parse("body /*/code");
    assert_eq!(behaviour.pools[2].source, PoolSource::File { path: "data/codes.csv".into(), values });
    assert_eq!(behaviour.pools[3].source, PoolSource::File { path: "data/plain.txt".into(), values: None });
    assert_eq!((behaviour.set_up.len(), behaviour.set_up[0].times, behaviour.clean_up.len()), (2, 3, 1));
    assert_eq!(behaviour.clean_up[0].for_each.as_deref(), Some("customer_id"));
}

#[test]
fn faults_in_jobs_callbacks_and_data_are_told_with_their_places() {
    let text = r"format: seamstress/behaviour/1
callback: { of: bulk-update, once_per: column x, resend: [lost, 7xx], address: request }
determinism: { same: [], gives: [path id] }
jobs: { status: body /status, ends: [completed], failed: [broken], queue: { full: full_up } }
limits: { nesting: 0, behind: { items: 3 } }
data:
  pools: { a: { from: get nowhere } }
  set_up:
    - { operation: x, path: /y }
    - { method: post, path: y, save: { b: body /id }, for_each: c }
";
    let faults = Behaviour::parse("behaviour.yaml", text).expect_err("broken");
    insta::assert_snapshot!(faults.to_string());
}
