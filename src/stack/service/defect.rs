//! What the service does wrong when it is told to.

macro_rules! switches {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// A defect of the service that can be switched on by name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Defect {
            $($(#[$doc])* $variant,)*
        }

        impl Defect {
            /// All of them, with their names.
            pub const ALL: &'static [(Self, &'static str)] = &[$((Self::$variant, $name),)*];
        }
    };
}

switches! {
    /// Looks whether an item is done, then does it, with an await between: no
    /// atomic claim.
    DuplicateRace = "duplicate-race",
    /// Ignores an item's content: the answer stored for it is given again.
    OtherContentReplayed = "other-content-replayed",
    /// Stores the answer to a throttled or failing Dataverse and gives it
    /// again.
    ThrottleRemembered = "throttle-remembered",
    /// Keeps the claim after a failure, for ever.
    StuckAfterFailure = "stuck-after-failure",
    /// Takes one ID for one call: whatever else comes under it gets the first
    /// answer and is not executed.
    SecondCallSwallowed = "second-call-swallowed",
    /// Answers 409 while the first call runs.
    ConflictWhileRunning = "conflict-while-running",
    /// Lets a second call pass that comes within 200 µs of the first.
    RaceWithin200Us = "race-within-200us",
    /// Sees one twin of a running call, and lets the third pass.
    RaceOfThree = "race-of-three",
    /// Remembers an answer only when it is given: what comes before is executed
    /// again.
    RunningNotSeen = "running-not-seen",
    /// Answers a twin of a running call with 500.
    CollisionAs500 = "collision-as-500",
    /// Answers a twin of a running call as if Dataverse were not available.
    CollisionAs503 = "collision-as-503",
    /// Ignores the content of the last of several items.
    OtherContentOfLastItem = "other-content-of-last-item",
    /// Makes up a step where a call names none.
    KeyInvented = "key-invented",
    /// Remembers nothing for every other principal.
    SomePrincipalsForgotten = "some-principals-forgotten",
    /// Keeps the claim of a caller that left, for ever.
    StuckAfterClientLeft = "stuck-after-client-left",
    /// Forgets what it did for a caller that left.
    AgainAfterClientLeft = "again-after-client-left",
    /// Lets go of what it works at when its caller leaves.
    ClaimLostWithClient = "claim-lost-with-client",
    /// Remembers a failure as the answer where something was done already.
    FailureRememberedMidway = "failure-remembered-midway",
    /// Takes the fingerprint of a record as it is written, not of what it means.
    KeyOrderMatters = "key-order-matters",
    /// Tells no principals apart.
    ScopeWithoutPrincipal = "scope-without-principal",
    /// Remembers the second version's calls apart from the first one's.
    ScopeWithVersion = "scope-with-version",
    /// Writes again after a lost answer without asking what became of it.
    LostAnswerWrittenTwice = "lost-answer-written-twice",
    /// Forgets after 23 hours.
    ForgottenEarly = "forgotten-early",
    /// Remembers eleven items of a set.
    TwelfthItemForgotten = "twelfth-item-forgotten",
    /// Keeps in memory what was done with records.
    RecordsForgottenOnRestart = "records-forgotten-on-restart",
    /// Keeps in memory what was done with files.
    FilesForgottenOnRestart = "files-forgotten-on-restart",
    /// Answers a client's mistake with 500.
    ValidationAs500 = "validation-as-500",
    /// Puts a stack trace into `detail`.
    StackTraceInError = "stack-trace-in-error",
    /// Writes items in order while it validates them.
    WriteBeforeValidation = "write-before-validation",
    /// Sends an ID of its own to Dataverse and leaves the column out.
    CorrelationDropped = "correlation-dropped",
    /// Leaves the ID out of its log.
    LogWithoutId = "log-without-id",
    /// Logs each call under the ID of the one before.
    LogOfCallBefore = "log-of-call-before",
    /// Writes to Dataverse directly first.
    AroundTheGateway = "around-the-gateway",
    /// Echoes the status `on_hold` as `onHold`.
    ResponseEnumBroken = "response-enum-broken",
    /// Gives every tenth answer two seconds later.
    EveryTenthLate = "every-tenth-late",
    /// Does not demand the gateway's key.
    PastGatewayAccepted = "past-gateway-accepted",
    /// Lets the time take part in a decision.
    DecisionByTime = "decision-by-time",
    /// Lets the caller take part in a decision.
    DecisionByPrincipal = "decision-by-principal",
    /// Splits calls over two versions of the model, whichever was asked for.
    ModelVersionIgnored = "model-version-ignored",
    /// Passes on what the model says without looking at it.
    ModelOutputUnchecked = "model-output-unchecked",
    /// Answers 203 where a batch is read.
    UndeclaredStatus = "undeclared-status",
    /// Labels what became of a file as plain text, in one version.
    MediaTypeMislabelled = "media-type-mislabelled",
    /// Gives counts of two and more as text.
    CountAsText = "count-as-text",
    /// Says `soon` in `Retry-After` of a 202.
    RetryAfterInWords = "retry-after-in-words",
    /// Takes a credit limit that is one too high.
    LimitOffByOne = "limit-off-by-one",
    /// Takes a status that nobody knows for `active`.
    UnknownStatusAccepted = "unknown-status-accepted",
    /// Counts the length of names in bytes.
    NameCountedInBytes = "name-counted-in-bytes",
    /// Stumbles over characters beyond the first plane.
    CrashOnAstral = "crash-on-astral",
    /// Stumbles over an empty note.
    CrashOnEmptyNote = "crash-on-empty-note",
    /// Calls a missing batch or file by a name of its own.
    UndeclaredType = "undeclared-type",
    /// Answers invalid content with 422.
    ValidationAs422 = "validation-as-422",
    /// Takes an unknown ID for a mistake in the content.
    MissingAsInvalid = "missing-as-invalid",
    /// Answers one record too many with 500.
    TooManyAs500 = "too-many-as-500",
    /// Answers 400 while Dataverse is not available.
    UnavailableAs400 = "unavailable-as-400",
    /// Does not say when to come again while Dataverse is not available.
    UnavailableWithoutRetryAfter = "unavailable-without-retry-after",
    /// Labels a missing batch or file as plain JSON.
    ErrorAsPlainJson = "error-as-plain-json",
    /// Says another status in the body where an identity is at fault.
    StatusMemberDiffers = "status-member-differs",
    /// Shows a query where nothing was found.
    SqlInError = "sql-in-error",
    /// Answers a call that still runs as the gateway's throttle would.
    RunningAsThrottled = "running-as-throttled",
    /// Leaves the ID out of rows that a step writes.
    CorrelationDroppedWithStep = "correlation-dropped-with-step",
    /// Takes 29 February for no date.
    LeapDayRejected = "leap-day-rejected",
    /// Writes the account number as well.
    OneWrongColumn = "one-wrong-column",
    /// Repeats a write that was throttled past the gateway.
    AroundOnRetry = "around-on-retry",
    /// Gives every fifth answer of v2 two seconds later.
    EveryFifthLate = "every-fifth-late",
    /// Tells a job that failed as completed.
    JobCompletedThoughFailed = "job-completed-though-failed",
    /// Does not say why a job failed.
    FailedJobWithoutType = "failed-job-without-type",
    /// Tells jobs of more than four records as running for ever.
    PollNeverEnds = "poll-never-ends",
    /// Accepts a job and does not say where to ask for it.
    LocationMissing = "location-missing",
    /// Names the caller's previous job as the place to ask.
    LocationOfAnotherJob = "location-of-another-job",
    /// Does not say when to ask again for a job that runs.
    PollWithoutRetryAfter = "poll-without-retry-after",
    /// Begins from the beginning when a job is delivered again.
    RedeliveredTwice = "redelivered-twice",
    /// Keeps jobs in the process only.
    JobLostOnCrash = "job-lost-on-crash",
    /// Answers 500 where there is no room for a job.
    QueueFullAs500 = "queue-full-as-500",
    /// Writes the first record before it sees that there is no room.
    QueueFullHalfDone = "queue-full-half-done",
    /// Delivers a job that fails every time again and again.
    PoisonedForever = "poisoned-redelivered-forever",
    /// Calls the flow back without a token.
    CallbackWithoutToken = "callback-without-token",
    /// Calls the flow back with a token for another API.
    CallbackForOtherAudience = "callback-for-other-audience",
    /// Calls once more after the flow has accepted.
    CallbackResent = "callback-resent",
    /// Gives up after the first 5xx.
    CallbackNotResent = "callback-not-resent",
    /// Names another job when it calls again.
    CallbackOtherContent = "callback-other-content",
    /// Calls back under an ID of its own.
    CallbackCorrelationDropped = "callback-correlation-dropped",
    /// Calls back with a state that the flow's schema does not have.
    CallbackOffSchema = "callback-off-schema",
    /// Calls where the request says.
    CallbackAddressFromRequest = "callback-address-from-request",
    /// Takes one record less than version 2 of `bulk-update` declares.
    ItemsOffByOne = "items-off-by-one",
    /// Takes one record more than version 1 of `bulk-update` declares.
    OneItemMore = "one-item-more",
    /// Has a limit of its own that lies below the gateway's.
    OwnLimitBelow = "own-limit-below",
    /// Reads a body to its end before it looks at its size.
    BodyReadWholly = "body-read-wholly",
    /// Does so where no length is declared.
    ChunksReadWholly = "chunks-read-wholly",
    /// Reads the first JSON document and no further.
    TrailingIgnored = "trailing-ignored",
    /// Reads bytes that are no UTF-8 as U+FFFD.
    InvalidUtf8Replaced = "invalid-utf8-replaced",
    /// Answers content that is no JSON with 500.
    UnreadableAs500 = "unreadable-as-500",
    /// Answers a charset that it doesn't know with 500.
    CharsetAs500 = "charset-as-500",
    /// Looks at the charset when the work is done.
    CharsetCheckedLate = "charset-checked-late",
    /// Looks at what follows the JSON document when the work is done.
    TrailingRefusedLate = "trailing-refused-late",
    /// Gives the answer to content that could not be read to whoever reads
    /// next.
    AnswerLeftOver = "answer-left-over",
    /// Gives its correlation ID to whoever reads next.
    IdLeftOver = "id-left-over",
    /// Tells an empty field of version 1 of `tabular-intake` as malformed.
    MissingAsMalformed = "missing-as-malformed",
    /// Names the record of a fault in version 1 of `bulk-update`, and no more
    /// the member.
    FaultNamesRecordOnly = "fault-names-record-only",
    /// Cuts the longest name in version 1 of `bulk-update` by a character.
    LongestNameCut = "longest-name-cut",
    /// Takes the credit from who is closed in version 1 of `bulk-update`.
    ClosedWithoutCredit = "closed-without-credit",
    /// Says `1.5` in `Retry-After` of a 503.
    RetryAfterFractional = "retry-after-fractional",
    /// Calls one record too many `batch_too_large`, in version 2.
    TooManyUndeclared = "too-many-undeclared",
    /// Answers other content under a known item with 503.
    ConflictAs503 = "conflict-as-503",
    /// Does not say when to come again while a call runs.
    RunningWithoutRetryAfter = "running-without-retry-after",
    /// Refuses tokens under another spelling of `Bearer`.
    ServiceSchemeCase = "service-scheme-case",
    /// Demands the gateway's key of writes only.
    ReadsPastGateway = "reads-past-gateway",
    /// Does not look at the step.
    StepIgnored = "step-ignored",
    /// Tells no principals apart where it decides.
    DecisionsShared = "decisions-shared",
    /// Takes the last of several records for done, in version 1.
    LastRecordNotWritten = "last-record-not-written",
    /// Answers every twentieth set without writing it, in version 1.
    OneSetInTwentyDropped = "one-set-in-twenty-dropped",
    /// Takes a write that was throttled twice for done.
    ThrottledTakenForDone = "throttled-write-taken-for-done",
    /// Sends every tenth write again.
    OneWriteInTenTwice = "one-write-in-ten-twice",
    /// Writes the last of several records twice, in version 1.
    LastRecordTwice = "last-record-twice",
    /// Writes an invoice that is there again, in version 2.
    KnownInvoiceRewritten = "known-invoice-rewritten",
    /// Looks for known invoices in the first line only, in version 2.
    LaterLinesRewritten = "later-lines-rewritten",
    /// Tells a failed job of one or two records as completed.
    SmallFailedJobCompleted = "small-failed-job-completed",
    /// Names a type of its own where a job failed.
    FailedJobOfUnknownType = "failed-job-of-unknown-type",
    /// Says `Retry-After: 0` for a job that runs.
    PollAtOnce = "poll-at-once",
    /// Tells the flow counts of two and more as text.
    CallbackCountAsText = "callback-count-as-text",
    /// Leaves the ID out when it calls again.
    CallbackCorrelationLostOnResend = "callback-correlation-lost-on-resend",
    /// Calls again where the answer took 100 ms.
    CallbackResentAfterSlow = "callback-resent-after-slow-answer",
    /// Gives up after the first 429.
    CallbackGivenUpOn429 = "callback-given-up-on-429",
    /// Says another count when it calls again.
    CallbackCountsAnew = "callback-counts-anew",
    /// Calls where `Reply-To` of the request says.
    CallbackToReplyTo = "callback-to-reply-to",
    /// Validates and writes in pages of two.
    ValidatedInPages = "validated-in-pages",
    /// Refuses a set whose invalid records are to be skipped.
    SkipIgnored = "skip-ignored",
    /// Skips the last record where it alone is invalid.
    RefuseAllIgnored = "refuse-all-ignored",
    /// Leaves out the line before an invalid one.
    NeighbourOfInvalidDropped = "neighbour-of-invalid-dropped",
    /// Sends every tenth write past the gateway.
    OneWriteInTenAround = "one-write-in-ten-around",
    /// Writes the category as well where an account is closed.
    ColumnOfClosedAccounts = "column-of-closed-accounts",
    /// Answers every fiftieth call with 503.
    OneInTwentyUnavailable = "one-in-twenty-unavailable",
    /// Answers every thirtieth file with 500, in version 2.
    OneFileInFifteenFails = "one-file-in-fifteen-fails",
    /// Writes back a whole account as it was read, without its version.
    RowWrittenBack = "row-written-back",
    /// Does so when somebody else was quicker, with the new version.
    StaleRowForced = "stale-row-forced",
    /// Makes a decision's row by POST once an answer was lost.
    PostedAfterLostAnswer = "posted-after-lost-answer",
    /// Makes every decision's row by POST.
    DecisionsPosted = "decisions-posted",
    /// Adds the credit limit to the one that is there.
    CreditAdded = "credit-added",
    /// Does so when a write is repeated.
    CreditAddedOnRepeat = "credit-added-on-repeat",
    /// Takes its own earlier write for somebody else's.
    OwnWriteNotRecognised = "own-write-not-recognised",
    /// Does so with rows that it has made.
    KnownRowAsFailure = "known-row-as-failure",
    /// Takes Dataverse's throttling for an error.
    ThrottledAs500 = "throttled-as-500",
    /// Does so where the wait is long.
    LongThrottleAs500 = "long-throttle-as-500",
    /// Does not look at Dataverse's `Retry-After`.
    RetryAfterIgnored = "retry-after-ignored",
    /// Waits two seconds of Dataverse's `Retry-After`.
    RetryAfterClamped = "retry-after-clamped",
    /// Counts waits that Dataverse asks for as attempts.
    ThrottleCounted = "throttle-counted-as-attempt",
    /// Has less patience than it promises.
    LittlePatience = "little-patience",
    /// Sleeps however long Dataverse asks for.
    WaitSleptThrough = "wait-slept-through",
    /// Does so with files.
    FileWaitSleptThrough = "file-wait-slept-through",
    /// Sends all writes of a call at once.
    AllAtOnce = "all-at-once",
    /// Sends all writes of a job at once.
    JobsAllAtOnce = "jobs-all-at-once",
    /// Reads whole accounts.
    WholeAccountRead = "whole-account-read",
    /// Reads one column more than it needs.
    OneColumnTooMany = "one-column-too-many-read",
    /// Writes what the flow is to write.
    ScreeningWrites = "screening-writes",
    /// Writes through the gateway what it promises to write itself.
    ScoringThroughGateway = "scoring-through-gateway",
    /// Takes a `$batch` that is answered 200 for done.
    BatchStatusUnread = "batch-status-unread",
    /// Takes what the last part of a batch says for all of them.
    LastPartStandsForAll = "last-part-stands-for-all",
    /// Writes what belongs together in a batch without a change set.
    ChangeSetMissing = "change-set-missing",
    /// Writes it in two change sets.
    ChangeSetSplit = "change-set-split",
    /// Takes the first blank row for the end of a sheet.
    BlankRowEndsSheet = "blank-row-ends-sheet",
    /// Takes no number that a cell holds as text.
    NumbersAsTextRejected = "numbers-as-text-rejected",
    /// Takes a date of a cell for the number that it is.
    DateCellsRejected = "date-cells-rejected",
    /// Counts the days of cells from the last day of 1899 on.
    DateCellsADayLate = "date-cells-a-day-late",
    /// Takes the whole part of an amount that a cell holds.
    CellAmountsCut = "cell-amounts-cut",
    /// Answers what is no workbook with 500.
    BrokenWorkbookAs500 = "broken-workbook-as-500",
    /// Lets nobody in while Dataverse is asked.
    BlocksWhileDataverseIsSlow = "blocks-while-dataverse-is-slow",
    /// Has forty threads, each for one call until it is answered.
    ThreadsRunDry = "threads-run-dry",
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
