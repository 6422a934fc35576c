//! What stands beside a document of the corpus: its surroundings, the requests
//! to send, what is expected.

use std::collections::BTreeMap;
use std::path::Path;

use seamstress::diagnose::parse_yaml;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A policy document and all that is said of it.
pub(crate) struct Document {
    /// The document's own text.
    pub(crate) text: String,
    pub(crate) spec: Spec,
}

/// The file of expectations.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Spec {
    /// What the document shows, in a sentence.
    pub(crate) about: String,
    /// The policies of which it is the evidence: each runs for a request of
    /// whose answer something is expected, or is named in a diagnostic.
    #[serde(default)]
    pub(crate) shows: Vec<String>,
    /// Where the document is put.
    #[serde(default)]
    pub(crate) scope: Scope,
    #[serde(default)]
    pub(crate) named_values: BTreeMap<String, String>,
    /// Fragments by name.
    #[serde(default)]
    pub(crate) fragments: BTreeMap<String, String>,
    /// Further files of the policies' folder, by path.
    #[serde(default)]
    pub(crate) files: BTreeMap<String, String>,
    /// What happens where something is not emulated.
    #[serde(default)]
    pub(crate) unsupported: Unsupported,
    /// An OpenAPI document instead of the usual one.
    pub(crate) openapi: Option<String>,
    /// What the backend answers: one answer to all, or one after the other, the
    /// last again and again.
    #[serde(default, deserialize_with = "one_or_many")]
    pub(crate) backend: Vec<Reply>,
    /// What hosts in policies lead to, each an answer; `*.example` is the
    /// backend.
    #[serde(default)]
    pub(crate) hosts: BTreeMap<String, Reply>,
    #[serde(default)]
    pub(crate) requests: Vec<Request>,
    /// What `emit-metric` counted in the end.
    pub(crate) metrics: Option<Vec<Metric>>,
    /// For a document that must not load: a part of each diagnostic.
    #[serde(default)]
    pub(crate) expect_diagnostics: Vec<String>,
}

/// What `--unsupported` says.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Unsupported {
    #[default]
    Fail,
    Warn,
}

/// Where the document is put.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Scope {
    Global,
    Product,
    #[default]
    Api,
    /// The operation `getThing`.
    Operation,
}

/// What the backend answers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reply {
    #[serde(default = "ok")]
    pub(crate) status: u16,
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, Texts>,
    #[serde(default)]
    pub(crate) body: String,
    /// A body that is JSON.
    pub(crate) json: Option<Value>,
    /// Nothing is answered, ever.
    #[serde(default)]
    pub(crate) silent: bool,
}

impl Default for Reply {
    fn default() -> Self {
        Self { status: 200, headers: BTreeMap::new(), body: "answered".to_owned(), json: None, silent: false }
    }
}

/// One text or several.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Texts {
    One(String),
    Many(Vec<String>),
}

impl Texts {
    pub(crate) fn all(&self) -> &[String] {
        match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::Many(texts) => texts,
        }
    }
}

/// One request.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Request {
    #[serde(default = "get")]
    pub(crate) method: String,
    #[serde(default = "things")]
    pub(crate) path: String,
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, Texts>,
    pub(crate) body: Option<String>,
    pub(crate) json: Option<Value>,
    /// Claims of a token of the issuer, sent as a bearer token; they replace
    /// those of a good one, null removes one.
    pub(crate) token: Option<Value>,
    /// How far the clock jumps before it.
    #[serde(default)]
    pub(crate) after_seconds: u64,
    /// How often it is sent; each answer is compared.
    #[serde(default = "once")]
    pub(crate) times: usize,
    #[serde(default)]
    pub(crate) expect: Expect,
}

/// What is expected of a request. What is not named is not compared.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Expect {
    pub(crate) status: Option<u16>,
    /// Values by name; null: the field is absent.
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, Option<Texts>>,
    pub(crate) body: Option<String>,
    pub(crate) json: Option<Value>,
    pub(crate) body_matches: Option<String>,
    /// What the backend got last; null: it was not called.
    #[serde(default, deserialize_with = "said")]
    #[expect(clippy::option_option, reason = "null says something")]
    pub(crate) backend: Option<Option<Received>>,
    /// How often the backend was called for this request.
    pub(crate) backend_calls: Option<usize>,
    #[serde(default, deserialize_with = "said")]
    #[expect(clippy::option_option, reason = "null says something")]
    pub(crate) last_error: Option<Option<LastError>>,
    /// Messages of `trace` policies, in their order.
    pub(crate) traces: Option<Vec<String>>,
}

impl Expect {
    /// Whether anything is expected.
    pub(crate) fn says_something(&self) -> bool {
        let of_body = self.body.is_some() || self.json.is_some() || self.body_matches.is_some();
        let of_backend = self.backend.is_some() || self.backend_calls.is_some();
        let of_evidence = self.last_error.is_some() || self.traces.is_some();
        self.status.is_some() || !self.headers.is_empty() || of_body || of_backend || of_evidence
    }
}

/// What the backend got.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Received {
    pub(crate) method: Option<String>,
    /// Path and query.
    pub(crate) path: Option<String>,
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, Option<Texts>>,
    pub(crate) body: Option<String>,
    pub(crate) json: Option<Value>,
    pub(crate) body_matches: Option<String>,
}

/// One series of a metric.
#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub(crate) struct Metric {
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) dimensions: BTreeMap<String, String>,
    pub(crate) count: u64,
    pub(crate) sum: f64,
}

/// What the gateway's row says of an error; null: there was none.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LastError {
    pub(crate) source: Option<String>,
    pub(crate) reason: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) section: Option<String>,
}

impl Document {
    /// Reads a document and the file beside it.
    pub(crate) fn read(path: &Path) -> Result<Self, String> {
        let beside = path.with_extension("yaml");
        let read = |path: &Path| std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()));
        let node = parse_yaml(&beside.display().to_string(), &read(&beside)?).map_err(|e| e.to_string())?;
        let spec = Spec::deserialize(node.to_json()).map_err(|e| format!("{}: {e}", beside.display()))?;
        Ok(Self { text: read(path)?, spec })
    }
}

fn ok() -> u16 {
    200
}

fn get() -> String {
    "GET".to_owned()
}

fn things() -> String {
    "/things".to_owned()
}

fn once() -> usize {
    1
}

fn one_or_many<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Reply>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Replies {
        Many(Vec<Reply>),
        One(Reply),
    }
    Ok(match Replies::deserialize(from)? {
        Replies::One(reply) => vec![reply],
        Replies::Many(replies) => replies,
    })
}

/// A key that stands there, with or without a value.
#[expect(clippy::option_option, reason = "absent, null and a value are three things")]
fn said<'de, T: Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(from).map(Some)
}
