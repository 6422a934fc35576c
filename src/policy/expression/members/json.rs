//! Members of JSON values.

use super::{Type, members};
use crate::policy::expression::classes::Class;

members! {
    /// Members of JSON values.
    JsonOp Json
    Type::Json => {
        ToString ToString Text () (Formatting); ContainsKey ContainsKey Bool (Text); Count Count Int;
    }
    Type::Class(Class::JObject) => { Parse ParseObject Json (Text); new NewObject Json (AnyRest); }
    Type::Class(Class::JArray) => { Parse ParseArray Json (Text); new NewArray Json (AnyRest); }
    Type::JsonProperty => { new NewProperty JsonProperty (Text, Any); }
    Type::Class(Class::JToken) => { Parse ParseToken Json (Text); }
    Type::Class(Class::JsonConvert) => { SerializeObject Serialize Text (Any); }
    Type::Body => { asText BodyAsText Text (); asJson BodyAsJson Json (); }
}
