//! Gateway rows from the shapes in which they are exported (reference: the
//! `ApiManagementGatewayLogs` table and the diagnostic-setting record).

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::clock::Timestamp;
use crate::observe::{CacheUse, GatewayRow, TraceRecord};

/// What a file held.
#[derive(Clone, Debug, Default)]
pub struct RowsRead {
    /// The rows, in the order of the file.
    pub rows: Vec<GatewayRow>,
    /// What could not be read.
    pub faults: Vec<RowFault>,
}

/// A line that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RowFault {
    /// The file, as the user named it.
    pub file: Arc<str>,
    /// Line, from 1.
    pub line: usize,
    /// Why not.
    pub what: String,
}

impl std::fmt::Display for RowFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.what)
    }
}

/// Reads JSON lines, each a row of the table (`TimeGenerated`, `Url`, …), a
/// diagnostic-setting record (`time`, `properties`) or an event with
/// `records`; also one JSON document for the whole file: an array of rows, or
/// the answer of the logs query API (`tables`). Column names compare without
/// regard to case, values may be texts. A line that can't be read is a fault,
/// and the others are read all the same.
pub fn read_rows(file: &str, text: &str) -> RowsRead {
    let mut read = RowsRead::default();
    let file: Arc<str> = file.into();
    let text = text.trim_start_matches('\u{feff}');
    let by_line = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let mut lines = by_line.clone().map(|(i, line)| (i + 1, serde_json::from_str::<Value>(line)));
    let one_document = by_line.clone().nth(1).is_some() && lines.next().is_some_and(|(_, first)| first.is_err());
    if one_document && let Ok(document) = serde_json::from_str::<Value>(text) {
        read.take(&file, 1, &document);
        return read;
    }
    for (i, line) in by_line {
        match serde_json::from_str(line) {
            Ok(value) => read.take(&file, i + 1, &value),
            Err(error) => read.fault(&file, i + 1, format!("no JSON: {error}")),
        }
    }
    read
}

impl RowsRead {
    /// Adds what another file held.
    pub fn extend(&mut self, other: Self) {
        self.rows.extend(other.rows);
        self.faults.extend(other.faults);
    }

    fn fault(&mut self, file: &Arc<str>, line: usize, what: String) {
        self.faults.push(RowFault { file: file.clone(), line, what });
    }

    fn take(&mut self, file: &Arc<str>, line: usize, value: &Value) {
        match value {
            Value::Array(rows) => rows.iter().for_each(|row| self.take(file, line, row)),
            Value::Object(members) => {
                let columns = Columns::of(members);
                if let Some(Value::Array(records)) = columns.get("records") {
                    for record in records {
                        self.take(file, line, record);
                    }
                } else if let Some(Value::Array(tables)) = columns.get("tables") {
                    for table in tables {
                        self.take_table(file, line, table);
                    }
                } else {
                    match row(&columns) {
                        Ok(row) => self.rows.push(row),
                        Err(what) => self.fault(file, line, what),
                    }
                }
            }
            _ => self.fault(file, line, "expected an object".to_owned()),
        }
    }

    /// A table of the logs query API: columns apart from their values.
    fn take_table(&mut self, file: &Arc<str>, line: usize, table: &Value) {
        let names: Vec<String> = table["columns"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|column| column["name"].as_str().unwrap_or_default().to_owned())
            .collect();
        for values in table["rows"].as_array().into_iter().flatten() {
            let values = values.as_array().cloned().unwrap_or_default();
            let members: Map<String, Value> = names.iter().cloned().zip(values).collect();
            self.take(file, line, &Value::Object(members));
        }
    }
}

/// The columns of one row by lower-case name.
struct Columns<'a>(BTreeMap<String, &'a Value>);

impl<'a> Columns<'a> {
    fn of(members: &'a Map<String, Value>) -> Self {
        let mut columns: BTreeMap<_, _> = members.iter().map(|(name, value)| (name.to_lowercase(), value)).collect();
        if let Some(Value::Object(properties)) = columns.get("properties") {
            for (name, value) in properties {
                columns.entry(name.to_lowercase()).or_insert(value);
            }
        }
        Self(columns)
    }

