//! Relationships and alternate keys as the metadata tells them.

use std::sync::Arc;

use serde_json::{Value, json};

use super::super::schema::{AlternateKey, Column, LookupTarget, Relation, Table};
use super::label::{label, managed, metadata_id};

/// A one-to-many relationship: the lookup, the table that has it, and the
/// table that it names.
pub(super) fn one_to_many(table: &Table, column: &Column, target: &LookupTarget, far: &Table) -> Value {
    let mut body = head(&target.relationship, "OneToManyRelationship");
    let own = json!({
        "ReferencedAttribute": &*far.primary_id,
        "ReferencedEntity": &*far.logical,
        "ReferencingAttribute": &*column.name,
        "ReferencingEntity": &*table.logical,
        "IsHierarchical": table.logical == far.logical,
        "EntityKey": null,
        "IsRelationshipAttributeDenormalized": false,
        "ReferencedEntityNavigationPropertyName": &*target.collection,
        "ReferencingEntityNavigationPropertyName": &*target.navigation,
        "RelationshipBehavior": 1,
        "DenormalizedAttributeName": null,
        "AssociatedMenuConfiguration": menu(),
        "CascadeConfiguration": {
            "Assign": "NoCascade", "Delete": target.on_delete.name(), "Archive": "NoCascade", "Merge": "NoCascade",
            "Reparent": "NoCascade", "Share": "NoCascade", "Unshare": "NoCascade", "RollupView": "NoCascade",
        },
        "RelationshipAttributes": [],
    });
    extend(&mut body, &own);
    body
}

/// A many-to-many relationship between two tables.
pub(super) fn many_to_many(relation: &Relation, tables: &[Arc<Table>]) -> Value {
    let [first, second] = relation.tables.map(|position| &tables[position]);
    // A table that is linked with itself has two columns of its own kind.
    let own = |table: &Table, number: &str| {
        if first.logical == second.logical {
            format!("{}{number}", table.primary_id)
        } else {
            table.primary_id.to_string()
        }
    };
    let mut body = head(&relation.name, "ManyToManyRelationship");
    let members = json!({
        "Entity1LogicalName": &*first.logical,
        "Entity2LogicalName": &*second.logical,
        "IntersectEntityName": &*relation.intersect,
        "Entity1IntersectAttribute": own(first, "one"),
        "Entity2IntersectAttribute": own(second, "two"),
        "Entity1NavigationPropertyName": &*relation.navigations[0],
        "Entity2NavigationPropertyName": &*relation.navigations[1],
        "Entity1AssociatedMenuConfiguration": menu(),
        "Entity2AssociatedMenuConfiguration": menu(),
    });
    extend(&mut body, &members);
    body
}

fn head(name: &str, kind: &str) -> Value {
    json!({
        "MetadataId": metadata_id(&format!("relationship/{name}")),
        "HasChanged": null,
        "IsCustomRelationship": true,
        "IsValidForAdvancedFind": true,
        "SchemaName": name,
        "SecurityTypes": "Append",
        "IsManaged": false,
        "RelationshipType": kind,
        "IntroducedVersion": "1.0",
        "IsCustomizable": managed(true, "iscustomizable"),
    })
}

fn menu() -> Value {
    json!({
        "Behavior": "UseCollectionName", "Group": "Details", "Order": 10000, "IsCustomizable": true, "Icon": null,
        "ViewId": "00000000-0000-0000-0000-000000000000", "AvailableOffline": true, "MenuId": null,
        "QueryApi": null, "Label": { "LocalizedLabels": [], "UserLocalizedLabel": null },
    })
}

fn extend(body: &mut Value, members: &Value) {
    for (name, value) in members.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
}

/// An alternate key.
pub(super) fn key(table: &Table, key: &AlternateKey) -> Value {
    let owner = format!("key/{}.{}", table.logical, key.name);
    let columns: Vec<&str> = key.columns.iter().map(|position| &*table.columns[*position].name).collect();
    json!({
        "MetadataId": metadata_id(&owner),
        "HasChanged": null,
        "IsCustomizable": managed(true, "iscustomizable"),
        "LogicalName": key.name.to_lowercase(),
        "SchemaName": key.name,
        "EntityLogicalName": &*table.logical,
        "KeyAttributes": columns,
        "IsManaged": false,
        "IntroducedVersion": "1.0",
        "IsSynchronous": false,
        "IsExportKey": false,
        "IsSecondaryKey": false,
        "EntityKeyIndexStatus": "Active",
        "DisplayName": label(&key.name, &owner),
    })
}
