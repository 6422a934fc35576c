//! Sections as statements: each policy is looked up in the table and compiled
//! by its own file.

use std::fmt::Write as _;
use std::sync::Arc;

use super::document::Item;
use super::element::{Child, Element};
use super::expression::Reads;
use super::inventory::{Inventory, Subject, Verdict};
use super::policies::{POLICIES, PolicyKind, REFUSED, is_guard};
use super::reader::Reader;
use super::statement::{Action, Scope, Section, Statement, Statements, Unsupported};
use super::surroundings::{OnUnsupported, Surroundings};
use crate::diagnose::{Diagnostic, Diagnostics, Place, Severity, closest};

/// Compiles the policies of one section.
pub(super) struct Compiler<'d> {
    pub(super) diagnostics: &'d mut Diagnostics,
    pub(super) surroundings: &'d Surroundings,
    pub(super) section: Section,
    pub(super) scope: Scope,
    pub(super) inventory: &'d mut Inventory,
    /// Policies that may stand only once, with the place of the first.
    pub(super) once: Vec<(&'static str, Place)>,
    /// Whether section and scope are not known, and allow everything.
    pub(super) anywhere: bool,
    path: String,
    /// What is wrong with the policy that is being read, the first and worst
    /// of it.
    wrong: Option<Verdict>,
}

impl<'d> Compiler<'d> {
    pub(super) fn new(
        (diagnostics, inventory): (&'d mut Diagnostics, &'d mut Inventory),
        surroundings: &'d Surroundings,
        section: Section,
        scope: Scope,
    ) -> Self {
        Self {
            diagnostics,
            surroundings,
            section,
            scope,
            inventory,
            once: Vec::new(),
            anywhere: false,
            path: String::new(),
            wrong: None,
        }
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
                self.fault(fault.expected("`<base />` directly in a section"));
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
                self.fault(fault.expected("policies"));
            }
        }
    }

    /// Tells a fault. What is not supported is a warning where the user asked
    /// for that.
    pub(super) fn fault(&mut self, mut fault: Diagnostic) {
        let verdict = if fault.unsupported {
            if self.surroundings.on_unsupported == OnUnsupported::Warn {
                fault.severity = Severity::Warning;
            }
            Some(Verdict::NotEmulated(fault.what.clone()))
        } else if fault.severity == Severity::Error {
            Some(Verdict::Refused(fault.what.clone()))
        } else {
            None
        };
        let is_worse = |new: &Verdict| self.wrong.as_ref().is_none_or(|old| old.name() != new.name() && old < new);
        if let Some(verdict) = verdict.filter(is_worse) {
            self.wrong = Some(verdict);
        }
        self.diagnostics.push(fault);
    }

    fn statement(&mut self, element: &Element, index: usize) -> Option<Statement> {
        let outer = (self.path.len(), self.wrong.take());
        if outer.0 > 0 {
            self.path.push('/');
        }
        // Writing to a string does not fail.
        let _ = write!(self.path, "{}[{}]", element.name, index + 1);
        let path: Arc<str> = self.path.as_str().into();
        let subject = Subject::Policy(Arc::clone(&element.name));
        let entry = self.inventory.begin(subject, &element.place, self.section, self.scope);
        let kind = POLICIES.iter().find(|k| k.name == &*element.name);
        let compiled = if let Some(kind) = kind {
            self.known(kind, element)
        } else {
            self.unknown(element);
            None
        };
        let verdict = self.wrong.take().or_else(|| kind.map(|k| k.emulation.into()));
        let verdict = verdict.unwrap_or(Verdict::Emulated);
        let left_out = match &verdict {
            Verdict::NotEmulated(why) => Some(self.left_out(element, why)),
            _ => None,
        };
        self.inventory.judge(entry, verdict);
        self.path.truncate(outer.0);
        self.wrong = outer.1;
        let (action, reads) = match left_out {
            Some(unsupported) => (Action::Unsupported(Box::new(unsupported)), Reads::default()),
            None => compiled?,
        };
        let refused = || REFUSED.iter().find(|(name, _)| *name == &*element.name).map(|(name, _)| *name);
        Some(Statement {
            policy: kind.map(|k| k.name).or_else(refused).unwrap_or("unsupported"),
            id: element.id().map(Into::into),
            place: element.place.clone(),
            scope: self.scope,
            path,
            action,
            reads,
        })
    }

    /// What stands in place of a policy that can't be emulated. That one which
    /// refuses calls goes on refusing them is told.
    fn left_out(&mut self, element: &Element, why: &str) -> Unsupported {
        let name = &element.name;
        let guard = is_guard(element);
        if guard && self.surroundings.on_unsupported == OnUnsupported::Warn {
            let what =
                format!("`{name}` is there to refuse calls, and is not emulated: each call that reaches it gets 500");
            let told = Diagnostic::warning(element.place.clone(), what)
                .hint("take it out to have such calls pass without what it demands");
            self.diagnostics.push(told);
        }
        Unsupported { name: Arc::clone(name), why: why.into(), guard }
    }

    fn known(&mut self, kind: &PolicyKind, element: &Element) -> Option<(Action, Reads)> {
        if !self.anywhere && !kind.sections.contains(&self.section) {
            let allowed = kind.sections.iter().map(|s| s.name()).collect::<Vec<_>>().join(", ");
            let what = format!("`{}` may not stand in {}", kind.name, self.section);
            self.fault(Diagnostic::error(element.place.clone(), what).expected(allowed));
        }
        if !self.anywhere && !kind.scopes.contains(&self.scope) {
            let allowed = kind.scopes.iter().map(|s| s.name()).collect::<Vec<_>>().join(", ");
            let what = format!("`{}` may not stand in a document of scope {}", kind.name, self.scope.name());
            self.fault(Diagnostic::error(element.place.clone(), what).expected(allowed));
        }
        let mut reader = Reader::new(element, self);
        let action = (kind.compile)(&mut reader);
        reader.finish();
        let reads = reader.reads;
        Some((action?, reads))
    }

    fn unknown(&mut self, element: &Element) {
        let what = format!("policy `{}` is unknown or not emulated", element.name);
        let way_on = if is_guard(element) {
            "take it out, or go on with `--unsupported warn`: calls that reach it are then refused with 500"
        } else {
            "take it out, or go on without what it does: `--unsupported warn`"
        };
        if let Some((name, why)) = REFUSED.iter().find(|(name, _)| *name == &*element.name) {
            let fault = Diagnostic::error(element.place.clone(), format!("policy `{name}` is not emulated: {why}"));
            self.fault(fault.hint(way_on).unsupported());
            return;
        }
        let fault = Diagnostic::error(element.place.clone(), what);
        let fault = match closest(&element.name, POLICIES.iter().map(|k| k.name)) {
            Some(near) => fault.hint(format!("did you mean `{near}`?")),
            None => fault.hint(way_on),
        };
        self.fault(fault.unsupported());
    }
}
