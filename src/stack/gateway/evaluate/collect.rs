//! Members of collections, of `T?`, of exceptions; elements that are stored.

use std::sync::Arc;

use super::super::collection::Collection;
use super::super::token::Token;
use super::super::value::Value;
use super::interpret::{Frame, Operands};
use super::{Exception, Fault, Work, json, member as members, operate};
use crate::policy::expression::{CollectionOp, Expr, Op, Type};

impl Frame<'_> {
    /// What enumerating a value gives.
    pub(super) fn elements(&mut self, value: &Value) -> Result<Vec<Value>, Fault> {
        let elements = match value {
            Value::Collection(collection) => return collection.elements(&mut self.call.work),
            Value::Texts(texts) => texts.iter().map(|t| Value::Text(Arc::clone(t))).collect(),
            Value::Bytes(bytes) => bytes.iter().map(|b| Value::Int(i64::from(*b))).collect(),
            Value::Text(text) => text.chars().map(Value::Char).collect(),
            Value::Json(Token::Object(object)) => {
                let ty = Type::pair(Type::Text, Type::Json);
                let work = &mut self.call.work;
                let pair = |(name, value)| {
                    Collection::of_items(ty, vec![Value::Text(name), Value::Json(value)], work).map(Value::Collection)
                };
                object.members().into_iter().map(pair).collect::<Result<Vec<_>, _>>()?
            }
            Value::Json(token) => token.children().into_iter().map(Value::Json).collect(),
            Value::Null => return Err(Fault::null()),
            other => super::entries::of(other, self.call)?,
        };
        self.call.work.spend(elements.len() / 4)?;
        Ok(elements)
    }

    pub(super) fn operands(&mut self, operands: &[Expr]) -> Result<Operands, Fault> {
        operands.iter().map(|o| self.value(o)).collect()
    }
}

/// What a member of a collection gives.
pub(super) fn member(frame: &mut Frame<'_>, op: CollectionOp, gives: Type, operands: &[Expr]) -> Result<Value, Fault> {
    use CollectionOp as C;
    if op == C::RemoveAll {
        return remove_all(frame, operands);
    }
    let values = frame.operands(operands)?;
    let work = &mut frame.call.work;
    match (op, values.as_slice()) {
        (C::Default, _) => Ok(default_of(gives)),
        (C::Of, values) => made(gives, values.to_vec(), work),
        (C::Filled, [length, value]) => {
            let length = length.integer().and_then(|n| usize::try_from(n).ok()).ok_or_else(operate::overflow)?;
            work.spend(length)?;
            made(gives, vec![value.clone(); length], work)
        }
        (C::Range, [start, count]) => {
            let (start, count) = (start.integer().unwrap_or(0), count.integer().unwrap_or(0));
            work.spend(usize::try_from(count).map_err(|_| Fault::out_of_range(OUT_OF_RANGE, "count"))?)?;
            made(gives, (start..start + count).map(Value::Int).collect(), work)
        }
        (C::Keyed, comparer) => {
            let ignores_case = matches!(comparer.first(), Some(Value::Comparison(true)));
            Ok(Value::Collection(Collection::empty_keyed(gives, ignores_case)))
        }
        (C::CopyOf, [from, comparer @ ..]) => {
            let elements = frame.elements(from)?;
            let ignores_case = matches!(comparer.first(), Some(Value::Comparison(true)));
            collected(gives, elements, ignores_case, &mut frame.call.work)
        }
        (C::Overlaid, [into, from, range @ ..]) => {
            let (mut into, from) = (frame.elements(into)?, frame.elements(from)?);
            let [at, begin, count] = [0, 1, 2].map(|n| range.get(n).and_then(place).unwrap_or(usize::MAX));
            let source = at.checked_add(count).and_then(|end| from.get(at..end));
            let target = begin.checked_add(count).and_then(|end| into.get_mut(begin..end));
            let (Some(source), Some(target)) = (source, target) else {
                let text = "Destination array was not long enough. Check the destination index, length, and the array's lower bounds.";
                return Err(Fault::of(Exception::Argument, text));
            };
            target.clone_from_slice(source);
            made(gives, into, &mut frame.call.work)
        }
        (C::HasValue, [value]) => Ok(Value::Bool(!value.is_null())),
        (C::Present, [Value::Null]) => {
            Err(Fault::of(Exception::InvalidOperation, "Nullable object must have a value."))
        }
        (C::Present, [value]) => Ok(value.clone()),
        (C::PresentOr, [value, default]) => Ok(if value.is_null() { default.clone() } else { value.clone() }),
        (C::Message, [Value::Exception(fault)]) => Ok(Value::text(fault.text.as_str())),
        (C::Shown, [Value::Null]) if matches!(operand_type(operands), Some(())) => Ok(Value::text("")),
        (_, [Value::Null, ..]) => Err(Fault::null()),
        (C::Shown, [value]) => Ok(Value::Text(value.display())),
        (C::Get, [of, by]) => get(frame, of, by),
        (C::Count, [Value::Texts(texts)]) => Ok(Value::Int(texts.len() as i64)),
        (C::Count, [Value::Bytes(bytes)]) => Ok(Value::Int(bytes.len() as i64)),
        (C::Count, [Value::Json(token)]) => Ok(Value::Int(token.len() as i64)),
        (op, [Value::Collection(collection), rest @ ..]) => own(op, gives, collection, rest, frame),
        _ => Err(Fault::of(Exception::InvalidOperation, "Collection was of a fixed size.")),
    }
}

