//! Which defects are tried: those of the embedded system, or those that a file
//! lists for a service of the user's.

use std::path::Path;

use crate::check::{self, Family};
use crate::diagnose::{Diagnostic, Diagnostics, Fields, Node, Place, closest, parse_yaml};
use crate::run::{Options, RunError, ServiceFrom, TargetChoice};
use crate::stack::defects::DEFECTS;

/// The format of the file.
const FORMAT: &str = "seamstress/defects/1";

/// The environment variable by which a service is told its defects.
const VARIABLE: &str = "SEAMSTRESS_DEFECT";

/// A defect that is to be found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trial {
    /// What it is switched on by.
    pub(super) name: String,
    /// The family whose checks must speak of it.
    pub(super) family: Family,
    /// What goes wrong.
    pub(super) summary: String,
}

/// The defects to try: these names, else all that there are.
pub(super) fn choose(options: &Options, file: Option<&Path>, named: &[String]) -> Result<Vec<Trial>, RunError> {
    let (all, list) = match (&options.target, file) {
        (TargetChoice::Embedded, None) => (embedded(), "`seamstress defects` lists them".to_owned()),
        (TargetChoice::Embedded, Some(_)) => {
            let words = "--defects FILE lists the defects of a service of yours: name it with --service-cmd COMMAND";
            return Err(RunError::Usage(words.to_owned()));
        }
        (TargetChoice::Service(choice), Some(file)) if matches!(choice.from, ServiceFrom::Command { .. }) => {
            (read(file)?, format!("{} lists them", file.display()))
        }
        (TargetChoice::Service(choice), None) if matches!(choice.from, ServiceFrom::Command { .. }) => {
            let words = format!(
                "score switches defects of your service on, by {VARIABLE} in its environment: list them with --defects FILE (name, family, tells)"
            );
            return Err(RunError::Usage(words));
        }
        _ => {
            let words = "score switches defects on: it needs the embedded system, or a service that it starts itself (--service-cmd)";
            return Err(RunError::Usage(words.to_owned()));
        }
    };
    if named.is_empty() {
        return Ok(all);
    }
    named.iter().map(|name| find(&all, name, &list)).collect()
}

fn find(all: &[Trial], name: &str, list: &str) -> Result<Trial, RunError> {
    all.iter().find(|trial| trial.name == name).cloned().ok_or_else(|| {
        let near = closest(name, all.iter().map(|trial| trial.name.as_str()));
        let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        RunError::Usage(format!("no defect is called `{name}`: {list}{near}"))
    })
}

fn embedded() -> Vec<Trial> {
    let trial = |defect: &crate::stack::defects::Defect| Trial {
        name: defect.name.to_owned(),
        family: family(defect.family).expect("a defect names a family of the table"),
        summary: defect.summary.to_owned(),
    };
    DEFECTS.iter().map(trial).collect()
}

/// The options of a run with a defect.
pub(super) fn switched_on(mut options: Options, name: Option<&str>) -> Options {
    match &mut options.target {
        TargetChoice::Service(choice) => {
            if let (ServiceFrom::Command { command, .. }, Some(name)) = (&mut choice.from, name) {
                *command = format!("export {VARIABLE}={name}; {command}");
            }
        }
        _ => options.defects = name.map(str::to_owned).into_iter().collect(),
    }
    options
}

fn family(name: &str) -> Option<Family> {
    check::table().iter().map(|check| check.family).find(|family| family.to_string() == name)
}

fn read(path: &Path) -> Result<Vec<Trial>, RunError> {
    let file = path.to_string_lossy();
    let text = std::fs::read_to_string(path).map_err(|fault| {
        let words = format!("the file can't be read: {fault}");
        RunError::Input(Diagnostic::error(Place::file(&*file), words).into())
    })?;
    parse(&file, &text).map_err(RunError::Input)
}

