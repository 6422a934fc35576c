//! Values that are one of a few words, lists, selectors.

use super::Selector;
use super::amount::{read, shown};
use crate::diagnose::{Diagnostic, Diagnostics, Node, closest};

/// One of a few words.
pub(super) fn word<T: Clone>(node: &Node, words: &[(&str, T)], faults: &mut Diagnostics) -> Option<T> {
    let found = node.as_str().and_then(|text| words.iter().find(|(word, _)| *word == text));
    if found.is_none() {
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        unknown_word(node, "this word is not known here", &known, faults);
    }
    found.map(|(_, meaning)| meaning.clone())
}

/// Tells that a word is none of those that are known.
pub(super) fn unknown_word(node: &Node, what: &str, known: &[&str], faults: &mut Diagnostics) {
    let list: Vec<String> = known.iter().map(|word| format!("`{word}`")).collect();
    let expected = if list.is_empty() { "one that is declared".to_owned() } else { list.join(", ") };
    let mut fault = Diagnostic::error(node.place.clone(), what).expected(expected).actual(shown(node));
    if let Some(near) = node.as_str().and_then(|text| closest(text, known.iter().copied())) {
        fault = fault.hint(format!("did you mean `{near}`?"));
    }
    faults.push(fault);
}

/// Text that is not empty.
pub(super) fn text(node: &Node, faults: &mut Diagnostics) -> Option<String> {
    read(node, node.as_str().filter(|t| !t.trim().is_empty()).map(str::to_owned), "text", faults)
}

/// A list; each element that can't be read is a fault of its own.
pub(super) fn list<T>(
    node: &Node,
    faults: &mut Diagnostics,
    mut element: impl FnMut(&Node, &mut Diagnostics) -> Option<T>,
) -> Option<Vec<T>> {
    let Some(items) = node.as_sequence() else {
        node.wrong_kind("a list", faults);
        return None;
    };
    items.iter().map(|item| element(item, faults)).collect::<Vec<_>>().into_iter().collect()
}

/// Which selectors may stand in a place.
#[derive(Clone, Copy)]
pub(super) enum Within {
    /// Of a request.
    Request,
    /// What identifies an item: of a request, or the digest of its body.
    Item,
    /// Of a request, the path included.
    Pool,
    /// Of an answer.
    Answer,
}

/// A selector of a kind that means something in its place.
pub(super) fn selector(node: &Node, within: Within, faults: &mut Diagnostics) -> Option<Selector> {
    let fits = |selector: &Selector| {
        matches!(
            (within, selector),
            (_, Selector::Header(_) | Selector::Body(_))
                | (Within::Item, Selector::Digest)
                | (Within::Request | Within::Item, Selector::Query(_))
                | (Within::Pool, Selector::Query(_) | Selector::Path(_))
        )
    };
    let expected = match within {
        Within::Request => "`header NAME`, `query NAME` or `body /a/*/b`",
        Within::Item => "`body /a/*/b`, `header NAME`, `query NAME` or `digest body`",
        Within::Pool => "`body /a/*/b`, `header NAME`, `query NAME` or `path NAME`",
        Within::Answer => "`header NAME` or `body /a/*/b`",
    };
    read(node, node.as_str().and_then(Selector::parse).filter(fits), expected, faults)
}
