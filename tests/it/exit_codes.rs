//! Exit codes and their messages, through the real binary.

use std::fs;
use std::net::TcpListener;
use std::path::Path;

use crate::support::{seamstress, seamstress_in};

/// An address where nobody listens: a port that was free a moment ago.
fn dead() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    format!("http://{}", listener.local_addr().expect("an address"))
}

fn settings(folder: &Path, text: &str) -> String {
    let file = folder.join("s.toml");
    fs::write(&file, text).expect("written");
    file.to_str().expect("a plain path").to_owned()
}

#[test]
fn an_unknown_flag_is_2() {
    assert_eq!(seamstress(&["gate", "--no-such-flag"]).code, 2);
}

#[test]
fn an_empty_contracts_folder_is_4() {
    let folder = tempfile::tempdir().expect("a folder");
    let ran = seamstress(&["gate", "--contracts", folder.path().to_str().expect("plain")]);
    assert_eq!(ran.code, 4, "{}", ran.all());
    assert!(ran.err.contains("expected") && ran.err.contains("openapi.yaml"), "{}", ran.err);
}

#[test]
fn broken_yaml_is_2_and_tells_the_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let version = folder.path().join("orders/v1");
    fs::create_dir_all(&version).expect("made");
    fs::write(version.join("openapi.yaml"), "openapi: 3.1.0\ninfo: {title: x, version: '1'\npaths: {}\n")
        .expect("written");
    let ran = seamstress(&["gate", "--contracts", folder.path().to_str().expect("plain")]);
    assert_eq!(ran.code, 2, "{}", ran.all());
    assert!(ran.err.contains("openapi.yaml:3:"), "{}", ran.err);
}

#[test]
fn a_dead_gateway_is_3_with_and_without_token_settings() {
    let folder = tempfile::tempdir().expect("a folder");
    let bare = format!("[environments.dev]\ngateway = \"{}\"\n", dead());
    let tokens = format!("{bare}token-endpoint = \"{}\"\nclient-id = \"x\"\n", dead());
    for text in [bare, tokens] {
        let file = settings(folder.path(), &text);
        let ran = seamstress(&["gate", "--settings", &file, "--env", "dev"]);
        assert_eq!(ran.code, 3, "{}", ran.all());
        assert!(ran.err.contains("the gateway at") && ran.err.contains("hint:"), "{}", ran.err);
    }
}

#[test]
fn a_dead_service_behind_check_is_3() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("api.yaml");
    fs::write(&file, "openapi: 3.1.0\ninfo: {title: x, version: '1'}\npaths:\n  /a:\n    get:\n      operationId: a\n      responses: {'200': {description: ok}}\n").expect("written");
    let ran = seamstress(&["check", file.to_str().expect("plain"), "--url", &dead()]);
    assert_eq!(ran.code, 3, "{}", ran.all());
}

#[test]
fn a_tier_that_is_down_is_3() {
    let folder = tempfile::tempdir().expect("a folder");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let alive = listener.local_addr().expect("an address");
    let text = format!("[environments.dev]\ngateway = \"http://{alive}\"\nservice = \"{}\"\n", dead());
    let file = settings(folder.path(), &text);
    let ran = seamstress(&["check", "--settings", &file, "--env", "dev"]);
    assert_eq!(ran.code, 3, "{}", ran.all());
    assert!(ran.err.contains("the service at"), "{}", ran.err);
}

#[test]
fn settings_that_say_what_nobody_knows_are_2() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = settings(folder.path(), "[environments.dev]\ngatway = \"http://127.0.0.1:1\"\n");
    let ran = seamstress(&["gate", "--settings", &file, "--env", "dev"]);
    assert_eq!(ran.code, 2, "{}", ran.all());
    assert!(ran.err.contains("s.toml:"), "{}", ran.err);
    let ran = seamstress_in(folder.path(), &["gate", "--env", "dev"]);
    assert_eq!(ran.code, 2, "{}", ran.all());
    assert!(ran.err.contains("seamstress.toml"), "{}", ran.err);
}

#[test]
fn an_unknown_defect_or_check_is_2_and_offers_the_nearest() {
    let ran = seamstress(&["check", "--defect", "duplicate-rac"]);
    assert_eq!(ran.code, 2, "{}", ran.all());
    assert!(ran.err.contains("duplicate-race"), "{}", ran.err);
    let ran = seamstress(&["check", "--only", "idempotenc"]);
    assert_eq!(ran.code, 2, "{}", ran.all());
    assert!(ran.err.contains("idempotency"), "{}", ran.err);
}

#[test]
fn a_defect_of_another_target_is_2() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = settings(folder.path(), &format!("[environments.dev]\ngateway = \"{}\"\n", dead()));
    let ran = seamstress(&["check", "--settings", &file, "--env", "dev", "--defect", "duplicate-race"]);
    assert_eq!(ran.code, 2, "{}", ran.all());
    assert!(ran.err.contains("serve --defect"), "{}", ran.err);
}

#[test]
fn a_protected_environment_wants_its_flag() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = settings(folder.path(), &format!("[environments.p]\ngateway = \"{}\"\nprotected = true\n", dead()));
    let ran = seamstress(&["check", "--settings", &file, "--env", "p"]);
    assert_eq!(ran.code, 2, "{}", ran.all());
    assert!(ran.err.contains("--protected"), "{}", ran.err);
}
