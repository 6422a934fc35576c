//! A behaviour file by itself.

use crate::clock::format_duration;
use crate::contract::behaviour::{
    AfterSunset, Behaviour, CorrelationCarrier, LifecycleStatus, Retry, RunningPolicy, ThrottlingPer, TypeName,
};
use crate::diagnose::{Diagnostic, Diagnostics};

pub(super) fn lint(behaviour: &Behaviour, found: &mut Diagnostics) {
    taxonomy(behaviour, found);
    lifecycle(behaviour, found);
    idempotency(behaviour, found);
    throttling(behaviour, found);
    objectives(behaviour, found);
    effects(behaviour, found);
}

/// Whether Power Automate's own retry policy repeats a call that was answered
/// so: 408, 429 and 5xx.
pub(in crate::contract) fn flows_retry(status: u16) -> bool {
    status == 408 || status == 429 || (500..=599).contains(&status)
}

fn taxonomy(behaviour: &Behaviour, found: &mut Diagnostics) {
    for declared in &behaviour.errors {
        let place = behaviour.place(&format!("{}/retry", declared.pointer()));
        let (name, status) = (&declared.name, declared.status);
        match (declared.retry, flows_retry(status)) {
            (Retry::Policy, false) => found.push(
                Diagnostic::error(
                    place,
                    format!("flows don't repeat a {status}, so `{name}` can't be left to their retry"),
                )
                .expected("408, 429 or 5xx for `retry: policy`")
                .actual(format!("`status: {status}`"))
                .hint("take another status, or `retry: later`"),
            ),
            (Retry::Later | Retry::Never, true) => found.push(
                Diagnostic::error(place, format!("flows repeat a {status} whatever the file says, also for `{name}`"))
                    .expected("a status that is not 408, 429 or 5xx, or `retry: policy`")
                    .actual(format!("`status: {status}`")),
            ),
            _ => {}
        }
        if status == 429 && !declared.retry_after {
            let place = behaviour.place(&declared.pointer());
            found.push(
                Diagnostic::warning(place, format!("`{name}` doesn't say when to call again"))
                    .expected("`retry_after: required`"),
            );
        }
    }
}

fn lifecycle(behaviour: &Behaviour, found: &mut Diagnostics) {
    let Some(lifecycle) = &behaviour.lifecycle else {
        return;
    };
    let at = |key: &str| behaviour.place(&format!("/lifecycle{key}"));
    if let (Some(since), Some(sunset)) = (lifecycle.since, lifecycle.sunset)
        && sunset < since
    {
        found.push(
            Diagnostic::error(at("/sunset"), "it stops answering before it is deprecated")
                .expected(format!("{since} or later"))
                .actual(sunset.to_string()),
        );
    }
    if lifecycle.status == LifecycleStatus::Active {
        if lifecycle.sunset.is_some() || lifecycle.since.is_some() {
            found.push(Diagnostic::warning(at(""), "an active version has no `since` and no `sunset`"));
        }
        return;
    }
    for (key, missing) in [
        ("since", lifecycle.since.is_none()),
        ("sunset", lifecycle.sunset.is_none()),
        ("successor", lifecycle.successor.is_none()),
    ] {
        if missing {
            let what = format!("a deprecated version without `{key}`: its clients don't know what to do");
            found.push(Diagnostic::warning(at(""), what).expected(format!("a key `{key}`")));
        }
    }
    if let Some(AfterSunset::Type(name)) = &lifecycle.after_sunset
        && let Some(declared) = behaviour.error(name)
        && !matches!(declared.status, 404 | 410)
    {
        found.push(
            Diagnostic::warning(at("/after_sunset"), format!("`{name}` is a strange answer of a version that is gone"))
                .expected("a type with 410 or 404")
                .actual(format!("`status: {}`", declared.status)),
        );
    }
}

