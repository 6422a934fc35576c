//! An instance out of a folder, and what documents may name in it.

use std::collections::BTreeSet;
use std::path::Path;

use super::layout::{self, Layout};
use super::model::{ApiDescription, BackendDescription, Instance, Product};
use super::{extracted, own};
use crate::diagnose::{Diagnostic, Diagnostics, Place, closest};
use crate::policy::surroundings::Surroundings;

impl Instance {
    /// Reads a folder, or one policy document. What can be read is there even
    /// where something else has faults.
    pub fn read(dir: &Path) -> (Self, Diagnostics) {
        let layout = layout::detect(dir);
        let documents = layout::documents(dir, layout);
        let mut instance = Self { dir: dir.to_owned(), layout, documents, ..Self::default() };
        let mut diagnostics = Diagnostics::new();
        match layout {
            Layout::Own => own::read(&mut instance, &mut diagnostics),
            Layout::Extracted => extracted::read(&mut instance, &mut diagnostics),
            Layout::Loose => {}
        }
        if instance.documents.is_empty() && instance.apis.is_empty() {
            let place = Place::file(dir.display().to_string());
            let fault = Diagnostic::error(place, "the folder holds no policy documents");
            diagnostics.push(fault.expected("`global.xml`, `apis/*.xml`, or a folder of the APIOps extractor"));
        }
        instance.check_names(&mut diagnostics);
        (instance, diagnostics)
    }

    /// What the documents may name, as far as the folder says it.
    pub fn surroundings(&self) -> Surroundings {
        let known = self.named_values.iter();
        let valued = known.clone().filter_map(|(name, v)| Some((name.clone(), v.value.clone()?)));
        let missing = known.filter(|(_, v)| v.value.is_none()).map(|(name, _)| name.clone());
        Surroundings {
            named_values: valued.collect(),
            secrets: missing.collect(),
            backends: self.backends.keys().cloned().collect(),
            ..Surroundings::default()
        }
    }

    /// Gives secrets whose values are not known a value that means nothing, so
    /// that the documents can be looked through without them. One notice names
    /// them.
    pub fn stand_in(&mut self, diagnostics: &mut Diagnostics) {
        let mut stood_in = Vec::new();
        for (name, value) in self.named_values.iter_mut().filter(|(_, v)| v.value.is_none()) {
            let lower = name.to_ascii_lowercase();
            let is_url = ["url", "uri", "endpoint"].iter().any(|part| lower.contains(part));
            value.value = Some(if is_url { "https://secret.example".to_owned() } else { "0".to_owned() });
            stood_in.push(name.as_str());
        }
        if !stood_in.is_empty() {
            let what = format!("secrets whose values are not there: {}", stood_in.join(", "));
            let notice = Diagnostic::notice(Place::file(self.dir.display().to_string()), what);
            diagnostics.push(notice.hint("the documents were read with others; `--named-values FILE` gives them"));
        }
    }

    /// Leads a backend to another base URL.
    pub fn lead_backend(&mut self, id: &str, url: String) {
        let place = Place::file(self.dir.display().to_string());
        let backend = BackendDescription { url: Some(url), pool: Vec::new(), circuit_breaker: None, place };
        self.backends.insert(id.to_owned(), backend);
    }

    /// The ids of all APIs that are described or have a document; a revision
    /// that is not the current one is `ID;rev=N`.
    pub fn documented_apis(&self) -> Vec<String> {
        let of_key = |key: &str| {
            let rest = key.strip_prefix("apis/")?;
            Some(rest.split('/').next().unwrap_or(rest).trim_end_matches(".xml").to_owned())
        };
        let documented = self.documents.iter().filter_map(|document| of_key(&document.key));
        let mut apis: Vec<String> = self.apis.keys().cloned().chain(documented).collect();
        apis.sort();
        apis.dedup();
        apis
    }

    /// The overlays of the folder, by name.
    pub fn overlays(&self) -> Vec<String> {
        layout::files(&self.dir.join("defects"), "xml").iter().map(|path| layout::stem(path)).collect()
    }

    /// The products that an API is in.
    pub fn products_of(&self, api: &str) -> impl Iterator<Item = &Product> {
        self.products.values().filter(move |p| p.apis.iter().any(|a| a == api))
    }

    /// The open product that takes calls to an API without a key.
    pub fn open_product_of(&self, api: &str) -> Option<&Product> {
        self.products_of(api).find(|p| !p.subscription_required)
    }

    /// Names that lead nowhere.
    fn check_names(&self, diagnostics: &mut Diagnostics) {
        let sets: BTreeSet<&str> = self.version_sets.keys().map(String::as_str).collect();
        for api in self.apis.values() {
            if let Some(set) = api.version_set.as_deref().filter(|set| !sets.contains(set)) {
                let what = format!("API `{}` is in a version set `{set}` that is not there", api.id);
                diagnostics.push(nearest(Diagnostic::error(api.place.clone(), what), set, &sets));
            }
        }
        // The APIs of our own layout may be published from contracts.
        if self.layout == Layout::Own {
            return;
        }
        let apis: BTreeSet<&str> = self.apis.values().map(|api| api.id.as_str()).collect();
        for product in self.products.values() {
            for api in product.apis.iter().filter(|api| !apis.contains(api.as_str())) {
                let what = format!("product `{}` holds an API `{api}` that is not in the folder", product.id);
                diagnostics.push(nearest(Diagnostic::warning(product.place.clone(), what), api, &apis));
            }
        }
    }

    /// The API of an id, or a place for one.
    pub fn api(&self, id: &str) -> ApiDescription {
        let place = || Place::file(self.dir.display().to_string());
        self.apis.get(id).cloned().unwrap_or_else(|| ApiDescription::plain(id, place()))
    }
}

fn nearest(fault: Diagnostic, name: &str, known: &BTreeSet<&str>) -> Diagnostic {
    match closest(name, known.iter().copied()) {
        Some(near) => fault.hint(format!("did you mean `{near}`?")),
        None => fault,
    }
}
