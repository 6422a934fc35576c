//! What is broken on the wire: refused by whoever notices, without effects,
//! without a server error, and without confusing the next request.

pub(super) mod broken_accepted;
pub(super) mod desynchronised;
pub(super) mod method;
pub(super) mod refused_but_written;
pub(super) mod server_error;
pub(super) mod variant_refused;

use crate::check::{CaseSubject, ExchangeSubject};
use crate::diagnose::Place;
use crate::generate::{Call, Expect, OnTheWire};
use crate::observe::CallRun;
use crate::wire::Exchange;

/// What is promised for a call that is broken on the wire.
fn promise(call: &Call) -> Option<&OnTheWire> {
    if let Expect::Wire(promised) = &call.expect { Some(promised) } else { None }
}

/// The promise and the exchange, where this is a broken request.
fn broken<'a>(subject: &ExchangeSubject<'a>) -> Option<(&'a OnTheWire, &'a Exchange)> {
    let promised = promise(subject.call?)?;
    Some((promised, subject.exchange.as_ref()))
}

/// The broken call of a case.
fn broken_call<'a>(subject: &CaseSubject<'a>) -> Option<(&'a OnTheWire, &'a Call, &'a CallRun)> {
    subject.calls().find_map(|(call, run)| Some((promise(call)?, call, run)))
}

/// Where the operation stands that was called.
fn place(subject: &CaseSubject<'_>, call: &Call) -> Option<Place> {
    subject.contract.openapi.operations.iter().find(|o| o.id == call.operation).map(|o| o.place.clone())
}
