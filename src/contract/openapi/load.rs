//! From text to [`OpenApi`].

use std::path::Path;
use std::sync::Arc;

use super::bundle::{Home, bundle, read_text};
use super::cursor::Cursor;
use super::link::linked;
use super::mend::mend;
use super::notice::brief;
use super::operation::operations;
use super::security::schemes;
use super::server::server;
use super::tidy::tidy;
use super::{Dialect, OpenApi};
use crate::diagnose::{Diagnostic, Diagnostics, Node, Place, Value, parse_yaml};

impl OpenApi {
    /// Reads a document from its text; `file` is the name shown in places.
    /// Files that it refers to are not read, see [`OpenApi::load`].
    ///
    /// # Errors
    /// Everything that makes the document unusable, all at once. What merely
    /// can't be tested lies in [`OpenApi::notices`].
    pub fn parse(file: &str, text: &str) -> Result<Self, Diagnostics> {
        read(file, text, None)
    }

    /// Reads a document from a file, and the files beneath its folder that it
    /// refers to.
    ///
    /// # Errors
    /// As [`OpenApi::parse`], and a file that can't be read.
    pub fn load(path: &Path) -> Result<Self, Diagnostics> {
        Self::load_within(path, path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new(".")))
    }

    /// As [`OpenApi::load`], where files beneath `folder` may be referred to,
    /// which the document's own folder is or lies in.
    ///
    /// # Errors
    /// As [`OpenApi::load`].
    pub fn load_within(path: &Path, folder: &Path) -> Result<Self, Diagnostics> {
        let file = path.to_string_lossy();
        let text = read_text(path).map_err(|fault| {
            Diagnostic::error(Place::file(&*file), format!("the file can't be read: {fault}"))
                .expected("an OpenAPI document, 3.0 or 3.1, as YAML or JSON")
        })?;
        let name = path.strip_prefix(folder).ok().or_else(|| path.file_name().map(Path::new));
        let name = name.unwrap_or(path).to_string_lossy().replace('\\', "/");
        read(&file, &text, Some(Home { folder, name: &name }))
    }
}

fn read(file: &str, text: &str, home: Option<Home<'_>>) -> Result<OpenApi, Diagnostics> {
    let mut source = parse_yaml(file, text)?;
    let mut faults = Diagnostics::new();
    let mut notices = Diagnostics::new();
    tidy(&mut source, &mut notices);
    if source.as_mapping().is_none() {
        source.wrong_kind("an OpenAPI document: a mapping", &mut faults);
        return Err(faults);
    }
    let Some(dialect) = dialect(&source, &mut faults) else {
        return Err(faults);
    };
    bundle(&mut source, home, &mut notices);
    let root = Cursor::root(&source);
    sections(&root, dialect, &mut faults, &mut notices);
    let server = server(&root, &mut notices).unwrap_or_default();
    let operations = linked(operations(&root, &server, &mut faults, &mut notices), &mut notices);
    let security_schemes = schemes(&root, &mut notices);
    let (title, version) = info(&root, &mut notices);
    if faults.has_errors() {
        return Err(faults);
    }
    let mut document = source.to_json();
    mend(&mut document, dialect, &source, &mut notices);
    Ok(OpenApi {
        file: file.into(),
        dialect,
        title,
        version,
        base_path: server.path,
        operations,
        security_schemes,
        document: Arc::new(document),
        source,
        notices: brief(notices),
        compiled: super::validate::Compiled::default(),
    })
}

fn dialect(source: &Node, faults: &mut Diagnostics) -> Option<Dialect> {
    let Some(node) = source.get("openapi") else {
        let old = source.get("swagger");
        let place = old.unwrap_or(source).place.clone();
        let fault = Diagnostic::error(place, "this is no OpenAPI 3 document").expected("`openapi: 3.1.0`");
        faults.push(match old {
            Some(old) => fault.actual(format!("`swagger: {}`", old.key_text())).hint("convert it to OpenAPI 3 first"),
            None => fault.actual("no key `openapi`"),
        });
        return None;
    };
    // `openapi: 3.1` without quotes is a number in YAML.
    let version = node.key_text();
    let is = |minor: &str| version == minor || version.strip_prefix(minor).is_some_and(|rest| rest.starts_with('.'));
    if is("3.0") {
        return Some(Dialect::OpenApi30);
    }
    if is("3.1") {
        return Some(Dialect::Draft202012);
    }
    let fault = Diagnostic::error(node.place.clone(), "this version of OpenAPI is not known");
    faults.push(fault.expected("`3.0.x` or `3.1.x`").actual(format!("`{version}`")));
    None
}

/// The kinds of the document's sections, and what of them is not tested.
fn sections(root: &Cursor<'_>, dialect: Dialect, faults: &mut Diagnostics, notices: &mut Diagnostics) {
    let known = [
        "openapi",
        "info",
        "jsonSchemaDialect",
        "servers",
        "paths",
        "webhooks",
        "components",
        "security",
        "tags",
        "externalDocs",
    ];
    root.known_keys("the document", &known, notices);
    if let Some(components) = root.node.get("components")
        && components.as_mapping().is_none()
        && !matches!(components.value, Value::Null)
    {
        components.wrong_kind("a mapping", faults);
    }
    if root.node.get("paths").is_none() {
        let place = root.node.place.clone();
        let needed = dialect == Dialect::OpenApi30
            || !["webhooks", "components"].iter().any(|section| root.node.get(section).is_some());
        if needed {
            faults.push(Diagnostic::error(place, "`paths` is missing").expected("a key `paths` in the document"));
        } else {
            notices.push(Diagnostic::notice(place, "the document has no paths, so nothing can be tested"));
        }
    }
    if let Some(webhooks) = root.node.get("webhooks") {
        let names = webhooks.as_mapping().unwrap_or_default().iter();
        let names: Vec<String> = names.map(|(name, _)| format!("`{}`", name.key_text())).collect();
        let what = format!("webhooks are not tested: {}", names.join(", "));
        let hint =
            "the service makes these calls itself; a contract with `role: consumer` in a contracts folder judges them";
        notices.push(Diagnostic::notice(webhooks.place.clone(), what).hint(hint));
    }
    if let Some(other) = root.node.get("jsonSchemaDialect").filter(|d| !is_base_dialect(d)) {
        notices.push(
            Diagnostic::notice(other.place.clone(), "schemas are read as JSON Schema 2020-12")
                .actual(format!("`{}`", other.key_text())),
        );
    }
}

fn is_base_dialect(node: &Node) -> bool {
    node.as_str().is_some_and(|uri| uri.contains("oas/3.1/dialect") || uri.contains("draft/2020-12/schema"))
}

fn info(root: &Cursor<'_>, notices: &mut Diagnostics) -> (String, String) {
    let Some(info) = root.get("info") else {
        notices
            .push(Diagnostic::warning(root.node.place.clone(), "`info` is missing").expected("a title and a version"));
        return (String::new(), String::new());
    };
    let title = info.text("title", notices).unwrap_or_default().to_owned();
    let version = info.node.get("version").map(Node::key_text).unwrap_or_default();
    (title, version)
}
