//! The file from top to bottom, and its parts that OpenAPI knows least of.

use super::correlation::{self, Carrier};
use super::sheet::{Sheet, pointer, scalar, some_of};
use super::{refusals, work};
use crate::contract::openapi::{OpenApi, Operation, StatusKey};

/// What a gateway that is set up with the behaviour file makes sure of: then it
/// is no question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enforced {
    /// The application id that tokens must be for.
    pub audience: String,
    /// What clients ask tokens for.
    pub app_id_uri: String,
    /// The role that a token must carry.
    pub role: String,
    /// The largest body, in bytes, where the gateway looks at it.
    pub largest_body: Option<u64>,
    /// Calls of one client in 60 seconds.
    pub calls_a_minute: u64,
    /// Calls of one client in 30 days.
    pub calls_a_month: u64,
}

/// The text of a behaviour file for a document: it loads, and contradicts the
/// document nowhere. `file` is how the text calls the document; what a gateway
/// makes sure of counts, where one is known.
pub fn scaffold(document: &OpenApi, file: &str, enforced: Option<&Enforced>) -> String {
    let mut sheet = Sheet::new();
    sheet.note(&format!("What {file} promises and OpenAPI can't say."));
    sheet.note("");
    sheet.note(
        "Lines that count were read off the document; the note above each says where. Lines that begin \
         with `#` and no space are questions: uncomment and correct what is promised, delete what is not. \
         What is not said here is not judged.",
    );
    sheet.note("");
    sheet.note(
        "For completion in an editor: seamstress schema behaviour > behaviour.schema.json, and as the first line:",
    );
    sheet.note("yaml-language-server: $schema=behaviour.schema.json");
    sheet.line("format: seamstress/behaviour/1");
    sheet.note("consumer: the tested service calls this API; provider: it answers.");
    sheet.line("role: provider");
    let types = refusals::read(document);
    let carrier = correlation::carrier(document);
    lifecycle(document, &mut sheet);
    correlation::push(carrier.as_ref(), &types, &mut sheet);
    match enforced {
        Some(enforced) => known_identity(enforced, &mut sheet),
        None => identity(document, &mut sheet),
    }
    data_path(&mut sheet);
    idempotency(document, carrier.as_ref(), &mut sheet);
    refusals::push(&types, &mut sheet);
    work::limits(document, enforced.and_then(|known| known.largest_body), &mut sheet);
    match enforced {
        Some(enforced) => known_throttling(enforced, &mut sheet),
        None => throttling(&types, &mut sheet),
    }
    work::jobs(document, &mut sheet);
    effects(&mut sheet);
    work::data(document, &mut sheet);
    objectives(&mut sheet);
    sheet.into_text()
}

fn lifecycle(document: &OpenApi, sheet: &mut Sheet) {
    let all = &document.operations;
    let deprecated: Vec<&Operation> = all.iter().map(AsRef::as_ref).filter(|o: &&Operation| o.deprecated).collect();
    sheet.gap();
    if deprecated.is_empty() {
        sheet.note("No operation is `deprecated: true`.");
        sheet.line("lifecycle:");
        sheet.line("  status: active");
        return;
    }
    sheet.note(&format!(
        "Deprecated: {}. Since when, until when, and which version follows?",
        some_of(&deprecated, all.len())
    ));
    sheet.off("lifecycle:");
    for line in
        ["status: deprecated", "since: 2026-01-01", "sunset: 2027-01-01", "successor: v2", "after_sunset: unchanged"]
    {
        sheet.off(&format!("  {line}"));
    }
}

fn identity(document: &OpenApi, sheet: &mut Sheet) {
    let secured: Vec<&Operation> =
        document.operations.iter().map(AsRef::as_ref).filter(|o: &&Operation| o.secured).collect();
    sheet.gap();
    if secured.is_empty() {
        sheet.note("No operation demands a token (`security`). Who may call?");
    } else {
        let schemes = document.document.pointer("/components/securitySchemes").and_then(|s| s.as_object());
        let names = schemes.into_iter().flatten().map(|(name, scheme)| {
            let kind = scheme.get("type").and_then(|t| t.as_str()).unwrap_or("unknown");
            format!("/components/securitySchemes/{name} ({kind})")
        });
        let named = names.collect::<Vec<_>>().join(", ");
        let of = some_of(&secured, document.operations.len());
        sheet.note(&format!("A token is demanded by {of}; schemes: {named}. Which issuer, audience and roles?"));
    }
    let uri = app_id_uri(document);
    if let Some((_, place)) = &uri {
        sheet.note(&format!("`app_id_uri`: from the scope at {place}."));
    }
    let uri = uri.map_or_else(|| "api://name-of-the-api".to_owned(), |(uri, _)| uri);
    sheet.off("identity:");
    sheet.off("  issuer: entra");
    sheet.off("  token_version: 2");
    sheet.off("  audience: 00000000-0000-0000-0000-000000000000");
    sheet.off(&format!("  app_id_uri: {}", scalar(&uri)));
    sheet.off("  roles: [Jobs.Submit]");
    sheet.off("  through_gateway_only: true");
}

