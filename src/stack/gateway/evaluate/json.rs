//! Members of JSON values and bodies.

use std::sync::Arc;

use super::super::call::Call;
use super::super::token::{Leaf, Token, no_element};
use super::super::token_path::select;
use super::super::token_read::{Wanted, parse};
use super::super::value::{Value, token_text};
use super::{Exception, Fault, Work, body, json_change};
use crate::policy::expression::{JsonOp, Type};

/// What a member gives.
pub(super) fn member(op: JsonOp, operands: &[Value], call: &mut Call) -> Result<Value, Fault> {
    use JsonOp as J;
    match (op, operands.first()) {
        (
            J::BodyAsText | J::BodyAsJson | J::BodyAsObject | J::BodyAsArray | J::BodyAsBytes | J::BodyAsForm,
            Some(of),
        ) => {
            let preserve = matches!(operands.get(1), Some(Value::Bool(true)));
            body::read(op, of, preserve, call)
        }
        (J::ParseObject | J::ParseArray | J::ParseToken | J::Deserialize, text) => match text {
            Some(Value::Text(text)) => parsed(text, wanted(op)),
            _ => Err(Fault::null_argument(if op == J::Deserialize { "value" } else { "json" })),
        },
        _ => made(op, operands, &mut call.work),
    }
}

fn wanted(op: JsonOp) -> Wanted {
    match op {
        JsonOp::ParseObject | JsonOp::BodyAsObject => Wanted::Object,
        JsonOp::ParseArray | JsonOp::BodyAsArray => Wanted::Array,
        _ => Wanted::Any,
    }
}

/// Text read as JSON.
pub(super) fn parsed(text: &str, wanted: Wanted) -> Result<Value, Fault> {
    parse(text, wanted).map(Value::Json).map_err(|text| Fault::of(Exception::Json, text))
}

/// What is made of values, or asked of a token.
fn made(op: JsonOp, operands: &[Value], work: &mut Work) -> Result<Value, Fault> {
    use JsonOp as J;
    match (op, operands.first()) {
        (J::NewProperty, _) => new_property(operands, work),
        (J::NewObject, _) => new_object(operands, work),
        (J::NewArray, _) => new_array(operands, work),
        (J::CreateNull, _) => Ok(Value::Json(Token::NULL)),
        (J::Serialize, Some(value)) => {
            let indented = matches!(operands.get(1), Some(Value::Formatting(true)));
            value.to_token(work).map(|token| Value::text(token.write(indented)))
        }
        (J::SerializeValue, Some(value)) => value.to_token(work).map(|token| Value::text(token.write(false))),
        (J::ObjectFrom | J::ArrayFrom | J::TokenFrom | J::NewValue | J::CreateString, Some(value)) => {
            let token = value.to_token(work)?;
            match (op, &token) {
                (J::ObjectFrom, Token::Object(_)) | (J::ArrayFrom, Token::Array(_)) => {}
                (J::ObjectFrom, _) => return Err(not_serialized("JObject")),
                (J::ArrayFrom, _) => return Err(not_serialized("JArray")),
                _ => {}
            }
            Ok(Value::Json(token))
        }
        (J::DeepEquals, Some(Value::Json(a))) => {
            Ok(Value::Bool(matches!(operands.get(1), Some(Value::Json(b)) if a.deep_equals(b))))
        }
        (J::DeepEquals, _) => Ok(Value::Bool(operands.iter().all(Value::is_null))),
        (_, Some(Value::Json(token))) => asked(op, token, &operands[1..], work),
        (J::ToString, Some(other)) if !other.is_null() => Ok(Value::Text(other.display())),
        _ => Err(Fault::null()),
    }
}

fn not_serialized(class: &str) -> Fault {
    let text = format!("Object serialized to another type. {class} instance expected.");
    Fault::of(Exception::Argument, text)
}

fn new_property(operands: &[Value], work: &mut Work) -> Result<Value, Fault> {
    let Some(Value::Text(name)) = operands.first() else { return Err(Fault::null_argument("name")) };
    let value = match operands {
        [_, value] => value.to_token(work)?,
        [_, values @ ..] => array_of(values, work)?,
        [] => Token::NULL,
    };
    Token::property(Arc::clone(name), value, work).map(Value::Json)
}

