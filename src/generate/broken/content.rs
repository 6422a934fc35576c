//! Broken content.

#![expect(clippy::unnecessary_wraps, reason = "every breakage has one shape, and some can always be made")]

use serde_json::{Value, json};

use super::piece::Piece;

/// Stands in a text where something else is to stand.
const MARK: char = '\u{e000}';

/// Levels of the deepest nesting that is tried.
const LEVELS: usize = 20_000;

pub(super) fn truncated(piece: &mut Piece<'_>) -> Option<()> {
    let content = piece.content().clone();
    // By one byte, by half, to the first byte.
    let kept = [content.len() / 2, content.len().saturating_sub(1), 1][piece.pass as usize % 3];
    // The first half of a number is a number.
    if serde_json::from_slice::<Value>(&content[..kept]).is_ok() || kept == 0 {
        return None;
    }
    piece.replace(content.slice(..kept));
    Some(())
}

pub(super) fn trailing(piece: &mut Piece<'_>) -> Option<()> {
    let more: &[u8] = [&b" {}"[..], b" x", b"]", b"\0", b","][piece.pass as usize % 5];
    let content = [piece.content(), more].concat();
    piece.replace(content);
    Some(())
}

pub(super) fn empty(piece: &mut Piece<'_>) -> Option<()> {
    piece.replace(&b""[..]);
    Some(())
}

pub(super) fn white_space(piece: &mut Piece<'_>) -> Option<()> {
    piece.replace(&b" \r\n\t "[..]);
    Some(())
}

pub(super) fn not_json(piece: &mut Piece<'_>) -> Option<()> {
    let text: &[u8] = [&b"records=1&name=x"[..], b"<records/>", b"undefined", b"{records: 1}"][piece.pass as usize % 4];
    piece.replace(text);
    Some(())
}

pub(super) fn deep_nesting(piece: &mut Piece<'_>) -> Option<()> {
    if piece.is_valid(&json!([[]])) {
        return None;
    }
    piece.replace(["[".repeat(LEVELS), "]".repeat(LEVELS)].concat());
    Some(())
}

/// Puts bytes into a text of the content: one where a reader that replaces
/// them by U+FFFD finds nothing else wrong, if there is one.
fn in_a_text(piece: &mut Piece<'_>, bytes: &[u8], lenient: char) -> Option<()> {
    let value = piece.value()?;
    let mut places = Vec::new();
    texts(value, &mut String::new(), &mut places);
    let with = |place: &str, c: char| {
        let mut changed = value.clone();
        let text = changed.pointer_mut(place)?;
        let old = text.as_str()?;
        let new: String = std::iter::once(c).chain(old.chars().skip(1)).collect();
        *text = Value::String(new);
        Some(changed)
    };
    let unseen = places.iter().rev().find(|place| with(place, lenient).is_some_and(|v| piece.is_valid(&v)));
    if unseen.is_none() && piece.choosy {
        return None;
    }
    let marked = with(unseen.or(places.last())?, MARK)?;
    let content = piece.write(&marked)?;
    let broken = replaced(&content, MARK.to_string().as_bytes(), bytes)?;
    piece.replace(broken);
    Some(())
}

pub(super) fn invalid_utf_8(piece: &mut Piece<'_>) -> Option<()> {
    // A stray byte, an overlong slash, an encoded surrogate, a cut sequence.
    let bytes: &[u8] = [&b"\xff"[..], b"\xc0\xaf", b"\xed\xa0\x80", b"\xe2\x82"][piece.pass as usize % 4];
    in_a_text(piece, bytes, '\u{fffd}')
}

pub(super) fn lone_surrogate(piece: &mut Piece<'_>) -> Option<()> {
    let escape: &[u8] = [&b"\\ud800"[..], b"\\udc00", b"\\udc00\\ud800"][piece.pass as usize % 3];
    in_a_text(piece, escape, '\u{fffd}')
}

pub(super) fn raw_control(piece: &mut Piece<'_>) -> Option<()> {
    let byte: &[u8] = [&b"\x01"[..], b"\n", b"\0", b"\x1f"][piece.pass as usize % 4];
    in_a_text(piece, byte, char::from(byte[0]))
}

/// Puts a word where a number stands, or any scalar.
fn in_a_value(piece: &mut Piece<'_>, word: &str) -> Option<()> {
    let value = piece.value()?;
    let mut places = Vec::new();
    scalars(value, &mut String::new(), &mut places);
    let number = places.iter().find(|place| value.pointer(place).is_some_and(Value::is_number));
    let mut marked = value.clone();
    *marked.pointer_mut(number.or(places.first())?)? = Value::String(MARK.to_string());
    let content = piece.write(&marked)?;
    let broken = replaced(&content, format!("\"{MARK}\"").as_bytes(), word.as_bytes())?;
    piece.replace(broken);
    Some(())
}

