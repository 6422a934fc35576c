//! How the environment protects itself: `service_protection`, `entitlement` and
//! `dop_hint` of `environment.yaml` (reference B1, B2).

use std::collections::BTreeMap;
use std::time::Duration;

use crate::clock::parse_duration;
use crate::diagnose::{Diagnostic, Diagnostics, Fields, Node, Value, closest};
use crate::limit::ProtectionRules;

/// How the environment protects itself.
#[derive(Clone, Debug)]
pub(in crate::stack::dataverse) struct Protection {
    pub(in crate::stack::dataverse) rules: ProtectionRules,
    /// How many web servers there are; limits are counted on each.
    pub(in crate::stack::dataverse) servers: usize,
    /// Whether `ARRAffinity` leads to its server.
    pub(in crate::stack::dataverse) affinity: bool,
    pub(in crate::stack::dataverse) costs: Costs,
    pub(in crate::stack::dataverse) dop_hint: u32,
    pub(in crate::stack::dataverse) entitlement: EntitlementRules,
}

/// What execution takes, by the shared clock.
#[derive(Clone, Copy, Debug)]
pub(in crate::stack::dataverse) struct Costs {
    /// Each operation, those of a batch one by one.
    pub(in crate::stack::dataverse) operation: Duration,
    pub(in crate::stack::dataverse) row_read: Duration,
    pub(in crate::stack::dataverse) row_written: Duration,
    /// Whether answers really come so much later.
    pub(in crate::stack::dataverse) waits: bool,
}

/// Budgets of a day.
#[derive(Clone, Debug)]
pub(in crate::stack::dataverse) struct EntitlementRules {
    pub(in crate::stack::dataverse) enforcement: Enforcement,
    pub(in crate::stack::dataverse) window: Duration,
    /// Operations by kind of identity.
    pub(in crate::stack::dataverse) budgets: BTreeMap<String, u64>,
    /// Kinds by identity: an application id, or a name of the issuer's.
    pub(in crate::stack::dataverse) identities: BTreeMap<String, String>,
    /// The kind of all others.
    pub(in crate::stack::dataverse) default: String,
}

/// What becomes of those who have used their budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::stack::dataverse) enum Enforcement {
    /// Nothing; the control surface tells it.
    Warn,
    /// 429.
    Refuse,
}

/// The kind whose budget all identities share: that of application users.
pub(in crate::stack::dataverse) const POOLED: &str = "application";

/// Budgets of the platform (reference B2); of a tenant's application users the
/// one with Dynamics 365 Enterprise and no further licences.
const BUDGETS: [(&str, u64); 5] =
    [("user", 40_000), ("limited", 6_000), ("flow", 250_000), ("portal", 200), (POOLED, 500_000)];

pub(super) fn protection(fields: &mut Fields<'_, '_>) -> Protection {
    let (server, entitlement) = (fields.optional("service_protection"), fields.optional("entitlement"));
    let dop_hint = fields.optional("dop_hint");
    let diagnostics = fields.diagnostics();
    let dop_hint = dop_hint.and_then(|node| whole(node, diagnostics)).map_or(48, |n| n.min(u64::from(u32::MAX)) as u32);
    let mut found = Protection {
        rules: ProtectionRules::default(),
        servers: 1,
        affinity: true,
        costs: Costs {
            operation: Duration::from_millis(20),
            row_read: Duration::from_micros(10),
            row_written: Duration::from_millis(1),
            waits: false,
        },
        dop_hint,
        entitlement: EntitlementRules {
            enforcement: Enforcement::Warn,
            window: Duration::from_hours(24),
            budgets: BUDGETS.map(|(kind, budget)| (kind.to_owned(), budget)).into(),
            identities: BTreeMap::new(),
            default: POOLED.to_owned(),
        },
    };
    if let Some(node) = server {
        servers(node, &mut found, diagnostics);
    }
    if let Some(node) = entitlement {
        budgets(node, &mut found.entitlement, diagnostics);
    }
    found
}

