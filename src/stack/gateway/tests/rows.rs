//! The columns of the log.

use http::Method;
use serde_json::{Value, json};

use super::harness::{World, send};
use crate::observe::{CacheUse, GatewayRow};

fn last(world: &World) -> GatewayRow {
    world.rows.all().pop().expect("a row")
}

#[tokio::test]
async fn a_row_knows_protocols_sizes_and_the_backend() {
    let world = World::with_policies("", "", "").await;
    let request = world.request(Method::POST, "/test/things?a=1").header("Host", "x").body("12345");
    let answer = send(request.header("Ocp-Apim-Trace", "true")).await;
    assert_eq!(answer.status, 200);
    let row = last(&world);
    assert_eq!((&*row.client_protocol, &*row.backend_protocol), ("HTTP/1.1", "HTTP/1.1"));
    assert_eq!((&*row.backend_id, &*row.region), ("dataverse", "embedded"));
    assert_eq!((&*row.client_tls_version, row.cache, row.is_trace_requested), ("", CacheUse::None, true));
    // Line and fields by hand: what the client sent, and its five bytes.
    let head = "POST /test/things?a=1 HTTP/1.1\r\nhost: x\r\nocp-apim-trace: true\r\ncontent-length: 5\r\n\r\n".len();
    assert!(row.request_size >= head as u64 + 5 && row.request_size < head as u64 + 100, "{}", row.request_size);
    let head: usize = answer.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    assert!(row.response_size > 8 && row.response_size <= (17 + head + 8) as u64, "{} {head}", row.response_size);
    assert!(row.total_time >= row.client_time + row.cache_time + row.backend_time);
    assert_eq!((row.last_error_elapsed, row.errors.len()), (None, 0));

    send(world.request(Method::GET, "/nowhere")).await;
    let row = last(&world);
    let json: Value = serde_json::to_value(&row).expect("JSON");
    for absent in ["BackendUrl", "BackendResponseCode", "BackendProtocol", "BackendId", "ApiId", "ClientTlsVersion"] {
        assert_eq!(json.get(absent), None, "{json}");
    }
    assert_eq!((json["Cache"].as_str(), json["LastErrorElapsed"].is_u64()), (Some("none"), true));
    assert_eq!(json["Errors"][0]["reason"], "OperationNotFound");
}

#[tokio::test]
async fn a_row_tells_what_the_cache_did() {
    let lookup = "<cache-lookup vary-by-developer='false' vary-by-developer-groups='false' />";
    let world = World::with_policies(lookup, "<cache-store duration='60' />", "").await;
    for expected in [CacheUse::Miss, CacheUse::Hit] {
        assert_eq!(send(world.request(Method::GET, "/test/things")).await.status, 200);
        let row = last(&world);
        assert_eq!((row.cache, row.backend_response_code == 200), (expected, expected == CacheUse::Miss));
    }
    send(world.request(Method::POST, "/test/things")).await;
    assert_eq!(last(&world).cache, CacheUse::None);
}

#[tokio::test]
async fn a_row_holds_every_error_the_last_at_the_end() {
    let world = World::with_document(
        "<policies><inbound><set-backend-service backend-id='dataverse' />\
         <retry condition='@(true)' count='1' interval='0'>\
           <set-variable name='x' value='@((string)context.Variables[\"none\"])' /></retry></inbound>\
         <backend><forward-request /></backend><outbound />\
         <on-error><set-header name='A' exists-action='override'>\
           <value>@((string)context.Variables[\"neither\"])</value></set-header></on-error></policies>",
    )
    .await;
    assert_eq!(send(world.request(Method::GET, "/test/things")).await.status, 500);
    let row = last(&world);
    let told: Vec<_> = row.errors.iter().map(|e| (e.source.as_str(), e.section.as_str())).collect();
    let inbound = ("set-variable", "inbound");
    assert_eq!(told, [inbound, inbound, ("set-header", "on-error")]);
    assert_eq!((row.last_error_source.as_str(), row.last_error_elapsed.is_some()), ("set-variable", true));
    assert_eq!(json!(row.errors[0])["path"], "retry[2]/set-variable[1]");
}
