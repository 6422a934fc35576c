//! `serve`: the embedded system until ctrl-C.

use std::path::Path;
use std::time::Duration;

use serde_json::json;

use super::args::{Format, ServeArgs, Unsupported};
use super::commands::fail;
use super::screen::{self, Screen};
use super::{interrupt, settle};
use crate::clock::{Clock, Timestamp};
use crate::policy::OnUnsupported;
use crate::report::escape;
use crate::run::{self, FrontOptions, Handover, RunError, ServeOptions, Served, Stop};
use crate::stack::Ports;
use crate::wire::Redactor;

pub(super) async fn serve(args: &ServeArgs) -> u8 {
    let stop = Stop::new();
    interrupt::watch(stop.clone());
    match start(args).await {
        Ok((served, left)) => {
            show(args, &served, left.handover.authority.as_deref());
            write_log(args, &served, &stop).await;
            let saved = served.stop(args.state.as_deref()).await;
            for file in &left.handover.files {
                // It names addresses that are gone.
                let _ = std::fs::remove_file(&file.path);
            }
            saved.map_or_else(|fault| fail(&fault, &Redactor::new()), |()| 0)
        }
        Err(fault) => fail(&fault, &Redactor::new()),
    }
}

/// How long a call may wait until it stands in the log's file, in real time.
const LOG_DELAY: Duration = Duration::from_millis(250);

/// Keeps the log's file near the last call until it is time to stop.
async fn write_log(args: &ServeArgs, served: &Served, stop: &Stop) {
    let Some(file) = &args.gateway_logs else { return stop.stopped().await };
    let mut told = false;
    loop {
        let ended = tokio::time::timeout(LOG_DELAY, stop.stopped()).await.is_ok();
        if let Err(fault) = served.flush_log()
            && !told
        {
            screen::note(&format!("{} is not whole: {fault}", file.display()));
            told = true;
        }
        if ended {
            return;
        }
    }
}

/// Files that lie there as long as the system serves.
#[derive(Debug, Default)]
struct Left {
    handover: Handover,
    /// Where nobody said where they shall lie.
    _folder: Option<tempfile::TempDir>,
}

async fn start(args: &ServeArgs) -> Result<(Served, Left), RunError> {
    let scale = args.time_scale.unwrap_or(1.0);
    if !(0.01..=settle::MAX_SCALE).contains(&scale) {
        return Err(RunError::Usage(format!("--time-scale is between 0.01 and {}", settle::MAX_SCALE)));
    }
    let now = args.now.as_deref().map(settle::instant).transpose()?.unwrap_or_else(Timestamp::system_now);
    let served = run::serve(ServeOptions {
        front: front(args),
        contracts: args.files.contracts.clone(),
        mocks: args.files.mocks.clone(),
        defects: args.defect.clone(),
        faults: settle::faults(&args.faults)?,
        clock: Clock::starting_at(now, scale),
        ports: Ports {
            issuer: args.issuer_port,
            gateway: args.gateway_port,
            service: args.service_port,
            dataverse: args.dataverse_port,
            model: args.model_port,
            trigger: args.trigger_port,
            control: args.control_port,
        },
        bind: args.bind,
        tls: args.tls,
        dataverse_open: args.dataverse_open,
        gateway: settle::gateway(args.settings.as_deref())?,
    })
    .await?;
    let logged = args.gateway_logs.as_deref().map_or(Ok(()), |file| served.log_to(file));
    let loaded = args.state.as_deref().map_or(Ok(()), |file| served.load_state(file));
    match logged.and(loaded).and_then(|()| leave(args, &served)) {
        Ok(left) => Ok((served, left)),
        Err(fault) => {
            // What was not served need not be kept.
            let _ = served.stop(None).await;
            Err(fault)
        }
    }
}

/// What stands behind the gateway, where it is somebody else's.
fn front(args: &ServeArgs) -> Option<FrontOptions> {
    let front = &args.front;
    let (Some(service), Some(policies)) = (&front.service, &front.policies) else { return None };
    Some(FrontOptions {
        service: service.clone(),
        policies: policies.clone(),
        openapi: front.openapi.clone(),
        named_values: front.named_values.clone(),
        on_unsupported: match front.unsupported {
            Unsupported::Fail => OnUnsupported::Fail,
            Unsupported::Warn => OnUnsupported::Warn,
        },
    })
}

fn leave(args: &ServeArgs, served: &Served) -> Result<Left, RunError> {
    let failed = |what: &Path, fault| RunError::CouldNotRun(format!("{} can't be written: {fault}", what.display()));
    let left = match &args.write_env {
        Some(file) => Left { handover: served.handover(file)?, _folder: None },
        None if args.tls => {
            let folder = tempfile::tempdir().map_err(|fault| failed(&std::env::temp_dir(), fault))?;
            Left { handover: served.authority(&folder.path().join("stack")), _folder: Some(folder) }
        }
        None => Left::default(),
    };
    for file in &left.handover.files {
        file.write().map_err(|fault| failed(&file.path, fault))?;
    }
    Ok(left)
}

fn show(args: &ServeArgs, served: &Served, authority: Option<&Path>) {
    let addresses = served.addresses();
    if !served.remarks().is_empty() && !args.files.quiet {
        screen::note(&escape::terminal(&format!("{}\n", served.remarks())));
    }
    if args.files.format == Format::Json {
        let mut all: serde_json::Map<String, serde_json::Value> =
            addresses.iter().map(|(name, origin)| (name.to_owned(), json!(origin.to_string()))).collect();
        if let Some(authority) = authority {
            all.insert("ca-file".to_owned(), json!(authority));
        }
        screen::result(&format!("{}\n", serde_json::Value::from(all)));
    } else {
        for (name, origin) in addresses.iter() {
            screen::result(&format!("{name:<10} {origin}\n"));
        }
        if let Some(authority) = authority {
            screen::result(&format!("{:<10} {}\n", "ca-file", authority.display()));
        }
    }
    if !args.files.quiet && Screen::new(false).on_terminal() {
        screen::note("serving; ctrl-c stops it");
    }
}
