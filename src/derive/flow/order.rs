//! `runAfter`, where some actions make no traffic.
//!
//! An action that is left out takes no time and succeeds whenever it begins. So
//! what followed it waits for what stood before it. One that takes up failures
//! stays, as a wait of no time: without it the whole would fail.

use std::collections::{BTreeMap, BTreeSet};

use super::super::sheet::{Ends, Entry, Kind, Remark};

/// An action of a list, by its key.
pub(super) struct Listed {
    pub(super) key: String,
    pub(super) after: Vec<(String, Ends)>,
    /// `None` where it makes no traffic.
    pub(super) entry: Option<Entry>,
    /// What stands for it where it makes no traffic and takes up failures.
    pub(super) stand_in: Option<Entry>,
}

impl Listed {
    /// Whether it stays.
    fn stays(&self, begins: Option<&Begins>) -> bool {
        let takes_up = |begins: &Begins| match begins {
            Begins::After(earlier) => earlier.values().any(|ends| !ends.and(Ends::FAILURES).is_empty()),
            Begins::Never => false,
        };
        self.entry.is_some() || (self.stand_in.is_some() && begins.is_some_and(takes_up))
    }

    fn name(&self) -> Option<&str> {
        Some(&self.entry.as_ref().or(self.stand_in.as_ref())?.name)
    }
}

/// When an action begins.
#[derive(Clone, Debug, PartialEq)]
enum Begins {
    /// After all of these, each as it is said.
    After(BTreeMap<String, Ends>),
    Never,
}

/// The actions that make traffic, each behind those that it waits for; and the
/// keys of those that never begin.
pub(super) fn ordered(list: Vec<Listed>) -> (Vec<Entry>, Vec<String>) {
    let (mut resolved, positions) = resolved(&list);
    let names: BTreeMap<String, String> =
        list.iter().filter_map(|listed| Some((listed.key.clone(), listed.name()?.to_owned()))).collect();
    let mut never = Vec::new();
    let mut entries: Vec<(usize, Entry)> = Vec::new();
    for listed in list {
        let key = &listed.key;
        if !listed.stays(resolved.get(key)) {
            continue;
        }
        let Some(Begins::After(after)) = resolved.remove(key) else {
            never.push(listed.key);
            continue;
        };
        let Some(mut entry) = listed.entry.or(listed.stand_in) else { continue };
        entry.after = after.iter().filter_map(|(key, ends)| Some((names.get(key)?.clone(), *ends))).collect();
        entries.push((positions[&listed.key], entry));
    }
    entries.sort_by_key(|(position, _)| *position);
    (entries.into_iter().map(|(_, entry)| entry).collect(), never)
}

/// When each begins, and in which order they can.
fn resolved(list: &[Listed]) -> (BTreeMap<String, Begins>, BTreeMap<String, usize>) {
    let (mut resolved, mut positions) = (BTreeMap::new(), BTreeMap::new());
    let keys: BTreeSet<&String> = list.iter().map(|listed| &listed.key).collect();
    let mut waiting: Vec<&Listed> = list.iter().collect();
    while !waiting.is_empty() {
        let known =
            |listed: &&Listed| listed.after.iter().all(|(key, _)| resolved.contains_key(key) || !keys.contains(key));
        // In a circle none ever begins; the platform saves no such definition.
        let next = waiting.iter().position(known).unwrap_or(0);
        let listed = waiting.remove(next);
        let begins = begins(listed, list, &resolved);
        positions.insert(listed.key.clone(), positions.len());
        resolved.insert(listed.key.clone(), begins);
    }
    (resolved, positions)
}

fn begins(listed: &Listed, list: &[Listed], resolved: &BTreeMap<String, Begins>) -> Begins {
    let mut all = BTreeMap::new();
    for (key, ends) in &listed.after {
        let Some(before) = list.iter().find(|other| other.key == *key) else { continue };
        match after(before, *ends, resolved.get(key)) {
            Begins::Never => return Begins::Never,
            Begins::After(more) => {
                for (key, ends) in more {
                    let both = all.get(&key).map_or(ends, |other: &Ends| other.and(ends));
                    if both.is_empty() {
                        return Begins::Never;
                    }
                    all.insert(key, both);
                }
            }
        }
    }
    Begins::After(all)
}

/// What it means to wait for an action, in terms of those that make traffic.
fn after(before: &Listed, ends: Ends, begins: Option<&Begins>) -> Begins {
    let Some(Begins::After(earlier)) = begins else {
        // It never begins, so it is skipped.
        return if ends.has(Ends::SKIPPED) { Begins::After(BTreeMap::new()) } else { Begins::Never };
    };
    if before.stays(begins) {
        return Begins::After([(before.key.clone(), ends)].into());
    }
    let each = |change: &dyn Fn(Ends) -> Ends| {
        Begins::After(earlier.iter().map(|(key, ends)| (key.clone(), change(*ends))).collect())
    };
    match (ends.has(Ends::SUCCEEDED), ends.has(Ends::SKIPPED)) {
        (true, false) => each(&|ends| ends),
        (true, true) => each(&|_| Ends::ALL),
        (false, true) if earlier.values().any(|ends| !ends.others().is_empty()) => each(&Ends::others),
        _ => Begins::Never,
    }
}

/// Takes calls of a child flow out of a list, and what is empty then.
pub(super) fn without_child(entries: &mut Vec<Entry>, child: &str) {
    let listed: Vec<Listed> = std::mem::take(entries)
        .into_iter()
        .map(|mut entry| {
            let (key, after) = (entry.name.clone(), entry.after.clone());
            if let Kind::Scope(actions) | Kind::Loop { actions, .. } = &mut entry.kind {
                without_child(actions, child);
            }
            let empty = matches!(&entry.kind, Kind::Scope(actions) | Kind::Loop { actions, .. } if actions.is_empty());
            let gone = matches!(&entry.kind, Kind::Child(name) if name == child);
            Listed { key, after, entry: (!gone && !empty).then_some(entry), stand_in: None }
        })
        .collect();
    *entries = ordered(listed).0;
}

/// What is said of actions that never begin.
pub(super) fn never(keys: &[String]) -> Option<Remark> {
    (!keys.is_empty()).then(|| {
        Remark::note(format!(
            "Left out, since they begin only where an action fails that makes no traffic: {}.",
            keys.join(", ")
        ))
    })
}
