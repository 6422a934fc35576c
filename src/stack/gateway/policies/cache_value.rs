//! `cache-lookup-value`, `cache-store-value`, `cache-remove-value`.

use std::time::Duration;

use crate::policy::{CacheLookupValue, CacheRemoveValue, CacheStoreValue};
use crate::stack::gateway::call::Call;
use crate::stack::gateway::raised::Raised;
use crate::stack::gateway::server::Shared;

/// Puts a value into a variable. Where there is none and no default, the
/// variable is not set, but reads as null.
pub(in crate::stack::gateway) fn cache_lookup_value(
    shared: &Shared,
    call: &mut Call,
    policy: &CacheLookupValue,
) -> Result<(), Raised> {
    let key = call.text_or_empty(&policy.key)?;
    match (shared.values.get(&key, call.clock.now()), &policy.default) {
        (Some(value), _) => call.set_variable(&policy.variable, value),
        (None, Some(default)) => {
            let value = call.value(default)?;
            call.set_variable(&policy.variable, value);
        }
        (None, None) => call.forget_variable(&policy.variable),
    }
    Ok(())
}

/// Keeps a value for a while. Null is not kept.
pub(in crate::stack::gateway) fn cache_store_value(
    shared: &Shared,
    call: &mut Call,
    policy: &CacheStoreValue,
) -> Result<(), Raised> {
    let key = call.text_or_empty(&policy.key)?;
    let value = call.value(&policy.value)?;
    let duration = Duration::from_secs(u64::try_from(call.number(&policy.duration)?).unwrap_or(0));
    if !value.is_null() {
        let now = call.clock.now();
        shared.values.put(key, value, now, now.plus(duration));
    }
    Ok(())
}

/// Forgets a value.
pub(in crate::stack::gateway) fn cache_remove_value(
    shared: &Shared,
    call: &mut Call,
    policy: &CacheRemoveValue,
) -> Result<(), Raised> {
    let key = call.text_or_empty(&policy.key)?;
    shared.values.remove(&key);
    Ok(())
}
