//! `end-announced`: a version that has a successor says when it ends.

use super::finding::Findings;
use super::subject::{Subject, api_ids};
use super::table::{Check, Rule};
use super::walk::{Step, text, variables_read};
use crate::policy::statement::{Action, Section};

pub(super) const RULE: Rule = Rule {
    name: "end-announced",
    means: "An API that has a newer version sends Deprecation, Sunset and Link with every answer.",
    why: "Whoever built a flow on it learns of the end when the end is there.",
    check: Check::Effective(check),
};

fn check(subject: &Subject<'_>, findings: &mut Findings) {
    let Some(successor) = successor(subject) else { return };
    let (inbound, outbound) = (subject.steps(Section::Inbound), subject.steps(Section::Outbound));
    let missing: Vec<&str> = ["Deprecation", "Sunset", "Link"]
        .into_iter()
        .filter(|name| !outbound.iter().any(|step| sets(step, name, &inbound)))
        .collect();
    if !missing.is_empty() {
        let what = format!("{successor} is newer, and answers have no {}", missing.join(", no "));
        findings.add(&subject.place, what, "set them in outbound with `set-header`");
    }
}

/// Whether a step sets a header field: under no condition, or under one that
/// asks for a variable which inbound sets.
fn sets(step: &Step<'_>, name: &str, inbound: &[Step<'_>]) -> bool {
    let Action::SetHeader(field) = &step.statement.action else { return false };
    let is_set = |variable: &String| {
        inbound.iter().any(|step| matches!(&step.statement.action, Action::SetVariable(p) if *p.name == **variable))
    };
    text(&field.name).eq_ignore_ascii_case(name)
        && !field.values.is_empty()
        && step
            .conditions
            .iter()
            .all(|condition| !condition.contains("ContainsKey") || variables_read(condition).iter().all(is_set))
}

/// The newest version of the same API, if there is a newer one: of its version
/// set, or by its name (`orders-v1`, `orders-v2`).
fn successor(subject: &Subject<'_>) -> Option<String> {
    let described = &subject.policies.instance().apis;
    let version = |id: &str| described.get(id).map_or("", |api| api.version.as_str());
    let set = |id: &str| described.get(id).and_then(|api| api.version_set.clone());
    let own = set(subject.api);
    let (name, number) = numbered(subject.api, version(subject.api))?;
    let newer = api_ids(subject.policies).into_iter().filter_map(|id| {
        let (other, newer) = numbered(id, version(id))?;
        let related = if own.is_some() { set(id) == own } else { other == name };
        let is_current = described.get(id).is_none_or(|api| api.is_current);
        (related && is_current && newer > number).then_some((newer, id))
    });
    newer.max().map(|(_, id)| id.to_owned())
}

/// The name without its version, and the version as a number; `None` where
/// there is none.
fn numbered<'n>(id: &'n str, version: &'n str) -> Option<(&'n str, u64)> {
    let id = id.split(";rev=").next().unwrap_or(id);
    let number = |text: &str| {
        let digits = text.trim_start_matches(['v', 'V']);
        digits.split(['.', '-']).next().and_then(|first| first.parse().ok())
    };
    let by_name = id.rsplit_once('-').filter(|(_, last)| last.starts_with(['v', 'V']));
    match (number(version), by_name.and_then(|(name, last)| Some((name, number(last)?)))) {
        (Some(number), by_name) => Some((by_name.map_or(id, |(name, _)| name), number)),
        (None, by_name) => by_name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_names_and_from_what_is_said() {
        assert_eq!(numbered("orders-v2", ""), Some(("orders", 2)));
        assert_eq!(numbered("orders-v2;rev=3", ""), Some(("orders", 2)));
        assert_eq!(numbered("orders", "v10"), Some(("orders", 10)));
        assert_eq!(numbered("orders", "2024-05-01"), Some(("orders", 2024)));
        assert_eq!(numbered("orders", ""), None);
        assert_eq!(numbered("orders-view", ""), None);
    }
}
