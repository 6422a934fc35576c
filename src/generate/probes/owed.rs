//! Bodies over the service's own limit, of which a part stays owed: who looks
//! at the size before the content need not wait for it.

use std::sync::{Arc, LazyLock};

use bytes::Bytes;

use super::{Bench, Sequence};
use crate::contract::behaviour::Behaviour;
use crate::generate::payload::OperationGenerator;
use crate::generate::{Call, CouldNotMake, Expect, Step, Via};
use crate::wire::{Body, Handwritten};

/// How many times its limit a body declares to have: none that a server would
/// rather read than refuse.
const TIMES: u64 = 8;

/// How many bytes a chunk has.
const CHUNK: usize = 64 * 1024;

/// A chunk, framed.
static FRAMED: LazyLock<Bytes> =
    LazyLock::new(|| Bytes::from([format!("{CHUNK:x}\r\n").as_bytes(), &[b'x'; CHUNK], b"\r\n"].concat()));

fn own_limit(behaviour: &Behaviour) -> Option<u64> {
    behaviour.limits.as_ref()?.behind?.body
}

pub(super) fn count(operation: &OperationGenerator, behaviour: &Behaviour) -> u32 {
    let has_body = !operation.operation.is_safe() && !operation.bodies.is_empty();
    if has_body && own_limit(behaviour).is_some() { 2 } else { 0 }
}

/// A body that declares its length and is sent in its beginning alone; and one
/// in chunks that is over the limit and not at its end.
pub(super) fn body(bench: &Bench<'_>) -> Result<Sequence, CouldNotMake> {
    let none = || bench.fault("no body limit is declared for the service itself");
    let limit = own_limit(bench.behaviour).ok_or_else(none)?;
    let mut made = bench.conforming(0, 1, 0)?;
    let content = made.request.body.bytes().cloned().unwrap_or_default();
    let begun = content.slice(..content.len().saturating_sub(1));
    let (by_hand, title) = if bench.index == 0 {
        let size = limit.saturating_mul(TIMES);
        (declared(begun, size), format!("a body of {size} bytes, {limit} are allowed, of which most stays owed"))
    } else {
        (chunked(&begun, limit), format!("a body in chunks, over the {limit} bytes that are allowed, and not ended"))
    };
    made.request.body = Body::Handwritten(Arc::new(by_hand));
    let call = Call { via: Via::AsGateway, items: Vec::new(), ..bench.call("owed", &made, Expect::Nothing) };
    Ok(Sequence::new(title, vec![Step::SameConnection(vec![call])]))
}

fn declared(begun: Bytes, size: u64) -> Handwritten {
    let lines = vec![Bytes::from(format!("Content-Length: {size}"))];
    Handwritten { lines, ..Handwritten::framed(begun) }
}

fn chunked(begun: &Bytes, limit: u64) -> Handwritten {
    let first = [format!("{:x}\r\n", begun.len()).as_bytes(), begun, b"\r\n"].concat();
    let lines = vec![Bytes::from_static(b"Transfer-Encoding: chunked")];
    let chunks = usize::try_from(limit).unwrap_or(usize::MAX).div_ceil(CHUNK) + 1;
    let first = if begun.is_empty() { Bytes::new() } else { Bytes::from(first) };
    Handwritten { lines, then: (FRAMED.clone(), chunks), ..Handwritten::framed(first) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_of_a_declared_body_stays_owed() {
        let body = declared(Bytes::from_static(b"{"), 64 << 20);
        assert_eq!((body.lines[0].as_ref(), body.content_len()), (&b"Content-Length: 67108864"[..], 1));
    }

    #[test]
    fn chunks_go_beyond_the_limit_and_have_no_end() {
        let body = chunked(&Bytes::from_static(b"{\"a\":1"), 100_000);
        assert_eq!(body.content.as_ref(), b"6\r\n{\"a\":1\r\n");
        assert!(body.then.1 * CHUNK > 100_000);
        assert!(body.then.0.starts_with(b"10000\r\nxx") && body.then.0.ends_with(b"xx\r\n"));
        assert_eq!(chunked(&Bytes::new(), 1).content, Bytes::new(), "an empty chunk would be the end");
    }
}
