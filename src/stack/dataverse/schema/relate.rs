//! Relationships, once all tables are read: which tables lookups name, and the
//! navigation properties on both sides.

use std::collections::HashMap;
use std::sync::Arc;

use super::column::{ColumnKind, LookupTarget};
use super::draft::{Draft, ManyDraft};
use super::lookups::TargetDraft;
use super::table::{Navigation, Reach, Relation};
use crate::diagnose::{Diagnostic, Diagnostics, Place, closest};

/// Finds the tables that drafts name, fills in lookups and navigation
/// properties, and gives the many-to-many relationships.
pub(super) fn relate(drafts: &mut [Draft<'_>], diagnostics: &mut Diagnostics) -> Vec<Relation> {
    let positions = positions(drafts, diagnostics);
    let mut relating = Relating { drafts, positions, diagnostics };
    for table in 0..relating.drafts.len() {
        relating.lookups(table);
    }
    for table in 0..relating.drafts.len() {
        relating.derived(table);
    }
    let mut relations = Vec::new();
    for table in 0..relating.drafts.len() {
        for many in std::mem::take(&mut relating.drafts[table].many) {
            relations.extend(relating.many(table, relations.len(), &many));
        }
    }
    relations
}

/// Where each table stands; two of one name are a fault.
fn positions(drafts: &[Draft<'_>], diagnostics: &mut Diagnostics) -> HashMap<Arc<str>, usize> {
    let mut positions = HashMap::new();
    let mut collections = HashMap::new();
    for (position, draft) in drafts.iter().enumerate() {
        let twice = [
            ("logical name", &draft.table.logical, positions.insert(draft.table.logical.clone(), position)),
            ("collection", &draft.table.collection, collections.insert(draft.table.collection.clone(), position)),
        ];
        for (what, name, other) in twice {
            if let Some(other) = other {
                let text = format!("the {what} `{name}` stands twice");
                let first = format!("the other is in {}", drafts[other].place.file);
                diagnostics.push(Diagnostic::error(draft.place.clone(), text).hint(first));
            }
        }
    }
    positions
}

struct Relating<'a, 'n, 'd> {
    drafts: &'a mut [Draft<'n>],
    positions: HashMap<Arc<str>, usize>,
    diagnostics: &'d mut Diagnostics,
}

