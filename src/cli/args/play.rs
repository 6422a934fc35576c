//! Arguments of commands that play and judge.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::command::{FileArgs, TargetArgs};

/// From which weight on a finding fails a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum FailOn {
    /// Broken promises.
    #[default]
    Error,
    /// What is probably wrong, too.
    Warning,
    /// What is worth knowing, too.
    Information,
}

/// What is played and judged.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "What is played and judged")]
pub(in crate::cli) struct SelectArgs {
    /// Seed; a new one by default, and shown.
    #[arg(long, value_name = "N")]
    pub(in crate::cli) seed: Option<u64>,
    /// Nonce; a new one by default, and shown.
    #[arg(long, value_name = "TEXT")]
    pub(in crate::cli) nonce: Option<String>,
    /// Cases for each contract, probes included.
    #[arg(long, value_name = "N")]
    pub(in crate::cli) cases: Option<u32>,
    /// Most wall time, e.g. `80s`, `PT5M`; in a score, of each of its runs.
    #[arg(long, value_name = "TIME")]
    pub(in crate::cli) budget: Option<String>,
    /// First calls a second, instead of the scenario's.
    #[arg(long, value_name = "N")]
    pub(in crate::cli) rate: Option<f64>,
    /// Cases played at once.
    #[arg(long, value_name = "N")]
    pub(in crate::cli) workers: Option<usize>,
    /// Single calls only, no sequences.
    #[arg(long)]
    pub(in crate::cli) payloads: bool,
    /// Judge only this check or family; may be repeated.
    #[arg(long, value_name = "CHECK")]
    pub(in crate::cli) only: Vec<String>,
    /// Don't judge this check or family; may be repeated.
    #[arg(long, value_name = "CHECK")]
    pub(in crate::cli) skip: Vec<String>,
    /// Inconclusive (5) where this check could not be judged; may be repeated.
    #[arg(long, value_name = "CHECK")]
    pub(in crate::cli) require: Vec<String>,
    /// Fail from findings of this weight on.
    #[arg(long, value_enum, value_name = "LEVEL", default_value_t)]
    pub(in crate::cli) fail_on: FailOn,
    /// Fail where less of the contracts was tried: operations, parameters,
    /// keywords, responses, rules.
    #[arg(long, value_name = "PERCENT")]
    pub(in crate::cli) min_coverage: Option<f64>,
    /// Only this operation (operationId) or contract (api/version).
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) operation: Option<String>,
    /// Stop after the first case or phase with a finding.
    #[arg(long)]
    pub(in crate::cli) fail_fast: bool,
    /// Say what would be sent where, how much, for how long; send nothing.
    #[arg(long)]
    pub(in crate::cli) dry_run: bool,
}

#[derive(Clone, Debug, Args)]
pub(in crate::cli) struct RunArgs {
    #[command(flatten)]
    pub(in crate::cli) files: FileArgs,
    #[command(flatten)]
    pub(in crate::cli) target: TargetArgs,
    #[command(flatten)]
    pub(in crate::cli) select: SelectArgs,
}

/// A plain service, without gateway or settings.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "A plain service")]
pub(in crate::cli) struct PlainArgs {
    /// The plain service that the document describes.
    #[arg(long, value_name = "URL", requires = "document")]
    pub(in crate::cli) url: Option<String>,
    /// The behaviour file of the document; else the one beside it, if any.
    #[arg(long, value_name = "FILE", requires = "document")]
    pub(in crate::cli) behaviour: Option<PathBuf>,
    /// A header field for every request; may be repeated.
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE", requires = "url")]
    pub(in crate::cli) header: Vec<String>,
    /// Environment variable that holds a bearer token.
    #[arg(long, value_name = "VAR", requires = "url")]
    pub(in crate::cli) token_env: Option<String>,
    /// Environment variable with the key for a security scheme of the document
    /// (`user:password` for basic); may be repeated.
    #[arg(long, value_name = "SCHEME=VAR", requires = "url")]
    pub(in crate::cli) key_env: Vec<String>,
    /// Host that may be reached beside loopback; may be repeated.
    #[arg(long, value_name = "HOST", requires = "url")]
    pub(in crate::cli) allow_host: Vec<String>,
    /// Certificates in PEM whose authorities are believed beside the system's.
    #[arg(long, value_name = "FILE", requires = "url")]
    pub(in crate::cli) ca_file: Option<PathBuf>,
}

