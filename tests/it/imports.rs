//! Which room of `src/` may know which: the table of `src/README.md` as a test.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A room, and the rooms that it may import. `openapi` and `behaviour` are the
/// two halves of `contract`.
const ALLOWED: [(&str, &[&str]); 26] = [
    ("diagnose", &[]),
    ("clock", &[]),
    ("door", &[]),
    ("wire", &["clock"]),
    ("limit", &["clock"]),
    ("contract::openapi", &["diagnose"]),
    ("contract::behaviour", &["diagnose", "clock", "wire", "contract::id"]),
    ("contract", &["diagnose", "clock", "wire", "contract::openapi", "contract::behaviour"]),
    ("policy", &["diagnose", "clock", "limit"]),
    ("generate", &["diagnose", "clock", "wire", "contract"]),
    ("flow", &["clock", "wire", "generate"]),
    ("scenario", &["diagnose", "clock", "wire", "contract", "generate", "flow", "observe"]),
    ("observe", &["diagnose", "clock", "wire", "contract", "generate"]),
    ("target", &["diagnose", "clock", "door", "wire", "contract", "generate", "observe"]),
    (
        "traffic",
        &["diagnose", "clock", "door", "wire", "contract", "generate", "flow", "scenario", "observe", "target"],
    ),
    ("record", &["diagnose", "clock", "wire", "contract", "generate", "observe"]),
    ("check", &["diagnose", "clock", "wire", "contract", "generate", "observe", "record"]),
    ("capacity", &["clock", "wire", "contract", "observe"]),
    ("readiness", &["diagnose", "clock", "wire", "contract", "observe", "record"]),
    ("report", &["diagnose", "clock", "wire", "contract", "generate", "observe", "check"]),
    (
        "stack",
        &["diagnose", "clock", "door", "wire", "limit", "contract::openapi", "contract::id", "policy", "observe"],
    ),
    ("process", &["clock", "door"]),
    ("project", &["diagnose", "contract"]),
    ("derive", &["diagnose", "clock", "contract", "flow", "scenario", "observe", "readiness"]),
    ("run", EVERYTHING),
    ("cli", EVERYTHING_AND_RUN),
];

const EVERYTHING: &[&str] = &[
    "diagnose",
    "clock",
    "door",
    "wire",
    "limit",
    "contract",
    "policy",
    "generate",
    "flow",
    "scenario",
    "observe",
    "target",
    "traffic",
    "record",
    "check",
    "capacity",
    "readiness",
    "report",
    "stack",
    "process",
];

const EVERYTHING_AND_RUN: &[&str] = &[
    "diagnose",
    "clock",
    "door",
    "wire",
    "contract",
    "policy",
    "generate",
    "target",
    "observe",
    "record",
    "check",
    "capacity",
    "readiness",
    "report",
    "project",
    "derive",
    "stack",
    "run",
];

#[test]
fn no_room_knows_what_it_must_not_know() {
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.into();
    let mut forbidden = Vec::new();
    for (file, text) in sources() {
        let room = room_of(&file);
        for import in imports(&text) {
            if !permits(&allowed, room, &import) {
                forbidden.push(format!("{}: {room} imports {import}", file.display()));
            }
        }
    }
    assert!(forbidden.is_empty(), "forbidden imports:\n{}", forbidden.join("\n"));
}

#[test]
fn every_room_has_a_rule() {
    let known: BTreeSet<&str> = ALLOWED.iter().map(|(room, _)| *room).collect();
    for entry in std::fs::read_dir("src").expect("the sources are there") {
        let entry = entry.expect("readable");
        if entry.path().is_dir() {
            let name = entry.file_name().into_string().expect("a plain name");
            assert!(known.contains(name.as_str()), "src/{name} has no rule in tests/it/imports.rs");
        }
    }
}

#[test]
fn an_import_is_seen_however_it_is_written() {
    let text = "use crate::check::Finding;\nlet x = crate::stack::Stack::start();\nuse crate::{wire, contract::behaviour::Role};\n// crate::traffic in a comment\n";
    assert_eq!(
        imports(text).into_iter().collect::<Vec<_>>(),
        ["check::Finding", "contract::behaviour::Role", "stack::Stack::start", "wire"]
    );
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.into();
    assert!(!permits(&allowed, "stack", "contract::behaviour::Role"));
    assert!(permits(&allowed, "stack", "contract::openapi::OpenApi"));
    assert!(!permits(&allowed, "check", "traffic"));
}

/// Whether a room may import a path. What is in no room is the crate's own.
fn permits(allowed: &BTreeMap<&str, &[&str]>, room: &str, import: &str) -> bool {
    let head = import.split("::").next().unwrap_or(import);
    if !allowed.keys().any(|room| room.split("::").next() == Some(head)) {
        return true;
    }
    let own = room.split("::").next().unwrap_or(room);
    if room == own && (import == own || import.starts_with(&format!("{own}::"))) {
        return true;
    }
    if import == room || import.starts_with(&format!("{room}::")) {
        return true;
    }
    // What `contract` re-exports at its top is the name of a contract.
    let import = if import == "contract::ContractId" { "contract::id" } else { import };
    allowed.get(room).is_some_and(|rooms| {
        rooms.iter().any(|to| {
            import == *to || import.starts_with(&format!("{to}::")) || (*to == "contract" && import == "contract::id")
        })
    })
}

fn room_of(file: &Path) -> &'static str {
    let path = file.strip_prefix("src").expect("a source").to_string_lossy().replace(std::path::MAIN_SEPARATOR, "::");
    ALLOWED
        .iter()
        .map(|(room, _)| *room)
        .filter(|room| path.starts_with(&format!("{room}::")))
        .max_by_key(|room| room.len())
        .unwrap_or("run")
}

/// Every `crate::…` path in code, comments left out.
fn imports(text: &str) -> BTreeSet<String> {
    let code: String =
        text.lines().map(|line| line.split_once("//").map_or(line, |(code, _)| code)).collect::<Vec<_>>().join("\n");
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            found.extend(members(group));
        } else {
            found.insert(path(rest));
        }
    }
    found
}

/// The members of a `use crate::{…}` group.
fn members(group: &str) -> Vec<String> {
    let mut depth = 0;
    let mut members = vec![String::new()];
    for c in group.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => members.push(String::new()),
            _ => {}
        }
        if c != ',' || depth > 0 {
            members.last_mut().expect("never empty").push(c);
        }
    }
    members.iter().map(|m| path(m.trim())).filter(|m| !m.is_empty()).collect()
}

fn path(text: &str) -> String {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).unwrap_or(text.len());
    text[..end].trim_end_matches(':').to_owned()
}

fn sources() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::from("src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("readable") {
            let path = entry.expect("readable").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = std::fs::read_to_string(&path).expect("text");
                found.push((path, text));
            }
        }
    }
    found
}
