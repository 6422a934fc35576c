//! The schemas of a document and of those it refers to, each with what is
//! needed to follow its references.

use std::collections::HashMap;

use percent_encoding::utf8_percent_encode;
use referencing::{Draft, Registry, Resolver};
use serde_json::Value;

use super::target::escape;
use crate::contract::openapi::FRAGMENT;
use crate::generate::CouldNotMake;

/// A schema's number in its source.
pub(super) type LocId = usize;

/// Where a schema stands.
struct Place<'r> {
    schema: &'r Value,
    resolver: Resolver<'r>,
    /// JSON Pointer, after the URI of the document where it is another one.
    pointer: String,
    /// Absolute URI with a JSON Pointer as its fragment; none where only an
    /// anchor led here.
    address: Option<String>,
    scope: usize,
}

/// The schemas met so far.
pub(super) struct Source<'r> {
    places: Vec<Place<'r>>,
    /// By address in memory and dynamic scope.
    known: HashMap<(usize, usize), LocId>,
    scopes: HashMap<Vec<String>, usize>,
    home: String,
    /// Whether a `$dynamicRef` was followed: then a schema means something
    /// else when it is entered elsewhere.
    pub(super) dynamic: bool,
}

/// Schemas before only the two outermost documents tell dynamic scopes apart:
/// schemas that refer to each other dynamically have more scopes than can be
/// told apart.
const MANY: usize = 300;

impl<'r> Source<'r> {
    /// From a registry, the URI of a document in it and the pointer of a
    /// schema there, which is number 0.
    pub(super) fn new(registry: &'r Registry<'r>, uri: &str, pointer: &str) -> Result<Self, CouldNotMake> {
        let fault = |e: &dyn std::fmt::Display| CouldNotMake::new(pointer, e.to_string());
        let base = referencing::uri::from_str(uri).map_err(|e| fault(&e))?;
        let fragment = utf8_percent_encode(pointer, FRAGMENT).to_string();
        let resolved = registry.resolver(base).lookup(&format!("#{fragment}")).map_err(|e| fault(&e))?;
        let (schema, resolver, _) = resolved.into_inner();
        let resolver = within(&resolver, schema);
        let mut source = Self {
            places: Vec::new(),
            known: HashMap::new(),
            scopes: HashMap::new(),
            home: uri.to_owned(),
            dynamic: false,
        };
        let scope = source.scope(&resolver);
        source.intern(Place {
            schema,
            resolver,
            pointer: pointer.to_owned(),
            address: Some(format!("{uri}#{fragment}")),
            scope,
        });
        Ok(source)
    }

    fn intern(&mut self, place: Place<'r>) -> LocId {
        let key = (std::ptr::from_ref(place.schema).addr(), place.scope);
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        self.places.push(place);
        self.known.insert(key, self.places.len() - 1);
        self.places.len() - 1
    }

    /// What decides where dynamic references lead: the base, and the
    /// outermost entry into each document.
    fn scope(&mut self, resolver: &Resolver<'r>) -> usize {
        let mut entries: Vec<String> = Vec::new();
        for uri in &resolver.dynamic_scope() {
            entries.retain(|e| e != uri.as_str());
            entries.push(uri.as_str().to_owned());
        }
        if self.places.len() > MANY {
            entries.drain(..entries.len().saturating_sub(2));
        }
        // The base is entered when it is left again.
        let base = resolver.base_uri();
        if !entries.iter().any(|e| e == base.as_str()) {
            entries.insert(0, base.as_str().to_owned());
        }
        entries.push(base.as_str().to_owned());
        let next = self.scopes.len();
        *self.scopes.entry(entries).or_insert(next)
    }

    pub(super) fn schema(&self, loc: LocId) -> &'r Value {
        self.places[loc].schema
    }

    pub(super) fn pointer(&self, loc: LocId) -> &str {
        &self.places[loc].pointer
    }

    pub(super) fn address(&self, loc: LocId) -> Option<&str> {
        self.places[loc].address.as_deref()
    }

    /// The schema below a keyword.
    pub(super) fn child(&mut self, loc: LocId, tokens: &[&str], schema: &'r Value) -> LocId {
        let parent = &self.places[loc];
        let named = schema.get("$id").is_some();
        let key = (std::ptr::from_ref(schema).addr(), parent.scope);
        if !named && let Some(known) = self.known.get(&key) {
            return *known;
        }
        let way: String = tokens.iter().flat_map(|t| ["/".to_owned(), escape(t)]).collect();
        let pointer = format!("{}{way}", parent.pointer);
        let address = parent.address.as_ref().map(|a| format!("{a}{}", utf8_percent_encode(&way, FRAGMENT)));
        let (mut resolver, mut scope) = (parent.resolver.clone(), parent.scope);
        if named {
            resolver = within(&resolver, schema);
            scope = self.scope(&resolver);
        }
        self.intern(Place { schema, resolver, pointer, address, scope })
    }

    /// What a `$ref` or `$dynamicRef` leads to.
    pub(super) fn follow(&mut self, loc: LocId, reference: &str, dynamic: bool) -> Result<LocId, CouldNotMake> {
        self.dynamic |= dynamic;
        let from = &self.places[loc];
        let resolved = from
            .resolver
            .lookup(reference)
            .map_err(|e| CouldNotMake::new(from.pointer.as_str(), format!("`$ref: {reference}` leads nowhere: {e}")))?;
        let (schema, resolver, _) = resolved.into_inner();
        let fragment = reference.split_once('#').map_or("", |(_, fragment)| fragment);
        let base = resolver.base_uri();
        let is_pointer = fragment.is_empty() || fragment.starts_with('/');
        let decoded = percent_encoding::percent_decode_str(fragment).decode_utf8_lossy().into_owned();
        let at_home = base.as_str() == self.home;
        let pointer = if at_home && is_pointer { decoded } else { format!("{}#{decoded}", base.as_str()) };
        // A pointer that crosses an `$id` ends in another base than it began.
        let plain = schema.get("$id").is_none() && !dynamic;
        let start = if reference.starts_with('#') { from.resolver.base_uri() } else { base };
        let address = (is_pointer && plain).then(|| format!("{}#{fragment}", start.as_str()));
        let scope = self.scope(&resolver);
        Ok(self.intern(Place { schema, resolver, pointer, address, scope }))
    }
}

fn within<'r>(resolver: &Resolver<'r>, schema: &'r Value) -> Resolver<'r> {
    let resource = Draft::Draft202012.create_resource_ref(schema);
    resolver.in_subresource(resource).unwrap_or_else(|_| resolver.clone())
}
