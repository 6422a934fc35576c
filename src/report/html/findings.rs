//! The findings, each as an article that is complete by itself.

use std::fmt::Write;

use crate::check::Level;
use crate::report::escape::html;
use crate::report::json::{FindingRecord, RunRecord};
use crate::report::text::{how_often, how_small, severity};
use crate::report::{BodyRecord, ExchangeRecord};

/// The section.
pub(super) fn push(page: &mut String, record: &RunRecord) {
    page.push_str("<section id=\"findings\">\n<h2>Findings</h2>\n");
    if record.findings.is_empty() {
        page.push_str("<p>None.</p>\n");
    }
    for (i, finding) in record.findings.iter().enumerate() {
        push_finding(page, i + 1, finding);
    }
    page.push_str("</section>\n");
}

fn push_finding(page: &mut String, number: usize, finding: &FindingRecord) {
    let tone = match finding.severity {
        Level::Error => "bad",
        Level::Warning => "unsure",
        Level::Information => "plain",
    };
    let _ = write!(
        page,
        "<article class=\"{tone}\" id=\"finding-{number}\" aria-labelledby=\"title-{number}\">\n\
         <p class=\"kind\"><strong>{}</strong> <code>{}</code></p>\n<h3 id=\"title-{number}\">{}</h3>\n<dl>\n",
        severity(finding.severity),
        html(finding.check),
        html(&finding.title)
    );
    push_fact(page, "Expected", &html(&finding.expected));
    push_fact(page, "Actual", &html(&finding.actual));
    let whom = [finding.contract.as_deref(), finding.operation.as_deref()];
    push_fact(page, "Concerns", &html(&whom.iter().flatten().copied().collect::<Vec<_>>().join(" ")));
    if let Some(place) = &finding.place {
        push_fact(page, "Promised in", &format!("<code>{}</code>", html(&place.to_string())));
    }
    push_fact(page, "Tried", &html(&finding.origin));
    push_fact(page, "Seen", &how_often(finding));
    if let Some(shrunk) = &finding.shrunk {
        push_fact(page, "Made smaller", &html(&how_small(shrunk)));
    }
    page.push_str("</dl>\n");
    push_command(page, "Play it again", finding.replay.as_deref());
    push_command(page, "Send the request again", finding.curl.as_deref());
    push_evidence(page, finding);
    if let Some(exchange) = &finding.exchange {
        push_exchange(page, exchange);
    }
    let _ =
        writeln!(page, "<p class=\"print\">Fingerprint <code>{}</code></p>\n</article>", html(&finding.fingerprint));
}

/// One line of a list; `value` is HTML.
fn push_fact(page: &mut String, name: &str, value: &str) {
    if !value.is_empty() {
        let _ = writeln!(page, "<dt>{name}</dt><dd>{value}</dd>");
    }
}

fn push_command(page: &mut String, title: &str, command: Option<&str>) {
    let Some(command) = command else { return };
    let block = format!("<pre tabindex=\"0\"><code>{}</code></pre>", html(command));
    if command.len() > 600 {
        let _ = writeln!(page, "<details>\n<summary>{title}</summary>\n{block}\n</details>");
    } else {
        let _ = writeln!(page, "<p class=\"label\">{title}</p>\n{block}");
    }
}

fn push_evidence(page: &mut String, finding: &FindingRecord) {
    if finding.evidence.is_empty() {
        return;
    }
    // Two or three lines are read at once; more would hide the next finding.
    let open = if finding.evidence.len() <= 6 { " open" } else { "" };
    let _ = write!(page, "<details{open}>\n<summary>Evidence ({})</summary>\n<ul>\n", finding.evidence.len());
    for line in &finding.evidence {
        let _ = writeln!(page, "<li>{}</li>", html(line));
    }
    page.push_str("</ul>\n</details>\n");
}

fn push_exchange(page: &mut String, exchange: &ExchangeRecord) {
    let answer = match (&exchange.response, &exchange.failure) {
        (Some(response), _) => response.status.to_string(),
        (None, Some(failure)) => html(failure),
        (None, None) => "no answer".to_owned(),
    };
    let tier = exchange.tier.map_or(String::new(), |tier| format!(" from the {}", format!("{tier:?}").to_lowercase()));
    let _ = write!(
        page,
        "<details>\n<summary>Exchange: {} → {answer}{tier}, {:.1} ms</summary>\n",
        html(&exchange.request.method),
        exchange.latency_ms
    );
    let first = format!("{} {}", exchange.request.method, exchange.request.target);
    push_message(page, "Request", &first, &exchange.request.headers, &exchange.request.body);
    if let Some(response) = &exchange.response {
        push_message(page, "Response", &response.status.to_string(), &response.headers, &response.body);
    }
    let _ = writeln!(
        page,
        "<p class=\"print\">Attempt {}, sent at {} of the shared clock</p>\n</details>",
        exchange.attempt, exchange.sent_at
    );
}

fn push_message(page: &mut String, name: &str, first: &str, headers: &[(String, String)], body: &BodyRecord) {
    let mut text = format!("{first}\n");
    for (name, value) in headers {
        let _ = writeln!(text, "{name}: {value}");
    }
    if !body.text.is_empty() {
        text.push('\n');
        text.push_str(&body.text);
    }
    let note = body.note.as_deref().map(|note| format!(" ({note})")).unwrap_or_default();
    let _ = writeln!(
        page,
        "<p class=\"label\">{name}, {} bytes of content{}</p>\n<pre tabindex=\"0\"><code>{}</code></pre>",
        body.bytes,
        html(&note),
        html(&text)
    );
}