fn new_object(operands: &[Value], work: &mut Work) -> Result<Value, Fault> {
    let object = Token::object();
    for operand in operands {
        match operand {
            Value::Json(Token::Property(property)) => {
                object.set(Arc::clone(&property.name), property.value(), work)?;
            }
            // A copy of another object, or its properties.
            Value::Json(Token::Object(other)) => {
                for (name, value) in other.members() {
                    object.set(name, value, work)?;
                }
            }
            Value::Collection(collection) => {
                for element in collection.elements(work)? {
                    if let Value::Json(Token::Property(property)) = element {
                        object.set(Arc::clone(&property.name), property.value(), work)?;
                    }
                }
            }
            Value::Null => {}
            other => {
                let text = format!("Could not determine JSON object type for type {}.", other.display());
                return Err(Fault::of(Exception::Argument, text));
            }
        }
    }
    Ok(Value::Json(Token::Object(object)))
}

fn array_of(values: &[Value], work: &mut Work) -> Result<Token, Fault> {
    let array = Token::array();
    for value in values {
        let element = value.to_token(work)?;
        array.push(element, work)?;
    }
    Ok(Token::Array(array))
}

/// `new JArray(…)`: the elements of one list, or what is given.
fn new_array(operands: &[Value], work: &mut Work) -> Result<Value, Fault> {
    if let [list @ (Value::Texts(_) | Value::Collection(_) | Value::Json(Token::Array(_)))] = operands
        && let token @ Token::Array(_) = list.to_token(work)?
    {
        return token.deep_clone(work).map(Value::Json);
    }
    array_of(operands, work).map(Value::Json)
}

/// Members of a token.
#[expect(clippy::match_same_arms, reason = "one arm a member")]
fn asked(op: JsonOp, token: &Token, rest: &[Value], work: &mut Work) -> Result<Value, Fault> {
    use JsonOp as J;
    let or_null = |token: Option<Token>| token.map_or(Value::Null, Value::Json);
    Ok(match (op, token, rest.first()) {
        (J::ToString, _, Some(Value::Formatting(indented))) => Value::text(token.write(*indented)),
        (J::ToString, ..) => Value::text(token_text(token, true)),
        (J::SelectToken, _, Some(Value::Text(path))) => selected(token, path, rest)?,
        (J::SelectTokens, _, Some(Value::Text(path))) => {
            sequence(select(token, path).map_err(|e| Fault::of(Exception::Json, e))?, Type::Json, work)?
        }
        (J::HasValues, ..) => Value::Bool(token.len() > 0),
        (J::Kind, ..) => Value::Constant(Type::JsonKind, kind(token)),
        (J::First, ..) => or_null(token.children().into_iter().next()),
        (J::Last, ..) => or_null(token.children().pop()),
        (J::Count, ..) => Value::Int(token.len() as i64),
        (J::Children, ..) => sequence(token.children(), Type::Json, work)?,
        (J::Values, Token::Object(object), _) => {
            sequence(object.members().into_iter().map(|(_, value)| value).collect(), Type::Json, work)?
        }
        (J::Values, ..) => sequence(token.children(), Type::Json, work)?,
        (J::DeepClone | J::CloneObject, ..) => Value::Json(token.deep_clone(work)?),
        (J::Value, Token::Leaf(leaf), _) => leaf_value(leaf),
        (J::Value | J::PropertyValue, Token::Property(property), _) => Value::Json(property.value()),
        (J::Value, ..) => Value::Null,
        (J::Equals, _, Some(Value::Json(other))) => Value::Bool(token.same(other) || leaves_equal(token, other)),
        (J::Equals, Token::Leaf(leaf), Some(other)) => Value::Bool(super::operate::equal(&leaf_value(leaf), other)),
        (J::Equals, ..) => Value::Bool(false),
        (J::ContainsKey, Token::Object(object), Some(Value::Text(key))) => Value::Bool(object.get(key).is_some()),
        (J::GetValue, Token::Object(object), Some(Value::Text(key))) => {
            let folds = matches!(rest.get(1), Some(Value::Comparison(true)));
            or_null(if folds { object.get_ignoring_case(key) } else { object.get(key) })
        }
        (J::Property, Token::Object(object), Some(Value::Text(key))) => or_null(object.property(key)),
        (J::Properties, Token::Object(object), _) => sequence(object.properties(), Type::JsonProperty, work)?,
        (J::PropertyName, Token::Property(property), _) => Value::Text(Arc::clone(&property.name)),
        _ => return json_change::changed(op, token, rest, work),
    })
}

