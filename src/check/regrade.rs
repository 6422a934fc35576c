//! What settings and arguments say about how much a finding weighs.

use std::collections::BTreeMap;

use super::{Check, Finding, Level, find, table};
use crate::diagnose::closest;

/// Another weight for a check or a family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// Its findings weigh this much.
    Level(Level),
    /// It does not judge.
    Off,
}

impl Weight {
    /// The words that settings use.
    pub const WORDS: [&'static str; 4] = ["error", "warning", "information", "off"];

    /// From its word.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "error" => Some(Self::Level(Level::Error)),
            "warning" => Some(Self::Level(Level::Warning)),
            "information" => Some(Self::Level(Level::Information)),
            "off" => Some(Self::Off),
            _ => None,
        }
    }
}

/// The weights that were changed, by check or family; a check's own wins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Weights(BTreeMap<String, Weight>);

impl Weights {
    /// Changes one.
    ///
    /// # Errors
    /// No check and no family is called so; the nearest name, if there is one.
    pub fn set(&mut self, name: &str, weight: Weight) -> Result<(), Option<String>> {
        let families: Vec<String> = table().iter().map(|check| check.family.to_string()).collect();
        if find(name).is_none() && !families.iter().any(|family| family == name) {
            let known = table().iter().map(|check| check.id).chain(families.iter().map(String::as_str));
            return Err(closest(name, known).map(str::to_owned));
        }
        self.0.insert(name.to_owned(), weight);
        Ok(())
    }

    /// What was said of a check.
    pub fn of(&self, check: &Check) -> Option<Weight> {
        self.0.get(check.id).or_else(|| self.0.get(&check.family.to_string())).copied()
    }

    /// Whether a check judges at all.
    pub fn judges(&self, check: &Check) -> bool {
        self.of(check) != Some(Weight::Off)
    }

    /// Weighs a finding anew. One that its check itself holds to be lighter
    /// than usual (what could not be judged) never becomes heavier.
    pub fn weigh(&self, check: &Check, finding: &mut Finding) {
        if let Some(Weight::Level(level)) = self.of(check) {
            finding.level = if finding.level < check.level { finding.level.min(level) } else { level };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_wins_over_its_family_and_an_unknown_name_is_told_with_the_nearest() {
        let mut weights = Weights::default();
        weights.set("response", Weight::Off).expect("a family");
        weights.set("response/media-type", Weight::Level(Level::Warning)).expect("a check");
        let judging: Vec<&str> = table().iter().filter(|c| weights.judges(c)).map(|c| c.id).collect();
        assert!(judging.contains(&"response/media-type") && !judging.contains(&"response/undeclared-status"));
        assert_eq!(weights.set("respons", Weight::Off), Err(Some("response".to_owned())));
        assert!(Weight::WORDS.iter().all(|word| Weight::parse(word).is_some()));
    }
}