fn servers(node: &Node, found: &mut Protection, diagnostics: &mut Diagnostics) {
    let mut fields = Fields::of(node, diagnostics);
    let rules = &mut found.rules;
    at_least(&mut fields, "requests", 1, &mut rules.requests);
    at_least(&mut fields, "concurrent", 1, &mut rules.concurrent);
    span(&mut fields, "window", Duration::from_secs(1), &mut rules.window);
    span(&mut fields, "execution_time", Duration::from_millis(1), &mut rules.execution);
    span(&mut fields, "penalty", Duration::ZERO, &mut rules.penalty);
    span(&mut fields, "concurrency_wait", Duration::from_secs(1), &mut rules.crowded);
    span(&mut fields, "longest_wait", Duration::from_secs(1), &mut rules.longest);
    switch(&mut fields, "concurrency_blocks", &mut rules.crowding_blocks);
    let mut count = 1;
    at_least(&mut fields, "servers", 1, &mut count);
    found.servers = count.min(1000) as usize;
    word(&mut fields, "affinity", &[("cookie", true), ("none", false)], &mut found.affinity);
    let costs = fields.optional("costs");
    fields.finish();
    if let Some(node) = costs {
        let mut fields = Fields::of(node, diagnostics);
        span(&mut fields, "operation", Duration::ZERO, &mut found.costs.operation);
        span(&mut fields, "row_read", Duration::ZERO, &mut found.costs.row_read);
        span(&mut fields, "row_written", Duration::ZERO, &mut found.costs.row_written);
        switch(&mut fields, "waits", &mut found.costs.waits);
        fields.finish();
    }
}

fn budgets(node: &Node, found: &mut EntitlementRules, diagnostics: &mut Diagnostics) {
    let mut fields = Fields::of(node, diagnostics);
    let words = [("warn", Enforcement::Warn), ("refuse", Enforcement::Refuse)];
    word(&mut fields, "enforcement", &words, &mut found.enforcement);
    span(&mut fields, "window", Duration::from_secs(1), &mut found.window);
    let (budgets, identities, default) =
        (fields.optional("budgets"), fields.optional("identities"), fields.optional("default"));
    fields.finish();
    for (key, node) in budgets.and_then(Node::as_mapping).unwrap_or_default() {
        if let Some(budget) = whole(node, diagnostics) {
            found.budgets.insert(key.key_text(), budget);
        }
    }
    for (key, node) in identities.and_then(Node::as_mapping).unwrap_or_default() {
        if let Some(kind) = kind(node, found, diagnostics) {
            found.identities.insert(key.key_text(), kind);
        }
    }
    if let Some(kind) = default.and_then(|node| kind(node, found, diagnostics)) {
        found.default = kind;
    }
}

fn kind(node: &Node, found: &EntitlementRules, diagnostics: &mut Diagnostics) -> Option<String> {
    let name = node.key_text();
    if found.budgets.contains_key(&name) {
        return Some(name);
    }
    let known: Vec<&str> = found.budgets.keys().map(String::as_str).collect();
    let mut fault = Diagnostic::error(node.place.clone(), format!("`{name}` is no kind of identity with a budget"))
        .expected(format!("one of {}, or its budget under `budgets`", known.join(", ")));
    if let Some(near) = closest(&name, known) {
        fault = fault.hint(format!("did you mean `{near}`?"));
    }
    diagnostics.push(fault);
    None
}

fn whole(node: &Node, diagnostics: &mut Diagnostics) -> Option<u64> {
    let read = match &node.value {
        Value::Number(number) => number.as_u64(),
        _ => None,
    };
    if read.is_none() {
        node.wrong_kind("a whole number", diagnostics);
    }
    read
}

fn at_least(fields: &mut Fields<'_, '_>, key: &'static str, least: u64, into: &mut u64) {
    let Some(node) = fields.optional(key) else { return };
    if let Some(read) = whole(node, fields.diagnostics()) {
        *into = read.max(least);
    }
}

