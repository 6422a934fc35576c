//! Tests over all reports of one rich run.

use std::fs;

use serde_json::Value;

use super::{sample, write};

#[test]
fn run_json_keeps_its_schema() {
    let folder = tempfile::tempdir().expect("a folder");
    let written = write(folder.path(), &sample::run(), &sample::redactor()).expect("written");
    let run: Value = serde_json::from_slice(&fs::read(written.join("run.json")).expect("there")).expect("JSON");
    let schema: Value =
        serde_json::from_str(include_str!("../../.config/run.schema.json")).expect("the schema is JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let faults: Vec<_> = validator.iter_errors(&run).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(faults.is_empty(), "{faults:#?}");
    assert_eq!(run["verdict"], "failed");
    assert_eq!(run["findings"][0]["reproduced"]["of"], 3);
    assert_eq!(run["findings"][0]["place"]["line"], 24);

    let mut more = run;
    more["findings"][0]["surprise"] = 1.into();
    assert!(!validator.is_valid(&more), "the schema must be strict");
}

#[test]
fn no_file_holds_a_secret() {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), &sample::run(), &sample::redactor()).expect("written");
    let mut searched = 0;
    for run in fs::read_dir(folder.path()).expect("folders") {
        for file in fs::read_dir(run.expect("a folder").path()).expect("files") {
            let path = file.expect("a file").path();
            let text = String::from_utf8(fs::read(&path).expect("readable")).expect("text");
            for secret in sample::SECRETS {
                assert!(!text.contains(secret), "{} holds `{secret}`", path.display());
            }
            searched += 1;
        }
    }
    assert!(searched >= 4, "only {searched} files were searched");
}

#[test]
fn latest_is_replaced_as_a_whole_and_nothing_else_is_left() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = write(folder.path(), &sample::run(), &sample::redactor()).expect("written");
    fs::write(folder.path().join("latest").join("stale"), "x").expect("written");
    let mut run = sample::run();
    run.nonce = crate::generate::Nonce("../../escape".into());
    let second = write(folder.path(), &run, &sample::redactor()).expect("written");
    let mut names: Vec<_> = fs::read_dir(folder.path())
        .expect("folders")
        .map(|entry| entry.expect("entry").file_name().into_string().expect("text"))
        .collect();
    names.sort();
    assert_eq!(names, ["20261121T220001-gate-------escape", "20261121T220001-gate-0123456789ab", "latest"]);
    assert_ne!(first, second);
    assert!(!folder.path().join("latest/stale").exists());
    let read = |path: std::path::PathBuf| fs::read(path.join("run.json")).expect("there");
    assert_eq!(read(folder.path().join("latest")), read(second));
}
