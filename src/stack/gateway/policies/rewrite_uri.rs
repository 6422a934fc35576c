//! `rewrite-uri`.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::form_urlencoded::parse;

use crate::policy::RewriteUri;
use crate::stack::gateway::call::Call;
use crate::stack::gateway::raised::Raised;

/// What a value keeps when it is put into a path.
const SEGMENT: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'\'').remove(b'=').remove(b',');

/// Replaces path and query. `{name}` in the template is the operation's
/// parameter of that name.
pub(in crate::stack::gateway) fn rewrite_uri(call: &mut Call, policy: &RewriteUri) -> Result<(), Raised> {
    let template = call.text_or_empty(&policy.template)?;
    let keep = call.flag(&policy.copy_unmatched)?;
    // A path that an expression gives is one already.
    let literal = policy.template.fixed().is_some();
    let (path, query) = template.split_once('?').unwrap_or((&template, ""));
    let (mut path, mut query) = (path.to_owned(), query.to_owned());
    for (name, value) in call.parameters.iter().filter(|_| literal) {
        let value = utf8_percent_encode(value, SEGMENT).to_string();
        path = path.replace(&format!("{{{name}}}"), &value);
        query = query.replace(&format!("{{{name}}}"), &value);
    }
    let own =
        call.operation.as_ref().map_or(&[][..], |o| o.template.split_once('?').map_or(&[], |(_, q)| q.as_bytes()));
    let own: Vec<(String, String)> = parse(own).into_owned().collect();
    for (name, placeholder) in own.iter().filter(|_| literal) {
        let value = parse(call.query.as_bytes()).find(|(n, _)| n == name).map(|(_, value)| value.into_owned());
        let value = utf8_percent_encode(&value.unwrap_or_default(), SEGMENT).to_string();
        path = path.replace(placeholder.as_str(), &value);
        query = query.replace(placeholder.as_str(), &value);
    }
    let kept = if keep { unmatched(&call.query, &own) } else { String::new() };
    if !(query.is_empty() || kept.is_empty()) {
        query.push('&');
    }
    query.push_str(&kept);
    if !path.starts_with('/') {
        path.insert(0, '/');
    }
    (call.path, call.query) = (path, query);
    Ok(())
}

/// What a query holds beside the parameters of the operation's own template,
/// as it was written.
fn unmatched(query: &str, own: &[(String, String)]) -> String {
    let is_own = |pair: &str| parse(pair.as_bytes()).next().is_some_and(|(n, _)| own.iter().any(|(o, _)| *o == n));
    query.split('&').filter(|pair| !pair.is_empty() && !is_own(pair)).collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_operation_names_is_matched_and_everything_else_is_kept() {
        let own: Vec<(String, String)> = parse(b"a={b}").into_owned().collect();
        assert_eq!(own, [("a".to_owned(), "{b}".to_owned())]);
        assert_eq!(unmatched("a=b&c=%2F&d", &own), "c=%2F&d");
        assert_eq!(unmatched("a=b", &own), "");
        assert_eq!(unmatched("", &own), "");
    }
}
