//! `seamstress.toml`: the environments that can be tested.
//!
//! Strict: unknown keys are faults with their place. Configuration names an
//! environment variable, never a secret.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

use super::GatewaySettings;
use crate::diagnose::{Diagnostic, Diagnostics, Place};
use crate::generate::Need;

/// The whole file.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// How the embedded gateway stands before somebody else's service.
    #[serde(default)]
    pub gateway: GatewaySettings,
    /// By name.
    #[serde(default)]
    pub environments: BTreeMap<String, EnvironmentSettings>,
    /// Check or family to `error`, `warning`, `information` or `off`.
    #[serde(default)]
    pub severities: BTreeMap<String, String>,
    /// When the generator's own measurements are believed.
    #[serde(default)]
    pub generator: GeneratorSettings,
}

/// When the generator's own measurements are believed.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct GeneratorSettings {
    /// How late it may be itself (99th percentile), as a share of a bound on
    /// latency, for a miss to be the target's.
    pub lag_share: f64,
}

impl Default for GeneratorSettings {
    fn default() -> Self {
        Self { lag_share: 0.1 }
    }
}

/// One environment.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct EnvironmentSettings {
    /// The gateway's URL: the one key that is required.
    pub gateway: String,
    /// The service's own URL, where it can be reached past the gateway.
    pub service: Option<String>,
    /// The path on which the service tells that it is well.
    pub health: Option<String>,
    /// The control surface of our own stack.
    pub control: Option<String>,
    /// The token endpoint's URL.
    pub token_endpoint: Option<String>,
    /// The client's id.
    pub client_id: Option<String>,
    /// The name of the environment variable that holds the client's secret.
    pub client_secret_env: Option<String>,
    /// The scope to ask for; default: the contract's application id URI and
    /// `/.default`.
    pub scope: Option<String>,
    /// The audience that tokens are for, where the scope does not say it.
    pub audience: Option<String>,
    /// The Dataverse behind it: for lint, it is never called.
    pub dataverse: Option<String>,
    /// Hosts that may be reached beside loopback.
    #[serde(default)]
    pub allowed_hosts: Vec<String>,
    /// What the environment offers beside what follows from the keys above:
    /// `load`.
    #[serde(default)]
    pub offers: Vec<Need>,
    /// A file of certificates in PEM whose authorities are believed beside the
    /// system's.
    pub ca_file: Option<PathBuf>,
    /// What services and clients of it find in their environment; not read
    /// here.
    #[serde(default)]
    pub variables: BTreeMap<String, String>,
    /// A header field that only the service's own answers carry.
    pub service_marker: Option<String>,
    /// Needs `--protected` as well.
    #[serde(default)]
    pub protected: bool,
}

impl Settings {
    /// Reads the text of a settings file.
    ///
    /// # Errors
    /// The text is no TOML or says something that is not known; with its place.
    pub fn parse(file: &str, text: &str) -> Result<Self, Diagnostics> {
        toml::from_str(text).map_err(|fault| {
            let offset = fault.span().map_or(0, |span| span.start);
            let before = &text[..offset.min(text.len())];
            let line = before.matches('\n').count() as u32 + 1;
            let column = before.rsplit('\n').next().unwrap_or("").chars().count() as u32 + 1;
            Diagnostic::error(Place { file: file.into(), line, column }, fault.message().to_owned())
                .hint("[environments.NAME] needs `gateway = \"URL\"`; the other keys are in README.md")
                .into()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gateway_is_enough_and_a_typo_has_a_place() {
        let settings =
            Settings::parse("s.toml", "[environments.dev]\ngateway = \"http://127.0.0.1:1\"\n").expect("valid");
        assert_eq!(settings.environments["dev"].gateway, "http://127.0.0.1:1");
        let fault = Settings::parse("s.toml", "[environments.dev]\ngateway = \"x\"\ngatway = 1\n").expect_err("a typo");
        assert!(fault.to_string().contains("s.toml:3:1"), "{fault}");
    }
}