impl Relating<'_, '_, '_> {
    fn lookups(&mut self, table: usize) {
        for draft in std::mem::take(&mut self.drafts[table].lookups) {
            let mut found = Vec::new();
            for target in &draft.targets {
                match self.positions.get(&*target.logical) {
                    Some(other) => found.push((*other, target)),
                    None if target.optional => {}
                    None => self.unknown(&target.place, &target.logical),
                }
            }
            let several = draft.targets.len() > 1;
            let targets: Vec<LookupTarget> = found
                .into_iter()
                .map(|(other, target)| self.target(table, draft.column, other, (target, several)))
                .collect();
            if targets.is_empty() && draft.targets.iter().all(|target| target.optional) {
                self.no_target(table, draft.column, &draft.targets);
            }
            self.drafts[table].table.columns[draft.column].kind = ColumnKind::Lookup(targets);
        }
    }

    /// One table that a lookup names, with the navigation properties of both.
    fn target(
        &mut self,
        table: usize,
        column: usize,
        other: usize,
        (draft, several): (&TargetDraft, bool),
    ) -> LookupTarget {
        let (own, far) = (&self.drafts[table].table, &self.drafts[other].table);
        let lookup = &own.columns[column];
        let owner = lookup.told.lookup_type == Some("Owner");
        let navigation = draft.navigation.clone().unwrap_or_else(|| {
            if several && !owner {
                format!("{}_{}", lookup.schema_name(), far.logical).into()
            } else {
                lookup.schema_name().into()
            }
        });
        let relationship = draft
            .relationship
            .clone()
            .or_else(|| draft.collection.clone())
            .unwrap_or_else(|| format!("{}_{}_{}", far.logical, own.logical, lookup.name).into());
        let collection = draft.collection.clone().unwrap_or_else(|| relationship.clone());
        self.navigate(table, &navigation, Reach::One { column, table: other }, &draft.place);
        self.navigate(other, &collection, Reach::Many { table, column }, &draft.place);
        LookupTarget { table: other as u16, navigation, collection, relationship, on_delete: draft.on_delete }
    }

    /// The navigation properties of columns that are derived from the row, as
    /// far as the tables that they lead to are there.
    fn derived(&mut self, table: usize) {
        let own = &self.drafts[table].table;
        let found: Vec<(&str, Reach)> = own
            .systems()
            .filter_map(|system| {
                let far = *self.positions.get(system.names()?)?;
                Some((system.name(), Reach::System { system, table: far }))
            })
            .filter(|(name, _)| own.navigation(name).is_none())
            .collect();
        let own = &mut self.drafts[table].table;
        own.navigations.extend(found.into_iter().map(|(name, reach)| Navigation { name: name.into(), reach }));
    }

    /// Adds a navigation property; two of one name that lead to different
    /// columns are a fault.
    fn navigate(&mut self, table: usize, name: &Arc<str>, reach: Reach, place: &Place) {
        let own = &mut self.drafts[table].table;
        let same_column = |other: Reach| match (other, reach) {
            (Reach::One { column: a, .. }, Reach::One { column: b, .. }) => a == b,
            _ => false,
        };
        if own.navigation(name).is_some_and(|other| !same_column(other)) {
            let text = format!("the navigation property `{name}` of {} stands twice", own.collection);
            let fault = Diagnostic::error(place.clone(), text)
                .hint("name one of them otherwise: `navigation` and `collection` of a lookup's target, `navigation` and `other_navigation` of a many-to-many relationship");
            self.diagnostics.push(fault);
            return;
        }
        own.navigations.push(Navigation { name: name.clone(), reach });
    }

    fn many(&mut self, table: usize, relation: usize, draft: &ManyDraft) -> Option<Relation> {
        let Some(other) = self.positions.get(&*draft.other).copied() else {
            self.unknown(&draft.place, &draft.other);
            return None;
        };
        let first = draft.navigation.clone().unwrap_or_else(|| draft.name.clone());
        let second = draft.other_navigation.clone().unwrap_or_else(|| draft.name.clone());
        self.navigate(table, &first, Reach::Across { relation, table: other, second: false }, &draft.place);
        self.navigate(other, &second, Reach::Across { relation, table, second: true }, &draft.place);
        let intersect = draft.intersect.clone().unwrap_or_else(|| draft.name.to_lowercase().into());
        Some(Relation { name: draft.name.clone(), intersect, tables: [table, other], navigations: [first, second] })
    }

    fn unknown(&mut self, place: &Place, logical: &str) {
        let fault = Diagnostic::error(place.clone(), format!("`{logical}` is no table of this folder"))
            .expected("the `logical_name` of one of its files, or of an imported table");
        self.diagnostics.push(match closest(logical, self.positions.keys().map(|k| &**k)) {
            Some(near) => fault.hint(format!("did you mean `{near}`?")),
            None => fault,
        });
    }

    fn no_target(&mut self, table: usize, column: usize, drafts: &[TargetDraft]) {
        let own = &self.drafts[table];
        let names: Vec<&str> = drafts.iter().map(|draft| &*draft.logical).collect();
        let text = format!("the lookup `{}` of {} leads nowhere", own.table.columns[column].name, own.table.collection);
        let place = drafts.first().map_or_else(|| own.place.clone(), |draft| draft.place.clone());
        let expected = format!("at least one of the tables {}, or `targets`", names.join(", "));
        self.diagnostics.push(Diagnostic::error(place, text).expected(expected));
    }
}
