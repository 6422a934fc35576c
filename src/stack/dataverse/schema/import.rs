//! Tables out of a `$metadata` document (CSDL 4.0), as an environment gives it.
//!
//! The document tells names, types, keys and relationships; lengths and ranges
//! only where it has facets. What it leaves open is what the platform allows at
//! most. Choices are whole numbers there. Columns of complex types and lookups
//! of tables that are not imported are left out.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use roxmltree::{Document, Node as Element};

use super::cell::Cell;
use super::column::{Column, ColumnKind, OnDelete, System};
use super::draft::{Draft, ManyDraft};
use super::load::files;
use super::lookups::{LookupDraft, TargetDraft};
use super::table::{AlternateKey, Table, Traits};
use crate::diagnose::{Diagnostic, Diagnostics, Node, Place, closest};

/// The longest text of the platform, for documents without facets.
const LONGEST: usize = 1_048_576;

/// What tables of the platform are derived from.
const BASE: &str = "crmbaseentity";

/// Which tables of which documents `environment.yaml` names under `import`.
#[derive(Debug, Default)]
pub(super) struct Imports(Vec<(String, Place, Named)>);

/// Tables by the names that a file gives them, with their places.
type Named = Vec<(String, Place)>;

impl Imports {
    /// `import: { FILE.xml: [account, contacts] }`.
    pub(super) fn read(node: &Node, diagnostics: &mut Diagnostics) -> Self {
        let Some(entries) = node.as_mapping() else {
            node.wrong_kind("a mapping from files to lists of tables", diagnostics);
            return Self::default();
        };
        let mut all = Vec::new();
        for (file, tables) in entries {
            if tables.as_sequence().is_none() {
                tables.wrong_kind("a list of entity sets or logical names", diagnostics);
            }
            let names = tables.as_sequence().unwrap_or_default().iter();
            let names = names.filter_map(|table| Some((table.as_str()?.to_owned(), table.place.clone())));
            all.push((file.key_text(), file.place.clone(), names.collect()));
        }
        Self(all)
    }

    fn of(&self, file: &str) -> Option<&[(String, Place)]> {
        self.0.iter().find(|(name, ..)| name == file).map(|(.., tables)| tables.as_slice())
    }
}

/// The tables of the `.xml` files of a folder: those that are named, or all
/// where a file is not named. What a YAML file describes is not imported.
pub(super) fn imported<'n>(
    folder: &Path,
    imports: Option<&Imports>,
    described: &[Draft<'_>],
    diagnostics: &mut Diagnostics,
) -> Vec<Draft<'n>> {
    let none = Imports::default();
    let imports = imports.unwrap_or(&none);
    let paths = files(folder, "xml", diagnostics);
    let name_of = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    for (file, place, _) in &imports.0 {
        if !paths.iter().any(|path| name_of(path) == *file) {
            let fault = Diagnostic::error(place.clone(), format!("there is no `{file}`"));
            diagnostics.push(fault.expected("a $metadata document beside this file"));
        }
    }
    let mut drafts = Vec::new();
    for path in paths {
        let file = path.display().to_string();
        let text = std::fs::read_to_string(&path).map_err(|fault| fault.to_string());
        let parsed = text.as_deref().map_err(Clone::clone);
        let parsed = parsed.and_then(|text| Document::parse(text).map_err(|fault| fault.to_string()));
        match parsed {
            Ok(document) => {
                let import = Import::new(&file, &document);
                drafts.extend(import.drafts(imports.of(&name_of(&path)), described, diagnostics));
            }
            Err(fault) => {
                let fault = Diagnostic::error(Place::file(file.as_str()), format!("can't be read: {fault}"));
                diagnostics.push(fault.expected("the document of GET [Organization URI]/api/data/v9.2/$metadata"));
            }
        }
    }
    drafts
}

/// A document, read.
pub(super) struct Import<'d, 'i> {
    file: &'d str,
    document: &'d Document<'i>,
    /// Entity types by name.
    types: HashMap<&'d str, Element<'d, 'i>>,
    /// Entity sets with the names of their types, in the document's order.
    sets: Vec<(&'d str, &'d str)>,
}

