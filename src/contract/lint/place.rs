//! What the behaviour file points to is there.

use serde_json::Value;

use super::agreement::header_parameter;
use crate::contract::behaviour::{Behaviour, Called, OnInvalid, PoolSource, Selector};
use crate::contract::openapi::{OpenApi, ParameterIn};
use crate::diagnose::{Diagnostic, Diagnostics, closest};

pub(super) fn lint(document: &OpenApi, behaviour: &Behaviour, found: &mut Diagnostics) {
    let rule = Rule { document, behaviour };
    if let Some(idempotency) = &behaviour.idempotency {
        rule.request(&idempotency.request, "/idempotency/request", found);
        let parts = [(&idempotency.item, "/idempotency/item"), (&idempotency.step, "/idempotency/step")];
        for (selector, pointer) in parts.iter().filter_map(|(s, pointer)| Some((s.as_ref()?, pointer))) {
            rule.request(selector, pointer, found);
        }
        for (index, selector) in idempotency.volatile.iter().enumerate() {
            rule.answer(selector, &format!("/idempotency/volatile/{index}"), found);
        }
    }
    if let Some(effects) = &behaviour.effects {
        if let Some(key) = &effects.business_key {
            rule.request(key, "/effects/business_key", found);
        }
        if let OnInvalid::Caller(selector) = &effects.on_invalid {
            rule.choice(selector, found);
        }
    }
    for pool in &behaviour.pools {
        for (index, selector) in pool.applies_to.iter().enumerate() {
            rule.request(selector, &format!("/data/pools/{}/applies_to/{index}", pool.name), found);
        }
    }
    rule.item_limits(found);
    rule.work(found);
    rule.data(found);
}

struct Rule<'c> {
    document: &'c OpenApi,
    behaviour: &'c Behaviour,
}

