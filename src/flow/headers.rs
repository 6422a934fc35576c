//! The header fields that the platform adds to what an HTTP action sends.
//!
//! The set and the forms are those of the recorded request in Microsoft's REST
//! reference of request histories; the user agent and the flow's name have
//! Power Automate's form. A service must not require them: a maker can switch
//! them off, and a custom connector's gateway lets only some of them through.
//! Which ones is not documented: those of a captured request are taken, unless
//! a scenario names others.

use std::sync::Arc;

use uuid::Uuid;

use crate::generate::Nonce;
use crate::wire::Headers;

/// Which header fields the platform adds to a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HeaderSet {
    /// Those of an HTTP action.
    #[default]
    Http,
    /// None (`SuppressWorkflowHeaders`).
    Suppressed,
    /// Those that a custom connector's gateway lets through, and its own.
    Connector,
}

/// The platform's fields that a connector's gateway lets through.
pub const CONNECTOR_KEEPS: [&str; 12] = [
    "Accept-Language",
    "User-Agent",
    "x-ms-execution-location",
    "x-ms-workflow-id",
    "x-ms-workflow-version",
    "x-ms-workflow-name",
    "x-ms-workflow-system-id",
    "x-ms-workflow-run-id",
    "x-ms-workflow-operation-name",
    "x-ms-tracking-id",
    "x-ms-correlation-id",
    "x-ms-client-request-id",
];

/// Whether the platform takes a header field out of what a maker wrote, without
/// a word (Azure Logic Apps, HTTP action: known issues).
pub fn is_removed(name: &str) -> bool {
    const WHOLE: [&str; 8] =
        ["allow", "cookie", "expires", "host", "last-modified", "origin", "set-cookie", "transfer-encoding"];
    const KEPT: [&str; 3] = ["content-disposition", "content-encoding", "content-type"];
    let low = name.to_ascii_lowercase();
    WHOLE.contains(&low.as_str())
        || low.starts_with("accept-")
        || (low.starts_with("content-") && !KEPT.contains(&low.as_str()))
}

/// A flow's definition, as its calls show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workflow {
    /// 32 hexadecimal digits.
    pub id: String,
    /// 20 decimal digits.
    pub version: String,
    /// The flow's GUID, dashed: Power Automate's name of a flow.
    pub name: String,
    /// The region.
    pub location: String,
    /// The subscription's GUID.
    pub subscription: String,
    /// The resource group.
    pub resource_group: String,
}

impl Workflow {
    /// A flow made from a seed; the same seed makes the same flow in each run.
    pub fn new(seed: u64) -> Self {
        let definition = Nonce("definition".into());
        let guid = |name: &str| definition.identity(seed, name);
        Self {
            id: guid("id").simple().to_string(),
            version: digits(&guid("version"), "0858", 20),
            name: guid("name").to_string(),
            location: "westeurope".to_owned(),
            // One environment of one tenant: the same for all flows.
            subscription: definition.identity(0, "subscription").to_string(),
            resource_group: "flows-default".to_owned(),
        }
    }

    /// The user agent of its calls.
    pub fn user_agent(&self) -> String {
        format!("azure-logic-apps/1.0 (workflow {}; version {}) microsoft-flow/1.0", self.id, self.version)
    }
}

/// One run of a flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowRun {
    /// 29 decimal digits, `CU` and two digits.
    pub id: String,
    /// The run's tracking id.
    pub tracking_id: Uuid,
}

impl FlowRun {
    /// A run of a flow, made from the flow's seed, the nonce and its number: a
    /// service may remember run ids, so each of our runs has new ones.
    pub fn new(seed: u64, nonce: &Nonce, number: u64) -> Self {
        let guid = nonce.identity(seed, &format!("run id {number}"));
        let unit = guid.as_bytes()[15] % 100;
        Self {
            id: format!("{}CU{unit:02}", digits(&guid, "0858", 29)),
            tracking_id: nonce.identity(seed, &format!("run tracking {number}")),
        }
    }
}

