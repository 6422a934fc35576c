//! What defects make of contents on their way in, and of answers on their way
//! out. Without a defect nothing is touched.

use bytes::Bytes;
use http::Method;
use serde_json::{Map, Value};

use super::defect::{Defect, Defects};
use super::problem::{Answer, FailureType, Fault, Problem};
use super::route::Contract;

/// A content as the service takes it in.
pub(super) fn content(defects: &Defects, contract: Contract, body: Bytes) -> Result<Bytes, Problem> {
    if defects.is_empty() {
        return Ok(body);
    }
    match contract.api() {
        "bulk-update" => set(defects, contract, body),
        "tabular-intake" => Ok(table(defects, body)),
        _ => Ok(body),
    }
}

/// A set of records.
fn set(defects: &Defects, contract: Contract, body: Bytes) -> Result<Bytes, Problem> {
    let Ok(mut content) = serde_json::from_slice::<Value>(&body) else { return Ok(body) };
    if defects.has(Defect::CrashOnEmptyNote) && content.get("note").and_then(Value::as_str) == Some("") {
        return Err(Problem::new(FailureType::Internal, "list index out of range"));
    }
    let mut touched = false;
    for (index, record) in content.get_mut("records").and_then(Value::as_array_mut).into_iter().flatten().enumerate() {
        let Value::Object(record) = record else { continue };
        crash(defects, index, record)?;
        touched |= bend(defects, record);
        touched |= contract == Contract::BulkUpdateV1 && bend_frozen(defects, record);
    }
    // What was not touched stays as it was sent, to the byte.
    Ok(if touched { content.to_string().into() } else { body })
}

/// Records over which the service stumbles.
fn crash(defects: &Defects, index: usize, record: &Map<String, Value>) -> Result<(), Problem> {
    let name = record.get("name").and_then(Value::as_str).unwrap_or_default();
    if defects.has(Defect::CrashOnAstral) && name.chars().any(|c| c > '\u{ffff}') {
        return Err(Problem::new(FailureType::Internal, "The record could not be handled"));
    }
    if defects.has(Defect::NameCountedInBytes) && name.chars().count() <= 160 && name.len() > 160 {
        let fault = Fault::new(format!("/records/{index}/name"), "must be a text of 1 to 160 characters");
        return Err(Problem::invalid(vec![fault]));
    }
    Ok(())
}

/// Records that are made to fit.
fn bend(defects: &Defects, record: &mut Map<String, Value>) -> bool {
    let mut touched = false;
    if defects.has(Defect::LimitOffByOne) && record.get("creditLimit").and_then(Value::as_u64) == Some(1_000_000_001) {
        record.insert("creditLimit".to_owned(), 1_000_000_000.into());
        touched = true;
    }
    let status = record.get("status").and_then(Value::as_str);
    if defects.has(Defect::UnknownStatusAccepted)
        && status.is_some_and(|s| !["active", "on_hold", "closed"].contains(&s))
    {
        record.insert("status".to_owned(), "active".into());
        touched = true;
    }
    touched
}

/// Records of the frozen version that are not written as they always were.
fn bend_frozen(defects: &Defects, record: &mut Map<String, Value>) -> bool {
    let mut touched = false;
    let name = record.get("name").and_then(Value::as_str).map(str::to_owned);
    if let Some(name) = name.filter(|name| defects.has(Defect::LongestNameCut) && name.chars().count() == 160) {
        let cut: String = name.chars().take(159).collect();
        record.insert("name".to_owned(), cut.into());
        touched = true;
    }
    let closed = record.get("status").and_then(Value::as_str) == Some("closed");
    if defects.has(Defect::ClosedWithoutCredit) && closed && !record.contains_key("creditLimit") {
        record.insert("creditLimit".to_owned(), 0.into());
        touched = true;
    }
    touched
}

/// A file of rows.
fn table(defects: &Defects, body: Bytes) -> Bytes {
    if defects.has(Defect::LeapDayRejected)
        && let Ok(text) = std::str::from_utf8(&body)
        && text.contains("-02-29")
    {
        return text.replace("-02-29", "-02-30").into_bytes().into();
    }
    body
}

/// An answer as it goes out.
pub(super) fn answer(defects: &Defects, method: &Method, path: &str, mut answer: Answer) -> Answer {
    if defects.is_empty() {
        return answer;
    }
    let reads = method == Method::GET;
    frozen(defects, path, &mut answer);
    if answer.status == 200 {
        if defects.has(Defect::UndeclaredStatus) && reads && path.contains("/batches/") {
            answer.status = 203;
        }
        if defects.has(Defect::MediaTypeMislabelled) && path.starts_with("/tabular-intake/v2/") {
            answer.content_type = "text/plain";
        }
        if defects.has(Defect::CountAsText) {
            rewrite(&mut answer, |members| {
                for name in ["updated", "accepted"] {
                    if let Some(count) = members.get(name).and_then(Value::as_u64).filter(|count| *count >= 2) {
                        members.insert(name.to_owned(), count.to_string().into());
                    }
                }
            });
        }
    }
    if answer.status >= 400 { failure(defects, (reads, path), answer) } else { answer }
}

