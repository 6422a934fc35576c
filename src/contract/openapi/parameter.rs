//! Parameters.

use super::content::{examples, schema};
use super::cursor::{Cursor, escape};
use super::{Parameter, ParameterIn, SchemaRef};
use crate::diagnose::{Diagnostic, Diagnostics};

const PARAMETER: [&str; 13] = [
    "name",
    "in",
    "description",
    "required",
    "deprecated",
    "allowEmptyValue",
    "style",
    "explode",
    "allowReserved",
    "schema",
    "example",
    "examples",
    "content",
];

/// Reads a parameter; one that can't be used is told.
pub(super) fn parameter(at: Cursor<'_>, notices: &mut Diagnostics) -> Option<Parameter> {
    let at = at.follow("the parameter", notices)?;
    at.known_keys("a parameter", &PARAMETER, notices);
    let name = at.text("name", notices).filter(|n| !n.is_empty());
    let within = at.text("in", notices).and_then(place);
    let (Some(name), Some(within)) = (name, within) else {
        notices.push(
            Diagnostic::warning(at.node.place.clone(), "the parameter lacks its name or place and is left out")
                .expected("`name`, and `in` with one of `path`, `query`, `header`, `cookie`"),
        );
        return None;
    };
    if within == ParameterIn::Header
        && ["accept", "content-type", "authorization"].contains(&name.to_ascii_lowercase().as_str())
    {
        // OpenAPI ignores header parameters of these names.
        return None;
    }
    let style = style(&at, within, notices);
    let (content, described) = described(&at, notices);
    let query = within == ParameterIn::Query;
    Some(Parameter {
        name: name.to_owned(),
        within,
        required: at.flag("required", notices).unwrap_or(false) || within == ParameterIn::Path,
        explode: at.flag("explode", notices).unwrap_or(matches!(style.as_str(), "form" | "deepObject")),
        style,
        allow_reserved: query && at.flag("allowReserved", notices).unwrap_or(false),
        allow_empty: query && at.flag("allowEmptyValue", notices).unwrap_or(false),
        content,
        schema: described,
        examples: examples(&at, notices),
        place: at.node.place.clone(),
    })
}

/// A path parameter that the document forgot: any text.
pub(super) fn undeclared(name: &str, at: &Cursor<'_>) -> Parameter {
    Parameter {
        name: name.to_owned(),
        within: ParameterIn::Path,
        required: true,
        style: "simple".to_owned(),
        explode: false,
        allow_reserved: false,
        allow_empty: false,
        content: None,
        schema: None,
        examples: Vec::new(),
        place: at.node.place.clone(),
    }
}

/// Where a parameter or key goes.
pub(super) fn place(text: &str) -> Option<ParameterIn> {
    match text {
        "path" => Some(ParameterIn::Path),
        "query" => Some(ParameterIn::Query),
        "header" => Some(ParameterIn::Header),
        "cookie" => Some(ParameterIn::Cookie),
        _ => None,
    }
}

/// `style` where it is one of its place (OpenAPI 3.1.1, §4.8.12.2), else the
/// default.
fn style(at: &Cursor<'_>, within: ParameterIn, notices: &mut Diagnostics) -> String {
    let known: &[&str] = match within {
        ParameterIn::Path => &["simple", "label", "matrix"],
        ParameterIn::Query => &["form", "spaceDelimited", "pipeDelimited", "deepObject"],
        ParameterIn::Header => &["simple"],
        ParameterIn::Cookie => &["form"],
    };
    let Some(style) = at.text("style", notices) else { return known[0].to_owned() };
    if known.contains(&style) {
        return style.to_owned();
    }
    let place = at.node.get("style").unwrap_or(at.node).place.clone();
    let what = format!("the style `{style}` is none of this place; `{}` is used", known[0]);
    notices.push(Diagnostic::warning(place, what).expected(known.join(", ")));
    known[0].to_owned()
}

/// The media type and the schema: of `schema`, else of the one media type
/// under `content`.
fn described(at: &Cursor<'_>, notices: &mut Diagnostics) -> (Option<String>, Option<SchemaRef>) {
    let direct = schema(at);
    let Some(content) = at.get("content").filter(|_| direct.is_none()) else { return (None, direct) };
    let Some((name, _, media)) = content.entries().into_iter().next() else { return (None, None) };
    let Some(media) = media.follow("the media type", notices) else { return (None, None) };
    let declared = media.node.get("schema").is_some();
    let described = declared.then(|| SchemaRef { pointer: format!("{}/{}", media.pointer, escape("schema")).into() });
    let name = name.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    (Some(name), described)
}
