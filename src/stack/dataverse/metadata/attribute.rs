//! Columns as the metadata tells them: `AttributeMetadata` and what each kind
//! of column adds.

use serde_json::{Value, json};

use super::super::schema::{Cell, Column, ColumnKind, Table};
use super::label::{label, managed, metadata_id, optional_label};

/// The members that every column has; a `$select` without a cast may name no
/// other.
pub(super) const COMMON: &str = "AttributeOf,AttributeType,AttributeTypeName,AutoNumberFormat,\
CanBeSecuredForCreate,CanBeSecuredForRead,CanBeSecuredForUpdate,CanModifyAdditionalSettings,ColumnNumber,CreatedOn,\
DeprecatedVersion,Description,DisplayName,EntityLogicalName,ExternalName,HasChanged,InheritsFrom,IntroducedVersion,\
IsAuditEnabled,IsCustomAttribute,IsCustomizable,IsDataSourceSecret,IsFilterable,IsGlobalFilterEnabled,IsLogical,\
IsManaged,IsPrimaryId,IsPrimaryName,IsRenameable,IsRequiredForForm,IsRetrievable,IsSearchable,IsSecured,\
IsSortableEnabled,IsValidForAdvancedFind,IsValidForCreate,IsValidForForm,IsValidForGrid,IsValidForRead,\
IsValidForUpdate,IsValidODataAttribute,LinkedAttributeId,LogicalName,MetadataId,ModifiedOn,RequiredLevel,SchemaName,\
Settings,SourceType";

/// What a column is in its table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    PrimaryId,
    /// Derived from the row; nobody writes it.
    System,
    Usual,
}

/// A column with all of its members but its choice, which is expanded.
pub(super) fn attribute(table: &Table, column: &Column, part: Part, number: usize, targets: &[&str]) -> Value {
    let mut body = common(table, column, part, number);
    for part in [told(table, column, part), own(column, targets)] {
        for (name, value) in part.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
    }
    body
}

fn common(table: &Table, column: &Column, part: Part, number: usize) -> Value {
    let (kind, _) = kinds(column);
    let writable = part == Part::Usual && !column.read_only;
    json!({
        "@odata.type": odata_type(column),
        "AttributeOf": null,
        "AttributeType": kind,
        "ColumnNumber": number,
        "DeprecatedVersion": null,
        "IntroducedVersion": "1.0",
        "EntityLogicalName": &*table.logical,
        "IsCustomAttribute": column.name.contains('_'),
        "IsPrimaryId": part == Part::PrimaryId,
        "IsValidODataAttribute": true,
        "IsPrimaryName": column.name == table.primary_name,
        "IsValidForCreate": writable || part == Part::PrimaryId,
        "IsValidForRead": true,
        "IsValidForUpdate": writable,
        "CanBeSecuredForRead": false,
        "CanBeSecuredForCreate": false,
        "CanBeSecuredForUpdate": false,
        "IsSecured": false,
        "IsRetrievable": true,
        "IsFilterable": false,
        "IsSearchable": false,
        "IsManaged": false,
        "LinkedAttributeId": null,
        "LogicalName": &*column.name,
        "SchemaName": column.schema_name(),
    })
}

fn told(table: &Table, column: &Column, part: Part) -> Value {
    let owner = format!("{}.{}", table.logical, column.name);
    let required = if part == Part::PrimaryId || column.required { "SystemRequired" } else { "None" };
    let level = column.told.required_level.unwrap_or(required);
    json!({
        "IsValidForForm": true,
        "IsRequiredForForm": false,
        "IsValidForGrid": true,
        "ExternalName": null,
        "IsLogical": false,
        "IsDataSourceSecret": false,
        "InheritsFrom": null,
        "CreatedOn": "1900-01-01T00:00:00Z",
        "ModifiedOn": "1900-01-01T00:00:00Z",
        "SourceType": 0,
        "AutoNumberFormat": column.told.auto_number.as_deref().unwrap_or_default(),
        "MetadataId": metadata_id(&owner),
        "HasChanged": null,
        "AttributeTypeName": { "Value": type_name(column) },
        "Description": optional_label(column.told.description.as_deref(), &format!("{owner}/description")),
        "DisplayName": label(column.told.display_name.as_deref().unwrap_or(column.schema_name()), &owner),
        "IsAuditEnabled": managed(false, "canmodifyauditsettings"),
        "IsGlobalFilterEnabled": managed(false, "canmodifyglobalfiltersettings"),
        "IsSortableEnabled": managed(true, "canmodifyissortablesettings"),
        "IsCustomizable": managed(true, "iscustomizable"),
        "IsRenameable": managed(true, "isrenameable"),
        "IsValidForAdvancedFind": managed(true, "canmodifysearchsettings"),
        "RequiredLevel": managed(level, "canmodifyrequirementlevelsettings"),
        "CanModifyAdditionalSettings": managed(true, "canmodifyadditionalsettings"),
        "Settings": [],
    })
}

