//! The static types of expressions.

use std::collections::HashSet;
use std::sync::{LazyLock, Mutex, PoisonError};

use super::classes::Class;

/// What an expression evaluates to. Cheap to copy: the types inside of generic
/// ones are held once for the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// `null` as written.
    Null,
    /// Nothing: what a call for its effect gives.
    Void,
    /// `bool`.
    Bool,
    /// `int` and the smaller integer types; 32 bits.
    Int,
    /// `long`, and the unsigned types that don't fit `int`; 64 bits.
    Long,
    /// `double` and `float`.
    Double,
    /// `decimal`.
    Decimal,
    /// `char`.
    Char,
    /// `string`.
    Text,
    /// `string[]`.
    Texts,
    /// `byte[]`.
    Bytes,
    /// An array of anything but strings and bytes.
    Array(&'static Type),
    /// `List<T>`, `IList<T>`.
    List(&'static Type),
    /// `IEnumerable<T>`.
    Sequence(&'static Type),
    /// `HashSet<T>`.
    Set(&'static Type),
    /// `Dictionary<K, V>` and its interfaces.
    Dictionary(&'static Type, &'static Type),
    /// `KeyValuePair<K, V>`.
    Pair(&'static Type, &'static Type),
    /// `IGrouping<K, T>`.
    Grouping(&'static Type, &'static Type),
    /// An anonymous object: its members by name.
    Record(&'static [(&'static str, Type)]),
    /// `T?` of a value type.
    Nullable(&'static Type),
    /// `DateTime`.
    Instant,
    /// `DateTimeOffset`.
    Offset,
    /// `TimeSpan`.
    Span,
    /// `Guid`.
    Guid,
    /// `JToken`; also `JValue` and `JContainer`.
    Json,
    /// `JObject`.
    JsonObject,
    /// `JArray`.
    JsonArray,
    /// `JProperty`.
    JsonProperty,
    /// `JTokenType`.
    JsonKind,
    /// `Jwt`.
    Jwt,
    /// The claims of a `Jwt`.
    Claims,
    /// What `AsBasic` gives.
    Basic,
    /// What `get-authorization-context` puts into its variable.
    Authorization,
    /// `Exception` and what derives from it.
    Exception,
    /// `StringBuilder`.
    Builder,
    /// `Random`.
    Random,
    /// `Uri`.
    Uri,
    /// `Regex`.
    Regex,
    /// `Match`.
    Match,
    /// `Group` and `Capture` of a match.
    Group,
    /// The groups of a match.
    Groups,
    /// A hash algorithm: `SHA256`, `HMACSHA256`, …
    Hash,
    /// `Encoding`.
    Encoding,
    /// `IPAddress`.
    Address,
    /// `TimeZoneInfo`.
    Zone,
    /// `X509Certificate2`; there never is one.
    Certificate,
    /// `DateTimeKind`.
    DateKind,
    /// `MidpointRounding`.
    Rounding,
    /// `object`: a variable before it is cast.
    Object,
    /// `context`.
    Context,
    /// `context.Request`.
    Request,
    /// `context.Response`, and what `send-request` stored: `IResponse`.
    Response,
    /// `.Headers`.
    Headers,
    /// `.Url`, `.OriginalUrl`.
    Url,
    /// `.Url.Query`.
    Query,
    /// `.MatchedParameters`.
    Parameters,
    /// `.Body`.
    Body,
    /// `context.Variables`.
    Variables,
    /// `context.LastError`.
    LastError,
    /// `context.Api`.
    Api,
    /// `context.Api.SubscriptionKeyParameterNames`.
    KeyNames,
    /// `context.Operation`.
    Operation,
    /// `context.Product`.
    Product,
    /// `context.Subscription`.
    Subscription,
    /// `context.User`.
    User,
    /// `context.Deployment`.
    Deployment,
    /// `context.Deployment.Gateway`.
    Gateway,
    /// `StringComparison`.
    Comparison,
    /// `StringComparer`.
    Comparer,
    /// `StringSplitOptions`.
    SplitOptions,
    /// `RegexOptions`.
    RegexOptions,
    /// `Formatting`.
    Formatting,
    /// A class before `.Member`: `string`, `Guid`, …
    Class(Class),
}

/// Types that stand inside of others, each held once.
fn interned(ty: Type) -> &'static Type {
    static TYPES: LazyLock<Mutex<HashSet<&'static Type>>> = LazyLock::new(Mutex::default);
    let mut types = TYPES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = types.get(&ty) {
        return known;
    }
    let leaked: &'static Type = Box::leak(Box::new(ty));
    types.insert(leaked);
    leaked
}

impl Type {
    /// `T[]`.
    pub fn array(of: Self) -> Self {
        if of == Self::Text { Self::Texts } else { Self::Array(interned(of)) }
    }

    /// `List<T>`.
    pub fn list(of: Self) -> Self {
        Self::List(interned(of))
    }

    /// `IEnumerable<T>`.
    pub fn sequence(of: Self) -> Self {
        Self::Sequence(interned(of))
    }

    /// `HashSet<T>`.
    pub fn set(of: Self) -> Self {
        Self::Set(interned(of))
    }

    /// `Dictionary<K, V>`.
    pub fn dictionary(key: Self, value: Self) -> Self {
        Self::Dictionary(interned(key), interned(value))
    }

    /// `KeyValuePair<K, V>`.
    pub fn pair(key: Self, value: Self) -> Self {
        Self::Pair(interned(key), interned(value))
    }

    /// `IGrouping<K, T>`.
    pub fn grouping(key: Self, of: Self) -> Self {
        Self::Grouping(interned(key), interned(of))
    }

    /// An anonymous object.
    pub fn record(members: &[(&str, Self)]) -> Self {
        static RECORDS: Mutex<Vec<&'static [(&'static str, Type)]>> = Mutex::new(Vec::new());
        let mut records = RECORDS.lock().unwrap_or_else(PoisonError::into_inner);
        let is_it = |known: &&[(&str, Self)]| *known == members;
        if let Some(known) = records.iter().copied().find(|known| is_it(known)) {
            return Self::Record(known);
        }
        let members: Vec<(&'static str, Self)> =
            members.iter().map(|(name, ty)| (&*Box::leak(Box::<str>::from(*name)), *ty)).collect();
        let leaked: &'static [(&'static str, Self)] = Box::leak(members.into_boxed_slice());
        records.push(leaked);
        Self::Record(leaked)
    }

    /// `T?` of a value type; every other type is nullable as it is.
    pub fn nullable(of: Self) -> Self {
        if of.is_nullable() { of } else { Self::Nullable(interned(of)) }
    }

    /// What is left of `T?` where there is a value.
    #[must_use]
    pub fn present(self) -> Self {
        match self {
            Self::Nullable(of) => *of,
            other => other,
        }
    }

    /// Whether a value may be null.
    pub fn is_nullable(self) -> bool {
        !matches!(
            self,
            Self::Void
                | Self::Bool
                | Self::Int
                | Self::Long
                | Self::Double
                | Self::Decimal
                | Self::Char
                | Self::Instant
                | Self::Offset
                | Self::Span
                | Self::Guid
                | Self::Pair(..)
                | Self::JsonKind
                | Self::DateKind
                | Self::Rounding
                | Self::Comparison
                | Self::SplitOptions
                | Self::RegexOptions
                | Self::Formatting
        )
    }

    pub(super) fn is_number(self) -> bool {
        matches!(self, Self::Int | Self::Long | Self::Double | Self::Decimal)
    }

    pub(super) fn is_integer(self) -> bool {
        matches!(self, Self::Int | Self::Long)
    }

    /// `JToken` or one of its kinds.
    pub fn is_json(self) -> bool {
        matches!(self, Self::Json | Self::JsonObject | Self::JsonArray | Self::JsonProperty)
    }

    /// The type that this one derives from, whose members it has too.
    pub(super) fn base(self) -> Option<Self> {
        match self {
            Self::JsonObject | Self::JsonArray | Self::JsonProperty => Some(Self::Json),
            Self::Offset => Some(Self::Instant),
            Self::Long => Some(Self::Int),
            Self::Decimal => Some(Self::Double),
            _ => None,
        }
    }

    /// What enumerating gives, where C# can enumerate it.
    pub fn element(self) -> Option<Self> {
        Some(match self {
            Self::Texts => Self::Text,
            Self::Bytes => Self::Int,
            Self::Text => Self::Char,
            Self::Array(of) | Self::List(of) | Self::Sequence(of) | Self::Set(of) | Self::Grouping(_, of) => *of,
            Self::Dictionary(key, value) => Self::pair(*key, *value),
            Self::JsonObject => Self::pair(Self::Text, Self::Json),
            Self::Json | Self::JsonArray | Self::JsonProperty => Self::Json,
            Self::Headers | Self::Query | Self::Claims => Self::pair(Self::Text, Self::Texts),
            Self::Parameters => Self::pair(Self::Text, Self::Text),
            Self::Variables => Self::pair(Self::Text, Self::Object),
            Self::Groups => Self::Group,
            _ => return None,
        })
    }
}
