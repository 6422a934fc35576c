//! Who is who in the embedded tenant: the constants that issuer, gateway,
//! service and Dataverse agree on.

/// The tenant's id. It has the shape of a real one and belongs to nobody's
/// configuration.
pub const TENANT: &str = "72f988bf-86f1-41af-91ab-2d7cd011db47";

/// Another tenant, whose tokens must be refused.
pub const FOREIGN_TENANT: &str = "b41b72d0-4e9f-4c26-8a69-f949f367c91d";

/// The application id of the gateway's managed identity: the only one that
/// Dataverse lets write.
pub const GATEWAY_IDENTITY: &str = "5b0c6f3e-0e0f-4a86-9d52-3a9f7d1c2e44";

/// The resource that a token for Dataverse is made for, and its audience.
pub const DATAVERSE_RESOURCE: &str = "https://org.crm.dynamics.example";

/// The application id of the service's own client.
pub const SERVICE_CLIENT: &str = "e1a5c1f0-7c5d-4b1e-8a53-6f2f4f0c9b17";

/// The audience of the gateway's `data` API.
pub const DATA_API_AUDIENCE: &str = "c7a0f1de-2f64-4f3b-9a35-8e5b0d6a4c12";

/// The application id URI of the gateway's `data` API.
pub const DATA_API_URI: &str = "api://dataverse-data";

/// The role that the gateway's `data` API demands.
pub const DATA_API_ROLE: &str = "Data.Write";

/// The audience of the flow's trigger.
pub const TRIGGER_AUDIENCE: &str = "6e1d9b74-2c58-4f0a-b3e7-91a4d0c5f826";

/// The application id URI of the flow's trigger.
pub const TRIGGER_URI: &str = "api://flow-trigger";

/// The role that the flow's trigger demands.
pub const TRIGGER_ROLE: &str = "Flows.Start";

/// An API that tokens are issued for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resource {
    /// The application id, which is the `aud` of version 2 tokens.
    pub audience: &'static str,
    /// The application id URI, by which a scope names it.
    pub uri: &'static str,
    /// Its application roles.
    pub roles: &'static [&'static str],
}

/// The APIs that the embedded tenant knows. Dataverse is a first-party
/// resource, whose audience is its URL.
pub const RESOURCES: &[Resource] = &[
    Resource { audience: "3f2a6c1e-8b1d-4c57-9c3e-5a0d7f4e2b91", uri: "api://bulk-update", roles: &["Jobs.Submit"] },
    Resource {
        audience: "9d1f0b52-6c0e-4d0a-8f43-1c2b7a9e6d35",
        uri: "api://tabular-intake",
        roles: &["Files.Submit"],
    },
    Resource { audience: "d4b7a2c6-0f3e-4e58-9a71-6c25e8f1b034", uri: "api://inference", roles: &["Decisions.Create"] },
    Resource { audience: DATA_API_AUDIENCE, uri: DATA_API_URI, roles: &[DATA_API_ROLE] },
    Resource { audience: TRIGGER_AUDIENCE, uri: TRIGGER_URI, roles: &[TRIGGER_ROLE] },
    Resource { audience: DATAVERSE_RESOURCE, uri: DATAVERSE_RESOURCE, roles: &[] },
];
