//! Folders of tables, right and wrong.

use std::fmt::Write as _;
use std::path::Path;

use super::super::metadata::Catalogue;
use super::{Cell, Column, ColumnKind, Definition, Navigation, Reach, Table, load, tables_of};
use crate::diagnose::Diagnostics;

const ENVIRONMENT: &str = "\
format: seamstress/dataverse-environment/1
url: https://org.crm.dynamics.example
organization_id: 6a2f4f0e-52f1-4d0b-9a45-0d6f4c1f7a10
business_unit_id: 0c8f5c8a-9c9b-4f0e-8f6b-3a7a9d5b6e11
";

fn loaded(files: &[(&str, &str)]) -> Result<Definition, Diagnostics> {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("environment.yaml"), ENVIRONMENT).expect("written");
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).expect("written");
    }
    load(folder.path())
}

fn table<'d>(definition: &'d Definition, logical: &str) -> (usize, &'d Table) {
    let found = definition.tables.iter().enumerate().find(|(_, (table, _))| *table.logical == *logical);
    found.map(|(position, (table, _))| (position, table)).expect("a table")
}

const HEAD: &str = "format: seamstress/dataverse-table/1\n";

#[test]
fn every_fault_has_its_place_and_says_what_was_meant() {
    let text = format!(
        "{HEAD}logical_name: a\ncollection: as\nprimary_id: aid\nprimary_name: nam\ncolumns:\n  name: {{ type: strin }}\n  other: {{ type: lookup, targets: [b] }}\n  pick: {{ type: choice, options: new_colors }}\n  title: {{ type: string, format: emai }}\nalternate_keys:\n  k: [titl]\n"
    );
    let choices = "format: seamstress/dataverse-choices/1\nchoices: { new_color: { 1: Red } }\n";
    let told = loaded(&[("a.yaml", &text), ("choices.yaml", choices)]).expect_err("wrong").to_string();
    for expected in [
        "a.yaml:7:9",
        "did you mean `string`?",
        "`b` is no table of this folder",
        "a.yaml:8:36",
        "did you mean `new_color`?",
        "unknown format `emai`",
        "did you mean `email`?",
        "`titl` is no column of as",
        "did you mean `title`?",
        "`primary_name`: `nam` is no column of as",
    ] {
        assert!(told.contains(expected), "{expected} in\n{told}");
    }
}

#[test]
fn rows_are_drawn_the_same_each_time_within_what_is_said() {
    let text = format!(
        "{HEAD}logical_name: a\ncollection: as\nprimary_id: aid\nprimary_name: name\ncolumns:\n  name: {{ type: string }}\n  code: {{ type: string }}\n  size: {{ type: integer }}\n  day: {{ type: date }}\n  kind: {{ type: choice, options: {{ 1: A, 2: B }} }}\n  parent: {{ type: lookup, targets: [a] }}\nrows:\n  - {{ aid: 7d51925c-4a2b-4b7c-9d0e-5e8b4f6a2c01, name: first, parent: 2 }}\ngenerated:\n  count: 200\n  seed: s\n  values:\n    name: 'N {{n}}'\n    code: {{ pattern: '[A-C]{{2}}-\\d{{3}}' }}\n    size: {{ range: [3, 9] }}\n    day: {{ range: [2026-01-01, 2026-01-31] }}\n    kind: {{ choice: [1, 2], absent: 0.5 }}\n    parent: {{ row_of: a, in_turn: true }}\n"
    );
    let (first, second) = (loaded(&[("a.yaml", &text)]).expect("right"), loaded(&[("a.yaml", &text)]).expect("right"));
    let (rows, again) = (&first.tables[0].1, &second.tables[0].1);
    assert_eq!(rows.len(), 201);
    assert_eq!(rows[0].cells[5], Cell::Row(0, rows[1].id), "the second of all rows");
    let pattern = regex::Regex::new("^[ABC]{2}-[0-9]{3}$").expect("valid");
    for (row, other) in rows.iter().zip(again).skip(1) {
        assert_eq!((row.id, &row.cells), (other.id, &other.cells));
        assert!(matches!(&row.cells[1], Cell::Text(code) if pattern.is_match(code)));
        assert!(matches!(&row.cells[2], Cell::Number(n) if (3..=9).contains(&n.as_i64().expect("whole"))));
        assert!(matches!(&row.cells[3], Cell::Text(day) if day.starts_with("2026-01-")));
    }
    let absent = rows.iter().filter(|row| row.cells[4] == Cell::Null).count();
    assert!((50..150).contains(&absent), "{absent}");
    let twice = text.replace("'N {n}'", "same").replace("generated:", "alternate_keys: { k: [name] }\ngenerated:");
    let told = loaded(&[("a.yaml", &twice)]).expect_err("one key twice").to_string();
    assert!(told.contains("two rows of as have the same key `k`"), "{told}");
}

