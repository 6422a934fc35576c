//! How the service reaches Dataverse.

pub(super) mod columns;
pub(super) mod governed;
pub(super) mod governed_under_load;
pub(super) mod over_reading;

use crate::check::claim::Claim;
use crate::contract::behaviour::{Behaviour, DataPath};
use crate::observe::{LedgerEntry, Way};

/// Entries that came another way than the contract promises.
fn astray<'a>(behaviour: &Behaviour, ledger: &'a [LedgerEntry]) -> Vec<&'a LedgerEntry> {
    let Some(path) = behaviour.data_path else { return Vec::new() };
    ledger.iter().filter(|entry| entry.way != promised(path) && !entry.is_somebody_elses()).collect()
}

fn promised(path: DataPath) -> Way {
    match path {
        DataPath::Governed => Way::Gateway,
        DataPath::FlowCommits => Way::Flow,
        DataPath::Direct => Way::Direct,
    }
}

fn in_words(way: Way) -> &'static str {
    match way {
        Way::Gateway => "through the gateway, with the gateway's identity",
        Way::Flow => "by the flow, with its connection's identity",
        Way::Direct => "by the service itself, with its own identity",
    }
}

fn claim(behaviour: &Behaviour, path: DataPath, wrong: &[&LedgerEntry]) -> Claim {
    let committed = wrong.iter().filter(|entry| entry.committed()).count();
    let principal = wrong.first().map(|entry| entry.principal.as_str()).unwrap_or_default();
    let came = wrong.first().map_or("another way", |entry| in_words(entry.way));
    let title = match path {
        DataPath::Governed => "the service called Dataverse around the gateway",
        DataPath::FlowCommits => "Dataverse was written by somebody else than the flow",
        DataPath::Direct => "Dataverse was not called by the service itself",
    };
    Claim {
        what: "ungoverned".to_owned(),
        title: title.to_owned(),
        expected: format!("every call to Dataverse {}", in_words(promised(path))),
        actual: format!("{} calls {came} (`{principal}`), {committed} of them were let in", wrong.len()),
        place: Some(behaviour.place("/data_path")),
    }
}
