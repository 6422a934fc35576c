//! `validate-headers`.

use std::collections::BTreeSet;

use crate::policy::{GivenText, Section, ValidateHeaders};
use crate::stack::gateway::call::Call;
use crate::stack::gateway::raised::Raised;
use crate::stack::gateway::validation::{Act, Finding, Kind, Values, Verdicts, judged};

/// Judges the response's header fields by the API's definition.
pub(in crate::stack::gateway) fn validate_headers(
    call: &mut Call,
    policy: &ValidateHeaders,
    section: Section,
) -> Result<(), Raised> {
    let mut verdicts = Verdicts::new(section, policy.errors.as_ref());
    let Some(status) = call.response.as_ref().map(|r| r.status.as_u16()) else { return Ok(()) };
    let Some(definition) = call.operation.as_ref().and_then(|o| o.definition.clone()) else {
        let act = Act::of(call, &policy.specified)?;
        verdicts.add_no_definition(act);
        return verdicts.conclude(call);
    };
    let declared = definition.operation.response(status).map_or(&[][..], |spec| &spec.headers);
    for header in declared {
        let act = act(call, policy, &header.name, &policy.specified)?;
        let texts = values(call, &header.name);
        let (Some(schema), false) = (&header.schema, texts.is_empty() || act == Act::Ignore) else { continue };
        let sent = Values { kind: Kind::ResponseHeader, name: &header.name, texts: &texts, exploded: false };
        if let Some(finding) = judged(&definition, schema, sent) {
            verdicts.add(act, finding);
        }
    }
    let sent = call.response.as_ref().map(|r| r.headers.keys().map(|n| n.as_str().to_owned()).collect::<BTreeSet<_>>());
    for name in sent.unwrap_or_default() {
        if declared.iter().any(|header| header.name.eq_ignore_ascii_case(&name)) {
            continue;
        }
        let act = act(call, policy, &name, &policy.unspecified)?;
        let details = format!("Unspecified header {name} is not allowed.");
        verdicts.add(act, Finding { name, kind: "ResponseHeader", rule: "Unspecified", details, told: None });
    }
    verdicts.conclude(call)
}

fn act(call: &mut Call, policy: &ValidateHeaders, name: &str, otherwise: &GivenText) -> Result<Act, Raised> {
    let own = policy.headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, action)| action);
    Act::of(call, own.unwrap_or(otherwise))
}

fn values(call: &Call, name: &str) -> Vec<String> {
    let fields = call.response.iter().flat_map(|r| r.headers.get_all(name));
    fields.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect()
}
