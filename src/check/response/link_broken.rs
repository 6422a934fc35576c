//! `response/link-broken`.

use serde_json::Value;

use crate::check::answer::in_words;
use crate::check::claim::Claim;
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::contract::openapi::{Expression, Link, OpenApi, Operation, ResponseSpec, Source};
use crate::generate::{Fill, Linked, Probe, Step, expressed};
use crate::wire::Exchange;

pub(in crate::check) const CHECK: Check = Check {
    id: "response/link-broken",
    family: Family::Response,
    title: "a link leads somewhere",
    explanation: "A link of the document says how to go on from an answer: which operation comes next, and which \
        values of the answer it takes. The linked operation knows these values (not 404 or 410), and takes them (not \
        400, 405 or 422); and an answer has the values that the document promises and a link takes.\n\nNot judged: \
        404 where the path names something else that no link gives; 401, 403, 409, 412, 429 and failures of the \
        server, which say nothing about the link; a value that the document allows to be absent.",
    level: Level::Error,
    needs: &[],
    judge: Judge::Case(judge),
};

fn judge(subject: &CaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let linked = subject.run.case.steps.iter().find_map(|step| match step {
        Step::Linked(linked) => Some(&**linked),
        _ => None,
    });
    let Some(linked) = linked.filter(|_| subject.is_probe(Probe::Link)) else { return false };
    let calls: Vec<_> = subject.calls().collect();
    let Some((operation, answered)) = calls.first().and_then(|(call, run)| {
        let operation = subject.contract.openapi.operation(&call.operation)?;
        Some((operation, run.last()?))
    }) else {
        return false;
    };
    let Some(status) = answered.status().filter(|s| operation.response_key(*s) == Some(linked.response)) else {
        return false;
    };
    let Some(response) = operation.response(status) else { return false };
    let place = response.links.iter().find(|l| l.name == *linked.link).map(|link: &Link| link.place.clone());
    match calls.get(1).and_then(|(_, run)| run.last()) {
        None => {
            let lacking =
                linked.fills.iter().find_map(|fill| lacking(&subject.contract.openapi, response, fill, answered));
            let Some((fill, expression)) = lacking else { return false };
            found.push(subject.finding(
                &CHECK,
                Some(answered),
                Claim { place, ..lacks(operation, linked, fill, &expression) },
            ));
        }
        Some(exchange) => {
            let Some(status) = exchange.status() else { return false };
            if matches!(status, 400 | 405 | 422) || (matches!(status, 404 | 410) && linked.named) {
                let claim = refused(operation, linked, answered, exchange);
                found.push(subject.finding(&CHECK, Some(exchange), Claim { place, ..claim }));
            }
        }
    }
    true
}

fn lacks(operation: &Operation, linked: &Linked, fill: &Fill, expression: &str) -> Claim {
    Claim {
        what: format!("{} {} lacks {}", linked.response, linked.link, fill.what),
        title: format!("the answer of {} lacks what its link `{}` takes", operation.id, linked.link),
        expected: format!("a value at {expression}, which the document says is always there"),
        actual: format!("nothing, so {} can't be called with `{}`", linked.call.operation, fill.what),
        place: None,
    }
}

fn refused(operation: &Operation, linked: &Linked, answered: &Exchange, exchange: &Exchange) -> Claim {
    let status = exchange.status().unwrap_or_default();
    let title = match status {
        404 | 410 => format!("the link `{}` of {} leads to nothing", linked.link, operation.id),
        _ => format!("{} refuses what the link `{}` of {} gives", linked.call.operation, linked.link, operation.id),
    };
    let given: Vec<String> = linked
        .fills
        .iter()
        .filter_map(|fill| {
            let value = fill.value.resolved(|expression| expressed(expression, "", answered))?;
            let text: String = value.to_string().chars().take(80).collect();
            Some(format!("{} = {text}", fill.what))
        })
        .collect();
    let with = if given.is_empty() { String::new() } else { format!(" with {} from the link", given.join(", ")) };
    Claim {
        what: format!("{} {}", linked.response, linked.link),
        title,
        expected: format!("{} takes what the answer before it gave", linked.call.operation),
        actual: format!("{}{with}", in_words(exchange)),
        place: None,
    }
}

/// The first value that the answer lacks although the document promises it.
fn lacking<'f>(
    openapi: &OpenApi,
    response: &ResponseSpec,
    fill: &'f Fill,
    answered: &Exchange,
) -> Option<(&'f Fill, String)> {
    let expressions = fill.value.expressions();
    let absent =
        expressions.into_iter().find(|e| expressed(e, "", answered).is_none() && is_promised(openapi, response, e))?;
    match absent {
        Expression::Response(Source::Body(pointer)) => Some((fill, format!("`{pointer}` of the body"))),
        Expression::Response(Source::Header(name)) => Some((fill, format!("the header field `{name}`"))),
        _ => None,
    }
}

/// Whether the document says that what an expression means is always there.
fn is_promised(openapi: &OpenApi, response: &ResponseSpec, expression: &Expression) -> bool {
    match expression {
        Expression::Response(Source::Header(name)) => {
            response.headers.iter().any(|h| h.required && h.name.eq_ignore_ascii_case(name))
        }
        Expression::Response(Source::Body(pointer)) => {
            let json = response.content.iter().find(|media| media.is_json());
            let schema = json.and_then(|media| openapi.schema(media.schema.as_ref()?));
            let tokens: Vec<String> =
                pointer.split('/').skip(1).map(|token| token.replace("~1", "/").replace("~0", "~")).collect();
            schema.is_some_and(|schema| is_required(openapi, schema, &tokens, 0))
        }
        _ => false,
    }
}

