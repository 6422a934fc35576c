//! Files, jobs, actions, and writes as somebody else.

use serde_json::{Value, json};

use super::rig::{NEVER, Rig};
use crate::observe::Operation;

/// A request with bytes: status, header fields, body.
async fn raw(
    rig: &Rig,
    (method, url): (&str, &str),
    headers: &[(&str, &str)],
    body: Vec<u8>,
) -> (u16, http::HeaderMap, Vec<u8>) {
    let method = http::Method::from_bytes(method.as_bytes()).expect("valid");
    let url = if url.starts_with('/') { format!("{}{url}", rig.base) } else { url.to_owned() };
    let mut request = rig.client.request(method, &url).expect("allowed").bearer_auth(&rig.token);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = request.body(body).send().await.expect("answers");
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    (status, headers, answer.bytes().await.expect("bytes").to_vec())
}

const BYTES: (&str, &str) = ("content-type", "application/octet-stream");

#[tokio::test]
async fn a_file_is_sent_whole_and_read_whole_or_in_part() {
    let rig = Rig::start(false).await;
    let path = format!("/accounts({})/new_document", rig.account(0));
    let value = format!("{path}/$value");
    assert_eq!(raw(&rig, ("GET", &value), &[], Vec::new()).await.0, 404);
    let sent = raw(&rig, ("PATCH", &path), &[BYTES, ("x-ms-file-name", "a%20b.bin")], b"0123456789".to_vec()).await;
    assert_eq!((sent.0, sent.2.len()), (204, 0));
    let (status, headers, body) = raw(&rig, ("GET", &value), &[], Vec::new()).await;
    assert_eq!((status, body.as_slice()), (200, b"0123456789".as_slice()));
    assert_eq!(
        (&headers["x-ms-file-name"], &headers["x-ms-file-size"]),
        (&"a b.bin".parse().unwrap(), &"10".parse().unwrap())
    );
    let (status, headers, body) = raw(&rig, ("GET", &value), &[("range", "bytes=2-5")], Vec::new()).await;
    assert_eq!(
        (status, body.as_slice(), &headers["content-range"]),
        (206, b"2345".as_slice(), &"bytes 2-5/10".parse().unwrap())
    );
    assert_eq!(raw(&rig, ("GET", &value), &[("range", "bytes=20-25")], Vec::new()).await.0, 416);
    assert_eq!(rig.get(&path).await.body["value"], "MDEyMzQ1Njc4OQ==");
    assert_eq!(rig.send("DELETE", &path, &[], Value::Null).await.status, 204);
    assert_eq!(raw(&rig, ("GET", &value), &[], Vec::new()).await.0, 404);
    let never = format!("/accounts({NEVER})/new_document");
    assert_eq!(raw(&rig, ("PATCH", &never), &[BYTES], b"x".to_vec()).await.0, 404);
    let written: Vec<_> =
        rig.entries().iter().map(|e| (e.committed(), e.columns.iter().any(|c| c.name == "new_document"))).collect();
    assert_eq!(written, [(true, true), (true, true), (false, false)]);
    rig.stop().await;
}

#[tokio::test]
async fn a_file_is_sent_in_chunks_of_which_the_last_commits() {
    let rig = Rig::start(false).await;
    let path = format!("/accounts({})/new_document", rig.account(0));
    let begin = format!("{path}?x-ms-file-name=big.bin");
    let (status, headers, _) = raw(&rig, ("PATCH", &begin), &[("x-ms-transfer-mode", "chunked")], Vec::new()).await;
    assert_eq!((status, headers["x-ms-chunk-size"].to_str().unwrap()), (200, "4194304"));
    let location = headers["location"].to_str().expect("text").to_owned();
    assert!(location.contains("sessiontoken="));
    let chunk = async |range: &str, content: &[u8]| {
        raw(&rig, ("PATCH", &location), &[BYTES, ("content-range", range)], content.to_vec()).await.0
    };
    assert_eq!(chunk("bytes 0-3/10", b"0123").await, 206);
    assert_eq!(chunk("bytes 6-9/10", b"6789").await, 400);
    assert_eq!(chunk("nonsense", b"4567").await, 416);
    assert_eq!(rig.entries().iter().filter(|e| e.committed()).count(), 0);
    assert_eq!(chunk("bytes 4-9/10", b"456789").await, 204);
    assert_eq!(rig.entries().iter().filter(|e| e.committed()).count(), 1);
    assert_eq!(raw(&rig, ("GET", &format!("{path}/$value")), &[], Vec::new()).await.2, b"0123456789");
    let (_, headers, _) = raw(&rig, ("GET", &format!("{path}/$value")), &[("range", "bytes=0-1")], Vec::new()).await;
    assert_eq!(headers["x-ms-file-name"], "big.bin");
    let lost = format!("{path}?sessiontoken={NEVER}");
    assert_eq!(raw(&rig, ("PATCH", &lost), &[("content-range", "bytes 0-0/1")], b"x".to_vec()).await.0, 400);
    rig.stop().await;
}

