//! What operators and casts make of types.

use super::Type;
use super::compiled::BinaryOp;

/// What an operator gives for two operands; `None` where C# has no such
/// operator.
pub(super) fn binary(op: BinaryOp, left: Type, right: Type) -> Option<Type> {
    use BinaryOp as B;
    match op {
        B::Or | B::And => (left == Type::Bool && right == Type::Bool).then_some(Type::Bool),
        B::Equal | B::NotEqual => comparable(left, right).then_some(Type::Bool),
        B::Less | B::LessOrEqual | B::Greater | B::GreaterOrEqual => {
            let ordered = (left.is_number() && right.is_number())
                || (left == right && matches!(left, Type::Instant | Type::Span));
            ordered.then_some(Type::Bool)
        }
        B::Coalesce => unify(left, right).filter(|_| left.is_nullable() || left == Type::Instant),
        B::Add if left == Type::Text || right == Type::Text => Some(Type::Text),
        B::Add | B::Subtract if left == Type::Instant && right == Type::Span => Some(Type::Instant),
        B::Subtract if left == Type::Instant && right == Type::Instant => Some(Type::Span),
        B::Add | B::Subtract if left == Type::Span && right == Type::Span => Some(Type::Span),
        _ => (left.is_number() && right.is_number())
            .then(|| if left == Type::Double || right == Type::Double { Type::Double } else { Type::Int }),
    }
}

/// Whether `==` compares values. `object == string` compiles in C# and
/// compares references, which nobody means.
fn comparable(left: Type, right: Type) -> bool {
    if left.is_number() && right.is_number() {
        return true;
    }
    // `DateTime?` properties such as Jwt.ExpirationTime compare with null.
    if left == Type::Null || right == Type::Null {
        return true;
    }
    left == right && !matches!(left, Type::Object | Type::Json | Type::JsonObject | Type::JsonArray | Type::Texts)
}

/// The common type of two branches.
pub(super) fn unify(left: Type, right: Type) -> Option<Type> {
    match (left, right) {
        (a, b) if a == b => Some(a),
        (a, b) if a.is_json() && b.is_json() => Some(Type::Json),
        (Type::Null, other) | (other, Type::Null) => Some(if other.is_nullable() { other } else { Type::Object }),
        (a, b) if a.is_number() && b.is_number() => Some(Type::Double),
        (Type::Object, _) | (_, Type::Object) => Some(Type::Object),
        _ => None,
    }
}

/// Whether a cast can succeed.
pub(super) fn castable(from: Type, to: Type) -> bool {
    from == to
        || from == Type::Object
        || to == Type::Object
        || (from == Type::Null && to.is_nullable())
        || (from.is_number() && to.is_number())
        || (from.is_json() && to.is_json())
        || (from.is_json() && matches!(to, Type::Text | Type::Bool | Type::Int | Type::Double | Type::Instant))
}
