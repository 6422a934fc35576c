//! The asynchronous pattern: 202 and `Location` are asked again until the
//! answer is another.

use std::time::Duration;

use super::retry::retry_after;
use crate::clock::Timestamp;
use crate::wire::Response;

/// How long the engine waits before it asks again where `Retry-After` says
/// nothing.
pub const DEFAULT_POLL_INTERVAL: Duration = Duration::from_secs(20);

/// Where and when to ask again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Poll {
    /// The `Location`, as it was given.
    pub location: String,
    /// How long to wait before, in the clock's time.
    pub after: Duration,
}

/// What follows an answer: another poll, or nothing, because it is the
/// action's result. A poll that is answered 202 may refresh the `Location`;
/// without one the `previous` stays. A first 202 without `Location` is taken
/// as success.
pub fn next_poll(response: &Response, previous: Option<&str>, now: Timestamp) -> Option<Poll> {
    if response.status != 202 {
        return None;
    }
    let location = response.headers.get("location").or(previous)?.to_owned();
    Some(Poll { location, after: retry_after(response, now).unwrap_or(DEFAULT_POLL_INTERVAL) })
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::wire::Headers;

    fn answer(status: u16, fields: &[(&str, &str)]) -> Response {
        let headers: Headers = fields.iter().copied().collect();
        Response { status, headers, body: Bytes::new(), truncated: false }
    }

    #[test]
    fn accepted_work_is_asked_again_until_another_answer_comes() {
        let now = Timestamp::default();
        let first = answer(202, &[("Location", "/jobs/1"), ("Retry-After", "3")]);
        let poll = next_poll(&first, None, now).expect("polled");
        assert_eq!((poll.location.as_str(), poll.after), ("/jobs/1", Duration::from_secs(3)));
        let again = next_poll(&answer(202, &[]), Some("/jobs/1"), now).expect("polled");
        assert_eq!((again.location.as_str(), again.after), ("/jobs/1", DEFAULT_POLL_INTERVAL));
        let moved = next_poll(&answer(202, &[("Location", "/jobs/2")]), Some("/jobs/1"), now).expect("polled");
        assert_eq!(moved.location, "/jobs/2");
        assert_eq!(next_poll(&answer(200, &[]), Some("/jobs/1"), now), None);
        assert_eq!(next_poll(&answer(202, &[]), None, now), None);
    }
}
