//! The types that a document may name, and the names that .NET gives them.

use super::ast::TypeName;
use super::lex::Fault;
use super::types::Type;
use crate::diagnose::closest;

/// Types without parts, by every name they have.
const SIMPLE: [(&str, Type); 103] = [
    ("string", Type::Text),
    ("String", Type::Text),
    ("char", Type::Char),
    ("Char", Type::Char),
    ("int", Type::Int),
    ("Int32", Type::Int),
    ("short", Type::Int),
    ("Int16", Type::Int),
    ("ushort", Type::Int),
    ("UInt16", Type::Int),
    ("byte", Type::Int),
    ("Byte", Type::Int),
    ("sbyte", Type::Int),
    ("SByte", Type::Int),
    ("long", Type::Long),
    ("Int64", Type::Long),
    ("uint", Type::Long),
    ("UInt32", Type::Long),
    ("ulong", Type::Long),
    ("UInt64", Type::Long),
    ("bool", Type::Bool),
    ("Boolean", Type::Bool),
    ("double", Type::Double),
    ("Double", Type::Double),
    ("float", Type::Double),
    ("Single", Type::Double),
    ("decimal", Type::Decimal),
    ("Decimal", Type::Decimal),
    ("object", Type::Object),
    ("Object", Type::Object),
    ("JObject", Type::JsonObject),
    ("JToken", Type::Json),
    ("JArray", Type::JsonArray),
    ("JValue", Type::Json),
    ("JContainer", Type::Json),
    ("JProperty", Type::JsonProperty),
    ("JTokenType", Type::JsonKind),
    ("Jwt", Type::Jwt),
    ("BasicAuthCredentials", Type::Basic),
    ("Authorization", Type::Authorization),
    ("DateTime", Type::Instant),
    ("DateTimeOffset", Type::Offset),
    ("TimeSpan", Type::Span),
    ("Guid", Type::Guid),
    ("Uri", Type::Uri),
    ("IPAddress", Type::Address),
    ("TimeZoneInfo", Type::Zone),
    ("StringBuilder", Type::Builder),
    ("Random", Type::Random),
    ("Regex", Type::Regex),
    ("Match", Type::Match),
    ("Group", Type::Group),
    ("Capture", Type::Group),
    ("GroupCollection", Type::Groups),
    ("Encoding", Type::Encoding),
    ("StringComparison", Type::Comparison),
    ("StringComparer", Type::Comparer),
    ("StringSplitOptions", Type::SplitOptions),
    ("RegexOptions", Type::RegexOptions),
    ("Formatting", Type::Formatting),
    ("IResponse", Type::Response),
    ("IRequest", Type::Request),
    ("IUrl", Type::Url),
    ("IMessageBody", Type::Body),
    ("IApi", Type::Api),
    ("IOperation", Type::Operation),
    ("IProduct", Type::Product),
    ("ISubscription", Type::Subscription),
    ("IUser", Type::User),
    ("IDeployment", Type::Deployment),
    ("ILastError", Type::LastError),
    ("HashAlgorithm", Type::Hash),
    ("KeyedHashAlgorithm", Type::Hash),
    ("HMAC", Type::Hash),
    ("MD5", Type::Hash),
    ("SHA1", Type::Hash),
    ("SHA256", Type::Hash),
    ("SHA384", Type::Hash),
    ("SHA512", Type::Hash),
    ("SHA1Managed", Type::Hash),
    ("SHA256Managed", Type::Hash),
    ("SHA384Managed", Type::Hash),
    ("SHA512Managed", Type::Hash),
    ("HMACMD5", Type::Hash),
    ("HMACSHA1", Type::Hash),
    ("HMACSHA256", Type::Hash),
    ("HMACSHA384", Type::Hash),
    ("HMACSHA512", Type::Hash),
    ("Exception", Type::Exception),
    ("SystemException", Type::Exception),
    ("ArgumentException", Type::Exception),
    ("ArgumentNullException", Type::Exception),
    ("ArgumentOutOfRangeException", Type::Exception),
    ("FormatException", Type::Exception),
    ("InvalidCastException", Type::Exception),
    ("InvalidOperationException", Type::Exception),
    ("KeyNotFoundException", Type::Exception),
    ("NullReferenceException", Type::Exception),
    ("IndexOutOfRangeException", Type::Exception),
    ("OverflowException", Type::Exception),
    ("DivideByZeroException", Type::Exception),
    ("JsonReaderException", Type::Exception),
    ("JsonException", Type::Exception),
];

/// What is known and refused, by the begin of its name, and why.
const REFUSED: [(&str, &str); 17] = [
    ("XElement", "LINQ to XML is not emulated"),
    ("XDocument", "LINQ to XML is not emulated"),
    ("XNode", "LINQ to XML is not emulated"),
    ("XAttribute", "LINQ to XML is not emulated"),
    ("XNamespace", "LINQ to XML is not emulated"),
    ("XName", "LINQ to XML is not emulated"),
    ("X509", "certificates in expressions are not emulated"),
    ("RSA", "asymmetric cryptography in expressions is not emulated"),
    ("RNGCrypto", "cryptographic random numbers are not emulated"),
    ("Aes", "symmetric encryption in expressions is not emulated"),
    ("Symmetric", "symmetric encryption in expressions is not emulated"),
    ("Asymmetric", "asymmetric cryptography in expressions is not emulated"),
    ("Tuple", "tuples are not emulated"),
    ("ValueTuple", "tuples are not emulated"),
    ("Func", "delegates are not emulated"),
    ("Action", "delegates are not emulated"),
    ("dynamic", "`dynamic` is not emulated"),
];

