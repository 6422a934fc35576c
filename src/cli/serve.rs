//! `serve`: the embedded system until ctrl-C.

use std::path::Path;

use serde_json::json;

use super::args::{Format, ServeArgs};
use super::commands::fail;
use super::screen::{self, Screen};
use super::{interrupt, settle};
use crate::clock::{Clock, Timestamp};
use crate::run::{self, RunError, ServeOptions, Served, Stop};
use crate::stack::Ports;
use crate::wire::Redactor;

pub(super) async fn serve(args: &ServeArgs) -> u8 {
    let stop = Stop::new();
    interrupt::watch(stop.clone());
    match start(args).await {
        Ok(served) => {
            show(args, &served);
            stop.stopped().await;
            served.stop().await;
            if let Some(file) = &args.write_env {
                // The settings name addresses that are gone.
                let _ = std::fs::remove_file(file);
            }
            0
        }
        Err(fault) => fail(&fault, &Redactor::new()),
    }
}

async fn start(args: &ServeArgs) -> Result<Served, RunError> {
    let scale = args.time_scale.unwrap_or(1.0);
    if !(0.01..=settle::MAX_SCALE).contains(&scale) {
        return Err(RunError::Usage(format!("--time-scale is between 0.01 and {}", settle::MAX_SCALE)));
    }
    let now = args.now.as_deref().map(settle::instant).transpose()?.unwrap_or_else(Timestamp::system_now);
    let served = run::serve(ServeOptions {
        contracts: args.files.contracts.clone(),
        mocks: args.files.mocks.clone(),
        defects: args.defect.clone(),
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
    })
    .await?;
    if let Some(file) = &args.write_env
        && let Err(fault) = write(file, &served.environment())
    {
        served.stop().await;
        return Err(RunError::CouldNotRun(format!("{} can't be written: {fault}", file.display())));
    }
    Ok(served)
}

/// Written under another name and renamed: whoever waits for the file finds it
/// whole.
fn write(file: &Path, text: &str) -> std::io::Result<()> {
    let mut name = file.as_os_str().to_owned();
    name.push(".new");
    std::fs::write(&name, text)?;
    std::fs::rename(&name, file)
}

fn show(args: &ServeArgs, served: &Served) {
    let addresses = served.addresses();
    if args.files.format == Format::Json {
        let all: serde_json::Map<String, serde_json::Value> =
            addresses.iter().map(|(name, origin)| (name.to_owned(), json!(origin.to_string()))).collect();
        screen::result(&format!("{}\n", serde_json::Value::from(all)));
    } else {
        for (name, origin) in addresses.iter() {
            screen::result(&format!("{name:<10} {origin}\n"));
        }
    }
    if !args.files.quiet && Screen::new(false).on_terminal() {
        screen::note("serving; ctrl-c stops it");
    }
}
