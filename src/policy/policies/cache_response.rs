//! `cache-lookup` and `cache-store`: responses that are given again.

use super::cache_value::CACHING_TYPES;
use super::table::{EVERYWHERE, Emulation, INBOUND, PolicyKind};
use crate::policy::reader::Reader;
use crate::policy::statement::{Action, Given, GivenText, Section};

/// `cache-lookup`.
#[derive(Clone, Debug)]
pub struct CacheLookup {
    /// Whether developers have responses of their own.
    pub by_developer: Given<bool>,
    /// Whether responses to requests with `Authorization` are kept as well.
    pub private: Given<bool>,
    /// Header fields by which responses differ.
    pub headers: Vec<GivenText>,
    /// Query parameters by which responses differ; none: all of them.
    pub parameters: Vec<GivenText>,
}

/// `cache-store`.
#[derive(Clone, Debug)]
pub struct CacheStore {
    /// How long a response is kept, in seconds of the clock.
    pub duration: Given<i64>,
    /// Whether it is kept; without it, those of status 200 are.
    pub keeps: Option<Given<bool>>,
}

const BY_PATH: Emulation = Emulation::Approximated(
    "kept in the gateway's own cache by path, query and the fields that are named; `Cache-Control` of the answer stays as it is",
);

pub(super) const LOOKUP: PolicyKind =
    PolicyKind { name: "cache-lookup", sections: INBOUND, scopes: EVERYWHERE, emulation: BY_PATH, compile: lookup };

pub(super) const STORE: PolicyKind = PolicyKind {
    name: "cache-store",
    sections: &[Section::Outbound],
    scopes: EVERYWHERE,
    emulation: BY_PATH,
    compile: store,
};

fn lookup(reader: &mut Reader<'_, '_, '_>) -> Option<Action> {
    let (mut headers, mut parameters) = (Vec::new(), Vec::new());
    for element in reader.children(&["vary-by-header", "vary-by-query-parameter"]) {
        let list = if &*element.name == "vary-by-header" { &mut headers } else { &mut parameters };
        list.extend(reader.content_of(element));
    }
    reader.word("caching-type", CACHING_TYPES);
    reader.word("downstream-caching-type", &["none", "private", "public"]);
    reader.flag("must-revalidate");
    let by_groups = reader.flag("vary-by-developer-groups");
    reader.required("vary-by-developer-groups", by_groups);
    let private = reader.flag("allow-private-response-caching").unwrap_or(Given::Fixed(false));
    let by_developer = reader.flag("vary-by-developer");
    let by_developer = reader.required("vary-by-developer", by_developer)?;
    Some(Action::CacheLookup(CacheLookup { by_developer, private, headers, parameters }))
}

fn store(reader: &mut Reader<'_, '_, '_>) -> Option<Action> {
    reader.children(&[]);
    reader.word("caching-type", CACHING_TYPES);
    let keeps = reader.flag("cache-response");
    let duration = reader.number("duration", 0..=i64::from(u32::MAX));
    let duration = reader.required("duration", duration)?;
    Some(Action::CacheStore(CacheStore { duration, keeps }))
}
