//! `rewrite-uri`.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

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
    if keep && !call.query.is_empty() {
        if !query.is_empty() {
            query.push('&');
        }
        query.push_str(&call.query);
    }
    if !path.starts_with('/') {
        path.insert(0, '/');
    }
    (call.path, call.query) = (path, query);
    Ok(())
}
