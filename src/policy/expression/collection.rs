//! Members of collections, of `T?` and of exceptions: generic, so that no table
//! can hold them.

use super::compiled::Expr;
use super::resolve::Resolver;
use super::types::Type;

/// What is done with a collection, a `T?` or an exception.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the members' own names; what differs is said")]
pub enum CollectionOp {
    /// The value of a type before it is set.
    Default,
    /// A collection of these elements.
    Of,
    /// An array of so many default values: length, value.
    Filled,
    /// A collection of what is in another.
    CopyOf,
    /// An array with a part of another in it: both, begin there, begin here,
    /// count.
    Overlaid,
    /// An empty dictionary or set: with a comparer or without.
    Keyed,
    /// A part by its place: of a pair, a group, an anonymous object.
    Part(usize),
    Count,
    Get,
    Add,
    AddRange,
    Insert,
    Remove,
    RemoveAt,
    RemoveAll,
    Clear,
    IndexOf,
    Sort,
    ReverseInPlace,
    /// `Dictionary.Add`: a key that is there raises.
    AddKey,
    ContainsKey,
    ContainsValue,
    Keys,
    Values,
    /// `GetValueOrDefault` of a dictionary: key, default.
    GetOrDefault,
    AddToSet,
    UnionWith,
    HasValue,
    /// `.Value` of a `T?`.
    Present,
    /// `GetValueOrDefault` of a `T?`: the value, the default.
    PresentOr,
    Message,
    /// `Enumerable.Range`.
    Range,
    /// `ToString` of what has none of its own.
    Shown,
}

/// How an argument of a collection's method is made, by the types of keys and
/// values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Argument {
    Element,
    Elements,
    Key,
    Value,
    Int,
    /// A lambda from an element to `bool`.
    Test,
}

/// A method: its name, what it is, what it takes, what it gives.
type Method = (&'static str, CollectionOp, &'static [Argument], fn(Type) -> Type);

const LIST: [Method; 11] = [
    ("Add", CollectionOp::Add, &[Argument::Element], |_| Type::Void),
    ("AddRange", CollectionOp::AddRange, &[Argument::Elements], |_| Type::Void),
    ("Insert", CollectionOp::Insert, &[Argument::Int, Argument::Element], |_| Type::Void),
    ("Remove", CollectionOp::Remove, &[Argument::Element], |_| Type::Bool),
    ("RemoveAt", CollectionOp::RemoveAt, &[Argument::Int], |_| Type::Void),
    ("RemoveAll", CollectionOp::RemoveAll, &[Argument::Test], |_| Type::Int),
    ("Clear", CollectionOp::Clear, &[], |_| Type::Void),
    ("IndexOf", CollectionOp::IndexOf, &[Argument::Element], |_| Type::Int),
    ("Sort", CollectionOp::Sort, &[], |_| Type::Void),
    ("Reverse", CollectionOp::ReverseInPlace, &[], |_| Type::Void),
    ("ToString", CollectionOp::Shown, &[], |_| Type::Text),
];

const DICTIONARY: [Method; 8] = [
    ("Add", CollectionOp::AddKey, &[Argument::Key, Argument::Value], |_| Type::Void),
    ("Remove", CollectionOp::Remove, &[Argument::Key], |_| Type::Bool),
    ("Clear", CollectionOp::Clear, &[], |_| Type::Void),
    ("ContainsKey", CollectionOp::ContainsKey, &[Argument::Key], |_| Type::Bool),
    ("ContainsValue", CollectionOp::ContainsValue, &[Argument::Value], |_| Type::Bool),
    ("GetValueOrDefault", CollectionOp::GetOrDefault, &[Argument::Key], value_of),
    ("GetValueOrDefault", CollectionOp::GetOrDefault, &[Argument::Key, Argument::Value], value_of),
    ("ToString", CollectionOp::Shown, &[], |_| Type::Text),
];

const SET: [Method; 6] = [
    ("Add", CollectionOp::AddToSet, &[Argument::Element], |_| Type::Bool),
    ("Remove", CollectionOp::Remove, &[Argument::Element], |_| Type::Bool),
    ("Contains", CollectionOp::ContainsKey, &[Argument::Element], |_| Type::Bool),
    ("UnionWith", CollectionOp::UnionWith, &[Argument::Elements], |_| Type::Void),
    ("Clear", CollectionOp::Clear, &[], |_| Type::Void),
    ("ToString", CollectionOp::Shown, &[], |_| Type::Text),
];

const SHOWN: [Method; 1] = [("ToString", CollectionOp::Shown, &[], |_| Type::Text)];

