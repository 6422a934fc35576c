//! `policies`, and `serve` before somebody else's service.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;

use crate::support::{Serving, binary, seamstress};

const CONTOSO: &str = "tests/instances/contoso";
const VALUES: &str = "tests/instances/contoso-values.yaml";

/// Standard output of a command that ends with `code`, none of it wider than
/// 80 columns.
fn shown(args: &[&str], code: i32) -> String {
    let output = binary().env("COLUMNS", "80").args(args).output().expect("the binary starts");
    let text = String::from_utf8(output.stdout).expect("text");
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{args:?}\n{text}\n{err}");
    // Expressions and JSON stand as they are.
    let is_wide = |line: &&str| line.chars().count() > 80 && !line.contains("@(") && !text.starts_with(['{', '[']);
    let wide: Vec<&str> = text.lines().filter(is_wide).collect();
    assert!(wide.is_empty(), "{wide:#?}");
    text
}

/// Compares with `tests/golden/<name>.txt`, which is what the command writes.
fn assert_golden(name: &str, text: &str) {
    let golden = std::fs::read_to_string(format!("tests/golden/{name}.txt")).expect("readable");
    assert_eq!(text, golden, "{name}: after a change that is meant, write the output into the file");
}

#[test]
fn the_report_names_what_is_not_emulated_and_what_the_platform_refuses() {
    let text = shown(&["policies", CONTOSO], 1);
    for line in [
        "policy `validate-graphql-request` is not emulated",
        "`quota` may not stand in a document of scope api",
        "secrets whose values are not there: partner-key",
        "workspace `team` is left out",
    ] {
        assert!(text.contains(line), "{line}:\n{text}");
    }
    assert_golden("policies", &text);
}

#[test]
fn what_is_claimed_of_each_policy_is_listed() {
    let list = shown(&["policies", "--list"], 0);
    assert!(list.contains("xsl-transform") && list.contains("shown by limits/subscription-levels"), "{list}");
    let json: serde_json::Value =
        serde_json::from_str(&shown(&["policies", "--list", "--format", "json"], 0)).expect("JSON");
    let quota = json.as_array().and_then(|rows| rows.iter().find(|row| row["policy"] == "quota")).expect("a row");
    assert_eq!((&quota["scopes"][0], &quota["emulation"]), (&"product".into(), &"emulated".into()));
    let page = std::fs::read_to_string("tests/policies/POLICIES.md").expect("readable");
    let written = seamstress(&["policies", "--list", "--format", "markdown"]);
    let mend =
        "after a change that is meant: seamstress policies --list --format markdown > tests/policies/POLICIES.md";
    assert_eq!(written.out, page, "{mend}");
    assert_eq!(seamstress(&["policies", CONTOSO, "--format", "markdown"]).code, 2);
    assert_eq!(seamstress(&["policies"]).code, 2);
}

#[test]
fn rules_that_are_broken_are_counted_and_the_command_is_named() {
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::write(
        dir.path().join("global.xml"),
        "<policies><inbound /><backend><forward-request /></backend><outbound /><on-error /></policies>",
    )
    .expect("written");
    std::fs::create_dir(dir.path().join("apis")).expect("made");
    std::fs::write(dir.path().join("apis/orders-v1.xml"), "<policies><inbound><base /></inbound><backend><base /></backend><outbound><base /></outbound><on-error><base /></on-error></policies>").expect("written");
    let path = dir.path().to_str().expect("plain");
    let ran = seamstress(&["policies", path]);
    assert_eq!(ran.code, 0, "{}", ran.all());
    let json: serde_json::Value =
        serde_json::from_str(&seamstress(&["policies", path, "--format", "json"]).out).expect("JSON");
    let findings = json["findings"].as_u64().expect("a number");
    assert!(findings > 1, "{findings}");
    let told = format!("rules of the mandate: {findings} findings\n  `seamstress lint --policies {path}` tells them");
    assert!(ran.out.contains(&told), "{}", ran.out);
    let lint = seamstress(&["lint", "--policies", path]);
    assert!(lint.out.contains(&format!("0 errors, {findings} remarks")), "{}", lint.out);
    assert!(seamstress(&["policies", "--help"]).out.contains("seamstress lint --policies DIR"));
}

#[test]
fn a_folder_without_an_api_keeps_no_rule_in_silence() {
    let dir = tempfile::tempdir().expect("a folder");
    let document = "<policies><inbound><base /></inbound><backend><forward-request /></backend><outbound /><on-error /></policies>";
    std::fs::write(dir.path().join("policy.xml"), document).expect("written");
    let path = dir.path().to_str().expect("plain");
    let lint = seamstress(&["lint", "--policies", path]);
    assert_eq!(lint.code, 0, "{}", lint.all());
    assert!(lint.out.contains("no API stands in this folder: what a call meets was not judged"), "{}", lint.out);
    let ran = seamstress(&["policies", path]);
    assert!(ran.out.contains("rules of the mandate: 1 finding\n"), "{}", ran.out);
}