    fn get(&self, name: &str) -> Option<&'a Value> {
        self.0.get(name).copied().filter(|value| !value.is_null())
    }

    fn text(&self, name: &str) -> String {
        match self.get(name) {
            Some(Value::String(text)) => text.clone(),
            Some(value) => value.to_string(),
            None => String::new(),
        }
    }

    fn number(&self, names: &[&str]) -> u64 {
        let value = names.iter().find_map(|name| self.get(name));
        let number = value.and_then(|value| value.as_f64().or_else(|| value.as_str()?.trim().parse().ok()));
        number.map_or(0, |number: f64| number as u64)
    }

    /// A dynamic column: JSON, or JSON in a text.
    fn dynamic(&self, name: &str) -> Value {
        match self.get(name) {
            Some(Value::String(text)) => serde_json::from_str(text).unwrap_or(Value::Null),
            Some(value) => value.clone(),
            None => Value::Null,
        }
    }
}

fn row(columns: &Columns<'_>) -> Result<GatewayRow, String> {
    let time = ["timegenerated", "time", "timegenerated [utc]"].iter().find_map(|name| columns.get(name));
    let Some(time) = time else {
        return Err("no `TimeGenerated` and no `time`".to_owned());
    };
    let time_generated =
        time.as_str().and_then(Timestamp::parse).ok_or_else(|| format!("the time {time} is no RFC 3339 instant"))?;
    let (url, api_id) = (columns.text("url"), columns.text("apiid"));
    if url.is_empty() && api_id.is_empty() {
        return Err("neither `Url` nor `ApiId` tells which API was called".to_owned());
    }
    let success = columns.get("isrequestsuccess");
    let failure = columns.dynamic("lasterror");
    let last_error = |member: &str| match failure[member].as_str() {
        Some(text) => text.to_owned(),
        None => columns.text(&format!("lasterror{member}")),
    };
    let elapsed = failure.get("elapsed").or_else(|| columns.get("lasterrorelapsed"));
    Ok(GatewayRow {
        time_generated,
        correlation_id: columns.text("correlationid"),
        region: columns.text("region").into(),
        is_request_success: success
            .is_some_and(|v| v.as_bool() == Some(true) || v.as_str().is_some_and(|s| s.eq_ignore_ascii_case("true"))),
        total_time: columns.number(&["totaltime", "durationms"]),
        caller_ip_address: columns.text("calleripaddress"),
        method: columns.text("method"),
        url,
        client_protocol: columns.text("clientprotocol").into(),
        client_tls_version: columns.text("clienttlsversion").into(),
        response_code: columns.number(&["responsecode"]) as u16,
        response_size: columns.number(&["responsesize"]),
        request_size: columns.number(&["requestsize"]),
        cache: cache(&columns.text("cache")),
        cache_time: columns.number(&["cachetime"]),
        client_time: columns.number(&["clienttime"]),
        backend_time: columns.number(&["backendtime"]),
        backend_method: columns.text("backendmethod"),
        backend_url: columns.text("backendurl"),
        backend_response_code: columns.number(&["backendresponsecode"]) as u16,
        backend_protocol: columns.text("backendprotocol").into(),
        backend_id: columns.text("backendid").into(),
        api_id,
        operation_id: columns.text("operationid"),
        api_revision: columns.text("apirevision"),
        product_id: columns.text("productid"),
        user_id: columns.text("userid"),
        apim_subscription_id: columns.text("apimsubscriptionid"),
        last_error_elapsed: elapsed.and_then(Value::as_u64),
        last_error_source: last_error("source"),
        last_error_reason: last_error("reason"),
        last_error_message: last_error("message"),
        last_error_scope: last_error("scope"),
        last_error_section: last_error("section"),
        // What an instance writes into it is dynamic; nothing here asks for it.
        errors: serde_json::from_value(columns.dynamic("errors")).unwrap_or_default(),
        is_trace_requested: columns.text("istracerequested").eq_ignore_ascii_case("true"),
        request_headers: texts(&columns.dynamic("requestheaders")),
        trace_records: traces(&columns.dynamic("tracerecords")),
    })
}