const OUT_OF_RANGE: &str = "Specified argument was out of the range of valid values.";

/// Whether `ToString` stands on a `T?`, whose null is an empty text; of a
/// reference it raises.
fn operand_type(operands: &[Expr]) -> Option<()> {
    matches!(operands.first(), Some(Expr::NullChain(_) | Expr::As(..))).then_some(())
}

/// What a variable holds before it is set.
fn default_of(ty: Type) -> Value {
    match ty {
        Type::Span => Value::Span(0),
        Type::Instant | Type::Offset | Type::Guid => super::statics::default_of(ty),
        _ => Value::Null,
    }
}

/// A collection of elements.
fn made(ty: Type, elements: Vec<Value>, work: &mut Work) -> Result<Value, Fault> {
    match ty {
        Type::Bytes => Ok(Value::Bytes(elements.iter().map(|e| e.integer().unwrap_or(0) as u8).collect())),
        Type::Texts if elements.iter().all(|e| matches!(e, Value::Text(_))) => {
            work.spend(elements.len() / 4)?;
            Ok(Value::Texts(elements.iter().map(Value::display).collect()))
        }
        _ => Collection::of_items(ty, elements, work).map(Value::Collection),
    }
}

/// Elements as a collection of a type: keyed where it is.
pub(super) fn collected(ty: Type, elements: Vec<Value>, ignores_case: bool, work: &mut Work) -> Result<Value, Fault> {
    if !matches!(ty, Type::Set(_) | Type::Dictionary(..)) {
        return made(ty, elements, work);
    }
    let keyed = Collection::empty_keyed(ty, ignores_case);
    for element in elements {
        work.spend(1)?;
        match (&element, ty) {
            (Value::Collection(pair), Type::Dictionary(..)) => {
                let part = |at| pair.item(at).unwrap_or(Value::Null);
                keyed.put(part(0), part(1), true, work)?;
            }
            _ => {
                keyed.put(element, Value::Null, false, work)?;
            }
        }
    }
    Ok(Value::Collection(keyed))
}

fn place(by: &Value) -> Option<usize> {
    by.integer().and_then(|n| usize::try_from(n).ok())
}

fn get(frame: &mut Frame<'_>, of: &Value, by: &Value) -> Result<Value, Fault> {
    match of {
        Value::Collection(collection) => match collection.ty {
            Type::Dictionary(..) => collection.get(by)?.ok_or_else(Fault::no_key),
            Type::List(_) => place(by).and_then(|at| collection.item(at)).ok_or_else(super::super::token::no_element),
            _ => place(by).and_then(|at| collection.item(at)).ok_or_else(Fault::no_index),
        },
        Value::Bytes(bytes) => {
            let byte = place(by).and_then(|at| bytes.get(at)).ok_or_else(Fault::no_index)?;
            Ok(Value::Int(i64::from(*byte)))
        }
        Value::Text(text) => character(text, by),
        _ => members::member(Op::Index, &[of.clone(), by.clone()], frame.call),
    }
}

