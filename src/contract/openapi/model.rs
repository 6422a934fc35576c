//! What an OpenAPI document says, as far as requests and responses go.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use http::Method;
use serde_json::Value;

use super::LinkValue;
use crate::diagnose::{Diagnostics, Node, Place};

/// A document that was loaded.
pub struct OpenApi {
    /// The file, as the user named it.
    pub file: Arc<str>,
    /// The dialect of its schemas.
    pub dialect: Dialect,
    /// `info.title`.
    pub title: String,
    /// `info.version`.
    pub version: String,
    /// The path of the first server's URL, without a trailing slash; `""`
    /// where there is none. Operations may have another, see
    /// [`Operation::base_path`].
    pub base_path: String,
    /// All operations in the order of the file.
    pub operations: Vec<Arc<Operation>>,
    /// `components.securitySchemes` in the order of the file.
    pub security_schemes: Vec<SecurityScheme>,
    /// The whole document as JSON. Files that it refers to are bundled in
    /// under `x-bundled`, and references to them lead there; all other `$ref`s
    /// stand as they were written. Schemas are JSON Schema 2020-12 whatever the
    /// dialect was: those of 3.0 are translated.
    pub document: Arc<Value>,
    /// The same with places, its schemas in the dialect of the file.
    pub source: Node,
    /// What could not be used, by place; empty where all was.
    pub notices: Diagnostics,
    pub(super) compiled: super::validate::Compiled,
}

impl fmt::Debug for OpenApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenApi")
            .field("file", &self.file)
            .field("operations", &self.operations.len())
            .finish_non_exhaustive()
    }
}

/// Which JSON Schema the document's schemas were written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// OpenAPI 3.0: its own dialect, based on draft 5 (`nullable`, boolean
    /// `exclusiveMinimum`).
    OpenApi30,
    /// OpenAPI 3.1: JSON Schema 2020-12.
    Draft202012,
}

/// One operation.
#[derive(Clone, Debug)]
pub struct Operation {
    /// `operationId`, or `METHOD /path` where there is none.
    pub id: Arc<str>,
    /// The method.
    pub method: Method,
    /// What stands in front of its path: of its own first server, else its
    /// path item's, else the document's. Without a trailing slash.
    pub base_path: String,
    /// The path template, beginning with `/`, without the base path.
    pub path: String,
    /// Where it stands.
    pub place: Place,
    /// `deprecated`.
    pub deprecated: bool,
    /// Parameters of path item and operation.
    pub parameters: Vec<Parameter>,
    /// The body, where one is declared.
    pub request: Option<RequestBody>,
    /// Responses by status.
    pub responses: BTreeMap<StatusKey, ResponseSpec>,
    /// Whether some security requirement applies and is not optional.
    pub secured: bool,
    /// The ways to be let in: names of schemes that are needed together. An
    /// empty one: nothing is needed. No way at all: nothing is demanded.
    pub security: Vec<Vec<String>>,
}

impl Operation {
    /// What is declared for a status: the exact one, else its class (`4XX`),
    /// else `default`.
    pub fn response(&self, status: u16) -> Option<&ResponseSpec> {
        self.responses.get(&self.response_key(status)?)
    }

    /// The key under which [`Self::response`] finds what is declared for a
    /// status.
    pub fn response_key(&self, status: u16) -> Option<StatusKey> {
        let keys = [StatusKey::Exact(status), StatusKey::Class((status / 100) as u8), StatusKey::Default];
        keys.into_iter().find(|key| self.responses.contains_key(key))
    }

    /// Whether it is a method that promises to change nothing (RFC 9110
    /// §9.2.1).
    pub fn is_safe(&self) -> bool {
        matches!(self.method, Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE)
    }
}

/// One parameter.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Where it goes.
    pub within: ParameterIn,
    /// Whether it must be there.
    pub required: bool,
    /// `style`, with OpenAPI's default filled in.
    pub style: String,
    /// `explode`, with OpenAPI's default filled in.
    pub explode: bool,
    /// `allowReserved`: reserved characters go out as they are (query only).
    pub allow_reserved: bool,
    /// `allowEmptyValue`: `name=` is right whatever the schema says (query
    /// only).
    pub allow_empty: bool,
    /// The media type of its text, where it is described by `content` instead
    /// of a style.
    pub content: Option<String>,
    /// Its schema.
    pub schema: Option<SchemaRef>,
    /// Its examples.
    pub examples: Vec<Value>,
    /// Where it stands.
    pub place: Place,
}

/// Where a parameter goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ParameterIn {
    /// Into the path template.
    Path,
    /// Into the query.
    Query,
    /// Into a header field.
    Header,
    /// Into the `Cookie` field.
    Cookie,
}

/// A request body.
#[derive(Clone, Debug)]
pub struct RequestBody {
    /// Whether it must be there.
    pub required: bool,
    /// By media type, in the order of the file.
    pub content: Vec<MediaType>,
    /// Where it stands.
    pub place: Place,
}

