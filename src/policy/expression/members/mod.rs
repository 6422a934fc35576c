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
mod object;
mod pattern;
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
pub use object::ObjectOp;
pub use pattern::PatternOp;
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
    /// Of objects that hold a state: `Random`, `StringBuilder`, `Uri`, ….
    Object(ObjectOp),
    /// Of regular expressions.
    Pattern(PatternOp),
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
/// parentheses one overload; a type that is made of others in brackets. The
/// member `new` of a class is its constructor.
macro_rules! members {
    (
        $(#[$doc:meta])* $ops:ident $topic:ident
        $( $of:expr => { $( $name:ident $op:ident $gives:tt $( ( $($param:ident),* ) )* ; )* } )*
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
                gives: super::members!(@gives $gives),
                signatures: &[$( &[$( super::Param::$param ),*] ),*],
            }, )* )*]
        }
    };
    (@gives [$gives:expr]) => { $gives };
    (@gives $gives:ident) => { super::Type::$gives };
}
pub(crate) use members;

/// Every member.
pub(super) static MEMBERS: LazyLock<Vec<Member>> = LazyLock::new(|| {
    let topics = [
        context::table(),
        text::table(),
        number::table(),
        object::table(),
        pattern::table(),
        time::table(),
        json::table(),
        token::table(),
        bytes::table(),
        constants::table(),
        nullables(),
    ];
    topics.concat()
});

/// Members of `T?`; those of values that may be absent here have them too.
fn nullables() -> Vec<Member> {
    let values = [
        Type::Bool,
        Type::Int,
        Type::Long,
        Type::Double,
        Type::Decimal,
        Type::Char,
        Type::Instant,
        Type::Offset,
        Type::Span,
        Type::Guid,
    ];
    let of_value = |value: Type| {
        let member = |of, name, op, gives, signatures| Member { of, name, op: Op::Number(op), gives, signatures };
        let nullable = Type::nullable(value);
        [
            member(nullable, "HasValue", NumberOp::HasValue, Type::Bool, &[]),
            member(nullable, "Value", NumberOp::NullableValue, value, &[]),
            member(nullable, "GetValueOrDefault", NumberOp::ValueOrDefault, value, &[&[], &[Param::Any]]),
            member(nullable, "ToString", NumberOp::NullableToString, Type::Text, &[&[]]),
            member(value, "HasValue", NumberOp::HasValue, Type::Bool, &[]),
            member(value, "Value", NumberOp::NullableValue, value, &[]),
        ]
    };
    values.into_iter().flat_map(of_value).collect()
}

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
        Type::Bytes => (Type::Int, Type::Int),
        Type::Groups => (Type::Object, Type::Group),
        Type::Builder => (Type::Int, Type::Char),
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