/// A character of a text. .NET counts in UTF-16; half of a pair has no
/// character of its own here.
fn character(text: &str, by: &Value) -> Result<Value, Fault> {
    let at = place(by).ok_or_else(Fault::no_index)?;
    if text.is_ascii() {
        return text.as_bytes().get(at).map(|b| Value::Char(char::from(*b))).ok_or_else(Fault::no_index);
    }
    let unit = text.encode_utf16().nth(at).ok_or_else(Fault::no_index)?;
    Ok(Value::Char(char::from_u32(u32::from(unit)).unwrap_or('\u{fffd}')))
}

/// Members of a collection itself.
fn own(
    op: CollectionOp,
    gives: Type,
    collection: &Arc<Collection>,
    rest: &[Value],
    frame: &mut Frame<'_>,
) -> Result<Value, Fault> {
    use CollectionOp as C;
    match (op, rest) {
        (C::Part(at), []) => return Ok(collection.item(at).unwrap_or(Value::Null)),
        (C::Count, []) => return Ok(Value::Int(collection.len() as i64)),
        (C::Keys | C::Values, []) => {
            let part = |(key, value)| if op == C::Keys { key } else { value };
            let parts = collection.entries().into_iter().map(part).collect();
            return Collection::of_items(gives, parts, &mut frame.call.work).map(Value::Collection);
        }
        (C::ContainsKey, [key]) => {
            frame.call.work.spend(1)?;
            return Ok(Value::Bool(collection.contains_key(key)?));
        }
        (C::GetOrDefault, [key, default]) => return Ok(collection.get(key)?.unwrap_or_else(|| default.clone())),
        (C::ContainsValue, [value]) => {
            frame.call.work.spend(collection.len() / 8)?;
            return Ok(Value::Bool(collection.entries().iter().any(|(_, v)| operate::equal(v, value))));
        }
        (C::IndexOf, [value]) => {
            let elements = collection.elements(&mut frame.call.work)?;
            let at = elements.iter().position(|e| operate::equal(e, value));
            return Ok(Value::Int(at.map_or(-1, |at| at as i64)));
        }
        _ => {}
    }
    if matches!(op, C::AddRange | C::UnionWith) {
        let Some(other) = rest.first() else { return Err(Fault::null()) };
        for element in frame.elements(other)? {
            changed(
                if op == C::AddRange { C::Add } else { C::AddToSet },
                collection,
                &[element],
                &mut frame.call.work,
            )?;
        }
        return Ok(Value::Null);
    }
    changed(op, collection, rest, &mut frame.call.work)
}

/// Members that change a collection.
fn changed(op: CollectionOp, collection: &Collection, rest: &[Value], work: &mut Work) -> Result<Value, Fault> {
    use CollectionOp as C;
    work.spend(1)?;
    match (op, rest) {
        (C::Add, [value]) => {
            collection.admit(value, work)?;
            collection.change(|items| items.push(value.clone()))?;
        }
        (C::AddKey, [key, value]) => {
            if !collection.put(key.clone(), value.clone(), false, work)? {
                let text = "An item with the same key has already been added.";
                return Err(Fault::of(Exception::Argument, text));
            }
        }
        (C::AddToSet, [value]) => return collection.put(value.clone(), Value::Null, false, work).map(Value::Bool),
        (C::Insert, [at, value]) => {
            collection.admit(value, work)?;
            work.spend(collection.len() / 32)?;
            let at = place(at).filter(|at| *at <= collection.len());
            let at = at.ok_or_else(|| Fault::out_of_range("Index must be within the bounds of the List.", "index"))?;
            collection.change(|items| items.insert(at, value.clone()))?;
        }
        (C::Remove, [key]) if matches!(collection.ty, Type::Dictionary(..) | Type::Set(_)) => {
            work.spend(collection.len() / 32)?;
            return Ok(Value::Bool(collection.remove(key)?.is_some()));
        }
        (C::Remove, [value]) => {
            work.spend(collection.len() / 8)?;
            return collection.change(|items| {
                let at = items.iter().position(|i| operate::equal(i, value));
                Value::Bool(at.map(|at| items.remove(at)).is_some())
            });
        }
        (C::RemoveAt, [at]) => {
            work.spend(collection.len() / 32)?;
            let at = place(at).filter(|at| *at < collection.len()).ok_or_else(super::super::token::no_element)?;
            collection.change(|items| drop(items.remove(at)))?;
        }
        (C::Clear, []) => collection.clear(),
        (C::Sort, []) => {
            work.spend(collection.len())?;
            collection.change(|items| items.sort_by(super::linq::compare))?;
        }
        (C::ReverseInPlace, []) => {
            work.spend(collection.len() / 8)?;
            collection.change(|items| items.reverse())?;
        }
        _ => return Err(Fault::null()),
    }
    Ok(Value::Null)
}

