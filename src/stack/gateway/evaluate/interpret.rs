//! The interpreter of expressions. Trees are of bounded height, and every turn
//! of a loop, every call of a lambda and all that is made is paid for out of
//! [`Work`], so that no evaluation exhausts the stack or goes on for ever.

use std::sync::Arc;

use smallvec::SmallVec;

use super::super::call::Call;
use super::super::value::Value;
use super::{Exception, Fault, Work, collect, context, convert, linq, member, operate, statics};
use crate::policy::expression::{BinaryOp, Body, Expr, Expression, Op, Piece, Step};

/// Evaluates an expression on a call.
pub(in crate::stack::gateway) fn evaluate(expression: &Expression, call: &mut Call) -> Result<Value, Fault> {
    call.work = Work::new();
    let mut frame =
        Frame { call, locals: smallvec::smallvec![Value::Null; expression.locals], it: SmallVec::new(), caught: None };
    frame.body(&expression.body)
}

/// Operands of one member, mostly on the stack.
pub(super) type Operands = SmallVec<[Value; 4]>;

/// One evaluation: the call, local variables, what null-conditional chains
/// stand on, the exception that is being handled.
pub(super) struct Frame<'c> {
    pub(super) call: &'c mut Call,
    pub(super) locals: SmallVec<[Value; 4]>,
    it: SmallVec<[Value; 2]>,
    pub(super) caught: Option<Arc<Fault>>,
}

