//! What readers ask for, and what they are given.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::rig::{Reply, Rig};

fn column(reply: &Reply, name: &str) -> Vec<Value> {
    let rows = reply.body["value"].as_array().unwrap_or_else(|| panic!("rows: {}", reply.body));
    rows.iter().map(|row| row[name].clone()).collect()
}

fn next(rig: &Rig, reply: &Reply) -> Option<String> {
    let link = reply.body["@odata.nextLink"].as_str()?;
    Some(link.strip_prefix(&rig.base).expect("absolute").to_owned())
}

#[tokio::test]
async fn filters_choose_rows() {
    let rig = Rig::start(false).await;
    for (filter, count) in [
        ("accountnumber eq 'a-7'", 1),
        ("accountnumber in ('A-1','A-2','nothing')", 2),
        ("startswith(accountnumber,'A-1999')", 11),
        ("endswith(accountnumber,'-19999') or contains(name,'account 12345')", 2),
        ("not startswith(accountnumber,'A-1') and accountnumber lt 'A-201'", 14),
        ("creditlimit gt 10000", 0),
        ("creditlimit ge 10000 and accountcategorycode eq 2 and accountnumber eq 'A-3'", 1),
        ("description eq null and accountnumber eq 'A-3'", 1),
        ("description ne 'x' and accountnumber eq 'A-3'", 1),
        ("not (revenue gt 5) and accountnumber eq 'A-3'", 0),
        ("name eq accountnumber", 0),
        ("Microsoft.Dynamics.CRM.In(PropertyName='accountnumber',PropertyValues=[\"A-5\",\"A-6\"])", 2),
        ("Microsoft.Dynamics.CRM.Between(PropertyName='creditlimit',PropertyValues=['1','2'])", 0),
        ("Microsoft.Dynamics.CRM.Today(PropertyName='createdon') and accountnumber eq 'A-1'", 1),
        ("createdon lt 2020-01-01", 0),
        ("contact_customer_accounts/any(c:c/emailaddress1 eq 'person7@example.com')", 1),
        ("contact_customer_accounts/any() and accountnumber eq 'A-1'", 1),
        ("contact_customer_accounts/all(c:c/lastname eq '1') and accountnumber eq 'A-1'", 1),
        ("accountnumber eq @p", 1),
    ] {
        let reply = rig.get(&format!("/accounts?$select=name&$count=true&$filter={filter}&@p='A-8'")).await;
        assert_eq!((reply.status, &reply.body["@odata.count"]), (200, &json!(count)), "{filter}: {}", reply.body);
    }
    let people = "/contacts?$select=fullname&$filter=parentcustomerid_account/accountnumber eq 'A-5'";
    assert_eq!(column(&rig.get(people).await, "fullname"), ["Person 5"]);
    let account = rig.account(4);
    let people = format!("/contacts?$select=fullname&$filter=_parentcustomerid_value eq {account}");
    assert_eq!(column(&rig.get(&people).await, "fullname"), ["Person 5"]);
    rig.stop().await;
}

#[tokio::test]
async fn what_can_t_be_asked_is_refused_as_the_platform_refuses() {
    let rig = Rig::start(false).await;
    let nothing = "Could not find a property named 'X' on type 'Microsoft.Dynamics.CRM.account'.";
    for (query, code, message) in [
        ("$filter=X eq 1", "0x0", nothing),
        ("$orderby=X", "0x0", nothing),
        ("$select=X", "0x0", nothing),
        ("$expand=X", "0x0", nothing),
        (
            "$filter=primarycontactid/X eq 1",
            "0x0",
            "Could not find a property named 'X' on type 'Microsoft.Dynamics.CRM.contact'.",
        ),
        (
            "$filter=name eq 5",
            "0x0",
            "A binary operator with incompatible types was detected. Found operand types 'Edm.String' and 'Edm.Int32' for operator kind 'Equal'.",
        ),
        ("$filter=creditlimit add 5 gt 7", "0x80060888", "The binary operator 'Add' is not supported."),
        ("$filter=tolower(name) eq 'x'", "0x80060888", "The function 'tolower' is not supported."),
        ("$filter=name", "0x0", "The $filter expression must evaluate to a single boolean value."),
        ("$filter=name eq 'a", "0x0", "There is an unterminated string literal at position 8 in 'name eq 'a'."),
        ("$skip=5", "0x80060888", "Skip Clause is not supported in CRM"),
        ("$Top=5", "0x80060888", "The query parameter $Top is not supported"),
        ("$skiptoken=nonsense", "0x80041129", "Malformed XML in the Paging Cookie"),
    ] {
        assert_eq!(rig.get(&format!("/accounts?{query}")).await.error(), (400, code, message), "{query}");
    }
    rig.stop().await;
}

