//! URLs and HTML: escaped and back.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// What `Uri.EscapeDataString` keeps: the unreserved characters of RFC 3986.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// What `Uri.EscapeUriString` keeps besides: the reserved ones.
const URI_ESCAPED: &AsciiSet = &ESCAPED
    .remove(b':')
    .remove(b'/')
    .remove(b'?')
    .remove(b'#')
    .remove(b'[')
    .remove(b']')
    .remove(b'@')
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=');

/// What `WebUtility.UrlEncode` keeps; a space becomes `+`.
const WEB_ESCAPED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'!').remove(b'*').remove(b'(').remove(b')');

/// Names of characters in HTML, besides those that `html_encode` writes.
const ENTITIES: [(&str, char); 24] = [
    ("apos", '\''),
    ("nbsp", '\u{a0}'),
    ("copy", '©'),
    ("reg", '®'),
    ("sect", '§'),
    ("deg", '°'),
    ("euro", '€'),
    ("pound", '£'),
    ("hellip", '…'),
    ("ndash", '–'),
    ("mdash", '—'),
    ("lsquo", '‘'),
    ("rsquo", '’'),
    ("ldquo", '“'),
    ("rdquo", '”'),
    ("auml", 'ä'),
    ("ouml", 'ö'),
    ("uuml", 'ü'),
    ("Auml", 'Ä'),
    ("Ouml", 'Ö'),
    ("Uuml", 'Ü'),
    ("szlig", 'ß'),
    ("eacute", 'é'),
    ("times", '×'),
];

/// `Uri.EscapeDataString`.
pub(in crate::stack::gateway) fn uri_escape(text: &str) -> String {
    utf8_percent_encode(text, ESCAPED).to_string()
}

/// `Uri.EscapeUriString`.
pub(in crate::stack::gateway) fn uri_escape_reserved(text: &str) -> String {
    utf8_percent_encode(text, URI_ESCAPED).to_string()
}

/// `Uri.UnescapeDataString`.
pub(in crate::stack::gateway) fn uri_unescape(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// `WebUtility.UrlEncode`.
pub(in crate::stack::gateway) fn url_encode(text: &str) -> String {
    utf8_percent_encode(text, WEB_ESCAPED).to_string().replace("%20", "+")
}

/// `WebUtility.UrlDecode`.
pub(in crate::stack::gateway) fn url_decode(text: &str) -> String {
    uri_unescape(&text.replace('+', " "))
}

/// `WebUtility.HtmlEncode`.
pub(in crate::stack::gateway) fn html_encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\u{a0}'..='\u{ff}' | '\u{1_0000}'.. => {
                out.push_str("&#");
                out.push_str(&(c as u32).to_string());
                out.push(';');
            }
            _ => out.push(c),
        }
    }
    out
}

/// `WebUtility.HtmlDecode`; names that are no entity stay.
pub(in crate::stack::gateway) fn html_decode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        match rest.find([';', '&']).filter(|end| rest.as_bytes()[*end] == b';') {
            Some(end) => match entity(&rest[..end]) {
                Some(c) => {
                    out.push(c);
                    rest = &rest[end + 1..];
                }
                None => out.push('&'),
            },
            None => out.push('&'),
        }
    }
    out + rest
}

fn entity(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let hex = number.strip_prefix(['x', 'X']);
        return char::from_u32(hex.map_or_else(|| number.parse(), |hex| u32::from_str_radix(hex, 16)).ok()?);
    }
    Some(match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        _ => return ENTITIES.iter().find(|(n, _)| *n == name).map(|(_, c)| *c),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_escaped_as_dot_net_does() {
        assert_eq!(uri_escape("a b/ä~!'()*"), "a%20b%2F%C3%A4~%21%27%28%29%2A");
        assert_eq!(uri_escape_reserved("http://h/a b?x=1"), "http://h/a%20b?x=1");
        assert_eq!(uri_unescape("a%20b%2F%zz+"), "a b/%zz+");
        assert_eq!(url_encode("a b&c=ä(!)~'"), "a+b%26c%3D%C3%A4(!)%7E%27");
        assert_eq!(url_decode("a+b%26"), "a b&");
        assert_eq!(
            html_encode("<a href=\"x\">Tom & 'ä'</a>"),
            "&lt;a href=&quot;x&quot;&gt;Tom &amp; &#39;&#228;&#39;&lt;/a&gt;"
        );
        assert_eq!(html_decode("&lt;b&gt; &amp;amp; &#228;&#xe4;&euro; &unknown; a&b"), "<b> &amp; ää€ &unknown; a&b");
    }
}