/// One action of a run, and one attempt at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action<'a> {
    /// The action's name.
    pub name: &'a str,
    /// Stays over all attempts.
    pub tracking_id: Uuid,
    /// New for each attempt: a run's retry history keeps one for each.
    pub attempt_id: Uuid,
    /// The loop that it stands in, and the index of its turn.
    pub turn: Option<(&'a str, u32)>,
    /// The path that it calls, with its query.
    pub target: &'a str,
}

impl Action<'_> {
    /// The fields that the platform adds; `kept` are those that a connector's
    /// gateway lets through.
    pub fn headers(&self, (set, kept): (HeaderSet, &[Arc<str>]), workflow: &Workflow, run: &FlowRun) -> Headers {
        match set {
            HeaderSet::Http => self.of_http(workflow, run),
            HeaderSet::Suppressed => Headers::new(),
            HeaderSet::Connector => {
                let is_kept = |name: &str| kept.iter().any(|kept| kept.eq_ignore_ascii_case(name));
                let own = self.of_http(workflow, run);
                let own = own.iter().filter(|(name, _)| is_kept(name));
                own.chain(self.of_connector(workflow).iter()).collect()
            }
        }
    }

    /// What a connector's gateway adds.
    fn of_connector(&self, workflow: &Workflow) -> Headers {
        let environment = format!("default-{}.05.common.europe002.azure-apihub.net", workflow.subscription);
        let prefix = format!("https://{environment}/apim/custom-5f{}/{}", &workflow.id[..16], workflow.id);
        [
            ("x-ms-activity-vector", "00.01.IN.3Z.IN.05.IN.1T"),
            ("X-MS-APIM-Referrer-Prefix", prefix.as_str()),
            ("X-MS-APIM-Referrer", &format!("{prefix}{}", self.target)),
            ("X-MS-APIM-Callback", "https://europe-002.consent.azure-apim.net"),
        ]
        .into_iter()
        .collect()
    }

    /// What an HTTP action sends.
    fn of_http(&self, workflow: &Workflow, run: &FlowRun) -> Headers {
        let attempt = self.attempt_id.to_string();
        let system_id = format!("/locations/{}/scaleunits/prod-17/workflows/{}", workflow.location, workflow.id);
        let mut headers: Headers = [
            ("Accept-Language", "en-US"),
            ("User-Agent", workflow.user_agent().as_str()),
            ("x-ms-execution-location", &workflow.location),
            ("x-ms-workflow-id", &workflow.id),
            ("x-ms-workflow-version", &workflow.version),
            ("x-ms-workflow-name", &workflow.name),
            ("x-ms-workflow-system-id", &system_id),
            ("x-ms-workflow-run-id", &run.id),
            ("x-ms-workflow-run-tracking-id", &run.tracking_id.to_string()),
            ("x-ms-workflow-operation-name", self.name),
            ("x-ms-workflow-subscription-id", &workflow.subscription),
            ("x-ms-workflow-resourcegroup-name", &workflow.resource_group),
            ("x-ms-workflow-subscription-capacity", "Large"),
            ("x-ms-tracking-id", &attempt),
            ("x-ms-correlation-id", &attempt),
            ("x-ms-client-request-id", &attempt),
            ("x-ms-client-tracking-id", &run.id),
            ("x-ms-action-tracking-id", &self.tracking_id.to_string()),
        ]
        .into_iter()
        .collect();
        if let Some((scope, index)) = self.turn {
            headers.append("x-ms-workflow-repeatitem-scope-name", scope);
            headers.append("x-ms-workflow-repeatitem-index", index.to_string());
            headers.append("x-ms-workflow-repeatitem-batch-index", "0");
        }
        headers
    }
}