const NULLABLE: [Method; 3] = [
    ("GetValueOrDefault", CollectionOp::PresentOr, &[], Type::present),
    ("GetValueOrDefault", CollectionOp::PresentOr, &[Argument::Value], Type::present),
    ("ToString", CollectionOp::Shown, &[], |_| Type::Text),
];

fn value_of(of: Type) -> Type {
    match of {
        Type::Dictionary(_, value) => *value,
        _ => Type::Object,
    }
}

/// The methods of a type.
pub(super) fn methods(of: Type) -> &'static [Method] {
    match of {
        Type::List(_) => &LIST,
        Type::Dictionary(..) => &DICTIONARY,
        Type::Set(_) => &SET,
        Type::Nullable(_) => &NULLABLE,
        Type::Texts
        | Type::Bytes
        | Type::Array(_)
        | Type::Sequence(_)
        | Type::Pair(..)
        | Type::Grouping(..)
        | Type::Record(_)
        | Type::Char
        | Type::Exception => &SHOWN,
        _ => &[],
    }
}

impl Resolver {
    /// A property of a collection, a `T?` or an exception.
    pub(super) fn collection_property(target: &Expr, of: Type, name: &str) -> Option<(Expr, Type)> {
        use CollectionOp as C;
        let (op, gives) = match (of, name) {
            (Type::Texts | Type::Array(_) | Type::Bytes, "Length")
            | (Type::List(_) | Type::Dictionary(..) | Type::Set(_), "Count") => (C::Count, Type::Int),
            (Type::Dictionary(key, _), "Keys") => (C::Keys, Type::list(*key)),
            (Type::Dictionary(_, value), "Values") => (C::Values, Type::list(*value)),
            (Type::Pair(key, _) | Type::Grouping(key, _), "Key") => (C::Part(0), *key),
            (Type::Pair(_, value), "Value") => (C::Part(1), *value),
            (Type::Record(members), name) => {
                let at = members.iter().position(|(n, _)| *n == name)?;
                (C::Part(at), members[at].1)
            }
            (Type::Nullable(_), "HasValue") => (C::HasValue, Type::Bool),
            (Type::Nullable(of), "Value") => (C::Present, *of),
            (Type::Exception, "Message") => (C::Message, Type::Text),
            // No exception here has another inside.
            (Type::Exception, "InnerException") => return Some((Expr::Null, Type::Exception)),
            (Type::Exception, "StackTrace") => return Some((Expr::Text("".into()), Type::Text)),
            _ => return None,
        };
        Some((Expr::Collection(op, gives, vec![target.clone()].into()), gives))
    }

    /// The names of a type's members of this kind.
    pub(super) fn collection_names(of: Type) -> Vec<&'static str> {
        let mut names: Vec<&str> = match of {
            Type::Texts | Type::Array(_) | Type::Bytes => vec!["Length"],
            Type::List(_) | Type::Set(_) => vec!["Count"],
            Type::Dictionary(..) => vec!["Count", "Keys", "Values", "TryGetValue"],
            Type::Pair(..) => vec!["Key", "Value"],
            Type::Grouping(..) => vec!["Key"],
            Type::Nullable(_) => vec!["HasValue", "Value"],
            Type::Exception => vec!["Message"],
            Type::Record(members) => members.iter().map(|(n, _)| *n).collect(),
            _ => Vec::new(),
        };
        names.extend(methods(of).iter().map(|(name, ..)| *name));
        names.dedup();
        names
    }

    /// What an indexer of a collection takes and gives.
    pub(super) fn collection_index(of: Type) -> Option<(Type, Type)> {
        match of {
            Type::Texts => Some((Type::Int, Type::Text)),
            Type::Text => Some((Type::Int, Type::Char)),
            Type::Bytes => Some((Type::Int, Type::Int)),
            Type::Array(of) | Type::List(of) => Some((Type::Int, *of)),
            Type::Dictionary(key, value) => Some((*key, *value)),
            _ => None,
        }
    }

    /// What an element that is assigned to is found by, and its type.
    pub(super) fn stored_index(of: Type) -> Option<(Type, Type)> {
        match of {
            Type::Text => None,
            Type::Json => Some((Type::Object, Type::Json)),
            Type::JsonObject => Some((Type::Text, Type::Json)),
            Type::JsonArray => Some((Type::Int, Type::Json)),
            other => Self::collection_index(other),
        }
    }

    /// The element that is assigned to, as it is read.
    pub(super) fn read_index(of: Expr, by: Expr, ty: Type, element: Type) -> Expr {
        if ty.is_json() {
            Expr::Op(super::Op::Index, vec![of, by].into())
        } else {
            Expr::Collection(CollectionOp::Get, element, vec![of, by].into())
        }
    }
}