fn idempotency(behaviour: &Behaviour, found: &mut Diagnostics) {
    let Some(idempotency) = &behaviour.idempotency else {
        return;
    };
    let Some(RunningPolicy::Type(name)) = &idempotency.while_running else {
        return;
    };
    let place = behaviour.place("/idempotency/while_running");
    if behaviour.error(name).is_some_and(|declared| declared.retry != Retry::Policy) {
        found.push(
            Diagnostic::warning(place.clone(), format!("flows don't repeat `{name}`, so the operation is lost"))
                .expected("a type with `retry: policy`"),
        );
    }
    if !idempotency.not_remembered.contains(name) {
        found.push(
            Diagnostic::error(place, format!("`{name}` would be remembered as the answer for good"))
                .expected(format!("`{name}` or `policy` in `not_remembered`")),
        );
    }
}

fn throttling(behaviour: &Behaviour, found: &mut Diagnostics) {
    let Some(throttling) = &behaviour.throttling else {
        return;
    };
    let declared = |status: u16| behaviour.errors.iter().any(|t| t.status == status);
    if throttling.rate.is_some() && !declared(429) {
        let place = behaviour.place("/throttling/rate");
        found.push(
            Diagnostic::error(place, "a rate is promised, and no failure type says that it is used up")
                .expected("a type with `status: 429`"),
        );
    }
    if throttling.quota.is_some() && !declared(403) {
        let place = behaviour.place("/throttling/quota");
        found.push(
            Diagnostic::warning(place, "a quota is promised, and no failure type says that it is used up")
                .expected("a type with `status: 403`"),
        );
    }
}

fn objectives(behaviour: &Behaviour, found: &mut Diagnostics) {
    let within = behaviour.limits.as_ref().and_then(|limits| limits.answer_within);
    let throttling = behaviour.throttling.as_ref().filter(|t| t.per == ThrottlingPer::Api);
    let rate = throttling.and_then(|t| t.rate).map(|rate| rate.calls as f64 / rate.per.as_secs_f64());
    for objective in &behaviour.objectives {
        let at = || objective.place.clone();
        let mut bounds = objective.quantiles.clone();
        bounds.sort_by(|a, b| a.0.total_cmp(&b.0));
        for pair in bounds.windows(2) {
            if pair[1].1 < pair[0].1 {
                let what = format!("p{} is promised to be shorter than p{}", pair[1].0 * 100.0, pair[0].0 * 100.0);
                let longer = format!("{} or more", format_duration(pair[0].1));
                found.push(Diagnostic::error(at(), what).expected(longer).actual(format_duration(pair[1].1)));
            }
        }
        if let (Some(within), Some((_, longest))) = (within, bounds.last())
            && *longest > within
        {
            found.push(
                Diagnostic::error(at(), "this objective allows more time than any answer may take")
                    .expected(format!("at most `answer_within`: {}", format_duration(within)))
                    .actual(format_duration(*longest)),
            );
        }
        if rate.is_some_and(|rate| objective.at > rate) {
            found.push(
                Diagnostic::error(at(), "this objective is judged at a rate that is throttled")
                    .expected("a rate that `throttling` admits")
                    .actual(format!("{}/s", objective.at)),
            );
        }
    }
}

fn effects(behaviour: &Behaviour, found: &mut Diagnostics) {
    let Some(effects) = &behaviour.effects else {
        return;
    };
    if let CorrelationCarrier::Column(name) = &effects.correlated_by
        && !effects.columns.contains(name)
    {
        let columns = effects.columns.join("`, `");
        found.push(
            Diagnostic::error(
                behaviour.place("/effects/correlated_by"),
                format!("the column `{name}` is never written"),
            )
            .expected(format!("one of `{columns}`, or `{name}` among `columns`")),
        );
    }
}

/// The declared types with a status.
pub(super) fn with_status(behaviour: &Behaviour, status: u16) -> Vec<&TypeName> {
    behaviour.errors.iter().filter(|t| t.status == status).map(|t| &t.name).collect()
}
