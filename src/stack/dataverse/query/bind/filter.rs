//! From a tree of names to a condition: names become columns, literals values
//! of the columns' types.

use std::sync::Arc;

use smallvec::SmallVec;
use uuid::Uuid;

use super::super::super::error::Refusal;
use super::super::super::schema::{Reach, Table};
use super::super::syntax::{Argument, Comparison, Expression, Literal, Path, parse};
use super::condition::{Condition, Field, How, Step};
use super::constant::{Constant, Kind, edm, fold};
use super::functions::{dataverse_function, sorted};
use crate::clock::Timestamp;

/// What a request brings along that a filter may name.
#[derive(Clone, Copy, Debug)]
pub(in crate::stack::dataverse::query) struct Given<'g> {
    pub(in crate::stack::dataverse::query) now: Timestamp,
    /// Who asks.
    pub(in crate::stack::dataverse::query) user: Uuid,
    pub(in crate::stack::dataverse::query) business_unit: Uuid,
    /// The options of the query; `@p` among them.
    pub(in crate::stack::dataverse::query) options: &'g [(String, String)],
}

impl Given<'_> {
    fn alias(&self, name: &str) -> Option<Result<Expression, Refusal>> {
        let found = self.options.iter().find(|(option, _)| option.strip_prefix('@') == Some(name));
        found.map(|(_, text)| parse(text))
    }
}

/// A function of Dataverse, with its property.
pub(in crate::stack::dataverse::query) struct Place<'b> {
    pub(in crate::stack::dataverse::query) table: &'b Table,
    pub(in crate::stack::dataverse::query) field: Field,
}

/// Binds names to the columns of a table.
#[derive(Clone, Copy, Debug)]
pub(in crate::stack::dataverse::query) struct Binder<'b> {
    pub(in crate::stack::dataverse::query) tables: &'b [Arc<Table>],
    pub(in crate::stack::dataverse::query) table: usize,
    /// The variable of the lambda that this stands in.
    pub(in crate::stack::dataverse::query) variable: Option<&'b str>,
    pub(in crate::stack::dataverse::query) given: Given<'b>,
}

