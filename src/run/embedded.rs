//! The embedded system for a run: with our own service, or with one of the
//! user's in its seat.

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::time::Instant;

use super::handover::Handover;
use super::open::{Opened, REST_TIMEOUT, reach, stack_error};
use super::{DEFAULT_HEALTH, Options, RunError, ServiceChoice, ServiceFrom};
use crate::clock::{Clock, Timestamp, format_duration};
use crate::contract::Contract;
use crate::door::{Door, Origin, RestClient};
use crate::generate::Need;
use crate::limit::Throttling;
use crate::process::{self, Launch, ProcessError, Service, free_port};
use crate::stack::gateway::KeyRefresh;
use crate::stack::{Api, Guest, LogSource, Ports, Restart, Stack, StackOptions};
use crate::target::{Clients, Control, Target};
use crate::wire::{Headers, Keys};

/// What the embedded clock shows at the start, so that shipped contracts don't
/// turn red by the calendar: 2026-09-01T08:00:00Z.
const EMBEDDED_START: Timestamp = Timestamp::from_seconds(1_788_249_600);

/// How fast the embedded clock runs: a minute lasts three seconds, and the
/// smallest judged interval (`Retry-After: 1`) still lasts 50 ms.
pub(super) const EMBEDDED_SCALE: f64 = 20.0;

/// The header field by which our own service's answers are told.
const MARKER: &str = "X-Served-By";

/// What a run on the embedded system offers, whoever's service stands in it.
const OFFERS: [Need; 11] = [
    Need::Effects,
    Need::Faults,
    Need::MintedTokens,
    Need::GatewayRows,
    Need::DirectService,
    Need::GatewayKey,
    Need::Health,
    Need::Load,
    Need::Callbacks,
    Need::RawConnection,
    Need::Apart,
];

/// Starts it with our own service.
pub(super) async fn embedded(options: &Options, contracts: &[Contract], began: Instant) -> Result<Opened, RunError> {
    let scale = options.time_scale.unwrap_or(EMBEDDED_SCALE);
    let clock = Clock::starting_at(options.now.unwrap_or(EMBEDDED_START), scale);
    let stack = start(options, contracts, clock.clone(), None).await?;
    let mut target = target(options, &stack, clock, began);
    "embedded".clone_into(&mut target.name);
    target.health = Some(DEFAULT_HEALTH.to_owned());
    target.service_marker = Some(MARKER.to_owned());
    target.offers.extend([Need::Clock, Need::Restart, Need::ServiceLog]);
    Ok(Opened { target, stack: Some(stack), service: None })
}

/// Starts it around a service of the user's, which keeps real time; and that
/// service, where it does not run yet.
pub(super) async fn around(
    options: &Options,
    choice: &ServiceChoice,
    contracts: &[Contract],
    began: Instant,
) -> Result<Opened, RunError> {
    if options.time_scale.is_some() {
        let why =
            "--time-scale sets the clock of a system that is embedded as a whole; a service of yours keeps real time";
        return Err(RunError::Usage(why.to_owned()));
    }
    let clock = Clock::starting_at(options.now.unwrap_or_else(Timestamp::system_now), 1.0);
    let around = Around { options, choice, contracts, clock, began };
    let mut opened = match &choice.from {
        ServiceFrom::Url { origin, variables } => around.of_others(origin, variables.as_deref()).await?,
        ServiceFrom::Command { command, port } => around.of_ours(command, *port).await?,
    };
    opened.target.health = Some(choice.health.clone());
    opened.target.service_marker = choice.marker.clone().or_else(|| declared_marker(contracts));
    Ok(opened)
}

/// What a system around a service is started with.
struct Around<'a> {
    options: &'a Options,
    choice: &'a ServiceChoice,
    contracts: &'a [Contract],
    clock: Clock,
    began: Instant,
}

impl Around<'_> {
    /// Around a service that somebody else starts, or has started.
    async fn of_others(&self, origin: &Origin, variables: Option<&Path>) -> Result<Opened, RunError> {
        if variables.is_none() {
            reach(&Door::new([origin.host.clone()]), "the service", origin).await?;
        }
        let stack = self.start(Guest { origin: origin.clone(), restart: None, log: None }).await?;
        if let Some(file) = variables
            && let Err(fault) = self.wait_for(&stack, origin, file).await
        {
            stack.stop().await;
            return Err(fault);
        }
        let mut target = target(self.options, &stack, self.clock.clone(), self.began);
        target.name = format!("{origin} behind the embedded gateway");
        target.door = Door::new([origin.host.clone()]);
        target.offers.remove(&Need::Apart);
        Ok(Opened { target, stack: Some(stack), service: None })
    }

    /// Around a service that is started for the run.
    async fn of_ours(&self, command: &str, port: Option<u16>) -> Result<Opened, RunError> {
        let service = launched(self.choice, command, port)?;
        let origin = service.origin().clone();
        let guest = Guest { origin, restart: Some(restarting(&service)), log: Some(logging(&service)) };
        let stack = self.start(guest).await?;
        if let Err(fault) = bring_up(self.options, &stack, &service).await {
            stack.stop().await;
            return Err(fault);
        }
        let mut target = target(self.options, &stack, self.clock.clone(), self.began);
        "your service behind the embedded gateway".clone_into(&mut target.name);
        target.offers.extend([Need::Restart, Need::ServiceLog]);
        if port.is_some() {
            // A second one would want the same port.
            target.offers.remove(&Need::Apart);
        }
        Ok(Opened { target, stack: Some(stack), service: Some(service) })
    }

    async fn start(&self, guest: Guest) -> Result<Stack, RunError> {
        start(self.options, self.contracts, self.clock.clone(), Some(guest)).await
    }

    /// Tells what the service needs to know, and waits until it is well.
    async fn wait_for(&self, stack: &Stack, origin: &Origin, file: &Path) -> Result<(), RunError> {
        stack.surroundings().secret.iter().for_each(|(_, secret)| self.options.redactor.register(secret));
        for file in &Handover::for_service(stack, file).files {
            let failed = |fault| RunError::CouldNotRun(format!("{} can't be written: {fault}", file.path.display()));
            file.write().map_err(failed)?;
        }
        let ServiceChoice { health, within, .. } = self.choice;
        let door = Door::new([origin.host.clone()]);
        process::until_well(&door, origin, health, *within).await.map_err(|last| {
            let (within, file) = (format_duration(*within), file.display());
            RunError::CouldNotRun(format!(
                "the service did not answer GET {origin}{health} with 2xx within {within}: {last}\nhint: start it with the variables of {file}; --service-within TIME waits longer"
            ))
        })
    }
}