impl<'d, 'i> Import<'d, 'i> {
    pub(super) fn new(file: &'d str, document: &'d Document<'i>) -> Self {
        let mut types = HashMap::new();
        let mut sets = Vec::new();
        for element in document.descendants().filter(Element::is_element) {
            let Some(name) = element.attribute("Name") else { continue };
            match element.tag_name().name() {
                "EntityType" => {
                    types.insert(name, element);
                }
                "EntitySet" => sets.extend(element.attribute("EntityType").map(|kind| (name, bare(kind)))),
                _ => {}
            }
        }
        // Sets of definitions are no tables.
        let import = Self { file, document, types, sets: Vec::new() };
        let sets = if import.types.contains_key(BASE) {
            sets.into_iter()
                .filter(|(_, kind)| import.chain(kind).iter().any(|e| e.attribute("Name") == Some(BASE)))
                .collect()
        } else {
            sets
        };
        Self { sets, ..import }
    }

    /// The logical names of the tables that are wanted, by their entity sets or
    /// logical names; all, where none are named. Unknown ones are faults.
    pub(super) fn wanted(
        &self,
        names: Option<&[(String, Place)]>,
        diagnostics: &mut Diagnostics,
    ) -> Vec<(&'d str, &'d str)> {
        let Some(names) = names else { return self.sets.clone() };
        let mut wanted = Vec::new();
        for (name, place) in names {
            if let Some(found) = self.sets.iter().find(|(set, kind)| set == name || kind == name) {
                wanted.push(*found);
                continue;
            }
            let fault = Diagnostic::error(place.clone(), format!("`{name}` is no table of {}", self.file))
                .expected("an entity set or a logical name that stands there");
            let known = self.sets.iter().flat_map(|(set, kind)| [*set, *kind]);
            diagnostics.push(match closest(name, known) {
                Some(near) => fault.hint(format!("did you mean `{near}`?")),
                None => fault,
            });
        }
        wanted
    }

