//! `fields` of an action: header fields as a maker writes them.

use std::sync::Arc;

use super::read::fault;
use crate::diagnose::{Diagnostic, Diagnostics, Node, Value};
use crate::flow::{HeaderSet, is_removed};

/// The words of `headers`.
pub(super) const HEADERS: [(&str, HeaderSet); 3] =
    [("platform", HeaderSet::Http), ("suppressed", HeaderSet::Suppressed), ("connector", HeaderSet::Connector)];

/// Reads them; what no flow can send is told.
pub(super) fn fields(node: &Node, diagnostics: &mut Diagnostics) -> Vec<(String, String)> {
    let Some(entries) = node.as_mapping() else {
        node.wrong_kind("a mapping of header fields to their values", diagnostics);
        return Vec::new();
    };
    entries.iter().filter_map(|(name, value)| field(name, value, diagnostics)).collect()
}

fn field(name: &Node, value: &Node, diagnostics: &mut Diagnostics) -> Option<(String, String)> {
    let read = field_name(name, diagnostics);
    if read.as_deref().is_some_and(is_removed) {
        let told = format!("a flow can't send `{}`", name.key_text());
        let what = "the platform takes this header field out of every HTTP action, without a word; the call goes out \
                    without it";
        diagnostics.push(
            Diagnostic::error(name.place.clone(), told)
                .expected(
                    "header fields other than `Accept-…`, `Allow`, `Content-…` (but for `Content-Disposition`, \
                           `Content-Encoding`, `Content-Type`), `Cookie`, `Expires`, `Host`, `Last-Modified`, \
                           `Origin`, `Set-Cookie`, `Transfer-Encoding`",
                )
                .actual(what)
                .hint("leave it out; where the service needs it, no flow can call the service"),
        );
        return None;
    }
    if name.key_text().eq_ignore_ascii_case("authorization") {
        fault(name, "the token is the client's own", "no `Authorization`: `clients` says who calls", diagnostics);
        return None;
    }
    let text = match &value.value {
        Value::String(_) | Value::Number(_) | Value::Bool(_) => value.key_text(),
        _ => {
            value.wrong_kind("text", diagnostics);
            return None;
        }
    };
    if !text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        fault(value, "no value that a header field can carry", "printable ASCII characters", diagnostics);
        return None;
    }
    Some((read?.to_string(), text))
}

/// The name of a header field.
pub(super) fn field_name(node: &Node, diagnostics: &mut Diagnostics) -> Option<Arc<str>> {
    let text = node.key_text();
    if http::HeaderName::from_bytes(text.as_bytes()).is_ok() {
        return Some(text.into());
    }
    fault(node, "no name of a header field", "a name such as `X-Tenant`", diagnostics);
    None
}

#[cfg(test)]
mod tests {
    use super::super::load;
    use super::*;
    use crate::flow::CONNECTOR_KEEPS;

    fn file(flow: &str, action: &str) -> String {
        format!(
            "format: seamstress/scenario/1\nname: n\ndescription: d\nflows:\n  - name: a\n    start: child\n{flow}    \
             actions:\n      - contract: bulk-update/v1\n        operation: submitBatch\n{action}      \
             - {{ contract: bulk-update/v1, operation: submitBatch }}\n"
        )
    }

    #[test]
    fn an_action_has_fields_of_its_own_and_of_the_platform() {
        let text = file(
            "    headers: connector\n",
            "        headers: suppressed\n        fields: { X-Tenant: demo, X-N: 7 }\n",
        );
        let flow = load("s.yaml", &text).unwrap_or_else(|faults| panic!("{faults}")).flows.remove(0);
        let sets: Vec<HeaderSet> = flow.actions.iter().map(|action| action.headers).collect();
        assert_eq!(sets, [HeaderSet::Suppressed, HeaderSet::Connector]);
        assert_eq!(flow.actions[0].fields, [("X-Tenant".into(), "demo".into()), ("X-N".into(), "7".into())]);
        assert_eq!(flow.connector_keeps.len(), CONNECTOR_KEEPS.len());
        let text = file("    connector_keeps: [x-ms-client-tracking-id]\n", "");
        let flow = load("s.yaml", &text).unwrap_or_else(|faults| panic!("{faults}")).flows.remove(0);
        assert_eq!(&*flow.connector_keeps, ["x-ms-client-tracking-id".into()]);
    }

    #[test]
    fn what_no_flow_can_send_is_told_with_its_place_and_what_the_product_does() {
        let text = file("", "        fields: { Cookie: a=b, Authorization: x, 'a b': c, X-T: [1] }\n");
        let told = load("s.yaml", &text).expect_err("faults").to_string();
        for words in [
            "s.yaml:10:19",
            "a flow can't send `Cookie`",
            "takes this header field out of every HTTP action",
            "the token is the client's own",
            "no name of a header field",
            "s.yaml:10:",
        ] {
            assert!(told.contains(words), "{words} is not in\n{told}");
        }
        assert_eq!(told.matches("error: ").count(), 4, "{told}");
    }
}
