//! Requests that change tables, and their answers.

use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};

use super::super::answer::Answer;
use super::super::error::Refusal;
use super::super::metadata::metadata_id;
use super::super::operate::{Call, Path};
use super::blueprint::Blueprint;
use super::refusal;

/// Whether a request changes tables, or asks for that in a wrong way.
pub(in crate::stack::dataverse) fn alters(call: &Call) -> bool {
    if matches!(call.method, Method::GET | Method::HEAD) {
        return false;
    }
    matches!(
        call.path.segment.as_str(),
        "EntityDefinitions"
            | "RelationshipDefinitions"
            | "GlobalOptionSetDefinitions"
            | "CreateEntities"
            | "InsertOptionValue"
            | "UpdateOptionValue"
            | "DeleteOptionValue"
            | "PublishXml"
            | "PublishAllXml"
    )
}

/// A request, as it came or as a state file kept it.
pub(super) struct Wish<'c> {
    pub(super) method: &'c Method,
    pub(super) path: &'c Path,
    pub(super) body: &'c Bytes,
    /// Scheme, host and path of the Web API.
    pub(super) base: &'c str,
}

/// What was done.
enum Done {
    /// Something has an address from now on.
    Made(String),
    Changed,
    /// The body of an action's answer.
    Told(Value),
}

/// A request taken apart.
struct Asked<'c> {
    method: &'c Method,
    segment: &'c str,
    key: Option<&'c str>,
    /// A member of a table, and its key.
    part: Option<(&'c str, Option<&'c str>)>,
}

impl Blueprint {
    /// Carries a request out, and tells what came of it.
    pub(super) fn carry_out(&mut self, wish: &Wish<'_>) -> Result<Answer, Refusal> {
        let asked = Asked::of(wish)?;
        let body = if *asked.method == Method::DELETE || wish.body.is_empty() {
            Value::Null
        } else {
            let read = serde_json::from_slice(wish.body);
            read.map_err(|fault| Refusal::bad_payload(asked.segment, &format!("no JSON: {fault}")))?
        };
        let done = match asked.segment {
            "EntityDefinitions" => self.entities(&asked, &body)?,
            "RelationshipDefinitions" => self.relationships(&asked, &body)?,
            "GlobalOptionSetDefinitions" => self.choices(&asked, &body)?,
            action if *asked.method == Method::POST => self.action(action, &body)?,
            action => return Err(Refusal::wrong_method(asked.method.as_str(), action)),
        };
        Ok(match done {
            Done::Changed => Answer::empty(204),
            Done::Made(address) => Answer::empty(204).with("odata-entityid", format!("{}/{address}", wish.base)),
            Done::Told(mut body) => {
                let context = format!("{}/$metadata#Microsoft.Dynamics.CRM.{}Response", wish.base, asked.segment);
                body["@odata.context"] = context.into();
                Answer::json(200, &body)
            }
        })
    }

    fn entities(&mut self, asked: &Asked<'_>, body: &Value) -> Result<Done, Refusal> {
        let Some(text) = asked.key else {
            asked.must_be(&[Method::POST])?;
            let table = self.add_table(body)?;
            return Ok(Done::Made(self.address(table)));
        };
        let Some((part, inner)) = asked.part else {
            asked.must_be(&[Method::PUT, Method::PATCH, Method::DELETE])?;
            if *asked.method == Method::DELETE {
                self.drop_table(text)?;
            } else {
                self.change_table(text, body)?;
            }
            return Ok(Done::Changed);
        };
        let table = self.table(text)?;
        match (part, inner) {
            ("Attributes", None) => {
                asked.must_be(&[Method::POST])?;
                let name = self.add_column(table, body)?;
                let id = metadata_id(&format!("{}.{name}", self.tables[table].logical));
                Ok(Done::Made(format!("EntityDefinitions({text})/Attributes({id})")))
            }
            ("Attributes", Some(text)) => {
                asked.must_be(&[Method::PUT, Method::PATCH, Method::DELETE])?;
                match *asked.method {
                    Method::DELETE => self.drop_column(table, text)?,
                    _ => self.change_column(table, text, body)?,
                }
                Ok(Done::Changed)
            }
            ("Keys", None) => {
                asked.must_be(&[Method::POST])?;
                let name = self.add_key(table, body)?;
                let id = metadata_id(&format!("key/{}.{name}", self.tables[table].logical));
                Ok(Done::Made(format!("EntityDefinitions({text})/Keys({id})")))
            }
            ("Keys", Some(text)) => {
                asked.must_be(&[Method::DELETE])?;
                self.drop_key(table, text)?;
                Ok(Done::Changed)
            }
            (other, _) => Err(Refusal::not_there(&format!("A change of '{other}' of a table"))),
        }
    }

