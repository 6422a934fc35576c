//! Columns out of a table's file.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::cell::Cell;
use super::choices::{numbered, reasons};
use super::column::{Column, ColumnKind, Options, Told};
use super::fields::{flag, name_of, number, one_of, text};
use super::lookups::{LookupDraft, TargetDraft, targets};
use super::table::Table;
use super::value;
use crate::diagnose::{Diagnostic, Diagnostics, Fields, Node, Place, closest};

/// What reading columns needs to know and leaves behind.
#[derive(Debug)]
pub(super) struct ColumnReader<'a, 'd> {
    /// Choices that several columns share.
    pub(super) choices: &'a BTreeMap<String, Options>,
    pub(super) lookups: Vec<LookupDraft>,
    pub(super) diagnostics: &'d mut Diagnostics,
}

const TYPES: [&str; 27] = [
    "string",
    "memo",
    "integer",
    "bigint",
    "decimal",
    "double",
    "money",
    "boolean",
    "choice",
    "picklist",
    "choices",
    "multiselect",
    "state",
    "status",
    "date",
    "datetime",
    "uniqueidentifier",
    "lookup",
    "customer",
    "owner",
    "file",
    "image",
    "autonumber",
    "email",
    "url",
    "phone",
    "text",
];

/// `Format` of texts, as the metadata spells it.
const TEXT_FORMATS: [(&str, &str); 8] = [
    ("text", "Text"),
    ("textarea", "TextArea"),
    ("email", "Email"),
    ("url", "Url"),
    ("phone", "Phone"),
    ("ticker", "TickerSymbol"),
    ("json", "Json"),
    ("richtext", "RichText"),
];

/// `Format` of whole numbers.
const INTEGER_FORMATS: [(&str, &str); 5] = [
    ("none", "None"),
    ("duration", "Duration"),
    ("timezone", "TimeZone"),
    ("language", "Language"),
    ("locale", "Locale"),
];

impl ColumnReader<'_, '_> {
    /// The columns under `columns`.
    pub(super) fn read(&mut self, node: &Node) -> Vec<Column> {
        let Some(entries) = node.as_mapping() else {
            node.wrong_kind("a mapping of column names", self.diagnostics);
            return Vec::new();
        };
        let mut columns = Vec::with_capacity(entries.len());
        for (name, node) in entries {
            if let Some(column) = self.column(name, node, columns.len()) {
                columns.push(column);
            }
        }
        columns
    }

    fn column(&mut self, name: &Node, node: &Node, position: usize) -> Option<Column> {
        let logical = name_of(name, self.diagnostics)?;
        let mut fields = Fields::of(node, self.diagnostics);
        let required = flag(&mut fields, "required", false);
        let read_only = flag(&mut fields, "read_only", false);
        let default = fields.optional("default");
        let place = fields.place();
        let kind = fields.required_str("type");
        let mut told = Told {
            schema_name: text(&mut fields, "schema_name"),
            display_name: text(&mut fields, "display_name"),
            description: text(&mut fields, "description"),
            ..Told::default()
        };
        let mut targets = Vec::new();
        let kind = kind.and_then(|kind| {
            let mut reading =
                Reading { fields: &mut fields, choices: self.choices, place, told: &mut told, targets: &mut targets };
            reading.kind(kind)
        });
        fields.finish();
        let mut column = Column { required, read_only, ..Column::new(&logical, kind?) };
        told.schema_name = told.schema_name.filter(|name| **name != *logical);
        if matches!(column.kind, ColumnKind::Lookup(_)) {
            self.lookups.push(LookupDraft { column: position, targets });
        }
        column.default = match default {
            Some(node) => self.default(&column, node),
            None => first_of(&column.kind),
        };
        column.told = Box::new(told);
        Some(column)
    }

