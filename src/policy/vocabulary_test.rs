//! Each attribute and each child that a policy reads stands in a document of
//! the corpus that is played.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::inventory::Inventory;
use super::policies::POLICIES;
use super::{Surroundings, load_instance};
use crate::diagnose::parse_yaml;
use crate::policy::instance::Instance;

/// What policies ask for, and whether it was there: `rate-limit/api@calls`.
#[derive(Clone, Debug, Default)]
pub(super) struct Vocabulary(BTreeMap<String, bool>);

impl Vocabulary {
    pub(super) fn note(&mut self, what: &str, is_there: bool) {
        *self.0.entry(of_its_own(what).to_owned()).or_default() |= is_there;
    }
}

/// A policy that is a part of another says by itself what it reads.
fn of_its_own(what: &str) -> &str {
    let Some((_, part)) = what.split_once('/') else { return what };
    let name = part.split(['/', '@']).next().unwrap_or_default();
    if part != name && POLICIES.iter().any(|kind| kind.name == name) { part } else { what }
}

/// The documents of the corpus with what is said of them.
fn corpus() -> Vec<(PathBuf, Value)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/policies");
    let areas = fs::read_dir(root).expect("the corpus").map(|area| area.expect("an entry").path());
    let files = areas.filter(|area| area.is_dir()).flat_map(|area| fs::read_dir(area).expect("an area"));
    let documents =
        files.map(|file| file.expect("an entry").path()).filter(|f| f.extension().is_some_and(|e| e == "xml"));
    let said = |path: PathBuf| {
        let text = fs::read_to_string(path.with_extension("yaml")).expect("a file beside it");
        let said = parse_yaml("corpus", &text).expect("YAML").to_json();
        (path, said)
    };
    documents.map(said).collect()
}

fn read(document: &Path, said: &Value) -> Inventory {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |path: String, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, text).expect("written");
    };
    let texts = |key: &str| {
        let of = said[key].as_object().cloned().unwrap_or_default();
        of.into_iter().map(|(name, text)| (name, text.as_str().unwrap_or_default().to_owned())).collect::<Vec<_>>()
    };
    texts("fragments").iter().for_each(|(name, text)| write(format!("fragments/{name}.xml"), text));
    texts("files").iter().for_each(|(path, text)| write(path.clone(), text));
    write("apis/shop-v1.xml".to_owned(), &fs::read_to_string(document).expect("a document"));
    let own = ["issuer", "tenant", "audience", "backend-url", "managed-identity-secret"];
    let own = own.into_iter().map(|name| (name.to_owned(), "http://127.0.0.1".to_owned()));
    let surroundings = Surroundings { named_values: own.chain(texts("named-values")).collect(), ..Default::default() };
    load_instance(Instance::read(folder.path()).0, &[], &surroundings).0.inventory
}

/// What is named and refused is shown by documents that don't load.
const REFUSED: [&str; 4] = ["/decryption-keys", "/key@certificate-id", "@validate-as=xml", "@validate-as=soap"];

#[test]
fn whatever_a_policy_reads_is_shown_by_the_corpus() {
    let mut all = Vocabulary::default();
    for (document, said) in corpus() {
        let is_played = said["requests"].as_array().is_some_and(|requests| !requests.is_empty());
        for (what, is_there) in read(&document, &said).vocabulary.0 {
            let must_play = !REFUSED.iter().any(|part| what.contains(part));
            all.note(&what, is_there && (is_played || !must_play));
        }
    }
    // Every policy may have an id; `LastError.PolicyId` is one thing for all.
    let is_id = |what: &str| what.ends_with("@id") && !what.contains('/');
    let missing = all.0.iter().filter(|(what, shown)| !**shown && !is_id(what));
    let missing: Vec<&str> = missing.map(|(what, _)| what.as_str()).collect();
    assert!(all.0.len() > 150, "{}", all.0.len());
    assert!(missing.is_empty(), "no document of the corpus shows\n{}", missing.join("\n"));
}