impl Binder<'_> {
    /// Reads and binds the text of a `$filter`.
    pub(in crate::stack::dataverse::query) fn filter(&self, text: &str) -> Result<Condition, Refusal> {
        self.condition(&parse(text)?)
    }

    pub(in crate::stack::dataverse::query) fn condition(&self, expression: &Expression) -> Result<Condition, Refusal> {
        let each = |parts: &[Expression]| parts.iter().map(|part| self.condition(part)).collect::<Result<_, _>>();
        match expression {
            Expression::And(parts) => each(parts).map(Condition::And),
            Expression::Or(parts) => each(parts).map(Condition::Or),
            Expression::Not(inner) => Ok(Condition::Not(Box::new(self.condition(inner)?))),
            Expression::Compare(left, comparison, right) => self.compare(left, *comparison, right),
            Expression::In(left, list) => self.one_of(left, list),
            Expression::Call { name, arguments } => self.call(name, arguments),
            Expression::Lambda { path, every, body } => self.lambda(path, *every, body.as_ref()),
            Expression::Literal(Literal::Bool(value)) => Ok(Condition::Always(*value)),
            Expression::Alias(name) => self.condition(&self.alias(name)?),
            Expression::Path(path) => {
                let field = self.field(&path.names)?;
                if field.kind == Kind::Bool {
                    return Ok(Condition::Compare(field, Comparison::Eq, Constant::Bool(true)));
                }
                Err(no_condition())
            }
            Expression::Literal(_) | Expression::List(_) => Err(no_condition()),
        }
    }

    fn alias(&self, name: &str) -> Result<Expression, Refusal> {
        self.given.alias(name).unwrap_or(Ok(Expression::Literal(Literal::Null)))
    }

    fn compare(&self, left: &Expression, comparison: Comparison, right: &Expression) -> Result<Condition, Refusal> {
        match (left, right) {
            (Expression::Alias(name), other) => self.compare(&self.alias(name)?, comparison, other),
            (other, Expression::Alias(name)) => self.compare(other, comparison, &self.alias(name)?),
            (Expression::Path(path), Expression::Literal(literal)) => {
                let field = self.field(&path.names)?;
                let constant = self.constant(&field, literal, comparison.kind())?;
                Ok(Condition::Compare(field, comparison, constant))
            }
            (Expression::Literal(_), Expression::Path(_)) => self.compare(right, comparison.turned(), left),
            (Expression::Path(a), Expression::Path(b)) => {
                let (a, b) = (self.field(&a.names)?, self.field(&b.names)?);
                if a.kind == b.kind {
                    return Ok(Condition::Fields(a, comparison, b));
                }
                Err(incompatible(self.edm(&a), self.edm(&b), comparison.kind()))
            }
            (Expression::Literal(a), Expression::Literal(b)) => {
                let kind = literal_kind(a);
                let (left, right) = (Constant::of(kind, a), Constant::of(kind, b));
                let (Some(left), Some(right)) = (left, right) else {
                    return Err(incompatible(a.edm(), b.edm(), comparison.kind()));
                };
                let holds = super::condition::compare(left.value(), comparison, right.value());
                Ok(Condition::Always(holds == Some(true)))
            }
            // A condition that is compared with yes or no.
            (inner, Expression::Literal(Literal::Bool(value))) => {
                let inner = self.condition(inner)?;
                match (comparison, value) {
                    (Comparison::Eq, true) | (Comparison::Ne, false) => Ok(inner),
                    (Comparison::Eq, false) | (Comparison::Ne, true) => Ok(Condition::Not(Box::new(inner))),
                    _ => Err(incompatible("Edm.Boolean", "Edm.Boolean", comparison.kind())),
                }
            }
            (call @ Expression::Call { .. }, _) | (_, call @ Expression::Call { .. }) => {
                // What is wrong with the function says more.
                self.condition(call)?;
                Err(no_condition())
            }
            _ => Err(Refusal::bad_query("The expressions on both sides of an operator must be single values.")),
        }
    }

    fn one_of(&self, left: &Expression, list: &Expression) -> Result<Condition, Refusal> {
        let Expression::Path(path) = left else { return Err(no_condition()) };
        let field = self.field(&path.names)?;
        let named;
        let list = match list {
            Expression::Alias(name) => {
                named = self.alias(name)?;
                &named
            }
            other => other,
        };
        let values = match list {
            Expression::List(values) => values.as_slice(),
            Expression::Literal(value) => std::slice::from_ref(value),
            _ => return Err(no_condition()),
        };
        let constants = values.iter().map(|v| self.constant(&field, v, "Equal")).collect::<Result<Vec<_>, _>>()?;
        let nothing = constants.contains(&Constant::Null);
        let found = Condition::OneOf(field.clone(), sorted(constants));
        if nothing {
            return Ok(Condition::Or(vec![found, Condition::Compare(field, Comparison::Eq, Constant::Null)]));
        }
        Ok(found)
    }

    fn constant(&self, field: &Field, literal: &Literal, operator: &str) -> Result<Constant, Refusal> {
        Constant::of(field.kind, literal).ok_or_else(|| incompatible(self.edm(field), literal.edm(), operator))
    }

    fn edm(&self, field: &Field) -> &'static str {
        edm(&self.tables[field.table], field.property)
    }

    fn call(&self, name: &str, arguments: &[Argument]) -> Result<Condition, Refusal> {
        if let Some(function) = name.strip_prefix("Microsoft.Dynamics.CRM.") {
            let arguments = self.named(arguments)?;
            let property = arguments.iter().find(|(name, _)| name == "PropertyName");
            let Some((_, Expression::Literal(Literal::Text(property)))) = property else {
                let text = format!("The parameter 'PropertyName' of the function '{function}' is missing.");
                return Err(Refusal::bad_query(text));
            };
            let names: Vec<String> = property.split('/').map(str::to_owned).collect();
            let names = match self.variable {
                Some(variable) => std::iter::once(variable.to_owned()).chain(names).collect(),
                None => names,
            };
            let field = self.field(&names).or_else(|refusal| self.lookup(names).ok_or(refusal))?;
            let place = Place { table: &self.tables[field.table], field };
            return dataverse_function(&place, function, &arguments, &self.given);
        }
        let how = match name {
            "contains" => How::Contains,
            "startswith" => How::Starts,
            "endswith" => How::Ends,
            _ => return Err(unknown_function(name)),
        };
        let [Argument { name: None, value: Expression::Path(path) }, Argument { name: None, value: wanted }] =
            arguments
        else {
            return Err(no_signature(name));
        };
        let field = self.field(&path.names)?;
        let named;
        let wanted = match wanted {
            Expression::Alias(alias) => {
                named = self.alias(alias)?;
                &named
            }
            other => other,
        };
        match wanted {
            Expression::Literal(Literal::Text(text)) if field.kind == Kind::Text => {
                Ok(Condition::Text(field, how, fold(text).into()))
            }
            _ => Err(no_signature(name)),
        }
    }

    /// Named arguments, aliases replaced.
    fn named(&self, arguments: &[Argument]) -> Result<Vec<(String, Expression)>, Refusal> {
        let mut found = Vec::new();
        for argument in arguments {
            let name = argument.name.clone().ok_or_else(|| Refusal::bad_query("A parameter without its name."))?;
            let value = match &argument.value {
                Expression::Alias(alias) => self.alias(alias)?,
                other => other.clone(),
            };
            found.push((name, value));
        }
        Ok(found)
    }

    fn lambda(&self, path: &Path, every: bool, body: Option<&(String, Box<Expression>)>) -> Result<Condition, Refusal> {
        let names = self.own(&path.names)?;
        let Some((last, before)) = names.split_last() else { return Err(no_condition()) };
        let (steps, table) = self.steps(before)?;
        let reach = self.tables[table].navigation(last);
        let target = match reach {
            Some(Reach::Many { table, .. } | Reach::Across { table, .. }) => table,
            Some(Reach::One { .. } | Reach::System { .. }) => {
                let text = "Any/All may only be used following a collection.";
                return Err(Refusal::bad_query(text));
            }
            None => return Err(Refusal::no_property(last, &self.tables[table].logical)),
        };
        let body = match body {
            Some((variable, body)) => {
                let inner = Binder { table: target, variable: Some(variable), ..*self };
                Some(Box::new(inner.condition(body)?))
            }
            None => None,
        };
        let reach = reach.expect("it has just been matched");
        Ok(Condition::Lambda { steps, reach, every, body })
    }

    /// The names without the variable of the lambda.
    fn own<'n>(&self, names: &'n [String]) -> Result<&'n [String], Refusal> {
        match self.variable {
            Some(variable) if names.first().is_some_and(|name| name == variable) => Ok(&names[1..]),
            Some(variable) => {
                let text = format!("The expression inside of a lambda must begin with its variable '{variable}'.");
                Err(Refusal::bad_query(text))
            }
            None if names.len() > 1 && names[0] == "$it" => Ok(&names[1..]),
            None => Ok(names),
        }
    }

    /// The steps over single-valued navigation properties, and where they end.
    fn steps(&self, names: &[String]) -> Result<(SmallVec<[Step; 1]>, usize), Refusal> {
        let mut steps = SmallVec::new();
        let mut at = self.table;
        for name in names {
            match self.tables[at].navigation(name) {
                Some(reach) if reach.is_single() => {
                    steps.push(Step { reach });
                    at = reach.target();
                }
                Some(_) => {
                    let text = format!(
                        "The parent value for a property access of a property '{name}' is not a single value. Property \
                         access can only be applied to a single value."
                    );
                    return Err(Refusal::bad_query(text));
                }
                None => return Err(Refusal::no_property(name, &self.tables[at].logical)),
            }
        }
        Ok((steps, at))
    }

    /// The lookup that functions of Dataverse name by its logical name.
    fn lookup(&self, mut names: Vec<String>) -> Option<Field> {
        let last = names.last_mut()?;
        *last = format!("_{last}_value");
        self.field(&names).ok()
    }

    /// The property that a path names.
    pub(in crate::stack::dataverse::query) fn field(&self, names: &[String]) -> Result<Field, Refusal> {
        let names = self.own(names)?;
        let Some((last, before)) = names.split_last() else { return Err(no_condition()) };
        let (steps, at) = self.steps(before)?;
        let table = &self.tables[at];
        let property = table.read(last).ok_or_else(|| Refusal::no_property(last, &table.logical))?;
        Ok(Field { source: 0, steps, table: at, property, kind: Kind::of(table, property) })
    }
}

