//! A defect that is switched on is found by a check of its family; switched
//! off, the same run is silent.

use std::sync::Mutex;

use serde_json::Value;

use crate::support::seamstress;

/// Runs that end quickly: probes and a few generated cases of each contract.
const QUICK: [&str; 8] = ["check", "--seed", "7", "--cases", "90", "--fail-fast", "--time-scale", "20"];

#[test]
fn without_a_defect_the_checks_are_silent() {
    let ran = seamstress(&QUICK);
    assert_eq!(ran.code, 0, "{}", ran.all());
    assert!(ran.record()["totals"]["cases"].as_u64() > Some(100), "{}", ran.all());
}

#[test]
fn every_defect_is_found_by_its_family() {
    let listed = seamstress(&["defects", "--format", "json"]);
    let listed: Value = serde_json::from_str(&listed.out).expect("JSON");
    let defects = listed.as_array().expect("an array");
    assert!(defects.len() >= 18);
    let todo: Mutex<Vec<(String, String)>> = Mutex::new(
        defects
            .iter()
            .map(|d| {
                (d["name"].as_str().expect("a name").to_owned(), d["family"].as_str().expect("a family").to_owned())
            })
            .collect(),
    );
    let missed = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let Some((name, family)) = todo.lock().expect("unbroken").pop() else { return };
                    if let Err(story) = is_found(&name, &family) {
                        missed.lock().expect("unbroken").push(story);
                    }
                }
            });
        }
    });
    let missed = missed.into_inner().expect("unbroken");
    assert!(missed.is_empty(), "{}", missed.join("\n\n"));
}

fn is_found(name: &str, family: &str) -> Result<(), String> {
    let late = ["load", "steady-day", "--seed", "7", "--fail-fast"];
    let base: &[&str] = if family == "latency" { &late } else { &QUICK };
    let ran = seamstress(&[base, &["--defect", name]].concat());
    if ran.code == 1 && ran.families().iter().any(|found| found == family) {
        return Ok(());
    }
    Err(format!("{name}: expected exit 1 and a finding of {family}, got {:?}\n{}", ran.families(), ran.all()))
}
