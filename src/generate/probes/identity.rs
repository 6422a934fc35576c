//! Tokens that must be refused, and the way past the gateway.

use super::{Bench, Sequence};
use crate::contract::behaviour::{Behaviour, Scope};
use crate::generate::payload::OperationGenerator;
use crate::generate::{Call, Caller, CouldNotMake, Expect, Step, TokenKind, Via};

/// The tokens that an operation is tried with. What is wrong with a token is
/// wrong for every operation of an API; one that only reads is tried with those
/// that tell most.
fn kinds(operation: &OperationGenerator, behaviour: &Behaviour) -> Vec<TokenKind> {
    let Some(identity) = &behaviour.identity else { return Vec::new() };
    let named = behaviour.idempotency.as_ref().is_some_and(|i| i.scope.contains(&Scope::Principal));
    let says = |kind: &TokenKind| match kind {
        kind if kind.is_about_roles() => !identity.roles.is_empty(),
        TokenKind::OtherVersion => identity.token_version == 2,
        TokenKind::UriAudience => identity.app_id_uri != identity.audience,
        // Only where it matters who calls must a token say so.
        TokenKind::NoClient => named,
        _ => true,
    };
    let most = if operation.operation.is_safe() { FIRST as usize } else { usize::MAX };
    TokenKind::all().filter(says).take(most).collect()
}

pub(super) fn count(operation: &OperationGenerator, behaviour: &Behaviour) -> u32 {
    kinds(operation, behaviour).len() as u32
}

/// Tokens of the first round.
const FIRST: u32 = 6;

/// The round in which a token is tried: those that tell most in the first, the
/// others four by four with the rounds that follow.
pub(in crate::generate) fn token_round(index: u32) -> u32 {
    if index < FIRST { 0 } else { 1 + (index - FIRST) / 5 }
}

pub(super) fn count_past_gateway(behaviour: &Behaviour) -> u32 {
    u32::from(behaviour.identity.as_ref().is_some_and(|i| i.through_gateway_only))
}

/// One call with a token that must be refused, or that is good in another
/// dress.
pub(super) fn tokens(bench: &Bench<'_>) -> Result<Sequence, CouldNotMake> {
    let kinds = kinds(bench.operation, bench.behaviour);
    let kind = *kinds.get(bench.index as usize).ok_or_else(|| bench.fault("no identity is declared"))?;
    let made = bench.conforming(0, 1, 0)?;
    let refused = match kind {
        kind if kind.is_good() => bench.operation.promised(),
        kind if kind.is_open() => Expect::Nothing,
        _ => Expect::Refused(bench.operation.final_types(&[401, 403])),
    };
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