    fn relationships(&mut self, asked: &Asked<'_>, body: &Value) -> Result<Done, Refusal> {
        let Some(text) = asked.key else {
            asked.must_be(&[Method::POST])?;
            let id = metadata_id(&format!("relationship/{}", self.add_relationship(body)?));
            return Ok(Done::Made(format!("RelationshipDefinitions({id})")));
        };
        asked.must_be(&[Method::PUT, Method::PATCH, Method::DELETE])?;
        match *asked.method {
            Method::DELETE => self.drop_relationship(text)?,
            _ => self.change_relationship(text, body)?,
        }
        Ok(Done::Changed)
    }

    fn choices(&mut self, asked: &Asked<'_>, body: &Value) -> Result<Done, Refusal> {
        let Some(text) = asked.key else {
            asked.must_be(&[Method::POST])?;
            let id = metadata_id(&format!("choice/{}", self.add_choice(body)?));
            return Ok(Done::Made(format!("GlobalOptionSetDefinitions({id})")));
        };
        asked.must_be(&[Method::PUT, Method::PATCH, Method::DELETE])?;
        match *asked.method {
            Method::DELETE => self.drop_choice(text)?,
            _ => self.change_choice(text, body)?,
        }
        Ok(Done::Changed)
    }

    fn action(&mut self, action: &str, body: &Value) -> Result<Done, Refusal> {
        match action {
            "CreateEntities" => {
                let all = body["Entities"].as_array().filter(|all| !all.is_empty());
                let mut ids = Vec::new();
                for definition in all.ok_or_else(|| refusal::missing("Entities"))? {
                    let table = self.add_table(definition)?;
                    ids.push(metadata_id(&self.tables[table].logical));
                }
                Ok(Done::Told(json!({ "EntityIds": ids })))
            }
            // Whatever was changed is there at once.
            "PublishXml" | "PublishAllXml" => Ok(Done::Changed),
            action => {
                let number = self.change_option(action, body)?;
                Ok(match action {
                    "InsertOptionValue" => Done::Told(json!({ "NewOptionValue": number })),
                    _ => Done::Changed,
                })
            }
        }
    }

    fn address(&self, table: usize) -> String {
        format!("EntityDefinitions({})", metadata_id(&self.tables[table].logical))
    }
}

impl<'c> Asked<'c> {
    fn of(wish: &Wish<'c>) -> Result<Self, Refusal> {
        let Wish { method, path, .. } = *wish;
        // A cast says nothing new.
        let parts = || path.rest.split('/').filter(|part| !part.is_empty());
        let mut own = parts().filter(|part| !part.starts_with("Microsoft.Dynamics.CRM."));
        let part = own.next().map(|part| match part.split_once('(') {
            Some((name, key)) => (name, Some(key.strip_suffix(')').unwrap_or(key))),
            None => (part, None),
        });
        if let Some(more) = own.next() {
            return Err(Refusal::no_segment(more));
        }
        Ok(Self { method, segment: &path.segment, key: path.key.as_deref(), part })
    }

    fn must_be(&self, methods: &[Method]) -> Result<(), Refusal> {
        if methods.contains(self.method) {
            return Ok(());
        }
        Err(Refusal::wrong_method(self.method.as_str(), self.segment))
    }
}
