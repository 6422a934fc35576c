//! A scanned document: elements, attributes and texts that know their place.

use std::sync::Arc;

use crate::diagnose::Place;

/// An element and what is in it.
#[derive(Clone, Debug)]
pub(super) struct Element {
    pub(super) name: Arc<str>,
    pub(super) place: Place,
    pub(super) attributes: Vec<Attribute>,
    pub(super) children: Vec<Child>,
}

/// An attribute.
#[derive(Clone, Debug)]
pub(super) struct Attribute {
    pub(super) name: Arc<str>,
    pub(super) place: Place,
    pub(super) value: Text,
}

/// Text of an attribute or between elements, entities decoded.
#[derive(Clone, Debug)]
pub(super) struct Text {
    pub(super) text: String,
    pub(super) place: Place,
}

/// What an element holds.
#[derive(Clone, Debug)]
pub(super) enum Child {
    Element(Element),
    Text(Text),
}

impl Element {
    pub(super) fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|a| &*a.name == name)
    }

    /// The value of `id`, by which overlays and `LastError.PolicyId` name a
    /// policy.
    pub(super) fn id(&self) -> Option<&str> {
        self.attribute("id").map(|a| a.value.text.as_str())
    }

    pub(super) fn elements(&self) -> impl Iterator<Item = &Element> {
        self.children.iter().filter_map(|c| match c {
            Child::Element(element) => Some(element),
            Child::Text(_) => None,
        })
    }

    /// Its text, where it holds nothing else; several runs (around comments)
    /// are joined.
    pub(super) fn text(&self) -> Option<Text> {
        let mut joined: Option<Text> = None;
        for child in &self.children {
            match (child, &mut joined) {
                (Child::Text(text), None) => joined = Some(text.clone()),
                (Child::Text(text), Some(joined)) => joined.text.push_str(&text.text),
                (Child::Element(_), _) => return None,
            }
        }
        joined
    }
}

impl Text {
    /// Whether there is nothing but white space.
    pub(super) fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }

    /// Whether it is an expression: `@(…)` or `@{…}`, white space around it
    /// aside.
    pub(super) fn is_expression(&self) -> bool {
        let text = self.text.trim_start();
        text.starts_with("@(") || text.starts_with("@{")
    }
}