/// Answers of frozen versions that are not what they always were, and keep the
/// contract.
fn frozen(defects: &Defects, path: &str, answer: &mut Answer) {
    if defects.has(Defect::MissingAsMalformed) && path.starts_with("/tabular-intake/v1/") {
        let is_missing = |line: &Value| line.get("reason").and_then(Value::as_str) == Some("missing");
        change_each(answer, "rejected", is_missing, |line| line["reason"] = "malformed".into());
    }
    if !path.starts_with("/bulk-update/v1/") {
        return;
    }
    let pointer = |fault: &Value| fault.get("pointer").and_then(Value::as_str).unwrap_or_default().to_owned();
    if defects.has(Defect::FaultNamesRecordOnly) {
        let of_member = |fault: &Value| pointer(fault).matches('/').count() > 2;
        change_each(answer, "errors", of_member, |fault| {
            let whole: Vec<String> = pointer(fault).split('/').take(3).map(str::to_owned).collect();
            fault["pointer"] = whole.join("/").into();
        });
    }
}

/// Changes those entries of a list that are meant; an answer without any stays
/// as it is, to the byte.
fn change_each(answer: &mut Answer, list: &str, meant: impl Fn(&Value) -> bool, change: impl Fn(&mut Value)) {
    let content: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    if content.get(list).and_then(Value::as_array).is_some_and(|entries| entries.iter().any(&meant)) {
        rewrite(answer, |members| {
            let entries = members.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten();
            entries.filter(|entry| meant(entry)).for_each(change);
        });
    }
}

/// An error as it goes out.
fn failure(defects: &Defects, (reads, path): (bool, &str), mut answer: Answer) -> Answer {
    let missing = answer.status == 404 && reads;
    if defects.has(Defect::UndeclaredType) && missing {
        retype(&mut answer, "record_missing", 404);
    }
    if defects.has(Defect::MissingAsInvalid) && missing {
        retype(&mut answer, "validation_error", 400);
    }
    let failure = type_of(&answer);
    if defects.has(Defect::ValidationAs422) && failure == "validation_error" {
        answer.status = 422;
        rewrite(&mut answer, |members| drop(members.insert("status".to_owned(), 422.into())));
    }
    if defects.has(Defect::TooManyAs500) && failure == "too_many_items" {
        retype(&mut answer, "internal", 500);
    }
    if defects.has(Defect::TooManyUndeclared) && failure == "too_many_items" && path.starts_with("/bulk-update/v2/") {
        retype(&mut answer, "batch_too_large", 400);
    }
    if defects.has(Defect::ConflictAs503) && failure == "idempotency_conflict" {
        retype(&mut answer, "idempotency_conflict", 503);
    }
    if defects.has(Defect::RunningWithoutRetryAfter) && failure == "in_progress" {
        answer.retry_after = None;
    }
    if defects.has(Defect::RunningAsThrottled) && failure == "in_progress" {
        retype(&mut answer, "throttled", 429);
    }
    if defects.has(Defect::UnavailableAs400) && failure == "downstream_unavailable" {
        answer.status = 400;
        rewrite(&mut answer, |members| drop(members.insert("status".to_owned(), 400.into())));
    }
    if defects.has(Defect::UnavailableWithoutRetryAfter) && failure == "downstream_unavailable" {
        answer.retry_after = None;
    }
    if defects.has(Defect::ErrorAsPlainJson) && missing {
        answer.content_type = "application/json";
    }
    if defects.has(Defect::StatusMemberDiffers) && failure == "validation_error" {
        rewrite(&mut answer, |members| {
            let pointer = members.get("errors").and_then(|errors| errors.pointer("/0/pointer")).and_then(Value::as_str);
            if pointer.is_some_and(|pointer| pointer.ends_with("/id")) {
                members.insert("status".to_owned(), 422.into());
            }
        });
    }
    if defects.has(Defect::SqlInError) && missing {
        let detail = "no row: SELECT batchid, content FROM jobs WHERE batchid = $1";
        rewrite(&mut answer, |members| drop(members.insert("detail".to_owned(), detail.into())));
    }
    answer
}

