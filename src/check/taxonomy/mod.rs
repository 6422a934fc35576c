//! One taxonomy of errors over both tiers: what a flow can route on.

pub(super) mod client_mistake;
pub(super) mod internals;
pub(super) mod retry_after;
pub(super) mod retry_class;
pub(super) mod shape;
pub(super) mod status;
pub(super) mod tier;
pub(super) mod undeclared_type;
pub(super) mod unexpected_type;

use crate::check::ExchangeSubject;
use crate::contract::behaviour::Behaviour;
use crate::wire::Response;

/// The answer, where it is a failure and the contract has a taxonomy.
fn failed<'a>(subject: &ExchangeSubject<'a>) -> Option<(&'a Behaviour, &'a Response)> {
    let behaviour = subject.behaviour().filter(|b| !b.errors.is_empty())?;
    let exchange: &'a crate::wire::Exchange = subject.exchange;
    let response = exchange.response().filter(|r| r.status >= 400)?;
    Some((behaviour, response))
}
