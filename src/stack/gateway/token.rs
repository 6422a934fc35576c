//! JSON as Newtonsoft has it: a tree of shared nodes that can be changed.
//!
//! A token that is put into a second place is copied there, as Newtonsoft does
//! with tokens that have a parent; so a tree never holds itself. How deep a
//! tree grows is bounded, so that walking it can't exhaust the stack.

use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use indexmap::IndexMap;

use super::evaluate::{Exception, Fault, Work};

/// Trees deeper than this are refused.
const MAX_LEVEL: u16 = 200;

/// A `JToken`.
#[derive(Clone, Debug)]
pub(super) enum Token {
    Leaf(Leaf),
    Object(Arc<Object>),
    Array(Arc<Array>),
    Property(Arc<Property>),
}

/// A `JValue`.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Leaf {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Arc<str>),
    /// Text that Newtonsoft reads as a date: as it was written.
    Date(Arc<str>),
}

/// A `JObject`: its members, in order.
#[derive(Debug, Default)]
pub(super) struct Object {
    /// How deep it stands; 0 where it has no parent.
    level: AtomicU16,
    members: Mutex<IndexMap<Arc<str>, Token>>,
}

/// A `JArray`.
#[derive(Debug, Default)]
pub(super) struct Array {
    level: AtomicU16,
    elements: Mutex<Vec<Token>>,
}

/// A `JProperty`: a name and a value, or a member of an object, which changes
/// with it.
#[derive(Debug)]
pub(super) struct Property {
    pub(super) name: Arc<str>,
    pub(super) of: Option<Arc<Object>>,
    value: Mutex<Token>,
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn too_deep() -> Fault {
    Fault::of(Exception::Json, "The token is nested too deeply.")
}

impl Object {
    /// A member.
    pub(super) fn get(&self, name: &str) -> Option<Token> {
        held(&self.members).get(name).cloned()
    }

    /// A member, whose name may differ in case.
    pub(super) fn get_ignoring_case(&self, name: &str) -> Option<Token> {
        let members = held(&self.members);
        members
            .get(name)
            .or_else(|| members.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, t)| t))
            .cloned()
    }

    /// Sets a member; a new one comes last.
    pub(super) fn set(self: &Arc<Self>, name: Arc<str>, value: Token, work: &mut Work) -> Result<(), Fault> {
        let value = value.adopted(self.level.load(Ordering::Relaxed), Some(Arc::as_ptr(self).cast()), work)?;
        held(&self.members).insert(name, value);
        Ok(())
    }

    /// Takes a member out, and whether it was there.
    pub(super) fn remove(&self, name: &str) -> bool {
        held(&self.members).shift_remove(name).is_some()
    }

    /// Names and values, in order.
    pub(super) fn members(&self) -> Vec<(Arc<str>, Token)> {
        held(&self.members).iter().map(|(n, t)| (Arc::clone(n), t.clone())).collect()
    }

    pub(super) fn len(&self) -> usize {
        held(&self.members).len()
    }

    /// Its properties, which change with it.
    pub(super) fn properties(self: &Arc<Self>) -> Vec<Token> {
        self.members().into_iter().map(|(name, value)| self.property_of(name, value)).collect()
    }

    /// The property of a name.
    pub(super) fn property(self: &Arc<Self>, name: &str) -> Option<Token> {
        let (name, value) = held(&self.members).get_key_value(name).map(|(n, t)| (Arc::clone(n), t.clone()))?;
        Some(self.property_of(name, value))
    }

    fn property_of(self: &Arc<Self>, name: Arc<str>, value: Token) -> Token {
        Token::Property(Arc::new(Property { name, of: Some(Arc::clone(self)), value: Mutex::new(value) }))
    }
}

impl Array {
    pub(super) fn get(&self, at: usize) -> Option<Token> {
        held(&self.elements).get(at).cloned()
    }

    pub(super) fn len(&self) -> usize {
        held(&self.elements).len()
    }

    /// Its elements.
    pub(super) fn elements(&self) -> Vec<Token> {
        held(&self.elements).clone()
    }

    /// Puts an element before the one at a place, or last.
    pub(super) fn insert(self: &Arc<Self>, at: usize, value: Token, work: &mut Work) -> Result<(), Fault> {
        let value = self.adopt(value, work)?;
        let mut elements = held(&self.elements);
        if at > elements.len() {
            return Err(Fault::out_of_range("Index must be within the bounds of the List.", "index"));
        }
        elements.insert(at, value);
        Ok(())
    }

