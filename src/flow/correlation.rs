//! Where a flow's correlation ID is born.

use uuid::Uuid;

use super::mix::mix;
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
        let (kind, number) = match self {
            Self::PerRun => (1, run),
            Self::TriggerEvent => (2, event),
            Self::Fixed => (3, 0),
        };
        let key = key(nonce);
        sealed(key, mix(flow ^ key, &[kind, number]))
    }

    /// Whether a second delivery of one event carries the first one's ID.
    pub fn survives_redelivery(self) -> bool {
        self != Self::PerRun
    }
}

/// Whether an ID was made for a flow's run under this nonce, which the ID tells
/// by itself: its second half follows from its first.
pub fn is_own(nonce: &Nonce, id: &str) -> bool {
    let first = |id: &Uuid| id.as_u64_pair().0;
    id.len() == 36 && Uuid::parse_str(id).is_ok_and(|id| sealed(key(nonce), first(&id)) == id)
}

/// A UUID of version 4.
fn sealed(key: u64, first: u64) -> Uuid {
    let first = first & !0xf000 | 0x4000;
    let second = mix(key, &[first]) & !(0b11 << 62) | 0b10 << 62;
    Uuid::from_u64_pair(first, second)
}

fn key(nonce: &Nonce) -> u64 {
    nonce.0.bytes().fold(0x666c_6f77, |key, byte| mix(key, &[u64::from(byte)]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_id_tells_under_which_nonce_it_was_made(flow: u64, event: u64, run: u64, other: u128) {
            let nonce = Nonce("n".into());
            for birth in CorrelationBirth::ALL {
                let id = birth.id(&nonce, flow, event, run);
                prop_assert_eq!((id.get_version_num(), id.get_variant()), (4, uuid::Variant::RFC4122));
                prop_assert!(is_own(&nonce, &id.to_string()) && is_own(&nonce, &id.to_string().to_uppercase()));
                prop_assert!(!is_own(&Nonce("m".into()), &id.to_string()));
            }
            prop_assert!(!is_own(&nonce, &Uuid::from_u128(other).to_string()));
        }

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
