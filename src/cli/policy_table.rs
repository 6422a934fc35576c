//! `policies --list`: what is claimed of each policy, and what proves it.

use std::fmt::Write as _;

use super::args::TableFormat;
use super::policies::wrapped;
use super::screen;
use crate::run::{self, PolicyClaim};

/// How wide a line is.
const WIDTH: usize = 80;

/// What can be done where a policy is not emulated.
const WITHOUT: &str = "an error, or a warning with `--unsupported warn`: take it out, or go on";

pub(super) fn list(format: TableFormat) -> u8 {
    let claims = run::policy_claims();
    screen::result(&match format {
        TableFormat::Human => text(&claims),
        TableFormat::Json => format!("{:#}\n", serde_json::json!(claims)),
        TableFormat::Markdown => markdown(&claims),
    });
    0
}

/// Where a policy may stand, in words.
fn places(claim: &PolicyClaim) -> [String; 2] {
    let sections: Vec<&str> = claim.sections.iter().map(|s| s.name()).collect();
    let scopes: Vec<&str> = claim.scopes.iter().map(|s| s.name()).collect();
    [sections.join(", "), scopes.join(", ")]
}

fn text(claims: &[PolicyClaim]) -> String {
    let width = claims.iter().map(|claim| claim.policy.len()).max().unwrap_or(0);
    let mut text = String::new();
    for claim in claims {
        let _ = writeln!(text, "{:width$}  {}", claim.policy, claim.emulation.name());
        let reason = claim.emulation.reason().map(str::to_owned);
        let shown = format!("shown by {}", claim.shown_by.join(", "));
        let [sections, scopes] = places(claim);
        let place = if sections.is_empty() { WITHOUT.to_owned() } else { format!("{sections} · {scopes}") };
        for line in reason.into_iter().chain([place, shown]).flat_map(|part| wrapped(&part, WIDTH - 4)) {
            let _ = writeln!(text, "    {line}");
        }
    }
    text
}

const INTRODUCTION: &str = "# What is claimed of each policy

`seamstress policies --list --format markdown` writes this page out of the table by which policies are read; a test compares both. The documents are played against a gateway on real sockets (`tests/it/policy_corpus.rs`). A policy counts as shown where it ran for a request of whose answer something is expected; one that is not emulated, where the document is refused under its name. Each attribute and each child that a policy reads stands in one of them.

*Emulated*: as the platform does it, as far as that is known. *Approximated*: what differs stands beside it. *Ignored*: it loads, does nothing, and a notice says so. *Not emulated*: an error that names its place, or a warning with `--unsupported warn`, and then calls that reach one that is there to refuse get 500.

| policy | sections | scopes | emulation | shown by |
| --- | --- | --- | --- | --- |
";

/// The page beside the corpus, whose documents it links.
fn markdown(claims: &[PolicyClaim]) -> String {
    let mut page = INTRODUCTION.to_owned();
    for claim in claims {
        let [sections, scopes] = places(claim).map(|places| if places.is_empty() { "–".to_owned() } else { places });
        let scopes = if claim.scopes.len() == 4 { "all".to_owned() } else { scopes };
        let sections = if claim.sections.len() == 4 { "all".to_owned() } else { sections };
        let name = claim.emulation.name();
        let emulation = claim.emulation.reason().map_or_else(|| name.to_owned(), |reason| format!("{name}: {reason}"));
        let shown: Vec<String> = claim.shown_by.iter().map(|name| format!("[{name}]({name}.xml)")).collect();
        let cells = [sections, scopes, emulation.replace('|', "\\|"), shown.join(", ")].join(" | ");
        let _ = writeln!(page, "| `{}` | {cells} |", claim.policy);
    }
    page
}
