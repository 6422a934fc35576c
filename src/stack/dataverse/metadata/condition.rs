//! `$filter` over definitions, which are JSON: comparisons of a member, or of a
//! member of a member, with a literal; `and`, `or`, `not`; `contains`,
//! `startswith`, `endswith`. Texts compare with regard to case, as names do.

use std::cmp::Ordering;

use serde_json::Value;

use super::super::error::Refusal;

/// How deep parentheses and `not` may nest.
const DEEPEST: usize = 50;

/// A condition on a definition.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Condition {
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
    Not(Box<Self>),
    Compare(Vec<String>, Comparison, Value),
    Text(Function, Vec<String>, String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Eq,
    Ne,
    Gt,
    Ge,
    Lt,
    Le,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Contains,
    StartsWith,
    EndsWith,
}

impl Condition {
    /// Reads the text of a `$filter`.
    pub(super) fn parse(text: &str) -> Result<Self, Refusal> {
        let tokens = tokens(text)?;
        let mut parser = Parser { tokens: &tokens, at: 0, depth: 0 };
        let condition = parser.any()?;
        match tokens.get(parser.at) {
            Some(token) => Err(syntax(token)),
            None => Ok(condition),
        }
    }

    /// Whether a definition meets it.
    pub(super) fn admits(&self, definition: &Value) -> bool {
        match self {
            Self::And(a, b) => a.admits(definition) && b.admits(definition),
            Self::Or(a, b) => a.admits(definition) || b.admits(definition),
            Self::Not(a) => !a.admits(definition),
            Self::Compare(path, comparison, literal) => {
                let order = order(member(definition, path), literal);
                match comparison {
                    Comparison::Eq => order == Some(Ordering::Equal),
                    Comparison::Ne => order != Some(Ordering::Equal),
                    Comparison::Gt => order == Some(Ordering::Greater),
                    Comparison::Ge => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
                    Comparison::Lt => order == Some(Ordering::Less),
                    Comparison::Le => matches!(order, Some(Ordering::Less | Ordering::Equal)),
                }
            }
            Self::Text(function, path, literal) => {
                member(definition, path).as_str().is_some_and(|text| match function {
                    Function::Contains => text.contains(literal.as_str()),
                    Function::StartsWith => text.starts_with(literal.as_str()),
                    Function::EndsWith => text.ends_with(literal.as_str()),
                })
            }
        }
    }

    /// The first members that it names.
    pub(super) fn names<'c>(&'c self, found: &mut Vec<&'c str>) {
        match self {
            Self::And(a, b) | Self::Or(a, b) => {
                a.names(found);
                b.names(found);
            }
            Self::Not(a) => a.names(found),
            Self::Compare(path, ..) | Self::Text(_, path, _) => found.extend(path.first().map(String::as_str)),
        }
    }
}

fn member<'v>(definition: &'v Value, path: &[String]) -> &'v Value {
    const NOTHING: Value = Value::Null;
    path.iter().try_fold(definition, |value, name| value.get(name)).unwrap_or(&NOTHING)
}

/// `None` where they can't be compared.
pub(super) fn order(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Null, Value::Null) => Some(Ordering::Equal),
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        (Value::Number(a), Value::Number(b)) => a.as_f64()?.partial_cmp(&b.as_f64()?),
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

fn syntax(near: &str) -> Refusal {
    Refusal::bad_query(format!("Syntax error in $filter near '{near}'."))
}

/// Words, parentheses, commas and quoted texts; a text keeps its quotes, and an
/// enumeration's type before them is left out.
fn tokens(text: &str) -> Result<Vec<String>, Refusal> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let end = match first {
            '(' | ')' | ',' => 1,
            '\'' => quoted(rest).ok_or_else(|| syntax(rest))?,
            _ => rest.find(|c: char| c.is_whitespace() || "(),'".contains(c)).unwrap_or(rest.len()),
        };
        // Microsoft.Dynamics.CRM.AttributeTypeCode'Picklist'
        let is_type = first != '\'' && rest[end..].starts_with('\'') && rest[..end].contains('.');
        if !is_type {
            tokens.push(rest[..end].to_owned());
        }
        rest = rest[end..].trim_start();
    }
    Ok(tokens)
}

