//! Methods and targets that lead astray.

#![expect(clippy::unnecessary_wraps, reason = "every breakage has one shape, and some can always be made")]

use http::Method;

use super::piece::Piece;

fn without_content(piece: &mut Piece<'_>) {
    piece.request.headers.remove("Content-Type");
    piece.by_hand.content = bytes::Bytes::new();
    piece.by_hand.lines.clear();
}

fn method(piece: &mut Piece<'_>, name: &str) -> Option<()> {
    let method = Method::from_bytes(name.as_bytes()).ok()?;
    if piece.methods.contains(&method) {
        return None;
    }
    piece.request.method = method;
    Some(())
}

pub(super) fn undeclared(piece: &mut Piece<'_>) -> Option<()> {
    let methods = ["DELETE", "PUT", "PATCH", "POST"];
    let mut known = methods.iter().filter(|name| !piece.methods.iter().any(|m| m.as_str() == **name));
    let count = known.clone().count();
    let name = *known.nth(piece.pass as usize % count.max(1))?;
    without_content(piece);
    method(piece, name)
}

pub(super) fn unknown_method(piece: &mut Piece<'_>) -> Option<()> {
    method(piece, ["BREW", "PROPFIND", "M-SEARCH"][piece.pass as usize % 3])
}

pub(super) fn lower_case(piece: &mut Piece<'_>) -> Option<()> {
    let name = piece.request.method.as_str().to_ascii_lowercase();
    method(piece, &name)
}

pub(super) fn head(piece: &mut Piece<'_>) -> Option<()> {
    if piece.methods.contains(&Method::GET) {
        return None;
    }
    without_content(piece);
    method(piece, "HEAD")
}

pub(super) fn options(piece: &mut Piece<'_>) -> Option<()> {
    without_content(piece);
    method(piece, "OPTIONS")
}

pub(super) fn trace(piece: &mut Piece<'_>) -> Option<()> {
    without_content(piece);
    method(piece, "TRACE")
}

pub(super) fn absolute(piece: &mut Piece<'_>) -> Option<()> {
    piece.by_hand.absolute = true;
    Some(())
}

/// Changes the path before its last segment.
fn inside(piece: &mut Piece<'_>, with: &str) -> Option<()> {
    let target = &piece.request.target;
    let end = target.find('?').unwrap_or(target.len());
    let slash = target[..end].rfind('/')?;
    piece.request.target = format!("{}{with}{}", &target[..slash], &target[slash + 1..]);
    Some(())
}

/// Changes the path at its end.
fn behind(piece: &mut Piece<'_>, with: &str) -> Option<()> {
    let target = &piece.request.target;
    let end = target.find('?').unwrap_or(target.len());
    piece.request.target = format!("{}{with}{}", &target[..end], &target[end..]);
    Some(())
}

pub(super) fn encoded_slash(piece: &mut Piece<'_>) -> Option<()> {
    inside(piece, "%2F")?;
    // Without a first slash it would be no target at all.
    piece.request.target.starts_with('/').then_some(())
}

pub(super) fn dots(piece: &mut Piece<'_>) -> Option<()> {
    inside(piece, ["/x/../", "/./", "/../../../"][piece.pass as usize % 3])
}

pub(super) fn encoded_dots(piece: &mut Piece<'_>) -> Option<()> {
    inside(piece, ["/x/%2e%2e/", "/%2e%2e%2f"][piece.pass as usize % 2])
}

pub(super) fn double_slash(piece: &mut Piece<'_>) -> Option<()> {
    inside(piece, "//")
}

pub(super) fn trailing_slash(piece: &mut Piece<'_>) -> Option<()> {
    behind(piece, "/")
}

pub(super) fn nul(piece: &mut Piece<'_>) -> Option<()> {
    behind(piece, "%00")
}

pub(super) fn percent(piece: &mut Piece<'_>) -> Option<()> {
    behind(piece, "%zz")
}

pub(super) fn space(piece: &mut Piece<'_>) -> Option<()> {
    behind(piece, " x")
}

pub(super) fn fragment(piece: &mut Piece<'_>) -> Option<()> {
    piece.request.target.push_str("#part");
    Some(())
}

pub(super) fn long(piece: &mut Piece<'_>) -> Option<()> {
    let more = if piece.request.target.contains('?') { '&' } else { '?' };
    piece.request.target.push(more);
    piece.request.target.push_str("long=");
    piece.request.target.push_str(&"x".repeat(64 * 1024));
    Some(())
}

pub(super) fn unknown_path(piece: &mut Piece<'_>) -> Option<()> {
    piece.request.target = format!("{}/no-such-thing", piece.operation.base_path);
    Some(())
}
