//! Tables as the metadata tells them, without what is expanded.

use serde_json::{Value, json};

use super::super::schema::Table;
use super::label::{label, managed, metadata_id, optional_label};

/// `EntityMetadata` of a table.
pub(super) fn entity(table: &Table) -> Value {
    let mut body = names(table);
    for part in [abilities(table), settings()] {
        for (name, value) in part.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
    }
    body
}

fn names(table: &Table) -> Value {
    let owner = &*table.logical;
    let told = &table.traits;
    let display = told.display_name.as_deref().unwrap_or(table.schema_name());
    let plural = told.display_collection_name.as_deref().unwrap_or(&table.collection);
    json!({
        "MetadataId": metadata_id(owner),
        "HasChanged": null,
        "LogicalName": owner,
        "SchemaName": table.schema_name(),
        "EntitySetName": &*table.collection,
        "LogicalCollectionName": &*table.collection,
        "CollectionSchemaName": &*table.collection,
        "PrimaryIdAttribute": &*table.primary_id,
        "PrimaryNameAttribute": &*table.primary_name,
        "PrimaryImageAttribute": table.column("entityimage").map(|_| "entityimage"),
        "ObjectTypeCode": told.object_type_code,
        "OwnershipType": if told.user_owned { "UserOwned" } else { "OrganizationOwned" },
        "TableType": if told.elastic { "Elastic" } else { "Standard" },
        "DataProviderId": null,
        "DataSourceId": null,
        "ExternalName": null,
        "ExternalCollectionName": null,
        "IntroducedVersion": "1.0",
        "CreatedOn": "1900-01-01T00:00:00Z",
        "ModifiedOn": "1900-01-01T00:00:00Z",
        "Description": optional_label(told.description.as_deref(), &format!("{owner}/description")),
        "DisplayName": label(display, owner),
        "DisplayCollectionName": label(plural, &format!("{owner}/plural")),
    })
}

/// What every table can do.
const ALWAYS: [&str; 6] = [
    "CanTriggerWorkflow",
    "HasNotes",
    "IsEnabledForCharts",
    "IsImportable",
    "IsReadingPaneEnabled",
    "IsValidForAdvancedFind",
];

/// What no table of the mock can do.
const NEVER: [&str; 31] = [
    "AutoRouteToOwnerQueue",
    "EntityHelpUrlEnabled",
    "HasActivities",
    "HasEmailAddresses",
    "HasFeedback",
    "IsAIRUpdated",
    "IsActivityParty",
    "IsArchivalEnabled",
    "IsAvailableOffline",
    "IsBPFEntity",
    "IsBusinessProcessEnabled",
    "IsChildEntity",
    "IsDocumentManagementEnabled",
    "IsDocumentRecommendationsEnabled",
    "IsEnabledForExternalChannels",
    "IsEnabledForTrace",
    "IsInteractionCentricEnabled",
    "IsIntersect",
    "IsKnowledgeManagementEnabled",
    "IsLogicalEntity",
    "IsManaged",
    "IsMSTeamsIntegrationEnabled",
    "IsOneNoteIntegrationEnabled",
    "IsPrivate",
    "IsQuickCreateEnabled",
    "IsRetentionEnabled",
    "IsSLAEnabled",
    "IsSolutionAware",
    "EnforceStateTransitions",
    "SyncToExternalSearchIndex",
    "UsesBusinessDataLabelTable",
];

fn abilities(table: &Table) -> Value {
    let told = &table.traits;
    let mut body = json!({
        "ActivityTypeMask": 0,
        "EntityColor": null,
        "EntityHelpUrl": null,
        "IsActivity": &*table.primary_id == "activityid",
        "IsCustomEntity": table.logical.contains('_'),
        "IsOptimisticConcurrencyEnabled": told.optimistic_concurrency,
        "IsStateModelAware": table.column("statecode").is_some(),
        "ChangeTrackingEnabled": told.change_tracking,
        "Privileges": [],
        "Settings": [],
    });
    for (names, there) in [(&ALWAYS[..], true), (&NEVER[..], false)] {
        for name in names {
            body[*name] = there.into();
        }
    }
    body
}

fn settings() -> Value {
    json!({
        "CanBeInCustomEntityAssociation": managed(true, "canbeincustomentityassociation"),
        "CanBeInManyToMany": managed(true, "canbeinmanytomany"),
        "CanBePrimaryEntityInRelationship": managed(true, "canbeprimaryentityinrelationship"),
        "CanBeRelatedEntityInRelationship": managed(true, "canberelatedentityinrelationship"),
        "CanChangeHierarchicalRelationship": managed(true, "canchangehierarchicalrelationship"),
        "CanChangeTrackingBeEnabled": managed(true, "canchangetrackingbeenabled"),
        "CanCreateAttributes": managed(true, "cancreateattributes"),
        "CanCreateCharts": managed(true, "cancreatecharts"),
        "CanCreateForms": managed(true, "cancreateforms"),
        "CanCreateViews": managed(true, "cancreateviews"),
        "CanEnableSyncToExternalSearchIndex": managed(true, "canenablesynctoexternalsearchindex"),
        "CanModifyAdditionalSettings": managed(true, "canmodifyadditionalsettings"),
        "IsAuditEnabled": managed(false, "canmodifyauditsettings"),
        "IsConnectionsEnabled": managed(false, "canmodifyconnectionsettings"),
        "IsCustomizable": managed(true, "iscustomizable"),
        "IsDuplicateDetectionEnabled": managed(false, "canmodifyduplicatedetectionsettings"),
        "IsMailMergeEnabled": managed(false, "canmodifymailmergesettings"),
        "IsMappable": managed(true, "ismappable"),
        "IsOfflineInMobileClient": managed(true, "canmodifymobileclientoffline"),
        "IsReadOnlyInMobileClient": managed(false, "canmodifymobileclientreadonly"),
        "IsRenameable": managed(true, "isrenameable"),
        "IsValidForQueue": managed(false, "canmodifyqueuesettings"),
        "IsVisibleInMobile": managed(false, "canmodifymobilevisibility"),
        "IsVisibleInMobileClient": managed(true, "canmodifymobileclientvisibility"),
    })
}
