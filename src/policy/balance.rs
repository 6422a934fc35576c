//! Where an expression ends: the closer that balances `@(` or `@{`, past C#
//! strings, characters and comments.

/// The byte offset after the closer of the expression that `text` begins with,
/// or `None` where it is not closed.
pub(super) fn expression_end(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    debug_assert!(bytes.starts_with(b"@(") || bytes.starts_with(b"@{"), "the caller looked");
    block_end(bytes, 1, 0)
}

/// Interpolated strings inside of each other, at most; more is refused, so that
/// no document exhausts the stack.
const MAX_DEPTH: usize = 16;

/// The offset after the closer of the bracket at `at`.
fn block_end(bytes: &[u8], mut at: usize, depth: usize) -> Option<usize> {
    let mut open = Vec::new();
    loop {
        match *bytes.get(at)? {
            b'(' => open.push(b')'),
            b'[' => open.push(b']'),
            b'{' => open.push(b'}'),
            closer @ (b')' | b']' | b'}') => {
                if open.pop()? != closer {
                    return None;
                }
                if open.is_empty() {
                    return Some(at + 1);
                }
            }
            b'"' | b'@' | b'$' | b'\'' | b'/' => {
                at = nested_literal_end(bytes, at, depth)?;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
}

/// Past the string, character or comment at `at`; one byte on where there is
/// none.
pub(super) fn literal_end(bytes: &[u8], at: usize) -> Option<usize> {
    nested_literal_end(bytes, at, 0)
}

fn nested_literal_end(bytes: &[u8], at: usize, depth: usize) -> Option<usize> {
    let rest = &bytes[at..];
    for (prefix, verbatim, interpolated) in [
        (&b"\""[..], false, false),
        (b"@\"", true, false),
        (b"$\"", false, true),
        (b"$@\"", true, true),
        (b"@$\"", true, true),
    ] {
        if rest.starts_with(prefix) {
            let begin = at + prefix.len();
            return if interpolated {
                interpolated_end(bytes, begin, verbatim, depth + 1)
            } else {
                string_end(bytes, begin, verbatim)
            };
        }
    }
    if rest.starts_with(b"//") {
        return Some(at + rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len()));
    }
    if rest.starts_with(b"/*") {
        return rest[2..].windows(2).position(|w| w == b"*/").map(|end| at + end + 4);
    }
    if rest[0] == b'\'' {
        let skip = if rest.get(1) == Some(&b'\\') { 3 } else { 2 };
        let end = rest.iter().skip(skip).position(|b| *b == b'\'')?;
        return Some(at + skip + end + 1);
    }
    Some(at + 1)
}

fn string_end(bytes: &[u8], mut at: usize, verbatim: bool) -> Option<usize> {
    loop {
        match *bytes.get(at)? {
            b'\\' if !verbatim => at += 2,
            b'"' if verbatim && bytes.get(at + 1) == Some(&b'"') => at += 2,
            b'"' => return Some(at + 1),
            _ => at += 1,
        }
    }
}

fn interpolated_end(bytes: &[u8], mut at: usize, verbatim: bool, depth: usize) -> Option<usize> {
    if depth > MAX_DEPTH {
        return None;
    }
    loop {
        match *bytes.get(at)? {
            b'\\' if !verbatim => at += 2,
            b'"' if verbatim && bytes.get(at + 1) == Some(&b'"') => at += 2,
            b'"' => return Some(at + 1),
            b'{' if bytes.get(at + 1) == Some(&b'{') => at += 2,
            b'{' => at = block_end(bytes, at, depth)?,
            _ => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_characters_and_comments_do_not_close() {
        for text in [
            r#"@("a)" + f("\")"))"#,
            r#"@(@"c:\" + x)"#,
            r#"@($"{a["k)"]} {{)")"#,
            "@(')' == c)",
            "@('\\'' == c)",
            "@{ // don't )}\n return 1; }",
            "@{ /* } */ return a / b; }",
        ] {
            assert_eq!(expression_end(text), Some(text.len()), "{text}");
            assert_eq!(expression_end(&format!("{text}\" rest)")), Some(text.len()), "{text}");
        }
        let nested = format!("@({}", "$\"{".repeat(100_000));
        assert_eq!(expression_end(&nested), None);
        for text in ["@(", "@(/*/ )", "@(a", "@(a]", "@(\"a)", "@{ if (x) { }"] {
            assert_eq!(expression_end(text), None, "{text}");
        }
    }
}
