//! How long whoever stands between a flow and a service waits for an answer.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How long whoever stands between a flow and a service waits for an answer, by
/// the shared clock.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Waits {
    /// The gateway, by contract (`orders/v1`), in place of what its policies say.
    #[serde(default)]
    pub gateway: BTreeMap<String, Duration>,
    /// A load balancer in front of the gateway, which then cuts the connection;
    /// without it there is none.
    #[serde(default)]
    pub load_balancer: Option<Duration>,
}
