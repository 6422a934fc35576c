//! A folder of documents, loaded: scanned, overlaid, filled in, compiled.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::document::Document;
use super::effective::Effective;
use super::element::{Child, Element};
use super::inventory::Inventory;
use super::overlay;
use super::scan::scan;
use super::schema::load_schemas;
use super::source::Source;
use super::statement::Scope;
use super::surroundings::Surroundings;
use crate::diagnose::{Diagnostic, Diagnostics, Fields, Place, Value, closest, parse_yaml};

/// What applies where nothing is configured for all APIs.
const DEFAULT_GLOBAL: &str =
    "<policies><inbound /><backend><forward-request /></backend><outbound /><on-error /></policies>";

/// All documents of a folder, compiled.
#[derive(Clone, Debug)]
pub struct Policies {
    global: Document,
    /// Products by name, with the APIs that are in them.
    products: BTreeMap<String, (Document, Vec<String>)>,
    apis: BTreeMap<String, Document>,
    /// By API and operation.
    operations: BTreeMap<(String, String), Document>,
}

/// Loads `global.xml`, `products/NAME.xml` (with the APIs it applies to in
/// `products/NAME.yaml`), `apis/API.xml`, `apis/API/OPERATION.xml` and
/// `fragments/NAME.xml` of a folder, and applies the overlays
/// `defects/NAME.xml`.
///
/// # Errors
/// Every fault of every document. Warnings alone are no error.
pub fn load(dir: &Path, overlays: &[String], surroundings: &Surroundings) -> Result<Policies, Diagnostics> {
    let (policies, diagnostics) = load_all(dir, overlays, surroundings);
    if diagnostics.has_errors() { Err(diagnostics) } else { Ok(policies) }
}

/// Everything that is wrong with the documents of a folder, and with each of
/// its overlays.
pub fn lint(dir: &Path) -> Diagnostics {
    let surroundings = Surroundings::of_the_stack();
    let (_, mut diagnostics) = load_all(dir, &[], &surroundings);
    for path in files(&dir.join("defects"), "xml") {
        let name = stem(&path);
        let (_, more) = load_all(dir, &[name], &surroundings);
        for diagnostic in &more {
            if !diagnostics.iter().any(|known| known == diagnostic) {
                diagnostics.push(diagnostic.clone());
            }
        }
    }
    diagnostics
}

fn load_all(dir: &Path, overlays: &[String], surroundings: &Surroundings) -> (Policies, Diagnostics) {
    let mut diagnostics = Diagnostics::new();
    let mut surroundings = surroundings.clone();
    surroundings.schemas.extend(load_schemas(dir, &mut diagnostics));
    let surroundings = &surroundings;
    let mut documents = scan_all(dir, &mut diagnostics);
    for name in overlays {
        let path = dir.join("defects").join(format!("{name}.xml"));
        if let Some(overlay) = scan_file(&path, &mut diagnostics) {
            overlay::apply(&overlay, &mut documents, &mut diagnostics);
        }
    }
    for root in documents.values_mut() {
        surroundings.fill(root, &mut diagnostics);
    }
    let fragments = fragments(&mut documents, &mut diagnostics);
    for root in documents.values_mut() {
        include(root, &fragments, &mut diagnostics);
    }
    let mut inventory = Inventory::default();
    let policies = compile(dir, &documents, surroundings, (&mut diagnostics, &mut inventory));
    inventory.fold();
    (policies, diagnostics)
}

/// Files with an extension, in the order of their names.
fn files(dir: &Path, extension: &str) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten().map(|e| e.path());
    let mut files: Vec<_> = entries.filter(|p| p.extension().is_some_and(|e| e == extension)).collect();
    files.sort();
    files
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

