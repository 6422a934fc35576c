//! Each part of a tenant's file, key by key.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use uuid::Uuid;

use super::model::{self, application_id};
use super::{Certificate, Client, ClientKey, ClientSecret, IssuerNames, Lifetime, Registered, Resource, TokenVersion};
use crate::clock::{Timestamp, parse_duration};
use crate::diagnose::{Diagnostic, Diagnostics, Fields, Node, Value};

const FORMAT: &str = "seamstress/issuer-tenant/1";

/// How long Entra ID is known to keep a key published is not told; a day is
/// longer than any verifier keeps keys.
const KEYS_PUBLISHED_FOR: Duration = Duration::from_hours(24);

/// A file's root, and the folder that the files it names lie in.
pub(super) struct Source<'a> {
    pub(super) node: &'a Node,
    pub(super) folder: &'a Path,
}

pub(super) fn tenant(source: &Source<'_>, diagnostics: &mut Diagnostics) -> Option<Registered> {
    let mut fields = Fields::of(source.node, diagnostics);
    format(&mut fields);
    let id = guid(&mut fields, "id");
    let domains = texts(&mut fields, "domains");
    let region = fields.optional_str("region").unwrap_or("EU").to_owned();
    let issuer = issuer_names(&mut fields);
    let lifetime = fields.optional("token_lifetime").map(|n| lifetime(n, fields.diagnostics())).unwrap_or_default();
    let keys_published_for = span(&mut fields, "keys_published_for").unwrap_or(KEYS_PUBLISHED_FOR);
    let parts = ["resources", "clients", "managed_identities"].map(|key| fields.optional(key));
    fields.finish();
    let [resources, clients, managed] = parts;
    let resources = named(resources, diagnostics, resource);
    let mut all = named(clients, diagnostics, |name, node, found| client(name, node, source.folder, found));
    all.extend(named(managed, diagnostics, managed_identity));
    Some(Registered {
        id: id?,
        domains,
        region,
        issuer,
        lifetime,
        keys_published_for,
        resources,
        clients: all,
        aliases: Arc::default(),
    })
}

fn format(fields: &mut Fields<'_, '_>) {
    let place = fields.place();
    if let Some(found) = fields.required_str("format")
        && found != FORMAT
    {
        let fault = Diagnostic::error(place, "another format").expected(format!("`{FORMAT}`"));
        fields.diagnostics().push(fault.actual(format!("`{found}`")));
    }
}

/// The entries of a mapping from names, each read by `read`.
fn named<T>(
    node: Option<&Node>,
    diagnostics: &mut Diagnostics,
    read: impl Fn(&str, &Node, &mut Diagnostics) -> Option<T>,
) -> Vec<T> {
    let Some(node) = node else { return Vec::new() };
    let Some(entries) = node.as_mapping() else {
        node.wrong_kind("a mapping from names", diagnostics);
        return Vec::new();
    };
    entries.iter().filter_map(|(name, node)| read(&name.key_text(), node, diagnostics)).collect()
}

fn resource(name: &str, node: &Node, diagnostics: &mut Diagnostics) -> Option<Resource> {
    let mut fields = Fields::of(node, diagnostics);
    let application_id = guid(&mut fields, "application_id");
    let mut uris = texts(&mut fields, "uris");
    uris.extend(fields.optional_str("uri").map(str::to_owned));
    let roles = texts(&mut fields, "roles");
    let version = match fields.optional("token_version").map(|node| (node, node.key_text())) {
        None => TokenVersion::V1,
        Some((node, _)) if matches!(node.value, Value::Null) => TokenVersion::V1,
        Some((_, text)) if text == "1" => TokenVersion::V1,
        Some((_, text)) if text == "2" => TokenVersion::V2,
        Some((node, _)) => {
            node.wrong_kind("1, 2 or null (requestedAccessTokenVersion)", fields.diagnostics());
            TokenVersion::V1
        }
    };
    let assignment_required = flag(&mut fields, "assignment_required");
    let idtyp = flag(&mut fields, "idtyp");
    fields.finish();
    let application_id = application_id?;
    Some(Resource { name: name.to_owned(), application_id, uris, roles, version, assignment_required, idtyp })
}

