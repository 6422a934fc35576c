//! `serve` in one process, the judge in another.

use std::io::{Read as _, Write as _};

use crate::support::{Serving, seamstress};

#[test]
fn two_runs_with_one_seed_pass_against_one_serve() {
    let serving = Serving::start(&["--time-scale", "20"]);
    for tier in ["issuer", "gateway", "service", "dataverse", "model", "trigger", "control"] {
        assert!(serving.addresses[tier].as_str().is_some_and(|a| a.starts_with("http://127.0.0.1:")), "{tier}");
    }
    let settings = serving.settings.to_str().expect("plain").to_owned();
    for _ in 0..2 {
        let ran = seamstress(&["check", "--settings", &settings, "--env", "stack", "--seed", "11", "--cases", "60"]);
        assert_eq!(ran.code, 0, "{}", ran.all());
    }
    assert_eq!(serving.interrupt(), Some(0));
    assert!(!std::path::Path::new(&settings).exists(), "the settings of a system that is gone are gone");
}

#[test]
fn a_defect_of_a_served_system_is_found() {
    let serving = Serving::start(&["--time-scale", "20", "--defect", "sunset-missing"]);
    let settings = serving.settings.to_str().expect("plain").to_owned();
    let args =
        ["check", "--settings", &settings, "--env", "stack", "--seed", "11", "--cases", "60", "--only", "lifecycle"];
    let ran = seamstress(&args);
    assert_eq!(ran.code, 1, "{}", ran.all());
    assert!(ran.families().iter().all(|f| f == "lifecycle"), "{}", ran.all());
}

#[test]
fn the_gateways_log_is_written_as_it_comes() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("calls.jsonl");
    let settings = folder.path().join("seamstress.toml");
    std::fs::write(&settings, "[gateway]\nregion = \"westeurope\"\n").expect("written");
    let (file_name, settings) = (file.to_str().expect("plain"), settings.to_str().expect("plain"));
    let serving = Serving::start(&["--gateway-logs", file_name, "--settings", settings]);
    let gateway = serving.addresses["gateway"].as_str().and_then(|a| a.strip_prefix("http://")).expect("an address");
    let mut stream = std::net::TcpStream::connect(gateway).expect("it listens");
    stream.write_all(b"GET /nowhere?a=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("answered");
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
    assert_eq!(serving.interrupt(), Some(0));
    let text = std::fs::read_to_string(&file).expect("the log");
    let rows: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(rows.len(), 1, "{text}");
    assert_eq!(rows[0]["Url"], "http://x/nowhere?a=1");
    let columns = [
        ("OperationName", "Microsoft.ApiManagement/GatewayLogs"),
        ("Category", "GatewayLogs"),
        ("Type", "ApiManagementGatewayLogs"),
        ("Region", "westeurope"),
        ("ClientProtocol", "HTTP/1.1"),
        ("Cache", "none"),
    ];
    for (column, value) in columns {
        assert_eq!(rows[0][column], value, "{text}");
    }
    assert_eq!((&rows[0]["Errors"][0]["source"], &rows[0]["IsTraceAllowed"]), (&"configuration".into(), &false.into()));
    assert_eq!((&rows[0]["ResponseCode"], &rows[0]["LastErrorReason"]), (&404.into(), &"OperationNotFound".into()));
}

#[test]
fn a_log_that_cant_be_written_is_3() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("none/calls.jsonl");
    let ran = seamstress(&["serve", "--gateway-logs", file.to_str().expect("plain")]);
    assert_eq!(ran.code, 3, "{}", ran.all());
    assert!(ran.err.contains("calls.jsonl can't be written"), "{}", ran.err);
}

#[test]
fn a_port_that_is_taken_is_3() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("an address").port().to_string();
    let ran = seamstress(&["serve", "--gateway-port", &port]);
    assert_eq!(ran.code, 3, "{}", ran.all());
    assert!(ran.err.contains(&port), "{}", ran.err);
}
