//! All rules over all contracts.

use super::{agreement, document, place, promise, refusal, version};
use crate::contract::Contract;
use crate::diagnose::Diagnostics;

/// Looks for contradictions in contracts that were loaded together: inside
/// each file, between the two files of a contract, and between the versions of
/// an API. What the loaders could not use is told as well.
pub fn lint(contracts: &[Contract]) -> Diagnostics {
    let mut found = lint_each(contracts);
    version::lint(contracts, &mut found);
    found
}

/// The rules that need no other contract.
pub(in crate::contract) fn lint_each(contracts: &[Contract]) -> Diagnostics {
    let mut found = Diagnostics::new();
    for contract in contracts {
        document::lint(&contract.openapi, &mut found);
        if let Some(behaviour) = &contract.behaviour {
            promise::lint(behaviour, &mut found);
            agreement::lint(&contract.openapi, behaviour, &mut found);
            refusal::lint(&contract.openapi, behaviour, &mut found);
            place::lint(&contract.openapi, behaviour, &mut found);
        }
    }
    found
}
