//! `set-query-parameter`.

use url::form_urlencoded::{Serializer, parse};

use crate::policy::{Exists, SetField};
use crate::stack::gateway::call::Call;
use crate::stack::gateway::raised::Raised;

/// Sets a parameter of the backend's query; the others stay as they were
/// written.
pub(in crate::stack::gateway) fn set_query_parameter(call: &mut Call, policy: &SetField) -> Result<(), Raised> {
    let name = call.text_or_empty(&policy.name)?;
    let exists = call.exists(&policy.exists)?;
    let mut values = Vec::new();
    for value in &policy.values {
        values.extend(call.text(value)?);
    }
    let is_it = |pair: &&str| parse(pair.as_bytes()).next().is_some_and(|(n, _)| *n == *name);
    let present = call.query.split('&').any(|pair| is_it(&pair));
    if present && exists == Exists::Skip {
        return Ok(());
    }
    let replaced = matches!(exists, Exists::Override | Exists::Delete);
    let mut pairs: Vec<String> = call
        .query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .filter(|pair| !replaced || !is_it(pair))
        .map(str::to_owned)
        .collect();
    if exists != Exists::Delete {
        pairs.extend(values.iter().map(|v| Serializer::new(String::new()).append_pair(&name, v).finish()));
    }
    call.query = pairs.join("&");
    Ok(())
}
