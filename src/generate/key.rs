//! What names a case: the same key, seed and nonce make the same case.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::digest;
use serde::{Serialize, Serializer};

use crate::contract::ContractId;

/// The run's seed. A case's own seed derives from it and the case's key, so
/// cases can be made in parallel and alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Seed(pub u64);

impl Seed {
    /// The seed of one case. A case that was made smaller keeps the seed of the
    /// one it began with.
    pub fn derive(self, key: &CaseKey) -> u64 {
        hash64(&[&self.0.to_be_bytes(), key.whole().to_string().as_bytes()])
    }
}

/// What is new in each run, each replay and each shrinking step, so that a
/// target that remembers does not take the second run for a duplicate of the
/// first. Everything a target remembers (correlation IDs, created keys)
/// derives from seed *and* nonce; nothing else of a case does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Nonce(pub Arc<str>);

impl Nonce {
    /// A new one.
    pub fn fresh() -> Self {
        Self(uuid::Uuid::new_v4().simple().to_string()[..12].into())
    }

    /// An identity that only this case of this run has: a version 4-shaped
    /// UUID made from the seed, the nonce and a name that is unique in the
    /// case.
    pub fn identity(&self, case_seed: u64, name: &str) -> uuid::Uuid {
        let parts: [&[u8]; 3] = [&case_seed.to_be_bytes(), self.0.as_bytes(), name.as_bytes()];
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&hash64(&parts).to_be_bytes());
        bytes[8..].copy_from_slice(&hash64(&[b"low", parts[0], parts[1], parts[2]]).to_be_bytes());
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }
}

/// Which case of a contract.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CaseKey {
    /// The contract.
    pub contract: ContractId,
    /// `operationId`.
    pub operation: Arc<str>,
    /// What kind of case.
    pub kind: CaseKind,
    /// Which of its kind.
    pub index: u32,
    /// How it was made smaller; empty for the case as it was planned.
    pub shrunk: ShrinkPath,
}

/// The way from a case to a smaller one: at each step the number of the
/// candidate that was taken. Printed behind the case it began with, e.g.
/// `bulk-update/v1:submitBatch:violating:17~3.0.12`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShrinkPath(pub Vec<u32>);

impl ShrinkPath {
    /// Whether nothing was made smaller.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// This way, and one step more.
    #[must_use]
    pub fn then(&self, candidate: u32) -> Self {
        let mut steps = self.0.clone();
        steps.push(candidate);
        Self(steps)
    }

    /// Reads what `Display` writes behind the `~`; steps without end are none.
    fn parse(text: &str) -> Option<Self> {
        let steps: Vec<u32> =
            text.split('.').take(MOST_STEPS + 1).map(|step| step.parse().ok()).collect::<Option<_>>()?;
        (steps.len() <= MOST_STEPS).then_some(Self(steps))
    }
}

/// Longest way that is read.
const MOST_STEPS: usize = 1000;

impl fmt::Display for ShrinkPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.0.iter().enumerate() {
            write!(f, "{}{step}", if at == 0 { "~" } else { "." })?;
        }
        Ok(())
    }
}

/// What kind of case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CaseKind {
    /// Keeps all limits of the contract.
    Conforming,
    /// Keeps them, at an edge.
    Boundary,
    /// Breaks one keyword at one place.
    Violating,
    /// Broken on the wire: its syntax, its framing, its header fields.
    Broken,
    /// A sequence that the behaviour file calls for.
    Probe(Probe),
    /// A sequence that was drawn.
    Sequence,
    /// A single call whose answer was recorded when the version was frozen; the
    /// number is its place in `recorded.json`, the seed is the recorded one.
    Recorded,
}

