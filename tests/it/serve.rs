//! `serve` in one process, the judge in another.

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
fn a_port_that_is_taken_is_3() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("an address").port().to_string();
    let ran = seamstress(&["serve", "--gateway-port", &port]);
    assert_eq!(ran.code, 3, "{}", ran.all());
    assert!(ran.err.contains(&port), "{}", ran.err);
}