impl<'c> Rule<'c> {
    /// The schemas of what a path of a request's body leads to.
    fn in_requests(&self, path: &[String]) -> Vec<&'c Value> {
        let bodies = self.document.operations.iter().filter_map(|o| o.request.as_ref()).flat_map(|r| &r.content);
        let schemas = bodies.filter_map(|m| self.document.schema(m.schema.as_ref()?));
        schemas.flat_map(|schema| self.document.schemas_at(schema, path)).collect()
    }

    fn request(&self, selector: &Selector, pointer: &str, found: &mut Diagnostics) {
        let there = match selector {
            Selector::Header(name) => self.document.operations.iter().any(|o| header_parameter(o, name).is_some()),
            Selector::Query(name) => self
                .document
                .operations
                .iter()
                .any(|o| o.parameters.iter().any(|p| p.within == ParameterIn::Query && p.name == *name)),
            Selector::Path(name) => self
                .document
                .operations
                .iter()
                .any(|o| o.parameters.iter().any(|p| p.within == ParameterIn::Path && p.name == *name)),
            Selector::Body(path) => !self.in_requests(path).is_empty(),
            Selector::Digest => self.document.operations.iter().any(|o| o.request.is_some()),
            Selector::Column(_) => true,
        };
        if !there {
            self.nowhere(selector, pointer, "a declared parameter, or a place in the schema of a request body", found);
        }
    }

    fn answer(&self, selector: &Selector, pointer: &str, found: &mut Diagnostics) {
        let Selector::Body(path) = selector else {
            return;
        };
        let answers = self.document.operations.iter().flat_map(|o| o.responses.values()).flat_map(|r| &r.content);
        let mut schemas = answers.filter_map(|m| self.document.schema(m.schema.as_ref()?));
        if !schemas.any(|schema| !self.document.schemas_at(schema, path).is_empty()) {
            self.nowhere(selector, pointer, "a place in the schema of a response", found);
        }
    }

    fn nowhere(&self, selector: &Selector, pointer: &str, expected: &str, found: &mut Diagnostics) {
        found.push(
            Diagnostic::error(self.behaviour.place(pointer), format!("`{selector}` leads nowhere"))
                .expected(expected)
                .actual(format!("nothing of the kind in {}", self.document.file)),
        );
    }

    /// What `callback`, `determinism` and `jobs` point to.
    fn work(&self, found: &mut Diagnostics) {
        if let Some(callback) = &self.behaviour.callback {
            self.request(&callback.once_per, "/callback/once_per", found);
        }
        if let Some(determinism) = &self.behaviour.determinism {
            self.operation(determinism.operation.as_deref(), "/determinism/operation", found);
            for (index, selector) in determinism.same.iter().enumerate() {
                self.request(selector, &format!("/determinism/same/{index}"), found);
            }
            for (index, selector) in determinism.gives.iter().enumerate() {
                self.answer(selector, &format!("/determinism/gives/{index}"), found);
            }
        }
        if let Some(jobs) = &self.behaviour.jobs {
            self.answer(&jobs.status, "/jobs/status", found);
            self.answer(&jobs.location, "/jobs/location", found);
            if let Some(failure) = &jobs.failure {
                self.answer(failure, "/jobs/failure", found);
            }
        }
    }

    /// The operations that `data` names.
    fn data(&self, found: &mut Diagnostics) {
        for pool in &self.behaviour.pools {
            for (index, operation) in pool.operations.iter().enumerate() {
                self.operation(Some(operation), &format!("/data/pools/{}/operations/{index}", pool.name), found);
            }
            if let PoolSource::Get { target, .. } = &pool.source
                && !target.starts_with('/')
            {
                self.operation(Some(target), &format!("/data/pools/{}/from", pool.name), found);
            }
        }
        for (list, calls) in [("set_up", &self.behaviour.set_up), ("clean_up", &self.behaviour.clean_up)] {
            for (index, call) in calls.iter().enumerate() {
                if let Called::Operation(operation) = &call.call {
                    self.operation(Some(operation), &format!("/data/{list}/{index}/operation"), found);
                }
            }
        }
    }

    fn operation(&self, name: Option<&str>, pointer: &str, found: &mut Diagnostics) {
        let known = || self.document.operations.iter().map(|o| o.id.as_ref());
        let Some(name) = name.filter(|name| !known().any(|id| id == *name)) else { return };
        let fault = Diagnostic::error(self.behaviour.place(pointer), format!("no operation is called `{name}`"))
            .expected(format!("an `operationId` of {}", self.document.file));
        found.push(match closest(name, known()) {
            Some(near) => fault.hint(format!("did you mean `{near}`?")),
            None => fault,
        });
    }

    /// Where the caller chooses, the schema offers exactly the two words.
    fn choice(&self, selector: &Selector, found: &mut Diagnostics) {
        let pointer = "/effects/on_invalid";
        self.request(selector, pointer, found);
        let Selector::Body(path) = selector else {
            return;
        };
        for schema in self.in_requests(path) {
            let mut words: Vec<&str> =
                schema.get("enum").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
            words.sort_unstable();
            if words != ["refuse_all", "skip_invalid"] {
                found.push(
                    Diagnostic::error(self.behaviour.place(pointer), format!("`{selector}` offers other words"))
                        .expected("`enum: [refuse_all, skip_invalid]`")
                        .actual(format!("`{}`", words.join("`, `"))),
                );
            }
        }
    }

    /// `limits.items` and `maxItems` are the same number.
    fn item_limits(&self, found: &mut Diagnostics) {
        for (selector, limit) in self.behaviour.limits.iter().flat_map(|limits| &limits.items) {
            let Selector::Body(path) = selector else {
                continue;
            };
            let place = self.limit_place(path);
            let lists: Vec<&Value> =
                self.in_requests(path).into_iter().filter(|schema| schema.get("items").is_some()).collect();
            if lists.is_empty() {
                found.push(
                    Diagnostic::error(place.clone(), format!("`{selector}` is no list"))
                        .expected("a list in a request body"),
                );
            }
            for list in lists {
                let most = list.get("maxItems").and_then(Value::as_u64);
                if most == Some(*limit) {
                    continue;
                }
                let fault = match most {
                    Some(most) => {
                        Diagnostic::error(place.clone(), format!("`{selector}` has another limit in the schema"))
                            .actual(format!("`maxItems: {most}`"))
                    }
                    None => Diagnostic::warning(place.clone(), format!("`{selector}` has no limit in the schema")),
                };
                found.push(fault.expected(format!("`maxItems: {limit}`")));
            }
        }
    }

    /// `limits.items` is keyed by pointers: its key is found by its text.
    fn limit_place(&self, path: &[String]) -> crate::diagnose::Place {
        let key = format!("/{}", path.join("/"));
        let items = self.behaviour.source.pointer("/limits/items");
        items
            .and_then(|items| items.get(&key))
            .map_or_else(|| self.behaviour.place("/limits/items"), |n| n.place.clone())
    }
}
