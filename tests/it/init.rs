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

#[test]
fn tables_are_written_from_a_metadata_document_and_never_over_others() {
    let folder = tempfile::tempdir().expect("a folder");
    let document = folder.path().join("metadata.xml");
    let property = "<Property Name=\"name\" Type=\"Edm.String\" MaxLength=\"50\" /><Property Name=\"_far_value\" Type=\"Edm.Guid\" />";
    let text = format!(
        "<Edmx><Schema><EntityType Name=\"new_thing\"><Key><PropertyRef Name=\"new_thingid\" /></Key><Property \
         Name=\"new_thingid\" Type=\"Edm.Guid\" />{property}</EntityType><EntityContainer><EntitySet \
         Name=\"new_things\" EntityType=\"mscrm.new_thing\" /></EntityContainer></Schema></Edmx>"
    );
    std::fs::write(&document, text).expect("written");
    let (document, out) = (document.to_str().expect("plain"), folder.path().join("mocks/dataverse"));
    let output = out.to_str().expect("plain");
    let ran = seamstress(&["tables", document, "-o", output]);
    assert_eq!(ran.code, 0, "{}", ran.all());
    assert!(ran.out.contains("new_things.yaml: new_thing, 1 columns, 1 left out"), "{}", ran.out);
    let file = out.join("new_things.yaml");
    let written = std::fs::read_to_string(&file).expect("there");
    assert!(written.contains("  name: { type: string, max_length: 50 }\n"), "{written}");
    std::fs::write(&file, written.replace("50", "60")).expect("mine");
    let again = seamstress(&["tables", document, "-o", output]);
    assert_eq!(again.code, 2, "{}", again.all());
    assert!(again.all().contains("new_thing in") && again.all().contains("--force"), "{}", again.all());
    assert!(std::fs::read_to_string(&file).expect("there").contains("60"), "it is mine");
    assert_eq!(seamstress(&["tables", document, "-o", output, "--force"]).code, 0);
    assert!(seamstress(&["tables", document, "-o", "-"]).out.contains("collection: new_things\n"));
    let wrong = seamstress(&["tables", document, "--only", "new_thin", "-o", "-"]);
    assert_eq!(wrong.code, 2, "{}", wrong.all());
    assert!(wrong.all().contains("did you mean `new_thing`?"), "{}", wrong.all());
}
