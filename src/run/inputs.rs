//! The files of a run, loaded and linted before anything is started.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use super::{Options, RunError, TargetChoice, security};
use crate::check::KnownFindings;
use crate::contract::{self, Contract};
use crate::diagnose::{Diagnostic, Diagnostics, Place, Severity};
use crate::generate::{Generators, Nonce, Pools, Seed};
use crate::policy;
use crate::scenario::{self, CallSource, Overrides, Scenario};
use crate::stack::dataverse;
use crate::stack::issuer::Directory;
use crate::target::Settings;

/// Contracts, scenarios, and what is worth knowing of them.
#[derive(Debug)]
pub(super) struct Inputs {
    pub(super) contracts: Arc<[Contract]>,
    pub(super) scenarios: Vec<Scenario>,
    /// What somebody knows of.
    pub(super) known: Arc<KnownFindings>,
    /// Warnings and notices; errors never get here.
    pub(super) remarks: Diagnostics,
    generators: OnceLock<Vec<Arc<Generators>>>,
}

impl Inputs {
    /// What makes the cases of each contract, by its place. Compiled when first
    /// asked for, and once: a score's runs share it.
    pub(super) fn generators(&self, options: &Options) -> &[Arc<Generators>] {
        self.generators.get_or_init(|| {
            let make = |contract: &Contract| {
                let made = Generators::new(contract);
                made.focus(|operation| options.takes(&contract.id, operation));
                Arc::new(made)
            };
            let all: Vec<Arc<Generators>> = self.contracts.iter().map(make).collect();
            Generators::introduce(&all);
            all
        })
    }

    /// Loads what `options` name. All faults of all files at once.
    pub(super) fn load(options: &Options, with_scenarios: bool) -> Result<Self, RunError> {
        let mut faults = Diagnostics::new();
        let contracts = match &options.document {
            Some(file) => contract::load_file(file, options.behaviour.as_deref()).map(|contract| vec![contract]),
            None => contract::load_dir(&options.contracts),
        };
        let mut contracts = contracts.unwrap_or_else(|found| {
            faults.extend(found);
            Vec::new()
        });
        replace_base_path(&mut contracts, &options.target);
        let folder = match &options.document {
            Some(file) => file.parent().unwrap_or(Path::new("")),
            None => &options.contracts,
        };
        let known = KnownFindings::beside(folder).unwrap_or_else(|found| {
            faults.extend(found);
            KnownFindings::default()
        });
        let scenarios = if with_scenarios { scenario::load_dir(&options.scenarios) } else { Ok(Vec::new()) };
        let scenarios = scenarios.unwrap_or_else(|found| {
            faults.extend(found);
            Vec::new()
        });
        if !faults.has_errors() {
            let found = contract::lint(&contracts);
            // Somebody else's document need not be free of faults to be tested:
            // what can't be tested of it was left out when it was loaded.
            let found = if options.document.is_some() { found.as_remarks() } else { found };
            faults.extend(found);
            contracts.iter().for_each(|contract| security::unmet(contract, &options.target, &mut faults));
        }
        if faults.has_errors() {
            return Err(RunError::Input(faults));
        }
        if contracts.is_empty() {
            return Err(RunError::Nothing(format!(
                "no contract in {}: expected {0}/<api>/<version>/openapi.yaml",
                options.contracts.display()
            )));
        }
        known_operation(options, &contracts)?;
        let (contracts, known) = (contracts.into(), known.into());
        Ok(Self { contracts, scenarios, known, remarks: faults, generators: OnceLock::new() })
    }
}

/// `--url` names the server: its path stands in front of every operation, in
/// the place of the document's own.
fn replace_base_path(contracts: &mut [Contract], target: &TargetChoice) {
    let TargetChoice::Url { base_path, .. } = target else { return };
    for contract in contracts {
        if let Some(openapi) = Arc::get_mut(&mut contract.openapi) {
            openapi.rebase(base_path);
        }
    }
}

/// Lint of everything that users write: contracts, behaviours, scenarios,
/// policies. An empty result means nothing to say.
///
/// # Errors
/// There is nothing to lint.
pub fn lint(folder: &Path, scenarios: &Path, mocks: &Path, settings: Option<&Path>) -> Result<Diagnostics, RunError> {
    let mut found = Diagnostics::new();
    let mut anything = false;
    match contract::load_dir(folder) {
        Ok(contracts) => {
            anything |= !contracts.is_empty();
            found.extend(contract::lint(&contracts));
            if let Err(faults) = KnownFindings::beside(folder) {
                found.extend(faults);
            }
            lint_scenarios(scenarios, &contracts, &mut found, &mut anything);
        }
        Err(faults) => {
            anything = true;
            found.extend(faults);
            lint_scenarios(scenarios, &[], &mut found, &mut anything);
        }
    }
    let policies = mocks.join("gateway");
    if policies.is_dir() {
        anything = true;
        found.extend(policy::lint(&policies));
    }
    if let Some(settings) = settings {
        anything = true;
        lint_settings(settings, &mut found);
    }
    let tenants = mocks.join("issuer");
    if tenants.is_dir() {
        anything = true;
        found.extend(Directory::lint(&tenants));
    }
    let tables = mocks.join("dataverse");
    if tables.is_dir() {
        anything = true;
        found.extend(dataverse::lint(&tables));
    }
    if anything {
        return Ok(found);
    }
    Err(RunError::Nothing(format!(
        "nothing to lint: no contracts in {}, no scenarios in {}, no policies in {}",
        folder.display(),
        scenarios.display(),
        policies.display()
    )))
}

