//! Files of what was recorded.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::record::{ActionRecord, History, RequestRecord, RunRecord};
use super::rows::header;
use crate::clock::Timestamp;
use crate::diagnose::{Diagnostic, Diagnostics, Place};
use crate::readiness::read_rows;

impl History {
    /// Reads a file: runs, actions, repetitions or request histories as the
    /// management API answers them; rows of `FlowRun` as OData or CSV; rows of a
    /// gateway's log as JSON lines.
    ///
    /// # Errors
    /// It is none of these, or an entry can't be read.
    pub fn read(file: &str, text: &str) -> Result<Self, Diagnostics> {
        let text = text.trim_start_matches('\u{feff}');
        if !text.trim_start().starts_with(['{', '[']) {
            return table(file, text);
        }
        // A gateway's log is lines; everything else is one document.
        match serde_json::from_str::<Value>(text) {
            Ok(document) if !is_row(&document) => of_document(file, &document),
            _ => gateway(file, text),
        }
    }
}

fn is_row(document: &Value) -> bool {
    let first = document.get(0).unwrap_or(document);
    ["TimeGenerated", "time", "tables", "records"].iter().any(|key| first.get(*key).is_some())
}

fn of_document(file: &str, document: &Value) -> Result<History, Diagnostics> {
    let entries: Vec<&Value> = match document.get("value").unwrap_or(document) {
        Value::Array(entries) => entries.iter().collect(),
        one => vec![one],
    };
    let (mut history, mut faults) = (History::default(), Diagnostics::new());
    for (number, entry) in entries.into_iter().enumerate() {
        let taken = if entry.get("starttime").is_some() {
            flow_run(&|key| entry.get(key).and_then(Value::as_str).map(str::to_owned)).map(|run| history.runs.push(run))
        } else {
            resource(entry, &mut history)
        };
        if let Err(what) = taken {
            faults.push(unreadable(Place::file(file), number, &what));
        }
    }
    if faults.has_errors() { Err(faults) } else { Ok(history) }
}

fn unreadable(place: Place, number: usize, what: &str) -> Diagnostic {
    Diagnostic::error(place, format!("entry {} can't be read: {what}", number + 1)).expected(
        "runs, actions, repetitions or requestHistories as the management API answers them, rows of FlowRun, or rows of \
         ApiManagementGatewayLogs",
    )
}

fn gateway(file: &str, text: &str) -> Result<History, Diagnostics> {
    let read = read_rows(file, text);
    let mut faults = Diagnostics::new();
    for fault in &read.faults {
        let place = Place { file: file.into(), line: fault.line as u32, column: 1 };
        faults.push(Diagnostic::error(place, fault.what.clone()).expected("a row of ApiManagementGatewayLogs"));
    }
    let header = |headers: &BTreeMap<String, String>, name: &str| header(headers, name).unwrap_or_default();
    let requests = read.rows.iter().map(|row| RequestRecord {
        flow: header(&row.request_headers, "x-ms-workflow-name"),
        run: header(&row.request_headers, "x-ms-workflow-run-id"),
        action: header(&row.request_headers, "x-ms-workflow-operation-name"),
        method: row.method.clone(),
        url: row.url.clone(),
        start: row.time_generated,
        took: Duration::from_millis(row.total_time),
        status: row.response_code,
        fields: row.request_headers.clone(),
    });
    let requests = requests.collect();
    if faults.has_errors() { Err(faults) } else { Ok(History { requests, ..History::default() }) }
}

fn instant(text: Option<&str>, what: &str) -> Result<Timestamp, String> {
    let text = text.ok_or_else(|| format!("it has no `{what}`"))?;
    Timestamp::parse(text).ok_or_else(|| format!("`{what}` is no RFC 3339 instant: {text}"))
}

/// A row of the table `FlowRun`.
fn flow_run(column: &dyn Fn(&str) -> Option<String>) -> Result<RunRecord, String> {
    let filled = |key: &str| column(key).filter(|text| !text.trim().is_empty());
    let start = instant(filled("starttime").as_deref(), "starttime")?;
    let title = filled("workflowname");
    let flow = filled("workflowid").or_else(|| filled("_workflow_value")).or_else(|| title.clone());
    Ok(RunRecord {
        flow: flow.unwrap_or_default().to_ascii_lowercase(),
        title,
        start,
        end: filled("endtime").and_then(|text| Timestamp::parse(&text)),
        scheduled: None,
        status: filled("status").unwrap_or_default(),
        is_child: filled("parentrunid").is_some(),
        copy: None,
    })
}

