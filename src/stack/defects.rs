//! The defects that can be switched on by name: a table, and the lookup.

use serde::Serialize;

use crate::diagnose::closest;
use crate::wire::Tier;

/// A fault that can be built into the embedded stack, to see whether the
/// checks find it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Defect {
    /// What it is switched on by.
    pub name: &'static str,
    /// The family of the checks that may speak of it.
    pub family: &'static str,
    /// What goes wrong, in one line.
    pub summary: &'static str,
    /// Who does it wrong.
    pub tier: Tier,
}

const fn defect(name: &'static str, family: &'static str, tier: Tier, summary: &'static str) -> Defect {
    Defect { name, family, summary, tier }
}

/// Every defect, by family.
pub const DEFECTS: &[Defect] = &[
    defect(
        "response-enum-broken",
        "response",
        Tier::Service,
        "an answer carries a status value that its schema does not have, for one of the enum's values",
    ),
    defect(
        "model-output-unchecked",
        "response",
        Tier::Service,
        "what the model says is passed on even where its own schema does not have it",
    ),
    defect("items-off-by-one", "limits", Tier::Service, "one record less than declared is accepted, in v2 only"),
    defect("one-item-more", "limits", Tier::Service, "one record more than declared is accepted, in v1 only"),
    defect("own-limit-below", "limits", Tier::Service, "the service's own body limit lies below the gateway's"),
    defect("body-limit-one-more", "limits", Tier::Gateway, "one byte more than declared is forwarded, in v2 only"),
    defect("body-limit-in-thousands", "limits", Tier::Gateway, "the body limit is counted in thousands, not in KiB"),
    defect("trailing-ignored", "wire", Tier::Service, "whatever follows the JSON document is passed over"),
    defect("invalid-utf8-replaced", "wire", Tier::Service, "bytes that are no UTF-8 are replaced and written"),
    defect("unreadable-as-500", "wire", Tier::Service, "content that is no JSON is answered 500"),
    defect("charset-as-500", "wire", Tier::Service, "a charset that nobody knows is answered 500"),
    defect("charset-checked-late", "wire", Tier::Service, "a charset is refused after the work is done"),
    defect("trailing-refused-late", "wire", Tier::Service, "bytes after the JSON are refused after the work is done"),
    defect("answer-left-over", "wire", Tier::Service, "the refusal of broken content is the answer to the next call"),
    defect("id-left-over", "wire", Tier::Service, "the next call's error carries the broken one's correlation ID"),
    defect("charset-refused", "wire", Tier::Gateway, "the declared media type is refused with charset=utf-8"),
    defect("media-type-case", "wire", Tier::Gateway, "the declared media type is refused in capitals"),
    defect("method-without-allow", "wire", Tier::Gateway, "a wrong method is answered 405 without Allow"),
    defect("head-answered", "wire", Tier::Gateway, "HEAD is answered with a success on every path"),
    defect("validation-as-500", "taxonomy", Tier::Service, "a client's mistake is answered 500 instead of 400"),
    defect("stack-trace-in-error", "taxonomy", Tier::Service, "an error's detail shows a stack trace"),
    defect("past-gateway-accepted", "identity", Tier::Service, "the service accepts calls that came past the gateway"),
    defect("expired-accepted", "identity", Tier::Gateway, "tokens are accepted for a day after they have expired"),
    defect("role-not-demanded", "identity", Tier::Gateway, "a token without the role is accepted"),
    defect("scheme-case-sensitive", "identity", Tier::Gateway, "a good token under the scheme bearer is refused"),
    defect("query-token-accepted", "identity", Tier::Gateway, "a token in the query is accepted"),
    defect("scheme-ignored", "identity", Tier::Gateway, "a token under another scheme is accepted"),
    defect("anonymous-accepted", "identity", Tier::Gateway, "the gateway lets calls without a token through"),
    defect("wrong-audience-accepted", "identity", Tier::Gateway, "the gateway accepts a token made for another API"),
    defect(
        "correlation-dropped",
        "correlation",
        Tier::Service,
        "the correlation ID does not reach what is written to Dataverse",
    ),
    defect("duplicate-race", "idempotency", Tier::Service, "two equal calls at the same time are both executed"),
    defect(
        "other-content-replayed",
        "idempotency",
        Tier::Service,
        "other content under a known item is answered with the old result instead of a conflict",
    ),
    defect("throttle-remembered", "idempotency", Tier::Service, "a throttled attempt is remembered as the answer"),
    defect("stuck-after-failure", "idempotency", Tier::Service, "an item that failed once stays in progress for ever"),
    defect(
        "second-call-swallowed",
        "idempotency",
        Tier::Service,
        "another call of the same run is answered as a duplicate and not executed",
    ),
    defect(
        "conflict-while-running",
        "idempotency",
        Tier::Service,
        "a duplicate of a running call is answered 409, which flows never retry",
    ),
    defect(
        "race-within-200us",
        "idempotency",
        Tier::Service,
        "two equal calls that come within 200 µs of each other are both executed",
    ),
    defect("race-of-three", "idempotency", Tier::Service, "of three equal calls at the same time, two are executed"),
    defect(
        "running-not-seen",
        "idempotency",
        Tier::Service,
        "a repetition that comes while the first call runs is executed again",
    ),
    defect("collision-as-500", "idempotency", Tier::Service, "a duplicate of a running call surfaces as 500"),
    defect(
        "collision-as-503",
        "idempotency",
        Tier::Service,
        "a duplicate of a running call surfaces as an unavailable backend",
    ),
    defect(
        "other-content-of-last-item",
        "idempotency",
        Tier::Service,
        "other content is noticed for all items of a set but the last",
    ),
    defect(
        "key-invented",
        "idempotency",
        Tier::Service,
        "where a call names no step the service makes one up, so nothing is a duplicate",
    ),
    defect(
        "some-principals-forgotten",
        "idempotency",
        Tier::Service,
        "for every other principal nothing is remembered",
    ),
    defect(
        "stuck-after-client-left",
        "idempotency",
        Tier::Service,
        "a call whose client left stays in progress for ever",
    ),
    defect(
        "again-after-client-left",
        "idempotency",
        Tier::Service,
        "a call whose client left is executed again when it comes again",
    ),
    defect(
        "failure-remembered-midway",
        "idempotency",
        Tier::Service,
        "a failure in the middle of a set is remembered as the answer",
    ),
    defect(
        "key-order-matters",
        "idempotency",
        Tier::Service,
        "the same content with its members in another order counts as other content",
    ),
    defect(
        "scope-without-principal",
        "idempotency",
        Tier::Service,
        "another principal's call under the same ID is answered as a duplicate",
    ),
    defect(
        "scope-with-version",
        "idempotency",
        Tier::Service,
        "the same call to another version is executed a second time",
    ),
    defect(
        "lost-answer-written-twice",
        "idempotency",
        Tier::Service,
        "a write whose answer was lost is done a second time",
    ),
    defect("forgotten-early", "idempotency", Tier::Service, "an ID is forgotten an hour before its window ends"),
    defect("twelfth-item-forgotten", "idempotency", Tier::Service, "the twelfth item of a set is not remembered"),
    defect("records-forgotten-on-restart", "idempotency", Tier::Service, "a restart forgets which records were done"),
    defect("files-forgotten-on-restart", "idempotency", Tier::Service, "a restart forgets which files were taken"),
    defect(
        "oversized-body-forwarded",
        "limits",
        Tier::Gateway,
        "the gateway forwards bodies over the limit to the service",
    ),
    defect("retry-after-missing", "throttling", Tier::Gateway, "a 429 does not say when to come again"),
    defect("retry-after-too-short", "throttling", Tier::Gateway, "a call after the told wait is refused again"),
    defect("limit-shared", "throttling", Tier::Gateway, "all clients share one limit"),
    defect(
        "write-before-validation",
        "validation",
        Tier::Service,
        "valid items are written before the rest of the set is validated",
    ),
    defect(
        "around-the-gateway",
        "data-path",
        Tier::Service,
        "the service calls Dataverse itself instead of through the gateway",
    ),
    defect("sunset-missing", "lifecycle", Tier::Gateway, "a deprecated version does not announce its sunset"),
    defect("decision-by-time", "determinism", Tier::Service, "the time takes part in a decision"),
    defect(
        "decision-by-principal",
        "determinism",
        Tier::Service,
        "the caller takes part in a decision: another principal gets another one",
    ),
    defect(
        "model-version-ignored",
        "determinism",
        Tier::Service,
        "calls are split over two versions of the model, whichever was asked for",
    ),
    defect("every-tenth-late", "latency", Tier::Service, "every tenth answer comes 2 s late"),
    defect(
        "undeclared-status",
        "response",
        Tier::Service,
        "reading a batch is answered with a status that is not declared",
    ),
    defect(
        "media-type-mislabelled",
        "response",
        Tier::Service,
        "JSON answers of one version are labelled as plain text",
    ),
    defect("count-as-text", "response", Tier::Service, "a count comes as text, from two on"),
    defect("retry-after-in-words", "response", Tier::Service, "a 202 says in words when to come again"),
    defect("limit-off-by-one", "response", Tier::Service, "a number one above its maximum is accepted"),
    defect("unknown-status-accepted", "response", Tier::Service, "a value outside its enum is accepted"),
    defect(
        "name-counted-in-bytes",
        "response",
        Tier::Service,
        "a conforming name is refused because its length is counted in bytes",
    ),
    defect("crash-on-astral", "response", Tier::Service, "a name with an emoji is answered 500"),
    defect("crash-on-empty-note", "response", Tier::Service, "an empty optional text is answered 500"),
    defect("undeclared-type", "taxonomy", Tier::Service, "a failure has a type that the contract does not declare"),
    defect("validation-as-422", "taxonomy", Tier::Service, "a declared type comes with another status"),
    defect("missing-as-invalid", "taxonomy", Tier::Service, "what does not exist is refused as invalid"),
    defect("too-many-as-500", "taxonomy", Tier::Service, "one item too many is answered 500"),
    defect(
        "unavailable-as-400",
        "taxonomy",
        Tier::Service,
        "a failure that only needs to be repeated has a status that flows never retry",
    ),
    defect("unavailable-without-retry-after", "taxonomy", Tier::Service, "a 503 does not say when to come again"),
    defect("error-as-plain-json", "taxonomy", Tier::Service, "an error is not labelled as problem details"),
    defect(
        "status-member-differs",
        "taxonomy",
        Tier::Service,
        "the status in an error's body differs from the one on the wire, where an identity is at fault",
    ),
    defect("sql-in-error", "taxonomy", Tier::Service, "an error shows a query"),
    defect(
        "running-as-throttled",
        "taxonomy",
        Tier::Service,
        "a call that still runs is answered with a type that is the gateway's",
    ),
    defect(
        "correlation-dropped-with-step",
        "correlation",
        Tier::Service,
        "the correlation ID does not reach the rows that a step of a run writes",
    ),
    defect("leap-day-rejected", "validation", Tier::Service, "a row with a leap day is rejected"),
    defect("one-wrong-column", "data-path", Tier::Service, "a write changes a column that the contract does not name"),
    defect("around-on-retry", "data-path", Tier::Service, "a repeated write goes around the gateway"),
    defect("every-fifth-late", "latency", Tier::Service, "every fifth answer of one version comes 2 s late"),
    defect(
        "echo-missing-in-errors",
        "correlation",
        Tier::Gateway,
        "the gateway's own errors don't carry the correlation ID back",
    ),
    defect(
        "echo-of-another-id",
        "correlation",
        Tier::Gateway,
        "successes carry the gateway's own request ID as correlation ID",
    ),
    defect("rate-doubled", "throttling", Tier::Gateway, "twice as many calls are admitted as the contract says"),
    defect("rate-halved", "throttling", Tier::Gateway, "a client is throttled when it has used up half its rate"),
    defect("limit-per-address", "throttling", Tier::Gateway, "the limit counts addresses instead of clients"),
    defect("retry-after-in-minutes", "throttling", Tier::Gateway, "a 429 tells a wait that is sixty times too long"),
    defect(
        "deprecation-missing",
        "lifecycle",
        Tier::Gateway,
        "a deprecated version does not say that it is deprecated",
    ),
    defect(
        "sunset-other-date",
        "lifecycle",
        Tier::Gateway,
        "the sunset that is announced is another one than the contract's",
    ),
    defect("successor-of-another-api", "lifecycle", Tier::Gateway, "the successor that is named is another API"),
    defect("active-announces-its-end", "lifecycle", Tier::Gateway, "an active version says that it is deprecated"),
    defect("alive-after-sunset", "lifecycle", Tier::Gateway, "a version answers as ever after its sunset"),
    defect("not-found-after-sunset", "lifecycle", Tier::Gateway, "after its sunset a version is answered 404"),
    defect("active-names-a-sunset", "lifecycle", Tier::Gateway, "refusals of an active version carry a sunset"),
    defect("missing-as-malformed", "lifecycle", Tier::Service, "a frozen version tells an empty field as malformed"),
    defect("fault-reworded", "lifecycle", Tier::Service, "a frozen version tells the same fault in other words"),
    defect(
        "fault-names-record-only",
        "lifecycle",
        Tier::Service,
        "a fault names the record where a frozen version named the member",
    ),
    defect("longest-name-cut", "lifecycle", Tier::Service, "a frozen version cuts the longest name by one character"),
    defect(
        "closed-without-credit",
        "lifecycle",
        Tier::Service,
        "a frozen version sets the credit limit of closed accounts to 0 unasked",
    ),
    defect("job-completed-though-failed", "jobs", Tier::Service, "a job that failed is told as completed"),
    defect("failed-job-without-type", "jobs", Tier::Service, "a job that failed does not say why"),
    defect("poll-never-ends", "jobs", Tier::Service, "jobs of more than four records are told as running for ever"),
    defect("location-missing", "jobs", Tier::Service, "a 202 does not say where to ask for the job"),
    defect("location-of-another-job", "jobs", Tier::Service, "a 202 leads to the caller's previous job"),
    defect("poll-without-retry-after", "jobs", Tier::Service, "a running job does not say when to ask again"),
    defect("redelivered-twice", "jobs", Tier::Service, "a job that is delivered again begins from the beginning"),
    defect("job-lost-on-crash", "jobs", Tier::Service, "jobs are kept in the process: a crash loses them"),
    defect("queue-full-as-500", "jobs", Tier::Service, "a job for which there is no room is answered 500"),
    defect("queue-full-half-done", "jobs", Tier::Service, "a job that is refused has written its first record"),
    defect("poisoned-redelivered-forever", "jobs", Tier::Service, "a job that always fails is delivered for ever"),
    defect("callback-without-token", "callback", Tier::Service, "the flow is called back without a token"),
    defect(
        "callback-for-other-audience",
        "callback",
        Tier::Service,
        "the flow is called back with another API's token",
    ),
    defect("callback-resent", "callback", Tier::Service, "the flow is called again after it has accepted"),
    defect("callback-not-resent", "callback", Tier::Service, "after a 5xx of the flow the callback is given up"),
    defect("callback-other-content", "callback", Tier::Service, "a callback that is sent again names another job"),
    defect("callback-correlation-dropped", "callback", Tier::Service, "a callback carries an ID of its own"),
    defect("callback-off-schema", "callback", Tier::Service, "a callback has a state that the flow does not know"),
    defect(
        "callback-address-from-request",
        "callback",
        Tier::Service,
        "a header field of the request says where the flow is called back",
    ),
];