/// The sequences that behaviour files call for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Probe {
    /// One call with each of the six tokens that must be refused.
    Identity,
    /// Straight to the service, past the gateway.
    PastGateway,
    /// Without a correlation ID, and with one that is none.
    CorrelationMissing,
    /// The same twice, one after the other.
    DuplicateSequential,
    /// The same several times, released together.
    DuplicateConcurrent,
    /// The same item with other content.
    OtherContent,
    /// Another item under the same ID.
    OtherItem,
    /// Another operation, or another step, under the same ID.
    OtherCall,
    /// The same ID from another principal.
    OtherPrincipal,
    /// The same again after Dataverse failed the first.
    AfterFailure,
    /// The same again after Dataverse throttled the first.
    AfterThrottle,
    /// Dataverse commits and its answer is lost.
    LostAnswer,
    /// Dataverse asks for a wait that can be waited for, or for one that can't.
    Throttled,
    /// Somebody else writes between the service's read and its write.
    SomebodyElse,
    /// More items at once than Dataverse likes to have requests.
    Wide,
    /// Dataverse refuses one write of several.
    PartRefused,
    /// Calls that a slow Dataverse holds, and the service's health meanwhile.
    HeldCalls,
    /// One invalid item among valid ones.
    PartlyInvalid,
    /// The same content in another media type.
    OtherForm,
    /// Valid items, each at another edge of its schema.
    ItemsAtEdges,
    /// A body over the limit, with its length.
    BodyOverLimit,
    /// A body over the limit, in chunks.
    BodyWithoutLength,
    /// A body over the service's own limit, of which most is never sent.
    BodyOwed,
    /// One more item than is allowed.
    TooManyItems,
    /// A media type that is not declared.
    MediaType,
    /// More calls than the rate admits, then what 429 promises.
    Rate,
    /// What the version says of its own life.
    Lifecycle,
    /// What a deprecated version answers once its sunset has passed.
    AfterSunset,
    /// An unknown path, and a wrong method.
    Routing,
    /// The same content written another way.
    KeyOrder,
    /// The client is gone before the answer; then the same again.
    ClientGone,
    /// A duplicate that does what a flow does: it retries what it is told to.
    RetriedDuplicate,
    /// The same call to another version of the API.
    OtherVersion,
    /// The same again after the service was restarted.
    AfterRestart,
    /// The same again just before the idempotency window ends.
    InsideWindow,
    /// The same again after the idempotency window.
    PastWindow,
    /// The exact place of a limit, by bisection.
    ExactLimit,
    /// The same, straight at the service.
    ExactLimitBehind,
    /// The same input under another ID, and from another caller.
    Determinism,
    /// A job that fails every time.
    JobPoisoned,
    /// The service dies in the middle of a job.
    JobCrash,
    /// More jobs than there is room for.
    QueueFull,
    /// The flow that is called back throttles, fails, or loses its answer.
    CallbackFault,
    /// A request that names another address to call back.
    CallbackAddress,
    /// The model throttles, fails, or answers what its schema does not have.
    ModelFault,
    /// Something is made, read, deleted and read again, where no behaviour
    /// file says more.
    Created,
    /// A link of the document is followed.
    Link,
    /// A call with wrong credentials, where no behaviour file says more.
    WrongCredentials,
}

impl Probe {
    /// All of them, with their names.
    pub const ALL: &'static [(Self, &'static str)] = &[
        (Self::Identity, "identity"),
        (Self::PastGateway, "past-gateway"),
        (Self::CorrelationMissing, "correlation-missing"),
        (Self::DuplicateSequential, "duplicate-sequential"),
        (Self::DuplicateConcurrent, "duplicate-concurrent"),
        (Self::OtherContent, "other-content"),
        (Self::OtherItem, "other-item"),
        (Self::OtherCall, "other-call"),
        (Self::OtherPrincipal, "other-principal"),
        (Self::AfterFailure, "after-failure"),
        (Self::AfterThrottle, "after-throttle"),
        (Self::LostAnswer, "lost-answer"),
        (Self::Throttled, "throttled"),
        (Self::SomebodyElse, "somebody-else"),
        (Self::Wide, "wide"),
        (Self::PartRefused, "part-refused"),
        (Self::HeldCalls, "held-calls"),
        (Self::PartlyInvalid, "partly-invalid"),
        (Self::OtherForm, "other-form"),
        (Self::ItemsAtEdges, "items-at-edges"),
        (Self::BodyOverLimit, "body-over-limit"),
        (Self::BodyWithoutLength, "body-without-length"),
        (Self::BodyOwed, "body-owed"),
        (Self::TooManyItems, "too-many-items"),
        (Self::MediaType, "media-type"),
        (Self::Rate, "rate"),
        (Self::Lifecycle, "lifecycle"),
        (Self::AfterSunset, "after-sunset"),
        (Self::Routing, "routing"),
        (Self::KeyOrder, "key-order"),
        (Self::ClientGone, "client-gone"),
        (Self::RetriedDuplicate, "retried-duplicate"),
        (Self::OtherVersion, "other-version"),
        (Self::AfterRestart, "after-restart"),
        (Self::InsideWindow, "inside-window"),
        (Self::PastWindow, "past-window"),
        (Self::ExactLimit, "exact-limit"),
        (Self::ExactLimitBehind, "exact-limit-behind"),
        (Self::Determinism, "determinism"),
        (Self::ModelFault, "model-fault"),
        (Self::Created, "created"),
        (Self::Link, "link"),
        (Self::WrongCredentials, "wrong-credentials"),
        (Self::JobPoisoned, "job-poisoned"),
        (Self::JobCrash, "job-crash"),
        (Self::QueueFull, "queue-full"),
        (Self::CallbackFault, "callback-fault"),
        (Self::CallbackAddress, "callback-address"),
    ];
}

