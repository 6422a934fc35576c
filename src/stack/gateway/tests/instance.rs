//! Versions, revisions, products, subscriptions: who reaches which API, and
//! what he is told otherwise.

use http::Method;

use super::harness::{Answered, World, send};

const GLOBAL: &str = r#"<policies>
  <inbound>
    <set-backend-service backend-id="dataverse" />
    <set-header name="X-Api"><value>@($"{context.Api.Id} {context.Api.Version} {context.Api.Revision} {context.Api.Path}")</value></set-header>
    <set-header name="X-Who"><value>@($"{context.Subscription?.Id}|{context.Product?.Id}|{context.User?.Email}")</value></set-header>
  </inbound>
  <backend><forward-request timeout-ms="3000" /></backend>
  <outbound />
  <on-error>
    <set-header name="X-Error"><value>@($"{context.LastError.Source}|{context.LastError.Reason}|{context.LastError.Message}")</value></set-header>
  </on-error>
</policies>"#;

const PRODUCT: &str = r#"<policies>
  <inbound><base /><set-header name="X-Product"><value>gold</value></set-header></inbound>
  <backend><base /></backend><outbound><base /></outbound><on-error><base /></on-error>
</policies>"#;

const OPENAPI: &str = r#"
openapi: 3.0.1
info: { title: Orders, version: "1" }
servers: [ { url: "https://api.example/elsewhere" } ]
paths:
  /orders/{id}: { get: { operationId: get-order, responses: { default: { description: d } } } }
  /files/*: { get: { operationId: files, responses: { default: { description: d } } } }
"#;

/// The folder of one instance; its `instance.yaml` is given.
async fn world(instance: &str) -> World {
    let apis = ["orders-v1", "orders-v2", "orders-v2;rev=2", "open", "keyed", "free"];
    let specifications: Vec<(String, &str)> = apis.iter().map(|id| (format!("apis/{id}.yaml"), OPENAPI)).collect();
    let mut files = vec![
        ("global.xml", GLOBAL),
        ("instance.yaml", instance),
        ("products/gold.xml", PRODUCT),
        ("products/gold.yaml", "apis: [ keyed ]\nsubscription-required: true\n"),
        ("products/public.yaml", "apis: [ open ]\n"),
    ];
    files.extend(specifications.iter().map(|(path, text)| (path.as_str(), *text)));
    World::with_folder(&files).await
}

fn apis(scheme: &str, versions: [&str; 2]) -> String {
    let version = |id: &str, version: &str, more: &str| {
        let version = if version.is_empty() { String::new() } else { format!("version: {version}, ") };
        format!("  {id}: {{ path: shop, {version}version-set: shop{more} }}\n")
    };
    format!(
        "apis:\n{}{}{}  open: {{ path: open, subscription-required: true }}\n  keyed: {{ path: keyed, subscription-required: true, key-query: key }}\n  free: {{ path: free }}\n\
         version-sets:\n  shop: {scheme}\n\
         subscriptions:\n\
         \x20 ada: {{ scope: product/gold, primary-key: k1, secondary-key: k2, owner: {{ id: '7', email: ada@example.org }} }}\n\
         \x20 api: {{ scope: api/keyed, primary-key: k3 }}\n\
         \x20 all: {{ scope: all-apis, primary-key: k4 }}\n\
         \x20 master: {{ scope: all-access, primary-key: k5 }}\n\
         \x20 late: {{ scope: all-apis, primary-key: k6, state: suspended }}\n\
         \x20 other: {{ scope: api/free, primary-key: k7 }}\n",
        version("orders-v1", versions[0], ""),
        version("orders-v2", versions[1], ""),
        version("orders-v2;rev=2", versions[1], ""),
    )
}

async fn get(world: &World, path: &str) -> Answered {
    send(world.request(Method::GET, path)).await
}

/// Which API the backend was called by way of, and with which path.
fn reached(world: &World) -> String {
    let seen = world.backend.last();
    format!("{} → {}", seen.header("x-api"), seen.target)
}

const NOT_FOUND: &str = r#"{ "statusCode": 404, "message": "Resource not found" }"#;

#[tokio::test]
async fn a_version_may_be_a_segment() {
    let world = world(&apis("{ scheme: segment }", ["v1", "v2"])).await;
    for (path, expected) in [
        ("/shop/v1/orders/7?a=b", "orders-v1 v1 1 shop → /orders/7?a=b"),
        ("/Shop/V2/Orders/7", "orders-v2 v2 1 shop → /Orders/7"),
        ("/shop/v2;rev=2/orders/7", "orders-v2 v2 2 shop → /orders/7"),
        ("/shop;rev=2/v2/orders/7", "orders-v2 v2 2 shop → /orders/7"),
        ("/shop/v1/files/a/b", "orders-v1 v1 1 shop → /files/a/b"),
    ] {
        assert_eq!(get(&world, path).await.status, 200, "{path}");
        assert_eq!(reached(&world), expected, "{path}");
    }
    for path in ["/shop/orders/7", "/shop/v3/orders/7", "/shop/v2;rev=3/orders/7", "/shopping/v1/orders/7", "/shop"] {
        let answer = get(&world, path).await;
        assert_eq!((answer.status, answer.body.as_str()), (404, NOT_FOUND), "{path}");
    }
    world.gateway.stop().await;
}

#[tokio::test]
async fn a_version_may_be_a_header_field_and_its_absence_is_told_without_a_body() {
    let world = world(&apis("{ scheme: header, parameter: Api-Version }", ["v1", "v2"])).await;
    let with =
        |version: &'static str| send(world.request(Method::GET, "/shop/orders/7").header("api-version", version));
    assert_eq!(with("v2").await.status, 200);
    assert_eq!(reached(&world), "orders-v2 v2 1 shop → /orders/7");
    let unknown = with("v9").await;
    assert_eq!((unknown.status, unknown.body.as_str()), (404, NOT_FOUND));
    let absent = get(&world, "/shop/orders/7").await;
    assert_eq!((absent.status, absent.body.as_str(), absent.header("content-type")), (404, "", None));
}

#[tokio::test]
async fn a_version_may_be_a_query_parameter_and_the_original_needs_none() {
    let world = world(&apis("{ scheme: query, parameter: v }", ["", "2024-01-01"])).await;
    assert_eq!(get(&world, "/shop/orders/7?v=2024-01-01").await.status, 200);
    assert_eq!(reached(&world), "orders-v2 2024-01-01 1 shop → /orders/7?v=2024-01-01");
    assert_eq!(get(&world, "/shop/orders/7").await.status, 200);
    assert_eq!(reached(&world), "orders-v1  1 shop → /orders/7");
}

#[tokio::test]
async fn keys_open_what_their_subscriptions_open() {
    let world = world(&apis("{ scheme: segment }", ["v1", "v2"])).await;
    let keyed = |header: Option<&'static str>, path: &'static str| {
        let request = world.request(Method::GET, path);
        send(match header {
            Some(key) => request.header("ocp-apim-subscription-key", key),
            None => request,
        })
    };
    for (header, path, who, product) in [
        (Some("k1"), "/keyed/orders/7", "ada|gold|ada@example.org", "gold"),
        (Some("k2"), "/keyed/orders/7", "ada|gold|ada@example.org", "gold"),
        (None, "/keyed/orders/7?key=k1", "ada|gold|ada@example.org", "gold"),
        (Some("k3"), "/keyed/orders/7", "api||", ""),
        (Some("k4"), "/keyed/orders/7", "all||", ""),
        (Some("k5"), "/free/orders/7", "master||", ""),
        (None, "/open/orders/7", "|public|", ""),
        (None, "/free/orders/7", "||", ""),
    ] {
        assert_eq!(keyed(header, path).await.status, 200, "{header:?} {path}");
        let seen = world.backend.last();
        assert_eq!((seen.header("x-who"), seen.header("x-product")), (who, product), "{header:?} {path}");
    }
    let last = world.rows.all();
    assert_eq!((last[0].apim_subscription_id.as_str(), last[7].apim_subscription_id.as_str()), ("ada", ""));
    let invalid =
        "Access denied due to invalid subscription key. Make sure to provide a valid key for an active subscription.";
    for (header, path) in [
        (Some("wrong"), "/keyed/orders/7"),
        (Some(""), "/keyed/orders/7?key=k1"),
        (Some("wrong"), "/keyed/orders/7?key=k1"),
        (None, "/keyed/orders/7?key=wrong"),
        (Some("k6"), "/keyed/orders/7"),
        (Some("k7"), "/keyed/orders/7"),
        (Some("k1"), "/free/orders/7"),
        (Some("wrong"), "/open/orders/7"),
    ] {
        let refused = keyed(header, path).await;
        let body = format!(r#"{{ "statusCode": 401, "message": "{invalid}" }}"#);
        assert_eq!((refused.status, &refused.body), (401, &body), "{header:?} {path}");
        assert_eq!(refused.header("x-error"), Some(&*format!("authorization|SubscriptionKeyInvalid|{invalid}")));
    }
}

#[tokio::test]
async fn a_missing_key_is_told_to_the_byte() {
    let world = world(&apis("{ scheme: segment }", ["v1", "v2"])).await;
    let refused = get(&world, "/keyed/orders/7").await;
    assert_eq!(refused.status, 401);
    assert_eq!(
        refused.body,
        r#"{ "statusCode": 401, "message": "Access denied due to missing subscription key. Make sure to include subscription key when making requests to an API." }"#
    );
    assert_eq!(refused.body.len(), 152);
    assert_eq!(refused.header("content-length"), Some("152"));
    let challenge = format!(
        r#"AzureApiManagementKey realm="https://{}/keyed",name="Ocp-Apim-Subscription-Key",type="header""#,
        world.gateway.origin().authority()
    );
    assert_eq!(refused.header("www-authenticate"), Some(&*challenge));
    assert_eq!(
        refused.header("x-error"),
        Some(
            "authorization|SubscriptionKeyNotFound|Access denied due to missing subscription key. Make sure to include subscription key when making requests to this API."
        )
    );
    assert!(world.backend.seen().is_empty());
}
