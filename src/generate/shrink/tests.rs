//! Searches without a network: a predicate over a case stands for a target
//! that fails.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use serde_json::{Value, json};

use super::Search;
use crate::contract::openapi::OpenApi;
use crate::contract::{Contract, ContractId, load_dir};
use crate::generate::{Case, CaseKey, CaseKind, Generators, Nonce, Pools, Seed, ShrinkPath};

const ORDERS: &str = r##"
openapi: 3.1.0
info: { title: Orders, version: "1" }
paths:
  /orders:
    post:
      operationId: placeOrders
      parameters:
        - { name: dryRun, in: query, schema: { type: boolean } }
        - { name: page, in: query, schema: { type: integer, minimum: 1, maximum: 5000 } }
        - { name: tag, in: query, schema: { type: array, maxItems: 6, items: { type: string, pattern: "^[a-z]{2,9}$" } } }
      requestBody:
        required: true
        content: { application/json: { schema: { $ref: "#/components/schemas/Batch" } } }
      responses: { "200": { description: done } }
components:
  schemas:
    Batch:
      type: object
      required: [orders]
      properties:
        source: { type: string, maxLength: 40 }
        orders: { type: array, minItems: 1, maxItems: 60, items: { $ref: "#/components/schemas/Order" } }
    Order:
      type: object
      additionalProperties: false
      required: [id, status]
      properties:
        id: { type: string, format: uuid }
        placedAt: { type: string, format: date-time }
        mail: { type: string, format: email }
        status: { enum: [draft, open, paid, shipped, returned, closed] }
        reference: { type: string, pattern: "^[A-Z]{2}-[0-9]{6}$" }
        note: { type: string, maxLength: 200 }
        limit: { type: integer, minimum: 0, maximum: 1000000000 }
        rate: { type: number, minimum: -50, maximum: 50 }
        express: { type: boolean }
        due: { type: [string, "null"], format: date }
        tags: { type: array, maxItems: 8, items: { type: string, maxLength: 12 } }
        payment:
          oneOf:
            - { type: object, required: [iban], additionalProperties: false, properties: { iban: { type: string, minLength: 4, maxLength: 30 }, name: { type: string } } }
            - { type: object, required: [card], additionalProperties: false, properties: { card: { type: string, pattern: "^[0-9]{4}$" }, until: { type: string, format: date } } }
"##;

static GENERATORS: LazyLock<Generators> = LazyLock::new(|| {
    let openapi = OpenApi::parse("orders.yaml", ORDERS).unwrap_or_else(|e| panic!("{e}"));
    let id = ContractId::new("orders", "");
    Generators::new(&Contract {
        id,
        path: "orders.yaml".into(),
        openapi: Arc::new(openapi),
        behaviour: None,
        callee: None,
        recorded: None,
    })
});

static SHIPPED: LazyLock<Generators> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("contracts");
    let contracts = load_dir(&folder).unwrap_or_else(|e| panic!("{e}"));
    let contract = contracts.iter().find(|c| c.id.to_string() == "bulk-update/v2").expect("it is shipped");
    Generators::new(contract)
});

fn pools() -> Pools {
    let mut pools = Pools::new();
    pools.insert("account_id", (0..2500).map(|n| json!(uuid::Uuid::from_u128((0x4000_8000 << 64) + n).to_string())));
    pools
}

fn key(operation: &str, kind: CaseKind, index: u32) -> CaseKey {
    CaseKey {
        contract: ContractId::new("orders", ""),
        operation: operation.into(),
        kind,
        index,
        shrunk: ShrinkPath::default(),
    }
}

fn body(case: &Case) -> Value {
    let call = case.calls().next().expect("a call");
    call.request.body.bytes().and_then(|bytes| serde_json::from_slice(bytes).ok()).unwrap_or(Value::Null)
}

fn orders(case: &Case) -> Vec<Value> {
    body(case)["orders"].as_array().cloned().unwrap_or_default()
}

fn any(case: &Case, fails: impl Fn(&Value) -> bool) -> bool {
    orders(case).iter().any(fails)
}

fn text<'v>(order: &'v Value, name: &str) -> &'v str {
    order[name].as_str().unwrap_or_default()
}

type Fails = fn(&Case) -> bool;

