//! The table of members: what an expression may name, on which type, and what
//! it gives. Names, arities and types as in the reference of policy
//! expressions and in .NET.

use std::sync::LazyLock;

use super::Type;
use super::classes::Class;

/// How a member is written, and how many arguments it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Property,
    Method { min: usize, max: usize },
}

/// One member.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member {
    pub(super) of: Type,
    pub(super) name: &'static str,
    pub(super) form: Form,
    pub(super) op: Op,
    pub(super) gives: Type,
}

macro_rules! members {
    ($( $of:expr => { $( $name:ident $(($min:literal, $max:literal))? $op:ident $gives:ident; )* } )*) => {
        /// A member, resolved.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[expect(missing_docs, reason = "type and member say it; the table gives arity and result")]
        pub enum Op {
            $( $( $op, )* )*
            Index, NewObject, NewArray, NewProperty, BodyAsText, BodyAsJson,
        }

        fn table() -> Vec<Member> {
            vec![$( $( Member {
                of: $of,
                name: stringify!($name),
                form: members!(@form $($min, $max)?),
                op: Op::$op,
                gives: Type::$gives,
            }, )* )*]
        }
    };
    (@form) => { Form::Property };
    (@form $min:literal, $max:literal) => { Form::Method { min: $min, max: $max } };
}

