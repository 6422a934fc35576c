//! Members of JSON values, bodies and tokens.

use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::super::call::Call;
use super::super::value::{Value, json_text};
use super::Fault;
use crate::clock::Timestamp;
use crate::policy::expression::Op;
use crate::stack::jwt::{Token, decode_unverified};

/// The member, if it is one of these types'.
pub(super) fn member(op: Op, operands: &[Value], call: &mut Call) -> Option<Result<Value, Fault>> {
    if let Some(result) = object(op, operands) {
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
fn object(op: Op, operands: &[Value]) -> Option<Result<Value, Fault>> {
    let text = || match operands.first() {
        Some(Value::Text(text)) => Ok(text),
        _ => Err(Fault::new("Value cannot be null. Parameter name: s")),
    };
    Some(match op {
        Op::NewProperty => match &operands[0] {
            Value::Text(name) => Ok(Value::Property(Arc::clone(name), Arc::new(operands[1].to_json()))),
            _ => Err(Fault::new("Value cannot be null. Parameter name: name")),
        },
        Op::NewObject => {
            let members = operands.iter().filter_map(|o| match o {
                Value::Property(name, value) => Some((name.to_string(), Json::clone(value))),
                _ => None,
            });
            Ok(Value::Json(Arc::new(Json::Object(members.collect::<Map<_, _>>()))))
        }
        Op::NewArray => Ok(Value::Json(Arc::new(operands.iter().map(Value::to_json).collect()))),
        Op::JsonSerialize => Ok(Value::text(operands[0].to_json().to_string())),
        Op::JObjectParse | Op::JArrayParse | Op::JTokenParse => text().and_then(|t| parsed(t)),
        Op::TextAsJwt => text().map(|t| {
            let token = t.strip_prefix("Bearer ").unwrap_or(t);
            decode_unverified(token).map_or(Value::Null, |token| Value::Jwt(Arc::new(token)))
        }),
        _ => return None,
    })
}

fn parsed(text: &str) -> Result<Value, Fault> {
    let json = serde_json::from_str::<Json>(text);
    json.map(|json| Value::Json(Arc::new(json))).map_err(|e| Fault::new(format!("Error reading JSON: {e}")))
}

fn json_member(op: Op, json: &Json, rest: &[Value]) -> Option<Result<Value, Fault>> {
    Some(Ok(match (op, rest.first()) {
        (Op::Index, Some(Value::Text(key))) => match json {
            Json::Object(members) => wrapped(members.get(&**key)),
            _ => return Some(Err(Fault::new("Cannot access child value on Newtonsoft.Json.Linq.JValue."))),
        },
        (Op::Index, Some(Value::Int(at))) => match json {
            Json::Array(elements) => match usize::try_from(*at).ok().and_then(|at| elements.get(at)) {
                Some(element) => wrapped(Some(element)),
                None => return Some(Err(Fault::new("Index was out of range."))),
            },
            _ => return Some(Err(Fault::new("Accessed JObject values with invalid key value."))),
        },
        (Op::JsonToString, Some(Value::Formatting(false))) => Value::text(json_text(json, false)),
        (Op::JsonToString | Op::ObjectToString, _) => Value::text(json_text(json, true)),
        (Op::JsonContains, Some(Value::Text(key))) => Value::Bool(json.get(&**key).is_some()),
        (Op::JsonCount, _) => {
            Value::Int(json.as_array().map_or_else(|| json.as_object().map_or(0, Map::len), Vec::len) as i64)
        }
        _ => return None,
    }))
}

/// A child that may be absent, which is null.
fn wrapped(child: Option<&Json>) -> Value {
    child.map_or(Value::Null, |json| Value::Json(Arc::new(json.clone())))
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
