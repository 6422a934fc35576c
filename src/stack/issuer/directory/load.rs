//! `mocks/issuer/*.yaml` into a [`Directory`]: strict, all faults at once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::read::{self, Source};
use super::{Client, Directory, Registered};
use crate::diagnose::{Diagnostic, Diagnostics, Node, Place, closest, parse_yaml};

/// What ships, for a stack that has no folder of its own.
const SHIPPED: &str = include_str!("../../../../mocks/issuer/tenant.yaml");

impl Directory {
    /// Reads every `.yaml` file of a folder as a tenant, in the order of their
    /// names; the first is the home tenant. Where there is no such folder, what
    /// ships is taken.
    ///
    /// # Errors
    /// Files that can't be read or say something that is not known, with every
    /// fault.
    pub fn load(folder: &Path) -> Result<Self, Diagnostics> {
        if !folder.exists() {
            return Ok(Self::shipped());
        }
        let mut diagnostics = Diagnostics::new();
        let mut tenants = Vec::new();
        for path in files(folder, &mut diagnostics) {
            let name = path.display().to_string();
            match std::fs::read_to_string(&path) {
                Ok(text) => tenants.extend(tenant(&name, &text, folder, &mut diagnostics)),
                Err(fault) => {
                    diagnostics.push(Diagnostic::error(Place::file(name), format!("can't be read: {fault}")));
                }
            }
        }
        if diagnostics.has_errors() { Err(diagnostics) } else { Ok(Self { tenants }) }
    }

    /// The faults of a folder, for lint: what [`Self::load`] would say.
    pub fn lint(folder: &Path) -> Diagnostics {
        Self::load(folder).err().unwrap_or_default()
    }

    /// What ships with the program.
    ///
    /// # Panics
    /// Never: a test reads it.
    pub fn shipped() -> Self {
        let mut diagnostics = Diagnostics::new();
        let tenant = tenant("mocks/issuer/tenant.yaml", SHIPPED, Path::new(""), &mut diagnostics);
        Self { tenants: vec![tenant.expect("the shipped tenant has no fault")] }
    }
}

fn files(folder: &Path, diagnostics: &mut Diagnostics) -> Vec<PathBuf> {
    let place = Place::file(folder.display().to_string());
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(fault) => {
            diagnostics.push(Diagnostic::error(place, format!("can't be read: {fault}")));
            return Vec::new();
        }
    };
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| entry.ok().map(|e| e.path()))
        .filter(|path| path.extension().is_some_and(|e| e == "yaml"))
        .collect();
    files.sort();
    if files.is_empty() {
        diagnostics.push(
            Diagnostic::error(place, "no tenant stands here")
                .expected("a file such as tenant.yaml for each tenant")
                .hint("remove the folder, and the tenant that ships is taken"),
        );
    }
    files
}

/// Reads one tenant; `None` where it has faults.
pub(super) fn tenant(name: &str, text: &str, folder: &Path, diagnostics: &mut Diagnostics) -> Option<Registered> {
    let node = match parse_yaml(name, text) {
        Ok(node) => node,
        Err(fault) => {
            diagnostics.push(fault);
            return None;
        }
    };
    let mut found = Diagnostics::new();
    let tenant = read::tenant(&Source { node: &node, folder }, &mut found);
    if let Some(tenant) = &tenant {
        unique(tenant, &node, &mut found);
        granted(tenant, &node, &mut found);
    }
    let sound = !found.has_errors();
    diagnostics.extend(found);
    tenant.filter(|_| sound)
}

/// An id or a URI stands for one thing.
fn unique(tenant: &Registered, node: &Node, diagnostics: &mut Diagnostics) {
    let resources = tenant.resources.iter().flat_map(|r| {
        let names = r.uris.iter().map(|uri| uri.trim_end_matches('/').to_owned());
        std::iter::once(r.application_id.clone()).chain(names).map(|id| (format!("/resources/{}", r.name), id))
    });
    let section = |c: &Client| if c.managed { "managed_identities" } else { "clients" };
    let clients = tenant.clients.iter().map(|c| (format!("/{}/{}", section(c), c.name), c.application_id.clone()));
    let (resources, clients): (Vec<_>, Vec<_>) = (resources.collect(), clients.collect());
    // An API that calls another one is a resource and a client under one id.
    for list in [resources, clients] {
        let mut seen: BTreeMap<String, String> = BTreeMap::new();
        for (at, id) in list {
            if let Some(other) = seen.get(&id) {
                let place = node.pointer(&at).map_or_else(|| node.place.clone(), |n| n.place.clone());
                let other = other.trim_start_matches('/').replace('/', ".");
                diagnostics.push(Diagnostic::error(place, format!("`{id}` is already that of {other}")));
            } else {
                seen.insert(id, at);
            }
        }
    }
}

/// Roles are granted only where they are defined.
fn granted(tenant: &Registered, node: &Node, diagnostics: &mut Diagnostics) {
    for client in &tenant.clients {
        let section = if client.managed { "managed_identities" } else { "clients" };
        let roles = node.get(section).and_then(|n| n.get(&client.name)).and_then(|n| n.get("roles"));
        for (key, list) in roles.and_then(Node::as_mapping).unwrap_or_default() {
            let name = key.key_text();
            let Some(resource) = tenant.resource_named(&name) else {
                diagnostics.push(unknown(key, &name, "resource", tenant.resources.iter().map(|r| r.name.as_str())));
                continue;
            };
            for role in list.as_sequence().unwrap_or_default() {
                let text = role.key_text();
                if !resource.roles.contains(&text) {
                    let what = format!("role of {name}");
                    diagnostics.push(unknown(role, &text, &what, resource.roles.iter().map(String::as_str)));
                }
            }
        }
    }
}

fn unknown<'a>(node: &Node, found: &str, what: &str, known: impl Iterator<Item = &'a str> + Clone) -> Diagnostic {
    let names: Vec<String> = known.clone().map(|name| format!("`{name}`")).collect();
    let fault = Diagnostic::error(node.place.clone(), format!("`{found}` is no {what}"));
    let fault = if names.is_empty() { fault } else { fault.expected(format!("one of {}", names.join(", "))) };
    match closest(found, known) {
        Some(near) => fault.hint(format!("did you mean `{near}`?")),
        None => fault,
    }
}
