//! Our own layout: `products/NAME.yaml` beside the documents, and
//! `instance.yaml` for whatever else an instance is.
//!
//! ```yaml
//! apis:
//!   orders-v2:
//!     path: orders
//!     version: v2
//!     version-set: orders
//!     revision: 2
//!     current: false
//!     subscription-required: true
//!     key-header: X-Key
//!     key-query: key
//!     service-url: https://orders.internal.example/api
//! version-sets:
//!   orders: { scheme: header, parameter: Api-Version }
//! subscriptions:
//!   ada: { scope: product/flows, state: active, primary-key: "1", secondary-key: "2", owner: { id: ada } }
//! backends:
//!   orders: { url: https://orders.internal.example }
//!   fragile:
//!     url: https://fragile.internal.example
//!     circuit-breaker: { failures: 3, interval: PT1M, statuses: [ 429, 500-599 ], trip: PT30S, retry-after: true }
//!   both: { pool: [ { id: orders, weight: 3, priority: 1 } ] }
//! named-values:
//!   region: westeurope
//! ```

use super::json;
use super::layout::{files, stem};
use super::model::{
    ApiDescription, BackendDescription, Instance, Key, NamedValue, PoolMember, Product, Subscription,
    SubscriptionScope, SubscriptionState, User, VersionScheme, VersionSet,
};
use crate::clock::{Timestamp, parse_duration};
use crate::diagnose::{Diagnostic, Diagnostics, Fields, Node, Place, Value, closest};
use crate::limit::BreakerRule;

pub(super) fn read(instance: &mut Instance, diagnostics: &mut Diagnostics) {
    for path in files(&instance.dir.join("apis"), "yaml") {
        let id = stem(&path);
        let place = Place::file(path.display().to_string());
        let api = ApiDescription { specification: Some(path), ..ApiDescription::plain(&id, place) };
        instance.apis.insert(id, api);
    }
    let path = instance.dir.join("instance.yaml");
    if path.exists()
        && let Some(node) = json::read(&path, diagnostics)
    {
        described(instance, &node, diagnostics);
    }
    products(instance, diagnostics);
}

/// Each product has a document, a file that names its APIs, or both; one with
/// a document needs the other.
fn products(instance: &mut Instance, diagnostics: &mut Diagnostics) {
    let folder = instance.dir.join("products");
    for path in files(&folder, "xml") {
        let beside = path.with_extension("yaml");
        if !beside.exists() {
            let place = Place::file(beside.display().to_string());
            let fault = Diagnostic::error(place, "the product's APIs can't be read: there is no such file");
            diagnostics.push(fault.expected("`apis: [ NAME, … ]`"));
        }
    }
    for path in files(&folder, "yaml") {
        if let Some(node) = json::read(&path, diagnostics) {
            let product = product(&stem(&path), &node, diagnostics);
            instance.products.insert(product.id.clone(), product);
        }
    }
}

fn product(id: &str, node: &Node, diagnostics: &mut Diagnostics) -> Product {
    let mut fields = Fields::of(node, diagnostics);
    let apis = fields.required("apis");
    let name = fields.optional_str("display-name").unwrap_or(id).to_owned();
    let published = word(&mut fields, "state", &["published", "not-published"]).unwrap_or("published") == "published";
    let product = Product {
        id: id.to_owned(),
        name,
        published,
        subscription_required: flag(&mut fields, "subscription-required").unwrap_or(false),
        approval_required: flag(&mut fields, "approval-required").unwrap_or(false),
        subscriptions_limit: number(&mut fields, "subscriptions-limit"),
        apis: apis.map(|apis| texts(apis, fields.diagnostics())).unwrap_or_default(),
        groups: fields.optional("groups").map(|g| texts(g, fields.diagnostics())).unwrap_or_default(),
        place: node.place.clone(),
    };
    fields.finish();
    product
}

fn described(instance: &mut Instance, node: &Node, diagnostics: &mut Diagnostics) {
    let mut fields = Fields::of(node, diagnostics);
    for (id, node) in entries(&mut fields, "apis") {
        let known = instance.apis.remove(&id);
        let api = api(&id, known, node, fields.diagnostics());
        instance.apis.insert(id, api);
    }
    for (id, node) in entries(&mut fields, "version-sets") {
        if let Some(set) = version_set(&id, node, fields.diagnostics()) {
            instance.version_sets.insert(id, set);
        }
    }
    for (id, node) in entries(&mut fields, "subscriptions") {
        if let Some(subscription) = subscription(&id, node, fields.diagnostics()) {
            instance.subscriptions.push(subscription);
        }
    }
    for (id, node) in entries(&mut fields, "backends") {
        instance.backends.insert(id, backend(node, fields.diagnostics()));
    }
    for (name, node) in entries(&mut fields, "named-values") {
        let value = named_value(node, fields.diagnostics());
        instance.named_values.insert(name, value);
    }
    fields.finish();
}

