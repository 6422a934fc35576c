//! The APIs that are published: definitions joined with effective policies.

use std::path::Path;
use std::sync::Arc;

use http::Method;

use super::GatewayOptions;
use super::validation::Definition;
use crate::contract::openapi::OpenApi;
use crate::diagnose::Diagnostics;
use crate::policy::{Effective, Policies};

/// A published API.
#[derive(Debug)]
pub(super) struct PublishedApi {
    /// E.g. `bulk-update-v1`.
    pub(super) id: String,
    pub(super) name: String,
    pub(super) version: String,
    /// Begins with `/`.
    pub(super) base_path: String,
    pub(super) product: Option<String>,
    /// For calls that match no operation.
    pub(super) effective: Effective,
    pub(super) operations: Vec<Arc<PublishedOperation>>,
}

/// A published operation.
#[derive(Debug)]
pub(super) struct PublishedOperation {
    pub(super) id: Arc<str>,
    pub(super) method: Method,
    pub(super) template: String,
    pub(super) effective: Effective,
    /// What the API's document says of it.
    pub(super) definition: Option<Arc<Definition>>,
}

/// Joins the APIs of the options and the definitions in the policies' folder
/// with their policies.
pub(super) fn publish(options: &GatewayOptions, policies: &Policies) -> Result<Vec<Arc<PublishedApi>>, Diagnostics> {
    let mut apis = Vec::new();
    for api in &options.apis {
        let id = api.id.to_string().replace('/', "-");
        apis.push(published(id, &api.id.version, &api.openapi, policies));
    }
    let mut diagnostics = Diagnostics::new();
    for path in definitions(&options.policies.join("apis")) {
        match OpenApi::load(&path) {
            Ok(openapi) => {
                let id = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                apis.push(published(id, "", &Arc::new(openapi), policies));
            }
            Err(faults) => diagnostics.extend(faults),
        }
    }
    if diagnostics.has_errors() { Err(diagnostics) } else { Ok(apis) }
}

fn definitions(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path());
    let mut files: Vec<_> = entries.filter(|p| p.extension().is_some_and(|e| e == "yaml")).collect();
    files.sort();
    files
}

fn published(id: String, version: &str, openapi: &Arc<OpenApi>, policies: &Policies) -> Arc<PublishedApi> {
    let operations = openapi.operations.iter().map(|operation| {
        Arc::new(PublishedOperation {
            id: Arc::clone(&operation.id),
            method: operation.method.clone(),
            template: operation.path.clone(),
            effective: policies.effective(&id, &operation.id),
            definition: Some(Arc::new(Definition::new(openapi, operation))),
        })
    });
    Arc::new(PublishedApi {
        name: openapi.title.clone(),
        version: version.to_owned(),
        base_path: openapi.base_path.clone(),
        product: policies.product_of(&id).map(str::to_owned),
        effective: policies.effective_of_api(&id),
        operations: operations.collect(),
        id,
    })
}
