//! Credentials of the registered clients: made at start, kept in memory.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use uuid::Uuid;

use super::super::certificate::{CertificateError, SelfSigned};
use super::directory::{Client, ClientKey, ClientSecret, Directory};
use crate::clock::Timestamp;
use crate::wire::Secret;

/// The credentials of all clients.
pub(super) struct Vault {
    /// By application id and the secret's name.
    secrets: HashMap<(String, String), Secret>,
    /// By application id and the certificate's name; made when they are asked
    /// for.
    certificates: Mutex<HashMap<(String, String), Made>>,
}

#[derive(Clone)]
struct Made {
    key: ClientKey,
    pem: Arc<str>,
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault").finish_non_exhaustive()
    }
}

/// What a secret is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Worth {
    Good,
    Expired,
    Wrong,
}

impl Vault {
    /// Makes a value for each secret.
    pub(super) fn fill(directory: &Directory) -> Self {
        let clients = directory.tenants().iter().flat_map(|tenant| &tenant.clients);
        let names = clients.flat_map(|c| c.secrets.iter().map(|s| (c.application_id.clone(), s.name.clone())));
        let fresh = || Secret::new(format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple()));
        Self { secrets: names.map(|name| (name, fresh())).collect(), certificates: Mutex::default() }
    }

    /// The value of a client's secret.
    pub(super) fn secret(&self, client: &Client, secret: &ClientSecret) -> Option<&Secret> {
        self.secrets.get(&(client.application_id.clone(), secret.name.clone()))
    }

    /// Judges what a client sent as its secret.
    pub(super) fn judge(&self, client: &Client, sent: &str, now: Timestamp) -> Worth {
        let own = |s: &&ClientSecret| self.secret(client, s).is_some_and(|value| value.expose() == sent);
        match client.secrets.iter().find(own) {
            None => Worth::Wrong,
            Some(secret) if secret.expires.is_some_and(|end| now >= end) => Worth::Expired,
            Some(_) => Worth::Good,
        }
    }

    /// Private key and certificate of a client in PEM; `None` where its
    /// certificate came from a file, so that the private key is somebody
    /// else's.
    pub(super) fn certificate(&self, client: &Client, name: &str) -> Result<Option<Arc<str>>, CertificateError> {
        if !client.certificates.iter().any(|c| c.name == name && c.keys.is_none()) {
            return Ok(None);
        }
        let mut made = self.certificates.lock().unwrap_or_else(PoisonError::into_inner);
        let at = (client.application_id.clone(), name.to_owned());
        if let Some(known) = made.get(&at) {
            return Ok(Some(Arc::clone(&known.pem)));
        }
        let fresh = SelfSigned::make(&client.name)?;
        let key = ClientKey::of_certificate(&fresh.certificate)
            .ok_or_else(|| CertificateError("a new certificate can't be read".to_owned()))?;
        let pem: Arc<str> = fresh.pem().into();
        made.insert(at, Made { key, pem: Arc::clone(&pem) });
        Ok(Some(pem))
    }

    /// The public keys by which a client's assertions are proven.
    pub(super) fn keys(&self, client: &Client) -> Vec<ClientKey> {
        let made = self.certificates.lock().unwrap_or_else(PoisonError::into_inner);
        let mut keys = Vec::new();
        for certificate in &client.certificates {
            if let Some(registered) = &certificate.keys {
                keys.extend(registered.iter().cloned());
                continue;
            }
            let at = (client.application_id.clone(), certificate.name.clone());
            keys.extend(made.get(&at).map(|m| m.key.clone()));
        }
        keys
    }
}
