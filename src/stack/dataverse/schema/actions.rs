//! Actions and functions of the environment's own: `actions.yaml`, what they
//! are bound to, what they take, do and give.

use std::sync::Arc;

use serde_json::Value as Json;

use super::draft::Draft;
use super::fields::flag;
use super::table::Table;
use crate::diagnose::{Diagnostic, Diagnostics, Fields, Node, closest};

/// The format of files with actions.
pub(super) const ACTIONS_FORMAT: &str = "seamstress/dataverse-actions/1";

/// An action, or a function.
#[derive(Clone, Debug)]
pub(in crate::stack::dataverse) struct Action {
    pub(in crate::stack::dataverse) name: Arc<str>,
    /// Called by `GET`; writes nothing.
    pub(in crate::stack::dataverse) function: bool,
    pub(in crate::stack::dataverse) bound: Bound,
    pub(in crate::stack::dataverse) parameters: Vec<Parameter>,
    /// In their order, all or none.
    pub(in crate::stack::dataverse) effects: Vec<ActionEffect>,
    /// Members of the answer; where there are none, it is 204.
    pub(in crate::stack::dataverse) returns: Vec<(String, Json)>,
}

/// What an action is called on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::stack::dataverse) enum Bound {
    /// Nothing.
    Free,
    /// A row of the table at this position.
    Row(usize),
    /// The collection of the table at this position.
    Collection(usize),
}

/// What an action takes.
#[derive(Clone, Debug)]
pub(in crate::stack::dataverse) struct Parameter {
    pub(in crate::stack::dataverse) name: String,
    pub(in crate::stack::dataverse) kind: ParameterKind,
    pub(in crate::stack::dataverse) required: bool,
}

/// The type of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::stack::dataverse) enum ParameterKind {
    String,
    Integer,
    Decimal,
    Boolean,
    DateTime,
    Guid,
    /// A row, or a list of anything.
    Any,
}

/// What an action does. `@NAME` in a text is the parameter's value, `@row` the
/// id of the row that it is called on, `@{NAME}` either within a text.
#[derive(Clone, Debug)]
pub(in crate::stack::dataverse) enum ActionEffect {
    /// Columns of the row that it is called on.
    Set(Vec<(usize, Json)>),
    /// A row of the table at this position.
    Create(usize, Vec<(usize, Json)>),
    /// The row that it is called on goes.
    Delete,
}

impl ParameterKind {
    const NAMES: [(&'static str, Self); 7] = [
        ("string", Self::String),
        ("integer", Self::Integer),
        ("decimal", Self::Decimal),
        ("boolean", Self::Boolean),
        ("datetime", Self::DateTime),
        ("uniqueidentifier", Self::Guid),
        ("any", Self::Any),
    ];

    /// The OData type.
    pub(in crate::stack::dataverse) fn edm(self) -> &'static str {
        match self {
            Self::String => "Edm.String",
            Self::Integer => "Edm.Int32",
            Self::Decimal => "Edm.Decimal",
            Self::Boolean => "Edm.Boolean",
            Self::DateTime => "Edm.DateTimeOffset",
            Self::Guid => "Edm.Guid",
            Self::Any => "Edm.Untyped",
        }
    }

    /// Whether a value is of the type.
    pub(in crate::stack::dataverse) fn admits(self, value: &Json) -> bool {
        match self {
            Self::String => value.is_string(),
            Self::Integer => value.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
            Self::Decimal => value.is_number(),
            Self::Boolean => value.is_boolean(),
            Self::DateTime => value.as_str().is_some_and(|text| crate::clock::Timestamp::parse(text).is_some()),
            Self::Guid => value.as_str().is_some_and(|text| uuid::Uuid::parse_str(text).is_ok()),
            Self::Any => true,
        }
    }
}

