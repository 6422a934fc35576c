//! Which of these a request asks for.

use serde_json::{Value, json};

use super::super::answer::Answer;
use super::super::error::Refusal;
use super::super::schema::{Action, Environment};
use super::asked::Asked;
use super::catalogue::Catalogue;
use super::functions;

impl Catalogue {
    /// The answer to a `GET` of what is no row; `None` where the path names
    /// something else.
    pub(in crate::stack::dataverse) fn answer(
        &self,
        asked: &Asked<'_>,
        (environment, actions): (&Environment, &[Action]),
        principal: &str,
    ) -> Option<Result<Answer, Refusal>> {
        let body = match asked.segment {
            "" => Ok(self.service_document(asked.base)),
            "$metadata" => {
                let xml = Answer::bytes(200, self.csdl(actions)).with("content-type", "application/xml");
                return Some(Ok(xml));
            }
            "WhoAmI" => Ok(functions::who_am_i(asked.base, environment, principal)),
            "RetrieveVersion" => Ok(functions::version(asked.base)),
            "RetrieveCurrentOrganization" => Ok(functions::organization(asked.base, environment)),
            "RetrieveMetadataChanges" => self.metadata_changes(asked),
            "EntityDefinitions" => self.entity_definitions(asked),
            "RelationshipDefinitions" => self.relationship_definitions(asked),
            "GlobalOptionSetDefinitions" => self.choice_definitions(asked),
            "sdkmessagefilters" => self.message_filters(asked),
            _ => return None,
        };
        Some(body.map(|body| Answer::json(200, &body)))
    }

    /// Whether a segment names one of these, whatever the method.
    pub(in crate::stack::dataverse) fn has(segment: &str) -> bool {
        matches!(
            segment,
            "" | "$metadata"
                | "RetrieveVersion"
                | "RetrieveCurrentOrganization"
                | "RetrieveMetadataChanges"
                | "WhoAmI"
                | "EntityDefinitions"
                | "RelationshipDefinitions"
                | "GlobalOptionSetDefinitions"
                | "sdkmessagefilters"
        )
    }

    /// `GET /`: the entity sets.
    fn service_document(&self, base: &str) -> Value {
        let set = |name: &str| json!({ "name": name, "kind": "EntitySet", "url": name });
        let mut sets: Vec<Value> = self.living().map(|table| set(&table.collection)).collect();
        sets.extend(["EntityDefinitions", "RelationshipDefinitions", "GlobalOptionSetDefinitions"].map(set));
        json!({ "@odata.context": format!("{base}/$metadata"), "value": sets })
    }
}