fn client(name: &str, node: &Node, folder: &Path, diagnostics: &mut Diagnostics) -> Option<Client> {
    let mut fields = Fields::of(node, diagnostics);
    let (secrets, certificates) = (fields.optional("secrets"), fields.optional("certificates"));
    let mut client = principal(name, &mut fields);
    let disabled = flag(&mut fields, "disabled");
    fields.finish();
    let secrets = items(secrets, diagnostics).into_iter().filter_map(|n| secret(n, diagnostics)).collect();
    let certificates =
        items(certificates, diagnostics).into_iter().filter_map(|n| certificate(n, folder, diagnostics)).collect();
    if let Some(client) = &mut client {
        (client.secrets, client.certificates, client.disabled) = (secrets, certificates, disabled);
    }
    client
}

/// Its one secret is the platform's own.
fn managed_identity(name: &str, node: &Node, diagnostics: &mut Diagnostics) -> Option<Client> {
    let mut fields = Fields::of(node, diagnostics);
    let client = principal(name, &mut fields);
    fields.finish();
    let secrets = vec![ClientSecret { name: "main".to_owned(), expires: None }];
    client.map(|client| Client { secrets, managed: true, ..client })
}

fn principal(name: &str, fields: &mut Fields<'_, '_>) -> Option<Client> {
    let id = match fields.optional("application_id") {
        Some(_) => guid(fields, "application_id")?,
        // Always the same for the same name.
        None => application_id(name),
    };
    let object_id = match fields.optional("object_id") {
        Some(_) => guid(fields, "object_id")?,
        None => model::object_id(&id),
    };
    let roles = fields.optional("roles").map(|node| roles(node, fields.diagnostics())).unwrap_or_default();
    Some(Client {
        name: name.to_owned(),
        application_id: id,
        object_id,
        secrets: Vec::new(),
        certificates: Vec::new(),
        roles,
        disabled: false,
        managed: false,
    })
}

fn roles(node: &Node, diagnostics: &mut Diagnostics) -> BTreeMap<String, Vec<String>> {
    let Some(entries) = node.as_mapping() else {
        node.wrong_kind("a mapping from resources to lists of roles", diagnostics);
        return BTreeMap::new();
    };
    let mut roles = BTreeMap::new();
    for (resource, list) in entries {
        let names = items(Some(list), diagnostics).into_iter().map(Node::key_text).collect();
        roles.insert(resource.key_text(), names);
    }
    roles
}

/// A name alone, or a name with its end.
fn secret(node: &Node, diagnostics: &mut Diagnostics) -> Option<ClientSecret> {
    if let Some(name) = node.as_str() {
        return Some(ClientSecret { name: name.to_owned(), expires: None });
    }
    let mut fields = Fields::of(node, diagnostics);
    let name = fields.required_str("name").map(str::to_owned);
    let expires = fields.optional("expires");
    let end = expires.and_then(|node| {
        let end = node.as_str().and_then(Timestamp::parse);
        if end.is_none() {
            node.wrong_kind("an instant such as 2026-12-31T00:00:00Z", fields.diagnostics());
        }
        end
    });
    fields.finish();
    Some(ClientSecret { name: name?, expires: end })
}

/// A name alone: made when it is asked for. Or a name and a file: a
/// certificate in PEM, or a JSON Web Key Set.
fn certificate(node: &Node, folder: &Path, diagnostics: &mut Diagnostics) -> Option<Certificate> {
    if let Some(name) = node.as_str() {
        return Some(Certificate { name: name.to_owned(), keys: None });
    }
    let mut fields = Fields::of(node, diagnostics);
    let name = fields.required_str("name").map(str::to_owned);
    let file = fields.required("file");
    fields.finish();
    let file = file?;
    let Some(path) = file.as_str() else {
        file.wrong_kind("the name of a file beside this one", diagnostics);
        return None;
    };
    let path = folder.join(path);
    match keys(&path) {
        Ok(keys) => Some(Certificate { name: name?, keys: Some(keys) }),
        Err(what) => {
            let fault = Diagnostic::error(file.place.clone(), format!("{}: {what}", path.display()));
            diagnostics.push(fault.expected("an X.509 certificate in PEM, or a JSON Web Key Set, with RSA keys"));
            None
        }
    }
}

