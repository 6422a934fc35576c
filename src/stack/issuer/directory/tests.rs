//! Tenants out of text.

use std::path::Path;

use super::load::tenant;
use super::{Directory, IssuerNames, Lifetime, TokenVersion};
use crate::diagnose::Diagnostics;
use crate::stack::identity::{
    DATA_API_AUDIENCE, DATA_API_ROLE, DATA_API_URI, DATAVERSE_RESOURCE, GATEWAY_IDENTITY, SERVICE_CLIENT, TENANT,
    TRIGGER_AUDIENCE, TRIGGER_ROLE, TRIGGER_URI,
};

fn faults(text: &str) -> Vec<String> {
    let mut found = Diagnostics::new();
    let read = tenant("t.yaml", text, Path::new("."), &mut found);
    assert!(read.is_none() || found.is_empty());
    found.iter().map(|fault| format!("{}: {}", fault.place.line, fault.what)).collect()
}

#[test]
fn the_shipped_tenant_is_the_one_that_the_tests_name() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("mocks/issuer");
    for directory in [Directory::shipped(), Directory::load(&folder).expect("no fault")] {
        let home = directory.home();
        assert_eq!((home.id.as_str(), home.lifetime), (TENANT, Lifetime { from: 3600, to: 3600 }));
        assert_eq!(home.issuer, IssuerNames::Local);
        let id = |name: &str| home.client_named(name).map(|c| c.application_id.as_str());
        assert_eq!((id("service"), id("gateway")), (Some(SERVICE_CLIENT), Some(GATEWAY_IDENTITY)));
        for (name, audience, uri, role) in [
            ("dataverse-data", DATA_API_AUDIENCE, DATA_API_URI, DATA_API_ROLE),
            ("flow-trigger", TRIGGER_AUDIENCE, TRIGGER_URI, TRIGGER_ROLE),
        ] {
            let resource = home.resource_named(name).expect(name);
            assert_eq!((resource.application_id.as_str(), resource.version), (audience, TokenVersion::V2));
            assert_eq!((&resource.uris[..], &resource.roles[..]), (&[uri.to_owned()][..], &[role.to_owned()][..]));
        }
        let dataverse = home.resource(DATAVERSE_RESOURCE).expect("Dataverse");
        assert_eq!((dataverse.version, dataverse.name.as_str()), (TokenVersion::V1, "dataverse"));
        assert_eq!(home.resource("https://org.crm.dynamics.example/").map(|r| &r.name), Some(&dataverse.name));
        assert!(directory.tenant("Contoso.Example").is_some() && directory.tenant("other.example").is_none());
    }
    assert!(Directory::load(Path::new("/nowhere/at/all")).is_ok());
}

#[test]
fn every_fault_of_a_file_has_its_place_at_once() {
    let text = "\
format: seamstress/issuer-tenant/1
id: not-a-guid
issuer: elsewhere
token_lifetime: 90 min .. 60 min
resources:
  a: { application_id: 3f2a6c1e-8b1d-4c57-9c3e-5a0d7f4e2b91, uri: api://a, roles: [Read], token_version: 3 }
  b: { application_id: 3f2a6c1e-8b1d-4c57-9c3e-5a0d7f4e2b91, uris: [api://a/], assignment_required: 1 }
clients:
  c:
    secrets: [{ name: x, expires: soon }]
    certificates: [{ name: x, file: nowhere.pem }]
    rolls: {}
";
    let found = faults(text);
    for wanted in ["2: ", "3: ", "4: ", "6: ", "7: ", "10: ", "11: ", "12: unknown key `rolls`"] {
        assert!(found.iter().any(|fault| fault.starts_with(wanted)), "{wanted} in {found:?}");
    }
}

#[test]
fn ids_are_unique_and_roles_are_granted_where_they_are_defined() {
    let text = "\
format: seamstress/issuer-tenant/1
id: 72f988bf-86f1-41af-91ab-2d7cd011db47
resources:
  a: { application_id: 3f2a6c1e-8b1d-4c57-9c3e-5a0d7f4e2b91, uri: api://a, roles: [Read] }
  b: { application_id: 3f2a6c1e-8b1d-4c57-9c3e-5a0d7f4e2b91, uri: api://a/ }
clients:
  c:
    roles: { a: [Reed], aa: [Read] }
  d: {}
";
    let found = faults(text);
    assert_eq!(
        found,
        [
            "5: `3f2a6c1e-8b1d-4c57-9c3e-5a0d7f4e2b91` is already that of resources.a",
            "5: `api://a` is already that of resources.a",
            "8: `Reed` is no role of a",
            "8: `aa` is no resource",
        ]
    );
}
