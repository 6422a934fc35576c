//! A defect that is switched on is found by a check of its family; switched
//! off, the same run is silent. The whole table of defects is what the score
//! of a release build is for; here are one defect of each kind of tier.

use serde_json::Value;

use crate::support::seamstress;

fn score(args: &[&str]) -> (i32, Value, String) {
    let ran = seamstress(&[&["score", "--seed", "7", "--format", "json", "--scenarios", "scenarios"], args].concat());
    let value = serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("{e}\n{}", ran.all()));
    (ran.code, value, ran.all())
}

#[test]
fn defects_of_service_gateway_and_data_path_are_found_and_the_right_stack_is_silent() {
    let named = ["duplicate-race", "sunset-missing", "around-the-gateway", "validation-as-500"];
    let defects: Vec<&str> = named.iter().flat_map(|name| ["--defect", name]).collect();
    let (code, score, all) = score(&[&["--cases", "120"], &defects[..]].concat());
    assert_eq!(code, 0, "{all}");
    assert_eq!(score["format"], "seamstress/score/1");
    assert_eq!(score["false_alarms"], serde_json::json!([]));
    let found = score["defects"].as_array().expect("an array");
    assert_eq!(found.iter().map(|d| d["name"].as_str().unwrap_or_default()).collect::<Vec<_>>(), named);
    for defect in found {
        assert_eq!(defect["found"], true, "{defect}");
        assert!(defect["cases_to_detection"].as_u64() > Some(0), "{defect}");
        let family = defect["family"].as_str().expect("a family");
        let checks = defect["checks"].as_array().expect("checks");
        assert!(checks.iter().any(|c| c.as_str().is_some_and(|c| c.starts_with(&format!("{family}/")))), "{defect}");
    }
    let clean = &score["clean_runs"][0];
    assert!(clean["cases"].as_u64() >= Some(1000), "{clean}");
}

#[test]
fn a_budget_bounds_each_run() {
    let args = ["--defect", "sunset-missing", "--defect", "validation-as-500", "--cases", "100000", "--complete"];
    let (_, score, all) = score(&[&args[..], &["--budget", "2s", "--clean", "1"]].concat());
    assert_eq!(score["defects"].as_array().map(Vec::len), Some(2), "{all}");
    assert_eq!(score["clean_runs"].as_array().map(Vec::len), Some(1), "{all}");
    // Without a bound, so many cases take minutes.
    assert!(score["clean_runs"][0]["cases"].as_u64() < Some(100_000), "{all}");
    assert!(all.contains("its budget was used up"), "{all}");
}

#[test]
fn a_defect_that_nobody_knows_is_refused() {
    let ran = seamstress(&["score", "--defect", "duplicate-rase"]);
    assert_eq!(ran.code, 2, "{}", ran.all());
    assert!(ran.err.contains("did you mean `duplicate-race`"), "{}", ran.all());
}
