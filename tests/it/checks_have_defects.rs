//! Every check has at least two defects that make it speak: a check that
//! nobody has heard may be dumb. So has every group of the fault model of
//! idempotency.
//!
//! The tables say which; `seamstress score --complete` shows for each check all
//! that did. What the score has no occasion for has tests of its own.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use crate::support::seamstress;

/// Where a check is heard.
enum Heard {
    /// In the score, about these defects among others.
    Score(&'static [&'static str]),
    /// In a test that plants two defects or more, and why not in the score.
    Tests(&'static str, &'static str),
    /// It tells something worth knowing; no promise is broken.
    Tells,
}
use Heard::{Score, Tells, Tests};

#[rustfmt::skip]
const CHECKS: &[(&str, Heard)] = &[
    ("response/undeclared-status", Score(&["undeclared-status", "validation-as-422", "other-content-replayed"])),
    ("response/media-type", Score(&["media-type-mislabelled", "error-as-plain-json"])),
    ("response/body-schema", Score(&["response-enum-broken", "model-output-unchecked", "count-as-text"])),
    ("response/required-header", Score(&["unavailable-without-retry-after", "location-missing", "poll-without-retry-after"])),
    ("response/header-schema", Score(&["retry-after-in-words", "retry-after-fractional", "deprecation-as-true"])),
    ("response/server-error", Tests("tests/it/plain_defects.rs", "documents without a behaviour file")),
    ("response/refused-conforming", Score(&["name-counted-in-bytes", "crash-on-astral", "crash-on-empty-note"])),
    ("response/accepted-violation", Score(&["limit-off-by-one", "unknown-status-accepted", "one-item-more"])),
    ("response/credentials-ignored", Tests("tests/it/plain_defects.rs", "documents without a behaviour file")),
    ("response/created-available", Tests("tests/it/plain_defects.rs", "documents without a behaviour file")),
    ("response/gone-after-delete", Tests("tests/it/plain_defects.rs", "documents without a behaviour file")),
    ("response/allow-methods", Tests("src/check/response/allow_methods.rs", "it tells what is worth knowing of plain documents")),
    ("response/link-broken", Tests("tests/it/links.rs", "the shipped documents have no links")),
    ("wire/broken-accepted", Score(&["trailing-ignored", "invalid-utf8-replaced"])),
    ("wire/variant-refused", Score(&["answer-left-over", "charset-refused", "media-type-case"])),
    ("wire/server-error", Score(&["unreadable-as-500", "charset-as-500", "broken-workbook-as-500"])),
    ("wire/refused-but-written", Score(&["charset-checked-late", "trailing-refused-late", "answer-left-over"])),
    ("wire/desynchronised", Score(&["answer-left-over", "id-left-over"])),
    ("wire/method", Score(&["method-without-allow", "head-answered"])),
    ("taxonomy/undeclared-type", Score(&["undeclared-type", "too-many-undeclared"])),
    ("taxonomy/status", Score(&["validation-as-422", "unavailable-as-400", "conflict-as-503"])),
    ("taxonomy/tier", Score(&["charset-checked-late", "own-limit-below"])),
    ("taxonomy/shape", Score(&["answer-left-over", "id-left-over", "method-without-allow"])),
    ("taxonomy/retry-class", Score(&["unavailable-as-400", "conflict-as-503"])),
    ("taxonomy/retry-after", Score(&["running-without-retry-after", "retry-after-fractional"])),
    ("taxonomy/client-mistake", Score(&["validation-as-500", "too-many-as-500", "one-in-twenty-unavailable"])),
    ("taxonomy/unexpected-type", Score(&["undeclared-type", "missing-as-invalid", "too-many-undeclared"])),
    ("taxonomy/internals", Score(&["stack-trace-in-error", "sql-in-error"])),
    ("identity/token-refused", Score(&["expired-accepted", "role-not-demanded", "query-token-accepted"])),
    ("identity/token-effects", Score(&["past-gateway-accepted", "role-not-demanded", "query-token-accepted"])),
    ("identity/good-refused", Score(&["scheme-case-sensitive", "service-scheme-case"])),
    ("identity/past-gateway", Score(&["past-gateway-accepted", "reads-past-gateway"])),
    ("correlation/missing", Score(&["correlation-invented", "correlation-replaced"])),
    ("correlation/echo", Score(&["echo-missing-in-errors", "echo-of-another-id"])),
    ("correlation/reaches-effects", Score(&["correlation-dropped", "correlation-dropped-with-step"])),
    ("correlation/explained-under-load", Tests("tests/it/load_defects.rs", "beside the cases of a score it can't be told whose a row is")),
    ("correlation/reaches-log", Score(&["log-without-id", "log-of-call-before"])),
    ("correlation/reaches-rows", Score(&["correlation-replaced", "log-sampled", "log-without-headers"])),
    ("idempotency/duplicate-effect", Score(&["lost-answer-written-twice", "last-record-twice"])),
    ("idempotency/duplicate-under-load", Score(&["duplicate-race", "running-not-seen", "key-invented"])),
    ("idempotency/replay-differs", Score(&["conflict-while-running", "one-in-twenty-unavailable"])),
    ("idempotency/other-content", Score(&["other-content-replayed", "second-call-swallowed", "other-content-of-last-item"])),
    ("idempotency/swallowed", Score(&["second-call-swallowed", "step-ignored"])),
    ("idempotency/other-principal", Score(&["scope-without-principal", "decisions-shared"])),
    ("idempotency/while-running", Score(&["conflict-while-running", "collision-as-500", "one-file-in-fifteen-fails"])),
    ("idempotency/stuck", Score(&["other-content-replayed", "second-call-swallowed", "one-file-in-fifteen-fails"])),
    ("idempotency/failure-remembered", Score(&["throttle-remembered", "failure-remembered-midway", "one-in-twenty-unavailable"])),
    ("idempotency/lost-effect", Score(&["last-record-not-written", "one-set-in-twenty-dropped"])),
    ("idempotency/lost-under-load", Score(&["last-record-not-written", "one-set-in-twenty-dropped"])),
    ("idempotency/business-key", Score(&["known-invoice-rewritten", "later-lines-rewritten"])),
    ("idempotency/unprotected", Tells),
    ("idempotency/sequence-effects", Score(&["duplicate-race", "second-call-swallowed", "race-within-200us"])),
    ("idempotency/sequence-answers", Score(&["other-content-replayed", "second-call-swallowed", "conflict-while-running"])),
    ("idempotency/sequence-stuck", Score(&["throttle-remembered", "stuck-after-failure", "stuck-after-client-left"])),
    ("limits/body", Score(&["body-limit-one-more", "oversized-body-forwarded"])),
    ("limits/length", Score(&["oversized-body-forwarded", "length-not-demanded"])),
    ("limits/items", Score(&["one-item-more", "too-many-as-500"])),
    ("limits/media-type", Score(&["any-media-type", "text-for-declared-type"])),
    ("limits/before-service", Score(&["body-limit-one-more", "oversized-body-forwarded", "length-not-demanded"])),
    ("limits/effects", Score(&["one-item-more", "length-not-demanded", "any-media-type"])),
    ("limits/under-load", Score(&["oversized-body-forwarded", "length-not-demanded"])),
    ("limits/exact-smaller", Score(&["items-off-by-one", "own-limit-below", "body-limit-in-thousands"])),
    ("limits/exact-larger", Score(&["one-item-more", "body-limit-one-more"])),
    ("limits/read-wholly", Score(&["body-read-wholly", "chunks-read-wholly"])),
    ("limits/undeclared", Tells),
    ("throttling/admitted", Score(&["rate-doubled", "reads-not-counted", "limit-per-run"])),
    ("throttling/admitted-under-load", Tests("tests/it/load_defects.rs", "nobody calls so often in the score's scenarios")),
    ("throttling/refused-early", Score(&["limit-shared", "rate-halved"])),
    ("throttling/isolation", Score(&["limit-shared", "limit-per-address"])),
    ("throttling/retry-after-missing", Score(&["retry-after-missing", "retry-after-soon"])),
    ("throttling/retry-after-honest", Score(&["retry-after-too-short", "retry-after-in-minutes"])),
    ("throttling/effects", Score(&["limit-judged-late", "file-limit-judged-late"])),
    ("validation/partly-invalid", Score(&["skip-ignored", "refuse-all-ignored"])),
    ("validation/write-before", Score(&["write-before-validation", "validated-in-pages"])),
    ("validation/same-in-every-form", Score(&["date-cells-a-day-late", "cell-amounts-cut"])),
    ("validation/exactly-the-valid", Score(&["leap-day-rejected", "neighbour-of-invalid-dropped", "blank-row-ends-sheet"])),
    ("data-path/governed", Score(&["around-the-gateway", "one-write-in-ten-around"])),
    ("data-path/governed-under-load", Score(&["around-the-gateway", "one-write-in-ten-around"])),
    ("data-path/columns", Score(&["one-wrong-column", "column-of-closed-accounts"])),
    ("dataverse/lost-update", Score(&["row-written-back", "stale-row-forced"])),
    ("dataverse/double-create", Score(&["posted-after-lost-answer", "decisions-posted"])),
    ("dataverse/repeat-differs", Score(&["credit-added", "credit-added-on-repeat"])),
    ("dataverse/duplicate-key", Score(&["own-write-not-recognised", "known-row-as-failure"])),
    ("dataverse/throttle-as-failure", Score(&["throttled-as-500", "long-throttle-as-500"])),
    ("dataverse/retry-after-ignored", Score(&["retry-after-ignored", "retry-after-clamped"])),
    ("dataverse/patience", Score(&["throttle-counted-as-attempt", "little-patience"])),
    ("dataverse/slept-past", Score(&["wait-slept-through", "file-wait-slept-through"])),
    ("dataverse/parallelism", Score(&["all-at-once", "jobs-all-at-once"])),
    ("data-path/over-reading", Score(&["whole-account-read", "one-column-too-many-read"])),
    ("dataverse/partial-batch", Score(&["batch-status-unread", "last-part-stands-for-all"])),
    ("dataverse/half-batch", Score(&["change-set-missing", "change-set-split"])),
    ("dataverse/standstill", Score(&["blocks-while-dataverse-is-slow", "threads-run-dry"])),
    ("lifecycle/deprecation", Score(&["deprecation-missing", "deprecation-as-true"])),
    ("lifecycle/sunset", Score(&["sunset-missing", "sunset-other-date"])),
    ("lifecycle/successor", Score(&["successor-of-another-api", "successor-under-other-relation"])),
    ("lifecycle/after-sunset", Score(&["alive-after-sunset", "not-found-after-sunset"])),
    ("lifecycle/changed-behaviour", Score(&["missing-as-malformed", "fault-names-record-only"])),
    ("lifecycle/changed-effects", Score(&["longest-name-cut", "closed-without-credit"])),
    ("lifecycle/active", Score(&["active-announces-its-end", "active-names-a-sunset"])),
    ("latency/objective", Score(&["every-tenth-late", "every-fifth-late"])),
    ("latency/errors", Score(&["one-in-twenty-unavailable", "one-file-in-fifteen-fails", "limit-off-by-one"])),
    ("latency/answer-within", Tests("tests/it/load_defects.rs", "the shipped contracts allow 100 s")),
    ("latency/threshold", Tests("src/check/latency/threshold.rs", "a scenario's own thresholds, which the shipped ones have not")),
    ("latency/generator", Tests("src/check/latency/generator.rs", "it tells of the generator, not of the service")),
    ("determinism/same-decision", Score(&["decision-by-time", "decision-by-principal", "model-version-ignored"])),
    ("jobs/ends", Score(&["poll-never-ends", "poisoned-redelivered-forever"])),
    ("jobs/looks-done", Score(&["job-completed-though-failed", "small-failed-job-completed"])),
    ("jobs/failure-type", Score(&["failed-job-without-type", "failed-job-of-unknown-type"])),
    ("jobs/location", Score(&["location-missing", "location-of-another-job", "other-content-replayed"])),
    ("jobs/pace", Score(&["poll-without-retry-after", "poll-at-once"])),
    ("jobs/after-crash", Score(&["redelivered-twice", "job-lost-on-crash"])),
    ("jobs/queue-full", Score(&["queue-full-as-500", "queue-full-half-done", "one-in-twenty-unavailable"])),
    ("callback/token", Score(&["callback-without-token", "callback-for-other-audience"])),
    ("callback/schema", Score(&["callback-count-as-text", "failed-job-of-unknown-type"])),
    ("callback/correlation", Score(&["callback-correlation-dropped", "callback-correlation-lost-on-resend"])),
    ("callback/once", Score(&["callback-resent", "callback-resent-after-slow-answer"])),
    ("callback/arrives", Score(&["callback-not-resent", "callback-given-up-on-429"])),
    ("callback/same-content", Score(&["callback-counts-anew", "limit-judged-late"])),
    ("callback/address", Score(&["callback-address-from-request", "callback-to-reply-to"])),
];

