//! The versions of an API among themselves.

use std::collections::HashMap;

use crate::contract::Contract;
use crate::contract::behaviour::LifecycleStatus;
use crate::diagnose::{Diagnostic, Diagnostics, Place, closest};

pub(super) fn lint(contracts: &[Contract], found: &mut Diagnostics) {
    for contract in contracts {
        successor(contract, contracts, found);
    }
    let mut first: HashMap<&str, &Contract> = HashMap::new();
    for contract in contracts.iter().filter(|c| !c.openapi.base_path.is_empty()) {
        let base = contract.openapi.base_path.as_str();
        if let Some(other) = first.get(base) {
            let place = servers(contract);
            found.push(
                Diagnostic::error(place, format!("`{}` and `{}` stand at the same base path", other.id, contract.id))
                    .expected("a base path of its own for each version")
                    .actual(format!("`{base}`")),
            );
        } else {
            first.insert(base, contract);
        }
    }
}

fn servers(contract: &Contract) -> Place {
    let source = &contract.openapi.source;
    source.pointer("/servers/0/url").unwrap_or(source).place.clone()
}

fn successor(contract: &Contract, contracts: &[Contract], found: &mut Diagnostics) {
    let Some(behaviour) = &contract.behaviour else {
        return;
    };
    let Some(name) = behaviour.lifecycle.as_ref().and_then(|l| l.successor.as_deref()) else {
        return;
    };
    let place = behaviour.place("/lifecycle/successor");
    if name == &*contract.id.version {
        found.push(Diagnostic::error(place, "a version can't be its own successor").expected("another version"));
        return;
    }
    let versions: Vec<&Contract> = contracts.iter().filter(|c| c.id.api == contract.id.api).collect();
    let Some(next) = versions.iter().find(|c| &*c.id.version == name) else {
        let names: Vec<&str> =
            versions.iter().map(|c| &*c.id.version).filter(|v| *v != &*contract.id.version).collect();
        let fault = Diagnostic::error(place, format!("there is no `{}/{name}`", contract.id.api)).expected(
            if names.is_empty() {
                "a version that exists".to_owned()
            } else {
                format!("one of `{}`", names.join("`, `"))
            },
        );
        found.push(match closest(name, names.iter().copied()) {
            Some(near) => fault.hint(format!("did you mean `{near}`?")),
            None => fault,
        });
        return;
    };
    let status = next.behaviour.as_ref().and_then(|b| b.lifecycle.as_ref()).map(|l| l.status);
    if status.is_some_and(|status| status != LifecycleStatus::Active) {
        found.push(
            Diagnostic::warning(place, format!("the successor `{}` is not active itself", next.id))
                .expected("an active version"),
        );
    }
}