fn known_identity(enforced: &Enforced, sheet: &mut Sheet) {
    sheet.gap();
    sheet.note("As the gateway's policies and the tenant beside it have it: change all three together.");
    sheet.line("identity:");
    sheet.line("  issuer: entra");
    sheet.line("  token_version: 2");
    sheet.line(&format!("  audience: {}", scalar(&enforced.audience)));
    sheet.line(&format!("  app_id_uri: {}", scalar(&enforced.app_id_uri)));
    sheet.line(&format!("  roles: [{}]", scalar(&enforced.role)));
    sheet.note("Does the service refuse who comes past the gateway, without the key in X-Gateway-Key?");
    sheet.off("  through_gateway_only: true");
}

fn data_path(sheet: &mut Sheet) {
    sheet.note(
        "How the service reaches Dataverse: governed (through the gateway), direct, or flow_commits (not at all).",
    );
    sheet.off("data_path: governed");
}

/// What a client asks a token for: a scope `URI/.default`, and where it stands.
fn app_id_uri(document: &OpenApi) -> Option<(String, String)> {
    let top = document.document.get("security").map(|list| (list, "/security".to_owned()));
    let own = document.operations.iter().filter_map(|operation| {
        let place = format!("{}/security", pointer(operation));
        Some((document.document.pointer(&place)?, place))
    });
    top.into_iter().chain(own).find_map(|(list, place)| {
        let scopes = list.as_array()?.iter().filter_map(|entry| entry.as_object()).flat_map(|entry| entry.values());
        let mut names = scopes.filter_map(|scopes| scopes.as_array()).flatten().filter_map(|scope| scope.as_str());
        names.find_map(|scope| Some((scope.strip_suffix("/.default")?.to_owned(), place.clone())))
    })
}

fn idempotency(document: &OpenApi, carrier: Option<&Carrier>, sheet: &mut Sheet) {
    let key = correlation::idempotency_key(document);
    let writes: Vec<&Operation> =
        document.operations.iter().map(AsRef::as_ref).filter(|o: &&Operation| !o.is_safe()).collect();
    if writes.is_empty() {
        return;
    }
    sheet.gap();
    match &key {
        Some((name, place)) => {
            sheet.note(&format!("`{name}` is declared at {place}. What is promised for the same call twice?"));
        }
        None => sheet.note("What is promised for the same call twice, and how is it told that it is the same?"),
    }
    let header = key.map(|(name, _)| name).or_else(|| carrier.map(|carrier| carrier.name.clone()));
    sheet.off("idempotency:");
    sheet.off("  scope: [principal, operation]");
    sheet.off(&format!("  request: {}", scalar_selector(&header.unwrap_or_else(|| "Idempotency-Key".to_owned()))));
    if let Some((selector, place)) = work::item(document) {
        sheet.note(&format!("Each item by itself? {place}"));
        sheet.off(&format!("  item: {selector}"));
    }
    sheet.off("  same_item_same_content: same_result");
    sheet.off("  volatile: [header Date]");
    sheet.note("Other content under the same ID: executed, or refused with one of `errors.types`.");
    sheet.off("  same_item_other_content: executed");
    sheet.off("  new_item: executed");
    sheet.off("  unfinished: resumed");
    let location = |o: &&Operation| {
        o.responses
            .get(&StatusKey::Exact(202))
            .is_some_and(|r| r.headers.iter().any(|h| h.name.eq_ignore_ascii_case("location")))
    };
    sheet.note(
        "The same again while the first still runs: waits, same_location, or refused with one of `errors.types`.",
    );
    sheet.off(if writes.iter().any(location) { "  while_running: same_location" } else { "  while_running: waits" });
    sheet.off("  window: PT24H");
    sheet.off("  not_remembered: [policy, later]");
}

fn scalar_selector(header: &str) -> String {
    format!("header {header}")
}

fn throttling(types: &refusals::Types, sheet: &mut Sheet) {
    sheet.gap();
    match types.place_of(429) {
        Some(place) => {
            sheet.note(&format!("429 is declared at {place}. How many calls are admitted, to each client or to all?"));
        }
        None => sheet.note(
            "How many calls are admitted, to each client or to all together? (A rate needs a type with status 429.)",
        ),
    }
    sheet.off("throttling:");
    sheet.off("  per: client");
    sheet.off("  rate: { calls: 600, per: PT60S }");
    sheet.off("  quota: { calls: 1000000, per: P30D }");
}

fn known_throttling(enforced: &Enforced, sheet: &mut Sheet) {
    sheet.gap();
    sheet.note("As the gateway's policies have it.");
    sheet.line("throttling:");
    sheet.line("  per: client");
    sheet.line(&format!("  rate: {{ calls: {}, per: PT60S }}", enforced.calls_a_minute));
    sheet.line(&format!("  quota: {{ calls: {}, per: P30D }}", enforced.calls_a_month));
}

fn effects(sheet: &mut Sheet) {
    sheet.gap();
    sheet.note("What is written to Dataverse, how often, and what tells whose write it is?");
    sheet.off("effects:");
    sheet.off("  table: accounts");
    sheet.off("  columns: [name, new_correlationid]");
    sheet.off("  once: per_item");
    sheet.note("One invalid item beside valid ones: refuse_all, skip_invalid, or `caller body /onInvalid`.");
    sheet.off("  on_invalid: refuse_all");
    sheet.off("  correlated_by: column new_correlationid");
}

fn objectives(sheet: &mut Sheet) {
    sheet.gap();
    sheet.note("How fast are answers, at which rate?");
    sheet.off("objectives:");
    sheet.off("  - { at: 20/s, p95: 500 ms, p99: 1500 ms, errors: 0.1% }");
}
