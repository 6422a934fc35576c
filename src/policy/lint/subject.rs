//! What rules look at: the effective policies of an API or of an operation.

use std::collections::BTreeSet;

use super::walk::{Step, steps};
use crate::diagnose::Place;
use crate::policy::effective::Effective;
use crate::policy::policies_of::Policies;
use crate::policy::statement::{Section, Statement};

/// The effective policies of an API, or of an operation that has a document of
/// its own.
#[derive(Debug)]
pub(in crate::policy) struct Subject<'p> {
    /// `bulk-update-v1`, or `bulk-update-v1/submitBatch`.
    pub(super) name: String,
    pub(super) api: &'p str,
    /// The narrowest document that there is.
    pub(super) place: Place,
    pub(super) effective: Effective,
    pub(super) policies: &'p Policies,
}

impl Subject<'_> {
    /// A section's statements with all that is inside of them, in order.
    pub(super) fn steps(&self, section: Section) -> Vec<Step<'_>> {
        steps(self.effective.section(section))
    }

    /// The statements of every section with all that is inside of them.
    pub(super) fn all_steps(&self) -> impl Iterator<Item = Step<'_>> {
        Section::ALL.into_iter().flat_map(|section| self.steps(section))
    }

    /// Where a statement stands, or the document where there is none.
    pub(super) fn place_of<'a>(&'a self, statement: Option<&'a Statement>) -> &'a Place {
        statement.map_or(&self.place, |statement| &statement.place)
    }
}

/// Every API, and every operation with a document of its own.
pub(super) fn subjects(policies: &Policies) -> Vec<Subject<'_>> {
    let instance = policies.instance();
    let document = |key: &str| {
        let file = instance.documents.iter().find(|file| file.key == key)?;
        Some(Place { file: file.path.display().to_string().into(), line: 1, column: 1 })
    };
    let global = || document("global.xml");
    let mut subjects = Vec::new();
    for api in api_ids(policies) {
        let described = || instance.apis.get(api).map(|description| description.place.clone());
        let place = document(&format!("apis/{api}.xml")).or_else(global).or_else(described);
        subjects.push(Subject {
            name: api.to_owned(),
            api,
            place: place.unwrap_or_else(|| Place::file(format!("apis/{api}.xml"))),
            effective: policies.effective_of_api(api),
            policies,
        });
    }
    for (api, operation) in policies.documented_operations() {
        let place = document(&format!("apis/{api}/{operation}.xml")).or_else(global);
        subjects.push(Subject {
            name: format!("{api}/{operation}"),
            api,
            place: place.unwrap_or_else(|| Place::file(format!("apis/{api}/{operation}.xml"))),
            effective: policies.effective(api, operation),
            policies,
        });
    }
    subjects
}

/// The APIs that are described, and those that have a document.
pub(super) fn api_ids(policies: &Policies) -> BTreeSet<&str> {
    let instance = policies.instance();
    let documented = instance.documents.iter().filter_map(|file| {
        let api = file.key.strip_prefix("apis/")?.strip_suffix(".xml")?;
        (!api.contains('/')).then_some(api)
    });
    instance.apis.keys().map(String::as_str).chain(documented).collect()
}
