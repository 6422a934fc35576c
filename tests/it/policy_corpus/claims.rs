//! What is claimed of each policy, and the documents that prove it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use seamstress::policy::instance::Instance;
use seamstress::policy::{Claim, Subject, Surroundings, Verdict, claims, load_instance};
use seamstress::stack::gateway::TraceLog;

use super::document::{Document, Scope, Spec};
use super::{documents, world};

/// Put in place of by what it includes: it does not run itself.
const INCLUDE_FRAGMENT: &str = "include-fragment";

/// The policies that a document says to show, and that did not run for any
/// request of whose answer something is expected.
pub(super) fn not_run(spec: &Spec, traces: &TraceLog, folder: &Path) -> Vec<String> {
    let expected: Vec<bool> =
        spec.requests.iter().flat_map(|r| std::iter::repeat_n(r.expect.says_something(), r.times)).collect();
    let folder = folder.display().to_string();
    let is_own = |place: &str| {
        let file = place.strip_prefix(&folder).and_then(|rest| rest.split(':').next()).unwrap_or_default();
        !file.is_empty()
            && (file != "/global.xml" || spec.scope == Scope::Global || spec.files.contains_key("global.xml"))
    };
    let mut ran = BTreeSet::new();
    for call in traces.last(0, &[], usize::MAX) {
        if !expected.get(call.number as usize - 1).copied().unwrap_or_default() {
            continue;
        }
        for step in call.steps.into_iter().filter(|step| is_own(&step.place)) {
            if step.place.contains("/fragments/") {
                ran.insert(INCLUDE_FRAGMENT.to_owned());
            }
            ran.insert(step.policy);
        }
    }
    let missing = spec.shows.iter().filter(|name| !ran.contains(*name));
    missing.map(|name| format!("`{name}` is shown, and did not run for a request with expectations")).collect()
}

/// The policies that a document says to show, and that no expected diagnostic
/// names.
pub(super) fn not_named(spec: &Spec) -> Vec<String> {
    let is_named =
        |name: &str| spec.expect_diagnostics.iter().any(|d| d.contains(&format!("`{name}` is not emulated")));
    let missing = spec.shows.iter().filter(|name| !is_named(name));
    missing.map(|name| format!("`{name}` is shown, and no expected diagnostic says that it is not emulated")).collect()
}

/// A document under its name, `AREA/NAME`.
fn named() -> Vec<(String, Document)> {
    let read = |path: &Path| {
        let name = path.with_extension("").display().to_string();
        let document = Document::read(path).unwrap_or_else(|fault| panic!("{fault}"));
        (name.trim_start_matches("tests/policies/").to_owned(), document)
    };
    documents().iter().map(|path| read(path)).collect()
}

/// What the compatibility report says of a policy in a document: the best of
/// it.
fn verdict(document: &Document, policy: &str) -> Option<Verdict> {
    let folder = world::folder(document);
    let surroundings = Surroundings {
        named_values: world::named_values(&document.spec, "http://127.0.0.1", "http://127.0.0.1"),
        backends: world::BACKENDS.map(str::to_owned).into(),
        ..Surroundings::default()
    };
    let (policies, _) = load_instance(Instance::read(folder.path()).0, &[], &surroundings);
    let entries = policies.inventory().entries().iter();
    let of_policy = entries.filter(|e| matches!(&e.subject, Subject::Policy(name) if **name == *policy));
    of_policy.map(|entry| entry.verdict.clone()).min()
}

/// Why a document does not prove a claim.
fn doubt(claim: &Claim, name: &str, document: &Document) -> Option<String> {
    let spec = &document.spec;
    if claim.policy == INCLUDE_FRAGMENT {
        let includes = document.text.contains("<include-fragment") && !spec.fragments.is_empty();
        return (!includes).then(|| format!("{name} includes no fragment"));
    }
    let is_refused = matches!(claim.emulation, Verdict::NotEmulated(_));
    if is_refused == spec.expect_diagnostics.is_empty() {
        let how = if is_refused { "loads" } else { "does not load" };
        return Some(format!("{name} shows `{}`, and {how}", claim.policy));
    }
    match verdict(document, claim.policy) {
        Some(found) if found.name() == claim.emulation.name() => None,
        found => Some(format!("{name}: `{}` is {found:?}, claimed is {}", claim.policy, claim.emulation.name())),
    }
}

/// The table as it should stand in `src/policy/policies/shown.rs`.
fn table(shown: &BTreeMap<&str, Vec<&str>>) -> String {
    let mut text = String::new();
    for (policy, documents) in shown {
        // Writing to a string does not fail.
        let _ = writeln!(text, "    ({policy:?}, &{documents:?}),");
    }
    text
}

#[test]
fn every_claim_is_proven_by_named_documents() {
    let (claims, documents) = (claims(), named());
    let mut shown: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut doubts = Vec::new();
    for (name, document) in &documents {
        for policy in &document.spec.shows {
            shown.entry(policy).or_default().push(name);
            match claims.iter().find(|claim| claim.policy == *policy) {
                Some(claim) => doubts.extend(doubt(claim, name, document)),
                None => doubts.push(format!("{name} shows `{policy}`, of which nothing is claimed")),
            }
        }
    }
    let unproven = claims.iter().filter(|claim| !shown.contains_key(claim.policy));
    doubts.extend(unproven.map(|claim| format!("no document shows `{}`", claim.policy)));
    assert!(doubts.is_empty(), "{}", doubts.join("\n"));
    let told: BTreeMap<&str, Vec<&str>> = claims.iter().map(|claim| (claim.policy, claim.shown_by.to_vec())).collect();
    assert!(told == shown, "src/policy/policies/shown.rs should say\n{}", table(&shown));
}
