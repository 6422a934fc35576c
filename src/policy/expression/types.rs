//! The static types of expressions.

use std::fmt;

/// What an expression evaluates to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// `null` as written.
    Null,
    /// `bool`.
    Bool,
    /// Every integer type; 64 bits.
    Int,
    /// Every floating type.
    Double,
    /// `string` and `char`.
    Text,
    /// `string[]`.
    Texts,
    /// `DateTime` and `DateTimeOffset`, always UTC.
    Instant,
    /// `TimeSpan`.
    Span,
    /// `Guid`.
    Guid,
    /// `JToken` and its kinds.
    Json,
    /// A property for `new JObject(…)`.
    JsonProperty,
    /// `Jwt`.
    Jwt,
    /// The claims of a `Jwt`.
    Claims,
    /// `object`: a variable before it is cast.
    Object,
    /// `context`.
    Context,
    /// `context.Request`.
    Request,
    /// `context.Response`.
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
    /// `StringComparison`.
    Comparison,
    /// `Formatting`.
    Formatting,
    /// A class before `.Member`: `string`, `Guid`, …
    Class(Class),
}

/// A class with static members.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// `string`.
    String,
    /// `int` and `long`.
    Int,
    /// `bool`.
    Bool,
    /// `double` and `decimal`.
    Double,
    /// `Guid`.
    Guid,
    /// `DateTime`.
    DateTime,
    /// `DateTimeOffset`.
    DateTimeOffset,
    /// `TimeSpan`.
    TimeSpan,
    /// `Convert`.
    Convert,
    /// `Math`.
    Math,
    /// `Uri`.
    Uri,
    /// `WebUtility`.
    WebUtility,
    /// `JObject`.
    JObject,
    /// `JArray`.
    JArray,
    /// `JToken`.
    JToken,
    /// `JsonConvert`.
    JsonConvert,
    /// `StringComparison`.
    StringComparison,
    /// `Formatting`.
    Formatting,
}

impl Type {
    /// The type that a name stands for in casts and declarations.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "string" | "String" | "char" | "Char" => Self::Text,
            "string[]" | "String[]" => Self::Texts,
            "int" | "long" | "short" | "uint" | "ulong" | "Int32" | "Int64" => Self::Int,
            "bool" | "Boolean" => Self::Bool,
            "double" | "float" | "decimal" | "Double" | "Decimal" => Self::Double,
            "object" | "Object" => Self::Object,
            "JObject" | "JToken" | "JArray" | "JValue" => Self::Json,
            "Jwt" => Self::Jwt,
            "IResponse" => Self::Response,
            "DateTime" | "DateTimeOffset" => Self::Instant,
            "TimeSpan" => Self::Span,
            "Guid" => Self::Guid,
            _ => return None,
        })
    }

    /// Whether a value may be null.
    pub(super) fn is_nullable(self) -> bool {
        !matches!(self, Self::Bool | Self::Int | Self::Double | Self::Instant | Self::Span | Self::Guid)
    }

    pub(super) fn is_number(self) -> bool {
        matches!(self, Self::Int | Self::Double)
    }
}

/// The names of [`Type::named`], for "did you mean".
pub(super) const TYPE_NAMES: [&str; 13] = [
    "string",
    "int",
    "long",
    "bool",
    "double",
    "object",
    "JObject",
    "JToken",
    "JArray",
    "Jwt",
    "DateTime",
    "Guid",
    "IResponse",
];

/// Classes with static members, by name.
pub(super) const CLASSES: [(&str, Class); 25] = [
    ("string", Class::String),
    ("String", Class::String),
    ("int", Class::Int),
    ("long", Class::Int),
    ("Int32", Class::Int),
    ("Int64", Class::Int),
    ("bool", Class::Bool),
    ("Boolean", Class::Bool),
    ("double", Class::Double),
    ("decimal", Class::Double),
    ("Guid", Class::Guid),
    ("DateTime", Class::DateTime),
    ("DateTimeOffset", Class::DateTimeOffset),
    ("TimeSpan", Class::TimeSpan),
    ("Convert", Class::Convert),
    ("Math", Class::Math),
    ("Uri", Class::Uri),
    ("WebUtility", Class::WebUtility),
    ("JObject", Class::JObject),
    ("JArray", Class::JArray),
    ("JToken", Class::JToken),
    ("JsonConvert", Class::JsonConvert),
    ("StringComparison", Class::StringComparison),
    ("Formatting", Class::Formatting),
    ("Double", Class::Double),
];

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "null",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Double => "double",
            Self::Text => "string",
            Self::Texts => "string[]",
            Self::Instant => "DateTime",
            Self::Span => "TimeSpan",
            Self::Guid => "Guid",
            Self::Json => "JToken",
            Self::JsonProperty => "JProperty",
            Self::Jwt => "Jwt",
            Self::Claims => "Jwt.Claims",
            Self::Object => "object",
            Self::Context => "context",
            Self::Request => "context.Request",
            Self::Response => "context.Response",
            Self::Headers => "Headers",
            Self::Url => "Url",
            Self::Query => "Url.Query",
            Self::Parameters => "MatchedParameters",
            Self::Body => "Body",
            Self::Variables => "context.Variables",
            Self::LastError => "context.LastError",
            Self::Api => "context.Api",
            Self::Operation => "context.Operation",
            Self::Product => "context.Product",
            Self::Subscription => "context.Subscription",
            Self::User => "context.User",
            Self::Deployment => "context.Deployment",
            Self::Comparison => "StringComparison",
            Self::Formatting => "Formatting",
            Self::Class(class) => CLASSES.iter().find(|(_, c)| c == class).map_or("class", |(name, _)| *name),
        })
    }
}
