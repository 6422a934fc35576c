//! Escaping: one function for each language that a report is written in.
//!
//! Everything that came from a target, a contract or a generator is hostile
//! where it is shown. [`visible`] comes first everywhere: it writes control
//! characters, and characters that change the direction or hide, as `\x1b` or
//! `\u{202e}`, so that what is shown is what is there.

use std::fmt::Write;

/// A text in which every character can be seen; line feeds and tabs stay.
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => shown.push(c),
            c if c.is_control() => {
                let _ = write!(shown, "\\x{:02x}", u32::from(c));
            }
            c if hides(c) => {
                let _ = write!(shown, "\\u{{{:x}}}", u32::from(c));
            }
            c => shown.push(c),
        }
    }
    shown
}

/// Characters that have no shape of their own, or change the direction of
/// others (Unicode Standard Annex 9), or are none (noncharacters).
fn hides(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{fdd0}'..='\u{fdef}'
        | '\u{e0000}'..='\u{e007f}')
        || u32::from(c) & 0xfffe == 0xfffe
}

/// A text for a terminal: nothing in it moves the cursor or changes colours.
/// Line feeds and tabs stay.
pub fn terminal(text: &str) -> String {
    visible(text)
}

/// A text for HTML, between tags or in a quoted attribute.
pub fn html(text: &str) -> String {
    markup(&visible(text))
}

/// A text for XML 1.0, between tags or in an attribute in double quotes. All
/// that XML can't hold (§2.2) is gone.
pub fn xml(text: &str) -> String {
    markup(&visible(text))
}

fn markup(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// A text for one line of Markdown, also in a table's cell: no emphasis, no
/// links (not those either that GitHub makes by itself), no HTML.
pub fn markdown(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in visible(text).chars() {
        match c {
            '\n' | '\t' => escaped.push(' '),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '@' => escaped.push_str("&#64;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '#' | '!' | '|' | '~' | ':' | '$' => {
                escaped.push('\\');
                escaped.push(c);
            }
            c => escaped.push(c),
        }
    }
    // GitHub links `www.` without a scheme, too.
    escaped.replace("www.", "www&#46;")
}

/// A text as a fenced block of Markdown; the fence is longer than any run of
/// backticks in it.
pub fn markdown_block(language: &str, text: &str) -> String {
    let text = visible(text);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}{language}\n{text}\n{fence}\n")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hostile_texts_are_shown_and_not_obeyed() {
        assert_eq!(terminal("a\x1b[31mred\r\u{202e}x"), "a\\x1b[31mred\\x0d\\u{202e}x");
        assert_eq!(html("<script>alert('1')</script>"), "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;");
        assert_eq!(xml("a\0\u{ffff}&\""), "a\\x00\\u{ffff}&amp;&quot;");
        assert_eq!(markdown("**x** | [a](http://b)"), "\\*\\*x\\*\\* \\| \\[a\\]\\(http\\://b\\)");
        assert_eq!(markdown_block("sh", "a ```` b"), "`````sh\na ```` b\n`````\n");
    }

    proptest! {
        #[test]
        fn nothing_that_xml_forbids_is_left(text in any::<String>()) {
            let escaped = xml(&text);
            let forbidden = |c: char| (c < ' ' && !matches!(c, '\n' | '\t')) || matches!(c, '\u{fffe}' | '\u{ffff}' | '<' | '"');
            prop_assert!(!escaped.contains(forbidden), "{escaped:?}");
        }

        #[test]
        fn a_text_for_a_terminal_has_no_controls(text in any::<String>()) {
            prop_assert!(!terminal(&text).contains(|c: char| c.is_control() && c != '\n' && c != '\t'));
        }

        #[test]
        fn escaping_a_visible_text_again_changes_nothing(text in any::<String>()) {
            let once = visible(&text);
            prop_assert_eq!(visible(&once), once);
        }
    }
}