#[tokio::test]
async fn pages_lose_and_repeat_nothing_while_rows_come_and_go() {
    let rig = Rig::start(false).await;
    for query in [
        "$select=fullname",
        "$select=fullname&$orderby=gendercode desc,fullname",
        "$select=fullname&$orderby=emailaddress1",
    ] {
        let prefer = [("prefer", "odata.maxpagesize=30")];
        let mut path = format!("/contacts?{query}");
        let before: BTreeSet<String> =
            column(&rig.get("/contacts?$select=fullname").await, "fullname").iter().map(Value::to_string).collect();
        let mut seen: Vec<String> = Vec::new();
        let mut gone = None;
        loop {
            let page = rig.send("GET", &path, &prefer, Value::Null).await;
            assert_eq!(page.status, 200, "{}", page.body);
            let rows = page.body["value"].as_array().expect("rows");
            assert!(rows.len() <= 30);
            seen.extend(rows.iter().map(|row| row["fullname"].to_string()));
            let Some(link) = next(&rig, &page) else { break };
            assert!(link.contains("$skiptoken=%3Ccookie%20pagenumber=%22"), "{link}");
            assert!(
                link.contains("pagingcookie=%22%253ccookie%2520page%253d%25221%2522%253e") || gone.is_some(),
                "{link}"
            );
            // The last row goes, and a new one comes where it was.
            if gone.is_none() {
                let last = rows.last().expect("a row");
                gone = Some(last["fullname"].to_string());
                let row = format!("/contacts({})", last["contactid"].as_str().expect("an id"));
                assert_eq!(rig.send("DELETE", &row, &[], Value::Null).await.status, 204);
                rig.send(
                    "POST",
                    "/contacts",
                    &[],
                    json!({ "fullname": format!("A {}", query.len()), "gendercode": 2 }),
                )
                .await;
            }
            path = link;
        }
        let unique: BTreeSet<String> = seen.iter().cloned().collect();
        assert_eq!(unique.len(), seen.len(), "{query}");
        assert!(before.is_subset(&unique), "{query}");
    }
    rig.stop().await;
}

