//! Which requests a fault hits.

use serde::{Deserialize, Serialize};

use super::kind::FaultKind;
use crate::clock::Timestamp;

/// What a tier behind the service does wrong, for which requests, and how often.
/// A filter that is `None` matches everything.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// What happens.
    pub kind: FaultKind,
    /// Who does it.
    #[serde(default, skip_serializing_if = "Downstream::is_dataverse")]
    pub tier: Downstream,
    /// Only for this table (collection name).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    /// Only for this method, e.g. `PATCH`; `None`: every write and read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Only for what asks for this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<FaultOperation>,
    /// Only for this identity, by its application id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal: Option<String>,
    /// Only for requests that carry this correlation ID, in a header field or
    /// as `tag`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation: Option<String>,
    /// Only for this share of the requests that match, from 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<f64>,
    /// Only for every so many-th of the requests that match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every: Option<u64>,
    /// Pass so many matching requests before the first one is hit.
    #[serde(default)]
    pub after: u64,
    /// At most so many times; `None`: without end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
    /// From this instant of the shared clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// Until this instant of the shared clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Only in the first part of each round.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cycle: Option<Cycle>,
}

impl Fault {
    /// A fault that hits everything, without end.
    pub fn new(kind: FaultKind) -> Self {
        Self {
            kind,
            tier: Downstream::Dataverse,
            table: None,
            method: None,
            operation: None,
            principal: None,
            correlation: None,
            share: None,
            every: None,
            after: 0,
            times: None,
            from: None,
            until: None,
            cycle: None,
        }
    }

    /// Whether it can hit a part of a `$batch`. What makes an answer late does
    /// where it names a table: the batch itself has none, and is not late twice.
    pub fn hits_parts(&self) -> bool {
        match self.kind {
            FaultKind::Slow { .. } | FaultKind::Latency { .. } => self.table.is_some(),
            _ => !self.kind.goes_with_others(),
        }
    }

    /// What is wrong with it, for whoever arms it.
    ///
    /// # Errors
    /// The first value that makes no sense, in words.
    pub fn check(&self) -> Result<(), String> {
        if let Some(share) = self.share
            && !(0.0..=1.0).contains(&share)
        {
            return Err(format!("`share` is {share}: expected a number from 0 to 1"));
        }
        if self.every == Some(0) {
            return Err("`every` is 0: expected a whole number from 1".to_owned());
        }
        if self.cycle.is_some_and(|cycle| cycle.on == 0) {
            return Err("`cycle` has no part in which the fault is on: expected at least 1 ms".to_owned());
        }
        if let (Some(from), Some(until)) = (self.from, self.until)
            && until <= from
        {
            return Err(format!("the fault ends before it begins: from {from} until {until}"));
        }
        self.kind.check()?;
        if !self.kind.befits(self.tier) {
            return Err(format!("`{}` can't be injected into this tier, only into dataverse", self.kind.name()));
        }
        Ok(())
    }
}

/// Rounds of the shared clock, counted from `from` (without one, from the
/// first request of the tier): for so long the fault is on, then off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cycle {
    /// Milliseconds.
    pub on: u64,
    /// Milliseconds.
    pub off: u64,
}

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultOperation {
    /// A new row.
    Create,
    /// A change of a row that must be there: `PATCH` with `If-Match`, or one
    /// property.
    Update,
    /// `PATCH` without `If-Match`.
    Upsert,
    /// A row goes.
    Delete,
    /// Rows, or what is known of tables.
    Read,
    /// Anything but a read.
    Write,
    /// `$batch` as a whole.
    Batch,
    /// An action or a function of a name.
    Action,
    /// `CreateMultiple` and its like.
    Bulk,
}

impl FaultOperation {
    /// Each with its name in texts.
    pub const NAMES: [(&str, Self); 9] = [
        ("create", Self::Create),
        ("update", Self::Update),
        ("upsert", Self::Upsert),
        ("delete", Self::Delete),
        ("read", Self::Read),
        ("write", Self::Write),
        ("batch", Self::Batch),
        ("action", Self::Action),
        ("bulk", Self::Bulk),
    ];

    /// Whether a request that asks for `other` is meant.
    pub fn covers(self, other: Self) -> bool {
        self == other || (self == Self::Write && other != Self::Read)
    }
}

/// A tier behind the service, which can be told to fail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Downstream {
    /// The mocked Dataverse.
    #[default]
    Dataverse,
    /// The stubbed endpoint of a model.
    Model,
    /// The HTTP trigger of a flow.
    Trigger,
}

impl Downstream {
    /// Each with its name in texts.
    pub const NAMES: [(&str, Self); 3] =
        [("dataverse", Self::Dataverse), ("model", Self::Model), ("trigger", Self::Trigger)];

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
    fn is_dataverse(&self) -> bool {
        *self == Self::Dataverse
    }
}