fn cache(text: &str) -> CacheUse {
    match text.to_ascii_lowercase().as_str() {
        "hit" => CacheUse::Hit,
        "miss" => CacheUse::Miss,
        _ => CacheUse::None,
    }
}

fn texts(value: &Value) -> BTreeMap<String, String> {
    let members = value.as_object().into_iter().flatten();
    members
        .map(|(name, value)| {
            let text = match value {
                Value::String(text) => text.clone(),
                Value::Array(values) => values.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
                value => value.to_string(),
            };
            (name.clone(), text)
        })
        .collect()
}

fn traces(value: &Value) -> Vec<TraceRecord> {
    let records = value.as_array().into_iter().flatten().filter_map(Value::as_object);
    records
        .map(|record| {
            let columns = Columns::of(record);
            TraceRecord {
                source: columns.text("source"),
                severity: columns.text("severity"),
                message: columns.text("message"),
                metadata: texts(&columns.dynamic("metadata")),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_exported_shape_is_read() {
        let table = r#"{"TimeGenerated":"2026-08-01T10:00:00Z","Url":"https://g/a/v1/x","ResponseCode":"200","IsRequestSuccess":"True","ApimSubscriptionId":"s1","RequestHeaders":"{\"x-ms-workflow-name\":\"nightly\"}","TraceRecords":[{"Source":"t","Metadata":{"applicationId":"app"}}]}"#;
        let record = r#"{"time":"2026-08-01T10:00:00.00Z","durationMs":152,"isRequestSuccess":false,"properties":{"url":"https://g/a/v1/x","responseCode":404,"apiId":"a-v1","lastError":{"source":"configuration","reason":"OperationNotFound"}}}"#;
        let events = format!(r#"{{"records":[{record},{record}]}}"#);
        let query = "{\"tables\":[{\"columns\":[{\"name\":\"TimeGenerated\"},{\"name\":\"ApiId\"}],\n\"rows\":[[\"2026-08-01T10:00:00Z\",\"a-v1\"]]}]}";
        let read = read_rows("rows.jsonl", &format!("\u{feff}{table}\n\n{record}\n{events}\n"));
        assert_eq!((read.rows.len(), read.faults.len()), (4, 0), "{:?}", read.faults);
        let first = &read.rows[0];
        assert_eq!((first.response_code, first.is_request_success), (200, true));
        assert_eq!(first.traced("applicationId"), Some("app"));
        assert_eq!(first.request_headers["x-ms-workflow-name"], "nightly");
        assert_eq!((read.rows[1].total_time, read.rows[1].last_error_reason.as_str()), (152, "OperationNotFound"));
        for document in [query, &format!("[{table},\n{record}]")] {
            let read = read_rows("x.json", document);
            assert!(!read.rows.is_empty() && read.faults.is_empty(), "{:?}", read.faults);
        }
    }

    #[test]
    fn our_own_rows_read_back() {
        let row = GatewayRow {
            time_generated: Timestamp::from_seconds(1_800_000_000),
            url: "http://127.0.0.1:1/a/v1/x".into(),
            response_code: 201,
            is_request_success: true,
            trace_records: vec![TraceRecord {
                metadata: [("applicationId".into(), "app".into())].into(),
                ..TraceRecord::default()
            }],
            ..GatewayRow::default()
        };
        let read = read_rows("x", &serde_json::to_string(&row).expect("JSON"));
        assert_eq!(read.rows, [row]);
    }

    #[test]
    fn faults_name_file_and_line_and_stop_nothing() {
        let good = r#"{"time":"2026-08-01","url":"/x"}"#;
        let read = read_rows("r.jsonl", &format!("{good}\nnot json\n\n{{\"url\":\"/x\"}}\n7\n{good}"));
        let faults: Vec<_> = read.faults.iter().map(ToString::to_string).collect();
        assert_eq!(read.rows.len(), 2);
        assert!(faults[0].starts_with("r.jsonl:2: no JSON"), "{faults:?}");
        assert_eq!(faults[1..], ["r.jsonl:4: no `TimeGenerated` and no `time`", "r.jsonl:5: expected an object"]);
    }
}
