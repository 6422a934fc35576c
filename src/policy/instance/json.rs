//! Lenient reading of what a tool wrote: what is not known is no fault, what
//! is known has to be of its kind.

use std::fs;
use std::path::Path;

use crate::diagnose::{Diagnostic, Diagnostics, Node, Place, Value, parse_yaml};

/// The file's content; a file that can't be read is a fault.
pub(super) fn read(path: &Path, diagnostics: &mut Diagnostics) -> Option<Node> {
    let name = path.display().to_string();
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(e) => {
            diagnostics.push(Diagnostic::error(Place::file(name), format!("the file can't be read: {e}")));
            return None;
        }
    };
    parse_yaml(&name, text.trim_start_matches('\u{feff}')).map_err(|fault| diagnostics.push(fault)).ok()
}

/// A resource that the extractor wrote: what stands in `properties`.
pub(super) struct Resource<'d> {
    properties: Node,
    diagnostics: &'d mut Diagnostics,
}

impl<'d> Resource<'d> {
    /// Reads a file.
    pub(super) fn read(path: &Path, diagnostics: &'d mut Diagnostics) -> Option<Self> {
        let node = read(path, diagnostics)?;
        let properties = node.get("properties").cloned().unwrap_or(node);
        Some(Self { properties, diagnostics })
    }

    pub(super) fn place(&self) -> Place {
        self.properties.place.clone()
    }

    /// What stands at the end of a path of keys.
    pub(super) fn node(&self, path: &[&str]) -> Option<&Node> {
        let node = path.iter().try_fold(&self.properties, |node, key| node.get(key))?;
        (!matches!(node.value, Value::Null)).then_some(node)
    }

    fn typed<T>(&mut self, path: &[&str], expected: &str, read: impl Fn(&Node) -> Option<T>) -> Option<T> {
        let node = self.node(path)?;
        let value = read(node);
        if value.is_none() {
            let node = node.clone();
            node.wrong_kind(expected, self.diagnostics);
        }
        value
    }

    /// Text; a number is text as well, since revisions are written both ways.
    pub(super) fn text(&mut self, path: &[&str]) -> Option<String> {
        self.typed(path, "text", |node| match &node.value {
            Value::String(text) => Some(text.clone()),
            Value::Number(_) | Value::Bool(_) => Some(node.key_text()),
            _ => None,
        })
    }

    /// `true` or `false`.
    pub(super) fn flag(&mut self, path: &[&str]) -> Option<bool> {
        self.typed(path, "true or false", |node| match node.value {
            Value::Bool(flag) => Some(flag),
            _ => None,
        })
    }

    /// An integer.
    pub(super) fn number(&mut self, path: &[&str]) -> Option<i64> {
        self.typed(path, "a number", |node| match &node.value {
            Value::Number(number) => number.as_i64(),
            _ => None,
        })
    }

    /// A fault of this resource.
    pub(super) fn fault(&mut self, fault: Diagnostic) {
        self.diagnostics.push(fault);
    }
}

/// The last part of a resource's id: `/products/starter` is `starter`.
pub(super) fn last(id: &str) -> &str {
    id.trim_end_matches('/').rsplit('/').next().unwrap_or(id)
}
