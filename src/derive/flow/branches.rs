//! `If` and `Switch`: which way a run takes is known to the run.

use super::super::sheet::{Entry, Kind, Remark};
use super::actions::{Reader, expression};
use super::known::value;
use crate::diagnose::Node;
use crate::flow::expression::Known;

impl Reader<'_> {
    pub(super) fn condition(&mut self, key: &str, action: &Node, remarks: &mut Vec<Remark>) -> Option<Kind> {
        let asked = action.get("expression").unwrap_or(action);
        let ways = [("true", action.get("actions")), ("false", action.pointer("/else/actions"))];
        if let Some(met) = condition(asked, &self.known) {
            let taken = self.inside(ways[usize::from(!met)].1)?;
            remarks.push(Remark::note(format!("The definition's own values make its condition {met}.")));
            return Some(Kind::Scope(taken));
        }
        let ways = ways.into_iter().map(|(way, node)| (format!("{key}_{way}"), node)).collect();
        self.ways(ways, asked, remarks)
    }

    pub(super) fn switch(&mut self, key: &str, action: &Node, remarks: &mut Vec<Remark>) -> Option<Kind> {
        let asked = action.get("expression").unwrap_or(action);
        let cases = action.get("cases").and_then(Node::as_mapping).unwrap_or_default();
        let is = value(asked, &self.known);
        let of_case = |case: &Node| case.get("case").and_then(|node| value(node, &self.known));
        let default = action.pointer("/default/actions");
        if is.is_some() {
            let taken = cases.iter().find(|(_, case)| of_case(case) == is);
            let node = taken.map_or(default, |(_, case)| case.get("actions"));
            remarks.push(Remark::note("The definition's own values choose its case."));
            return self.inside(node).map(Kind::Scope);
        }
        let mut ways: Vec<(String, Option<&Node>)> =
            cases.iter().map(|(name, case)| (format!("{key}_{}", name.key_text()), case.get("actions"))).collect();
        ways.push((format!("{key}_default"), default));
        self.ways(ways, asked, remarks)
    }

    /// One of several ways, each in a scope of its own.
    fn ways(&mut self, ways: Vec<(String, Option<&Node>)>, asked: &Node, remarks: &mut Vec<Remark>) -> Option<Kind> {
        let mut scopes = Vec::new();
        for (name, node) in ways {
            if let Some(actions) = self.inside(node) {
                let name = self.name(&name);
                scopes.push(Entry { name, after: Vec::new(), kind: Kind::Scope(actions), remarks: Vec::new() });
            }
        }
        let told = match scopes.len() {
            0 => return None,
            1 => format!(
                "how often does a run come here? That depends on {}; the scenario always does",
                expression(asked)
            ),
            ways => format!(
                "how many runs take which of the {ways} ways? That depends on {}; as it stands each way is taken \
                 as often: say `choice: [70%, 30%]`",
                expression(asked)
            ),
        };
        remarks.push(Remark::question(&asked.place, told));
        if scopes.len() > 1 {
            return Some(Kind::Loop { key: "choice", limits: "even".to_owned(), actions: scopes });
        }
        Some(Kind::Scope(scopes))
    }
}

/// A condition, where it is known: an expression, or an object of functions.
fn condition(node: &Node, known: &Known) -> Option<bool> {
    let Some([(name, given)]) = node.as_mapping() else { return value(node, known)?.as_bool() };
    let parts = given.as_sequence().unwrap_or_default();
    let all = || parts.iter().map(|part| condition(part, known)).collect::<Option<Vec<bool>>>();
    match (name.key_text().to_ascii_lowercase().as_str(), parts) {
        ("and", _) => all().map(|all| all.into_iter().all(|met| met)),
        ("or", _) => all().map(|all| all.into_iter().any(|met| met)),
        ("not", _) => condition(given, known).map(|met| !met),
        ("equals", [a, b]) => Some(value(a, known)? == value(b, known)?),
        _ => None,
    }
}
