//! The command line, as values. Nothing here acts.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::record::RecordArgs;

/// Tests the seams between flows, gateways, services and Dataverse, under
/// stress.
#[derive(Debug, Parser)]
#[command(name = "seamstress", version, about, after_help = EXIT_CODES, propagate_version = true)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 passed · 1 findings, objectives missed, NO-GO · 2 bad usage or input files · \
3 could not run · 4 nothing was executed · 5 inconclusive · 130 interrupted";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
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
    /// Measure the checks on the defects of the embedded system.
    Score(ScoreArgs),
    /// Look for faults in contracts, scenarios and policies, without running.
    Lint(LintArgs),
    /// Tell what of a folder of policies is emulated, before anything runs.
    ///
    /// The folder is laid out as `mocks/gateway` is, or as the `APIOps` extractor
    /// writes it, or it just holds policy documents. Exit code 0: everything is
    /// emulated, approximated or ignored; 1: something is not emulated, or the
    /// platform would refuse it; 2: something can't be read. What breaks a rule
    /// of the mandate is told by `seamstress lint --policies DIR`.
    Policies(PoliciesArgs),
    /// Write a first behaviour file for an OpenAPI document.
    Init(InitArgs),
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
pub(super) enum Format {
    /// For people.
    #[default]
    Human,
    /// For programs, on standard output.
    Json,
}

/// From which weight on a finding fails a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum FailOn {
    /// Broken promises.
    #[default]
    Error,
    /// What is probably wrong, too.
    Warning,
    /// What is worth knowing, too.
    Information,
}

/// Where inputs lie and how much is said.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Files and screen")]
pub(super) struct FileArgs {
    /// Folder of contracts.
    #[arg(long, value_name = "DIR", default_value = "contracts")]
    pub(super) contracts: PathBuf,
    /// Folder of scenarios.
    #[arg(long, value_name = "DIR", default_value = "scenarios")]
    pub(super) scenarios: PathBuf,
    /// Folder of the embedded system's policies and tables.
    #[arg(long, value_name = "DIR", default_value = "mocks")]
    pub(super) mocks: PathBuf,
    /// Folder for reports.
    #[arg(long, value_name = "DIR", default_value = "reports")]
    pub(super) reports: PathBuf,
    /// How results are shown.
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: Format,
    /// Say only the verdict.
    #[arg(short)]
    pub(super) quiet: bool,
    /// Say more: each case that fails as it fails, everything not checked.
    #[arg(short, long)]
    pub(super) verbose: bool,
}

/// Where calls go.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Target (without one: the embedded system)")]
pub(super) struct TargetArgs {
    /// An environment of the settings file.
    #[arg(long, value_name = "NAME")]
    pub(super) env: Option<String>,
    /// Settings file; else `seamstress.toml` here or in `.config/`.
    #[arg(long, value_name = "FILE")]
    pub(super) settings: Option<PathBuf>,
    /// Leave to run against an environment that is marked protected.
    #[arg(long)]
    pub(super) protected: bool,
    /// Switch on a defect of the embedded system; may be repeated.
    #[arg(long, value_name = "NAME")]
    pub(super) defect: Vec<String>,
    /// How fast the embedded clock runs; 20 by default.
    #[arg(long, value_name = "N")]
    pub(super) time_scale: Option<f64>,
    /// What the embedded clock shows at the start.
    #[arg(long, value_name = "RFC3339")]
    pub(super) now: Option<String>,
}

