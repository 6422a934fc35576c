//! Who is who in the tenant that ships (`mocks/issuer/tenant.yaml`), by the
//! names that tests and defects use. The tiers themselves read the file.

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
