//! Policies of the platform that are not emulated, and why: a document that
//! needs one is told so by name.

/// Policies that are not emulated, by name, with the reason.
pub(in crate::policy) const REFUSED: &[(&str, &str)] = &[
    ("cosmosdb-data-source", "GraphQL is not read"),
    ("http-data-source", "GraphQL is not read"),
    ("invoke-dapr-binding", "there is no Dapr beside this gateway"),
    ("publish-to-dapr", "there is no Dapr beside this gateway"),
    ("proxy", "nothing is called by way of a proxy: what is not mapped is not called at all"),
    ("sql-data-source", "GraphQL is not read"),
    ("validate-client-certificate", "callers present no certificates to this gateway"),
    ("validate-graphql-request", "GraphQL is not read"),
    ("validate-odata-request", "OData queries are not read"),
    ("xsl-transform", "XSLT is not emulated"),
];
