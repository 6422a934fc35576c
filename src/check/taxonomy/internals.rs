//! `taxonomy/internals`.

use std::sync::LazyLock;

use regex::{Regex, RegexSet};

use super::failed;
use crate::check::claim::Claim;
use crate::check::{Check, ExchangeSubject, Family, Finding, Judge, Level};
use crate::generate::Need;
use crate::wire::Request;

pub(in crate::check) const CHECK: Check = Check {
    id: "taxonomy/internals",
    family: Family::Taxonomy,
    title: "no error shows what is inside",
    explanation: "The body of an error holds no stack trace, no SQL, no connection string, no path of a source file \
        and no internal address. They help an attacker and nobody else; whoever operates the service finds them in \
        its log, by the correlation ID.\n\nText that the request itself carried and the answer repeats is not \
        counted.",
    level: Level::Error,
    needs: &[Need::Behaviour],
    judge: Judge::Exchange(judge),
};

/// What gives it away, and in which words to tell. Each is text that no
/// sentence for a caller has by chance.
const SIGNS: [(&str, &str); 17] = [
    ("a Python stack trace", r"Traceback \(most recent call last\)"),
    ("a Python stack frame", r#"File "[^"\n]+", line \d+"#),
    ("a Rust panic", r"panicked at |RUST_BACKTRACE|stack backtrace:"),
    ("a .NET stack frame", r"\bat (?:Microsoft|System|Azure)\.[\w.<>`]+"),
    ("a .NET stack frame", r"\bat [\w.<>`]+\([^)\n]*\) in [^\n]+:line \d+"),
    ("a .NET exception", r"\b(?:System|Microsoft)(?:\.\w+)+Exception\b"),
    ("a Java stack frame", r"\bat [\w.$]+\(\w+\.(?:java|kt|scala):\d+\)"),
    ("a Java exception", r"\b(?:java|javax|org\.springframework)(?:\.\w+)+(?:Exception|Error)\b"),
    ("a JavaScript stack frame", r"\bat [^\n]+?\(?(?:/|file:|node:)[^\s)]+:\d+:\d+"),
    (
        "SQL",
        r"(?i)\b(?:select\s[\w*,.\s\[\]]+?\sfrom|insert\s+into|delete\s+from)\s+[\w.\[\]]+\s*(?:\(|where\b|values\b|;|$)",
    ),
    ("a database error", r"SQLSTATE|\bORA-\d{5}\b|SqlException|psycopg2?\.|sqlalchemy\.|sqlite3\.\w+Error"),
    ("a connection string", r"(?i)\b(?:AccountKey|SharedAccessKey|Password|Pwd)=[^;\s]+;?|DefaultEndpointsProtocol="),
    ("a connection string", r"(?i)\b(?:Server|Data Source)=[^;\s]+;\s*(?:Database|Initial Catalog|User)"),
    ("a connection string", r"\b(?:postgres(?:ql)?|mysql|mongodb(?:\+srv)?|redis|amqps?)://[^\s/@]+@"),
    (
        "a path of a source file",
        r"(?:/(?:[\w.-]+/)+|[A-Za-z]:\\(?:[\w .-]+\\)+|\bsrc[/\\](?:[\w.-]+[/\\])*)[\w.-]+\.(?:py|rs|cs|java|js|ts|go|rb|php|dll)\b",
    ),
    (
        "an internal address",
        r"\b(?:localhost|127(?:\.\d{1,3}){3}|10(?:\.\d{1,3}){3}|192\.168(?:\.\d{1,3}){2}|172\.(?:1[6-9]|2\d|3[01])(?:\.\d{1,3}){2}):\d{2,5}\b",
    ),
    (
        "an internal host name",
        r"\b[\w-]+(?:\.[\w-]+)*\.(?:internal|local|svc|cluster\.local|database\.windows\.net)\b(?::\d+)?",
    ),
];

static SET: LazyLock<RegexSet> =
    LazyLock::new(|| RegexSet::new(SIGNS.map(|(_, pattern)| pattern)).expect("the patterns are constants"));

static EACH: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    SIGNS.iter().map(|(_, pattern)| Regex::new(pattern).expect("the patterns are constants")).collect()
});

fn judge(subject: &ExchangeSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some((behaviour, response)) = failed(subject) else { return false };
    let text = readable(&response.body);
    for number in &SET.matches(&text) {
        let (name, _) = SIGNS[number];
        let Some(sign) =
            EACH[number].find_iter(&text).map(|m| m.as_str()).find(|s| !echoed(s, &subject.exchange.request))
        else {
            continue;
        };
        found.push(subject.finding(
            &CHECK,
            Claim {
                what: name.to_owned(),
                title: format!("an error {} shows {name}", response.status),
                expected: "an error that says what the caller can change, and nothing of the inside".to_owned(),
                actual: sign.chars().take(160).collect(),
                place: Some(behaviour.place("/errors")),
            },
        ));
    }
    true
}

/// A body as text, with the escapes of JSON undone that would hide a line
/// break or a quotation mark.
fn readable(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    text.replace("\\n", "\n").replace("\\\"", "\"").replace("\\\\", "\\").replace("\\/", "/")
}

/// Whether the request itself brought the words.
fn echoed(sign: &str, request: &Request) -> bool {
    request.target.contains(sign)
        || request.headers.iter().any(|(_, value)| value.contains(sign))
        || request.body.bytes().is_some_and(|body| readable(body).contains(sign))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::check::synthetic::{Play, answer, exchange_findings, failure, with_behaviour};
    use crate::generate::{CaseKind, Expect};

    #[test]
    fn what_is_inside_is_found() {
        let contract = with_behaviour();
        for detail in [
            "Traceback (most recent call last):\n  File \"/app/main.py\", line 12, in submit",
            "thread 'main' panicked at src/service/bulk.rs:42:7",
            "   at Microsoft.AspNetCore.Mvc.Invoke(Context c) in C:\\src\\Invoke.cs:line 7",
            "at com.contoso.Bulk.run(Bulk.java:12)",
            "at Object.<anonymous> (/srv/app/index.js:10:5)",
            "SELECT name, id FROM accounts WHERE id = 1",
            "Server=tcp:db1;Database=crm;User Id=sa",
            "postgres://app:secret@db/crm",
            "could not connect to 10.0.3.7:8443",
            "dial tcp crm-db.svc.cluster.local:5432",
        ] {
            let body = json!({"status": 500, "failureType": "internal", "detail": detail});
            assert!(!exchange_findings(&super::CHECK, &contract, answer(500).json(&body)).is_empty(), "{detail}");
        }
    }

    #[test]
    fn plain_words_and_echoes_are_not() {
        let contract = with_behaviour();
        for detail in [
            "Select a value from the list; insert into the field what you know.",
            "records/0/creditLimit: -1 is less than the minimum of 0",
            "The service answers at most 500 records at a time (see docs/limits.md).",
            "Unknown key `at`; delete from your request what is not declared.",
        ] {
            let body = json!({"status": 400, "failureType": "validation_error", "detail": detail});
            assert!(exchange_findings(&super::CHECK, &contract, answer(400).json(&body)).is_empty(), "{detail}");
        }
        let sent = json!({"note": "panicked at the sight"});
        let body = json!({"status": 400, "detail": "`panicked at the sight` is too long"});
        let play =
            Play::new(CaseKind::Violating).call(Expect::Refused(vec![])).body(&sent).answered(answer(400).json(&body));
        assert!(play.findings(&super::CHECK, &contract).is_empty());
        assert!(exchange_findings(&super::CHECK, &contract, failure(503, "in_progress")).is_empty());
    }
}
