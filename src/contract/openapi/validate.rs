//! Validators of a document's schemas, compiled once each.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// Validators by the schema's pointer.
#[derive(Default)]
pub(super) struct Compiled(pub(super) Mutex<HashMap<Arc<str>, Arc<jsonschema::Validator>>>);
