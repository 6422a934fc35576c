//! The functions of Dataverse in filters (reference A6):
//! `Microsoft.Dynamics.CRM.Between(PropertyName='x',PropertyValues=["1","2"])`.

use super::super::super::error::Refusal;
use super::super::syntax::{Comparison, Expression, Literal};
use super::condition::{Condition, Field};
use super::constant::{Constant, Kind};
use super::filter::{Given, Place};
use super::span::{self, Span};

/// The condition that a function stands for; its name is without the
/// namespace.
pub(in crate::stack::dataverse::query) fn dataverse_function(
    place: &Place<'_>,
    function: &str,
    arguments: &[(String, Expression)],
    given: &Given<'_>,
) -> Result<Condition, Refusal> {
    let text = |name: &str| arguments.iter().find(|(found, _)| found == name).map(|(_, value)| texts(value));
    let one = || {
        let found = text("PropertyValue").and_then(|texts| texts.into_iter().next());
        found.ok_or_else(|| missing(function, "PropertyValue"))
    };
    let many = || text("PropertyValues").ok_or_else(|| missing(function, "PropertyValues"));
    let field = place.field.clone();
    if let Some(found) = span::calendar(function, given.now) {
        return within(place, found);
    }
    if function.contains('X') {
        let number = one()?.parse().map_err(|_| missing(function, "PropertyValue"))?;
        let found = span::counted(function, number, given.now).ok_or_else(|| unknown(function))?;
        return within(place, found);
    }
    match function {
        "On" | "NotOn" | "OnOrAfter" | "OnOrBefore" => dated(place, function, &one()?),
        "Between" | "NotBetween" => {
            let values = many()?;
            let [from, to] = values.as_slice() else { return Err(missing(function, "PropertyValues")) };
            let between =
                Condition::And(vec![compared(place, Comparison::Ge, from)?, compared(place, Comparison::Le, to)?]);
            Ok(turned(between, function == "NotBetween"))
        }
        "In" | "NotIn" => Ok(turned(one_of(place, &many()?)?, function == "NotIn")),
        // The mock has no teams.
        "EqualUserId" | "EqualUserOrUserTeams" => {
            Ok(Condition::Compare(field, Comparison::Eq, Constant::Id(given.user)))
        }
        "NotEqualUserId" => Ok(Condition::Compare(field, Comparison::Ne, Constant::Id(given.user))),
        "EqualBusinessId" => Ok(Condition::Compare(field, Comparison::Eq, Constant::Id(given.business_unit))),
        "NotEqualBusinessId" => Ok(Condition::Compare(field, Comparison::Ne, Constant::Id(given.business_unit))),
        "ContainValues" | "DoesNotContainValues" => {
            if field.kind != Kind::Choices {
                return Err(wrong_type(place, function));
            }
            let numbers = many()?.iter().filter_map(|text| text.trim().parse().ok()).collect();
            Ok(turned(Condition::Choices(field, numbers), function.starts_with("Does")))
        }
        _ => Err(unknown(function)),
    }
}

fn texts(value: &Expression) -> Vec<String> {
    let text = |literal: &Literal| match literal {
        Literal::Text(text) => text.clone(),
        other => other.to_string(),
    };
    match value {
        Expression::List(values) => values.iter().map(text).collect(),
        Expression::Literal(value) => vec![text(value)],
        _ => Vec::new(),
    }
}

fn turned(condition: Condition, not: bool) -> Condition {
    if not { Condition::Not(Box::new(condition)) } else { condition }
}

/// Text as a value of the property.
fn typed(place: &Place<'_>, text: &str) -> Result<Constant, Refusal> {
    Constant::of_text(place.field.kind, text).ok_or_else(|| {
        let edm = super::constant::edm(place.table, place.field.property);
        Refusal::bad_query(format!("Cannot convert the literal '{text}' to the expected type '{edm}'."))
    })
}

/// The property compared with text.
pub(in crate::stack::dataverse::query) fn compared(
    place: &Place<'_>,
    comparison: Comparison,
    text: &str,
) -> Result<Condition, Refusal> {
    Ok(Condition::Compare(place.field.clone(), comparison, typed(place, text)?))
}

/// One of several texts.
pub(in crate::stack::dataverse::query) fn one_of(place: &Place<'_>, texts: &[String]) -> Result<Condition, Refusal> {
    let constants = texts.iter().map(|text| typed(place, text)).collect::<Result<Vec<_>, _>>()?;
    Ok(Condition::OneOf(place.field.clone(), sorted(constants)))
}

/// As [`Condition::OneOf`] needs them.
pub(super) fn sorted(mut constants: Vec<Constant>) -> Vec<Constant> {
    constants.retain(|constant| *constant != Constant::Null);
    constants.sort_by(|a, b| a.value().sort(b.value()));
    constants
}

fn dated(place: &Place<'_>, function: &str, text: &str) -> Result<Condition, Refusal> {
    let instant = super::super::syntax::Literal::bare(text.trim());
    let day = match instant {
        Some(Literal::Date(day)) => day,
        Some(Literal::Instant(at)) => at.utc().date_naive(),
        _ => return Err(missing(function, "PropertyValue")),
    };
    let span = span::on(day);
    match function {
        "OnOrAfter" => within(place, Span { until: None, ..span }),
        "OnOrBefore" => within(place, Span { from: None, ..span }),
        "NotOn" => Ok(turned(within(place, span)?, true)),
        _ => within(place, span),
    }
}

/// The property lies in a span.
fn within(place: &Place<'_>, span: Span) -> Result<Condition, Refusal> {
    let field = &place.field;
    let bound = |comparison: Comparison, constant| Condition::Compare(Field::clone(field), comparison, constant);
    let day = |at: crate::clock::Timestamp| Constant::Text(at.utc().date_naive().to_string().into());
    let parts = match field.kind {
        Kind::Instant => [
            span.from.map(|at| bound(Comparison::Ge, Constant::Instant(at))),
            span.until.map(|at| bound(Comparison::Lt, Constant::Instant(at))),
        ],
        Kind::Date => [
            span.from.map(|at| bound(Comparison::Ge, day(at))),
            span.until.map(|at| bound(Comparison::Le, day(at.plus_micros(-1)))),
        ],
        _ => return Err(wrong_type(place, "a function of dates")),
    };
    Ok(Condition::And(parts.into_iter().flatten().collect()))
}

fn missing(function: &str, parameter: &str) -> Refusal {
    Refusal::bad_query(format!("The parameter '{parameter}' of the function '{function}' is missing or invalid."))
}

fn unknown(function: &str) -> Refusal {
    Refusal::not_there(&format!("The function 'Microsoft.Dynamics.CRM.{function}' in $filter"))
}

fn wrong_type(place: &Place<'_>, function: &str) -> Refusal {
    let edm = super::constant::edm(place.table, place.field.property);
    Refusal::bad_query(format!("A property of type '{edm}' can't be given to {function}."))
}
