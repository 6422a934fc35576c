//! From expressions to values, as far as they are known before a run.

use std::cell::Cell;
use std::collections::BTreeMap;

use serde_json::Value;
use uuid::Uuid;

use super::EvaluationFault;
use super::function;
use super::parse::{Expression, Operand, Part, Template};
use super::text::shown;
use crate::clock::Timestamp;

/// A value, or `None`: only the run has it.
pub type Outcome = Result<Option<Value>, EvaluationFault>;

/// The largest result of an expression, in bytes (Power Automate, limits of
/// expressions).
pub(super) const MAX_RESULT: usize = 131_072;

/// Namespace of the GUIDs that `guid()` gives.
const GUIDS: Uuid = Uuid::from_u128(0x4f0a_6c1e_5d3b_4c57_9c3e_5a0d_7f4e_2b91);

/// What is known before a run.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Parameters of the definition that have a value.
    pub parameters: BTreeMap<String, Value>,
    /// Variables that are set once, to something known.
    pub variables: BTreeMap<String, Value>,
    /// Outputs of actions that follow from the definition (`Compose`).
    pub outputs: BTreeMap<String, Value>,
    /// The item of the innermost loop.
    pub item: Option<Value>,
    /// The items of loops, by the loop's name.
    pub items: BTreeMap<String, Value>,
    /// What `utcNow()` gives.
    pub now: Timestamp,
    guids: Cell<u64>,
}

impl Known {
    /// The value of a text.
    ///
    /// # Errors
    /// A function is given what it can't take.
    pub fn value(&self, template: &Template) -> Outcome {
        match template {
            Template::Literal(text) => Ok(Some(Value::String(text.clone()))),
            Template::Expression(expression) => self.evaluate(expression),
            Template::Text(parts) => {
                let mut text = Some(String::new());
                for part in parts {
                    let piece = self.piece(part)?;
                    text = text.zip(piece).map(|(text, piece)| text + &piece);
                }
                Ok(text.map(Value::String))
            }
        }
    }

    /// The pieces of a text: `None` where only the run has one.
    ///
    /// # Errors
    /// As [`Self::value`].
    pub fn pieces(&self, template: &Template) -> Result<Vec<Option<String>>, EvaluationFault> {
        match template {
            Template::Text(parts) => parts.iter().map(|part| self.piece(part)).collect(),
            whole => Ok(vec![self.value(whole)?.map(|value| shown(&value))]),
        }
    }

    fn piece(&self, part: &Part) -> Result<Option<String>, EvaluationFault> {
        match part {
            Part::Literal(text) => Ok(Some(text.clone())),
            Part::Expression(expression) => Ok(self.evaluate(expression)?.map(|value| shown(&value))),
        }
    }

    /// The value of an expression.
    ///
    /// # Errors
    /// As [`Self::value`].
    pub fn evaluate(&self, expression: &Expression) -> Outcome {
        match &expression.operand {
            Operand::Literal(value) => Ok(Some(value.clone())),
            Operand::Call(name, given) => self.call(name, given, expression.at),
            Operand::Member { of, key, safe } => {
                let (of, key) = (self.evaluate(of)?, self.evaluate(key)?);
                let Some((of, key)) = of.zip(key) else { return Ok(None) };
                let fault = |what| EvaluationFault { function: "[]".to_owned(), at: expression.at, what };
                member(&of, &key, *safe).map(Some).map_err(fault)
            }
        }
    }

    fn call(&self, name: &str, given: &[Expression], at: usize) -> Outcome {
        let fault = |what: String| EvaluationFault { function: name.to_owned(), at, what };
        if let Some(lazy) = self.lazily(name, given) {
            return lazy;
        }
        let mut values = Vec::with_capacity(given.len());
        for one in given {
            values.push(self.evaluate(one)?);
        }
        // What is not known of one part is not known of the whole.
        let Some(values) = values.into_iter().collect::<Option<Vec<Value>>>() else { return Ok(None) };
        match (name, values.as_slice()) {
            ("parameters", [Value::String(name)]) => Ok(self.parameters.get(name).cloned()),
            ("variables", [Value::String(name)]) => Ok(self.variables.get(name).cloned()),
            ("outputs", [Value::String(name)]) => Ok(self.outputs.get(name).cloned()),
            ("items", [Value::String(name)]) => Ok(self.items.get(name).cloned()),
            ("item", []) => Ok(self.item.clone()),
            ("guid", []) => Ok(Some(Value::String(self.guid().to_string()))),
            ("utcnow", _) => function::now(self.now.utc(), &values).map_err(fault),
            _ => match function::call(name, &values).map_err(fault)? {
                Some(value) if too_large(&value) => Err(fault(format!("the result is larger than {MAX_RESULT} bytes"))),
                value => Ok(value),
            },
        }
    }

    /// Functions that need not know all that they are given.
    fn lazily(&self, name: &str, given: &[Expression]) -> Option<Outcome> {
        match (name, given) {
            ("if", [condition, yes, no]) => Some(self.evaluate(condition).and_then(|condition| match condition {
                Some(Value::Bool(true)) => self.evaluate(yes),
                Some(Value::Bool(false)) => self.evaluate(no),
                _ => Ok(None),
            })),
            ("and" | "or", [_, ..]) => Some(self.either(name == "or", given)),
            ("coalesce", [_, ..]) => Some(self.coalesce(given)),
            _ => None,
        }
    }

    /// `or` where `decides` is true, `and` where it is false.
    fn either(&self, decides: bool, given: &[Expression]) -> Outcome {
        let mut known = true;
        for one in given {
            match self.evaluate(one)? {
                Some(Value::Bool(value)) if value == decides => return Ok(Some(Value::Bool(decides))),
                Some(Value::Bool(_)) => {}
                _ => known = false,
            }
        }
        Ok(known.then_some(Value::Bool(!decides)))
    }

    fn coalesce(&self, given: &[Expression]) -> Outcome {
        for one in given {
            match self.evaluate(one)? {
                Some(Value::Null) => {}
                first => return Ok(first),
            }
        }
        Ok(Some(Value::Null))
    }

    /// Another one each time, and the same ones each time the same is asked.
    fn guid(&self) -> Uuid {
        self.guids.set(self.guids.get() + 1);
        Uuid::new_v5(&GUIDS, &self.guids.get().to_be_bytes())
    }
}

fn too_large(value: &Value) -> bool {
    match value {
        Value::String(text) => text.len() > MAX_RESULT,
        Value::Array(items) => items.len() > MAX_RESULT,
        _ => false,
    }
}

fn member(of: &Value, key: &Value, safe: bool) -> Result<Value, String> {
    let found = match (of, key) {
        (Value::Object(members), Value::String(name)) => members
            .get(name)
            .or_else(|| members.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value)),
        (Value::Array(items), Value::Number(index)) => {
            index.as_u64().and_then(|index| items.get(usize::try_from(index).ok()?))
        }
        (Value::Null, _) => None,
        _ => return Err(format!("{} has no member {key}", kind(of))),
    };
    match found {
        Some(value) => Ok(value.clone()),
        None if safe => Ok(Value::Null),
        None => Err(format!("there is no member {key}; `?` before it gives null then")),
    }
}

/// What kind of value it is, in a maker's words.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
