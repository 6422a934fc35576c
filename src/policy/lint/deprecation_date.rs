//! `deprecation-date`: announcements that machines can read.

use super::finding::Findings;
use super::subject::Subject;
use super::table::{Check, Rule};
use super::walk::text;
use crate::clock::Timestamp;
use crate::policy::statement::{Action, Given};

pub(super) const RULE: Rule = Rule {
    name: "deprecation-date",
    means: "`Deprecation` is a date of RFC 9745 (`@1782777600`), `Sunset` one of HTTP (RFC 8594).",
    why: "`Deprecation: true` comes from a draft: readers of the standard take it for nothing.",
    check: Check::Effective(check),
};

fn check(subject: &Subject<'_>, findings: &mut Findings) {
    let mut dates = (None, None);
    for step in subject.all_steps() {
        let Action::SetHeader(field) = &step.statement.action else { continue };
        let Some(Given::Fixed(value)) = field.values.first() else { continue };
        let value = value.trim();
        let place = &step.statement.place;
        match text(&field.name).to_ascii_lowercase().as_str() {
            "deprecation" => match value.strip_prefix('@').and_then(|seconds| seconds.parse::<i64>().ok()) {
                Some(seconds) => dates.0 = Some(seconds),
                None => findings.add(
                    place,
                    format!("`Deprecation: {value}` is no date"),
                    "write the instant as `@` and Unix seconds, e.g. `@1782777600`",
                ),
            },
            "sunset" => match Timestamp::parse_http_date(value) {
                Some(at) => dates.1 = Some((at.seconds(), place.clone())),
                None => findings.add(
                    place,
                    format!("`Sunset: {value}` is no date of HTTP"),
                    "write it as `Thu, 31 Dec 2026 23:59:59 GMT`",
                ),
            },
            _ => {}
        }
    }
    if let (Some(deprecated), Some((sunset, place))) = dates
        && sunset < deprecated
    {
        findings.add(&place, "the API ends before it is deprecated", "let `Sunset` follow `Deprecation`");
    }
}
