//! The text that grows: lines, notes, and lines that are switched off.

use crate::contract::openapi::Operation;

/// A behaviour file being written. A note begins with `# `; a line that is
/// switched off has `#` and its key right behind it, so that both can be told
/// apart.
pub(super) struct Sheet(String);

impl Sheet {
    pub(super) fn new() -> Self {
        Self(String::new())
    }

    pub(super) fn into_text(self) -> String {
        self.0
    }

    /// An empty line, before a new part.
    pub(super) fn gap(&mut self) {
        self.0.push('\n');
    }

    /// A line that counts.
    pub(super) fn line(&mut self, text: &str) {
        self.0.push_str(text);
        self.0.push('\n');
    }

    /// A line, switched on or off. `#` stands behind the indentation.
    pub(super) fn switched(&mut self, on: bool, text: &str) {
        if on {
            return self.line(text);
        }
        let code = text.trim_start_matches(' ');
        self.line(&format!("{}#{code}", &text[..text.len() - code.len()]));
    }

    /// A line that is switched off.
    pub(super) fn off(&mut self, text: &str) {
        self.switched(false, text);
    }

    /// A note, over as many lines as it needs.
    pub(super) fn note(&mut self, text: &str) {
        let mut line = "#".to_owned();
        for word in shown(text).split_whitespace() {
            if line.chars().count() + 1 + word.chars().count() > 96 && line != "#" {
                self.line(&line);
                "#".clone_into(&mut line);
            }
            line.push(' ');
            line.push_str(word);
        }
        self.line(&line);
    }
}

/// A text that can't end the comment it stands in.
fn shown(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}') { ' ' } else { c })
        .collect()
}

/// A text as a YAML scalar: plain where that is safe, else in double quotes.
pub(super) fn scalar(text: &str) -> String {
    let word = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '_');
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || "_-./*".contains(c));
    let means_more = ["true", "false", "null", "yes", "no", "on", "off"].contains(&text.to_ascii_lowercase().as_str());
    if word && plain && !means_more {
        return text.to_owned();
    }
    serde_json::Value::from(text).to_string()
}

/// Scalars as a list.
pub(super) fn sequence<'t>(texts: impl IntoIterator<Item = &'t str>) -> String {
    format!("[{}]", texts.into_iter().map(scalar).collect::<Vec<_>>().join(", "))
}

/// Where an operation stands, as a JSON Pointer.
pub(super) fn pointer(operation: &Operation) -> String {
    let path = operation.path.replace('~', "~0").replace('/', "~1");
    format!("/paths/{path}/{}", operation.method.as_str().to_ascii_lowercase())
}

/// `3 of 5 operations`, and the first of them.
pub(super) fn some_of(found: &[&Operation], all: usize) -> String {
    let first = found.first().map(|operation| format!(", e.g. {}", pointer(operation))).unwrap_or_default();
    format!("{} of {all} operations{first}", found.len())
}
