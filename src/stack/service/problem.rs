//! Answers, and the one shape that all errors have (RFC 9457).

use bytes::Bytes;
use serde::Serialize;

use super::defect::{Defect, Defects};

/// What a flow can route on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FailureType {
    Forbidden,
    CorrelationIdMissing,
    ValidationError,
    TooManyItems,
    PayloadTooLarge,
    UnsupportedMediaType,
    NotFound,
    IdempotencyConflict,
    InProgress,
    DownstreamUnavailable,
    QueueFull,
    ModelUnavailable,
    ModelOutputInvalid,
    Internal,
}

impl FailureType {
    /// Its name, status and title.
    pub(super) fn facts(self) -> (&'static str, u16, &'static str) {
        match self {
            Self::Forbidden => ("forbidden", 403, "Not allowed"),
            Self::CorrelationIdMissing => ("correlation_id_missing", 400, "Correlation ID missing"),
            Self::ValidationError => ("validation_error", 400, "The content is not valid"),
            Self::TooManyItems => ("too_many_items", 400, "Too many items"),
            Self::PayloadTooLarge => ("payload_too_large", 413, "The content is too large"),
            Self::UnsupportedMediaType => ("unsupported_media_type", 415, "Unsupported media type"),
            Self::NotFound => ("not_found", 404, "Not found"),
            Self::IdempotencyConflict => ("idempotency_conflict", 409, "Other content under the same ID"),
            Self::InProgress => ("in_progress", 503, "Still in progress"),
            Self::DownstreamUnavailable => ("downstream_unavailable", 503, "Dataverse is not available"),
            Self::QueueFull => ("queue_full", 503, "Too many unfinished jobs"),
            Self::ModelUnavailable => ("model_unavailable", 503, "The model is not available"),
            Self::ModelOutputInvalid => ("model_output_invalid", 502, "The model's output is not valid"),
            Self::Internal => ("internal", 500, "Internal error"),
        }
    }
}

/// One fault of one place in the content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Fault {
    /// JSON Pointer (RFC 6901) to the place.
    pub(super) pointer: String,
    /// What is wrong there.
    pub(super) detail: String,
    /// The item's identity, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<String>,
}

impl Fault {
    /// A fault at a place, of no item in particular.
    pub(super) fn new(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), detail: detail.into(), id: None }
    }

    /// The same, of this item.
    pub(super) fn of(self, id: Option<&str>) -> Self {
        Self { id: id.map(str::to_owned), ..self }
    }
}

/// How many faults an answer tells at most.
pub(super) const MOST_FAULTS: usize = 100;

/// Why a call was not done.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Problem {
    /// What kind.
    pub(super) failure: FailureType,
    /// What happened this time, for people.
    pub(super) detail: String,
    /// The places, where it is the content's fault.
    pub(super) errors: Vec<Fault>,
    /// After how many seconds to try again.
    pub(super) retry_after: Option<u64>,
}

impl Problem {
    /// A problem without places.
    pub(super) fn new(failure: FailureType, detail: impl Into<String>) -> Self {
        Self { failure, detail: detail.into(), errors: Vec::new(), retry_after: None }
    }

    /// The content has these faults.
    pub(super) fn invalid(mut errors: Vec<Fault>) -> Self {
        let count = errors.len();
        errors.truncate(MOST_FAULTS);
        let detail =
            if count == 1 { "The content has one fault".to_owned() } else { format!("The content has {count} faults") };
        Self { errors, ..Self::new(FailureType::ValidationError, detail) }
    }

    /// The first call under this ID still runs.
    pub(super) fn in_progress() -> Self {
        let detail = "A call with this correlation ID and these items is still running";
        Self { retry_after: Some(1), ..Self::new(FailureType::InProgress, detail) }
    }

    /// These items were sent under this ID with other content.
    pub(super) fn conflict(mut errors: Vec<Fault>) -> Self {
        errors.truncate(MOST_FAULTS);
        let detail = "This correlation ID was used with other content; nothing was done";
        Self { errors, ..Self::new(FailureType::IdempotencyConflict, detail) }
    }

    /// Dataverse did not answer in time, or asks for patience.
    pub(super) fn unavailable(retry_after: u64) -> Self {
        let detail = "Dataverse does not take writes now; what was done stays done, send the same call again";
        Self { retry_after: Some(retry_after.max(1)), ..Self::new(FailureType::DownstreamUnavailable, detail) }
    }

    /// The caller has too many jobs that have not ended.
    pub(super) fn queue_full() -> Self {
        let detail = "Too many jobs of this caller have not ended; nothing was done, send the same call again";
        Self { retry_after: Some(2), ..Self::new(FailureType::QueueFull, detail) }
    }

    /// The model did not answer in time, or asks for patience.
    pub(super) fn model_unavailable(retry_after: u64) -> Self {
        let detail = "The model gives no answer now; nothing was decided, send the same call again";
        Self { retry_after: Some(retry_after.max(1)), ..Self::new(FailureType::ModelUnavailable, detail) }
    }

    /// There is nothing at this address.
    pub(super) fn not_found(detail: &str) -> Self {
        Self::new(FailureType::NotFound, detail)
    }

    /// As it goes to the caller.
    pub(super) fn answer(self, correlation: Option<&str>, defects: &Defects) -> Answer {
        let mut failure = self.failure;
        if defects.has(Defect::ValidationAs500) && failure == FailureType::ValidationError {
            failure = FailureType::Internal;
        }
        let detail = if defects.has(Defect::StackTraceInError) { with_trace(&self.detail) } else { self.detail };
        let (name, status, title) = failure.facts();
        let body = Shape {
            r#type: format!("urn:seamstress:failure:{name}"),
            title,
            status,
            detail,
            failure_type: name,
            correlation_id: correlation,
            errors: self.errors,
        };
        Answer {
            content_type: "application/problem+json",
            retry_after: self.retry_after,
            ..Answer::json(status, &body)
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shape<'a> {
    r#type: String,
    title: &'static str,
    status: u16,
    detail: String,
    failure_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    correlation_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Fault>,
}

/// What a careless service shows of itself.
fn with_trace(detail: &str) -> String {
    format!(
        "Traceback (most recent call last):\n  File \"/srv/app/service/bulk.py\", line 214, in submit_batch\n    \
         result = await execute(batch)\n  File \"/srv/app/service/execute.py\", line 87, in execute\n    \
         raise ServiceError(detail)\nServiceError: {detail}"
    )
}

/// An answer before it becomes HTTP; the same call gets an equal one again.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Answer {
    /// The status code.
    pub(super) status: u16,
    /// The media type of the content.
    pub(super) content_type: &'static str,
    /// `Retry-After`, in seconds.
    pub(super) retry_after: Option<u64>,
    /// `Location`.
    pub(super) location: Option<String>,
    /// The content.
    pub(super) body: Bytes,
}

impl Answer {
    /// JSON content with a status.
    pub(super) fn json<T: Serialize>(status: u16, content: &T) -> Self {
        let body = serde_json::to_vec(content).expect("own types have text keys only").into();
        Self::stored(status, body)
    }

    /// JSON content that is written already.
    pub(super) fn stored(status: u16, body: Bytes) -> Self {
        Self { status, content_type: "application/json", retry_after: None, location: None, body }
    }
}
