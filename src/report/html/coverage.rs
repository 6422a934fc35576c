//! What of the contracts was tried, as a table.

use std::fmt::Write;

use crate::report::escape::html;
use crate::report::json::RunRecord;

use super::page::grouped;

/// The section.
pub(super) fn push(page: &mut String, record: &RunRecord) {
    if record.coverage.is_empty() {
        return;
    }
    let _ = write!(
        page,
        "<section id=\"coverage\">\n<h2>Contract coverage: {:.1} %</h2>\n<div class=\"wide\" tabindex=\"0\"><table>\n\
         <thead><tr><th scope=\"col\">Contract</th><th scope=\"col\">What</th><th scope=\"col\" class=\"n\">Tried</th>\
         <th scope=\"col\" class=\"n\">Of</th><th scope=\"col\" class=\"rest\">Not tried</th></tr></thead>\n<tbody>\n",
        record.coverage_percent
    );
    for coverage in &record.coverage {
        for (i, kind) in coverage.kinds.iter().enumerate() {
            page.push_str(if i == 0 { "<tr>" } else { "<tr class=\"second\">" });
            if i == 0 {
                let rows = coverage.kinds.len();
                let _ = write!(page, "<th scope=\"rowgroup\" rowspan=\"{rows}\">{}</th>", html(&coverage.contract));
            }
            let _ = writeln!(
                page,
                "<td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"rest\">{}</td></tr>",
                html(kind.kind),
                grouped(kind.tried),
                grouped(kind.all),
                rest(&kind.not_tried, kind.all - kind.tried)
            );
        }
    }
    page.push_str("</tbody></table></div>\n</section>\n");
}

/// The names of what was not tried; many of them are folded.
fn rest(names: &[String], all: u64) -> String {
    if all == 0 {
        return "–".to_owned();
    }
    let mut list = String::from("<ul>");
    for name in names {
        let _ = write!(list, "<li><code>{}</code></li>", html(name));
    }
    let more = all.saturating_sub(names.len() as u64);
    if more > 0 {
        let _ = write!(list, "<li>and {} more</li>", grouped(more));
    }
    list.push_str("</ul>");
    let first = names.first().map(|name| html(name)).unwrap_or_default();
    if all <= 2 {
        list
    } else {
        format!("<details><summary><code>{first}</code> and {} more</summary>{list}</details>", all - 1)
    }
}
