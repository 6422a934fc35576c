//! Refusals, faults, and the header fields of answers.

use serde_json::{Value, json};

use super::super::schema::load;
use super::rig::Rig;
use crate::stack::identity::{DATAVERSE_RESOURCE, GATEWAY_IDENTITY, SERVICE_CLIENT};
use crate::wire::{Fault, FaultKind, TokenKind};

#[tokio::test]
async fn answers_carry_the_header_fields_of_the_platform() {
    let rig = Rig::start(false).await;
    let reply = rig.get("/WhoAmI").await;
    assert_eq!(reply.status, 200);
    assert!(reply.body["OrganizationId"].is_string() && reply.body["UserId"].is_string());
    assert_eq!(reply.header("content-type"), "application/json; odata.metadata=minimal");
    assert_eq!(reply.header("odata-version"), "4.0");
    assert_eq!(reply.header("x-ms-ratelimit-time-remaining-xrm-requests"), "359,999.98");
    assert_eq!(reply.header("x-ms-ratelimit-burst-remaining-xrm-requests"), "999999");
    assert_eq!(reply.header("x-ms-dop-hint"), "48");
    assert!(reply.header("date").starts_with("Tue, 01 Sep 2026 08:0"));
    let ids: Vec<_> = reply.headers.get_all("x-ms-service-request-id").iter().collect();
    assert!(ids.len() == 2 && ids[0] == reply.headers["req_id"]);
    assert_eq!(reply.headers.get_all("set-cookie").iter().count(), 3);
    rig.stop().await;
}

#[tokio::test]
async fn values_that_do_not_fit_are_refused_with_the_platform_s_codes() {
    let rig = Rig::start(false).await;
    let long = "x".repeat(321);
    let cases = [
        (
            json!({ "name": long }),
            400,
            "0x80044331",
            "A validation error occurred.  The length of the 'name' attribute of the 'account' entity exceeded the maximum allowed length of '320'.",
        ),
        (json!({ "name": 5 }), 400, "0x80048d19", "Error identified in Payload"),
        (json!({ "Name": "x" }), 400, "0x80048d19", "Error identified in Payload"),
        (json!({ "creditlimit": -1, "name": "x" }), 400, "0x80044330", "A validation error occurred."),
        (json!({ "accountcategorycode": 7, "name": "x" }), 400, "0x8004431a", "A validation error occurred."),
        (json!({ "creditlimit": 1 }), 400, "0x80040203", "Attribute 'name'"),
        (json!([1]), 400, "0x80048d19", "Error identified in Payload"),
        (json!({ "lastonholdtime": "1752-12-31", "name": "x" }), 400, "0x80040203", "DateTime is less than"),
        (json!({ "lastonholdtime": "2026-01-02T25:00:00", "name": "x" }), 400, "0x80048d19", "Error identified"),
    ];
    for (body, status, code, beginning) in cases {
        let reply = rig.send("POST", "/accounts", &[], body.clone()).await;
        let (found, found_code, message) = reply.error();
        assert_eq!((found, found_code), (status, code), "{body}");
        assert!(message.starts_with(beginning), "{message}");
    }
    assert!(rig.entries().iter().all(|e| !e.committed()) && rig.entries().len() == 9);
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
            400,
            "0x0",
            "Could not find a property named 'x' on type 'Microsoft.Dynamics.CRM.account'.",
        ),
        (
            "GET",
            "/accounts?$filter=Microsoft.Dynamics.CRM.Above(PropertyName='accountid',PropertyValue='x')",
            501,
            "0x80040239",
            "The function 'Microsoft.Dynamics.CRM.Above' in $filter is not emulated by this mock of the Web API.",
        ),
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
async fn only_the_gateway_s_identity_comes_in_and_others_are_recorded() {
    let rig = Rig::start(false).await;
    let path = format!("/accounts({})", rig.account(0));
    let body = || json!({ "name": "x" });
    let bearer = |token: String| format!("Bearer {token}");
    let service = bearer(rig.mint(SERVICE_CLIENT, DATAVERSE_RESOURCE, TokenKind::Good));
    let refused = rig.send("PATCH", &path, &[("authorization", &service)], body()).await;
    assert_eq!((refused.error().0, refused.error().1), (403, "0x80040220"));
    for kind in [TokenKind::Expired, TokenKind::WrongAudience, TokenKind::ForeignIssuer, TokenKind::BadSignature] {
        let token = bearer(rig.mint(GATEWAY_IDENTITY, DATAVERSE_RESOURCE, kind));
        let refused = rig.send("PATCH", &path, &[("authorization", &token)], body()).await;
        assert_eq!(refused.status, 401, "{kind:?}");
        assert!(refused.header("www-authenticate").starts_with("Bearer authorization_uri="));
    }
    let entries = rig.entries();
    assert_eq!(entries.len(), 5);
    assert!(entries.iter().all(|e| !e.committed()));
    // Whose an expired token is, is known; one that can't be proven is nobody's.
    let told: Vec<_> = entries.iter().map(|e| (&*e.principal, e.governed())).collect();
    assert_eq!(told[..2], [(SERVICE_CLIENT, false), (GATEWAY_IDENTITY, true)]);
    assert_eq!(told[2..], [("", false); 3]);
    rig.stop().await;

    let open = Rig::start(true).await;
    let service = bearer(open.mint(SERVICE_CLIENT, DATAVERSE_RESOURCE, TokenKind::Good));
    assert_eq!(open.send("PATCH", &path, &[("authorization", &service)], body()).await.status, 204);
    let entry = &open.entries()[0];
    assert!(entry.committed() && !entry.governed() && entry.principal == SERVICE_CLIENT);
    open.stop().await;
}