fn keys(path: &Path) -> Result<Vec<ClientKey>, String> {
    let bytes = std::fs::read(path).map_err(|fault| format!("can't be read: {fault}"))?;
    let keys: Option<Vec<ClientKey>> = match serde_json::from_slice::<serde_json::Value>(&bytes) {
        Ok(set) => {
            let listed = set.get("keys").and_then(serde_json::Value::as_array);
            listed.map_or_else(|| vec![&set], |keys| keys.iter().collect()).into_iter().map(ClientKey::of_jwk).collect()
        }
        Err(_) => CertificateDer::pem_slice_iter(&bytes)
            .map(|der| der.ok().and_then(|der| ClientKey::of_certificate(&der)))
            .collect(),
    };
    keys.filter(|keys| !keys.is_empty()).ok_or_else(|| "no RSA key of 2048 bits or more".to_owned())
}

fn issuer_names(fields: &mut Fields<'_, '_>) -> IssuerNames {
    let Some(node) = fields.optional("issuer") else { return IssuerNames::default() };
    match node.as_str() {
        Some("local") => IssuerNames::Local,
        Some("entra") => IssuerNames::Entra,
        _ => {
            node.wrong_kind("`local` or `entra`", fields.diagnostics());
            IssuerNames::default()
        }
    }
}

/// One span, or two with `..` between them.
fn lifetime(node: &Node, diagnostics: &mut Diagnostics) -> Lifetime {
    let seconds = |text: &str| parse_duration(text).map(|span| span.as_secs()).filter(|s| *s > 0);
    let read = node.as_str().and_then(|text| match text.split_once("..") {
        None => seconds(text).map(|s| Lifetime { from: s, to: s }),
        Some((from, to)) => Some(Lifetime { from: seconds(from)?, to: seconds(to)? }).filter(|l| l.from <= l.to),
    });
    read.unwrap_or_else(|| {
        node.wrong_kind("a span such as `60 min`, or a range such as `60 min .. 90 min`", diagnostics);
        Lifetime::default()
    })
}

fn guid(fields: &mut Fields<'_, '_>, key: &'static str) -> Option<String> {
    let node = fields.required(key)?;
    let found = node.as_str().and_then(|text| Uuid::parse_str(text).ok());
    if found.is_none() {
        node.wrong_kind("a GUID", fields.diagnostics());
    }
    found.map(|id| id.to_string())
}

fn span(fields: &mut Fields<'_, '_>, key: &'static str) -> Option<Duration> {
    let node = fields.optional(key)?;
    let found = node.as_str().and_then(parse_duration);
    if found.is_none() {
        node.wrong_kind("a span such as `24 h`", fields.diagnostics());
    }
    found
}

fn texts(fields: &mut Fields<'_, '_>, key: &'static str) -> Vec<String> {
    let node = fields.optional(key);
    let items = items(node, fields.diagnostics());
    items.into_iter().map(Node::key_text).collect()
}

fn items<'n>(node: Option<&'n Node>, diagnostics: &mut Diagnostics) -> Vec<&'n Node> {
    let Some(node) = node else { return Vec::new() };
    let Some(items) = node.as_sequence() else {
        node.wrong_kind("a list", diagnostics);
        return Vec::new();
    };
    items.iter().collect()
}

fn flag(fields: &mut Fields<'_, '_>, key: &'static str) -> bool {
    match fields.optional(key) {
        None => false,
        Some(Node { value: Value::Bool(found), .. }) => *found,
        Some(node) => {
            node.wrong_kind("true or false", fields.diagnostics());
            false
        }
    }
}
