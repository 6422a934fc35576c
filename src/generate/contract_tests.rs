//! What is generated for the shipped contracts.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::contract::{Contract, load_dir};

static CONTRACTS: LazyLock<Vec<Generators>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("contracts");
    let contracts: Vec<Contract> = load_dir(&folder).unwrap_or_else(|e| panic!("{e}"));
    contracts.iter().map(Generators::new).collect()
});

const OFFERS: [Need; 7] =
    [Need::Effects, Need::Faults, Need::Clock, Need::MintedTokens, Need::GatewayRows, Need::DirectService, Need::Load];

fn pools() -> Pools {
    let mut pools = Pools::new();
    pools.insert("account_id", (0..2500).map(|n| json!(uuid::Uuid::from_u128((0x4000_8000 << 64) + n).to_string())));
    pools
}

fn find(id: &str) -> &'static Generators {
    CONTRACTS.iter().find(|g| g.contract().id.to_string() == id).expect("it is shipped")
}

fn made(key: &CaseKey, nonce: &str) -> Case {
    find(&key.contract.to_string())
        .case(key, Seed(9), &Nonce(nonce.into()), &pools())
        .unwrap_or_else(|e| panic!("{key}: {e}"))
}

/// A limit that is searched for is not one case: the search makes them.
fn is_no_search(key: &CaseKey) -> bool {
    !matches!(key.kind, CaseKind::Probe(Probe::ExactLimit | Probe::ExactLimitBehind))
}

fn body(call: &Call) -> Value {
    serde_json::from_slice(call.request.body.bytes().expect("it has content")).expect("it is JSON")
}

#[test]
fn everything_that_is_planned_can_be_made() {
    for generators in &*CONTRACTS {
        assert_eq!(generators.could_not_make(), [], "{}", generators.contract().id);
        for key in generators.plan(400, &OFFERS).into_iter().filter(is_no_search) {
            let case = made(&key, "n");
            assert!(case.calls().count() > 0 && !case.title.is_empty(), "{key}");
            // What was recorded keeps its own seed.
            assert_eq!(case.seed == Seed(9).derive(&key), key.kind != CaseKind::Recorded);
            if key.kind == CaseKind::Violating {
                assert!(!case.labels.is_empty(), "{key} {}", case.title);
            }
        }
    }
}

#[test]
fn every_probe_is_made_for_a_contract_that_declares_all() {
    // Where a version is alone, none can be called beside it.
    let versions = ["bulk-update/v1", "bulk-update/v2"].map(|id| Arc::new(Generators::new(find(id).contract())));
    Generators::introduce(&versions);
    let generators = &versions[0];
    let keys = generators.probes();
    // Limits are searched for in their own way, models, files and plain
    // documents have probes of their own.
    let others = [
        Probe::OtherForm,
        Probe::ExactLimit,
        Probe::ExactLimitBehind,
        Probe::Determinism,
        Probe::ModelFault,
        Probe::JobPoisoned,
        Probe::JobCrash,
        Probe::QueueFull,
        Probe::CallbackFault,
        Probe::CallbackAddress,
        Probe::Created,
        Probe::WrongCredentials,
    ];
    for (probe, name) in Probe::ALL.iter().copied().filter(|(probe, _)| !others.contains(probe)) {
        assert!(keys.iter().any(|k| k.kind == CaseKind::Probe(probe)), "{name} is missing");
    }
    let files = find("tabular-intake/v2").probes();
    assert!(files.iter().any(|k| k.kind == CaseKind::Probe(Probe::OtherForm)), "other-form is missing");
    let plan = generators.plan(10_000, &[]);
    assert_eq!(plan.len(), 10_000);
    let needy = plan.iter().any(|k| matches!(k.kind, CaseKind::Probe(Probe::Identity | Probe::Rate)));
    assert!(!needy, "nothing is planned that needs what nobody offers");
}

#[test]
fn a_small_budget_still_tries_payloads_and_what_is_recorded() {
    for id in ["bulk-update/v1", "tabular-intake/v1", "inference/v1"] {
        let plan = find(id).plan(200, &OFFERS);
        let count = |wanted: fn(CaseKind) -> bool| plan.iter().filter(|key| wanted(key.kind)).count();
        let payloads = count(|kind| matches!(kind, CaseKind::Violating | CaseKind::Boundary | CaseKind::Conforming));
        let recorded = count(|kind| kind == CaseKind::Recorded);
        assert!(plan.len() == 200 && payloads + recorded >= 50, "{id}: {payloads}, {recorded}");
        assert!(payloads > 0 && (recorded > 0) == (id != "inference/v1"), "{id}: {payloads}, {recorded}");
    }
}

#[test]
fn a_duplicate_is_the_same_request() {
    let key = CaseKey::parse("bulk-update/v1:submitBatch:duplicate-sequential:0").expect("a key");
    let case = made(&key, "n");
    let calls: Vec<&Call> = case.calls().collect();
    assert_eq!(calls[0].request, calls[1].request);
    assert_eq!(calls[1].expect, Expect::Replay { of: 0 });
    assert_eq!(calls[0].items.len(), 2);
}

#[test]
fn other_content_keeps_the_identities() {
    for index in 0..6 {
        let key = CaseKey::parse(&format!("bulk-update/v2:submitBatch:other-content:{index}")).expect("a key");
        let case = made(&key, "n");
        let calls: Vec<&Call> = case.calls().collect();
        let ids = |call: &Call| call.items.iter().map(|i| i.id.clone()).collect::<Vec<_>>();
        assert_eq!(ids(calls[0]), ids(calls[1]));
        assert_ne!(calls[0].items, calls[1].items);
        assert_eq!(calls[0].correlation, calls[1].correlation);
        assert!(matches!(&calls[1].expect, Expect::Refused(types) if types[0].to_string() == "idempotency_conflict"));
    }
}

