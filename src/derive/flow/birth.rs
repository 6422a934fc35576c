//! Where a flow's correlation ID is born.

use super::super::sheet::Remark;
use crate::contract::Contract;
use crate::diagnose::{Node, Place};
use crate::flow::expression::{Expression, Template};

/// A birth, in a scenario's words.
type Birth = &'static str;

/// What the calls of a flow show of it.
#[derive(Debug, Default)]
pub(super) struct Births {
    seen: Vec<(Birth, Place)>,
    remarks: Vec<Remark>,
}

impl Births {
    /// Looks at a call's header fields.
    pub(super) fn see(
        &mut self,
        key: &str,
        action: &Node,
        contract: &Contract,
        definition: &dyn Fn(&str) -> Option<Birth>,
    ) {
        let Some(correlation) = contract.behaviour.as_ref().and_then(|behaviour| behaviour.correlation.as_ref()) else {
            return;
        };
        // A connector has them among its parameters.
        let lists = ["/inputs/headers", "/inputs/subscribe/headers", "/inputs/parameters"];
        let lists = lists.into_iter().filter_map(|at| action.pointer(at)?.as_mapping());
        let field = lists.flatten().find(|(name, _)| name.key_text().eq_ignore_ascii_case(&correlation.header));
        match field.and_then(|(_, value)| Some((value.as_str()?, value.place.clone()))) {
            Some((text, place)) => self.seen.push((birth(text, definition), place)),
            None if correlation.missing.is_some() => self.remarks.push(Remark::finding(
                &action.place,
                format!("{key} sends no {}, which {} demands", correlation.header, contract.id),
            )),
            None => {}
        }
    }

    /// The line of the scenario.
    pub(super) fn line(&self, place: &Place) -> Vec<(String, Vec<Remark>)> {
        let mut remarks = self.remarks.clone();
        let (birth, place) = self.seen.first().map_or(("per_run", place), |(birth, place)| (*birth, place));
        if self.seen.is_empty() {
            let told = "where is the correlation ID born: per_run, trigger_event, fixed? No action shows it";
            remarks.push(Remark::question(place, told));
        } else if self.seen.iter().any(|(other, _)| *other != birth) {
            let told = "the actions take their correlation IDs from different places; which one counts?";
            remarks.push(Remark::question(place, told));
        }
        vec![(format!("correlation: {birth}"), remarks)]
    }
}

/// What a value says; `variable` knows of variables.
pub(super) fn birth(text: &str, variable: &dyn Fn(&str) -> Option<Birth>) -> Birth {
    let Ok(template) = Template::parse(text) else { return "per_run" };
    let calls: Vec<_> = template.expressions().into_iter().flat_map(Expression::calls).collect();
    let has = |names: &[&str]| calls.iter().any(|(name, _)| names.contains(name));
    if has(&["triggerbody", "triggeroutputs", "trigger", "item", "items"]) {
        return "trigger_event";
    }
    let named = calls.iter().filter(|(name, _)| matches!(*name, "variables" | "outputs"));
    let of_variables = named.filter_map(|(_, variable)| *variable).find_map(variable);
    of_variables.unwrap_or(if calls.is_empty() || has(&["parameters"]) { "fixed" } else { "per_run" })
}

/// The births of variables that are set once and of what `Compose` makes, by
/// their names.
pub(super) fn of_names(values: &[(String, String)]) -> std::collections::BTreeMap<String, Birth> {
    let mut births = std::collections::BTreeMap::new();
    // What follows from another comes behind it, as a rule.
    for (name, text) in values {
        let found = birth(text, &|other| births.get(other).copied());
        births.insert(name.clone(), found);
    }
    births
}