/// Lint of a folder of policies alone, and of the settings, if there are any.
///
/// # Errors
/// There is no such folder.
pub fn lint_policies(policies: &Path, settings: Option<&Path>) -> Result<Diagnostics, RunError> {
    if !policies.is_dir() {
        return Err(RunError::Nothing(format!("nothing to lint: no policies in {}", policies.display())));
    }
    let mut found = policy::lint(policies);
    if let Some(settings) = settings {
        lint_settings(settings, &mut found);
    }
    Ok(found)
}

/// Whether the environments of a settings file are apart.
fn lint_settings(path: &Path, found: &mut Diagnostics) {
    let file = path.display().to_string();
    let read = std::fs::read_to_string(path)
        .map_err(|fault| Diagnostic::error(Place::file(&*file), format!("the settings can't be read: {fault}")).into());
    match read.and_then(|text| Settings::parse(&file, &text).map(|settings| settings.lint(&file, &text))) {
        Ok(findings) => found.extend(findings),
        Err(faults) => found.extend(faults),
    }
}

fn lint_scenarios(folder: &Path, contracts: &[Contract], found: &mut Diagnostics, anything: &mut bool) {
    match scenario::load_dir(folder) {
        Ok(scenarios) => {
            *anything |= !scenarios.is_empty();
            if !contracts.is_empty() {
                found.extend(unknown_names(&scenarios, contracts));
            }
        }
        Err(faults) => {
            *anything = true;
            found.extend(faults);
        }
    }
}

/// Contracts and operations that scenarios name and nobody knows.
fn unknown_names(scenarios: &[Scenario], contracts: &[Contract]) -> Diagnostics {
    let sources: Vec<CallSource> = contracts
        .iter()
        .map(|contract| CallSource { generators: Arc::new(Generators::new(contract)), pools: Arc::new(Pools::new()) })
        .collect();
    let mut found = Diagnostics::new();
    for scenario in scenarios {
        let overrides = Overrides { rate: None, time_scale: 1.0 };
        if let Err(faults) = scenario::plan(scenario, &sources, Seed(0), &Nonce("lint".into()), overrides) {
            found.extend(faults);
        }
    }
    found
}

/// `--operation` names something that takes part.
fn known_operation(options: &Options, contracts: &[Contract]) -> Result<(), RunError> {
    let Some(wanted) = &options.operation else { return Ok(()) };
    let all = contracts.iter().flat_map(|c| c.openapi.operations.iter().map(move |o| (&c.id, o.id.as_ref())));
    if all.clone().any(|(contract, operation)| options.takes(contract, operation)) {
        return Ok(());
    }
    let ids: Vec<String> = contracts.iter().map(|contract| contract.id.to_string()).collect();
    let mut known: Vec<&str> = all.map(|(_, operation)| operation).chain(ids.iter().map(String::as_str)).collect();
    known.sort_unstable();
    known.dedup();
    let near = crate::diagnose::closest(wanted, known.iter().copied()).map(|n| format!("; did you mean `{n}`?"));
    let list = known.join(", ");
    Err(RunError::Usage(format!("no operation or contract is called `{wanted}`: {list}{}", near.unwrap_or_default())))
}

/// Names that select checks: an unknown one is a fault of usage.
pub(super) fn known_checks(options: &Options) -> Result<(), RunError> {
    let mut faults = Diagnostics::new();
    let ids: Vec<&str> = crate::check::table().iter().map(|check| check.id).collect();
    let families: Vec<String> = crate::check::table().iter().map(|check| check.family.to_string()).collect();
    let known: Vec<&str> = ids.iter().copied().chain(families.iter().map(String::as_str)).collect();
    for (flag, names) in [("--only", &options.only), ("--skip", &options.skip), ("--require", &options.require)] {
        for name in names.iter().filter(|name| !known.contains(&name.as_str())) {
            let mut fault = Diagnostic::error(Place::file(flag), format!("no check or family is called `{name}`"))
                .expected("an id or a family that `seamstress checks` lists");
            if let Some(near) = crate::diagnose::closest(name, known.iter().copied()) {
                fault = fault.hint(format!("did you mean `{near}`?"));
            }
            faults.push(fault);
        }
    }
    if faults.iter().any(|fault| fault.severity == Severity::Error) { Err(RunError::Input(faults)) } else { Ok(()) }
}
