//! The table of checks: the one list that judging, `seamstress checks`,
//! `seamstress explain` and the reports read.

use std::fmt;

use serde::Serialize;

use super::{CaseSubject, ExchangeSubject, Finding, Level, PhaseSubject};
use super::{
    callback, correlation, data_path, dataverse, determinism, idempotency, identity, jobs, latency, lifecycle, limits,
    response, taxonomy, throttling, validation, wire,
};
use crate::generate::Need;

/// A check: what it promises to notice, and how.
#[derive(Clone, Copy, Debug)]
pub struct Check {
    /// Its id, `family/what`, e.g. `idempotency/duplicate-effect`.
    pub id: &'static str,
    /// Its family.
    pub family: Family,
    /// What it checks, in a few words.
    pub title: &'static str,
    /// Why it matters, what it looks at, what it does not mean: a paragraph or
    /// two for `seamstress explain`.
    pub explanation: &'static str,
    /// How much its findings weigh at most.
    pub level: Level,
    /// What the target must offer.
    pub needs: &'static [Need],
    /// What judges.
    pub judge: Judge,
}

/// What a check looks at, and the function that judges it. A function pushes
/// findings, and returns whether the subject concerned it at all, so that a
/// tally can say "judged 120 times, failed never" and never counts what was
/// passed over.
#[derive(Clone, Copy, Debug)]
pub enum Judge {
    /// Each exchange, in cases and under load.
    Exchange(fn(&ExchangeSubject<'_>, &mut Vec<Finding>) -> bool),
    /// Each case, once it is over.
    Case(fn(&CaseSubject<'_>, &mut Vec<Finding>) -> bool),
    /// Each phase, once it is over (or in between, see
    /// [`PhaseSubject::interim`]).
    Phase(fn(&PhaseSubject<'_>, &mut Vec<Finding>) -> bool),
}

/// Families of checks. A defect belongs to one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// Response against contract.
    Response,
    /// What is broken on the wire.
    Wire,
    /// One taxonomy of errors over both tiers.
    Taxonomy,
    /// Who may call.
    Identity,
    /// The correlation ID on its way.
    Correlation,
    /// The same twice.
    Idempotency,
    /// Sizes and kinds.
    Limits,
    /// Rates and quotas.
    Throttling,
    /// Everything is validated before the first write.
    Validation,
    /// How the service reaches Dataverse.
    DataPath,
    /// How the service treats Dataverse.
    Dataverse,
    /// The version's own life.
    Lifecycle,
    /// Latency objectives.
    Latency,
    /// The same input, the same decision.
    Determinism,
    /// Work that goes on after a 202.
    Jobs,
    /// What the service sends to an API that it calls.
    Callback,
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Response => "response",
            Self::Wire => "wire",
            Self::Taxonomy => "taxonomy",
            Self::Identity => "identity",
            Self::Correlation => "correlation",
            Self::Idempotency => "idempotency",
            Self::Limits => "limits",
            Self::Throttling => "throttling",
            Self::Validation => "validation",
            Self::DataPath => "data-path",
            Self::Dataverse => "dataverse",
            Self::Lifecycle => "lifecycle",
            Self::Latency => "latency",
            Self::Determinism => "determinism",
            Self::Jobs => "jobs",
            Self::Callback => "callback",
        })
    }
}

static TABLE: &[Check] = &[
    response::undeclared_status::CHECK,
    response::media_type::CHECK,
    response::body_schema::CHECK,
    response::required_header::CHECK,
    response::header_schema::CHECK,
    response::server_error::CHECK,
    response::refused_conforming::CHECK,
    response::accepted_violation::CHECK,
    response::credentials_ignored::CHECK,
    response::created_available::CHECK,
    response::gone_after_delete::CHECK,
    response::link_broken::CHECK,
    response::allow_methods::CHECK,
    wire::broken_accepted::CHECK,
    wire::variant_refused::CHECK,
    wire::server_error::CHECK,
    wire::refused_but_written::CHECK,
    wire::desynchronised::CHECK,
    wire::method::CHECK,
    taxonomy::undeclared_type::CHECK,
    taxonomy::status::CHECK,
    taxonomy::tier::CHECK,
    taxonomy::shape::CHECK,
    taxonomy::retry_class::CHECK,
    taxonomy::retry_after::CHECK,
    taxonomy::client_mistake::CHECK,
    taxonomy::unexpected_type::CHECK,
    taxonomy::internals::CHECK,
    identity::token_refused::CHECK,
    identity::token_effects::CHECK,
    identity::good_refused::CHECK,
    identity::past_gateway::CHECK,
    correlation::missing::CHECK,
    correlation::echo::CHECK,
    correlation::reaches_effects::CHECK,
    correlation::explained::CHECK,
    correlation::reaches_rows::CHECK,
    correlation::reaches_log::CHECK,
    idempotency::duplicate_effect::CHECK,
    idempotency::duplicate_under_load::CHECK,
    idempotency::replay_differs::CHECK,
    idempotency::other_content::CHECK,
    idempotency::swallowed::CHECK,
    idempotency::other_principal::CHECK,
    idempotency::while_running::CHECK,
    idempotency::stuck::CHECK,
    idempotency::failure_remembered::CHECK,
    idempotency::lost_effect::CHECK,
    idempotency::lost_under_load::CHECK,
    idempotency::business_key::CHECK,
    idempotency::unprotected::CHECK,
    idempotency::sequence_effects::CHECK,
    idempotency::sequence_answers::CHECK,
    idempotency::sequence_stuck::CHECK,
    limits::body::CHECK,
    limits::length::CHECK,
    limits::items::CHECK,
    limits::media_type::CHECK,
    limits::before_service::CHECK,
    limits::effects::CHECK,
    limits::under_load::CHECK,
    limits::exact_smaller::CHECK,
    limits::exact_larger::CHECK,
    limits::read_wholly::CHECK,
    limits::undeclared::CHECK,
    throttling::admitted::CHECK,
    throttling::admitted_under_load::CHECK,
    throttling::refused_early::CHECK,
    throttling::isolation::CHECK,
    throttling::retry_after_missing::CHECK,
    throttling::retry_after_honest::CHECK,
    throttling::effects::CHECK,
    validation::partly_invalid::CHECK,
    validation::write_before::CHECK,
    validation::exactly_the_valid::CHECK,
    validation::same_in_every_form::CHECK,
    data_path::governed::CHECK,
    data_path::governed_under_load::CHECK,
    data_path::columns::CHECK,
    data_path::over_reading::CHECK,
    dataverse::lost_update::CHECK,
    dataverse::double_create::CHECK,
    dataverse::repeat_differs::CHECK,
    dataverse::duplicate_key::CHECK,
    dataverse::throttle_as_failure::CHECK,
    dataverse::retry_after_ignored::CHECK,
    dataverse::patience::CHECK,
    dataverse::slept_past::CHECK,
    dataverse::parallelism::CHECK,
    dataverse::partial_batch::CHECK,
    dataverse::half_batch::CHECK,
    dataverse::standstill::CHECK,
    lifecycle::deprecation::CHECK,
    lifecycle::sunset::CHECK,
    lifecycle::successor::CHECK,
    lifecycle::after_sunset::CHECK,
    lifecycle::changed_behaviour::CHECK,
    lifecycle::changed_effects::CHECK,
    lifecycle::active::CHECK,
    latency::objective::CHECK,
    latency::errors::CHECK,
    latency::answer_within::CHECK,
    latency::threshold::CHECK,
    latency::generator::CHECK,
    determinism::same_decision::CHECK,
    jobs::ends::CHECK,
    jobs::looks_done::CHECK,
    jobs::failure_type::CHECK,
    jobs::location::CHECK,
    jobs::pace::CHECK,
    jobs::after_crash::CHECK,
    jobs::queue_full::CHECK,
    callback::token::CHECK,
    callback::schema::CHECK,
    callback::correlation::CHECK,
    callback::once::CHECK,
    callback::arrives::CHECK,
    callback::same_content::CHECK,
    callback::address::CHECK,
];

/// All checks, by family, in the order in which reports show them.
pub fn table() -> &'static [Check] {
    TABLE
}

/// A check by its id.
pub fn find(id: &str) -> Option<&'static Check> {
    table().iter().find(|check| check.id == id)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_check_has_an_id_of_its_own_in_its_family_and_explains_itself() {
        let ids: BTreeSet<&str> = table().iter().map(|check| check.id).collect();
        assert_eq!(ids.len(), table().len());
        for check in table() {
            assert!(check.id.starts_with(&format!("{}/", check.family)), "{}", check.id);
            assert!(check.explanation.len() > 100, "{}", check.id);
            assert!(!check.title.ends_with('.') && check.explanation.ends_with('.'), "{}", check.id);
            assert!(find(check.id).is_some());
        }
        assert!(table().is_sorted_by_key(|check| check.family), "by family");
    }

    #[test]
    fn every_family_has_checks() {
        let families: BTreeSet<Family> = table().iter().map(|check| check.family).collect();
        assert_eq!(families.len(), 16);
    }
}
