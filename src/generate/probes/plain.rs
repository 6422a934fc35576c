//! Probes that the OpenAPI document alone calls for: for contracts without a
//! behaviour file.

use serde_json::Value;

use super::Sequence;
use crate::contract::openapi::OpenApi;
use crate::generate::generators::Generators;
use crate::generate::payload::{Made, OperationGenerator, Sealing, Wish};
use crate::generate::{Call, Caller, CouldNotMake, Expect, Manner, Nonce, Pools, Probe, Step, Via};
use crate::wire::{push_cookie, push_query};

/// How many resources are made: each with other content.
const VARIANTS: u32 = 3;

/// What a plain probe is made with.
pub(in crate::generate) struct PlainBench<'b> {
    pub(in crate::generate) generators: &'b Generators,
    pub(in crate::generate) operation: &'b OperationGenerator,
    pub(in crate::generate) seed: u64,
    pub(in crate::generate) nonce: &'b Nonce,
    pub(in crate::generate) pools: &'b Pools,
}

/// How many cases of a probe an operation has.
pub(super) fn count(probe: Probe, generators: &Generators, operation: &OperationGenerator) -> u32 {
    match probe {
        Probe::Created if resource(generators, operation).is_some() => VARIANTS,
        Probe::WrongCredentials => u32::from(!wrong_proofs(&generators.contract.openapi, operation).is_empty()),
        _ => 0,
    }
}

/// Makes one case of a probe.
pub(in crate::generate) fn make(probe: Probe, bench: &PlainBench<'_>) -> Result<Sequence, CouldNotMake> {
    match probe {
        Probe::Created => created(bench),
        Probe::WrongCredentials => wrong_credentials(bench),
        _ => Err(CouldNotMake::new(&*bench.operation.operation.id, "the document has no such sequence")),
    }
}

/// A resource that can be made and read, and by what it is read.
struct Resource<'g> {
    read: &'g OperationGenerator,
    delete: Option<&'g OperationGenerator>,
    /// Path template of both.
    path: &'g str,
    /// Where the answer to the making tells the path parameter's value.
    pointer: String,
}

/// `POST /things` with `GET /things/{id}`, where the document says in which
/// member of the answer the ID comes.
fn resource<'g>(generators: &'g Generators, create: &OperationGenerator) -> Option<Resource<'g>> {
    let operation = &create.operation;
    if operation.method != http::Method::POST || operation.path.contains('{') {
        return None;
    }
    let parameter = |path: &'g str| {
        let rest = path.strip_prefix(operation.path.trim_end_matches('/'))?.strip_prefix("/{")?;
        rest.strip_suffix('}').filter(|name| !name.contains(['{', '}', '/']))
    };
    let made = || generators.operations.values().filter_map(|o| o.as_ref().ok());
    let (read, name) = made()
        .filter(|o| o.operation.method == http::Method::GET)
        .find_map(|o| Some((o, parameter(&o.operation.path)?)))?;
    let path = read.operation.path.as_str();
    let delete = made().find(|o| o.operation.method == http::Method::DELETE && o.operation.path == path);
    let pointer = pointer(&generators.contract.openapi, create, name)?;
    Some(Resource { read, delete, path, pointer })
}

/// The member of a success that a path parameter means: the one of its name,
/// else `id`.
fn pointer(openapi: &OpenApi, create: &OperationGenerator, parameter: &str) -> Option<String> {
    let spec = [201, 200].iter().find_map(|status| create.operation.response(*status))?;
    let schema = spec.content.iter().find(|media| media.is_json())?.schema.as_ref()?;
    let members = openapi.resolve(openapi.schema(schema)?).get("properties").and_then(Value::as_object)?;
    let plain = |name: &str| name.replace(['_', '-'], "").to_ascii_lowercase();
    let same = members.keys().find(|name| plain(name) == plain(parameter));
    let name = same.or_else(|| members.keys().find(|name| plain(name) == "id"))?;
    Some(format!("/{}", name.replace('~', "~0").replace('/', "~1")))
}

fn created(bench: &PlainBench<'_>) -> Result<Sequence, CouldNotMake> {
    let none = || CouldNotMake::new(&*bench.operation.operation.id, "nothing that is made can be read");
    let resource = resource(bench.generators, bench.operation).ok_or_else(none)?;
    let there = |of: &OperationGenerator, role, part| {
        let mut made = bench.made(of, part)?;
        let query = made.request.target.split_once('?').map(|(_, query)| format!("?{query}")).unwrap_or_default();
        let open = resource.path.find('{').unwrap_or(resource.path.len());
        // A runtime expression inside a text (OpenAPI 3.1.1, §4.8.20.3): it is
        // filled from the first call's answer when it is known.
        let before = format!("{}{}", of.base_path, &resource.path[..open]);
        made.request.target = format!("{before}{{$response.body#{}}}{query}", resource.pointer);
        Ok::<_, CouldNotMake>(Step::Call(call(of, role, made)))
    };
    let make = call(bench.operation, "make", bench.made(bench.operation, 0)?);
    let mut steps = vec![Step::Call(make), there(resource.read, "read", 1)?];
    if let Some(delete) = resource.delete {
        steps.extend([there(delete, "delete", 2)?, there(resource.read, "read after delete", 3)?]);
    }
    Ok(Sequence::new("something is made, read, deleted and read again", steps))
}

