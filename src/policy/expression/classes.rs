//! Classes whose static members expressions name.

/// A class with static members.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// `string`.
    String,
    /// `int` and the smaller integer types.
    Int,
    /// `long` and the wider unsigned types.
    Long,
    /// `bool`.
    Bool,
    /// `double` and `float`.
    Double,
    /// `decimal`.
    Decimal,
    /// `char`.
    Char,
    /// `Guid`.
    Guid,
    /// `DateTime`.
    DateTime,
    /// `DateTimeOffset`.
    DateTimeOffset,
    /// `TimeSpan`.
    TimeSpan,
    /// `DateTimeKind`.
    DateTimeKind,
    /// `DayOfWeek`.
    DayOfWeek,
    /// `Convert`.
    Convert,
    /// `BitConverter`.
    BitConverter,
    /// `Math`.
    Math,
    /// `Random`.
    Random,
    /// `Uri`.
    Uri,
    /// `WebUtility`.
    WebUtility,
    /// `Encoding`.
    Encoding,
    /// `StringBuilder`.
    StringBuilder,
    /// `Regex`.
    Regex,
    /// `Match`.
    Match,
    /// `RegexOptions`.
    RegexOptions,
    /// `IPAddress`.
    IpAddress,
    /// `MD5`.
    Md5,
    /// `SHA1`.
    Sha1,
    /// `SHA256`.
    Sha256,
    /// `SHA384`.
    Sha384,
    /// `SHA512`.
    Sha512,
    /// `HMACMD5`.
    HmacMd5,
    /// `HMACSHA1`.
    HmacSha1,
    /// `HMACSHA256`.
    HmacSha256,
    /// `HMACSHA384`.
    HmacSha384,
    /// `HMACSHA512`.
    HmacSha512,
    /// `JObject`.
    JObject,
    /// `JArray`.
    JArray,
    /// `JToken`.
    JToken,
    /// `JValue`.
    JValue,
    /// `JProperty`.
    JProperty,
    /// `JTokenType`.
    JTokenType,
    /// `JsonConvert`.
    JsonConvert,
    /// `StringComparison`.
    StringComparison,
    /// `StringComparer`.
    StringComparer,
    /// `StringSplitOptions`.
    StringSplitOptions,
    /// `Formatting`.
    Formatting,
    /// `MidpointRounding`.
    MidpointRounding,
    /// `TimeZoneInfo`.
    TimeZoneInfo,
}

/// Classes with static members, by every name they have.
pub(super) const CLASSES: [(&str, Class); 74] = [
    ("string", Class::String),
    ("String", Class::String),
    ("int", Class::Int),
    ("Int32", Class::Int),
    ("short", Class::Int),
    ("Int16", Class::Int),
    ("byte", Class::Int),
    ("Byte", Class::Int),
    ("ushort", Class::Int),
    ("UInt16", Class::Int),
    ("sbyte", Class::Int),
    ("SByte", Class::Int),
    ("long", Class::Long),
    ("Int64", Class::Long),
    ("uint", Class::Long),
    ("UInt32", Class::Long),
    ("ulong", Class::Long),
    ("UInt64", Class::Long),
    ("bool", Class::Bool),
    ("Boolean", Class::Bool),
    ("double", Class::Double),
    ("Double", Class::Double),
    ("float", Class::Double),
    ("Single", Class::Double),
    ("decimal", Class::Decimal),
    ("Decimal", Class::Decimal),
    ("char", Class::Char),
    ("Char", Class::Char),
    ("Guid", Class::Guid),
    ("DateTime", Class::DateTime),
    ("DateTimeOffset", Class::DateTimeOffset),
    ("TimeSpan", Class::TimeSpan),
    ("DateTimeKind", Class::DateTimeKind),
    ("DayOfWeek", Class::DayOfWeek),
    ("Convert", Class::Convert),
    ("BitConverter", Class::BitConverter),
    ("Math", Class::Math),
    ("Random", Class::Random),
    ("Uri", Class::Uri),
    ("WebUtility", Class::WebUtility),
    ("Encoding", Class::Encoding),
    ("StringBuilder", Class::StringBuilder),
    ("Regex", Class::Regex),
    ("Match", Class::Match),
    ("RegexOptions", Class::RegexOptions),
    ("IPAddress", Class::IpAddress),
    ("MD5", Class::Md5),
    ("MD5CryptoServiceProvider", Class::Md5),
    ("SHA1", Class::Sha1),
    ("SHA1Managed", Class::Sha1),
    ("SHA256", Class::Sha256),
    ("SHA256Managed", Class::Sha256),
    ("SHA384", Class::Sha384),
    ("SHA384Managed", Class::Sha384),
    ("SHA512", Class::Sha512),
    ("SHA512Managed", Class::Sha512),
    ("HMACMD5", Class::HmacMd5),
    ("HMACSHA1", Class::HmacSha1),
    ("HMACSHA256", Class::HmacSha256),
    ("HMACSHA384", Class::HmacSha384),
    ("HMACSHA512", Class::HmacSha512),
    ("JObject", Class::JObject),
    ("JArray", Class::JArray),
    ("JToken", Class::JToken),
    ("JValue", Class::JValue),
    ("JProperty", Class::JProperty),
    ("JTokenType", Class::JTokenType),
    ("JsonConvert", Class::JsonConvert),
    ("StringComparison", Class::StringComparison),
    ("StringComparer", Class::StringComparer),
    ("StringSplitOptions", Class::StringSplitOptions),
    ("Formatting", Class::Formatting),
    ("MidpointRounding", Class::MidpointRounding),
    ("TimeZoneInfo", Class::TimeZoneInfo),
];