    fn default(&mut self, column: &Column, node: &Node) -> Cell {
        let table = Table::default();
        value::cell(&table, column, &node.to_json()).unwrap_or_else(|_| {
            let fault = Diagnostic::error(node.place.clone(), format!("no default of `{}`", column.name))
                .expected(format!("a value that a column of type {} takes", column.kind.attribute_type()))
                .actual(node.to_json().to_string());
            self.diagnostics.push(fault);
            Cell::Null
        })
    }
}

/// What a new row holds in columns that are never empty.
fn first_of(kind: &ColumnKind) -> Cell {
    match kind {
        ColumnKind::State(options) | ColumnKind::Status { options, .. } => {
            options.keys().next().map_or(Cell::Null, |first| Cell::Number((*first).into()))
        }
        _ => Cell::Null,
    }
}

/// One column as it is read.
struct Reading<'r, 'n, 'd> {
    fields: &'r mut Fields<'n, 'd>,
    choices: &'r BTreeMap<String, Options>,
    place: Place,
    told: &'r mut Told,
    targets: &'r mut Vec<TargetDraft>,
}

impl Reading<'_, '_, '_> {
    fn kind(&mut self, kind: &str) -> Option<ColumnKind> {
        Some(match kind {
            // The platform's own defaults: 100 for text, 2000 for memos.
            "string" | "text" | "autonumber" | "email" | "url" | "phone" => self.string(kind),
            "memo" => {
                self.told.format = one_of(self.fields, "format", &TEXT_FORMATS).or(Some("TextArea"));
                ColumnKind::Text { max_length: self.length(2000), memo: true }
            }
            "integer" => {
                self.told.format = one_of(self.fields, "format", &INTEGER_FORMATS).or(Some("None"));
                ColumnKind::Integer {
                    minimum: number(self.fields, "minimum").map_or(i64::from(i32::MIN), |n| n as i64),
                    maximum: number(self.fields, "maximum").map_or(i64::from(i32::MAX), |n| n as i64),
                }
            }
            "bigint" => ColumnKind::BigInt,
            "decimal" | "money" | "double" => self.amount(kind),
            "boolean" => {
                self.told.words = self.words();
                ColumnKind::Boolean
            }
            "choice" | "picklist" => ColumnKind::Picklist(self.options()?),
            "choices" | "multiselect" => ColumnKind::Choices(self.options()?),
            "state" => ColumnKind::State(self.states()?),
            "status" => self.status()?,
            "date" => {
                self.told.format = Some("DateOnly");
                ColumnKind::Date
            }
            "datetime" => {
                self.told.format = Some("DateAndTime");
                ColumnKind::DateTime
            }
            "uniqueidentifier" => ColumnKind::Guid,
            "lookup" | "customer" | "owner" => self.lookup(kind),
            "file" => ColumnKind::File { max_kilobytes: self.kilobytes(32_768) },
            "image" => ColumnKind::Image { max_kilobytes: self.kilobytes(10_240) },
            other => return self.unknown(other),
        })
    }

    fn unknown(&mut self, kind: &str) -> Option<ColumnKind> {
        let mut fault = Diagnostic::error(self.place.clone(), format!("unknown column type `{kind}`"))
            .expected(format!("one of {}", TYPES.join(", ")));
        if let Some(near) = closest(kind, TYPES) {
            fault = fault.hint(format!("did you mean `{near}`?"));
        }
        self.fields.diagnostics().push(fault);
        None
    }

    fn length(&mut self, default: usize) -> usize {
        number(self.fields, "max_length").map_or(default, |n| n as usize)
    }

    fn kilobytes(&mut self, default: u64) -> u64 {
        number(self.fields, "max_kilobytes").map_or(default, |n| n as u64)
    }

    fn string(&mut self, kind: &str) -> ColumnKind {
        let own = TEXT_FORMATS.iter().find(|(name, _)| *name == kind).map_or("Text", |(_, format)| *format);
        self.told.format = one_of(self.fields, "format", &TEXT_FORMATS).or(Some(own));
        self.told.auto_number = match kind {
            "autonumber" => self.fields.required_str("pattern").map(Into::into),
            _ => None,
        };
        if let Some(pattern) = &self.told.auto_number
            && !pattern.contains("{SEQNUM:")
        {
            let fault = Diagnostic::error(self.place.clone(), "the pattern of an autonumber column has no number")
                .expected("a pattern with `{SEQNUM:n}`, e.g. `INV-{SEQNUM:6}`")
                .actual(format!("`{pattern}`"));
            self.fields.diagnostics().push(fault);
        }
        ColumnKind::Text { max_length: self.length(100), memo: false }
    }

    fn amount(&mut self, kind: &str) -> ColumnKind {
        let minimum = number(self.fields, "minimum").unwrap_or(-100_000_000_000.0);
        let maximum = number(self.fields, "maximum").unwrap_or(100_000_000_000.0);
        let precision = number(self.fields, "precision").unwrap_or(2.0) as u32;
        match kind {
            "money" => ColumnKind::Money { minimum, maximum, precision },
            "double" => ColumnKind::Double { minimum, maximum, precision },
            _ => ColumnKind::Decimal { minimum, maximum, precision },
        }
    }

    fn words(&mut self) -> Option<[Arc<str>; 2]> {
        let node = self.fields.optional("labels")?;
        match node.as_sequence().unwrap_or_default() {
            [no, yes] if no.as_str().is_some() && yes.as_str().is_some() => {
                Some([no.as_str()?.into(), yes.as_str()?.into()])
            }
            _ => {
                node.wrong_kind("a list of two texts: the label of no, then that of yes", self.fields.diagnostics());
                None
            }
        }
    }

    /// The options of a choice, or the name of one that is shared.
    fn options(&mut self) -> Option<Options> {
        let node = self.fields.required("options")?;
        let Some(name) = node.as_str() else { return numbered(node, self.fields.diagnostics()) };
        if let Some(options) = self.choices.get(name) {
            self.told.global_choice = Some(name.into());
            return Some(options.clone());
        }
        let mut fault = Diagnostic::error(node.place.clone(), format!("`{name}` is no shared choice")).expected(
            "a mapping from numbers to labels, or the name of a choice of `format: seamstress/dataverse-choices/1`",
        );
        if let Some(near) = closest(name, self.choices.keys().map(String::as_str)) {
            fault = fault.hint(format!("did you mean `{near}`?"));
        }
        self.fields.diagnostics().push(fault);
        None
    }

    fn states(&mut self) -> Option<Options> {
        match self.fields.optional("options") {
            Some(node) => numbered(node, self.fields.diagnostics()),
            None => Some(BTreeMap::from([(0, "Active".to_owned()), (1, "Inactive".to_owned())])),
        }
    }

    /// Reasons with their states: `1: { label: Active, state: 0 }`.
    fn status(&mut self) -> Option<ColumnKind> {
        let Some(node) = self.fields.optional("options") else {
            let options = BTreeMap::from([(1, "Active".to_owned()), (2, "Inactive".to_owned())]);
            return Some(ColumnKind::Status { options, states: BTreeMap::from([(1, 0), (2, 1)]) });
        };
        let (options, states) = reasons(node, self.fields.diagnostics())?;
        Some(ColumnKind::Status { options, states })
    }

    /// A lookup; its tables are found when all are read.
    fn lookup(&mut self, kind: &str) -> ColumnKind {
        let by_themselves: &[&str] = match kind {
            "customer" => &["account", "contact"],
            "owner" => &["systemuser", "team"],
            _ => &[],
        };
        self.told.lookup_type = match kind {
            "customer" => Some("Customer"),
            "owner" => Some("Owner"),
            _ => None,
        };
        let node =
            if by_themselves.is_empty() { self.fields.required("targets") } else { self.fields.optional("targets") };
        if let Some(node) = node {
            *self.targets = targets(node, self.fields.diagnostics());
        } else {
            let draft = |logical: &&str| TargetDraft::new(logical, self.place.clone(), true);
            *self.targets = by_themselves.iter().map(draft).collect();
        }
        // The tables are filled in by `relate`.
        ColumnKind::Lookup(Vec::new())
    }
}
