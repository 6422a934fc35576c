//! What YAML and JSON leave open: merge keys are merged, and a key that stands
//! twice counts once.

use std::collections::{HashMap, HashSet};

use crate::diagnose::{Diagnostic, Diagnostics, Node, Value};

/// Tidies a tree.
pub(super) fn tidy(node: &mut Node, notices: &mut Diagnostics) {
    match &mut node.value {
        Value::Sequence(items) => items.iter_mut().for_each(|item| tidy(item, notices)),
        Value::Mapping(entries) => {
            entries.iter_mut().for_each(|(_, value)| tidy(value, notices));
            // Merge keys are YAML 1.1; documents that use anchors use them.
            if entries.iter().any(|(key, value)| is_merge(key, value)) {
                merge(entries);
            }
            once_each(entries, notices);
        }
        _ => {}
    }
}

fn is_merge(key: &Node, value: &Node) -> bool {
    let mappings = |node: &Node| node.as_mapping().is_some();
    key.as_str() == Some("<<") && (mappings(value) || value.as_sequence().is_some_and(|l| l.iter().all(mappings)))
}

/// Puts what is merged behind what stands there, which wins; of several the
/// first wins.
fn merge(entries: &mut Vec<(Node, Node)>) {
    let mut merged = Vec::new();
    entries.retain_mut(|(key, value)| {
        if !is_merge(key, value) {
            return true;
        }
        match std::mem::replace(&mut value.value, Value::Null) {
            Value::Mapping(own) => merged.extend(own),
            Value::Sequence(list) => merged.extend(list.into_iter().flat_map(|node| match node.value {
                Value::Mapping(own) => own,
                _ => Vec::new(),
            })),
            _ => {}
        }
        false
    });
    let mut known: HashSet<String> = entries.iter().map(|(key, _)| key.key_text()).collect();
    entries.extend(merged.into_iter().filter(|(key, _)| known.insert(key.key_text())));
}

/// Of a key that stands twice the last counts, as JSON parsers have it.
fn once_each(entries: &mut Vec<(Node, Node)>, notices: &mut Diagnostics) {
    if entries.len() < 2 {
        return;
    }
    let mut last: HashMap<String, usize> = HashMap::with_capacity(entries.len());
    let mut again = HashSet::new();
    for (index, (key, _)) in entries.iter().enumerate() {
        if let Some(earlier) = last.insert(key.key_text(), index) {
            again.insert(earlier);
            let what = format!("the key `{}` stands twice in one mapping; the last one counts", key.key_text());
            let first = &entries[earlier].0.place;
            notices.push(Diagnostic::warning(key.place.clone(), what).actual(format!("the same at {first}")));
        }
    }
    if !again.is_empty() {
        let mut index = 0;
        entries.retain(|_| {
            index += 1;
            !again.contains(&(index - 1))
        });
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::diagnose::parse_yaml;

    #[test]
    fn merge_keys_are_merged_and_the_last_of_two_keys_counts() {
        let text = "base: &b {a: 1, b: 2}\nmore: &m {c: 3}\none: {<<: *b, b: 9}\ntwo: {<<: [*m, *b]}\none: {<<: *b}\n";
        let mut node = parse_yaml("a.yaml", text).expect("valid");
        let mut notices = Diagnostics::new();
        tidy(&mut node, &mut notices);
        assert_eq!(
            node.to_json(),
            json!({"base": {"a": 1, "b": 2}, "more": {"c": 3}, "two": {"c": 3, "a": 1, "b": 2}, "one": {"a": 1, "b": 2}})
        );
        assert_eq!(notices.len(), 1);
        assert!(notices.to_string().contains("the key `one` stands twice"), "{notices}");
    }
}
