//! Clients that other people wrote: MSAL for Python, azure-identity, `PyJWT`, jose,
//! curl. `.ci/run` installs them below `SEAMSTRESS_CLIENTS` (`venv/`,
//! `node_modules/`) and sets `SEAMSTRESS_REQUIRE_CLIENTS`, with which a missing one
//! is a failure.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::policy_corpus::document::Document;
use crate::policy_corpus::world::{Common, standing};
use crate::support::{Serving, skipped};

/// Whether a missing client is a failure.
fn required() -> bool {
    std::env::var_os("SEAMSTRESS_REQUIRE_CLIENTS").is_some()
}

/// Where the packages lie.
fn installed() -> PathBuf {
    std::env::var_os("SEAMSTRESS_CLIENTS").map_or_else(|| "target/clients".into(), PathBuf::from)
}

/// Says that something is not there; fails where it must be.
fn missing(what: &str) {
    assert!(!required(), "{what} is missing, and SEAMSTRESS_REQUIRE_CLIENTS is set");
    skipped(&format!("{what} is missing; .ci/run installs it"));
}

/// The variables that `serve --write-env` left for clients.
fn variables(serving: &Serving) -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(serving.settings.with_extension("env")).expect("variables beside the settings");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.into(), value.trim_matches('\'').into()))
        .collect()
}

fn run(program: &Path, script: &Path, variables: &BTreeMap<String, String>) -> Value {
    let output = Command::new(program)
        .arg(script)
        .envs(variables)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .expect("it starts");
    told(&output)
}

/// Plays scripts of a client one after the other, each with the differences that
/// it found; none may have any, and each must have asked.
fn agree(program: &Path, scripts: &[PathBuf]) {
    let serving = Serving::start(&["--tls", "--dataverse-open"]);
    let mut variables = variables(&serving);
    let control = serving.addresses["control"].as_str().expect("an address").to_owned();
    variables.insert("SEAMSTRESS_CONTROL".into(), control);
    for script in scripts {
        let found = run(program, script, &variables);
        assert_eq!(found["differences"], json!([]), "{}", script.display());
        assert!(found["asked"].as_u64() > Some(20), "{}: {found}", script.display());
    }
    assert_eq!(serving.interrupt(), Some(0));
}

fn told(output: &Output) -> Value {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}");
    serde_json::from_str(&out).unwrap_or_else(|e| panic!("{e}: {out}\n{err}"))
}

#[test]
fn msal_and_azure_identity_get_tokens_over_tls_that_pyjwt_verifies_and_the_gateway_takes() {
    let python = installed().join("venv/bin/python");
    if !python.exists() {
        return missing(&format!("{} with tests/clients/requirements.txt", python.display()));
    }
    let serving = Serving::start(&["--tls"]);
    let found = run(&python, Path::new("tests/clients/tokens.py"), &variables(&serving));
    let flow = "0c5e7d1a-93b4-4f86-8a2d-1e6f0b7c4d38";
    for (name, method) in [
        ("msal secret", "1"),
        ("azure secret", "1"),
        ("msal RS256", "2"),
        ("msal PS256", "2"),
        ("azure certificate", "2"),
    ] {
        // Nobody submitted the batch: the token was good, the service says 404.
        let expected = json!({ "azp": flow, "azpacr": method, "roles": ["Jobs.Submit"], "gateway": 404 });
        assert_eq!(found[name], expected, "{name}");
    }
    assert_eq!(found["no token"]["gateway"], 401);
    assert_eq!(found["refused"]["msal"], json!(["invalid_client", [7_000_215]]));
    assert!(found["refused"]["azure"].as_str().is_some_and(|text| text.contains("AADSTS7000215")), "{found}");
    let files = ["env", "ca.pem", "flow.pem"].map(|end| serving.settings.with_extension(end));
    assert!(files.iter().all(|file| file.exists()));
    assert_eq!(serving.interrupt(), Some(0));
    assert!(files.iter().all(|file| !file.exists()), "what belongs to a system that is gone is gone");
}

#[test]
fn jose_verifies_a_token_over_tls_and_refuses_a_forged_one() {
    let folder = installed();
    let node = Command::new("node").arg("--version").output().is_ok_and(|output| output.status.success());
    if !node || !folder.join("node_modules/jose").exists() {
        return missing(&format!("node with jose in {}", folder.display()));
    }
    // Modules are looked for beside the script.
    let script = folder.join("verify.mjs");
    std::fs::copy("tests/clients/verify.mjs", &script).expect("copied");
    let serving = Serving::start(&["--tls"]);
    let found = run(Path::new("node"), &script, &variables(&serving));
    let flow = "0c5e7d1a-93b4-4f86-8a2d-1e6f0b7c4d38";
    assert_eq!(found, json!({ "azp": flow, "alg": "RS256", "forged": "ERR_JWS_SIGNATURE_VERIFICATION_FAILED" }));
}

