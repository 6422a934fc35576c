//! Broken workbooks (ECMA-376): archives that are none, or hold what no sheet
//! holds, or more than anybody should read.

#![expect(clippy::unnecessary_wraps, reason = "every breakage has one shape, and some can always be made")]

use flate2::{Compress, Compression, Crc, FlushCompress};

use super::piece::Piece;
use crate::wire::{Archive, Packed, archive};

/// No part of a small workbook is larger.
const MOST: usize = 1 << 20;
const BEFORE: &str = "<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData>";
const AFTER: &str = "</sheetData></worksheet>";

/// The workbook again, each part as it is or as it is changed.
fn rebuilt(piece: &mut Piece<'_>, change: impl Fn(&str, Vec<u8>) -> Option<Packed>) -> Option<()> {
    let content = piece.content().clone();
    let whole = Archive::open(&content)?;
    let part = |name: &str| Some((name.to_owned(), whole.part(name, MOST)?));
    let parts: Vec<(String, Vec<u8>)> = whole.names().map(part).collect::<Option<_>>()?;
    let packed: Vec<Packed> = parts.into_iter().filter_map(|(name, content)| change(&name, content)).collect();
    piece.replace(archive(&packed));
    Some(())
}

fn is_sheet(name: &str) -> bool {
    name.starts_with("xl/worksheets/")
}

/// Another text as every sheet.
fn with_sheet(piece: &mut Piece<'_>, sheet: &str) -> Option<()> {
    rebuilt(piece, |name, content| {
        let content = if is_sheet(name) { sheet.as_bytes() } else { &content };
        Some(Packed::new(name, content, true))
    })
}

pub(super) fn truncated(piece: &mut Piece<'_>) -> Option<()> {
    let half = piece.content().len() / 2;
    let content = piece.content().slice(..half);
    piece.replace(content);
    Some(())
}

pub(super) fn text(piece: &mut Piece<'_>) -> Option<()> {
    piece.replace(&b"invoiceNumber;customer;amount\r\nA;B;1\r\n"[..]);
    Some(())
}

/// The container of the format before.
pub(super) fn old_format(piece: &mut Piece<'_>) -> Option<()> {
    let mut content = vec![0; 1536];
    content.get_mut(..8)?.copy_from_slice(&[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]);
    piece.replace(content);
    Some(())
}

pub(super) fn empty_archive(piece: &mut Piece<'_>) -> Option<()> {
    piece.replace(archive(&[]));
    Some(())
}

pub(super) fn without_sheet(piece: &mut Piece<'_>) -> Option<()> {
    rebuilt(piece, |name, content| (!is_sheet(name)).then(|| Packed::new(name, &content, true)))
}

pub(super) fn broken_sheet(piece: &mut Piece<'_>) -> Option<()> {
    with_sheet(piece, &format!("{BEFORE}<row r=\"1\"><c r=\"A1\">"))
}

/// A cell in the last column of the last row that programs know.
pub(super) fn far_cell(piece: &mut Piece<'_>) -> Option<()> {
    rebuilt(piece, |name, content| {
        let far = "<row r=\"1048576\"><c r=\"XFD1048576\"><v>1</v></c></row></sheetData>";
        let text = String::from_utf8(content).ok()?;
        let text = if is_sheet(name) { text.replace("</sheetData>", far) } else { text };
        Some(Packed::new(name, text.as_bytes(), true))
    })
}

/// Ten entities, each of ten of the one before: ten thousand million letters.
pub(super) fn entities(piece: &mut Piece<'_>) -> Option<()> {
    let kind = |n: usize| match n {
        0 => "<!ENTITY a0 \"aaaaaaaaaa\">".to_owned(),
        n => format!("<!ENTITY a{n} \"{}\">", format!("&a{};", n - 1).repeat(10)),
    };
    let kinds: String = (0..10).map(kind).collect();
    let row = "<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>&a9;</t></is></c></row>";
    with_sheet(piece, &format!("<!DOCTYPE worksheet [{kinds}]>{BEFORE}{row}{AFTER}"))
}

/// A small archive with a sheet of 160 MB: rows without end.
pub(super) fn bomb(piece: &mut Piece<'_>) -> Option<()> {
    let row = "<row><c t=\"inlineStr\"><is><t>x</t></is></c><c><v>1</v></c></row>";
    let rows = row.repeat(16 * 1024);
    let sheet = repeated(BEFORE, &rows, 160)?;
    let (content, checksum, size) = sheet;
    rebuilt(piece, |name, whole| {
        let part = if is_sheet(name) {
            Packed::deflated(name, content.clone(), checksum, size)
        } else {
            Packed::new(name, &whole, true)
        };
        Some(part)
    })
}

/// A sheet whose rows come so many times, deflated once: a block that nothing
/// before it explains may stand again (RFC 1951 §3.2.3).
fn repeated(before: &str, rows: &str, times: usize) -> Option<(Vec<u8>, u32, u32)> {
    let (head, rows_packed, tail) = (block(before, false)?, block(rows, false)?, block(AFTER, true)?);
    let mut content = head;
    let mut crc = Crc::new();
    crc.update(before.as_bytes());
    for _ in 0..times {
        content.extend_from_slice(&rows_packed);
        crc.update(rows.as_bytes());
    }
    content.extend(tail);
    crc.update(AFTER.as_bytes());
    Some((content, crc.sum(), crc.amount()))
}

/// A text as deflated blocks of its own, the last of a stream or not.
fn block(text: &str, last: bool) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 4 + 1024);
    let flush = if last { FlushCompress::Finish } else { FlushCompress::Full };
    Compress::new(Compression::best(), false).compress_vec(text.as_bytes(), &mut out, flush).ok()?;
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_again_in_a_stream_that_can_be_read() {
        let (content, checksum, size) = repeated("<a>", "<b/>", 1000).expect("made");
        let bytes = archive(&[Packed::deflated("x", content, checksum, size)]);
        let read = Archive::open(&bytes).and_then(|a| a.part("x", 1 << 20)).expect("it is what its checksum says");
        assert_eq!(read, format!("<a>{}{AFTER}", "<b/>".repeat(1000)).into_bytes());
    }
}
