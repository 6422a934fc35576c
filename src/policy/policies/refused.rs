//! Policies of the platform that are not emulated, and why: a document that
//! needs one is told so by name.

/// Policies that are not emulated, by name, with the reason.
pub(in crate::policy) const REFUSED: &[(&str, &str)] = &[
    ("get-authorization-context", "the credential manager is a service of the platform"),
    ("invoke-dapr-binding", "there is no Dapr beside this gateway"),
    ("publish-to-dapr", "there is no Dapr beside this gateway"),
    ("proxy", "nothing is called by way of a proxy: what is not mapped is not called at all"),
    ("send-service-bus-message", "there is no Service Bus behind this gateway"),
    ("validate-client-certificate", "callers present no certificates to this gateway"),
    ("validate-graphql-request", "GraphQL is not read"),
    ("validate-odata-request", "OData queries are not read"),
    ("xsl-transform", "XSLT is not emulated"),
];
