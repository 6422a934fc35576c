//! What writes do besides single rows: rows within rows, links, deletions that
//! reach further, bulk actions.

use serde_json::{Value, json};

use super::rig::{NEVER, Rig};
use crate::observe::{LedgerEntry, Operation};

fn id_of(address: &str) -> String {
    address.rsplit(['(', ')']).nth(1).expect("an id").to_owned()
}

#[tokio::test]
async fn rows_within_rows_are_made_together_or_not_at_all() {
    let rig = Rig::start(false).await;
    let body = json!({
        "name": "Deep",
        "primarycontactid": { "firstname": "Only", "lastname": "One" },
        "contact_customer_accounts": [{ "lastname": "A" }, { "lastname": "B", "Contact_Tasks": [{ "subject": "T" }] }],
        "accountleads_association": [{ "subject": "L" }],
    });
    let made = rig.send("POST", "/accounts", &[], body).await;
    assert_eq!(made.status, 204, "{}", made.body);
    let path = format!("/accounts({})", id_of(made.header("odata-entityid")));
    let expand = "?$select=name&$expand=primarycontactid($select=lastname),contact_customer_accounts($select=lastname),\
                  accountleads_association($select=subject)";
    let read = rig.get(&format!("{path}{expand}")).await.body;
    assert_eq!(read["primarycontactid"]["lastname"], "One");
    assert_eq!(read["contact_customer_accounts"].as_array().map(Vec::len), Some(2));
    assert_eq!(read["accountleads_association"][0]["subject"], "L");
    let entries = rig.entries();
    assert!(entries.len() == 7 && entries.iter().all(|e| e.committed() && e.request == entries[0].request));

    let long = "x".repeat(51);
    let fails = json!({ "name": "Deep", "contact_customer_accounts": [{ "lastname": "A" }, { "lastname": long }] });
    assert_eq!(rig.send("POST", "/accounts", &[], fails).await.error().1, "0x80044331");
    // A lookup that leads nowhere is seen after rows were made: they are gone.
    let address = format!("/leads({NEVER})");
    let fails = json!({
        "name": "Half", "primarycontactid": { "lastname": "Half" }, "accountleads_association@odata.bind": [address],
    });
    assert_eq!(rig.send("POST", "/accounts", &[], fails).await.error().0, 404);
    assert_eq!(rig.get("/contacts?$filter=lastname eq 'Half'").await.body["value"], json!([]));
    let committed = rig.entries().iter().filter(|e| e.committed()).count();
    assert_eq!(committed, 7);
    let update = rig.send("PATCH", &path, &[], json!({ "primarycontactid": { "lastname": "x" } })).await;
    assert_eq!(update.status, 400);
    rig.stop().await;
}

#[tokio::test]
async fn lookups_are_bound_by_every_form_of_address_and_cleared() {
    let rig = Rig::start(false).await;
    let path = format!("/accounts({})", rig.account(0));
    let contact =
        rig.get("/contacts?$top=1&$filter=emailaddress1 eq 'person7@example.com'").await.body["value"][0]["contactid"]
            .clone();
    let id = contact.as_str().expect("an id");
    let addresses = [
        format!("contacts({id})"),
        format!("/contacts({id})"),
        format!("/api/data/v9.2/contacts({id})"),
        format!("{}/contacts({id})", rig.base),
        format!("/contacts(contactid={id})"),
        "/contacts(emailaddress1='person7@example.com')".to_owned(),
    ];
    let lookup = format!("{path}?$select=_primarycontactid_value");
    for address in addresses {
        let bound = rig.send("PATCH", &path, &[], json!({ "primarycontactid@odata.bind": address })).await;
        assert_eq!(bound.status, 204, "{address}: {}", bound.body);
        assert_eq!(rig.get(&lookup).await.body["_primarycontactid_value"], contact, "{address}");
        let cleared = rig.send("PATCH", &path, &[], json!({ "primarycontactid@odata.bind": null })).await;
        assert_eq!(cleared.status, 204);
        assert_eq!(rig.get(&lookup).await.body["_primarycontactid_value"], Value::Null);
    }
    let refused = [
        (json!({ "primarycontactid@odata.bind": format!("/contacts({NEVER})") }), 404, "0x80040217"),
        (json!({ "primarycontactid@odata.bind": "/contacts(emailaddress1='nobody')" }), 404, "0x80060891"),
        (json!({ "primarycontactid@odata.bind": format!("/Contacts({id})") }), 404, "0x8006088a"),
        (json!({ "primarycontactid@odata.bind": format!("/accounts({})", rig.account(1)) }), 400, "0x80048d19"),
        (json!({ "PrimaryContactId@odata.bind": format!("/contacts({id})") }), 400, "0x80048d19"),
        (json!({ "_primarycontactid_value": id }), 400, "0x80060888"),
        (json!({ "primarycontactid@odata.bind": "$1" }), 400, ""),
    ];
    for (body, status, code) in refused {
        let reply = rig.send("PATCH", &path, &[], body.clone()).await;
        assert_eq!((reply.error().0, reply.error().1), (status, code), "{body}");
    }
    rig.stop().await;
}

