//! What the reference leaves unsure, or tells in two ways, as settings of
//! `environment.yaml`.

use std::time::Duration;

use crate::clock::parse_duration;
use crate::diagnose::{Diagnostic, Fields, Node, Value};

/// How the environment speaks and acts where sources conflict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::stack::dataverse) struct Conduct {
    /// Conditional requests are refused with an empty code (reference A5).
    pub(in crate::stack::dataverse) empty_conditional_codes: bool,
    /// A second row with the same alternate key is refused as a plug-in would:
    /// 400 `0x80040265` (reference A9).
    pub(in crate::stack::dataverse) plugin_duplicates: bool,
    /// The status of a second row with the same primary key: 412 or 409.
    pub(in crate::stack::dataverse) duplicate_status: u16,
    /// The status of what duplicate detection finds: 412 or 500 (reference
    /// A10).
    pub(in crate::stack::dataverse) detection_status: u16,
    /// Whether a batch that ends with a failure tells the parts before it as
    /// well (reference A7).
    pub(in crate::stack::dataverse) earlier_parts: bool,
    /// The status of an action that is accepted to be done in the background: 202
    /// or 200; `None` where `respond-async` is passed over (reference A12).
    pub(in crate::stack::dataverse) background_status: Option<u16>,
    /// After how long such an action is told to be done, by the shared clock.
    pub(in crate::stack::dataverse) background_time: Duration,
    /// The applications that may act as somebody else; `None` for all.
    pub(in crate::stack::dataverse) impersonators: Option<Vec<String>>,
}

impl Default for Conduct {
    fn default() -> Self {
        Self {
            empty_conditional_codes: false,
            plugin_duplicates: false,
            duplicate_status: 412,
            detection_status: 412,
            earlier_parts: false,
            background_status: Some(202),
            background_time: Duration::from_secs(2),
            impersonators: None,
        }
    }
}

impl Conduct {
    /// Whether an application has the privilege to act as somebody else.
    pub(in crate::stack::dataverse) fn may_impersonate(&self, application: &str) -> bool {
        let listed = |list: &Vec<String>| list.iter().any(|known| known.eq_ignore_ascii_case(application));
        self.impersonators.as_ref().is_none_or(listed)
    }
}

/// Reads `conduct`, which may be left out.
pub(in crate::stack::dataverse) fn conduct(fields: &mut Fields<'_, '_>) -> Conduct {
    let Some(node) = fields.optional("conduct") else { return Conduct::default() };
    let mut inner = Fields::of(node, fields.diagnostics());
    let found = Conduct {
        empty_conditional_codes: either(&mut inner, "conditional_codes", ["hex", "empty"]),
        plugin_duplicates: either(&mut inner, "duplicate_keys", ["entity_key", "plugin"]),
        duplicate_status: if either(&mut inner, "duplicate_ids", ["412", "409"]) { 409 } else { 412 },
        detection_status: if either(&mut inner, "duplicate_detection", ["412", "500"]) { 500 } else { 412 },
        earlier_parts: either(&mut inner, "failed_batch", ["failing_part", "all_parts"]),
        background_status: background(&mut inner),
        background_time: span(&mut inner, "background_time", Duration::from_secs(2)),
        impersonators: impersonators(&mut inner),
    };
    inner.finish();
    found
}

/// Whether the second of two words stands there; the first is the default.
fn either(fields: &mut Fields<'_, '_>, key: &'static str, words: [&'static str; 2]) -> bool {
    let Some(node) = fields.optional(key) else { return false };
    let text = match &node.value {
        Value::Number(number) => number.to_string(),
        _ => node.as_str().unwrap_or_default().to_owned(),
    };
    if !words.contains(&text.as_str()) {
        fields.diagnostics().push(
            Diagnostic::error(node.place.clone(), format!("`{key}` has no value `{text}`"))
                .expected(format!("`{}` or `{}`", words[0], words[1])),
        );
    }
    text == words[1]
}

/// `202`, `200`, or `ignored`.
fn background(fields: &mut Fields<'_, '_>) -> Option<u16> {
    let words = [("202", "202"), ("200", "200"), ("ignored", "")];
    let node = fields.optional("respond_async");
    let text = node.map(|node| match &node.value {
        Value::Number(number) => number.to_string(),
        _ => node.as_str().unwrap_or_default().to_owned(),
    });
    let (Some(node), Some(text)) = (node, text) else { return Some(202) };
    let found = words.iter().find(|(word, _)| *word == text);
    if found.is_none() {
        fields.diagnostics().push(
            Diagnostic::error(node.place.clone(), format!("`respond_async` has no value `{text}`"))
                .expected("`202`, `200` or `ignored`"),
        );
    }
    found.and_then(|(_, status)| status.parse().ok())
}

/// A span of time.
fn span(fields: &mut Fields<'_, '_>, key: &'static str, usual: Duration) -> Duration {
    let Some(node) = fields.optional(key) else { return usual };
    let found = node.as_str().and_then(parse_duration);
    if found.is_none() {
        node.wrong_kind("a span like `2 s` or `PT2S`", fields.diagnostics());
    }
    found.unwrap_or(usual)
}

/// `all`, or a list of applications; nobody is an empty list.
fn impersonators(fields: &mut Fields<'_, '_>) -> Option<Vec<String>> {
    let node = fields.optional("may_impersonate")?;
    if node.as_str() == Some("all") {
        return None;
    }
    let Some(list) = node.as_sequence() else {
        node.wrong_kind("`all`, or a list of application ids", fields.diagnostics());
        return None;
    };
    Some(list.iter().filter_map(Node::as_str).map(str::to_owned).collect())
}
