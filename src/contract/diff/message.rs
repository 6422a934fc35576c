//! What changes around the schemas: parameters, bodies, responses.

use super::ChangeKind;
use super::compare::Pair;
use super::schema::{Direction, compare_schemas};
use crate::contract::openapi::{MediaType, Operation, Parameter, ParameterIn, RequestBody, ResponseSpec, StatusKey};

pub(super) fn parameters(pair: &mut Pair<'_>, new: &Operation) {
    for old in &pair.operation.parameters {
        let at = name(old);
        let Some(same) = find(old, pair.operation, new) else {
            pair.push(ChangeKind::ParameterRemoved, &at, "is gone".to_owned(), (Some(old.place.clone()), None));
            continue;
        };
        let places = (Some(old.place.clone()), Some(same.place.clone()));
        if same.required && !old.required {
            pair.push(ChangeKind::NewlyRequired, &at, "is required now".to_owned(), places);
        }
        if let (Some(old), Some(new)) = (&old.schema, &same.schema) {
            compare_schemas(pair, (old, new), &at, Direction::Request);
        }
    }
    for added in &new.parameters {
        if find(added, new, pair.operation).is_some() {
            continue;
        }
        let places = (Some(pair.operation.place.clone()), Some(added.place.clone()));
        if added.required {
            pair.push(ChangeKind::NewlyRequired, &name(added), "is new and required".to_owned(), places);
        } else {
            pair.note(ChangeKind::ParameterAdded, &name(added), "is new and optional".to_owned(), places);
        }
    }
}

/// The same parameter of another operation: path parameters by their place in
/// the path, header fields without regard to case.
fn find<'n>(parameter: &Parameter, of: &Operation, within: &'n Operation) -> Option<&'n Parameter> {
    let index = |operation: &Operation, name: &str| {
        operation.path.split('{').skip(1).position(|piece| piece.split('}').next() == Some(name))
    };
    within.parameters.iter().filter(|p| p.within == parameter.within).find(|p| match p.within {
        ParameterIn::Path => index(within, &p.name) == index(of, &parameter.name),
        ParameterIn::Header => p.name.eq_ignore_ascii_case(&parameter.name),
        ParameterIn::Query | ParameterIn::Cookie => p.name == parameter.name,
    })
}

fn name(parameter: &Parameter) -> String {
    let within = match parameter.within {
        ParameterIn::Path => "path",
        ParameterIn::Query => "query",
        ParameterIn::Header => "header",
        ParameterIn::Cookie => "cookie",
    };
    format!("{within} {}", parameter.name)
}

pub(super) fn request(pair: &mut Pair<'_>, new: &Operation) {
    let at = "request body";
    match (&pair.operation.request, &new.request) {
        (None, Some(body)) if body.required => {
            let places = (Some(pair.operation.place.clone()), Some(body.place.clone()));
            pair.push(ChangeKind::NewlyRequired, at, "is new and required".to_owned(), places);
        }
        (Some(body), None) => {
            let places = (Some(body.place.clone()), Some(new.place.clone()));
            pair.push(ChangeKind::BodyRemoved, at, "is not accepted any more".to_owned(), places);
        }
        (Some(old), Some(new)) => bodies(pair, old, new),
        (None, _) => {}
    }
}

fn bodies(pair: &mut Pair<'_>, old: &RequestBody, new: &RequestBody) {
    let at = "request body";
    let places = (Some(old.place.clone()), Some(new.place.clone()));
    if new.required && !old.required {
        pair.push(ChangeKind::NewlyRequired, at, "is required now".to_owned(), places.clone());
    }
    for media_type in &old.content {
        if let Some(same) = accepts(&new.content, &media_type.name) {
            contents(pair, (media_type, same), at, Direction::Request);
        } else {
            let text = format!("`{}` is not accepted any more", media_type.name);
            pair.push(ChangeKind::MediaTypeRemoved, at, text, places.clone());
        }
    }
}

fn accepts<'n>(content: &'n [MediaType], name: &str) -> Option<&'n MediaType> {
    let kind = name.split('/').next();
    content.iter().find(|m| m.name == name).or_else(|| {
        content.iter().find(|m| m.name == "*/*" || m.name.strip_suffix("/*").is_some_and(|k| Some(k) == kind))
    })
}

fn contents(pair: &mut Pair<'_>, (old, new): (&MediaType, &MediaType), at: &str, direction: Direction) {
    if let (Some(old), Some(new)) = (&old.schema, &new.schema) {
        compare_schemas(pair, (old, new), at, direction);
    }
}

pub(super) fn responses(pair: &mut Pair<'_>, new: &Operation) {
    let old = pair.operation;
    for (status, response) in &old.responses {
        let at = format!("response {status}");
        if let Some(same) = covering(new, *status) {
            answers(pair, (response, same), &at);
            continue;
        }
        let places = (Some(response.place.clone()), Some(new.place.clone()));
        if success(*status) {
            pair.push(ChangeKind::ResponseRemoved, &at, "is not answered any more".to_owned(), places);
        } else {
            pair.note(ChangeKind::ResponseRemoved, &at, "is not answered any more".to_owned(), places);
        }
    }
    for (status, response) in &new.responses {
        if covering(old, *status).is_some() {
            continue;
        }
        let at = format!("response {status}");
        let places = (Some(old.place.clone()), Some(response.place.clone()));
        if success(*status) {
            pair.push(ChangeKind::ResponseAdded, &at, "is a success that clients don't know".to_owned(), places);
        } else {
            pair.note(ChangeKind::ResponseAdded, &at, "is new".to_owned(), places);
        }
    }
}

fn covering(operation: &Operation, status: StatusKey) -> Option<&ResponseSpec> {
    match status {
        StatusKey::Exact(status) => operation.response(status),
        StatusKey::Class(_) | StatusKey::Default => operation.responses.get(&status),
    }
}

fn success(status: StatusKey) -> bool {
    matches!(status, StatusKey::Exact(200..=299) | StatusKey::Class(2))
}

fn answers(pair: &mut Pair<'_>, (old, new): (&ResponseSpec, &ResponseSpec), at: &str) {
    let places = (Some(old.place.clone()), Some(new.place.clone()));
    for header in &old.headers {
        let same = new.headers.iter().find(|h| h.name.eq_ignore_ascii_case(&header.name));
        let at = format!("{at} header {}", header.name);
        match same {
            None if header.required => {
                pair.push(ChangeKind::HeaderRemoved, &at, "is gone".to_owned(), places.clone());
            }
            None => pair.note(ChangeKind::HeaderRemoved, &at, "is gone; it was optional".to_owned(), places.clone()),
            Some(same) => {
                if header.required && !same.required {
                    pair.push(ChangeKind::HeaderRemoved, &at, "may be absent".to_owned(), places.clone());
                }
                if let (Some(old), Some(new)) = (&header.schema, &same.schema) {
                    compare_schemas(pair, (old, new), &at, Direction::Response);
                }
            }
        }
    }
    let at = format!("{at} body");
    for media_type in &old.content {
        if let Some(same) = accepts(&new.content, &media_type.name) {
            contents(pair, (media_type, same), &at, Direction::Response);
        } else {
            let text = format!("`{}` is not answered any more", media_type.name);
            pair.push(ChangeKind::MediaTypeRemoved, &at, text, places.clone());
        }
    }
}