/// What is played and judged.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "What is played and judged")]
pub(super) struct SelectArgs {
    /// Seed; a new one by default, and shown.
    #[arg(long, value_name = "N")]
    pub(super) seed: Option<u64>,
    /// Nonce; a new one by default, and shown.
    #[arg(long, value_name = "TEXT")]
    pub(super) nonce: Option<String>,
    /// Cases for each contract, probes included.
    #[arg(long, value_name = "N")]
    pub(super) cases: Option<u32>,
    /// Most wall time, e.g. `80s`, `PT5M`.
    #[arg(long, value_name = "TIME")]
    pub(super) budget: Option<String>,
    /// First calls a second, instead of the scenario's.
    #[arg(long, value_name = "N")]
    pub(super) rate: Option<f64>,
    /// Cases played at once.
    #[arg(long, value_name = "N")]
    pub(super) workers: Option<usize>,
    /// Single calls only, no sequences.
    #[arg(long)]
    pub(super) payloads: bool,
    /// Judge only this check or family; may be repeated.
    #[arg(long, value_name = "CHECK")]
    pub(super) only: Vec<String>,
    /// Don't judge this check or family; may be repeated.
    #[arg(long, value_name = "CHECK")]
    pub(super) skip: Vec<String>,
    /// Inconclusive (5) where this check could not be judged; may be repeated.
    #[arg(long, value_name = "CHECK")]
    pub(super) require: Vec<String>,
    /// Fail from findings of this weight on.
    #[arg(long, value_enum, value_name = "LEVEL", default_value_t)]
    pub(super) fail_on: FailOn,
    /// Fail where less of the contracts was tried: operations, parameters,
    /// keywords, responses, rules.
    #[arg(long, value_name = "PERCENT")]
    pub(super) min_coverage: Option<f64>,
    /// Only this operation (operationId) or contract (api/version).
    #[arg(long, value_name = "NAME")]
    pub(super) operation: Option<String>,
    /// Stop after the first case or phase with a finding.
    #[arg(long)]
    pub(super) fail_fast: bool,
    /// Say what would be sent where, how much, for how long; send nothing.
    #[arg(long)]
    pub(super) dry_run: bool,
}

#[derive(Clone, Debug, Args)]
pub(super) struct RunArgs {
    #[command(flatten)]
    pub(super) files: FileArgs,
    #[command(flatten)]
    pub(super) target: TargetArgs,
    #[command(flatten)]
    pub(super) select: SelectArgs,
}

/// A plain service, without gateway or settings.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "A plain service")]
pub(super) struct PlainArgs {
    /// The plain service that the document describes.
    #[arg(long, value_name = "URL", requires = "document")]
    pub(super) url: Option<String>,
    /// The behaviour file of the document; else the one beside it, if any.
    #[arg(long, value_name = "FILE", requires = "document")]
    pub(super) behaviour: Option<PathBuf>,
    /// A header field for every request; may be repeated.
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE", requires = "url")]
    pub(super) header: Vec<String>,
    /// Environment variable that holds a bearer token.
    #[arg(long, value_name = "VAR", requires = "url")]
    pub(super) token_env: Option<String>,
    /// Environment variable with the key for a security scheme of the document
    /// (`user:password` for basic); may be repeated.
    #[arg(long, value_name = "SCHEME=VAR", requires = "url")]
    pub(super) key_env: Vec<String>,
    /// Host that may be reached beside loopback; may be repeated.
    #[arg(long, value_name = "HOST", requires = "url")]
    pub(super) allow_host: Vec<String>,
    /// Certificates in PEM whose authorities are believed beside the system's.
    #[arg(long, value_name = "FILE", requires = "url")]
    pub(super) ca_file: Option<PathBuf>,
}

#[derive(Clone, Debug, Args)]
pub(super) struct CheckArgs {
    /// A lone OpenAPI document instead of the contracts folder.
    #[arg(value_name = "OPENAPI")]
    pub(super) document: Option<PathBuf>,
    #[command(flatten)]
    pub(super) plain: PlainArgs,
    #[command(flatten)]
    pub(super) run: RunArgs,
}

#[derive(Clone, Debug, Args)]
pub(super) struct LoadArgs {
    /// Scenarios by name; all of them by default.
    #[arg(value_name = "SCENARIO")]
    pub(super) names: Vec<String>,
    #[command(flatten)]
    pub(super) run: RunArgs,
}

#[derive(Debug, Subcommand)]
pub(super) enum CapacityCommand {
    /// For one client and operation: how many calls a window admits, what a
    /// 429 says, whether its Retry-After is honest.
    Probe(ProbeArgs),
}

#[derive(Clone, Debug, Args)]
pub(super) struct ProbeArgs {
    /// The contract, `api/version`; the first with a declared rate by default.
    #[arg(value_name = "CONTRACT")]
    pub(super) contract: Option<String>,
    #[command(flatten)]
    pub(super) run: RunArgs,
}

