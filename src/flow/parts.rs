//! Chunked transfer: content in parts, after an empty request that announces it
//! (Azure Logic Apps, handle large messages).

use crate::wire::Response;

/// How many bytes a part has where the service names no size. Not documented.
pub const USUAL_PART: u64 = 1 << 20;

/// A part that comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Where it goes, as the service wrote it.
    pub location: String,
    /// Its first byte.
    pub from: u64,
    /// The byte behind its last.
    pub to: u64,
}

/// What follows an answer to the announcement or to a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NextPart {
    /// Another part.
    Send(Part),
    /// None: the service has all of it.
    All,
    /// The service does not keep to the protocol, so the action fails.
    Broken,
}

/// What follows an answer of 2xx: to the announcement, or to the part `sent`. The
/// content has `total` bytes, a part `usual` where the service says nothing.
pub fn next_part(response: &Response, sent: Option<&Part>, total: u64, usual: u64) -> NextPart {
    let suggested = response.headers.get("x-ms-chunk-size").and_then(|text| text.trim().parse().ok());
    let location = response.headers.get("location").or(sent.map(|part| part.location.as_str()));
    let from = sent.map_or(Some(0), |part| received(response).filter(|received| *received > part.from));
    let (Some(location), Some(from)) = (location, from) else { return NextPart::Broken };
    if from >= total {
        return NextPart::All;
    }
    let size = suggested.or(sent.map(|part| part.to - part.from)).unwrap_or(usual).max(1);
    NextPart::Send(Part { location: location.to_owned(), from, to: total.min(from.saturating_add(size)) })
}

/// How many bytes the service has, by its `Range: bytes=0-1023`.
fn received(response: &Response) -> Option<u64> {
    let range = response.headers.get("range")?.trim().strip_prefix("bytes=")?;
    let (_, last) = range.split_once('-')?;
    last.trim().parse::<u64>().ok()?.checked_add(1)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use proptest::prelude::*;

    use super::*;
    use crate::wire::Headers;

    fn answer(fields: &[(&str, &str)]) -> Response {
        let headers: Headers = fields.iter().copied().collect();
        Response { status: 200, headers, body: Bytes::new(), truncated: false }
    }

    fn sent(from: u64, to: u64) -> Part {
        Part { location: "/u/1".to_owned(), from, to }
    }

    #[test]
    fn the_service_says_where_and_how_large() {
        let first = next_part(&answer(&[("Location", "/u/1"), ("x-ms-chunk-size", "1024")]), None, 10_100, 9);
        assert_eq!(first, NextPart::Send(sent(0, 1024)));
        let next = next_part(&answer(&[("Range", "bytes=0-1023")]), Some(&sent(0, 1024)), 10_100, 9);
        assert_eq!(next, NextPart::Send(sent(1024, 2048)));
        let smaller = answer(&[("Range", "bytes=0-1023"), ("x-ms-chunk-size", "10"), ("Location", "/u/2")]);
        let expected = Part { location: "/u/2".to_owned(), from: 1024, to: 1034 };
        assert_eq!(next_part(&smaller, Some(&sent(0, 1024)), 10_100, 9), NextPart::Send(expected));
        assert_eq!(next_part(&answer(&[("Location", "/u/1")]), None, 5, 9), NextPart::Send(sent(0, 5)));
        assert_eq!(next_part(&answer(&[("Range", "bytes=0-99")]), Some(&sent(90, 100)), 100, 9), NextPart::All);
    }

    #[test]
    fn an_answer_without_what_the_protocol_demands_breaks_it() {
        assert_eq!(next_part(&answer(&[]), None, 5, 9), NextPart::Broken);
        for range in ["bytes=0-9", "bytes 0-99", "bytes=0-", "bytes=0-18446744073709551615"] {
            assert_eq!(
                next_part(&answer(&[("Range", range)]), Some(&sent(10, 20)), 100, 9),
                NextPart::Broken,
                "{range}"
            );
        }
        assert_eq!(next_part(&answer(&[]), Some(&sent(10, 20)), 100, 9), NextPart::Broken);
    }

    proptest! {
        #[test]
        fn parts_come_one_after_the_other_and_are_all_of_it(total in 1_u64..10_000, usual in 1_u64..5_000) {
            let mut next = next_part(&answer(&[("Location", "/u/1")]), None, total, usual);
            let mut had = 0;
            while let NextPart::Send(part) = next {
                prop_assert_eq!(part.from, had);
                prop_assert!(part.to > part.from && part.to <= total && part.to - part.from <= usual);
                had = part.to;
                let range = format!("bytes=0-{}", had - 1);
                next = next_part(&answer(&[("Range", &range)]), Some(&part), total, usual);
            }
            prop_assert_eq!((next, had), (NextPart::All, total));
        }
    }
}