/// Reads the files of that format.
pub(super) fn actions(nodes: &[Node], drafts: &[Draft<'_>], diagnostics: &mut Diagnostics) -> Vec<Action> {
    let tables: Vec<&Table> = drafts.iter().map(|draft| &draft.table).collect();
    let mut found = Vec::new();
    for node in nodes.iter().filter(|node| node.get("format").and_then(Node::as_str) == Some(ACTIONS_FORMAT)) {
        let mut fields = Fields::of(node, diagnostics);
        let _ = fields.optional("format");
        let (actions, functions) = (fields.optional("actions"), fields.optional("functions"));
        fields.finish();
        for (listed, function) in [(actions, false), (functions, true)] {
            let Some(listed) = listed else { continue };
            let Some(entries) = listed.as_mapping() else {
                listed.wrong_kind("a mapping of names to what they do", diagnostics);
                continue;
            };
            found.extend(entries.iter().map(|(name, node)| action((name, node), function, &tables, diagnostics)));
        }
    }
    found
}

fn action((name, node): (&Node, &Node), function: bool, tables: &[&Table], diagnostics: &mut Diagnostics) -> Action {
    let mut fields = Fields::of(node, diagnostics);
    let table = fields.optional("bound_to");
    let collection = flag(&mut fields, "collection", false);
    let (parameters, effects, returns) =
        (fields.optional("parameters"), fields.optional("effects"), fields.optional("returns"));
    fields.finish();
    let bound = match table.and_then(|node| position(node, tables, diagnostics)) {
        None => Bound::Free,
        Some(table) if collection => Bound::Collection(table),
        Some(table) => Bound::Row(table),
    };
    let mut done = Vec::new();
    for effect in effects.and_then(Node::as_sequence).unwrap_or_default() {
        done.extend(self::effect(effect, bound, tables, diagnostics));
    }
    let returns = returns.and_then(Node::as_mapping).unwrap_or_default();
    Action {
        name: name.key_text().into(),
        function,
        bound,
        parameters: parameters.map(|node| self::parameters(node, diagnostics)).unwrap_or_default(),
        effects: done,
        returns: returns.iter().map(|(name, value)| (name.key_text(), value.to_json())).collect(),
    }
}

fn parameters(node: &Node, diagnostics: &mut Diagnostics) -> Vec<Parameter> {
    let mut found = Vec::new();
    for (name, node) in node.as_mapping().unwrap_or_default() {
        let mut fields = Fields::of(node, diagnostics);
        let required = flag(&mut fields, "required", false);
        let (place, kind) = (fields.place(), fields.required_str("type").unwrap_or("any"));
        let known = ParameterKind::NAMES.iter().find(|(word, _)| *word == kind).map(|(_, kind)| *kind);
        if known.is_none() {
            let words: Vec<&str> = ParameterKind::NAMES.iter().map(|(word, _)| *word).collect();
            let fault = Diagnostic::error(place, format!("unknown type `{kind}` of a parameter"));
            fields.diagnostics().push(fault.expected(format!("one of {}", words.join(", "))));
        }
        fields.finish();
        let kind = known.unwrap_or(ParameterKind::Any);
        found.push(Parameter { name: name.key_text(), kind, required });
    }
    found
}

/// The table of a logical name.
fn position(node: &Node, tables: &[&Table], diagnostics: &mut Diagnostics) -> Option<usize> {
    let name = node.as_str().unwrap_or_default();
    let found = tables.iter().position(|table| &*table.logical == name);
    if found.is_none() {
        let fault = Diagnostic::error(node.place.clone(), format!("there is no table `{name}`"));
        diagnostics.push(match closest(name, tables.iter().map(|table| &*table.logical)) {
            Some(near) => fault.hint(format!("did you mean `{near}`?")),
            None => fault,
        });
    }
    found
}

fn effect(node: &Node, bound: Bound, tables: &[&Table], diagnostics: &mut Diagnostics) -> Option<ActionEffect> {
    if node.as_str() == Some("delete") && matches!(bound, Bound::Row(_)) {
        return Some(ActionEffect::Delete);
    }
    if let (Some(set), Bound::Row(table)) = (node.get("set"), bound) {
        return Some(ActionEffect::Set(columns(set, tables[table], diagnostics)));
    }
    if let (Some(create), Some(values)) = (node.get("create"), node.get("values")) {
        let table = position(create, tables, diagnostics)?;
        return Some(ActionEffect::Create(table, columns(values, tables[table], diagnostics)));
    }
    diagnostics.push(Diagnostic::error(node.place.clone(), "no effect of an action").expected(
        "`create: TABLE` with `values`; and of an action that is bound to a row also `set: {COLUMN: VALUE}` or \
             `delete`",
    ));
    None
}

fn columns(node: &Node, table: &Table, diagnostics: &mut Diagnostics) -> Vec<(usize, Json)> {
    let mut found = Vec::new();
    for (name, value) in node.as_mapping().unwrap_or_default() {
        let text = name.key_text();
        if let Some(column) = table.column(&text) {
            found.push((column, value.to_json()));
            continue;
        }
        let fault = Diagnostic::error(name.place.clone(), format!("`{text}` is no column of {}", table.collection));
        diagnostics.push(match closest(&text, table.columns.iter().map(|column| &*column.name)) {
            Some(near) => fault.hint(format!("did you mean `{near}`?")),
            None => fault,
        });
    }
    found
}
