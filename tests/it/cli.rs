//! What the command line lists and explains.

use serde_json::Value;

use crate::support::seamstress;

#[test]
fn every_listed_check_explains_itself() {
    let listed = seamstress(&["checks", "--format", "json"]);
    assert_eq!(listed.code, 0, "{}", listed.all());
    let checks: Value = serde_json::from_str(&listed.out).expect("JSON");
    let checks = checks.as_array().expect("an array");
    assert!(checks.len() >= 20, "{}", checks.len());
    for check in checks {
        let explanation = check["explanation"].as_str().expect("text");
        assert!(explanation.len() > 80, "{} explains little: {explanation}", check["id"]);
    }
    let id = checks[0]["id"].as_str().expect("an id");
    let explained = seamstress(&["explain", id]);
    assert_eq!(explained.code, 0, "{}", explained.all());
    assert!(explained.out.starts_with(id), "{}", explained.out);
}

#[test]
fn every_defect_belongs_to_a_family_of_checks() {
    let checks = seamstress(&["checks", "--format", "json"]).out;
    let checks: Value = serde_json::from_str(&checks).expect("JSON");
    let families: Vec<&str> =
        checks.as_array().expect("an array").iter().filter_map(|c| c["family"].as_str()).collect();
    let defects: Value = serde_json::from_str(&seamstress(&["defects", "--format", "json"]).out).expect("JSON");
    for defect in defects.as_array().expect("an array") {
        let family = defect["family"].as_str().expect("a family");
        assert!(families.contains(&family), "{} of {family}", defect["name"]);
        assert!(defect["summary"].as_str().is_some_and(|s| !s.is_empty()));
    }
}

#[test]
fn an_unknown_check_is_2() {
    let ran = seamstress(&["explain", "idempotency/duplicate-efect"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("did you mean"), "{}", ran.err);
}

#[test]
fn what_is_shipped_has_nothing_to_mend() {
    let ran = seamstress(&["lint"]);
    assert_eq!(ran.code, 0, "{}", ran.all());
}

#[test]
fn completions_are_written_for_a_shell() {
    let ran = seamstress(&["completions", "bash"]);
    assert_eq!(ran.code, 0);
    assert!(ran.out.contains("_seamstress"), "{}", ran.out);
}