/// What the kind of the column adds.
fn own(column: &Column, targets: &[&str]) -> Value {
    let format = column.told.format;
    let range = |minimum: &f64, maximum: &f64, precision: &u32| {
        json!({
            "MaxValue": maximum, "MinValue": minimum, "Precision": precision, "ImeMode": "Disabled",
            "FormulaDefinition": "", "SourceTypeMask": 0,
        })
    };
    match &column.kind {
        ColumnKind::Text { max_length, memo } => {
            let format = format.unwrap_or(if *memo { "TextArea" } else { "Text" });
            json!({
                "Format": format, "ImeMode": "Auto", "MaxLength": max_length, "YomiOf": null, "IsLocalizable": false,
                "DatabaseLength": max_length * 2, "FormulaDefinition": "", "SourceTypeMask": 0,
                "FormatName": { "Value": format },
            })
        }
        ColumnKind::Integer { minimum, maximum } => json!({
            "Format": format.unwrap_or("None"), "MaxValue": maximum, "MinValue": minimum, "FormulaDefinition": "",
            "SourceTypeMask": 0,
        }),
        ColumnKind::BigInt => json!({ "MaxValue": i64::MAX, "MinValue": i64::MIN }),
        ColumnKind::Decimal { minimum, maximum, precision } | ColumnKind::Double { minimum, maximum, precision } => {
            range(minimum, maximum, precision)
        }
        ColumnKind::Money { minimum, maximum, precision } => {
            let mut body = range(minimum, maximum, precision);
            body["PrecisionSource"] = 0.into();
            body["CalculationOf"] = Value::Null;
            body["IsBaseCurrency"] = false.into();
            body
        }
        ColumnKind::Boolean => {
            json!({ "DefaultValue": column.default == Cell::Bool(true), "FormulaDefinition": "", "SourceTypeMask": 0 })
        }
        ColumnKind::Picklist(_) | ColumnKind::Choices(_) => json!({
            "DefaultFormValue": default_value(column).unwrap_or(-1), "FormulaDefinition": "", "SourceTypeMask": 0,
            "ParentPicklistLogicalName": null, "ChildPicklistLogicalNames": [],
        }),
        ColumnKind::State(_) | ColumnKind::Status { .. } => json!({ "DefaultFormValue": default_value(column) }),
        ColumnKind::Date | ColumnKind::DateTime => instant(column),
        ColumnKind::Guid => json!({}),
        ColumnKind::Lookup(_) => json!({ "Targets": targets, "Format": "None" }),
        ColumnKind::File { max_kilobytes } => json!({ "MaxSizeInKB": max_kilobytes }),
        ColumnKind::Image { max_kilobytes } => json!({
            "IsPrimaryImage": &*column.name == "entityimage", "MaxHeight": 144, "MaxWidth": 144,
            "MaxSizeInKB": max_kilobytes, "CanStoreFullImage": true,
        }),
    }
}

fn instant(column: &Column) -> Value {
    let day = column.kind == ColumnKind::Date;
    let format = if day { "DateOnly" } else { column.told.format.unwrap_or("DateAndTime") };
    json!({
        "Format": format,
        "ImeMode": "Inactive",
        "MinSupportedValue": "1753-01-01T00:00:00Z",
        "MaxSupportedValue": "9999-12-30T23:59:59Z",
        "SourceTypeMask": 0,
        "FormulaDefinition": "",
        "DateTimeBehavior": { "Value": if day { "DateOnly" } else { "UserLocal" } },
        "CanChangeDateTimeBehavior": managed(true, "canmodifybehavior"),
    })
}

fn default_value(column: &Column) -> Option<i64> {
    match &column.default {
        Cell::Number(number) => number.as_i64(),
        _ => None,
    }
}

/// `AttributeType`, and the name in the type of its metadata.
fn kinds(column: &Column) -> (&'static str, &'static str) {
    match (&column.kind, column.told.lookup_type) {
        (ColumnKind::Lookup(_), Some(kind)) => (kind, "Lookup"),
        (ColumnKind::Choices(_), _) => ("Virtual", "MultiSelectPicklist"),
        (ColumnKind::File { .. }, _) => ("Virtual", "File"),
        (ColumnKind::Image { .. }, _) => ("Virtual", "Image"),
        (ColumnKind::Guid, _) => ("Uniqueidentifier", "UniqueIdentifier"),
        (kind, _) => (kind.attribute_type(), kind.attribute_type()),
    }
}

fn odata_type(column: &Column) -> String {
    format!("#Microsoft.Dynamics.CRM.{}AttributeMetadata", kinds(column).1)
}

fn type_name(column: &Column) -> String {
    let (kind, metadata) = kinds(column);
    match kind {
        "Virtual" => format!("{metadata}Type"),
        kind => format!("{kind}Type"),
    }
}