/// Kinds of failure, each as a predicate over what is sent.
const KINDS: [(&str, Fails); 26] = [
    ("a field is present", |c| any(c, |o| o.get("reference").is_some())),
    ("a field is absent", |c| any(c, |o| o.get("reference").is_none())),
    ("two fields together", |c| any(c, |o| o.get("mail").is_some() && o.get("due").is_some())),
    ("one of two fields", |c| any(c, |o| o.get("mail").is_some() || o.get("tags").is_some())),
    ("a null", |c| any(c, |o| o.get("due") == Some(&Value::Null))),
    ("a number over 1,000", |c| any(c, |o| o["limit"].as_i64().is_some_and(|n| n > 1000))),
    ("a number over 900,000,000", |c| any(c, |o| o["limit"].as_i64().is_some_and(|n| n > 900_000_000))),
    ("a number over 2^24", |c| any(c, |o| o["limit"].as_i64().is_some_and(|n| n > 1 << 24))),
    ("a negative number", |c| any(c, |o| o["rate"].as_f64().is_some_and(|n| n < 0.0))),
    ("a fraction", |c| any(c, |o| o["rate"].as_f64().is_some_and(|n| n.fract() != 0.0))),
    ("a flag", |c| any(c, |o| o["express"] == json!(true))),
    ("two items", |c| orders(c).len() >= 2),
    ("ten items", |c| orders(c).len() >= 10),
    ("an odd number of items", |c| orders(c).len() % 2 == 1 && orders(c).len() > 2),
    ("one enum value", |c| any(c, |o| o["status"] == "returned")),
    ("two enum values", |c| any(c, |o| o["status"] == "paid") && any(c, |o| o["status"] == "shipped")),
    ("an astral character", |c| any(c, |o| text(o, "note").chars().any(|c| c as u32 > 0xffff))),
    ("a character beyond ASCII", |c| any(c, |o| !text(o, "note").is_ascii())),
    ("a text longer than 20", |c| any(c, |o| text(o, "note").chars().count() > 20)),
    ("a certain letter", |c| any(c, |o| text(o, "note").contains('q'))),
    ("three tags", |c| any(c, |o| o["tags"].as_array().is_some_and(|t| t.len() >= 3))),
    ("a branch", |c| any(c, |o| o["payment"].get("card").is_some())),
    ("an optional field of a branch", |c| any(c, |o| o["payment"].get("until").is_some())),
    ("a leap second's neighbour", |c| any(c, |o| text(o, "placedAt").contains(":59"))),
    ("a query parameter", |c| c.calls().any(|call| call.request.target.contains("page="))),
    ("key order", |c| {
        any(c, |o| {
            let names: Vec<&String> = o.as_object().into_iter().flat_map(|o| o.keys()).collect();
            let at = |name: &str| names.iter().position(|known| *known == name);
            at("tags").zip(at("note")).is_some_and(|(tags, note)| note < tags)
        })
    }),
];

/// A case that fails, rather a large one than a small one.
fn failing(fails: Fails) -> CaseKey {
    let made = |index: u32| {
        let key = key("placeOrders", CaseKind::Conforming, index);
        let case = GENERATORS.case(&key, Seed(5), &Nonce("n".into()), &Pools::new()).ok()?;
        fails(&case).then(|| (case.calls().map(|c| c.request.body.len()).sum::<u64>(), key))
    };
    let found = (0..400).filter_map(made).take(12).max_by_key(|(size, _)| *size);
    found.or_else(|| (400..6000).find_map(made)).expect("some case fails").1
}

#[test]
fn a_local_minimum_is_reached_in_few_requests() {
    let mut counts: Vec<(u32, &str)> = Vec::new();
    for (name, fails) in KINDS {
        let pools = Pools::new();
        let mut search = Search::new(&GENERATORS, &failing(fails), Seed(5), &pools).expect("it can be made");
        let nonce = Nonce("played".into());
        while let Some(case) = search.next(&nonce) {
            assert!(case.labels.is_empty(), "{name}: what conformed conforms");
            search.tell(fails(&case));
        }
        assert!(search.is_minimal(), "{name}");
        let smallest = GENERATORS.case(&search.key(), Seed(5), &nonce, &pools).expect("its name makes it again");
        assert!(fails(&smallest), "{name}");
        let (before, after) = search.sizes();
        println!("{:>4} requests, {before:>6} → {after:>4} bytes: {name}: {}", search.played(), body(&smallest));
        counts.push((search.played(), name));
    }
    counts.sort_unstable();
    let median = counts[counts.len() / 2].0;
    println!("median {median}, most {:?}", counts.last());
    assert!(median <= 60, "median {median}: {counts:?}");
    assert!(counts.iter().all(|(count, name)| *count <= 200 || panic!("{name}: {count}")));
}

#[test]
fn the_smallest_case_holds_nothing_that_does_not_matter() {
    let fails: Fails = |c| any(c, |o| o["status"] == "returned");
    let pools = Pools::new();
    let mut search = Search::new(&GENERATORS, &failing(fails), Seed(5), &pools).expect("it can be made");
    while let Some(case) = search.next(&Nonce("x".into())) {
        search.tell(fails(&case));
    }
    let smallest = GENERATORS.case(&search.key(), Seed(5), &Nonce("y".into()), &pools).expect("it can be made");
    let expected = json!({"orders": [{"id": "00000000-0000-4000-8000-000000000000", "status": "returned"}]});
    assert_eq!(body(&smallest), expected);
    assert!(!smallest.calls().next().expect("a call").request.target.contains('?'));
    assert_eq!(CaseKey::parse(&smallest.key.to_string()), Some(smallest.key.clone()));
}

