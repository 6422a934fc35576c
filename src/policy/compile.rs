//! Sections as statements: each policy is looked up in the table and compiled
//! by its own file.

use std::fmt::Write as _;
use std::sync::Arc;

use super::document::Item;
use super::element::{Child, Element};
use super::policies::POLICIES;
use super::reader::Reader;
use super::statement::{Scope, Section, Statement, Statements};
use super::surroundings::Surroundings;
use crate::diagnose::{Diagnostic, Diagnostics, closest};

/// Compiles the policies of one section.
pub(super) struct Compiler<'d> {
    pub(super) diagnostics: &'d mut Diagnostics,
    pub(super) surroundings: &'d Surroundings,
    pub(super) section: Section,
    pub(super) scope: Scope,
    path: String,
}

impl<'d> Compiler<'d> {
    pub(super) fn new(
        diagnostics: &'d mut Diagnostics,
        surroundings: &'d Surroundings,
        section: Section,
        scope: Scope,
    ) -> Self {
        Self { diagnostics, surroundings, section, scope, path: String::new() }
    }

    /// The items of a section.
    pub(super) fn items(&mut self, section: &Element) -> Vec<Item> {
        self.no_text(section);
        let mut items = Vec::new();
        for (index, element) in section.elements().enumerate() {
            if &*element.name == "base" {
                items.push(Item::Base);
            } else if let Some(statement) = self.statement(element, index) {
                items.push(Item::Statement(Arc::new(statement)));
            }
        }
        items
    }

    /// Policies inside of a policy; `step` names their element in the path.
    pub(super) fn nested(&mut self, of: &Element, step: &str) -> Statements {
        self.no_text(of);
        let outer = self.path.len();
        if !step.is_empty() {
            self.path.push('/');
            self.path.push_str(step);
        }
        let mut statements = Vec::new();
        for (index, element) in of.elements().enumerate() {
            if &*element.name == "base" {
                let fault = Diagnostic::error(element.place.clone(), "`<base />` stands inside of a policy");
                self.diagnostics.push(fault.expected("`<base />` directly in a section"));
            } else if let Some(statement) = self.statement(element, index) {
                statements.push(Arc::new(statement));
            }
        }
        self.path.truncate(outer);
        statements.into()
    }

    fn no_text(&mut self, element: &Element) {
        for child in &element.children {
            if let Child::Text(text) = child {
                let fault = Diagnostic::error(text.place.clone(), format!("text has no place in `{}`", element.name));
                self.diagnostics.push(fault.expected("policies"));
            }
        }
    }

    fn statement(&mut self, element: &Element, index: usize) -> Option<Statement> {
        let Some(kind) = POLICIES.iter().find(|k| k.name == &*element.name) else {
            let mut fault = Diagnostic::error(
                element.place.clone(),
                format!("policy `{}` is unknown or not emulated", element.name),
            )
            .expected(format!("one of {}", POLICIES.iter().map(|k| k.name).collect::<Vec<_>>().join(", ")));
            if let Some(near) = closest(&element.name, POLICIES.iter().map(|k| k.name)) {
                fault = fault.hint(format!("did you mean `{near}`?"));
            }
            self.diagnostics.push(fault);
            return None;
        };
        if !kind.sections.contains(&self.section) {
            let allowed = kind.sections.iter().map(|s| s.name()).collect::<Vec<_>>().join(", ");
            let what = format!("`{}` may not stand in {}", kind.name, self.section);
            self.diagnostics.push(Diagnostic::error(element.place.clone(), what).expected(allowed));
        }
        let outer = self.path.len();
        if outer > 0 {
            self.path.push('/');
        }
        // Writing to a string does not fail.
        let _ = write!(self.path, "{}[{}]", kind.name, index + 1);
        let path: Arc<str> = self.path.as_str().into();
        let (scope, mut reader) = (self.scope, Reader::new(element, self));
        let action = (kind.compile)(&mut reader);
        reader.finish();
        let reads = reader.reads;
        self.path.truncate(outer);
        Some(Statement {
            policy: kind.name,
            id: element.id().map(Into::into),
            place: element.place.clone(),
            scope,
            path,
            action: action?,
            reads,
        })
    }
}
