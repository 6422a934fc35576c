//! From a choice of target to a proven one: the embedded system started, an
//! environment reached.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use super::embedded::{around, embedded};
use super::{Options, RunError, TargetChoice, security};
use crate::clock::Clock;
use crate::contract::Contract;
use crate::door::{Door, Origin, RestClient};
use crate::generate::Need;
use crate::process::Service;
use crate::stack::{Stack, StackError};
use crate::target::{Clients, Control, EnvironmentSettings, Target, TargetError, TokenSettings};
use crate::wire::{Headers, Keys, Secret};

/// Longest wait for a control surface, an issuer or a health answer.
pub(super) const REST_TIMEOUT: Duration = Duration::from_secs(30);

/// A target, and the stack behind it where it is our own.
pub(super) struct Opened {
    pub(super) target: Target,
    pub(super) stack: Option<Stack>,
    /// The user's service in it, where it was started for this run.
    pub(super) service: Option<Service>,
}

/// Opens what `options` choose.
pub(super) async fn open(options: &Options, contracts: &[Contract], began: Instant) -> Result<Opened, RunError> {
    if !options.defects.is_empty() && !options.target.is_embedded() {
        return Err(RunError::Usage(
            "--defect switches on a defect of the embedded system; this target is another one. Start `seamstress serve --defect NAME` and test that"
                .to_owned(),
        ));
    }
    match &options.target {
        TargetChoice::Embedded => embedded(options, contracts, began).await,
        TargetChoice::Service(choice) => around(options, choice, contracts, began).await,
        TargetChoice::Environment { name, settings, secret, .. } => {
            environment(options, name, settings, secret.as_ref(), began).await
        }
        TargetChoice::Url { origin, headers, token, keys, allowed_hosts, ca_file, .. } => {
            refuse_clock(options)?;
            let (headers, keys) = security::shown(contracts, headers, keys, &options.redactor)?;
            let door = trusting(Door::new(allowed_hosts.iter().cloned()), ca_file.as_deref())?;
            let clock = Clock::system();
            let clients = match token {
                Some(token) => Clients::fixed(token.clone(), clock.clone(), options.redactor.clone()),
                None => Clients::nobody(clock.clone()),
            };
            let target = Target {
                name: origin.to_string(),
                gateway: origin.clone(),
                service: None,
                health: None,
                gateway_key: None,
                control: None,
                clients,
                door,
                clock,
                offers: (!origin.tls).then_some(Need::RawConnection).into_iter().collect(),
                service_marker: None,
                extra_headers: headers,
                keys,
                redactor: options.redactor.clone(),
                began,
            };
            reach(&target.door, "the service", origin).await?;
            Ok(Opened { target, stack: None, service: None })
        }
    }
}

