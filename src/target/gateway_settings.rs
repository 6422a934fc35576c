//! `[gateway]` of `seamstress.toml`: where the embedded gateway leads what
//! policies name, and how exactly it counts.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};

use super::ThrottlingSettings;
use super::throttling::duration;

/// How the embedded gateway stands before somebody else's service.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct GatewaySettings {
    /// What hosts (`api.example`, `*.example`) and beginnings of URLs in
    /// policies lead to.
    #[serde(default)]
    pub hosts: BTreeMap<String, MappedTo>,
    /// What backends lead to, by the id that policies name.
    #[serde(default)]
    pub backends: BTreeMap<String, MappedTo>,
    /// Where the gateway says it stands: `context.Deployment.Region`, and the
    /// log's `Region`.
    #[serde(default)]
    pub region: Option<String>,
    /// When keys of issuers are fetched again.
    #[serde(default)]
    pub key_refresh: KeyRefreshSettings,
    /// How limits count.
    #[serde(default)]
    pub throttling: ThrottlingSettings,
}

/// `[gateway.key-refresh]`: when keys of issuers are fetched again, by the
/// shared clock. What is not said is as on the platform: an hour, and five
/// minutes for the others.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct KeyRefreshSettings {
    /// How long fetched keys are good, e.g. `"1 h"`.
    #[serde(deserialize_with = "duration")]
    pub fresh: Option<Duration>,
    /// How soon after the last fetch an unknown key leads to another.
    #[serde(deserialize_with = "duration")]
    pub unknown_key: Option<Duration>,
    /// How soon after a fetch that failed another is made.
    #[serde(deserialize_with = "duration")]
    pub failed: Option<Duration>,
}

/// What a name in policies leads to.
#[derive(Clone, Debug, PartialEq)]
pub enum MappedTo {
    /// `"issuer"`: the embedded issuer.
    Issuer,
    /// `"service"`: the service behind the gateway.
    Service,
    /// A base URL.
    Url(String),
    /// An answer, always the same.
    Stub(StubSettings),
}

/// An answer, always the same.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StubSettings {
    /// Its status.
    #[serde(default = "ok")]
    pub status: u16,
    /// Its header fields.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Its body.
    #[serde(default)]
    pub body: String,
}

const fn ok() -> u16 {
    200
}

impl<'de> Deserialize<'de> for MappedTo {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Mapping)
    }
}

/// Reads what is a text or a table, so that a fault in the table is told as
/// one.
struct Mapping;

impl<'de> Visitor<'de> for Mapping {
    type Value = MappedTo;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a URL, \"issuer\", \"service\", or { status = …, headers = { … }, body = \"…\" }")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<MappedTo, E> {
        match text {
            "issuer" => Ok(MappedTo::Issuer),
            "service" => Ok(MappedTo::Service),
            url if url.starts_with("http://") || url.starts_with("https://") => Ok(MappedTo::Url(url.to_owned())),
            other => Err(E::invalid_value(serde::de::Unexpected::Str(other), &self)),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<MappedTo, A::Error> {
        StubSettings::deserialize(MapAccessDeserializer::new(map)).map(MappedTo::Stub)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::target::{MappedTo, Settings};

    #[test]
    fn hosts_lead_to_urls_the_issuer_the_service_or_stubs() {
        let text = "[gateway.hosts]\n\"login.microsoftonline.com\" = \"issuer\"\n\"*.internal.example\" = \"http://127.0.0.1:5000/base\"\n\
                    \"mail.example\" = { status = 202, body = \"{}\" }\n[gateway.backends]\norders = \"service\"\n\
                    [gateway.throttling]\nalgorithm = \"token-bucket\"\nunits = 3\n\
                    [gateway.key-refresh]\nunknown-key = \"30 s\"\n";
        let gateway = Settings::parse("s.toml", text).expect("valid").gateway;
        assert_eq!(gateway.hosts["login.microsoftonline.com"], MappedTo::Issuer);
        assert_eq!(gateway.hosts["*.internal.example"], MappedTo::Url("http://127.0.0.1:5000/base".into()));
        assert!(matches!(&gateway.hosts["mail.example"], MappedTo::Stub(stub) if stub.status == 202));
        assert_eq!((&gateway.backends["orders"], gateway.throttling.units), (&MappedTo::Service, Some(3)));
        assert_eq!((gateway.key_refresh.unknown_key, gateway.key_refresh.fresh), (Some(Duration::from_secs(30)), None));
        let fault = Settings::parse("s.toml", "[gateway.key-refresh]\nfresh = \"soon\"\n").expect_err("no span");
        assert!(fault.to_string().contains("s.toml:2"), "{fault}");
        let region = Settings::parse("s.toml", "[gateway]\nregion = \"westeurope\"\n").expect("valid").gateway.region;
        assert_eq!(region.as_deref(), Some("westeurope"));
        for (line, what) in [("a = \"localhost:80\"", "a URL"), ("a = { stauts = 202 }", "stauts"), ("a = 5", "a URL")]
        {
            let fault = Settings::parse("s.toml", &format!("[gateway.hosts]\n{line}\n")).expect_err(line).to_string();
            assert!(fault.contains("s.toml:2") && fault.contains(what), "{fault}");
        }
    }
}
