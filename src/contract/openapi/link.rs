//! Links: how to go on from a response.

use std::sync::Arc;

use super::cursor::{Cursor, escape, local_pointer};
use super::expression::LinkValue;
use super::{Link, Operation};
use crate::diagnose::{Diagnostic, Diagnostics, closest};

const LINK: [&str; 6] = ["operationRef", "operationId", "parameters", "requestBody", "description", "server"];

/// Reads a link.
pub(super) fn link(name: String, at: Cursor<'_>, notices: &mut Diagnostics) -> Option<Link> {
    let at = at.follow("the link", notices)?;
    at.known_keys("a link", &LINK, notices);
    let parameters = at.get("parameters").map(|p| p.entries()).unwrap_or_default();
    let by_id = at.text("operationId", notices).map(str::to_owned);
    Some(Link {
        name,
        // `operationRef` is resolved once all operations are known.
        operation: by_id.or_else(|| at.text("operationRef", notices).map(str::to_owned)),
        parameters: parameters.into_iter().map(|(name, _, at)| (name, value(&at, notices))).collect(),
        body: at.get("requestBody").map(|at| value(&at, notices)),
        place: at.node.place.clone(),
    })
}

fn value(at: &Cursor<'_>, notices: &mut Diagnostics) -> LinkValue {
    let (value, wrong) = LinkValue::read(at.node.to_json());
    if let Some(wrong) = wrong {
        notices.push(
            Diagnostic::warning(
                at.node.place.clone(),
                format!("`{wrong}` is no runtime expression; it is sent as text"),
            )
            .expected("e.g. `$response.body#/id`, `$request.path.id`, `$response.header.Location`"),
        );
    }
    value
}

/// Links by `operationRef` (`#/paths/~1a~1{id}/get`) lead to the id of the
/// operation they name. What leads nowhere, and parameters that the operation
/// does not have, are told.
pub(super) fn linked(mut operations: Vec<Arc<Operation>>, notices: &mut Diagnostics) -> Vec<Arc<Operation>> {
    let all = operations.clone();
    let mut told = Vec::new();
    for operation in &mut operations {
        if operation.responses.values().all(|response| response.links.is_empty()) {
            continue;
        }
        let operation = Arc::make_mut(operation);
        for link in operation.responses.values_mut().flat_map(|r| &mut r.links) {
            let written = link.operation.take();
            let target = written.as_deref().and_then(|written| operation_of(&all, written));
            // One link may be referred to from many responses.
            if !told.contains(&link.place) {
                told.push(link.place.clone());
                match &target {
                    None => notices.push(nowhere(link, written.as_deref(), &all)),
                    Some(target) => unknown_parameters(link, target, notices),
                }
            }
            link.operation = target.map(|target| target.id.to_string());
        }
    }
    operations
}

fn operation_of<'o>(all: &'o [Arc<Operation>], written: &str) -> Option<&'o Arc<Operation>> {
    let Some(pointer) = local_pointer(written) else { return all.iter().find(|o| *o.id == *written) };
    let at = |o: &Operation| format!("/paths/{}/{}", escape(&o.path), o.method.as_str().to_ascii_lowercase());
    all.iter().find(|operation| at(operation) == pointer)
}

fn nowhere(link: &Link, written: Option<&str>, all: &[Arc<Operation>]) -> Diagnostic {
    let name = &link.name;
    let Some(written) = written else {
        let what = format!("the link `{name}` names no operation and is not followed");
        return Diagnostic::warning(link.place.clone(), what).expected("`operationId` or `operationRef`");
    };
    if written.contains("://") || (written.contains('#') && !written.starts_with('#')) {
        let what = format!("the link `{name}` leads to another document, `{written}`, and is not followed");
        return Diagnostic::notice(link.place.clone(), what);
    }
    let what = format!("the link `{name}` leads to `{written}`, which the document does not have; it is not followed");
    let fault = Diagnostic::warning(link.place.clone(), what);
    match closest(written, all.iter().map(|o| &*o.id)) {
        Some(near) => fault.hint(format!("did you mean `{near}`?")),
        None => fault.expected("the `operationId` of an operation of the document"),
    }
}

fn unknown_parameters(link: &Link, target: &Operation, notices: &mut Diagnostics) {
    for (name, _) in &link.parameters {
        if target.linked_parameter(name).is_none() {
            let what =
                format!("the link `{}` gives a parameter `{name}`, which `{}` does not have", link.name, target.id);
            let fault = Diagnostic::warning(link.place.clone(), what);
            let near = closest(name, target.parameters.iter().map(|p| p.name.as_str()));
            notices.push(match near {
                Some(near) => fault.hint(format!("did you mean `{near}`?")),
                None => fault.expected("a parameter of the linked operation"),
            });
        }
    }
}

impl Operation {
    /// The number of the parameter that a link's `id` or `path.id` means.
    pub fn linked_parameter(&self, name: &str) -> Option<usize> {
        let led = |p: &super::Parameter| {
            let within = match p.within {
                super::ParameterIn::Path => "path",
                super::ParameterIn::Query => "query",
                super::ParameterIn::Header => "header",
                super::ParameterIn::Cookie => "cookie",
            };
            name.strip_prefix(within).and_then(|rest| rest.strip_prefix('.')) == Some(&*p.name)
        };
        let exact = self.parameters.iter().position(|p| p.name == name);
        exact.or_else(|| self.parameters.iter().position(led))
    }
}
