//! Exported definitions as files hold them.

use std::sync::Arc;

use crate::diagnose::{Diagnostic, Diagnostics, Node, Place, Value, parse_yaml};

/// A flow's definition out of a file.
#[derive(Clone, Debug)]
pub struct Export {
    /// The file, as the user named it.
    pub file: Arc<str>,
    /// The flow's name, as its owner wrote it as far as the file shows it.
    pub name: String,
    /// The flow's GUID in lower case, where the file shows it: other flows call
    /// it by it.
    pub guid: Option<String>,
    /// `definition`: triggers, actions, parameters.
    pub definition: Node,
}

impl Export {
    /// Reads a file: `Workflows/Name-GUID.json` of a solution, the `clientdata`
    /// of a row of the table `workflow`, such rows as the Web API answers them,
    /// or a bare definition.
    ///
    /// # Errors
    /// It is no JSON, or holds no definition.
    pub fn read(file: &str, text: &str) -> Result<Vec<Self>, Diagnostics> {
        let root = parse_yaml(file, text)?;
        let (name, guid) = named(file);
        let exports = found(&root, &name, guid.as_deref(), file)?;
        if exports.is_empty() {
            let fault = Diagnostic::error(root.place.clone(), "there is no flow's definition in this file")
                .expected("`properties.definition` with `triggers` and `actions`, or rows with `clientdata`")
                .hint("export the solution and give a file of its folder Workflows");
            return Err(fault.into());
        }
        Ok(exports)
    }
}

/// The name and the GUID in a file's name.
fn named(file: &str) -> (String, Option<String>) {
    let last = file.rsplit(['/', '\\']).next().unwrap_or(file);
    let stem = last.rsplit_once('.').map_or(last, |(stem, _)| stem);
    let cut = stem.len().checked_sub(36).filter(|cut| stem.is_char_boundary(*cut));
    let guid = cut.map(|cut| &stem[cut..]).filter(|guid| uuid::Uuid::try_parse(guid).is_ok());
    match guid {
        Some(guid) => {
            let name = stem[..stem.len() - guid.len()].trim_end_matches(['-', '_', ' ']);
            (if name.is_empty() { guid } else { name }.to_owned(), Some(guid.to_ascii_lowercase()))
        }
        None => (stem.to_owned(), None),
    }
}

fn found(root: &Node, name: &str, guid: Option<&str>, file: &str) -> Result<Vec<Export>, Diagnostics> {
    if let Some(rows) = root.get("value").and_then(Node::as_sequence).or_else(|| root.as_sequence()) {
        let (mut exports, mut faults) = (Vec::new(), Diagnostics::new());
        for row in rows {
            match found(row, name, guid, file) {
                Ok(more) => exports.extend(more),
                Err(more) => faults.extend(more),
            }
        }
        return if faults.has_errors() { Err(faults) } else { Ok(exports) };
    }
    let text = |key: &str| root.get(key).and_then(Node::as_str);
    let name = text("name").or_else(|| root.pointer("/properties/displayName")?.as_str()).unwrap_or(name);
    let own = text("workflowid").map(str::to_ascii_lowercase);
    let guid = own.as_deref().or(guid);
    if let Some((inner, place)) = within(root) {
        let parsed =
            parse_yaml(&format!("{file} (clientdata)"), inner).map_err(|fault| Diagnostic { place, ..fault })?;
        return found(&parsed, name, guid, file);
    }
    let places = [root.pointer("/properties/definition"), root.get("definition"), Some(root)];
    let definition = places.into_iter().flatten().find(|node| node.get("actions").is_some());
    Ok(definition
        .map(|definition| Export {
            file: file.into(),
            name: name.to_owned(),
            guid: guid.map(str::to_owned),
            definition: definition.clone(),
        })
        .into_iter()
        .collect())
}

/// A definition that is written as a text, and where.
fn within(root: &Node) -> Option<(&str, Place)> {
    let node = match &root.value {
        Value::String(_) => root,
        _ => root.get("clientdata")?,
    };
    Some((node.as_str()?, node.place.clone()))
}
