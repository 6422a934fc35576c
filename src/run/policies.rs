//! What of a folder of policies the gateway emulates, told before anything
//! runs.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::RunError;
use crate::diagnose::{Diagnostics, Severity};
use crate::policy::instance::{Instance, Layout, read_values};
use crate::policy::{Entry, OnUnsupported, Subject, Surroundings, Verdict, effective_text, lint_of, load_instance};

/// What is asked of a folder of policies.
#[derive(Clone, Debug)]
pub struct PoliciesQuestion {
    /// The folder, or one document.
    pub dir: PathBuf,
    /// A file with values that the folder leaves out.
    pub named_values: Option<PathBuf>,
}

/// How far a folder of policies is emulated.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Compatibility {
    /// The folder, as the user named it.
    pub dir: String,
    /// How it is laid out.
    pub layout: &'static str,
    /// What it holds.
    pub holds: Holds,
    /// Policies, by verdict.
    pub policies: Counts,
    /// Expressions, by verdict.
    pub expressions: Counts,
    /// Every policy and expression, file by file.
    pub entries: Vec<Entry>,
    /// What else is worth telling.
    pub diagnostics: Diagnostics,
    /// How many rules of policy lint are broken, each place counted; `None`
    /// where the documents can't be used as they are.
    pub findings: Option<usize>,
    /// Whether a file could not be read at all.
    #[serde(skip)]
    pub unreadable: bool,
}

/// What a folder holds, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "each counts what its name says")]
pub struct Holds {
    pub documents: usize,
    pub apis: usize,
    pub products: usize,
    pub subscriptions: usize,
    pub named_values: usize,
    pub backends: usize,
}

/// How many have each verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "each counts what its name says")]
pub struct Counts {
    pub emulated: usize,
    pub approximated: usize,
    pub ignored: usize,
    pub not_emulated: usize,
    pub refused: usize,
}

impl Counts {
    fn of<'e>(entries: impl Iterator<Item = &'e Entry>) -> Self {
        let mut counts = Self::default();
        for entry in entries {
            *match entry.verdict {
                Verdict::Emulated => &mut counts.emulated,
                Verdict::Approximated(_) => &mut counts.approximated,
                Verdict::Ignored(_) => &mut counts.ignored,
                Verdict::NotEmulated(_) => &mut counts.not_emulated,
                Verdict::Refused(_) => &mut counts.refused,
            } += 1;
        }
        counts
    }

    /// All together.
    pub fn all(self) -> usize {
        self.emulated + self.approximated + self.ignored + self.not_emulated + self.refused
    }
}

impl Compatibility {
    /// 0: everything is emulated, approximated or ignored; 1: something is not
    /// emulated, or the platform would refuse it; 2: something can't be read.
    pub fn exit_code(&self) -> u8 {
        let lacks = |counts: Counts| counts.not_emulated + counts.refused > 0;
        match () {
            () if self.unreadable => 2,
            () if lacks(self.policies) || lacks(self.expressions) || self.diagnostics.has_errors() => 1,
            () => 0,
        }
    }
}

