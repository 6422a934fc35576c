//! LINQ methods. Sequences are made at once, not when they are asked for: who
//! changes a list in between would see a difference.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::sync::Arc;

use super::super::collection::{Collection, Key, key_of};
use super::super::value::Value;
use super::interpret::Frame;
use super::{Exception, Fault, collect, convert, operate};
use crate::policy::expression::{BinaryOp, Expr, Linq, Type};

/// Calls a lambda.
fn call(frame: &mut Frame<'_>, lambda: &Expr, arguments: &[Value]) -> Result<Value, Fault> {
    let Expr::Lambda(slots, body) = lambda else { return Err(Fault::null()) };
    frame.call.work.spend(1)?;
    for (slot, argument) in slots.iter().zip(arguments) {
        frame.locals[*slot] = argument.clone();
    }
    frame.body(body)
}

/// Whether a test holds for an element, which may ask for its place.
pub(super) fn holds(frame: &mut Frame<'_>, test: &Expr, element: &Value, at: usize) -> Result<bool, Fault> {
    match call(frame, test, &[element.clone(), Value::Int(at as i64)])? {
        Value::Bool(holds) => Ok(holds),
        _ => Err(Fault::null()),
    }
}

fn empty() -> Fault {
    Fault::of(Exception::InvalidOperation, "Sequence contains no elements")
}

fn no_match() -> Fault {
    Fault::of(Exception::InvalidOperation, "Sequence contains no matching element")
}

/// What a method gives.
pub(super) fn method(frame: &mut Frame<'_>, linq: Linq, gives: Type, operands: &[Expr]) -> Result<Value, Fault> {
    let Some((source, rest)) = operands.split_first() else { return Err(Fault::null()) };
    let source = frame.value(source)?;
    if source.is_null() {
        return Err(Fault::null_argument("source"));
    }
    let elements = frame.elements(&source)?;
    match linq {
        Linq::Any | Linq::All | Linq::Count | Linq::FindIndex => counted(frame, linq, gives, &elements, rest),
        Linq::First
        | Linq::FirstOrDefault
        | Linq::Last
        | Linq::LastOrDefault
        | Linq::Single
        | Linq::SingleOrDefault
        | Linq::ElementAt
        | Linq::ElementAtOrDefault => picked(frame, linq, elements, rest),
        Linq::Sum | Linq::Average | Linq::Min | Linq::Max => measured(frame, linq, gives, elements, rest),
        Linq::Contains | Linq::ContainsSame | Linq::SequenceEqual => asked(frame, linq, &elements, rest),
        Linq::Aggregate => aggregated(frame, elements, rest),
        Linq::ForEach => {
            for element in elements {
                call(frame, &rest[0], &[element])?;
            }
            Ok(Value::Null)
        }
        Linq::ToDictionary => to_dictionary(frame, gives, &elements, rest),
        Linq::GroupBy => grouped(frame, gives, &elements, rest),
        _ => {
            let made = made(frame, linq, gives, elements, rest)?;
            collect::collected(gives, made, false, &mut frame.call.work)
        }
    }
}

fn counted(frame: &mut Frame<'_>, linq: Linq, gives: Type, elements: &[Value], rest: &[Expr]) -> Result<Value, Fault> {
    let mut count = 0;
    for (at, element) in elements.iter().enumerate() {
        let holds = match rest.first() {
            Some(test) => holds(frame, test, element, at)?,
            None => true,
        };
        match linq {
            Linq::Any if holds => return Ok(Value::Bool(true)),
            Linq::All if !holds => return Ok(Value::Bool(false)),
            Linq::FindIndex if holds => return Ok(Value::Int(at as i64)),
            _ => count += i64::from(holds),
        }
    }
    Ok(match linq {
        Linq::Any => Value::Bool(false),
        Linq::All => Value::Bool(true),
        Linq::FindIndex => Value::Int(-1),
        _ if gives == Type::Long => Value::Long(count),
        _ => Value::Int(count),
    })
}

