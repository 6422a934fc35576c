//! Choices as the metadata tells them.

use serde_json::{Value, json};

use super::super::schema::{Column, ColumnKind, Options, Table};
use super::label::{label, managed, metadata_id, optional_label};

/// The choice of a column; `None` where it has none.
pub(super) fn of_column(table: &Table, column: &Column) -> Option<Value> {
    let own = format!("{}_{}", table.logical, column.name);
    let global = column.told.global_choice.as_deref();
    let name = global.unwrap_or(&own);
    match &column.kind {
        ColumnKind::Boolean => Some(boolean(name, column)),
        ColumnKind::Picklist(options) | ColumnKind::Choices(options) => {
            Some(option_set(name, "Picklist", global.is_some(), listed(name, options)))
        }
        ColumnKind::State(options) => {
            let values = options.iter().map(|(value, text)| state(name, *value, text, table)).collect();
            Some(option_set(name, "State", false, values))
        }
        ColumnKind::Status { options, states } => {
            let values = options.iter().map(|(value, text)| {
                let mut option = option(name, *value, text);
                option["@odata.type"] = "#Microsoft.Dynamics.CRM.StatusOptionMetadata".into();
                option["State"] = states.get(value).copied().into();
                option["TransitionData"] = Value::Null;
                option
            });
            Some(option_set(name, "Status", false, values.collect()))
        }
        _ => None,
    }
}

/// A choice that several columns share.
pub(super) fn global(name: &str, options: &Options) -> Value {
    option_set(name, "Picklist", true, listed(name, options))
}

fn option_set(name: &str, kind: &str, global: bool, options: Vec<Value>) -> Value {
    let mut set = head(name, kind, global);
    set["Options"] = options.into();
    set
}

fn head(name: &str, kind: &str, global: bool) -> Value {
    json!({
        "MetadataId": metadata_id(&format!("choice/{name}")),
        "HasChanged": null,
        "IsCustomOptionSet": true,
        "IsGlobal": global,
        "IsManaged": false,
        "Name": name,
        "ExternalTypeName": null,
        "OptionSetType": kind,
        "IntroducedVersion": "1.0",
        "ParentOptionSetName": null,
        "Description": optional_label(None, name),
        "DisplayName": label(name, &format!("choice/{name}")),
        "IsCustomizable": managed(true, "iscustomizable"),
    })
}

fn listed(name: &str, options: &Options) -> Vec<Value> {
    options.iter().map(|(value, text)| option(name, *value, text)).collect()
}

fn option(name: &str, value: i64, text: &str) -> Value {
    let owner = format!("choice/{name}/{value}");
    json!({
        "Value": value,
        "Color": null,
        "IsManaged": false,
        "ExternalValue": "",
        "ParentValues": [],
        "Tag": null,
        "IsHidden": false,
        "MetadataId": null,
        "HasChanged": null,
        "Label": label(text, &owner),
        "Description": optional_label(None, &owner),
    })
}

fn state(name: &str, value: i64, text: &str, table: &Table) -> Value {
    let mut option = option(name, value, text);
    option["@odata.type"] = "#Microsoft.Dynamics.CRM.StateOptionMetadata".into();
    option["DefaultStatus"] = default_status(table, value).into();
    option["InvariantName"] = text.into();
    option
}

/// The reason that a state has where none is named: its smallest.
fn default_status(table: &Table, state: i64) -> Option<i64> {
    table.columns.iter().find_map(|column| match &column.kind {
        ColumnKind::Status { states, .. } => states.iter().find(|(_, of)| **of == state).map(|(reason, _)| *reason),
        _ => None,
    })
}

fn boolean(name: &str, column: &Column) -> Value {
    let mut set = head(name, "Boolean", false);
    set["TrueOption"] = option(name, 1, column.word(true));
    set["FalseOption"] = option(name, 0, column.word(false));
    set
}