    /// Adds an element.
    pub(super) fn push(self: &Arc<Self>, value: Token, work: &mut Work) -> Result<(), Fault> {
        let value = self.adopt(value, work)?;
        held(&self.elements).push(value);
        Ok(())
    }

    /// Replaces an element.
    pub(super) fn set(self: &Arc<Self>, at: usize, value: Token, work: &mut Work) -> Result<(), Fault> {
        let value = self.adopt(value, work)?;
        let mut elements = held(&self.elements);
        let element = elements.get_mut(at).ok_or_else(no_element)?;
        *element = value;
        Ok(())
    }

    /// Takes the element at a place out.
    pub(super) fn remove(&self, at: usize) -> Result<(), Fault> {
        let mut elements = held(&self.elements);
        if at >= elements.len() {
            return Err(no_element());
        }
        elements.remove(at);
        Ok(())
    }

    /// Takes all elements out.
    pub(super) fn clear(&self) {
        held(&self.elements).clear();
    }

    fn adopt(self: &Arc<Self>, value: Token, work: &mut Work) -> Result<Token, Fault> {
        value.adopted(self.level.load(Ordering::Relaxed), Some(Arc::as_ptr(self).cast()), work)
    }
}

/// An index is not in an array.
pub(super) fn no_element() -> Fault {
    Fault::out_of_range(
        "Index was out of range. Must be non-negative and less than the size of the collection.",
        "index",
    )
}

impl Property {
    /// The value.
    pub(super) fn value(&self) -> Token {
        self.of.as_ref().and_then(|o| o.get(&self.name)).unwrap_or_else(|| held(&self.value).clone())
    }

    /// Replaces the value, in the object too.
    pub(super) fn set(&self, value: Token, work: &mut Work) -> Result<(), Fault> {
        if let Some(object) = &self.of {
            object.set(Arc::clone(&self.name), value, work)
        } else {
            *held(&self.value) = value.adopted(0, None, work)?;
            Ok(())
        }
    }
}

impl Token {
    pub(super) const NULL: Self = Self::Leaf(Leaf::Null);

    pub(super) fn text(text: impl Into<Arc<str>>) -> Self {
        Self::Leaf(Leaf::Text(text.into()))
    }

    /// An empty `JObject`.
    pub(super) fn object() -> Arc<Object> {
        Arc::default()
    }

    /// An empty `JArray`.
    pub(super) fn array() -> Arc<Array> {
        Arc::default()
    }

    /// A `JProperty` of no object.
    pub(super) fn property(name: Arc<str>, value: Self, work: &mut Work) -> Result<Self, Fault> {
        let value = value.adopted(0, None, work)?;
        Ok(Self::Property(Arc::new(Property { name, of: None, value: Mutex::new(value) })))
    }

    /// Its children: members as properties, elements, a property's value.
    pub(super) fn children(&self) -> Vec<Self> {
        match self {
            Self::Leaf(_) => Vec::new(),
            Self::Object(object) => object.properties(),
            Self::Array(array) => array.elements(),
            Self::Property(property) => vec![property.value()],
        }
    }