#[test]
fn the_shipped_documents_are_emulated() {
    let text = shown(&["policies", "mocks/gateway", "-q"], 0);
    assert!(text.contains("mocks/gateway: seamstress folder"), "{text}");
    let json = shown(&["policies", "mocks/gateway", "--format", "json"], 0);
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["policies"]["not-emulated"], 0);
    assert_eq!(json["expressions"]["refused"], 0);
    assert!(json["expressions"]["emulated"].as_u64().is_some_and(|n| n > 50), "{json}");
}

#[test]
fn the_effective_policy_of_an_operation_is_shown() {
    let text = shown(&["policies", CONTOSO, "--effective", "orders-v2/get-order", "--product", "starter"], 0);
    assert_golden("policies-effective", &text);
    let none = seamstress(&["policies", CONTOSO, "--effective", "order-v2/get-order"]);
    assert_eq!(none.code, 2, "{}", none.all());
    assert!(none.err.contains("did you mean `orders-v2`?"), "{}", none.err);
}

#[test]
fn what_cannot_be_read_is_2() {
    assert_eq!(seamstress(&["policies", "tests/instances/nowhere"]).code, 2);
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::write(dir.path().join("global.xml"), "<policies><inbound></policies>").expect("written");
    assert_eq!(seamstress(&["policies", dir.path().to_str().expect("plain")]).code, 2);
}

/// A service that answers every request with its request line and the fields
/// that begin with `x-`, until it is dropped.
fn service() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("bound");
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || answer(stream));
        }
    });
    format!("http://{address}")
}

fn answer(mut stream: TcpStream) {
    let mut read = Vec::new();
    let mut buffer = [0; 4096];
    while !read.windows(4).any(|w| w == b"\r\n\r\n") {
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return,
            Ok(n) => read.extend_from_slice(&buffer[..n]),
        }
    }
    let text = String::from_utf8_lossy(&read).into_owned();
    let told: Vec<&str> = text
        .lines()
        .enumerate()
        .filter(|(i, l)| *i == 0 || l.to_lowercase().starts_with("x-"))
        .map(|(_, l)| l)
        .collect();
    let body = told.join("\n");
    let _ = write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
}

/// Status line, header fields and body of a plain call.
fn call(gateway: &str, path: &str, key: Option<&str>) -> String {
    let authority = gateway.trim_start_matches("http://");
    let mut stream = TcpStream::connect(authority).expect("the gateway listens");
    let key = key.map(|key| format!("Ocp-Apim-Subscription-Key: {key}\r\n")).unwrap_or_default();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {authority}\r\n{key}Connection: close\r\n\r\n").expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("answered");
    answer
}

/// The instance without what the platform would refuse.
fn accepted() -> tempfile::TempDir {
    fn copy(from: &Path, to: &Path) {
        std::fs::create_dir_all(to).expect("made");
        for entry in std::fs::read_dir(from).expect("readable").flatten() {
            let to = to.join(entry.file_name());
            if entry.path().is_dir() {
                copy(&entry.path(), &to);
            } else {
                std::fs::copy(entry.path(), to).expect("copied");
            }
        }
    }
    let dir = tempfile::tempdir().expect("a folder");
    copy(Path::new(CONTOSO), dir.path());
    let file = dir.path().join("apis/orders-v2/policy.xml");
    let text = std::fs::read_to_string(&file).expect("readable");
    std::fs::write(file, text.replace("<quota calls=\"100\" renewal-period=\"3600\" />", "")).expect("written");
    dir
}

