//! Overlays: small changes to shipped documents, addressed by the `id` of a
//! policy, so that they can't drift from what they change.
//!
//! ```xml
//! <overlay>
//!   <set document="apis/*.xml" policy="limit" attribute="counter-key" value="all" />
//!   <remove document="global.xml" policy="sunset" />
//!   <remove document="apis/*.xml" policy="token" child="audiences" />
//!   <replace document="apis/*.xml" policy="token">
//!     <choose><when condition="@(…)"><original /></when></choose>
//!   </replace>
//! </overlay>
//! ```

use std::collections::BTreeMap;

use super::element::{Attribute, Child, Element, Text};
use crate::diagnose::{Diagnostic, Diagnostics, closest};

/// Applies a scanned overlay to scanned documents, which are known by their
/// path relative to the policies' folder.
pub(super) fn apply(overlay: &Element, documents: &mut BTreeMap<String, Element>, diagnostics: &mut Diagnostics) {
    if &*overlay.name != "overlay" {
        let what = format!("`{}` is no overlay", overlay.name);
        diagnostics.push(Diagnostic::error(overlay.place.clone(), what).expected("`<overlay>`"));
        return;
    }
    for element in overlay.elements() {
        if let Err(fault) = Change::read(element).and_then(|change| change.apply(documents)) {
            diagnostics.push(fault);
        }
    }
}

struct Change<'e> {
    element: &'e Element,
    document: &'e str,
    policy: &'e str,
    kind: ChangeKind<'e>,
}

#[derive(Clone, Copy)]
enum ChangeKind<'e> {
    Set { attribute: &'e Attribute, value: &'e Text },
    Remove,
    RemoveChild(&'e str),
    Replace,
}

impl<'e> Change<'e> {
    fn read(element: &'e Element) -> Result<Self, Diagnostic> {
        let known: &[&str] = match &*element.name {
            "set" => &["document", "policy", "attribute", "value"],
            "remove" => &["document", "policy", "child"],
            "replace" => &["document", "policy"],
            other => {
                let what = format!("unknown change `{other}`");
                return Err(Diagnostic::error(element.place.clone(), what).expected("`set`, `remove` or `replace`"));
            }
        };
        if let Some(unknown) = element.attributes.iter().find(|a| !known.contains(&&*a.name)) {
            let what = format!("attribute `{}` of `{}` is unknown", unknown.name, element.name);
            return Err(Diagnostic::error(unknown.place.clone(), what).expected(known.join(", ")));
        }
        let attribute = |name: &str| {
            element.attribute(name).ok_or_else(|| {
                let what = format!("`{}` has no attribute `{name}`", element.name);
                Diagnostic::error(element.place.clone(), what).expected(format!("`{name}=\"…\"`"))
            })
        };
        let kind = match &*element.name {
            "set" => ChangeKind::Set { attribute: attribute("attribute")?, value: &attribute("value")?.value },
            "remove" => {
                element.attribute("child").map_or(ChangeKind::Remove, |c| ChangeKind::RemoveChild(&c.value.text))
            }
            _ => ChangeKind::Replace,
        };
        let text = |name: &str| attribute(name).map(|a| a.value.text.as_str());
        Ok(Self { element, document: text("document")?, policy: text("policy")?, kind })
    }

    fn apply(&self, documents: &mut BTreeMap<String, Element>) -> Result<(), Diagnostic> {
        let (mut changed, mut ids) = (0, Vec::new());
        for (path, root) in documents.iter_mut().filter(|(path, _)| matches(self.document, path)) {
            let _ = path;
            changed += self.change(&mut root.children);
            collect_ids(root, &mut ids);
        }
        if changed > 0 {
            return Ok(());
        }
        let what = format!("no policy has the id `{}` in `{}`", self.policy, self.document);
        let fault = Diagnostic::error(self.element.place.clone(), what).expected(if ids.is_empty() {
            "a document with ids".to_owned()
        } else {
            ids.join(", ")
        });
        Err(match closest(self.policy, ids.iter().map(String::as_str)) {
            Some(near) => fault.hint(format!("did you mean `{near}`?")),
            None => fault,
        })
    }

    /// Changes the policy wherever it stands among these and below; how often.
    fn change(&self, children: &mut Vec<Child>) -> usize {
        let mut changed = 0;
        let mut result = Vec::with_capacity(children.len());
        for child in std::mem::take(children) {
            match child {
                Child::Element(element) if element.id() == Some(self.policy) => {
                    changed += 1;
                    result.extend(self.changed(element));
                }
                Child::Element(mut element) => {
                    changed += self.change(&mut element.children);
                    result.push(Child::Element(element));
                }
                text @ Child::Text(_) => result.push(text),
            }
        }
        *children = result;
        changed
    }

    fn changed(&self, mut policy: Element) -> Vec<Child> {
        match self.kind {
            ChangeKind::Remove => return Vec::new(),
            ChangeKind::RemoveChild(name) => {
                policy.children.retain(|c| !matches!(c, Child::Element(e) if &*e.name == name));
            }
            ChangeKind::Set { attribute, value } => {
                let name = attribute.value.text.as_str();
                policy.attributes.retain(|a| &*a.name != name);
                let place = attribute.place.clone();
                policy.attributes.push(Attribute { name: name.into(), place, value: value.clone() });
            }
            ChangeKind::Replace => {
                let mut with = self.element.children.clone();
                insert_original(&mut with, &policy);
                return with;
            }
        }
        vec![Child::Element(policy)]
    }
}

fn insert_original(children: &mut [Child], original: &Element) {
    for child in children {
        match child {
            Child::Element(element) if &*element.name == "original" => *element = original.clone(),
            Child::Element(element) => insert_original(&mut element.children, original),
            Child::Text(_) => {}
        }
    }
}

fn collect_ids(element: &Element, ids: &mut Vec<String>) {
    for child in element.elements() {
        ids.extend(child.id().map(str::to_owned).filter(|id| !ids.contains(id)));
        collect_ids(child, ids);
    }
}

/// Whether a path matches a pattern in which `*` stands for any text.
fn matches(pattern: &str, path: &str) -> bool {
    let Some((before, after)) = pattern.split_once('*') else {
        return pattern == path;
    };
    path.strip_prefix(before).is_some_and(|rest| {
        rest.char_indices().map(|(at, _)| at).chain([rest.len()]).any(|at| matches(after, &rest[at..]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_whole_paths() {
        assert!(matches("apis/*-v*.xml", "apis/bulk-update-v1.xml"));
        assert!(!matches("apis/*-v*.xml", "apis/data.xml"));
        assert!(matches("global.xml", "global.xml") && !matches("global", "global.xml"));
    }
}
