//! Names that last as long as the program, for entries that keep millions of
//! them.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// How many names there may be. Those of kinds, errors and their combinations
/// are some hundreds; codes of errors that somebody makes up come to them.
const MOST: usize = 10_000;

static NAMES: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());

/// The same text, as one that lasts.
pub(in crate::stack) fn lasting(text: &str) -> &'static str {
    let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = names.get(text) {
        return known;
    }
    if names.len() >= MOST {
        return "error";
    }
    let name: &'static str = Box::leak(text.to_owned().into_boxed_str());
    names.insert(name);
    name
}
