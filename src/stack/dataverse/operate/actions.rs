//! Actions and functions of the environment's own, called.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::super::answer::{Answer, Cost};
use super::super::error::Refusal;
use super::super::ledger::{Attempt, Writer};
use super::super::organization::Organization;
use super::super::schema::{Action, ActionEffect, Bound, Cell, ColumnKind, Table, value};
use super::super::store::Transaction;
use super::call::Call;
use super::draft::Draft;
use super::path::Key;
use super::write::{References, Scope};
use crate::observe::Operation;

/// The namespace of bound actions and functions in paths.
const NAMESPACE: &str = "Microsoft.Dynamics.CRM.";

/// An action that can be done.
#[derive(Debug)]
pub(super) struct Called {
    /// Its position among the environment's actions.
    action: usize,
    /// The row that it is called on.
    row: Option<Key>,
    parameters: Map<String, Value>,
}

impl Called {
    /// Its position among the environment's actions.
    pub(super) fn action(&self) -> usize {
        self.action
    }
}

impl Organization {
    /// The action or function that a request calls, if it is one of the
    /// environment's own. Another verb than the declared is refused as the
    /// platform does.
    pub(super) fn called(&self, call: &Call, table: Option<usize>) -> Result<Option<Called>, Refusal> {
        let (text, row) = if table.is_none() {
            (call.path.segment.as_str(), None)
        } else {
            let Some(name) = call.path.rest.strip_prefix(NAMESPACE) else { return Ok(None) };
            (name, call.path.key.as_deref())
        };
        let name = text.split_once('(').map_or(text, |(name, _)| name);
        let bound = match (table, row) {
            (None, _) => Bound::Free,
            (Some(table), Some(_)) => Bound::Row(table),
            (Some(table), None) => Bound::Collection(table),
        };
        let found = self.actions.iter().position(|action| *action.name == *name && action.bound == bound);
        let Some(position) = found else { return Ok(None) };
        let action = &self.actions[position];
        let verb = if action.function { "GET" } else { "POST" };
        if call.method.as_str() != verb {
            return Err(Refusal::no_resource(&format!("[Org]/api/data/{}/{text}", call.path.version)));
        }
        let row = match (table, row) {
            (Some(table), Some(key)) => Some(Key::parse(&self.tables[table], key)?),
            _ => None,
        };
        let given = if action.function { arguments(call, text)? } else { body(call)? };
        Ok(Some(Called { action: position, row, parameters: checked(action, given)? }))
    }

    /// Does it: all effects, or none.
    pub(super) fn act(&self, call: &Call, called: &Called, writer: &Writer) -> Result<Answer, Refusal> {
        let action = &self.actions[called.action];
        let references = References::default();
        let scope = Scope { tables: &self.tables, references: &references };
        let mut store = self.store();
        let on = match (&called.row, action.bound) {
            (Some(key), Bound::Row(table)) => Some((table, store.find(table, key)?.id)),
            _ => None,
        };
        let mut transaction = store.begin(writer);
        let done = action.effects.iter().try_for_each(|effect| scope.effect(&mut transaction, effect, called, on));
        if let Err(refusal) = done {
            drop(transaction);
            let (table, key) =
                on.map_or((Err(&*action.name), String::new()), |(table, id)| (Ok(&self.tables[table]), id.to_string()));
            let attempt = Attempt { operation: Operation::Update, table, key };
            store.ledger.refuse(writer, &attempt, refusal.status, refusal.code);
            return Err(refusal);
        }
        transaction.commit();
        drop(store);
        let cost = Cost { operations: 1, read: 0, written: action.effects.len() as u32 };
        if action.returns.is_empty() {
            return Ok(Answer::empty(204).costing(cost));
        }
        let context = format!("{}/$metadata#{NAMESPACE}{}Response", call.base, action.name);
        let mut body = json!({ "@odata.context": context });
        for (name, template) in &action.returns {
            body[name] = filled(template, called, on.map(|(_, id)| id));
        }
        Ok(Answer::json(200, &body).costing(cost))
    }
}

impl Scope<'_> {
    fn effect(
        &self,
        transaction: &mut Transaction<'_>,
        effect: &ActionEffect,
        called: &Called,
        on: Option<(usize, Uuid)>,
    ) -> Result<(), Refusal> {
        let id = on.map(|(_, id)| id);
        match (effect, on) {
            (ActionEffect::Create(table, values), _) => {
                let cells = cells(&self.tables[*table], values, called, id)?;
                self.insert(transaction, Draft { table: *table, cells, ..Draft::default() }, &[]).map(drop)
            }
            (ActionEffect::Set(values), Some((table, id))) => {
                let cells = cells(&self.tables[table], values, called, Some(id))?;
                self.change(transaction, id, Draft { table, cells, ..Draft::default() }, &[])
            }
            (ActionEffect::Delete, Some((table, id))) => self.remove(transaction, table, id),
            (ActionEffect::Set(_) | ActionEffect::Delete, None) => Ok(()),
        }
    }
}

