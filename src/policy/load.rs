//! The documents of an instance, loaded: scanned, overlaid, filled in,
//! compiled.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::document::Document;
use super::element::Element;
use super::fragment::Fragments;
use super::instance::{Instance, Layout};
use super::inventory::Inventory;
use super::lint::judge;
use super::overlay;
use super::policies_of::Policies;
use super::scan::scan;
use super::schema::load_schemas;
use super::source::Source;
use super::statement::Scope;
use super::surroundings::Surroundings;
use crate::diagnose::{Diagnostic, Diagnostics, Place, Severity};

/// What applies where nothing is configured for all APIs.
const DEFAULT_GLOBAL: &str =
    "<policies><inbound /><backend><forward-request /></backend><outbound /><on-error /></policies>";

/// Loads the documents of a folder, whatever its layout, and applies the
/// overlays `defects/NAME.xml`. What the folder says stands before what
/// `surroundings` name.
///
/// # Errors
/// Every fault of every document. Warnings alone are no error.
pub fn load(dir: &Path, overlays: &[String], surroundings: &Surroundings) -> Result<Policies, Diagnostics> {
    let (instance, mut diagnostics) = Instance::read(dir);
    let (policies, more) = load_instance(instance, overlays, surroundings);
    diagnostics.extend(more);
    if diagnostics.has_errors() { Err(diagnostics) } else { Ok(policies) }
}

/// Loads the documents of an instance, and tells everything that is worth
/// telling of them. Where that holds errors, the policies are not whole.
pub fn load_instance(instance: Instance, overlays: &[String], surroundings: &Surroundings) -> (Policies, Diagnostics) {
    let mut diagnostics = Diagnostics::new();
    let mut surroundings = surroundings.clone().over(instance.surroundings());
    surroundings.schemas.extend(load_schemas(&instance.dir, &mut diagnostics));
    let mut documents = scan_all(&instance, &mut diagnostics);
    let unreadable = instance.documents.len() - documents.len();
    for name in overlays {
        let path = instance.dir.join("defects").join(format!("{name}.xml"));
        if let Some(overlay) = scan_file(&path, &mut diagnostics) {
            overlay::apply(&overlay, &mut documents, &mut diagnostics);
        }
    }
    for root in documents.values_mut() {
        surroundings.fill(root, &mut diagnostics);
    }
    let mut fragments = Fragments::take(&mut documents, &mut diagnostics);
    for root in documents.values_mut() {
        fragments.include(root, &mut diagnostics);
    }
    if instance.layout == Layout::Loose {
        // Nothing says which backends there are: those that are named.
        documents.values().for_each(|root| surroundings.take_backends_of(root));
    }
    let mut compile = Compile { surroundings: &surroundings, diagnostics, inventory: Inventory::default() };
    let mut policies = compile.all(instance, &documents);
    compile.unused(&fragments);
    let Compile { diagnostics, mut inventory, .. } = compile;
    inventory.fold();
    policies.inventory = inventory;
    policies.unreadable = unreadable;
    (policies, diagnostics.without_repetitions())
}

/// What in the documents of an instance breaks a rule of the mandate; `None`
/// where they can't be used, so that nothing can be said.
pub fn lint_of(policies: &Policies, told: &Diagnostics) -> Option<Diagnostics> {
    let usable = told.iter().all(|d| d.severity != Severity::Error || d.unsupported);
    usable.then(|| {
        let written = scan_all(policies.instance(), &mut Diagnostics::new());
        judge(policies, written.values())
    })
}

/// Everything that is wrong with the documents of a folder and with each of
/// its overlays; and, where the documents can be used, what in them breaks a
/// rule of the mandate. Overlays may break rules: they are there to.
pub fn lint(dir: &Path) -> Diagnostics {
    let surroundings = Surroundings::of_the_stack();
    let (mut instance, mut diagnostics) = Instance::read(dir);
    // Whether a set keeps the mandate does not hang on its secrets.
    instance.stand_in(&mut diagnostics);
    let (policies, more) = load_instance(instance.clone(), &[], &surroundings);
    let findings = lint_of(&policies, &more);
    diagnostics.extend(more);
    diagnostics.extend(findings.unwrap_or_default());
    for name in instance.overlays() {
        let (_, more) = load_instance(instance.clone(), &[name], &surroundings);
        diagnostics.extend(more);
    }
    diagnostics.without_repetitions()
}

/// The documents of an instance, by what they apply to.
pub(super) fn scan_all(instance: &Instance, diagnostics: &mut Diagnostics) -> BTreeMap<String, Element> {
    let mut documents = BTreeMap::new();
    for file in &instance.documents {
        if let Some(root) = scan_file(&file.path, diagnostics) {
            documents.insert(file.key.clone(), root);
        }
    }
    documents
}

fn scan_file(path: &Path, diagnostics: &mut Diagnostics) -> Option<Element> {
    let name = path.display().to_string();
    let scanned = match fs::read_to_string(path) {
        Ok(text) => scan(&Source::new(&name, text)),
        Err(e) => Err(Diagnostic::error(Place::file(name), format!("the document can't be read: {e}"))),
    };
    scanned.map_err(|fault| diagnostics.push(fault)).ok()
}

/// The document that applies to all APIs where there is none.
pub(super) fn default_global(dir: &Path) -> Element {
    let named = dir.join("(the default global policy)").display().to_string();
    scan(&Source::new(&named, DEFAULT_GLOBAL.to_owned())).expect("the default document is well formed")
}

struct Compile<'s> {
    surroundings: &'s Surroundings,
    diagnostics: Diagnostics,
    inventory: Inventory,
}

impl Compile<'_> {
    fn all(&mut self, instance: Instance, documents: &BTreeMap<String, Element>) -> Policies {
        let global = Document::compile(
            &default_global(&instance.dir),
            Scope::Global,
            self.surroundings,
            (&mut self.diagnostics, &mut Inventory::default()),
        );
        let mut policies = Policies::new(global, instance);
        for (key, root) in documents {
            let parts: Vec<&str> = key.strip_suffix(".xml").unwrap_or(key).split('/').collect();
            match *parts.as_slice() {
                ["products", name] => {
                    let document = self.document(root, Scope::Product);
                    policies.products.insert(name.to_owned(), document);
                }
                ["apis", api] => {
                    let document = self.document(root, Scope::Api);
                    policies.apis.insert(api.to_owned(), document);
                }
                ["apis", api, operation] => {
                    let document = self.document(root, Scope::Operation);
                    policies.operations.insert((api.to_owned(), operation.to_owned()), document);
                }
                ["loose", ..] => drop(self.document(root, likely_scope(root))),
                _ => policies.global = self.document(root, Scope::Global),
            }
        }
        policies
    }

    fn document(&mut self, root: &Element, scope: Scope) -> Document {
        Document::compile(root, scope, self.surroundings, (&mut self.diagnostics, &mut self.inventory))
    }

    /// Fragments that no document includes have faults of their own.
    fn unused(&mut self, fragments: &Fragments) {
        for root in fragments.unused() {
            Document::compile_fragment(root, self.surroundings, (&mut self.diagnostics, &mut self.inventory));
        }
    }
}

/// The scope of a document of which nobody says it: that of a product where
/// something stands in it that may stand nowhere else.
fn likely_scope(root: &Element) -> Scope {
    let is_of_a_product = root.elements().flat_map(Element::elements).any(|policy| &*policy.name == "quota");
    if is_of_a_product { Scope::Product } else { Scope::Api }
}