    fn drafts<'n>(
        &self,
        names: Option<&[(String, Place)]>,
        described: &[Draft<'_>],
        diagnostics: &mut Diagnostics,
    ) -> Vec<Draft<'n>> {
        let mut known: HashSet<Arc<str>> = described.iter().map(|draft| draft.table.logical.clone()).collect();
        let mut wanted = self.wanted(names, diagnostics);
        wanted.retain(|(_, kind)| !known.contains(*kind));
        known.extend(wanted.iter().map(|(_, kind)| Arc::from(*kind)));
        wanted.into_iter().filter_map(|table| self.draft(table, &known)).collect()
    }

    /// A table; `known` are the logical names of all that there will be.
    pub(super) fn draft<'n>(&self, (set, kind): (&str, &str), known: &HashSet<Arc<str>>) -> Option<Draft<'n>> {
        let chain = self.chain(kind);
        let own = *chain.first()?;
        let place = self.place(own);
        let parts = |tag: &'static str| {
            chain.iter().rev().flat_map(Element::children).filter(move |e| e.tag_name().name() == tag)
        };
        let primary_id = parts("Key").flat_map(|key| key.children()).find_map(|e| e.attribute("Name"))?;
        let mut lookups = lookups(parts("NavigationProperty"), known, &place);
        let mut columns = Vec::new();
        let (mut drafts, mut left_out) = (Vec::new(), Vec::new());
        for property in parts("Property") {
            let Some(name) = property.attribute("Name").filter(|name| *name != primary_id) else { continue };
            if System::ALL.iter().any(|system| system.property() == name) {
                continue;
            }
            if let Some(logical) = lookup_name(name) {
                match lookups.remove(name) {
                    Some(targets) => {
                        drafts.push(LookupDraft { column: columns.len(), targets });
                        columns.push(Column::new(logical, ColumnKind::Lookup(Vec::new())));
                    }
                    None => left_out.push(format!("{name}: its tables")),
                }
                continue;
            }
            match column(property, name) {
                Some(column) => columns.push(column),
                None => left_out.push(format!("{name}: {}", property.attribute("Type").unwrap_or("no type"))),
            }
        }
        // What belongs to somebody says to whom.
        let user_owned = parts("Property").any(|e| e.attribute("Name") == Some(System::Owner.property()));
        let mut table = Table {
            traits: Traits { user_owned, ..Traits::default() },
            logical: kind.into(),
            collection: set.into(),
            primary_id: primary_id.into(),
            primary_name: primary_name(&columns, primary_id).into(),
            columns,
            ..Table::default()
        };
        table.index();
        table.keys = parts("Annotation").flat_map(|annotation| alternate_keys(annotation, &table)).collect();
        let many = self.many(kind, parts("NavigationProperty"), known, &place);
        Some(Draft { left_out, ..Draft::of(table, place, drafts, many) })
    }

    /// A type and those that it is derived from.
    fn chain(&self, kind: &str) -> Vec<Element<'d, 'i>> {
        let mut chain: Vec<Element<'d, 'i>> = Vec::new();
        let mut next = self.types.get(kind).copied();
        while let Some(element) = next {
            if chain.contains(&element) {
                break;
            }
            chain.push(element);
            next = element.attribute("BaseType").and_then(|base| self.types.get(bare(base)).copied());
        }
        chain
    }

    /// The many-to-many relationships, each told by the side that comes first.
    fn many<'e>(
        &self,
        kind: &str,
        navigations: impl Iterator<Item = Element<'e, 'i>>,
        known: &HashSet<Arc<str>>,
        place: &Place,
    ) -> Vec<ManyDraft>
    where
        'i: 'e,
    {
        let mut drafts = Vec::new();
        for navigation in navigations {
            let (Some(name), Some(far), Some(partner)) =
                (navigation.attribute("Name"), collection_of(navigation), navigation.attribute("Partner"))
            else {
                continue;
            };
            let back = self
                .chain(far)
                .into_iter()
                .flat_map(|e| e.children())
                .find(|e| e.tag_name().name() == "NavigationProperty" && e.attribute("Name") == Some(partner));
            let both = back.and_then(collection_of) == Some(kind);
            if both && known.contains(far) && (kind, name) <= (far, partner) {
                drafts.push(ManyDraft {
                    name: name.into(),
                    place: place.clone(),
                    other: far.to_owned(),
                    navigation: Some(name.into()),
                    other_navigation: Some(partner.into()),
                    intersect: None,
                });
            }
        }
        drafts
    }

    fn place(&self, element: Element<'_, '_>) -> Place {
        let at = self.document.text_pos_at(element.range().start);
        Place { file: self.file.into(), line: at.row, column: at.col }
    }
}

/// A type's name without its namespace or alias.
fn bare(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// The table to whose rows a collection-valued navigation property leads.
fn collection_of<'e>(navigation: Element<'e, '_>) -> Option<&'e str> {
    navigation.attribute("Type")?.strip_prefix("Collection(")?.strip_suffix(')').map(bare)
}

/// The logical name of a lookup by that of its property.
fn lookup_name(property: &str) -> Option<&str> {
    property.strip_prefix('_')?.strip_suffix("_value")
}

/// The tables that lookups lead to, by the names of their properties.
fn lookups<'e, 'i: 'e>(
    navigations: impl Iterator<Item = Element<'e, 'i>>,
    known: &HashSet<Arc<str>>,
    place: &Place,
) -> HashMap<&'e str, Vec<TargetDraft>> {
    let mut lookups: HashMap<&str, Vec<TargetDraft>> = HashMap::new();
    for navigation in navigations {
        let constraint = navigation.children().find(|e| e.tag_name().name() == "ReferentialConstraint");
        let property = constraint.and_then(|constraint| constraint.attribute("Property"));
        let (Some(property), Some(kind)) = (property, navigation.attribute("Type").map(bare)) else { continue };
        if !known.contains(kind) {
            continue;
        }
        lookups.entry(property).or_default().push(TargetDraft {
            logical: kind.to_owned(),
            place: place.clone(),
            optional: false,
            navigation: navigation.attribute("Name").map(Into::into),
            collection: navigation.attribute("Partner").map(Into::into),
            relationship: None,
            on_delete: OnDelete::default(),
        });
    }
    lookups
}