#[derive(Clone, Debug, Args)]
pub(super) struct ReadinessArgs {
    /// The version that shall be switched off, `api/version`.
    #[arg(value_name = "API/VERSION")]
    pub(super) contract: String,
    /// Gateway rows as JSON lines: a file, or a folder of files.
    #[arg(long, value_name = "FILE|DIR")]
    pub(super) rows: Option<PathBuf>,
    /// How long nobody may have called.
    #[arg(long = "quiet", value_name = "TIME", default_value = "30d")]
    pub(super) quiet_for: String,
    #[command(flatten)]
    pub(super) run: RunArgs,
}

#[derive(Clone, Debug, Args)]
pub(super) struct ServeArgs {
    #[command(flatten)]
    pub(super) front: FrontArgs,
    /// Address to bind.
    #[arg(long, value_name = "IP", default_value = "127.0.0.1")]
    pub(super) bind: std::net::IpAddr,
    /// Port of the gateway; any free one by default.
    #[arg(long, value_name = "PORT", default_value_t)]
    pub(super) gateway_port: u16,
    /// Port of the service.
    #[arg(long, value_name = "PORT", default_value_t)]
    pub(super) service_port: u16,
    /// Port of the mocked Dataverse.
    #[arg(long, value_name = "PORT", default_value_t)]
    pub(super) dataverse_port: u16,
    /// Port of the stubbed model.
    #[arg(long, value_name = "PORT", default_value_t)]
    pub(super) model_port: u16,
    /// Port of the flow's trigger.
    #[arg(long, value_name = "PORT", default_value_t)]
    pub(super) trigger_port: u16,
    /// Port of the issuer.
    #[arg(long, value_name = "PORT", default_value_t)]
    pub(super) issuer_port: u16,
    /// Port of the control surface.
    #[arg(long, value_name = "PORT", default_value_t)]
    pub(super) control_port: u16,
    /// Speak https as well, issuer and gateway, under an authority that is
    /// made at start; its certificate lies beside the file of `--write-env`.
    #[arg(long)]
    pub(super) tls: bool,
    /// Write the settings with which the other commands take it as their
    /// target: `--settings FILE --env stack`.
    #[arg(long, value_name = "FILE")]
    pub(super) write_env: Option<PathBuf>,
    /// The settings file, whose `[gateway]` says how the gateway behaves;
    /// seamstress.toml or .config/seamstress.toml by default.
    #[arg(long, value_name = "FILE")]
    pub(super) settings: Option<PathBuf>,
    /// Write the gateway's log there as it comes: one JSON line a call, in the
    /// shape of `ApiManagementGatewayLogs`.
    #[arg(long, value_name = "FILE")]
    pub(super) gateway_logs: Option<PathBuf>,
    /// Switch on a defect; may be repeated.
    #[arg(long, value_name = "NAME")]
    pub(super) defect: Vec<String>,
    /// How fast the clock runs; 1 by default.
    #[arg(long, value_name = "N")]
    pub(super) time_scale: Option<f64>,
    /// What the clock shows at the start; the system's time by default.
    #[arg(long, value_name = "RFC3339")]
    pub(super) now: Option<String>,
    #[command(flatten)]
    pub(super) files: FileArgs,
}

#[derive(Clone, Debug, Args)]
pub(super) struct ReplayArgs {
    /// The case, as a finding shows it.
    #[arg(value_name = "CASE", required_unless_present = "finding", conflicts_with = "finding")]
    pub(super) case: Option<String>,
    /// The case of a finding, by its fingerprint or the beginning of it.
    #[arg(long, value_name = "FINGERPRINT")]
    pub(super) finding: Option<String>,
    /// The recorded run that it is compared with.
    #[arg(long, value_name = "FILE", default_value = "reports/latest/run.json")]
    pub(super) report: PathBuf,
    /// How often it is played.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(super) times: u32,
    /// A lone OpenAPI document instead of the contracts folder.
    #[arg(long, value_name = "OPENAPI")]
    pub(super) document: Option<PathBuf>,
    #[command(flatten)]
    pub(super) plain: PlainArgs,
    #[command(flatten)]
    pub(super) run: RunArgs,
}

#[derive(Clone, Debug, Args)]
pub(super) struct ScoreArgs {
    /// How many seeds, counted up from `--seed`.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) seeds: u32,
    /// How many runs on the right system; as many as seeds by default.
    #[arg(long, value_name = "N")]
    pub(super) clean: Option<u32>,
    /// Don't end a run once its defect is found, so that every check has its
    /// say.
    #[arg(long)]
    pub(super) complete: bool,
    #[command(flatten)]
    pub(super) run: RunArgs,
}

