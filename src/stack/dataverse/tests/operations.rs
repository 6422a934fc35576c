//! Operations that succeed, conditions, and what the ledger tells of them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::LedgerQuery;
use super::rig::{NEVER, RUN, Rig};
use crate::observe::{Operation, Outcome};
use crate::stack::identity::GATEWAY_IDENTITY;

#[tokio::test]
async fn a_row_is_created_read_changed_and_deleted_and_the_ledger_tells_it() {
    let rig = Rig::start(false).await;
    let ids = [("x-correlation-id", RUN)];
    let made = rig.send("POST", "/accounts?tag=t1", &ids, json!({ "name": "Contoso", "creditlimit": 5 })).await;
    assert_eq!((made.status, &made.body), (204, &Value::Null));
    let address = made.header("odata-entityid").to_owned();
    let id = address.rsplit(['(', ')']).nth(1).expect("an id").to_owned();

    let read = rig.get(&format!("/accounts({id})?$select=name")).await;
    assert_eq!(read.status, 200);
    assert_eq!(read.body["@odata.context"], format!("{}/$metadata#accounts(name)/$entity", rig.base));
    assert_eq!((&read.body["name"], &read.body["accountid"]), (&json!("Contoso"), &json!(id)));
    assert_eq!(read.body["@odata.etag"], read.header("etag"));
    assert_eq!(read.body.get("creditlimit"), None);

    let representation = ("prefer", "return=representation");
    let path = format!("/accounts({id})");
    let change = json!({ "name": "Contoso 2", "new_correlationid": RUN });
    let changed = rig.send("PATCH", &path, &[("if-match", "*"), representation], change).await;
    assert_eq!((changed.status, &changed.body["name"]), (200, &json!("Contoso 2")));
    assert_eq!(changed.header("preference-applied"), "return=representation");
    assert_eq!(rig.send("DELETE", &path, &[], Value::Null).await.status, 204);
    let gone = rig.get(&path).await;
    assert_eq!(gone.error(), (404, "0x80040217", format!("Entity 'account' With Id = {id} Does Not Exist").as_str()));

    let entries = rig.entries();
    let operations: Vec<_> = entries.iter().map(|e| (e.operation, e.committed(), e.key == id)).collect();
    let expected = [Operation::Create, Operation::Update, Operation::Delete].map(|o| (o, true, true));
    assert_eq!(operations, expected);
    assert_eq!(entries[0].headers, BTreeMap::from([("x-correlation-id".to_owned(), RUN.to_owned())]));
    assert_eq!((entries[0].tag.as_deref(), entries[0].governed()), (Some("t1"), true));
    assert_eq!(entries[0].principal, GATEWAY_IDENTITY);
    let name = entries[1].columns.iter().find(|c| c.name == "name").expect("written");
    assert_eq!((&name.before, &name.after), (&json!("Contoso"), &json!("Contoso 2")));
    let query = |correlation: &str| LedgerQuery {
        correlations: vec![correlation.to_owned()],
        limit: 10,
        ..LedgerQuery::default()
    };
    assert_eq!(rig.handle().ledger(&query(RUN)).0.len(), 2);
    assert_eq!(rig.handle().ledger(&query("t1")).0.len(), 1);
    rig.stop().await;
}

