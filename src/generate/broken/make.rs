//! From a number to a case.

use http::Method;

use super::breakage::{BREAKAGES, Breakage, Of};
use super::piece::Piece;
use crate::generate::generators::Generators;
use crate::generate::make::plain_call;
use crate::generate::payload::{Made, OperationGenerator, Sealing, Wish};
use crate::generate::shrink::Book;
use crate::generate::{Call, Case, CaseKey, CouldNotMake, Expect, Label, Need, Nonce, OnTheWire, Pools, Step, Wanted};
use crate::wire::Body;

/// How many requests are drawn for one that can be broken as it should.
const TRIES: u64 = 24;

/// The breakages that an operation's requests can have.
fn list(operation: &OperationGenerator) -> impl Iterator<Item = &'static Breakage> + Clone {
    BREAKAGES.iter().filter(|breakage| breakage.of.has(operation))
}

/// How many different breakages there are for an operation.
pub(in crate::generate) fn count(operation: &OperationGenerator) -> u32 {
    list(operation).count() as u32
}

/// A case with one thing broken: the number chooses it, and once all have
/// come, they come again in other words.
pub(in crate::generate) fn case(
    generators: &Generators,
    key: &CaseKey,
    seed: u64,
    (nonce, pools, book): (&Nonce, &Pools, Option<&Book>),
) -> Result<Case, CouldNotMake> {
    let operation = generators.operation(&key.operation)?;
    let count = count(operation).max(1);
    let sealing = Sealing { nonce, seed, pools: Some(pools), correlation: None, skip: 0, breaks: false, book };
    let methods = methods(generators, operation);
    // Where a request can't be broken in one way, it is in the next.
    let (first, pass) = ((key.index % count) as usize, key.index / count);
    let broken = list(operation).cycle().skip(first).take(count as usize).find_map(|breakage| {
        let media = breakage.of.media(operation);
        let wish = Wish { items: Some(2), media: Some(media), plain: true, ..Wish::default() };
        // An optional part that is to be broken is not in every request.
        (0..TRIES).find_map(|more| {
            let made = operation.make(seed.wrapping_add(more), &wish, &sealing).ok()?;
            let meant = made.draft.body.as_ref().is_some_and(|(index, _)| *index == media);
            if breakage.of != Of::Any && (!meant || made.request.body.is_empty()) {
                return None;
            }
            let mut piece = Piece::new(operation, &made, &methods, pass);
            piece.choosy = more < TRIES / 2;
            (breakage.apply)(&mut piece)?;
            let request = piece.finish();
            Some((breakage, made, request))
        })
    });
    let (breakage, made, request) =
        broken.ok_or_else(|| CouldNotMake::new(key.to_string(), "nothing can be broken"))?;
    let expect = Expect::Wire(promise(operation, breakage));
    let broken = Call { role: "broken", request, items: Vec::new(), ..plain_call(operation, made.clone(), expect) };
    let mut calls = vec![broken];
    calls.extend(following(generators, operation, breakage, (seed, &made, &sealing)));
    Ok(Case {
        key: key.clone(),
        seed,
        title: breakage.title.to_owned(),
        labels: vec![Label { at: "wire".to_owned(), keyword: breakage.name.to_owned() }],
        steps: vec![Step::SameConnection(calls)],
        needs: vec![Need::RawConnection],
    })
}

/// The methods that operations have at the path.
fn methods(generators: &Generators, operation: &OperationGenerator) -> Vec<Method> {
    let all = generators.contract.openapi.operations.iter();
    all.filter(|o| o.path == operation.operation.path).map(|o| o.method.clone()).collect()
}

/// What is promised. Without a behaviour file it is only what OpenAPI and HTTP
/// leave no doubt about.
fn promise(operation: &OperationGenerator, breakage: &Breakage) -> OnTheWire {
    let behaviour = operation.behaviour.as_deref();
    let required = operation.operation.request.as_ref().is_some_and(|request| request.required);
    let kinds = behaviour.and_then(|b| b.limits.as_ref()).is_some_and(|l| !l.content_types.is_empty());
    let wanted = match (breakage.name, breakage.wanted) {
        ("empty-body" | "white-space-body", _) if !required => Wanted::Either,
        ("media-type-other", _) if !kinds => Wanted::Doubtful,
        // RFC 9110 §6.2 leaves the version to the server.
        ("path-unknown" | "version-unknown", _) if behaviour.is_none() => Wanted::Either,
        (_, Wanted::Refused)
            if behaviour.is_none() && (breakage.by_server || matches!(breakage.of, Of::Csv | Of::Workbook)) =>
        {
            Wanted::Doubtful
        }
        (_, wanted) => wanted,
    };
    let types = match wanted {
        Wanted::NoOperation => operation.types(|t| matches!(t.status, 404 | 405)),
        _ if breakage.of == Of::Any => Vec::new(),
        _ => operation.final_types(&[400, 411, 413, 415, 422]),
    };
    let Breakage { name, by_server, server_status, .. } = *breakage;
    OnTheWire { breakage: name, wanted, types, by_server, server_status }
}

/// What follows on the same connection: where the broken request should be
/// accepted, the plain one it is compared with; else one that only reads.
fn following(
    generators: &Generators,
    operation: &OperationGenerator,
    breakage: &Breakage,
    (seed, made, sealing): (u64, &Made, &Sealing<'_>),
) -> Option<Call> {
    if !breakage.followed {
        return None;
    }
    let id = sealing.nonce.identity(seed, "next").to_string();
    let sealing = Sealing { correlation: Some(&id), ..*sealing };
    if breakage.wanted == Wanted::Accepted {
        let made = operation.seal(made.draft.clone(), None, &Sealing { pools: None, ..sealing }).ok()?;
        let call = plain_call(operation, made, Expect::Nothing);
        return Some(Call { role: "plain", items: Vec::new(), ..call });
    }
    let mut others = generators.operations.values().filter_map(|o| o.as_ref().ok());
    let reading = others.find(|o| o.operation.is_safe())?;
    let wish = Wish { plain: true, ..Wish::default() };
    let made = reading.make(seed, &wish, &sealing).ok().filter(|made| made.request.body == Body::Empty)?;
    Some(Call { role: "next", ..plain_call(reading, made, Expect::Nothing) })
}
