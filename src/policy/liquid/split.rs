//! A template's text in pieces: what stands as it is, outputs, tags.

use super::markup::Fault;

/// A piece, with the offset of its content.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Piece<'t> {
    Text(&'t str),
    /// Between `{{` and `}}`.
    Output(usize, &'t str),
    /// Between `{%` and `%}`.
    Tag(usize, &'t str),
}

/// Cuts a template into pieces. `raw` and `comment` blocks are resolved here:
/// nothing in them is a piece of its own.
pub(super) fn split(text: &str) -> Result<Vec<Piece<'_>>, Fault> {
    let (mut pieces, mut at) = (Vec::new(), 0);
    // Whether white space at the begin of the next text falls away.
    let mut trims = false;
    while let Some(found) = next_open(text, at) {
        let (begin, is_tag) = found;
        let close = if is_tag { "%}" } else { "}}" };
        let inner = begin + 2;
        let Some(length) = text[inner..].find(close) else {
            let open = if is_tag { "{%" } else { "{{" };
            return Err(Fault::at(begin, format!("`{open}` is not closed")).expected(format!("`{close}`")));
        };
        let mut content = (inner, &text[inner..inner + length]);
        let dashed = content.1.starts_with('-');
        push_text(&mut pieces, &text[at..begin], trims, dashed);
        if dashed {
            content = (content.0 + 1, &content.1[1..]);
        }
        trims = content.1.ends_with('-');
        content.1 = content.1.strip_suffix('-').unwrap_or(content.1);
        at = inner + length + 2;
        match (is_tag, content.1.trim()) {
            (true, name @ ("raw" | "comment")) => {
                let (end, after) = block_end(text, at, name)
                    .ok_or_else(|| Fault::at(begin, format!("`{{% {name} %}}` is not closed")))?;
                if name == "raw" {
                    push_text(&mut pieces, &text[at..end], trims, false);
                }
                (at, trims) = (after, text[..after - 2].ends_with('-'));
            }
            (true, _) => pieces.push(Piece::Tag(content.0, content.1)),
            (false, _) => pieces.push(Piece::Output(content.0, content.1)),
        }
    }
    push_text(&mut pieces, &text[at..], trims, false);
    Ok(pieces)
}

fn push_text<'t>(pieces: &mut Vec<Piece<'t>>, text: &'t str, trims_start: bool, trims_end: bool) {
    let text = if trims_start { text.trim_start() } else { text };
    let text = if trims_end { text.trim_end() } else { text };
    if !text.is_empty() {
        pieces.push(Piece::Text(text));
    }
}

/// Where the next output or tag begins, and which it is.
fn next_open(text: &str, from: usize) -> Option<(usize, bool)> {
    let bytes = text.as_bytes();
    (from..bytes.len().saturating_sub(1))
        .find(|at| bytes[*at] == b'{' && matches!(bytes[at + 1], b'{' | b'%'))
        .map(|at| (at, bytes[at + 1] == b'%'))
}

/// Where the end tag of a block begins, and where what follows it begins.
fn block_end(text: &str, from: usize, name: &str) -> Option<(usize, usize)> {
    let mut at = from;
    loop {
        let begin = at + text[at..].find("{%")?;
        let end = begin + 2 + text[begin + 2..].find("%}")?;
        let content = text[begin + 2..end].trim_matches('-').trim();
        if content.strip_prefix("end") == Some(name) {
            return Some((begin, end + 2));
        }
        at = begin + 2;
    }
}
