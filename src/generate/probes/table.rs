//! Which probes there are for an operation, how many of each, and what they
//! need.

use super::exact;
use super::{
    Bench, Sequence, callback, dataverse, determinism, duplicate, edges, failure, form, held, identity, invalid, jobs,
    lifecycle, limits, link, missing, other, owed, plain, rate, routing, sequenced,
};
use crate::contract::behaviour::{Behaviour, DataPath, Selector};
use crate::generate::generators::Generators;
use crate::generate::payload::OperationGenerator;
use crate::generate::{CouldNotMake, Need, Probe};

/// Variants of a probe whose payload is all that varies.
const VARIANTS: u32 = 6;

/// How many cases of a probe an operation has.
pub(in crate::generate) fn count(probe: Probe, generators: &Generators, operation: &OperationGenerator) -> u32 {
    if probe == Probe::Link {
        return link::count(generators, operation);
    }
    let Some(behaviour) = &operation.behaviour else { return plain::count(probe, generators, operation) };
    let promised = if operation.writes() && behaviour.idempotency.is_some() { VARIANTS } else { 0 };
    let faulty = if behaviour.data_path == Some(DataPath::FlowCommits) { 0 } else { promised };
    match probe {
        Probe::Identity => identity::count(operation, behaviour),
        Probe::PastGateway => identity::count_past_gateway(behaviour),
        Probe::CorrelationMissing => missing::count(behaviour),
        Probe::DuplicateSequential | Probe::DuplicateConcurrent => promised,
        Probe::OtherContent => promised.min(if other::has_content(operation, behaviour) { VARIANTS } else { 0 }),
        Probe::OtherItem => promised.min(if item(behaviour).is_some() { VARIANTS } else { 0 }),
        Probe::OtherCall => promised.min(other::calls(generators, operation, behaviour)),
        Probe::OtherPrincipal => promised.min(if other::has_principal(behaviour) { VARIANTS } else { 0 }),
        Probe::AfterFailure | Probe::AfterThrottle => faulty.min(4),
        Probe::LostAnswer => faulty.min(5),
        Probe::Throttled | Probe::SomebodyElse | Probe::Wide | Probe::PartRefused => {
            dataverse::count(probe, operation, behaviour)
        }
        Probe::HeldCalls => held::count(operation, behaviour),
        Probe::PartlyInvalid => invalid::count(operation),
        Probe::ItemsAtEdges => edges::count(operation),
        Probe::OtherForm => form::count(operation, behaviour),
        Probe::BodyOverLimit => limits::count_over(operation, behaviour),
        Probe::BodyWithoutLength => limits::count_without_length(operation, behaviour),
        Probe::BodyOwed => owed::count(operation, behaviour),
        Probe::TooManyItems => limits::count_items(operation, behaviour),
        Probe::MediaType => limits::count_media(operation),
        Probe::Rate => rate::count(generators, operation, behaviour),
        Probe::Lifecycle => lifecycle::count(behaviour),
        Probe::AfterSunset => lifecycle::count_after(behaviour),
        Probe::Routing => routing::count(generators, operation),
        Probe::KeyOrder
        | Probe::ClientGone
        | Probe::RetriedDuplicate
        | Probe::OtherVersion
        | Probe::AfterRestart
        | Probe::InsideWindow
        | Probe::PastWindow => sequenced::count(probe, generators, operation),
        Probe::ExactLimit => exact::count(operation, behaviour),
        Probe::ExactLimitBehind => exact::count_behind(operation, behaviour),
        Probe::Created | Probe::WrongCredentials | Probe::Link => 0,
        Probe::Determinism => determinism::count(operation, behaviour),
        Probe::ModelFault => determinism::count(operation, behaviour).min(4),
        Probe::JobPoisoned => jobs::count(operation, behaviour),
        Probe::JobCrash => jobs::count_crash(operation, behaviour),
        Probe::QueueFull => jobs::count_full(operation, behaviour),
        Probe::CallbackFault => callback::count(generators, operation),
        Probe::CallbackAddress => callback::count_address(generators, operation),
    }
}

/// The selector of items, where there is one.
pub(super) fn item(behaviour: &Behaviour) -> Option<&Selector> {
    behaviour.idempotency.as_ref().and_then(|i| i.item.as_ref())
}

