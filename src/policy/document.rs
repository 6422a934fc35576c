//! One document: its sections, compiled.

use std::sync::Arc;

use super::compile::Compiler;
use super::element::Element;
use super::inventory::Inventory;
use super::statement::{Scope, Section, Statement};
use super::surroundings::Surroundings;
use crate::diagnose::{Diagnostic, Diagnostics, closest};

/// What stands directly in a section.
#[derive(Clone, Debug)]
pub enum Item {
    /// `<base />`: the section of the broader scope.
    Base,
    /// A policy.
    Statement(Arc<Statement>),
}

/// A compiled document. A section that is absent is inherited as a whole.
#[derive(Clone, Debug, Default)]
pub struct Document {
    sections: [Option<Vec<Item>>; 4],
}

impl Document {
    /// The items of a section, if the document has it.
    pub fn section(&self, section: Section) -> Option<&[Item]> {
        self.sections[section as usize].as_deref()
    }

    /// Compiles a scanned document.
    pub(super) fn compile(
        root: &Element,
        scope: Scope,
        surroundings: &Surroundings,
        (diagnostics, inventory): (&mut Diagnostics, &mut Inventory),
    ) -> Self {
        let mut document = Self::default();
        if &*root.name != "policies" {
            let what = format!("`{}` is no policy document", root.name);
            diagnostics.push(Diagnostic::error(root.place.clone(), what).expected("`<policies>`"));
            return document;
        }
        for element in root.elements() {
            let Some(section) = Section::ALL.into_iter().find(|s| s.name() == &*element.name) else {
                let mut fault = Diagnostic::error(element.place.clone(), format!("unknown section `{}`", element.name))
                    .expected("inbound, backend, outbound, on-error");
                if let Some(near) = closest(&element.name, Section::ALL.map(Section::name)) {
                    fault = fault.hint(format!("did you mean `{near}`?"));
                }
                diagnostics.push(fault);
                continue;
            };
            if document.section(section).is_some() {
                let what = format!("section `{section}` stands twice");
                diagnostics.push(Diagnostic::error(element.place.clone(), what));
            }
            let items = Compiler::new((diagnostics, inventory), surroundings, section, scope).items(element);
            if section == Section::Backend && items.len() > 1 {
                let second = element.elements().nth(1).map_or(&element.place, |e| &e.place);
                let what = "the backend section holds more than one policy";
                diagnostics.push(Diagnostic::error(second.clone(), what).expected("one policy, or `<base />`"));
            }
            document.sections[section as usize] = Some(items);
        }
        for section in Section::ALL.into_iter().filter(|s| document.sections[*s as usize].is_none()) {
            let what = format!("section `{section}` is missing and is taken as `<base />`");
            let notice = Diagnostic::notice(root.place.clone(), what);
            diagnostics.push(notice.hint(format!("write `<{section}><base /></{section}>`")));
        }
        document
    }

    /// Looks at a fragment that no document includes, in no section and no
    /// scope.
    pub(super) fn compile_fragment(
        root: &Element,
        surroundings: &Surroundings,
        (diagnostics, inventory): (&mut Diagnostics, &mut Inventory),
    ) {
        let mut compiler = Compiler::new((diagnostics, inventory), surroundings, Section::Inbound, Scope::Api);
        compiler.anywhere = true;
        compiler.nested(root, "");
    }
}
