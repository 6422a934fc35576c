//! `cache-lookup-value`, `cache-store-value`, `cache-remove-value`: values
//! that outlive a call.

use std::sync::Arc;

use super::table::{ANYWHERE, EVERYWHERE, Emulation, PolicyKind};
use crate::policy::reader::Reader;
use crate::policy::statement::{Action, Given, GivenText};

/// `cache-lookup-value`.
#[derive(Clone, Debug)]
pub struct CacheLookupValue {
    /// The value's key.
    pub key: GivenText,
    /// The variable that takes the value.
    pub variable: Arc<str>,
    /// What the variable takes where there is no value.
    pub default: Option<GivenText>,
}

/// `cache-store-value`.
#[derive(Clone, Debug)]
pub struct CacheStoreValue {
    /// The value's key.
    pub key: GivenText,
    /// The value.
    pub value: GivenText,
    /// How long it is kept, in seconds of the clock.
    pub duration: Given<i64>,
}

/// `cache-remove-value`.
#[derive(Clone, Debug)]
pub struct CacheRemoveValue {
    /// The value's key.
    pub key: GivenText,
}

const INTERNAL: Emulation = Emulation::Approximated("every cache is the gateway's own, also where it says `external`");

pub(super) const LOOKUP: PolicyKind = PolicyKind {
    name: "cache-lookup-value",
    sections: ANYWHERE,
    scopes: EVERYWHERE,
    emulation: INTERNAL,
    compile: lookup,
};

pub(super) const STORE: PolicyKind = PolicyKind {
    name: "cache-store-value",
    sections: ANYWHERE,
    scopes: EVERYWHERE,
    emulation: INTERNAL,
    compile: store,
};

pub(super) const REMOVE: PolicyKind = PolicyKind {
    name: "cache-remove-value",
    sections: ANYWHERE,
    scopes: EVERYWHERE,
    emulation: INTERNAL,
    compile: remove,
};

/// The words of `caching-type`.
pub(super) const CACHING_TYPES: &[&str] = &["prefer-external", "external", "internal"];

fn key(reader: &mut Reader<'_, '_, '_>) -> Option<GivenText> {
    reader.children(&[]);
    reader.word("caching-type", CACHING_TYPES);
    let key = reader.text("key");
    reader.required("key", key)
}

fn lookup(reader: &mut Reader<'_, '_, '_>) -> Option<Action> {
    let key = key(reader);
    let default = reader.text("default-value");
    let variable = reader.literal("variable-name");
    let variable = reader.required("variable-name", variable);
    Some(Action::CacheLookupValue(CacheLookupValue { key: key?, variable: variable?, default }))
}

fn store(reader: &mut Reader<'_, '_, '_>) -> Option<Action> {
    let key = key(reader);
    let value = reader.text("value");
    let value = reader.required("value", value);
    let duration = reader.number("duration", 0..=i64::from(u32::MAX));
    let duration = reader.required("duration", duration);
    Some(Action::CacheStoreValue(CacheStoreValue { key: key?, value: value?, duration: duration? }))
}

fn remove(reader: &mut Reader<'_, '_, '_>) -> Option<Action> {
    let key = key(reader)?;
    Some(Action::CacheRemoveValue(CacheRemoveValue { key }))
}
