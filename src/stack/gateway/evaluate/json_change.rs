//! Members that change a JSON value.

use std::sync::Arc;

use super::super::token::{Array, Object, Token};
use super::super::value::Value;
use super::{Exception, Fault, Work, time};
use crate::policy::expression::JsonOp;

/// What a member that changes a token gives.
pub(super) fn changed(op: JsonOp, token: &Token, rest: &[Value], work: &mut Work) -> Result<Value, Fault> {
    match token {
        Token::Object(object) => object_changed(op, object, rest, work),
        Token::Array(array) => array_changed(op, array, rest, work),
        Token::Property(property) if op == JsonOp::RemoveProperty => {
            if let Some(object) = &property.of {
                object.remove(&property.name);
            }
            Ok(Value::Null)
        }
        _ => Err(Fault::null()),
    }
}

fn object_changed(op: JsonOp, object: &Arc<Object>, rest: &[Value], work: &mut Work) -> Result<Value, Fault> {
    use JsonOp as J;
    match (op, rest) {
        (J::AddMember, [Value::Text(name), value]) => {
            let value = value.to_token(work)?;
            added(object, name, value, work)?;
        }
        (J::AddMember, _) => return Err(Fault::null_argument("propertyName")),
        (J::AddProperty, [Value::Json(Token::Property(property))]) => {
            added(object, &property.name, property.value(), work)?;
        }
        (J::AddProperty, _) => {
            let text = "Can not add Newtonsoft.Json.Linq.JValue to Newtonsoft.Json.Linq.JObject.";
            return Err(Fault::of(Exception::Argument, text));
        }
        (J::RemoveMember, [Value::Text(name)]) => return Ok(Value::Bool(object.remove(name))),
        (J::RemoveAll, _) => object.members().iter().for_each(|(name, _)| {
            object.remove(name);
        }),
        (J::Merge, [other]) => {
            if let Token::Object(other) = other.to_token(work)? {
                merged(object, &other, work)?;
            }
        }
        _ => return Err(Fault::null()),
    }
    Ok(Value::Null)
}

fn added(object: &Arc<Object>, name: &Arc<str>, value: Token, work: &mut Work) -> Result<(), Fault> {
    if object.get(name).is_some() {
        let text = format!(
            "Can not add property {name} to Newtonsoft.Json.Linq.JObject. Property with the same name already exists on object."
        );
        return Err(Fault::of(Exception::Argument, text));
    }
    object.set(Arc::clone(name), value, work)
}

/// `Merge`: objects into objects, arrays at the end, anything else instead; a
/// null changes nothing.
fn merged(into: &Arc<Object>, from: &Arc<Object>, work: &mut Work) -> Result<(), Fault> {
    for (name, value) in from.members() {
        work.spend(1)?;
        match (into.get(&name), value) {
            (Some(_), Token::Leaf(super::super::token::Leaf::Null)) => {}
            (Some(Token::Object(old)), Token::Object(new)) => merged(&old, &new, work)?,
            (Some(Token::Array(old)), Token::Array(new)) => {
                for element in new.elements() {
                    old.push(element, work)?;
                }
            }
            (_, value) => into.set(name, value, work)?,
        }
    }
    Ok(())
}

fn array_changed(op: JsonOp, array: &Arc<Array>, rest: &[Value], work: &mut Work) -> Result<Value, Fault> {
    use JsonOp as J;
    let place = || usize::try_from(time::integer(rest, 0)).unwrap_or(usize::MAX);
    let found = |wanted: &Token| array.elements().iter().position(|element| element.deep_equals(wanted));
    match (op, rest) {
        (J::Push, [value]) => {
            let value = value.to_token(work)?;
            array.push(value, work)?;
        }
        (J::Insert, [_, value]) => {
            let value = value.to_token(work)?;
            array.insert(place(), value, work)?;
        }
        (J::RemoveAt, _) => array.remove(place())?,
        (J::Clear, _) => array.clear(),
        (J::RemoveElement, [value]) => {
            let at = found(&value.to_token(work)?);
            if let Some(at) = at {
                array.remove(at)?;
            }
            return Ok(Value::Bool(at.is_some()));
        }
        (J::Contains, [value]) => return Ok(Value::Bool(found(&value.to_token(work)?).is_some())),
        (J::IndexOf, [value]) => {
            let at = found(&value.to_token(work)?);
            return Ok(Value::Int(at.map_or(-1, |at| at as i64)));
        }
        (J::MergeArray, [value]) => {
            if let Token::Array(other) = value.to_token(work)? {
                for element in other.elements() {
                    array.push(element, work)?;
                }
            }
        }
        _ => return Err(Fault::null()),
    }
    Ok(Value::Null)
}