/// The defect of a name.
///
/// # Errors
/// There is none; the error is the known name nearest to it, if one is near.
pub fn find(name: &str) -> Result<&'static Defect, Option<&'static str>> {
    DEFECTS.iter().find(|d| d.name == name).ok_or_else(|| closest(name, DEFECTS.iter().map(|d| d.name)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_names_are_unique_and_the_families_are_those_of_the_checks() {
        let names: BTreeSet<_> = DEFECTS.iter().map(|d| d.name).collect();
        assert_eq!(names.len(), DEFECTS.len());
        let families: BTreeSet<_> = DEFECTS.iter().map(|d| d.family).collect();
        let expected = [
            "response",
            "wire",
            "taxonomy",
            "identity",
            "correlation",
            "idempotency",
            "limits",
            "throttling",
            "validation",
            "data-path",
            "lifecycle",
            "latency",
            "determinism",
            "jobs",
            "callback",
        ];
        assert_eq!(families, expected.into_iter().collect());
    }

    #[test]
    fn a_misspelt_name_is_told_the_nearest_one() {
        assert_eq!(find("duplicate-race").map(|d| d.family), Ok("idempotency"));
        assert_eq!(find("duplicate-rase"), Err(Some("duplicate-race")));
        assert_eq!(find("zzz"), Err(None));
    }
}
