//! The table of members: what an expression may name, on which type, what it
//! takes and what it gives. Names, overloads and types as in the reference of
//! policy expressions and in .NET.
//!
//! One file a topic; in each the operations are an enum of their own, so that
//! whatever evaluates them can forget none.

mod bytes;
mod constants;
mod context;
mod json;
mod number;
mod signature;
mod text;
mod time;
mod token;

use std::sync::LazyLock;

use super::Type;

pub use bytes::BytesOp;
pub use constants::ConstantOp;
pub use context::ContextOp;
pub use json::JsonOp;
pub use number::NumberOp;
pub use text::TextOp;
pub use time::TimeOp;
pub use token::TokenOp;

pub(super) use signature::{Misfit, Param, called};

/// A member, resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// `of[index]`.
    Index,
    /// Of `context` and its parts.
    Context(ContextOp),
    /// Of strings and lists of strings.
    Text(TextOp),
    /// Of numbers, truth values, ids, objects.
    Number(NumberOp),
    /// Of instants and spans.
    Time(TimeOp),
    /// Of JSON values.
    Json(JsonOp),
    /// Of tokens.
    Token(TokenOp),
    /// Of encodings.
    Bytes(BytesOp),
    /// Values of enumerations.
    Constant(ConstantOp),
}

/// One member.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member {
    pub(super) of: Type,
    pub(super) name: &'static str,
    pub(super) op: Op,
    pub(super) gives: Type,
    /// What its overloads take; a property has none.
    pub(super) signatures: &'static [&'static [Param]],
}

impl Member {
    pub(super) fn is_property(&self) -> bool {
        self.signatures.is_empty()
    }
}

/// Members of a topic: `Name Op Gives (Param, …) (…);`, each pair of
/// parentheses one overload.
macro_rules! members {
    (
        $(#[$doc:meta])* $ops:ident $topic:ident
        $( $of:expr => { $( $name:ident $op:ident $gives:ident $( ( $($param:ident),* ) )* ; )* } )*
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[expect(missing_docs, reason = "type and member say it; the table gives arguments and result")]
        pub enum $ops {
            $( $( $op, )* )*
        }

        pub(super) fn table() -> Vec<super::Member> {
            vec![$( $( super::Member {
                of: $of,
                name: stringify!($name),
                op: super::Op::$topic($ops::$op),
                gives: super::Type::$gives,
                signatures: &[$( &[$( super::Param::$param ),*] ),*],
            }, )* )*]
        }
    };
}
pub(crate) use members;

/// Every member.
pub(super) static MEMBERS: LazyLock<Vec<Member>> = LazyLock::new(|| {
    let topics = [
        context::table(),
        text::table(),
        number::table(),
        time::table(),
        json::table(),
        token::table(),
        bytes::table(),
        constants::table(),
    ];
    topics.concat()
});

/// A type's members of that name, or those of the type that it derives from.
pub(super) fn find(of: Type, name: &str) -> impl Iterator<Item = &'static Member> {
    let mut owner = of;
    while let Some(base) = owner.base() {
        if MEMBERS.iter().any(|m| m.of == owner && m.name == name) {
            break;
        }
        owner = base;
    }
    MEMBERS.iter().filter(move |m| m.of == owner && m.name == name)
}

/// The names of a type's members.
pub(super) fn names(of: Type) -> Vec<&'static str> {
    let mut names: Vec<_> = MEMBERS.iter().filter(|m| m.of == of).map(|m| m.name).collect();
    names.extend(of.base().into_iter().flat_map(self::names));
    names.dedup();
    names
}

/// What an indexer gives, and the type of its index.
pub(super) fn indexer(of: Type) -> Option<(Type, Type)> {
    Some(match of {
        Type::Variables => (Type::Text, Type::Object),
        Type::Headers | Type::Query | Type::Claims => (Type::Text, Type::Texts),
        Type::Parameters => (Type::Text, Type::Text),
        Type::Texts | Type::Text => (Type::Int, Type::Text),
        Type::Json | Type::JsonObject | Type::JsonArray | Type::JsonProperty => (Type::Object, Type::Json),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_overload_stands_twice() {
        for (i, member) in MEMBERS.iter().enumerate() {
            for other in MEMBERS[..i].iter().filter(|m| m.of == member.of && m.name == member.name) {
                assert!(!member.is_property() && !other.is_property(), "{member:?}");
                assert!(!member.signatures.iter().any(|s| other.signatures.contains(s)), "{member:?}");
            }
        }
    }
}