/// Looks through a folder of policies.
///
/// # Errors
/// The folder or the file of values can't be read, or holds no policies.
pub fn compatibility(question: &PoliciesQuestion) -> Result<Compatibility, RunError> {
    let (mut instance, mut diagnostics) = read(question)?;
    let mut surroundings = match instance.layout {
        Layout::Own => Surroundings::of_the_stack(),
        _ => Surroundings::default(),
    };
    surroundings.on_unsupported = OnUnsupported::Fail;
    instance.stand_in(&mut diagnostics);
    let holds = Holds {
        documents: instance.documents.len(),
        apis: instance.apis.len(),
        products: instance.products.len(),
        subscriptions: instance.subscriptions.len(),
        named_values: instance.named_values.len(),
        backends: instance.backends.len(),
    };
    let layout = instance.layout.name();
    let (policies, more) = load_instance(instance, &[], &surroundings);
    let findings = lint_of(&policies, &more).map(|findings| findings.len());
    diagnostics.extend(more);
    let mut entries = policies.inventory().entries().to_vec();
    entries.sort_by(|a, b| {
        let key = |e: &Entry| (e.place.file.clone(), e.place.line, e.place.column);
        key(a).cmp(&key(b))
    });
    let is_policy = |e: &&Entry| matches!(e.subject, Subject::Policy(_));
    Ok(Compatibility {
        dir: question.dir.display().to_string(),
        layout,
        holds,
        policies: Counts::of(entries.iter().filter(is_policy)),
        expressions: Counts::of(entries.iter().filter(|e| !is_policy(e))),
        entries,
        findings,
        unreadable: policies.unreadable() > 0,
        diagnostics: beside(&diagnostics, policies.inventory().entries()),
    })
}

/// What the entries don't say themselves.
fn beside(diagnostics: &Diagnostics, entries: &[Entry]) -> Diagnostics {
    let mut kept = Diagnostics::new();
    for diagnostic in diagnostics {
        let told = |e: &Entry| e.verdict.reason() == Some(&diagnostic.what);
        if diagnostic.severity == Severity::Notice && diagnostic.what.starts_with("section `") {
            continue;
        }
        if !entries.iter().any(told) {
            kept.push(diagnostic.clone());
        }
    }
    kept
}

/// The effective policy of an operation, `API/OPERATION`.
///
/// # Errors
/// The folder can't be read; it has no such API or product.
pub fn effective_policy(question: &PoliciesQuestion, of: &str, product: Option<&str>) -> Result<String, RunError> {
    let (instance, _) = read(question)?;
    let (api, operation) = of.split_once('/').unwrap_or((of, ""));
    if instance.layout == Layout::Loose {
        return Err(RunError::Usage(format!(
            "nothing says what the documents of {} apply to: expected a folder with `global.xml`, `apis/`, `products/`, or one of the APIOps extractor",
            question.dir.display()
        )));
    }
    let apis = instance.documented_apis();
    if !apis.iter().any(|known| known == api) {
        return Err(RunError::Usage(unknown("API", api, &apis)));
    }
    let products: Vec<String> = instance.products.keys().cloned().collect();
    if let Some(product) = product.filter(|id| !instance.products.contains_key(*id)) {
        return Err(RunError::Usage(unknown("product", product, &products)));
    }
    let product = product.or_else(|| instance.open_product_of(api).map(|open| open.id.as_str()));
    effective_text(&instance, (api, operation), product).map_err(RunError::Input)
}

fn unknown(kind: &str, name: &str, known: &[String]) -> String {
    let near = crate::diagnose::closest(name, known.iter().map(String::as_str));
    let hint = match near {
        Some(near) => format!("hint: did you mean `{near}`?"),
        None if known.is_empty() => "hint: the folder has none".to_owned(),
        None => format!("hint: there are {}", known.join(", ")),
    };
    format!("there is no {kind} `{name}`\n{hint}")
}

fn read(question: &PoliciesQuestion) -> Result<(Instance, Diagnostics), RunError> {
    if !question.dir.exists() {
        let what = format!("{}: there is no such folder or document", question.dir.display());
        return Err(RunError::Usage(what));
    }
    described(&question.dir, question.named_values.as_deref())
}

/// An instance with the values that its folder leaves out.
pub(super) fn described(dir: &Path, values: Option<&Path>) -> Result<(Instance, Diagnostics), RunError> {
    let (mut instance, mut diagnostics) = Instance::read(dir);
    if diagnostics.has_errors() {
        return Err(RunError::Input(diagnostics));
    }
    if let Some(values) = values {
        let values = read_values(values).map_err(RunError::Input)?;
        instance.give(&values, &mut diagnostics);
    }
    Ok((instance, diagnostics))
}