#[tokio::test]
async fn conditions_are_kept_and_refused_in_the_words_of_the_reference() {
    let rig = Rig::start(false).await;
    let path = format!("/accounts({})", rig.account(0));
    let missing = format!("/accounts({NEVER})");
    let name = || json!({ "name": "N" });
    let tag = rig.get(&path).await.header("etag").to_owned();

    assert_eq!(rig.send("GET", &path, &[("if-none-match", &tag)], Value::Null).await.status, 304);
    assert_eq!(rig.send("GET", &path, &[("if-none-match", "null")], Value::Null).await.status, 200);
    assert_eq!(rig.send("PATCH", &path, &[("if-match", &tag)], name()).await.status, 204);
    let stale = "The version of the existing record doesn't match the RowVersion property provided.";
    for method in ["PATCH", "DELETE"] {
        let body = if method == "PATCH" { name() } else { Value::Null };
        assert_eq!(rig.send(method, &path, &[("if-match", &tag)], body).await.error(), (412, "0x80060882", stale));
    }
    let exists = rig.send("PATCH", &path, &[("if-none-match", "*")], name()).await;
    assert_eq!(exists.error(), (412, "0x80040237", "A record with matching key values already exists."));
    let none = rig.send("PATCH", &missing, &[("if-match", "*")], name()).await;
    let text = format!("Entity 'account' With Id = {NEVER} Does Not Exist");
    assert_eq!(none.error(), (404, "0x80040217", text.as_str()));
    assert_eq!(rig.send("DELETE", &missing, &[], Value::Null).await.error().0, 404);

    let refused: Vec<_> = rig.entries().into_iter().filter(|e| !e.committed()).collect();
    assert_eq!(refused.len(), 5);
    assert!(refused.iter().all(|e| e.columns.is_empty() && !e.key.is_empty()));
    assert_eq!(refused[0].outcome, Outcome::Refused { status: 412, code: "0x80060882".into() });
    rig.stop().await;
}

#[tokio::test]
async fn an_upsert_creates_then_updates_by_id_and_by_alternate_key() {
    let rig = Rig::start(false).await;
    let body = |customer: &str| json!({ "new_customer": customer, "new_amount": 10.5, "new_currency": "EUR" });
    let path = "/new_invoices(new_number='INV-0000000000AA')";
    let representation = [("prefer", "return=representation")];
    let made = rig.send("PATCH", path, &representation, body("A")).await;
    assert_eq!((made.status, &made.body["new_number"]), (201, &json!("INV-0000000000AA")));
    let again = rig.send("PATCH", path, &representation, body("B")).await;
    assert_eq!((again.status, &again.body["new_invoiceid"]), (200, &made.body["new_invoiceid"]));
    let third = rig.send("PATCH", path, &[], body("B")).await;
    assert_eq!((third.status, third.header("odata-entityid")), (204, format!("{}{path}", rig.base).as_str()));
    assert_eq!(rig.get(path).await.body["new_customer"], "B");

    let twin = json!({ "new_number": "inv-0000000000aa", "new_customer": "C", "new_amount": 1, "new_currency": "EUR" });
    let refused = rig.send("POST", "/new_invoices", &[], twin).await;
    let (status, code, message) = refused.error();
    assert_eq!((status, code), (412, "0x80060892"));
    assert!(
        message
            .starts_with("Entity Key new_number violated. A record with the same value for new_number already exists.")
    );

    let by_id = format!("/new_invoices({NEVER})");
    let named =
        json!({ "new_number": "INV-0000000000AB", "new_customer": "C", "new_amount": 1, "new_currency": "EUR" });
    assert_eq!(rig.send("PATCH", &by_id, &[], named.clone()).await.status, 204);
    assert_eq!(rig.get(&by_id).await.status, 200);
    let duplicate = json!({ "accountid": rig.account(1), "name": "x" });
    assert_eq!(
        rig.send("POST", "/accounts", &[], duplicate).await.error(),
        (412, "0x80040237", "Cannot insert duplicate key.")
    );
    let unknown = rig.get("/new_invoices(new_number='nope')").await;
    let text = "A record with the specified key values does not exist in new_invoice entity";
    assert_eq!(unknown.error(), (404, "0x80060891", text));
    let operations: Vec<_> = rig.entries().iter().filter(|e| e.committed()).map(|e| e.operation).collect();
    assert_eq!(operations, [Operation::Create, Operation::Update, Operation::Update, Operation::Create]);
    rig.stop().await;
}

