//! The conductor: it opens the target, plays cases and scenarios, has them
//! judged, reproduces what failed, and ends with a recorded run.
//!
//! In: settled [`Options`]. Out: a [`report::Run`](crate::report::Run), or why
//! there is none. The one place that knows every room; it prints nothing, and
//! only `cli` imports it.

mod cases;
mod chain;
mod conclude;
mod data_calls;
mod differential;
mod embedded;
mod error;
mod facts;
mod faults;
mod finish;
mod front;
mod gate;
mod gateway_settings;
mod guest;
mod handover;
mod inputs;
mod ledger;
mod open;
mod options;
mod outline;
mod partial;
mod phases;
mod play;
mod policies;
mod pools;
mod probe;
mod progress;
mod queue;
mod readiness;
mod record;
mod replay;
mod reproduce;
mod score;
mod security;
mod serve;
mod session;
mod shrink;
mod stop;
mod systems;
mod traces;

pub use crate::policy::{Claim as PolicyClaim, RULES as LINT_RULES, Rule as LintRule, claims as policy_claims};
pub use crate::stack::dataverse::{TableFile, tables_of};
pub use error::RunError;
pub use front::FrontOptions;
pub use gate::{Play, judge};
pub use handover::{HandedOver, Handover};
pub use inputs::{lint, lint_policies};
pub use options::{DEFAULT_HEALTH, Options, SchemeKey, ServiceChoice, ServiceFrom, TargetChoice};
pub use outline::{outline, outline_probe, outline_readiness, outline_replay};
pub use policies::{Compatibility, Counts, Holds, PoliciesQuestion, compatibility, effective_policy};
pub use probe::{Probed, probe};
pub use progress::{Listener, Progress};
pub use readiness::{Question, readiness};
pub use record::{Fate, RecordQuestion, RecordedVersion, outline_record, record};
pub use replay::{CheckLine, DEFAULT_SETTINGS, Replay, Replayed, StepLine, replay};
pub use score::{ScoreQuestion, score};
pub use serve::{ServeOptions, Served, serve};
pub use stop::{Stop, StopReason};
