//! What comes out loads, contradicts nothing, and asks answerable questions.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::scaffold;
use crate::contract::behaviour::{Behaviour, Selector, TypeName};
use crate::contract::openapi::OpenApi;
use crate::contract::{Contract, ContractId, lint};

fn shipped() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("contracts");
    let folders = |path: &Path| -> Vec<PathBuf> {
        let entries = std::fs::read_dir(path).expect("a folder").map(|e| e.expect("an entry").path());
        entries.filter(|p| p.is_dir()).collect()
    };
    let mut found: Vec<PathBuf> =
        folders(&root).iter().flat_map(|api| folders(api)).map(|version| version.join("openapi.yaml")).collect();
    found.sort();
    found
}

#[expect(clippy::disallowed_methods, reason = "a test asks its environment where the corpora are")]
fn corpus() -> Vec<PathBuf> {
    let Ok(corpora) = std::env::var("SEAMSTRESS_CORPORA") else {
        crate::skipped("SEAMSTRESS_CORPORA names no folder");
        return Vec::new();
    };
    let folder = std::fs::read_dir(Path::new(&corpora).join("openapi")).expect("a folder");
    folder.map(|entry| entry.expect("an entry").path()).collect()
}

/// What lint says of a document, with and without a behaviour file.
fn linted(document: &Arc<OpenApi>, behaviour: Option<Behaviour>) -> Vec<String> {
    let contract = Contract {
        id: ContractId::new("a", "v1"),
        path: PathBuf::new(),
        openapi: document.clone(),
        behaviour: behaviour.map(Arc::new),
        callee: None,
        recorded: None,
    };
    lint(&[contract]).iter().map(ToString::to_string).collect()
}

/// The text with every question answered by what it proposes.
fn answered(text: &str) -> String {
    let switched = |line: &str| {
        let code = line.trim_start();
        match code.strip_prefix('#') {
            Some(rest) if !rest.is_empty() && !rest.starts_with(' ') => {
                format!("{}{rest}\n", &line[..line.len() - code.len()])
            }
            _ => format!("{line}\n"),
        }
    };
    text.lines().map(switched).collect()
}

#[test]
fn what_comes_out_loads_contradicts_nothing_and_can_be_answered() {
    for file in shipped().into_iter().chain(corpus()) {
        let document = Arc::new(OpenApi::load(&file).expect("loads"));
        let text = scaffold(&document, "openapi.yaml", None);
        let behaviour = Behaviour::parse("behaviour.yaml", &text);
        let behaviour = behaviour.unwrap_or_else(|faults| panic!("{}: {faults}\n{text}", file.display()));
        let before = linted(&document, None);
        let new: Vec<String> =
            linted(&document, Some(behaviour)).into_iter().filter(|fault| !before.contains(fault)).collect();
        assert!(new.is_empty(), "{}: {}\n{text}", file.display(), new.join("\n"));
        let all = answered(&text);
        if let Err(faults) = Behaviour::parse("behaviour.yaml", &all) {
            panic!("{}: {faults}\n{all}", file.display());
        }
    }
}

#[test]
fn what_a_document_says_is_filled_in() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("contracts/bulk-update/v2/openapi.yaml");
    let text = scaffold(&OpenApi::load(&file).expect("loads"), "openapi.yaml", None);
    let behaviour = Behaviour::parse("behaviour.yaml", &text).expect("loads");
    let correlation = behaviour.correlation.as_ref().expect("read off");
    assert_eq!((correlation.header.as_str(), correlation.uuid), ("X-Correlation-Id", true));
    assert_eq!(correlation.missing, Some(TypeName::new("correlation_id_missing")));
    let limits = behaviour.limits.as_ref().expect("read off");
    assert_eq!(limits.items, [(Selector::parse("body /records").expect("valid"), 2000)]);
    assert_eq!(limits.content_types, ["application/json"]);
    assert!(behaviour.error_shape.is_some() && behaviour.error(&TypeName::new("validation_error")).is_some(), "{text}");
    assert_eq!(behaviour.jobs.as_ref().expect("read off").location, Selector::Header("Location".into()));
    assert!(behaviour.identity.is_none() && text.contains("  #app_id_uri: \"api://bulk-update\""));
    insta::assert_snapshot!(text);
}

#[test]
fn a_document_that_says_nothing_asks_everything() {
    let text = "openapi: 3.1.0\ninfo: { title: T, version: '1' }\npaths: {}\n";
    let out = scaffold(&OpenApi::parse("a.yaml", text).expect("loads"), "a.yaml", None);
    let behaviour = Behaviour::parse("behaviour.yaml", &out).unwrap_or_else(|faults| panic!("{faults}\n{out}"));
    assert!(behaviour.correlation.is_none() && behaviour.errors.is_empty() && behaviour.limits.is_none());
}