#[tokio::test]
async fn rows_are_ordered_counted_and_expanded() {
    let rig = Rig::start(false).await;
    let top = rig.get("/accounts?$select=accountnumber&$orderby=accountnumber desc&$top=2").await;
    assert_eq!(column(&top, "accountnumber"), ["A-9999", "A-9998"]);
    let by_parent = "/contacts?$select=fullname&$orderby=parentcustomerid_account/accountnumber desc,fullname&$top=2";
    assert_eq!(column(&rig.get(by_parent).await, "fullname"), ["Person 99", "Person 98"]);
    let all = rig.get("/accounts?$count=true&$top=1").await;
    assert_eq!(all.body["@odata.count"], 5000);
    assert_eq!(rig.text("/accounts/$count").await.1, "5000");

    let expand = "contact_customer_accounts($select=fullname;$filter=startswith(fullname,'Person');$expand=parentcustomerid_account($select=name))";
    let one = rig.get(&format!("/accounts({})?$select=name&$expand={expand}", rig.account(2))).await;
    let people = &one.body["contact_customer_accounts"];
    assert_eq!(
        (&people[0]["fullname"], &people[0]["parentcustomerid_account"]["name"]),
        (&json!("Person 3"), &json!("Account 3"))
    );
    let context = format!(
        "{}/$metadata#accounts(name,contact_customer_accounts(fullname,parentcustomerid_account(name)))/$entity",
        rig.base
    );
    assert_eq!(one.body["@odata.context"], context);
    assert_eq!(one.body["primarycontactid"], Value::Null);

    let account = rig.account(2);
    for (path, expected) in [("name", json!("Account 3")), ("creditlimit", json!(10000))] {
        assert_eq!(rig.get(&format!("/accounts({account})/{path}")).await.body["value"], expected);
    }
    assert_eq!(rig.text(&format!("/accounts({account})/name/$value")).await.1, "Account 3");
    assert_eq!(rig.get(&format!("/accounts({account})/description")).await.status, 204);
    let people = rig.get(&format!("/accounts({account})/contact_customer_accounts?$select=fullname")).await;
    assert_eq!(column(&people, "fullname"), ["Person 3"]);
    let parent = people.body["value"][0]["contactid"].as_str().expect("an id");
    let back = rig.get(&format!("/contacts({parent})/parentcustomerid_account?$select=name")).await;
    assert_eq!(back.body["name"], "Account 3");
    let references = rig.get(&format!("/accounts({account})/contact_customer_accounts/$ref")).await;
    assert_eq!(references.body["value"][0]["@odata.id"], format!("{}/contacts({parent})", rig.base));
    rig.stop().await;
}

#[tokio::test]
async fn annotations_are_given_as_preferred() {
    let rig = Rig::start(false).await;
    let path = "/contacts?$select=fullname,birthdate,_parentcustomerid_value,gendercode,annualincome&$filter=fullname eq 'Person 4'";
    let all = rig.send("GET", path, &[("prefer", "odata.include-annotations=\"*\"")], Value::Null).await;
    let row = &all.body["value"][0];
    let lookup = "_parentcustomerid_value";
    assert_eq!(row[format!("{lookup}@OData.Community.Display.V1.FormattedValue")], "Account 4");
    assert_eq!(row[format!("{lookup}@Microsoft.Dynamics.CRM.lookuplogicalname")], "account");
    assert_eq!(
        row[format!("{lookup}@Microsoft.Dynamics.CRM.associatednavigationproperty")],
        "parentcustomerid_account"
    );
    assert!(row["birthdate@OData.Community.Display.V1.FormattedValue"].as_str().is_some_and(|d| d.contains('/')));
    assert_eq!(all.body["@Microsoft.Dynamics.CRM.totalrecordcount"], -1);
    assert_eq!(all.body["@Microsoft.Dynamics.CRM.globalmetadataversion"], "84271433");
    let formatted = [("prefer", "odata.include-annotations=\"OData.Community.Display.V1.FormattedValue\"")];
    let account = rig
        .send("GET", "/accounts?$top=1&$select=creditlimit,accountcategorycode,creditonhold", &formatted, Value::Null)
        .await;
    let row = &account.body["value"][0];
    assert_eq!(row["creditlimit@OData.Community.Display.V1.FormattedValue"], "$10,000.00");
    assert_eq!(row["accountcategorycode@OData.Community.Display.V1.FormattedValue"], "Standard");
    assert_eq!(account.body.get("@Microsoft.Dynamics.CRM.totalrecordcount"), None);
    rig.stop().await;
}

