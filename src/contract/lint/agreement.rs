//! The behaviour file and the OpenAPI document agree on what a call is.

use crate::contract::behaviour::{Behaviour, LifecycleStatus, RunningPolicy};
use crate::contract::openapi::{OpenApi, Operation, Parameter, ParameterIn, ResponseSpec, StatusKey};
use crate::diagnose::{Diagnostic, Diagnostics};

pub(super) fn lint(document: &OpenApi, behaviour: &Behaviour, found: &mut Diagnostics) {
    for operation in &document.operations {
        correlation(operation, behaviour, found);
        lifecycle(operation, behaviour, found);
        if behaviour.identity.is_some() && !operation.secured {
            found.push(
                Diagnostic::error(operation.place.clone(), format!("`{}` demands no token", operation.id))
                    .expected("a security requirement: the behaviour file says who may call"),
            );
        }
    }
    content_types(document, behaviour, found);
    polling(document, behaviour, found);
}

/// The declared successes of an operation.
fn successes(operation: &Operation) -> impl Iterator<Item = (&StatusKey, &ResponseSpec)> {
    operation.responses.iter().filter(|(status, _)| matches!(status, StatusKey::Exact(200..=299) | StatusKey::Class(2)))
}

fn declares(response: &ResponseSpec, header: &str) -> bool {
    response.headers.iter().any(|h| h.name.eq_ignore_ascii_case(header))
}

/// A header parameter of an operation.
pub(super) fn header_parameter<'o>(operation: &'o Operation, name: &str) -> Option<&'o Parameter> {
    operation.parameters.iter().find(|p| p.within == ParameterIn::Header && p.name.eq_ignore_ascii_case(name))
}

fn correlation(operation: &Operation, behaviour: &Behaviour, found: &mut Diagnostics) {
    let Some(correlation) = &behaviour.correlation else {
        return;
    };
    let name = &correlation.header;
    match header_parameter(operation, name) {
        None => found.push(
            Diagnostic::error(operation.place.clone(), format!("`{}` doesn't declare `{name}`", operation.id))
                .expected("the correlation ID as a header parameter"),
        ),
        Some(parameter) if parameter.required != correlation.missing.is_some() => {
            let (is, says) = if parameter.required { ("required", "optional") } else { ("optional", "required") };
            found.push(
                Diagnostic::error(
                    parameter.place.clone(),
                    format!("`{name}` is {is} here and {says} in the behaviour file"),
                )
                .expected(format!("`required: {}`, or another `correlation.missing`", !parameter.required)),
            );
        }
        Some(_) => {}
    }
    if !correlation.echo {
        return;
    }
    for (status, response) in successes(operation).filter(|(_, response)| !declares(response, name)) {
        found.push(
            Diagnostic::warning(response.place.clone(), format!("the response {status} doesn't declare `{name}`"))
                .expected("the header, which the behaviour file says every answer carries"),
        );
    }
}

fn lifecycle(operation: &Operation, behaviour: &Behaviour, found: &mut Diagnostics) {
    let Some(lifecycle) = &behaviour.lifecycle else {
        return;
    };
    let deprecated = lifecycle.status == LifecycleStatus::Deprecated;
    let place = operation.place.clone();
    if deprecated && !operation.deprecated {
        found.push(
            Diagnostic::error(place, format!("the version is deprecated and `{}` is not", operation.id))
                .expected("`deprecated: true`"),
        );
    } else if operation.deprecated && lifecycle.status == LifecycleStatus::Active {
        found.push(
            Diagnostic::warning(place, format!("`{}` is deprecated and the version is active", operation.id))
                .expected("`lifecycle.status: deprecated`, or no `deprecated: true`"),
        );
    }
    if !deprecated {
        return;
    }
    let names = ["Deprecation", "Sunset"];
    let due = [lifecycle.since.is_some(), lifecycle.sunset.is_some()];
    for (status, response) in successes(operation) {
        for (name, due) in names.iter().zip(due) {
            if due && !declares(response, name) {
                found.push(
                    Diagnostic::warning(
                        response.place.clone(),
                        format!("the response {status} doesn't declare `{name}`"),
                    )
                    .expected("the header: the version is deprecated"),
                );
            }
        }
    }
}

fn content_types(document: &OpenApi, behaviour: &Behaviour, found: &mut Diagnostics) {
    let Some(limits) = behaviour.limits.as_ref().filter(|l| !l.content_types.is_empty()) else {
        return;
    };
    let requests: Vec<_> = document.operations.iter().filter_map(|o| o.request.as_ref()).collect();
    for request in &requests {
        for media_type in request.content.iter().filter(|m| !limits.content_types.contains(&m.name)) {
            found.push(
                Diagnostic::error(
                    request.place.clone(),
                    format!("`{}` is refused by the behaviour file", media_type.name),
                )
                .expected(format!("one of `{}`", limits.content_types.join("`, `"))),
            );
        }
    }
    for (index, name) in limits.content_types.iter().enumerate() {
        if !requests.iter().any(|r| r.content.iter().any(|m| m.name == *name)) {
            let place = behaviour.place(&format!("/limits/content_types/{index}"));
            found.push(
                Diagnostic::error(place, format!("no operation takes `{name}`"))
                    .expected("a media type of a request body"),
            );
        }
    }
}

/// Who answers a duplicate with the same `Location` has one.
fn polling(document: &OpenApi, behaviour: &Behaviour, found: &mut Diagnostics) {
    let running = behaviour.idempotency.as_ref().and_then(|i| i.while_running.as_ref());
    if running != Some(&RunningPolicy::SameLocation) {
        return;
    }
    let mut accepted =
        document.operations.iter().filter(|o| !o.is_safe()).filter_map(|o| o.responses.get(&StatusKey::Exact(202)));
    if !accepted.any(|response| declares(response, "Location")) {
        found.push(
            Diagnostic::error(
                behaviour.place("/idempotency/while_running"),
                "no operation answers 202 with a `Location`",
            )
            .expected("a response 202 with the header `Location`"),
        );
    }
}
