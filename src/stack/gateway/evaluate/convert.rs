//! Casts, conversions, and what a value is at run time.

use std::sync::Arc;

use super::super::collection::Collection;
use super::super::dotnet::{Kind, Moment};
use super::super::token::{Leaf, Token};
use super::super::value::{Value, token_text};
use super::{Exception, Fault, Work, statics};
use crate::policy::expression::Type;

/// What a value is, as .NET names it.
pub(super) fn name(value: &Value) -> String {
    let ty = match value {
        Value::Bool(_) => Type::Bool,
        Value::Int(_) => Type::Int,
        Value::Long(_) => Type::Long,
        Value::Double(_) => Type::Double,
        Value::Char(_) => Type::Char,
        Value::Text(_) => Type::Text,
        Value::Texts(_) => Type::Texts,
        Value::Bytes(_) => Type::Bytes,
        Value::Collection(collection) => collection.ty,
        Value::Instant(Moment { kind: Kind::Offset(_), .. }) => Type::Offset,
        Value::Instant(_) => Type::Instant,
        Value::Library(object) => object.ty(),
        Value::Constant(ty, _) => *ty,
        Value::Span(_) => Type::Span,
        Value::Guid(_) => Type::Guid,
        Value::Json(Token::Object(_)) => Type::JsonObject,
        Value::Json(Token::Array(_)) => Type::JsonArray,
        Value::Json(Token::Property(_)) => Type::JsonProperty,
        Value::Json(Token::Leaf(_)) => return "Newtonsoft.Json.Linq.JValue".into(),
        Value::Jwt(_) => Type::Jwt,
        Value::Response(_) => return "IResponse".into(),
        Value::Exception(fault) => return fault.kind.name().into(),
        _ => Type::Object,
    };
    ty.full_name()
}

fn invalid(value: &Value, to: Type) -> Fault {
    let text = format!("Unable to cast object of type '{}' to type '{}'.", name(value), to.full_name());
    Fault::of(Exception::InvalidCast, text)
}

/// Whether a value is of a type: `value is T`.
#[expect(clippy::too_many_lines, reason = "a table of types")]
pub(super) fn is(to: Type, value: &Value) -> bool {
    match (to, value) {
        (_, Value::Null) => false,
        (Type::Object, _)
        | (Type::Bool, Value::Bool(_))
        | (Type::Int, Value::Int(_))
        | (Type::Long, Value::Long(_))
        | (Type::Double | Type::Decimal, Value::Double(_))
        | (Type::Char, Value::Char(_))
        | (Type::Text, Value::Text(_))
        | (Type::Texts, Value::Texts(_))
        | (Type::Bytes, Value::Bytes(_))
        | (Type::Offset, Value::Instant(Moment { kind: Kind::Offset(_), .. }))
        | (Type::Instant, Value::Instant(Moment { kind: Kind::Utc | Kind::Local | Kind::Unspecified, .. }))
        | (Type::Span, Value::Span(_))
        | (Type::Guid, Value::Guid(_))
        | (Type::Json, Value::Json(_))
        | (Type::JsonObject, Value::Json(Token::Object(_)))
        | (Type::JsonArray, Value::Json(Token::Array(_)))
        | (Type::JsonProperty, Value::Json(Token::Property(_)))
        | (Type::Jwt, Value::Jwt(_))
        | (Type::Claims, Value::Claims(_))
        | (Type::Exception, Value::Exception(_))
        | (Type::Response, Value::Response(_) | Value::Here) => true,
        (Type::Nullable(of), value) => is(*of, value),
        (to, Value::Library(object)) => object.ty() == to,
        (to, Value::Constant(ty, _)) => *ty == to,
        (Type::Sequence(of), Value::Collection(collection)) => collection.ty.element() == Some(*of),
        (Type::List(of) | Type::Sequence(of), Value::Texts(_)) => *of == Type::Text,
        (Type::List(of), Value::Collection(collection)) => {
            collection.ty == to || matches!(collection.ty, Type::Array(a) if a == of)
        }
        (to, Value::Collection(collection)) => collection.ty == to,
        // What has no representation of its own is what it was declared as.
        (
            Type::Bool
            | Type::Int
            | Type::Long
            | Type::Double
            | Type::Decimal
            | Type::Char
            | Type::Text
            | Type::Texts
            | Type::Bytes
            | Type::Array(_)
            | Type::List(_)
            | Type::Sequence(_)
            | Type::Set(_)
            | Type::Dictionary(..)
            | Type::Pair(..)
            | Type::Instant
            | Type::Offset
            | Type::Span
            | Type::Guid
            | Type::Json
            | Type::JsonObject
            | Type::JsonArray
            | Type::JsonProperty
            | Type::Jwt
            | Type::Exception
            | Type::Response,
            _,
        ) => false,
        (_, value) => !matches!(
            value,
            Value::Bool(_)
                | Value::Int(_)
                | Value::Long(_)
                | Value::Double(_)
                | Value::Char(_)
                | Value::Text(_)
                | Value::Texts(_)
                | Value::Bytes(_)
                | Value::Instant(_)
                | Value::Span(_)
                | Value::Guid(_)
                | Value::Json(_)
                | Value::Jwt(_)
                | Value::Exception(_)
        ),
    }
}

