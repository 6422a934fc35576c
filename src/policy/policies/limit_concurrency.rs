//! `limit-concurrency`: so many calls at once in what it wraps, for each key.

use super::table::{ANYWHERE, EVERYWHERE, Emulation, PolicyKind};
use crate::policy::reader::Reader;
use crate::policy::statement::{Action, GivenText, Statements};

/// `limit-concurrency`.
#[derive(Clone, Debug)]
pub struct LimitConcurrency {
    /// Whose calls are counted together.
    pub key: GivenText,
    /// How many may be inside at once.
    pub max_count: u64,
    /// What it wraps.
    pub statements: Statements,
}

pub(super) const KIND: PolicyKind = PolicyKind {
    name: "limit-concurrency",
    sections: ANYWHERE,
    scopes: EVERYWHERE,
    emulation: Emulation::Approximated("the text of its 429 and its reason in LastError are not known"),
    compile,
};

fn compile(reader: &mut Reader<'_, '_, '_>) -> Option<Action> {
    let key = reader.text("key");
    let key = reader.required("key", key);
    let max_count = reader.whole("max-count", 1..=i64::MAX);
    let max_count = reader.required("max-count", max_count);
    let element = reader.element;
    let statements = reader.statements(element, "");
    Some(Action::LimitConcurrency(LimitConcurrency { key: key?, max_count: max_count? as u64, statements }))
}
