//! Behaviour files as users write them, broken ones too.

use std::path::Path;
use std::time::Duration;

use super::{
    AfterSunset, Behaviour, CorrelationCarrier, LifecycleStatus, OnInvalid, OtherContent, PoolSource, Retry,
    RunningPolicy, Selector, TypeName,
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
    assert_eq!(idempotency.window, Duration::from_secs(86400));
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
    assert_eq!(
        behaviour.throttling.as_ref().and_then(|t| t.quota).map(|q| q.per),
        Some(Duration::from_secs(2_592_000))
    );
    let effects = behaviour.effects.as_ref().expect("declared");
    assert_eq!(effects.correlated_by, CorrelationCarrier::Column("new_correlationid".to_owned()));
    assert_eq!(behaviour.objectives[0].quantiles[1], (0.99, Duration::from_millis(1500)));
    assert!((behaviour.objectives[0].errors.expect("declared") - 0.001).abs() < 1e-12);
    assert_eq!(behaviour.place("/limits/body").line, 64);
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
    let text = r#"format: seamstress/behavior/1
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
"#;
    let faults = Behaviour::parse("behaviour.yaml", text).expect_err("broken");
    insta::assert_snapshot!(faults.to_string(), @r"
    error: this word is not known here
      --> behaviour.yaml:1:9
      expected: `seamstress/behaviour/1`
      actual: `seamstress/behavior/1`
      hint: did you mean `seamstress/behaviour/1`?

    error: this word is not known here
      --> behaviour.yaml:2:22
      expected: `active`, `deprecated`, `retired`
      actual: `depricated`
      hint: did you mean `deprecated`?

    error: this value can't be read
      --> behaviour.yaml:2:42
      expected: a date, e.g. `2026-06-30` or `2026-06-30T12:00:00Z`
      actual: `soon`

    error: the failure type `gon` is not declared under `errors.types`
      --> behaviour.yaml:2:62
      expected: `unchanged`, `throttled`, `already_processed`, `gone`, `Not-Found`
      actual: `gon`
      hint: did you mean `gone`?

    error: unknown key `corelation`
      --> behaviour.yaml:3:1
      expected: one of `format`, `role`, `lifecycle`, `correlation`, `identity`, `data_path`, `idempotency`, `errors`, `limits`, `throttling`, `effects`, `data`, `objectives`
      hint: did you mean `correlation`?

    error: this word is not known here
      --> behaviour.yaml:5:22
      expected: `principal`, `operation`, `version`
      actual: `tenant`

    error: this value can't be read
      --> behaviour.yaml:6:12
      expected: `header NAME`, `query NAME` or `body /a/*/b`
      actual: `cookie id`

    error: this value can't be read
      --> behaviour.yaml:7:9
      expected: `body /a/*/b`, `header NAME`, `query NAME` or `digest body`
      actual: `column name`

    error: the failure type `already_procesed` is not declared under `errors.types`
      --> behaviour.yaml:8:27
      expected: `same_result`, `throttled`, `already_processed`, `gone`, `Not-Found`
      actual: `already_procesed`
      hint: did you mean `already_processed`?

    error: this is no failure type
      --> behaviour.yaml:9:18
      expected: `waits`, `same_location`, `throttled`, `already_processed`, `gone`, `Not-Found`
      actual: `3`

    error: this value can't be read
      --> behaviour.yaml:10:11
      expected: a span of time, e.g. `PT24H`, `500 ms` or `2 s`
      actual: `one day`

    error: the failure type `policies` is not declared under `errors.types`
      --> behaviour.yaml:11:20
      expected: `policy`, `later`, `never`, `throttled`, `already_processed`, `gone`, `Not-Found`
      actual: `policies`

    error: this word is not known here
      --> behaviour.yaml:14:37
      expected: `gateway`, `service`
      actual: `edge`

    error: this word is not known here
      --> behaviour.yaml:14:71
      expected: `required`, `optional`
      actual: `yes please`

    error: this value can't be read
      --> behaviour.yaml:15:34
      expected: a status from 400 to 599
      actual: `200`

    error: `retry` is missing
      --> behaviour.yaml:16:11
      expected: a key `retry` in this mapping

    error: this value can't be read
      --> behaviour.yaml:17:5
      expected: a name of small letters, digits and `_`
      actual: `Not-Found`

    error: this value can't be read
      --> behaviour.yaml:18:17
      expected: a size, e.g. `4 MiB`, `200 KB` or `512`
      actual: `4 MIB`

    error: this value can't be read
      --> behaviour.yaml:18:33
      expected: the JSON Pointer of a list in the body, e.g. `/records`; `/`: the body
      actual: `records`

    error: this value can't be read
      --> behaviour.yaml:18:42
      expected: a whole number of 1 or more
      actual: `0`

    error: this value can't be read
      --> behaviour.yaml:18:63
      expected: a media type, e.g. `application/json`
      actual: `json`

    error: this value can't be read
      --> behaviour.yaml:19:43
      expected: a whole number of 1 or more
      actual: `many`

    error: expected a list
      --> behaviour.yaml:20:38
      expected: a list
      actual: text

    error: this word is not known here
      --> behaviour.yaml:20:50
      expected: `per_item`, `per_request`
      actual: `twice`

    error: this value can't be read
      --> behaviour.yaml:20:69
      expected: `refuse_all`, `skip_invalid` or `caller SELECTOR`, e.g. `caller body /onInvalid`
      actual: `caller`

    error: this value can't be read
      --> behaviour.yaml:20:92
      expected: `column NAME`, `header NAME` or `tag`
      actual: `row`

    error: this value can't be read
      --> behaviour.yaml:21:35
      expected: `mock TABLE.COLUMN`, `get TARGET SELECTOR`, `file PATH` or `fresh PREFIX`
      actual: `mock accounts`

    error: this value can't be read
      --> behaviour.yaml:23:11
      expected: a rate, e.g. `20/s` or `600/min`
      actual: `20`

    error: this value can't be read
      --> behaviour.yaml:23:20
      expected: a span of time, e.g. `PT24H`, `500 ms` or `2 s`
      actual: `500`

    error: this value can't be read
      --> behaviour.yaml:23:33
      expected: a share between `0%` and `100%`, e.g. `0.1%`
      actual: `0.1`

    error: this objective demands nothing
      --> behaviour.yaml:24:5
      expected: a bound, e.g. `p95: 500 ms` or `errors: 0.1%`
    ");
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