/// One element. The first of the rest is the default, or the place.
fn picked(frame: &mut Frame<'_>, linq: Linq, elements: Vec<Value>, rest: &[Expr]) -> Result<Value, Fault> {
    if matches!(linq, Linq::ElementAt | Linq::ElementAtOrDefault) {
        let at = frame.value(&rest[0])?.integer().and_then(|n| usize::try_from(n).ok());
        return match at.and_then(|at| elements.get(at)) {
            Some(element) => Ok(element.clone()),
            None if linq == Linq::ElementAtOrDefault => frame.value(&rest[1]),
            None => Err(super::super::token::no_element()),
        };
    }
    let matching = match rest.get(1) {
        Some(test) => {
            let first = matches!(linq, Linq::First | Linq::FirstOrDefault);
            let mut matching = Vec::new();
            for (at, element) in elements.into_iter().enumerate() {
                if holds(frame, test, &element, at)? {
                    matching.push(element);
                    if first {
                        break;
                    }
                }
            }
            matching
        }
        None => elements,
    };
    if matches!(linq, Linq::Single | Linq::SingleOrDefault) && matching.len() > 1 {
        let what = if rest.len() > 1 { "matching element" } else { "element" };
        return Err(Fault::of(Exception::InvalidOperation, format!("Sequence contains more than one {what}")));
    }
    let last = matches!(linq, Linq::Last | Linq::LastOrDefault);
    match if last { matching.last() } else { matching.first() } {
        Some(element) => Ok(element.clone()),
        None if matches!(linq, Linq::FirstOrDefault | Linq::LastOrDefault | Linq::SingleOrDefault) => {
            frame.value(&rest[0])
        }
        None => Err(if rest.len() > 1 { no_match() } else { empty() }),
    }
}

fn measured(
    frame: &mut Frame<'_>,
    linq: Linq,
    gives: Type,
    elements: Vec<Value>,
    rest: &[Expr],
) -> Result<Value, Fault> {
    let present: Vec<Value> = elements.into_iter().filter(|e| !e.is_null()).collect();
    frame.call.work.spend(present.len() / 4)?;
    match linq {
        Linq::Sum => {
            let mut sum = frame.value(&rest[0])?;
            for element in &present {
                sum = operate::binary(BinaryOp::Add, &sum, element)?;
                // Unlike `+`, `Sum` is checked.
                if let (Value::Int(total), Value::Int(n)) = (&sum, element)
                    && *n > 0
                    && *total < i64::from(i32::MIN) + *n
                {
                    return Err(operate::overflow());
                }
            }
            Ok(sum)
        }
        Linq::Average => {
            let total: f64 = present.iter().filter_map(operate::double).sum();
            if present.is_empty() { nothing(gives) } else { Ok(Value::Double(total / present.len() as f64)) }
        }
        _ => {
            let greatest = linq == Linq::Max;
            let better = |a: &Value, b: &Value| compare(a, b).is_gt() == greatest && compare(a, b).is_ne();
            let best = present.into_iter().reduce(|best, next| if better(&next, &best) { next } else { best });
            best.map_or_else(|| nothing(gives), Ok)
        }
    }
}

/// Nothing measured: null where the type has it.
fn nothing(gives: Type) -> Result<Value, Fault> {
    if gives.is_nullable() { Ok(Value::Null) } else { Err(empty()) }
}

fn asked(frame: &mut Frame<'_>, linq: Linq, elements: &[Value], rest: &[Expr]) -> Result<Value, Fault> {
    let other = frame.value(&rest[0])?;
    frame.call.work.spend(elements.len() / 4)?;
    Ok(Value::Bool(match linq {
        Linq::Contains => {
            let ignores_case = match rest.get(1) {
                Some(comparer) => matches!(frame.value(comparer)?, Value::Comparison(true)),
                None => false,
            };
            elements.iter().any(|e| match (e, &other) {
                (Value::Text(a), Value::Text(b)) if ignores_case => a.to_lowercase() == b.to_lowercase(),
                (a, b) => key_of(a) == key_of(b),
            })
        }
        Linq::ContainsSame => {
            let same = |e: &Value| operate::binary(BinaryOp::Same, e, &other);
            elements.iter().any(|e| matches!((e, same(e)), (Value::Json(t), Ok(Value::Bool(true))) if t.len() > 0))
        }
        _ => {
            let others = frame.elements(&other)?;
            elements.len() == others.len() && elements.iter().zip(&others).all(|(a, b)| key_of(a) == key_of(b))
        }
    }))
}

