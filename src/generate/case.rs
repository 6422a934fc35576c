//! A case: one thing to try, with what the contract promises for it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::{CaseKey, Linked, OnTheWire, Search, TokenKind};
use crate::clock::Timestamp;
use crate::contract::ContractId;
use crate::contract::behaviour::TypeName;
use crate::wire::{Fault, Request};

/// So many calls may wait for Dataverse while other cases are played.
const MOST_BESIDE: usize = 16;

/// One thing to try: a call, or a sequence of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// Its name.
    pub key: CaseKey,
    /// Its own seed.
    pub seed: u64,
    /// What is tried, in plain words, e.g. `creditLimit below its minimum`.
    pub title: String,
    /// For a violating case, every keyword that fails; empty otherwise.
    pub labels: Vec<Label>,
    /// What is done, in order.
    pub steps: Vec<Step>,
    /// What the target must offer for it.
    pub needs: Vec<Need>,
}

impl Case {
    /// Whether nothing else may run beside it: it moves the shared clock,
    /// restarts the service, or keeps so much of it busy that others wait.
    pub fn is_alone(&self) -> bool {
        self.steps.iter().any(|step| match step {
            Step::Advance(_) | Step::AdvanceTo(_) | Step::Restart => true,
            Step::WhileHeld(calls) => calls.len() > MOST_BESIDE,
            _ => false,
        })
    }

    /// Whether it moves the shared clock so far that nothing that is played
    /// later finds what it expects.
    pub fn is_last(&self) -> bool {
        self.steps.iter().any(|step| matches!(step, Step::AdvanceTo(_)))
    }

    /// All calls, in the order of their numbers (a call's number counts over
    /// all steps; a flood has one number).
    pub fn calls(&self) -> impl Iterator<Item = &Call> {
        self.steps.iter().flat_map(|step| match step {
            Step::Call(call) | Step::Flood { call, .. } => std::slice::from_ref(call),
            Step::Together(calls) | Step::SameConnection(calls) | Step::Unfollowed(calls) | Step::WhileHeld(calls) => {
                calls.as_slice()
            }
            Step::Linked(linked) => std::slice::from_ref(&linked.call),
            Step::Search(search) => std::slice::from_ref(&search.call),
            Step::Follow(_)
            | Step::Inject(_)
            | Step::ClearFaults
            | Step::Restart
            | Step::AwaitCallbacks
            | Step::Advance(_)
            | Step::AdvanceTo(_)
            | Step::AwaitRetryAfter { .. } => &[],
        })
    }
}

/// One step of a case.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// One call; an answer 202 with `Location` is polled to its end.
    Call(Call),
    /// Several calls, released at once from a barrier.
    Together(Vec<Call>),
    /// Several calls, released at once, whose answers are taken as they are: a
    /// `Location` is not followed.
    Unfollowed(Vec<Call>),
    /// Several calls, released at once, that the faults armed before let
    /// Dataverse hold; meanwhile the service is asked for its health.
    WhileHeld(Vec<Call>),
    /// Follows the `Location` that a call of this number was given, to its end.
    Follow(usize),
    /// The same call again and again, as fast as it goes, each time with its
    /// own correlation ID where it carries one, until one is answered 429 or
    /// 403 with `Retry-After`, or `most` were sent.
    Flood {
        /// The call.
        call: Call,
        /// The most that are sent.
        most: u64,
    },
    /// Calls one after the other over one connection of their own, each
    /// written by hand. The next is sent once the answer before it is
    /// complete, and only where the other side has left the connection open;
    /// else it is not reached.
    SameConnection(Vec<Call>),
    /// A call with another size each time, until the limit is found.
    Search(Search),
    /// A call with values from the answer to the first; where that was another
    /// answer, or lacks a value, the case ends.
    Linked(Box<Linked>),
    /// Arms a fault at the mocked Dataverse.
    Inject(Fault),
    /// Disarms all faults this case has armed. Also done at its end.
    ClearFaults,
    /// Waits until each job that has ended was called back and the call was
    /// accepted, or the time is over within which that is promised; and a
    /// moment longer, so that a call too many is seen.
    AwaitCallbacks,
    /// The service dies in the middle of whatever it does and comes up again at
    /// the same address, with what it had stored. Nothing else is played
    /// meanwhile.
    Restart,
    /// Lets the shared clock advance: by a jump where that is offered, else by
    /// waiting.
    Advance(Duration),
    /// Lets the shared clock jump to an instant, where that is yet to come.
    AdvanceTo(Timestamp),
    /// Waits as long as the `Retry-After` of a call's last answer says, and
    /// the margin on top.
    AwaitRetryAfter {
        /// The call's number.
        call: usize,
        /// On top.
        margin: Duration,
        /// Who is told to wait longer does not wait at all.
        longest: Duration,
    },
}

