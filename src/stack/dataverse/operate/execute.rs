//! The operations of the Web API (reference A4, A5, A6).

use serde_json::{Map, Value};

use super::super::answer::{Answer, etag, members};
use super::super::error::Refusal;
use super::super::guard::Principal;
use super::super::metadata;
use super::super::organization::Organization;
use super::super::schema::Table;
use super::apply::{self, Condition, Match, Written};
use super::call::Call;
use super::path::Key;

/// What a request asks for, once tables and keys are known.
#[derive(Debug)]
enum Wanted {
    Ready(Answer),
    Read,
    Create(usize, Map<String, Value>),
    Upsert(usize, Key, Condition, Map<String, Value>),
    Delete(usize, Key, Option<Match>),
}

impl Organization {
    /// Does what is asked for. A write, also a refused one, is entered into the
    /// ledger.
    pub(in crate::stack::dataverse) fn execute(
        &self,
        call: &Call,
        principal: &Principal,
        fault: Option<&'static str>,
    ) -> Result<Answer, Refusal> {
        let wanted = self.wanted(call, principal).inspect_err(|refusal| {
            self.note_refusal(call, principal, (refusal.status, refusal.code), fault);
        })?;
        let writer = || call.writer(principal, fault);
        match wanted {
            Wanted::Ready(answer) => Ok(answer),
            Wanted::Read => self.read(call, principal, fault),
            Wanted::Create(table, body) => {
                let written = apply::create(&mut self.store(), table, &body, &writer())?;
                self.written(call, table, None, &written)
            }
            Wanted::Upsert(table, key, condition, body) => {
                let written = apply::upsert(&mut self.store(), table, (&key, condition), &body, &writer())?;
                self.written(call, table, Some(&key), &written)
            }
            Wanted::Delete(table, key, matching) => {
                apply::delete(&mut self.store(), table, &key, matching, &writer())?;
                Ok(Answer::empty(204))
            }
        }
    }

    fn wanted(&self, call: &Call, principal: &Principal) -> Result<Wanted, Refusal> {
        let segment = call.path.segment.as_str();
        let read = matches!(call.method.as_str(), "GET" | "HEAD");
        match segment {
            "" if read => {
                let body = metadata::service_document(&call.base, self.tables.iter().map(AsRef::as_ref));
                Ok(Wanted::Ready(Answer::json(200, &body)))
            }
            "WhoAmI" if read => {
                let body = metadata::who_am_i(&call.base, &self.environment, &principal.id);
                Ok(Wanted::Ready(Answer::json(200, &body)))
            }
            "WhoAmI" => Err(Refusal::no_resource(&format!("[Org]/api/data/{}/WhoAmI", call.path.version))),
            "EntityDefinitions" if read => self.definitions(call),
            "" | "EntityDefinitions" => Err(Refusal::wrong_method(call.method.as_str(), segment)),
            "$metadata" | "$batch" => Err(Refusal::not_there(segment)),
            collection => {
                let table = self.table(collection).ok_or_else(|| Refusal::no_segment(collection))?;
                self.wanted_of_table(call, table)
            }
        }
    }

    fn wanted_of_table(&self, call: &Call, index: usize) -> Result<Wanted, Refusal> {
        let table = &self.tables[index];
        let method = call.method.as_str();
        if matches!(method, "GET" | "HEAD") {
            return Ok(Wanted::Read);
        }
        let Some(key) = call.path.key.as_deref() else {
            return match method {
                _ if !call.path.rest.is_empty() => Err(Refusal::not_there(&call.path.rest)),
                "POST" => Ok(Wanted::Create(index, object(call, table)?)),
                _ => Err(Refusal::wrong_method(method, &table.collection)),
            };
        };
        let key = Key::parse(table, key)?;
        if !call.path.rest.is_empty() {
            return property(call, table, index, key);
        }
        match method {
            "PATCH" => Ok(Wanted::Upsert(index, key, condition(call), object(call, table)?)),
            "DELETE" => Ok(Wanted::Delete(index, key, condition(call).matching)),
            _ => Err(Refusal::wrong_method(method, &table.collection)),
        }
    }

    fn definitions(&self, call: &Call) -> Result<Wanted, Refusal> {
        let tables = || self.tables.iter().map(AsRef::as_ref);
        let select = call.option("$select");
        let body = match call.path.key.as_deref() {
            None => metadata::definitions(&call.base, tables(), call.option("$filter"), select)?,
            Some(key) => {
                let name = key.strip_prefix("LogicalName=").map_or(key, |k| k.trim_matches('\''));
                let table = tables().find(|t: &&Table| &*t.logical == name);
                let table = table.ok_or_else(|| Refusal::no_row("EntityMetadata", name))?;
                metadata::one_definition(&call.base, table, &call.path.rest, select)?
            }
        };
        Ok(Wanted::Ready(Answer::json(200, &body)))
    }