fn aggregated(frame: &mut Frame<'_>, elements: Vec<Value>, rest: &[Expr]) -> Result<Value, Fault> {
    let mut elements = elements.into_iter();
    let mut sum = match rest.get(1) {
        Some(seed) => frame.value(seed)?,
        None => elements.next().ok_or_else(empty)?,
    };
    for element in elements {
        sum = call(frame, &rest[0], &[sum, element])?;
    }
    Ok(sum)
}

fn to_dictionary(frame: &mut Frame<'_>, gives: Type, elements: &[Value], rest: &[Expr]) -> Result<Value, Fault> {
    let dictionary = Collection::empty_keyed(gives, false);
    for element in elements {
        let key = call(frame, &rest[0], std::slice::from_ref(element))?;
        let value = match rest.get(1) {
            Some(select) => call(frame, select, std::slice::from_ref(element))?,
            None => element.clone(),
        };
        if !dictionary.put(key, value, false, &mut frame.call.work)? {
            return Err(Fault::of(Exception::Argument, "An item with the same key has already been added."));
        }
    }
    Ok(Value::Collection(dictionary))
}

fn grouped(frame: &mut Frame<'_>, gives: Type, elements: &[Value], rest: &[Expr]) -> Result<Value, Fault> {
    let mut groups: indexmap::IndexMap<Key, Vec<Value>> = indexmap::IndexMap::new();
    for element in elements {
        let key = call(frame, &rest[0], std::slice::from_ref(element))?;
        let value = match rest.get(1) {
            Some(select) => call(frame, select, std::slice::from_ref(element))?,
            None => element.clone(),
        };
        groups.entry(key_of(&key)).or_insert_with(|| vec![key]).push(value);
    }
    let work = &mut frame.call.work;
    let ty = gives.element().unwrap_or(Type::Object);
    let group = |items| Collection::of_items(ty, items, work).map(Value::Collection);
    let groups = groups.into_values().map(group).collect::<Result<Vec<_>, _>>()?;
    Collection::of_items(gives, groups, work).map(Value::Collection)
}

/// Methods that make other elements.
fn made(
    frame: &mut Frame<'_>,
    linq: Linq,
    gives: Type,
    mut elements: Vec<Value>,
    rest: &[Expr],
) -> Result<Vec<Value>, Fault> {
    Ok(match linq {
        Linq::Where | Linq::SkipWhile | Linq::TakeWhile => filtered(frame, linq, elements, &rest[0])?,
        Linq::Select => {
            let mut selected = Vec::with_capacity(elements.len());
            for (at, element) in elements.into_iter().enumerate() {
                selected.push(call(frame, &rest[0], &[element, Value::Int(at as i64)])?);
            }
            selected
        }
        Linq::SelectMany => {
            let mut selected = Vec::new();
            for element in elements {
                let inner = call(frame, &rest[0], &[element])?;
                selected.extend(frame.elements(&inner)?);
            }
            selected
        }
        Linq::Zip => {
            let other = frame.value(&rest[0])?;
            let others = frame.elements(&other)?;
            let pairs = elements.into_iter().zip(others);
            pairs.map(|(a, b)| call(frame, &rest[1], &[a, b])).collect::<Result<_, _>>()?
        }
        Linq::Order => ordered(frame, elements, rest)?,
        Linq::Distinct => distinct(elements),
        Linq::Skip | Linq::Take => {
            let count = frame.value(&rest[0])?.integer().unwrap_or(0).max(0) as usize;
            let count = count.min(elements.len());
            if linq == Linq::Skip { elements.split_off(count) } else { elements.drain(..count).collect() }
        }
        Linq::Reverse => {
            elements.reverse();
            elements
        }
        Linq::Append | Linq::Prepend => {
            let value = frame.value(&rest[0])?;
            elements.insert(if linq == Linq::Append { elements.len() } else { 0 }, value);
            elements
        }
        Linq::Concat | Linq::Union | Linq::Intersect | Linq::Except => {
            let other = frame.value(&rest[0])?;
            let others = frame.elements(&other)?;
            combined(linq, elements, others)
        }
        Linq::Cast | Linq::OfType | Linq::Converted => typed(frame, linq, gives, elements)?,
        _ => elements,
    })
}