#[tokio::test]
async fn links_are_made_and_taken_apart_by_ref() {
    let rig = Rig::start(false).await;
    let path = format!("/accounts({})", rig.account(0));
    let lead = id_of(rig.send("POST", "/leads", &[], json!({ "subject": "S" })).await.header("odata-entityid"));
    let contact = id_of(rig.send("POST", "/contacts", &[], json!({ "lastname": "S" })).await.header("odata-entityid"));
    let to = |set: &str, id: &str| json!({ "@odata.id": format!("{}/{set}({id})", rig.base) });
    let count =
        async |navigation: &str| rig.get(&format!("{path}/{navigation}")).await.body["value"].as_array().map(Vec::len);
    let leads = format!("{path}/accountleads_association/$ref");
    assert_eq!(rig.send("POST", &leads, &[], to("leads", &lead)).await.status, 204);
    assert_eq!(rig.send("POST", &leads, &[], to("leads", &lead)).await.error().1, "0x80040237");
    assert_eq!(count("accountleads_association").await, Some(1));
    let back = rig.get(&format!("/leads({lead})/accountleads_association")).await;
    assert_eq!(back.body["value"][0]["accountid"], rig.account(0));
    let apart = format!("{path}/accountleads_association({lead})/$ref");
    assert_eq!(rig.send("DELETE", &apart, &[], Value::Null).await.status, 204);
    assert_eq!(count("accountleads_association").await, Some(0));

    let contacts = format!("{path}/contact_customer_accounts/$ref");
    let before = count("contact_customer_accounts").await;
    assert_eq!(rig.send("POST", &contacts, &[], to("contacts", &contact)).await.status, 204);
    assert_eq!(count("contact_customer_accounts").await, before.map(|n| n + 1));
    let apart = format!("{contacts}?$id={}/contacts({contact})", rig.base);
    assert_eq!(rig.send("DELETE", &apart, &[], Value::Null).await.status, 204);
    assert_eq!(count("contact_customer_accounts").await, before);
    assert_eq!(rig.send("DELETE", &contacts, &[], Value::Null).await.status, 400);

    let single = format!("{path}/primarycontactid/$ref");
    assert_eq!(rig.send("PUT", &single, &[], to("contacts", &contact)).await.status, 204);
    assert_eq!(rig.get(&single).await.body["@odata.id"], format!("{}/contacts({contact})", rig.base));
    assert_eq!(rig.send("DELETE", &single, &[], Value::Null).await.status, 204);
    assert_eq!(rig.get(&single).await.status, 204);
    assert_eq!(rig.send("PUT", &format!("{path}/nothing/$ref"), &[], to("leads", &lead)).await.error().1, "0x8006088a");
    assert_eq!(rig.send("PUT", &single, &[], json!({ "x": 1 })).await.error().1, "0x80048d19");

    let within = format!("{path}/contact_customer_accounts");
    let made = rig.send("POST", &within, &[("prefer", "return=representation")], json!({ "lastname": "W" })).await;
    assert_eq!((made.status, &made.body["_parentcustomerid_value"]), (201, &json!(rig.account(0))));
    rig.stop().await;
}

#[tokio::test]
async fn a_deletion_goes_as_far_as_the_relationships_say() {
    let rig = Rig::start(false).await;
    let body = json!({
        "name": "Gone",
        "primarycontactid": { "lastname": "Stays" },
        "contact_customer_accounts": [{ "lastname": "Goes", "Contact_Tasks": [{ "subject": "Goes too" }] }],
        "account_parent_account": [{ "name": "Stays, its lookup cleared" }],
    });
    let made = rig.send("POST", "/accounts", &[], body).await;
    assert_eq!(made.status, 204, "{}", made.body);
    let before = rig.entries().len();
    let path = format!("/accounts({})", id_of(made.header("odata-entityid")));
    assert_eq!(rig.send("DELETE", &path, &[("if-match", "*")], Value::Null).await.status, 204);
    let told: Vec<_> = rig.entries()[before..].iter().map(|e| (e.table.clone(), e.operation)).collect();
    let own = |table: &str, operation| (table.to_owned(), operation);
    let expected = [
        own("tasks", Operation::Delete),
        own("contacts", Operation::Delete),
        own("accounts", Operation::Update),
        own("accounts", Operation::Delete),
    ];
    assert_eq!(told, expected);
    assert_eq!(rig.get("/contacts?$filter=lastname eq 'Stays'").await.body["value"].as_array().map(Vec::len), Some(1));
    rig.stop().await;
}

