//! Fragments: taken out of the documents, and put in place of
//! `include-fragment`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::element::{Child, Element};
use crate::diagnose::{Diagnostic, Diagnostics, closest};

/// The fragments of a folder, by id.
#[derive(Clone, Debug, Default)]
pub(super) struct Fragments {
    by_id: BTreeMap<String, Element>,
    /// Those that a document includes.
    used: BTreeSet<String>,
}

impl Fragments {
    /// Takes the fragments out of the documents: those of a folder for them,
    /// and loose ones by their root element.
    pub(super) fn take(documents: &mut BTreeMap<String, Element>, diagnostics: &mut Diagnostics) -> Self {
        let of_fragments = |(key, root): (&String, &Element)| {
            key.starts_with("fragments/") || (key.starts_with("loose/") && &*root.name == "fragment")
        };
        let keys: Vec<String> = documents.iter().filter(|d| of_fragments(*d)).map(|(key, _)| key.clone()).collect();
        let mut fragments = Self::default();
        for key in keys {
            let Some(root) = documents.remove(&key) else { continue };
            if &*root.name != "fragment" {
                let what = format!("`{}` is no fragment", root.name);
                diagnostics.push(Diagnostic::error(root.place.clone(), what).expected("`<fragment>`"));
            }
            forbid(&root, diagnostics);
            fragments.by_id.insert(id(&key), root);
        }
        fragments
    }

    /// Puts fragments in place of `include-fragment`.
    pub(super) fn include(&mut self, element: &mut Element, diagnostics: &mut Diagnostics) {
        for child in std::mem::take(&mut element.children) {
            let Child::Element(mut inner) = child else {
                element.children.push(child);
                continue;
            };
            if &*inner.name != "include-fragment" {
                self.include(&mut inner, diagnostics);
                element.children.push(Child::Element(inner));
                continue;
            }
            let name = inner.attribute("fragment-id").map_or("", |a| a.value.text.as_str());
            if let Some(fragment) = self.by_id.get(name) {
                element.children.extend(fragment.elements().cloned().map(Child::Element));
                self.used.insert(name.to_owned());
                continue;
            }
            diagnostics.push(self.unknown(name, &inner));
        }
    }

    fn unknown(&self, name: &str, element: &Element) -> Diagnostic {
        let known: Vec<&str> = self.by_id.keys().map(String::as_str).collect();
        let fault = Diagnostic::error(element.place.clone(), format!("there is no fragment `{name}`")).expected(
            if known.is_empty() { "a file in `fragments/`".to_owned() } else { format!("one of {}", known.join(", ")) },
        );
        match closest(name, known) {
            Some(near) => fault.hint(format!("did you mean `{near}`?")),
            None => fault,
        }
    }

    /// Those that no document includes: the platform reads them all the same.
    pub(super) fn unused(&self) -> impl Iterator<Item = &Element> {
        self.by_id.iter().filter(|(id, _)| !self.used.contains(*id)).map(|(_, root)| root)
    }
}

/// The id of a fragment: the name of its file, or of its folder where all files
/// have one name.
fn id(key: &str) -> String {
    let path = Path::new(key);
    let stem = |path: &Path| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let parent = path.parent().map(|p| p.file_name().unwrap_or_default().to_string_lossy().into_owned());
    match (stem(path), parent) {
        (name, Some(folder)) if name.eq_ignore_ascii_case("policy") && folder != "loose" => folder,
        (name, _) => name,
    }
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
