//! `[gateway.throttling]` of `seamstress.toml`: how the gateway's limits count.

use std::time::Duration;

use serde::{Deserialize, Deserializer};

use crate::clock::parse_duration;

/// How the gateway's limits count. What is not said is exact.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct ThrottlingSettings {
    /// How rates are counted.
    pub algorithm: AlgorithmSetting,
    /// Whether refused calls use limits up as well.
    pub count_refused: bool,
    /// Whether limits by key with expressions refuse one call later than they
    /// should, as the platform does.
    pub late_by_one: bool,
    /// How many units of the gateway share the load, each counting for itself.
    pub units: Option<u16>,
    /// How often units tell each other their rates, e.g. `"500 ms"`.
    #[serde(deserialize_with = "duration")]
    pub rates_synchronised_every: Option<Duration>,
    /// How often units tell each other their quotas.
    #[serde(deserialize_with = "duration")]
    pub quotas_synchronised_every: Option<Duration>,
    /// Whether a restart loses quotas as well as rates.
    pub quotas_lost_on_restart: bool,
}

/// How rates are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AlgorithmSetting {
    /// As the classic tiers do.
    #[default]
    SlidingWindow,
    /// As the v2 tiers do.
    TokenBucket,
}

pub(super) fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let span = parse_duration(&text).filter(|span| !span.is_zero());
    span.map(Some).ok_or_else(|| serde::de::Error::custom(format!("`{text}` is no span of time, such as \"500 ms\"")))
}

#[cfg(test)]
mod tests {
    use super::super::Settings;
    use super::*;

    #[test]
    fn what_is_said_is_read_and_what_is_wrong_has_a_place() {
        let text = "[gateway.throttling]\nalgorithm = \"token-bucket\"\nunits = 3\nrates-synchronised-every = \"500 ms\"\nlate-by-one = true\n";
        let settings = Settings::parse("s.toml", text).expect("valid").gateway.throttling;
        assert_eq!(
            (settings.algorithm, settings.units, settings.late_by_one),
            (AlgorithmSetting::TokenBucket, Some(3), true)
        );
        assert_eq!(settings.rates_synchronised_every, Some(Duration::from_millis(500)));
        let faulty = "[gateway.throttling]\nunits = 2\nquotas-synchronised-every = \"soon\"\n";
        let fault = Settings::parse("s.toml", faulty).expect_err("no span").to_string();
        assert!(fault.contains("s.toml:3") && fault.contains("`soon` is no span of time"), "{fault}");
    }
}
