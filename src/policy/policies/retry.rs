//! `retry`: runs the policies inside again while a condition holds.

use super::table::{ANYWHERE, EVERYWHERE, Emulation, PolicyKind};
use crate::policy::reader::Reader;
use crate::policy::statement::{Action, Given, Statements};

/// `retry`.
#[derive(Clone, Debug)]
pub struct Retry {
    /// Whether they are run again; evaluated after each time.
    pub condition: Given<bool>,
    /// How often they are run again at most.
    pub count: Given<i64>,
    /// The wait before, in seconds.
    pub interval: Given<i64>,
    /// The longest wait, in seconds.
    pub max_interval: Option<Given<i64>>,
    /// By how much waits grow, in seconds.
    pub delta: Option<Given<i64>>,
    /// Whether the first time follows without a wait.
    pub first_fast_retry: Given<bool>,
    /// What is run.
    pub statements: Statements,
}

pub(super) const KIND: PolicyKind =
    PolicyKind { name: "retry", sections: ANYWHERE, scopes: EVERYWHERE, emulation: Emulation::Emulated, compile };

/// How often the platform repeats at most.
const MAX_COUNT: i64 = 50;

fn compile(reader: &mut Reader<'_, '_, '_>) -> Option<Action> {
    let seconds = 0..=i64::from(u32::MAX);
    let condition = reader.flag("condition");
    let condition = reader.required("condition", condition);
    let count = reader.number("count", 1..=MAX_COUNT);
    let count = reader.required("count", count);
    let interval = reader.number("interval", seconds.clone());
    let interval = reader.required("interval", interval);
    let max_interval = reader.number("max-interval", seconds.clone());
    let delta = reader.number("delta", seconds);
    let first_fast_retry = reader.flag("first-fast-retry").unwrap_or(Given::Fixed(false));
    let element = reader.element;
    let statements = reader.statements(element, "");
    Some(Action::Retry(Retry {
        condition: condition?,
        count: count?,
        interval: interval?,
        max_interval,
        delta,
        first_fast_retry,
        statements,
    }))
}
