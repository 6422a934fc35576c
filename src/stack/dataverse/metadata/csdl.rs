//! `$metadata`: the tables as CSDL 4.0, as generators of clients read it.

use std::fmt::Write as _;

use bytes::Bytes;

use super::super::schema::{Action, ColumnKind, Navigation, Reach, Table};
use super::attribute::Part;
use super::catalogue::Catalogue;
use super::csdl_actions::{bulk_actions, declared, imports};

/// What every table's type is derived from, and what the functions give.
const FIXED: &str = include_str!("csdl_fixed.xml");

impl Catalogue {
    /// The document; made once.
    pub(in crate::stack::dataverse) fn csdl(&self, actions: &[Action]) -> Bytes {
        self.document.get_or_init(|| Bytes::from(self.write(actions))).clone()
    }

    fn write(&self, actions: &[Action]) -> String {
        let mut text = String::with_capacity(4096 + self.tables.len() * 4096);
        text.push_str(concat!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>",
            "<edmx:Edmx Version=\"4.0\" xmlns:edmx=\"http://docs.oasis-open.org/odata/ns/edmx\">",
            "<edmx:Reference Uri=\"http://vocabularies.odata.org/OData.Community.Keys.V1.xml\">",
            "<edmx:Include Namespace=\"OData.Community.Keys.V1\" Alias=\"Keys\" />",
            "<edmx:IncludeAnnotations TermNamespace=\"OData.Community.Keys.V1\" /></edmx:Reference>",
            "<edmx:DataServices><Schema Namespace=\"Microsoft.Dynamics.CRM\" Alias=\"mscrm\" ",
            "xmlns=\"http://docs.oasis-open.org/odata/ns/edm\">",
        ));
        text.push_str(FIXED);
        for table in self.living() {
            self.entity_type(&mut text, table);
        }
        for table in self.living() {
            bulk_actions(&mut text, table);
        }
        declared(&mut text, actions, &self.tables);
        self.container(&mut text, actions);
        text.push_str("</Schema></edmx:DataServices></edmx:Edmx>");
        text
    }

    fn entity_type(&self, text: &mut String, table: &Table) {
        let name = &table.logical;
        put(text, &format!("<EntityType Name=\"{name}\" BaseType=\"mscrm.crmbaseentity\">"));
        put(text, &format!("<Key><PropertyRef Name=\"{}\" /></Key>", table.primary_id));
        for (column, part) in self.columns(table) {
            let nullable = if part == Part::PrimaryId || column.required { " Nullable=\"false\"" } else { "" };
            let facets = match &column.kind {
                ColumnKind::Text { max_length, .. } => format!(" Unicode=\"true\" MaxLength=\"{max_length}\""),
                ColumnKind::Decimal { precision, .. } | ColumnKind::Money { precision, .. } => {
                    format!(" Scale=\"{precision}\"")
                }
                _ => String::new(),
            };
            let edm = column.kind.edm();
            put(text, &format!("<Property Name=\"{}\" Type=\"{edm}\"{nullable}{facets} />", column.property));
            self.lookup_navigations(text, &column);
        }
        for navigation in &table.navigations {
            self.navigation(text, table, navigation);
        }
        alternate_keys(text, table);
        text.push_str("</EntityType>");
    }

    /// The single-valued navigation properties of a lookup.
    fn lookup_navigations(&self, text: &mut String, column: &super::super::schema::Column) {
        let mut told: Vec<&str> = Vec::new();
        for target in column.kind.targets() {
            // An owner's property leads to users and teams alike.
            if told.contains(&&*target.navigation) {
                continue;
            }
            told.push(&target.navigation);
            let far = &self.tables[usize::from(target.table)];
            // What is derived from the row has no other side.
            let partner = match far.navigation(&target.collection) {
                Some(_) => format!(" Partner=\"{}\"", target.collection),
                None => String::new(),
            };
            put(
                text,
                &format!(
                    "<NavigationProperty Name=\"{}\" Type=\"mscrm.{}\" Nullable=\"true\"{partner}>\
                     <ReferentialConstraint Property=\"{}\" ReferencedProperty=\"{}\" /></NavigationProperty>",
                    target.navigation, far.logical, column.property, far.primary_id
                ),
            );
        }
    }

    /// The collection-valued ones.
    fn navigation(&self, text: &mut String, table: &Table, navigation: &Navigation) {
        let (far, partner) = match navigation.reach {
            Reach::Many { table: far, column } => {
                let targets = self.tables[far].columns[column].kind.targets();
                let own = targets.iter().find(|t| t.collection == navigation.name);
                (far, own.map(|target| target.navigation.clone()))
            }
            Reach::Across { relation, table: far, second } => {
                (far, Some(self.relations[relation].navigations[usize::from(!second)].clone()))
            }
            Reach::One { .. } | Reach::System { .. } => return,
        };
        debug_assert!(!table.logical.is_empty());
        let partner = partner.map(|name| format!(" Partner=\"{name}\"")).unwrap_or_default();
        let far = &self.tables[far].logical;
        put(
            text,
            &format!("<NavigationProperty Name=\"{}\" Type=\"Collection(mscrm.{far})\"{partner} />", navigation.name),
        );
    }

    fn container(&self, text: &mut String, actions: &[Action]) {
        text.push_str("<EntityContainer Name=\"System\">");
        for table in self.living() {
            put(text, &format!("<EntitySet Name=\"{}\" EntityType=\"mscrm.{}\">", table.collection, table.logical));
            let lookups = table.living().flat_map(|column| table.columns[column].kind.targets());
            let mut bindings: Vec<(&str, usize)> =
                lookups.map(|target| (&*target.navigation, usize::from(target.table))).collect();
            bindings.extend(table.navigations.iter().filter_map(|navigation| match navigation.reach {
                Reach::One { .. } => None,
                reach => Some((&*navigation.name, reach.target())),
            }));
            bindings.dedup_by_key(|(name, _)| *name);
            for (name, far) in bindings {
                let far = &self.tables[far].collection;
                put(text, &format!("<NavigationPropertyBinding Path=\"{name}\" Target=\"{far}\" />"));
            }
            text.push_str("</EntitySet>");
        }
        for (set, kind) in [
            ("EntityDefinitions", "EntityMetadata"),
            ("RelationshipDefinitions", "RelationshipMetadataBase"),
            ("GlobalOptionSetDefinitions", "OptionSetMetadataBase"),
        ] {
            put(text, &format!("<EntitySet Name=\"{set}\" EntityType=\"mscrm.{kind}\" />"));
        }
        for function in ["WhoAmI", "RetrieveVersion", "RetrieveCurrentOrganization"] {
            put(text, &format!("<FunctionImport Name=\"{function}\" Function=\"mscrm.{function}\" />"));
        }
        imports(text, actions);
        text.push_str("</EntityContainer>");
    }
}

fn alternate_keys(text: &mut String, table: &Table) {
    if table.keys.is_empty() {
        return;
    }
    text.push_str("<Annotation Term=\"OData.Community.Keys.V1.AlternateKeys\"><Collection>");
    for key in &table.keys {
        text.push_str(
            "<Record Type=\"OData.Community.Keys.V1.AlternateKey\"><PropertyValue Property=\"Key\"><Collection>",
        );
        for column in &key.columns {
            put(
                text,
                &format!(
                    "<Record Type=\"OData.Community.Keys.V1.PropertyRef\"><PropertyValue Property=\"Alias\" \
                     String=\"{0}\" /><PropertyValue Property=\"Name\" PropertyPath=\"{0}\" /></Record>",
                    table.columns[*column].property
                ),
            );
        }
        text.push_str("</Collection></PropertyValue></Record>");
    }
    text.push_str("</Collection></Annotation>");
}

pub(super) fn put(text: &mut String, part: &str) {
    // Writing to a String does not fail.
    let _ = text.write_str(part);
}