#[tokio::test]
async fn a_token_that_expires_on_the_way_is_still_its_owner_s() {
    let rig = Rig::start(false).await;
    let path = format!("/accounts({})", rig.account(0));
    let write = async |token: &str| rig.send("PATCH", &path, &[("authorization", token)], json!({ "name": "x" })).await;
    let gateway = |kind| format!("Bearer {}", rig.mint(GATEWAY_IDENTITY, DATAVERSE_RESOURCE, kind));
    let token = gateway(TokenKind::Good);
    assert_eq!(write(&token).await.status, 204);
    rig.clock.jump(std::time::Duration::from_hours(48));
    let refused = write(&token).await;
    assert_eq!((refused.status, &refused.body["error"]["message"]), (401, &json!("ExpiredAuthTicket")));
    let told: Vec<_> = rig.entries().iter().map(|e| (e.principal.clone(), e.governed(), e.committed())).collect();
    assert_eq!(told, [(GATEWAY_IDENTITY.to_owned(), true, true), (GATEWAY_IDENTITY.to_owned(), true, false)]);
    assert_eq!(write(&gateway(TokenKind::NotYetValid)).await.status, 401);
    assert!(rig.entries()[2].governed());
    rig.stop().await;
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

#[test]
fn every_fault_of_a_table_is_told_with_its_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = "format: seamstress/dataverse-table/1\nlogical_name: a\ncollection: as\nprimary_id: aid\nprimary_name: name\ncolumns:\n  name: { type: strng }\n  x: { type: integer, mx: 3 }\nalternate_keys:\n  k: [y]\n";
    std::fs::write(folder.path().join("a.yaml"), text).expect("writes");
    let faults = load(folder.path()).expect_err("faults");
    let told = faults.to_string();
    for expected in
        ["environment.yaml", "unknown column type `strng`", "a.yaml:7:9", "unknown key `mx`", "`y` is no column of as"]
    {
        assert!(told.contains(expected), "{expected} in\n{told}");
    }
}

#[tokio::test]
async fn addresses_have_a_longest_length_and_rows_are_counted() {
    let rig = Rig::start(false).await;
    let long = |length: usize| format!("/accounts?$select=name&$top=1&$filter=name eq '{}'", "x".repeat(length));
    assert_eq!(rig.get(&long(32_000)).await.status, 200);
    let refused = rig.get(&long(33_000)).await;
    assert_eq!(
        (refused.error().0, refused.error().2.ends_with("the maximum is 32768.")),
        (414, true),
        "{}",
        refused.body
    );
    let counted = rig.get("/RetrieveTotalRecordCount(EntityNames=@p1)?@p1=[\"account\",\"lead\"]").await;
    let told = &counted.body["EntityRecordCountCollection"];
    assert_eq!(
        (&told["Keys"], &told["Values"]),
        (&json!(["account", "lead"]), &json!([20_000, 0])),
        "{}",
        counted.body
    );
    let nobody = rig.get("/RetrieveTotalRecordCount(EntityNames=['nobody'])").await;
    assert_eq!(nobody.error().0, 404);
    rig.stop().await;
}

#[tokio::test]
async fn bodies_are_as_large_as_the_platform_takes() {
    let rig = Rig::start(false).await;
    // Eighteen megabytes in one bulk action.
    let text = "x".repeat(1900);
    let row = json!({ "@odata.type": "Microsoft.Dynamics.CRM.account", "name": "x", "description": text });
    let made = rig
        .send("POST", "/accounts/Microsoft.Dynamics.CRM.CreateMultiple", &[], json!({ "Targets": vec![row; 9000] }))
        .await;
    assert_eq!((made.status, made.body["Ids"].as_array().map(Vec::len)), (200, Some(9000)));
    rig.stop().await;
}

#[tokio::test]
async fn times_are_told_in_utc_and_one_without_an_offset_is_utc() {
    let rig = Rig::start(true).await;
    for (written, told) in [
        ("2026-01-02T03:04:05", "2026-01-02T03:04:05Z"),
        ("2026-01-02T03:04:05.678", "2026-01-02T03:04:05Z"),
        ("2026-01-02T03:04:05+02:00", "2026-01-02T01:04:05Z"),
        ("2026-01-02", "2026-01-02T00:00:00Z"),
        ("1753-01-01", "1753-01-01T00:00:00Z"),
    ] {
        let body = json!({ "name": "x", "lastonholdtime": written });
        let reply = rig.send("POST", "/accounts", &[("prefer", "return=representation")], body).await;
        assert_eq!(reply.body["lastonholdtime"], told, "{}", reply.body);
    }
    rig.stop().await;
}
