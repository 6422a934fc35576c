//! The service document, `WhoAmI`, and table definitions as far as official
//! clients ask for them (reference A1, A14).

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::super::error::Refusal;
use super::super::schema::{ColumnKind, Environment, Table};

/// `GET /`: the entity sets.
pub(in crate::stack::dataverse) fn service_document<'a>(base: &str, tables: impl Iterator<Item = &'a Table>) -> Value {
    let sets: Vec<Value> =
        tables.map(|t| json!({ "name": &*t.collection, "kind": "EntitySet", "url": &*t.collection })).collect();
    json!({ "@odata.context": format!("{base}/$metadata"), "value": sets })
}

/// `GET /WhoAmI`. The user's id is derived from the application that asks.
pub(in crate::stack::dataverse) fn who_am_i(base: &str, environment: &Environment, principal: &str) -> Value {
    json!({
        "@odata.context": format!("{base}/$metadata#Microsoft.Dynamics.CRM.WhoAmIResponse"),
        "BusinessUnitId": environment.business_unit,
        "UserId": Uuid::new_v5(&environment.organization, principal.as_bytes()),
        "OrganizationId": environment.organization,
    })
}

/// `GET /EntityDefinitions`, with the table that a `$filter` on `LogicalName`
/// names, if it names one.
pub(in crate::stack::dataverse) fn definitions<'a>(
    base: &str,
    tables: impl Iterator<Item = &'a Table>,
    filter: Option<&str>,
    select: Option<&str>,
) -> Result<Value, Refusal> {
    let wanted = filter.map(logical_name).transpose()?;
    let found: Vec<Value> = tables
        .filter(|t| wanted.is_none_or(|name| *t.logical == *name))
        .map(|t| selected(definition(t), select))
        .collect();
    Ok(json!({ "@odata.context": format!("{base}/$metadata#EntityDefinitions"), "value": found }))
}

fn logical_name(filter: &str) -> Result<&str, Refusal> {
    let literal = filter.trim().strip_prefix("LogicalName eq ").map(str::trim);
    literal
        .and_then(|l| l.strip_prefix('\'')?.strip_suffix('\''))
        .ok_or_else(|| Refusal::not_there("A $filter on EntityDefinitions other than \"LogicalName eq '…'\""))
}

/// `GET /EntityDefinitions(LogicalName='…')` and its attributes.
pub(in crate::stack::dataverse) fn one_definition(
    base: &str,
    table: &Table,
    rest: &str,
    select: Option<&str>,
) -> Result<Value, Refusal> {
    let cast = |kind: &str| format!("Attributes/Microsoft.Dynamics.CRM.{kind}AttributeMetadata");
    let context = format!("{base}/$metadata#EntityDefinitions('{}')", table.logical);
    if rest.is_empty() {
        let mut body = selected(definition(table), select);
        body["@odata.context"] = format!("{context}/$entity").into();
        return Ok(body);
    }
    let attributes = if rest == "Attributes" {
        attributes(table, select, |_| true)
    } else if rest == cast("Picklist") {
        attributes(table, select, |kind| matches!(kind, ColumnKind::Picklist(_)))
    } else {
        return Err(Refusal::not_there(&format!("EntityDefinitions(…)/{rest}")));
    };
    Ok(json!({ "@odata.context": format!("{context}/{rest}"), "value": attributes }))
}

fn definition(table: &Table) -> Value {
    json!({
        "MetadataId": metadata_id(&table.logical),
        "LogicalName": &*table.logical,
        "EntitySetName": &*table.collection,
        "PrimaryIdAttribute": &*table.primary_id,
        "PrimaryNameAttribute": &*table.primary_name,
        "IsOptimisticConcurrencyEnabled": true,
    })
}

fn attributes(table: &Table, select: Option<&str>, wanted: impl Fn(&ColumnKind) -> bool) -> Vec<Value> {
    let columns = table.columns.iter().map(|c| (&*c.name, &c.kind, c.required));
    std::iter::once((&*table.primary_id, &ColumnKind::Guid, true))
        .chain(columns)
        .filter(|(_, kind, _)| wanted(kind))
        .map(|(name, kind, required)| {
            let mut body = selected(attribute(table, name, kind, required), select);
            if let Some(options) = kind.options() {
                let options: Vec<Value> = options.iter().map(|(value, label)| option(*value, label)).collect();
                body["OptionSet"] = json!({ "Options": options });
            }
            body
        })
        .collect()
}

fn attribute(table: &Table, name: &str, kind: &ColumnKind, required: bool) -> Value {
    let mut body = json!({
        "@odata.type": format!("#Microsoft.Dynamics.CRM.{}AttributeMetadata", kind.attribute_type()),
        "MetadataId": metadata_id(&format!("{}.{name}", table.logical)),
        "LogicalName": name,
        "SchemaName": name,
        "EntityLogicalName": &*table.logical,
        "AttributeType": kind.attribute_type(),
        "RequiredLevel": { "Value": if required { "SystemRequired" } else { "None" } },
        "IsPrimaryId": name == &*table.primary_id,
        "IsValidForCreate": true,
        "IsValidForUpdate": name != &*table.primary_id,
        "IsValidForRead": true,
    });
    if let ColumnKind::Text { max_length, .. } = kind {
        body["MaxLength"] = (*max_length).into();
    }
    body
}

fn option(value: i64, label: &str) -> Value {
    json!({ "Value": value, "Label": { "UserLocalizedLabel": { "Label": label, "LanguageCode": 1033 } } })
}

fn metadata_id(name: &str) -> Uuid {
    Uuid::new_v5(&Uuid::from_u128(0x8f4e_6a0c_25d1_4f0e_9a53_6f11_84c2_7d20), name.as_bytes())
}

/// The members that `$select` names; `MetadataId` is always there.
fn selected(body: Value, select: Option<&str>) -> Value {
    let (Some(select), Value::Object(members)) = (select, &body) else { return body };
    let names: Vec<&str> = select.split(',').map(str::trim).collect();
    let kept: Map<String, Value> = members
        .iter()
        .filter(|(name, _)| name.starts_with('@') || *name == "MetadataId" || names.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    Value::Object(kept)
}
