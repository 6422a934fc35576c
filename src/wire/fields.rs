//! Header fields where they lie in what was received.

use bytes::{Bytes, BytesMut};

use super::Headers;

/// The header fields of an answer as they came, in one piece of memory: under
/// load nothing of them is copied unless somebody wants to keep them.
#[derive(Clone, Debug, Default)]
pub struct Fields {
    text: Bytes,
    places: Vec<FieldPlace>,
}

/// Where a field lies: from and to of its name, and of its value.
pub type FieldPlace = ((u32, u32), (u32, u32));

impl Fields {
    /// Fields of a text: from where to where each name and each value goes.
    ///
    /// # Panics
    /// When asked for a field that does not lie in the text.
    pub fn new(text: Bytes, places: Vec<FieldPlace>) -> Self {
        Self { text, places }
    }

    /// Copies of fields.
    pub fn copied<'a>(fields: impl Iterator<Item = (&'a [u8], &'a [u8])>) -> Self {
        let (mut text, mut places) = (BytesMut::new(), Vec::new());
        let mut add = |part: &[u8]| {
            let from = text.len() as u32;
            text.extend_from_slice(part);
            (from, text.len() as u32)
        };
        for (name, value) in fields {
            places.push((add(name), add(value)));
        }
        Self { text: text.freeze(), places }
    }

    /// Names, as they were written, and values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.places.iter().map(|(name, value)| (self.part(*name), self.part(*value)))
    }

    /// The first value of a field.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.iter().find(|(other, _)| other.eq_ignore_ascii_case(name.as_bytes())).map(|(_, value)| value)
    }

    fn part(&self, (from, to): (u32, u32)) -> &[u8] {
        &self.text[from as usize..to as usize]
    }
}

/// As text; bytes beyond ASCII are kept where they are UTF-8.
impl From<&Fields> for Headers {
    fn from(fields: &Fields) -> Self {
        let text = |part: &[u8]| String::from_utf8_lossy(part).into_owned();
        fields.iter().map(|(name, value)| (text(name), text(value))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_where_they_lie_and_where_they_were_copied_to() {
        let text = Bytes::from_static(b"A: b\r\nRetry-After: 7\r\n");
        let lying = Fields::new(text, vec![((0, 1), (3, 4)), ((6, 17), (19, 20))]);
        let copied = Fields::copied(lying.iter());
        for fields in [lying, copied] {
            assert_eq!(fields.get("retry-after"), Some(&b"7"[..]));
            assert_eq!(fields.get("elsewhere"), None);
            let headers: Headers = [("A", "b"), ("Retry-After", "7")].into_iter().collect();
            assert_eq!(Headers::from(&fields), headers);
        }
    }
}