fn span(fields: &mut Fields<'_, '_>, key: &'static str, least: Duration, into: &mut Duration) {
    let Some(node) = fields.optional(key) else { return };
    if let Some(read) = node.as_str().and_then(parse_duration).filter(|span| *span >= least) {
        *into = read;
        return;
    }
    let what = format!("`{key}` is no span of time that can stand here");
    let least = crate::clock::format_duration(least);
    fields.diagnostics().push(
        Diagnostic::error(node.place.clone(), what)
            .expected(format!("a span such as `PT300S` or `20 ms`, at least {least}"))
            .actual(format!("`{}`", node.key_text())),
    );
}

fn switch(fields: &mut Fields<'_, '_>, key: &'static str, into: &mut bool) {
    let Some(node) = fields.optional(key) else { return };
    match &node.value {
        Value::Bool(value) => *into = *value,
        _ => node.wrong_kind("true or false", fields.diagnostics()),
    }
}

fn word<T: Copy>(fields: &mut Fields<'_, '_>, key: &'static str, words: &[(&'static str, T)], into: &mut T) {
    let Some(node) = fields.optional(key) else { return };
    let text = node.key_text();
    if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
        *into = *value;
        return;
    }
    let list: Vec<String> = words.iter().map(|(word, _)| format!("`{word}`")).collect();
    let fault = Diagnostic::error(node.place.clone(), format!("unknown word for `{key}`"));
    fields.diagnostics().push(fault.expected(list.join(" or ")).actual(format!("`{text}`")));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::parse_yaml;

    fn read(text: &str) -> Result<Protection, String> {
        let node = parse_yaml("environment.yaml", text).expect("YAML");
        let mut diagnostics = Diagnostics::new();
        let mut fields = Fields::of(&node, &mut diagnostics);
        let found = protection(&mut fields);
        fields.finish();
        if diagnostics.has_errors() { Err(diagnostics.to_string()) } else { Ok(found) }
    }

    #[test]
    fn without_settings_it_is_the_platform() {
        let found = read("{}").expect("valid");
        assert_eq!(found.rules, ProtectionRules::default());
        assert_eq!((found.servers, found.dop_hint, found.entitlement.default.as_str()), (1, 48, "application"));
    }

    #[test]
    fn every_setting_is_read() {
        let text = "\
service_protection:
  requests: 8000
  window: PT1M
  execution_time: 2 s
  concurrent: 4
  penalty: 1 s
  concurrency_wait: 3 s
  concurrency_blocks: true
  longest_wait: PT30S
  servers: 3
  affinity: none
  costs: { operation: 5 ms, row_read: 1 ms, row_written: 2 ms, waits: true }
entitlement:
  enforcement: refuse
  window: PT1H
  budgets: { user: 10, robot: 7 }
  identities: { gateway: robot }
  default: user
dop_hint: 4
";
        let found = read(text).expect("valid");
        let rules = found.rules;
        assert_eq!((rules.requests, rules.concurrent, rules.window), (8000, 4, Duration::from_mins(1)));
        assert_eq!((rules.execution, rules.penalty), (Duration::from_secs(2), Duration::from_secs(1)));
        assert_eq!((rules.crowded, rules.longest), (Duration::from_secs(3), Duration::from_secs(30)));
        assert!(rules.crowding_blocks && !found.affinity && found.costs.waits);
        assert_eq!((found.servers, found.dop_hint), (3, 4));
        let budgets = found.entitlement;
        assert_eq!((budgets.enforcement, budgets.budgets["robot"]), (Enforcement::Refuse, 7));
        assert_eq!((budgets.identities["gateway"].as_str(), budgets.default.as_str()), ("robot", "user"));
    }

    #[test]
    fn all_that_is_wrong_is_told_with_its_place() {
        let text = "\
service_protection:
  requests: many
  window: 0 s
  affinity: sticky
  costs: { waits: 3 }
entitlement: { default: usr }
";
        let faults = read(text).expect_err("faults");
        for part in
            ["yaml:2:13", "yaml:3:11", "yaml:4:13", "yaml:5:19", "yaml:6:25", "did you mean `user`?", "`cookie`"]
        {
            assert!(faults.contains(part), "{part} in\n{faults}");
        }
    }
}
