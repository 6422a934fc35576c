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
    let delimiter = char::from(piece.operation.delimiter(&piece.made.draft));
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
    let delimiter = char::from(piece.operation.delimiter(&piece.made.draft)).to_string();
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
