//! `validate-content`: bodies by size, media type and schema.

use std::sync::Arc;

use jsonschema::Validator;

use super::table::{EVERYWHERE, Emulation, PolicyKind};
use super::validation_action::required_action;
use crate::diagnose::{Diagnostic, closest};
use crate::policy::reader::Reader;
use crate::policy::schema::{Adjustment, compile_schema};
use crate::policy::statement::{Action, Given, GivenText, Section};

/// `validate-content`.
#[derive(Clone, Debug)]
pub struct ValidateContent {
    /// What is done about a media type that nothing speaks of.
    pub unspecified: GivenText,
    /// How many bytes a body may have.
    pub max_size: Given<i64>,
    /// What is done about a larger one.
    pub size_exceeded: GivenText,
    /// The variable that takes what was found.
    pub errors: Option<Arc<str>>,
    /// The media type that every body is judged as.
    pub any_type: Option<Arc<str>>,
    /// The media type that a body without one is judged as.
    pub missing_type: Option<Arc<str>>,
    /// Which media types are judged as others.
    pub mapped: Vec<(TypeCondition, Arc<str>)>,
    /// Which bodies are judged, and how.
    pub contents: Vec<ContentRule>,
}

/// Which media types are judged as another.
#[derive(Clone, Debug)]
pub enum TypeCondition {
    /// This one.
    From(Arc<str>),
    /// Any, where the expression holds.
    When(Given<bool>),
}

/// How bodies of a media type are judged.
#[derive(Clone, Debug)]
pub struct ContentRule {
    /// The media type; none: every one of the API's definition.
    pub media_type: Option<Arc<str>>,
    /// What is done about a body that is not right.
    pub action: GivenText,
    /// The schema of the instance that is named, and its name; none: that of
    /// the API's definition.
    pub schema: Option<(Arc<str>, Arc<Validator>)>,
    /// What is overridden of the schema.
    pub adjustment: Adjustment,
}

/// The largest size that the platform takes without being asked for more.
const MAX_SIZE: i64 = 102_400;

pub(super) const KIND: PolicyKind = PolicyKind {
    name: "validate-content",
    sections: &[Section::Inbound, Section::Outbound, Section::OnError],
    scopes: EVERYWHERE,
    emulation: Emulation::Approximated(
        "XML and SOAP bodies are not validated; the validator's sentences are written anew",
    ),
    compile,
};

fn compile(reader: &mut Reader<'_, '_, '_>) -> Option<Action> {
    let unspecified = required_action(reader, "unspecified-content-type-action");
    let max_size = reader.number("max-size", 0..=i64::from(u32::MAX));
    let max_size = reader.required("max-size", max_size);
    if let Some(Given::Fixed(size @ MAX_SIZE..)) = max_size.as_ref().filter(|s| s.fixed() != Some(&MAX_SIZE)) {
        let fault = Diagnostic::warning(reader.place(), "`max-size` is more than the platform allows unasked");
        reader.fault(fault.expected(format!("at most {MAX_SIZE} bytes")).actual(size.to_string()));
    }
    let size_exceeded = required_action(reader, "size-exceeded-action");
    let errors = reader.literal("errors-variable-name");
    let (mut map, mut contents) = (TypeMap::default(), Vec::new());
    for element in reader.children(&["content-type-map", "content"]) {
        reader.within(element, |child| match &*element.name {
            "content" => contents.extend(content(child)),
            _ => map = type_map(child),
        });
    }
    let TypeMap { any_type, missing_type, mapped } = map;
    let (unspecified, max_size, size_exceeded) = (unspecified?, max_size?, size_exceeded?);
    let policy =
        ValidateContent { unspecified, max_size, size_exceeded, errors, any_type, missing_type, mapped, contents };
    Some(Action::ValidateContent(Box::new(policy)))
}

/// `content-type-map`.
#[derive(Default)]
struct TypeMap {
    any_type: Option<Arc<str>>,
    missing_type: Option<Arc<str>>,
    mapped: Vec<(TypeCondition, Arc<str>)>,
}

fn type_map(reader: &mut Reader<'_, '_, '_>) -> TypeMap {
    let any_type = reader.literal("any-content-type-value");
    let missing_type = reader.literal("missing-content-type-value");
    let children = reader.children(&["type"]);
    let mapped = children.into_iter().filter_map(|element| reader.within(element, mapping)).collect();
    TypeMap { any_type, missing_type, mapped }
}

fn mapping(reader: &mut Reader<'_, '_, '_>) -> Option<(TypeCondition, Arc<str>)> {
    let to = reader.literal("to");
    let to = reader.required("to", to);
    let condition = match (reader.literal("from"), reader.flag("when")) {
        (Some(from), None) => TypeCondition::From(from),
        (None, Some(when)) => TypeCondition::When(when),
        _ => {
            let fault = Diagnostic::error(reader.place(), "a mapped type has one condition");
            reader.fault(fault.expected("`from=\"…\"` or `when=\"@(…)\"`"));
            return None;
        }
    };
    Some((condition, to?))
}

fn content(reader: &mut Reader<'_, '_, '_>) -> Option<ContentRule> {
    let media_type = reader.literal("type").filter(|t| !t.is_empty());
    let validated = reader.word("validate-as", &["json", "xml", "soap"]);
    let validated = reader.required("validate-as", validated);
    if let Some(other @ ("xml" | "soap")) = validated {
        let fault = Diagnostic::error(reader.place(), format!("bodies are not validated as {other}"));
        reader.fault(fault.expected("`validate-as=\"json\"`").hint("XML Schema is not emulated").unsupported());
    }
    let adjustment = Adjustment {
        additional: fixed_flag(reader, "allow-additional-properties"),
        ignore_case: fixed_flag(reader, "case-insensitive-property-names").unwrap_or(false),
    };
    let part = reader.literal("schema-ref");
    let id = reader.literal("schema-id");
    let schema = id.and_then(|id| stored(reader, id, part.as_deref(), adjustment));
    let action = required_action(reader, "action");
    (validated == Some("json")).then_some(())?;
    Some(ContentRule { media_type, action: action?, schema, adjustment })
}

fn fixed_flag(reader: &mut Reader<'_, '_, '_>, name: &'static str) -> Option<bool> {
    reader.flag(name)?.fixed().copied()
}

fn stored(
    reader: &mut Reader<'_, '_, '_>,
    id: Arc<str>,
    part: Option<&str>,
    adjustment: Adjustment,
) -> Option<(Arc<str>, Arc<Validator>)> {
    let schemas = &reader.compiler.surroundings.schemas;
    let Some(schema) = schemas.get(&*id) else {
        let known: Vec<&str> = schemas.keys().map(String::as_str).collect();
        let list = if known.is_empty() { "a file in `schemas/`".to_owned() } else { known.join(", ") };
        let mut fault = Diagnostic::error(reader.place(), format!("there is no schema `{id}`")).expected(list);
        if let Some(near) = closest(&id, known) {
            fault = fault.hint(format!("did you mean `{near}`?"));
        }
        reader.fault(fault);
        return None;
    };
    match compile_schema(schema, part, adjustment) {
        Ok(validator) => Some((id, validator)),
        Err(why) => {
            let fault = Diagnostic::error(reader.place(), format!("the schema `{id}` can't be used: {why}"));
            reader.fault(fault);
            None
        }
    }
}
