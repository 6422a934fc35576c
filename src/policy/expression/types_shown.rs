//! Types as a document writes them.

use std::fmt;

use super::Type;
use super::classes::CLASSES;

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Array(of) => return write!(f, "{of}[]"),
            Self::List(of) => return write!(f, "List<{of}>"),
            Self::Sequence(of) => return write!(f, "IEnumerable<{of}>"),
            Self::Set(of) => return write!(f, "HashSet<{of}>"),
            Self::Dictionary(key, value) => return write!(f, "Dictionary<{key}, {value}>"),
            Self::Pair(key, value) => return write!(f, "KeyValuePair<{key}, {value}>"),
            Self::Grouping(key, of) => return write!(f, "IGrouping<{key}, {of}>"),
            Self::Nullable(of) => return write!(f, "{of}?"),
            Self::Class(class) => CLASSES.iter().find(|(_, c)| c == class).map_or("class", |(name, _)| *name),
            other => other.simple_name(),
        };
        f.write_str(name)
    }
}

impl Type {
    /// The name of a type without parts, as a document writes it.
    fn simple_name(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Void => "void",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Long => "long",
            Self::Double => "double",
            Self::Decimal => "decimal",
            Self::Char => "char",
            Self::Text => "string",
            Self::Texts => "string[]",
            Self::Bytes => "byte[]",
            Self::Record(_) => "anonymous object",
            Self::Instant => "DateTime",
            Self::Offset => "DateTimeOffset",
            Self::Span => "TimeSpan",
            Self::Guid => "Guid",
            Self::Json => "JToken",
            Self::JsonObject => "JObject",
            Self::JsonArray => "JArray",
            Self::JsonProperty => "JProperty",
            Self::JsonKind => "JTokenType",
            Self::Jwt => "Jwt",
            Self::Claims => "Jwt.Claims",
            Self::Basic => "BasicAuthCredentials",
            Self::Authorization => "Authorization",
            Self::Exception => "Exception",
            Self::Builder => "StringBuilder",
            Self::Random => "Random",
            Self::Uri => "Uri",
            Self::Regex => "Regex",
            Self::Match => "Match",
            Self::Group => "Group",
            Self::Groups => "GroupCollection",
            Self::Hash => "HashAlgorithm",
            Self::Encoding => "Encoding",
            Self::Address => "IPAddress",
            Self::Zone => "TimeZoneInfo",
            Self::Certificate => "X509Certificate2",
            Self::DateKind => "DateTimeKind",
            Self::Rounding => "MidpointRounding",
            Self::Object => "object",
            _ => self.part_name(),
        }
    }

    /// The name of a part of the context, or of a set of options.
    fn part_name(self) -> &'static str {
        match self {
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
            Self::KeyNames => "SubscriptionKeyParameterNames",
            Self::Operation => "context.Operation",
            Self::Product => "context.Product",
            Self::Subscription => "context.Subscription",
            Self::User => "context.User",
            Self::Gateway => "context.Deployment.Gateway",
            Self::Deployment => "context.Deployment",
            Self::Comparison => "StringComparison",
            Self::Comparer => "StringComparer",
            Self::SplitOptions => "StringSplitOptions",
            Self::RegexOptions => "RegexOptions",
            _ => "Formatting",
        }
    }
}
