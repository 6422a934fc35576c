//! Which operations are the same, and what changes in them as a whole.

use std::sync::Arc;

use super::message::{parameters, request, responses};
use super::{Change, ChangeKind};
use crate::contract::openapi::{OpenApi, Operation};
use crate::diagnose::Place;

/// Compares two documents for clients that move from `old` to `new`, in the
/// order of the old one. Operations are the same where their `operationId` is,
/// else where method and path are; base path, a leading version in the path
/// and the names of path parameters may differ.
pub fn diff(old: &OpenApi, new: &OpenApi) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut found: Vec<&Arc<Operation>> = Vec::new();
    for operation in &old.operations {
        let mut pair = Pair { old, new, operation, changes: Vec::new() };
        if let Some(same) = counterpart(operation, new) {
            found.push(same);
            pair.compare(same);
        } else {
            let text = format!("{} {} is gone", operation.method, operation.path);
            pair.push(ChangeKind::OperationRemoved, "", text, (Some(operation.place.clone()), None));
        }
        changes.append(&mut pair.changes);
    }
    for operation in new.operations.iter().filter(|o| !found.iter().any(|f| f.id == o.id)) {
        changes.push(Change {
            kind: ChangeKind::OperationAdded,
            breaking: false,
            operation: operation.id.to_string(),
            at: String::new(),
            text: format!("{} {} is new", operation.method, operation.path),
            place_old: None,
            place_new: Some(operation.place.clone()),
        });
    }
    changes
}

fn counterpart<'n>(operation: &Operation, new: &'n OpenApi) -> Option<&'n Arc<Operation>> {
    let path = plain(&operation.path);
    new.operation(&operation.id)
        .or_else(|| new.operations.iter().find(|o| o.method == operation.method && plain(&o.path) == path))
}

/// A path without a leading version and without the names of its parameters.
fn plain(path: &str) -> String {
    let version = |segment: &&str| {
        let number = segment.strip_prefix('v').unwrap_or_default();
        segment.is_empty() || (number.starts_with(|c: char| c.is_ascii_digit()) && !number.contains('/'))
    };
    let segments = path.split('/').skip_while(version).map(|segment| match segment.split_once('{') {
        Some((before, rest)) => format!("{before}{{}}{}", rest.rsplit_once('}').map_or("", |(_, after)| after)),
        None => segment.to_owned(),
    });
    segments.collect::<Vec<_>>().join("/")
}

/// An operation in both documents, and what was found between them.
pub(super) struct Pair<'d> {
    pub(super) old: &'d OpenApi,
    pub(super) new: &'d OpenApi,
    pub(super) operation: &'d Operation,
    pub(super) changes: Vec<Change>,
}

/// Where a change stands in the old and the new document.
pub(super) type Places = (Option<Place>, Option<Place>);

impl Pair<'_> {
    fn compare(&mut self, new: &Operation) {
        if new.secured && !self.operation.secured {
            let places = (Some(self.operation.place.clone()), Some(new.place.clone()));
            self.push(ChangeKind::SecurityAdded, "", "a token is demanded".to_owned(), places);
        }
        parameters(self, new);
        request(self, new);
        responses(self, new);
    }

    /// Adds a change that breaks clients.
    pub(super) fn push(&mut self, kind: ChangeKind, at: &str, text: String, places: Places) {
        self.add(kind, true, at, text, places);
    }

    /// Adds a change that breaks nobody.
    pub(super) fn note(&mut self, kind: ChangeKind, at: &str, text: String, places: Places) {
        self.add(kind, false, at, text, places);
    }

    fn add(&mut self, kind: ChangeKind, breaking: bool, at: &str, text: String, (place_old, place_new): Places) {
        let operation = self.operation.id.to_string();
        self.changes.push(Change { kind, breaking, operation, at: at.to_owned(), text, place_old, place_new });
    }
}
