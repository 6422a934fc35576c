//! Folders that something has damaged: whatever stands in them, reading ends,
//! nothing panics, and every fault is told with the file that it stands in.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::Instance;
use super::tests::extracted;
use crate::diagnose::Diagnostics;
use crate::policy::{Surroundings, lint_of, load_instance};

/// What happens to one file.
#[derive(Clone, Debug)]
enum Damage {
    /// These bytes stand at a place of it.
    Inserted(usize, Vec<u8>),
    /// So many bytes are gone from a place on.
    Cut(usize, usize),
    /// A part of it stands twice.
    Doubled(usize, usize),
    /// It holds what another one should.
    Exchanged(usize),
    /// It is not there.
    Gone,
    /// A folder has its name.
    Folder,
    /// It lies elsewhere.
    Moved(String),
}

/// Pieces that mean something in a document or a description, and some that
/// mean nothing.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let words = [
        "<",
        "/>",
        "</inbound>",
        "<base />",
        "<policies>",
        "<choose>",
        "<when condition=\"@(",
        "@{",
        "@(",
        ")\"",
        "\"",
        "'",
        "{{region}}",
        "{{",
        "}}",
        "<include-fragment fragment-id=\"mark\" />",
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
        "&",
        "&#0;",
        "<rate-limit calls=\"",
        "-1",
        "99999999999999999999",
        "null",
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "\n- ",
        "\n  ",
        "\t",
        "true",
        "{\"properties\":",
        "context.Request.Headers",
        ".Where(x => x",
        "((((((((((((((((",
        "\u{feff}",
        "\u{0}",
        "é",
        "apis/orders",
    ];
    let word = proptest::sample::select(words.to_vec()).prop_map(|word| word.as_bytes().to_vec());
    let noise = prop::collection::vec(any::<u8>(), 0..12);
    prop::collection::vec(prop_oneof![3 => word, 1 => noise], 1..6).prop_map(|parts| parts.concat())
}

fn damage() -> impl Strategy<Value = Damage> {
    let place = || 0..4000_usize;
    prop_oneof![
        6 => (place(), pieces()).prop_map(|(at, bytes)| Damage::Inserted(at, bytes)),
        4 => (place(), 1..80_usize).prop_map(|(at, length)| Damage::Cut(at, length)),
        2 => (place(), 1..80_usize).prop_map(|(at, length)| Damage::Doubled(at, length)),
        2 => place().prop_map(Damage::Exchanged),
        1 => Just(Damage::Gone),
        1 => Just(Damage::Folder),
        1 => "[a-z;=. ]{1,12}(/[a-zI]{1,8}){0,2}(policy\\.xml|\\.json|\\.yaml|\\.xml)?".prop_map(Damage::Moved),
    ]
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        if entry.is_dir() { files.extend(self::files(&entry)) } else { files.push(entry) }
    }
    files.sort();
    files
}

fn copied(from: &Path, to: &Path) {
    for file in files(from) {
        let copy = to.join(file.strip_prefix(from).expect("in the folder"));
        fs::create_dir_all(copy.parent().expect("in the folder")).expect("made");
        fs::copy(&file, copy).expect("copied");
    }
}

fn apply(dir: &Path, file: usize, damage: &Damage) {
    let all = files(dir);
    let Some(path) = all.get(file % all.len().max(1)) else { return };
    let mut bytes = fs::read(path).expect("readable");
    let range = |at: usize, length: usize, bytes: &[u8]| {
        let at = at % (bytes.len() + 1);
        at..(at + length).min(bytes.len())
    };
    match damage {
        Damage::Inserted(at, more) => {
            let at = range(*at, 0, &bytes).start;
            bytes.splice(at..at, more.iter().copied());
        }
        Damage::Cut(at, length) => drop(bytes.drain(range(*at, *length, &bytes))),
        Damage::Doubled(at, length) => {
            let range = range(*at, *length, &bytes);
            let part = bytes[range.clone()].to_vec();
            bytes.splice(range.end..range.end, part);
        }
        Damage::Exchanged(other) => bytes = fs::read(&all[other % all.len()]).expect("readable"),
        Damage::Gone => return fs::remove_file(path).expect("there"),
        Damage::Folder => {
            fs::remove_file(path).expect("there");
            return fs::create_dir(path).expect("made");
        }
        Damage::Moved(to) => {
            let to = dir.join(to);
            // A name that is taken, or whose parent is a file, stays free.
            if to.parent().is_some_and(|parent| fs::create_dir_all(parent).is_ok()) {
                let _ = fs::rename(path, to);
            }
            return;
        }
    }
    fs::write(path, bytes).expect("writable");
}

/// Everything that is done with a folder; what is told of it.
fn all_told(dir: &Path) -> Diagnostics {
    let (instance, mut told) = Instance::read(dir);
    let apis: Vec<String> = instance.apis.keys().cloned().collect();
    let (policies, more) = load_instance(instance, &[], &Surroundings::default());
    told.extend(lint_of(&policies, &more).unwrap_or_default());
    told.extend(more);
    for api in &apis {
        let _ = policies.effective(api, "get-order");
        let _ = policies.effective_for(api, "get-order", Some("starter"));
    }
    told
}

fn is_told_well(dir: &Path, told: &Diagnostics) -> Result<(), TestCaseError> {
    for one in told {
        prop_assert!(!one.what.is_empty(), "{one:?}");
        prop_assert!(Path::new(&*one.place.file).starts_with(dir), "{one:?}");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_folder_of_the_extractor_is_told_and_nothing_panics(
        damages in prop::collection::vec((any::<usize>(), damage()), 1..5),
    ) {
        let dir = extracted();
        for (file, damage) in &damages {
            apply(dir.path(), *file, damage);
        }
        is_told_well(dir.path(), &all_told(dir.path()))?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, max_shrink_iters: 100, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_folder_of_our_own_layout_is_told_and_nothing_panics(
        damages in prop::collection::vec((any::<usize>(), damage()), 1..5),
    ) {
        let dir = tempfile::tempdir().expect("a folder");
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("mocks/gateway");
        for part in ["apis", "fragments", "products"] {
            copied(&shipped.join(part), &dir.path().join(part));
        }
        fs::copy(shipped.join("global.xml"), dir.path().join("global.xml")).expect("copied");
        for (file, damage) in &damages {
            apply(dir.path(), *file, damage);
        }
        is_told_well(dir.path(), &all_told(dir.path()))?;
    }
}

/// The test would be worth nothing if damage were never told.
#[test]
fn damage_is_told_with_its_line() {
    let dir = extracted();
    let global = files(dir.path()).iter().position(|file| file.parent() == Some(dir.path()));
    apply(dir.path(), global.expect("policy.xml"), &Damage::Inserted(40, b"<".to_vec()));
    let told = all_told(dir.path());
    assert!(told.has_errors() && told.iter().any(|one| one.place.line > 0), "{told}");
}