/// `list.RemoveAll(x => …)`.
fn remove_all(frame: &mut Frame<'_>, operands: &[Expr]) -> Result<Value, Fault> {
    let [of, test] = operands else { return Err(Fault::null()) };
    let Value::Collection(collection) = frame.value(of)? else { return Err(Fault::null()) };
    let before = collection.elements(&mut frame.call.work)?;
    let mut kept = Vec::with_capacity(before.len());
    for element in &before {
        if !super::linq::holds(frame, test, element, kept.len())? {
            kept.push(element.clone());
        }
    }
    let removed = before.len() - kept.len();
    collection.change(|items| *items = kept)?;
    Ok(Value::Int(removed as i64))
}

/// `of[by] = value`.
pub(super) fn store(frame: &mut Frame<'_>, of: &Expr, by: &Expr, value: &Expr) -> Result<Value, Fault> {
    let (target, by, value) = (frame.value(of)?, frame.value(by)?, frame.value(value)?);
    let work = &mut frame.call.work;
    work.spend(1)?;
    match &target {
        Value::Json(token) => store_token(token, &by, &value, work)?,
        Value::Collection(collection) if matches!(collection.ty, Type::Dictionary(..)) => {
            collection.put(by, value.clone(), true, work)?;
        }
        Value::Collection(collection) => {
            collection.admit(&value, work)?;
            let at = place(&by).filter(|at| *at < collection.len()).ok_or_else(Fault::no_index)?;
            collection.change(|items| items[at] = value.clone())?;
        }
        Value::Texts(texts) => {
            // Nobody else sees the array of a variable that is changed.
            let mut items: Vec<Value> = texts.iter().map(|t| Value::Text(Arc::clone(t))).collect();
            let at = place(&by).filter(|at| *at < items.len()).ok_or_else(Fault::no_index)?;
            items[at] = value.clone();
            let changed = Collection::of_items(Type::Texts, items, work)?;
            if let Expr::Local(slot) = of {
                frame.locals[*slot] = Value::Collection(changed);
            }
        }
        Value::Bytes(bytes) => {
            work.spend_text(bytes.len())?;
            let mut changed = bytes.to_vec();
            let at = place(&by).filter(|at| *at < changed.len()).ok_or_else(Fault::no_index)?;
            changed[at] = value.integer().unwrap_or(0) as u8;
            if let Expr::Local(slot) = of {
                frame.locals[*slot] = Value::Bytes(changed.into());
            }
        }
        _ => return Err(Fault::null()),
    }
    Ok(value)
}

fn store_token(token: &Token, by: &Value, value: &Value, work: &mut Work) -> Result<(), Fault> {
    let value = value.to_token(work)?;
    match (token, by) {
        (Token::Object(object), Value::Text(name)) => object.set(Arc::clone(name), value, work),
        (Token::Array(array), Value::Int(at)) => {
            let at = usize::try_from(*at).map_err(|_| super::super::token::no_element())?;
            array.set(at, value, work)
        }
        // Reading tells what is wrong with the key, or with the token.
        _ => json::index(token, by).and(Err(Fault::null())),
    }
}

/// `property.Value = value`.
pub(super) fn store_property(property: &Value, value: Value, work: &mut Work) -> Result<Value, Fault> {
    let Value::Json(Token::Property(property)) = property else { return Err(Fault::null()) };
    let token = value.to_token(work)?;
    property.set(token, work)?;
    Ok(value)
}
