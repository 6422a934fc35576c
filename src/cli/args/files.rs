//! Arguments of commands that look at files and lists, and start nothing.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::command::{FileArgs, Format};

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
}

#[derive(Clone, Debug, Args)]
pub(in crate::cli) struct InitArgs {
    /// The OpenAPI document.
    #[arg(value_name = "OPENAPI")]
    pub(in crate::cli) document: PathBuf,
    /// Where to write; `behaviour.yaml` beside the document by default, `-`
    /// for standard output.
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