#[tokio::test]
async fn changes_are_told_since_a_delta_link() {
    let rig = Rig::start(false).await;
    let tracking = [("prefer", "odata.track-changes,odata.maxpagesize=150")];
    let first = rig.send("GET", "/contacts?$select=fullname", &tracking, Value::Null).await;
    assert_eq!(first.body.get("@odata.deltaLink"), None);
    // What changes between the pages is told later.
    let id = |n: usize| first.body["value"][n]["contactid"].as_str().expect("an id").to_owned();
    rig.send("PATCH", &format!("/contacts({})", id(0)), &[], json!({ "fullname": "Changed" })).await;
    let second = rig.send("GET", &next(&rig, &first).expect("a page"), &tracking, Value::Null).await;
    let link = |reply: &Reply| {
        let link = reply.body["@odata.deltaLink"].as_str().unwrap_or_else(|| panic!("{}", reply.body));
        link.strip_prefix(&rig.base).expect("absolute").to_owned()
    };
    assert!(link(&second).contains("$deltatoken="));
    rig.send("DELETE", &format!("/contacts({})", id(1)), &[], Value::Null).await;
    rig.send("POST", "/contacts", &[], json!({ "fullname": "New" })).await;
    let changes = rig.get(&link(&second)).await;
    let told = changes.body["value"].as_array().expect("changes");
    let names: Vec<_> = told.iter().map(|row| row["fullname"].clone()).collect();
    assert_eq!(names, [json!("Changed"), Value::Null, json!("New")]);
    assert_eq!((&told[1]["id"], &told[1]["reason"]), (&json!(id(1)), &json!("deleted")));
    let none = rig.get(&link(&changes)).await;
    assert_eq!(none.body["value"], json!([]));
    let filtered = rig.send("GET", "/contacts?$filter=fullname eq 'x'", &tracking, Value::Null).await;
    assert_eq!(filtered.status, 400);
    rig.stop().await;
}

#[tokio::test]
async fn sql_is_answered() {
    let rig = Rig::start(false).await;
    for (sql, expected) in [
        (
            "SELECT TOP 2 name FROM account ORDER BY accountnumber DESC",
            json!([{ "name": "Account 9999" }, { "name": "Account 9998" }]),
        ),
        (
            "SELECT c.fullname AS who, a.name FROM contact c INNER JOIN account a ON c.parentcustomerid = a.accountid WHERE a.accountnumber = 'A-5'",
            json!([{ "who": "Person 5", "name": "Account 5" }]),
        ),
        (
            "SELECT a.name, COUNT(c.contactid) AS cnt FROM account a LEFT JOIN contact c ON a.accountid = c.parentcustomerid WHERE a.accountnumber IN ('A-1','A-300') GROUP BY a.name ORDER BY a.name",
            json!([{ "name": "Account 1", "cnt": 1 }, { "name": "Account 300", "cnt": 0 }]),
        ),
        ("SELECT COUNT(*) FROM contact", json!([{ "count": 200 }])),
        ("SELECT fullname FROM contact WHERE NOT jobtitle = 'x'", json!([])),
        (
            "SELECT fullname FROM contact WHERE jobtitle IS NULL AND lastname LIKE '19_' ORDER BY fullname OFFSET 8 ROWS FETCH NEXT 1 ROWS ONLY",
            json!([{ "fullname": "Person 198" }]),
        ),
        ("SELECT DISTINCT accountcategorycode FROM account", json!([{ "accountcategorycode": 2 }])),
    ] {
        let table = if sql.contains("FROM contact") { "contacts" } else { "accounts" };
        let reply = rig.get(&format!("/{table}?sql={}", sql.replace(' ', "%20"))).await;
        assert_eq!(reply.body["value"], expected, "{sql}: {}", reply.body);
    }
    let mut seen = BTreeSet::new();
    let mut path = "/accounts?sql=SELECT%20accountnumber%20FROM%20account".to_owned();
    let mut pages = 0;
    loop {
        let page = rig.get(&path).await;
        pages += 1;
        seen.extend(column(&page, "accountnumber").iter().map(Value::to_string));
        match next(&rig, &page) {
            Some(link) => path = link,
            None => break,
        }
    }
    assert_eq!((pages, seen.len()), (4, 20_000));
    let wrong = rig.get("/accounts?sql=SELECT%20nothing%20FROM%20account").await;
    assert_eq!(wrong.error(), (400, "0x80040203", "Invalid column name 'nothing'."));
    rig.stop().await;
}

