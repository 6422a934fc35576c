//! What is generated for documents as the world writes them.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use super::*;
use crate::contract::openapi::OpenApi;
use crate::contract::{Contract, ContractId};

/// The documents of the corpora; none, and a word about it, where the
/// environment names no folder.
fn documents() -> Vec<PathBuf> {
    let Some(corpora) = corpora() else {
        crate::skipped("SEAMSTRESS_CORPORA names no folder");
        return Vec::new();
    };
    let folder = corpora.join("openapi");
    let mut found: Vec<PathBuf> = std::fs::read_dir(&folder)
        .expect("the corpora are there")
        .map(|entry| entry.expect("readable").path())
        .filter(|path| path.extension().is_some_and(|e| e == "json" || e == "yaml"))
        .collect();
    found.sort();
    found
}

#[expect(clippy::disallowed_methods, reason = "a test asks its environment where the corpora are")]
fn corpora() -> Option<PathBuf> {
    std::env::var("SEAMSTRESS_CORPORA").ok().map(PathBuf::from)
}

fn lone(path: &Path) -> Contract {
    let openapi = OpenApi::load(path).unwrap_or_else(|e| panic!("{e}"));
    Contract {
        id: ContractId::new("lone", ""),
        path: path.into(),
        openapi: Arc::new(openapi),
        behaviour: None,
        callee: None,
        recorded: None,
    }
}

#[test]
fn every_operation_of_every_document_yields_cases_or_a_reason() {
    for path in documents() {
        let start = Instant::now();
        let contract = lone(&path);
        let loaded = start.elapsed();
        let generators = Generators::new(&contract);
        let reasons = generators.could_not_make();
        println!(
            "{} loaded {loaded:?}, compiled {:?}, {} operations, {} notices, {} reasons",
            path.file_name().expect("a file").to_string_lossy(),
            start.elapsed().saturating_sub(loaded),
            contract.openapi.operations.len(),
            contract.openapi.notices.iter().count(),
            reasons.len()
        );
        for notice in &contract.openapi.notices {
            println!("   N {}: {}", notice.place, notice.what);
        }
        for reason in &reasons {
            println!("   R {reason:?}");
        }
        let (nonce, pools) = (Nonce("n".into()), Pools::new());
        for operation in &contract.openapi.operations {
            let Some(Ok(generator)) = generators.operations.get(&operation.id) else {
                assert!(!reasons.is_empty(), "{}: neither cases nor a reason", operation.id);
                continue;
            };
            let first = [
                (CaseKind::Conforming, 3),
                (CaseKind::Boundary, generator.boundary.len().min(3)),
                (CaseKind::Violating, generator.violating.len().min(3)),
            ];
            for (kind, count) in first {
                for index in 0..count as u32 {
                    let name = format!("{}:{}:{kind}:{index}", contract.id, operation.id);
                    let key = CaseKey::parse(&name).expect("a key");
                    let case = generators.case(&key, Seed(3), &nonce, &pools).unwrap_or_else(|e| panic!("{key}: {e}"));
                    assert_eq!(case.labels.is_empty(), kind != CaseKind::Violating, "{key} {}", case.title);
                }
            }
        }
    }
}
