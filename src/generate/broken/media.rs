//! Media types, charsets and codings.

#![expect(clippy::unnecessary_wraps, reason = "every breakage has one shape, and some can always be made")]

use super::gzip;
use super::piece::Piece;

fn declared(piece: &Piece<'_>) -> Option<String> {
    let value = piece.request.headers.get("Content-Type")?;
    // Another charset beside one that is declared would be another promise.
    (!value.contains(';')).then(|| value.to_owned())
}

fn with(piece: &mut Piece<'_>, parameter: &str) -> Option<()> {
    let media = declared(piece)?;
    piece.request.headers.set("Content-Type", format!("{media}{parameter}"));
    Some(())
}

/// Whether the content is text, for which a charset means something.
fn text(piece: &Piece<'_>) -> Option<()> {
    let media = declared(piece)?;
    (media.starts_with("text/") || media.ends_with("json")).then_some(())
}

pub(super) fn charset_utf_8(piece: &mut Piece<'_>) -> Option<()> {
    text(piece)?;
    with(piece, ["; charset=utf-8", ";charset=utf-8"][piece.pass as usize % 2])
}

pub(super) fn charset_quoted(piece: &mut Piece<'_>) -> Option<()> {
    text(piece)?;
    with(piece, "; charset=\"utf-8\"")
}

pub(super) fn charset_upper(piece: &mut Piece<'_>) -> Option<()> {
    text(piece)?;
    with(piece, "; Charset=UTF-8")
}

pub(super) fn charset_utf_16(piece: &mut Piece<'_>) -> Option<()> {
    text(piece)?;
    with(piece, "; charset=utf-16")
}

pub(super) fn charset_unknown(piece: &mut Piece<'_>) -> Option<()> {
    text(piece)?;
    with(piece, "; charset=klingon")
}

pub(super) fn upper_case(piece: &mut Piece<'_>) -> Option<()> {
    let media = declared(piece)?;
    let mut shown = media.to_ascii_uppercase();
    if piece.pass % 2 == 1 {
        shown = media.split('/').map(capital).collect::<Vec<_>>().join("/");
    }
    piece.request.headers.set("Content-Type", shown);
    Some(())
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + chars.as_str())
}

pub(super) fn missing(piece: &mut Piece<'_>) -> Option<()> {
    piece.request.headers.remove("Content-Type");
    Some(())
}

pub(super) fn other(piece: &mut Piece<'_>) -> Option<()> {
    let declared = piece.operation.operation.request.iter().flat_map(|r| &r.content);
    let open = declared.clone().any(|m| m.name.ends_with("/*") || m.name.starts_with("image/"));
    if open {
        return None;
    }
    piece.request.headers.set("Content-Type", "image/png");
    Some(())
}

pub(super) fn malformed(piece: &mut Piece<'_>) -> Option<()> {
    let value = ["json", ";;", "application/", "/", "application/json/x"][piece.pass as usize % 5];
    piece.request.headers.set("Content-Type", value);
    Some(())
}

pub(super) fn twice(piece: &mut Piece<'_>) -> Option<()> {
    piece.request.headers.append("Content-Type", "text/html");
    Some(())
}

pub(super) fn gzip_declared(piece: &mut Piece<'_>) -> Option<()> {
    piece.request.headers.set("Content-Encoding", "gzip");
    let content = gzip::stored(piece.content());
    piece.replace(content);
    Some(())
}

pub(super) fn gzip_undeclared(piece: &mut Piece<'_>) -> Option<()> {
    let content = gzip::stored(piece.content());
    piece.replace(content);
    Some(())
}

pub(super) fn gzip_lied(piece: &mut Piece<'_>) -> Option<()> {
    piece.request.headers.set("Content-Encoding", "gzip");
    Some(())
}

pub(super) fn coding_unknown(piece: &mut Piece<'_>) -> Option<()> {
    piece.request.headers.set("Content-Encoding", "zoological");
    Some(())
}