/// The shipped tables as their own `$metadata` tells them.
fn shipped() -> (Definition, String) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("mocks/dataverse");
    let definition = load(&folder).expect("right");
    let tables = definition.tables.iter().map(|(table, _)| std::sync::Arc::new(table.clone())).collect();
    let catalogue = Catalogue::new(tables, definition.relations.clone(), definition.choices.clone());
    let text = String::from_utf8(catalogue.csdl(&definition.actions).to_vec()).expect("text");
    (definition, text)
}

#[test]
fn tables_that_are_imported_are_those_that_the_document_was_made_of() {
    let (own, text) = shipped();
    let imported = loaded(&[("metadata.xml", &text)]).expect("right");
    assert_eq!(imported.tables.len(), own.tables.len());
    assert_eq!(imported.relations.len(), own.relations.len());
    for (table, _) in &own.tables {
        let (_, found) = self::table(&imported, &table.logical);
        assert_eq!((&found.collection, &found.primary_id), (&table.collection, &table.primary_id));
        let names = |table: &Table| {
            let mut names: Vec<_> = table.columns.iter().map(|c| c.property.to_string()).collect();
            names.sort();
            names
        };
        assert_eq!(names(found), names(table), "{}", table.logical);
        assert_eq!(found.keys.len(), table.keys.len());
        let navigations = |table: &Table| {
            let mut names: Vec<_> = table.navigations.iter().map(|n| n.name.to_string()).collect();
            names.sort();
            names
        };
        assert_eq!(navigations(found), navigations(table), "{}", table.logical);
    }
    let (account, contact) = (table(&imported, "account").0, table(&imported, "contact").1);
    assert!(
        matches!(contact.navigation("parentcustomerid_account"), Some(Reach::One { table, .. }) if table == account)
    );
    let name = table(&imported, "account").1;
    let name = &name.columns[name.column("name").expect("a column")];
    assert_eq!(name.kind, ColumnKind::Text { max_length: 320, memo: false });
}

#[test]
fn of_a_document_only_what_is_named_is_imported_and_wrong_names_are_told() {
    let (_, text) = shipped();
    let import = |list: &str| {
        let folder = tempfile::tempdir().expect("a folder");
        let environment = format!("{ENVIRONMENT}import:\n  metadata.xml: {list}\n");
        std::fs::write(folder.path().join("environment.yaml"), environment).expect("written");
        std::fs::write(folder.path().join("metadata.xml"), &text).expect("written");
        load(folder.path())
    };
    let two = import("[accounts, lead]").expect("right");
    let names: Vec<&str> = two.tables.iter().map(|(table, _)| &*table.logical).collect();
    assert_eq!(names, ["account", "lead"]);
    assert_eq!(two.relations.len(), 1);
    // Its contacts are not there.
    assert!(two.tables[0].0.column("primarycontactid").is_none());
    let told = import("[acount]").expect_err("wrong").to_string();
    assert!(told.contains("environment.yaml:6:18") && told.contains("did you mean `account`?"), "{told}");
    let told = loaded(&[("metadata.xml", "<edmx:Edmx>")]).expect_err("no XML").to_string();
    assert!(told.contains("metadata.xml") && told.contains("can't be read"), "{told}");
}

#[test]
fn a_document_as_large_as_an_environment_s_is_read_in_one_go() {
    let mut text = String::from("<Edmx><Schema><EntityType Name=\"crmbaseentity\" Abstract=\"true\" />");
    for t in 0..600 {
        let _ = write!(
            text,
            "<EntityType Name=\"t{t}\" BaseType=\"mscrm.crmbaseentity\"><Key><PropertyRef Name=\"t{t}id\" /></Key><Property Name=\"t{t}id\" Type=\"Edm.Guid\" />"
        );
        for c in 0..100 {
            let _ = write!(text, "<Property Name=\"column_number_{c}\" Type=\"Edm.String\" Unicode=\"false\" />");
        }
        let next = (t + 1) % 600;
        let _ = write!(
            text,
            "<Property Name=\"_next_value\" Type=\"Edm.Guid\" /><NavigationProperty Name=\"next\" Type=\"mscrm.t{next}\" Partner=\"before\"><ReferentialConstraint Property=\"_next_value\" ReferencedProperty=\"t{next}id\" /></NavigationProperty></EntityType>"
        );
    }
    text.push_str("<EntityContainer Name=\"System\">");
    for t in 0..600 {
        let _ = write!(text, "<EntitySet Name=\"t{t}s\" EntityType=\"Microsoft.Dynamics.CRM.t{t}\" />");
    }
    text.push_str("</EntityContainer></Schema></Edmx>");
    assert!(text.len() > 4 << 20, "{}", text.len());
    let definition = loaded(&[("metadata.xml", &text)]).expect("right");
    assert_eq!(definition.tables.len(), 600);
    let last = table(&definition, "t599").1;
    assert_eq!((last.columns.len(), last.column("column_number_99")), (101, Some(99)));
    assert!(matches!(last.navigation("next"), Some(Reach::One { table: 0, .. })));
    assert!(matches!(last.navigation("before"), Some(Reach::Many { table: 598, column: 100 })));
}