/// `(T)value` out of `object`, or between kinds of tokens: a value that is no
/// `T` raises.
pub(super) fn cast(to: Type, value: Value) -> Result<Value, Fault> {
    if is(to, &value) {
        return Ok(value);
    }
    match &value {
        Value::Null if to.is_nullable() => Ok(Value::Null),
        Value::Null => Err(Fault::null()),
        other => Err(invalid(other, to)),
    }
}

/// An element of a sequence as `foreach (T element in …)` and `Cast<T>` take
/// it: tokens by their operators, everything else by a cast.
pub(super) fn cast_element(to: Type, element: Value, work: &mut Work) -> Result<Value, Fault> {
    match element {
        Value::Json(_) if !to.is_json() => convert(to, element, work),
        Value::Int(_) | Value::Char(_) if to != Type::Object => convert(to, element, work),
        other => cast(to, other),
    }
}

/// A conversion between numbers, from and to JSON, as C# makes it by itself or
/// is told to by a cast.
pub(super) fn convert(to: Type, value: Value, work: &mut Work) -> Result<Value, Fault> {
    if let Value::Json(token) = &value
        && !to.is_json()
    {
        return from_token(to, token, work);
    }
    Ok(match (to.present(), value) {
        (_, Value::Null) if to.is_nullable() => Value::Null,
        (Type::Json, value) => Value::Json(value.to_token(work)?),
        (_, Value::Null) => return Err(missing(to)),
        (Type::Int, Value::Int(n) | Value::Long(n)) => Value::Int(i64::from(n as i32)),
        // An unchecked conversion of what is out of range gives the least number.
        (Type::Int, Value::Double(n)) => {
            Value::Int(if n.is_nan() || n.abs() >= 2_147_483_649.0 { i64::from(i32::MIN) } else { n as i64 })
        }
        (Type::Int, Value::Constant(_, n)) => Value::Int(n),
        (Type::Int, Value::Char(c)) => Value::Int(i64::from(c as u32)),
        (Type::Long, Value::Int(n) | Value::Long(n)) => Value::Long(n),
        (Type::Long, Value::Double(n)) => Value::Long(n as i64),
        (Type::Long, Value::Char(c)) => Value::Long(i64::from(c as u32)),
        (Type::Double | Type::Decimal, Value::Int(n) | Value::Long(n)) => Value::Double(n as f64),
        (Type::Double | Type::Decimal, Value::Char(c)) => Value::Double(f64::from(c as u32)),
        (Type::Char, Value::Int(n) | Value::Long(n)) => {
            Value::Char(u32::try_from(n & 0xffff).ok().and_then(char::from_u32).unwrap_or('\u{fffd}'))
        }
        (Type::Text, Value::Char(c)) => Value::text(c.to_string()),
        (Type::Offset, Value::Instant(at)) => Value::Instant(at.with_offset()),
        (_, value) => value,
    })
}

fn missing(to: Type) -> Fault {
    match to {
        Type::Nullable(_) => Fault::of(Exception::InvalidOperation, "Nullable object must have a value."),
        _ => Fault::null_argument("value"),
    }
}

