//! The generator against the official JSON Schema Test Suite, drafts 2020-12
//! and 4. Its verdicts are those of the `jsonschema` crate, told the draft.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use jsonschema::{Draft, Retrieve, Uri, Validator};
use seamstress::generate::schema::{SchemaDraft, SchemaGenerator};
use serde_json::Value;

use crate::support::skipped;

/// Schemas for which no conforming value is made, and why.
const GAPS: [(&str, &str); 0] = [];

/// Schemas that admit few values, or of which few are made: one list of nulls
/// is as good as a longer one, what holds only itself is not nested without
/// end. Those of `const` and `enum` are not told.
const FEW: [&str; 35] = [
    "draft2020-12 allOf: nested allOf, to check validation semantics",
    "draft2020-12 anyOf: nested anyOf, to check validation semantics",
    "draft2020-12 dynamicRef: A $dynamicRef that initially resolves to a schema with a matching $dynamicAnchor resolves to the first $dynamicAnchor in the dynamic scope",
    "draft2020-12 dynamicRef: A $dynamicRef that initially resolves to a schema without a matching $dynamicAnchor behaves like a normal $ref to $anchor",
    "draft2020-12 dynamicRef: after leaving a dynamic scope, it is not used by a $dynamicRef",
    "draft2020-12 if-then-else: if with boolean schema true",
    "draft2020-12 if-then-else: if with boolean schema false",
    "draft2020-12 if-then-else: if appears at the end when serialized (keyword processing sequence)",
    "draft2020-12 if-then-else: else: false fails when condition does not match",
    "draft2020-12 items: items with null instance elements",
    "draft2020-12 oneOf: nested oneOf, to check validation semantics",
    "draft2020-12 pattern: pattern validation",
    "draft2020-12 properties: properties with null valued instance properties",
    "draft2020-12 ref: root pointer ref",
    "draft2020-12 ref: naive replacement of $ref with its destination is not correct",
    "draft2020-12 type: boolean type matches booleans",
    "draft2020-12 type: null type matches only the null object",
    "draft2020-12 unevaluatedItems: unevaluatedItems with oneOf",
    "draft2020-12 unevaluatedItems: unevaluatedItems with null instance elements",
    "draft2020-12 unevaluatedItems: unevaluatedItems can see annotations from if without then and else",
    "draft2020-12 unevaluatedProperties: unevaluatedProperties + single cyclic ref",
    "draft2020-12 uniqueItems: uniqueItems with an array of items and additionalItems=false",
    "draft2020-12 uniqueItems: uniqueItems=false with an array of items and additionalItems=false",
    "draft4 allOf: nested allOf, to check validation semantics",
    "draft4 anyOf: nested anyOf, to check validation semantics",
    "draft4 items: items with null instance elements",
    "draft4 oneOf: nested oneOf, to check validation semantics",
    "draft4 pattern: pattern validation",
    "draft4 properties: properties with null valued instance properties",
    "draft4 ref: root pointer ref",
    "draft4 ref: naive replacement of $ref with its destination is not correct",
    "draft4 type: boolean type matches booleans",
    "draft4 type: null type matches only the null object",
    "draft4 uniqueItems: uniqueItems with an array of items and additionalItems=false",
    "draft4 uniqueItems: uniqueItems=false with an array of items and additionalItems=false",
];

/// Where the suite's remote documents are served by its rules.
const REMOTES: &str = "http://localhost:1234/";

#[derive(Clone)]
struct Remotes(PathBuf);

impl Retrieve for Remotes {
    fn retrieve(&self, uri: &Uri<String>) -> Result<Value, Box<dyn std::error::Error + Send + Sync>> {
        let path = uri.as_str().strip_prefix(REMOTES).ok_or_else(|| format!("{uri} is not of the suite"))?;
        let text = std::fs::read_to_string(self.0.join(path.split('#').next().unwrap_or_default()))?;
        Ok(serde_json::from_str(&text)?)
    }
}

#[expect(clippy::struct_field_names, reason = "the suite calls it so")]
struct Schema {
    name: String,
    schema: Value,
    satisfiable: bool,
}

fn schemas(folder: &Path) -> Vec<Schema> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|path| path.extension().is_some_and(|e| e == "json"));
    files.sort();
    let mut found = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).expect("it can be read");
        let groups: Vec<Value> = serde_json::from_str(&text).expect("the suite is JSON");
        let stem = file.file_stem().expect("a name").to_string_lossy().into_owned();
        for group in groups {
            let tests = group["tests"].as_array().expect("tests");
            found.push(Schema {
                name: format!("{stem}: {}", group["description"].as_str().unwrap_or_default()),
                schema: group["schema"].clone(),
                satisfiable: tests.iter().any(|test| test["valid"] == Value::Bool(true)),
            });
        }
    }
    found
}

/// What came of one schema.
#[derive(Default)]
struct Outcome {
    obstacle: Option<String>,
    made: usize,
    distinct: usize,
    rejected: Vec<String>,
    mislabelled: Vec<String>,
    violating: usize,
}

/// At most 150 of so many.
fn some(count: usize) -> impl Iterator<Item = usize> {
    (0..count).step_by(count.div_ceil(150).max(1))
}

struct Bench {
    draft: Draft,
    words: SchemaDraft,
    remotes: Remotes,
    each: usize,
}

impl Bench {
    fn judge(&self, schema: &Value) -> Validator {
        jsonschema::options()
            .with_draft(self.draft)
            .with_retriever(self.remotes.clone())
            .should_validate_formats(true)
            .build(schema)
            .unwrap_or_else(|e| panic!("{schema}: {e}"))
    }

