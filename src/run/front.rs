//! The gateway before somebody else's service: from what the user names to
//! what the stack is started with.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::RunError;
use super::policies::described;
use crate::contract::openapi::OpenApi;
use crate::contract::{self, ContractId};
use crate::diagnose::Diagnostics;
use crate::door::Origin;
use crate::policy::OnUnsupported;
use crate::policy::instance::Instance;
use crate::stack::gateway::Upstream;
use crate::stack::{Api, Front};
use crate::target::{GatewaySettings, MappedTo};

/// The gateway before somebody else's service.
#[derive(Clone, Debug)]
pub struct FrontOptions {
    /// The service's base URL.
    pub service: String,
    /// The folder of policies.
    pub policies: PathBuf,
    /// What is published: OpenAPI documents, each `FILE` or `API=FILE`, or a
    /// folder of contracts.
    pub openapi: Vec<String>,
    /// A file with values that the folder leaves out.
    pub named_values: Option<PathBuf>,
    /// What happens with policies that are not emulated.
    pub on_unsupported: OnUnsupported,
}

/// What the stack is started with, the APIs that it publishes beside those of
/// the folder, and what is worth knowing.
pub(super) struct Opened {
    pub(super) front: Front,
    pub(super) apis: Vec<Api>,
    pub(super) remarks: Diagnostics,
}

/// Reads everything that the user names.
pub(super) fn open(options: &FrontOptions, settings: &GatewaySettings, contracts: &Path) -> Result<Opened, RunError> {
    if Origin::parse(&options.service).is_none() {
        return Err(RunError::Usage(format!("--service {} is no http or https URL with a host", options.service)));
    }
    if !options.policies.exists() {
        return Err(RunError::Usage(format!("--policies {}: there is no such folder", options.policies.display())));
    }
    let (mut instance, remarks) = described(&options.policies, options.named_values.as_deref())?;
    let apis = apis(options, &instance, contracts)?;
    let mut hosts = BTreeMap::new();
    let mut issuer_hosts = Vec::new();
    for (host, to) in &settings.hosts {
        match to {
            MappedTo::Issuer => issuer_hosts.push(host.clone()),
            MappedTo::Service => drop(hosts.insert(host.clone(), origin("hosts", host, &options.service)?)),
            MappedTo::Url(url) => drop(hosts.insert(host.clone(), origin("hosts", host, url)?)),
            MappedTo::Stub(stub) => {
                let (status, headers, body) = (stub.status, stub.headers.clone(), stub.body.clone());
                hosts.insert(host.clone(), Upstream::Stub { status, headers, body });
            }
        }
    }
    for (id, to) in &settings.backends {
        backend(&mut instance, &mut hosts, &mut issuer_hosts, (id, to, &options.service))?;
    }
    let front = Front {
        instance: Box::new(instance),
        service: options.service.clone(),
        hosts,
        issuer_hosts,
        on_unsupported: options.on_unsupported,
    };
    Ok(Opened { front, apis, remarks })
}

/// Leads a backend elsewhere: its URL is replaced, and the new one's host is
/// mapped to itself.
fn backend(
    instance: &mut Instance,
    hosts: &mut BTreeMap<String, Upstream>,
    issuer_hosts: &mut Vec<String>,
    (id, to, service): (&str, &MappedTo, &str),
) -> Result<(), RunError> {
    let stand_in = format!(
        "{}.backend.seamstress.example",
        id.to_ascii_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "-")
    );
    let url = match to {
        MappedTo::Service => service.to_owned(),
        MappedTo::Url(url) => url.clone(),
        MappedTo::Issuer | MappedTo::Stub(_) => format!("http://{stand_in}"),
    };
    match to {
        MappedTo::Issuer => issuer_hosts.push(stand_in),
        MappedTo::Stub(stub) => {
            let (status, headers, body) = (stub.status, stub.headers.clone(), stub.body.clone());
            hosts.insert(stand_in, Upstream::Stub { status, headers, body });
        }
        MappedTo::Service | MappedTo::Url(_) => {
            let upstream = origin("backends", id, &url)?;
            if let Upstream::Origin(origin) = &upstream {
                hosts.insert(origin.to_string(), upstream.clone());
            }
        }
    }
    instance.lead_backend(id, url);
    Ok(())
}

fn origin(table: &str, name: &str, url: &str) -> Result<Upstream, RunError> {
    Origin::parse(url).map(Upstream::Origin).ok_or_else(|| {
        RunError::Usage(format!("[gateway.{table}] {name} = \"{url}\" is no http or https URL with a host"))
    })
}

/// What is published beside the APIs whose documents lie in the folder.
fn apis(options: &FrontOptions, instance: &Instance, contracts: &Path) -> Result<Vec<Api>, RunError> {
    let mut apis = Vec::new();
    for given in &options.openapi {
        let (id, file) = match given.split_once('=') {
            Some((id, file)) => (Some(id), Path::new(file)),
            None => (None, Path::new(given)),
        };
        if file.is_dir() {
            apis.extend(of_contracts(file)?);
            continue;
        }
        let openapi = OpenApi::load(file).map_err(RunError::Input)?;
        let id = id.map_or_else(|| likely_id(instance, file), str::to_owned);
        apis.push(Api { id: ContractId::new(&id, ""), openapi: openapi.into() });
    }
    let described = instance.apis.values().any(|api| api.specification.is_some());
    if apis.is_empty() && !described && contracts.is_dir() {
        apis.extend(of_contracts(contracts)?);
    }
    if apis.is_empty() && !described {
        return Err(RunError::Nothing(format!(
            "no API in {}: the gateway would publish nothing\nhint: --openapi FILE names an OpenAPI document, or a folder of contracts",
            options.policies.display()
        )));
    }
    Ok(apis)
}

fn of_contracts(folder: &Path) -> Result<Vec<Api>, RunError> {
    let contracts = contract::load_dir(folder).map_err(RunError::Input)?;
    let published = contracts.iter().filter(|c| !c.is_consumed());
    Ok(published.map(|c| Api { id: c.id.clone(), openapi: c.openapi.clone() }).collect())
}

/// The API that a lone document is of: the only one that the folder has
/// policies for, else one of the file's name.
fn likely_id(instance: &Instance, file: &Path) -> String {
    match instance.documented_apis().as_slice() {
        [only] => only.clone(),
        _ => file.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
    }
}
