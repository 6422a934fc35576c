//! What bodies come to, and how they are refused.

use std::sync::Arc;

use serde_json::{Value, json};

use super::super::super::error::Refusal;
use super::super::super::schema::{Cell, Column, ColumnKind, LookupTarget, Navigation, OnDelete, Reach, Table};
use super::{Draft, Drafts};

/// Accounts with a primary contact; contacts with an account.
fn tables() -> Vec<Arc<Table>> {
    let lookup = |name: &str, table: u16, collection: &str| {
        let navigation: Arc<str> = name.into();
        let relationship = navigation.clone();
        let target = LookupTarget {
            table,
            navigation,
            collection: collection.into(),
            relationship,
            on_delete: OnDelete::RemoveLink,
        };
        Column::new(name, ColumnKind::Lookup(vec![target]))
    };
    let text = |name: &str| Column::new(name, ColumnKind::Text { max_length: 10, memo: false });
    let table = |logical: &str, columns: Vec<Column>, navigations: Vec<(&str, Reach)>| {
        let mut table = Table {
            logical: logical.into(),
            collection: format!("{logical}s").into(),
            primary_id: format!("{logical}id").into(),
            columns,
            navigations: navigations.into_iter().map(|(n, reach)| Navigation { name: n.into(), reach }).collect(),
            ..Table::default()
        };
        table.index();
        Arc::new(table)
    };
    let account = vec![
        text("name"),
        Column::new("limit", ColumnKind::Integer { minimum: 0, maximum: 9 }),
        lookup("primarycontactid", 1, "account_primary_contact"),
    ];
    vec![
        table(
            "account",
            account,
            vec![
                ("primarycontactid", Reach::One { column: 2, table: 1 }),
                ("contacts", Reach::Many { table: 1, column: 1 }),
            ],
        ),
        table(
            "contact",
            vec![text("lastname"), lookup("parent", 0, "contacts")],
            vec![("parent", Reach::One { column: 1, table: 0 })],
        ),
    ]
}

fn read(body: &str) -> Result<Draft, Refusal> {
    Drafts::of(&tables()).row(0, body.as_bytes())
}

#[test]
fn columns_binds_and_rows_within_rows_are_read_in_one_pass() {
    let body = json!({
        "@odata.type": "#Microsoft.Dynamics.CRM.account", "@odata.etag": "W/\"1\"", "@odata.id": "accounts(x)",
        "name": "A\u{e9}\n", "limit": 4, "limit@OData.Community.Display.V1.FormattedValue": "four",
        "accountid": "00000000-0000-4000-8000-000000000001", "createdon": "2026-01-01", "ownerid@odata.bind": "/systemusers(y)",
        "primarycontactid@odata.bind": "/contacts(lastname='x')", "contacts@odata.bind": ["$1", "contacts(z)"],
        "contacts": [{ "lastname": "L", "parent": { "name": "inner" } }],
    });
    let draft = read(&body.to_string()).expect("fits");
    assert!(draft.typed && draft.id.is_some());
    assert_eq!(draft.address.as_deref(), Some("accounts(x)"));
    assert_eq!(draft.cells, [(0, Cell::Text("A\u{e9}\n".into())), (1, Cell::Number(4.into()))]);
    let binds: Vec<_> = draft.binds.iter().map(|b| b.to.iter().map(AsRef::as_ref).collect::<Vec<&str>>()).collect();
    assert_eq!(binds, [vec!["/contacts(lastname='x')"], vec!["$1", "contacts(z)"]]);
    let contact = &draft.related[0].rows[0];
    assert_eq!((contact.table, contact.related[0].rows[0].table), (1, 0));
    for cleared in [json!({ "primarycontactid": null }), json!({ "primarycontactid@odata.bind": null })] {
        let draft = read(&cleared.to_string()).expect("fits");
        assert!(draft.binds[0].to.is_empty() && draft.related.is_empty());
    }
}

#[test]
fn what_does_not_fit_is_refused_with_its_reason() {
    let cases: [(Value, &str, &str); 12] = [
        (json!({ "name": "12345678901" }), "0x80044331", "exceeded the maximum allowed length of '10'"),
        (json!({ "name": {} }), "0x80048d19", "expected type 'Edm.String'"),
        (json!({ "limit": 10 }), "0x80044330", "outside the valid range"),
        (json!({ "Name": "x" }), "0x80048d19", "Invalid property 'Name'"),
        (json!({ "_primarycontactid_value": "x" }), "0x80060888", "Use Navigation properties instead"),
        (json!({ "primaryContactid@odata.bind": "x" }), "0x80048d19", "An undeclared property 'primaryContactid'"),
        (json!({ "primarycontactid@odata.bind": ["x"] }), "0x80048d19", "'primarycontactid@odata.bind'"),
        (json!({ "contacts@odata.bind": "x" }), "0x80048d19", "'contacts@odata.bind'"),
        (json!({ "contacts": { "lastname": "x" } }), "0x80048d19", "an array of rows"),
        (json!({ "@odata.type": "Microsoft.Dynamics.CRM.contact" }), "0x80048d19", "not assignable"),
        (json!({ "accountid": "x" }), "0x80048d19", "expected type 'Edm.Guid'"),
        (json!([1]), "0x80048d19", "expected a JSON object"),
    ];
    for (body, code, expected) in cases {
        let refusal = read(&body.to_string()).expect_err("refused");
        assert_eq!((refusal.status, refusal.code), (400, code), "{body}");
        assert!(refusal.message.contains(expected), "{} lacks {expected}", refusal.message);
    }
    for (text, expected) in [
        ("{", "no JSON"),
        ("", "no JSON"),
        ("{} x", "no JSON"),
        ("{\"name\":1,\"name\":2}", "Edm.String"),
        ("{\"limit\":1,\"limit\":2}", "Multiple properties"),
    ] {
        assert!(read(text).expect_err("refused").message.contains(expected), "{text}");
    }
}

#[test]
fn targets_and_single_values_are_read_too() {
    let tables = tables();
    let drafts = Drafts::of(&tables);
    let body = json!({ "Targets": [{ "name": "a" }, { "@odata.type": "Microsoft.Dynamics.CRM.account" }] }).to_string();
    let targets = drafts.targets(0, body.as_bytes()).expect("fits");
    assert_eq!(targets.iter().map(|t| t.typed).collect::<Vec<_>>(), [false, true]);
    assert!(drafts.targets(0, b"{}").expect_err("refused").message.contains("'Targets' is missing"));
    assert_eq!(drafts.property(0, 1, b"{\"value\":3}").expect("fits").cells, [(1, Cell::Number(3.into()))]);
    assert!(drafts.property(0, 1, b"{\"valu\":3}").expect_err("refused").message.contains("'value' is missing"));
}

#[test]
fn a_key_may_name_a_lookup_by_the_property_that_is_read() {
    use super::super::path::Key;
    let id = uuid::Uuid::from_u128(7);
    let mut contact = (*tables()[1]).clone();
    contact.keys.push(crate::stack::dataverse::schema::AlternateKey { name: "k".into(), columns: vec![1, 0] });
    let key = Key::parse(&contact, &format!("_parent_value={id},lastname='x'")).expect("a key");
    assert_eq!(key, Key::Alternate(0, vec![(1, Cell::Row(0, id)), (0, Cell::Text("x".into()))]));
    assert!(Key::parse(&contact, "_parent_value=nobody,lastname='x'").is_err());
}