/// Our own marker, where a contract says that answers may carry it.
fn declared_marker(contracts: &[Contract]) -> Option<String> {
    let operations = contracts.iter().flat_map(|contract| contract.openapi.operations.iter());
    let mut headers = operations.flat_map(|o| o.responses.iter()).flat_map(|(_, answer)| answer.headers.iter());
    headers.any(|header| header.name.eq_ignore_ascii_case(MARKER)).then(|| MARKER.to_owned())
}

fn launched(choice: &ServiceChoice, command: &str, port: Option<u16>) -> Result<Service, RunError> {
    let port = port.map_or_else(free_port, Ok);
    let port = port.map_err(|fault| RunError::CouldNotRun(format!("no free port for the service: {fault}")))?;
    let launch = Launch {
        command: command.to_owned(),
        origin: Origin { tls: false, host: Ipv4Addr::LOCALHOST.to_string(), port },
        health: choice.health.clone(),
        within: choice.within,
    };
    Service::new(launch).map_err(|fault| could_not_run(&fault))
}

/// Starts the service with what it has to know of the stack.
async fn bring_up(options: &Options, stack: &Stack, service: &Service) -> Result<(), RunError> {
    let surroundings = stack.surroundings();
    surroundings.secret.iter().for_each(|(_, secret)| options.redactor.register(secret));
    let mut variables = surroundings.variables();
    if let Some(authority) = stack.authority() {
        let file = service.place("ca.pem");
        std::fs::write(&file, authority)
            .map_err(|fault| RunError::CouldNotRun(format!("{} can't be written: {fault}", file.display())))?;
        let file = file.display().to_string();
        variables.extend(super::handover::AUTHORITY_VARIABLES.map(|name| (name.to_owned(), file.clone())));
    }
    service.start(variables).await.map_err(|fault| could_not_run(&fault))
}

fn restarting(service: &Service) -> Restart {
    let service = service.clone();
    Restart::new(move || {
        let service = service.clone();
        async move { service.restart().await.map_err(|fault| fault.to_string()) }
    })
}

fn logging(service: &Service) -> LogSource {
    let output = service.output().clone();
    LogSource::new(move |at, buffer: &mut [u8]| output.read_at(at, buffer))
}

fn could_not_run(fault: &ProcessError) -> RunError {
    RunError::CouldNotRun(fault.to_string())
}

async fn start(
    options: &Options,
    contracts: &[Contract],
    clock: Clock,
    guest: Option<Guest>,
) -> Result<Stack, RunError> {
    let published = contracts.iter().filter(|contract| !contract.is_consumed());
    let stack = Stack::start(StackOptions {
        mocks: options.mocks.clone(),
        apis: published.map(|c| Api { id: c.id.clone(), openapi: c.openapi.clone() }).collect(),
        front: None,
        // Microsoft's libraries speak to issuers over TLS alone.
        tls: guest.is_some(),
        guest,
        defects: options.defects.clone(),
        clock,
        ports: Ports::default(),
        bind: IpAddr::V4(Ipv4Addr::LOCALHOST),
        dataverse_open: false,
        // What is judged is judged exactly.
        throttling: Throttling::default(),
        key_refresh: KeyRefresh::default(),
        record_traces: true,
        region: StackOptions::REGION.into(),
    });
    stack.await.map_err(stack_error)
}

/// The stack as a target; its tiers also speak plain HTTP, byte by byte.
fn target(options: &Options, stack: &Stack, clock: Clock, began: Instant) -> Target {
    let at = stack.addresses();
    let door = Door::loopback();
    let plain = |origin: &Origin| Origin { tls: false, ..origin.clone() };
    let control = Control::new(at.control.clone(), RestClient::new(&door, REST_TIMEOUT))
        .with_dataverse(at.dataverse.as_ref().map(plain));
    let gateway_key = stack.gateway_key();
    options.redactor.register(&gateway_key);
    let clients = Clients::minted(control.clone(), options.nonce.clone(), clock.clone(), options.redactor.clone());
    Target {
        name: String::new(),
        gateway: plain(&at.gateway),
        service: Some(at.service.clone()),
        health: None,
        gateway_key: Some(gateway_key),
        control: Some(control),
        clients,
        door,
        clock,
        offers: OFFERS.into(),
        service_marker: None,
        extra_headers: Headers::new(),
        keys: Keys::default(),
        redactor: options.redactor.clone(),
        began,
    }
}
