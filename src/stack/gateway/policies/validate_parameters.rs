//! `validate-parameters`.

use std::collections::BTreeSet;

use crate::contract::openapi::{Parameter, ParameterIn};
use crate::policy::{ParameterRules, Section, ValidateParameters};
use crate::stack::gateway::call::Call;
use crate::stack::gateway::raised::Raised;
use crate::stack::gateway::validation::{Act, Definition, Finding, Kind, Values, Verdicts, judged};

/// What the platform itself reads, and no definition speaks of.
const OF_THE_PLATFORM: [&str; 2] = ["ocp-apim-subscription-key", "subscription-key"];

/// Judges header fields, query and path by the API's definition.
pub(in crate::stack::gateway) fn validate_parameters(
    call: &mut Call,
    policy: &ValidateParameters,
) -> Result<(), Raised> {
    let mut verdicts = Verdicts::new(Section::Inbound, policy.errors.as_ref());
    let definition = call.operation.as_ref().and_then(|o| o.definition.clone());
    match definition {
        None => {
            let act = Act::of(call, &policy.query.specified)?;
            verdicts.add_no_definition(act);
        }
        Some(definition) => {
            for (kind, rules) in
                [(Kind::Path, &policy.path), (Kind::Query, &policy.query), (Kind::RequestHeader, &policy.headers)]
            {
                specified(call, &definition, (kind, rules), &mut verdicts)?;
                unspecified(call, &definition, (kind, rules), &mut verdicts)?;
            }
        }
    }
    verdicts.conclude(call)
}

fn place_of(kind: Kind) -> ParameterIn {
    match kind {
        Kind::Path => ParameterIn::Path,
        Kind::Query => ParameterIn::Query,
        Kind::RequestHeader | Kind::ResponseHeader => ParameterIn::Header,
    }
}

fn same(kind: Kind, a: &str, b: &str) -> bool {
    if kind == Kind::RequestHeader { a.eq_ignore_ascii_case(b) } else { a == b }
}

/// What is done about a parameter: its own rule, else that of its place.
fn act(call: &mut Call, (kind, rules): (Kind, &ParameterRules), name: &str, declared: bool) -> Result<Act, Raised> {
    let own = rules.named.iter().find(|(own, _)| same(kind, own, name)).map(|(_, action)| action);
    Act::of(call, own.unwrap_or(if declared { &rules.specified } else { &rules.unspecified }))
}

fn specified(
    call: &mut Call,
    definition: &Definition,
    place: (Kind, &ParameterRules),
    verdicts: &mut Verdicts<'_>,
) -> Result<(), Raised> {
    let kind = place.0;
    let parameters = definition.operation.parameters.iter().filter(|p| p.within == place_of(kind));
    for parameter in parameters {
        let act = act(call, place, &parameter.name, true)?;
        if act == Act::Ignore {
            continue;
        }
        let texts = values(call, kind, &parameter.name);
        if texts.is_empty() {
            if parameter.required {
                verdicts.add(act, missing(kind, &parameter.name));
            }
            continue;
        }
        let found = parameter.schema.as_ref().filter(|_| is_judged(parameter)).and_then(|schema| {
            let (name, exploded) = (parameter.name.as_str(), parameter.explode && kind == Kind::Query);
            judged(definition, schema, Values { kind, name, texts: &texts, exploded })
        });
        if let Some(finding) = found {
            verdicts.add(act, finding);
        }
    }
    Ok(())
}

/// Values written in the styles of forms and simple lists are judged; the
/// rarer styles are let through.
fn is_judged(parameter: &Parameter) -> bool {
    matches!(parameter.style.as_str(), "form" | "simple")
        && (parameter.content.is_none() || parameter.content.as_deref().is_some_and(crate::contract::openapi::is_json))
}

fn missing(kind: Kind, name: &str) -> Finding {
    let text = format!("Required {} {name} is missing.", kind.word());
    Finding {
        name: name.to_owned(),
        kind: kind.name(),
        rule: "IncorrectMessage",
        details: text.clone(),
        told: Some(text),
    }
}

fn values(call: &Call, kind: Kind, name: &str) -> Vec<String> {
    match kind {
        Kind::Path => call.parameter(name).map(str::to_owned).into_iter().collect(),
        Kind::Query => query(call).filter(|(own, _)| own == name).map(|(_, value)| value).collect(),
        Kind::RequestHeader | Kind::ResponseHeader => {
            let fields = call.request_headers.get_all(name).iter();
            fields.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect()
        }
    }
}

/// The query as it was called.
fn query(call: &Call) -> impl Iterator<Item = (String, String)> + '_ {
    url::form_urlencoded::parse(call.original.query().unwrap_or_default().as_bytes()).into_owned()
}

fn unspecified(
    call: &mut Call,
    definition: &Definition,
    place: (Kind, &ParameterRules),
    verdicts: &mut Verdicts<'_>,
) -> Result<(), Raised> {
    let kind = place.0;
    let sent: BTreeSet<String> = match kind {
        Kind::Path => call.parameters.iter().map(|(name, _)| name.to_string()).collect(),
        Kind::Query => query(call).map(|(name, _)| name).collect(),
        Kind::RequestHeader | Kind::ResponseHeader => {
            call.request_headers.keys().map(|name| name.as_str().to_owned()).collect()
        }
    };
    let parameters = &definition.operation.parameters;
    let declared = |name: &str| parameters.iter().any(|p| p.within == place_of(kind) && same(kind, &p.name, name));
    for name in sent {
        if declared(&name) || OF_THE_PLATFORM.contains(&&*name.to_ascii_lowercase()) {
            continue;
        }
        let act = act(call, place, &name, false)?;
        let text = format!("Unspecified {} {name} is not allowed.", kind.word());
        let (details, told) = (text.clone(), Some(text));
        verdicts.add(act, Finding { name, kind: kind.name(), rule: "Unspecified", details, told });
    }
    Ok(())
}