/// The bugs that real services have had, and the defects that are like them.
#[rustfmt::skip]
const FAULT_MODEL: &[(&str, &[&str])] = &[
    ("looked at, then set: both duplicates execute", &["duplicate-race", "race-within-200us", "race-of-three"]),
    ("a duplicate at the same time surfaces as a failure", &["collision-as-500", "collision-as-503"]),
    ("other content gets the old answer", &["other-content-replayed", "other-content-of-last-item"]),
    ("a key that is missing is made up", &["key-invented", "correlation-invented"]),
    ("in progress for ever", &["stuck-after-failure", "stuck-after-client-left"]),
    ("the answer is kept only when all is done", &["running-not-seen", "again-after-client-left"]),
    ("the claim ends with the connection", &["claim-lost-with-client", "again-after-client-left"]),
    ("a failure is kept as the answer", &["throttle-remembered", "failure-remembered-midway"]),
    ("the fingerprint is over raw text, or the scope is too wide or too narrow", &["key-order-matters", "scope-without-principal", "decisions-shared", "scope-with-version"]),
    ("key and effect are not kept together", &["records-forgotten-on-restart", "files-forgotten-on-restart"]),
];

fn listed(what: &str, member: &str) -> BTreeSet<String> {
    let ran = seamstress(&[what, "--format", "json"]);
    let all: Value = serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("{e}\n{}", ran.all()));
    all.as_array().expect("a list").iter().map(|one| one[member].as_str().unwrap_or_default().to_owned()).collect()
}

