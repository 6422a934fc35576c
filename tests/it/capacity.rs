//! `capacity probe`: what a gateway admits, compared with what the behaviour
//! file declares.

use serde_json::Value;

use crate::support::seamstress;

#[test]
fn an_honest_gateway_agrees_with_its_behaviour_file() {
    let ran = seamstress(&["capacity", "probe", "bulk-update/v1", "--format", "json"]);
    assert_eq!(ran.code, 0, "{}", ran.all());
    let found: Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!(found["contract"], "bulk-update/v1");
    let report = &found["report"];
    let admitted = report["admitted"].as_u64().expect("a number");
    assert!((570..=630).contains(&admitted), "{report:#}");
    let window = report["window_s"].as_f64().expect("a number");
    assert!((54.0..=66.0).contains(&window), "{report:#}");
    assert_eq!(
        (&report["refusal"], &report["honest"], &report["agrees"]),
        (&429.into(), &"honest".into(), &"yes".into())
    );
}

#[test]
fn one_client_cannot_see_that_a_limit_is_shared() {
    let ran = seamstress(&["capacity", "probe", "bulk-update/v1", "--defect", "limit-shared"]);
    assert_eq!(ran.code, 0, "{}", ran.all());
    assert!(ran.out.ends_with("AGREES: the gateway admits what the behaviour file declares\n"), "{}", ran.out);
}

#[test]
fn a_wait_that_is_too_short_or_untold_disagrees() {
    for (defect, says) in
        [("retry-after-too-short", "Retry-After is too short"), ("retry-after-missing", "Retry-After is missing")]
    {
        let ran = seamstress(&["capacity", "probe", "--defect", defect]);
        assert_eq!(ran.code, 1, "{}", ran.all());
        assert!(ran.out.contains(says), "{}", ran.out);
        assert!(ran.out.contains("DISAGREES"), "{}", ran.out);
    }
}

#[test]
fn time_that_is_used_up_is_inconclusive() {
    let ran = seamstress(&["capacity", "probe", "--budget", "2s"]);
    assert_eq!(ran.code, 5, "{}", ran.all());
    assert!(ran.out.contains("its time was used up"), "{}", ran.out);
}

#[test]
fn an_unknown_contract_is_2() {
    let ran = seamstress(&["capacity", "probe", "bulk-update/v9"]);
    assert_eq!(ran.code, 2, "{}", ran.all());
    assert!(ran.err.contains("bulk-update/v9") && ran.err.contains("bulk-update/v1"), "{}", ran.err);
}
