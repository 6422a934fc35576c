//! A folder as the `APIOps` extractor writes it: a folder for each resource,
//! with a JSON file of its properties as the management API has them.

use std::path::{Path, PathBuf};

use super::json::{self, Resource, last};
use super::layout::{find, folders, name};
use super::model::{
    ApiDescription, BackendDescription, Instance, NamedValue, PoolMember, Product, Subscription, SubscriptionScope,
    SubscriptionState, VersionScheme, VersionSet,
};
use crate::clock::{Timestamp, parse_duration};
use crate::diagnose::{Diagnostic, Diagnostics, Node, Place};
use crate::limit::BreakerRule;

/// Specifications from which operations are read, the best first.
const SPECIFICATIONS: [&str; 3] = ["specification.yaml", "specification.yml", "specification.json"];

pub(super) fn read(instance: &mut Instance, diagnostics: &mut Diagnostics) {
    let dir = instance.dir.clone();
    for folder in folders(&dir.join("apis")) {
        let api = api(&folder, diagnostics);
        instance.apis.insert(name(&folder), api);
    }
    let products = each(&dir, &["products"]);
    for folder in products {
        let product = product(&folder, diagnostics);
        instance.products.insert(product.id.clone(), product);
    }
    for folder in each(&dir, &["version sets", "versionSets", "apiVersionSets"]) {
        if let Some(set) = version_set(&folder, diagnostics) {
            instance.version_sets.insert(set.id.clone(), set);
        }
    }
    for folder in each(&dir, &["named values", "namedValues"]) {
        if let Some((name, value)) = named_value(&folder, diagnostics) {
            instance.named_values.insert(name, value);
        }
    }
    for folder in each(&dir, &["backends"]) {
        if let Some(backend) = backend(&folder, diagnostics) {
            instance.backends.insert(name(&folder), backend);
        }
    }
    for folder in each(&dir, &["subscriptions"]) {
        instance.subscriptions.extend(subscription(&folder, diagnostics));
    }
    for folder in each(&dir, &["workspaces"]) {
        let what = format!("workspace `{}` is left out: workspaces are not emulated", name(&folder));
        diagnostics.push(Diagnostic::notice(Place::file(folder.display().to_string()), what));
    }
}

/// The folders of all resources of one kind.
fn each(dir: &Path, kinds: &[&str]) -> Vec<PathBuf> {
    kinds.iter().flat_map(|kind| folders(&dir.join(kind))).collect()
}

/// The properties of a resource, by one of the names that its file has had.
fn resource<'d>(folder: &Path, files: &[&str], diagnostics: &'d mut Diagnostics) -> Option<Resource<'d>> {
    let Some(path) = files.iter().find_map(|file| find(folder, file)) else {
        let fault = Diagnostic::error(Place::file(folder.display().to_string()), "the folder describes nothing");
        diagnostics.push(fault.expected(format!("a file `{}`", files[0])));
        return None;
    };
    Resource::read(&path, diagnostics)
}

fn api(folder: &Path, diagnostics: &mut Diagnostics) -> ApiDescription {
    let key = name(folder);
    let (id, revision) = key.split_once(";rev=").map_or((key.as_str(), None), |(id, n)| (id, Some(n.to_owned())));
    let place = Place::file(folder.display().to_string());
    let specification = SPECIFICATIONS.iter().find_map(|file| find(folder, file));
    let mut api = ApiDescription { specification, ..ApiDescription::plain(id, place) };
    // The platform wants a key unless the API says otherwise.
    api.subscription_required = true;
    let Some(mut of) = resource(folder, &["apiInformation.json"], diagnostics) else { return api };
    api.place = of.place();
    api.name = of.text(&["displayName"]);
    api.path = Some(of.text(&["path"]).unwrap_or_default().trim_matches('/').to_owned());
    api.version = of.text(&["apiVersion"]).unwrap_or_default();
    api.version_set = of.text(&["apiVersionSetId"]).filter(|id| !id.is_empty()).map(|id| last(&id).to_owned());
    api.is_current = of.flag(&["isCurrent"]).unwrap_or(revision.is_none());
    api.revision = of.text(&["apiRevision"]).or(revision).unwrap_or(api.revision);
    api.subscription_required = of.flag(&["subscriptionRequired"]).unwrap_or(true);
    api.service_url = of.text(&["serviceUrl"]).filter(|url| !url.is_empty());
    let key_names = "subscriptionKeyParameterNames";
    api.key_header = of.text(&[key_names, "header"]).unwrap_or(api.key_header);
    api.key_query = of.text(&[key_names, "query"]).unwrap_or(api.key_query);
    let protocols = of.node(&["protocols"]).and_then(Node::as_sequence).unwrap_or_default();
    api.protocols = protocols.iter().map(Node::key_text).collect();
    if api.specification.is_none() {
        let what = format!("API `{key}` has no OpenAPI specification: none of its operations can be called");
        let warning = Diagnostic::warning(of.place(), what).expected(SPECIFICATIONS.join(", "));
        of.fault(warning.hint("GraphQL, SOAP and WADL are not emulated; export an OpenAPI document beside them"));
    }
    api
}

