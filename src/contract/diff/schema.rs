//! What changes in a schema: narrower where clients send, wider where they
//! read.

use std::cell::Cell;
use std::collections::{BTreeSet, HashSet};

use serde_json::Value;

use super::compare::{Pair, Places};
use super::view::{LEAST, MOST, View};
use super::{Change, ChangeKind};
use crate::contract::openapi::SchemaRef;

/// Most pairs of schemas that are compared below one place.
const MAX_PAIRS: usize = 20_000;

/// Who writes the value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// Clients send it: what is narrower breaks them.
    Request,
    /// Clients read it: what is wider breaks them.
    Response,
}

/// Compares two schemas and all below them.
pub(super) fn compare_schemas(
    pair: &mut Pair<'_>,
    (old, new): (&SchemaRef, &SchemaRef),
    at: &str,
    direction: Direction,
) {
    let left = Cell::new(MAX_PAIRS);
    Comparison { pair: &mut *pair, direction, seen: &mut HashSet::new(), left: &left }.both(
        &old.pointer,
        &new.pointer,
        at,
    );
    if left.get() == 0 {
        let text = "is too large to be compared to its end".to_owned();
        pair.note(
            ChangeKind::AlternativesChanged,
            at,
            text,
            (Some(pair.old.place(&old.pointer)), Some(pair.new.place(&new.pointer))),
        );
    }
}

struct Comparison<'p, 'd, 's> {
    pair: &'p mut Pair<'d>,
    direction: Direction,
    /// Pairs that were begun: schemas may refer to themselves.
    seen: &'s mut HashSet<(String, String)>,
    /// How many more pairs may be compared, over all trials.
    left: &'s Cell<usize>,
}