#[tokio::test]
async fn a_bulk_delete_lets_the_rows_go_that_its_query_finds() {
    let rig = Rig::start(false).await;
    let ids: Vec<String> = (0..3).map(|n| rig.account(n)).collect();
    let values: Vec<Value> = ids.iter().map(|id| json!({ "Value": id, "Type": "System.Guid" })).collect();
    let query = |name: &str, operator: &str, values: &[Value]| {
        json!({
            "JobName": "x",
            "QuerySet": [{
                "@odata.type": "Microsoft.Dynamics.CRM.QueryExpression", "EntityName": "account",
                "Criteria": { "FilterOperator": "And", "Conditions": [
                    { "AttributeName": name, "Operator": operator, "Values": values },
                ] },
            }],
        })
    };
    let answer = rig.send("POST", "/BulkDelete", &[], query("accountid", "In", &values)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(answer.body["JobId"].is_string());
    for id in &ids {
        assert_eq!(rig.get(&format!("/accounts({id})")).await.status, 404);
    }
    let by_name = rig.send("POST", "/BulkDelete", &[], query("name", "Equal", &[json!("account 9")])).await;
    assert_eq!(by_name.status, 200);
    let deleted = rig
        .entries()
        .iter()
        .filter(|e| e.committed() && e.operation == Operation::Delete && e.table == "accounts")
        .count();
    assert_eq!(deleted, 4);
    for (body, status) in [(json!({}), 400), (query("nothing", "In", &[]), 400), (query("name", "Like", &[]), 501)] {
        assert_eq!(rig.send("POST", "/BulkDelete", &[], body).await.status, status);
    }
    rig.stop().await;
}

#[tokio::test]
async fn declared_actions_do_what_they_say_or_nothing() {
    let rig = Rig::start(false).await;
    let id = rig.account(0);
    let close = format!("/accounts({id})/Microsoft.Dynamics.CRM.new_CloseAccount");
    let closed = rig.send("POST", &close, &[], json!({ "Reason": "moved" })).await;
    assert_eq!((closed.status, &closed.body["Closed"], &closed.body["AccountId"]), (200, &json!(true), &json!(id)));
    let account = rig
        .get(&format!("/accounts({id})?$select=new_status,description&$expand=Account_Tasks($select=subject)"))
        .await
        .body;
    assert_eq!((&account["new_status"], &account["description"]), (&json!("closed"), &json!("moved")));
    assert_eq!(account["Account_Tasks"][0]["subject"], "Closed: moved");
    let long = json!({ "Reason": "x".repeat(200) });
    assert_eq!(rig.send("POST", &close, &[], long).await.error().1, "0x80044331");
    assert_eq!(rig.entries().iter().filter(|e| e.committed()).count(), 2);
    let unknown = rig.send("POST", &close, &[], json!({ "Reason": "a", "Other": 1 })).await;
    assert!(unknown.error().2.contains("'Other' in the request payload is not a valid parameter"));
    assert_eq!(rig.send("POST", &close, &[], json!({})).await.error().0, 400);
    assert_eq!(rig.send("POST", &close, &[], json!({ "Reason": 5 })).await.error().1, "0x80048d19");
    assert_eq!(rig.get(&close).await.error().0, 404);
    let import = rig
        .send("POST", "/leads/Microsoft.Dynamics.CRM.new_Import", &[], json!({ "Subject": "I", "Value": 2.5 }))
        .await;
    assert_eq!(import.status, 204, "{}", import.body);
    assert_eq!(rig.get("/leads?$filter=subject eq 'I'").await.body["value"][0]["estimatedvalue"], 2.5);
    let ping = rig.send("POST", "/new_Ping", &[], json!({ "Text": "pong" })).await;
    assert_eq!((ping.status, &ping.body["Echo"]), (200, &json!("pong")));
    for path in ["/new_Greeting(Name='O''Hara')", "/new_Greeting(Name=@p)?@p='O''Hara'"] {
        assert_eq!(rig.get(path).await.body["Greeting"], "Hello, O'Hara", "{path}");
    }
    assert_eq!(rig.send("POST", "/new_Nothing", &[], json!({})).await.error().0, 404);
    rig.stop().await;
}

#[tokio::test]
async fn somebody_acts_as_somebody_else() {
    let rig = Rig::start(false).await;
    let ada = "b1f0c3d2-6a47-4e0b-9c55-0d3f8e2a7101";
    let by_row = [("MSCRMCallerID", ada)];
    let by_object = [("CallerObjectId", "5cc70191-5ced-5748-8828-6d17c580972d")];
    for header in [by_row, by_object] {
        assert_eq!(rig.send("GET", "/WhoAmI", &header, Value::Null).await.body["UserId"], ada);
        let made = rig
            .send("POST", "/leads", &[header[0], ("prefer", "return=representation")], json!({ "subject": "A" }))
            .await;
        assert_eq!(made.body["_createdby_value"], ada);
        let path = format!("/leads({})", made.body["leadid"].as_str().expect("an id"));
        assert_eq!(rig.send("PATCH", &path, &[], json!({ "subject": "B" })).await.status, 204);
        let read = rig.get(&path).await.body;
        assert_eq!(read["_createdby_value"], ada);
        assert_ne!(read["_modifiedby_value"], ada);
    }
    let refused = [
        (("MSCRMCallerID", NEVER), 404, "0x80040217"),
        (("CallerObjectId", NEVER), 403, "0x80072560"),
        (("CallerObjectId", "nobody"), 400, "0x80040203"),
    ];
    for (header, status, code) in refused {
        let reply = rig.send("POST", "/leads", &[header], json!({ "subject": "never" })).await;
        assert_eq!((reply.error().0, reply.error().1), (status, code));
    }
    assert_eq!(rig.get("/leads?$filter=subject eq 'never'").await.body["value"], json!([]));
    rig.stop().await;
}

#[tokio::test]
async fn duplicates_are_found_where_they_are_asked_for() {
    let rig = Rig::start(false).await;
    let lead = |mail: &str| json!({ "subject": "D", "emailaddress1": mail });
    let asked = [("MSCRM.SuppressDuplicateDetection", "false"), ("MSCRM.BypassCustomPluginExecution", "true")];
    assert_eq!(rig.send("POST", "/leads", &asked, lead("a@x")).await.status, 204);
    let refused = rig.send("POST", "/leads", &asked, lead("A@X")).await;
    let text = "A record was not created or updated because a duplicate of the current record already exists.";
    assert_eq!(refused.error(), (412, "0x80040333", text));
    assert_eq!(
        rig.send("POST", "/leads", &[("MSCRM.SuppressDuplicateDetection", "true")], lead("a@x")).await.status,
        204
    );
    assert_eq!(rig.send("POST", "/leads", &asked, json!({ "subject": "no mail" })).await.status, 204);
    let other = rig.send("POST", "/leads", &asked, lead("b@x")).await;
    let path = other.header("odata-entityid").strip_prefix(&rig.base).expect("absolute").to_owned();
    assert_eq!(rig.send("PATCH", &path, &asked, json!({ "subject": "still b" })).await.status, 204);
    assert_eq!(rig.send("PATCH", &path, &asked, lead("a@x")).await.error().1, "0x80040333");
    let headers = &rig.entries()[0].headers;
    assert_eq!(headers["mscrm.bypasscustompluginexecution"], "true");
    rig.stop().await;
}