fn cells(
    table: &Table,
    values: &[(usize, Value)],
    called: &Called,
    row: Option<Uuid>,
) -> Result<Vec<(usize, Cell)>, Refusal> {
    let mut found = Vec::with_capacity(values.len());
    for (column, template) in values {
        let definition = &table.columns[*column];
        let value = filled(template, called, row);
        let cell = match (&definition.kind, value.as_str().and_then(|text| Uuid::parse_str(text).ok())) {
            (ColumnKind::Lookup(targets), Some(id)) if !targets.is_empty() => Cell::Row(targets[0].table, id),
            _ => value::cell(table, definition, &value)?,
        };
        found.push((*column, cell));
    }
    Ok(found)
}

/// A template with the parameters' values in it.
fn filled(template: &Value, called: &Called, row: Option<Uuid>) -> Value {
    let value_of = |name: &str| match (name, row) {
        ("row", Some(row)) => Value::String(row.to_string()),
        _ => called.parameters.get(name).cloned().unwrap_or(Value::Null),
    };
    let text = match template {
        Value::String(text) => text,
        Value::Array(list) => return list.iter().map(|inner| filled(inner, called, row)).collect(),
        Value::Object(members) => {
            return members.iter().map(|(name, inner)| (name.clone(), filled(inner, called, row))).collect();
        }
        other => return other.clone(),
    };
    if let Some(name) = text.strip_prefix('@').filter(|name| !name.starts_with('{')) {
        return value_of(name);
    }
    let mut out = String::new();
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once("@{") {
        out.push_str(before);
        let Some((name, next)) = after.split_once('}') else { break };
        match value_of(name) {
            Value::Null => {}
            Value::String(text) => out.push_str(&text),
            other => out.push_str(&other.to_string()),
        }
        rest = next;
    }
    Value::String(out + rest)
}

fn body(call: &Call) -> Result<Map<String, Value>, Refusal> {
    if call.body.is_empty() {
        return Ok(Map::new());
    }
    match serde_json::from_slice(&call.body) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err(Refusal::bad_payload(&call.path.segment, "A JSON object was expected.")),
        Err(fault) => Err(Refusal::bad_payload(&call.path.segment, &format!("The payload is no JSON: {fault}"))),
    }
}

/// What stands in the parentheses of a function: `name=value`, or `name=@alias`
/// with the value in the query.
fn arguments(call: &Call, text: &str) -> Result<Map<String, Value>, Refusal> {
    let bound = text.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
    let listed = bound.or(call.path.key.as_deref().filter(|_| call.path.rest.is_empty())).unwrap_or_default();
    let mut found = Map::new();
    for part in super::path::split_unquoted(listed).filter(|part| !part.trim().is_empty()) {
        let syntax = || Refusal::bad_query(format!("Syntax error in the parameters '{listed}'."));
        let (name, literal) = part.split_once('=').ok_or_else(syntax)?;
        let literal = literal.trim();
        let literal = if literal.starts_with('@') { call.option(literal).ok_or_else(syntax)? } else { literal };
        let quoted = literal.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
        let value = match quoted {
            Some(text) => Value::String(text.replace("''", "'")),
            None => serde_json::from_str(literal).unwrap_or_else(|_| Value::String(literal.to_owned())),
        };
        found.insert(name.trim().to_owned(), value);
    }
    Ok(found)
}

/// The parameters, if they are those that are declared.
fn checked(action: &Action, given: Map<String, Value>) -> Result<Map<String, Value>, Refusal> {
    for (name, value) in &given {
        if name.starts_with('@') {
            continue;
        }
        let Some(parameter) = action.parameters.iter().find(|known| known.name == *name) else {
            let why = format!(
                "The parameter '{name}' in the request payload is not a valid parameter for the operation '{}'.",
                action.name
            );
            return Err(Refusal::bad_payload(&action.name, &why));
        };
        if !value.is_null() && !parameter.kind.admits(value) {
            return Err(Refusal::wrong_type(&action.name, name, value, parameter.kind.edm()));
        }
    }
    let there = |name: &str| given.get(name).is_some_and(|value| !value.is_null());
    match action.parameters.iter().find(|parameter| parameter.required && !there(&parameter.name)) {
        Some(missing) => Err(Refusal::required_parameter(&missing.name)),
        None => Ok(given),
    }
}
