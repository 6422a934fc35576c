//! Values as bytes and back: numbers in as few bytes as they need, GUIDs as
//! sixteen, also where they are written as text.

use std::sync::Arc;

use serde_json::Number;
use uuid::Uuid;

use super::super::schema::Cell;

/// A whole number, seven bits a byte.
pub(super) fn put_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Text: its length, doubled, and its bytes. A GUID in lower case is 1 and
/// sixteen bytes.
pub(super) fn put_text(out: &mut Vec<u8>, text: &str) {
    if let Some(id) = canonical(text) {
        put_guid(out, &id);
    } else {
        put_number(out, (text.len() as u64) << 1);
        out.extend_from_slice(text.as_bytes());
    }
}

/// The text of a GUID.
pub(super) fn put_guid(out: &mut Vec<u8>, id: &Uuid) {
    out.push(1);
    out.extend_from_slice(id.as_bytes());
}

/// The GUID that this text is, where it is written as GUIDs are written here.
pub(super) fn canonical(text: &str) -> Option<Uuid> {
    guid(text).filter(|(_, lower)| *lower).map(|(id, _)| id)
}

/// The values of hexadecimal digits, `CAPITAL` with capital letters; others are
/// `NO_DIGIT`.
const DIGITS: [u8; 256] = {
    let mut digits = [NO_DIGIT; 256];
    let mut value = 0;
    while value < 16 {
        digits[b"0123456789abcdef"[value as usize] as usize] = value;
        if value > 9 {
            digits[b"0123456789ABCDEF"[value as usize] as usize] = value | CAPITAL;
        }
        value += 1;
    }
    digits
};
const NO_DIGIT: u8 = 0x80;
const CAPITAL: u8 = 0x40;

/// Where the digits of a hyphenated GUID stand.
const PAIRS: [usize; 16] = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];

/// The GUID that this text is, in whichever case, and whether it is all lower
/// case. Every text of an entry is asked this: it must not take long.
pub(super) fn guid(text: &str) -> Option<(Uuid, bool)> {
    let text: &[u8; 36] = text.as_bytes().try_into().ok()?;
    if [8, 13, 18, 23].iter().any(|at| text[*at] != b'-') {
        return None;
    }
    let (mut bytes, mut seen) = ([0; 16], 0);
    for (byte, at) in bytes.iter_mut().zip(PAIRS) {
        let (high, low) = (DIGITS[usize::from(text[at])], DIGITS[usize::from(text[at + 1])]);
        seen |= high | low;
        *byte = high << 4 | low & 0x0f;
    }
    (seen & NO_DIGIT == 0).then(|| (Uuid::from_bytes(bytes), seen & CAPITAL == 0))
}

pub(super) fn put_option(out: &mut Vec<u8>, text: Option<&str>) {
    match text {
        None => out.push(0),
        Some(text) => {
            out.push(1);
            put_text(out, text);
        }
    }
}

pub(super) fn put_cell(out: &mut Vec<u8>, cell: &Cell) {
    match cell {
        Cell::Null => out.push(0),
        Cell::Bool(value) => out.push(1 + u8::from(*value)),
        Cell::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => {
                out.push(3);
                // Zig-zag: small negative numbers are short as well.
                put_number(out, ((whole << 1) ^ (whole >> 63)) as u64);
            }
            (None, value) => {
                out.push(4);
                out.extend_from_slice(&value.unwrap_or_default().to_le_bytes());
            }
        },
        Cell::Text(text) => {
            out.push(5);
            put_text(out, text);
        }
        Cell::Id(id) => {
            out.push(6);
            out.extend_from_slice(id.as_bytes());
        }
        Cell::Row(table, id) => {
            out.push(7);
            put_number(out, u64::from(*table));
            out.extend_from_slice(id.as_bytes());
        }
    }
}

/// Reads what was written here. What is not there reads as nothing: the bytes
/// never come from anybody else.
#[derive(Debug)]
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn byte(&mut self) -> u8 {
        self.bytes(1).first().copied().unwrap_or_default()
    }

    pub(super) fn bytes(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        taken
    }

    pub(super) fn number(&mut self) -> u64 {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte();
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                break;
            }
        }
        number
    }

    pub(super) fn id(&mut self) -> Uuid {
        Uuid::from_slice(self.bytes(16)).unwrap_or_default()
    }

    pub(super) fn text(&mut self) -> String {
        match self.number() {
            1 => self.id().to_string(),
            doubled => String::from_utf8_lossy(self.bytes((doubled >> 1) as usize)).into_owned(),
        }
    }

    pub(super) fn option(&mut self) -> Option<String> {
        (self.byte() == 1).then(|| self.text())
    }

    pub(super) fn cell(&mut self) -> Cell {
        match self.byte() {
            1 => Cell::Bool(false),
            2 => Cell::Bool(true),
            3 => {
                let number = self.number();
                Cell::Number(Number::from((number >> 1) as i64 ^ -((number & 1) as i64)))
            }
            4 => {
                let bytes = self.bytes(8).try_into().unwrap_or_default();
                Number::from_f64(f64::from_le_bytes(bytes)).map_or(Cell::Null, Cell::Number)
            }
            5 => Cell::Text(Arc::from(self.text())),
            6 => Cell::Id(self.id()),
            7 => Cell::Row(self.number() as u16, self.id()),
            _ => Cell::Null,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cells() -> impl Strategy<Value = Cell> {
        prop_oneof![
            Just(Cell::Null),
            any::<bool>().prop_map(Cell::Bool),
            any::<i64>().prop_map(|n| Cell::Number(n.into())),
            (-1e12..1e12_f64).prop_map(|n| Cell::Number(Number::from_f64(n).unwrap())),
            ".{0,40}".prop_map(|t| Cell::Text(t.into())),
            any::<u128>().prop_map(|n| Cell::Text(Uuid::from_u128(n).to_string().into())),
            any::<u128>().prop_map(|n| Cell::Text(Uuid::from_u128(n).to_string().to_uppercase().into())),
            any::<u128>().prop_map(|n| Cell::Id(Uuid::from_u128(n))),
            any::<(u16, u128)>().prop_map(|(t, n)| Cell::Row(t, Uuid::from_u128(n))),
        ]
    }

    proptest! {
        #[test]
        fn guids_are_told_from_other_texts(id: u128, text in "[0-9a-fA-F-]{36}", at in 0..36_usize, other in "[ -~]") {
            let id = Uuid::from_u128(id);
            let lower = id.to_string();
            prop_assert_eq!(guid(&lower), Some((id, true)));
            let upper = lower.to_uppercase();
            prop_assert_eq!(guid(&upper), Some((id, lower == upper)));
            prop_assert_eq!(guid(&text).map(|(id, _)| id), Uuid::try_parse(&text).ok());
            let mut spoilt = lower;
            spoilt.replace_range(at..=at, &other);
            prop_assert_eq!(guid(&spoilt).map(|(id, _)| id), Uuid::try_parse(&spoilt).ok());
        }

        #[test]
        fn what_is_written_is_read_again(cells in proptest::collection::vec(cells(), 0..20), number: u64) {
            let mut out = Vec::new();
            for cell in &cells {
                put_cell(&mut out, cell);
            }
            put_number(&mut out, number);
            put_option(&mut out, Some("x"));
            put_option(&mut out, None);
            let mut reader = Reader(&out);
            for cell in cells {
                prop_assert_eq!(reader.cell(), cell);
            }
            prop_assert_eq!(reader.number(), number);
            prop_assert_eq!((reader.option(), reader.option()), (Some("x".to_owned()), None));
            prop_assert!(reader.0.is_empty());
        }
    }
}