    /// The answer to a write (reference A4): 204 with the row's address, or the
    /// row itself where that was preferred.
    fn written(&self, call: &Call, index: usize, key: Option<&Key>, written: &Written) -> Result<Answer, Refusal> {
        let table = &self.tables[index];
        let row = &written.row;
        // An upsert echoes the form of the key in the URL.
        let shown = match (key, &call.path.key) {
            (Some(Key::Alternate(..)), Some(text)) => text.clone(),
            _ => row.id.to_string(),
        };
        let address = format!("{}/{}({shown})", call.base, table.collection);
        if !call.prefer.representation {
            return Ok(applied(call, Answer::empty(204).with("odata-entityid", address), false));
        }
        let selected = selection(call, table)?;
        let status = if written.created { 201 } else { 200 };
        let body = entity(call, table, selected.as_deref(), members(table, row, selected.as_deref(), formatted(call)));
        let answer = Answer::json(status, &body).with("odata-entityid", address).with("etag", etag(row.version));
        Ok(applied(call, answer, true))
    }
}

/// One column of a row: `PUT` sets it, `DELETE` clears it.
fn property(call: &Call, table: &Table, index: usize, key: Key) -> Result<Wanted, Refusal> {
    let name = call.path.rest.as_str();
    if name.starts_with("Microsoft.Dynamics.CRM.") || name.contains('/') {
        return Err(Refusal::not_there(name));
    }
    if table.column(name).is_none() {
        return Err(Refusal::no_property(name, &table.logical));
    }
    let value = match call.method.as_str() {
        "PUT" => object(call, table)?
            .remove("value")
            .ok_or_else(|| Refusal::bad_payload(&table.collection, "The member 'value' is missing."))?,
        "DELETE" => Value::Null,
        other => return Err(Refusal::wrong_method(other, name)),
    };
    let condition = Condition { matching: Some(Match::Any), only_new: false };
    Ok(Wanted::Upsert(index, key, condition, Map::from_iter([(name.to_owned(), value)])))
}

fn object(call: &Call, table: &Table) -> Result<Map<String, Value>, Refusal> {
    match serde_json::from_slice(&call.body) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err(Refusal::bad_payload(&table.collection, "A JSON object was expected.")),
        Err(fault) => Err(Refusal::bad_payload(&table.collection, &format!("The payload is no JSON: {fault}"))),
    }
}

fn condition(call: &Call) -> Condition {
    let matching = call.header("if-match").map(|value| match value.trim() {
        "*" => Match::Any,
        tag => {
            let number = tag.strip_prefix("W/").unwrap_or(tag).trim_matches('"');
            Match::Version(number.parse().ok())
        }
    });
    Condition { matching, only_new: call.header("if-none-match").map(str::trim) == Some("*") }
}

/// The columns that `$select` names; the primary id is always there.
fn selection(call: &Call, table: &Table) -> Result<Option<Vec<usize>>, Refusal> {
    const THERE: [&str; 6] = ["$select", "$filter", "$top", "$count", "$skiptoken", "tag"];
    if let Some((name, _)) = call.query.iter().find(|(name, _)| !THERE.contains(&name.as_str())) {
        return Err(Refusal::not_there(&format!("The query option '{name}'")));
    }
    let Some(text) = call.option("$select") else { return Ok(None) };
    let mut columns = Vec::new();
    for name in text.split(',').map(str::trim).filter(|name| *name != &*table.primary_id) {
        columns.push(table.column(name).ok_or_else(|| Refusal::no_property(name, &table.logical))?);
    }
    Ok(Some(columns))
}

fn formatted(call: &Call) -> bool {
    let wanted = call.prefer.annotations.as_deref().unwrap_or_default();
    wanted == "*" || wanted.contains("FormattedValue")
}

fn context(call: &Call, table: &Table, selected: Option<&[usize]>) -> String {
    let names = selected.map(|columns| {
        let names: Vec<&str> = columns.iter().map(|c| &*table.columns[*c].name).collect();
        if names.is_empty() { table.primary_id.to_string() } else { names.join(",") }
    });
    let names = names.map(|names| format!("({names})")).unwrap_or_default();
    format!("{}/$metadata#{}{names}", call.base, table.collection)
}

fn entity(call: &Call, table: &Table, selected: Option<&[usize]>, members: Map<String, Value>) -> Value {
    let mut body = Map::new();
    body.insert("@odata.context".into(), format!("{}/$entity", context(call, table, selected)).into());
    body.extend(members);
    Value::Object(body)
}

fn applied(call: &Call, answer: Answer, representation: bool) -> Answer {
    match call.prefer.applied(representation) {
        Some(text) => answer.with("preference-applied", text),
        None => answer,
    }
}