impl Comparison<'_, '_, '_> {
    fn both(&mut self, old: &str, new: &str, at: &str) {
        let (old_document, new_document) = (self.pair.old, self.pair.new);
        let (Some((old, _)), Some((new, _))) = (old_document.resolve_at(old), new_document.resolve_at(new)) else {
            return;
        };
        if self.left.get() == 0 || !self.seen.insert((old.clone(), new.clone())) {
            return;
        }
        self.left.set(self.left.get() - 1);
        let places = (Some(old_document.place(&old)), Some(new_document.place(&new)));
        let (before, after) = (View::of(old_document, &old), View::of(new_document, &new));
        self.types(&before, &after, at, &places);
        self.values(&before, &after, at, &places);
        if self.direction == Direction::Request {
            self.bounds(&before, &after, at, &places);
            self.texts(&before, &after, at, &places);
        }
        self.properties(&before, &after, at, &places);
        if let (Some(old), Some(new)) = (&before.items, &after.items) {
            self.both(old, new, &below(at, "*"));
        }
        if let (Some(old), Some(new)) = (&before.others, &after.others) {
            self.both(old, new, &below(at, "*"));
        }
        self.alternatives((&old, &before), (&new, &after), at, &places);
    }

    fn types(&mut self, before: &View<'_>, after: &View<'_>, at: &str, places: &Places) {
        let (narrow, wide, kind, verb) = match self.direction {
            Direction::Request => (after, before, ChangeKind::TypeNarrowed, "is not accepted any more"),
            Direction::Response => (before, after, ChangeKind::TypeWidened, "may be answered now"),
        };
        let Some(allowed) = &narrow.types else {
            return;
        };
        let lost: Vec<&str> = match &wide.types {
            Some(types) => types
                .iter()
                .filter(|kind| !allowed.contains(*kind) && (**kind != "integer" || !allowed.contains("number")))
                .copied()
                .collect(),
            None if wide.alternatives.is_empty() => vec!["anything else"],
            None => return,
        };
        if !lost.is_empty() {
            self.pair.push(kind, at, format!("{} {verb}", lost.join(" or ")), places.clone());
        }
    }

    fn values(&mut self, before: &View<'_>, after: &View<'_>, at: &str, places: &Places) {
        let (narrow, wide, kind, verb) = match self.direction {
            Direction::Request => (after, before, ChangeKind::EnumNarrowed, "not accepted any more"),
            Direction::Response => (before, after, ChangeKind::EnumWidened, "answered now"),
        };
        let Some(allowed) = &narrow.values else {
            return;
        };
        let text = match &wide.values {
            Some(values) => {
                let lost: Vec<String> =
                    values.iter().filter(|v| !allowed.contains(v)).map(|v| format!("`{}`", plain(v))).collect();
                if lost.is_empty() {
                    return;
                }
                format!("{} {} {verb}", lost.join(", "), if lost.len() == 1 { "is" } else { "are" })
            }
            None => format!("values beside {} are {verb}", list(allowed)),
        };
        self.pair.push(kind, at, text, places.clone());
    }

    fn bounds(&mut self, before: &View<'_>, after: &View<'_>, at: &str, places: &Places) {
        for (keyword, sign) in LEAST.iter().map(|k| (*k, 1.0)).chain(MOST.iter().map(|k| (*k, -1.0))) {
            let Some(new) = after.bounds.get(keyword) else {
                continue;
            };
            // The tightest of the old bounds that hold here: `minimum` and
            // `exclusiveMinimum` bound the same thing.
            let old = before.bounds.get(keyword).copied().or_else(|| implied(before, keyword));
            if old.is_none_or(|old| new * sign > old * sign) {
                let was = old.map_or_else(|| "nothing".to_owned(), |old| old.to_string());
                let text = format!("`{keyword}` is {new} where it was {was}");
                self.pair.push(ChangeKind::BoundNarrowed, at, text, places.clone());
            }
        }
        if let Some(new) = after.bounds.get("multipleOf") {
            let finer =
                before.bounds.get("multipleOf").is_some_and(|old| ((old / new).round() - old / new).abs() < 1e-9);
            let trivial = (*new - 1.0).abs() < f64::EPSILON && before.whole();
            if !finer && !trivial {
                let text = format!("only multiples of {new} are accepted");
                self.pair.push(ChangeKind::BoundNarrowed, at, text, places.clone());
            }
        }
        if after.unique && !before.unique {
            self.pair.push(
                ChangeKind::BoundNarrowed,
                at,
                "elements must differ from each other".to_owned(),
                places.clone(),
            );
        }
    }

    fn texts(&mut self, before: &View<'_>, after: &View<'_>, at: &str, places: &Places) {
        for (kind, keyword, old, new) in [
            (ChangeKind::PatternChanged, "pattern", &before.patterns, &after.patterns),
            (ChangeKind::FormatChanged, "format", &before.formats, &after.formats),
        ] {
            // Values of an enum that stay allowed keep whatever is demanded.
            if before.values.is_some() {
                continue;
            }
            for demanded in new.difference(old) {
                let text = match joined(old) {
                    Some(old) => format!("the {keyword} is `{demanded}` where it was {old}"),
                    None => format!("the {keyword} `{demanded}` is new"),
                };
                self.pair.push(kind, at, text, places.clone());
            }
        }
    }

    fn properties(&mut self, before: &View<'_>, after: &View<'_>, at: &str, places: &Places) {
        for (name, old) in &before.properties {
            let here = below(at, name);
            if let Some(new) = after.properties.get(name) {
                self.both(old, new, &here);
                continue;
            }
            let places = (Some(self.pair.old.place(old)), places.1.clone());
            match self.direction {
                Direction::Request if !after.closed => {
                    self.pair.note(ChangeKind::PropertyRemoved, &here, "means nothing any more".to_owned(), places);
                }
                Direction::Request => {
                    self.pair.push(ChangeKind::PropertyRemoved, &here, "is refused now".to_owned(), places);
                }
                Direction::Response => {
                    self.pair.push(ChangeKind::PropertyRemoved, &here, "is not answered any more".to_owned(), places);
                }
            }
        }
        for (name, new) in after.properties.iter().filter(|(name, _)| !before.properties.contains_key(*name)) {
            if self.direction == Direction::Response || !after.required.contains(name) {
                let places = (places.0.clone(), Some(self.pair.new.place(new)));
                self.pair.note(ChangeKind::PropertyAdded, &below(at, name), "is new".to_owned(), places);
            }
        }
        self.required(before, after, at, places);
        if self.direction == Direction::Request && after.closed && !before.closed {
            let text = "properties that are not named are refused now".to_owned();
            self.pair.push(ChangeKind::OthersForbidden, at, text, places.clone());
        }
    }

    fn required(&mut self, before: &View<'_>, after: &View<'_>, at: &str, places: &Places) {
        match self.direction {
            Direction::Request => {
                for name in after.required.difference(&before.required) {
                    let known = before.properties.contains_key(name);
                    let text = if known { "is required now" } else { "is new and required" };
                    self.pair.push(ChangeKind::NewlyRequired, &below(at, name), text.to_owned(), places.clone());
                }
            }
            Direction::Response => {
                let lost = before.required.difference(&after.required);
                for name in lost.filter(|name| after.properties.contains_key(**name)) {
                    let text = "may be absent".to_owned();
                    self.pair.push(ChangeKind::NewlyOptional, &below(at, name), text, places.clone());
                }
            }
        }
    }

    /// Each shape that a client may send is still accepted by one; each that
    /// it may read was possible before.
    fn alternatives(&mut self, old: (&str, &View<'_>), new: (&str, &View<'_>), at: &str, places: &Places) {
        if old.1.alternatives.is_empty() && new.1.alternatives.is_empty() {
            return;
        }
        // A schema without alternatives stands for itself; its own keywords
        // were compared already.
        let shapes = |(pointer, view): (&str, &View<'_>)| match view.alternatives.as_slice() {
            [] => vec![pointer.to_owned()],
            shapes => shapes.to_vec(),
        };
        let (olds, news) = (shapes(old), shapes(new));
        let (lost, verb) = match self.direction {
            Direction::Request => {
                (olds.iter().filter(|o| !news.iter().any(|n| self.fits(o, n))).count(), "refused now")
            }
            Direction::Response => {
                (news.iter().filter(|n| !olds.iter().any(|o| self.fits(o, n))).count(), "new in answers")
            }
        };
        if lost > 0 {
            let text = format!(
                "{lost} of {} shapes {} {verb}",
                olds.len().max(news.len()),
                if lost == 1 { "is" } else { "are" }
            );
            self.pair.push(ChangeKind::AlternativesChanged, at, text, places.clone());
        }
    }

    /// Whether one shape turns into another without breaking anybody.
    fn fits(&self, old: &str, new: &str) -> bool {
        let (old_document, new_document) = (self.pair.old, self.pair.new);
        let mut trial =
            Pair { old: old_document, new: new_document, operation: self.pair.operation, changes: Vec::new() };
        // What is being compared already counts as fitting: that is how
        // schemas that refer to themselves come to an end.
        let mut seen = self.seen.clone();
        Comparison { pair: &mut trial, direction: self.direction, seen: &mut seen, left: self.left }.both(old, new, "");
        !trial.changes.iter().any(|change: &Change| change.breaking)
    }
}