impl Frame<'_> {
    pub(super) fn body(&mut self, body: &Body) -> Result<Value, Fault> {
        match body {
            Body::Single(expr) => self.value(expr),
            Body::Block(steps) => self.block(steps),
        }
    }

    #[expect(clippy::match_same_arms, reason = "one arm a kind of expression")]
    pub(super) fn value(&mut self, expr: &Expr) -> Result<Value, Fault> {
        Ok(match expr {
            Expr::Null => Value::Null,
            Expr::Bool(b) => Value::Bool(*b),
            Expr::Int(n) => Value::Int(*n),
            Expr::Long(n) => Value::Long(*n),
            Expr::Double(n) => Value::Double(*n),
            Expr::Char(c) => Value::Char(*c),
            Expr::Text(text) => Value::Text(Arc::clone(text)),
            Expr::Local(slot) => self.locals[*slot].clone(),
            Expr::It => self.it.last().cloned().unwrap_or(Value::Null),
            Expr::Op(op, operands) => self.member(*op, operands)?,
            Expr::Concat(pieces) => self.concat(pieces)?,
            Expr::Not(of) => Value::Bool(!self.truth(of)?),
            Expr::Logic(all, terms) => self.logic(*all, terms)?,
            Expr::Binary(op, sides) => self.binary(*op, &sides.0, &sides.1)?,
            Expr::Conditional(parts) => {
                let branch = if self.truth(&parts.0)? { &parts.1 } else { &parts.2 };
                self.value(branch)?
            }
            Expr::NullChain(parts) => self.null_chain(&parts.0, &parts.1)?,
            Expr::Cast(to, of) => convert::cast(*to, self.value(of)?)?,
            Expr::Convert(to, of) => {
                let value = self.value(of)?;
                convert::convert(*to, value, &mut self.call.work)?
            }
            Expr::Lambda(..) => Value::Null,
            other => self.rarer(other)?,
        })
    }

    /// What stands in statements, mostly; apart, so that the way of plain
    /// expressions needs little of the stack.
    fn rarer(&mut self, expr: &Expr) -> Result<Value, Fault> {
        Ok(match expr {
            Expr::Collection(op, gives, operands) => collect::member(self, *op, *gives, operands)?,
            Expr::Linq(linq, gives, operands) => linq::method(self, *linq, *gives, operands)?,
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
            Expr::Negate(of) => operate::negated(&self.value(of)?)?,
            Expr::Complement(of) => operate::complement(&self.value(of)?)?,
            Expr::Sum(terms) => self.sum(terms)?,
            Expr::As(to, of) => {
                let value = self.value(of)?;
                if convert::is(*to, &value) { value } else { Value::Null }
            }
            Expr::Is(to, of, slot) => {
                let value = self.value(of)?;
                let is = convert::is(*to, &value);
                if let Some(slot) = slot {
                    self.locals[*slot] = if is { value } else { Value::Null };
                }
                Value::Bool(is)
            }
            Expr::Assign(slot, of) => {
                let value = self.value(of)?;
                self.locals[*slot] = value.clone();
                value
            }
            Expr::Store(parts) => collect::store(self, &parts.0, &parts.1, &parts.2)?,
            Expr::StoreProperty(parts) => {
                let (property, value) = (self.value(&parts.0)?, self.value(&parts.1)?);
                collect::store_property(&property, value, &mut self.call.work)?
            }
            Expr::Sequence(parts) => {
                let mut last = Value::Null;
                for part in parts {
                    last = self.value(part)?;
                }
                last
            }
            Expr::NewException(class, text) => {
                let text = self.value(text)?.display().to_string();
                Value::Exception(Arc::new(Fault::of(Exception::named(class), text)))
            }
            Expr::Call(arguments, body) => self.function(arguments, body)?,
            Expr::Throw(of) => {
                let thrown = self.value(of)?;
                return Err(thrown_by(thrown));
            }
            _ => Value::Null,
        })
    }

    /// A call of a local function.
    fn function(&mut self, arguments: &[(usize, Expr)], body: &[Step]) -> Result<Value, Fault> {
        self.call.work.spend(1)?;
        let values = arguments.iter().map(|(_, value)| self.value(value)).collect::<Result<Operands, _>>()?;
        for ((slot, _), value) in arguments.iter().zip(values) {
            self.locals[*slot] = value;
        }
        self.block(body)
    }

    fn null_chain(&mut self, on: &Expr, rest: &Expr) -> Result<Value, Fault> {
        let on = self.value(on)?;
        if on.is_null() {
            return Ok(Value::Null);
        }
        self.it.push(on);
        let rest = self.value(rest);
        self.it.pop();
        rest
    }

    pub(super) fn truth(&mut self, expr: &Expr) -> Result<bool, Fault> {
        match self.value(expr)? {
            Value::Bool(b) => Ok(b),
            _ => Err(Fault::null()),
        }
    }

    fn logic(&mut self, all: bool, terms: &[Expr]) -> Result<Value, Fault> {
        for term in terms {
            if self.truth(term)? != all {
                return Ok(Value::Bool(!all));
            }
        }
        Ok(Value::Bool(all))
    }

    fn sum(&mut self, terms: &[(bool, Expr)]) -> Result<Value, Fault> {
        let mut sum = None;
        for (subtracted, term) in terms {
            let next = self.value(term)?;
            let op = if *subtracted { BinaryOp::Subtract } else { BinaryOp::Add };
            sum = Some(match sum {
                Some(sum) => operate::binary(op, &sum, &next)?,
                None => next,
            });
        }
        Ok(sum.unwrap_or(Value::Null))
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

    fn concat(&mut self, pieces: &[Piece]) -> Result<Value, Fault> {
        let mut joined = String::new();
        for Piece { expr, width, format } in pieces {
            let begin = joined.len();
            if let Expr::Text(text) = expr {
                joined.push_str(text);
            } else {
                let value = self.value(expr)?;
                match format {
                    Some(format) if !value.is_null() => joined.push_str(&operate::formatted(&value, format)?),
                    _ => operate::show(&value, &mut joined),
                }
            }
            if *width != 0 {
                operate::pad(&mut joined, begin, *width);
            }
            self.call.work.spend_text(joined.len() - begin)?;
        }
        self.call.work.spend_text(joined.len())?;
        Ok(Value::text(joined))
    }

    fn member(&mut self, op: Op, operands: &[Expr]) -> Result<Value, Fault> {
        if let Op::Context(op) = op
            && let Some(value) = context::root(op, self.call)
        {
            return Ok(value);
        }
        let mut values = Operands::new();
        for operand in operands {
            let value = self.value(operand)?;
            self.pay(&value)?;
            values.push(value);
        }
        let value = member::member(op, &values, self.call)?;
        self.pay(&value)?;
        Ok(value)
    }

    /// Takes what reading or making a value costs.
    fn pay(&mut self, value: &Value) -> Result<(), Fault> {
        match value {
            Value::Text(text) if text.len() >= 64 => self.call.work.spend_text(text.len()),
            Value::Texts(texts) if texts.len() >= 8 => self.call.work.spend(texts.len() / 8),
            Value::Json(token) => self.call.work.spend(token.len() / 8),
            Value::Bytes(bytes) => self.call.work.spend_text(bytes.len()),
            _ => Ok(()),
        }
    }
}

/// What throwing a value raises.
pub(super) fn thrown_by(value: Value) -> Fault {
    match value {
        Value::Exception(fault) => Arc::unwrap_or_clone(fault),
        _ => Fault::null(),
    }
}
