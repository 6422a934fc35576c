//! `trace`.

use crate::observe::TraceRecord;
use crate::policy::Trace;
use crate::stack::gateway::call::Call;
use crate::stack::gateway::raised::Raised;

/// Adds a record to the call's row.
pub(in crate::stack::gateway) fn trace(call: &mut Call, policy: &Trace) -> Result<(), Raised> {
    let mut record = TraceRecord {
        source: call.text_or_empty(&policy.source)?.to_string(),
        severity: policy.severity.to_owned(),
        message: call.text_or_empty(&policy.message)?.to_string(),
        metadata: std::collections::BTreeMap::new(),
    };
    for (name, value) in &policy.metadata {
        let value = call.text_or_empty(value)?;
        record.metadata.insert(name.to_string(), value.to_string());
    }
    call.traces.push(record);
    Ok(())
}
