//! What an API's document says of one operation, with the validators that
//! policies need.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use jsonschema::Validator;
use serde_json::{Map, Value as Json};

use crate::contract::openapi::{OpenApi, Operation, SchemaRef};
use crate::policy::{Adjustment, compile_schema};

/// What an API's document says of one operation.
pub(in crate::stack::gateway) struct Definition {
    pub(in crate::stack::gateway) openapi: Arc<OpenApi>,
    pub(in crate::stack::gateway) operation: Arc<Operation>,
    /// Validators of schemas of which a policy overrides something.
    adjusted: Mutex<HashMap<(Arc<str>, Adjustment), Compiled>>,
}

/// A validator, or why there is none.
type Compiled = Result<Arc<Validator>, String>;

impl std::fmt::Debug for Definition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Definition").field("operation", &self.operation.id).finish_non_exhaustive()
    }
}

impl Definition {
    pub(in crate::stack::gateway) fn new(openapi: &Arc<OpenApi>, operation: &Arc<Operation>) -> Self {
        let (openapi, operation) = (Arc::clone(openapi), Arc::clone(operation));
        Self { openapi, operation, adjusted: Mutex::default() }
    }

    /// The validator of a schema; compiled at the first call.
    pub(in crate::stack::gateway) fn validator(
        &self,
        schema: &SchemaRef,
        request: bool,
        adjustment: Adjustment,
    ) -> Compiled {
        if adjustment.is_none() {
            return if request {
                self.openapi.request_validator(schema)
            } else {
                self.openapi.answer_validator(schema)
            };
        }
        let key = (Arc::clone(&schema.pointer), adjustment);
        let lock = || self.adjusted.lock().expect("nobody panics while he looks up");
        if let Some(known) = lock().get(&key) {
            return known.clone();
        }
        let compiled = self.compile(schema, adjustment);
        lock().entry(key).or_insert(compiled).clone()
    }

    /// Compiles a schema with what it usually refers to; where that is not
    /// enough, with the whole document.
    fn compile(&self, schema: &SchemaRef, adjustment: Adjustment) -> Compiled {
        const ENTRY: &str = "x-entry";
        let document = &self.openapi.document;
        let parts = ["components", "x-bundled"].into_iter();
        let mut small: Map<String, Json> =
            parts.filter_map(|name| Some((name.to_owned(), document.get(name)?.clone()))).collect();
        small.insert(ENTRY.into(), self.openapi.schema(schema).cloned().unwrap_or_default());
        compile_schema(&Json::Object(small), Some(&format!("#/{ENTRY}")), adjustment)
            .or_else(|_| compile_schema(document, Some(&format!("#{}", schema.pointer)), adjustment))
    }

    /// The name of a schema: its own in `components`, else one made of the
    /// operation, as an import does it.
    pub(in crate::stack::gateway) fn name(&self, schema: &SchemaRef, request: bool) -> String {
        let of = |pointer: &str| pointer.rsplit('/').next().unwrap_or_default().replace("~1", "/");
        if schema.pointer.starts_with("/components/") {
            return of(&schema.pointer);
        }
        let reference = self.openapi.schema(schema).and_then(|s| s.get("$ref")).and_then(Json::as_str);
        if let Some(reference) = reference {
            return of(reference);
        }
        let words = self.operation.path.split(|c: char| !c.is_alphanumeric());
        let path: String = words.map(capitalised).collect();
        let method = capitalised(&self.operation.method.as_str().to_lowercase());
        format!("{path}{method}{}", if request { "Request" } else { "Response" })
    }
}

fn capitalised(word: &str) -> String {
    let mut characters = word.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}
