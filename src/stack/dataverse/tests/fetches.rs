//! Queries of clients beyond the usual ones: `FetchXML` with linked tables and
//! conditions, and functions over lookups.

use serde_json::{Value, json};

use super::rig::{Reply, Rig};

async fn fetch(rig: &Rig, table: &str, xml: &str) -> Reply {
    let prefer = [("prefer", "odata.include-annotations=\"*\"")];
    let xml: String = url::form_urlencoded::byte_serialize(xml.as_bytes()).collect();
    rig.send("GET", &format!("/{table}?fetchXml={xml}"), &prefer, Value::Null).await
}

#[tokio::test]
async fn columns_of_linked_tables_have_formatted_values() {
    let rig = Rig::start(false).await;
    let xml = "<fetch top='1'><entity name='contact'><attribute name='fullname'/><link-entity name='account' from='accountid' to='parentcustomerid' alias='acc'><attribute name='statecode'/><attribute name='accountcategorycode' alias='kind'/><attribute name='industrycode'/></link-entity></entity></fetch>";
    let reply = fetch(&rig, "contacts", xml).await;
    let row = &reply.body["value"][0];
    let formatted = |name: &str| &row[format!("{name}@OData.Community.Display.V1.FormattedValue").as_str()];
    assert_eq!((&row["acc.statecode"], formatted("acc.statecode")), (&json!(0), &json!("Active")), "{}", reply.body);
    assert_eq!((&row["kind"], formatted("kind")), (&json!(2), &json!("Standard")));
    // What is nothing in a linked table is left out.
    assert!(row.get("acc.industrycode").is_none());
    rig.stop().await;
}

#[tokio::test]
async fn a_linked_table_that_must_only_be_there_repeats_no_row() {
    let rig = Rig::start(false).await;
    let account = rig.account(0);
    for n in 0..3 {
        let bind = format!("/accounts({account})");
        let body = json!({ "fullname": format!("There {n}"), "parentcustomerid_account@odata.bind": bind });
        assert_eq!(rig.send("POST", "/contacts", &[], body).await.status, 204);
    }
    for (kind, rows) in [("inner", 3), ("exists", 1), ("in", 1), ("matchfirstrowusingcrossapply", 1)] {
        let xml = format!(
            "<fetch><entity name='account'><attribute name='name'/><link-entity name='contact' from='parentcustomerid' to='accountid' link-type='{kind}' alias='c'><filter><condition attribute='fullname' operator='begins-with' value='There'/></filter></link-entity></entity></fetch>"
        );
        let reply = fetch(&rig, "accounts", &xml).await;
        assert_eq!(reply.body["value"].as_array().map(Vec::len), Some(rows), "{kind}: {}", reply.body);
    }
    rig.stop().await;
}

#[tokio::test]
async fn an_operator_that_is_none_is_refused_and_one_that_is_missing_is_named() {
    let rig = Rig::start(false).await;
    let with = |operator: &str| {
        format!(
            "<fetch><entity name='contact'><filter><condition attribute='fullname' operator='{operator}' value='1'/></filter></entity></fetch>"
        )
    };
    let wrong = fetch(&rig, "contacts", &with("bogus")).await;
    assert_eq!((wrong.error().0, wrong.error().2), (400, "The condition operator 'bogus' is not valid."));
    let missing = fetch(&rig, "contacts", &with("eq-userteams")).await;
    assert_eq!(missing.error().0, 501);
    assert!(missing.error().2.contains("'eq-userteams' of FetchXML"), "{}", missing.body);
    rig.stop().await;
}

#[tokio::test]
async fn functions_name_lookups_by_their_logical_names() {
    let rig = Rig::start(false).await;
    let body = json!({ "fullname": "Mine" });
    assert_eq!(rig.send("POST", "/contacts", &[], body).await.status, 204);
    for function in ["EqualUserId", "EqualUserOrUserTeams"] {
        for name in ["ownerid", "_ownerid_value"] {
            let path =
                format!("/contacts?$select=fullname&$filter=Microsoft.Dynamics.CRM.{function}(PropertyName='{name}')");
            let reply = rig.get(&path).await;
            assert_eq!(reply.body["value"][0]["fullname"], "Mine", "{function} {name}: {}", reply.body);
        }
    }
    let account = rig.account(0);
    let path = format!(
        "/contacts?$select=fullname&$filter=Microsoft.Dynamics.CRM.In(PropertyName='parentcustomerid',PropertyValues=['{account}'])"
    );
    assert_eq!(rig.get(&path).await.body["value"].as_array().map(Vec::len), Some(1));
    let wrong = rig.get("/contacts?$filter=Microsoft.Dynamics.CRM.EqualUserId(PropertyName='nobody')").await;
    assert_eq!(wrong.error().2, "Could not find a property named 'nobody' on type 'Microsoft.Dynamics.CRM.contact'.");
    rig.stop().await;
}
