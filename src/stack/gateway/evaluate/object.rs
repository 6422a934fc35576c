//! Members of objects that hold a state.

use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use url::Url;

use super::super::call::Call;
use super::super::dotnet::Random;
use super::super::library::{Library, Uri, held};
use super::super::value::Value;
use super::statics::parsed;
use super::{Exception, Fault, Work, format, uri};
use crate::policy::expression::{ObjectOp, Type};

/// What a member gives.
pub(super) fn member(op: ObjectOp, operands: &[Value], call: &mut Call) -> Result<Value, Fault> {
    use ObjectOp as O;
    match (op, operands) {
        (O::NewRandom, _) => Ok(random(operands.first().and_then(Value::integer), call)),
        (O::NewBuilder, [Value::Text(text), ..]) => Ok(library(Library::builder(&**text))),
        (O::NewBuilder, _) => Ok(library(Library::builder(""))),
        (O::NewUri, _) => new_uri(operands),
        (O::AddressParse, [text]) => match text {
            Value::Text(text) => address(text).ok_or_else(invalid_address),
            _ => Err(Fault::null_argument("ipString")),
        },
        (O::Loopback, _) => parsed(Type::Address, &Value::text("127.0.0.1")),
        (_, [Value::Library(object), rest @ ..]) => match &**object {
            Library::Random(random) => drawn(op, random, rest),
            Library::Builder(text) => builder(op, object, text, rest, &mut call.work),
            Library::Uri(of) => uri::member(op, of),
            Library::Address(_) if op == O::AddressEquals => {
                Ok(Value::Bool(rest.first().is_some_and(|other| *other.display() == *object.to_string())))
            }
            Library::Address(address) => Ok(match (op, address) {
                (O::AddressBytes, IpAddr::V4(address)) => Value::Bytes(address.octets().as_slice().into()),
                (O::AddressBytes, IpAddr::V6(address)) => Value::Bytes(address.octets().as_slice().into()),
                (O::AddressFamily, IpAddr::V4(_)) => Value::text("InterNetwork"),
                (O::AddressFamily, IpAddr::V6(_)) => Value::text("InterNetworkV6"),
                _ => Value::text(object.to_string()),
            }),
            _ => Err(Fault::null()),
        },
        _ => Err(Fault::null()),
    }
}

fn library(object: Library) -> Value {
    Value::Library(Arc::new(object))
}

fn invalid_address() -> Fault {
    Fault::of(Exception::Format, "An invalid IP address was specified.")
}

/// An address; .NET takes one in brackets too.
pub(super) fn address(text: &str) -> Option<Value> {
    let bare = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(text);
    bare.parse::<IpAddr>().ok().map(|address| library(Library::Address(address)))
}

/// Without a seed, one that only this call has.
fn random(seed: Option<i64>, call: &mut Call) -> Value {
    let own = || {
        let (high, low) = call.id.as_u64_pair();
        (high ^ low) as i32 ^ call.work.left()
    };
    let seed = seed.map_or_else(own, |seed| seed as i32);
    library(Library::Random(Mutex::new(Random::new(seed))))
}

fn drawn(op: ObjectOp, random: &Mutex<Random>, rest: &[Value]) -> Result<Value, Fault> {
    let mut random = held(random);
    let number = |at: usize| rest.get(at).and_then(Value::integer).unwrap_or(0) as i32;
    Ok(match (op, rest.len()) {
        (ObjectOp::NextDouble, _) => Value::Double(random.next_double()),
        (_, 0) => Value::Int(random.next().into()),
        (_, 1) if number(0) < 0 => {
            return Err(Fault::out_of_range("'maxValue' must be greater than zero.", "maxValue"));
        }
        (_, 1) => Value::Int(random.between(0, number(0)).into()),
        _ if number(0) > number(1) => {
            return Err(Fault::out_of_range("'minValue' cannot be greater than maxValue.", "minValue"));
        }
        _ => Value::Int(random.between(number(0), number(1)).into()),
    })
}

/// Most members change the text and give the builder itself.
fn builder(
    op: ObjectOp,
    object: &Arc<Library>,
    text: &Mutex<String>,
    rest: &[Value],
    work: &mut Work,
) -> Result<Value, Fault> {
    use ObjectOp as O;
    let appended = match (op, rest) {
        (O::AppendFormat, [Value::Text(pattern), values @ ..]) => format::composite(pattern, values)?,
        (O::Append, [value, Value::Int(count)]) => {
            let count = usize::try_from(*count).unwrap_or(0).min(1_000_000);
            work.spend_text(count)?;
            value.display().repeat(count)
        }
        (O::AppendLine, _) => format!("{}\r\n", rest.first().map_or_else(|| "".into(), Value::display)),
        (O::Append, [value]) => value.display().to_string(),
        _ => String::new(),
    };
    let mut text = held(text);
    work.spend_text(text.len() + appended.len())?;
    match op {
        O::Length => return Ok(Value::Int(super::text::length(&text))),
        O::BuilderToString if rest.is_empty() => return Ok(Value::text(text.as_str())),
        O::BuilderToString => return super::text::substring(&text, rest),
        O::Clear => text.clear(),
        O::Insert | O::Remove | O::Replace => {
            let changed = super::text::changed(op, &text, rest)?;
            text.clear();
            text.push_str(&changed.display());
        }
        _ => text.push_str(&appended),
    }
    Ok(Value::Library(Arc::clone(object)))
}

fn new_uri(operands: &[Value]) -> Result<Value, Fault> {
    let invalid = || Fault::of(Exception::Format, "Invalid URI: The format of the URI could not be determined.");
    let (written, absolute) = match operands {
        [Value::Text(text)] => (Arc::clone(text), Url::parse(text).map_err(|_| invalid())?),
        [Value::Library(base), Value::Text(text)] => match &**base {
            Library::Uri(base) => (Arc::clone(text), base.absolute.join(text).map_err(|_| invalid())?),
            _ => return Err(Fault::null()),
        },
        _ => return Err(Fault::null_argument("uriString")),
    };
    Ok(library(Library::Uri(Uri { written, absolute })))
}