#[test]
fn an_extracted_instance_stands_before_a_service() {
    let (service, dir) = (service(), accepted());
    let policies = dir.path().to_str().expect("plain");
    let serving = Serving::start(&[
        "--service",
        &service,
        "--policies",
        policies,
        "--named-values",
        VALUES,
        "--unsupported",
        "warn",
    ]);
    let refused = serving.addresses.as_object().expect("addresses");
    assert!(!refused.contains_key("dataverse") && !refused.contains_key("trigger"), "{refused:?}");
    let settings = std::fs::read_to_string(&serving.settings).expect("written");
    assert!(settings.contains("[environments.stack]") && !settings.contains("service-marker"), "{settings}");
    let gateway = serving.addresses["gateway"].as_str().expect("an address").to_owned();
    let missing = call(&gateway, "/orders/v1/orders/7", None);
    assert!(missing.starts_with("HTTP/1.1 401") && missing.contains("missing subscription key"), "{missing}");
    assert!(missing.to_lowercase().contains("x-error: authorization/subscriptionkeynotfound"), "{missing}");
    let partner = call(&gateway, "/orders/v1/orders/7?x=1", Some("partner-primary"));
    assert!(partner.contains("GET /orders/7?x=1 HTTP/1.1"), "{partner}");
    assert!(partner.to_lowercase().contains("x-partner-key: s3cret"), "{partner}");
    assert!(partner.contains("Deprecation") || partner.contains("deprecation"), "{partner}");
    // The guard of this operation is not emulated: nothing passes it.
    let unguarded = call(&gateway, "/orders/v2/orders/7", Some("ada-key"));
    assert!(unguarded.starts_with("HTTP/1.1 500") && unguarded.contains("Internal server error"), "{unguarded}");
    for _ in 0..4 {
        assert!(call(&gateway, "/orders/v1/orders/7", Some("ada-key")).starts_with("HTTP/1.1 200"));
    }
    let limited = call(&gateway, "/orders/v1/orders/7", Some("ada-key"));
    assert!(limited.starts_with("HTTP/1.1 429") && limited.contains("Rate limit is exceeded"), "{limited}");
    assert_eq!(serving.interrupt(), Some(0));
}

#[test]
fn what_is_not_emulated_stops_serve_unless_a_warning_is_enough() {
    let args = ["serve", "--service", "http://127.0.0.1:9", "--policies", CONTOSO, "--named-values", VALUES];
    let ran = seamstress(&args);
    assert_eq!(ran.code, 2, "{}", ran.all());
    assert!(ran.err.contains("validate-graphql-request"), "{}", ran.err);
    let ran = seamstress(&["serve", "--service", "127.0.0.1", "--policies", CONTOSO]);
    assert_eq!(ran.code, 2, "{}", ran.all());
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::write(
        dir.path().join("global.xml"),
        "<policies><inbound /><backend><forward-request /></backend><outbound /><on-error /></policies>",
    )
    .expect("written");
    let dir = dir.path().to_str().expect("plain");
    let ran = seamstress(&["serve", "--service", "http://127.0.0.1:9", "--policies", dir, "--contracts", dir]);
    assert_eq!(ran.code, 4, "{}", ran.all());
    assert!(ran.err.contains("--openapi FILE"), "{}", ran.err);
}

/// The body of a plain call, as JSON.
fn shown_by(control: &str, path: &str) -> serde_json::Value {
    let answer = call(control, path, None);
    let body = answer.split_once("\r\n\r\n").expect("a body").1;
    serde_json::from_str(body).unwrap_or_else(|fault| panic!("{fault}: {answer}"))
}

#[test]
fn what_emit_metric_counts_is_shown_live() {
    let (service, dir) = (service(), tempfile::tempdir().expect("a folder"));
    let document = r#"<policies><inbound>
        <emit-metric name="calls" namespace="shop" value="1.5">
            <dimension name="Method" value="@(context.Request.Method)" /><dimension name="Area" value="a&lt;b" />
        </emit-metric></inbound><backend><forward-request /></backend><outbound /><on-error /></policies>"#;
    std::fs::write(dir.path().join("global.xml"), document).expect("written");
    let openapi = dir.path().join("shop.yaml");
    let text = "openapi: 3.1.0\ninfo: { title: Shop, version: '1' }\nservers: [ { url: 'https://x.example/shop' } ]\n\
                paths: { /things: { get: { responses: { '200': { description: ok } } } } }\n";
    std::fs::write(&openapi, text).expect("written");
    let (policies, openapi) = (dir.path().to_str().expect("plain"), openapi.to_str().expect("plain"));
    let serving = Serving::start(&["--service", &service, "--policies", policies, "--openapi", openapi]);
    let address = |tier: &str| serving.addresses[tier].as_str().expect("an address").to_owned();
    let control = address("control");
    assert_eq!(shown_by(&control, "/metrics"), serde_json::json!({ "metrics": [], "series": 0 }));
    for _ in 0..2 {
        let answer = call(&address("gateway"), "/shop/things", None);
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    let series = serde_json::json!({
        "namespace": "shop", "name": "calls", "dimensions": { "Method": "GET", "Area": "a<b" }, "count": 2, "sum": 3.0,
    });
    assert_eq!(shown_by(&control, "/metrics"), serde_json::json!({ "metrics": [series], "series": 1 }));
    let page = call(&control, "/", None);
    assert!(page.contains("<section id=\"metrics\"") && page.contains("table(\"metrics\""), "{page}");
    assert_eq!(serving.interrupt(), Some(0));
}