/// What another keyword says about the bound that this one names.
fn implied(view: &View<'_>, keyword: &str) -> Option<f64> {
    let bound = |keyword: &str| view.bounds.get(keyword).copied();
    let step = if view.whole() { 1.0 } else { 0.0 };
    match keyword {
        "minimum" => bound("exclusiveMinimum").map(|b| b + step),
        "maximum" => bound("exclusiveMaximum").map(|b| b - step),
        // Without whole numbers in between, `minimum: 0` admits what
        // `exclusiveMinimum: 0` refuses.
        "exclusiveMinimum" if view.whole() => bound("minimum").map(|b| b - step),
        "exclusiveMaximum" if view.whole() => bound("maximum").map(|b| b + step),
        "minLength" | "minItems" | "minProperties" => Some(0.0),
        _ => None,
    }
}

fn below(at: &str, token: &str) -> String {
    let token = token.replace('~', "~0").replace('/', "~1");
    // The first step below `request body` is set off by a blank.
    if at.contains('/') { format!("{at}/{token}") } else { format!("{at} /{token}") }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn list(values: &[&Value]) -> String {
    values.iter().map(|v| format!("`{}`", plain(v))).collect::<Vec<_>>().join(", ")
}

fn joined(texts: &BTreeSet<&str>) -> Option<String> {
    (!texts.is_empty()).then(|| texts.iter().map(|t| format!("`{t}`")).collect::<Vec<_>>().join(", "))
}