#[test]
fn a_violation_stays_what_it_is_aimed_at() {
    let pools = pools();
    let mut shrunk = 0;
    for index in (0..60).step_by(4) {
        let whole =
            CaseKey { contract: SHIPPED.contract().id.clone(), ..key("submitBatch", CaseKind::Violating, index) };
        let Ok(case) = SHIPPED.case(&whole, Seed(2), &Nonce("a".into()), &pools) else { continue };
        // Lists of ten thousand take their time to be proven again and again.
        if case.calls().any(|call| call.request.body.len() > 50_000) {
            continue;
        }
        let stars = |case: &Case| -> Vec<String> {
            let star = |t: &str| if t.parse::<usize>().is_ok() { "*".to_owned() } else { t.to_owned() };
            let mut all: Vec<String> = case
                .labels
                .iter()
                .map(|l| format!("{} {}", l.keyword, l.at.split('/').map(star).collect::<Vec<_>>().join("/")))
                .collect();
            all.sort();
            all
        };
        let mut search = Search::new(&SHIPPED, &whole, Seed(2), &pools).expect("it can be made");
        while let Some(smaller) = search.next(&Nonce("b".into())) {
            assert!(!smaller.labels.is_empty(), "{}", smaller.key);
            assert!(stars(&smaller).iter().all(|label| stars(&case).contains(label)), "{}", smaller.title);
            assert_eq!(smaller.calls().count(), 1);
            search.tell(true);
        }
        let (before, after) = search.sizes();
        shrunk += u32::from(after < before);
        assert!(after <= before);
    }
    assert!(shrunk > 4, "{shrunk}");
}

#[test]
fn a_sequence_shrinks_in_steps_and_payloads() {
    use crate::generate::{Expect, Probe};
    let pools = pools();
    let kind = CaseKind::Probe(Probe::DuplicateConcurrent);
    let whole = CaseKey { contract: SHIPPED.contract().id.clone(), ..key("submitBatch", kind, 2) };
    let fails = |case: &Case| case.calls().filter(|call| call.expect == Expect::OneOfSame).count() >= 2;
    let mut search = Search::new(&SHIPPED, &whole, Seed(2), &pools).expect("it can be made");
    while let Some(case) = search.next(&Nonce("b".into())) {
        let calls: Vec<_> = case.calls().collect();
        assert!(calls.windows(2).all(|pair| pair[0].request == pair[1].request), "duplicates stay duplicates");
        search.tell(fails(&case));
    }
    let smallest = SHIPPED.case(&search.key(), Seed(2), &Nonce("c".into()), &pools).expect("it can be made");
    assert_eq!(smallest.calls().count(), 2);
    assert_eq!(smallest.calls().next().expect("a call").items.len(), 1);
    assert!(search.played() <= 60, "{}", search.played());
}

#[test]
fn a_drawn_sequence_shrinks_as_a_whole() {
    let pools = pools();
    let sequence =
        |index| CaseKey { contract: SHIPPED.contract().id.clone(), ..key("submitBatch", CaseKind::Sequence, index) };
    let fails = |case: &Case| case.calls().count() >= 3;
    let made = |index| SHIPPED.case(&sequence(index), Seed(2), &Nonce("a".into()), &pools).ok();
    let longest = (0..12).max_by_key(|index| made(*index).map_or(0, |case| case.steps.len())).expect("some");
    let before = made(longest).expect("it can be made");
    let mut search = Search::new(&SHIPPED, &sequence(longest), Seed(2), &pools).expect("it can be made");
    while let Some(case) = search.next(&Nonce("b".into())) {
        search.tell(fails(&case));
    }
    let smallest = SHIPPED.case(&search.key(), Seed(2), &Nonce("c".into()), &pools).expect("its name makes it again");
    assert!(fails(&smallest) && smallest.steps.len() < before.steps.len(), "{} {}", before.title, smallest.title);
}

#[test]
fn a_case_that_is_played_once_more_differs_in_its_nonce_alone() {
    let (key, pools) = (key("placeOrders", CaseKind::Conforming, 3), pools());
    let mut search = Search::new(&GENERATORS, &key, Seed(5), &pools).expect("it can be made");
    assert!(search.again(&Nonce("x".into())).is_none(), "nothing was given out");
    let first = search.next(&Nonce("a".into())).expect("a candidate");
    let again = search.again(&Nonce("b".into())).expect("it was given out");
    assert_eq!((body(&first), search.played()), (body(&again), 2));
    search.tell(true);
    assert!(search.again(&Nonce("c".into())).is_none(), "it was told");
}
