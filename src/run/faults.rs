//! Faults of the command line: armed on each system of a run, and what they
//! did.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::RunError;
use super::open::could_not_run;
use crate::report::InjectedFault;
use crate::target::{Control, Target};
use crate::wire::FaultPlan;

/// Faults that stay armed for a whole run.
#[derive(Debug)]
pub(super) struct RunFaults {
    plans: Vec<FaultPlan>,
    /// Where each was armed, under which number.
    armed: Mutex<Vec<(Control, Vec<u64>)>>,
}

impl RunFaults {
    pub(super) fn new(plans: &[FaultPlan]) -> Self {
        Self { plans: plans.to_vec(), armed: Mutex::default() }
    }

    /// Arms all of them on a system; their instants count from now.
    ///
    /// # Errors
    /// The target takes none, or does not answer.
    pub(super) async fn arm(&self, target: &Target) -> Result<(), RunError> {
        if self.plans.is_empty() {
            return Ok(());
        }
        let control = target.control.as_ref().ok_or_else(|| {
            RunError::Usage(
                "--fault is armed at the control surface of the embedded system or of `seamstress serve`; this target \
                 has none"
                    .to_owned(),
            )
        })?;
        let mut numbers = Vec::new();
        for plan in &self.plans {
            let fault = plan.starting(target.clock.now(), target.clock.scale());
            numbers.push(control.arm(&fault).await.map_err(could_not_run)?);
        }
        self.armed.lock().unwrap_or_else(PoisonError::into_inner).push((control.clone(), numbers));
        Ok(())
    }

    /// Disarms them everywhere, and tells what each did on all systems
    /// together. A system that is gone tells nothing.
    pub(super) async fn end(&self) -> Vec<InjectedFault> {
        let armed = std::mem::take(&mut *self.armed.lock().unwrap_or_else(PoisonError::into_inner));
        let mut counts: BTreeMap<usize, (u64, u64)> = BTreeMap::new();
        for (control, numbers) in armed {
            let shown = control.faults().await.unwrap_or_default();
            for (place, number) in numbers.into_iter().enumerate() {
                if let Some(fault) = shown.iter().find(|fault| fault.id == number) {
                    let (matched, hits) = counts.entry(place).or_default();
                    *matched += fault.matched;
                    *hits += fault.hits;
                }
                let _ = control.disarm(number).await;
            }
        }
        let told = self.plans.iter().enumerate().map(|(place, plan)| {
            let (matched, hits) = counts.get(&place).copied().unwrap_or_default();
            InjectedFault { fault: plan.fault.clone(), matched, hits }
        });
        told.collect()
    }
}
