//! `lifecycle/successor`.

use super::announced;
use crate::check::claim::Claim;
use crate::check::{Check, ExchangeSubject, Family, Finding, Judge, Level};
use crate::contract::behaviour::LifecycleStatus;
use crate::generate::Need;
use crate::wire::Response;

pub(in crate::check) const CHECK: Check = Check {
    id: "lifecycle/successor",
    family: Family::Lifecycle,
    title: "a deprecated version names its successor",
    explanation: "Where the contract declares `successor`, each success of the deprecated version carries a `Link` \
        with `rel=\"successor-version\"` (RFC 5829) whose target is that version. A target on the same \
        origin has to be that version of the same API; one elsewhere may be a page about it.",
    level: Level::Error,
    needs: &[Need::Behaviour],
    judge: Judge::Exchange(judge),
};

fn judge(subject: &ExchangeSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some((behaviour, lifecycle, response)) = announced(subject, LifecycleStatus::Deprecated) else {
        return false;
    };
    let Some(successor) = lifecycle.successor.as_deref() else { return false };
    let targets = successors(response);
    let own = own_path(subject, successor);
    let named = |target: &String| {
        target.split(['/', '?', '#']).any(|segment| segment == successor)
            && own.as_deref().is_none_or(|own| !target.starts_with('/') || is_below(target, own))
    };
    if !targets.iter().any(named) {
        let (what, title) = if targets.is_empty() {
            ("missing", "a deprecated version does not name its successor")
        } else {
            ("differs", "a deprecated version names another successor than the contract")
        };
        found.push(subject.finding(
            &CHECK,
            Claim {
                what: what.to_owned(),
                title: title.to_owned(),
                expected: format!("Link: <…/{successor}>; rel=\"successor-version\""),
                actual: targets.first().map_or_else(|| "no such link".to_owned(), |target| format!("Link: <{target}>")),
                place: Some(behaviour.place("/lifecycle/successor")),
            },
        ));
    }
    true
}

/// Where the successor stands beside this version, if versions stand at the end
/// of base paths: a target of this origin that lies elsewhere is another API.
fn own_path(subject: &ExchangeSubject<'_>, successor: &str) -> Option<String> {
    let (api, version) = subject.contract.openapi.base_path.rsplit_once('/')?;
    (version == &*subject.contract.id.version).then(|| format!("{api}/{successor}"))
}

fn is_below(target: &str, path: &str) -> bool {
    target.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
}

/// Targets of all links with the relation. Commas and semicolons inside `<…>`
/// and quotation marks belong to what they stand in (RFC 8288 §3).
fn successors(response: &Response) -> Vec<String> {
    response
        .headers
        .get_all("link")
        .flat_map(links)
        .filter(|(_, parameters)| is_successor(parameters))
        .map(|l| l.0)
        .collect()
}

fn links(text: &str) -> Vec<(String, String)> {
    let (mut found, mut rest) = (Vec::new(), text);
    while let Some((_, after)) = rest.split_once('<') {
        let Some((target, after)) = after.split_once('>') else { break };
        let mut quoted = false;
        let end = after
            .char_indices()
            .find(|(_, c)| {
                quoted ^= *c == '"';
                *c == ',' && !quoted
            })
            .map_or(after.len(), |(at, _)| at);
        found.push((target.to_owned(), after[..end].to_owned()));
        rest = &after[end..];
    }
    found
}

fn is_successor(parameters: &str) -> bool {
    parameters.split(';').filter_map(|parameter| parameter.split_once('=')).any(|(name, value)| {
        let relations = value.trim().trim_matches('"');
        name.trim().eq_ignore_ascii_case("rel")
            && relations.split_ascii_whitespace().any(|r| r.eq_ignore_ascii_case("successor-version"))
    })
}

#[cfg(test)]
mod tests {
    use crate::check::synthetic::{answer, exchange_findings, with_behaviour};

    #[test]
    fn a_missing_or_other_successor_is_found() {
        let contract = with_behaviour();
        let told = |link: &str| exchange_findings(&super::CHECK, &contract, answer(200).header("Link", link)).len();
        assert_eq!(told("</bulk-update/v2>; rel=\"successor-version\""), 0);
        assert_eq!(
            told("<https://d/a,b>; rel=\"deprecation\"; title=\"x, y\", <https://h/v2/x>; rel=successor-version"),
            0
        );
        assert_eq!(told("</tabular-intake/v2>; rel=\"successor-version\""), 1, "another API");
        assert_eq!(told("</bulk-update/v3>; rel=\"successor-version\""), 1);
        assert_eq!(told("</bulk-update/v2>; rel=\"deprecation\""), 1);
        assert_eq!(exchange_findings(&super::CHECK, &contract, answer(200)).len(), 1);
    }
}
