//! Filters of `FetchXML`.

use roxmltree::Node;

use super::super::super::error::Refusal;
use super::super::bind::{Condition, Constant, How, Place, compared, dataverse_function, fold, one_of};
use super::super::syntax::{Comparison, Expression, Literal};
use super::fetch::{Fetch, attribute};

/// A `<filter>` as a condition.
pub(super) fn condition_of(fetch: &Fetch<'_>, filter: Node<'_, '_>, source: usize) -> Result<Condition, Refusal> {
    let mut parts = Vec::new();
    for part in filter.children().filter(Node::is_element) {
        parts.push(match part.tag_name().name() {
            "filter" => condition_of(fetch, part, source)?,
            "condition" => one(fetch, part, source)?,
            other => return Err(Refusal::bad_fetch(format!("Invalid Child Node of <filter>: {other}"))),
        });
    }
    match filter.attribute("type") {
        None | Some("and") => Ok(Condition::And(parts)),
        Some("or") => Ok(Condition::Or(parts)),
        Some(other) => Err(Refusal::bad_fetch(format!("Invalid filter type '{other}'."))),
    }
}

fn one(fetch: &Fetch<'_>, node: Node<'_, '_>, source: usize) -> Result<Condition, Refusal> {
    let source = match node.attribute("entityname") {
        Some(alias) => fetch.named(alias)?,
        None => source,
    };
    let field = fetch.field(source, attribute(node, "attribute")?)?;
    let operator = attribute(node, "operator")?;
    let place = Place { table: fetch.entities[source].definition, field };
    if let Some(other) = node.attribute("valueof") {
        let other = fetch.field(source, other)?;
        let comparison = comparison(operator).ok_or_else(|| unknown(operator))?;
        return Ok(Condition::Fields(place.field, comparison, other));
    }
    let mut values: Vec<String> = node
        .children()
        .filter(|child| child.tag_name().name() == "value")
        .map(|value| value.text().unwrap_or_default().to_owned())
        .collect();
    values.extend(node.attribute("value").map(str::to_owned));
    applied(fetch, place, operator, &values)
}

fn comparison(operator: &str) -> Option<Comparison> {
    Some(match operator {
        "eq" => Comparison::Eq,
        "ne" | "neq" => Comparison::Ne,
        "gt" => Comparison::Gt,
        "ge" => Comparison::Ge,
        "lt" => Comparison::Lt,
        "le" => Comparison::Le,
        _ => return None,
    })
}

fn applied(fetch: &Fetch<'_>, place: Place<'_>, operator: &str, values: &[String]) -> Result<Condition, Refusal> {
    let missing = || Refusal::bad_fetch(format!("The condition operator '{operator}' needs a value."));
    let first = || values.first().ok_or_else(missing);
    if let Some(comparison) = comparison(operator) {
        return compared(&place, comparison, first()?);
    }
    let text = |how: How| Ok(Condition::Text(place.field.clone(), how, fold(first()?).into()));
    let (operator, not) = match operator.strip_prefix("not-") {
        Some(rest) if rest != "null" && !rest.starts_with("on") => (rest, true),
        _ => (operator, false),
    };
    let found = match operator {
        "null" => Condition::Compare(place.field, Comparison::Eq, Constant::Null),
        "not-null" => Condition::Compare(place.field, Comparison::Ne, Constant::Null),
        "like" => text(How::Like)?,
        "begins-with" | "begin-with" => text(How::Starts)?,
        "ends-with" | "end-with" => text(How::Ends)?,
        "in" => one_of(&place, values)?,
        other => {
            let name = function(other).ok_or_else(|| unknown(other))?;
            let list = values.iter().cloned().map(Literal::Text).collect();
            let arguments = [
                ("PropertyValues".to_owned(), Expression::List(list)),
                (
                    "PropertyValue".to_owned(),
                    Expression::Literal(Literal::Text(values.first().cloned().unwrap_or_default())),
                ),
            ];
            let found = dataverse_function(&place, &name, &arguments, &fetch.request.given());
            found.map_err(|refusal| if refusal.status == 501 { not_there(operator) } else { refusal })?
        }
    };
    Ok(if not { Condition::Not(Box::new(found)) } else { found })
}

/// `last-x-days` is `LastXDays` in filters of OData.
fn function(operator: &str) -> Option<String> {
    Some(match operator {
        "eq-userid" => "EqualUserId".into(),
        "eq-useroruserteams" => "EqualUserOrUserTeams".into(),
        "ne-userid" => "NotEqualUserId".into(),
        "eq-businessid" => "EqualBusinessId".into(),
        "ne-businessid" => "NotEqualBusinessId".into(),
        "last-seven-days" => "Last7Days".into(),
        "next-seven-days" => "Next7Days".into(),
        "contain-values" => "ContainValues".into(),
        "between" => "Between".into(),
        other => {
            let mut name = String::new();
            for part in other.split('-') {
                let (head, tail) = part.split_at_checked(1)?;
                name.push_str(&head.to_ascii_uppercase());
                name.push_str(tail);
            }
            name.replace("Olderthan", "OlderThan")
        }
    })
}

/// Operators of the platform that the mock has not.
const NOT_THERE: [&str; 17] = [
    "above",
    "eq-or-above",
    "eq-or-under",
    "eq-useroruserhierarchy",
    "eq-useroruserhierarchyandteams",
    "eq-userlanguage",
    "eq-userteams",
    "in-fiscal-period",
    "in-fiscal-period-and-year",
    "in-fiscal-year",
    "in-or-after-fiscal-period-and-year",
    "in-or-before-fiscal-period-and-year",
    "last-fiscal-period",
    "last-fiscal-year",
    "next-fiscal-period",
    "next-fiscal-year",
    "under",
];

fn not_there(operator: &str) -> Refusal {
    if NOT_THERE.contains(&operator) {
        return Refusal::not_there(&format!("The condition operator '{operator}' of FetchXML"));
    }
    unknown(operator)
}

fn unknown(operator: &str) -> Refusal {
    Refusal::bad_fetch(format!("The condition operator '{operator}' is not valid."))
}
