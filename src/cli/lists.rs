//! `checks`, `explain`, `defects`, `completions`.

use std::fmt::Write;

use clap::CommandFactory;
use serde_json::json;

use super::args::{Cli, ExplainArgs, Format, ListArgs};
use super::screen;
use crate::check::{self, Check};
use crate::generate::Need;
use crate::run;
use crate::stack::defects::DEFECTS;

pub(super) fn checks(args: &ListArgs) -> u8 {
    let table = check::table();
    if args.format == Format::Json {
        let all: Vec<_> = table.iter().map(as_json).collect();
        screen::result(&format!("{:#}\n", serde_json::Value::from(all)));
        return 0;
    }
    let width = table.iter().map(|check| check.id.len()).max().unwrap_or(0);
    let mut text = String::new();
    for check in table {
        let _ = writeln!(text, "{:width$}  {}", check.id, check.title);
    }
    screen::result(&text);
    0
}

fn as_json(check: &Check) -> serde_json::Value {
    json!({
        "id": check.id,
        "family": check.family,
        "title": check.title,
        "explanation": check.explanation,
        "severity": check.level,
        "needs": check.needs,
    })
}

/// The rules for policies and settings, each with what it demands and why.
pub(super) fn rules(format: Format) -> u8 {
    if format == Format::Json {
        let rule = |rule: &run::LintRule| json!({ "name": rule.name, "means": rule.means, "why": rule.why });
        let all: Vec<_> = run::LINT_RULES.iter().map(rule).collect();
        screen::result(&format!("{:#}\n", serde_json::Value::from(all)));
        return 0;
    }
    let mut text = String::new();
    for rule in run::LINT_RULES {
        let _ = writeln!(text, "{}\n  {}\n  {}", rule.name, rule.means, rule.why);
    }
    screen::result(&text);
    0
}

pub(super) fn explain(args: &ExplainArgs) -> u8 {
    let Some(check) = check::find(&args.id) else {
        let near = crate::diagnose::closest(&args.id, check::table().iter().map(|c| c.id));
        let hint = near.map(|n| format!("\nhint: did you mean `{n}`?")).unwrap_or_default();
        screen::error(&format!("no check is called `{}`: `seamstress checks` lists them{hint}", args.id));
        return 2;
    };
    if args.format == Format::Json {
        screen::result(&format!("{:#}\n", as_json(check)));
        return 0;
    }
    let needs: Vec<String> = check.needs.iter().map(Need::to_string).collect();
    let needs = if needs.is_empty() { "nothing".to_owned() } else { needs.join(", ") };
    let level = format!("{:?}", check.level).to_lowercase();
    screen::result(&format!(
        "{}\n{}\n\n{}\n\nfamily:   {}\nseverity: {level}\nneeds:    {needs}\n",
        check.id, check.title, check.explanation, check.family
    ));
    0
}

pub(super) fn defects(args: &ListArgs) -> u8 {
    if args.format == Format::Json {
        let all: Vec<_> =
            DEFECTS.iter().map(|d| json!({"name": d.name, "family": d.family, "summary": d.summary})).collect();
        screen::result(&format!("{:#}\n", serde_json::Value::from(all)));
        return 0;
    }
    let name = DEFECTS.iter().map(|d| d.name.len()).max().unwrap_or(0);
    let family = DEFECTS.iter().map(|d| d.family.len()).max().unwrap_or(0);
    let mut text = String::new();
    for defect in DEFECTS {
        let _ = writeln!(text, "{:name$}  {:family$}  {}", defect.name, defect.family, defect.summary);
    }
    screen::result(&text);
    0
}

pub(super) fn completions(shell: clap_complete::Shell) -> u8 {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "seamstress", &mut script);
    screen::result(&String::from_utf8_lossy(&script));
    0
}
