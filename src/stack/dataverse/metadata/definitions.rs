//! `EntityDefinitions`, `RelationshipDefinitions` and
//! `GlobalOptionSetDefinitions` (reference A1): what a path leads to, and what
//! of it is wanted.

use serde_json::{Map, Value, json};

use super::super::error::Refusal;
use super::asked::{Asked, key_of, segments};
use super::attribute::COMMON;
use super::catalogue::Catalogue;
use super::entity::entity;
use super::options::Options;

/// What is in a definition only where it is expanded.
const NAVIGATIONS: [&str; 7] = [
    "Attributes",
    "Keys",
    "OneToManyRelationships",
    "ManyToOneRelationships",
    "ManyToManyRelationships",
    "OptionSet",
    "GlobalOptionSet",
];

/// What a path has led to so far.
enum Found {
    One(Value),
    Many(Vec<Value>),
    /// A member that is no definition.
    Member(Value),
}

impl Catalogue {
    /// `GET EntityDefinitions…`.
    pub(super) fn entity_definitions(&self, asked: &Asked<'_>) -> Result<Value, Refusal> {
        let options = Options::parse(asked.pairs())?;
        let Some(key) = asked.key else {
            let bodies = self.living().map(|table| entity(table)).collect::<Vec<_>>();
            check(&bodies, "EntityMetadata", &options)?;
            let chosen = options.chosen(bodies).into_iter();
            let chosen: Result<Vec<Value>, Refusal> = chosen.map(|body| self.expanded(body, &options)).collect();
            return Ok(collection(asked, "EntityDefinitions", &options, chosen?));
        };
        let position = self.table_by(key).ok_or_else(|| Refusal::no_row("EntityMetadata", key))?;
        let body = entity(&self.tables[position]);
        let logical = &self.tables[position].logical;
        let path = segments(asked.rest);
        let mut path = path.iter().map(String::as_str).peekable();
        path.next_if_eq(&"Microsoft.Dynamics.CRM.EntityMetadata");
        let Some(first) = path.next() else {
            check(std::slice::from_ref(&body), "EntityMetadata", &options)?;
            let one = self.expanded(body, &options)?;
            return Ok(single(asked, "EntityDefinitions", one));
        };
        let (name, key) = key_of(first);
        let kind = match name {
            "Attributes" => "AttributeMetadata",
            "Keys" => "EntityKeyMetadata",
            "OneToManyRelationships" | "ManyToOneRelationships" => "OneToManyRelationshipMetadata",
            "ManyToManyRelationships" => "ManyToManyRelationshipMetadata",
            member => {
                let value = body.get(member).ok_or_else(|| Refusal::no_segment(member))?;
                return Ok(property(asked, &format!("EntityDefinitions('{logical}')/{member}"), value.clone()));
            }
        };
        let found = Found::Many(self.parts(position, name));
        let rest: Vec<&str> = path.collect();
        let context = format!("EntityDefinitions('{logical}')/{name}");
        walk(asked, &context, kind, (found, key), &rest, &options)
    }

    /// `GET RelationshipDefinitions…`.
    pub(super) fn relationship_definitions(&self, asked: &Asked<'_>) -> Result<Value, Refusal> {
        let options = Options::parse(asked.pairs())?;
        let rest = segments(asked.rest);
        let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
        let found = (Found::Many(self.relationships()), asked.key);
        walk(asked, "RelationshipDefinitions", "RelationshipMetadataBase", found, &rest, &options)
    }

    /// `GET GlobalOptionSetDefinitions…`.
    pub(super) fn choice_definitions(&self, asked: &Asked<'_>) -> Result<Value, Refusal> {
        let options = Options::parse(asked.pairs())?;
        let rest = segments(asked.rest);
        let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
        let found = (Found::Many(self.global_choices()), asked.key);
        walk(asked, "GlobalOptionSetDefinitions", "OptionSetMetadataBase", found, &rest, &options)
    }

    /// The position of the table that a key names: by logical name or by id.
    pub(super) fn table_by(&self, key: &str) -> Option<usize> {
        let (name, value) = key.split_once('=').unwrap_or(("", key));
        let value = value.trim().trim_matches('\'');
        self.tables.iter().position(|table| match name.trim() {
            "LogicalName" => *table.logical == *value,
            "SchemaName" => table.schema_name() == value,
            "" | "MetadataId" => {
                super::label::metadata_id(&table.logical).to_string().eq_ignore_ascii_case(value)
                    || *table.logical == *value
            }
            _ => false,
        })
    }

    /// What stands beside a table.
    fn parts(&self, position: usize, name: &str) -> Vec<Value> {
        let table = &self.tables[position];
        match name {
            "Attributes" => self.attributes(table),
            "Keys" => Self::keys(table),
            "OneToManyRelationships" => self.one_to_many(position),
            "ManyToOneRelationships" => self.many_to_one(table),
            _ => self.many_to_many(Some(position)),
        }
    }

    /// A table's definition with what is expanded, and what is selected of it.
    fn expanded(&self, mut body: Value, options: &Options) -> Result<Value, Refusal> {
        for (name, inner) in &options.expand {
            let position = body["LogicalName"].as_str().and_then(|name| self.table_by(name));
            let there = NAVIGATIONS[..5].contains(&name.as_str());
            let Some(position) = position.filter(|_| there) else {
                return Err(Refusal::no_property(name, "EntityMetadata"));
            };
            let parts = inner.chosen(self.parts(position, name));
            body[name.as_str()] = parts.into_iter().map(|part| shown(part, inner)).collect();
        }
        Ok(options.selected(body))
    }
}