/// A token as Newtonsoft's operators convert it.
fn from_token(to: Type, token: &Token, work: &mut Work) -> Result<Value, Fault> {
    let Token::Leaf(leaf) = token else { return from_container(to, token, work) };
    let unfit = || {
        let kind = kind(token);
        Fault::of(Exception::Argument, format!("Can not convert {kind} to {}.", short(to)))
    };
    if *leaf == Leaf::Null {
        return if to.is_nullable() || matches!(to, Type::Nullable(_)) { Ok(Value::Null) } else { Err(unfit()) };
    }
    Ok(match (to.present(), leaf) {
        (Type::Object, _) => Value::Json(token.clone()),
        (Type::Text, _) => Value::text(token_text(token, false)),
        (Type::Bool, Leaf::Bool(b)) => Value::Bool(*b),
        (Type::Bool, Leaf::Int(n)) => Value::Bool(*n != 0),
        (Type::Bool, Leaf::Float(n)) => Value::Bool(*n != 0.0),
        (Type::Int | Type::Long, Leaf::Bool(b)) => integer(to, i64::from(*b))?,
        (Type::Int | Type::Long, Leaf::Int(n)) => integer(to, *n)?,
        (Type::Int | Type::Long, Leaf::Float(n)) => integer(to, n.round_ties_even() as i64)?,
        (Type::Int | Type::Long, Leaf::Text(text)) => integer(to, text.trim().parse().map_err(|_| Fault::format())?)?,
        (Type::Double | Type::Decimal, Leaf::Int(n)) => Value::Double(*n as f64),
        (Type::Double | Type::Decimal, Leaf::Float(n)) => Value::Double(*n),
        (Type::Double | Type::Decimal, Leaf::Text(text)) => {
            Value::Double(text.trim().parse().map_err(|_| Fault::format())?)
        }
        (Type::Instant | Type::Offset, Leaf::Text(text) | Leaf::Date(text)) => {
            let moment = Moment::from_json(text).or_else(|| Moment::parse(text, Moment::MIN));
            let moment = moment.ok_or_else(Fault::format)?;
            Value::Instant(if to.present() == Type::Offset { moment.with_offset() } else { moment })
        }
        (Type::Char, Leaf::Text(text)) if text.chars().count() == 1 => {
            text.chars().next().map_or(Value::Null, Value::Char)
        }
        (ty @ (Type::Bool | Type::Guid | Type::Span), Leaf::Text(text)) => {
            statics::parse(ty, text).ok_or_else(Fault::format)?
        }
        _ => return Err(unfit()),
    })
}

fn integer(to: Type, number: i64) -> Result<Value, Fault> {
    if to.present() == Type::Long {
        return Ok(Value::Long(number));
    }
    i32::try_from(number)
        .map(|n| Value::Int(i64::from(n)))
        .map_err(|_| Fault::of(Exception::Overflow, "Value was either too large or too small for an Int32."))
}

/// `ToObject<T>`, `DeserializeObject<T>` of arrays and objects.
fn from_container(to: Type, token: &Token, work: &mut Work) -> Result<Value, Fault> {
    work.spend(1)?;
    let element = |of: Type, token: &Token, work: &mut Work| match of {
        of if of.is_json() => cast(of, Value::Json(token.clone())),
        of => from_token(of, token, work),
    };
    match (to, token) {
        (Type::Object, _) => Ok(Value::Json(token.clone())),
        (Type::Texts | Type::Array(_) | Type::List(_) | Type::Sequence(_), Token::Array(array)) => {
            let of = to.element().unwrap_or(Type::Object);
            let items = array.elements().iter().map(|t| element(of, t, work)).collect::<Result<Vec<_>, _>>()?;
            Collection::of_items(to, items, work).map(Value::Collection)
        }
        (Type::Dictionary(_, of), Token::Object(object)) => {
            let dictionary = Collection::empty_keyed(to, false);
            for (name, value) in object.members() {
                let value = element(*of, &value, work)?;
                dictionary.put(Value::Text(Arc::clone(&name)), value, true, work)?;
            }
            Ok(Value::Collection(dictionary))
        }
        (_, Token::Property(property)) => from_token(to, &property.value(), work),
        _ => Err(Fault::of(Exception::Argument, format!("Can not convert {} to {}.", kind(token), short(to)))),
    }
}

/// The name of a token's kind, as `JTokenType` has it.
fn kind(token: &Token) -> &'static str {
    match token {
        Token::Object(_) => "Object",
        Token::Array(_) => "Array",
        Token::Property(_) => "Property",
        Token::Leaf(leaf) => match leaf {
            Leaf::Null => "Null",
            Leaf::Bool(_) => "Boolean",
            Leaf::Int(_) => "Integer",
            Leaf::Float(_) => "Float",
            Leaf::Text(_) => "String",
            Leaf::Date(_) => "Date",
        },
    }
}

/// A type's name without its namespace: `Int32`.
fn short(ty: Type) -> String {
    let full = ty.present().full_name();
    full.rsplit('.').next().unwrap_or_default().to_owned()
}
