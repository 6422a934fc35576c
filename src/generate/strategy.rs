//! The compiled generators as proptest strategies, so that sequences, faults
//! and interleavings compose with them. A strategy draws the seed; the
//! document follows from it.

use std::sync::Arc;

use proptest::prelude::*;
use serde_json::Value;

use super::schema::SchemaGenerator;
use super::{Call, CallOptions, Generators, Nonce, Pools};

/// Documents that keep a schema.
pub fn conforming(schema: Arc<SchemaGenerator>) -> impl Strategy<Value = Value> {
    any::<u64>().prop_filter_map("no conforming document was found", move |seed| schema.conforming(seed).ok())
}

/// Documents at an edge of a schema.
pub fn boundary(schema: Arc<SchemaGenerator>) -> impl Strategy<Value = Value> {
    (any::<u64>(), 0..schema.boundary_count().max(1))
        .prop_filter_map("no document was found at this edge", move |(seed, index)| {
            schema.at_boundary(index, seed).ok()
        })
}

/// A document that breaks a schema.
#[derive(Clone, Debug)]
pub struct Violation {
    /// The document.
    pub value: Value,
    /// The keyword it was aimed at.
    pub aimed: &'static str,
    /// Every keyword that fails: its place as a JSON Pointer, its name.
    pub failing: Vec<(String, String)>,
}

/// Documents that break a schema, each aimed at one keyword at one place.
pub fn violating(schema: Arc<SchemaGenerator>) -> impl Strategy<Value = Violation> {
    (any::<u64>(), 0..schema.violating_count().max(1)).prop_filter_map(
        "no document was found that breaks this",
        move |(seed, index)| {
            let aimed = schema.violating().get(index)?.keyword;
            let (value, failing) = schema.violation(index, seed).ok()?;
            Some(Violation { value, aimed, failing })
        },
    )
}

/// Conforming calls of an operation.
pub fn call(generators: Arc<Generators>, operation: Arc<str>, pools: Pools) -> impl Strategy<Value = Call> {
    (any::<u64>(), any::<u32>()).prop_filter_map("no call could be made", move |(seed, nonce)| {
        let nonce = Nonce(format!("{nonce:08x}").into());
        generators.call(&operation, seed, &nonce, &pools, &CallOptions::default()).ok()
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::LazyLock;

    use super::*;
    use crate::contract::openapi::{OpenApi, SchemaRef};

    fn schema(contract: &str, pointer: &str) -> Arc<SchemaGenerator> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("contracts").join(contract).join("openapi.yaml");
        let openapi = OpenApi::load(&path).unwrap_or_else(|e| panic!("{e}"));
        Arc::new(SchemaGenerator::compile(&openapi, &SchemaRef { pointer: pointer.into() }).expect("it compiles"))
    }

    static BATCH: LazyLock<Arc<SchemaGenerator>> =
        LazyLock::new(|| schema("bulk-update/v1", "/components/schemas/BatchRequest"));
    static ROWS: LazyLock<Arc<SchemaGenerator>> =
        LazyLock::new(|| schema("tabular-intake/v1", "/components/schemas/Rows"));

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn conforming_documents_are_valid(batch in conforming(BATCH.clone()), rows in conforming(ROWS.clone())) {
            prop_assert!(BATCH.is_valid(&batch));
            prop_assert!(ROWS.is_valid(&rows));
        }

        #[test]
        fn documents_at_an_edge_are_valid(batch in boundary(BATCH.clone())) {
            prop_assert!(BATCH.is_valid(&batch));
        }

        #[test]
        fn violating_documents_fail_where_they_were_aimed(found in violating(BATCH.clone())) {
            prop_assert!(!BATCH.is_valid(&found.value));
            prop_assert!(found.failing.iter().any(|(_, keyword)| keyword == found.aimed), "{:?}", found.failing);
        }
    }
}
