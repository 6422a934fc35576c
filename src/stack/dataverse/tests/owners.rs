//! Who made a row, who wrote it last, and whose it is.

use serde_json::{Value, json};

use super::rig::{NEVER, Rig};
use crate::stack::identity::{DATAVERSE_RESOURCE, GATEWAY_IDENTITY};
use crate::wire::TokenKind;

const ADA: &str = "b1f0c3d2-6a47-4e0b-9c55-0d3f8e2a7101";
const BEN: &str = "b1f0c3d2-6a47-4e0b-9c55-0d3f8e2a7102";
const ALL: (&str, &str) = ("prefer", "odata.include-annotations=\"*\"");

#[tokio::test]
async fn columns_that_are_derived_from_the_row_lead_to_users() {
    let rig = Rig::start(false).await;
    rig.send("POST", "/contacts", &[], json!({ "contactid": NEVER, "lastname": "x" })).await;
    let row = format!("/contacts({NEVER})");
    let expand = "$expand=createdby($select=fullname),modifiedby($select=fullname),ownerid($select=fullname),\
                  owninguser($select=fullname),owningteam";
    // No table of teams: the property is not there.
    assert_eq!(rig.get(&format!("{row}?{expand}")).await.status, 400);
    let expand = expand.trim_end_matches(",owningteam");
    let found = rig.get(&format!("{row}?$select=lastname&{expand}")).await;
    for name in ["createdby", "modifiedby", "ownerid", "owninguser"] {
        assert_eq!(found.body[name]["fullname"], "# gateway", "{name}: {}", found.body);
        assert!(found.body[name]["systemuserid"].is_string());
    }
    assert_eq!(rig.get(&format!("{row}/createdby?$select=fullname")).await.body["fullname"], "# gateway");
    assert_eq!(rig.get(&format!("{row}/owninguser/fullname")).await.body["value"], "# gateway");
    let told = rig.send("GET", &format!("{row}?$select=createdby,_ownerid_value"), &[ALL], Value::Null).await;
    let text = |name: &str| told.body[name].as_str().unwrap_or_default().to_owned();
    assert_eq!(text("_ownerid_value@OData.Community.Display.V1.FormattedValue"), "# gateway", "{}", told.body);
    assert_eq!(text("_ownerid_value@Microsoft.Dynamics.CRM.lookuplogicalname"), "systemuser");
    assert_eq!(text("_createdby_value@Microsoft.Dynamics.CRM.associatednavigationproperty"), "createdby");
    let whole = rig.get(&row).await.body;
    assert_eq!((&whole["_owninguser_value"], &whole["_owningteam_value"]), (&whole["_ownerid_value"], &Value::Null));
    assert!(whole["_owningbusinessunit_value"].is_string());
    rig.stop().await;
}

