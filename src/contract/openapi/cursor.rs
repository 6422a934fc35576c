//! A node of the document together with its JSON Pointer, which follows
//! `$ref`s.

use crate::diagnose::{Diagnostic, Diagnostics, Node, Value, closest};

/// How many `$ref`s are followed in a row before they count as a cycle.
pub(super) const MAX_HOPS: usize = 64;

/// A node and where it stands.
#[derive(Clone)]
pub(super) struct Cursor<'n> {
    pub(super) root: &'n Node,
    pub(super) node: &'n Node,
    pub(super) pointer: String,
}

impl<'n> Cursor<'n> {
    /// The document's root.
    pub(super) fn root(root: &'n Node) -> Self {
        Self { root, node: root, pointer: String::new() }
    }

    /// The value under a key.
    pub(super) fn get(&self, key: &str) -> Option<Self> {
        let node = self.node.get(key)?;
        Some(self.at(node, key))
    }

    fn at(&self, node: &'n Node, token: &str) -> Self {
        Self { root: self.root, node, pointer: format!("{}/{}", self.pointer, escape(token)) }
    }

    /// The text under a key; other kinds are a warning.
    pub(super) fn text(&self, key: &str, notices: &mut Diagnostics) -> Option<&'n str> {
        let node = self.node.get(key)?;
        if node.as_str().is_none() {
            notices.push(
                Diagnostic::warning(node.place.clone(), format!("`{key}` is no text"))
                    .expected("text")
                    .actual(node.kind()),
            );
        }
        node.as_str()
    }

    /// The boolean under a key; other kinds are a warning and read as false.
    pub(super) fn flag(&self, key: &str, notices: &mut Diagnostics) -> Option<bool> {
        let node = self.node.get(key)?;
        if let Value::Bool(value) = node.value {
            return Some(value);
        }
        notices.push(
            Diagnostic::warning(node.place.clone(), format!("`{key}` is neither true nor false"))
                .expected("true or false")
                .actual(node.kind()),
        );
        None
    }

    /// The entries of a mapping by their keys as text; empty where it is none.
    pub(super) fn entries(&self) -> Vec<(String, &'n Node, Self)> {
        self.node
            .as_mapping()
            .unwrap_or_default()
            .iter()
            .map(|(key, value)| {
                let name = key.key_text();
                let cursor = self.at(value, &name);
                (name, key, cursor)
            })
            .collect()
    }

    /// The elements of a list; empty where it is none.
    pub(super) fn elements(&self) -> Vec<Self> {
        let items = self.node.as_sequence().unwrap_or_default();
        items.iter().enumerate().map(|(index, node)| self.at(node, &index.to_string())).collect()
    }

    /// Follows `$ref`s to what they mean; a dangling or circular one, and what
    /// is no mapping in the end, is told and gives `None`.
    pub(super) fn follow(self, what: &str, notices: &mut Diagnostics) -> Option<Self> {
        let mut at = self;
        for _ in 0..MAX_HOPS {
            let Some(reference) = at.node.get("$ref") else {
                if at.node.as_mapping().is_none() {
                    notices.push(
                        Diagnostic::warning(at.node.place.clone(), format!("{what} is no mapping and is left out"))
                            .expected("a mapping")
                            .actual(at.node.kind()),
                    );
                    return None;
                }
                return Some(at);
            };
            let text = reference.as_str().unwrap_or_default();
            let Some(pointer) = local_pointer(text) else {
                notices.push(Diagnostic::notice(
                    reference.place.clone(),
                    format!("{what} `{text}` is outside of the document and is left out"),
                ));
                return None;
            };
            let Some(node) = at.root.pointer(&pointer) else {
                notices.push(dangling(at.root, reference, text, &pointer, what));
                return None;
            };
            at = Self { root: at.root, node, pointer };
        }
        notices.push(
            Diagnostic::warning(
                at.node.place.clone(),
                format!("the `$ref`s of {what} lead in a circle; it is left out"),
            )
            .expected(format!("fewer than {MAX_HOPS} `$ref`s in a row")),
        );
        None
    }

    /// Warns of keys that OpenAPI does not know here; `x-` keys are free.
    pub(super) fn known_keys(&self, what: &str, known: &[&str], notices: &mut Diagnostics) {
        for (key, _) in self.node.as_mapping().unwrap_or_default() {
            let name = key.key_text();
            if name.starts_with("x-") || known.contains(&name.as_str()) {
                continue;
            }
            let mut fault = Diagnostic::warning(key.place.clone(), format!("unknown key `{name}` in {what}"));
            if let Some(near) = closest(&name, known.iter().copied()) {
                fault = fault.hint(format!("did you mean `{near}`?"));
            }
            notices.push(fault);
        }
    }
}

fn dangling(root: &Node, reference: &Node, text: &str, pointer: &str, what: &str) -> Diagnostic {
    let fault = Diagnostic::warning(reference.place.clone(), format!("{what} `{text}` does not exist and is left out"));
    let (parent, name) = pointer.rsplit_once('/').unwrap_or(("", pointer));
    let keys: Vec<String> =
        root.pointer(parent).and_then(Node::as_mapping).unwrap_or_default().iter().map(|(k, _)| k.key_text()).collect();
    match closest(name, keys.iter().map(String::as_str)) {
        Some(near) => fault.hint(format!("did you mean `#{parent}/{near}`?")),
        None => fault.expected("a `$ref` that leads to something in the document"),
    }
}

/// The JSON Pointer of a `$ref` into the same document (`#/a/b`, `#`).
pub(super) fn local_pointer(reference: &str) -> Option<String> {
    let fragment = reference.strip_prefix('#')?;
    if !fragment.is_empty() && !fragment.starts_with('/') {
        return None;
    }
    Some(percent_encoding::percent_decode_str(fragment).decode_utf8_lossy().into_owned())
}

/// A key as a token of a JSON Pointer (RFC 6901 §3).
pub(super) fn escape(token: &str) -> String {
    if token.contains(['~', '/']) { token.replace('~', "~0").replace('/', "~1") } else { token.to_owned() }
}
