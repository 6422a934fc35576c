//! The items of a call, as the behaviour file's selectors see them.

use serde_json::Value;

use super::draft::places;
use crate::contract::behaviour::{Behaviour, Selector};
use crate::generate::{Item, canonical};
use crate::wire::Request;

/// What the request asks to execute. `value` is what the content means.
pub(super) fn items(behaviour: Option<&Behaviour>, request: &Request, value: Option<&Value>) -> Vec<Item> {
    let content = request.body.bytes().map_or(&[][..], |bytes| bytes);
    let named = |id: &str, whole: &[u8]| vec![Item { id: id.into(), content: canonical::hash(whole) }];
    let whole = || match value {
        Some(value) => canonical::text(value).into_bytes(),
        None => content.to_vec(),
    };
    let selector = behaviour.and_then(|b| b.idempotency.as_ref()).and_then(|i| i.item.as_ref());
    match selector {
        Some(selector @ Selector::Body(_)) => value.map_or_else(Vec::new, |value| in_body(selector, value)),
        Some(Selector::Header(name)) => request.headers.get(name).map_or_else(Vec::new, |id| named(id, &whole())),
        Some(Selector::Query(name)) => in_query(name, &request.target).map_or_else(Vec::new, |id| named(&id, &whole())),
        Some(Selector::Digest) => named(&canonical::sha256_hex(content), content),
        Some(Selector::Column(_) | Selector::Path(_)) | None => {
            let whole = whole();
            named(&canonical::sha256_hex(&whole), &whole)
        }
    }
}

/// The first value of a query parameter.
fn in_query(name: &str, target: &str) -> Option<String> {
    let (_, query) = target.split_once('?')?;
    url::form_urlencoded::parse(query.as_bytes()).find(|(n, _)| n == name).map(|(_, value)| value.into_owned())
}

/// Items in a list of the body: the content is the whole element, up to the
/// last `*` of the selector.
fn in_body(selector: &Selector, body: &Value) -> Vec<Item> {
    let below = match selector {
        Selector::Body(path) => path.iter().rev().take_while(|token| *token != "*").count(),
        _ => 0,
    };
    let starred = matches!(selector, Selector::Body(path) if path.iter().any(|t| t == "*"));
    places(selector, body)
        .into_iter()
        .filter_map(|place| {
            let id = body.pointer(&place)?;
            let container = if starred {
                (0..below).fold(place.as_str(), |at, _| at.rfind('/').map_or("", |cut| &at[..cut]))
            } else {
                ""
            };
            let content = canonical::hash(canonical::text(body.pointer(container)?).as_bytes());
            let id = id.as_str().map_or_else(|| canonical::text(id), str::to_owned);
            Some(Item { id: id.into(), content })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_identity_can_stand_in_the_query() {
        assert_eq!(in_query("key", "/p?a=1&key=x%20y&key=z").as_deref(), Some("x y"));
        assert_eq!(in_query("key", "/p"), None);
    }

    #[test]
    fn an_items_content_is_its_whole_element() {
        let selector = Selector::parse("body /records/*/id").expect("valid");
        let a = in_body(&selector, &json!({"records": [{"id": "a", "x": 1}, {"id": "b"}], "note": "n"}));
        let b = in_body(&selector, &json!({"records": [{"x": 1.0, "id": "a"}, {"id": "b", "x": 2}]}));
        assert_eq!(a[0], b[0]);
        assert_eq!(a[1].id, b[1].id);
        assert_ne!(a[1].content, b[1].content);
    }
}
