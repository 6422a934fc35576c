//! Paths, operations and parameters.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use http::Method;

use super::content::{examples, request_body, response, schema, status_key};
use super::cursor::Cursor;
use super::route::template_names;
use super::{Operation, Parameter, ParameterIn};
use crate::diagnose::{Diagnostic, Diagnostics};

const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];
const PATH_ITEM: [&str; 13] = [
    "get",
    "put",
    "post",
    "delete",
    "options",
    "head",
    "patch",
    "trace",
    "summary",
    "description",
    "servers",
    "parameters",
    "$ref",
];
const OPERATION: [&str; 12] = [
    "tags",
    "summary",
    "description",
    "externalDocs",
    "operationId",
    "parameters",
    "requestBody",
    "responses",
    "callbacks",
    "deprecated",
    "security",
    "servers",
];
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

/// Reads all operations in the order of the file. What can't be used goes to
/// `notices`, what makes the document unusable to `faults`.
pub(super) fn operations(
    root: &Cursor<'_>,
    faults: &mut Diagnostics,
    notices: &mut Diagnostics,
) -> Vec<Arc<Operation>> {
    let Some(paths) = root.get("paths") else {
        return Vec::new();
    };
    if paths.node.as_mapping().is_none() {
        paths.node.wrong_kind("a mapping", faults);
    }
    let mut reader = Reader { secured: secured(root).unwrap_or(false), ids: HashSet::new(), notices };
    let mut found = Vec::new();
    for (path, key, item) in paths.entries() {
        if path.starts_with("x-") {
            continue;
        }
        if !path.starts_with('/') {
            let fault = Diagnostic::error(key.place.clone(), format!("the path `{path}` does not begin with `/`"));
            faults.push(fault.hint(format!("write `/{path}`")));
            continue;
        }
        found.extend(reader.path_item(&path, item));
    }
    found
}

struct Reader<'d> {
    secured: bool,
    ids: HashSet<String>,
    notices: &'d mut Diagnostics,
}

