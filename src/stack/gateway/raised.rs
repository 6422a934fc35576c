//! Errors that steps raise: what the client gets, and what `LastError` says
//! (reference §3). The two texts differ.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode, header};
use uuid::Uuid;

use super::answer::{Answer, AnswerBody};
use super::evaluate::Fault;

/// An error that a step raised. The rest of the pipeline is skipped and
/// on-error runs.
#[derive(Clone, Debug)]
pub(super) struct Raised {
    /// `LastError.Source`; the policy's name where that is empty.
    pub(super) source: &'static str,
    pub(super) reason: &'static str,
    pub(super) message: String,
    pub(super) status: StatusCode,
    /// What the client reads; `None`: the generic text with an activity id;
    /// empty: nothing.
    pub(super) told: Option<String>,
    /// Header fields of the answer.
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
}

impl Raised {
    /// An error of a policy, whose text is told to the client.
    pub(super) fn policy(status: StatusCode, reason: &'static str, message: impl Into<String>, told: &str) -> Self {
        Self { source: "", reason, message: message.into(), status, told: Some(told.to_owned()), headers: Vec::new() }
    }

    /// An error whose text stays in the gateway: the client gets 500.
    pub(super) fn internal(source: &'static str, reason: &'static str, message: impl Into<String>) -> Self {
        Self {
            source,
            reason,
            message: message.into(),
            status: StatusCode::INTERNAL_SERVER_ERROR,
            told: None,
            headers: Vec::new(),
        }
    }

    /// An exception of an expression.
    #[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
    pub(super) fn expression(fault: Fault) -> Self {
        let message = format!("Expression evaluation failed. {}", fault.text);
        Self::internal("", "ExpressionValueEvaluationFailure", message)
    }

    /// The reason of [`Raised::client_gone`].
    pub(super) const CLIENT_GONE: &'static str = "ClientConnectionFailure";

    /// The client's own content broke off. Whoever still listens is told that
    /// it was his mistake (RFC 9112 §8).
    pub(super) fn client_gone(source: &'static str, message: impl Into<String>) -> Self {
        let told = "The request ended before its content was complete";
        Self { source, ..Self::policy(StatusCode::BAD_REQUEST, Self::CLIENT_GONE, message, told) }
    }

    /// The call names no version of an API that has versions: the platform's
    /// answer has no body (reference §3.3).
    pub(super) fn no_version() -> Self {
        Self { told: Some(String::new()), ..Self::operation_not_found() }
    }

    /// No operation matches.
    pub(super) fn operation_not_found() -> Self {
        let message = "Unable to match incoming request to an operation.";
        let raised = Self::policy(StatusCode::NOT_FOUND, "OperationNotFound", message, "Resource not found");
        Self { source: "configuration", ..raised }
    }

    /// Says when to come again.
    pub(super) fn retry_after(mut self, header: Option<&HeaderName>, seconds: u64) -> Self {
        let name = header.unwrap_or(&header::RETRY_AFTER);
        self.headers.push((name.clone(), HeaderValue::from(seconds)));
        self
    }

    /// The answer that the platform makes of it.
    pub(super) fn answer(&self, id: Uuid) -> Answer {
        if self.told.as_deref() == Some("") {
            let mut answer = Answer::new(self.status);
            answer.headers.extend(self.headers.iter().cloned());
            return answer;
        }
        let text = self.told.as_deref().unwrap_or("Internal server error");
        // A string always has a JSON form.
        let text = serde_json::to_string(text).unwrap_or_default();
        let activity = match &self.told {
            Some(_) => String::new(),
            None => format!(", \"activityId\": \"{id}\""),
        };
        let body = format!("{{ \"statusCode\": {}, \"message\": {text}{activity} }}", self.status.as_u16());
        let mut answer = Answer::new(self.status);
        answer.headers.extend(self.headers.iter().cloned());
        answer.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        answer.body = AnswerBody::Bytes(Bytes::from(body));
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(raised: &Raised) -> String {
        let AnswerBody::Bytes(bytes) = raised.answer(Uuid::nil()).body else { panic!("own bytes") };
        String::from_utf8(bytes.to_vec()).expect("text")
    }

    #[test]
    fn bodies_are_the_platforms_to_the_byte() {
        let limited = Raised::policy(
            StatusCode::TOO_MANY_REQUESTS,
            "RateLimitExceeded",
            "Rate limit is exceeded",
            "Rate limit is exceeded. Try again in 57 seconds.",
        );
        assert_eq!(
            body(&limited),
            r#"{ "statusCode": 429, "message": "Rate limit is exceeded. Try again in 57 seconds." }"#
        );
        assert_eq!(body(&limited).len(), 84);
        assert_eq!(
            body(&Raised::internal("x", "Timeout", "")),
            r#"{ "statusCode": 500, "message": "Internal server error", "activityId": "00000000-0000-0000-0000-000000000000" }"#
        );
        assert_eq!(body(&Raised::operation_not_found()), r#"{ "statusCode": 404, "message": "Resource not found" }"#);
    }
}
