//! The mock over a real socket.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use super::{Dataverse, DataverseHandle, DataverseOptions, LedgerQuery};
use crate::clock::{Clock, Timestamp};
use crate::door::{Door, RestClient};
use crate::observe::{LedgerEntry, Operation, Outcome};
use crate::stack::identity::{DATAVERSE_RESOURCE, GATEWAY_IDENTITY, SERVICE_CLIENT};
use crate::stack::issuer::{Issuer, IssuerOptions, MintKind, MintRequest};
use crate::wire::{Fault, FaultKind};

/// Issuer and mock, and a client with the gateway's token.
struct Rig {
    issuer: Issuer,
    dataverse: Dataverse,
    client: RestClient,
    token: String,
    base: String,
}

/// An answer, taken apart.
struct Reply {
    status: u16,
    headers: http::HeaderMap,
    body: Value,
}

impl Reply {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
    }

    fn error(&self) -> (u16, &str, &str) {
        let text = |name: &str| self.body["error"][name].as_str().unwrap_or_default();
        (self.status, text("code"), text("message"))
    }
}

const NEVER: &str = "00000000-0000-4000-8000-000000000001";
const RUN: &str = "11111111-1111-4111-8111-111111111111";

impl Rig {
    async fn start(accept_ungoverned: bool) -> Self {
        let clock = Clock::starting_at(Timestamp::from_seconds(1_788_249_600), 1.0);
        let listen = "127.0.0.1:0".parse().expect("valid");
        let options = IssuerOptions { listen, clock: clock.clone(), applications: Vec::new() };
        let issuer = Issuer::start(options).await.expect("starts");
        let tables = Path::new(env!("CARGO_MANIFEST_DIR")).join("mocks/dataverse");
        let tenant = issuer.tenant().clone();
        let options = DataverseOptions { tables, listen, clock, tenant, accept_ungoverned };
        let dataverse = Dataverse::start(options).await.expect("starts");
        let base = format!("{}/api/data/v9.2", dataverse.origin());
        let client = RestClient::new(&Door::loopback(), Duration::from_secs(10));
        let mut rig = Self { issuer, dataverse, client, token: String::new(), base };
        rig.token = rig.mint(GATEWAY_IDENTITY, DATAVERSE_RESOURCE, MintKind::Good);
        rig
    }

    fn mint(&self, client: &str, audience: &str, kind: MintKind) -> String {
        let wanted = MintRequest { client: client.into(), audience: audience.into(), roles: Vec::new(), kind };
        self.issuer.tenant().mint(&wanted).expect("a token").token
    }

