//! `emit-metric`.

use std::sync::Arc;

use super::message::failed;
use crate::policy::EmitMetric;
use crate::stack::gateway::call::Call;
use crate::stack::gateway::metrics::MetricKey;
use crate::stack::gateway::raised::Raised;
use crate::stack::gateway::server::Shared;

/// Adds a value to a metric.
pub(in crate::stack::gateway) fn emit_metric(
    shared: &Shared,
    call: &mut Call,
    policy: &EmitMetric,
) -> Result<(), Raised> {
    let text = call.text_or_empty(&policy.value)?;
    let value: f64 = text.trim().parse().map_err(|_| failed(format!("'{text}' is no number.")))?;
    let mut key = MetricKey {
        namespace: call.text_or_empty(&policy.namespace)?,
        name: call.text_or_empty(&policy.name)?,
        dimensions: Vec::with_capacity(policy.dimensions.len()),
    };
    for (name, given) in &policy.dimensions {
        let value = match given {
            Some(given) => call.text_or_empty(given)?,
            None => default_dimension(call, name),
        };
        key.dimensions.push((Arc::clone(name), value));
    }
    shared.metrics.add(key, value);
    Ok(())
}

/// The value of a dimension that the platform knows.
fn default_dimension(call: &Call, name: &str) -> Arc<str> {
    match name {
        "API ID" => call.api.as_ref().map(|a| Arc::from(a.id.as_str())),
        "Operation ID" => call.operation.as_ref().map(|o| Arc::clone(&o.id)),
        "Product ID" => call.product.as_ref().map(|p| Arc::from(p.id.as_str())),
        "Subscription ID" => call.subscription.as_ref().map(|s| Arc::from(s.id.as_str())),
        "Location" => Some("embedded".into()),
        "Gateway ID" => Some("managed".into()),
        _ => None,
    }
    .unwrap_or_default()
}
