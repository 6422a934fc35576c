//! What clients ask of the environment itself: who they are, which version it
//! has, what it can do.

use serde_json::{Value, json};

use super::super::error::Refusal;
use super::super::schema::Environment;
use super::asked::Asked;
use super::catalogue::Catalogue;
use super::entity::entity;
use super::label::metadata_id;

/// The build that the mock gives as its own.
const VERSION: &str = "9.2.25104.00183";

/// The messages of bulk actions (reference A8); the last one is there for
/// elastic tables only.
const BULK: [&str; 4] = ["CreateMultiple", "UpdateMultiple", "UpsertMultiple", "DeleteMultiple"];

/// `GET /WhoAmI`: the user that the application is that asks.
pub(super) fn who_am_i(base: &str, environment: &Environment, principal: &str) -> Value {
    json!({
        "@odata.context": format!("{base}/$metadata#Microsoft.Dynamics.CRM.WhoAmIResponse"),
        "BusinessUnitId": environment.business_unit,
        "UserId": environment.users.id(principal),
        "OrganizationId": environment.organization,
    })
}

/// `GET /RetrieveVersion()`.
pub(super) fn version(base: &str) -> Value {
    json!({
        "@odata.context": format!("{base}/$metadata#Microsoft.Dynamics.CRM.RetrieveVersionResponse"),
        "Version": VERSION,
    })
}

/// `GET /RetrieveCurrentOrganization(AccessType=…)`.
pub(super) fn organization(base: &str, environment: &Environment) -> Value {
    let origin = base.split("/api/data/").next().unwrap_or(base);
    let name = environment.url.split("//").nth(1).and_then(|host| host.split('.').next()).unwrap_or("org");
    json!({
        "@odata.context": format!("{base}/$metadata#Microsoft.Dynamics.CRM.RetrieveCurrentOrganizationResponse"),
        "Detail": {
            "OrganizationId": environment.organization,
            "FriendlyName": name,
            "OrganizationVersion": VERSION,
            "EnvironmentId": environment.organization,
            "DatacenterId": metadata_id("datacenter"),
            "Geo": "EMEA",
            "TenantId": metadata_id("tenant"),
            "UrlName": name,
            "UniqueName": name,
            "State": "Enabled",
            "SchemaType": "Standard",
            "OrganizationType": "Customer",
            "Endpoints": {
                "Count": 3,
                "IsReadOnly": false,
                "Keys": ["WebApplication", "OrganizationService", "OrganizationDataService"],
                "Values": [
                    format!("{origin}/"),
                    format!("{origin}/XRMServices/2011/Organization.svc"),
                    format!("{origin}/XRMServices/2011/OrganizationData.svc"),
                ],
            },
        },
    })
}

impl Catalogue {
    /// `GET /RetrieveTotalRecordCount(EntityNames=@p1)?@p1=["account"]`: how
    /// many rows tables have. The platform counts them once a day; `count` knows
    /// it at once, by the position of a table.
    pub(in crate::stack::dataverse) fn total_record_count(
        &self,
        asked: &Asked<'_>,
        count: impl Fn(usize) -> usize,
    ) -> Result<Value, Refusal> {
        let wrong = || Refusal::bad_query("RetrieveTotalRecordCount: EntityNames must be a list of logical names");
        let text = asked.key.and_then(|key| key.strip_prefix("EntityNames=")).ok_or_else(wrong)?;
        let text = if text.starts_with('@') { asked.option(text).unwrap_or_default() } else { text };
        let names: Vec<String> = serde_json::from_str(&text.replace('\'', "\"")).map_err(|_| wrong())?;
        let mut counts = Vec::with_capacity(names.len());
        for name in &names {
            let position = self.tables.iter().position(|table| *table.logical == **name);
            counts.push(count(position.ok_or_else(|| Refusal::no_row("EntityMetadata", name))?));
        }
        let context = "Microsoft.Dynamics.CRM.RetrieveTotalRecordCountResponse";
        Ok(json!({
            "@odata.context": format!("{}/$metadata#{context}", asked.base),
            "EntityRecordCountCollection": {
                "Count": names.len(), "IsReadOnly": false, "Keys": names, "Values": counts,
            },
        }))
    }

    /// `GET /sdkmessagefilters`: whether a table has a bulk action (reference
    /// A8). Nothing is given where it has not.
    pub(super) fn message_filters(&self, asked: &Asked<'_>) -> Result<Value, Refusal> {
        let filter = asked.option("$filter").unwrap_or_default();
        let message = compared(asked, filter, "sdkmessageid/name");
        let table = compared(asked, filter, "primaryobjecttypecode");
        let (Some(message), Some(table)) = (message, table) else {
            return Err(Refusal::not_there(
                "A read of sdkmessagefilters other than by sdkmessageid/name and primaryobjecttypecode",
            ));
        };
        let found = self.tables.iter().find(|t| *t.logical == *table);
        let there = found.is_some_and(|t| BULK[..if t.traits.elastic { 4 } else { 3 }].contains(&message.as_str()));
        let rows: Vec<Value> = there
            .then(|| {
                let id = metadata_id(&format!("message/{message}/{table}"));
                json!({ "@odata.etag": "W/\"1000\"", "sdkmessagefilterid": id })
            })
            .into_iter()
            .collect();
        Ok(json!({
            "@odata.context": format!("{}/$metadata#sdkmessagefilters(sdkmessagefilterid)", asked.base),
            "value": rows,
        }))
    }

