//! How the service reaches Dataverse.

pub(super) mod columns;
pub(super) mod governed;
pub(super) mod governed_under_load;

use crate::check::claim::Claim;
use crate::contract::behaviour::{Behaviour, DataPath};
use crate::observe::LedgerEntry;

/// Entries that came the wrong way, where the contract promises the governed
/// one.
fn ungoverned<'a>(behaviour: &Behaviour, ledger: &'a [LedgerEntry]) -> Vec<&'a LedgerEntry> {
    if behaviour.data_path != Some(DataPath::Governed) {
        return Vec::new();
    }
    ledger.iter().filter(|entry| !entry.governed()).collect()
}

fn claim(behaviour: &Behaviour, wrong: &[&LedgerEntry]) -> Claim {
    let committed = wrong.iter().filter(|entry| entry.committed()).count();
    let principal = wrong.first().map(|entry| entry.principal.as_str()).unwrap_or_default();
    Claim {
        what: "ungoverned".to_owned(),
        title: "the service called Dataverse around the gateway".to_owned(),
        expected: "every call to Dataverse through the gateway, with the gateway's identity".to_owned(),
        actual: format!("{} calls by `{principal}`, {committed} of them were let in", wrong.len()),
        place: Some(behaviour.place("/data_path")),
    }
}
