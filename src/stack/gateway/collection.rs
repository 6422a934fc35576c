//! Lists, arrays, dictionaries, sets, pairs, groups and anonymous objects.
//!
//! All are one shape, told apart by their type. They are shared as in C#; one
//! that would hold itself, or that is nested too deeply, is refused, so that
//! walking it can't exhaust the stack.

use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use indexmap::IndexMap;
use uuid::Uuid;

use super::evaluate::{Exception, Fault, Work};
use super::value::Value;
use crate::policy::expression::Type;

/// Collections nested deeper are refused.
const MAX_LEVEL: u16 = 100;

/// The most elements of one collection.
const MAX_ELEMENTS: usize = 500_000;

/// A collection.
#[derive(Debug)]
pub(super) struct Collection {
    /// What it is: a list, an array, …
    pub(super) ty: Type,
    /// Whether keys that differ in case are the same.
    ignores_case: bool,
    /// How deep it stands in others, at most.
    level: AtomicU16,
    store: Mutex<Store>,
}

#[derive(Debug)]
enum Store {
    Items(Vec<Value>),
    /// Keys as they were given, and values; a set has no values.
    Entries(IndexMap<Key, (Value, Value)>),
}

/// What two keys are compared by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key {
    Text(Arc<str>),
    Int(i64),
    Bool(bool),
    Guid(Uuid),
    /// Anything else, as text and with its type.
    Other(Type, Arc<str>),
    Many(Vec<Key>),
    Null,
}

impl Collection {
    /// A list, an array, a sequence, a pair, a group, an anonymous object.
    pub(super) fn of_items(ty: Type, items: Vec<Value>, work: &mut Work) -> Result<Arc<Self>, Fault> {
        work.spend(items.len() / 4 + 1)?;
        if items.len() > MAX_ELEMENTS {
            return Err(Fault::limit());
        }
        items.iter().try_for_each(|item| sink(item, 1, work))?;
        Ok(Arc::new(Self { ty, ignores_case: false, level: AtomicU16::new(0), store: Mutex::new(Store::Items(items)) }))
    }

    /// An empty dictionary or set.
    pub(super) fn empty_keyed(ty: Type, ignores_case: bool) -> Arc<Self> {
        let store = Mutex::new(Store::Entries(IndexMap::new()));
        Arc::new(Self { ty, ignores_case, level: AtomicU16::new(0), store })
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn len(&self) -> usize {
        match &*self.store() {
            Store::Items(items) => items.len(),
            Store::Entries(entries) => entries.len(),
        }
    }

    /// What enumerating it gives.
    pub(super) fn elements(&self, work: &mut Work) -> Result<Vec<Value>, Fault> {
        let entries: Vec<(Value, Value)> = match &*self.store() {
            Store::Items(items) => {
                work.spend(items.len() / 4)?;
                // A group's key stands before its elements.
                let skipped = usize::from(matches!(self.ty, Type::Grouping(..)));
                return Ok(items[skipped.min(items.len())..].to_vec());
            }
            Store::Entries(entries) if matches!(self.ty, Type::Set(_)) => {
                return Ok(entries.values().map(|(key, _)| key.clone()).collect());
            }
            Store::Entries(entries) => entries.values().cloned().collect(),
        };
        let Type::Dictionary(key, value) = self.ty else { return Ok(Vec::new()) };
        let ty = Type::pair(*key, *value);
        entries.into_iter().map(|(k, v)| Self::of_items(ty, vec![k, v], work).map(Value::Collection)).collect()
    }

    /// An item by its place: of an array, a list; the parts of a pair, a group's
    /// key, the members of an anonymous object.
    pub(super) fn item(&self, at: usize) -> Option<Value> {
        match &*self.store() {
            Store::Items(items) => items.get(at).cloned(),
            Store::Entries(_) => None,
        }
    }

    /// Changes the items of a list.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut Vec<Value>) -> T) -> Result<T, Fault> {
        match &mut *self.store() {
            Store::Items(items) => {
                let result = change(items);
                if items.len() > MAX_ELEMENTS { Err(Fault::limit()) } else { Ok(result) }
            }
            Store::Entries(_) => Err(Fault::null()),
        }
    }

    /// Has a value ready to be put into it: refuses one that holds it.
    pub(super) fn admit(&self, value: &Value, work: &mut Work) -> Result<(), Fault> {
        let level = self.level.load(Ordering::Relaxed);
        sink(value, level + 1, work)?;
        if self.level.load(Ordering::Relaxed) == level { Ok(()) } else { Err(too_deep()) }
    }