/// One call of a case.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// What it is in its sequence, e.g. `first`, `duplicate`.
    pub role: &'static str,
    /// `operationId` of the operation that should answer.
    pub operation: Arc<str>,
    /// What is sent. `Authorization` is added on the way; the correlation ID
    /// stands in it already.
    pub request: Request,
    /// Who calls.
    pub caller: Caller,
    /// Where to.
    pub via: Via,
    /// The correlation ID it carries.
    pub correlation: Option<String>,
    /// The items it asks to execute, as the contract's selectors see them.
    pub items: Vec<Item>,
    /// What the contract promises for it.
    pub expect: Expect,
    /// How the caller behaves while it waits.
    pub manner: Manner,
    /// The version of the same API that is called where it is not the case's
    /// own.
    pub contract: Option<ContractId>,
}

/// How a caller behaves while it waits for an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Manner {
    /// It closes its connection so long after it has begun to send, in real
    /// time, where no answer has come by then. `None`: it waits.
    pub leaves: Option<Duration>,
    /// How often it sends the same call again after an answer that flows
    /// retry, each time after the `Retry-After` of the answer.
    pub retries: u8,
}

/// Identity inside a call.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Item {
    /// The identity as text; where the contract declares none, the SHA-256 of
    /// the canonical content of the whole call.
    pub id: Arc<str>,
    /// A hash of its canonical content: equal content, equal number.
    pub content: u64,
}

/// Who calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// Any client of the run's pool.
    Any,
    /// A client of this case's own, by number: 0 and 1 are two principals.
    Own(u8),
    /// A client with this token instead of a good one.
    Token(TokenKind),
}

/// Where a call goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// To the gateway.
    Gateway,
    /// Straight to the service.
    Service,
    /// Straight to the service, with the key by which it knows the gateway.
    AsGateway,
}

/// What the contract promises for a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expect {
    /// A declared success.
    Success,
    /// Refused, with one of these types; empty: with any declared status from
    /// 400 to 499 that is right for a client's mistake. Without effects.
    Refused(Vec<TypeName>),
    /// What the contract promises for the same again; compared with the call
    /// of this number.
    Replay {
        /// The first call's number.
        of: usize,
    },
    /// One of several that were released together and ask for the same: each
    /// is answered as a first, as a replay, or as running.
    OneOfSame,
    /// A fault is in the way: a declared success or a declared failure that
    /// flows retry (or `later`).
    SuccessOrRetryable,
    /// Broken on the wire: what HTTP, JSON and the contract demand for that.
    Wire(OnTheWire),
    /// Nothing in particular: only what holds for every exchange.
    Nothing,
}

/// One keyword that a violating value fails.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Label {
    /// Where, e.g. `body /records/0/creditLimit`, `query delimiter`.
    pub at: String,
    /// The JSON Schema keyword, e.g. `minimum`.
    pub keyword: String,
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.keyword, self.at)
    }
}

/// What a case, a check or a scenario needs and a target offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Need {
    /// A behaviour file beside the OpenAPI document.
    Behaviour,
    /// What was written can be read.
    Effects,
    /// Faults can be injected behind the service.
    Faults,
    /// The shared clock can be read, and moved.
    Clock,
    /// Tokens can be minted, for any client and of any kind.
    MintedTokens,
    /// The gateway's rows can be read.
    GatewayRows,
    /// The service can be reached past the gateway.
    DirectService,
    /// The key is known by which the service tells the gateway from others.
    GatewayKey,
    /// The path is known on which the service tells that it is well.
    Health,
    /// Load is allowed.
    Load,
    /// The service can be restarted.
    Restart,
    /// What the service sends to an API that it calls can be read.
    Callbacks,
    /// The service's log can be read.
    ServiceLog,
    /// Requests can be written byte by byte: a connection without TLS.
    RawConnection,
    /// Another system of the same kind can be started beside the first.
    #[serde(skip_deserializing)]
    Apart,
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Behaviour => "a behaviour file",
            Self::Effects => "effects",
            Self::Faults => "faults",
            Self::Clock => "the clock",
            Self::MintedTokens => "minted tokens",
            Self::GatewayRows => "gateway rows",
            Self::DirectService => "the service's own address",
            Self::GatewayKey => "the key that the gateway shows to the service",
            Self::Health => "the path of the service's health endpoint",
            Self::Load => "leave to send load",
            Self::Restart => "restarts of the service",
            Self::Callbacks => "callbacks",
            Self::ServiceLog => "the service's log",
            Self::RawConnection => "a connection without TLS",
            Self::Apart => "a second system for what would disturb the first",
        })
    }
}
