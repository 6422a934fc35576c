//! Kinds and fields of faults by what they are about, as people look for them.

use std::fmt::Write as _;

/// Words of one matter.
pub(super) type Group = (&'static str, &'static [&'static str]);

/// What can go wrong.
pub(super) const KINDS: [Group; 9] = [
    ("server", &["deadlock", "sql_timeout", "unexpected", "internal", "not_implemented"]),
    ("availability", &["unavailable", "flapping", "service_unavailable", "bad_gateway", "gateway_timeout"]),
    ("limits", &["throttled", "storm", "requests_exceeded", "execution_time_exceeded", "concurrency_exceeded"]),
    ("answer", &["answer_lost", "reset", "half_body", "slow_body", "slow", "latency", "commit_later", "off_schema"]),
    ("reads", &["stale_read", "stuck_cookie"]),
    (
        "other writers",
        &[
            "somebody_else",
            "concurrency_mismatch",
            "duplicate_key",
            "duplicate_id",
            "duplicate_id_conflict",
            "duplicate_record",
            "record_exists",
            "plugin_duplicate_key",
            "cannot_delete_associated",
        ],
    ),
    (
        "the request",
        &[
            "validation_error",
            "invalid_argument",
            "bad_payload",
            "no_property",
            "no_segment",
            "not_found",
            "key_not_found",
            "too_large",
            "plugin_error",
        ],
    ),
    (
        "who asks",
        &[
            "unauthorized",
            "expired_token",
            "missing_privilege",
            "access_denied",
            "privilege_check_failed",
            "user_disabled",
        ],
    ),
    ("any other", &["error"]),
];

/// Fields that belong to a kind.
pub(super) const OF_KINDS: [&str; 16] = [
    "by",
    "retry_after",
    "growth",
    "longest",
    "answer",
    "status",
    "code",
    "message",
    "least",
    "most",
    "mean",
    "median",
    "p95",
    "quantiles",
    "column",
    "value",
];

/// What can be said of a fault.
pub(super) const FIELDS: [Group; 5] = [
    ("what", &["kind"]),
    ("which requests", &["tier", "table", "operation", "method", "principal", "correlation"]),
    ("how many", &["share", "every", "after", "times"]),
    ("when", &["from", "until", "time", "on_for", "off_for"]),
    ("some kinds", &OF_KINDS),
];

/// Where words begin, and where a line ends at the latest.
const INDENT: usize = 20;
const WIDTH: usize = 78;

/// The words of the groups that may stand somewhere, a line or more for each
/// group.
pub(super) fn listed(groups: &[Group], may: impl Fn(&str) -> bool) -> String {
    let mut text = String::new();
    for (title, words) in groups {
        let words: Vec<&str> = words.iter().copied().filter(|word| may(word)).collect();
        let Some((last, _)) = words.split_last() else { continue };
        // Writing to a String does not fail.
        let _ = write!(text, "\n    {title:<0$}", INDENT - 4);
        let mut column = INDENT;
        for word in &words {
            let comma = if word == last { "" } else { "," };
            if column > INDENT && column + 1 + word.len() + comma.len() > WIDTH {
                let _ = write!(text, "\n{:INDENT$}", "");
                column = INDENT;
            }
            if column > INDENT {
                text.push(' ');
                column += 1;
            }
            let _ = write!(text, "{word}{comma}");
            column += word.len() + comma.len();
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_short_and_words_are_whole() {
        let text = listed(&KINDS, |_| true);
        assert!(text.lines().all(|line| line.len() <= WIDTH), "{text}");
        let words: usize = KINDS.iter().map(|(_, words)| words.len()).sum();
        let commas = text.matches(',').count();
        assert_eq!(commas, words - KINDS.len(), "{text}");
        assert_eq!(listed(&KINDS, |word| word == "storm").trim(), "limits          storm");
    }
}
