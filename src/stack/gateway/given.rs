//! Values that policies were given, evaluated where they are expressions.

use std::sync::Arc;

use super::call::Call;
use super::evaluate::{Fault, evaluate};
use super::raised::Raised;
use super::value::Value;
use crate::policy::{Exists, Given, GivenText};

impl Call {
    /// The value, with its type; literal text is text.
    pub(super) fn value(&mut self, given: &GivenText) -> Result<Value, Raised> {
        match given {
            Given::Fixed(text) => Ok(Value::Text(Arc::clone(text))),
            Given::Expression(expression) => evaluate(expression, self).map_err(Raised::expression),
        }
    }

    /// The text; `None` where the expression gives null.
    pub(super) fn text(&mut self, given: &GivenText) -> Result<Option<Arc<str>>, Raised> {
        let value = self.value(given)?;
        Ok((!value.is_null()).then(|| value.display()))
    }

    /// The text, empty where the expression gives null.
    pub(super) fn text_or_empty(&mut self, given: &GivenText) -> Result<Arc<str>, Raised> {
        Ok(self.text(given)?.unwrap_or_default())
    }

    pub(super) fn flag(&mut self, given: &Given<bool>) -> Result<bool, Raised> {
        match given {
            Given::Fixed(flag) => Ok(*flag),
            Given::Expression(expression) => match evaluate(expression, self).map_err(Raised::expression)? {
                Value::Bool(flag) => Ok(flag),
                other => Err(wrong_type("bool", &other)),
            },
        }
    }

    /// What is done where a field is there already.
    pub(super) fn exists(&mut self, given: &Given<Exists>) -> Result<Exists, Raised> {
        match given {
            Given::Fixed(exists) => Ok(*exists),
            Given::Expression(expression) => {
                let value = evaluate(expression, self).map_err(Raised::expression)?;
                Exists::parse(&value.display()).ok_or_else(|| wrong_type("exists-action", &value))
            }
        }
    }

    pub(super) fn number(&mut self, given: &Given<i64>) -> Result<i64, Raised> {
        match given {
            Given::Fixed(number) => Ok(*number),
            Given::Expression(expression) => match evaluate(expression, self).map_err(Raised::expression)? {
                Value::Int(number) | Value::Long(number) => Ok(number),
                other => other.display().trim().parse().map_err(|_| wrong_type("int", &other)),
            },
        }
    }
}

fn wrong_type(expected: &str, value: &Value) -> Raised {
    Raised::expression(Fault::new(format!("`{}` is no {expected}", value.display())))
}