/// The name of a type without parts.
pub(super) fn simple(name: &str) -> Option<Type> {
    SIMPLE.iter().find(|(n, _)| *n == name).map(|(_, ty)| *ty)
}

/// Why a type or class of that name is known and not emulated.
pub(super) fn refusal(name: &str) -> Option<&'static str> {
    REFUSED.iter().find(|(begin, _)| name.starts_with(begin)).map(|(_, why)| *why)
}

/// Whether a name stands for a type, or for one that is refused as a type.
pub(super) fn is_type(name: &str) -> bool {
    simple(name).is_some() || GENERIC.contains(&name) || refusal(name).is_some() || name == "MatchCollection"
}

/// Generic types that are emulated.
const GENERIC: [&str; 14] = [
    "List",
    "IList",
    "ICollection",
    "IReadOnlyCollection",
    "IReadOnlyList",
    "IEnumerable",
    "HashSet",
    "ISet",
    "Dictionary",
    "IDictionary",
    "IReadOnlyDictionary",
    "KeyValuePair",
    "IGrouping",
    "Nullable",
];

/// Types nested deeper are refused.
const MAX_NESTING: usize = 6;

/// The type that a document names.
pub(super) fn resolve(name: &TypeName) -> Result<Type, Fault> {
    nested(name, 0)
}

fn nested(written: &TypeName, depth: usize) -> Result<Type, Fault> {
    if depth > MAX_NESTING {
        return Err(Fault::at(written.offset, "the type is nested too deeply"));
    }
    let parts = written.parts.iter().map(|p| nested(p, depth + 1)).collect::<Result<Vec<_>, _>>()?;
    let mut ty = named(&written.name, &parts).ok_or_else(|| unknown(written))?;
    if written.nullable {
        ty = Type::nullable(ty);
    }
    for _ in 0..written.ranks {
        ty = if ty == Type::Int && matches!(&*written.name, "byte" | "Byte") { Type::Bytes } else { Type::array(ty) };
    }
    Ok(ty)
}

fn named(name: &str, parts: &[Type]) -> Option<Type> {
    Some(match (name, parts) {
        ("MatchCollection", []) => Type::list(Type::Match),
        (name, []) => simple(name)?,
        ("List" | "IList" | "ICollection" | "IReadOnlyCollection" | "IReadOnlyList", [of]) => Type::list(*of),
        ("IEnumerable", [of]) => Type::sequence(*of),
        ("HashSet" | "ISet", [of]) => Type::set(*of),
        ("Dictionary" | "IDictionary" | "IReadOnlyDictionary", [key, value]) => Type::dictionary(*key, *value),
        ("KeyValuePair", [key, value]) => Type::pair(*key, *value),
        ("IGrouping", [key, of]) => Type::grouping(*key, *of),
        ("Nullable", [of]) => Type::nullable(*of),
        _ => return None,
    })
}

fn unknown(written: &TypeName) -> Fault {
    let name = &*written.name;
    if let Some(why) = refusal(name) {
        return Fault::at(written.offset, format!("type `{name}`: {why}"))
            .hint("take the expression out for tests, or answer from a stub");
    }
    let known = SIMPLE.iter().map(|(n, _)| *n).chain(GENERIC);
    let fault = Fault::at(written.offset, format!("type `{name}` is unknown or not emulated"))
        .expected("a type of the reference of policy expressions");
    match closest(name, known) {
        Some(near) => fault.hint(format!("did you mean `{near}`?")),
        None => fault,
    }
}

impl Type {
    /// The name that .NET gives a type, as texts of exceptions have it.
    pub fn full_name(self) -> String {
        match self {
            Self::Bool => "System.Boolean".into(),
            Self::Int => "System.Int32".into(),
            Self::Long => "System.Int64".into(),
            Self::Text => "System.String".into(),
            Self::Texts => "System.String[]".into(),
            Self::Bytes => "System.Byte[]".into(),
            Self::Array(of) => format!("{}[]", of.full_name()),
            Self::List(of) => format!("System.Collections.Generic.List`1[{}]", of.full_name()),
            Self::Sequence(of) => format!("System.Collections.Generic.IEnumerable`1[{}]", of.full_name()),
            Self::Set(of) => format!("System.Collections.Generic.HashSet`1[{}]", of.full_name()),
            Self::Dictionary(k, v) => {
                format!("System.Collections.Generic.Dictionary`2[{},{}]", k.full_name(), v.full_name())
            }
            Self::Pair(k, v) => {
                format!("System.Collections.Generic.KeyValuePair`2[{},{}]", k.full_name(), v.full_name())
            }
            Self::Nullable(of) => format!("System.Nullable`1[{}]", of.full_name()),
            Self::Json | Self::JsonObject | Self::JsonArray | Self::JsonProperty => {
                format!("Newtonsoft.Json.Linq.{self}")
            }
            Self::Builder => "System.Text.StringBuilder".into(),
            Self::Object => "System.Object".into(),
            Self::Double | Self::Decimal | Self::Char | Self::Instant | Self::Offset | Self::Span | Self::Guid => {
                let name = self.to_string();
                let (first, rest) = name.split_at(1);
                format!("System.{}{rest}", first.to_uppercase())
            }
            other => other.to_string(),
        }
    }
}
