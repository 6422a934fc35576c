//! Checks that only a document without a behaviour file has: each finds at
//! least two defects of a small service, and is silent about the right one.

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;

use serde_json::json;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers};

use crate::support::{Ran, seamstress};

const DOCUMENT: &str = r"
openapi: 3.1.0
info: { title: Parcels, version: '1' }
components:
  securitySchemes: { key: { type: apiKey, in: header, name: X-Api-Key } }
security: [{ key: [] }]
paths:
  /parcels:
    post:
      operationId: addParcel
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              required: [label]
              additionalProperties: false
              properties: { label: { type: string, minLength: 1, maxLength: 12 } }
      responses:
        '201':
          description: made
          content:
            application/json:
              schema: { type: object, required: [id], properties: { id: { type: integer } } }
        '400': { description: refused }
        '401': { description: no key }
  /parcels/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: integer, minimum: 0 } }]
    get:
      operationId: readParcel
      responses:
        '200': { description: there }
        '400': { description: refused }
        '401': { description: no key }
        '404': { description: unknown }
    delete:
      operationId: removeParcel
      responses:
        '204': { description: gone }
        '400': { description: refused }
        '401': { description: no key }
        '404': { description: unknown }
";

const KEY: &str = "the-key-of-this-test";

/// What the service does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Defect {
    None,
    /// Looks at no key.
    KeyIgnored,
    /// Demands that there is a key, and takes any.
    AnyKey,
    /// Answers 500 for labels beyond ASCII.
    CrashOnUmlaut,
    /// Answers 500 where something that is not there is deleted.
    CrashOnUnknown,
    /// Keeps nothing.
    NeverStored,
    /// Reads from a copy that has a parcel only from its second read on.
    ReadTooEarly,
    /// Deletes nothing.
    NeverDeleted,
    /// Reads what was deleted once more, from a copy.
    ReadOnceMore,
}

#[derive(Default)]
struct Parcels {
    labels: HashMap<u64, String>,
    last: u64,
    /// Those that somebody has read.
    read: HashSet<u64>,
    /// Those that were deleted and not read since.
    deleted: HashSet<u64>,
}

struct Service(Defect, Mutex<Parcels>);

impl Service {
    fn may(&self, request: &Request) -> bool {
        let key = request.headers.get("x-api-key").map(|key| key.as_bytes() == KEY.as_bytes());
        match self.0 {
            Defect::KeyIgnored => true,
            Defect::AnyKey => key.is_some(),
            _ => key == Some(true),
        }
    }

    fn add(&self, request: &Request) -> ResponseTemplate {
        let sent: Option<serde_json::Value> = serde_json::from_slice(&request.body).ok();
        let members = sent.as_ref().and_then(serde_json::Value::as_object);
        let label = members.filter(|m| m.len() == 1).and_then(|m| m.get("label")?.as_str());
        let Some(label) = label.filter(|label| (1..=12).contains(&label.chars().count())) else {
            return ResponseTemplate::new(400);
        };
        if self.0 == Defect::CrashOnUmlaut && !label.is_ascii() {
            return ResponseTemplate::new(500);
        }
        let mut parcels = self.1.lock().expect("nobody panics");
        parcels.last += 1;
        // Far from what anybody tries by chance.
        let id = 41_000_000 + parcels.last;
        if self.0 != Defect::NeverStored {
            parcels.labels.insert(id, label.to_owned());
        }
        ResponseTemplate::new(201).set_body_json(json!({ "id": id }))
    }