/// Reads the list from its text, with all its faults at once.
fn parse(file: &str, text: &str) -> Result<Vec<Trial>, Diagnostics> {
    let source = parse_yaml(file, text)?;
    let mut faults = Diagnostics::new();
    let mut fields = Fields::of(&source, &mut faults);
    let (format, defects) = (fields.required("format"), fields.required("defects"));
    fields.finish();
    if let Some(node) = format.filter(|node| node.as_str() != Some(FORMAT)) {
        let fault = Diagnostic::error(node.place.clone(), "this format is not known here");
        faults.push(fault.expected(format!("`{FORMAT}`")).actual(format!("`{}`", node.key_text())));
    }
    if let Some(node) = defects.filter(|node| node.as_sequence().is_none_or(<[Node]>::is_empty)) {
        node.wrong_kind("a list of defects, one at least", &mut faults);
    }
    let mut trials: Vec<Trial> = Vec::new();
    for node in defects.and_then(Node::as_sequence).unwrap_or_default() {
        let Some(trial) = entry(node, &mut faults) else { continue };
        if trials.iter().any(|known| known.name == trial.name) {
            faults.push(Diagnostic::error(node.place.clone(), format!("`{}` is listed twice", trial.name)));
        }
        trials.push(trial);
    }
    if faults.has_errors() { Err(faults) } else { Ok(trials) }
}

fn entry(node: &Node, faults: &mut Diagnostics) -> Option<Trial> {
    let mut fields = Fields::of(node, faults);
    let (name, named, tells) = (fields.required("name"), fields.required("family"), fields.required_str("tells"));
    fields.finish();
    let (name, named) = (name?, named?);
    // The name goes through a shell.
    let plain = |text: &&str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    let fault = Diagnostic::error(name.place.clone(), "this can't be the name of a defect");
    let Some(known) = name.as_str().filter(plain) else {
        faults.push(fault.expected("letters, digits, `-`, `_` and `.`").actual(format!("`{}`", name.key_text())));
        return None;
    };
    let Some(family) = named.as_str().and_then(family) else {
        faults.push(unknown_family(named));
        return None;
    };
    Some(Trial { name: known.to_owned(), family, summary: tells?.to_owned() })
}

fn unknown_family(node: &Node) -> Diagnostic {
    let mut known: Vec<String> = check::table().iter().map(|check| check.family.to_string()).collect();
    known.dedup();
    let name = node.key_text();
    let fault = Diagnostic::error(node.place.clone(), format!("no family of checks is called `{name}`"));
    let fault = fault.expected(format!("one of {}", known.join(", ")));
    match closest(&name, known.iter().map(String::as_str)) {
        Some(near) => fault.hint(format!("did you mean `{near}`?")),
        None => fault,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(entries: &str) -> String {
        format!("format: {FORMAT}\ndefects:\n{entries}")
    }

    #[test]
    fn a_list_is_read() {
        let text = list("  - { name: twice, family: idempotency, tells: everything is written twice }\n");
        let trial = Trial {
            name: "twice".to_owned(),
            family: Family::Idempotency,
            summary: "everything is written twice".to_owned(),
        };
        assert_eq!(parse("defects.yaml", &text).expect("a list"), [trial]);
    }

    #[test]
    fn the_list_of_the_service_in_python_is_one() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("mocks/service-python/defects.yaml");
        assert!(read(&path).expect("a list").len() >= 40);
    }

    #[test]
    fn faults_have_their_places_and_what_would_be_right() {
        let text = list(
            "  - { name: twice, family: idempotenc, tells: x }\n  - { name: 'a; rm', family: wire, tells: x }\n  - { name: once, family: wire }\n",
        );
        let told = parse("defects.yaml", &text).expect_err("faults").to_string();
        for part in ["defects.yaml:3:28", "did you mean `idempotency`", "defects.yaml:4:13", "`tells`"] {
            assert!(told.contains(part), "{part}: {told}");
        }
        let told = parse("defects.yaml", "format: other\ndefects: []\n").expect_err("faults").to_string();
        assert!(told.contains(FORMAT) && told.contains("one at least"), "{told}");
        let twice = "  - { name: a, family: wire, tells: x }\n".repeat(2);
        assert!(parse("defects.yaml", &list(&twice)).expect_err("faults").to_string().contains("listed twice"));
    }
}
