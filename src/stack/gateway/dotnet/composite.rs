//! `string.Format`: `{0}`, `{1,-10}`, `{2:N2}`.

/// The largest width that is written.
const MAX_WIDTH: i64 = 10_000;

/// Puts values in their places; `value` gives one by its index and its format.
///
/// # Errors
/// What `value` tells, or the text of a `FormatException`.
pub(in crate::stack::gateway) fn composite<E: From<&'static str>>(
    pattern: &str,
    mut value: impl FnMut(usize, &str) -> Result<String, E>,
) -> Result<String, E> {
    let fault = || E::from("Input string was not in a correct format.");
    let mut out = String::new();
    let mut rest = pattern;
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(&rest[..at]);
        let brace = &rest[at..=at];
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix(brace) {
            out.push_str(brace);
            rest = after;
            continue;
        }
        if brace == "}" {
            return Err(fault());
        }
        let end = rest.find('}').ok_or_else(fault)?;
        let (place, format) = rest[..end].split_once(':').unwrap_or((&rest[..end], ""));
        let (index, width) = place.split_once(',').unwrap_or((place, "0"));
        let index = index.trim_end().parse::<usize>().map_err(|_| fault())?;
        let width = width.trim().parse::<i64>().ok().filter(|w| w.abs() <= MAX_WIDTH).ok_or_else(fault)?;
        out.push_str(&aligned(value(index, format)?, width));
        rest = &rest[end + 1..];
    }
    out.push_str(rest);
    Ok(out)
}

/// A text of at least that width: to the right, or to the left where the width
/// is negative.
pub(in crate::stack::gateway) fn aligned(text: String, width: i64) -> String {
    let missing = usize::try_from(width.abs() - text.encode_utf16().count() as i64).unwrap_or(0);
    if missing == 0 {
        return text;
    }
    let padding = " ".repeat(missing);
    if width < 0 { text + &padding } else { padding + &text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_in_their_places() {
        let value = |at: usize, format: &str| Ok::<_, &'static str>(format!("{at}{format}"));
        for (pattern, text) in [("a {0} b {1:N2}", "a 0 b 1N2"), ("{{{0}}}", "{0}"), ("[{0,4}|{1,-4}]", "[   0|1   ]")]
        {
            assert_eq!(composite(pattern, value).as_deref(), Ok(text));
        }
        for pattern in ["{", "}", "{x}", "{0", "{0,x}"] {
            assert!(composite(pattern, value).is_err(), "{pattern}");
        }
    }
}
