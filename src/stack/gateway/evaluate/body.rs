//! `Body.As<T>()`.

use std::sync::Arc;

use super::super::call::Call;
use super::super::collection::Collection;
use super::super::token_read::Wanted;
use super::super::value::Value;
use super::{Fault, Work, json};
use crate::policy::expression::{JsonOp, Type};

/// A body as a type; unless it is preserved it is consumed.
pub(super) fn read(op: JsonOp, of: &Value, preserve: bool, call: &mut Call) -> Result<Value, Fault> {
    use JsonOp as J;
    let bytes = match of {
        Value::Body(side) => call.body_bytes(*side, preserve).map_err(Fault::new)?,
        Value::ReceivedBody(received) => received.read_body(preserve),
        _ => return Err(Fault::null()),
    };
    if op == J::BodyAsBytes {
        return Ok(Value::Bytes((*bytes).into()));
    }
    let text = String::from_utf8_lossy(&bytes);
    let text = text.trim_start_matches('\u{feff}');
    match op {
        J::BodyAsText => Ok(Value::text(text)),
        J::BodyAsForm => form(text, &mut call.work),
        J::BodyAsObject => json::parsed(text, Wanted::Object),
        J::BodyAsArray => json::parsed(text, Wanted::Array),
        _ => json::parsed(text, Wanted::Any),
    }
}

/// `AsFormUrlEncodedContent`: each name has a list of values.
fn form(text: &str, work: &mut Work) -> Result<Value, Fault> {
    let list = Type::list(Type::Text);
    let form = Collection::empty_keyed(Type::dictionary(Type::Text, list), false);
    for (name, value) in url::form_urlencoded::parse(text.as_bytes()) {
        let key = Value::text(Arc::from(&*name));
        let mut values = match form.get(&key)? {
            Some(Value::Collection(values)) => values.elements(work)?,
            _ => Vec::new(),
        };
        values.push(Value::text(Arc::from(&*value)));
        let values = Collection::of_items(list, values, work)?;
        form.put(key, Value::Collection(values), true, work)?;
    }
    Ok(Value::Collection(form))
}
