//! Patterns as parts that are written one after the other.

use regex_syntax::hir::{Class, Hir, HirKind, Look};

use super::dice::Dice;
use super::text::LONGEST;

/// A part of a pattern.
#[derive(Debug)]
pub(super) enum Strand {
    /// These bytes of JSON.
    Fixed(Box<[u8]>),
    /// From so many to so many letters of a class, each as JSON.
    Letters { letters: Vec<Box<[u8]>>, min: u32, max: u32 },
    /// The same parts from so many to so many times.
    Repeated { strands: Vec<Strand>, min: u32, max: u32 },
    /// One of these.
    Either(Vec<Vec<Strand>>),
}

/// Most that an open repetition adds.
const MORE: u32 = 8;

/// The parts of a pattern; none where it demands more than one part after the
/// other.
pub(super) fn strands_of(hir: &Hir) -> Option<Vec<Strand>> {
    let parts = match hir.kind() {
        HirKind::Concat(parts) => parts.as_slice(),
        _ => std::slice::from_ref(hir),
    };
    let mut strands = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        match part.kind() {
            // An anchor elsewhere demands that nothing stands beside it.
            HirKind::Look(Look::Start) if at == 0 => {}
            HirKind::Look(Look::End) if at + 1 == parts.len() => {}
            _ => add(part, &mut strands)?,
        }
    }
    Some(strands)
}

fn add(hir: &Hir, strands: &mut Vec<Strand>) -> Option<()> {
    match hir.kind() {
        HirKind::Empty => {}
        HirKind::Look(_) => return None,
        HirKind::Literal(literal) => {
            let text = std::str::from_utf8(&literal.0).ok()?;
            strands.push(Strand::Fixed(text.chars().flat_map(json_letter).collect()));
        }
        HirKind::Class(class) => strands.push(Strand::Letters { letters: letters(class)?, min: 1, max: 1 }),
        HirKind::Capture(capture) => add(&capture.sub, strands)?,
        HirKind::Concat(parts) => parts.iter().try_for_each(|part| add(part, strands))?,
        HirKind::Alternation(parts) => {
            let either = parts.iter().map(|part| {
                let mut inner = Vec::new();
                add(part, &mut inner).map(|()| inner)
            });
            strands.push(Strand::Either(either.collect::<Option<_>>()?));
        }
        HirKind::Repetition(repetition) => {
            let (min, max) = (repetition.min, repetition.max.unwrap_or(repetition.min.saturating_add(MORE)));
            if max > LONGEST as u32 {
                return None;
            }
            let mut inner = Vec::new();
            add(&repetition.sub, &mut inner)?;
            match inner.pop() {
                Some(Strand::Letters { letters, min: 1, max: 1 }) if inner.is_empty() => {
                    strands.push(Strand::Letters { letters, min, max });
                }
                last => {
                    inner.extend(last);
                    strands.push(Strand::Repeated { strands: inner, min, max });
                }
            }
        }
    }
    Some(())
}

/// The letters of a class that people type; where there are none, its first
/// ones.
fn letters(class: &Class) -> Option<Vec<Box<[u8]>>> {
    let Class::Unicode(class) = class else { return None };
    let typed = (' '..='~').filter(|c| class.ranges().iter().any(|r| (r.start()..=r.end()).contains(c)));
    let mut found: Vec<Box<[u8]>> = typed.map(|c| json_letter(c).collect()).collect();
    if found.is_empty() {
        let first = class.ranges().iter().flat_map(|r| r.start()..=r.end()).filter(|c| !c.is_control()).take(64);
        found = first.map(|c| json_letter(c).collect()).collect();
    }
    (!found.is_empty()).then_some(found)
}

/// A character as JSON has it in a string (RFC 8259 §7).
fn json_letter(c: char) -> impl Iterator<Item = u8> {
    let text = serde_json::Value::String(c.to_string()).to_string();
    let inner = text[1..text.len() - 1].to_owned();
    inner.into_bytes().into_iter()
}

/// Shortest and longest text of some parts, in code points.
pub(super) fn lengths(strands: &[Strand]) -> (usize, usize) {
    strands.iter().fold((0, 0), |(short, long), strand| {
        let (least, most) = match strand {
            Strand::Fixed(bytes) => {
                let text = [b"\"", &bytes[..], b"\""].concat();
                let count = serde_json::from_slice::<String>(&text).map_or(0, |text| text.chars().count());
                (count, count)
            }
            Strand::Letters { min, max, .. } => (*min as usize, *max as usize),
            Strand::Repeated { strands, min, max } => {
                let (least, most) = lengths(strands);
                (least.saturating_mul(*min as usize), most.saturating_mul(*max as usize))
            }
            Strand::Either(either) => {
                either.iter().map(|strands| lengths(strands)).fold((usize::MAX, 0), |a, b| (a.0.min(b.0), a.1.max(b.1)))
            }
        };
        (short + least, long.saturating_add(most))
    })
}

/// Writes the parts one after the other.
pub(super) fn weave(strands: &[Strand], dice: &mut Dice, out: &mut Vec<u8>) {
    for strand in strands {
        match strand {
            Strand::Fixed(bytes) => out.extend_from_slice(bytes),
            Strand::Letters { letters, min, max } => {
                for _ in 0..times(*min, *max, dice) {
                    out.extend_from_slice(&letters[dice.below(letters.len() as u32) as usize]);
                }
            }
            Strand::Repeated { strands, min, max } => {
                for _ in 0..times(*min, *max, dice) {
                    weave(strands, dice, out);
                }
            }
            Strand::Either(either) => {
                if let Some(strands) = dice.of(either) {
                    weave(strands, dice, out);
                }
            }
        }
    }
}

fn times(min: u32, max: u32, dice: &mut Dice) -> u32 {
    if min == max { min } else { min + dice.below(max - min + 1) }
}