fn type_of(answer: &Answer) -> String {
    let content: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    content.get("failureType").and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn retype(answer: &mut Answer, name: &str, status: u16) {
    answer.status = status;
    rewrite(answer, |members| {
        members.insert("type".to_owned(), format!("urn:seamstress:failure:{name}").into());
        members.insert("failureType".to_owned(), name.into());
        members.insert("status".to_owned(), status.into());
    });
}

fn rewrite(answer: &mut Answer, change: impl FnOnce(&mut Map<String, Value>)) {
    if let Ok(Value::Object(mut members)) = serde_json::from_slice(&answer.body) {
        change(&mut members);
        answer.body = Value::Object(members).to_string().into();
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn on(name: &str) -> Defects {
        Defects::named(&[name.to_owned()])
    }

    fn taken(name: &str, contract: Contract, content: &str) -> Result<String, u16> {
        let taken = super::content(&on(name), contract, Bytes::copy_from_slice(content.as_bytes()));
        taken.map(|b| String::from_utf8_lossy(&b).into_owned()).map_err(|p| p.failure.facts().1)
    }

    #[test]
    fn contents_are_bent_by_their_defect_alone() {
        let v1 = Contract::BulkUpdateV1;
        let over = json!({"records": [{"id": "x", "creditLimit": 1_000_000_001, "status": "open"}], "note": ""});
        let over = over.to_string();
        assert_eq!(taken("duplicate-race", v1, &over), Ok(over.clone()));
        assert!(taken("limit-off-by-one", v1, &over).is_ok_and(|text| text.contains("1000000000")));
        assert!(taken("unknown-status-accepted", v1, &over).is_ok_and(|text| text.contains("active")));
        assert_eq!(taken("crash-on-empty-note", v1, &over), Err(500));
        assert_eq!(taken("crash-on-astral", v1, r#"{"records":[{"name":"😀"}]}"#), Err(500));
        let name = "ä".repeat(90);
        assert_eq!(taken("name-counted-in-bytes", v1, &json!({"records": [{"name": name}]}).to_string()), Err(400));
        let rows = "dueDate\n2028-02-29\n";
        assert_eq!(taken("leap-day-rejected", Contract::TabularIntakeV1, rows), Ok(rows.replace("29", "30")));
        assert_eq!(taken("leap-day-rejected", v1, "no JSON"), Ok("no JSON".to_owned()));
        let longest = json!({"records": [{"name": "x".repeat(160), "status": "closed"}]}).to_string();
        assert!(taken("longest-name-cut", v1, &longest).is_ok_and(|text| text.len() + 1 == longest.len()));
        assert!(taken("closed-without-credit", v1, &longest).is_ok_and(|text| text.contains(r#""creditLimit":0"#)));
        assert_eq!(taken("closed-without-credit", Contract::BulkUpdateV2, &longest), Ok(longest));
    }

    #[test]
    fn frozen_versions_answer_otherwise() {
        let bent = |name: &str, path: &str, content: Value| {
            let bent = answer(&on(name), &Method::POST, path, Answer::json(200, &content));
            serde_json::from_slice::<Value>(&bent.body).expect("JSON")
        };
        let rejected = json!({"rejected": [{"reason": "missing"}, {"reason": "duplicate"}]});
        let told = bent("missing-as-malformed", "/tabular-intake/v1/files", rejected.clone());
        assert_eq!(told, json!({"rejected": [{"reason": "malformed"}, {"reason": "duplicate"}]}));
        assert_eq!(bent("missing-as-malformed", "/tabular-intake/v2/files", rejected.clone()), rejected);
        let faults = json!({"errors": [{"pointer": "/records/3/name", "detail": "x"}]});
        let told = bent("fault-names-record-only", "/bulk-update/v1/batches", faults);
        assert_eq!(told["errors"][0]["pointer"], "/records/3");
    }

    #[test]
    fn answers_are_bent_by_their_defect_alone() {
        let done = Answer::json(200, &json!({"updated": 3, "accepted": 1}));
        let bent = |name: &str| answer(&on(name), &Method::GET, "/bulk-update/v1/batches/1", done.clone());
        assert_eq!(bent("duplicate-race"), done);
        assert_eq!(bent("undeclared-status").status, 203);
        assert_eq!(&*bent("count-as-text").body, br#"{"updated":"3","accepted":1}"#);
        let missing = Problem::not_found("nothing").answer(None, &Defects::default());
        let bent = |name: &str| answer(&on(name), &Method::GET, "/tabular-intake/v1/files/1", missing.clone());
        assert_eq!(type_of(&bent("undeclared-type")), "record_missing");
        assert_eq!(bent("missing-as-invalid").status, 400);
        assert_eq!(bent("error-as-plain-json").content_type, "application/json");
        assert!(String::from_utf8_lossy(&bent("sql-in-error").body).contains("SELECT"));
        let sent = |name: &str, path: &str, problem: Problem| {
            let problem = problem.answer(None, &Defects::default());
            answer(&on(name), &Method::POST, path, problem)
        };
        let many = || Problem::new(FailureType::TooManyItems, "too many");
        let (v1, v2) = ("/bulk-update/v1/batches", "/bulk-update/v2/batches");
        assert_eq!(type_of(&sent("too-many-undeclared", v1, many())), "too_many_items");
        assert_eq!(type_of(&sent("too-many-undeclared", v2, many())), "batch_too_large");
        assert_eq!(sent("conflict-as-503", v1, Problem::conflict(Vec::new())).status, 503);
        assert_eq!(sent("conflict-as-503", v1, many()).status, 400);
        assert_eq!(sent("running-without-retry-after", v1, Problem::in_progress()).retry_after, None);
        assert_eq!(sent("running-without-retry-after", v1, Problem::queue_full()).retry_after, Some(2));
    }
}