/// Where a quoted text ends, `''` passed over.
fn quoted(text: &str) -> Option<usize> {
    let mut at = 1;
    loop {
        at += text[at..].find('\'')? + 1;
        if !text[at..].starts_with('\'') {
            return Some(at);
        }
        at += 1;
    }
}

struct Parser<'t> {
    tokens: &'t [String],
    at: usize,
    depth: usize,
}

impl<'t> Parser<'t> {
    fn take(&mut self) -> Result<&'t str, Refusal> {
        self.at += 1;
        self.tokens.get(self.at - 1).map(String::as_str).ok_or_else(|| syntax("the end"))
    }

    fn skip(&mut self, word: &str) -> bool {
        let found = self.tokens.get(self.at).is_some_and(|token| token == word);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, word: &str) -> Result<(), Refusal> {
        match self.take()? {
            found if found == word => Ok(()),
            found => Err(syntax(found)),
        }
    }

    fn any(&mut self) -> Result<Condition, Refusal> {
        let mut condition = self.all()?;
        while self.skip("or") {
            condition = Condition::Or(Box::new(condition), Box::new(self.all()?));
        }
        Ok(condition)
    }

    fn all(&mut self) -> Result<Condition, Refusal> {
        let mut condition = self.one()?;
        while self.skip("and") {
            condition = Condition::And(Box::new(condition), Box::new(self.one()?));
        }
        Ok(condition)
    }

    fn one(&mut self) -> Result<Condition, Refusal> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Refusal::bad_query("The $filter nests too deep."));
        }
        let condition = if self.skip("not") {
            Condition::Not(Box::new(self.one()?))
        } else if self.skip("(") {
            let inner = self.any()?;
            self.expect(")")?;
            inner
        } else {
            self.simple()?
        };
        self.depth -= 1;
        Ok(condition)
    }

    fn simple(&mut self) -> Result<Condition, Refusal> {
        let name = self.take()?;
        let function = match name {
            "contains" => Some(Function::Contains),
            "startswith" => Some(Function::StartsWith),
            "endswith" => Some(Function::EndsWith),
            _ => None,
        };
        if let Some(function) = function {
            self.expect("(")?;
            let path = path(self.take()?);
            self.expect(",")?;
            let literal = literal(self.take()?);
            self.expect(")")?;
            return Ok(Condition::Text(function, path, literal.as_str().unwrap_or_default().to_owned()));
        }
        let comparison = match self.take()? {
            "eq" => Comparison::Eq,
            "ne" => Comparison::Ne,
            "gt" => Comparison::Gt,
            "ge" => Comparison::Ge,
            "lt" => Comparison::Lt,
            "le" => Comparison::Le,
            other => return Err(syntax(other)),
        };
        Ok(Condition::Compare(path(name), comparison, literal(self.take()?)))
    }
}

fn path(text: &str) -> Vec<String> {
    text.split('/').map(str::to_owned).collect()
}

/// A literal; what is neither quoted nor JSON is a GUID.
fn literal(text: &str) -> Value {
    match text.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')) {
        Some(text) => Value::String(text.replace("''", "'")),
        None => serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_lowercase())),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn members_of_members_texts_and_enumerations_are_compared() {
        let definition = json!({
            "LogicalName": "account", "IsPrivate": false, "ObjectTypeCode": 1, "Description": null,
            "AttributeType": "Picklist", "DisplayName": { "UserLocalizedLabel": { "Label": "It's" } },
        });
        for (text, expected) in [
            ("LogicalName eq 'account'", true),
            ("LogicalName eq 'Account'", false),
            ("IsPrivate eq false and (SchemaName eq 'x' or ObjectTypeCode lt 2)", true),
            ("not contains(LogicalName,'count')", false),
            ("startswith(LogicalName, 'acc') and endswith(LogicalName,'nt')", true),
            ("AttributeType eq Microsoft.Dynamics.CRM.AttributeTypeCode'Picklist'", true),
            ("DisplayName/UserLocalizedLabel/Label eq 'It''s'", true),
            ("Description eq null and ObjectTypeCode ge 1", true),
        ] {
            assert_eq!(Condition::parse(text).expect("valid").admits(&definition), expected, "{text}");
        }
        for text in ["LogicalName", "LogicalName is 'x'", "(LogicalName eq 'x'", "LogicalName eq 'x", "a eq 1 b"] {
            assert!(Condition::parse(text).is_err(), "{text}");
        }
    }
}
