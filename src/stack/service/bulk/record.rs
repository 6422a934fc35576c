//! One record: what it may hold, and what it writes.

use serde_json::{Map, Value};
use uuid::Uuid;

use super::super::call::parse_uuid;
use super::super::dataverse::Target;
use super::super::memory::{Fingerprint, ItemId};
use super::super::problem::Fault;

const LONGEST_NAME: usize = 160;
const HIGHEST_CREDIT: f64 = 1_000_000_000.0;
const STATUSES: [&str; 3] = ["active", "on_hold", "closed"];

/// A record that keeps all rules of form.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Record {
    /// The account.
    pub(super) id: Uuid,
    /// The same as it was sent.
    pub(super) id_text: String,
    /// The status, where one is to be set.
    pub(super) status: Option<&'static str>,
    /// What it writes, in a fixed order: also its canonical content.
    columns: Map<String, Value>,
    /// The same as it was written.
    written: String,
}

impl Record {
    /// Reads a record at its place in the set; all its faults at once.
    pub(super) fn read(index: usize, value: &Value) -> Result<Self, Vec<Fault>> {
        let place = format!("/records/{index}");
        let Value::Object(members) = value else {
            return Err(vec![Fault::new(place, "must be an object")]);
        };
        let mut reader = Reader { place, id: id_text(value), members, faults: Vec::new() };
        let id = reader.id();
        let mut columns = Map::new();
        reader.name(&mut columns);
        reader.credit_limit(&mut columns);
        let status = reader.status(&mut columns);
        reader.external_ref(&mut columns);
        reader.rest();
        match id {
            Some(id) if reader.faults.is_empty() => Ok(Self {
                id,
                id_text: reader.id.unwrap_or_default().to_owned(),
                status,
                columns,
                written: value.to_string(),
            }),
            _ => Err(reader.faults),
        }
    }

    /// Which item it is, and the digest of its content.
    pub(super) fn item(&self) -> (ItemId, Fingerprint) {
        let content = serde_json::to_vec(&self.columns).expect("columns have text keys");
        (ItemId(self.id.as_u128()), Fingerprint::of(&content))
    }

    /// The digest of its content as it was written, for the defect that knows
    /// no better.
    pub(super) fn as_written(&self) -> Fingerprint {
        Fingerprint::of(self.written.as_bytes())
    }

    /// What it writes where.
    pub(super) fn target(&self) -> Target {
        Target { table: "accounts", key: self.id.to_string(), columns: self.columns.clone(), has_step: true }
    }
}

/// A record's identity as it was sent, where it is a text.
pub(super) fn id_text(value: &Value) -> Option<&str> {
    value.get("id").and_then(Value::as_str)
}

struct Reader<'a> {
    place: String,
    id: Option<&'a str>,
    members: &'a Map<String, Value>,
    faults: Vec<Fault>,
}