/// What curl saw: status line, header fields, body.
struct Seen {
    head: String,
    body: String,
}

fn curl(args: &[&str]) -> Option<Seen> {
    let output = Command::new("curl").args(["-sS", "-i", "--max-time", "20"]).args(args).output().ok()?;
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    let (head, body) = text.split_once("\r\n\r\n").expect("a head and a body");
    Some(Seen { head: head.to_ascii_lowercase(), body: body.to_owned() })
}

#[test]
fn curl_sees_the_issuer_refuse_in_the_bytes_of_the_platform() {
    let serving = Serving::start(&["--tls"]);
    let variables = variables(&serving);
    let (authority, ca) = (&variables["SEAMSTRESS_AUTHORITY"], &variables["SSL_CERT_FILE"]);
    let client = &variables["SEAMSTRESS_FLOW_CLIENT_ID"];
    let form =
        format!("grant_type=client_credentials&client_id={client}&client_secret=x&scope=api://bulk-update/.default");
    let url = format!("{authority}/oauth2/v2.0/token");
    let id = "0b8ea11a-93ab-4c05-a1c5-5dbb0e4ad4f1";
    let header = format!("client-request-id: {id}");
    let Some(seen) = curl(&["--cacert", ca, "-H", &header, "--data", &form, &url]) else {
        return missing("curl");
    };
    // HTTP/2, where this curl knows it.
    assert_eq!(seen.head.split_whitespace().nth(1), Some("401"), "{}", seen.head);
    for line in [
        "cache-control: no-store, no-cache",
        "pragma: no-cache",
        "content-type: application/json; charset=utf-8",
        "expires: -1",
    ] {
        assert!(seen.head.lines().any(|found| found == line), "{line} in {}", seen.head);
    }
    let body: Value = serde_json::from_str(&seen.body).expect("JSON");
    let (trace, at) = (body["trace_id"].as_str().expect("text"), body["timestamp"].as_str().expect("text"));
    let expected = format!(
        "{{\"error\":\"invalid_client\",\"error_description\":\"AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '{client}'. Trace ID: {trace} Correlation ID: {id} Timestamp: {at}\",\"error_codes\":[7000215],\"timestamp\":\"{at}\",\"trace_id\":\"{trace}\",\"correlation_id\":\"{id}\",\"error_uri\":\"https://login.microsoftonline.com/error?code=7000215\"}}"
    );
    assert_eq!(seen.body, expected);
    // The same port speaks plain HTTP; who does not believe the authority is
    // turned away by his own client.
    let plain = url.replace("https://localhost", "http://127.0.0.1");
    assert!(curl(&["--data", &form, &plain]).is_some_and(|seen| seen.head.starts_with("http/1.1 401 ")));
    let stranger = Command::new("curl").args(["-sS", "--data", &form, &url]).env_remove("SSL_CERT_FILE").output();
    assert_eq!(stranger.expect("curl is there").status.code(), Some(60));
}

const LIMITED: &str = r#"<policies>
  <inbound><base /><rate-limit-by-key calls="1" renewal-period="60" counter-key="all" /></inbound>
  <backend><base /></backend><outbound><base /></outbound><on-error><base /></on-error>
</policies>"#;

const KEYED: &str = "\
apis:
  shop-v1: { path: shop, subscription-required: true }
subscriptions:
  ada: { scope: api/shop-v1, primary-key: k1, secondary-key: k2 }
";

#[tokio::test(flavor = "multi_thread")]
async fn curl_sees_the_gateway_refuse_in_the_bytes_of_the_platform() {
    let spec = json!({ "about": "Keys and a limit.", "files": { "instance.yaml": KEYED } });
    let spec = serde_json::from_value(spec).expect("what the corpus can say");
    let standing = standing(&Document { text: LIMITED.to_owned(), spec }, &Common::start().await).await;
    let origin = standing.gateway.origin().clone();
    let things = format!("{origin}/shop/things");
    let Some(nowhere) = curl(&[&format!("{origin}/nowhere")]) else {
        standing.gateway.stop().await;
        return missing("curl");
    };
    let refused = |seen: &Seen, status: &str, length: usize, body: &str| {
        assert!(seen.head.starts_with(&format!("http/1.1 {status} ")), "{}", seen.head);
        for line in ["content-type: application/json".to_owned(), format!("content-length: {length}")] {
            assert!(seen.head.lines().any(|found| found == line), "{line} in {}", seen.head);
        }
        assert_eq!(seen.body, body);
    };
    refused(&nowhere, "404", 54, "{ \"statusCode\": 404, \"message\": \"Resource not found\" }");
    let bare = curl(&[&things]).expect("curl is there");
    let missing = "Access denied due to missing subscription key. Make sure to include subscription key when making requests to an API.";
    refused(&bare, "401", 152, &format!("{{ \"statusCode\": 401, \"message\": \"{missing}\" }}"));
    let challenge = format!(
        "www-authenticate: azureapimanagementkey realm=\"https://{}/shop\",name=\"ocp-apim-subscription-key\",type=\"header\"",
        origin.authority()
    );
    assert!(bare.head.lines().any(|line| line == challenge), "{}", bare.head);
    let keyed = || curl(&["-H", "Ocp-Apim-Subscription-Key: k2", &things]).expect("curl is there");
    assert!(keyed().head.starts_with("http/1.1 200 "));
    let limited = keyed();
    let after =
        limited.head.lines().find_map(|line| line.strip_prefix("retry-after: ")).expect("a Retry-After").to_owned();
    let body =
        format!("{{ \"statusCode\": 429, \"message\": \"Rate limit is exceeded. Try again in {after} seconds.\" }}");
    refused(&limited, "429", 84, &body);
    standing.gateway.stop().await;
}