#[tokio::test]
async fn fetch_xml_is_answered() {
    let rig = Rig::start(false).await;
    let ask = async |table: &str, xml: &str| {
        let prefer = [(
            "prefer",
            "odata.include-annotations=\"Microsoft.Dynamics.CRM.fetchxmlpagingcookie,Microsoft.Dynamics.CRM.morerecords\"",
        )];
        let xml: String = url::form_urlencoded::byte_serialize(xml.as_bytes()).collect();
        rig.send("GET", &format!("/{table}?fetchXml={xml}"), &prefer, Value::Null).await
    };
    let linked = "<fetch><entity name='contact'><attribute name='fullname'/><filter type='or'><condition attribute='lastname' operator='eq' value='7'/><condition attribute='lastname' operator='in'><value>8</value></condition></filter><order attribute='fullname' descending='true'/><link-entity name='account' from='accountid' to='parentcustomerid' alias='a'><attribute name='name'/><filter><condition attribute='accountnumber' operator='not-null'/></filter></link-entity></entity></fetch>";
    let reply = ask("contacts", linked).await;
    assert_eq!(
        (column(&reply, "fullname"), column(&reply, "a.name")),
        (vec![json!("Person 8"), json!("Person 7")], vec![json!("Account 8"), json!("Account 7")]),
        "{}",
        reply.body
    );
    let sum = "<fetch aggregate='true'><entity name='contact'><attribute name='contactid' aggregate='count' alias='n'/><attribute name='gendercode' groupby='true' alias='g'/><order alias='g'/></entity></fetch>";
    let reply = ask("contacts", sum).await;
    let total: i64 = column(&reply, "n").iter().filter_map(Value::as_i64).sum();
    assert_eq!((total, column(&reply, "g")), (200, vec![Value::Null, json!(1), json!(2)]));

    let (mut page, mut cookie, mut seen) = (1, String::new(), BTreeSet::new());
    loop {
        let xml = format!(
            "<fetch count='70' page='{page}' paging-cookie='{cookie}'><entity name='contact'><attribute name='fullname'/><order attribute='fullname'/></entity></fetch>"
        );
        let reply = ask("contacts", &xml).await;
        seen.extend(column(&reply, "fullname").iter().map(Value::to_string));
        if reply.body["@Microsoft.Dynamics.CRM.morerecords"] != true {
            break;
        }
        let told = reply.body["@Microsoft.Dynamics.CRM.fetchxmlpagingcookie"].as_str().expect("a cookie");
        let outer = roxmltree::Document::parse(told).expect("XML");
        let inner = outer.root_element().attribute("pagingcookie").expect("inner");
        let decode = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8().expect("UTF-8").into_owned();
        cookie = decode(&decode(inner)).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        page = outer.root_element().attribute("pagenumber").and_then(|n| n.parse().ok()).expect("a number");
    }
    assert_eq!((page, seen.len()), (3, 200));
    let wrong = ask("contacts", "<fetch><entity name='contact'><attribute name='x'/></entity></fetch>").await;
    assert_eq!(wrong.error().0, 400);
    let apply = rig.get("/contacts?$apply=filter(gendercode eq 1)/groupby((gendercode),aggregate($count as n,annualincome with max as most))").await;
    let row = &apply.body["value"][0];
    assert!(
        row["gendercode"] == 1 && row["n"].as_i64() > Some(50) && row["most"].as_f64() > Some(20_000.0),
        "{}",
        apply.body
    );
    rig.stop().await;
}

#[tokio::test]
async fn reads_are_told_with_their_columns() {
    let rig = Rig::start(false).await;
    rig.get("/contacts?$select=fullname,_parentcustomerid_value&$top=3&$expand=parentcustomerid_account($select=name)")
        .await;
    rig.get(&format!("/accounts({})", rig.account(0))).await;
    rig.get("/accounts?sql=SELECT%20TOP%202%20name%20FROM%20account").await;
    let (reads, _) = rig.handle().reads(0, &[], 10);
    let told: Vec<_> = reads.iter().map(|r| (r.table.as_str(), r.columns.join(","), r.whole, r.rows)).collect();
    assert_eq!(told[0], ("contacts", "fullname,parentcustomerid".into(), false, 3));
    assert_eq!(told[1], ("accounts", "name".into(), false, 3));
    assert!(told[2].2 && told[2].3 == 1 && reads[2].key == Some(rig.account(0)));
    assert_eq!(told[3], ("accounts", "name".into(), false, 2));
    rig.stop().await;
}