/// Two of them at least, all of them known.
fn assert_two(of: &str, named: &[&str], known: &BTreeSet<String>) {
    let named: BTreeSet<&str> = named.iter().copied().collect();
    assert!(named.len() >= 2, "{of} has fewer than two defects: {named:?}");
    let unknown: Vec<_> = named.iter().filter(|name| !known.contains(**name)).collect();
    assert!(unknown.is_empty(), "{of}: no defect is called {unknown:?}");
}

#[test]
fn every_check_is_heard_of_two_defects() {
    let (checks, defects) = (listed("checks", "id"), listed("defects", "name"));
    let here: BTreeSet<String> = CHECKS.iter().map(|(id, _)| (*id).to_owned()).collect();
    assert_eq!(here.len(), CHECKS.len(), "a check stands here twice");
    assert_eq!(here, checks, "each check stands here, with its defects");
    for (id, heard) in CHECKS {
        match heard {
            Score(named) => assert_two(id, named, &defects),
            Tests(file, why) => assert!(Path::new(file).is_file() && !why.is_empty(), "{id}: {file}"),
            Tells => {}
        }
    }
    let telling = CHECKS.iter().filter(|(_, heard)| matches!(heard, Tells)).count();
    assert!(telling <= 2, "what breaks a promise needs defects");
}

#[test]
fn every_group_of_the_fault_model_has_two_defects() {
    let defects = listed("defects", "name");
    for (group, named) in FAULT_MODEL {
        assert_two(group, named, &defects);
    }
}
