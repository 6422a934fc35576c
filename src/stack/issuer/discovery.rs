//! The discovery documents and the key set (reference §7.4), member by member
//! in the order of the captures.

use serde_json::{Value, json};

use super::directory::TokenVersion;

/// What a discovery document is made for.
pub(super) struct Discovered<'a> {
    /// `<origin>/<tenant>`, the tenant as it was called.
    pub(super) base: &'a str,
    /// `issuer`.
    pub(super) issuer: &'a str,
    /// `None`: there is no tenant, so no region.
    pub(super) region: Option<&'a str>,
    /// An application that has keys of its own.
    pub(super) application: Option<&'a str>,
}

impl Discovered<'_> {
    fn keys(&self, path: &str) -> String {
        let query = self.application.map(|id| format!("?appid={id}")).unwrap_or_default();
        format!("{}/{path}{query}", self.base)
    }

    /// The document of a version.
    pub(super) fn document(&self, version: TokenVersion) -> Value {
        match version {
            TokenVersion::V1 => self.v1(),
            TokenVersion::V2 => self.v2(),
        }
    }

    fn v2(&self) -> Value {
        let base = self.base;
        json!({
            "token_endpoint": format!("{base}/oauth2/v2.0/token"),
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
            "jwks_uri": self.keys("discovery/v2.0/keys"),
            "response_modes_supported": ["query", "fragment", "form_post"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "issuer": self.issuer,
            "request_uri_parameter_supported": false,
            "userinfo_endpoint": "https://graph.microsoft.com/oidc/userinfo",
            "authorization_endpoint": format!("{base}/oauth2/v2.0/authorize"),
            "device_authorization_endpoint": format!("{base}/oauth2/v2.0/devicecode"),
            "http_logout_supported": true,
            "frontchannel_logout_supported": true,
            "end_session_endpoint": format!("{base}/oauth2/v2.0/logout"),
            "claims_supported": [
                "sub", "iss", "cloud_instance_name", "cloud_instance_host_name", "cloud_graph_host_name",
                "msgraph_host", "aud", "exp", "iat", "auth_time", "acr", "nonce", "preferred_username", "name", "tid",
                "ver", "at_hash", "c_hash", "email"
            ],
            "kerberos_endpoint": format!("{base}/kerberos"),
            "tenant_region_scope": self.region,
            "cloud_instance_name": "microsoftonline.com",
            "cloud_graph_host_name": "graph.windows.net",
            "msgraph_host": "graph.microsoft.com",
            "rbac_url": "https://pas.windows.net",
        })
    }

    fn v1(&self) -> Value {
        let base = self.base;
        json!({
            "token_endpoint": format!("{base}/oauth2/token"),
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
            "jwks_uri": self.keys("discovery/keys"),
            "response_modes_supported": ["query", "fragment", "form_post"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "response_types_supported": ["code", "id_token", "code id_token", "token id_token", "token"],
            "scopes_supported": ["openid"],
            "issuer": self.issuer,
            "microsoft_multi_refresh_token": true,
            "authorization_endpoint": format!("{base}/oauth2/authorize"),
            "device_authorization_endpoint": format!("{base}/oauth2/devicecode"),
            "http_logout_supported": true,
            "frontchannel_logout_supported": true,
            "end_session_endpoint": format!("{base}/oauth2/logout"),
            "claims_supported": [
                "sub", "iss", "cloud_instance_name", "cloud_instance_host_name", "cloud_graph_host_name",
                "msgraph_host", "aud", "exp", "iat", "auth_time", "acr", "amr", "nonce", "email", "given_name",
                "family_name", "nickname"
            ],
            "check_session_iframe": format!("{base}/oauth2/checksession"),
            "userinfo_endpoint": format!("{base}/openid/userinfo"),
            "kerberos_endpoint": format!("{base}/kerberos"),
            "tenant_region_scope": self.region,
            "cloud_instance_name": "microsoftonline.com",
            "cloud_graph_host_name": "graph.windows.net",
            "msgraph_host": "graph.microsoft.com",
            "rbac_url": "https://pas.windows.net",
        })
    }
}

/// The key set. Version 2 keys tell whose tokens they sign.
pub(super) fn keys(mut keys: Vec<Value>, issuer: Option<&str>) -> Value {
    for key in &mut keys {
        if let Some(issuer) = issuer {
            key["issuer"] = issuer.into();
        }
    }
    json!({ "keys": keys })
}

/// Where authorities are looked up, as MSAL asks unless it is told not to.
pub(super) fn instance(base: &str, authority: &str) -> Value {
    json!({
        "tenant_discovery_endpoint": format!("{base}/v2.0/.well-known/openid-configuration"),
        "api-version": "1.1",
        "metadata": [
            { "preferred_network": authority, "preferred_cache": authority, "aliases": [authority] }
        ],
    })
}
