//! The APIs that are published: descriptions and definitions joined with
//! effective policies.

use std::sync::Arc;

use http::{HeaderName, Method};

use super::GatewayOptions;
use super::hosts::{Destination, Hosts};
use super::validation::Definition;
use crate::contract::openapi::{OpenApi, Operation};
use crate::diagnose::{Diagnostic, Diagnostics};
use crate::policy::instance::{ApiDescription, Instance, VersionSet};
use crate::policy::{Effective, Policies};

/// A published API, or a revision of one.
#[derive(Debug)]
pub(super) struct PublishedApi {
    /// E.g. `bulk-update-v1`; a revision has its API's.
    pub(super) id: String,
    pub(super) name: String,
    pub(super) version: String,
    pub(super) revision: String,
    pub(super) is_current: bool,
    /// Begins with `/`, without a version in a segment of its own; empty for
    /// the API that has all paths.
    pub(super) base_path: String,
    pub(super) version_set: Option<Arc<VersionSet>>,
    pub(super) service_url: Option<String>,
    pub(super) protocols: Vec<String>,
    pub(super) subscription_required: bool,
    /// Where a key stands.
    pub(super) key_header: HeaderName,
    /// The field's name as it was written.
    pub(super) key_name: String,
    pub(super) key_query: String,
    /// The products that it is in.
    pub(super) products: Vec<String>,
    /// The open product of calls without a key.
    pub(super) product: Option<String>,
    /// Where calls go unless a policy says otherwise.
    pub(super) backend: Option<Arc<Destination>>,
    /// For calls that match no operation.
    pub(super) effective: Effective,
    pub(super) operations: Vec<Arc<PublishedOperation>>,
}

/// A published operation.
#[derive(Debug)]
pub(super) struct PublishedOperation {
    pub(super) id: Arc<str>,
    pub(super) name: String,
    pub(super) method: Method,
    pub(super) template: String,
    /// What the API's document says of it.
    pub(super) definition: Option<Arc<Definition>>,
    /// Without a product, and by each product of its API.
    effective: Vec<(Option<String>, Effective)>,
}

impl PublishedOperation {
    /// What applies to a call by way of a product, or of none.
    pub(super) fn effective(&self, product: Option<&str>) -> &Effective {
        let of_product = self.effective.iter().find(|(id, _)| id.as_deref() == product);
        &of_product.unwrap_or(&self.effective[0]).1
    }
}

impl PublishedApi {
    /// The path as it is called: with the version, where that is a segment.
    pub(super) fn called_path(&self) -> String {
        let path = self.base_path.trim_start_matches('/');
        let is_segment = self.version_set.as_ref().is_some_and(|s| s.scheme.name() == "segment");
        if is_segment && !self.version.is_empty() { format!("{path}/{}", self.version) } else { path.to_owned() }
    }
}

/// Joins the APIs of the options and those of the instance with their
/// policies.
pub(super) fn publish(
    options: &GatewayOptions,
    policies: &Policies,
    hosts: &Hosts,
) -> Result<Vec<Arc<PublishedApi>>, Diagnostics> {
    let mut publish = Publish { policies, hosts, service: options.service.as_deref(), diagnostics: Diagnostics::new() };
    let mut apis = Vec::new();
    for api in &options.apis {
        let key = api.id.to_string().replace('/', "-");
        let mut description = policies.instance().api(&key);
        if description.version.is_empty() {
            api.id.version.as_ref().clone_into(&mut description.version);
        }
        apis.extend(publish.api(&key, description, &api.openapi));
    }
    for (key, description) in &policies.instance().apis {
        let Some(path) = &description.specification else { continue };
        if options.apis.iter().any(|api| api.id.to_string().replace('/', "-") == *key) {
            continue;
        }
        match OpenApi::load(path) {
            Ok(openapi) => apis.extend(publish.api(key, description.clone(), &Arc::new(openapi))),
            Err(faults) => publish.diagnostics.extend(faults),
        }
    }
    if publish.diagnostics.has_errors() { Err(publish.diagnostics) } else { Ok(apis) }
}

