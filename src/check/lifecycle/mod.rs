//! The version's own life: header fields against the contract, a frozen version
//! against its own record.

pub(super) mod active;
pub(super) mod after_sunset;
pub(super) mod changed_behaviour;
pub(super) mod changed_effects;
pub(super) mod deprecation;
pub(super) mod successor;
pub(super) mod sunset;

mod frozen;

use crate::check::ExchangeSubject;
use crate::clock::Timestamp;
use crate::contract::behaviour::{Behaviour, Lifecycle, LifecycleStatus};
use crate::generate::Via;
use crate::wire::Response;

/// A success of the gateway and the contract's life cycle. Errors may come from
/// a place in the gateway that knows nothing of the version, so they are not
/// asked for what a version has to announce.
fn announced<'a>(
    subject: &ExchangeSubject<'a>,
    status: LifecycleStatus,
) -> Option<(&'a Behaviour, &'a Lifecycle, &'a Response)> {
    answered(subject, status).filter(|(_, _, response)| (200..300).contains(&response.status))
}

/// Any answer of the gateway, and the contract's life cycle.
fn answered<'a>(
    subject: &ExchangeSubject<'a>,
    status: LifecycleStatus,
) -> Option<(&'a Behaviour, &'a Lifecycle, &'a Response)> {
    let behaviour = subject.behaviour()?;
    let lifecycle = behaviour.lifecycle.as_ref().filter(|l| l.status == status)?;
    let exchange: &'a crate::wire::Exchange = subject.exchange;
    let response = exchange.response()?;
    let through_gateway = subject.call.is_none_or(|call| call.via == Via::Gateway);
    (through_gateway && subject.operation.is_some()).then_some((behaviour, lifecycle, response))
}

/// Whether an instant is the declared one. A contract that names only a day is
/// kept by any instant of it.
fn is_same(declared: Timestamp, told: Timestamp) -> bool {
    let midnight = declared.seconds().rem_euclid(86_400) == 0;
    let days = |instant: Timestamp| instant.seconds().div_euclid(86_400);
    if midnight { days(declared) == days(told) } else { declared.seconds() == told.seconds() }
}