#[derive(Clone, Debug, Args)]
pub(in crate::cli) struct CheckArgs {
    /// A lone OpenAPI document instead of the contracts folder.
    #[arg(value_name = "OPENAPI")]
    pub(in crate::cli) document: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) plain: PlainArgs,
    #[command(flatten)]
    pub(in crate::cli) run: RunArgs,
}

#[derive(Clone, Debug, Args)]
pub(in crate::cli) struct LoadArgs {
    /// Scenarios by name; all of them by default.
    #[arg(value_name = "SCENARIO")]
    pub(in crate::cli) names: Vec<String>,
    #[command(flatten)]
    pub(in crate::cli) run: RunArgs,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum CapacityCommand {
    /// For one client and operation: how many calls a window admits, what a
    /// 429 says, whether its Retry-After is honest.
    Probe(ProbeArgs),
}

#[derive(Clone, Debug, Args)]
pub(in crate::cli) struct ProbeArgs {
    /// The contract, `api/version`; the first with a declared rate by default.
    #[arg(value_name = "CONTRACT")]
    pub(in crate::cli) contract: Option<String>,
    #[command(flatten)]
    pub(in crate::cli) run: RunArgs,
}

#[derive(Clone, Debug, Args)]
pub(in crate::cli) struct ReadinessArgs {
    /// The version that shall be switched off, `api/version`.
    #[arg(value_name = "API/VERSION")]
    pub(in crate::cli) contract: String,
    /// Gateway rows as JSON lines: a file, or a folder of files.
    #[arg(long, value_name = "FILE|DIR")]
    pub(in crate::cli) rows: Option<PathBuf>,
    /// How long nobody may have called.
    #[arg(long = "quiet", value_name = "TIME", default_value = "30d")]
    pub(in crate::cli) quiet_for: String,
    #[command(flatten)]
    pub(in crate::cli) run: RunArgs,
}

#[derive(Clone, Debug, Args)]
pub(in crate::cli) struct ReplayArgs {
    /// The case, as a finding shows it.
    #[arg(value_name = "CASE", required_unless_present = "finding", conflicts_with = "finding")]
    pub(in crate::cli) case: Option<String>,
    /// The case of a finding, by its fingerprint or the beginning of it.
    #[arg(long, value_name = "FINGERPRINT")]
    pub(in crate::cli) finding: Option<String>,
    /// The recorded run that it is compared with.
    #[arg(long, value_name = "FILE", default_value = "reports/latest/run.json")]
    pub(in crate::cli) report: PathBuf,
    /// How often it is played.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(in crate::cli) times: u32,
    /// A lone OpenAPI document instead of the contracts folder.
    #[arg(long, value_name = "OPENAPI")]
    pub(in crate::cli) document: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) plain: PlainArgs,
    #[command(flatten)]
    pub(in crate::cli) run: RunArgs,
}

#[derive(Clone, Debug, Args)]
pub(in crate::cli) struct ScoreArgs {
    /// How many seeds, counted up from `--seed`.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub(in crate::cli) seeds: u32,
    /// How many runs on the right system; as many as seeds by default.
    #[arg(long, value_name = "N")]
    pub(in crate::cli) clean: Option<u32>,
    /// Don't end a run once its defect is found, so that every check has its
    /// say.
    #[arg(long)]
    pub(in crate::cli) complete: bool,
    /// The defects of your service, with --service-cmd: it is started with each
    /// of them in `SEAMSTRESS_DEFECT`.
    ///
    /// A YAML file: `format: seamstress/defects/1`, and under `defects` for
    /// each its `name`, the `family` of the checks that must speak of it, and
    /// what it `tells`.
    #[arg(long, value_name = "FILE", verbatim_doc_comment)]
    pub(in crate::cli) defects: Option<std::path::PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) run: RunArgs,
}
