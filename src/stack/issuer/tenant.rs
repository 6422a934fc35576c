//! What makes and proves the issuer's tokens, for those who share its process.

use std::sync::{Arc, Mutex, PoisonError};

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::certificate::CertificateError;
use super::super::jwt::{Claims, JwtError};
use super::directory::{Client, Directory, TokenVersion};
use super::keys::Rollover;
use super::mint::{Mint, MintRequest, Minted};
use super::vault::Vault;
use crate::door::Origin;
use crate::wire::Secret;

/// Makes tokens and knows the keys that prove them. Clones are the same.
#[derive(Clone, Debug)]
pub struct Tenant(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    mint: Mint,
    directory: Directory,
    vault: Vault,
    /// `<origin>/<home tenant>`.
    base: String,
    authority: String,
    throttle: Mutex<Throttle>,
}

/// How the token endpoint is to refuse everybody for a while.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Throttle {
    /// How many requests.
    pub times: u32,
    /// Their `Retry-After`, in seconds.
    #[serde(default)]
    pub retry_after: u32,
}

impl Tenant {
    pub(super) fn new(mint: Mint, directory: Directory, origin: &Origin) -> Self {
        let base = format!("{origin}/{}", directory.home().id);
        let (vault, authority) = (Vault::fill(&directory), origin.authority());
        Self(Arc::new(Inner { mint, directory, vault, base, authority, throttle: Mutex::default() }))
    }

    /// A token of the home tenant; `None` where none is wanted.
    pub fn mint(&self, wanted: &MintRequest) -> Option<Minted> {
        self.0.mint.mint(self.0.directory.home(), wanted)
    }

    /// Proves that one of the published keys signed a token, and gives its
    /// claims. Lifetime, audience and issuer are the caller's to judge.
    ///
    /// # Errors
    /// It is no token, or not signed by a published key.
    pub fn verify(&self, token: &str) -> Result<Claims, JwtError> {
        self.0.mint.keys.verify(token, self.0.mint.now())
    }

    /// `iss` of the home tenant's tokens.
    pub fn issuer(&self, version: TokenVersion) -> String {
        let home = self.0.directory.home();
        self.0.mint.issuer_of(home.issuer, &home.id, version)
    }

    /// The base of the home tenant's addresses: `<origin>/<tenant>`.
    pub fn base(&self) -> &str {
        &self.0.base
    }

    /// Who is registered.
    pub fn directory(&self) -> &Directory {
        &self.0.directory
    }

    /// The application id of a client of the home tenant, by the name that its
    /// file gives it.
    pub fn application(&self, client: &str) -> Option<&str> {
        self.0.directory.home().client_named(client).map(|c| c.application_id.as_str())
    }

    /// A secret that is good today, of a client of the home tenant.
    pub fn secret(&self, client: &str) -> Option<&Secret> {
        let client = self.0.directory.home().client_named(client)?;
        let now = self.0.mint.now();
        let good = client.secrets.iter().find(|s| s.expires.is_none_or(|end| now < end))?;
        self.0.vault.secret(client, good)
    }

    /// Private key and certificate in PEM, of a client of the home tenant whose
    /// certificate is made here. Making it takes a tenth of a second, once.
    ///
    /// # Errors
    /// The system's randomness fails.
    pub fn certificate(&self, client: &str) -> Result<Option<Arc<str>>, CertificateError> {
        let Some(client) = self.0.directory.home().client_named(client) else { return Ok(None) };
        let Some(own) = client.certificates.iter().find(|c| c.keys.is_none()) else { return Ok(None) };
        self.0.vault.certificate(client, &own.name)
    }

    /// Changes the keys that sign tokens. Takes a tenth of a second.
    ///
    /// # Errors
    /// The system's randomness fails.
    pub fn roll(&self, how: Rollover) -> Result<(), CertificateError> {
        self.0.mint.keys.roll(how, self.0.mint.now(), self.0.directory.home().keys_published_for)
    }

    /// Refuses the next requests at the token endpoint; 0 takes it back.
    pub fn throttle(&self, throttle: Throttle) {
        *self.0.throttle.lock().unwrap_or_else(PoisonError::into_inner) = throttle;
    }

    /// The key set as it is published now, the signing key first.
    pub fn keys(&self) -> Vec<Value> {
        self.0.mint.keys.published(self.0.mint.now())
    }

    /// Who is registered in the home tenant, and the secrets that were made:
    /// for whoever has the control surface, who can have any token anyway.
    pub fn principals(&self) -> Value {
        let home = self.0.directory.home();
        let clients: Vec<Value> = home.clients.iter().map(|client| self.principal(client)).collect();
        let resources = home
            .resources
            .iter()
            .map(|r| json!({ "name": r.name, "application_id": r.application_id, "uris": r.uris, "roles": r.roles }));
        json!({
            "tenant": home.id,
            "authority": self.base(),
            "issuers": [self.issuer(TokenVersion::V1), self.issuer(TokenVersion::V2)],
            "resources": resources.collect::<Vec<_>>(),
            "clients": clients,
        })
    }

    fn principal(&self, client: &Client) -> Value {
        let secrets: serde_json::Map<String, Value> = client
            .secrets
            .iter()
            .filter_map(|s| Some((s.name.clone(), self.0.vault.secret(client, s)?.expose().into())))
            .collect();
        json!({
            "name": client.name,
            "application_id": client.application_id,
            "object_id": client.object_id,
            "managed": client.managed,
            "disabled": client.disabled,
            "roles": client.roles,
            "secrets": secrets,
        })
    }

    pub(super) fn press(&self) -> &Mint {
        &self.0.mint
    }

    pub(super) fn vault(&self) -> &Vault {
        &self.0.vault
    }

    /// Host and port of the issuer.
    pub(super) fn authority(&self) -> &str {
        &self.0.authority
    }

    /// Counts a request; `Retry-After` where it is refused.
    pub(in crate::stack) fn throttled(&self) -> Option<u32> {
        let mut throttle = self.0.throttle.lock().unwrap_or_else(PoisonError::into_inner);
        throttle.times = throttle.times.checked_sub(1)?;
        Some(throttle.retry_after)
    }
}
