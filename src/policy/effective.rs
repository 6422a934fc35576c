//! The policies that apply to a call: the documents of all scopes folded into
//! one, each `<base />` replaced by the broader scope.

use std::sync::Arc;

use super::document::{Document, Item};
use super::statement::{Section, Statement, Statements};

/// The effective policies of an operation, an API, or of calls that match
/// neither.
#[derive(Clone, Debug, Default)]
pub struct Effective {
    sections: [Statements; 4],
}

impl Effective {
    /// Folds documents, from the narrowest scope to the broadest.
    pub(super) fn fold(narrow_to_broad: &[&Document]) -> Self {
        Self { sections: Section::ALL.map(|section| collect(section, narrow_to_broad).into()) }
    }

    /// The statements of a section.
    pub fn section(&self, section: Section) -> &Statements {
        &self.sections[section as usize]
    }
}

fn collect(section: Section, narrow_to_broad: &[&Document]) -> Vec<Arc<Statement>> {
    let Some((document, broader)) = narrow_to_broad.split_first() else {
        return Vec::new();
    };
    let Some(items) = document.section(section) else {
        return collect(section, broader);
    };
    let mut statements = Vec::new();
    for item in items {
        match item {
            Item::Base => statements.extend(collect(section, broader)),
            Item::Statement(statement) => statements.push(Arc::clone(statement)),
        }
    }
    statements
}
