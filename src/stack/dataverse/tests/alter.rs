//! Tables, columns, keys, relationships and choices made and deleted while the
//! environment runs.

use serde_json::{Value, json};

use super::rig::{Reply, Rig};

fn label(text: &str) -> Value {
    json!({ "LocalizedLabels": [{ "Label": "ignored", "LanguageCode": 1031 }, { "Label": text, "LanguageCode": 1033 }] })
}

fn column(kind: &str, name: &str, more: impl Into<Value>) -> Value {
    let more = more.into();
    let mut body = json!({
        "@odata.type": format!("Microsoft.Dynamics.CRM.{kind}AttributeMetadata"),
        "SchemaName": name,
        "DisplayName": label(name),
        "RequiredLevel": { "Value": "ApplicationRequired" },
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    body
}

fn table(name: &str) -> Value {
    let title = json!({ "IsPrimaryName": true, "MaxLength": 50, "FormatName": { "Value": "Text" } });
    json!({
        "@odata.type": "Microsoft.Dynamics.CRM.EntityMetadata",
        "SchemaName": name,
        "DisplayName": label("Bank"),
        "OwnershipType": "UserOwned",
        "Attributes": [column("String", "new_Title", title), column("Decimal", "new_Price", json!({ "Precision": 2, "MaxValue": 99 }))],
    })
}

async fn post(rig: &Rig, path: &str, body: Value) -> Reply {
    let reply = rig.send("POST", path, &[], body).await;
    assert!(reply.status < 300, "{path}: {} {}", reply.status, reply.body);
    reply
}

/// The path of what was made.
fn address(rig: &Rig, reply: &Reply) -> String {
    reply.header("odata-entityid").strip_prefix(&rig.base).expect("an address").to_owned()
}

#[tokio::test]
async fn a_table_is_made_filled_changed_and_deleted() {
    let rig = Rig::start(false).await;
    let made = address(&rig, &post(&rig, "/EntityDefinitions", table("new_Bank")).await);
    let told =
        rig.get(&format!("{made}?$select=LogicalName,EntitySetName,PrimaryNameAttribute,PrimaryIdAttribute")).await;
    let names =
        ["LogicalName", "EntitySetName", "PrimaryNameAttribute", "PrimaryIdAttribute"].map(|n| told.body[n].clone());
    assert_eq!(names, ["new_bank", "new_banks", "new_title", "new_bankid"]);
    let row = address(&rig, &post(&rig, "/new_banks", json!({ "new_title": "One", "new_price": 2.5 })).await);
    let read = rig.get(&row).await;
    assert_eq!((&read.body["new_price"], &read.body["statecode"]), (&json!(2.5), &json!(0)));
    assert!(read.body["_ownerid_value"].is_string());
    let high = rig.send("PATCH", &row, &[], json!({ "new_price": 100 })).await;
    assert_eq!(high.error().0, 400);

    let extra = post(&rig, &format!("{made}/Attributes"), column("Integer", "new_Stock", json!({}))).await;
    let extra = address(&rig, &extra);
    assert_eq!(rig.get(&format!("{row}?$select=new_stock")).await.body["new_stock"], Value::Null);
    assert_eq!(rig.send("PATCH", &row, &[], json!({ "new_stock": 7 })).await.status, 204);
    let level = rig.get(&format!("{extra}?$select=RequiredLevel")).await;
    assert_eq!(level.body["RequiredLevel"]["Value"], "ApplicationRequired", "and yet rows need not have it");
    let wider = column("Decimal", "new_Price", json!({ "MaxValue": 1000 }));
    let changed = rig.send("PUT", &format!("{made}/Attributes(LogicalName='new_price')"), &[], wider).await;
    assert_eq!((changed.status, rig.send("PATCH", &row, &[], json!({ "new_price": 100 })).await.status), (204, 204));
    assert!(rig.text("/$metadata").await.1.contains("<EntityType Name=\"new_bank\""));

    assert_eq!(rig.send("DELETE", &extra, &[], Value::Null).await.status, 204);
    assert!(rig.get(&row).await.body.get("new_stock").is_none());
    assert_eq!(rig.send("PATCH", &row, &[], json!({ "new_stock": 7 })).await.status, 400);
    // A column of the same name is another one.
    post(&rig, &format!("{made}/Attributes"), column("String", "new_Stock", json!({}))).await;
    assert_eq!(rig.get(&row).await.body["new_stock"], Value::Null);
    assert_eq!(rig.send("DELETE", &made, &[], Value::Null).await.status, 204);
    assert_eq!(rig.get("/new_banks").await.error().1, "0x8006088a");
    assert!(!rig.text("/$metadata").await.1.contains("new_bank"));
    let stock = rig.entries().iter().flat_map(|e| e.columns.clone()).find(|c| c.name == "new_stock").expect("written");
    assert_eq!(stock.after, 7, "the ledger tells of what is gone");
    assert!(rig.entries().iter().any(|e| e.table == "new_banks"));
    rig.stop().await;
}

#[tokio::test]
async fn keys_and_relationships_are_made_used_and_deleted() {
    let rig = Rig::start(false).await;
    post(&rig, "/CreateEntities", json!({ "Entities": [table("new_Bank")] })).await;
    let key = json!({ "SchemaName": "new_bytitle", "KeyAttributes": ["new_title"] });
    let key = address(&rig, &post(&rig, "/EntityDefinitions(LogicalName='new_bank')/Keys", key).await);
    assert!(key.starts_with("/EntityDefinitions(LogicalName='new_bank')/Keys("), "{key}");
    assert_eq!(rig.send("PATCH", "/new_banks(new_title='A')", &[], json!({ "new_price": 1 })).await.status, 204);
    let again = rig.send("POST", "/new_banks", &[], json!({ "new_title": "a" })).await;
    assert_eq!(again.error().1, "0x80060892");
    assert_eq!(rig.send("DELETE", &key, &[], Value::Null).await.status, 204);
    post(&rig, "/new_banks", json!({ "new_title": "a" })).await;
    let key = json!({ "SchemaName": "new_bytitle", "KeyAttributes": ["new_title"] });
    let twice = rig.send("POST", "/EntityDefinitions(LogicalName='new_bank')/Keys", &[], key).await;
    assert!(twice.error().2.ends_with("rows have the same values."), "{}", twice.body);

    let one = json!({
        "@odata.type": "Microsoft.Dynamics.CRM.OneToManyRelationshipMetadata",
        "SchemaName": "new_account_bank", "ReferencedEntity": "account", "ReferencingEntity": "new_bank",
        "CascadeConfiguration": { "Delete": "Restrict" },
        "Lookup": { "SchemaName": "new_AccountId", "DisplayName": label("Account") },
    });
    let one = address(&rig, &post(&rig, "/RelationshipDefinitions", one).await);
    let account = rig.account(0);
    let body = json!({ "new_title": "Bound", "new_AccountId@odata.bind": format!("/accounts({account})") });
    post(&rig, "/new_banks", body).await;
    let far = rig.get(&format!("/accounts({account})?$select=name&$expand=new_account_bank($select=new_title)")).await;
    assert_eq!(far.body["new_account_bank"][0]["new_title"], "Bound", "{}", far.body);
    assert_eq!(rig.send("DELETE", &format!("/accounts({account})"), &[], Value::Null).await.error().1, "0x80040227");
    let many = json!({
        "@odata.type": "Microsoft.Dynamics.CRM.ManyToManyRelationshipMetadata", "SchemaName": "new_bank_contact",
        "Entity1LogicalName": "new_bank", "Entity2LogicalName": "contact", "IntersectEntityName": "new_bank_contact",
    });
    let many = address(&rig, &post(&rig, "/RelationshipDefinitions", many).await);
    let contact = rig.get("/contacts?$select=fullname&$top=1").await.body["value"][0]["contactid"].clone();
    let contact = contact.as_str().expect("an id");
    let link = json!({ "@odata.id": format!("{}/contacts({contact})", rig.base) });
    let bank = rig.get("/new_banks?$select=new_title&$top=1").await.body["value"][0]["new_bankid"].clone();
    let bank = bank.as_str().expect("an id");
    post(&rig, &format!("/new_banks({bank})/new_bank_contact/$ref"), link).await;
    let linked =
        rig.get(&format!("/contacts({contact})?$select=fullname&$expand=new_bank_contact($select=new_title)")).await;
    assert_eq!(linked.body["new_bank_contact"].as_array().map(Vec::len), Some(1), "{}", linked.body);
    for relationship in [&one, &many] {
        assert_eq!(rig.send("DELETE", relationship, &[], Value::Null).await.status, 204);
        assert_eq!(rig.send("DELETE", relationship, &[], Value::Null).await.status, 404);
    }
    assert_eq!(rig.send("DELETE", &format!("/accounts({account})"), &[], Value::Null).await.status, 204);
    assert_eq!(rig.get("/new_banks?$expand=new_AccountId").await.status, 400);
    rig.stop().await;
}

#[tokio::test]
async fn what_cant_be_changed_is_refused_and_changes_nothing() {
    let rig = Rig::start(false).await;
    post(&rig, "/EntityDefinitions", table("new_Bank")).await;
    let contact = "/EntityDefinitions(LogicalName='contact')";
    let bank = "/EntityDefinitions(LogicalName='new_bank')";
    let lookup = json!({
        "SchemaName": "new_bank_contact", "ReferencedEntity": "new_bank", "ReferencingEntity": "contact",
        "Lookup": { "SchemaName": "new_Bank" },
    });
    post(&rig, "/RelationshipDefinitions", lookup).await;
    let before = rig.text("/$metadata").await.1;
    let string = |name: &str| column("String", name, json!({}));
    let cases = [
        ("POST", "/EntityDefinitions".to_owned(), table("new_BANK"), "0x80044363"),
        ("POST", "/EntityDefinitions".to_owned(), json!({ "SchemaName": "1 x" }), "0x8004701e"),
        ("POST", "/EntityDefinitions".to_owned(), table("Bank"), "0x8004701e"),
        ("POST", "/EntityDefinitions".to_owned(), json!({ "SchemaName": "new_none" }), "0x80040203"),
        ("POST", format!("{bank}/Attributes"), string("new_title"), "0x80047013"),
        ("POST", format!("{bank}/Attributes"), string("new_bankid"), "0x80047013"),
        ("POST", format!("{bank}/Attributes"), column("Lookup", "new_far", json!({})), "0x80040203"),
        (
            "PUT",
            format!("{bank}/Attributes(LogicalName='new_title')"),
            column("Memo", "new_title", json!({})),
            "0x80040203",
        ),
        ("DELETE", format!("{bank}/Attributes(LogicalName='new_title')"), Value::Null, "0x8004f01f"),
        ("DELETE", format!("{bank}/Attributes(LogicalName='nobody')"), Value::Null, "0x80040217"),
        ("DELETE", bank.to_owned(), Value::Null, "0x8004f01f"),
        ("DELETE", contact.to_owned(), Value::Null, "0x8004f01e"),
        ("DELETE", format!("{contact}/Attributes(LogicalName='jobtitle')"), Value::Null, "0x8004f01e"),
        ("POST", format!("{bank}/Keys"), json!({ "SchemaName": "new_k", "KeyAttributes": ["nobody"] }), "0x80040203"),
        ("PATCH", "/EntityDefinitions".to_owned(), json!({}), ""),
    ];
    for (method, path, body, code) in cases {
        let reply = rig.send(method, &path, &[], body.clone()).await;
        assert_eq!(reply.error().1, code, "{method} {path} {body}: {} {}", reply.status, reply.body);
    }
    assert_eq!(rig.text("/$metadata").await.1, before);
    rig.stop().await;
}

#[tokio::test]
async fn shared_choices_get_options_and_the_columns_with_them() {
    let rig = Rig::start(false).await;
    let options = json!([{ "Value": 1, "Label": label("one") }, { "Label": label("two") }]);
    let set = address(
        &rig,
        &post(&rig, "/GlobalOptionSetDefinitions", json!({ "Name": "new_size", "Options": options })).await,
    );
    let bound = json!({ "GlobalOptionSet@odata.bind": set });
    let contact = "/EntityDefinitions(LogicalName='contact')/Attributes";
    let made = address(&rig, &post(&rig, contact, column("Picklist", "new_Size", bound)).await);
    let more = json!({ "OptionSetName": "new_size", "Value": 9, "Label": label("nine") });
    assert_eq!(post(&rig, "/InsertOptionValue", more).await.body["NewOptionValue"], 9);
    let row = address(&rig, &post(&rig, "/contacts", json!({ "fullname": "x", "new_size": 9 })).await);
    let prefer = [("prefer", "odata.include-annotations=\"*\"")];
    let read = rig.send("GET", &format!("{row}?$select=new_size"), &prefer, Value::Null).await;
    assert_eq!(read.body["new_size@OData.Community.Display.V1.FormattedValue"], "nine");
    assert_eq!(rig.send("DELETE", &set, &[], Value::Null).await.error().1, "0x8004f01f");
    assert_eq!(rig.send("DELETE", &made, &[], Value::Null).await.status, 204);
    assert_eq!(rig.send("DELETE", &set, &[], Value::Null).await.status, 204);
    assert_eq!(post(&rig, "/PublishAllXml", json!({})).await.status, 204);
    rig.stop().await;
}

#[tokio::test]
async fn snapshots_files_and_state_files_go_with_tables_that_were_made() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("state.jsonl");
    let rig = Rig::start(false).await;
    assert!(rig.handle().snapshot("before"));
    let made = address(&rig, &post(&rig, "/EntityDefinitions", table("new_Bank")).await);
    let contact = "/EntityDefinitions(LogicalName='contact')/Attributes";
    post(&rig, contact, column("Integer", "new_Size", json!({}))).await;
    let row = address(&rig, &post(&rig, "/new_banks", json!({ "new_title": "One" })).await);
    let person = address(&rig, &post(&rig, "/contacts", json!({ "fullname": "x", "new_size": 3 })).await);
    rig.handle().save(&file).expect("written");
    assert!(rig.handle().restore("before"));
    assert_eq!((rig.get(&row).await.status, rig.get(&person).await.status), (404, 404));
    post(&rig, "/contacts", json!({ "fullname": "y", "new_size": 4 })).await;
    rig.handle().reset().await.expect("the files are as they were");
    assert_eq!((rig.get("/new_banks").await.status, rig.get(&made).await.status), (404, 404));
    assert_eq!(rig.send("POST", "/contacts", &[], json!({ "fullname": "y", "new_size": 4 })).await.status, 400);
    rig.stop().await;
    let rig = Rig::start(false).await;
    rig.handle().load(&file).expect("it goes with the tables");
    assert_eq!(rig.get(&row).await.body["new_title"], "One");
    assert_eq!(rig.get(&person).await.body["new_size"], 3);
    rig.handle().save(&file).expect("written");
    let twice = std::fs::read_to_string(&file).expect("there");
    assert_eq!(twice.matches("\"altered\"").count(), 2);
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn rows_are_written_while_tables_change() {
    let rig = Rig::start(false).await;
    post(&rig, "/EntityDefinitions", table("new_Bank")).await;
    let write = async |who: usize| {
        for n in 0..40 {
            post(&rig, "/new_banks", json!({ "new_title": format!("{who}/{n}") })).await;
        }
    };
    let change = async {
        for n in 0..20 {
            let name = format!("new_Extra{n}");
            let path = "/EntityDefinitions(LogicalName='new_bank')/Attributes";
            let made = address(&rig, &post(&rig, path, column("Integer", &name, json!({}))).await);
            if n % 2 == 0 {
                assert_eq!(rig.send("DELETE", &made, &[], Value::Null).await.status, 204);
            }
        }
    };
    tokio::join!(write(0), write(1), write(2), change);
    let all = rig.get("/new_banks?$count=true&$select=new_title,new_extra19").await;
    assert_eq!(all.body["@odata.count"], 120);
    assert!(all.body["value"].as_array().expect("rows").iter().all(|row| row["new_extra19"] == Value::Null));
    rig.stop().await;
}
