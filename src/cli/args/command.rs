//! The commands, and what several of them share.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::files::{ExplainArgs, InitArgs, LintArgs, ListArgs, PoliciesArgs, ReportCommand, SchemaOf, TablesArgs};
use super::play::{CapacityCommand, CheckArgs, LoadArgs, ReadinessArgs, ReplayArgs, RunArgs, ScoreArgs};
use super::serve::ServeArgs;
use crate::cli::record::RecordArgs;

/// Tests the seams between flows, gateways, services and Dataverse, under
/// stress.
#[derive(Debug, Parser)]
#[command(name = "seamstress", version, about, after_help = EXIT_CODES, propagate_version = true)]
pub(in crate::cli) struct Cli {
    #[command(subcommand)]
    pub(in crate::cli) command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 passed · 1 findings, objectives missed, NO-GO · 2 bad usage or input files · \
3 could not run · 4 nothing was executed · 5 inconclusive · 130 interrupted";

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Command {
    /// Judge a release: lint, cases, every scenario tagged `gate`, objectives.
    Gate(RunArgs),
    /// Play generated cases and sequences, without load.
    Check(CheckArgs),
    /// Run scenarios, with every oracle on.
    Load(LoadArgs),
    /// Find out what a gateway really admits.
    #[command(subcommand)]
    Capacity(CapacityCommand),
    /// Can this version be switched off?
    Readiness(ReadinessArgs),
    /// Record what a frozen version answers; `check` compares.
    ///
    /// Plays a fixed set of single calls, each twice, and writes
    /// `recorded.json` beside the behaviour file. Without --seed it takes the
    /// seed of the record that is there, else 1. A record that says something
    /// else is shown and kept (exit code 1); --force overwrites it.
    Record(RecordArgs),
    /// Run the embedded system alone: issuer, gateway, service, Dataverse.
    Serve(ServeArgs),
    /// Play one case again.
    Replay(ReplayArgs),
    /// Measure the checks on the defects of the embedded system, or of a service
    /// of yours.
    Score(ScoreArgs),
    /// Look again at recorded runs.
    #[command(subcommand)]
    Report(ReportCommand),
    /// Look for faults in contracts, scenarios, policies and tables, without
    /// running.
    Lint(LintArgs),
    /// Tell what of a folder of policies is emulated, before anything runs.
    ///
    /// The folder is laid out as `mocks/gateway` is, or as the `APIOps` extractor
    /// writes it, or it just holds policy documents. Exit code 0: everything is
    /// emulated, approximated or ignored; 1: something is not emulated, or the
    /// platform would refuse it; 2: something can't be read. What breaks a rule
    /// of the mandate is told by `seamstress lint --policies DIR`.
    Policies(PoliciesArgs),
    /// Write a first behaviour file for an OpenAPI document; or a project around
    /// it; or a scenario from exported flows.
    Init(InitArgs),
    /// Write tables of the mocked Dataverse from a `$metadata` document.
    ///
    /// A YAML file for each table, named after its entity set, to be edited:
    /// rows, choices, ranges and rules of duplicates are not in the document.
    /// Lookups lead to tables that are written with them or are in the folder
    /// already; the others are left out, and each file says which. Where a table
    /// is there already nothing is written at all (exit code 2).
    Tables(TablesArgs),
    /// Print the JSON Schema of a file, for editors and programs.
    Schema {
        /// Of which file.
        #[arg(value_enum)]
        of: SchemaOf,
    },
    /// List all checks.
    Checks(ListArgs),
    /// Explain one check.
    Explain(ExplainArgs),
    /// List the defects that `--defect` can switch on in the embedded system.
    Defects(ListArgs),
    /// Write a completion script for a shell.
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
}

/// How results are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Format {
    /// For people.
    #[default]
    Human,
    /// For programs, on standard output.
    Json,
}

