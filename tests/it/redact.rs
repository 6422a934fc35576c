//! What differs from run to run, taken out of texts before they are compared:
//! the only place that knows it.

use regex::{Captures, Regex};

/// Ports, run folders, counts that timing decides, and times. What has a fixed
/// width keeps it.
pub(crate) fn redact(text: &str) -> String {
    let hashes = |found: &Captures<'_>| format!("{}{}", &found[1], "#".repeat(found[2].len()));
    let text = replace(text, r"(127\.0\.0\.1:)\d+", "$1#####");
    let text = pattern(r"(reports?: ).*?(\d{8}T\d{6})").replace_all(&text, "${1}REPORTS/########T######").into_owned();
    let text = pattern(r"(nonce: )([0-9a-f]{12})").replace_all(&text, hashes).into_owned();
    let text = replace(&text, r"\d+ (exchanges|effects|throttled)", "# $1");
    let text = replace(&text, r"\d+ a second", "# a second");
    let text = replace(&text, r"(seen +)\d+ times", "$1# times");
    let text = replace(&text, r"(contract coverage: )[0-9.]+ %", "$1# %");
    // How a case was made smaller follows from how it was drawn.
    let text = replace(&text, r"(:\d+)~\d+(?:\.\d+)*", "$1~#");
    let text = replace(&text, r"\d+ to \d+ bytes in \d+ plays?", "# to # bytes in # plays");
    replace(&text, r"\bin (?:\d+ min )?[0-9.]+ (?:ms|s)\b", "in # s")
}

fn replace(text: &str, what: &str, with: &str) -> String {
    pattern(what).replace_all(text, with).into_owned()
}

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is valid")
}

#[test]
fn two_runs_read_the_same_and_other_words_stay() {
    let run = |port, exchanges, took, when| {
        format!(
            "at http://127.0.0.1:{port}/a\n60 cases, {exchanges} exchanges, 3 throttled in {took}; seed 1\nreport: /tmp/x/{when}-check-n/report.html\n"
        )
    };
    let (a, b) = (run(80, 9, "5.4 s", "20261122T015152"), run(45_565, 2889, "1 min 2 s", "20261122T015158"));
    assert_eq!(redact(&a), redact(&b));
    assert_eq!(redact("within 30 d, Retry-After 5 s"), "within 30 d, Retry-After 5 s");
}