#[tokio::test]
async fn rows_are_filtered_and_ordered_by_their_users() {
    let rig = Rig::start(false).await;
    for (n, owner) in [(1, ADA), (2, BEN), (3, ADA)] {
        let body = json!({ "lastname": format!("own{n}"), "ownerid@odata.bind": format!("/systemusers({owner})") });
        assert_eq!(rig.send("POST", "/contacts", &[], body).await.status, 204);
    }
    let names = async |query: &str| {
        let page = rig.get(&format!("/contacts?$select=lastname&{query}")).await;
        let rows = page.body["value"].as_array().cloned().unwrap_or_else(|| panic!("{query}: {}", page.body));
        rows.iter().map(|row| row["lastname"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    let own = "startswith(lastname,'own')";
    assert_eq!(names(&format!("$filter={own} and owninguser/fullname eq 'Ada Andrews'")).await, ["own1", "own3"]);
    assert_eq!(names(&format!("$filter={own} and _ownerid_value eq {BEN}")).await, ["own2"]);
    assert_eq!(names(&format!("$filter={own} and createdby/fullname eq 'Ada Andrews'")).await, [""; 0]);
    assert_eq!(
        names(&format!("$filter={own}&$orderby=ownerid/fullname desc,lastname desc")).await,
        ["own2", "own3", "own1"]
    );
    let refused = rig.get("/contacts?$filter=createdby/any(u:u/fullname eq 'x')").await;
    assert_eq!(refused.error().0, 400, "a single value is no collection");
    rig.stop().await;
}

#[tokio::test]
async fn a_row_belongs_to_whom_it_was_given_and_the_ledger_has_it() {
    let rig = Rig::start(false).await;
    let row = format!("/accounts({})", rig.account(4));
    let owner = async || rig.get(&format!("{row}?$select=_ownerid_value,_createdby_value")).await.body;
    let made_by = owner().await["_createdby_value"].clone();
    assert_eq!(owner().await["_ownerid_value"], made_by);
    let to = |user: &str| json!({ "ownerid@odata.bind": format!("/systemusers({user})") });
    assert_eq!(rig.send("PATCH", &row, &[], to(ADA)).await.status, 204);
    assert_eq!(owner().await["_ownerid_value"], ADA);
    assert_eq!(owner().await["_createdby_value"], made_by);
    // Other writes leave it; the link is another way to give it.
    rig.send("PATCH", &row, &[], json!({ "name": "later" })).await;
    assert_eq!(owner().await["_ownerid_value"], ADA);
    let link = json!({ "@odata.id": format!("{}/systemusers({BEN})", rig.base) });
    assert_eq!(rig.send("PUT", &format!("{row}/ownerid/$ref"), &[], link.clone()).await.status, 204);
    assert_eq!(owner().await["_ownerid_value"], BEN);
    assert_eq!(rig.send("PUT", &format!("{row}/createdby/$ref"), &[], link).await.status, 400);
    let changes: Vec<_> = rig.entries().into_iter().flat_map(|entry| entry.columns).collect();
    let owners: Vec<_> = changes.iter().filter(|c| c.name == "ownerid").map(|c| (&c.before, &c.after)).collect();
    assert_eq!(owners, [(&made_by, &json!(ADA)), (&json!(ADA), &json!(BEN))]);
    rig.stop().await;
}

#[tokio::test]
async fn an_owner_who_is_nobody_is_refused_and_nothing_is_written() {
    let rig = Rig::start(false).await;
    let row = format!("/accounts({})", rig.account(4));
    let account = rig.account(5);
    for (owner, status) in [
        (json!(format!("/systemusers({NEVER})")), 404),
        (json!(format!("/accounts({account})")), 400),
        (Value::Null, 400),
        (json!([format!("/systemusers({ADA})")]), 400),
    ] {
        let body = json!({ "name": "no", "ownerid@odata.bind": owner });
        assert_eq!(rig.send("PATCH", &row, &[], body.clone()).await.status, status, "{body}");
    }
    // Who made it nobody says.
    let body = json!({ "createdby@odata.bind": format!("/systemusers({ADA})"), "name": "yes" });
    let done = rig.send("PATCH", &row, &[], body).await;
    assert_eq!(done.status, 204, "{}", done.body);
    let found = rig.get(&row).await.body;
    assert_ne!(found["_createdby_value"], ADA);
    assert_eq!(found["name"], "yes");
    rig.stop().await;
}

#[tokio::test]
async fn owners_are_in_state_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("state.jsonl");
    let rig = Rig::start(false).await;
    let row = format!("/accounts({})", rig.account(4));
    rig.send("PATCH", &row, &[], json!({ "ownerid@odata.bind": format!("/systemusers({ADA})") })).await;
    rig.handle().save(&file).expect("written");
    rig.stop().await;
    let rig = Rig::start(false).await;
    rig.handle().load(&file).expect("whole");
    let found = rig.get(&format!("{row}?$expand=ownerid($select=fullname)")).await;
    assert_eq!(found.body["ownerid"]["fullname"], "Ada Andrews", "{}", found.body);
    rig.stop().await;
}

#[tokio::test]
async fn whoever_calls_is_a_user_by_his_row_or_by_one_that_is_made_for_him() {
    let rig = Rig::protected("").await;
    // Another organisation: the rows of the files have ids of their own.
    let me = rig.get("/WhoAmI").await.body["UserId"].as_str().expect("an id").to_owned();
    let found = rig.get(&format!("/systemusers({me})?$select=fullname,applicationid")).await.body;
    assert_eq!((&found["fullname"], &found["applicationid"]), (&json!("# gateway"), &json!(GATEWAY_IDENTITY)));
    // Who acts as that row is that row.
    let body = json!({ "contactid": NEVER, "lastname": "x" });
    assert_eq!(rig.send("POST", "/contacts", &[("mscrmcallerid", &me)], body).await.status, 204);
    let made = rig.get(&format!("/contacts({NEVER})?$expand=createdby($select=fullname)")).await.body;
    assert_eq!((&made["_createdby_value"], &made["createdby"]["fullname"]), (&json!(me), &json!("# gateway")));
    // The files name no such caller; nor do they name who made their rows.
    let token = rig.mint("stranger", DATAVERSE_RESOURCE, TokenKind::Good);
    let bearer = format!("Bearer {token}");
    let stranger = rig.send("GET", "/WhoAmI", &[("authorization", &bearer)], Value::Null).await.body;
    let row = rig.get(&format!("/systemusers({})", stranger["UserId"].as_str().expect("an id"))).await;
    assert_eq!(row.body["fullname"], "# stranger", "{}", row.body);
    let account = format!("/accounts({})?$expand=createdby($select=fullname)", rig.account(0));
    assert_eq!(rig.get(&account).await.body["createdby"]["fullname"], "SYSTEM");
    rig.stop().await;
}
