//! Members of tokens.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value as Json;

use super::super::collection::Collection;
use super::super::library::Library;
use super::super::value::{Value, json_text};
use super::Fault;
use crate::clock::Timestamp;
use crate::policy::expression::{TokenOp, Type};
use crate::stack::jwt::{Token, decode_unverified};

/// What a member gives.
pub(super) fn member(op: TokenOp, operands: &[Value]) -> Result<Value, Fault> {
    match operands.first() {
        Some(Value::Text(text)) if op == TokenOp::AsBasic => Ok(basic(text)),
        Some(Value::Library(object)) => match (&**object, op) {
            (Library::Basic { user, .. }, TokenOp::UserId | TokenOp::Username) => Ok(Value::Text(Arc::clone(user))),
            (Library::Authorization(token), TokenOp::AccessToken) => Ok(Value::Text(Arc::clone(token))),
            (Library::Authorization(_), _) => {
                let ty = Type::dictionary(Type::Text, Type::Object);
                Ok(Value::Collection(Collection::empty_keyed(ty, false)))
            }
            (Library::Basic { password, .. }, _) => Ok(Value::Text(Arc::clone(password))),
            _ => Err(Fault::null()),
        },
        Some(Value::Text(text)) => {
            let token = text.strip_prefix("Bearer ").unwrap_or(text);
            Ok(decode_unverified(token).map_or(Value::Null, |token| Value::Jwt(Arc::new(token))))
        }
        Some(Value::Jwt(token)) => jwt(op, token),
        Some(Value::Claims(token)) => claims(op, token, &operands[1..]),
        // An extension method may stand on null.
        _ if matches!(op, TokenOp::AsJwt | TokenOp::AsBasic) => Ok(Value::Null),
        _ => Err(Fault::null()),
    }
}

/// `Basic` and base64 of `user:password`; null where it is anything else.
fn basic(text: &str) -> Value {
    let read = || {
        let (scheme, encoded) = text.trim().split_once(' ')?;
        let bytes = STANDARD.decode(encoded.trim()).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
        let text = String::from_utf8(bytes).ok()?;
        let (user, password) = text.split_once(':')?;
        Some(Library::Basic { user: user.into(), password: password.into() })
    };
    read().map_or(Value::Null, |basic| Value::Library(Arc::new(basic)))
}

fn jwt(op: TokenOp, token: &Arc<Token>) -> Result<Value, Fault> {
    let claim = |name: &str| token.claims.get(name).and_then(Json::as_str).map_or(Value::Null, Value::text);
    let header = |name: &str| token.header.get(name).and_then(Json::as_str).map_or(Value::Null, Value::text);
    let instant = |name: &str| {
        let seconds = token.claims.get(name).and_then(Json::as_f64);
        seconds.map_or(Value::Null, |s| Value::Instant(Timestamp::from_seconds(s as i64).into()))
    };
    Ok(match op {
        TokenOp::Claims => Value::Claims(Arc::clone(token)),
        TokenOp::Id => claim("jti"),
        TokenOp::Issuer => claim("iss"),
        TokenOp::Subject => claim("sub"),
        TokenOp::Audiences => Value::Texts(claim_texts(token, "aud").unwrap_or_default().into()),
        TokenOp::Algorithm => header("alg"),
        TokenOp::Type => header("typ"),
        TokenOp::ExpirationTime => instant("exp"),
        TokenOp::NotBefore => instant("nbf"),
        TokenOp::IssuedAt => instant("iat"),
        _ => return Err(Fault::null()),
    })
}

fn claims(op: TokenOp, token: &Token, rest: &[Value]) -> Result<Value, Fault> {
    let Some(Value::Text(key)) = rest.first() else { return Err(Fault::null_argument("key")) };
    let found = claim_texts(token, key);
    Ok(match op {
        TokenOp::ClaimsContains => Value::Bool(found.is_some()),
        TokenOp::ClaimsTexts => match found {
            Some(texts) => Value::Texts(texts.into()),
            None => rest.get(1).cloned().unwrap_or(Value::Null),
        },
        _ => match found {
            Some(texts) => Value::text(texts.join(",")),
            None => rest.get(1).cloned().unwrap_or(Value::Null),
        },
    })
}

/// `claims["name"]`.
pub(super) fn index(token: &Token, by: &Value) -> Result<Value, Fault> {
    let Value::Text(key) = by else { return Err(Fault::null_argument("key")) };
    claim_texts(token, key).map(|texts| Value::Texts(texts.into())).ok_or_else(Fault::no_key)
}

/// The values of a claim: the elements of an array, or the one.
pub(in crate::stack::gateway) fn claim_texts(token: &Token, name: &str) -> Option<Vec<Arc<str>>> {
    Some(match token.claims.get(name)? {
        Json::Array(values) => values.iter().map(|v| json_text(v, false).into()).collect(),
        value => vec![json_text(value, false).into()],
    })
}