#[tokio::test]
async fn collections_are_filtered_and_paged() {
    let rig = Rig::start(false).await;
    let found = rig
        .get("/accounts?$select=name&$filter=accountnumber eq 'a-7' or (name eq 'Account 9' and creditlimit eq 10000)")
        .await;
    let names: Vec<_> = found.body["value"].as_array().expect("rows").iter().map(|r| r["name"].clone()).collect();
    assert_eq!(names, ["Account 7", "Account 9"]);
    let top = rig.get("/accounts?$top=3&$select=name").await;
    assert_eq!(top.body["value"].as_array().map(Vec::len), Some(3));
    assert_eq!(top.body.get("@odata.nextLink"), None);

    let prefer = [("prefer", "odata.maxpagesize=2")];
    let filter = "/accounts?$select=name&$count=true&$filter=accountnumber eq 'A-1' or accountnumber eq 'A-2' or accountnumber eq 'A-3'";
    let first = rig.send("GET", filter, &prefer, Value::Null).await;
    assert_eq!((&first.body["@odata.count"], first.header("preference-applied")), (&json!(3), "odata.maxpagesize=2"));
    let next = first.body["@odata.nextLink"].as_str().expect("another page").strip_prefix(&rig.base).expect("absolute");
    let second = rig.send("GET", next, &prefer, Value::Null).await;
    assert_eq!(second.body["value"][0]["name"], "Account 3");
    assert_eq!(second.body.get("@odata.nextLink"), None);
    rig.stop().await;
}

