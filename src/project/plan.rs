//! Which files a project has.

use std::path::PathBuf;

use uuid::Uuid;

use super::{published, templates};
use crate::contract::ContractId;
use crate::contract::init::{Enforced, scaffold};
use crate::contract::openapi::{OpenApi, ParameterIn};
use crate::diagnose::Diagnostics;

/// Application ids are made from names in this namespace.
const APPLICATIONS: Uuid = Uuid::from_u128(0x7d0e_5a52_31c4_4e0b_9f6a_2b8c_51d7_e094);

/// The role that a project's flows have.
const ROLE: &str = "Calls.Make";

/// The largest body that a project's gateway lets through, in bytes.
const LARGEST_BODY: u64 = 1 << 20;

/// A file to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedFile {
    /// Within the project.
    pub path: PathBuf,
    /// Its content.
    pub text: String,
    /// Several contracts share it: where it is there, it stays as it is.
    pub shared: bool,
}

/// What a project is made of.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The contract.
    pub contract: ContractId,
    /// All files.
    pub files: Vec<PlannedFile>,
    /// What the gateway adds to the document, for people.
    pub added: Vec<String>,
    /// Where the tenant or the product are there already: what to put into them.
    pub entries: Vec<(PathBuf, String)>,
}

/// Plans a project around a document, under a name.
///
/// # Errors
/// The document with what the gateway adds can't be read again, which would be a
/// fault of ours.
pub fn plan(document: &OpenApi, contract: &ContractId) -> Result<Plan, Diagnostics> {
    let key = contract.to_string().replace('/', "-");
    let enforced = enforced(document, contract);
    let carrier = carrier(document);
    let mut value = document.source.to_json();
    let added = published::publish(&mut value, &carrier, &enforced.app_id_uri, &enforced.role);
    let text = format!("{value:#}\n");
    let folder = PathBuf::from(format!("contracts/{}/{}", contract.api, contract.version));
    let complete = OpenApi::parse(&document.file, &text)?;
    let behaviour = scaffold(&complete, "openapi.json", Some(&enforced));
    let own = |path: PathBuf, text: String| PlannedFile { path, text, shared: false };
    let mut files = vec![
        own(folder.join("openapi.json"), text),
        own(folder.join("behaviour.yaml"), behaviour),
        own(format!("mocks/gateway/apis/{key}.xml").into(), policies(document, contract, &enforced)),
    ];
    files.extend(first_call(document).map(|call| {
        own(format!("scenarios/{key}-burst.yaml").into(), templates::scenario(&key, &contract.to_string(), &call))
    }));
    files.extend(shared(contract, &key, &enforced));
    Ok(Plan { contract: contract.clone(), files, added, entries: entries(contract, &key, &enforced) })
}

fn enforced(document: &OpenApi, contract: &ContractId) -> Enforced {
    let (calls_a_minute, calls_a_month) = templates::ADMITTED;
    Enforced {
        audience: Uuid::new_v5(&APPLICATIONS, contract.api.as_bytes()).to_string(),
        app_id_uri: format!("api://{}", contract.api),
        role: ROLE.to_owned(),
        largest_body: media_types(document).is_some().then_some(LARGEST_BODY),
        calls_a_minute,
        calls_a_month,
    }
}

/// The media types of bodies, where they are one or two that the gateway can
/// compare.
fn media_types(document: &OpenApi) -> Option<Vec<String>> {
    let mut types: Vec<String> = Vec::new();
    for media in document.operations.iter().filter_map(|o| o.request.as_ref()).flat_map(|request| &request.content) {
        if !types.contains(&media.name) {
            types.push(media.name.clone());
        }
    }
    (matches!(types.len(), 1 | 2) && types.iter().all(|name| !name.contains('*'))).then_some(types)
}

/// The header field of the document that is a correlation ID, as it is written.
fn carrier(document: &OpenApi) -> String {
    let headers = document.operations.iter().flat_map(|o| &o.parameters).filter(|p| p.within == ParameterIn::Header);
    let own = headers.map(|p| &p.name).find(|name| name.eq_ignore_ascii_case(published::CORRELATION));
    own.cloned().unwrap_or_else(|| published::CORRELATION.to_owned())
}

fn policies(document: &OpenApi, contract: &ContractId, enforced: &Enforced) -> String {
    let media = media_types(document);
    templates::api(&templates::ApiPolicy {
        name: (&contract.api, contract.version.trim_start_matches('v')),
        audience: &enforced.audience,
        role: &enforced.role,
        body: media.as_deref().map(|media| (LARGEST_BODY, media)),
    })
}

/// The operation that a flow would call: the first that changes something and
/// needs no path of its own.
fn first_call(document: &OpenApi) -> Option<String> {
    let open = || document.operations.iter().filter(|operation| !operation.path.contains('{'));
    open().find(|operation| !operation.is_safe()).or_else(|| open().next()).map(|operation| operation.id.to_string())
}

fn shared(contract: &ContractId, key: &str, enforced: &Enforced) -> Vec<PlannedFile> {
    let file = |path: &str, text: String| PlannedFile { path: path.into(), text, shared: true };
    let mut files = vec![
        file(
            "mocks/issuer/tenant.yaml",
            templates::tenant(&contract.api, &enforced.audience, &enforced.app_id_uri, ROLE),
        ),
        file(
            "mocks/gateway/products/flows.yaml",
            format!("# The APIs of the product, which needs no subscription.\napis:\n  - {key}\n"),
        ),
    ];
    files.extend(templates::SHARED.iter().chain(&templates::FIRST).map(|(path, text)| file(path, (*text).to_owned())));
    files
}

/// What stands in the files of which a project has one each.
fn entries(contract: &ContractId, key: &str, enforced: &Enforced) -> Vec<(PathBuf, String)> {
    let Enforced { audience, app_id_uri, role, .. } = enforced;
    let name = &contract.api;
    vec![
        (
            PathBuf::from("mocks/issuer/tenant.yaml"),
            format!(
                "resources:\n  {name}:\n    application_id: {audience}\n    uri: {app_id_uri}\n    roles: [{role}]\n    token_version: 2\n"
            ),
        ),
        (PathBuf::from("mocks/gateway/products/flows.yaml"), format!("apis:\n  - {key}\n")),
    ]
}
