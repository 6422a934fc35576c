//! The index of an alternate key: finds a row by its key, and gives the rows in
//! the key's order.

use std::collections::BTreeMap;
use std::ops::Bound;

use super::super::schema::Cell;

/// Rows by the values of a key's columns. Rows with nothing in one of them are
/// in it as well — they come first, as the platform orders them — but are never
/// equal to another.
#[derive(Clone, Debug)]
pub(in crate::stack::dataverse) struct KeyIndex {
    columns: Box<[usize]>,
    entries: BTreeMap<Box<[u8]>, u32>,
}

impl KeyIndex {
    pub(super) fn new(columns: &[usize]) -> Self {
        Self { columns: columns.into(), entries: BTreeMap::new() }
    }

    /// The positions of its columns.
    pub(in crate::stack::dataverse) fn columns(&self) -> &[usize] {
        &self.columns
    }

    /// The slot of the row with these values; `None` also where one is missing.
    pub(super) fn get<'c>(&self, cell: impl Fn(usize) -> Option<&'c Cell>) -> Option<u32> {
        let mut bytes = Vec::with_capacity(32);
        for column in &self.columns {
            match cell(*column) {
                None | Some(Cell::Null) => return None,
                Some(cell) => sortable(cell, &mut bytes),
            }
        }
        self.entries.get(bytes.as_slice()).copied()
    }

    /// The slots of rows between two bounds, which are made by [`sortable`], in
    /// the key's order.
    pub(in crate::stack::dataverse) fn range(
        &self,
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
    ) -> impl DoubleEndedIterator<Item = u32> {
        self.entries.range::<[u8], _>((from, to)).map(|(_, slot)| *slot)
    }

    /// How many entries there are.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn insert(&mut self, cells: &[Cell], born: u64, slot: u32) {
        self.entries.insert(self.entry(cells, born), slot);
    }

    pub(super) fn remove(&mut self, cells: &[Cell], born: u64) {
        let entry = self.entry(cells, born);
        self.entries.remove(&entry);
    }

    /// Slots have moved: `moved` gives the new one.
    pub(super) fn renumber(&mut self, moved: impl Fn(u32) -> u32) {
        self.entries.values_mut().for_each(|slot| *slot = moved(*slot));
    }

    /// Whether two rows have the same entry.
    pub(super) fn same(&self, one: &[Cell], other: &[Cell]) -> bool {
        self.columns.iter().all(|column| one[*column] == other[*column])
    }

    fn entry(&self, cells: &[Cell], born: u64) -> Box<[u8]> {
        let mut bytes = Vec::with_capacity(32);
        for column in &self.columns {
            sortable(&cells[*column], &mut bytes);
        }
        if self.columns.iter().any(|column| cells[*column] == Cell::Null) {
            bytes.extend_from_slice(&born.to_be_bytes());
        }
        bytes.into_boxed_slice()
    }
}

/// A cell as bytes that sort as the platform orders its values: nothing first,
/// texts without regard to case.
pub(in crate::stack::dataverse) fn sortable(cell: &Cell, out: &mut Vec<u8>) {
    match cell {
        Cell::Null => out.push(0),
        Cell::Bool(value) => out.extend_from_slice(&[1, u8::from(*value)]),
        Cell::Number(number) => {
            out.push(2);
            let bits = number.as_f64().unwrap_or_default().to_bits();
            let ordered = if bits >> 63 == 0 { bits | 1 << 63 } else { !bits };
            out.extend_from_slice(&ordered.to_be_bytes());
        }
        Cell::Text(text) => {
            out.push(3);
            let lower = |out: &mut Vec<u8>, byte: u8| {
                out.push(byte);
                // A zero ends the text; one inside is told apart.
                if byte == 0 {
                    out.push(0xff);
                }
            };
            if text.is_ascii() {
                text.bytes().for_each(|byte| lower(out, byte.to_ascii_lowercase()));
            } else {
                text.to_lowercase().bytes().for_each(|byte| lower(out, byte));
            }
            out.extend_from_slice(&[0, 0]);
        }
        Cell::Id(id) | Cell::Row(_, id) => {
            out.push(4);
            out.extend_from_slice(id.as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bytes(cell: &Cell) -> Vec<u8> {
        let mut out = Vec::new();
        sortable(cell, &mut out);
        out
    }

    proptest! {
        #[test]
        fn numbers_and_texts_sort_as_their_values(a in -1e9..1e9_f64, b in -1e9..1e9_f64, s in "\\PC{0,6}", t in "\\PC{0,6}") {
            let number = |n: f64| Cell::Number(serde_json::Number::from_f64(n).unwrap());
            prop_assert_eq!(bytes(&number(a)).cmp(&bytes(&number(b))), a.total_cmp(&b));
            let text = |s: &str| Cell::Text(s.into());
            prop_assert_eq!(bytes(&text(&s)).cmp(&bytes(&text(&t))), s.to_lowercase().cmp(&t.to_lowercase()));
        }
    }

    #[test]
    fn rows_without_a_key_come_first_and_are_equal_to_none() {
        let mut index = KeyIndex::new(&[0]);
        for (slot, cell) in [Cell::Text("b".into()), Cell::Null, Cell::Text("A".into()), Cell::Null].iter().enumerate()
        {
            index.insert(std::slice::from_ref(cell), slot as u64, slot as u32);
        }
        let slots: Vec<u32> = index.range(Bound::Unbounded, Bound::Unbounded).collect();
        assert_eq!(slots, [1, 3, 2, 0]);
        assert_eq!(index.get(|_| Some(&Cell::Null)), None);
        let wanted = Cell::Text("B".into());
        assert_eq!(index.get(|_| Some(&wanted)), Some(0));
        index.remove(&[Cell::Null], 1);
        assert_eq!(index.range(Bound::Unbounded, Bound::Unbounded).count(), 3);
    }
}
