//! The command line, as values. Nothing here acts.

mod command;
mod files;
mod play;
mod serve;

pub(super) use command::{Cli, Command, FaultArgs, FileArgs, Format, ServiceArgs, TargetArgs};
pub(super) use files::{
    CompareArgs, ExplainArgs, InitArgs, LintArgs, ListArgs, PoliciesArgs, ReportCommand, SchemaOf, TableFormat,
    TablesArgs,
};
pub(super) use play::{
    CapacityCommand, CheckArgs, FailOn, PlainArgs, ProbeArgs, ReadinessArgs, ReplayArgs, RunArgs, ScoreArgs, SelectArgs,
};
pub(super) use serve::{ServeArgs, Unsupported};
