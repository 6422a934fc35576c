//! Broken tables (RFC 4180).

use super::piece::Piece;

fn lines(piece: &Piece<'_>) -> Option<Vec<String>> {
    let text = std::str::from_utf8(piece.content()).ok()?;
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    // A quoted cell may break lines; such a table is left as it is.
    (lines.len() > 1 && !text.contains('"')).then_some(lines)
}

pub(super) fn unclosed_quote(piece: &mut Piece<'_>) -> Option<()> {
    let mut lines = lines(piece)?;
    let last = lines.last_mut()?;
    last.insert(0, '"');
    piece.replace(lines.join("\r\n"));
    Some(())
}

pub(super) fn ragged(piece: &mut Piece<'_>) -> Option<()> {
    let mut lines = lines(piece)?;
    let delimiter = char::from(piece.operation.spelling(&piece.made.draft).delimiter);
    let first = lines.get(1)?.clone();
    let cut = first.rfind(delimiter)?;
    lines.push(first[..cut].to_owned());
    lines[1].push(delimiter);
    lines[1].push('x');
    piece.replace(lines.join("\r\n"));
    Some(())
}

pub(super) fn other_delimiter(piece: &mut Piece<'_>) -> Option<()> {
    let lines = lines(piece)?;
    let delimiter = char::from(piece.operation.spelling(&piece.made.draft).delimiter).to_string();
    if !lines[0].contains(&delimiter) {
        return None;
    }
    let other = ["\t", "|"][piece.pass as usize % 2];
    piece.replace(lines.join("\r\n").replace(&delimiter, other));
    Some(())
}

pub(super) fn nul(piece: &mut Piece<'_>) -> Option<()> {
    let mut lines = lines(piece)?;
    lines.last_mut()?.push('\0');
    piece.replace(lines.join("\r\n"));
    Some(())
}

pub(super) fn cr_only(piece: &mut Piece<'_>) -> Option<()> {
    let lines = lines(piece)?;
    piece.replace(lines.join("\r"));
    Some(())
}

pub(super) fn blank_lines(piece: &mut Piece<'_>) -> Option<()> {
    let lines = lines(piece)?;
    piece.replace(lines.join("\r\n\r\n") + "\r\n\r\n\r\n");
    Some(())
}

pub(super) fn empty_row(piece: &mut Piece<'_>) -> Option<()> {
    let mut lines = lines(piece)?;
    let delimiter = char::from(piece.operation.spelling(&piece.made.draft).delimiter);
    let separators: String = lines[0].chars().filter(|c| *c == delimiter).collect();
    lines.insert(1, separators);
    piece.replace(lines.join("\r\n"));
    Some(())
}

/// A word in the first cell, a number in a later one.
pub(super) fn total_line(piece: &mut Piece<'_>) -> Option<()> {
    let mut lines = lines(piece)?;
    let delimiter = char::from(piece.operation.spelling(&piece.made.draft).delimiter);
    let mut cells = vec![""; lines[0].matches(delimiter).count() + 1];
    *cells.first_mut()? = "Total";
    *cells.get_mut(2)? = "1234.50";
    lines.push(cells.join(&delimiter.to_string()));
    piece.replace(lines.join("\r\n"));
    Some(())
}

pub(super) fn row_twice(piece: &mut Piece<'_>) -> Option<()> {
    let mut lines = lines(piece)?;
    let row = lines.get(1)?.clone();
    lines.push(row);
    piece.replace(lines.join("\r\n"));
    Some(())
}

pub(super) fn all_quoted(piece: &mut Piece<'_>) -> Option<()> {
    let lines = lines(piece)?;
    let delimiter = char::from(piece.operation.spelling(&piece.made.draft).delimiter);
    let between = format!("\"{delimiter}\"");
    let quoted = |line: &String| format!("\"{}\"", line.replace(delimiter, &between));
    piece.replace(lines.iter().map(quoted).collect::<Vec<_>>().join("\r\n"));
    Some(())
}

pub(super) fn lf_only(piece: &mut Piece<'_>) -> Option<()> {
    let lines = lines(piece)?;
    piece.replace(lines.join("\n") + "\n");
    Some(())
}
