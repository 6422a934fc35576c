//! `--dry-run`: what would be sent where, how much, for how long.

use std::collections::HashMap;
use std::fmt::Write;
use std::sync::Arc;

use super::embedded::EMBEDDED_SCALE;
use super::gate::{Play, choose, load};
use super::inputs::{Inputs, known_checks};
use super::{Options, RunError, ServiceFrom, TargetChoice};
use crate::contract::Contract;
use crate::generate::{CaseKey, Generators, Need};
use crate::scenario::{self, CallSource, Overrides, Scenario};

/// Says what a run would do. Nothing is started and nothing is sent.
///
/// # Errors
/// The input has faults, or there is nothing to execute.
pub fn outline(play: &Play, options: &Options) -> Result<String, RunError> {
    known_checks(options)?;
    let inputs = load(play, options)?;
    let chosen = choose(play, &inputs)?;
    let mut text = format!("target: {}\n", place(&options.target));
    let _ = writeln!(text, "seed: {}", options.seed.0);
    if *play != Play::Load(Vec::new()) && !matches!(play, Play::Load(_)) {
        for (contract, generators) in inputs.contracts.iter().zip(inputs.generators(options)) {
            let keys = generators.plan(super::gate::cases_each(options, &inputs.contracts) as usize, &offers(options));
            let taken: Vec<_> = keys.iter().filter(|key| options.takes(&contract.id, &key.operation)).collect();
            let _ = writeln!(text, "{}: {} cases", contract.id, taken.len());
            if let Some(behaviour) =
                contract.behaviour.as_ref().filter(|b| !b.set_up.is_empty() || !b.clean_up.is_empty())
            {
                let (before, after) = (behaviour.set_up.len(), behaviour.clean_up.len());
                let _ = writeln!(text, "  set-up and clean-up calls: {before} before, {after} after");
            }
            push_operations(&mut text, contract, generators, &taken, options);
        }
        push_remarks(&mut text, &inputs);
    }
    for scenario in chosen {
        text.push_str(&scenario_line(scenario, &inputs, options));
    }
    let budget = super::gate::budget(play, options);
    Ok(format!("{text}{}nothing was sent\n", bound(budget)))
}

/// How many cases each operation gets; where it gets none, why.
fn push_operations(
    text: &mut String,
    contract: &Contract,
    generators: &Generators,
    taken: &[&CaseKey],
    options: &Options,
) {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for key in taken {
        *counts.entry(&key.operation).or_default() += 1;
    }
    let mut passed_over = 0;
    for operation in contract.openapi.operations.iter().filter(|o| options.takes(&contract.id, &o.id)) {
        let count = counts.get(&*operation.id).copied().unwrap_or(0);
        let reason = generators.obstacle(&operation.id).map(|why| format!(": {why}")).unwrap_or_default();
        passed_over += usize::from(count == 0 && reason.is_empty() && !contract.is_consumed());
        let path = format!("{}{}", operation.base_path, operation.path);
        let _ = writeln!(text, "  {count:>5}  {} {} {path}{reason}", operation.id, operation.method);
    }
    if passed_over > 0 {
        let _ = writeln!(text, "  {passed_over} operations get no case: more of them come with a larger `--cases`");
    }
}

/// Remarks that are shown before anything is sent, and those of one kind.
const MOST_REMARKS: (usize, usize) = (20, 3);

/// What the files say that can't be used, so that nobody has to start a run to
/// see it.
fn push_remarks(text: &mut String, inputs: &Inputs) {
    let mut kinds: HashMap<&str, usize> = HashMap::new();
    let (mut shown, mut more) = (0, 0);
    for remark in &inputs.remarks {
        // What a remark quotes tells it from others of its kind.
        let kind = remark.what.split([':', '`', '"']).next().unwrap_or_default();
        let alike = kinds.entry(kind).or_default();
        *alike += 1;
        if *alike > MOST_REMARKS.1 || shown == MOST_REMARKS.0 {
            more += 1;
            continue;
        }
        shown += 1;
        let _ = writeln!(text, "{}: {}", remark.place, remark.what);
    }
    if more > 0 {
        let _ = writeln!(text, "and {more} more remarks, all of them in the report of a run");
    }
}

/// Says what `capacity probe` would do. Nothing is started and nothing is sent.
///
/// # Errors
/// The input has faults, or no such contract exists.
pub fn outline_probe(named: Option<&str>, options: &Options) -> Result<String, RunError> {
    let inputs = Inputs::load(options, false)?;
    let contract = &inputs.contracts[super::probe::choose(named, &inputs.contracts)?];
    let most = super::probe::limits(contract, 1.0).most;
    let what = format!("{}: one client, up to {most} calls in one go, in four rounds", contract.id);
    Ok(format!("target: {}\n{what}\n{}nothing was sent\n", place(&options.target), bound(options.budget)))
}

