//! Puts values that exist, or that nobody used before, where the behaviour
//! file wants them.

use serde_json::Value;

use super::OperationGenerator;
use super::draft::{Draft, places};
use super::seal::Sealing;
use crate::contract::behaviour::{Pool, PoolSource, Selector};
use crate::contract::openapi::ParameterIn;
use crate::generate::{CouldNotMake, canonical};

impl OperationGenerator {
    /// Fills in the pools' values; within a call they are distinct. A place
    /// where a violation is aimed at is left as it is; an edge of the schema
    /// gives way: conforming means existing too.
    pub(super) fn fill_pools(&self, draft: &mut Draft, sealing: &Sealing<'_>) -> Result<(), CouldNotMake> {
        if sealing.breaks {
            return self.fill_beside(draft, sealing);
        }
        let (hit, aimed) = (draft.hit.take(), draft.aimed.take());
        let filled = self.fill_beside(draft, sealing);
        (draft.hit, draft.aimed) = (hit, aimed);
        filled
    }

    /// Fills whatever is not aimed at.
    fn fill_beside(&self, draft: &mut Draft, sealing: &Sealing<'_>) -> Result<(), CouldNotMake> {
        let pools = self.behaviour.as_ref().map_or(&[][..], |b| b.pools.as_slice());
        let mine =
            |pool: &&Pool| pool.operations.is_empty() || pool.operations.iter().any(|id| **id == *self.operation.id);
        for pool in pools.iter().filter(mine) {
            let mut next = sealing.skip;
            let mut value = || {
                next += 1;
                pooled(pool, sealing, next - 1)
            };
            for selector in &pool.applies_to {
                self.fill(pool, selector, draft, &mut value)?;
            }
            if pool.applies_to.is_empty() {
                self.fill_named(&pool.name, draft, &mut value)?;
            }
        }
        Ok(())
    }

    /// Whether what a draft is aimed at is a place whose values a pool knows:
    /// then only those exist, whatever the schema allows. Where a pool gives
    /// values that nobody used, only a `fixed` one is wrong: it is used twice.
    pub(super) fn is_pooled(&self, draft: &Draft, fixed: bool) -> bool {
        let pools = self.behaviour.as_ref().map_or(&[][..], |b| b.pools.as_slice());
        let mine =
            |pool: &&Pool| pool.operations.is_empty() || pool.operations.iter().any(|id| **id == *self.operation.id);
        let parameter = draft.aimed.and_then(|at| self.parameters.get(at)).map(|p| &p.parameter);
        let is_at = |selector: &Selector| match selector {
            Selector::Body(_) => draft.hit.as_ref().zip(draft.body.as_ref()).is_some_and(|(hit, (_, body))| {
                parameter.is_none() && places(selector, body).iter().any(|place| within(hit, place))
            }),
            Selector::Header(name) => parameter.is_some_and(|p| p.within == ParameterIn::Header && p.name == *name),
            Selector::Query(name) => parameter.is_some_and(|p| p.within == ParameterIn::Query && p.name == *name),
            Selector::Path(name) => parameter.is_some_and(|p| p.within == ParameterIn::Path && p.name == *name),
            Selector::Digest | Selector::Column(_) => false,
        };
        let counts = |pool: &&Pool| fixed || !matches!(pool.source, PoolSource::Fresh(_));
        pools.iter().filter(mine).filter(counts).any(|pool| {
            let named = pool.applies_to.is_empty() && parameter.is_some_and(|p| p.name == pool.name);
            named || pool.applies_to.iter().any(is_at)
        })
    }

    /// Fills parameters and properties that are called like the pool.
    fn fill_named(&self, name: &str, draft: &mut Draft, value: &mut Values<'_>) -> Result<(), CouldNotMake> {
        let aimed = draft.aimed;
        for (index, (parameter, slot)) in self.parameters.iter().zip(&mut draft.parameters).enumerate() {
            if parameter.parameter.name == name
                && aimed != Some(index)
                && slot.is_some()
                && let Some(value) = value()?
            {
                *slot = Some(match slot.as_ref() {
                    Some(there) => fitted(value, there),
                    None => value,
                });
            }
        }
        match &mut draft.body {
            Some((_, body)) if draft.hit.is_none() => fill_properties(name, body, value),
            _ => Ok(()),
        }
    }

