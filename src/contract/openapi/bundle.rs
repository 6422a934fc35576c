//! Files beside the document that it refers to are bundled into it.
//!
//! `$ref: common.yaml#/Money` becomes `#/x-bundled/common.yaml/Money`, and the
//! file stands there. Only files beneath one folder are read: the folder of
//! all contracts, or for a lone document its own.

use std::collections::{HashMap, VecDeque};
use std::path::{Component, Path, PathBuf};

use super::cursor::escape;
use super::tidy::tidy;
use crate::diagnose::{Diagnostic, Diagnostics, Node, Place, Value, parse_yaml};

/// Where bundled files stand in the document.
pub(super) const BUNDLED: &str = "x-bundled";

/// Most files that are bundled into one document.
const MAX_FILES: usize = 500;

/// Largest file that is read, in bytes.
pub(super) const MAX_BYTES: u64 = 64 << 20;

/// Where a document stands.
#[derive(Clone, Copy)]
pub(super) struct Home<'a> {
    /// The folder beneath which files are read.
    pub(super) folder: &'a Path,
    /// The document's path in it.
    pub(super) name: &'a str,
}

/// Bundles what the document refers to. Without a home nothing is read and
/// references to files stay as they are.
pub(super) fn bundle(root: &mut Node, home: Option<Home<'_>>, notices: &mut Diagnostics) {
    let mut bundler = Bundler { home, known: HashMap::new(), waiting: VecDeque::new(), notices };
    bundler.rewrite(root, "", false);
    let mut bundled = Vec::new();
    while let Some((name, place)) = bundler.waiting.pop_front() {
        if let Some(mut node) = bundler.read(&name, &place) {
            bundler.rewrite(&mut node, &name, false);
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
    home: Option<Home<'a>>,
    /// Files by name: whether they may be bundled.
    known: HashMap<String, bool>,
    waiting: VecDeque<(String, Place)>,
    notices: &'a mut Diagnostics,
}

/// Keys whose value is data: a `$ref` in it is no reference.
const DATA: [&str; 5] = ["example", "default", "enum", "const", "value"];

/// Keys whose value has names for keys, which are no keywords.
const NAMES: [&str; 11] = [
    "properties",
    "patternProperties",
    "$defs",
    "definitions",
    "dependentSchemas",
    "schemas",
    "headers",
    "examples",
    "variables",
    "paths",
    "mapping",
];

impl Bundler<'_> {
    /// Rewrites every `$ref` of a tree that stands in `file` (`""`: the
    /// document itself). `named`: the keys of this mapping are names.
    fn rewrite(&mut self, node: &mut Node, file: &str, named: bool) {
        match &mut node.value {
            Value::Sequence(items) => items.iter_mut().for_each(|item| self.rewrite(item, file, false)),
            Value::Mapping(entries) => {
                for (key, value) in entries {
                    let name = key.as_str().filter(|_| !named).unwrap_or_default();
                    match (name, &value.value) {
                        ("$ref", Value::String(_)) => self.rewrite_text(value, file),
                        ("mapping", Value::Mapping(_)) => self.mapping(value, file),
                        ("examples", Value::Sequence(_)) => {}
                        (data, _) if DATA.contains(&data) => {}
                        (name, _) => self.rewrite(value, file, NAMES.contains(&name)),
                    }
                }
            }
            _ => {}
        }
    }

    fn rewrite_text(&mut self, value: &mut Node, file: &str) {
        let place = value.place.clone();
        if let Value::String(reference) = &mut value.value
            && let Some(rewritten) = self.reference(reference, file, &place)
        {
            *reference = rewritten;
        }
    }

    /// The targets of a discriminator; a bare name is one of a schema.
    fn mapping(&mut self, node: &mut Node, file: &str) {
        let Value::Mapping(entries) = &mut node.value else { return };
        for (_, value) in entries {
            let extension =
                |text: &str| Path::new(text).extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase);
            let is_file = |text: &str| matches!(extension(text).as_deref(), Some("yaml" | "yml" | "json"));
            if value.as_str().is_some_and(|text| text.contains(['#', '/']) || is_file(text)) {
                self.rewrite_text(value, file);
            }
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
        let home = self.home?;
        let target = percent_encoding::percent_decode_str(target).decode_utf8_lossy();
        let Some(name) = normal(if file.is_empty() { home.name } else { file }, &target) else {
            self.outside(place, reference, OUTSIDE);
            return None;
        };
        if name == home.name {
            return Some(format!("#{fragment}"));
        }
        if !self.known.contains_key(&name) {
            let admitted = self.admit(&name, reference, place);
            self.known.insert(name.clone(), admitted);
        }
        self.known[&name].then(|| inside(&name, fragment))
    }

    fn admit(&mut self, name: &str, reference: &str, place: &Place) -> bool {
        let Some(Home { folder, .. }) = self.home else {
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
                self.outside(place, reference, OUTSIDE);
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
        let path = self.home?.folder.join(name);
        let text = match read_text(&path) {
            Ok(text) => text,
            Err(fault) => {
                self.notices.push(Diagnostic::warning(place.clone(), format!("`{name}` can't be read: {fault}")));
                return None;
            }
        };
        let mut node = parse_yaml(&path.to_string_lossy(), &text).map_err(|fault| self.notices.push(fault)).ok()?;
        tidy(&mut node, self.notices);
        Some(node)
    }

    fn outside(&mut self, place: &Place, reference: &str, why: &str) {
        let what = format!("`{reference}` is not followed: {why}");
        self.notices.push(Diagnostic::notice(place.clone(), what).hint("what refers to it can't be tested"));
    }
}

const OUTSIDE: &str = "only files beneath the document's folder, or that of all contracts, are read";

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

/// A path relative to the file it stands in, as a path relative to the home
/// folder; `None` where it leaves that.
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
