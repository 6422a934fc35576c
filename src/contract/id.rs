//! The name of a contract.

use std::fmt;
use std::sync::Arc;

use serde::{Serialize, Serializer};

/// API and version, shown as `bulk-update/v1`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContractId {
    /// The API's name: the folder under `contracts/`.
    pub api: Arc<str>,
    /// The version's name: the folder under that; empty for a lone document.
    pub version: Arc<str>,
}

impl ContractId {
    /// From the two names.
    pub fn new(api: &str, version: &str) -> Self {
        Self { api: api.into(), version: version.into() }
    }

    /// From `api/version` or `api`.
    pub fn parse(text: &str) -> Self {
        let (api, version) = text.split_once('/').unwrap_or((text, ""));
        Self::new(api, version)
    }
}

impl fmt::Display for ContractId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.api)?;
        if !self.version.is_empty() {
            write!(f, "/{}", self.version)?;
        }
        Ok(())
    }
}

impl Serialize for ContractId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