struct Publish<'a> {
    policies: &'a Policies,
    hosts: &'a Hosts,
    service: Option<&'a str>,
    diagnostics: Diagnostics,
}

impl Publish<'_> {
    fn api(&mut self, key: &str, of: ApiDescription, openapi: &Arc<OpenApi>) -> Option<Arc<PublishedApi>> {
        let instance = self.policies.instance();
        let Ok(key_header) = HeaderName::try_from(of.key_header.as_str()) else {
            let what = format!("`{}` is no name of a header field for keys", of.key_header);
            self.diagnostics.push(Diagnostic::error(of.place, what));
            return None;
        };
        let products: Vec<String> = instance.products_of(&of.id).map(|p| p.id.clone()).collect();
        let backend = self.backend(&of);
        Some(Arc::new(PublishedApi {
            name: of.name.unwrap_or_else(|| openapi.title.clone()),
            base_path: of.path.map_or_else(|| openapi.base_path.clone(), |path| rooted(&path)),
            version_set: of.version_set.and_then(|id| instance.version_sets.get(&id).cloned()).map(Arc::new),
            version: of.version,
            revision: of.revision,
            is_current: of.is_current,
            service_url: of.service_url,
            protocols: of.protocols,
            subscription_required: of.subscription_required,
            key_header,
            key_name: of.key_header,
            key_query: of.key_query,
            product: open_product(instance, &of.id),
            backend,
            effective: self.policies.effective_of_api(key),
            operations: self.operations(key, openapi, &products),
            products,
            id: of.id,
        }))
    }

    fn operations(&self, key: &str, openapi: &Arc<OpenApi>, products: &[String]) -> Vec<Arc<PublishedOperation>> {
        let published = |operation: &Arc<Operation>| {
            let ways = std::iter::once(None).chain(products.iter().map(|p| Some(p.clone())));
            let effective = |way: Option<String>| {
                let effective = self.policies.effective_for(key, &operation.id, way.as_deref());
                (way, effective)
            };
            Arc::new(PublishedOperation {
                id: Arc::clone(&operation.id),
                name: operation.id.to_string(),
                method: operation.method.clone(),
                template: operation.path.clone(),
                definition: Some(Arc::new(Definition::new(openapi, operation))),
                effective: ways.map(effective).collect(),
            })
        };
        openapi.operations.iter().map(published).collect()
    }

    /// The service that the user named stands before what the API says, unless
    /// its host is mapped.
    fn backend(&self, of: &ApiDescription) -> Option<Arc<Destination>> {
        let own = of.service_url.as_deref().and_then(|url| self.hosts.destination(url));
        let service = self.service.and_then(|url| self.hosts.destination(url));
        own.filter(|own| own.is_reached() || service.is_none()).or(service).map(Arc::new)
    }
}

fn open_product(instance: &Instance, api: &str) -> Option<String> {
    instance.open_product_of(api).map(|product| product.id.clone())
}

fn rooted(path: &str) -> String {
    if path.is_empty() { String::new() } else { format!("/{path}") }
}

/// For tests that look at a call without publishing anything.
#[cfg(test)]
impl PublishedApi {
    pub(super) fn plain(id: &str, name: &str) -> Self {
        Self {
            id: id.to_owned(),
            name: name.to_owned(),
            version: String::new(),
            revision: "1".to_owned(),
            is_current: true,
            base_path: String::new(),
            version_set: None,
            service_url: None,
            protocols: Vec::new(),
            subscription_required: false,
            key_header: HeaderName::from_static("ocp-apim-subscription-key"),
            key_name: "Ocp-Apim-Subscription-Key".to_owned(),
            key_query: "subscription-key".to_owned(),
            products: Vec::new(),
            product: None,
            backend: None,
            effective: Effective::default(),
            operations: Vec::new(),
        }
    }
}

#[cfg(test)]
impl PublishedOperation {
    pub(super) fn plain(id: &str) -> Self {
        Self {
            id: id.into(),
            name: id.to_owned(),
            method: Method::GET,
            template: "/".to_owned(),
            definition: None,
            effective: vec![(None, Effective::default())],
        }
    }
}
