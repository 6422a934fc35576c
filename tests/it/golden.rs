//! What is on the screen, word for word. After a change that is meant, look at
//! the difference and run with `INSTA_UPDATE=always`.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use crate::redact::redact;
use crate::support::{Serving, binary, interrupt, seamstress};

/// Compares with `tests/golden/<name>.snap`.
pub(crate) fn assert_golden(name: &str, text: &str) {
    let mut settings = insta::Settings::new();
    settings.set_snapshot_path("../golden");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, redact(text)));
}

/// Standard output of a command that ends with `code`, on a screen of 80
/// columns.
fn shown(args: &[&str], code: i32) -> String {
    let output = binary().env("COLUMNS", "80").args(args).output().expect("the binary starts");
    let text = String::from_utf8(output.stdout).expect("text");
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{args:?}\n{text}\n{err}");
    text
}

#[test]
fn help_fits_80_columns() {
    for (name, args) in
        [("help", &["--help"][..]), ("help-gate", &["gate", "--help"]), ("help-check", &["check", "-h"])]
    {
        let text = shown(args, 0);
        let wide: Vec<&str> = text.lines().filter(|line| line.chars().count() > 80).collect();
        assert!(wide.is_empty(), "{wide:#?}");
        assert_golden(name, &text);
    }
}

#[test]
fn lists_and_explanations() {
    assert_golden("checks", &shown(&["checks"], 0));
    assert_golden("defects", &shown(&["defects"], 0));
    assert_golden("explain", &shown(&["explain", "idempotency/duplicate-effect"], 0));
}

#[test]
fn lint_tells_the_faults_of_all_files_at_once() {
    let broken = "tests/golden/broken";
    let [contracts, scenarios, mocks] = ["contracts", "scenarios", "mocks"].map(|part| format!("{broken}/{part}"));
    let args = ["lint", "--contracts", &contracts, "--scenarios", &scenarios, "--mocks", &mocks];
    assert_golden("lint", &shown(&args, 2));
}

/// One worker: then the first case that shows a finding is always the same.
const STEADY: [&str; 12] = [
    "check",
    "--only",
    "lifecycle",
    "--seed",
    "1",
    "--nonce",
    "golden",
    "--cases",
    "60",
    "--workers",
    "1",
    "--operation",
];

#[test]
fn the_end_of_a_run_with_a_finding() {
    let ran = seamstress(&[&STEADY[..], &["bulk-update/v1", "--defect", "sunset-missing"]].concat());
    assert_eq!(ran.code, 1, "{}", ran.all());
    assert_golden("check-failed", &ran.out);
    assert_golden("check-failed-progress", &ran.err);
}

#[test]
fn the_end_of_a_run_without_findings() {
    let ran = seamstress(&[&STEADY[..], &["bulk-update/v1"]].concat());
    assert_eq!(ran.code, 0, "{}", ran.all());
    assert_golden("check-passed", &ran.out);
}

#[test]
fn the_addresses_of_a_served_system() {
    let mut child = binary().arg("serve").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let addresses: Vec<String> = lines.take(5).collect::<Result<_, _>>().expect("five lines");
    interrupt(&child);
    let ended = child.wait_with_output().expect("it ends");
    assert_eq!(ended.status.code(), Some(0));
    assert_golden("serve", &addresses.join("\n"));
    assert_eq!(String::from_utf8_lossy(&ended.stderr), "", "what only a terminal is told");
}

#[test]
fn the_settings_of_a_served_system() {
    let serving = Serving::start(&[]);
    let settings = std::fs::read_to_string(&serving.settings).expect("written");
    assert_golden("serve-settings", &settings);
}

#[test]
fn the_outline_of_a_gate() {
    assert_golden("gate-dry-run", &shown(&["gate", "--dry-run", "--seed", "1"], 0));
}

#[test]
fn a_scenario_from_exported_flows() {
    let flows = [
        "tests/flows/Workflows/CloseAccounts-1F0C7A52-3B9D-4E61-8C55-0A7D2E9B4F13.json",
        "tests/flows/Workflows/Screenallaccounts-7D2E9B4F-13AA-4C08-9B1E-55D0C7A5231F.json",
    ];
    let output = binary().args(["init", "-o", "-", "--from-flow"]).args(flows).output().expect("the binary starts");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert_golden("from-flow", &String::from_utf8_lossy(&output.stdout));
    assert_golden("from-flow-told", &String::from_utf8_lossy(&output.stderr));
}
