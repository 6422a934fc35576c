//! Strict reading of a mapping: each key is asked for by name, and what was
//! not asked for is a fault.

use super::{Diagnostic, Diagnostics, Node, Place, closest};

/// A mapping that is being read. Ask for each key, then call
/// [`Fields::finish`]: keys nobody asked for become errors with "did you mean".
#[must_use = "call finish(), or unknown keys pass unseen"]
pub struct Fields<'n, 'd> {
    place: Place,
    entries: &'n [(Node, Node)],
    asked: Vec<&'static str>,
    diagnostics: &'d mut Diagnostics,
}

impl<'n, 'd> Fields<'n, 'd> {
    /// Begins reading; a node that is no mapping is a fault and reads as empty.
    pub fn of(node: &'n Node, diagnostics: &'d mut Diagnostics) -> Self {
        let entries = node.as_mapping().unwrap_or_else(|| {
            node.wrong_kind("a mapping", diagnostics);
            &[]
        });
        let mut seen: Vec<String> = Vec::new();
        for (key, _) in entries {
            let name = key.key_text();
            if seen.contains(&name) {
                diagnostics.push(Diagnostic::error(key.place.clone(), format!("key `{name}` stands twice")));
            }
            seen.push(name);
        }
        Self { place: node.place.clone(), entries, asked: Vec::new(), diagnostics }
    }

    /// Where the mapping begins.
    pub fn place(&self) -> Place {
        self.place.clone()
    }

    /// Where faults go.
    pub fn diagnostics(&mut self) -> &mut Diagnostics {
        self.diagnostics
    }

    /// The node under a key, if the key stands there.
    pub fn optional(&mut self, key: &'static str) -> Option<&'n Node> {
        if !self.asked.contains(&key) {
            self.asked.push(key);
        }
        self.entries.iter().find(|(k, _)| k.key_text() == key).map(|(_, v)| v)
    }

    /// The node under a key; its absence is a fault.
    pub fn required(&mut self, key: &'static str) -> Option<&'n Node> {
        let found = self.optional(key);
        if found.is_none() {
            let place = self.place.clone();
            self.diagnostics.push(
                Diagnostic::error(place, format!("`{key}` is missing"))
                    .expected(format!("a key `{key}` in this mapping")),
            );
        }
        found
    }

    /// The text under an optional key; a value that is no text is a fault.
    pub fn optional_str(&mut self, key: &'static str) -> Option<&'n str> {
        let node = self.optional(key)?;
        if node.as_str().is_none() {
            node.wrong_kind("text", self.diagnostics);
        }
        node.as_str()
    }

    /// The text under a key that must be there.
    pub fn required_str(&mut self, key: &'static str) -> Option<&'n str> {
        let node = self.required(key)?;
        if node.as_str().is_none() {
            node.wrong_kind("text", self.diagnostics);
        }
        node.as_str()
    }

    /// Ends reading: every key that was not asked for is a fault.
    pub fn finish(self) {
        let Self { entries, asked, diagnostics, .. } = self;
        for (key, _) in entries {
            let name = key.key_text();
            if asked.iter().any(|known| *known == name) {
                continue;
            }
            let mut fault = Diagnostic::error(key.place.clone(), format!("unknown key `{name}`"))
                .expected(format!("one of {}", list(&asked)));
            if let Some(near) = closest(&name, asked.iter().copied()) {
                fault = fault.hint(format!("did you mean `{near}`?"));
            }
            diagnostics.push(fault);
        }
    }
}

fn list(words: &[&str]) -> String {
    words.iter().map(|w| format!("`{w}`")).collect::<Vec<_>>().join(", ")
}