#[test]
fn tables_of_a_document_are_the_same_as_files() {
    let (own, text) = shipped();
    let folder = tempfile::tempdir().expect("a folder");
    let document = folder.path().join("metadata.xml");
    std::fs::write(&document, &text).expect("written");
    let files = tables_of(&document, &[], folder.path()).expect("right");
    let mut named: Vec<(&str, &str)> = files.iter().map(|file| (file.name.as_str(), file.text.as_str())).collect();
    let written = loaded(&named).unwrap_or_else(|faults| panic!("{faults}"));
    // The same as the document itself, whatever a file may say.
    named = vec![("metadata.xml", &text)];
    let imported = loaded(&named).expect("right");
    assert_eq!(written.tables.len(), own.tables.len());
    assert_eq!(written.relations.len(), own.relations.len());
    for (table, _) in &imported.tables {
        let found = self::table(&written, &table.logical).1;
        assert_eq!((&found.collection, &found.primary_id), (&table.collection, &table.primary_id));
        assert_eq!((&found.primary_name, found.traits.user_owned), (&table.primary_name, table.traits.user_owned));
        // Tables stand at other positions, so lookups are compared by name.
        let logical = |definition: &Definition, at: usize| definition.tables[at].0.logical.to_string();
        let columns = |definition: &Definition, table: &Table| -> Vec<String> {
            let column = |c: &Column| {
                let targets = c.kind.targets().iter();
                let targets: Vec<_> = targets
                    .map(|t| (logical(definition, t.table.into()), t.navigation.clone(), t.collection.clone()))
                    .collect();
                let kind = if targets.is_empty() { format!("{:?}", c.kind) } else { String::new() };
                format!("{} {kind} {targets:?} {} {} {:?}", c.name, c.required, c.read_only, c.default)
            };
            table.columns.iter().map(column).collect()
        };
        assert_eq!(columns(&written, found), columns(&imported, table), "{}", table.logical);
        let keys =
            |table: &Table| -> Vec<_> { table.keys.iter().map(|k| (k.name.clone(), k.columns.clone())).collect() };
        assert_eq!(keys(found), keys(table));
        let navigations = |definition: &Definition, table: &Table| {
            let one = |n: &Navigation| (n.name.to_string(), logical(definition, n.reach.target()), n.reach.is_single());
            let mut all: Vec<_> = table.navigations.iter().map(one).collect();
            all.sort();
            all
        };
        assert_eq!(navigations(&written, found), navigations(&imported, table), "{}", table.logical);
    }
    // Required columns come along, also those of the first files.
    let name = table(&written, "account").1;
    assert!(name.columns[name.column("name").expect("a column")].required);
}

#[test]
fn lookups_of_tables_as_files_lead_to_those_that_the_folder_has() {
    let (_, text) = shipped();
    let folder = tempfile::tempdir().expect("a folder");
    let document = folder.path().join("metadata.xml");
    std::fs::write(&document, &text).expect("written");
    let of = |only: &[&str]| {
        let only: Vec<String> = only.iter().map(|name| (*name).to_owned()).collect();
        tables_of(&document, &only, folder.path())
    };
    let alone = of(&["accounts"]).expect("right");
    assert!(
        alone[0].left_out.iter().any(|left| left.starts_with("_primarycontactid_value")),
        "{:?}",
        alone[0].left_out
    );
    assert!(alone[0].text.contains("#   _primarycontactid_value: its tables"), "{}", alone[0].text);
    let contact = of(&["contact"]).expect("right");
    std::fs::write(folder.path().join("contacts.yaml"), &contact[0].text).expect("written");
    let beside = of(&["account"]).expect("right");
    assert!(beside[0].text.contains("primarycontactid: { type: lookup, targets: { contact: {"), "{}", beside[0].text);
    assert_eq!(of(&["contact"]).expect("right")[0].there, Some(folder.path().join("contacts.yaml")));
    let told = of(&["acount"]).expect_err("wrong").to_string();
    assert!(told.contains("did you mean `account`?"), "{told}");
    let hostile = text.replace("EntitySet Name=\"accounts\"", "EntitySet Name=\"../accounts\"");
    std::fs::write(&document, hostile).expect("written");
    let told = of(&["account"]).expect_err("no file's name").to_string();
    assert!(told.contains("`../accounts` can't be the name of an entity set"), "{told}");
}
