//! Faults of the command line.

use crate::support::seamstress;

#[test]
fn a_fault_that_makes_no_sense_is_2_and_all_of_it_is_told() {
    let ran = seamstress(&["check", "--fault", "deadlok,shar=0.1", "--fault", "slow"]);
    assert_eq!(ran.code, 2, "{}", ran.all());
    for words in ["did you mean `deadlock`?", "did you mean `share`?", "`by` is missing"] {
        assert!(ran.err.contains(words), "{words} in {}", ran.all());
    }
}

#[test]
fn the_record_tells_what_faults_did() {
    let latency = "latency,by=1ms,table=new_invoices,operation=write";
    let args = ["check", "--cases", "6", "--operation", "tabular-intake/v1", "--fault", latency];
    let ran = seamstress(&[&args[..], &["--fault", "deadlock,table=accounts", "--seed", "1"]].concat());
    let faults = &ran.record()["faults"];
    assert_eq!(faults[0]["fault"]["kind"]["kind"], "latency", "{}", ran.all());
    assert!(faults[0]["hits"].as_u64().is_some_and(|hits| hits > 0), "{faults}");
    assert_eq!(faults[0]["hits"], faults[0]["matched"]);
    assert_eq!((&faults[1]["fault"]["kind"]["error"]["name"], &faults[1]["hits"]), (&"deadlock".into(), &0.into()));
}
