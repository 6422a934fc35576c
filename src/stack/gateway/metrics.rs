//! What `emit-metric` counted.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use serde::{Serialize, Serializer};

/// How many series are kept; values of further ones are dropped.
const MAX_SERIES: usize = 10_000;

/// Sums of metrics by their dimensions. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Metrics(Arc<Mutex<HashMap<MetricKey, Sum>>>);

/// Which series a value belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct MetricKey {
    pub(super) namespace: Arc<str>,
    pub(super) name: Arc<str>,
    pub(super) dimensions: Vec<(Arc<str>, Arc<str>)>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    count: u64,
    sum: f64,
}

/// One series: what was emitted under a name with the same dimensions.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MetricSeries {
    /// The metric's namespace.
    pub namespace: Arc<str>,
    /// The metric.
    pub name: Arc<str>,
    /// Dimensions in the order of the policy.
    #[serde(serialize_with = "by_name")]
    pub dimensions: Vec<(Arc<str>, Arc<str>)>,
    /// How many values there were.
    pub count: u64,
    /// Their sum.
    pub sum: f64,
}

fn by_name<S: Serializer>(dimensions: &[(Arc<str>, Arc<str>)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(dimensions.iter().map(|(name, value)| (name, value)))
}

impl Metrics {
    pub(super) fn add(&self, key: MetricKey, value: f64) {
        let mut series = self.0.lock().expect("nobody panics while he holds the metrics");
        if series.len() >= MAX_SERIES && !series.contains_key(&key) {
            return;
        }
        let sum = series.entry(key).or_default();
        sum.count += 1;
        sum.sum += value;
    }

    /// All series, by name and dimensions.
    ///
    /// # Panics
    /// Never: nobody panics while he holds the metrics.
    pub fn snapshot(&self) -> Vec<MetricSeries> {
        let series = self.0.lock().expect("nobody panics while he holds the metrics").clone();
        let mut all: Vec<MetricSeries> = series
            .into_iter()
            .map(|(MetricKey { namespace, name, dimensions }, Sum { count, sum })| MetricSeries {
                namespace,
                name,
                dimensions,
                count,
                sum,
            })
            .collect();
        all.sort_by(|a, b| (&a.namespace, &a.name, &a.dimensions).cmp(&(&b.namespace, &b.name, &b.dimensions)));
        all
    }
}
