//! Paths, operations and parameters.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use http::Method;

use super::content::{request_body, response, status_key};
use super::cursor::Cursor;
use super::parameter::{parameter, undeclared};
use super::route::template_names;
use super::security::{requirements, secured};
use super::server::{Server, own_server};
use super::{Operation, Parameter, ParameterIn};
use crate::diagnose::{Diagnostic, Diagnostics, Value};

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
/// Reads all operations in the order of the file. What can't be used goes to
/// `notices`, what makes the document unusable to `faults`.
pub(super) fn operations(
    root: &Cursor<'_>,
    server: &Server,
    faults: &mut Diagnostics,
    notices: &mut Diagnostics,
) -> Vec<Arc<Operation>> {
    let Some(paths) = root.get("paths") else {
        return Vec::new();
    };
    if paths.node.as_mapping().is_none() && !matches!(paths.node.value, Value::Null) {
        paths.node.wrong_kind("a mapping", faults);
    }
    let security = requirements(root).unwrap_or_default();
    let mut reader = Reader { security, server, ids: HashSet::new(), notices };
    let mut found = Vec::new();
    for (path, key, item) in paths.entries() {
        if path.starts_with("x-") {
            continue;
        }
        let mut path = path;
        if !path.starts_with('/') {
            let fault = Diagnostic::warning(key.place.clone(), format!("the path `{path}` does not begin with `/`"));
            reader.notices.push(fault.hint(format!("it is taken to be `/{path}`")));
            path.insert(0, '/');
        }
        found.extend(reader.path_item(&path, item));
    }
    found
}

struct Reader<'d> {
    security: Vec<Vec<String>>,
    server: &'d Server,
    ids: HashSet<String>,
    notices: &'d mut Diagnostics,
}

/// What the operations of a path item have in common.
struct Shared {
    parameters: Vec<Parameter>,
    base_path: String,
}

impl Reader<'_> {
    fn path_item(&mut self, path: &str, item: Cursor<'_>) -> Vec<Arc<Operation>> {
        // What stands beside a path item's `$ref` counts too, and first.
        let referred = item.get("$ref").is_some();
        let own = (referred && item.node.as_mapping().is_some_and(|m| m.len() > 1)).then(|| item.clone());
        let items: Vec<Cursor<'_>> = own.into_iter().chain(item.follow("the path item", self.notices)).collect();
        let mut shared = Shared { parameters: Vec::new(), base_path: self.server.path.clone() };
        let mut served = false;
        for item in &items {
            item.known_keys("a path item", &PATH_ITEM, self.notices);
            if let Some(own) =
                own_server(item, self.server, self.notices).filter(|_| !std::mem::replace(&mut served, true))
            {
                shared.base_path = own.path;
            }
            shared.parameters = self.parameters(item, &shared.parameters);
        }
        METHODS
            .iter()
            .filter_map(|method| Some((*method, items.iter().find_map(|item| item.get(method))?)))
            .filter_map(|(method, at)| self.operation(method, path, at, &shared))
            .map(Arc::new)
            .collect()
    }

    fn operation(&mut self, method: &str, path: &str, at: Cursor<'_>, shared: &Shared) -> Option<Operation> {
        let at = at.follow("the operation", self.notices)?;
        at.known_keys("an operation", &OPERATION, self.notices);
        let own = own_server(&at, self.server, self.notices);
        if let Some(callbacks) = at.get("callbacks") {
            self.notices.push(callbacks_left_out(&callbacks));
        }
        let method = Method::from_bytes(method.to_ascii_uppercase().as_bytes()).ok()?;
        let mut parameters = self.parameters(&at, &shared.parameters);
        let security = requirements(&at).unwrap_or_else(|| self.security.clone());
        self.template(path, &at, &mut parameters);
        Some(Operation {
            id: self.id(&method, path, &at),
            base_path: own.map_or_else(|| shared.base_path.clone(), |own| own.path),
            path: path.to_owned(),
            place: at.node.place.clone(),
            deprecated: at.flag("deprecated", self.notices).unwrap_or(false),
            request: at.get("requestBody").and_then(|body| request_body(body, self.notices)),
            responses: self.responses(&at),
            secured: secured(&security),
            security,
            parameters,
            method,
        })
    }

    /// `operationId`; a missing or repeated one is replaced by method and path.
    fn id(&mut self, method: &Method, path: &str, at: &Cursor<'_>) -> Arc<str> {
        let fallback = format!("{method} {path}");
        let declared = at.text("operationId", self.notices).filter(|id| !id.trim().is_empty());
        let id = declared.unwrap_or(&fallback);
        if self.ids.insert(id.to_owned()) {
            return id.into();
        }
        let mut other = fallback;
        while !self.ids.insert(other.clone()) {
            other.push('\'');
        }
        let place = at.node.get("operationId").unwrap_or(at.node).place.clone();
        let id = declared.unwrap_or(&other);
        self.notices.push(
            Diagnostic::warning(
                place,
                format!("the operationId `{id}` stands twice; this operation is called `{other}`"),
            )
            .hint("give each operation an operationId of its own"),
        );
        other.into()
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
            .filter_map(|at| parameter(at, self.notices))
            .collect();
        let replaced = |p: &&Parameter| !own.iter().any(|o| o.name == p.name && o.within == p.within);
        shared.iter().filter(replaced).cloned().chain(own.iter().cloned()).collect()
    }

    /// Every `{name}` of the path has a parameter; one that is not declared is
    /// taken for any text.
    fn template(&mut self, path: &str, at: &Cursor<'_>, parameters: &mut Vec<Parameter>) {
        for name in template_names(path) {
            if parameters.iter().any(|p| p.within == ParameterIn::Path && p.name == name) {
                continue;
            }
            self.notices.push(
                Diagnostic::warning(at.node.place.clone(), format!("the path parameter `{name}` is not declared"))
                    .expected(format!("a parameter `{name}` with `in: path`"))
                    .actual(format!("the path `{path}`")),
            );
            parameters.push(undeclared(name, at));
        }
    }
}

/// Callbacks are calls that the service makes: nothing here receives them.
fn callbacks_left_out(callbacks: &Cursor<'_>) -> Diagnostic {
    let names: Vec<String> = callbacks.entries().into_iter().map(|(name, ..)| format!("`{name}`")).collect();
    let what = format!("callbacks are not tested: {}", names.join(", "));
    Diagnostic::notice(callbacks.node.place.clone(), what).hint(
        "the service makes these calls itself; a contract with `role: consumer` in a contracts folder judges them",
    )
}