fn typed(logical: &str, mut row: Value) -> Value {
    row["@odata.type"] = format!("Microsoft.Dynamics.CRM.{logical}").into();
    row
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one row goes through every bulk action")]
async fn bulk_actions_write_all_rows_of_a_standard_table_or_none() {
    let rig = Rig::start(false).await;
    let action = |set: &str, name: &str| format!("/{set}/Microsoft.Dynamics.CRM.{name}");
    let create = action("contacts", "CreateMultiple");
    let targets = |rows: Vec<Value>| json!({ "Targets": rows });
    let rows =
        (0..50).map(|n| typed("contact", json!({ "lastname": format!("N{n}"), "emailaddress1": format!("n{n}@x") })));
    let made = rig.send("POST", &create, &[], targets(rows.collect())).await;
    assert_eq!(made.status, 200, "{}", made.body);
    let context = made.body["@odata.context"].as_str().expect("text");
    assert!(context.ends_with("/$metadata#Microsoft.Dynamics.CRM.CreateMultipleResponse"));
    let ids = made.body["Ids"].as_array().expect("ids").clone();
    assert_eq!(ids.len(), 50);
    let entries = rig.entries();
    assert!(entries.len() == 50 && entries.iter().all(|e| e.request == entries[0].request));

    let update = vec![
        typed("contact", json!({ "contactid": ids[0], "jobtitle": "first" })),
        typed("contact", json!({ "emailaddress1": "n1@x", "jobtitle": "second" })),
    ];
    assert_eq!(rig.send("POST", &action("contacts", "UpdateMultiple"), &[], targets(update)).await.status, 204);
    let upsert = vec![
        typed("contact", json!({ "@odata.id": "contacts(emailaddress1='n2@x')", "jobtitle": "third" })),
        typed("contact", json!({ "@odata.id": "contacts(emailaddress1='new@x')", "jobtitle": "fourth" })),
    ];
    assert_eq!(rig.send("POST", &action("contacts", "UpsertMultiple"), &[], targets(upsert)).await.status, 204);
    let titles =
        rig.get("/contacts?$select=jobtitle,emailaddress1&$filter=jobtitle ne null&$orderby=emailaddress1").await;
    let titles: Vec<_> = titles.body["value"].as_array().expect("rows").iter().map(|r| r["jobtitle"].clone()).collect();
    assert_eq!(titles, ["first", "second", "third", "fourth"]);

    let effects = |rig: &Rig| rig.entries().iter().filter(|e| e.committed()).count();
    let before = effects(&rig);
    let refused = [
        (
            action("contacts", "CreateMultiple"),
            targets(vec![typed("contact", json!({ "lastname": "ok" })), json!({})]),
            400,
            "0x80048d19",
        ),
        (
            create.clone(),
            targets(vec![
                typed("contact", json!({ "lastname": "ok" })),
                typed("contact", json!({ "emailaddress1": "N3@x" })),
            ]),
            412,
            "0x80060892",
        ),
        (
            action("contacts", "UpdateMultiple"),
            targets(vec![
                typed("contact", json!({ "contactid": ids[0], "jobtitle": "x" })),
                typed("contact", json!({ "contactid": NEVER })),
            ]),
            404,
            "0x80040217",
        ),
        (
            action("contacts", "DeleteMultiple"),
            targets(vec![typed("contact", json!({ "contactid": ids[0] }))]),
            501,
            "0x80040800",
        ),
        (action("contacts", "CreateMultiple"), json!({ "Target": [] }), 400, "0x80048d19"),
        (action("contacts", "Nonsense"), json!({}), 404, ""),
    ];
    for (path, body, status, code) in refused {
        let reply = rig.send("POST", &path, &[], body).await;
        assert_eq!((reply.error().0, reply.error().1), (status, code), "{path}: {}", reply.body);
    }
    let text = format!("Contact With Ids = {NEVER} Do Not Exist");
    let missing = targets(vec![typed("contact", json!({ "contactid": NEVER }))]);
    assert_eq!(rig.send("POST", &action("contacts", "UpdateMultiple"), &[], missing).await.error().2, text);
    assert_eq!(effects(&rig), before);
    rig.stop().await;
}

#[tokio::test]
async fn bulk_actions_on_an_elastic_table_succeed_in_part_and_tell_which() {
    let rig = Rig::start(false).await;
    let id = |n: u32| format!("00000000-0000-4000-8000-0000000001{n:02}");
    let row =
        |n: u32| typed("new_reading", json!({ "new_readingid": id(n), "new_name": format!("R{n}"), "new_value": 1.5 }));
    let create = "/new_readings/Microsoft.Dynamics.CRM.CreateMultiple";
    assert_eq!(rig.send("POST", create, &[], json!({ "Targets": [row(1), row(2)] })).await.status, 200);
    let all = [("prefer", "odata.include-annotations=\"*\"")];
    let half = rig.send("POST", create, &all, json!({ "Targets": [row(2), row(3)] })).await;
    assert_eq!(half.error().0, 412);
    let details = &half.body["error"]["@Microsoft.PowerApps.CDS.ErrorDetails.Plugin.BulkApiErrorDetails"];
    let details: Value = serde_json::from_str(details.as_str().expect("text")).expect("JSON");
    assert_eq!(details, json!([{ "RequestIndex": 0, "Id": id(2), "StatusCode": 412 }]));
    assert_eq!(rig.get(&format!("/new_readings({})", id(3))).await.status, 200);
    // An upsert replaces the whole row.
    assert_eq!(
        rig.send("PATCH", &format!("/new_readings({})", id(3)), &[], json!({ "new_name": "only" })).await.status,
        204
    );
    let read = rig.get(&format!("/new_readings({})", id(3))).await.body;
    assert_eq!((&read["new_name"], &read["new_value"]), (&json!("only"), &Value::Null));
    let delete = "/new_readings/Microsoft.Dynamics.CRM.DeleteMultiple";
    assert_eq!(rig.send("POST", delete, &[], json!({ "Targets": [row(1), row(2)] })).await.status, 204);
    assert_eq!(rig.get("/new_readings").await.body["value"].as_array().map(Vec::len), Some(1));
    let stale = rig.send("PATCH", &format!("/new_readings({})", id(3)), &[("if-match", "W/\"1\"")], json!({})).await;
    assert_eq!(stale.error().1, "0x80060893");
    let told = rig.entries().iter().filter(|e| !LedgerEntry::committed(e)).count();
    assert_eq!(told, 2);
    rig.stop().await;
}

#[tokio::test]
async fn states_numbers_and_single_properties_are_the_platform_s() {
    let rig = Rig::start(false).await;
    let representation = [("prefer", "return=representation")];
    let made = rig
        .send("POST", "/leads?$select=new_number,statecode,statuscode", &representation, json!({ "statuscode": 3 }))
        .await;
    assert_eq!((made.status, &made.body["statecode"]), (201, &json!(1)));
    assert!(made.body["new_number"].as_str().expect("a number").starts_with("LEAD-"));
    assert_eq!(made.body.get("subject"), None);
    let path = format!("/leads({})", made.body["leadid"].as_str().expect("an id"));
    assert_eq!(rig.send("PATCH", &path, &[], json!({ "statecode": 2 })).await.status, 204);
    assert_eq!(rig.get(&path).await.body["statuscode"], 4);
    assert_eq!(rig.send("PATCH", &path, &[], json!({ "statecode": 0, "statuscode": 4 })).await.error().1, "0x80048408");
    let subject = format!("{path}/subject");
    assert_eq!(rig.send("PUT", &subject, &[], json!({ "value": "S" })).await.status, 204);
    assert_eq!(rig.get(&subject).await.body["value"], "S");
    assert_eq!(rig.send("DELETE", &subject, &[], Value::Null).await.status, 204);
    assert_eq!(rig.get(&path).await.body["subject"], Value::Null);
    let tag = rig.get(&path).await.header("etag").to_owned();
    assert_eq!(rig.send("PUT", &subject, &[("if-match", &tag)], json!({ "value": "T" })).await.status, 204);
    assert_eq!(rig.send("PUT", &subject, &[("if-match", &tag)], json!({ "value": "U" })).await.error().1, "0x80060882");
    assert_eq!(rig.send("PUT", &format!("/leads({NEVER})/subject"), &[], json!({ "value": "U" })).await.status, 404);
    let wrong = rig.send("POST", "/leads?$select=nothing", &representation, json!({ "subject": "never" })).await;
    assert_eq!(wrong.error().1, "0x0");
    assert_eq!(rig.get("/leads?$filter=subject eq 'never'").await.body["value"], json!([]));
    rig.stop().await;
}