/// The door that also believes the authorities of a file.
fn trusting(door: Door, file: Option<&Path>) -> Result<Door, RunError> {
    let Some(file) = file else { return Ok(door) };
    let failed = |fault: &dyn std::fmt::Display| RunError::Usage(format!("`ca-file` {}: {fault}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|fault| failed(&fault))?;
    door.trusting(&text).map_err(|fault| failed(&fault))
}

/// A stack that did not start: faults in its files are the user's, the rest is
/// the world's.
pub(super) fn stack_error(error: StackError) -> RunError {
    match error {
        StackError::Mocks(faults) => RunError::Input(faults),
        error @ StackError::UnknownDefect { .. } => RunError::Usage(error.to_string()),
        error => RunError::CouldNotRun(error.to_string()),
    }
}

#[expect(clippy::too_many_lines, reason = "each setting once, in the order of the settings")]
async fn environment(
    options: &Options,
    name: &str,
    settings: &EnvironmentSettings,
    secret: Option<&Secret>,
    began: Instant,
) -> Result<Opened, RunError> {
    let gateway = bare_origin("gateway", &settings.gateway)?;
    let service = settings.service.as_deref().map(|url| bare_origin("service", url)).transpose()?;
    let control = settings.control.as_deref().map(|url| bare_origin("control", url)).transpose()?;
    let token_endpoint = settings.token_endpoint.as_deref().map(|url| origin_of("token-endpoint", url)).transpose()?;
    let named = [Some(&gateway), service.as_ref(), control.as_ref(), token_endpoint.as_ref()];
    let hosts = named.into_iter().flatten().map(|origin| origin.host.clone());
    let door = Door::new(hosts.chain(settings.allowed_hosts.iter().cloned()));
    let door = trusting(door, settings.ca_file.as_deref())?;
    reach(&door, "the gateway", &gateway).await?;
    if let Some(service) = &service {
        reach(&door, "the service", service).await?;
    }
    let rest = RestClient::new(&door, REST_TIMEOUT);
    let mut offers: BTreeSet<Need> = settings.offers.iter().copied().collect();
    let (mut clock, mut controlled) = (Clock::system(), None);
    if let Some(origin) = control {
        let control =
            Control::new(origin, rest.clone()).with_dataverse(settings.dataverse.as_deref().and_then(Origin::parse));
        control.health().await.map_err(could_not_run)?;
        clock = control.follow_clock().await.map_err(could_not_run)?;
        offers.extend([
            Need::Effects,
            Need::Faults,
            Need::Clock,
            Need::MintedTokens,
            Need::GatewayRows,
            Need::Load,
            Need::Restart,
            Need::Callbacks,
        ]);
        // Whether it keeps a log shows when it is asked for it.
        if control.log_page(u64::MAX >> 1).await.is_ok() {
            offers.insert(Need::ServiceLog);
        }
        controlled = Some(control);
    }
    refuse_clock(options)?;
    if service.is_some() {
        offers.insert(Need::DirectService);
        offers.extend(settings.health.as_ref().map(|_| Need::Health));
    }
    if !gateway.tls {
        offers.insert(Need::RawConnection);
    }
    let clients = match (&controlled, &settings.token_endpoint) {
        (Some(control), _) => {
            Clients::minted(control.clone(), options.nonce.clone(), clock.clone(), options.redactor.clone())
        }
        (None, Some(endpoint)) => {
            let tokens = TokenSettings {
                endpoint: endpoint.clone(),
                client_id: settings.client_id.clone().unwrap_or_default(),
                client_secret: secret.cloned().unwrap_or_else(|| Secret::new("")),
                scope: settings.scope.clone(),
            };
            Clients::issued(rest, tokens, clock.clone(), options.redactor.clone())
        }
        (None, None) => Clients::nobody(clock.clone()),
    };
    let target = Target {
        name: name.to_owned(),
        gateway,
        service,
        health: settings.health.clone(),
        gateway_key: None,
        control: controlled,
        clients,
        door,
        clock,
        offers,
        service_marker: settings.service_marker.clone(),
        extra_headers: Headers::new(),
        keys: Keys::default(),
        redactor: options.redactor.clone(),
        began,
    };
    Ok(Opened { target, stack: None, service: None })
}

/// A scale or an instant was asked for, and the target's clock is its own.
fn refuse_clock(options: &Options) -> Result<(), RunError> {
    if options.time_scale.is_none() && options.now.is_none() {
        return Ok(());
    }
    Err(RunError::Usage(
        "--time-scale and --now set the embedded system's clock; this target keeps its own. For `seamstress serve`, give them there"
            .to_owned(),
    ))
}

fn origin_of(key: &str, url: &str) -> Result<Origin, RunError> {
    Origin::parse(url)
        .ok_or_else(|| RunError::Usage(format!("`{key} = \"{url}\"` is no http or https URL with a host")))
}

/// The same for a URL whose path the contracts know: one that stands there
/// would be dropped in silence.
fn bare_origin(key: &str, url: &str) -> Result<Origin, RunError> {
    let origin = origin_of(key, url)?;
    let more = url::Url::parse(url).is_ok_and(|url| url.path() != "/" || url.query().is_some());
    if more {
        return Err(RunError::Usage(format!(
            "`{key} = \"{url}\"` has a path or a query: expected \"{origin}\"; paths come from `servers` of each contract's OpenAPI document"
        )));
    }
    Ok(origin)
}

/// Whether somebody listens there, and may be reached.
pub(super) async fn reach(door: &Door, what: &str, origin: &Origin) -> Result<(), RunError> {
    let plain = Origin { tls: false, ..origin.clone() };
    door.connect(&plain).await.map(drop).map_err(|fault| {
        RunError::CouldNotRun(format!(
            "{what} at {origin} can't be reached: {fault}\nhint: start it, or correct its address; `seamstress serve` starts the embedded system"
        ))
    })
}

#[expect(clippy::needless_pass_by_value, reason = "it stands in map_err")]
pub(super) fn could_not_run(fault: TargetError) -> RunError {
    RunError::CouldNotRun(format!("{fault}\nhint: is it up, and does the settings file name its address of today?"))
}