impl Reader<'_> {
    fn fault(&mut self, member: &str, detail: &str) {
        let pointer = if member.is_empty() { self.place.clone() } else { format!("{}/{}", self.place, escape(member)) };
        self.faults.push(Fault::new(pointer, detail).of(self.id));
    }

    fn id(&mut self) -> Option<Uuid> {
        let id = self.members.get("id").and_then(Value::as_str).and_then(parse_uuid);
        match (self.members.contains_key("id"), id) {
            (false, _) => self.fault("id", "is required"),
            (true, None) => self.fault("id", "must be a UUID"),
            (true, Some(_)) => {}
        }
        id
    }

    fn name(&mut self, columns: &mut Map<String, Value>) {
        match self.members.get("name") {
            None => {}
            Some(Value::String(name)) if (1..=LONGEST_NAME).contains(&name.chars().count()) => {
                columns.insert("name".to_owned(), name.as_str().into());
            }
            Some(_) => self.fault("name", "must be a text of 1 to 160 characters"),
        }
    }

    fn credit_limit(&mut self, columns: &mut Map<String, Value>) {
        let Some(value) = self.members.get("creditLimit") else { return };
        match value.as_f64() {
            // 5.0 is an integer in JSON Schema, and here.
            Some(number) if number.fract() == 0.0 && (0.0..=HIGHEST_CREDIT).contains(&number) => {
                columns.insert("creditlimit".to_owned(), (number as u64).into());
            }
            _ => self.fault("creditLimit", "must be an integer from 0 to 1000000000"),
        }
    }

    fn status(&mut self, columns: &mut Map<String, Value>) -> Option<&'static str> {
        let value = self.members.get("status")?;
        let Some(status) = STATUSES.into_iter().find(|status| value.as_str() == Some(status)) else {
            self.fault("status", "must be active, on_hold or closed");
            return None;
        };
        columns.insert("new_status".to_owned(), status.into());
        Some(status)
    }

    fn external_ref(&mut self, columns: &mut Map<String, Value>) {
        match self.members.get("externalRef") {
            None => {}
            Some(Value::String(text)) if is_external_ref(text) => {
                columns.insert("new_externalref".to_owned(), text.as_str().into());
            }
            Some(_) => self.fault("externalRef", "must be two capital letters, a hyphen and six digits"),
        }
    }

    /// What is left: members that nobody knows, and a record that changes
    /// nothing.
    fn rest(&mut self) {
        let known = ["id", "name", "creditLimit", "status", "externalRef"];
        let unknown: Vec<&String> = self.members.keys().filter(|m| !known.contains(&m.as_str())).collect();
        for member in unknown {
            self.fault(member, "is not known");
        }
        if self.members.len() < 2 {
            self.fault("", "must change at least one property");
        }
    }
}

fn is_external_ref(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 9
        && bytes[..2].iter().all(u8::is_ascii_uppercase)
        && bytes[2] == b'-'
        && bytes[3..].iter().all(u8::is_ascii_digit)
}

/// As a reference token of a JSON Pointer (RFC 6901 §3).
pub(super) fn escape(member: &str) -> String {
    member.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ID: &str = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff";

    #[test]
    fn limits_are_kept_to_the_edge() {
        for good in [
            json!({"id": ID, "name": "x".repeat(160)}),
            json!({"id": ID.to_uppercase(), "name": "ä"}),
            json!({"id": ID, "creditLimit": 1_000_000_000}),
            json!({"id": ID, "creditLimit": 0.0}),
            json!({"id": ID, "status": "on_hold", "externalRef": "AB-000001"}),
        ] {
            Record::read(0, &good).unwrap_or_else(|faults| panic!("{good}: {faults:?}"));
        }
        for (bad, place) in [
            (json!({"id": ID}), "/records/3"),
            (json!({"name": "x"}), "/records/3/id"),
            (json!({"id": ID.replace('-', ""), "name": "x"}), "/records/3/id"),
            (json!({"id": ID, "name": ""}), "/records/3/name"),
            (json!({"id": ID, "name": "x".repeat(161)}), "/records/3/name"),
            (json!({"id": ID, "name": null}), "/records/3/name"),
            (json!({"id": ID, "creditLimit": 1_000_000_001}), "/records/3/creditLimit"),
            (json!({"id": ID, "creditLimit": -1}), "/records/3/creditLimit"),
            (json!({"id": ID, "creditLimit": 1.5}), "/records/3/creditLimit"),
            (json!({"id": ID, "status": "onHold"}), "/records/3/status"),
            (json!({"id": ID, "externalRef": "AB-000001\n"}), "/records/3/externalRef"),
            (json!({"id": ID, "externalRef": "Ab-000001"}), "/records/3/externalRef"),
            (json!({"id": ID, "a/b": 1}), "/records/3/a~1b"),
            (json!([]), "/records/3"),
        ] {
            let faults = Record::read(3, &bad).expect_err("invalid");
            assert!(faults.iter().any(|f| f.pointer == place), "{bad}: {faults:?}");
        }
    }

    #[test]
    fn equal_content_has_one_fingerprint() {
        let read = |value| Record::read(0, &value).expect("valid").item();
        let one = read(json!({"id": ID, "name": "x", "creditLimit": 5}));
        assert_eq!(one, read(json!({"creditLimit": 5.0, "name": "x", "id": ID.to_uppercase()})));
        assert_ne!(one, read(json!({"id": ID, "name": "x", "creditLimit": 6})));
    }
}
