//! What the contract promises for a generated call.

use serde_json::Value;

use super::Expect;
use super::payload::{Aimed, Made, OperationGenerator};
use crate::contract::behaviour::{Behaviour, ErrorType, OnInvalid, Retry, Selector, TypeName};
use crate::contract::openapi::ParameterIn;

impl OperationGenerator {
    /// What is promised for a call that keeps the contract. A path that names
    /// something which nobody made leads to what is declared for that.
    pub(super) fn promised(&self) -> Expect {
        if !self.names_a_thing() {
            return Expect::Success;
        }
        match self.types(|t| t.status == 404) {
            missing if missing.is_empty() => Expect::Nothing,
            missing => Expect::Refused(missing),
        }
    }

    /// What is promised for a call that breaks the contract at one place.
    pub(super) fn refusal(&self, aimed: &Aimed, made: &Made) -> Expect {
        let effects = self.behaviour.as_ref().and_then(|b| b.effects.as_ref());
        let skips = effects.is_some_and(|e| e.on_invalid == OnInvalid::SkipInvalid);
        if skips && self.within_item(aimed) {
            return Expect::Success;
        }
        Expect::Refused(self.refusal_types(aimed, made))
    }

    fn refusal_types(&self, aimed: &Aimed, made: &Made) -> Vec<TypeName> {
        let Some(behaviour) = &self.behaviour else { return Vec::new() };
        let too_many = TypeName::new(TOO_MANY_ITEMS);
        let counted = aimed.target().is_some_and(|t| t.keyword == "maxItems") && is_item_limit(aimed, behaviour);
        if counted && behaviour.error(&too_many).is_some() {
            return vec![too_many];
        }
        let absent = behaviour.correlation.as_ref().and_then(|c| c.missing.clone());
        let in_path = match aimed {
            Aimed::Parameter(index, _) => self.parameters[*index].parameter.within == ParameterIn::Path,
            _ => false,
        };
        let tight = made.request.body.len() > behaviour.limits.as_ref().and_then(|l| l.body).unwrap_or(u64::MAX);
        self.types(|t| {
            let invalid = matches!(t.status, 400 | 422) && t.name != too_many && Some(&t.name) != absent.as_ref();
            // Without a body there is neither a length nor a media type.
            let bare = *aimed == Aimed::NoBody && matches!(t.status, 411 | 415);
            t.retry == Retry::Never && (invalid || bare || (in_path && t.status == 404) || (tight && t.status == 413))
        })
    }

    /// Whether a violation lies in one item of many, so that the others can
    /// be executed beside it.
    pub(super) fn within_item(&self, aimed: &Aimed) -> bool {
        let Aimed::Body(index, target) = aimed else { return false };
        let body = &self.bodies[*index];
        if body.is_table() && target.keyword == "additionalProperties" {
            // In a table one more cell name is one more column of all rows.
            return false;
        }
        let place = target.place();
        self.item_patterns(body.is_table()).iter().any(|pattern| {
            let item = pattern.concat();
            !item.is_empty() && place.strip_prefix(&item).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }

    /// Whether something is aimed at a value that a pool gives.
    pub(super) fn aims_at_pool(&self, aimed: &Aimed) -> bool {
        let Aimed::Body(_, target) = aimed else { return false };
        let place = target.place();
        let pools = self.behaviour.iter().flat_map(|behaviour| &behaviour.pools);
        pools.flat_map(|pool| &pool.applies_to).any(|selector| pattern(selector).concat() == place)
    }

    /// Where items stand, token by token.
    fn item_patterns(&self, table: bool) -> Vec<Vec<String>> {
        let mut found = Vec::new();
        if table {
            found.push(vec!["/*".to_owned()]);
        }
        let Some(behaviour) = &self.behaviour else { return found };
        if let Some(selector) = behaviour.idempotency.as_ref().and_then(|i| i.item.as_ref()) {
            let mut item = pattern(selector);
            while item.last().is_some_and(|token| token != "/*") {
                item.pop();
            }
            found.push(item);
        }
        for (selector, _) in behaviour.limits.iter().flat_map(|l| &l.items) {
            let mut item = pattern(selector);
            item.push("/*".to_owned());
            found.push(item);
        }
        found
    }

    /// Names of declared types, in the order of the file.
    pub(super) fn types(&self, wanted: impl Fn(&ErrorType) -> bool) -> Vec<TypeName> {
        let declared = self.behaviour.iter().flat_map(|b| &b.errors);
        declared.filter(|t| wanted(t)).map(|t| t.name.clone()).collect()
    }

    /// Declared types with this status that only a changed call can overcome.
    pub(super) fn final_types(&self, statuses: &[u16]) -> Vec<TypeName> {
        self.types(|t| statuses.contains(&t.status) && t.retry == Retry::Never)
    }

    /// Puts a word where the caller says what one invalid item means.
    pub(super) fn choose_on_invalid(&self, body: &mut Value, word: &str) {
        let effects = self.behaviour.as_ref().and_then(|b| b.effects.as_ref());
        if let Some(OnInvalid::Caller(Selector::Body(path))) = effects.map(|e| &e.on_invalid)
            && let [name] = path.as_slice()
            && let Value::Object(members) = body
        {
            members.insert(name.clone(), Value::from(word));
        }
    }
}

/// The name by which a type for too many items is known.
const TOO_MANY_ITEMS: &str = "too_many_items";

/// A body selector token by token, each with its slash; the whole body is
/// empty.
fn pattern(selector: &Selector) -> Vec<String> {
    match selector {
        Selector::Body(path) if path.len() == 1 && path[0].is_empty() => Vec::new(),
        Selector::Body(path) => path.iter().map(|token| format!("/{token}")).collect(),
        _ => Vec::new(),
    }
}

/// Whether the aim is the length of a list in `limits.items`.
pub(super) fn is_item_limit(aimed: &Aimed, behaviour: &Behaviour) -> bool {
    let Aimed::Body(_, target) = aimed else { return false };
    let place = target.place();
    behaviour.limits.iter().flat_map(|l| &l.items).any(|(selector, _)| pattern(selector).concat() == place)
}
