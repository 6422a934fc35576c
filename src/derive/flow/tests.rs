//! Definitions in, scenarios out.

use std::collections::BTreeMap;
use std::path::Path;

use proptest::prelude::*;

use super::super::export::Export;
use super::super::sheet::{Ends, Entry, Kind};
use super::super::{Derived, from_flows};
use super::order::{Listed, ordered};
use crate::contract::Contract;

fn contracts() -> Vec<Contract> {
    crate::contract::load_dir(Path::new("contracts")).unwrap_or_else(|faults| panic!("{faults}"))
}

/// A flow with this trigger and these actions, both as YAML of one line.
fn export(trigger: &str, actions: &str) -> String {
    format!(
        "{{definition: {{parameters: {{Base: {{type: String, defaultValue: 'https://g.example/bulk-update/v1'}}, Key: \
         {{type: SecureString, defaultValue: hush}}}}, triggers: {{T: {trigger}}}, actions: {actions}}}}}"
    )
}

fn derived(trigger: &str, actions: &str) -> Derived {
    let exports =
        Export::read("Nightly run.json", &export(trigger, actions)).unwrap_or_else(|faults| panic!("{faults}"));
    from_flows(&exports, &contracts(), None).unwrap_or_else(|faults| panic!("{faults}"))
}

const HOURLY: &str = "{type: Recurrence, recurrence: {frequency: Hour, interval: 2}}";

fn call(more: &str) -> String {
    let id = "headers: {X-Correlation-Id: '@guid()'}";
    format!("{{type: Http, inputs: {{method: POST, uri: \"@{{parameters('Base')}}/batches\", {id}{more}}}}}")
}

fn one(more: &str) -> String {
    derived(HOURLY, &format!("{{Send: {}}}", call(more))).text
}

