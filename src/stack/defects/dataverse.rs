//! How Dataverse is treated.

use super::table::{Defect, service};

pub(super) const DEFECTS: &[Defect] = &[
    service("row-written-back", "dataverse", "a row is written back as it was read, without its version"),
    service("stale-row-forced", "dataverse", "where somebody else was quicker, the row that was read first is forced"),
    service("posted-after-lost-answer", "dataverse", "after a lost answer a decision is made once more, by POST"),
    service("decisions-posted", "dataverse", "decisions are made by POST, so each repeat makes another row"),
    service("credit-added", "dataverse", "the credit limit is added to the one that is there"),
    service("credit-added-on-repeat", "dataverse", "a repeated write adds the credit limit once more"),
    service("own-write-not-recognised", "dataverse", "the repeat of a write that had worked is told as a failure"),
    service("known-row-as-failure", "dataverse", "a row that an earlier try has made is told as a failure"),
    service("throttled-as-500", "dataverse", "Dataverse's throttling is answered as 500"),
    service("long-throttle-as-500", "dataverse", "a wait that is too long is answered as 500"),
    service("retry-after-ignored", "dataverse", "Dataverse's Retry-After is not looked at"),
    service("retry-after-clamped", "dataverse", "of Dataverse's Retry-After two seconds are waited at most"),
    service("throttle-counted-as-attempt", "dataverse", "waits that Dataverse asks for use up the retries"),
    service("little-patience", "dataverse", "three seconds of waiting for Dataverse are too much"),
    service("wait-slept-through", "dataverse", "whatever Dataverse asks for is slept through"),
    service("file-wait-slept-through", "dataverse", "whatever Dataverse asks for is slept through, with files only"),
    service("all-at-once", "dataverse", "all writes of a call are sent at once"),
    service("jobs-all-at-once", "dataverse", "all writes of a job are sent at once, in v2 only"),
    service(
        "batch-status-unread",
        "dataverse",
        "a batch that is answered 200 is taken for done, whatever its parts say",
    ),
    service("last-part-stands-for-all", "dataverse", "of a batch the last part is read, and taken for all of them"),
    service("change-set-missing", "dataverse", "what belongs together is written in a batch without a change set"),
    service("change-set-split", "dataverse", "what belongs together is written in two change sets"),
    service("blocks-while-dataverse-is-slow", "dataverse", "nobody is answered while Dataverse is asked for something"),
    service("threads-run-dry", "dataverse", "forty calls that wait for Dataverse keep all others out"),
    service("whole-account-read", "data-path", "accounts are read with all their columns"),
    service("one-column-too-many-read", "data-path", "with an account a column is read that nobody needs"),
    service("screening-writes", "data-path", "the service writes what the flow is to write"),
    service(
        "scoring-through-gateway",
        "data-path",
        "what the service promises to write itself goes through the gateway",
    ),
];
