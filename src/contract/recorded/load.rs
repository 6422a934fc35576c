//! Reads `recorded.json`, strictly: it is written by a program, and a slip in
//! it would pass for a change of the version.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::FORMAT;
use super::model::{Recorded, RecordedAnswer, RecordedCase, RecordedEffect, RecordedRequest, Told};
use crate::contract::ContractId;
use crate::diagnose::{Diagnostic, Diagnostics, Fields, Node, Place, parse_yaml};

/// What to do about a file that is broken.
const HINT: &str = "don't edit it: remove it and run `seamstress record`";

impl Recorded {
    /// Reads the file of a contract.
    ///
    /// # Errors
    /// All faults at once, each with its place.
    pub fn load(path: &Path, contract: &ContractId) -> Result<Self, Diagnostics> {
        let file = path.to_string_lossy();
        let text = std::fs::read_to_string(path)
            .map_err(|fault| alone(Place::file(&*file), format!("the file can't be read: {fault}")))?;
        Self::parse(&file, &text, contract)
    }

    /// The same, of a text; `file` is the name shown in places.
    ///
    /// # Errors
    /// All faults at once, each with its place.
    pub fn parse(file: &str, text: &str, contract: &ContractId) -> Result<Self, Diagnostics> {
        // YAML is more than JSON, and gives places; JSON's own reader refuses
        // the rest.
        if let Err(fault) = serde_json::from_str::<serde::de::IgnoredAny>(text) {
            let place = Place { file: file.into(), line: fault.line() as u32, column: fault.column().max(1) as u32 };
            return Err(alone(place, format!("not valid JSON: {fault}")));
        }
        let root = parse_yaml(file, text).map_err(|fault| alone(fault.place.clone(), fault.what))?;
        let mut faults = Diagnostics::new();
        let recorded = whole(&root, file, contract, &mut faults);
        match recorded {
            Some(recorded) if !faults.has_errors() => Ok(recorded),
            _ => Err(faults),
        }
    }
}

fn alone(place: Place, what: String) -> Diagnostics {
    let mut faults = Diagnostics::new();
    faults.push(Diagnostic::error(place, what).hint(HINT));
    faults
}

fn whole(root: &Node, file: &str, contract: &ContractId, faults: &mut Diagnostics) -> Option<Recorded> {
    let mut fields = Fields::of(root, faults);
    let format = fields.required("format");
    let named = fields.required("contract");
    let seed = fields.required("seed");
    let cases = fields.required("cases");
    fields.finish();
    is_text(format?, FORMAT, faults);
    is_text(named?, &contract.to_string(), faults);
    let seed = number(seed?, faults);
    let mut names = BTreeSet::new();
    let mut read = Vec::new();
    for node in list(cases?, faults) {
        if let Some(case) = case(node, faults) {
            if !names.insert(case.name()) {
                let what = format!("case `{}` stands twice", case.name());
                faults.push(Diagnostic::error(case.place.clone(), what).hint(HINT));
            }
            read.push(case);
        }
    }
    Some(Recorded { file: file.into(), seed: seed?, cases: read })
}

fn case(node: &Node, faults: &mut Diagnostics) -> Option<RecordedCase> {
    let mut fields = Fields::of(node, faults);
    let name = fields.required("case");
    let tries = fields.required_str("tries");
    let request = fields.required("request");
    let answer = fields.required("answer");
    let result = fields.optional("result");
    let effects = fields.optional("effects");
    fields.finish();
    let (operation, kind, index) = named(name?, faults)?;
    let answer = self::answer(answer?, faults);
    let result = match result {
        Some(node) => Some(self::answer(node, faults)?),
        None => None,
    };
    let effects = effects.map(|node| list(node, faults).iter().filter_map(|node| effect(node, faults)).collect());
    Some(RecordedCase {
        operation,
        kind,
        index,
        tries: tries?.to_owned(),
        request: self::request(request?, faults)?,
        told: Told { answer: answer?, result, effects },
        place: node.place.clone(),
    })
}

/// `OPERATION:KIND:NUMBER`.
fn named(node: &Node, faults: &mut Diagnostics) -> Option<(Arc<str>, String, u32)> {
    let read = node.as_str().and_then(|text| {
        let mut parts = text.rsplitn(3, ':');
        let index = parts.next()?.parse().ok()?;
        let kind = parts.next().filter(|kind| ["conforming", "boundary", "violating"].contains(kind))?;
        Some((parts.next()?.into(), kind.to_owned(), index))
    });
    if read.is_none() {
        let what = "this names no case that can be recorded";
        let expected = "OPERATION:KIND:NUMBER, e.g. `submitBatch:boundary:3`, of a single call";
        faults.push(Diagnostic::error(node.place.clone(), what).expected(expected).hint(HINT));
    }
    read
}

fn request(node: &Node, faults: &mut Diagnostics) -> Option<RecordedRequest> {
    let mut fields = Fields::of(node, faults);
    let (line, digest) = (fields.required_str("line"), fields.required_str("digest"));
    let body = fields.optional("body").map_or(Value::Null, Node::to_json);
    fields.finish();
    Some(RecordedRequest { line: line?.to_owned(), digest: digest?.to_owned(), body })
}

