//! Members by topic.

use super::super::call::Call;
use super::super::library::{Library, held};
use super::super::value::Value;
use super::{Fault, bytes, context, json, number, object, pattern, text, time, token};
use crate::policy::expression::{ConstantOp, ContextOp, Op, Type};

/// What a member gives; that of an object has the object as its first operand.
pub(super) fn member(op: Op, operands: &[Value], call: &mut Call) -> Result<Value, Fault> {
    match op {
        Op::Index => index(operands, call),
        Op::Context(ContextOp::ContextTrace) => Ok(context::trace(operands.last(), call)),
        Op::Context(op) => context::member(op, operands, call),
        Op::Text(op) => text::member(op, operands, &mut call.work),
        Op::Number(op) => number::member(op, operands),
        Op::Object(op) => object::member(op, operands, call),
        Op::Pattern(op) => pattern::member(op, operands, &mut call.work),
        Op::Time(op) => time::member(op, operands, call),
        Op::Json(op) => json::member(op, operands, call),
        Op::Token(op) => token::member(op, operands),
        Op::Bytes(op) => bytes::member(op, operands),
        Op::Constant(op) => Ok(constant(op)),
    }
}

fn index(operands: &[Value], call: &Call) -> Result<Value, Fault> {
    let [of, by] = operands else { return Err(Fault::null()) };
    match of {
        Value::Text(_) | Value::Texts(_) => text::index(of, by),
        Value::Json(json) => json::index(json, by),
        Value::Bytes(bytes) => {
            let at = by.integer().and_then(|at| usize::try_from(at).ok());
            let byte = at.and_then(|at| bytes.get(at)).ok_or_else(Fault::no_index)?;
            Ok(Value::Int((*byte).into()))
        }
        Value::Library(object) => match &**object {
            Library::Builder(text) => text::index(&Value::text(held(text).as_str()), by),
            _ => pattern::index(object, by),
        },
        Value::Claims(token) => token::index(token, by),
        Value::Variables | Value::Parameters | Value::Headers(_) | Value::ReceivedHeaders(_) | Value::Query(_) => {
            context::index(of, by, call)
        }
        _ => Err(Fault::null()),
    }
}

#[expect(clippy::match_same_arms, reason = "one arm a class of constants")]
fn constant(op: ConstantOp) -> Value {
    use ConstantOp as C;
    let (ty, number) = match op {
        C::Ordinal | C::InvariantCulture | C::CurrentCulture => return Value::Comparison(false),
        C::OrdinalIgnoreCase | C::InvariantCultureIgnoreCase | C::CurrentCultureIgnoreCase => {
            return Value::Comparison(true);
        }
        C::ComparerOrdinal | C::ComparerInvariant | C::ComparerCurrent => return Value::Comparison(false),
        C::ComparerOrdinalIgnoreCase | C::ComparerInvariantIgnoreCase | C::ComparerCurrentIgnoreCase => {
            return Value::Comparison(true);
        }
        C::None => return Value::Formatting(false),
        C::Indented => return Value::Formatting(true),
        C::Sunday => return Value::text("Sunday"),
        C::Monday => return Value::text("Monday"),
        C::Tuesday => return Value::text("Tuesday"),
        C::Wednesday => return Value::text("Wednesday"),
        C::Thursday => return Value::text("Thursday"),
        C::Friday => return Value::text("Friday"),
        C::Saturday => return Value::text("Saturday"),
        C::SplitNone => (Type::SplitOptions, 0),
        C::RemoveEmptyEntries => (Type::SplitOptions, 1),
        C::TrimEntries => (Type::SplitOptions, 2),
        C::RegexNone => (Type::RegexOptions, 0),
        C::IgnoreCase => (Type::RegexOptions, 1),
        C::Multiline => (Type::RegexOptions, 2),
        C::ExplicitCapture => (Type::RegexOptions, 4),
        C::Compiled => (Type::RegexOptions, 8),
        C::Singleline => (Type::RegexOptions, 16),
        C::IgnorePatternWhitespace => (Type::RegexOptions, 32),
        C::CultureInvariant => (Type::RegexOptions, 512),
        C::Unspecified => (Type::DateKind, 0),
        C::Utc => (Type::DateKind, 1),
        C::Local => (Type::DateKind, 2),
        C::ToEven => (Type::Rounding, 0),
        C::AwayFromZero => (Type::Rounding, 1),
        kind => (Type::JsonKind, json_kind(kind)),
    };
    Value::Constant(ty, number)
}

/// `JTokenType`, by .NET's number.
fn json_kind(op: ConstantOp) -> i64 {
    use ConstantOp as C;
    match op {
        C::KindObject => 1,
        C::KindArray => 2,
        C::KindProperty => 4,
        C::KindInteger => 6,
        C::KindFloat => 7,
        C::KindString => 8,
        C::KindBoolean => 9,
        C::KindNull => 10,
        C::KindUndefined => 11,
        C::KindDate => 12,
        C::KindGuid => 15,
        _ => 0,
    }
}
