//! Where a flow's correlation ID is born.

use uuid::Uuid;

use crate::generate::Nonce;

/// The birth of the correlation ID: a property of the flow. Retries of one run
/// keep it in each case; whether a second delivery keeps it is told here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum CorrelationBirth {
    /// Made by each run: redelivery, resubmit and copies of the flow have
    /// another.
    #[default]
    PerRun,
    /// Taken from the trigger's event: all runs that the event starts share
    /// it, in copies of the flow too.
    TriggerEvent,
    /// A constant in the definition, by a maker's mistake; a copy of the flow
    /// copies it as well.
    Fixed,
}

impl CorrelationBirth {
    /// All three.
    pub const ALL: [Self; 3] = [Self::PerRun, Self::TriggerEvent, Self::Fixed];

    /// The ID of a run. `flow` is the seed of the flow's definition, which its
    /// copies share; `event` is the number of the trigger's event, `run` the
    /// number of the run.
    pub fn id(self, nonce: &Nonce, flow: u64, event: u64, run: u64) -> Uuid {
        match self {
            Self::PerRun => nonce.identity(flow, &format!("run {run}")),
            Self::TriggerEvent => nonce.identity(flow, &format!("event {event}")),
            Self::Fixed => nonce.identity(flow, "fixed"),
        }
    }

    /// Whether a second delivery of one event carries the first one's ID.
    pub fn survives_redelivery(self) -> bool {
        self != Self::PerRun
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn two_runs_share_an_id_exactly_where_its_birth_says(
            flow in any::<u64>(), events in any::<[u64; 2]>(), runs in any::<[u64; 2]>(),
        ) {
            let nonce = Nonce("n".into());
            for birth in CorrelationBirth::ALL {
                let same = birth.id(&nonce, flow, events[0], runs[0]) == birth.id(&nonce, flow, events[1], runs[1]);
                let meant = match birth {
                    CorrelationBirth::PerRun => runs[0] == runs[1],
                    CorrelationBirth::TriggerEvent => events[0] == events[1],
                    CorrelationBirth::Fixed => true,
                };
                prop_assert_eq!(same, meant);
            }
        }
    }
}