/// How deep schemas are followed.
const MOST_DEPTH: usize = 32;

/// Whether a schema demands that a place is there.
fn is_required(openapi: &OpenApi, schema: &Value, tokens: &[String], depth: usize) -> bool {
    let Some((token, rest)) = tokens.split_first() else { return true };
    if depth > MOST_DEPTH {
        return false;
    }
    let schema = openapi.resolve(schema);
    let demanded =
        schema.get("required").and_then(Value::as_array).is_some_and(|all| all.iter().any(|n| *n == **token));
    let typed = schema.get("type").is_some_and(|t| *t == "object");
    let below = schema.get("properties").and_then(|all| all.get(token));
    if demanded && typed && (rest.is_empty() || below.is_some_and(|b| is_required(openapi, b, rest, depth + 1))) {
        return true;
    }
    let parts = schema.get("allOf").and_then(Value::as_array);
    parts.is_some_and(|all| all.iter().any(|part| is_required(openapi, part, tokens, depth + 1)))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::check::synthetic::{Play, answer, plain};
    use crate::check::{CaseSubject, Finding};
    use crate::contract::Contract;
    use crate::contract::openapi::OpenApi;
    use crate::generate::{CaseKind, Expect, Fill, FillPlace, Linked, Probe, Step};

    const DOCUMENT: &str = r#"
openapi: 3.1.0
info: { title: Batches, version: "1" }
paths:
  /batches:
    post:
      operationId: submitBatch
      responses:
        "201":
          description: made
          content:
            application/json:
              schema: { type: object, required: [id], properties: { id: { type: integer }, next: { type: string } } }
          links:
            read: { operationId: getBatch, parameters: { id: $response.body#/id } }
            next: { operationId: getBatch, parameters: { id: $response.body#/next } }
  /batches/{id}:
    get:
      operationId: getBatch
      parameters: [{ name: id, in: path, required: true, schema: { type: string } }]
      responses: { "200": { description: there } }
"#;

    fn contract() -> Contract {
        Contract { openapi: Arc::new(OpenApi::parse("a.yaml", DOCUMENT).expect("loads")), ..plain() }
    }

    /// What is found where the link is followed after `first` and answered with
    /// `second`, and whether it was judged at all.
    fn found(link: &str, first: (u16, &str), second: Option<u16>, named: bool) -> (bool, Vec<Finding>) {
        let contract = contract();
        let play = Play::new(CaseKind::Probe(Probe::Link)).call(Expect::Success);
        let body = serde_json::from_str(first.1).expect("JSON");
        let mut play = play.answered(answer(first.0).json(&body));
        if let Some(second) = second {
            play = play.call(Expect::Success).answered(answer(second));
        }
        let mut run = play.run(&contract);
        let mut case = (*run.case).clone();
        let Some(Step::Call(start)) = case.steps.first().cloned() else { panic!("{case:?}") };
        let spec = contract.openapi.operations[0].response(201).expect("declared");
        let declared = spec.links.iter().find(|l| l.name == link).expect("declared");
        let mut call = start.clone();
        call.operation = "getBatch".into();
        let fill = Fill {
            mark: "m".into(),
            place: FillPlace::Target,
            what: "path id".into(),
            value: declared.parameters[0].1.clone(),
        };
        let response = contract.openapi.operations[0].response_key(201).expect("declared");
        let linked = Linked { link: link.into(), response, call, fills: vec![fill], named };
        case.steps = vec![Step::Call(start), Step::Linked(Box::new(linked))];
        run.case = Arc::new(case);
        let mut found = Vec::new();
        let judged = super::judge(&CaseSubject { contract: &contract, run: &run }, &mut found);
        (judged, found)
    }

    #[test]
    fn a_link_that_leads_nowhere_or_is_refused_is_found() {
        for status in [400, 404, 405, 410, 422] {
            let (judged, found) = found("read", (201, r#"{"id": 7}"#), Some(status), true);
            assert!(judged && found.len() == 1, "{status}");
            assert!(found[0].actual.contains("path id = 7"), "{}", found[0].actual);
            assert!(found[0].place.is_some());
        }
        for status in [200, 401, 403, 409, 412, 429, 500, 503] {
            let (judged, found) = found("read", (201, r#"{"id": 7}"#), Some(status), true);
            assert!(judged && found.is_empty(), "{status}");
        }
        assert!(found("read", (201, r#"{"id": 7}"#), Some(404), false).1.is_empty(), "something else may be unknown");
    }

    #[test]
    fn what_an_answer_lacks_is_found_where_it_was_promised() {
        assert_eq!(found("read", (201, "{}"), None, true).1.len(), 1);
        let silent = [
            found("next", (201, r#"{"id": 7}"#), None, true),
            found("read", (200, "{}"), None, true),
            found("read", (400, "{}"), None, true),
            found("read", (201, r#"{"id": null}"#), None, true),
        ];
        assert!(silent.iter().all(|(judged, found)| !judged && found.is_empty()));
    }
}