fn leaves_equal(a: &Token, b: &Token) -> bool {
    matches!((a, b), (Token::Leaf(_), Token::Leaf(_))) && a.deep_equals(b)
}

/// `SelectToken`: null where there is none, unless an error is asked for.
fn selected(token: &Token, path: &str, rest: &[Value]) -> Result<Value, Fault> {
    let mut found = select(token, path).map_err(|e| Fault::of(Exception::Json, e))?;
    match (found.len(), rest.get(1)) {
        (0, Some(Value::Bool(true))) => {
            Err(Fault::of(Exception::Json, format!("Property '{path}' does not exist on JObject.")))
        }
        (0 | 1, _) => Ok(found.pop().map_or(Value::Null, Value::Json)),
        _ => Err(Fault::of(Exception::Json, "Path returned multiple tokens.")),
    }
}

/// Tokens to be enumerated.
pub(super) fn sequence(tokens: Vec<Token>, of: Type, work: &mut Work) -> Result<Value, Fault> {
    let items = tokens.into_iter().map(Value::Json).collect();
    super::super::collection::Collection::of_items(Type::sequence(of), items, work).map(Value::Collection)
}

/// The value of a `JValue`.
fn leaf_value(leaf: &Leaf) -> Value {
    match leaf {
        Leaf::Null => Value::Null,
        Leaf::Bool(b) => Value::Bool(*b),
        Leaf::Int(n) => Value::Long(*n),
        Leaf::Float(n) => Value::Double(*n),
        Leaf::Text(text) => Value::Text(Arc::clone(text)),
        Leaf::Date(text) => {
            let moment = super::super::dotnet::Moment::from_json(text);
            moment.map_or_else(|| Value::Text(Arc::clone(text)), Value::Instant)
        }
    }
}

/// `JTokenType`, by .NET's number.
fn kind(token: &Token) -> i64 {
    match token {
        Token::Object(_) => 1,
        Token::Array(_) => 2,
        Token::Property(_) => 4,
        Token::Leaf(Leaf::Int(_)) => 6,
        Token::Leaf(Leaf::Float(_)) => 7,
        Token::Leaf(Leaf::Text(_)) => 8,
        Token::Leaf(Leaf::Bool(_)) => 9,
        Token::Leaf(Leaf::Null) => 10,
        Token::Leaf(Leaf::Date(_)) => 12,
    }
}

/// `token[key]`: a member that is absent is null.
pub(super) fn index(json: &Token, key: &Value) -> Result<Value, Fault> {
    let shown = || match key {
        Value::Text(text) => format!("\"{text}\""),
        other => other.display().to_string(),
    };
    let argument = |text: String| Err(Fault::of(Exception::Argument, text));
    match (json, key) {
        (Token::Object(object), Value::Text(key)) => Ok(object.get(key).map_or(Value::Null, Value::Json)),
        (Token::Array(array), Value::Int(at) | Value::Long(at)) => {
            let element = usize::try_from(*at).ok().and_then(|at| array.get(at));
            element.map(Value::Json).ok_or_else(no_element)
        }
        (Token::Object(_), _) => argument(format!(
            "Accessed JObject values with invalid key value: {}. Object property name expected.",
            shown()
        )),
        (Token::Array(_), _) => {
            argument(format!("Accessed JArray values with invalid key value: {}. Int32 array index expected.", shown()))
        }
        (Token::Property(_) | Token::Leaf(_), _) => {
            let class = if matches!(json, Token::Leaf(_)) { "JValue" } else { "JProperty" };
            let text = format!("Cannot access child value on Newtonsoft.Json.Linq.{class}.");
            Err(Fault::of(Exception::InvalidOperation, text))
        }
    }
}
