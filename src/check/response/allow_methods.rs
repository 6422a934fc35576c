//! `response/allow-methods`.

use http::Method;

use crate::check::claim::Claim;
use crate::check::{Check, ExchangeSubject, Family, Finding, Judge, Level};

pub(in crate::check) const CHECK: Check = Check {
    id: "response/allow-methods",
    family: Family::Response,
    title: "Allow names the methods that there are",
    explanation: "A 405 names in `Allow` the methods that its resource supports (RFC 9110 §15.5.6): all those that \
        the document has for the path, and not the one that it has just refused. Gateways and clients that ask \
        before they send believe it.\n\nA warning: many frameworks name the methods of one route only. Not judged: \
        405 without `Allow`, and paths that the document does not have.",
    level: Level::Warning,
    needs: &[],
    judge: Judge::Exchange(judge),
};

/// The methods that a document can have for a path, without `HEAD` and
/// `OPTIONS`, which frameworks answer by themselves.
const METHODS: [Method; 6] = [Method::GET, Method::PUT, Method::POST, Method::DELETE, Method::PATCH, Method::TRACE];

fn judge(subject: &ExchangeSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some(response) = subject.exchange.response().filter(|response| response.status == 405) else { return false };
    let Some(allow) = response.headers.get("allow") else { return false };
    let request = &subject.exchange.request;
    let path = request.target.split(['?', '#']).next().unwrap_or(&request.target);
    let openapi = &subject.contract.openapi;
    let declared: Vec<&Method> = METHODS.iter().filter(|method| openapi.match_path(method, path).is_some()).collect();
    if declared.is_empty() {
        return false;
    }
    let allowed: Vec<&str> = response.headers.get_all("allow").flat_map(|f| f.split(',')).map(str::trim).collect();
    let missing: Vec<&str> = declared.iter().map(|m| m.as_str()).filter(|m| !allowed.contains(m)).collect();
    let refused = request.method.as_str();
    let lies = allowed.contains(&refused);
    if !missing.is_empty() || lies {
        let template = openapi.match_path(declared[0], path).map_or_else(String::new, |(o, _)| o.path.clone());
        found.push(subject.finding(
            &CHECK,
            Claim {
                what: template.clone(),
                title: if lies {
                    format!("{template} refuses {refused} with 405 and names it in Allow")
                } else {
                    format!("Allow of {template} lacks {}", missing.join(", "))
                },
                expected: declared.iter().map(|m| m.as_str()).collect::<Vec<_>>().join(", "),
                actual: format!("Allow: {allow}"),
                place: openapi.match_path(declared[0], path).map(|(o, _)| o.place.clone()),
            },
        ));
    }
    true
}

#[cfg(test)]
mod tests {
    use crate::check::synthetic::{answer, exchange_findings, plain};

    #[test]
    fn a_405_that_leaves_a_method_out_is_found_and_one_that_names_all_is_not() {
        // The calls of these tests are a POST, the only method of its path.
        let found = |allow: &str| exchange_findings(&super::CHECK, &plain(), answer(405).header("Allow", allow)).len();
        assert_eq!([found("GET"), found("GET, POST"), found("")], [1, 1, 1]);
        assert!(exchange_findings(&super::CHECK, &plain(), answer(405)).is_empty(), "without Allow");
        assert!(exchange_findings(&super::CHECK, &plain(), answer(200).header("Allow", "GET")).is_empty());
    }
}
