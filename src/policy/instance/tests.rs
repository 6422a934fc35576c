//! Folders of each layout.

use std::fs;
use std::path::Path;

use super::{Instance, Layout, SubscriptionScope, SubscriptionState, VersionScheme, read_values};
use crate::diagnose::Diagnostics;
use crate::policy::{OnUnsupported, Section, Surroundings, Verdict, effective_text, load_instance};

/// A folder of files, by their paths in it.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    for (path, text) in files {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().expect("in the folder")).expect("made");
        fs::write(path, text).expect("written");
    }
    dir
}

fn told(diagnostics: &Diagnostics, dir: &Path) -> String {
    diagnostics.to_string().replace(&dir.display().to_string(), "DIR")
}

const INBOUND: &str = "<policies><inbound><base /></inbound><backend><base /></backend><outbound><base /></outbound><on-error><base /></on-error></policies>";

/// A small instance as the extractor writes it.
#[expect(clippy::too_many_lines, reason = "a folder, file by file")]
pub(super) fn extracted() -> tempfile::TempDir {
    let document = |statement: &str| INBOUND.replacen("<base />", &format!("<base />{statement}"), 1);
    let variable = |name: &str| document(&format!("<set-variable name=\"{name}\" value=\"{{{{region}}}}\" />"));
    folder(&[
        (
            "policy.xml",
            "<policies><inbound><include-fragment fragment-id=\"mark\" /></inbound><backend><forward-request /></backend><outbound /><on-error /></policies>",
        ),
        ("policy fragments/mark/policy.xml", "<fragment><set-variable name=\"fragment\" value=\"1\" /></fragment>"),
        ("policy fragments/mark/policyFragmentInformation.json", "{\"properties\":{}}"),
        (
            "named values/6282/namedValueInformation.json",
            r#"{"properties":{"displayName":"region","value":"westeurope","secret":false}}"#,
        ),
        (
            "named values/key/namedValueInformation.json",
            r#"{"properties":{"displayName":"the-key","secret":true,"keyVault":{"secretIdentifier":"https://vault.example/x"}}}"#,
        ),
        (
            "apis/orders/apiInformation.json",
            r#"{"properties":{"displayName":"Orders","path":"orders","apiRevision":"1","isCurrent":true,"subscriptionRequired":true,"serviceUrl":"https://orders.internal.example/api","protocols":["https"],"apiVersion":"v1","apiVersionSetId":"/apiVersionSets/orders","subscriptionKeyParameterNames":{"header":"X-Key","query":"key"}}}"#,
        ),
        ("apis/orders/specification.yaml", "openapi: 3.0.1\ninfo: { title: Orders, version: '1' }\npaths: {}\n"),
        ("apis/orders/policy.xml", &variable("api")),
        ("apis/orders/operations/get-order/policy.xml", &variable("operation")),
        (
            "apis/orders;rev=2/apiInformation.json",
            r#"{"properties":{"displayName":"Orders","path":"orders","apiRevision":"2","apiVersion":"v1","apiVersionSetId":"/apiVersionSets/orders"}}"#,
        ),
        (
            "apis/orders;rev=2/specification.json",
            "{\"openapi\":\"3.0.1\",\"info\":{\"title\":\"Orders\",\"version\":\"1\"},\"paths\":{}}",
        ),
        (
            "products/starter/productInformation.json",
            r#"{"properties":{"displayName":"Starter","state":"published","subscriptionRequired":true,"approvalRequired":false,"subscriptionsLimit":1}}"#,
        ),
        (
            "products/starter/policy.xml",
            &document("<quota-by-key calls=\"5\" renewal-period=\"604800\" counter-key=\"x\" />"),
        ),
        ("products/starter/apis/orders/productApiInformation.json", "{}"),
        (
            "products/old/productInformation.json",
            r#"{"properties":{"displayName":"Old","subscriptionRequired":false}}"#,
        ),
        ("products/old/apis.json", r#"[ { "name": "orders" } ]"#),
        (
            "version sets/orders/versionSetInformation.json",
            r#"{"properties":{"displayName":"Orders","versioningScheme":"Header","versionHeaderName":"Api-Version"}}"#,
        ),
        (
            "backends/both/backendInformation.json",
            r#"{"properties":{"type":"Pool","pool":{"services":[{"id":"/subscriptions/0/resourceGroups/g/providers/Microsoft.ApiManagement/service/s/backends/one","weight":3,"priority":1}]}}}"#,
        ),
        (
            "backends/one/backendInformation.json",
            r#"{"properties":{"url":"https://one.internal.example","protocol":"http"}}"#,
        ),
        (
            "subscriptions/ada/subscriptionInformation.json",
            r#"{"properties":{"displayName":"Ada","scope":"/products/starter","state":"active","ownerId":"/users/7"}}"#,
        ),
        (
            "subscriptions/all/subscriptionInformation.json",
            r#"{"properties":{"displayName":"All","scope":"/apis","state":"suspended"}}"#,
        ),
        ("workspaces/team/workspaceInformation.json", "{}"),
    ])
}

#[test]
fn what_the_extractor_writes_is_an_instance() {
    let dir = extracted();
    let (instance, diagnostics) = Instance::read(dir.path());
    assert_eq!(instance.layout, Layout::Extracted);
    insta::assert_snapshot!(told(&diagnostics, dir.path()), @r"
    notice: workspace `team` is left out: workspaces are not emulated
      --> DIR/workspaces/team
    ");
    let keys: Vec<&str> = instance.documents.iter().map(|d| d.key.as_str()).collect();
    assert_eq!(
        keys,
        ["apis/orders.xml", "apis/orders/get-order.xml", "fragments/mark.xml", "global.xml", "products/starter.xml"]
    );
    let orders = &instance.apis["orders"];
    assert_eq!(
        (orders.version.as_str(), orders.key_header.as_str(), orders.key_query.as_str()),
        ("v1", "X-Key", "key")
    );
    assert!(orders.is_current && orders.subscription_required);
    let second = &instance.apis["orders;rev=2"];
    assert_eq!((second.id.as_str(), second.revision.as_str(), second.is_current), ("orders", "2", false));
    assert_eq!(instance.version_sets["orders"].scheme, VersionScheme::Header("Api-Version".into()));
    assert_eq!(instance.products["starter"].apis, ["orders"]);
    assert_eq!(instance.open_product_of("orders").map(|p| p.id.as_str()), Some("old"));
    assert_eq!(instance.backends["both"].pool[0].id, "one");
    assert_eq!((instance.backends["both"].pool[0].weight, instance.backends["one"].pool.len()), (3, 0));
    let ada = &instance.subscriptions[0];
    assert_eq!((&ada.scope, ada.state), (&SubscriptionScope::Product("starter".into()), SubscriptionState::Active));
    assert_eq!((ada.primary_key.expose(), ada.secondary_key.expose()), ("ada-primary", "ada-secondary"));
    assert_eq!(instance.subscriptions[1].scope, SubscriptionScope::AllApis);
    assert_eq!(instance.named_values["region"].value.as_deref(), Some("westeurope"));
    assert_eq!(instance.named_values["the-key"].value, None);
}

#[test]
fn effective_policies_come_by_way_of_a_product_or_none() {
    let dir = extracted();
    let (instance, _) = Instance::read(dir.path());
    let (policies, diagnostics) = load_instance(instance, &[], &Surroundings::default());
    assert!(!diagnostics.has_errors(), "{diagnostics}");
    let inbound = |product: Option<&str>| {
        let effective = policies.effective_for("orders", "get-order", product);
        effective
            .section(Section::Inbound)
            .iter()
            .map(|s| format!("{} {}", s.scope.name(), s.policy))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        inbound(Some("starter")),
        ["global set-variable", "product quota-by-key", "api set-variable", "operation set-variable"]
    );
    assert_eq!(inbound(None), ["global set-variable", "api set-variable", "operation set-variable"]);
}

#[test]
fn the_effective_policy_is_shown_with_the_origin_of_each_statement() {
    let dir = extracted();
    let (instance, _) = Instance::read(dir.path());
    let text = effective_text(&instance, ("orders", "get-order"), Some("starter")).expect("readable");
    insta::assert_snapshot!(text);
}

#[test]
fn values_that_the_extractor_leaves_out_come_from_a_file() {
    let dir = extracted();
    let uses = INBOUND.replacen("<base />", "<set-variable name=\"k\" value=\"{{the-key}}\" />", 1);
    fs::write(dir.path().join("apis/orders/policy.xml"), uses).expect("written");
    let (mut instance, _) = Instance::read(dir.path());
    let (_, diagnostics) = load_instance(instance.clone(), &[], &Surroundings::default());
    insta::assert_snapshot!(told(&diagnostics, dir.path()), @r"
    error: named value `{{the-key}}` is a secret, and its value is not there
      --> DIR/apis/orders/policy.xml:1:50
      expected: `the-key: VALUE` in a file of named values
      hint: name the file with `--named-values FILE`
    ");
    let file = dir.path().join("values.yaml");
    fs::write(&file, "the-key: 5\nthe-kye: x\nsubscriptions/ada: k1\nsubscriptions/ada/secondary: k2\n")
        .expect("written");
    let values = read_values(&file).expect("readable");
    let mut remarks = Diagnostics::new();
    instance.give(&values, &mut remarks);
    insta::assert_snapshot!(told(&remarks, dir.path()), @r"
    warning: no named value of the folder has the name `the-kye`
      --> DIR/values.yaml:2:10
      hint: did you mean `the-key`?
    ");
    assert_eq!(instance.subscriptions[0].primary_key.expose(), "k1");
    assert_eq!(instance.subscriptions[0].secondary_key.expose(), "k2");
    let (_, diagnostics) = load_instance(instance, &[], &Surroundings::default());
    assert!(diagnostics.is_empty(), "{diagnostics}");
    fs::write(&file, "a: [1]\nb: x\nb: y\n").expect("written");
    insta::assert_snapshot!(told(&read_values(&file).expect_err("faulty"), dir.path()), @r"
    error: the value of `a` is no text
      --> DIR/values.yaml:1:4
      expected: text
      actual: a list
      hint: write it in quotes

    error: named value `b` stands twice
      --> DIR/values.yaml:3:1
    ");
}

#[test]
fn our_own_folder_is_described_by_a_file_beside_the_documents() {
    let dir = folder(&[
        ("global.xml", INBOUND),
        ("products/gold.xml", INBOUND),
        ("products/gold.yaml", "apis: [ orders-v2 ]\nsubscription-required: true\ndisplay-name: Gold\n"),
        (
            "instance.yaml",
            "apis:\n  orders-v2: { path: /orders/, version: v2, version-set: orders, subscription-required: true }\n\
             version-sets:\n  orders: { scheme: query, parameter: v }\n\
             subscriptions:\n  ada: { scope: product/gold, primary-key: 17, owner: { id: '7', email: ada@example.org } }\n\
             backends:\n  both: { pool: [ { id: one, weight: 2 } ] }\n  one: { url: 'http://one.example' }\n\
             named-values:\n  region: westeurope\n  key: { value: s, secret: true }\n",
        ),
    ]);
    let (instance, diagnostics) = Instance::read(dir.path());
    assert!(diagnostics.is_empty(), "{diagnostics}");
    assert_eq!(instance.layout, Layout::Own);
    let api = &instance.apis["orders-v2"];
    assert_eq!((api.path.as_deref(), api.version.as_str()), (Some("orders"), "v2"));
    assert_eq!(instance.version_sets["orders"].scheme, VersionScheme::Query("v".into()));
    assert_eq!(instance.subscriptions[0].primary_key.expose(), "17");
    assert_eq!(instance.subscriptions[0].owner.as_ref().map(|o| o.email.as_str()), Some("ada@example.org"));
    assert!(instance.named_values["key"].secret);
    fs::write(
        dir.path().join("instance.yaml"),
        "apis:\n  a: { versionset: x }\nversion-sets:\n  b: { scheme: heade }\nsubscriptions:\n  c: { scope: gold }\n",
    )
    .expect("written");
    let (_, diagnostics) = Instance::read(dir.path());
    insta::assert_snapshot!(told(&diagnostics, dir.path()));
}

#[test]
fn loose_documents_are_read_with_their_fragments() {
    let dir = folder(&[
        (
            "samples/limits.xml",
            "<policies><inbound><base /><include-fragment fragment-id=\"who\" /><set-backend-service backend-id=\"anything\" /></inbound><backend><base /></backend><outbound /><on-error /></policies>",
        ),
        (
            "fragments-of-theirs/who.xml",
            "<fragment><set-variable name=\"a\" value=\"@(context.Nothing)\" /></fragment>",
        ),
        ("unused.xml", "<fragment><no-such-policy /></fragment>"),
    ]);
    let (instance, _) = Instance::read(dir.path());
    assert_eq!(instance.layout, Layout::Loose);
    let (policies, diagnostics) = load_instance(instance.clone(), &[], &Surroundings::default());
    let lacking: Vec<String> = policies
        .inventory()
        .entries()
        .iter()
        .filter(|e| matches!(e.verdict, Verdict::NotEmulated(_)))
        .map(|e| format!("{} {}", e.place.line, e.verdict.reason().unwrap_or_default()))
        .collect();
    assert_eq!(
        lacking,
        [
            "1 `Nothing` of context is unknown or not emulated",
            "1 `Nothing` of context is unknown or not emulated",
            "1 policy `no-such-policy` is unknown or not emulated",
        ]
    );
    assert!(diagnostics.has_errors());
    let surroundings = Surroundings { on_unsupported: OnUnsupported::Warn, ..Surroundings::default() };
    let (_, diagnostics) = load_instance(instance, &[], &surroundings);
    assert!(!diagnostics.is_empty() && !diagnostics.has_errors(), "{diagnostics}");
}

#[test]
fn that_a_guard_refuses_where_it_is_not_emulated_is_told() {
    let text = "<policies><inbound><no-such-policy /><validate-client-certificate /></inbound></policies>";
    let dir = folder(&[("global.xml", text)]);
    let (instance, _) = Instance::read(dir.path());
    let told = |on_unsupported| {
        let surroundings = Surroundings { on_unsupported, ..Surroundings::default() };
        load_instance(instance.clone(), &[], &surroundings).1.to_string()
    };
    let each = "each call that reaches it gets 500";
    let warned = told(OnUnsupported::Warn);
    assert!(warned.contains("`validate-client-certificate` is there to refuse calls"), "{warned}");
    assert_eq!(warned.matches(each).count(), 1, "{warned}");
    assert!(!told(OnUnsupported::Fail).contains(each));
}

#[test]
fn a_folder_without_anything_is_told() {
    let dir = folder(&[]);
    let (_, diagnostics) = Instance::read(dir.path());
    assert!(diagnostics.to_string().contains("the folder holds no policy documents"), "{diagnostics}");
}
