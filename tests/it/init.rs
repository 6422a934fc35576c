//! `init` and `schema`.

use crate::support::seamstress;

#[test]
fn a_first_behaviour_file_is_written_beside_the_document_and_never_over_another() {
    let folder = tempfile::tempdir().expect("a folder");
    let version = folder.path().join("contracts/bulk-update/v2");
    std::fs::create_dir_all(&version).expect("made");
    let document = version.join("openapi.yaml");
    std::fs::copy("contracts/bulk-update/v2/openapi.yaml", &document).expect("copied");
    let document = document.to_str().expect("plain");
    let ran = seamstress(&["init", document]);
    assert_eq!(ran.code, 0, "{}", ran.all());
    let contracts = folder.path().join("contracts");
    let empty = folder.path().join("empty");
    std::fs::create_dir_all(&empty).expect("made");
    let (contracts, empty) = (contracts.to_str().expect("plain"), empty.to_str().expect("plain"));
    let lint = seamstress(&["lint", "--contracts", contracts, "--scenarios", empty, "--mocks", empty]);
    assert_eq!(lint.code, 0, "{}", lint.all());
    std::fs::write(version.join("behaviour.yaml"), "mine").expect("written");
    let again = seamstress(&["init", document]);
    assert_eq!(again.code, 2, "{}", again.all());
    assert!(again.all().contains("--force"), "{}", again.all());
    assert_eq!(std::fs::read_to_string(version.join("behaviour.yaml")).expect("there"), "mine");
    assert_eq!(seamstress(&["init", document, "--force"]).code, 0);
    assert!(seamstress(&["init", document, "-o", "-"]).out.starts_with("# What openapi.yaml promises"));
}

#[test]
fn schemas_are_printed_as_they_are_published() {
    for (of, file) in [("behaviour", ".config/behaviour.schema.json"), ("run", ".config/run.schema.json")] {
        assert_eq!(seamstress(&["schema", of]).out, std::fs::read_to_string(file).expect("published"));
    }
}
