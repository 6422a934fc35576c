//! Classes whose static members expressions name.

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
