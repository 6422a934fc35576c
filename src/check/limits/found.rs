//! Searches for limits, and what they found.

use crate::check::CaseSubject;
use crate::check::answer::succeeded;
use crate::generate::{Call, Search, Step};
use crate::observe::{CallRun, SearchRun};
use crate::wire::Exchange;

/// A search that is over.
pub(super) struct Found<'a> {
    /// What was searched.
    pub(super) search: &'a Search,
    /// What came of it.
    pub(super) run: &'a SearchRun,
    /// Its exchanges: the smallest size first, the refused one last.
    pub(super) exchanges: &'a [Exchange],
}

impl<'a> Found<'a> {
    /// The searches of a case whose smallest size was accepted: only then does
    /// a refusal speak of the size.
    pub(super) fn all(subject: &CaseSubject<'a>) -> Vec<Self> {
        let searches = subject.run.case.steps.iter().filter_map(|step| match step {
            Step::Search(search) => Some(search),
            _ => None,
        });
        let calls: Vec<(&Call, &CallRun)> = subject.calls().collect();
        let found = searches.zip(&subject.run.searches).filter_map(|(search, run)| {
            let exchanges = calls.iter().find(|(_, call)| call.call == run.call).map(|(_, call)| &*call.exchanges)?;
            exchanges.first().is_some_and(succeeded).then_some(Self { search, run, exchanges })
        });
        found.collect()
    }

    /// The exchange that shows the limit best.
    pub(super) fn shown(&self) -> Option<&'a Exchange> {
        self.exchanges.last()
    }

    /// The declared limit as a JSON Pointer into the behaviour file.
    pub(super) fn pointer(&self) -> String {
        let behind = self.search.call.via == crate::generate::Via::Service;
        format!("/limits/{}{}", if behind { "behind/" } else { "" }, self.search.knob.name())
    }

    /// The size that was accepted, in words.
    pub(super) fn in_words(&self) -> String {
        let unit = self.search.knob.unit();
        match (self.run.accepted, self.run.refused) {
            (Some(accepted), Some(refused)) if refused == accepted + 1 => {
                format!("{accepted} {unit} are accepted, {refused} are not")
            }
            (Some(accepted), Some(refused)) => format!("{accepted} {unit} are accepted, {refused} are refused"),
            (Some(accepted), None) => format!("{accepted} {unit} are still accepted"),
            (None, _) => "nothing was accepted".to_owned(),
        }
    }
}