/// Rows of `FlowRun` as CSV.
fn table(file: &str, text: &str) -> Result<History, Diagnostics> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let names: Vec<String> =
        reader.headers().map(|names| names.iter().map(|name| name.trim().to_lowercase()).collect()).unwrap_or_default();
    if !names.iter().any(|name| name == "starttime") {
        let place = Place { file: file.into(), line: 1, column: 1 };
        return Err(Diagnostic::error(place, "it is no file of what was recorded")
            .expected("JSON, or CSV with a column `starttime` as the table FlowRun has it")
            .into());
    }
    let (mut history, mut faults) = (History::default(), Diagnostics::new());
    for (number, row) in reader.records().enumerate() {
        let run = row
            .map_err(|fault| fault.to_string())
            .and_then(|row| flow_run(&|key| Some(row.get(names.iter().position(|name| name == key)?)?.to_owned())));
        match run {
            Ok(run) => history.runs.push(run),
            Err(what) => {
                let place = Place { file: file.into(), line: number as u32 + 2, column: 1 };
                faults.push(unreadable(place, number, &what));
            }
        }
    }
    if faults.has_errors() { Err(faults) } else { Ok(history) }
}

/// A run, an action, a repetition or a request history.
fn resource(entry: &Value, history: &mut History) -> Result<(), String> {
    let id = entry["id"].as_str().unwrap_or_default();
    let after = |segment: &str| {
        let mut segments = id.split('/');
        segments.by_ref().find(|other| other.eq_ignore_ascii_case(segment))?;
        segments.next().map(str::to_owned)
    };
    let flow = after("workflows").or_else(|| after("flows")).unwrap_or_default();
    let run = after("runs").unwrap_or_default();
    let properties = &entry["properties"];
    if !properties.is_object() {
        return Err("it has no `properties`".to_owned());
    }
    if !properties["request"].is_null() {
        let action = after("actions").unwrap_or_default();
        history.requests.push(request(properties, flow, run, action)?);
    } else if let Some(name) = after("actions") {
        history.actions.push(action(properties, flow, run, name, after("repetitions").is_some())?);
    } else {
        let run = if run.is_empty() { entry["name"].as_str().unwrap_or_default().to_owned() } else { run };
        whole_run(properties, flow, &run, history)?;
    }
    Ok(())
}

/// A run, with its actions where they were asked for.
fn whole_run(properties: &Value, flow: String, run: &str, history: &mut History) -> Result<(), String> {
    let start = instant(properties["startTime"].as_str(), "startTime")?;
    let time = |key: &str| properties["trigger"][key].as_str().and_then(Timestamp::parse);
    for (name, inner) in properties["actions"].as_object().into_iter().flatten() {
        history.actions.push(action(inner, flow.clone(), run.to_owned(), name.clone(), false)?);
    }
    history.runs.push(RunRecord {
        flow,
        title: None,
        start,
        end: properties["endTime"].as_str().and_then(Timestamp::parse),
        scheduled: time("scheduledTime").zip(time("startTime")),
        status: properties["status"].as_str().unwrap_or_default().to_owned(),
        is_child: false,
        copy: None,
    });
    Ok(())
}

fn action(properties: &Value, flow: String, run: String, name: String, turn: bool) -> Result<ActionRecord, String> {
    let start = instant(properties["startTime"].as_str(), "startTime")?;
    let end = properties["endTime"].as_str().and_then(Timestamp::parse).unwrap_or(start);
    let retried = properties["retryHistory"].as_array().into_iter().flatten();
    let loops = properties["repetitionIndexes"].as_array().and_then(|loops| loops.last());
    Ok(ActionRecord {
        flow,
        run,
        name,
        within: loops.and_then(|inner| inner["scopeName"].as_str()).map(str::to_owned),
        is_turn: turn,
        start,
        end,
        retried: retried.map(|attempt| attempt["code"].as_str().unwrap_or("unknown").to_owned()).collect(),
    })
}

fn request(properties: &Value, flow: String, run: String, action: String) -> Result<RequestRecord, String> {
    let start = instant(properties["startTime"].as_str(), "startTime")?;
    let end = properties["endTime"].as_str().and_then(Timestamp::parse).unwrap_or(start);
    let text = |key: &str| properties["request"][key].as_str().unwrap_or_default().to_owned();
    let status = properties["response"]["statusCode"].as_u64().unwrap_or_default();
    Ok(RequestRecord {
        flow,
        run,
        action,
        method: text("method"),
        url: text("uri"),
        start,
        took: end.since(start),
        status: status as u16,
        fields: BTreeMap::new(),
    })
}
