//! Which checks judge.

use std::collections::BTreeSet;

use super::{Check, table};
use crate::diagnose::closest;

/// A name after `--only` or `--skip` that means no check and no family.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is no check and no family of checks{}", .near.as_ref().map(|n| format!(", did you mean `{n}`?")).unwrap_or_default())]
pub struct UnknownCheck {
    /// The name as it was given.
    pub name: String,
    /// The known name nearest to it.
    pub near: Option<String>,
}

/// What `--only` and `--skip` leave: names of checks (`idempotency/stuck`) or
/// of families (`idempotency`). Without `only`, all; `skip` wins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    only: BTreeSet<String>,
    skip: BTreeSet<String>,
}

impl Selection {
    /// Every check.
    pub fn all() -> Self {
        Self::default()
    }

    /// From the names that were given.
    ///
    /// # Errors
    /// [`UnknownCheck`] for the first name that means nothing.
    pub fn new(only: &[String], skip: &[String]) -> Result<Self, UnknownCheck> {
        for name in only.iter().chain(skip) {
            known(name)?;
        }
        Ok(Self { only: only.iter().cloned().collect(), skip: skip.iter().cloned().collect() })
    }

    /// Whether a check judges.
    pub fn takes(&self, check: &Check) -> bool {
        let named = |names: &BTreeSet<String>| names.contains(check.id) || names.contains(&check.family.to_string());
        (self.only.is_empty() || named(&self.only)) && !named(&self.skip)
    }
}

fn known(name: &str) -> Result<(), UnknownCheck> {
    if table().iter().any(|check| check.id == name || check.family.to_string() == name) {
        return Ok(());
    }
    let families: Vec<String> = table().iter().map(|check| check.family.to_string()).collect();
    let words = table().iter().map(|check| check.id).chain(families.iter().map(String::as_str));
    Err(UnknownCheck { name: name.to_owned(), near: closest(name, words).map(str::to_owned) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn only_and_skip_take_checks_and_families() {
        let selection = Selection::new(&names(&["response"]), &names(&["response/media-type"])).expect("known");
        let taken: Vec<&str> = table().iter().filter(|c| selection.takes(c)).map(|c| c.id).collect();
        assert!(taken.contains(&"response/undeclared-status"), "{taken:?}");
        assert!(!taken.contains(&"response/media-type"), "{taken:?}");
        assert!(taken.iter().all(|id| id.starts_with("response/")), "{taken:?}");
        assert!(table().iter().all(|check| Selection::all().takes(check)));
    }

    #[test]
    fn an_unknown_name_is_told_with_the_nearest() {
        let fault = Selection::new(&names(&["respons"]), &[]).expect_err("unknown");
        assert_eq!(fault.to_string(), "`respons` is no check and no family of checks, did you mean `response`?");
    }
}
