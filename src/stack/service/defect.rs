//! What the service does wrong when it is told to.

/// A defect of the service that can be switched on by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Defect {
    /// Looks whether an item is done, then does it, with an await between: no
    /// atomic claim.
    DuplicateRace,
    /// Ignores an item's content: the answer stored for it is given again.
    OtherContentReplayed,
    /// Stores the answer to a throttled or failing Dataverse and gives it
    /// again.
    ThrottleRemembered,
    /// Keeps the claim after a failure, for ever.
    StuckAfterFailure,
    /// Takes one ID for one call: whatever else comes under it gets the first
    /// answer and is not executed.
    SecondCallSwallowed,
    /// Answers 409 while the first call runs.
    ConflictWhileRunning,
    /// Answers a client's mistake with 500.
    ValidationAs500,
    /// Puts a stack trace into `detail`.
    StackTraceInError,
    /// Writes items in order while it validates them.
    WriteBeforeValidation,
    /// Sends an ID of its own to Dataverse and leaves the column out.
    CorrelationDropped,
    /// Writes to Dataverse directly first.
    AroundTheGateway,
    /// Echoes the status `on_hold` as `onHold`.
    ResponseEnumBroken,
    /// Gives every tenth answer two seconds later.
    EveryTenthLate,
    /// Does not demand the gateway's key.
    PastGatewayAccepted,
    /// Lets the time take part in a decision.
    DecisionByTime,
    /// Lets the caller take part in a decision.
    DecisionByPrincipal,
    /// Splits calls over two versions of the model, whichever was asked for.
    ModelVersionIgnored,
    /// Passes on what the model says without looking at it.
    ModelOutputUnchecked,
}

impl Defect {
    /// All of them, with their names.
    pub const ALL: &'static [(Self, &'static str)] = &[
        (Self::DuplicateRace, "duplicate-race"),
        (Self::OtherContentReplayed, "other-content-replayed"),
        (Self::ThrottleRemembered, "throttle-remembered"),
        (Self::StuckAfterFailure, "stuck-after-failure"),
        (Self::SecondCallSwallowed, "second-call-swallowed"),
        (Self::ConflictWhileRunning, "conflict-while-running"),
        (Self::ValidationAs500, "validation-as-500"),
        (Self::StackTraceInError, "stack-trace-in-error"),
        (Self::WriteBeforeValidation, "write-before-validation"),
        (Self::CorrelationDropped, "correlation-dropped"),
        (Self::AroundTheGateway, "around-the-gateway"),
        (Self::ResponseEnumBroken, "response-enum-broken"),
        (Self::EveryTenthLate, "every-tenth-late"),
        (Self::PastGatewayAccepted, "past-gateway-accepted"),
        (Self::DecisionByTime, "decision-by-time"),
        (Self::DecisionByPrincipal, "decision-by-principal"),
        (Self::ModelVersionIgnored, "model-version-ignored"),
        (Self::ModelOutputUnchecked, "model-output-unchecked"),
    ];
}

/// The defects that are switched on.
#[derive(Clone, Debug, Default)]
pub(super) struct Defects(Vec<Defect>);

impl Defects {
    /// Those of the names that are defects of the service; the others belong
    /// to other tiers.
    pub(super) fn named(names: &[String]) -> Self {
        Self(Defect::ALL.iter().filter(|(_, name)| names.iter().any(|n| n == name)).map(|(d, _)| *d).collect())
    }

    /// Whether this one is on.
    pub(super) fn has(&self, defect: Defect) -> bool {
        self.0.contains(&defect)
    }
}