#[test]
fn the_invalid_item_is_the_last() {
    for index in 0..16 {
        let key = CaseKey::parse(&format!("bulk-update/v2:submitBatch:partly-invalid:{index}")).expect("a key");
        let case = made(&key, "n");
        assert!(case.labels.iter().all(|l| l.at.starts_with("body /records/2")), "{:?}", case.labels);
        let call = case.calls().next().expect("one call");
        let skips = body(call).get("onInvalid") == Some(&json!("skip_invalid"));
        assert_eq!(skips, call.expect == Expect::Success, "{}", case.title);
    }
}

#[test]
fn what_breaks_a_row_does_not_break_the_file() {
    let generators = find("tabular-intake/v2");
    let keys: Vec<CaseKey> = generators
        .plan(400, &[])
        .into_iter()
        .filter(|k| k.kind == CaseKind::Violating && &*k.operation == "submitFile")
        .collect();
    let cases: Vec<Case> = keys.iter().map(|key| made(key, "n")).collect();
    let promised = |title: &str| {
        let case = cases.iter().find(|c| c.title.starts_with(title)).unwrap_or_else(|| panic!("no case {title}"));
        case.calls().next().expect("one call").expect.clone()
    };
    assert_eq!(promised("body /*/amount above its maximum"), Expect::Success);
    for file in ["body /* with a property", "the body with 0 items", "query delimiter with a value"] {
        assert!(
            matches!(promised(file), Expect::Refused(types) if types[0].to_string() == "validation_error"),
            "{file}"
        );
    }
    assert!(matches!(promised("the body with 1001 items"), Expect::Refused(t) if t[0].to_string() == "too_many_items"));
}

#[test]
fn an_empty_pool_is_said() {
    let generators = find("bulk-update/v1");
    let fault = generators
        .call("submitBatch", 1, &Nonce("n".into()), &Pools::new(), &CallOptions::default())
        .expect_err("no account exists");
    assert_eq!(fault.pointer, "pool account_id");
}

#[test]
fn an_oversized_body_is_streamed_and_refused() {
    let generators = find("bulk-update/v1");
    let options = CallOptions { oversized: Some(Oversized::WithLength), ..CallOptions::default() };
    let call = generators.call("submitBatch", 1, &Nonce("n".into()), &pools(), &options).expect("it can be made");
    assert_eq!(call.request.body.len(), 1024 * 1024 + 1);
    assert!(matches!(call.expect, Expect::Refused(types) if types[0].to_string() == "payload_too_large"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn two_runs_differ_only_in_what_the_nonce_makes(which in 0..4_usize, at in 0..300_usize) {
        let generators = &CONTRACTS[which];
        // Nobody calls a contract whose role is the consumer's.
        let plan: Vec<CaseKey> = generators.plan(300, &OFFERS).into_iter().filter(is_no_search).collect();
        prop_assume!(at < plan.len());
        let key = &plan[at];
        let (a, again, b) = (made(key, "a"), made(key, "a"), made(key, "b"));
        prop_assert_eq!(&a, &again);
        prop_assert_eq!((&a.title, &a.labels), (&b.title, &b.labels));
        for (a, b) in a.calls().zip(b.calls()) {
            prop_assert_eq!(&a.request.method, &b.request.method);
            prop_assert_eq!(a.request.body.len(), b.request.body.len());
            prop_assert_eq!(&a.expect, &b.expect);
            if let (Some(a), Some(b)) = (&a.correlation, &b.correlation) {
                prop_assert_ne!(a, b);
            }
        }
    }

    #[test]
    fn a_call_takes_the_given_correlation_and_size(seed: u64, items in 1..40_u64) {
        let generators = find("bulk-update/v2");
        let options = CallOptions { correlation: Some("c-1".to_owned()), items: Some(items), oversized: None };
        let call = generators.call("submitBatch", seed, &Nonce("n".into()), &pools(), &options).expect("it can be made");
        prop_assert_eq!(call.request.headers.get("x-correlation-id"), Some("c-1"));
        prop_assert_eq!(call.items.len() as u64, items);
        let ids: std::collections::HashSet<_> = call.items.iter().map(|i| &i.id).collect();
        prop_assert_eq!(ids.len() as u64, items);
    }
}

/// Who asks again at the end, when nothing is in his way any more, has the
/// patience of a busy machine; who asks while a fault stays gives up soon.
#[test]
fn a_sequence_is_patient_only_where_nothing_is_in_its_way() {
    let (mut troubled_calls, mut asked_again) = (0, 0);
    let keys = CONTRACTS.iter().flat_map(|generators| generators.plan(400, &OFFERS));
    for key in keys.filter(|key| key.kind == CaseKind::Sequence) {
        let (case, mut troubled) = (made(&key, "n"), false);
        for step in &case.steps {
            match step {
                // A lost answer or a slow one is over by itself.
                Step::Inject(fault) => troubled |= fault.times.is_none(),
                Step::ClearFaults => troubled = false,
                Step::Call(call) if troubled && call.role != "again" => {
                    troubled_calls += 1;
                    assert!(call.manner.retries <= 8, "{key}: {}", call.manner.retries);
                }
                Step::Call(call) if call.role == "again" => {
                    asked_again += 1;
                    assert!(call.manner.retries >= 40, "{key}: {}", call.manner.retries);
                }
                _ => {}
            }
        }
    }
    assert!(troubled_calls > 10 && asked_again > 10, "{troubled_calls} and {asked_again}");
}