    /// The key that a value is, as this dictionary compares keys.
    fn key(&self, value: &Value) -> Result<Key, Fault> {
        match key_of(value) {
            Key::Null => Err(Fault::null_argument("key")),
            Key::Text(text) if self.ignores_case => Ok(Key::Text(text.to_lowercase().into())),
            key => Ok(key),
        }
    }

    /// The value of a key.
    pub(super) fn get(&self, key: &Value) -> Result<Option<Value>, Fault> {
        let key = self.key(key)?;
        Ok(match &*self.store() {
            Store::Entries(entries) => entries.get(&key).map(|(_, value)| value.clone()),
            Store::Items(_) => None,
        })
    }

    /// Whether a key is in it.
    pub(super) fn contains_key(&self, key: &Value) -> Result<bool, Fault> {
        let key = self.key(key)?;
        Ok(matches!(&*self.store(), Store::Entries(entries) if entries.contains_key(&key)))
    }

    /// Puts a key and its value in, and says whether the key is new. One that
    /// is there takes the value only where it `replaces`.
    pub(super) fn put(&self, key: Value, value: Value, replaces: bool, work: &mut Work) -> Result<bool, Fault> {
        let by = self.key(&key)?;
        self.admit(&value, work)?;
        let Store::Entries(entries) = &mut *self.store() else { return Err(Fault::null()) };
        if let Some((_, old)) = entries.get_mut(&by) {
            if replaces {
                *old = value;
            }
            return Ok(false);
        }
        if entries.len() >= MAX_ELEMENTS {
            return Err(Fault::limit());
        }
        entries.insert(by, (key, value));
        Ok(true)
    }

    /// Takes a key out, and its value.
    pub(super) fn remove(&self, key: &Value) -> Result<Option<Value>, Fault> {
        let key = self.key(key)?;
        Ok(match &mut *self.store() {
            Store::Entries(entries) => entries.shift_remove(&key).map(|(_, value)| value),
            Store::Items(_) => None,
        })
    }

    /// Keys and values of a dictionary.
    pub(super) fn entries(&self) -> Vec<(Value, Value)> {
        match &*self.store() {
            Store::Entries(entries) => entries.values().cloned().collect(),
            Store::Items(_) => Vec::new(),
        }
    }

    /// Takes everything out.
    pub(super) fn clear(&self) {
        match &mut *self.store() {
            Store::Items(items) => items.clear(),
            Store::Entries(entries) => entries.clear(),
        }
    }
}

fn too_deep() -> Fault {
    Fault::of(Exception::InvalidOperation, "The collection is nested too deeply, or in itself.")
}

/// Says how deep a collection stands, and what is in it.
fn sink(value: &Value, level: u16, work: &mut Work) -> Result<(), Fault> {
    let Value::Collection(collection) = value else { return Ok(()) };
    if collection.level.fetch_max(level, Ordering::Relaxed) >= level {
        return Ok(());
    }
    if level > MAX_LEVEL {
        return Err(too_deep());
    }
    let children: Vec<Value> = match &*collection.store() {
        Store::Items(items) => items.iter().filter(|i| matches!(i, Value::Collection(_))).cloned().collect(),
        Store::Entries(entries) => entries.values().map(|(_, v)| v.clone()).collect(),
    };
    work.spend(collection.len() / 8 + 1)?;
    children.iter().try_for_each(|child| sink(child, level + 1, work))
}

/// What a value is compared by where values are told apart.
pub(super) fn key_of(value: &Value) -> Key {
    match value {
        Value::Null => Key::Null,
        Value::Text(text) => Key::Text(Arc::clone(text)),
        Value::Int(n) | Value::Long(n) => Key::Int(*n),
        Value::Bool(b) => Key::Bool(*b),
        Value::Guid(id) => Key::Guid(*id),
        Value::Char(c) => Key::Other(Type::Char, c.to_string().into()),
        Value::Collection(collection) => match &*collection.store() {
            Store::Items(items) => Key::Many(items.iter().map(key_of).collect()),
            Store::Entries(_) => Key::Other(collection.ty, format!("{collection:p}").into()),
        },
        Value::Json(token) => Key::Other(Type::Json, token.write(false).into()),
        other => Key::Other(Type::Object, other.display()),
    }
}
