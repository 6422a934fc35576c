//! `init` and `schema`.

use crate::support::{answers_every_call, seamstress};

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
    for of in ["behaviour", "run", "compare"] {
        let published = std::fs::read_to_string(format!(".config/{of}.schema.json")).expect("published");
        assert_eq!(seamstress(&["schema", of]).out, published);
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

/// What a framework exports of a service that knows no gateway.
const EXPORTED: &str = r#"{
  "openapi": "3.1.0",
  "info": { "title": "Visits", "version": "1.0.0" },
  "paths": { "/visits": { "post": {
    "operationId": "createVisit",
    "requestBody": { "required": true, "content": { "application/json": { "schema": {
      "type": "object", "required": ["name"], "properties": { "name": { "type": "string", "maxLength": 80 } } } } } },
    "responses": {
      "201": { "description": "Made.", "content": { "application/json": { "schema": { "type": "object" } } } },
      "422": { "description": "No.", "content": { "application/json": { "schema": { "type": "object" } } } }
    } } } }
}"#;

#[test]
fn a_project_of_a_service_is_made_lints_clean_and_is_judged() {
    let folder = tempfile::tempdir().expect("a folder");
    let document = folder.path().join("exported.json");
    std::fs::write(&document, EXPORTED).expect("written");
    let project = folder.path().join("project");
    let (document, at) = (document.to_str().expect("plain"), project.to_str().expect("plain"));
    let ran = seamstress(&["init", document, "--project", at]);
    assert_eq!(ran.code, 0, "{}", ran.all());
    for said in ["contracts/visits/v1/openapi.json", "lines are questions", "401, 403", "seamstress gate --service-cmd"]
    {
        assert!(ran.out.contains(said), "{said}: {}", ran.out);
    }
    let inside = |name: &str| project.join(name).to_str().expect("plain").to_owned();
    let (contracts, scenarios, mocks) = (inside("contracts"), inside("scenarios"), inside("mocks"));
    let files = ["--contracts", &contracts, "--scenarios", &scenarios, "--mocks", &mocks];
    let lint = seamstress(&[&["lint"][..], &files].concat());
    assert_eq!((lint.code, lint.all().contains("nothing to mend")), (0, true), "{}", lint.all());
    // Its policies keep who may not call away from the service.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    answers_every_call(listener, |_| {});
    let refused = ["check", "--service", &url, "--only", "identity/token-refused", "--cases", "40", "--seed", "1"];
    let check = seamstress(&[&refused[..], &files].concat());
    assert_eq!(check.code, 0, "{}", check.all());
    assert!(check.out.contains("40 cases"), "{}", check.all());

    let behaviour = project.join("contracts/visits/v1/behaviour.yaml");
    std::fs::write(&behaviour, "mine").expect("written");
    let again = seamstress(&["init", document, "--project", at]);
    assert_eq!(again.code, 2, "{}", again.all());
    assert!(again.err.contains("nothing is written") && again.err.contains("behaviour.yaml"), "{}", again.err);
    assert_eq!(std::fs::read_to_string(&behaviour).expect("there"), "mine");
    let second = seamstress(&["init", document, "--project", at, "--as", "calls/v2"]);
    assert_eq!(second.code, 0, "{}", second.all());
    assert!(second.out.contains("put this into it") && second.out.contains("  calls:"), "{}", second.out);
    let wrong = seamstress(&["init", document, "--project", at, "--as", "Calls"]);
    assert_eq!(wrong.code, 2, "{}", wrong.all());
}

const FLOWS: [&str; 2] = [
    "tests/flows/Workflows/CloseAccounts-1F0C7A52-3B9D-4E61-8C55-0A7D2E9B4F13.json",
    "tests/flows/Workflows/Screenallaccounts-7D2E9B4F-13AA-4C08-9B1E-55D0C7A5231F.json",
];