#[test]
fn microsoft_s_sdk_for_python_does_its_work_over_tls() {
    let python = installed().join("venv/bin/python");
    if !python.exists() {
        return missing(&format!("{} with tests/clients/requirements.txt", python.display()));
    }
    let serving = Serving::start(&["--tls", "--dataverse-open"]);
    let found = run(&python, Path::new("tests/clients/dataverse.py"), &variables(&serving));
    let expected = json!({
        "crud": [2, 5, true],
        "gone": [404, "0x80040217"],
        "bulk": [25, [10, 10, 5]],
        "sql": 25,
        "sql top": "b",
        "upsert": ["Other", "Second"],
        "batch": [204, 400],
        "change set": [204, 204],
        "child of": [true],
        "undone": true,
        "left": 0,
        "file": true,
        "table": ["accounts", "name", "accountid"],
        "tables": true,
        "columns": true,
        "keys": [["accountnumber"]],
        "relationships": true,
    });
    assert_eq!(found, expected);
    assert_eq!(serving.interrupt(), Some(0));
}

#[test]
fn dynamics_web_api_does_its_work_over_tls() {
    let folder = installed();
    let node = Command::new("node").arg("--version").output().is_ok_and(|output| output.status.success());
    if !node || !folder.join("node_modules/dynamics-web-api").exists() {
        return missing(&format!("node with dynamics-web-api in {}", folder.display()));
    }
    let script = beside_the_modules(&folder, "dataverse.mjs");
    beside_the_modules(&folder, "checked.mjs");
    let serving = Serving::start(&["--tls", "--dataverse-open"]);
    let found = run(Path::new("node"), &script, &variables(&serving));
    let expected = json!({
        // The library tells a 412 to a conditional request as `false` or `null`.
        "stale": false,
        "kept": false,
        "crud": [7, true],
        "gone": [404, "0x80040217"],
        "upsert": ["A", "B", true],
        "only new": null,
        "by key": "B",
        "link": [true, 1, 1],
        "apart": [null, 0],
        "pages": [40, 40, 111, 111],
        "label": true,
        "count": true,
        "fetched": 11,
        "batch": 2,
        "child": [true],
        "failed": 400,
        "left": 0,
        "reads": [1, 3],
        "actions": 3,
        "functions": ["# flow", true],
        "metadata": ["Account", 1, true, 320, true, 1, 3],
        "csdl": true,
        "names": 1,
        "file": ["f.bin", 5_242_880],
    });
    assert_eq!(found, expected);
    assert_eq!(serving.interrupt(), Some(0));
}

#[test]
fn microsoft_s_sdk_finds_rows_queries_tables_and_failures_as_it_expects_them() {
    let python = installed().join("venv/bin/python");
    if !python.exists() {
        return missing(&format!("{} with tests/clients/requirements.txt", python.display()));
    }
    let scripts = ["rows", "queries", "tables", "failures"];
    agree(&python, &scripts.map(|name| format!("tests/clients/sdk_{name}.py").into()));
}

#[test]
fn dynamics_web_api_finds_rows_tables_and_failures_as_it_expects_them() {
    let folder = installed();
    let node = Command::new("node").arg("--version").output().is_ok_and(|output| output.status.success());
    if !node || !folder.join("node_modules/dynamics-web-api").exists() {
        return missing(&format!("node with dynamics-web-api in {}", folder.display()));
    }
    beside_the_modules(&folder, "checked.mjs");
    let scripts = ["rows", "tables", "failures"];
    agree(Path::new("node"), &scripts.map(|name| beside_the_modules(&folder, &format!("web_api_{name}.mjs"))));
}

/// A script where its modules are looked for: beside them. Another test may read
/// the same file at the same time, so it is exchanged whole.
fn beside_the_modules(folder: &Path, name: &str) -> PathBuf {
    let script = folder.join(name);
    let content = std::fs::read(Path::new("tests/clients").join(name)).expect("read");
    let mut file = tempfile::NamedTempFile::new_in(folder).expect("a file");
    file.write_all(&content).expect("written");
    file.persist(&script).expect("in its place");
    script
}
