//! `record` and the checks that read what it wrote, by the real binary.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::golden::assert_golden;
use crate::support::{Ran, seamstress};

/// The shipped contracts, to write into.
struct Contracts(tempfile::TempDir);

impl Contracts {
    fn copied() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        copy(Path::new("contracts"), folder.path());
        Self(folder)
    }

    fn recorded(&self) -> PathBuf {
        self.0.path().join("bulk-update/v1/recorded.json")
    }

    fn run(&self, args: &[&str]) -> Ran {
        seamstress(&[args, &["--contracts", self.0.path().to_str().expect("plain")]].concat())
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            fs::create_dir(&target).expect("made");
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).expect("copied");
        }
    }
}

/// The checks that have findings.
fn found(ran: &Ran) -> Vec<String> {
    let record = ran.record();
    let findings = record["findings"].as_array().cloned().unwrap_or_default();
    findings.iter().filter_map(|finding| Some(finding["check"].as_str()?.to_owned())).collect()
}

const SINGLE_CALLS: [&str; 9] =
    ["check", "--seed", "3", "--payloads", "--cases", "260", "--only", "lifecycle", "--operation"];

#[test]
fn two_records_are_the_same_to_the_byte_and_the_shipped_ones_are_up_to_date() {
    let contracts = Contracts::copied();
    let shipped = fs::read(contracts.recorded()).expect("shipped");
    fs::remove_file(contracts.recorded()).expect("removed");
    let first = contracts.run(&["record"]);
    assert_eq!(first.code, 0, "{}", first.all());
    assert!(first.out.contains("bulk-update/v1/recorded.json: written, "), "{}", first.out);
    assert!(first.out.contains("tabular-intake/v1/recorded.json: unchanged, "), "{}", first.out);
    let written = fs::read(contracts.recorded()).expect("written");
    assert!(written == shipped, "another file than the shipped one: if that is meant, run `seamstress record --force`");
    let second = contracts.run(&["record", "bulk-update/v1"]);
    assert_eq!(second.code, 0, "{}", second.all());
    assert!(second.out.contains("unchanged") && !second.out.contains("tabular-intake"), "{}", second.out);
}

#[test]
fn a_record_is_not_overwritten_by_accident() {
    let contracts = Contracts::copied();
    let before = fs::read(contracts.recorded()).expect("shipped");
    let ran = contracts.run(&["record", "bulk-update/v1", "--defect", "fault-names-record-only"]);
    assert_eq!(ran.code, 1, "{}", ran.all());
    assert_golden("record-kept", &ran.out.replace(contracts.0.path().to_str().expect("plain"), "contracts"));
    assert_eq!(fs::read(contracts.recorded()).expect("there"), before);
    let forced = contracts.run(&["record", "bulk-update/v1", "--defect", "fault-names-record-only", "--force"]);
    assert_eq!(forced.code, 0, "{}", forced.all());
    assert!(forced.out.contains("overwritten"), "{}", forced.out);
    assert_ne!(fs::read(contracts.recorded()).expect("there"), before);
}

#[test]
fn what_may_be_recorded_is_told() {
    let contracts = Contracts::copied();
    for (version, code) in [("bulk-update/v9", 2), ("flow-trigger/v1", 2)] {
        let ran = contracts.run(&["record", version]);
        assert_eq!(ran.code, code, "{}", ran.all());
    }
    let ran = contracts.run(&["record", "--dry-run"]);
    assert!(ran.code == 0 && ran.out.contains("nothing was written"), "{}", ran.all());
}

#[test]
fn a_frozen_version_that_changed_is_found_and_the_right_one_is_silent() {
    let clean = seamstress(&[&SINGLE_CALLS[..], &["bulk-update/v1"]].concat());
    assert_eq!(clean.code, 0, "{}", clean.all());
    assert!(clean.record()["tallies"].to_string().contains("lifecycle/changed-effects"), "judged: {}", clean.all());
    for (defect, version, check) in [
        ("fault-names-record-only", "bulk-update/v1", "lifecycle/changed-behaviour"),
        ("longest-name-cut", "bulk-update/v1", "lifecycle/changed-effects"),
        ("missing-as-malformed", "tabular-intake/v1", "lifecycle/changed-behaviour"),
    ] {
        let ran = seamstress(&[&SINGLE_CALLS[..], &[version, "--defect", defect]].concat());
        assert_eq!((ran.code, found(&ran)), (1, vec![check.to_owned()]), "{}", ran.all());
    }
}

#[test]
fn a_case_that_is_another_one_now_is_a_notice() {
    let contracts = Contracts::copied();
    let text = fs::read_to_string(contracts.recorded()).expect("shipped");
    let at = text.find("\"digest\": \"").expect("a digest") + 11;
    fs::write(contracts.recorded(), format!("{}0000{}", &text[..at], &text[at + 4..])).expect("written");
    let ran = contracts.run(&[&SINGLE_CALLS[..], &["bulk-update/v1"]].concat());
    assert_eq!(ran.code, 0, "{}", ran.all());
    let notices = ran.record()["notices"].to_string();
    assert!(notices.contains("1 of ") && notices.contains("seamstress record bulk-update/v1 --force"), "{notices}");
}

#[test]
fn readiness_sends_the_same_to_both_versions() {
    let rows = tempfile::NamedTempFile::new().expect("a file");
    let rows = rows.path().to_str().expect("plain");
    let ask = |more: &[&str]| {
        let ran = seamstress(
            &[&["readiness", "bulk-update/v1", "--rows", rows, "--seed", "1", "--format", "json"], more].concat(),
        );
        let found: Value = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{}", ran.all()));
        found["compared"].clone()
    };
    let right = ask(&[]);
    assert!(right["inputs"].as_u64() > Some(40) && right["inputs"] == right["equal"], "{right:#}");
    let cut = ask(&["--defect", "longest-name-cut"]);
    let first = &cut["different"][0];
    assert_eq!(first["what"], "update of accounts, column name", "{cut:#}");
    assert!(first["curl_new"].as_str().is_some_and(|line| line.contains("/bulk-update/v2/batches")), "{cut:#}");
}
