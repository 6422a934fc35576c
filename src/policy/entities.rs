//! Entities of XML in documents that are none: in text, and in expressions
//! beside quotes that stand raw.

use super::balance::literal_end;

/// Decodes the five entities and character references; an `&` that begins none
/// stays, as in raw expressions.
pub(super) fn decode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some((c, end)) = rest.find(';').and_then(|end| entity(&rest[1..end]).map(|c| (c, end))) {
            out.push(c);
            rest = &rest[end + 1..];
        } else {
            out.push('&');
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
    out
}

/// Decodes entities of an expression whose strings stand raw: documents mix
/// both forms. What stands in a string is what the string says.
pub(super) fn decode_code(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut out, mut from, mut at) = (String::with_capacity(text.len()), 0, 0);
    while let Some(byte) = bytes.get(at) {
        if matches!(byte, b'"' | b'\'' | b'@' | b'$' | b'/') {
            let end = literal_end(bytes, at).filter(|end| text.is_char_boundary(*end)).unwrap_or(text.len());
            if end > at + 1 {
                out.push_str(&decode(&text[from..at]));
                out.push_str(&text[at..end]);
                from = end;
            }
            at = end;
        } else {
            at += 1;
        }
    }
    out.push_str(&decode(&text[from.min(text.len())..]));
    out
}

fn entity(name: &str) -> Option<char> {
    match name {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let code = name.strip_prefix('#')?;
            let code = match code.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => code.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}
