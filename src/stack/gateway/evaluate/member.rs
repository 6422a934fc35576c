//! Members by topic.

use super::super::call::Call;
use super::super::value::Value;
use super::{Fault, bytes, context, json, number, text, time, token};
use crate::policy::expression::{ConstantOp, Op};

/// What a member gives; that of an object has the object as its first operand.
pub(super) fn member(op: Op, operands: &[Value], call: &mut Call) -> Result<Value, Fault> {
    match op {
        Op::Index => index(operands, call),
        Op::Context(op) => context::member(op, operands, call),
        Op::Text(op) => text::member(op, operands),
        Op::Number(op) => number::member(op, operands),
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
        Value::Claims(token) => token::index(token, by),
        Value::Variables | Value::Parameters | Value::Headers(_) | Value::Query(_) => context::index(of, by, call),
        _ => Err(Fault::null()),
    }
}

fn constant(op: ConstantOp) -> Value {
    use ConstantOp as C;
    match op {
        C::Ordinal | C::InvariantCulture | C::CurrentCulture => Value::Comparison(false),
        C::OrdinalIgnoreCase | C::InvariantCultureIgnoreCase | C::CurrentCultureIgnoreCase => Value::Comparison(true),
        C::None => Value::Formatting(false),
        C::Indented => Value::Formatting(true),
    }
}
