//! Members of JSON values.

use super::{Type, members};
use crate::policy::expression::classes::Class;

members! {
    /// Members of JSON values.
    JsonOp Json
    Type::Json => {
        ToString ToString Text () (Formatting); SelectToken SelectToken Json (Text) (Text, Bool);
        SelectTokens SelectTokens [Type::sequence(Type::Json)] (Text) (Text, Bool);
        HasValues HasValues Bool; Type Kind JsonKind; First First Json; Last Last Json; Count Count Int;
        Children Children [Type::sequence(Type::Json)] (); Values Values [Type::sequence(Type::Json)] ();
        DeepClone DeepClone Json (); Value Value Object; Equals Equals Bool (Any);
    }
    Type::JsonObject => {
        ContainsKey ContainsKey Bool (Text); GetValue GetValue Json (Text) (Text, Comparison);
        Property Property JsonProperty (Text);
        Properties Properties [Type::sequence(Type::JsonProperty)] ();
        Add AddMember Void (Text, Any); Add AddProperty Void (Any); Remove RemoveMember Bool (Text);
        RemoveAll RemoveAll Void (); Merge Merge Void (Any); DeepClone CloneObject Json ();
    }
    Type::JsonArray => {
        Add Push Void (Any); Insert Insert Void (Int, Any); RemoveAt RemoveAt Void (Int); Clear Clear Void ();
        Remove RemoveElement Bool (Any); Contains Contains Bool (Any); IndexOf IndexOf Int (Any);
        Merge MergeArray Void (Any);
    }
    Type::JsonProperty => { Name PropertyName Text; Value PropertyValue Json; Remove RemoveProperty Void (); }
    Type::Class(Class::JObject) => {
        Parse ParseObject JsonObject (Text); FromObject ObjectFrom JsonObject (Any); new NewObject JsonObject (AnyRest);
    }
    Type::Class(Class::JArray) => {
        Parse ParseArray JsonArray (Text); FromObject ArrayFrom JsonArray (Any); new NewArray JsonArray (AnyRest);
    }
    Type::Class(Class::JProperty) => { new NewProperty JsonProperty (Text, AnyRest); }
    Type::Class(Class::JValue) => {
        new NewValue Json (Any); CreateNull CreateNull Json (); CreateString CreateString Json (Text);
    }
    Type::Class(Class::JToken) => {
        Parse ParseToken Json (Text); FromObject TokenFrom Json (Any); DeepEquals DeepEquals Bool (Json, Json);
    }
    Type::Class(Class::JsonConvert) => {
        SerializeObject Serialize Text (Any) (Any, Formatting); DeserializeObject Deserialize Object (Text);
        ToString SerializeValue Text (Any);
    }
    // What `As<T>()` becomes, which the resolver knows.
    Type::Body => {
        asText BodyAsText Text (); asJson BodyAsJson Json (); asObject BodyAsObject JsonObject ();
        asArray BodyAsArray JsonArray (); asBytes BodyAsBytes Bytes ();
        AsFormUrlEncodedContent BodyAsForm [Type::dictionary(Type::Text, Type::list(Type::Text))] () (Bool);
    }
}