/// The entries of an optional mapping.
fn entries<'n>(fields: &mut Fields<'n, '_>, key: &'static str) -> Vec<(String, &'n Node)> {
    let Some(node) = fields.optional(key) else { return Vec::new() };
    let Some(entries) = node.as_mapping() else {
        node.wrong_kind("a mapping", fields.diagnostics());
        return Vec::new();
    };
    entries.iter().map(|(key, value)| (key.key_text(), value)).collect()
}

fn api(id: &str, known: Option<ApiDescription>, node: &Node, diagnostics: &mut Diagnostics) -> ApiDescription {
    let mut api = known.unwrap_or_else(|| ApiDescription::plain(id, node.place.clone()));
    id.split(";rev=").next().unwrap_or(id).clone_into(&mut api.id);
    api.place = node.place.clone();
    let mut fields = Fields::of(node, diagnostics);
    let mut text = |key| fields.optional(key).map(Node::key_text);
    api.name = text("display-name").or(api.name);
    api.path = text("path").map(|p| p.trim_matches('/').to_owned()).or(api.path);
    api.version = text("version").unwrap_or(api.version);
    api.version_set = text("version-set");
    api.revision =
        text("revision").or_else(|| id.split_once(";rev=").map(|(_, n)| n.to_owned())).unwrap_or(api.revision);
    api.key_header = text("key-header").unwrap_or(api.key_header);
    api.key_query = text("key-query").unwrap_or(api.key_query);
    api.service_url = text("service-url");
    api.is_current = flag(&mut fields, "current").unwrap_or(!id.contains(";rev="));
    api.subscription_required = flag(&mut fields, "subscription-required").unwrap_or(false);
    api.protocols = fields.optional("protocols").map(|p| texts(p, fields.diagnostics())).unwrap_or_default();
    fields.finish();
    api
}

fn version_set(id: &str, node: &Node, diagnostics: &mut Diagnostics) -> Option<VersionSet> {
    let mut fields = Fields::of(node, diagnostics);
    let name = fields.optional_str("display-name").unwrap_or(id).to_owned();
    let scheme = word(&mut fields, "scheme", &["segment", "header", "query"]);
    let scheme = match scheme {
        Some("header") => fields.required_str("parameter").map(|n| VersionScheme::Header(n.to_owned())),
        Some("query") => fields.required_str("parameter").map(|n| VersionScheme::Query(n.to_owned())),
        Some(_) => Some(VersionScheme::Segment),
        None => {
            fields.required("scheme");
            None
        }
    };
    fields.finish();
    Some(VersionSet { id: id.to_owned(), name, scheme: scheme? })
}

fn subscription(id: &str, node: &Node, diagnostics: &mut Diagnostics) -> Option<Subscription> {
    let mut fields = Fields::of(node, diagnostics);
    let name = fields.optional_str("display-name").unwrap_or(id).to_owned();
    let scope = fields.required("scope").and_then(|n| scope(n, fields.diagnostics()));
    let states = SubscriptionState::ALL.map(SubscriptionState::name);
    let state = word(&mut fields, "state", &states);
    let state = SubscriptionState::ALL.into_iter().find(|s| Some(s.name()) == state);
    let key = |fields: &mut Fields<'_, '_>, key, which| {
        fields.optional(key).map_or_else(|| Subscription::stand_in(id, which), |n| Key::new(n.key_text()))
    };
    let (primary_key, secondary_key) =
        (key(&mut fields, "primary-key", "primary"), key(&mut fields, "secondary-key", "secondary"));
    let owner = fields.optional("owner").map(|node| user(node, fields.diagnostics()));
    let (created, start, end) =
        (instant(&mut fields, "created"), instant(&mut fields, "start"), instant(&mut fields, "end"));
    fields.finish();
    let state = state.unwrap_or(SubscriptionState::Active);
    let place = node.place.clone();
    Some(Subscription {
        id: id.to_owned(),
        name,
        scope: scope?,
        state,
        primary_key,
        secondary_key,
        owner,
        created,
        start,
        end,
        place,
    })
}

fn scope(node: &Node, diagnostics: &mut Diagnostics) -> Option<SubscriptionScope> {
    let text = node.as_str().unwrap_or_default();
    let scope = match text.split_once('/') {
        Some(("product", id)) => Some(SubscriptionScope::Product(id.to_owned())),
        Some(("api", id)) => Some(SubscriptionScope::Api(id.to_owned())),
        None if text == "all-apis" => Some(SubscriptionScope::AllApis),
        None if text == "all-access" => Some(SubscriptionScope::AllAccess),
        _ => None,
    };
    if scope.is_none() {
        let fault = Diagnostic::error(node.place.clone(), "the scope of the subscription is none");
        diagnostics.push(fault.expected("product/ID, api/ID, all-apis or all-access").actual(node.key_text()));
    }
    scope
}

fn user(node: &Node, diagnostics: &mut Diagnostics) -> User {
    let mut fields = Fields::of(node, diagnostics);
    let mut text = |key| fields.optional_str(key).unwrap_or_default().to_owned();
    let mut user = User {
        id: text("id"),
        email: text("email"),
        first_name: text("first-name"),
        last_name: text("last-name"),
        note: text("note"),
        groups: Vec::new(),
    };
    user.groups = fields.optional("groups").map(|g| texts(g, fields.diagnostics())).unwrap_or_default();
    fields.finish();
    user
}

