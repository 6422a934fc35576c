//! Values as bytes: small numbers are short.

/// A number, seven bits a byte, the lowest first.
pub(super) fn number(to: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        to.push(number as u8 | 0x80);
        number >>= 7;
    }
    to.push(number as u8);
}

/// A number that may be below zero.
pub(super) fn signed(to: &mut Vec<u8>, value: i64) {
    number(to, ((value << 1) ^ (value >> 63)) as u64);
}

/// Bytes, led by how many they are.
pub(super) fn bytes(to: &mut Vec<u8>, bytes: &[u8]) {
    number(to, bytes.len() as u64);
    to.extend_from_slice(bytes);
}

/// What [`number()`] wrote.
pub(super) fn take_number(from: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = from.split_first()?;
        *from = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

/// What [`signed()`] wrote.
pub(super) fn take_signed(from: &mut &[u8]) -> Option<i64> {
    let number = take_number(from)?;
    Some((number >> 1) as i64 ^ -((number & 1) as i64))
}

/// What [`bytes()`] wrote.
pub(super) fn take_bytes<'b>(from: &mut &'b [u8]) -> Option<&'b [u8]> {
    let length = usize::try_from(take_number(from)?).ok()?;
    let (bytes, rest) = from.split_at_checked(length)?;
    *from = rest;
    Some(bytes)
}

/// Text that [`bytes()`] wrote.
pub(super) fn take_text<'b>(from: &mut &'b [u8]) -> Option<&'b str> {
    std::str::from_utf8(take_bytes(from)?).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_was_written_is_read(a: u64, b: i64, c: Vec<u8>, d: u64) {
            let mut packed = Vec::new();
            number(&mut packed, a);
            signed(&mut packed, b);
            bytes(&mut packed, &c);
            number(&mut packed, d);
            let from = &mut packed.as_slice();
            prop_assert_eq!((take_number(from), take_signed(from)), (Some(a), Some(b)));
            prop_assert_eq!((take_bytes(from), take_number(from)), (Some(c.as_slice()), Some(d)));
            prop_assert!(from.is_empty());
        }

        #[test]
        fn half_of_it_is_nothing(a in 128_u64.., c in prop::collection::vec(any::<u8>(), 1..40)) {
            let mut packed = Vec::new();
            number(&mut packed, a);
            prop_assert_eq!(take_number(&mut &packed[..packed.len() - 1]), None);
            packed.clear();
            bytes(&mut packed, &c);
            prop_assert_eq!(take_bytes(&mut &packed[..packed.len() - 1]), None);
        }
    }
}
