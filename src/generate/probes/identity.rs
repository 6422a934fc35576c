//! Tokens that must be refused, and the way past the gateway.

use super::{Bench, Sequence};
use crate::contract::behaviour::Behaviour;
use crate::generate::{Call, Caller, CouldNotMake, Expect, Step, TokenKind, Via};

pub(super) fn count(behaviour: &Behaviour) -> u32 {
    let roles = behaviour.identity.as_ref().map(|i| !i.roles.is_empty());
    // The last kind lacks a role; where none is demanded, it lacks nothing.
    roles.map_or(0, |roles| TokenKind::ALL.len() as u32 - u32::from(!roles))
}

/// The round in which a token is tried: those that tell most in the first, the
/// others four by four with the rounds that follow.
pub(in crate::generate) fn token_round(index: u32) -> u32 {
    const FIRST: u32 = 6;
    if index < FIRST { 0 } else { 1 + (index - FIRST) / 5 }
}

pub(super) fn count_past_gateway(behaviour: &Behaviour) -> u32 {
    u32::from(behaviour.identity.as_ref().is_some_and(|i| i.through_gateway_only))
}

/// One call with a token that must be refused.
pub(super) fn tokens(bench: &Bench<'_>) -> Result<Sequence, CouldNotMake> {
    let kind = TokenKind::ALL[bench.index as usize % TokenKind::ALL.len()];
    let made = bench.conforming(0, 1, 0)?;
    let refused = Expect::Refused(bench.operation.final_types(&[401, 403]));
    let call = Call { caller: Caller::Token(kind), ..bench.call("refused", &made, refused) };
    Ok(Sequence::new(format!("called with {kind}"), vec![Step::Call(call)]))
}

/// One call with a good token, straight to the service.
pub(super) fn past_gateway(bench: &Bench<'_>) -> Result<Sequence, CouldNotMake> {
    let made = bench.conforming(0, 1, 0)?;
    let refused = Expect::Refused(bench.operation.final_types(&[401, 403]));
    let call = Call { via: Via::Service, ..bench.call("past the gateway", &made, refused) };
    Ok(Sequence::new("called past the gateway with a good token", vec![Step::Call(call)]))
}