    async fn try_send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> Result<Reply, reqwest::Error> {
        let method = Method::from_bytes(method.as_bytes()).expect("valid");
        let mut request = self.client.request(method, &format!("{}{path}", self.base)).expect("allowed");
        if !headers.iter().any(|(name, _)| *name == "authorization") {
            request = request.bearer_auth(&self.token);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let bytes = answer.bytes().await?;
        let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).expect("JSON") };
        Ok(Reply { status, headers, body })
    }

    async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Value) -> Reply {
        self.try_send(method, path, headers, (!body.is_null()).then_some(body)).await.expect("answers")
    }

    async fn get(&self, path: &str) -> Reply {
        self.send("GET", path, &[], Value::Null).await
    }

    fn handle(&self) -> &DataverseHandle {
        self.dataverse.handle()
    }

    fn account(&self, n: usize) -> String {
        let (values, total) = self.handle().pool("accounts", "accountid", n, 1).expect("a pool");
        assert_eq!(total, 20_000);
        values[0].as_str().expect("text").to_owned()
    }

    fn entries(&self) -> Vec<LedgerEntry> {
        self.handle().ledger(&LedgerQuery { limit: 1000, ..LedgerQuery::default() }).0
    }

    async fn stop(self) {
        self.dataverse.stop().await;
        self.issuer.stop().await;
    }
}

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
    assert_eq!((entries[0].tag.as_deref(), entries[0].governed), (Some("t1"), true));
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
async fn answers_carry_the_header_fields_of_the_platform() {
    let rig = Rig::start(false).await;
    let reply = rig.get("/WhoAmI").await;
    assert_eq!(reply.status, 200);
    assert!(reply.body["OrganizationId"].is_string() && reply.body["UserId"].is_string());
    assert_eq!(reply.header("content-type"), "application/json; odata.metadata=minimal");
    assert_eq!(reply.header("odata-version"), "4.0");
    assert_eq!(reply.header("x-ms-ratelimit-time-remaining-xrm-requests"), "1,200.00");
    assert_eq!(reply.header("x-ms-ratelimit-burst-remaining-xrm-requests"), "999999");
    assert_eq!(reply.header("x-ms-dop-hint"), "48");
    assert!(reply.header("date").starts_with("Tue, 01 Sep 2026 08:0"));
    let ids: Vec<_> = reply.headers.get_all("x-ms-service-request-id").iter().collect();
    assert!(ids.len() == 2 && ids[0] == reply.headers["req_id"]);
    assert_eq!(reply.headers.get_all("set-cookie").iter().count(), 3);
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
async fn values_that_do_not_fit_are_refused_with_the_platform_s_codes() {
    let rig = Rig::start(false).await;
    let long = "x".repeat(161);
    let cases = [
        (
            json!({ "name": long }),
            400,
            "0x80044331",
            "A validation error occurred.  The length of the 'name' attribute of the 'account' entity exceeded the maximum allowed length of '160'.",
        ),
        (json!({ "name": 5 }), 400, "0x80048d19", "Error identified in Payload"),
        (json!({ "Name": "x" }), 400, "0x80048d19", "Error identified in Payload"),
        (json!({ "creditlimit": -1, "name": "x" }), 400, "0x80044330", "A validation error occurred."),
        (json!({ "accountcategorycode": 7, "name": "x" }), 400, "0x8004431a", "A validation error occurred."),
        (json!({ "creditlimit": 1 }), 400, "0x80040203", "Attribute 'name'"),
        (json!([1]), 400, "0x80048d19", "Error identified in Payload"),
    ];
    for (body, status, code, beginning) in cases {
        let reply = rig.send("POST", "/accounts", &[], body.clone()).await;
        let (found, found_code, message) = reply.error();
        assert_eq!((found, found_code), (status, code), "{body}");
        assert!(message.starts_with(beginning), "{message}");
    }
    assert!(rig.entries().iter().all(|e| !e.committed()) && rig.entries().len() == 7);
    rig.stop().await;
}

#[tokio::test]
async fn what_is_not_there_is_named() {
    let rig = Rig::start(false).await;
    let cases = [
        ("GET", "/Accounts", 404, "0x8006088a", "Resource not found for the segment 'Accounts'."),
        (
            "GET",
            "/accounts?$select=Name",
            400,
            "0x0",
            "Could not find a property named 'Name' on type 'Microsoft.Dynamics.CRM.account'.",
        ),
        (
            "GET",
            "/accounts?$expand=x",
            501,
            "0x80040239",
            "The query option '$expand' is not emulated by this mock of the Web API.",
        ),
        (
            "GET",
            "/accounts?$filter=contains(name,'x')",
            501,
            "0x80040239",
            "The function 'contains' in $filter is not emulated by this mock of the Web API.",
        ),
        ("POST", "/$batch", 501, "0x80040239", "$batch is not emulated by this mock of the Web API."),
        ("DELETE", "/accounts", 405, "", "The requested resource 'accounts' does not support http method 'DELETE'."),
        (
            "POST",
            "/WhoAmI",
            404,
            "",
            "No HTTP resource was found that matches the request URI '[Org]/api/data/v9.2/WhoAmI'.",
        ),
    ];
    for (method, path, status, code, message) in cases {
        let reply = rig.send(method, path, &[], Value::Null).await;
        assert_eq!(reply.error(), (status, code, message), "{path}");
    }
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
async fn only_the_gateway_s_identity_comes_in_and_others_are_recorded() {
    let rig = Rig::start(false).await;
    let path = format!("/accounts({})", rig.account(0));
    let body = || json!({ "name": "x" });
    let bearer = |token: String| format!("Bearer {token}");
    let service = bearer(rig.mint(SERVICE_CLIENT, DATAVERSE_RESOURCE, MintKind::Good));
    let refused = rig.send("PATCH", &path, &[("authorization", &service)], body()).await;
    assert_eq!((refused.error().0, refused.error().1), (403, "0x80040220"));
    for kind in [MintKind::Expired, MintKind::WrongAudience, MintKind::ForeignIssuer, MintKind::BadSignature] {
        let token = bearer(rig.mint(GATEWAY_IDENTITY, DATAVERSE_RESOURCE, kind));
        let refused = rig.send("PATCH", &path, &[("authorization", &token)], body()).await;
        assert_eq!(refused.status, 401, "{kind:?}");
        assert!(refused.header("www-authenticate").starts_with("Bearer authorization_uri="));
    }
    let entries = rig.entries();
    assert_eq!(entries.len(), 5);
    assert!(entries.iter().all(|e| !e.committed() && !e.governed));
    assert_eq!(entries[0].principal, SERVICE_CLIENT);
    rig.stop().await;

    let open = Rig::start(true).await;
    let service = bearer(open.mint(SERVICE_CLIENT, DATAVERSE_RESOURCE, MintKind::Good));
    assert_eq!(open.send("PATCH", &path, &[("authorization", &service)], body()).await.status, 204);
    let entry = &open.entries()[0];
    assert!(entry.committed() && !entry.governed && entry.principal == SERVICE_CLIENT);
    open.stop().await;
}

#[tokio::test]
async fn faults_throttle_fail_reset_and_lose_answers() {
    let rig = Rig::start(false).await;
    let path = format!("/accounts({})", rig.account(0));
    let once = |kind| Fault { times: Some(1), method: Some("PATCH".into()), ..Fault::new(kind) };
    let name = |text: &str| Some(json!({ "name": text }));

    rig.handle().arm(once(FaultKind::Throttled { retry_after: 7 }));
    let throttled = rig.send("PATCH", &path, &[], json!({ "name": "a" })).await;
    assert_eq!((throttled.error().0, throttled.error().1, throttled.header("retry-after")), (429, "0x80072322", "7"));
    assert!(throttled.error().2.starts_with("Number of requests exceeded the limit of"));
    rig.handle().arm(once(FaultKind::Unavailable));
    assert_eq!(rig.send("PATCH", &path, &[], json!({ "name": "a" })).await.status, 503);
    rig.handle().arm(once(FaultKind::Reset));
    assert!(rig.try_send("PATCH", &path, &[], name("b")).await.is_err());
    assert_eq!(rig.get(&path).await.body["name"], "Account 1");
    rig.handle().arm(once(FaultKind::AnswerLost));
    assert!(rig.try_send("PATCH", &path, &[], name("c")).await.is_err());
    assert_eq!(rig.get(&path).await.body["name"], "c");
    rig.handle().arm(once(FaultKind::Slow { milliseconds: 1 }));
    assert_eq!(rig.send("PATCH", &path, &[], json!({ "name": "d" })).await.status, 204);
    assert!(rig.handle().faults().iter().all(|f| f.hits == 1));
    rig.handle().clear_faults();
    assert!(rig.handle().faults().is_empty());

    let told: Vec<_> = rig.entries().iter().map(|e| (e.fault.clone().unwrap_or_default(), e.committed())).collect();
    let expected =
        [("throttled", false), ("unavailable", false), ("reset", false), ("answer_lost", true), ("slow", true)];
    assert_eq!(told, expected.map(|(name, committed)| (name.to_owned(), committed)));
    rig.stop().await;
}

#[tokio::test]
async fn table_definitions_are_told_to_clients_that_ask_first() {
    let rig = Rig::start(false).await;
    let all = rig.get("/EntityDefinitions?$select=LogicalName,EntitySetName&$filter=LogicalName eq 'account'").await;
    assert_eq!(all.body["value"].as_array().map(Vec::len), Some(1));
    assert_eq!(all.body["value"][0]["EntitySetName"], "accounts");
    assert!(all.body["value"][0]["MetadataId"].is_string());
    let path = "/EntityDefinitions(LogicalName='account')/Attributes/Microsoft.Dynamics.CRM.PicklistAttributeMetadata";
    let picklists = rig.get(path).await;
    assert_eq!(picklists.body["value"][0]["OptionSet"]["Options"][1]["Value"], 2);
    let sets = rig.get("/").await;
    assert_eq!(sets.body["value"].as_array().map(Vec::len), Some(2));
    rig.stop().await;
}

#[test]
fn every_fault_of_a_table_is_told_with_its_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = "format: seamstress/dataverse-table/1\nlogical_name: a\ncollection: as\nprimary_id: aid\nprimary_name: name\ncolumns:\n  name: { type: strng }\n  x: { type: integer, mx: 3 }\nalternate_keys:\n  k: [y]\n";
    std::fs::write(folder.path().join("a.yaml"), text).expect("writes");
    let faults = super::load::load(folder.path()).expect_err("faults");
    let told = faults.to_string();
    for expected in
        ["environment.yaml", "unknown column type `strng`", "a.yaml:7:9", "unknown key `mx`", "`y` is no column of as"]
    {
        assert!(told.contains(expected), "{expected} in\n{told}");
    }
}
