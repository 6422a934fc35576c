//! `choose`.

use std::sync::Arc;

use crate::policy::{Choose, Statement};
use crate::stack::gateway::call::Call;
use crate::stack::gateway::raised::Raised;

/// The branch that is taken, if any.
pub(in crate::stack::gateway) fn choose<'p>(
    policy: &'p Choose,
    call: &mut Call,
) -> Result<Option<&'p [Arc<Statement>]>, Raised> {
    for (condition, branch) in &policy.branches {
        if call.flag(condition)? {
            return Ok(Some(branch));
        }
    }
    Ok(policy.otherwise.as_deref())
}
