//! What operators, casts and conversions make of types.

use super::Type;
use super::compiled::BinaryOp;

/// What an operator gives for two operands; `None` where C# has no such
/// operator. A nullable operand makes the result of arithmetic nullable.
pub(super) fn binary(op: BinaryOp, left: Type, right: Type) -> Option<Type> {
    use BinaryOp as B;
    let (a, b) = (left.present(), right.present());
    let lifted = (a, b) != (left, right);
    let gives = match op {
        B::Or | B::And => (left == Type::Bool && right == Type::Bool).then_some(Type::Bool),
        B::Equal | B::NotEqual | B::Same => comparison(left, right).map(|_| Type::Bool),
        B::Less | B::LessOrEqual | B::Greater | B::GreaterOrEqual => {
            let ordered = arithmetic(a, b).is_some() || (is_time(a) && is_time(b)) || (a == b && a == Type::Span);
            ordered.then_some(Type::Bool)
        }
        B::Coalesce => return coalesced(left, right),
        B::Add if left == Type::Text || right == Type::Text => return Some(Type::Text),
        B::Add | B::Subtract if is_time(a) && b == Type::Span => Some(a),
        B::Subtract if is_time(a) && is_time(b) => Some(Type::Span),
        B::Add | B::Subtract if a == Type::Span && b == Type::Span => Some(Type::Span),
        B::BitAnd | B::BitOr | B::BitXor => match (a, b) {
            (Type::Bool, Type::Bool) => Some(Type::Bool),
            (Type::RegexOptions, Type::RegexOptions) | (Type::SplitOptions, Type::SplitOptions) => Some(a),
            _ => arithmetic(a, b).filter(|t| t.is_integer()),
        },
        B::ShiftLeft | B::ShiftRight => {
            (is_integral(a) && is_integral(b)).then_some(if a == Type::Long { a } else { Type::Int })
        }
        _ => arithmetic(a, b),
    };
    gives.map(|g| if lifted && g != Type::Bool { Type::nullable(g) } else { g })
}

fn is_time(ty: Type) -> bool {
    matches!(ty, Type::Instant | Type::Offset)
}

fn is_integral(ty: Type) -> bool {
    ty.is_integer() || ty == Type::Char
}

/// What arithmetic on two types is done in.
pub(super) fn arithmetic(left: Type, right: Type) -> Option<Type> {
    let wide = |ty| match ty {
        Type::Char | Type::Int => Some(0),
        Type::Long => Some(1),
        Type::Double => Some(2),
        Type::Decimal => Some(3),
        _ => None,
    };
    let (a, b) = (wide(left)?, wide(right)?);
    // C# has no sum of double and decimal.
    if (a, b) == (2, 3) || (a, b) == (3, 2) {
        return None;
    }
    Some([Type::Int, Type::Long, Type::Double, Type::Decimal][a.max(b)])
}

/// How `==` compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compares {
    Values,
    /// References, as C# does where it knows no better.
    References,
}

/// How `==` compares two types; `None` where C# can't.
pub(super) fn comparison(left: Type, right: Type) -> Option<Compares> {
    let (a, b) = (left.present(), right.present());
    if left == Type::Null || right == Type::Null {
        // `DateTime?` properties such as Jwt.ExpirationTime compare with null.
        return Some(Compares::Values);
    }
    if arithmetic(a, b).is_some() || (is_time(a) && is_time(b)) {
        return Some(Compares::Values);
    }
    if a == b && has_equality(a) {
        return Some(Compares::Values);
    }
    let references = left.is_nullable() && right.is_nullable() && left == right.present();
    let related = left == Type::Object || right == Type::Object || (left.is_json() && right.is_json()) || left == right;
    let boxed = !left.is_nullable() || !right.is_nullable();
    ((references || related) && !boxed).then_some(Compares::References)
}

fn has_equality(ty: Type) -> bool {
    !ty.is_nullable() || matches!(ty, Type::Text | Type::Uri)
}

fn coalesced(left: Type, right: Type) -> Option<Type> {
    if let Type::Nullable(of) = left {
        return unify(*of, right).or_else(|| unify(left, right));
    }
    // Instants of tokens may be absent.
    if !left.is_nullable() && left != Type::Instant {
        return None;
    }
    if left != Type::Null && implicit(right, left) {
        return Some(left);
    }
    unify(left, right)
}

/// The common type of two branches.
pub(super) fn unify(left: Type, right: Type) -> Option<Type> {
    if left == right {
        return Some(left);
    }
    match (left, right) {
        (Type::Null, other) | (other, Type::Null) => return Some(Type::nullable(other)),
        _ => {}
    }
    if implicit(left, right) {
        return Some(right);
    }
    if implicit(right, left) {
        return Some(left);
    }
    (left.is_json() && right.is_json()).then_some(Type::Json)
}

/// Whether C# converts without a cast.
pub(super) fn implicit(from: Type, to: Type) -> bool {
    if from == to || to == Type::Object {
        return from != Type::Void;
    }
    match (from, to) {
        (Type::Null, to) => to.is_nullable(),
        (_, Type::Nullable(of)) => implicit(from.present(), *of),
        (Type::Char, Type::Int | Type::Long | Type::Double | Type::Decimal)
        | (Type::Int, Type::Long | Type::Double | Type::Decimal)
        | (Type::Long, Type::Double | Type::Decimal)
        | (Type::Instant, Type::Offset) => true,
        (from, Type::Json) => from.is_json() || becomes_json(from.present()),
        (from, Type::Sequence(of)) => {
            from.element().is_some_and(|e| e == *of || (e.is_nullable() && of.is_nullable() && implicit(e, *of)))
        }
        // `IList<T>` and `T[]` are one to whoever only reads.
        (Type::Texts, Type::List(of)) => *of == Type::Text,
        (Type::Array(a), Type::List(b)) => a == b,
        // Arrays of objects are arrays of `object` too.
        (Type::Array(of), Type::Array(to)) => *to == Type::Object && of.is_nullable(),
        (Type::Texts, Type::Array(to)) => *to == Type::Object,
        _ => false,
    }
}

/// What `JToken` has an implicit operator for.
fn becomes_json(from: Type) -> bool {
    matches!(
        from,
        Type::Bool
            | Type::Int
            | Type::Long
            | Type::Double
            | Type::Decimal
            | Type::Char
            | Type::Text
            | Type::Instant
            | Type::Offset
            | Type::Span
            | Type::Guid
            | Type::Uri
            | Type::Bytes
    )
}

/// Whether a cast can succeed.
pub(super) fn castable(from: Type, to: Type) -> bool {
    let (a, b) = (from.present(), to.present());
    implicit(from, to)
        || from == Type::Object
        || (from.is_json() && (to.is_json() || becomes_json(b)))
        || arithmetic(a, b).is_some()
        || (a == b && a != from)
        || arithmetic(a, b).is_some()
        || (a.is_number() && b.is_number())
        || implicit(to, from)
        || (is_time(a) && is_time(b))
}

/// Whether a value of one type may be told to be of another at run time.
pub(super) fn may_be(from: Type, to: Type) -> bool {
    from == to
        || from == Type::Object
        || from.is_json() && to.is_json()
        || from.present() == to
        || matches!(from, Type::Sequence(_)) && to.element().is_some()
        || (from == Type::Exception && to == Type::Exception)
}
