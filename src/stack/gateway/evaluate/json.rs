//! Members of JSON values, bodies and tokens.

use std::sync::Arc;

use serde_json::Value as Json;

use super::super::call::Call;
use super::super::token::{Token as JsonToken, no_element};
use super::super::value::{Value, json_text, token_text};
use super::{Exception, Fault, Work};
use crate::clock::Timestamp;
use crate::policy::expression::Op;
use crate::stack::jwt::{Token, decode_unverified};

/// The member, if it is one of these types'.
pub(super) fn member(op: Op, operands: &[Value], call: &mut Call) -> Option<Result<Value, Fault>> {
    if let Some(result) = object(op, operands, &mut call.work) {
        return Some(result);
    }
    match operands.first()? {
        Value::Json(json) => json_member(op, json, &operands[1..]),
        Value::Jwt(token) => jwt_member(op, token).map(Ok),
        Value::Claims(token) => claims_member(op, token, &operands[1..]),
        Value::Body(side) if matches!(op, Op::BodyAsText | Op::BodyAsJson) => {
            let preserve = matches!(operands.get(1), Some(Value::Bool(true)));
            Some(call.read_body(*side, preserve).map_err(Fault::new).and_then(|text| body_as(op, &text)))
        }
        Value::ReceivedBody(received) if matches!(op, Op::BodyAsText | Op::BodyAsJson) => {
            let preserve = matches!(operands.get(1), Some(Value::Bool(true)));
            Some(body_as(op, &String::from_utf8_lossy(&received.read_body(preserve))))
        }
        _ => None,
    }
}

fn body_as(op: Op, text: &str) -> Result<Value, Fault> {
    if op == Op::BodyAsText { Ok(Value::text(text)) } else { parsed(text) }
}

/// Objects that are made, and texts that are parsed.
fn object(op: Op, operands: &[Value], work: &mut Work) -> Option<Result<Value, Fault>> {
    let text = || match operands.first() {
        Some(Value::Text(text)) => Ok(text),
        _ => Err(Fault::null_argument("s")),
    };
    Some(match op {
        Op::NewProperty => new_property(operands, work),
        Op::NewObject => new_object(operands, work),
        Op::NewArray => new_array(operands, work),
        Op::JsonSerialize => operands[0].to_token(work).map(|token| Value::text(token.write(false))),
        Op::JObjectParse | Op::JArrayParse | Op::JTokenParse => text().and_then(|t| parsed(t)),
        Op::TextAsJwt => text().map(|t| {
            let token = t.strip_prefix("Bearer ").unwrap_or(t);
            decode_unverified(token).map_or(Value::Null, |token| Value::Jwt(Arc::new(token)))
        }),
        _ => return None,
    })
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

fn json_member(op: Op, json: &JsonToken, rest: &[Value]) -> Option<Result<Value, Fault>> {
    Some(Ok(match (op, rest.first()) {
        (Op::Index, Some(key)) => return Some(json_index(json, key)),
        (Op::JsonToString, Some(Value::Formatting(false))) => Value::text(token_text(json, false)),
        (Op::JsonToString | Op::ObjectToString, _) => Value::text(token_text(json, true)),
        (Op::JsonContains, Some(Value::Text(key))) => {
            Value::Bool(matches!(json, JsonToken::Object(object) if object.get(key).is_some()))
        }
        (Op::JsonCount, _) => Value::Int(json.len() as i64),
        _ => return None,
    }))
}

/// `token[key]`: a member that is absent is null.
pub(super) fn json_index(json: &JsonToken, key: &Value) -> Result<Value, Fault> {
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

fn jwt_member(op: Op, token: &Arc<Token>) -> Option<Value> {
    let claim = |name: &str| token.claims.get(name).and_then(Json::as_str).map_or(Value::Null, Value::text);
    let header = |name: &str| token.header.get(name).and_then(Json::as_str).map_or(Value::Null, Value::text);
    let instant = |name: &str| {
        let seconds = token.claims.get(name).and_then(Json::as_f64);
        seconds.map_or(Value::Null, |s| Value::Instant(Timestamp::from_seconds(s as i64)))
    };
    Some(match op {
        Op::JwtClaims => Value::Claims(Arc::clone(token)),
        Op::JwtId => claim("jti"),
        Op::JwtIssuer => claim("iss"),
        Op::JwtSubject => claim("sub"),
        Op::JwtAudiences => Value::Texts(claim_texts(token, "aud").unwrap_or_default().into()),
        Op::JwtAlgorithm => header("alg"),
        Op::JwtType => header("typ"),
        Op::JwtExpirationTime => instant("exp"),
        Op::JwtNotBefore => instant("nbf"),
        Op::JwtIssuedAt => instant("iat"),
        _ => return None,
    })
}

fn claims_member(op: Op, token: &Token, rest: &[Value]) -> Option<Result<Value, Fault>> {
    let Some(Value::Text(key)) = rest.first() else { return None };
    let found = claim_texts(token, key);
    Some(Ok(match op {
        Op::ClaimsGet => match found {
            Some(texts) => Value::text(texts.join(",")),
            None => rest.get(1).cloned().unwrap_or(Value::Null),
        },
        Op::ClaimsContains => Value::Bool(found.is_some()),
        Op::Index => match found {
            Some(texts) => Value::Texts(texts.into()),
            None => return Some(Err(Fault::new("The given key was not present in the dictionary."))),
        },
        _ => return None,
    }))
}

/// The values of a claim: the elements of an array, or the one.
pub(in crate::stack::gateway) fn claim_texts(token: &Token, name: &str) -> Option<Vec<Arc<str>>> {
    Some(match token.claims.get(name)? {
        Json::Array(values) => values.iter().map(|v| json_text(v, false).into()).collect(),
        value => vec![json_text(value, false).into()],
    })
}
