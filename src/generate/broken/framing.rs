//! Broken framing: length, chunks, host, version.

#![expect(clippy::unnecessary_wraps, reason = "every breakage has one shape, and some can always be made")]

use super::piece::Piece;

pub(super) fn length_negative(piece: &mut Piece<'_>) -> Option<()> {
    piece.frame(&["Content-Length: -1"]);
    Some(())
}

pub(super) fn length_no_number(piece: &mut Piece<'_>) -> Option<()> {
    let line = [
        "Content-Length: many",
        "Content-Length: 0x10",
        "Content-Length: 1 2",
        "Content-Length: 99999999999999999999999",
    ];
    piece.frame(&[line[piece.pass as usize % line.len()]]);
    Some(())
}

pub(super) fn length_signed(piece: &mut Piece<'_>) -> Option<()> {
    let line = format!("Content-Length: +{}", piece.content().len());
    piece.frame(&[&line]);
    Some(())
}

pub(super) fn length_twice(piece: &mut Piece<'_>) -> Option<()> {
    let line = format!("Content-Length: {}", piece.content().len());
    piece.frame(&[&line, &line]);
    Some(())
}

pub(super) fn length_differs(piece: &mut Piece<'_>) -> Option<()> {
    let length = piece.content().len();
    piece.frame(&[&format!("Content-Length: {length}"), &format!("Content-Length: {}", length + 1)]);
    Some(())
}

pub(super) fn length_too_long(piece: &mut Piece<'_>) -> Option<()> {
    let line = format!("Content-Length: {}", piece.content().len() + 10);
    piece.frame(&[&line]);
    piece.by_hand.ends = true;
    Some(())
}

pub(super) fn length_too_short(piece: &mut Piece<'_>) -> Option<()> {
    let line = format!("Content-Length: {}", piece.content().len() / 2);
    piece.frame(&[&line]);
    Some(())
}

fn chunk(piece: &Piece<'_>) -> Vec<u8> {
    let content = piece.content();
    [format!("{:x}\r\n", content.len()).as_bytes(), content, b"\r\n"].concat()
}

pub(super) fn length_and_chunks(piece: &mut Piece<'_>) -> Option<()> {
    let chunks = [&chunk(piece)[..], b"0\r\n\r\n"].concat();
    let length = format!("Content-Length: {}", chunks.len());
    let lines: [&str; 2] = if piece.pass.is_multiple_of(2) {
        [&length, "Transfer-Encoding: chunked"]
    } else {
        ["Transfer-Encoding: chunked", &length]
    };
    piece.frame(&lines);
    piece.by_hand.content = chunks.into();
    Some(())
}

pub(super) fn bad_chunk(piece: &mut Piece<'_>) -> Option<()> {
    let size = ["zz", "-1", "", "fffffffffffffffff"][piece.pass as usize % 4];
    let chunks = [size.as_bytes(), b"\r\n", &piece.content()[..], b"\r\n0\r\n\r\n"].concat();
    piece.frame(&["Transfer-Encoding: chunked"]);
    piece.by_hand.content = chunks.into();
    Some(())
}

pub(super) fn chunks_cut(piece: &mut Piece<'_>) -> Option<()> {
    let chunks = chunk(piece);
    piece.frame(&["Transfer-Encoding: chunked"]);
    piece.by_hand.content = chunks.into();
    piece.by_hand.ends = true;
    Some(())
}

pub(super) fn unknown_coding(piece: &mut Piece<'_>) -> Option<()> {
    let line = ["Transfer-Encoding: zoological", "Transfer-Encoding: chunked, identity"];
    piece.frame(&[line[piece.pass as usize % 2]]);
    Some(())
}

pub(super) fn host_missing(piece: &mut Piece<'_>) -> Option<()> {
    piece.by_hand.hosts = 0;
    Some(())
}

pub(super) fn host_twice(piece: &mut Piece<'_>) -> Option<()> {
    piece.by_hand.hosts = 2;
    Some(())
}

pub(super) fn version_1_0(piece: &mut Piece<'_>) -> Option<()> {
    piece.by_hand.version = "HTTP/1.0";
    Some(())
}

pub(super) fn version_unknown(piece: &mut Piece<'_>) -> Option<()> {
    piece.by_hand.version = ["HTTP/9.9", "HTTP/2.0", "HTTQ/1.1"][piece.pass as usize % 3];
    Some(())
}