    fn one(&self, request: &Request, id: &str) -> ResponseTemplate {
        let digits = !id.is_empty() && id.bytes().all(|c| c.is_ascii_digit());
        if !digits {
            return ResponseTemplate::new(400);
        }
        let mut parcels = self.1.lock().expect("nobody panics");
        let asked = id.parse::<u64>().unwrap_or_default();
        let id = Some(asked).filter(|id| parcels.labels.contains_key(id));
        match (request.method.as_str(), id) {
            ("GET", Some(id)) if self.0 == Defect::ReadTooEarly && parcels.read.insert(id) => {
                ResponseTemplate::new(404)
            }
            ("GET" | "HEAD", Some(_)) => ResponseTemplate::new(200),
            ("GET", None) if self.0 == Defect::ReadOnceMore && parcels.deleted.remove(&asked) => {
                ResponseTemplate::new(200)
            }
            ("DELETE", Some(id)) => {
                if self.0 != Defect::NeverDeleted {
                    parcels.labels.remove(&id);
                    parcels.deleted.insert(id);
                }
                ResponseTemplate::new(204)
            }
            ("DELETE", None) if self.0 == Defect::CrashOnUnknown => ResponseTemplate::new(500),
            _ => ResponseTemplate::new(404),
        }
    }
}

impl Respond for Service {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let path = request.url.path();
        let (method, one) = (request.method.as_str(), path.strip_prefix("/parcels/").filter(|id| !id.contains('/')));
        let methods: &[&str] = match one {
            Some(_) => &["GET", "HEAD", "DELETE"],
            None if path == "/parcels" => &["POST"],
            None => return ResponseTemplate::new(404),
        };
        if !methods.contains(&method) {
            return ResponseTemplate::new(405).insert_header("Allow", methods.join(", ").as_str());
        }
        if !self.may(request) {
            return ResponseTemplate::new(401);
        }
        one.map_or_else(|| self.add(request), |id| self.one(request, id))
    }
}

async fn check(defect: Defect) -> Ran {
    let server = MockServer::start().await;
    Mock::given(matchers::any()).respond_with(Service(defect, Mutex::default())).mount(&server).await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("parcels.yaml");
    std::fs::write(&file, DOCUMENT).expect("written");
    let url = server.uri();
    tokio::task::spawn_blocking(move || {
        let (file, key) = (file.to_str().expect("plain"), format!("X-Api-Key: {KEY}"));
        seamstress(&["check", file, "--url", &url, "-H", &key, "--seed", "3", "--cases", "160", "--fail-on", "warning"])
    })
    .await
    .expect("it ran")
}

/// The checks that found something, or had something to tell, once each.
fn spoke(ran: &Ran) -> Vec<String> {
    let record = ran.record();
    let findings = record["findings"].as_array().cloned().unwrap_or_default();
    let mut checks: Vec<String> = findings.iter().map(|f| f["check"].as_str().unwrap_or_default().to_owned()).collect();
    checks.sort_unstable();
    checks.dedup();
    checks
}

/// Each check of plain documents with the defects that it must find.
const EXPECTED: [(&str, [Defect; 2]); 4] = [
    ("response/server-error", [Defect::CrashOnUmlaut, Defect::CrashOnUnknown]),
    ("response/credentials-ignored", [Defect::KeyIgnored, Defect::AnyKey]),
    ("response/created-available", [Defect::NeverStored, Defect::ReadTooEarly]),
    ("response/gone-after-delete", [Defect::NeverDeleted, Defect::ReadOnceMore]),
];

#[tokio::test(flavor = "multi_thread")]
async fn the_right_service_is_not_spoken_of() {
    let ran = check(Defect::None).await;
    let ours = spoke(&ran).into_iter().filter(|check| EXPECTED.iter().any(|(expected, _)| check == expected));
    assert_eq!(ours.collect::<Vec<_>>(), Vec::<String>::new(), "{}", ran.all());
    assert_eq!(ran.code, 0, "{}", ran.all());
}

#[tokio::test(flavor = "multi_thread")]
async fn each_check_of_a_plain_document_finds_its_defects() {
    for (expected, defects) in EXPECTED {
        for defect in defects {
            let ran = check(defect).await;
            assert!(spoke(&ran).iter().any(|check| check == expected), "{defect:?}: {}", ran.all());
            assert_eq!(ran.code, 1, "{defect:?}: {}", ran.all());
        }
    }
}
