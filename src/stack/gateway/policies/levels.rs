//! The levels at which `rate-limit` and `quota` count a call: for the whole
//! subscription, for the API, for the operation. Each counts for itself, and
//! all must pass (reference §2.1).

use crate::policy::{ApiPart, Scope};
use crate::stack::gateway::call::Call;

/// One level: its key and its limit.
pub(super) struct Level<'c, L> {
    parts: [&'c str; 5],
    length: usize,
    pub(super) limit: L,
}

/// What is asked of a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// To count the call, if it fits.
    Admit,
    /// Whether the call would fit.
    Look,
    /// To take it back: another level refused it.
    TakeBack,
}

impl<L> Level<'_, L> {
    /// The key, in parts.
    pub(super) fn key(&self) -> &[&str] {
        &self.parts[..self.length]
    }
}

/// The levels that apply to a call, the narrowest first; `None` for a call
/// without a subscription, which is nobody's.
pub(super) fn of<'c, L: Copy>(call: &'c Call, limit: L, apis: &[ApiPart<L>]) -> Option<Vec<Level<'c, L>>> {
    let subscription = &*call.subscription.as_ref()?.id;
    let scope = call.at.as_ref().map_or(Scope::Product, |statement| statement.scope);
    let api = call.api.as_deref().map_or(("", ""), |a| (a.id.as_str(), a.name.as_str()));
    let operation = call.operation.as_deref().map_or("", |o| &o.id);
    let (whole, length) = match scope {
        Scope::Api => ([subscription, scope.name(), "all", api.0, ""], 4),
        Scope::Operation => ([subscription, scope.name(), "all", api.0, operation], 5),
        _ => ([subscription, scope.name(), "all", "", ""], 3),
    };
    let mut levels = Vec::with_capacity(3);
    if let Some(part) = apis.iter().find(|part| part.of.is(api.0, api.1)) {
        if let Some((_, limit)) = part.operations.iter().find(|(of, _)| of.is(operation, operation)) {
            let parts = [subscription, scope.name(), "operation", api.0, operation];
            levels.push(Level { parts, length: 5, limit: *limit });
        }
        levels.push(Level { parts: [subscription, scope.name(), "api", api.0, ""], length: 4, limit: part.limit });
    }
    levels.push(Level { parts: whole, length, limit });
    Some(levels)
}

/// Counts a call at all levels, or at none. What is left is that of the level
/// with least; a refusal's wait is the longest of all levels, so that a call is
/// admitted after it.
pub(super) fn admit<L, E: Copy>(
    levels: &[Level<'_, L>],
    ask: impl Fn(&Level<'_, L>, Step) -> Result<u64, E>,
    longer: fn(E, E) -> E,
) -> Result<u64, E> {
    let (mut least, mut refused) = (u64::MAX, None);
    for (number, level) in levels.iter().enumerate() {
        match (ask(level, if refused.is_none() { Step::Admit } else { Step::Look }), refused) {
            (Ok(left), _) => least = least.min(left),
            (Err(new), Some(old)) => refused = Some(longer(old, new)),
            (Err(new), None) => {
                for passed in &levels[..number] {
                    // Taking back is not refused.
                    let _ = ask(passed, Step::TakeBack);
                }
                refused = Some(new);
            }
        }
    }
    refused.map_or(Ok(least), Err)
}
