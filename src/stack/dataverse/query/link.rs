//! Links to more: the client's own query with a token.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What stays as it is in a query: what need not be encoded there, without
/// those signs that would end a value.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b'$')
    .remove(b',')
    .remove(b'(')
    .remove(b')')
    .remove(b'/')
    .remove(b':')
    .remove(b'@')
    .remove(b'*')
    .remove(b'!')
    .remove(b';')
    .remove(b'=');

/// The link to the next page.
pub(super) fn next(path: &str, options: &[(String, String)], token: &str) -> String {
    with(path, options, "$skiptoken", token)
}

/// The path with the options and one more, which takes the place of those of
/// its kind.
pub(super) fn with(path: &str, options: &[(String, String)], name: &str, value: &str) -> String {
    let mut link = format!("{path}?");
    for (option, text) in options.iter().filter(|(o, _)| o != "$skiptoken" && o != "$deltatoken") {
        link.extend(utf8_percent_encode(option, QUERY));
        link.push('=');
        link.extend(utf8_percent_encode(text, QUERY));
        link.push('&');
    }
    link.push_str(name);
    link.push('=');
    link.extend(utf8_percent_encode(value, QUERY));
    link
}
