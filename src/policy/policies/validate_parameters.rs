//! `validate-parameters`: the request's header fields, query and path by the
//! API's definition.

use std::sync::Arc;

use super::table::{EVERYWHERE, Emulation, INBOUND, PolicyKind};
use super::validation_action::{action, exceptions, required_action};
use crate::policy::reader::Reader;
use crate::policy::statement::{Action, GivenText};

/// `validate-parameters`.
#[derive(Clone, Debug)]
pub struct ValidateParameters {
    /// The variable that takes what was found.
    pub errors: Option<Arc<str>>,
    /// For header fields.
    pub headers: ParameterRules,
    /// For the query.
    pub query: ParameterRules,
    /// For the path.
    pub path: ParameterRules,
}

/// What is done about parameters of one place.
#[derive(Clone, Debug)]
pub struct ParameterRules {
    /// About a declared one whose value is not right.
    pub specified: GivenText,
    /// About one that is not declared.
    pub unspecified: GivenText,
    /// Those with an action of their own.
    pub named: Vec<(Arc<str>, GivenText)>,
}

pub(super) const KIND: PolicyKind = PolicyKind {
    name: "validate-parameters",
    sections: INBOUND,
    scopes: EVERYWHERE,
    emulation: Emulation::Approximated(
        "parameters in rare styles are let through, and a missing one has a sentence of its own",
    ),
    compile,
};

fn compile(reader: &mut Reader<'_, '_, '_>) -> Option<Action> {
    let specified = required_action(reader, "specified-parameter-action");
    let unspecified = required_action(reader, "unspecified-parameter-action");
    let errors = reader.literal("errors-variable-name");
    let (specified, unspecified) = (specified?, unspecified?);
    let everywhere = ParameterRules { specified, unspecified, named: Vec::new() };
    let (headers, query, path) = (everywhere.clone(), everywhere.clone(), everywhere);
    let mut policy = ValidateParameters { errors, headers, query, path };
    for element in reader.children(&["headers", "query", "path"]) {
        let rules = match &*element.name {
            "headers" => &mut policy.headers,
            "query" => &mut policy.query,
            _ => &mut policy.path,
        };
        reader.within(element, |inner| {
            if let Some(own) = action(inner, "specified-parameter-action") {
                rules.specified = own;
            }
            if let Some(own) = action(inner, "unspecified-parameter-action") {
                rules.unspecified = own;
            }
            rules.named = exceptions(inner, "parameter", "name");
        });
    }
    Some(Action::ValidateParameters(Box::new(policy)))
}
