//! Links of the document: a call, and the call that its answer leads to.

use serde_json::Value;

use super::Sequence;
use crate::contract::openapi::{Expression, Link, LinkValue, ParameterIn, Source, StatusKey};
use crate::generate::generators::Generators;
use crate::generate::make::plain_call;
use crate::generate::payload::{Aimed, Draft, Given, Made, OperationGenerator, Sealing, Wish};
use crate::generate::shrink::Book;
use crate::generate::{CouldNotMake, Expect, Fill, FillPlace, Linked, Nonce, Pools, Step};

/// How often a link is followed, each time with other content.
const VARIANTS: u32 = 3;

/// How many cases an operation's links have.
pub(super) fn count(generators: &Generators, operation: &OperationGenerator) -> u32 {
    followed(generators, operation).len() as u32 * VARIANTS
}

/// The links of successes to operations that can be made, as the document has
/// them.
fn followed<'g>(
    generators: &'g Generators,
    operation: &'g OperationGenerator,
) -> Vec<(StatusKey, &'g Link, &'g OperationGenerator)> {
    let succeeds = |key: &StatusKey| matches!(key, StatusKey::Exact(200..=299) | StatusKey::Class(2));
    let responses = &operation.operation.responses;
    let declared = responses.keys().any(succeeds);
    let comes = |key: &StatusKey| succeeds(key) || (*key == StatusKey::Default && !declared);
    let links = responses.iter().filter(|(key, _)| comes(key)).flat_map(|(key, r)| r.links.iter().map(|l| (*key, l)));
    links.filter_map(|(key, link)| Some((key, link, generators.operation(link.operation.as_deref()?).ok()?))).collect()
}

/// What a case of a link is made with.
pub(in crate::generate) struct LinkBench<'b> {
    pub(in crate::generate) generators: &'b Generators,
    pub(in crate::generate) operation: &'b OperationGenerator,
    pub(in crate::generate) index: u32,
    pub(in crate::generate) seed: u64,
    pub(in crate::generate) nonce: &'b Nonce,
    pub(in crate::generate) pools: &'b Pools,
    pub(in crate::generate) book: Option<&'b Book>,
}

/// Follows one link.
pub(in crate::generate) fn make(bench: &LinkBench<'_>) -> Result<Sequence, CouldNotMake> {
    let none = || CouldNotMake::new(&*bench.operation.operation.id, "it has no such link");
    let links = followed(bench.generators, bench.operation);
    let (response, link, target) = *links.get((bench.index / VARIANTS) as usize).ok_or_else(none)?;
    let first = bench.first(link)?;
    let source = Known { operation: bench.operation, draft: &first.draft };
    let (given, fills) = bench.given(link, target, &source)?;
    let made = bench.target(target, &given)?;
    let named = names_all(target, &given);
    let expect = if named { Expect::Success } else { target.promised() };
    let mut call = plain_call(target, made, expect);
    call.role = "linked";
    let mut start = plain_call(bench.operation, first, bench.operation.promised());
    start.role = "first";
    let title = format!("the link `{}` of {response} to {} is followed", link.name, target.operation.id);
    let linked = Linked { link: link.name.as_str().into(), response, call, fills, named };
    Ok(Sequence::new(title, vec![Step::Call(start), Step::Linked(Box::new(linked))]))
}

/// Whether everything that the path names is given.
fn names_all(target: &OperationGenerator, given: &[Given]) -> bool {
    let mut paths = target.parameters.iter().enumerate().filter(|(_, p)| p.parameter.within == ParameterIn::Path);
    paths.all(|(index, _)| given.iter().any(|given| given.parameter == Some(index)))
}

/// The first call, as far as it is known before it is sent.
struct Known<'k> {
    operation: &'k OperationGenerator,
    draft: &'k Draft,
}

impl Known<'_> {
    fn value(&self, expression: &Expression) -> Option<Value> {
        match expression {
            Expression::Method => Some(Value::from(self.operation.operation.method.as_str())),
            Expression::Request(Source::Body(pointer)) => self.draft.body.as_ref()?.1.pointer(pointer).cloned(),
            Expression::Request(source) => self.draft.parameters[parameter(self.operation, source)?].clone(),
            Expression::Url | Expression::StatusCode | Expression::Response(_) => None,
        }
    }
}