/// A column; `None` where its type is none of a column.
fn column(property: Element<'_, '_>, name: &str) -> Option<Column> {
    let facet = |facet: &str| property.attribute(facet).and_then(|value| value.parse::<u32>().ok());
    let (minimum, maximum) = (-100_000_000_000.0, 100_000_000_000.0);
    let precision = facet("Scale").unwrap_or(10);
    let kind = match property.attribute("Type")? {
        "Edm.String" => {
            let max_length = facet("MaxLength").map_or(LONGEST, |length| length as usize);
            ColumnKind::Text { max_length, memo: max_length > 4000 }
        }
        "Edm.Int32" | "Edm.Int16" | "Edm.Byte" => {
            ColumnKind::Integer { minimum: i32::MIN.into(), maximum: i32::MAX.into() }
        }
        "Edm.Int64" => ColumnKind::BigInt,
        "Edm.Decimal" => ColumnKind::Decimal { minimum, maximum, precision },
        "Edm.Double" | "Edm.Single" => ColumnKind::Double { minimum, maximum, precision },
        "Edm.Boolean" => ColumnKind::Boolean,
        "Edm.Date" => ColumnKind::Date,
        "Edm.DateTimeOffset" => ColumnKind::DateTime,
        "Edm.Guid" => ColumnKind::Guid,
        "Edm.Binary" => ColumnKind::Image { max_kilobytes: 10_240 },
        _ => return None,
    };
    // A new row is active where nobody says otherwise.
    let default = match name {
        "statecode" => Cell::Number(0.into()),
        "statuscode" => Cell::Number(1.into()),
        // What may not be nothing and is not named is no.
        _ if kind == ColumnKind::Boolean && property.attribute("Nullable") == Some("false") => Cell::Bool(false),
        _ => Cell::Null,
    };
    let required = property.attribute("Nullable") == Some("false");
    Some(Column { required, default, ..Column::new(name, kind) })
}

/// The document does not tell it: a column whose name says so, else the first
/// text.
fn primary_name(columns: &[Column], primary_id: &str) -> String {
    let stem = primary_id.strip_suffix("id").unwrap_or(primary_id);
    let prefixed = primary_id.split_once('_').map(|(prefix, _)| format!("{prefix}_name"));
    let likely = ["name", "fullname", "subject", "title", stem].map(str::to_owned).into_iter().chain(prefixed);
    let text = |column: &&Column| matches!(column.kind, ColumnKind::Text { .. });
    let named = likely.into_iter().find(|name| columns.iter().filter(text).any(|column| *column.name == **name));
    let first = || columns.iter().find(text).map(|column| column.name.to_string());
    named.or_else(first).unwrap_or_else(|| primary_id.to_owned())
}

/// The alternate keys that an annotation tells.
fn alternate_keys(annotation: Element<'_, '_>, table: &Table) -> Vec<AlternateKey> {
    if !annotation.attribute("Term").is_some_and(|term| term.ends_with("AlternateKeys")) {
        return Vec::new();
    }
    let records = annotation.descendants().filter(|e| {
        e.tag_name().name() == "Record" && e.attribute("Type").is_some_and(|kind| kind.ends_with("AlternateKey"))
    });
    let key = |record: Element<'_, '_>| {
        let paths = record.descendants().filter_map(|e| e.attribute("PropertyPath"));
        let columns: Option<Vec<usize>> = paths.map(|path| table.property(path)).collect();
        let columns = columns.filter(|columns| !columns.is_empty())?;
        let names: Vec<&str> = columns.iter().map(|column| &*table.columns[*column].name).collect();
        Some(AlternateKey { name: format!("key_{}", names.join("_")), columns })
    };
    records.filter_map(key).collect()
}
