//! What deprecated versions answer once their sunset has passed.
//!
//! The clock is shared by everything that runs, and it can't be turned back:
//! so this comes last, when nothing else is under way, and only in an embedded
//! stack, which nobody uses afterwards. Where something was found it is left
//! out, so that the cases that showed it can be played again.

use std::sync::Arc;
use std::time::Duration;

use super::cases::{make, play_made};
use super::session::Session;
use super::{RunError, TargetChoice};
use crate::check::Level;
use crate::clock::Timestamp;
use crate::contract::behaviour::{AfterSunset, LifecycleStatus};
use crate::generate::{CaseKey, CaseKind, Need, Probe};
use crate::traffic::Player;

/// How long after a sunset is looked.
const AFTER: Duration = Duration::from_hours(25);

/// Moves the clock past each sunset in turn, and calls the version.
pub(super) async fn pass_sunsets(session: &Arc<Session>) -> Result<(), RunError> {
    let embedded = matches!(session.options.target, TargetChoice::Embedded);
    if !embedded || !session.target.offers(Need::Clock) || session.stop.reason().is_some() || is_blamed(session) {
        return Ok(());
    }
    let player = Player::new(session.target.clone());
    for (sunset, contract) in sunsets(session) {
        pass(session, sunset).await?;
        for key in lifecycle_probes(session, contract) {
            if let Some(case) = make(session, contract, &key) {
                play_made(session, &player, contract, case).await;
                session.count_case();
            }
        }
    }
    Ok(())
}

/// Whether the run has found something already.
fn is_blamed(session: &Session) -> bool {
    session.judging().findings().any(|finding| finding.level == Level::Error)
}

/// The sunsets that the contracts announce, the next one first.
fn sunsets(session: &Session) -> Vec<(Timestamp, usize)> {
    let announced = |(index, contract): (usize, &crate::contract::Contract)| {
        let lifecycle = contract.behaviour.as_ref()?.lifecycle.as_ref()?;
        let ends = lifecycle.status == LifecycleStatus::Deprecated
            && matches!(lifecycle.after_sunset, Some(AfterSunset::Type(_)));
        lifecycle.sunset.filter(|_| ends).map(|sunset| (sunset, index))
    };
    let mut found: Vec<(Timestamp, usize)> = session.contracts.iter().enumerate().filter_map(announced).collect();
    found.sort_unstable();
    found
}

fn lifecycle_probes(session: &Session, contract: usize) -> Vec<CaseKey> {
    let of_life = |key: &CaseKey| key.kind == CaseKind::Probe(Probe::Lifecycle);
    session.generators[contract]
        .probes()
        .into_iter()
        .filter(|key| of_life(key) && session.takes(&(contract, key.clone())))
        .collect()
}

/// Moves the shared clock past an instant.
async fn pass(session: &Session, sunset: Timestamp) -> Result<(), RunError> {
    let clock = &session.target.clock;
    let until = sunset.plus(AFTER);
    if clock.now() >= until {
        return Ok(());
    }
    if let Some(control) = &session.target.control {
        control.jump(until.since(clock.now())).await.map_err(super::open::could_not_run)?;
    }
    // In one process the stack's clock is this one and has jumped already.
    if clock.now() < until {
        clock.jump(until.since(clock.now()));
    }
    Ok(())
}
