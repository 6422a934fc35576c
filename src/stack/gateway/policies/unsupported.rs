//! A policy that is not emulated, where the user wants to go on all the same.

use crate::observe::TraceRecord;
use crate::policy::Unsupported;
use crate::stack::gateway::call::Call;
use crate::stack::gateway::raised::Raised;

/// Leaves a record that it was passed over; or refuses the call, where it is
/// there to refuse calls: a call that passes has passed everything that it
/// would have to pass on the platform.
pub(in crate::stack::gateway) fn unsupported(call: &mut Call, policy: &Unsupported) -> Result<(), Raised> {
    let done = if policy.guard { "the call is refused, since nothing else checks it" } else { "nothing was done" };
    let message = format!("`{}` is not emulated ({}): {done}.", policy.name, policy.why);
    call.traces.push(TraceRecord {
        source: policy.name.to_string(),
        severity: "error".to_owned(),
        message: message.clone(),
        metadata: std::collections::BTreeMap::new(),
    });
    if policy.guard { Err(Raised::internal("", "PolicyNotEmulated", message)) } else { Ok(()) }
}