    fn fill(
        &self,
        pool: &Pool,
        selector: &Selector,
        draft: &mut Draft,
        next: &mut Values<'_>,
    ) -> Result<(), CouldNotMake> {
        match selector {
            Selector::Body(_) => {
                let hit = draft.hit.clone();
                let Some((_, body)) = &mut draft.body else { return Ok(()) };
                for place in places(selector, body) {
                    if hit.as_ref().is_some_and(|hit| within(hit, &place)) {
                        continue;
                    }
                    if let (Some(value), Some(slot)) = (next()?, body.pointer_mut(&place)) {
                        *slot = fitted(value, slot);
                    }
                }
            }
            Selector::Header(name) | Selector::Query(name) | Selector::Path(name) => {
                let within = match selector {
                    Selector::Header(_) => ParameterIn::Header,
                    Selector::Path(_) => ParameterIn::Path,
                    _ => ParameterIn::Query,
                };
                let at = self.parameters.iter().position(|p| p.parameter.within == within && p.parameter.name == *name);
                let at = at.filter(|at| draft.aimed != Some(*at));
                if let Some(slot) = at.and_then(|at| draft.parameters[at].as_mut())
                    && let Some(value) = next()?
                {
                    *slot = fitted(value, slot);
                }
            }
            Selector::Digest | Selector::Column(_) => {
                return Err(CouldNotMake::new(format!("pool {}", pool.name), "nothing in a request stands there"));
            }
        }
        Ok(())
    }
}

/// The value as the kind of what stands there: files hold numbers as text, and
/// some APIs give as a number what they take as text.
fn fitted(value: Value, there: &Value) -> Value {
    match (&value, there) {
        (Value::String(text), Value::Number(_)) => text.parse().map_or(value, Value::Number),
        (Value::Number(number), Value::String(_)) => Value::String(number.to_string()),
        _ => value,
    }
}

/// Gives a pool's next value; none where pools are not asked.
type Values<'v> = dyn FnMut() -> Result<Option<Value>, CouldNotMake> + 'v;

/// Fills every property of this name, however deep.
fn fill_properties(name: &str, value: &mut Value, next: &mut Values<'_>) -> Result<(), CouldNotMake> {
    match value {
        Value::Array(items) => items.iter_mut().try_for_each(|item| fill_properties(name, item, next)),
        Value::Object(members) => members.iter_mut().try_for_each(|(key, member)| {
            if key != name {
                return fill_properties(name, member, next);
            }
            if let Some(value) = next()? {
                *member = fitted(value, member);
            }
            Ok(())
        }),
        _ => Ok(()),
    }
}

/// Whether a place is another one or lies below it.
pub(crate) fn within(place: &str, above: &str) -> bool {
    place.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The value at a position; none where pools are not asked.
fn pooled(pool: &Pool, sealing: &Sealing<'_>, at: usize) -> Result<Option<Value>, CouldNotMake> {
    let Some(pools) = sealing.pools else { return Ok(None) };
    if let PoolSource::Fresh(prefix) = &pool.source {
        let identity = sealing.nonce.identity(sealing.seed, &format!("{} {at}", pool.name)).simple().to_string();
        return Ok(Some(Value::String(format!("{prefix}{}", identity[..12].to_ascii_uppercase()))));
    }
    let values = pools.get(&pool.name);
    if at >= values.len() {
        let reason = format!("it holds {} values, and more are needed", values.len());
        return Err(CouldNotMake::new(format!("pool {}", pool.name), reason));
    }
    let start = canonical::hash(&sealing.seed.to_be_bytes()) as usize % values.len();
    Ok(Some(values[(start + at) % values.len()].clone()))
}