impl CaseKind {
    /// Whether it is a sequence of moves, drawn or named, that is judged as a
    /// whole by a model of what is promised.
    pub fn is_sequence(self) -> bool {
        matches!(
            self,
            Self::Sequence
                | Self::Probe(
                    Probe::KeyOrder
                        | Probe::ClientGone
                        | Probe::RetriedDuplicate
                        | Probe::OtherVersion
                        | Probe::AfterRestart
                        | Probe::InsideWindow
                        | Probe::PastWindow
                )
        )
    }
}

impl fmt::Display for CaseKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Conforming => "conforming",
            Self::Boundary => "boundary",
            Self::Violating => "violating",
            Self::Sequence => "sequence",
            Self::Recorded => "recorded",
            Self::Broken => "broken",
            Self::Probe(probe) => Probe::ALL.iter().find(|(p, _)| p == probe).map_or("probe", |(_, name)| name),
        })
    }
}

impl fmt::Display for CaseKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}:{}{}", self.contract, self.operation, self.kind, self.index, self.shrunk)
    }
}

impl CaseKey {
    /// Reads what `Display` writes.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.rsplitn(3, ':');
        let number = parts.next()?;
        let (index, shrunk) = match number.split_once('~') {
            Some((index, path)) => (index, ShrinkPath::parse(path)?),
            None => (number, ShrinkPath::default()),
        };
        let index = index.parse().ok()?;
        let kind = match parts.next()? {
            "conforming" => CaseKind::Conforming,
            "boundary" => CaseKind::Boundary,
            "violating" => CaseKind::Violating,
            "sequence" => CaseKind::Sequence,
            "recorded" => CaseKind::Recorded,
            "broken" => CaseKind::Broken,
            name => CaseKind::Probe(Probe::ALL.iter().find(|(_, n)| *n == name)?.0),
        };
        let (contract, operation) = parts.next()?.split_once(':')?;
        Some(Self { contract: ContractId::parse(contract), operation: operation.into(), kind, index, shrunk })
    }

    /// The case as it was planned, before anything was made smaller.
    #[must_use]
    pub fn whole(&self) -> Self {
        Self { shrunk: ShrinkPath::default(), ..self.clone() }
    }
}

impl Serialize for CaseKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The first eight bytes of the SHA-256 of the parts, each led by its length.
fn hash64(parts: &[&[u8]]) -> u64 {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    context.finish().as_ref()[..8].iter().fold(0, |value, byte| (value << 8) | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_reads_back_and_gives_one_seed() {
        for (probe, _) in Probe::ALL.iter().copied() {
            let key = CaseKey {
                contract: ContractId::new("bulk-update", "v1"),
                operation: "submitBatch".into(),
                kind: CaseKind::Probe(probe),
                index: 3,
                shrunk: ShrinkPath::default(),
            };
            assert_eq!(CaseKey::parse(&key.to_string()), Some(key.clone()));
            let smaller = CaseKey { shrunk: ShrinkPath(vec![3, 0, 12]), ..key.clone() };
            assert!(smaller.to_string().ends_with(":3~3.0.12"));
            assert_eq!(CaseKey::parse(&smaller.to_string()), Some(smaller.clone()));
            assert_eq!((Seed(1).derive(&smaller), smaller.whole()), (Seed(1).derive(&key), key.clone()));
            assert_eq!(Seed(1).derive(&key), Seed(1).derive(&key));
            assert_ne!(Seed(1).derive(&key), Seed(2).derive(&key));
        }
    }

    #[test]
    fn an_identity_depends_on_the_nonce() {
        let (a, b) = (Nonce("a".into()), Nonce("b".into()));
        assert_eq!(a.identity(7, "id"), a.identity(7, "id"));
        assert_ne!(a.identity(7, "id"), b.identity(7, "id"));
        assert_eq!(a.identity(7, "id").get_version_num(), 4);
    }
}