fn backend(node: &Node, diagnostics: &mut Diagnostics) -> BackendDescription {
    let mut fields = Fields::of(node, diagnostics);
    let url = fields.optional_str("url").map(str::to_owned);
    let mut pool = Vec::new();
    for member in fields.optional("pool").and_then(Node::as_sequence).unwrap_or_default() {
        let mut fields = Fields::of(member, fields.diagnostics());
        let id = fields.required_str("id").unwrap_or_default().to_owned();
        let small = |n: Option<i64>| n.and_then(|n| u32::try_from(n).ok()).unwrap_or(1);
        let (weight, priority) = (small(number(&mut fields, "weight")), small(number(&mut fields, "priority")));
        pool.push(PoolMember { id, weight, priority });
        fields.finish();
    }
    let circuit_breaker = fields.optional("circuit-breaker").and_then(|n| breaker(n, fields.diagnostics()));
    fields.finish();
    BackendDescription { url, pool, circuit_breaker, place: node.place.clone() }
}

/// `failures` of `statuses` within `interval` break the circuit for `trip`.
fn breaker(node: &Node, diagnostics: &mut Diagnostics) -> Option<BreakerRule> {
    let mut fields = Fields::of(node, diagnostics);
    let failures = number(&mut fields, "failures").and_then(|n| usize::try_from(n).ok()).unwrap_or(1);
    let mut span = |name| fields.required_str(name).and_then(parse_duration);
    let (interval, trip) = (span("interval"), span("trip"));
    let statuses = fields.required("statuses").and_then(Node::as_sequence).unwrap_or_default();
    let status = |text: &str| text.trim().parse::<u16>().ok();
    let statuses = statuses.iter().map(Node::key_text).filter_map(|range| match range.split_once('-') {
        Some((from, to)) => Some(status(from)?..=status(to)?),
        None => Some(status(&range)?..=status(&range)?),
    });
    let statuses = statuses.collect();
    let heeds_retry_after = flag(&mut fields, "retry-after").unwrap_or(false);
    let no_answer = flag(&mut fields, "no-answer").unwrap_or(false);
    fields.finish();
    let (Some(interval), Some(trip)) = (interval, trip) else {
        let fault = Diagnostic::error(node.place.clone(), "the circuit breaker has no span of time");
        diagnostics.push(fault.expected("`interval: PT1M` and `trip: PT1M`"));
        return None;
    };
    Some(BreakerRule { failures, interval, statuses, no_answer, trip, heeds_retry_after })
}

fn named_value(node: &Node, diagnostics: &mut Diagnostics) -> NamedValue {
    if node.as_mapping().is_none() {
        return NamedValue { value: Some(node.key_text()), secret: false, place: node.place.clone() };
    }
    let mut fields = Fields::of(node, diagnostics);
    let value = fields.optional("value").map(Node::key_text);
    let secret = flag(&mut fields, "secret").unwrap_or(false);
    fields.finish();
    NamedValue { value, secret, place: node.place.clone() }
}

fn flag(fields: &mut Fields<'_, '_>, key: &'static str) -> Option<bool> {
    let node = fields.optional(key)?;
    if let Value::Bool(flag) = node.value {
        Some(flag)
    } else {
        node.wrong_kind("true or false", fields.diagnostics());
        None
    }
}

fn number(fields: &mut Fields<'_, '_>, key: &'static str) -> Option<i64> {
    let node = fields.optional(key)?;
    let number = match &node.value {
        Value::Number(number) => number.as_i64(),
        _ => None,
    };
    if number.is_none() {
        node.wrong_kind("an integer", fields.diagnostics());
    }
    number
}

fn instant(fields: &mut Fields<'_, '_>, key: &'static str) -> Option<Timestamp> {
    let node = fields.optional(key)?;
    let instant = node.as_str().and_then(Timestamp::parse);
    if instant.is_none() {
        node.wrong_kind("an instant, `yyyy-MM-ddTHH:mm:ssZ`", fields.diagnostics());
    }
    instant
}

fn word<'w>(fields: &mut Fields<'_, '_>, key: &'static str, words: &[&'w str]) -> Option<&'w str> {
    let node = fields.optional(key)?;
    let text = node.key_text();
    let found = words.iter().find(|w| **w == text).copied();
    if found.is_none() {
        let fault = Diagnostic::error(node.place.clone(), format!("`{key}` has an unknown value"));
        let fault = fault.expected(words.join(", ")).actual(text.clone());
        fields.diagnostics().push(match closest(&text, words.iter().copied()) {
            Some(near) => fault.hint(format!("did you mean `{near}`?")),
            None => fault,
        });
    }
    found
}

fn texts(node: &Node, diagnostics: &mut Diagnostics) -> Vec<String> {
    let Some(items) = node.as_sequence() else {
        node.wrong_kind("a list", diagnostics);
        return Vec::new();
    };
    items.iter().map(Node::key_text).collect()
}
