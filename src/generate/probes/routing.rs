//! An unknown path, and a known path with a wrong method.

use http::Method;

use super::{Bench, Sequence};
use crate::generate::generators::Generators;
use crate::generate::payload::OperationGenerator;
use crate::generate::{CouldNotMake, Expect, Step};
use crate::wire::Body;

/// A method that no operation has on this path.
fn wrong_method(generators: &Generators, operation: &OperationGenerator) -> Option<Method> {
    let path = &operation.operation.path;
    let known: Vec<&Method> =
        generators.contract.openapi.operations.iter().filter(|o| o.path == *path).map(|o| &o.method).collect();
    [Method::DELETE, Method::PUT, Method::GET, Method::POST].into_iter().find(|m| !known.contains(&m))
}

pub(super) fn count(generators: &Generators, operation: &OperationGenerator) -> u32 {
    if operation.types(|t| t.status == 404).is_empty() || wrong_method(generators, operation).is_none() { 0 } else { 2 }
}

/// A call that no operation answers.
pub(super) fn astray(bench: &Bench<'_>) -> Result<Sequence, CouldNotMake> {
    let mut made = bench.conforming(0, 1, 0)?;
    let title = if bench.index == 0 {
        let method = wrong_method(bench.generators, bench.operation)
            .ok_or_else(|| bench.fault("every method has an operation"))?;
        let title = format!("{method} where no operation has it");
        made.request.method = method;
        title
    } else {
        made.request.target = format!("{}/unknown-{}", bench.operation.base_path, &bench.correlation()[..8]);
        made.request.method = Method::GET;
        "a path that no operation has".to_owned()
    };
    if matches!(made.request.method, Method::GET | Method::DELETE) {
        made.request.body = Body::Empty;
        made.request.headers.remove("Content-Type");
    }
    made.items.clear();
    let refused = Expect::Refused(bench.operation.types(|t| matches!(t.status, 404 | 405)));
    Ok(Sequence::new(title, vec![Step::Call(bench.call("astray", &made, refused))]))
}
