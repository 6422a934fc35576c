//! Whole files in, whole scenarios out.

use proptest::prelude::*;

use super::*;

fn exported() -> Vec<Export> {
    let folder = std::path::Path::new("tests/flows/Workflows");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let read = |path: &std::path::PathBuf| std::fs::read_to_string(path).unwrap();
    files.iter().flat_map(|path| Export::read(&path.display().to_string(), &read(path)).unwrap()).collect()
}

#[test]
fn a_solution_becomes_a_scenario_that_contradicts_no_contract() {
    let contracts = crate::contract::load_dir(std::path::Path::new("contracts")).unwrap();
    let derived = from_flows(&exported(), &contracts, None).unwrap_or_else(|faults| panic!("{faults}"));
    let scenario = crate::scenario::load("s.yaml", &derived.text).unwrap_or_else(|faults| panic!("{faults}"));
    let lint = crate::scenario::lint(&[scenario], &contracts);
    assert!(!lint.has_errors(), "{lint}");
    assert_eq!(derived.name, "close-accounts");
    assert!(derived.questions > 5 && derived.told.iter().all(|one| one.place.line > 0), "{}", derived.told);
}

proptest! {
    #[test]
    fn no_change_of_an_export_brings_the_reader_down(at in 0_usize..6000, length in 0_usize..40, with in "\\PC{0,6}") {
        let text = std::fs::read_to_string(
            "tests/flows/Workflows/CloseAccounts-1F0C7A52-3B9D-4E61-8C55-0A7D2E9B4F13.json",
        ).unwrap();
        let (at, end) = (at.min(text.len()), (at + length).min(text.len()));
        let broken = format!("{}{with}{}", &text[..at], &text[end..]);
        if let Ok(exports) = Export::read("broken.json", &broken) {
            let _ = flow::read(&exports, &[], &mut Diagnostics::new());
        }
    }
}