#[tokio::test]
async fn table_definitions_are_told_to_clients_that_ask_first() {
    let rig = Rig::start(false).await;
    let all = rig.get("/EntityDefinitions?$select=LogicalName,EntitySetName&$filter=LogicalName eq 'account'").await;
    assert_eq!(all.body["value"].as_array().map(Vec::len), Some(1));
    assert_eq!(all.body["value"][0]["EntitySetName"], "accounts");
    assert!(all.body["value"][0]["MetadataId"].is_string());
    let path = "/EntityDefinitions(LogicalName='account')/Attributes/Microsoft.Dynamics.CRM.PicklistAttributeMetadata?$expand=OptionSet";
    let picklists = rig.get(path).await;
    assert_eq!(picklists.body["value"][0]["OptionSet"]["Options"][1]["Value"], 2);
    let sets = rig.get("/").await;
    assert!(sets.body["value"].as_array().is_some_and(|all| all.iter().any(|set| set["url"] == "accounts")));
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_that_race_exactly_one_wins_and_the_ledger_agrees() {
    let rig = Rig::start(false).await;
    let row = format!("/accounts({})", rig.account(3));
    let tag = rig.get(&row).await.header("etag").to_owned();
    let invoice = "/new_invoices(new_number='INV-0000000000AC')";
    let body = || json!({ "new_customer": "A", "new_amount": 1, "new_currency": "EUR" });
    let (matching, new) = ([("if-match", tag.as_str())], [("if-none-match", "*")]);
    let updates = (0..12).map(|n| rig.send("PATCH", &row, &matching, json!({ "name": format!("N{n}") })));
    let creates = (0..12).map(|_| rig.send("PATCH", invoice, &new, body()));
    let (updates, creates) =
        tokio::join!(futures_util::future::join_all(updates), futures_util::future::join_all(creates));
    for answers in [updates, creates] {
        let mut statuses: Vec<u16> = answers.iter().map(|a| a.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [vec![204], vec![412; 11]].concat());
    }
    let committed: Vec<_> = rig.entries().into_iter().filter(crate::observe::LedgerEntry::committed).collect();
    assert_eq!(committed.len(), 2);
    let update = committed.iter().find(|e| e.operation == Operation::Update).expect("an update");
    assert_eq!(update.column("name"), Some(&rig.get(&row).await.body["name"]));
    rig.stop().await;
}

#[tokio::test]
async fn an_action_in_the_background_is_accepted_and_told_by_its_row() {
    let rig = Rig::start(false).await;
    let prefer = [("prefer", "respond-async,return=representation")];
    let path = format!("/accounts({})/Microsoft.Dynamics.CRM.new_CloseAccount", rig.account(0));
    let accepted = rig.send("POST", &path, &prefer, json!({ "Reason": "moved" })).await;
    assert_eq!((accepted.status, accepted.header("preference-applied")), (202, "respond-async"), "{}", accepted.body);
    assert_eq!(accepted.body["backgroundOperationStateCode"], 0);
    let id = accepted.body["backgroundOperationId"].as_str().expect("an id");
    let row = format!("/backgroundoperations({id})");
    assert!(accepted.header("location").ends_with(&row) && accepted.body["location"] == accepted.header("location"));
    let codes = async |row: &str| {
        let found = rig.get(row).await.body;
        (found["backgroundoperationstatecode"].clone(), found["backgroundoperationstatuscode"].clone())
    };
    assert_eq!(codes(&row).await, (json!(2), json!(20)));
    assert_eq!(rig.get(&row).await.body["outputparameters"], Value::Null);
    rig.clock.jump(std::time::Duration::from_secs(3));
    assert_eq!(codes(&row).await, (json!(3), json!(30)));
    let output = rig.get(&format!("{row}?$select=outputparameters,name")).await.body;
    let given: Value = serde_json::from_str(output["outputparameters"].as_str().expect("text")).expect("JSON");
    assert_eq!((&given["Closed"], output.get("startedon")), (&json!(true), None), "{output}");
    // One that fails is accepted as well.
    let never = format!("/accounts({NEVER})/Microsoft.Dynamics.CRM.new_CloseAccount");
    let failed = rig.send("POST", &never, &prefer[..1], json!({ "Reason": "x" })).await;
    assert_eq!(failed.status, 202);
    rig.clock.jump(std::time::Duration::from_secs(3));
    let row = format!("/backgroundoperations({})", failed.body["backgroundOperationId"].as_str().expect("an id"));
    assert_eq!(codes(&row).await, (json!(3), json!(31)));
    assert_eq!(rig.get(&row).await.body["errorcode"], "0x80040217");
    assert_eq!(rig.get(&format!("/backgroundoperations({NEVER})")).await.status, 404);
    // Beside the Web API there is an address for the status alone.
    let origin = rig.base.trim_end_matches("/data/v9.2").to_owned();
    let status = async |method: http::Method, id: &str| {
        let url = format!("{origin}/backgroundoperation/{id}");
        let request = rig.client.request(method, &url).expect("allowed").bearer_auth(&rig.token);
        let answer = request.send().await.expect("answers");
        (answer.status().as_u16(), answer.json::<Value>().await.expect("JSON"))
    };
    assert_eq!(accepted.header("x-ms-dyn-backgroundoperationid"), id);
    let (code, body) = status(http::Method::GET, id).await;
    let told = (&body["backgroundOperationStateCode"], &body["backgroundOperationStatusCode"], &body["Closed"]);
    assert_eq!((code, told), (200, (&json!(3), &json!(30), &json!(true))), "{body}");
    let id = failed.body["backgroundOperationId"].as_str().expect("an id");
    let (_, body) = status(http::Method::DELETE, id).await;
    assert_eq!(body["backgroundOperationErrorCode"], -2_147_220_969, "{body}");
    assert_eq!(status(http::Method::GET, NEVER).await.0, 404);
    // What can't be done so is done at once, and nothing is said to be applied.
    let plain = rig.send("POST", "/contacts", &[("prefer", "respond-async")], json!({ "lastname": "x" })).await;
    assert_eq!((plain.status, plain.header("preference-applied")), (204, ""));
    rig.stop().await;
    let rig = Rig::protected("conduct: { respond_async: ignored }\n").await;
    let path = format!("/accounts({})/Microsoft.Dynamics.CRM.new_CloseAccount", rig.account(0));
    let done = rig.send("POST", &path, &prefer, json!({ "Reason": "moved" })).await;
    assert_eq!((done.status, done.header("preference-applied")), (200, ""), "{}", done.body);
    rig.stop().await;
}
