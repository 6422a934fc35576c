//! What a directory holds.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use uuid::Uuid;

use super::ClientKey;
use crate::clock::Timestamp;

/// All tenants; there is at least one.
#[derive(Clone, Debug)]
pub struct Directory {
    pub(super) tenants: Vec<Registered>,
}

impl Directory {
    /// The tenant whose principals the embedded tiers are: the first.
    ///
    /// # Panics
    /// Never: a directory has at least one tenant.
    pub fn home(&self) -> &Registered {
        self.tenants.first().expect("a directory is not loaded without a tenant")
    }

    /// The tenant of an id or a domain.
    pub fn tenant(&self, name: &str) -> Option<&Registered> {
        self.tenants.iter().find(|tenant| tenant.is_called(name))
    }

    /// Every tenant, the home tenant first.
    pub fn tenants(&self) -> &[Registered] {
        &self.tenants
    }
}

/// A tenant and what is registered in it.
#[derive(Clone, Debug)]
pub struct Registered {
    /// Its id, a GUID.
    pub id: String,
    /// Its verified domains, which stand for the id in addresses.
    pub domains: Vec<String>,
    /// `tenant_region_scope` of its discovery documents: `EU`, `NA`, `WW`.
    pub region: String,
    /// Which issuer its tokens name.
    pub issuer: IssuerNames,
    /// How long its tokens live.
    pub lifetime: Lifetime,
    /// How long a key stays published after another one took its place.
    pub keys_published_for: Duration,
    /// The APIs that tokens are for.
    pub resources: Vec<Resource>,
    /// Clients and managed identities.
    pub clients: Vec<Client>,
    /// Addresses that stand for a resource's URI, with that URI. Copies share
    /// them.
    pub(super) aliases: Arc<RwLock<Vec<(String, String)>>>,
}

impl Registered {
    /// Whether this is its id or one of its domains.
    pub fn is_called(&self, name: &str) -> bool {
        self.id.eq_ignore_ascii_case(name) || self.domains.iter().any(|domain| domain.eq_ignore_ascii_case(name))
    }

    /// The resource that a scope, a `resource` or an audience names, by its
    /// URI or its application id. A slash at the end makes no difference.
    pub fn resource(&self, name: &str) -> Option<&Resource> {
        let bare = name.trim_end_matches('/');
        let of = |bare: &str| {
            self.resources.iter().find(|r| {
                r.application_id.eq_ignore_ascii_case(bare)
                    || r.uris.iter().any(|uri| uri.trim_end_matches('/') == bare)
            })
        };
        of(bare).or_else(|| {
            let aliases = self.aliases.read().unwrap_or_else(PoisonError::into_inner);
            aliases.iter().find(|(alias, _)| alias == bare).and_then(|(_, uri)| of(uri.trim_end_matches('/')))
        })
    }

    /// From now on tokens for an address are tokens for a resource: clients ask
    /// for one of the address that they were given.
    pub fn also_called(&self, uri: &str, address: &str) {
        let mut aliases = self.aliases.write().unwrap_or_else(PoisonError::into_inner);
        aliases.push((address.trim_end_matches('/').to_owned(), uri.to_owned()));
    }

    /// The resource that the file calls by this name.
    pub fn resource_named(&self, name: &str) -> Option<&Resource> {
        self.resources.iter().find(|resource| resource.name == name)
    }

    /// The client of an application id.
    pub fn client(&self, application_id: &str) -> Option<&Client> {
        self.clients.iter().find(|client| client.application_id.eq_ignore_ascii_case(application_id))
    }

    /// The client or managed identity that the file calls by this name.
    pub fn client_named(&self, name: &str) -> Option<&Client> {
        self.clients.iter().find(|client| client.name == name)
    }
}

/// Which issuer tokens and discovery documents name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IssuerNames {
    /// Version 2: the address at which it is served, so that a service that
    /// knows nothing but that address finds what it expects. Version 1:
    /// `https://sts.windows.net/TENANT/`, which nobody looks up.
    #[default]
    Local,
    /// Those of Microsoft Entra ID, as a company's own policies name them.
    Entra,
}

/// How long tokens live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetime {
    /// The shortest, in seconds.
    pub from: u64,
    /// The longest, in seconds; drawn anew for each token where it differs.
    pub to: u64,
}

impl Default for Lifetime {
    /// An hour. Entra ID draws from 60 to 90 minutes (reference §7.3); a test
    /// that is played again shall see the same.
    fn default() -> Self {
        Self { from: 3600, to: 3600 }
    }
}

/// Which claims a resource's tokens have: its own choice, whatever endpoint is
/// asked (reference §7.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TokenVersion {
    /// `requestedAccessTokenVersion` null or 1.
    #[default]
    V1,
    /// `requestedAccessTokenVersion` 2.
    V2,
}

/// An API that tokens are for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// What the file calls it.
    pub name: String,
    /// Its application id: `aud` of version 2 tokens.
    pub application_id: String,
    /// Its application id URIs, by which scopes name it.
    pub uris: Vec<String>,
    /// The application roles that it defines.
    pub roles: Vec<String>,
    /// Which tokens it accepts.
    pub version: TokenVersion,
    /// Whether a client without a role gets no token at all.
    pub assignment_required: bool,
    /// Whether it asks for the optional claim `idtyp`.
    pub idtyp: bool,
}

/// A client that may ask for tokens.
#[derive(Clone, Debug)]
pub struct Client {
    /// What the file calls it.
    pub name: String,
    /// Its application id.
    pub application_id: String,
    /// The object id of its service principal: `oid` and `sub`.
    pub object_id: String,
    /// Its secrets; their values are made at start.
    pub secrets: Vec<ClientSecret>,
    /// Its certificates and keys.
    pub certificates: Vec<Certificate>,
    /// The roles that it was granted, by the name of the resource.
    pub roles: BTreeMap<String, Vec<String>>,
    /// Whether an administrator has switched it off.
    pub disabled: bool,
    /// Whether the platform itself holds its credential.
    pub managed: bool,
}

/// A client secret, without its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientSecret {
    /// What the file calls it.
    pub name: String,
    /// When it ends, by the shared clock.
    pub expires: Option<Timestamp>,
}

/// A certificate or key with which a client signs its assertions.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// What the file calls it.
    pub name: String,
    /// The public keys out of its file; `None`: it is made with its private key
    /// when somebody asks for it.
    pub keys: Option<Vec<ClientKey>>,
}

/// The application id of a client that is named rather than registered: the
/// name itself where it is one, else made from it, always the same.
pub(in crate::stack::issuer) fn application_id(client: &str) -> String {
    Uuid::parse_str(client).unwrap_or_else(|_| Uuid::new_v5(&NAMES, client.as_bytes())).to_string()
}

/// The object id of a client's service principal.
pub(in crate::stack::issuer) fn object_id(application: &str) -> String {
    Uuid::new_v5(&OBJECTS, application.as_bytes()).to_string()
}

const NAMES: Uuid = Uuid::from_u128(0x8f4e_6a0c_25d1_4f0e_9a53_6f11_84c2_7d01);
const OBJECTS: Uuid = Uuid::from_u128(0x8f4e_6a0c_25d1_4f0e_9a53_6f11_84c2_7d02);
