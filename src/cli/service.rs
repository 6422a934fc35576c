//! From the arguments of `--service-cmd` and `--service` to a settled choice.

use std::time::Duration;

use super::args::ServiceArgs;
use super::{screen, settle};
use crate::door::Origin;
use crate::run::{DEFAULT_HEALTH, RunError, ServiceChoice, ServiceFrom};

/// How long a service may take until it is well, in real time.
const WITHIN: Duration = Duration::from_mins(1);

/// The same where a person starts it.
const WITHIN_BY_HAND: Duration = Duration::from_mins(10);

/// The service that was asked for; `None`: our own.
pub(super) fn choice(args: &ServiceArgs) -> Result<Option<ServiceChoice>, RunError> {
    let from = match (&args.service_cmd, &args.service) {
        (Some(command), _) if command.trim().is_empty() => {
            return Err(RunError::Usage(
                "--service-cmd is empty: give the command that starts your service".to_owned(),
            ));
        }
        (Some(command), _) => ServiceFrom::Command { command: command.clone(), port: args.service_port },
        (None, Some(url)) => ServiceFrom::Url { origin: origin(url)?, variables: args.service_env.clone() },
        (None, None) => return unused(args),
    };
    let health = args.service_health.clone().unwrap_or_else(|| DEFAULT_HEALTH.to_owned());
    if !health.starts_with('/') {
        return Err(RunError::Usage(format!("--service-health {health} is no path: expected one that begins with /")));
    }
    let within = args.service_within.as_deref().map(|text| settle::span("--service-within", text)).transpose()?;
    let usual = if args.service_env.is_some() { WITHIN_BY_HAND } else { WITHIN };
    if let ServiceFrom::Url { origin, variables: Some(file) } = &from {
        screen::note(&format!("start your service at {origin} with the variables of {}", file.display()));
    }
    let (within, marker) = (within.unwrap_or(usual), args.service_marker.clone());
    Ok(Some(ServiceChoice { from, health, within, marker }))
}

/// Flags that say something of a service that nobody named.
fn unused(args: &ServiceArgs) -> Result<Option<ServiceChoice>, RunError> {
    let given = [
        ("--service-health", args.service_health.is_some()),
        ("--service-within", args.service_within.is_some()),
        ("--service-marker", args.service_marker.is_some()),
    ];
    match given.iter().find(|(_, given)| *given) {
        Some((flag, _)) => Err(RunError::Usage(format!(
            "{flag} says something of your service: name it with --service-cmd COMMAND or --service URL"
        ))),
        None => Ok(None),
    }
}

/// The service's base URL; paths come from the contracts.
fn origin(url: &str) -> Result<Origin, RunError> {
    let bare = url::Url::parse(url).is_ok_and(|url| url.path() == "/" && url.query().is_none());
    Origin::parse(url).filter(|_| bare).ok_or_else(|| {
        RunError::Usage(format!(
            "--service {url}: expected scheme, host and port, e.g. http://127.0.0.1:8000; paths come from the contracts"
        ))
    })
}