fn wrong_credentials(bench: &PlainBench<'_>) -> Result<Sequence, CouldNotMake> {
    let mut made = bench.made(bench.operation, 0)?;
    for (wrong, value) in wrong_proofs(&bench.generators.contract.openapi, bench.operation) {
        match wrong {
            Proof::Field(name) => made.request.headers.set(name, value),
            Proof::Query(name) => push_query(&mut made.request, &name, value),
            Proof::Cookie(name) => push_cookie(&mut made.request, &name, value),
        }
    }
    let call = Call { caller: Caller::Token(crate::generate::TokenKind::None), ..call(bench.operation, "call", made) };
    Ok(Sequence::new("a call with credentials that nobody gave out", vec![Step::Call(call)]))
}

/// Where a proof of who calls goes.
enum Proof {
    Field(String),
    Query(String),
    Cookie(String),
}

/// Credentials that are wrong for every way that an operation demands; empty
/// where none is demanded or some can't be shown in a request.
fn wrong_proofs(openapi: &OpenApi, operation: &OperationGenerator) -> Vec<(Proof, &'static str)> {
    use crate::contract::openapi::{ParameterIn, SecurityKind};
    if !operation.operation.secured {
        return Vec::new();
    }
    let key = "a-key-that-nobody-gave-out";
    let names = operation.operation.security.iter().flatten();
    let proofs = names.map(|name| {
        Some(match &openapi.security_scheme(name)?.kind {
            SecurityKind::ApiKey(ParameterIn::Query, name) => (Proof::Query(name.clone()), key),
            SecurityKind::ApiKey(ParameterIn::Cookie, name) => (Proof::Cookie(name.clone()), key),
            SecurityKind::ApiKey(_, name) => (Proof::Field(name.clone()), key),
            SecurityKind::Http(scheme) if scheme == "basic" => {
                (Proof::Field("Authorization".to_owned()), "Basic bm9ib2R5Om5vdGhpbmc=")
            }
            kind => (Proof::Field(kind.header()?.to_owned()), "Bearer a-token-that-nobody-gave-out"),
        })
    });
    proofs.collect::<Option<Vec<_>>>().unwrap_or_default()
}

impl PlainBench<'_> {
    fn made(&self, operation: &OperationGenerator, part: u64) -> Result<Made, CouldNotMake> {
        let (nonce, seed, pools) = (self.nonce, self.seed, Some(self.pools));
        let sealing = Sealing { nonce, seed, pools, correlation: None, skip: 0, breaks: false, book: None };
        let drawn = self.seed ^ part.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        operation.make(drawn, &Wish { plain: true, ..Wish::default() }, &sealing)
    }
}

fn call(operation: &OperationGenerator, role: &'static str, made: Made) -> Call {
    Call {
        role,
        operation: operation.operation.id.clone(),
        request: made.request,
        caller: Caller::Any,
        via: Via::Gateway,
        correlation: made.correlation,
        items: made.items,
        expect: Expect::Nothing,
        manner: Manner::default(),
        contract: None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::contract::{Contract, ContractId};
    use crate::generate::{Case, CaseKind, Generators, Nonce, Pools, Probe, Seed};

    const CARTS: &str = r#"
openapi: 3.1.0
info: { title: Carts, version: "1" }
components:
  securitySchemes:
    token: { type: http, scheme: bearer }
    key: { type: apiKey, in: header, name: X-Key }
    query: { type: apiKey, in: query, name: appid }
    cookie: { type: apiKey, in: cookie, name: sid }
paths:
  /carts:
    post:
      operationId: add
      responses:
        "201": { description: made, content: { application/json: { schema: { type: object, properties: { id: { type: string } } } } } }
  /carts/{cart_id}:
    parameters: [{ name: cart_id, in: path, required: true, schema: { type: string } }]
    get: { operationId: read, responses: { "200": { description: it } } }
    delete: { operationId: remove, security: [{ token: [] }, { key: [], query: [] }, { cookie: [] }], responses: { "204": { description: gone } } }
"#;

    fn probes(probe: Probe) -> Vec<Case> {
        let openapi = crate::contract::openapi::OpenApi::parse("carts.yaml", CARTS).unwrap_or_else(|e| panic!("{e}"));
        let id = ContractId::new("carts", "");
        let generators = Generators::new(&Contract {
            id,
            path: "carts.yaml".into(),
            openapi: Arc::new(openapi),
            behaviour: None,
            callee: None,
            recorded: None,
        });
        let keys = generators.probes().into_iter().filter(|key| key.kind == CaseKind::Probe(probe));
        keys.map(|key| generators.case(&key, Seed(1), &Nonce("n".into()), &Pools::new()).expect("it can be made"))
            .collect()
    }

    #[test]
    fn what_is_made_is_read_deleted_and_read_again() {
        let cases = probes(Probe::Created);
        assert_eq!(cases.len(), 3);
        let calls: Vec<(&str, &str)> = cases[0].calls().map(|c| (&*c.operation, c.request.target.as_str())).collect();
        let there = "/carts/{$response.body#/id}";
        assert_eq!(calls, [("add", "/carts"), ("read", there), ("remove", there), ("read", there)]);
    }

    #[test]
    fn credentials_are_wrong_for_every_way_in() {
        let cases = probes(Probe::WrongCredentials);
        let [case] = cases.as_slice() else { panic!("{cases:?}") };
        let request = &case.calls().next().expect("one").request;
        let headers = &request.headers;
        assert!(request.target.ends_with("?appid=a-key-that-nobody-gave-out"), "{}", request.target);
        assert_eq!(headers.get("cookie"), Some("sid=a-key-that-nobody-gave-out"));
        assert!(headers.get("authorization").is_some_and(|v| v.starts_with("Bearer ")) && headers.contains("x-key"));
    }
}
