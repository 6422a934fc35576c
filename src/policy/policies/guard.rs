//! Policies whose purpose is to refuse calls. Where one can't be emulated,
//! leaving it out would let calls pass that the platform refuses: such calls
//! are refused instead.

use super::table::{GUARDS, POLICIES};
use crate::diagnose::closest;
use crate::policy::element::Element;

/// Whether calls may be refused by a policy: by itself, or by one that it
/// holds. Asked of policies that could not be read, so by names alone; one
/// that is misspelt is taken for what it is near to.
pub(in crate::policy) fn is_guard(element: &Element) -> bool {
    let names = || POLICIES.iter().map(|kind| kind.name);
    let is_meant = || closest(&element.name, names()).is_some_and(|near| GUARDS.contains(&near));
    refuses(element) || (names().all(|name| name != &*element.name) && is_meant())
}

fn refuses(element: &Element) -> bool {
    if &*element.name == "return-response" {
        return may_refuse(element);
    }
    // One that is newer than the table refuses as its like do.
    GUARDS.contains(&&*element.name) || element.name.starts_with("validate-") || element.elements().any(refuses)
}

/// Whether a response may be a refusal: its status is not known to be less
/// than 400.
fn may_refuse(response: &Element) -> bool {
    let status = response.elements().find(|e| &*e.name == "set-status");
    let Some(status) = status else { return response.attribute("response-variable-name").is_some() };
    let code = status.attribute("code").and_then(|code| code.value.text.trim().parse::<u16>().ok());
    code.is_none_or(|code| code >= 400)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::policies::REFUSED;
    use crate::policy::scan::scan;
    use crate::policy::source::Source;

    fn guards(text: &str) -> bool {
        is_guard(&scan(&Source::new("test", text.to_owned())).expect("well formed"))
    }

    #[test]
    fn every_guard_is_a_policy() {
        let known = |name: &str| {
            POLICIES.iter().any(|kind| kind.name == name) || REFUSED.iter().any(|(refused, _)| *refused == name)
        };
        assert_eq!(GUARDS.iter().find(|name| !known(name)), None);
        let unlisted = POLICIES.iter().find(|k| k.name.starts_with("validate-") && !GUARDS.contains(&k.name));
        assert_eq!(unlisted.map(|kind| kind.name), None);
    }

    #[test]
    fn what_may_refuse_is_a_guard_at_any_depth() {
        assert!(guards("<validate-jwt />") && guards("<validate-something-new />") && guards("<rate-limit />"));
        assert!(guards("<rate-limitt />") && !guards("<set-headr />"));
        assert!(!guards("<set-header />") && !guards("<mock-response />") && !guards("<send-request />"));
        assert!(guards("<choose><when><retry><check-header /></retry></when></choose>"));
        assert!(!guards("<choose><when><set-header /></when></choose>"));
    }

    #[test]
    fn a_response_is_a_guard_unless_its_status_is_a_success() {
        assert!(!guards("<return-response />"));
        assert!(!guards(r#"<return-response><set-status code="200" /></return-response>"#));
        assert!(guards(r#"<return-response><set-status code="403" /></return-response>"#));
        assert!(guards(r#"<return-response><set-status code="@(1)" /></return-response>"#));
        assert!(guards(r#"<return-response response-variable-name="x" />"#));
        assert!(guards(
            r#"<choose><when><return-response><set-status code="401" /></return-response></when></choose>"#
        ));
    }
}