/// Makes one case of a probe.
pub(in crate::generate) fn make(probe: Probe, bench: &Bench<'_>) -> Result<Sequence, CouldNotMake> {
    match probe {
        Probe::Identity => identity::tokens(bench),
        Probe::PastGateway => identity::past_gateway(bench),
        Probe::CorrelationMissing => missing::correlation(bench),
        Probe::DuplicateSequential => duplicate::sequential(bench),
        Probe::DuplicateConcurrent => duplicate::concurrent(bench),
        Probe::OtherContent => other::content(bench),
        Probe::OtherItem => other::item(bench),
        Probe::OtherCall => other::call(bench),
        Probe::OtherPrincipal => other::principal(bench),
        Probe::AfterFailure => failure::after_failure(bench),
        Probe::AfterThrottle => failure::after_throttle(bench),
        Probe::LostAnswer => failure::lost_answer(bench),
        Probe::Throttled | Probe::SomebodyElse | Probe::Wide | Probe::PartRefused => dataverse::make(probe, bench),
        Probe::HeldCalls => held::calls(bench),
        Probe::PartlyInvalid => invalid::partly(bench),
        Probe::ItemsAtEdges => edges::items(bench),
        Probe::OtherForm => form::other(bench),
        Probe::BodyOverLimit => limits::over(bench),
        Probe::BodyWithoutLength => limits::without_length(bench),
        Probe::BodyOwed => owed::body(bench),
        Probe::TooManyItems => limits::too_many(bench),
        Probe::MediaType => limits::media_type(bench),
        Probe::Rate => rate::rate(bench),
        Probe::Lifecycle => lifecycle::plain(bench),
        Probe::AfterSunset => lifecycle::after_sunset(bench),
        Probe::Routing => routing::astray(bench),
        Probe::KeyOrder
        | Probe::ClientGone
        | Probe::RetriedDuplicate
        | Probe::OtherVersion
        | Probe::AfterRestart
        | Probe::InsideWindow
        | Probe::PastWindow => sequenced::make(probe, bench),
        Probe::ExactLimit => exact::at_gateway(bench),
        Probe::ExactLimitBehind => exact::behind(bench),
        Probe::Created | Probe::WrongCredentials => Err(bench.fault("a behaviour file says more than the document")),
        Probe::Link => Err(bench.fault("a link is made from the document alone")),
        Probe::Determinism => determinism::again(bench),
        Probe::ModelFault => determinism::model_fault(bench),
        Probe::JobPoisoned => jobs::poisoned(bench),
        Probe::JobCrash => jobs::crash(bench),
        Probe::QueueFull => jobs::full(bench),
        Probe::CallbackFault => callback::fault(bench),
        Probe::CallbackAddress => callback::address(bench),
    }
}

/// Makes one case of a probe of a contract without a behaviour file.
pub(in crate::generate) fn make_plain(probe: Probe, bench: &plain::PlainBench<'_>) -> Result<Sequence, CouldNotMake> {
    plain::make(probe, bench)
}

/// What the target must offer.
pub(in crate::generate) fn needs(probe: Probe) -> Vec<Need> {
    if matches!(probe, Probe::Created | Probe::WrongCredentials | Probe::Link) {
        return Vec::new();
    }
    let mut needs = vec![Need::Behaviour];
    match probe {
        Probe::Identity | Probe::OtherPrincipal | Probe::Determinism => needs.push(Need::MintedTokens),
        Probe::ModelFault | Probe::JobPoisoned => needs.push(Need::Faults),
        Probe::JobCrash => needs.extend([Need::Faults, Need::Effects, Need::Restart]),
        Probe::QueueFull => needs.extend([Need::Faults, Need::Effects, Need::MintedTokens]),
        Probe::CallbackFault => needs.extend([Need::Faults, Need::Callbacks]),
        Probe::CallbackAddress => needs.push(Need::Callbacks),
        Probe::OtherForm => needs.push(Need::Effects),
        Probe::HeldCalls => {
            needs.extend([Need::Faults, Need::MintedTokens, Need::DirectService, Need::Health]);
        }
        Probe::BodyOwed => needs.extend([Need::DirectService, Need::GatewayKey, Need::RawConnection]),
        Probe::PastGateway | Probe::ExactLimitBehind => needs.push(Need::DirectService),
        Probe::AfterFailure
        | Probe::AfterThrottle
        | Probe::LostAnswer
        | Probe::RetriedDuplicate
        | Probe::Throttled
        | Probe::SomebodyElse
        | Probe::Wide
        | Probe::PartRefused => {
            needs.extend([Need::Faults, Need::Effects]);
        }
        Probe::Rate => needs.extend([Need::MintedTokens, Need::Load]),
        Probe::AfterRestart => needs.extend([Need::Restart, Need::Faults, Need::Effects]),
        Probe::InsideWindow | Probe::PastWindow => needs.push(Need::Clock),
        Probe::AfterSunset => needs.extend([Need::Clock, Need::Apart]),
        _ => {}
    }
    needs
}
