//! Schemas and their validators, compiled once each.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use jsonschema::{Draft, Registry, Validator};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::cursor::{MAX_HOPS, local_pointer};
use super::direction::{for_answers, for_requests};
use super::{OpenApi, SchemaRef};

/// The name under which the registry holds the document.
pub(crate) const DOCUMENT: &str = "seamstress:///openapi";

/// What a JSON Pointer may hold in a URI fragment as it is (RFC 3986 §3.5).
pub(crate) const FRAGMENT: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'/').remove(b'~').remove(b'-').remove(b'.').remove(b'_');

/// A validator, or why there is none.
type Shared = Result<Arc<Validator>, String>;

/// A document, and the validators of its schemas by pointer. The document is
/// prepared as their common context once; a validator refers into it.
#[derive(Default)]
struct Prepared {
    document: OnceLock<Arc<Value>>,
    registry: OnceLock<Result<Registry<'static>, String>>,
    validators: Mutex<HashMap<Arc<str>, Shared>>,
}

/// What is compiled of a document: as it stands, for requests, for answers.
#[derive(Default)]
pub(super) struct Compiled {
    neutral: Prepared,
    requests: Prepared,
    answers: Prepared,
}

impl OpenApi {
    /// A schema's value; `None` where the reference is from another document.
    pub fn schema(&self, schema: &SchemaRef) -> Option<&Value> {
        self.document.pointer(&schema.pointer)
    }

    /// Follows `$ref`s of a value of this document to what they mean. Keywords
    /// beside a `$ref` are lost on the way. A `$ref` that leads nowhere or in a
    /// circle comes back as it is.
    pub fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        let mut at = value;
        for _ in 0..MAX_HOPS {
            let target = at.get("$ref").and_then(Value::as_str).and_then(local_pointer);
            match target.and_then(|pointer| self.document.pointer(&pointer)) {
                Some(next) => at = next,
                None => return at,
            }
        }
        value
    }

    /// The validator of a schema as it stands: formats are asserted,
    /// references into the document work. Compiled at the first call, then
    /// shared.
    ///
    /// # Errors
    /// Why the schema can't be compiled, e.g. that a `$ref` in it leads
    /// nowhere.
    pub fn validator(&self, schema: &SchemaRef) -> Result<Arc<Validator>, String> {
        self.compiled.neutral.validator(&self.document, schema)
    }

    /// The document as it acts for requests: what is `readOnly` is neither
    /// described nor required, and where a discriminator names the branch,
    /// only the right name keeps it. Pointers are those of
    /// [`OpenApi::document`].
    pub fn requests(&self) -> &Arc<Value> {
        let made = || for_requests(self).map_or_else(|| self.document.clone(), Arc::new);
        self.compiled.requests.document.get_or_init(made)
    }

    /// The document as it acts for requests as the context that its schemas
    /// refer into, under the name [`DOCUMENT`]; prepared once.
    ///
    /// # Errors
    /// Why the document is no such context.
    pub(crate) fn registry(&self) -> Result<&Registry<'static>, String> {
        let document = self.requests();
        let same = Arc::ptr_eq(document, &self.document);
        (if same { &self.compiled.neutral } else { &self.compiled.requests }).registry(document)
    }

    /// The validator of a schema of a request, see [`OpenApi::requests`].
    ///
    /// # Errors
    /// As [`OpenApi::validator`].
    pub fn request_validator(&self, schema: &SchemaRef) -> Result<Arc<Validator>, String> {
        self.in_direction(&self.compiled.requests, self.requests(), schema)
    }

    /// The validator of a schema of an answer: what is `writeOnly` is not
    /// required.
    ///
    /// # Errors
    /// As [`OpenApi::validator`].
    pub fn answer_validator(&self, schema: &SchemaRef) -> Result<Arc<Validator>, String> {
        let made = || for_answers(self).map_or_else(|| self.document.clone(), Arc::new);
        let document = self.compiled.answers.document.get_or_init(made);
        self.in_direction(&self.compiled.answers, document, schema)
    }

    fn in_direction(&self, prepared: &Prepared, document: &Arc<Value>, schema: &SchemaRef) -> Shared {
        let same = Arc::ptr_eq(document, &self.document);
        let prepared = if same { &self.compiled.neutral } else { prepared };
        prepared.validator(document, schema)
    }
}

impl Prepared {
    fn registry(&self, document: &Value) -> Result<&Registry<'static>, String> {
        self.registry.get_or_init(|| prepare(document)).as_ref().map_err(String::clone)
    }

    fn validator(&self, document: &Value, schema: &SchemaRef) -> Shared {
        let known = |validators: &HashMap<Arc<str>, Shared>| validators.get(&schema.pointer).cloned();
        let lock = || self.validators.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known(&lock()) {
            return known;
        }
        let compiled = self.compile(document, schema).map(Arc::new);
        lock().entry(schema.pointer.clone()).or_insert(compiled).clone()
    }

    fn compile(&self, document: &Value, schema: &SchemaRef) -> Result<Validator, String> {
        let value =
            document.pointer(&schema.pointer).ok_or_else(|| format!("there is no schema at `{}`", schema.pointer))?;
        jsonschema::draft202012::meta::validate(value).map_err(|fault| {
            format!("it is no JSON Schema: {fault}, at `{}{}`", schema.pointer, fault.instance_path())
        })?;
        let registry = self.registry(document)?;
        let entry = json!({ "$ref": format!("{DOCUMENT}#{}", utf8_percent_encode(&schema.pointer, FRAGMENT)) });
        jsonschema::options()
            .with_draft(Draft::Draft202012)
            .with_registry(registry)
            .should_validate_formats(true)
            .build(&entry)
            .map_err(|fault| format!("it can't be compiled: {fault}"))
    }
}

/// The document as a resource that schemas can refer into.
fn prepare(document: &Value) -> Result<Registry<'static>, String> {
    let mut copy = document.clone();
    cut_outside(&mut copy);
    if let Value::Object(members) = &mut copy {
        // An OpenAPI document is no schema: these names would be taken for keywords.
        members.retain(|key, _| !matches!(key.as_str(), "$id" | "$schema" | "id"));
    }
    Registry::new()
        .draft(Draft::Draft202012)
        .add(DOCUMENT, Draft::Draft202012.create_resource(copy))
        .and_then(jsonschema::RegistryBuilder::prepare)
        .map_err(|fault| format!("the document can't be used as a context for its schemas: {fault}"))
}

/// References out of the document become dangling ones: then only the schemas
/// that need them can't be compiled, not all.
fn cut_outside(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(cut_outside),
        Value::Object(members) => {
            for (key, member) in members {
                match member {
                    Value::String(reference) if key == "$ref" => {
                        if !reference.starts_with('#') {
                            let outside = utf8_percent_encode(reference, NON_ALPHANUMERIC);
                            *reference = format!("#/x-outside-of-the-document/{outside}");
                        }
                    }
                    _ => cut_outside(member),
                }
            }
        }
        _ => {}
    }
}
