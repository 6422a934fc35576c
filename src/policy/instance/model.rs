//! The parts of an instance.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use super::layout::{DocumentFile, Layout};
use crate::clock::Timestamp;
use crate::diagnose::Place;
use crate::limit::BreakerRule;

/// An API Management instance.
#[derive(Clone, Debug, Default)]
pub struct Instance {
    /// The folder that it was read from.
    pub dir: PathBuf,
    /// How the folder is laid out.
    pub layout: Layout,
    /// Its policy documents.
    pub documents: Vec<DocumentFile>,
    /// APIs by id; a revision that is not the current one is `ID;rev=N`.
    pub apis: BTreeMap<String, ApiDescription>,
    /// Version sets by id.
    pub version_sets: BTreeMap<String, VersionSet>,
    /// Products by id.
    pub products: BTreeMap<String, Product>,
    /// Subscriptions in the order of their ids.
    pub subscriptions: Vec<Subscription>,
    /// Named values by the name under which documents know them.
    pub named_values: BTreeMap<String, NamedValue>,
    /// Backends by id.
    pub backends: BTreeMap<String, BackendDescription>,
}

/// An API, or a revision of one.
#[derive(Clone, Debug)]
pub struct ApiDescription {
    /// Its id, without the revision.
    pub id: String,
    /// Its display name; `None`: the title of its OpenAPI document.
    pub name: Option<String>,
    /// The path below the gateway, without slashes around it and without a
    /// version in a segment; `None`: as the OpenAPI document's first server
    /// has it.
    pub path: Option<String>,
    /// The version; empty for an API that has none, and for the `Original` of
    /// a version set.
    pub version: String,
    /// The version set that it is in.
    pub version_set: Option<String>,
    /// The revision, from `1`.
    pub revision: String,
    /// Whether calls that name no revision come here.
    pub is_current: bool,
    /// Whether a call needs a key.
    pub subscription_required: bool,
    /// The header field that takes the key.
    pub key_header: String,
    /// The query parameter that takes the key.
    pub key_query: String,
    /// The backend's base URL.
    pub service_url: Option<String>,
    /// Under which schemes it is published.
    pub protocols: Vec<String>,
    /// Its OpenAPI document.
    pub specification: Option<PathBuf>,
    /// Where it is described.
    pub place: Place,
}

impl ApiDescription {
    /// The header field for keys where an API names no other.
    pub const KEY_HEADER: &'static str = "Ocp-Apim-Subscription-Key";
    /// The query parameter for keys where an API names no other.
    pub const KEY_QUERY: &'static str = "subscription-key";

    /// An API of which nothing is known but its id: current, of revision 1,
    /// without a version, and it takes calls without a key.
    pub fn plain(id: &str, place: Place) -> Self {
        Self {
            id: id.to_owned(),
            name: None,
            path: None,
            version: String::new(),
            version_set: None,
            revision: "1".to_owned(),
            is_current: true,
            subscription_required: false,
            key_header: Self::KEY_HEADER.to_owned(),
            key_query: Self::KEY_QUERY.to_owned(),
            service_url: None,
            protocols: Vec::new(),
            specification: None,
            place,
        }
    }
}

/// Versions of one API under one scheme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionSet {
    /// Its id.
    pub id: String,
    /// Its display name.
    pub name: String,
    /// How a call says which version it wants.
    pub scheme: VersionScheme,
}

/// How a call says which version it wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VersionScheme {
    /// By the segment after the API's path.
    Segment,
    /// By a header field of this name.
    Header(String),
    /// By a query parameter of this name.
    Query(String),
}

impl VersionScheme {
    /// As it is written in files.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Segment => "segment",
            Self::Header(_) => "header",
            Self::Query(_) => "query",
        }
    }
}

/// A product: APIs that are offered together.
#[derive(Clone, Debug)]
pub struct Product {
    /// Its id.
    pub id: String,
    /// Its display name.
    pub name: String,
    /// Whether it is published.
    pub published: bool,
    /// Whether a call needs a key of a subscription; an open product needs
    /// none.
    pub subscription_required: bool,
    /// Whether somebody approves subscriptions.
    pub approval_required: bool,
    /// How many subscriptions one user may have.
    pub subscriptions_limit: Option<i64>,
    /// The ids of its APIs.
    pub apis: Vec<String>,
    /// The groups that see it.
    pub groups: Vec<String>,
    /// Where it is described.
    pub place: Place,
}

/// A key of a subscription. Its text is shown nowhere by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(String);

impl Key {
    /// From its text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

/// Somebody's right to call.
#[derive(Clone, Debug)]
pub struct Subscription {
    /// Its id, as the gateway's rows have it.
    pub id: String,
    /// Its display name.
    pub name: String,
    /// What it opens.
    pub scope: SubscriptionScope,
    /// Only an active one opens anything.
    pub state: SubscriptionState,
    /// One of its two keys.
    pub primary_key: Key,
    /// The other one.
    pub secondary_key: Key,
    /// Whose it is.
    pub owner: Option<User>,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// From when it is good; quotas count their periods from here.
    pub start: Option<Timestamp>,
    /// Until when it is good.
    pub end: Option<Timestamp>,
    /// Where it is described.
    pub place: Place,
}

impl Subscription {
    /// The key of a subscription whose keys the folder does not have: the
    /// extractor leaves them out, and one that is told beforehand serves a
    /// test better than one that is drawn.
    pub fn stand_in(id: &str, which: &str) -> Key {
        Key::new(format!("{id}-{which}"))
    }

    /// The product whose policies apply to its calls.
    pub fn product(&self) -> Option<&str> {
        match &self.scope {
            SubscriptionScope::Product(id) => Some(id),
            _ => None,
        }
    }
}

/// What a subscription opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SubscriptionScope {
    /// The APIs of a product.
    Product(String),
    /// One API.
    Api(String),
    /// Every API.
    AllApis,
    /// Everything, as the built-in subscription does.
    AllAccess,
}

/// How a subscription stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the state of that name")]
pub enum SubscriptionState {
    Active,
    Suspended,
    Submitted,
    Rejected,
    Cancelled,
    Expired,
}

impl SubscriptionState {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Active, Self::Suspended, Self::Submitted, Self::Rejected, Self::Cancelled, Self::Expired];

    /// As it is written in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Submitted => "submitted",
            Self::Rejected => "rejected",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }
}

/// Who owns a subscription.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct User {
    /// His id.
    pub id: String,
    /// His address.
    pub email: String,
    /// His first name.
    pub first_name: String,
    /// His last name.
    pub last_name: String,
    /// The names of his groups.
    pub groups: Vec<String>,
    /// What the administrator wrote about him.
    pub note: String,
}

/// A named value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedValue {
    /// The value; `None` for a secret that the folder does not have.
    pub value: Option<String>,
    /// Whether it is a secret.
    pub secret: bool,
    /// Where it is described.
    pub place: Place,
}

/// A backend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackendDescription {
    /// Its base URL; none for a pool.
    pub url: Option<String>,
    /// The backends that a pool spreads calls over.
    pub pool: Vec<PoolMember>,
    /// When its circuit breaks.
    pub circuit_breaker: Option<BreakerRule>,
    /// Where it is described.
    pub place: Place,
}

/// A member of a pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolMember {
    /// The backend's id.
    pub id: String,
    /// How many calls it takes in proportion to others of its priority.
    pub weight: u32,
    /// Lower numbers are called first.
    pub priority: u32,
}
