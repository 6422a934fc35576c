//! Writing a document of a program.

use super::super::model::NodeId;
use super::dice::Dice;
use super::program::{Figures, List, Part, Piece, Program, Record};
use super::text::digits;

/// Deepest nesting before only what must be there is written.
const DEEP: u32 = 6;

/// Bytes of one document before only what must be there is written.
const MANY: usize = 1 << 18;

/// How often an element is written anew that may not stand there twice.
const TRIES: u32 = 24;

impl Program {
    /// Appends the document of a seed; false where none was found, and what
    /// stands in `out` behind its old end is none then.
    pub(in super::super) fn write(&self, seed: u64, out: &mut Vec<u8>) -> bool {
        let end = out.len() + MANY;
        let mut writing = Writing { pieces: &self.pieces, dice: Dice::new(seed), out, end, lists: 0 };
        writing.node(self.root, 0).is_some()
    }
}

struct Writing<'w> {
    pieces: &'w [Piece],
    dice: Dice,
    out: &'w mut Vec<u8>,
    end: usize,
    lists: u32,
}

impl Writing<'_> {
    fn sparing(&self, depth: u32) -> bool {
        depth > DEEP || self.out.len() > self.end
    }

    fn node(&mut self, id: NodeId, depth: u32) -> Option<()> {
        let pieces = self.pieces;
        match &pieces[id] {
            Piece::Nothing => return None,
            Piece::Values(values) => {
                let value = self.dice.of(values)?;
                self.out.extend_from_slice(value);
            }
            Piece::Branches { ids, least } => {
                let id = if self.sparing(depth) { *least } else { *self.dice.of(ids)? };
                return self.node(id, depth);
            }
            Piece::Parts(parts) => {
                let part = if parts.len() == 1 || self.sparing(depth) { parts.first() } else { self.dice.of(parts) };
                return self.part(part?, depth);
            }
        }
        Some(())
    }

    fn part(&mut self, part: &Part, depth: u32) -> Option<()> {
        match part {
            Part::Null => self.out.extend_from_slice(b"null"),
            Part::Boolean => {
                let word: &[u8] = if self.dice.below(2) == 0 { b"false" } else { b"true" };
                self.out.extend_from_slice(word);
            }
            Part::Number(figures) => figures.write(&mut self.dice, self.out),
            Part::Text(text) => text.write(&mut self.dice, self.out),
            Part::List(list) => return self.list(list, depth),
            Part::Record(record) => return self.record(record, depth),
        }
        Some(())
    }

    /// As many elements as the way through values makes, roughly: few, now
    /// and then many in the outermost list.
    fn count(&mut self, list: &List, depth: u32) -> usize {
        if self.sparing(depth) {
            return list.min;
        }
        let more = match self.dice.below(128) {
            0 if self.lists == 0 => 200,
            1..=6 if self.lists == 0 => 40,
            _ if self.lists > 0 => 3,
            _ => 5,
        };
        let most = list.min.saturating_add(more).min(list.max);
        let least = if list.min == 0 && self.dice.below(8) > 0 { 1.min(most) } else { list.min };
        least + self.dice.below((most - least) as u32 + 1) as usize
    }

    fn list(&mut self, list: &List, depth: u32) -> Option<()> {
        let count = self.count(list, depth);
        self.lists += 1;
        self.out.push(b'[');
        let mut starts: Vec<usize> = Vec::new();
        for at in 0..count {
            if at > 0 {
                self.out.push(b',');
            }
            let start = self.out.len();
            if list.unique {
                if self.distinct(list, depth, &starts)? {
                    starts.push(start);
                    continue;
                }
                // No further one is to be found: so many are enough.
                self.out.truncate(start - usize::from(at > 0));
                if at < list.min {
                    return None;
                }
                break;
            }
            self.node(list.item, depth + 1)?;
        }
        self.out.push(b']');
        self.lists -= 1;
        Some(())
    }

    /// Writes an element that does not stand there yet; false where none was
    /// found. One schema writes equal values as equal bytes.
    fn distinct(&mut self, list: &List, depth: u32, starts: &[usize]) -> Option<bool> {
        let start = self.out.len();
        for _ in 0..TRIES {
            self.out.truncate(start);
            self.node(list.item, depth + 1)?;
            let (before, fresh) = self.out.split_at(start);
            let ends = starts.iter().skip(1).map(|next| next - 1).chain([start.saturating_sub(1)]);
            let known = starts.iter().zip(ends).any(|(from, to)| &before[*from..to] == fresh);
            if !known {
                return Some(true);
            }
        }
        Some(false)
    }

    /// One bit for each optional field: whether it is there.
    fn choose(&mut self, record: &Record, depth: u32) -> u64 {
        let (least, most) = record.optional;
        let optional = record.fields.len().min(64) as u32;
        // How likely each is: never, three of eight, five of eight, surely.
        let chance = if self.sparing(depth) { 0 } else { self.dice.below(4) };
        let (a, b, c) = (self.dice.next(), self.dice.next(), self.dice.next());
        let mut chosen = match chance {
            0 => 0,
            1 => (a & b) | (!a & b & c),
            2 => !((a & b) | (!a & b & c)),
            _ => u64::MAX,
        };
        if least > 0 || most < optional {
            let places: u32 = record.fields.iter().map(|f| u32::from(!f.required)).sum::<u32>().min(64);
            chosen &= u64::MAX.checked_shr(64 - places).unwrap_or(0);
            while chosen.count_ones() < least {
                chosen |= 1 << self.dice.below(places);
            }
            while chosen.count_ones() > most {
                chosen &= !(1 << self.dice.below(places));
            }
        }
        chosen
    }

    fn record(&mut self, record: &Record, depth: u32) -> Option<()> {
        let chosen = self.choose(record, depth);
        let mut number = 0;
        let mut first = true;
        self.out.push(b'{');
        for field in &record.fields {
            if !field.required {
                number += 1;
                if chosen >> ((number - 1) & 63) & 1 == 0 {
                    continue;
                }
            }
            if !std::mem::take(&mut first) {
                self.out.push(b',');
            }
            self.out.extend_from_slice(&field.name);
            self.node(field.node, depth + 1)?;
        }
        if let Some(node) = record.more.filter(|_| !self.sparing(depth)) {
            for number in 0..self.dice.below(3) {
                let name = format!("more{}{number}", self.dice.below(100));
                if record.taken.contains(&name) {
                    continue;
                }
                if !std::mem::take(&mut first) {
                    self.out.push(b',');
                }
                self.out.extend_from_slice(format!("\"{name}\":").as_bytes());
                self.node(node, depth + 1)?;
            }
        }
        self.out.push(b'}');
        Some(())
    }
}

impl Figures {
    /// Small numbers and edges are likelier.
    fn write(&self, dice: &mut Dice, out: &mut Vec<u8>) {
        let near = 0_i64.clamp(self.first, self.last);
        let around = |dice: &mut Dice, reach: i64| {
            dice.within(near.saturating_sub(reach).max(self.first), near.saturating_add(reach).min(self.last))
        };
        let multiple = match dice.below(20) {
            0 => self.first,
            1 => self.last,
            2 => near,
            3..=9 => around(dice, 100),
            10..=13 => around(dice, 10_000),
            _ => dice.within(self.first, self.last),
        };
        let units = multiple * self.step;
        if units < 0 {
            out.push(b'-');
        }
        let units = units.unsigned_abs();
        let power = 10_u64.pow(self.scale);
        digits(out, units / power);
        let mut fraction = units % power;
        if fraction == 0 {
            return;
        }
        out.push(b'.');
        let mut unit = power / 10;
        while fraction > 0 {
            out.push(b'0' + (fraction / unit) as u8);
            fraction %= unit;
            unit /= 10;
        }
    }
}