fn product(folder: &Path, diagnostics: &mut Diagnostics) -> Product {
    let id = name(folder);
    let mut product = Product {
        name: id.clone(),
        id,
        published: true,
        subscription_required: true,
        approval_required: false,
        subscriptions_limit: None,
        apis: linked(folder, "apis", diagnostics),
        groups: linked(folder, "groups", diagnostics),
        place: Place::file(folder.display().to_string()),
    };
    let Some(mut of) = resource(folder, &["productInformation.json"], diagnostics) else { return product };
    product.place = of.place();
    product.name = of.text(&["displayName"]).unwrap_or(product.name);
    product.published = of.text(&["state"]).is_none_or(|state| state.eq_ignore_ascii_case("published"));
    product.subscription_required = of.flag(&["subscriptionRequired"]).unwrap_or(true);
    product.approval_required = of.flag(&["approvalRequired"]).unwrap_or(false);
    product.subscriptions_limit = of.number(&["subscriptionsLimit"]);
    product
}

/// What a product is linked with: a folder for each (`apis/NAME/`), or, as it
/// was before, one list (`apis.json`).
fn linked(folder: &Path, kind: &str, diagnostics: &mut Diagnostics) -> Vec<String> {
    let mut found: Vec<String> = folders(&folder.join(kind)).iter().map(|f| name(f)).collect();
    if let Some(path) = find(folder, &format!("{kind}.json"))
        && let Some(list) = json::read(&path, diagnostics)
    {
        let names = list.as_sequence().unwrap_or_default().iter();
        found.extend(names.filter_map(|n| n.get("name").and_then(Node::as_str).or(n.as_str())).map(str::to_owned));
    }
    found.sort();
    found.dedup();
    found
}

fn version_set(folder: &Path, diagnostics: &mut Diagnostics) -> Option<VersionSet> {
    let id = name(folder);
    let mut of = resource(folder, &["versionSetInformation.json", "apiVersionSetInformation.json"], diagnostics)?;
    let display = of.text(&["displayName"]).unwrap_or_else(|| id.clone());
    let scheme = of.text(&["versioningScheme"]).unwrap_or_else(|| "Segment".to_owned());
    let scheme = match scheme.to_ascii_lowercase().as_str() {
        "segment" => Some(VersionScheme::Segment),
        "header" => of.text(&["versionHeaderName"]).map(VersionScheme::Header),
        "query" => of.text(&["versionQueryName"]).map(VersionScheme::Query),
        _ => None,
    };
    if scheme.is_none() {
        let fault = Diagnostic::error(of.place(), format!("the scheme of version set `{id}` is not complete"));
        let expected = "`versioningScheme` Segment, Header with `versionHeaderName`, or Query with `versionQueryName`";
        of.fault(fault.expected(expected));
    }
    Some(VersionSet { id, name: display, scheme: scheme? })
}

fn named_value(folder: &Path, diagnostics: &mut Diagnostics) -> Option<(String, NamedValue)> {
    let mut of = resource(folder, &["namedValueInformation.json"], diagnostics)?;
    // Documents use the display name.
    let display = of.text(&["displayName"]).unwrap_or_else(|| name(folder));
    let value = of.text(&["value"]);
    let secret = of.flag(&["secret"]).unwrap_or(false) || of.node(&["keyVault"]).is_some();
    Some((display, NamedValue { value, secret, place: of.place() }))
}