fn filtered(frame: &mut Frame<'_>, linq: Linq, elements: Vec<Value>, test: &Expr) -> Result<Vec<Value>, Fault> {
    let (mut kept, mut skipping) = (Vec::new(), true);
    for (at, element) in elements.into_iter().enumerate() {
        if linq == Linq::SkipWhile && !skipping {
            kept.push(element);
            continue;
        }
        let holds = holds(frame, test, &element, at)?;
        match linq {
            Linq::TakeWhile if !holds => break,
            Linq::SkipWhile => {
                skipping = holds;
                if !holds {
                    kept.push(element);
                }
            }
            _ if holds => kept.push(element),
            _ => {}
        }
    }
    Ok(kept)
}

fn typed(frame: &mut Frame<'_>, linq: Linq, gives: Type, elements: Vec<Value>) -> Result<Vec<Value>, Fault> {
    let to = gives.element().unwrap_or(Type::Object);
    match linq {
        Linq::OfType => Ok(elements.into_iter().filter(|e| convert::is(to, e)).collect()),
        Linq::Cast => elements.into_iter().map(|e| convert::cast(to, e)).collect(),
        _ => elements.into_iter().map(|e| convert::cast_element(to, e, &mut frame.call.work)).collect(),
    }
}

fn distinct(elements: Vec<Value>) -> Vec<Value> {
    let mut seen = HashSet::new();
    elements.into_iter().filter(|e| seen.insert(key_of(e))).collect()
}

fn combined(linq: Linq, mut elements: Vec<Value>, others: Vec<Value>) -> Vec<Value> {
    if matches!(linq, Linq::Concat | Linq::Union) {
        elements.extend(others);
        return if linq == Linq::Union { distinct(elements) } else { elements };
    }
    let keys: HashSet<Key> = others.iter().map(key_of).collect();
    let kept = elements.into_iter().filter(|e| keys.contains(&key_of(e)) == (linq == Linq::Intersect));
    distinct(kept.collect())
}

/// By pairs of a key and whether it descends.
fn ordered(frame: &mut Frame<'_>, elements: Vec<Value>, by: &[Expr]) -> Result<Vec<Value>, Fault> {
    let mut keyed = Vec::with_capacity(elements.len());
    for element in elements {
        let mut keys = Vec::with_capacity(by.len() / 2);
        for pair in by.chunks(2) {
            let key = call(frame, &pair[0], std::slice::from_ref(&element))?;
            keys.push((key, matches!(pair.get(1), Some(Expr::Bool(true)))));
        }
        keyed.push((keys, element));
    }
    frame.call.work.spend(keyed.len())?;
    keyed.sort_by(|(a, _), (b, _)| {
        let compared = a.iter().zip(b).map(|((x, descends), (y, _))| {
            let order = compare(x, y);
            if *descends { order.reverse() } else { order }
        });
        compared.fold(Ordering::Equal, Ordering::then)
    });
    Ok(keyed.into_iter().map(|(_, element)| element).collect())
}

/// How values are sorted: null first, texts without regard to case but for
/// ties, as the invariant culture nearly does.
pub(super) fn compare(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Null, Value::Null) => Ordering::Equal,
        (Value::Null, _) => Ordering::Less,
        (_, Value::Null) => Ordering::Greater,
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Text(a), Value::Text(b)) => texts(a, b),
        (a, b) => operate::ordered(a, b).unwrap_or_else(|| texts(&a.display(), &b.display())),
    }
}

fn texts(a: &Arc<str>, b: &Arc<str>) -> Ordering {
    a.to_lowercase().cmp(&b.to_lowercase()).then_with(|| b.cmp(a))
}
