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
    /// Lets a second call pass that comes within 200 µs of the first.
    RaceWithin200Us,
    /// Sees one twin of a running call, and lets the third pass.
    RaceOfThree,
    /// Remembers an answer only when it is given: what comes before is executed
    /// again.
    RunningNotSeen,
    /// Answers a twin of a running call with 500.
    CollisionAs500,
    /// Answers a twin of a running call as if Dataverse were not available.
    CollisionAs503,
    /// Ignores the content of the last of several items.
    OtherContentOfLastItem,
    /// Makes up a step where a call names none.
    KeyInvented,
    /// Remembers nothing for every other principal.
    SomePrincipalsForgotten,
    /// Keeps the claim of a caller that left, for ever.
    StuckAfterClientLeft,
    /// Forgets what it did for a caller that left.
    AgainAfterClientLeft,
    /// Remembers a failure as the answer where something was done already.
    FailureRememberedMidway,
    /// Takes the fingerprint of a record as it is written, not of what it means.
    KeyOrderMatters,
    /// Tells no principals apart.
    ScopeWithoutPrincipal,
    /// Remembers the second version's calls apart from the first one's.
    ScopeWithVersion,
    /// Writes again after a lost answer without asking what became of it.
    LostAnswerWrittenTwice,
    /// Forgets after 23 hours.
    ForgottenEarly,
    /// Remembers eleven items of a set.
    TwelfthItemForgotten,
    /// Keeps in memory what was done with records.
    RecordsForgottenOnRestart,
    /// Keeps in memory what was done with files.
    FilesForgottenOnRestart,
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
    /// Answers 203 where a batch is read.
    UndeclaredStatus,
    /// Labels what became of a file as plain text, in one version.
    MediaTypeMislabelled,
    /// Gives counts of two and more as text.
    CountAsText,
    /// Says `soon` in `Retry-After` of a 202.
    RetryAfterInWords,
    /// Takes a credit limit that is one too high.
    LimitOffByOne,
    /// Takes a status that nobody knows for `active`.
    UnknownStatusAccepted,
    /// Counts the length of names in bytes.
    NameCountedInBytes,
    /// Stumbles over characters beyond the first plane.
    CrashOnAstral,
    /// Stumbles over an empty note.
    CrashOnEmptyNote,
    /// Calls a missing batch or file by a name of its own.
    UndeclaredType,
    /// Answers invalid content with 422.
    ValidationAs422,
    /// Takes an unknown ID for a mistake in the content.
    MissingAsInvalid,
    /// Answers one record too many with 500.
    TooManyAs500,
    /// Answers 400 while Dataverse is not available.
    UnavailableAs400,
    /// Does not say when to come again while Dataverse is not available.
    UnavailableWithoutRetryAfter,
    /// Labels a missing batch or file as plain JSON.
    ErrorAsPlainJson,
    /// Says another status in the body where an identity is at fault.
    StatusMemberDiffers,
    /// Shows a query where nothing was found.
    SqlInError,
    /// Answers a call that still runs as the gateway's throttle would.
    RunningAsThrottled,
    /// Leaves the ID out of rows that a step writes.
    CorrelationDroppedWithStep,
    /// Takes 29 February for no date.
    LeapDayRejected,
    /// Writes the account number as well.
    OneWrongColumn,
    /// Repeats a write that was throttled past the gateway.
    AroundOnRetry,
    /// Gives every fifth answer of v2 two seconds later.
    EveryFifthLate,
    /// Tells a job that failed as completed.
    JobCompletedThoughFailed,
    /// Does not say why a job failed.
    FailedJobWithoutType,
    /// Tells jobs of more than four records as running for ever.
    PollNeverEnds,
    /// Accepts a job and does not say where to ask for it.
    LocationMissing,
    /// Names the caller's previous job as the place to ask.
    LocationOfAnotherJob,
    /// Does not say when to ask again for a job that runs.
    PollWithoutRetryAfter,
    /// Begins from the beginning when a job is delivered again.
    RedeliveredTwice,
    /// Keeps jobs in the process only.
    JobLostOnCrash,
    /// Answers 500 where there is no room for a job.
    QueueFullAs500,
    /// Writes the first record before it sees that there is no room.
    QueueFullHalfDone,
    /// Delivers a job that fails every time again and again.
    PoisonedForever,
    /// Calls the flow back without a token.
    CallbackWithoutToken,
    /// Calls the flow back with a token for another API.
    CallbackForOtherAudience,
    /// Calls once more after the flow has accepted.
    CallbackResent,
    /// Gives up after the first 5xx.
    CallbackNotResent,
    /// Names another job when it calls again.
    CallbackOtherContent,
    /// Calls back under an ID of its own.
    CallbackCorrelationDropped,
    /// Calls back with a state that the flow's schema does not have.
    CallbackOffSchema,
    /// Calls where the request says.
    CallbackAddressFromRequest,
    /// Takes one record less than version 2 of `bulk-update` declares.
    ItemsOffByOne,
    /// Takes one record more than version 1 of `bulk-update` declares.
    OneItemMore,
    /// Has a limit of its own that lies below the gateway's.
    OwnLimitBelow,
    /// Reads the first JSON document and no further.
    TrailingIgnored,
    /// Reads bytes that are no UTF-8 as U+FFFD.
    InvalidUtf8Replaced,
    /// Answers content that is no JSON with 500.
    UnreadableAs500,
    /// Answers a charset that it doesn't know with 500.
    CharsetAs500,
    /// Looks at the charset when the work is done.
    CharsetCheckedLate,
    /// Looks at what follows the JSON document when the work is done.
    TrailingRefusedLate,
    /// Gives the answer to content that could not be read to whoever reads
    /// next.
    AnswerLeftOver,
    /// Gives its correlation ID to whoever reads next.
    IdLeftOver,
    /// Tells an empty field of version 1 of `tabular-intake` as malformed.
    MissingAsMalformed,
    /// Tells a fault of a name in version 1 of `bulk-update` in other words.
    FaultReworded,
    /// Names the record of a fault in version 1 of `bulk-update`, and no more
    /// the member.
    FaultNamesRecordOnly,
    /// Cuts the longest name in version 1 of `bulk-update` by a character.
    LongestNameCut,
    /// Takes the credit from who is closed in version 1 of `bulk-update`.
    ClosedWithoutCredit,
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
        (Self::RaceWithin200Us, "race-within-200us"),
        (Self::RaceOfThree, "race-of-three"),
        (Self::RunningNotSeen, "running-not-seen"),
        (Self::CollisionAs500, "collision-as-500"),
        (Self::CollisionAs503, "collision-as-503"),
        (Self::OtherContentOfLastItem, "other-content-of-last-item"),
        (Self::KeyInvented, "key-invented"),
        (Self::SomePrincipalsForgotten, "some-principals-forgotten"),
        (Self::StuckAfterClientLeft, "stuck-after-client-left"),
        (Self::AgainAfterClientLeft, "again-after-client-left"),
        (Self::FailureRememberedMidway, "failure-remembered-midway"),
        (Self::KeyOrderMatters, "key-order-matters"),
        (Self::ScopeWithoutPrincipal, "scope-without-principal"),
        (Self::ScopeWithVersion, "scope-with-version"),
        (Self::LostAnswerWrittenTwice, "lost-answer-written-twice"),
        (Self::ForgottenEarly, "forgotten-early"),
        (Self::TwelfthItemForgotten, "twelfth-item-forgotten"),
        (Self::RecordsForgottenOnRestart, "records-forgotten-on-restart"),
        (Self::FilesForgottenOnRestart, "files-forgotten-on-restart"),
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
        (Self::UndeclaredStatus, "undeclared-status"),
        (Self::MediaTypeMislabelled, "media-type-mislabelled"),
        (Self::CountAsText, "count-as-text"),
        (Self::RetryAfterInWords, "retry-after-in-words"),
        (Self::LimitOffByOne, "limit-off-by-one"),
        (Self::UnknownStatusAccepted, "unknown-status-accepted"),
        (Self::NameCountedInBytes, "name-counted-in-bytes"),
        (Self::CrashOnAstral, "crash-on-astral"),
        (Self::CrashOnEmptyNote, "crash-on-empty-note"),
        (Self::UndeclaredType, "undeclared-type"),
        (Self::ValidationAs422, "validation-as-422"),
        (Self::MissingAsInvalid, "missing-as-invalid"),
        (Self::TooManyAs500, "too-many-as-500"),
        (Self::UnavailableAs400, "unavailable-as-400"),
        (Self::UnavailableWithoutRetryAfter, "unavailable-without-retry-after"),
        (Self::ErrorAsPlainJson, "error-as-plain-json"),
        (Self::StatusMemberDiffers, "status-member-differs"),
        (Self::SqlInError, "sql-in-error"),
        (Self::RunningAsThrottled, "running-as-throttled"),
        (Self::CorrelationDroppedWithStep, "correlation-dropped-with-step"),
        (Self::LeapDayRejected, "leap-day-rejected"),
        (Self::OneWrongColumn, "one-wrong-column"),
        (Self::AroundOnRetry, "around-on-retry"),
        (Self::EveryFifthLate, "every-fifth-late"),
        (Self::JobCompletedThoughFailed, "job-completed-though-failed"),
        (Self::FailedJobWithoutType, "failed-job-without-type"),
        (Self::PollNeverEnds, "poll-never-ends"),
        (Self::LocationMissing, "location-missing"),
        (Self::LocationOfAnotherJob, "location-of-another-job"),
        (Self::PollWithoutRetryAfter, "poll-without-retry-after"),
        (Self::RedeliveredTwice, "redelivered-twice"),
        (Self::JobLostOnCrash, "job-lost-on-crash"),
        (Self::QueueFullAs500, "queue-full-as-500"),
        (Self::QueueFullHalfDone, "queue-full-half-done"),
        (Self::PoisonedForever, "poisoned-redelivered-forever"),
        (Self::CallbackWithoutToken, "callback-without-token"),
        (Self::CallbackForOtherAudience, "callback-for-other-audience"),
        (Self::CallbackResent, "callback-resent"),
        (Self::CallbackNotResent, "callback-not-resent"),
        (Self::CallbackOtherContent, "callback-other-content"),
        (Self::CallbackCorrelationDropped, "callback-correlation-dropped"),
        (Self::CallbackOffSchema, "callback-off-schema"),
        (Self::CallbackAddressFromRequest, "callback-address-from-request"),
        (Self::ItemsOffByOne, "items-off-by-one"),
        (Self::OneItemMore, "one-item-more"),
        (Self::OwnLimitBelow, "own-limit-below"),
        (Self::TrailingIgnored, "trailing-ignored"),
        (Self::InvalidUtf8Replaced, "invalid-utf8-replaced"),
        (Self::UnreadableAs500, "unreadable-as-500"),
        (Self::CharsetAs500, "charset-as-500"),
        (Self::CharsetCheckedLate, "charset-checked-late"),
        (Self::TrailingRefusedLate, "trailing-refused-late"),
        (Self::AnswerLeftOver, "answer-left-over"),
        (Self::IdLeftOver, "id-left-over"),
        (Self::MissingAsMalformed, "missing-as-malformed"),
        (Self::FaultReworded, "fault-reworded"),
        (Self::FaultNamesRecordOnly, "fault-names-record-only"),
        (Self::LongestNameCut, "longest-name-cut"),
        (Self::ClosedWithoutCredit, "closed-without-credit"),
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

    /// Whether none is on.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this one is on.
    pub(super) fn has(&self, defect: Defect) -> bool {
        self.0.contains(&defect)
    }
}
