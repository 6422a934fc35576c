//! What a service that stands behind the embedded gateway has to know: the
//! addresses of its neighbours, and how it proves itself to them.

use super::Addresses;
use super::issuer::Tenant;
use super::trigger::Trigger;
use super::wiring::{SERVICE, Secrets, own_secret};
use crate::wire::Secret;

/// Variables for a service's environment.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// Addresses, names and scopes.
    pub plain: Vec<(&'static str, String)>,
    /// What must not be shown.
    pub secret: Vec<(&'static str, Secret)>,
}

impl Surroundings {
    pub(super) fn of(at: &Addresses, tenant: &Tenant, secrets: &Secrets, trigger: Option<&Trigger>) -> Self {
        let mut plain = vec![
            ("SEAMSTRESS_GATEWAY", at.gateway.to_string()),
            ("SEAMSTRESS_DATA_URL", format!("{}/data", at.gateway)),
            ("SEAMSTRESS_DATA_SCOPE", format!("{}/.default", super::identity::DATA_API_URI)),
            ("SEAMSTRESS_AUTHORITY", tenant.base().to_owned()),
            ("AZURE_AUTHORITY_HOST", at.issuer.to_string()),
            ("AZURE_TENANT_ID", tenant.directory().home().id.clone()),
            ("AZURE_CLIENT_ID", tenant.application(SERVICE).unwrap_or_default().to_owned()),
        ];
        plain.extend(at.dataverse.iter().map(|origin| ("SEAMSTRESS_DATAVERSE", origin.to_string())));
        plain.extend(at.model.iter().map(|origin| ("SEAMSTRESS_MODEL_URL", origin.to_string())));
        if let Some(trigger) = trigger {
            plain.push(("SEAMSTRESS_TRIGGER_URL", format!("{}{}", trigger.origin(), trigger.path())));
            plain.push(("SEAMSTRESS_TRIGGER_SCOPE", format!("{}/.default", super::identity::TRIGGER_URI)));
        }
        let secret = vec![
            ("AZURE_CLIENT_SECRET", own_secret(tenant, SERVICE)),
            ("SEAMSTRESS_GATEWAY_KEY", secrets.gateway_key.clone()),
            ("SEAMSTRESS_MODEL_KEY", secrets.model_key.clone()),
        ];
        Self { plain, secret }
    }

    /// All of them as a process takes them.
    pub fn variables(&self) -> Vec<(String, String)> {
        let plain = self.plain.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        let secret = self.secret.iter().map(|(name, value)| ((*name).to_owned(), value.expose().to_owned()));
        plain.chain(secret).collect()
    }
}
