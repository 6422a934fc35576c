//! The applications that are registered in the tenant.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::super::identity::{RESOURCES, Resource};
use crate::wire::Secret;

/// An application that may ask for tokens.
#[derive(Clone, Debug)]
pub struct Application {
    /// The application id.
    pub id: String,
    /// Its client secret.
    pub secret: Secret,
    /// Application roles it was granted, by the audience of the API.
    pub roles: BTreeMap<String, Vec<String>>,
}

/// All that the tenant knows.
#[derive(Clone, Debug)]
pub(super) struct Registry(Vec<Application>);

impl Registry {
    pub(super) fn new(applications: Vec<Application>) -> Self {
        Self(applications)
    }

    pub(super) fn application(&self, id: &str) -> Option<&Application> {
        self.0.iter().find(|a| a.id.eq_ignore_ascii_case(id))
    }
}

/// The API that a scope or audience names, by URI or application id.
pub(super) fn resource(name: &str) -> Option<&'static Resource> {
    RESOURCES.iter().find(|r| r.uri == name || r.audience.eq_ignore_ascii_case(name))
}

/// The application id of a client that is named rather than registered: the
/// name itself where it is one, else made from it, always the same.
pub(super) fn application_id(client: &str) -> String {
    Uuid::parse_str(client).unwrap_or_else(|_| Uuid::new_v5(&NAMES, client.as_bytes())).to_string()
}

/// The object id of a client's service principal.
pub(super) fn object_id(application: &str) -> String {
    Uuid::new_v5(&OBJECTS, application.as_bytes()).to_string()
}

const NAMES: Uuid = Uuid::from_u128(0x8f4e_6a0c_25d1_4f0e_9a53_6f11_84c2_7d01);
const OBJECTS: Uuid = Uuid::from_u128(0x8f4e_6a0c_25d1_4f0e_9a53_6f11_84c2_7d02);
