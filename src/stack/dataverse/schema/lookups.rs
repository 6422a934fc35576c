//! What lookup columns name, as it is written: tables that are found later, when
//! all files are read.

use std::sync::Arc;

use super::column::OnDelete;
use super::fields::{one_of, text};
use crate::diagnose::{Diagnostics, Fields, Node, Place, Value};

/// What a column of the file names of other tables.
#[derive(Clone, Debug)]
pub(super) struct LookupDraft {
    /// The position of the column.
    pub(super) column: usize,
    pub(super) targets: Vec<TargetDraft>,
}

/// One table that a lookup may name, by its logical name.
#[derive(Clone, Debug)]
pub(super) struct TargetDraft {
    pub(super) logical: String,
    pub(super) place: Place,
    /// Left out where the table is not there: those that come by themselves.
    pub(super) optional: bool,
    pub(super) navigation: Option<Arc<str>>,
    pub(super) collection: Option<Arc<str>>,
    pub(super) relationship: Option<Arc<str>>,
    pub(super) on_delete: OnDelete,
}

impl TargetDraft {
    pub(super) fn new(logical: &str, place: Place, optional: bool) -> Self {
        Self {
            logical: logical.to_owned(),
            place,
            optional,
            navigation: None,
            collection: None,
            relationship: None,
            on_delete: OnDelete::default(),
        }
    }
}

/// `[account, contact]`, or `{ account: { navigation: …, collection: … } }`.
pub(super) fn targets(node: &Node, diagnostics: &mut Diagnostics) -> Vec<TargetDraft> {
    let mut drafts = Vec::new();
    if let Some(list) = node.as_sequence() {
        for item in list {
            match item.as_str() {
                Some(logical) => drafts.push(TargetDraft::new(logical, item.place.clone(), false)),
                None => item.wrong_kind("the logical name of a table", diagnostics),
            }
        }
    } else if let Some(entries) = node.as_mapping() {
        for (key, node) in entries {
            let mut draft = TargetDraft::new(&key.key_text(), key.place.clone(), false);
            if !matches!(node.value, Value::Null) {
                let mut fields = Fields::of(node, diagnostics);
                draft.navigation = text(&mut fields, "navigation");
                draft.collection = text(&mut fields, "collection");
                draft.relationship = text(&mut fields, "relationship");
                draft.on_delete = on_delete(&mut fields);
                fields.finish();
            }
            drafts.push(draft);
        }
    }
    if drafts.is_empty() {
        node.wrong_kind("a list of tables by their logical names, or a mapping of them", diagnostics);
    }
    drafts
}

fn on_delete(fields: &mut Fields<'_, '_>) -> OnDelete {
    const NAMES: [(&str, &str); 3] = [("remove_link", "RemoveLink"), ("cascade", "Cascade"), ("restrict", "Restrict")];
    match one_of(fields, "on_delete", &NAMES) {
        Some("Cascade") => OnDelete::Cascade,
        Some("Restrict") => OnDelete::Restrict,
        _ => OnDelete::RemoveLink,
    }
}