    fn run(&self, schema: &Schema) -> Outcome {
        let mut outcome = Outcome::default();
        let base = schema.schema.get("$id").or_else(|| schema.schema.get("id")).and_then(Value::as_str);
        let base = base.filter(|b| b.contains(':')).unwrap_or("seamstress:///suite");
        let base = base.trim_end_matches('#');
        let generator = match SchemaGenerator::of_schema(&schema.schema, base, self.words, self.remotes.clone()) {
            Ok(generator) => generator,
            Err(reason) => {
                outcome.obstacle = Some(reason.to_string());
                return outcome;
            }
        };
        let judge = self.judge(&schema.schema);
        let mut seen = HashSet::new();
        for seed in 0..self.each as u64 * 8 {
            if seen.len() >= self.each || (seed > 60 && seen.len() < 12) || (seed > 400 && seen.len() < 60) {
                break;
            }
            match generator.conforming(seed) {
                Ok(value) if judge.is_valid(&value) => {
                    outcome.made += 1;
                    seen.insert(value.to_string());
                }
                Ok(value) => outcome.rejected.push(value.to_string()),
                Err(reason) if seed == 0 => outcome.obstacle = Some(reason.to_string()),
                Err(_) => {}
            }
        }
        outcome.distinct = seen.len();
        for index in some(generator.boundary_count()) {
            // An edge may be out of reach; a wrong one is a fault.
            if let Ok(value) = generator.at_boundary(index, 1)
                && !judge.is_valid(&value)
            {
                outcome.rejected.push(value.to_string());
            }
        }
        for index in some(generator.violating_count()) {
            self.violate(&generator, &judge, index, &mut outcome);
        }
        outcome
    }

    fn violate(&self, generator: &SchemaGenerator, judge: &Validator, index: usize, outcome: &mut Outcome) {
        let aimed = generator.aimed_at(index).expect("it is a target");
        for seed in 0..3 {
            let Ok((value, mut label)) = generator.violation(index, seed) else { continue };
            outcome.violating += 1;
            let errors = judge.iter_errors(&value);
            let mut found: Vec<(String, String)> =
                errors.map(|e| (e.instance_path().to_string(), e.kind().keyword().to_owned())).collect();
            found.sort();
            found.dedup();
            label.sort();
            // The words of the label are those of 2020-12, which names the
            // items where draft 4 names the array.
            let right = match self.draft {
                Draft::Draft4 => found.iter().all(|(at, _)| label.iter().any(|(place, _)| place.starts_with(at))),
                _ => found == label,
            };
            if found.is_empty() || !right {
                outcome.mislabelled.push(format!("{aimed}: {value} is labelled {label:?} and fails {found:?}"));
            }
        }
    }
}

/// What came of all schemas.
#[derive(Default)]
struct Tally {
    satisfiable: usize,
    generated: usize,
    conforming: usize,
    violating: usize,
    faults: Vec<String>,
    gaps: BTreeMap<String, String>,
    few: Vec<String>,
}

impl Tally {
    fn add(&mut self, name: &str, schema: &Schema, outcome: Outcome, each: usize) {
        if schema.satisfiable {
            self.satisfiable += 1;
            self.generated += usize::from(outcome.made > 0);
            if outcome.made == 0 {
                self.gaps.insert(name.to_owned(), outcome.obstacle.unwrap_or_default());
            } else if outcome.distinct < each.min(100) && !name.contains("const: ") && !name.contains("enum: ") {
                self.few.push(name.to_owned());
            }
        }
        self.conforming += outcome.made;
        self.violating += outcome.violating;
        let faults =
            outcome.rejected.into_iter().map(|value| format!("{value} is rejected")).chain(outcome.mislabelled);
        self.faults.extend(faults.map(|fault| format!("{name}: {fault}")));
    }
}

/// `SEAMSTRESS_SUITE_EACH` says how many values are made of each schema (1000
/// if it is not set), `SEAMSTRESS_SUITE_ONLY` what a schema's name must hold.
#[test]
fn the_official_suite_is_generated_from() {
    let Some(corpora) = std::env::var_os("SEAMSTRESS_CORPORA") else {
        skipped("SEAMSTRESS_CORPORA does not name the corpora");
        return;
    };
    let suite = PathBuf::from(corpora).join("json-schema-test-suite");
    let each = std::env::var_os("SEAMSTRESS_SUITE_EACH").and_then(|n| n.to_str()?.parse().ok()).unwrap_or(1000);
    let only = std::env::var_os("SEAMSTRESS_SUITE_ONLY").and_then(|n| n.into_string().ok()).unwrap_or_default();
    let drafts = [
        ("draft2020-12", Draft::Draft202012, SchemaDraft::Draft202012),
        ("draft4", Draft::Draft4, SchemaDraft::Draft4),
    ];
    let mut tally = Tally::default();
    for (folder, draft, words) in drafts {
        let bench = Bench { draft, words, remotes: Remotes(suite.join("remotes")), each };
        for schema in schemas(&suite.join("tests").join(folder)) {
            let name = format!("{folder} {}", schema.name);
            if name.contains(&only) {
                tally.add(&name, &schema, bench.run(&schema), each);
            }
        }
    }
    let Tally { satisfiable, generated, conforming, violating, .. } = tally;
    eprintln!("{generated} of {satisfiable} schemas, {conforming} conforming and {violating} violating values");
    assert_eq!(tally.faults, Vec::<String>::new());
    if only.is_empty() {
        let known: Vec<&str> = GAPS.iter().map(|(name, _)| *name).collect();
        let open: Vec<&str> = tally.gaps.keys().map(String::as_str).collect();
        assert_eq!(open, known, "gaps opened or closed: {:?}", tally.gaps);
        assert!(generated * 100 >= satisfiable * 97, "{generated} of {satisfiable}");
        if each >= 100 {
            assert_eq!(tally.few, FEW, "schemas with few values");
        }
    }
}