/// Says what `readiness` would do. Nothing is started and nothing is sent.
///
/// # Errors
/// The input has faults, or no such contract exists.
pub fn outline_readiness(question: &super::Question, options: &Options) -> Result<String, RunError> {
    let inputs = Inputs::load(options, question.rows.is_none())?;
    super::readiness::find(question, &inputs)?;
    let mut text = format!("target: {}\n", place(&options.target));
    match &question.rows {
        Some(rows) => {
            let _ = writeln!(text, "rows: {}", rows.display());
        }
        None => inputs.scenarios.iter().filter(|s| s.is_tagged("steady")).for_each(|scenario| {
            text.push_str(&scenario_line(scenario, &inputs, options));
        }),
    }
    let _ = writeln!(text, "{}: one case, for Deprecation and Sunset", question.version);
    if offers(options).contains(&Need::Effects) {
        let _ = writeln!(text, "{} and its successor: up to 60 inputs to both", question.version);
    }
    Ok(format!("{text}{}nothing was sent\n", bound(options.budget)))
}

/// Says what `replay` would do. Nothing is started and nothing is sent.
///
/// # Errors
/// The input has faults, or the text names no case.
pub fn outline_replay(key: &str, options: &Options) -> Result<String, RunError> {
    let inputs = Inputs::load(options, false)?;
    let (key, _) = super::replay::find(key, &inputs)?;
    let target = place(&options.target);
    Ok(format!("target: {target}\nseed: {}\n{key}: one case\nnothing was sent\n", options.seed.0))
}

fn bound(budget: Option<std::time::Duration>) -> String {
    match budget {
        Some(budget) => format!("for at most {}\n", crate::clock::format_duration(budget)),
        None => "without a bound on wall time (--budget sets one)\n".to_owned(),
    }
}

/// What the target will offer, as far as the settings tell.
fn offers(options: &Options) -> Vec<Need> {
    use Need::{
        Clock, DirectService, Effects, Faults, GatewayKey, GatewayRows, Health, Load, MintedTokens, RawConnection,
    };
    let ours = [Effects, Faults, Clock, MintedTokens, GatewayRows, Load];
    let behind = [DirectService, GatewayKey, RawConnection, Health];
    match &options.target {
        TargetChoice::Embedded => ours.into_iter().chain(behind).collect(),
        TargetChoice::Service(_) => ours.into_iter().filter(|need| *need != Clock).chain(behind).collect(),
        TargetChoice::Url { origin, .. } => (!origin.tls).then_some(Need::RawConnection).into_iter().collect(),
        TargetChoice::Environment { settings, .. } => {
            let control = settings.control.iter().flat_map(|_| ours);
            let service = settings.service.iter().map(|_| DirectService);
            let health = settings.service.as_ref().and(settings.health.as_ref()).map(|_| Health);
            control.chain(service).chain(health).chain(settings.offers.iter().copied()).collect()
        }
    }
}

/// A scenario's runs and calls, and how long its arrivals last.
fn scenario_line(scenario: &Scenario, inputs: &Inputs, options: &Options) -> String {
    let source = |generators: &Arc<Generators>| CallSource { generators: generators.clone(), pools: Arc::default() };
    let sources: Vec<CallSource> = inputs.generators(options).iter().map(source).collect();
    let scale = options.time_scale.unwrap_or(if matches!(options.target, TargetChoice::Embedded) {
        EMBEDDED_SCALE
    } else {
        1.0
    });
    let overrides = Overrides { rate: options.rate, time_scale: scale };
    match scenario::plan(scenario, &sources, options.seed, &options.nonce, overrides) {
        Ok(plan) => {
            let (runs, lasts) = (plan.tickets.len(), crate::clock::format_duration(plan.lasts()));
            let users = match plan.virtual_users() {
                0 => String::new(),
                users => format!(", {users} virtual users"),
            };
            format!(
                "scenario {}: {runs} flow runs, {} calls before retries{users}, within {lasts}\n",
                plan.scenario,
                plan.calls()
            )
        }
        Err(faults) => {
            let why: Vec<&str> = faults.iter().map(|fault| fault.what.as_str()).collect();
            format!("scenario {}: not run: {}\n", scenario.name, why.join("; "))
        }
    }
}

fn place(target: &TargetChoice) -> String {
    match target {
        TargetChoice::Embedded => "the embedded system, on loopback".to_owned(),
        TargetChoice::Service(choice) => match &choice.from {
            ServiceFrom::Command { command, .. } => format!("the embedded system around `{command}`, on loopback"),
            ServiceFrom::Url { origin, .. } => format!("the embedded system around {origin}"),
        },
        TargetChoice::Environment { name, settings, .. } => format!("environment {name}, {}", settings.gateway),
        TargetChoice::Url { origin, base_path, .. } => format!("{origin}{base_path}"),
    }
}
