//! Broken header fields.

#![expect(clippy::unnecessary_wraps, reason = "every breakage has one shape, and some can always be made")]

use super::piece::Piece;

pub(super) fn correlation_twice(piece: &mut Piece<'_>) -> Option<()> {
    let correlation = piece.operation.behaviour.as_ref()?.correlation.as_ref()?;
    piece.request.headers.append(&*correlation.header, uuid::Uuid::nil().to_string());
    Some(())
}

pub(super) fn long(piece: &mut Piece<'_>) -> Option<()> {
    piece.request.headers.append("X-Long", "x".repeat(64 * 1024));
    Some(())
}

pub(super) fn many(piece: &mut Piece<'_>) -> Option<()> {
    for number in 0..300 {
        piece.request.headers.append(format!("X-Many-{number}"), "x");
    }
    Some(())
}

pub(super) fn control(piece: &mut Piece<'_>) -> Option<()> {
    piece.line(b"X-Note: a\x01b\x7fc");
    Some(())
}

pub(super) fn nul(piece: &mut Piece<'_>) -> Option<()> {
    piece.line(b"X-Note: a\0b");
    Some(())
}

pub(super) fn latin_1(piece: &mut Piece<'_>) -> Option<()> {
    piece.line(b"X-Note: caf\xe9");
    Some(())
}

pub(super) fn folded(piece: &mut Piece<'_>) -> Option<()> {
    piece.line(b"X-Note: one\r\n two");
    Some(())
}

pub(super) fn space_before_colon(piece: &mut Piece<'_>) -> Option<()> {
    piece.line(b"X-Note : one");
    Some(())
}

pub(super) fn no_colon(piece: &mut Piece<'_>) -> Option<()> {
    piece.line(b"X-Note one");
    Some(())
}

pub(super) fn no_name(piece: &mut Piece<'_>) -> Option<()> {
    piece.line(b": one");
    Some(())
}

pub(super) fn expectation(piece: &mut Piece<'_>) -> Option<()> {
    piece.line(b"Expect: 200-maybe");
    Some(())
}
