//! Values that exist: accounts to update, files to read.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

/// Values by the name of the pool that the behaviour file declares. Pools that
/// make fresh values need none here.
#[derive(Clone, Debug, Default)]
pub struct Pools(BTreeMap<String, Arc<[Value]>>);

impl Pools {
    /// Without values.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the values of a pool.
    pub fn insert(&mut self, name: impl Into<String>, values: impl IntoIterator<Item = Value>) {
        self.0.insert(name.into(), values.into_iter().collect());
    }

    /// Whether the pool is known, be it empty.
    pub fn holds(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The values of a pool; empty where there are none.
    pub fn get(&self, name: &str) -> &[Value] {
        self.0.get(name).map_or(&[], |values| values)
    }
}