/// `length` decimal digits that begin with `prefix` and go on with the guid's
/// number.
fn digits(guid: &Uuid, prefix: &str, length: usize) -> String {
    // The number's first digits are often zero: its last ones are taken.
    let number = format!("{:039}", guid.as_u128());
    format!("{prefix}{}", &number[number.len() - (length - prefix.len())..])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn action(attempt: u128) -> Action<'static> {
        let (tracking_id, attempt_id) = (Uuid::from_u128(7), Uuid::from_u128(attempt));
        Action { name: "HTTP", tracking_id, attempt_id, turn: None, target: "/a?b=c" }
    }

    fn sent(set: HeaderSet, kept: &[&str], action: &Action<'_>) -> Headers {
        let kept: Vec<Arc<str>> = kept.iter().map(|name| (*name).into()).collect();
        action.headers((set, &kept), &Workflow::new(1), &FlowRun::new(1, &Nonce("n".into()), 1))
    }

    proptest! {
        #[test]
        fn the_ids_have_the_platforms_forms(seed in any::<u64>(), number in any::<u64>()) {
            let workflow = Workflow::new(seed);
            let run = FlowRun::new(seed, &Nonce("n".into()), number);
            let form = |pattern: &str, text: &str| regex::Regex::new(pattern).unwrap().is_match(text);
            prop_assert!(form("^[0-9a-f]{32}$", &workflow.id), "{}", workflow.id);
            prop_assert!(form("^[0-9]{20}$", &workflow.version), "{}", workflow.version);
            prop_assert!(form("^[0-9]{29}CU[0-9]{2}$", &run.id), "{}", run.id);
            prop_assert!(Uuid::parse_str(&workflow.name).is_ok());
        }
    }

    #[test]
    fn a_retry_keeps_the_run_and_the_action_and_changes_the_attempt() {
        let run = FlowRun::new(1, &Nonce("n".into()), 1);
        let [first, second] = [1, 2].map(|attempt| sent(HeaderSet::Http, &[], &action(attempt)));
        let changed: Vec<&str> =
            first.iter().zip(second.iter()).filter(|(a, b)| a != b).map(|((name, _), _)| name).collect();
        assert_eq!(changed, ["x-ms-tracking-id", "x-ms-correlation-id", "x-ms-client-request-id"]);
        assert_eq!(first.get("x-ms-client-tracking-id"), Some(run.id.as_str()));
    }

    #[test]
    fn an_item_of_an_apply_to_each_says_which() {
        let inside = Action { turn: Some(("Apply_to_each", 3)), ..action(1) };
        assert_eq!(sent(HeaderSet::Http, &[], &inside).get("x-ms-workflow-repeatitem-index"), Some("3"));
    }

    #[test]
    fn a_connectors_gateway_lets_some_fields_through_and_adds_its_own() {
        let through = sent(HeaderSet::Connector, &CONNECTOR_KEEPS, &action(1));
        for name in CONNECTOR_KEEPS {
            assert!(through.contains(name), "{name}");
        }
        assert_eq!(through.iter().count(), CONNECTOR_KEEPS.len() + 4);
        assert!(!through.contains("x-ms-client-tracking-id"));
        assert!(through.get("X-MS-APIM-Referrer").is_some_and(|text| text.ends_with("/a?b=c")));
        let other = sent(HeaderSet::Connector, &["X-Ms-Client-Tracking-Id"], &action(1));
        assert!(other.contains("x-ms-client-tracking-id") && !other.contains("User-Agent"));
        assert_eq!(sent(HeaderSet::Suppressed, &CONNECTOR_KEEPS, &action(1)), Headers::new());
    }

    #[test]
    fn what_a_flow_can_t_send_is_known() {
        for name in ["Cookie", "HOST", "Accept-Language", "Content-MD5", "Transfer-Encoding"] {
            assert!(is_removed(name), "{name}");
        }
        for name in ["Accept", "Content-Type", "Content-Disposition", "X-Tenant", "If-Match"] {
            assert!(!is_removed(name), "{name}");
        }
    }
}