/// The parameter that an expression means.
fn parameter(operation: &OperationGenerator, source: &Source) -> Option<usize> {
    let (within, name) = match source {
        Source::Path(name) => (ParameterIn::Path, name),
        Source::Query(name) => (ParameterIn::Query, name),
        Source::Header(name) => (ParameterIn::Header, name),
        Source::Body(_) => return None,
    };
    operation.parameters.iter().position(|p| {
        let same = p.parameter.name == *name;
        p.parameter.within == within
            && (same || within == ParameterIn::Header && p.parameter.name.eq_ignore_ascii_case(name))
    })
}

impl LinkBench<'_> {
    fn sealing<'s>(&'s self, seed: u64, correlation: Option<&'s str>) -> Sealing<'s> {
        let (nonce, pools) = (self.nonce, Some(self.pools));
        Sealing { nonce, seed, pools, correlation, skip: 0, breaks: false, book: None }
    }

    /// The first call, with the optional parameter in it that the link asks
    /// for. An example of the document comes first: it may name what exists.
    fn first(&self, link: &Link) -> Result<Made, CouldNotMake> {
        let values = link.parameters.iter().map(|(_, value)| value).chain(&link.body);
        let needed = values.flat_map(LinkValue::expressions).find_map(|expression| match expression {
            Expression::Request(source) => {
                parameter(self.operation, source).filter(|i| !self.operation.parameters[*i].parameter.required)
            }
            _ => None,
        });
        let aimed = needed.map(Aimed::Present);
        let examples = self.operation.examples();
        let sample = self.operation.samples.get((self.index % VARIANTS) as usize).copied();
        let sample = sample.filter(|sample| aimed.is_none() && *sample < examples);
        let wish = Wish { target: aimed.as_ref(), sample, items: Some(1), ..Wish::default() };
        self.operation.make(self.seed, &wish, &Sealing { book: self.book, ..self.sealing(self.seed, None) })
    }

    /// The linked call, under an ID of its own.
    fn target(&self, target: &OperationGenerator, given: &[Given]) -> Result<Made, CouldNotMake> {
        let seed = self.seed ^ 0x9e37_79b9_7f4a_7c15;
        let correlation = self.nonce.identity(self.seed, "linked").to_string();
        target.make_given(seed, given, &self.sealing(seed, Some(&correlation)))
    }

    /// What the link gives, and what of it comes later.
    fn given(
        &self,
        link: &Link,
        target: &OperationGenerator,
        known: &Known<'_>,
    ) -> Result<(Vec<Given>, Vec<Fill>), CouldNotMake> {
        let (mut given, mut fills) = (Vec::new(), Vec::new());
        let mut add = |parameter: Option<usize>, value: &LinkValue| {
            let value = value.with(|expression| known.value(expression));
            if let LinkValue::Constant(value) = value {
                given.push(Given { parameter, value, mark: false });
                return Ok(());
            }
            let lacks = |e: &&&Expression| matches!(e, Expression::Request(_));
            if value.expressions().iter().any(|e| lacks(&e)) {
                return Err(CouldNotMake::new(
                    format!("the link {}", link.name),
                    "the first call has nothing where the link takes a value from",
                ));
            }
            let mark = format!("linked{}x{:016x}", fills.len(), self.seed);
            given.push(Given { parameter, value: Value::from(mark.as_str()), mark: true });
            fills.push(fill(target, parameter, mark, value)?);
            Ok(())
        };
        for (name, value) in &link.parameters {
            let compiled = |index: usize| {
                let meant = &target.operation.parameters[index];
                target
                    .parameters
                    .iter()
                    .position(|p| p.parameter.within == meant.within && p.parameter.name == meant.name)
            };
            if let Some(index) = target.operation.linked_parameter(name).and_then(compiled) {
                add(Some(index), value)?;
            }
        }
        if let Some(body) = &link.body {
            if target.writes() {
                // What it writes could not be told from its bytes.
                return Err(CouldNotMake::new(format!("the link {}", link.name), "it gives the body of a write"));
            }
            add(None, body)?;
        }
        Ok((given, fills))
    }
}

