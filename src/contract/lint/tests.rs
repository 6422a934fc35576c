//! The shipped contracts are without fault, and each rule finds its own.

use std::path::{Path, PathBuf};

use super::lint;
use crate::contract::{Contract, load_dir};
use crate::diagnose::{Diagnostics, Severity};

fn contracts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("contracts")
}

/// The shipped contracts, with one text replaced in one file.
fn altered(file: &str, from: &str, to: &str) -> Diagnostics {
    let folder = tempfile::tempdir().expect("a folder");
    for contract in load_dir(&contracts()).expect("loads") {
        let into = folder.path().join(contract.id.to_string());
        std::fs::create_dir_all(&into).expect("made");
        for name in ["openapi.yaml", "behaviour.yaml"] {
            let mut text = std::fs::read_to_string(contract.path.join(name)).expect("read");
            if contract.path.join(name).ends_with(file) {
                assert!(text.contains(from), "`{from}` stands in {file}");
                text = text.replacen(from, to, 1);
            }
            std::fs::write(into.join(name), text).expect("written");
        }
    }
    let altered: Vec<Contract> = load_dir(folder.path()).unwrap_or_else(|faults| panic!("{faults}"));
    lint(&altered)
}

#[test]
fn the_shipped_contracts_are_without_fault() {
    let found = lint(&load_dir(&contracts()).expect("loads"));
    assert!(found.is_empty(), "{found}");
}

#[test]
fn each_contradiction_is_found() {
    let (api, behaviour) = ("bulk-update/v1/openapi.yaml", "bulk-update/v1/behaviour.yaml");
    for (file, from, to, what) in [
        (api, "operationId: getBatch", "operationId: submitBatch", "the operationId `submitBatch` stands twice"),
        (
            api,
            "creditLimit: 250000",
            "creditLimit: -1",
            "this example does not keep its own schema at `/records/0/creditLimit`",
        ),
        (
            api,
            "type: integer\n          description: In whole",
            "type: intger\n          description: In whole",
            "`type` names no type of JSON and is left out",
        ),
        (api, "maxItems: 500", "maxItems: 400", "`body /records` has another limit in the schema"),
        (api, "      deprecated: true\n", "", "the version is deprecated and `submitBatch` is not"),
        (
            api,
            "        \"429\":\n          $ref: \"#/components/responses/TooManyRequests\"\n",
            "",
            "`submitBatch` declares no response 429",
        ),
        (
            api,
            "        - idempotency_conflict\n",
            "",
            "the schema of `failureType` doesn't know `idempotency_conflict`",
        ),
        (api, "security:\n  - entra: [\"api://bulk-update/.default\"]\n", "", "`submitBatch` demands no token"),
        (
            api,
            "      required: true\n      description: |\n        Born",
            "      required: false\n      description: |\n        Born",
            "`X-Correlation-Id` is optional here and required",
        ),
        (
            api,
            "api.contoso.example/bulk-update/v1",
            "api.contoso.example/bulk-update/v2",
            "stand at the same base path",
        ),
        (behaviour, "successor: v2", "successor: v3", "there is no `bulk-update/v3`"),
        (behaviour, "sunset: 2027-03-31", "sunset: 2026-03-31", "it stops answering before it is deprecated"),
        (behaviour, "item: body /records/*/id", "item: body /records/*/key", "`body /records/*/key` leads nowhere"),
        (behaviour, "volatile: [header Date]", "volatile: [body /jobId]", "`body /jobId` leads nowhere"),
        (behaviour, "step: header X-Step-Id", "step: header X-Step", "`header X-Step` leads nowhere"),
        (behaviour, "[application/json]", "[application/json, text/csv]", "no operation takes `text/csv`"),
        (
            behaviour,
            "in_progress:            { status: 503",
            "in_progress:            { status: 409",
            "flows don't repeat a 409",
        ),
        (behaviour, "p95: 500 ms", "p95: 5 s", "p99 is promised to be shorter than p95"),
        (
            behaviour,
            "correlated_by: column new_correlationid",
            "correlated_by: column new_tag",
            "the column `new_tag` is never written",
        ),
        (behaviour, "on_invalid: refuse_all", "on_invalid: caller body /note", "`body /note` offers other words"),
        (behaviour, "not_remembered: [policy, later]", "not_remembered: [later]", "`in_progress` would be remembered"),
        (
            behaviour,
            "while_running: in_progress",
            "while_running: same_location",
            "no operation answers 202 with a `Location`",
        ),
    ] {
        let found = altered(file, from, to);
        let told = found.iter().find(|d| d.what.contains(what));
        let told = told.unwrap_or_else(|| panic!("`{what}` is not told after `{from}` became `{to}`:\n{found}"));
        assert_eq!(told.severity, Severity::Error, "{told}");
        assert!(told.place.line > 0 && told.place.file.contains("bulk-update"), "{told}");
    }
}

#[test]
fn what_is_probably_not_meant_is_a_warning() {
    for (file, from, to, what) in [
        ("bulk-update/v1/behaviour.yaml", "  successor: v2\n", "", "a deprecated version without `successor`"),
        (
            "bulk-update/v1/behaviour.yaml",
            "retry: policy, retry_after: required }",
            "retry: policy }",
            "`throttled` doesn't say when",
        ),
        (
            "bulk-update/v2/behaviour.yaml",
            "status: active",
            "status: deprecated",
            "the successor `bulk-update/v2` is not active",
        ),
        ("bulk-update/v2/openapi.yaml", "tags: [batches]", "tgas: [batches]", "unknown key `tgas` in an operation"),
    ] {
        let found = altered(file, from, to);
        let told = found.iter().find(|d| d.what.contains(what)).unwrap_or_else(|| panic!("`{what}` in:\n{found}"));
        assert_eq!(told.severity, Severity::Warning, "{told}");
    }
}

#[test]
fn real_documents_can_be_linted() {
    let Some(corpora) = corpora() else {
        crate::skipped("SEAMSTRESS_CORPORA names no folder");
        return;
    };
    for entry in std::fs::read_dir(corpora.join("openapi")).expect("a folder") {
        let contract = crate::contract::load_file(&entry.expect("an entry").path(), None).expect("loads");
        let found = lint(&[contract]);
        for fault in found.iter().filter(|fault| fault.severity == Severity::Error) {
            println!("{fault}");
            assert!(fault.place.line > 0, "{fault}");
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a test asks its environment where the corpora are")]
fn corpora() -> Option<PathBuf> {
    std::env::var("SEAMSTRESS_CORPORA").ok().map(PathBuf::from)
}