pub(super) fn nan(piece: &mut Piece<'_>) -> Option<()> {
    in_a_value(piece, "NaN")
}

pub(super) fn infinity(piece: &mut Piece<'_>) -> Option<()> {
    in_a_value(piece, "-Infinity")
}

pub(super) fn hexadecimal(piece: &mut Piece<'_>) -> Option<()> {
    in_a_value(piece, "0x1F")
}

pub(super) fn leading_zeros(piece: &mut Piece<'_>) -> Option<()> {
    in_a_value(piece, ["007", "+7", ".7", "7."][piece.pass as usize % 4])
}

pub(super) fn duplicate_key(piece: &mut Piece<'_>) -> Option<()> {
    let (name, value) = first_member(piece)?;
    lead(piece, &format!("{}:{value}", Value::String(name)))
}

pub(super) fn duplicate_null(piece: &mut Piece<'_>) -> Option<()> {
    let (name, _) = first_member(piece)?;
    lead(piece, &format!("{}:null", Value::String(name)))
}

fn first_member(piece: &Piece<'_>) -> Option<(String, Value)> {
    piece.value()?.as_object()?.iter().next().map(|(name, value)| (name.clone(), value.clone()))
}

/// Puts a member in front of all others.
fn lead(piece: &mut Piece<'_>, member: &str) -> Option<()> {
    let rest = piece.content().strip_prefix(b"{")?.to_vec();
    piece.replace([b"{", member.as_bytes(), b",", &rest].concat());
    Some(())
}

pub(super) fn byte_order_mark(piece: &mut Piece<'_>) -> Option<()> {
    let content = [b"\xef\xbb\xbf", &piece.content()[..]].concat();
    piece.replace(content);
    Some(())
}

pub(super) fn utf_16(piece: &mut Piece<'_>) -> Option<()> {
    let text = std::str::from_utf8(piece.content()).ok()?.to_owned();
    let units = std::iter::once(0xfeff).chain(text.encode_utf16());
    piece.replace(units.flat_map(u16::to_le_bytes).collect::<Vec<u8>>());
    Some(())
}

pub(super) fn comment(piece: &mut Piece<'_>) -> Option<()> {
    let comment: &[u8] = [&b"/* now */ "[..], b"// now\n", b"# now\n"][piece.pass as usize % 3];
    let content = [comment, &piece.content()[..]].concat();
    piece.replace(content);
    Some(())
}

pub(super) fn single_quotes(piece: &mut Piece<'_>) -> Option<()> {
    let content = piece.content();
    if !content.contains(&b'"') {
        return None;
    }
    let changed: Vec<u8> = content.iter().map(|byte| if *byte == b'"' { b'\'' } else { *byte }).collect();
    piece.replace(changed);
    Some(())
}

pub(super) fn trailing_comma(piece: &mut Piece<'_>) -> Option<()> {
    let content = piece.content();
    let (last, rest) = content.split_last().filter(|(last, rest)| matches!(last, b'}' | b']') && rest.len() > 1)?;
    let changed = [rest, b",", &[*last]].concat();
    piece.replace(changed);
    Some(())
}

/// The first occurrence replaced.
fn replaced(content: &[u8], old: &[u8], new: &[u8]) -> Option<Vec<u8>> {
    let at = content.windows(old.len()).position(|window| window == old)?;
    Some([&content[..at], new, &content[at + old.len()..]].concat())
}

/// JSON Pointers of all texts that are not empty.
fn texts(value: &Value, at: &mut String, found: &mut Vec<String>) {
    scalars_where(value, at, &mut |at, value| {
        if value.as_str().is_some_and(|text| !text.is_empty()) {
            found.push(at.to_owned());
        }
    });
}

/// JSON Pointers of all scalars.
fn scalars(value: &Value, at: &mut String, found: &mut Vec<String>) {
    scalars_where(value, at, &mut |at, _| found.push(at.to_owned()));
}

fn scalars_where(value: &Value, at: &mut String, take: &mut dyn FnMut(&str, &Value)) {
    let length = at.len();
    match value {
        Value::Array(items) => {
            for (number, item) in items.iter().enumerate() {
                at.push('/');
                at.push_str(&number.to_string());
                scalars_where(item, at, take);
                at.truncate(length);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                at.push('/');
                at.push_str(&name.replace('~', "~0").replace('/', "~1"));
                scalars_where(member, at, take);
                at.truncate(length);
            }
        }
        scalar => take(at, scalar),
    }
}
