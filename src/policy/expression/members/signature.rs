//! Overloads: which of a member's signatures fits the arguments of a call.

use super::{Member, find};
use crate::policy::expression::Type;

/// What a member takes in one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::policy::expression) enum Param {
    /// Anything.
    Any,
    /// Anything, any number of times: `params object[]`.
    AnyRest,
    /// Characters, any number of times: `params char[]`.
    CharRest,
    /// `char`, or `char[]`.
    Chars,
    /// `IEnumerable<string>`.
    Texts,
    Bool,
    Int,
    Long,
    Double,
    Char,
    Text,
    Bytes,
    Instant,
    Offset,
    DateKind,
    Span,
    Guid,
    Json,
    Comparison,
    Formatting,
    SplitOptions,
    RegexOptions,
    Rounding,
    Uri,
    Zone,
}

impl Param {
    fn takes_rest(self) -> bool {
        matches!(self, Self::AnyRest | Self::CharRest)
    }

    fn exact(self) -> Option<Type> {
        Some(match self {
            Self::Any | Self::AnyRest => return None,
            Self::Bool => Type::Bool,
            Self::Int => Type::Int,
            Self::Long => Type::Long,
            Self::Double => Type::Double,
            Self::Char | Self::Chars | Self::CharRest => Type::Char,
            Self::Text => Type::Text,
            Self::Texts => Type::Texts,
            Self::Bytes => Type::Bytes,
            Self::Instant => Type::Instant,
            Self::Offset => Type::Offset,
            Self::DateKind => Type::DateKind,
            Self::Span => Type::Span,
            Self::Guid => Type::Guid,
            Self::Json => Type::Json,
            Self::Comparison => Type::Comparison,
            Self::Formatting => Type::Formatting,
            Self::SplitOptions => Type::SplitOptions,
            Self::RegexOptions => Type::RegexOptions,
            Self::Rounding => Type::Rounding,
            Self::Uri => Type::Uri,
            Self::Zone => Type::Zone,
        })
    }

    /// How far an argument is from what is wanted; `None` where it does not
    /// fit.
    fn distance(self, argument: Type) -> Option<u32> {
        let Some(exact) = self.exact() else { return Some(5) };
        let is_chars = matches!(self, Self::Chars | Self::CharRest);
        match argument {
            _ if argument == exact => Some(0),
            Type::Null => (exact.is_nullable() || is_chars).then_some(1),
            Type::Int if exact == Type::Long => Some(1),
            Type::Int | Type::Long if exact == Type::Double => Some(2),
            Type::Decimal if exact == Type::Double => Some(3),
            // A constructor of dates and the like takes the numbers that a
            // document reckoned in a wider type.
            Type::Char if exact == Type::Int => Some(4),
            Type::Instant if exact == Type::Offset => Some(2),
            // Later versions of .NET take a text where this takes characters.
            Type::Text if exact == Type::Char => Some(3),
            Type::Char if exact == Type::Text => Some(3),
            Type::Array(of) if is_chars && *of == Type::Char => Some(1),
            _ if self == Self::Texts && argument.element() == Some(Type::Text) => Some(1),
            _ if argument.is_json() && exact.is_json() && argument.base() == Some(exact) => Some(1),
            _ => None,
        }
    }
}

/// Why no overload fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::policy::expression) enum Misfit {
    /// No overload takes so many arguments; how many they take.
    Count(String),
    /// The argument at this place fits none.
    Argument(usize),
}

/// The overload that fits best.
pub(in crate::policy::expression) fn called(
    of: Type,
    name: &str,
    arguments: &[Type],
) -> Result<&'static Member, Misfit> {
    let overloads = || find(of, name).flat_map(|m| m.signatures.iter().map(move |s| (m, *s)));
    let fitting = overloads().filter_map(|(m, s)| distance(s, arguments).ok().map(|d| (d, m)));
    if let Some((_, member)) = fitting.min_by_key(|(distance, _)| *distance) {
        return Ok(member);
    }
    // The argument that the best overload stumbles over is the one to name.
    match overloads().filter_map(|(_, s)| distance(s, arguments).err().flatten()).max() {
        Some(at) => Err(Misfit::Argument(at)),
        None => Err(Misfit::Count(counts(overloads().map(|(_, s)| s)))),
    }
}

/// The sum of distances; or the place that does not fit, `None` where it is
/// their number.
fn distance(signature: &[Param], arguments: &[Type]) -> Result<u32, Option<usize>> {
    let rest = signature.last().copied().filter(|p| p.takes_rest());
    let fixed = signature.len() - usize::from(rest.is_some());
    if arguments.len() < fixed || (arguments.len() > fixed && rest.is_none()) {
        return Err(None);
    }
    // What stands alone is nearer than what takes any number.
    let mut total = u32::from(rest.is_some());
    for (at, argument) in arguments.iter().enumerate() {
        let param = signature.get(at).copied().filter(|_| at < fixed).or(rest);
        total += param.and_then(|p| p.distance(*argument)).ok_or(Some(at))?;
    }
    Ok(total)
}

/// `1`, `1 to 3`, `at least 1`.
fn counts<'s>(signatures: impl Iterator<Item = &'s [Param]>) -> String {
    let (mut least, mut most, mut open) = (usize::MAX, 0, false);
    for signature in signatures {
        let rest = signature.last().is_some_and(|p| p.takes_rest());
        let fixed = signature.len() - usize::from(rest);
        (least, most, open) = (least.min(fixed), most.max(fixed), open || rest);
    }
    match (least, most) {
        (least, _) if open => format!("at least {least}"),
        (least, most) if least == most => least.to_string(),
        (least, most) => format!("{least} to {most}"),
    }
}
