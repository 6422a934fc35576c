//! Arguments of commands that look at files and lists, and start nothing.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::command::{FileArgs, Format};
use crate::report::compare::{Allowed, Obstacle};

#[derive(Clone, Debug, Args)]
pub(in crate::cli) struct LintArgs {
    /// Read this folder of policy documents, and nothing else but the settings.
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) policies: Option<PathBuf>,
    /// Settings file; else `seamstress.toml` here or in `.config/`.
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) settings: Option<PathBuf>,
    /// List the rules for policies and settings, and why there are such.
    #[arg(long)]
    pub(in crate::cli) rules: bool,
    #[command(flatten)]
    pub(in crate::cli) files: FileArgs,
}

/// The files whose JSON Schemas are published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum SchemaOf {
    /// `behaviour.yaml`.
    Behaviour,
    /// `run.json`, the report of a run.
    Run,
    /// `compare.json`, what came of two runs.
    Compare,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum ReportCommand {
    /// Compare two recorded runs: what became worse by more than is allowed, and
    /// by more than chance explains?
    ///
    /// Of each operation under load the latencies p50, p95, p99, p99.9 and mean
    /// and the share of failed calls. A change is a regression where its whole
    /// interval (95 %, of all figures together) lies beyond 5 % and 1 ms, of
    /// shares beyond one percentage point. An operation must be called in at
    /// least 10 seconds of both runs; minutes tell more. Exit code 0; with --gate 1 for a
    /// regression and 5 where too little can be told; 4 where both runs have no
    /// operation in common; 2 for files that can't be read.
    Compare(CompareArgs),
}

#[derive(Clone, Debug, Args)]
pub(in crate::cli) struct CompareArgs {
    /// The run to compare with: `latest`, the name or path of its folder, or its
    /// run.json.
    #[arg(value_name = "A")]
    pub(in crate::cli) a: String,
    /// The run that is judged.
    #[arg(value_name = "B")]
    pub(in crate::cli) b: String,
    /// A regression is exit code 1, too few calls 5.
    #[arg(long)]
    pub(in crate::cli) gate: bool,
    /// Allow so much more: `p99=+10%`, `mean=+5%,+2ms`, `failed=+0.5pp`,
    /// `p99.9=off`; before it where, e.g. `steady-day:*:p95=+20%`. May be
    /// repeated; of several that fit, the last holds.
    ///
    /// Of two limits for one figure both must be exceeded. What is named here
    /// must be judged: where no operation allows it, the verdict is inconclusive.
    #[arg(long, value_name = "[WHERE:]FIGURE=LIMIT")]
    pub(in crate::cli) allow: Vec<Allowed>,
    /// Judge although the runs differ in this: scale, machine, contract or
    /// generator; may be repeated.
    #[arg(long, value_name = "WHAT")]
    pub(in crate::cli) despite: Vec<Obstacle>,
    /// Folder for reports; compare.json and compare.md are written into its
    /// folder `compare`.
    #[arg(long, value_name = "DIR", default_value = "reports")]
    pub(in crate::cli) reports: PathBuf,
    /// How results are shown.
    #[arg(long, value_enum, default_value_t)]
    pub(in crate::cli) format: Format,
    /// Say only the verdict.
    #[arg(short)]
    pub(in crate::cli) quiet: bool,
}

