//! The interpreter: statements and expressions.

use std::sync::Arc;

use super::super::call::Call;
use super::super::value::Value;
use super::{Fault, Work, context, member, operate, statics};
use crate::policy::expression::{BinaryOp, Body, Expr, Expression, Op, Step};

/// Evaluates an expression on a call.
pub(in crate::stack::gateway) fn evaluate(expression: &Expression, call: &mut Call) -> Result<Value, Fault> {
    call.work = Work::new();
    let mut frame = Frame { call, locals: vec![Value::Null; expression.locals], it: Vec::new() };
    match &expression.body {
        Body::Single(expr) => frame.value(expr),
        Body::Block(steps) => Ok(frame.steps(steps)?.unwrap_or(Value::Null)),
    }
}

/// One evaluation: the call, local variables, what null-conditional chains
/// stand on.
pub(super) struct Frame<'c> {
    pub(super) call: &'c mut Call,
    locals: Vec<Value>,
    it: Vec<Value>,
}

impl Frame<'_> {
    fn steps(&mut self, steps: &[Step]) -> Result<Option<Value>, Fault> {
        for step in steps {
            let returned = match step {
                Step::Return(expr) => Some(self.value(expr)?),
                Step::Set(slot, expr) => {
                    self.locals[*slot] = self.value(expr)?;
                    None
                }
                Step::Do(expr) => {
                    self.value(expr)?;
                    None
                }
                Step::If(condition, yes, no) => {
                    let branch = if self.truth(condition)? { yes } else { no };
                    self.steps(branch)?
                }
                Step::Foreach(slot, list, body) => self.foreach(*slot, list, body)?,
            };
            if returned.is_some() {
                return Ok(returned);
            }
        }
        Ok(None)
    }

    fn foreach(&mut self, slot: usize, list: &Expr, body: &[Step]) -> Result<Option<Value>, Fault> {
        let elements: Vec<Value> = match self.value(list)? {
            Value::Texts(texts) => texts.iter().map(|t| Value::Text(Arc::clone(t))).collect(),
            Value::Json(token) => token.children().into_iter().map(Value::Json).collect(),
            _ => return Err(Fault::null()),
        };
        for element in elements {
            self.locals[slot] = element;
            if let Some(returned) = self.steps(body)? {
                return Ok(Some(returned));
            }
        }
        Ok(None)
    }

    pub(super) fn value(&mut self, expr: &Expr) -> Result<Value, Fault> {
        Ok(match expr {
            Expr::Null => Value::Null,
            Expr::Bool(b) => Value::Bool(*b),
            Expr::Int(n) => Value::Int(*n),
            Expr::Double(n) => Value::Double(*n),
            Expr::Text(text) => Value::Text(Arc::clone(text)),
            Expr::Local(slot) => self.locals[*slot].clone(),
            Expr::It => self.it.last().cloned().unwrap_or(Value::Null),
            Expr::Op(op, operands) => self.member(*op, operands)?,
            Expr::TryParse(ty, text, slot) => {
                let parsed = match self.value(text)? {
                    Value::Text(text) => statics::parse(*ty, &text),
                    _ => None,
                };
                let found = parsed.is_some();
                if let Some(slot) = slot {
                    self.locals[*slot] = parsed.unwrap_or_else(|| statics::default_of(*ty));
                }
                Value::Bool(found)
            }
            Expr::Concat(pieces) => self.concat(pieces)?,
            Expr::Not(of) => Value::Bool(!self.truth(of)?),
            Expr::Negate(of) => match self.value(of)? {
                Value::Int(n) => Value::Int(n.checked_neg().ok_or_else(operate::overflow)?),
                Value::Double(n) => Value::Double(-n),
                _ => return Err(Fault::null()),
            },
            Expr::Binary(op, sides) => self.binary(*op, &sides.0, &sides.1)?,
            Expr::Conditional(parts) => {
                let branch = if self.truth(&parts.0)? { &parts.1 } else { &parts.2 };
                self.value(branch)?
            }
            Expr::NullChain(parts) => {
                let on = self.value(&parts.0)?;
                if on.is_null() {
                    return Ok(Value::Null);
                }
                self.it.push(on);
                let rest = self.value(&parts.1);
                self.it.pop();
                rest?
            }
            Expr::Cast(to, of) => operate::cast(*to, self.value(of)?)?,
        })
    }

    fn truth(&mut self, expr: &Expr) -> Result<bool, Fault> {
        match self.value(expr)? {
            Value::Bool(b) => Ok(b),
            _ => Err(Fault::null()),
        }
    }

    fn binary(&mut self, op: BinaryOp, left: &Expr, right: &Expr) -> Result<Value, Fault> {
        match op {
            BinaryOp::And => Ok(Value::Bool(self.truth(left)? && self.truth(right)?)),
            BinaryOp::Or => Ok(Value::Bool(self.truth(left)? || self.truth(right)?)),
            BinaryOp::Coalesce => {
                let left = self.value(left)?;
                if left.is_null() { self.value(right) } else { Ok(left) }
            }
            _ => operate::binary(op, &self.value(left)?, &self.value(right)?),
        }
    }

    fn concat(&mut self, pieces: &[(Expr, Option<Arc<str>>)]) -> Result<Value, Fault> {
        let mut joined = String::new();
        for (expr, format) in pieces {
            let value = self.value(expr)?;
            match format {
                Some(format) => joined.push_str(&operate::formatted(&value, format)?),
                None => joined.push_str(&value.display()),
            }
        }
        Ok(Value::text(joined))
    }

    fn member(&mut self, op: Op, operands: &[Expr]) -> Result<Value, Fault> {
        if let Op::Context(op) = op
            && let Some(value) = context::root(op, self.call)
        {
            return Ok(value);
        }
        let values = operands.iter().map(|o| self.value(o)).collect::<Result<Vec<_>, _>>()?;
        member::member(op, &values, self.call)
    }
}