members! {
    Type::Context => {
        Request ContextRequest Request; Response ContextResponse Response; Variables ContextVariables Variables;
        LastError ContextLastError LastError; Api ContextApi Api; Operation ContextOperation Operation;
        Product ContextProduct Product; Subscription ContextSubscription Subscription; User ContextUser User;
        Deployment ContextDeployment Deployment; RequestId ContextRequestId Guid;
        Timestamp ContextTimestamp Instant; Elapsed ContextElapsed Span; Tracing ContextTracing Bool;
    }
    Type::Request => {
        Method RequestMethod Text; Headers RequestHeaders Headers; Url RequestUrl Url;
        OriginalUrl RequestOriginalUrl Url; IpAddress RequestIpAddress Text;
        MatchedParameters RequestParameters Parameters; Body RequestBody Body;
    }
    Type::Response => {
        StatusCode ResponseStatusCode Int; StatusReason ResponseStatusReason Text;
        Headers ResponseHeaders Headers; Body ResponseBody Body;
    }
    Type::Headers => {
        GetValueOrDefault(1, 2) HeadersGet Text; ContainsKey(1, 1) HeadersContains Bool;
    }
    Type::Url => {
        Scheme UrlScheme Text; Host UrlHost Text; Port UrlPort Int; Path UrlPath Text;
        QueryString UrlQueryString Text; Query UrlQuery Query; ToString(0, 0) UrlToString Text;
    }
    Type::Query => { GetValueOrDefault(1, 2) QueryGet Text; ContainsKey(1, 1) QueryContains Bool; }
    Type::Parameters => {
        GetValueOrDefault(1, 2) ParametersGet Text; ContainsKey(1, 1) ParametersContains Bool;
    }
    Type::Variables => {
        GetValueOrDefault(1, 2) VariablesGet Object; ContainsKey(1, 1) VariablesContains Bool;
    }
    Type::LastError => {
        Source ErrorSource Text; Reason ErrorReason Text; Message ErrorMessage Text; Scope ErrorScope Text;
        Section ErrorSection Text; Path ErrorPath Text; PolicyId ErrorPolicyId Text;
    }
    Type::Api => {
        Id ApiId Text; Name ApiName Text; Path ApiPath Text; Version ApiVersion Text; Revision ApiRevision Text;
    }
    Type::Operation => {
        Id OperationId Text; Name OperationName Text; Method OperationMethod Text;
        UrlTemplate OperationUrlTemplate Text;
    }
    Type::Product => { Id ProductId Text; Name ProductName Text; }
    Type::Subscription => { Id SubscriptionId Text; Name SubscriptionName Text; Key SubscriptionKey Text; }
    Type::User => { Id UserId Text; Email UserEmail Text; }
    Type::Deployment => {
        Region DeploymentRegion Text; ServiceId DeploymentServiceId Text;
        ServiceName DeploymentServiceName Text; GatewayId DeploymentGatewayId Text;
    }
    Type::Text => {
        Length TextLength Int; Split(1, 1) TextSplit Texts; Contains(1, 1) TextContains Bool;
        StartsWith(1, 2) TextStartsWith Bool; EndsWith(1, 2) TextEndsWith Bool; Replace(2, 2) TextReplace Text;
        Substring(1, 2) TextSubstring Text; Trim(0, 1) TextTrim Text; TrimStart(0, 1) TextTrimStart Text;
        TrimEnd(0, 1) TextTrimEnd Text; ToLower(0, 0) TextToLower Text; ToLowerInvariant(0, 0) TextToLowerInvariant Text;
        ToUpper(0, 0) TextToUpper Text; ToUpperInvariant(0, 0) TextToUpperInvariant Text;
        IndexOf(1, 2) TextIndexOf Int; LastIndexOf(1, 1) TextLastIndexOf Int; Equals(1, 2) TextEquals Bool;
        ToString(0, 0) TextToString Text; AsJwt(0, 0) TextAsJwt Jwt;
    }
    Type::Texts => {
        Length TextsLength Int; Contains(1, 1) TextsContains Bool; First(0, 0) TextsFirst Text;
        FirstOrDefault(0, 0) TextsFirstOrDefault Text; Last(0, 0) TextsLast Text; Any(0, 0) TextsAny Bool;
    }
    Type::Jwt => {
        Claims JwtClaims Claims; Id JwtId Text; Issuer JwtIssuer Text; Subject JwtSubject Text;
        Audiences JwtAudiences Texts; Algorithm JwtAlgorithm Text; Type JwtType Text;
        ExpirationTime JwtExpirationTime Instant; NotBefore JwtNotBefore Instant; IssuedAt JwtIssuedAt Instant;
    }
    Type::Claims => { GetValueOrDefault(1, 2) ClaimsGet Text; ContainsKey(1, 1) ClaimsContains Bool; }
    Type::Instant => {
        AddMilliseconds(1, 1) InstantAddMilliseconds Instant; AddSeconds(1, 1) InstantAddSeconds Instant;
        AddMinutes(1, 1) InstantAddMinutes Instant; AddHours(1, 1) InstantAddHours Instant;
        AddDays(1, 1) InstantAddDays Instant; ToUnixTimeSeconds(0, 0) InstantUnixSeconds Int;
        ToUnixTimeMilliseconds(0, 0) InstantUnixMilliseconds Int; ToString(0, 1) InstantToString Text;
        Year InstantYear Int; Month InstantMonth Int; Day InstantDay Int; Hour InstantHour Int;
        Minute InstantMinute Int; Second InstantSecond Int; Date InstantDate Instant; UtcDateTime InstantUtc Instant;
    }
    Type::Span => {
        TotalMilliseconds SpanMilliseconds Double; TotalSeconds SpanSeconds Double; TotalMinutes SpanMinutes Double;
        TotalHours SpanHours Double; TotalDays SpanDays Double; ToString(0, 0) SpanToString Text;
    }
    Type::Guid => { ToString(0, 1) GuidToString Text; }
    Type::Int => { ToString(0, 0) IntToString Text; }
    Type::Double => { ToString(0, 0) DoubleToString Text; }
    Type::Bool => { ToString(0, 0) BoolToString Text; }
    Type::Object => { ToString(0, 0) ObjectToString Text; }
    Type::Json => { ToString(0, 1) JsonToString Text; ContainsKey(1, 1) JsonContains Bool; Count JsonCount Int; }
    Type::Class(Class::String) => {
        IsNullOrEmpty(1, 1) StringIsNullOrEmpty Bool; IsNullOrWhiteSpace(1, 1) StringIsNullOrWhiteSpace Bool;
        Concat(1, 8) StringConcat Text; Join(2, 8) StringJoin Text; Format(1, 8) StringFormat Text;
        Equals(2, 3) StringEquals Bool; Empty StringEmpty Text;
    }
    Type::Class(Class::Guid) => { NewGuid(0, 0) GuidNew Guid; Parse(1, 1) GuidParse Guid; Empty GuidEmpty Guid; }
    Type::Class(Class::DateTime) => {
        UtcNow DateTimeUtcNow Instant; Now DateTimeNow Instant; Parse(1, 1) DateTimeParse Instant;
    }
    Type::Class(Class::DateTimeOffset) => {
        UtcNow OffsetUtcNow Instant; Now OffsetNow Instant; Parse(1, 1) OffsetParse Instant;
        FromUnixTimeSeconds(1, 1) OffsetFromUnixSeconds Instant;
    }
    Type::Class(Class::TimeSpan) => {
        FromSeconds(1, 1) SpanFromSeconds Span; FromMinutes(1, 1) SpanFromMinutes Span;
        FromHours(1, 1) SpanFromHours Span; FromDays(1, 1) SpanFromDays Span;
    }
    Type::Class(Class::Int) => { Parse(1, 1) IntParse Int; }
    Type::Class(Class::Bool) => { Parse(1, 1) BoolParse Bool; }
    Type::Class(Class::Double) => { Parse(1, 1) DoubleParse Double; }
    Type::Class(Class::Convert) => {
        ToInt32(1, 1) ConvertToInt Int; ToInt64(1, 1) ConvertToLong Int; ToString(1, 1) ConvertToString Text;
        ToBoolean(1, 1) ConvertToBool Bool;
    }
    Type::Class(Class::Math) => { Max(2, 2) MathMax Int; Min(2, 2) MathMin Int; Abs(1, 1) MathAbs Int; }
    Type::Class(Class::Uri) => {
        EscapeDataString(1, 1) UriEscape Text; UnescapeDataString(1, 1) UriUnescape Text;
    }
    Type::Class(Class::WebUtility) => {
        UrlEncode(1, 1) WebUrlEncode Text; UrlDecode(1, 1) WebUrlDecode Text; HtmlEncode(1, 1) WebHtmlEncode Text;
    }
    Type::Class(Class::JObject) => { Parse(1, 1) JObjectParse Json; }
    Type::Class(Class::JArray) => { Parse(1, 1) JArrayParse Json; }
    Type::Class(Class::JToken) => { Parse(1, 1) JTokenParse Json; }
    Type::Class(Class::JsonConvert) => { SerializeObject(1, 1) JsonSerialize Text; }
    Type::Class(Class::StringComparison) => {
        Ordinal ComparisonOrdinal Comparison; OrdinalIgnoreCase ComparisonOrdinalIgnoreCase Comparison;
        InvariantCulture ComparisonInvariant Comparison;
        InvariantCultureIgnoreCase ComparisonInvariantIgnoreCase Comparison;
    }
    Type::Class(Class::Formatting) => { None FormattingNone Formatting; Indented FormattingIndented Formatting; }
}

/// Every member.
pub(super) static MEMBERS: LazyLock<Vec<Member>> = LazyLock::new(table);

/// A type's members by name.
pub(super) fn find(of: Type, name: &str) -> Option<&'static Member> {
    MEMBERS.iter().find(|m| m.of == of && m.name == name).or_else(|| find(of.base()?, name))
}

/// What an indexer gives, and the type of its index.
pub(super) fn indexer(of: Type) -> Option<(Type, Type)> {
    Some(match of {
        Type::Variables => (Type::Text, Type::Object),
        Type::Headers | Type::Query | Type::Claims => (Type::Text, Type::Texts),
        Type::Parameters => (Type::Text, Type::Text),
        Type::Texts | Type::Text => (Type::Int, Type::Text),
        Type::Json | Type::JsonObject | Type::JsonArray | Type::JsonProperty => (Type::Object, Type::Json),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_member_stands_twice() {
        for (i, member) in MEMBERS.iter().enumerate() {
            assert!(!MEMBERS[..i].iter().any(|m| m.of == member.of && m.name == member.name), "{member:?}");
        }
    }
}