impl Reader<'_> {
    fn path_item(&mut self, path: &str, item: Cursor<'_>) -> Vec<Arc<Operation>> {
        let Some(item) = item.follow("the path item", self.notices) else {
            return Vec::new();
        };
        item.known_keys("a path item", &PATH_ITEM, self.notices);
        self.own_servers(&item);
        let shared = self.parameters(&item, &[]);
        METHODS
            .iter()
            .filter_map(|method| Some((*method, item.get(method)?)))
            .filter_map(|(method, at)| self.operation(method, path, at, &shared))
            .map(Arc::new)
            .collect()
    }

    fn operation(&mut self, method: &str, path: &str, at: Cursor<'_>, shared: &[Parameter]) -> Option<Operation> {
        let at = at.follow("the operation", self.notices)?;
        at.known_keys("an operation", &OPERATION, self.notices);
        self.own_servers(&at);
        if let Some(callbacks) = at.get("callbacks") {
            self.notices.push(Diagnostic::notice(callbacks.node.place.clone(), "callbacks are not tested"));
        }
        let method = Method::from_bytes(method.to_ascii_uppercase().as_bytes()).ok()?;
        let parameters = self.parameters(&at, shared);
        self.template(path, &at, &parameters);
        Some(Operation {
            id: self.id(&method, path, &at),
            path: path.to_owned(),
            place: at.node.place.clone(),
            deprecated: at.flag("deprecated", self.notices).unwrap_or(false),
            request: at.get("requestBody").and_then(|body| request_body(body, self.notices)),
            responses: self.responses(&at),
            secured: secured(&at).unwrap_or(self.secured),
            parameters,
            method,
        })
    }

    /// `operationId`; a missing or repeated one is replaced by method and path.
    fn id(&mut self, method: &Method, path: &str, at: &Cursor<'_>) -> Arc<str> {
        let fallback = format!("{method} {path}");
        let Some(id) = at.text("operationId", self.notices).filter(|id| !id.trim().is_empty()) else {
            return fallback.into();
        };
        if self.ids.insert(id.to_owned()) {
            return id.into();
        }
        let place = at.node.get("operationId").unwrap_or(at.node).place.clone();
        self.notices.push(
            Diagnostic::warning(
                place,
                format!("the operationId `{id}` stands twice; this operation is called `{fallback}`"),
            )
            .hint("give each operation an operationId of its own"),
        );
        fallback.into()
    }

    fn responses(&mut self, at: &Cursor<'_>) -> BTreeMap<super::StatusKey, super::ResponseSpec> {
        let mut found = BTreeMap::new();
        let Some(responses) = at.get("responses") else {
            self.notices.push(
                Diagnostic::notice(at.node.place.clone(), "no responses are declared, so none can be judged")
                    .expected("a key `responses`"),
            );
            return found;
        };
        for (key, key_node, at) in responses.entries() {
            if key.starts_with("x-") {
                continue;
            }
            let Some(status) = status_key(&key) else {
                self.notices.push(
                    Diagnostic::warning(key_node.place.clone(), format!("`{key}` is no status and is left out"))
                        .expected("`200`, `4XX` or `default`"),
                );
                continue;
            };
            if let Some(spec) = response(at, self.notices) {
                found.insert(status, spec);
            }
        }
        found
    }

    /// The parameters of a path item or operation, those of an operation
    /// after and instead of those it shares with its path item.
    fn parameters(&mut self, at: &Cursor<'_>, shared: &[Parameter]) -> Vec<Parameter> {
        let own: Vec<Parameter> = at
            .get("parameters")
            .iter()
            .flat_map(Cursor::elements)
            .filter_map(|parameter| self.parameter(parameter))
            .collect();
        let replaced = |p: &&Parameter| !own.iter().any(|o| o.name == p.name && o.within == p.within);
        shared.iter().filter(replaced).cloned().chain(own.iter().cloned()).collect()
    }

    fn parameter(&mut self, at: Cursor<'_>) -> Option<Parameter> {
        let at = at.follow("the parameter", self.notices)?;
        at.known_keys("a parameter", &PARAMETER, self.notices);
        let name = at.text("name", self.notices).filter(|n| !n.is_empty());
        let within = match at.text("in", self.notices) {
            Some("path") => Some(ParameterIn::Path),
            Some("query") => Some(ParameterIn::Query),
            Some("header") => Some(ParameterIn::Header),
            Some("cookie") => Some(ParameterIn::Cookie),
            _ => None,
        };
        let (Some(name), Some(within)) = (name, within) else {
            self.notices.push(
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
        if at.get("content").is_some() {
            let place = at.node.place.clone();
            self.notices.push(Diagnostic::notice(
                place,
                format!("the parameter `{name}` is described by `content`, which is not tested"),
            ));
        }
        let default_style = if matches!(within, ParameterIn::Query | ParameterIn::Cookie) { "form" } else { "simple" };
        let style = at.text("style", self.notices).unwrap_or(default_style);
        Some(Parameter {
            name: name.to_owned(),
            within,
            required: at.flag("required", self.notices).unwrap_or(false) || within == ParameterIn::Path,
            style: style.to_owned(),
            explode: at.flag("explode", self.notices).unwrap_or(style == "form"),
            schema: schema(&at),
            examples: examples(&at, self.notices),
            place: at.node.place.clone(),
        })
    }

    /// Every `{name}` of the path has a parameter.
    fn template(&mut self, path: &str, at: &Cursor<'_>, parameters: &[Parameter]) {
        for name in template_names(path) {
            if !parameters.iter().any(|p| p.within == ParameterIn::Path && p.name == name) {
                self.notices.push(
                    Diagnostic::warning(at.node.place.clone(), format!("the path parameter `{name}` is not declared"))
                        .expected(format!("a parameter `{name}` with `in: path`"))
                        .actual(format!("the path `{path}`")),
                );
            }
        }
    }

    fn own_servers(&mut self, at: &Cursor<'_>) {
        if let Some(servers) = at.get("servers") {
            self.notices.push(Diagnostic::notice(
                servers.node.place.clone(),
                "servers of a path or operation are not used; the first server of the document is",
            ));
        }
    }
}

/// Whether `security` demands something: some requirement stands there and
/// none of them is empty.
fn secured(at: &Cursor<'_>) -> Option<bool> {
    let requirements = at.get("security")?.elements();
    Some(!requirements.is_empty() && requirements.iter().all(|r| r.node.as_mapping().is_some_and(|m| !m.is_empty())))
}
