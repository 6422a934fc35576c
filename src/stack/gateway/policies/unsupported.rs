//! A policy that is not emulated, where the user wants to go on all the same.

use crate::observe::TraceRecord;
use crate::stack::gateway::call::Call;

/// Leaves a record that it was passed over.
pub(in crate::stack::gateway) fn unsupported(call: &mut Call, name: &str) {
    call.traces.push(TraceRecord {
        source: name.to_owned(),
        severity: "error".to_owned(),
        message: "This policy is not emulated: nothing was done.".to_owned(),
        metadata: std::collections::BTreeMap::new(),
    });
}
