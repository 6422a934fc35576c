//! Arguments of `serve`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::command::{FaultArgs, FileArgs};

#[derive(Clone, Debug, Args)]
pub(in crate::cli) struct ServeArgs {
    #[command(flatten)]
    pub(in crate::cli) front: FrontArgs,
    /// Address to bind.
    #[arg(long, value_name = "IP", default_value = "127.0.0.1")]
    pub(in crate::cli) bind: std::net::IpAddr,
    /// Port of the gateway; any free one by default.
    #[arg(long, value_name = "PORT", default_value_t)]
    pub(in crate::cli) gateway_port: u16,
    /// Port of the service.
    #[arg(long, value_name = "PORT", default_value_t)]
    pub(in crate::cli) service_port: u16,
    /// Port of the mocked Dataverse.
    #[arg(long, value_name = "PORT", default_value_t)]
    pub(in crate::cli) dataverse_port: u16,
    /// Port of the stubbed model.
    #[arg(long, value_name = "PORT", default_value_t)]
    pub(in crate::cli) model_port: u16,
    /// Port of the flow's trigger.
    #[arg(long, value_name = "PORT", default_value_t)]
    pub(in crate::cli) trigger_port: u16,
    /// Port of the issuer.
    #[arg(long, value_name = "PORT", default_value_t)]
    pub(in crate::cli) issuer_port: u16,
    /// Port of the control surface.
    #[arg(long, value_name = "PORT", default_value_t)]
    pub(in crate::cli) control_port: u16,
    /// Speak https as well, issuer, gateway and Dataverse, under an authority
    /// that is made at start; its certificate lies beside the file of
    /// `--write-env`.
    #[arg(long)]
    pub(in crate::cli) tls: bool,
    /// Let every client with a token into the mocked Dataverse, whatever its
    /// `ways_in` say: for clients that are tried by hand.
    #[arg(long, conflicts_with = "service")]
    pub(in crate::cli) dataverse_open: bool,
    /// Write the settings with which the other commands take it as their
    /// target: `--settings FILE --env stack`.
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) write_env: Option<PathBuf>,
    /// The settings file, whose `[gateway]` says how the gateway behaves;
    /// seamstress.toml or .config/seamstress.toml by default.
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) settings: Option<PathBuf>,
    /// Write the gateway's log there as it comes: one JSON line a call, in the
    /// shape of `ApiManagementGatewayLogs`.
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) gateway_logs: Option<PathBuf>,
    /// Keep what the mocked Dataverse holds there between runs (rows, links,
    /// files of columns, changes of tables): read at the
    /// start where there is such a file, written at the end.
    #[arg(long, value_name = "FILE", conflicts_with = "service")]
    pub(in crate::cli) state: Option<PathBuf>,
    /// Switch on a defect; may be repeated.
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) defect: Vec<String>,
    #[command(flatten)]
    pub(in crate::cli) faults: FaultArgs,
    /// How fast the clock runs; 1 by default.
    #[arg(long, value_name = "N")]
    pub(in crate::cli) time_scale: Option<f64>,
    /// What the clock shows at the start; the system's time by default.
    #[arg(long, value_name = "RFC3339")]
    pub(in crate::cli) now: Option<String>,
    #[command(flatten)]
    pub(in crate::cli) files: FileArgs,
}

/// Somebody else's service behind the gateway.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "A service of your own (without one: the embedded system)")]
pub(in crate::cli) struct FrontArgs {
    /// Base URL of the service that the gateway stands before.
    #[arg(long, value_name = "URL", requires = "policies")]
    pub(in crate::cli) service: Option<String>,
    /// Folder of policies: as `mocks/gateway` is, or as the `APIOps` extractor
    /// writes it.
    #[arg(long, value_name = "DIR", requires = "service")]
    pub(in crate::cli) policies: Option<PathBuf>,
    /// What is published: an OpenAPI document, `API=FILE`, or a folder of
    /// contracts; may be repeated. By default what lies in the folder of
    /// policies, else the contracts.
    #[arg(long, value_name = "FILE|DIR", requires = "service")]
    pub(in crate::cli) openapi: Vec<String>,
    /// File of named values and keys that the folder leaves out: `NAME: VALUE`,
    /// `subscriptions/ID: KEY`.
    #[arg(long, value_name = "FILE", requires = "service")]
    pub(in crate::cli) named_values: Option<PathBuf>,
    /// What happens where something is not emulated: `fail`, or `warn` and go
    /// on without it; calls that reach a policy which is there to refuse them,
    /// and is not emulated, get 500.
    #[arg(long, value_enum, default_value_t, requires = "service")]
    pub(in crate::cli) unsupported: Unsupported,
}

/// What happens where something is not emulated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Unsupported {
    /// It is an error.
    #[default]
    Fail,
    /// It is a warning, and the policy does nothing, or refuses each call.
    Warn,
}