fn scan_all(dir: &Path, diagnostics: &mut Diagnostics) -> BTreeMap<String, Element> {
    let mut paths = vec![dir.join("global.xml")];
    paths.retain(|p| p.exists());
    for folder in ["products", "apis", "fragments"] {
        paths.extend(files(&dir.join(folder), "xml"));
    }
    let apis = fs::read_dir(dir.join("apis")).into_iter().flatten().flatten().map(|e| e.path());
    paths.extend(apis.filter(|p| p.is_dir()).flat_map(|p| files(&p, "xml")));
    let mut documents = BTreeMap::new();
    for path in paths {
        let relative = path.strip_prefix(dir).unwrap_or(&path).components();
        let relative = relative.map(|c| c.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/");
        if let Some(root) = scan_file(&path, diagnostics) {
            documents.insert(relative, root);
        }
    }
    if documents.is_empty() {
        let place = Place::file(dir.display().to_string());
        diagnostics.push(
            Diagnostic::error(place, "the folder holds no policy documents").expected("`global.xml`, `apis/*.xml`"),
        );
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

/// Takes the fragments out of the documents, by name.
fn fragments(documents: &mut BTreeMap<String, Element>, diagnostics: &mut Diagnostics) -> BTreeMap<String, Element> {
    let names: Vec<String> = documents.keys().filter(|p| p.starts_with("fragments/")).cloned().collect();
    let mut fragments = BTreeMap::new();
    for path in names {
        let Some(root) = documents.remove(&path) else { continue };
        if &*root.name != "fragment" {
            let what = format!("`{}` is no fragment", root.name);
            diagnostics.push(Diagnostic::error(root.place.clone(), what).expected("`<fragment>`"));
        }
        forbid(&root, diagnostics);
        fragments.insert(stem(Path::new(&path)), root);
    }
    fragments
}

/// A fragment holds neither `<base />` nor other fragments.
fn forbid(element: &Element, diagnostics: &mut Diagnostics) {
    for child in element.elements() {
        if matches!(&*child.name, "base" | "include-fragment") {
            let what = format!("`{}` may not stand in a fragment", child.name);
            diagnostics.push(Diagnostic::error(child.place.clone(), what));
        }
        forbid(child, diagnostics);
    }
}

/// Puts fragments in place of `include-fragment`.
fn include(element: &mut Element, fragments: &BTreeMap<String, Element>, diagnostics: &mut Diagnostics) {
    for child in std::mem::take(&mut element.children) {
        let Child::Element(mut inner) = child else {
            element.children.push(child);
            continue;
        };
        if &*inner.name != "include-fragment" {
            include(&mut inner, fragments, diagnostics);
            element.children.push(Child::Element(inner));
            continue;
        }
        let name = inner.attribute("fragment-id").map_or("", |a| a.value.text.as_str());
        if let Some(fragment) = fragments.get(name) {
            element.children.extend(fragment.elements().cloned().map(Child::Element));
            continue;
        }
        let known: Vec<&str> = fragments.keys().map(String::as_str).collect();
        let mut fault = Diagnostic::error(inner.place.clone(), format!("there is no fragment `{name}`")).expected(
            if known.is_empty() { "a file in `fragments/`".to_owned() } else { format!("one of {}", known.join(", ")) },
        );
        if let Some(near) = closest(name, known) {
            fault = fault.hint(format!("did you mean `{near}`?"));
        }
        diagnostics.push(fault);
    }
}

fn compile(
    dir: &Path,
    documents: &BTreeMap<String, Element>,
    surroundings: &Surroundings,
    (diagnostics, inventory): (&mut Diagnostics, &mut Inventory),
) -> Policies {
    let default =
        scan(&Source::new("default", DEFAULT_GLOBAL.to_owned())).expect("the default document is well formed");
    let global = Document::compile(&default, Scope::Global, surroundings, (diagnostics, inventory));
    let mut policies =
        Policies { global, products: BTreeMap::new(), apis: BTreeMap::new(), operations: BTreeMap::new() };
    for (path, root) in documents {
        let parts: Vec<&str> = path.trim_end_matches(".xml").split('/').collect();
        match *parts.as_slice() {
            ["products", name] => {
                let document = Document::compile(root, Scope::Product, surroundings, (diagnostics, inventory));
                let apis = members(&dir.join("products").join(format!("{name}.yaml")), diagnostics);
                policies.products.insert(name.to_owned(), (document, apis));
            }
            ["apis", api] => {
                let document = Document::compile(root, Scope::Api, surroundings, (diagnostics, inventory));
                policies.apis.insert(api.to_owned(), document);
            }
            ["apis", api, operation] => {
                let document = Document::compile(root, Scope::Operation, surroundings, (diagnostics, inventory));
                policies.operations.insert((api.to_owned(), operation.to_owned()), document);
            }
            _ => policies.global = Document::compile(root, Scope::Global, surroundings, (diagnostics, inventory)),
        }
    }
    policies
}

/// The APIs of a product: `apis: [ … ]`.
fn members(path: &Path, diagnostics: &mut Diagnostics) -> Vec<String> {
    let name = path.display().to_string();
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(e) => {
            let fault = Diagnostic::error(Place::file(name), format!("the product's APIs can't be read: {e}"));
            diagnostics.push(fault.expected("`apis: [ NAME, … ]`"));
            return Vec::new();
        }
    };
    let node = match parse_yaml(&name, &text) {
        Ok(node) => node,
        Err(fault) => {
            diagnostics.extend(fault.into());
            return Vec::new();
        }
    };
    let mut fields = Fields::of(&node, diagnostics);
    let apis = fields.required("apis");
    fields.finish();
    match apis.map(|a| &a.value) {
        Some(Value::Sequence(items)) => items.iter().filter_map(|n| n.as_str().map(str::to_owned)).collect(),
        _ => Vec::new(),
    }
}

impl Policies {
    /// The effective policies of an operation.
    pub fn effective(&self, api: &str, operation: &str) -> Effective {
        let narrow = self.operations.get(&(api.to_owned(), operation.to_owned()));
        Effective::fold(&narrow.into_iter().chain(self.api_documents(api)).collect::<Vec<_>>())
    }

    /// The effective policies of a call that matched an API and no operation.
    pub fn effective_of_api(&self, api: &str) -> Effective {
        Effective::fold(&self.api_documents(api))
    }

    /// The effective policies of a call that matched nothing.
    pub fn effective_of_nothing(&self) -> Effective {
        Effective::fold(&[&self.global])
    }

    /// The product that an API is in, which all may use without a
    /// subscription.
    pub fn product_of(&self, api: &str) -> Option<&str> {
        self.products.iter().find(|(_, (_, apis))| apis.iter().any(|a| a == api)).map(|(name, _)| name.as_str())
    }

    fn api_documents(&self, api: &str) -> Vec<&Document> {
        let product = self.product_of(api).and_then(|name| self.products.get(name)).map(|(document, _)| document);
        self.apis.get(api).into_iter().chain(product).chain([&self.global]).collect()
    }
}
