//! Which files of a folder are what.

use std::fs;
use std::path::{Path, PathBuf};

/// How a folder is laid out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Layout {
    /// Our own: `global.xml`, `products/`, `apis/`, `fragments/`,
    /// `instance.yaml`.
    #[default]
    Own,
    /// As the `APIOps` extractor writes it: `policy.xml`, `apis/API/`,
    /// `named values/`, `policy fragments/`.
    Extracted,
    /// Policy documents and fragments, and nothing that says what they apply
    /// to.
    Loose,
}

impl Layout {
    /// In a user's words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Own => "seamstress folder",
            Self::Extracted => "APIOps folder",
            Self::Loose => "loose documents",
        }
    }
}

/// A policy document in the folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentFile {
    /// What it applies to, as a path of our own layout, whatever the folder's
    /// is: `global.xml`, `products/ID.xml`, `apis/ID.xml`,
    /// `apis/ID/OPERATION.xml`, `fragments/ID.xml`; `loose/…` where nothing
    /// says it.
    pub key: String,
    /// The file.
    pub path: PathBuf,
}

/// Folders that only the extractor writes. Its newer forms write names
/// without spaces.
const EXTRACTED: [&str; 6] =
    ["named values", "policy fragments", "version sets", "namedValues", "policyFragments", "apiVersionSets"];

/// How deep loose documents are looked for.
const MAX_DEPTH: usize = 8;

/// How a folder is laid out.
pub(super) fn detect(dir: &Path) -> Layout {
    if dir.is_file() {
        return Layout::Loose;
    }
    let own = ["global.xml", "instance.yaml", "fragments", "defects"].iter().any(|name| dir.join(name).exists());
    let described = |folder: &str, file: &str| folders(&dir.join(folder)).iter().any(|f| find(f, file).is_some());
    let extracted = find(dir, "policy.xml").is_some()
        || EXTRACTED.iter().any(|name| dir.join(name).is_dir())
        || described("apis", "apiInformation.json")
        || described("products", "productInformation.json")
        || described("backends", "backendInformation.json");
    match (own, extracted) {
        (false, true) => Layout::Extracted,
        (false, false) if ["apis", "products"].iter().all(|f| files(&dir.join(f), "xml").is_empty()) => {
            let operations = folders(&dir.join("apis")).iter().any(|f| !files(f, "xml").is_empty());
            if operations { Layout::Own } else { Layout::Loose }
        }
        _ => Layout::Own,
    }
}

/// The policy documents of a folder, in the order of their keys.
pub(super) fn documents(dir: &Path, layout: Layout) -> Vec<DocumentFile> {
    let mut documents = match layout {
        Layout::Own => own(dir),
        Layout::Extracted => extracted(dir),
        Layout::Loose => loose(dir),
    };
    documents.sort_by(|a, b| a.key.cmp(&b.key));
    documents
}

fn own(dir: &Path) -> Vec<DocumentFile> {
    let mut found = Vec::new();
    let mut add = |key: String, path: PathBuf| found.push(DocumentFile { key, path });
    let global = dir.join("global.xml");
    if global.exists() {
        add("global.xml".to_owned(), global);
    }
    for folder in ["products", "apis", "fragments"] {
        for path in files(&dir.join(folder), "xml") {
            add(format!("{folder}/{}.xml", stem(&path)), path);
        }
    }
    for api in folders(&dir.join("apis")) {
        for path in files(&api, "xml") {
            add(format!("apis/{}/{}.xml", name(&api), stem(&path)), path);
        }
    }
    found
}

fn extracted(dir: &Path) -> Vec<DocumentFile> {
    let mut found = Vec::new();
    let mut add = |folder: &Path, key: String| {
        if let Some(path) = find(folder, "policy.xml") {
            found.push(DocumentFile { key, path });
        }
    };
    add(dir, "global.xml".to_owned());
    for (places, kind) in [(&["products"][..], "products"), (&["policy fragments", "policyFragments"], "fragments")] {
        for folder in places.iter().flat_map(|p| folders(&dir.join(p))) {
            add(&folder, format!("{kind}/{}.xml", name(&folder)));
        }
    }
    for api in folders(&dir.join("apis")) {
        add(&api, format!("apis/{}.xml", name(&api)));
        for operation in folders(&api.join("operations")) {
            add(&operation, format!("apis/{}/{}.xml", name(&api), name(&operation)));
        }
    }
    found
}

fn loose(dir: &Path) -> Vec<DocumentFile> {
    if dir.is_file() {
        let key = format!("loose/{}", name(dir));
        return vec![DocumentFile { key, path: dir.to_owned() }];
    }
    let mut found = Vec::new();
    walk(dir, dir, MAX_DEPTH, &mut found);
    found
}

fn walk(root: &Path, dir: &Path, depth: usize, found: &mut Vec<DocumentFile>) {
    for path in files(dir, "xml") {
        let relative = path.strip_prefix(root).unwrap_or(&path).components();
        let relative = relative.map(|c| c.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/");
        found.push(DocumentFile { key: format!("loose/{relative}"), path });
    }
    if depth > 0 {
        for folder in folders(dir) {
            walk(root, &folder, depth - 1, found);
        }
    }
}

/// Files with an extension, in the order of their names.
pub(super) fn files(dir: &Path, extension: &str) -> Vec<PathBuf> {
    entries(dir, |p| p.is_file() && p.extension().is_some_and(|e| e.eq_ignore_ascii_case(extension)))
}

/// The folders in a folder, in the order of their names.
pub(super) fn folders(dir: &Path) -> Vec<PathBuf> {
    entries(dir, |p| p.is_dir() && !name(p).starts_with('.'))
}

fn entries(dir: &Path, wanted: impl Fn(&Path) -> bool) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten().map(|e| e.path());
    let mut found: Vec<_> = entries.filter(|p| wanted(p)).collect();
    found.sort();
    found
}

/// A file of a folder, whatever the case of its name.
pub(super) fn find(dir: &Path, file: &str) -> Option<PathBuf> {
    let exact = dir.join(file);
    if exact.is_file() {
        return Some(exact);
    }
    entries(dir, |p| p.is_file() && name(p).eq_ignore_ascii_case(file)).into_iter().next()
}

/// The last part of a path.
pub(super) fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The same without its extension.
pub(super) fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}