#[test]
fn what_a_definition_says_of_a_call_is_kept() {
    let text = one(", body: {records: ['@item()', {id: 7}]}, retryPolicy: {type: fixed, count: 3, interval: PT1M}");
    for line in ["elements: 2", "retry: { type: fixed, count: 3, interval: PT1M }", "operation: submitBatch"] {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert!(text.contains("`/records/1/id` of the body breaks the schema"), "{text}");
    assert!(text.contains("correlation: per_run") && text.contains("every: 2 h"), "{text}");
    let none = one(", retryPolicy: {type: none}");
    assert!(none.contains("retry: none") && none.contains("demands a body, and the action has none"), "{none}");
}

#[test]
fn how_a_call_is_sent_is_kept() {
    let text =
        one(", body: '@item()'}, runtimeConfiguration: {contentTransfer: {transferMode: Chunked}, paginationPolicy: \
         {minimumItemCount: 900}}, operationOptions: SuppressWorkflowHeaders, limit: {timeout: PT3M");
    for line in ["chunked: on", "pages: 900", "headers: suppressed", "timeout: 3 min"] {
        assert!(text.contains(&format!("        {line}\n")), "{line}: {text}");
    }
    assert!(text.replace("\n      #", "").contains("does the service take content in parts"), "{text}");
}

#[test]
fn triggers_become_starts_and_what_they_leave_open_is_asked() {
    let actions = format!("{{Send: {}}}", call(", body: '@triggerBody()'"));
    for (trigger, line, asked) in [
        ("{type: Request, kind: Http}", "arrivals", "how many runs begin in a second?"),
        (
            "{type: OpenApiConnectionWebhook, inputs: {parameters: {subscriptionRequest/entityname: account}}}",
            "webhook: { rows: 100, within: 1 s }",
            "one run for each event of account",
        ),
        (
            "{type: OpenApiConnection, recurrence: {frequency: Minute, interval: 3}, splitOn: \"@triggerOutputs()?['body/value']\"}",
            "polling: { every: 3 min, items: [0, 40] }",
            "one run for each item of",
        ),
        (
            "{type: Recurrence, recurrence: {frequency: Day, interval: 1, schedule: {hours: [8, 9], minutes: [30]}}}",
            "every: 1 d, jitter: 1 min",
            "not spaced evenly",
        ),
        (
            "{type: Recurrence, recurrence: {frequency: Minute, interval: 5, startTime: '2026-01-01T00:00:00Z'}, operationOptions: SingleInstance}",
            "every: 5 min, jitter: 1 min",
            "concurrency: { runs: 1, waiting: 11 }",
        ),
    ] {
        let derived = derived(trigger, &actions);
        let flat = derived.text.replace("\n    #", "");
        assert!(flat.contains(line) && flat.contains(asked), "{trigger}: {}", derived.text);
    }
}

#[test]
fn the_operation_is_found_by_its_path_behind_what_the_run_knows_and_behind_prefixes() {
    let text = |uri: &str| {
        let action = format!("{{Get: {{type: Http, inputs: {{method: get, uri: \"{uri}\"}}}}}}");
        let exports = Export::read("f.json", &export(HOURLY, &action)).unwrap();
        from_flows(&exports, &contracts(), None).map(|derived| derived.text).map_err(|faults| faults.to_string())
    };
    for uri in [
        "@{parameters('Base')}/batches/@{body('Send')?['id']}?code=s3cret",
        "https://user:s3cret@apim.example/prod/bulk-update/v1/batches/7",
        "@concat(parameters('Base'), '/batches/7')",
        "@{outputs('Base')}/bulk-update/v1/batches/@{item()}",
    ] {
        let found = text(uri).unwrap_or_else(|faults| panic!("{uri}: {faults}"));
        assert!(found.contains("operation: getBatch") && !found.contains("s3cret"), "{uri}: {found}");
    }
    let both = text("@{body('Where')}/batches/7").unwrap();
    assert!(both.contains("which one is it: bulk-update/v1 getBatch, bulk-update/v2 getBatch?"), "{both}");
    let other = text("https://else.example/x?sig=s3cret").unwrap_err();
    for part in ["which contract has GET else.example/x?", "f.json:1:", "no flow calls an operation of the contracts"] {
        assert!(other.contains(part) && !other.contains("s3cret"), "{part}: {other}");
    }
}

#[test]
fn actions_without_traffic_are_left_out_and_the_order_stays() {
    let after = |name: &str, statuses: &str| format!(", runAfter: {{{name}: [{statuses}]}}}}");
    let send = |after: &str| call(", body: '@item()'").trim_end_matches('}').to_owned() + "}" + after;
    let actions = format!(
        "{{First: {}, Note: {{type: Compose, inputs: a{}, Second: {}, Third: {}, Parse: {{type: ParseJson{}, Fourth: {}}}",
        send("}"),
        after("First", "Succeeded"),
        send(&after("Note", "Succeeded")),
        send(&after("Note", "Skipped")),
        after("Second", "Failed"),
        send(&after("Parse", "Succeeded, Skipped")),
    );
    let text = derived(HOURLY, &actions).text;
    let expected = [
        "- name: First\n",
        "- name: Second\n        contract",
        "- name: Third\n        after: { First: [failed, skipped, timed_out] }\n",
        "- name: Parse\n        after: { Second: [failed] }\n        wait: 0 s\n",
        "- name: Fourth\n        after: { Parse: [succeeded, skipped] }\n",
    ];
    for part in expected {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn loops_conditions_and_child_flows() {
    let send = call(", body: '@item()'");
    let actions = format!(
        "{{Each: {{type: Foreach, foreach: '@range(0, 4)', operationOptions: Sequential, actions: {{A: {send}}}}}, Choose: \
         {{type: Switch, expression: '@triggerBody()', cases: {{x: {{case: x, actions: {{B: {send}}}}}}}, default: {{actions: \
         {{C: {send}}}}}}}, If: {{type: If, expression: {{not: {{equals: [\"@parameters('Base')\", '']}}}}, actions: {{D: \
         {send}}}, else: {{actions: {{E: {send}}}}}}}, Run: {{type: Workflow, inputs: {{host: {{workflowReferenceName: \
         AB}}}}}}}}"
    );
    let derived = derived(HOURLY, &actions);
    for part in ["each: { items: 4, concurrency: 1 }", "Choose_default", "make its condition", "- name: D\n"] {
        assert!(derived.text.contains(part), "{part}: {}", derived.text);
    }
    assert!(!derived.text.contains("- name: E\n"), "{}", derived.text);
    let told = derived.told.to_string();
    assert!(told.contains("what does the child flow of Run call?") && told.contains("(ab)"), "{told}");
    assert_eq!(derived.questions, derived.text.matches("# question: ").count());
}

#[test]
fn where_the_correlation_id_is_born_is_read_from_the_header_field() {
    for (value, birth) in [
        ("@triggerBody()?['id']", "trigger_event"),
        ("@{workflow()?['run']?['name']}", "per_run"),
        ("@variables('v')", "trigger_event"),
        ("6f1c2a94-3b57-4e0d-9a41-0c8d5e2f7b13", "fixed"),
    ] {
        let actions = format!(
            "{{V: {{type: InitializeVariable, inputs: {{variables: [{{name: v, type: string, value: \
             \"@triggerBody()?['x']\"}}]}}}}, Send: {}}}",
            call("").replace("@guid()", &value.replace('\'', "''"))
        );
        let text = derived(HOURLY, &actions).text;
        assert!(text.contains(&format!("correlation: {birth}\n")), "{value}: {text}");
    }
}

#[test]
fn rows_with_clientdata_are_read_and_faults_are_told_all_at_once() {
    let inner = serde_json::to_string(&export(HOURLY, &format!("{{Send: {}}}", call("")))).unwrap();
    let rows = format!("{{\"value\": [{{\"name\": \"Close All\", \"workflowid\": \"AB\", \"clientdata\": {inner}}}]}}");
    let exports = Export::read("rows.json", &rows).unwrap();
    assert_eq!((exports[0].name.as_str(), exports[0].guid.as_deref()), ("Close All", Some("ab")));
    assert!(from_flows(&exports, &contracts(), None).unwrap().text.contains("name: close-all\n"));
    for (text, what) in [("{\"a\": 1}", "no flow's definition"), ("{", "not valid JSON: EOF while parsing an object")] {
        let told = Export::read("x.json", text).unwrap_err().to_string();
        assert!(told.contains(what) && told.contains("x.json:"), "{told}");
    }
}

/// A list of actions: whether each makes traffic, whom before it it waits for,
/// and how it ends once it begins.
type Drawn = Vec<(bool, Option<(usize, u8)>, u8)>;

fn lists() -> impl Strategy<Value = Drawn> {
    proptest::collection::vec((any::<bool>(), proptest::option::of((0_usize..8, 1_u8..16)), 0_u8..3), 1..9)
}

const WORDS: [&str; 4] = ["Succeeded", "Failed", "Skipped", "TimedOut"];

fn ends(bits: u8) -> Ends {
    Ends::of(WORDS.into_iter().enumerate().filter(|(bit, _)| bits & (1 << bit) != 0).map(|(_, word)| word))
}

fn end(word: &str) -> Ends {
    Ends::of([word])
}

/// How actions end, one after the other: those that make traffic as drawn, the
/// others well.
fn played<'a>(actions: impl Iterator<Item = (&'a str, Vec<(String, Ends)>, Ends)>) -> BTreeMap<String, Ends> {
    let mut ended = BTreeMap::new();
    for (name, after, ends) in actions {
        let begins = after.iter().all(|(before, ends)| ended.get(before).is_none_or(|end| ends.has(*end)));
        ended.insert(name.to_owned(), if begins { ends } else { end("Skipped") });
    }
    ended
}

proptest! {
    #[test]
    fn what_is_left_out_changes_nothing_of_when_the_rest_begins(list in lists()) {
        let names: Vec<String> = (0..list.len()).map(|number| number.to_string()).collect();
        let wait = |name: &String| Entry {
            name: name.clone(), after: Vec::new(), kind: Kind::Wait("1 s".into()), remarks: Vec::new(),
        };
        let after = |number: usize| -> Vec<(String, Ends)> {
            let before = list[number].1.filter(|(before, _)| *before < number);
            before.into_iter().map(|(before, bits)| (names[before].clone(), ends(bits))).collect()
        };
        let ends_of = |number: usize| if list[number].0 { end(["Succeeded", "Failed", "TimedOut"][usize::from(list[number].2)]) } else { end("Succeeded") };
        let listed = names.iter().enumerate().map(|(number, name)| Listed {
            key: name.clone(),
            after: after(number),
            entry: list[number].0.then(|| wait(name)),
            stand_in: (number % 2 == 0).then(|| wait(name)),
        });
        let (entries, never) = ordered(listed.collect());
        let whole = played(names.iter().enumerate().map(|(number, name)| (name.as_str(), after(number), ends_of(number))));
        let number = |entry: &Entry| entry.name.parse::<usize>().expect("a number");
        let rest = played(entries.iter().map(|entry| (entry.name.as_str(), entry.after.clone(), ends_of(number(entry)))));
        for (name, ended) in &rest {
            prop_assert_eq!(Some(ended), whole.get(name), "{}", name);
        }
        for key in &never {
            prop_assert_eq!(whole[key], end("Skipped"), "{}", key);
        }
        let traffic = names.iter().enumerate().filter(|(number, _)| list[*number].0);
        for (_, name) in traffic {
            prop_assert!(rest.contains_key(name) || never.contains(name));
        }
        for (place, entry) in entries.iter().enumerate() {
            for (name, _) in &entry.after {
                prop_assert!(entries[..place].iter().any(|before| before.name == *name));
            }
        }
    }
}
