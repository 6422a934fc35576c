//! One change of a draft.

use std::ops::Range;

use serde_json::Value;

use crate::generate::payload::{Aimed, Draft};

/// Which value of a draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// The body's.
    Body,
    /// A parameter's, by its place among them.
    Parameter(usize),
}

/// What is done at one place of a value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Edit {
    /// Another value stands there.
    Put(Value),
    /// An object loses these members.
    Drop(Vec<String>),
    /// An array keeps only these elements.
    Keep(Range<usize>),
    /// An array loses these elements.
    Cut(Range<usize>),
    /// This stands in every element of an array.
    Every(Value),
}

/// One change of a draft.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Change {
    /// In a value, at a JSON Pointer.
    At(Part, String, Edit),
    /// Without these parameters.
    WithoutParameters(Vec<usize>),
    /// Without a body.
    WithoutBody,
}

impl Change {
    /// The draft after the change; none where it can't be, or would take away
    /// what is aimed at.
    pub(super) fn of(&self, draft: &Draft, target: Option<&Aimed>) -> Option<Draft> {
        let mut draft = draft.clone();
        match self {
            Self::WithoutParameters(numbers) => numbers.iter().for_each(|number| draft.parameters[*number] = None),
            Self::WithoutBody => draft.body = None,
            Self::At(part, pointer, edit) => {
                let (value, aimed) = match part {
                    Part::Body => (&mut draft.body.as_mut()?.1, matches!(target, Some(Aimed::Body(..)))),
                    Part::Parameter(number) => {
                        let aimed = matches!(target, Some(Aimed::Parameter(at, _)) if at == number);
                        (draft.parameters.get_mut(*number)?.as_mut()?, aimed)
                    }
                };
                edit.apply(value.pointer_mut(pointer)?)?;
                if aimed && let Some(hit) = &draft.hit {
                    draft.hit = Some(edit.moved(hit, pointer)?);
                }
            }
        }
        Some(draft)
    }
}

impl Edit {
    fn apply(&self, at: &mut Value) -> Option<()> {
        match (self, at) {
            (Self::Put(value), at) => *at = value.clone(),
            (Self::Drop(names), Value::Object(members)) => names.iter().for_each(|name| {
                members.shift_remove(name);
            }),
            (Self::Keep(range), Value::Array(items)) if range.end <= items.len() => {
                items.truncate(range.end);
                items.drain(..range.start);
            }
            (Self::Cut(range), Value::Array(items)) if range.end <= items.len() => drop(items.drain(range.clone())),
            (Self::Every(value), Value::Array(items)) => items.fill(value.clone()),
            _ => return None,
        }
        Some(())
    }

    /// Where what is aimed at stands afterwards; none where it is gone.
    fn moved(&self, hit: &str, pointer: &str) -> Option<String> {
        let Some(below) = hit.strip_prefix(pointer).and_then(|rest| rest.strip_prefix('/')) else {
            return Some(hit.to_owned());
        };
        let (token, rest) = below.split_once('/').map_or((below, String::new()), |(t, rest)| (t, format!("/{rest}")));
        let number = || token.parse::<usize>().ok();
        let number = match self {
            Self::Put(_) | Self::Every(_) => return None,
            Self::Drop(names) => {
                let name = token.replace("~1", "/").replace("~0", "~");
                return (!names.contains(&name)).then(|| hit.to_owned());
            }
            Self::Keep(range) => number().filter(|at| range.contains(at))? - range.start,
            Self::Cut(range) => match number()? {
                at if range.contains(&at) => return None,
                at if at >= range.end => at - range.len(),
                at => at,
            },
        };
        Some(format!("{pointer}/{number}{rest}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_aimed_at_moves_with_its_list() {
        let hit = "/records/5/name";
        assert_eq!(Edit::Cut(1..3).moved(hit, "/records").as_deref(), Some("/records/3/name"));
        assert_eq!(Edit::Cut(5..6).moved(hit, "/records"), None);
        assert_eq!(Edit::Keep(4..8).moved(hit, "/records").as_deref(), Some("/records/1/name"));
        assert_eq!(Edit::Drop(vec!["note".to_owned()]).moved(hit, "").as_deref(), Some(hit));
        assert_eq!(Edit::Drop(vec!["name".to_owned()]).moved(hit, "/records/5"), None);
        assert_eq!(Edit::Put(Value::Null).moved(hit, "/records/4").as_deref(), Some(hit));
        assert_eq!(Edit::Put(Value::Null).moved(hit, "/records/5"), None);
    }
}
