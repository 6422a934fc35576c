//! Other tables in the place of those that were there.

use std::sync::atomic::Ordering;
use std::sync::{Arc, MutexGuard, PoisonError};

use super::super::answer::Answer;
use super::super::error::Refusal;
use super::super::metadata::Catalogue;
use super::super::operate::Call;
use super::super::organization::Organization;
use super::alteration::Alteration;
use super::answer::Wish;
use super::blueprint::Blueprint;
use super::refusal;

/// How many changes are kept for a state file.
const MOST: usize = 20_000;

impl Organization {
    /// Changes tables as a request asks. Requests under way end before, others
    /// wait until it is done.
    pub(in crate::stack::dataverse) fn alter(&self, call: &Call) -> Result<Answer, Refusal> {
        if self.alterations().len() >= MOST {
            let text = format!("This mock keeps at most {MOST} changes of tables: reset it, or start it again.");
            return Err(refusal::wrong(text));
        }
        let seat = self.seat.upgrade().ok_or_else(Refusal::unavailable)?;
        let _alone = self.steady.write().unwrap_or_else(PoisonError::into_inner);
        let current = seat.current();
        let mut blueprint = current.blueprint();
        let (method, path, base) = (&call.method, &call.path, &*call.base);
        let answer = blueprint.carry_out(&Wish { method, path, body: &call.body, base })?;
        for (position, table) in blueprint.tables.iter().enumerate() {
            let before = current.tables.get(position).map_or(0, |table| table.keys.len());
            for key in table.keys.iter().skip(before) {
                if current.view().repeats(position, &key.columns) {
                    let text = format!("The entity key '{}' can't be made: rows have the same values.", key.name);
                    return Err(refusal::wrong(text));
                }
            }
        }
        current.exchange(blueprint);
        self.alterations().push(Alteration::of(call));
        Ok(answer)
    }

    /// What was done to the tables since the files were read.
    pub(in crate::stack::dataverse) fn alterations(&self) -> MutexGuard<'_, Vec<Alteration>> {
        self.altered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does to the tables of the files what was done to them before; says which
    /// of it can't be done.
    pub(in crate::stack::dataverse) fn alter_again(&self, all: Vec<Alteration>) -> Result<(), (usize, Refusal)> {
        self.unalter();
        let _alone = self.steady.write().unwrap_or_else(PoisonError::into_inner);
        let Some(current) = self.current().filter(|_| !all.is_empty()) else { return Ok(()) };
        let mut blueprint = current.blueprint();
        for (number, alteration) in all.iter().enumerate() {
            alteration.again(&mut blueprint).map_err(|refusal| (number, refusal))?;
        }
        current.exchange(blueprint);
        *self.alterations() = all;
        Ok(())
    }

    /// The tables as they are.
    fn blueprint(&self) -> Blueprint {
        Blueprint {
            tables: self.tables.clone(),
            relations: self.catalogue.relations.clone(),
            choices: self.catalogue.choices.clone(),
            files: self.files_say.clone(),
        }
    }

    /// Back to the tables of the files, where others were made since.
    pub(in crate::stack::dataverse) fn unalter(&self) {
        let _alone = self.steady.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(current) = self.current().filter(|current| current.generation > 0) {
            current.exchange(current.blueprint().of_files());
            self.alterations().clear();
        }
    }

    /// Puts other tables in the place of these. Nobody may use any meanwhile.
    fn exchange(&self, blueprint: Blueprint) {
        let Some(seat) = self.seat.upgrade() else { return };
        let Blueprint { tables, relations, choices, .. } = blueprint;
        self.relabel_reads(&tables);
        self.store().reshape(&tables, relations.len());
        let generation = self.changes.fetch_add(1, Ordering::AcqRel) + 1;
        let catalogue = Catalogue::new(tables.clone(), relations, choices);
        let shared = Arc::clone(&self.shared);
        seat.replace(Arc::new(Self { tables, catalogue, generation, shared }));
    }
}