#[derive(Clone, Debug, Args)]
pub(in crate::cli) struct InitArgs {
    /// The OpenAPI document.
    #[arg(value_name = "OPENAPI", required_unless_present_any = ["from_flow", "from_history"])]
    pub(in crate::cli) document: Option<PathBuf>,
    /// Make a scenario from exported flows instead: `Workflows/Name-GUID.json`
    /// of a solution, or rows of the table `workflow`. Give child flows with
    /// those that run them.
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with_all = ["document", "project"])]
    pub(in crate::cli) from_flow: Vec<PathBuf>,
    /// Make a scenario from what was recorded of flows instead: runs, actions and
    /// request histories as the management API answers them, rows of the table
    /// `FlowRun` (CSV or JSON), rows of a gateway's log. With --from-flow the
    /// definition says what is called, the record when.
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with_all = ["document", "project"])]
    pub(in crate::cli) from_history: Vec<PathBuf>,
    /// Folder of contracts among which the calls of flows are looked for.
    #[arg(long, value_name = "DIR", default_value = "contracts")]
    pub(in crate::cli) contracts: PathBuf,
    /// Where to write; `behaviour.yaml` beside the document by default,
    /// `scenarios/NAME.yaml` for a scenario, `-` for standard output.
    #[arg(short, long, value_name = "FILE")]
    pub(in crate::cli) output: Option<PathBuf>,
    /// Overwrite a file that is there.
    #[arg(long)]
    pub(in crate::cli) force: bool,
    /// Make a whole project in this folder instead: the contract with what the
    /// gateway adds to it, a behaviour file, policies, a tenant, a table, a
    /// scenario. Nothing is overwritten.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["output", "force"])]
    pub(in crate::cli) project: Option<PathBuf>,
    /// What the contract is called in the project; made from title and version
    /// by default.
    #[arg(long = "as", value_name = "NAME/VERSION", requires = "project")]
    pub(in crate::cli) name: Option<String>,
}

#[derive(Clone, Debug, Args)]
pub(in crate::cli) struct TablesArgs {
    /// The document: what GET `[Organization URI]/api/data/v9.2/$metadata`
    /// answers.
    #[arg(value_name = "METADATA")]
    pub(in crate::cli) document: PathBuf,
    /// These tables alone, by entity set or logical name; all without it.
    #[arg(long, value_name = "TABLE,…", value_delimiter = ',')]
    pub(in crate::cli) only: Vec<String>,
    /// The folder to write to; `-` for standard output.
    #[arg(short, long, value_name = "DIR", default_value = "mocks/dataverse")]
    pub(in crate::cli) output: PathBuf,
    /// Overwrite files that are there.
    #[arg(long)]
    pub(in crate::cli) force: bool,
}

#[derive(Clone, Debug, Args)]
pub(in crate::cli) struct PoliciesArgs {
    /// The folder, or one policy document.
    #[arg(value_name = "DIR", required_unless_present = "list")]
    pub(in crate::cli) dir: Option<PathBuf>,
    /// Tell what is claimed of each policy there is, and the documents that
    /// prove it.
    #[arg(long, conflicts_with_all = ["dir", "named_values", "effective", "quiet"])]
    pub(in crate::cli) list: bool,
    /// File of named values that the folder leaves out: `NAME: VALUE`.
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) named_values: Option<PathBuf>,
    /// Show the effective policy of an operation, each statement with its
    /// origin.
    #[arg(long, value_name = "API/OPERATION")]
    pub(in crate::cli) effective: Option<String>,
    /// By way of this product; of an open one by default.
    #[arg(long, value_name = "PRODUCT", requires = "effective")]
    pub(in crate::cli) product: Option<String>,
    /// Leave out what is simply emulated.
    #[arg(short)]
    pub(in crate::cli) quiet: bool,
    /// How results are shown.
    #[arg(long, value_enum, default_value_t)]
    pub(in crate::cli) format: TableFormat,
}

/// How a table is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum TableFormat {
    /// For people.
    #[default]
    Human,
    /// For programs.
    Json,
    /// As a page; of `--list` only.
    Markdown,
}

#[derive(Clone, Debug, Args)]
pub(in crate::cli) struct ListArgs {
    /// How results are shown.
    #[arg(long, value_enum, default_value_t)]
    pub(in crate::cli) format: Format,
}

#[derive(Clone, Debug, Args)]
pub(in crate::cli) struct ExplainArgs {
    /// The check's id, as `seamstress checks` lists it.
    pub(in crate::cli) id: String,
    /// How results are shown.
    #[arg(long, value_enum, default_value_t)]
    pub(in crate::cli) format: Format,
}
