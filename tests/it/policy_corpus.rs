//! The corpus of policy documents: each is executed by a gateway of its own on
//! real sockets, and what client and backend get is compared with what its
//! file of expectations says.
//!
//! `tests/policies/README.md` says how a document is added.

mod claims;
mod compare;
pub(crate) mod document;
pub(crate) mod world;

use std::path::{Path, PathBuf};

use document::Document;
use futures_util::StreamExt as _;
use futures_util::stream;
use world::Common;

/// How many documents there are at least.
const DOCUMENTS: usize = 215;

/// How many are played at once.
const AT_ONCE: usize = 4;

/// Every document of the corpus, in the order of their names.
fn documents() -> Vec<PathBuf> {
    let mut folders = vec![PathBuf::from("tests/policies")];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("the corpus is there") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "xml") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// A part of the paths of those that are played, for work on one of them.
#[expect(clippy::disallowed_methods, reason = "a test has no command line of its own")]
fn only() -> String {
    std::env::var("SEAMSTRESS_CORPUS").unwrap_or_default()
}

/// Every mismatch of one document, each with its place.
async fn played(path: &Path, common: &Common) -> Vec<String> {
    let told = match Document::read(path) {
        Ok(document) => world::play(&document, common).await,
        Err(fault) => vec![fault],
    };
    told.into_iter().map(|mismatch| format!("{}: {mismatch}", path.display())).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_document_does_what_its_file_says() {
    let only = only();
    let documents = documents().into_iter().filter(|d| d.display().to_string().contains(&only));
    let common = Common::start().await;
    let common = &common;
    let mismatches: Vec<Vec<String>> = stream::iter(documents)
        .map(|path| async move { played(&path, common).await })
        .buffered(AT_ONCE)
        .collect()
        .await;
    let mismatches = mismatches.concat();
    assert!(mismatches.is_empty(), "{} mismatches:\n{}", mismatches.len(), mismatches.join("\n"));
}

#[test]
fn the_corpus_is_large_enough() {
    let documents = documents().len();
    assert!(documents >= DOCUMENTS, "{documents} documents, expected at least {DOCUMENTS}");
}
