//! Actions and functions in `$metadata`: those that the files declare, and the
//! bulk actions of every table.

use std::sync::Arc;

use serde_json::Value;

use super::super::schema::{Action, Bound, ParameterKind, Table};
use super::csdl::put;

/// What the platform writes where any row may stand.
const ANY: &str = "mscrm.crmbaseentity";

/// The types of what declared actions and functions give, and themselves.
pub(super) fn declared(text: &mut String, actions: &[Action], tables: &[Arc<Table>]) {
    for action in actions.iter().filter(|action| !action.returns.is_empty()) {
        put(text, &format!("<ComplexType Name=\"{}Response\">", action.name));
        for (name, template) in &action.returns {
            put(text, &format!("<Property Name=\"{name}\" Type=\"{}\" />", type_of(action, template)));
        }
        text.push_str("</ComplexType>");
    }
    for action in actions {
        one(text, action, tables);
    }
}

/// Those that are called on nothing, in the container.
pub(super) fn imports(text: &mut String, actions: &[Action]) {
    for action in actions.iter().filter(|action| action.bound == Bound::Free) {
        let (kind, name) = (kind(action), &action.name);
        put(text, &format!("<{kind}Import Name=\"{name}\" {kind}=\"mscrm.{name}\" />"));
    }
}

fn kind(action: &Action) -> &'static str {
    if action.function { "Function" } else { "Action" }
}

fn one(text: &mut String, action: &Action, tables: &[Arc<Table>]) {
    let kind = kind(action);
    let bound = match action.bound {
        Bound::Free => None,
        Bound::Row(table) => Some(("entity", format!("mscrm.{}", tables[table].logical))),
        Bound::Collection(table) => Some(("entityset", format!("Collection(mscrm.{})", tables[table].logical))),
    };
    let is_bound = if bound.is_some() { " IsBound=\"true\"" } else { "" };
    put(text, &format!("<{kind} Name=\"{}\"{is_bound}>", action.name));
    if let Some((name, on)) = bound {
        put(text, &format!("<Parameter Name=\"{name}\" Type=\"{on}\" Nullable=\"false\" />"));
    }
    for parameter in &action.parameters {
        let edm = parameter_type(parameter.kind);
        let nullable = if parameter.required { " Nullable=\"false\"" } else { "" };
        let unicode = if edm == "Edm.String" { " Unicode=\"false\"" } else { "" };
        put(text, &format!("<Parameter Name=\"{}\" Type=\"{edm}\"{nullable}{unicode} />", parameter.name));
    }
    if !action.returns.is_empty() {
        put(text, &format!("<ReturnType Type=\"mscrm.{}Response\" Nullable=\"false\" />", action.name));
    }
    put(text, &format!("</{kind}>"));
}

fn parameter_type(kind: ParameterKind) -> &'static str {
    match kind {
        ParameterKind::Any => ANY,
        other => other.edm(),
    }
}

/// The type of a member of an answer, by what stands for it in the file.
fn type_of(action: &Action, template: &Value) -> String {
    let simple = match template {
        Value::Bool(_) => "Edm.Boolean",
        Value::Number(number) if number.as_i64().is_some_and(|n| i32::try_from(n).is_ok()) => "Edm.Int32",
        Value::Number(number) if number.is_i64() => "Edm.Int64",
        Value::Number(_) => "Edm.Decimal",
        Value::String(text) if text == "@row" => "Edm.Guid",
        Value::String(text) => {
            let named = text.strip_prefix('@').filter(|name| !name.starts_with('{'));
            let parameter = named.and_then(|name| action.parameters.iter().find(|p| p.name == name));
            parameter.map_or("Edm.String", |parameter| parameter_type(parameter.kind))
        }
        Value::Array(items) => {
            let first = items.first().map_or_else(|| "Edm.String".to_owned(), |item| type_of(action, item));
            return format!("Collection({first})");
        }
        Value::Object(_) => ANY,
        Value::Null => "Edm.String",
    };
    simple.to_owned()
}

/// The bulk actions of a table (reference A8).
pub(super) fn bulk_actions(text: &mut String, table: &Table) {
    let actions: &[&str] = if table.traits.elastic {
        &["CreateMultiple", "UpdateMultiple", "UpsertMultiple", "DeleteMultiple"]
    } else {
        &["CreateMultiple", "UpdateMultiple", "UpsertMultiple"]
    };
    for action in actions {
        let rows = format!("Collection(mscrm.{})", table.logical);
        let gives = match *action {
            "CreateMultiple" => "<ReturnType Type=\"mscrm.CreateMultipleResponse\" Nullable=\"false\" />",
            _ => "",
        };
        put(
            text,
            &format!(
                "<Action Name=\"{action}\" IsBound=\"true\"><Parameter Name=\"entityset\" Type=\"{rows}\" \
                 Nullable=\"false\" /><Parameter Name=\"Targets\" Type=\"{rows}\" Nullable=\"false\" />{gives}</Action>"
            ),
        );
    }
}