fn fill(
    target: &OperationGenerator,
    parameter: Option<usize>,
    mark: String,
    value: LinkValue,
) -> Result<Fill, CouldNotMake> {
    let Some(parameter) = parameter.map(|index| &target.parameters[index]) else {
        return Ok(Fill { mark, place: FillPlace::Body, what: "body".to_owned(), value });
    };
    if parameter.parameter.content.is_some() {
        return Err(CouldNotMake::new(parameter.place(), "a link gives a value of content, which is not made"));
    }
    let place = match parameter.parameter.within {
        ParameterIn::Path | ParameterIn::Query => FillPlace::Target,
        ParameterIn::Header => FillPlace::Header(parameter.parameter.name.clone()),
        ParameterIn::Cookie => FillPlace::Header("Cookie".to_owned()),
    };
    Ok(Fill { mark, place, what: parameter.place(), value })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::contract::{Contract, ContractId};
    use crate::generate::{Case, CaseKind, Probe, Seed};

    const ORDERS: &str = r##"
openapi: 3.1.0
info: { title: Orders, version: "1" }
paths:
  /shops/{shop}/orders:
    post:
      operationId: order
      parameters:
        - { name: shop, in: path, required: true, schema: { type: string, pattern: "^[a-z]{3}$" } }
        - { name: lang, in: query, schema: { enum: [de, en] } }
      requestBody: { required: true, content: { application/json: { schema: { $ref: "#/components/schemas/Order" } } } }
      responses:
        "201":
          description: made
          content: { application/json: { schema: { type: object } } }
          links:
            read: { operationId: read, parameters: { path.shop: $request.path.shop, id: $response.body#/id, lang: $request.query.lang } }
            note:
              operationRef: "#/paths/~1notes/post"
              requestBody: { text: fixed }
            echo: { operationId: note, requestBody: $response.body#/note, parameters: { X-From: "{$method} {$response.header.Location}" } }
            none: { operationId: noneSuch }
        "400": { description: no, links: { read: { operationId: read } } }
  /shops/{shop}/orders/{id}:
    get:
      operationId: read
      parameters:
        - { name: shop, in: path, required: true, schema: { type: string } }
        - { name: id, in: path, required: true, schema: { type: integer } }
        - { name: lang, in: query, required: true, schema: { type: string } }
      responses: { "200": { description: there } }
  /notes:
    post:
      operationId: note
      parameters: [{ name: X-From, in: header, schema: { type: string } }]
      requestBody: { content: { application/json: { schema: { type: object, properties: { text: { type: string } } } } } }
      responses: { "201": { description: made } }
components:
  schemas: { Order: { type: object, required: [sku], properties: { sku: { type: string } } } }
"##;

    fn cases() -> Vec<Case> {
        let openapi = crate::contract::openapi::OpenApi::parse("orders.yaml", ORDERS).unwrap_or_else(|e| panic!("{e}"));
        assert!(openapi.notices.to_string().contains("leads to `noneSuch`"), "{}", openapi.notices);
        let generators = Generators::new(&Contract {
            id: ContractId::new("orders", ""),
            path: "orders.yaml".into(),
            openapi: std::sync::Arc::new(openapi),
            behaviour: None,
            callee: None,
            recorded: None,
        });
        let keys = generators.probes().into_iter().filter(|key| key.kind == CaseKind::Probe(Probe::Link));
        keys.map(|key| {
            let made = generators.case(&key, Seed(1), &Nonce("n".into()), &Pools::new());
            made.unwrap_or_else(|why| panic!("{key}: {why}"))
        })
        .collect()
    }

    #[test]
    fn links_of_successes_are_followed_with_what_is_known() {
        let cases = cases();
        assert_eq!(cases.len(), 9, "three links, three times each");
        let linked = |title: &str| {
            let case = cases.iter().find(|case| case.title.contains(title)).expect("there");
            let [Step::Call(first), Step::Linked(linked)] = case.steps.as_slice() else { panic!("{case:?}") };
            (first.clone(), (**linked).clone())
        };
        let (first, read) = linked("`read`");
        let shop = first.request.target.split('/').nth(2).expect("a shop");
        let (_, lang) = first.request.target.split_once("?lang=").expect("what the link takes is sent");
        let [id] = read.fills.as_slice() else { panic!("{read:?}") };
        assert_eq!(read.call.request.target, format!("/shops/{shop}/orders/{}?lang={lang}", id.mark));
        assert!(read.named && read.call.expect == Expect::Success);
        let (_, note) = linked("`note`");
        assert_eq!(note.call.request.body.bytes().map(|b| &b[..]), Some(&br#"{"text":"fixed"}"#[..]));
        let (_, echo) = linked("`echo`");
        let [from, body] = echo.fills.as_slice() else { panic!("{echo:?}") };
        assert_eq!(from.value.resolved(|_| Some(json!("/o/1"))), Some(json!("POST /o/1")));
        assert_eq!(body.place, FillPlace::Body);
        assert_eq!(echo.call.request.headers.get("x-from"), Some(from.mark.as_str()));
    }
}
