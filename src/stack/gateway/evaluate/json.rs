//! Members of JSON values and bodies.

use std::sync::Arc;

use super::super::call::Call;
use super::super::token::{Token as JsonToken, no_element};
use super::super::value::{Value, token_text};
use super::{Exception, Fault, Work};
use crate::policy::expression::JsonOp;

/// What a member gives.
pub(super) fn member(op: JsonOp, operands: &[Value], call: &mut Call) -> Result<Value, Fault> {
    use JsonOp as J;
    let work = &mut call.work;
    match (op, operands.first()) {
        (J::NewProperty, _) => new_property(operands, work),
        (J::NewObject, _) => new_object(operands, work),
        (J::NewArray, _) => new_array(operands, work),
        (J::Serialize, Some(value)) => value.to_token(work).map(|token| Value::text(token.write(false))),
        (J::ParseObject | J::ParseArray | J::ParseToken, Some(Value::Text(text))) => parsed(text),
        (J::ParseObject | J::ParseArray | J::ParseToken, _) => Err(Fault::null_argument("s")),
        (J::BodyAsText | J::BodyAsJson, Some(body)) => {
            let preserve = matches!(operands.get(1), Some(Value::Bool(true)));
            let text = match body {
                Value::Body(side) => call.read_body(*side, preserve).map_err(Fault::new)?,
                Value::ReceivedBody(received) => String::from_utf8_lossy(&received.read_body(preserve)).into_owned(),
                _ => return Err(Fault::null()),
            };
            if op == J::BodyAsText { Ok(Value::text(text)) } else { parsed(&text) }
        }
        (_, Some(Value::Json(json))) => Ok(instance(op, json, &operands[1..])),
        _ => Err(Fault::null()),
    }
}

fn instance(op: JsonOp, json: &JsonToken, rest: &[Value]) -> Value {
    match (op, rest.first()) {
        (JsonOp::ToString, Some(Value::Formatting(false))) => Value::text(token_text(json, false)),
        (JsonOp::ContainsKey, Some(Value::Text(key))) => {
            Value::Bool(matches!(json, JsonToken::Object(object) if object.get(key).is_some()))
        }
        (JsonOp::Count, _) => Value::Int(json.len() as i64),
        _ => Value::text(token_text(json, true)),
    }
}

fn new_property(operands: &[Value], work: &mut Work) -> Result<Value, Fault> {
    let Value::Text(name) = &operands[0] else { return Err(Fault::null_argument("name")) };
    let value = operands[1].to_token(work)?;
    JsonToken::property(Arc::clone(name), value, work).map(Value::Json)
}

fn new_object(operands: &[Value], work: &mut Work) -> Result<Value, Fault> {
    let object = JsonToken::object();
    for operand in operands {
        if let Value::Json(JsonToken::Property(property)) = operand {
            object.set(Arc::clone(&property.name), property.value(), work)?;
        }
    }
    Ok(Value::Json(JsonToken::Object(object)))
}

fn new_array(operands: &[Value], work: &mut Work) -> Result<Value, Fault> {
    let array = JsonToken::array();
    for operand in operands {
        let element = operand.to_token(work)?;
        array.push(element, work)?;
    }
    Ok(Value::Json(JsonToken::Array(array)))
}

fn parsed(text: &str) -> Result<Value, Fault> {
    JsonToken::parse(text).map(Value::Json).map_err(|e| Fault::of(Exception::Json, format!("Error reading JSON: {e}")))
}

/// `token[key]`: a member that is absent is null.
pub(super) fn index(json: &JsonToken, key: &Value) -> Result<Value, Fault> {
    match (json, key) {
        (JsonToken::Object(object), Value::Text(key)) => Ok(object.get(key).map_or(Value::Null, Value::Json)),
        (JsonToken::Array(array), Value::Int(at)) => {
            let element = usize::try_from(*at).ok().and_then(|at| array.get(at));
            element.map(Value::Json).ok_or_else(no_element)
        }
        (JsonToken::Object(_), other) => Err(Fault::of(
            Exception::Argument,
            format!(
                "Accessed JObject values with invalid key value: {}. Object property name expected.",
                shown_key(other)
            ),
        )),
        (JsonToken::Array(_), other) => Err(Fault::of(
            Exception::Argument,
            format!("Accessed JArray values with invalid key value: {}. Int32 array index expected.", shown_key(other)),
        )),
        (JsonToken::Property(_), _) => {
            Err(Fault::of(Exception::InvalidOperation, "Cannot access child value on Newtonsoft.Json.Linq.JProperty."))
        }
        (JsonToken::Leaf(_), _) => {
            Err(Fault::of(Exception::InvalidOperation, "Cannot access child value on Newtonsoft.Json.Linq.JValue."))
        }
    }
}

/// A key as Newtonsoft's texts show it.
fn shown_key(key: &Value) -> String {
    match key {
        Value::Text(text) => format!("\"{text}\""),
        other => other.display().to_string(),
    }
}