fn backend(folder: &Path, diagnostics: &mut Diagnostics) -> Option<BackendDescription> {
    let mut of = resource(folder, &["backendInformation.json"], diagnostics)?;
    let services = of.node(&["pool", "services"]).and_then(Node::as_sequence).unwrap_or_default();
    let small = |node: Option<&Node>| node.and_then(|n| n.key_text().parse().ok()).unwrap_or(1);
    let member = |node: &Node| {
        let id = node.get("id").and_then(Node::as_str)?;
        Some(PoolMember {
            id: last(id).to_owned(),
            weight: small(node.get("weight")),
            priority: small(node.get("priority")),
        })
    };
    let pool = services.iter().filter_map(member).collect();
    let circuit_breaker = of.node(&["circuitBreaker", "rules"]).and_then(Node::as_sequence);
    let circuit_breaker = circuit_breaker.and_then(|rules| rules.first()).and_then(breaker);
    Some(BackendDescription { url: of.text(&["url"]), pool, circuit_breaker, place: of.place() })
}

/// A rule of a circuit breaker.
fn breaker(rule: &Node) -> Option<BreakerRule> {
    let condition = rule.get("failureCondition")?;
    let span = |of: &Node, name: &str| of.get(name).and_then(Node::as_str).and_then(parse_duration);
    let status = |range: &Node, name: &str| range.get(name)?.key_text().parse::<u16>().ok();
    let ranges = condition.get("statusCodeRanges").and_then(Node::as_sequence).unwrap_or_default();
    let reasons = condition.get("errorReasons").and_then(Node::as_sequence).unwrap_or_default();
    Some(BreakerRule {
        failures: condition.get("count").and_then(|n| n.key_text().parse().ok()).unwrap_or(1),
        interval: span(condition, "interval")?,
        statuses: ranges.iter().filter_map(|r| Some(status(r, "min")?..=status(r, "max")?)).collect(),
        no_answer: !reasons.is_empty(),
        trip: span(rule, "tripDuration")?,
        heeds_retry_after: rule.get("acceptRetryAfter").is_some_and(|n| n.key_text() == "true"),
    })
}

fn subscription(folder: &Path, diagnostics: &mut Diagnostics) -> Option<Subscription> {
    let id = name(folder);
    let mut of = resource(folder, &["subscriptionInformation.json"], diagnostics)?;
    let display = of.text(&["displayName"]).unwrap_or_else(|| id.clone());
    let scope = scope(&of.text(&["scope"]).unwrap_or_default());
    let state = of.text(&["state"]).unwrap_or_else(|| "active".to_owned());
    let known = SubscriptionState::ALL.into_iter().find(|s| s.name().eq_ignore_ascii_case(&state));
    if known.is_none() {
        let fault = Diagnostic::error(of.place(), format!("subscription `{id}` has an unknown state"));
        of.fault(fault.expected(SubscriptionState::ALL.map(SubscriptionState::name).join(", ")).actual(state));
    }
    let mut instant = |key| of.text(&[key]).as_deref().and_then(Timestamp::parse);
    let (created, start, end) = (instant("createdDate"), instant("startDate"), instant("endDate"));
    let place = of.place();
    let owner = of.text(&["ownerId"]).map(|id| super::User { id: last(&id).to_owned(), ..super::User::default() });
    Some(Subscription {
        name: display,
        scope,
        state: known?,
        primary_key: of.text(&["primaryKey"]).map_or_else(|| Subscription::stand_in(&id, "primary"), super::Key::new),
        secondary_key: of
            .text(&["secondaryKey"])
            .map_or_else(|| Subscription::stand_in(&id, "secondary"), super::Key::new),
        owner,
        created,
        start,
        end,
        place,
        id,
    })
}

/// `/products/ID`, `/apis/ID` or `/apis`, perhaps after the id of the service;
/// what is wider than these is everything.
fn scope(text: &str) -> SubscriptionScope {
    let parts: Vec<&str> = text.trim_matches('/').split('/').collect();
    match parts.as_slice() {
        [.., "products", id] => SubscriptionScope::Product((*id).to_owned()),
        [.., "apis", id] => SubscriptionScope::Api((*id).to_owned()),
        [.., "apis"] => SubscriptionScope::AllApis,
        _ => SubscriptionScope::AllAccess,
    }
}
