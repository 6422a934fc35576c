//! What was got against what was expected.

use std::collections::BTreeMap;
use std::fmt::Debug;

use http::HeaderMap;
use regex::Regex;
use seamstress::observe::GatewayRow;
use seamstress::stack::gateway::MetricSeries;
use serde_json::Value;

use super::document::{Expect, LastError, Metric, Received, Texts};
use super::world::Seen;

/// What came of one request.
pub(crate) struct Got {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
    /// What the backend got meanwhile.
    pub(crate) seen: Vec<Seen>,
    pub(crate) row: GatewayRow,
}

/// Compares diagnostics: each expected part is in one, and there are not more.
pub(crate) fn diagnostics(expected: &[String], told: &str) -> Vec<String> {
    if expected.is_empty() {
        return vec![format!("it does not load:\n{told}")];
    }
    let found: Vec<&str> = told.split("\n\n").filter(|d| !d.trim().is_empty()).collect();
    let mut mismatches: Vec<String> =
        expected.iter().filter(|e| !told.contains(*e)).map(|e| format!("no diagnostic says `{e}`:\n{told}")).collect();
    let errors = found.iter().filter(|d| d.starts_with("error")).count();
    if mismatches.is_empty() && errors > expected.len() {
        mismatches.push(format!("{errors} errors, expected {}:\n{told}", expected.len()));
    }
    mismatches
}

/// Compares an answer, what the backend got, and the gateway's row.
pub(crate) fn answer(expect: &Expect, got: &Got) -> Vec<String> {
    let mut mismatches = Mismatches::default();
    mismatches.same("status", expect.status.as_ref(), &got.status);
    mismatches.headers("", &expect.headers, &got.headers);
    mismatches.body("", (expect.body.as_deref(), expect.body_matches.as_deref(), expect.json.as_ref()), &got.body);
    match &expect.backend {
        None => {}
        Some(None) if got.seen.is_empty() => {}
        Some(None) => mismatches.0.push(format!("the backend was called: {:?}", got.seen[0].target)),
        Some(Some(received)) => mismatches.received(received, got.seen.last()),
    }
    mismatches.same("calls of the backend", expect.backend_calls.as_ref(), &got.seen.len());
    match &expect.last_error {
        None => {}
        Some(None) => mismatches.same("LastError.Source", Some(&String::new()), &got.row.last_error_source),
        Some(Some(error)) => mismatches.last_error(error, &got.row),
    }
    let traces = got.row.trace_records.iter().map(|t| t.message.clone()).collect::<Vec<_>>();
    mismatches.same("traces", expect.traces.as_ref(), &traces);
    if !mismatches.0.is_empty() {
        mismatches.0.push(format!("  the answer was {} {:?}, {:?}", got.status, got.body, got.row.last_error_message));
    }
    mismatches.0
}

/// Compares what `emit-metric` counted.
pub(crate) fn metrics(expected: &[Metric], actual: &[MetricSeries]) -> Vec<String> {
    let actual: Vec<Metric> = actual
        .iter()
        .map(|series| Metric {
            namespace: series.namespace.to_string(),
            name: series.name.to_string(),
            dimensions: series.dimensions.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect(),
            count: series.count,
            sum: series.sum,
        })
        .collect();
    let mut mismatches = Mismatches::default();
    mismatches.same("metrics", Some(&expected), &actual.as_slice());
    mismatches.0
}

#[derive(Default)]
struct Mismatches(Vec<String>);

impl Mismatches {
    fn same<T: PartialEq + Debug>(&mut self, what: &str, expected: Option<&T>, actual: &T) {
        if let Some(expected) = expected
            && expected != actual
        {
            self.0.push(format!("{what}: expected {expected:?}, got {actual:?}"));
        }
    }

    fn headers(&mut self, whose: &str, expected: &BTreeMap<String, Option<Texts>>, actual: &HeaderMap) {
        for (name, value) in expected {
            let expected = value.as_ref().map(|texts| texts.all().to_vec()).unwrap_or_default();
            let actual: Vec<String> =
                actual.get_all(name).iter().map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned()).collect();
            self.same(&format!("{whose}{name}"), Some(&expected), &actual);
        }
    }

    fn body(&mut self, whose: &str, (text, pattern, json): (Option<&str>, Option<&str>, Option<&Value>), actual: &str) {
        self.same(&format!("{whose}body"), text.as_ref(), &actual);
        if let Some(pattern) = pattern {
            let regex = Regex::new(&format!("(?s)^(?:{pattern})$")).unwrap_or_else(|e| panic!("{e}"));
            if !regex.is_match(actual) {
                self.0.push(format!("{whose}body: expected to match {pattern:?}, got {actual:?}"));
            }
        }
        if let Some(json) = json {
            match serde_json::from_str::<Value>(actual) {
                Ok(actual) => self.same(&format!("{whose}body"), Some(json), &actual),
                Err(e) => self.0.push(format!("{whose}body: no JSON ({e}): {actual:?}")),
            }
        }
    }

    fn received(&mut self, expected: &Received, actual: Option<&Seen>) {
        let Some(actual) = actual else {
            self.0.push("the backend was not called".to_owned());
            return;
        };
        self.same("backend's method", expected.method.as_ref(), &actual.method.to_string());
        self.same("backend's path", expected.path.as_ref(), &actual.target);
        self.headers("backend's ", &expected.headers, &actual.headers);
        let body = String::from_utf8_lossy(&actual.body);
        let wanted = (expected.body.as_deref(), expected.body_matches.as_deref(), expected.json.as_ref());
        self.body("backend's ", wanted, &body);
    }

    fn last_error(&mut self, expected: &LastError, row: &GatewayRow) {
        self.same("LastError.Source", expected.source.as_ref(), &row.last_error_source);
        self.same("LastError.Reason", expected.reason.as_ref(), &row.last_error_reason);
        self.same("LastError.Message", expected.message.as_ref(), &row.last_error_message);
        self.same("LastError.Section", expected.section.as_ref(), &row.last_error_section);
    }
}
