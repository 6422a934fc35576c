//! Every breakage of every shipped operation.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use super::breakage::BREAKAGES;
use crate::contract::openapi::OpenApi;
use crate::contract::{Contract, ContractId};
use crate::generate::generators::Generators;
use crate::generate::{Case, CaseKey, CaseKind, Expect, Nonce, Pools, Seed, ShrinkPath, Step};

fn generators(path: &str) -> Generators {
    let openapi = OpenApi::load(Path::new(&format!("contracts/{path}/openapi.yaml"))).unwrap_or_else(|e| panic!("{e}"));
    let id = ContractId::new("lone", "");
    Generators::new(&Contract {
        id,
        path: path.into(),
        openapi: Arc::new(openapi),
        behaviour: None,
        callee: None,
        recorded: None,
    })
}

fn key(generators: &Generators, operation: &str, index: u32) -> CaseKey {
    CaseKey {
        contract: generators.contract().id.clone(),
        operation: operation.into(),
        kind: CaseKind::Broken,
        index,
        shrunk: ShrinkPath::default(),
    }
}

fn made(generators: &Generators, operation: &str, index: u32) -> Option<Case> {
    generators.case(&key(generators, operation, index), Seed(7), &Nonce("n".into()), &Pools::new()).ok()
}

#[test]
fn names_are_unique_and_nearly_all_breakages_can_be_made() {
    let names: BTreeSet<&str> = BREAKAGES.iter().map(|b| b.name).collect();
    assert_eq!(names.len(), BREAKAGES.len());
    let mut seen = BTreeSet::new();
    for (path, operation) in [("bulk-update/v1", "submitBatch"), ("tabular-intake/v2", "submitFile")] {
        let generators = generators(path);
        for index in 0..400 {
            seen.extend(made(&generators, operation, index).map(|case| case.labels[0].keyword.clone()));
        }
    }
    let missing: Vec<&&str> = names.iter().filter(|name| !seen.contains(**name)).collect();
    assert_eq!(missing, [&"correlation-twice"], "only a behaviour file names a correlation ID");
}

#[test]
fn each_case_is_one_broken_request_and_perhaps_one_that_follows() {
    let generators = generators("bulk-update/v2");
    for index in 0..200 {
        let Some(case) = made(&generators, "submitBatch", index) else { continue };
        assert_eq!(made(&generators, "submitBatch", index).as_ref(), Some(&case), "the same again");
        let [Step::SameConnection(calls)] = case.steps.as_slice() else { panic!("{:?}", case.steps) };
        let Expect::Wire(promised) = &calls[0].expect else { panic!("{:?}", calls[0].expect) };
        assert_eq!(promised.breakage, case.labels[0].keyword);
        assert!(calls.len() <= 2 && calls[0].items.is_empty());
        let (bytes, _) = calls[0].request.written("h");
        assert!(bytes.len() < 200_000);
        if promised.breakage == "invalid-utf-8" {
            assert!(std::str::from_utf8(&bytes).is_err());
        }
    }
}