#[derive(Clone, Debug, Args)]
pub(super) struct LintArgs {
    /// Read this folder of policy documents, and nothing else but the settings.
    #[arg(long, value_name = "DIR")]
    pub(super) policies: Option<PathBuf>,
    /// Settings file; else `seamstress.toml` here or in `.config/`.
    #[arg(long, value_name = "FILE")]
    pub(super) settings: Option<PathBuf>,
    /// List the rules for policies and settings, and why there are such.
    #[arg(long)]
    pub(super) rules: bool,
    #[command(flatten)]
    pub(super) files: FileArgs,
}

/// The files whose JSON Schemas are published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum SchemaOf {
    /// `behaviour.yaml`.
    Behaviour,
    /// `run.json`, the report of a run.
    Run,
}

#[derive(Clone, Debug, Args)]
pub(super) struct InitArgs {
    /// The OpenAPI document.
    #[arg(value_name = "OPENAPI")]
    pub(super) document: PathBuf,
    /// Where to write; `behaviour.yaml` beside the document by default, `-`
    /// for standard output.
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    /// Overwrite a file that is there.
    #[arg(long)]
    pub(super) force: bool,
}

/// Somebody else's service behind the gateway.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "A service of your own (without one: the embedded system)")]
pub(super) struct FrontArgs {
    /// Base URL of the service that the gateway stands before.
    #[arg(long, value_name = "URL", requires = "policies")]
    pub(super) service: Option<String>,
    /// Folder of policies: as `mocks/gateway` is, or as the `APIOps` extractor
    /// writes it.
    #[arg(long, value_name = "DIR", requires = "service")]
    pub(super) policies: Option<PathBuf>,
    /// What is published: an OpenAPI document, `API=FILE`, or a folder of
    /// contracts; may be repeated. By default what lies in the folder of
    /// policies, else the contracts.
    #[arg(long, value_name = "FILE|DIR", requires = "service")]
    pub(super) openapi: Vec<String>,
    /// File of named values and keys that the folder leaves out: `NAME: VALUE`,
    /// `subscriptions/ID: KEY`.
    #[arg(long, value_name = "FILE", requires = "service")]
    pub(super) named_values: Option<PathBuf>,
    /// What happens where something is not emulated: `fail`, or `warn` and go
    /// on without it; calls that reach a policy which is there to refuse them,
    /// and is not emulated, get 500.
    #[arg(long, value_enum, default_value_t, requires = "service")]
    pub(super) unsupported: Unsupported,
}

/// What happens where something is not emulated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Unsupported {
    /// It is an error.
    #[default]
    Fail,
    /// It is a warning, and the policy does nothing, or refuses each call.
    Warn,
}

#[derive(Clone, Debug, Args)]
pub(super) struct PoliciesArgs {
    /// The folder, or one policy document.
    #[arg(value_name = "DIR", required_unless_present = "list")]
    pub(super) dir: Option<PathBuf>,
    /// Tell what is claimed of each policy there is, and the documents that
    /// prove it.
    #[arg(long, conflicts_with_all = ["dir", "named_values", "effective", "quiet"])]
    pub(super) list: bool,
    /// File of named values that the folder leaves out: `NAME: VALUE`.
    #[arg(long, value_name = "FILE")]
    pub(super) named_values: Option<PathBuf>,
    /// Show the effective policy of an operation, each statement with its
    /// origin.
    #[arg(long, value_name = "API/OPERATION")]
    pub(super) effective: Option<String>,
    /// By way of this product; of an open one by default.
    #[arg(long, value_name = "PRODUCT", requires = "effective")]
    pub(super) product: Option<String>,
    /// Leave out what is simply emulated.
    #[arg(short)]
    pub(super) quiet: bool,
    /// How results are shown.
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: TableFormat,
}

/// How a table is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum TableFormat {
    /// For people.
    #[default]
    Human,
    /// For programs.
    Json,
    /// As a page; of `--list` only.
    Markdown,
}

#[derive(Clone, Debug, Args)]
pub(super) struct ListArgs {
    /// How results are shown.
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: Format,
}

#[derive(Clone, Debug, Args)]
pub(super) struct ExplainArgs {
    /// The check's id, as `seamstress checks` lists it.
    pub(super) id: String,
    /// How results are shown.
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: Format,
}