    /// How many children it has.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Leaf(_) => 0,
            Self::Object(object) => object.len(),
            Self::Array(array) => array.len(),
            Self::Property(_) => 1,
        }
    }

    /// Whether two variables hold the same token.
    pub(super) fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Object(a), Self::Object(b)) => Arc::ptr_eq(a, b),
            (Self::Array(a), Self::Array(b)) => Arc::ptr_eq(a, b),
            (Self::Property(a), Self::Property(b)) => Arc::ptr_eq(a, b),
            (Self::Leaf(Leaf::Text(a)), Self::Leaf(Leaf::Text(b))) => Arc::ptr_eq(a, b),
            _ => false,
        }
    }

    /// A copy that shares nothing and has no parent.
    pub(super) fn deep_clone(&self, work: &mut Work) -> Result<Self, Fault> {
        let copy = self.copied(work)?;
        copy.sink(0, work)?;
        Ok(copy)
    }

    fn copied(&self, work: &mut Work) -> Result<Self, Fault> {
        work.spend(1)?;
        Ok(match self {
            Self::Leaf(leaf) => Self::Leaf(leaf.clone()),
            Self::Object(object) => {
                let members = object.members().into_iter();
                let copies = members.map(|(n, t)| Ok((n, t.copied(work)?))).collect::<Result<_, Fault>>()?;
                Self::of_members(copies)
            }
            Self::Array(array) => {
                let copies = array.elements().iter().map(|t| t.copied(work)).collect::<Result<_, _>>()?;
                Self::of_elements(copies)
            }
            Self::Property(property) => {
                let value = Mutex::new(property.value().copied(work)?);
                Self::Property(Arc::new(Property { name: Arc::clone(&property.name), of: None, value }))
            }
        })
    }

    /// A `JObject` of members that have no other parent. Levels are not set.
    pub(super) fn of_members(members: IndexMap<Arc<str>, Self>) -> Self {
        Self::Object(Arc::new(Object { level: AtomicU16::new(0), members: Mutex::new(members) }))
    }

    /// A `JArray` of elements that have no other parent. Levels are not set.
    pub(super) fn of_elements(elements: Vec<Self>) -> Self {
        Self::Array(Arc::new(Array { level: AtomicU16::new(0), elements: Mutex::new(elements) }))
    }

    fn level(&self) -> Option<&AtomicU16> {
        match self {
            Self::Object(object) => Some(&object.level),
            Self::Array(array) => Some(&array.level),
            Self::Leaf(_) | Self::Property(_) => None,
        }
    }

    /// This token as a child of a node that stands at `level`: itself where it
    /// has no parent, else a copy.
    fn adopted(self, level: u16, parent: Option<*const ()>, work: &mut Work) -> Result<Self, Fault> {
        let Some(own) = self.level() else {
            // Newtonsoft refuses properties as values too; what is meant is the value.
            return match self {
                Self::Property(property) => property.value().adopted(level, parent, work),
                leaf => Ok(leaf),
            };
        };
        let copied = own.load(Ordering::Relaxed) > 0
            || parent == Some(self.address())
            || (level > 0 && self.holds(parent, work)?);
        let child = if copied { self.copied(work)? } else { self };
        child.sink(level + 1, work)?;
        Ok(child)
    }

    fn address(&self) -> *const () {
        match self {
            Self::Object(object) => Arc::as_ptr(object).cast(),
            Self::Array(array) => Arc::as_ptr(array).cast(),
            Self::Leaf(_) | Self::Property(_) => std::ptr::null(),
        }
    }

    /// Whether a node stands below this one.
    fn holds(&self, node: Option<*const ()>, work: &mut Work) -> Result<bool, Fault> {
        work.spend(1)?;
        let below = match self {
            Self::Object(object) => object.members().into_iter().map(|(_, t)| t).collect(),
            Self::Array(array) => array.elements(),
            Self::Leaf(_) | Self::Property(_) => return Ok(false),
        };
        for child in below {
            if Some(child.address()) == node || child.holds(node, work)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Says how deep it and what is below it stands.
    pub(super) fn sink(&self, level: u16, work: &mut Work) -> Result<(), Fault> {
        let Some(own) = self.level() else { return Ok(()) };
        if level > MAX_LEVEL {
            return Err(too_deep());
        }
        work.spend(1)?;
        own.store(level, Ordering::Relaxed);
        match self {
            Self::Object(object) => held(&object.members).values().try_for_each(|t| t.sink(level + 1, work)),
            Self::Array(array) => held(&array.elements).iter().try_for_each(|t| t.sink(level + 1, work)),
            Self::Leaf(_) | Self::Property(_) => Ok(()),
        }
    }

    /// Whether two tokens say the same: `JToken.DeepEquals`.
    pub(super) fn deep_equals(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Leaf(Leaf::Text(a) | Leaf::Date(a)), Self::Leaf(Leaf::Text(b) | Leaf::Date(b))) => a == b,
            (Self::Leaf(Leaf::Int(a)), Self::Leaf(Leaf::Float(b)))
            | (Self::Leaf(Leaf::Float(b)), Self::Leaf(Leaf::Int(a))) => (*a as f64).total_cmp(b).is_eq(),
            (Self::Leaf(a), Self::Leaf(b)) => a == b,
            (Self::Object(a), Self::Object(b)) => {
                let (ours, theirs) = (a.members(), b.members());
                Arc::ptr_eq(a, b)
                    || (ours.len() == theirs.len()
                        && ours.iter().all(|(n, t)| {
                            theirs.iter().find(|(m, _)| m == n).is_some_and(|(_, other)| t.deep_equals(other))
                        }))
            }
            (Self::Array(a), Self::Array(b)) => {
                let (ours, theirs) = (a.elements(), b.elements());
                ours.len() == theirs.len() && ours.iter().zip(&theirs).all(|(a, b)| a.deep_equals(b))
            }
            (Self::Property(a), Self::Property(b)) => a.name == b.name && a.value().deep_equals(&b.value()),
            _ => false,
        }
    }
}