    /// `GET /RetrieveMetadataChanges(Query=@p1)`: tables and columns by a query
    /// that names the members it wants.
    pub(super) fn metadata_changes(&self, asked: &Asked<'_>) -> Result<Value, Refusal> {
        let wrong = |why: &str| Refusal::bad_query(format!("RetrieveMetadataChanges: {why}"));
        let parameter = asked.key.unwrap_or_default();
        let text = parameter.strip_prefix("Query=").ok_or_else(|| wrong("the parameter Query is missing"))?.trim();
        let text = if text.starts_with('@') { asked.option(text).unwrap_or_default() } else { text };
        let query: Value = serde_json::from_str(text).map_err(|_| wrong("the parameter Query is no JSON object"))?;
        let mut tables = Vec::new();
        for table in self.living() {
            let body = entity(table);
            if !meets(&body, &query["Criteria"]) {
                continue;
            }
            let mut shown = projected(&body, &query["Properties"], "EntityMetadata");
            if wants(&query["Properties"], "Attributes") {
                let attributes = self.attributes(table).into_iter();
                let own = &query["AttributeQuery"];
                shown["Attributes"] = attributes
                    .filter(|attribute| meets(attribute, &own["Criteria"]))
                    .map(|attribute| projected(&attribute, &own["Properties"], "AttributeMetadata"))
                    .collect();
            }
            tables.push(shown);
        }
        Ok(json!({
            "@odata.context": format!("{}/$metadata#Microsoft.Dynamics.CRM.RetrieveMetadataChangesResponse", asked.base),
            "ServerVersionStamp": "84271433!09/01/2026 08:00:00",
            "DeletedMetadata": null,
            "EntityMetadata": tables,
        }))
    }
}

/// The value that a filter compares a member with, an alias resolved.
fn compared(asked: &Asked<'_>, filter: &str, member: &str) -> Option<String> {
    let after = filter.split_once(member)?.1.trim_start().strip_prefix("eq")?.trim_start();
    let end = after.find([' ', ')']).unwrap_or(after.len());
    let literal = if after.starts_with('@') { asked.option(&after[..end])? } else { &after[..end] };
    Some(literal.trim().trim_matches('\'').to_owned())
}

/// Whether a query wants a member: `AllProperties`, or by its name.
fn wants(properties: &Value, name: &str) -> bool {
    properties["AllProperties"] == true
        || properties["PropertyNames"].as_array().is_some_and(|names| names.iter().any(|found| found == name))
}

fn projected(body: &Value, properties: &Value, kind: &str) -> Value {
    let mut shown = serde_json::Map::new();
    let own = format!("#Microsoft.Dynamics.CRM.{kind}");
    shown.insert("@odata.type".into(), body.get("@odata.type").cloned().unwrap_or_else(|| own.into()));
    for (name, value) in body.as_object().into_iter().flatten() {
        if matches!(name.as_str(), "MetadataId" | "LogicalName") || wants(properties, name) {
            shown.insert(name.clone(), value.clone());
        }
    }
    Value::Object(shown)
}

/// Whether a definition meets a `MetadataFilterExpression`.
fn meets(body: &Value, criteria: &Value) -> bool {
    let any = criteria["FilterOperator"] == "Or";
    let conditions = criteria["Conditions"].as_array().into_iter().flatten().map(|condition| {
        let found = &body[condition["PropertyName"].as_str().unwrap_or_default()];
        let wanted = &condition["Value"]["Value"];
        let same = |wanted: &Value| match (found, wanted) {
            // The service's clients write every value as text.
            (found, Value::String(text)) if !found.is_string() => format!("{found}") == text.to_lowercase(),
            _ => found == wanted,
        };
        match condition["ConditionOperator"].as_str() {
            Some("NotEquals") => !same(wanted),
            Some("In") => wanted.as_array().is_some_and(|all| all.iter().any(same)),
            Some("NotIn") => !wanted.as_array().is_some_and(|all| all.iter().any(same)),
            _ => same(wanted),
        }
    });
    let inner = criteria["Filters"].as_array().into_iter().flatten().map(|filter| meets(body, filter));
    let mut all = conditions.chain(inner).peekable();
    if all.peek().is_none() {
        return true;
    }
    if any { all.any(|met| met) } else { all.all(|met| met) }
}