/// Where inputs lie and how much is said.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Files and screen")]
pub(in crate::cli) struct FileArgs {
    /// Folder of contracts.
    #[arg(long, value_name = "DIR", default_value = "contracts")]
    pub(in crate::cli) contracts: PathBuf,
    /// Folder of scenarios.
    #[arg(long, value_name = "DIR", default_value = "scenarios")]
    pub(in crate::cli) scenarios: PathBuf,
    /// Folder of the embedded system's policies and tables.
    #[arg(long, value_name = "DIR", default_value = "mocks")]
    pub(in crate::cli) mocks: PathBuf,
    /// Folder for reports.
    #[arg(long, value_name = "DIR", default_value = "reports")]
    pub(in crate::cli) reports: PathBuf,
    /// How results are shown.
    #[arg(long, value_enum, default_value_t)]
    pub(in crate::cli) format: Format,
    /// Say only the verdict.
    #[arg(short)]
    pub(in crate::cli) quiet: bool,
    /// Say more: each case that fails as it fails, everything not checked.
    #[arg(short, long)]
    pub(in crate::cli) verbose: bool,
}

/// Faults of the mocked Dataverse, the model and the trigger.
#[derive(Clone, Debug, Default, Args)]
pub(in crate::cli) struct FaultArgs {
    /// Inject a fault, e.g. `deadlock,table=accounts,share=10%,times=20`; may
    /// be repeated.
    ///
    /// First what goes wrong: an error by its name (deadlock, `sql_timeout`,
    /// `duplicate_key`, …), `throttled`, `storm`, `unavailable`, `flapping`,
    /// `latency`, `reset`, `answer_lost`, `commit_later`, `half_body`,
    /// `slow_body`, `stale_read`, `stuck_cookie`, …; a wrong name is answered
    /// with all of them. Then for which requests: table, operation, method,
    /// principal, correlation, share, every, after, times, from, until.
    #[arg(long, value_name = "KIND[,NAME=VALUE…]")]
    pub(in crate::cli) fault: Vec<String>,
}

/// Where calls go.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Target (without one: the embedded system)")]
pub(in crate::cli) struct TargetArgs {
    /// An environment of the settings file.
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) env: Option<String>,
    /// Settings file; else `seamstress.toml` here or in `.config/`.
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) settings: Option<PathBuf>,
    /// Leave to run against an environment that is marked protected.
    #[arg(long)]
    pub(in crate::cli) protected: bool,
    #[command(flatten)]
    pub(in crate::cli) service: ServiceArgs,
    /// Switch on a defect of the embedded system; may be repeated.
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) defect: Vec<String>,
    #[command(flatten)]
    pub(in crate::cli) faults: FaultArgs,
    /// How fast the embedded clock runs; 20 by default.
    #[arg(long, value_name = "N")]
    pub(in crate::cli) time_scale: Option<f64>,
    /// What the embedded clock shows at the start.
    #[arg(long, value_name = "RFC3339")]
    pub(in crate::cli) now: Option<String>,
}

/// A service of the user's in the embedded system.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "A service of your own in the embedded system")]
pub(in crate::cli) struct ServiceArgs {
    /// Start your service with this command line (for `sh`), put the embedded
    /// gateway before it, and stop it at the end.
    ///
    /// It finds HOST and PORT to listen on in its environment, and the addresses
    /// of issuer, gateway, Dataverse, model and trigger: `seamstress help` and
    /// README.md list the variables.
    #[arg(long, value_name = "COMMAND", conflicts_with_all = ["env", "service"])]
    pub(in crate::cli) service_cmd: Option<String>,
    /// Put the embedded gateway before a service that runs already.
    #[arg(long, value_name = "URL", conflicts_with = "env")]
    pub(in crate::cli) service: Option<String>,
    /// Write the variables that your service needs to this file first, and wait
    /// until somebody has started it with them: in a debugger, in a container.
    #[arg(long, value_name = "FILE", requires = "service")]
    pub(in crate::cli) service_env: Option<PathBuf>,
    /// The port for `--service-cmd`; any free one by default.
    #[arg(long, value_name = "PORT", requires = "service_cmd", value_parser = clap::value_parser!(u16).range(1..))]
    pub(in crate::cli) service_port: Option<u16>,
    /// The path that your service answers with 2xx when it is well; /health by
    /// default.
    #[arg(long, value_name = "PATH")]
    pub(in crate::cli) service_health: Option<String>,
    /// How long it may take until it does; 60 s by default, 10 min with
    /// --service-env.
    #[arg(long, value_name = "TIME")]
    pub(in crate::cli) service_within: Option<String>,
    /// A header field that only your service's answers carry, by which they are
    /// told from the gateway's; X-Served-By where a contract declares it.
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) service_marker: Option<String>,
}
