//! Pagination: a link to the next page is followed until there are enough items.

use serde_json::Value;

use crate::wire::Response;

/// Another page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Where it is, as the service wrote it.
    pub location: String,
    /// How many items came before it.
    pub items: u64,
}

/// The page that follows an answer of 2xx, where `wanted` items have not come
/// yet and `before` have come before it.
pub fn next_page(response: &Response, before: u64, wanted: u64) -> Option<Page> {
    let body: Value = serde_json::from_slice(&response.body).ok()?;
    let items = body.as_array().or_else(|| body.get("value")?.as_array()).map_or(0, |items| items.len() as u64);
    let items = before + items;
    let link = ["nextLink", "@odata.nextLink"].into_iter().find_map(|name| body.get(name)?.as_str());
    let location = link.filter(|link| !link.is_empty() && items < wanted)?.to_owned();
    Some(Page { location, items })
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::wire::Headers;

    fn next(body: &'static str, before: u64, wanted: u64) -> Option<(String, u64)> {
        let body = Bytes::from_static(body.as_bytes());
        let response = Response { status: 200, headers: Headers::new(), body, truncated: false };
        next_page(&response, before, wanted).map(|page| (page.location, page.items))
    }

    #[test]
    fn a_link_is_followed_until_there_are_enough_items() {
        let page = r#"{"value": [1, 2, 3], "nextLink": "/a?p=2"}"#;
        assert_eq!(next(page, 4, 8), Some(("/a?p=2".to_owned(), 7)));
        assert_eq!(next(page, 4, 7), None);
        assert_eq!(next(r#"{"value": [1], "@odata.nextLink": "/b"}"#, 0, 9), Some(("/b".to_owned(), 1)));
        for last in [r#"{"value": [1]}"#, r#"{"value": [1], "nextLink": ""}"#, "[1, 2]", "no JSON"] {
            assert_eq!(next(last, 0, 9), None, "{last}");
        }
    }
}