fn answer(node: &Node, faults: &mut Diagnostics) -> Option<RecordedAnswer> {
    let mut fields = Fields::of(node, faults);
    let status = fields.required("status");
    let media_type = fields.optional_str("type").map(str::to_owned);
    let headers = fields.optional("headers");
    let body = fields.optional("body").map_or(Value::Null, Node::to_json);
    fields.finish();
    let status = number(status?, faults)?;
    let mut read = BTreeMap::new();
    for (name, value) in headers.map_or(&[][..], |node| mapping(node, faults)) {
        match value.as_str() {
            Some(text) => drop(read.insert(name.key_text(), text.to_owned())),
            None => value.wrong_kind("a text", faults),
        }
    }
    Some(RecordedAnswer { status: u16::try_from(status).ok()?, media_type, headers: read, body })
}

fn effect(node: &Node, faults: &mut Diagnostics) -> Option<RecordedEffect> {
    let mut fields = Fields::of(node, faults);
    let (operation, table) = (fields.required_str("operation"), fields.required_str("table"));
    let (key, columns) = (fields.required_str("key"), fields.required("columns"));
    fields.finish();
    let columns: Map<String, Value> =
        mapping(columns?, faults).iter().map(|(name, value)| (name.key_text(), value.to_json())).collect();
    Some(RecordedEffect { operation: operation?.to_owned(), table: table?.to_owned(), key: key?.to_owned(), columns })
}

fn is_text(node: &Node, expected: &str, faults: &mut Diagnostics) {
    if node.as_str() != Some(expected) {
        let found = node.to_json().to_string();
        faults.push(
            Diagnostic::error(node.place.clone(), "this is another file's")
                .expected(format!("`{expected}`"))
                .actual(found)
                .hint(HINT),
        );
    }
}

fn number(node: &Node, faults: &mut Diagnostics) -> Option<u64> {
    let number = node.to_json().as_u64();
    if number.is_none() {
        node.wrong_kind("a whole number", faults);
    }
    number
}

fn list<'n>(node: &'n Node, faults: &mut Diagnostics) -> &'n [Node] {
    node.as_sequence().unwrap_or_else(|| {
        node.wrong_kind("a list", faults);
        &[]
    })
}

fn mapping<'n>(node: &'n Node, faults: &mut Diagnostics) -> &'n [(Node, Node)] {
    node.as_mapping().unwrap_or_else(|| {
        node.wrong_kind("a mapping", faults);
        &[]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{
  "format": "seamstress/recorded/1",
  "contract": "a/v1",
  "seed": 1,
  "cases": [
    {
      "case": "add:boundary:3",
      "tries": "name at its maxLength",
      "request": {"line": "POST /a/v1/things", "digest": "00ff", "body": {"name": "\ud83d\ude00"}},
      "answer": {"status": 200, "type": "application/json", "headers": {"X-Count": "1"}, "body": {"id": "<any>"}},
      "effects": [{"operation": "create", "table": "things", "key": "<any>", "columns": {"name": "<request /name>"}}]
    }
  ]
}"#;

    fn parse(text: &str) -> Result<Recorded, String> {
        Recorded::parse("recorded.json", text, &ContractId::new("a", "v1")).map_err(|faults| faults.to_string())
    }

    #[test]
    fn a_file_is_read_whole() {
        let recorded = parse(GOOD).unwrap_or_else(|e| panic!("{e}"));
        let case = &recorded.cases[0];
        assert_eq!((recorded.seed, case.name().as_str(), case.place.line), (1, "add:boundary:3", 6));
        assert_eq!(case.request.body, serde_json::json!({"name": "😀"}));
        assert_eq!((case.told.answer.status, &*case.told.answer.headers["X-Count"]), (200, "1"));
        assert_eq!(
            case.told.effects.as_ref().map(|effects| effects[0].columns["name"].clone()),
            Some("<request /name>".into())
        );
    }

    #[test]
    fn faults_have_their_places() {
        for (from, to, place, what) in [
            ("\"seed\": 1", "\"seed\": -1", "recorded.json:4:11", "a whole number"),
            ("a/v1\"", "b/v1\"", "recorded.json:3:15", "another file's"),
            ("add:boundary:3", "add:sequence:3", "recorded.json:7:15", "no case that can be recorded"),
            ("\"tries\"", "\"trys\"", "recorded.json:8:7", "`tries`"),
            ("\"seed\": 1,", "\"seed\": 1", "recorded.json:5:3", "not valid JSON"),
            ("\"columns\": {\"name\": \"<request /name>\"}", "\"columns\": 7", "recorded.json:11:", "a mapping"),
        ] {
            let told = parse(&GOOD.replace(from, to)).expect_err(to);
            assert!(told.contains(place) && told.contains(what), "{to}: {told}");
        }
    }

    #[test]
    fn a_case_stands_once() {
        let start = GOOD.find("    {\n").expect("there");
        let end = GOOD.find("\n  ]").expect("there");
        let twice = format!("{},\n{}{}", &GOOD[..end], &GOOD[start..end], &GOOD[end..]);
        assert!(parse(&twice).expect_err("twice").contains("stands twice"));
    }
}