/// One media type of a body.
#[derive(Clone, Debug)]
pub struct MediaType {
    /// The media type or range, in lower case, without parameters.
    pub name: String,
    /// As it was written, with its parameters.
    pub written: String,
    /// Its schema.
    pub schema: Option<SchemaRef>,
    /// Its examples.
    pub examples: Vec<Value>,
    /// How single properties of a form are written.
    pub encoding: Vec<Encoding>,
}

/// How one property of a form is written.
#[derive(Clone, Debug)]
pub struct Encoding {
    /// The property.
    pub property: String,
    /// Media types of its content, as they were written.
    pub content_type: Option<String>,
    /// `style`, where it is said.
    pub style: Option<String>,
    /// `explode`, where it is said.
    pub explode: Option<bool>,
    /// `allowReserved`.
    pub allow_reserved: bool,
    /// Header fields of its part.
    pub headers: Vec<ResponseHeader>,
}

impl MediaType {
    /// Whether its content is JSON: `application/json` or `+json`.
    pub fn is_json(&self) -> bool {
        is_json(&self.name)
    }
}

/// One declared response.
#[derive(Clone, Debug)]
pub struct ResponseSpec {
    /// Its header fields.
    pub headers: Vec<ResponseHeader>,
    /// By media type, in the order of the file; empty: no content.
    pub content: Vec<MediaType>,
    /// Its links: how to go on from here.
    pub links: Vec<Link>,
    /// Where it stands.
    pub place: Place,
}

impl ResponseSpec {
    /// The declared media type that a received one falls under, ranges
    /// (`application/*`, `*/*`) last.
    pub fn media_type(&self, received: &str) -> Option<&MediaType> {
        let exact = self.content.iter().find(|m| m.name == received);
        exact.or_else(|| {
            self.content.iter().find(|m| {
                m.name == "*/*"
                    || m.name.strip_suffix("/*").is_some_and(|kind| received.split('/').next() == Some(kind))
            })
        })
    }
}

/// A declared header field of a response.
#[derive(Clone, Debug)]
pub struct ResponseHeader {
    /// Its name.
    pub name: String,
    /// Whether it must be there.
    pub required: bool,
    /// Its schema.
    pub schema: Option<SchemaRef>,
}

/// A link from a response to another operation.
#[derive(Clone, Debug)]
pub struct Link {
    /// Its name.
    pub name: String,
    /// The operation it leads to, by the id it has in [`Operation::id`];
    /// `None` where the document has no such operation.
    pub operation: Option<String>,
    /// Parameter name, where it is said led by its place (`path.id`) → what the
    /// link gives it.
    pub parameters: Vec<(String, LinkValue)>,
    /// The body that the link gives.
    pub body: Option<LinkValue>,
    /// Where it stands.
    pub place: Place,
}

/// A way to prove who calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityScheme {
    /// Its name in `securitySchemes`.
    pub name: String,
    /// What it is.
    pub kind: SecurityKind,
}

/// What is sent to prove who calls (OpenAPI 3.1.1, §4.8.27).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecurityKind {
    /// A key of this name, at this place (never in the path).
    ApiKey(ParameterIn, String),
    /// `Authorization` with this scheme, in lower case: `basic`, `bearer`, …
    Http(String),
    /// OAuth 2: a bearer token.
    OAuth2,
    /// OpenID Connect: a bearer token.
    OpenIdConnect,
    /// A client certificate.
    MutualTls,
    /// Something that OpenAPI does not know.
    Unknown,
}

impl SecurityKind {
    /// The header field that carries the proof; `None` where it goes
    /// elsewhere.
    pub fn header(&self) -> Option<&str> {
        match self {
            Self::ApiKey(ParameterIn::Header, name) => Some(name),
            Self::ApiKey(ParameterIn::Cookie, _) => Some("Cookie"),
            Self::Http(_) | Self::OAuth2 | Self::OpenIdConnect => Some("Authorization"),
            Self::ApiKey(..) | Self::MutualTls | Self::Unknown => None,
        }
    }

    /// Whether a bearer token is the proof.
    pub fn is_bearer(&self) -> bool {
        matches!(self, Self::OAuth2 | Self::OpenIdConnect) || matches!(self, Self::Http(scheme) if scheme == "bearer")
    }
}

/// A status under `responses`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StatusKey {
    /// `200`.
    Exact(u16),
    /// `4XX`.
    Class(u8),
    /// `default`.
    Default,
}

impl fmt::Display for StatusKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(status) => write!(f, "{status}"),
            Self::Class(class) => write!(f, "{class}XX"),
            Self::Default => f.write_str("default"),
        }
    }
}

/// A schema in a document: a JSON Pointer from the document's root. Get its
/// value and its validator from the [`OpenApi`] it belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SchemaRef {
    /// JSON Pointer (RFC 6901), e.g. `/components/schemas/Batch`.
    pub pointer: Arc<str>,
}

/// Whether a media type without parameters is JSON.
pub fn is_json(name: &str) -> bool {
    matches!(name, "application/json" | "text/json" | "application/x-json" | "text/x-json") || name.ends_with("+json")
}