#[test]
fn a_scenario_is_made_from_exported_flows_lints_clean_and_is_played() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("scenarios/close.yaml");
    let path = file.to_str().expect("plain");
    let ran = seamstress(&["init", "--from-flow", FLOWS[0], FLOWS[1], "-o", path]);
    assert_eq!(ran.code, 0, "{}", ran.all());
    assert!(ran.out.contains("close.yaml: ") && ran.out.contains("questions are marked"), "{}", ran.out);
    let text = std::fs::read_to_string(&file).expect("written");
    assert!(text.contains("name: close\n") && !text.contains("opSecret"), "{text}");
    let again = seamstress(&["init", "--from-flow", FLOWS[0], "-o", path]);
    assert_eq!(again.code, 2, "{}", again.all());
    assert_eq!(std::fs::read_to_string(&file).expect("there"), text);
    let scenarios = folder.path().join("scenarios");
    let scenarios = scenarios.to_str().expect("plain");
    let lint = seamstress(&["lint", "--scenarios", scenarios]);
    assert_eq!(lint.code, 0, "{}", lint.all());
    let load = seamstress(&["load", "close", "--scenarios", scenarios, "--seed", "1"]);
    assert!(matches!(load.code, 0 | 5), "{}", load.all());
    for called in ["bulk-update/v1 getBatch", "bulk-update/v1 submitBatch"] {
        assert!(load.out.contains(called), "{called}: {}", load.all());
    }
}

#[test]
fn flows_that_can_not_be_used_are_told_all_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("written");
        path.to_str().expect("plain").to_owned()
    };
    let (broken, other) = (write("broken.json", "{\"a\": [}"), write("other.json", "{}"));
    let ran = seamstress(&["init", "--from-flow", &broken, &other, "none.json"]);
    assert_eq!(ran.code, 2, "{}", ran.all());
    for told in ["broken.json:1:", "other.json:1:1", "none.json", "can't be read", "no flow's definition"] {
        assert!(ran.err.contains(told), "{told}: {}", ran.err);
    }
    assert_eq!(seamstress(&["init"]).code, 2);
}

#[test]
fn a_scenario_is_made_from_the_log_of_a_gateway_and_from_runs() {
    let folder = tempfile::tempdir().expect("a folder");
    let (rows, runs) = (folder.path().join("rows.jsonl"), folder.path().join("runs.csv"));
    let row = |n: u32| {
        format!(
            "{{\"TimeGenerated\":\"2026-01-31T06:00:{n:02}.{n:03}Z\",\"Method\":\"POST\",\"Url\":\
             \"https://g/screening/v1/decisions\",\"TotalTime\":40}}\n"
        )
    };
    std::fs::write(&rows, (0..50).map(row).collect::<String>()).expect("written");
    let run = |n: u32| format!("r{n},2026-01-31T{n:02}:00:00Z,Succeeded\n");
    std::fs::write(&runs, format!("name,starttime,status\n{}", (0..20).map(run).collect::<String>())).expect("written");
    let (rows, runs) = (rows.to_str().expect("plain"), runs.to_str().expect("plain"));
    let of_log = seamstress(&["init", "--from-history", rows, "-o", "-"]);
    assert_eq!(of_log.code, 0, "{}", of_log.all());
    assert!(
        of_log.out.contains("operation: decide") && of_log.out.contains("arrivals: { rate: 59.9"),
        "{}",
        of_log.out
    );
    let of_both = seamstress(&["init", "--from-flow", FLOWS[0], "--from-history", runs, "-o", "-"]);
    assert_eq!(of_both.code, 0, "{}", of_both.all());
    assert!(of_both.out.contains("recurrence: { every: 1 h }"), "{}", of_both.out);
    let alone = seamstress(&["init", "--from-history", runs, "-o", "-"]);
    assert_eq!(alone.code, 2, "{}", alone.all());
    assert!(alone.err.contains("--from-flow"), "{}", alone.err);
}