/// Goes on from a collection: a key, a cast, a member.
fn walk(
    asked: &Asked<'_>,
    context: &str,
    kind: &'static str,
    (found, key): (Found, Option<&str>),
    rest: &[&str],
    options: &Options,
) -> Result<Value, Refusal> {
    let (mut found, mut context, mut kind) = (found, context.to_owned(), kind.to_owned());
    if let (Some(key), Found::Many(values)) = (key, &found) {
        let one = by_key(values, key).ok_or_else(|| Refusal::no_row(&kind, key.trim_matches('\'')))?;
        found = Found::One(one.clone());
    }
    let mut cast = false;
    for segment in rest {
        if let Some(wanted) = segment.strip_prefix("Microsoft.Dynamics.CRM.") {
            found = narrowed(found, wanted).ok_or_else(|| Refusal::no_segment(segment))?;
            context = format!("{context}/Microsoft.Dynamics.CRM.{wanted}");
            (kind, cast) = (wanted.to_owned(), true);
            continue;
        }
        let Found::One(body) = &found else { return Err(Refusal::no_segment(segment)) };
        let value = body.get(*segment).cloned().ok_or_else(|| Refusal::no_segment(segment))?;
        let definition = matches!(*segment, "OptionSet" | "GlobalOptionSet");
        if definition && !cast {
            return Err(Refusal::no_property(segment, &kind));
        }
        context = format!("{context}/{segment}");
        found = if definition { Found::One(value) } else { Found::Member(value) };
    }
    if !cast && options.expand.iter().any(|(name, _)| name.ends_with("OptionSet")) {
        return Err(Refusal::no_property("OptionSet", &kind));
    }
    match found {
        Found::Member(value) => Ok(property(asked, &context, value)),
        Found::One(body) => {
            check_cast(std::slice::from_ref(&body), &kind, cast, options)?;
            Ok(single(asked, &context, shown(body, options)))
        }
        Found::Many(values) => {
            check_cast(&values, &kind, cast, options)?;
            let chosen = options.chosen(values).into_iter().map(|value| shown(value, options)).collect();
            Ok(collection(asked, &context, options, chosen))
        }
    }
}

/// Those that are of a type; its name is then in the context, not in each.
fn narrowed(found: Found, wanted: &str) -> Option<Found> {
    let of_type = |value: &Value| match value["@odata.type"].as_str() {
        None => true,
        Some(own) => {
            let own = own.trim_start_matches("#Microsoft.Dynamics.CRM.");
            let enumeration =
                ["Picklist", "State", "Status", "MultiSelectPicklist"].map(|k| format!("{k}AttributeMetadata"));
            own == wanted || (wanted == "EnumAttributeMetadata" && enumeration.iter().any(|name| name == own))
        }
    };
    let untyped = |mut value: Value| {
        if let Some(members) = value.as_object_mut() {
            members.shift_remove("@odata.type");
        }
        value
    };
    match found {
        Found::One(value) => of_type(&value).then(|| Found::One(untyped(value))),
        Found::Many(values) => Some(Found::Many(values.into_iter().filter(of_type).map(untyped).collect())),
        Found::Member(_) => None,
    }
}

fn by_key<'v>(values: &'v [Value], key: &str) -> Option<&'v Value> {
    let (name, wanted) = key.split_once('=').unwrap_or(("MetadataId", key));
    let wanted = wanted.trim().trim_matches('\'');
    values.iter().find(|value| value[name.trim()].as_str().is_some_and(|found| found.eq_ignore_ascii_case(wanted)))
}

/// Members that a `$select` or a `$filter` names and that are not there.
fn check(values: &[Value], kind: &str, options: &Options) -> Result<(), Refusal> {
    options.check(kind, |name| values.is_empty() || values.iter().any(|value| value.get(name).is_some()))
}

/// Without a cast only the members that all columns have may be named.
fn check_cast(values: &[Value], kind: &str, cast: bool, options: &Options) -> Result<(), Refusal> {
    if kind == "AttributeMetadata" && !cast {
        return options.check(kind, |name| COMMON.split(',').any(|known| known == name));
    }
    check(values, kind, options)
}

/// A part as it is shown: what is not expanded is left out.
fn shown(mut body: Value, options: &Options) -> Value {
    if let Some(members) = body.as_object_mut() {
        members.retain(|name, _| {
            !NAVIGATIONS.contains(&name.as_str()) || options.expand.iter().any(|(expanded, _)| expanded == name)
        });
    }
    for (name, inner) in &options.expand {
        if let Some(value) = body.get_mut(name.as_str()) {
            *value = inner.selected(value.take());
        }
    }
    options.selected(body)
}

fn selection(options: &Options) -> String {
    match &options.select {
        Some(names) => format!("({})", names.join(",")),
        None => String::new(),
    }
}

fn collection(asked: &Asked<'_>, context: &str, options: &Options, values: Vec<Value>) -> Value {
    let mut body = json!({ "@odata.context": format!("{}/$metadata#{context}{}", asked.base, selection(options)) });
    if options.count {
        body["@odata.count"] = values.len().into();
    }
    body["value"] = values.into();
    body
}

fn single(asked: &Asked<'_>, context: &str, value: Value) -> Value {
    let mut body = Map::new();
    body.insert("@odata.context".into(), format!("{}/$metadata#{context}/$entity", asked.base).into());
    if let Value::Object(members) = value {
        body.extend(members);
    }
    Value::Object(body)
}

fn property(asked: &Asked<'_>, context: &str, value: Value) -> Value {
    let context = format!("{}/$metadata#{context}", asked.base);
    match value {
        Value::Object(_) => {
            let mut body = json!({ "@odata.context": context });
            for (name, value) in value.as_object().into_iter().flatten() {
                body[name] = value.clone();
            }
            body
        }
        value => json!({ "@odata.context": context, "value": value }),
    }
}
