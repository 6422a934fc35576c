//! Header fields, query parameters, variables and claims, enumerated.

use std::sync::Arc;

use super::super::call::Call;
use super::super::collection::Collection;
use super::super::value::Value;
use super::{Fault, claim_texts};
use crate::policy::expression::Type;

/// The pairs of what is a dictionary of the context's.
pub(super) fn of(value: &Value, call: &mut Call) -> Result<Vec<Value>, Fault> {
    let texts = |values: Vec<Arc<str>>| Value::Texts(values.into());
    let (pairs, ty): (Vec<(Arc<str>, Value)>, Type) = match value {
        Value::Headers(side) => {
            let headers = call.headers(*side).ok_or_else(Fault::null)?;
            (fields(headers), Type::Texts)
        }
        Value::ReceivedHeaders(received) => (fields(&received.headers), Type::Texts),
        Value::Query(address) => {
            let (_, query) = call.path_and_query(*address);
            let mut pairs: Vec<(Arc<str>, Vec<Arc<str>>)> = Vec::new();
            for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
                match pairs.iter_mut().find(|(n, _)| **n == *name) {
                    Some((_, values)) => values.push((&*value).into()),
                    None => pairs.push(((&*name).into(), vec![(&*value).into()])),
                }
            }
            (pairs.into_iter().map(|(n, v)| (n, texts(v))).collect(), Type::Texts)
        }
        Value::Parameters => {
            let pairs = call.parameters.iter().map(|(n, v)| (Arc::from(&**n), Value::text(v.as_str())));
            (pairs.collect(), Type::Text)
        }
        Value::Variables => (call.variables.clone(), Type::Object),
        Value::Claims(token) => {
            let names = token.claims.keys();
            let pair = |n: &String| (Arc::from(n.as_str()), texts(claim_texts(token, n).unwrap_or_default()));
            (names.map(pair).collect(), Type::Texts)
        }
        _ => return Err(Fault::null()),
    };
    let ty = Type::pair(Type::Text, ty);
    let pair = |(name, value)| Collection::of_items(ty, vec![Value::Text(name), value], &mut call.work);
    pairs.into_iter().map(pair).map(|p| p.map(Value::Collection)).collect()
}

fn fields(headers: &http::HeaderMap) -> Vec<(Arc<str>, Value)> {
    let field = |name: &http::HeaderName| {
        let values = headers.get_all(name).iter().map(|v| Arc::from(String::from_utf8_lossy(v.as_bytes())));
        (Arc::from(name.as_str()), Value::Texts(values.collect()))
    };
    headers.keys().map(field).collect()
}
