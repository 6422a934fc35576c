//! Files beside the document that it refers to are bundled into it.
//!
//! `$ref: common.yaml#/Money` becomes `#/x-bundled/common.yaml/Money`, and the
//! file stands there. Only files beneath the document's folder are read.

use std::collections::{HashMap, VecDeque};
use std::path::{Component, Path, PathBuf};

use super::cursor::escape;
use crate::diagnose::{Diagnostic, Diagnostics, Node, Place, Value, parse_yaml};

/// Where bundled files stand in the document.
pub(super) const BUNDLED: &str = "x-bundled";

/// Most files that are bundled into one document.
const MAX_FILES: usize = 500;

/// Largest file that is read, in bytes.
pub(super) const MAX_BYTES: u64 = 64 << 20;

/// Bundles what the document refers to. Without a folder nothing is read and
/// references to files stay as they are.
pub(super) fn bundle(root: &mut Node, folder: Option<&Path>, notices: &mut Diagnostics) {
    let mut bundler = Bundler { folder, known: HashMap::new(), waiting: VecDeque::new(), notices };
    bundler.rewrite(root, "");
    let mut bundled = Vec::new();
    while let Some((name, place)) = bundler.waiting.pop_front() {
        if let Some(mut node) = bundler.read(&name, &place) {
            bundler.rewrite(&mut node, &name);
            bundled.push((Node { place: node.place.clone(), value: Value::String(name) }, node));
        }
    }
    if let Value::Mapping(entries) = &mut root.value
        && !bundled.is_empty()
    {
        let key = Node { place: root.place.clone(), value: Value::String(BUNDLED.to_owned()) };
        entries.push((key, Node { place: root.place.clone(), value: Value::Mapping(bundled) }));
    }
}

struct Bundler<'a> {
    folder: Option<&'a Path>,
    /// Files by name: whether they may be bundled.
    known: HashMap<String, bool>,
    waiting: VecDeque<(String, Place)>,
    notices: &'a mut Diagnostics,
}

impl Bundler<'_> {
    /// Rewrites every `$ref` of a tree that stands in `file` (`""`: the
    /// document itself).
    fn rewrite(&mut self, node: &mut Node, file: &str) {
        match &mut node.value {
            Value::Sequence(items) => items.iter_mut().for_each(|item| self.rewrite(item, file)),
            Value::Mapping(entries) => {
                for (key, value) in entries {
                    if key.as_str() == Some("$ref")
                        && let Value::String(reference) = &value.value
                    {
                        if let Some(rewritten) = self.reference(&reference.clone(), file, &value.place.clone()) {
                            value.value = Value::String(rewritten);
                        }
                    } else {
                        self.rewrite(value, file);
                    }
                }
            }
            _ => {}
        }
    }

    fn reference(&mut self, reference: &str, file: &str, place: &Place) -> Option<String> {
        let (target, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        if target.is_empty() {
            return (!file.is_empty()).then(|| inside(file, fragment));
        }
        if target.contains("://") || target.starts_with("urn:") || target.starts_with("//") {
            self.outside(place, reference, "nothing is fetched from a network");
            return None;
        }
        self.folder?;
        let target = percent_encoding::percent_decode_str(target).decode_utf8_lossy();
        let Some(name) = normal(file, &target) else {
            self.outside(place, reference, "only files beneath the document's folder are read");
            return None;
        };
        if !self.known.contains_key(&name) {
            let admitted = self.admit(&name, reference, place);
            self.known.insert(name.clone(), admitted);
        }
        self.known[&name].then(|| inside(&name, fragment))
    }

    fn admit(&mut self, name: &str, reference: &str, place: &Place) -> bool {
        let Some(folder) = self.folder else {
            return false;
        };
        if self.known.len() >= MAX_FILES {
            self.outside(place, reference, "the document refers to too many files");
            return false;
        }
        let found = folder.canonicalize().and_then(|folder| Ok((folder.join(name).canonicalize()?, folder)));
        match found {
            Ok((path, folder)) if path.starts_with(&folder) && path.is_file() => {
                self.waiting.push_back((name.to_owned(), place.clone()));
                true
            }
            Ok(_) => {
                self.outside(place, reference, "only files beneath the document's folder are read");
                false
            }
            Err(fault) => {
                let what = format!("`{reference}` can't be read: {fault}");
                self.notices.push(Diagnostic::warning(place.clone(), what).hint("what refers to it is left out"));
                false
            }
        }
    }

    fn read(&mut self, name: &str, place: &Place) -> Option<Node> {
        let path = self.folder?.join(name);
        let text = match read_text(&path) {
            Ok(text) => text,
            Err(fault) => {
                self.notices.push(Diagnostic::warning(place.clone(), format!("`{name}` can't be read: {fault}")));
                return None;
            }
        };
        parse_yaml(&path.to_string_lossy(), &text).map_err(|fault| self.notices.push(fault)).ok()
    }

    fn outside(&mut self, place: &Place, reference: &str, why: &str) {
        let what = format!("`{reference}` is not followed: {why}");
        self.notices.push(Diagnostic::notice(place.clone(), what).hint("what refers to it can't be tested"));
    }
}

/// Reads a file that is not too large.
pub(super) fn read_text(path: &Path) -> std::io::Result<String> {
    if std::fs::metadata(path)?.len() > MAX_BYTES {
        return Err(std::io::Error::other(format!("it is larger than {} MiB", MAX_BYTES >> 20)));
    }
    std::fs::read_to_string(path)
}

fn inside(file: &str, fragment: &str) -> String {
    format!("#/{BUNDLED}/{}{fragment}", escape(file).replace('%', "%25"))
}

/// A path relative to the file it stands in, as a path relative to the
/// folder; `None` where it leaves the folder.
fn normal(file: &str, target: &str) -> Option<String> {
    let base = Path::new(file).parent().unwrap_or(Path::new(""));
    let mut path = PathBuf::new();
    for component in base.join(target).components() {
        match component {
            Component::Normal(part) => path.push(part),
            Component::CurDir => {}
            Component::ParentDir => path.pop().then_some(())?,
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(path.to_str()?.replace('\\', "/"))
}