fn literal_kind(literal: &Literal) -> Kind {
    match literal {
        Literal::Null | Literal::Text(_) => Kind::Text,
        Literal::Bool(_) => Kind::Bool,
        Literal::Integer(_) | Literal::Decimal(_) => Kind::Number,
        Literal::Guid(_) => Kind::Id,
        Literal::Date(_) => Kind::Date,
        Literal::Instant(_) => Kind::Instant,
    }
}

fn no_condition() -> Refusal {
    Refusal::bad_query("The $filter expression must evaluate to a single boolean value.")
}

fn incompatible(left: &str, right: &str, operator: &str) -> Refusal {
    Refusal::bad_query(format!(
        "A binary operator with incompatible types was detected. Found operand types '{left}' and '{right}' for operator \
         kind '{operator}'."
    ))
}

fn no_signature(name: &str) -> Refusal {
    Refusal::bad_query(format!(
        "No function signature for the function with name '{name}' matches the specified arguments. The function \
         signatures considered are: {name}(Edm.String Nullable=true, Edm.String Nullable=true)."
    ))
}

/// Functions of OData that Dataverse has not (reference A6).
const UNSUPPORTED: [&str; 30] = [
    "cast",
    "ceiling",
    "concat",
    "date",
    "day",
    "floor",
    "fractionalseconds",
    "geo.distance",
    "hour",
    "indexof",
    "isof",
    "length",
    "matchesPattern",
    "maxdatetime",
    "mindatetime",
    "minute",
    "month",
    "now",
    "round",
    "second",
    "substring",
    "substringof",
    "time",
    "tolower",
    "totaloffsetminutes",
    "totalseconds",
    "toupper",
    "trim",
    "year",
    "hassubset",
];

fn unknown_function(name: &str) -> Refusal {
    if UNSUPPORTED.contains(&name) {
        return Refusal::unsupported_query(format!("The function '{name}' is not supported."));
    }
    Refusal::bad_query(format!(
        "An unknown function with name '{name}' was found. This may also be a function import or a key lookup on a \
         navigation property, which is not allowed."
    ))
}
